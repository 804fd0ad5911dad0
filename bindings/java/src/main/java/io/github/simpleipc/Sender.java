package io.github.simpleipc;

import java.time.Duration;

/** Puts messages into a queue. */
public final class Sender extends Producer {
    public Sender(String name, Options options) {
        super(name, Raw.ROLE_SEND, options);
    }

    public Sender(String name) {
        this(name, null);
    }

    /** Waits for room as long as {@link Options#timeout} says, then throws a Retry: FULL. */
    public void send(Object value) throws InterruptedException {
        put(value, 0, timeout);
    }

    /** The same, with the time when the content was captured, and a time-out; null is for ever. */
    public void send(Object value, long captureTimeNs, Duration timeout)
            throws InterruptedException {
        put(value, captureTimeNs, timeout);
    }
}
