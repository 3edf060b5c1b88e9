/*
 * lifetime_model.h
 *		The small interface behind which each buy-till-you-die model has a room
 *		of its own: bg_nbd, mbg_nbd, pareto_nbd, bg_bb, sbg.
 *
 * A further model is one new file: it defines a lifetime_model and is named in
 * lifetime_models.  Everything else (fitting, intervals, forecasts, text) knows
 * a model by this struct alone.
 *
 * The design rests on one fact: given a customer's history, everything about
 * the future is P(alive) times what a customer drawn from a population of the
 * same model, with updated parameters, would do.  So a model answers three
 * kinds of questions: how likely is a history; is its owner still there and of
 * which posterior population; and what does such a population do.  A new
 * customer is one whose history is nothing yet: {0, 0, 0}.
 *
 * Time is in the model's own unit; for the discrete models it counts
 * opportunities or periods.  Every function is pure.  Arguments have been
 * checked: parameters from LIFETIME_LEAST to LIFETIME_MOST; x whole, 0 <= t_x <=
 * tenure, x = 0 only with t_x = 0 and x > 0 only with t_x > 0; all finite and
 * not beyond the numbers below.
 */
#ifndef LOYALTY_KERNEL_LIFETIME_MODEL_H
#define LOYALTY_KERNEL_LIFETIME_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "history_set.h"

#define LIFETIME_PARAMETERS	4	/* the most any model has */

/* parameters beyond these mean the limit they run to, whatever they are */
#define LIFETIME_LEAST		1e-20
#define LIFETIME_MOST		1e20

/* purchases, and times in whatever unit: a year has 3e13 microseconds */
#define LIFETIME_MOST_PURCHASES	1e9
#define LIFETIME_MOST_TIME	1e18

static inline bool
lifetime_parameter_valid(double parameter)
{
	return parameter >= LIFETIME_LEAST && parameter <= LIFETIME_MOST;
}

/* What is known of one customer. */
typedef struct lifetime_history
{
	double		x;				/* frequency: purchases after the first */
	double		t_x;			/* recency: from the first purchase to the last */
	double		tenure;			/* from the first purchase to the end of observation */
} lifetime_history;

/* Is the customer still there?  The two add up to 1, and neither is computed as 1 minus the other. */
typedef struct lifetime_standing
{
	double		alive;			/* probability that the customer is still there (bg_bb: for the next opportunity) */
	double		left;			/* probability that the customer has left */
} lifetime_standing;

/*
 * What a living population does during (0, horizon], purchases at t_1, t_2, ...
 * each worth exp(-discount t_i).
 */
typedef struct lifetime_future
{
	double		mean;			/* E[sum exp(-d t_i)]; with no discount the expected number of purchases */
	double		squares;		/* E[sum exp(-2 d t_i)] */
	double		second;			/* E[(sum exp(-d t_i))^2] */
} lifetime_future;

typedef struct lifetime_model
{
	const char *name;
	int			parameters;
	const char *parameter_names[LIFETIME_PARAMETERS];
	bool		is_time[LIFETIME_PARAMETERS];	/* the parameter is a time: it changes with the unit */
	bool		discrete;		/* time counts opportunities: whole numbers only */

	/* the natural logarithm of the density (discrete: probability) of the history */
	double		(*log_likelihood) (const double *parameters, const lifetime_history *history);

	lifetime_standing (*standing) (const double *parameters, const lifetime_history *history);

	/* parameters of the population that such a customer, if alive, is drawn from */
	void		(*posterior) (const double *parameters, const lifetime_history *history, double *updated);

	/* of a living population: the share still there after `time` */
	double		(*survival) (const double *updated, double time);

	/*
	 * discount per time unit, horizon >= 0; INFINITY with a discount > 0, or
	 * where the undiscounted limit is finite.  Where it is not, and where a
	 * discount below zero adds more than a double holds, mean is INFINITY.
	 * variances false: only mean is asked for.
	 */
	void		(*future) (const double *updated, double horizon, double discount,
						   bool variances, lifetime_future *future);

	/* probability of exactly n purchases during (0, horizon], horizon finite, n >= 0 whole */
	double		(*pmf) (const double *updated, double horizon, double n);

	/*
	 * The log-likelihood of a whole set; its gradient and Hessian (row by row,
	 * LIFETIME_PARAMETERS columns) in the logarithms of the parameters.  scratch
	 * has room for scratch_size() doubles.  pause is called at least every few
	 * milliseconds.
	 */
	double		(*set_log_likelihood) (const double *parameters, const history_set *set,
									   double *gradient, double *hessian,
									   double *scratch, const history_pause *pause);
	size_t		(*scratch_size) (const history_set *set);

	/* a first guess from the set's own moments */
	void		(*start) (const history_set *set, double *parameters);

	/*
	 * What it means that the likelihood still rises, however little, along a
	 * direction of the logarithms of the parameters (-1, 0, 1 for each): "no
	 * customer ever leaves".  NULL where there is nothing better to say than
	 * the direction itself.
	 */
	const char *(*limit) (const int *direction);
} lifetime_model;

extern const lifetime_model bg_nbd;
extern const lifetime_model mbg_nbd;
extern const lifetime_model pareto_nbd;
extern const lifetime_model bg_bb;
extern const lifetime_model sbg;

/* all of them, NULL at the end */
extern const lifetime_model *const lifetime_models[];

/* NULL where there is none of that name */
extern const lifetime_model *lifetime_model_named(const char *name);

/* ---------- what follows for one customer, from the above ---------- */

/* probability of exactly n purchases during (0, horizon] after the history */
extern double lifetime_pmf(const lifetime_model *model, const double *parameters,
						   const lifetime_history *history, double horizon, double n);

/* the future of the customer, if there */
extern void lifetime_future_if_there(const lifetime_model *model, const double *parameters,
									 const lifetime_history *history, double horizon, double discount,
									 bool variances, lifetime_future *future);

/* likewise, weighed by the probability of being there, which is returned */
extern lifetime_standing lifetime_forecast(const lifetime_model *model, const double *parameters,
								const lifetime_history *history, double horizon, double discount,
								bool variances, lifetime_future *future);

#endif							/* LOYALTY_KERNEL_LIFETIME_MODEL_H */
