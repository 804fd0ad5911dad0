-- Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
{-# LANGUAGE ForeignFunctionInterface, InterruptibleFFI, PatternSynonyms #-}

-- | The C surface: numbers, structs and functions under the names of simpleipc.h.
module SimpleIPC.Generated where

import Data.Int (Int32, Int64)
import Data.Word (Word32, Word64, Word8)
import Foreign.C.String (CString)
import Foreign.Ptr (Ptr)

-- | A handle is a number in pointer clothes.
data RawChannel

-- | Where a field lies in its struct.
newtype Field struct a = Field Int

-- | The ABI that is declared here.
pattern SIPC_ABI_VERSION :: Word32
pattern SIPC_ABI_VERSION = 1

-- | success (ok)
pattern SIPC_OK :: Int32
pattern SIPC_OK = 0

-- | nothing arrived within the time given (retry)
pattern SIPC_TIMEOUT :: Int32
pattern SIPC_TIMEOUT = 1

-- | no room within the time given; nothing was sent (retry)
pattern SIPC_FULL :: Int32
pattern SIPC_FULL = 2

-- | the wait was interrupted by a signal or by sipc_interrupt (retry)
pattern SIPC_INTERRUPTED :: Int32
pattern SIPC_INTERRUPTED = 3

-- | another thread is inside this handle; open one handle per thread (retry)
pattern SIPC_BUSY :: Int32
pattern SIPC_BUSY = 4

-- | somebody else was faster; nothing was set (retry)
pattern SIPC_CONFLICT :: Int32
pattern SIPC_CONFLICT = 5

-- | the call was cancelled (retry)
pattern SIPC_CANCELLED :: Int32
pattern SIPC_CANCELLED = 6

-- | the handle is closed (gone)
pattern SIPC_CLOSED :: Int32
pattern SIPC_CLOSED = 10

-- | the handle belongs to the parent process; open a new one in the child (gone)
pattern SIPC_FORKED :: Int32
pattern SIPC_FORKED = 11

-- | the channel's file was removed by someone; close the handle and open it again (gone)
pattern SIPC_UNLINKED :: Int32
pattern SIPC_UNLINKED = 12

-- | this handle was taken for dead because its lock was closed under it; open it again (gone)
pattern SIPC_EVICTED :: Int32
pattern SIPC_EVICTED = 13

-- | the server died while it worked on the call; what it had done by then is not known (gone)
pattern SIPC_SERVER_DIED :: Int32
pattern SIPC_SERVER_DIED = 14

-- | the channel name is not usable (misuse)
pattern SIPC_BAD_NAME :: Int32
pattern SIPC_BAD_NAME = 20

-- | the verb does not fit the pattern of this channel (misuse)
pattern SIPC_WRONG_PATTERN :: Int32
pattern SIPC_WRONG_PATTERN = 21

-- | the handle was opened for the other direction (misuse)
pattern SIPC_WRONG_ROLE :: Int32
pattern SIPC_WRONG_ROLE = 22

-- | the message is larger than the channel's limit (misuse)
pattern SIPC_TOO_LARGE :: Int32
pattern SIPC_TOO_LARGE = 23

-- | the value cannot be sent as it stands (misuse)
pattern SIPC_BAD_VALUE :: Int32
pattern SIPC_BAD_VALUE = 24

-- | an argument is missing or out of range (misuse)
pattern SIPC_BAD_ARGUMENT :: Int32
pattern SIPC_BAD_ARGUMENT = 25

-- | the channel already has its maximum of producers (misuse)
pattern SIPC_TOO_MANY_PRODUCERS :: Int32
pattern SIPC_TOO_MANY_PRODUCERS = 26

-- | the channel already has its maximum of open handles (misuse)
pattern SIPC_TOO_MANY_PEERS :: Int32
pattern SIPC_TOO_MANY_PEERS = 27

-- | the server answered with an error of its own (misuse)
pattern SIPC_FAILED :: Int32
pattern SIPC_FAILED = 28

-- | the channel's file is damaged (corrupt)
pattern SIPC_CORRUPT :: Int32
pattern SIPC_CORRUPT = 30

-- | the channel was made by a version or machine this library cannot share memory with (corrupt)
pattern SIPC_VERSION :: Int32
pattern SIPC_VERSION = 31

-- | shared memory is full (system)
pattern SIPC_NO_SPACE :: Int32
pattern SIPC_NO_SPACE = 40

-- | not permitted (system)
pattern SIPC_NO_PERMISSION :: Int32
pattern SIPC_NO_PERMISSION = 41

-- | the channel directory does not exist or is no directory (system)
pattern SIPC_NO_DIRECTORY :: Int32
pattern SIPC_NO_DIRECTORY = 42

-- | the operating system refused (system)
pattern SIPC_SYSTEM :: Int32
pattern SIPC_SYSTEM = 43

-- | a defect in SimpleIPC; please report it (system)
pattern SIPC_INTERNAL :: Int32
pattern SIPC_INTERNAL = 50

-- | The last number of the class ok.
pattern SIPC_LAST_OK :: Int32
pattern SIPC_LAST_OK = 0

-- | The last number of the class retry.
pattern SIPC_LAST_RETRY :: Int32
pattern SIPC_LAST_RETRY = 9

-- | The last number of the class gone.
pattern SIPC_LAST_GONE :: Int32
pattern SIPC_LAST_GONE = 19

-- | The last number of the class misuse.
pattern SIPC_LAST_MISUSE :: Int32
pattern SIPC_LAST_MISUSE = 29

-- | The last number of the class corrupt.
pattern SIPC_LAST_CORRUPT :: Int32
pattern SIPC_LAST_CORRUPT = 39

-- | The last number of the class system.
pattern SIPC_LAST_SYSTEM :: Int32
pattern SIPC_LAST_SYSTEM = 59

-- | put messages on a topic
pattern SIPC_ROLE_PUBLISH :: Word32
pattern SIPC_ROLE_PUBLISH = 1

-- | take messages of a topic
pattern SIPC_ROLE_SUBSCRIBE :: Word32
pattern SIPC_ROLE_SUBSCRIBE = 2

-- | put messages into a queue
pattern SIPC_ROLE_SEND :: Word32
pattern SIPC_ROLE_SEND = 3

-- | take messages out of a queue
pattern SIPC_ROLE_RECEIVE :: Word32
pattern SIPC_ROLE_RECEIVE = 4

-- | put values of a state; each replaces the one before
pattern SIPC_ROLE_SET :: Word32
pattern SIPC_ROLE_SET = 5

-- | take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
-- value that holds now
pattern SIPC_ROLE_WATCH :: Word32
pattern SIPC_ROLE_WATCH = 6

-- | put a value of kind NULL to say that something has happened
pattern SIPC_ROLE_NOTIFY :: Word32
pattern SIPC_ROLE_NOTIFY = 7

-- | take a value of kind UINT: how many notifications there were since the last take, or since the
-- opening
pattern SIPC_ROLE_WAIT :: Word32
pattern SIPC_ROLE_WAIT = 8

-- | sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
pattern SIPC_ROLE_LOCK :: Word32
pattern SIPC_ROLE_LOCK = 9

-- | call the methods of a service
pattern SIPC_ROLE_CALL :: Word32
pattern SIPC_ROLE_CALL = 10

-- | take the calls of a service and answer them; with the name NULL, of the one that this process
-- is to be as a plugin
pattern SIPC_ROLE_SERVE :: Word32
pattern SIPC_ROLE_SERVE = 11

-- | watch who has a channel open, of any pattern, without being on it; take who comes and goes,
-- maps with event (up, down), pid, program, language, role, since_ns and id
pattern SIPC_ROLE_PEERS :: Word32
pattern SIPC_ROLE_PEERS = 12

-- | start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
-- and more
pattern SIPC_ROLE_HOST :: Word32
pattern SIPC_ROLE_HOST = 13

-- | no value
pattern SIPC_KIND_NULL :: Word32
pattern SIPC_KIND_NULL = 0

-- | `i` is 0 or 1
pattern SIPC_KIND_BOOL :: Word32
pattern SIPC_KIND_BOOL = 1

-- | `i`: signed 64-bit
pattern SIPC_KIND_INT :: Word32
pattern SIPC_KIND_INT = 2

-- | `u`: unsigned 64-bit
pattern SIPC_KIND_UINT :: Word32
pattern SIPC_KIND_UINT = 3

-- | `f`: IEEE 754 double, all bits kept
pattern SIPC_KIND_FLOAT :: Word32
pattern SIPC_KIND_FLOAT = 4

-- | `data`, `len`: UTF-8, may hold NUL bytes, no terminator
pattern SIPC_KIND_STR :: Word32
pattern SIPC_KIND_STR = 5

-- | `data`, `len`
pattern SIPC_KIND_BYTES :: Word32
pattern SIPC_KIND_BYTES = 6

-- | `items`, `count`: count values
pattern SIPC_KIND_LIST :: Word32
pattern SIPC_KIND_LIST = 7

-- | `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
pattern SIPC_KIND_MAP :: Word32
pattern SIPC_KIND_MAP = 8

-- | `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
pattern SIPC_KIND_TENSOR :: Word32
pattern SIPC_KIND_TENSOR = 9

-- | `data`, `len`, `label`: bytes with a content type, as application/json
pattern SIPC_KIND_OPAQUE :: Word32
pattern SIPC_KIND_OPAQUE = 10

-- | 1 byte, 0 or 1
pattern SIPC_DTYPE_BOOL :: Word32
pattern SIPC_DTYPE_BOOL = 1

-- | 1 byte
pattern SIPC_DTYPE_U8 :: Word32
pattern SIPC_DTYPE_U8 = 2

-- | 1 byte
pattern SIPC_DTYPE_I8 :: Word32
pattern SIPC_DTYPE_I8 = 3

-- | 2 bytes
pattern SIPC_DTYPE_U16 :: Word32
pattern SIPC_DTYPE_U16 = 4

-- | 2 bytes
pattern SIPC_DTYPE_I16 :: Word32
pattern SIPC_DTYPE_I16 = 5

-- | 4 bytes
pattern SIPC_DTYPE_U32 :: Word32
pattern SIPC_DTYPE_U32 = 6

-- | 4 bytes
pattern SIPC_DTYPE_I32 :: Word32
pattern SIPC_DTYPE_I32 = 7

-- | 8 bytes
pattern SIPC_DTYPE_U64 :: Word32
pattern SIPC_DTYPE_U64 = 8

-- | 8 bytes
pattern SIPC_DTYPE_I64 :: Word32
pattern SIPC_DTYPE_I64 = 9

-- | 2 bytes, IEEE half
pattern SIPC_DTYPE_F16 :: Word32
pattern SIPC_DTYPE_F16 = 10

-- | 4 bytes
pattern SIPC_DTYPE_F32 :: Word32
pattern SIPC_DTYPE_F32 = 11

-- | 8 bytes
pattern SIPC_DTYPE_F64 :: Word32
pattern SIPC_DTYPE_F64 = 12

-- | 8 bytes, two F32
pattern SIPC_DTYPE_C64 :: Word32
pattern SIPC_DTYPE_C64 = 13

-- | 16 bytes, two F64
pattern SIPC_DTYPE_C128 :: Word32
pattern SIPC_DTYPE_C128 = 14

-- | subscriber: the publisher waits for me rather than overwrite what I have not taken
pattern SIPC_OPTION_LOSSLESS :: Word32
pattern SIPC_OPTION_LOSSLESS = 1

-- | subscriber: each take skips to the newest message; what it skips counts as missed
pattern SIPC_OPTION_LATEST :: Word32
pattern SIPC_OPTION_LATEST = 2

-- | producer: do not spend a clock read per message; publish_time_ns is then 0
pattern SIPC_OPTION_UNSTAMPED :: Word32
pattern SIPC_OPTION_UNSTAMPED = 4

-- | subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
-- files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel
-- is there, and looks by itself, when nothing happens every 2 ms
pattern SIPC_OPTION_TAP :: Word32
pattern SIPC_OPTION_TAP = 8

-- | queue: an earlier receiver died while holding this message
pattern SIPC_MESSAGE_REDELIVERED :: Word32
pattern SIPC_MESSAGE_REDELIVERED = 1

-- | request: nobody waits for a reply
pattern SIPC_MESSAGE_ONE_WAY :: Word32
pattern SIPC_MESSAGE_ONE_WAY = 2

-- | reply: more replies to this call follow
pattern SIPC_MESSAGE_MORE :: Word32
pattern SIPC_MESSAGE_MORE = 4

-- | to do it twice is the same as to do it once: should its server die, another one gets the call,
-- or the next to come
pattern SIPC_CALL_IDEMPOTENT :: Word32
pattern SIPC_CALL_IDEMPOTENT = 1

-- | do not ask what becomes of it. It is done at most once, also when this process has gone
-- meanwhile
pattern SIPC_CALL_ONE_WAY :: Word32
pattern SIPC_CALL_ONE_WAY = 2

-- | one of several replies; the last one is without this bit
pattern SIPC_REPLY_MORE :: Word32
pattern SIPC_REPLY_MORE = 1

-- | an error of this program: a map with code (INT), message (STR) and data (any). The client gets
-- SIPC_FAILED and the map
pattern SIPC_REPLY_ERROR :: Word32
pattern SIPC_REPLY_ERROR = 2

-- | Most dimensions a tensor may have.
pattern SIPC_DIMS_MAX :: Word32
pattern SIPC_DIMS_MAX = 8

-- | Longest channel name in bytes of UTF-8.
pattern SIPC_NAME_BYTES_MAX :: Word32
pattern SIPC_NAME_BYTES_MAX = 200

-- | Most publishers or senders on one channel at once.
pattern SIPC_PRODUCERS_MAX :: Word32
pattern SIPC_PRODUCERS_MAX = 64

-- | Most open handles of all roles on one channel at once.
pattern SIPC_PEERS_MAX :: Word32
pattern SIPC_PEERS_MAX = 256

data RawError

sipc_error_size :: Field RawError Word32
sipc_error_size = Field 0

sipc_error_status :: Field RawError Int32
sipc_error_status = Field 4

sipc_error_os_code :: Field RawError Int32
sipc_error_os_code = Field 8

sipc_error_reserved :: Field RawError Word32
sipc_error_reserved = Field 12

sipc_error_message :: Field RawError Word8
sipc_error_message = Field 16

sizeof_sipc_error :: Int
sizeof_sipc_error = 512

data RawValue

sipc_value_size :: Field RawValue Word32
sipc_value_size = Field 0

sipc_value_kind :: Field RawValue Word32
sipc_value_kind = Field 4

sipc_value_i :: Field RawValue Int64
sipc_value_i = Field 8

sipc_value_u :: Field RawValue Word64
sipc_value_u = Field 16

sipc_value_f :: Field RawValue Double
sipc_value_f = Field 24

sipc_value_data :: Field RawValue (Ptr Word8)
sipc_value_data = Field 32

sipc_value_len :: Field RawValue Word64
sipc_value_len = Field 40

sipc_value_items :: Field RawValue (Ptr RawValue)
sipc_value_items = Field 48

sipc_value_count :: Field RawValue Word64
sipc_value_count = Field 56

sipc_value_label :: Field RawValue CString
sipc_value_label = Field 64

sipc_value_label_len :: Field RawValue Word64
sipc_value_label_len = Field 72

sipc_value_dtype :: Field RawValue Word32
sipc_value_dtype = Field 80

sipc_value_ndim :: Field RawValue Word32
sipc_value_ndim = Field 84

sipc_value_shape :: Field RawValue Word64
sipc_value_shape = Field 88

sipc_value_strides :: Field RawValue Int64
sipc_value_strides = Field 152

sipc_value_capture_time_ns :: Field RawValue Int64
sipc_value_capture_time_ns = Field 216

sizeof_sipc_value :: Int
sizeof_sipc_value = 224

data RawMessage

sipc_message_size :: Field RawMessage Word32
sipc_message_size = Field 0

sipc_message_flags :: Field RawMessage Word32
sipc_message_flags = Field 4

sipc_message_value :: Field RawMessage RawValue
sipc_message_value = Field 8

sipc_message_sequence :: Field RawMessage Word64
sipc_message_sequence = Field 232

sipc_message_sender :: Field RawMessage Word64
sipc_message_sender = Field 240

sipc_message_publish_time_ns :: Field RawMessage Int64
sipc_message_publish_time_ns = Field 248

sipc_message_receive_time_ns :: Field RawMessage Int64
sipc_message_receive_time_ns = Field 256

sipc_message_missed :: Field RawMessage Word64
sipc_message_missed = Field 264

sipc_message_hold :: Field RawMessage (Ptr Word8)
sipc_message_hold = Field 272

sizeof_sipc_message :: Int
sizeof_sipc_message = 280

data RawOptions

sipc_options_size :: Field RawOptions Word32
sipc_options_size = Field 0

sipc_options_flags :: Field RawOptions Word32
sipc_options_flags = Field 4

sipc_options_history :: Field RawOptions Word32
sipc_options_history = Field 8

sipc_options_depth :: Field RawOptions Word32
sipc_options_depth = Field 12

sipc_options_pool_bytes_max :: Field RawOptions Word64
sipc_options_pool_bytes_max = Field 16

sipc_options_directory :: Field RawOptions CString
sipc_options_directory = Field 24

sipc_options_signal :: Field RawOptions Int32
sipc_options_signal = Field 32

sipc_options_permits :: Field RawOptions Word32
sipc_options_permits = Field 36

sizeof_sipc_options :: Int
sizeof_sipc_options = 40

foreign import ccall unsafe "sipc_abi_version" sipc_abi_version
    :: IO Word32

foreign import ccall unsafe "sipc_version" sipc_version
    :: IO CString

foreign import ccall unsafe "sipc_status_text" sipc_status_text
    :: Int32 -> IO CString

foreign import ccall unsafe "sipc_now_ns" sipc_now_ns
    :: IO Int64

foreign import ccall interruptible "sipc_send" sipc_send
    :: CString -> Ptr RawValue -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_send_bool" sipc_send_bool
    :: CString -> Int32 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_send_int" sipc_send_int
    :: CString -> Int64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_send_float" sipc_send_float
    :: CString -> Double -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_send_str" sipc_send_str
    :: CString -> CString -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_send_bytes" sipc_send_bytes
    :: CString -> Ptr Word8 -> Word64 -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_publish" sipc_publish
    :: CString -> Ptr RawValue -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_publish_bool" sipc_publish_bool
    :: CString -> Int32 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_publish_int" sipc_publish_int
    :: CString -> Int64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_publish_float" sipc_publish_float
    :: CString -> Double -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_publish_str" sipc_publish_str
    :: CString -> CString -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_publish_bytes" sipc_publish_bytes
    :: CString -> Ptr Word8 -> Word64 -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_receive" sipc_receive
    :: CString -> Int64 -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_set" sipc_set
    :: CString -> Ptr RawValue -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_get" sipc_get
    :: CString -> Int64 -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_notify" sipc_notify
    :: CString -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_await" sipc_await
    :: CString -> Int64 -> Ptr Word64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_open" sipc_open
    :: CString -> Word32 -> Ptr RawOptions -> Ptr (Ptr RawChannel) -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_close" sipc_close
    :: Ptr RawChannel -> IO Int32

foreign import ccall interruptible "sipc_put" sipc_put
    :: Ptr RawChannel -> Ptr RawValue -> Int64 -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_take" sipc_take
    :: Ptr RawChannel -> Int64 -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_put_if" sipc_put_if
    :: Ptr RawChannel -> Ptr RawValue -> Word64 -> Int64 -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_current" sipc_current
    :: Ptr RawChannel -> Int64 -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_lock" sipc_lock
    :: Ptr RawChannel -> Int64 -> Ptr Word64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_unlock" sipc_unlock
    :: Ptr RawChannel -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_plugin" sipc_plugin
    :: Ptr RawChannel -> Ptr RawValue -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_peers" sipc_peers
    :: CString -> Ptr RawOptions -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_identify" sipc_identify
    :: CString -> CString -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_release" sipc_release
    :: Ptr RawMessage -> IO ()

foreign import ccall interruptible "sipc_loan" sipc_loan
    :: Ptr RawChannel -> Ptr RawValue -> Int64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_unloan" sipc_unloan
    :: Ptr RawChannel -> Ptr Word8 -> IO Int32

foreign import ccall interruptible "sipc_wait" sipc_wait
    :: Ptr (Ptr RawChannel) -> Word32 -> Int64 -> Ptr Word32 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_fd" sipc_fd
    :: Ptr RawChannel -> Ptr Int32 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_interrupt" sipc_interrupt
    :: Ptr RawChannel -> IO Int32

foreign import ccall interruptible "sipc_call" sipc_call
    :: Ptr RawChannel -> CString -> Ptr RawValue -> Word32 -> Int64 -> Ptr Word64 -> Ptr RawError -> IO Int32

foreign import ccall interruptible "sipc_result" sipc_result
    :: Ptr RawChannel -> Word64 -> Int64 -> Ptr RawMessage -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_cancel" sipc_cancel
    :: Ptr RawChannel -> Word64 -> IO Int32

foreign import ccall safe "sipc_reply" sipc_reply
    :: Ptr RawMessage -> Ptr RawValue -> Word32 -> Ptr RawError -> IO Int32

foreign import ccall unsafe "sipc_cancelled" sipc_cancelled
    :: Ptr RawMessage -> IO Int32

foreign import ccall safe "sipc_describe" sipc_describe
    :: Ptr RawChannel -> Ptr RawValue -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_audit" sipc_audit
    :: CString -> CString -> CString -> Word64 -> Ptr Word64 -> Ptr RawError -> IO Int32

foreign import ccall safe "sipc_clean" sipc_clean
    :: CString -> Int64 -> Ptr Word64 -> Ptr RawError -> IO Int32

