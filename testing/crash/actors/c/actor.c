/* The actor in C: plays one part of a storm and keeps its page.
 *
 * `actor key=value ...`; src/storm/part.rs writes the keys, src/storm/page.rs draws the page. Here
 * are topics, queues, states and signals; locks are in owner.c, services in calls.c. */
#include "actor.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char **words;
static uint64_t *page;

const char *text(const char *key)
{
    size_t len = strlen(key);
    for (char **word = words; *word != NULL; word++)
        if (strncmp(*word, key, len) == 0 && (*word)[len] == '=') return *word + len + 1;
    return "";
}

uint64_t number(const char *key)
{
    return strtoull(text(key), NULL, 10);
}

uint64_t *mapped(const char *key)
{
    int file = open(text(key), O_RDWR);
    const size_t bytes = (LOG + 2 * (size_t)LOG_ENTRIES) * 8;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || memory == MAP_FAILED) exit(2);
    close(file);
    return memory;
}

uint64_t get(int word)
{
    return __atomic_load_n(&page[word], __ATOMIC_ACQUIRE);
}

void set(int word, uint64_t value)
{
    __atomic_store_n(&page[word], value, __ATOMIC_RELEASE);
}

void count(int word)
{
    set(word, get(word) + 1);
}

void pause_us(long us)
{
    const struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

void fail(int32_t status, const char *sentence)
{
    set(FAILED, (uint64_t)status);
    fprintf(stderr, "actor %s: %s\n", text("id"), sentence);
    exit(1);
}

int is_passing(int32_t status)
{
    return status == SIPC_TIMEOUT || status == SIPC_FULL || status == SIPC_INTERRUPTED ||
           status == SIPC_NO_SPACE;
}

uint32_t crc32_of(const uint8_t *data, size_t len)
{
    static uint32_t table[256];
    if (table[1] == 0)
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t crc = i;
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
            table[i] = crc;
        }
    uint32_t crc = ~0u;
    for (size_t i = 0; i < len; i++) crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
    return ~crc;
}

void fill(uint64_t sender, uint64_t n, uint8_t *to, size_t len)
{
    if (len < BYTES_MIN) {
        for (size_t i = 0; i < len; i++) to[i] = (uint8_t)(n + i);
        return;
    }
    memcpy(to + 4, &sender, 8);
    memcpy(to + 12, &n, 8);
    for (size_t i = BYTES_MIN; i < len; i++) to[i] = (uint8_t)(n + i - BYTES_MIN);
    uint32_t crc = crc32_of(to + 4, len - 4);
    memcpy(to, &crc, 4);
}

static int is_whole(const sipc_message *message)
{
    const uint64_t stamp = (uint64_t)message->value.capture_time_ns;
    const uint64_t sender = stamp >> 32, n = stamp & 0xffffffffu;
    const uint8_t *data = message->value.data;
    const size_t len = (size_t)message->value.len;
    if (message->value.kind != SIPC_KIND_BYTES) return 0;
    if (len < BYTES_MIN) {
        uint8_t due[BYTES_MIN];
        const size_t due_len = n % BYTES_MIN;
        fill(sender, n, due, due_len);
        return len == due_len && memcmp(data, due, len) == 0;
    }
    uint64_t names[2];
    uint32_t crc;
    memcpy(names, data + 4, 16);
    memcpy(&crc, data, 4);
    return names[0] == sender && names[1] == n && crc == crc32_of(data + 4, len - 4);
}

size_t length_of(uint64_t sender, uint64_t n, uint64_t most)
{
    const uint64_t mix = (n * 2654435761u + sender * 40503u) >> 7, kind = mix % 64, rest = mix / 64;
    if (kind < 8) return n % BYTES_MIN;
    if (kind < 44) return 20 + rest % 85;
    if (kind < 58) return 105 + rest % 4000;
    if (kind < 63) return 5000 + rest % 60000;
    return rest % 8 == 0 ? most : most / 16;
}

