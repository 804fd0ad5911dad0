<?php // Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

declare(strict_types=1);

namespace SimpleIPC;

/** The C surface. */
final class C
{
    const ABI_VERSION = 1;

    // success (ok)
    const OK = 0;
    // nothing arrived within the time given (retry)
    const TIMEOUT = 1;
    // no room within the time given; nothing was sent (retry)
    const FULL = 2;
    // the wait was interrupted by a signal or by sipc_interrupt (retry)
    const INTERRUPTED = 3;
    // another thread is inside this handle; open one handle per thread (retry)
    const BUSY = 4;
    // somebody else was faster; nothing was set (retry)
    const CONFLICT = 5;
    // the call was cancelled (retry)
    const CANCELLED = 6;
    // the handle is closed (gone)
    const CLOSED = 10;
    // the handle belongs to the parent process; open a new one in the child (gone)
    const FORKED = 11;
    // the channel's file was removed by someone; close the handle and open it again (gone)
    const UNLINKED = 12;
    // this handle was taken for dead because its lock was closed under it; open it again (gone)
    const EVICTED = 13;
    // the server died while it worked on the call; what it had done by then is not known (gone)
    const SERVER_DIED = 14;
    // the channel name is not usable (misuse)
    const BAD_NAME = 20;
    // the verb does not fit the pattern of this channel (misuse)
    const WRONG_PATTERN = 21;
    // the handle was opened for the other direction (misuse)
    const WRONG_ROLE = 22;
    // the message is larger than the channel's limit (misuse)
    const TOO_LARGE = 23;
    // the value cannot be sent as it stands (misuse)
    const BAD_VALUE = 24;
    // an argument is missing or out of range (misuse)
    const BAD_ARGUMENT = 25;
    // the channel already has its maximum of producers (misuse)
    const TOO_MANY_PRODUCERS = 26;
    // the channel already has its maximum of open handles (misuse)
    const TOO_MANY_PEERS = 27;
    // the server answered with an error of its own (misuse)
    const FAILED = 28;
    // the channel's file is damaged (corrupt)
    const CORRUPT = 30;
    // the channel was made by a version or machine this library cannot share memory with (corrupt)
    const VERSION = 31;
    // shared memory is full (system)
    const NO_SPACE = 40;
    // not permitted (system)
    const NO_PERMISSION = 41;
    // the channel directory does not exist or is no directory (system)
    const NO_DIRECTORY = 42;
    // the operating system refused (system)
    const SYSTEM = 43;
    // a defect in SimpleIPC; please report it (system)
    const INTERNAL = 50;

    /** The class of a status, by the last number of each class. */
    const CLASSES = [
        0 => 'ok',
        9 => 'retry',
        19 => 'gone',
        29 => 'misuse',
        39 => 'corrupt',
        59 => 'system',
    ];

    // What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
    // queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
    // put messages on a topic
    const ROLE_PUBLISH = 1;
    // take messages of a topic
    const ROLE_SUBSCRIBE = 2;
    // put messages into a queue
    const ROLE_SEND = 3;
    // take messages out of a queue
    const ROLE_RECEIVE = 4;
    // put values of a state; each replaces the one before
    const ROLE_SET = 5;
    // take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
    // value that holds now
    const ROLE_WATCH = 6;
    // put a value of kind NULL to say that something has happened
    const ROLE_NOTIFY = 7;
    // take a value of kind UINT: how many notifications there were since the last take, or since
    // the opening
    const ROLE_WAIT = 8;
    // sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
    const ROLE_LOCK = 9;
    // call the methods of a service
    const ROLE_CALL = 10;
    // take the calls of a service and answer them; with the name NULL, of the one that this process
    // is to be as a plugin
    const ROLE_SERVE = 11;
    // watch who has a channel open, of any pattern, without being on it; take who comes and goes,
    // maps with event (up, down), pid, program, language, role, since_ns and id
    const ROLE_PEERS = 12;
    // start programs of their own as plugins; take what happens to them, maps with event, plugin,
    // pid and more
    const ROLE_HOST = 13;

    // The kind of a value. An int sent is an int received, in every language.
    // no value
    const KIND_NULL = 0;
    // `i` is 0 or 1
    const KIND_BOOL = 1;
    // `i`: signed 64-bit
    const KIND_INT = 2;
    // `u`: unsigned 64-bit
    const KIND_UINT = 3;
    // `f`: IEEE 754 double, all bits kept
    const KIND_FLOAT = 4;
    // `data`, `len`: UTF-8, may hold NUL bytes, no terminator
    const KIND_STR = 5;
    // `data`, `len`
    const KIND_BYTES = 6;
    // `items`, `count`: count values
    const KIND_LIST = 7;
    // `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
    const KIND_MAP = 8;
    // `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
    const KIND_TENSOR = 9;
    // `data`, `len`, `label`: bytes with a content type, as application/json
    const KIND_OPAQUE = 10;

