/*
 * pareto_segment.c
 *		Classes by cumulative share, and two of its neighbours by rank.
 */
#include "pareto_segment.h"

#include <math.h>

bool
pareto_cuts_are_valid(const double *cuts, int ncuts)
{
	if (ncuts < 1 || ncuts > PARETO_MOST_CUTS)
		return false;
	for (int k = 0; k < ncuts; k++)
		if (!(cuts[k] > (k == 0 ? 0 : cuts[k - 1]) && cuts[k] <= 1))
			return false;
	return true;
}

static inline void
add(pareto_scan *scan, double term)
{
	double		before = scan->sum;

	scan->sum += term;
	scan->compensation += before >= term ? (before - scan->sum) + term : (term - scan->sum) + before;
}

void
pareto_begin(pareto_scan *scan, const double *cuts, int ncuts, const double *values, size_t n)
{
	double		scale;

	scan->cuts = cuts;
	scan->ncuts = ncuts;
	scan->sum = scan->compensation = 0;
	scan->exponent = 0;
	if (n > 0)
		(void) frexp(values[n - 1], &scan->exponent);
	if (scan->exponent < -1000)
		scan->exponent = -1000;	/* 2^-exponent must be finite */
	scale = ldexp(1, -scan->exponent);
	for (size_t i = n; i-- > 0;)
		add(scan, values[i] * scale);
	scan->total = scan->sum + scan->compensation;
	scan->sum = scan->compensation = 0;
}

int
pareto_next(pareto_scan *scan, double value, size_t members)
{
	double		above = scan->sum + scan->compensation;
	int			class = 0;

	while (class < scan->ncuts && !(above < (scan->cuts[class] - PARETO_SLACK) * scan->total))
		class++;
	if (above == 0)
		class = 0;				/* even where all values vanish beside 2^-1000, or a cut beside the slack */
	add(scan, ldexp(value, -scan->exponent) * (double) members);
	return class;
}

bool
is_within_top(double fraction, int64_t members, int64_t above)
{
	double		limit = fraction * (double) members;
	double		whole = rint(limit);

	if (fabs(limit - whole) <= PARETO_SLACK * limit)
		limit = whole;
	return (double) above < limit;
}

int
quantile_bucket(int buckets, int64_t before, int64_t rows)
{
	return 1 + (int) ((__int128) buckets * before / rows);
}
