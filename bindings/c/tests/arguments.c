/* What a program may get wrong in its arguments: each is answered with a status and a sentence. */
#include "test.h"

static void statuses_have_texts(void)
{
    CHECK(strcmp(sipc_status_text(SIPC_OK), "success") == 0);
    CHECK(strcmp(sipc_status_text(-7), "unknown status") == 0);
    CHECK(strcmp(sipc_status_text(9999), "unknown status") == 0);
    CHECK(strlen(sipc_status_text(SIPC_INTERNAL)) > 0);
}

static void versions_agree_with_the_header(void)
{
    CHECK_EQUAL(sipc_abi_version(), SIPC_ABI_VERSION);
    CHECK(strchr(sipc_version(), '.') != NULL);
    int64_t before = sipc_now_ns();
    CHECK(before > 0);
    CHECK(sipc_now_ns() >= before);
}

static void bad_names_are_refused(void)
{
    static const char *const bad[] = {
        "",      "../x",     "a/b",      "/",    ".",        "..",      ".hidden",
        "tab\t", "line\n",   "\x01",     "\x7f", "\xff\xfe", "\xc3\x28", "nel\xc2\x85",
    };
    sipc_value value = value_int(1);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        sipc_channel *channel = NULL;
        sipc_message message = SIPC_MESSAGE_INIT;
        CHECK_ERROR(sipc_send(bad[k], &value, &error), SIPC_BAD_NAME, "name");
        CHECK_ERROR(sipc_publish(bad[k], &value, &error), SIPC_BAD_NAME, "name");
        CHECK_ERROR(sipc_receive(bad[k], 0, &message, &error), SIPC_BAD_NAME, "name");
        for (uint32_t role = SIPC_ROLE_PUBLISH; role <= SIPC_ROLE_RECEIVE; role++)
            CHECK_ERROR(sipc_open(bad[k], role, NULL, &channel, &error), SIPC_BAD_NAME, "name");
        CHECK(channel == NULL);
        CHECK(message.hold == NULL);
    }
}

static void a_name_has_at_most_200_bytes(void)
{
    char name[SIPC_NAME_BYTES_MAX + 2];
    memset(name, 'n', sizeof name);
    name[SIPC_NAME_BYTES_MAX + 1] = 0;
    CHECK_ERROR(sipc_send_int(name, 1, &error), SIPC_BAD_NAME, "200");
    name[SIPC_NAME_BYTES_MAX] = 0;
    CHECK_STATUS(sipc_send_int(name, 1, NULL), SIPC_OK);
}

