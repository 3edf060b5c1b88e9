/*
 * clv_forecast.c
 *		Kernel tests: mean and variance against customers drawn from the model,
 *		the gradient against other differences, adding in any order, NULLs.
 */
#include "tap.h"

#include <string.h>

#include "clv_forecast.h"

/* ---------- models ---------- */

static void
give(clv_half *half, int parameters, const double *estimate, double log_error)
{
	memset(half, 0, sizeof(*half));
	half->state = CLV_GIVEN;
	half->parameters = parameters;
	half->has_covariance = log_error > 0;
	for (int i = 0; i < parameters; i++)
	{
		half->estimate[i] = estimate[i];
		half->covariance[i][i] = log_error * log_error * estimate[i] * estimate[i];
	}
}

static const double process_parameters[][4] = {
	{0.243, 4.414, 0.793, 2.426}, {0.525, 6.183, 0.891, 1.614}, {0.553, 10.578, 0.606, 11.669}, {1.204, 0.750, 0.657, 2.783}
};
static const double spend_parameters[3] = {6.25, 3.74, 15.44};

static clv_model
make_model(int kind, bool money, double log_error)
{
	clv_model	model;

	memset(&model, 0, sizeof(model));
	clv_model_init(&model, kind);
	give(&model.process, 4, process_parameters[kind], log_error);
	if (money)
		give(&model.spend, 3, spend_parameters, log_error);
	return model;
}

static clv_forecast
empty_forecast(const clv_model *model)
{
	clv_forecast forecast;

	memset(&forecast, 0, sizeof(forecast));
	clv_forecast_init(&forecast, model, 7000, 7273, 0.1);
	return forecast;
}

static lifetime_history
random_history(void)
{
	lifetime_history history = {0, 0, (double) tap_between(10, 60)};

	if (tap_between(0, 2) > 0)
	{
		history.t_x = (double) tap_between(1, (int64_t) history.tenure);
		history.x = (double) tap_between(1, (int64_t) history.t_x);
	}
	return history;
}

/* ---------- moments: from those of D and nu, worked out here by other means ---------- */

/*
 * With no discount the value is a sum of N amounts.  N has the probabilities
 * of lifetime_pmf; given nu the amounts are gamma(p, nu), so E and Var follow
 * by summing over N and integrating over nu, a gamma(a, b): E[1/nu] and
 * E[1/nu^2].
 */
static void
test_moments(void)
{
	double		worst_mean = 0;
	double		worst_variance = 0;
	double		worst_counted = 0;

	for (int kind = 0; kind < 4; kind++)
		for (int round = 0; round < 20; round++)
		{
			clv_model	model = make_model(kind, true, 0);
			clv_model	counting = make_model(kind, false, 0);
			lifetime_history history = random_history();
			double		spend = (double) tap_between(5, 200);
			double		p = spend_parameters[0];
			double		a = p * history.x + spend_parameters[1];
			double		b = spend_parameters[2] + history.x * spend;
			double		n1 = 0;
			double		n2 = 0;
			double		mean;
			double		variance;
			customer_forecast got;

			for (int n = 1; n < 2000; n++)
			{
				double		chance = lifetime_pmf(clv_model_process(&model), model.process.estimate, &history, 26, n);

				n1 += n * chance;
				n2 += (double) n * n * chance;
				if (n > 100 && n * n * chance < 1e-14 * n2)
					break;
			}
			/* E[N p/nu], and E[Var | N, nu] + E[E^2 | N, nu] - E^2 */
			mean = n1 * p * b / (a - 1);
			variance = (n1 * p + n2 * p * p) * b * b / ((a - 1) * (a - 2)) - mean * mean;
			if (!clv_forecast_customer(&model, &history, history.x, spend, 26, 0, &got))
				abort();
			worst_mean = fmax(worst_mean, fabs(got.value / mean - 1));
			worst_variance = fmax(worst_variance, fabs(got.variance / variance - 1));
			if (!clv_forecast_customer(&counting, &history, history.x, spend, 26, 0, &got))
				abort();
			worst_counted = fmax(worst_counted, fmax(fabs(got.value / n1 - 1), fabs(got.variance / (n2 - n1 * n1) - 1)));
		}
	ok(worst_mean < 1e-9, "the value is the expected number of purchases times their expected worth (off by %.1g)", worst_mean);
	ok(worst_variance < 1e-8, "the variance is that of a random number of random amounts (off by %.1g)", worst_variance);
	ok(worst_counted < 1e-8, "without spend both are those of the number of purchases (off by %.1g)", worst_counted);
}

/* ---------- gradient ---------- */