    // Element type of a tensor; elements are in the machine's byte order.
    // 1 byte, 0 or 1
    const DTYPE_BOOL = 1;
    // 1 byte
    const DTYPE_U8 = 2;
    // 1 byte
    const DTYPE_I8 = 3;
    // 2 bytes
    const DTYPE_U16 = 4;
    // 2 bytes
    const DTYPE_I16 = 5;
    // 4 bytes
    const DTYPE_U32 = 6;
    // 4 bytes
    const DTYPE_I32 = 7;
    // 8 bytes
    const DTYPE_U64 = 8;
    // 8 bytes
    const DTYPE_I64 = 9;
    // 2 bytes, IEEE half
    const DTYPE_F16 = 10;
    // 4 bytes
    const DTYPE_F32 = 11;
    // 8 bytes
    const DTYPE_F64 = 12;
    // 8 bytes, two F32
    const DTYPE_C64 = 13;
    // 16 bytes, two F64
    const DTYPE_C128 = 14;

    // Bits of sipc_options.flags.
    // subscriber: the publisher waits for me rather than overwrite what I have not taken
    const OPTION_LOSSLESS = 1;
    // subscriber: each take skips to the newest message; what it skips counts as missed
    const OPTION_LATEST = 2;
    // producer: do not spend a clock read per message; publish_time_ns is then 0
    const OPTION_UNSTAMPED = 4;
    // subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
    // files, holds up and damages nobody; it is lossy, gets copies, may be opened before the
    // channel is there, and looks by itself, when nothing happens every 2 ms
    const OPTION_TAP = 8;

    // Bits of sipc_message.flags.
    // queue: an earlier receiver died while holding this message
    const MESSAGE_REDELIVERED = 1;
    // request: nobody waits for a reply
    const MESSAGE_ONE_WAY = 2;
    // reply: more replies to this call follow
    const MESSAGE_MORE = 4;

    // Bits of the flags of sipc_call.
    // to do it twice is the same as to do it once: should its server die, another one gets the
    // call, or the next to come
    const CALL_IDEMPOTENT = 1;
    // do not ask what becomes of it. It is done at most once, also when this process has gone
    // meanwhile
    const CALL_ONE_WAY = 2;

    // Bits of the flags of sipc_reply.
    // one of several replies; the last one is without this bit
    const REPLY_MORE = 1;
    // an error of this program: a map with code (INT), message (STR) and data (any). The client
    // gets SIPC_FAILED and the map
    const REPLY_ERROR = 2;

    // Most dimensions a tensor may have.
    const DIMS_MAX = 8;

    // Longest channel name in bytes of UTF-8.
    const NAME_BYTES_MAX = 200;

    // Most publishers or senders on one channel at once.
    const PRODUCERS_MAX = 64;

    // Most open handles of all roles on one channel at once.
    const PEERS_MAX = 256;

