package io.github.simpleipc;

import java.time.Duration;

/** Puts messages on a topic. */
public final class Publisher extends Producer {
    public Publisher(String name, Options options) {
        super(name, Raw.ROLE_PUBLISH, options);
    }

    public Publisher(String name) {
        this(name, null);
    }

    /** Waits for room as long as {@link Options#timeout} says, then throws a Retry: FULL. */
    public void publish(Object value) throws InterruptedException {
        put(value, 0, timeout);
    }

    /** The same, with the time when the content was captured, and a time-out; null is for ever. */
    public void publish(Object value, long captureTimeNs, Duration timeout)
            throws InterruptedException {
        put(value, captureTimeNs, timeout);
    }
}
