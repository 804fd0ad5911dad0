// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

package io.github.simpleipc;

/** The C surface: its constants, where the fields of its structs lie, and its functions. */
final class Raw {
    static final int ABI_VERSION = 1;

    // success (ok)
    static final int OK = 0;
    // nothing arrived within the time given (retry)
    static final int TIMEOUT = 1;
    // no room within the time given; nothing was sent (retry)
    static final int FULL = 2;
    // the wait was interrupted by a signal or by sipc_interrupt (retry)
    static final int INTERRUPTED = 3;
    // another thread is inside this handle; open one handle per thread (retry)
    static final int BUSY = 4;
    // somebody else was faster; nothing was set (retry)
    static final int CONFLICT = 5;
    // the call was cancelled (retry)
    static final int CANCELLED = 6;
    // the handle is closed (gone)
    static final int CLOSED = 10;
    // the handle belongs to the parent process; open a new one in the child (gone)
    static final int FORKED = 11;
    // the channel's file was removed by someone; close the handle and open it again (gone)
    static final int UNLINKED = 12;
    // this handle was taken for dead because its lock was closed under it; open it again (gone)
    static final int EVICTED = 13;
    // the server died while it worked on the call; what it had done by then is not known (gone)
    static final int SERVER_DIED = 14;
    // the channel name is not usable (misuse)
    static final int BAD_NAME = 20;
    // the verb does not fit the pattern of this channel (misuse)
    static final int WRONG_PATTERN = 21;
    // the handle was opened for the other direction (misuse)
    static final int WRONG_ROLE = 22;
    // the message is larger than the channel's limit (misuse)
    static final int TOO_LARGE = 23;
    // the value cannot be sent as it stands (misuse)
    static final int BAD_VALUE = 24;
    // an argument is missing or out of range (misuse)
    static final int BAD_ARGUMENT = 25;
    // the channel already has its maximum of producers (misuse)
    static final int TOO_MANY_PRODUCERS = 26;
    // the channel already has its maximum of open handles (misuse)
    static final int TOO_MANY_PEERS = 27;
    // the server answered with an error of its own (misuse)
    static final int FAILED = 28;
    // the channel's file is damaged (corrupt)
    static final int CORRUPT = 30;
    // the channel was made by a version or machine this library cannot share memory with (corrupt)
    static final int VERSION = 31;
    // shared memory is full (system)
    static final int NO_SPACE = 40;
    // not permitted (system)
    static final int NO_PERMISSION = 41;
    // the channel directory does not exist or is no directory (system)
    static final int NO_DIRECTORY = 42;
    // the operating system refused (system)
    static final int SYSTEM = 43;
    // a defect in SimpleIPC; please report it (system)
    static final int INTERNAL = 50;

    // The last number of each class.
    static final int LAST_OK = 0;
    static final int LAST_RETRY = 9;
    static final int LAST_GONE = 19;
    static final int LAST_MISUSE = 29;
    static final int LAST_CORRUPT = 39;
    static final int LAST_SYSTEM = 59;

    // What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
    // queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
    // put messages on a topic
    static final int ROLE_PUBLISH = 1;
    // take messages of a topic
    static final int ROLE_SUBSCRIBE = 2;
    // put messages into a queue
    static final int ROLE_SEND = 3;
    // take messages out of a queue
    static final int ROLE_RECEIVE = 4;
    // put values of a state; each replaces the one before
    static final int ROLE_SET = 5;
    // take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
    // value that holds now
    static final int ROLE_WATCH = 6;
    // put a value of kind NULL to say that something has happened
    static final int ROLE_NOTIFY = 7;
    // take a value of kind UINT: how many notifications there were since the last take, or since
    // the opening
    static final int ROLE_WAIT = 8;
    // sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
    static final int ROLE_LOCK = 9;
    // call the methods of a service
    static final int ROLE_CALL = 10;
    // take the calls of a service and answer them; with the name NULL, of the one that this process
    // is to be as a plugin
    static final int ROLE_SERVE = 11;
    // watch who has a channel open, of any pattern, without being on it; take who comes and goes,
    // maps with event (up, down), pid, program, language, role, since_ns and id
    static final int ROLE_PEERS = 12;
    // start programs of their own as plugins; take what happens to them, maps with event, plugin,
    // pid and more
    static final int ROLE_HOST = 13;

    // The kind of a value. An int sent is an int received, in every language.
    // no value
    static final int KIND_NULL = 0;
    // `i` is 0 or 1
    static final int KIND_BOOL = 1;
    // `i`: signed 64-bit
    static final int KIND_INT = 2;
    // `u`: unsigned 64-bit
    static final int KIND_UINT = 3;
    // `f`: IEEE 754 double, all bits kept
    static final int KIND_FLOAT = 4;
    // `data`, `len`: UTF-8, may hold NUL bytes, no terminator
    static final int KIND_STR = 5;
    // `data`, `len`
    static final int KIND_BYTES = 6;
    // `items`, `count`: count values
    static final int KIND_LIST = 7;
    // `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
    static final int KIND_MAP = 8;
    // `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
    static final int KIND_TENSOR = 9;
    // `data`, `len`, `label`: bytes with a content type, as application/json
    static final int KIND_OPAQUE = 10;

