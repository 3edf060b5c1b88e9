/*
 * pareto_segment.c
 *		Kernel tests: classes by cumulative share, the top ones, buckets.
 */
#include "tap.h"

#include "pareto_segment.h"

#define MOST	500

static const double usual[] = {0.8, 0.95};

/* the class by the definition, with sums taken plainly */
static int
defined_class(const double *values, int n, double value, const double *cuts, int ncuts)
{
	double		above = 0;
	double		total = 0;
	int			class = 0;

	for (int i = 0; i < n; i++)
	{
		total += values[i];
		if (values[i] > value)
			above += values[i];
	}
	while (class < ncuts && !(above < (cuts[class] - PARETO_SLACK) * total))
		class++;
	return class;
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static void
test_classes(void)
{
	bool		same = true;
	bool		falling = true;

	for (int round = 0; round < 300; round++)
	{
		double		values[MOST];
		double		cuts[PARETO_MOST_CUTS];
		int			n = (int) tap_between(1, MOST);
		int			ncuts = (int) tap_between(1, PARETO_MOST_CUTS);
		int			spread = (int) tap_between(1, 1000);
		int			before = 0;
		pareto_scan scan;

		for (int i = 0; i < n; i++)
			values[i] = (double) tap_between(1, spread) / 3;
		for (int k = 0; k < ncuts; k++)
			cuts[k] = (k + 0.7) / ncuts;
		qsort(values, (size_t) n, sizeof(double), compare_doubles);
		pareto_begin(&scan, cuts, ncuts, values, (size_t) n);
		for (int left = n; left > 0;)
		{
			double		value = values[left - 1];
			int			peers = 1;
			int			class;

			while (peers < left && values[left - 1 - peers] == value)
				peers++;
			class = pareto_next(&scan, value, (size_t) peers);
			same = same && class == defined_class(values, n, value, cuts, ncuts);
			falling = falling && class >= before;
			before = class;
			left -= peers;
		}
	}
	ok(same, "classes are those of the definition");
	ok(falling, "a lower value is never in a higher class");
}

static void
test_edges(void)
{
	const double one[] = {1e-320};
	const double huge[] = {1.7e308, 1.7e308, 1.7e308, 1.7e308};
	const double tiny_cut[] = {1e-13};
	const double wrong[][2] = {{0.5, 0.5}, {0, 0.5}, {0.5, 1.1}, {NAN, 0.5}, {0.5, NAN}, {-0.1, 0.5}};
	bool		refused = true;
	pareto_scan scan;

	pareto_begin(&scan, usual, 2, one, 1);
	ok(pareto_next(&scan, one[0], 1) == 0, "the smallest doubles have classes");
	pareto_begin(&scan, usual, 2, huge, 4);
	ok(pareto_next(&scan, huge[0], 3) == 0 && isfinite(scan.total), "the largest do not overflow");
	ok(pareto_next(&scan, huge[0] / 2, 1) == 0, "three quarters of them are below 0.8");
	pareto_begin(&scan, tiny_cut, 1, huge, 4);
	ok(pareto_next(&scan, huge[0], 4) == 0, "the first class is never empty");
	pareto_begin(&scan, usual, 2, NULL, 0);
	ok(scan.total == 0, "nobody has nothing");

	for (int i = 0; i < 6; i++)
		refused = refused && !pareto_cuts_are_valid(wrong[i], 2);
	ok(refused && !pareto_cuts_are_valid(usual, 0), "cuts that do not ascend within (0, 1] are refused");
	ok(pareto_cuts_are_valid(usual, 2), "the usual ones are not");
}

static void
test_ranks(void)
{
	bool		whole = true;
	bool		score = true;

	ok(0.07 * 100 > 7 && is_within_top(0.07, 100, 6) && !is_within_top(0.07, 100, 7), "seven hundredths of 100 are 7");
	for (int n = 1; n <= 1000; n++)
		for (int k = 0; k <= 100; k++)
		{
			double		fraction = (double) k / 100;
			int			count = 0;

			if (n % 37 != 0 && n > 120)
				break;
			while (count < n && is_within_top(fraction, n, count))
				count++;
			whole = whole && count == (k * n + 99) / 100;
		}
	ok(whole, "every percentage of every number is that, rounded up");
	ok(!is_within_top(0, 10, 0) && is_within_top(1, 10, 9), "nothing of them is nobody, all is everybody");

	for (int rows = 1; rows < 60; rows++)
		for (int before = 0; before < rows; before++)
			score = score && quantile_bucket(5, before, rows) == 1 + 5 * before / rows;
	ok(score, "buckets are whole numbers throughout");
	ok(quantile_bucket(INT32_MAX, INT64_MAX - 1, INT64_MAX) == INT32_MAX, "and do not overflow");
}

int
main(void)
{
	tap_seed();
	test_classes();
	test_edges();
	test_ranks();
	return done();
}
