/* The functions of the library as commands of Tcl, in the namespace simpleipc::raw. Handles and
 * messages are numbers; the classes over them are in simpleipc.tcl. Timeouts are nanoseconds. */
#include "value.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages that were taken and not released, and handles that are open, by number. */
TCL_DECLARE_MUTEX(guard)
static Tcl_HashTable messages;
static Tcl_HashTable handles;
static int is_ready = 0;

static const char *class_of(int32_t status) {
    return status < 10   ? "RETRY"
           : status < 20 ? "GONE"
           : status < 30 ? "MISUSE"
           : status < 40 ? "CORRUPT"
           : status < 60 ? "SYSTEM"
                         : "OTHER";
}

/* The error of Tcl: errorCode is SIPC, the class, the status, the system's number. */
static int raise_status(Tcl_Interp *interp, int32_t status, const sipc_error *error) {
    Tcl_Obj *code[] = {Tcl_NewStringObj("SIPC", -1), Tcl_NewStringObj(class_of(status), -1),
                       Tcl_NewIntObj(status), Tcl_NewIntObj(error ? error->os_code : 0)};
    const char *text = error ? error->message : sipc_status_text(status);
    Tcl_SetObjErrorCode(interp, Tcl_NewListObj(4, code));
    Tcl_SetObjResult(interp, Tcl_NewStringObj(text, -1));
    return TCL_ERROR;
}

static int end(Tcl_Interp *interp, int32_t status, const sipc_error *error) {
    return status == SIPC_OK ? TCL_OK : raise_status(interp, status, error);
}

static int answer(Tcl_Interp *interp, Tcl_WideInt number) {
    Tcl_SetObjResult(interp, Tcl_NewWideIntObj(number));
    return TCL_OK;
}

static int wide(Tcl_Interp *interp, Tcl_Obj *obj, Tcl_WideInt *number) {
    return Tcl_GetWideIntFromObj(interp, obj, number);
}

static int channel(Tcl_Interp *interp, Tcl_Obj *obj, sipc_channel **found) {
    Tcl_WideInt number;
    if (wide(interp, obj, &number) != TCL_OK)
        return TCL_ERROR;
    *found = (sipc_channel *)(intptr_t)number;
    return TCL_OK;
}

/* Keeps a message; the result is its number. */
static int keep(Tcl_Interp *interp, sipc_message *message) {
    int is_new;
    Tcl_MutexLock(&guard);
    Tcl_CreateHashEntry(&messages, (char *)message, &is_new);
    Tcl_MutexUnlock(&guard);
    return answer(interp, (Tcl_WideInt)(intptr_t)message);
}

static sipc_message *blank(void) {
    sipc_message *made = (sipc_message *)ckalloc(sizeof(sipc_message));
    memset(made, 0, sizeof *made);
    made->size = sizeof *made;
    made->value.size = sizeof(sipc_value);
    return made;
}

static int held(Tcl_Interp *interp, Tcl_Obj *obj, sipc_message **found, int remove) {
    Tcl_WideInt number;
    if (wide(interp, obj, &number) != TCL_OK)
        return TCL_ERROR;
    Tcl_MutexLock(&guard);
    Tcl_HashEntry *entry = Tcl_FindHashEntry(&messages, (char *)(intptr_t)number);
    if (entry && remove)
        Tcl_DeleteHashEntry(entry);
    Tcl_MutexUnlock(&guard);
    *found = entry ? (sipc_message *)(intptr_t)number : NULL;
    if (*found || remove)
        return TCL_OK;
    sipc_error error = SIPC_ERROR_INIT;
    strcpy(error.message, "the message has been released");
    return raise_status(interp, SIPC_CLOSED, &error);
}

/* A message that a function has filled, or its error. */
static int taken(Tcl_Interp *interp, int32_t status, sipc_message *message, sipc_error *error) {
    if (status == SIPC_OK)
        return keep(interp, message);
    ckfree((char *)message);
    return raise_status(interp, status, error);
}

#define COMMAND(name)                                                                              \
    static int name(ClientData data, Tcl_Interp *interp, int count, Tcl_Obj *const words[])
#define TAKES(wanted, usage)                                                                       \
    (void)data;                                                                                    \
    if (count != (wanted) + 1) {                                                                   \
        Tcl_WrongNumArgs(interp, 1, words, usage);                                                 \
        return TCL_ERROR;                                                                          \
    }
#define TRY(call)                                                                                  \
    if ((call) != TCL_OK)                                                                          \
        return TCL_ERROR;

