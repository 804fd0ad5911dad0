package io.github.simpleipc;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Answers the calls of a service; each goes to one of its servers. Give it methods and {@link
 * #serve}, or loop over it and answer the requests.
 */
public final class Server extends Source<Request> {
    /** Answers a request with its result, or by an exception, which its client gets. */
    public interface Handler {
        Object handle(Request request) throws Exception;
    }

    /** What callers are told of a method: names of its arguments, and what it does. */
    public record Offer(String name, List<String> args, boolean idempotent, String about) {}

    private final Map<String, Handler> handlers = new HashMap<>();
    private final List<Object> offers = new ArrayList<>();

    public Server(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_SERVE, options);
    }

    public Server(String name) {
        this(name, null);
    }

    private Server() {
        super(null, Raw.ROLE_SERVE, null);
    }

    /** The service that this program is as a plugin of a host. */
    public static Server plugin() {
        return new Server();
    }

    /** Makes a handler a method of the service. */
    public Server on(String name, Handler handler) {
        return on(new Offer(name, List.of(), false, ""), handler);
    }

    /** The same; an idempotent call is done again by another server when this one dies. */
    public Server on(Offer offer, Handler handler) {
        Objects.requireNonNull(handler, "handler");
        List<Object> args = new ArrayList<>();
        offer.args().forEach(arg -> args.add(List.of(arg, "any")));
        List<Object> all = new ArrayList<>(offers);
        all.add(Map.of("name", offer.name(), "args", args, "idempotent", offer.idempotent(),
                "about", offer.about()));
        try (Arena arena = Arena.open()) {
            arena.check(Raw.sipc_describe(raw, Encoder.encode(arena, all), arena.error()));
        } finally {
            Reference.reachabilityFence(this);
        }
        offers.add(all.get(all.size() - 1));
        handlers.put(offer.name(), handler);
        return this;
    }

    @Override
    Request wrap(Message message) {
        return new Request(message);
    }

    /**
     * Answers calls, one after the other in this thread, until the handle is closed or interrupted,
     * or none comes within {@link Options#timeout}.
     */
    public void serve() throws InterruptedException {
        while (true) {
            try (Request request = receive()) {
                answer(request);
            } catch (SipcException.Timeout end) {
                return;
            } catch (SipcException end) {
                if (end.status() == Raw.CLOSED || end.status() == Raw.INTERRUPTED) {
                    return;
                }
                throw end;
            }
        }
    }

    /** That its client is gone is no matter of the server's. */
    private void answer(Request request) {
        Handler handler = handlers.get(request.method());
        try {
            if (handler == null) {
                String text = "there is no method " + request.method();
                throw new ServiceException(ServiceException.NO_SUCH_METHOD, text);
            }
            request.reply(handler.handle(request));
        } catch (ServiceException refusal) {
            fail(request, refusal.code(), refusal.getMessage(), refusal.data());
        } catch (Exception | StackOverflowError | LinkageError | AssertionError broken) {
            if (broken instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            fail(request, ServiceException.BROKEN, broken.toString(), null);
        }
    }

    private static void fail(Request request, long code, String text, Object data) {
        try {
            request.fail(code, String.valueOf(text), data);
        } catch (SipcException.Retry | SipcException.Misuse answered) {
            return; // nobody waits, or the client has been told of it by the library
        } catch (IllegalArgumentException unsendable) {
            request.fail(ServiceException.BROKEN, "an error that cannot be sent", null);
        }
    }
}
