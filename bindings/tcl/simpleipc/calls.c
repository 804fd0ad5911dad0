/* One-call functions, and those that look at channels from outside. */
#include "commands.h"

#include <stdint.h>

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
        result = conclude(interp, status, &error);
    }
    free_pieces(pieces);
    return result;
}

COMMAND(notify) {
    TAKES(1, "name");
    sipc_error error = SIPC_ERROR_INIT;
    piece *pieces = NULL;
    const char *name = name_of(interp, words[1], &pieces);
    int result = name ? conclude(interp, sipc_notify(name, &error), &error) : TCL_ERROR;
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
        name ? conclude(interp, sipc_await(name, timeout, &found, &error), &error) : TCL_ERROR;
    free_pieces(pieces);
    return result == TCL_OK ? answer(interp, (Tcl_WideInt)found) : result;
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
    int outcome = name ? conclude(interp, sipc_identify(name, "tcl", &error), &error) : TCL_ERROR;
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
        outcome = conclude(interp, status, &error);
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
        outcome = conclude(interp, sipc_clean(directory, age, &removed, &error), &error);
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

const command CALL_COMMANDS[] = {
    {"once", once}, {"notify", notify}, {"await", await}, {"peers", peers},
    {"identify", identify}, {"audit", audit}, {"clean", clean}, {"now", now},
    {"version", version}, {NULL, NULL},
};
