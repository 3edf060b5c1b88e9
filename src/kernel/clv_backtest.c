/*
 * clv_backtest.c
 *		Gathering what customers did before and after the cutoff, and judging a
 *		model by it.
 */
#include "clv_backtest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "compensated_sum.h"
#include "key_sort.h"

#define WEEK		7
#define PAUSE_MASK	0x3FFF		/* customers between two pauses */
#define MOST_AMOUNT	1e19		/* 64 bits of money hold less */
#define MOST_FORECAST	1e150	/* sums of its squares are numbers */

/* ---------- time ---------- */

static int32_t
unit_of(const backtest_span *span, int32_t day)
{
	return span->period == 1 ? calendar_step(day, span->step_months, span->step_days) : day;
}

/* the last day of the last step that was over at the end of this day */
static int64_t
last_day_over(int32_t day, int32_t months, int32_t days)
{
	return calendar_step_first(calendar_step(day + 1, months, days), months, days) - 1;
}

loyalty_status
backtest_span_init(backtest_span *span, int32_t cutoff, int32_t through, int32_t step_months, int32_t step_days)
{
	int64_t		first = cutoff;
	int64_t		last = through;

	if (!calendar_day_is_valid(cutoff) || !calendar_day_is_valid(through))
		return LOYALTY_DATE_RANGE;
	span->step_months = step_months;
	span->step_days = step_days;
	span->period = WEEK;
	if (step_months || step_days)
	{
		span->period = 1;
		first = last_day_over(cutoff, step_months, step_days);
		last = last_day_over(through, step_months, step_days);
		if (first < CALENDAR_FIRST_DAY || last < CALENDAR_FIRST_DAY)
			return LOYALTY_DATE_RANGE;
	}
	span->cutoff = (int32_t) first;
	span->through = (int32_t) last;
	span->unit = unit_of(span, span->cutoff);
	span->horizon = unit_of(span, span->through) - span->unit;
	return LOYALTY_OK;
}

static int64_t
periods_of(const backtest_span *span, int32_t units)
{
	return ((int64_t) units + span->period - 1) / span->period;
}

int32_t
backtest_holdout_periods(const backtest_span *span)
{
	return (int32_t) periods_of(span, span->horizon);
}

int64_t
backtest_tenure_periods(const backtest_span *span, int32_t tenure)
{
	return periods_of(span, tenure);
}

int32_t
backtest_period_end(const backtest_span *span, int32_t periods, int32_t i)
{
	int32_t		end = (i + 1 - (periods - backtest_holdout_periods(span))) * span->period;

	return end < span->horizon ? end : span->horizon;
}

int32_t
backtest_period_day(const backtest_span *span, int32_t periods, int32_t i)
{
	int32_t		end = backtest_period_end(span, periods, i);

	return span->period == 1 ?
		(int32_t) (calendar_step_first(span->unit + end + 1, span->step_months, span->step_days) - 1) :
		span->cutoff + end;
}

/* the place in a tally of the period in which a unit lies, counted from the cutoff */
static int32_t
tally_place(const backtest_span *span, int32_t offset)
{
	int32_t		period = offset > 0 ? (int32_t) periods_of(span, offset) : -(-offset / span->period);

	return backtest_holdout_periods(span) - period;
}

/* ---------- gathering ---------- */

loyalty_status
backtest_customer_spend(backtest_customer *customer, decimal_wide units, int scale)
{
	while (scale > 0 && units % 10 == 0)
	{
		units /= 10;
		scale--;
	}
	if (units < INT64_MIN || units > INT64_MAX)
		return LOYALTY_AMOUNT_OVERFLOW;
	customer->spend = (int64_t) units;
	customer->scale = scale;
	return LOYALTY_OK;
}

/*
 * Only units after the one before are counted: so, whatever damage a stored
 * digest has taken, no place lies outside a tally that reaches back to the
 * first purchase.
 */
