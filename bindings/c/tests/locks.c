/* Locks and semaphores: one at a time, or a few. */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t NOW = 0;

static sipc_channel *semaphore(const char *name, uint32_t permits)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    options.permits = permits;
    sipc_channel *handle = NULL;
    CHECK_STATUS(sipc_open(name, SIPC_ROLE_LOCK, &options, &handle, NULL), SIPC_OK);
    return handle;
}

static uint64_t lock(sipc_channel *handle)
{
    uint64_t abandoned = 77;
    CHECK_STATUS(sipc_lock(handle, 10 * SECOND_NS, &abandoned, NULL), SIPC_OK);
    return abandoned;
}

/* snippet-begin: docs/lock.md */
/* At most two programs at a time use the camera. */
static int32_t use_camera(void)
{
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *camera = NULL;
    uint64_t abandoned_pid = 0;
    options.permits = 2;
    int32_t status = sipc_open("camera", SIPC_ROLE_LOCK, &options, &camera, NULL);
    if (status == SIPC_OK) status = sipc_lock(camera, 5 * SECOND_NS, &abandoned_pid, NULL);
    if (status == SIPC_OK && abandoned_pid != 0) {
        /* That process died while it had one of the two permits. */
    }
    if (status == SIPC_OK) status = sipc_unlock(camera, NULL);
    sipc_close(camera);
    return status;
}
/* snippet-end */

static void the_program_of_the_page_about_locks_runs(void)
{
    CHECK_STATUS(use_camera(), SIPC_OK);
    CHECK_STATUS(use_camera(), SIPC_OK);
}

static void one_handle_at_a_time_has_a_lock(void)
{
    sipc_channel *first = opened("l", SIPC_ROLE_LOCK);
    sipc_channel *second = opened("l", SIPC_ROLE_LOCK);
    CHECK_EQUAL(lock(first), 0);
    CHECK_STATUS(sipc_lock(second, NOW, NULL, NULL), SIPC_TIMEOUT);
    CHECK_ERROR(sipc_lock(second, SECOND_NS / 100, NULL, &error), SIPC_TIMEOUT, "held by");
    CHECK_ERROR(sipc_lock(first, -1, NULL, &error), SIPC_BAD_ARGUMENT, "already");
    CHECK_STATUS(sipc_unlock(first, NULL), SIPC_OK);
    CHECK_ERROR(sipc_unlock(first, &error), SIPC_BAD_ARGUMENT, "not held");
    CHECK_STATUS(sipc_lock(second, NOW, NULL, NULL), SIPC_OK);
    CHECK_STATUS(sipc_close(second), SIPC_OK);
    CHECK_EQUAL(lock(first), 0);
    CHECK_STATUS(sipc_close(first), SIPC_OK);
}

static void the_first_one_decides_how_many_permits_there_are(void)
{
    sipc_channel *handles[3];
    for (int i = 0; i < 3; i++) handles[i] = semaphore("s", 2);
    CHECK_EQUAL(lock(handles[0]), 0);
    CHECK_EQUAL(lock(handles[1]), 0);
    CHECK_STATUS(sipc_lock(handles[2], NOW, NULL, NULL), SIPC_TIMEOUT);
    CHECK_STATUS(sipc_unlock(handles[0], NULL), SIPC_OK);
    CHECK_STATUS(sipc_lock(handles[2], NOW, NULL, NULL), SIPC_OK);
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *other = NULL;
    options.permits = 3;
    CHECK_ERROR(sipc_open("s", SIPC_ROLE_LOCK, &options, &other, &error), SIPC_BAD_ARGUMENT,
                "has 2 permits, not 3");
    CHECK_ERROR(sipc_open("s", SIPC_ROLE_LOCK, NULL, &other, &error), SIPC_BAD_ARGUMENT,
                "has 2 permits, not 1");
    options.permits = 65;
    CHECK_ERROR(sipc_open("t", SIPC_ROLE_LOCK, &options, &other, &error), SIPC_BAD_ARGUMENT,
                "1 to 64");
    CHECK_ERROR(sipc_open("t", SIPC_ROLE_SEND, &options, &other, &error), SIPC_BAD_ARGUMENT,
                "permits");
}

