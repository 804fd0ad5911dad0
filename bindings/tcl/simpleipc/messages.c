/* Messages: taken, looked at, released. */
#include "commands.h"

#include <stdint.h>
#include <string.h>

/* Those that were taken and not released, by number. */
TCL_DECLARE_MUTEX(guard)
static Tcl_HashTable messages;

void begin_messages(void) {
    Tcl_InitHashTable(&messages, TCL_ONE_WORD_KEYS);
}

void release_messages(void) {
    Tcl_HashSearch search;
    Tcl_HashEntry *entry;
    Tcl_MutexLock(&guard);
    for (entry = Tcl_FirstHashEntry(&messages, &search); entry; entry = Tcl_NextHashEntry(&search))
        sipc_release((sipc_message *)Tcl_GetHashKey(&messages, entry));
    Tcl_DeleteHashTable(&messages);
    Tcl_InitHashTable(&messages, TCL_ONE_WORD_KEYS);
    Tcl_MutexUnlock(&guard);
}

/* Keeps a message; the result is its number. */
static int keep(Tcl_Interp *interp, sipc_message *message) {
    int is_new;
    Tcl_MutexLock(&guard);
    Tcl_CreateHashEntry(&messages, (char *)message, &is_new);
    Tcl_MutexUnlock(&guard);
    return answer(interp, (Tcl_WideInt)(intptr_t)message);
}

sipc_message *blank(void) {
    sipc_message *made = (sipc_message *)ckalloc(sizeof(sipc_message));
    memset(made, 0, sizeof *made);
    made->size = sizeof *made;
    made->value.size = sizeof(sipc_value);
    return made;
}

int taken(Tcl_Interp *interp, int32_t status, sipc_message *message, sipc_error *error) {
    if (status == SIPC_OK)
        return keep(interp, message);
    ckfree((char *)message);
    return raise_status(interp, status, error);
}

int held(Tcl_Interp *interp, Tcl_Obj *obj, sipc_message **found, int remove) {
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

const command MESSAGE_COMMANDS[] = {
    {"take", take}, {"facts", facts}, {"value", value}, {"release", release}, {NULL, NULL},
};