loyalty_status
backtest_customer_read(const purchase_view *view, const backtest_span *span,
					   backtest_customer *customer, int64_t *tally)
{
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;
	bool		known = false;
	int32_t		last = 0;
	decimal_wide spend = 0;

	customer->purchases = 0;
	while (purchase_next(&cursor, &day) && day.day <= span->through)
	{
		int32_t		unit;

		if (day.day > span->cutoff)
			spend += day.amount;
		if (day.orders == 0)
			continue;
		unit = unit_of(span, day.day);
		if (known && unit > last)
		{
			int32_t		offset = unit - span->unit;

			tally[tally_place(span, offset)]++;
			customer->purchases += offset > 0;
		}
		if (!known || unit > last)
			last = unit;
		known = true;
	}
	return backtest_customer_spend(customer, spend, view->scale);
}

/* ---------- order ---------- */

#define ORDER_COLUMNS	5

/* the columns of the canonical order, the least significant first */
static int64_t
order_key(const backtest_customer *customer, int column)
{
	switch (column)
	{
		case 0:
			return customer->spend;
		case 1:
			return (int64_t) customer->purchases << 32 | customer->scale;
		case 2:
			return double_key(customer->mean);
		case 3:
			return customer->tenure;
		default:
			return (int64_t) customer->x << 32 | customer->t_x;
	}
}

