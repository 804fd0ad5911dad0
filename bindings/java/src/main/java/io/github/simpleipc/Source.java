package io.github.simpleipc;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What takes. A loop ends when nothing comes within {@link Options#timeout}. */
public abstract class Source<T extends AutoCloseable> extends Handle implements Iterable<T> {
    /** A function of the library that fills a message. */
    interface Take {
        int take(long raw, long timeoutNs, long message, long error);
    }

    /** Of the loop that goes on, or was left. */
    private volatile T current;

    Source(String name, int role, Options options) {
        super(name, role, options);
    }

    /** Of a message what this handle gives. */
    abstract T wrap(Message message);

    /** The next one. Throws {@link SipcException.Timeout} as {@link Options#timeout} says. */
    public T receive() throws InterruptedException {
        return receive(timeout);
    }

    /** The next one; a time-out of 0 only tries, null waits for ever. */
    public T receive(Duration timeout) throws InterruptedException {
        return wrap(take(Raw::sipc_take, timeout));
    }

    final Message take(Take function, Duration timeout) throws InterruptedException {
        leaveCurrent();
        return take(function, Library.nanoseconds(timeout), this);
    }

    static Message take(Take function, long timeoutNs, Handle handle) throws InterruptedException {
        try (Arena arena = Arena.open()) {
            Hold hold = Hold.open();
            int status = patiently(timeoutNs,
                    ns -> function.take(handle.raw, ns, hold.address(), arena.error()), handle);
            return Message.of(hold, status, arena);
        }
    }

    /**
     * Takes until none comes within the time-out, or the handle is closed. Each is closed when the
     * next one is asked for. If the thread is interrupted it stays so, and the loop ends by a Retry
     * whose status is INTERRUPTED.
     */
    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            private T next;

            @Override
            public boolean hasNext() {
                if (next != null) {
                    return true;
                }
                try {
                    next = receive();
                    current = next;
                } catch (SipcException.Timeout end) {
                    return false;
                } catch (SipcException.Gone end) {
                    if (end.status() != Raw.CLOSED) {
                        throw end;
                    }
                    return false;
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw SipcException.of(Raw.INTERRUPTED);
                }
                return true;
            }

            @Override
            public T next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                T one = next;
                next = null;
                return one;
            }
        };
    }

    /** The same, one by one: what is done with each has to be done before the next. */
    public Stream<T> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    @Override
    public void close() {
        leaveCurrent();
        super.close();
    }

    private void leaveCurrent() {
        T one = current;
        current = null;
        if (one instanceof Message message) {
            message.close();
        } else if (one instanceof Request request) {
            request.close();
        }
    }
}
