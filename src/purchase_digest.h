/*
 * purchase_digest.h
 *		The SQL type purchase_digest: how the faces of the nouns that read one
 *		get at it.
 */
#ifndef LOYALTY_PURCHASE_DIGEST_H
#define LOYALTY_PURCHASE_DIGEST_H

#include "compat.h"
#include "utils/date.h"

#include "flat_state.h"
#include "kernel/purchase_digest.h"

/* Opens an argument for reading, whichever form it has; the view points into it. */
extern void purchase_digest_open(Datum digest, purchase_view *view);

/* ---------- growing one: logs in the current memory context ---------- */

/* an empty log with room for at least `days` days */
extern purchase_log *purchase_log_make(uint64 days, bool wide);
extern uint32 purchase_log_capacity(const purchase_log *log);

/* whether a kernel's answer is to be met by purchase_log_grow */
static inline bool
asks_to_grow(loyalty_status status)
{
	return status == LOYALTY_FULL || status == LOYALTY_WIDE;
}

/* a larger or wider copy, as `status` asks for; the old log stays as it is */
extern purchase_log *purchase_log_grow(const purchase_log *log, loyalty_status status);

/* adds a day, growing as needed; returns the log to go on with */
extern purchase_log *purchase_log_append(purchase_log *log, purchase_day day, int scale, int display);

/* the packed value of a log; the log itself may be put in order */
extern struct varlena *purchase_digest_from_log(purchase_log *log);

#define PG_GETARG_PURCHASE_VIEW(n, view)	purchase_digest_open(PG_GETARG_DATUM(n), (view))

/*
 * The optional last argument as_of: functions come with and without it, and
 * without it every day counts.
 */
extern DateADT purchase_digest_as_of(FunctionCallInfo fcinfo, int n);

/* The timing of argument 0 up to as_of; false where there is no customer yet. */
extern bool purchase_digest_timing_of(FunctionCallInfo fcinfo, DateADT as_of, purchase_timing *timing);

#endif							/* LOYALTY_PURCHASE_DIGEST_H */
