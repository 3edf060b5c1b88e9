/*
 * clv_backtest_aggregate.c
 *		How a clv_backtest comes about: customers are gathered, then a model is
 *		fitted to what was known of them at the cutoff, and judged.
 *
 * The transition state is the value itself in the form of a log, handled as
 * purchase_digest_aggregate.c handles its own: changed in place within an
 * aggregate while a customer fits, copied to a larger size in the current
 * memory context when it does not, never changed in place outside an aggregate.
 */
#include "clv_backtest.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "clv_fit.h"
#include "clv_model.h"
#include "clv_sample.h"
#include "flat_state.h"
#include "kernel/sbg.h"
#include "report.h"

/* ---------- growing ---------- */

static Size
size_of(const clv_backtest *log, int32 periods, uint64 customers)
{
	return backtest_log_size(backtest_sample(log)->request, periods, customers);
}

clv_backtest *
clv_backtest_make(const clv_sample *sample, int32 through, int32 periods, uint64 customers)
{
	Size		size = flat_state_size(backtest_log_size(sample->request, periods, customers), "clv_backtest");
	Size		sample_bytes = sample_size(sample->request, 0);
	clv_backtest *log = palloc(size);

	memset(log, 0, backtest_log_size(sample->request, periods, 0));
	SET_VARSIZE(log, size);
	log->form = FLAT_FORM_LOG;
	log->ordered = true;
	log->through = through;
	log->periods = periods;
	memcpy(log->data, sample, sample_bytes);
	SET_VARSIZE(log->data, sample_bytes);
	return log;
}

/* a larger copy, the old log stays as it is */
static clv_backtest *
with_room(const clv_backtest *log, int32 periods, uint64 customers)
{
	clv_backtest *copy = clv_backtest_make(backtest_sample(log), log->through, periods, customers);

	copy->display = log->display;
	copy->ordered = log->ordered;
	copy->customers = log->customers;
	memcpy(backtest_tally(copy), backtest_tally(log), (Size) log->periods * sizeof(int64));
	memcpy(backtest_customers(copy), backtest_customers(log), (Size) log->customers * sizeof(backtest_customer));
	return copy;
}

/* with room for so many periods and one more customer: the log itself, or a larger copy to go on with */
static clv_backtest *
reserve(clv_backtest *log, int32 periods)
{
	periods = Max(periods, log->periods);
	if (unlikely(backtest_period_room(periods) > backtest_period_room(log->periods) ||
				 size_of(log, periods, (uint64) log->customers + 1) > VARSIZE(log)))
	{
		CHECK_FOR_INTERRUPTS();
		return with_room(log, periods, (uint64) log->customers + 1);
	}
	log->periods = periods;
	return log;
}

static void
append(clv_backtest *log, const backtest_customer *customer)
{
	backtest_customers(log)[log->customers++] = *customer;
	log->ordered = log->customers == 1;
}

clv_backtest *
clv_backtest_ordered(const clv_backtest *log)
{
	clv_backtest *copy = with_room(log, log->periods, (uint64) log->customers);

	if (!copy->ordered)
	{
		int64	   *scratch = palloc_extended(sizeof(int64) * BACKTEST_ORDER_WORDS * (Size) copy->customers,
											  MCXT_ALLOC_HUGE);

		clv_backtest_order(backtest_customers(copy), (size_t) copy->customers, scratch, &clv_pause);
		pfree(scratch);
		copy->ordered = true;
	}
	SET_VARSIZE(copy, size_of(copy, copy->periods, (uint64) copy->customers));
	return copy;
}

/* ---------- what is asked for ---------- */

const char *
clv_backtest_request_fault(const char *name, const Jsonb *options, clv_step *step)
{
	clv_model  *model = clv_model_make(clv_kind_of(name));
	const lifetime_model *process = clv_model_process(model);
	const char *fault = NULL;

	if (!process)
		return "It is a model of spend, and says nothing of purchases.";
	if (process == &sbg)
		return "It is a model of contracts, and says nothing of purchases.";
	if (options)
		fault = clv_units_from_json(&options->root, model);
	*step = clv_step_of(model);
	if (!fault && process->discrete && !step->months && !step->days)
		fault = "The options do not say how long an opportunity is, like {\"step\": \"1 year\"}.";
	return fault;
}

/* the step of a model that can be backtested, or an error */
static clv_step
check_request(const text *model, const Jsonb *options)
{
	char	   *name = text_to_cstring(model);
	const char *fault;
	clv_step	step;

	(void) clv_kind_of(name);
	fault = clv_request_fault(name, options);
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid options of model %s", name),
				 errdetail("%s", fault)));
	fault = clv_backtest_request_fault(name, options, &step);
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model %s cannot be backtested", name),
				 errdetail("%s", fault)));
	return step;
}

