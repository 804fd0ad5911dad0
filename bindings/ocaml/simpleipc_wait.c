/* How the library is called. What may wait gives the lock of the run-time system back meanwhile; it
 * copies first what the collector moves. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/callback.h>
#include <caml/fail.h>
#include <caml/memory.h>
#include <caml/signals.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS 1000000000LL

void fail(int32_t status, int32_t os_code, const char *text)
{
    CAMLparam0();
    CAMLlocal1(sentence);
    sentence = caml_copy_string(text);
    caml_callback3(
        *caml_named_value("simpleipc.fail"), Val_int(status), Val_int(os_code), sentence);
    CAMLnoreturn;
}

void check(int32_t status, const sipc_error *error)
{
    if (status != SIPC_OK)
        fail(status, error->os_code, error->message);
}

void check_plain(int32_t status)
{
    if (status != SIPC_OK)
        fail(status, 0, sipc_status_text(status));
}

/* Whether somebody has interrupted it, which is then over. */
static int is_meant(const struct attempt *attempt)
{
    int meant = 0;
    if (attempt->handle != NULL) {
        meant = attempt->handle->is_meant;
        attempt->handle->is_meant = 0;
    }
    for (uint32_t at = 0; attempt->several != NULL && at < attempt->several->count; at++) {
        meant |= attempt->several->handles[at]->is_meant;
        attempt->several->handles[at]->is_meant = 0;
    }
    return meant;
}

static void tidy_up_for(const struct attempt *attempt)
{
    if (attempt->handle != NULL)
        tidy_up(attempt->handle);
    for (uint32_t at = 0; attempt->several != NULL && at < attempt->several->count; at++)
        tidy_up(attempt->several->handles[at]);
}

/* Attempts in slices, until the status is not that a signal came of which the program has nothing
 * to say; a handler that has may throw, which is what *thrown then is. */
int32_t wait_for(struct attempt *attempt, int64_t timeout, sipc_error *error, value *thrown)
{
    int64_t begun = sipc_now_ns();
    for (;;) {
        int64_t now = sipc_now_ns(), left = timeout < 0 ? SLICE_NS : timeout - (now - begun);
        int64_t slice = left < 0 ? 0 : left < SLICE_NS ? left : SLICE_NS;
        int32_t status;
        tidy_up_for(attempt);
        caml_enter_blocking_section_no_pending();
        status = attempt->call(attempt, slice, error);
        caml_leave_blocking_section();
        if (status == SIPC_INTERRUPTED ? is_meant(attempt)
                                       : (status != SIPC_TIMEOUT && status != SIPC_FULL)
                    || (timeout >= 0 && left <= SLICE_NS) || sipc_now_ns() - now < slice)
            return status;
        *thrown = caml_process_pending_actions_exn();
        if (Is_exception_result(*thrown))
            return status;
        *thrown = Val_unit;
    }
}

/* Calls with a value: at first as it lies there, without waiting; if there is no room, with a copy,
 * so that the program may go on meanwhile. */
void call_with(struct attempt *attempt, value given, int64_t captured, int64_t timeout)
{
    CAMLparam1(given);
    CAMLlocal1(thrown);
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value root = SIPC_VALUE_INIT;
    struct arena arena = { NULL, 0, SIPC_OK, NULL };
    int32_t status;
    thrown = Val_unit;
    root.capture_time_ns = captured;
    attempt->value = &root;
    value_in(&arena, &root, given, 0);
    status = arena.fault;
    tidy_up_for(attempt);
    if (status == SIPC_OK)
        status = timeout == ITS_OWN_TIME ? SIPC_FULL : attempt->call(attempt, 0, &error);
    /* Without time there is no space also if memory is only in use. */
    if ((status == SIPC_FULL || status == SIPC_NO_SPACE || status == SIPC_INTERRUPTED)
        && timeout != 0) {
        sipc_value copied = SIPC_VALUE_INIT;
        clear(&arena);
        copied.capture_time_ns = captured;
        attempt->value = &copied;
        arena.copies = 1;
        value_in(&arena, &copied, given, 0);
        status = arena.fault;
        if (status == SIPC_OK)
            status = wait_for(attempt, timeout == ITS_OWN_TIME ? 0 : timeout, &error, &thrown);
    }
    clear(&arena);
    if (Is_exception_result(thrown))
        caml_raise(Extract_exception(thrown));
    if (arena.fault != SIPC_OK)
        fail(status, 0, arena.why);
    check(status, &error);
    CAMLreturn0;
}

/* Takes a message by a call. Fields in the order of `message`. */
value take_by(struct attempt *attempt, int64_t timeout, int must_keep)
{
    CAMLparam0();
    CAMLlocal4(thrown, held, content, result);
    sipc_error error = SIPC_ERROR_INIT;
    struct hold *hold = calloc(1, sizeof *hold);
    const sipc_message *message;
    int32_t status;
    if (hold == NULL)
        caml_raise_out_of_memory();
    thrown = Val_unit;
    held = new_held();
    hold->message.size = sizeof hold->message;
    attempt->message = &hold->message;
    status = wait_for(attempt, timeout, &error, &thrown);
    if (status != SIPC_OK && status != SIPC_FAILED) {
        free(hold);
        if (Is_exception_result(thrown))
            caml_raise(Extract_exception(thrown));
        check(status, &error);
    }
    message = &hold->message;
    keep(hold);
    Hold_val(held) = hold;
    content = value_of(&message->value, hold);
    result = caml_alloc(12, 0);
    Store_field(result, 0, content);
    Store_field(result, 1, Val_long(message->sequence));
    Store_field(result, 2, caml_copy_int64((int64_t)message->sender));
    Store_field(result, 3, Val_long(message->missed));
    Store_field(result, 4, Val_bool(message->flags & SIPC_MESSAGE_REDELIVERED));
    Store_field(result, 5, Val_bool(message->flags & SIPC_MESSAGE_MORE));
    Store_field(result, 6, Val_bool(message->flags & SIPC_MESSAGE_ONE_WAY));
    Store_field(result, 7, Val_long(message->value.capture_time_ns));
    Store_field(result, 8, Val_long(message->publish_time_ns));
    Store_field(result, 9, Val_long(message->receive_time_ns));
    Store_field(result, 10, held);
    Store_field(result, 11, Val_bool(status == SIPC_FAILED));
    if (!must_keep && hold->count == 1) { /* nobody needs its memory */
        drop(hold);
        Hold_val(held) = NULL;
    }
    CAMLreturn(result);
}

/* The message's own part of its hold. */
value simpleipc_release(value held)
{
    if (Hold_val(held) != NULL)
        drop(Hold_val(held));
    Hold_val(held) = NULL;
    return Val_unit;
}

/* Calls that wait for a number. */

value number_by(struct attempt *one, int64_t timeout)
{
    CAMLparam0();
    CAMLlocal1(thrown);
    sipc_error error = SIPC_ERROR_INIT;
    int32_t status;
    thrown = Val_unit;
    status = wait_for(one, timeout, &error, &thrown);
    if (Is_exception_result(thrown))
        caml_raise(Extract_exception(thrown));
    check(status, &error);
    CAMLreturn(Val_long(one->number));
}

const char *text_or_null(value option)
{
    return Is_block(option) ? String_val(Field(option, 0)) : NULL;
}

void name_in(char *name, value v)
{
    size_t bytes = caml_string_length(v);
    bytes = bytes < NAME_MAX_BYTES ? bytes : NAME_MAX_BYTES - 1;
    memcpy(name, String_val(v), bytes);
    name[bytes] = '\0';
}
