/*
 * clv_sample.c
 *		Gathering histories and spends, putting them in order, handing them to
 *		a fit.
 */
#include "clv_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compensated_sum.h"
#include "key_sort.h"
#include "lifetime_model.h"

#define WHOLE_UP_TO		9007199254740992.0	/* 2^53 */
#define PAUSE_MASK		0x3FFF	/* entries between two pauses */

static bool
is_whole(double value)
{
	return value == floor(value) && fabs(value) < WHOLE_UP_TO;
}

static bool
is_spend(const sample_entry *entry)
{
	return entry->tenure < 0;
}

void
clv_sample_init(clv_sample *sample)
{
	int32_t		length_word = sample->length_word;

	memset(sample, 0, sizeof(clv_sample));
	sample->length_word = length_word;
	sample->form = FLAT_FORM_LOG;
	sample->ordered = true;
}

bool
sample_entry_valid(const sample_entry *entry, sample_kind kind)
{
	bool		counted = kind == SAMPLE_DAYS || kind == SAMPLE_STEPS;

	if (!(entry->weight > 0 && entry->weight <= SAMPLE_MOST_WEIGHT) ||
		!(entry->x >= 0 && entry->x <= LIFETIME_MOST_PURCHASES && entry->x == floor(entry->x)) ||
		!(entry->mean >= 0 && entry->mean <= SAMPLE_MOST_SPEND) ||
		(counted && !is_whole(entry->weight)))
		return false;
	if (entry->tenure == -1)
		return entry->t_x == 0 && entry->x >= 1 && entry->mean > 0;
	if (!(entry->tenure >= 0 && entry->tenure <= LIFETIME_MOST_TIME) ||
		!(entry->t_x >= 0 && entry->t_x <= entry->tenure) ||
		(entry->x > 0) != (entry->t_x > 0) ||
		(entry->x == 0 && entry->mean > 0))
		return false;
	return !counted || (is_whole(entry->t_x) && is_whole(entry->tenure) && entry->x <= entry->t_x);
}

int
sample_entry_compare(const sample_entry *a, const sample_entry *b)
{
	if (is_spend(a) != is_spend(b))
		return is_spend(a) ? 1 : -1;
	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	if (a->tenure != b->tenure)
		return a->tenure < b->tenure ? -1 : 1;
	if (a->t_x != b->t_x)
		return a->t_x < b->t_x ? -1 : 1;
	if (a->mean != b->mean)
		return a->mean < b->mean ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return 0;
}

static bool
same_key(const sample_entry *a, const sample_entry *b)
{
	return a->x == b->x && a->tenure == b->tenure && a->t_x == b->t_x && a->mean == b->mean;
}

static int
compare_entries(const void *a, const void *b)
{
	return sample_entry_compare(a, b);
}

void
clv_sample_add(clv_sample *sample, const sample_entry *entry)
{
	sample_entry *entries = sample_entries(sample);

	/* equal keys may be joined: that is not for here to tell */
	if (sample->ordered && sample->count > 0 &&
		(same_key(&entries[sample->count - 1], entry) || sample_entry_compare(&entries[sample->count - 1], entry) > 0))
		sample->ordered = false;
	if (entry->tenure >= 0 && entry->mean > 0)
	{
		sample->spend = SAMPLE_SPEND_BESIDE;
		sample->ordered = false;
	}
	entries[sample->count++] = *entry;
}

size_t
clv_sample_split_count(const clv_sample *sample)
{
	const sample_entry *entries = sample_entries(sample);
	size_t		count = (size_t) sample->count;

	if (sample->spend == SAMPLE_SPEND_BESIDE)
		for (int64_t i = 0; i < sample->count; i++)
			count += entries[i].tenure >= 0 && entries[i].mean > 0;
	return count;
}

/* ---------- order ---------- */

