;; Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
#lang racket/base

;; The C surface: `status:timeout` is SIPC_TIMEOUT, `role:publish` is SIPC_ROLE_PUBLISH, a field is
;; read with `unsafe-sipc-value-kind` and written with `unsafe-set-sipc-value-kind!`, and a function
;; is `sipc-take`. What may wait lets go of the collector; its memory must not move.

(require ffi/unsafe
         "loading.rkt")

(provide (all-defined-out))

(define abi-version 1)

;; success (ok)
(define status:ok 0)

;; nothing arrived within the time given (retry)
(define status:timeout 1)

;; no room within the time given; nothing was sent (retry)
(define status:full 2)

;; the wait was interrupted by a signal or by sipc_interrupt (retry)
(define status:interrupted 3)

;; another thread is inside this handle; open one handle per thread (retry)
(define status:busy 4)

;; somebody else was faster; nothing was set (retry)
(define status:conflict 5)

;; the call was cancelled (retry)
(define status:cancelled 6)

;; the handle is closed (gone)
(define status:closed 10)

;; the handle belongs to the parent process; open a new one in the child (gone)
(define status:forked 11)

;; the channel's file was removed by someone; close the handle and open it again (gone)
(define status:unlinked 12)

;; this handle was taken for dead because its lock was closed under it; open it again (gone)
(define status:evicted 13)

;; the server died while it worked on the call; what it had done by then is not known (gone)
(define status:server-died 14)

;; the channel name is not usable (misuse)
(define status:bad-name 20)

;; the verb does not fit the pattern of this channel (misuse)
(define status:wrong-pattern 21)

;; the handle was opened for the other direction (misuse)
(define status:wrong-role 22)

;; the message is larger than the channel's limit (misuse)
(define status:too-large 23)

;; the value cannot be sent as it stands (misuse)
(define status:bad-value 24)

;; an argument is missing or out of range (misuse)
(define status:bad-argument 25)

;; the channel already has its maximum of producers (misuse)
(define status:too-many-producers 26)

;; the channel already has its maximum of open handles (misuse)
(define status:too-many-peers 27)

;; the server answered with an error of its own (misuse)
(define status:failed 28)

;; the channel's file is damaged (corrupt)
(define status:corrupt 30)

;; the channel was made by a version or machine this library cannot share memory with (corrupt)
(define status:version 31)

;; shared memory is full (system)
(define status:no-space 40)

;; not permitted (system)
(define status:no-permission 41)

;; the channel directory does not exist or is no directory (system)
(define status:no-directory 42)

;; the operating system refused (system)
(define status:system 43)

;; a defect in SimpleIPC; please report it (system)
(define status:internal 50)

;; The class of a status, by the last number of each class.
(define classes
  '((0 . ok)
    (9 . retry)
    (19 . gone)
    (29 . misuse)
    (39 . corrupt)
    (59 . system)))

;; What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
;; queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
;; put messages on a topic
(define role:publish 1)
;; take messages of a topic
(define role:subscribe 2)
;; put messages into a queue
(define role:send 3)
;; take messages out of a queue
(define role:receive 4)
;; put values of a state; each replaces the one before
(define role:set 5)
;; take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value
;; that holds now
(define role:watch 6)
;; put a value of kind NULL to say that something has happened
(define role:notify 7)
;; take a value of kind UINT: how many notifications there were since the last take, or since the
;; opening
(define role:wait 8)
;; sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
(define role:lock 9)
;; call the methods of a service
(define role:call 10)
;; take the calls of a service and answer them; with the name NULL, of the one that this process is
;; to be as a plugin
(define role:serve 11)
;; watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps
;; with event (up, down), pid, program, language, role, since_ns and id
(define role:peers 12)
;; start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
;; and more
(define role:host 13)

;; The kind of a value. An int sent is an int received, in every language.
;; no value
(define kind:null 0)
;; `i` is 0 or 1
(define kind:bool 1)
;; `i`: signed 64-bit
(define kind:int 2)
;; `u`: unsigned 64-bit
(define kind:uint 3)
;; `f`: IEEE 754 double, all bits kept
(define kind:float 4)
;; `data`, `len`: UTF-8, may hold NUL bytes, no terminator
(define kind:str 5)
;; `data`, `len`
(define kind:bytes 6)
;; `items`, `count`: count values
(define kind:list 7)
;; `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
(define kind:map 8)
;; `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
(define kind:tensor 9)
;; `data`, `len`, `label`: bytes with a content type, as application/json
(define kind:opaque 10)

