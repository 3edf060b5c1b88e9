/*
 * bg_bb.c
 *		The BG/BB model: against values computed elsewhere with 60 digits
 *		(histories and PMF by summing their definitions, futures by Gauss's
 *		continued fraction), against itself, and against the reference tables.
 */
#include "bg_bb.h"

#include "histories.h"
#include "tap.h"

#define MODEL	(&bg_bb)

/* ---------- tough points ---------- */

static const struct
{
	double		parameters[4];
	lifetime_history history;
	double		log_likelihood;
	double		p_alive;
}			histories_known[] = {
	{{1.2, 0.75, 0.66, 2.8}, {0, 0, 0}, 0, 8.0924855491329478e-1},
	{{1e-08, 1e-08, 1e-08, 1e-08}, {3, 7, 9}, -2.4930939122177896e+1, 9.9999999288888893e-1},
	{{1e+06, 2e+06, 500000, 1e+07}, {40, 120, 150}, -8.4273389859556474e+1, 8.8113319463586151e-6},
	{{1e+09, 3e+09, 1e+09, 5e+10}, {300, 1200, 1500}, -7.0116801587294305e+2, 1.1483196260042084e-39},
	{{0.5, 20, 0.001, 0.002}, {5000, 99000, 100000}, -1.9820732292503807e+4, 2.0406525138393958e-16},
	{{2, 3, 0.4, 50}, {0, 0, 100000}, -3.6148011341251577, 2.1256707470658109e-9},
	{{0.8, 1e-06, 1e-06, 30}, {4999, 5000, 5003}, -4.4455140613406108e+1, 1.9428370430867845e-1},
	{{452572, 0.117207, 5.89262, 22.6886}, {2, 2, 2}, -4.5303356180204527e-1, 8.0731246170035075e-1},
	{{1.52668, 38.8159, 0.13621, 0.647587}, {5, 36, 36}, -1.7186311800197049e+1, 9.9629701088226428e-1},
	{{0.00051557, 13469.4, 0.00299579, 0.182973}, {29, 29, 29}, -2.1547290886903558e+2, 9.9989735512905001e-1},
	{{0.132559, 14.7103, 0.246122, 0.124757}, {3, 75, 75}, -1.7012650894146323e+1, 9.9673452129966535e-1},
	{{23.4615, 2.6336e-07, 392.735, 0.025707}, {6, 7, 7}, -5.7417651958671822e+1, 1.7574781305357257e-2},
	{{0.0835085, 6.84014, 44.8991, 821.969}, {21, 2833, 2833}, -1.9334760719731021e+2, 9.8786467550018878e-1},
	{{0.000324776, 7.47678e-07, 0.0261511, 0.750267}, {28, 28, 28}, -1.1721482002331465e-1, 9.9909123158034738e-1},
	{{385.95, 0.997773, 1.47292, 0.0644756}, {0, 0, 15}, -4.2777369220926767e-2, 1.54113351831661e-30},
	{{553.161, 5.03344e-07, 3.66063e-06, 0.0687865}, {15, 15, 15}, -6.4754824779497089e-5, 9.9999975707207009e-1},
	{{0.154595, 0.0715696, 1.0291, 0.0822317}, {5, 5, 5}, -4.6993737675838093, 8.3160789652441874e-1},
	{{4.3027e-07, 4.52244, 323907, 1.2141e-07}, {1, 1, 16}, -4.4780209549649082e+1, 3.3002800078961633e-76},
	{{70.7468, 2.04063, 504.711, 695.771}, {236, 236, 236}, -1.1743832797196525e+2, 6.4864787724454603e-1},
	{{1.73573, 10883.2, 97574.8, 100575}, {3, 224, 224}, -1.768817368973189e+2, 5.0812657719920674e-1},
};

