/* Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
 *
 * Any program talks to any other program on this machine: topics (publish / subscribe), queues
 * (send / receive), states (set / get / watch), signals (notify / wait) and locks (lock / unlock)
 * in shared memory, without a server, a schema or a set-up call.
 *
 * Conventions
 * - Every function that can fail returns an int32_t status; SIPC_OK is 0. Outputs are written only
 *   on success. The last argument is an optional error object of the caller (NULL is fine): it
 *   receives the status, the operating system's error number and one sentence saying what to do.
 * - Names are NUL-terminated UTF-8, 1 to 200 bytes, without '/', control characters or a leading
 *   '.'. One name has one pattern (queue, topic, state, signal, lock); the first verb used on it
 *   decides.
 * - Times are int64_t nanoseconds of CLOCK_MONOTONIC; a timeout below 0 waits for ever, 0 only
 *   tries.
 * - Option and value structs begin with `size`: set it to sizeof, or use the SIPC_*_INIT macros.
 * - No function blocks because another process died or was stopped, but for the waits it documents.
 * - Handles are numbers in pointer clothes: using one after sipc_close is answered with
 *   SIPC_CLOSED.
 */

#ifndef SIMPLEIPC_H
#define SIMPLEIPC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the library exports. */
#if defined(__GNUC__)
#define SIPC_API __attribute__((visibility("default")))
#else
#define SIPC_API
#endif

/* The ABI this header describes; compare it with sipc_abi_version() after loading. */
#define SIPC_ABI_VERSION 1u

/* Statuses. The number tells the class, also of a status added later:
 * 0 ok, 1..9 retry, 10..19 gone, 20..29 misuse, 30..39 corrupt, 40..59 system. */
/* success (ok). */
#define SIPC_OK 0
/* nothing arrived within the time given (retry). */
#define SIPC_TIMEOUT 1
/* no room within the time given; nothing was sent (retry). */
#define SIPC_FULL 2
/* the wait was interrupted by a signal or by sipc_interrupt (retry). */
#define SIPC_INTERRUPTED 3
/* another thread is inside this handle; open one handle per thread (retry). */
#define SIPC_BUSY 4
/* somebody else was faster; nothing was set (retry). */
#define SIPC_CONFLICT 5
/* the call was cancelled (retry). */
#define SIPC_CANCELLED 6
/* the handle is closed (gone). */
#define SIPC_CLOSED 10
/* the handle belongs to the parent process; open a new one in the child (gone). */
#define SIPC_FORKED 11
/* the channel's file was removed by someone; close the handle and open it again (gone). */
#define SIPC_UNLINKED 12
/* this handle was taken for dead because its lock was closed under it; open it again (gone). */
#define SIPC_EVICTED 13
/* the server died while it worked on the call; what it had done by then is not known (gone). */
#define SIPC_SERVER_DIED 14
/* the channel name is not usable (misuse). */
#define SIPC_BAD_NAME 20
/* the verb does not fit the pattern of this channel (misuse). */
#define SIPC_WRONG_PATTERN 21
/* the handle was opened for the other direction (misuse). */
#define SIPC_WRONG_ROLE 22
/* the message is larger than the channel's limit (misuse). */
#define SIPC_TOO_LARGE 23
/* the value cannot be sent as it stands (misuse). */
#define SIPC_BAD_VALUE 24
/* an argument is missing or out of range (misuse). */
#define SIPC_BAD_ARGUMENT 25
/* the channel already has its maximum of producers (misuse). */
#define SIPC_TOO_MANY_PRODUCERS 26
/* the channel already has its maximum of open handles (misuse). */
#define SIPC_TOO_MANY_PEERS 27
/* the server answered with an error of its own (misuse). */
#define SIPC_FAILED 28
/* the channel's file is damaged (corrupt). */
#define SIPC_CORRUPT 30
/* the channel was made by a version or machine this library cannot share memory with (corrupt). */
#define SIPC_VERSION 31
/* shared memory is full (system). */
#define SIPC_NO_SPACE 40
/* not permitted (system). */
#define SIPC_NO_PERMISSION 41
/* the channel directory does not exist or is no directory (system). */
#define SIPC_NO_DIRECTORY 42
/* the operating system refused (system). */
#define SIPC_SYSTEM 43
/* a defect in SimpleIPC; please report it (system). */
#define SIPC_INTERNAL 50

/* What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
 * queue, set and watch a state, notify and wait a signal, lock a lock or semaphore. */
/* put messages on a topic */
#define SIPC_ROLE_PUBLISH 1u
/* take messages of a topic */
#define SIPC_ROLE_SUBSCRIBE 2u
/* put messages into a queue */
#define SIPC_ROLE_SEND 3u
/* take messages out of a queue */
#define SIPC_ROLE_RECEIVE 4u
/* put values of a state; each replaces the one before */
#define SIPC_ROLE_SET 5u
/* take values of a state: sipc_take the newest that has not been taken yet, sipc_current the value
 * that holds now */