/* Entries of equal key, whole weights added, the others beside it; returns how many are left. */
static size_t
join_run(sample_entry *to, const sample_entry *run, size_t n)
{
	sample_entry sum = run[0];
	size_t		kept = 0;
	size_t		at;

	sum.weight = 0;
	for (size_t i = 0; i < n; i++)
		if (is_whole(run[i].weight))
			sum.weight += run[i].weight;
		else
			to[kept++] = run[i];
	if (sum.weight == 0)
		return kept;
	for (at = kept; at > 0 && to[at - 1].weight > sum.weight; at--)
		to[at] = to[at - 1];
	to[at] = sum;
	return kept + 1;
}

static size_t
join(sample_entry *entries, size_t n)
{
	size_t		kept = 0;
	size_t		from = 0;

	while (from < n)
	{
		const sample_entry *first = &entries[from];
		size_t		to = from + 1;

		while (to < n && same_key(&entries[to], first))
			to++;
		if (to == from + 1)
			entries[kept++] = *first;
		else
			kept += join_run(&entries[kept], first, to - from);
		from = to;
	}
	return kept;
}

static void
sort_keys(int64_t *keys, int64_t *scratch, size_t n, const history_pause *pause)
{
	key_sort	sort;

	key_sort_begin(&sort, keys, scratch, n, 2);
	while (key_sort_step(&sort))
		history_pause_now(pause);
}

static int
bits_of(double largest)
{
	return largest < 1 ? 0 : ilogb(largest) + 1;
}

/*
 * Whole and small numbers, as those of digests, fit one 64-bit key, with the
 * weight beside it.  False where they do not fit.
 */
static bool
sort_packed(sample_entry *entries, size_t n, int64_t *scratch, const history_pause *pause)
{
	double		most_x = 0;
	double		most_tenure = 0;
	int			x_shift;
	int			tenure_shift;

	for (size_t i = 0; i < n; i++)
	{
		if (!is_whole(entries[i].tenure) || !is_whole(entries[i].t_x) || !is_whole(entries[i].weight))
			return false;
		most_x = fmax(most_x, entries[i].x);
		most_tenure = fmax(most_tenure, entries[i].tenure);
	}
	tenure_shift = bits_of(most_tenure);	/* t_x is below */
	x_shift = 2 * tenure_shift;
	if (x_shift + bits_of(most_x) > 62)
		return false;

	for (size_t i = 0; i < n; i++)
	{
		scratch[2 * i] = ((int64_t) entries[i].x << x_shift) |
			((int64_t) entries[i].tenure << tenure_shift) | (int64_t) entries[i].t_x;
		scratch[2 * i + 1] = (int64_t) entries[i].weight;
	}
	sort_keys(scratch, scratch + 2 * n, n, pause);
	for (size_t i = 0; i < n; i++)
	{
		int64_t		key = scratch[2 * i];
		int64_t		mask = ((int64_t) 1 << tenure_shift) - 1;

		entries[i].x = (double) (key >> x_shift);
		entries[i].tenure = (double) ((key >> tenure_shift) & mask);
		entries[i].t_x = (double) (key & mask);
		entries[i].mean = 0;
		entries[i].weight = (double) scratch[2 * i + 1];
	}
	return true;
}

static double
column_of(const sample_entry *entry, int column)
{
	switch (column)
	{
		case 0:
			return entry->weight;
		case 1:
			return entry->mean;
		case 2:
			return entry->t_x;
		case 3:
			return entry->tenure;
		default:
			return entry->x;
	}
}

