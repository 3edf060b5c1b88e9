/*
 * gamma_gamma.c
 *		Spend per purchase.
 *
 * With a = p x, b = q, n = a + b and u = x m / (gamma + x m), the density of a
 * mean m is that of a beta variable in disguise (note 025, equation 1a):
 *
 *	ln f = -ln m + ln Gamma(n) - ln Gamma(a) - ln Gamma(b) + a ln u + b ln (1-u).
 *
 * Along its ridges (p, or q and gamma, without bound) these are differences of
 * huge numbers.  With Stirling's formula put in for each gamma function, c(z)
 * what it leaves over, and e = n u - a, what remains is
 *
 *	-ln m + ln(a b / (2 pi n)) / 2 + c(n) - c(a) - c(b) + a l(e/a) + b l(-e/b),
 *
 * l(y) = ln(1+y) - y <= 0, which says how far u lies from its mean a/n (Loader
 * 2000, "Fast and Accurate Computation of Binomial Probabilities", the same
 * for counts), and which holds for all a and b.  e = x (q m - p gamma) /
 * (gamma + x m).
 */
#include "gamma_gamma.h"

#include <math.h>

#include "compensated_sum.h"
#include "stirling.h"

#define SUM_BLOCK		1024	/* rows added plainly; blocks are added with compensation */
#define MODERATE		1000.0	/* a + b up to here: a product's rounding errors, times a, are still none */
#define ONE_FACTOR		1e100	/* no factor of a product further from 1 than this */

const char *const gamma_gamma_parameter_names[SPEND_PARAMETERS] = {"p", "q", "gamma"};

/* how one mean lies beside those expected of its x */
typedef struct deviation
{
	double		u;
	double		rest;			/* 1 - u */
	double		e;				/* n u - a */
	double		log_a;			/* ln(1 + e/a) = ln(u n/a) */
	double		log_b;			/* ln(1 - e/b) = ln((1-u) n/b) */
	double		log_density;	/* a l(e/a) + b l(-e/b) */
} deviation;

static inline deviation
deviation_of(const double *parameters, double x, double mean)
{
	double		p = parameters[SPEND_P];
	double		q = parameters[SPEND_Q];
	double		gamma = parameters[SPEND_GAMMA];
	double		inverse = 1 / (gamma + x * mean);
	double		off = (q * mean - p * gamma) * inverse;
	double		above_a = off / p;		/* e/a */
	double		above_b = -x * off / q;	/* -e/b */
	double		n = p * x + q;
	deviation	result;

	result.u = x * mean * inverse;
	result.rest = gamma * inverse;
	result.e = x * off;
	/* near -1 a quotient has lost what its sum with 1 needs */
	result.log_a = above_a > -0.5 ? log1p(above_a) : log(result.u * (n / (p * x)));
	result.log_b = above_b > -0.5 ? log1p(above_b) : log(result.rest * (n / q));
	result.log_density = p * x * log1p_excess(above_a, result.log_a) +
		q * log1p_excess(above_b, result.log_b);
	return result;
}

/* what ln f has beside that and -ln m */
static double
log_scale(double a, double b, double rest)
{
	return 0.5 * (log(a / (a + b)) + log(b) - LOG_TWO_PI) + rest;
}

double
gamma_gamma_log_likelihood(const double *parameters, double x, double mean)
{
	double		a = parameters[SPEND_P] * x;
	double		b = parameters[SPEND_Q];

	return deviation_of(parameters, x, mean).log_density - log(mean) +
		log_scale(a, b, stirling_rest_log_gamma(a + b) - stirling_rest_log_gamma(a) - stirling_rest_log_gamma(b));
}

bool
gamma_gamma_expect(const double *parameters, double x, double mean, spend_expectation *spend)
{
	double		p = parameters[SPEND_P];
	double		over = p * x + (parameters[SPEND_Q] - 1);
	double		rate = parameters[SPEND_GAMMA] + (x > 0 ? mean * x : 0);
	double		one,
				two;

	if (!(over > 0))
		return false;
	one = rate / over;			/* E[1/nu] */
	two = over > 1 ? one * (rate / (over - 1)) : INFINITY;	/* E[1/nu^2] */
	spend->mean = p * one;
	spend->mean_square = p * p * two;
	spend->variance = p * two;
	return true;
}

/* ---------- fitting ---------- */

/* ln f and its derivatives, gradient then upper triangle */
enum
{
	VALUE, P, Q, G, PP, PQ, PG, QQ, QG, GG, SUMS
};