#define SIPC_ROLE_WATCH 6u
/* put a value of kind NULL to say that something has happened */
#define SIPC_ROLE_NOTIFY 7u
/* take a value of kind UINT: how many notifications there were since the last take, or since the
 * opening */
#define SIPC_ROLE_WAIT 8u
/* sipc_lock and sipc_unlock; a semaphore if options.permits is above 1 */
#define SIPC_ROLE_LOCK 9u
/* call the methods of a service */
#define SIPC_ROLE_CALL 10u
/* take the calls of a service and answer them; with the name NULL, of the one that this process is
 * to be as a plugin */
#define SIPC_ROLE_SERVE 11u
/* watch who has a channel open, of any pattern, without being on it; take who comes and goes, maps
 * with event (up, down), pid, program, language, role, since_ns and id */
#define SIPC_ROLE_PEERS 12u
/* start programs of their own as plugins; take what happens to them, maps with event, plugin, pid
 * and more */
#define SIPC_ROLE_HOST 13u

/* The kind of a value. An int sent is an int received, in every language. */
/* no value */
#define SIPC_KIND_NULL 0u
/* `i` is 0 or 1 */
#define SIPC_KIND_BOOL 1u
/* `i`: signed 64-bit */
#define SIPC_KIND_INT 2u
/* `u`: unsigned 64-bit */
#define SIPC_KIND_UINT 3u
/* `f`: IEEE 754 double, all bits kept */
#define SIPC_KIND_FLOAT 4u
/* `data`, `len`: UTF-8, may hold NUL bytes, no terminator */
#define SIPC_KIND_STR 5u
/* `data`, `len` */
#define SIPC_KIND_BYTES 6u
/* `items`, `count`: count values */
#define SIPC_KIND_LIST 7u
/* `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept */
#define SIPC_KIND_MAP 8u
/* `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8) */
#define SIPC_KIND_TENSOR 9u
/* `data`, `len`, `label`: bytes with a content type, as application/json */
#define SIPC_KIND_OPAQUE 10u

/* Element type of a tensor; elements are in the machine's byte order. */
/* 1 byte, 0 or 1 */
#define SIPC_DTYPE_BOOL 1u
/* 1 byte */
#define SIPC_DTYPE_U8 2u
/* 1 byte */
#define SIPC_DTYPE_I8 3u
/* 2 bytes */
#define SIPC_DTYPE_U16 4u
/* 2 bytes */
#define SIPC_DTYPE_I16 5u
/* 4 bytes */
#define SIPC_DTYPE_U32 6u
/* 4 bytes */
#define SIPC_DTYPE_I32 7u
/* 8 bytes */
#define SIPC_DTYPE_U64 8u
/* 8 bytes */
#define SIPC_DTYPE_I64 9u
/* 2 bytes, IEEE half */
#define SIPC_DTYPE_F16 10u
/* 4 bytes */
#define SIPC_DTYPE_F32 11u
/* 8 bytes */
#define SIPC_DTYPE_F64 12u
/* 8 bytes, two F32 */
#define SIPC_DTYPE_C64 13u
/* 16 bytes, two F64 */
#define SIPC_DTYPE_C128 14u

/* Bits of sipc_options.flags. */
/* subscriber: the publisher waits for me rather than overwrite what I have not taken */
#define SIPC_OPTION_LOSSLESS 1u
/* subscriber: each take skips to the newest message; what it skips counts as missed */
#define SIPC_OPTION_LATEST 2u
/* producer: do not spend a clock read per message; publish_time_ns is then 0 */
#define SIPC_OPTION_UNSTAMPED 4u
/* subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
 * files, holds up and damages nobody; it is lossy, gets copies, may be opened before the channel is
 * there, and looks by itself, when nothing happens every 2 ms */
#define SIPC_OPTION_TAP 8u

/* Bits of sipc_message.flags. */
/* queue: an earlier receiver died while holding this message */
#define SIPC_MESSAGE_REDELIVERED 1u
/* request: nobody waits for a reply */
#define SIPC_MESSAGE_ONE_WAY 2u
/* reply: more replies to this call follow */
#define SIPC_MESSAGE_MORE 4u

/* Bits of the flags of sipc_call. */
/* to do it twice is the same as to do it once: should its server die, another one gets the call, or
 * the next to come */
#define SIPC_CALL_IDEMPOTENT 1u
/* do not ask what becomes of it. It is done at most once, also when this process has gone meanwhile
 * */
#define SIPC_CALL_ONE_WAY 2u

/* Bits of the flags of sipc_reply. */
/* one of several replies; the last one is without this bit */
#define SIPC_REPLY_MORE 1u
/* an error of this program: a map with code (INT), message (STR) and data (any). The client gets
 * SIPC_FAILED and the map */
#define SIPC_REPLY_ERROR 2u