static const struct
{
	double		population[4];
	double		horizon;
	double		discount;
	double		mean;
	double		squares;
	double		second;
}			futures_known[] = {
	{{2, 3, 0.5, 4}, INFINITY, 0.1, 2.3987255930277934, 1.3477616452039505, 9.9929140779003433},
	{{2, 3, 1, 4}, 100000, 0, 1.6410948473488174e+1, 1.6410948473488174e+1, 1.5995076715457954e+5},
	{{2, 3, 1e-08, 4}, 100000, 0, 3.9999996297139973e+4, 3.9999996297139973e+4, 2.0000198048608024e+9},
	{{0.01, 3, 2.5, 0.01}, INFINITY, 0, 3.3444075304540422e-3, 3.3444075304540422e-3, 3.3781018108107362e-3},
	{{3, 4, 1.5, 6}, INFINITY, 0, 5.5714285714285714, 5.5714285714285714, INFINITY},
	{{3, 4, 0.7, 6}, INFINITY, 0, INFINITY, INFINITY, INFINITY},
	{{1e-06, 1, 1e-06, 1}, INFINITY, 1e-06, 9.999846846083271e-1, 4.9999243887597159e-1, 4.999922457318972e+5},
	{{1, 1e-06, 1e+06, 1e+09}, 10000, 0.001, 5.0012436324347847e+2, 3.3322170386489745e+2, 3.3330505572511096e+5},
	{{1e+06, 1e+06, 300, 1e-08}, 500, 0.01, 4.9502491689097476e-1, 4.900993366694433e-1, 4.9009933668572432e-1},
	{{5, 5, 0.001, 1000}, 1e+06, 1e-06, 3.142766771222678e+5, 2.1500243874839966e+5, 1.082990954398771e+11},
	{{348.457, 19.7368, 154.923, 1.32916}, 45, 0.000364286, 9.542172685815381e-1, 9.5386670538511434e-1, 9.6955583143091505e-1},
	{{2.66738e-05, 477547, 0.0221613, 8.28772e-06}, 26, 0.00187595, 5.6229336156907058e-11, 5.6112698804532422e-11, 5.6112723950682313e-11},
	{{827.165, 8.91229, 0.0154381, 6.8283}, INFINITY, 0.00248466, 3.7600628267191465e+2, 1.8964337183825887e+2, 1.4804373535101436e+5},
	{{2.37584e-08, 0.000150282, 558448, 5.39713e-08}, 2, 0.000307679, 1.5801850452386975e-4, 1.5796989302716818e-4, 1.579698930271987e-4},
	{{0.0108615, 257.59, 2.27988, 410.509}, 466500, 1.07172e-06, 1.3547017099598619e-2, 1.3530411453854172e-2, 1.3455858330985137e-1},
	{{1.05789, 14368.9, 1.18606e-08, 0.0298264}, 2, 0.000214725, 1.4718889584300385e-4, 1.4714149832063495e-4, 1.4716256865937633e-4},
	{{63.2499, 0.288742, 451.972, 2.49835}, INFINITY, 9.32805e-06, 1.0009610056834329, 1.0009516168725976, 1.0120168203092878},
	{{0.0437393, 0.688941, 812.233, 1.76569e-05}, INFINITY, 0.246577, 4.6652002550596511e-2, 3.6457195624065664e-2, 3.6457196371509212e-2},
	{{371.366, 0.49047, 0.106977, 0.016199}, 6520, 1.8776e-05, 3.375552889427553e+2, 3.1927600718989784e+2, 1.94419211896302e+6},
	{{25.5018, 0.000300032, 1154.25, 1366.31}, 64, 0.000506594, 2.182304670608013, 2.1798917160658284, 7.3438238882448662},
	{{12.9501, 0.399691, 3.37896, 34.8333}, 5, 4.57263e-06, 4.0820452403807526, 4.0819925601105713, 1.8545127153317262e+1},
	{{0.00934222, 1.3799e-05, 1.8646e-05, 0.281066}, INFINITY, 0.00236714, 4.212563116732324e+2, 2.1038163599344994e+2, 1.7774471737687033e+5},
};

