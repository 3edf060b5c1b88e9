/*
 * dropout_rule.c
 *		The trapezoidal sum over the logit of a dropout probability.
 *
 * Points lie at logit(p) = logit(p0) + u, where p0 = a/(a+b) is the maximum of
 * p^a (1-p)^b.  Relative to that maximum
 *
 *		p/p0 = 1 / (1 + q0 (e^-u - 1)),  q/q0 = 1 / (1 + p0 (e^u - 1)),  q = 1-p,
 *
 * and with expm1 and log1p the logarithm of the density keeps its digits where
 * a and b are large and u is small.
 */
#include "dropout_rule.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define WIDEST_STEP		0.28	/* for what is analytic in |Im y| < pi/2 */
#define STEP_PER_WIDTH	0.65	/* for a Gaussian maximum, in its standard deviations */
#define NEGLIGIBLE		1e-17
#define INDISTINCT		1e-17	/* p or 1-p times its effect: as good as 0 */

/* The weight p^a (1-p)^b (1+pc)^-r, its maximum, and the sum around that. */
typedef struct dropout_peak
{
	double		a;
	double		b;
	double		r;
	double		c;
	double		p0;				/* a/(a+b) and its complement */
	double		q0;
	double		centre;			/* u of the maximum */
	double		height;			/* logarithm of the weight there, that of p0 without r being 0 */
	double		step;
} dropout_peak;

/* logarithm of the weight at u, and the p there */
static double
log_weight(const dropout_peak *peak, double u, double *p, double *q)
{
	double		for_p = peak->q0 * expm1(-u);
	double		for_q = peak->p0 * expm1(u);
	double		result = -peak->a * log1p(for_p) - peak->b * log1p(for_q);

	*p = peak->p0 / (1 + for_p);
	*q = peak->q0 / (1 + for_q);
	if (peak->r > 0)
		result -= peak->r * log1p(peak->c * *p);
	return result;
}

static dropout_peak
find_peak(double a, double b, double r, double c)
{
	dropout_peak peak = {a, b, r, c, a / (a + b), b / (a + b), 0, 0, 0};
	double		p = peak.p0;
	double		q = peak.q0;
	double		curvature;

	if (r > 0)
	{
		/* a(1-p) - bp = rcp(1-p)/(1+pc) has one root in (0, 1) */
		double		half = 0.5 * (c * (a - r) - a - b);
		double		root = sqrt(fmax(0, half * half - c * (r - a - b) * a));

		p = fmin(a / (root - half), 1);
		q = fmax(1 - p, 1e-15);
		peak.centre = log(p / peak.p0) - log(q / peak.q0);
		peak.height = log_weight(&peak, peak.centre, &p, &q);
	}
	curvature = (a + b + r * c / (1 + p * c)) * p * q;
	peak.step = 1 / sqrt(1 / (WIDEST_STEP * WIDEST_STEP) + curvature / (STEP_PER_WIDTH * STEP_PER_WIDTH));
	return peak;
}

/*
 * Walks from the maximum outwards (direction -1 towards p = 0, 1 towards
 * p = 1) and returns the sum of the weights, relative to the maximum, without
 * that of the maximum itself.  Stops where the rest is negligible beside
 * `enough`, or where p is no longer to be told from 0 (1): that rest falls by
 * exp(-exponent step) from point to point.
 */
static double
walk(const dropout_peak *peak, int direction, double enough, double effect, dropout_rule *rule)
{
	double		exponent = direction < 0 ? peak->a : peak->b;
	double		slowest = exp(-exponent * peak->step);
	double		before = 1;
	double		sum = 0;

	for (int j = 1;; j++)
	{
		double		p;
		double		q;
		double		weight = exp(log_weight(peak, peak->centre + direction * j * peak->step, &p, &q) - peak->height);
		double		falls = fmax(weight / before, slowest);
		bool		indistinct = (direction < 0 ? p : q) * effect < INDISTINCT;
		bool		full = rule && rule->count >= DROPOUT_POINTS - 2;

		if (indistinct || full)
		{
			weight /= -expm1(-exponent * peak->step);
			p = direction < 0 ? 0 : 1;
		}
		sum += weight;
		if (rule)
		{
			rule->p[rule->count] = p;
			rule->weight[rule->count++] = weight;
		}
		if (indistinct || full || weight * falls <= (1 - falls) * enough * NEGLIGIBLE)
			return sum;
		before = weight;
	}
}

void
dropout_rule_make(double a, double b, double scale, int order, dropout_rule *rule)
{
	dropout_peak peak = find_peak(a, b, 0, 0);
	double		largest = 1 + scale;
	double		sum = 1;

	rule->count = 1;
	rule->p[0] = peak.p0;
	rule->weight[0] = 1;
	sum += walk(&peak, 1, 1, 1 + a, rule);
	/* what is dropped at small p is dropped with the largest values */
	sum += walk(&peak, -1, sum / (order == 2 ? largest * largest : largest), largest + b, rule);
	for (int i = 0; i < rule->count; i++)
		rule->weight[i] /= sum;
}

double
dropout_rule_survival(double a, double b, double r, double c)
{
	dropout_peak plain = find_peak(a, b, 0, 0);
	dropout_peak tilted = find_peak(a, b, r, c);
	double		all = 1 + walk(&plain, 1, 1, 1 + a, NULL) + walk(&plain, -1, 1, 1 + b, NULL);
	double		left = 1 + walk(&tilted, 1, 1, 1 + a + r, NULL) + walk(&tilted, -1, 1, 1 + b + r * c, NULL);

	return exp(tilted.height) * (left * tilted.step) / (all * plain.step);
}
