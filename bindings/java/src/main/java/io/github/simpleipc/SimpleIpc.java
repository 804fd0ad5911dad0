package io.github.simpleipc;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The one-call functions, whose channels stay open in this process, and what needs no handle. All
 * may be used by any thread. A time-out of 0 only tries, null waits for ever.
 */
public final class SimpleIpc {
    private static final long SLICE_NS = 1_000_000_000;

    /** A function of the library that puts a value. */
    private interface Put {
        int put(byte[] name, long value, long error);
    }

    /** A function of the library that fills a message. */
    private interface Take {
        int take(byte[] name, long timeoutNs, long message, long error);
    }

    private SimpleIpc() {}

    /** Puts into a queue: one receiver gets it. Waits 5 seconds for room at most. */
    public static void send(String name, Object value) {
        put(Raw::sipc_send, name, value);
    }

    /** Puts on a topic: all subscribers get it. */
    public static void publish(String name, Object value) {
        put(Raw::sipc_publish, name, value);
    }

    /** Sets the value of a state, which stays. */
    public static void set(String name, Object value) {
        put(Raw::sipc_set, name, value);
    }

    /** Takes a message out of a queue. Throws {@link SipcException.Timeout}. */
    public static Message receive(String name, Duration timeout) throws InterruptedException {
        return take(Raw::sipc_receive, name, timeout);
    }

    /** The value of a state, as it is now; waits only if there is none yet. */
    public static Message get(String name, Duration timeout) throws InterruptedException {
        return take(Raw::sipc_get, name, timeout);
    }

    /** Says that something has happened. */
    public static void signal(String name) {
        put((given, value, error) -> Raw.sipc_notify(given, error), name, null);
    }

    /** Waits for notifications; how many there were since the last time. */
    public static long await(String name, Duration timeout) throws InterruptedException {
        byte[] given = given(name);
        try (Arena arena = Arena.open()) {
            arena.check(sliced(timeout,
                    ns -> Raw.sipc_await(given, ns, arena.number(), arena.error())));
            return arena.readLong();
        }
    }

    /** Waits until one of several handles has something to take, and answers that one. */
    public static Handle waitAny(Duration timeout, Handle... handles) throws InterruptedException {
        long[] all = new long[handles.length];
        for (int index = 0; index < all.length; index++) {
            all[index] = handles[index].raw;
        }
        try (Arena arena = Arena.open()) {
            arena.check(Handle.patiently(Library.nanoseconds(timeout),
                    ns -> Raw.sipc_wait(all, all.length, ns, arena.number(), arena.error()),
                    handles));
            return handles[arena.readInt()];
        }
    }

    /** Who has a channel open now: maps with pid, program, language, role, since_ns and id. */
    public static List<?> peers(String name, Options options) {
        byte[] given = given(name);
        Hold hold = Hold.open();
        try (Arena arena = Arena.open()) {
            long how = (options == null ? new Options() : options).encode(arena);
            int status = Raw.sipc_peers(given, how, hold.address(), arena.error());
            try (Message message = Message.of(hold, status, arena)) {
                return message.value(List.class);
            }
        }
    }

    /** The same, where channels are by default. */
    public static List<?> peers(String name) {
        return peers(name, null);
    }

    /** Says what this program is called, to those who look for peers. */
    public static void identify(String program) {
        byte[] language = "java\0".getBytes(StandardCharsets.US_ASCII);
        byte[] given = given(program);
        try (Arena arena = Arena.open()) {
            arena.check(Raw.sipc_identify(given, language, arena.error()));
        }
    }

    /** Describes a channel, or with null all of a directory, as JSON; changes nothing. */
    public static String audit(String name, Path directory) {
        byte[] given = Library.name(name);
        byte[] place = directory == null ? null : Library.name(directory.toString());
        byte[] text = new byte[0];
        try (Arena arena = Arena.open()) {
            while (true) {
                arena.check(Raw.sipc_audit(
                        given, place, text, text.length, arena.number(), arena.error()));
                int needed = Math.toIntExact(arena.readLong());
                if (needed <= text.length) {
                    return new String(text, 0, needed - 1, StandardCharsets.UTF_8);
                }
                text = new byte[needed];
            }
        }
    }

    /**
     * Removes what nobody uses; queues of which nobody has a handle only if their newest message is
     * older than the age. How many channels.
     */
    public static long clean(Path directory, Duration ageMax) {
        byte[] place = directory == null ? null : Library.name(directory.toString());
        long age = Library.nanoseconds(Objects.requireNonNull(ageMax, "ageMax"));
        try (Arena arena = Arena.open()) {
            arena.check(Raw.sipc_clean(place, age, arena.number(), arena.error()));
            return arena.readLong();
        }
    }

    /** The clock of all times: nanoseconds of CLOCK_MONOTONIC. */
    public static long nowNs() {
        return Raw.sipc_now_ns();
    }

    /** The version of the library. */
    public static String version() {
        return Library.text(Raw.sipc_version());
    }

    private static byte[] given(String name) {
        return Library.name(Objects.requireNonNull(name, "name"));
    }

    private static void put(Put function, String name, Object value) {
        byte[] given = given(name);
        try (Arena arena = Arena.open()) {
            long encoded = Encoder.encode(arena, value);
            int status = Raw.INTERRUPTED;
            while (status == Raw.INTERRUPTED) { // by a signal, which Java has no use for
                status = function.put(given, encoded, arena.error());
            }
            arena.check(status);
        }
    }

    private static Message take(Take function, String name, Duration timeout)
            throws InterruptedException {
        byte[] given = given(name);
        Hold hold = Hold.open();
        try (Arena arena = Arena.open()) {
            int status = sliced(timeout,
                    ns -> function.take(given, ns, hold.address(), arena.error()));
            return Message.of(hold, status, arena);
        }
    }

    /** Without a handle there is nothing to interrupt: it looks for that once a second. */
    private static int sliced(Duration timeout, Handle.Attempt attempt)
            throws InterruptedException {
        long all = Library.nanoseconds(timeout);
        long begin = System.nanoTime();
        while (true) {
            if (all != 0 && Thread.interrupted()) {
                throw new InterruptedException();
            }
            long left = Library.left(all, begin);
            boolean isLast = left >= 0 && left <= SLICE_NS;
            int status = attempt.attempt(isLast ? left : SLICE_NS);
            boolean isOver = status == Raw.TIMEOUT ? isLast : status != Raw.INTERRUPTED;
            if (isOver) {
                return status;
            }
        }
    }
}