/* flags, history, depth, pool_bytes_max, directory, signal, permits */
static int options_of(Tcl_Interp *interp, Tcl_Obj *list, sipc_options *options, piece **pieces) {
    int count;
    Tcl_Obj **parts;
    Tcl_WideInt numbers[7] = {0};
    TRY(Tcl_ListObjGetElements(interp, list, &count, &parts));
    for (int at = 0; at < count && at < 7; at++) {
        if (at == 4)
            continue;
        TRY(wide(interp, parts[at], &numbers[at]));
        if (numbers[at] < 0 || (at != 3 && numbers[at] > (at == 5 ? INT32_MAX : UINT32_MAX))) {
            Tcl_SetObjResult(interp, Tcl_ObjPrintf("an option is out of range: %s",
                                                   Tcl_GetString(parts[at])));
            Tcl_SetErrorCode(interp, "SIPC", "VALUE", NULL);
            return TCL_ERROR;
        }
    }
    options->flags = (uint32_t)numbers[0];
    options->history = (uint32_t)numbers[1];
    options->depth = (uint32_t)numbers[2];
    options->pool_bytes_max = (uint64_t)numbers[3];
    options->signal = (int32_t)numbers[5];
    options->permits = (uint32_t)numbers[6];
    if (count > 4 && *Tcl_GetString(parts[4]))
        return (options->directory = name_of(interp, parts[4], pieces)) ? TCL_OK : TCL_ERROR;
    return TCL_OK;
}

COMMAND(open_channel) {
    TAKES(3, "name role options");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *opened;
    piece *pieces = NULL;
    Tcl_WideInt role;
    const char *name = NULL;
    int result = wide(interp, words[2], &role);
    /* A server without a name is that of the plugin which this program is. */
    int is_plugin = result == TCL_OK && role == SIPC_ROLE_SERVE && !*Tcl_GetString(words[1]);
    if (result == TCL_OK && !is_plugin && !(name = name_of(interp, words[1], &pieces)))
        result = TCL_ERROR;
    if (result == TCL_OK)
        result = options_of(interp, words[3], &options, &pieces);
    if (result == TCL_OK)
        result = end(interp, sipc_open(name, (uint32_t)role, &options, &opened, &error), &error);
    if (result == TCL_OK) {
        int is_new;
        Tcl_MutexLock(&guard);
        Tcl_CreateHashEntry(&handles, (char *)opened, &is_new);
        Tcl_MutexUnlock(&guard);
        answer(interp, (Tcl_WideInt)(intptr_t)opened);
    }
    free_pieces(pieces);
    return result;
}

COMMAND(close_channel) {
    TAKES(1, "handle");
    sipc_channel *one;
    TRY(channel(interp, words[1], &one));
    Tcl_MutexLock(&guard);
    Tcl_HashEntry *entry = Tcl_FindHashEntry(&handles, (char *)one);
    if (entry)
        Tcl_DeleteHashEntry(entry);
    Tcl_MutexUnlock(&guard);
    sipc_close(one);
    return TCL_OK;
}

COMMAND(interrupt) {
    TAKES(1, "handle");
    sipc_channel *one;
    TRY(channel(interp, words[1], &one));
    return end(interp, sipc_interrupt(one), NULL);
}

/* put handle value capture timeout ?sequence? */
COMMAND(put) {
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value value = SIPC_VALUE_INIT;
    sipc_channel *one;
    piece *pieces = NULL;
    Tcl_WideInt capture, timeout, sequence = 0;
    int32_t status;
    int is_if = count == 6;
    if (!is_if) {
        TAKES(4, "handle value capture timeout ?sequence?");
    }
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[3], &capture));
    TRY(wide(interp, words[4], &timeout));
    if (is_if)
        TRY(wide(interp, words[5], &sequence));
    if (encode(interp, words[2], &value, &pieces, 0) != TCL_OK) {
        free_pieces(pieces);
        return TCL_ERROR;
    }
    value.capture_time_ns = capture;
    if (is_if)
        status = sipc_put_if(one, &value, (uint64_t)sequence, timeout, &error);
    else
        status = sipc_put(one, &value, timeout, &error);
    free_pieces(pieces);
    return end(interp, status, &error);
}

