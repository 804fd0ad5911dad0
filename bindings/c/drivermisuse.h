/* What the driver does wrong on purpose, and how that ends. It is described in testing/interop. A
 * part of driver.c. */
#ifndef DRIVERMISUSE_H
#define DRIVERMISUSE_H

#include <simpleipc.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_refused(int32_t status, const sipc_error *error)
{
    const char *sentence = error->message[0] != 0 ? error->message : sipc_status_text(status);
    if (status == SIPC_OK) printf("ok\n");
    else printf("refused %s\n", sentence);
}

static void use_closed(const char *name)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value null = SIPC_VALUE_INIT;
    sipc_channel *sender = NULL;
    int32_t status = sipc_open(name, SIPC_ROLE_SEND, NULL, &sender, &error);
    if (status == SIPC_OK) {
        sipc_close(sender);
        sipc_close(sender);
        status = sipc_put(sender, &null, 0, &error);
    }
    say_refused(status, &error);
}

/* Tries again when it comes while the other one looks. */
static void *wait_inside(void *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    while (sipc_take((sipc_channel *)channel, -1, &message, NULL) == SIPC_BUSY) continue;
    sipc_release(&message);
    return NULL;
}

static void use_from_two_threads(sipc_channel *channel)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_message message = SIPC_MESSAGE_INIT;
    pthread_t thread;
    int32_t status;
    if (pthread_create(&thread, NULL, wait_inside, channel) != 0) exit(5);
    while ((status = sipc_take(channel, 0, &message, &error)) == SIPC_TIMEOUT) sched_yield();
    sipc_interrupt(channel);
    pthread_join(thread, NULL);
    say_refused(status, &error);
}

static void fail_in_handler(sipc_channel *server)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_message request = SIPC_MESSAGE_INIT;
    int32_t status = sipc_take(server, INT64_C(10000000000), &request, &error);
    sipc_release(&request);
    say_refused(status, &error);
}

static void misuse(const char *kind, const char *id, sipc_channel *channel)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_value value = SIPC_VALUE_INIT;
    if (strcmp(kind, "type") == 0) {
        value.kind = 99;
        say_refused(sipc_put(channel, &value, 0, &error), &error);
    } else if (strcmp(kind, "range") == 0) {
        printf("impossible int64_t and uint64_t have 64 bits\n");
    } else if (strcmp(kind, "text") == 0) {
        value.kind = SIPC_KIND_STR;
        value.data = "caf\xe9";
        value.len = 4;
        say_refused(sipc_put(channel, &value, 0, &error), &error);
    } else if (strcmp(kind, "closed") == 0) use_closed(id);
    else if (strcmp(kind, "thread") == 0) use_from_two_threads(channel);
    else if (strcmp(kind, "forgotten") == 0)
        printf("impossible nothing but sipc_release lets go of a message\n");
    else if (strcmp(kind, "handler") == 0) fail_in_handler(channel);
    else printf("error %d no misuse %s\n", SIPC_BAD_ARGUMENT, kind);
}

#endif
