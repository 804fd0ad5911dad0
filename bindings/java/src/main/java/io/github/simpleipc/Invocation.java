package io.github.simpleipc;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/** A call of a method before it is made. */
public final class Invocation {
    /** How long a call waits for room. */
    private static final Duration ROOM = Duration.ofSeconds(5);

    private final Client client;
    private final String method;
    private Object args;
    private int flags;

    Invocation(Client client, String method) {
        this.client = client;
        this.method = Objects.requireNonNull(method, "method");
    }

    /** The arguments, in their order. */
    public Invocation args(Object... all) {
        args = all == null ? Arrays.asList((Object) null) : all.length == 0 ? null : all;
        return this;
    }

    /** Arguments that have all a name. */
    public Invocation named(Map<String, ?> all) {
        args = all;
        return this;
    }

    /** To do it twice is the same as to do it once: if its server dies another gets it. */
    public Invocation idempotent() {
        flags = Raw.CALL_IDEMPOTENT;
        return this;
    }

    /** Starts it; 64 calls of a client can be in flight. */
    public Call start() throws InterruptedException {
        return new Call(client, begin(flags));
    }

    /** Does not ask what becomes of it. */
    public void send() throws InterruptedException {
        begin(Raw.CALL_ONE_WAY);
    }

    /** The result; waits as long as the client's option says. */
    public Object call() throws InterruptedException {
        return call(client.timeout);
    }

    /** The result; without one within the time-out the call is cancelled. null waits for ever. */
    public Object call(Duration timeout) throws InterruptedException {
        try (Call call = start()) {
            return call.result(timeout);
        }
    }

    private long begin(int how) throws InterruptedException {
        client.tidyUp();
        byte[] name = Library.name(method);
        try (Arena arena = Arena.open()) {
            long given = Encoder.encode(arena, args);
            arena.check(Handle.patiently(Library.nanoseconds(ROOM),
                    ns -> Raw.sipc_call(
                            client.raw, name, given, how, ns, arena.number(), arena.error()),
                    client));
            return arena.readLong();
        }
    }
}
