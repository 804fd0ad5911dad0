/* What every test uses. A test runs in a process of its own with a SIPC_DIR of its own; the first
 * expectation that does not hold ends it. Valid C99 and valid C++. */
#ifndef SIPC_TEST_H
#define SIPC_TEST_H

#include <simpleipc.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

/* A test: its name is a sentence with underscores. */
typedef struct {
    const char *name;
    void (*run)(void);
} test;

/* Each file offers its tests in a list that ends with a NULL name. */
extern const test argument_tests[];
extern const test call_tests[];
extern const test channel_tests[];
extern const test epoll_tests[];
extern const test fork_tests[];
extern const test loan_tests[];
extern const test lock_tests[];
extern const test loop_tests[];
extern const test peer_tests[];
extern const test plugin_tests[];
extern const test state_tests[];
extern const test thread_tests[];
extern const test upkeep_tests[];
extern const test value_tests[];

/* Ends the test: FAILED with this sentence. */
void fail(const char *file, int line, const char *format, ...);

/* The condition holds. */
#define CHECK(condition) \
    do { \
        if (!(condition)) fail(__FILE__, __LINE__, "not true: %s", #condition); \
    } while (0)

/* Two integers are equal. */
#define CHECK_EQUAL(have, want) \
    check_equal(__FILE__, __LINE__, #have, (long long)(have), (long long)(want))

/* A call returns this status. */
#define CHECK_STATUS(call, want) check_status(__FILE__, __LINE__, #call, (call), (want))

/* A call with `&error` as its last argument fails with this status and explains itself; the
 * sentence contains `word`. */
#define CHECK_ERROR(call, want, word) \
    do { \
        sipc_error error = SIPC_ERROR_INIT; \
        check_status(__FILE__, __LINE__, #call, (call), (want)); \
        check_error(__FILE__, __LINE__, #call, &error, (want), (word)); \
    } while (0)

void check_equal(const char *file, int line, const char *what, long long have, long long want);
void check_status(const char *file, int line, const char *what, int32_t have, int32_t want);
void check_error(const char *file, int line, const char *what, const sipc_error *error,
                 int32_t status, const char *word);

/* Values to send. */
sipc_value value_of(uint32_t kind);
sipc_value value_int(int64_t i);
sipc_value value_str(const char *text);

/* Opens or ends the test. */
sipc_channel *opened(const char *name, uint32_t role);

/* Puts, or takes, one int at once or ends the test. */
void put_int(sipc_channel *channel, int64_t i);
int64_t take_int(sipc_channel *channel);

/* How this program was started. */
extern const char *program_path;

/* Never returns; see plugins.c. */
void be_a_plugin(void);

/* The directory of this test. */
const char *test_directory(void);

#endif
