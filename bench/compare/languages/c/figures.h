/* Times taken one by one, and figures of them: percentiles by nearest rank, least, mean, greatest.
 */

#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_ms(int64_t ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

typedef struct samples {
    size_t count, most;
    int64_t *values;
} samples;

/* Room for `most` samples, its pages present: none shall be mapped within what is measured. */
static samples samples_new(size_t most)
{
    samples made = { 0, most, malloc((most + 1) * sizeof(int64_t)) };
    memset(made.values, 1, most * sizeof(int64_t));
    return made;
}

static void samples_free(samples *samples) { free(samples->values); }

static inline void samples_take(samples *samples, int64_t value)
{
    if (samples->count < samples->most) samples->values[samples->count++] = value;
}

static int samples_compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* The words of a result line, each sample divided by `parts`; the first `warm` do not count if
 * there are more. */
static void samples_print(samples *samples, size_t warm, double parts)
{
    static const struct { const char *name; size_t per_mille; } RANKS[] = {
        { "p50", 500 }, { "p99", 990 }, { "p999", 999 },
    };
    size_t from = samples->count > warm ? warm : 0, count = samples->count - from;
    int64_t *values = samples->values + from;
    double total = 0;
    if (count == 0) {
        printf("count=0");
        return;
    }
    qsort(values, count, sizeof *values, samples_compare);
    for (size_t i = 0; i < count; i++) total += (double)values[i];
    for (size_t i = 0; i < sizeof RANKS / sizeof *RANKS; i++) {
        size_t rank = (count * RANKS[i].per_mille + 999) / 1000;
        printf("%s=%.1f ", RANKS[i].name, (double)values[rank - 1] / parts);
    }
    printf("min=%.1f mean=%.1f max=%.1f count=%zu", (double)values[0] / parts,
           total / (double)count / parts, (double)values[count - 1] / parts, count);
}

#endif
