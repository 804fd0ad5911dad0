using System;
using System.Collections;
using System.Collections.Generic;

namespace SimpleIpc
{
    /// <summary>From the values of C# to structs of the library.</summary>
    internal static unsafe class Encoder
    {
        private const int DepthMax = 64;

        /// <summary>A value, which is good until the arena is disposed of.</summary>
        public static sipc_value* Encode(Arena arena, object value, long captureTimeNs = 0)
        {
            sipc_value* to = Allocate(arena, 1);
            Write(arena, to, value, 0);
            to->capture_time_ns = captureTimeNs;
            return to;
        }

        public static void Tensor(sipc_value* to, Dtype dtype, long[] shape)
        {
            Head(to, Raw.KIND_TENSOR);
            to->dtype = (uint)dtype;
            to->ndim = (uint)shape.Length;
            for (int dim = 0; dim < shape.Length; dim++)
            {
                to->shape[dim] = (ulong)shape[dim];
            }
        }

        public static void Label(Arena arena, sipc_value* to, string label)
        {
            byte[] bytes = Library.Bytes(label);
            to->label = arena.Pin(bytes);
            to->label_len = (ulong)bytes.Length;
        }

        public static void Head(sipc_value* to, uint kind)
        {
            to->size = (uint)sizeof(sipc_value);
            to->kind = kind;
        }

        private static sipc_value* Allocate(Arena arena, int count)
        {
            return (sipc_value*)arena.Allocate((ulong)count * (ulong)sizeof(sipc_value));
        }

        private static void Write(Arena arena, sipc_value* to, object value, int depth)
        {
            if (depth > DepthMax)
            {
                throw new ArgumentException("a value is nested more than 64 deep");
            }
            if (value == null)
            {
                Head(to, Raw.KIND_NULL);
            }
            else if (value is bool truth)
            {
                Head(to, Raw.KIND_BOOL);
                to->i = truth ? 1 : 0;
            }
            else if (value is long || value is int || value is uint || value is short
                || value is ushort || value is byte || value is sbyte)
            {
                Head(to, Raw.KIND_INT);
                to->i = ((IConvertible)value).ToInt64(null);
            }
            else if (value is ulong natural)
            {
                Head(to, Raw.KIND_UINT);
                to->u = natural;
            }
            else if (value is double || value is float)
            {
                Head(to, Raw.KIND_FLOAT);
                to->f = value is double real ? real : (float)value;
            }
            else if (value is string || value is char)
            {
                Data(arena, to, Raw.KIND_STR, Library.Bytes(value.ToString()));
            }
            else if (value.GetType() == typeof(byte[]))
            {
                Data(arena, to, Raw.KIND_BYTES, (byte[])value);
            }
            else
            {
                WriteOther(arena, to, value, depth);
            }
        }

        private static void WriteOther(Arena arena, sipc_value* to, object value, int depth)
        {
            if (value is Opaque opaque)
            {
                Data(arena, to, Raw.KIND_OPAQUE, opaque.Data);
                Label(arena, to, opaque.ContentType);
            }
            else if (value is Tensor tensor)
            {
                Whole(arena, to, tensor);
            }
            else if (value is IReadOnlyDictionary<string, object> map)
            {
                Pairs(arena, to, map.Count, map, depth);
            }
            else if (value is IDictionary others)
            {
                Pairs(arena, to, others.Count, Entries(others), depth);
            }
            else if (value is IList list)
            {
                Items(arena, to, list, depth);
            }
            else
            {
                throw new ArgumentException("a " + value.GetType() + " cannot be sent");
            }
        }

        private static void Data(Arena arena, sipc_value* to, uint kind, byte[] bytes)
        {
            Head(to, kind);
            to->data = arena.Pin(bytes);
            to->len = (ulong)bytes.Length;
        }

        private static void Whole(Arena arena, sipc_value* to, Tensor tensor)
        {
            Tensor(to, tensor.Dtype, tensor.Shape);
            long[] strides = tensor.Strides;
            for (int dim = 0; dim < strides.Length; dim++)
            {
                to->strides[dim] = strides[dim];
            }
            to->data = tensor.Data.Pointer;
            to->len = (ulong)tensor.Data.Length;
            arena.Keep(tensor.Data);
            Label(arena, to, tensor.Format);
        }

        private static void Items(Arena arena, sipc_value* to, IList list, int depth)
        {
            int count = list.Count;
            Head(to, Raw.KIND_LIST);
            to->items = Allocate(arena, count);
            to->count = (ulong)count;
            for (int index = 0; index < count; index++)
            {
                Write(arena, to->items + index, list[index], depth + 1);
            }
        }

        private static IEnumerable<KeyValuePair<string, object>> Entries(IDictionary map)
        {
            foreach (DictionaryEntry entry in map)
            {
                if (!(entry.Key is string key))
                {
                    throw new ArgumentException("a key of a map is to be a string");
                }
                yield return new KeyValuePair<string, object>(key, entry.Value);
            }
        }

        private static void Pairs(Arena arena, sipc_value* to, int count,
            IEnumerable<KeyValuePair<string, object>> pairs, int depth)
        {
            Head(to, Raw.KIND_MAP);
            to->items = Allocate(arena, 2 * count);
            to->count = (ulong)count;
            int index = 0;
            foreach (KeyValuePair<string, object> pair in pairs)
            {
                if (index == 2 * count)
                {
                    throw new InvalidOperationException("the map grows while it is sent");
                }
                Write(arena, to->items + index, pair.Key, depth + 1);
                Write(arena, to->items + index + 1, pair.Value, depth + 1);
                index += 2;
            }
        }
    }
}
