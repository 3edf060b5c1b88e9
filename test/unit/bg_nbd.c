/*
 * Histories of BG/NBD and MBG/NBD customers: their likelihood one by one, all
 * together with its slopes, and who is still there.
 */
#include "lifetime_model.h"
#include "histories.h"
#include "reference.h"
#include "tap.h"

static const lifetime_model *const models[] = {&bg_nbd, &mbg_nbd};

/* ---------- values of our own: the definition in 150-digit arithmetic ---------- */

typedef struct known_history
{
	int			model;
	double		parameters[4];
	lifetime_history history;
	double		log_likelihood;
	double		alive;
	double		left;
} known_history;

/* 0 stands for what is below double precision */
static const known_history known[] = {
	{0, {0.348, 0.123, 2.47, 0.0772}, {30, 1.04, 1.79}, 53.04920543772853, 3.247741778881734e-06, 0.9999967522582212},
	{1, {1.01e-05, 1.6e-07, 0.00715, 2.34e-05}, {30, 2.49, 2.49}, 26.631769824936907, 0.999761723641721, 0.0002382763582790507},
	{0, {184000.0, 6.74, 1.45, 7.35e-08}, {30, 1.49, 1.49}, -36470.592110588215, 0.9523809524958949, 0.04761904750410509},
	{1, {1.4, 0.111, 0.616, 1.28}, {30, 6.8, 6.8}, 10.31732389103795, 0.980687233508904, 0.01931276649109606},
	{0, {2.77e-07, 0.993, 4.27e-06, 2.31e-07}, {400, 0.00318, 0.00318}, 1977.9712476624438, 0.9999999892982457, 1.0701754265241614e-08},
	{1, {0.0891, 0.278, 761.0, 0.033}, {7, 0.781, 0.781}, -39.36874555298086, 0.009157158611674238, 0.9908428413883258},
	{0, {3.29, 0.216, 1.56, 1.16}, {2, 93.1, 93.1}, -27.24228195794555, 0.5806451612903225, 0.41935483870967744},
	{1, {4.5e-07, 0.00714, 398.0, 1.34e-06}, {7, 2.36, 2.36}, -62.96777527652162, 0.017283953868739512, 0.9827160461312605},
	{0, {506.0, 1.05, 18100.0, 0.000247}, {400, 0.63237, 0.633}, 235.64554335528913, 0.015460082580859352, 0.9845399174191406},
	{1, {1000000000.0, 1000000000.0, 0.252, 3.26}, {0, 0.0, 1.46}, -1.2471364870382853, 0.7502701087486916, 0.24972989125130837},
	{0, {66.2, 11.5, 800000.0, 3210.0}, {2, 540.46, 541.0}, -266.01791030111247, 0.0037407591937490283, 0.996259240806251},
	{1, {2.07e-08, 0.0291, 2.25e-06, 4.36e-07}, {0, 0.0, 0.0557}, -3.593808292539391e-09, 0.16232315410049564, 0.8376768458995043},
	{0, {0.28, 4.17, 0.542, 12.2}, {7, 0.741, 1.65}, -6.633162869469581, 0.9070049633425991, 0.09299503665740093},
	{1, {7.76e-05, 8.26e-07, 0.0106, 0.505}, {400, 2.0979, 2.1}, 1688.1857789502558, 0.9999605101533421, 3.9489846657928636e-05},
	{0, {256000.0, 1.3e-06, 2.93e-06, 1.77e-05}, {1, 0.00125, 0.00125}, -1758591.8139983092, 0.8579738245273874, 0.1420261754726127},
	{1, {0.241, 0.0512, 0.615, 0.457}, {30, 0.909, 7.24}, 64.5402036747994, 1.173565483649027e-25, 1.0},
	{0, {201000.0, 14.8, 228.0, 0.0247}, {5000, 1520.0, 1740.0}, -909456.5374775177, 0, 1.0},
	{1, {0.00311, 0.00385, 2.82e-07, 7.59}, {0, 0.0, 0.0335}, -0.007066727600309943, 0.999999962582363, 3.741763696908875e-08},
	{0, {18.2, 0.701, 0.0966, 1.83}, {0, 0.0, 1.0}, -16.133639437575145, 1.0, 0},
	{1, {1000000000.0, 1000000000.0, 0.00123, 2.28e-08}, {5000, 0.0173, 0.0461}, -10.94057022836892, 0.99999974681222, 2.5318777996885846e-07},
	{0, {3.4e-05, 0.00073, 0.00125, 5.25e-07}, {5000, 8.022, 8.03}, 27148.17298801228, 0.9999635034041523, 3.649659584765294e-05},
	{1, {0.908, 0.0836, 0.0922, 0.39}, {2, 13.6, 19.6}, -10.578049105600314, 0.9000495532310281, 0.09995044676897194},
	{0, {2.11e-08, 206000.0, 0.249, 1.13e-06}, {30, 20579.0, 20600.0}, -329.58144071403484, 0.9914633886730231, 0.008536611326976952},
	{1, {500000.0, 12200.0, 55.8, 4.52e-05}, {2, 18500.0, 18500.0}, -461425.8364141557, 0.034602831071834525, 0.9653971689281655},
	{0, {1.22, 5.32, 0.36, 0.19}, {5000, 134.0, 134.0}, 12901.092939460545, 0.9999279935194167, 7.200648058325249e-05},
	{1, {1930.0, 2860.0, 228.0, 1.49e-05}, {30, 8.75, 8.75}, -122.1301221310041, 0.11627912080403527, 0.8837208791959648},
	{0, {1150.0, 0.0409, 5.14e-06, 2.96}, {2, 3.7762, 3.78}, -5206.26296214505, 0.9999959160129822, 4.083987017775414e-06},
	{1, {15.3, 0.444, 0.187, 0.195}, {1, 3.94, 8.16}, -36.457952091736075, 0.00010773401647170738, 0.9998922659835283},
	{0, {5840.0, 0.0516, 13.9, 1570.0}, {0, 0.0, 4760.0}, -66764.32478094519, 1.0, 0},
	{1, {1000000000.0, 1000000000.0, 91.4, 6.17e-06}, {1, 2.96, 2.96}, -19.47105726459175, 0.010822576874726196, 0.9891774231252738},
	{0, {6.06, 16.9, 0.536, 0.554}, {0, 0.0, 90.4}, -11.200789067908207, 1.0, 0},
	{1, {2.4e-06, 6.01e-07, 1.31e-06, 46600.0}, {5000, 108.0, 177.0}, 14134.633326123814, 0, 1.0},
	{0, {530000.0, 15.9, 0.000805, 0.48}, {1, 0.00118, 0.00148}, -35.28327729517165, 0.02637824283681513, 0.9736217571631849},
	{1, {2.45, 1.17, 13.4, 0.673}, {5000, 3.36, 3.36}, 29954.61606362609, 0.9973275219567007, 0.0026724780432993297},
	{0, {3.35e-05, 0.000126, 2.33e-05, 1.62}, {2, 22.6, 22.6}, -16.540262220943298, 0.999991106949316, 8.893050683938574e-06},
	{1, {55000.0, 0.000897, 0.026, 1.47}, {30, 2.13, 2.32}, -427217.2982425824, 0, 1.0},
	{0, {0.109, 0.124, 1.07, 9.33}, {5000, 3.12, 3.12}, 31690.27872214406, 0.9997864015650577, 0.00021359843494230847},
	{1, {2.59e-06, 0.0426, 142.0, 0.618}, {2, 287.71, 288.0}, -34.11551425843198, 0.018067088881307182, 0.9819329111186929},
	{0, {955.0, 3.06e-07, 0.698, 3.01e-05}, {2, 0.0021778, 0.00218}, -8455.73625865171, 0.35284304960302193, 0.6471569503969781},
	{1, {1000000000.0, 1000000000.0, 11.8, 0.712}, {30, 424.0, 424.0}, -447.7518181486855, 0.722431313511479, 0.2775686864885209},
	{0, {49.9, 0.0215, 0.292, 0.0493}, {1, 391.61, 392.0}, -491.5876439101386, 0.13829874733125205, 0.861701252668748},
	{1, {83000.0, 31500.0, 6.86e-06, 0.0184}, {7, 0.0094, 0.0094}, 6.75706472199704, 0.9999990225702019, 9.774297980781354e-07},
	{0, {2.79, 0.651, 0.179, 0.307}, {0, 0.0, 264.0}, -16.761364742072068, 1.0, 0},
	{1, {1.45e-06, 106.0, 17.5, 1e-06}, {1, 55000.0, 55000.0}, -41.038681447386395, 0.054054105186264585, 0.9459458948137354},
	{0, {0.00376, 0.0663, 721000.0, 4510.0}, {1, 446.55, 447.0}, -11.718187836170287, 0.006210075177167165, 0.9937899248228328},
	{1, {0.381, 0.162, 0.337, 3.78}, {0, 0.0, 8.17}, -1.2501301022199878, 0.7142582903131506, 0.2857417096868495},
	{0, {0.0264, 69.8, 0.0024, 0.175}, {2, 12.5, 12.5}, -12.447046105213538, 0.997961610327841, 0.002038389672158994},
	{1, {402000.0, 2.93e-07, 5.22e-05, 3.58e-08}, {5000, 0.028272, 0.0283}, -4531486.833296323, 1.02906721316026e-167, 1.0},
	{0, {8.12, 2.87, 14.5, 0.569}, {30, 173.0, 303.0}, -125.68736522439693, 1.4044706860996027e-09, 0.9999999985955293},
	{1, {1000000000.0, 1000000000.0, 1560.0, 3.69e-06}, {0, 0.0, 0.142}, -3.1312664259983317e-10, 2.0522579678813786e-09, 0.9999999979477421},
	{0, {1.72e-08, 1.74e-07, 4.44e-05, 3.27}, {1, 0.0034066, 0.00341}, -12.197364646972012, 0.9999864086520923, 1.3591347907670623e-05},
	{1, {0.0536, 19.3, 0.611, 12.0}, {30, 2.23, 2.23}, -24.320838674345094, 0.9856609795592687, 0.014339020440731267},
	{0, {136000.0, 371000.0, 4.64e-05, 3.44e-06}, {2, 107.0, 107.0}, -43.899074653343966, 0.9999536023124608, 4.6397687539253045e-05},
	{1, {0.000115, 0.1, 3.09e-06, 0.000721}, {0, 0.0, 90400.0}, -0.0015704415864453158, 0.9957258676726503, 0.004274132327349703},
	{0, {0.0624, 0.0558, 1.03, 17.5}, {30, 19.1, 19.1}, -21.221507036372834, 0.978329476120345, 0.021670523879654954},
	{1, {16.5, 12.6, 15.5, 0.439}, {7, 57900.0, 57900.0}, -208.99076992925575, 0.32429486900039234, 0.6757051309996076},
	{0, {568000.0, 0.000628, 4490.0, 78.4}, {400, 0.0131, 0.0131}, -1746243.6250396818, 0.09610661513065186, 0.9038933848693481},
	{1, {7.53, 0.0545, 2.12, 9.74}, {7, 2.7572, 2.76}, -21.694820246891513, 0.886141746508106, 0.11385825349189405},
	{0, {15400.0, 24.4, 8.85e-05, 2.46e-05}, {2, 0.0022977, 0.0023}, 9.91785898669285, 0.9999113814661896, 8.861853381035677e-05},
	{1, {1000000000.0, 1000000000.0, 292000.0, 414000.0}, {30, 0.38661, 0.387}, -16.398881610906404, 0.5863252499986813, 0.41367475000131865},
};