    // Element type of a tensor; elements are in the machine's byte order.
    // 1 byte, 0 or 1
    static final int DTYPE_BOOL = 1;
    // 1 byte
    static final int DTYPE_U8 = 2;
    // 1 byte
    static final int DTYPE_I8 = 3;
    // 2 bytes
    static final int DTYPE_U16 = 4;
    // 2 bytes
    static final int DTYPE_I16 = 5;
    // 4 bytes
    static final int DTYPE_U32 = 6;
    // 4 bytes
    static final int DTYPE_I32 = 7;
    // 8 bytes
    static final int DTYPE_U64 = 8;
    // 8 bytes
    static final int DTYPE_I64 = 9;
    // 2 bytes, IEEE half
    static final int DTYPE_F16 = 10;
    // 4 bytes
    static final int DTYPE_F32 = 11;
    // 8 bytes
    static final int DTYPE_F64 = 12;
    // 8 bytes, two F32
    static final int DTYPE_C64 = 13;
    // 16 bytes, two F64
    static final int DTYPE_C128 = 14;

    // Bits of sipc_options.flags.
    // subscriber: the publisher waits for me rather than overwrite what I have not taken
    static final int OPTION_LOSSLESS = 1;
    // subscriber: each take skips to the newest message; what it skips counts as missed
    static final int OPTION_LATEST = 2;
    // producer: do not spend a clock read per message; publish_time_ns is then 0
    static final int OPTION_UNSTAMPED = 4;
    // subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
    // files, holds up and damages nobody; it is lossy, gets copies, may be opened before the
    // channel is there, and looks by itself, when nothing happens every 2 ms
    static final int OPTION_TAP = 8;

    // Bits of sipc_message.flags.
    // queue: an earlier receiver died while holding this message
    static final int MESSAGE_REDELIVERED = 1;
    // request: nobody waits for a reply
    static final int MESSAGE_ONE_WAY = 2;
    // reply: more replies to this call follow
    static final int MESSAGE_MORE = 4;

    // Bits of the flags of sipc_call.
    // to do it twice is the same as to do it once: should its server die, another one gets the
    // call, or the next to come
    static final int CALL_IDEMPOTENT = 1;
    // do not ask what becomes of it. It is done at most once, also when this process has gone
    // meanwhile
    static final int CALL_ONE_WAY = 2;

    // Bits of the flags of sipc_reply.
    // one of several replies; the last one is without this bit
    static final int REPLY_MORE = 1;
    // an error of this program: a map with code (INT), message (STR) and data (any). The client
    // gets SIPC_FAILED and the map
    static final int REPLY_ERROR = 2;

    // Most dimensions a tensor may have.
    static final int DIMS_MAX = 8;

    // Longest channel name in bytes of UTF-8.
    static final int NAME_BYTES_MAX = 200;

    // Most publishers or senders on one channel at once.
    static final int PRODUCERS_MAX = 64;

    // Most open handles of all roles on one channel at once.
    static final int PEERS_MAX = 256;

    // Filled by a failing call when the caller passes one. Owned by the caller; no allocation
    // behind it.
    static final int ERROR_SIZE = 0;
    static final int ERROR_STATUS = 4;
    static final int ERROR_OS_CODE = 8;
    static final int ERROR_RESERVED = 12;
    static final int ERROR_MESSAGE = 16;
    static final int ERROR_BYTES = 512;

    // One value. The kind says which fields count; the others are 0. A sender's pointers are only
    // read during the call. A receiver's pointers stay valid until sipc_release of their message;
    // the data of tensors, bytes and opaque values larger than a slot is the shared memory itself,
    // read-only, of tensors 64-byte aligned.
    static final int VALUE_SIZE = 0;
    static final int VALUE_KIND = 4;
    static final int VALUE_I = 8;
    static final int VALUE_U = 16;
    static final int VALUE_F = 24;
    static final int VALUE_DATA = 32;
    static final int VALUE_LEN = 40;
    static final int VALUE_ITEMS = 48;
    static final int VALUE_COUNT = 56;
    static final int VALUE_LABEL = 64;
    static final int VALUE_LABEL_LEN = 72;
    static final int VALUE_DTYPE = 80;
    static final int VALUE_NDIM = 84;
    static final int VALUE_SHAPE = 88;
    static final int VALUE_STRIDES = 152;
    static final int VALUE_CAPTURE_TIME_NS = 216;
    static final int VALUE_BYTES = 224;

