package io.github.simpleipc;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Objects;

/** A lock of the machine, free at once when its owner dies; a semaphore with option permits. */
public final class Lock extends Handle {
    public Lock(String name, Options options) {
        super(Objects.requireNonNull(name, "name"), Raw.ROLE_LOCK, options);
    }

    public Lock(String name) {
        this(name, null);
    }

    /** What is to be closed to unlock. */
    public final class Held implements AutoCloseable {
        private final long abandonedPid;
        private boolean isDone;

        private Held(long abandonedPid) {
            this.abandonedPid = abandonedPid;
        }

        /**
         * The process that died with it, if the last owner did; else 0. What the lock protects may
         * be half done.
         */
        public long abandonedPid() {
            return abandonedPid;
        }

        /** Unlocks; the second time nothing. */
        @Override
        public void close() {
            if (!isDone) {
                isDone = true;
                unlock();
            }
        }
    }

    /** Waits as long as {@link Options#timeout} says, then throws {@link SipcException.Timeout}. */
    public Held lock() throws InterruptedException {
        return lock(timeout);
    }

    /** The same; a time-out of 0 only tries, null waits for ever. */
    public Held lock(Duration timeout) throws InterruptedException {
        try (Arena arena = Arena.open()) {
            arena.check(patiently(Library.nanoseconds(timeout),
                    ns -> Raw.sipc_lock(raw, ns, arena.number(), arena.error()), this));
            return new Held(arena.readLong());
        }
    }

    /** Whether it is free, and now this handle's. */
    public boolean tryLock() {
        try {
            lock(Duration.ZERO);
            return true;
        } catch (SipcException.Timeout taken) {
            return false;
        } catch (InterruptedException never) {
            throw new AssertionError(never); // a time-out of 0 waits for nothing
        }
    }

    /** Also from another thread than the one that locked. */
    public void unlock() {
        try (Arena arena = Arena.open()) {
            arena.check(Raw.sipc_unlock(raw, arena.error()));
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