static void
test_known(void)
{
	closeness	likelihood = {0};
	closeness	alive = {0};
	closeness	left = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		const known_history *k = &known[i];
		const lifetime_model *model = models[k->model];
		lifetime_standing standing = model->standing(k->parameters, &k->history);

		close_log(&likelihood, model->log_likelihood(k->parameters, &k->history), k->log_likelihood);
		close_to(&alive, standing.alive, k->alive);
		close_to(&left, standing.left, k->left);
	}
	close_ok(&likelihood, 1e-12, "log-likelihoods of tough histories");
	close_ok(&alive, 1e-12, "P(alive) of tough histories");
	close_ok(&left, 1e-12, "and the probability of having left");
}

/* One-time buyers who were all but certain to stay so; the logarithms in 60 digits. */
static void
test_silent(void)
{
	static const known_history silent[] = {
		{1, {8.08, 410.1, 11553.5, 1.918e-5}, {0, 0, 0.0234}, -7.65173614401592e-13, 0, 0},
		{1, {1.0762e-6, 49969.0, 5.28e-6, 5.866e-6}, {0, 0, 340.8}, -3.849799682970208e-9, 0, 0},
		{1, {0.132, 10.54, 299930.0, 0.9999999}, {0, 0, 0.0049}, -2.0454729841718664e-10, 0, 0},
		{1, {45350.0, 770813.0, 1.0, 3.93e-6}, {0, 0, 0.692}, -1.567885323992937e-7, 0, 0},
		{1, {3.56, 18.9, 790.8, 1.0}, {0, 0, 1e-12}, -2.3788808835534944e-16, 0, 0},
		{0, {1.0762e-6, 49969.0, 5.28e-6, 5.866e-6}, {0, 0, 340.8}, -7.315013184577542e-9, 0, 0},
	};
	const lifetime_history nothing = {0, 0, 0};
	closeness	likelihood = {0};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		close_to(&likelihood, models[silent[i].model]->log_likelihood(silent[i].parameters, &silent[i].history),
				 silent[i].log_likelihood);
	close_ok(&likelihood, 1e-14, "a log-likelihood near 0 keeps its digits");
	for (int m = 0; m < 2; m++)
		ok(!signbit(models[m]->log_likelihood(silent[0].parameters, &nothing)), "nothing observed is certain: 0, not -0");
}

