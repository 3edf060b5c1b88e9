/*
 * clv_backtest.c
 *		Kernel tests: periods, gathering, order, judging against sums written out,
 *		tracking, damage.
 */
#include "tap.h"

#include <string.h>

#include "calendar.h"
#include "clv_backtest.h"

#define CUTOFF		0			/* 2000-01-01 */
#define MOST		600

/* a log in memory of exactly its size, so that the sanitizer sees every byte beyond */
static clv_backtest *
make_log(int32_t periods, size_t customers, int32_t through)
{
	clv_backtest *log = calloc(1, backtest_log_size(0, periods, customers));

	log->form = FLAT_FORM_LOG;
	log->through = through;
	log->periods = periods;
	log->customers = (int64_t) customers;
	return log;
}

static void
test_time(void)
{
	backtest_span span;

	ok(backtest_span_init(&span, CUTOFF, 15, 0, 0) == LOYALTY_OK && span.horizon == 15 && span.period == 7,
	   "without a step units are days and periods weeks");
	ok(backtest_holdout_periods(&span) == 3, "15 days are three weeks, the last one short");
	ok(backtest_tenure_periods(&span, 0) == 0 && backtest_tenure_periods(&span, 1) == 1 &&
	   backtest_tenure_periods(&span, 7) == 1 && backtest_tenure_periods(&span, 8) == 2,
	   "a week of tenure reaches back one week");
	ok(backtest_period_day(&span, 5, 0) == -7 && backtest_period_day(&span, 5, 1) == CUTOFF &&
	   backtest_period_day(&span, 5, 2) == 7 && backtest_period_day(&span, 5, 4) == 15,
	   "the cutoff ends a week, and the holdout the last one");

	/* 2000-02-10 and 2000-05-20 */
	ok(backtest_span_init(&span, 40, 140, 1, 0) == LOYALTY_OK && span.cutoff == 30 && span.through == 120,
	   "dates within a month go back to the end of the month before");
	ok(span.horizon == 3 && backtest_holdout_periods(&span) == 3, "three months are three opportunities");
	ok(backtest_period_day(&span, 4, 0) == 30 && backtest_period_day(&span, 4, 1) == 59 &&
	   backtest_period_day(&span, 4, 3) == 120, "periods end with their months");
	ok(backtest_span_init(&span, span.cutoff, span.through, 1, 0) == LOYALTY_OK && span.cutoff == 30 && span.through == 120,
	   "ends of months stay");
	ok(backtest_span_init(&span, 40, 50, 1, 0) == LOYALTY_OK && span.horizon == 0, "no month ends between two days of one");
	ok(backtest_span_init(&span, CALENDAR_FIRST_DAY, 0, 12, 0) == LOYALTY_DATE_RANGE &&
	   backtest_span_init(&span, 0, CALENDAR_LAST_DAY + 1, 0, 0) == LOYALTY_DATE_RANGE, "days beyond the calendar are refused");
}

/* a packed digest of days with one order of 10 units each, and a return of 3 on the day after the last */
static void
test_gathering(void)
{
	static const int32_t days[] = {-20, -19, -7, 0, 1, 8, 15, 16};
	size_t		count = sizeof(days) / sizeof(*days);
	purchase_log *log = malloc(purchase_log_size((uint32_t) count + 1, true));
	purchase_packing plan;
	purchase_view view;
	uint8_t    *bytes;
	backtest_span span;
	backtest_customer customer = {0};
	int64_t		tally[6] = {0};

	purchase_log_init(log, true);
	for (size_t i = 0; i <= count; i++)
	{
		purchase_day day = {i < count ? days[i] : 9, i < count, i < count ? 1050 : -300};

		if (purchase_log_add_day(log, (uint32_t) count + 1, day, 2, 2) != LOYALTY_OK)
			abort();
	}
	if (purchase_log_order(log) != LOYALTY_OK)
		abort();
	purchase_digest_plan(log, &plan);
	bytes = malloc(plan.size);
	purchase_digest_pack(log, &plan, bytes);
	if (purchase_view_open(bytes, plan.size, &view) != LOYALTY_OK)
		abort();

	backtest_span_init(&span, CUTOFF, 15, 0, 0);
	ok(backtest_customer_read(&view, &span, &customer, tally) == LOYALTY_OK && customer.purchases == 3,
	   "purchase days after the cutoff are counted, to the end of the holdout");
	ok(customer.spend == 285 && customer.scale == 1, "their spend is net of returns, at the least scale");
	ok(tally[5] == 1 && tally[4] == 1 && tally[3] == 1 && tally[2] == 1 && tally[1] == 1 && tally[0] == 1,
	   "each week has its purchases, the first of all left out");

	memset(tally, 0, sizeof(tally));
	backtest_span_init(&span, -1, 15, 0, 7);
	ok(backtest_customer_read(&view, &span, &customer, tally) == LOYALTY_OK && span.cutoff == -6 &&
	   customer.purchases == 3 && tally[0] == 1 && tally[1] == 1 && tally[2] == 1,
	   "an opportunity counts once, however often it is used: four days in three weeks");
	free(bytes);
	free(log);

	ok(backtest_customer_spend(&customer, (decimal_wide) INT64_MAX * 10, 0) == LOYALTY_AMOUNT_OVERFLOW &&
	   backtest_customer_spend(&customer, (decimal_wide) INT64_MAX * 10, 1) == LOYALTY_OK,
	   "spend beyond 64 bits is refused");
}

