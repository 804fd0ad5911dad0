/* Event loops with epoll, across processes: nothing is missed, whoever is killed meanwhile. */
#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, STORM = 10000, MANY = 100 };

static const int64_t NOW = 0;

/* snippet-begin */
/* Adds a channel, which its events carry, to the descriptors that a program waits for. */
static void add(int loop, sipc_channel *channel, uint32_t edge)
{
    struct epoll_event event;
    int32_t fd;
    CHECK_STATUS(sipc_fd(channel, &fd, NULL), SIPC_OK);
    event.events = EPOLLIN | edge;
    event.data.ptr = channel;
    CHECK_EQUAL(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event), 0);
}

/* Waits for any of them, and hands out what that one has until it has no more. */
static void turn(int loop, void (*handle)(sipc_channel *channel, sipc_message *message))
{
    struct epoll_event event;
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_EQUAL(epoll_wait(loop, &event, 1, PATIENCE_MS), 1);
    sipc_channel *channel = (sipc_channel *)event.data.ptr;
    int32_t status;
    while ((status = sipc_take(channel, NOW, &message, NULL)) == SIPC_OK) {
        handle(channel, &message);
        sipc_release(&message);
    }
    CHECK_STATUS(status, SIPC_TIMEOUT); /* from now on the descriptor is not readable */
}
/* snippet-end */

static void sleep_ns(long ns)
{
    struct timespec time = {0, 0};
    time.tv_nsec = ns;
    nanosleep(&time, NULL);
}

/* Until the other side says so; ends the test if it has ended instead. */
static void await_word(int from)
{
    char word;
    CHECK_EQUAL(read(from, &word, 1), 1);
}

static void say(int to)
{
    CHECK_EQUAL(write(to, "!", 1), 1);
}

/* Starts a process that does this; `to` is its end of a pipe to the parent. It is killed when it is
 * done: what threads of the parent had in memory is lost in it, and that is no mistake. */
static pid_t start(void (*body)(const char *name, int to), const char *name, int *from)
{
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(ends[0]);
        body(name, ends[1]);
        say(ends[1]);
        for (;;) kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    *from = ends[0];
    return child;
}

static void ended_well(pid_t child, int from)
{
    await_word(from);
    CHECK_EQUAL(waitpid(child, NULL, 0), child);
    close(from);
}

static void killed(pid_t child)
{
    int state = 0;
    CHECK_EQUAL(kill(child, SIGKILL), 0);
    CHECK_EQUAL(waitpid(child, &state, 0), child);
    CHECK(WIFSIGNALED(state));
}

static int64_t counted;

static void count_up(sipc_channel *channel, sipc_message *message)
{
    (void)channel;
    CHECK_EQUAL(message->value.i, counted);
    counted++;
}

/* Bursts, and pauses about as long as the other side needs to fall asleep. */
static void send_storm(const char *name, int to)
{
    sipc_channel *sender = opened(name, SIPC_ROLE_SEND);
    uint32_t dice = (uint32_t)getpid();
    for (int64_t i = 0; i < STORM; i++) {
        sipc_value value = value_int(i);
        CHECK_STATUS(sipc_put(sender, &value, 20 * SECOND_NS, NULL), SIPC_OK);
        dice = dice * 1664525 + 1013904223;
        if (dice >> 28 == 0) sleep_ns((long)(dice >> 12 & 0x1ffff));
    }
    (void)to;
    sipc_close(sender);
}

static void nothing_is_missed(uint32_t edge)
{
    int from, loop = epoll_create1(0);
    sipc_channel *receiver = opened("storm", SIPC_ROLE_RECEIVE);
    add(loop, receiver, edge);
    counted = 0;
    pid_t child = start(send_storm, "storm", &from);
    while (counted < STORM) turn(loop, count_up);
    ended_well(child, from);
    CHECK_EQUAL(counted, STORM);
    sipc_close(receiver);
}

static void a_level_triggered_loop_misses_nothing(void)
{
    nothing_is_missed(0);
}