/* the value with one parameter moved in its logarithm */
static double
moved_value(clv_model model, bool spend, int i, double by, const lifetime_history *history, double mean)
{
	clv_half   *half = spend ? &model.spend : &model.process;
	customer_forecast got;

	half->estimate[i] *= exp(by);
	if (!clv_forecast_customer(&model, history, history->x, mean, 26, 0.002, &got))
		abort();
	return got.value;
}

static void
test_gradient(void)
{
	double		worst[2] = {0, 0};

	for (int kind = 0; kind < 4; kind++)
		for (int round = 0; round < 20; round++)
		{
			clv_model	model = make_model(kind, true, 0.1);
			lifetime_history history = random_history();
			double		mean = (double) tap_between(5, 200);
			customer_forecast got;

			if (!clv_forecast_customer(&model, &history, history.x, mean, 26, 0.002, &got))
				abort();
			for (int half = 0; half < 2; half++)
				for (int i = 0; i < (half ? 3 : 4); i++)
				{
					const double h = 0.01;
					double		slope = 0;

					/* the difference of order six */
					static const double weights[] = {0, 45.0 / 60, -9.0 / 60, 1.0 / 60};

					for (int k = 1; k <= 3; k++)
						slope += weights[k] / h * (moved_value(model, half, i, k * h, &history, mean) -
												   moved_value(model, half, i, -k * h, &history, mean));
					worst[half] = fmax(worst[half], fabs((half ? got.spend_gradient : got.process_gradient)[i] - slope) / got.value);
				}
		}
	ok(worst[0] < 1e-8, "the gradient by the process is that of differences of higher order (off by %.1g)", worst[0]);
	ok(worst[1] < 1e-9, "and so is that by the spend (off by %.1g)", worst[1]);
}

static void
test_fixed(void)
{
	clv_model	model = make_model(2, true, 0.1);
	lifetime_history history = {3, 20, 30};
	customer_forecast got;

	model.process.fixed[1] = 1;
	clv_forecast_customer(&model, &history, 3, 40, 26, 0, &got);
	ok(got.process_gradient[0] != 0 && got.process_gradient[1] == 0, "a parameter held fixed is no source of error");
	model.spend.has_covariance = 0;
	clv_forecast_customer(&model, &history, 3, 40, 26, 0, &got);
	ok(got.spend_gradient[0] == 0 && got.process_gradient[0] != 0, "a half without covariance has no gradient");
}

/* ---------- groups ---------- */

#define GROUP	300

static void
test_order(void)
{
	clv_model	model = make_model(2, true, 0.05);
	customer_forecast members[GROUP];
	clv_forecast all = empty_forecast(&model);
	clv_forecast reversed = empty_forecast(&model);
	clv_forecast pieces[3];
	double		total = 0;
	double		own = 0;
	double		gradient[7] = {0};
	double		shared = 0;
	double		got;
	double		got2;

	for (int i = 0; i < 3; i++)
		pieces[i] = empty_forecast(&model);
	for (int i = 0; i < GROUP; i++)
	{
		lifetime_history history = random_history();

		if (!clv_forecast_customer(&model, &history, history.x, (double) tap_between(1, 500) / 7, 39, 0.001, &members[i]))
			abort();
		clv_forecast_add(&all, &members[i]);
		clv_forecast_add(&pieces[tap_between(0, 2)], &members[i]);
		total += members[i].value;
		own += members[i].variance;
		for (int k = 0; k < 4; k++)
			gradient[k] += members[i].process_gradient[k];
		for (int k = 0; k < 3; k++)
			gradient[4 + k] += members[i].spend_gradient[k];
	}
	for (int i = GROUP - 1; i >= 0; i--)
		clv_forecast_add(&reversed, &members[i]);
	ok(memcmp(&all, &reversed, sizeof(all)) == 0, "customers in another order give the same bytes");
	clv_forecast_join(&pieces[2], &pieces[0]);
	clv_forecast_join(&pieces[2], &pieces[1]);
	ok(memcmp(&all, &pieces[2], sizeof(all)) == 0, "and so do pieces put together");
	ok(clv_forecast_check(&all) == NULL, "a forecast is a valid value");

	ok(clv_forecast_mean(&all, &got) && fabs(got / total - 1) < 1e-13, "the total is the sum of the values");
	ok(clv_forecast_customer_variance(&all, &got) && fabs(got / own - 1) < 1e-13, "the customers' variances add");
	/* an independent error of 5 % in each parameter */
	for (int k = 0; k < 7; k++)
		shared += gradient[k] * gradient[k] * 0.05 * 0.05;
	ok(clv_forecast_parameter_variance(&all, &got2) && fabs(got2 / shared - 1) < 1e-12,
	   "the parameters' errors come in by the gradient of the total");
	ok(clv_forecast_variance(&all, &got) && fabs(got / (own + shared) - 1) < 1e-12, "both sources add");
}

