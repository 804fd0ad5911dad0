/* Loans: buffers inside the channel that are filled in place and published without a copy. */
#include "test.h"

enum { LOANS_MAX = 16 };

static sipc_value loan_of(sipc_channel *channel, uint64_t len)
{
    sipc_value value = value_of(SIPC_KIND_BYTES);
    value.len = len;
    sipc_error error = SIPC_ERROR_INIT;
    if (sipc_loan(channel, &value, 0, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_loan: %s", error.message);
    CHECK(value.data != NULL);
    CHECK_EQUAL((uintptr_t)value.data % 64, 0);
    CHECK_EQUAL(value.len, len);
    return value;
}

static void *room(const sipc_value *loan)
{
    return (void *)(uintptr_t)loan->data;
}

static void a_loan_is_filled_and_put_in_place(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *subscriber = opened("film", SIPC_ROLE_SUBSCRIBE);
    sipc_channel *publisher = opened("film", SIPC_ROLE_PUBLISH);
    for (int round = 1; round < 100; round++) {
        sipc_value loan = loan_of(publisher, 100000);
        memset(room(&loan), round, 100000);
        CHECK_STATUS(sipc_put(publisher, &loan, 0, NULL), SIPC_OK);
        CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &message, NULL), SIPC_OK);
        CHECK_EQUAL(message.value.kind, SIPC_KIND_BYTES);
        CHECK_EQUAL(message.value.len, 100000);
        CHECK_EQUAL((uintptr_t)message.value.data % 64, 0);
        const unsigned char *data = (const unsigned char *)message.value.data;
        CHECK_EQUAL(data[0], round);
        CHECK_EQUAL(data[99999], round);
        sipc_release(&message);
    }
}

