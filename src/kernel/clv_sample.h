/*
 * clv_sample.h
 *		What a fit needs to know of many customers: how often each distinct
 *		history (x, t_x, T) occurs, and each distinct pair (x, mean spend).
 *
 * One flat piece of memory, which is the SQL value and the state of the
 * aggregates alike: a head, the request of a clv_fit under way, then entries
 * of 40 bytes.  While it grows, an entry is one customer with both halves, in
 * any order.  Put in order, an entry has one half: first the histories,
 * ascending by x, tenure, t_x, then the spends, ascending by x, mean; equal
 * ones joined into one with the sum of their weights.  Weights that are not
 * whole are not added, for their sum would depend on the order of rows: such
 * entries stay beside each other, ascending by weight.  So the same customers
 * give the same bytes, in whatever pieces they were gathered.
 */
#ifndef LOYALTY_KERNEL_CLV_SAMPLE_H
#define LOYALTY_KERNEL_CLV_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flat_form.h"
#include "history_set.h"
#include "spend_set.h"
#include "status.h"

typedef enum sample_kind
{
	SAMPLE_NONE = 0,			/* nothing gathered: any kind may join */
	SAMPLE_DAYS = 1,			/* digests; times in days */
	SAMPLE_STEPS = 2,			/* digests; times count calendar steps */
	SAMPLE_NUMBERS = 3			/* an RFM table; times in the table's own unit */
} sample_kind;

/* of one entry */
#define SAMPLE_MOST_WEIGHT	1e15	/* customers */
#define SAMPLE_MOST_SPEND	1e100

/* where the spends are */
typedef enum sample_spend
{
	SAMPLE_SPEND_APART = 0,		/* each entry is a history or a spend */
	SAMPLE_SPEND_BESIDE = 1,	/* some entries have both halves: not in order yet */
	SAMPLE_SPEND_UNUSED = 2		/* nobody will ask for them: left out as customers come */
} sample_spend;

typedef struct sample_entry
{
	double		x;
	double		t_x;			/* 0 in a spend */
	double		tenure;			/* -1 in a spend */
	double		mean;			/* spend per purchase day, > 0; 0: no spend here */
	double		weight;			/* how many customers, > 0 */
} sample_entry;

typedef struct clv_sample
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		form;			/* FLAT_FORM_LOG */
	uint8_t		kind;			/* sample_kind */
	bool		ordered;		/* canonical, as described above */
	uint8_t		spend;			/* sample_spend */
	int32_t		as_of;			/* day; 0 for numbers */
	int32_t		step_months;	/* steps: either of them; 0 otherwise */
	int32_t		step_days;
	uint32_t	request;		/* bytes of it at the start of data */
	int64_t		left_out;		/* digests of those who were not customers yet */
	int64_t		count;			/* entries */
	char		data[];
} clv_sample;

/* the room that the request takes, so that entries are aligned */
static inline size_t
sample_request_room(size_t request)
{
	return (request + 7) & ~(size_t) 7;
}

static inline size_t
sample_size(size_t request, size_t entries)
{
	return sizeof(clv_sample) + sample_request_room(request) + entries * sizeof(sample_entry);
}

static inline sample_entry *
sample_entries(const clv_sample *sample)
{
	return (sample_entry *) (sample->data + sample_request_room(sample->request));
}

/* an empty sample; length_word is left alone */
extern void clv_sample_init(clv_sample *sample);

/* is this entry one that may be in a sample? */
extern bool sample_entry_valid(const sample_entry *entry, sample_kind kind);

/* adds an entry; the caller has made room */
extern void clv_sample_add(clv_sample *sample, const sample_entry *entry);

/* entries there can be after splitting those with both halves */
extern size_t clv_sample_split_count(const clv_sample *sample);

/*
 * Splits, orders and joins; LOYALTY_COUNT_OVERFLOW where one entry would stand
 * for more than SAMPLE_MOST_WEIGHT customers.  There is room for clv_sample_split_count()
 * entries; scratch has room for SAMPLE_ORDER_WORDS times as many words.
 */
#define SAMPLE_ORDER_WORDS	9

extern loyalty_status clv_sample_order(clv_sample *sample, int64_t *scratch, const history_pause *pause);

/* the order of the canonical form */
extern int	sample_entry_compare(const sample_entry *a, const sample_entry *b);

/* ---------- as a fit wants it ---------- */

/* how much room the arrays of both sets need; the sample is in order */
typedef struct sample_extent
{
	size_t		histories;		/* entries */
	size_t		history_groups;
	size_t		spends;
	size_t		spend_groups;
} sample_extent;

extern void clv_sample_extent(const clv_sample *sample, sample_extent *extent);

/* scratch for clv_sample_histories: words of 8 bytes */
static inline size_t
sample_scratch_words(const sample_extent *extent)
{
	return 8 * extent->histories + 2;
}

/*
 * Fills the arrays and the set that points to them; times has room for
 * 2 * histories + 1.  Times are divided by `unit`.
 */
extern void clv_sample_histories(const clv_sample *sample, const sample_extent *extent, double unit,
								 history_group *groups, history_row *rows, double *times,
								 int64_t *scratch, const history_pause *pause, history_set *set);
extern void clv_sample_spends(const clv_sample *sample, const sample_extent *extent,
							  spend_group *groups, spend_row *rows, spend_set *set);

#endif							/* LOYALTY_KERNEL_CLV_SAMPLE_H */
