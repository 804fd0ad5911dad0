;;;; Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

(cl:in-package "SIMPLEIPC.C")

(cl:defconstant +abi-version+ 1)

;; success (ok)
(cl:defconstant +ok+ 0)
;; nothing arrived within the time given (retry)
(cl:defconstant +timeout+ 1)
;; no room within the time given; nothing was sent (retry)
(cl:defconstant +full+ 2)
;; the wait was interrupted by a signal or by sipc_interrupt (retry)
(cl:defconstant +interrupted+ 3)
;; another thread is inside this handle; open one handle per thread (retry)
(cl:defconstant +busy+ 4)
;; somebody else was faster; nothing was set (retry)
(cl:defconstant +conflict+ 5)
;; the call was cancelled (retry)
(cl:defconstant +cancelled+ 6)
;; the handle is closed (gone)
(cl:defconstant +closed+ 10)
;; the handle belongs to the parent process; open a new one in the child (gone)
(cl:defconstant +forked+ 11)
;; the channel's file was removed by someone; close the handle and open it again (gone)
(cl:defconstant +unlinked+ 12)
;; this handle was taken for dead because its lock was closed under it; open it again (gone)
(cl:defconstant +evicted+ 13)
;; the server died while it worked on the call; what it had done by then is not known (gone)
(cl:defconstant +server-died+ 14)
;; the channel name is not usable (misuse)
(cl:defconstant +bad-name+ 20)
;; the verb does not fit the pattern of this channel (misuse)
(cl:defconstant +wrong-pattern+ 21)
;; the handle was opened for the other direction (misuse)
(cl:defconstant +wrong-role+ 22)
;; the message is larger than the channel's limit (misuse)
(cl:defconstant +too-large+ 23)
;; the value cannot be sent as it stands (misuse)
(cl:defconstant +bad-value+ 24)
;; an argument is missing or out of range (misuse)
(cl:defconstant +bad-argument+ 25)
;; the channel already has its maximum of producers (misuse)
(cl:defconstant +too-many-producers+ 26)
;; the channel already has its maximum of open handles (misuse)
(cl:defconstant +too-many-peers+ 27)
;; the server answered with an error of its own (misuse)
(cl:defconstant +failed+ 28)
;; the channel's file is damaged (corrupt)
(cl:defconstant +corrupt+ 30)
;; the channel was made by a version or machine this library cannot share memory with (corrupt)
(cl:defconstant +version+ 31)
;; shared memory is full (system)
(cl:defconstant +no-space+ 40)
;; not permitted (system)
(cl:defconstant +no-permission+ 41)
;; the channel directory does not exist or is no directory (system)
(cl:defconstant +no-directory+ 42)
;; the operating system refused (system)
(cl:defconstant +system+ 43)
;; a defect in SimpleIPC; please report it (system)
(cl:defconstant +internal+ 50)

;; The keyword of each status.
(cl:defparameter *statuses*
  '((0 . :ok)
    (1 . :timeout)
    (2 . :full)
    (3 . :interrupted)
    (4 . :busy)
    (5 . :conflict)
    (6 . :cancelled)
    (10 . :closed)
    (11 . :forked)
    (12 . :unlinked)
    (13 . :evicted)
    (14 . :server-died)
    (20 . :bad-name)
    (21 . :wrong-pattern)
    (22 . :wrong-role)
    (23 . :too-large)
    (24 . :bad-value)
    (25 . :bad-argument)
    (26 . :too-many-producers)
    (27 . :too-many-peers)
    (28 . :failed)
    (30 . :corrupt)
    (31 . :version)
    (40 . :no-space)
    (41 . :no-permission)
    (42 . :no-directory)
    (43 . :system)
    (50 . :internal)))

;; Of each class the keyword, the first status and the last.
(cl:defparameter *classes*
  '((:ok 0 0)
    (:retry 1 9)
    (:gone 10 19)
    (:misuse 20 29)
    (:corrupt 30 39)
    (:system 40 59)))