static void an_edge_triggered_loop_misses_nothing(void)
{
    nothing_is_missed(EPOLLET);
}

static void answer_for_ever(const char *name, int to)
{
    sipc_channel *server = opened(name, SIPC_ROLE_SERVE);
    sipc_message request = SIPC_MESSAGE_INIT;
    say(to);
    for (;;) {
        CHECK_STATUS(sipc_take(server, -1, &request, NULL), SIPC_OK);
        sipc_value answer = request.value.items[1];
        CHECK_STATUS(sipc_reply(&request, &answer, 0, NULL), SIPC_OK);
        sipc_release(&request);
    }
}

static int has_result(sipc_channel *client, uint64_t call, int32_t *status)
{
    sipc_message reply = SIPC_MESSAGE_INIT;
    *status = sipc_result(client, call, NOW, &reply, NULL);
    sipc_release(&reply);
    return *status != SIPC_TIMEOUT;
}

static void replies_come_by_epoll_until_the_server_is_killed(void)
{
    int32_t status = SIPC_OK;
    int from, loop = epoll_create1(0), answered = 0;
    struct epoll_event event;
    pid_t child = start(answer_for_ever, "echo", &from);
    sipc_channel *client = opened("echo", SIPC_ROLE_CALL);
    await_word(from);
    add(loop, client, 0);
    CHECK_EQUAL(epoll_wait(loop, &event, 1, 0), 0);
    for (int round = 0; round < 500; round++) {
        uint64_t calls[4];
        int open = 4;
        for (int k = 0; k < 4; k++) {
            sipc_value args = value_int(k);
            CHECK_STATUS(sipc_call(client, "echo", &args, 0, NOW, &calls[k], NULL), SIPC_OK);
        }
        while (open > 0) {
            CHECK_EQUAL(epoll_wait(loop, &event, 1, PATIENCE_MS), 1);
            for (int k = 0; k < 4; k++) {
                if (calls[k] == 0 || !has_result(client, calls[k], &status)) continue;
                CHECK_STATUS(status, SIPC_OK);
                calls[k] = 0;
                open--;
                answered++;
            }
        }
        CHECK_EQUAL(epoll_wait(loop, &event, 1, 0), 0); /* nothing is in flight */
    }
    CHECK_EQUAL(answered, 2000);
    /* Without a server a call waits for the next one. */
    killed(child);
    uint64_t call;
    CHECK_STATUS(sipc_call(client, "echo", NULL, 0, NOW, &call, NULL), SIPC_OK);
    CHECK(!has_result(client, call, &status));
    sipc_channel *other = opened("echo", SIPC_ROLE_SERVE);
    sipc_message request = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(other, 20 * SECOND_NS, &request, NULL), SIPC_OK);
    CHECK_STATUS(sipc_reply(&request, &request.value.items[1], 0, NULL), SIPC_OK);
    do CHECK_EQUAL(epoll_wait(loop, &event, 1, PATIENCE_MS), 1);
    while (!has_result(client, call, &status));
    CHECK_STATUS(status, SIPC_OK);
    sipc_release(&request);
    sipc_close(other);
    sipc_close(client);
}

static void take_a_request_and_stay(const char *name, int to)
{
    sipc_channel *server = opened(name, SIPC_ROLE_SERVE);
    sipc_message request = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(server, 20 * SECOND_NS, &request, NULL), SIPC_OK);
    say(to);
    for (;;) pause();
}

static void a_descriptor_tells_that_a_call_has_lost_its_server(void)
{
    int32_t status = SIPC_OK;
    int from, loop = epoll_create1(0);
    struct epoll_event event;
    uint64_t call;
    sipc_channel *client = opened("work", SIPC_ROLE_CALL);
    add(loop, client, 0);
    CHECK_STATUS(sipc_call(client, "do", NULL, 0, NOW, &call, NULL), SIPC_OK);
    pid_t child = start(take_a_request_and_stay, "work", &from);
    await_word(from);
    CHECK(!has_result(client, call, &status));
    killed(child);
    do CHECK_EQUAL(epoll_wait(loop, &event, 1, PATIENCE_MS), 1);
    while (!has_result(client, call, &status));
    CHECK_STATUS(status, SIPC_SERVER_DIED);
    sipc_close(client);
}

