/* Processes: a forked child has its own handles; a killed one loses nothing of the others'. */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Runs `body` in a child; its failed expectations end this test as well. */
static void in_child(void (*body)(sipc_channel *), sipc_channel *channel)
{
    int state = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        body(channel);
        _exit(0);
    }
    waitpid(child, &state, 0);
    if (state != 0) _exit(1); /* the child has written the sentence */
}

static void use_handle_of_parent(sipc_channel *channel)
{
    sipc_value value = value_int(1), loan = value_of(SIPC_KIND_BYTES);
    loan.len = 10;
    CHECK_ERROR(sipc_put(channel, &value, 0, &error), SIPC_FORKED, "child");
    CHECK_ERROR(sipc_loan(channel, &loan, 0, &error), SIPC_FORKED, "child");
    CHECK_STATUS(sipc_close(channel), SIPC_OK);
}

static void a_handle_of_the_parent_answers_forked(void)
{
    sipc_channel *sender = opened("jobs", SIPC_ROLE_SEND);
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    put_int(sender, 1);
    in_child(use_handle_of_parent, sender);
    put_int(sender, 2);
    CHECK_EQUAL(take_int(receiver), 1);
    CHECK_EQUAL(take_int(receiver), 2);
}

static void take_from_parent(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    uint32_t index;
    CHECK_ERROR(sipc_take(channel, -1, &message, &error), SIPC_FORKED, "child");
    CHECK_ERROR(sipc_wait(&channel, 1, -1, &index, &error), SIPC_FORKED, "child");
}

static void a_taker_of_the_parent_answers_forked(void)
{
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    CHECK_STATUS(sipc_send_int("jobs", 3, NULL), SIPC_OK);
    in_child(take_from_parent, receiver);
    CHECK_EQUAL(take_int(receiver), 3);
}

static void *take_for_ever(void *context)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    while (sipc_take((sipc_channel *)context, -1, &message, NULL) == SIPC_BUSY) sched_yield();
    return NULL;
}

static void use_busy_handle_of_parent(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_ERROR(sipc_take(channel, 0, &message, &error), SIPC_FORKED, "child");
    CHECK_STATUS(sipc_interrupt(channel), SIPC_OK);
    CHECK_STATUS(sipc_close(channel), SIPC_OK);
}

static void a_handle_that_was_busy_in_the_parent_answers_forked(void)
{
    pthread_t thread;
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    CHECK(pthread_create(&thread, NULL, take_for_ever, receiver) == 0);
    while (sipc_take(receiver, 0, &message, NULL) != SIPC_BUSY) sched_yield();
    in_child(use_busy_handle_of_parent, receiver);
    CHECK_ERROR(sipc_take(receiver, 0, &message, &error), SIPC_BUSY, "thread");
    CHECK_STATUS(sipc_close(receiver), SIPC_OK);
    pthread_join(thread, NULL);
}

static void use_helpers(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    (void)channel;
    CHECK_STATUS(sipc_send_int("jobs", 2, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_int("news", 3, NULL), SIPC_OK);
    CHECK_STATUS(sipc_receive("orders", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.i, 4);
    sipc_release(&message);
}

static void the_one_call_helpers_work_in_the_child(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    CHECK_STATUS(sipc_send_int("jobs", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_int("news", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_receive("orders", 0, &message, NULL), SIPC_TIMEOUT);
    CHECK_STATUS(sipc_send_int("orders", 4, NULL), SIPC_OK);
    in_child(use_helpers, NULL);
    CHECK_EQUAL(take_int(receiver), 1);
    CHECK_EQUAL(take_int(receiver), 2);
    CHECK_EQUAL(take_int(subscriber), 1);
    CHECK_EQUAL(take_int(subscriber), 3);
    CHECK_STATUS(sipc_send_int("jobs", 5, NULL), SIPC_OK);
    CHECK_EQUAL(take_int(receiver), 5);
}

static void *receive_for_ever(void *context)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    (void)context;
    sipc_receive("orders", -1, &message, NULL);
    return NULL;
}

static void receive_in_child(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    (void)channel;
    CHECK_STATUS(sipc_receive("orders", SECOND_NS / 100, &message, NULL), SIPC_TIMEOUT);
    CHECK_STATUS(sipc_send_int("jobs", 1, NULL), SIPC_OK);
}

/* The thread is not copied into the child, but the locks it holds are. */
static void the_one_call_helpers_work_in_the_child_of_a_waiting_thread(void)
{
    pthread_t thread;
    struct timespec moment = {0, 50000000}; /* most likely long enough to be waiting */
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_receive("orders", 0, &message, NULL), SIPC_TIMEOUT);
    CHECK(pthread_create(&thread, NULL, receive_for_ever, NULL) == 0);
    nanosleep(&moment, NULL);
    in_child(receive_in_child, NULL);
    CHECK_STATUS(sipc_send_int("orders", 1, NULL), SIPC_OK);
    pthread_join(thread, NULL);
}

static void open_in_child(sipc_channel *channel)
{
    (void)channel;
    sipc_channel *sender = opened("jobs", SIPC_ROLE_SEND);
    put_int(sender, 6);
    CHECK_STATUS(sipc_close(sender), SIPC_OK);
}

static void a_child_opens_its_own_handle(void)
{
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    in_child(open_in_child, receiver);
    CHECK_EQUAL(take_int(receiver), 6);
}

static void a_message_of_a_killed_receiver_is_redelivered(void)
{
    int ends[2];
    char byte = 0;
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_send_int("jobs", 8, NULL), SIPC_OK);
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        sipc_channel *mine = opened("jobs", SIPC_ROLE_RECEIVE);
        CHECK_STATUS(sipc_take(mine, SECOND_NS, &message, NULL), SIPC_OK);
        CHECK(write(ends[1], "t", 1) == 1);
        for (;;) pause();
    }
    CHECK(read(ends[0], &byte, 1) == 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    CHECK_STATUS(sipc_take(receiver, 10 * SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.i, 8);
    CHECK_EQUAL(message.flags, SIPC_MESSAGE_REDELIVERED);
    sipc_release(&message);
    CHECK_STATUS(sipc_take(receiver, 0, &message, NULL), SIPC_TIMEOUT);
}

const test fork_tests[] = {
    {"a_handle_of_the_parent_answers_forked", a_handle_of_the_parent_answers_forked},
    {"a_taker_of_the_parent_answers_forked", a_taker_of_the_parent_answers_forked},
    {"a_handle_that_was_busy_in_the_parent_answers_forked",
     a_handle_that_was_busy_in_the_parent_answers_forked},
    {"the_one_call_helpers_work_in_the_child", the_one_call_helpers_work_in_the_child},
    {"the_one_call_helpers_work_in_the_child_of_a_waiting_thread",
     the_one_call_helpers_work_in_the_child_of_a_waiting_thread},
    {"a_child_opens_its_own_handle", a_child_opens_its_own_handle},
    {"a_message_of_a_killed_receiver_is_redelivered",
     a_message_of_a_killed_receiver_is_redelivered},
    {NULL, NULL},
};
