/*
 * clv_backtest.h
 *		The SQL type clv_backtest: how its faces get at one.
 */
#ifndef LOYALTY_CLV_BACKTEST_FACE_H
#define LOYALTY_CLV_BACKTEST_FACE_H

#include "compat.h"
#include "utils/jsonb.h"

#include "clv_history.h"
#include "kernel/clv_backtest.h"

/* ---------- access ---------- */

/* an argument of either form, a log in canonical order; may lie in a table: read only */
extern const clv_backtest *clv_backtest_open(Datum backtest);

/* likewise as a result: what is still a log is fitted and judged */
extern const clv_backtest *clv_backtest_result(Datum backtest);

/* the dates and units of either form */
extern backtest_span clv_backtest_span(const clv_backtest *backtest);

/* ---------- making one ---------- */

/* an empty log that goes on from a sample without entries, which knows the request; with room for so many */
extern clv_backtest *clv_backtest_make(const clv_sample *sample, int32 through, int32 periods, uint64 customers);

/* a log in canonical order, without room to spare */
extern clv_backtest *clv_backtest_ordered(const clv_backtest *log);

/*
 * What is wrong with asking for a backtest of this model, or NULL; else the
 * step, none for continuous time.  The request as such has been checked.
 */
extern const char *clv_backtest_request_fault(const char *model, const Jsonb *options, clv_step *step);

#endif							/* LOYALTY_CLV_BACKTEST_FACE_H */
