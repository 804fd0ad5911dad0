/* Handles: what they carry, which verbs they accept, and what becomes of them when closed. */
#include "test.h"

static void a_queue_delivers_in_order_after_the_sender_has_gone(void)
{
    sipc_channel *sender = opened("jobs", SIPC_ROLE_SEND);
    for (int64_t i = 0; i < 100; i++) put_int(sender, i);
    CHECK_STATUS(sipc_close(sender), SIPC_OK);
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    for (int64_t i = 0; i < 100; i++) CHECK_EQUAL(take_int(receiver), i);
    CHECK_STATUS(sipc_close(receiver), SIPC_OK);
}

static void a_topic_reaches_every_subscriber(void)
{
    sipc_channel *one = opened("news", SIPC_ROLE_SUBSCRIBE);
    sipc_channel *two = opened("news", SIPC_ROLE_SUBSCRIBE);
    sipc_channel *publisher = opened("news", SIPC_ROLE_PUBLISH);
    put_int(publisher, 1);
    put_int(publisher, 2);
    CHECK_EQUAL(take_int(one), 1);
    CHECK_EQUAL(take_int(one), 2);
    CHECK_EQUAL(take_int(two), 1);
    CHECK_EQUAL(take_int(two), 2);
}

static void the_one_call_helpers_need_no_handle(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_send_bool("chat", 7, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_int("chat", INT64_MIN, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_float("chat", 0.5, NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_str("chat", "hello", NULL), SIPC_OK);
    CHECK_STATUS(sipc_send_bytes("chat", "a\0b", 3, NULL), SIPC_OK);

    CHECK_STATUS(sipc_receive("chat", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_BOOL);
    CHECK_EQUAL(message.value.i, 1);
    sipc_release(&message);
    CHECK_STATUS(sipc_receive("chat", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_INT);
    CHECK_EQUAL(message.value.i, INT64_MIN);
    sipc_release(&message);
    CHECK_STATUS(sipc_receive("chat", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_FLOAT);
    CHECK(message.value.f >= 0.5 && message.value.f <= 0.5);
    sipc_release(&message);
    CHECK_STATUS(sipc_receive("chat", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_STR);
    CHECK_EQUAL(message.value.len, 5);
    CHECK(memcmp(message.value.data, "hello", 5) == 0);
    sipc_release(&message);
    CHECK_STATUS(sipc_receive("chat", SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_BYTES);
    CHECK_EQUAL(message.value.len, 3);
    CHECK(memcmp(message.value.data, "a\0b", 3) == 0);
    sipc_release(&message);
    CHECK(message.hold == NULL);
    sipc_release(&message);
}

static void the_one_call_publishers_reach_a_subscriber(void)
{
    sipc_channel *subscriber = opened("feed", SIPC_ROLE_SUBSCRIBE);
    const uint32_t kinds[] = {SIPC_KIND_BOOL, SIPC_KIND_INT, SIPC_KIND_FLOAT, SIPC_KIND_STR,
                              SIPC_KIND_BYTES, SIPC_KIND_NULL};
    sipc_value null = value_of(SIPC_KIND_NULL);
    CHECK_STATUS(sipc_publish_bool("feed", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_int("feed", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_float("feed", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_str("feed", "1", NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish_bytes("feed", "1", 1, NULL), SIPC_OK);
    CHECK_STATUS(sipc_publish("feed", &null, NULL), SIPC_OK);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        sipc_message message = SIPC_MESSAGE_INIT;
        CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &message, NULL), SIPC_OK);
        CHECK_EQUAL(message.value.kind, kinds[k]);
        sipc_release(&message);
    }
}

static void a_message_tells_its_sender_sequence_and_times(void)
{
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    sipc_channel *publisher = opened("news", SIPC_ROLE_PUBLISH);
    sipc_message first = SIPC_MESSAGE_INIT, second = SIPC_MESSAGE_INIT;
    sipc_value value = value_int(1);
    int64_t before = sipc_now_ns();
    value.capture_time_ns = 12345;
    CHECK_STATUS(sipc_put(publisher, &value, 0, NULL), SIPC_OK);
    value.capture_time_ns = 0;
    CHECK_STATUS(sipc_put(publisher, &value, 0, NULL), SIPC_OK);
    CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &first, NULL), SIPC_OK);
    CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &second, NULL), SIPC_OK);
    CHECK_EQUAL(first.value.capture_time_ns, 12345);
    CHECK_EQUAL(second.value.capture_time_ns, 0);
    CHECK_EQUAL(second.sequence, first.sequence + 1);
    CHECK_EQUAL(second.sender, first.sender);
    CHECK(first.publish_time_ns >= before);
    CHECK(first.receive_time_ns >= first.publish_time_ns);
    CHECK_EQUAL(first.missed, 0);
    CHECK_EQUAL(first.flags, 0);
    sipc_release(&first);
    sipc_release(&second);
}

static void an_unstamped_message_has_no_times(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *publisher = NULL;
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    options.flags = SIPC_OPTION_UNSTAMPED;
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_PUBLISH, &options, &publisher, NULL), SIPC_OK);
    put_int(publisher, 1);
    CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_EQUAL(message.publish_time_ns, 0);
    CHECK_EQUAL(message.receive_time_ns, 0);
    sipc_release(&message);
}

static void a_slow_subscriber_is_told_what_it_missed(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *publisher = NULL;
    sipc_message message = SIPC_MESSAGE_INIT;
    options.depth = 16;
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_PUBLISH, &options, &publisher, NULL), SIPC_OK);
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    for (int64_t i = 0; i < 100; i++) put_int(publisher, i);
    CHECK_STATUS(sipc_take(subscriber, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK(message.missed >= 84);
    CHECK_EQUAL(message.value.i, message.missed);
    sipc_release(&message);
}

static void options_reach_the_channel(void)
{
    sipc_options keep = SIPC_OPTIONS_INIT, late = SIPC_OPTIONS_INIT, lossless = SIPC_OPTIONS_INIT;
    sipc_channel *publisher = NULL, *newest = NULL, *all = NULL;
    sipc_value value = value_int(9);
    keep.depth = 16;
    keep.history = 4;
    late.flags = SIPC_OPTION_LATEST;
    late.history = 4;
    lossless.flags = SIPC_OPTION_LOSSLESS;
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_PUBLISH, &keep, &publisher, NULL), SIPC_OK);
    for (int64_t i = 0; i < 10; i++) put_int(publisher, i);
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_SUBSCRIBE, &late, &newest, NULL), SIPC_OK);
    CHECK_EQUAL(take_int(newest), 9);
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_SUBSCRIBE, &lossless, &all, NULL), SIPC_OK);
    for (int64_t i = 0; i < 16; i++) put_int(publisher, i);
    CHECK_ERROR(sipc_put(publisher, &value, 0, &error), SIPC_FULL, "");
    for (int64_t i = 0; i < 16; i++) CHECK_EQUAL(take_int(all), i);
    CHECK_STATUS(sipc_put(publisher, &value, 0, NULL), SIPC_OK);
}

