package io.github.simpleipc;

import java.util.Objects;

/**
 * Watches who has a channel open, of any pattern, without being on it. The values are maps with
 * event
 * (up, down), pid, program, language, role, since_ns and id.
 */
public final class PeerWatcher extends Source<Message> {
    public PeerWatcher(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_PEERS, options);
    }

    public PeerWatcher(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }
}
