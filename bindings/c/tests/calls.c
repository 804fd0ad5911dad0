/* Services: calls, their results and errors, and what happens when somebody is killed. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t NOW = 0;
static const int64_t PATIENCE = 20 * SECOND_NS;

static uint64_t called(sipc_channel *client, const char *method, const sipc_value *args)
{
    uint64_t call = 0;
    CHECK_STATUS(sipc_call(client, method, args, 0, NOW, &call, NULL), SIPC_OK);
    CHECK(call != 0);
    return call;
}

/* Takes a request of this method or ends the test. */
static sipc_message requested(sipc_channel *server, const char *method)
{
    sipc_message request = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_take(server, PATIENCE, &request, NULL), SIPC_OK);
    CHECK_EQUAL(request.value.kind, SIPC_KIND_LIST);
    CHECK_EQUAL(request.value.count, 2);
    CHECK_EQUAL(request.value.items[0].kind, SIPC_KIND_STR);
    CHECK_EQUAL(request.value.items[0].len, strlen(method));
    CHECK(memcmp(request.value.items[0].data, method, strlen(method)) == 0);
    return request;
}

static void answer_int(sipc_message *request, int64_t i, uint32_t flags)
{
    sipc_value value = value_int(i);
    CHECK_STATUS(sipc_reply(request, &value, flags, NULL), SIPC_OK);
}

static void result_int(sipc_channel *client, uint64_t call, int64_t i, uint32_t flags)
{
    sipc_message reply = SIPC_MESSAGE_INIT;
    CHECK_STATUS(sipc_result(client, call, PATIENCE, &reply, NULL), SIPC_OK);
    CHECK_EQUAL(reply.value.kind, SIPC_KIND_INT);
    CHECK_EQUAL(reply.value.i, i);
    CHECK_EQUAL(reply.flags, flags);
    sipc_release(&reply);
}

static void a_call_has_a_result(void)
{
    sipc_channel *client = opened("calc", SIPC_ROLE_CALL);
    sipc_channel *server = opened("calc", SIPC_ROLE_SERVE);
    for (int64_t i = 0; i < 200; i++) {
        sipc_value two[2], args = value_of(SIPC_KIND_LIST);
        two[0] = value_int(i);
        two[1] = value_int(1);
        args.items = two;
        args.count = 2;
        uint64_t call = called(client, "add", &args);
        sipc_message request = requested(server, "add");
        const sipc_value *items = request.value.items[1].items;
        CHECK_EQUAL(request.value.items[1].count, 2);
        CHECK_STATUS(sipc_cancelled(&request), SIPC_OK);
        answer_int(&request, items[0].i + items[1].i, 0);
        sipc_value late = value_int(0);
        CHECK_ERROR(sipc_reply(&request, &late, 0, &error), SIPC_BAD_ARGUMENT, "answered");
        CHECK_EQUAL(items[0].i, i);
        sipc_release(&request);
        result_int(client, call, i + 1, 0);
        CHECK_EQUAL(request.hold == NULL, 1);
        sipc_message none = SIPC_MESSAGE_INIT;
        CHECK_ERROR(sipc_result(client, call, NOW, &none, &error), SIPC_BAD_ARGUMENT, "call");
    }
}

/* snippet-begin */
/* Asks the service for the sum of two numbers, for at most 5 seconds. */
static int32_t sum_of(sipc_channel *calculator, int64_t a, int64_t b, int64_t *sum)
{
    sipc_value two[2] = {SIPC_VALUE_INIT, SIPC_VALUE_INIT}, args = SIPC_VALUE_INIT;
    sipc_message reply = SIPC_MESSAGE_INIT;
    uint64_t call;
    two[0].kind = two[1].kind = SIPC_KIND_INT;
    two[0].i = a;
    two[1].i = b;
    args.kind = SIPC_KIND_LIST;
    args.items = two;
    args.count = 2;
    int32_t status = sipc_call(calculator, "add", &args, 0, 5 * SECOND_NS, &call, NULL);
    if (status != SIPC_OK) return status;
    status = sipc_result(calculator, call, 5 * SECOND_NS, &reply, NULL);
    if (status == SIPC_TIMEOUT) sipc_cancel(calculator, call);
    if (status == SIPC_OK) *sum = reply.value.i;
    sipc_release(&reply); /* with SIPC_FAILED it holds what the server says */
    return status;
}
/* snippet-end */

