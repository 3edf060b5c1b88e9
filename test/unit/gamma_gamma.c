/*
 * gamma_gamma.c
 *		Spend per purchase: against values computed elsewhere with 60 digits
 *		from the textbook form, against differences, and against the reference
 *		tables.
 */
#include "gamma_gamma.h"

#include "reference.h"
#include "tap.h"

/* ---------- tough points ---------- */

/* expectation 0: there is none */
static const struct
{
	double		parameters[3];
	double		x;
	double		mean;
	double		log_likelihood;
	double		expected;
	double		mean_square;
	double		variance;
}			known[] = {
	{{6.25, 3.74, 15.44}, 1, 35, -4.1821180260330145, 3.5066740823136818e+1, 1.3835782283471691e+3, 2.2137251653554706e+2},
	{{1e+09, 3, 3e-08}, 4, 12, -2.9291816350692305, 1.20000000015e+1, 1.44000000072e+2, 1.44000000072e-7},
	{{3, 1e+09, 2e+09}, 4, 6.0001, -1.4752041918403645, 6.0000000060011999, 3.6000000108014399e+1, 1.20000000360048e+1},
	{{1e+09, 1e+09, 20}, 2, 20.001, 5.4108925195751482, 2.0000666673333556e+1, 4.0002666751113781e+2, 4.0002666751113781e-7},
	{{1e+08, 1e+08, 20}, 2000, 19.999, 5.1705237693229094, 1.9999000499850069e+1, 3.999600209950021e+2, 3.999600209950021e-6},
	{{200, 50, 1000}, 1, 1e-06, -4.0048132999805296e+3, 8.0321285220883534e+2, 6.477523008161679e+5, 3.2387615040808395e+3},
	{{0.001, 8, 5}, 100, 0.01, 9.1693603534606909e-1, 8.4507042253521129e-4, 8.3121680905102752e-7, 8.312168090510275e-4},
	{{0.5, 0.001, 0.001}, 5000, 1e+06, -2.0744106056678928e+1, 1.0003997597441938e+6, 1.001200319519882e+12, 2.0024006390397639e+12},
	{{1e-06, 1e-06, 1e-06}, 3, 7, -1.604911963949962e+1, 0, INFINITY, INFINITY},
	{{0.00155677, 1557.26, 601.048}, 702, 1.05278, -1.2412708232720814e+3, 1.3395980163510287e-3, 1.7956758762570796e-6, 1.1534625386261808e-3},
	{{467.976, 53.8405, 0.869305}, 3730, 0.00113068, -3.2660777356856775e+5, 1.3636963595626937e-3, 1.8596688264290033e-6, 3.9738551259658685e-9},
	{{0.395163, 5.93154, 7.98791}, 2, 0.000255941, 1.8710326268562191, 5.5169568042256949e-1, 3.6882741251814399e-1, 9.3335512818291186e-1},
	{{1657.46, 0.210774, 0.00584141}, 28, 0.173236, -5.4722582809493474e+1, 1.7344757142235717e-1, 3.0084708296609743e-2, 1.8151091608008484e-5},
	{{173.16, 779.307, 199.463}, 57, 0.0012529, -7.5525049146894229e+4, 3.2447402187523095, 1.0529327902522968e+1, 6.0806929443999584e-2},
	{{0.00116524, 0.00144764, 0.053249}, 821, 32004.1, -1.6940523712434382e+1, 0, INFINITY, INFINITY},
	{{0.0018333, 214.872, 58874.1}, 679, 0.0126038, 1.2530309620760331e-1, 5.0181841448758819e-1, 2.5299781616852292e-1, 1.3800131793406585e+2},
	{{739.5, 0.0165109, 0.0015678}, 1, 987.203, -1.1101886472021206e+1, 9.8851923702888195e+2, 9.784952289672258e+5, 1.3231848938028746e+3},
	{{160.686, 0.0185036, 0.0205308}, 61, 0.00897958, -3.598305790050921e+2, 9.3170834470712753e-3, 8.6816902045832259e-5, 5.4028914806412665e-7},
	{{810.702, 1.19899, 4202.09}, 1120, 401.842, -8.4333132615320608e+3, 4.0559377718340122e+2, 1.6450649326715646e+5, 2.0291857336870572e+2},
	{{0.0213272, 0.00134007, 0.0681074}, 118, 4.01729, -8.0161339799227319, 6.6612242289464576, 1.3004028644795413e+2, 6.0973914272831933e+3},
	{{4.7973, 13.1294, 9313.68}, 3, 6996.6, -1.0545462226554069e+1, 5.4814388662697531e+3, 3.1223469911322933e+7, 6.5085506245852737e+6},
	{{0.0771553, 0.00830623, 4205.04}, 1430, 11.2899, -3.2723450933550942e+1, 1.4359554871801506e+1, 2.0810004745220665e+2, 2.6971581660910743e+3},
};