/* Bytes or a tensor go where the receiver looks at them. */
COMMAND(put_in_place) {
    TAKES(4, "handle value capture timeout");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value value = SIPC_VALUE_INIT;
    sipc_channel *one;
    piece *pieces = NULL;
    Tcl_WideInt capture, timeout;
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[3], &capture));
    TRY(wide(interp, words[4], &timeout));
    int result = encode(interp, words[2], &value, &pieces, 0);
    if (result == TCL_OK) {
        const void *filled = value.data;
        value.data = NULL;
        value.capture_time_ns = capture;
        int32_t status = sipc_loan(one, &value, timeout, &error);
        if (status == SIPC_OK) {
            memcpy((void *)value.data, filled, value.len);
            status = sipc_put(one, &value, timeout, &error);
            if (status != SIPC_OK)
                sipc_unloan(one, (void *)value.data);
        }
        result = end(interp, status, &error);
    }
    free_pieces(pieces);
    return result;
}

/* once send|publish|set name value */
COMMAND(once) {
    TAKES(3, "verb name value");
    static const char *const verbs[] = {"send", "publish", "set", NULL};
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value value = SIPC_VALUE_INIT;
    piece *pieces = NULL;
    const char *name;
    int verb;
    TRY(Tcl_GetIndexFromObj(interp, words[1], verbs, "verb", TCL_EXACT, &verb));
    int result = TCL_ERROR;
    if ((name = name_of(interp, words[2], &pieces))
        && encode(interp, words[3], &value, &pieces, 0) == TCL_OK) {
        int32_t status = verb == 0   ? sipc_send(name, &value, &error)
                         : verb == 1 ? sipc_publish(name, &value, &error)
                                     : sipc_set(name, &value, &error);
        result = end(interp, status, &error);
    }
    free_pieces(pieces);
    return result;
}

/* take take|current handle timeout, take receive|get name timeout */
COMMAND(take) {
    TAKES(3, "function channel timeout");
    static const char *const functions[] = {"take", "current", "receive", "get", NULL};
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one = NULL;
    piece *pieces = NULL;
    Tcl_WideInt timeout;
    int function;
    const char *name = NULL;
    TRY(Tcl_GetIndexFromObj(interp, words[1], functions, "function", TCL_EXACT, &function));
    TRY(wide(interp, words[3], &timeout));
    if (function < 2) {
        TRY(channel(interp, words[2], &one));
    } else if (!(name = name_of(interp, words[2], &pieces))) {
        free_pieces(pieces);
        return TCL_ERROR;
    }
    sipc_message *message = blank();
    int32_t status = function == 0   ? sipc_take(one, timeout, message, &error)
                     : function == 1 ? sipc_current(one, timeout, message, &error)
                     : function == 2 ? sipc_receive(name, timeout, message, &error)
                                     : sipc_get(name, timeout, message, &error);
    free_pieces(pieces);
    return taken(interp, status, message, &error);
}

COMMAND(notify) {
    TAKES(1, "name");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    const char *name = name_of(interp, words[1], &pieces);
    int result = name ? end(interp, sipc_notify(name, &error), &error) : TCL_ERROR;
    free_pieces(pieces);
    return result;
}

COMMAND(await) {
    TAKES(2, "name timeout");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    uint64_t found = 0;
    Tcl_WideInt timeout;
    TRY(wide(interp, words[2], &timeout));
    const char *name = name_of(interp, words[1], &pieces);
    int result =
        name ? end(interp, sipc_await(name, timeout, &found, &error), &error) : TCL_ERROR;
    free_pieces(pieces);
    return result == TCL_OK ? answer(interp, (Tcl_WideInt)found) : result;
}

static void put_fact(Tcl_Obj *dict, const char *name, Tcl_WideInt number) {
    Tcl_DictObjPut(NULL, dict, Tcl_NewStringObj(name, -1), Tcl_NewWideIntObj(number));
}

/* What a message says of itself, as a dict. */
COMMAND(facts) {
    TAKES(1, "message");
    sipc_message *message;
    TRY(held(interp, words[1], &message, 0));
    Tcl_Obj *dict = Tcl_NewDictObj();
    put_fact(dict, "sequence", (Tcl_WideInt)message->sequence);
    put_fact(dict, "sender", (Tcl_WideInt)message->sender);
    put_fact(dict, "missed", (Tcl_WideInt)message->missed);
    put_fact(dict, "publish_time_ns", message->publish_time_ns);
    put_fact(dict, "receive_time_ns", message->receive_time_ns);
    put_fact(dict, "capture_time_ns", message->value.capture_time_ns);
    put_fact(dict, "redelivered", (message->flags & SIPC_MESSAGE_REDELIVERED) != 0);
    put_fact(dict, "one_way", (message->flags & SIPC_MESSAGE_ONE_WAY) != 0);
    put_fact(dict, "more", (message->flags & SIPC_MESSAGE_MORE) != 0);
    Tcl_SetObjResult(interp, dict);
    return TCL_OK;
}

