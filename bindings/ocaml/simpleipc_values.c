/* Values, and the memory of handles and messages.
 *
 * Each message has a hold, which it shares with the tensors in it: arrays of Bigarray whose
 * finalizers know it. The last one to go releases the message. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/bigarray.h>
#include <caml/callback.h>
#include <caml/custom.h>
#include <caml/fail.h>
#include <caml/memory.h>
#include <stdlib.h>
#include <string.h>

/* Constructors of `value`, in their order; Null is the only one without an argument. */
enum { TAG_BOOL, TAG_INT, TAG_UINT, TAG_FLOAT, TAG_STR, TAG_BYTES, TAG_LIST, TAG_MAP, TAG_TENSOR,
    TAG_OPAQUE };

#define DEPTH_MAX 64

void fail(int32_t status, int32_t os_code, const char *text)
{
    CAMLparam0();
    CAMLlocal1(sentence);
    sentence = caml_copy_string(text);
    caml_callback3(
        *caml_named_value("simpleipc.fail"), Val_int(status), Val_int(os_code), sentence);
    CAMLnoreturn;
}

static struct node *nodes;

void add_node(struct node *node, void (*end)(struct node *))
{
    node->end = end;
    node->before = NULL;
    node->next = nodes;
    if (nodes != NULL)
        nodes->before = node;
    nodes = node;
}

void remove_node(struct node *node)
{
    if (node->next != NULL)
        node->next->before = node->before;
    if (node->before != NULL)
        node->before->next = node->next;
    else
        nodes = node->next;
}

value simpleipc_end(value unit)
{
    for (struct node *node = nodes; node != NULL; node = node->next)
        node->end(node);
    return unit;
}

/* Handles */

struct leftover {
    struct leftover *next;
    undoing *undo;
    uint64_t one;
};

void give_back(struct handle *handle, undoing *undo, uint64_t one)
{
    if (undo(handle->channel, one) == SIPC_BUSY) {
        struct leftover *left = malloc(sizeof *left);
        if (left == NULL)
            caml_raise_out_of_memory();
        *left = (struct leftover) { handle->leftovers, undo, one };
        handle->leftovers = left;
    }
}

void tidy_up(struct handle *handle)
{
    struct leftover **place = &handle->leftovers;
    while (*place != NULL) {
        struct leftover *left = *place;
        if (left->undo(handle->channel, left->one) == SIPC_BUSY)
            return;
        *place = left->next;
        free(left);
    }
}

void close_handle(struct handle *handle)
{
    if (handle->is_open)
        sipc_close(handle->channel);
    handle->is_open = 0;
    tidy_up(handle); /* nobody is inside one that is closed */
}

static void end_handle(struct node *node)
{
    close_handle((struct handle *)node);
}

static void finalize_handle(value v)
{
    struct handle *handle = Handle_val(v);
    close_handle(handle);
    remove_node(&handle->node);
    free(handle);
}

static struct custom_operations handle_operations = { "simpleipc.handle", finalize_handle,
    custom_compare_default, custom_hash_default, custom_serialize_default,
    custom_deserialize_default, custom_compare_ext_default, custom_fixed_length_default };

value new_handle(struct handle *handle)
{
    value v = caml_alloc_custom(&handle_operations, sizeof handle, 1, 64);
    Handle_val(v) = handle;
    handle->is_open = 1;
    add_node(&handle->node, end_handle);
    return v;
}

/* Messages */

static long held_count;

static void end_hold(struct node *node)
{
    sipc_release(&((struct hold *)node)->message);
}

void drop(struct hold *hold)
{
    if (--hold->count > 0)
        return;
    sipc_release(&hold->message);
    remove_node(&hold->node);
    free(hold);
    held_count--;
}

static void finalize_hold(value v)
{
    if (Hold_val(v) != NULL)
        drop(Hold_val(v));
}

static struct custom_operations hold_operations = { "simpleipc.hold", finalize_hold,
    custom_compare_default, custom_hash_default, custom_serialize_default,
    custom_deserialize_default, custom_compare_ext_default, custom_fixed_length_default };

value new_held(void)
{
    value v = caml_alloc_custom(&hold_operations, sizeof(struct hold *), 0, 1);
    Hold_val(v) = NULL;
    return v;
}

