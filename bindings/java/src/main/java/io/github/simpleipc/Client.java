package io.github.simpleipc;

import java.util.List;
import java.util.Objects;

/** Calls the methods of a service. */
public final class Client extends Handle {
    public Client(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_CALL, options);
    }

    public Client(String name) {
        this(name, null);
    }

    /** A call that is to be made: {@code client.method("add").args(1, 2).idempotent().start()}. */
    public Invocation method(String method) {
        return new Invocation(this, method);
    }

    /**
     * The result of a method. What the server's program refuses is a {@link ServiceException};
     * without a result within {@link Options#timeout} the call is cancelled.
     */
    public Object call(String method, Object... args) throws InterruptedException {
        return method(method).args(args).call();
    }

    /** Calls a method, and does not ask what becomes of it. */
    public void send(String method, Object... args) throws InterruptedException {
        method(method).args(args).send();
    }

    /** What the service offers: maps with name, args, returns, idempotent and about. */
    public List<?> offers() throws InterruptedException {
        return (List<?>) call(".methods");
    }
}
