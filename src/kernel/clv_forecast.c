/*
 * clv_forecast.c
 *		Forecasts of customers, and of groups of them.
 */
#include "clv_forecast.h"

#include <math.h>
#include <string.h>

#include "calendar.h"

/*
 * The step of the central differences, in a logarithm.  They are off by its
 * square, 2e-10, times a third derivative, and by rounding errors of 1e-14
 * divided by it, 7e-10.
 */
#define STEP	0x1p-16

/* ---------- one customer ---------- */

static inline bool
has_gradient(const clv_half *half, int parameter)
{
	return half->has_covariance && !half->fixed[parameter];
}

/* of E[D] by the logarithm of one parameter */
static double
process_slope(const clv_model *model, int parameter, const lifetime_history *history, double horizon, double rate)
{
	const lifetime_model *process = clv_model_process(model);
	double		parameters[CLV_PARAMETERS];
	double		mean[2];

	memcpy(parameters, model->process.estimate, sizeof(parameters));
	for (int side = 0; side < 2; side++)
	{
		lifetime_future future;

		parameters[parameter] = model->process.estimate[parameter] * exp(side == 0 ? -STEP : STEP);
		lifetime_forecast(process, parameters, history, horizon, rate, false, &future);
		mean[side] = future.mean;
	}
	return (mean[1] - mean[0]) / (2 * STEP);
}

bool
clv_forecast_customer(const clv_model *model, const lifetime_history *history,
					  double repeats, double mean, double horizon, double rate,
					  customer_forecast *customer)
{
	const clv_half *process = &model->process;
	const clv_half *spend = &model->spend;
	bool		money = spend->state != CLV_ABSENT;
	spend_expectation worth = {1, 1, 0};	/* of a purchase that is counted, not priced */
	lifetime_future future;

	if (!clv_half_answers(process) ||
		(money && !(clv_half_answers(spend) && gamma_gamma_expect(spend->estimate, repeats, mean, &worth))))
		return false;
	lifetime_forecast(clv_model_process(model), process->estimate, history, horizon, rate, true, &future);

	memset(customer, 0, sizeof(*customer));
	customer->value = worth.mean * future.mean;
	/* one who will not buy is worth nothing for certain, however uncertain a purchase's worth */
	if (future.second != 0)
		customer->variance = isinf(worth.variance) ? INFINITY :
			future.squares * worth.variance + future.second * worth.mean_square - customer->value * customer->value;
	/* rounding errors; what is no number stays none */
	if (customer->variance < 0)
		customer->variance = 0;
	for (int i = 0; i < process->parameters; i++)
		if (has_gradient(process, i))
			customer->process_gradient[i] = worth.mean * process_slope(model, i, history, horizon, rate);
	if (money)
	{
		/* of ln E[p/nu] = ln p + ln(gamma + x mean) - ln(p x + q - 1) */
		double		p = spend->estimate[SPEND_P];
		double		q = spend->estimate[SPEND_Q];
		double		gamma = spend->estimate[SPEND_GAMMA];
		double		over = p * repeats + (q - 1);
		double		slope[SPEND_PARAMETERS];

		slope[SPEND_P] = (q - 1) / over;
		slope[SPEND_Q] = -q / over;
		slope[SPEND_GAMMA] = repeats > 0 ? gamma / (gamma + repeats * mean) : 1;
		for (int i = 0; i < SPEND_PARAMETERS; i++)
			if (has_gradient(spend, i))
				customer->spend_gradient[i] = customer->value * slope[i];
	}
	return true;
}

/* ---------- adding ---------- */

void
clv_forecast_init(clv_forecast *forecast, const clv_model *model, int32_t as_of, int32_t until, double discount)
{
	int32_t		length_word = forecast->length_word;

	memset(forecast, 0, sizeof(*forecast));
	forecast->length_word = length_word;
	forecast->version = CLV_FORECAST_VERSION;
	forecast->as_of = as_of;
	forecast->until = until;
	forecast->discount = discount;
	forecast->model = *model;
}

static loyalty_status
add_number(exact_sum *to, double number, loyalty_status before)
{
	if (before != LOYALTY_OK)
		return before;
	if (!(fabs(number) < EXACT_SUM_ADDEND))
		return LOYALTY_AMOUNT_OVERFLOW;
	return exact_sum_add(to, number);
}