#define COUNT(table)	((int) (sizeof(table) / sizeof((table)[0])))

static void
test_known(void)
{
	closeness	likelihood = {0};
	closeness	expected = {0};
	closeness	square = {0};
	closeness	variance = {0};

	for (int i = 0; i < COUNT(known); i++)
	{
		spend_expectation spend = {0, INFINITY, INFINITY};

		close_log(&likelihood, gamma_gamma_log_likelihood(known[i].parameters, known[i].x, known[i].mean),
				  known[i].log_likelihood);
		gamma_gamma_expect(known[i].parameters, known[i].x, known[i].mean, &spend);
		close_to(&expected, spend.mean, known[i].expected);
		close_to(&square, spend.mean_square, known[i].mean_square);
		close_to(&variance, spend.variance, known[i].variance);
	}
	close_ok(&likelihood, 1e-12, "log-likelihood at tough points and along the ridges");
	close_ok(&expected, 1e-14, "expected spend per purchase");
	close_ok(&square, 1e-14, "its square across what the customer may be like");
	close_ok(&variance, 1e-14, "the variance about the customer's own mean");
}

static void
test_expectation(void)
{
	spend_expectation spend;

	ok(gamma_gamma_expect((double[]) {6, 4, 15}, 0, NAN, &spend) && spend.mean == 30,
	   "without purchases it is the population's p gamma / (q - 1), whatever the mean");
	ok(!gamma_gamma_expect((double[]) {6, 1, 15}, 0, 0, &spend), "which needs q > 1");
	ok(!gamma_gamma_expect((double[]) {0.1, 0.5, 15}, 5, 10, &spend), "or p x + q > 1");
	ok(gamma_gamma_expect((double[]) {6, 1, 15}, 1, 0, &spend) && spend.mean == 15, "a purchase is enough; a mean of 0 is one");
	ok(gamma_gamma_expect((double[]) {6, 2, 15}, 0, 0, &spend) && spend.mean == 90 &&
	   spend.mean_square == INFINITY && spend.variance == INFINITY, "a mean may exist without a variance");
}

/* ---------- sets ---------- */

typedef struct spends
{
	spend_set	set;
	spend_row  *rows;
	spend_group *groups;
} spends;

/* groups of 1, 2, ... purchases with so many rows each */
static spends
random_spends(int groups, int each)
{
	size_t		count = (size_t) groups * (size_t) each;
	spends		made = {.rows = malloc(sizeof(spend_row) * count), .groups = malloc(sizeof(spend_group) * (size_t) groups)};

	for (int g = 0; g < groups; g++)
	{
		size_t		from = (size_t) g * (size_t) each;

		made.groups[g] = (spend_group) {.x = g * g + 1, .from = from, .to = from + (size_t) each};
		for (size_t r = from; r < from + (size_t) each; r++)
		{
			made.rows[r] = (spend_row) {(double) tap_between(1, 20000) / 100, (double) tap_between(1, 5)};
			made.groups[g].weight += made.rows[r].weight;
			made.set.total += made.rows[r].weight * made.groups[g].x * made.rows[r].mean;
			made.set.log_means += made.rows[r].weight * log(made.rows[r].mean);
		}
		made.set.customers += made.groups[g].weight;
		made.set.purchases += made.groups[g].weight * made.groups[g].x;
	}
	made.set.groups = made.groups;
	made.set.group_count = (size_t) groups;
	made.set.rows = made.rows;
	made.set.row_count = count;
	return made;
}

