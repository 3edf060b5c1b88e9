/*
 * gamma_gamma.h
 *		The Gamma-Gamma model of spend per purchase (Fader & Hardie 2013, "The
 *		Gamma-Gamma Model of Monetary Value", note 025; Colombo & Jiang 1999).
 *
 * A customer's purchases are each worth a Gamma(p, rate nu) amount, with nu ~
 * Gamma(q, rate gamma) across customers, apart from how often they buy.  So a
 * mean of m over x purchases makes nu a Gamma(p x + q, rate gamma + m x).
 * gamma is in money; p and q are pure numbers.
 *
 * Parameters are {p, q, gamma}, finite and > 0; x whole and > 0 unless said
 * otherwise, mean > 0, finite.  Every function is pure.
 */
#ifndef LOYALTY_KERNEL_GAMMA_GAMMA_H
#define LOYALTY_KERNEL_GAMMA_GAMMA_H

#include <stdbool.h>
#include <stddef.h>

#include "history_set.h"
#include "spend_set.h"

enum
{
	SPEND_P, SPEND_Q, SPEND_GAMMA, SPEND_PARAMETERS
};

extern const char *const gamma_gamma_parameter_names[SPEND_PARAMETERS];

/* ---------- many customers, as a fit wants them ---------- */

/*
 * The log-likelihood of the set; gradient and Hessian (row by row,
 * SPEND_PARAMETERS columns) in the logarithms of the parameters.
 */
extern double gamma_gamma_set_log_likelihood(const double *parameters, const spend_set *set,
											 double *gradient, double *hessian, const history_pause *pause);

/* a first guess from the set's own moments; the set is not empty */
extern void gamma_gamma_start(const spend_set *set, double *parameters);

/* what a limit means, as in lifetime_model */
extern const char *gamma_gamma_limit(const int *direction);

/* ---------- one customer ---------- */

/* ln of the density of a mean over x purchases */
extern double gamma_gamma_log_likelihood(const double *parameters, double x, double mean);

/* What a purchase of a customer is worth; Z is its amount, p/nu the customer's own mean. */
typedef struct spend_expectation
{
	double		mean;			/* E[Z] = E[p/nu] */
	double		mean_square;	/* E[(p/nu)^2] */
	double		variance;		/* E[p/nu^2]: of Z about the customer's own mean */
} spend_expectation;

/*
 * What is expected of a customer with a mean >= 0 over x >= 0 purchases (mean
 * is not looked at where x = 0).  False where there is no expectation:
 * p x + q <= 1.  mean_square and variance are INFINITY where p x + q <= 2.
 */
extern bool gamma_gamma_expect(const double *parameters, double x, double mean, spend_expectation *spend);

#endif							/* LOYALTY_KERNEL_GAMMA_GAMMA_H */