COMMAND(value) {
    TAKES(1, "message");
    sipc_message *message;
    TRY(held(interp, words[1], &message, 0));
    Tcl_SetObjResult(interp, decode(&message->value));
    return TCL_OK;
}

COMMAND(release) {
    TAKES(1, "message");
    sipc_message *message;
    TRY(held(interp, words[1], &message, 1));
    if (message) {
        sipc_release(message);
        ckfree((char *)message);
    }
    return TCL_OK;
}

COMMAND(wait_any) {
    TAKES(2, "handles timeout");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *all[64];
    int many;
    uint32_t found = 0;
    Tcl_Obj **parts;
    Tcl_WideInt timeout;
    TRY(Tcl_ListObjGetElements(interp, words[1], &many, &parts));
    TRY(wide(interp, words[2], &timeout));
    for (int at = 0; at < many && at < 64; at++)
        TRY(channel(interp, parts[at], &all[at]));
    int32_t status = sipc_wait(all, (uint32_t)many, timeout, &found, &error);
    TRY(end(interp, status, &error));
    return answer(interp, found);
}

COMMAND(lock) {
    TAKES(2, "handle timeout");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one;
    uint64_t pid = 0;
    Tcl_WideInt timeout;
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[2], &timeout));
    TRY(end(interp, sipc_lock(one, timeout, &pid, &error), &error));
    return answer(interp, (Tcl_WideInt)pid);
}

COMMAND(unlock) {
    TAKES(1, "handle");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one;
    TRY(channel(interp, words[1], &one));
    return end(interp, sipc_unlock(one, &error), &error);
}

COMMAND(call) {
    TAKES(5, "handle method args flags timeout");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value args = SIPC_VALUE_INIT;
    sipc_channel *one;
    piece *pieces = NULL;
    uint64_t started = 0;
    Tcl_WideInt flags, timeout;
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[4], &flags));
    TRY(wide(interp, words[5], &timeout));
    const char *method = name_of(interp, words[2], &pieces);
    int result = TCL_ERROR;
    if (method && encode(interp, words[3], &args, &pieces, 0) == TCL_OK) {
        int32_t status = sipc_call(one, method, &args, (uint32_t)flags, timeout, &started, &error);
        result = end(interp, status, &error);
    }
    free_pieces(pieces);
    return result == TCL_OK ? answer(interp, (Tcl_WideInt)started) : result;
}

/* The error of a server's program has in its errorCode what the server said, as a typed value. */
COMMAND(result) {
    TAKES(3, "handle call timeout");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one;
    Tcl_WideInt number, timeout;
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[2], &number));
    TRY(wide(interp, words[3], &timeout));
    sipc_message *message = blank();
    int32_t status = sipc_result(one, (uint64_t)number, timeout, message, &error);
    if (status == SIPC_FAILED) {
        Tcl_Obj *said = decode(&message->value);
        Tcl_Obj *code[] = {Tcl_NewStringObj("SIPC", -1), Tcl_NewStringObj("FAILED", -1), said};
        Tcl_SetObjErrorCode(interp, Tcl_NewListObj(3, code));
        Tcl_SetObjResult(interp, Tcl_NewStringObj(error.message, -1));
        sipc_release(message);
        ckfree((char *)message);
        return TCL_ERROR;
    }
    return taken(interp, status, message, &error);
}

COMMAND(cancel) {
    TAKES(2, "handle call");
    sipc_channel *one;
    Tcl_WideInt number;
    TRY(channel(interp, words[1], &one));
    TRY(wide(interp, words[2], &number));
    return end(interp, sipc_cancel(one, (uint64_t)number), NULL);
}

COMMAND(reply) {
    TAKES(3, "request value flags");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value answered = SIPC_VALUE_INIT;
    sipc_message *request;
    piece *pieces = NULL;
    Tcl_WideInt flags;
    TRY(held(interp, words[1], &request, 0));
    TRY(wide(interp, words[3], &flags));
    int outcome = encode(interp, words[2], &answered, &pieces, 0);
    if (outcome == TCL_OK)
        outcome = end(interp, sipc_reply(request, &answered, (uint32_t)flags, &error), &error);
    free_pieces(pieces);
    return outcome;
}

