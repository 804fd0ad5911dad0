/* Every kind of value arrives as it was sent; what cannot be sent is refused. */
#include "test.h"

#include <math.h>
#include <stdlib.h>

/* Sends one value and takes it again; the caller releases. */
static sipc_message echoed(const sipc_value *value)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_error error = SIPC_ERROR_INIT;
    if (sipc_send("echo", value, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_send: %s", error.message);
    if (sipc_receive("echo", SECOND_NS, &message, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_receive: %s", error.message);
    CHECK_EQUAL(message.value.kind, value->kind);
    CHECK_EQUAL(message.value.size, sizeof(sipc_value));
    return message;
}

static void scalars_keep_every_bit(void)
{
    const int64_t ints[] = {0, -1, INT64_MIN, INT64_MAX};
    const uint64_t uints[] = {0, UINT64_MAX, UINT64_C(1) << 63};
    const double floats[] = {0.0, -0.0, 1.5, HUGE_VAL, -HUGE_VAL, 5e-324};
    sipc_value value = value_of(SIPC_KIND_NULL);
    sipc_message message = echoed(&value);
    sipc_release(&message);
    for (int k = 0; k < 2; k++) {
        value = value_of(SIPC_KIND_BOOL);
        value.i = k;
        message = echoed(&value);
        CHECK_EQUAL(message.value.i, k);
        sipc_release(&message);
    }
    for (size_t k = 0; k < sizeof ints / sizeof ints[0]; k++) {
        value = value_int(ints[k]);
        message = echoed(&value);
        CHECK_EQUAL(message.value.i, ints[k]);
        sipc_release(&message);
    }
    for (size_t k = 0; k < sizeof uints / sizeof uints[0]; k++) {
        value = value_of(SIPC_KIND_UINT);
        value.u = uints[k];
        message = echoed(&value);
        CHECK_EQUAL(message.value.u, uints[k]);
        sipc_release(&message);
    }
    for (size_t k = 0; k < sizeof floats / sizeof floats[0]; k++) {
        value = value_of(SIPC_KIND_FLOAT);
        value.f = floats[k];
        message = echoed(&value);
        CHECK(memcmp(&message.value.f, &floats[k], sizeof floats[k]) == 0);
        sipc_release(&message);
    }
}

static void a_nan_keeps_its_payload(void)
{
    const uint64_t bits = UINT64_C(0x7ff4000000abcdef);
    sipc_value value = value_of(SIPC_KIND_FLOAT);
    memcpy(&value.f, &bits, sizeof bits);
    sipc_message message = echoed(&value);
    CHECK(memcmp(&message.value.f, &bits, sizeof bits) == 0);
    sipc_release(&message);
}

static void texts_and_bytes_of_every_length_arrive(void)
{
    const size_t lengths[] = {0, 1, 15, 64, 100, 103, 104, 105, 127, 128, 4095, 4096, 1000000};
    const uint32_t kinds[] = {SIPC_KIND_STR, SIPC_KIND_BYTES};
    char *data = (char *)malloc(1000000);
    for (size_t k = 0; k < 1000000; k++) data[k] = (char)(k % 128);
    for (int kind = 0; kind < 2; kind++) {
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            sipc_value value = value_of(kinds[kind]);
            value.data = data;
            value.len = lengths[k];
            sipc_message message = echoed(&value);
            CHECK_EQUAL(message.value.len, lengths[k]);
            CHECK(lengths[k] == 0 || memcmp(message.value.data, data, lengths[k]) == 0);
            if (lengths[k] > 4096 && kinds[kind] == SIPC_KIND_BYTES)
                CHECK_EQUAL((uintptr_t)message.value.data % 64, 0);
            sipc_release(&message);
        }
    }
    free(data);
}

static void an_opaque_value_keeps_its_content_type(void)
{
    sipc_value value = value_of(SIPC_KIND_OPAQUE);
    value.data = "{\"a\":1}";
    value.len = 7;
    value.label = "application/json";
    value.label_len = 16;
    sipc_message message = echoed(&value);
    CHECK_EQUAL(message.value.len, 7);
    CHECK(memcmp(message.value.data, "{\"a\":1}", 7) == 0);
    CHECK_EQUAL(message.value.label_len, 16);
    CHECK(memcmp(message.value.label, "application/json", 16) == 0);
    sipc_release(&message);
}

static void lists_and_maps_nest(void)
{
    sipc_value inner[2], pairs[4], items[3];
    inner[0] = value_int(-5);
    inner[1] = value_str("five");
    pairs[0] = value_str("list");
    pairs[1] = value_of(SIPC_KIND_LIST);
    pairs[1].items = inner;
    pairs[1].count = 2;
    pairs[2] = value_str("none");
    pairs[3] = value_of(SIPC_KIND_NULL);
    items[0] = value_of(SIPC_KIND_MAP);
    items[0].items = pairs;
    items[0].count = 2;
    items[1] = value_of(SIPC_KIND_LIST);
    items[2] = value_of(SIPC_KIND_MAP);
    sipc_value value = value_of(SIPC_KIND_LIST);
    value.items = items;
    value.count = 3;

    sipc_message message = echoed(&value);
    CHECK_EQUAL(message.value.count, 3);
    const sipc_value *map = &message.value.items[0];
    CHECK_EQUAL(map->kind, SIPC_KIND_MAP);
    CHECK_EQUAL(map->size, sizeof(sipc_value));
    CHECK_EQUAL(map->count, 2);
    CHECK_EQUAL(map->items[0].kind, SIPC_KIND_STR);
    CHECK(map->items[0].len == 4 && memcmp(map->items[0].data, "list", 4) == 0);
    CHECK_EQUAL(map->items[1].kind, SIPC_KIND_LIST);
    CHECK_EQUAL(map->items[1].items[0].i, -5);
    CHECK(memcmp(map->items[1].items[1].data, "five", 4) == 0);
    CHECK(map->items[2].len == 4 && memcmp(map->items[2].data, "none", 4) == 0);
    CHECK_EQUAL(map->items[3].kind, SIPC_KIND_NULL);
    CHECK_EQUAL(message.value.items[1].kind, SIPC_KIND_LIST);
    CHECK_EQUAL(message.value.items[1].count, 0);
    CHECK_EQUAL(message.value.items[2].kind, SIPC_KIND_MAP);
    CHECK_EQUAL(message.value.items[2].count, 0);
    sipc_release(&message);
}

static void a_long_list_arrives(void)
{
    enum { COUNT = 20000 };
    sipc_value *items = (sipc_value *)malloc(COUNT * sizeof *items);
    for (int64_t k = 0; k < COUNT; k++) items[k] = value_int(k * k);
    sipc_value value = value_of(SIPC_KIND_LIST);
    value.items = items;
    value.count = COUNT;
    sipc_message message = echoed(&value);
    CHECK_EQUAL(message.value.count, COUNT);
    for (int64_t k = 0; k < COUNT; k++) CHECK_EQUAL(message.value.items[k].i, k * k);
    sipc_release(&message);
    free(items);
}

static void tensors_of_every_dtype_arrive(void)
{
    const unsigned sizes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16};
    unsigned char data[6 * 16] = {0};
    for (uint32_t dtype = SIPC_DTYPE_BOOL; dtype <= SIPC_DTYPE_C128; dtype++) {
        sipc_value value = value_of(SIPC_KIND_TENSOR);
        value.dtype = dtype;
        value.ndim = 2;
        value.shape[0] = 2;
        value.shape[1] = 3;
        value.data = data;
        value.len = UINT64_C(6) * sizes[dtype];
        sipc_message message = echoed(&value);
        CHECK_EQUAL(message.value.dtype, dtype);
        CHECK_EQUAL(message.value.ndim, 2);
        CHECK_EQUAL(message.value.shape[1], 3);
        CHECK_EQUAL(message.value.strides[0], 3 * sizes[dtype]);
        CHECK_EQUAL(message.value.strides[1], sizes[dtype]);
        CHECK_EQUAL(message.value.len, value.len);
        CHECK_EQUAL(message.value.label_len, 0);
        sipc_release(&message);
    }
}

static void a_tensor_without_dimensions_is_one_element(void)
{
    const double pi = 3.25;
    sipc_value value = value_of(SIPC_KIND_TENSOR);
    value.dtype = SIPC_DTYPE_F64;
    value.data = &pi;
    value.len = sizeof pi;
    sipc_message message = echoed(&value);
    CHECK_EQUAL(message.value.ndim, 0);
    CHECK(memcmp(message.value.data, &pi, sizeof pi) == 0);
    sipc_release(&message);
}

static void refused(const sipc_value *value)
{
    CHECK_ERROR(sipc_send("echo", value, &error), SIPC_BAD_VALUE, "");
}

static void values_that_make_no_sense_are_refused(void)
{
    char label[300];
    sipc_value value = value_of(11), item = value_int(1), pair[2];
    refused(&value);
    value = value_str("\xff\xfe");
    refused(&value);
    value = value_of(SIPC_KIND_MAP);
    pair[0] = value_int(1);
    pair[1] = value_int(2);
    value.items = pair;
    value.count = 1;
    refused(&value);
    value = value_of(SIPC_KIND_TENSOR);
    value.dtype = 15;
    refused(&value);
    value.dtype = SIPC_DTYPE_U8;
    value.ndim = SIPC_DIMS_MAX + 1;
    refused(&value);
    value.ndim = 2;
    value.shape[0] = UINT64_MAX;
    value.shape[1] = UINT64_MAX;
    refused(&value);
    value.shape[0] = 3;
    value.shape[1] = 3;
    value.data = label;
    value.len = 8;
    refused(&value);
    memset(label, 'l', sizeof label);
    value = value_of(SIPC_KIND_OPAQUE);
    value.label = label;
    value.label_len = 256;
    refused(&value);
    value = value_of(SIPC_KIND_LIST);
    value.items = &item;
    value.count = 1;
    item.size = 8;
    CHECK_ERROR(sipc_send("echo", &value, &error), SIPC_BAD_ARGUMENT, "8");
}

static void pointers_that_are_missing_are_refused(void)
{
    sipc_value value = value_of(SIPC_KIND_BYTES);
    value.len = 1;
    CHECK_ERROR(sipc_send("echo", &value, &error), SIPC_BAD_ARGUMENT, "data");
    value = value_of(SIPC_KIND_LIST);
    value.count = 1;
    CHECK_ERROR(sipc_send("echo", &value, &error), SIPC_BAD_ARGUMENT, "items");
    value = value_of(SIPC_KIND_OPAQUE);
    value.label_len = 1;
    CHECK_ERROR(sipc_send("echo", &value, &error), SIPC_BAD_ARGUMENT, "label");
}

static void nesting_has_a_limit(void)
{
    enum { DEPTH = 100000 };
    sipc_value *lists = (sipc_value *)malloc(DEPTH * sizeof *lists);
    for (int k = 0; k < DEPTH; k++) {
        lists[k] = value_of(SIPC_KIND_LIST);
        lists[k].items = k > 0 ? &lists[k - 1] : NULL;
        lists[k].count = k > 0;
    }
    refused(&lists[DEPTH - 1]);
    sipc_message message = echoed(&lists[63]);
    sipc_release(&message);
    refused(&lists[64]);
    sipc_value loop = value_of(SIPC_KIND_LIST);
    loop.items = &loop;
    loop.count = 1;
    refused(&loop);
    free(lists);
}

static void an_oversized_message_is_refused(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *sender = NULL;
    sipc_value value = value_of(SIPC_KIND_BYTES);
    options.pool_bytes_max = 1 << 20;
    CHECK_STATUS(sipc_open("small", SIPC_ROLE_SEND, &options, &sender, NULL), SIPC_OK);
    value.len = 4 << 20;
    char *data = (char *)calloc(1, 4 << 20);
    value.data = data;
    CHECK_ERROR(sipc_put(sender, &value, 0, &error), SIPC_TOO_LARGE, "");
    CHECK_ERROR(sipc_loan(sender, &value, 0, &error), SIPC_TOO_LARGE, "");
    free(data);
}

const test value_tests[] = {
    {"scalars_keep_every_bit", scalars_keep_every_bit},
    {"a_nan_keeps_its_payload", a_nan_keeps_its_payload},
    {"texts_and_bytes_of_every_length_arrive", texts_and_bytes_of_every_length_arrive},
    {"an_opaque_value_keeps_its_content_type", an_opaque_value_keeps_its_content_type},
    {"lists_and_maps_nest", lists_and_maps_nest},
    {"a_long_list_arrives", a_long_list_arrives},
    {"tensors_of_every_dtype_arrive", tensors_of_every_dtype_arrive},
    {"a_tensor_without_dimensions_is_one_element", a_tensor_without_dimensions_is_one_element},
    {"values_that_make_no_sense_are_refused", values_that_make_no_sense_are_refused},
    {"pointers_that_are_missing_are_refused", pointers_that_are_missing_are_refused},
    {"nesting_has_a_limit", nesting_has_a_limit},
    {"an_oversized_message_is_refused", an_oversized_message_is_refused},
    {NULL, NULL},
};