static const struct
{
	double		population[4];
	double		horizon;
	double		n;
	double		pmf;
}			pmf_known[] = {
	{{2, 3, 0.5, 4}, 0, 0, 1},
	{{2, 3, 0.5, 4}, 1, 0, 6.0e-1},
	{{2, 3, 0.5, 4}, 1, 1, 4.0e-1},
	{{0.5, 40, 0.01, 2}, 10000, 0, 1.0208510908317441e-1},
	{{0.5, 40, 0.01, 2}, 10000, 3, 2.0564839677494084e-2},
	{{50, 4000, 0.3, 400}, 20000, 200, 2.0776429786461331e-3},
	{{1, 2, 1e-06, 9}, 6000, 5000, 5.558295728505287e-5},
	{{0.149279, 0.00762548, 1.09541e-05, 19.9319}, 60, 60, 9.1972280706555326e-1},
	{{16.2136, 0.0130841, 38.0914, 747.156}, 72, 0, 4.157213750048299e-5},
	{{152234, 3370.4, 3.87552e-07, 3.5934e-07}, 25, 3, 9.2555114334323102e-8},
	{{0.392319, 8.89895, 0.204781, 5.03402}, 3, 2, 1.2732963215333022e-2},
	{{9.13021, 6.96776e-06, 556.236, 1043.1}, 2, 2, 6.5220722005279171e-1},
	{{89.5688, 610.165, 3.34796, 365.565}, 8, 8, 8.8126927806750906e-8},
	{{6.95214e-07, 0.4514, 18.0068, 0.190277}, 156, 17, 4.4632876544050688e-18},
	{{342.243, 92.9072, 0.331627, 0.234277}, 376, 376, 2.254896170714173e-29},
	{{4.42249e-08, 2.74632e-05, 0.0232368, 0.0142063}, 4148, 7, 2.2305965112173626e-6},
	{{665.415, 9.58555, 2.69133, 15.4786}, 1, 1, 9.8579919675621005e-1},
	{{5.79857e-05, 0.36802, 0.000110585, 2.17583e-06}, 3, 3, 1.8765521907994156e-6},
	{{50.4187, 0.148441, 1.47564, 875.575}, 10, 8, 3.7692583483875512e-3},
	{{35638.4, 0.166366, 1.10016e-08, 5.04309e-06}, 1207, 966, 1.1375804172096726e-11},
};

#define COUNT(table)	((int) (sizeof(table) / sizeof((table)[0])))

/* Who was all but certain never to buy; the logarithms in 60 digits. */
static void
test_silent(void)
{
	static const struct
	{
		double		parameters[4];
		double		tenure;
		double		log_likelihood;
	}			silent[] = {
		{{1e-8, 3, 0.5, 2}, 6, -7.85095537216686e-9},
		{{2e-6, 700, 1e-3, 2e-6}, 50, -2.746530934624224e-10},
		{{1.5, 4e9, 0.2, 0.3}, 20, -2.959176227559201e-9},
		{{0.3, 0.2, 5e5, 1e-4}, 7, -1.2000003198639744e-10},
		{{1.2, 0.75, 0.66, 2.8}, 6, -1.166264278564426}
	};
	const lifetime_history nothing = {0, 0, 0};
	closeness	likelihood = {0};

	for (int i = 0; i < COUNT(silent); i++)
	{
		lifetime_history history = {0, 0, silent[i].tenure};

		close_to(&likelihood, MODEL->log_likelihood(silent[i].parameters, &history), silent[i].log_likelihood);
	}
	close_ok(&likelihood, 1e-14, "a log-likelihood near 0 keeps its digits");
	ok(!signbit(MODEL->log_likelihood(silent[0].parameters, &nothing)), "nothing observed is certain: 0, not -0");
}

