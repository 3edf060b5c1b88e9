/*
 * clv_score.c
 *		What a model says of a customer: of a digest as of a day, of raw
 *		numbers in the model's own time unit, and of a new customer.
 */
#include "clv_score.h"

#include <math.h>

#include "utils/builtins.h"

#include "kernel/gamma_gamma.h"
#include "kernel/sbg.h"
#include "report.h"

#define DAYS_A_YEAR		365.25

/* ---------- arguments ---------- */

const lifetime_model *
clv_process_of(const clv_model *model)
{
	const lifetime_model *process = clv_model_process(model);

	if (unlikely(!process))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model gamma_gamma knows of spend only"),
				 errhint("Fit a model of purchases; it fits its spend too.")));
	return clv_half_answers(&model->process) ? process : NULL;
}

bool
clv_model_history(const clv_model *model, const purchase_view *view, DateADT as_of, lifetime_history *history)
{
	if (clv_model_process(model) == &sbg)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model sbg is about contracts, not purchases"),
				 errhint("Ask it with numbers of periods.")));
	if (clv_model_process(model)->discrete && !model->step_months && !model->step_days)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the model does not say how long an opportunity is"),
				 errdetail("It can score raw numbers only."),
				 errhint("Fit it from digests, or add a \"step\" like \"1 year\" to its parameters.")));
	if (!clv_history_of(view, as_of, clv_step_of(model), history))
		return false;
	history->t_x /= model->unit_days;
	history->tenure /= model->unit_days;
	return true;
}

double
clv_model_span(const clv_model *model, DateADT as_of, DateADT until)
{
	/* opportunities that will be over by then, of those that are not yet */
	if (clv_model_process(model)->discrete)
		return (double) calendar_step(until + 1, model->step_months, model->step_days) -
			calendar_step(as_of + 1, model->step_months, model->step_days);
	return ((double) until - as_of) / model->unit_days;
}

double
clv_model_discount(const clv_model *model, double annual)
{
	double		rate;

	if (unlikely(!(annual > -1) || isinf(annual)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount must be a finite annual rate above -1"),
				 errdetail("The value is %g.", annual)));
	rate = log1p(annual);
	return model->step_months ? rate * model->step_months / MONTHS_PER_YEAR :
		rate * (model->step_days ? model->step_days : model->unit_days) / DAYS_A_YEAR;
}

double
clv_check_horizon(const lifetime_model *process, double horizon)
{
	if (unlikely(!(horizon >= 0) || (horizon > LIFETIME_MOST_TIME && !isinf(horizon))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be a number from 0 to 1e18, or infinite"),
				 errdetail("The value is %g.", horizon)));
	if (unlikely(process && process->discrete && !isinf(horizon) && horizon != floor(horizon)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be a whole number for model %s", process->name),
				 errdetail("The value is %g.", horizon)));
	return horizon;
}

/* a horizon of which a discrete model has to walk through every opportunity */
static double
check_walk(const lifetime_model *process, double horizon)
{
	if (unlikely(process && process->discrete && horizon > CLV_MOST_OPPORTUNITIES))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("horizon has too many opportunities for model %s", process->name),
				 errdetail("The value is %g.", horizon),
				 errhint("Numbers of purchases, and negative discounts, are answered for up to %d opportunities.",
						 CLV_MOST_OPPORTUNITIES)));
	return horizon;
}

static double
check_discount_rate(double rate)
{
	if (unlikely(!isfinite(rate)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount must be finite"),
				 errdetail("The value is %g.", rate)));
	return rate;
}

static double
check_count(int32 n)
{
	if (unlikely(n < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of purchases must not be negative"),
				 errdetail("The value is %d.", n)));
	return n;
}

bool
clv_model_spend(const clv_model *model, double x, double mean, spend_expectation *spend)
{
	return clv_half_answers(&model->spend) &&
		gamma_gamma_expect(model->spend.estimate, x, x > 0 && mean > 0 ? mean : 0, spend);
}

/* ---------- what can be computed ---------- */

/* never NaN dressed as an answer */
static double
check_result(double result)
{
	if (unlikely(!isfinite(result)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("result is out of range"),
				 errdetail("The model's parameters are too extreme for this question.")));
	return result;
}

static void
refuse_infinite(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the value for ever does not exist"),
			 errdetail("Without enough discount it grows beyond every bound."),
			 errhint("Use a finite horizon, or a discount above 0.")));
}

