/* The interop driver of C: reads one command per line, answers each with one line. The commands and
 * the notation of values are described in testing/interop. */
#define _POSIX_C_SOURCE 200809L
#include "driverloops.h"
#include "drivermisuse.h"
#include "drivernotation.h"

enum { CHANNELS_MAX = 256, ID_MAX = 32 };

static struct {
    char id[ID_MAX];
    sipc_channel *channel;
} handles[CHANNELS_MAX];

static sipc_channel **handle_of(const char *id)
{
    for (int k = 0; k < CHANNELS_MAX; k++) {
        if (handles[k].id[0] == 0) snprintf(handles[k].id, ID_MAX, "%s", id);
        if (strcmp(handles[k].id, id) == 0) return &handles[k].channel;
    }
    exit(4);
}

static int32_t open_channel(char **words, int count, sipc_error *error)
{
    static const char *const roles[] = {"", "publish", "subscribe", "send", "receive",
                                        "set", "watch", "notify", "wait", "lock",
                                        "call", "serve", "peers", "host"};
    sipc_options options = SIPC_OPTIONS_INIT;
    uint32_t role = SIPC_ROLE_HOST;
    while (role > 0 && strcmp(roles[role], words[2]) != 0) role--;
    for (int k = 4; k < count; k++) {
        if (strcmp(words[k], "lossless") == 0) options.flags |= SIPC_OPTION_LOSSLESS;
        if (strcmp(words[k], "latest") == 0) options.flags |= SIPC_OPTION_LATEST;
        if (strncmp(words[k], "history=", 8) == 0) options.history = (uint32_t)atoi(words[k] + 8);
        if (strncmp(words[k], "depth=", 6) == 0) options.depth = (uint32_t)atoi(words[k] + 6);
        if (strncmp(words[k], "permits=", 8) == 0) options.permits = (uint32_t)atoi(words[k] + 8);
    }
    return sipc_open(words[3], role, &options, handle_of(words[1]), error);
}

static int32_t put(char **words, int count, sipc_error *error)
{
    const char *at = words[2];
    sipc_value value = read_value(&at);
    sipc_channel *channel = *handle_of(words[1]);
    if (count > 3) value.capture_time_ns = strtoll(words[3] + strlen("capture="), NULL, 10);
    if (strcmp(words[0], "loan") == 0) {
        const void *data = value.data;
        int32_t status = sipc_loan(channel, &value, INT64_C(10000000000), error);
        if (status != SIPC_OK) return status;
        memcpy((void *)value.data, data, value.len);
    }
    return sipc_put(channel, &value, INT64_C(10000000000), error);
}

static int32_t once(char **words, sipc_error *error)
{
    const char *name = words[2], *at = words[3];
    sipc_value v = read_value(&at);
    if (strcmp(words[1], "set") == 0) return sipc_set(name, &v, error);
    int sends = strcmp(words[1], "send") == 0;
    int has_nul = v.kind == SIPC_KIND_STR && memchr(v.data, 0, v.len) != NULL;
    if (v.kind == SIPC_KIND_STR && !has_nul) {
        char *text = keep(v.len); /* keep() has room for the terminator */
        memcpy(text, v.data, v.len);
        text[v.len] = 0;
        return sends ? sipc_send_str(name, text, error) : sipc_publish_str(name, text, error);
    }
    switch (v.kind) {
    case SIPC_KIND_BOOL:
        return (sends ? sipc_send_bool : sipc_publish_bool)(name, (int32_t)v.i, error);
    case SIPC_KIND_INT: return (sends ? sipc_send_int : sipc_publish_int)(name, v.i, error);
    case SIPC_KIND_FLOAT: return (sends ? sipc_send_float : sipc_publish_float)(name, v.f, error);
    case SIPC_KIND_BYTES:
        return (sends ? sipc_send_bytes : sipc_publish_bytes)(name, v.data, v.len, error);
    default: return (sends ? sipc_send : sipc_publish)(name, &v, error);
    }
}

static int64_t milliseconds(const char *word) { return strtoll(word, NULL, 10) * 1000000; }

