/* Services, and hosts of plugins. */
#include "commands.h"

#include <stdint.h>

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
        result = conclude(interp, status, &error);
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
    return conclude(interp, sipc_cancel(one, (uint64_t)number), NULL);
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
        outcome = conclude(interp, sipc_reply(request, &answered, (uint32_t)flags, &error), &error);
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
        outcome = conclude(interp,
                           function == 0 ? sipc_describe(one, &told, &error)
                                         : sipc_plugin(one, &told, &error),
                           &error);
    free_pieces(pieces);
    return outcome;
}

const command SERVICE_COMMANDS[] = {
    {"call", call}, {"result", result}, {"cancel", cancel}, {"reply", reply},
    {"cancelled", cancelled}, {"tell", tell}, {NULL, NULL},
};