void keep(struct hold *hold)
{
    hold->count = 1;
    held_count++;
    add_node(&hold->node, end_hold);
}

value simpleipc_held(value unit)
{
    (void)unit;
    return Val_long(held_count);
}

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
static value tensor_of(const sipc_value *raw, struct hold *hold)
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

static value pair_of(value first, value second)
{
    CAMLparam2(first, second);
    CAMLlocal1(pair);
    pair = caml_alloc_small(2, 0);
    Field(pair, 0) = first;
    Field(pair, 1) = second;
    CAMLreturn(pair);
}

value value_of(const sipc_value *raw, struct hold *hold)
{
    CAMLparam0();
    CAMLlocal4(content, other, list, result);
    int tag = TAG_BOOL;
    switch (raw->kind) {
    case SIPC_KIND_NULL:
        CAMLreturn(Val_int(0));
    case SIPC_KIND_BOOL:
        content = Val_bool(raw->i);
        break;
    case SIPC_KIND_INT:
        tag = TAG_INT;
        content = caml_copy_int64(raw->i);
        break;
    case SIPC_KIND_UINT:
        tag = TAG_UINT;
        content = caml_copy_int64((int64_t)raw->u);
        break;
    case SIPC_KIND_FLOAT:
        tag = TAG_FLOAT;
        content = caml_copy_double(raw->f);
        break;
    case SIPC_KIND_STR:
    case SIPC_KIND_BYTES:
        tag = raw->kind == SIPC_KIND_STR ? TAG_STR : TAG_BYTES;
        content = caml_alloc_initialized_string(raw->len, raw->data);
        break;
    case SIPC_KIND_TENSOR:
        tag = TAG_TENSOR;
        content = tensor_of(raw, hold);
        break;
    case SIPC_KIND_LIST:
    case SIPC_KIND_MAP:
        tag = raw->kind == SIPC_KIND_LIST ? TAG_LIST : TAG_MAP;
        content = Val_emptylist;
        for (uint64_t at = raw->count; at-- > 0;) {
            if (raw->kind == SIPC_KIND_LIST) {
                other = value_of(&raw->items[at], hold);
            } else {
                const sipc_value *key = &raw->items[2 * at];
                other = value_of(&raw->items[2 * at + 1], hold);
                list = caml_alloc_initialized_string(key->len, key->data);
                other = pair_of(list, other);
            }
            content = pair_of(other, content);
        }
        break;
    case SIPC_KIND_OPAQUE:
        content = caml_alloc_initialized_string(raw->label_len, raw->label);
        other = caml_alloc_initialized_string(raw->len, raw->data);
        result = caml_alloc_small(2, TAG_OPAQUE);
        Field(result, 0) = content;
        Field(result, 1) = other;
        CAMLreturn(result);
    default:
        fail(SIPC_CORRUPT, 0, "a value of a kind that this version does not know");
    }
    result = caml_alloc_small(1, tag);
    Field(result, 0) = content;
    CAMLreturn(result);
}

struct piece {
    struct piece *next;
};

static void *reserve(struct arena *arena, size_t bytes)
{
    struct piece *piece = calloc(1, sizeof(struct piece) + 8 + bytes);
    if (piece == NULL) {
        arena->fault = SIPC_NO_SPACE;
        arena->why = "there is no memory for the value";
        return NULL;
    }
    piece->next = arena->pieces;
    arena->pieces = piece;
    return piece + 1;
}

void clear(struct arena *arena)
{
    while (arena->pieces != NULL) {
        struct piece *next = arena->pieces->next;
        free(arena->pieces);
        arena->pieces = next;
    }
}

static const void *bytes_in(struct arena *arena, value string)
{
    void *copy;
    if (!arena->copies)
        return String_val(string);
    copy = reserve(arena, caml_string_length(string));
    if (copy != NULL)
        memcpy(copy, String_val(string), caml_string_length(string));
    return copy;
}

static sipc_value *structs_in(struct arena *arena, size_t count)
{
    sipc_value *all = reserve(arena, count * sizeof *all);
    for (size_t at = 0; all != NULL && at < count; at++)
        all[at].size = sizeof *all;
    return all;
}

void refuse(struct arena *arena, const char *why)
{
    arena->fault = SIPC_BAD_VALUE;
    arena->why = why;
}

