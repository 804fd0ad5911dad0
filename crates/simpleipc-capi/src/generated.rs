// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

//! The C surface in Rust: numbers, structs, and a type for each function.

#![allow(non_camel_case_types)] // the names are those of the header

use std::ffi::{CStr, c_char, c_void};

/// The ABI the header describes.
pub const SIPC_ABI_VERSION: u32 = 1;

/// success (ok).
pub const SIPC_OK: i32 = 0;
/// nothing arrived within the time given (retry).
pub const SIPC_TIMEOUT: i32 = 1;
/// no room within the time given; nothing was sent (retry).
pub const SIPC_FULL: i32 = 2;
/// the wait was interrupted by a signal or by sipc_interrupt (retry).
pub const SIPC_INTERRUPTED: i32 = 3;
/// another thread is inside this handle; open one handle per thread (retry).
pub const SIPC_BUSY: i32 = 4;
/// somebody else was faster; nothing was set (retry).
pub const SIPC_CONFLICT: i32 = 5;
/// the call was cancelled (retry).
pub const SIPC_CANCELLED: i32 = 6;
/// the handle is closed (gone).
pub const SIPC_CLOSED: i32 = 10;
/// the handle belongs to the parent process; open a new one in the child (gone).
pub const SIPC_FORKED: i32 = 11;
/// the channel's file was removed by someone; close the handle and open it again (gone).
pub const SIPC_UNLINKED: i32 = 12;
/// this handle was taken for dead because its lock was closed under it; open it again (gone).
pub const SIPC_EVICTED: i32 = 13;
/// the server died while it worked on the call; what it had done by then is not known (gone).
pub const SIPC_SERVER_DIED: i32 = 14;
/// the channel name is not usable (misuse).
pub const SIPC_BAD_NAME: i32 = 20;
/// the verb does not fit the pattern of this channel (misuse).
pub const SIPC_WRONG_PATTERN: i32 = 21;
/// the handle was opened for the other direction (misuse).
pub const SIPC_WRONG_ROLE: i32 = 22;
/// the message is larger than the channel's limit (misuse).
pub const SIPC_TOO_LARGE: i32 = 23;
/// the value cannot be sent as it stands (misuse).
pub const SIPC_BAD_VALUE: i32 = 24;
/// an argument is missing or out of range (misuse).
pub const SIPC_BAD_ARGUMENT: i32 = 25;
/// the channel already has its maximum of producers (misuse).
pub const SIPC_TOO_MANY_PRODUCERS: i32 = 26;
/// the channel already has its maximum of open handles (misuse).
pub const SIPC_TOO_MANY_PEERS: i32 = 27;
/// the server answered with an error of its own (misuse).
pub const SIPC_FAILED: i32 = 28;
/// the channel's file is damaged (corrupt).
pub const SIPC_CORRUPT: i32 = 30;
/// the channel was made by a version or machine this library cannot share memory with (corrupt).
pub const SIPC_VERSION: i32 = 31;
/// shared memory is full (system).
pub const SIPC_NO_SPACE: i32 = 40;
/// not permitted (system).
pub const SIPC_NO_PERMISSION: i32 = 41;
/// the channel directory does not exist or is no directory (system).
pub const SIPC_NO_DIRECTORY: i32 = 42;
/// the operating system refused (system).
pub const SIPC_SYSTEM: i32 = 43;
/// a defect in SimpleIPC; please report it (system).
pub const SIPC_INTERNAL: i32 = 50;