static backtest_span
check_span(DateADT cutoff, DateADT through, clv_step step)
{
	char		days[2][CALENDAR_TEXT_SIZE];
	backtest_span span;

	report_unless_ok(backtest_span_init(&span, check_date(cutoff, "cutoff"), check_date(through, "through"),
										step.months, step.days));
	if (unlikely(cutoff >= through || span.horizon <= 0 ||
				 backtest_holdout_periods(&span) > BACKTEST_PERIODS))
	{
		calendar_to_text(cutoff, days[0]);
		calendar_to_text(through, days[1]);
		if (cutoff >= through)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("cutoff must be before through"),
					 errdetail("The values are %s and %s.", days[0], days[1])));
		if (span.horizon <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("no opportunity ends between cutoff and through"),
					 errdetail("The values are %s and %s, the step is %s.", days[0], days[1], clv_step_to_text(step))));
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("backtest spans too many periods"),
				 errdetail("From %s to %s there are more than %d.", days[0], days[1], BACKTEST_PERIODS)));
	}
	return span;
}

static void
refuse_mixture(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cutoff, through, model and options must be the same for all rows of a group")));
}

/* a state to go on with; a result was handed in by hand */
static void
check_log(const clv_backtest *state)
{
	if (state->form != FLAT_FORM_LOG)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a backtest that was judged takes no more customers"),
				 errhint("Gather all customers in one backtest.")));
}

/* ---------- SQL ---------- */

/* The state of a row, with what it asks for: cutoff, through [, model [, options]] in arguments 2 and on. */
static clv_backtest *
requested_state(FunctionCallInfo fcinfo, backtest_span *span)
{
	static const char *const names[] = {"cutoff", "through", "model"};
	clv_backtest *log;
	clv_sample *sample;
	clv_step	step;
	text	   *model;
	Jsonb	   *options = NULL;

	for (int i = 2; i < Min(PG_NARGS(), 5); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be null", names[i - 2])));
	model = PG_NARGS() > 4 ? PG_GETARG_TEXT_PP(4) : cstring_to_text(CLV_DEFAULT_MODEL);
	if (PG_NARGS() > 5 && !PG_ARGISNULL(5))
		options = PG_GETARG_JSONB_P(5);

	if (PG_ARGISNULL(0))
	{
		step = check_request(model, options);
		*span = check_span(PG_GETARG_DATEADT(2), PG_GETARG_DATEADT(3), step);
		sample = clv_sample_set_request(clv_sample_make(0, 1), model, options);
		clv_sample_be(sample, step.months || step.days ? SAMPLE_STEPS : SAMPLE_DAYS, span->cutoff, step);
		return clv_backtest_make(sample, span->through, backtest_holdout_periods(span), 1);
	}
	log = flat_state_fetch(fcinfo, PG_GETARG_VARLENA_P(0));
	check_log(log);
	sample = backtest_sample(log);
	step.months = sample->step_months;
	step.days = sample->step_days;
	if (!clv_sample_has_request(sample, model, options))
		refuse_mixture();
	*span = check_span(PG_GETARG_DATEADT(2), PG_GETARG_DATEADT(3), step);
	if (span->cutoff != sample->as_of || span->through != log->through)
		refuse_mixture();
	return log;
}

/* a state as a result; one made by hand may be stored: without the room to spare */
static Datum
state_datum(FunctionCallInfo fcinfo, clv_backtest *log)
{
	if (unlikely(!AggCheckCallContext(fcinfo, NULL)))
		SET_VARSIZE(log, size_of(log, log->periods, (uint64) log->customers));
	return PointerGetDatum(log);
}

/* (state, p, cutoff, through [, model [, options]]) */
PG_FUNCTION_INFO_V1(clv_backtest_accum);
Datum
clv_backtest_accum(PG_FUNCTION_ARGS)
{
	clv_backtest *log;
	backtest_span span;
	clv_step	step;
	purchase_view view;
	lifetime_history history;
	backtest_customer customer;
	int64		periods;

	if (PG_ARGISNULL(1))
		return flat_state_unchanged(fcinfo);
	log = requested_state(fcinfo, &span);
	step.months = span.step_months;
	step.days = span.step_days;
	PG_GETARG_PURCHASE_VIEW(1, &view);
	if (!clv_history_of(&view, span.cutoff, step, &history))
	{
		backtest_sample(log)->left_out++;
		PG_RETURN_DATUM(state_datum(fcinfo, log));
	}
	periods = backtest_holdout_periods(&span) + backtest_tenure_periods(&span, (int32) history.tenure);
	if (unlikely(periods > BACKTEST_PERIODS))
	{
		char		day[CALENDAR_TEXT_SIZE];

		calendar_to_text(purchase_digest_timing(&view, span.cutoff).first, day);
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("backtest spans too many periods"),
				 errdetail("A first purchase is on %s, more than %d periods before the end.", day, BACKTEST_PERIODS)));
	}

	log = reserve(log, (int32) periods);
	customer.x = (int32) history.x;
	customer.t_x = (int32) history.t_x;
	customer.tenure = (int32) history.tenure;
	customer.reserved = 0;
	customer.mean = Max(clv_mean_spend(&view, span.cutoff, step), 0);
	report_unless_ok(backtest_customer_read(&view, &span, &customer, backtest_tally(log)));
	log->display = Max(log->display, view.display_scale);
	append(log, &customer);
	PG_RETURN_DATUM(state_datum(fcinfo, log));
}

