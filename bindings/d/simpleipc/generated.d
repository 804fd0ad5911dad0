// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

/// The C surface: numbers, structs and functions under the names of simpleipc.h.
module simpleipc.generated;

/// The ABI that is declared here.
enum uint SIPC_ABI_VERSION = 1;

/// A handle is a number in pointer clothes.
alias sipc_channel = size_t;

/// success (ok)
enum int SIPC_OK = 0;
/// nothing arrived within the time given (retry)
enum int SIPC_TIMEOUT = 1;
/// no room within the time given; nothing was sent (retry)
enum int SIPC_FULL = 2;
/// the wait was interrupted by a signal or by sipc_interrupt (retry)
enum int SIPC_INTERRUPTED = 3;
/// another thread is inside this handle; open one handle per thread (retry)
enum int SIPC_BUSY = 4;
/// somebody else was faster; nothing was set (retry)
enum int SIPC_CONFLICT = 5;
/// the call was cancelled (retry)
enum int SIPC_CANCELLED = 6;
/// the handle is closed (gone)
enum int SIPC_CLOSED = 10;
/// the handle belongs to the parent process; open a new one in the child (gone)
enum int SIPC_FORKED = 11;
/// the channel's file was removed by someone; close the handle and open it again (gone)
enum int SIPC_UNLINKED = 12;
/// this handle was taken for dead because its lock was closed under it; open it again (gone)
enum int SIPC_EVICTED = 13;
/// the server died while it worked on the call; what it had done by then is not known (gone)
enum int SIPC_SERVER_DIED = 14;
/// the channel name is not usable (misuse)
enum int SIPC_BAD_NAME = 20;
/// the verb does not fit the pattern of this channel (misuse)
enum int SIPC_WRONG_PATTERN = 21;
/// the handle was opened for the other direction (misuse)
enum int SIPC_WRONG_ROLE = 22;
/// the message is larger than the channel's limit (misuse)
enum int SIPC_TOO_LARGE = 23;
/// the value cannot be sent as it stands (misuse)
enum int SIPC_BAD_VALUE = 24;
/// an argument is missing or out of range (misuse)
enum int SIPC_BAD_ARGUMENT = 25;
/// the channel already has its maximum of producers (misuse)
enum int SIPC_TOO_MANY_PRODUCERS = 26;
/// the channel already has its maximum of open handles (misuse)
enum int SIPC_TOO_MANY_PEERS = 27;
/// the server answered with an error of its own (misuse)
enum int SIPC_FAILED = 28;
/// the channel's file is damaged (corrupt)
enum int SIPC_CORRUPT = 30;
/// the channel was made by a version or machine this library cannot share memory with (corrupt)
enum int SIPC_VERSION = 31;
/// shared memory is full (system)
enum int SIPC_NO_SPACE = 40;
/// not permitted (system)
enum int SIPC_NO_PERMISSION = 41;
/// the channel directory does not exist or is no directory (system)
enum int SIPC_NO_DIRECTORY = 42;
/// the operating system refused (system)
enum int SIPC_SYSTEM = 43;
/// a defect in SimpleIPC; please report it (system)
enum int SIPC_INTERNAL = 50;

/// The last number of the class ok.
enum int SIPC_LAST_OK = 0;
/// The last number of the class retry.
enum int SIPC_LAST_RETRY = 9;
/// The last number of the class gone.
enum int SIPC_LAST_GONE = 19;
/// The last number of the class misuse.
enum int SIPC_LAST_MISUSE = 29;
/// The last number of the class corrupt.
enum int SIPC_LAST_CORRUPT = 39;
/// The last number of the class system.
enum int SIPC_LAST_SYSTEM = 59;

/// put messages on a topic
enum uint SIPC_ROLE_PUBLISH = 1;
/// take messages of a topic
enum uint SIPC_ROLE_SUBSCRIBE = 2;
/// put messages into a queue
enum uint SIPC_ROLE_SEND = 3;
/// take messages out of a queue
enum uint SIPC_ROLE_RECEIVE = 4;
/// put values of a state; each replaces the one before
enum uint SIPC_ROLE_SET = 5;
/// take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value that holds now
enum uint SIPC_ROLE_WATCH = 6;
/// put a value of kind NULL to say that something has happened
enum uint SIPC_ROLE_NOTIFY = 7;
/// take a value of kind UINT: how many notifications there were since the last take, or since the opening
enum uint SIPC_ROLE_WAIT = 8;
/// sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
enum uint SIPC_ROLE_LOCK = 9;
/// call the methods of a service
enum uint SIPC_ROLE_CALL = 10;
/// take the calls of a service and answer them; with the name NULL, of the one that this process is to be as a plugin
enum uint SIPC_ROLE_SERVE = 11;
/// watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps with event (up, down), pid, program, language, role, since_ns and id
enum uint SIPC_ROLE_PEERS = 12;
/// start programs of their own as plugins; take what happens to them, maps with event, plugin, pid and more
enum uint SIPC_ROLE_HOST = 13;

