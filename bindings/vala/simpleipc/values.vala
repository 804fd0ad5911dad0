// What GLib has no type for: lists, maps, text with NUL in it, tensors and opaque data.

namespace SimpleIpc {
    /** Values one after the other, each of its own type; null is one of them. */
    public class ValueList {
        private GenericArray<Value?> items = new GenericArray<Value?> ();

        public int size { get { return items.length; } }

        public unowned Value? get (int index) {
            return items[index];
        }

        public void set (int index, Value? item) {
            items[index] = item;
        }

        /** So that one writes new ValueList ().add (1).add ("two"). */
        public unowned ValueList add (Value? item) {
            items.add (item);
            return this;
        }

        public string to_string () {
            string[] parts = {};
            for (int index = 0; index < size; index++) {
                parts += value_to_string (items[index]);
            }
            return "[" + string.joinv (", ", parts) + "]";
        }
    }

    /** Values by name, in the order in which they were set. */
    public class ValueMap {
        private GenericArray<Text> keys = new GenericArray<Text> ();
        private GenericArray<Value?> items = new GenericArray<Value?> ();
        private HashTable<Bytes, int> places = new HashTable<Bytes, int> (
            (key) => key.hash (), (one, other) => one.compare (other) == 0);

        public int size { get { return keys.length; } }

        public ValueMap () {
        }

        /** Null if there is none, and for a value that is null. */
        public unowned Value? get (string key) {
            int place;
            bool is_there = places.lookup_extended (new Text (key).bytes, null, out place);
            return is_there ? items[place] : null;
        }

        public bool has (string key) {
            return places.contains (new Text (key).bytes);
        }

        public void set (string key, Value? item) {
            set_text (new Text (key), item);
        }

        /** For a key that has NUL in it. */
        public void set_text (Text key, Value? item) {
            int place;
            if (places.lookup_extended (key.bytes, null, out place)) {
                items[place] = item;
                return;
            }
            places.insert (key.bytes, size);
            keys.add (key);
            items.add (item);
        }

        public unowned Text key (int index) {
            return keys[index];
        }

        public unowned Value? item (int index) {
            return items[index];
        }

        public string to_string () {
            string[] parts = {};
            for (int index = 0; index < size; index++) {
                parts += keys[index].to_string () + ": " + value_to_string (items[index]);
            }
            return "{" + string.joinv (", ", parts) + "}";
        }
    }

    /** Text of which GLib's strings would lose what follows a NUL. All other text is a string. */
    public class Text {
        /** UTF-8. */
        public Bytes bytes { get; private set; }

        public Text (string text) {
            bytes = new Bytes (text.data);
        }

        public Text.of_bytes (Bytes utf8) {
            bytes = utf8;
        }

        /** Up to the first NUL. */
        public string to_string () {
            return text_of (bytes.get_data (), bytes.length);
        }
    }

    /** Bytes with a content type, as application/json. */
    public class Opaque {
        public Bytes data { get; private set; }
        public string content_type { get; private set; }

        public Opaque (Bytes data, string content_type) {
            this.data = data;
            this.content_type = content_type;
        }
    }

    /**
     * An array of numbers. One that was received is not copied: it lies in shared memory, which is
     * only to be read, and stays there as long as the tensor does.
     */
    public class Tensor {
        public Dtype dtype { get; private set; }
        /** What the numbers mean, as rgb8; often empty. */
        public string format { get; private set; }
        private int64[] sizes;
        private int64[] steps;
        private uint8[] own;
        private Hold? hold;
        internal uint8* first;
        internal size_t bytes;

        /** All elements, row-major. */
        public Tensor (Dtype dtype, int64[] shape, owned uint8[] data, string format = "")
            throws MisuseError {
            size_t wanted = bytes_of (dtype, shape);
            if (data.length != wanted) {
                throw new MisuseError.BAD_VALUE ("a tensor of %s bytes was given %d",
                                                 wanted.to_string (), data.length);
            }
            this.dtype = dtype;
            this.format = format;
            sizes = shape;
            steps = dense (dtype, shape);
            own = (owned) data;
            first = own;
            bytes = wanted;
        }

        /** The numbers are copied. */
        public Tensor.of_floats (int64[] shape, float[] numbers, string format = "")
            throws MisuseError {
            this (Dtype.F32, shape, copied (numbers, numbers.length * sizeof (float)), format);
        }