static void
test_interval(void)
{
	clv_model	model = make_model(2, true, 0.05);
	clv_forecast forecast = empty_forecast(&model);
	customer_forecast one;
	double		lower;
	double		upper;
	double		wider[2];

	memset(&one, 0, sizeof(one));
	ok(clv_forecast_range(&forecast, 0.95, &lower, &upper) && lower == 0 && upper == 0, "nobody will bring nothing for certain");

	one.value = 1000;
	one.variance = 40000;
	clv_forecast_add(&forecast, &one);
	/* 1000 (1 - h -+ 1.959963984540054 sqrt(h))^3 with h = 0.04/9 */
	ok(clv_forecast_range(&forecast, 0.95, &lower, &upper) &&
	   fabs(lower - 646.970636866288) < 1e-9 && fabs(upper - 1428.4646572793708) < 1e-9, "the cube root of a total is normal");
	/* quantiles of the gamma distribution of shape 25 and scale 40 */
	ok(fabs(lower - 647.1472739131729) < 0.5 && fabs(upper - 1428.403903750128) < 0.5, "and the total nearly a gamma variable");
	ok(clv_forecast_range(&forecast, 0.99, &wider[0], &wider[1]) && wider[0] < lower && wider[1] > upper,
	   "a higher level is wider");
	ok(clv_forecast_range(&forecast, nextafter(1, 0), &wider[0], &wider[1]) && wider[0] > 0 && isfinite(wider[1]),
	   "up to the last level there is");
	ok(clv_forecast_range(&forecast, 1e-300, &wider[0], &wider[1]) && fabs(wider[0] / wider[1] - 1) < 1e-12,
	   "and down to the first");
	one.value = 1;
	one.variance = 1000;
	forecast = empty_forecast(&model);
	clv_forecast_add(&forecast, &one);
	ok(clv_forecast_range(&forecast, 0.95, &lower, &upper) && lower == 0 && upper >= 0,
	   "a total that will most probably be nothing has no end below that");
}

static void
test_unknown(void)
{
	clv_model	model = make_model(2, true, 0.05);
	clv_model	published = make_model(2, true, 0);
	lifetime_history once = {0, 0, 30};
	lifetime_history often = {4, 20, 30};
	customer_forecast one;
	clv_forecast forecast;
	double		number;
	double		upper;

	/* no covariance: a total, and what customers do; nothing else */
	forecast = empty_forecast(&published);
	clv_forecast_customer(&published, &often, 4, 30, 39, 0, &one);
	clv_forecast_add(&forecast, &one);
	ok(clv_forecast_mean(&forecast, &number) && clv_forecast_customer_variance(&forecast, &number) &&
	   !clv_forecast_parameter_variance(&forecast, &number) && !clv_forecast_variance(&forecast, &number) &&
	   !clv_forecast_range(&forecast, 0.95, &number, &upper),
	   "without a covariance the error of the parameters is not known, and no interval");

	/* 1 < q <= 2: the spend of one-time buyers has a mean and no variance */
	model.spend.estimate[SPEND_Q] = 1.75;
	forecast = empty_forecast(&model);
	ok(clv_forecast_customer(&model, &once, 0, 0, 39, 0, &one) && isfinite(one.value) && isinf(one.variance),
	   "a spend without a variance gives a value without one");
	clv_forecast_add(&forecast, &one);
	ok(forecast.unbounded == 1 && clv_forecast_mean(&forecast, &number) && number == one.value &&
	   !clv_forecast_customer_variance(&forecast, &number) && clv_forecast_parameter_variance(&forecast, &number) &&
	   !clv_forecast_variance(&forecast, &number),
	   "then there is a total without a standard error");
	ok(clv_forecast_customer(&model, &often, 4, 30, 39, 0, &one) && isfinite(one.variance), "a regular's has one");
	ok(clv_forecast_customer(&model, &once, 0, 0, 0, 0, &one) && one.value == 0 && one.variance == 0,
	   "and so has that of nobody's time: nothing will be bought");

	/* q <= 1: no mean either */
	model.spend.estimate[SPEND_Q] = 0.9;
	ok(!clv_forecast_customer(&model, &once, 0, 0, 39, 0, &one), "without a mean there is no answer");
	forecast = empty_forecast(&model);
	clv_forecast_add_unanswered(&forecast);
	ok(!clv_forecast_mean(&forecast, &number) && !clv_forecast_customer_variance(&forecast, &number) &&
	   !clv_forecast_parameter_variance(&forecast, &number), "and no total, nor anything else, with such a customer");

	/* failed halves */
	model = make_model(2, true, 0.05);
	model.spend.state = CLV_FAILED;
	ok(!clv_forecast_customer(&model, &often, 4, 30, 39, 0, &one), "nor with a spend that could not be fitted");
	model = make_model(2, true, 0.05);
	model.process.state = CLV_FAILED;
	ok(!clv_forecast_customer(&model, &often, 4, 30, 39, 0, &one), "nor with a process that could not be fitted");
}