static backtest_customer
random_customer(void)
{
	backtest_customer customer = {0};

	customer.tenure = (int32_t) tap_between(0, 60);
	customer.t_x = (int32_t) tap_between(0, customer.tenure);
	customer.x = customer.t_x > 0 ? (int32_t) tap_between(1, customer.t_x < 9 ? customer.t_x : 9) : 0;
	customer.mean = customer.x > 0 ? (double) tap_between(0, 400) / 4 : 0;
	customer.purchases = (int32_t) tap_between(0, 3);
	backtest_customer_spend(&customer, tap_between(-100, 10000), 2);
	return customer;
}

static int
same_order(const void *a, const void *b)
{
	const backtest_customer *x = a;
	const backtest_customer *y = b;

#define BY(field) if (x->field != y->field) return x->field < y->field ? -1 : 1
	BY(x);
	BY(t_x);
	BY(tenure);
	BY(mean);
	BY(purchases);
	BY(scale);
	BY(spend);
	return 0;
}

static void
test_order(void)
{
	static const size_t sizes[] = {0, 1, 2, 100, 256, 257, MOST};
	bool		all = true;

	for (size_t round = 0; round < sizeof(sizes) / sizeof(*sizes); round++)
	{
		size_t		n = sizes[round];
		backtest_customer *customers = malloc((n + 1) * sizeof(*customers));
		backtest_customer *wanted = malloc((n + 1) * sizeof(*customers));
		int64_t    *scratch = malloc((BACKTEST_ORDER_WORDS * n + 1) * sizeof(*scratch));

		for (size_t i = 0; i < n; i++)
			customers[i] = wanted[i] = random_customer();
		qsort(wanted, n, sizeof(*wanted), same_order);
		clv_backtest_order(customers, n, scratch, NULL);
		all = all && memcmp(customers, wanted, n * sizeof(*customers)) == 0;
		free(customers);
		free(wanted);
		free(scratch);
	}
	ok(all, "customers are put in one order, few and many");
}

static clv_model
a_model(void)
{
	static const double process[] = {0.4, 15, 0.8, 2.5};
	static const double spend[] = {6, 4, 15};
	clv_model	model = {0};

	clv_model_init(&model, clv_kind_named("mbg_nbd"));
	model.has_as_of = 1;
	model.as_of = CUTOFF;
	model.process.state = model.spend.state = CLV_GIVEN;
	model.process.parameters = 4;
	model.spend.parameters = 3;
	memcpy(model.process.estimate, process, sizeof(process));
	memcpy(model.spend.estimate, spend, sizeof(spend));
	return model;
}