/* any numbers: one stable sort for each column, the least significant first */
static void
sort_columns(sample_entry *entries, size_t n, int64_t *scratch, const history_pause *pause)
{
	int64_t    *order = scratch;
	sample_entry *sorted = (sample_entry *) (scratch + 4 * n);

	for (size_t i = 0; i < n; i++)
		order[2 * i + 1] = (int64_t) i;
	for (int column = 0; column < 5; column++)
	{
		for (size_t i = 0; i < n; i++)
			order[2 * i] = double_key(column_of(&entries[order[2 * i + 1]], column));
		sort_keys(order, scratch + 2 * n, n, pause);
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = entries[order[2 * i + 1]];
	memcpy(entries, sorted, n * sizeof(sample_entry));
}

static size_t
sort_and_join(sample_entry *entries, size_t n, bool histories, int64_t *scratch, const history_pause *pause)
{
	if (n <= KEY_SORT_SMALL)
		qsort(entries, n, sizeof(sample_entry), compare_entries);
	else if (!histories || !sort_packed(entries, n, scratch, pause))
		sort_columns(entries, n, scratch, pause);
	return join(entries, n);
}

loyalty_status
clv_sample_order(clv_sample *sample, int64_t *scratch, const history_pause *pause)
{
	sample_entry *entries = sample_entries(sample);
	size_t		given = (size_t) sample->count;
	size_t		n = given;
	size_t		histories = 0;
	size_t		spends;

	if (sample->ordered)
		return LOYALTY_OK;

	if (sample->spend == SAMPLE_SPEND_BESIDE)
		for (size_t i = 0; i < given; i++)
			if (entries[i].tenure >= 0 && entries[i].mean > 0)
			{
				sample_entry spend = {entries[i].x, 0, -1, entries[i].mean, entries[i].weight};

				entries[n++] = spend;
				entries[i].mean = 0;
			}

	/* histories to the front */
	for (size_t i = 0; i < n; i++)
		if (!is_spend(&entries[i]))
		{
			sample_entry entry = entries[i];

			entries[i] = entries[histories];
			entries[histories++] = entry;
		}
	spends = sort_and_join(entries + histories, n - histories, false, scratch, pause);
	n = sort_and_join(entries, histories, true, scratch, pause);
	memmove(entries + n, entries + histories, spends * sizeof(sample_entry));
	sample->count = (int64_t) (n + spends);
	sample->ordered = true;
	if (sample->spend == SAMPLE_SPEND_BESIDE)
		sample->spend = SAMPLE_SPEND_APART;
	for (int64_t i = 0; i < sample->count; i++)
		if (entries[i].weight > SAMPLE_MOST_WEIGHT)
			return LOYALTY_COUNT_OVERFLOW;
	return LOYALTY_OK;
}

/* ---------- as a fit wants it ---------- */

void
clv_sample_extent(const clv_sample *sample, sample_extent *extent)
{
	const sample_entry *entries = sample_entries(sample);

	memset(extent, 0, sizeof(*extent));
	for (int64_t i = 0; i < sample->count; i++)
	{
		bool		another = i == 0 || entries[i].x != entries[i - 1].x ||
			is_spend(&entries[i]) != is_spend(&entries[i - 1]);

		if (is_spend(&entries[i]))
		{
			extent->spends++;
			extent->spend_groups += another;
		}
		else
		{
			extent->histories++;
			extent->history_groups += another;
		}
	}
}

/*
 * Ranks all times: fills times[] and the indexes into it, returns how many.
 * Days are counted off in a table; times of any kind are sorted, each with its
 * place.  scratch has sample_scratch_words().
 */
static size_t
rank_times(const clv_sample *sample, size_t n, double unit,
		   history_row *rows, double *times, int64_t *scratch, const history_pause *pause)
{
	const sample_entry *entries = sample_entries(sample);
	size_t		ranks = 1;
	double		last = 0;
	bool		whole = true;

	for (size_t i = 0; i < n; i++)
	{
		whole = whole && is_whole(entries[i].tenure) && is_whole(entries[i].t_x);
		last = fmax(last, entries[i].tenure);
	}
	times[0] = 0;
	if (whole && last < 8.0 * (double) n)
	{
		size_t		count = (size_t) last + 1;

		memset(scratch, 0, count * sizeof(int64_t));
		for (size_t i = 0; i < n; i++)
			scratch[(size_t) entries[i].tenure] = scratch[(size_t) entries[i].t_x] = 1;
		for (size_t t = 1; t < count; t++)
			if (scratch[t])
			{
				times[ranks] = (double) t / unit;
				scratch[t] = (int64_t) ranks++;
			}
		scratch[0] = 0;
		for (size_t i = 0; i < n; i++)
		{
			rows[i].t_x = (uint32_t) scratch[(size_t) entries[i].t_x];
			rows[i].tenure = (uint32_t) scratch[(size_t) entries[i].tenure];
		}
		return ranks;
	}

	for (size_t i = 0; i < n; i++)
	{
		scratch[4 * i] = double_key(entries[i].t_x);
		scratch[4 * i + 1] = (int64_t) (2 * i);
		scratch[4 * i + 2] = double_key(entries[i].tenure);
		scratch[4 * i + 3] = (int64_t) (2 * i + 1);
	}
	sort_keys(scratch, scratch + 4 * n, 2 * n, pause);
	last = 0;
	for (size_t i = 0; i < 2 * n; i++)
	{
		double		time = double_of_key(scratch[2 * i]);
		int64_t		place = scratch[2 * i + 1];

		if (time > last)
		{
			last = time;
			times[ranks++] = time / unit;
		}
		if (place & 1)
			rows[place >> 1].tenure = (uint32_t) (ranks - 1);
		else
			rows[place >> 1].t_x = (uint32_t) (ranks - 1);
	}
	return ranks;
}

void
clv_sample_histories(const clv_sample *sample, const sample_extent *extent, double unit,
					 history_group *groups, history_row *rows, double *times,
					 int64_t *scratch, const history_pause *pause, history_set *set)
{
	const sample_entry *entries = sample_entries(sample);
	size_t		n = extent->histories;
	history_group *group = groups - 1;

	memset(set, 0, sizeof(*set));
	set->groups = groups;
	set->rows = rows;
	set->times = times;
	set->row_count = n;

	for (size_t i = 0; i < n; i++)
	{
		const sample_entry *entry = &entries[i];

		if ((i & PAUSE_MASK) == PAUSE_MASK)
			history_pause_now(pause);
		if (i == 0 || entry->x != group->x)
		{
			group++;
			group->x = entry->x;
			group->weight = 0;
			group->from = i;
		}
		group->to = i + 1;
		group->weight += entry->weight;
		rows[i].weight = entry->weight;
		set->customers += entry->weight;
		if (entry->x > 0)
			set->repeaters += entry->weight;
		set->purchases += entry->weight * entry->x;
		set->total_tenure += entry->weight * (entry->tenure / unit);
	}
	set->group_count = n > 0 ? (size_t) (group - groups) + 1 : 0;

	set->time_count = rank_times(sample, n, unit, rows, times, scratch, pause);
}

void
clv_sample_spends(const clv_sample *sample, const sample_extent *extent,
				  spend_group *groups, spend_row *rows, spend_set *set)
{
	const sample_entry *entries = sample_entries(sample) + extent->histories;
	spend_group *group = groups - 1;
	compensated_sum log_means = {0, 0};

	memset(set, 0, sizeof(*set));
	set->groups = groups;
	set->rows = rows;
	set->row_count = extent->spends;
	set->group_count = extent->spend_groups;
	for (size_t i = 0; i < extent->spends; i++)
	{
		const sample_entry *entry = &entries[i];

		if (i == 0 || entry->x != group->x)
		{
			group++;
			group->x = entry->x;
			group->weight = 0;
			group->from = i;
		}
		group->to = i + 1;
		group->weight += entry->weight;
		rows[i].mean = entry->mean;
		rows[i].weight = entry->weight;
		set->customers += entry->weight;
		set->purchases += entry->weight * entry->x;
		set->total += entry->weight * entry->x * entry->mean;
		compensated_add(&log_means, entry->weight * log(entry->mean));
	}
	set->log_means = compensated_value(&log_means);
}
