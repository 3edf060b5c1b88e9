/*
 * bg_bb.c
 *		The BG/BB model of purchases at whole opportunities (Fader, Hardie &
 *		Shang 2010, Marketing Science 29(6)).
 *
 * While there, a customer buys at each opportunity with a chance p of his own,
 * p ~ Beta(alpha, beta); before each opportunity he leaves with a chance theta,
 * theta ~ Beta(gamma, delta).  Of n opportunities x were used, the last at t_x.
 *
 * To have bought x times by t and to be there at t has probability
 *
 *	g(t) = (alpha)_x (beta)_(t-x) / (alpha+beta)_t  (delta)_t / (gamma+delta)_t
 *
 * and to leave right after t the further chance h(t) = gamma/(gamma+delta+t):
 *
 *	L(x, t_x, n) = g(n) + sum of g(t) h(t) over t_x <= t < n.
 *
 * Fitting many customers is in bg_bb_set.c.
 */
#include "bg_bb.h"

#include <math.h>

#include "beta_geometric.h"
#include "rising_series.h"
#include "special_functions.h"

#define NEARLY_CERTAIN	0.75	/* a probability above this is 1 less the rest, whose digits it has lost */
#define PMF_RESCALE		0x1p500	/* a sum is brought down where its next term is beyond this */

/* ln of the probability of these x purchases among the first t opportunities of one who is there */
static double
log_purchases(const double *parameters, double x, double t)
{
	double		alpha = parameters[BG_BB_ALPHA];
	double		beta = parameters[BG_BB_BETA];

	return rising_series_log_ratio(alpha, beta, x) + rising_series_log_ratio(beta, alpha + x, t - x);
}

/* of L/g(t_x), which is at most 1: g(n)/g(t_x), and the rest, of those who left during the silence */
static void
silence(const double *parameters, const lifetime_history *history, double *stayed, double *gone)
{
	double		t = history->t_x;
	double		quiet = history->tenure - t;
	double		alpha = parameters[BG_BB_ALPHA] + history->x;
	double		beta = parameters[BG_BB_BETA] + (t - history->x);
	double		gamma = parameters[BG_BB_GAMMA];
	double		delta = parameters[BG_BB_DELTA] + t;
	rising_series leaving = {{beta, delta}, {alpha, gamma + 1}, 0, false};

	*stayed = exp(rising_series_log_ratio(beta, alpha, quiet) +
				  beta_geometric_log_survival(gamma, delta, quiet));
	*gone = gamma / (gamma + delta) * rising_series_sum(&leaving, quiet);
}

/*
 * The chance to buy at all in n opportunities, by the first purchase:
 *
 *	sum of (beta)_k alpha/(alpha+beta)_(k+1)  (delta)_(k+1)/(gamma+delta)_(k+1) over k < n
 */
static double
comes_at_all(const double *parameters, double n)
{
	double		alpha = parameters[BG_BB_ALPHA];
	double		beta = parameters[BG_BB_BETA];
	double		gamma = parameters[BG_BB_GAMMA];
	double		delta = parameters[BG_BB_DELTA];
	rising_series coming = {{beta, delta + 1}, {alpha + 1, gamma}, 0, false};

	return alpha / (alpha + beta) * (delta / (gamma + delta)) * rising_series_sum(&coming, n);
}

static double
log_likelihood(const double *parameters, const lifetime_history *history)
{
	double		stayed,
				gone;

	silence(parameters, history, &stayed, &gone);
	/* of 1 less a chance the logarithm keeps its digits only by the chance itself */
	if (history->x == 0 && stayed + gone > NEARLY_CERTAIN)
		return log1p(0 - comes_at_all(parameters, history->tenure));	/* of 0: 0, not -0 */
	return log_purchases(parameters, history->x, history->t_x) +
		beta_geometric_log_survival(parameters[BG_BB_GAMMA], parameters[BG_BB_DELTA], history->t_x) +
		log(stayed + gone);
}