static void a_tap_looks_on(void)
{
    sipc_options look = SIPC_OPTIONS_INIT;
    sipc_channel *tap = NULL, *publisher = NULL;
    look.flags = SIPC_OPTION_TAP;
    CHECK_STATUS(sipc_open("news", SIPC_ROLE_SUBSCRIBE, &look, &tap, NULL), SIPC_OK);
    publisher = opened("news", SIPC_ROLE_PUBLISH);
    for (int64_t i = 0; i < 10; i++) put_int(publisher, i);
    for (int64_t i = 0; i < 10; i++) CHECK_EQUAL(take_int(tap), i);
    CHECK_ERROR(sipc_open("news", SIPC_ROLE_PUBLISH, &look, &tap, &error), SIPC_BAD_ARGUMENT,
                "tap");
    look.flags |= SIPC_OPTION_LOSSLESS;
    CHECK_ERROR(sipc_open("news", SIPC_ROLE_SUBSCRIBE, &look, &tap, &error), SIPC_BAD_ARGUMENT,
                "lossless");
}

static void a_full_queue_times_out(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *sender = NULL;
    sipc_value value = value_int(1);
    options.depth = 16;
    CHECK_STATUS(sipc_open("jobs", SIPC_ROLE_SEND, &options, &sender, NULL), SIPC_OK);
    for (int64_t i = 0; i < 16; i++) put_int(sender, i);
    CHECK_ERROR(sipc_put(sender, &value, 0, &error), SIPC_FULL, "");
    int64_t before = sipc_now_ns();
    CHECK_ERROR(sipc_put(sender, &value, SECOND_NS / 20, &error), SIPC_FULL, "");
    CHECK(sipc_now_ns() - before >= SECOND_NS / 20);
}