/* Sums over rows of one x, weighed. */
typedef struct row_sums
{
	double		log_density;
	double		log_a;
	double		log_b;
	double		e;
	double		u;
	double		rest;
	double		spread;			/* u (1-u) */
} row_sums;

static row_sums
sum_rows(const double *parameters, double x, const spend_row *rows, size_t count)
{
	row_sums	sums = {0, 0, 0, 0, 0, 0, 0};

	for (size_t i = 0; i < count; i++)
	{
		double		w = rows[i].weight;
		deviation	off = deviation_of(parameters, x, rows[i].mean);

		sums.log_density += w * off.log_density;
		sums.log_a += w * off.log_a;
		sums.log_b += w * off.log_b;
		sums.e += w * off.e;
		sums.u += w * off.u;
		sums.rest += w * off.rest;
		sums.spread += w * off.u * off.rest;
	}
	return sums;
}

/* multiplies, and adds the logarithm to a sum before the product leaves the range */
static inline void
gather_factor(double *product, double factor, double *log_sum)
{
	*product *= factor;
	if (!(*product > 1 / ONE_FACTOR && *product < ONE_FACTOR))
	{
		*log_sum += log(*product);
		*product = 1;
	}
}

/*
 * The same where a and b are moderate: one logarithm for many rows, of the
 * products of u n/a and of (1-u) n/b.  What each row subtracts from its
 * logarithms cancels: a (e/a) + b (-e/b) = 0.
 */
static row_sums
sum_rows_by_products(const double *parameters, double x, const spend_row *rows, size_t count)
{
	double		p = parameters[SPEND_P];
	double		q = parameters[SPEND_Q];
	double		gamma = parameters[SPEND_GAMMA];
	double		n = p * x + q;
	double		by_a = n / (p * x);
	double		by_b = n / q;
	double		product_a = 1;
	double		product_b = 1;
	row_sums	sums = {0, 0, 0, 0, 0, 0, 0};

	for (size_t i = 0; i < count; i++)
	{
		double		w = rows[i].weight;
		double		inverse = 1 / (gamma + x * rows[i].mean);
		double		u = x * rows[i].mean * inverse;
		double		rest = gamma * inverse;

		if (w == 1)
		{
			gather_factor(&product_a, u * by_a, &sums.log_a);
			gather_factor(&product_b, rest * by_b, &sums.log_b);
		}
		else
		{
			sums.log_a += w * log(u * by_a);
			sums.log_b += w * log(rest * by_b);
		}
		sums.e += w * (x * (q * rows[i].mean - p * gamma) * inverse);
		sums.u += w * u;
		sums.rest += w * rest;
		sums.spread += w * u * rest;
	}
	sums.log_a += log(product_a);
	sums.log_b += log(product_b);
	sums.log_density = p * x * sums.log_a + q * sums.log_b;
	return sums;
}

/* may the rows of this x, whose means ascend, be multiplied? */
static bool
is_moderate(const double *parameters, double x, const spend_row *first, const spend_row *last)
{
	double		a = parameters[SPEND_P] * x;
	double		b = parameters[SPEND_Q];
	double		gamma = parameters[SPEND_GAMMA];
	double		n = a + b;

	return n <= MODERATE && n / a < ONE_FACTOR && n / b < ONE_FACTOR &&
		x * first->mean / (gamma + x * first->mean) > 1 / ONE_FACTOR &&
		gamma / (gamma + x * last->mean) > 1 / ONE_FACTOR;
}

/*
 * Of ln f by ln p, ln q and ln gamma; psi(z) = ln z + k(z) and psi'(z) = 1/z +
 * t(z), whose leading parts have again been cancelled on paper:
 *
 *	p: a (k(n) - k(a) + ln(1 + e/a))		q: b (k(n) - k(b) + ln(1 - e/b))
 *	gamma: e = b u - a (1-u)
 *	pp: p + a^2 (t(n) - t(a)) - ab/n		qq: q + b^2 (t(n) - t(b)) - ab/n
 *	pq: ab (1/n + t(n))		pg: -a (1-u)	qg: b u		gg: -n u (1-u)
 */
