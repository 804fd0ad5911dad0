// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
//
// What libsimpleipc offers, for koffi. Nobody but src/ imports this.

/** The ABI that this package speaks. */
export const ABI_VERSION = 1;

/** Statuses by name. */
export const STATUS = Object.freeze({
  /** success */
  OK: 0,
  /** nothing arrived within the time given */
  TIMEOUT: 1,
  /** no room within the time given; nothing was sent */
  FULL: 2,
  /** the wait was interrupted by a signal or by sipc_interrupt */
  INTERRUPTED: 3,
  /** another thread is inside this handle; open one handle per thread */
  BUSY: 4,
  /** somebody else was faster; nothing was set */
  CONFLICT: 5,
  /** the call was cancelled */
  CANCELLED: 6,
  /** the handle is closed */
  CLOSED: 10,
  /** the handle belongs to the parent process; open a new one in the child */
  FORKED: 11,
  /** the channel's file was removed by someone; close the handle and open it again */
  UNLINKED: 12,
  /** this handle was taken for dead because its lock was closed under it; open it again */
  EVICTED: 13,
  /** the server died while it worked on the call; what it had done by then is not known */
  SERVER_DIED: 14,
  /** the channel name is not usable */
  BAD_NAME: 20,
  /** the verb does not fit the pattern of this channel */
  WRONG_PATTERN: 21,
  /** the handle was opened for the other direction */
  WRONG_ROLE: 22,
  /** the message is larger than the channel's limit */
  TOO_LARGE: 23,
  /** the value cannot be sent as it stands */
  BAD_VALUE: 24,
  /** an argument is missing or out of range */
  BAD_ARGUMENT: 25,
  /** the channel already has its maximum of producers */
  TOO_MANY_PRODUCERS: 26,
  /** the channel already has its maximum of open handles */
  TOO_MANY_PEERS: 27,
  /** the server answered with an error of its own */
  FAILED: 28,
  /** the channel's file is damaged */
  CORRUPT: 30,
  /** the channel was made by a version or machine this library cannot share memory with */
  VERSION: 31,
  /** shared memory is full */
  NO_SPACE: 40,
  /** not permitted */
  NO_PERMISSION: 41,
  /** the channel directory does not exist or is no directory */
  NO_DIRECTORY: 42,
  /** the operating system refused */
  SYSTEM: 43,
  /** a defect in SimpleIPC; please report it */
  INTERNAL: 50,
});

/** The classes of statuses: name, first and last number, also of statuses to come. */
export const CLASSES = Object.freeze([
  ["ok", 0, 0],
  ["retry", 1, 9],
  ["gone", 10, 19],
  ["misuse", 20, 29],
  ["corrupt", 30, 39],
  ["system", 40, 59],
]);

// What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
// queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
export const ROLE = Object.freeze({
  // put messages on a topic
  PUBLISH: 1,
  // take messages of a topic
  SUBSCRIBE: 2,
  // put messages into a queue
  SEND: 3,
  // take messages out of a queue
  RECEIVE: 4,
  // put values of a state; each replaces the one before
  SET: 5,
  // take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
  // value that holds now
  WATCH: 6,
  // put a value of kind NULL to say that something has happened
  NOTIFY: 7,
  // take a value of kind UINT: how many notifications there were since the last take, or since the
  // opening
  WAIT: 8,
  // sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
  LOCK: 9,
  // call the methods of a service
  CALL: 10,
  // take the calls of a service and answer them; with the name NULL, of the one that this process
  // is to be as a plugin
  SERVE: 11,
  // watch who has a channel open, of any pattern, without being on it; take who comes and goes,
  // maps with event (up, down), pid, program, language, role, since_ns and id
  PEERS: 12,
  // start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
  // and more
  HOST: 13,
});

