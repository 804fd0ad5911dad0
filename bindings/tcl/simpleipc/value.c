#include "value.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

static const char *const DTYPES[] = {"bool", "u8",  "i8",  "u16", "i16", "u32", "i32",
                                     "u64",  "i64", "f16", "f32", "f64", "c64", "c128", NULL};
static const uint64_t WIDTHS[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16};

static const char *const KINDS[] = {"null", "bool", "int",  "uint", "float",  "str",
                                    "bytes", "list", "map", "tensor", "opaque", NULL};

void *piece_of(piece **pieces, size_t bytes) {
    piece *made = (piece *)ckalloc((unsigned)(sizeof(piece) + 8 + bytes));
    memset(made, 0, sizeof(piece) + 8 + bytes);
    made->next = *pieces;
    *pieces = made;
    return made + 1;
}

void free_pieces(piece *pieces) {
    while (pieces) {
        piece *next = pieces->next;
        ckfree((char *)pieces);
        pieces = next;
    }
}

static int refuse(Tcl_Interp *interp, const char *why, Tcl_Obj *what) {
    Tcl_SetObjResult(interp, Tcl_ObjPrintf("%s: %.80s", why, Tcl_GetString(what)));
    Tcl_SetErrorCode(interp, "SIPC", "VALUE", NULL);
    return TCL_ERROR;
}

static int is_surrogate(const unsigned char *at, unsigned char from, unsigned char to) {
    return at[0] == 0xED && at[1] >= from && at[1] <= to;
}

static unsigned half(const unsigned char *at) {
    return (unsigned)(at[1] & 0x0F) << 6 | (unsigned)(at[2] & 0x3F);
}

/* Tcl writes a NUL as two bytes, and a letter beyond 16 bits often as two surrogates. */
static int to_utf8(Tcl_Interp *interp, Tcl_Obj *text, const char **data, uint64_t *len,
                   piece **pieces) {
    int length;
    const unsigned char *from = (const unsigned char *)Tcl_GetStringFromObj(text, &length);
    const unsigned char *end = from + length;
    unsigned char *to = piece_of(pieces, (size_t)length + 1), *begin = to;
    while (from < end) {
        if (from[0] == 0xC0 && from[1] == 0x80) {
            *to++ = 0;
            from += 2;
        } else if (is_surrogate(from, 0xA0, 0xAF) && is_surrogate(from + 3, 0xB0, 0xBF)) {
            unsigned letter = 0x10000 + (half(from) << 10) + half(from + 3);
            *to++ = (unsigned char)(0xF0 | letter >> 18);
            *to++ = (unsigned char)(0x80 | (letter >> 12 & 0x3F));
            *to++ = (unsigned char)(0x80 | (letter >> 6 & 0x3F));
            *to++ = (unsigned char)(0x80 | (letter & 0x3F));
            from += 6;
        } else if (is_surrogate(from, 0xA0, 0xBF)) {
            Tcl_SetObjResult(interp, Tcl_NewStringObj("a surrogate alone is no text", -1));
            Tcl_SetErrorCode(interp, "SIPC", "VALUE", NULL);
            return TCL_ERROR;
        } else {
            *to++ = *from++;
        }
    }
    *data = (const char *)begin;
    *len = (uint64_t)(to - begin);
    return TCL_OK;
}

static Tcl_Obj *from_utf8(const char *data, uint64_t len) {
    Tcl_DString text;
    Tcl_DStringInit(&text);
    for (uint64_t at = 0; at < len;) {
        const char *zero = memchr(data + at, 0, len - at);
        uint64_t run = zero ? (uint64_t)(zero - data) - at : len - at;
        Tcl_DStringAppend(&text, data + at, (int)run);
        if (zero)
            Tcl_DStringAppend(&text, "\xC0\x80", 2);
        at += run + (zero != NULL);
    }
    Tcl_Obj *made = Tcl_NewStringObj(Tcl_DStringValue(&text), Tcl_DStringLength(&text));
    Tcl_DStringFree(&text);
    return made;
}

const char *name_of(Tcl_Interp *interp, Tcl_Obj *text, piece **pieces) {
    const char *data;
    uint64_t len;
    if (to_utf8(interp, text, &data, &len, pieces) != TCL_OK)
        return NULL;
    if (memchr(data, 0, len)) {
        refuse(interp, "a name has no NUL", text);
        return NULL;
    }
    return data;
}

static int bytes_of(Tcl_Obj *obj, const void **data, uint64_t *len, piece **pieces) {
    int length;
    const unsigned char *found = Tcl_GetByteArrayFromObj(obj, &length);
    void *copy = piece_of(pieces, (size_t)length);
    memcpy(copy, found, (size_t)length);
    *data = copy;
    *len = (uint64_t)length;
    return TCL_OK;
}