/* what judging must come to, written out */
static void
test_judging(void)
{
	int32_t		periods = 3 + 9;
	clv_backtest *log = make_log(periods, MOST, 15);
	clv_backtest *judged = calloc(1, backtest_result_size(periods));
	backtest_result *result = backtest_result_of(judged);
	backtest_customer *customers = backtest_customers(log);
	backtest_span span;
	int64_t    *scratch = malloc(BACKTEST_ORDER_WORDS * MOST * sizeof(*scratch));
	double	   *numbers;
	double		sums[8] = {0};
	double		track = 0;
	int64_t		actual = 0;
	int64_t		before = 0;
	decimal_wide spend = 0;
	lifetime_future future;
	backtest_class one;

	log->display = 2;
	for (int i = 0; i < MOST; i++)
		customers[i] = random_customer();
	customers[0].tenure = 60;
	clv_backtest_order(customers, MOST, scratch, NULL);
	for (int i = 0; i < MOST; i++)
	{
		actual += customers[i].purchases;
		before += customers[i].x;
	}
	backtest_tally(log)[0] = actual;
	backtest_tally(log)[periods - 1] = before;
	backtest_span_init(&span, CUTOFF, 15, 0, 0);
	ok(clv_backtest_check_log(log, &span) == NULL, "a log keeps its invariants");

	result->model = a_model();
	judged->display = 2;
	judged->periods = periods;
	judged->customers = MOST;
	numbers = malloc(clv_backtest_scratch(&span, MOST, periods) * sizeof(*numbers));
	clv_backtest_judge(log, &span, numbers, NULL, result);
	clv_backtest_track(log, &span, numbers, NULL, result);
	ok(clv_backtest_check_result(judged, &span) == NULL, "a result keeps its invariants");

	for (int i = 0; i < MOST; i++)
	{
		const backtest_customer *customer = &customers[i];
		lifetime_history history = {customer->x, customer->t_x, customer->tenure};
		lifetime_history newly = {0, 0, 0};
		spend_expectation value;
		double		naive = customer->tenure > 0 ? customer->x * 15.0 / customer->tenure : 0;
		double		error;

		lifetime_forecast(&mbg_nbd, result->model.process.estimate, &history, 15, 0, false, &future);
		gamma_gamma_expect(result->model.spend.estimate, customer->x, customer->mean, &value);
		sums[0] += fabs(future.mean - customer->purchases);
		sums[1] += (future.mean - customer->purchases) * (future.mean - customer->purchases);
		sums[2] += fabs(naive - customer->purchases);
		sums[3] += future.mean * value.mean;
		sums[4] += naive * customer->mean;
		error = future.mean * value.mean - decimal_to_double(customer->spend, customer->scale);
		sums[5] += error * error;
		if (customer->x == 2)
		{
			sums[6] += future.mean;
			sums[7]++;
		}
		spend += customer->spend * decimal_power10[2 - customer->scale];
		lifetime_forecast(&mbg_nbd, result->model.process.estimate, &newly, customer->tenure + 7, 0, false, &future);
		track += future.mean;
	}
	near(result->purchases[BACKTEST_MODEL].mae, sums[0] / MOST, 1e-12, "mean absolute error of the model");
	near(result->purchases[BACKTEST_MODEL].rmse, sqrt(sums[1] / MOST), 1e-12, "root mean squared error of the model");
	near(result->purchases[BACKTEST_NAIVE].mae, sums[2] / MOST, 1e-12, "mean absolute error of the naive forecast");
	near(result->expected_spend, sums[3], 1e-12, "spend expected by the model");
	near(result->naive_spend, sums[4], 1e-12, "spend expected by the naive forecast");
	near(result->spends[BACKTEST_MODEL].rmse, sqrt(sums[5] / MOST), 1e-12, "root mean squared error of the spend");
	near(result->classes[2].expected, sums[6], 1e-12, "expected in the class of frequency 2");
	ok((double) result->classes[2].customers == sums[7], "and its customers");
	ok(result->spend == spend, "the spend is exact");
	ok(result->track[periods - 1].actual == actual + before, "the tracking ends with all purchases");
	near(result->track[periods - 3].expected, track, 1e-12, "a week after the cutoff each new customer has bought for tenure + 7 days");

	one = result->classes[0];
	result->classes[0].actual++;
	ok(clv_backtest_check_result(judged, &span) != NULL, "classes and tracking must agree");
	result->classes[0] = one;
	result->classes[0].expected = NAN;
	ok(clv_backtest_check_result(judged, &span) != NULL, "what one class expects all must");
	result->classes[0] = one;
	result->track[3].expected = result->track[4].expected + 1;
	ok(clv_backtest_check_result(judged, &span) != NULL, "cumulated numbers do not fall");

	result->model.process.state = CLV_FAILED;
	result->model.process.customers = MOST;
	clv_backtest_judge(log, &span, numbers, NULL, result);
	clv_backtest_track(log, &span, numbers, NULL, result);
	ok(isnan(result->classes[0].expected) && isnan(result->expected_spend) && isnan(result->track[0].expected) &&
	   result->purchases[BACKTEST_NAIVE].mae > 0 && result->track[periods - 1].actual == actual + before,
	   "a model that failed expects nothing; what happened, and the naive forecast, are there");
	ok(clv_backtest_check_result(judged, &span) == NULL, "and that is a result too");

	backtest_tally(log)[0]++;
	ok(clv_backtest_check_log(log, &span) != NULL, "purchases of the periods must be those of the customers");
	backtest_tally(log)[0]--;
	customers[MOST - 1].t_x = customers[MOST - 1].tenure + 1;
	ok(clv_backtest_check_log(log, &span) != NULL, "a recency beyond the tenure is seen");
	free(numbers);
	free(scratch);
	free(judged);
	free(log);
}

