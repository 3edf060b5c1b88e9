/*
 * points_ledger.h
 *		The SQL type points_ledger: what its own files share.
 */
#ifndef LOYALTY_POINTS_LEDGER_H
#define LOYALTY_POINTS_LEDGER_H

#include "compat.h"

#include "kernel/points_journal.h"

/* memory of the current context */
extern points_memory points_ledger_memory(void);

/* An argument, folded; whichever form it has. */
extern points_ledger *points_ledger_open(Datum ledger);

/* An account without an event. */
extern points_ledger *points_ledger_make(points_policy policy);

/* The stored value of an account. */
extern struct varlena *points_ledger_value(const points_ledger *ledger);

/*
 * The event in seven arguments from `arg` on: kind, key, at, points, ref,
 * from_at, until_at.  An error where it cannot be one.  Strings point into the
 * arguments.
 */
extern points_event points_event_args(FunctionCallInfo fcinfo, int arg);

/* The policies in three arguments from `arg` on: grace, spend_order, clawback; NULL is the usual one. */
extern points_policy points_policy_args(FunctionCallInfo fcinfo, int arg);

/* an instant that an event may have, or an error that names the argument */
extern int64 points_instant(Datum timestamptz, const char *argument);

/* one event, or an error that says why not */
extern void points_ledger_post(points_ledger *ledger, const points_event *event);

/* what a transfer or merge posts to the other account for a part of what left this one, which keeps its dates */
extern points_event points_ledger_arrival(const points_ledger *source, const points_event *out, const points_part *part);

/* raises the error of an event that was not accepted; the ledger may be NULL */
pg_noreturn extern void points_event_failure(loyalty_status status, const points_event *event, points_ledger *ledger);

#endif							/* LOYALTY_POINTS_LEDGER_H */
