package io.github.simpleipc;

import java.time.Duration;

/** Says that something has happened. */
public final class Notifier extends Producer {
    public Notifier(String name, Options options) {
        super(name, Raw.ROLE_NOTIFY, options);
    }

    public Notifier(String name) {
        this(name, null);
    }

    /** Notifies everybody who waits, and waits for none of them. */
    public void signal() {
        try {
            put(null, 0, Duration.ZERO);
        } catch (InterruptedException never) {
            throw new AssertionError(never); // a time-out of 0 waits for nothing
        }
    }
}
