-- Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
--
-- What libsimpleipc declares, for the FFI of LuaJIT: the declarations, and a table of constants.

require("ffi").cdef [[
typedef struct sipc_channel sipc_channel;
typedef struct sipc_error {
    uint32_t size;
    int32_t status;
    int32_t os_code;
    uint32_t reserved;
    char message[496];
} sipc_error;
typedef struct sipc_value {
    uint32_t size;
    uint32_t kind;
    int64_t i;
    uint64_t u;
    double f;
    const void * data;
    uint64_t len;
    const struct sipc_value * items;
    uint64_t count;
    const char * label;
    uint64_t label_len;
    uint32_t dtype;
    uint32_t ndim;
    uint64_t shape[8];
    int64_t strides[8];
    int64_t capture_time_ns;
} sipc_value;
typedef struct sipc_message {
    uint32_t size;
    uint32_t flags;
    sipc_value value;
    uint64_t sequence;
    uint64_t sender;
    int64_t publish_time_ns;
    int64_t receive_time_ns;
    uint64_t missed;
    void * hold;
} sipc_message;
typedef struct sipc_options {
    uint32_t size;
    uint32_t flags;
    uint32_t history;
    uint32_t depth;
    uint64_t pool_bytes_max;
    const char * directory;
    int32_t signal;
    uint32_t permits;
} sipc_options;
uint32_t sipc_abi_version(void);
const char * sipc_version(void);
const char * sipc_status_text(int32_t);
int64_t sipc_now_ns(void);
int32_t sipc_send(const char *, const sipc_value *, sipc_error *);
int32_t sipc_send_bool(const char *, int32_t, sipc_error *);
int32_t sipc_send_int(const char *, int64_t, sipc_error *);
int32_t sipc_send_float(const char *, double, sipc_error *);
int32_t sipc_send_str(const char *, const char *, sipc_error *);
int32_t sipc_send_bytes(const char *, const void *, uint64_t, sipc_error *);
int32_t sipc_publish(const char *, const sipc_value *, sipc_error *);
int32_t sipc_publish_bool(const char *, int32_t, sipc_error *);
int32_t sipc_publish_int(const char *, int64_t, sipc_error *);
int32_t sipc_publish_float(const char *, double, sipc_error *);
int32_t sipc_publish_str(const char *, const char *, sipc_error *);
int32_t sipc_publish_bytes(const char *, const void *, uint64_t, sipc_error *);
int32_t sipc_receive(const char *, int64_t, sipc_message *, sipc_error *);
int32_t sipc_set(const char *, const sipc_value *, sipc_error *);
int32_t sipc_get(const char *, int64_t, sipc_message *, sipc_error *);
int32_t sipc_notify(const char *, sipc_error *);
int32_t sipc_await(const char *, int64_t, uint64_t *, sipc_error *);
int32_t sipc_open(const char *, uint32_t, const sipc_options *, sipc_channel **, sipc_error *);
int32_t sipc_close(sipc_channel *);
int32_t sipc_put(sipc_channel *, const sipc_value *, int64_t, sipc_error *);
int32_t sipc_take(sipc_channel *, int64_t, sipc_message *, sipc_error *);
int32_t sipc_put_if(sipc_channel *, const sipc_value *, uint64_t, int64_t, sipc_error *);
int32_t sipc_current(sipc_channel *, int64_t, sipc_message *, sipc_error *);
int32_t sipc_lock(sipc_channel *, int64_t, uint64_t *, sipc_error *);
int32_t sipc_unlock(sipc_channel *, sipc_error *);
int32_t sipc_plugin(sipc_channel *, const sipc_value *, sipc_error *);
int32_t sipc_peers(const char *, const sipc_options *, sipc_message *, sipc_error *);
int32_t sipc_identify(const char *, const char *, sipc_error *);
void sipc_release(sipc_message *);
int32_t sipc_loan(sipc_channel *, sipc_value *, int64_t, sipc_error *);
int32_t sipc_unloan(sipc_channel *, void *);
int32_t sipc_wait(sipc_channel *const *, uint32_t, int64_t, uint32_t *, sipc_error *);
int32_t sipc_fd(sipc_channel *, int32_t *, sipc_error *);
int32_t sipc_interrupt(sipc_channel *);
int32_t sipc_call(sipc_channel *, const char *, const sipc_value *, uint32_t, int64_t, uint64_t *, sipc_error *);
int32_t sipc_result(sipc_channel *, uint64_t, int64_t, sipc_message *, sipc_error *);
int32_t sipc_cancel(sipc_channel *, uint64_t);
int32_t sipc_reply(sipc_message *, const sipc_value *, uint32_t, sipc_error *);
int32_t sipc_cancelled(sipc_message *);
int32_t sipc_describe(sipc_channel *, const sipc_value *, sipc_error *);
int32_t sipc_audit(const char *, const char *, char *, uint64_t, uint64_t *, sipc_error *);
int32_t sipc_clean(const char *, int64_t, uint64_t *, sipc_error *);
]]

