/* Plugins: this program again, started by a host. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static const int64_t PATIENCE = 20 * SECOND_NS;

/* What the plugin does: answers "add", and crashes when it is asked to. */
void be_a_plugin(void)
{
    sipc_channel *server = NULL;
    sipc_error error = SIPC_ERROR_INIT;
    printf("hello\n");
    fflush(stdout);
    if (sipc_open(NULL, SIPC_ROLE_SERVE, NULL, &server, &error) != SIPC_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(9);
    }
    for (;;) {
        sipc_message request = SIPC_MESSAGE_INIT;
        if (sipc_take(server, PATIENCE, &request, NULL) != SIPC_OK) exit(8);
        if (((const char *)request.value.items[0].data)[0] == 'c') abort();
        sipc_value answer = value_int(request.value.items[1].items[0].i + 1);
        sipc_reply(&request, &answer, 0, NULL);
        sipc_release(&request);
    }
}

/* Lines that plugins have printed. */
static int lines;

/* Takes events until this one, and returns its pid. */
static int64_t until(sipc_channel *host, const char *event)
{
    for (;;) {
        sipc_message message = SIPC_MESSAGE_INIT;
        sipc_error error = SIPC_ERROR_INIT;
        if (sipc_take(host, PATIENCE, &message, &error) != SIPC_OK)
            fail(__FILE__, __LINE__, "no event %s: %s", event, error.message);
        CHECK_EQUAL(message.value.kind, SIPC_KIND_MAP);
        const sipc_value *items = message.value.items;
        CHECK(items[0].len == 5 && memcmp(items[0].data, "event", 5) == 0);
        const size_t len = (size_t)items[1].len;
        int is_it = len == strlen(event) && memcmp(items[1].data, event, len) == 0;
        if (len == 6 && memcmp(items[1].data, "output", 6) == 0) lines++;
        int64_t pid = items[5].i;
        sipc_release(&message);
        if (is_it) return pid;
    }
}

static int32_t start(sipc_channel *host, const char *name, int64_t restarts, sipc_error *error)
{
    sipc_value items[6], plugin = value_of(SIPC_KIND_MAP);
    items[0] = value_str("name");
    items[1] = value_str(name);
    items[2] = value_str("program");
    items[3] = value_str(program_path);
    items[4] = value_str("restarts");
    items[5] = value_int(restarts);
    plugin.items = items;
    plugin.count = 3;
    return sipc_plugin(host, &plugin, error);
}

static void a_plugin_answers_crashes_and_lives_again(void)
{
    sipc_channel *host = opened("host", SIPC_ROLE_HOST);
    CHECK_STATUS(start(host, "calc", 1, NULL), SIPC_OK);
    CHECK_ERROR(start(host, "calc", 1, &error), SIPC_BAD_ARGUMENT, "running");
    until(host, "started");
    until(host, "ready");
    sipc_channel *client = opened("host.calc", SIPC_ROLE_CALL);
    for (int life = 0; life < 2; life++) {
        sipc_value one = value_int(41), args = value_of(SIPC_KIND_LIST);
        sipc_message reply = SIPC_MESSAGE_INIT;
        uint64_t call = 0;
        args.items = &one;
        args.count = 1;
        CHECK_STATUS(sipc_call(client, "add", &args, 0, 0, &call, NULL), SIPC_OK);
        CHECK_STATUS(sipc_result(client, call, PATIENCE, &reply, NULL), SIPC_OK);
        CHECK_EQUAL(reply.value.i, 42);
        sipc_release(&reply);
        CHECK_STATUS(sipc_call(client, "crash", &args, 0, 0, &call, NULL), SIPC_OK);
        CHECK_ERROR(sipc_result(client, call, PATIENCE, &reply, &error), SIPC_SERVER_DIED, "died");
        CHECK(until(host, "killed") > 0);
        if (life == 0) until(host, "ready");
    }
    CHECK_EQUAL(until(host, "given_up"), 0);
    CHECK_EQUAL(lines, 2);
}

static void a_host_refuses_what_makes_no_plugin(void)
{
    sipc_channel *host = opened("host", SIPC_ROLE_HOST), *server = NULL;
    sipc_channel *queue = opened("queue", SIPC_ROLE_SEND);
    sipc_value number = value_int(1), empty = value_of(SIPC_KIND_MAP);
    CHECK_ERROR(sipc_plugin(host, &number, &error), SIPC_BAD_ARGUMENT, "map");
    CHECK_ERROR(sipc_plugin(host, &empty, &error), SIPC_BAD_ARGUMENT, "program");
    CHECK_ERROR(start(host, "a.b", 0, &error), SIPC_BAD_NAME, "a.b");
    CHECK_ERROR(start(queue, "x", 0, &error), SIPC_WRONG_ROLE, "SIPC_ROLE_HOST");
    unsetenv("SIPC_PLUGIN");
    CHECK_ERROR(sipc_open(NULL, SIPC_ROLE_SERVE, NULL, &server, &error), SIPC_BAD_NAME,
                "SIPC_PLUGIN");
}

const test plugin_tests[] = {
    {"a_plugin_answers_crashes_and_lives_again", a_plugin_answers_crashes_and_lives_again},
    {"a_host_refuses_what_makes_no_plugin", a_host_refuses_what_makes_no_plugin},
    {NULL, NULL},
};
