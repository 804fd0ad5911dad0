package io.github.simpleipc;

/** The numbers that {@link SipcException#status} is often compared with. */
public final class Status {
    public static final int TIMEOUT = Raw.TIMEOUT;
    public static final int FULL = Raw.FULL;
    public static final int INTERRUPTED = Raw.INTERRUPTED;
    public static final int BUSY = Raw.BUSY;
    public static final int CONFLICT = Raw.CONFLICT;
    public static final int CANCELLED = Raw.CANCELLED;
    public static final int CLOSED = Raw.CLOSED;
    public static final int SERVER_DIED = Raw.SERVER_DIED;
    public static final int BAD_NAME = Raw.BAD_NAME;
    public static final int WRONG_PATTERN = Raw.WRONG_PATTERN;
    public static final int TOO_LARGE = Raw.TOO_LARGE;
    public static final int BAD_VALUE = Raw.BAD_VALUE;
    public static final int BAD_ARGUMENT = Raw.BAD_ARGUMENT;
    public static final int FAILED = Raw.FAILED;
    public static final int NO_PERMISSION = Raw.NO_PERMISSION;
    public static final int NO_DIRECTORY = Raw.NO_DIRECTORY;

    private Status() {}
}
