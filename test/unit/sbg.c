/*
 * sbg.c
 *		The shifted-beta-geometric model: against values computed elsewhere with
 *		60 digits (Gauss's continued fraction), against itself, and against the
 *		reference tables.
 */
#include "sbg.h"

#include "histories.h"
#include "tap.h"

#define MODEL	(&sbg)

/* ---------- tough points ---------- */

static const struct
{
	double		parameters[2];
	double		tenure;
	double		log_survival;
	double		log_left;		/* left at the end of that period */
	double		discount;
	double		newcomer;		/* expected residual tenure, of a new customer */
	double		residual;		/* and of one in that period */
}			known[] = {
	{{0.01, 0.01}, 1, -6.9314718055994531e-1, -6.9314718055994531e-1, 0.001, 4.6754313907126163e+2, 4.6700991555967906e+2},
	{{1e-08, 1e-08}, 3, -6.9314719555994512e-1, -1.9806975125072256e+1, 1e-06, 5.0000068092252587e+5, 1.0000003718446508e+6},
	{{1e+06, 1e-06}, 50, -5.6002651501046657e+2, -5.5010282477102108e+2, 0.1, 1.0000000000009048, 4.8999816852146859e-5},
	{{1e+09, 2e+10}, 120, -5.8548196833318404, -8.8505519628358314, 0.0001, 2.0958085943767461e+1, 1.9960081970681041e+1},
	{{1e-08, 1e+06}, 100000, -9.5310225258884325e-10, -3.2331500573582744e+1, 1e-06, 1.0000004940366078e+6, 1.000000494412597e+6},
	{{2, 0.5}, 100000, -2.3313553002267239e+1, -3.4133326286665022e+1, 0, 1.5, 9.99995e+4},
	{{1.5, 3}, 1, -4.0546510810816438e-1, -1.0986122886681097, 0, 7.0, 6.0},
	{{3.04592, 39.5134}, 71690, -2.2779468418985027e+1, -3.2846309052774651e+1, 3.16408e-06, 2.0310841403370734e+1, 2.9781611954659961e+4},
	{{4.60263, 39.4191}, 1289, -1.599257984720127e+1, -2.1656943777595823e+1, 0.000933519, 1.1776766251376728e+1, 2.5932122761567399e+2},
	{{0.0652006, 41176.9}, 4787, -7.170766451293485e-3, -1.3473047202407641e+1, 0.114925, 9.2107821995161524, 9.2107816005604379},
	{{0.874463, 23.1972}, 3204, -4.3181065890195481, -1.2531311269478677e+1, 6.28576e-06, 3.4237024210086961e+2, 1.4113366574701891e+4},
	{{111204, 0.0157848}, 7, -7.8865009360247104e+1, -6.9040274543603548e+1, 0.0308, 1.0000001376404835, 5.4097221193896776e-5},
	{{4.81778, 39.8684}, 40150, -3.3096199994833535e+1, -4.2125232084572934e+1, 0.474894, 2.2555926966964656, 2.644321139113056},
	{{6.2026e-06, 0.000774087}, 57940, -8.052459639344784e-3, -2.2965740483919617e+1, 0.000231453, 4.2864687661832238e+3, 4.3210297493445773e+3},
	{{21.5482, 0.619469}, 140, -6.2553551221836114e+1, -6.4422179578812002e+1, 0.47544, 1.0181815180017381, 1.88162567909999},
	{{52420.4, 6.73145e-05}, 4260, -1.5134129115284403e+4, -1.5131618853862607e+4, 3.33767e-05, 1.0000000012841096, 8.1248326287870868e-2},
	{{0.247749, 37.6105}, 1, -6.5656286414819089e-3, -5.0291880374790988, 4.31088e-06, 3.2508476561629224e+4, 3.2507616697761839e+4},
	{{1.21707, 1.37463e-08}, 3, -1.9570452803140468e+1, -2.0067153659734213e+1, 0.000143206, 1.0000000532975777, 7.2486931849649104},
	{{0.0944453, 16.4628}, 2903, -4.9164670810637997e-1, -1.0830193474446716e+1, 0.283018, 3.9964208373236888, 4.056365586889841},
	{{6919.6, 0.000523069}, 5, -4.8588665260979403e+1, -4.113297713732718e+1, 0.000870739, 1.0000000755374896, 5.7822688868347006e-4},
};

#define COUNT(table)	((int) (sizeof(table) / sizeof((table)[0])))

