/*
 * sbg.c
 *		The shifted-beta-geometric model; see sbg.h for its histories.
 *
 *	P(still there after n periods) = S(n) = (beta)_n / (alpha+beta)_n
 *	P(left at the end of period n) = S(n-1) alpha / (alpha+beta+n-1)
 *
 * Whoever is there after n periods is drawn from Beta(alpha, beta+n).
 */
#include "sbg.h"

#include <math.h>
#include <string.h>

#include "beta_geometric.h"
#include "compensated_sum.h"
#include "special_functions.h"

enum
{
	ALPHA, BETA, PARAMETERS
};

#define STEPS_UP_TO		32.0	/* renewals from one group to the next that are walked one by one */

static bool
has_left(const lifetime_history *history)
{
	return history->x < history->tenure;
}

static double
log_likelihood(const double *parameters, const lifetime_history *history)
{
	double		stayed = beta_geometric_log_survival(parameters[ALPHA], parameters[BETA], history->x);

	if (!has_left(history))
		return stayed;
	return stayed - log1p((parameters[BETA] + history->x) / parameters[ALPHA]);
}

static lifetime_standing
standing(const double *parameters, const lifetime_history *history)
{
	double		left = has_left(history);
	lifetime_standing standing = {1 - left, left};

	(void) parameters;
	return standing;
}

static void
posterior(const double *parameters, const lifetime_history *history, double *updated)
{
	updated[ALPHA] = parameters[ALPHA];
	updated[BETA] = parameters[BETA] + history->tenure;
}

static double
survival(const double *updated, double time)
{
	return exp(beta_geometric_log_survival(updated[ALPHA], updated[BETA], time));
}

/* the first renewal is itself the first survival: the share `stays` then faces the second */
static void
future(const double *updated, double horizon, double discount, bool variances, lifetime_future *result)
{
	double		stays = updated[BETA] / (updated[ALPHA] + updated[BETA]);

	beta_geometric_future(updated[ALPHA], updated[BETA] + 1, stays, stays,
						  horizon, discount, variances, result);
}

static double
pmf(const double *updated, double horizon, double n)
{
	double		periods = floor(horizon);
	lifetime_history history = {n, n, n < periods ? n + 1 : n};

	return n > periods ? 0 : exp(log_likelihood(updated, &history));
}

/* ---------- fitting ---------- */

/*
 * Everything about a row is a function of its renewals x: S(x), and for those
 * who left a further alpha / (alpha+beta+x).  So ln S is walked along the
 * groups.
 *
 * Derivatives are by ln alpha and ln beta.  A step from n to n+1 adds
 * ln (beta+n) - ln (alpha+beta+n).
 */
typedef struct stay_chance
{
	double		log;
	double		gradient[2];
	double		hessian[3];		/* aa, ab, bb */
} stay_chance;

static void
stay_step(const double *parameters, double n, stay_chance *stay)
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	double		whole = alpha + beta + n;
	double		stays = 1 / (beta + n);
	double		a = alpha / whole;
	double		b = beta / whole;

	stay->log -= log1p(alpha * stays);
	stay->gradient[ALPHA] -= a;
	stay->gradient[BETA] += beta * stays * a;
	stay->hessian[0] -= a * (1 - a);
	stay->hessian[1] += a * b;
	stay->hessian[2] += beta * stays * a * (n * stays - b);
}

/*
 * The same for many steps at once.  By beta, ln S is the difference of two
 * ln (beta+n)_alpha, which lose nothing to each other where alpha is small.
 */
static void
stay_leap(const double *parameters, double from, double to, stay_chance *stay)
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	rising_factorial whole = rising(alpha + beta + from, to - from);
	rising_factorial before = rising(beta + from, alpha);
	rising_factorial after = rising(beta + to, alpha);
	double		d1 = before.d1 - after.d1;
	double		d2 = before.d2 - after.d2;

	stay->log += beta_geometric_log_survival(alpha, beta + from, to - from);
	stay->gradient[ALPHA] -= alpha * whole.d1;
	stay->gradient[BETA] += beta * d1;
	stay->hessian[0] -= alpha * (whole.d1 + alpha * whole.d2);
	stay->hessian[1] -= alpha * beta * whole.d2;
	stay->hessian[2] += beta * (d1 + beta * d2);
}