/// Every status: its number, name, class and text.
pub const STATUSES: [(i32, &str, &str, &CStr); 28] = [
    (SIPC_OK, "OK", "ok", c"success"),
    (
        SIPC_TIMEOUT,
        "TIMEOUT",
        "retry",
        c"nothing arrived within the time given",
    ),
    (
        SIPC_FULL,
        "FULL",
        "retry",
        c"no room within the time given; nothing was sent",
    ),
    (
        SIPC_INTERRUPTED,
        "INTERRUPTED",
        "retry",
        c"the wait was interrupted by a signal or by sipc_interrupt",
    ),
    (
        SIPC_BUSY,
        "BUSY",
        "retry",
        c"another thread is inside this handle; open one handle per thread",
    ),
    (
        SIPC_CONFLICT,
        "CONFLICT",
        "retry",
        c"somebody else was faster; nothing was set",
    ),
    (
        SIPC_CANCELLED,
        "CANCELLED",
        "retry",
        c"the call was cancelled",
    ),
    (SIPC_CLOSED, "CLOSED", "gone", c"the handle is closed"),
    (
        SIPC_FORKED,
        "FORKED",
        "gone",
        c"the handle belongs to the parent process; open a new one in the child",
    ),
    (
        SIPC_UNLINKED,
        "UNLINKED",
        "gone",
        c"the channel's file was removed by someone; close the handle and open it again",
    ),
    (
        SIPC_EVICTED,
        "EVICTED",
        "gone",
        c"this handle was taken for dead because its lock was closed under it; open it again",
    ),
    (
        SIPC_SERVER_DIED,
        "SERVER_DIED",
        "gone",
        c"the server died while it worked on the call; what it had done by then is not known",
    ),
    (
        SIPC_BAD_NAME,
        "BAD_NAME",
        "misuse",
        c"the channel name is not usable",
    ),
    (
        SIPC_WRONG_PATTERN,
        "WRONG_PATTERN",
        "misuse",
        c"the verb does not fit the pattern of this channel",
    ),
    (
        SIPC_WRONG_ROLE,
        "WRONG_ROLE",
        "misuse",
        c"the handle was opened for the other direction",
    ),
    (
        SIPC_TOO_LARGE,
        "TOO_LARGE",
        "misuse",
        c"the message is larger than the channel's limit",
    ),
    (
        SIPC_BAD_VALUE,
        "BAD_VALUE",
        "misuse",
        c"the value cannot be sent as it stands",
    ),
    (
        SIPC_BAD_ARGUMENT,
        "BAD_ARGUMENT",
        "misuse",
        c"an argument is missing or out of range",
    ),
    (
        SIPC_TOO_MANY_PRODUCERS,
        "TOO_MANY_PRODUCERS",
        "misuse",
        c"the channel already has its maximum of producers",
    ),
    (
        SIPC_TOO_MANY_PEERS,
        "TOO_MANY_PEERS",
        "misuse",
        c"the channel already has its maximum of open handles",
    ),
    (
        SIPC_FAILED,
        "FAILED",
        "misuse",
        c"the server answered with an error of its own",
    ),
    (
        SIPC_CORRUPT,
        "CORRUPT",
        "corrupt",
        c"the channel's file is damaged",
    ),
    (
        SIPC_VERSION,
        "VERSION",
        "corrupt",
        c"the channel was made by a version or machine this library cannot share memory with",
    ),
    (
        SIPC_NO_SPACE,
        "NO_SPACE",
        "system",
        c"shared memory is full",
    ),
    (
        SIPC_NO_PERMISSION,
        "NO_PERMISSION",
        "system",
        c"not permitted",
    ),
    (
        SIPC_NO_DIRECTORY,
        "NO_DIRECTORY",
        "system",
        c"the channel directory does not exist or is no directory",
    ),
    (
        SIPC_SYSTEM,
        "SYSTEM",
        "system",
        c"the operating system refused",
    ),
    (
        SIPC_INTERNAL,
        "INTERNAL",
        "system",
        c"a defect in SimpleIPC; please report it",
    ),
];

/// The text of a status, or "unknown status".
pub fn status_text(status: i32) -> &'static CStr {
    let known = STATUSES.iter().find(|(number, ..)| *number == status);
    known.map_or(c"unknown status", |(.., text)| text)
}

// What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
// queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
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
/// take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value
/// that holds now
pub const SIPC_ROLE_WATCH: u32 = 6;
/// put a value of kind NULL to say that something has happened
pub const SIPC_ROLE_NOTIFY: u32 = 7;
/// take a value of kind UINT: how many notifications there were since the last take, or since the
/// opening
pub const SIPC_ROLE_WAIT: u32 = 8;
/// sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
pub const SIPC_ROLE_LOCK: u32 = 9;
/// call the methods of a service
pub const SIPC_ROLE_CALL: u32 = 10;
/// take the calls of a service and answer them; with the name NULL, of the one that this process is
/// to be as a plugin
pub const SIPC_ROLE_SERVE: u32 = 11;
/// watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps
/// with event (up, down), pid, program, language, role, since_ns and id
pub const SIPC_ROLE_PEERS: u32 = 12;
/// start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
/// and more
pub const SIPC_ROLE_HOST: u32 = 13;

