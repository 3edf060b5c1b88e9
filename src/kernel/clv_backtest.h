/*
 * clv_backtest.h
 *		How well a model would have done: fitted on what was known at a cutoff,
 *		held against what happened until a later day.
 *
 * One flat piece of memory in two forms.  While customers are gathered
 * (FLAT_FORM_LOG) it holds a clv_sample without entries, which knows the
 * cutoff, the step, the model and the options asked for and who was left out;
 * the purchases of each period; and an entry of 40 bytes for each customer.
 * When all are there (FLAT_FORM_PACKED) it holds the model that was fitted and
 * what came of it, and is as small for a million customers as for ten.
 *
 * Time counts units from the cutoff: days, or for a discrete model steps of
 * the calendar, that are its opportunities.  Periods, in which purchases are
 * tracked, are weeks (the cutoff ends one, the last may be shorter) or single
 * steps.
 *
 * A forecast is what the model expects during the holdout of each customer,
 * given the history at the cutoff.  The naive forecast beside it is each one's
 * own past rate, x / T, going on.  Tracking compares with what is expected of
 * new customers acquired on the days when these were, sum of E[X(t - birth)]:
 * Fader, Hardie & Lee 2005, Marketing Science 24(2).
 *
 * What is not known is NaN, here and nowhere outside.  Floating-point sums run
 * over the customers in one order, so that equal customers give equal bits.
 */
#ifndef LOYALTY_KERNEL_CLV_BACKTEST_H
#define LOYALTY_KERNEL_CLV_BACKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clv_model.h"
#include "clv_sample.h"
#include "decimal.h"
#include "flat_form.h"
#include "purchase_digest.h"
#include "status.h"

/* the most periods from the first purchase of all to the end: 190 years of weeks */
#define BACKTEST_PERIODS	10000

/* frequencies 0, 1, ... 6, and 7 or more */
#define BACKTEST_CLASSES	8

/* ---------- time ---------- */

typedef struct backtest_span
{
	int32_t		cutoff;			/* the last day that was known */
	int32_t		through;		/* the last day of the holdout */
	int32_t		step_months;	/* of a discrete model; both 0: units are days */
	int32_t		step_days;
	int32_t		unit;			/* the unit that the cutoff ends */
	int32_t		horizon;		/* units of the holdout; not above 0: there is none */
	int32_t		period;			/* units of a period */
} backtest_span;

/*
 * Dates within a step are taken back to the end of the last step that was
 * over: what was known of the one under way must not be forecast.
 */
extern loyalty_status backtest_span_init(backtest_span *span, int32_t cutoff, int32_t through,
										 int32_t step_months, int32_t step_days);

/* periods of the holdout, and of the time that a customer of so many units was known before it */
extern int32_t backtest_holdout_periods(const backtest_span *span);
extern int64_t backtest_tenure_periods(const backtest_span *span, int32_t tenure);

/* units from the cutoff to the end of the i-th of so many periods (from 0), and that day */
extern int32_t backtest_period_end(const backtest_span *span, int32_t periods, int32_t i);
extern int32_t backtest_period_day(const backtest_span *span, int32_t periods, int32_t i);

/* ---------- the value ---------- */

typedef struct clv_backtest
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		form;
	uint8_t		display;		/* decimals that money is shown with */
	uint8_t		ordered;		/* the entries are in canonical order */
	uint8_t		reserved;
	int32_t		through;
	int32_t		periods;		/* from the first acquisition to the end */
	int64_t		customers;
	char		data[];
} clv_backtest;

/* A customer as known at the cutoff, and what the holdout brought. */
typedef struct backtest_customer
{
	int32_t		x;				/* units with purchases after the first, to the cutoff */
	int32_t		t_x;			/* units from the first to the last of them */
	int32_t		tenure;			/* units from the first to the cutoff */
	int32_t		purchases;		/* units with purchases in the holdout */
	int32_t		scale;			/* of spend, the least that holds it */
	int32_t		reserved;		/* 0 */
	double		mean;			/* net amount of each of the x, not below 0 */
	int64_t		spend;			/* net amount of the holdout, returns included */
} backtest_customer;

/* the form of a log: data holds the sample, the periods, the customers */

static inline clv_sample *
backtest_sample(const clv_backtest *log)
{
	return (clv_sample *) log->data;
}