static double
set_log_likelihood(const double *parameters, const history_set *set,
				   double *gradient, double *hessian, double *scratch, const history_pause *pause)
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	compensated_sum sums[6] = {{0, 0}};
	stay_chance stay = {0, {0}, {0}};
	double		at = 0;

	(void) scratch;
	for (size_t i = 0; i < set->group_count; i++)
	{
		const history_group *group = &set->groups[i];
		double		left = 0;
		double		whole = alpha + beta + group->x;
		double		a = alpha / whole;
		double		b = beta / whole;

		if (group->x - at > STEPS_UP_TO)
			stay_leap(parameters, at, group->x, &stay);
		else
			for (double n = at; n < group->x; n += 1)
				stay_step(parameters, n, &stay);
		at = group->x;

		for (size_t r = group->from; r < group->to; r++)
			if (set->times[set->rows[r].tenure] > group->x)
				left += set->rows[r].weight;

		compensated_add(&sums[0], group->weight * stay.log);
		compensated_add(&sums[0], -left * log1p((beta + group->x) / alpha));
		compensated_add(&sums[1], group->weight * stay.gradient[ALPHA] + left * (1 - a));
		compensated_add(&sums[2], group->weight * stay.gradient[BETA] - left * b);
		compensated_add(&sums[3], group->weight * stay.hessian[0] - left * a * (1 - a));
		compensated_add(&sums[4], group->weight * stay.hessian[1] + left * a * b);
		compensated_add(&sums[5], group->weight * stay.hessian[2] - left * b * (1 - b));
		if (i % 1024 == 0)
			history_pause_now(pause);
	}

	gradient[ALPHA] = compensated_value(&sums[1]);
	gradient[BETA] = compensated_value(&sums[2]);
	hessian[ALPHA * LIFETIME_PARAMETERS + ALPHA] = compensated_value(&sums[3]);
	hessian[ALPHA * LIFETIME_PARAMETERS + BETA] = compensated_value(&sums[4]);
	hessian[BETA * LIFETIME_PARAMETERS + ALPHA] = compensated_value(&sums[4]);
	hessian[BETA * LIFETIME_PARAMETERS + BETA] = compensated_value(&sums[5]);
	return compensated_value(&sums[0]);
}

static size_t
scratch_size(const history_set *set)
{
	(void) set;
	return 0;
}

/* the share that leaves in a period, as if it were one for all, spread as Beta with alpha + beta = 2 */
static void
start(const history_set *set, double *parameters)
{
	double		left = set->total_tenure - set->purchases;
	double		churn = (left + 0.5) / (set->total_tenure + 1);

	parameters[ALPHA] = 2 * churn;
	parameters[BETA] = 2 * (1 - churn);
}

static const char *
limit(const int *direction)
{
	int			alpha = direction[ALPHA];
	int			beta = direction[BETA];

	if (alpha > 0 && beta > 0)
		return "all customers leave at the same rate";
	if (alpha < 0 && beta < 0)
		return "a customer leaves at the first renewal or never";
	if (alpha < 0 || beta > 0)
		return "no customer ever leaves";
	if (alpha > 0 || beta < 0)
		return "every customer leaves at the first renewal";
	return NULL;
}

const lifetime_model sbg = {
	.name = "sbg",
	.parameters = PARAMETERS,
	.parameter_names = {"alpha", "beta"},
	.is_time = {false, false},
	.discrete = true,
	.log_likelihood = log_likelihood,
	.standing = standing,
	.posterior = posterior,
	.survival = survival,
	.future = future,
	.pmf = pmf,
	.set_log_likelihood = set_log_likelihood,
	.scratch_size = scratch_size,
	.start = start,
	.limit = limit
};

/* ---------- the curves ---------- */

double
sbg_retention_rate(const double *parameters, double period)
{
	double		stays = parameters[BETA] + (period - 1);

	return stays / (parameters[ALPHA] + stays);
}

double
sbg_survival(const double *parameters, double period)
{
	return survival(parameters, period);
}

double
sbg_residual_tenure(const double *parameters, double period, double discount)
{
	double		renews = period >= 1 ? sbg_retention_rate(parameters, period) : 1;
	lifetime_future result;

	/* at the renewal itself nothing is discounted yet */
	beta_geometric_future(parameters[ALPHA], parameters[BETA] + period, renews, renews,
						  INFINITY, discount, false, &result);
	return exp(discount) * result.mean;
}
