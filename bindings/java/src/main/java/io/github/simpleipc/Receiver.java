package io.github.simpleipc;

import java.util.Objects;

/** Takes messages out of a queue. */
public final class Receiver extends Source<Message> {
    public Receiver(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_RECEIVE, options);
    }

    public Receiver(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }
}
