/* A worker of the comparison in C: one end of SimpleIPC, through simpleipc.h, doing one work.
 *
 *     cc -O2 -I include bench/compare/languages/c/worker.c -L target/release -lsimpleipc \
 *         -Wl,-rpath,$PWD/target/release -o bench-c
 *     ./bench-c work=pingpong role=b wait=spin sizes=8,64 dir=/dev/shm/x
 *     ./bench-c work=pingpong role=a wait=spin sizes=8,64 dir=/dev/shm/x
 *
 * It does the works pingpong, wake, stream, frame, start, idle and call as the harness describes
 * them, with the same messages on the same channels, so that its partner may be a worker in any
 * language. As in the Rust worker, messages bear no time unless the system is called
 * simpleipc-stamped, and messages above 4096 bytes are filled into a loan.
 *
 * content.h has what is in a message, figures.h what is made of samples.
 */

#define _GNU_SOURCE /* the clock and getrusage with any -std */

#include <simpleipc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "content.h"
#include "figures.h"

enum {
    SIZES_MAX = 16,
    ROUNDS_WARM = 500,
    SAMPLES_MAX = 1 << 20,
    WAKES_WARM = 2,
    FRAMES_WARM = 3,
    FRAMES_MAX = 1 << 16,
    BATCHES_WARM = 5,
    CALLS_PER_SAMPLE = 1000,
    BAND_BYTES = 128 << 10,
    PUT_BYTES_MAX = 4096,
    SHORT_BYTES = 16,
    /* The clock is read once in as many messages, or in as many bytes if that is sooner. */
    MESSAGES_PER_LOOK = 256,
    BYTES_PER_LOOK = 1 << 20
};

static struct {
    const char *work, *system, *dir, *kind;
    char role;
    int is_spinning, is_queue;
    size_t sizes[SIZES_MAX];
    int sizes_count;
    int64_t budget_ms, count, gap_ms, inputs, outputs;
} words = { "", "simpleipc", "", "seen", 'a', 0, 0, { 0 }, 0, 100, 0, 0, 1, 1 };

static int64_t main_ns;

static void fail(const char *format, ...)
{
    va_list rest;
    printf("error ");
    va_start(rest, format);
    vprintf(format, rest);
    va_end(rest);
    printf("\n");
    fflush(stdout);
    exit(1);
}

static void require(int32_t status, const char *what)
{
    if (status != SIPC_OK) fail("%s: %s", what, sipc_status_text(status));
}

/* Ends */

static sipc_channel *open_end(const char *name, int is_output, int is_queue)
{
    static const uint32_t ROLES[2][2] = {
        { SIPC_ROLE_SUBSCRIBE, SIPC_ROLE_PUBLISH },
        { SIPC_ROLE_RECEIVE, SIPC_ROLE_SEND },
    };
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_error error = SIPC_ERROR_INIT;
    sipc_channel *channel = NULL;
    options.directory = words.dir;
    if (is_output && strcmp(words.system, "simpleipc-stamped") != 0)
        options.flags |= SIPC_OPTION_UNSTAMPED;
    if (!is_output && !is_queue) options.flags |= SIPC_OPTION_LOSSLESS;
    if (sipc_open(name, ROLES[is_queue][is_output], &options, &channel, &error) != SIPC_OK)
        fail("%s: %s", name, error.message);
    return channel;
}

static sipc_channel *open_input(const char *name) { return open_end(name, 0, 0); }

static sipc_channel *open_output(const char *name) { return open_end(name, 1, 0); }

/* Takes the next message; the one before has been released. */
static inline const void *take(sipc_channel *input, sipc_message *message)
{
    int32_t status;
    do {
        status = sipc_take(input, words.is_spinning ? 0 : -1, message, NULL);
    } while (status == SIPC_TIMEOUT);
    require(status, "take");
    if (message->missed > 0) fail("%d messages were missed", (int)message->missed);
    return message->value.data;
}

static inline void put(sipc_channel *output, const void *bytes, size_t len)
{
    sipc_value value = SIPC_VALUE_INIT;
    value.kind = SIPC_KIND_BYTES;
    value.data = bytes;
    value.len = len;
    require(sipc_put(output, &value, -1, NULL), "put");
}

