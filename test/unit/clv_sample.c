/*
 * clv_sample.c
 *		A sample is the same bytes in whatever order its customers came, and
 *		gives the fit the same customers.
 */
#include "clv_sample.h"

#include <string.h>

#include "tap.h"

static clv_sample *
make(size_t entries)
{
	clv_sample *sample = calloc(1, sample_size(0, entries));

	clv_sample_init(sample);
	return sample;
}

static void
order(clv_sample *sample)
{
	int64_t    *scratch = malloc(sizeof(int64_t) * SAMPLE_ORDER_WORDS * clv_sample_split_count(sample) + 1);

	if (clv_sample_order(sample, scratch, NULL) != LOYALTY_OK)
		ok(false, "a sample can be put in order");
	free(scratch);
}

static sample_entry
customer(int kind)
{
	sample_entry e = {(double) tap_between(0, 5), 0, 0, 0, 1};

	e.t_x = e.x > 0 ? e.x + (double) tap_between(0, 20) : 0;
	e.tenure = e.t_x + (double) tap_between(0, 20);
	e.mean = e.x > 0 && tap_between(0, 3) > 0 ? (double) tap_between(1, 50) : 0;
	if (kind == 1)
	{
		/* odd times and weights: the way of any numbers */
		e.t_x *= 0.1;
		e.tenure *= 0.1;
		e.weight = (double) tap_between(1, 6) / 2;
	}
	return e;
}

int
main(void)
{
	tap_seed();
	for (int kind = 0; kind < 2; kind++)
		for (int large = 0; large < 2; large++)
		{
			size_t		n = large ? 3000 : 100;
			sample_entry *customers = malloc(n * sizeof(sample_entry));
			clv_sample *a = make(2 * n);
			clv_sample *b = make(2 * n);
			clv_sample *half = make(2 * n);
			sample_extent extent;
			history_set set;
			spend_set	spends;
			history_group *groups;
			history_row *rows;
			double	   *times;
			int64_t    *scratch;
			spend_group *spend_groups;
			spend_row  *spend_rows;
			double		weight = 0;
			double		purchases = 0;
			double		tenure = 0;
			double		total = 0;
			double		got_tenure = 0;
			bool		ascending = true;

			for (size_t i = 0; i < n; i++)
			{
				customers[i] = customer(kind);
				weight += customers[i].weight;
				purchases += customers[i].weight * customers[i].x;
				tenure += customers[i].weight * customers[i].tenure;
				total += customers[i].weight * customers[i].x * customers[i].mean;
				clv_sample_add(a, &customers[i]);
			}
			for (size_t i = n - 1; i > 0; i--)
			{
				size_t		j = (size_t) tap_between(0, (int64_t) i);
				sample_entry e = customers[i];

				customers[i] = customers[j];
				customers[j] = e;
			}
			/* the other comes in two pieces, the first put in order before the rest is added */
			for (size_t i = 0; i < n / 2; i++)
				clv_sample_add(half, &customers[i]);
			order(half);
			for (int64_t i = 0; i < half->count; i++)
				clv_sample_add(b, &sample_entries(half)[i]);
			for (size_t i = n / 2; i < n; i++)
				clv_sample_add(b, &customers[i]);
			order(a);
			order(b);
			ok(a->count == b->count &&
			   memcmp(sample_entries(a), sample_entries(b), (size_t) a->count * sizeof(sample_entry)) == 0,
			   "%zu customers of kind %d: in any order and in pieces the same bytes, %d entries", n, kind, (int) a->count);
			for (int64_t i = 1; i < a->count; i++)
				ascending = ascending && sample_entry_compare(&sample_entries(a)[i - 1], &sample_entries(a)[i]) <= 0;
			ok(ascending, "in their order");

			clv_sample_extent(a, &extent);
			ok((int64_t) (extent.histories + extent.spends) == a->count, "histories and spends");
			groups = malloc(extent.history_groups * sizeof(history_group));
			rows = malloc(extent.histories * sizeof(history_row));
			times = malloc((2 * extent.histories + 1) * sizeof(double));
			scratch = malloc(sample_scratch_words(&extent) * sizeof(int64_t));
			spend_groups = malloc(extent.spend_groups * sizeof(spend_group));
			spend_rows = malloc(extent.spends * sizeof(spend_row));
			clv_sample_histories(a, &extent, 7, groups, rows, times, scratch, NULL, &set);
			clv_sample_spends(a, &extent, spend_groups, spend_rows, &spends);
			ascending = times[0] == 0;
			for (size_t i = 1; i < set.time_count; i++)
				ascending = ascending && times[i] > times[i - 1];
			ok(ascending, "times ascend from 0");
			for (size_t g = 0; g < set.group_count; g++)
				for (size_t i = set.groups[g].from; i < set.groups[g].to; i++)
				{
					ascending = ascending && rows[i].t_x <= rows[i].tenure &&
						(set.groups[g].x > 0) == (times[rows[i].t_x] > 0);
					got_tenure += rows[i].weight * times[rows[i].tenure];
				}
			ok(ascending && set.groups[set.group_count - 1].to == set.row_count, "rows keep to their groups");
			near(set.customers, weight, 1e-12, "with all customers");
			near(set.purchases, purchases, 1e-12, "their purchases");
			near(got_tenure * 7, tenure, 1e-12, "their time, in the unit asked for");
			near(spends.total, total, 1e-12, "and their spend");
			free(customers), free(a), free(b), free(half), free(groups), free(rows), free(times), free(scratch), free(spend_groups), free(spend_rows);
		}

	{
		sample_entry good = {2, 3, 10, 5, 1};
		sample_entry bad[] = {
			{2, 0, 10, 5, 1}, {0, 3, 10, 0, 1}, {2, 11, 10, 5, 1}, {2.5, 3, 10, 5, 1}, {-1, 3, 10, 5, 1}, {2, 3, 10, -5, 1},
			{2, 3, 10, 5, 0}, {2, 3, 10, NAN, 1}, {2, NAN, 10, 5, 1}, {2, 3, INFINITY, 5, 1}, {NAN, 3, 10, 5, 1}, {0, 0, 10, 5, 1},
			{2, 3, -1, 5, 1}, {0, 0, -1, 5, 1}, {2, 0, -1, 0, 1}, {2, 3, 10, 5, INFINITY}
		};
		bool		refused = true;

		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			refused = refused && !sample_entry_valid(&bad[i], SAMPLE_NUMBERS);
		ok(sample_entry_valid(&good, SAMPLE_NUMBERS) && refused, "what no customer can be is refused");
		good.t_x = 3.5;
		ok(sample_entry_valid(&good, SAMPLE_NUMBERS) && !sample_entry_valid(&good, SAMPLE_DAYS), "days are whole");
	}

	{
		clv_sample *heavy = make(2);
		sample_entry entry = {2, 3, 10, 0, SAMPLE_MOST_WEIGHT};
		int64_t		scratch[2 * SAMPLE_ORDER_WORDS];

		clv_sample_add(heavy, &entry);
		clv_sample_add(heavy, &entry);
		ok(clv_sample_order(heavy, scratch, NULL) == LOYALTY_COUNT_OVERFLOW, "equal histories beyond the largest weight are refused");
		free(heavy);
	}
	return done();
}