static void a_name_may_be_any_other_text(void)
{
    CHECK_STATUS(sipc_send_int("a b:c*?\"<>|%\\.x", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_int("\xe2\x82\xac uro \xf0\x9f\xa6\x80", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_int("%s%n", 1, NULL), SIPC_OK);
}

static void null_arguments_are_refused(void)
{
    sipc_value value = value_int(1);
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *sender = opened("q", SIPC_ROLE_SEND);
    sipc_channel *receiver = opened("q", SIPC_ROLE_RECEIVE);
    uint32_t index;
    uint64_t count;

    CHECK_ERROR(sipc_send(NULL, &value, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_send("q", NULL, &error), SIPC_BAD_ARGUMENT, "sipc_value");
    CHECK_ERROR(sipc_send_bool(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_send_int(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_send_float(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_send_str("q", NULL, &error), SIPC_BAD_ARGUMENT, "value");
    CHECK_ERROR(sipc_send_bytes("q", NULL, 1, &error), SIPC_BAD_ARGUMENT, "data");
    CHECK_ERROR(sipc_publish(NULL, &value, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_publish("t", NULL, &error), SIPC_BAD_ARGUMENT, "sipc_value");
    CHECK_ERROR(sipc_publish_bool(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_publish_int(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_publish_float(NULL, 1, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_publish_str("t", NULL, &error), SIPC_BAD_ARGUMENT, "value");
    CHECK_ERROR(sipc_publish_bytes("t", NULL, 1, &error), SIPC_BAD_ARGUMENT, "data");
    CHECK_ERROR(sipc_receive(NULL, 0, &message, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_receive("q", 0, NULL, &error), SIPC_BAD_ARGUMENT, "sipc_message");
    CHECK_ERROR(sipc_open(NULL, SIPC_ROLE_SEND, NULL, &sender, &error), SIPC_BAD_ARGUMENT, "name");
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, NULL, NULL, &error), SIPC_BAD_ARGUMENT, "channel");
    CHECK_ERROR(sipc_put(NULL, &value, 0, &error), SIPC_BAD_ARGUMENT, "channel");
    CHECK_ERROR(sipc_put(sender, NULL, 0, &error), SIPC_BAD_ARGUMENT, "sipc_value");
    CHECK_ERROR(sipc_take(NULL, 0, &message, &error), SIPC_BAD_ARGUMENT, "channel");
    CHECK_ERROR(sipc_take(receiver, 0, NULL, &error), SIPC_BAD_ARGUMENT, "sipc_message");
    CHECK_ERROR(sipc_loan(NULL, &value, 0, &error), SIPC_BAD_ARGUMENT, "channel");
    CHECK_ERROR(sipc_loan(sender, NULL, 0, &error), SIPC_BAD_ARGUMENT, "sipc_value");
    CHECK_STATUS(sipc_unloan(NULL, &value), SIPC_BAD_ARGUMENT);
    CHECK_STATUS(sipc_unloan(sender, NULL), SIPC_BAD_ARGUMENT);
    CHECK_ERROR(sipc_wait(NULL, 1, 0, &index, &error), SIPC_BAD_ARGUMENT, "channels");
    CHECK_ERROR(sipc_wait(&receiver, 1, 0, NULL, &error), SIPC_BAD_ARGUMENT, "index");
    CHECK_ERROR(sipc_audit(NULL, NULL, NULL, 0, NULL, &error), SIPC_BAD_ARGUMENT, "needed");
    CHECK_ERROR(sipc_audit(NULL, NULL, NULL, 9, &count, &error), SIPC_BAD_ARGUMENT, "buffer");
    CHECK_ERROR(sipc_clean(NULL, 0, NULL, &error), SIPC_BAD_ARGUMENT, "count");
    CHECK_STATUS(sipc_interrupt(NULL), SIPC_CLOSED);
    CHECK_STATUS(sipc_close(NULL), SIPC_OK);
    sipc_release(NULL);
    CHECK_STATUS(sipc_send_bytes("q", NULL, 0, NULL), SIPC_OK);
}

static void small_structs_are_refused_naming_both_sizes(void)
{
    char have[32], want[32];
    sipc_channel *receiver = opened("q", SIPC_ROLE_RECEIVE);
    sipc_channel *sender = opened("q", SIPC_ROLE_SEND);
    sipc_value value = value_int(1);
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *channel = NULL;

    value.size = 23;
    snprintf(want, sizeof want, "%u", (unsigned)sizeof value);
    CHECK_ERROR(sipc_put(sender, &value, 0, &error), SIPC_BAD_ARGUMENT, "23");
    CHECK_ERROR(sipc_put(sender, &value, 0, &error), SIPC_BAD_ARGUMENT, want);
    CHECK_ERROR(sipc_loan(sender, &value, 0, &error), SIPC_BAD_ARGUMENT, want);

    message.size = (uint32_t)sizeof message - 1;
    snprintf(have, sizeof have, "%u", (unsigned)sizeof message - 1);
    snprintf(want, sizeof want, "%u", (unsigned)sizeof message);
    CHECK_ERROR(sipc_take(receiver, 0, &message, &error), SIPC_BAD_ARGUMENT, have);
    CHECK_ERROR(sipc_take(receiver, 0, &message, &error), SIPC_BAD_ARGUMENT, want);
    CHECK_ERROR(sipc_receive("q", 0, &message, &error), SIPC_BAD_ARGUMENT, want);

    options.size = 0;
    snprintf(want, sizeof want, "%u", (unsigned)sizeof options);
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_BAD_ARGUMENT,
                want);
    CHECK(channel == NULL);
}

static void larger_structs_come_from_a_newer_header(void)
{
    struct {
        sipc_value value;
        uint64_t added;
    } value = {SIPC_VALUE_INIT, 7};
    struct {
        sipc_message message;
        uint64_t added;
    } message = {SIPC_MESSAGE_INIT, 7};
    struct {
        sipc_options options;
        uint64_t added;
    } options = {SIPC_OPTIONS_INIT, 7};
    sipc_channel *sender = NULL;
    value.value.size = sizeof value;
    value.value.kind = SIPC_KIND_INT;
    value.value.i = 4711;
    message.message.size = sizeof message;
    options.options.size = sizeof options;
    CHECK_STATUS(sipc_open("q", SIPC_ROLE_SEND, &options.options, &sender, NULL), SIPC_OK);
    CHECK_STATUS(sipc_put(sender, &value.value, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_receive("q", SECOND_NS, &message.message, NULL), SIPC_OK);
    CHECK_EQUAL(message.message.value.i, 4711);
    CHECK_EQUAL(message.message.size, sizeof message);
    CHECK_EQUAL(message.added, 7);
    sipc_release(&message.message);
}

static void an_error_object_without_a_size_is_left_alone(void)
{
    sipc_error error;
    memset(&error, 0, sizeof error);
    CHECK_STATUS(sipc_send_int("", 1, &error), SIPC_BAD_NAME);
    CHECK_EQUAL(error.status, 0);
    CHECK_EQUAL(error.message[0], 0);
}

static void success_leaves_the_error_object_alone(void)
{
    sipc_error error = SIPC_ERROR_INIT;
    error.status = 99;
    CHECK_STATUS(sipc_send_int("q", 1, &error), SIPC_OK);
    CHECK_EQUAL(error.status, 99);
}

static void options_out_of_range_are_refused(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *channel = NULL;
    CHECK_ERROR(sipc_open("q", 0, NULL, &channel, &error), SIPC_BAD_ARGUMENT, "role");
    CHECK_ERROR(sipc_open("q", 99, NULL, &channel, &error), SIPC_BAD_ARGUMENT, "role");
    options.flags = UINT32_C(1) << 31;
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_BAD_ARGUMENT,
                "flag");
    options.flags = 0;
    options.depth = 17;
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_BAD_ARGUMENT,
                "depth");
    options.depth = 131072;
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_BAD_ARGUMENT,
                "depth");
    CHECK(channel == NULL);
}

static void a_missing_directory_is_named(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *channel = NULL;
    options.directory = "/dev/shm/there/is/no/such/place";
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_NO_DIRECTORY,
                "/dev/shm/there/is/no/such/place");
    options.directory = "/dev/null";
    CHECK_ERROR(sipc_open("q", SIPC_ROLE_SEND, &options, &channel, &error), SIPC_NO_DIRECTORY,
                "/dev/null");
}

const test argument_tests[] = {
    {"statuses_have_texts", statuses_have_texts},
    {"versions_agree_with_the_header", versions_agree_with_the_header},
    {"bad_names_are_refused", bad_names_are_refused},
    {"a_name_has_at_most_200_bytes", a_name_has_at_most_200_bytes},
    {"a_name_may_be_any_other_text", a_name_may_be_any_other_text},
    {"null_arguments_are_refused", null_arguments_are_refused},
    {"small_structs_are_refused_naming_both_sizes", small_structs_are_refused_naming_both_sizes},
    {"larger_structs_come_from_a_newer_header", larger_structs_come_from_a_newer_header},
    {"an_error_object_without_a_size_is_left_alone", an_error_object_without_a_size_is_left_alone},
    {"success_leaves_the_error_object_alone", success_leaves_the_error_object_alone},
    {"options_out_of_range_are_refused", options_out_of_range_are_refused},
    {"a_missing_directory_is_named", a_missing_directory_is_named},
    {NULL, NULL},
};