/* How long a list is; one that has itself in it is refused. */
static size_t length_in(struct arena *arena, value list)
{
    size_t count = 0;
    for (value slow = list; Is_block(list); list = Field(list, 1)) {
        if (++count % 2 == 0)
            slow = Field(slow, 1);
        if (count > 1 && slow == Field(list, 1)) {
            refuse(arena, "a list has itself in it");
            return 0;
        }
    }
    return count;
}

void shape_in(struct arena *arena, sipc_value *raw, value dtype, value shape, value format)
{
    mlsize_t dims = Wosize_val(shape);
    raw->kind = SIPC_KIND_TENSOR;
    raw->dtype = (uint32_t)Int_val(dtype) + 1;
    if (dims > SIPC_DIMS_MAX) {
        refuse(arena, "a tensor has at most 8 dimensions");
        return;
    }
    raw->ndim = (uint32_t)dims;
    for (mlsize_t at = 0; at < dims; at++) {
        if (Long_val(Field(shape, at)) < 0)
            refuse(arena, "a dimension is below 0");
        raw->shape[at] = (uint64_t)Long_val(Field(shape, at));
    }
    raw->label = bytes_in(arena, format);
    raw->label_len = caml_string_length(format);
}

void value_in(struct arena *arena, sipc_value *raw, value v, int depth)
{
    value content;
    if (arena->fault != SIPC_OK || Is_long(v))
        return;
    content = Field(v, 0);
    switch (Tag_val(v)) {
    case TAG_BOOL:
        raw->kind = SIPC_KIND_BOOL;
        raw->i = Bool_val(content);
        break;
    case TAG_INT:
        raw->kind = SIPC_KIND_INT;
        raw->i = Int64_val(content);
        break;
    case TAG_UINT:
        raw->kind = SIPC_KIND_UINT;
        raw->u = (uint64_t)Int64_val(content);
        break;
    case TAG_FLOAT:
        raw->kind = SIPC_KIND_FLOAT;
        raw->f = Double_val(content);
        break;
    case TAG_STR:
    case TAG_BYTES:
        raw->kind = Tag_val(v) == TAG_STR ? SIPC_KIND_STR : SIPC_KIND_BYTES;
        raw->data = bytes_in(arena, content);
        raw->len = caml_string_length(content);
        break;
    case TAG_OPAQUE:
        raw->kind = SIPC_KIND_OPAQUE;
        raw->label = bytes_in(arena, content);
        raw->label_len = caml_string_length(content);
        raw->data = bytes_in(arena, Field(v, 1));
        raw->len = caml_string_length(Field(v, 1));
        break;
    case TAG_TENSOR: {
        value strides = Field(content, 2);
        struct caml_ba_array *array = Caml_ba_array_val(Field(content, 4));
        shape_in(arena, raw, Field(content, 0), Field(content, 1), Field(content, 3));
        if (Wosize_val(strides) > 0 && Wosize_val(strides) != raw->ndim)
            refuse(arena, "a tensor has as many strides as dimensions");
        for (mlsize_t at = 0; arena->fault == SIPC_OK && at < Wosize_val(strides); at++)
            raw->strides[at] = Long_val(Field(strides, at));
        raw->data = array->data; /* which does not move */
        raw->len = caml_ba_byte_size(array);
        break;
    }
    case TAG_LIST:
    case TAG_MAP: {
        int pairs = Tag_val(v) == TAG_MAP;
        size_t count = length_in(arena, content);
        sipc_value *items;
        if (depth >= DEPTH_MAX)
            refuse(arena, "lists and maps are nested more than 64 deep");
        items = structs_in(arena, pairs ? 2 * count : count);
        if (arena->fault != SIPC_OK)
            return;
        raw->kind = pairs ? SIPC_KIND_MAP : SIPC_KIND_LIST;
        raw->items = items;
        raw->count = count;
        for (; Is_block(content); content = Field(content, 1)) {
            value item = Field(content, 0);
            if (pairs) {
                items->kind = SIPC_KIND_STR;
                items->data = bytes_in(arena, Field(item, 0));
                items->len = caml_string_length(Field(item, 0));
                items++;
                item = Field(item, 1);
            }
            value_in(arena, items++, item, depth + 1);
        }
        break;
    }
    }
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
