/*
 * compensated_sum.h
 *		A sum that carries its own rounding errors along (Neumaier 1974, in
 *		Knuth's branch-free form), so that the likelihood of a million customers
 *		is as exact as that of one.
 */
#ifndef LOYALTY_KERNEL_COMPENSATED_SUM_H
#define LOYALTY_KERNEL_COMPENSATED_SUM_H

typedef struct compensated_sum
{
	double		sum;
	double		lost;			/* what rounding took from sum */
} compensated_sum;

static inline void
compensated_add(compensated_sum *to, double value)
{
	double		sum = to->sum + value;
	double		part = sum - to->sum;

	to->lost += (to->sum - (sum - part)) + (value - part);
	to->sum = sum;
}

static inline double
compensated_value(const compensated_sum *of)
{
	return of->sum + of->lost;
}

#endif							/* LOYALTY_KERNEL_COMPENSATED_SUM_H */