static void
test_known(void)
{
	closeness	likelihood = {0};
	closeness	alive = {0};
	closeness	mean = {0};
	closeness	squares = {0};
	closeness	second = {0};
	closeness	chance = {0};

	for (int i = 0; i < COUNT(histories_known); i++)
	{
		close_log(&likelihood, MODEL->log_likelihood(histories_known[i].parameters, &histories_known[i].history),
				  histories_known[i].log_likelihood);
		close_to(&alive, MODEL->standing(histories_known[i].parameters, &histories_known[i].history).alive,
				 histories_known[i].p_alive);
	}
	close_ok(&likelihood, 1e-13, "log-likelihood at tough points");
	close_ok(&alive, 1e-12, "and the chance to be there for the next opportunity");

	for (int i = 0; i < COUNT(futures_known); i++)
	{
		lifetime_future future;

		MODEL->future(futures_known[i].population, futures_known[i].horizon, futures_known[i].discount, true, &future);
		close_to(&mean, future.mean, futures_known[i].mean);
		close_to(&squares, future.squares, futures_known[i].squares);
		close_to(&second, future.second, futures_known[i].second);
	}
	close_ok(&mean, 1e-12, "expected purchases, discounted or not, to a horizon or for ever");
	close_ok(&squares, 1e-12, "with squared discounts");
	close_ok(&second, 1e-12, "and the second moment");

	for (int i = 0; i < COUNT(pmf_known); i++)
		close_to(&chance, MODEL->pmf(pmf_known[i].population, pmf_known[i].horizon, pmf_known[i].n), pmf_known[i].pmf);
	close_ok(&chance, 1e-11, "the chance of n purchases");
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
	closeness	grown = {0};
	closeness	alive = {0};

	for (int round = 0; round < 50; round++)
	{
		double		parameters[4];
		double		updated[4];
		lifetime_history history = {0, 0, 0};
		lifetime_future future;
		int			horizon = (int) tap_between(1, 60);
		double		sum = 0;
		double		first = 0;
		double		square = 0;
		double		worth = 0;
		double		discount = -random_log(1e-4, 0.1);
		double		there;

		for (int i = 0; i < 4; i++)
			parameters[i] = random_log(1e-2, 1e2);
		history.tenure = (double) tap_between(1, 30);
		history.t_x = (double) tap_between(0, (int64_t) history.tenure);
		history.x = history.t_x > 0 ? (double) tap_between(1, (int64_t) history.t_x) : 0;
		MODEL->posterior(parameters, &history, updated);
		for (int n = 0; n <= horizon; n++)
		{
			double		chance = MODEL->pmf(updated, horizon, n);

			sum += chance;
			first += n * chance;
			square += (double) n * n * chance;
		}
		MODEL->future(updated, horizon, 0, true, &future);
		close_to(&whole, sum, 1);
		close_to(&mean, future.mean, first);
		close_to(&second, future.second, square);

		/* purchases that gain worth with time */
		for (int k = 1; k <= horizon; k++)
			worth += updated[0] / (updated[0] + updated[1]) * exp(-discount * k) * MODEL->survival(updated, k - 1);
		MODEL->future(updated, horizon, discount, false, &future);
		close_to(&grown, future.mean, worth);

		/* who buys at the next opportunity was there for it, and has lived on */
		there = MODEL->standing(parameters, &history).alive;
		{
			lifetime_history next = {history.x + 1, history.tenure + 1, history.tenure + 1};

			close_to(&alive, exp(MODEL->log_likelihood(parameters, &next) -
								 MODEL->log_likelihood(parameters, &history)),
					 there * updated[0] / (updated[0] + updated[1]));
		}
	}
	close_ok(&whole, 1e-12, "the chances of all n sum to 1");
	close_ok(&mean, 1e-12, "their mean is the expected number of purchases");
	close_ok(&second, 1e-12, "their second moment that of the future");
	close_ok(&grown, 1e-12, "a negative discount is a growth");
	close_ok(&alive, 1e-11, "P(alive) times E[p] is the chance of a purchase at the next opportunity");
	ok(MODEL->pmf((double[]) {1, 1, 1, 1}, 5, 6) == 0, "nobody buys more often than there are opportunities");
}

