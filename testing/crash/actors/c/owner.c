/* Who has a lock, or a permit of a semaphore, in turn with others, and says so to the witness. */
#include "actor.h"

/* The witness of src/storm/witness.rs: a word for each who has a permit, and for each actor whether
 * it is dead. */
static uint64_t *witness;

static int is_dead(uint64_t id)
{
    return id == 0 || __atomic_load_n(&witness[LOG + id], __ATOMIC_ACQUIRE) == 1;
}

/* Says to the witness who has a permit; the word that says so, or NULL if it is somebody else's. */
static uint64_t *enter(uint64_t permits, uint64_t id, int is_told)
{
    const int64_t until = sipc_now_ns() + 8000000000;
    uint64_t before = permits == 1 ? __atomic_exchange_n(&witness[0], id, __ATOMIC_SEQ_CST) : 0;
    for (; sipc_now_ns() < until; pause_us(1000)) {
        if (permits == 1 && (before == 0 || (is_told && is_dead(before)))) return &witness[0];
        for (uint64_t at = 8; permits > 1 && at < 8 + permits; at++) {
            before = __atomic_load_n(&witness[at], __ATOMIC_ACQUIRE);
            if (is_dead(before) && __atomic_compare_exchange_n(&witness[at], &before, id, 0,
                                                               __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
                return &witness[at];
        }
    }
    set(INTRUDER, before);
    return NULL;
}

/* Has the lock, or a permit of the semaphore, in turn with others. */
void own(void)
{
    const uint64_t burst = number("burst") > 0 ? number("burst") : 1, id = number("id");
    witness = mapped("witness");
    sipc_channel *channel = opened(SIPC_ROLE_LOCK);
    if (channel == NULL) return;
    set(STATE, PLAYING);
    while (get(ORDER) == PLAY) {
        const uint64_t n = get(DONE);
        uint64_t told = 0, mine = id;
        sipc_error error = SIPC_ERROR_INIT;
        set(BEGUN, n + 1);
        if (has_taken(sipc_lock(channel, CALL_NS, &told, &error), &error)) {
            if (told != 0) count(TOLD);
            uint64_t *place = enter(number("permits"), id, told != 0);
            pause_us((long)number("work_us"));
            if (place != NULL && !__atomic_compare_exchange_n(place, &mine, 0, 0, __ATOMIC_SEQ_CST,
                                                              __ATOMIC_SEQ_CST))
                set(INTRUDER, UINT64_MAX);
            if (sipc_unlock(channel, &error) != SIPC_OK) fail(error.status, error.message);
            set(DONE, n + 1);
        }
        count(TURNS);
        if (get(DONE) % burst == 0) pause_us((long)number("pause_us"));
    }
    hush();
    sipc_close(channel);
}
