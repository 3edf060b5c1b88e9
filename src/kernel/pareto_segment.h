/*
 * pareto_segment.h
 *		Classes by cumulative share: the first class holds those who carry the
 *		first part of the total, and so on (ABC analysis).
 *
 * A value's class is the first k with A < (c_k - PARETO_SLACK) V, where A is
 * the sum of the values strictly above it, V the sum of all positive values
 * and c_k the k-th cut; beyond all cuts it is the last class.  So equal
 * values share a class, the one that crosses a cut is still above it, and the
 * first class is never empty.  The slack keeps a class from being decided by
 * the last bit of a sum.
 *
 * Groups of equal values are shown one after the other, the largest value
 * first; only the lowest value of each class needs to be remembered.  Sums
 * are compensated (Neumaier), and scaled by a power of two so that no sum of
 * doubles overflows.
 */
#ifndef LOYALTY_KERNEL_PARETO_SEGMENT_H
#define LOYALTY_KERNEL_PARETO_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARETO_MOST_CUTS	25	/* classes are letters */
#define PARETO_SLACK		1e-12

typedef struct pareto_scan
{
	const double *cuts;
	int			ncuts;
	int			exponent;		/* values are summed in units of 2^exponent */
	double		total;			/* V */
	double		sum;			/* A, and its compensation */
	double		compensation;
} pareto_scan;

/* no NaN, strictly ascending, above 0 and up to 1, 1 to PARETO_MOST_CUTS of them */
extern bool pareto_cuts_are_valid(const double *cuts, int ncuts);

/* V: `values` are positive and ascend */
extern void pareto_begin(pareto_scan *scan, const double *cuts, int ncuts,
						 const double *values, size_t n);

/* the class, from 0, of the next `members` values, all equal to `value` */
extern int	pareto_next(pareto_scan *scan, double value, size_t members);

/*
 * Whether a group with so many members strictly above it is still within the
 * top `fraction` of `members`: above < fraction * members, where the product
 * counts as whole when it is within PARETO_SLACK (relative) above that.
 */
extern bool is_within_top(double fraction, int64_t members, int64_t above);

/* 1 + floor(buckets * before / rows); before < rows, buckets > 0 */
extern int	quantile_bucket(int buckets, int64_t before, int64_t rows);

#endif							/* LOYALTY_KERNEL_PARETO_SEGMENT_H */