/* all or nothing: the sums are changed in a copy */
loyalty_status
clv_forecast_add(clv_forecast *forecast, const customer_forecast *customer)
{
	clv_forecast changed = *forecast;
	loyalty_status status = forecast->customers < CLV_FORECAST_MOST ? LOYALTY_OK : LOYALTY_COUNT_OVERFLOW;

	changed.customers++;
	status = add_number(&changed.total, customer->value, status);
	if (isinf(customer->variance))
		changed.unbounded++;
	else
		status = add_number(&changed.variance, customer->variance, status);
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		status = add_number(&changed.process_gradient[i], customer->process_gradient[i], status);
		status = add_number(&changed.spend_gradient[i], customer->spend_gradient[i], status);
	}
	if (status == LOYALTY_OK)
		*forecast = changed;
	return status;
}

loyalty_status
clv_forecast_add_unanswered(clv_forecast *forecast)
{
	if (forecast->customers >= CLV_FORECAST_MOST)
		return LOYALTY_COUNT_OVERFLOW;
	forecast->customers++;
	forecast->unanswered++;
	return LOYALTY_OK;
}

loyalty_status
clv_forecast_add_left_out(clv_forecast *forecast)
{
	if (forecast->left_out >= CLV_FORECAST_MOST)
		return LOYALTY_COUNT_OVERFLOW;
	forecast->left_out++;
	return LOYALTY_OK;
}

loyalty_status
clv_forecast_join(clv_forecast *forecast, const clv_forecast *other)
{
	clv_forecast changed = *forecast;
	loyalty_status status;

	changed.customers += other->customers;
	changed.left_out += other->left_out;
	changed.unanswered += other->unanswered;
	changed.unbounded += other->unbounded;
	if (changed.customers > CLV_FORECAST_MOST || changed.left_out > CLV_FORECAST_MOST)
		return LOYALTY_COUNT_OVERFLOW;
	status = exact_sum_merge(&changed.total, &other->total);
	if (status == LOYALTY_OK)
		status = exact_sum_merge(&changed.variance, &other->variance);
	for (int i = 0; i < CLV_PARAMETERS && status == LOYALTY_OK; i++)
	{
		status = exact_sum_merge(&changed.process_gradient[i], &other->process_gradient[i]);
		if (status == LOYALTY_OK)
			status = exact_sum_merge(&changed.spend_gradient[i], &other->spend_gradient[i]);
	}
	if (status == LOYALTY_OK)
		*forecast = changed;
	return status;
}

bool
clv_forecast_alike(const clv_forecast *a, const clv_forecast *b)
{
	return a->as_of == b->as_of && a->until == b->until && a->discount == b->discount &&
		memcmp(&a->model, &b->model, sizeof(clv_model)) == 0;
}

/* ---------- check ---------- */

static bool
is_zero(const exact_sum *sum)
{
	static const exact_sum zero = {{0}};

	return memcmp(sum, &zero, sizeof(zero)) == 0;
}

static const char *
check_gradient(const clv_half *half, const exact_sum *gradient)
{
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		if (!exact_sum_valid(&gradient[i]))
			return "gradient is out of range";
		if (!is_zero(&gradient[i]) && !(i < half->parameters && has_gradient(half, i)))
			return "gradient is not that of its model";
	}
	return NULL;
}

