package io.github.simpleipc;

/** What the library refuses. The class tells what to do; its message says it in words. */
public class SipcException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final int osCode;

    SipcException(int status, int osCode, String message) {
        super(message);
        this.status = status;
        this.osCode = osCode;
    }

    /** The number of the status: one of {@link Status}, or one of a later library. */
    public int status() {
        return status;
    }

    /** The operating system's error number, or 0. */
    public int osCode() {
        return osCode;
    }

    /** The class of a status is known by its number, also of one that is added later. */
    static SipcException of(int status, int osCode, String message) {
        if (status == Raw.TIMEOUT) {
            return new Timeout(status, osCode, message);
        } else if (status <= Raw.LAST_RETRY) {
            return new Retry(status, osCode, message);
        } else if (status <= Raw.LAST_GONE) {
            return new Gone(status, osCode, message);
        } else if (status <= Raw.LAST_MISUSE) {
            return new Misuse(status, osCode, message);
        } else if (status <= Raw.LAST_CORRUPT) {
            return new Corrupt(status, osCode, message);
        } else if (status <= Raw.LAST_SYSTEM) {
            return new System(status, osCode, message);
        }
        return new SipcException(status, osCode, message);
    }

    static SipcException of(int status) {
        return of(status, 0, Library.text(Raw.sipc_status_text(status)));
    }

    /** Throws what a status of a function without an error object says. */
    static void check(int status) {
        if (status != Raw.OK) {
            throw of(status);
        }
    }

    /** Nothing is wrong; the same call may succeed later. */
    public static class Retry extends SipcException {
        private static final long serialVersionUID = 1;

        Retry(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }

    /** Nothing arrived within the time given. */
    public static final class Timeout extends Retry {
        private static final long serialVersionUID = 1;

        Timeout(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }

    /** The handle, or the message, is of no use any more. */
    public static final class Gone extends SipcException {
        private static final long serialVersionUID = 1;

        Gone(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }

    /** The call cannot succeed as it stands; mend it. */
    public static class Misuse extends SipcException {
        private static final long serialVersionUID = 1;

        Misuse(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }

    /** The channel's file is damaged, or of another version. */
    public static final class Corrupt extends SipcException {
        private static final long serialVersionUID = 1;

        Corrupt(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }

    /** The operating system refused; osCode says why. */
    public static final class System extends SipcException {
        private static final long serialVersionUID = 1;

        System(int status, int osCode, String message) {
            super(status, osCode, message);
        }
    }
}
