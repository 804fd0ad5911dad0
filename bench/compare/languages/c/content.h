/* What is in a message, the same in every language: little-endian words of 64 bits.
 *
 * Word 0 is the sequence, the last one a disguise of it, the ones between come from a template. The
 * sender writes every byte; the receiver adds up every word and knows what must come out. In frames
 * word 1 is a mark, and so it is in the message that ends a size.
 */

#ifndef BENCH_CONTENT_H
#define BENCH_CONTENT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN 0x9E3779B97F4A7C15u
#define END UINT64_MAX /* the sequence of the message that ends a size */

/* The content of the messages of one size. */
typedef struct content {
    size_t size;
    size_t last; /* the last word */
    uint64_t between; /* the sum of the words that are the same in all messages */
    uint64_t *template;
} content;

static inline uint64_t template_word(uint64_t index)
{
    uint64_t product = index * GOLDEN;
    return product << 17 | product >> 47;
}

static inline uint64_t words_sum(const uint64_t *words, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size / 8; i++) sum += words[i];
    return sum;
}

static content content_new(size_t size)
{
    content made = { size, size / 8 - 1, 0, malloc(size) };
    for (size_t i = 0; i <= made.last; i++) made.template[i] = template_word(i);
    for (size_t i = 1; i < made.last; i++) made.between += made.template[i];
    return made;
}

static void content_free(content *content) { free(content->template); }

/* Writes all of a message; `mark` is what word 1 shall be, or NULL. */
static inline void content_fill(const content *content, uint64_t *words, uint64_t sequence,
                                const uint64_t *mark)
{
    memcpy(words, content->template, content->size);
    words[0] = sequence;
    if (content->last > 0) words[content->last] = sequence ^ GOLDEN;
    if (mark != NULL && content->last > 0) words[1] = *mark;
}

/* What the words of a message add up to. */
static inline uint64_t content_sum(const content *content, uint64_t sequence, const uint64_t *mark)
{
    uint64_t sum = content->between + sequence;
    if (content->last > 0) sum += sequence ^ GOLDEN;
    return mark != NULL ? sum - template_word(1) + *mark : sum;
}

/* Whether this is, byte for byte in the sum, the message with this sequence. */
static inline int content_is_intact(const content *content, const void *bytes, uint64_t len,
                                    uint64_t sequence)
{
    const uint64_t *words = bytes;
    return len == content->size && words[0] == sequence &&
        words_sum(words, content->size) == content_sum(content, sequence, NULL);
}

/* Whether the words that change are right, and one in 512 of the others: for frames, where a look
 * at all of them costs a lot. */
static inline int content_has_marks(const content *content, const uint64_t *words,
                                    uint64_t sequence, uint64_t mark)
{
    if (words[0] != sequence || words[1] != mark) return 0;
    for (size_t i = 2; i < content->last; i += 512)
        if (words[i] != template_word(i)) return 0;
    return words[content->last] == (sequence ^ GOLDEN);
}

#endif