// The kind of a value. An int sent is an int received, in every language.
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
/// `items`, `count`: count pairs, items\[2k\] a STR key, items\[2k+1\] its value; order kept
pub const SIPC_KIND_MAP: u32 = 8;
/// `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
pub const SIPC_KIND_TENSOR: u32 = 9;
/// `data`, `len`, `label`: bytes with a content type, as application/json
pub const SIPC_KIND_OPAQUE: u32 = 10;

// Element type of a tensor; elements are in the machine's byte order.
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

// Bits of sipc_options.flags.
/// subscriber: the publisher waits for me rather than overwrite what I have not taken
pub const SIPC_OPTION_LOSSLESS: u32 = 1;
/// subscriber: each take skips to the newest message; what it skips counts as missed
pub const SIPC_OPTION_LATEST: u32 = 2;
/// producer: do not spend a clock read per message; publish_time_ns is then 0
pub const SIPC_OPTION_UNSTAMPED: u32 = 4;
/// subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
/// files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel
/// is there, and looks by itself, when nothing happens every 2 ms
pub const SIPC_OPTION_TAP: u32 = 8;

// Bits of sipc_message.flags.
/// queue: an earlier receiver died while holding this message
pub const SIPC_MESSAGE_REDELIVERED: u32 = 1;
/// request: nobody waits for a reply
pub const SIPC_MESSAGE_ONE_WAY: u32 = 2;
/// reply: more replies to this call follow
pub const SIPC_MESSAGE_MORE: u32 = 4;

// Bits of the flags of sipc_call.
/// to do it twice is the same as to do it once: should its server die, another one gets the call,
/// or the next to come
pub const SIPC_CALL_IDEMPOTENT: u32 = 1;
/// do not ask what becomes of it. It is done at most once, also when this process has gone
/// meanwhile
pub const SIPC_CALL_ONE_WAY: u32 = 2;

// Bits of the flags of sipc_reply.
/// one of several replies; the last one is without this bit
pub const SIPC_REPLY_MORE: u32 = 1;
/// an error of this program: a map with code (INT), message (STR) and data (any). The client gets
/// SIPC_FAILED and the map
pub const SIPC_REPLY_ERROR: u32 = 2;

/// Most dimensions a tensor may have.
pub const SIPC_DIMS_MAX: u32 = 8;

/// Longest channel name in bytes of UTF-8.
pub const SIPC_NAME_BYTES_MAX: u32 = 200;

/// Most publishers or senders on one channel at once.
pub const SIPC_PRODUCERS_MAX: u32 = 64;

/// Most open handles of all roles on one channel at once.
pub const SIPC_PEERS_MAX: u32 = 256;

/// An open channel; only pointers to it exist.
#[repr(C)]
#[derive(Debug)]
pub struct sipc_channel {
    _opaque: [u8; 0],
}

/// Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
/// it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sipc_error {
    /// sizeof(sipc_error)
    pub size: u32,
    /// the status the call returned
    pub status: i32,
    /// errno of the operating system, or 0
    pub os_code: i32,
    /// 0
    pub reserved: u32,
    /// one sentence, UTF-8, NUL-terminated: what failed and what to do
    pub message: [c_char; 496],
}

/// Starts a sipc_error: its size is set, all else is 0.
pub const SIPC_ERROR_INIT: sipc_error = sipc_error {
    size: size_of::<sipc_error>() as u32,
    status: 0,
    os_code: 0,
    reserved: 0,
    message: [0; 496],
};

