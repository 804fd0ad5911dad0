/* Handles: opened, put to, waited for, closed. */
#include "commands.h"

#include <stdint.h>
#include <string.h>

/* Those that are open, by number. */
TCL_DECLARE_MUTEX(guard)
static Tcl_HashTable handles;

void begin_channels(void) {
    Tcl_InitHashTable(&handles, TCL_ONE_WORD_KEYS);
}

void close_channels(void) {
    Tcl_HashSearch search;
    Tcl_HashEntry *entry;
    Tcl_MutexLock(&guard);
    for (entry = Tcl_FirstHashEntry(&handles, &search); entry; entry = Tcl_NextHashEntry(&search))
        sipc_close((sipc_channel *)Tcl_GetHashKey(&handles, entry));
    Tcl_DeleteHashTable(&handles);
    Tcl_InitHashTable(&handles, TCL_ONE_WORD_KEYS);
    Tcl_MutexUnlock(&guard);
}

int options_of(Tcl_Interp *interp, Tcl_Obj *list, sipc_options *options, piece **pieces) {
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
        result = conclude(interp, sipc_open(name, (uint32_t)role, &options, &opened, &error),
                          &error);
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
    return conclude(interp, sipc_interrupt(one), NULL);
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
    return conclude(interp, status, &error);
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
        result = conclude(interp, status, &error);
    }
    free_pieces(pieces);
    return result;
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
    TRY(conclude(interp, status, &error));
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
    TRY(conclude(interp, sipc_lock(one, timeout, &pid, &error), &error));
    return answer(interp, (Tcl_WideInt)pid);
}

COMMAND(unlock) {
    TAKES(1, "handle");
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *one;
    TRY(channel(interp, words[1], &one));
    return conclude(interp, sipc_unlock(one, &error), &error);
}

const command CHANNEL_COMMANDS[] = {
    {"open", open_channel}, {"close", close_channel}, {"interrupt", interrupt}, {"put", put},
    {"put_in_place", put_in_place}, {"wait_any", wait_any}, {"lock", lock}, {"unlock", unlock},
    {NULL, NULL},
};
