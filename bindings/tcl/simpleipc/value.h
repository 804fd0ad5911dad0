/* Values between Tcl and the library.
 *
 * A typed value is a word, and what the word says: null, {bool 1}, {int 5}, {uint 5}, {float 1.5},
 * {str text}, {bytes data}, {list {value ...}}, {map {key value ...}}, {opaque {type data}},
 * {tensor {dtype shape format data}}. */
#ifndef SIMPLEIPC_VALUE_H
#define SIMPLEIPC_VALUE_H

#include <simpleipc.h>
#include <tcl.h>

/* Memory that one value points to. */
typedef struct piece {
    struct piece *next;
} piece;

/* Zeroed; goes with free_pieces. */
void *piece_of(piece **pieces, size_t bytes);
void free_pieces(piece *pieces);

/* Writes a typed value into a struct. TCL_ERROR leaves a message in the interpreter. */
int encode(Tcl_Interp *interp, Tcl_Obj *typed, sipc_value *value, piece **pieces, int depth);

/* A typed value; everything is copied. */
Tcl_Obj *decode(const sipc_value *value);

/* A text for the library, without a NUL inside; NULL leaves a message in the interpreter. */
const char *name_of(Tcl_Interp *interp, Tcl_Obj *text, piece **pieces);

#endif