static void
free_spends(spends *made)
{
	free(made->rows);
	free(made->groups);
}

static long double
sum_of(const double *parameters, const spends *of)
{
	long double sum = 0;

	for (size_t g = 0; g < of->set.group_count; g++)
		for (size_t r = of->groups[g].from; r < of->groups[g].to; r++)
			sum += (long double) of->rows[r].weight *
				gamma_gamma_log_likelihood(parameters, of->groups[g].x, of->rows[r].mean);
	return sum;
}

static double
random_log(double low, double high)
{
	return low * pow(high / low, (double) (tap_random() >> 11) / 0x1p53);
}

static void
test_sets(void)
{
	static const double ridges[][3] = {{1e9, 3, 3e-8}, {3, 1e9, 1e10}, {1e8, 1e8, 50}, {1e-8, 1e-8, 1e-8}};
	const double step = 1e-5;
	closeness	value = {0};
	closeness	gradient = {0};
	closeness	hessian = {0};
	bool		started = true;

	for (int round = 0; round < 40; round++)
	{
		spends		made = random_spends(1 + round % 6, 10);
		double		parameters[] = {random_log(1e-2, 1e3), random_log(1e-2, 1e3), random_log(1e-2, 1e3)};
		double		first[3],
					second[9],
					got;

		if (round < 4)
			memcpy(parameters, ridges[round], sizeof(parameters));
		got = gamma_gamma_set_log_likelihood(parameters, &made.set, first, second, NULL);
		close_log(&value, got, (double) sum_of(parameters, &made));
		for (int i = 0; i < 3; i++)
		{
			double		moved[3],
						up[3],
						down[3],
						unused[9],
						above,
						below;

			memcpy(moved, parameters, sizeof(moved));
			moved[i] = parameters[i] * exp(step);
			above = gamma_gamma_set_log_likelihood(moved, &made.set, up, unused, NULL);
			moved[i] = parameters[i] * exp(-step);
			below = gamma_gamma_set_log_likelihood(moved, &made.set, down, unused, NULL);
			close_note(&gradient, fabs((above - below) / (2 * step) - first[i]) / (1 + fabs(got)), first[i], (above - below) / (2 * step));
			for (int j = 0; j < 3; j++)
				close_note(&hessian, fabs((up[j] - down[j]) / (2 * step) - second[3 * i + j]) /
						   (1 + fabs(got) + fabs(second[4 * i]) + fabs(second[4 * j])),
						   second[3 * i + j], (up[j] - down[j]) / (2 * step));
		}
		gamma_gamma_start(&made.set, parameters);
		for (int i = 0; i < 3; i++)
			started = started && parameters[i] > 0 && isfinite(parameters[i]);
		free_spends(&made);
	}
	close_ok(&value, 1e-13, "the log-likelihood of a set is the sum of its members'");
	close_ok(&gradient, 1e-9, "its gradient is what it rises by");
	close_ok(&hessian, 1e-8, "its Hessian what the gradient does");
	ok(started, "a start is a start, with one x as with many");

	{
		spends		made = random_spends(10, 10000);
		const double parameters[] = {6, 4, 15};
		closeness	large = {0};
		double		g[3],
					h[9];

		close_to(&large, gamma_gamma_set_log_likelihood(parameters, &made.set, g, h, NULL), (double) sum_of(parameters, &made));
		close_ok(&large, 1e-13, "a hundred thousand rows lose nothing");
		free_spends(&made);
	}

	/* everybody spends the same */
	{
		spends		made = random_spends(3, 5);
		double		parameters[3];

		for (size_t r = 0; r < made.set.row_count; r++)
			made.rows[r].mean = 10;
		gamma_gamma_start(&made.set, parameters);
		started = true;
		for (int i = 0; i < 3; i++)
			started = started && parameters[i] > 0 && isfinite(parameters[i]);
		ok(started, "even where everybody spends the same");
		free_spends(&made);
	}
}

