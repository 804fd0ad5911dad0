# Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
# frozen_string_literal: true

module SimpleIPC
  # The C surface, in the letters of Array#pack: J is a pointer, p a text that ends with a NUL,
  # v nothing. A field of a struct has its place before its letter, and the struct its end.
  module C
    ABI_VERSION = 1

    # success (ok)
    OK = 0
    # nothing arrived within the time given (retry)
    TIMEOUT = 1
    # no room within the time given; nothing was sent (retry)
    FULL = 2
    # the wait was interrupted by a signal or by sipc_interrupt (retry)
    INTERRUPTED = 3
    # another thread is inside this handle; open one handle per thread (retry)
    BUSY = 4
    # somebody else was faster; nothing was set (retry)
    CONFLICT = 5
    # the call was cancelled (retry)
    CANCELLED = 6
    # the handle is closed (gone)
    CLOSED = 10
    # the handle belongs to the parent process; open a new one in the child (gone)
    FORKED = 11
    # the channel's file was removed by someone; close the handle and open it again (gone)
    UNLINKED = 12
    # this handle was taken for dead because its lock was closed under it; open it again (gone)
    EVICTED = 13
    # the server died while it worked on the call; what it had done by then is not known (gone)
    SERVER_DIED = 14
    # the channel name is not usable (misuse)
    BAD_NAME = 20
    # the verb does not fit the pattern of this channel (misuse)
    WRONG_PATTERN = 21
    # the handle was opened for the other direction (misuse)
    WRONG_ROLE = 22
    # the message is larger than the channel's limit (misuse)
    TOO_LARGE = 23
    # the value cannot be sent as it stands (misuse)
    BAD_VALUE = 24
    # an argument is missing or out of range (misuse)
    BAD_ARGUMENT = 25
    # the channel already has its maximum of producers (misuse)
    TOO_MANY_PRODUCERS = 26
    # the channel already has its maximum of open handles (misuse)
    TOO_MANY_PEERS = 27
    # the server answered with an error of its own (misuse)
    FAILED = 28
    # the channel's file is damaged (corrupt)
    CORRUPT = 30
    # the channel was made by a version or machine this library cannot share memory with (corrupt)
    VERSION = 31
    # shared memory is full (system)
    NO_SPACE = 40
    # not permitted (system)
    NO_PERMISSION = 41
    # the channel directory does not exist or is no directory (system)
    NO_DIRECTORY = 42
    # the operating system refused (system)
    SYSTEM = 43
    # a defect in SimpleIPC; please report it (system)
    INTERNAL = 50

    # The class of a status, by the last number of each class.
    CLASSES = {
      0 => :ok,
      9 => :retry,
      19 => :gone,
      29 => :misuse,
      39 => :corrupt,
      59 => :system,
    }.freeze

    # What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
    # queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
    # put messages on a topic
    ROLE_PUBLISH = 1
    # take messages of a topic
    ROLE_SUBSCRIBE = 2
    # put messages into a queue
    ROLE_SEND = 3
    # take messages out of a queue
    ROLE_RECEIVE = 4
    # put values of a state; each replaces the one before
    ROLE_SET = 5
    # take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
    # value that holds now
    ROLE_WATCH = 6
    # put a value of kind NULL to say that something has happened
    ROLE_NOTIFY = 7
    # take a value of kind UINT: how many notifications there were since the last take, or since the
    # opening
    ROLE_WAIT = 8
    # sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
    ROLE_LOCK = 9
    # call the methods of a service
    ROLE_CALL = 10
    # take the calls of a service and answer them; with the name NULL, of the one that this process
    # is to be as a plugin
    ROLE_SERVE = 11
    # watch who has a channel open, of any pattern, without being on it; take who comes and goes,
    # maps with event (up, down), pid, program, language, role, since_ns and id
    ROLE_PEERS = 12
    # start programs of their own as plugins; take what happens to them, maps with event, plugin,
    # pid and more
    ROLE_HOST = 13

    # The kind of a value. An int sent is an int received, in every language.
    # no value
    KIND_NULL = 0
    # `i` is 0 or 1
    KIND_BOOL = 1
    # `i`: signed 64-bit
    KIND_INT = 2
    # `u`: unsigned 64-bit
    KIND_UINT = 3
    # `f`: IEEE 754 double, all bits kept
    KIND_FLOAT = 4
    # `data`, `len`: UTF-8, may hold NUL bytes, no terminator
    KIND_STR = 5
    # `data`, `len`
    KIND_BYTES = 6
    # `items`, `count`: count values
    KIND_LIST = 7
    # `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
    KIND_MAP = 8
    # `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
    KIND_TENSOR = 9
    # `data`, `len`, `label`: bytes with a content type, as application/json
    KIND_OPAQUE = 10

    # Element type of a tensor; elements are in the machine's byte order.
    # 1 byte, 0 or 1
    DTYPE_BOOL = 1
    # 1 byte
    DTYPE_U8 = 2
    # 1 byte
    DTYPE_I8 = 3
    # 2 bytes
    DTYPE_U16 = 4
    # 2 bytes
    DTYPE_I16 = 5
    # 4 bytes
    DTYPE_U32 = 6
    # 4 bytes
    DTYPE_I32 = 7
    # 8 bytes
    DTYPE_U64 = 8
    # 8 bytes
    DTYPE_I64 = 9
    # 2 bytes, IEEE half
    DTYPE_F16 = 10
    # 4 bytes
    DTYPE_F32 = 11
    # 8 bytes
    DTYPE_F64 = 12
    # 8 bytes, two F32
    DTYPE_C64 = 13
    # 16 bytes, two F64
    DTYPE_C128 = 14

    # Bits of sipc_options.flags.
    # subscriber: the publisher waits for me rather than overwrite what I have not taken
    OPTION_LOSSLESS = 1
    # subscriber: each take skips to the newest message; what it skips counts as missed
    OPTION_LATEST = 2
    # producer: do not spend a clock read per message; publish_time_ns is then 0
    OPTION_UNSTAMPED = 4
    # subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
    # files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel
    # is there, and looks by itself, when nothing happens every 2 ms
    OPTION_TAP = 8

    # Bits of sipc_message.flags.
    # queue: an earlier receiver died while holding this message
    MESSAGE_REDELIVERED = 1
    # request: nobody waits for a reply
    MESSAGE_ONE_WAY = 2
    # reply: more replies to this call follow
    MESSAGE_MORE = 4

    # Bits of the flags of sipc_call.
    # to do it twice is the same as to do it once: should its server die, another one gets the call,
    # or the next to come
    CALL_IDEMPOTENT = 1
    # do not ask what becomes of it. It is done at most once, also when this process has gone
    # meanwhile
    CALL_ONE_WAY = 2

    # Bits of the flags of sipc_reply.
    # one of several replies; the last one is without this bit
    REPLY_MORE = 1
    # an error of this program: a map with code (INT), message (STR) and data (any). The client gets
    # SIPC_FAILED and the map
    REPLY_ERROR = 2

    # Most dimensions a tensor may have.
    DIMS_MAX = 8

    # Longest channel name in bytes of UTF-8.
    NAME_BYTES_MAX = 200

    # Most publishers or senders on one channel at once.
    PRODUCERS_MAX = 64

    # Most open handles of all roles on one channel at once.
    PEERS_MAX = 256

    # Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
    # it.
    ERROR = {
      size: "@0L",
      status: "@4l",
      os_code: "@8l",
      reserved: "@12L",
      message: "@16Z496",
      end: "@512"
    }.freeze
    ERROR_SIZE = 512

    # One value. The kind says which fields count; the others are 0. A sender's pointers are only
    # read during the call. A receiver's pointers stay valid until sipc_release of their message;
    # the data of tensors, bytes and opaque values larger than a slot is the shared memory itself,
    # read-only, of tensors 64-byte aligned.
    VALUE = {
      size: "@0L",
      kind: "@4L",
      i: "@8q",
      u: "@16Q",
      f: "@24d",
      data: "@32J",
      len: "@40Q",
      items: "@48J",
      count: "@56Q",
      label: "@64J",
      label_len: "@72Q",
      dtype: "@80L",
      ndim: "@84L",
      shape: "@88Q8",
      strides: "@152q8",
      capture_time_ns: "@216q",
      end: "@224"
    }.freeze
    VALUE_SIZE = 224

    # A received message. The caller owns the struct, the library what it points to until
    # sipc_release; do not copy the struct and release both copies.
    MESSAGE = {
      size: "@0L",
      flags: "@4L",
      value: "@8a224",
      sequence: "@232Q",
      sender: "@240Q",
      publish_time_ns: "@248q",
      receive_time_ns: "@256q",
      missed: "@264Q",
      hold: "@272J",
      end: "@280"
    }.freeze
    MESSAGE_SIZE = 280

    # How to open a channel. All zero (but size) is the default.
    OPTIONS = {
      size: "@0L",
      flags: "@4L",
      history: "@8L",
      depth: "@12L",
      pool_bytes_max: "@16Q",
      directory: "@24J",
      signal: "@32l",
      permits: "@36L",
      end: "@40"
    }.freeze
    OPTIONS_SIZE = 40

    # Of each function the result, then the arguments.
    FUNCTIONS = {
      abi_version: "L",
      version: "p",
      status_text: "pl",
      now_ns: "q",
      send: "lpJJ",
      send_bool: "lplJ",
      send_int: "lpqJ",
      send_float: "lpdJ",
      send_str: "lppJ",
      send_bytes: "lpJQJ",
      publish: "lpJJ",
      publish_bool: "lplJ",
      publish_int: "lpqJ",
      publish_float: "lpdJ",
      publish_str: "lppJ",
      publish_bytes: "lpJQJ",
      receive: "lpqJJ",
      set: "lpJJ",
      get: "lpqJJ",
      notify: "lpJ",
      await: "lpqJJ",
      open: "lpLJJJ",
      close: "lJ",
      put: "lJJqJ",
      take: "lJqJJ",
      put_if: "lJJQqJ",
      current: "lJqJJ",
      lock: "lJqJJ",
      unlock: "lJJ",
      plugin: "lJJJ",
      peers: "lpJJJ",
      identify: "lppJ",
      release: "vJ",
      loan: "lJJqJ",
      unloan: "lJJ",
      wait: "lJLqJJ",
      fd: "lJJJ",
      interrupt: "lJ",
      call: "lJpJLqJJ",
      result: "lJQqJJ",
      cancel: "lJQ",
      reply: "lJJLJ",
      cancelled: "lJ",
      describe: "lJJJ",
      audit: "lppJQJJ",
      clean: "lpqJJ",
    }.freeze
  end
end
