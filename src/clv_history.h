/*
 * clv_history.h
 *		From a digest to what a model knows of a customer.
 */
#ifndef LOYALTY_CLV_HISTORY_H
#define LOYALTY_CLV_HISTORY_H

#include "compat.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "kernel/lifetime_model.h"
#include "purchase_digest.h"

/* What one opportunity of a discrete model is: whole months, or whole days; none: {0, 0}. */
typedef struct clv_step
{
	int32		months;
	int32		days;
} clv_step;

/* an interval of whole months or of whole days; false where it is none */
extern bool clv_step_of_interval(const Interval *interval, clv_step *step);

/* likewise, or an error */
extern clv_step clv_step_from_interval(const Interval *interval);

/* the text of that interval: "3 mons", "7 days" */
extern char *clv_step_to_text(clv_step step);

/*
 * x, t_x and tenure as known at the end of day as_of: in days, or in steps of
 * the calendar that were over by then.  False where the first purchase is
 * after as_of.
 */
extern bool clv_history_of(const purchase_view *view, DateADT as_of, clv_step step, lifetime_history *history);

/* a history that somebody wrote down, or an error that says what cannot be */
extern void clv_check_history(double x, double t_x, double tenure);

/* a discrete model may walk through them one by one, with some memory for each */
#define CLV_MOST_OPPORTUNITIES	100000

/* likewise for a discrete model: counts of opportunities, or of contract periods */
extern void clv_check_opportunities(const lifetime_model *process, const lifetime_history *history);

/*
 * Mean net amount of the x repeat purchases of such a history: of the purchase
 * days after the first, or of the steps after the first in which there was a
 * purchase.  0 where there is none.
 */
extern double clv_mean_spend(const purchase_view *view, DateADT as_of, clv_step step);

/* the day so long after as_of; an error where that is before as_of or no day */
extern DateADT clv_horizon_end(DateADT as_of, Interval *horizon);

#endif							/* LOYALTY_CLV_HISTORY_H */
