/* sipc_audit looks, sipc_clean tidies up. */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The audit of one channel, or of all when `name` is NULL; the caller frees it. */
static char *audited(const char *name)
{
    uint64_t needed = 0;
    CHECK_STATUS(sipc_audit(name, NULL, NULL, 0, &needed, NULL), SIPC_OK);
    CHECK(needed > 0);
    uint64_t capacity = needed + 64; /* an age may gain a digit meanwhile */
    char *text = (char *)malloc((size_t)capacity);
    CHECK_STATUS(sipc_audit(name, NULL, text, capacity, &needed, NULL), SIPC_OK);
    CHECK(needed <= capacity);
    CHECK_EQUAL(strlen(text) + 1, needed);
    return text;
}

static void an_empty_directory_is_an_empty_list(void)
{
    char *text = audited(NULL);
    CHECK(strcmp(text, "[]") == 0);
    free(text);
}

static void audit_describes_channels(void)
{
    sipc_channel *publisher = opened("news", SIPC_ROLE_PUBLISH);
    CHECK_STATUS(sipc_send_int("jobs", 1, NULL), SIPC_OK);
    char *all = audited(NULL), *one = audited("jobs");
    CHECK(all[0] == '[' && all[strlen(all) - 1] == ']');
    CHECK(strstr(all, "\"jobs\"") != NULL && strstr(all, "\"news\"") != NULL);
    CHECK(strstr(all, "queue") != NULL && strstr(all, "topic") != NULL);
    CHECK(strstr(one, "\"jobs\"") != NULL && strstr(one, "\"news\"") == NULL);
    free(all);
    free(one);
    CHECK_STATUS(sipc_close(publisher), SIPC_OK);
}

static void a_small_buffer_is_left_alone(void)
{
    char text[4] = "abc";
    uint64_t needed = 0;
    CHECK_STATUS(sipc_send_int("jobs", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_audit(NULL, NULL, text, sizeof text, &needed, NULL), SIPC_OK);
    CHECK(needed > sizeof text);
    CHECK(strcmp(text, "abc") == 0);
}

static void audit_refuses_bad_arguments(void)
{
    uint64_t needed = 77;
    CHECK_ERROR(sipc_audit("../x", NULL, NULL, 0, &needed, &error), SIPC_BAD_NAME, "name");
    CHECK_ERROR(sipc_audit(NULL, "/no/such/place", NULL, 0, &needed, &error), SIPC_NO_DIRECTORY,
                "/no/such/place");
    CHECK_EQUAL(needed, 77);
}

static void clean_removes_what_nobody_uses(void)
{
    uint64_t count = 77;
    sipc_channel *sender = opened("left", SIPC_ROLE_SEND);
    sipc_channel *used = opened("used", SIPC_ROLE_SEND);
    put_int(sender, 1);
    put_int(used, 1);
    CHECK_STATUS(sipc_close(sender), SIPC_OK);
    CHECK_STATUS(sipc_clean(NULL, 1000 * SECOND_NS, &count, NULL), SIPC_OK);
    CHECK_EQUAL(count, 0);
    CHECK_STATUS(sipc_clean(NULL, 0, &count, NULL), SIPC_OK);
    CHECK_EQUAL(count, 1);
    put_int(used, 2);
    sipc_channel *receiver = opened("used", SIPC_ROLE_RECEIVE);
    CHECK_EQUAL(take_int(receiver), 1);
    CHECK_EQUAL(take_int(receiver), 2);
    CHECK_ERROR(sipc_clean("/no/such/place", 0, &count, &error), SIPC_NO_DIRECTORY,
                "/no/such/place");
    CHECK_ERROR(sipc_clean(NULL, -1, &count, &error), SIPC_BAD_ARGUMENT, "age");
}

/* The control file of a channel, opened with these flags. */
static int control_file(const char *name, int flags)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.sipc", test_directory(), name);
    int file = open(path, flags, 0600);
    CHECK(file >= 0);
    return file;
}

static void foreign_files_are_refused(void)
{
    sipc_channel *sender = NULL;
    char text[8192];
    uint64_t needed = 0;
    memset(text, 'x', sizeof text);
    int file = control_file("foreign", O_CREAT | O_WRONLY);
    CHECK(write(file, text, sizeof text) == (ssize_t)sizeof text);
    close(file);
    CHECK_ERROR(sipc_open("foreign", SIPC_ROLE_SEND, NULL, &sender, &error), SIPC_CORRUPT, "");
    CHECK_ERROR(sipc_audit("foreign", NULL, NULL, 0, &needed, &error), SIPC_CORRUPT, "");
    CHECK_STATUS(sipc_audit(NULL, NULL, text, sizeof text, &needed, NULL), SIPC_OK);
    CHECK(strstr(text, "\"foreign\"") != NULL);
    CHECK(sender == NULL);
}

static void a_removed_file_is_noticed(void)
{
    char path[256];
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    snprintf(path, sizeof path, "%s/jobs.sipc", test_directory());
    CHECK(unlink(path) == 0);
    CHECK_ERROR(sipc_take(receiver, 5 * SECOND_NS, &message, &error), SIPC_UNLINKED, "again");
    CHECK_STATUS(sipc_close(receiver), SIPC_OK);
}

static void the_directory_of_the_options_is_used(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *sender = NULL;
    uint64_t needed = 0;
    char text[4096];
    options.directory = test_directory();
    CHECK_STATUS(setenv("SIPC_DIR", "/no/such/place", 1), 0);
    CHECK_STATUS(sipc_open("jobs", SIPC_ROLE_SEND, &options, &sender, NULL), SIPC_OK);
    CHECK_STATUS(sipc_audit("jobs", test_directory(), text, sizeof text, &needed, NULL), SIPC_OK);
    CHECK(strstr(text, "\"jobs\"") != NULL);
    CHECK_STATUS(sipc_close(sender), SIPC_OK);
}

const test upkeep_tests[] = {
    {"an_empty_directory_is_an_empty_list", an_empty_directory_is_an_empty_list},
    {"audit_describes_channels", audit_describes_channels},
    {"a_small_buffer_is_left_alone", a_small_buffer_is_left_alone},
    {"audit_refuses_bad_arguments", audit_refuses_bad_arguments},
    {"clean_removes_what_nobody_uses", clean_removes_what_nobody_uses},
    {"foreign_files_are_refused", foreign_files_are_refused},
    {"a_removed_file_is_noticed", a_removed_file_is_noticed},
    {"the_directory_of_the_options_is_used", the_directory_of_the_options_is_used},
    {NULL, NULL},
};
