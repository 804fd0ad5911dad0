package io.github.simpleipc;

import java.lang.ref.Cleaner;
import java.time.Duration;

/**
 * A message that was taken. In a queue it counts as done when it is closed, by a loop, by {@link
 * #close} or by the garbage collector; that of a program that dies first comes again.
 */
public final class Message implements AutoCloseable {
    private final Hold hold;
    private final Cleaner.Cleanable viewer;
    private final int flags;
    private final long sequence;
    private final long sender;
    private final long missed;
    private final long captureTimeNs;
    private final long publishTimeNs;
    private final long receiveTimeNs;
    private Object value;
    private boolean isDecoded;

    /** What a call has filled; throws what its status says otherwise. */
    static Message of(Hold hold, int status, Arena arena) {
        if (status != Raw.OK) {
            hold.giveBack();
            arena.check(status);
        }
        return new Message(hold);
    }

    Message(Hold hold) {
        this.hold = hold;
        viewer = hold.addViewer(this);
        flags = hold.getInt(Raw.MESSAGE_FLAGS);
        sequence = hold.getLong(Raw.MESSAGE_SEQUENCE);
        sender = hold.getLong(Raw.MESSAGE_SENDER);
        missed = hold.getLong(Raw.MESSAGE_MISSED);
        captureTimeNs = hold.getLong(Raw.MESSAGE_VALUE + Raw.VALUE_CAPTURE_TIME_NS);
        publishTimeNs = hold.getLong(Raw.MESSAGE_PUBLISH_TIME_NS);
        receiveTimeNs = hold.getLong(Raw.MESSAGE_RECEIVE_TIME_NS);
    }

    /**
     * The value, which is copied, but for tensors, when it is asked for the first time. Throws
     * {@link SipcException.Gone} if the message has been closed before.
     */
    public Object value() {
        if (!isDecoded) {
            value = hold.decode();
            isDecoded = true;
        }
        return value;
    }

    /** The value as what it is to be; throws ClassCastException if it is something else. */
    public <T> T value(Class<T> type) {
        return type.cast(value());
    }

    /** Grows by one with each message of one sender. */
    public long sequence() {
        return sequence;
    }

    /** Tells the sending handle from all others of this channel. */
    public long sender() {
        return sender;
    }

    /** Of a topic: how many this subscriber has lost since the message before. */
    public long missed() {
        return missed;
    }

    /** An earlier receiver died with it. */
    public boolean isRedelivered() {
        return (flags & Raw.MESSAGE_REDELIVERED) != 0;
    }

    /** Of a reply: others follow. */
    public boolean hasMore() {
        return (flags & Raw.MESSAGE_MORE) != 0;
    }

    /** Of a request: nobody waits for a reply. */
    public boolean isOneWay() {
        return (flags & Raw.MESSAGE_ONE_WAY) != 0;
    }

    /** When the content was captured, or 0; as all times nanoseconds of CLOCK_MONOTONIC. */
    public long captureTimeNs() {
        return captureTimeNs;
    }

    /** When it was put, or 0 if its sender does not stamp. */
    public long publishTimeNs() {
        return publishTimeNs;
    }

    public long receiveTimeNs() {
        return receiveTimeNs;
    }

    /** From putting to taking, or null if its sender does not stamp. */
    public Duration age() {
        return publishTimeNs == 0 ? null : Duration.ofNanos(receiveTimeNs - publishTimeNs);
    }

    Hold hold() {
        return hold;
    }

    /** Lets go of it; more than once does no harm. */
    @Override
    public void close() {
        hold.release();
        viewer.clean();
    }

    /** What the value has of tensors keeps what it needs. */
    void closeUnlessViewed() {
        if (!hold.hasOtherViewers()) {
            close();
        }
    }

    @Override
    public String toString() {
        return "Message[" + sequence + " of " + sender + "]";
    }
}