/* A number of 64 bits, with a sign or without. */
static int integer(Tcl_Interp *interp, Tcl_Obj *obj, int is_unsigned, uint64_t *number) {
    Tcl_WideInt wide;
    const char *text = Tcl_GetString(obj);
    /* Tcl takes what goes beyond 2^63 for negative; its text does not. */
    if (is_unsigned || Tcl_GetWideIntFromObj(NULL, obj, &wide) != TCL_OK
        || (wide < 0) != (text[strspn(text, " ")] == '-')) {
        char *end;
        if (!is_unsigned || text[strspn(text, "0123456789")] || !*text || strlen(text) > 20)
            return refuse(interp, "this is no integer of 64 bits", obj);
        uint64_t found = strtoull(text, &end, 10);
        char again[24];
        snprintf(again, sizeof again, "%llu", (unsigned long long)found);
        if (strcmp(again, text) != 0)
            return refuse(interp, "this is no integer of 64 bits without a sign", obj);
        *number = found;
        return TCL_OK;
    }
    *number = (uint64_t)wide;
    return TCL_OK;
}

static int number(Tcl_Interp *interp, Tcl_Obj *obj, double *value) {
    /* Tcl will not give away what is not a number. */
    if (obj->typePtr && strcmp(obj->typePtr->name, "double") == 0) {
        *value = obj->internalRep.doubleValue;
        return TCL_OK;
    }
    if (Tcl_GetDoubleFromObj(NULL, obj, value) != TCL_OK)
        return refuse(interp, "this is no float", obj);
    return TCL_OK;
}

static int encode_items(Tcl_Interp *interp, Tcl_Obj *content, int is_map, sipc_value *value,
                        piece **pieces, int depth) {
    int count;
    Tcl_Obj **objects;
    if (Tcl_ListObjGetElements(interp, content, &count, &objects) != TCL_OK)
        return TCL_ERROR;
    if (is_map && count % 2)
        return refuse(interp, "a map has a value for each key", content);
    sipc_value *items = piece_of(pieces, sizeof(sipc_value) * (size_t)count);
    for (int at = 0; at < count; at++) {
        items[at].size = sizeof(sipc_value);
        if (is_map && at % 2 == 0) {
            const char *text;
            items[at].kind = SIPC_KIND_STR;
            if (to_utf8(interp, objects[at], &text, &items[at].len, pieces) != TCL_OK)
                return TCL_ERROR;
            items[at].data = text;
        } else if (encode(interp, objects[at], &items[at], pieces, depth + 1) != TCL_OK) {
            return TCL_ERROR;
        }
    }
    value->items = items;
    value->count = (uint64_t)(is_map ? count / 2 : count);
    return TCL_OK;
}

static int encode_tensor(Tcl_Interp *interp, Tcl_Obj *content, sipc_value *value, piece **pieces) {
    int count, dims, dtype;
    Tcl_Obj **parts, **sizes;
    if (Tcl_ListObjGetElements(interp, content, &count, &parts) != TCL_OK)
        return TCL_ERROR;
    if (count != 4)
        return refuse(interp, "a tensor has a dtype, a shape, a format and data", content);
    if (Tcl_GetIndexFromObj(interp, parts[0], DTYPES, "dtype", TCL_EXACT, &dtype) != TCL_OK
        || Tcl_ListObjGetElements(interp, parts[1], &dims, &sizes) != TCL_OK)
        return TCL_ERROR;
    if (dims > (int)SIPC_DIMS_MAX)
        return refuse(interp, "a tensor has at most 8 dimensions", parts[1]);
    uint64_t bytes = WIDTHS[dtype];
    for (int dim = 0; dim < dims; dim++) {
        if (integer(interp, sizes[dim], 1, &value->shape[dim]) != TCL_OK)
            return TCL_ERROR;
        if (__builtin_mul_overflow(bytes, value->shape[dim], &bytes))
            return refuse(interp, "this is no shape", parts[1]);
    }
    bytes_of(parts[3], &value->data, &value->len, pieces);
    if (value->len != bytes)
        return refuse(interp, "the data does not fit the shape", parts[1]);
    value->dtype = (uint32_t)dtype + 1;
    value->ndim = (uint32_t)dims;
    return to_utf8(interp, parts[2], &value->label, &value->label_len, pieces);
}

