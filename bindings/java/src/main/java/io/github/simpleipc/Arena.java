package io.github.simpleipc;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for the structs of one call: an error, a number, a value with what it points to. Each
 * thread keeps one for its next call.
 */
final class Arena implements AutoCloseable {
    private static final int KEPT_BYTES = 16 * 1024;
    private static final int NUMBER_AT = Raw.ERROR_BYTES;
    private static final int BEGIN = NUMBER_AT + Long.BYTES;
    private static final ThreadLocal<Arena> SPARE = new ThreadLocal<>();

    /** Part of a larger buffer, of which all bytes are 0. */
    record Block(ByteBuffer buffer, int at, long address) {}

    private final ByteBuffer kept = Library.memory(KEPT_BYTES);
    private final long keptAddress = Library.address(kept);
    private final List<Object> others = new ArrayList<>();
    private int used = BEGIN;

    private Arena() {
        kept.putInt(Raw.ERROR_SIZE, Raw.ERROR_BYTES);
    }

    static Arena open() {
        Arena spare = SPARE.get();
        SPARE.remove();
        return spare == null ? new Arena() : spare;
    }

    Block allocate(int bytes) {
        int rounded = Math.addExact(bytes, Long.BYTES - 1) & -Long.BYTES;
        if (rounded > KEPT_BYTES - used) {
            ByteBuffer own = Library.memory(rounded);
            others.add(own);
            return new Block(own, 0, Library.address(own));
        }
        int at = used;
        used += rounded;
        for (int offset = at; offset < used; offset += Long.BYTES) {
            kept.putLong(offset, 0);
        }
        return new Block(kept, at, keptAddress + at);
    }

    /** The address of what is left of a buffer, which is copied here unless it is direct. */
    long lend(ByteBuffer bytes) {
        if (bytes.remaining() == 0) {
            return 0;
        }
        if (bytes.isDirect()) {
            others.add(bytes);
            return Library.address(bytes) + bytes.position();
        }
        Block block = allocate(bytes.remaining());
        block.buffer.duplicate().position(block.at).put(bytes.duplicate());
        return block.address;
    }

    /** Something that has to live as long as this call. */
    void keep(Object other) {
        others.add(other);
    }

    long error() {
        return keptAddress;
    }

    /** The address for a number that a function writes. */
    long number() {
        return keptAddress + NUMBER_AT;
    }

    int readInt() {
        return kept.getInt(NUMBER_AT);
    }

    long readLong() {
        return kept.getLong(NUMBER_AT);
    }

    /** Throws what a status says, unless it is OK. */
    void check(int status) {
        if (status == Raw.OK) {
            return;
        }
        int osCode = kept.getInt(Raw.ERROR_OS_CODE);
        throw SipcException.of(status, osCode, Library.text(keptAddress + Raw.ERROR_MESSAGE));
    }

    @Override
    public void close() {
        used = BEGIN;
        others.clear();
        SPARE.set(this);
    }
}
