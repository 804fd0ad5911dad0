package io.github.simpleipc;

import java.time.Duration;

/** Sets the value of a state, which stays when the setter has gone. */
public final class Setter extends Producer {
    public Setter(String name, Options options) {
        super(name, Raw.ROLE_SET, options);
    }

    public Setter(String name) {
        this(name, null);
    }

    /** Waits for room as long as {@link Options#timeout} says, then throws a Retry: FULL. */
    public void set(Object value) throws InterruptedException {
        put(value, 0, timeout);
    }

    /** The same, with the time when the content was captured, and a time-out; null is for ever. */
    public void set(Object value, long captureTimeNs, Duration timeout)
            throws InterruptedException {
        put(value, captureTimeNs, timeout);
    }

    /**
     * Compare and set: only if the value is still the one with that sequence. Whether it was set;
     * waits as {@link #set(Object)}.
     */
    public boolean setIf(Object value, long sequence) throws InterruptedException {
        try (Arena arena = Arena.open()) {
            long given = Encoder.encode(arena, value);
            int status = patiently(Library.nanoseconds(timeout),
                    ns -> Raw.sipc_put_if(raw, given, sequence, ns, arena.error()), this);
            if (status != Raw.CONFLICT) {
                arena.check(status);
            }
            return status == Raw.OK;
        }
    }

    /** Sets it only if there is no value yet. Whether it was set. */
    public boolean setFirst(Object value) throws InterruptedException {
        return setIf(value, -1); // UINT64_MAX
    }
}
