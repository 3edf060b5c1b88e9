/*
 * negative_binomial.h
 *		How many purchases customers of gamma-distributed rates make: the
 *		probability of exactly n, as a logarithm.
 *
 * With rates of shape r and scale 1/alpha, n purchases in a time t, and g =
 * t/alpha (the growth),
 *
 *	P(N = n) = Gamma(r+n) / (Gamma(r) n!) (g/(1+g))^n (1/(1+g))^r.
 *
 * Of a million purchases each factor has a logarithm of millions, and their
 * sum is a few: so it is written as gamma_gamma.h writes its density (Loader
 * 2000, "Fast and Accurate Computation of Binomial Probabilities"),
 *
 *	ln P = ln(r / (2 pi n (r+n))) / 2 + c(r+n) - c(r) - c(n)
 *		   + n l(e/n) + r l(-e/r),		e = (r g - n) / (1+g),
 *
 * whose parts are none of them further from 0 than the whole, but for c(r) and
 * ln r where r is small.
 */
#ifndef LOYALTY_KERNEL_NEGATIVE_BINOMIAL_H
#define LOYALTY_KERNEL_NEGATIVE_BINOMIAL_H

/* n and r, and what does not depend on time */
typedef struct negative_binomial
{
	double		n;
	double		r;
	double		scale;
} negative_binomial;

/* n >= 0 whole, r > 0 */
extern negative_binomial negative_binomial_of(double n, double r);

/* ln P(N = n), growth >= 0 */
extern double negative_binomial_log(const negative_binomial *of, double growth);

#endif							/* LOYALTY_KERNEL_NEGATIVE_BINOMIAL_H */
