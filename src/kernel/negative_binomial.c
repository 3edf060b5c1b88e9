/*
 * negative_binomial.c
 *		Counts of customers whose rates differ; see negative_binomial.h.
 */
#include "negative_binomial.h"

#include <math.h>

#include "stirling.h"

negative_binomial
negative_binomial_of(double n, double r)
{
	negative_binomial of = {n, r, 0};

	if (n > 0)
		of.scale = 0.5 * (log(r / (r + n)) - log(n) - LOG_TWO_PI) +
			stirling_rest_log_gamma(r + n) - stirling_rest_log_gamma(r) - stirling_rest_log_gamma(n);
	return of;
}

/* l(part/whole - 1), where part is by `off` larger than whole */
static double
deviation(double off, double whole, double part)
{
	double		y = off / whole;

	/* near -1 a quotient has lost what its sum with 1 needs */
	return log1p_excess(y, y > -0.5 ? log1p(y) : log(part / whole));
}

double
negative_binomial_log(const negative_binomial *of, double growth)
{
	double		rest = 1 / (1 + growth);
	double		off;

	if (of->n == 0)
		return -of->r * log1p(growth);
	if (growth == 0)
		return -INFINITY;
	off = fma(of->r, growth, -of->n) * rest;
	return of->scale + of->n * deviation(off, of->n, (of->r + of->n) * (growth * rest)) +
		of->r * deviation(-off, of->r, (of->r + of->n) * rest);
}
