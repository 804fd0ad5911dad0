package io.github.simpleipc;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/** A call in flight. Closed, or let go of, before its result, it is cancelled. */
public final class Call implements AutoCloseable {
    private final Client client;
    private final long number;
    private final Cleaner.Cleanable canceller;

    Call(Client client, long number) {
        this.client = client;
        this.number = number;
        long raw = client.raw;
        canceller = client.whenCollected(this, () -> Raw.sipc_cancel(raw, number));
    }

    /** The result; waits as long as the client's option says. */
    public Object result() throws InterruptedException {
        return result(client.timeout);
    }

    /** The result, after all replies of a stream, which are thrown away. null waits for ever. */
    public Object result(Duration timeout) throws InterruptedException {
        return forEach(timeout, value -> {});
    }

    /** Gives the values of a stream to the consumer, and then returns the result. */
    public Object forEach(Duration timeout, Consumer<Object> consumer) throws InterruptedException {
        long all = Library.nanoseconds(timeout);
        long begin = System.nanoTime();
        while (true) {
            Message message = reply(Library.left(all, begin));
            Object value = message.value();
            message.closeUnlessViewed();
            if (!message.hasMore()) {
                return value;
            }
            consumer.accept(value);
        }
    }

    /**
     * The next reply; if it says {@link Message#hasMore} it is one of a stream, else the result.
     * After {@link SipcException.Timeout} one may ask again.
     */
    public Message reply(Duration timeout) throws InterruptedException {
        return reply(Library.nanoseconds(timeout));
    }

    private Message reply(long timeoutNs) throws InterruptedException {
        Hold hold = Hold.open();
        try (Arena arena = Arena.open()) {
            int status = Handle.patiently(timeoutNs,
                    ns -> Raw.sipc_result(client.raw, number, ns, hold.address(), arena.error()),
                    client);
            if (status != Raw.FAILED) {
                return Message.of(hold, status, arena);
            }
        }
        Message message = new Message(hold);
        Map<?, ?> error = message.value(Map.class);
        message.closeUnlessViewed();
        throw new ServiceException((Long) error.get("code"), (String) error.get("message"),
                error.get("data"));
    }

    /** A server that works on it sees that nobody waits. */
    public void cancel() {
        SipcException.check(Handle.beside(() -> Raw.sipc_cancel(client.raw, number), client));
        Reference.reachabilityFence(client);
    }

    @Override
    public void close() {
        canceller.clean();
    }
}