/// One value. The kind says which fields count; the others are 0. A sender's pointers are only read
/// during the call. A receiver's pointers stay valid until sipc_release of their message; the data
/// of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only,
/// of tensors 64-byte aligned.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sipc_value {
    /// sizeof(sipc_value); also set in every element of items
    pub size: u32,
    /// SIPC_KIND_*
    pub kind: u32,
    /// BOOL, INT
    pub i: i64,
    /// UINT
    pub u: u64,
    /// FLOAT
    pub f: f64,
    /// STR, BYTES, TENSOR, OPAQUE: first byte; NULL allowed when len is 0
    pub data: *const c_void,
    /// bytes at data
    pub len: u64,
    /// LIST, MAP: first element
    pub items: *const sipc_value,
    /// LIST: elements; MAP: pairs
    pub count: u64,
    /// TENSOR: format, OPAQUE: content type; UTF-8, at most 255 bytes, not NUL-terminated
    pub label: *const c_char,
    /// bytes at label
    pub label_len: u64,
    /// TENSOR: SIPC_DTYPE_*
    pub dtype: u32,
    /// TENSOR: 0 to SIPC_DIMS_MAX; 0 is one element
    pub ndim: u32,
    /// TENSOR: elements along each dimension
    pub shape: [u64; 8],
    /// TENSOR: bytes from one element to the next; all 0 means dense row-major
    pub strides: [i64; 8],
    /// sipc_put, top-level value only: when the content was captured, or 0
    pub capture_time_ns: i64,
}

/// Starts a sipc_value: its size is set, all else is 0.
pub const SIPC_VALUE_INIT: sipc_value = sipc_value {
    size: size_of::<sipc_value>() as u32,
    kind: 0,
    i: 0,
    u: 0,
    f: 0.0,
    data: std::ptr::null(),
    len: 0,
    items: std::ptr::null(),
    count: 0,
    label: std::ptr::null(),
    label_len: 0,
    dtype: 0,
    ndim: 0,
    shape: [0; 8],
    strides: [0; 8],
    capture_time_ns: 0,
};

/// A received message. The caller owns the struct, the library what it points to until
/// sipc_release; do not copy the struct and release both copies.
#[repr(C)]
#[derive(Debug)]
pub struct sipc_message {
    /// sizeof(sipc_message)
    pub size: u32,
    /// SIPC_MESSAGE_*
    pub flags: u32,
    /// the value, with capture_time_ns
    pub value: sipc_value,
    /// grows by one with each message of one sender
    pub sequence: u64,
    /// identifies the sending handle among all handles of this channel
    pub sender: u64,
    /// CLOCK_MONOTONIC when it was put, or 0 if unstamped
    pub publish_time_ns: i64,
    /// CLOCK_MONOTONIC when it was taken, or 0 if unstamped; age = receive - publish
    pub receive_time_ns: i64,
    /// topic: messages of any sender this subscriber lost since its previous take
    pub missed: u64,
    /// the library's; NULL after sipc_release
    pub hold: *mut c_void,
}

/// Starts a sipc_message: its size is set, all else is 0.
pub const SIPC_MESSAGE_INIT: sipc_message = sipc_message {
    size: size_of::<sipc_message>() as u32,
    flags: 0,
    value: SIPC_VALUE_INIT,
    sequence: 0,
    sender: 0,
    publish_time_ns: 0,
    receive_time_ns: 0,
    missed: 0,
    hold: std::ptr::null_mut(),
};

/// How to open a channel. All zero (but size) is the default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sipc_options {
    /// sizeof(sipc_options)
    pub size: u32,
    /// SIPC_OPTION_*
    pub flags: u32,
    /// subscriber: start with up to this many past messages per publisher; publisher: keep that
    /// many for late joiners (at most depth)
    pub history: u32,
    /// messages a producer may be ahead, a power of two 16..65536, 0 = 256 (topic) or 1024 (queue);
    /// the creator decides
    pub depth: u32,
    /// most shared memory for messages above 104 bytes, 0 = 4 GiB; the creator decides
    pub pool_bytes_max: u64,
    /// where the channel lives, NUL-terminated; NULL = environment SIPC_DIR, else the user's own
    /// directory in /dev/shm. A directory that its group may read, write and search (mode 2770) is
    /// shared by the group, one that the group may only read and search (0750) may be looked at by
    /// it (audit, SIPC_OPTION_TAP); any other is for one user
    pub directory: *const c_char,
    /// waiter: raise this signal (as SIGUSR1) in this process after each notification, by a thread
    /// of the library's; nothing can then be taken from the handle. 0 = do not
    pub signal: i32,
    /// lock: how many may have it at once, 1 to 64, 0 = 1; whoever opens it first decides, and
    /// another number is an error
    pub permits: u32,
}

