package io.github.simpleipc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * What the collector finds of a handle's and gives back. It does not know the handle, which would
 * never be collected. The collector has a thread of its own, and so each may find the other inside
 * the handle: then the collector's part is done later, and the program's is tried again. A wait
 * pauses for it, since what is given back may be what it waits for.
 */
final class Leftovers {
    private final long raw;
    private final Queue<IntSupplier> later = new ConcurrentLinkedQueue<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    Leftovers(long raw) {
        this.raw = raw;
    }

    /** Does something in the handle, now or later; it says the status. */
    void run(IntSupplier action) {
        if (!isDone(action)) {
            Raw.sipc_interrupt(raw);
        }
    }

    private boolean isDone(IntSupplier action) {
        begun.incrementAndGet();
        int status = Raw.BUSY;
        try {
            status = action.getAsInt();
        } finally {
            ended.incrementAndGet();
        }
        if (status == Raw.BUSY) {
            later.add(action);
        }
        return status != Raw.BUSY;
    }

    /** Does what could not be done, as far as it can be now. */
    void tidyUp() {
        for (int left = later.size(); left > 0; left--) {
            IntSupplier action = later.poll();
            if (action != null) {
                isDone(action);
            }
        }
    }

    int ended() {
        return ended.get();
    }

    int begun() {
        return begun.get();
    }
}
