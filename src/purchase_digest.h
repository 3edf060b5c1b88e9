/*
 * purchase_digest.h
 *		The SQL type purchase_digest: how the faces of the nouns that read one
 *		get at it.
 */
#ifndef LOYALTY_PURCHASE_DIGEST_H
#define LOYALTY_PURCHASE_DIGEST_H

#include "compat.h"
#include "utils/date.h"

#include "kernel/purchase_digest.h"

/* Opens an argument for reading, whichever form it has; the view points into it. */
extern void purchase_digest_open(Datum digest, purchase_view *view);

/* The packed value of a log; puts the log in order first. */
extern struct varlena *purchase_digest_from_log(purchase_log *log);

/* An empty log for at least `days` days, in the current memory context. */
extern purchase_log *purchase_log_make(uint64 days);
extern uint32 purchase_log_capacity(const purchase_log *log);

#define PG_GETARG_PURCHASE_VIEW(n, view)	purchase_digest_open(PG_GETARG_DATUM(n), (view))

/*
 * The optional last argument as_of: functions come with and without it, and
 * without it every day counts.
 */
extern DateADT purchase_digest_as_of(FunctionCallInfo fcinfo, int n);

#endif							/* LOYALTY_PURCHASE_DIGEST_H */
