/* The calls of libsimpleipc that need a handle, in the order of simpleipc_channel.ml. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/custom.h>
#include <caml/fail.h>
#include <caml/memory.h>
#include <stdlib.h>
#include <string.h>

value simpleipc_abi_version(value unit)
{
    (void)unit;
    return Val_long(sipc_abi_version());
}

value simpleipc_version(value unit)
{
    (void)unit;
    return caml_copy_string(sipc_version());
}

value simpleipc_now(value unit)
{
    (void)unit;
    return Val_long(sipc_now_ns());
}

value simpleipc_identify(value program)
{
    CAMLparam1(program);
    sipc_error error = SIPC_ERROR_INIT;
    check(sipc_identify(text_or_null(program), "ocaml", &error), &error);
    CAMLreturn(Val_unit);
}

/* The fields of Options.t. */
static sipc_options options_of(value v)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    options.flags = (Bool_val(Field(v, 0)) ? SIPC_OPTION_LOSSLESS : 0)
        | (Bool_val(Field(v, 1)) ? SIPC_OPTION_LATEST : 0)
        | (Bool_val(Field(v, 2)) ? SIPC_OPTION_TAP : 0)
        | (Bool_val(Field(v, 3)) ? SIPC_OPTION_UNSTAMPED : 0);
    options.history = (uint32_t)Long_val(Field(v, 4));
    options.depth = (uint32_t)Long_val(Field(v, 5));
    options.pool_bytes_max = (uint64_t)Long_val(Field(v, 6));
    options.directory = text_or_null(Field(v, 7));
    options.signal = (int32_t)Long_val(Field(v, 8));
    options.permits = (uint32_t)Long_val(Field(v, 9));
    return options;
}

value simpleipc_open(value name, value role, value given)
{
    CAMLparam3(name, role, given);
    sipc_error error = SIPC_ERROR_INIT;
    sipc_options options = options_of(given);
    struct handle *handle = calloc(1, sizeof *handle);
    int32_t status;
    if (handle == NULL)
        caml_raise_out_of_memory();
    status = sipc_open(
        text_or_null(name), (uint32_t)Long_val(role), &options, &handle->channel, &error);
    if (status != SIPC_OK) {
        free(handle);
        check(status, &error);
    }
    CAMLreturn(new_handle(handle));
}

value simpleipc_close(value handle)
{
    close_handle(Handle_val(handle));
    return Val_unit;
}

value simpleipc_interrupt(value handle)
{
    CAMLparam1(handle);
    Handle_val(handle)->is_meant = 1;
    check_plain(sipc_interrupt(Handle_val(handle)->channel));
    CAMLreturn(Val_unit);
}

value simpleipc_fd(value handle)
{
    CAMLparam1(handle);
    sipc_error error = SIPC_ERROR_INIT;
    int32_t fd = -1;
    check(sipc_fd(Handle_val(handle)->channel, &fd, &error), &error);
    CAMLreturn(Val_int(fd));
}

static int32_t attempt_put(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_put(one->handle->channel, one->value, left, error);
}

value simpleipc_put(value handle, value given, value captured, value timeout)
{
    CAMLparam2(handle, given);
    struct attempt one = { .call = attempt_put, .handle = Handle_val(handle) };
    call_with(&one, given, Long_val(captured), Long_val(timeout));
    CAMLreturn(Val_unit);
}

static int32_t attempt_put_if(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_put_if(one->handle->channel, one->value, one->number, left, error);
}

value simpleipc_put_if(value handle, value given, value expected, value timeout)
{
    CAMLparam2(handle, given);
    struct attempt one = { .call = attempt_put_if, .handle = Handle_val(handle),
        .number = (uint64_t)Long_val(expected) };
    call_with(&one, given, 0, Long_val(timeout));
    CAMLreturn(Val_unit);
}

static int32_t attempt_take(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_take(one->handle->channel, left, one->message, error);
}

value simpleipc_take(value handle, value must_keep, value timeout)
{
    CAMLparam1(handle);
    struct attempt one = { .call = attempt_take, .handle = Handle_val(handle) };
    CAMLreturn(take_by(&one, Long_val(timeout), Bool_val(must_keep)));
}

static int32_t attempt_current(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_current(one->handle->channel, left, one->message, error);
}

value simpleipc_current(value handle, value timeout)
{
    CAMLparam1(handle);
    struct attempt one = { .call = attempt_current, .handle = Handle_val(handle) };
    CAMLreturn(take_by(&one, Long_val(timeout), 0));
}

/* Loans: a buffer as bytes of one dimension, and what is to be put: a block outside of the heap. */

static int32_t attempt_loan(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_loan(one->handle->channel, one->value, left, error);
}

static void finalize_loan(value v)
{
    free(*(void **)Data_custom_val(v));
}

static struct custom_operations loan_operations = { "simpleipc.loan", finalize_loan,
    custom_compare_default, custom_hash_default, custom_serialize_default,
    custom_deserialize_default, custom_compare_ext_default, custom_fixed_length_default };

