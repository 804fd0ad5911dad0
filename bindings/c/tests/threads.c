/* Threads and signals: one handle, one thread; everybody may interrupt and close. */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

static void pause_ms(long milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* A thread that takes once from `channel`, waiting for ever. */
typedef struct {
    sipc_channel *channel;
    pthread_t thread;
    int32_t status;
    int64_t i;
    volatile sig_atomic_t done;
} taker;

static void *take_once(void *context)
{
    taker *self = (taker *)context;
    sipc_message message = SIPC_MESSAGE_INIT;
    do self->status = sipc_take(self->channel, -1, &message, NULL);
    while (self->status == SIPC_BUSY); /* start() is looking */
    self->i = message.value.i;
    sipc_release(&message);
    self->done = 1;
    return NULL;
}

/* Starts a taker and returns once it is inside the handle. */
static void start(taker *self, sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    self->channel = channel;
    self->status = -1;
    self->done = 0;
    CHECK(pthread_create(&self->thread, NULL, take_once, self) == 0);
    while (sipc_take(channel, 0, &message, NULL) != SIPC_BUSY) pause_ms(1);
}

static int32_t ended(taker *self)
{
    pthread_join(self->thread, NULL);
    return self->status;
}

static void a_second_thread_is_told_busy(void)
{
    taker self;
    sipc_message message = SIPC_MESSAGE_INIT;
    uint32_t index;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    start(&self, receiver);
    CHECK_ERROR(sipc_take(receiver, -1, &message, &error), SIPC_BUSY, "thread");
    CHECK_ERROR(sipc_wait(&receiver, 1, -1, &index, &error), SIPC_BUSY, "thread");
    CHECK_STATUS(sipc_send_int("jobs", 5, NULL), SIPC_OK);
    CHECK_STATUS(ended(&self), SIPC_OK);
    CHECK_EQUAL(self.i, 5);
    CHECK_ERROR(sipc_take(receiver, 0, &message, &error), SIPC_TIMEOUT, "");
}

static void interrupt_ends_a_wait(void)
{
    taker self;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    for (int round = 0; round < 20; round++) {
        start(&self, receiver);
        CHECK_STATUS(sipc_interrupt(receiver), SIPC_OK);
        CHECK_STATUS(ended(&self), SIPC_INTERRUPTED);
    }
}

static void interrupt_ends_the_next_wait(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    CHECK_STATUS(sipc_interrupt(subscriber), SIPC_OK);
    CHECK_ERROR(sipc_take(subscriber, -1, &message, &error), SIPC_INTERRUPTED, "");
    CHECK_ERROR(sipc_take(subscriber, 0, &message, &error), SIPC_TIMEOUT, "");
}

static void close_ends_a_wait(void)
{
    taker self;
    for (int round = 0; round < 20; round++) {
        sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
        start(&self, receiver);
        CHECK_STATUS(sipc_close(receiver), SIPC_OK);
        CHECK_STATUS(sipc_close(receiver), SIPC_CLOSED);
        CHECK_STATUS(ended(&self), SIPC_CLOSED);
    }
}

static void *put_for_ever(void *context)
{
    taker *self = (taker *)context;
    sipc_value value = value_int(1);
    do self->status = sipc_put(self->channel, &value, -1, NULL);
    while (self->status == SIPC_BUSY); /* the test is looking */
    return NULL;
}

static void close_ends_a_wait_for_room(void)
{
    taker self;
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_value value = value_int(1);
    options.depth = 16;
    CHECK_STATUS(sipc_open("jobs", SIPC_ROLE_SEND, &options, &self.channel, NULL), SIPC_OK);
    for (int64_t i = 0; i < 16; i++) put_int(self.channel, i);
    CHECK(pthread_create(&self.thread, NULL, put_for_ever, &self) == 0);
    while (sipc_put(self.channel, &value, 0, NULL) != SIPC_BUSY) pause_ms(1);
    CHECK_STATUS(sipc_close(self.channel), SIPC_OK);
    CHECK_STATUS(ended(&self), SIPC_CLOSED);
}

static sipc_channel *signalled_channel;

static void interrupt_channel(int number)
{
    (void)number;
    sipc_interrupt(signalled_channel);
}

static void ignore_signal(int number)
{
    (void)number;
}

static void on_signal(int number, void (*handler)(int), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    CHECK(sigaction(number, &action, NULL) == 0);
}

static void a_signal_ends_a_wait(void)
{
    taker self;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    on_signal(SIGUSR1, ignore_signal, 0);
    start(&self, receiver);
    /* Again and again: one that comes while the thread is awake ends nothing. */
    while (!self.done) {
        CHECK(pthread_kill(self.thread, SIGUSR1) == 0);
        pause_ms(20);
    }
    CHECK_STATUS(ended(&self), SIPC_INTERRUPTED);
}

static void a_signal_handler_may_interrupt(void)
{
    taker self;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    signalled_channel = receiver;
    on_signal(SIGUSR1, interrupt_channel, SA_RESTART);
    for (int round = 0; round < 20; round++) {
        start(&self, receiver);
        CHECK(pthread_kill(self.thread, SIGUSR1) == 0);
        CHECK_STATUS(ended(&self), SIPC_INTERRUPTED);
    }
}

static void wait_tells_which_handle_has_a_message(void)
{
    sipc_channel *channels[3];
    uint32_t index = 99;
    channels[0] = opened("jobs", SIPC_ROLE_RECEIVE);
    channels[1] = opened("news", SIPC_ROLE_SUBSCRIBE);
    channels[2] = opened("more", SIPC_ROLE_SUBSCRIBE);
    CHECK_ERROR(sipc_wait(channels, 3, 0, &index, &error), SIPC_TIMEOUT, "");
    CHECK_ERROR(sipc_wait(channels, 3, SECOND_NS / 50, &index, &error), SIPC_TIMEOUT, "");
    CHECK_EQUAL(index, 99);
    CHECK_STATUS(sipc_publish_int("more", 3, NULL), SIPC_OK);
    CHECK_STATUS(sipc_wait(channels, 3, SECOND_NS, &index, NULL), SIPC_OK);
    CHECK_EQUAL(index, 2);
    CHECK_EQUAL(take_int(channels[2]), 3);
    CHECK_STATUS(sipc_send_int("jobs", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_wait(channels, 3, SECOND_NS, &index, NULL), SIPC_OK);
    CHECK_EQUAL(index, 0);
    CHECK_EQUAL(take_int(channels[0]), 1);
    CHECK_STATUS(sipc_interrupt(channels[1]), SIPC_OK);
    CHECK_ERROR(sipc_wait(channels, 3, -1, &index, &error), SIPC_INTERRUPTED, "");
}

static void wait_wants_1_to_64_different_handles(void)
{
    sipc_channel *channels[65];
    uint32_t index;
    for (int k = 0; k < 65; k++) channels[k] = opened("news", SIPC_ROLE_SUBSCRIBE);
    CHECK_ERROR(sipc_wait(channels, 0, 0, &index, &error), SIPC_BAD_ARGUMENT, "64");
    CHECK_ERROR(sipc_wait(channels, 65, 0, &index, &error), SIPC_BAD_ARGUMENT, "64");
    CHECK_ERROR(sipc_wait(channels, 64, 0, &index, &error), SIPC_TIMEOUT, "");
    channels[1] = channels[0];
    CHECK_ERROR(sipc_wait(channels, 2, 0, &index, &error), SIPC_BAD_ARGUMENT, "twice");
    channels[1] = NULL;
    CHECK_ERROR(sipc_wait(channels, 2, 0, &index, &error), SIPC_BAD_ARGUMENT, "NULL");
    CHECK_ERROR(sipc_wait(channels, 1, 0, &index, &error), SIPC_TIMEOUT, "");
}

enum { SENDS = 2000, THREADS = 4, ROUNDS = 300 };

/* What every thread of the next test does with the handle of the round until it is closed. */
typedef struct {
    sipc_channel *channel;
    unsigned verb;
    pthread_t thread;
    const char *failed;
} user;

static void *use_until_closed(void *context)
{
    user *self = (user *)context;
    int32_t status = SIPC_OK;
    for (unsigned turn = self->verb; status != SIPC_CLOSED; turn++) {
        sipc_message message = SIPC_MESSAGE_INIT;
        uint32_t index;
        switch (turn % 4) {
        case 0: status = sipc_take(self->channel, -1, &message, NULL); break;
        case 1: status = sipc_interrupt(self->channel); break;
        case 2: status = sipc_wait(&self->channel, 1, SECOND_NS / 1000, &index, NULL); break;
        default: status = sipc_take(self->channel, 0, &message, NULL);
        }
        if (status > SIPC_BUSY && status != SIPC_CLOSED) self->failed = sipc_status_text(status);
        sipc_release(&message);
    }
    return NULL;
}

static void threads_that_use_interrupt_and_close_one_handle_all_end(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        user users[THREADS];
        sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
        for (unsigned k = 0; k < THREADS; k++) {
            users[k].channel = receiver;
            users[k].verb = k;
            users[k].failed = NULL;
            CHECK(pthread_create(&users[k].thread, NULL, use_until_closed, &users[k]) == 0);
        }
        if (round % 2 == 0) sched_yield();
        CHECK_STATUS(sipc_close(receiver), SIPC_OK);
        for (int k = 0; k < THREADS; k++) {
            pthread_join(users[k].thread, NULL);
            if (users[k].failed != NULL) fail(__FILE__, __LINE__, "%s", users[k].failed);
        }
    }
}

static void *send_many(void *context)
{
    (void)context;
    for (int k = 0; k < SENDS; k++) {
        if (sipc_send_int("jobs", k, NULL) != SIPC_OK) return (void *)"sipc_send_int";
    }
    return NULL;
}

static void the_one_call_helpers_work_in_every_thread(void)
{
    pthread_t threads[THREADS];
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    int64_t sum = 0;
    for (int k = 0; k < THREADS; k++)
        CHECK(pthread_create(&threads[k], NULL, send_many, NULL) == 0);
    for (int k = 0; k < SENDS * THREADS; k++) sum += take_int(receiver);
    for (int k = 0; k < THREADS; k++) {
        void *failed = NULL;
        pthread_join(threads[k], &failed);
        CHECK(failed == NULL);
    }
    CHECK_EQUAL(sum, (int64_t)THREADS * SENDS * (SENDS - 1) / 2);
}

const test thread_tests[] = {
    {"a_second_thread_is_told_busy", a_second_thread_is_told_busy},
    {"interrupt_ends_a_wait", interrupt_ends_a_wait},
    {"interrupt_ends_the_next_wait", interrupt_ends_the_next_wait},
    {"close_ends_a_wait", close_ends_a_wait},
    {"close_ends_a_wait_for_room", close_ends_a_wait_for_room},
    {"a_signal_ends_a_wait", a_signal_ends_a_wait},
    {"a_signal_handler_may_interrupt", a_signal_handler_may_interrupt},
    {"wait_tells_which_handle_has_a_message", wait_tells_which_handle_has_a_message},
    {"wait_wants_1_to_64_different_handles", wait_wants_1_to_64_different_handles},
    {"threads_that_use_interrupt_and_close_one_handle_all_end",
     threads_that_use_interrupt_and_close_one_handle_all_end},
    {"the_one_call_helpers_work_in_every_thread", the_one_call_helpers_work_in_every_thread},
    {NULL, NULL},
};