/* E[sum of discounted purchases] of a customer whose history is known, if still there */
static double
mean_if_there(const lifetime_model *process, const clv_model *model, const lifetime_history *history,
			  double horizon, double discount)
{
	lifetime_future future;

	if (isinf(horizon) && discount < 0)
		refuse_infinite();
	if (discount < 0)
		check_walk(process, horizon);
	lifetime_future_if_there(process, model->process.estimate, history, horizon, discount, false, &future);
	if (unlikely(isinf(future.mean) && isinf(horizon)))
		refuse_infinite();
	return check_result(future.mean);
}

static double
future_mean(const lifetime_model *process, const clv_model *model, const lifetime_history *history,
			double horizon, double discount)
{
	return mean_if_there(process, model, history, horizon, discount) *
		process->standing(model->process.estimate, history).alive;
}

static const lifetime_history new_customer = {0, 0, 0};

/* ---------- digests ---------- */

/* Arguments p, model, as_of; false where the answer is NULL. */
static bool
digest_args(FunctionCallInfo fcinfo, purchase_view *view, const clv_model **model,
			const lifetime_model **process, DateADT *as_of, lifetime_history *history)
{
	*model = clv_model_open(PG_GETARG_DATUM(1));
	*as_of = check_date(PG_GETARG_DATEADT(2), "as_of");
	*process = clv_process_of(*model);
	if (!*process)
		return false;
	PG_GETARG_PURCHASE_VIEW(0, view);
	return clv_model_history(*model, view, *as_of, history);
}

/* likewise, with a horizon as argument 3 */
static bool
horizon_args(FunctionCallInfo fcinfo, purchase_view *view, const clv_model **model,
			 const lifetime_model **process, DateADT *as_of, lifetime_history *history, double *horizon)
{
	DateADT		until = clv_horizon_end(PG_GETARG_DATEADT(2), PG_GETARG_INTERVAL_P(3));

	if (!digest_args(fcinfo, view, model, process, as_of, history))
		return false;
	*horizon = clv_model_span(*model, *as_of, until);
	return true;
}

static bool
standing_args(FunctionCallInfo fcinfo, lifetime_standing *standing)
{
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;

	if (!digest_args(fcinfo, &view, &model, &process, &as_of, &history))
		return false;
	*standing = process->standing(model->process.estimate, &history);
	return true;
}

PG_FUNCTION_INFO_V1(clv_score_p_alive);
Datum
clv_score_p_alive(PG_FUNCTION_ARGS)
{
	lifetime_standing standing;

	if (!standing_args(fcinfo, &standing))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(standing.alive));
}

PG_FUNCTION_INFO_V1(clv_score_churn_score);
Datum
clv_score_churn_score(PG_FUNCTION_ARGS)
{
	lifetime_standing standing;

	if (!standing_args(fcinfo, &standing))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(standing.left));
}

PG_FUNCTION_INFO_V1(clv_score_p_alive_ahead);
Datum
clv_score_p_alive_ahead(PG_FUNCTION_ARGS)
{
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;
	double		updated[LIFETIME_PARAMETERS];
	double		ahead;

	if (!horizon_args(fcinfo, &view, &model, &process, &as_of, &history, &ahead))
		PG_RETURN_NULL();
	process->posterior(model->process.estimate, &history, updated);
	PG_RETURN_FLOAT8(check_result(process->standing(model->process.estimate, &history).alive * process->survival(updated, ahead)));
}

PG_FUNCTION_INFO_V1(clv_score_expected_purchases);
Datum
clv_score_expected_purchases(PG_FUNCTION_ARGS)
{
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;
	double		horizon;

	if (!horizon_args(fcinfo, &view, &model, &process, &as_of, &history, &horizon))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(future_mean(process, model, &history, horizon, 0));
}

PG_FUNCTION_INFO_V1(clv_score_purchases_pmf);
Datum
clv_score_purchases_pmf(PG_FUNCTION_ARGS)
{
	double		n = check_count(PG_GETARG_INT32(4));
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;
	double		horizon;

	if (!horizon_args(fcinfo, &view, &model, &process, &as_of, &history, &horizon))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(lifetime_pmf(process, model->process.estimate, &history,
											   check_walk(process, horizon), n)));
}

/* what one more purchase is worth of a customer with x repeat purchases, as of a day */
static bool
digest_spend(const purchase_view *view, const clv_model *model, DateADT as_of, double x, double *value)
{
	spend_expectation spend;

	if (!clv_model_spend(model, x, x > 0 ? clv_mean_spend(view, as_of, clv_step_of(model)) : 0, &spend))
		return false;
	*value = spend.mean;
	return true;
}

PG_FUNCTION_INFO_V1(clv_score_expected_order_value);
Datum
clv_score_expected_order_value(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(1));
	DateADT		as_of = purchase_digest_as_of(fcinfo, 2);
	purchase_view view;
	lifetime_history history;
	double		value;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	if (!clv_history_of(&view, as_of, clv_step_of(model), &history) ||
		!digest_spend(&view, model, as_of, history.x, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(value));
}