/* ---------- sets ---------- */

static weighted_history *
random_members(int longest, int count)
{
	weighted_history *members = malloc(sizeof(weighted_history) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		double		n = (double) tap_between(0, longest);
		double		t_x = tap_random() % 3 ? (double) tap_between(0, (int64_t) n) : (tap_random() % 2 ? n : 0);
		double		x = t_x > 0 ? (double) tap_between(1, (int64_t) t_x) : 0;

		if (x > 6 && tap_random() % 2)
			x = 6;
		members[i] = (weighted_history) {{x, t_x, n}, (double) tap_between(1, 9)};
	}
	return members;
}

static void
test_sets(void)
{
	static const double ridges[][4] = {
		{1e9, 3e9, 0.5, 8}, {1, 3, 1e9, 2e10}, {1e9, 3e9, 1e9, 2e10}, {1e-8, 3e-8, 1e-8, 1e-8}
	};
	static const int longest[] = {6, 52, 250};
	closeness	value = {0};
	closeness	gradient = {0};
	closeness	hessian = {0};
	bool		same = true;

	for (int round = 0; round < 30; round++)
	{
		histories	made = make_histories(random_members(longest[round % 3], 40), 40);
		double		parameters[4];

		for (int i = 0; i < 4; i++)
			parameters[i] = round < 4 ? ridges[round][i] : random_log(1e-3, 1e3);
		check_set(MODEL, parameters, &made, &value, &gradient, &hessian);

		/* a number that the caller's room begins with does not matter */
		{
			double		g[4],
						h[16];

			same = same && set_value(MODEL, parameters, &made.set, g, h) == set_value(MODEL, parameters, &made.set, g, h);
		}
		MODEL->start(&made.set, parameters);
		for (int i = 0; i < 4; i++)
			same = same && parameters[i] > 0 && isfinite(parameters[i]);
		free_histories(&made);
	}
	close_ok(&value, 1e-13, "the log-likelihood of a set is the sum of its members'");
	close_ok(&gradient, 1e-9, "its gradient is what it rises by");
	close_ok(&hessian, 1e-8, "its Hessian what the gradient does");
	ok(same, "evaluations repeat, and a start is a start");

	/* many customers, all different in weight */
	{
		histories	made = make_histories(random_members(40, 100000), 100000);
		closeness	large = {0};
		double		g[4],
					h[16];
		const double parameters[] = {0.7, 2, 0.4, 3};
		long double sum = 0;

		for (size_t i = 0; i < made.count; i++)
			sum += (long double) made.members[i].weight * MODEL->log_likelihood(parameters, &made.members[i].history);
		close_to(&large, set_value(MODEL, parameters, &made.set, g, h), (double) sum);
		close_ok(&large, 1e-13, "a hundred thousand rows lose nothing");
		free_histories(&made);
	}
}

/* customers of whom nothing is known yet */
static void
test_small_sets(void)
{
	histories	made;
	weighted_history *members = calloc(2, sizeof(weighted_history));
	double		g[4],
				h[16],
				parameters[4];

	members[0].weight = members[1].weight = 1;
	made = make_histories(members, 2);
	ok(set_value(MODEL, (double[]) {1, 1, 1, 1}, &made.set, g, h) == 0 && g[0] == 0 && h[15] == 0,
	   "customers without an opportunity yet say nothing");
	MODEL->start(&made.set, parameters);
	ok(parameters[0] > 0 && parameters[3] > 0 && isfinite(parameters[3]), "and start from somewhere");
	free_histories(&made);
}