COMMAND(cancelled) {
    TAKES(1, "request");
    sipc_message *request;
    TRY(held(interp, words[1], &request, 0));
    return answer(interp, sipc_cancelled(request) == SIPC_CANCELLED);
}

/* tell describe|plugin handle value */
COMMAND(tell) {
    TAKES(3, "function handle value");
    static const char *const functions[] = {"describe", "plugin", NULL};
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value told = SIPC_VALUE_INIT;
    sipc_channel *one;
    piece *pieces = NULL;
    int function;
    TRY(Tcl_GetIndexFromObj(interp, words[1], functions, "function", TCL_EXACT, &function));
    TRY(channel(interp, words[2], &one));
    int outcome = encode(interp, words[3], &told, &pieces, 0);
    if (outcome == TCL_OK)
        outcome = end(interp,
                      function == 0 ? sipc_describe(one, &told, &error)
                                    : sipc_plugin(one, &told, &error),
                      &error);
    free_pieces(pieces);
    return outcome;
}

COMMAND(peers) {
    TAKES(2, "name options");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_options options = SIPC_OPTIONS_INIT;
    piece *pieces = NULL;
    const char *name = name_of(interp, words[1], &pieces);
    int outcome = TCL_ERROR;
    if (name && options_of(interp, words[2], &options, &pieces) == TCL_OK) {
        sipc_message *message = blank();
        int32_t status = sipc_peers(name, &options, message, &error);
        outcome = taken(interp, status, message, &error);
    }
    free_pieces(pieces);
    return outcome;
}

COMMAND(identify) {
    TAKES(1, "program");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    const char *name = name_of(interp, words[1], &pieces);
    int outcome = name ? end(interp, sipc_identify(name, "tcl", &error), &error) : TCL_ERROR;
    free_pieces(pieces);
    return outcome;
}

/* The name or directory that an empty word stands for is none. */
static int optional(Tcl_Interp *interp, Tcl_Obj *word, const char **text, piece **pieces) {
    *text = NULL;
    if (!*Tcl_GetString(word))
        return TCL_OK;
    return (*text = name_of(interp, word, pieces)) ? TCL_OK : TCL_ERROR;
}

COMMAND(audit) {
    TAKES(2, "name directory");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    const char *name, *directory;
    uint64_t needed = 0, capacity = 0;
    char *text = NULL;
    int outcome = optional(interp, words[1], &name, &pieces);
    if (outcome == TCL_OK)
        outcome = optional(interp, words[2], &directory, &pieces);
    while (outcome == TCL_OK) {
        int32_t status = sipc_audit(name, directory, text, capacity, &needed, &error);
        outcome = end(interp, status, &error);
        if (outcome != TCL_OK || needed <= capacity)
            break;
        capacity = needed;
        text = piece_of(&pieces, (size_t)capacity);
    }
    if (outcome == TCL_OK)
        Tcl_SetObjResult(interp, Tcl_NewStringObj(text, -1));
    free_pieces(pieces);
    return outcome;
}

COMMAND(clean) {
    TAKES(2, "directory age");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    const char *directory;
    uint64_t removed = 0;
    Tcl_WideInt age;
    TRY(wide(interp, words[2], &age));
    int outcome = optional(interp, words[1], &directory, &pieces);
    if (outcome == TCL_OK)
        outcome = end(interp, sipc_clean(directory, age, &removed, &error), &error);
    free_pieces(pieces);
    return outcome == TCL_OK ? answer(interp, (Tcl_WideInt)removed) : outcome;
}

COMMAND(now) {
    TAKES(0, "");
    return answer(interp, sipc_now_ns());
}

COMMAND(version) {
    TAKES(0, "");
    Tcl_SetObjResult(interp, Tcl_NewStringObj(sipc_version(), -1));
    return TCL_OK;
}

/* A script that the event loop runs while there may be something to take. */
typedef struct {
    Tcl_Interp *interp;
    Tcl_Obj *script;
    int descriptor;
} watch;

static Tcl_HashTable watches;

static void run_watch(ClientData data, int mask) {
    watch *one = data;
    Tcl_Interp *interp = one->interp;
    Tcl_Obj *script = one->script;
    (void)mask;
    Tcl_IncrRefCount(script);
    Tcl_Preserve(interp);
    if (Tcl_EvalObjEx(interp, script, TCL_EVAL_GLOBAL) != TCL_OK)
        Tcl_BackgroundException(interp, TCL_ERROR);
    Tcl_Release(interp);
    Tcl_DecrRefCount(script);
}

