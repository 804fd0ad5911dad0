// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

using System.Runtime.InteropServices;

namespace SimpleIpc
{
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct sipc_error
    {
        public uint size;
        public int status;
        public int os_code;
        public uint reserved;
        public fixed byte message[496];
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct sipc_value
    {
        public uint size;
        public uint kind;
        public long i;
        public ulong u;
        public double f;
        public void* data;
        public ulong len;
        public sipc_value* items;
        public ulong count;
        public byte* label;
        public ulong label_len;
        public uint dtype;
        public uint ndim;
        public fixed ulong shape[8];
        public fixed long strides[8];
        public long capture_time_ns;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct sipc_message
    {
        public uint size;
        public uint flags;
        public sipc_value value;
        public ulong sequence;
        public ulong sender;
        public long publish_time_ns;
        public long receive_time_ns;
        public ulong missed;
        public void* hold;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct sipc_options
    {
        public uint size;
        public uint flags;
        public uint history;
        public uint depth;
        public ulong pool_bytes_max;
        public byte* directory;
        public int signal;
        public uint permits;
    }

    /// <summary>What the library answers; later ones have more.</summary>
    public enum Status
    {
        /// <summary>success</summary>
        Ok = 0,
        /// <summary>nothing arrived within the time given</summary>
        Timeout = 1,
        /// <summary>no room within the time given; nothing was sent</summary>
        Full = 2,
        /// <summary>the wait was interrupted by a signal or by sipc_interrupt</summary>
        Interrupted = 3,
        /// <summary>another thread is inside this handle; open one handle per thread</summary>
        Busy = 4,
        /// <summary>somebody else was faster; nothing was set</summary>
        Conflict = 5,
        /// <summary>the call was cancelled</summary>
        Cancelled = 6,
        /// <summary>the handle is closed</summary>
        Closed = 10,
        /// <summary>the handle belongs to the parent process; open a new one in the child</summary>
        Forked = 11,
        /// <summary>the channel's file was removed by someone; close the handle and open it
        /// again</summary>
        Unlinked = 12,
        /// <summary>this handle was taken for dead because its lock was closed under it; open it
        /// again</summary>
        Evicted = 13,
        /// <summary>the server died while it worked on the call; what it had done by then is not
        /// known</summary>
        ServerDied = 14,
        /// <summary>the channel name is not usable</summary>
        BadName = 20,
        /// <summary>the verb does not fit the pattern of this channel</summary>
        WrongPattern = 21,
        /// <summary>the handle was opened for the other direction</summary>
        WrongRole = 22,
        /// <summary>the message is larger than the channel's limit</summary>
        TooLarge = 23,
        /// <summary>the value cannot be sent as it stands</summary>
        BadValue = 24,
        /// <summary>an argument is missing or out of range</summary>
        BadArgument = 25,
        /// <summary>the channel already has its maximum of producers</summary>
        TooManyProducers = 26,
        /// <summary>the channel already has its maximum of open handles</summary>
        TooManyPeers = 27,
        /// <summary>the server answered with an error of its own</summary>
        Failed = 28,
        /// <summary>the channel's file is damaged</summary>
        Corrupt = 30,
        /// <summary>the channel was made by a version or machine this library cannot share memory
        /// with</summary>
        Version = 31,
        /// <summary>shared memory is full</summary>
        NoSpace = 40,
        /// <summary>not permitted</summary>
        NoPermission = 41,
        /// <summary>the channel directory does not exist or is no directory</summary>
        NoDirectory = 42,
        /// <summary>the operating system refused</summary>
        System = 43,
        /// <summary>a defect in SimpleIPC; please report it</summary>
        Internal = 50,
    }

    /// <summary>The type of a tensor's elements, in the machine's byte order.</summary>
    public enum Dtype
    {
        /// <summary>1 byte, 0 or 1</summary>
        Bool = 1,
        /// <summary>1 byte</summary>
        U8 = 2,
        /// <summary>1 byte</summary>
        I8 = 3,
        /// <summary>2 bytes</summary>
        U16 = 4,
        /// <summary>2 bytes</summary>
        I16 = 5,
        /// <summary>4 bytes</summary>
        U32 = 6,
        /// <summary>4 bytes</summary>
        I32 = 7,
        /// <summary>8 bytes</summary>
        U64 = 8,
        /// <summary>8 bytes</summary>
        I64 = 9,
        /// <summary>2 bytes, IEEE half</summary>
        F16 = 10,
        /// <summary>4 bytes</summary>
        F32 = 11,
        /// <summary>8 bytes</summary>
        F64 = 12,
        /// <summary>8 bytes, two F32</summary>
        C64 = 13,
        /// <summary>16 bytes, two F64</summary>
        C128 = 14,
    }

    /// <summary>The C surface: its numbers and its functions.</summary>
    internal static unsafe class Raw
    {
        public const uint ABI_VERSION = 1;

        // success (ok)
        public const int OK = 0;
        // nothing arrived within the time given (retry)
        public const int TIMEOUT = 1;
        // no room within the time given; nothing was sent (retry)
        public const int FULL = 2;
        // the wait was interrupted by a signal or by sipc_interrupt (retry)
        public const int INTERRUPTED = 3;
        // another thread is inside this handle; open one handle per thread (retry)
        public const int BUSY = 4;
        // somebody else was faster; nothing was set (retry)
        public const int CONFLICT = 5;
        // the call was cancelled (retry)
        public const int CANCELLED = 6;
        // the handle is closed (gone)
        public const int CLOSED = 10;
        // the handle belongs to the parent process; open a new one in the child (gone)
        public const int FORKED = 11;
        // the channel's file was removed by someone; close the handle and open it again (gone)
        public const int UNLINKED = 12;
        // this handle was taken for dead because its lock was closed under it; open it again (gone)
        public const int EVICTED = 13;
        // the server died while it worked on the call; what it had done by then is not known (gone)
        public const int SERVER_DIED = 14;
        // the channel name is not usable (misuse)
        public const int BAD_NAME = 20;
        // the verb does not fit the pattern of this channel (misuse)
        public const int WRONG_PATTERN = 21;
        // the handle was opened for the other direction (misuse)
        public const int WRONG_ROLE = 22;
        // the message is larger than the channel's limit (misuse)
        public const int TOO_LARGE = 23;
        // the value cannot be sent as it stands (misuse)
        public const int BAD_VALUE = 24;
        // an argument is missing or out of range (misuse)
        public const int BAD_ARGUMENT = 25;
        // the channel already has its maximum of producers (misuse)
        public const int TOO_MANY_PRODUCERS = 26;
        // the channel already has its maximum of open handles (misuse)
        public const int TOO_MANY_PEERS = 27;
        // the server answered with an error of its own (misuse)
        public const int FAILED = 28;
        // the channel's file is damaged (corrupt)
        public const int CORRUPT = 30;
        // the channel was made by a version or machine this library cannot share memory with
        // (corrupt)
        public const int VERSION = 31;
        // shared memory is full (system)
        public const int NO_SPACE = 40;
        // not permitted (system)
        public const int NO_PERMISSION = 41;
        // the channel directory does not exist or is no directory (system)
        public const int NO_DIRECTORY = 42;
        // the operating system refused (system)
        public const int SYSTEM = 43;
        // a defect in SimpleIPC; please report it (system)
        public const int INTERNAL = 50;

        // The last number of each class.
        public const int LAST_OK = 0;
        public const int LAST_RETRY = 9;
        public const int LAST_GONE = 19;
        public const int LAST_MISUSE = 29;
        public const int LAST_CORRUPT = 39;
        public const int LAST_SYSTEM = 59;

        // What a handle is opened for: the verb. Publish and subscribe make a topic, send and
        // receive a queue, set and watch a state, notify and wait a signal, lock a lock or
        // semaphore.
        // put messages on a topic
        public const uint ROLE_PUBLISH = 1;
        // take messages of a topic
        public const uint ROLE_SUBSCRIBE = 2;
        // put messages into a queue
        public const uint ROLE_SEND = 3;
        // take messages out of a queue
        public const uint ROLE_RECEIVE = 4;
        // put values of a state; each replaces the one before
        public const uint ROLE_SET = 5;
        // take values of a state: sipc_take the newest that has not been taken yet, sipc_current
        // the value that holds now
        public const uint ROLE_WATCH = 6;
        // put a value of kind NULL to say that something has happened
        public const uint ROLE_NOTIFY = 7;
        // take a value of kind UINT: how many notifications there were since the last take, or
        // since the opening
        public const uint ROLE_WAIT = 8;
        // sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
        public const uint ROLE_LOCK = 9;
        // call the methods of a service
        public const uint ROLE_CALL = 10;
        // take the calls of a service and answer them; with the name NULL, of the one that this
        // process is to be as a plugin
        public const uint ROLE_SERVE = 11;
        // watch who has a channel open, of any pattern, without being on it; take who comes and
        // goes, maps with event (up, down), pid, program, language, role, since_ns and id
        public const uint ROLE_PEERS = 12;
        // start programs of their own as plugins; take what happens to them, maps with event,
        // plugin, pid and more
        public const uint ROLE_HOST = 13;

        // The kind of a value. An int sent is an int received, in every language.
        // no value
        public const uint KIND_NULL = 0;
        // `i` is 0 or 1
        public const uint KIND_BOOL = 1;
        // `i`: signed 64-bit
        public const uint KIND_INT = 2;
        // `u`: unsigned 64-bit
        public const uint KIND_UINT = 3;
        // `f`: IEEE 754 double, all bits kept
        public const uint KIND_FLOAT = 4;
        // `data`, `len`: UTF-8, may hold NUL bytes, no terminator
        public const uint KIND_STR = 5;
        // `data`, `len`
        public const uint KIND_BYTES = 6;
        // `items`, `count`: count values
        public const uint KIND_LIST = 7;
        // `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
        public const uint KIND_MAP = 8;
        // `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
        public const uint KIND_TENSOR = 9;
        // `data`, `len`, `label`: bytes with a content type, as application/json
        public const uint KIND_OPAQUE = 10;

        // Element type of a tensor; elements are in the machine's byte order.
        // 1 byte, 0 or 1
        public const uint DTYPE_BOOL = 1;
        // 1 byte
        public const uint DTYPE_U8 = 2;
        // 1 byte
        public const uint DTYPE_I8 = 3;
        // 2 bytes
        public const uint DTYPE_U16 = 4;
        // 2 bytes
        public const uint DTYPE_I16 = 5;
        // 4 bytes
        public const uint DTYPE_U32 = 6;
        // 4 bytes
        public const uint DTYPE_I32 = 7;
        // 8 bytes
        public const uint DTYPE_U64 = 8;
        // 8 bytes
        public const uint DTYPE_I64 = 9;
        // 2 bytes, IEEE half
        public const uint DTYPE_F16 = 10;
        // 4 bytes
        public const uint DTYPE_F32 = 11;
        // 8 bytes
        public const uint DTYPE_F64 = 12;
        // 8 bytes, two F32
        public const uint DTYPE_C64 = 13;
        // 16 bytes, two F64
        public const uint DTYPE_C128 = 14;

        // Bits of sipc_options.flags.
        // subscriber: the publisher waits for me rather than overwrite what I have not taken
        public const uint OPTION_LOSSLESS = 1;
        // subscriber: each take skips to the newest message; what it skips counts as missed
        public const uint OPTION_LATEST = 2;
        // producer: do not spend a clock read per message; publish_time_ns is then 0
        public const uint OPTION_UNSTAMPED = 4;
        // subscriber: only look on. A tap takes no place in the channel, needs only leave to read
        // its files, holds up and damages nobody; it is lossy, gets copies, may be opened before
        // the channel is there, and looks by itself, when nothing happens every 2 ms
        public const uint OPTION_TAP = 8;

        // Bits of sipc_message.flags.
        // queue: an earlier receiver died while holding this message
        public const uint MESSAGE_REDELIVERED = 1;
        // request: nobody waits for a reply
        public const uint MESSAGE_ONE_WAY = 2;
        // reply: more replies to this call follow
        public const uint MESSAGE_MORE = 4;

        // Bits of the flags of sipc_call.
        // to do it twice is the same as to do it once: should its server die, another one gets the
        // call, or the next to come
        public const uint CALL_IDEMPOTENT = 1;
        // do not ask what becomes of it. It is done at most once, also when this process has gone
        // meanwhile
        public const uint CALL_ONE_WAY = 2;

        // Bits of the flags of sipc_reply.
        // one of several replies; the last one is without this bit
        public const uint REPLY_MORE = 1;
        // an error of this program: a map with code (INT), message (STR) and data (any). The client
        // gets SIPC_FAILED and the map
        public const uint REPLY_ERROR = 2;

        // Most dimensions a tensor may have.
        public const int DIMS_MAX = 8;

        // Longest channel name in bytes of UTF-8.
        public const int NAME_BYTES_MAX = 200;

        // Most publishers or senders on one channel at once.
        public const int PRODUCERS_MAX = 64;

        // Most open handles of all roles on one channel at once.
        public const int PEERS_MAX = 256;

        private static readonly Library Loaded = new Library(ABI_VERSION);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate uint AbiVersionFunction();

        public static readonly AbiVersionFunction sipc_abi_version =
            Loaded.Function<AbiVersionFunction>("sipc_abi_version");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate byte* VersionFunction();

        public static readonly VersionFunction sipc_version =
            Loaded.Function<VersionFunction>("sipc_version");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate byte* StatusTextFunction(
            int status);

        public static readonly StatusTextFunction sipc_status_text =
            Loaded.Function<StatusTextFunction>("sipc_status_text");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate long NowNsFunction();

        public static readonly NowNsFunction sipc_now_ns =
            Loaded.Function<NowNsFunction>("sipc_now_ns");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendFunction(
            byte* name,
            sipc_value* value,
            sipc_error* error);

        public static readonly SendFunction sipc_send =
            Loaded.Function<SendFunction>("sipc_send");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendBoolFunction(
            byte* name,
            int value,
            sipc_error* error);

        public static readonly SendBoolFunction sipc_send_bool =
            Loaded.Function<SendBoolFunction>("sipc_send_bool");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendIntFunction(
            byte* name,
            long value,
            sipc_error* error);

        public static readonly SendIntFunction sipc_send_int =
            Loaded.Function<SendIntFunction>("sipc_send_int");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendFloatFunction(
            byte* name,
            double value,
            sipc_error* error);

        public static readonly SendFloatFunction sipc_send_float =
            Loaded.Function<SendFloatFunction>("sipc_send_float");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendStrFunction(
            byte* name,
            byte* value,
            sipc_error* error);

        public static readonly SendStrFunction sipc_send_str =
            Loaded.Function<SendStrFunction>("sipc_send_str");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SendBytesFunction(
            byte* name,
            void* data,
            ulong len,
            sipc_error* error);

        public static readonly SendBytesFunction sipc_send_bytes =
            Loaded.Function<SendBytesFunction>("sipc_send_bytes");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishFunction(
            byte* name,
            sipc_value* value,
            sipc_error* error);

        public static readonly PublishFunction sipc_publish =
            Loaded.Function<PublishFunction>("sipc_publish");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishBoolFunction(
            byte* name,
            int value,
            sipc_error* error);

        public static readonly PublishBoolFunction sipc_publish_bool =
            Loaded.Function<PublishBoolFunction>("sipc_publish_bool");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishIntFunction(
            byte* name,
            long value,
            sipc_error* error);

        public static readonly PublishIntFunction sipc_publish_int =
            Loaded.Function<PublishIntFunction>("sipc_publish_int");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishFloatFunction(
            byte* name,
            double value,
            sipc_error* error);

        public static readonly PublishFloatFunction sipc_publish_float =
            Loaded.Function<PublishFloatFunction>("sipc_publish_float");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishStrFunction(
            byte* name,
            byte* value,
            sipc_error* error);

        public static readonly PublishStrFunction sipc_publish_str =
            Loaded.Function<PublishStrFunction>("sipc_publish_str");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PublishBytesFunction(
            byte* name,
            void* data,
            ulong len,
            sipc_error* error);

        public static readonly PublishBytesFunction sipc_publish_bytes =
            Loaded.Function<PublishBytesFunction>("sipc_publish_bytes");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int ReceiveFunction(
            byte* name,
            long timeout_ns,
            sipc_message* message,
            sipc_error* error);

        public static readonly ReceiveFunction sipc_receive =
            Loaded.Function<ReceiveFunction>("sipc_receive");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SetFunction(
            byte* name,
            sipc_value* value,
            sipc_error* error);

        public static readonly SetFunction sipc_set =
            Loaded.Function<SetFunction>("sipc_set");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int GetFunction(
            byte* name,
            long timeout_ns,
            sipc_message* message,
            sipc_error* error);

        public static readonly GetFunction sipc_get =
            Loaded.Function<GetFunction>("sipc_get");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int NotifyFunction(
            byte* name,
            sipc_error* error);

        public static readonly NotifyFunction sipc_notify =
            Loaded.Function<NotifyFunction>("sipc_notify");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int AwaitFunction(
            byte* name,
            long timeout_ns,
            ulong* count,
            sipc_error* error);

        public static readonly AwaitFunction sipc_await =
            Loaded.Function<AwaitFunction>("sipc_await");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int OpenFunction(
            byte* name,
            uint role,
            sipc_options* options,
            ulong* channel,
            sipc_error* error);

        public static readonly OpenFunction sipc_open =
            Loaded.Function<OpenFunction>("sipc_open");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CloseFunction(
            ulong channel);

        public static readonly CloseFunction sipc_close =
            Loaded.Function<CloseFunction>("sipc_close");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PutFunction(
            ulong channel,
            sipc_value* value,
            long timeout_ns,
            sipc_error* error);

        public static readonly PutFunction sipc_put =
            Loaded.Function<PutFunction>("sipc_put");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int TakeFunction(
            ulong channel,
            long timeout_ns,
            sipc_message* message,
            sipc_error* error);

        public static readonly TakeFunction sipc_take =
            Loaded.Function<TakeFunction>("sipc_take");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PutIfFunction(
            ulong channel,
            sipc_value* value,
            ulong expected,
            long timeout_ns,
            sipc_error* error);

        public static readonly PutIfFunction sipc_put_if =
            Loaded.Function<PutIfFunction>("sipc_put_if");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CurrentFunction(
            ulong channel,
            long timeout_ns,
            sipc_message* message,
            sipc_error* error);

        public static readonly CurrentFunction sipc_current =
            Loaded.Function<CurrentFunction>("sipc_current");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int LockFunction(
            ulong channel,
            long timeout_ns,
            ulong* abandoned_pid,
            sipc_error* error);

        public static readonly LockFunction sipc_lock =
            Loaded.Function<LockFunction>("sipc_lock");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int UnlockFunction(
            ulong channel,
            sipc_error* error);

        public static readonly UnlockFunction sipc_unlock =
            Loaded.Function<UnlockFunction>("sipc_unlock");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PluginFunction(
            ulong channel,
            sipc_value* plugin,
            sipc_error* error);

        public static readonly PluginFunction sipc_plugin =
            Loaded.Function<PluginFunction>("sipc_plugin");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int PeersFunction(
            byte* name,
            sipc_options* options,
            sipc_message* message,
            sipc_error* error);

        public static readonly PeersFunction sipc_peers =
            Loaded.Function<PeersFunction>("sipc_peers");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int IdentifyFunction(
            byte* program,
            byte* language,
            sipc_error* error);

        public static readonly IdentifyFunction sipc_identify =
            Loaded.Function<IdentifyFunction>("sipc_identify");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate void ReleaseFunction(
            sipc_message* message);

        public static readonly ReleaseFunction sipc_release =
            Loaded.Function<ReleaseFunction>("sipc_release");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int LoanFunction(
            ulong channel,
            sipc_value* value,
            long timeout_ns,
            sipc_error* error);

        public static readonly LoanFunction sipc_loan =
            Loaded.Function<LoanFunction>("sipc_loan");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int UnloanFunction(
            ulong channel,
            void* data);

        public static readonly UnloanFunction sipc_unloan =
            Loaded.Function<UnloanFunction>("sipc_unloan");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int WaitFunction(
            ulong* channels,
            uint count,
            long timeout_ns,
            uint* index,
            sipc_error* error);

        public static readonly WaitFunction sipc_wait =
            Loaded.Function<WaitFunction>("sipc_wait");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int FdFunction(
            ulong channel,
            int* fd,
            sipc_error* error);

        public static readonly FdFunction sipc_fd =
            Loaded.Function<FdFunction>("sipc_fd");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int InterruptFunction(
            ulong channel);

        public static readonly InterruptFunction sipc_interrupt =
            Loaded.Function<InterruptFunction>("sipc_interrupt");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CallFunction(
            ulong channel,
            byte* method,
            sipc_value* args,
            uint flags,
            long timeout_ns,
            ulong* call,
            sipc_error* error);

        public static readonly CallFunction sipc_call =
            Loaded.Function<CallFunction>("sipc_call");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int ResultFunction(
            ulong channel,
            ulong call,
            long timeout_ns,
            sipc_message* message,
            sipc_error* error);

        public static readonly ResultFunction sipc_result =
            Loaded.Function<ResultFunction>("sipc_result");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CancelFunction(
            ulong channel,
            ulong call);

        public static readonly CancelFunction sipc_cancel =
            Loaded.Function<CancelFunction>("sipc_cancel");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int ReplyFunction(
            sipc_message* request,
            sipc_value* value,
            uint flags,
            sipc_error* error);

        public static readonly ReplyFunction sipc_reply =
            Loaded.Function<ReplyFunction>("sipc_reply");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CancelledFunction(
            sipc_message* request);

        public static readonly CancelledFunction sipc_cancelled =
            Loaded.Function<CancelledFunction>("sipc_cancelled");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int DescribeFunction(
            ulong channel,
            sipc_value* methods,
            sipc_error* error);

        public static readonly DescribeFunction sipc_describe =
            Loaded.Function<DescribeFunction>("sipc_describe");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int AuditFunction(
            byte* name,
            byte* directory,
            byte* buffer,
            ulong capacity,
            ulong* needed,
            sipc_error* error);

        public static readonly AuditFunction sipc_audit =
            Loaded.Function<AuditFunction>("sipc_audit");

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int CleanFunction(
            byte* directory,
            long age_max_ns,
            ulong* count,
            sipc_error* error);

        public static readonly CleanFunction sipc_clean =
            Loaded.Function<CleanFunction>("sipc_clean");

        static Raw()
        {
            Library.Identify();
        }
    }
}