/* Writes the answer itself if there is a message; `hold` keeps it until the next one. */
static int32_t take(char **words, sipc_error *error)
{
    static sipc_message message = SIPC_MESSAGE_INIT;
    sipc_release(&message);
    int64_t timeout_ns = milliseconds(words[words[0][0] == 'o' ? 3 : 2]);
    int32_t status = words[0][0] == 'o' /* once get */
        ? sipc_get(words[2], timeout_ns, &message, error)
        : (words[0][0] == 'g' ? sipc_current : sipc_take)(*handle_of(words[1]), timeout_ns,
                                                          &message, error);
    if (status != SIPC_OK) return status;
    int aged = message.publish_time_ns > 0 && message.receive_time_ns >= message.publish_time_ns;
    printf("value ");
    write_value(&message.value);
    printf(" seq=%" PRIu64 " missed=%" PRIu64 " redelivered=%d capture=%" PRId64 " aged=%d\n",
           message.sequence, message.missed, (message.flags & SIPC_MESSAGE_REDELIVERED) != 0,
           message.value.capture_time_ns, aged);
    if (strcmp(words[0], "hold") != 0) sipc_release(&message);
    return SIPC_OK;
}

static int32_t put_if(char **words, sipc_error *error)
{
    const char *at = words[2];
    sipc_value value = read_value(&at);
    uint64_t expected = UINT64_MAX;
    if (strcmp(words[3], "new") != 0) expected = strtoull(words[3], NULL, 10);
    return sipc_put_if(*handle_of(words[1]), &value, expected, INT64_C(10000000000), error);
}

static int32_t wait_for(char **words, sipc_error *error)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    uint64_t number = 0;
    int32_t status;
    if (strcmp(words[0], "once") == 0) {
        status = sipc_await(words[2], milliseconds(words[3]), &number, error);
    } else {
        status = sipc_take(*handle_of(words[1]), milliseconds(words[2]), &message, error);
        number = message.value.u;
    }
    if (status == SIPC_OK) printf("count %" PRIu64 "\n", number);
    return status;
}

static int32_t lock(char **words, sipc_error *error)
{
    uint64_t pid = 0;
    int32_t status = sipc_lock(*handle_of(words[1]), milliseconds(words[2]), &pid, error);
    if (status == SIPC_OK) printf("ok abandoned=%d\n", pid != 0);
    return status;
}

static int32_t call(char **words, int count, sipc_error *error)
{
    const char *at = words[3];
    sipc_value args = read_value(&at);
    uint64_t number = 0;
    uint32_t flags = 0;
    if (count > 4) flags = words[4][0] == 'i' ? SIPC_CALL_IDEMPOTENT : SIPC_CALL_ONE_WAY;
    int32_t status = sipc_call(*handle_of(words[1]), words[2], &args, flags, INT64_C(10000000000),
                               &number, error);
    if (status == SIPC_OK) printf("call %" PRIu64 "\n", number);
    return status;
}

/* The answer to `result`, which has the status OK or FAILED if there is one. */
static int32_t result(char **words, sipc_error *error)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    int32_t status = sipc_result(*handle_of(words[1]), strtoull(words[2], NULL, 10),
                                 milliseconds(words[3]), &message, error);
    if (status == SIPC_OK) {
        printf("reply ");
        write_value(&message.value);
        printf(" more=%d\n", (message.flags & SIPC_MESSAGE_MORE) != 0);
    } else if (status == SIPC_FAILED) {
        printf("failed %" PRId64 " ", message.value.items[1].i);
        write_value(&message.value.items[3]);
        printf(" ");
        write_value(&message.value.items[5]);
        printf("\n");
        status = SIPC_OK;
    }
    sipc_release(&message);
    return status;
}

static sipc_message request = SIPC_MESSAGE_INIT; /* of `serve`, until it is answered */

static int32_t serve(char **words, sipc_error *error)
{
    sipc_release(&request);
    int32_t status = sipc_take(*handle_of(words[1]), milliseconds(words[2]), &request, error);
    if (status != SIPC_OK) return status;
    const sipc_value *method = &request.value.items[0];
    printf("request %.*s ", (int)method->len, (const char *)method->data);
    write_value(&request.value.items[1]);
    printf(" oneway=%d\n", (request.flags & SIPC_MESSAGE_ONE_WAY) != 0);
    return SIPC_OK;
}

static sipc_value text(const char *of)
{
    sipc_value value = SIPC_VALUE_INIT;
    value.kind = SIPC_KIND_STR;
    value.data = of;
    value.len = strlen(of);
    return value;
}