/* Most dimensions a tensor may have. */
#define SIPC_DIMS_MAX 8u

/* Longest channel name in bytes of UTF-8. */
#define SIPC_NAME_BYTES_MAX 200u

/* Most publishers or senders on one channel at once. */
#define SIPC_PRODUCERS_MAX 64u

/* Most open handles of all roles on one channel at once. */
#define SIPC_PEERS_MAX 256u

/* An open channel. What it points to is the library's alone. */
typedef struct sipc_channel sipc_channel;

/* Filled by a failing call when the caller passes one. Owned by the caller; no allocation behind
 * it. */
typedef struct sipc_error {
    /* sizeof(sipc_error) */
    uint32_t size;
    /* the status the call returned */
    int32_t status;
    /* errno of the operating system, or 0 */
    int32_t os_code;
    /* 0 */
    uint32_t reserved;
    /* one sentence, UTF-8, NUL-terminated: what failed and what to do */
    char message[496];
} sipc_error;

/* Starts a sipc_error: its size is set, all else is 0. */
#define SIPC_ERROR_INIT { sizeof(sipc_error), 0, 0, 0, { 0 } }

/* One value. The kind says which fields count; the others are 0. A sender's pointers are only read
 * during the call. A receiver's pointers stay valid until sipc_release of their message; the data
 * of tensors, bytes and opaque values larger than a slot is the shared memory itself, read-only, of
 * tensors 64-byte aligned. */
typedef struct sipc_value {
    /* sizeof(sipc_value); also set in every element of items */
    uint32_t size;
    /* SIPC_KIND_* */
    uint32_t kind;
    /* BOOL, INT */
    int64_t i;
    /* UINT */
    uint64_t u;
    /* FLOAT */
    double f;
    /* STR, BYTES, TENSOR, OPAQUE: first byte; NULL allowed when len is 0 */
    const void *data;
    /* bytes at data */
    uint64_t len;
    /* LIST, MAP: first element */
    const struct sipc_value *items;
    /* LIST: elements; MAP: pairs */
    uint64_t count;
    /* TENSOR: format, OPAQUE: content type; UTF-8, at most 255 bytes, not NUL-terminated */
    const char *label;
    /* bytes at label */
    uint64_t label_len;
    /* TENSOR: SIPC_DTYPE_* */
    uint32_t dtype;
    /* TENSOR: 0 to SIPC_DIMS_MAX; 0 is one element */
    uint32_t ndim;
    /* TENSOR: elements along each dimension */
    uint64_t shape[8];
    /* TENSOR: bytes from one element to the next; all 0 means dense row-major */
    int64_t strides[8];
    /* sipc_put, top-level value only: when the content was captured, or 0 */
    int64_t capture_time_ns;
} sipc_value;

/* Starts a sipc_value: its size is set, all else is 0. */
#define SIPC_VALUE_INIT { sizeof(sipc_value), 0, 0, 0, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, { 0 }, \
        { 0 }, 0 }

/* A received message. The caller owns the struct, the library what it points to until sipc_release;
 * do not copy the struct and release both copies. */
typedef struct sipc_message {
    /* sizeof(sipc_message) */
    uint32_t size;
    /* SIPC_MESSAGE_* */
    uint32_t flags;
    /* the value, with capture_time_ns */
    sipc_value value;
    /* grows by one with each message of one sender */
    uint64_t sequence;
    /* identifies the sending handle among all handles of this channel */
    uint64_t sender;
    /* CLOCK_MONOTONIC when it was put, or 0 if unstamped */
    int64_t publish_time_ns;
    /* CLOCK_MONOTONIC when it was taken, or 0 if unstamped; age = receive - publish */
    int64_t receive_time_ns;
    /* topic: messages of any sender this subscriber lost since its previous take */
    uint64_t missed;
    /* the library's; NULL after sipc_release */
    void *hold;
} sipc_message;

/* Starts a sipc_message: its size is set, all else is 0. */
#define SIPC_MESSAGE_INIT { sizeof(sipc_message), 0, SIPC_VALUE_INIT, 0, 0, 0, 0, 0, NULL }

/* How to open a channel. All zero (but size) is the default. */
typedef struct sipc_options {
    /* sizeof(sipc_options) */
    uint32_t size;
    /* SIPC_OPTION_* */
    uint32_t flags;
    /* subscriber: start with up to this many past messages per publisher; publisher: keep that many
     * for late joiners (at most depth) */
    uint32_t history;
    /* messages a producer may be ahead, a power of two 16..65536, 0 = 256 (topic) or 1024 (queue);
     * the creator decides */
    uint32_t depth;
    /* most shared memory for messages above 104 bytes, 0 = 4 GiB; the creator decides */
    uint64_t pool_bytes_max;
    /* where the channel lives, NUL-terminated; NULL = environment SIPC_DIR, else the user's own
     * directory in /dev/shm. A directory that its group may read, write and search (mode 2770) is
     * shared by the group, one that the group may only read and search (0750) may be looked at by
     * it (audit, SIPC_OPTION_TAP); any other is for one user */
    const char *directory;
    /* waiter: raise this signal (as SIGUSR1) in this process after each notification, by a thread
     * of the library's; nothing can then be taken from the handle. 0 = do not */
    int32_t signal;
    /* lock: how many may have it at once, 1 to 64, 0 = 1; whoever opens it first decides, and
     * another number is an error */
    uint32_t permits;
} sipc_options;