sipc_channel *opened(uint32_t role)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    options.directory = text("dir");
    options.history = (uint32_t)number("history");
    options.depth = (uint32_t)number("depth");
    options.pool_bytes_max = number("pool");
    if (number("lossless")) options.flags |= SIPC_OPTION_LOSSLESS;
    if (number("latest")) options.flags |= SIPC_OPTION_LATEST;
    if (number("tap")) options.flags |= SIPC_OPTION_TAP;
    if (number("unstamped")) options.flags |= SIPC_OPTION_UNSTAMPED;
    if (role == SIPC_ROLE_LOCK) options.permits = (uint32_t)number("permits");
    while (get(ORDER) != END) {
        sipc_channel *channel = NULL;
        sipc_error error = SIPC_ERROR_INIT;
        count(TURNS);
        int32_t status = sipc_open(text("channel"), role, &options, &channel, &error);
        if (status == SIPC_OK) return channel;
        if (!is_passing(status) && status != SIPC_TOO_MANY_PRODUCERS &&
            status != SIPC_TOO_MANY_PEERS && status != SIPC_SYSTEM)
            fail(status, error.message);
        count(RETRIES);
        pause_us(IDLE_US);
    }
    return NULL;
}

static int32_t put(sipc_channel *channel, uint32_t role, uint64_t sender, uint64_t n, size_t len,
                   sipc_error *error)
{
    sipc_value value = SIPC_VALUE_INIT;
    if (role == SIPC_ROLE_NOTIFY) return sipc_put(channel, &value, CALL_NS, error);
    value.kind = SIPC_KIND_BYTES;
    value.len = len;
    value.capture_time_ns = (int64_t)(sender << 32 | n);
    if (len >= BYTES_MIN && n % 4 == 1) {
        int32_t status = sipc_loan(channel, &value, CALL_NS, error);
        if (status != SIPC_OK) return status;
        fill(sender, n, (uint8_t *)(uintptr_t)value.data, len);
        status = sipc_put(channel, &value, CALL_NS, error);
        if (status != SIPC_OK) sipc_unloan(channel, (void *)(uintptr_t)value.data);
        return status;
    }
    uint8_t *bytes = malloc(len + 1);
    if (bytes == NULL) return SIPC_NO_SPACE;
    fill(sender, n, bytes, len);
    value.data = bytes;
    int32_t status = sipc_put(channel, &value, CALL_NS, error);
    free(bytes);
    return status;
}

void hush(void)
{
    set(STATE, HUSHED);
    while (get(ORDER) != END) {
        count(TURNS);
        pause_us(IDLE_US);
    }
}

static void produce(uint32_t role)
{
    const uint64_t burst = number("burst") > 0 ? number("burst") : 1;
    const uint64_t sender = number("id") * HANDLES_MAX, most = number("bytes");
    sipc_channel *channel = opened(role);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    for (uint64_t turn = 1; get(ORDER) == PLAY; turn++) {
        const uint64_t n = get(DONE);
        sipc_error error = SIPC_ERROR_INIT;
        const int64_t began_ns = sipc_now_ns();
        set(BEGUN, n + 1);
        int32_t status = put(channel, role, sender, n, length_of(sender, n, most), &error);
        if (status == SIPC_OK) {
            if (role == SIPC_ROLE_SET) {
                set(SET_ENDED_NS, (uint64_t)sipc_now_ns());
                set(SET_BEGAN_NS, (uint64_t)began_ns);
            }
            set(DONE, n + 1);
        } else if (is_passing(status)) {
            set(BEGUN, n); /* promised: on an error nothing has been sent */
            count(RETRIES);
        } else {
            fail(status, error.message);
        }
        count(TURNS);
        if (turn % burst == 0) pause_us((long)number("pause_us"));
    }
    hush();
    sipc_close(channel);
}

int is_over(void)
{
    count(TURNS);
    while (get(RECEIVED) - get(READ) >= LOG_ENTRIES && get(ORDER) != END) {
        count(TURNS);
        pause_us(IDLE_US);
    }
    return get(ORDER) == END;
}

void append(uint64_t stamp, int is_torn, int is_redelivered, uint64_t rest)
{
    const uint64_t received = get(RECEIVED);
    const int at = LOG + 2 * (int)(received % LOG_ENTRIES);
    set(at, stamp);
    set(at + 1, (uint64_t)is_torn | (uint64_t)is_redelivered << 1 | rest << 8);
    set(RECEIVED, received + 1);
}

int has_taken(int32_t status, const sipc_error *error)
{
    if (status == SIPC_OK) return 1;
    if (!is_passing(status)) fail(status, error->message);
    count(RETRIES);
    return 0;
}

