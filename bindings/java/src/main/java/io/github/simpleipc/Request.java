package io.github.simpleipc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A call that was taken and is to be answered, by any thread; if it is closed unanswered, that is
 * an error for its client.
 */
public final class Request implements AutoCloseable {
    private final Message message;
    private final String method;
    private final Object args;

    Request(Message message) {
        this.message = message;
        List<?> call = message.value(List.class);
        method = (String) call.get(0);
        args = call.get(1);
    }

    public String method() {
        return method;
    }

    /** The arguments: a list, a map of names, one value, or null for none. */
    public Object args() {
        return args;
    }

    /** The arguments as a list, whatever names they have. */
    public List<Object> list() {
        if (args instanceof List<?> all) {
            return new ArrayList<>(all);
        } else if (args instanceof Map<?, ?> named) {
            return new ArrayList<>(named.values());
        }
        return args == null ? List.of() : List.of(args);
    }

    /** An argument; what is missing or no such type is a ServiceException: BAD_ARGUMENTS. */
    public <T> T arg(int index, Class<T> type) {
        List<Object> all = list();
        if (index >= all.size() || !type.isInstance(all.get(index))) {
            throw new ServiceException(ServiceException.BAD_ARGUMENTS,
                    method + ": argument " + (index + 1) + " is to be a " + type.getSimpleName());
        }
        return type.cast(all.get(index));
    }

    /** Answers with the result. */
    public void reply(Object value) {
        answer(value, 0);
    }

    /** One reply of a stream, before the result; a Retry: CANCELLED if nobody waits. */
    public void push(Object value) {
        answer(value, Raw.REPLY_MORE);
    }

    /** Answers with an error of this program. */
    public void fail(long code, String text, Object data) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("code", code);
        error.put("message", text);
        error.put("data", data);
        answer(error, Raw.REPLY_ERROR);
    }

    /** Nobody waits for the answer any more; to be asked in long work. */
    public boolean isCancelled() {
        return message.hold().isCancelled();
    }

    public boolean isOneWay() {
        return message.isOneWay();
    }

    /** Lets go of it; more than once does no harm. */
    @Override
    public void close() {
        message.close();
    }

    private void answer(Object value, int flags) {
        try (Arena arena = Arena.open()) {
            long given = Encoder.encode(arena, value);
            arena.check(message.hold().reply(given, flags, arena.error()));
        }
    }
}