/* ---------- sets ---------- */

static void
test_sets(const lifetime_model *model)
{
	closeness	value = {0};
	closeness	gradient = {0};
	closeness	hessian = {0};

	for (int round = 0; round < 40; round++)
	{
		size_t		count = (size_t) tap_between(1, 400);
		double		unit = exp2((double) tap_between(-6, 6));
		int64_t		most = round % 4 == 0 ? 3000 : round % 4 == 1 ? 1 : 12;
		int64_t		longest = round % 3 == 0 ? 12 : 300;	/* few times: their powers are carried from x to x */
		double		p[4];
		histories	made;
		weighted_history *members = malloc(count * sizeof(weighted_history));

		for (size_t i = 0; i < count; i++)
		{
			double		x = (double) tap_between(0, most);
			double		tenure = (double) tap_between(1, longest);
			double		t_x = x == 0 ? 0 : (double) tap_between(1, (int64_t) tenure);

			members[i] = (weighted_history) {{x, t_x * unit, tenure * unit}, (double) tap_between(1, 5)};
		}
		for (int i = 0; i < 4; i++)
			p[i] = exp2((double) tap_between(-600, 600) / 100);
		p[1] *= unit;
		made = make_histories(members, count);
		check_set(model, p, &made, &value, &gradient, &hessian);
		free_histories(&made);
	}
	printf("# %s\n", model->name);
	close_ok(&value, 1e-12, "a set is the sum of its rows");
	close_ok(&gradient, 1e-9, "the gradient is the slope of the value");
	close_ok(&hessian, 1e-8, "the Hessian is the slope of the gradient");
}

