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
#define SHARPEST		1e24	/* both a and b beyond this: p is one number to a double's last digit */
#define NOTHING_LEFT	(-1000.0)	/* of a logarithm: below double precision */
#define MOST_STEPS		100000	/* none that is not absurd comes near */
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

/* ln(1 + whole (e^x - 1)), where whole + rest = 1, and what it is the logarithm of */
static double
log_blend(double whole, double rest, double x, double *blend)
{
	double		above = whole * expm1(x);

	if (above > -0.5)
	{
		*blend = 1 + above;
		return log1p(above);
	}
	/* rest may be too small to be seen in 1 - whole */
	*blend = rest + whole * exp(x);
	return log(*blend);
}

/* logarithm of the weight at u, and the p and 1-p there */
static double
log_weight(const dropout_peak *peak, double u, double *p, double *q)
{
	double		for_p;
	double		for_q;
	double		result = -peak->a * log_blend(peak->q0, peak->p0, -u, &for_p)
		- peak->b * log_blend(peak->p0, peak->q0, u, &for_q);

	*p = peak->p0 / for_p;
	*q = peak->q0 / for_q;
	if (peak->r > 0)
		result -= peak->r * log1p(peak->c * *p);
	return result;
}

static dropout_peak
find_peak(double a, double b, double r, double c)
{
	double		blunt = fmin(1, SHARPEST / fmin(a, b));
	dropout_peak peak = {a * blunt, b * blunt, r, c, a / (a + b), b / (a + b), 0, 0, 0};
	double		p = peak.p0;
	double		q = peak.q0;
	double		curvature;

	a = peak.a;
	b = peak.b;
	if (r > 0)
	{
		/*
		 * a(1-p) - bp = rcp(1-p)/(1+pc) has one root in (0, 1), from a
		 * quadratic in p solved so that nothing cancels or overflows
		 */
		double		half = 0.5 * (c * (a - r) - a - b);
		double		square = c * (r - a - b);
		double		size = fmax(fabs(half), sqrt(a) * sqrt(fabs(square)));
		double		root = size * sqrt(fmax(0, (half / size) * (half / size) - square / size * (a / size)));

		p = fmin(half > 0 ? (root + half) / -square : a / (root - half), 1);
		q = 1 - p;
		if (q < 1e-6)
			q = b * p * (1 + p * c) / (a * (1 + p * c) - r * c * p);
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

	for (int j = 1; j < MOST_STEPS; j++)
	{
		double		p;
		double		q;
		double		weight = exp(log_weight(peak, peak->centre + direction * j * peak->step, &p, &q) - peak->height);
		double		falls = fmax(weight / before, slowest);
		bool		indistinct = !((direction < 0 ? p : q) * effect >= INDISTINCT);	/* 0 times infinity too */
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
		if (indistinct || full || !(weight * falls > (1 - falls) * enough * NEGLIGIBLE))
			break;
		before = weight;
	}
	return sum;
}

void
dropout_rule_make(double a, double b, double scale, int order, double gain, dropout_rule *rule)
{
	dropout_peak peak = find_peak(a, b, 0, 0);
	double		largest = 1 + scale;
	double		sum = 1;

	rule->count = 1;
	rule->p[0] = peak.p0;
	rule->weight[0] = 1;
	sum += walk(&peak, 1, 1, 1 + a, rule);
	/* what is dropped at small p is dropped with the largest values */
	sum += walk(&peak, -1, sum / (order == 2 ? largest * largest : largest) / gain, largest + b, rule);
	for (int i = 0; i < rule->count; i++)
		rule->weight[i] /= sum;
}

double
dropout_rule_survival(double a, double b, double r, double c)
{
	dropout_peak plain = find_peak(a, b, 0, 0);
	dropout_peak tilted = find_peak(a, b, r, c);
	double		all;
	double		left;

	if (tilted.height < NOTHING_LEFT)
		return 0;
	all = 1 + walk(&plain, 1, 1, 1 + a, NULL) + walk(&plain, -1, 1, 1 + b, NULL);
	left = 1 + walk(&tilted, 1, 1, 1 + a + r, NULL) + walk(&tilted, -1, 1, 1 + b + r * c, NULL);

	return fmin(1, exp(tilted.height) * (left * tilted.step) / (all * plain.step));
}