;; Element type of a tensor; elements are in the machine's byte order.
;; 1 byte, 0 or 1
(define dtype:bool 1)
;; 1 byte
(define dtype:u8 2)
;; 1 byte
(define dtype:i8 3)
;; 2 bytes
(define dtype:u16 4)
;; 2 bytes
(define dtype:i16 5)
;; 4 bytes
(define dtype:u32 6)
;; 4 bytes
(define dtype:i32 7)
;; 8 bytes
(define dtype:u64 8)
;; 8 bytes
(define dtype:i64 9)
;; 2 bytes, IEEE half
(define dtype:f16 10)
;; 4 bytes
(define dtype:f32 11)
;; 8 bytes
(define dtype:f64 12)
;; 8 bytes, two F32
(define dtype:c64 13)
;; 16 bytes, two F64
(define dtype:c128 14)

;; Bits of sipc_options.flags.
;; subscriber: the publisher waits for me rather than overwrite what I have not taken
(define option:lossless 1)
;; subscriber: each take skips to the newest message; what it skips counts as missed
(define option:latest 2)
;; producer: do not spend a clock read per message; publish_time_ns is then 0
(define option:unstamped 4)
;; subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
;; files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is
;; there, and looks by itself, when nothing happens every 2 ms
(define option:tap 8)

;; Bits of sipc_message.flags.
;; queue: an earlier receiver died while holding this message
(define message:redelivered 1)
;; request: nobody waits for a reply
(define message:one-way 2)
;; reply: more replies to this call follow
(define message:more 4)

;; Bits of the flags of sipc_call.
;; to do it twice is the same as to do it once: should its server die, another one gets the call, or
;; the next to come
(define call:idempotent 1)
;; do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
(define call:one-way 2)

;; Bits of the flags of sipc_reply.
;; one of several replies; the last one is without this bit
(define reply:more 1)
;; an error of this program: a map with code (INT), message (STR) and data (any). The client gets
;; SIPC_FAILED and the map
(define reply:error 2)

;; Most dimensions a tensor may have.
(define dims-max 8)

;; Longest channel name in bytes of UTF-8.
(define name-bytes-max 200)

;; Most publishers or senders on one channel at once.
(define producers-max 64)

;; Most open handles of all roles on one channel at once.
(define peers-max 256)

;; Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
;; it.
(define-cstruct _sipc-error
  ([size _uint32]
   [status _int32]
   [os-code _int32]
   [reserved _uint32]
   [message (_array _uint8 496)])
  #:define-unsafe)

;; One value. The kind says which fields count; the others are 0. A sender's pointers are only read
;; during the call. A receiver's pointers stay valid until sipc_release of their message; the data
;; of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only, of
;; tensors 64-byte aligned.
(define-cstruct _sipc-value
  ([size _uint32]
   [kind _uint32]
   [i _int64]
   [u _uint64]
   [f _double]
   [data _pointer]
   [len _uint64]
   [items _pointer]
   [count _uint64]
   [label _pointer]
   [label-len _uint64]
   [dtype _uint32]
   [ndim _uint32]
   [shape (_array _uint64 8)]
   [strides (_array _int64 8)]
   [capture-time-ns _int64])
  #:define-unsafe)

;; A received message. The caller owns the struct, the library what it points to until sipc_release;
;; do not copy the struct and release both copies.
(define-cstruct _sipc-message
  ([size _uint32]
   [flags _uint32]
   [value _sipc-value]
   [sequence _uint64]
   [sender _uint64]
   [publish-time-ns _int64]
   [receive-time-ns _int64]
   [missed _uint64]
   [hold _pointer])
  #:define-unsafe)

;; How to open a channel. All zero (but size) is the default.
(define-cstruct _sipc-options
  ([size _uint32]
   [flags _uint32]
   [history _uint32]
   [depth _uint32]
   [pool-bytes-max _uint64]
   [directory _pointer]
   [signal _int32]
   [permits _uint32])
  #:define-unsafe)

;; Loaded, and of the same ABI.
(define library (load-library abi-version))

;; The ABI version of the loaded library. A binding compares it with SIPC_ABI_VERSION and refuses
;; another.
(define sipc-abi-version
  (get-ffi-obj
   "sipc_abi_version" library
   (_fun -> _uint32)))

;; The library's version as text, as "0.1.0". Static; never freed.
(define sipc-version
  (get-ffi-obj
   "sipc_version" library
   (_fun -> _bytes)))

;; A short fixed text for a status; for an unknown number "unknown status". Static; never freed.
(define sipc-status-text
  (get-ffi-obj
   "sipc_status_text" library
   (_fun _int32 -> _bytes)))

;; The clock of all time stamps: CLOCK_MONOTONIC in nanoseconds. The same in every process of the
;; machine.
(define sipc-now-ns
  (get-ffi-obj
   "sipc_now_ns" library
   (_fun -> _int64)))

;; Sends one value to a queue; opens the channel on first use and keeps it open in this process.
;; Waits at most 5 s for room, then FULL. Works in a forked child.
(define sipc-send
  (get-ffi-obj
   "sipc_send" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; sipc_send of a bool.
(define sipc-send-bool
  (get-ffi-obj
   "sipc_send_bool" library
   (_fun _pointer _int32 _pointer -> _int32)))

;; sipc_send of a signed integer.
(define sipc-send-int
  (get-ffi-obj
   "sipc_send_int" library
   (_fun _pointer _int64 _pointer -> _int32)))

;; sipc_send of a float.
(define sipc-send-float
  (get-ffi-obj
   "sipc_send_float" library
   (_fun _pointer _double _pointer -> _int32)))

;; sipc_send of a string.
(define sipc-send-str
  (get-ffi-obj
   "sipc_send_str" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; sipc_send of bytes.
(define sipc-send-bytes
  (get-ffi-obj
   "sipc_send_bytes" library
   (_fun _pointer _pointer _uint64 _pointer -> _int32)))

;; Publishes one value on a topic; opens the channel on first use and keeps it open in this process.
;; Waits (at most 5 s, then FULL) only if a lossless subscriber is behind. Works in a forked child.
(define sipc-publish
  (get-ffi-obj
   "sipc_publish" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; sipc_publish of a bool.
(define sipc-publish-bool
  (get-ffi-obj
   "sipc_publish_bool" library
   (_fun _pointer _int32 _pointer -> _int32)))

;; sipc_publish of a signed integer.
(define sipc-publish-int
  (get-ffi-obj
   "sipc_publish_int" library
   (_fun _pointer _int64 _pointer -> _int32)))

;; sipc_publish of a float.
(define sipc-publish-float
  (get-ffi-obj
   "sipc_publish_float" library
   (_fun _pointer _double _pointer -> _int32)))

;; sipc_publish of a string.
(define sipc-publish-str
  (get-ffi-obj
   "sipc_publish_str" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; sipc_publish of bytes.
(define sipc-publish-bytes
  (get-ffi-obj
   "sipc_publish_bytes" library
   (_fun _pointer _pointer _uint64 _pointer -> _int32)))

;; Takes one message of a queue; opens the channel on first use and keeps it open. The message
;; counts as done when it is released, or when this thread receives the next one. Works in a forked
;; child.
(define sipc-receive
  (get-ffi-obj
   "sipc_receive" library
   (_fun #:blocking? #t _pointer _int64 _pointer _pointer -> _int32)))

;; Sets the value of a state; opens the channel on first use and keeps it open in this process. The
;; value stays when this process has gone. Waits (at most 5 s, then FULL) only while another setter
;; is in the middle of setting. Works in a forked child.
(define sipc-set
  (get-ffi-obj
   "sipc_set" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; The value of a state, as it is now; waits only if none has been set yet. Opens the channel on
;; first use and keeps it open. Works in a forked child.
(define sipc-get
  (get-ffi-obj
   "sipc_get" library
   (_fun #:blocking? #t _pointer _int64 _pointer _pointer -> _int32)))

;; Says that something has happened, to everybody who has the signal open to wait. Waits for none of
;; them. Opens the channel on first use and keeps it open in this process. Works in a forked child.
(define sipc-notify
  (get-ffi-obj
   "sipc_notify" library
   (_fun _pointer _pointer -> _int32)))

;; Waits for notifications of a signal. Opens the channel on first use and keeps it open: from then
;; on none is missed, also between two calls. Works in a forked child.
(define sipc-await
  (get-ffi-obj
   "sipc_await" library
   (_fun #:blocking? #t _pointer _int64 _pointer _pointer -> _int32)))

;; Opens a channel, creating it if need be; programs may start in any order. Open one handle per
;; thread.
(define sipc-open
  (get-ffi-obj
   "sipc_open" library
   (_fun _pointer _uint32 _pointer _pointer _pointer -> _int32)))

;; Closes a handle. Messages taken through it stay valid until they are released. The last process
;; out removes the channel's files, but for a queue that still holds messages, a state that has a
;; value, and a lock whose next owner is to be told of a death.
(define sipc-close
  (get-ffi-obj
   "sipc_close" library
   (_fun _intptr -> _int32)))

;; Publishes, sends or sets one value, or notifies. A failed put leaves a loan with the caller: put
;; it again or sipc_unloan it.
(define sipc-put
  (get-ffi-obj
   "sipc_put" library
   (_fun #:blocking? #t _intptr _pointer _int64 _pointer -> _int32)))

;; Takes the next message, waiting for it without using the CPU. INTERRUPTED when a signal handler
;; ran while the thread slept, or sipc_interrupt was called; a handler may call sipc_interrupt, and
;; that is never missed.
(define sipc-take
  (get-ffi-obj
   "sipc_take" library
   (_fun #:blocking? #t _intptr _int64 _pointer _pointer -> _int32)))

;; Compare and set: sets a state if its value is still the one the caller knows; else CONFLICT, and
;; a loan stays with the caller. Then get the value and think again.
(define sipc-put-if
  (get-ffi-obj
   "sipc_put_if" library
   (_fun #:blocking? #t _intptr _pointer _uint64 _int64 _pointer -> _int32)))

;; The value of a state, as it is now, also if it has been taken before; waits only if none has been
;; set yet.
(define sipc-current
  (get-ffi-obj
   "sipc_current" library
   (_fun #:blocking? #t _intptr _int64 _pointer _pointer -> _int32)))

;; Waits until the lock, or a permit of the semaphore, is this handle's. A handle has at most one:
;; locking again before sipc_unlock is BAD_ARGUMENT at once. Whoever has waited for 1 ms comes
;; before those who have not, in the order of their waiting.
(define sipc-lock
  (get-ffi-obj
   "sipc_lock" library
   (_fun #:blocking? #t _intptr _int64 _pointer _pointer -> _int32)))

;; Unlocks, or gives the permit back. sipc_close does it, too.
(define sipc-unlock
  (get-ffi-obj
   "sipc_unlock" library
   (_fun _intptr _pointer -> _int32)))

;; Starts a program as a plugin and looks after it, or stops it. Plugin `p` of the host `h` serves
;; the service `h.p`; what happens, and each line it prints, is an event, to be had by sipc_take or
;; by anybody who subscribes to `h.events`. A plugin calls sipc_open(NULL, SIPC_ROLE_SERVE, ...).
(define sipc-plugin
  (get-ffi-obj
   "sipc_plugin" library
   (_fun _intptr _pointer _pointer -> _int32)))

;; Who has a channel open now: a list of maps with pid (INT), program, language, role (STR: the
;; verb, as "subscribe"), since_ns (INT, CLOCK_MONOTONIC) and id (INT: the sender of its messages),
;; in the order of their coming; empty if there is no such channel. Looks without joining, and needs
;; only leave to read. To be told who comes and goes, open the channel with SIPC_ROLE_PEERS.
(define sipc-peers
  (get-ffi-obj
   "sipc_peers" library
   (_fun _pointer _pointer _pointer _pointer -> _int32)))

;; Says who this process is to those who list or watch peers. Counts for handles that are opened
;; from now on; longer texts are cut at a character. A binding calls it once, when it is loaded; a
;; program may call it again.
(define sipc-identify
  (get-ffi-obj
   "sipc_identify" library
   (_fun _pointer _pointer _pointer -> _int32)))

;; Lets go of a message and, in a queue, reports it done.
(define sipc-release
  (get-ffi-obj
   "sipc_release" library
   (_fun _pointer -> _void)))

;; Lends a buffer inside the channel, 64-byte aligned. Fill it, then sipc_put the same value:
;; nothing is copied. At most 16 loans at once per handle.
(define sipc-loan
  (get-ffi-obj
   "sipc_loan" library
   (_fun #:blocking? #t _intptr _pointer _int64 _pointer -> _int32)))

;; Gives a loan back unpublished.
(define sipc-unloan
  (get-ffi-obj
   "sipc_unloan" library
   (_fun _intptr _pointer -> _int32)))

;; Waits until one of several handles has a message, then take it with a timeout of 0. Handles are
;; looked at in turn, so that none starves. With several receivers on one queue another may be
;; faster: the take then times out; wait again. Of a client it means that one of its calls has a
;; reply, or has ended: then ask sipc_result for each, with a timeout of 0.
(define sipc-wait
  (get-ffi-obj
   "sipc_wait" library
   (_fun #:blocking? #t _pointer _uint32 _int64 _pointer _pointer -> _int32)))

;; A descriptor for poll, epoll and the like, level-triggered: readable as long as there may be
;; something to take. Then call sipc_take (of a client: sipc_result of each call in flight) with a
;; timeout of 0 until it says TIMEOUT; only that clears it. It may be readable although nothing is
;; there: at first, and then up to once a second, every 50 ms while another receiver has a message
;; of the queue in hand, and every 30 ms while calls are in flight. From the first call on a thread
;; of the library waits beside the program; not so with PEERS.
(define sipc-fd
  (get-ffi-obj
   "sipc_fd" library
   (_fun _intptr _pointer _pointer -> _int32)))

;; Makes the wait in progress on this handle, or else the next one, return SIPC_INTERRUPTED.
(define sipc-interrupt
  (get-ffi-obj
   "sipc_interrupt" library
   (_fun _intptr -> _int32)))

;; Starts a call of a service: exactly one of its servers gets it, or the next one to come. At most
;; 64 calls of a handle are in flight (FULL).
(define sipc-call
  (get-ffi-obj
   "sipc_call" library
   (_fun #:blocking? #t _intptr _pointer _pointer _uint32 _int64 _pointer _pointer -> _int32)))

;; Waits for the next reply of a call. With SIPC_MESSAGE_MORE in its flags another one follows; else
;; the call is over. FAILED is an error of the server's program, which the message holds: a map with
;; code, message and data. After TIMEOUT and INTERRUPTED the call is still in flight; after any
;; other error it is over.
(define sipc-result
  (get-ffi-obj
   "sipc_result" library
   (_fun #:blocking? #t _intptr _uint64 _int64 _pointer _pointer -> _int32)))

;; Ends a call: no server begins with it any more, and one that works on it learns it by
;; sipc_cancelled. Its sipc_result, if anybody asks, is CANCELLED.
(define sipc-cancel
  (get-ffi-obj
   "sipc_cancel" library
   (_fun _intptr _uint64 -> _int32)))

;; Answers a request; sipc_release it afterwards. A request that is released unanswered is an error
;; for its client. With MORE: CANCELLED if nobody waits, FULL if the client does not take its
;; replies and does not do so within 100 ms. The last reply always has room; one that cannot be sent
;; for another reason is an error for the client, too.
(define sipc-reply
  (get-ffi-obj
   "sipc_reply" library
   (_fun _pointer _pointer _uint32 _pointer -> _int32)))

;; OK as long as somebody waits for the reply to a request; CANCELLED if the call was cancelled or
;; has run out of time, or the client has died. Cheap enough for every turn of a loop.
(define sipc-cancelled
  (get-ffi-obj
   "sipc_cancelled" library
   (_fun _pointer -> _int32)))

;; Says what this server offers, to those who call ".methods". Calls of other methods arrive, too.
(define sipc-describe
  (get-ffi-obj
   "sipc_describe" library
   (_fun _intptr _pointer _pointer -> _int32)))

;; Describes channels as a JSON list: name, pattern, peers, lanes, waiting messages with their age,
;; memory, leaks. Read-only; changes nothing.
(define sipc-audit
  (get-ffi-obj
   "sipc_audit" library
   (_fun _pointer _pointer _pointer _uint64 _pointer _pointer -> _int32)))

;; Removes what nobody uses: files of channels whose processes are all dead, and queues left with
;; messages older than the age limit. Channels in use are never touched.
(define sipc-clean
  (get-ffi-obj
   "sipc_clean" library
   (_fun _pointer _int64 _pointer _pointer -> _int32)))
