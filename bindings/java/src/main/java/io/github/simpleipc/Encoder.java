package io.github.simpleipc;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** From Java's values to structs of the library. */
final class Encoder {
    private static final int DEPTH_MAX = 64;

    private Encoder() {}

    /** The address of a value, which is good until the arena is closed. */
    static long encode(Arena arena, Object value, long captureTimeNs) {
        Arena.Block block = arena.allocate(Raw.VALUE_BYTES);
        write(arena, block.buffer(), block.at(), value, 0);
        block.buffer().putLong(block.at() + Raw.VALUE_CAPTURE_TIME_NS, captureTimeNs);
        return block.address();
    }

    static long encode(Arena arena, Object value) {
        return encode(arena, value, 0);
    }

    /** What is to be lent: a struct without data. */
    static void writeTensor(
            ByteBuffer to, int at, Dtype dtype, long[] shape, long label, int labelBytes) {
        head(to, at, Raw.KIND_TENSOR);
        to.putLong(at + Raw.VALUE_LABEL, label);
        to.putLong(at + Raw.VALUE_LABEL_LEN, labelBytes);
        to.putInt(at + Raw.VALUE_DTYPE, dtype.number());
        to.putInt(at + Raw.VALUE_NDIM, shape.length);
        for (int dim = 0; dim < shape.length; dim++) {
            to.putLong(at + Raw.VALUE_SHAPE + dim * Long.BYTES, shape[dim]);
        }
    }

    static void head(ByteBuffer to, int at, int kind) {
        to.putInt(at + Raw.VALUE_SIZE, Raw.VALUE_BYTES);
        to.putInt(at + Raw.VALUE_KIND, kind);
    }

    private static void write(Arena arena, ByteBuffer to, int at, Object value, int depth) {
        if (depth > DEPTH_MAX) {
            throw new IllegalArgumentException("a value is nested more than 64 deep");
        }
        if (value == null) {
            head(to, at, Raw.KIND_NULL);
        } else if (value instanceof Boolean truth) {
            number(to, at, Raw.KIND_BOOL, Raw.VALUE_I, truth ? 1 : 0);
        } else if (value instanceof Long || value instanceof Integer
                || value instanceof Short || value instanceof Byte) {
            number(to, at, Raw.KIND_INT, Raw.VALUE_I, ((Number) value).longValue());
        } else if (value instanceof Double || value instanceof Float) {
            long bits = Double.doubleToRawLongBits(((Number) value).doubleValue());
            number(to, at, Raw.KIND_FLOAT, Raw.VALUE_F, bits);
        } else if (value instanceof CharSequence || value instanceof Character) {
            data(arena, to, at, Raw.KIND_STR, Library.utf8(value.toString()));
        } else if (value instanceof Uint uint) {
            number(to, at, Raw.KIND_UINT, Raw.VALUE_U, uint.bits());
        } else if (value instanceof BigInteger big) {
            Object fitting = big.bitLength() < Long.SIZE ? big.longValue() : Uint.of(big);
            write(arena, to, at, fitting, depth);
        } else {
            writeLarge(arena, to, at, value, depth);
        }
    }

    private static void writeLarge(Arena arena, ByteBuffer to, int at, Object value, int depth) {
        if (value instanceof byte[] bytes) {
            data(arena, to, at, Raw.KIND_BYTES, ByteBuffer.wrap(bytes));
        } else if (value instanceof ByteBuffer bytes) {
            data(arena, to, at, Raw.KIND_BYTES, bytes);
        } else if (value instanceof Map<?, ?> map) {
            map(arena, to, at, map, depth);
        } else if (value instanceof List<?> list) {
            items(arena, to, at, Raw.KIND_LIST, list.toArray(), 1, depth);
        } else if (value instanceof Object[] array) {
            items(arena, to, at, Raw.KIND_LIST, array, 1, depth);
        } else if (value instanceof Opaque opaque) {
            data(arena, to, at, Raw.KIND_OPAQUE, ByteBuffer.wrap(opaque.data()));
            ByteBuffer label = Library.utf8(opaque.contentType());
            to.putLong(at + Raw.VALUE_LABEL, arena.lend(label));
            to.putLong(at + Raw.VALUE_LABEL_LEN, label.remaining());
        } else if (value instanceof Tensor tensor) {
            tensor(arena, to, at, tensor);
        } else {
            String type = value.getClass().getName();
            throw new IllegalArgumentException("a " + type + " cannot be sent");
        }
    }

    private static void number(ByteBuffer to, int at, int kind, int field, long bits) {
        head(to, at, kind);
        to.putLong(at + field, bits);
    }

    private static void data(Arena arena, ByteBuffer to, int at, int kind, ByteBuffer bytes) {
        head(to, at, kind);
        to.putLong(at + Raw.VALUE_DATA, arena.lend(bytes));
        to.putLong(at + Raw.VALUE_LEN, bytes.remaining());
    }

    private static void map(Arena arena, ByteBuffer to, int at, Map<?, ?> map, int depth) {
        Object[] pairs = map.entrySet().stream()
                .flatMap(entry -> {
                    if (!(entry.getKey() instanceof CharSequence)) {
                        throw new IllegalArgumentException("a key is text, not " + entry.getKey());
                    }
                    return Stream.of(entry.getKey(), entry.getValue());
                })
                .toArray();
        items(arena, to, at, Raw.KIND_MAP, pairs, 2, depth);
    }

    private static void items(
            Arena arena, ByteBuffer to, int at, int kind, Object[] values, int each, int depth) {
        head(to, at, kind);
        int bytes = Math.multiplyExact(values.length, Raw.VALUE_BYTES);
        Arena.Block block = arena.allocate(bytes);
        for (int index = 0; index < values.length; index++) {
            int place = block.at() + index * Raw.VALUE_BYTES;
            write(arena, block.buffer(), place, values[index], depth + 1);
        }
        to.putLong(at + Raw.VALUE_ITEMS, block.address());
        to.putLong(at + Raw.VALUE_COUNT, values.length / each);
    }

    private static void tensor(Arena arena, ByteBuffer to, int at, Tensor tensor) {
        ByteBuffer label = Library.utf8(tensor.format());
        ByteBuffer data = tensor.data();
        arena.keep(tensor);
        long[] strides = tensor.strides();
        writeTensor(to, at, tensor.dtype(), tensor.shape(), arena.lend(label), label.remaining());
        to.putLong(at + Raw.VALUE_DATA, arena.lend(data));
        to.putLong(at + Raw.VALUE_LEN, data.remaining());
        for (int dim = 0; dim < strides.length; dim++) {
            to.putLong(at + Raw.VALUE_STRIDES + dim * Long.BYTES, strides[dim]);
        }
    }
}
