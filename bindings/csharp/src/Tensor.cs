using System;
using System.Collections;
using System.Collections.Generic;

namespace SimpleIpc
{
    /// <summary>
    /// An array of numbers: the type of its elements, a shape, and the elements as bytes. One that
    /// was received is not copied: it lies in shared memory until its message is disposed of, or
    /// nobody can reach it, its data or its message any more.
    /// </summary>
    public sealed class Tensor
    {
        private readonly long[] shape;
        private readonly long[] strides;

        internal Tensor(Dtype dtype, long[] shape, long[] strides, string format, View data)
        {
            Dtype = dtype;
            this.shape = shape;
            this.strides = strides;
            Format = format;
            Data = data;
        }

        /// <summary>
        /// All elements, row-major, of an array of numbers of any type: not copied, so it must not
        /// change until the tensor is sent.
        /// </summary>
        public Tensor(Dtype dtype, long[] shape, Array data, string format = "")
        {
            long bytes = Bytes(dtype, shape);
            if (Buffer.ByteLength(data) != bytes)
            {
                throw new ArgumentException(dtype + " [" + string.Join(", ", shape) + "] has "
                    + bytes + " bytes, not " + Buffer.ByteLength(data));
            }
            Dtype = dtype;
            this.shape = (long[])shape.Clone();
            strides = Dense(dtype, shape);
            Format = format ?? throw new ArgumentNullException(nameof(format));
            Data = new View(data);
        }

        public Dtype Dtype { get; }

        /// <summary>What the numbers mean, as rgb8; often empty.</summary>
        public string Format { get; }

        /// <summary>Where the elements are.</summary>
        public View Data { get; }

        /// <summary>Elements along each dimension; none is one element.</summary>
        public long[] Shape => (long[])shape.Clone();

        /// <summary>Bytes from one element to the next, along each dimension.</summary>
        public long[] Strides => (long[])strides.Clone();

        /// <summary>A copy of all elements, row-major.</summary>
        public byte[] ToArray()
        {
            if (((IStructuralEquatable)strides).Equals(
                Dense(Dtype, shape), EqualityComparer<long>.Default))
            {
                return Data.ToArray();
            }
            byte[] copy = new byte[Bytes(Dtype, shape)];
            if (copy.Length > 0)
            {
                int filled = 0;
                Gather(0, 0, copy, ref filled);
            }
            return copy;
        }

        public override string ToString()
        {
            return "Tensor " + Dtype + " [" + string.Join(", ", shape) + "] " + Format;
        }

        private void Gather(int dim, long at, byte[] copy, ref int filled)
        {
            if (dim < shape.Length)
            {
                for (long row = 0; row < shape[dim]; row++)
                {
                    Gather(dim + 1, at + row * strides[dim], copy, ref filled);
                }
                return;
            }
            for (int part = 0; part < Size(Dtype); part++)
            {
                copy[filled] = Data[at + part];
                filled++;
            }
        }

        internal static int Size(Dtype dtype)
        {
            switch (dtype)
            {
                case Dtype.Bool:
                case Dtype.U8:
                case Dtype.I8:
                    return 1;
                case Dtype.U16:
                case Dtype.I16:
                case Dtype.F16:
                    return 2;
                case Dtype.U32:
                case Dtype.I32:
                case Dtype.F32:
                    return 4;
                case Dtype.U64:
                case Dtype.I64:
                case Dtype.F64:
                case Dtype.C64:
                    return 8;
                case Dtype.C128:
                    return 16;
                default:
                    throw new ArgumentException("there is no dtype " + dtype);
            }
        }

        internal static long Bytes(Dtype dtype, long[] shape)
        {
            long bytes = Size(dtype);
            if (shape == null)
            {
                throw new ArgumentNullException(nameof(shape));
            }
            if (shape.Length > Raw.DIMS_MAX)
            {
                throw new ArgumentException("more than " + Raw.DIMS_MAX + " dimensions");
            }
            foreach (long size in shape)
            {
                if (size < 0)
                {
                    throw new ArgumentException("a size is not below 0");
                }
                bytes = checked(bytes * size);
            }
            return bytes;
        }

        private static long[] Dense(Dtype dtype, long[] shape)
        {
            long[] strides = new long[shape.Length];
            long bytes = Size(dtype);
            for (int dim = shape.Length - 1; dim >= 0; dim--)
            {
                strides[dim] = bytes;
                bytes *= shape[dim];
            }
            return strides;
        }
    }
}