int encode(Tcl_Interp *interp, Tcl_Obj *typed, sipc_value *value, piece **pieces, int depth) {
    int count, kind, is_true;
    Tcl_Obj **parts;
    if (depth > DEPTH_MAX)
        return refuse(interp, "a value is nested more than 64 deep", typed);
    if (Tcl_ListObjGetElements(interp, typed, &count, &parts) != TCL_OK)
        return TCL_ERROR;
    if (count < 1 || count > 2)
        return refuse(interp, "this is no typed value", typed);
    if (Tcl_GetIndexFromObj(interp, parts[0], KINDS, "type", TCL_EXACT, &kind) != TCL_OK)
        return TCL_ERROR;
    if (count != (kind == SIPC_KIND_NULL ? 1 : 2))
        return refuse(interp, "this is no typed value", typed);
    value->size = sizeof(sipc_value);
    value->kind = (uint32_t)kind;
    switch (kind) {
    case SIPC_KIND_BOOL:
        if (Tcl_GetBooleanFromObj(interp, parts[1], &is_true) != TCL_OK)
            return TCL_ERROR;
        value->i = is_true;
        return TCL_OK;
    case SIPC_KIND_INT:
        return integer(interp, parts[1], 0, (uint64_t *)&value->i);
    case SIPC_KIND_UINT:
        return integer(interp, parts[1], 1, &value->u);
    case SIPC_KIND_FLOAT:
        return number(interp, parts[1], &value->f);
    case SIPC_KIND_STR:
        return to_utf8(interp, parts[1], (const char **)&value->data, &value->len, pieces);
    case SIPC_KIND_BYTES:
        return bytes_of(parts[1], &value->data, &value->len, pieces);
    case SIPC_KIND_LIST:
    case SIPC_KIND_MAP:
        return encode_items(interp, parts[1], kind == SIPC_KIND_MAP, value, pieces, depth);
    case SIPC_KIND_TENSOR:
        return encode_tensor(interp, parts[1], value, pieces);
    case SIPC_KIND_OPAQUE:
        if (Tcl_ListObjGetElements(interp, parts[1], &count, &parts) != TCL_OK)
            return TCL_ERROR;
        if (count != 2)
            return refuse(interp, "an opaque value has a content type and data", typed);
        bytes_of(parts[1], &value->data, &value->len, pieces);
        return to_utf8(interp, parts[0], &value->label, &value->label_len, pieces);
    default:
        return TCL_OK;
    }
}

static unsigned char *gather(const sipc_value *value, uint32_t dim, const unsigned char *from,
                             unsigned char *to) {
    uint64_t width = WIDTHS[value->dtype - 1];
    if (dim == value->ndim) {
        memcpy(to, from, width);
        return to + width;
    }
    for (uint64_t row = 0; row < value->shape[dim]; row++)
        to = gather(value, dim + 1, from + (int64_t)row * value->strides[dim], to);
    return to;
}

static Tcl_Obj *decode_tensor(const sipc_value *value) {
    Tcl_Obj *shape = Tcl_NewListObj(0, NULL);
    uint64_t bytes = WIDTHS[value->dtype - 1], dense = 1;
    for (uint32_t dim = value->ndim; dim-- > 0;) {
        dense &= value->shape[dim] == 1 || (uint64_t)value->strides[dim] == bytes;
        bytes *= value->shape[dim];
    }
    for (uint32_t dim = 0; dim < value->ndim; dim++)
        Tcl_ListObjAppendElement(NULL, shape, Tcl_NewWideIntObj((Tcl_WideInt)value->shape[dim]));
    Tcl_Obj *data = Tcl_NewByteArrayObj(dense ? value->data : NULL, (int)bytes);
    if (!dense && bytes)
        gather(value, 0, value->data, Tcl_GetByteArrayFromObj(data, NULL));
    Tcl_Obj *parts[] = {Tcl_NewStringObj(DTYPES[value->dtype - 1], -1), shape,
                        from_utf8(value->label, value->label_len), data};
    return Tcl_NewListObj(4, parts);
}

static Tcl_Obj *decode_items(const sipc_value *value, uint64_t count, int is_map) {
    Tcl_Obj *list = Tcl_NewListObj(0, NULL);
    for (uint64_t at = 0; at < count; at++) {
        const sipc_value *item = &value->items[at];
        int is_key = is_map && at % 2 == 0;
        Tcl_ListObjAppendElement(NULL, list,
                                 is_key ? from_utf8(item->data, item->len) : decode(item));
    }
    return list;
}

Tcl_Obj *decode(const sipc_value *value) {
    Tcl_Obj *parts[2] = {Tcl_NewStringObj(KINDS[value->kind], -1), NULL};
    char digits[24];
    switch (value->kind) {
    case SIPC_KIND_NULL:
        return Tcl_NewListObj(1, parts);
    case SIPC_KIND_BOOL:
        parts[1] = Tcl_NewIntObj(value->i != 0);
        break;
    case SIPC_KIND_INT:
        parts[1] = Tcl_NewWideIntObj(value->i);
        break;
    case SIPC_KIND_UINT:
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)value->u);
        parts[1] = Tcl_NewStringObj(digits, -1);
        break;
    case SIPC_KIND_FLOAT:
        parts[1] = Tcl_NewDoubleObj(value->f);
        break;
    case SIPC_KIND_STR:
        parts[1] = from_utf8(value->data, value->len);
        break;
    case SIPC_KIND_BYTES:
        parts[1] = Tcl_NewByteArrayObj(value->data, (int)value->len);
        break;
    case SIPC_KIND_LIST:
        parts[1] = decode_items(value, value->count, 0);
        break;
    case SIPC_KIND_MAP:
        parts[1] = decode_items(value, 2 * value->count, 1);
        break;
    case SIPC_KIND_TENSOR:
        parts[1] = decode_tensor(value);
        break;
    default: {
        Tcl_Obj *both[] = {from_utf8(value->label, value->label_len),
                           Tcl_NewByteArrayObj(value->data, (int)value->len)};
        parts[1] = Tcl_NewListObj(2, both);
    }
    }
    return Tcl_NewListObj(2, parts);
}
