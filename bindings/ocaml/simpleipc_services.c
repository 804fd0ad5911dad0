/* Services, plugins, and what needs no handle. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/fail.h>
#include <caml/memory.h>
#include <stdlib.h>
#include <string.h>

static int32_t attempt_call(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_call(
        one->handle->channel, one->name, one->value, one->flags, left, &one->number, error);
}

value simpleipc_call(value handle, value method, value args, value flags)
{
    CAMLparam3(handle, method, args);
    char name[NAME_MAX_BYTES];
    struct attempt one = { .call = attempt_call, .handle = Handle_val(handle),
        .name = name, .flags = (uint32_t)Long_val(flags) };
    name_in(name, method);
    call_with(&one, args, 0, -1);
    CAMLreturn(Val_long(one.number));
}

static int32_t attempt_result(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_result(one->handle->channel, one->number, left, one->message, error);
}

value simpleipc_result(value handle, value number, value timeout)
{
    CAMLparam1(handle);
    struct attempt one = { .call = attempt_result, .handle = Handle_val(handle),
        .number = (uint64_t)Long_val(number) };
    CAMLreturn(take_by(&one, Long_val(timeout), 0));
}

value simpleipc_cancel(value handle, value number)
{
    CAMLparam1(handle);
    check_plain(sipc_cancel(Handle_val(handle)->channel, (uint64_t)Long_val(number)));
    CAMLreturn(Val_unit);
}

/* The same of one that nobody will ask for any more. */
value simpleipc_give_up(value handle, value number)
{
    give_back(Handle_val(handle), sipc_cancel, (uint64_t)Long_val(number));
    return Val_unit;
}

static sipc_message *message_of(value held)
{
    if (Hold_val(held) == NULL)
        fail(SIPC_CLOSED, 0, "the message was released");
    return &Hold_val(held)->message;
}

static int32_t attempt_reply(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_reply(one->message, one->value, one->flags, error);
}

value simpleipc_reply(value held, value given, value flags)
{
    CAMLparam2(held, given);
    struct attempt one = { .call = attempt_reply, .message = message_of(held),
        .flags = (uint32_t)Long_val(flags) };
    call_with(&one, given, 0, ITS_OWN_TIME);
    CAMLreturn(Val_unit);
}

value simpleipc_cancelled(value held)
{
    CAMLparam1(held);
    CAMLreturn(Val_bool(sipc_cancelled(message_of(held)) == SIPC_CANCELLED));
}

static int32_t attempt_describe(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_describe(one->handle->channel, one->value, error);
}

value simpleipc_describe(value handle, value methods)
{
    CAMLparam2(handle, methods);
    struct attempt one = { .call = attempt_describe, .handle = Handle_val(handle) };
    call_with(&one, methods, 0, ITS_OWN_TIME);
    CAMLreturn(Val_unit);
}

static int32_t attempt_plugin(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_plugin(one->handle->channel, one->value, error);
}

value simpleipc_plugin(value handle, value wish)
{
    CAMLparam2(handle, wish);
    struct attempt one = { .call = attempt_plugin, .handle = Handle_val(handle) };
    call_with(&one, wish, 0, ITS_OWN_TIME);
    CAMLreturn(Val_unit);
}

/* One call. What waits has a name that the collector cannot move. */

static int32_t attempt_send(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_send(one->name, one->value, error);
}

static int32_t attempt_publish(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_publish(one->name, one->value, error);
}

static int32_t attempt_set(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_set(one->name, one->value, error);
}

static int32_t attempt_notify(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_notify(one->name, error);
}

static int32_t attempt_receive(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_receive(one->name, left, one->message, error);
}

static int32_t attempt_get(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_get(one->name, left, one->message, error);
}

static int32_t attempt_await(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_await(one->name, left, &one->number, error);
}

value simpleipc_put_once(value which, value v, value given)
{
    CAMLparam2(v, given);
    static int32_t (*const calls[])(struct attempt *, int64_t, sipc_error *) = { attempt_send,
        attempt_publish, attempt_set };
    char name[NAME_MAX_BYTES];
    struct attempt one = { .call = calls[Int_val(which)], .name = name };
    name_in(name, v);
    call_with(&one, given, 0, ITS_OWN_TIME);
    CAMLreturn(Val_unit);
}

value simpleipc_take_once(value which, value v, value timeout)
{
    CAMLparam1(v);
    int receives = Int_val(which) == 0;
    char name[NAME_MAX_BYTES];
    struct attempt one = { .call = receives ? attempt_receive : attempt_get, .name = name };
    name_in(name, v);
    CAMLreturn(take_by(&one, Long_val(timeout), receives));
}

value simpleipc_count_once(value which, value v, value timeout)
{
    CAMLparam1(v);
    char name[NAME_MAX_BYTES];
    struct attempt one = { .name = name };
    one.call = Int_val(which) == 0 ? attempt_notify : attempt_await;
    name_in(name, v);
    CAMLreturn(number_by(&one, Long_val(timeout)));
}

/* The rest */

static int32_t attempt_peers(struct attempt *one, int64_t left, sipc_error *error)
{
    (void)left;
    return sipc_peers(one->name, one->options, one->message, error);
}

value simpleipc_peers(value v, value directory)
{
    CAMLparam2(v, directory);
    char name[NAME_MAX_BYTES], place[4096] = "";
    sipc_options options = SIPC_OPTIONS_INIT;
    struct attempt one = { .call = attempt_peers, .options = &options, .name = name };
    name_in(name, v);
    if (Is_block(directory) && caml_string_length(Field(directory, 0)) < sizeof place) {
        strcpy(place, String_val(Field(directory, 0)));
        options.directory = place;
    }
    CAMLreturn(take_by(&one, 0, 0));
}

value simpleipc_audit(value name, value directory)
{
    CAMLparam2(name, directory);
    CAMLlocal1(result);
    uint64_t needed = 65536, room;
    char *buffer = NULL;
    int32_t status;
    sipc_error error = SIPC_ERROR_INIT;
    do {
        free(buffer);
        room = needed;
        buffer = malloc(room);
        if (buffer == NULL)
            caml_raise_out_of_memory();
        status = sipc_audit(
            text_or_null(name), text_or_null(directory), buffer, room, &needed, &error);
    } while (status == SIPC_OK && needed > room);
    if (status == SIPC_OK)
        result = caml_copy_string(buffer);
    free(buffer);
    check(status, &error);
    CAMLreturn(result);
}

value simpleipc_clean(value directory, value age_max)
{
    CAMLparam1(directory);
    sipc_error error = SIPC_ERROR_INIT;
    uint64_t count = 0;
    check(sipc_clean(text_or_null(directory), Long_val(age_max), &count, &error), &error);
    CAMLreturn(Val_long(count));
}
