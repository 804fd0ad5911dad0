package io.github.simpleipc;

import java.time.Duration;
import java.util.Objects;

/** Waits for notifications; none is missed from its opening on. Option: signal. */
public final class Waiter extends Source<Message> {
    public Waiter(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_WAIT, options);
    }

    public Waiter(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }

    /** How many notifications there were since the last time. */
    public long await() throws InterruptedException {
        return await(timeout);
    }

    /** The same; a time-out of 0 only tries, null waits for ever. */
    public long await(Duration timeout) throws InterruptedException {
        try (Message message = receive(timeout)) {
            return message.value(Uint.class).bits();
        }
    }
}
