package io.github.simpleipc;

import java.time.Duration;
import java.util.Objects;

/** Looks at a state: receive, and loops, take the newest value that has not been taken. */
public final class Watcher extends Source<Message> {
    public Watcher(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_WATCH, options);
    }

    public Watcher(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }

    /** The value as it is now; waits only if there is none yet. */
    public Message get() throws InterruptedException {
        return get(timeout);
    }

    /** The same; a time-out of 0 only tries, null waits for ever. */
    public Message get(Duration timeout) throws InterruptedException {
        return take(Raw::sipc_current, timeout);
    }
}
