/* Scripts that the event loop runs. */
#include "commands.h"

/* One that runs while there may be something to take. */
typedef struct {
    Tcl_Interp *interp;
    Tcl_Obj *script;
    int descriptor;
} watch;

static Tcl_HashTable watches;

void begin_watches(void) {
    Tcl_InitHashTable(&watches, TCL_ONE_WORD_KEYS);
}

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
    TRY(conclude(interp, sipc_fd(one, &descriptor, &error), &error));
    watch *made = (watch *)ckalloc(sizeof(watch));
    *made = (watch){interp, words[2], descriptor};
    Tcl_IncrRefCount(words[2]);
    entry = Tcl_CreateHashEntry(&watches, (char *)one, &is_new);
    Tcl_SetHashValue(entry, made);
    Tcl_CreateFileHandler(descriptor, TCL_READABLE, run_watch, made);
    return TCL_OK;
}

const command WATCH_COMMANDS[] = {
    {"on_ready", on_ready}, {NULL, NULL},
};
