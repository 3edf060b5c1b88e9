/*
 * likelihood_fit.c
 *		The optimiser on likelihoods whose maximum, limits and intervals are
 *		known.
 */
#include "likelihood_fit.h"

#include <string.h>

#include "tap.h"

#define P FIT_PARAMETERS

/* A normal in the logarithms about `centre`, correlated: intervals are Wald's. */
typedef struct quadratic
{
	double		centre[2];
	double		precision[2][2];
} quadratic;

static double
quadratic_likelihood(void *data, const double *parameters, double *gradient, double *hessian)
{
	const quadratic *q = data;
	double		value = 0;

	for (int i = 0; i < 2; i++)
	{
		gradient[i] = 0;
		for (int j = 0; j < 2; j++)
		{
			double		dj = log(parameters[j]) - q->centre[j];

			hessian[i * P + j] = -q->precision[i][j];
			gradient[i] -= q->precision[i][j] * dj;
			value -= 0.5 * q->precision[i][j] * dj * (log(parameters[i]) - q->centre[i]);
		}
	}
	return value;
}

/* n exponential waits with a given sum: rate and its interval solve x - 1 - ln x = 1.92/n */
static double
exponential_likelihood(void *data, const double *parameters, double *gradient, double *hessian)
{
	const double *d = data;
	double		rate = parameters[0];

	gradient[0] = d[0] - rate * d[1];
	hessian[0] = -rate * d[1];
	return d[0] * log(rate) - rate * d[1];
}

/* rises for ever along p0 -> 0, ever more slowly; p1 has a maximum of its own */
static double
limit_likelihood(void *data, const double *parameters, double *gradient, double *hessian)
{
	double		a = parameters[0];
	double		u = log(parameters[1]);

	(void) data;
	gradient[0] = -5 * a;
	gradient[1] = -2 * u;
	hessian[0] = -5 * a;
	hessian[1] = hessian[P] = 0;
	hessian[P + 1] = -2;
	return -5 * a - u * u;
}

/* a logistic hump of bounded height: nothing bounds the parameter from above */
static double
flat_likelihood(void *data, const double *parameters, double *gradient, double *hessian)
{
	double		u = log(parameters[0]);
	double		e = exp(-u * u);

	(void) data;
	gradient[0] = -2 * u * e;
	hessian[0] = (4 * u * u - 2) * e;
	return e;
}

/* no number anywhere */
static double
broken_likelihood(void *data, const double *parameters, double *gradient, double *hessian)
{
	(void) data;
	(void) parameters;
	gradient[0] = hessian[0] = 0;
	return NAN;
}

int
main(void)
{
	quadratic	q = {{1.5, -2}, {{40, 15}, {15, 10}}};
	likelihood	normal = {2, &q, quadratic_likelihood};
	double		waits[2] = {25, 180};
	likelihood	exponential = {1, waits, exponential_likelihood};
	likelihood	limit = {2, NULL, limit_likelihood};
	likelihood	flat = {1, NULL, flat_likelihood};
	likelihood	broken = {1, NULL, broken_likelihood};
	likelihood_fit fit;
	double		determinant = 40 * 10 - 15 * 15;
	int			converged = 0;

	tap_seed();
	for (int i = 0; i < 200; i++)
	{
		double		start[P] = {exp((double) tap_between(-10000, 10000) / 1000), exp((double) tap_between(-10000, 10000) / 1000)};

		likelihood_maximise(&normal, start, &fit);
		converged += fit.state == FIT_CONVERGED && fabs(log(fit.estimate[0]) - 1.5) < 1e-12 && fabs(log(fit.estimate[1]) + 2) < 1e-12;
	}
	ok(converged == 200, "a quadratic maximum is found from 200 random starts");
	near(fit.log_covariance[0][0], 10 / determinant, 1e-13, "its covariance is the inverse of the curvature");
	near(fit.log_covariance[0][1], -15 / determinant, 1e-13, "... off the diagonal too");
	likelihood_intervals(&normal, &fit);
	near(log(fit.upper[0]) - 1.5, 1.959963984540054 * sqrt(10 / determinant), 1e-7, "and its profile interval Wald's");
	near(log(fit.lower[1]) + 2, -1.959963984540054 * sqrt(40 / determinant), 1e-7, "... of the other parameter too");

	likelihood_maximise(&exponential, (double[P]) {1e-6}, &fit);
	ok(fit.state == FIT_CONVERGED, "a rate converges from far away");
	near(fit.estimate[0], 25.0 / 180, 1e-13, "to the reciprocal mean");
	near(fit.log_likelihood, 25 * log(25.0 / 180) - 25, 1e-13, "with its likelihood");
	likelihood_intervals(&exponential, &fit);
	for (int end = 0; end < 2; end++)
	{
		double		ratio = (end ? fit.upper[0] : fit.lower[0]) / fit.estimate[0];

		near(25 * (ratio - 1 - log(ratio)), 1.9207294103470620, 1e-7, end ? "the upper end is where the likelihood has fallen by 1.92" : "so is the lower end");
		ok(end ? ratio > 1 : ratio < 1, "on its side");
	}

	likelihood_maximise(&limit, (double[P]) {1, 50}, &fit);
	ok(fit.state == FIT_BOUNDARY, "a likelihood without a maximum has a boundary");
	ok(fit.direction[0] == -1 && fit.direction[1] == 0, "in the direction that still gains");
	near(fit.log_likelihood, 0, 1e-7, "with the likelihood of the limit");
	near(fit.estimate[1], 1, 1e-6, "and the other parameter at its best");

	likelihood_maximise(&flat, (double[P]) {1.1}, &fit);
	ok(fit.state == FIT_CONVERGED, "a low hump is a maximum");
	likelihood_intervals(&flat, &fit);
	ok(fit.lower[0] == 0 && isinf(fit.upper[0]), "that bounds nothing");

	likelihood_maximise(&broken, (double[P]) {1}, &fit);
	ok(fit.state == FIT_FAILED, "what is no number is a failure, not an answer");
	return done();
}
