package io.github.simpleipc;

import java.util.Objects;

/** Takes the messages of a topic. Options: lossless, latest, tap, history. */
public final class Subscriber extends Source<Message> {
    public Subscriber(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_SUBSCRIBE, options);
    }

    public Subscriber(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }
}