    // A received message. The caller owns the struct, the library what it points to until
    // sipc_release; do not copy the struct and release both copies.
    static final int MESSAGE_SIZE = 0;
    static final int MESSAGE_FLAGS = 4;
    static final int MESSAGE_VALUE = 8;
    static final int MESSAGE_SEQUENCE = 232;
    static final int MESSAGE_SENDER = 240;
    static final int MESSAGE_PUBLISH_TIME_NS = 248;
    static final int MESSAGE_RECEIVE_TIME_NS = 256;
    static final int MESSAGE_MISSED = 264;
    static final int MESSAGE_HOLD = 272;
    static final int MESSAGE_BYTES = 280;

    // How to open a channel. All zero (but size) is the default.
    static final int OPTIONS_SIZE = 0;
    static final int OPTIONS_FLAGS = 4;
    static final int OPTIONS_HISTORY = 8;
    static final int OPTIONS_DEPTH = 12;
    static final int OPTIONS_POOL_BYTES_MAX = 16;
    static final int OPTIONS_DIRECTORY = 24;
    static final int OPTIONS_SIGNAL = 32;
    static final int OPTIONS_PERMITS = 36;
    static final int OPTIONS_BYTES = 40;

    static {
        Library.load(Raw.class);
    }

    private Raw() {}

    static native int sipc_abi_version();

    static native long sipc_version();

    static native long sipc_status_text(
            int status);

    static native long sipc_now_ns();

    static native int sipc_send(
            byte[] name,
            long value,
            long error);

    static native int sipc_send_bool(
            byte[] name,
            int value,
            long error);

    static native int sipc_send_int(
            byte[] name,
            long value,
            long error);

    static native int sipc_send_float(
            byte[] name,
            double value,
            long error);

    static native int sipc_send_str(
            byte[] name,
            byte[] value,
            long error);

    static native int sipc_send_bytes(
            byte[] name,
            long data,
            long len,
            long error);

    static native int sipc_publish(
            byte[] name,
            long value,
            long error);

    static native int sipc_publish_bool(
            byte[] name,
            int value,
            long error);

    static native int sipc_publish_int(
            byte[] name,
            long value,
            long error);

    static native int sipc_publish_float(
            byte[] name,
            double value,
            long error);

    static native int sipc_publish_str(
            byte[] name,
            byte[] value,
            long error);

    static native int sipc_publish_bytes(
            byte[] name,
            long data,
            long len,
            long error);

    static native int sipc_receive(
            byte[] name,
            long timeout_ns,
            long message,
            long error);

    static native int sipc_set(
            byte[] name,
            long value,
            long error);

    static native int sipc_get(
            byte[] name,
            long timeout_ns,
            long message,
            long error);

    static native int sipc_notify(
            byte[] name,
            long error);

    static native int sipc_await(
            byte[] name,
            long timeout_ns,
            long count,
            long error);

    static native int sipc_open(
            byte[] name,
            int role,
            long options,
            long channel,
            long error);

    static native int sipc_close(
            long channel);

    static native int sipc_put(
            long channel,
            long value,
            long timeout_ns,
            long error);

    static native int sipc_take(
            long channel,
            long timeout_ns,
            long message,
            long error);

    static native int sipc_put_if(
            long channel,
            long value,
            long expected,
            long timeout_ns,
            long error);

    static native int sipc_current(
            long channel,
            long timeout_ns,
            long message,
            long error);

    static native int sipc_lock(
            long channel,
            long timeout_ns,
            long abandoned_pid,
            long error);

    static native int sipc_unlock(
            long channel,
            long error);

    static native int sipc_plugin(
            long channel,
            long plugin,
            long error);

    static native int sipc_peers(
            byte[] name,
            long options,
            long message,
            long error);

    static native int sipc_identify(
            byte[] program,
            byte[] language,
            long error);

    static native void sipc_release(
            long message);

    static native int sipc_loan(
            long channel,
            long value,
            long timeout_ns,
            long error);

    static native int sipc_unloan(
            long channel,
            long data);

    static native int sipc_wait(
            long[] channels,
            int count,
            long timeout_ns,
            long index,
            long error);

    static native int sipc_fd(
            long channel,
            long fd,
            long error);

    static native int sipc_interrupt(
            long channel);

    static native int sipc_call(
            long channel,
            byte[] method,
            long args,
            int flags,
            long timeout_ns,
            long call,
            long error);

    static native int sipc_result(
            long channel,
            long call,
            long timeout_ns,
            long message,
            long error);

    static native int sipc_cancel(
            long channel,
            long call);

    static native int sipc_reply(
            long request,
            long value,
            int flags,
            long error);

    static native int sipc_cancelled(
            long request);

    static native int sipc_describe(
            long channel,
            long methods,
            long error);

    static native int sipc_audit(
            byte[] name,
            byte[] directory,
            byte[] buffer,
            long capacity,
            long needed,
            long error);

    static native int sipc_clean(
            byte[] directory,
            long age_max_ns,
            long count,
            long error);
}