static void an_empty_channel_times_out(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    sipc_channel *subscriber = opened("news", SIPC_ROLE_SUBSCRIBE);
    CHECK_ERROR(sipc_take(receiver, 0, &message, &error), SIPC_TIMEOUT, "");
    CHECK_ERROR(sipc_take(subscriber, 0, &message, &error), SIPC_TIMEOUT, "");
    CHECK_ERROR(sipc_receive("jobs", 0, &message, &error), SIPC_TIMEOUT, "");
    int64_t before = sipc_now_ns();
    CHECK_ERROR(sipc_take(receiver, SECOND_NS / 20, &message, &error), SIPC_TIMEOUT, "");
    CHECK(sipc_now_ns() - before >= SECOND_NS / 20);
    CHECK(message.hold == NULL);
}

static void the_wrong_verb_names_both_patterns(void)
{
    sipc_channel *channel = NULL;
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *queue = opened("queue", SIPC_ROLE_SEND);
    sipc_channel *topic = opened("topic", SIPC_ROLE_PUBLISH);
    CHECK_ERROR(sipc_open("queue", SIPC_ROLE_PUBLISH, NULL, &channel, &error), SIPC_WRONG_PATTERN,
                "queue");
    CHECK_ERROR(sipc_open("queue", SIPC_ROLE_SUBSCRIBE, NULL, &channel, &error),
                SIPC_WRONG_PATTERN, "topic");
    CHECK_ERROR(sipc_open("topic", SIPC_ROLE_SEND, NULL, &channel, &error), SIPC_WRONG_PATTERN,
                "topic");
    CHECK_ERROR(sipc_open("topic", SIPC_ROLE_RECEIVE, NULL, &channel, &error), SIPC_WRONG_PATTERN,
                "queue");
    CHECK_ERROR(sipc_publish_int("queue", 1, &error), SIPC_WRONG_PATTERN, "queue");
    CHECK_ERROR(sipc_send_int("topic", 1, &error), SIPC_WRONG_PATTERN, "topic");
    CHECK_ERROR(sipc_receive("topic", 0, &message, &error), SIPC_WRONG_PATTERN, "topic");
    CHECK(channel == NULL);
    CHECK_STATUS(sipc_close(queue), SIPC_OK);
    CHECK_STATUS(sipc_close(topic), SIPC_OK);
}

static void the_wrong_direction_is_refused(void)
{
    sipc_value value = value_int(1), loan = value_of(SIPC_KIND_BYTES);
    sipc_message message = SIPC_MESSAGE_INIT;
    uint32_t index;
    const uint32_t takers[] = {SIPC_ROLE_SUBSCRIBE, SIPC_ROLE_RECEIVE};
    const uint32_t putters[] = {SIPC_ROLE_PUBLISH, SIPC_ROLE_SEND};
    const char *const names[] = {"topic", "queue"};
    loan.len = 100;
    for (int k = 0; k < 2; k++) {
        sipc_channel *taker = opened(names[k], takers[k]);
        sipc_channel *putter = opened(names[k], putters[k]);
        CHECK_ERROR(sipc_put(taker, &value, 0, &error), SIPC_WRONG_ROLE, "");
        CHECK_ERROR(sipc_loan(taker, &loan, 0, &error), SIPC_WRONG_ROLE, "");
        CHECK_ERROR(sipc_take(putter, 0, &message, &error), SIPC_WRONG_ROLE, "");
        CHECK_ERROR(sipc_wait(&putter, 1, 0, &index, &error), SIPC_WRONG_ROLE, "");
        CHECK_STATUS(sipc_close(taker), SIPC_OK);
        CHECK_STATUS(sipc_close(putter), SIPC_OK);
    }
}

static void a_closed_handle_stays_closed(void)
{
    sipc_value value = value_int(1);
    sipc_message message = SIPC_MESSAGE_INIT;
    uint32_t index;
    sipc_channel *channel = opened("jobs", SIPC_ROLE_SEND);
    CHECK_STATUS(sipc_close(channel), SIPC_OK);
    CHECK_STATUS(sipc_close(channel), SIPC_CLOSED);
    CHECK_ERROR(sipc_put(channel, &value, 0, &error), SIPC_CLOSED, "");
    CHECK_ERROR(sipc_take(channel, 0, &message, &error), SIPC_CLOSED, "");
    CHECK_ERROR(sipc_wait(&channel, 1, 0, &index, &error), SIPC_CLOSED, "");
    CHECK_STATUS(sipc_unloan(channel, &value), SIPC_CLOSED);
    CHECK_STATUS(sipc_interrupt(channel), SIPC_CLOSED);
    sipc_channel *successor = opened("jobs", SIPC_ROLE_SEND);
    CHECK(successor != channel);
    CHECK_ERROR(sipc_put(channel, &value, 0, &error), SIPC_CLOSED, "");
    CHECK_STATUS(sipc_put(successor, &value, 0, NULL), SIPC_OK);
}

