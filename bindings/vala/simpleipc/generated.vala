// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

namespace SimpleIpc {
    /** Statuses 1 to 9; the code is the status. */
    public errordomain RetryError {
        /** nothing arrived within the time given */
        TIMEOUT = 1,
        /** no room within the time given; nothing was sent */
        FULL = 2,
        /** the wait was interrupted by a signal or by sipc_interrupt */
        INTERRUPTED = 3,
        /** another thread is inside this handle; open one handle per thread */
        BUSY = 4,
        /** somebody else was faster; nothing was set */
        CONFLICT = 5,
        /** the call was cancelled */
        CANCELLED = 6,
    }

    /** Statuses 10 to 19; the code is the status. */
    public errordomain GoneError {
        /** the handle is closed */
        CLOSED = 10,
        /** the handle belongs to the parent process; open a new one in the child */
        FORKED = 11,
        /** the channel's file was removed by someone; close the handle and open it again */
        UNLINKED = 12,
        /** this handle was taken for dead because its lock was closed under it; open it again */
        EVICTED = 13,
        /** the server died while it worked on the call; what it had done by then is not known */
        SERVER_DIED = 14,
    }

    /** Statuses 20 to 29; the code is the status. */
    public errordomain MisuseError {
        /** the channel name is not usable */
        BAD_NAME = 20,
        /** the verb does not fit the pattern of this channel */
        WRONG_PATTERN = 21,
        /** the handle was opened for the other direction */
        WRONG_ROLE = 22,
        /** the message is larger than the channel's limit */
        TOO_LARGE = 23,
        /** the value cannot be sent as it stands */
        BAD_VALUE = 24,
        /** an argument is missing or out of range */
        BAD_ARGUMENT = 25,
        /** the channel already has its maximum of producers */
        TOO_MANY_PRODUCERS = 26,
        /** the channel already has its maximum of open handles */
        TOO_MANY_PEERS = 27,
        /** the server answered with an error of its own */
        FAILED = 28,
    }

    /** Statuses 30 to 39; the code is the status. */
    public errordomain CorruptError {
        /** the channel's file is damaged */
        CORRUPT = 30,
        /** the channel was made by a version or machine this library cannot share memory with */
        VERSION = 31,
    }

    /** Statuses 40 to 59; the code is the status. */
    public errordomain SystemError {
        /** shared memory is full */
        NO_SPACE = 40,
        /** not permitted */
        NO_PERMISSION = 41,
        /** the channel directory does not exist or is no directory */
        NO_DIRECTORY = 42,
        /** the operating system refused */
        SYSTEM = 43,
        /** a defect in SimpleIPC; please report it */
        INTERNAL = 50,
    }

    /** The type of a tensor's elements, in the machine's byte order. */
    public enum Dtype {
        /** 1 byte, 0 or 1 */
        BOOL = 1,
        /** 1 byte */
        U8 = 2,
        /** 1 byte */
        I8 = 3,
        /** 2 bytes */
        U16 = 4,
        /** 2 bytes */
        I16 = 5,
        /** 4 bytes */
        U32 = 6,
        /** 4 bytes */
        I32 = 7,
        /** 8 bytes */
        U64 = 8,
        /** 8 bytes */
        I64 = 9,
        /** 2 bytes, IEEE half */
        F16 = 10,
        /** 4 bytes */
        F32 = 11,
        /** 8 bytes */
        F64 = 12,
        /** 8 bytes, two F32 */
        C64 = 13,
        /** 16 bytes, two F64 */
        C128 = 14,
    }
}

/** The C surface: numbers, structs and functions of simpleipc.h. */
namespace SimpleIpc.Raw {
    public const uint32 ABI_VERSION = 1;

    public const int32 OK = 0;
    public const int32 TIMEOUT = 1;
    public const int32 FULL = 2;
    public const int32 INTERRUPTED = 3;
    public const int32 BUSY = 4;
    public const int32 CONFLICT = 5;
    public const int32 CANCELLED = 6;
    public const int32 CLOSED = 10;
    public const int32 FORKED = 11;
    public const int32 UNLINKED = 12;
    public const int32 EVICTED = 13;
    public const int32 SERVER_DIED = 14;
    public const int32 BAD_NAME = 20;
    public const int32 WRONG_PATTERN = 21;
    public const int32 WRONG_ROLE = 22;
    public const int32 TOO_LARGE = 23;
    public const int32 BAD_VALUE = 24;
    public const int32 BAD_ARGUMENT = 25;
    public const int32 TOO_MANY_PRODUCERS = 26;
    public const int32 TOO_MANY_PEERS = 27;
    public const int32 FAILED = 28;
    public const int32 CORRUPT = 30;
    public const int32 VERSION = 31;
    public const int32 NO_SPACE = 40;
    public const int32 NO_PERMISSION = 41;
    public const int32 NO_DIRECTORY = 42;
    public const int32 SYSTEM = 43;
    public const int32 INTERNAL = 50;

    public const int32 LAST_OK = 0;
    public const int32 LAST_RETRY = 9;
    public const int32 LAST_GONE = 19;
    public const int32 LAST_MISUSE = 29;
    public const int32 LAST_CORRUPT = 39;
    public const int32 LAST_SYSTEM = 59;

