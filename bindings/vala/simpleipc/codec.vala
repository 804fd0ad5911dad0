// From GLib's values to structs of the library, and back.

namespace SimpleIpc {
    /** Memory for the structs of one call; what they point to is the caller's value. */
    [Compact (opaque = true)]
    internal class Arena {
        private const int DEPTH_MAX = 64;
        private void*[] blocks = {};

        ~Arena () {
            foreach (void* block in blocks) {
                GLib.free (block);
            }
        }

        public Raw.Value* encode (Value? value) throws GLib.Error {
            Raw.Value* to = allocate (1);
            write (to, value, 0);
            return to;
        }

        /** Of a kind for which the library is to lend memory. */
        public Raw.Value* start (uint32 kind) {
            Raw.Value* to = allocate (1);
            to->kind = kind;
            return to;
        }

        public static void shape (Raw.Value* to, Dtype dtype, int64[] shape) {
            to->kind = Raw.KIND_TENSOR;
            to->dtype = dtype;
            to->ndim = shape.length;
            for (int dim = 0; dim < shape.length; dim++) {
                to->shape[dim] = shape[dim];
            }
        }

        public static void label (Raw.Value* to, string label) {
            to->label = (char*) label;
            to->label_len = label.length;
        }

        private Raw.Value* allocate (uint64 count) {
            Raw.Value* values = GLib.malloc0 ((size_t) count * sizeof (Raw.Value));
            blocks += values;
            for (uint64 index = 0; index < count; index++) {
                values[index].size = (uint32) sizeof (Raw.Value);
            }
            return values;
        }

        private void write (Raw.Value* to, Value? value, int depth) throws GLib.Error {
            if (value == null) {
                to->kind = Raw.KIND_NULL;
                return;
            }
            Type type = value.type ();
            if (type == typeof (string)) {
                unowned string? text = value.get_string ();
                if (text == null) {
                    to->kind = Raw.KIND_NULL;
                    return;
                }
                data (to, Raw.KIND_STR, text, text.length);
            } else if (type == typeof (bool)) {
                to->kind = Raw.KIND_BOOL;
                to->i = value.get_boolean () ? 1 : 0;
            } else if (type == typeof (double) || type == typeof (float)) {
                to->kind = Raw.KIND_FLOAT;
                to->f = type == typeof (double) ? value.get_double () : (double) value.get_float ();
            } else if (type == typeof (uint64) || type == typeof (ulong)) {
                to->kind = Raw.KIND_UINT;
                to->u = type == typeof (uint64) ? value.get_uint64 () : (uint64) value.get_ulong ();
            } else if (!write_int (to, value, type)) {
                write_other (to, value, type, depth);
            }
        }

        /** Whether it was one. */
        private bool write_int (Raw.Value* to, Value value, Type type) {
            if (type == typeof (int)) {
                to->i = value.get_int ();
            } else if (type == typeof (int64)) {
                to->i = value.get_int64 ();
            } else if (type == typeof (long)) {
                to->i = value.get_long ();
            } else if (type == typeof (uint)) {
                to->i = value.get_uint ();
            } else if (type == typeof (uchar)) {
                to->i = value.get_uchar ();
            } else if (type == typeof (char)) {
                to->i = value.get_schar ();
            } else {
                return false;
            }
            to->kind = Raw.KIND_INT;
            return true;
        }

        private void write_other (Raw.Value* to, Value value, Type type, int depth)
            throws GLib.Error {
            if (depth == DEPTH_MAX) {
                throw new MisuseError.BAD_VALUE ("a value is nested more than %d deep", DEPTH_MAX);
            }
            if (type == typeof (Bytes)) {
                unowned Bytes bytes = (Bytes) value.get_boxed ();
                data (to, Raw.KIND_BYTES, bytes.get_data (), bytes.get_size ());
            } else if (type == typeof (ValueList)) {
                unowned ValueList list = (ValueList) value;
                to->kind = Raw.KIND_LIST;
                to->count = list.size;
                to->items = allocate (list.size);
                for (int index = 0; index < list.size; index++) {
                    write (to->items + index, list[index], depth + 1);
                }
            } else if (type == typeof (ValueMap)) {
                unowned ValueMap map = (ValueMap) value;
                to->kind = Raw.KIND_MAP;
                to->count = map.size;
                to->items = allocate (2 * map.size);
                for (int index = 0; index < map.size; index++) {
                    write_text (to->items + 2 * index, map.key (index));
                    write (to->items + 2 * index + 1, map.item (index), depth + 1);
                }
            } else if (type == typeof (Text)) {
                write_text (to, (Text) value);
            } else if (type == typeof (Opaque)) {
                unowned Opaque opaque = (Opaque) value;
                data (to, Raw.KIND_OPAQUE, opaque.data.get_data (), opaque.data.get_size ());
                label (to, opaque.content_type);
            } else if (type == typeof (Tensor)) {
                unowned Tensor tensor = (Tensor) value;
                shape (to, tensor.dtype, tensor.shape);
                for (int dim = 0; dim < tensor.strides.length; dim++) {
                    to->strides[dim] = tensor.strides[dim];
                }
                data (to, Raw.KIND_TENSOR, tensor.first, tensor.bytes);
                label (to, tensor.format);
            } else {
                throw new MisuseError.BAD_VALUE ("a %s cannot be sent", type.name ());
            }
        }

        private void write_text (Raw.Value* to, Text text) {
            data (to, Raw.KIND_STR, text.bytes.get_data (), text.bytes.get_size ());
        }

        private void data (Raw.Value* to, uint32 kind, void* first, size_t length) {
            to->kind = kind;
            to->data = first;
            to->len = length;
        }
    }

    /** Bytes and tensors are looked at in place, and keep what is lent. */
    internal Value? decode (Raw.Value* from, Hold hold) {
        unowned uint8[] data = (uint8[]) from->data;
        data.length = (int) from->len;
        switch (from->kind) {
        case Raw.KIND_BOOL:
            return from->i != 0;
        case Raw.KIND_INT:
            return from->i;
        case Raw.KIND_UINT:
            return from->u;
        case Raw.KIND_FLOAT:
            return from->f;
        case Raw.KIND_STR:
            string text = text_of (from->data, from->len);
            if (text.length < from->len) { // because of a NUL
                return new Text.of_bytes (new Bytes (data));
            }
            return text;
        case Raw.KIND_BYTES:
            return Bytes.new_with_owner<Hold> (data, hold);
        case Raw.KIND_LIST:
            var list = new ValueList ();
            for (uint64 index = 0; index < from->count; index++) {
                list.add (decode (from->items + index, hold));
            }
            return list;
        case Raw.KIND_MAP:
            var map = new ValueMap ();
            for (uint64 index = 0; index < from->count; index++) {
                Raw.Value* pair = from->items + 2 * index;
                unowned uint8[] key = (uint8[]) pair->data;
                key.length = (int) pair->len;
                map.set_text (new Text.of_bytes (new Bytes (key)), decode (pair + 1, hold));
            }
            return map;
        case Raw.KIND_TENSOR:
            return new Tensor.lent (from, hold);
        case Raw.KIND_OPAQUE:
            return new Opaque (Bytes.new_with_owner<Hold> (data, hold),
                               text_of (from->label, from->label_len));
        default:
            return null;
        }
    }
}
