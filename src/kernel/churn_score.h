/*
 * churn_score.h
 *		Is this silence longer than the customer's own rhythm explains?
 *
 * A customer who buys as a Poisson process at an unknown rate, with a gamma
 * prior on it, waits longer than t with probability (S/(S+t))^n, where n is
 * the number of gaps seen and S their sum in days (a prior adds to both).
 * That is the Pareto (Lomax) tail of the posterior predictive gap: Fader,
 * Hardie & Lee (2005), Marketing Science 24(2), section 2, with s and beta
 * left out.
 */
#ifndef LOYALTY_KERNEL_CHURN_SCORE_H
#define LOYALTY_KERNEL_CHURN_SCORE_H

#include <stdint.h>

/*
 * The chance that such a customer would have bought again within `silence`
 * days: 1 - (span/(span+silence))^gaps; gaps > 0, span > 0, silence >= 0.
 */
extern double churn_score(double gaps, double span, double silence);

/*
 * The chance that the customer has left, given that after each purchase one
 * leaves with a Beta(a, b) probability (the MBG/NBD form): odds o = a/(b+x)
 * of leaving against staying, weighed by the silence.
 * o/(o + (span/(span+silence))^gaps).
 */
extern double churn_probability(double gaps, double span, double silence, double a, double b_plus_x);

/*
 * The q-quantile (0..1) of n > 0 gaps, interpolated between neighbours as
 * percentile_cont does.  Reorders gaps[].
 */
extern double gap_quantile(int32_t *gaps, uint32_t n, double q);

#endif							/* LOYALTY_KERNEL_CHURN_SCORE_H */