static int32_t reply(char **words, int count, sipc_error *error)
{
    const char *at = words[1];
    uint32_t flags = count > 2 ? SIPC_REPLY_MORE : 0;
    sipc_value pairs[6], value = SIPC_VALUE_INIT;
    if (strcmp(words[0], "reply") == 0) {
        value = read_value(&at);
    } else {
        pairs[0] = text("code");
        pairs[1] = value;
        pairs[1].kind = SIPC_KIND_INT;
        pairs[1].i = strtoll(words[1], NULL, 10);
        pairs[2] = text("message");
        at = words[2];
        pairs[3] = read_value(&at);
        pairs[4] = text("data");
        at = words[3];
        pairs[5] = read_value(&at);
        value.kind = SIPC_KIND_MAP;
        value.items = pairs;
        value.count = 3;
        flags = SIPC_REPLY_ERROR;
    }
    int32_t status = sipc_reply(&request, &value, flags, error);
    if (flags != SIPC_REPLY_MORE) sipc_release(&request);
    return status;
}

static sipc_value number(int64_t i)
{
    sipc_value value = SIPC_VALUE_INIT;
    value.kind = SIPC_KIND_INT;
    value.i = i;
    return value;
}

/* `start` and `stop`. */
static int32_t host(char **words, sipc_error *error)
{
    sipc_value items[8], plugin = SIPC_VALUE_INIT;
    plugin.kind = SIPC_KIND_MAP;
    plugin.items = items;
    plugin.count = 2;
    items[0] = text("name");
    items[1] = text(words[2]);
    if (strcmp(words[0], "stop") == 0) {
        items[2] = text("stop");
        items[3] = number(1);
        items[3].kind = SIPC_KIND_BOOL;
    } else {
        const char *program = words[3], *args = words[4];
        plugin.count = 4;
        items[2] = text("program");
        items[3] = read_value(&program);
        items[4] = text("args");
        items[5] = read_value(&args);
        items[6] = text("restarts");
        items[7] = number(strtoll(words[5], NULL, 10));
    }
    return sipc_plugin(*handle_of(words[1]), &plugin, error);
}

/* What comes with an event follows its name, its plugin and the process. */
static int32_t event(char **words, sipc_error *error)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    int32_t status = sipc_take(*handle_of(words[1]), milliseconds(words[2]), &message, error);
    if (status != SIPC_OK) return status;
    const sipc_value *items = message.value.items;
    uint64_t facts = message.value.count - 3;
    printf("event %.*s %.*s ", (int)items[1].len, (const char *)items[1].data, (int)items[3].len,
           (const char *)items[3].data);
    if (facts == 0) printf("n");
    if (facts == 1) write_value(&items[7]);
    if (facts == 2) {
        printf("[");
        write_value(&items[7]);
        printf(",");
        write_value(&items[9]);
        printf("]");
    }
    printf("\n");
    sipc_release(&message);
    return SIPC_OK;
}

/* Up or down, then role, language and process of the map of an event. */
static int32_t peer(char **words, sipc_error *error)
{
    static const char *const told[] = {"event", "role", "language"};
    sipc_message message = SIPC_MESSAGE_INIT;
    int32_t status = sipc_take(*handle_of(words[1]), milliseconds(words[2]), &message, error);
    if (status != SIPC_OK) return status;
    const sipc_value *items = message.value.items;
    printf("peer");
    for (int t = 0; t < 3; t++) {
        for (uint64_t k = 0; k < message.value.count; k++) {
            const sipc_value *key = &items[2 * k], *value = key + 1;
            if (key->len == strlen(told[t]) && memcmp(key->data, told[t], key->len) == 0)
                printf(" %.*s", (int)value->len, (const char *)value->data);
        }
    }
    printf(" %" PRId64 "\n", items[3].i);
    sipc_release(&message);
    return SIPC_OK;
}

/* As a plugin it serves `add` and `crash`, until its host ends it. */
static int be_a_plugin(void)
{
    sipc_channel *server = NULL;
    sipc_value methods[2], names[2][2], offer = SIPC_VALUE_INIT;
    printf("hello from c\n");
    fflush(stdout);
    offer.kind = SIPC_KIND_LIST;
    offer.items = methods;
    offer.count = 2;
    for (int k = 0; k < 2; k++) {
        names[k][0] = text("name");
        names[k][1] = text(k == 0 ? "add" : "crash");
        methods[k] = offer;
        methods[k].kind = SIPC_KIND_MAP;
        methods[k].items = names[k];
        methods[k].count = 1;
    }
    int32_t status = sipc_open(NULL, SIPC_ROLE_SERVE, NULL, &server, NULL);
    if (status == SIPC_OK) status = sipc_describe(server, &offer, NULL);
    while (status == SIPC_OK) {
        sipc_message asked = SIPC_MESSAGE_INIT;
        status = sipc_take(server, -1, &asked, NULL);
        if (status != SIPC_OK) break;
        const sipc_value *args = asked.value.items[1].items;
        if (*(const char *)asked.value.items[0].data == 'c') abort();
        sipc_value sum = number(args[0].i + args[1].i);
        status = sipc_reply(&asked, &sum, 0, NULL);
        sipc_release(&asked);
    }
    return 5;
}