static void the_program_of_the_documentation_works(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        sipc_channel *server = opened("calculator", SIPC_ROLE_SERVE);
        for (;;) {
            sipc_message request = requested(server, "add");
            const sipc_value *args = request.value.items[1].items;
            answer_int(&request, args[0].i + args[1].i, 0);
            sipc_release(&request);
        }
    }
    int64_t sum = 0;
    CHECK_STATUS(sum_of(opened("calculator", SIPC_ROLE_CALL), 1, 2, &sum), SIPC_OK);
    CHECK_EQUAL(sum, 3);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void large_data_goes_both_ways(void)
{
    sipc_channel *client = opened("frames", SIPC_ROLE_CALL);
    sipc_channel *server = opened("frames", SIPC_ROLE_SERVE);
    enum { BYTES = 640 * 480 * 3 };
    unsigned char *pixels = (unsigned char *)malloc(BYTES);
    CHECK(pixels != NULL);
    memset(pixels, 7, BYTES);
    sipc_value frame = value_of(SIPC_KIND_TENSOR);
    frame.dtype = SIPC_DTYPE_U8;
    frame.ndim = 3;
    frame.shape[0] = 480;
    frame.shape[1] = 640;
    frame.shape[2] = 3;
    frame.data = pixels;
    frame.len = BYTES;
    uint64_t call = called(client, "invert", &frame);
    memset(pixels, 0, BYTES);
    sipc_message request = requested(server, "invert"), reply = SIPC_MESSAGE_INIT;
    const sipc_value *got = &request.value.items[1];
    CHECK_EQUAL(got->kind, SIPC_KIND_TENSOR);
    CHECK_EQUAL(got->shape[1], 640);
    CHECK_EQUAL((uintptr_t)got->data % 64, 0);
    CHECK_EQUAL(((const unsigned char *)got->data)[BYTES - 1], 7);
    CHECK_STATUS(sipc_reply(&request, got, 0, NULL), SIPC_OK);
    sipc_release(&request);
    CHECK_STATUS(sipc_result(client, call, PATIENCE, &reply, NULL), SIPC_OK);
    CHECK_EQUAL(reply.value.len, BYTES);
    CHECK_EQUAL((uintptr_t)reply.value.data % 64, 0);
    CHECK_EQUAL(((const unsigned char *)reply.value.data)[0], 7);
    sipc_release(&reply);
    free(pixels);
}

static void an_error_of_the_program_arrives_as_it_was_made(void)
{
    sipc_channel *client = opened("bank", SIPC_ROLE_CALL);
    sipc_channel *server = opened("bank", SIPC_ROLE_SERVE);
    uint64_t call = called(client, "withdraw", NULL);
    sipc_message request = requested(server, "withdraw"), reply = SIPC_MESSAGE_INIT;
    CHECK_EQUAL(request.value.items[1].kind, SIPC_KIND_NULL);
    sipc_value six[6], failure = value_of(SIPC_KIND_MAP);
    six[0] = value_str("code");
    six[1] = value_int(17);
    six[2] = value_str("message");
    six[3] = value_str("the account is empty");
    six[4] = value_str("data");
    six[5] = value_int(-3);
    failure.items = six;
    failure.count = 3;
    CHECK_STATUS(sipc_reply(&request, &failure, SIPC_REPLY_ERROR, NULL), SIPC_OK);
    sipc_release(&request);
    CHECK_ERROR(sipc_result(client, call, PATIENCE, &reply, &error), SIPC_FAILED,
                "the account is empty");
    CHECK_EQUAL(reply.value.kind, SIPC_KIND_MAP);
    CHECK_EQUAL(reply.value.items[1].i, 17);
    CHECK_EQUAL(reply.value.items[5].i, -3);
    sipc_release(&reply);
    call = called(client, "withdraw", NULL);
    request = requested(server, "withdraw");
    sipc_release(&request);
    CHECK_ERROR(sipc_result(client, call, PATIENCE, &reply, &error), SIPC_FAILED, "unanswered");
    sipc_release(&reply);
}