/// no value
enum uint SIPC_KIND_NULL = 0;
/// `i` is 0 or 1
enum uint SIPC_KIND_BOOL = 1;
/// `i`: signed 64-bit
enum uint SIPC_KIND_INT = 2;
/// `u`: unsigned 64-bit
enum uint SIPC_KIND_UINT = 3;
/// `f`: IEEE 754 double, all bits kept
enum uint SIPC_KIND_FLOAT = 4;
/// `data`, `len`: UTF-8, may hold NUL bytes, no terminator
enum uint SIPC_KIND_STR = 5;
/// `data`, `len`
enum uint SIPC_KIND_BYTES = 6;
/// `items`, `count`: count values
enum uint SIPC_KIND_LIST = 7;
/// `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
enum uint SIPC_KIND_MAP = 8;
/// `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
enum uint SIPC_KIND_TENSOR = 9;
/// `data`, `len`, `label`: bytes with a content type, as application/json
enum uint SIPC_KIND_OPAQUE = 10;

/// 1 byte, 0 or 1
enum uint SIPC_DTYPE_BOOL = 1;
/// 1 byte
enum uint SIPC_DTYPE_U8 = 2;
/// 1 byte
enum uint SIPC_DTYPE_I8 = 3;
/// 2 bytes
enum uint SIPC_DTYPE_U16 = 4;
/// 2 bytes
enum uint SIPC_DTYPE_I16 = 5;
/// 4 bytes
enum uint SIPC_DTYPE_U32 = 6;
/// 4 bytes
enum uint SIPC_DTYPE_I32 = 7;
/// 8 bytes
enum uint SIPC_DTYPE_U64 = 8;
/// 8 bytes
enum uint SIPC_DTYPE_I64 = 9;
/// 2 bytes, IEEE half
enum uint SIPC_DTYPE_F16 = 10;
/// 4 bytes
enum uint SIPC_DTYPE_F32 = 11;
/// 8 bytes
enum uint SIPC_DTYPE_F64 = 12;
/// 8 bytes, two F32
enum uint SIPC_DTYPE_C64 = 13;
/// 16 bytes, two F64
enum uint SIPC_DTYPE_C128 = 14;

/// subscriber: the publisher waits for me rather than overwrite what I have not taken
enum uint SIPC_OPTION_LOSSLESS = 1;
/// subscriber: each take skips to the newest message; what it skips counts as missed
enum uint SIPC_OPTION_LATEST = 2;
/// producer: do not spend a clock read per message; publish_time_ns is then 0
enum uint SIPC_OPTION_UNSTAMPED = 4;
/// subscriber: only look on. A tap takes no place in the channel, needs only leave to read its files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is there, and looks by itself, when nothing happens every 2 ms
enum uint SIPC_OPTION_TAP = 8;

/// queue: an earlier receiver died while holding this message
enum uint SIPC_MESSAGE_REDELIVERED = 1;
/// request: nobody waits for a reply
enum uint SIPC_MESSAGE_ONE_WAY = 2;
/// reply: more replies to this call follow
enum uint SIPC_MESSAGE_MORE = 4;

/// to do it twice is the same as to do it once: should its server die, another one gets the call, or the next to come
enum uint SIPC_CALL_IDEMPOTENT = 1;
/// do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
enum uint SIPC_CALL_ONE_WAY = 2;

/// one of several replies; the last one is without this bit
enum uint SIPC_REPLY_MORE = 1;
/// an error of this program: a map with code (INT), message (STR) and data (any). The client gets SIPC_FAILED and the map
enum uint SIPC_REPLY_ERROR = 2;

/// Most dimensions a tensor may have.
enum uint SIPC_DIMS_MAX = 8;
/// Longest channel name in bytes of UTF-8.
enum uint SIPC_NAME_BYTES_MAX = 200;
/// Most publishers or senders on one channel at once.
enum uint SIPC_PRODUCERS_MAX = 64;
/// Most open handles of all roles on one channel at once.
enum uint SIPC_PEERS_MAX = 256;

extern (C):

struct sipc_error
{
    uint size = sipc_error.sizeof;
    int status;
    int os_code;
    uint reserved;
    char[496] message = 0;
}

