/* The functions of the library as commands of Tcl, in the namespace simpleipc::raw. The classes
 * over them are in simpleipc.tcl. */
#include "commands.h"

#include <stdint.h>
#include <stdio.h>

TCL_DECLARE_MUTEX(guard)
static int is_ready = 0;

static const char *class_of(int32_t status) {
    return status < 10   ? "RETRY"
           : status < 20 ? "GONE"
           : status < 30 ? "MISUSE"
           : status < 40 ? "CORRUPT"
           : status < 60 ? "SYSTEM"
                         : "OTHER";
}

int raise_status(Tcl_Interp *interp, int32_t status, const sipc_error *error) {
    Tcl_Obj *code[] = {Tcl_NewStringObj("SIPC", -1), Tcl_NewStringObj(class_of(status), -1),
                       Tcl_NewIntObj(status), Tcl_NewIntObj(error ? error->os_code : 0)};
    const char *text = error ? error->message : sipc_status_text(status);
    Tcl_SetObjErrorCode(interp, Tcl_NewListObj(4, code));
    Tcl_SetObjResult(interp, Tcl_NewStringObj(text, -1));
    return TCL_ERROR;
}

int conclude(Tcl_Interp *interp, int32_t status, const sipc_error *error) {
    return status == SIPC_OK ? TCL_OK : raise_status(interp, status, error);
}

int answer(Tcl_Interp *interp, Tcl_WideInt number) {
    Tcl_SetObjResult(interp, Tcl_NewWideIntObj(number));
    return TCL_OK;
}

int wide(Tcl_Interp *interp, Tcl_Obj *obj, Tcl_WideInt *number) {
    return Tcl_GetWideIntFromObj(interp, obj, number);
}

int channel(Tcl_Interp *interp, Tcl_Obj *obj, sipc_channel **found) {
    Tcl_WideInt number;
    if (wide(interp, obj, &number) != TCL_OK)
        return TCL_ERROR;
    *found = (sipc_channel *)(intptr_t)number;
    return TCL_OK;
}

static const command *const COMMANDS[] = {CHANNEL_COMMANDS, MESSAGE_COMMANDS, CALL_COMMANDS,
                                          SERVICE_COMMANDS, WATCH_COMMANDS};

/* Objects are not destroyed when a program ends. */
static void leave(ClientData data) {
    (void)data;
    release_messages();
    close_channels();
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
        begin_messages();
        begin_channels();
        begin_watches();
        Tcl_CreateExitHandler(leave, NULL);
        is_ready = 1;
    }
    Tcl_MutexUnlock(&guard);
    Tcl_CreateNamespace(interp, "::simpleipc::raw", NULL, NULL);
    for (size_t at = 0; at < sizeof COMMANDS / sizeof *COMMANDS; at++) {
        for (const command *one = COMMANDS[at]; one->name; one++) {
            char name[64];
            snprintf(name, sizeof name, "::simpleipc::raw::%s", one->name);
            Tcl_CreateObjCommand(interp, name, one->body, NULL, NULL);
        }
    }
    return TCL_OK;
}
