import io.github.simpleipc.Dtype;
import io.github.simpleipc.Opaque;
import io.github.simpleipc.Tensor;
import io.github.simpleipc.Uint;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import java.util.zip.CRC32;

/** The values of testing/interop as words, and as Java has them. */
final class Notation {
    private static final int PRINTED_BYTES_MAX = 64;
    private static final int PERIOD = 251;
    private static final int LETTER_PERIOD = 23;
    private static final int LETTERS = 26;
    private static final int HEX = 16;

    private final String word;
    private int at;

    private Notation(String word) {
        this.word = word;
    }

    static Object read(String word) {
        return new Notation(word).value();
    }

    private Object value() {
        char kind = word.charAt(at);
        at++;
        switch (kind) {
            case 'n':
                return null;
            case 'b':
                return field().equals("1");
            case 'i':
                return Long.parseLong(field());
            case 'u':
                return Uint.of(new BigInteger(field()));
            case 'd':
                return Double.longBitsToDouble(Long.parseUnsignedLong(field(), HEX));
            case 's':
                return text(field());
            case 'x':
                return bytes(field());
            case '[':
                return list();
            case '{':
                return map();
            case 't':
                return tensor(size -> bytes(field()));
            case 'T':
                return tensor(size -> pattern(size, Integer.parseInt(field())));
            case 'o':
                String type = text(field());
                return new Opaque(bytes(field()), type);
            case 'X':
                int size = Integer.parseInt(field());
                return pattern(size, Integer.parseInt(field()));
            case 'S':
                int letters = Integer.parseInt(field());
                return textPattern(letters, Integer.parseInt(field()));
            default:
                throw new IllegalArgumentException("there is no such value: " + word);
        }
    }

    /** Up to the next separator; a colon is passed over. */
    private String field() {
        int begin = at;
        while (at < word.length() && ":,]}".indexOf(word.charAt(at)) < 0) {
            at++;
        }
        String found = word.substring(begin, at);
        skip(':');
        return found;
    }

    private void skip(char separator) {
        if (at < word.length() && word.charAt(at) == separator) {
            at++;
        }
    }

    private List<Object> list() {
        List<Object> all = new ArrayList<>();
        while (word.charAt(at) != ']') {
            all.add(value());
            skip(',');
        }
        at++;
        skip(':');
        return all;
    }

    private Map<String, Object> map() {
        Map<String, Object> all = new LinkedHashMap<>();
        while (word.charAt(at) != '}') {
            String key = (String) value();
            all.put(key, value());
            skip(',');
        }
        at++;
        skip(':');
        return all;
    }

    private Tensor tensor(IntFunction<byte[]> data) {
        Dtype dtype = Dtype.valueOf(field().toUpperCase(Locale.ROOT));
        String sizes = field();
        String[] parts = sizes.isEmpty() ? new String[0] : sizes.split("x");
        long[] shape = new long[parts.length];
        int size = dtype.bytes();
        for (int dim = 0; dim < shape.length; dim++) {
            shape[dim] = Long.parseLong(parts[dim]);
            size *= (int) shape[dim];
        }
        String format = text(field());
        return Tensor.of(dtype, shape, ByteBuffer.wrap(data.apply(size)), format);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String text(String hex) {
        return new String(bytes(hex), StandardCharsets.UTF_8);
    }

    private static byte[] pattern(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int index = 0; index < size; index++) {
            bytes[index] = (byte) (seed + index % PERIOD);
        }
        return bytes;
    }

    private static String textPattern(int size, int seed) {
        StringBuilder text = new StringBuilder(size);
        for (int index = 0; index < size; index++) {
            text.append((char) ('a' + (seed + index % LETTER_PERIOD) % LETTERS));
        }
        return text.toString();
    }

    static String print(Object value) {
        if (value == null) {
            return "n";
        } else if (value instanceof Boolean truth) {
            return truth ? "b1" : "b0";
        } else if (value instanceof Long number) {
            return "i" + number;
        } else if (value instanceof Uint number) {
            return "u" + number;
        } else if (value instanceof Double number) {
            return String.format("d%016x", Double.doubleToRawLongBits(number));
        } else if (value instanceof String text) {
            return "s" + data(text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof byte[] bytes) {
            return "x" + data(bytes);
        } else if (value instanceof List<?> list) {
            StringJoiner items = new StringJoiner(",", "[", "]");
            list.forEach(item -> items.add(print(item)));
            return items.toString();
        } else if (value instanceof Map<?, ?> map) {
            StringJoiner items = new StringJoiner(",", "{", "}");
            map.forEach((key, item) -> items.add(print(key) + ":" + print(item)));
            return items.toString();
        } else if (value instanceof Tensor tensor) {
            StringJoiner sizes = new StringJoiner("x");
            for (long size : tensor.shape()) {
                sizes.add(Long.toString(size));
            }
            String dtype = tensor.dtype().name().toLowerCase(Locale.ROOT);
            return "t" + dtype + ":" + sizes + ":" + hex(tensor.format()) + ":"
                    + data(tensor.bytes());
        } else if (value instanceof Opaque opaque) {
            return "o" + hex(opaque.contentType()) + ":" + data(opaque.data());
        }
        throw new IllegalArgumentException("what is a " + value.getClass());
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String data(byte[] bytes) {
        if (bytes.length <= PRINTED_BYTES_MAX) {
            return HexFormat.of().formatHex(bytes);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return String.format("#%d:%08x", bytes.length, crc.getValue());
    }
}