double
gamma_gamma_set_log_likelihood(const double *parameters, const spend_set *set,
							   double *gradient, double *hessian, const history_pause *pause)
{
	compensated_sum sums[SUMS] = {{0, 0}};
	double		b = parameters[SPEND_Q];
	stirling_rest rest_b = stirling_rest_at(b);

	compensated_add(&sums[VALUE], -set->log_means);
	for (size_t i = 0; i < set->group_count; i++)
	{
		const spend_group *group = &set->groups[i];
		double		a = parameters[SPEND_P] * group->x;
		double		n = a + b;
		double		between = a * (b / n);
		stirling_rest rest_a = stirling_rest_at(a);
		stirling_rest rest_n = stirling_rest_at(n);
		bool		moderate = is_moderate(parameters, group->x, &set->rows[group->from], &set->rows[group->to - 1]);

		for (size_t from = group->from; from < group->to; from += SUM_BLOCK)
		{
			size_t		count = group->to - from < SUM_BLOCK ? group->to - from : SUM_BLOCK;
			row_sums	s = (moderate ? sum_rows_by_products : sum_rows) (parameters, group->x, set->rows + from, count);

			compensated_add(&sums[VALUE], s.log_density);
			compensated_add(&sums[P], a * s.log_a);
			compensated_add(&sums[Q], b * s.log_b);
			compensated_add(&sums[G], s.e);
			compensated_add(&sums[PG], -a * s.rest);
			compensated_add(&sums[QG], b * s.u);
			compensated_add(&sums[GG], -n * s.spread);
			history_pause_now(pause);
		}
		compensated_add(&sums[VALUE], group->weight *
						log_scale(a, b, rest_n.log_gamma - rest_a.log_gamma - rest_b.log_gamma));
		compensated_add(&sums[P], group->weight * a * (rest_n.digamma - rest_a.digamma));
		compensated_add(&sums[Q], group->weight * b * (rest_n.digamma - rest_b.digamma));
		compensated_add(&sums[PP], group->weight * (a * a * (rest_n.trigamma - rest_a.trigamma) - between));
		compensated_add(&sums[QQ], group->weight * (b * b * (rest_n.trigamma - rest_b.trigamma) - between));
		compensated_add(&sums[PQ], group->weight * (between + a * b * rest_n.trigamma));
	}
	gradient[SPEND_P] = compensated_value(&sums[P]);
	gradient[SPEND_Q] = compensated_value(&sums[Q]);
	gradient[SPEND_GAMMA] = compensated_value(&sums[G]);
	compensated_add(&sums[PP], gradient[SPEND_P]);
	compensated_add(&sums[QQ], gradient[SPEND_Q]);
	for (int i = 0, at = PP; i < SPEND_PARAMETERS; i++)
		for (int j = i; j < SPEND_PARAMETERS; j++, at++)
			hessian[i * SPEND_PARAMETERS + j] = hessian[j * SPEND_PARAMETERS + i] = compensated_value(&sums[at]);
	return compensated_value(&sums[VALUE]);
}

/*
 * The squared deviation of a mean over x purchases from that of all, in units
 * of it, is 1/(q-2) across customers plus (q-1)/((q-2) p x) within one: a
 * straight line in 1/x.
 */
void
gamma_gamma_start(const spend_set *set, double *parameters)
{
	double		weight = 0;
	double		mean = 0;
	double		within = 0;		/* means of 1/x, the square, and their products */
	double		square = 0;
	double		within2 = 0;
	double		product = 0;
	double		slope;
	double		across;
	double		p;
	double		q;

	for (size_t i = 0; i < set->group_count; i++)
		for (size_t r = set->groups[i].from; r < set->groups[i].to; r++)
		{
			weight += set->rows[r].weight;
			mean += set->rows[r].weight / weight * (set->rows[r].mean - mean);
		}
	for (size_t i = 0; i < set->group_count; i++)
	{
		double		one = 1 / set->groups[i].x;

		for (size_t r = set->groups[i].from; r < set->groups[i].to; r++)
		{
			double		w = set->rows[r].weight / weight;
			double		off = set->rows[r].mean / mean - 1;

			within += w * one;
			within2 += w * one * one;
			square += w * off * off;
			product += w * one * off * off;
		}
	}

	/* where x tells nothing, or nonsense, half of it is within */
	slope = (product - within * square) / (within2 - within * within);
	if (!(slope > 0) || !(slope * within < square))
		slope = 0.5 * square / within;
	across = square - slope * within;
	q = 2 + 1 / fmin(fmax(across, 0.01), 10);
	p = (q - 1) / ((q - 2) * fmin(fmax(slope, 0.01), 10));
	parameters[SPEND_P] = p;
	parameters[SPEND_Q] = q;
	parameters[SPEND_GAMMA] = mean * (q - 1) / p;
}

const char *
gamma_gamma_limit(const int *direction)
{
	int			p = direction[SPEND_P];
	int			q = direction[SPEND_Q];

	if (p > 0 && q > 0)
		return "every purchase is of the same amount";
	if (p > 0 && q == 0)
		return "a customer spends the same at every purchase";
	if (p == 0 && q > 0)
		return "all customers spend alike";
	return NULL;
}
