// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

//! The C surface: numbers, structs and functions under the names of simpleipc.h.

/// The ABI that is declared here.
pub const SIPC_ABI_VERSION: u32 = 1;

/// A handle is a number in pointer clothes.
pub const sipc_channel = opaque {};

/// success (ok)
pub const SIPC_OK: i32 = 0;
/// nothing arrived within the time given (retry)
pub const SIPC_TIMEOUT: i32 = 1;
/// no room within the time given; nothing was sent (retry)
pub const SIPC_FULL: i32 = 2;
/// the wait was interrupted by a signal or by sipc_interrupt (retry)
pub const SIPC_INTERRUPTED: i32 = 3;
/// another thread is inside this handle; open one handle per thread (retry)
pub const SIPC_BUSY: i32 = 4;
/// somebody else was faster; nothing was set (retry)
pub const SIPC_CONFLICT: i32 = 5;
/// the call was cancelled (retry)
pub const SIPC_CANCELLED: i32 = 6;
/// the handle is closed (gone)
pub const SIPC_CLOSED: i32 = 10;
/// the handle belongs to the parent process; open a new one in the child (gone)
pub const SIPC_FORKED: i32 = 11;
/// the channel's file was removed by someone; close the handle and open it again (gone)
pub const SIPC_UNLINKED: i32 = 12;
/// this handle was taken for dead because its lock was closed under it; open it again (gone)
pub const SIPC_EVICTED: i32 = 13;
/// the server died while it worked on the call; what it had done by then is not known (gone)
pub const SIPC_SERVER_DIED: i32 = 14;
/// the channel name is not usable (misuse)
pub const SIPC_BAD_NAME: i32 = 20;
/// the verb does not fit the pattern of this channel (misuse)
pub const SIPC_WRONG_PATTERN: i32 = 21;
/// the handle was opened for the other direction (misuse)
pub const SIPC_WRONG_ROLE: i32 = 22;
/// the message is larger than the channel's limit (misuse)
pub const SIPC_TOO_LARGE: i32 = 23;
/// the value cannot be sent as it stands (misuse)
pub const SIPC_BAD_VALUE: i32 = 24;
/// an argument is missing or out of range (misuse)
pub const SIPC_BAD_ARGUMENT: i32 = 25;
/// the channel already has its maximum of producers (misuse)
pub const SIPC_TOO_MANY_PRODUCERS: i32 = 26;
/// the channel already has its maximum of open handles (misuse)
pub const SIPC_TOO_MANY_PEERS: i32 = 27;
/// the server answered with an error of its own (misuse)
pub const SIPC_FAILED: i32 = 28;
/// the channel's file is damaged (corrupt)
pub const SIPC_CORRUPT: i32 = 30;
/// the channel was made by a version or machine this library cannot share memory with (corrupt)
pub const SIPC_VERSION: i32 = 31;
/// shared memory is full (system)
pub const SIPC_NO_SPACE: i32 = 40;
/// not permitted (system)
pub const SIPC_NO_PERMISSION: i32 = 41;
/// the channel directory does not exist or is no directory (system)
pub const SIPC_NO_DIRECTORY: i32 = 42;
/// the operating system refused (system)
pub const SIPC_SYSTEM: i32 = 43;
/// a defect in SimpleIPC; please report it (system)
pub const SIPC_INTERNAL: i32 = 50;

/// The statuses as errors.
pub const Error = error{
    /// nothing arrived within the time given (retry)
    Timeout,
    /// no room within the time given; nothing was sent (retry)
    Full,
    /// the wait was interrupted by a signal or by sipc_interrupt (retry)
    Interrupted,
    /// another thread is inside this handle; open one handle per thread (retry)
    Busy,
    /// somebody else was faster; nothing was set (retry)
    Conflict,
    /// the call was cancelled (retry)
    Cancelled,
    /// the handle is closed (gone)
    Closed,
    /// the handle belongs to the parent process; open a new one in the child (gone)
    Forked,
    /// the channel's file was removed by someone; close the handle and open it again (gone)
    Unlinked,
    /// this handle was taken for dead because its lock was closed under it; open it again (gone)
    Evicted,
    /// the server died while it worked on the call; what it had done by then is not known (gone)
    ServerDied,
    /// the channel name is not usable (misuse)
    BadName,
    /// the verb does not fit the pattern of this channel (misuse)
    WrongPattern,
    /// the handle was opened for the other direction (misuse)
    WrongRole,
    /// the message is larger than the channel's limit (misuse)
    TooLarge,
    /// the value cannot be sent as it stands (misuse)
    BadValue,
    /// an argument is missing or out of range (misuse)
    BadArgument,
    /// the channel already has its maximum of producers (misuse)
    TooManyProducers,
    /// the channel already has its maximum of open handles (misuse)
    TooManyPeers,
    /// the server answered with an error of its own (misuse)
    Failed,
    /// the channel's file is damaged (corrupt)
    Corrupt,
    /// the channel was made by a version or machine this library cannot share memory with (corrupt)
    Version,
    /// shared memory is full (system)
    NoSpace,
    /// not permitted (system)
    NoPermission,
    /// the channel directory does not exist or is no directory (system)
    NoDirectory,
    /// the operating system refused (system)
    System,
    /// a defect in SimpleIPC; please report it (system)
    Internal,
    /// A status of the class retry that is not known here.
    OtherRetry,
    /// A status of the class gone that is not known here.
    OtherGone,
    /// A status of the class misuse that is not known here.
    OtherMisuse,
    /// A status of the class corrupt that is not known here.
    OtherCorrupt,
    /// A status of the class system that is not known here.
    OtherSystem,
};

