using System;
using System.IO;
using System.Runtime.InteropServices;

namespace SimpleIpc
{
    /// <summary>
    /// Bytes where they lie: in shared memory, or in an array of this program. Each access checks
    /// the bounds, and that the message has not been released (SipcGoneException); Pointer and
    /// Address check it once.
    /// </summary>
    public sealed unsafe class View
    {
        private readonly byte* first;
        private readonly IKeeper keeper;
        private GCHandle pin;

        /// <summary>What has to stay as long as somebody looks at it.</summary>
        internal interface IKeeper
        {
            void Check();
        }

        internal View(void* first, ulong length, IKeeper keeper, bool isWritable)
        {
            this.first = (byte*)first;
            this.keeper = keeper;
            Length = checked((long)length);
            IsWritable = isWritable;
            GC.SuppressFinalize(this);
        }

        /// <summary>An array of numbers, which stays where it is as long as the view is.</summary>
        internal View(Array numbers)
        {
            pin = GCHandle.Alloc(numbers, GCHandleType.Pinned);
            first = (byte*)pin.AddrOfPinnedObject();
            Length = Buffer.ByteLength(numbers);
        }

        ~View()
        {
            pin.Free();
        }

        /// <summary>In bytes.</summary>
        public long Length { get; }

        /// <summary>Only loans are.</summary>
        public bool IsWritable { get; }

        /// <summary>Good until the message is released, or the loan put; keep the view.</summary>
        public byte* Pointer
        {
            get
            {
                keeper?.Check();
                return first;
            }
        }

        /// <summary>The same for those who have no unsafe code, as Marshal.Copy.</summary>
        public IntPtr Address => (IntPtr)Pointer;

        public byte this[long index]
        {
            get
            {
                byte one = *At(index, sizeof(byte));
                GC.KeepAlive(this);
                return one;
            }
            set
            {
                *Writable(index, sizeof(byte)) = value;
                GC.KeepAlive(this);
            }
        }

        /// <summary>The number at an index that counts numbers.</summary>
        public short GetInt16(long index)
        {
            short number = *(short*)At(index, sizeof(short));
            GC.KeepAlive(this);
            return number;
        }

        public int GetInt32(long index)
        {
            int number = *(int*)At(index, sizeof(int));
            GC.KeepAlive(this);
            return number;
        }

        public long GetInt64(long index)
        {
            long number = *(long*)At(index, sizeof(long));
            GC.KeepAlive(this);
            return number;
        }

        public float GetSingle(long index)
        {
            float number = *(float*)At(index, sizeof(float));
            GC.KeepAlive(this);
            return number;
        }

        public double GetDouble(long index)
        {
            double number = *(double*)At(index, sizeof(double));
            GC.KeepAlive(this);
            return number;
        }

        /// <summary>Copies numbers to here.</summary>
        public void Write(Array numbers, long offset = 0)
        {
            int bytes = Buffer.ByteLength(numbers);
            if (bytes == 0)
            {
                return;
            }
            if (!IsWritable || offset < 0 || bytes > Length - offset)
            {
                throw new ArgumentException("there is no place for " + bytes + " bytes");
            }
            GCHandle source = GCHandle.Alloc(numbers, GCHandleType.Pinned);
            try
            {
                void* from = (void*)source.AddrOfPinnedObject();
                Buffer.MemoryCopy(from, Pointer + offset, Length - offset, bytes);
            }
            finally
            {
                source.Free();
            }
            GC.KeepAlive(this);
        }

        /// <summary>A copy.</summary>
        public byte[] ToArray()
        {
            byte[] copy = new byte[Length];
            if (Length > 0)
            {
                fixed (byte* to = copy)
                {
                    Buffer.MemoryCopy(Pointer, to, Length, Length);
                }
            }
            GC.KeepAlive(this);
            return copy;
        }

        /// <summary>To read as a file; good as long as Pointer is.</summary>
        public Stream OpenStream() => new UnmanagedMemoryStream(Pointer, Length);

        private byte* At(long index, long size)
        {
            if (index < 0 || index >= Length / size)
            {
                throw new ArgumentOutOfRangeException(nameof(index));
            }
            return Pointer + index * size;
        }

        private byte* Writable(long index, long size)
        {
            if (!IsWritable)
            {
                throw new InvalidOperationException("what was received is for looking only");
            }
            return At(index, size);
        }
    }
}