/* Starts a sipc_options: its size is set, all else is 0. */
#define SIPC_OPTIONS_INIT { sizeof(sipc_options), 0, 0, 0, 0, NULL, 0, 0 }

/* The ABI version of the loaded library. A binding compares it with SIPC_ABI_VERSION and refuses
 * another.
 *
 * Threads: any.
 * If a peer dies: not affected. */
SIPC_API uint32_t sipc_abi_version(void);

/* The library's version as text, as "0.1.0". Static; never freed.
 *
 * Threads: any.
 * If a peer dies: not affected. */
SIPC_API const char *sipc_version(void);

/* A short fixed text for a status; for an unknown number "unknown status". Static; never freed.
 *
 *   status  any status
 *
 * Threads: any.
 * If a peer dies: not affected. */
SIPC_API const char *sipc_status_text(int32_t status);

/* The clock of all time stamps: CLOCK_MONOTONIC in nanoseconds. The same in every process of the
 * machine.
 *
 * Threads: any.
 * If a peer dies: not affected. */
SIPC_API int64_t sipc_now_ns(void);

/* Sends one value to a queue; opens the channel on first use and keeps it open in this process.
 * Waits at most 5 s for room, then FULL. Works in a forked child.
 *
 *   name   channel
 *   value  what to send
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send(const char *name, const sipc_value *value, sipc_error *error);

/* sipc_send of a bool.
 *
 *   name   channel
 *   value  0 is false, anything else true
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send_bool(const char *name, int32_t value, sipc_error *error);

/* sipc_send of a signed integer.
 *
 *   name   channel
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send_int(const char *name, int64_t value, sipc_error *error);

/* sipc_send of a float.
 *
 *   name   channel
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send_float(const char *name, double value, sipc_error *error);

/* sipc_send of a string.
 *
 *   name   channel
 *   value  NUL-terminated UTF-8
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send_str(const char *name, const char *value, sipc_error *error);

/* sipc_send of bytes.
 *
 *   name   channel
 *   data   first byte; NULL allowed when len is 0
 *   len    bytes
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: the message stays in the queue until a receiver takes it, also after this process
 *          has gone. */
SIPC_API int32_t sipc_send_bytes(const char *name, const void *data, uint64_t len,
        sipc_error *error);

/* Publishes one value on a topic; opens the channel on first use and keeps it open in this process.
 * Waits (at most 5 s, then FULL) only if a lossless subscriber is behind. Works in a forked child.
 *
 *   name   channel
 *   value  what to publish
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish(const char *name, const sipc_value *value, sipc_error *error);

/* sipc_publish of a bool.
 *
 *   name   channel
 *   value  0 is false, anything else true
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish_bool(const char *name, int32_t value, sipc_error *error);

/* sipc_publish of a signed integer.
 *
 *   name   channel
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish_int(const char *name, int64_t value, sipc_error *error);

/* sipc_publish of a float.
 *
 *   name   channel
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish_float(const char *name, double value, sipc_error *error);

/* sipc_publish of a string.
 *
 *   name   channel
 *   value  NUL-terminated UTF-8
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish_str(const char *name, const char *value, sipc_error *error);

/* sipc_publish of bytes.
 *
 *   name   channel
 *   data   first byte; NULL allowed when len is 0
 *   len    bytes
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION,
 *          NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; a dead lossless subscriber stops counting as soon as the kernel
 *          says so. */
SIPC_API int32_t sipc_publish_bytes(const char *name, const void *data, uint64_t len,
        sipc_error *error);

/* Takes one message of a queue; opens the channel on first use and keeps it open. The message
 * counts as done when it is released, or when this thread receives the next one. Works in a forked
 * child.
 *
 *   name        channel
 *   timeout_ns  below 0: for ever
 *   message     set message->size first; filled on success; release it with sipc_release
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BAD_NAME, WRONG_PATTERN, BAD_ARGUMENT, TOO_MANY_PEERS,
 *          CORRUPT, VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any; several threads may wait at once.
 * If a peer dies: the message of a receiver that died is delivered again, flagged
 *          SIPC_MESSAGE_REDELIVERED. */
SIPC_API int32_t sipc_receive(const char *name, int64_t timeout_ns, sipc_message *message,
        sipc_error *error);