/// What can be done about an error.
pub const Class = enum {
    retry,
    gone,
    misuse,
    corrupt,
    system,
};

/// The error of a status.
pub fn errorOf(status: i32) Error {
    return switch (status) {
        1 => error.Timeout,
        2 => error.Full,
        3 => error.Interrupted,
        4 => error.Busy,
        5 => error.Conflict,
        6 => error.Cancelled,
        10 => error.Closed,
        11 => error.Forked,
        12 => error.Unlinked,
        13 => error.Evicted,
        14 => error.ServerDied,
        20 => error.BadName,
        21 => error.WrongPattern,
        22 => error.WrongRole,
        23 => error.TooLarge,
        24 => error.BadValue,
        25 => error.BadArgument,
        26 => error.TooManyProducers,
        27 => error.TooManyPeers,
        28 => error.Failed,
        30 => error.Corrupt,
        31 => error.Version,
        40 => error.NoSpace,
        41 => error.NoPermission,
        42 => error.NoDirectory,
        43 => error.System,
        50 => error.Internal,
        else => switch (status) {
            1...9 => error.OtherRetry,
            10...19 => error.OtherGone,
            20...29 => error.OtherMisuse,
            30...39 => error.OtherCorrupt,
            else => error.OtherSystem,
        },
    };
}

/// The class of an error.
pub fn classOf(failed: Error) Class {
    return switch (failed) {
        error.Timeout,
        error.Full,
        error.Interrupted,
        error.Busy,
        error.Conflict,
        error.Cancelled,
        error.OtherRetry,
        => .retry,
        error.Closed,
        error.Forked,
        error.Unlinked,
        error.Evicted,
        error.ServerDied,
        error.OtherGone,
        => .gone,
        error.BadName,
        error.WrongPattern,
        error.WrongRole,
        error.TooLarge,
        error.BadValue,
        error.BadArgument,
        error.TooManyProducers,
        error.TooManyPeers,
        error.Failed,
        error.OtherMisuse,
        => .misuse,
        error.Corrupt,
        error.Version,
        error.OtherCorrupt,
        => .corrupt,
        error.NoSpace,
        error.NoPermission,
        error.NoDirectory,
        error.System,
        error.Internal,
        error.OtherSystem,
        => .system,
    };
}

/// put messages on a topic
pub const SIPC_ROLE_PUBLISH: u32 = 1;
/// take messages of a topic
pub const SIPC_ROLE_SUBSCRIBE: u32 = 2;
/// put messages into a queue
pub const SIPC_ROLE_SEND: u32 = 3;
/// take messages out of a queue
pub const SIPC_ROLE_RECEIVE: u32 = 4;
/// put values of a state; each replaces the one before
pub const SIPC_ROLE_SET: u32 = 5;
/// take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value that holds now
pub const SIPC_ROLE_WATCH: u32 = 6;
/// put a value of kind NULL to say that something has happened
pub const SIPC_ROLE_NOTIFY: u32 = 7;
/// take a value of kind UINT: how many notifications there were since the last take, or since the opening
pub const SIPC_ROLE_WAIT: u32 = 8;
/// sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
pub const SIPC_ROLE_LOCK: u32 = 9;
/// call the methods of a service
pub const SIPC_ROLE_CALL: u32 = 10;
/// take the calls of a service and answer them; with the name NULL, of the one that this process is to be as a plugin
pub const SIPC_ROLE_SERVE: u32 = 11;
/// watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps with event (up, down), pid, program, language, role, since_ns and id
pub const SIPC_ROLE_PEERS: u32 = 12;
/// start programs of their own as plugins; take what happens to them, maps with event, plugin, pid and more
pub const SIPC_ROLE_HOST: u32 = 13;