return {
    ABI_VERSION = 1,
    -- Statuses by name.
    STATUS = {
        OK = 0, -- success
        TIMEOUT = 1, -- nothing arrived within the time given
        FULL = 2, -- no room within the time given; nothing was sent
        INTERRUPTED = 3, -- the wait was interrupted by a signal or by sipc_interrupt
        BUSY = 4, -- another thread is inside this handle; open one handle per thread
        CONFLICT = 5, -- somebody else was faster; nothing was set
        CANCELLED = 6, -- the call was cancelled
        CLOSED = 10, -- the handle is closed
        FORKED = 11, -- the handle belongs to the parent process; open a new one in the child
        UNLINKED = 12, -- the channel's file was removed by someone; close the handle and open it again
        EVICTED = 13, -- this handle was taken for dead because its lock was closed under it; open it again
        SERVER_DIED = 14, -- the server died while it worked on the call; what it had done by then is not known
        BAD_NAME = 20, -- the channel name is not usable
        WRONG_PATTERN = 21, -- the verb does not fit the pattern of this channel
        WRONG_ROLE = 22, -- the handle was opened for the other direction
        TOO_LARGE = 23, -- the message is larger than the channel's limit
        BAD_VALUE = 24, -- the value cannot be sent as it stands
        BAD_ARGUMENT = 25, -- an argument is missing or out of range
        TOO_MANY_PRODUCERS = 26, -- the channel already has its maximum of producers
        TOO_MANY_PEERS = 27, -- the channel already has its maximum of open handles
        FAILED = 28, -- the server answered with an error of its own
        CORRUPT = 30, -- the channel's file is damaged
        VERSION = 31, -- the channel was made by a version or machine this library cannot share memory with
        NO_SPACE = 40, -- shared memory is full
        NO_PERMISSION = 41, -- not permitted
        NO_DIRECTORY = 42, -- the channel directory does not exist or is no directory
        SYSTEM = 43, -- the operating system refused
        INTERNAL = 50, -- a defect in SimpleIPC; please report it
    },
    -- The classes of statuses: name, first and last number, also of statuses to come.
    CLASSES = {
        { "ok", 0, 0 },
        { "retry", 1, 9 },
        { "gone", 10, 19 },
        { "misuse", 20, 29 },
        { "corrupt", 30, 39 },
        { "system", 40, 59 },
    },
    -- What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
    -- queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
    ROLE = {
        PUBLISH = 1,
        SUBSCRIBE = 2,
        SEND = 3,
        RECEIVE = 4,
        SET = 5,
        WATCH = 6,
        NOTIFY = 7,
        WAIT = 8,
        LOCK = 9,
        CALL = 10,
        SERVE = 11,
        PEERS = 12,
        HOST = 13,
    },
    -- The kind of a value. An int sent is an int received, in every language.
    KIND = {
        NULL = 0,
        BOOL = 1,
        INT = 2,
        UINT = 3,
        FLOAT = 4,
        STR = 5,
        BYTES = 6,
        LIST = 7,
        MAP = 8,
        TENSOR = 9,
        OPAQUE = 10,
    },
    -- Element type of a tensor; elements are in the machine's byte order.
    DTYPE = {
        BOOL = 1,
        U8 = 2,
        I8 = 3,
        U16 = 4,
        I16 = 5,
        U32 = 6,
        I32 = 7,
        U64 = 8,
        I64 = 9,
        F16 = 10,
        F32 = 11,
        F64 = 12,
        C64 = 13,
        C128 = 14,
    },
    -- Bits of sipc_options.flags.
    OPTION = {
        LOSSLESS = 1,
        LATEST = 2,
        UNSTAMPED = 4,
        TAP = 8,
    },
    -- Bits of sipc_message.flags.
    MESSAGE = {
        REDELIVERED = 1,
        ONE_WAY = 2,
        MORE = 4,
    },
    -- Bits of the flags of sipc_call.
    CALL = {
        IDEMPOTENT = 1,
        ONE_WAY = 2,
    },
    -- Bits of the flags of sipc_reply.
    REPLY = {
        MORE = 1,
        ERROR = 2,
    },
    -- Most dimensions a tensor may have.
    DIMS_MAX = 8,
    -- Longest channel name in bytes of UTF-8.
    NAME_BYTES_MAX = 200,
    -- Most publishers or senders on one channel at once.
    PRODUCERS_MAX = 64,
    -- Most open handles of all roles on one channel at once.
    PEERS_MAX = 256,
}