const char *
clv_forecast_check(const clv_forecast *forecast)
{
	const char *wrong;

	if (forecast->version != CLV_FORECAST_VERSION)
		return "version is unknown";
	if (forecast->reserved[0] || forecast->reserved[1] || forecast->reserved[2])
		return "reserved bytes are in use";
	wrong = clv_model_check(&forecast->model);
	if (wrong)
		return wrong;
	if (!clv_model_process(&forecast->model))
		return "model is one of spend only";
	if (!calendar_day_is_valid(forecast->as_of) || !calendar_day_is_valid(forecast->until) ||
		forecast->until < forecast->as_of)
		return "horizon does not end at or after as_of";
	if (!(forecast->discount > -1 && isfinite(forecast->discount)))
		return "discount is not a finite rate above -1";
	if (forecast->customers < 0 || forecast->customers > CLV_FORECAST_MOST ||
		forecast->left_out < 0 || forecast->left_out > CLV_FORECAST_MOST ||
		forecast->unanswered < 0 || forecast->unanswered > forecast->customers ||
		forecast->unbounded < 0 || forecast->unbounded > forecast->customers - forecast->unanswered)
		return "number of customers is out of range";
	if (!exact_sum_valid(&forecast->total) || exact_sum_negative(&forecast->total))
		return "total is out of range";
	if (!exact_sum_valid(&forecast->variance) || exact_sum_negative(&forecast->variance))
		return "variance is out of range";
	wrong = check_gradient(&forecast->model.process, forecast->process_gradient);
	if (!wrong)
		wrong = check_gradient(&forecast->model.spend, forecast->spend_gradient);
	return wrong;
}

/* ---------- answers ---------- */

bool
clv_forecast_mean(const clv_forecast *forecast, double *total)
{
	*total = exact_sum_value(&forecast->total);
	return forecast->unanswered == 0;
}

bool
clv_forecast_customer_variance(const clv_forecast *forecast, double *variance)
{
	*variance = exact_sum_value(&forecast->variance);
	return forecast->unanswered == 0 && forecast->unbounded == 0;
}

/* g' C g of one half */
static double
half_variance(const clv_half *half, const exact_sum *gradient)
{
	double		g[CLV_PARAMETERS];
	double		variance = 0;

	/* by the parameters themselves, as the covariance is */
	for (int i = 0; i < half->parameters; i++)
		g[i] = exact_sum_value(&gradient[i]) / half->estimate[i];
	for (int i = 0; i < half->parameters; i++)
		for (int j = 0; j < half->parameters; j++)
			variance += g[i] * half->covariance[i][j] * g[j];
	return variance;
}

bool
clv_forecast_parameter_variance(const clv_forecast *forecast, double *variance)
{
	const clv_half *process = &forecast->model.process;
	const clv_half *spend = &forecast->model.spend;
	bool		money = spend->state != CLV_ABSENT;

	if (forecast->unanswered > 0 || !process->has_covariance || (money && !spend->has_covariance))
		return false;
	/* a covariance matrix gives nothing below zero but rounding errors */
	*variance = fmax(0, half_variance(process, forecast->process_gradient));
	if (money)
		*variance += fmax(0, half_variance(spend, forecast->spend_gradient));
	return isfinite(*variance);
}

bool
clv_forecast_variance(const clv_forecast *forecast, double *variance)
{
	double		customers;
	double		parameters;

	if (!clv_forecast_customer_variance(forecast, &customers) ||
		!clv_forecast_parameter_variance(forecast, &parameters))
		return false;
	*variance = customers + parameters;
	return true;
}

/*
 * The z that a standard normal variable exceeds in magnitude with probability
 * `outside`, 0 < outside <= 1, by Newton's method on the logarithm of that
 * probability, which is concave.  From the z of its bound exp(-z^2/2) every
 * step goes down, and none below the root.
 */
static double
normal_quantile(double outside)
{
	double		z = sqrt(-2 * log(outside));
	double		step;

	do
	{
		double		chance = erfc(z * M_SQRT1_2);
		double		density = exp(-0.5 * z * z) * M_SQRT1_2 * M_2_SQRTPI;

		step = log(chance / outside) * chance / density;
		z += step;
	} while (fabs(step) > 1e-13 * (1 + z));
	return z;
}

bool
clv_forecast_range(const clv_forecast *forecast, double level, double *lower, double *upper)
{
	double		total;
	double		variance;
	double		spread;			/* variance of the cube root, in units of its scale */
	double		reach;

	if (!clv_forecast_mean(forecast, &total) || !clv_forecast_variance(forecast, &variance))
		return false;
	*lower = *upper = total;
	if (total == 0 || variance == 0)
		return variance == 0;
	spread = variance / total / total / 9;
	if (!isfinite(spread))
		return false;
	reach = normal_quantile(1 - level) * sqrt(spread);
	*lower = total * pow(fmax(0, 1 - spread - reach), 3);
	*upper = total * pow(fmax(0, 1 - spread + reach), 3);
	return isfinite(*upper);
}
