/* States: the latest value; signals: that something has happened. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const int64_t NOW = 0;

static void set_int(const char *name, int64_t i)
{
    sipc_value value = value_int(i);
    CHECK_STATUS(sipc_set(name, &value, NULL), SIPC_OK);
}

static int64_t current_int(sipc_channel *watcher, uint64_t *sequence)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_current(watcher, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_INT);
    int64_t i = message.value.i;
    if (sequence != NULL) *sequence = message.sequence;
    sipc_release(&message);
    return i;
}

static void a_value_is_there_for_who_comes_late(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_get("speed", NOW, &message, NULL), SIPC_TIMEOUT);
    for (int64_t i = 0; i < 50; i++) set_int("speed", i);
    sipc_channel *watcher = opened("speed", SIPC_ROLE_WATCH);
    CHECK_EQUAL(take_int(watcher), 49);
    CHECK_STATUS(sipc_take(watcher, NOW, &message, NULL), SIPC_TIMEOUT);
    CHECK_EQUAL(current_int(watcher, NULL), 49);
    CHECK_EQUAL(current_int(watcher, NULL), 49);
    CHECK_STATUS(sipc_get("speed", NOW, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.i, 49);
    sipc_release(&message);
    set_int("speed", 50);
    set_int("speed", 51);
    CHECK_STATUS(sipc_take(watcher, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.i, 51);
    CHECK_EQUAL(message.missed, 1);
    sipc_release(&message);
}

static void only_who_knows_the_value_may_replace_it(void)
{
    sipc_channel *setter = opened("count", SIPC_ROLE_SET);
    sipc_channel *watcher = opened("count", SIPC_ROLE_WATCH);
    sipc_value value = value_int(1);
    CHECK_ERROR(sipc_put_if(setter, &value, 0, NOW, &error), SIPC_CONFLICT, "value");
    CHECK_STATUS(sipc_put_if(setter, &value, UINT64_MAX, NOW, NULL), SIPC_OK);
    CHECK_STATUS(sipc_put_if(setter, &value, UINT64_MAX, NOW, NULL), SIPC_CONFLICT);
    for (int64_t i = 1; i < 100; i++) {
        uint64_t sequence;
        CHECK_EQUAL(current_int(watcher, &sequence), i);
        value = value_int(i + 1);
        CHECK_STATUS(sipc_put_if(setter, &value, sequence, NOW, NULL), SIPC_OK);
        CHECK_STATUS(sipc_put_if(setter, &value, sequence, NOW, NULL), SIPC_CONFLICT);
    }
}

static void a_loan_becomes_the_value_or_stays_with_the_caller(void)
{
    sipc_channel *setter = opened("map", SIPC_ROLE_SET);
    sipc_value loan = value_of(SIPC_KIND_BYTES);
    loan.len = 100000;
    CHECK_STATUS(sipc_loan(setter, &loan, NOW, NULL), SIPC_OK);
    memset((void *)(uintptr_t)loan.data, 7, (size_t)loan.len);
    CHECK_STATUS(sipc_put_if(setter, &loan, 12, NOW, NULL), SIPC_CONFLICT);
    CHECK_STATUS(sipc_put_if(setter, &loan, UINT64_MAX, NOW, NULL), SIPC_OK);
    CHECK_STATUS(sipc_unloan(setter, (void *)(uintptr_t)loan.data), SIPC_BAD_ARGUMENT);
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_get("map", NOW, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.len, 100000);
    CHECK_EQUAL(((const char *)message.value.data)[99999], 7);
    sipc_release(&message);
}

static void states_and_signals_refuse_what_is_not_theirs(void)
{
    sipc_channel *setter = opened("state", SIPC_ROLE_SET);
    sipc_channel *watcher = opened("state", SIPC_ROLE_WATCH);
    sipc_channel *notifier = opened("signal", SIPC_ROLE_NOTIFY);
    sipc_channel *sender = opened("queue", SIPC_ROLE_SEND), *none = NULL;
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_value value = value_int(1);
    CHECK_ERROR(sipc_open("state", SIPC_ROLE_SUBSCRIBE, NULL, &none, &error), SIPC_WRONG_PATTERN,
                "set, get and watch");
    CHECK_ERROR(sipc_open("signal", SIPC_ROLE_SET, NULL, &none, &error), SIPC_WRONG_PATTERN,
                "notify and wait");
    CHECK_ERROR(sipc_put(watcher, &value, NOW, &error), SIPC_WRONG_ROLE, "take");
    CHECK_ERROR(sipc_take(setter, NOW, &message, &error), SIPC_WRONG_ROLE, "put");
    CHECK_ERROR(sipc_current(setter, NOW, &message, &error), SIPC_WRONG_ROLE, "put");
    CHECK_ERROR(sipc_put_if(sender, &value, 0, NOW, &error), SIPC_WRONG_ROLE, "SET");
    CHECK_ERROR(sipc_put(notifier, &value, NOW, &error), SIPC_BAD_VALUE, "SIPC_KIND_NULL");
    sipc_options options = SIPC_OPTIONS_INIT;
    options.flags = SIPC_OPTION_LOSSLESS;
    CHECK_ERROR(sipc_open("state", SIPC_ROLE_WATCH, &options, &none, &error), SIPC_BAD_ARGUMENT,
                "lossless");
    options.flags = 0;
    options.signal = SIGUSR1;
    CHECK_ERROR(sipc_open("state", SIPC_ROLE_WATCH, &options, &none, &error), SIPC_BAD_ARGUMENT,
                "signal");
    CHECK(none == NULL);
}

static void options_of_an_older_header_are_enough(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *waiter = NULL;
    options.size = (uint32_t)offsetof(sipc_options, signal);
    options.signal = SIGKILL; /* behind the end of the older struct */
    CHECK_STATUS(sipc_open("signal", SIPC_ROLE_WAIT, &options, &waiter, NULL), SIPC_OK);
    CHECK_STATUS(sipc_close(waiter), SIPC_OK);
    options.size -= 8;
    CHECK_ERROR(sipc_open("signal", SIPC_ROLE_WAIT, &options, &waiter, &error), SIPC_BAD_ARGUMENT,
                "sipc_options.size");
}

