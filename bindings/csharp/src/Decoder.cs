using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace SimpleIpc
{
    /// <summary>From structs of the library to the values of C#.</summary>
    internal static unsafe class Decoder
    {
        public static object Decode(sipc_value* from, Hold hold)
        {
            switch (from->kind)
            {
                case Raw.KIND_NULL:
                    return null;
                case Raw.KIND_BOOL:
                    return from->i != 0;
                case Raw.KIND_INT:
                    return from->i;
                case Raw.KIND_UINT:
                    return from->u;
                case Raw.KIND_FLOAT:
                    return from->f;
                case Raw.KIND_STR:
                    return Library.Text(from->data, from->len);
                case Raw.KIND_BYTES:
                    return Bytes(from);
                case Raw.KIND_LIST:
                    return List(from->items, from->count, hold);
                case Raw.KIND_MAP:
                    return Pairs(from, hold);
                case Raw.KIND_TENSOR:
                    return Tensor(from, hold);
                case Raw.KIND_OPAQUE:
                    return new Opaque(Bytes(from), Library.Text(from->label, from->label_len));
                default:
                    throw new NotSupportedException("there is no kind " + from->kind + " here");
            }
        }

        private static byte[] Bytes(sipc_value* from)
        {
            byte[] copy = new byte[from->len];
            if (copy.Length > 0)
            {
                Marshal.Copy((IntPtr)from->data, copy, 0, copy.Length);
            }
            return copy;
        }

        private static List<object> List(sipc_value* items, ulong count, Hold hold)
        {
            List<object> values = new List<object>(checked((int)count));
            for (ulong index = 0; index < count; index++)
            {
                values.Add(Decode(items + index, hold));
            }
            return values;
        }

        private static Map Pairs(sipc_value* from, Hold hold)
        {
            Map map = new Map();
            for (ulong index = 0; index < from->count; index++)
            {
                sipc_value* pair = from->items + 2 * index;
                map[Library.Text(pair->data, pair->len)] = Decode(pair + 1, hold);
            }
            return map;
        }

        private static Tensor Tensor(sipc_value* from, Hold hold)
        {
            long[] shape = new long[from->ndim];
            long[] strides = new long[from->ndim];
            for (int dim = 0; dim < shape.Length; dim++)
            {
                shape[dim] = (long)from->shape[dim];
                strides[dim] = from->strides[dim];
            }
            return new Tensor((Dtype)from->dtype, shape, strides,
                Library.Text(from->label, from->label_len),
                new View(from->data, from->len, hold, false));
        }
    }
}