static void
count_call(void *context)
{
	++*(int *) context;
}

#define MANY	100000

/* one group of a hundred thousand rows */
static void
test_large_set(const lifetime_model *model)
{
	weighted_history *members = malloc(MANY * sizeof(weighted_history));
	const double p[4] = {0.25, 4.75, 0.75, 2.25};
	double		gradient[4];
	double		hessian[16];
	double		again[4];
	double		value;
	double	   *scratch;
	long double sum = 0;
	int			calls = 0;
	history_pause pause = {count_call, &calls};
	histories	made;

	for (int i = 0; i < MANY; i++)
	{
		double		tenure = (double) tap_between(1, 300) / 7;

		members[i] = (weighted_history) {{2, tenure * (double) tap_between(1, 8) / 8, tenure}, 1};
	}
	made = make_histories(members, MANY);
	value = set_value(model, p, &made.set, gradient, hessian);
	for (size_t i = 0; i < made.count; i++)
		sum += (long double) model->log_likelihood(p, &made.members[i].history);
	near(value, (double) sum, 1e-14, "a hundred thousand rows keep 14 digits");

	scratch = malloc(model->scratch_size(&made.set) * sizeof(double));
	ok(model->set_log_likelihood(p, &made.set, again, hessian, scratch, &pause) == value &&
	   memcmp(again, gradient, sizeof(again)) == 0, "the same set gives the same bits");
	ok(calls >= MANY / 1024, "and asks its caller often whether to go on");
	free(scratch);
	free_histories(&made);
}