// The kind of a value. An int sent is an int received, in every language.
export const KIND = Object.freeze({
  // no value
  NULL: 0,
  // `i` is 0 or 1
  BOOL: 1,
  // `i`: signed 64-bit
  INT: 2,
  // `u`: unsigned 64-bit
  UINT: 3,
  // `f`: IEEE 754 double, all bits kept
  FLOAT: 4,
  // `data`, `len`: UTF-8, may hold NUL bytes, no terminator
  STR: 5,
  // `data`, `len`
  BYTES: 6,
  // `items`, `count`: count values
  LIST: 7,
  // `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
  MAP: 8,
  // `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
  TENSOR: 9,
  // `data`, `len`, `label`: bytes with a content type, as application/json
  OPAQUE: 10,
});

// Element type of a tensor; elements are in the machine's byte order.
export const DTYPE = Object.freeze({
  // 1 byte, 0 or 1
  BOOL: 1,
  // 1 byte
  U8: 2,
  // 1 byte
  I8: 3,
  // 2 bytes
  U16: 4,
  // 2 bytes
  I16: 5,
  // 4 bytes
  U32: 6,
  // 4 bytes
  I32: 7,
  // 8 bytes
  U64: 8,
  // 8 bytes
  I64: 9,
  // 2 bytes, IEEE half
  F16: 10,
  // 4 bytes
  F32: 11,
  // 8 bytes
  F64: 12,
  // 8 bytes, two F32
  C64: 13,
  // 16 bytes, two F64
  C128: 14,
});

// Bits of sipc_options.flags.
export const OPTION = Object.freeze({
  // subscriber: the publisher waits for me rather than overwrite what I have not taken
  LOSSLESS: 1,
  // subscriber: each take skips to the newest message; what it skips counts as missed
  LATEST: 2,
  // producer: do not spend a clock read per message; publish_time_ns is then 0
  UNSTAMPED: 4,
  // subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
  // files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel
  // is there, and looks by itself, when nothing happens every 2 ms
  TAP: 8,
});

// Bits of sipc_message.flags.
export const MESSAGE = Object.freeze({
  // queue: an earlier receiver died while holding this message
  REDELIVERED: 1,
  // request: nobody waits for a reply
  ONE_WAY: 2,
  // reply: more replies to this call follow
  MORE: 4,
});

// Bits of the flags of sipc_call.
export const CALL = Object.freeze({
  // to do it twice is the same as to do it once: should its server die, another one gets the call,
  // or the next to come
  IDEMPOTENT: 1,
  // do not ask what becomes of it. It is done at most once, also when this process has gone
  // meanwhile
  ONE_WAY: 2,
});

// Bits of the flags of sipc_reply.
export const REPLY = Object.freeze({
  // one of several replies; the last one is without this bit
  MORE: 1,
  // an error of this program: a map with code (INT), message (STR) and data (any). The client gets
  // SIPC_FAILED and the map
  ERROR: 2,
});

/** Most dimensions a tensor may have. */
export const DIMS_MAX = 8;

/** Longest channel name in bytes of UTF-8. */
export const NAME_BYTES_MAX = 200;

/** Most publishers or senders on one channel at once. */
export const PRODUCERS_MAX = 64;

/** Most open handles of all roles on one channel at once. */
export const PEERS_MAX = 256;

/** The fields of the structs in their order: a type, or an element and how many of it. */
export const STRUCTS = Object.freeze({
  error: {
    size: "uint32_t",
    status: "int32_t",
    os_code: "int32_t",
    reserved: "uint32_t",
    message: ["char", 496],
  },
  value: {
    size: "uint32_t",
    kind: "uint32_t",
    i: "int64_t",
    u: "uint64_t",
    f: "double",
    data: "void *",
    len: "uint64_t",
    items: "void *",
    count: "uint64_t",
    label: "const char *",
    label_len: "uint64_t",
    dtype: "uint32_t",
    ndim: "uint32_t",
    shape: ["uint64_t", 8],
    strides: ["int64_t", 8],
    capture_time_ns: "int64_t",
  },
  message: {
    size: "uint32_t",
    flags: "uint32_t",
    value: "value",
    sequence: "uint64_t",
    sender: "uint64_t",
    publish_time_ns: "int64_t",
    receive_time_ns: "int64_t",
    missed: "uint64_t",
    hold: "void *",
  },
  options: {
    size: "uint32_t",
    flags: "uint32_t",
    history: "uint32_t",
    depth: "uint32_t",
    pool_bytes_max: "uint64_t",
    directory: "const char *",
    signal: "int32_t",
    permits: "uint32_t",
  },
});