/// Starts a sipc_options: its size is set, all else is 0.
pub const SIPC_OPTIONS_INIT: sipc_options = sipc_options {
    size: size_of::<sipc_options>() as u32,
    flags: 0,
    history: 0,
    depth: 0,
    pool_bytes_max: 0,
    directory: std::ptr::null(),
    signal: 0,
    permits: 0,
};

/// The ABI version of the loaded library. A binding compares it with SIPC_ABI_VERSION and refuses
/// another.
pub type sipc_abi_version_fn = unsafe extern "C" fn() -> u32;

/// The library's version as text, as "0.1.0". Static; never freed.
pub type sipc_version_fn = unsafe extern "C" fn() -> *const c_char;

/// A short fixed text for a status; for an unknown number "unknown status". Static; never freed.
pub type sipc_status_text_fn = unsafe extern "C" fn(status: i32) -> *const c_char;

/// The clock of all time stamps: CLOCK_MONOTONIC in nanoseconds. The same in every process of the
/// machine.
pub type sipc_now_ns_fn = unsafe extern "C" fn() -> i64;

/// Sends one value to a queue; opens the channel on first use and keeps it open in this process.
/// Waits at most 5 s for room, then FULL. Works in a forked child.
pub type sipc_send_fn = unsafe extern "C" fn(
    name: *const c_char,
    value: *const sipc_value,
    error: *mut sipc_error,
) -> i32;

/// sipc_send of a bool.
pub type sipc_send_bool_fn =
    unsafe extern "C" fn(name: *const c_char, value: i32, error: *mut sipc_error) -> i32;

/// sipc_send of a signed integer.
pub type sipc_send_int_fn =
    unsafe extern "C" fn(name: *const c_char, value: i64, error: *mut sipc_error) -> i32;

/// sipc_send of a float.
pub type sipc_send_float_fn =
    unsafe extern "C" fn(name: *const c_char, value: f64, error: *mut sipc_error) -> i32;

/// sipc_send of a string.
pub type sipc_send_str_fn =
    unsafe extern "C" fn(name: *const c_char, value: *const c_char, error: *mut sipc_error) -> i32;

/// sipc_send of bytes.
pub type sipc_send_bytes_fn = unsafe extern "C" fn(
    name: *const c_char,
    data: *const c_void,
    len: u64,
    error: *mut sipc_error,
) -> i32;

/// Publishes one value on a topic; opens the channel on first use and keeps it open in this
/// process. Waits (at most 5 s, then FULL) only if a lossless subscriber is behind. Works in a
/// forked child.
pub type sipc_publish_fn = unsafe extern "C" fn(
    name: *const c_char,
    value: *const sipc_value,
    error: *mut sipc_error,
) -> i32;

/// sipc_publish of a bool.
pub type sipc_publish_bool_fn =
    unsafe extern "C" fn(name: *const c_char, value: i32, error: *mut sipc_error) -> i32;

/// sipc_publish of a signed integer.
pub type sipc_publish_int_fn =
    unsafe extern "C" fn(name: *const c_char, value: i64, error: *mut sipc_error) -> i32;

/// sipc_publish of a float.
pub type sipc_publish_float_fn =
    unsafe extern "C" fn(name: *const c_char, value: f64, error: *mut sipc_error) -> i32;

/// sipc_publish of a string.
pub type sipc_publish_str_fn =
    unsafe extern "C" fn(name: *const c_char, value: *const c_char, error: *mut sipc_error) -> i32;

/// sipc_publish of bytes.
pub type sipc_publish_bytes_fn = unsafe extern "C" fn(
    name: *const c_char,
    data: *const c_void,
    len: u64,
    error: *mut sipc_error,
) -> i32;