/* Sends a message: small ones from a buffer, large ones are filled in place. */
static inline void send_content(sipc_channel *output, const content *what, uint64_t sequence,
                                const uint64_t *mark)
{
    static uint64_t buffer[PUT_BYTES_MAX / 8];
    if (what->size <= PUT_BYTES_MAX) {
        content_fill(what, buffer, sequence, mark);
        put(output, buffer, what->size);
        return;
    }
    sipc_value value = SIPC_VALUE_INIT;
    value.kind = SIPC_KIND_BYTES;
    value.len = what->size;
    require(sipc_loan(output, &value, -1, NULL), "loan");
    content_fill(what, (uint64_t *)value.data, sequence, mark);
    require(sipc_put(output, &value, -1, NULL), "put");
}

static void send_stamp(sipc_channel *output, uint64_t sequence, uint64_t number)
{
    uint64_t message[2] = { sequence, number };
    put(output, message, sizeof message);
}

/* Acknowledges, or waits for that. */
static void send_short(sipc_channel *output) { send_stamp(output, 0, GOLDEN); }

static void await(sipc_channel *input)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    take(input, &message);
    sipc_release(&message);
}

static void ready(void)
{
    char line[64] = "";
    printf("ready\n");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "go\n") != 0)
        fail("the runner did not say go");
}

static int64_t budget_end(int64_t from_ns) { return from_ns + words.budget_ms * 1000000; }

/* pingpong: a sends, b checks and answers, a checks. Reported is half of each round trip. */

static void pingpong_a(void)
{
    sipc_channel *pong = open_input("pong"), *ping = open_output("ping");
    sipc_message message = SIPC_MESSAGE_INIT;
    samples times = samples_new(SAMPLES_MAX);
    ready();
    for (int i = 0; i < words.sizes_count; i++) {
        content what = content_new(words.sizes[i]);
        int intact = 1;
        uint64_t sequence = 0;
        int64_t end_ns = 0, to_ns = 0;
        times.count = 0;
        do {
            if (sequence == ROUNDS_WARM) end_ns = budget_end(now_ns());
            int64_t from_ns = now_ns();
            send_content(ping, &what, sequence, NULL);
            const void *bytes = take(pong, &message);
            intact &= content_is_intact(&what, bytes, message.value.len, sequence);
            sipc_release(&message);
            to_ns = now_ns();
            if (sequence++ >= ROUNDS_WARM) samples_take(&times, to_ns - from_ns);
        } while (sequence <= ROUNDS_WARM || (to_ns < end_ns && times.count < SAMPLES_MAX));
        send_content(ping, &what, END, &sequence);
        await(pong); /* b has nothing of this size left */
        printf("result size=%zu unit=ns ", what.size);
        samples_print(&times, 0, 2);
        printf(" verified=%d\n", intact);
        content_free(&what);
    }
    samples_free(&times);
    sipc_close(ping);
    sipc_close(pong);
}

static void pingpong_b(void)
{
    sipc_channel *ping = open_input("ping"), *pong;
    sipc_message message = SIPC_MESSAGE_INIT;
    ready();
    pong = open_output("pong");
    for (int i = 0; i < words.sizes_count; i++) {
        content what = content_new(words.sizes[i]);
        int ended = 0;
        for (uint64_t next = 0; !ended; next++) {
            const uint64_t *bytes = take(ping, &message);
            ended = bytes[0] == END;
            int intact = ended || content_is_intact(&what, bytes, message.value.len, next);
            sipc_release(&message);
            /* A damaged question gets an answer that a takes for damage. */
            send_content(pong, &what, intact ? next : END - 1, NULL);
        }
        content_free(&what);
    }
    sipc_close(pong);
    sipc_close(ping);
}

/* wake: a sleeps between messages, b in sipc_take. */

static void wake_a(void)
{
    sipc_channel *ping = open_output("ping");
    ready();
    for (int64_t sequence = 0; sequence < words.count; sequence++) {
        sleep_ms(words.gap_ms);
        send_stamp(ping, (uint64_t)sequence, (uint64_t)now_ns());
    }
    sipc_close(ping);
}

