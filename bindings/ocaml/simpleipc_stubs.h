/* What the C files of the OCaml binding share: handles, holds of messages, and values. */

#ifndef SIMPLEIPC_STUBS_H
#define SIMPLEIPC_STUBS_H

#define CAML_NAME_SPACE
#include <caml/mlvalues.h>
#include <simpleipc.h>

/* Handles and messages that a program has open when it ends are let go: a list of both. */
struct node {
    struct node *next, *before;
    void (*end)(struct node *);
};

void add_node(struct node *node, void (*end)(struct node *));
void remove_node(struct node *node);

struct leftover;

struct handle {
    struct node node;
    sipc_channel *channel;
    int is_open;
    int is_meant; /* somebody has interrupted it */
    struct leftover *leftovers;
};

#define Handle_val(v) (*(struct handle **)Data_custom_val(v))

/* Ends a loan or a call; the thread that is inside the handle just then does it, within a slice of
 * its wait, else the next call in it. */
typedef int32_t undoing(sipc_channel *channel, uint64_t one);

void give_back(struct handle *handle, undoing *undo, uint64_t one);
void tidy_up(struct handle *handle);

value new_handle(struct handle *handle);
void close_handle(struct handle *handle);

/* A message, which is released when nobody has a part in it any more. */
struct hold {
    struct node node;
    sipc_message message;
    long count; /* the message itself, and each array */
};

#define Hold_val(v) (*(struct hold **)Data_custom_val(v))

value new_held(void);
void keep(struct hold *hold);
void drop(struct hold *hold);

/* An array of the kind of a dtype, or of bytes if that is 0, with a part in a hold, if there is
 * one. */
value array_of(uint32_t dtype, int dims, intnat *shape, void *data, struct hold *hold);

/* A tensor of OCaml, whose data has a part in the hold. */
value tensor_of(const sipc_value *raw, struct hold *hold);

/* A value of OCaml. All of it is copied but the data of tensors, which have a part in the hold. */
value value_of(const sipc_value *raw, struct hold *hold);

/* What the library reads of a value of OCaml: structs, and with `copies` also what the collector
 * could move. */
struct arena {
    struct piece *pieces;
    int copies;
    int32_t fault; /* the status, if it cannot be sent */
    const char *why;
};

void value_in(struct arena *arena, sipc_value *raw, value v, int depth);
void shape_in(struct arena *arena, sipc_value *raw, value dtype, value shape, value format);
void refuse(struct arena *arena, const char *why);
void clear(struct arena *arena);

/* Throws Error. */
void fail(int32_t status, int32_t os_code, const char *text);
void check(int32_t status, const sipc_error *error);
void check_plain(int32_t status);

#define SEVERAL_MAX 64

/* Handles that are waited for together. */
struct several {
    struct handle *handles[SEVERAL_MAX];
    sipc_channel *channels[SEVERAL_MAX];
    uint32_t count;
};

/* One attempt of a call, with the time it may take. */
struct attempt {
    int32_t (*call)(struct attempt *, int64_t left, sipc_error *);
    struct handle *handle; /* NULL if nobody can interrupt it, or there are several */
    struct several *several;
    const sipc_options *options;
    sipc_value *value;
    sipc_message *message;
    const char *name;
    uint64_t number;
    uint32_t flags;
};

int32_t wait_for(struct attempt *attempt, int64_t timeout, sipc_error *error, value *thrown);

/* Of calls that take no time: they wait as they see fit. */
#define ITS_OWN_TIME INT64_MIN

void call_with(struct attempt *attempt, value given, int64_t captured, int64_t timeout);
value take_by(struct attempt *attempt, int64_t timeout, int must_keep);
value number_by(struct attempt *attempt, int64_t timeout);

const char *text_or_null(value option);

#define NAME_MAX_BYTES 1024 /* longer ones are no names; the library says so */

void name_in(char *name, value v);

#endif