static void notifications_are_counted(void)
{
    sipc_channel *waiter = opened("reload", SIPC_ROLE_WAIT);
    sipc_channel *notifier = opened("reload", SIPC_ROLE_NOTIFY);
    sipc_value null = value_of(SIPC_KIND_NULL);
    sipc_message message = SIPC_MESSAGE_INIT;
    uint64_t count = 99;
    CHECK_STATUS(sipc_await("reload", NOW, &count, NULL), SIPC_TIMEOUT);
    CHECK_EQUAL(count, 99);
    CHECK_STATUS(sipc_notify("reload", NULL), SIPC_OK);
    for (int i = 0; i < 4; i++) CHECK_STATUS(sipc_put(notifier, &null, NOW, NULL), SIPC_OK);
    CHECK_STATUS(sipc_await("reload", SECOND_NS, &count, NULL), SIPC_OK);
    CHECK_EQUAL(count, 5);
    uint32_t index = 9;
    CHECK_STATUS(sipc_wait(&waiter, 1, SECOND_NS, &index, NULL), SIPC_OK);
    CHECK_STATUS(sipc_take(waiter, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_UINT);
    CHECK_EQUAL(message.value.u, 5);
    CHECK(message.hold == NULL);
    sipc_release(&message);
    CHECK_STATUS(sipc_take(waiter, NOW, &message, NULL), SIPC_TIMEOUT);
}

static volatile sig_atomic_t raised;

static void count_signal(int number)
{
    (void)number;
    raised++;
}

static void pause_ms(long ms)
{
    const struct timespec time = {0, ms * 1000000};
    nanosleep(&time, NULL);
}

static void a_notification_can_be_a_signal_of_the_system(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *waiter = NULL;
    sipc_message message = SIPC_MESSAGE_INIT;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    sigaction(SIGUSR1, &action, NULL);
    options.signal = SIGKILL;
    CHECK_ERROR(sipc_open("tick", SIPC_ROLE_WAIT, &options, &waiter, &error), SIPC_BAD_ARGUMENT,
                "signal");
    options.signal = SIGUSR1;
    CHECK_STATUS(sipc_open("tick", SIPC_ROLE_WAIT, &options, &waiter, NULL), SIPC_OK);
    for (int i = 1; i <= 20; i++) {
        CHECK_STATUS(sipc_notify("tick", NULL), SIPC_OK);
        for (int ms = 0; ms < 5000 && raised < i; ms++) pause_ms(1);
        CHECK_EQUAL(raised, i);
    }
    CHECK_ERROR(sipc_take(waiter, NOW, &message, &error), SIPC_WRONG_ROLE, "signal");
    CHECK_STATUS(sipc_close(waiter), SIPC_OK);
    CHECK_STATUS(sipc_notify("tick", NULL), SIPC_OK);
    pause_ms(20);
    CHECK_EQUAL(raised, 20);
}

const test state_tests[] = {
    {"a_value_is_there_for_who_comes_late", a_value_is_there_for_who_comes_late},
    {"only_who_knows_the_value_may_replace_it", only_who_knows_the_value_may_replace_it},
    {"a_loan_becomes_the_value_or_stays_with_the_caller",
     a_loan_becomes_the_value_or_stays_with_the_caller},
    {"states_and_signals_refuse_what_is_not_theirs", states_and_signals_refuse_what_is_not_theirs},
    {"options_of_an_older_header_are_enough", options_of_an_older_header_are_enough},
    {"notifications_are_counted", notifications_are_counted},
    {"a_notification_can_be_a_signal_of_the_system", a_notification_can_be_a_signal_of_the_system},
    {NULL, NULL},
};