/* room for periods, so that an earlier customer rarely moves all others */
static inline size_t
backtest_period_room(int32_t periods)
{
	size_t		room = 16;

	while (room < (size_t) periods)
		room *= 2;
	return room;
}

/* purchases after the first in each period, the last period first; 0 in the room to spare */
static inline int64_t *
backtest_tally(const clv_backtest *log)
{
	return (int64_t *) (log->data + sample_size(backtest_sample(log)->request, 0));
}

static inline backtest_customer *
backtest_customers(const clv_backtest *log)
{
	return (backtest_customer *) (backtest_tally(log) + backtest_period_room(log->periods));
}

static inline size_t
backtest_log_size(size_t request, int32_t periods, size_t customers)
{
	return sizeof(clv_backtest) + sample_size(request, 0) +
		backtest_period_room(periods) * sizeof(int64_t) + customers * sizeof(backtest_customer);
}

/* the form of a result */

typedef struct backtest_class
{
	int64_t		customers;
	int64_t		actual;			/* purchases in the holdout */
	double		expected;
	double		naive;
} backtest_class;

typedef struct backtest_accuracy
{
	double		mae;			/* mean absolute error per customer */
	double		rmse;			/* root of the mean squared error per customer */
	double		correlation;	/* of forecast and actual across customers */
} backtest_accuracy;

enum
{
	BACKTEST_MODEL, BACKTEST_NAIVE, BACKTEST_FORECASTS
};

typedef struct backtest_period
{
	int64_t		actual;			/* purchases after the first, cumulated to the end of the period */
	double		expected;		/* likewise */
} backtest_period;

typedef struct backtest_result
{
	clv_model	model;			/* knows the cutoff, the step, and who was left out */
	backtest_class classes[BACKTEST_CLASSES];
	backtest_accuracy purchases[BACKTEST_FORECASTS];
	backtest_accuracy spends[BACKTEST_FORECASTS];
	decimal_wide spend;			/* at the display scale */
	double		expected_spend;
	double		naive_spend;
	backtest_period track[];
} backtest_result;

static inline backtest_result *
backtest_result_of(const clv_backtest *backtest)
{
	return (backtest_result *) backtest->data;
}

static inline size_t
backtest_result_size(int32_t periods)
{
	return sizeof(clv_backtest) + sizeof(backtest_result) + (size_t) periods * sizeof(backtest_period);
}

/* ---------- gathering ---------- */

/*
 * What the holdout brought of a customer whose history is in *customer
 * already; purchases of all periods are added to the tally, which reaches back
 * to the customer's first.  LOYALTY_AMOUNT_OVERFLOW where the spend leaves 64 bits.
 */
extern loyalty_status backtest_customer_read(const purchase_view *view, const backtest_span *span,
											 backtest_customer *customer, int64_t *tally);

/* units of 10^-scale as the customer's spend, at the least scale that holds it */
extern loyalty_status backtest_customer_spend(backtest_customer *customer, decimal_wide units, int scale);

/* Puts customers in canonical order; scratch has BACKTEST_ORDER_WORDS words for each. */
#define BACKTEST_ORDER_WORDS	9

extern void clv_backtest_order(backtest_customer *customers, size_t n, int64_t *scratch, const history_pause *pause);

/* every invariant of a log that somebody wrote, but for its sample's; what is wrong, or NULL */
extern const char *clv_backtest_check_log(const clv_backtest *log, const backtest_span *span);

/* ---------- judging ---------- */

/* doubles of scratch that the two need */
extern size_t clv_backtest_scratch(const backtest_span *span, size_t customers, int32_t periods);

/*
 * Fills the result, of which the model is there: how the forecasts compare
 * (customers in order), and the tracking.
 */
extern void clv_backtest_judge(const clv_backtest *log, const backtest_span *span, double *scratch,
							   const history_pause *pause, backtest_result *result);
extern void clv_backtest_track(const clv_backtest *log, const backtest_span *span, double *scratch,
							   const history_pause *pause, backtest_result *result);

/* every invariant of a result that somebody wrote, but for its model's; what is wrong, or NULL */
extern const char *clv_backtest_check_result(const clv_backtest *backtest, const backtest_span *span);

#endif							/* LOYALTY_KERNEL_CLV_BACKTEST_H */