static void
test_limits(void)
{
	static const int steady[] = {1, 0, -1};
	static const int alike[] = {0, 1, 1};
	static const int both[] = {1, 1, 0};
	static const int nothing[] = {0, 0, 0};

	ok(strcmp(gamma_gamma_limit(steady), "a customer spends the same at every purchase") == 0, "p without bound");
	ok(strcmp(gamma_gamma_limit(alike), "all customers spend alike") == 0, "q without bound");
	ok(strcmp(gamma_gamma_limit(both), "every purchase is of the same amount") == 0, "both");
	ok(gamma_gamma_limit(nothing) == NULL, "no direction, no words");
}

/* ---------- the reference tables ---------- */

static int
compare_rows(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return (x[1] > y[1]) - (x[1] < y[1]);
}

static void
test_reference(void)
{
	static const char fit[] = "reference/mle_cdnow_sample_gg.json";
	reference	table;

	if (reference_open(&table, "reference/oracle_gg.csv"))
	{
		closeness	likelihood = {0};
		closeness	expected = {0};

		while (reference_next(&table))
		{
			double		parameters[] = {reference_value(&table, "p"), reference_value(&table, "q"), reference_value(&table, "gamma")};
			double		x = reference_value(&table, "x");
			double		m = reference_value(&table, "m");
			spend_expectation spend;

			close_log(&likelihood, gamma_gamma_log_likelihood(parameters, x, m), reference_value(&table, "ll"));
			gamma_gamma_expect(parameters, x, m, &spend);
			close_to(&expected, spend.mean, reference_value(&table, "expected_spend"));
		}
		close_ok(&likelihood, 1e-13, "reference: log-likelihood");
		close_ok(&expected, 1e-14, "reference: expected spend");
	}

	if (reference_open(&table, "reference/cdnow_sample_summary.csv"))
	{
		double	  (*pairs)[2] = malloc(sizeof(double[2]) * 5000);
		spends		made = {.rows = malloc(sizeof(spend_row) * 5000), .groups = malloc(sizeof(spend_group) * 5000)};
		size_t		count = 0;
		double		parameters[3],
					gradient[3],
					hessian[9];
		double		steepest;

		while (count < 5000 && reference_next(&table))
		{
			pairs[count][0] = reference_value(&table, "x");
			pairs[count][1] = reference_value(&table, "mean_repeat_spend");
			if (pairs[count][0] > 0 && pairs[count][1] > 0)
				count++;
		}
		qsort(pairs, count, sizeof(pairs[0]), compare_rows);
		for (size_t i = 0; i < count; i++)
		{
			if (i == 0 || pairs[i][0] != pairs[i - 1][0])
				made.groups[made.set.group_count++] = (spend_group) {.x = pairs[i][0], .from = i};
			made.groups[made.set.group_count - 1].to = i + 1;
			made.groups[made.set.group_count - 1].weight += 1;
			made.rows[i] = (spend_row) {pairs[i][1], 1};
			made.set.log_means += log(pairs[i][1]);
		}
		made.set.groups = made.groups;
		made.set.rows = made.rows;
		made.set.row_count = count;
		for (int i = 0; i < 3; i++)
			parameters[i] = reference_field(fit, "params", gamma_gamma_parameter_names[i]);
		near(gamma_gamma_set_log_likelihood(parameters, &made.set, gradient, hessian, NULL),
			 reference_field(fit, NULL, "ll"), 1e-13, fit);
		steepest = fmax(fabs(gradient[0]), fmax(fabs(gradient[1]), fabs(gradient[2])));
		ok(steepest < 1e-9, "there is no slope");

		/* the standard error of ln p, by Cramer's rule */
		{
			double		minor = hessian[4] * hessian[8] - hessian[5] * hessian[5];
			double		whole = hessian[0] * minor
				- hessian[1] * (hessian[1] * hessian[8] - hessian[5] * hessian[2])
				+ hessian[2] * (hessian[1] * hessian[5] - hessian[4] * hessian[2]);

			near(sqrt(-minor / whole), reference_field(fit, "se_log", "p"), 1e-9, "and the standard error of ln p is the reference's");
		}
		free(pairs);
		free_spends(&made);
	}
}

int
main(void)
{
	tap_seed();
	test_known();
	test_expectation();
	test_sets();
	test_limits();
	test_reference();
	return done();
}