static void a_tensor_loan_tells_its_length_and_strides(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *sender = opened("film", SIPC_ROLE_SEND);
    sipc_value loan = value_of(SIPC_KIND_TENSOR);
    loan.dtype = SIPC_DTYPE_U16;
    loan.ndim = 3;
    loan.shape[0] = 20;
    loan.shape[1] = 30;
    loan.shape[2] = 3;
    loan.label = "rgb16";
    loan.label_len = 5;
    CHECK_STATUS(sipc_loan(sender, &loan, 0, NULL), SIPC_OK);
    CHECK_EQUAL(loan.len, 20 * 30 * 3 * 2);
    CHECK_EQUAL(loan.strides[0], 30 * 3 * 2);
    CHECK_EQUAL(loan.strides[1], 3 * 2);
    CHECK_EQUAL(loan.strides[2], 2);
    memset(room(&loan), 7, loan.len);
    loan.capture_time_ns = 99;
    CHECK_STATUS(sipc_put(sender, &loan, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_receive("film", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_TENSOR);
    CHECK_EQUAL(message.value.dtype, SIPC_DTYPE_U16);
    CHECK_EQUAL(message.value.ndim, 3);
    CHECK_EQUAL(message.value.shape[0], 20);
    CHECK_EQUAL(message.value.strides[0], 30 * 3 * 2);
    CHECK_EQUAL(message.value.len, 3600);
    CHECK_EQUAL(message.value.label_len, 5);
    CHECK(memcmp(message.value.label, "rgb16", 5) == 0);
    CHECK_EQUAL(message.value.capture_time_ns, 99);
    CHECK_EQUAL(((const unsigned char *)message.value.data)[3599], 7);
    sipc_release(&message);
}

static void a_text_and_an_opaque_value_can_be_lent(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *sender = opened("texts", SIPC_ROLE_SEND);
    sipc_value text = value_of(SIPC_KIND_STR), json = value_of(SIPC_KIND_OPAQUE);
    text.len = 5;
    json.len = 2;
    json.label = "application/json";
    json.label_len = 16;
    CHECK_STATUS(sipc_loan(sender, &text, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_loan(sender, &json, 0, NULL), SIPC_OK);
    memcpy(room(&text), "hello", 5);
    memcpy(room(&json), "{}", 2);
    CHECK_STATUS(sipc_put(sender, &text, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_put(sender, &json, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_receive("texts", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_STR);
    CHECK(message.value.len == 5 && memcmp(message.value.data, "hello", 5) == 0);
    sipc_release(&message);
    CHECK_STATUS(sipc_receive("texts", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_OPAQUE);
    CHECK(message.value.len == 2 && memcmp(message.value.data, "{}", 2) == 0);
    CHECK_EQUAL(message.value.label_len, 16);
    sipc_release(&message);
}

static void a_text_loan_must_hold_utf8(void)
{
    sipc_channel *sender = opened("texts", SIPC_ROLE_SEND);
    sipc_value text = value_of(SIPC_KIND_STR);
    text.len = 2;
    CHECK_STATUS(sipc_loan(sender, &text, 0, NULL), SIPC_OK);
    memcpy(room(&text), "\xff\xff", 2);
    CHECK_ERROR(sipc_put(sender, &text, 0, &error), SIPC_BAD_VALUE, "UTF-8");
    memcpy(room(&text), "ok", 2);
    CHECK_STATUS(sipc_put(sender, &text, 0, NULL), SIPC_OK);
}

static void a_loan_is_given_back_once(void)
{
    sipc_channel *sender = opened("film", SIPC_ROLE_SEND);
    sipc_channel *other = opened("film", SIPC_ROLE_SEND);
    sipc_value loan = loan_of(sender, 1000);
    char mine[8];
    CHECK_STATUS(sipc_unloan(other, room(&loan)), SIPC_BAD_ARGUMENT);
    CHECK_STATUS(sipc_unloan(sender, mine), SIPC_BAD_ARGUMENT);
    CHECK_STATUS(sipc_unloan(sender, (char *)room(&loan) + 64), SIPC_BAD_ARGUMENT);
    CHECK_STATUS(sipc_unloan(sender, room(&loan)), SIPC_OK);
    CHECK_STATUS(sipc_unloan(sender, room(&loan)), SIPC_BAD_ARGUMENT);
}

static void the_seventeenth_loan_is_refused(void)
{
    sipc_channel *sender = opened("film", SIPC_ROLE_SEND);
    sipc_value loans[LOANS_MAX], extra = value_of(SIPC_KIND_BYTES);
    for (int k = 0; k < LOANS_MAX; k++) loans[k] = loan_of(sender, 1000);
    extra.len = 1000;
    CHECK_ERROR(sipc_loan(sender, &extra, 0, &error), SIPC_BAD_ARGUMENT, "16");
    CHECK(extra.data == NULL);
    for (int k = 0; k < LOANS_MAX / 2; k++)
        CHECK_STATUS(sipc_unloan(sender, room(&loans[k])), SIPC_OK);
    for (int k = LOANS_MAX / 2; k < LOANS_MAX; k++) {
        memset(room(&loans[k]), k, 1000);
        CHECK_STATUS(sipc_put(sender, &loans[k], 0, NULL), SIPC_OK);
    }
    CHECK_STATUS(sipc_loan(sender, &extra, 0, NULL), SIPC_OK);
}

static void a_failed_put_leaves_the_loan(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *sender = NULL;
    options.depth = 16;
    CHECK_STATUS(sipc_open("film", SIPC_ROLE_SEND, &options, &sender, NULL), SIPC_OK);
    sipc_channel *receiver = opened("film", SIPC_ROLE_RECEIVE);
    for (int64_t i = 0; i < 16; i++) put_int(sender, i);
    sipc_value loan = loan_of(sender, 1000);
    memset(room(&loan), 42, 1000);
    CHECK_ERROR(sipc_put(sender, &loan, 0, &error), SIPC_FULL, "");
    CHECK_EQUAL(((const unsigned char *)loan.data)[999], 42);
    CHECK_EQUAL(take_int(receiver), 0);
    CHECK_STATUS(sipc_put(sender, &loan, 0, NULL), SIPC_OK);
}

static void closing_gives_loans_back(void)
{
    for (int round = 0; round < 50; round++) {
        sipc_channel *sender = opened("film", SIPC_ROLE_SEND);
        loan_of(sender, 1 << 20);
        CHECK_STATUS(sipc_close(sender), SIPC_OK);
    }
}

static void only_flat_kinds_can_be_lent(void)
{
    sipc_channel *sender = opened("film", SIPC_ROLE_SEND);
    const uint32_t kinds[] = {SIPC_KIND_NULL, SIPC_KIND_BOOL, SIPC_KIND_INT, SIPC_KIND_UINT,
                              SIPC_KIND_FLOAT, SIPC_KIND_LIST, SIPC_KIND_MAP, 11};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        sipc_value value = value_of(kinds[k]);
        CHECK_ERROR(sipc_loan(sender, &value, 0, &error), SIPC_BAD_VALUE, "kind");
    }
}

const test loan_tests[] = {
    {"a_loan_is_filled_and_put_in_place", a_loan_is_filled_and_put_in_place},
    {"a_tensor_loan_tells_its_length_and_strides", a_tensor_loan_tells_its_length_and_strides},
    {"a_text_and_an_opaque_value_can_be_lent", a_text_and_an_opaque_value_can_be_lent},
    {"a_text_loan_must_hold_utf8", a_text_loan_must_hold_utf8},
    {"a_loan_is_given_back_once", a_loan_is_given_back_once},
    {"the_seventeenth_loan_is_refused", the_seventeenth_loan_is_refused},
    {"a_failed_put_leaves_the_loan", a_failed_put_leaves_the_loan},
    {"closing_gives_loans_back", closing_gives_loans_back},
    {"only_flat_kinds_can_be_lent", only_flat_kinds_can_be_lent},
    {NULL, NULL},
};
