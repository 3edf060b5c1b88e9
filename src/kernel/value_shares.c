/*
 * value_shares.c
 *		What is read from a value_concentration: who holds how much.
 *
 * Walks upwards use the cursor; walks downwards start at the highest value,
 * which the summary knows, and take the gaps off again.
 */
#include "value_concentration.h"

#include <math.h>

/* a value as shares are made of: in units for decimals, scaled for doubles */
static inline double
scaled(const value_view *view, const value_summary *summary, int64_t key)
{
	if (view->kind == VALUE_KIND_FLOAT)
		return ldexp(double_of_key(key), -summary->exponent);
	return (double) key;
}

static void
add(const value_view *view, const value_summary *summary, value_sum *sum, int64_t key, int64_t members)
{
	if (view->kind == VALUE_KIND_DECIMAL)
		sum->units += (decimal_wide) key * members;
	else
	{
		double		term = scaled(view, summary, key) * (double) members;
		double		before = sum->sum;

		sum->sum += term;
		sum->compensation += fabs(before) >= fabs(term) ?
			(before - sum->sum) + term : (term - sum->sum) + before;
	}
}

/* the sum as shares are made of */
static inline double
amount(const value_view *view, const value_sum *sum)
{
	return view->kind == VALUE_KIND_DECIMAL ? (double) sum->units : sum->sum + sum->compensation;
}

double
value_sum_double(const value_summary *summary, const value_sum *sum)
{
	return ldexp(sum->sum + sum->compensation, summary->exponent);
}

value_summary
value_concentration_summary(const value_view *view)
{
	value_summary summary;
	value_cursor cursor = value_start(view);
	value_entry entry;

	memset(&summary, 0, sizeof(summary));
	if (view->count == 0)
		return summary;

	if (view->kind == VALUE_KIND_FLOAT)
	{
		while (value_next(&cursor, &entry))
			;
		(void) frexp(fmax(fabs(double_of_key(view->first)), fabs(double_of_key(entry.key))),
					 &summary.exponent);
		cursor = value_start(view);
	}
	while (value_next(&cursor, &entry))
	{
		summary.members += entry.members;
		if (entry.key > 0)
		{
			summary.positive_members += entry.members;
			add(view, &summary, &summary.positive, entry.key, entry.members);
		}
		else
			add(view, &summary, &summary.negative, entry.key, entry.members);
	}
	summary.highest = entry.key;
	return summary;
}

/* fraction of the members, in whole members and a part of the next */
static int64_t
members_of(const value_summary *summary, double fraction, double *part)
{
	double		exact = fraction * (double) summary->members;
	double		whole = rint(exact);

	*part = 0;
	if (fraction >= 1)
		return summary->members;
	if (fabs(exact - whole) > fmin(VALUE_SLACK * exact, 0.001))
	{
		whole = floor(exact);
		*part = exact - whole;
	}
	return (int64_t) whole;
}

double
value_top_share(const value_view *view, const value_summary *summary, double fraction)
{
	double		part;
	int64_t		left = members_of(summary, fraction, &part);
	int64_t		key = summary->highest;
	value_sum	sum;
	double		top;

	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = view->count; i-- > 0 && key > 0;)
	{
		int64_t		members = value_members(view, i);

		if (members > left)
		{
			add(view, summary, &sum, key, left);
			top = amount(view, &sum) + part * scaled(view, summary, key);
			return fmin(top / amount(view, &summary->positive), 1);
		}
		add(view, summary, &sum, key, members);
		left -= members;
		if (i > 0)
			key = (int64_t) ((uint64_t) key - value_gap(view, i - 1));
	}
	return 1;
}

int64_t
value_members_for(const value_view *view, const value_summary *summary, double share)
{
	double		target = share * (1 - VALUE_SLACK) * amount(view, &summary->positive);
	int64_t		key = summary->highest;
	int64_t		above = 0;
	value_sum	sum;

	if (share <= 0)
		return 0;
	if (share >= 1)
		return summary->positive_members;
	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = view->count; i-- > 0 && key > 0;)
	{
		int64_t		members = value_members(view, i);
		double		held = amount(view, &sum);

		add(view, summary, &sum, key, members);
		if (amount(view, &sum) >= target)
		{
			double		value = scaled(view, summary, key);
			double		needed = ceil((target - held) / value);

			/* the quotient may have been rounded across a whole number */
			if (needed > 1 && held + value * (needed - 1) >= target)
				needed -= 1;
			else if (held + value * needed < target)
				needed += 1;
			if (needed < 1)
				needed = 1;
			return above + (needed < (double) members ? (int64_t) needed : members);
		}
		above += members;
		if (i > 0)
			key = (int64_t) ((uint64_t) key - value_gap(view, i - 1));
	}
	return summary->positive_members;
}

bool
value_cutoff(const value_view *view, const value_summary *summary, double fraction, int64_t *key)
{
	double		part;
	int64_t		left;

	left = members_of(summary, fraction, &part);
	if (part > 0)
		left++;
	if (left == 0)
		return false;
	*key = summary->highest;
	for (uint32_t i = view->count; i-- > 0;)
	{
		int64_t		members = value_members(view, i);

		if (members >= left || i == 0)
			break;
		left -= members;
		*key = (int64_t) ((uint64_t) *key - value_gap(view, i - 1));
	}
	return true;
}

/*
 * Sum of (2i - n - 1) x_i over ascending x_i, over n V.  A group of m equal
 * values after c others weighs m (2c + m - n): weights are whole and equal
 * values cancel without a rest.
 */
double
value_gini(const value_view *view, const value_summary *summary)
{
	value_cursor cursor = value_start(view);
	value_entry entry;
	double		n = (double) summary->members;
	double		before = 0;
	double		sum = 0;
	double		compensation = 0;

	while (value_next(&cursor, &entry))
	{
		double		members = (double) entry.members;

		if (entry.key > 0)
		{
			double		term = (members / n) * (2 * before + members - n) * scaled(view, summary, entry.key);
			double		last = sum;

			sum += term;
			compensation += fabs(last) >= fabs(term) ? (last - sum) + term : (term - sum) + last;
		}
		before += members;
	}
	return fmin(fmax((sum + compensation) / amount(view, &summary->positive), 0), 1);
}

void
value_lorenz_curve(const value_view *view, const value_summary *summary, int points, double *shares)
{
	value_cursor cursor = value_start(view);
	value_entry entry = {0, 0};
	int64_t		before = 0;		/* members below entry */
	value_sum	below;			/* and what they hold */
	double		total = amount(view, &summary->positive);

	memset(&below, 0, sizeof(below));
	shares[0] = 0;
	for (int i = 1; i <= points; i++)
	{
		/* i/points of the members, exactly: whole ones and a part */
		decimal_wide scaled_members = (decimal_wide) i * summary->members;
		int64_t		whole = (int64_t) (scaled_members / points);
		double		part = (double) (int64_t) (scaled_members % points) / points;
		value_sum	here;
		double		held;

		while (whole - before >= entry.members)
		{
			if (entry.key > 0)
				add(view, summary, &below, entry.key, entry.members);
			before += entry.members;
			if (!value_next(&cursor, &entry))
				break;
		}
		here = below;
		if (entry.key > 0 && whole > before)
			add(view, summary, &here, entry.key, whole - before);
		held = amount(view, &here);
		if (entry.key > 0)
			held += part * scaled(view, summary, entry.key);
		shares[i] = i == points ? 1 : fmin(held / total, 1);
	}
}