/* forecasts that are all the same have no correlation; nobody has no error */
static void
test_limits(void)
{
	clv_backtest *log = make_log(1, 2, 7);
	backtest_result *result = calloc(1, sizeof(backtest_result) + sizeof(backtest_period));
	backtest_customer *customers = backtest_customers(log);
	double		numbers[32];
	backtest_span span;

	backtest_span_init(&span, CUTOFF, 7, 0, 0);
	customers[1].purchases = 1;
	result->model = a_model();
	clv_backtest_judge(log, &span, numbers, NULL, result);
	ok(isnan(result->purchases[BACKTEST_MODEL].correlation) && result->purchases[BACKTEST_NAIVE].mae == 0.5,
	   "forecasts that are all the same have no correlation");
	log->customers = 0;
	clv_backtest_judge(log, &span, numbers, NULL, result);
	ok(isnan(result->purchases[BACKTEST_NAIVE].mae) && result->naive_spend == 0, "nobody has no error");
	free(log);
	free(result);
}

static void
test_wide_decimals(void)
{
	static const char *const bad[] = {"", "-", ".", "5.", ".5", "1.2345", "1e5", "--1", "1.2.3", " 1"};
	char		text[DECIMAL_TEXT_SIZE];
	bool		all = true;
	decimal_wide units;

	for (int round = 0; round < 1000; round++)
	{
		decimal_wide wanted = (decimal_wide) (int64_t) tap_random() * tap_between(1, INT64_MAX);
		int			scale = (int) tap_between(0, 6);

		decimal_to_text(wanted, scale, text);
		all = all && decimal_wide_from_text(text, scale, &units) == LOYALTY_OK && units == wanted;
	}
	ok(all, "wide decimals go out as text and come in");
	ok(decimal_wide_from_text("-1.5", 3, &units) == LOYALTY_OK && units == -1500, "fewer decimals are filled up");
	all = true;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		all = all && decimal_wide_from_text(bad[i], 3, &units) == LOYALTY_SYNTAX;
	ok(all, "what is no decimal is refused");
	ok(decimal_wide_from_text("-170141183460469231731687303715884105728", 0, &units) == LOYALTY_OK &&
	   decimal_wide_from_text("170141183460469231731687303715884105728", 0, &units) == LOYALTY_AMOUNT_OVERFLOW &&
	   decimal_wide_from_text("17014118346046923173168730371588410572.8", 6, &units) == LOYALTY_AMOUNT_OVERFLOW,
	   "so is what does not fit");
}

static void
test_calendar_steps(void)
{
	static const int32_t steps[][2] = {{1, 0}, {3, 0}, {12, 0}, {7, 0}, {0, 1}, {0, 7}, {0, 30}};
	bool		all = true;

	for (int round = 0; round < 10000; round++)
	{
		int32_t		day = (int32_t) tap_between(-900000, 900000);
		const int32_t *step = steps[round % 7];
		int32_t		at = calendar_step(day, step[0], step[1]);
		int64_t		first = calendar_step_first(at, step[0], step[1]);

		all = all && first <= day && calendar_step_first(at + 1, step[0], step[1]) > day &&
			calendar_step((int32_t) first, step[0], step[1]) == at;
	}
	ok(all, "a step begins on its first day and ends before the next one's");
}

int
main(void)
{
	tap_seed();
	test_time();
	test_gathering();
	test_order();
	test_judging();
	test_limits();
	test_wide_decimals();
	test_calendar_steps();
	return done();
}
