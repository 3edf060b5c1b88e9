/*
 * special_functions.h
 *		The few functions beyond libm that the models share.  All are for real
 *		arguments in the ranges given and keep 13 or more digits there.
 */
#ifndef LOYALTY_KERNEL_SPECIAL_FUNCTIONS_H
#define LOYALTY_KERNEL_SPECIAL_FUNCTIONS_H

/* ln Gamma(a), a > 0; like lgamma, but touches no global */
extern double log_gamma(double a);

/* psi(a) and psi'(a), a > 0 */
extern double digamma(double a);
extern double trigamma(double a);

/*
 * The rising factorial (a)_n = Gamma(a+n)/Gamma(a), its logarithm and that
 * logarithm's first and second derivative by a; a > 0, n >= 0, neither need
 * be whole.  No cancellation however large a is beside n.
 */
typedef struct rising_factorial
{
	double		log;
	double		d1;				/* psi(a+n) - psi(a) */
	double		d2;				/* psi'(a+n) - psi'(a), negative */
} rising_factorial;

extern rising_factorial rising(double a, double n);
extern double log_rising(double a, double n);

/* ln B(a, b) */
extern double log_beta(double a, double b);

/* 16-point Gauss-Legendre rule on [-1, 1]: the eight positive nodes, ascending, and their weights */
extern const double gauss_node[8];
extern const double gauss_weight[8];

/* (1 - e^-x)/x, the mean of e^-y over 0 < y < x, for any x */
extern double mean_decay(double x);

/* exp(z) E_s(z), the scaled exponential integral: integral from 0 to infinity of exp(-z t) (1+t)^-s dt; s >= 0, z > 0 (z = 0 with s > 1) */
extern double scaled_exponential_integral(double s, double z);

#endif							/* LOYALTY_KERNEL_SPECIAL_FUNCTIONS_H */