/* Sets the value of a state; opens the channel on first use and keeps it open in this process. The
 * value stays when this process has gone. Waits (at most 5 s, then FULL) only while another setter
 * is in the middle of setting. Works in a forked child.
 *
 *   name   channel
 *   value  what to set
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, TOO_LARGE, BAD_VALUE, BAD_ARGUMENT,
 *          TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM,
 *          INTERNAL.
 * Threads: any.
 * If a peer dies: a setter that dies leaves its value, or the one before; never half of one. */
SIPC_API int32_t sipc_set(const char *name, const sipc_value *value, sipc_error *error);

/* The value of a state, as it is now; waits only if none has been set yet. Opens the channel on
 * first use and keeps it open. Works in a forked child.
 *
 *   name        channel
 *   timeout_ns  how long to wait for a first value; below 0: for ever
 *   message     set message->size first; filled on success; release it with sipc_release
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BAD_NAME, WRONG_PATTERN, BAD_ARGUMENT, TOO_MANY_PEERS,
 *          CORRUPT, VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any; several threads may wait at once.
 * If a peer dies: the value of a setter that died is still there. */
SIPC_API int32_t sipc_get(const char *name, int64_t timeout_ns, sipc_message *message,
        sipc_error *error);

/* Says that something has happened, to everybody who has the signal open to wait. Waits for none of
 * them. Opens the channel on first use and keeps it open in this process. Works in a forked child.
 *
 *   name   channel
 *   error  optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BAD_NAME, WRONG_PATTERN, BAD_ARGUMENT, TOO_MANY_PRODUCERS,
 *          TOO_MANY_PEERS, CORRUPT, VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM,
 *          INTERNAL.
 * Threads: any.
 * If a peer dies: not affected; what a notifier has said before it died is not lost. */
SIPC_API int32_t sipc_notify(const char *name, sipc_error *error);

/* Waits for notifications of a signal. Opens the channel on first use and keeps it open: from then
 * on none is missed, also between two calls. Works in a forked child.
 *
 *   name        channel
 *   timeout_ns  below 0: for ever
 *   count       how many notifications there were
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BAD_NAME, WRONG_PATTERN, BAD_ARGUMENT, TOO_MANY_PEERS,
 *          CORRUPT, VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any; several threads may wait at once, and each is told.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_await(const char *name, int64_t timeout_ns, uint64_t *count,
        sipc_error *error);

/* Opens a channel, creating it if need be; programs may start in any order. Open one handle per
 * thread.
 *
 *   name     channel
 *   role     SIPC_ROLE_*
 *   options  NULL = defaults
 *   channel  the handle
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BAD_NAME, WRONG_PATTERN, BAD_ARGUMENT, TOO_MANY_PRODUCERS, TOO_MANY_PEERS, CORRUPT,
 *          VERSION, NO_SPACE, NO_PERMISSION, NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: leftovers of dead processes are repaired on the way in. */
SIPC_API int32_t sipc_open(const char *name, uint32_t role, const sipc_options *options,
        sipc_channel **channel, sipc_error *error);

/* Closes a handle. Messages taken through it stay valid until they are released. The last process
 * out removes the channel's files, but for a queue that still holds messages, a state that has a
 * value, and a lock whose next owner is to be told of a death.
 *
 *   channel  NULL is allowed
 *
 * Returns: OK, CLOSED.
 * Threads: any; a wait of another thread in this handle returns SIPC_CLOSED.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_close(sipc_channel *channel);

/* Publishes, sends or sets one value, or notifies. A failed put leaves a loan with the caller: put
 * it again or sipc_unloan it.
 *
 *   channel     opened with PUBLISH, SEND, SET or NOTIFY
 *   value       copied, unless its data is a loan of this handle, which is then published in place
 *   timeout_ns  how long to wait for room; below 0: for ever
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE, TOO_LARGE,
 *          BAD_VALUE, BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: not affected; room held by a dead receiver is recovered while waiting. */
SIPC_API int32_t sipc_put(sipc_channel *channel, const sipc_value *value, int64_t timeout_ns,
        sipc_error *error);

/* Takes the next message, waiting for it without using the CPU. INTERRUPTED when a signal handler
 * ran while the thread slept, or sipc_interrupt was called; a handler may call sipc_interrupt, and
 * that is never missed.
 *
 *   channel     opened with SUBSCRIBE, RECEIVE, WATCH, WAIT, SERVE, HOST or PEERS
 *   timeout_ns  below 0: for ever
 *   message     set message->size first; filled on success; release it with sipc_release
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE,
 *          BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: a publisher that died leaves what it has published; a queue message whose
 *          receiver died is delivered again. */
SIPC_API int32_t sipc_take(sipc_channel *channel, int64_t timeout_ns, sipc_message *message,
        sipc_error *error);