static void take_one_and_stay(const char *name, int to)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened(name, SIPC_ROLE_RECEIVE);
    CHECK_STATUS(sipc_take(receiver, 20 * SECOND_NS, &message, NULL), SIPC_OK);
    say(to);
    for (;;) pause();
}

static int redelivered;

static void count_redelivered(sipc_channel *channel, sipc_message *message)
{
    (void)channel;
    CHECK_EQUAL(message->value.i, 5);
    redelivered += (message->flags & SIPC_MESSAGE_REDELIVERED) != 0;
}

static void a_descriptor_tells_of_what_a_killed_receiver_had(void)
{
    int from, loop = epoll_create1(0);
    CHECK_STATUS(sipc_send_int("jobs", 5, NULL), SIPC_OK);
    pid_t child = start(take_one_and_stay, "jobs", &from);
    await_word(from);
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    add(loop, receiver, 0);
    turn(loop, count_redelivered);
    CHECK_EQUAL(redelivered, 0);
    killed(child);
    while (redelivered == 0) turn(loop, count_redelivered);
    CHECK_EQUAL(redelivered, 1);
    sipc_close(receiver);
}

/* Entries of a directory. */
static int entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    while (readdir(directory) != NULL) count++;
    closedir(directory);
    return count;
}

static void name_of(int k, char name[16])
{
    snprintf(name, 16, "many-%d", k);
}

static void send_to_many(const char *name, int to)
{
    (void)name;
    for (int k = 0; k < MANY; k++) {
        char one[16];
        name_of(k, one);
        sipc_channel *sender = opened(one, SIPC_ROLE_SEND);
        put_int(sender, k);
        sipc_close(sender);
    }
    (void)to;
}

static sipc_channel *many[MANY];
static int heard[MANY];

static void note_which(sipc_channel *channel, sipc_message *message)
{
    CHECK(many[message->value.i] == channel);
    heard[message->value.i]++;
}

static void a_hundred_descriptors_leave_nothing_when_they_are_closed(void)
{
    int from, files = 0, threads = entries("/proc/self/task");
    for (int round = 0; round < 2; round++) {
        int loop = epoll_create1(0);
        for (int k = 0; k < MANY; k++) {
            char one[16];
            name_of(k, one);
            many[k] = opened(one, SIPC_ROLE_RECEIVE);
            heard[k] = 0;
            add(loop, many[k], 0);
        }
        pid_t child = start(send_to_many, "", &from);
        for (int missing = MANY; missing > 0;) {
            turn(loop, note_which);
            missing = MANY;
            for (int k = 0; k < MANY; k++) missing -= heard[k];
        }
        ended_well(child, from);
        for (int k = 0; k < MANY; k++) {
            CHECK_EQUAL(heard[k], 1);
            CHECK_STATUS(sipc_close(many[k]), SIPC_OK);
        }
        close(loop);
        /* The first round may have left what is made once. */
        if (round == 0) files = entries("/proc/self/fd");
    }
    CHECK_EQUAL(entries("/proc/self/fd"), files);
    /* A thread that has ended is seen for a little longer. */
    while (entries("/proc/self/task") != threads) sleep_ns(1000 * 1000);
    CHECK_EQUAL(entries(test_directory()), 2); /* itself and the one above */
}

static void *close_later(void *channel)
{
    sleep_ns(50 * 1000 * 1000);
    CHECK_STATUS(sipc_close((sipc_channel *)channel), SIPC_OK);
    return NULL;
}