/// Takes one message of a queue; opens the channel on first use and keeps it open. The message
/// counts as done when it is released, or when this thread receives the next one. Works in a forked
/// child.
pub type sipc_receive_fn = unsafe extern "C" fn(
    name: *const c_char,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Sets the value of a state; opens the channel on first use and keeps it open in this process. The
/// value stays when this process has gone. Waits (at most 5 s, then FULL) only while another setter
/// is in the middle of setting. Works in a forked child.
pub type sipc_set_fn = unsafe extern "C" fn(
    name: *const c_char,
    value: *const sipc_value,
    error: *mut sipc_error,
) -> i32;

/// The value of a state, as it is now; waits only if none has been set yet. Opens the channel on
/// first use and keeps it open. Works in a forked child.
pub type sipc_get_fn = unsafe extern "C" fn(
    name: *const c_char,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Says that something has happened, to everybody who has the signal open to wait. Waits for none
/// of them. Opens the channel on first use and keeps it open in this process. Works in a forked
/// child.
pub type sipc_notify_fn = unsafe extern "C" fn(name: *const c_char, error: *mut sipc_error) -> i32;

/// Waits for notifications of a signal. Opens the channel on first use and keeps it open: from then
/// on none is missed, also between two calls. Works in a forked child.
pub type sipc_await_fn = unsafe extern "C" fn(
    name: *const c_char,
    timeout_ns: i64,
    count: *mut u64,
    error: *mut sipc_error,
) -> i32;

/// Opens a channel, creating it if need be; programs may start in any order. Open one handle per
/// thread.
pub type sipc_open_fn = unsafe extern "C" fn(
    name: *const c_char,
    role: u32,
    options: *const sipc_options,
    channel: *mut *mut sipc_channel,
    error: *mut sipc_error,
) -> i32;

/// Closes a handle. Messages taken through it stay valid until they are released. The last process
/// out removes the channel's files, but for a queue that still holds messages, a state that has a
/// value, and a lock whose next owner is to be told of a death.
pub type sipc_close_fn = unsafe extern "C" fn(channel: *mut sipc_channel) -> i32;

/// Publishes, sends or sets one value, or notifies. A failed put leaves a loan with the caller: put
/// it again or sipc_unloan it.
pub type sipc_put_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    value: *const sipc_value,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32;

/// Takes the next message, waiting for it without using the CPU. INTERRUPTED when a signal handler
/// ran while the thread slept, or sipc_interrupt was called; a handler may call sipc_interrupt, and
/// that is never missed.
pub type sipc_take_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Compare and set: sets a state if its value is still the one the caller knows; else CONFLICT, and
/// a loan stays with the caller. Then get the value and think again.
pub type sipc_put_if_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    value: *const sipc_value,
    expected: u64,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32;

/// The value of a state, as it is now, also if it has been taken before; waits only if none has
/// been set yet.
pub type sipc_current_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Waits until the lock, or a permit of the semaphore, is this handle's. A handle has at most one:
/// locking again before sipc_unlock is BAD_ARGUMENT at once. Whoever has waited for 1 ms comes
/// before those who have not, in the order of their waiting.
pub type sipc_lock_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    abandoned_pid: *mut u64,
    error: *mut sipc_error,
) -> i32;

/// Unlocks, or gives the permit back. sipc_close does it, too.
pub type sipc_unlock_fn =
    unsafe extern "C" fn(channel: *mut sipc_channel, error: *mut sipc_error) -> i32;

/// Starts a program as a plugin and looks after it, or stops it. Plugin `p` of the host `h` serves
/// the service `h.p`; what happens, and each line it prints, is an event, to be had by sipc_take or
/// by anybody who subscribes to `h.events`. A plugin calls sipc_open(NULL, SIPC_ROLE_SERVE, ...).
pub type sipc_plugin_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    plugin: *const sipc_value,
    error: *mut sipc_error,
) -> i32;

