package io.github.simpleipc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From structs of the library to Java's values. All but tensors are copied. */
final class Decoder {
    private Decoder() {}

    static Object decode(ByteBuffer from, int at, Hold hold) {
        int kind = from.getInt(at + Raw.VALUE_KIND);
        switch (kind) {
            case Raw.KIND_NULL:
                return null;
            case Raw.KIND_BOOL:
                return from.getLong(at + Raw.VALUE_I) != 0;
            case Raw.KIND_INT:
                return from.getLong(at + Raw.VALUE_I);
            case Raw.KIND_UINT:
                return new Uint(from.getLong(at + Raw.VALUE_U));
            case Raw.KIND_FLOAT:
                return Double.longBitsToDouble(from.getLong(at + Raw.VALUE_F));
            case Raw.KIND_STR:
                return text(from, at + Raw.VALUE_DATA, at + Raw.VALUE_LEN);
            case Raw.KIND_BYTES:
                return bytes(from, at + Raw.VALUE_DATA, at + Raw.VALUE_LEN);
            case Raw.KIND_LIST:
                return list(from, at, 1, hold);
            case Raw.KIND_MAP:
                return map(from, at, hold);
            case Raw.KIND_TENSOR:
                return tensor(from, at, hold);
            case Raw.KIND_OPAQUE:
                return new Opaque(bytes(from, at + Raw.VALUE_DATA, at + Raw.VALUE_LEN),
                        text(from, at + Raw.VALUE_LABEL, at + Raw.VALUE_LABEL_LEN));
            default:
                throw new UnsupportedOperationException("there is no kind " + kind + " here");
        }
    }

    private static byte[] bytes(ByteBuffer from, int data, int len) {
        ByteBuffer view = Library.view(from.getLong(data), from.getLong(len));
        byte[] copy = new byte[view.remaining()];
        view.get(copy);
        return copy;
    }

    private static String text(ByteBuffer from, int data, int len) {
        return new String(bytes(from, data, len), StandardCharsets.UTF_8);
    }

    private static List<Object> list(ByteBuffer from, int at, int each, Hold hold) {
        long count = from.getLong(at + Raw.VALUE_COUNT) * each;
        ByteBuffer items =
                Library.view(from.getLong(at + Raw.VALUE_ITEMS), count * Raw.VALUE_BYTES);
        List<Object> values = new ArrayList<>((int) count);
        for (int index = 0; index < count; index++) {
            values.add(decode(items, index * Raw.VALUE_BYTES, hold));
        }
        return values;
    }

    private static Map<String, Object> map(ByteBuffer from, int at, Hold hold) {
        List<Object> pairs = list(from, at, 2, hold);
        Map<String, Object> map = new LinkedHashMap<>();
        for (int index = 0; index < pairs.size(); index += 2) {
            map.put((String) pairs.get(index), pairs.get(index + 1));
        }
        return map;
    }

    private static Tensor tensor(ByteBuffer from, int at, Hold hold) {
        int ndim = from.getInt(at + Raw.VALUE_NDIM);
        long[] shape = new long[ndim];
        long[] strides = new long[ndim];
        for (int dim = 0; dim < ndim; dim++) {
            shape[dim] = from.getLong(at + Raw.VALUE_SHAPE + dim * Long.BYTES);
            strides[dim] = from.getLong(at + Raw.VALUE_STRIDES + dim * Long.BYTES);
        }
        ByteBuffer data =
                Library.view(from.getLong(at + Raw.VALUE_DATA), from.getLong(at + Raw.VALUE_LEN));
        hold.addViewer(data);
        return new Tensor(Dtype.of(from.getInt(at + Raw.VALUE_DTYPE)), shape, strides,
                text(from, at + Raw.VALUE_LABEL, at + Raw.VALUE_LABEL_LEN),
                data.asReadOnlyBuffer().order(ByteOrder.nativeOrder()), hold);
    }
}