static void several_replies_come_in_order(void)
{
    sipc_channel *client = opened("log", SIPC_ROLE_CALL);
    sipc_channel *server = opened("log", SIPC_ROLE_SERVE);
    uint64_t call = called(client, "tail", NULL);
    sipc_message request = requested(server, "tail");
    for (int64_t i = 0; i < 10; i++) answer_int(&request, i, SIPC_REPLY_MORE);
    answer_int(&request, 10, 0);
    sipc_release(&request);
    for (int64_t i = 0; i < 10; i++) result_int(client, call, i, SIPC_MESSAGE_MORE);
    result_int(client, call, 10, 0);
}

static void a_cancelled_call_is_over(void)
{
    sipc_channel *client = opened("slow", SIPC_ROLE_CALL);
    sipc_channel *server = opened("slow", SIPC_ROLE_SERVE);
    sipc_message none = SIPC_MESSAGE_INIT;
    uint64_t call = called(client, "work", NULL), other = called(client, "never", NULL);
    sipc_message request = requested(server, "work");
    CHECK_ERROR(sipc_result(client, call, 1000000, &none, &error), SIPC_TIMEOUT, "busy");
    CHECK_STATUS(sipc_cancelled(&request), SIPC_OK);
    CHECK_STATUS(sipc_cancel(client, call), SIPC_OK);
    CHECK_STATUS(sipc_cancel(client, other), SIPC_OK);
    CHECK_STATUS(sipc_cancelled(&request), SIPC_CANCELLED);
    sipc_value value = value_int(1);
    CHECK_STATUS(sipc_reply(&request, &value, SIPC_REPLY_MORE, NULL), SIPC_CANCELLED);
    CHECK_STATUS(sipc_reply(&request, &value, 0, NULL), SIPC_OK);
    sipc_release(&request);
    CHECK_STATUS(sipc_result(client, call, PATIENCE, &none, NULL), SIPC_CANCELLED);
    CHECK_STATUS(sipc_take(server, NOW, &none, NULL), SIPC_TIMEOUT);
    /* Calls that were cancelled and whose end nobody looked at are in nobody's way. */
    for (int i = 0; i < 200; i++) {
        call = called(client, "work", NULL);
        CHECK_STATUS(sipc_cancel(client, call), SIPC_OK);
    }
    CHECK_STATUS(sipc_cancel(client, call), SIPC_OK);
}

static void a_one_way_call_asks_for_nothing(void)
{
    sipc_channel *client = opened("events", SIPC_ROLE_CALL);
    sipc_value value = value_int(5);
    CHECK_STATUS(sipc_call(client, "add", &value, SIPC_CALL_ONE_WAY, NOW, NULL, NULL), SIPC_OK);
    CHECK_STATUS(sipc_close(client), SIPC_OK);
    sipc_channel *server = opened("events", SIPC_ROLE_SERVE);
    sipc_message request = requested(server, "add");
    CHECK_EQUAL(request.flags, SIPC_MESSAGE_ONE_WAY);
    CHECK_EQUAL(request.value.items[1].i, 5);
    answer_int(&request, 1, 0);
    sipc_release(&request);
}

static void a_service_says_what_it_offers(void)
{
    sipc_channel *client = opened("offer", SIPC_ROLE_CALL);
    sipc_channel *server = opened("offer", SIPC_ROLE_SERVE);
    sipc_value pairs[4], method = value_of(SIPC_KIND_MAP), list = value_of(SIPC_KIND_LIST);
    sipc_message reply = SIPC_MESSAGE_INIT;
    pairs[0] = value_str("name");
    pairs[1] = value_str("add");
    pairs[2] = value_str("returns");
    pairs[3] = value_str("int");
    method.items = pairs;
    method.count = 2;
    list.items = &method;
    list.count = 1;
    CHECK_STATUS(sipc_describe(server, &list, NULL), SIPC_OK);
    CHECK_ERROR(sipc_describe(server, &method, &error), SIPC_BAD_VALUE, "list");
    pairs[0] = value_str("nome");
    CHECK_ERROR(sipc_describe(server, &list, &error), SIPC_BAD_VALUE, "nome");
    uint64_t call = called(client, ".methods", NULL);
    CHECK_STATUS(sipc_take(server, NOW, &reply, NULL), SIPC_TIMEOUT);
    CHECK_STATUS(sipc_result(client, call, PATIENCE, &reply, NULL), SIPC_OK);
    CHECK_EQUAL(reply.value.kind, SIPC_KIND_LIST);
    CHECK_EQUAL(reply.value.count, 1);
    CHECK_EQUAL(reply.value.items[0].kind, SIPC_KIND_MAP);
    CHECK(memcmp(reply.value.items[0].items[1].data, "add", 3) == 0);
    sipc_release(&reply);
}

