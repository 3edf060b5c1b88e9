/*
 * churn_score.c
 *		The tail of the predictive gap, and what follows from it.
 */
#include "churn_score.h"

#include <math.h>
#include <stdlib.h>

double
churn_score(double gaps, double span, double silence)
{
	/* 1 - e^x without cancellation where the silence is short */
	return -expm1(-gaps * log1p(silence / span));
}

double
churn_probability(double gaps, double span, double silence, double odds)
{
	/* divided through by o: no 0/0 when the tail underflows */
	return 1.0 / (1.0 + exp(-gaps * log1p(silence / span)) / odds);
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