;; What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
;; queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
;; put messages on a topic
(cl:defconstant +role-publish+ 1)
;; take messages of a topic
(cl:defconstant +role-subscribe+ 2)
;; put messages into a queue
(cl:defconstant +role-send+ 3)
;; take messages out of a queue
(cl:defconstant +role-receive+ 4)
;; put values of a state; each replaces the one before
(cl:defconstant +role-set+ 5)
;; take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value
;; that holds now
(cl:defconstant +role-watch+ 6)
;; put a value of kind NULL to say that something has happened
(cl:defconstant +role-notify+ 7)
;; take a value of kind UINT: how many notifications there were since the last take, or since the
;; opening
(cl:defconstant +role-wait+ 8)
;; sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
(cl:defconstant +role-lock+ 9)
;; call the methods of a service
(cl:defconstant +role-call+ 10)
;; take the calls of a service and answer them; with the name NULL, of the one that this process is
;; to be as a plugin
(cl:defconstant +role-serve+ 11)
;; watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps
;; with event (up, down), pid, program, language, role, since_ns and id
(cl:defconstant +role-peers+ 12)
;; start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
;; and more
(cl:defconstant +role-host+ 13)

;; The kind of a value. An int sent is an int received, in every language.
;; no value
(cl:defconstant +kind-null+ 0)
;; `i` is 0 or 1
(cl:defconstant +kind-bool+ 1)
;; `i`: signed 64-bit
(cl:defconstant +kind-int+ 2)
;; `u`: unsigned 64-bit
(cl:defconstant +kind-uint+ 3)
;; `f`: IEEE 754 double, all bits kept
(cl:defconstant +kind-float+ 4)
;; `data`, `len`: UTF-8, may hold NUL bytes, no terminator
(cl:defconstant +kind-str+ 5)
;; `data`, `len`
(cl:defconstant +kind-bytes+ 6)
;; `items`, `count`: count values
(cl:defconstant +kind-list+ 7)
;; `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
(cl:defconstant +kind-map+ 8)
;; `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
(cl:defconstant +kind-tensor+ 9)
;; `data`, `len`, `label`: bytes with a content type, as application/json
(cl:defconstant +kind-opaque+ 10)

;; Element type of a tensor; elements are in the machine's byte order.
;; 1 byte, 0 or 1
(cl:defconstant +dtype-bool+ 1)
;; 1 byte
(cl:defconstant +dtype-u8+ 2)
;; 1 byte
(cl:defconstant +dtype-i8+ 3)
;; 2 bytes
(cl:defconstant +dtype-u16+ 4)
;; 2 bytes
(cl:defconstant +dtype-i16+ 5)
;; 4 bytes
(cl:defconstant +dtype-u32+ 6)
;; 4 bytes
(cl:defconstant +dtype-i32+ 7)
;; 8 bytes
(cl:defconstant +dtype-u64+ 8)
;; 8 bytes
(cl:defconstant +dtype-i64+ 9)
;; 2 bytes, IEEE half
(cl:defconstant +dtype-f16+ 10)
;; 4 bytes
(cl:defconstant +dtype-f32+ 11)
;; 8 bytes
(cl:defconstant +dtype-f64+ 12)
;; 8 bytes, two F32
(cl:defconstant +dtype-c64+ 13)
;; 16 bytes, two F64
(cl:defconstant +dtype-c128+ 14)

;; Bits of sipc_options.flags.
;; subscriber: the publisher waits for me rather than overwrite what I have not taken
(cl:defconstant +option-lossless+ 1)
;; subscriber: each take skips to the newest message; what it skips counts as missed
(cl:defconstant +option-latest+ 2)
;; producer: do not spend a clock read per message; publish_time_ns is then 0
(cl:defconstant +option-unstamped+ 4)
;; subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
;; files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is
;; there, and looks by itself, when nothing happens every 2 ms
(cl:defconstant +option-tap+ 8)