/// no value
pub const SIPC_KIND_NULL: u32 = 0;
/// `i` is 0 or 1
pub const SIPC_KIND_BOOL: u32 = 1;
/// `i`: signed 64-bit
pub const SIPC_KIND_INT: u32 = 2;
/// `u`: unsigned 64-bit
pub const SIPC_KIND_UINT: u32 = 3;
/// `f`: IEEE 754 double, all bits kept
pub const SIPC_KIND_FLOAT: u32 = 4;
/// `data`, `len`: UTF-8, may hold NUL bytes, no terminator
pub const SIPC_KIND_STR: u32 = 5;
/// `data`, `len`
pub const SIPC_KIND_BYTES: u32 = 6;
/// `items`, `count`: count values
pub const SIPC_KIND_LIST: u32 = 7;
/// `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
pub const SIPC_KIND_MAP: u32 = 8;
/// `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
pub const SIPC_KIND_TENSOR: u32 = 9;
/// `data`, `len`, `label`: bytes with a content type, as application/json
pub const SIPC_KIND_OPAQUE: u32 = 10;

/// 1 byte, 0 or 1
pub const SIPC_DTYPE_BOOL: u32 = 1;
/// 1 byte
pub const SIPC_DTYPE_U8: u32 = 2;
/// 1 byte
pub const SIPC_DTYPE_I8: u32 = 3;
/// 2 bytes
pub const SIPC_DTYPE_U16: u32 = 4;
/// 2 bytes
pub const SIPC_DTYPE_I16: u32 = 5;
/// 4 bytes
pub const SIPC_DTYPE_U32: u32 = 6;
/// 4 bytes
pub const SIPC_DTYPE_I32: u32 = 7;
/// 8 bytes
pub const SIPC_DTYPE_U64: u32 = 8;
/// 8 bytes
pub const SIPC_DTYPE_I64: u32 = 9;
/// 2 bytes, IEEE half
pub const SIPC_DTYPE_F16: u32 = 10;
/// 4 bytes
pub const SIPC_DTYPE_F32: u32 = 11;
/// 8 bytes
pub const SIPC_DTYPE_F64: u32 = 12;
/// 8 bytes, two F32
pub const SIPC_DTYPE_C64: u32 = 13;
/// 16 bytes, two F64
pub const SIPC_DTYPE_C128: u32 = 14;

/// subscriber: the publisher waits for me rather than overwrite what I have not taken
pub const SIPC_OPTION_LOSSLESS: u32 = 1;
/// subscriber: each take skips to the newest message; what it skips counts as missed
pub const SIPC_OPTION_LATEST: u32 = 2;
/// producer: do not spend a clock read per message; publish_time_ns is then 0
pub const SIPC_OPTION_UNSTAMPED: u32 = 4;
/// subscriber: only look on. A tap takes no place in the channel, needs only leave to read its files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is there, and looks by itself, when nothing happens every 2 ms
pub const SIPC_OPTION_TAP: u32 = 8;

/// queue: an earlier receiver died while holding this message
pub const SIPC_MESSAGE_REDELIVERED: u32 = 1;
/// request: nobody waits for a reply
pub const SIPC_MESSAGE_ONE_WAY: u32 = 2;
/// reply: more replies to this call follow
pub const SIPC_MESSAGE_MORE: u32 = 4;

/// to do it twice is the same as to do it once: should its server die, another one gets the call, or the next to come
pub const SIPC_CALL_IDEMPOTENT: u32 = 1;
/// do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
pub const SIPC_CALL_ONE_WAY: u32 = 2;

/// one of several replies; the last one is without this bit
pub const SIPC_REPLY_MORE: u32 = 1;
/// an error of this program: a map with code (INT), message (STR) and data (any). The client gets SIPC_FAILED and the map
pub const SIPC_REPLY_ERROR: u32 = 2;

/// Most dimensions a tensor may have.
pub const SIPC_DIMS_MAX: u32 = 8;
/// Longest channel name in bytes of UTF-8.
pub const SIPC_NAME_BYTES_MAX: u32 = 200;
/// Most publishers or senders on one channel at once.
pub const SIPC_PRODUCERS_MAX: u32 = 64;
/// Most open handles of all roles on one channel at once.
pub const SIPC_PEERS_MAX: u32 = 256;

pub const sipc_error = extern struct {
    size: u32 = @sizeOf(sipc_error),
    status: i32 = 0,
    os_code: i32 = 0,
    reserved: u32 = 0,
    message: [496]u8 = @splat(0),
};

pub const sipc_value = extern struct {
    size: u32 = @sizeOf(sipc_value),
    kind: u32 = 0,
    i: i64 = 0,
    u: u64 = 0,
    f: f64 = 0,
    data: ?*const anyopaque = null,
    len: u64 = 0,
    items: ?[*]const sipc_value = null,
    count: u64 = 0,
    label: ?[*:0]const u8 = null,
    label_len: u64 = 0,
    dtype: u32 = 0,
    ndim: u32 = 0,
    shape: [8]u64 = @splat(0),
    strides: [8]i64 = @splat(0),
    capture_time_ns: i64 = 0,
};