static void a_call_whose_server_is_killed_ends_with_an_error(void)
{
    int ready[2];
    CHECK_EQUAL(pipe(ready), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        sipc_channel *server = opened("dies", SIPC_ROLE_SERVE);
        sipc_message request = requested(server, "work");
        if (write(ready[1], &request.flags, 1) != 1) _exit(1);
        for (;;) pause();
    }
    sipc_channel *client = opened("dies", SIPC_ROLE_CALL);
    uint64_t call = called(client, "work", NULL);
    char byte;
    CHECK_EQUAL(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    sipc_message reply = SIPC_MESSAGE_INIT;
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)child);
    CHECK_ERROR(sipc_result(client, call, SECOND_NS, &reply, &error), SIPC_SERVER_DIED, pid);
    waitpid(child, NULL, 0);
}

static void calls_refuse_what_is_not_theirs(void)
{
    sipc_channel *client = opened("strict", SIPC_ROLE_CALL), *none = NULL;
    sipc_channel *server = opened("strict", SIPC_ROLE_SERVE);
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_value value = value_int(1);
    uint64_t call = 0;
    CHECK_ERROR(sipc_open("strict", SIPC_ROLE_SEND, NULL, &none, &error), SIPC_WRONG_PATTERN,
                "call and serve");
    CHECK_ERROR(sipc_call(server, "x", NULL, 0, NOW, &call, &error), SIPC_WRONG_ROLE, "CALL");
    CHECK_ERROR(sipc_call(client, "", NULL, 0, NOW, &call, &error), SIPC_BAD_ARGUMENT, "empty");
    CHECK_ERROR(sipc_call(client, "x", NULL, 8, NOW, &call, &error), SIPC_BAD_ARGUMENT, "0x8");
    CHECK_ERROR(sipc_call(client, "x", NULL, 0, NOW, NULL, &error), SIPC_BAD_ARGUMENT, "call");
    CHECK_ERROR(sipc_call(client, NULL, NULL, 0, NOW, &call, &error), SIPC_BAD_ARGUMENT, "method");
    CHECK_ERROR(sipc_result(server, 1, NOW, &message, &error), SIPC_WRONG_ROLE, "CALL");
    CHECK_ERROR(sipc_describe(client, &value, &error), SIPC_WRONG_ROLE, "SERVE");
    CHECK_ERROR(sipc_take(client, NOW, &message, &error), SIPC_WRONG_ROLE, "put");
    CHECK_ERROR(sipc_put(server, &value, NOW, &error), SIPC_WRONG_ROLE, "take");
    CHECK_ERROR(sipc_reply(&message, &value, 0, &error), SIPC_BAD_ARGUMENT, "no request");
    CHECK_ERROR(sipc_reply(NULL, &value, 0, &error), SIPC_BAD_ARGUMENT, "request");
    CHECK_STATUS(sipc_cancelled(&message), SIPC_BAD_ARGUMENT);
    CHECK_STATUS(sipc_cancel(server, 1), SIPC_WRONG_ROLE);
    call = called(client, "x", NULL);
    message = requested(server, "x");
    CHECK_ERROR(sipc_reply(&message, &value, 4, &error), SIPC_BAD_ARGUMENT, "flags");
    answer_int(&message, 3, 0);
    sipc_release(&message);
    result_int(client, call, 3, 0);
}

const test call_tests[] = {
    {"a_call_has_a_result", a_call_has_a_result},
    {"the_program_of_the_documentation_works", the_program_of_the_documentation_works},
    {"large_data_goes_both_ways", large_data_goes_both_ways},
    {"an_error_of_the_program_arrives_as_it_was_made",
     an_error_of_the_program_arrives_as_it_was_made},
    {"several_replies_come_in_order", several_replies_come_in_order},
    {"a_cancelled_call_is_over", a_cancelled_call_is_over},
    {"a_one_way_call_asks_for_nothing", a_one_way_call_asks_for_nothing},
    {"a_service_says_what_it_offers", a_service_says_what_it_offers},
    {"a_call_whose_server_is_killed_ends_with_an_error",
     a_call_whose_server_is_killed_ends_with_an_error},
    {"calls_refuse_what_is_not_theirs", calls_refuse_what_is_not_theirs},
    {NULL, NULL},
};