static int
compare_customers(const void *a, const void *b)
{
	for (int column = ORDER_COLUMNS - 1; column >= 0; column--)
	{
		int64_t		x = order_key(a, column);
		int64_t		y = order_key(b, column);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

void
clv_backtest_order(backtest_customer *customers, size_t n, int64_t *scratch, const history_pause *pause)
{
	int64_t    *order = scratch;
	backtest_customer *sorted = (backtest_customer *) (scratch + 4 * n);

	if (n <= KEY_SORT_SMALL)
	{
		qsort(customers, n, sizeof(backtest_customer), compare_customers);
		return;
	}
	for (size_t i = 0; i < n; i++)
		order[2 * i + 1] = (int64_t) i;
	for (int column = 0; column < ORDER_COLUMNS; column++)
	{
		key_sort	sort;

		for (size_t i = 0; i < n; i++)
			order[2 * i] = order_key(&customers[order[2 * i + 1]], column);
		key_sort_begin(&sort, order, scratch + 2 * n, n, 2);
		while (key_sort_step(&sort))
			history_pause_now(pause);
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = customers[order[2 * i + 1]];
	memcpy(customers, sorted, n * sizeof(backtest_customer));
}

/* ---------- what may come from outside ---------- */

static bool
customer_valid(const backtest_customer *customer, const backtest_span *span, int display)
{
	return customer->x >= 0 && customer->x <= customer->t_x && customer->t_x <= customer->tenure &&
		(customer->x > 0) == (customer->t_x > 0) &&
		customer->purchases >= 0 && customer->purchases <= span->horizon &&
		customer->mean >= 0 && customer->mean < MOST_AMOUNT && (customer->x > 0 || customer->mean == 0) &&
		customer->scale >= 0 && customer->scale <= display &&
		(customer->scale == 0 || customer->spend % 10 != 0);
}

const char *
clv_backtest_check_log(const clv_backtest *log, const backtest_span *span)
{
	const backtest_customer *customers = backtest_customers(log);
	const int64_t *tally = backtest_tally(log);
	int32_t		holdout = backtest_holdout_periods(span);
	int64_t		before = 0;
	int64_t		after = 0;
	int64_t		most = holdout;

	if (log->display > DECIMAL_MAX_SCALE)
		return "Its money has too many decimals.";
	for (int64_t i = 0; i < log->customers; i++)
	{
		int64_t		periods = holdout + backtest_tenure_periods(span, customers[i].tenure);

		if (!customer_valid(&customers[i], span, log->display) || periods > log->periods)
			return "A customer is out of range.";
		if (periods > most)
			most = periods;
		before += customers[i].x;
		after += customers[i].purchases;
	}
	if (most != log->periods)
		return "The periods do not begin with the first customer.";
	for (int32_t i = 0; i < log->periods; i++)
	{
		int64_t    *rest = i < holdout ? &after : &before;

		if (tally[i] < 0 || tally[i] > *rest)
			return "The purchases of the periods are not those of the customers.";
		*rest -= tally[i];
	}
	return before == 0 && after == 0 ? NULL : "The purchases of the periods are not those of the customers.";
}

static bool
is_known(double value)
{
	return !isnan(value);
}

/* known where it has to be, not where it must not be, and a finite number */
static bool
amount_valid(double value, bool known)
{
	return is_known(value) == known && (!known || (isfinite(value) && value >= 0));
}

static bool
accuracy_valid(const backtest_accuracy *accuracy, bool known)
{
	return amount_valid(accuracy->mae, known) && amount_valid(accuracy->rmse, known) &&
		(!is_known(accuracy->correlation) || (known && fabs(accuracy->correlation) <= 1));
}

const char *
clv_backtest_check_result(const clv_backtest *backtest, const backtest_span *span)
{
	const backtest_result *result = backtest_result_of(backtest);
	int32_t		holdout = backtest_holdout_periods(span);
	bool		any = backtest->customers > 0;
	bool		expects = is_known(result->classes[0].expected);
	bool		values = is_known(result->expected_spend);
	bool		tracks;
	int64_t		customers = 0;
	int64_t		actual = 0;
	backtest_period before = {0, 0};

	if (backtest->display > DECIMAL_MAX_SCALE)
		return "Its money has too many decimals.";
	if ((expects && !clv_half_answers(&result->model.process)) ||
		(values && !(expects && clv_half_answers(&result->model.spend))))
		return "It expects what its model does not say.";
	if (backtest->periods < holdout)
		return "It does not track the whole holdout.";
	tracks = is_known(result->track[0].expected);
	if (tracks && !expects)
		return "It expects what its model does not say.";
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		const backtest_class *class = &result->classes[i];

		if (class->customers < 0 || class->customers > backtest->customers - customers ||
			class->actual < 0 || class->actual / span->horizon > class->customers ||
			!amount_valid(class->expected, expects) || !amount_valid(class->naive, true) ||
			(class->customers == 0 && (class->actual > 0 || class->expected > 0 || class->naive > 0)))
			return "A frequency class is out of range.";
		customers += class->customers;
		actual += class->actual;
	}
	if (customers != backtest->customers ||
		(result->model.process.state != CLV_GIVEN && result->model.process.customers != (double) customers))
		return "The frequency classes have other customers.";
	for (int32_t i = 0; i < backtest->periods; i++)
	{
		const backtest_period *period = &result->track[i];

		if (period->actual < before.actual || !amount_valid(period->expected, expects) ||
			period->expected < before.expected)
			return "The tracking is out of range.";
		if (i == backtest->periods - holdout)
			actual += before.actual;
		before = *period;
	}
	if (before.actual != actual)
		return "The tracking has other purchases than the frequency classes.";
	if (!accuracy_valid(&result->purchases[BACKTEST_MODEL], any && expects) ||
		!accuracy_valid(&result->purchases[BACKTEST_NAIVE], any) ||
		!accuracy_valid(&result->spends[BACKTEST_MODEL], any && values) ||
		!accuracy_valid(&result->spends[BACKTEST_NAIVE], any) ||
		!amount_valid(result->expected_spend, values) || !amount_valid(result->naive_spend, true))
		return "A figure is out of range.";
	return NULL;
}

/* ---------- judging ---------- */

/* three numbers for each customer; those who came at each time, and what is expected after each */
size_t
clv_backtest_scratch(const backtest_span *span, size_t customers, int32_t periods)
{
	size_t		units = (size_t) periods * (size_t) span->period + 1;

	return 3 * customers > 2 * units ? 3 * customers : 2 * units;
}

/* the customer's own past rate, going on through the holdout */
static double
naive_purchases(const backtest_customer *customer, const backtest_span *span)
{
	return customer->tenure > 0 ? (double) customer->x / customer->tenure * span->horizon : 0;
}

static double
naive_spend(const backtest_customer *customer, const backtest_span *span)
{
	return customer->tenure > 0 ? (double) customer->x / customer->tenure * span->horizon * customer->mean : 0;
}

static lifetime_history
history_of(const backtest_customer *customer, double unit)
{
	lifetime_history history = {customer->x, customer->t_x / unit, customer->tenure / unit};

	return history;
}

/* what the model expects of each; false where it does not say */
static bool
expect_purchases(const clv_model *model, const backtest_customer *customers, size_t n, double horizon,
				 const history_pause *pause, double *expected)
{
	if (!clv_half_answers(&model->process))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		const backtest_customer *customer = &customers[i];
		lifetime_history history = history_of(customer, model->unit_days);
		lifetime_future future;

		if ((i & PAUSE_MASK) == PAUSE_MASK)
			history_pause_now(pause);
		/* in order, equal histories follow each other */
		if (i > 0 && customer->x == customer[-1].x && customer->t_x == customer[-1].t_x &&
			customer->tenure == customer[-1].tenure)
		{
			expected[i] = expected[i - 1];
			continue;
		}
		lifetime_forecast(clv_model_process(model), model->process.estimate, &history,
						  horizon / model->unit_days, 0, false, &future);
		if (!(future.mean < MOST_FORECAST))
			return false;
		expected[i] = future.mean;
	}
	return true;
}

/* likewise of what they spend, from the purchases expected */
static bool
expect_spend(const clv_model *model, const backtest_customer *customers, size_t n,
			 const history_pause *pause, const double *expected, double *forecast)
{
	if (!clv_half_answers(&model->spend))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		spend_expectation spend;

		if ((i & PAUSE_MASK) == PAUSE_MASK)
			history_pause_now(pause);
		if (!gamma_gamma_expect(model->spend.estimate, customers[i].x, customers[i].mean, &spend) ||
			!(spend.mean * expected[i] < MOST_FORECAST))
			return false;
		forecast[i] = spend.mean * expected[i];
	}
	return true;
}

