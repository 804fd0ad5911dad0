package io.github.simpleipc;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** How to open a channel: named as in sipc_options, each for the roles it says. */
public final class Options {
    private int flags;
    private int history;
    private int depth;
    private long poolBytesMax;
    private Path directory;
    private int signal;
    private int permits;
    private Duration timeout;

    /** Subscriber: the publisher waits for me. */
    public Options lossless() {
        return flag(Raw.OPTION_LOSSLESS);
    }

    /** Subscriber: each take skips to the newest message. */
    public Options latest() {
        return flag(Raw.OPTION_LATEST);
    }

    /** Producer: spend no clock read for each message. */
    public Options unstamped() {
        return flag(Raw.OPTION_UNSTAMPED);
    }

    /** Subscriber: only look on, without a place in the channel. */
    public Options tap() {
        return flag(Raw.OPTION_TAP);
    }

    /** Subscriber: begin with so many past messages; publisher: keep that many. */
    public Options history(int messages) {
        history = natural("history", messages);
        return this;
    }

    /** How many messages a producer may be ahead, a power of two. */
    public Options depth(int messages) {
        depth = natural("depth", messages);
        return this;
    }

    /** Most shared memory for larger messages. */
    public Options poolBytesMax(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("poolBytesMax is " + bytes);
        }
        poolBytesMax = bytes;
        return this;
    }

    /** Where the channel lives; null is the default. */
    public Options directory(Path directory) {
        this.directory = directory;
        return this;
    }

    /** Waiter: the number of a signal to raise in this process instead. */
    public Options signal(int number) {
        signal = natural("signal", number);
        return this;
    }

    /** Lock: how many may have it at once. */
    public Options permits(int number) {
        permits = natural("permits", number);
        return this;
    }

    /** The time-out of all waits that are given none; null waits for ever. It ends loops. */
    public Options timeout(Duration timeout) {
        Library.nanoseconds(timeout);
        this.timeout = timeout;
        return this;
    }

    Duration timeout() {
        return timeout;
    }

    /** The address of a struct, which is good until the arena is closed. */
    long encode(Arena arena) {
        Arena.Block block = arena.allocate(Raw.OPTIONS_BYTES);
        ByteBuffer to = block.buffer();
        int at = block.at();
        to.putInt(at + Raw.OPTIONS_SIZE, Raw.OPTIONS_BYTES);
        to.putInt(at + Raw.OPTIONS_FLAGS, flags);
        to.putInt(at + Raw.OPTIONS_HISTORY, history);
        to.putInt(at + Raw.OPTIONS_DEPTH, depth);
        to.putLong(at + Raw.OPTIONS_POOL_BYTES_MAX, poolBytesMax);
        to.putInt(at + Raw.OPTIONS_SIGNAL, signal);
        to.putInt(at + Raw.OPTIONS_PERMITS, permits);
        if (directory != null) {
            byte[] text = Library.name(directory.toString());
            to.putLong(at + Raw.OPTIONS_DIRECTORY, arena.lend(ByteBuffer.wrap(text)));
        }
        return block.address();
    }

    private Options flag(int bit) {
        flags |= bit;
        return this;
    }

    private static int natural(String name, int number) {
        if (number < 0) {
            throw new IllegalArgumentException(name + " is " + number);
        }
        return number;
    }
}