    public const uint32 ROLE_PUBLISH = 1;
    public const uint32 ROLE_SUBSCRIBE = 2;
    public const uint32 ROLE_SEND = 3;
    public const uint32 ROLE_RECEIVE = 4;
    public const uint32 ROLE_SET = 5;
    public const uint32 ROLE_WATCH = 6;
    public const uint32 ROLE_NOTIFY = 7;
    public const uint32 ROLE_WAIT = 8;
    public const uint32 ROLE_LOCK = 9;
    public const uint32 ROLE_CALL = 10;
    public const uint32 ROLE_SERVE = 11;
    public const uint32 ROLE_PEERS = 12;
    public const uint32 ROLE_HOST = 13;
    public const uint32 KIND_NULL = 0;
    public const uint32 KIND_BOOL = 1;
    public const uint32 KIND_INT = 2;
    public const uint32 KIND_UINT = 3;
    public const uint32 KIND_FLOAT = 4;
    public const uint32 KIND_STR = 5;
    public const uint32 KIND_BYTES = 6;
    public const uint32 KIND_LIST = 7;
    public const uint32 KIND_MAP = 8;
    public const uint32 KIND_TENSOR = 9;
    public const uint32 KIND_OPAQUE = 10;
    public const uint32 DTYPE_BOOL = 1;
    public const uint32 DTYPE_U8 = 2;
    public const uint32 DTYPE_I8 = 3;
    public const uint32 DTYPE_U16 = 4;
    public const uint32 DTYPE_I16 = 5;
    public const uint32 DTYPE_U32 = 6;
    public const uint32 DTYPE_I32 = 7;
    public const uint32 DTYPE_U64 = 8;
    public const uint32 DTYPE_I64 = 9;
    public const uint32 DTYPE_F16 = 10;
    public const uint32 DTYPE_F32 = 11;
    public const uint32 DTYPE_F64 = 12;
    public const uint32 DTYPE_C64 = 13;
    public const uint32 DTYPE_C128 = 14;
    public const uint32 OPTION_LOSSLESS = 1;
    public const uint32 OPTION_LATEST = 2;
    public const uint32 OPTION_UNSTAMPED = 4;
    public const uint32 OPTION_TAP = 8;
    public const uint32 MESSAGE_REDELIVERED = 1;
    public const uint32 MESSAGE_ONE_WAY = 2;
    public const uint32 MESSAGE_MORE = 4;
    public const uint32 CALL_IDEMPOTENT = 1;
    public const uint32 CALL_ONE_WAY = 2;
    public const uint32 REPLY_MORE = 1;
    public const uint32 REPLY_ERROR = 2;
    public const uint32 DIMS_MAX = 8;
    public const uint32 NAME_BYTES_MAX = 200;
    public const uint32 PRODUCERS_MAX = 64;
    public const uint32 PEERS_MAX = 256;

    [CCode (has_type_id = false)]
    public struct Error {
        public uint32 size;
        public int32 status;
        public int32 os_code;
        public uint32 reserved;
        public char message[496];
    }

    [CCode (has_type_id = false)]
    public struct Value {
        public uint32 size;
        public uint32 kind;
        public int64 i;
        public uint64 u;
        public double f;
        public void* data;
        public uint64 len;
        public Value* items;
        public uint64 count;
        public char* label;
        public uint64 label_len;
        public uint32 dtype;
        public uint32 ndim;
        public uint64 shape[8];
        public int64 strides[8];
        public int64 capture_time_ns;
    }

    [CCode (has_type_id = false)]
    public struct Message {
        public uint32 size;
        public uint32 flags;
        public Value value;
        public uint64 sequence;
        public uint64 sender;
        public int64 publish_time_ns;
        public int64 receive_time_ns;
        public uint64 missed;
        public void* hold;
    }

    [CCode (has_type_id = false)]
    public struct Options {
        public uint32 size;
        public uint32 flags;
        public uint32 history;
        public uint32 depth;
        public uint64 pool_bytes_max;
        public char* directory;
        public int32 @signal;
        public uint32 permits;
    }

    [CCode (cname = "sipc_abi_version")]
    public extern uint32 abi_version ();

    [CCode (cname = "sipc_version")]
    public extern unowned string version ();

    [CCode (cname = "sipc_status_text")]
    public extern unowned string status_text (
        int32 status);

    [CCode (cname = "sipc_now_ns")]
    public extern int64 now_ns ();

    [CCode (cname = "sipc_send")]
    public extern int32 send (
        char* name,
        Value* value,
        ref Error error);

    [CCode (cname = "sipc_send_bool")]
    public extern int32 send_bool (
        char* name,
        int32 value,
        ref Error error);

    [CCode (cname = "sipc_send_int")]
    public extern int32 send_int (
        char* name,
        int64 value,
        ref Error error);

    [CCode (cname = "sipc_send_float")]
    public extern int32 send_float (
        char* name,
        double value,
        ref Error error);