static const backtest_accuracy unknown_accuracy = {NAN, NAN, NAN};

/* forecast and actual of each customer, compared; total: of the forecasts */
static backtest_accuracy
compare(const double *forecast, const double *actual, size_t n, double *total)
{
	backtest_accuracy accuracy = unknown_accuracy;
	compensated_sum sums[2] = {{0, 0}, {0, 0}};
	compensated_sum absolute = {0, 0};
	compensated_sum squared = {0, 0};
	compensated_sum products[3] = {{0, 0}, {0, 0}, {0, 0}};
	double		means[2];
	bool		vary[2] = {false, false};

	for (size_t i = 0; i < n; i++)
	{
		double		error = forecast[i] - actual[i];

		compensated_add(&sums[0], forecast[i]);
		compensated_add(&sums[1], actual[i]);
		compensated_add(&absolute, fabs(error));
		compensated_add(&squared, error * error);
		vary[0] |= forecast[i] != forecast[0];
		vary[1] |= actual[i] != actual[0];
	}
	*total = compensated_value(&sums[0]);
	if (n == 0)
		return accuracy;
	accuracy.mae = compensated_value(&absolute) / (double) n;
	accuracy.rmse = sqrt(compensated_value(&squared) / (double) n);
	if (!vary[0] || !vary[1])
		return accuracy;

	means[0] = compensated_value(&sums[0]) / (double) n;
	means[1] = compensated_value(&sums[1]) / (double) n;
	for (size_t i = 0; i < n; i++)
	{
		double		f = forecast[i] - means[0];
		double		a = actual[i] - means[1];

		compensated_add(&products[0], f * f);
		compensated_add(&products[1], a * a);
		compensated_add(&products[2], f * a);
	}
	accuracy.correlation = compensated_value(&products[2]) /
		(sqrt(compensated_value(&products[0])) * sqrt(compensated_value(&products[1])));
	if (fabs(accuracy.correlation) > 1)
		accuracy.correlation = accuracy.correlation > 0 ? 1 : -1;
	return accuracy;
}

/* expected: of each customer, or NULL where the model does not say */
static void
judge_classes(const backtest_customer *customers, size_t n, const backtest_span *span,
			  const double *expected, backtest_class *classes)
{
	compensated_sum sums[BACKTEST_CLASSES][BACKTEST_FORECASTS] = {{{0, 0}}};

	for (int i = 0; i < BACKTEST_CLASSES; i++)
		classes[i].customers = classes[i].actual = 0;
	for (size_t i = 0; i < n; i++)
	{
		int			class = customers[i].x < BACKTEST_CLASSES ? customers[i].x : BACKTEST_CLASSES - 1;

		classes[class].customers++;
		classes[class].actual += customers[i].purchases;
		if (expected)
			compensated_add(&sums[class][BACKTEST_MODEL], expected[i]);
		compensated_add(&sums[class][BACKTEST_NAIVE], naive_purchases(&customers[i], span));
	}
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		classes[i].expected = expected ? compensated_value(&sums[i][BACKTEST_MODEL]) : NAN;
		classes[i].naive = compensated_value(&sums[i][BACKTEST_NAIVE]);
	}
}