/* Compare and set: sets a state if its value is still the one the caller knows; else CONFLICT, and
 * a loan stays with the caller. Then get the value and think again.
 *
 *   channel     opened with SET
 *   value       copied, unless its data is a loan of this handle, which is then set in place
 *   expected    the sequence of the value it is to replace, as a message says it; UINT64_MAX: there
 *               is to be none yet
 *   timeout_ns  how long to wait for other setters and for room; below 0: for ever
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, CONFLICT, FULL, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE,
 *          TOO_LARGE, BAD_VALUE, BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: a setter that dies leaves its value, or the one before. */
SIPC_API int32_t sipc_put_if(sipc_channel *channel, const sipc_value *value, uint64_t expected,
        int64_t timeout_ns, sipc_error *error);

/* The value of a state, as it is now, also if it has been taken before; waits only if none has been
 * set yet.
 *
 *   channel     opened with WATCH
 *   timeout_ns  how long to wait for a first value; below 0: for ever
 *   message     set message->size first; filled on success; release it with sipc_release
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE,
 *          BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: the value of a setter that died is still there. */
SIPC_API int32_t sipc_current(sipc_channel *channel, int64_t timeout_ns, sipc_message *message,
        sipc_error *error);

/* Waits until the lock, or a permit of the semaphore, is this handle's. A handle has at most one:
 * locking again before sipc_unlock is BAD_ARGUMENT at once. Whoever has waited for 1 ms comes
 * before those who have not, in the order of their waiting.
 *
 *   channel        opened with LOCK
 *   timeout_ns     below 0: for ever
 *   abandoned_pid  the process that died holding it, if its last owner did: what it protects may be
 *                  half done; else 0. May be NULL
 *   error          optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE,
 *          BAD_ARGUMENT, CORRUPT, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: the lock of a process that died is free at once, and its next owner is told,
 *          once; a stopped process keeps it. */
SIPC_API int32_t sipc_lock(sipc_channel *channel, int64_t timeout_ns, uint64_t *abandoned_pid,
        sipc_error *error);

/* Unlocks, or gives the permit back. sipc_close does it, too.
 *
 *   channel  the handle that locked
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BUSY, CLOSED, FORKED, EVICTED, WRONG_ROLE, BAD_ARGUMENT, CORRUPT, INTERNAL.
 * Threads: any, not only the one that locked; a second thread inside the handle gets SIPC_BUSY.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_unlock(sipc_channel *channel, sipc_error *error);

/* Starts a program as a plugin and looks after it, or stops it. Plugin `p` of the host `h` serves
 * the service `h.p`; what happens, and each line it prints, is an event, to be had by sipc_take or
 * by anybody who subscribes to `h.events`. A plugin calls sipc_open(NULL, SIPC_ROLE_SERVE, ...).
 *
 *   channel  opened with HOST
 *   plugin   a map: name (STR) and program (STR), and if wanted args (a list of STR), restarts
 *            (INT, 3) and the seconds (FLOAT, 60) within which they count, hang_after (FLOAT,
 *            seconds; none). Or name and stop (BOOL true)
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BUSY, CLOSED, FORKED, BAD_NAME, WRONG_ROLE, BAD_VALUE, BAD_ARGUMENT, SYSTEM,
 *          INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: a plugin that crashes, or takes no call for hang_after, is an event, and is
 *          started again until it has used up its restarts; plugins end with their host, also when
 *          that is killed. */
SIPC_API int32_t sipc_plugin(sipc_channel *channel, const sipc_value *plugin, sipc_error *error);

/* Who has a channel open now: a list of maps with pid (INT), program, language, role (STR: the
 * verb, as "subscribe"), since_ns (INT, CLOCK_MONOTONIC) and id (INT: the sender of its messages),
 * in the order of their coming; empty if there is no such channel. Looks without joining, and needs
 * only leave to read. To be told who comes and goes, open the channel with SIPC_ROLE_PEERS.
 *
 *   name     the channel, of any pattern
 *   options  directory counts
 *   message  set message->size first; filled on success; release it with sipc_release
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BAD_NAME, BAD_ARGUMENT, CORRUPT, VERSION, NO_PERMISSION, NO_DIRECTORY, SYSTEM,
 *          INTERNAL.
 * Threads: any.
 * If a peer dies: who has died is not there; who is stopped is. */
SIPC_API int32_t sipc_peers(const char *name, const sipc_options *options, sipc_message *message,
        sipc_error *error);

/* Says who this process is to those who list or watch peers. Counts for handles that are opened
 * from now on; longer texts are cut at a character. A binding calls it once, when it is loaded; a
 * program may call it again.
 *
 *   program   what others see as the program's name, at most 64 bytes; NULL or empty: the file name
 *             of the executable
 *   language  as "python", at most 16 bytes; NULL: "c"
 *   error     optional, may be NULL: receives the details
 *
 * Returns: OK, BAD_ARGUMENT, INTERNAL.
 * Threads: any.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_identify(const char *program, const char *language, sipc_error *error);

/* Lets go of a message and, in a queue, reports it done.
 *
 *   message  NULL or an already released message is allowed
 *
 * Threads: any.
 * If a peer dies: a process that dies without releasing is cleaned up after by the others. */