/* Also of the work start, whose messages are all the first of somebody. */
static void stamps_b(int is_start)
{
    sipc_channel *ping = open_input("ping");
    sipc_message message = SIPC_MESSAGE_INIT;
    samples times = samples_new((size_t)words.count);
    int intact = 1;
    ready();
    for (int64_t next = 0; next < words.count; next++) {
        const uint64_t *bytes = take(ping, &message);
        samples_take(&times, now_ns() - (int64_t)bytes[1]);
        intact &= message.value.len == SHORT_BYTES && bytes[0] == (is_start ? 0 : (uint64_t)next);
        sipc_release(&message);
    }
    printf("result size=%d unit=ns ", SHORT_BYTES);
    samples_print(&times, is_start ? 0 : WAKES_WARM, 1);
    printf(" verified=%d\n", intact);
    samples_free(&times);
    sipc_close(ping);
}

/* stream: as fast as it goes, the receiver holding the sender back. */

static void stream_a(void)
{
    sipc_channel *pong = open_input("pong"), *ping = open_output("ping");
    ready();
    for (int i = 0; i < words.sizes_count; i++) {
        content what = content_new(words.sizes[i]);
        uint64_t burst = BYTES_PER_LOOK / what.size, count = 0;
        if (burst > MESSAGES_PER_LOOK) burst = MESSAGES_PER_LOOK;
        if (burst < 1) burst = 1;
        int64_t start_ns = now_ns();
        while (now_ns() < budget_end(start_ns))
            for (uint64_t next = count + burst; count < next; count++)
                send_content(ping, &what, count, NULL);
        send_content(ping, &what, END, &count);
        await(pong);
        printf("result size=%zu start_ns=%lld count=%llu\n", what.size, (long long)start_ns,
               (unsigned long long)count);
        content_free(&what);
    }
    sipc_close(ping);
    sipc_close(pong);
}

static void stream_b(void)
{
    sipc_channel *ping = open_input("ping"), *pong;
    sipc_message message = SIPC_MESSAGE_INIT;
    ready();
    pong = open_output("pong");
    for (int i = 0; i < words.sizes_count; i++) {
        content what = content_new(words.sizes[i]);
        int intact = 1, ended = 0;
        uint64_t count = 0;
        while (!ended) {
            const uint64_t *bytes = take(ping, &message);
            if (bytes[0] == END) {
                ended = 1;
                intact &= message.value.len < SHORT_BYTES || bytes[1] == count;
            } else {
                intact &= content_is_intact(&what, bytes, message.value.len, count);
                count++;
            }
            sipc_release(&message);
        }
        printf("result size=%zu end_ns=%lld count=%llu verified=%d\n", what.size,
               (long long)now_ns(), (unsigned long long)count, intact);
        fflush(stdout);
        send_short(pong);
        content_free(&what);
    }
    sipc_close(pong);
    sipc_close(ping);
}

/* frame: large messages one at a time, filled in place. Kind follow sends bands of them. */

static int is_following(void) { return strcmp(words.kind, "follow") == 0; }

/* The messages of a frame are all of one size, but for the last. */
static size_t frame_parts(size_t size, content *part, content *last)
{
    size_t step = is_following() && size > BAND_BYTES ? BAND_BYTES : size;
    size_t parts = (size + step - 1) / step;
    *part = content_new(step);
    *last = content_new(size - (parts - 1) * step);
    return parts;
}

static void frame_a(void)
{
    sipc_channel *pong = open_input("pong"), *ping = open_output("ping");
    ready();
    for (int i = 0; i < words.sizes_count; i++) {
        content part, last;
        size_t parts = frame_parts(words.sizes[i], &part, &last);
        uint64_t sequence = 0;
        int64_t frames = 0, end_ns = budget_end(now_ns());
        while (words.count ? frames < words.count + FRAMES_WARM
                           : now_ns() < end_ns && frames < FRAMES_MAX) {
            uint64_t from_ns = (uint64_t)now_ns();
            for (size_t j = 0; j < parts; j++)
                send_content(ping, j + 1 < parts ? &part : &last, sequence++, &from_ns);
            await(pong);
            frames++;
        }
        send_stamp(ping, END, sequence);
        await(pong);
        content_free(&part);
        content_free(&last);
    }
    sipc_close(ping);
    sipc_close(pong);
}

