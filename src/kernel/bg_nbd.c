/*
 * bg_nbd.c
 *		The BG/NBD: customers buy at a rate of their own and after each repeat
 *		purchase leave with a probability of their own.
 *
 * Fader, Hardie & Lee (2005), "Counting your customers" the easy way,
 * Marketing Science 24(2).  Nobody leaves at the first purchase, so whoever
 * bought once is alive for ever.
 */
#include "bg_histories.h"
#include "bg_population.h"

#define FIRST_CHANCE	0		/* chances to leave at the first purchase */

static double
log_likelihood(const double *parameters, const lifetime_history *history)
{
	return bg_histories_log_likelihood(parameters, history, FIRST_CHANCE);
}

static lifetime_standing
standing(const double *parameters, const lifetime_history *history)
{
	return bg_histories_standing(parameters, history, FIRST_CHANCE);
}

static void
posterior(const double *parameters, const lifetime_history *history, double *updated)
{
	bg_histories_posterior(parameters, history, FIRST_CHANCE, updated);
}

static double
set_log_likelihood(const double *parameters, const history_set *set,
				   double *gradient, double *hessian,
				   double *scratch, const history_pause *pause)
{
	return bg_histories_set_log_likelihood(parameters, set, FIRST_CHANCE, gradient, hessian, scratch, pause);
}

static const char *
limit(const int *direction)
{
	return bg_histories_limit(direction, FIRST_CHANCE);
}

const lifetime_model bg_nbd = {
	.name = "bg_nbd",
	.parameters = 4,
	.parameter_names = {"r", "alpha", "a", "b"},
	.is_time = {false, true, false, false},
	.discrete = false,
	.log_likelihood = log_likelihood,
	.standing = standing,
	.posterior = posterior,
	.survival = bg_population_survival,
	.future = bg_population_future,
	.pmf = bg_population_pmf,
	.set_log_likelihood = set_log_likelihood,
	.scratch_size = bg_histories_scratch_size,
	.start = bg_histories_start,
	.limit = limit,
};
