/*
 * purchase_digest.h
 *		One customer's purchases by day, packed for storage, and what can be
 *		read from it.
 *
 * Bytes of the packed form (they follow PostgreSQL's length word):
 *
 *	0	FLAT_FORM_PACKED
 *	1	display scale << 4 | storage scale
 *	2	count of days, varint; nothing follows 0
 *		first day, zigzag varint
 *		last day - first day, varint				(count > 1)
 *		gap base, varint; gap width, byte			(count > 1)
 *		orders base, varint; orders width, byte
 *		amount base, zigzag varint; amount width, byte
 *		the bits: count-1 gaps, count orders, count amounts, without padding
 *		between them
 *
 * The form is canonical: amounts at the smallest scale that holds them all,
 * each base the column's minimum, each width the least.  So two digests of
 * the same days, orders and amounts differ at most in the display scale (the
 * most decimals any input had), and equality is equality of bytes.
 *
 * Count, first and last lie in the head so that the usual question, asked of
 * a customer without lone returns as of a day not before the last purchase,
 * reads no bits at all.
 */
#ifndef LOYALTY_KERNEL_PURCHASE_DIGEST_H
#define LOYALTY_KERNEL_PURCHASE_DIGEST_H

#include "packed_column.h"
#include "purchase_log.h"

/* What packing will write; made by purchase_digest_plan. */
typedef struct purchase_packing
{
	size_t		size;			/* bytes */
	int			scale;			/* storage scale */
	uint64_t	gap_base;
	uint64_t	orders_base;
	int64_t		amount_base;
	int			gap_width;
	int			orders_width;
	int			amount_width;
} purchase_packing;

/* log must be in order */
extern void purchase_digest_plan(const purchase_log *log, purchase_packing *plan);
extern void purchase_digest_pack(const purchase_log *log, const purchase_packing *plan, uint8_t *to);

/* A packed digest, opened for reading; points into the caller's bytes. */
typedef struct purchase_view
{
	const uint8_t *bits;
	const uint8_t *end;
	uint32_t	count;			/* days, those with returns only included */
	int			display_scale;
	int			scale;
	int32_t		first;			/* day; undefined where count is 0 */
	int32_t		last;
	int64_t		gap_base;
	int64_t		orders_base;
	int64_t		amount_base;
	int			gap_width;
	int			orders_width;
	int			amount_width;
	uint64_t	orders_at;		/* bit positions of the columns */
	uint64_t	amounts_at;
} purchase_view;

/* LOYALTY_CORRUPT where head and length do not fit together */
extern loyalty_status purchase_view_open(const uint8_t *bytes, size_t len, purchase_view *view);

/* Walks the days in order: `while (purchase_next(&cursor, &day))`. */
typedef struct purchase_cursor
{
	const purchase_view *view;
	uint32_t	next;			/* index of the day to come */
	int32_t		day;			/* the day before it */
} purchase_cursor;

static inline purchase_cursor
purchase_start(const purchase_view *view)
{
	purchase_cursor cursor = {view, 0, view->first};

	return cursor;
}

static inline int32_t
purchase_gap(const purchase_view *view, uint32_t i)
{
	return (int32_t) (view->gap_base +
					  (int64_t) bits_get(view->bits, view->end,
										 (uint64_t) i * (uint64_t) view->gap_width, view->gap_width));
}

/* days apart, wrapping: bytes that were damaged in storage must not overflow */
static inline int32_t
purchase_day_plus(int32_t day, int32_t gap)
{
	return (int32_t) ((uint32_t) day + (uint32_t) gap);
}

static inline int32_t
purchase_day_minus(int32_t day, int32_t gap)
{
	return (int32_t) ((uint32_t) day - (uint32_t) gap);
}

static inline int32_t
purchase_orders(const purchase_view *view, uint32_t i)
{
	return (int32_t) (view->orders_base +
					  (int64_t) bits_get(view->bits, view->end,
										 view->orders_at + (uint64_t) i * (uint64_t) view->orders_width,
										 view->orders_width));
}

static inline int64_t
purchase_amount(const purchase_view *view, uint32_t i)
{
	return (int64_t) ((uint64_t) view->amount_base +
					  bits_get(view->bits, view->end,
							   view->amounts_at + (uint64_t) i * (uint64_t) view->amount_width,
							   view->amount_width));
}

static inline bool
purchase_next(purchase_cursor *cursor, purchase_day *out)
{
	const purchase_view *view = cursor->view;
	uint32_t	i = cursor->next;

	if (i >= view->count)
		return false;
	if (i > 0)
		cursor->day = purchase_day_plus(cursor->day, purchase_gap(view, i - 1));
	out->day = cursor->day;
	out->orders = purchase_orders(view, i);
	out->amount = purchase_amount(view, i);
	cursor->next = i + 1;
	return true;
}

/*
 * When a customer bought, as known at the end of day as_of.  A purchase day
 * is one with at least one order.
 */
typedef struct purchase_timing
{
	int64_t		purchase_days;	/* 0: not a customer yet; the days are undefined then */
	int32_t		first;
	int32_t		last;
	int32_t		previous;		/* the purchase day before the last; = last where there is none */
} purchase_timing;

extern purchase_timing purchase_digest_timing(const purchase_view *view, int32_t as_of);

/* How much, as known at the end of day as_of; in units of 10^-scale of the view. */
typedef struct purchase_money
{
	int64_t		orders;
	decimal_wide spend;			/* everything, returns included */
	int64_t		repeat_days;	/* purchase days after the first */
	decimal_wide repeat_spend;	/* net amount of those days */
} purchase_money;

extern purchase_money purchase_digest_money(const purchase_view *view, int32_t as_of);

/*
 * The gaps between consecutive purchase days up to as_of, in order of time,
 * into gaps[] (room for view->count); returns how many.
 */
extern uint32_t purchase_digest_gaps(const purchase_view *view, int32_t as_of, int32_t *gaps);

/* the order of the btree class: by day, orders, amount; then the shorter first */
extern int	purchase_digest_compare(const purchase_view *a, const purchase_view *b);

/*
 * Text: {YYYY-MM-DD amount[ xN], …}, N the number of orders, 1 left out.
 */
extern size_t purchase_digest_text_size(const purchase_view *view);
extern size_t purchase_digest_to_text(const purchase_view *view, char *out);

/*
 * Reads that form into a wide log with room for list_elements() days;
 * *where is the byte at which a fault was seen.
 */
extern loyalty_status purchase_digest_from_text(const char *text, size_t len,
												purchase_log *log, uint32_t capacity, size_t *where);

/* A day as the outside world may send it: within range, and 0 orders only with a net that can be returns. */
extern loyalty_status purchase_day_check(const purchase_day *day);

#endif							/* LOYALTY_KERNEL_PURCHASE_DIGEST_H */
