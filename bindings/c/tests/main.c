/* Runs every test in a process and a channel directory of its own. */
#include "test.h"

#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 30 };

static char directory[64];
static int sentence_out;
const char *program_path;

void fail(const char *file, int line, const char *format, ...)
{
    char text[1024];
    const char *base = strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file;
    int used = snprintf(text, sizeof text, "%s:%d: ", base, line);
    va_list list;
    va_start(list, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, list);
    va_end(list);
    ssize_t written = write(sentence_out, text, strlen(text));
    _exit(written > 0 ? 1 : 2);
}

void check_equal(const char *file, int line, const char *what, long long have, long long want)
{
    if (have != want) fail(file, line, "%s is %lld, not %lld", what, have, want);
}

void check_status(const char *file, int line, const char *what, int32_t have, int32_t want)
{
    if (have != want)
        fail(file, line, "%s: %s, not %s", what, sipc_status_text(have), sipc_status_text(want));
}

void check_error(const char *file, int line, const char *what, const sipc_error *error,
                 int32_t status, const char *word)
{
    if (error->status != status)
        fail(file, line, "%s: error.status is %d, not %d", what, (int)error->status, (int)status);
    if (error->message[0] == 0) fail(file, line, "%s: no sentence", what);
    if (strstr(error->message, word) == NULL)
        fail(file, line, "%s: '%s' does not mention '%s'", what, error->message, word);
}

sipc_value value_of(uint32_t kind)
{
    sipc_value value = SIPC_VALUE_INIT;
    value.kind = kind;
    return value;
}

sipc_value value_int(int64_t i)
{
    sipc_value value = value_of(SIPC_KIND_INT);
    value.i = i;
    return value;
}

sipc_value value_str(const char *text)
{
    sipc_value value = value_of(SIPC_KIND_STR);
    value.data = text;
    value.len = strlen(text);
    return value;
}

sipc_channel *opened(const char *name, uint32_t role)
{
    sipc_channel *channel = NULL;
    sipc_error error = SIPC_ERROR_INIT;
    if (sipc_open(name, role, NULL, &channel, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_open(%s): %s", name, error.message);
    if (channel == NULL) fail(__FILE__, __LINE__, "sipc_open(%s) gave NULL", name);
    return channel;
}

void put_int(sipc_channel *channel, int64_t i)
{
    sipc_value value = value_int(i);
    sipc_error error = SIPC_ERROR_INIT;
    if (sipc_put(channel, &value, SECOND_NS, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_put: %s", error.message);
}

int64_t take_int(sipc_channel *channel)
{
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_error error = SIPC_ERROR_INIT;
    if (sipc_take(channel, 5 * SECOND_NS, &message, &error) != SIPC_OK)
        fail(__FILE__, __LINE__, "sipc_take: %s", error.message);
    CHECK_EQUAL(message.value.kind, SIPC_KIND_INT);
    int64_t i = message.value.i;
    sipc_release(&message);
    return i;
}

const char *test_directory(void)
{
    return directory;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Runs one test; 0 if it went well, else `why` says what did not. */
static int run(const test *one, char *why, size_t why_size)
{
    int ends[2];
    snprintf(directory, sizeof directory, "/dev/shm/sipc-c-XXXXXX");
    if (mkdtemp(directory) == NULL || pipe(ends) != 0) {
        snprintf(why, why_size, "cannot set up %s", directory);
        return 1;
    }
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        close(ends[0]);
        sentence_out = ends[1];
        setenv("SIPC_DIR", directory, 1);
        alarm(SECONDS_MAX);
        one->run();
        _exit(0);
    }
    int state = 0;
    waitpid(child, &state, 0);
    kill(-child, SIGKILL); /* children of its own that hang */
    close(ends[1]);
    ssize_t got = read(ends[0], why, why_size - 1);
    why[got > 0 ? got : 0] = 0;
    close(ends[0]);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (WIFSIGNALED(state)) {
        int number = WTERMSIG(state);
        snprintf(why, why_size, number == SIGALRM ? "still running after %d s" : "signal %d",
                 number == SIGALRM ? SECONDS_MAX : number);
    }
    return state != 0;
}

/* Usage: tests PREFIX. The prefix tells apart the builds in the output. */
int main(int argc, char **argv)
{
    const test *const lists[] = {argument_tests, channel_tests, value_tests, loan_tests,
                                 state_tests,    lock_tests,    thread_tests, fork_tests,
                                 upkeep_tests,   call_tests,    plugin_tests, peer_tests,
                                 loop_tests,     epoll_tests};
    const char *prefix = argc > 1 ? argv[1] : "c";
    program_path = argv[0];
    if (getenv("SIPC_PLUGIN") != NULL) be_a_plugin();
    int failures = 0;
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++) {
        for (const test *one = lists[list]; one->name != NULL; one++) {
            char why[1024];
            if (run(one, why, sizeof why) == 0) {
                printf("ok %s %s\n", prefix, one->name);
            } else {
                printf("FAILED %s %s: %s\n", prefix, one->name, why);
                failures++;
            }
            fflush(stdout);
        }
    }
    return failures != 0;
}
