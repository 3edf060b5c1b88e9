/*
 * churn_score.c
 *		The tail of the predictive gap, and what follows from it.
 */
#include "churn_score.h"

#include <math.h>
#include <stdlib.h>

/*
 * log1p and expm1 take three times as long as log and exp, and are called only
 * where those would lose more than four bits to cancellation.
 */
#define CANCELS_BELOW	0.0625

/* -log of the tail (span/(span+silence))^gaps */
static inline double
tail_exponent(double gaps, double span, double silence)
{
	double		ratio = silence / span;

	return gaps * (ratio > CANCELS_BELOW ? log(1.0 + ratio) : log1p(ratio));
}

double
churn_score(double gaps, double span, double silence)
{
	double		exponent = tail_exponent(gaps, span, silence);

	return exponent > CANCELS_BELOW ? 1.0 - exp(-exponent) : -expm1(-exponent);
}

double
churn_probability(double gaps, double span, double silence, double a, double b_plus_x)
{
	double		exponent = tail_exponent(gaps, span, silence);
	double		odds = a / b_plus_x;

	/* divided through by o: no 0/0 when the tail underflows, nor when o does */
	if (isnormal(odds))
		return 1.0 / (1.0 + exp(-exponent) / odds);
	return 1.0 / (1.0 + exp(log(b_plus_x) - log(a) - exponent));
}

static int
compare_gaps(const void *a, const void *b)
{
	int32_t		x = *(const int32_t *) a;
	int32_t		y = *(const int32_t *) b;

	return (x > y) - (x < y);
}

double
gap_quantile(int32_t *gaps, uint32_t n, double q)
{
	double		position = q * (double) (n - 1);
	uint32_t	below = (uint32_t) floor(position);
	double		between = position - (double) below;

	qsort(gaps, n, sizeof(int32_t), compare_gaps);
	if (below + 1 >= n)
		return (double) gaps[n - 1];
	return (double) gaps[below] + between * ((double) gaps[below + 1] - (double) gaps[below]);
}
