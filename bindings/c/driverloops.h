/* The plurals, `puts`, `loans`, `takes`, `calls` and `serves`: the same verb many times in a plain
 * loop, so that what is measured from outside is the language. A part of driver.c. */
#ifndef DRIVERLOOPS_H
#define DRIVERLOOPS_H

#include "drivernotation.h"

static const int64_t room_ns = INT64_C(10000000000);

static int32_t repeat_put(sipc_channel *channel, const char *at, uint64_t count, sipc_error *error)
{
    const sipc_value value = read_value(&at);
    int32_t status = SIPC_OK;
    for (uint64_t k = 0; k < count && status == SIPC_OK; k++)
        status = sipc_put(channel, &value, room_ns, error);
    return status;
}

/* Of each frame only the ends are written: what it costs to fill is not the library's. */
static int32_t repeat_loan(sipc_channel *channel, char **sizes, uint64_t count, sipc_error *error)
{
    for (uint64_t k = 0; k < count; k++) {
        sipc_value frame = SIPC_VALUE_INIT;
        frame.kind = SIPC_KIND_TENSOR;
        frame.dtype = SIPC_DTYPE_U8;
        frame.ndim = 3;
        frame.shape[0] = strtoull(sizes[0], NULL, 10);
        frame.shape[1] = strtoull(sizes[1], NULL, 10);
        frame.shape[2] = 3;
        int32_t status = sipc_loan(channel, &frame, room_ns, error);
        if (status != SIPC_OK) return status;
        unsigned char *data = (unsigned char *)frame.data;
        data[0] = 1;
        data[frame.len - 1] = 2;
        status = sipc_put(channel, &frame, room_ns, error);
        if (status != SIPC_OK) return status;
    }
    return SIPC_OK;
}

/* Adds up sequence numbers and both ends of the data. */
static int32_t repeat_take(sipc_channel *channel, uint64_t count, uint64_t *sum, sipc_error *error)
{
    for (uint64_t k = 0; k < count; k++) {
        sipc_message message = SIPC_MESSAGE_INIT;
        int32_t status = sipc_take(channel, room_ns, &message, error);
        if (status != SIPC_OK) return status;
        const unsigned char *data = message.value.data;
        *sum += message.sequence + data[0] + data[message.value.len - 1];
        sipc_release(&message);
    }
    return SIPC_OK;
}

/* Adds up the results of `add`. */
static int32_t repeat_call(sipc_channel *channel, uint64_t count, uint64_t *sum, sipc_error *error)
{
    sipc_value numbers[2] = {SIPC_VALUE_INIT, SIPC_VALUE_INIT}, args = SIPC_VALUE_INIT;
    args.kind = SIPC_KIND_LIST;
    args.items = numbers;
    args.count = 2;
    for (int k = 0; k < 2; k++) {
        numbers[k].kind = SIPC_KIND_INT;
        numbers[k].i = 2 + k;
    }
    for (uint64_t k = 0; k < count; k++) {
        uint64_t number = 0;
        sipc_message reply = SIPC_MESSAGE_INIT;
        int32_t status = sipc_call(channel, "add", &args, 0, room_ns, &number, error);
        if (status == SIPC_OK) status = sipc_result(channel, number, room_ns, &reply, error);
        if (status != SIPC_OK) return status;
        *sum += (uint64_t)reply.value.i;
        sipc_release(&reply);
    }
    return SIPC_OK;
}

static int32_t repeat_serve(sipc_channel *channel, uint64_t count, sipc_error *error)
{
    int32_t status = SIPC_OK;
    for (uint64_t k = 0; k < count && status == SIPC_OK; k++) {
        sipc_message asked = SIPC_MESSAGE_INIT;
        status = sipc_take(channel, room_ns, &asked, error);
        if (status != SIPC_OK) break;
        const sipc_value *args = asked.value.items[1].items;
        sipc_value sum = SIPC_VALUE_INIT;
        sum.kind = SIPC_KIND_INT;
        sum.i = args[0].i + args[1].i;
        status = sipc_reply(&asked, &sum, 0, error);
        sipc_release(&asked);
    }
    return status;
}

/* One of the plurals; -1 for any other command. */
static int32_t repeat(char **words, int count, sipc_channel *channel, sipc_error *error)
{
    const char *verb = words[0];
    uint64_t times = strtoull(words[count - 1], NULL, 10), sum = 0;
    int32_t status = -1, sums = strcmp(verb, "takes") == 0 || strcmp(verb, "calls") == 0;
    if (count == 4 && strcmp(verb, "puts") == 0)
        status = repeat_put(channel, words[2], times, error);
    else if (count == 5 && strcmp(verb, "loans") == 0)
        status = repeat_loan(channel, words + 2, times, error);
    else if (count == 3 && strcmp(verb, "serves") == 0)
        status = repeat_serve(channel, times, error);
    else if (count == 3 && sums)
        status = (verb[0] == 't' ? repeat_take : repeat_call)(channel, times, &sum, error);
    if (status == SIPC_OK && sums) printf("sum %" PRIu64 "\n", sum);
    else if (status == SIPC_OK) printf("ok\n");
    return status;
}

#endif
