/* Who calls a service, and who serves. */
#include "actor.h"

#include <stdlib.h>
#include <string.h>

/* What a call is, by its number, and how it ends: as in src/storm/call.rs. */
enum { ECHO, IDEMPOTENT, STREAM, FAIL, ONE_WAY, CANCELLED };
enum { ANSWERED = 1, HAS_FAILED, HAS_DIED, WAS_CANCELLED, SENT, REFUSED, TOO_SLOW };

static int kind_of(uint64_t n)
{
    static const uint8_t kinds[16] = {ECHO,       ECHO,   ECHO,   ECHO, ECHO, ECHO,
                                      IDEMPOTENT, IDEMPOTENT, IDEMPOTENT, STREAM, STREAM,
                                      FAIL,       FAIL,   ONE_WAY, ONE_WAY, CANCELLED};
    return kinds[n % 16];
}

static int64_t code_of(uint64_t n)
{
    return 1000 + (int64_t)(n % 1000);
}

static int is_of_call(const sipc_value *value, uint64_t sender, uint64_t n)
{
    uint64_t names[2];
    uint32_t crc;
    const uint8_t *data = value->data;
    if (value->kind != SIPC_KIND_BYTES || value->len < BYTES_MIN) return 0;
    memcpy(names, data + 4, 16);
    memcpy(&crc, data, 4);
    return names[0] == sender && names[1] == n && crc == crc32_of(data + 4, (size_t)value->len - 4);
}

/* The code in the map that an error of the server is. */
static int64_t code_in(const sipc_value *map)
{
    for (uint64_t pair = 0; map->kind == SIPC_KIND_MAP && pair < map->count; pair++) {
        const sipc_value *key = &map->items[2 * pair];
        if (key->len == 4 && memcmp(key->data, "code", 4) == 0) return key[1].i;
    }
    return 0;
}

static uint64_t process_in(const char *sentence)
{
    const char *at = strstr(sentence, "process ");
    return at == NULL ? 0 : strtoull(at + 8, NULL, 10);
}

/* Takes the replies of a call until it has ended. One that is told to end cancels. */
static void end_call(sipc_channel *channel, uint64_t call, uint64_t sender, uint64_t n)
{
    const int kind = kind_of(n);
    uint64_t parts = 0, how = 0;
    int is_torn = 0;
    while (how == 0) {
        sipc_message reply = SIPC_MESSAGE_INIT;
        sipc_error error = SIPC_ERROR_INIT;
        int32_t status = sipc_result(channel, call, CALL_NS, &reply, &error);
        count(TURNS);
        if (status == SIPC_OK) {
            is_torn |= !is_of_call(&reply.value, sender, n);
            if (reply.flags & SIPC_MESSAGE_MORE) {
                parts++;
            } else {
                how = ANSWERED;
                is_torn |= parts != (kind == STREAM ? n % 4 : 0);
            }
        } else if (status == SIPC_FAILED) {
            const int64_t code = code_in(&reply.value);
            how = HAS_FAILED;
            is_torn |= code != (kind == FAIL ? code_of(n) : kind == STREAM ? TOO_SLOW : 0);
        } else if (status == SIPC_SERVER_DIED) {
            how = HAS_DIED | process_in(error.message) << 8;
        } else if (status == SIPC_CANCELLED) {
            how = WAS_CANCELLED;
        } else if (status == SIPC_NO_SPACE || status == SIPC_FULL) {
            how = REFUSED;
        } else if (!is_passing(status)) {
            fail(status, error.message);
        } else if (get(ORDER) == END) {
            sipc_cancel(channel, call);
        }
        if (status == SIPC_OK || status == SIPC_FAILED) sipc_release(&reply);
    }
    append(sender << 32 | n, is_torn, 0, how);
    set(DONE, get(RECEIVED));
}

