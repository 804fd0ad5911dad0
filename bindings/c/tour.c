/* Every pattern once, in one program; each part could be in a program of its own. */
#include <simpleipc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SOON_NS = 20000000000;

/* Ends the program with the library's sentence, which says what to do. */
static void must(int32_t status, const sipc_error *error)
{
    if (status == SIPC_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

static sipc_channel *open_as(const char *name, uint32_t role)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *channel = NULL;
    must(sipc_open(name, role, NULL, &channel, &error), &error);
    return channel;
}

int main(void)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_message message = SIPC_MESSAGE_INIT;

    /* A queue: each message goes to one receiver. */
    must(sipc_send_str("tour.queue", "hello", &error), &error);
    sipc_channel *receiver = open_as("tour.queue", SIPC_ROLE_RECEIVE);
    must(sipc_take(receiver, SOON_NS, &message, &error), &error);
    printf("queue: %.*s\n", (int)message.value.len, (const char *)message.value.data);
    sipc_release(&message);
    if (sipc_take(receiver, 0, &message, NULL) == SIPC_TIMEOUT) printf("queue: nothing more\n");
    sipc_close(receiver);

    /* A topic: every subscriber gets every message. The frame is filled where it is read. */
    sipc_channel *subscriber = open_as("tour.topic", SIPC_ROLE_SUBSCRIBE);
    sipc_channel *publisher = open_as("tour.topic", SIPC_ROLE_PUBLISH);
    sipc_value frame = SIPC_VALUE_INIT;
    frame.kind = SIPC_KIND_TENSOR;
    frame.dtype = SIPC_DTYPE_U8;
    frame.ndim = 3;
    frame.shape[0] = 4;
    frame.shape[1] = 6;
    frame.shape[2] = 3;
    frame.label = "rgb8";
    frame.label_len = 4;
    must(sipc_loan(publisher, &frame, SOON_NS, &error), &error);
    memset((void *)frame.data, 7, (size_t)frame.len);
    must(sipc_put(publisher, &frame, SOON_NS, &error), &error);
    must(sipc_take(subscriber, SOON_NS, &message, &error), &error);
    printf("topic: %d x %d %.*s %d\n", (int)message.value.shape[0], (int)message.value.shape[1],
           (int)message.value.label_len, message.value.label,
           *(const unsigned char *)message.value.data);
    sipc_release(&message);
    sipc_close(publisher);
    sipc_close(subscriber);

    /* A state: the latest value, for whoever comes whenever. */
    sipc_channel *setter = open_as("tour.state", SIPC_ROLE_SET);
    sipc_channel *watcher = open_as("tour.state", SIPC_ROLE_WATCH);
    sipc_value speed = SIPC_VALUE_INIT;
    speed.kind = SIPC_KIND_INT;
    speed.i = 30;
    must(sipc_put(setter, &speed, SOON_NS, &error), &error);
    must(sipc_current(watcher, SOON_NS, &message, &error), &error);
    printf("state: %d\n", (int)message.value.i);
    speed.i = 31; /* CONFLICT if somebody else has set it since */
    must(sipc_put_if(setter, &speed, message.sequence, SOON_NS, &error), &error);
    sipc_release(&message);
    must(sipc_take(watcher, SOON_NS, &message, &error), &error);
    printf("state: %d\n", (int)message.value.i);
    sipc_release(&message);
    sipc_close(setter);
    sipc_close(watcher);

    /* A signal: something has happened. */
    sipc_channel *waiter = open_as("tour.signal", SIPC_ROLE_WAIT);
    must(sipc_notify("tour.signal", &error), &error);
    must(sipc_take(waiter, SOON_NS, &message, &error), &error);
    printf("signal: %d\n", (int)message.value.u);
    sipc_release(&message);
    sipc_close(waiter);

    /* A lock: one owner at a time, and free when it dies. */
    sipc_channel *lock = open_as("tour.lock", SIPC_ROLE_LOCK);
    uint64_t died_with_it = 0;
    must(sipc_lock(lock, SOON_NS, &died_with_it, &error), &error);
    printf("lock: died with it: %d\n", (int)died_with_it);
    must(sipc_unlock(lock, &error), &error);
    sipc_close(lock);

    /* A service: the client's side, the server's, and the client's again. */
    sipc_channel *client = open_as("tour.service", SIPC_ROLE_CALL);
    sipc_channel *server = open_as("tour.service", SIPC_ROLE_SERVE);
    sipc_value number = SIPC_VALUE_INIT;
    uint64_t call = 0;
    number.kind = SIPC_KIND_INT;
    number.i = 21;
    must(sipc_call(client, "double", &number, 0, SOON_NS, &call, &error), &error);

    must(sipc_take(server, SOON_NS, &message, &error), &error);
    printf("service: %.*s\n", (int)message.value.items[0].len,
           (const char *)message.value.items[0].data);
    number.i = 2 * message.value.items[1].i;
    must(sipc_reply(&message, &number, 0, &error), &error);
    sipc_release(&message);

    must(sipc_result(client, call, SOON_NS, &message, &error), &error);
    printf("service: %d\n", (int)message.value.i);
    sipc_release(&message);
    sipc_close(server);
    sipc_close(client);
    return 0;
}
