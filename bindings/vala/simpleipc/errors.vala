// What fails, and the first look at the library.

namespace SimpleIpc {
    /**
     * What a server's program answers with to say no; a handler throws one, with a code of its own
     * if it likes.
     */
    public errordomain ServiceError {
        NO_SUCH_METHOD = -32601,
        BAD_ARGUMENTS = -32602,
        BROKEN = -32603
    }

    private Private os_codes;
    private size_t identified;

    /** The operating system's number of the last error that this thread was thrown, or 0. */
    public int os_code () {
        return identified == 0 ? 0 : (int) (long) os_codes.get ();
    }

    /** Goes before any other call: no other library than one that this program was compiled for. */
    internal void load () throws CorruptError {
        uint32 theirs = Raw.abi_version ();
        if (theirs != Raw.ABI_VERSION) {
            throw new CorruptError.VERSION ("libsimpleipc speaks ABI %u, this program %u",
                                            theirs, Raw.ABI_VERSION);
        }
        if (Once.init_enter (&identified)) {
            os_codes = new Private ();
            Raw.Error details = error_space ();
            Raw.identify (null, (char*) "vala", ref details);
            Once.init_leave (&identified, 1);
        }
    }

    internal Raw.Error error_space () {
        Raw.Error details = {};
        details.size = (uint32) sizeof (Raw.Error);
        return details;
    }

    /** The class of a status is known by its number, also of one of later. */
    internal GLib.Error failure (int32 status, string message) {
        GLib.Error error;
        if (status <= Raw.LAST_RETRY) {
            error = new RetryError.TIMEOUT ("%s", message);
        } else if (status <= Raw.LAST_GONE) {
            error = new GoneError.CLOSED ("%s", message);
        } else if (status <= Raw.LAST_MISUSE) {
            error = new MisuseError.BAD_ARGUMENT ("%s", message);
        } else if (status <= Raw.LAST_CORRUPT) {
            error = new CorruptError.CORRUPT ("%s", message);
        } else {
            error = new SystemError.SYSTEM ("%s", message);
        }
        error.code = status;
        return error;
    }

    internal void check (int32 status, ref Raw.Error details) throws GLib.Error {
        if (status != Raw.OK) {
            os_codes.replace ((void*) (long) details.os_code);
            throw failure (status, (string) details.message);
        }
    }

    /** Of calls that give no details. */
    internal void check_status (int32 status) throws GLib.Error {
        if (status != Raw.OK) {
            os_codes.replace (null);
            throw failure (status, Raw.status_text (status));
        }
    }
}