PG_FUNCTION_INFO_V1(clv_backtest_combine);
Datum
clv_backtest_combine(PG_FUNCTION_ARGS)
{
	clv_backtest *log = flat_state_fetch(fcinfo, PG_GETARG_VARLENA_P(0));
	const clv_backtest *other = (const clv_backtest *) PG_GETARG_VARLENA_P(1);
	clv_sample *sample = backtest_sample(log);
	const clv_sample *others = backtest_sample(other);
	const backtest_customer *customers;

	check_log(log);
	check_log(other);
	customers = backtest_customers(other);
	if (log->through != other->through || sample->as_of != others->as_of || sample->request != others->request ||
		memcmp(sample->data, others->data, sample->request) != 0)
		refuse_mixture();
	log = reserve(log, other->periods);
	for (int32 i = 0; i < other->periods; i++)
		backtest_tally(log)[i] += backtest_tally(other)[i];
	backtest_sample(log)->left_out += others->left_out;
	log->display = Max(log->display, other->display);
	for (int64 i = 0; i < other->customers; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		log = reserve(log, 0);
		append(log, &customers[i]);
	}
	PG_RETURN_DATUM(state_datum(fcinfo, log));
}

/* ---------- the result ---------- */

/* fits the model that was asked for to the customers as known at the cutoff */
static clv_model *
fit(const clv_backtest *log)
{
	const clv_sample *asked = backtest_sample(log);
	const backtest_customer *customers = backtest_customers(log);
	clv_sample *sample = clv_sample_make(0, (uint64) log->customers);
	clv_step	step = {asked->step_months, asked->step_days};
	clv_model  *model;
	char	   *name;
	Jsonb	   *options;

	clv_sample_be(sample, asked->kind, asked->as_of, step);
	sample->left_out = asked->left_out;
	for (int64 i = 0; i < log->customers; i++)
	{
		sample_entry entry = {customers[i].x, customers[i].t_x, customers[i].tenure,
							  customers[i].x > 0 ? customers[i].mean : 0, 1};

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		sample = clv_sample_append(sample, &entry);
	}
	if (!clv_sample_get_request(asked, &name, &options))
		elog(ERROR, "backtest without a model");
	model = clv_fit_sample(sample, name, options);
	pfree(sample);
	return model;
}

static clv_backtest *
judge(const clv_backtest *log)
{
	clv_model  *model = fit(log);
	backtest_span span = clv_backtest_span(log);
	Size		size = backtest_result_size(log->periods);
	clv_backtest *judged = palloc0(size);
	double	   *scratch = palloc_extended(sizeof(double) * clv_backtest_scratch(&span, (size_t) log->customers, log->periods),
										  MCXT_ALLOC_HUGE);
	backtest_result *result = backtest_result_of(judged);

	SET_VARSIZE(judged, size);
	judged->form = FLAT_FORM_PACKED;
	judged->display = log->display;
	judged->ordered = true;
	judged->through = log->through;
	judged->periods = log->periods;
	judged->customers = log->customers;
	result->model = *model;
	clv_backtest_judge(log, &span, scratch, &clv_pause, result);
	clv_backtest_track(log, &span, scratch, &clv_pause, result);
	pfree(scratch);
	pfree(model);
	return judged;
}

const clv_backtest *
clv_backtest_result(Datum value)
{
	const clv_backtest *backtest = clv_backtest_open(value);

	return backtest->form == FLAT_FORM_LOG ? judge(backtest) : backtest;
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(clv_backtest_final);
Datum
clv_backtest_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PointerGetDatum(clv_backtest_result(PG_GETARG_DATUM(0))));
}