/*
 * r and alpha running to infinity together come to one rate for all; what is
 * left to go falls as 1/r, and no digit is lost on the way.
 */
static void
test_ridge(const lifetime_model *model)
{
	weighted_history *members = malloc(500 * sizeof(weighted_history));
	double		gradient[4];
	double		hessian[16];
	double		values[3];
	histories	made;

	for (int i = 0; i < 500; i++)
	{
		double		tenure = (double) tap_between(100, 300) / 7;
		double		x = (double) tap_between(0, 9);

		members[i] = (weighted_history) {{x, x == 0 ? 0 : tenure * (double) tap_between(1, 8) / 8, tenure}, 1};
	}
	made = make_histories(members, 500);
	for (int i = 0; i < 3; i++)
	{
		double		size = pow(10, 8 + 2 * i);
		double		p[4] = {0.125 * size, size, 0.75, 2.5};

		values[i] = set_value(model, p, &made.set, gradient, hessian);
	}
	near(values[2], values[1] + (values[1] - values[0]) / 100, 1e-13, "a ridge without end is smooth to its end");
	ok(fabs(gradient[0] + gradient[1]) < 1e-4, "and level along itself");
	free_histories(&made);
}

static void
test_start(void)
{
	bool		sensible = true;

	for (int round = 0; round < 200; round++)
	{
		size_t		count = (size_t) tap_between(1, 50);
		weighted_history *members = malloc(count * sizeof(weighted_history));
		double		unit = exp2((double) tap_between(-30, 30));
		int64_t		most = round % 3 == 0 ? 0 : round % 3 == 1 ? 3 : 5000;
		double		p[4];
		double		gradient[4];
		double		hessian[16];
		histories	made;

		for (size_t i = 0; i < count; i++)
		{
			double		x = (double) tap_between(0, most);

			members[i] = (weighted_history) {{x, x == 0 ? 0 : 3 * unit, 4 * unit}, 1};
		}
		made = make_histories(members, count);
		bg_nbd.start(&made.set, p);
		for (int i = 0; i < 4; i++)
			sensible = sensible && isfinite(p[i]) && p[i] > 0;
		sensible = sensible && isfinite(set_value(&bg_nbd, p, &made.set, gradient, hessian));
		for (int i = 0; i < 4; i++)
			sensible = sensible && isfinite(gradient[i]);
		free_histories(&made);
	}
	ok(sensible, "a first guess is one, whatever the unit and the customers");
}

/* ---------- what tells the two apart ---------- */