void call_service(void)
{
    const uint64_t burst = number("burst") > 0 ? number("burst") : 1;
    const uint64_t sender = number("id") * HANDLES_MAX, most = number("bytes");
    static const char *const methods[] = {"echo", "echo", "stream", "fail", "note", "echo"};
    sipc_channel *channel = opened(SIPC_ROLE_CALL);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    for (uint64_t turn = 1; get(ORDER) == PLAY && !is_over(); turn++) {
        const uint64_t n = get(BEGUN);
        const int kind = kind_of(n);
        const size_t len = length_of(sender, n, most);
        uint64_t call = 0;
        sipc_value args = SIPC_VALUE_INIT;
        sipc_error error = SIPC_ERROR_INIT;
        args.kind = SIPC_KIND_BYTES;
        args.len = len < BYTES_MIN ? BYTES_MIN : len;
        uint8_t *bytes = malloc((size_t)args.len);
        if (bytes == NULL) continue;
        fill(sender, n, bytes, (size_t)args.len);
        args.data = bytes;
        set(BEGUN, n + 1);
        int32_t status = sipc_call(channel, methods[kind], &args,
                                   kind == IDEMPOTENT ? SIPC_CALL_IDEMPOTENT
                                   : kind == ONE_WAY  ? SIPC_CALL_ONE_WAY
                                                      : 0,
                                   CALL_NS, &call, &error);
        free(bytes);
        if (status != SIPC_OK) {
            if (!is_passing(status)) fail(status, error.message);
            set(BEGUN, n); /* promised: on an error nothing has been sent */
            count(RETRIES);
        } else if (kind == ONE_WAY) {
            append(sender << 32 | n, 0, 0, SENT);
            set(DONE, get(RECEIVED));
        } else {
            if (kind == CANCELLED) sipc_cancel(channel, call);
            end_call(channel, call, sender, n);
        }
        if (turn % burst == 0) pause_us((long)number("pause_us"));
    }
    hush();
    sipc_close(channel);
}

/* Answers a call: with as many bytes as its number says, and parts before them. */
static void answer(sipc_message *request, const char *method, size_t method_len, uint64_t sender,
                   uint64_t n)
{
    uint8_t bytes[BYTES_MIN + 4000];
    const int is_stream = method_len == 6 && memcmp(method, "stream", 6) == 0;
    sipc_value value = SIPC_VALUE_INIT;
    int32_t status = SIPC_OK;
    value.kind = SIPC_KIND_BYTES;
    value.data = bytes;
    for (uint64_t part = 0; is_stream && part < n % 4 && status == SIPC_OK; part++) {
        value.len = BYTES_MIN + 100 * part;
        fill(sender, n, bytes, (size_t)value.len);
        status = sipc_reply(request, &value, SIPC_REPLY_MORE, NULL);
    }
    if (status == SIPC_CANCELLED) return; /* nobody waits */
    if (status != SIPC_OK || (method_len == 4 && memcmp(method, "fail", 4) == 0)) {
        sipc_value pair[2] = {SIPC_VALUE_INIT, SIPC_VALUE_INIT};
        pair[0].kind = SIPC_KIND_STR;
        pair[0].data = "code";
        pair[0].len = 4;
        pair[1].kind = SIPC_KIND_INT;
        pair[1].i = status != SIPC_OK ? TOO_SLOW : code_of(n);
        value = (sipc_value)SIPC_VALUE_INIT;
        value.kind = SIPC_KIND_MAP;
        value.items = pair;
        value.count = 1;
        status = sipc_reply(request, &value, SIPC_REPLY_ERROR, NULL);
    } else if (method_len == 4 && memcmp(method, "note", 4) == 0) {
        return; /* nobody waits */
    } else {
        value.len = is_stream ? BYTES_MIN : BYTES_MIN + n * 97 % 4000;
        fill(sender, n, bytes, (size_t)value.len);
        status = sipc_reply(request, &value, 0, NULL);
    }
    if (status != SIPC_OK && status != SIPC_CANCELLED && !is_passing(status))
        fail(status, "a reply could not be sent");
}

void serve(void)
{
    sipc_channel *channel = opened(SIPC_ROLE_SERVE);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    while (!is_over()) {
        sipc_message request = SIPC_MESSAGE_INIT;
        sipc_error error = SIPC_ERROR_INIT;
        uint64_t names[2] = {0, 0};
        if (!has_taken(sipc_take(channel, CALL_NS, &request, &error), &error)) continue;
        /* A list of the method and the arguments, of which a list of one is one. */
        const sipc_value *method = request.value.items, *args = method + 1;
        if (args->kind == SIPC_KIND_LIST && args->count == 1) args = args->items;
        if (args->kind == SIPC_KIND_BYTES && args->len >= BYTES_MIN)
            memcpy(names, (const uint8_t *)args->data + 4, 16);
        const int is_whole = is_of_call(args, names[0], names[1]);
        append(names[0] << 32 | names[1], !is_whole, 0, 0);
        work();
        if (is_whole)
            answer(&request, method->data, (size_t)method->len, names[0], names[1]);
        sipc_release(&request);
    }
    sipc_close(channel);
}
