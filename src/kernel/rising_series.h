/*
 * rising_series.h
 *		Sums over whole k of exp(-decay k) times ratios of rising factorials.
 *
 * (a)_k / (a+b)_k is the share of a population still there after k rounds when
 * the chance to stay in a round is Beta(a, b) across customers.  Expected
 * purchases, discounted residuals and silences of the discrete models are all
 * sums of such terms, over a handful of rounds or for ever.
 */
#ifndef LOYALTY_KERNEL_RISING_SERIES_H
#define LOYALTY_KERNEL_RISING_SERIES_H

#include <stdbool.h>

/* ln of (a)_k / (a+b)_k: a > 0, b >= 0, k >= 0, none need be whole; no cancellation, however large they are */
extern double rising_series_log_ratio(double a, double b, double k);

/* The k-th term: exp(-decay k) (a0)_k/(a0+b0)_k (a1)_k/(a1+b1)_k, from k = 0. */
typedef struct rising_series
{
	double		a[2];			/* > 0 */
	double		b[2];			/* >= 0; 0: there is no such factor */
	double		decay;			/* below 0: the terms grow by it */
	bool		annuity;		/* the term is multiplied by the sum of exp(-decay i) over i < k */
} rising_series;

/* The sum of the first `terms` terms; INFINITY only with a decay above 0. */
extern double rising_series_sum(const rising_series *series, double terms);

#endif							/* LOYALTY_KERNEL_RISING_SERIES_H */
