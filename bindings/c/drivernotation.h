/* The driver's notation of values: read from a command, written into an answer. It is described in
 * testing/interop. A part of driver.c. */
#ifndef DRIVERNOTATION_H
#define DRIVERNOTATION_H

#include <simpleipc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 64, BLOCK = 251 };

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    {"", 0},    {"bool", 1}, {"u8", 1},  {"i8", 1},  {"u16", 2},
    {"i16", 2}, {"u32", 4},  {"i32", 4}, {"u64", 8}, {"i64", 8},
    {"f16", 2}, {"f32", 4},  {"f64", 8}, {"c64", 8}, {"c128", 16},
};

/* Memory of one command; all of it is freed before the next one. */
typedef struct block {
    struct block *next;
    sipc_value first; /* gives the memory an alignment that suits all we keep */
} block;

static block *blocks;

static void *keep(size_t size)
{
    block *added = malloc(offsetof(block, first) + size + 1);
    if (added == NULL) exit(3);
    added->next = blocks;
    blocks = added;
    return &added->first;
}

static void forget_all(void)
{
    while (blocks != NULL) {
        block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

/* ---- reading values ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const void *read_hex(const char **at, uint64_t *len)
{
    unsigned char *bytes = keep(strlen(*at) / 2);
    *len = 0;
    while (digit((*at)[0]) >= 0 && digit((*at)[1]) >= 0) {
        bytes[(*len)++] = (unsigned char)(digit((*at)[0]) << 4 | digit((*at)[1]));
        *at += 2;
    }
    return bytes;
}

static const void *make_pattern(uint64_t len, unsigned seed, int is_text)
{
    unsigned char *bytes = keep(len), period = is_text ? 23 : BLOCK;
    for (uint64_t i = 0; i < len; i++) {
        unsigned step = i < period ? (unsigned)i : (unsigned)(i % period);
        bytes[i] = (unsigned char)(is_text ? 'a' + (seed + step) % 26 : seed + step);
    }
    return bytes;
}

static void skip(const char **at, char expected)
{
    if (**at == expected) ++*at;
}

/* dtype:shape:format: of a tensor; answers the bytes of its data. */
static uint64_t read_tensor_head(const char **at, sipc_value *value)
{
    size_t word = strcspn(*at, ":");
    for (uint32_t k = 1; k < sizeof dtypes / sizeof dtypes[0]; k++)
        if (strlen(dtypes[k].name) == word && memcmp(dtypes[k].name, *at, word) == 0)
            value->dtype = k;
    *at += word;
    skip(at, ':');
    uint64_t len = dtypes[value->dtype].size;
    while (**at != ':' && value->ndim < SIPC_DIMS_MAX) {
        value->shape[value->ndim] = strtoull(*at, (char **)at, 10);
        len *= value->shape[value->ndim++];
        skip(at, 'x');
    }
    skip(at, ':');
    value->label = read_hex(at, &value->label_len);
    skip(at, ':');
    return len;
}

static sipc_value read_value(const char **at);

static void read_items(const char **at, sipc_value *value, char end, size_t group)
{
    size_t used = 0, room = 0;
    sipc_value *items = NULL;
    while (**at != end && **at != 0) {
        if (used == room) {
            sipc_value *larger = keep((room = 2 * room + 8) * sizeof *items);
            if (used > 0) memcpy(larger, items, used * sizeof *items);
            items = larger;
        }
        items[used++] = read_value(at);
        skip(at, **at == ':' ? ':' : ',');
    }
    skip(at, end);
    value->items = items;
    value->count = used / group;
}

static sipc_value read_value(const char **at)
{
    sipc_value value = SIPC_VALUE_INIT;
    uint64_t bits;
    char mark = *(*at)++;
    switch (mark) {
    case 'n': value.kind = SIPC_KIND_NULL; break;
    case 'b': value.kind = SIPC_KIND_BOOL; value.i = *(*at)++ == '1'; break;
    case 'i': value.kind = SIPC_KIND_INT; value.i = strtoll(*at, (char **)at, 10); break;
    case 'u': value.kind = SIPC_KIND_UINT; value.u = strtoull(*at, (char **)at, 10); break;
    case 'd':
        value.kind = SIPC_KIND_FLOAT;
        bits = strtoull(*at, (char **)at, 16);
        memcpy(&value.f, &bits, sizeof bits);
        break;
    case 's': value.kind = SIPC_KIND_STR; value.data = read_hex(at, &value.len); break;
    case 'x': value.kind = SIPC_KIND_BYTES; value.data = read_hex(at, &value.len); break;
    case 'S':
    case 'X':
        value.kind = mark == 'S' ? SIPC_KIND_STR : SIPC_KIND_BYTES;
        value.len = strtoull(*at, (char **)at, 10);
        skip(at, ':');
        value.data = make_pattern(value.len, (unsigned)strtoul(*at, (char **)at, 10), mark == 'S');
        break;
    case '[': value.kind = SIPC_KIND_LIST; read_items(at, &value, ']', 1); break;
    case '{': value.kind = SIPC_KIND_MAP; read_items(at, &value, '}', 2); break;
    case 't':
        value.kind = SIPC_KIND_TENSOR;
        read_tensor_head(at, &value);
        value.data = read_hex(at, &value.len);
        break;
    case 'T':
        value.kind = SIPC_KIND_TENSOR;
        value.len = read_tensor_head(at, &value);
        value.data = make_pattern(value.len, (unsigned)strtoul(*at, (char **)at, 10), 0);
        break;
    case 'o':
        value.kind = SIPC_KIND_OPAQUE;
        value.label = read_hex(at, &value.label_len);
        skip(at, ':');
        value.data = read_hex(at, &value.len);
        break;
    default: value.kind = UINT32_MAX; /* the library will refuse it */
    }
    return value;
}

/* ---- writing values ---- */

static uint32_t crc32(const unsigned char *bytes, uint64_t len)
{
    static uint32_t table[256];
    uint32_t crc = UINT32_MAX;
    for (uint32_t n = 0; table[255] == 0 && n < 256; n++) {
        uint32_t c = n;
        for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? UINT32_C(0xedb88320) ^ c >> 1 : c >> 1;
        table[n] = c;
    }
    for (uint64_t i = 0; i < len; i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

static void write_hex(const void *data, uint64_t len)
{
    const unsigned char *bytes = data;
    for (uint64_t i = 0; i < len; i++) printf("%02x", bytes[i]);
}

static void write_data(const void *data, uint64_t len)
{
    if (len <= SHOWN_MAX) write_hex(data, len);
    else printf("#%" PRIu64 ":%08" PRIx32, len, crc32(data, len));
}

/* Copies the elements from `dim` on in row-major order; answers the end of the copy. */
static char *gather(const sipc_value *tensor, uint32_t dim, const char *from, char *to)
{
    size_t size = dtypes[tensor->dtype].size;
    if (dim == tensor->ndim) return (char *)memcpy(to, from, size) + size;
    for (uint64_t i = 0; i < tensor->shape[dim]; i++)
        to = gather(tensor, dim + 1, from + (int64_t)i * tensor->strides[dim], to);
    return to;
}

static void write_tensor(const sipc_value *value)
{
    uint64_t len = dtypes[value->dtype].size;
    printf("t%s:", dtypes[value->dtype].name);
    for (uint32_t dim = 0; dim < value->ndim; dim++) {
        printf(dim > 0 ? "x%" PRIu64 : "%" PRIu64, value->shape[dim]);
        len *= value->shape[dim];
    }
    printf(":");
    write_hex(value->label, value->label_len);
    printf(":");
    char *dense = keep(len);
    gather(value, 0, value->data, dense);
    write_data(dense, len);
}

static void write_value(const sipc_value *value)
{
    uint64_t bits;
    switch (value->kind) {
    case SIPC_KIND_NULL: printf("n"); break;
    case SIPC_KIND_BOOL: printf("b%d", (int)value->i); break;
    case SIPC_KIND_INT: printf("i%" PRId64, value->i); break;
    case SIPC_KIND_UINT: printf("u%" PRIu64, value->u); break;
    case SIPC_KIND_FLOAT:
        memcpy(&bits, &value->f, sizeof bits);
        printf("d%016" PRIx64, bits);
        break;
    case SIPC_KIND_STR: printf("s"); write_data(value->data, value->len); break;
    case SIPC_KIND_BYTES: printf("x"); write_data(value->data, value->len); break;
    case SIPC_KIND_LIST:
        for (uint64_t k = 0; k < value->count; k++) {
            printf(k == 0 ? "[" : ",");
            write_value(&value->items[k]);
        }
        printf(value->count == 0 ? "[]" : "]");
        break;
    case SIPC_KIND_MAP:
        for (uint64_t k = 0; k < 2 * value->count; k++) {
            printf(k == 0 ? "{" : k % 2 == 0 ? "," : ":");
            write_value(&value->items[k]);
        }
        printf(value->count == 0 ? "{}" : "}");
        break;
    case SIPC_KIND_TENSOR: write_tensor(value); break;
    case SIPC_KIND_OPAQUE:
        printf("o");
        write_hex(value->label, value->label_len);
        printf(":");
        write_data(value->data, value->len);
        break;
    default: printf("kind%" PRIu32, value->kind);
    }
}

#endif
