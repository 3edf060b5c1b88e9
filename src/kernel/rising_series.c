/*
 * rising_series.c
 *		Sums of ratios of rising factorials.
 *
 * Short sums are added up.  Of long ones only the beginning is, until the
 * terms change slowly; the rest is an integral with the corrections of the
 * midpoint rule at its ends:
 *
 *	sum of f(k), from <= k < until, = integral of f from from-1/2 to until-1/2
 *		- [df/24 - 17 d^3f/5760 + 367 d^5f/967680] from one end to the other,
 *
 * d the central difference (from D = 2 asinh(d/2); Hildebrand, Introduction to
 * Numerical Analysis, section 5.9).  Where a term changes by at most 1/32 from
 * one k to the next what is left out is below 1e-16.  The terms are analytic
 * but for poles at k = -a, -a-1, ..., so panels as long as their distance from
 * -a give 16-point Gauss-Legendre full precision, and a million terms take
 * some twenty panels.
 */
#include "rising_series.h"

#include <math.h>

#include "special_functions.h"
#include "stirling.h"

#define STIRLING_FROM	10.0
#define DIRECT_TERMS	1000.0	/* up to here adding is faster */
#define SLOW_RATE		(1.0 / 32)	/* a term's relative change, from which the integral is as good */
#define SLOW_POLE		64.0	/* and distance from its poles */
#define PANEL_DROP		8.0		/* at most exp(-8) from one end of a panel to the other */
#define NEGLIGIBLE		1e-18
#define TINY_B			3e-5	/* below this a difference over b is b times a derivative */

/* the derivative of what Stirling's formula leaves over of ln Gamma(z), from z = 10 on (A&S 6.3.18) */
static double
rest_slope(double z)
{
	double		w = 1 / (z * z);

	return -w * (1.0 / 12 - w * (1.0 / 120 - w * (1.0 / 252 - w * (1.0 / 240 - w * (1.0 / 132 -
		w * (691.0 / 32760 - w * (1.0 / 12)))))));
}

double
rising_series_log_ratio(double a, double b, double k)
{
	double		moved = 0;
	double		rest;
	double		whole;

	if (b == 0 || k == 0)
		return 0;

	/* each step down from a+1 to a divides the ratio by 1 + step */
	for (; a < STIRLING_FROM; a += 1)
	{
		double		step = b * (k / (a * (a + b + k)));

		moved += step + moved * step;
	}
	whole = a + b + k;
	/* of a tiny b the four rests would leave nothing but their rounding errors */
	if (b < TINY_B)
		rest = b * (rest_slope(a + k + 0.5 * b) - rest_slope(a + 0.5 * b));
	else
		rest = stirling_rest_log_gamma(whole) - stirling_rest_log_gamma(a + k)
			- stirling_rest_log_gamma(a + b) + stirling_rest_log_gamma(a);
	return -log1p(moved)
		- ((a - 0.5) * log1p(-(b / (a + b)) * (k / (a + k)))
		   + k * log1p(b / (a + k))
		   + b * log1p(k / (a + b)))
		- rest;
}

/* sum of exp(-decay i) over i < k */
static double
annuity(double decay, double k)
{
	return decay != 0 ? expm1(-decay * k) / expm1(-decay) : k;
}

static double
nearest_pole(const rising_series *series)
{
	double		nearest = INFINITY;

	for (int i = 0; i < 2; i++)
		if (series->b[i] > 0 && series->a[i] < nearest)
			nearest = series->a[i];
	return nearest;
}

/* how fast terms change at k: an upper bound of |d ln(term)/dk| */
static double
changing_rate(const rising_series *series, double k)
{
	double		rate = fabs(series->decay);

	for (int i = 0; i < 2; i++)
		if (series->b[i] > 0)
			rate += series->b[i] / (series->a[i] + k);
	return rate;
}

/* the term at from + ahead, where `term` is that at from without its annuity */
static double
term_ahead(const rising_series *series, double from, double term, double ahead)
{
	double		log_term = -series->decay * ahead;
	double		value;

	for (int i = 0; i < 2; i++)
		if (series->b[i] > 0)
			log_term += rising_series_log_ratio(series->a[i] + from, series->b[i], ahead);
	value = term * exp(log_term);
	return series->annuity ? value * annuity(series->decay, from + ahead) : value;
}

/* the correction at an end that lies half a step before from + ahead */
static double
end_correction(const rising_series *series, double from, double term, double ahead)
{
	double		f[6];

	for (int i = 0; i < 6; i++)
		f[i] = term_ahead(series, from, term, ahead + i - 3);
	return (f[3] - f[2]) / 24
		- 17.0 / 5760 * (f[4] - 3 * f[3] + 3 * f[2] - f[1])
		+ 367.0 / 967680 * (f[5] - 5 * f[4] + 10 * f[3] - 10 * f[2] + 5 * f[1] - f[0]);
}

/* the sum from `from` to terms - 1 where terms change slowly; `before` is that of the terms before */
static double
slow_sum(const rising_series *series, double from, double term, double terms, double before)
{
	double		pole = nearest_pole(series) + from;
	double		length = terms - from;
	double		sum = end_correction(series, from, term, 0);

	for (double at = -0.5; at < length - 0.5;)
	{
		double		width = fmin(fmin(pole + at, PANEL_DROP / changing_rate(series, from + at)),
								 length - 0.5 - at);
		double		half = 0.5 * width;
		double		panel = 0;

		for (int i = 0; i < 8; i++)
			panel += gauss_weight[i] *
				(term_ahead(series, from, term, at + half - half * gauss_node[i]) +
				 term_ahead(series, from, term, at + half + half * gauss_node[i]));
		sum += half * panel;
		if (isinf(sum) || (series->decay >= 0 && half * panel <= NEGLIGIBLE * (before + sum)))
			return sum;
		at += width;
	}
	return sum - end_correction(series, from, term, length);
}

double
rising_series_sum(const rising_series *series, double terms)
{
	double		discount = exp(-series->decay);
	double		most = annuity(series->decay, terms);	/* what is to come, at most, in units of the term at hand */
	double		pole = nearest_pole(series);
	double		sum = 0;
	double		term = 1;
	double		so_far = 0;		/* the annuity */

	if (series->annuity)
		most *= most;
	for (double k = 0; k < terms; k += 1)
	{
		double		over = series->a[0] + k;
		double		under = over + series->b[0];

		if (terms - k > DIRECT_TERMS)
		{
			if (term * most <= NEGLIGIBLE * sum)
				break;
			if (pole + k >= SLOW_POLE && changing_rate(series, k) <= SLOW_RATE)
				return sum + slow_sum(series, k, term, terms, sum);
		}
		sum += series->annuity ? term * so_far : term;
		/* with a negative decay nothing that comes changes it any more */
		if (isinf(sum))
			break;
		if (series->annuity)
			so_far = so_far * discount + 1;
		if (series->b[1] > 0)
		{
			over *= series->a[1] + k;
			under *= series->a[1] + series->b[1] + k;
		}
		term *= discount * (over / under);
	}
	return sum;
}