#define Loan_val(v) (*(sipc_value **)Data_custom_val(v))

/* The room is (dtype, shape, format), or a number of bytes. Behind the struct is the format. */
value simpleipc_loan(value handle, value room, value timeout)
{
    CAMLparam2(handle, room);
    CAMLlocal4(thrown, loan, buffer, result);
    sipc_error error = SIPC_ERROR_INIT;
    struct arena arena = { NULL, 0, SIPC_OK, NULL };
    struct attempt one = { .call = attempt_loan, .handle = Handle_val(handle) };
    size_t label = Is_block(room) ? caml_string_length(Field(room, 2)) : 0;
    sipc_value *raw = calloc(1, sizeof *raw + label);
    int32_t status;
    intnat dims[SIPC_DIMS_MAX];
    int count = 1;
    if (raw == NULL)
        caml_raise_out_of_memory();
    thrown = Val_unit;
    loan = caml_alloc_custom(&loan_operations, sizeof raw, 0, 1);
    Loan_val(loan) = raw;
    raw->size = sizeof *raw;
    if (Is_block(room)) {
        shape_in(&arena, raw, Field(room, 0), Field(room, 1), Field(room, 2));
        memcpy(raw + 1, String_val(Field(room, 2)), label);
        raw->label = (const char *)(raw + 1);
    } else {
        raw->kind = SIPC_KIND_BYTES;
        raw->len = (uint64_t)Long_val(room);
        if (Long_val(room) < 0)
            refuse(&arena, "there are less than no bytes");
    }
    if (arena.fault != SIPC_OK)
        fail(arena.fault, 0, arena.why);
    one.value = raw;
    status = wait_for(&one, Long_val(timeout), &error, &thrown);
    if (Is_exception_result(thrown))
        caml_raise(Extract_exception(thrown));
    check(status, &error);
    dims[0] = (intnat)raw->len;
    if (raw->kind == SIPC_KIND_TENSOR) {
        count = (int)raw->ndim;
        for (int at = 0; at < count; at++)
            dims[at] = (intnat)raw->shape[at];
    }
    buffer = array_of(raw->dtype, count, dims, (void *)raw->data, NULL);
    result = caml_alloc_small(2, 0);
    Field(result, 0) = loan;
    Field(result, 1) = buffer;
    CAMLreturn(result);
}

value simpleipc_put_loan(value handle, value loan, value captured, value timeout)
{
    CAMLparam2(handle, loan);
    CAMLlocal1(thrown);
    sipc_error error = SIPC_ERROR_INIT;
    struct attempt one = { .call = attempt_put, .handle = Handle_val(handle),
        .value = Loan_val(loan) };
    int32_t status;
    thrown = Val_unit;
    Loan_val(loan)->capture_time_ns = Long_val(captured);
    status = wait_for(&one, Long_val(timeout), &error, &thrown);
    if (Is_exception_result(thrown))
        caml_raise(Extract_exception(thrown));
    check(status, &error);
    CAMLreturn(Val_unit);
}

static int32_t unloan(sipc_channel *channel, uint64_t data)
{
    /* One that the channel does not know any more went with it. */
    return sipc_unloan(channel, (void *)(uintptr_t)data);
}

value simpleipc_unloan(value handle, value loan)
{
    give_back(Handle_val(handle), unloan, (uintptr_t)Loan_val(loan)->data);
    return Val_unit;
}

static int32_t attempt_lock(struct attempt *one, int64_t left, sipc_error *error)
{
    return sipc_lock(one->handle->channel, left, &one->number, error);
}

value simpleipc_lock(value handle, value timeout)
{
    CAMLparam1(handle);
    struct attempt one = { .call = attempt_lock, .handle = Handle_val(handle) };
    CAMLreturn(number_by(&one, Long_val(timeout)));
}

value simpleipc_unlock(value handle)
{
    CAMLparam1(handle);
    sipc_error error = SIPC_ERROR_INIT;
    check(sipc_unlock(Handle_val(handle)->channel, &error), &error);
    CAMLreturn(Val_unit);
}

static int32_t attempt_wait(struct attempt *one, int64_t left, sipc_error *error)
{
    uint32_t index = 0;
    int32_t status = sipc_wait(one->several->channels, one->several->count, left, &index, error);
    one->number = index;
    return status;
}

value simpleipc_wait_any(value handles, value timeout)
{
    CAMLparam1(handles);
    struct several all = { .count = (uint32_t)Wosize_val(handles) };
    struct attempt one = { .call = attempt_wait, .several = &all };
    if (all.count > SEVERAL_MAX)
        fail(SIPC_BAD_ARGUMENT, 0, "at most 64 handles can be waited for");
    for (uint32_t at = 0; at < all.count; at++) {
        all.handles[at] = Handle_val(Field(handles, at));
        all.channels[at] = all.handles[at]->channel;
    }
    CAMLreturn(number_by(&one, Long_val(timeout)));
}
