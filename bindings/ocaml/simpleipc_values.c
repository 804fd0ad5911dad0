/* Values: from OCaml to the library and back. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/bigarray.h>
#include <caml/memory.h>
#include <stdlib.h>
#include <string.h>

/* Constructors of `value`, in their order; Null is the only one without an argument. */
enum { TAG_BOOL, TAG_INT, TAG_UINT, TAG_FLOAT, TAG_STR, TAG_BYTES, TAG_LIST, TAG_MAP, TAG_TENSOR,
    TAG_OPAQUE };

#define DEPTH_MAX 64

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