struct sipc_value
{
    uint size = sipc_value.sizeof;
    uint kind;
    long i;
    ulong u;
    double f = 0;
    const(void)* data;
    ulong len;
    const(sipc_value)* items;
    ulong count;
    const(char)* label;
    ulong label_len;
    uint dtype;
    uint ndim;
    ulong[8] shape = 0;
    long[8] strides = 0;
    long capture_time_ns;
}

struct sipc_message
{
    uint size = sipc_message.sizeof;
    uint flags;
    sipc_value value;
    ulong sequence;
    ulong sender;
    long publish_time_ns;
    long receive_time_ns;
    ulong missed;
    void* hold;
}

struct sipc_options
{
    uint size = sipc_options.sizeof;
    uint flags;
    uint history;
    uint depth;
    ulong pool_bytes_max;
    const(char)* directory;
    int signal;
    uint permits;
}

nothrow @nogc:

uint sipc_abi_version();
const(char)* sipc_version();
const(char)* sipc_status_text(int status);
long sipc_now_ns();
int sipc_send(const(char)* name, const(sipc_value)* value, sipc_error* error);
int sipc_send_bool(const(char)* name, int value, sipc_error* error);
int sipc_send_int(const(char)* name, long value, sipc_error* error);
int sipc_send_float(const(char)* name, double value, sipc_error* error);
int sipc_send_str(const(char)* name, const(char)* value, sipc_error* error);
int sipc_send_bytes(const(char)* name, const(void)* data, ulong len, sipc_error* error);
int sipc_publish(const(char)* name, const(sipc_value)* value, sipc_error* error);
int sipc_publish_bool(const(char)* name, int value, sipc_error* error);
int sipc_publish_int(const(char)* name, long value, sipc_error* error);
int sipc_publish_float(const(char)* name, double value, sipc_error* error);
int sipc_publish_str(const(char)* name, const(char)* value, sipc_error* error);
int sipc_publish_bytes(const(char)* name, const(void)* data, ulong len, sipc_error* error);
int sipc_receive(const(char)* name, long timeout_ns, sipc_message* message, sipc_error* error);
int sipc_set(const(char)* name, const(sipc_value)* value, sipc_error* error);
int sipc_get(const(char)* name, long timeout_ns, sipc_message* message, sipc_error* error);
int sipc_notify(const(char)* name, sipc_error* error);
int sipc_await(const(char)* name, long timeout_ns, ulong* count, sipc_error* error);
int sipc_open(const(char)* name, uint role, const(sipc_options)* options, sipc_channel* channel, sipc_error* error);
int sipc_close(sipc_channel channel);
int sipc_put(sipc_channel channel, const(sipc_value)* value, long timeout_ns, sipc_error* error);
int sipc_take(sipc_channel channel, long timeout_ns, sipc_message* message, sipc_error* error);
int sipc_put_if(sipc_channel channel, const(sipc_value)* value, ulong expected, long timeout_ns, sipc_error* error);
int sipc_current(sipc_channel channel, long timeout_ns, sipc_message* message, sipc_error* error);
int sipc_lock(sipc_channel channel, long timeout_ns, ulong* abandoned_pid, sipc_error* error);
int sipc_unlock(sipc_channel channel, sipc_error* error);
int sipc_plugin(sipc_channel channel, const(sipc_value)* plugin, sipc_error* error);
int sipc_peers(const(char)* name, const(sipc_options)* options, sipc_message* message, sipc_error* error);
int sipc_identify(const(char)* program, const(char)* language, sipc_error* error);
void sipc_release(sipc_message* message);
int sipc_loan(sipc_channel channel, sipc_value* value, long timeout_ns, sipc_error* error);
int sipc_unloan(sipc_channel channel, void* data);
int sipc_wait(const(sipc_channel)* channels, uint count, long timeout_ns, uint* index, sipc_error* error);
int sipc_fd(sipc_channel channel, int* fd, sipc_error* error);
int sipc_interrupt(sipc_channel channel);
int sipc_call(sipc_channel channel, const(char)* method, const(sipc_value)* args, uint flags, long timeout_ns, ulong* call, sipc_error* error);
int sipc_result(sipc_channel channel, ulong call, long timeout_ns, sipc_message* message, sipc_error* error);
int sipc_cancel(sipc_channel channel, ulong call);
int sipc_reply(sipc_message* request, const(sipc_value)* value, uint flags, sipc_error* error);
int sipc_cancelled(sipc_message* request);
int sipc_describe(sipc_channel channel, const(sipc_value)* methods, sipc_error* error);
int sipc_audit(const(char)* name, const(char)* directory, char* buffer, ulong capacity, ulong* needed, sipc_error* error);
int sipc_clean(const(char)* directory, long age_max_ns, ulong* count, sipc_error* error);
