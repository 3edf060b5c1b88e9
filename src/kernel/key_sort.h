/*
 * key_sort.h
 *		Sorting many 64-bit keys, with or without something beside them.
 *
 * A radix sort, least significant byte first: linear, stable, and with the
 * same work whatever the order of arrival.  Bytes in which all keys agree are
 * left out, so that money, which rarely fills 32 bits, takes four passes.
 * Short arrays go to insertion sort or qsort.
 *
 * It is done in steps, each one pass over the data, so that the caller can
 * look for interrupts in between:
 *
 *		key_sort_begin(&sort, keys, scratch, n, stride);
 *		while (key_sort_step(&sort))
 *			;
 */
#ifndef LOYALTY_KERNEL_KEY_SORT_H
#define LOYALTY_KERNEL_KEY_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct key_sort
{
	int64_t    *from;			/* where the elements are */
	int64_t    *to;				/* where the next pass puts them */
	int64_t    *keys;			/* where they shall end up */
	size_t		n;
	int			stride;			/* words per element */
	int			byte;			/* to sort by next; -1: nothing done yet */
	size_t		counts[8][256];
} key_sort;

/* arrays of this many elements or fewer need no scratch space */
#define KEY_SORT_SMALL	256

/*
 * n elements of `stride` words, 1 or 2, each with its key in the first;
 * scratch is as large as keys and may be NULL for a small array.
 */
extern void key_sort_begin(key_sort *sort, int64_t *keys, int64_t *scratch, size_t n, int stride);

/* one pass; false when the keys ascend */
extern bool key_sort_step(key_sort *sort);

/* a finite double as an integer of the same order; -0 is 0 */
static inline int64_t
double_key(double value)
{
	int64_t		bits;

	if (value == 0)
		value = 0;
	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((bits >> 63) & INT64_MAX);
}

static inline double
double_of_key(int64_t key)
{
	int64_t		bits = key ^ ((key >> 63) & INT64_MAX);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#endif							/* LOYALTY_KERNEL_KEY_SORT_H */
