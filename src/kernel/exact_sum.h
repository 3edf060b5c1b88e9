/*
 * exact_sum.h
 *		A sum of doubles that rounds nothing, so that its value is the same in
 *		whatever order, and in whatever pieces, it was added up.
 *
 * It is one whole number of 448 bits in two's complement, counted in units of
 * 2^-192 (after Kulisch: a double is a whole number of some power of two, and
 * whole numbers add exactly).  So every sum has one form, and equal sums are
 * equal bytes.  What an addend has below 2^-192 is cut off before it is added.
 * Sums from -2^254 to below 2^254 can be held: 2^62 addends of up to 2^192.
 */
#ifndef LOYALTY_KERNEL_EXACT_SUM_H
#define LOYALTY_KERNEL_EXACT_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

#define EXACT_SUM_WORDS		7
#define EXACT_SUM_ADDEND	0x1p192 /* nothing overflows while addends stay below */

/* all zero: nothing added yet */
typedef struct exact_sum
{
	uint64_t	word[EXACT_SUM_WORDS];	/* the least significant first */
} exact_sum;

/* LOYALTY_OK, or a fault, which leaves the sum as it is */
extern loyalty_status exact_sum_add(exact_sum *to, double addend);
extern loyalty_status exact_sum_merge(exact_sum *to, const exact_sum *other);

/* whether a sum from outside is within the range above */
extern bool exact_sum_valid(const exact_sum *sum);

extern bool exact_sum_negative(const exact_sum *sum);

/* the nearest double, of two equally near ones the even one */
extern double exact_sum_value(const exact_sum *sum);

/*
 * The sum as doubles that add up to it, all of its sign, each the leading 53
 * bits of what those before it leave over; how many there are, 0 for none.
 */
#define EXACT_SUM_PARTS		9
extern int	exact_sum_parts(const exact_sum *sum, double *parts);

#endif							/* LOYALTY_KERNEL_EXACT_SUM_H */