static void
test_known(void)
{
	closeness	stayed = {0};
	closeness	left = {0};
	closeness	newcomer = {0};
	closeness	residual = {0};

	for (int i = 0; i < COUNT(known); i++)
	{
		double		n = known[i].tenure;
		lifetime_history still = {n, n, n};
		lifetime_history gone = {n - 1, n - 1, n};

		close_log(&stayed, MODEL->log_likelihood(known[i].parameters, &still), known[i].log_survival);
		close_log(&left, MODEL->log_likelihood(known[i].parameters, &gone), known[i].log_left);
		close_to(&newcomer, sbg_residual_tenure(known[i].parameters, 0, known[i].discount), known[i].newcomer);
		close_to(&residual, sbg_residual_tenure(known[i].parameters, n, known[i].discount), known[i].residual);
	}
	close_ok(&stayed, 1e-13, "log-likelihood of customers still there, at tough points");
	close_ok(&left, 1e-13, "and of those who left");
	close_ok(&newcomer, 1e-12, "expected tenure of a new customer");
	close_ok(&residual, 1e-12, "and of one of long standing");
	ok(sbg_residual_tenure((double[]) {1, 3}, 4, 0) == INFINITY, "without discount it is infinite where alpha <= 1");
}

/* ---------- against itself ---------- */

static double
random_log(double low, double high)
{
	return low * pow(high / low, (double) (tap_random() >> 11) / 0x1p53);
}

static void
test_consistent(void)
{
	closeness	whole = {0};
	closeness	mean = {0};
	closeness	second = {0};
	closeness	discounted = {0};
	closeness	curve = {0};

	for (int round = 0; round < 50; round++)
	{
		double		parameters[] = {random_log(1e-2, 1e2), random_log(1e-2, 1e2)};
		double		updated[2];
		double		n = (double) tap_between(0, 30);
		lifetime_history history = {n, n, n};
		lifetime_future future;
		int			horizon = (int) tap_between(1, 60);
		double		discount = random_log(1e-4, 1) * (round % 2 ? 1 : -0.1);
		double		sum = 0;
		double		first = 0;
		double		square = 0;
		double		worth = 0;
		double		stays = 1;

		MODEL->posterior(parameters, &history, updated);
		for (int k = 0; k <= horizon; k++)
		{
			double		chance = MODEL->pmf(updated, horizon, k);

			sum += chance;
			first += k * chance;
			square += (double) k * k * chance;
		}
		MODEL->future(updated, horizon, 0, true, &future);
		close_to(&whole, sum, 1);
		close_to(&mean, future.mean, first);
		close_to(&second, future.second, square);

		for (int k = 1; k <= horizon; k++)
			worth += exp(-discount * k) * MODEL->survival(updated, k);
		MODEL->future(updated, horizon, discount, false, &future);
		close_to(&discounted, future.mean, worth);

		for (int k = 1; k <= 40; k++)
		{
			stays *= sbg_retention_rate(parameters, k);
			close_to(&curve, sbg_survival(parameters, k), stays);
		}
	}
	close_ok(&whole, 1e-12, "the chances of all numbers of renewals sum to 1");
	close_ok(&mean, 1e-12, "their mean is the expected number");
	close_ok(&second, 1e-12, "their second moment that of the future");
	close_ok(&discounted, 1e-12, "a renewal is worth its discount times the chance to live to see it");
	close_ok(&curve, 1e-12, "survival is the product of the retention rates");

	{
		lifetime_history gone = {2, 2, 3};
		lifetime_history still = {3, 3, 3};

		ok(MODEL->standing((double[]) {1, 1}, &gone).alive == 0 && MODEL->standing((double[]) {1, 1}, &still).alive == 1,
		   "in a contract one knows who is there");
		ok(MODEL->pmf((double[]) {1, 1}, 5, 6) == 0, "nobody renews more often than there are periods");
	}
}

/* ---------- sets ---------- */

static weighted_history *
random_members(int64_t longest, int count)
{
	weighted_history *members = malloc(sizeof(weighted_history) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		double		n = (double) tap_between(1, longest);
		double		x = n - (double) tap_between(0, 1);

		members[i] = (weighted_history) {{x, x, n}, (double) tap_between(1, 9)};
	}
	return members;
}

