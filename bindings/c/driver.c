/* The interop driver of C: reads one command per line, answers each with one line. The commands and
 * the notation of values are described in testing/interop. */
#define _POSIX_C_SOURCE 200809L
#include <simpleipc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS_MAX = 256, ID_MAX = 32, SHOWN_MAX = 64, BLOCK = 251 };

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    {"", 0},    {"bool", 1}, {"u8", 1},  {"i8", 1},  {"u16", 2},
    {"i16", 2}, {"u32", 4},  {"i32", 4}, {"u64", 8}, {"i64", 8},
    {"f16", 2}, {"f32", 4},  {"f64", 8}, {"c64", 8}, {"c128", 16},
};

static struct {
    char id[ID_MAX];
    sipc_channel *channel;
} handles[CHANNELS_MAX];

/* Memory of one command; all of it is freed before the next one. */
typedef struct block {
    struct block *next;
    sipc_value first; /* gives the memory an alignment that suits all we keep */
} block;

static block *blocks;

static void *keep(size_t size)
{
    block *added = malloc(offsetof(block, first) + size + 1);
    if (added == NULL) exit(3);
    added->next = blocks;
    blocks = added;
    return &added->first;
}

static void forget_all(void)
{
    while (blocks != NULL) {
        block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

/* ---- reading values ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const void *read_hex(const char **at, uint64_t *len)
{
    unsigned char *bytes = keep(strlen(*at) / 2);
    *len = 0;
    while (digit((*at)[0]) >= 0 && digit((*at)[1]) >= 0) {
        bytes[(*len)++] = (unsigned char)(digit((*at)[0]) << 4 | digit((*at)[1]));
        *at += 2;
    }
    return bytes;
}

static const void *make_pattern(uint64_t len, unsigned seed, int is_text)
{
    unsigned char *bytes = keep(len), period = is_text ? 23 : BLOCK;
    for (uint64_t i = 0; i < len; i++) {
        unsigned step = i < period ? (unsigned)i : (unsigned)(i % period);
        bytes[i] = (unsigned char)(is_text ? 'a' + (seed + step) % 26 : seed + step);
    }
    return bytes;
}

static void skip(const char **at, char expected)
{
    if (**at == expected) ++*at;
}

/* dtype:shape:format: of a tensor; answers the bytes of its data. */
static uint64_t read_tensor_head(const char **at, sipc_value *value)
{
    size_t word = strcspn(*at, ":");
    for (uint32_t k = 1; k < sizeof dtypes / sizeof dtypes[0]; k++)
        if (strlen(dtypes[k].name) == word && memcmp(dtypes[k].name, *at, word) == 0)
            value->dtype = k;
    *at += word;
    skip(at, ':');
    uint64_t len = dtypes[value->dtype].size;
    while (**at != ':' && value->ndim < SIPC_DIMS_MAX) {
        value->shape[value->ndim] = strtoull(*at, (char **)at, 10);
        len *= value->shape[value->ndim++];
        skip(at, 'x');
    }
    skip(at, ':');
    value->label = read_hex(at, &value->label_len);
    skip(at, ':');
    return len;
}

static sipc_value read_value(const char **at);

static void read_items(const char **at, sipc_value *value, char end, size_t group)
{
    size_t used = 0, room = 0;
    sipc_value *items = NULL;
    while (**at != end && **at != 0) {
        if (used == room) {
            sipc_value *larger = keep((room = 2 * room + 8) * sizeof *items);
            if (used > 0) memcpy(larger, items, used * sizeof *items);
            items = larger;
        }
        items[used++] = read_value(at);
        skip(at, **at == ':' ? ':' : ',');
    }
    skip(at, end);
    value->items = items;
    value->count = used / group;
}

static sipc_value read_value(const char **at)
{
    sipc_value value = SIPC_VALUE_INIT;
    uint64_t bits;
    char mark = *(*at)++;
    switch (mark) {
    case 'n': value.kind = SIPC_KIND_NULL; break;
    case 'b': value.kind = SIPC_KIND_BOOL; value.i = *(*at)++ == '1'; break;
    case 'i': value.kind = SIPC_KIND_INT; value.i = strtoll(*at, (char **)at, 10); break;
    case 'u': value.kind = SIPC_KIND_UINT; value.u = strtoull(*at, (char **)at, 10); break;
    case 'd':
        value.kind = SIPC_KIND_FLOAT;
        bits = strtoull(*at, (char **)at, 16);
        memcpy(&value.f, &bits, sizeof bits);
        break;
    case 's': value.kind = SIPC_KIND_STR; value.data = read_hex(at, &value.len); break;
    case 'x': value.kind = SIPC_KIND_BYTES; value.data = read_hex(at, &value.len); break;
    case 'S':
    case 'X':
        value.kind = mark == 'S' ? SIPC_KIND_STR : SIPC_KIND_BYTES;
        value.len = strtoull(*at, (char **)at, 10);
        skip(at, ':');
        value.data = make_pattern(value.len, (unsigned)strtoul(*at, (char **)at, 10), mark == 'S');
        break;
    case '[': value.kind = SIPC_KIND_LIST; read_items(at, &value, ']', 1); break;
    case '{': value.kind = SIPC_KIND_MAP; read_items(at, &value, '}', 2); break;
    case 't':
        value.kind = SIPC_KIND_TENSOR;
        read_tensor_head(at, &value);
        value.data = read_hex(at, &value.len);
        break;
    case 'T':
        value.kind = SIPC_KIND_TENSOR;
        value.len = read_tensor_head(at, &value);
        value.data = make_pattern(value.len, (unsigned)strtoul(*at, (char **)at, 10), 0);
        break;
    case 'o':
        value.kind = SIPC_KIND_OPAQUE;
        value.label = read_hex(at, &value.label_len);
        skip(at, ':');
        value.data = read_hex(at, &value.len);
        break;
    default: value.kind = UINT32_MAX; /* the library will refuse it */
    }
    return value;
}

/* ---- writing values ---- */

static uint32_t crc32(const unsigned char *bytes, uint64_t len)
{
    static uint32_t table[256];
    uint32_t crc = UINT32_MAX;
    for (uint32_t n = 0; table[255] == 0 && n < 256; n++) {
        uint32_t c = n;
        for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? UINT32_C(0xedb88320) ^ c >> 1 : c >> 1;
        table[n] = c;
    }
    for (uint64_t i = 0; i < len; i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

static void write_hex(const void *data, uint64_t len)
{
    const unsigned char *bytes = data;
    for (uint64_t i = 0; i < len; i++) printf("%02x", bytes[i]);
}

static void write_data(const void *data, uint64_t len)
{
    if (len <= SHOWN_MAX) write_hex(data, len);
    else printf("#%" PRIu64 ":%08" PRIx32, len, crc32(data, len));
}

/* Copies the elements from `dim` on in row-major order; answers the end of the copy. */
static char *gather(const sipc_value *tensor, uint32_t dim, const char *from, char *to)
{
    size_t size = dtypes[tensor->dtype].size;
    if (dim == tensor->ndim) return (char *)memcpy(to, from, size) + size;
    for (uint64_t i = 0; i < tensor->shape[dim]; i++)
        to = gather(tensor, dim + 1, from + (int64_t)i * tensor->strides[dim], to);
    return to;
}

static void write_tensor(const sipc_value *value)
{
    uint64_t len = dtypes[value->dtype].size;
    printf("t%s:", dtypes[value->dtype].name);
    for (uint32_t dim = 0; dim < value->ndim; dim++) {
        printf(dim > 0 ? "x%" PRIu64 : "%" PRIu64, value->shape[dim]);
        len *= value->shape[dim];
    }
    printf(":");
    write_hex(value->label, value->label_len);
    printf(":");
    char *dense = keep(len);
    gather(value, 0, value->data, dense);
    write_data(dense, len);
}

static void write_value(const sipc_value *value)
{
    uint64_t bits;
    switch (value->kind) {
    case SIPC_KIND_NULL: printf("n"); break;
    case SIPC_KIND_BOOL: printf("b%d", (int)value->i); break;
    case SIPC_KIND_INT: printf("i%" PRId64, value->i); break;
    case SIPC_KIND_UINT: printf("u%" PRIu64, value->u); break;
    case SIPC_KIND_FLOAT:
        memcpy(&bits, &value->f, sizeof bits);
        printf("d%016" PRIx64, bits);
        break;
    case SIPC_KIND_STR: printf("s"); write_data(value->data, value->len); break;
    case SIPC_KIND_BYTES: printf("x"); write_data(value->data, value->len); break;
    case SIPC_KIND_LIST:
        for (uint64_t k = 0; k < value->count; k++) {
            printf(k == 0 ? "[" : ",");
            write_value(&value->items[k]);
        }
        printf(value->count == 0 ? "[]" : "]");
        break;
    case SIPC_KIND_MAP:
        for (uint64_t k = 0; k < 2 * value->count; k++) {
            printf(k == 0 ? "{" : k % 2 == 0 ? "," : ":");
            write_value(&value->items[k]);
        }
        printf(value->count == 0 ? "{}" : "}");
        break;
    case SIPC_KIND_TENSOR: write_tensor(value); break;
    case SIPC_KIND_OPAQUE:
        printf("o");
        write_hex(value->label, value->label_len);
        printf(":");
        write_data(value->data, value->len);
        break;
    default: printf("kind%" PRIu32, value->kind);
    }
}

/* ---- commands ---- */

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
                                        "call", "serve", "", "host"};
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