static void
test_limits(void)
{
	clv_model	model = make_model(2, true, 0.05);
	clv_forecast forecast = empty_forecast(&model);
	clv_forecast copy = forecast;
	clv_forecast other;
	customer_forecast one;

	memset(&one, 0, sizeof(one));
	one.value = 1;
	one.variance = EXACT_SUM_ADDEND;
	ok(clv_forecast_add(&forecast, &one) == LOYALTY_AMOUNT_OVERFLOW && memcmp(&forecast, &copy, sizeof(copy)) == 0,
	   "a number out of range is refused and adds nothing");
	one.variance = 1;
	one.value = NAN;
	ok(clv_forecast_add(&forecast, &one) == LOYALTY_AMOUNT_OVERFLOW && memcmp(&forecast, &copy, sizeof(copy)) == 0,
	   "so is what is none");
	one.value = 1;
	forecast.customers = forecast.left_out = CLV_FORECAST_MOST;
	copy = forecast;
	ok(clv_forecast_add(&forecast, &one) == LOYALTY_COUNT_OVERFLOW &&
	   clv_forecast_add_unanswered(&forecast) == LOYALTY_COUNT_OVERFLOW &&
	   clv_forecast_add_left_out(&forecast) == LOYALTY_COUNT_OVERFLOW &&
	   clv_forecast_join(&forecast, &copy) == LOYALTY_COUNT_OVERFLOW &&
	   memcmp(&forecast, &copy, sizeof(copy)) == 0, "customers are counted up to 2^53");

	other = empty_forecast(&model);
	ok(clv_forecast_alike(&copy, &other), "forecasts of one question are alike");
	other.discount = 0.2;
	ok(!clv_forecast_alike(&copy, &other), "not with another discount");
	other = empty_forecast(&model);
	other.until++;
	ok(!clv_forecast_alike(&copy, &other), "nor another horizon");
	other = empty_forecast(&model);
	other.as_of--;
	ok(!clv_forecast_alike(&copy, &other), "nor another day");
	other = empty_forecast(&model);
	other.model.process.estimate[0] *= 2;
	ok(!clv_forecast_alike(&copy, &other), "nor another model");
}

/* ---------- what comes from outside ---------- */

static bool
refused(clv_forecast forecast, const char *part)
{
	const char *wrong = clv_forecast_check(&forecast);

	return wrong && strstr(wrong, part);
}

static void
test_check(void)
{
	clv_model	model = make_model(2, true, 0.05);
	clv_forecast good = empty_forecast(&model);
	clv_forecast bad;

	good.customers = 5;
	bad = good;
	bad.version = 2;
	ok(refused(bad, "version"), "an unknown version is refused");
	bad = good;
	bad.reserved[1] = 1;
	ok(refused(bad, "reserved"), "and bytes in use that are reserved");
	bad = good;
	bad.model.unit_days = 0;
	ok(refused(bad, "time unit"), "and a model that is none");
	bad = good;
	bad.until = bad.as_of - 1;
	ok(refused(bad, "horizon"), "and a horizon that ends before it begins");
	bad = good;
	bad.discount = -1;
	ok(refused(bad, "discount"), "and a discount of -1");
	bad = good;
	bad.unanswered = 6;
	ok(refused(bad, "customers"), "and more unanswered customers than there are");
	bad = good;
	bad.unanswered = 3;
	bad.unbounded = 3;
	ok(refused(bad, "customers"), "or unbounded ones");
	bad = good;
	exact_sum_add(&bad.total, -1);
	ok(refused(bad, "total"), "and a total below zero");
	bad = good;
	bad.variance.word[EXACT_SUM_WORDS - 1] = UINT64_C(1) << 62;
	ok(refused(bad, "variance"), "and a variance out of range");
	bad = good;
	exact_sum_add(&bad.spend_gradient[3], 1);
	ok(refused(bad, "gradient"), "and a gradient by a parameter that there is not");
	bad = good;
	bad.model.process.state = CLV_CONVERGED;
	bad.model.process.customers = 1;
	bad.model.process.fixed[2] = 1;
	exact_sum_add(&bad.process_gradient[2], 1);
	ok(refused(bad, "gradient"), "or that is held fixed");
}

int
main(void)
{
	tap_seed();
	test_moments();
	test_gradient();
	test_fixed();
	test_order();
	test_interval();
	test_unknown();
	test_limits();
	test_check();
	return done();
}
