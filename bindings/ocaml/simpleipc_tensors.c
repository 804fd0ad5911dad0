/* Tensors: arrays of Bigarray, whose finalizers know the hold of a message. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/bigarray.h>
#include <caml/custom.h>
#include <caml/fail.h>
#include <caml/memory.h>
#include <stdlib.h>
#include <string.h>

static const int kinds[] = { CAML_BA_UINT8, CAML_BA_UINT8, CAML_BA_UINT8, CAML_BA_SINT8,
    CAML_BA_UINT16, CAML_BA_SINT16, CAML_BA_INT32, CAML_BA_INT32, CAML_BA_INT64, CAML_BA_INT64,
    CAML_BA_UINT16, CAML_BA_FLOAT32, CAML_BA_FLOAT64, CAML_BA_COMPLEX32, CAML_BA_COMPLEX64 };
static const int sizes[] = { 0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16 };

/* An array without dimensions has an element, come what may. */
static double nothing[2];

/* An array and all that are parts of it share a proxy, as those of mapped files do; ours knows the
 * hold. */
static void finalize_array(value v)
{
    struct caml_ba_proxy *proxy = Caml_ba_array_val(v)->proxy;
    if (--proxy->refcount > 0)
        return;
    if (proxy->data != NULL)
        drop(proxy->data);
    free(proxy);
}

static struct custom_operations array_operations;

value array_of(uint32_t dtype, int dims, intnat *shape, void *data, struct hold *hold)
{
    struct caml_ba_proxy *proxy = malloc(sizeof *proxy);
    value array;
    if (proxy == NULL)
        caml_raise_out_of_memory();
    array = caml_ba_alloc(kinds[dtype] | CAML_BA_C_LAYOUT | CAML_BA_EXTERNAL, dims,
        data == NULL ? nothing : data, shape);
    if (array_operations.identifier == NULL) {
        array_operations = *Custom_ops_val(array);
        array_operations.finalize = finalize_array;
    }
    Custom_ops_val(array) = &array_operations;
    Caml_ba_array_val(array)->flags |= CAML_BA_MAPPED_FILE;
    Caml_ba_array_val(array)->proxy = proxy;
    proxy->refcount = 1;
    proxy->data = hold;
    proxy->size = 0;
    if (hold != NULL)
        hold->count++;
    return array;
}

/* Lets go of the memory of an array, which is then empty; not if the program has made others of it,
 * which could not be told. */
value simpleipc_empty(value v)
{
    struct caml_ba_array *array = Caml_ba_array_val(v);
    if (Custom_ops_val(v) != &array_operations || array->proxy->refcount > 1)
        return Val_unit;
    for (int at = 0; at < array->num_dims; at++)
        array->dim[at] = 0;
    array->data = nothing;
    if (array->proxy->data != NULL)
        drop(array->proxy->data);
    array->proxy->data = NULL;
    return Val_unit;
}

/* Whether the strides are those of a dense tensor. */
static int is_dense(const sipc_value *raw)
{
    int64_t step = sizes[raw->dtype];
    for (int at = (int)raw->ndim - 1; at >= 0; at--) {
        if (raw->shape[at] > 1 && raw->strides[at] != step)
            return 0;
        step *= raw->shape[at] > 0 ? (int64_t)raw->shape[at] : 1;
    }
    return 1;
}

/* {dtype; shape; strides; format; data}; the data of one with gaps is bytes of one dimension. */
value tensor_of(const sipc_value *raw, struct hold *hold)
{
    CAMLparam0();
    CAMLlocal5(result, shape, strides, format, data);
    intnat dims[SIPC_DIMS_MAX];
    int dense = is_dense(raw);
    shape = raw->ndim > 0 ? caml_alloc(raw->ndim, 0) : Atom(0);
    strides = raw->ndim > 0 && !dense ? caml_alloc(raw->ndim, 0) : Atom(0);
    for (uint32_t at = 0; at < raw->ndim; at++) {
        dims[at] = (intnat)raw->shape[at];
        Field(shape, at) = Val_long(dims[at]);
        if (!dense)
            Field(strides, at) = Val_long(raw->strides[at]);
    }
    format = caml_alloc_initialized_string(raw->label_len, raw->label);
    if (dense) {
        data = array_of(raw->dtype, (int)raw->ndim, dims, (void *)raw->data, hold);
    } else {
        dims[0] = (intnat)raw->len;
        data = array_of(0, 1, dims, (void *)raw->data, hold);
    }
    result = caml_alloc_small(5, 0);
    Field(result, 0) = Val_int(raw->dtype - 1);
    Field(result, 1) = shape;
    Field(result, 2) = strides;
    Field(result, 3) = format;
    Field(result, 4) = data;
    CAMLreturn(result);
}

/* A copy of the data of a tensor. */
value simpleipc_bytes(value data)
{
    CAMLparam1(data);
    CAMLlocal1(result);
    size_t count = caml_ba_byte_size(Caml_ba_array_val(data));
    result = caml_alloc_string(count);
    memcpy(Bytes_val(result), Caml_ba_array_val(data)->data, count);
    CAMLreturn(result);
}

/* An array of a dtype with a copy of these bytes. */
value simpleipc_of_bytes(value dtype, value shape, value bytes)
{
    CAMLparam3(dtype, shape, bytes);
    CAMLlocal1(result);
    intnat dims[SIPC_DIMS_MAX];
    mlsize_t count = Wosize_val(shape);
    size_t needed = (size_t)sizes[Int_val(dtype) + 1];
    if (count > SIPC_DIMS_MAX)
        fail(SIPC_BAD_VALUE, 0, "a tensor has at most 8 dimensions");
    for (mlsize_t at = 0; at < count; at++) {
        dims[at] = Long_val(Field(shape, at));
        if (dims[at] < 0 || __builtin_mul_overflow(needed, (size_t)dims[at], &needed))
            fail(SIPC_BAD_VALUE, 0, "a dimension of the tensor is out of range");
    }
    if (needed != caml_string_length(bytes))
        fail(SIPC_BAD_VALUE, 0, "there are more bytes than the tensor has, or less");
    result = caml_ba_alloc(
        kinds[Int_val(dtype) + 1] | CAML_BA_C_LAYOUT, (int)count, NULL, dims);
    memcpy(Caml_ba_array_val(result)->data, String_val(bytes), needed);
    CAMLreturn(result);
}
