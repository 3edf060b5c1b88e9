/*
 * mbg_nbd.c
 *		The MBG/NBD: the BG/NBD in which one may leave after the first purchase
 *		too.
 *
 * Batislam, Denizel & Filiztekin (2007), IJRM 24(3); Hoppe & Wagner (2007),
 * Marketing - Journal of Research and Management 3(2).
 */
#include "bg_histories.h"
#include "bg_population.h"

#define FIRST_CHANCE	1		/* chances to leave at the first purchase */

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

const lifetime_model mbg_nbd = {
	.name = "mbg_nbd",
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
