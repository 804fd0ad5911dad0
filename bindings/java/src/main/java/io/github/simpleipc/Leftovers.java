package io.github.simpleipc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * What the collector finds of a handle's and gives back. It does not know the handle, which would
 * never be collected. The collector has a thread of its own, and so each may find the other inside
 * the handle: then the collector's part is done later, and the program's is tried again.
 */
final class Leftovers {
    private final Queue<IntSupplier> later = new ConcurrentLinkedQueue<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    /** Does something in the handle, now or later; it says the status. */
    void run(IntSupplier action) {
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
    }

    /** Does what could not be done, as far as it can be now. */
    void tidyUp() {
        for (int left = later.size(); left > 0; left--) {
            IntSupplier action = later.poll();
            if (action != null) {
                run(action);
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