/// Who has a channel open now: a list of maps with pid (INT), program, language, role (STR: the
/// verb, as "subscribe"), since_ns (INT, CLOCK_MONOTONIC) and id (INT: the sender of its messages),
/// in the order of their coming; empty if there is no such channel. Looks without joining, and
/// needs only leave to read. To be told who comes and goes, open the channel with SIPC_ROLE_PEERS.
pub type sipc_peers_fn = unsafe extern "C" fn(
    name: *const c_char,
    options: *const sipc_options,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Says who this process is to those who list or watch peers. Counts for handles that are opened
/// from now on; longer texts are cut at a character. A binding calls it once, when it is loaded; a
/// program may call it again.
pub type sipc_identify_fn = unsafe extern "C" fn(
    program: *const c_char,
    language: *const c_char,
    error: *mut sipc_error,
) -> i32;

/// Lets go of a message and, in a queue, reports it done.
pub type sipc_release_fn = unsafe extern "C" fn(message: *mut sipc_message);

/// Lends a buffer inside the channel, 64-byte aligned. Fill it, then sipc_put the same value:
/// nothing is copied. At most 16 loans at once per handle.
pub type sipc_loan_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    value: *mut sipc_value,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32;

/// Gives a loan back unpublished.
pub type sipc_unloan_fn =
    unsafe extern "C" fn(channel: *mut sipc_channel, data: *mut c_void) -> i32;

/// Waits until one of several handles has a message, then take it with a timeout of 0. Handles are
/// looked at in turn, so that none starves. With several receivers on one queue another may be
/// faster: the take then times out; wait again. Of a client it means that one of its calls has a
/// reply, or has ended: then ask sipc_result for each, with a timeout of 0.
pub type sipc_wait_fn = unsafe extern "C" fn(
    channels: *const *mut sipc_channel,
    count: u32,
    timeout_ns: i64,
    index: *mut u32,
    error: *mut sipc_error,
) -> i32;

/// A descriptor for poll, epoll and the like, level-triggered: readable as long as there may be
/// something to take. Then call sipc_take (of a client: sipc_result of each call in flight) with a
/// timeout of 0 until it says TIMEOUT; only that clears it. It may be readable although nothing is
/// there: at first, and then up to once a second, every 50 ms while another receiver has a message
/// of the queue in hand, and every 30 ms while calls are in flight. From the first call on a thread
/// of the library waits beside the program; not so with PEERS.
pub type sipc_fd_fn =
    unsafe extern "C" fn(channel: *mut sipc_channel, fd: *mut i32, error: *mut sipc_error) -> i32;

/// Makes the wait in progress on this handle, or else the next one, return SIPC_INTERRUPTED.
pub type sipc_interrupt_fn = unsafe extern "C" fn(channel: *mut sipc_channel) -> i32;

/// Starts a call of a service: exactly one of its servers gets it, or the next one to come. At most
/// 64 calls of a handle are in flight (FULL).
pub type sipc_call_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    method: *const c_char,
    args: *const sipc_value,
    flags: u32,
    timeout_ns: i64,
    call: *mut u64,
    error: *mut sipc_error,
) -> i32;

/// Waits for the next reply of a call. With SIPC_MESSAGE_MORE in its flags another one follows;
/// else the call is over. FAILED is an error of the server's program, which the message holds: a
/// map with code, message and data. After TIMEOUT and INTERRUPTED the call is still in flight;
/// after any other error it is over.
pub type sipc_result_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    call: u64,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32;

/// Ends a call: no server begins with it any more, and one that works on it learns it by
/// sipc_cancelled. Its sipc_result, if anybody asks, is CANCELLED.
pub type sipc_cancel_fn = unsafe extern "C" fn(channel: *mut sipc_channel, call: u64) -> i32;

/// Answers a request; sipc_release it afterwards. A request that is released unanswered is an error
/// for its client. With MORE: CANCELLED if nobody waits, FULL if the client does not take its
/// replies and does not do so within 100 ms. The last reply always has room; one that cannot be
/// sent for another reason is an error for the client, too.
pub type sipc_reply_fn = unsafe extern "C" fn(
    request: *mut sipc_message,
    value: *const sipc_value,
    flags: u32,
    error: *mut sipc_error,
) -> i32;

/// OK as long as somebody waits for the reply to a request; CANCELLED if the call was cancelled or
/// has run out of time, or the client has died. Cheap enough for every turn of a loop.
pub type sipc_cancelled_fn = unsafe extern "C" fn(request: *mut sipc_message) -> i32;

/// Says what this server offers, to those who call ".methods". Calls of other methods arrive, too.
pub type sipc_describe_fn = unsafe extern "C" fn(
    channel: *mut sipc_channel,
    methods: *const sipc_value,
    error: *mut sipc_error,
) -> i32;

/// Describes channels as a JSON list: name, pattern, peers, lanes, waiting messages with their age,
/// memory, leaks. Read-only; changes nothing.
pub type sipc_audit_fn = unsafe extern "C" fn(
    name: *const c_char,
    directory: *const c_char,
    buffer: *mut c_char,
    capacity: u64,
    needed: *mut u64,
    error: *mut sipc_error,
) -> i32;