SIPC_API void sipc_release(sipc_message *message);

/* Lends a buffer inside the channel, 64-byte aligned. Fill it, then sipc_put the same value:
 * nothing is copied. At most 16 loans at once per handle.
 *
 *   channel     opened with PUBLISH, SEND or SET
 *   value       kind BYTES, STR, OPAQUE or TENSOR with its len or shape; data is set to the
 *               writable buffer, len to its bytes, strides made explicit
 *   timeout_ns  how long to wait for memory in use by lossless subscribers
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE, TOO_LARGE,
 *          BAD_VALUE, BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: a loan of a process that died is taken back by the others. */
SIPC_API int32_t sipc_loan(sipc_channel *channel, sipc_value *value, int64_t timeout_ns,
        sipc_error *error);

/* Gives a loan back unpublished.
 *
 *   channel  the handle that lent it
 *   data     value.data of the loan
 *
 * Returns: OK, BUSY, CLOSED, FORKED, BAD_ARGUMENT.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_unloan(sipc_channel *channel, void *data);

/* Waits until one of several handles has a message, then take it with a timeout of 0. Handles are
 * looked at in turn, so that none starves. With several receivers on one queue another may be
 * faster: the take then times out; wait again. Of a client it means that one of its calls has a
 * reply, or has ended: then ask sipc_result for each, with a timeout of 0.
 *
 *   channels    handles opened with SUBSCRIBE, RECEIVE, WATCH, WAIT, CALL, SERVE, HOST or PEERS
 *   count       1 to 64
 *   timeout_ns  below 0: for ever
 *   index       which one has a message
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, TIMEOUT, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE,
 *          BAD_ARGUMENT, CORRUPT, SYSTEM, INTERNAL.
 * Threads: one at a time for each of the handles.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_wait(sipc_channel *const *channels, uint32_t count, int64_t timeout_ns,
        uint32_t *index, sipc_error *error);

/* A descriptor for poll, epoll and the like, level-triggered: readable as long as there may be
 * something to take. Then call sipc_take (of a client: sipc_result of each call in flight) with a
 * timeout of 0 until it says TIMEOUT; only that clears it. It may be readable although nothing is
 * there: at first, and then up to once a second, every 50 ms while another receiver has a message
 * of the queue in hand, and every 30 ms while calls are in flight. From the first call on a thread
 * of the library waits beside the program; not so with PEERS.
 *
 *   channel  opened with SUBSCRIBE (no tap), RECEIVE, WATCH, WAIT, CALL, SERVE, HOST or PEERS
 *   fd       the handle's own, closed with it; do not read, write or close it
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BUSY, CLOSED, FORKED, WRONG_ROLE, BAD_ARGUMENT, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: the descriptor becomes readable when there is something to take over from the
 *          dead, and when a call has lost its server. */
SIPC_API int32_t sipc_fd(sipc_channel *channel, int32_t *fd, sipc_error *error);

/* Makes the wait in progress on this handle, or else the next one, return SIPC_INTERRUPTED.
 *
 * Returns: OK, CLOSED.
 * Threads: any, also while another thread waits in the handle.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_interrupt(sipc_channel *channel);

/* Starts a call of a service: exactly one of its servers gets it, or the next one to come. At most
 * 64 calls of a handle are in flight (FULL).
 *
 *   channel     opened with CALL
 *   method      NUL-terminated UTF-8, 1 to 255 bytes; ".methods" asks what the service offers
 *   args        the arguments: LIST, MAP, one value, or NULL for none
 *   flags       SIPC_CALL_*
 *   timeout_ns  how long to wait for room; below 0: for ever
 *   call        the number to take its replies by; 0 if one-way. May be NULL if so
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, FULL, INTERRUPTED, BUSY, CLOSED, FORKED, UNLINKED, EVICTED, WRONG_ROLE, TOO_LARGE,
 *          BAD_VALUE, BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: the call goes to a server that lives, or waits for one. */
SIPC_API int32_t sipc_call(sipc_channel *channel, const char *method, const sipc_value *args,
        uint32_t flags, int64_t timeout_ns, uint64_t *call, sipc_error *error);

/* Waits for the next reply of a call. With SIPC_MESSAGE_MORE in its flags another one follows; else
 * the call is over. FAILED is an error of the server's program, which the message holds: a map with
 * code, message and data. After TIMEOUT and INTERRUPTED the call is still in flight; after any
 * other error it is over.
 *
 *   channel     the handle that called
 *   call        the number from sipc_call
 *   timeout_ns  below 0: for ever
 *   message     set message->size first; filled with SIPC_OK and with SIPC_FAILED; release it with
 *               sipc_release
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, FAILED, TIMEOUT, CANCELLED, SERVER_DIED, INTERRUPTED, BUSY, CLOSED, FORKED,
 *          UNLINKED, EVICTED, WRONG_ROLE, BAD_ARGUMENT, CORRUPT, NO_SPACE, TOO_LARGE, SYSTEM,
 *          INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: SERVER_DIED within 100 ms, with the process in the sentence; an idempotent call
 *          goes to another server instead. */