static void
test_difference(void)
{
	const int	never_leaves[4] = {0, 0, -1, 0};
	const int	one_rate[4] = {1, 1, 0, 0};
	const int	at_once[4] = {0, 0, 0, -1};
	const int	nothing[4] = {0, 0, 0, 0};
	const lifetime_history once = {0, 0, 1000};
	const lifetime_history thrice = {3, 5, 8};
	const double p[4] = {0.243, 4.414, 0.793, 2.426};
	double		updated[4];

	ok(bg_nbd.standing(p, &once).alive == 1 && bg_nbd.standing(p, &once).left == 0,
	   "the BG/NBD says a one-time buyer is there for ever");
	ok(mbg_nbd.standing(p, &once).alive < 0.5, "the MBG/NBD does not");
	bg_nbd.posterior(p, &thrice, updated);
	ok(updated[0] == 3.243 && updated[1] == 12.414 && updated[2] == 0.793 && updated[3] == 5.426, "posterior of the BG/NBD");
	mbg_nbd.posterior(p, &thrice, updated);
	ok(updated[3] == 6.426, "and of the MBG/NBD, who had one more chance to leave");

	ok(strcmp(bg_nbd.limit(never_leaves), "no customer ever leaves") == 0, "a to 0: nobody leaves");
	ok(strcmp(bg_nbd.limit(one_rate), "all customers buy at the same rate") == 0, "r and alpha to infinity: one rate");
	ok(strstr(bg_nbd.limit(at_once), "repeat") && !strstr(mbg_nbd.limit(at_once), "repeat"),
	   "b to 0: all leave at the first chance, which comes at another purchase");
	ok(bg_nbd.limit(nothing) == NULL, "no direction, no words");
}

/* ---------- values kept outside ---------- */

static void
test_oracle(const lifetime_model *model, const char *name)
{
	const lifetime_history newcomer = {0, 0, 0};
	closeness	likelihood = {0};
	closeness	alive = {0};
	closeness	conditional = {0};
	closeness	population = {0};
	reference	table;

	if (!reference_open(&table, name))
		return;
	while (reference_next(&table))
	{
		double		p[4] = {reference_value(&table, "r"), reference_value(&table, "alpha"),
		reference_value(&table, "a"), reference_value(&table, "b")};
		lifetime_history history = {reference_value(&table, "x"), reference_value(&table, "t_x"), reference_value(&table, "T")};
		double		horizon = reference_value(&table, "t");
		double		there = model->standing(p, &history).alive;
		double		updated[4];
		lifetime_future future;

		close_log(&likelihood, model->log_likelihood(p, &history), reference_value(&table, "ll"));
		model->posterior(p, &history, updated);
		model->future(updated, horizon, 0, false, &future);
		/* what leaves double precision is asked to be 0 */
		close_to(&alive, there, fabs(reference_value(&table, "p_alive")) < 1e-307 ? 0 : reference_value(&table, "p_alive"));
		close_to(&conditional, there * future.mean, there == 0 ? 0 : reference_value(&table, "cond_expected"));
		model->posterior(p, &newcomer, updated);
		model->future(updated, horizon, 0, false, &future);
		close_to(&population, model->standing(p, &newcomer).alive * future.mean, reference_value(&table, "uncond_expected_t"));
	}
	printf("# %s\n", name);
	close_ok(&likelihood, 1e-13, "reference: log-likelihood");
	close_ok(&alive, 1e-12, "reference: P(alive)");
	close_ok(&conditional, 1e-12, "reference: expectation given a history");
	close_ok(&population, 1e-12, "reference: expectation of a new customer");
}

static void
test_fits(void)
{
	reference	table;
	weighted_history *members = malloc(5000 * sizeof(weighted_history));
	size_t		count = 0;
	histories	made;

	if (reference_open(&table, "reference/cdnow_sample_summary.csv"))
	{
		while (count < 5000 && reference_next(&table))
			members[count++] = (weighted_history) {{reference_value(&table, "x"),
			reference_value(&table, "t_x_days") / 7, reference_value(&table, "T_days") / 7}, 1};
		made = make_histories(members, count);
		check_fit(&bg_nbd, &made.set, "reference/mle_cdnow_sample_bgnbd.json");
		check_fit(&mbg_nbd, &made.set, "reference/mle_cdnow_sample_mbgnbd.json");
		free_histories(&made);
	}
	else
		free(members);
}

int
main(void)
{
	tap_seed();
	test_known();
	test_silent();
	for (int i = 0; i < 2; i++)
	{
		test_sets(models[i]);
		test_large_set(models[i]);
		test_ridge(models[i]);
	}
	test_start();
	test_difference();
	test_oracle(&bg_nbd, "reference/oracle_bgnbd.csv");
	test_oracle(&mbg_nbd, "reference/oracle_mbgnbd.csv");
	test_fits();
	return done();
}
