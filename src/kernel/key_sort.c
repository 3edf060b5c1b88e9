/*
 * key_sort.c
 *		Sorting many 64-bit keys.
 */
#include "key_sort.h"

#include <stdlib.h>
#include <string.h>

#define INSERTION_SORT_LIMIT	24

static int
compare_keys(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

static void
sort_small(int64_t *keys, size_t n, int stride)
{
	if (n > INSERTION_SORT_LIMIT)
	{
		qsort(keys, n, sizeof(int64_t) * (size_t) stride, compare_keys);
		return;
	}
	for (size_t i = 1; i < n; i++)
	{
		int64_t		key = keys[i * (size_t) stride];
		int64_t		beside = keys[i * (size_t) stride + (size_t) (stride - 1)];
		size_t		j = i;

		for (; j > 0 && keys[(j - 1) * (size_t) stride] > key; j--)
			memcpy(&keys[j * (size_t) stride], &keys[(j - 1) * (size_t) stride],
				   sizeof(int64_t) * (size_t) stride);
		keys[j * (size_t) stride] = key;
		if (stride == 2)
			keys[j * 2 + 1] = beside;
	}
}

void
key_sort_begin(key_sort *sort, int64_t *keys, int64_t *scratch, size_t n, int stride)
{
	sort->from = sort->keys = keys;
	sort->to = scratch;
	sort->n = n;
	sort->stride = stride;
	sort->byte = -1;
}

/* the sign bit counts the other way round */
static inline uint64_t
unsigned_key(int64_t key)
{
	return (uint64_t) key ^ (UINT64_C(1) << 63);
}

static void
count_bytes(key_sort *sort)
{
	memset(sort->counts, 0, sizeof(sort->counts));
	for (size_t i = 0; i < sort->n; i++)
	{
		uint64_t	key = unsigned_key(sort->from[i * (size_t) sort->stride]);

		for (int byte = 0; byte < 8; byte++)
			sort->counts[byte][key >> (8 * byte) & 255]++;
	}
}

static inline void
distribute(key_sort *sort, int stride)
{
	size_t	   *counts = sort->counts[sort->byte];
	int			shift = 8 * sort->byte;
	size_t		at[256];
	size_t		sum = 0;

	for (int digit = 0; digit < 256; digit++)
	{
		at[digit] = sum;
		sum += counts[digit];
	}
	for (size_t i = 0; i < sort->n; i++)
	{
		const int64_t *element = &sort->from[i * (size_t) stride];
		int64_t    *place = &sort->to[at[unsigned_key(element[0]) >> shift & 255]++ * (size_t) stride];

		place[0] = element[0];
		if (stride == 2)
			place[1] = element[1];
	}
}

bool
key_sort_step(key_sort *sort)
{
	int64_t    *swap;

	if (sort->n <= KEY_SORT_SMALL)
	{
		sort_small(sort->keys, sort->n, sort->stride);
		return false;
	}
	if (sort->byte < 0)
	{
		bool		ascending = true;

		for (size_t i = 1; i < sort->n && ascending; i++)
			ascending = sort->from[(i - 1) * (size_t) sort->stride] <= sort->from[i * (size_t) sort->stride];
		if (ascending)
			return false;
		count_bytes(sort);
		sort->byte = 0;
		return true;
	}

	/* a byte in which all agree has one count that is everything */
	while (sort->byte < 8 &&
		   sort->counts[sort->byte][unsigned_key(sort->from[0]) >> (8 * sort->byte) & 255] == sort->n)
		sort->byte++;
	if (sort->byte == 8)
	{
		if (sort->from != sort->keys)
			memcpy(sort->keys, sort->from, sizeof(int64_t) * (size_t) sort->stride * sort->n);
		return false;
	}
	if (sort->stride == 1)
		distribute(sort, 1);
	else
		distribute(sort, 2);
	swap = sort->from;
	sort->from = sort->to;
	sort->to = swap;
	sort->byte++;
	return true;
}
