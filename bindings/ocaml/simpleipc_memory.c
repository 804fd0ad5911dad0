/* The memory of handles and messages.
 *
 * Each message has a hold, which it shares with the tensors in it. The last one to go releases the
 * message. */

#include "simpleipc_stubs.h"

#include <caml/alloc.h>
#include <caml/custom.h>
#include <caml/fail.h>
#include <stdlib.h>

static struct node *nodes;

void add_node(struct node *node, void (*end)(struct node *))
{
    node->end = end;
    node->before = NULL;
    node->next = nodes;
    if (nodes != NULL)
        nodes->before = node;
    nodes = node;
}

void remove_node(struct node *node)
{
    if (node->next != NULL)
        node->next->before = node->before;
    if (node->before != NULL)
        node->before->next = node->next;
    else
        nodes = node->next;
}

value simpleipc_end(value unit)
{
    for (struct node *node = nodes; node != NULL; node = node->next)
        node->end(node);
    return unit;
}

/* Handles */

struct leftover {
    struct leftover *next;
    undoing *undo;
    uint64_t one;
};

void give_back(struct handle *handle, undoing *undo, uint64_t one)
{
    if (undo(handle->channel, one) == SIPC_BUSY) {
        struct leftover *left = malloc(sizeof *left);
        if (left == NULL)
            caml_raise_out_of_memory();
        *left = (struct leftover) { handle->leftovers, undo, one };
        handle->leftovers = left;
    }
}

void tidy_up(struct handle *handle)
{
    struct leftover **place = &handle->leftovers;
    while (*place != NULL) {
        struct leftover *left = *place;
        if (left->undo(handle->channel, left->one) == SIPC_BUSY)
            return;
        *place = left->next;
        free(left);
    }
}

void close_handle(struct handle *handle)
{
    if (handle->is_open)
        sipc_close(handle->channel);
    handle->is_open = 0;
    tidy_up(handle); /* nobody is inside one that is closed */
}

static void end_handle(struct node *node)
{
    close_handle((struct handle *)node);
}

static void finalize_handle(value v)
{
    struct handle *handle = Handle_val(v);
    close_handle(handle);
    remove_node(&handle->node);
    free(handle);
}

static struct custom_operations handle_operations = { "simpleipc.handle", finalize_handle,
    custom_compare_default, custom_hash_default, custom_serialize_default,
    custom_deserialize_default, custom_compare_ext_default, custom_fixed_length_default };

value new_handle(struct handle *handle)
{
    value v = caml_alloc_custom(&handle_operations, sizeof handle, 1, 64);
    Handle_val(v) = handle;
    handle->is_open = 1;
    add_node(&handle->node, end_handle);
    return v;
}

/* Messages */

static long held_count;

static void end_hold(struct node *node)
{
    sipc_release(&((struct hold *)node)->message);
}

void drop(struct hold *hold)
{
    if (--hold->count > 0)
        return;
    sipc_release(&hold->message);
    remove_node(&hold->node);
    free(hold);
    held_count--;
}

static void finalize_hold(value v)
{
    if (Hold_val(v) != NULL)
        drop(Hold_val(v));
}

static struct custom_operations hold_operations = { "simpleipc.hold", finalize_hold,
    custom_compare_default, custom_hash_default, custom_serialize_default,
    custom_deserialize_default, custom_compare_ext_default, custom_fixed_length_default };

value new_held(void)
{
    value v = caml_alloc_custom(&hold_operations, sizeof(struct hold *), 0, 1);
    Hold_val(v) = NULL;
    return v;
}

void keep(struct hold *hold)
{
    hold->count = 1;
    held_count++;
    add_node(&hold->node, end_hold);
}

value simpleipc_held(value unit)
{
    (void)unit;
    return Val_long(held_count);
}