static lifetime_standing
standing(const double *parameters, const lifetime_history *history)
{
	double		stays = parameters[BG_BB_DELTA] + history->tenure;
	double		leaves = parameters[BG_BB_GAMMA];
	double		stayed,
				gone;
	lifetime_standing standing;

	silence(parameters, history, &stayed, &gone);
	standing.alive = stayed / (stayed + gone) * (stays / (leaves + stays));
	standing.left = (gone + stayed * (leaves / (leaves + stays))) / (stayed + gone);
	return standing;
}

static void
posterior(const double *parameters, const lifetime_history *history, double *updated)
{
	updated[BG_BB_ALPHA] = parameters[BG_BB_ALPHA] + history->x;
	updated[BG_BB_BETA] = parameters[BG_BB_BETA] + (history->tenure - history->x);
	updated[BG_BB_GAMMA] = parameters[BG_BB_GAMMA];
	updated[BG_BB_DELTA] = parameters[BG_BB_DELTA] + history->tenure + 1;
}

static double
survival(const double *updated, double time)
{
	return exp(beta_geometric_log_survival(updated[BG_BB_GAMMA], updated[BG_BB_DELTA], time));
}

static void
future(const double *updated, double horizon, double discount, bool variances, lifetime_future *result)
{
	double		alpha = updated[BG_BB_ALPHA];
	double		whole = alpha + updated[BG_BB_BETA];
	double		buys = alpha / whole;

	beta_geometric_future(updated[BG_BB_GAMMA], updated[BG_BB_DELTA],
						  buys, buys * ((alpha + 1) / (whole + 1)),
						  horizon, discount, variances, result);
}

/*
 * Who lives for the first opportunity lives for t of them with chance
 * s(t-1) h, h = gamma/(gamma+delta+t-1), t < horizon, or for all with
 * s(horizon-1); n of t opportunities are used with chance
 * C(t, n) (alpha)_n (beta)_(t-n) / (alpha+beta)_t.  All terms are positive;
 * the first may be far below the smallest double, so they are taken relative
 * to it.
 */
static double
pmf(const double *updated, double horizon, double n)
{
	double		alpha = updated[BG_BB_ALPHA];
	double		beta = updated[BG_BB_BETA];
	double		gamma = updated[BG_BB_GAMMA];
	double		delta = updated[BG_BB_DELTA];
	double		opportunities = floor(horizon);
	double		first = n > 1 ? n : 1;
	double		log_first;
	double		term = 1;
	double		sum = 0;

	if (n > opportunities)
		return 0;
	if (opportunities == 0)
		return 1;
	log_first = log_purchases(updated, n, first) + beta_geometric_log_survival(gamma, delta, first - 1);
	for (double t = first; t < opportunities; t += 1)
	{
		double		there = delta + (t - 1);

		sum += term * (gamma / (gamma + there));
		term *= (t + 1) / (t + 1 - n) * ((beta + (t - n)) / (alpha + beta + t)) * (there / (gamma + there));
		if (term > PMF_RESCALE)
		{
			term /= PMF_RESCALE;
			sum /= PMF_RESCALE;
			log_first += log(PMF_RESCALE);
		}
	}
	return exp(log_first + log(sum + term));
}

const lifetime_model bg_bb = {
	.name = "bg_bb",
	.parameters = BG_BB_PARAMETERS,
	.parameter_names = {"alpha", "beta", "gamma", "delta"},
	.is_time = {false, false, false, false},
	.discrete = true,
	.log_likelihood = log_likelihood,
	.standing = standing,
	.posterior = posterior,
	.survival = survival,
	.future = future,
	.pmf = pmf,
	.set_log_likelihood = bg_bb_set_log_likelihood,
	.scratch_size = bg_bb_scratch_size,
	.start = bg_bb_start,
	.limit = bg_bb_limit
};
