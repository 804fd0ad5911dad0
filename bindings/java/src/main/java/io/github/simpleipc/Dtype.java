package io.github.simpleipc;

/** The type of a tensor's elements, which are in the machine's byte order. */
public enum Dtype {
    // In the order of SIPC_DTYPE_*.
    BOOL(1), U8(1), I8(1), U16(2), I16(2), U32(4), I32(4), U64(8), I64(8),
    F16(2), F32(4), F64(8), C64(8), C128(16);

    private static final Dtype[] ALL = values();
    private final int bytes;

    Dtype(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    int number() {
        return ordinal() + 1;
    }

    static Dtype of(int number) {
        if (number < 1 || number > ALL.length) {
            throw new UnsupportedOperationException("there is no dtype " + number + " here");
        }
        return ALL[number - 1];
    }
}
