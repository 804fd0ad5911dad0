// The values of testing/interop as words, and as GLib has them.

using SimpleIpc;

private class Notation {
    private const int PRINTED_BYTES_MAX = 64;
    private const int PERIOD = 251;
    private const int LETTER_PERIOD = 23;

    private string word;
    private int at = 0;

    private Notation (string word) {
        this.word = word;
    }

    public static Value? read (string word) throws GLib.Error {
        return new Notation (word).value ();
    }

    private Value? value () throws GLib.Error {
        char kind = word[at++];
        switch (kind) {
        case 'n':
            return null;
        case 'b':
            return field () == "1";
        case 'i':
            return int64.parse (field ());
        case 'u':
            return uint64.parse (field ());
        case 'd':
            uint64 bits = uint64.parse (field (), 16);
            return *(double*) &bits;
        case 's':
            return text (unhex (field ()));
        case 'x':
            return new Bytes (unhex (field ()));
        case '[':
            var list = new ValueList ();
            while (word[at] != ']') {
                list.add (value ());
                skip (',');
            }
            at++;
            skip (':');
            return list;
        case '{':
            return map ();
        case 't':
        case 'T':
            return tensor (kind == 'T');
        case 'o':
            string type = (string) text (unhex (field ()));
            return new Opaque (new Bytes (unhex (field ())), type);
        case 'X':
            int bytes = int.parse (field ());
            return new Bytes (pattern (bytes, int.parse (field ())));
        case 'S':
            int letters = int.parse (field ());
            int seed = int.parse (field ());
            var all = new StringBuilder ();
            for (int index = 0; index < letters; index++) {
                all.append_c ((char) ('a' + (seed + index % LETTER_PERIOD) % 26));
            }
            return all.str;
        default:
            throw new MisuseError.BAD_ARGUMENT ("there is no such value: %s", word);
        }
    }

    private ValueMap map () throws GLib.Error {
        var map = new ValueMap ();
        while (word[at] != '}') {
            at++; // of a string
            var key = new Text.of_bytes (new Bytes (unhex (field ())));
            map.set_text (key, value ());
            skip (',');
        }
        at++;
        skip (':');
        return map;
    }

    private Tensor tensor (bool is_pattern) throws GLib.Error {
        var dtypes = (EnumClass) typeof (Dtype).class_ref ();
        var dtype = (Dtype) dtypes.get_value_by_nick (field ()).value;
        int64[] shape = {};
        string sizes = field ();
        if (sizes != "") {
            foreach (unowned string size in sizes.split ("x")) {
                shape += int64.parse (size);
            }
        }
        string format = (string) text (unhex (field ()));
        if (!is_pattern) {
            return new Tensor (dtype, shape, unhex (field ()), format);
        }
        int bytes = size_of (dtype);
        foreach (int64 size in shape) {
            bytes *= (int) size;
        }
        return new Tensor (dtype, shape, pattern (bytes, int.parse (field ())), format);
    }

    private static int size_of (Dtype dtype) {
        return dtype == Dtype.BOOL ? 1 : int.parse (nick_of (dtype).substring (1)) / 8;
    }

    private static string nick_of (Dtype dtype) {
        return ((EnumClass) typeof (Dtype).class_ref ()).get_value (dtype).value_nick;
    }

    private static Value text (uint8[] utf8) {
        var copy = new StringBuilder ();
        copy.append_len ((string) utf8, utf8.length);
        if (copy.str.length < utf8.length) {
            return new Text.of_bytes (new Bytes (utf8));
        }
        return copy.str;
    }

    /** Up to the next separator; a colon is passed over. */
    private string field () {
        int begin = at;
        while (at < word.length && !(word[at] in ":,]}".data)) {
            at++;
        }
        string found = word.substring (begin, at - begin);
        skip (':');
        return found;
    }

    private void skip (char separator) {
        if (at < word.length && word[at] == separator) {
            at++;
        }
    }

    private static uint8[] unhex (string digits) {
        var bytes = new uint8[digits.length / 2];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (uint8) uint64.parse (digits.substring (2 * index, 2), 16);
        }
        return bytes;
    }

    private static uint8[] pattern (int size, int seed) {
        var bytes = new uint8[size];
        for (int index = 0; index < size; index++) {
            bytes[index] = (uint8) (seed + index % PERIOD);
        }
        return bytes;
    }

    public static string print (Value? value) {
        if (value == null) {
            return "n";
        }
        Type type = value.type ();
        if (type == typeof (bool)) {
            return value.get_boolean () ? "b1" : "b0";
        } else if (type == typeof (int64)) {
            return "i" + value.get_int64 ().to_string ();
        } else if (type == typeof (uint64)) {
            return "u" + value.get_uint64 ().to_string ();
        } else if (type == typeof (double)) {
            double number = value.get_double ();
            return "d%016llx".printf (*(uint64*) &number);
        } else if (type == typeof (string)) {
            return "s" + data (value.get_string ().data);
        } else if (type == typeof (Text)) {
            return "s" + data (((Text) value).bytes.get_data ());
        } else if (type == typeof (Bytes)) {
            return "x" + data (((Bytes) value).get_data ());
        } else if (type == typeof (Opaque)) {
            unowned Opaque opaque = (Opaque) value;
            return "o" + hex (opaque.content_type.data) + ":" + data (opaque.data.get_data ());
        } else if (type == typeof (Tensor)) {
            unowned Tensor tensor = (Tensor) value;
            string[] sizes = {};
            foreach (int64 size in tensor.shape) {
                sizes += size.to_string ();
            }
            return "t" + nick_of (tensor.dtype) + ":" + string.joinv ("x", sizes) + ":"
                + hex (tensor.format.data) + ":" + data (tensor.data);
        }
        string[] parts = {};
        if (type == typeof (ValueList)) {
            unowned ValueList list = (ValueList) value;
            for (int index = 0; index < list.size; index++) {
                parts += print (list[index]);
            }
            return "[" + string.joinv (",", parts) + "]";
        }
        unowned ValueMap map = (ValueMap) value;
        for (int index = 0; index < map.size; index++) {
            parts += "s" + data (map.key (index).bytes.get_data ()) + ":"
                + print (map.item (index));
        }
        return "{" + string.joinv (",", parts) + "}";
    }

    private static string hex (uint8[] bytes) {
        var digits = new StringBuilder ();
        foreach (uint8 one in bytes) {
            digits.append_printf ("%02x", one);
        }
        return digits.str;
    }

    private static string data (uint8[] bytes) {
        return bytes.length <= PRINTED_BYTES_MAX
            ? hex (bytes) : "#%d:%08x".printf (bytes.length, crc32 (bytes));
    }

    private static uint32 crc32 (uint8[] bytes) {
        var table = new uint32[256];
        for (uint32 index = 0; index < table.length; index++) {
            table[index] = index;
            for (int bit = 0; bit < 8; bit++) {
                uint32 half = table[index] >> 1;
                table[index] = (table[index] & 1) == 0 ? half : half ^ 0xEDB88320U;
            }
        }
        uint32 crc = uint32.MAX;
        foreach (uint8 one in bytes) {
            crc = (crc >> 8) ^ table[(crc ^ one) & 0xff];
        }
        return ~crc;
    }
}