static void end_watch(Tcl_HashEntry *entry) {
    watch *one = Tcl_GetHashValue(entry);
    Tcl_DeleteFileHandler(one->descriptor);
    Tcl_DecrRefCount(one->script);
    ckfree((char *)one);
    Tcl_DeleteHashEntry(entry);
}

/* on_ready handle script; an empty script ends it. */
COMMAND(on_ready) {
    TAKES(2, "handle script");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one;
    int32_t descriptor;
    int is_new;
    TRY(channel(interp, words[1], &one));
    Tcl_HashEntry *entry = Tcl_FindHashEntry(&watches, (char *)one);
    if (entry)
        end_watch(entry);
    if (!*Tcl_GetString(words[2]))
        return TCL_OK;
    TRY(end(interp, sipc_fd(one, &descriptor, &error), &error));
    watch *made = (watch *)ckalloc(sizeof(watch));
    *made = (watch){interp, words[2], descriptor};
    Tcl_IncrRefCount(words[2]);
    entry = Tcl_CreateHashEntry(&watches, (char *)one, &is_new);
    Tcl_SetHashValue(entry, made);
    Tcl_CreateFileHandler(descriptor, TCL_READABLE, run_watch, made);
    return TCL_OK;
}

static const struct {
    const char *name;
    Tcl_ObjCmdProc *body;
} COMMANDS[] = {
    {"open", open_channel}, {"close", close_channel}, {"interrupt", interrupt}, {"put", put},
    {"put_in_place", put_in_place}, {"once", once}, {"take", take}, {"notify", notify},
    {"await", await}, {"facts", facts}, {"value", value}, {"release", release},
    {"wait_any", wait_any}, {"lock", lock}, {"unlock", unlock}, {"call", call},
    {"result", result}, {"cancel", cancel}, {"reply", reply}, {"cancelled", cancelled},
    {"tell", tell}, {"peers", peers}, {"identify", identify}, {"audit", audit},
    {"clean", clean}, {"now", now}, {"version", version}, {"on_ready", on_ready},
};

/* Objects are not destroyed when a program ends. */
static void leave(ClientData data) {
    Tcl_HashSearch search;
    Tcl_HashEntry *entry;
    (void)data;
    Tcl_MutexLock(&guard);
    for (entry = Tcl_FirstHashEntry(&messages, &search); entry; entry = Tcl_NextHashEntry(&search))
        sipc_release((sipc_message *)Tcl_GetHashKey(&messages, entry));
    for (entry = Tcl_FirstHashEntry(&handles, &search); entry; entry = Tcl_NextHashEntry(&search))
        sipc_close((sipc_channel *)Tcl_GetHashKey(&handles, entry));
    Tcl_DeleteHashTable(&messages);
    Tcl_DeleteHashTable(&handles);
    Tcl_InitHashTable(&messages, TCL_ONE_WORD_KEYS);
    Tcl_InitHashTable(&handles, TCL_ONE_WORD_KEYS);
    Tcl_MutexUnlock(&guard);
}

/* `load` calls this. */
DLLEXPORT int Simpleipc_Init(Tcl_Interp *interp) {
    if (!Tcl_InitStubs(interp, "8.6", 0))
        return TCL_ERROR;
    if (sipc_abi_version() != SIPC_ABI_VERSION) {
        Tcl_SetObjResult(interp, Tcl_ObjPrintf("libsimpleipc speaks ABI %u, this program %u",
                                               sipc_abi_version(), SIPC_ABI_VERSION));
        return TCL_ERROR;
    }
    Tcl_MutexLock(&guard);
    if (!is_ready) {
        Tcl_InitHashTable(&messages, TCL_ONE_WORD_KEYS);
        Tcl_InitHashTable(&handles, TCL_ONE_WORD_KEYS);
        Tcl_InitHashTable(&watches, TCL_ONE_WORD_KEYS);
        Tcl_CreateExitHandler(leave, NULL);
        is_ready = 1;
    }
    Tcl_MutexUnlock(&guard);
    Tcl_CreateNamespace(interp, "::simpleipc::raw", NULL, NULL);
    for (size_t at = 0; at < sizeof COMMANDS / sizeof *COMMANDS; at++) {
        char name[64];
        snprintf(name, sizeof name, "::simpleipc::raw::%s", COMMANDS[at].name);
        Tcl_CreateObjCommand(interp, name, COMMANDS[at].body, NULL, NULL);
    }
    return TCL_OK;
}