    /** For FFI::cdef. */
    const DECLARATIONS = <<<'C'
typedef struct sipc_channel sipc_channel;

// Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
// it.
typedef struct sipc_error {
    uint32_t size;
    int32_t status;
    int32_t os_code;
    uint32_t reserved;
    char message[496];
} sipc_error;

// One value. The kind says which fields count; the others are 0. A sender's pointers are only read
// during the call. A receiver's pointers stay valid until sipc_release of their message; the data
// of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only, of
// tensors 64-byte aligned.
typedef struct sipc_value {
    uint32_t size;
    uint32_t kind;
    int64_t i;
    uint64_t u;
    double f;
    const void *data;
    uint64_t len;
    const struct sipc_value *items;
    uint64_t count;
    const void *label;
    uint64_t label_len;
    uint32_t dtype;
    uint32_t ndim;
    uint64_t shape[8];
    int64_t strides[8];
    int64_t capture_time_ns;
} sipc_value;

// A received message. The caller owns the struct, the library what it points to until sipc_release;
// do not copy the struct and release both copies.
typedef struct sipc_message {
    uint32_t size;
    uint32_t flags;
    sipc_value value;
    uint64_t sequence;
    uint64_t sender;
    int64_t publish_time_ns;
    int64_t receive_time_ns;
    uint64_t missed;
    void *hold;
} sipc_message;

// How to open a channel. All zero (but size) is the default.
typedef struct sipc_options {
    uint32_t size;
    uint32_t flags;
    uint32_t history;
    uint32_t depth;
    uint64_t pool_bytes_max;
    const void *directory;
    int32_t signal;
    uint32_t permits;
} sipc_options;

uint32_t sipc_abi_version(void);
const char *sipc_version(void);
const char *sipc_status_text(int32_t status);
int64_t sipc_now_ns(void);
int32_t sipc_send(const char *name, const sipc_value *value, sipc_error *error);
int32_t sipc_send_bool(const char *name, int32_t value, sipc_error *error);
int32_t sipc_send_int(const char *name, int64_t value, sipc_error *error);
int32_t sipc_send_float(const char *name, double value, sipc_error *error);
int32_t sipc_send_str(const char *name, const char *value, sipc_error *error);
int32_t sipc_send_bytes(const char *name, const void *data, uint64_t len, sipc_error *error);
int32_t sipc_publish(const char *name, const sipc_value *value, sipc_error *error);
int32_t sipc_publish_bool(const char *name, int32_t value, sipc_error *error);
int32_t sipc_publish_int(const char *name, int64_t value, sipc_error *error);
int32_t sipc_publish_float(const char *name, double value, sipc_error *error);
int32_t sipc_publish_str(const char *name, const char *value, sipc_error *error);
int32_t sipc_publish_bytes(const char *name, const void *data, uint64_t len, sipc_error *error);
int32_t sipc_receive(const char *name, int64_t timeout_ns, sipc_message *message, sipc_error *error);
int32_t sipc_set(const char *name, const sipc_value *value, sipc_error *error);
int32_t sipc_get(const char *name, int64_t timeout_ns, sipc_message *message, sipc_error *error);
int32_t sipc_notify(const char *name, sipc_error *error);
int32_t sipc_await(const char *name, int64_t timeout_ns, uint64_t *count, sipc_error *error);
int32_t sipc_open(const char *name, uint32_t role, const sipc_options *options, sipc_channel **channel, sipc_error *error);
int32_t sipc_close(sipc_channel *channel);
int32_t sipc_put(sipc_channel *channel, const sipc_value *value, int64_t timeout_ns, sipc_error *error);
int32_t sipc_take(sipc_channel *channel, int64_t timeout_ns, sipc_message *message, sipc_error *error);
int32_t sipc_put_if(sipc_channel *channel, const sipc_value *value, uint64_t expected, int64_t timeout_ns, sipc_error *error);
int32_t sipc_current(sipc_channel *channel, int64_t timeout_ns, sipc_message *message, sipc_error *error);
int32_t sipc_lock(sipc_channel *channel, int64_t timeout_ns, uint64_t *abandoned_pid, sipc_error *error);
int32_t sipc_unlock(sipc_channel *channel, sipc_error *error);
int32_t sipc_plugin(sipc_channel *channel, const sipc_value *plugin, sipc_error *error);
int32_t sipc_peers(const char *name, const sipc_options *options, sipc_message *message, sipc_error *error);
int32_t sipc_identify(const char *program, const char *language, sipc_error *error);
void sipc_release(sipc_message *message);
int32_t sipc_loan(sipc_channel *channel, sipc_value *value, int64_t timeout_ns, sipc_error *error);
int32_t sipc_unloan(sipc_channel *channel, void *data);
int32_t sipc_wait(sipc_channel **channels, uint32_t count, int64_t timeout_ns, uint32_t *index, sipc_error *error);
int32_t sipc_fd(sipc_channel *channel, int32_t *fd, sipc_error *error);
int32_t sipc_interrupt(sipc_channel *channel);
int32_t sipc_call(sipc_channel *channel, const char *method, const sipc_value *args, uint32_t flags, int64_t timeout_ns, uint64_t *call, sipc_error *error);
int32_t sipc_result(sipc_channel *channel, uint64_t call, int64_t timeout_ns, sipc_message *message, sipc_error *error);
int32_t sipc_cancel(sipc_channel *channel, uint64_t call);
int32_t sipc_reply(sipc_message *request, const sipc_value *value, uint32_t flags, sipc_error *error);
int32_t sipc_cancelled(sipc_message *request);
int32_t sipc_describe(sipc_channel *channel, const sipc_value *methods, sipc_error *error);
int32_t sipc_audit(const char *name, const char *directory, char *buffer, uint64_t capacity, uint64_t *needed, sipc_error *error);
int32_t sipc_clean(const char *directory, int64_t age_max_ns, uint64_t *count, sipc_error *error);
C;
}
