/* Peers: who is on a channel, and who comes and goes. */
#include "test.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t PATIENCE = 20 * SECOND_NS;

/* What a map says under a name; ends the test if it does not say it. */
static const sipc_value *said(const sipc_value *map, const char *name)
{
    CHECK_EQUAL(map->kind, SIPC_KIND_MAP);
    for (uint64_t k = 0; k < map->count; k++) {
        const sipc_value *key = &map->items[2 * k];
        if (key->len == strlen(name) && memcmp(key->data, name, strlen(name)) == 0) return key + 1;
    }
    fail(__FILE__, __LINE__, "no '%s' in the map", name);
    return NULL;
}

static int is_text(const sipc_value *value, const char *text)
{
    const size_t len = strlen(text);
    return value->kind == SIPC_KIND_STR && value->len == len && !memcmp(value->data, text, len);
}

/* The next event is this one, of a peer with this role; its id. */
static int64_t next(sipc_channel *watcher, const char *event, const char *role)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(watcher, PATIENCE, &message, NULL), SIPC_OK);
    CHECK(is_text(said(&message.value, "event"), event));
    CHECK(is_text(said(&message.value, "role"), role));
    CHECK(said(&message.value, "pid")->i > 0);
    const int64_t id = said(&message.value, "id")->i;
    sipc_release(&message);
    return id;
}

/* snippet-begin */
/* Waits until somebody serves `service`; 0 if nobody does within 20 s. */
static int wait_for_server(const char *service)
{
    sipc_channel *watcher = NULL;
    int found = 0;
    if (sipc_open(service, SIPC_ROLE_PEERS, NULL, &watcher, NULL) != SIPC_OK) return 0;
    while (!found) {
        sipc_message message = SIPC_MESSAGE_INIT;
        if (sipc_take(watcher, 20 * SECOND_NS, &message, NULL) != SIPC_OK) break;
        const sipc_value *event = said(&message.value, "event");
        const sipc_value *role = said(&message.value, "role");
        found = is_text(event, "up") && is_text(role, "serve");
        sipc_release(&message);
    }
    sipc_close(watcher);
    return found;
}
/* snippet-end */

static void a_service_is_waited_for(void)
{
    pid_t child = fork();
    if (child == 0) {
        opened("calc", SIPC_ROLE_CALL);
        poll(NULL, 0, 20);
        opened("calc", SIPC_ROLE_SERVE);
        pause();
    }
    CHECK(wait_for_server("calc"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void who_is_there_says_who_it_is(void)
{
    sipc_message list = SIPC_MESSAGE_INIT;
    const int64_t before = sipc_now_ns();
    CHECK_STATUS(sipc_peers("t", NULL, &list, NULL), SIPC_OK);
    CHECK_EQUAL(list.value.kind, SIPC_KIND_LIST);
    CHECK_EQUAL(list.value.count, 0);
    sipc_release(&list);
    sipc_channel *publisher = opened("t", SIPC_ROLE_PUBLISH);
    CHECK_STATUS(sipc_identify("viewer", "pascal", NULL), SIPC_OK);
    sipc_channel *subscriber = opened("t", SIPC_ROLE_SUBSCRIBE);
    CHECK_STATUS(sipc_identify(NULL, NULL, NULL), SIPC_OK);
    CHECK_ERROR(sipc_identify("\xff", NULL, &error), SIPC_BAD_ARGUMENT, "UTF-8");
    CHECK_STATUS(sipc_peers("t", NULL, &list, NULL), SIPC_OK);
    CHECK_EQUAL(list.value.count, 2);
    const sipc_value *first = &list.value.items[0], *second = &list.value.items[1];
    const char *name = strrchr(program_path, '/') + 1;
    CHECK(is_text(said(first, "program"), name));
    CHECK(is_text(said(first, "language"), "c"));
    CHECK(is_text(said(first, "role"), "publish"));
    CHECK_EQUAL(said(first, "pid")->i, getpid());
    CHECK(before <= said(first, "since_ns")->i && said(first, "since_ns")->i <= sipc_now_ns());
    CHECK(is_text(said(second, "program"), "viewer"));
    CHECK(is_text(said(second, "language"), "pascal"));
    CHECK(is_text(said(second, "role"), "subscribe"));
    const int64_t id = said(first, "id")->i;
    sipc_release(&list);
    put_int(publisher, 1);
    CHECK_STATUS(sipc_take(subscriber, PATIENCE, &list, NULL), SIPC_OK);
    CHECK_EQUAL(list.sender, id);
    sipc_release(&list);
    CHECK_ERROR(sipc_peers("a/b", NULL, &list, &error), SIPC_BAD_NAME, "a/b");
}

static void who_comes_and_goes_is_told_of_also_when_killed(void)
{
    sipc_channel *watcher = opened("jobs", SIPC_ROLE_PEERS);
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(watcher, 0, &message, NULL), SIPC_TIMEOUT);
    for (int life = 0; life < 3; life++) {
        pid_t child = fork();
        if (child == 0) {
            opened("jobs", SIPC_ROLE_RECEIVE);
            pause();
        }
        const int64_t id = next(watcher, "up", "receive");
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        CHECK_EQUAL(next(watcher, "down", "receive"), id);
    }
    sipc_channel *sender = opened("jobs", SIPC_ROLE_SEND);
    const int64_t id = next(watcher, "up", "send");
    sipc_close(sender);
    CHECK_EQUAL(next(watcher, "down", "send"), id);
    const sipc_value value = value_int(1);
    CHECK_ERROR(sipc_put(watcher, &value, 0, &error), SIPC_WRONG_ROLE, "take");
}

static void a_watcher_is_waited_for_beside_others_and_by_its_descriptor(void)
{
    sipc_channel *channels[2];
    channels[0] = opened("q", SIPC_ROLE_RECEIVE);
    channels[1] = opened("jobs", SIPC_ROLE_PEERS);
    int32_t fd = -1;
    uint32_t index = 9;
    CHECK_STATUS(sipc_fd(channels[1], &fd, NULL), SIPC_OK);
    for (int round = 0; round < 20; round++) {
        CHECK_STATUS(sipc_wait(channels, 2, 0, &index, NULL), SIPC_TIMEOUT);
        sipc_channel *sender = opened("jobs", SIPC_ROLE_SEND);
        CHECK_STATUS(sipc_wait(channels, 2, PATIENCE, &index, NULL), SIPC_OK);
        CHECK_EQUAL(index, 1);
        next(channels[1], "up", "send");
        sipc_close(sender);
        struct pollfd one = {fd, POLLIN, 0};
        CHECK_EQUAL(poll(&one, 1, 20000), 1);
        next(channels[1], "down", "send");
    }
    CHECK_STATUS(sipc_interrupt(channels[1]), SIPC_OK);
    CHECK_STATUS(sipc_wait(channels, 2, PATIENCE, &index, NULL), SIPC_INTERRUPTED);
}

const test peer_tests[] = {
    {"a_service_is_waited_for", a_service_is_waited_for},
    {"who_is_there_says_who_it_is", who_is_there_says_who_it_is},
    {"who_comes_and_goes_is_told_of_also_when_killed",
     who_comes_and_goes_is_told_of_also_when_killed},
    {"a_watcher_is_waited_for_beside_others_and_by_its_descriptor",
     a_watcher_is_waited_for_beside_others_and_by_its_descriptor},
    {NULL, NULL},
};