static void frame_b(void)
{
    sipc_channel *ping = open_input("ping"), *pong;
    sipc_message message = SIPC_MESSAGE_INIT;
    int is_read = strcmp(words.kind, "read") == 0, is_seen = strcmp(words.kind, "seen") == 0;
    samples times = samples_new(FRAMES_MAX);
    ready();
    pong = open_output("pong");
    for (int i = 0; i < words.sizes_count; i++) {
        size_t size = words.sizes[i], at = 0, j = 0;
        content part, last;
        size_t parts = frame_parts(size, &part, &last);
        char *copy = malloc(size);
        memset(copy, 1, size); /* so that the pages are there */
        uint64_t sequence = 0;
        int intact = 1;
        times.count = 0;
        for (;;) {
            const uint64_t *bytes = take(ping, &message);
            const content *what = j + 1 < parts ? &part : &last;
            int64_t done_ns = now_ns();
            uint64_t sent_ns = bytes[1];
            if (bytes[0] == END) {
                intact &= j == 0 && sent_ns == sequence;
                sipc_release(&message);
                break;
            }
            if (message.value.len != what->size) fail("a message of another size came");
            if (is_seen) {
                intact &= content_has_marks(what, bytes, sequence, sent_ns);
            } else if (is_read) {
                uint64_t sum = words_sum(bytes, what->size);
                done_ns = now_ns();
                intact &= sum == content_sum(what, sequence, &sent_ns);
            } else {
                memcpy(copy + at, bytes, what->size);
                done_ns = now_ns();
            }
            sipc_release(&message);
            sequence++;
            at += what->size;
            if (++j < parts) continue;
            samples_take(&times, done_ns - (int64_t)sent_ns);
            for (j = 0, at = 0; !is_seen && !is_read && j < parts; j++, at += part.size)
                intact &= content_has_marks(j + 1 < parts ? &part : &last,
                                            (const uint64_t *)(copy + at), sequence - parts + j,
                                            sent_ns);
            j = at = 0;
            send_short(pong);
        }
        printf("result size=%zu unit=ns ", size);
        samples_print(&times, FRAMES_WARM, 1);
        printf(" verified=%d\n", intact);
        fflush(stdout);
        send_short(pong);
        free(copy);
        content_free(&part);
        content_free(&last);
    }
    samples_free(&times);
    sipc_close(pong);
    sipc_close(ping);
}

/* start: from the first line of main to the first message being there. */

static void start_a(void)
{
    sipc_channel *ping = open_output("ping");
    send_stamp(ping, 0, (uint64_t)main_ns);
    printf("done\n");
    sipc_close(ping);
}

/* idle: what waiting costs. */

static void idle_a(void)
{
    sipc_channel *ping = open_output("ping");
    ready();
    send_stamp(ping, 0, 0);
    sleep_ms(words.gap_ms ? words.gap_ms : 1000);
    send_stamp(ping, 1, 0);
    sipc_close(ping);
}

static int64_t cpu_ns(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000LL +
        (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000LL;
}

static void idle_b(void)
{
    struct rusage from, to;
    sipc_channel *ping = open_input("ping");
    ready();
    await(ping);
    int64_t from_ns = now_ns();
    getrusage(RUSAGE_SELF, &from);
    await(ping);
    getrusage(RUSAGE_SELF, &to);
    printf("result cpu_ns=%lld switches=%ld seconds=%.3f verified=1\n",
           (long long)(cpu_ns(&to) - cpu_ns(&from)),
           to.ru_nvcsw + to.ru_nivcsw - from.ru_nvcsw - from.ru_nivcsw,
           (double)(now_ns() - from_ns) / 1e9);
    sipc_close(ping);
}

/* call: put, take and release in one process. */

static int64_t call_batch(sipc_channel *output, sipc_channel *input, char *bytes, size_t size)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    int64_t from_ns = now_ns();
    for (uint32_t number = 0; number < CALLS_PER_SAMPLE; number++) {
        sipc_value value = SIPC_VALUE_INIT;
        if (size == 8) {
            value.kind = SIPC_KIND_INT;
            value.i = number;
        } else {
            memcpy(bytes, &number, sizeof number);
            value.kind = SIPC_KIND_BYTES;
            value.data = bytes;
            value.len = size;
        }
        require(sipc_put(output, &value, -1, NULL), "put");
        require(sipc_take(input, -1, &message, NULL), "take");
        int is_right = message.value.kind == value.kind &&
            (size == 8 ? message.value.i == number
                       : memcmp(message.value.data, &number, sizeof number) == 0);
        sipc_release(&message);
        if (!is_right) fail("another value came than was sent");
    }
    return now_ns() - from_ns;
}