/** The functions without their prefix: the result, and the arguments in their order. */
export const FUNCTIONS = Object.freeze({
  abi_version: ["uint32_t", []],
  version: ["const char *", []],
  status_text: ["const char *", ["int32_t"]],
  now_ns: ["int64_t", []],
  send: ["int32_t", ["const char *", "void *", "void *"]],
  send_bool: ["int32_t", ["const char *", "int32_t", "void *"]],
  send_int: ["int32_t", ["const char *", "int64_t", "void *"]],
  send_float: ["int32_t", ["const char *", "double", "void *"]],
  send_str: ["int32_t", ["const char *", "const char *", "void *"]],
  send_bytes: ["int32_t", ["const char *", "void *", "uint64_t", "void *"]],
  publish: ["int32_t", ["const char *", "void *", "void *"]],
  publish_bool: ["int32_t", ["const char *", "int32_t", "void *"]],
  publish_int: ["int32_t", ["const char *", "int64_t", "void *"]],
  publish_float: ["int32_t", ["const char *", "double", "void *"]],
  publish_str: ["int32_t", ["const char *", "const char *", "void *"]],
  publish_bytes: ["int32_t", ["const char *", "void *", "uint64_t", "void *"]],
  receive: ["int32_t", ["const char *", "int64_t", "void *", "void *"]],
  set: ["int32_t", ["const char *", "void *", "void *"]],
  get: ["int32_t", ["const char *", "int64_t", "void *", "void *"]],
  notify: ["int32_t", ["const char *", "void *"]],
  await: ["int32_t", ["const char *", "int64_t", "void *", "void *"]],
  open: ["int32_t", ["const char *", "uint32_t", "void *", "void *", "void *"]],
  close: ["int32_t", ["void *"]],
  put: ["int32_t", ["void *", "void *", "int64_t", "void *"]],
  take: ["int32_t", ["void *", "int64_t", "void *", "void *"]],
  put_if: ["int32_t", ["void *", "void *", "uint64_t", "int64_t", "void *"]],
  current: ["int32_t", ["void *", "int64_t", "void *", "void *"]],
  lock: ["int32_t", ["void *", "int64_t", "void *", "void *"]],
  unlock: ["int32_t", ["void *", "void *"]],
  plugin: ["int32_t", ["void *", "void *", "void *"]],
  peers: ["int32_t", ["const char *", "void *", "void *", "void *"]],
  identify: ["int32_t", ["const char *", "const char *", "void *"]],
  release: ["void", ["void *"]],
  loan: ["int32_t", ["void *", "void *", "int64_t", "void *"]],
  unloan: ["int32_t", ["void *", "void *"]],
  wait: ["int32_t", ["void *", "uint32_t", "int64_t", "void *", "void *"]],
  fd: ["int32_t", ["void *", "void *", "void *"]],
  interrupt: ["int32_t", ["void *"]],
  call: ["int32_t", ["void *", "const char *", "void *", "uint32_t", "int64_t", "void *", "void *"]],
  result: ["int32_t", ["void *", "uint64_t", "int64_t", "void *", "void *"]],
  cancel: ["int32_t", ["void *", "uint64_t"]],
  reply: ["int32_t", ["void *", "void *", "uint32_t", "void *"]],
  cancelled: ["int32_t", ["void *"]],
  describe: ["int32_t", ["void *", "void *", "void *"]],
  audit: ["int32_t", ["const char *", "const char *", "void *", "uint64_t", "void *", "void *"]],
  clean: ["int32_t", ["const char *", "int64_t", "void *", "void *"]],
});