static void closing_a_handle_wakes_who_polls_a_copy_of_its_descriptor(void)
{
    pthread_t thread;
    int32_t fd;
    sipc_message message = SIPC_MESSAGE_INIT;
    struct epoll_event event;
    int loop = epoll_create1(0);
    sipc_channel *receiver = opened("q", SIPC_ROLE_RECEIVE);
    CHECK_STATUS(sipc_fd(receiver, &fd, NULL), SIPC_OK);
    event.events = EPOLLIN;
    event.data.ptr = NULL;
    int copy = dup(fd);
    CHECK_EQUAL(epoll_ctl(loop, EPOLL_CTL_ADD, copy, &event), 0);
    CHECK_EQUAL(pthread_create(&thread, NULL, close_later, receiver), 0);
    int32_t status = SIPC_TIMEOUT;
    while (status == SIPC_TIMEOUT) {
        CHECK_EQUAL(epoll_wait(loop, &event, 1, PATIENCE_MS), 1);
        status = sipc_take(receiver, NOW, &message, NULL);
    }
    CHECK_STATUS(status, SIPC_CLOSED);
    pthread_join(thread, NULL);
    close(copy);
    close(loop);
}

static sipc_channel *parents;

static void use_descriptors_in_a_child(const char *name, int to)
{
    int32_t fd = -7;
    int loop = epoll_create1(0);
    CHECK_ERROR(sipc_fd(parents, &fd, &error), SIPC_FORKED, "child");
    CHECK_EQUAL(fd, -7);
    CHECK_STATUS(sipc_close(parents), SIPC_OK);
    sipc_channel *own = opened(name, SIPC_ROLE_SUBSCRIBE);
    add(loop, own, 0);
    say(to);
    counted = 0;
    while (counted < 100) turn(loop, count_up);
    sipc_close(own);
}

static void a_forked_child_has_descriptors_of_its_own(void)
{
    int from, loop = epoll_create1(0);
    parents = opened("t", SIPC_ROLE_SUBSCRIBE);
    add(loop, parents, 0);
    turn(loop, count_up);
    pid_t child = start(use_descriptors_in_a_child, "t", &from);
    await_word(from);
    sipc_channel *publisher = opened("t", SIPC_ROLE_PUBLISH);
    for (int64_t i = 0; i < 100; i++) put_int(publisher, i);
    counted = 0;
    while (counted < 100) turn(loop, count_up);
    ended_well(child, from);
    sipc_close(parents);
    sipc_close(publisher);
}

enum { KINDS = 6 };
static sipc_channel *kinds[KINDS];
static int taken[KINDS];

static void note_kind(sipc_channel *channel, sipc_message *message)
{
    (void)message;
    for (int k = 0; k < KINDS; k++) taken[k] += kinds[k] == channel;
}

