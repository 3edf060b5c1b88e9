/*
 * value_concentration.h
 *		The SQL type value_concentration: what its own files share.
 */
#ifndef LOYALTY_VALUE_CONCENTRATION_H
#define LOYALTY_VALUE_CONCENTRATION_H

#include "compat.h"

#include "kernel/value_concentration.h"

/* Opens an argument for reading, whichever form it has; the view points into it. */
extern void value_concentration_open(Datum concentration, value_view *view);

/* The packed value of a log; puts the log in order first. */
extern struct varlena *value_concentration_from_log(value_log *log);

/* An empty log for at least so many distinct values, in the current memory context. */
extern value_log *value_log_make(uint64 entries);
extern uint32 value_log_capacity(const value_log *log);

/* Sorts a log and joins its equal values. */
extern void value_log_order(value_log *log);

#define PG_GETARG_VALUE_VIEW(n, view)	value_concentration_open(PG_GETARG_DATUM(n), (view))

#endif							/* LOYALTY_VALUE_CONCENTRATION_H */