pub const sipc_message = extern struct {
    size: u32 = @sizeOf(sipc_message),
    flags: u32 = 0,
    value: sipc_value = .{},
    sequence: u64 = 0,
    sender: u64 = 0,
    publish_time_ns: i64 = 0,
    receive_time_ns: i64 = 0,
    missed: u64 = 0,
    hold: ?*anyopaque = null,
};

pub const sipc_options = extern struct {
    size: u32 = @sizeOf(sipc_options),
    flags: u32 = 0,
    history: u32 = 0,
    depth: u32 = 0,
    pool_bytes_max: u64 = 0,
    directory: ?[*:0]const u8 = null,
    signal: i32 = 0,
    permits: u32 = 0,
};

pub extern fn sipc_abi_version() callconv(.c) u32;
pub extern fn sipc_version() callconv(.c) [*:0]const u8;
pub extern fn sipc_status_text(status: i32) callconv(.c) [*:0]const u8;
pub extern fn sipc_now_ns() callconv(.c) i64;
pub extern fn sipc_send(name: ?[*:0]const u8, value: *const sipc_value, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_send_bool(name: ?[*:0]const u8, value: i32, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_send_int(name: ?[*:0]const u8, value: i64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_send_float(name: ?[*:0]const u8, value: f64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_send_str(name: ?[*:0]const u8, value: ?[*:0]const u8, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_send_bytes(name: ?[*:0]const u8, data: ?*const anyopaque, len: u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish(name: ?[*:0]const u8, value: *const sipc_value, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish_bool(name: ?[*:0]const u8, value: i32, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish_int(name: ?[*:0]const u8, value: i64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish_float(name: ?[*:0]const u8, value: f64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish_str(name: ?[*:0]const u8, value: ?[*:0]const u8, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_publish_bytes(name: ?[*:0]const u8, data: ?*const anyopaque, len: u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_receive(name: ?[*:0]const u8, timeout_ns: i64, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_set(name: ?[*:0]const u8, value: *const sipc_value, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_get(name: ?[*:0]const u8, timeout_ns: i64, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_notify(name: ?[*:0]const u8, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_await(name: ?[*:0]const u8, timeout_ns: i64, count: ?*u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_open(name: ?[*:0]const u8, role: u32, options: ?*const sipc_options, channel: *?*sipc_channel, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_close(channel: ?*sipc_channel) callconv(.c) i32;
pub extern fn sipc_put(channel: ?*sipc_channel, value: *const sipc_value, timeout_ns: i64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_take(channel: ?*sipc_channel, timeout_ns: i64, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_put_if(channel: ?*sipc_channel, value: *const sipc_value, expected: u64, timeout_ns: i64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_current(channel: ?*sipc_channel, timeout_ns: i64, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_lock(channel: ?*sipc_channel, timeout_ns: i64, abandoned_pid: ?*u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_unlock(channel: ?*sipc_channel, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_plugin(channel: ?*sipc_channel, plugin: *const sipc_value, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_peers(name: ?[*:0]const u8, options: ?*const sipc_options, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_identify(program: ?[*:0]const u8, language: ?[*:0]const u8, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_release(message: ?*sipc_message) callconv(.c) void;
pub extern fn sipc_loan(channel: ?*sipc_channel, value: *sipc_value, timeout_ns: i64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_unloan(channel: ?*sipc_channel, data: ?*anyopaque) callconv(.c) i32;
pub extern fn sipc_wait(channels: [*]const *sipc_channel, count: u32, timeout_ns: i64, index: *u32, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_fd(channel: ?*sipc_channel, fd: *i32, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_interrupt(channel: ?*sipc_channel) callconv(.c) i32;
pub extern fn sipc_call(channel: ?*sipc_channel, method: ?[*:0]const u8, args: *const sipc_value, flags: u32, timeout_ns: i64, call: ?*u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_result(channel: ?*sipc_channel, call: u64, timeout_ns: i64, message: ?*sipc_message, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_cancel(channel: ?*sipc_channel, call: u64) callconv(.c) i32;
pub extern fn sipc_reply(request: ?*sipc_message, value: *const sipc_value, flags: u32, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_cancelled(request: ?*sipc_message) callconv(.c) i32;
pub extern fn sipc_describe(channel: ?*sipc_channel, methods: *const sipc_value, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_audit(name: ?[*:0]const u8, directory: ?[*:0]const u8, buffer: ?[*]u8, capacity: u64, needed: ?*u64, error_: ?*sipc_error) callconv(.c) i32;
pub extern fn sipc_clean(directory: ?[*:0]const u8, age_max_ns: i64, count: ?*u64, error_: ?*sipc_error) callconv(.c) i32;