static void
test_limits(void)
{
	static const int none_leaves[] = {0, 0, -1, 0};
	static const int none_leaves_too[] = {0, 0, 0, 1};
	static const int leave_alike[] = {0, 0, 1, 1};
	static const int buy_alike[] = {1, 1, 0, 0};
	static const int both[] = {1, 1, -1, 1};
	static const int obscure[] = {-1, -1, -1, -1};
	static const int nothing[] = {0, 0, 0, 0};

	ok(strcmp(MODEL->limit(none_leaves), "no customer ever leaves") == 0 &&
	   strcmp(MODEL->limit(none_leaves_too), "no customer ever leaves") == 0, "gamma to 0 or delta without bound");
	ok(strcmp(MODEL->limit(leave_alike), "all customers leave at the same rate") == 0, "gamma and delta without bound");
	ok(strcmp(MODEL->limit(buy_alike), "all customers buy at the same rate") == 0, "alpha and beta without bound");
	ok(strcmp(MODEL->limit(both), "all customers buy at the same rate and none ever leaves") == 0, "both at once");
	ok(MODEL->limit(obscure) == NULL && MODEL->limit(nothing) == NULL, "the rest has no words");
}

/* ---------- the reference tables ---------- */

static void
test_reference(void)
{
	reference	table;

	if (reference_open(&table, "reference/oracle_bgbb.csv"))
	{
		static const lifetime_history newcomer = {0, 0, 0};
		closeness	likelihood = {0};
		closeness	alive = {0};
		closeness	expected = {0};
		closeness	residual = {0};
		closeness	population = {0};
		closeness	chance = {0};

		while (reference_next(&table))
		{
			double		parameters[] = {reference_value(&table, "alpha"), reference_value(&table, "beta"),
			reference_value(&table, "gamma"), reference_value(&table, "delta")};
			lifetime_history history = {reference_value(&table, "x"), reference_value(&table, "t_x"), reference_value(&table, "n")};
			double		updated[4];
			double		there = MODEL->standing(parameters, &history).alive;
			lifetime_future future;

			close_log(&likelihood, MODEL->log_likelihood(parameters, &history), reference_value(&table, "ll"));
			close_to(&alive, there, reference_value(&table, "p_alive_next"));
			MODEL->posterior(parameters, &history, updated);
			MODEL->future(updated, 5, 0, false, &future);
			close_to(&expected, there * future.mean, reference_value(&table, "cet_5"));
			MODEL->future(updated, 52, 0, false, &future);
			close_to(&expected, there * future.mean, reference_value(&table, "cet_52"));
			MODEL->future(updated, INFINITY, log1p(0.1), false, &future);
			close_to(&residual, there * future.mean, reference_value(&table, "dert_d0.1"));

			there = MODEL->standing(parameters, &newcomer).alive;
			MODEL->posterior(parameters, &newcomer, updated);
			MODEL->future(updated, history.tenure, 0, false, &future);
			close_to(&population, there * future.mean, reference_value(&table, "uncond_expected_n"));
			close_to(&chance, (history.x == 0 ? 1 - there : 0) + there * MODEL->pmf(updated, history.tenure, history.x),
					 reference_value(&table, "pmf_x_n"));
		}
		close_ok(&likelihood, 1e-13, "reference: log-likelihood");
		close_ok(&alive, 1e-12, "reference: P(alive at n+1)");
		close_ok(&expected, 1e-12, "reference: conditional expectation");
		close_ok(&residual, 1e-12, "reference: discounted residual");
		close_ok(&population, 1e-12, "reference: a new customer's purchases");
		close_ok(&chance, 1e-12, "reference: and the chance of x");
	}

	if (reference_open(&table, "data/donations_rf.csv"))
	{
		weighted_history *members = malloc(sizeof(weighted_history) * 100);
		size_t		count = 0;
		histories	made;

		while (count < 100 && reference_next(&table))
			members[count++] = (weighted_history) {{reference_value(&table, "x"), reference_value(&table, "t.x"),
			reference_value(&table, "n.cal")}, reference_value(&table, "custs")};
		made = make_histories(members, count);
		check_fit(MODEL, &made.set, "reference/mle_donations_bgbb.json");
		free_histories(&made);
	}
}

int
main(void)
{
	tap_seed();
	test_known();
	test_silent();
	test_consistent();
	test_sets();
	test_small_sets();
	test_limits();
	test_reference();
	return done();
}
