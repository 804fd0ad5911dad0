package io.github.simpleipc;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What the library has lent with a message. It goes back when that is asked for, or when the
 * collector has found the message and all views of its tensors. Structs are used again.
 */
final class Hold {
    private static final ConcurrentLinkedQueue<Hold.Struct> SPARE = new ConcurrentLinkedQueue<>();

    private record Struct(ByteBuffer bytes, long address) {}

    private final Struct struct;
    private final ReentrantLock lock = new ReentrantLock();
    private int viewers;
    private volatile boolean isReleased;

    private Hold(Struct struct) {
        this.struct = struct;
    }

    /** An empty one, for a call to fill. */
    static Hold open() {
        Struct spare = SPARE.poll();
        if (spare == null) {
            ByteBuffer bytes = Library.memory(Raw.MESSAGE_BYTES);
            bytes.putInt(Raw.MESSAGE_SIZE, Raw.MESSAGE_BYTES);
            spare = new Struct(bytes, Library.address(bytes));
        }
        return new Hold(spare);
    }

    long address() {
        return struct.address;
    }

    int getInt(int at) {
        return struct.bytes.getInt(at);
    }

    long getLong(int at) {
        return struct.bytes.getLong(at);
    }

    /** What happens when somebody who looks at it is collected, or is done with it. */
    Cleaner.Cleanable addViewer(Object viewer) {
        locked(() -> ++viewers);
        return Library.CLEANER.register(viewer, this::removeViewer);
    }

    private void removeViewer() {
        if (locked(() -> --viewers) == 0) {
            release();
        }
    }

    boolean hasOtherViewers() {
        return locked(() -> viewers > 1);
    }

    void release() {
        locked(() -> {
            if (!isReleased) {
                isReleased = true;
                Raw.sipc_release(struct.address);
                SPARE.add(struct);
            }
            return null;
        });
    }

    /** Of one that was not filled. */
    void giveBack() {
        isReleased = true;
        SPARE.add(struct);
    }

    Object decode() {
        return locked(() -> {
            check();
            return Decoder.decode(struct.bytes, Raw.MESSAGE_VALUE, this);
        });
    }

    int reply(long value, int flags, long error) {
        return locked(() -> {
            check();
            return Raw.sipc_reply(struct.address, value, flags, error);
        });
    }

    boolean isCancelled() {
        return locked(() -> !isReleased && Raw.sipc_cancelled(struct.address) == Raw.CANCELLED);
    }

    void check() {
        if (isReleased) {
            throw SipcException.of(Raw.CLOSED, 0, "the message has been released");
        }
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
