/*
 * value_concentration.h
 *		How a total is spread over those who make it up: the distinct values
 *		and how many members have each, packed for storage, and what can be
 *		read from it.
 *
 * Bytes of the packed form (they follow PostgreSQL's length word):
 *
 *	0	FLAT_FORM_PACKED
 *	1	kind
 *	2	display scale << 4 | storage scale
 *	3	count of distinct values, varint; nothing follows 0
 *		smallest key, zigzag varint
 *		gap base, varint; gap width, byte		(count > 1)
 *		members base, varint; members width, byte
 *		the bits: count-1 gaps between keys, count numbers of members, without
 *		padding between them
 *
 * The form is canonical: values ascend, decimal ones are at the smallest
 * scale that holds them all, each base is its column's minimum, each width
 * the least; without a value the kind is decimal.  So two of the same values
 * differ at most in the display scale (the most decimals any input had).
 *
 * Shares are of V, the sum of the positive values: a negative value counts as
 * nothing there.  Sums of decimals are exact.  Sums of doubles are taken over
 * the sorted values, compensated (Neumaier 1974), so that they come out the
 * same however the values were gathered.
 *
 * A fraction times a number of members is taken as whole when it is within
 * VALUE_SLACK of that: 0.07 * 100 is 7.000000000000001 in floating point.
 */
#ifndef LOYALTY_KERNEL_VALUE_CONCENTRATION_H
#define LOYALTY_KERNEL_VALUE_CONCENTRATION_H

#include "packed_column.h"
#include "value_log.h"

#define VALUE_SLACK		1e-12	/* relative */

/* What packing will write; made by value_concentration_plan. */
typedef struct value_packing
{
	size_t		size;			/* bytes */
	int			scale;			/* storage scale */
	uint64_t	gap_base;
	uint64_t	members_base;
	int			gap_width;
	int			members_width;
} value_packing;

/*
 * log must be in order; LOYALTY_COUNT_OVERFLOW where it has more than 2^63-1
 * members
 */
extern loyalty_status value_concentration_plan(const value_log *log, value_packing *plan);
extern void value_concentration_pack(const value_log *log, const value_packing *plan, uint8_t *to);

/* A packed value, opened for reading; points into the caller's bytes. */
typedef struct value_view
{
	const uint8_t *bits;
	const uint8_t *end;
	uint32_t	count;			/* distinct values */
	int			kind;
	int			display_scale;
	int			scale;
	int64_t		first;			/* smallest key; undefined where count is 0 */
	uint64_t	gap_base;
	int64_t		members_base;
	int			gap_width;
	int			members_width;
	uint64_t	members_at;		/* bit position of the second column */
} value_view;

/* LOYALTY_CORRUPT where head and length do not fit together */
extern loyalty_status value_view_open(const uint8_t *bytes, size_t len, value_view *view);

static inline uint64_t
value_gap(const value_view *view, uint32_t i)
{
	return view->gap_base + bits_get(view->bits, view->end,
									 (uint64_t) i * (uint64_t) view->gap_width, view->gap_width);
}

static inline int64_t
value_members(const value_view *view, uint32_t i)
{
	return (int64_t) ((uint64_t) view->members_base +
					  bits_get(view->bits, view->end,
							   view->members_at + (uint64_t) i * (uint64_t) view->members_width,
							   view->members_width));
}

/* Walks the values upwards: `while (value_next(&cursor, &entry))`. */
typedef struct value_cursor
{
	const value_view *view;
	uint32_t	next;			/* index of the value to come */
	int64_t		key;			/* the one before it */
} value_cursor;

static inline value_cursor
value_start(const value_view *view)
{
	value_cursor cursor = {view, 0, view->first};

	return cursor;
}

static inline bool
value_next(value_cursor *cursor, value_entry *out)
{
	const value_view *view = cursor->view;
	uint32_t	i = cursor->next;

	if (i >= view->count)
		return false;
	if (i > 0)
		cursor->key = (int64_t) ((uint64_t) cursor->key + value_gap(view, i - 1));
	out->key = cursor->key;
	out->members = value_members(view, i);
	cursor->next = i + 1;
	return true;
}

/* A sum of values: exact units, or a double with its compensation. */
typedef struct value_sum
{
	decimal_wide units;
	double		sum;			/* scaled by 2^-exponent of the summary */
	double		compensation;
} value_sum;

/* What every share needs: one walk over all values. */
typedef struct value_summary
{
	int64_t		members;
	int64_t		positive_members;
	int64_t		highest;		/* largest key; undefined where members is 0 */
	int			exponent;		/* doubles are summed in units of 2^exponent, against overflow */
	value_sum	positive;
	value_sum	negative;
} value_summary;

extern value_summary value_concentration_summary(const value_view *view);

/* a sum of doubles in money; infinite where it leaves double precision */
extern double value_sum_double(const value_summary *summary, const value_sum *sum);

/*
 * The share of V held by the top `fraction` (0..1) of the members; a part of
 * a member counts with that part of its value.  Requires positive_members > 0.
 */
extern double value_top_share(const value_view *view, const value_summary *summary, double fraction);

/* the smallest number of members whose share reaches `share` (0..1); requires the same */
extern int64_t value_members_for(const value_view *view, const value_summary *summary, double share);

/* the key of the lowest member among the top `fraction`, a part of a member being one; false where that is nobody */
extern bool value_cutoff(const value_view *view, const value_summary *summary, double fraction, int64_t *key);

/* 0 all equal, towards 1 one has all; requires positive_members > 0 */
extern double value_gini(const value_view *view, const value_summary *summary);

/*
 * The share of V held by the bottom i/points of the members, for i = 0 ..
 * points, into shares[points + 1]; requires the same.
 */
extern void value_lorenz_curve(const value_view *view, const value_summary *summary, int points, double *shares);

/* by kind, then value by value, the larger number of members later; then the shorter first */
extern int	value_concentration_compare(const value_view *a, const value_view *b);

/*
 * Text: {value[ xN], …}, N the number of members, 1 left out; "float8 " goes
 * before the brace where the values are of double precision.  Writes one
 * entry and a NUL; returns the length.
 */
#define VALUE_ENTRY_TEXT_SIZE	(DECIMAL_TEXT_SIZE + 24)
extern size_t value_entry_to_text(const value_view *view, const value_entry *entry, char *out);

/* the shortest decimal text, not above 17 digits, that reads back as the same double */
extern size_t value_double_to_text(double value, char *out);

/*
 * Reads the text into a log with room for list_elements() entries;
 * *where is the byte at which a fault was seen.
 */
extern loyalty_status value_concentration_from_text(const char *text, size_t len,
													value_log *log, uint32_t capacity, size_t *where);

#endif							/* LOYALTY_KERNEL_VALUE_CONCENTRATION_H */