/// Removes what nobody uses: files of channels whose processes are all dead, and queues left with
/// messages older than the age limit. Channels in use are never touched.
pub type sipc_clean_fn = unsafe extern "C" fn(
    directory: *const c_char,
    age_max_ns: i64,
    count: *mut u64,
    error: *mut sipc_error,
) -> i32;

/// Has rustc compare each `crate::sipc_*` body with its type above.
macro_rules! check_bodies {
    () => {
        const _: $crate::generated::sipc_abi_version_fn = $crate::sipc_abi_version;
        const _: $crate::generated::sipc_version_fn = $crate::sipc_version;
        const _: $crate::generated::sipc_status_text_fn = $crate::sipc_status_text;
        const _: $crate::generated::sipc_now_ns_fn = $crate::sipc_now_ns;
        const _: $crate::generated::sipc_send_fn = $crate::sipc_send;
        const _: $crate::generated::sipc_send_bool_fn = $crate::sipc_send_bool;
        const _: $crate::generated::sipc_send_int_fn = $crate::sipc_send_int;
        const _: $crate::generated::sipc_send_float_fn = $crate::sipc_send_float;
        const _: $crate::generated::sipc_send_str_fn = $crate::sipc_send_str;
        const _: $crate::generated::sipc_send_bytes_fn = $crate::sipc_send_bytes;
        const _: $crate::generated::sipc_publish_fn = $crate::sipc_publish;
        const _: $crate::generated::sipc_publish_bool_fn = $crate::sipc_publish_bool;
        const _: $crate::generated::sipc_publish_int_fn = $crate::sipc_publish_int;
        const _: $crate::generated::sipc_publish_float_fn = $crate::sipc_publish_float;
        const _: $crate::generated::sipc_publish_str_fn = $crate::sipc_publish_str;
        const _: $crate::generated::sipc_publish_bytes_fn = $crate::sipc_publish_bytes;
        const _: $crate::generated::sipc_receive_fn = $crate::sipc_receive;
        const _: $crate::generated::sipc_set_fn = $crate::sipc_set;
        const _: $crate::generated::sipc_get_fn = $crate::sipc_get;
        const _: $crate::generated::sipc_notify_fn = $crate::sipc_notify;
        const _: $crate::generated::sipc_await_fn = $crate::sipc_await;
        const _: $crate::generated::sipc_open_fn = $crate::sipc_open;
        const _: $crate::generated::sipc_close_fn = $crate::sipc_close;
        const _: $crate::generated::sipc_put_fn = $crate::sipc_put;
        const _: $crate::generated::sipc_take_fn = $crate::sipc_take;
        const _: $crate::generated::sipc_put_if_fn = $crate::sipc_put_if;
        const _: $crate::generated::sipc_current_fn = $crate::sipc_current;
        const _: $crate::generated::sipc_lock_fn = $crate::sipc_lock;
        const _: $crate::generated::sipc_unlock_fn = $crate::sipc_unlock;
        const _: $crate::generated::sipc_plugin_fn = $crate::sipc_plugin;
        const _: $crate::generated::sipc_peers_fn = $crate::sipc_peers;
        const _: $crate::generated::sipc_identify_fn = $crate::sipc_identify;
        const _: $crate::generated::sipc_release_fn = $crate::sipc_release;
        const _: $crate::generated::sipc_loan_fn = $crate::sipc_loan;
        const _: $crate::generated::sipc_unloan_fn = $crate::sipc_unloan;
        const _: $crate::generated::sipc_wait_fn = $crate::sipc_wait;
        const _: $crate::generated::sipc_fd_fn = $crate::sipc_fd;
        const _: $crate::generated::sipc_interrupt_fn = $crate::sipc_interrupt;
        const _: $crate::generated::sipc_call_fn = $crate::sipc_call;
        const _: $crate::generated::sipc_result_fn = $crate::sipc_result;
        const _: $crate::generated::sipc_cancel_fn = $crate::sipc_cancel;
        const _: $crate::generated::sipc_reply_fn = $crate::sipc_reply;
        const _: $crate::generated::sipc_cancelled_fn = $crate::sipc_cancelled;
        const _: $crate::generated::sipc_describe_fn = $crate::sipc_describe;
        const _: $crate::generated::sipc_audit_fn = $crate::sipc_audit;
        const _: $crate::generated::sipc_clean_fn = $crate::sipc_clean;
    };
}
pub(crate) use check_bodies;
