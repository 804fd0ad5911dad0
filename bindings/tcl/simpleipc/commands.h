/* What the commands of Tcl are made of. Handles and messages are numbers, and timeouts are
 * nanoseconds. */
#ifndef SIMPLEIPC_COMMANDS_H
#define SIMPLEIPC_COMMANDS_H

#include "value.h"

typedef struct {
    const char *name;
    Tcl_ObjCmdProc *body;
} command;

/* Each ends with a name of NULL. */
extern const command CHANNEL_COMMANDS[];
extern const command MESSAGE_COMMANDS[];
extern const command CALL_COMMANDS[];
extern const command SERVICE_COMMANDS[];
extern const command WATCH_COMMANDS[];

/* Once in a process, before any command. */
void begin_channels(void);
void begin_messages(void);
void begin_watches(void);

/* At the end of the process. */
void close_channels(void);
void release_messages(void);

/* The error of Tcl: errorCode is SIPC, the class, the status, the system's number. */
int raise_status(Tcl_Interp *interp, int32_t status, const sipc_error *error);

/* What a function of the library has returned, for Tcl. */
int conclude(Tcl_Interp *interp, int32_t status, const sipc_error *error);

/* The result of a command. */
int answer(Tcl_Interp *interp, Tcl_WideInt number);

int wide(Tcl_Interp *interp, Tcl_Obj *obj, Tcl_WideInt *number);
int channel(Tcl_Interp *interp, Tcl_Obj *obj, sipc_channel **found);

/* flags, history, depth, pool_bytes_max, directory, signal, permits */
int options_of(Tcl_Interp *interp, Tcl_Obj *list, sipc_options *options, piece **pieces);

/* A message to be filled, and what becomes of one that a function has filled, or of its error. */
sipc_message *blank(void);
int taken(Tcl_Interp *interp, int32_t status, sipc_message *message, sipc_error *error);

/* The message of a number; an error if it has been released, unless it is to be removed. */
int held(Tcl_Interp *interp, Tcl_Obj *obj, sipc_message **found, int remove);

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

#endif