/* Commands that write their answer themselves if they succeed; -1 for any other. */
static int32_t speak(char **words, int count, sipc_error *error)
{
    const char *verb = words[0];
    int is_once = strcmp(verb, "once") == 0 && count >= 4;
    if (count >= 3 && verb[strlen(verb) - 1] == 's') /* the plurals */
        return repeat(words, count, *handle_of(words[1]), error);
    if (strcmp(verb, "take") == 0 || strcmp(verb, "hold") == 0 || strcmp(verb, "get") == 0 ||
        (is_once && strcmp(words[1], "get") == 0))
        return take(words, error);
    if (strcmp(verb, "wait") == 0 || (is_once && strcmp(words[1], "wait") == 0))
        return wait_for(words, error);
    if (strcmp(verb, "lock") == 0) return lock(words, error);
    if (strcmp(verb, "call") == 0 && count >= 4) return call(words, count, error);
    if (strcmp(verb, "result") == 0 && count >= 4) return result(words, error);
    if (strcmp(verb, "serve") == 0) return serve(words, error);
    if (strcmp(verb, "event") == 0 && count >= 3) return event(words, error);
    if (strcmp(verb, "peer") == 0 && count >= 3) return peer(words, error);
    if (strcmp(verb, "cancelled") == 0) {
        printf("cancelled %d\n", sipc_cancelled(&request) == SIPC_CANCELLED);
        return SIPC_OK;
    }
    return -1;
}

static void answer(char **words, int count)
{
    sipc_error error = SIPC_ERROR_INIT;
    int32_t status = SIPC_BAD_ARGUMENT; /* of a command we do not know */
    const char *verb = words[0];
    if (strcmp(verb, "hello") == 0) {
        printf("ok c %s\n", sipc_version());
        return;
    }
    if (strcmp(verb, "misuse") == 0 && count >= 3) {
        int is_handle = strcmp(words[1], "closed") != 0;
        misuse(words[1], words[2], is_handle ? *handle_of(words[2]) : NULL);
        return;
    }
    int32_t spoken = speak(words, count, &error);
    if (spoken == SIPC_OK) return;
    if (spoken != -1) status = spoken;
    else if (strcmp(verb, "open") == 0 && count >= 4) status = open_channel(words, count, &error);
    else if (strcmp(verb, "put") == 0 && count >= 3) status = put(words, count, &error);
    else if (strcmp(verb, "loan") == 0 && count >= 3) status = put(words, count, &error);
    else if (strcmp(verb, "put_if") == 0 && count >= 4) status = put_if(words, &error);
    else if (strcmp(verb, "once") == 0 && count == 3) status = sipc_notify(words[2], &error);
    else if (strcmp(verb, "notify") == 0) {
        sipc_value null = SIPC_VALUE_INIT;
        status = sipc_put(*handle_of(words[1]), &null, 0, &error);
    } else if (strcmp(verb, "unlock") == 0) status = sipc_unlock(*handle_of(words[1]), &error);
    else if (strcmp(verb, "cancel") == 0 && count >= 3)
        status = sipc_cancel(*handle_of(words[1]), strtoull(words[2], NULL, 10));
    else if (strcmp(verb, "reply") == 0 || strcmp(verb, "fail") == 0)
        status = reply(words, count, &error);
    else if (strcmp(verb, count >= 6 ? "start" : "stop") == 0 && count >= 3)
        status = host(words, &error);
    else if (strcmp(verb, "once") == 0 && count >= 4) status = once(words, &error);
    else if (strcmp(verb, "close") == 0 && count >= 2) status = sipc_close(*handle_of(words[1]));
    const char *sentence = error.message[0] != 0 ? error.message : sipc_status_text(status);
    if (status == SIPC_OK) printf("ok\n");
    else printf("error %d %s\n", (int)status, sentence);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "plugin") == 0) return be_a_plugin();
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        char *words[16], *rest = line;
        int count = 0;
        while (count < 16 && (words[count] = strtok(rest, " \n")) != NULL) count++, rest = NULL;
        if (count == 0) continue;
        if (strcmp(words[0], "quit") == 0) break;
        answer(words, count);
        fflush(stdout);
        forget_all();
    }
    if (!feof(stdin)) printf("ok\n");
    free(line);
    return 0;
}