static void call(void)
{
    sipc_channel *input = open_end("ping", 0, words.is_queue);
    sipc_channel *output = open_end("ping", 1, words.is_queue);
    samples times = samples_new(SAMPLES_MAX);
    ready();
    for (int i = 0; i < words.sizes_count; i++) {
        char *bytes = calloc(1, words.sizes[i]);
        times.count = 0;
        for (int batch = 0; batch < BATCHES_WARM; batch++)
            call_batch(output, input, bytes, words.sizes[i]);
        for (int64_t end_ns = budget_end(now_ns()); now_ns() < end_ns;)
            samples_take(&times, call_batch(output, input, bytes, words.sizes[i]));
        printf("result size=%zu unit=ns ", words.sizes[i]);
        samples_print(&times, 0, CALLS_PER_SAMPLE);
        printf(" verified=1\n");
        free(bytes);
    }
    samples_free(&times);
    sipc_close(output);
    sipc_close(input);
}

/* The command line */

static void set_sizes(char *list)
{
    for (char *size = strtok(list, ","); size != NULL; size = strtok(NULL, ",")) {
        if (words.sizes_count == SIZES_MAX) fail("there are more than %d sizes", SIZES_MAX);
        words.sizes[words.sizes_count] = strtoull(size, NULL, 10);
        if (words.sizes[words.sizes_count] < 8 || words.sizes[words.sizes_count] % 8 != 0)
            fail("size %s is no multiple of 8 above 0", size);
        words.sizes_count++;
    }
}

static void set_word(const char *key, char *value)
{
    struct { const char *key; int64_t *number; } numbers[] = {
        { "budget_ms", &words.budget_ms }, { "count", &words.count }, { "gap_ms", &words.gap_ms },
        { "inputs", &words.inputs }, { "outputs", &words.outputs },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].number = atoll(value);
            return;
        }
    if (strcmp(key, "work") == 0) words.work = value;
    else if (strcmp(key, "role") == 0) words.role = value[0];
    else if (strcmp(key, "system") == 0) words.system = value;
    else if (strcmp(key, "wait") == 0) words.is_spinning = strcmp(value, "spin") == 0;
    else if (strcmp(key, "pattern") == 0) words.is_queue = strcmp(value, "queue") == 0;
    else if (strcmp(key, "kind") == 0) words.kind = value;
    else if (strcmp(key, "dir") == 0) words.dir = value;
    else if (strcmp(key, "sizes") == 0) set_sizes(value);
    else if (strcmp(key, "index") != 0) fail("there is no key %s", key);
}

static void wake_b(void) { stamps_b(0); }

static void start_b(void) { stamps_b(1); }

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*a)(void), (*b)(void); } WORKS[] = {
        { "pingpong", pingpong_a, pingpong_b }, { "wake", wake_a, wake_b },
        { "stream", stream_a, stream_b }, { "frame", frame_a, frame_b },
        { "start", start_a, start_b }, { "idle", idle_a, idle_b }, { "call", call, call },
    };
    char line[64];
    main_ns = now_ns();
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL) fail("argument %s is not of the form key=value", argv[i]);
        *value = 0;
        set_word(argv[i], value + 1);
    }
    if (words.inputs != 1 || words.outputs != 1) fail("C works with one input and one output");
    if (strcmp(words.work, "wake") == 0 || strcmp(words.work, "idle") == 0) words.is_spinning = 0;
    for (size_t i = 0; i < sizeof WORKS / sizeof *WORKS; i++) {
        if (strcmp(words.work, WORKS[i].name) != 0) continue;
        (words.role == 'a' ? WORKS[i].a : WORKS[i].b)();
        if (WORKS[i].a == start_a && words.role == 'a') return 0;
        printf("done\n");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL) return 0;
        return 0;
    }
    fail("the work %s is not done in C", words.work);
}
