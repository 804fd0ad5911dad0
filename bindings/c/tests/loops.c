/* Descriptors: poll over several channels. */
#include "test.h"

#include <poll.h>

static const int64_t NOW = 0;

static int fd_of(sipc_channel *channel)
{
    int32_t fd = -1;
    CHECK_STATUS(sipc_fd(channel, &fd, NULL), SIPC_OK);
    CHECK(fd >= 0);
    return fd;
}

/* Nothing is there: from now on the descriptor says so. */
static void look(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(channel, NOW, &message, NULL), SIPC_TIMEOUT);
}

static int readable(int fd, int ms)
{
    struct pollfd one = {fd, POLLIN, 0};
    return poll(&one, 1, ms) == 1 && (one.revents & POLLIN) != 0;
}

/* Looks in vain until the descriptor says so: on a slow machine it may be time to look around. */
static void look_until_clear(sipc_channel *channel, int fd)
{
    do look(channel);
    while (readable(fd, 0));
}

static void a_descriptor_is_readable_until_all_is_taken(void)
{
    sipc_channel *receiver = opened("q", SIPC_ROLE_RECEIVE);
    sipc_channel *sender = opened("q", SIPC_ROLE_SEND);
    int fd = fd_of(receiver);
    CHECK_EQUAL(fd_of(receiver), fd);
    look_until_clear(receiver, fd);
    for (int64_t i = 0; i < 1000; i++) {
        put_int(sender, i);
        CHECK(readable(fd, 5000));
        CHECK_EQUAL(take_int(receiver), i);
        CHECK(readable(fd, 0)); /* there may be more */
        look_until_clear(receiver, fd);
    }
}

static void one_poll_waits_for_a_queue_a_state_and_a_signal(void)
{
    sipc_channel *channels[3];
    struct pollfd fds[3];
    sipc_value value = value_int(3);
    channels[0] = opened("queue", SIPC_ROLE_RECEIVE);
    channels[1] = opened("state", SIPC_ROLE_WATCH);
    channels[2] = opened("signal", SIPC_ROLE_WAIT);
    for (int k = 0; k < 3; k++) {
        fds[k].fd = fd_of(channels[k]);
        fds[k].events = POLLIN;
        look_until_clear(channels[k], fds[k].fd);
    }
    CHECK_STATUS(sipc_notify("signal", NULL), SIPC_OK);
    do CHECK(poll(fds, 3, 5000) > 0);
    while ((fds[2].revents & POLLIN) == 0);
    CHECK_STATUS(sipc_set("state", &value, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_int("queue", 3, NULL), SIPC_OK);
    for (int k = 0; k < 2; k++) CHECK(readable(fds[k].fd, 5000));
    CHECK_EQUAL(take_int(channels[0]), 3);
    CHECK_EQUAL(take_int(channels[1]), 3);
    CHECK_STATUS(sipc_close(channels[0]), SIPC_OK);
}

static void who_puts_has_no_descriptor(void)
{
    sipc_channel *sender = opened("q", SIPC_ROLE_SEND);
    int32_t fd = -7;
    CHECK_ERROR(sipc_fd(sender, &fd, &error), SIPC_WRONG_ROLE, "take");
    CHECK_EQUAL(fd, -7);
}

const test loop_tests[] = {
    {"a_descriptor_is_readable_until_all_is_taken", a_descriptor_is_readable_until_all_is_taken},
    {"one_poll_waits_for_a_queue_a_state_and_a_signal",
     one_poll_waits_for_a_queue_a_state_and_a_signal},
    {"who_puts_has_no_descriptor", who_puts_has_no_descriptor},
    {NULL, NULL},
};
