package io.github.simpleipc;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Starts programs as plugins; plugin {@code p} of the host {@code h} serves {@code h.p}. What is
 * received are events: maps with event, plugin, pid and more.
 */
public final class Host extends Source<Message> {
    private static final double NANOSECONDS = 1e9;

    /**
     * A program to start. It is started again up to {@code restarts} times {@code within} a time,
     * and killed when it takes no call for {@code hangAfter}; null is what the library thinks.
     */
    public record Plugin(String name, String program, List<String> args, Integer restarts,
            Duration within, Duration hangAfter) {
        public Plugin(String name, String program, String... args) {
            this(name, program, List.of(args), null, null, null);
        }

        public Plugin restarts(int restarts, Duration within) {
            return new Plugin(name, program, args, restarts, within, hangAfter);
        }

        public Plugin hangAfter(Duration hangAfter) {
            return new Plugin(name, program, args, restarts, within, hangAfter);
        }
    }

    private final String name;

    public Host(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_HOST, options);
        this.name = name;
    }

    public Host(String name) {
        this(name, null);
    }

    @Override
    Message wrap(Message message) {
        return message;
    }

    public void start(Plugin plugin) {
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("name", plugin.name());
        order.put("program", plugin.program());
        order.put("args", plugin.args());
        if (plugin.restarts() != null) {
            order.put("restarts", plugin.restarts());
        }
        if (plugin.within() != null) {
            order.put("seconds", plugin.within().toNanos() / NANOSECONDS);
        }
        if (plugin.hangAfter() != null) {
            order.put("hang_after", plugin.hangAfter().toNanos() / NANOSECONDS);
        }
        order(order);
    }

    public void stop(String plugin) {
        order(Map.of("name", plugin, "stop", true));
    }

    /** A client of a plugin. */
    public Client client(String plugin, Options options) {
        return new Client(name + "." + plugin, options);
    }

    private void order(Map<String, ?> order) {
        try (Arena arena = Arena.open()) {
            arena.check(Raw.sipc_plugin(raw, Encoder.encode(arena, order), arena.error()));
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