/* Arguments p, model, as_of, horizon [, discount]: the value ahead if the customer is still there, and whether that is so. */
static bool
value_args(FunctionCallInfo fcinfo, double *value, lifetime_standing *standing)
{
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;
	double		horizon;
	double		discount;
	double		spend;

	if (!horizon_args(fcinfo, &view, &model, &process, &as_of, &history, &horizon))
		return false;
	discount = clv_model_discount(model, PG_NARGS() > 4 ? PG_GETARG_FLOAT8(4) : 0);
	if (!digest_spend(&view, model, as_of, history.x, &spend))
		return false;
	*value = spend * mean_if_there(process, model, &history, horizon, discount);
	*standing = process->standing(model->process.estimate, &history);
	return true;
}

PG_FUNCTION_INFO_V1(clv_score_ltv);
Datum
clv_score_ltv(PG_FUNCTION_ARGS)
{
	double		value;
	lifetime_standing standing;

	if (!value_args(fcinfo, &value, &standing))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(value * standing.alive));
}

PG_FUNCTION_INFO_V1(clv_score_value_at_risk);
Datum
clv_score_value_at_risk(PG_FUNCTION_ARGS)
{
	double		value;
	lifetime_standing standing;

	if (!value_args(fcinfo, &value, &standing))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(value * standing.left));
}

PG_FUNCTION_INFO_V1(clv_score_residual_ltv);
Datum
clv_score_residual_ltv(PG_FUNCTION_ARGS)
{
	purchase_view view;
	const clv_model *model;
	const lifetime_model *process;
	DateADT		as_of;
	lifetime_history history;
	double		mean;
	double		spend;

	if (!digest_args(fcinfo, &view, &model, &process, &as_of, &history))
		PG_RETURN_NULL();
	/* first: what does not exist is an error, whether the model knows of spend or not */
	mean = future_mean(process, model, &history, INFINITY, clv_model_discount(model, PG_GETARG_FLOAT8(3)));
	if (!digest_spend(&view, model, as_of, history.x, &spend))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(spend * mean));
}

/* ---------- raw numbers ---------- */

/* Arguments x, t_x, tenure, model; false where the answer is NULL. */
static bool
numbers_args(FunctionCallInfo fcinfo, const clv_model **model, const lifetime_model **process,
			 lifetime_history *history)
{
	history->x = PG_GETARG_FLOAT8(0);
	history->t_x = PG_GETARG_FLOAT8(1);
	history->tenure = PG_GETARG_FLOAT8(2);
	*model = clv_model_open(PG_GETARG_DATUM(3));
	clv_check_history(history->x, history->t_x, history->tenure);
	*process = clv_process_of(*model);
	if (clv_model_process(*model)->discrete)
		clv_check_opportunities(clv_model_process(*model), history);
	return *process != NULL;
}

PG_FUNCTION_INFO_V1(clv_score_numbers_p_alive);
Datum
clv_score_numbers_p_alive(PG_FUNCTION_ARGS)
{
	const clv_model *model;
	const lifetime_model *process;
	lifetime_history history;

	if (!numbers_args(fcinfo, &model, &process, &history))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(process->standing(model->process.estimate, &history).alive));
}

PG_FUNCTION_INFO_V1(clv_score_numbers_log_likelihood);
Datum
clv_score_numbers_log_likelihood(PG_FUNCTION_ARGS)
{
	const clv_model *model;
	const lifetime_model *process;
	lifetime_history history;

	if (!numbers_args(fcinfo, &model, &process, &history))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(process->log_likelihood(model->process.estimate, &history)));
}

PG_FUNCTION_INFO_V1(clv_score_numbers_expected_purchases);
Datum
clv_score_numbers_expected_purchases(PG_FUNCTION_ARGS)
{
	const clv_model *model;
	const lifetime_model *process;
	lifetime_history history;

	if (!numbers_args(fcinfo, &model, &process, &history))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(future_mean(process, model, &history, clv_check_horizon(process, PG_GETARG_FLOAT8(4)), 0));
}

PG_FUNCTION_INFO_V1(clv_score_numbers_dert);
Datum
clv_score_numbers_dert(PG_FUNCTION_ARGS)
{
	double		discount = check_discount_rate(PG_GETARG_FLOAT8(5));
	const clv_model *model;
	const lifetime_model *process;
	lifetime_history history;

	if (!numbers_args(fcinfo, &model, &process, &history))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(future_mean(process, model, &history, clv_check_horizon(process, PG_GETARG_FLOAT8(4)),
								 discount));
}