;; Bits of sipc_message.flags.
;; queue: an earlier receiver died while holding this message
(cl:defconstant +message-redelivered+ 1)
;; request: nobody waits for a reply
(cl:defconstant +message-one-way+ 2)
;; reply: more replies to this call follow
(cl:defconstant +message-more+ 4)

;; Bits of the flags of sipc_call.
;; to do it twice is the same as to do it once: should its server die, another one gets the call, or
;; the next to come
(cl:defconstant +call-idempotent+ 1)
;; do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
(cl:defconstant +call-one-way+ 2)

;; Bits of the flags of sipc_reply.
;; one of several replies; the last one is without this bit
(cl:defconstant +reply-more+ 1)
;; an error of this program: a map with code (INT), message (STR) and data (any). The client gets
;; SIPC_FAILED and the map
(cl:defconstant +reply-error+ 2)

;; Most dimensions a tensor may have.
(cl:defconstant +dims-max+ 8)

;; Longest channel name in bytes of UTF-8.
(cl:defconstant +name-bytes-max+ 200)

;; Most publishers or senders on one channel at once.
(cl:defconstant +producers-max+ 64)

;; Most open handles of all roles on one channel at once.
(cl:defconstant +peers-max+ 256)

;; Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
;; it.
(cffi:defcstruct error
  (size :uint32)
  (status :int32)
  (os-code :int32)
  (reserved :uint32)
  (message :char :count 496))

;; One value. The kind says which fields count; the others are 0. A sender's pointers are only read
;; during the call. A receiver's pointers stay valid until sipc_release of their message; the data
;; of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only, of
;; tensors 64-byte aligned.
(cffi:defcstruct value
  (size :uint32)
  (kind :uint32)
  (i :int64)
  (u :uint64)
  (f :double)
  (data :pointer)
  (len :uint64)
  (items :pointer)
  (count :uint64)
  (label :pointer)
  (label-len :uint64)
  (dtype :uint32)
  (ndim :uint32)
  (shape :uint64 :count 8)
  (strides :int64 :count 8)
  (capture-time-ns :int64))

;; A received message. The caller owns the struct, the library what it points to until sipc_release;
;; do not copy the struct and release both copies.
(cffi:defcstruct message
  (size :uint32)
  (flags :uint32)
  (value (:struct value))
  (sequence :uint64)
  (sender :uint64)
  (publish-time-ns :int64)
  (receive-time-ns :int64)
  (missed :uint64)
  (hold :pointer))

;; How to open a channel. All zero (but size) is the default.
(cffi:defcstruct options
  (size :uint32)
  (flags :uint32)
  (history :uint32)
  (depth :uint32)
  (pool-bytes-max :uint64)
  (directory :pointer)
  (signal :int32)
  (permits :uint32))

(cffi:defcfun ("sipc_abi_version" abi-version) :uint32)

(cffi:defcfun ("sipc_version" version) :string)

(cffi:defcfun ("sipc_status_text" status-text) :string
  (status :int32))

(cffi:defcfun ("sipc_now_ns" now-ns) :int64)

