/*
 * bg_population.c
 *		Expected purchases of a living BG/NBD population, discounted or not,
 *		their variance, their distribution, and who is still there.
 *
 * Let w_k = E[(1-p)^k] = (b)_k/(a+b)_k be the share that k purchases left there,
 * and N(t) the purchases of one who never leaves, a negative binomial.  The
 * (k+1)th purchase of such a one is made by a member with probability w_k, so
 *
 *		E[X(t)]   = sum w_k P(N(t) > k)          = sum P(N = n) sum_{k<n} w_k
 *		E[X(t)^2] = sum (2k+1) w_k P(N(t) > k)   = sum P(N = n) sum_{k<n} (2k+1) w_k
 *		P(there at t) = sum P(N(t) = n) w_n.
 *
 * For discounts, purchases happen at t at the rate
 *
 *		m(t) = sum w_k f_{k+1}(t) = E[(r/alpha) (1 + pt/alpha)^(-r-1)],
 *
 * f_k the density of the kth arrival; and of two purchases the later happens at
 * t at the rate t n(t), n(t) = E[(1-p) r(r+1)/alpha^2 (1 + pt/alpha)^(-r-2)]
 * = sum k w_k f_{k+1}(t)/t, the earlier before it evenly over (0, t).  All sums
 * have positive terms only.  Where they would have too many, the expectation
 * over p is taken by a dropout_rule.
 */
#include "bg_population.h"

#include <math.h>

#include "dropout_rule.h"
#include "negative_binomial.h"
#include "rising_series.h"
#include "special_functions.h"

#define SERIES_TERMS	3000	/* more cost more than the dropout_rule */
#define SERIES_EXPONENT	600.0	/* exp(-this) is still a double */
#define SERIES_REST		1e-16

#define PANEL_POINTS	16
#define PANEL_REACH		14.0	/* see first_panel */
#define PANEL_GROWTH	4.0
#define SHORTEST_PANEL	1e-36	/* of the horizon */
#define PANEL_MOMENT	32		/* the derivative in the error of a 16-point rule */
#define DISCOUNTED_AWAY	41.0	/* exp(-41) is nothing beside 1 */
#define PANEL_GAIN		2.0		/* the most a discount below zero adds to an exponent within a panel */
#define MOST_GAIN		1500.0	/* and in all: exp(this) leaves double precision far behind */

/* Rates at the points of one panel. */
typedef struct panel
{
	double		t[PANEL_POINTS];	/* ascending */
	double		weight[PANEL_POINTS];
	double		single[PANEL_POINTS];	/* m(t) */
	double		pairs[PANEL_POINTS];	/* n(t) */
} panel;

/*
 * Whether the sums over N(t) end soon and start within double precision:
 * beyond its mean the terms fall like a Gaussian, then at the rate t/(alpha+t).
 */
static bool
series_fits(double r, double growth)
{
	double		mean = (r + 1) * growth;

	return mean + 8 * sqrt(mean * (1 + growth)) + 36 * (1 + growth) < SERIES_TERMS &&
		(r + 1) * log1p(growth) < SERIES_EXPONENT;
}

/* ---------- who is there ---------- */

double
bg_population_survival(const double *updated, double time)
{
	double		r = updated[0];
	double		a = updated[2];
	double		b = updated[3];
	double		growth = time / updated[1];
	double		z = growth / (1 + growth);
	double		stays = 1;
	double		arrives;
	double		sum;

	if (isinf(time))
		return 0;
	if (!series_fits(r, growth))
		return dropout_rule_survival(a, b, r, growth);

	arrives = sum = exp(-r * log1p(growth));
	for (double n = 0;; n++)
	{
		double		falls = z * fmax(1, (r + n + 1) / (n + 2));

		arrives *= z * (r + n) / (n + 1);
		stays *= (b + n) / (a + b + n);
		sum += arrives * stays;
		if (falls < 1 && arrives * stays * falls <= SERIES_REST * (1 - falls) * sum)
			return sum;
	}
}

/* ---------- undiscounted ---------- */

static void
count_by_series(double r, double growth, double a, double b, bool variances, lifetime_future *future)
{
	double		z = growth / (1 + growth);
	double		arrives = exp(-r * log1p(growth));	/* P(N = n) */
	double		stays = 1;		/* w_n */
	double		once = 0;		/* sum of w_k, k < n, and of (2k+1) w_k */
	double		twice = 0;
	double		mean = 0;
	double		second = 0;

	for (double n = 0;; n++)
	{
		double		inverse = 1 / ((n + 1) * (a + b + n));	/* one division for both */

		arrives *= z * (r + n) * (a + b + n) * inverse;
		once += stays;
		if (variances)
			twice += (2 * n + 1) * stays;
		stays *= (b + n) * (n + 1) * inverse;
		mean += arrives * once;
		if (variances)
			second += arrives * twice;

		/* twice grows no faster than the square of n, once slower; looked at now and then */
		if (((long) n & 7) == 7)
		{
			double		falls = z * (n + 2) / (n + 1) * fmax((n + 2) / (n + 1), (r + n + 1) / (n + 1));

			if (falls < 1 && (variances ?
							  arrives * twice * falls <= SERIES_REST * (1 - falls) * second :
							  arrives * once * falls <= SERIES_REST * (1 - falls) * mean))
				break;
		}
	}
	future->mean = future->squares = mean;
	future->second = second;
}