/* a horizon within which purchases can be counted */
static double
check_finite_horizon(const lifetime_model *process, double horizon)
{
	if (unlikely(isinf(horizon)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be finite")));
	return check_walk(process, clv_check_horizon(process, horizon));
}

PG_FUNCTION_INFO_V1(clv_score_numbers_purchases_pmf);
Datum
clv_score_numbers_purchases_pmf(PG_FUNCTION_ARGS)
{
	double		n = check_count(PG_GETARG_INT32(5));
	const clv_model *model;
	const lifetime_model *process;
	lifetime_history history;

	if (!numbers_args(fcinfo, &model, &process, &history))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(lifetime_pmf(process, model->process.estimate, &history,
											   check_finite_horizon(process, PG_GETARG_FLOAT8(4)), n)));
}

PG_FUNCTION_INFO_V1(clv_score_numbers_expected_order_value);
Datum
clv_score_numbers_expected_order_value(PG_FUNCTION_ARGS)
{
	double		x = PG_GETARG_FLOAT8(0);
	double		mean;
	const clv_model *model;
	spend_expectation spend;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	model = clv_model_open(PG_GETARG_DATUM(2));
	if (!(x >= 0) || x != floor(x) || x > LIFETIME_MOST_PURCHASES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("x must be a whole number from 0 to 1e9"),
				 errdetail("The value of x is %g.", x)));
	/* who has no repeat purchase has no mean of them */
	if (PG_ARGISNULL(1) && x > 0)
		PG_RETURN_NULL();
	mean = PG_ARGISNULL(1) ? 0 : PG_GETARG_FLOAT8(1);
	if (!(fabs(mean) <= SAMPLE_MOST_SPEND))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mean_spend must be a number from -1e100 to 1e100"),
				 errdetail("The value is %g.", mean)));
	if (!clv_model_spend(model, x, mean, &spend))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(spend.mean);
}

/* ---------- a new customer ---------- */

PG_FUNCTION_INFO_V1(clv_score_new_expected_purchases);
Datum
clv_score_new_expected_purchases(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	const lifetime_model *process = clv_process_of(model);
	double		horizon = clv_check_horizon(process, PG_GETARG_FLOAT8(1));

	if (!process)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(future_mean(process, model, &new_customer, horizon, 0));
}

PG_FUNCTION_INFO_V1(clv_score_new_purchases_pmf);
Datum
clv_score_new_purchases_pmf(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	const lifetime_model *process = clv_process_of(model);
	double		horizon = check_finite_horizon(process, PG_GETARG_FLOAT8(1));
	double		n = check_count(PG_GETARG_INT32(2));

	if (!process)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(check_result(lifetime_pmf(process, model->process.estimate, &new_customer, horizon, n)));
}

/* ---------- contracts ---------- */

/* Arguments model, period; false where the answer is NULL. */
static bool
contract_args(FunctionCallInfo fcinfo, const clv_model **model, int least)
{
	int32		period = PG_GETARG_INT32(1);

	*model = clv_model_open(PG_GETARG_DATUM(0));
	if (clv_model_process(*model) != &sbg)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model %s does not count contract periods", clv_kind_name((*model)->kind)),
				 errhint("Use a model of contracts: sbg.")));
	if (period < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period must be at least %d", least),
				 errdetail("The value is %d.", period)));
	return clv_half_answers(&(*model)->process);
}

PG_FUNCTION_INFO_V1(clv_score_retention_rate);
Datum
clv_score_retention_rate(PG_FUNCTION_ARGS)
{
	const clv_model *model;

	if (!contract_args(fcinfo, &model, 1))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sbg_retention_rate(model->process.estimate, PG_GETARG_INT32(1)));
}

PG_FUNCTION_INFO_V1(clv_score_survival);
Datum
clv_score_survival(PG_FUNCTION_ARGS)
{
	const clv_model *model;

	if (!contract_args(fcinfo, &model, 0))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sbg_survival(model->process.estimate, PG_GETARG_INT32(1)));
}

PG_FUNCTION_INFO_V1(clv_score_residual_tenure);
Datum
clv_score_residual_tenure(PG_FUNCTION_ARGS)
{
	double		discount = check_discount_rate(PG_GETARG_FLOAT8(2));
	const clv_model *model;
	double		tenure;

	if (!contract_args(fcinfo, &model, 0))
		PG_RETURN_NULL();
	if (discount < 0)
		refuse_infinite();
	tenure = sbg_residual_tenure(model->process.estimate, PG_GETARG_INT32(1), discount);
	if (!isfinite(tenure))
		refuse_infinite();
	PG_RETURN_FLOAT8(tenure);
}
