package io.github.simpleipc;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * What all handles have. It is closed by {@link #close} or by the garbage collector. A handle is
 * for one thread at a time: a second one gets a Retry whose status is BUSY. Waits end by
 * Thread.interrupt, with InterruptedException.
 */
public abstract class Handle implements AutoCloseable {
    /** Something that may take long, with so many nanoseconds to wait. */
    interface Attempt {
        int attempt(long timeoutNs);
    }

    final long raw;
    final Duration timeout;
    private final Wakeup wakeup;
    private final Cleaner.Cleanable closer;
    private final Leftovers leftovers;
    private volatile boolean isInterrupted;

    Handle(String name, int role, Options options) {
        try (Arena arena = Arena.open()) {
            Options given = options == null ? new Options() : options;
            byte[] named = Library.name(name);
            arena.check(Raw.sipc_open(
                    named, role, given.encode(arena), arena.number(), arena.error()));
            raw = arena.readLong();
            timeout = given.timeout();
        }
        leftovers = new Leftovers(raw);
        wakeup = new Wakeup(raw);
        closer = Library.CLEANER.register(this, closing(raw));
    }

    /** Knows the number but not the handle, which would never be collected. */
    private static Runnable closing(long raw) {
        return () -> Raw.sipc_close(raw);
    }

    /** Messages that were taken stay good. A wait of another thread in this handle ends. */
    @Override
    public void close() {
        closer.clean();
    }

    /**
     * Ends the wait that goes on in this handle, or else the next one: a Retry whose status is
     * INTERRUPTED. For other threads.
     */
    public void interrupt() {
        isInterrupted = true;
        SipcException.check(Raw.sipc_interrupt(raw));
        Reference.reachabilityFence(this);
    }

    /**
     * A descriptor of what takes and of clients, for native event loops: readable as long as there
     * may be something to take, with a time-out of 0 until Timeout. It is not to be read or closed.
     */
    public int fd() {
        try (Arena arena = Arena.open()) {
            arena.check(beside(() -> Raw.sipc_fd(raw, arena.number(), arena.error()), this));
            return arena.readInt();
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Whether a wait ended for {@link #interrupt}; said once. */
    final boolean takeInterrupt() {
        boolean was = isInterrupted;
        isInterrupted = false;
        return was;
    }

    /** Tries until the status is final. */
    static int patiently(long timeoutNs, Attempt attempt, Handle... handles)
            throws InterruptedException {
        long begin = System.nanoTime();
        boolean isWaiting = timeoutNs != 0 && handles.length > 0;
        if (isWaiting) {
            handles[0].wakeup.enter();
        }
        try {
            while (true) {
                int status =
                        beside(() -> attempt.attempt(Library.left(timeoutNs, begin)), handles);
                for (Handle handle : handles) {
                    handle.tidyUp();
                }
                if (status != Raw.INTERRUPTED) {
                    return status;
                }
                if (isWaiting && Thread.interrupted()) {
                    throw new InterruptedException();
                }
                for (Handle handle : handles) {
                    if (handle.takeInterrupt()) {
                        return status;
                    }
                }
            }
        } finally {
            if (isWaiting) {
                handles[0].wakeup.leave();
            }
            Reference.reachabilityFence(handles);
        }
    }

    /** Tries again as long as it was the collector that made a handle busy. */
    static int beside(IntSupplier attempt, Handle... handles) {
        while (true) {
            int ended = 0;
            for (Handle handle : handles) {
                ended += handle.leftovers.ended();
            }
            int status = attempt.getAsInt();
            int begun = 0;
            for (Handle handle : handles) {
                begun += handle.leftovers.begun();
            }
            if (status != Raw.BUSY || begun == ended) {
                return status;
            }
            Thread.onSpinWait();
        }
    }

    /** What to do in this handle when the collector finds something of it. */
    final Cleaner.Cleanable whenCollected(Object one, IntSupplier action) {
        Leftovers all = leftovers;
        return Library.CLEANER.register(one, () -> all.run(action));
    }

    final void tidyUp() {
        leftovers.tidyUp();
    }
}
