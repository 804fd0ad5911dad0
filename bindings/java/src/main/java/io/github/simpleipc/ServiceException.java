package io.github.simpleipc;

/** What a server's program answers with to say no; a handler throws one to do so. */
public final class ServiceException extends SipcException.Misuse {
    private static final long serialVersionUID = 1;

    /** The codes that servers use by themselves. */
    public static final long NO_SUCH_METHOD = -32_601;

    public static final long BAD_ARGUMENTS = -32_602;
    public static final long BROKEN = -32_603;

    private final long code;
    private final transient Object data;

    public ServiceException(long code, String message, Object data) {
        super(Raw.FAILED, 0, message);
        this.code = code;
        this.data = data;
    }

    public ServiceException(long code, String message) {
        this(code, message, null);
    }

    public long code() {
        return code;
    }

    /** What the program adds, any value; null also in a copy that was serialized. */
    public Object data() {
        return data;
    }
}
