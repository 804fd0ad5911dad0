/* What the parts of the actor in C share: its words, its page, messages that prove themselves. */
#ifndef ACTOR_H
#define ACTOR_H

#define _GNU_SOURCE
#include <simpleipc.h>

#include <stddef.h>
#include <stdint.h>

/* Words of the page, which src/storm/page.rs draws. */
enum { STATE, ORDER, TURNS, FAILED, RECEIVED, RELEASING, RELEASED, CHANGED, READ, RETRIES };
enum { NOTED = 10, TOLD, SET_BEGAN_NS, SET_ENDED_NS, INTRUDER };
enum { BEGUN = 16, DONE = 17, LOG = 256, LOG_ENTRIES = 1 << 15 };
enum { PLAYING = 1, HUSHED = 2, ENDED = 3 };
enum { PLAY = 0, HUSH = 1, END = 2 };
enum { HANDLES_MAX = 64, BYTES_MIN = 20, HELD_MAX = 16 };

#define CALL_NS INT64_C(300000000) /* how long a call waits before the page is looked at */
#define IDLE_US 5000L              /* between two looks of an actor that has nothing to do */

const char *text(const char *key);
uint64_t number(const char *key);

/* The words of a file that the conductor has made. */
uint64_t *mapped(const char *key);
uint64_t get(int word);
void set(int word, uint64_t value);
void count(int word);
void append(uint64_t stamp, int is_torn, int is_redelivered, uint64_t rest);
void pause_us(long us);

/* Ends after an error that must not be. */
void fail(int32_t status, const char *sentence);
/* Whether a status means no more than "not now". */
int is_passing(int32_t status);
/* Whether a take, or a lock, has something; if not, it was not more than "not now". */
int has_taken(int32_t status, const sipc_error *error);

uint32_t crc32_of(const uint8_t *data, size_t len);
/* Writes a message that proves itself. */
void fill(uint64_t sender, uint64_t n, uint8_t *to, size_t len);
/* Mostly small; now and then `most`. */
size_t length_of(uint64_t sender, uint64_t n, uint64_t most);

/* Opens, as soon as there is a place; NULL when told to end before. */
sipc_channel *opened(uint32_t role);
/* Waits until the conductor has read enough of the log; true when told to end. */
int is_over(void);
/* Begins nothing any more, until it is told to end. */
void hush(void);
/* Now and then takes its time, so that death finds something in hand. */
void work(void);

void own(void);
void call_service(void);
void serve(void);

#endif