static void a_wild_pointer_is_no_handle(void)
{
    uint64_t memory[2] = {0, 0};
    sipc_value value = value_int(1);
    CHECK_ERROR(sipc_put((sipc_channel *)memory, &value, 0, &error), SIPC_CLOSED, "");
    CHECK_STATUS(sipc_close((sipc_channel *)memory), SIPC_CLOSED);
    CHECK_STATUS(sipc_close((sipc_channel *)UINTPTR_MAX), SIPC_CLOSED);
}

static void a_message_outlives_its_handle(void)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_channel *receiver = opened("jobs", SIPC_ROLE_RECEIVE);
    char big[5000];
    memset(big, 'b', sizeof big);
    CHECK_STATUS(sipc_send_bytes("jobs", big, sizeof big, NULL), SIPC_OK);
    CHECK_STATUS(sipc_take(receiver, SECOND_NS, &message, NULL), SIPC_OK);
    CHECK_STATUS(sipc_close(receiver), SIPC_OK);
    CHECK_EQUAL(message.value.len, sizeof big);
    CHECK(memcmp(message.value.data, big, sizeof big) == 0);
    sipc_release(&message);
}

static void a_thousand_handles_come_and_go(void)
{
    for (int round = 0; round < 1000; round++) {
        sipc_channel *channel = opened("jobs", SIPC_ROLE_SEND);
        CHECK_STATUS(sipc_close(channel), SIPC_OK);
    }
}

static void a_channel_has_64_producers_and_256_peers_at_most(void)
{
    sipc_channel *channels[SIPC_PEERS_MAX], *extra = NULL;
    for (size_t k = 0; k < SIPC_PRODUCERS_MAX; k++) channels[k] = opened("jobs", SIPC_ROLE_SEND);
    CHECK_ERROR(sipc_open("jobs", SIPC_ROLE_SEND, NULL, &extra, &error), SIPC_TOO_MANY_PRODUCERS,
                "64");
    for (size_t k = SIPC_PRODUCERS_MAX; k < SIPC_PEERS_MAX; k++)
        channels[k] = opened("jobs", SIPC_ROLE_RECEIVE);
    CHECK_ERROR(sipc_open("jobs", SIPC_ROLE_RECEIVE, NULL, &extra, &error), SIPC_TOO_MANY_PEERS,
                "256");
    CHECK(extra == NULL);
    for (size_t k = 0; k < SIPC_PEERS_MAX; k++) CHECK_STATUS(sipc_close(channels[k]), SIPC_OK);
}

const test channel_tests[] = {
    {"a_queue_delivers_in_order_after_the_sender_has_gone",
     a_queue_delivers_in_order_after_the_sender_has_gone},
    {"a_topic_reaches_every_subscriber", a_topic_reaches_every_subscriber},
    {"the_one_call_helpers_need_no_handle", the_one_call_helpers_need_no_handle},
    {"the_one_call_publishers_reach_a_subscriber", the_one_call_publishers_reach_a_subscriber},
    {"a_message_tells_its_sender_sequence_and_times",
     a_message_tells_its_sender_sequence_and_times},
    {"an_unstamped_message_has_no_times", an_unstamped_message_has_no_times},
    {"a_slow_subscriber_is_told_what_it_missed", a_slow_subscriber_is_told_what_it_missed},
    {"options_reach_the_channel", options_reach_the_channel},
    {"a_tap_looks_on", a_tap_looks_on},
    {"a_full_queue_times_out", a_full_queue_times_out},
    {"an_empty_channel_times_out", an_empty_channel_times_out},
    {"the_wrong_verb_names_both_patterns", the_wrong_verb_names_both_patterns},
    {"the_wrong_direction_is_refused", the_wrong_direction_is_refused},
    {"a_closed_handle_stays_closed", a_closed_handle_stays_closed},
    {"a_wild_pointer_is_no_handle", a_wild_pointer_is_no_handle},
    {"a_message_outlives_its_handle", a_message_outlives_its_handle},
    {"a_thousand_handles_come_and_go", a_thousand_handles_come_and_go},
    {"a_channel_has_64_producers_and_256_peers_at_most",
     a_channel_has_64_producers_and_256_peers_at_most},
    {NULL, NULL},
};