        public Tensor.of_doubles (int64[] shape, double[] numbers, string format = "")
            throws MisuseError {
            this (Dtype.F64, shape, copied (numbers, numbers.length * sizeof (double)), format);
        }

        internal Tensor.lent (Raw.Value* from, Hold hold) {
            dtype = (Dtype) from->dtype;
            format = text_of (from->label, from->label_len);
            sizes = new int64[from->ndim];
            steps = new int64[from->ndim];
            for (int dim = 0; dim < sizes.length; dim++) {
                sizes[dim] = (int64) from->shape[dim];
                steps[dim] = from->strides[dim];
            }
            this.hold = hold;
            first = from->data;
            bytes = (size_t) from->len;
        }

        /** Elements along each dimension; none is one element. */
        public int64[] shape { get { return sizes; } }

        /** Bytes from one element to the next, along each dimension. */
        public int64[] strides { get { return steps; } }

        /** Where the elements are; not to be kept longer than the tensor. */
        public unowned uint8[] data {
            get {
                unowned uint8[] view = (uint8[]) first;
                view.length = (int) bytes;
                return view;
            }
        }

        /** The same as numbers of 32 bits, not converted. */
        public unowned float[] floats () {
            unowned float[] view = (float[]) first;
            view.length = (int) (bytes / sizeof (float));
            return view;
        }

        public unowned double[] doubles () {
            unowned double[] view = (double[]) first;
            view.length = (int) (bytes / sizeof (double));
            return view;
        }

        public string to_string () {
            string[] parts = {};
            foreach (int64 size in sizes) {
                parts += size.to_string ();
            }
            return "tensor of " + string.joinv ("x", parts) + (format == "" ? "" : " " + format);
        }

        internal static size_t bytes_of (Dtype dtype, int64[] shape) throws MisuseError {
            if (shape.length > Raw.DIMS_MAX) {
                throw new MisuseError.BAD_VALUE ("a tensor has %u dimensions at most",
                    Raw.DIMS_MAX);
            }
            uint64 bytes = size_of (dtype);
            foreach (int64 size in shape) {
                if (size < 0 || (size > 0 && bytes > int64.MAX / size)) {
                    throw new MisuseError.BAD_VALUE ("there is no such shape of a tensor");
                }
                bytes *= size;
            }
            return (size_t) bytes;
        }

        private static uint8[] copied (void* numbers, size_t bytes) {
            uint8[] copy = new uint8[bytes];
            Memory.copy (copy, numbers, bytes);
            return copy;
        }

        private static int64[] dense (Dtype dtype, int64[] shape) {
            var steps = new int64[shape.length];
            int64 bytes = size_of (dtype);
            for (int dim = shape.length - 1; dim >= 0; dim--) {
                steps[dim] = bytes;
                bytes *= shape[dim];
            }
            return steps;
        }

        private static int size_of (Dtype dtype) {
            switch (dtype) {
            case Dtype.BOOL:
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
            case Dtype.C128:
                return 16;
            default:
                return 8;
            }
        }
    }

    internal string text_of (void* first, uint64 length) {
        var text = new StringBuilder.sized ((size_t) length + 1);
        text.append_len ((string) first, (ssize_t) length);
        return text.str;
    }

    /** As people read it. */
    public string value_to_string (Value? value) {
        if (value == null) {
            return "null";
        }
        unowned Type type = value.type ();
        if (type == typeof (string)) {
            return value.get_string ();
        } else if (type == typeof (int64)) {
            return value.get_int64 ().to_string ();
        } else if (type == typeof (uint64)) {
            return value.get_uint64 ().to_string ();
        } else if (type == typeof (double)) {
            return shortest (value.get_double ());
        } else if (type == typeof (bool)) {
            return value.get_boolean ().to_string ();
        } else if (type == typeof (ValueList)) {
            return ((ValueList) value).to_string ();
        } else if (type == typeof (ValueMap)) {
            return ((ValueMap) value).to_string ();
        } else if (type == typeof (Text)) {
            return ((Text) value).to_string ();
        } else if (type == typeof (Tensor)) {
            return ((Tensor) value).to_string ();
        }
        return value.type_name ();
    }

    /** The fewest digits that are the same number. */
    private string shortest (double number) {
        var digits = new char[double.DTOSTR_BUF_SIZE];
        string text = number.format (digits, "%.15g");
        return double.parse (text) == number ? text : number.to_string ();
    }
}