(cffi:defcfun ("sipc_send" send) :int32
  (name :string)
  (value :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_send_bool" send-bool) :int32
  (name :string)
  (value :int32)
  (error :pointer))

(cffi:defcfun ("sipc_send_int" send-int) :int32
  (name :string)
  (value :int64)
  (error :pointer))

(cffi:defcfun ("sipc_send_float" send-float) :int32
  (name :string)
  (value :double)
  (error :pointer))

(cffi:defcfun ("sipc_send_str" send-str) :int32
  (name :string)
  (value :string)
  (error :pointer))

(cffi:defcfun ("sipc_send_bytes" send-bytes) :int32
  (name :string)
  (data :pointer)
  (len :uint64)
  (error :pointer))

(cffi:defcfun ("sipc_publish" publish) :int32
  (name :string)
  (value :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_publish_bool" publish-bool) :int32
  (name :string)
  (value :int32)
  (error :pointer))

(cffi:defcfun ("sipc_publish_int" publish-int) :int32
  (name :string)
  (value :int64)
  (error :pointer))

(cffi:defcfun ("sipc_publish_float" publish-float) :int32
  (name :string)
  (value :double)
  (error :pointer))

(cffi:defcfun ("sipc_publish_str" publish-str) :int32
  (name :string)
  (value :string)
  (error :pointer))

(cffi:defcfun ("sipc_publish_bytes" publish-bytes) :int32
  (name :string)
  (data :pointer)
  (len :uint64)
  (error :pointer))

(cffi:defcfun ("sipc_receive" receive) :int32
  (name :string)
  (timeout-ns :int64)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_set" set) :int32
  (name :string)
  (value :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_get" get) :int32
  (name :string)
  (timeout-ns :int64)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_notify" notify) :int32
  (name :string)
  (error :pointer))

(cffi:defcfun ("sipc_await" await) :int32
  (name :string)
  (timeout-ns :int64)
  (count :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_open" open) :int32
  (name :string)
  (role :uint32)
  (options :pointer)
  (channel :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_close" close) :int32
  (channel :uintptr))

(cffi:defcfun ("sipc_put" put) :int32
  (channel :uintptr)
  (value :pointer)
  (timeout-ns :int64)
  (error :pointer))

(cffi:defcfun ("sipc_take" take) :int32
  (channel :uintptr)
  (timeout-ns :int64)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_put_if" put-if) :int32
  (channel :uintptr)
  (value :pointer)
  (expected :uint64)
  (timeout-ns :int64)
  (error :pointer))

(cffi:defcfun ("sipc_current" current) :int32
  (channel :uintptr)
  (timeout-ns :int64)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_lock" lock) :int32
  (channel :uintptr)
  (timeout-ns :int64)
  (abandoned-pid :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_unlock" unlock) :int32
  (channel :uintptr)
  (error :pointer))

(cffi:defcfun ("sipc_plugin" plugin) :int32
  (channel :uintptr)
  (plugin :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_peers" peers) :int32
  (name :string)
  (options :pointer)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_identify" identify) :int32
  (program :string)
  (language :string)
  (error :pointer))

(cffi:defcfun ("sipc_release" release) :void
  (message :pointer))

(cffi:defcfun ("sipc_loan" loan) :int32
  (channel :uintptr)
  (value :pointer)
  (timeout-ns :int64)
  (error :pointer))

(cffi:defcfun ("sipc_unloan" unloan) :int32
  (channel :uintptr)
  (data :pointer))

(cffi:defcfun ("sipc_wait" wait) :int32
  (channels :pointer)
  (count :uint32)
  (timeout-ns :int64)
  (index :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_fd" fd) :int32
  (channel :uintptr)
  (fd :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_interrupt" interrupt) :int32
  (channel :uintptr))

(cffi:defcfun ("sipc_call" call) :int32
  (channel :uintptr)
  (method :string)
  (args :pointer)
  (flags :uint32)
  (timeout-ns :int64)
  (call :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_result" result) :int32
  (channel :uintptr)
  (call :uint64)
  (timeout-ns :int64)
  (message :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_cancel" cancel) :int32
  (channel :uintptr)
  (call :uint64))

(cffi:defcfun ("sipc_reply" reply) :int32
  (request :pointer)
  (value :pointer)
  (flags :uint32)
  (error :pointer))

(cffi:defcfun ("sipc_cancelled" cancelled) :int32
  (request :pointer))

(cffi:defcfun ("sipc_describe" describe) :int32
  (channel :uintptr)
  (methods :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_audit" audit) :int32
  (name :string)
  (directory :string)
  (buffer :pointer)
  (capacity :uint64)
  (needed :pointer)
  (error :pointer))

(cffi:defcfun ("sipc_clean" clean) :int32
  (directory :string)
  (age-max-ns :int64)
  (count :pointer)
  (error :pointer))

;; All of this is for the layer above.
(cl:export (cl:loop :for name :being :the :present-symbols :collect name))