/* Takes the next message and writes it into the log; false if none came. */
static int take(sipc_channel *channel, sipc_message *message)
{
    sipc_error error = SIPC_ERROR_INIT;
    if (!has_taken(sipc_take(channel, CALL_NS, message, &error), &error)) return 0;
    append((uint64_t)message->value.capture_time_ns, !is_whole(message),
           (message->flags & SIPC_MESSAGE_REDELIVERED) != 0, message->missed);
    return 1;
}

/* The same with a value, and its place in the order of all. */
static int look(sipc_channel *channel, sipc_message *message)
{
    static uint64_t turn;
    sipc_error error = SIPC_ERROR_INIT;
    int32_t status = ++turn % 8 == 0 ? sipc_current(channel, CALL_NS, message, &error)
                                     : sipc_take(channel, CALL_NS, message, &error);
    if (!has_taken(status, &error)) return 0;
    append((uint64_t)message->value.capture_time_ns, !is_whole(message), 0, message->sequence);
    return 1;
}

/* Lets a message go, and looks at it once more before. */
static void release(sipc_message *message)
{
    if (!is_whole(message)) count(CHANGED);
    count(RELEASING);
    sipc_release(message);
    count(RELEASED);
}

void work(void)
{
    if (number("work_us") > 0 && get(RECEIVED) % 8 == 0) pause_us((long)number("work_us"));
}

/* Subscribes, or watches a state. */
static void follow(uint32_t role, int (*next)(sipc_channel *, sipc_message *))
{
    sipc_channel *channel = opened(role);
    sipc_message held[HELD_MAX];
    const uint64_t most = number("hold") < HELD_MAX ? number("hold") : HELD_MAX - 1;
    uint64_t first = 0, end = 0; /* of the ring of those held */
    if (channel == NULL) return;
    set(STATE, PLAYING);
    while (!is_over()) {
        sipc_message *message = &held[end % HELD_MAX];
        *message = (sipc_message)SIPC_MESSAGE_INIT;
        if (next(channel, message)) end++;
        if (end - first > most) release(&held[first++ % HELD_MAX]);
        work();
    }
    while (first < end) release(&held[first++ % HELD_MAX]);
    sipc_close(channel);
}

static void receive(void)
{
    sipc_channel *channel = opened(SIPC_ROLE_RECEIVE);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    while (!is_over()) {
        sipc_message message = SIPC_MESSAGE_INIT;
        if (!take(channel, &message)) continue;
        work();
        release(&message);
    }
    sipc_close(channel);
}

/* Counts what it is notified of. */
static void wait_for_signals(void)
{
    sipc_channel *channel = opened(SIPC_ROLE_WAIT);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    while (!is_over()) {
        sipc_message message = SIPC_MESSAGE_INIT;
        sipc_error error = SIPC_ERROR_INIT;
        if (!has_taken(sipc_take(channel, CALL_NS, &message, &error), &error)) continue;
        set(NOTED, get(NOTED) + message.value.u);
        sipc_release(&message);
    }
    sipc_close(channel);
}

static void nothing(int signal)
{
    (void)signal;
}

/* Takes the user's numbers, and a handler that does nothing but end what waits. */
static void become_user(void)
{
    const uid_t user = (uid_t)number("uid");
    const gid_t group = (gid_t)number("gid");
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = nothing;
    sigaction(SIGUSR1, &action, NULL);
    if (user != 0 && (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 ||
                      setresuid(user, user, user) != 0))
        fail(SIPC_SYSTEM, "cannot become another user");
}

int main(int argc, char **argv)
{
    (void)argc;
    words = argv + 1;
    page = mapped("page");
    become_user();
    const char *role = text("role");
    if (strcmp(role, "publish") == 0) produce(SIPC_ROLE_PUBLISH);
    else if (strcmp(role, "send") == 0) produce(SIPC_ROLE_SEND);
    else if (strcmp(role, "set") == 0) produce(SIPC_ROLE_SET);
    else if (strcmp(role, "notify") == 0) produce(SIPC_ROLE_NOTIFY);
    else if (strcmp(role, "subscribe") == 0) follow(SIPC_ROLE_SUBSCRIBE, take);
    else if (strcmp(role, "watch") == 0) follow(SIPC_ROLE_WATCH, look);
    else if (strcmp(role, "wait") == 0) wait_for_signals();
    else if (strcmp(role, "own") == 0) own();
    else if (strcmp(role, "call") == 0) call_service();
    else if (strcmp(role, "serve") == 0) serve();
    else receive();
    set(STATE, ENDED);
    return 0;
}