/* A member makes 1/p purchases before leaving; the moments are E[1/p] and E[(2-p)/p^2]. */
static void
count_for_ever(double a, double b, lifetime_future *future)
{
	future->mean = future->squares = a > 1 ? 1 + b / (a - 1) : INFINITY;
	future->second = a > 2 ? future->mean * (1 + 2 * b / (a - 2)) : INFINITY;
}

static double
mean_by_rule(double r, double growth, const dropout_rule *rule)
{
	double		sum = 0;

	for (int i = 0; i < rule->count; i++)
	{
		double		p = rule->p[i];

		sum += rule->weight[i] * (p > 0 ? -expm1(-r * log1p(p * growth)) / p : r * growth);
	}
	return sum;
}

/* ---------- discounted, and variances: integrals over time ---------- */

static void
rates_by_series(double r, double alpha, double a, double b, bool variances, panel *panel)
{
	double		single[PANEL_POINTS];
	double		pairs[PANEL_POINTS] = {0};
	double		term[PANEL_POINTS];
	double		z[PANEL_POINTS];
	const int	last = PANEL_POINTS - 1;	/* has the longest tail */

	for (int i = 0; i < PANEL_POINTS; i++)
	{
		term[i] = single[i] = r / alpha * exp(-(r + 1) * log1p(panel->t[i] / alpha));
		z[i] = panel->t[i] / (alpha + panel->t[i]);
	}
	for (double k = 1;; k++)
	{
		double		before = k - 1;	/* b + k - 1 would round a tiny b away */
		double		grows = (r + k) / k * ((b + before) / (a + b + before));
		double		falls = z[last] * (r + k + 1) / k;

		for (int i = 0; i < PANEL_POINTS; i++)
		{
			term[i] *= grows * z[i];
			single[i] += term[i];
		}
		if (variances)
			for (int i = 0; i < PANEL_POINTS; i++)
				pairs[i] += k * term[i];
		if (falls < 1 && term[last] * falls <=
			SERIES_REST * (1 - falls) * (variances ? pairs[last] / k : single[last]))
			break;
	}
	for (int i = 0; i < PANEL_POINTS; i++)
	{
		panel->single[i] = single[i];
		panel->pairs[i] = pairs[i] / panel->t[i];
	}
}

static void
rates_by_rule(double r, double alpha, const dropout_rule *rule, panel *panel)
{
	for (int i = 0; i < PANEL_POINTS; i++)
	{
		double		single = 0;
		double		pairs = 0;

		for (int j = 0; j < rule->count; j++)
		{
			double		growth = rule->p[j] * panel->t[i] / alpha;
			double		share = rule->weight[j] * exp(-(r + 1) * log1p(growth));

			single += share;
			pairs += share / (1 + growth) * (1 - rule->p[j]);
		}
		panel->single[i] = r / alpha * single;
		panel->pairs[i] = r / alpha * ((r + 1) / alpha) * pairs;
	}
}

/*
 * m(t) exp(-discount t) is a mixture of exponentials exp(-(lambda p + discount) t).
 * The error of a 16-point rule over (0, h) is its 32nd derivative, at most
 * E[lambda (lambda p + discount)^32], times 3.2e-55 h^33.  With M^32 the mean of
 * (lambda p + discount)^32 weighed by lambda, for which Minkowski's inequality
 * gives a bound, that is 1e-18 h m(0) at h = PANEL_REACH / M.  Thereafter panels
 * may each end PANEL_GROWTH times later than they begin: that resolves any
 * exponential to 2e-15 of its own integral over (0, infinity), as trying all
 * rates shows.  Under a discount below zero a panel spans no more than
 * PANEL_GAIN of its exponent: where panels grow exp(-discount t) is then still
 * near 1, and thereafter what is not resolved has died away.
 */
static double
first_panel(double r, double alpha, double a, double b, double discount)
{
	double		product = 1;

	for (int j = 0; j < PANEL_MOMENT; j++)
		product *= (r + 1 + j) / (r + PANEL_MOMENT) * ((a + j) / (a + b + j));
	return PANEL_REACH / (discount + (r + PANEL_MOMENT) / alpha * pow(product, 1.0 / PANEL_MOMENT));
}