    [CCode (cname = "sipc_send_str")]
    public extern int32 send_str (
        char* name,
        char* value,
        ref Error error);

    [CCode (cname = "sipc_send_bytes")]
    public extern int32 send_bytes (
        char* name,
        void* data,
        uint64 len,
        ref Error error);

    [CCode (cname = "sipc_publish")]
    public extern int32 publish (
        char* name,
        Value* value,
        ref Error error);

    [CCode (cname = "sipc_publish_bool")]
    public extern int32 publish_bool (
        char* name,
        int32 value,
        ref Error error);

    [CCode (cname = "sipc_publish_int")]
    public extern int32 publish_int (
        char* name,
        int64 value,
        ref Error error);

    [CCode (cname = "sipc_publish_float")]
    public extern int32 publish_float (
        char* name,
        double value,
        ref Error error);

    [CCode (cname = "sipc_publish_str")]
    public extern int32 publish_str (
        char* name,
        char* value,
        ref Error error);

    [CCode (cname = "sipc_publish_bytes")]
    public extern int32 publish_bytes (
        char* name,
        void* data,
        uint64 len,
        ref Error error);

    [CCode (cname = "sipc_receive")]
    public extern int32 receive (
        char* name,
        int64 timeout_ns,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_set")]
    public extern int32 set (
        char* name,
        Value* value,
        ref Error error);

    [CCode (cname = "sipc_get")]
    public extern int32 get (
        char* name,
        int64 timeout_ns,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_notify")]
    public extern int32 notify (
        char* name,
        ref Error error);

    [CCode (cname = "sipc_await")]
    public extern int32 await (
        char* name,
        int64 timeout_ns,
        out uint64 count,
        ref Error error);

    [CCode (cname = "sipc_open")]
    public extern int32 open (
        char* name,
        uint32 role,
        Options* options,
        out void* channel,
        ref Error error);

    [CCode (cname = "sipc_close")]
    public extern int32 close (
        void* channel);

    [CCode (cname = "sipc_put")]
    public extern int32 put (
        void* channel,
        Value* value,
        int64 timeout_ns,
        ref Error error);

    [CCode (cname = "sipc_take")]
    public extern int32 take (
        void* channel,
        int64 timeout_ns,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_put_if")]
    public extern int32 put_if (
        void* channel,
        Value* value,
        uint64 expected,
        int64 timeout_ns,
        ref Error error);

    [CCode (cname = "sipc_current")]
    public extern int32 current (
        void* channel,
        int64 timeout_ns,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_lock")]
    public extern int32 lock (
        void* channel,
        int64 timeout_ns,
        out uint64 abandoned_pid,
        ref Error error);

    [CCode (cname = "sipc_unlock")]
    public extern int32 unlock (
        void* channel,
        ref Error error);

    [CCode (cname = "sipc_plugin")]
    public extern int32 plugin (
        void* channel,
        Value* plugin,
        ref Error error);

    [CCode (cname = "sipc_peers")]
    public extern int32 peers (
        char* name,
        Options* options,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_identify")]
    public extern int32 identify (
        char* program,
        char* language,
        ref Error error);

    [CCode (cname = "sipc_release")]
    public extern void release (
        Message* message);

    [CCode (cname = "sipc_loan")]
    public extern int32 loan (
        void* channel,
        Value* value,
        int64 timeout_ns,
        ref Error error);

    [CCode (cname = "sipc_unloan")]
    public extern int32 unloan (
        void* channel,
        void* data);

    [CCode (cname = "sipc_wait")]
    public extern int32 wait (
        void** channels,
        uint32 count,
        int64 timeout_ns,
        out uint32 index,
        ref Error error);

    [CCode (cname = "sipc_fd")]
    public extern int32 fd (
        void* channel,
        out int32 fd,
        ref Error error);

    [CCode (cname = "sipc_interrupt")]
    public extern int32 interrupt (
        void* channel);

    [CCode (cname = "sipc_call")]
    public extern int32 call (
        void* channel,
        char* method,
        Value* args,
        uint32 flags,
        int64 timeout_ns,
        out uint64 call,
        ref Error error);

    [CCode (cname = "sipc_result")]
    public extern int32 result (
        void* channel,
        uint64 call,
        int64 timeout_ns,
        Message* message,
        ref Error error);

    [CCode (cname = "sipc_cancel")]
    public extern int32 cancel (
        void* channel,
        uint64 call);

    [CCode (cname = "sipc_reply")]
    public extern int32 reply (
        Message* request,
        Value* value,
        uint32 flags,
        ref Error error);

    [CCode (cname = "sipc_cancelled")]
    public extern int32 cancelled (
        Message* request);

    [CCode (cname = "sipc_describe")]
    public extern int32 describe (
        void* channel,
        Value* methods,
        ref Error error);

    [CCode (cname = "sipc_audit")]
    public extern int32 audit (
        char* name,
        char* directory,
        char* buffer,
        uint64 capacity,
        out uint64 needed,
        ref Error error);

    [CCode (cname = "sipc_clean")]
    public extern int32 clean (
        char* directory,
        int64 age_max_ns,
        out uint64 count,
        ref Error error);

}