static void a_lock_of_a_killed_process_is_free_and_the_next_owner_is_told(void)
{
    sipc_channel *handle = opened("l", SIPC_ROLE_LOCK);
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        lock(opened("l", SIPC_ROLE_LOCK));
        CHECK_EQUAL(write(ends[1], "x", 1), 1);
        pause();
    }
    char byte;
    CHECK_EQUAL(read(ends[0], &byte, 1), 1);
    CHECK_STATUS(sipc_lock(handle, NOW, NULL, NULL), SIPC_TIMEOUT);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK_EQUAL(lock(handle), child);
    CHECK_STATUS(sipc_unlock(handle, NULL), SIPC_OK);
    CHECK_EQUAL(lock(handle), 0);
    child = fork();
    if (child == 0) {
        CHECK_STATUS(sipc_unlock(handle, NULL), SIPC_FORKED);
        _exit(0);
    }
    int state = 1;
    waitpid(child, &state, 0);
    CHECK_EQUAL(state, 0);
    CHECK_STATUS(sipc_unlock(handle, NULL), SIPC_OK);
}

static void *unlocks(void *handle)
{
    CHECK_STATUS(sipc_unlock((sipc_channel *)handle, NULL), SIPC_OK);
    return NULL;
}

static void *locks(void *handle)
{
    return sipc_lock((sipc_channel *)handle, -1, NULL, NULL) == SIPC_CLOSED ? handle : NULL;
}

static void another_thread_may_unlock_and_ends_a_wait_by_closing(void)
{
    sipc_channel *first = opened("l", SIPC_ROLE_LOCK);
    sipc_channel *second = opened("l", SIPC_ROLE_LOCK);
    pthread_t thread;
    void *outcome = NULL;
    CHECK_EQUAL(lock(first), 0);
    CHECK_EQUAL(pthread_create(&thread, NULL, unlocks, first), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(lock(first), 0);
    CHECK_EQUAL(pthread_create(&thread, NULL, locks, second), 0);
    /* In the wait, or before it. */
    CHECK_STATUS(sipc_close(second), SIPC_OK);
    CHECK_EQUAL(pthread_join(thread, &outcome), 0);
    CHECK(outcome == second);
    CHECK_STATUS(sipc_interrupt(first), SIPC_OK);
}

static void a_lock_is_for_locking_and_nothing_else_is(void)
{
    sipc_channel *handle = opened("l", SIPC_ROLE_LOCK);
    sipc_channel *sender = opened("q", SIPC_ROLE_SEND);
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_value value = value_int(1);
    uint32_t index;
    CHECK_ERROR(sipc_put(handle, &value, NOW, &error), SIPC_WRONG_ROLE, "lock");
    CHECK_ERROR(sipc_take(handle, NOW, &message, &error), SIPC_WRONG_ROLE, "lock");
    CHECK_ERROR(sipc_wait(&handle, 1, NOW, &index, &error), SIPC_WRONG_ROLE, "lock");
    CHECK_ERROR(sipc_lock(sender, NOW, NULL, &error), SIPC_WRONG_ROLE, "SIPC_ROLE_LOCK");
    CHECK_ERROR(sipc_unlock(sender, &error), SIPC_WRONG_ROLE, "SIPC_ROLE_LOCK");
    CHECK_ERROR(sipc_lock(NULL, NOW, NULL, &error), SIPC_BAD_ARGUMENT, "NULL");
    char text[4096];
    uint64_t needed;
    CHECK_STATUS(sipc_audit("l", NULL, text, sizeof text, &needed, NULL), SIPC_OK);
    CHECK(strstr(text, "\"lock\"") != NULL);
}

const test lock_tests[] = {
    {"the_program_of_the_page_about_locks_runs", the_program_of_the_page_about_locks_runs},
    {"one_handle_at_a_time_has_a_lock", one_handle_at_a_time_has_a_lock},
    {"the_first_one_decides_how_many_permits_there_are",
     the_first_one_decides_how_many_permits_there_are},
    {"a_lock_of_a_killed_process_is_free_and_the_next_owner_is_told",
     a_lock_of_a_killed_process_is_free_and_the_next_owner_is_told},
    {"another_thread_may_unlock_and_ends_a_wait_by_closing",
     another_thread_may_unlock_and_ends_a_wait_by_closing},
    {"a_lock_is_for_locking_and_nothing_else_is", a_lock_is_for_locking_and_nothing_else_is},
    {NULL, NULL},
};
