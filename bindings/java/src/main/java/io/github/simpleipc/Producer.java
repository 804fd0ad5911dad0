package io.github.simpleipc;

import java.time.Duration;
import java.util.Objects;

/** What puts. */
public abstract class Producer extends Handle {
    Producer(String name, int role, Options options) {
        super(Objects.requireNonNull(name, "name"), role, options);
    }

    /**
     * Memory of the channel for a tensor, to be filled in place: nothing is copied. 16 loans of a
     * handle at most are out at once.
     */
    public Loan loan(Dtype dtype, long[] shape, String format) throws InterruptedException {
        return new Loan(this, dtype, shape, format, 0);
    }

    /** The same for bytes. */
    public Loan loan(int bytes) throws InterruptedException {
        return new Loan(this, null, null, "", bytes);
    }

    final void put(Object value, long captureTimeNs, Duration timeout) throws InterruptedException {
        try (Arena arena = Arena.open()) {
            long given = Encoder.encode(arena, value, captureTimeNs);
            arena.check(patiently(Library.nanoseconds(timeout),
                    ns -> Raw.sipc_put(raw, given, ns, arena.error()), this));
        }
    }
}
