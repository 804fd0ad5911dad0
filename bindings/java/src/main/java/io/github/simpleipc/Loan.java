package io.github.simpleipc;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Memory of a channel, to be filled through {@link #data} and then {@link #put}. Closed without
 * that, or when nobody can reach it or its data any more, it goes back. For one thread, as its
 * handle.
 */
public final class Loan implements AutoCloseable {
    private final Producer producer;
    private final ByteBuffer struct;
    private final Cleaner.Cleanable returner;
    private final State state;
    private final ByteBuffer data;

    /** What the collector's part has to know. It keeps the handle, whose end takes loans back. */
    private static final class State {
        private final Producer producer;
        private final long address;
        private volatile boolean isOut = true;
        /** While it is put: what it ends with shows whether it is still out. */
        private volatile boolean isLeaving;

        State(Producer producer, long address) {
            this.producer = producer;
            this.address = address;
        }

        int giveBack() {
            if (!isOut) {
                return Raw.OK;
            }
            if (isLeaving) {
                return Raw.BUSY;
            }
            int status = Raw.sipc_unloan(producer.raw, address);
            isOut = status == Raw.BUSY;
            return status;
        }
    }

    Loan(Producer producer, Dtype dtype, long[] shape, String format, int bytes)
            throws InterruptedException {
        this.producer = producer;
        ByteBuffer label = Library.utf8(Objects.requireNonNull(format, "format"));
        struct = Library.memory(Raw.VALUE_BYTES + label.remaining());
        long place = Library.address(struct);
        if (dtype == null) {
            if (bytes < 0) {
                throw new IllegalArgumentException("a loan of " + bytes + " bytes");
            }
            Encoder.head(struct, 0, Raw.KIND_BYTES);
            struct.putLong(Raw.VALUE_LEN, bytes);
        } else {
            Math.toIntExact(Tensor.bytes(dtype, shape)); // as much as a buffer holds
            int labelBytes = label.remaining();
            struct.put(Raw.VALUE_BYTES, label, label.position(), labelBytes);
            Encoder.writeTensor(struct, 0, dtype, shape, place + Raw.VALUE_BYTES, labelBytes);
        }
        producer.tidyUp();
        try (Arena arena = Arena.open()) {
            arena.check(Handle.patiently(Library.nanoseconds(producer.timeout),
                    ns -> Raw.sipc_loan(producer.raw, place, ns, arena.error()), producer));
        }
        state = new State(producer, struct.getLong(Raw.VALUE_DATA));
        data = Library.view(state.address, struct.getLong(Raw.VALUE_LEN));
        returner = producer.whenCollected(data, state::giveBack);
    }

    /**
     * The memory itself, in the machine's byte order. After {@link #put} this throws {@link
     * SipcException.Gone}, and what was taken before must not be used any more.
     */
    public ByteBuffer data() {
        check();
        return data.duplicate().order(data.order());
    }

    /** Puts it as it is now. If that fails, it is still lent. */
    public void put() throws InterruptedException {
        put(0);
    }

    /** The same, with the time when the content was captured. */
    public void put(long captureTimeNs) throws InterruptedException {
        check();
        struct.putLong(Raw.VALUE_CAPTURE_TIME_NS, captureTimeNs);
        long place = Library.address(struct);
        state.isLeaving = true;
        try (Arena arena = Arena.open()) {
            arena.check(Handle.patiently(Library.nanoseconds(producer.timeout),
                    ns -> Raw.sipc_put(producer.raw, place, ns, arena.error()), producer));
            state.isOut = false;
        } finally {
            state.isLeaving = false;
        }
        returner.clean();
    }

    /** Gives it back unless it was put; more than once does no harm. */
    @Override
    public void close() {
        returner.clean();
    }

    private void check() {
        if (!state.isOut) {
            throw SipcException.of(Raw.CLOSED, 0, "the loan has been put or given back");
        }
    }
}