SIPC_API int32_t sipc_result(sipc_channel *channel, uint64_t call, int64_t timeout_ns,
        sipc_message *message, sipc_error *error);

/* Ends a call: no server begins with it any more, and one that works on it learns it by
 * sipc_cancelled. Its sipc_result, if anybody asks, is CANCELLED.
 *
 *   channel  the handle that called
 *   call     the number from sipc_call; a call that is over is allowed
 *
 * Returns: OK, BUSY, CLOSED, FORKED, WRONG_ROLE.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: not affected. */
SIPC_API int32_t sipc_cancel(sipc_channel *channel, uint64_t call);

/* Answers a request; sipc_release it afterwards. A request that is released unanswered is an error
 * for its client. With MORE: CANCELLED if nobody waits, FULL if the client does not take its
 * replies and does not do so within 100 ms. The last reply always has room; one that cannot be sent
 * for another reason is an error for the client, too.
 *
 *   request  taken from a handle opened with SERVE; its value is a list of the method and the
 *            arguments
 *   value    the result
 *   flags    SIPC_REPLY_*
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, CANCELLED, FULL, INTERRUPTED, FORKED, UNLINKED, EVICTED, TOO_LARGE, BAD_VALUE,
 *          BAD_ARGUMENT, CORRUPT, NO_SPACE, SYSTEM, INTERNAL.
 * Threads: any; one at a time for each request.
 * If a peer dies: a reply to a client that has died goes nowhere, with SIPC_OK; with MORE it is
 *          CANCELLED. */
SIPC_API int32_t sipc_reply(sipc_message *request, const sipc_value *value, uint32_t flags,
        sipc_error *error);

/* OK as long as somebody waits for the reply to a request; CANCELLED if the call was cancelled or
 * has run out of time, or the client has died. Cheap enough for every turn of a loop.
 *
 *   request  taken from a handle opened with SERVE
 *
 * Returns: OK, CANCELLED, BAD_ARGUMENT.
 * Threads: any; one at a time for each request.
 * If a peer dies: CANCELLED when the client has died. */
SIPC_API int32_t sipc_cancelled(sipc_message *request);

/* Says what this server offers, to those who call ".methods". Calls of other methods arrive, too.
 *
 *   channel  opened with SERVE
 *   methods  a list of maps: name (STR), and if wanted args (a list of pairs of a name and a type),
 *            returns (STR), idempotent (BOOL), about (STR)
 *   error    optional, may be NULL: receives the details
 *
 * Returns: OK, BUSY, CLOSED, FORKED, WRONG_ROLE, BAD_VALUE, BAD_ARGUMENT, INTERNAL.
 * Threads: one at a time; a second thread gets SIPC_BUSY.
 * If a peer dies: a call of a method that is said to be idempotent here is done again if its server
 *          died. */
SIPC_API int32_t sipc_describe(sipc_channel *channel, const sipc_value *methods, sipc_error *error);

/* Describes channels as a JSON list: name, pattern, peers, lanes, waiting messages with their age,
 * memory, leaks. Read-only; changes nothing.
 *
 *   name       channel, or NULL for all of the directory
 *   directory  NULL = the default directory
 *   buffer     receives NUL-terminated JSON; may be NULL when capacity is 0
 *   capacity   bytes at buffer
 *   needed     bytes the text needs with its NUL; more than capacity means nothing was written
 *   error      optional, may be NULL: receives the details
 *
 * Returns: OK, BAD_NAME, BAD_ARGUMENT, CORRUPT, VERSION, NO_PERMISSION, NO_DIRECTORY, SYSTEM,
 *          INTERNAL.
 * Threads: any.
 * If a peer dies: reports what a dead process has left and nobody has repaired yet. */
SIPC_API int32_t sipc_audit(const char *name, const char *directory, char *buffer,
        uint64_t capacity, uint64_t *needed, sipc_error *error);

/* Removes what nobody uses: files of channels whose processes are all dead, and queues left with
 * messages older than the age limit. Channels in use are never touched.
 *
 *   directory   NULL = the default directory
 *   age_max_ns  remove queues nobody has open whose newest message is older; 0 removes all of
 *               those, and locks whose owner died
 *   count       channels removed
 *   error       optional, may be NULL: receives the details
 *
 * Returns: OK, BAD_ARGUMENT, NO_PERMISSION, NO_DIRECTORY, SYSTEM, INTERNAL.
 * Threads: any.
 * If a peer dies: removes what dead processes have left behind. */
SIPC_API int32_t sipc_clean(const char *directory, int64_t age_max_ns, uint64_t *count,
        sipc_error *error);

#ifdef __cplusplus
}
#endif

#endif