/* rule NULL: by the series */
static void
integrate(const double *updated, double horizon, double discount, bool variances,
		  const dropout_rule *rule, lifetime_future *future)
{
	double		r = updated[0];
	double		alpha = updated[1];
	double		a = updated[2];
	double		b = updated[3];
	double		from = 0;
	double		steepest = fabs(variances ? 2 * discount : discount);
	double		to = first_panel(r, alpha, a, b, steepest);
	double		widest = discount < 0 ? PANEL_GAIN / steepest : INFINITY;
	double		pairs = 0;

	/* whatever the rates, some sixty panels reach the horizon */
	to = fmin(horizon, fmax(to, SHORTEST_PANEL * horizon));
	future->mean = future->squares = 0;
	for (;;)
	{
		double		half = 0.5 * (to - from);
		panel		panel;

		for (int i = 0; i < PANEL_POINTS / 2; i++)
		{
			int			up = PANEL_POINTS / 2 + i;
			int			down = PANEL_POINTS / 2 - 1 - i;

			panel.t[up] = from + half * (1 + gauss_node[i]);
			panel.t[down] = from + half * (1 - gauss_node[i]);
			panel.weight[up] = panel.weight[down] = half * gauss_weight[i];
		}
		if (rule)
			rates_by_rule(r, alpha, rule, &panel);
		else
			rates_by_series(r, alpha, a, b, variances, &panel);
		for (int i = 0; i < PANEL_POINTS; i++)
		{
			double		t = panel.t[i];
			double		worth = exp(-discount * t);

			future->mean += panel.weight[i] * panel.single[i] * worth;
			if (variances)
			{
				double		earlier = t * mean_decay(discount * t);

				future->squares += panel.weight[i] * panel.single[i] * worth * worth;
				pairs += panel.weight[i] * panel.pairs[i] * worth * earlier;
			}
		}
		if (to >= horizon)
			break;
		from = to;
		to = fmin(horizon, fmin(PANEL_GROWTH * from, from + widest));
	}
	future->second = future->squares + 2 * pairs;
}

/*
 * For ever, discounted: for one p, with s = r+1, z = discount alpha/p and
 * E(s, z) the scaled exponential integral,
 *
 *		integral of m exp(-d t)                = r/p E(s, z)
 *		integral of n (exp(-dt) - exp(-2dt))/d = (1-p) r s/(p alpha d) (E(s+1, z) - E(s+1, 2z))
 *											   = (1-p) r/p^2 (2 E(s, 2z) - E(s, z)),
 *
 * the last by E's recurrence; the first form cancels where z is small, the
 * second where it is large.
 */
static void
forever_by_rule(double r, double alpha, double discount, bool variances,
				const dropout_rule *rule, lifetime_future *future)
{
	double		s = r + 1;
	double		perpetuity = r / (alpha * discount);
	double		pairs = 0;

	future->mean = future->squares = 0;
	for (int i = 0; i < rule->count; i++)
	{
		double		p = rule->p[i];
		double		weight = rule->weight[i];
		double		z = discount * (alpha / p);
		double		once;
		double		twice;

		if (p == 0 || isinf(z))
		{
			future->mean += weight * perpetuity;
			future->squares += weight * perpetuity / 2;
			pairs += weight * perpetuity * (s / (alpha * discount)) / 2;
			continue;
		}
		once = scaled_exponential_integral(s, z);
		future->mean += weight * r / p * once;
		if (!variances)
			continue;
		twice = scaled_exponential_integral(s, 2 * z);
		future->squares += weight * r / p * twice;
		if (z > s)
			pairs += weight * (1 - p) * perpetuity * (s / p) *
				(scaled_exponential_integral(s + 1, z) - scaled_exponential_integral(s + 1, 2 * z));
		else
			pairs += weight * (1 - p) * (r / p / p) * (2 * twice - once);
	}
	future->second = future->squares + 2 * pairs;
}

void
bg_population_future(const double *updated, double horizon, double discount,
					 bool variances, lifetime_future *future)
{
	double		r = updated[0];
	double		alpha = updated[1];
	double		a = updated[2];
	double		b = updated[3];
	bool		forever = horizon * discount > DISCOUNTED_AWAY;
	int			order = variances ? 2 : 1;
	double		reach;			/* where looking ahead may end */
	dropout_rule rule;

	if (horizon == 0)
	{
		future->mean = future->squares = future->second = 0;
		return;
	}
	if (-discount * horizon > MOST_GAIN)
	{
		future->mean = future->squares = future->second = INFINITY;
		return;
	}
	if (isinf(horizon) && discount == 0)
	{
		count_for_ever(a, b, future);
		return;
	}

	reach = forever ? DISCOUNTED_AWAY / discount : horizon;
	if (series_fits(r, reach / alpha))
	{
		if (discount == 0)
			count_by_series(r, reach / alpha, a, b, variances, future);
		else
			integrate(updated, reach, discount, variances, NULL, future);
		return;
	}

	dropout_rule_make(a, b, (r + 1) * ((forever ? 1 / discount : horizon) / alpha), order,
					  discount < 0 ? exp(-order * discount * horizon) : 1, &rule);
	if (forever)
		forever_by_rule(r, alpha, discount, variances, &rule, future);
	else if (discount == 0 && !variances)
		future->mean = mean_by_rule(r, horizon / alpha, &rule);
	else
		integrate(updated, horizon, discount, variances, &rule, future);
}