static void make_one_of_each(const char *name, int to)
{
    sipc_value value = value_int(1);
    sipc_channel *client = opened(name, SIPC_ROLE_CALL);
    (void)to;
    CHECK_STATUS(sipc_send_int("queue", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish("topic", &value, NULL), SIPC_OK);
    CHECK_STATUS(sipc_set("state", &value, NULL), SIPC_OK);
    CHECK_STATUS(sipc_notify("signal", NULL), SIPC_OK);
    CHECK_STATUS(sipc_call(client, "do", NULL, SIPC_CALL_ONE_WAY, NOW, NULL, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish("host.events", &value, NULL), SIPC_OK);
    sipc_close(client);
}

static void open_one_of_each(void)
{
    kinds[0] = opened("queue", SIPC_ROLE_RECEIVE);
    kinds[1] = opened("topic", SIPC_ROLE_SUBSCRIBE);
    kinds[2] = opened("state", SIPC_ROLE_WATCH);
    kinds[3] = opened("signal", SIPC_ROLE_WAIT);
    kinds[4] = opened("service", SIPC_ROLE_SERVE);
    kinds[5] = opened("host", SIPC_ROLE_HOST);
}

static void one_loop_waits_for_six_kinds_of_channels(void)
{
    int from, loop = epoll_create1(0);
    open_one_of_each();
    for (int k = 0; k < KINDS; k++) add(loop, kinds[k], 0);
    pid_t child = start(make_one_of_each, "service", &from);
    for (int k = 0; k < KINDS; k++)
        while (taken[k] == 0) turn(loop, note_kind);
    ended_well(child, from);
    for (int k = 0; k < KINDS; k++) CHECK_EQUAL(taken[k], 1);
    for (int k = 0; k < KINDS; k++) sipc_close(kinds[k]);
}

static void one_wait_waits_for_six_kinds_of_channels_and_for_replies(void)
{
    int from;
    uint32_t index = 99;
    uint64_t call;
    int32_t status;
    sipc_channel *all[KINDS + 1];
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *client = opened("echo", SIPC_ROLE_CALL);
    open_one_of_each();
    memcpy(all, kinds, sizeof kinds);
    all[KINDS] = client;
    CHECK_STATUS(sipc_wait(all, KINDS + 1, 1000000, &index, NULL), SIPC_TIMEOUT);
    CHECK_STATUS(sipc_call(client, "echo", NULL, 0, NOW, &call, NULL), SIPC_OK);
    CHECK_STATUS(sipc_wait(all, KINDS + 1, 1000000, &index, NULL), SIPC_TIMEOUT);
    CHECK_EQUAL(index, 99);
    pid_t server = start(answer_for_ever, "echo", &from);
    CHECK_STATUS(sipc_wait(all, KINDS + 1, 20 * SECOND_NS, &index, NULL), SIPC_OK);
    CHECK_EQUAL(index, KINDS);
    CHECK(has_result(client, call, &status));
    CHECK_STATUS(status, SIPC_OK);
    pid_t child = start(make_one_of_each, "service", &from);
    for (int k = 0; k < KINDS; k++) {
        CHECK_STATUS(sipc_wait(all, KINDS + 1, 20 * SECOND_NS, &index, NULL), SIPC_OK);
        CHECK(index < KINDS);
        CHECK_STATUS(sipc_take(all[index], NOW, &message, NULL), SIPC_OK);
        note_kind(all[index], &message);
        sipc_release(&message);
    }
    ended_well(child, from);
    for (int k = 0; k < KINDS; k++) CHECK_EQUAL(taken[k], 1);
    /* A server that dies in a call is news, too. */
    killed(server);
    server = start(take_a_request_and_stay, "echo", &from);
    CHECK_STATUS(sipc_call(client, "echo", NULL, 0, NOW, &call, NULL), SIPC_OK);
    await_word(from);
    killed(server);
    CHECK_STATUS(sipc_wait(all, KINDS + 1, 20 * SECOND_NS, &index, NULL), SIPC_OK);
    CHECK_EQUAL(index, KINDS);
    CHECK(has_result(client, call, &status));
    CHECK_STATUS(status, SIPC_SERVER_DIED);
    for (int k = 0; k <= KINDS; k++) sipc_close(all[k]);
}

const test epoll_tests[] = {
    {"a_level_triggered_loop_misses_nothing", a_level_triggered_loop_misses_nothing},
    {"an_edge_triggered_loop_misses_nothing", an_edge_triggered_loop_misses_nothing},
    {"replies_come_by_epoll_until_the_server_is_killed",
     replies_come_by_epoll_until_the_server_is_killed},
    {"a_descriptor_tells_that_a_call_has_lost_its_server",
     a_descriptor_tells_that_a_call_has_lost_its_server},
    {"a_descriptor_tells_of_what_a_killed_receiver_had",
     a_descriptor_tells_of_what_a_killed_receiver_had},
    {"a_hundred_descriptors_leave_nothing_when_they_are_closed",
     a_hundred_descriptors_leave_nothing_when_they_are_closed},
    {"closing_a_handle_wakes_who_polls_a_copy_of_its_descriptor",
     closing_a_handle_wakes_who_polls_a_copy_of_its_descriptor},
    {"a_forked_child_has_descriptors_of_its_own", a_forked_child_has_descriptors_of_its_own},
    {"one_loop_waits_for_six_kinds_of_channels", one_loop_waits_for_six_kinds_of_channels},
    {"one_wait_waits_for_six_kinds_of_channels_and_for_replies",
     one_wait_waits_for_six_kinds_of_channels_and_for_replies},
    {NULL, NULL},
};
