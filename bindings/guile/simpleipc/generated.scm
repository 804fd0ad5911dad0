;;; Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

(define-module (simpleipc generated))

(define-public abi-version 1)

;; success (ok)
(define-public status-ok 0)
;; nothing arrived within the time given (retry)
(define-public status-timeout 1)
;; no room within the time given; nothing was sent (retry)
(define-public status-full 2)
;; the wait was interrupted by a signal or by sipc_interrupt (retry)
(define-public status-interrupted 3)
;; another thread is inside this handle; open one handle per thread (retry)
(define-public status-busy 4)
;; somebody else was faster; nothing was set (retry)
(define-public status-conflict 5)
;; the call was cancelled (retry)
(define-public status-cancelled 6)
;; the handle is closed (gone)
(define-public status-closed 10)
;; the handle belongs to the parent process; open a new one in the child (gone)
(define-public status-forked 11)
;; the channel's file was removed by someone; close the handle and open it again (gone)
(define-public status-unlinked 12)
;; this handle was taken for dead because its lock was closed under it; open it again (gone)
(define-public status-evicted 13)
;; the server died while it worked on the call; what it had done by then is not known (gone)
(define-public status-server-died 14)
;; the channel name is not usable (misuse)
(define-public status-bad-name 20)
;; the verb does not fit the pattern of this channel (misuse)
(define-public status-wrong-pattern 21)
;; the handle was opened for the other direction (misuse)
(define-public status-wrong-role 22)
;; the message is larger than the channel's limit (misuse)
(define-public status-too-large 23)
;; the value cannot be sent as it stands (misuse)
(define-public status-bad-value 24)
;; an argument is missing or out of range (misuse)
(define-public status-bad-argument 25)
;; the channel already has its maximum of producers (misuse)
(define-public status-too-many-producers 26)
;; the channel already has its maximum of open handles (misuse)
(define-public status-too-many-peers 27)
;; the server answered with an error of its own (misuse)
(define-public status-failed 28)
;; the channel's file is damaged (corrupt)
(define-public status-corrupt 30)
;; the channel was made by a version or machine this library cannot share memory with (corrupt)
(define-public status-version 31)
;; shared memory is full (system)
(define-public status-no-space 40)
;; not permitted (system)
(define-public status-no-permission 41)
;; the channel directory does not exist or is no directory (system)
(define-public status-no-directory 42)
;; the operating system refused (system)
(define-public status-system 43)
;; a defect in SimpleIPC; please report it (system)
(define-public status-internal 50)

;; The name of each status.
(define-public statuses
  '((0 . ok)
    (1 . timeout)
    (2 . full)
    (3 . interrupted)
    (4 . busy)
    (5 . conflict)
    (6 . cancelled)
    (10 . closed)
    (11 . forked)
    (12 . unlinked)
    (13 . evicted)
    (14 . server-died)
    (20 . bad-name)
    (21 . wrong-pattern)
    (22 . wrong-role)
    (23 . too-large)
    (24 . bad-value)
    (25 . bad-argument)
    (26 . too-many-producers)
    (27 . too-many-peers)
    (28 . failed)
    (30 . corrupt)
    (31 . version)
    (40 . no-space)
    (41 . no-permission)
    (42 . no-directory)
    (43 . system)
    (50 . internal)))

;; Of each class the name, the first status and the last.
(define-public classes
  '((ok 0 0)
    (retry 1 9)
    (gone 10 19)
    (misuse 20 29)
    (corrupt 30 39)
    (system 40 59)))

;; What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
;; queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
;; put messages on a topic
(define-public role-publish 1)
;; take messages of a topic
(define-public role-subscribe 2)
;; put messages into a queue
(define-public role-send 3)
;; take messages out of a queue
(define-public role-receive 4)
;; put values of a state; each replaces the one before
(define-public role-set 5)
;; take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value
;; that holds now
(define-public role-watch 6)
;; put a value of kind NULL to say that something has happened
(define-public role-notify 7)
;; take a value of kind UINT: how many notifications there were since the last take, or since the
;; opening
(define-public role-wait 8)
;; sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
(define-public role-lock 9)
;; call the methods of a service
(define-public role-call 10)
;; take the calls of a service and answer them; with the name NULL, of the one that this process is
;; to be as a plugin
(define-public role-serve 11)
;; watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps
;; with event (up, down), pid, program, language, role, since_ns and id
(define-public role-peers 12)
;; start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
;; and more
(define-public role-host 13)

;; The kind of a value. An int sent is an int received, in every language.
;; no value
(define-public kind-null 0)
;; `i` is 0 or 1
(define-public kind-bool 1)
;; `i`: signed 64-bit
(define-public kind-int 2)
;; `u`: unsigned 64-bit
(define-public kind-uint 3)
;; `f`: IEEE 754 double, all bits kept
(define-public kind-float 4)
;; `data`, `len`: UTF-8, may hold NUL bytes, no terminator
(define-public kind-str 5)
;; `data`, `len`
(define-public kind-bytes 6)
;; `items`, `count`: count values
(define-public kind-list 7)
;; `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
(define-public kind-map 8)
;; `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
(define-public kind-tensor 9)
;; `data`, `len`, `label`: bytes with a content type, as application/json
(define-public kind-opaque 10)