static void
test_sets(void)
{
	static const double ridges[][2] = {{1e9, 2e10}, {1e-8, 3e-8}, {1e-8, 10}, {0.5, 1e9}};
	static const int64_t longest[] = {7, 300, 1000000};
	closeness	value = {0};
	closeness	gradient = {0};
	closeness	hessian = {0};
	bool		started = true;

	for (int round = 0; round < 60; round++)
	{
		histories	made = make_histories(random_members(longest[round % 3], 40), 40);
		double		parameters[] = {random_log(1e-3, 1e3), random_log(1e-3, 1e3)};

		check_set(MODEL, round < 4 ? ridges[round] : parameters, &made, &value, &gradient, &hessian);
		MODEL->start(&made.set, parameters);
		started = started && parameters[0] > 0 && parameters[1] > 0;
		free_histories(&made);
	}
	close_ok(&value, 1e-13, "the log-likelihood of a set is the sum of its members'");
	close_ok(&gradient, 1e-9, "its gradient is what it rises by");
	close_ok(&hessian, 1e-8, "its Hessian what the gradient does");
	ok(started, "a start is a start");

	{
		histories	made = make_histories(random_members(40, 100000), 100000);
		closeness	large = {0};
		double		g[4],
					h[16];
		const double parameters[] = {0.7, 2};
		long double sum = 0;

		for (size_t i = 0; i < made.count; i++)
			sum += (long double) made.members[i].weight * MODEL->log_likelihood(parameters, &made.members[i].history);
		close_to(&large, set_value(MODEL, parameters, &made.set, g, h), (double) sum);
		close_ok(&large, 1e-13, "a hundred thousand rows lose nothing");
		free_histories(&made);
	}
}

static void
test_limits(void)
{
	static const int never[] = {-1, 0};
	static const int never_too[] = {0, 1};
	static const int alike[] = {1, 1};
	static const int apart[] = {-1, -1};
	static const int at_once[] = {0, -1};
	static const int nothing[] = {0, 0};

	ok(strcmp(MODEL->limit(never), "no customer ever leaves") == 0 &&
	   strcmp(MODEL->limit(never_too), "no customer ever leaves") == 0, "alpha to 0 or beta without bound");
	ok(strcmp(MODEL->limit(alike), "all customers leave at the same rate") == 0, "both without bound");
	ok(strcmp(MODEL->limit(apart), "a customer leaves at the first renewal or never") == 0, "both to 0");
	ok(strcmp(MODEL->limit(at_once), "every customer leaves at the first renewal") == 0, "beta to 0");
	ok(MODEL->limit(nothing) == NULL, "no direction, no words");
}

/* ---------- the reference tables ---------- */

static void
test_fit(const char *name, const char *fit, const double *survivors)
{
	weighted_history *members = malloc(sizeof(weighted_history) * 8);
	histories	made;

	if (isnan(reference_field(fit, NULL, "ll")))
	{
		ok(true, "%s # SKIP not there (LOYALTY_SHARED)", name);
		free(members);
		return;
	}
	for (int t = 0; t < 7; t++)
		members[t] = (weighted_history) {{t, t, t + 1}, survivors[t] - survivors[t + 1]};
	members[7] = (weighted_history) {{7, 7, 7}, survivors[7]};
	made = make_histories(members, 8);
	check_fit(MODEL, &made.set, fit);
	free_histories(&made);
}

static void
test_reference(void)
{
	/* Fader & Hardie 2007, table 1 */
	static const double high_end[] = {1000, 869, 743, 653, 593, 551, 517, 491};
	static const double regular[] = {1000, 631, 468, 382, 326, 289, 262, 241};
	reference	table;

	if (reference_open(&table, "reference/oracle_sbg.csv"))
	{
		closeness	left = {0};
		closeness	curve = {0};
		closeness	rate = {0};
		closeness	residual = {0};

		while (reference_next(&table))
		{
			double		parameters[] = {reference_value(&table, "alpha"), reference_value(&table, "beta")};
			double		t = reference_value(&table, "t");
			lifetime_history gone = {t - 1, t - 1, t};

			close_to(&left, exp(MODEL->log_likelihood(parameters, &gone)), reference_value(&table, "p_t"));
			close_to(&curve, sbg_survival(parameters, t), reference_value(&table, "S_t"));
			close_to(&rate, sbg_retention_rate(parameters, t), reference_value(&table, "r_t"));
			close_to(&residual, sbg_residual_tenure(parameters, 0, log1p(0.1)), reference_value(&table, "DEL_d0.1"));
			close_to(&residual, sbg_residual_tenure(parameters, t, log1p(0.1)), reference_value(&table, "DERL_n=t_d0.1"));
			close_to(&residual, sbg_residual_tenure(parameters, t, log1p(0.001)), reference_value(&table, "DERL_n=t_d0.001"));
		}
		close_ok(&left, 1e-12, "reference: P(T = t)");
		close_ok(&curve, 1e-12, "reference: S(t)");
		close_ok(&rate, 1e-12, "reference: r(t)");
		close_ok(&residual, 1e-12, "reference: discounted residual tenure");
	}
	test_fit("high end", "reference/mle_sbg_high_end.json", high_end);
	test_fit("regular", "reference/mle_sbg_regular.json", regular);
}

int
main(void)
{
	tap_seed();
	test_known();
	test_consistent();
	test_sets();
	test_limits();
	test_reference();
	return done();
}