/* ---------- how many ---------- */

/*
 * The continued fraction of the incomplete beta integral, from A&S 26.5.8, by
 * the modified Lentz method: I_z(a, b) = z^a (1-z)^b / (a B(a, b)) times this;
 * quick where z < (a+1)/(a+b+2).
 */
static double
beta_fraction(double a, double b, double z)
{
	double		d = 1 / (1 - (a + b) * z / (a + 1));
	double		c = 1;
	double		h = d;

	for (double m = 1; m < 100000; m++)
	{
		double		even = m * (b - m) * z / ((a + 2 * m - 1) * (a + 2 * m));
		double		odd = -(a + m) * (a + b + m) * z / ((a + 2 * m) * (a + 2 * m + 1));
		double		step;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		h *= c * d;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		step = c * d;
		h *= step;
		if (fabs(step - 1) < 4e-16)
			break;
	}
	return h;
}

/*
 * The probabilities of N beyond n (direction 1) or below n (-1), relative to
 * that of n itself.  Quick where n is on that side of the mean and growth < 1:
 * N then scatters little more than a Poisson number.
 */
static double
beyond(double n, double r, double z, int direction)
{
	double		term = 1;
	double		sum = 0;

	while (n > 0 || direction > 0)
	{
		double		falls;

		if (direction > 0)
			falls = z * (r + n) / (n + 1);
		else
			falls = n / (z * (r + (n - 1)));
		term *= falls;
		sum += term;
		if (term <= SERIES_REST * sum * (1 - falls))
			break;
		n += direction;
	}
	return sum;
}

/*
 * P(N >= n) for n >= 1, `exactly` being P(N = n), growth = t/alpha: the
 * incomplete beta integral I_z(n, r).
 */
static double
at_least(double n, double r, double growth, double exactly)
{
	double		z = growth / (1 + growth);
	bool		above_mean = z < (n + 1) / (n + r + 2);
	double		end;
	double		from;
	double		width;
	double		sum = 0;

	if (n == 1)
		return -expm1(-r * log1p(growth));
	if (growth < 1)
		return above_mean ? exactly * (1 + beyond(n, r, z, 1)) : 1 - exactly * beyond(n, r, z, -1);
	if (above_mean)
		return exactly * beta_fraction(n, r, z);
	if (r >= 1)
		return 1 - exactly * n / r * beta_fraction(r, n, 1 / (1 + growth));

	/*
	 * Few buy at all, so this may be small though most who do buy that often:
	 * the integral itself, of (1 - e^-v)^(n-1) e^(-rv), v = -ln(1-x).  It
	 * begins where the first factor does, and is smooth on the scale of 1.
	 */
	end = log1p(growth);
	from = fmax(0, log((n - 1) / 80));
	width = (end - from) / ceil(end - from);
	for (; from < end - 0.5 * width; from += width)
		for (int i = 0; i < PANEL_POINTS; i++)
		{
			double		node = i % 2 ? gauss_node[i / 2] : -gauss_node[i / 2];
			double		v = from + 0.5 * width * (1 + node);

			sum += 0.5 * width * gauss_weight[i / 2] * exp((n - 1) * log(-expm1(-v)) - r * v);
		}
	return exp(-log_beta(r, n)) * sum;
}

double
bg_population_pmf(const double *updated, double horizon, double n)
{
	double		r = updated[0];
	double		a = updated[2];
	double		b = updated[3];
	double		growth = horizon / updated[1];
	negative_binomial count = negative_binomial_of(n, r);
	double		arrive;			/* logarithm of P(N = n) */
	double		leaves;			/* the nth purchase was the last: E[p (1-p)^(n-1)] */

	if (horizon == 0)
		return n == 0 ? 1 : 0;
	arrive = negative_binomial_log(&count, growth);
	if (n == 0)
		return exp(arrive);
	leaves = rising_series_log_ratio(b, a, n - 1) + log(a / (a + b + (n - 1)));
	return exp(arrive + rising_series_log_ratio(b, a, n)) +
		exp(leaves) * at_least(n, r, growth, exp(arrive));
}