;; Element type of a tensor; elements are in the machine's byte order.
;; 1 byte, 0 or 1
(define-public dtype-bool 1)
;; 1 byte
(define-public dtype-u8 2)
;; 1 byte
(define-public dtype-i8 3)
;; 2 bytes
(define-public dtype-u16 4)
;; 2 bytes
(define-public dtype-i16 5)
;; 4 bytes
(define-public dtype-u32 6)
;; 4 bytes
(define-public dtype-i32 7)
;; 8 bytes
(define-public dtype-u64 8)
;; 8 bytes
(define-public dtype-i64 9)
;; 2 bytes, IEEE half
(define-public dtype-f16 10)
;; 4 bytes
(define-public dtype-f32 11)
;; 8 bytes
(define-public dtype-f64 12)
;; 8 bytes, two F32
(define-public dtype-c64 13)
;; 16 bytes, two F64
(define-public dtype-c128 14)

;; Bits of sipc_options.flags.
;; subscriber: the publisher waits for me rather than overwrite what I have not taken
(define-public option-lossless 1)
;; subscriber: each take skips to the newest message; what it skips counts as missed
(define-public option-latest 2)
;; producer: do not spend a clock read per message; publish_time_ns is then 0
(define-public option-unstamped 4)
;; subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
;; files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is
;; there, and looks by itself, when nothing happens every 2 ms
(define-public option-tap 8)

;; Bits of sipc_message.flags.
;; queue: an earlier receiver died while holding this message
(define-public message-redelivered 1)
;; request: nobody waits for a reply
(define-public message-one-way 2)
;; reply: more replies to this call follow
(define-public message-more 4)

;; Bits of the flags of sipc_call.
;; to do it twice is the same as to do it once: should its server die, another one gets the call, or
;; the next to come
(define-public call-idempotent 1)
;; do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
(define-public call-one-way 2)

;; Bits of the flags of sipc_reply.
;; one of several replies; the last one is without this bit
(define-public reply-more 1)
;; an error of this program: a map with code (INT), message (STR) and data (any). The client gets
;; SIPC_FAILED and the map
(define-public reply-error 2)

;; Most dimensions a tensor may have.
(define-public dims-max 8)

;; Longest channel name in bytes of UTF-8.
(define-public name-bytes-max 200)

;; Most publishers or senders on one channel at once.
(define-public producers-max 64)

;; Most open handles of all roles on one channel at once.
(define-public peers-max 256)

;; Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
;; it.
;; Where each field lies:
(define-public error-size 0)
(define-public error-status 4)
(define-public error-os-code 8)
(define-public error-reserved 12)
(define-public error-message 16)
(define-public error-bytes 512)

;; One value. The kind says which fields count; the others are 0. A sender's pointers are only read
;; during the call. A receiver's pointers stay valid until sipc_release of their message; the data
;; of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only, of
;; tensors 64-byte aligned.
;; Where each field lies:
(define-public value-size 0)
(define-public value-kind 4)
(define-public value-i 8)
(define-public value-u 16)
(define-public value-f 24)
(define-public value-data 32)
(define-public value-len 40)
(define-public value-items 48)
(define-public value-count 56)
(define-public value-label 64)
(define-public value-label-len 72)
(define-public value-dtype 80)
(define-public value-ndim 84)
(define-public value-shape 88)
(define-public value-strides 152)
(define-public value-capture-time-ns 216)
(define-public value-bytes 224)

;; A received message. The caller owns the struct, the library what it points to until sipc_release;
;; do not copy the struct and release both copies.
;; Where each field lies:
(define-public message-size 0)
(define-public message-flags 4)
(define-public message-value 8)
(define-public message-sequence 232)
(define-public message-sender 240)
(define-public message-publish-time-ns 248)
(define-public message-receive-time-ns 256)
(define-public message-missed 264)
(define-public message-hold 272)
(define-public message-bytes 280)

;; How to open a channel. All zero (but size) is the default.
;; Where each field lies:
(define-public options-size 0)
(define-public options-flags 4)
(define-public options-history 8)
(define-public options-depth 12)
(define-public options-pool-bytes-max 16)
(define-public options-directory 24)
(define-public options-signal 32)
(define-public options-permits 36)
(define-public options-bytes 40)

;; Of each function the result, then the arguments.
(define-public functions
  '((abi-version uint32)
    (version *)
    (status-text * int32)
    (now-ns int64)
    (send int32 * * *)
    (send-bool int32 * int32 *)
    (send-int int32 * int64 *)
    (send-float int32 * double *)
    (send-str int32 * * *)
    (send-bytes int32 * * uint64 *)
    (publish int32 * * *)
    (publish-bool int32 * int32 *)
    (publish-int int32 * int64 *)
    (publish-float int32 * double *)
    (publish-str int32 * * *)
    (publish-bytes int32 * * uint64 *)
    (receive int32 * int64 * *)
    (set int32 * * *)
    (get int32 * int64 * *)
    (notify int32 * *)
    (await int32 * int64 * *)
    (open int32 * uint32 * * *)
    (close int32 uint64)
    (put int32 uint64 * int64 *)
    (take int32 uint64 int64 * *)
    (put-if int32 uint64 * uint64 int64 *)
    (current int32 uint64 int64 * *)
    (lock int32 uint64 int64 * *)
    (unlock int32 uint64 *)
    (plugin int32 uint64 * *)
    (peers int32 * * * *)
    (identify int32 * * *)
    (release void *)
    (loan int32 uint64 * int64 *)
    (unloan int32 uint64 *)
    (wait int32 * uint32 int64 * *)
    (fd int32 uint64 * *)
    (interrupt int32 uint64)
    (call int32 uint64 * * uint32 int64 * *)
    (result int32 uint64 uint64 int64 * *)
    (cancel int32 uint64 uint64)
    (reply int32 * * uint32 *)
    (cancelled int32 *)
    (describe int32 uint64 * *)
    (audit int32 * * * uint64 * *)
    (clean int32 * int64 * *)))