void
clv_backtest_judge(const clv_backtest *log, const backtest_span *span, double *scratch,
				   const history_pause *pause, backtest_result *result)
{
	const backtest_customer *customers = backtest_customers(log);
	const clv_model *model = &result->model;
	size_t		n = (size_t) log->customers;
	double	   *expected = scratch;
	double	   *actual = scratch + n;
	double	   *forecast = scratch + 2 * n;
	bool		expects = expect_purchases(model, customers, n, span->horizon, pause, expected);
	double		total;

	judge_classes(customers, n, span, expects ? expected : NULL, result->classes);
	history_pause_now(pause);

	for (size_t i = 0; i < n; i++)
	{
		actual[i] = customers[i].purchases;
		forecast[i] = naive_purchases(&customers[i], span);
	}
	result->purchases[BACKTEST_MODEL] = expects ? compare(expected, actual, n, &total) : unknown_accuracy;
	result->purchases[BACKTEST_NAIVE] = compare(forecast, actual, n, &total);
	history_pause_now(pause);

	result->spend = 0;
	for (size_t i = 0; i < n; i++)
	{
		result->spend += (decimal_wide) customers[i].spend * decimal_power10[log->display - customers[i].scale];
		actual[i] = decimal_to_double(customers[i].spend, customers[i].scale);
		forecast[i] = naive_spend(&customers[i], span);
	}
	result->spends[BACKTEST_NAIVE] = compare(forecast, actual, n, &result->naive_spend);
	history_pause_now(pause);

	result->spends[BACKTEST_MODEL] = unknown_accuracy;
	result->expected_spend = NAN;
	if (expects && expect_spend(model, customers, n, pause, expected, forecast))
		result->spends[BACKTEST_MODEL] = compare(forecast, actual, n, &result->expected_spend);
}

/* E[X(t)] of a new customer, looked up once for each t */
static double
expect_new(const clv_model *model, int32_t units, double *known)
{
	static const lifetime_history new_customer = {0, 0, 0};
	lifetime_future future;

	if (!is_known(known[units]))
	{
		lifetime_forecast(clv_model_process(model), model->process.estimate, &new_customer,
						  units / model->unit_days, 0, false, &future);
		known[units] = future.mean;
	}
	return known[units];
}

void
clv_backtest_track(const clv_backtest *log, const backtest_span *span, double *scratch,
				   const history_pause *pause, backtest_result *result)
{
	const backtest_customer *customers = backtest_customers(log);
	const int64_t *tally = backtest_tally(log);
	size_t		units = (size_t) log->periods * (size_t) span->period + 1;
	double	   *births = scratch;	/* customers by tenure */
	double	   *known = scratch + units;
	bool		expects = is_known(result->classes[0].expected);
	int32_t		longest = 0;
	int64_t		actual = 0;
	double		expected = 0;

	for (size_t i = 0; i < units; i++)
	{
		births[i] = 0;
		known[i] = NAN;
	}
	for (int64_t i = 0; i < log->customers; i++)
	{
		births[customers[i].tenure]++;
		if (customers[i].tenure > longest)
			longest = customers[i].tenure;
	}

	for (int32_t i = 0; i < log->periods; i++)
	{
		int32_t		end = backtest_period_end(span, log->periods, i);
		compensated_sum sum = {0, 0};

		actual += tally[log->periods - 1 - i];
		for (int32_t tenure = end < 0 ? 1 - end : 0; expects && tenure <= longest; tenure++)
		{
			if ((tenure & 0xFF) == 0xFF)
				history_pause_now(pause);
			if (births[tenure] > 0)
				compensated_add(&sum, births[tenure] * expect_new(&result->model, tenure + end, known));
		}
		/* the rounding of a sum must not make it fall */
		if (!(compensated_value(&sum) <= expected))
			expected = compensated_value(&sum);
		result->track[i].actual = actual;
		result->track[i].expected = expected;
	}
	if (!expects || !isfinite(expected))
		for (int32_t i = 0; i < log->periods; i++)
			result->track[i].expected = NAN;
}
