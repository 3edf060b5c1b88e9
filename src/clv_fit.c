/*
 * clv_fit.c
 *		Fitting a model, in one step (aggregates) and in two (from a sample).
 *
 * The aggregates gather a clv_sample, with the model and the options that were
 * asked for inside, so that a partial state knows what it is for wherever it
 * is finished; the final function puts it in order and fits.  What comes out
 * depends on the customers alone: equal ones are joined and all sums run in
 * one order, so that a parallel plan gives the same bits.
 */
#include "clv_fit.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "clv_model.h"
#include "json_value.h"
#include "report.h"

/* ---------- options ---------- */

/* What options say, checked against the model. */
typedef struct fit_options
{
	clv_model	units;			/* unit_days and step */
	bool		spend;
	bool		has_start;
	bool		has_fixed;
	double		start[CLV_PARAMETERS];
	double		fixed[CLV_PARAMETERS];	/* NaN where free */
} fit_options;

/* the parameters named in a field of the options */
static const char *
parameters_option(const JsonbContainer *options, const char *key, const lifetime_model *process, bool all,
				  bool *present, double *values)
{
	JsonbValue	value;
	JsonbContainer *fields;
	const char *unknown;
	const char *names[CLV_PARAMETERS + 1] = {NULL};

	*present = json_field(options, key, &value);
	if (!*present)
		return NULL;
	if (!process)
		return psprintf("Model gamma_gamma has no \"%s\".", key);
	if (!json_as_object(&value, &fields))
		return psprintf("\"%s\" is not an object.", key);
	memcpy(names, process->parameter_names, sizeof(*names) * process->parameters);
	unknown = json_unknown_key(fields, names);
	if (unknown)
		return psprintf("Model %s has no parameter \"%s\".", process->name, shortened(unknown));
	return clv_parameters_from_json(fields, process->parameter_names, process->parameters, all, values);
}

/* reads the options of a known kind of model; what is wrong, or NULL */
static const char *
read_options(int kind, const Jsonb *json, fit_options *options)
{
	static const char *const keys[] = {"unit_days", "spend", "step", "start", "fixed", NULL};
	const lifetime_model *process;
	JsonbContainer *root;
	JsonbValue	value;
	const char *fault;
	const char *unknown;

	memset(options, 0, sizeof(*options));
	clv_model_init(&options->units, kind);
	process = clv_model_process(&options->units);
	options->spend = process != &sbg;
	for (int i = 0; i < CLV_PARAMETERS; i++)
		options->fixed[i] = NAN;
	if (!json)
		return NULL;
	root = unconstify(JsonbContainer *, &json->root);
	if (!JB_ROOT_IS_OBJECT(json))
		return "They are not a JSON object.";
	unknown = json_unknown_key(root, keys);
	if (unknown)
		return psprintf("There is no option \"%s\"; there are unit_days, spend, step, start and fixed.", shortened(unknown));
	if (json_field(root, "spend", &value))
	{
		if (value.type != jbvBool)
			return "\"spend\" is neither true nor false.";
		options->spend = value.val.boolean;
		if (options->spend && process == &sbg)
			return "Model sbg has no spend.";
	}
	if (!options->spend && !process)
		return "Model gamma_gamma is a model of spend.";
	fault = clv_units_from_json(root, &options->units);
	if (!fault)
		fault = parameters_option(root, "start", process, true, &options->has_start, options->start);
	if (!fault)
		fault = parameters_option(root, "fixed", process, false, &options->has_fixed, options->fixed);
	return fault;
}

const char *
clv_request_fault(const char *model, const Jsonb *json)
{
	fit_options options;
	int			kind = clv_kind_named(model);

	return kind < 0 ? "The model is unknown." : read_options(kind, json, &options);
}

/* the kind and the options, or an error */
static int
check_request(const char *model, const Jsonb *json, fit_options *options)
{
	int			kind = clv_kind_of(model);
	const char *fault = read_options(kind, json, options);

	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid options of model %s", model),
				 errdetail("%s", fault)));
	return kind;
}

/* ---------- the fit ---------- */

static void *
allocate(Size bytes)
{
	return palloc_extended(bytes + 1, MCXT_ALLOC_HUGE);
}

static void
refuse_sample(const lifetime_model *process, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model %s cannot be fitted to this sample", process->name),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

/* is the sample one that this model is about? */
static void
check_sample(const clv_sample *sample, const lifetime_model *process, const fit_options *options)
{
	const sample_entry *entries = sample_entries(sample);

	if (sample->kind == SAMPLE_NONE)
		return;
	if (!process->discrete)
	{
		if (sample->kind == SAMPLE_STEPS)
			refuse_sample(process, "Its times count steps of the calendar, and the model's time is continuous.",
						  "Leave the step out of clv_sample.");
		return;
	}
	if (sample->kind == SAMPLE_DAYS)
		refuse_sample(process, "Its times are days, and the model's time counts opportunities.",
					  process == &bg_bb ? "Say how long one is: clv_sample(p, as_of, '1 year'), or clv_fit with the option {\"step\": \"1 year\"}." :
					  "Use fit_sbg over contract rows.");
	if (sample->kind == SAMPLE_STEPS && process == &sbg)
		refuse_sample(process, "It was gathered from purchases, and the model is about contracts.", "Use fit_sbg over contract rows.");
	if (sample->kind == SAMPLE_STEPS && (options->units.step_months || options->units.step_days) &&
		(options->units.step_months != sample->step_months || options->units.step_days != sample->step_days))
		refuse_sample(process, "The step of the options is not the one it was gathered with.", NULL);
	for (int64 i = 0; i < sample->count && entries[i].tenure >= 0; i++)
	{
		lifetime_history history = {entries[i].x, entries[i].t_x, entries[i].tenure};

		clv_check_opportunities(process, &history);
	}
}

static void
warn_of(const clv_model *model, const clv_half *half, const char *what)
{
	if (half->state == CLV_FAILED)
		ereport(WARNING,
				(errmsg("%s %s could not be fitted", what, half == &model->spend ? "gamma_gamma" : clv_kind_name(model->kind)),
				 errdetail("State: %s.", clv_state_text(model, half)),
				 errhint("Whatever is asked of it will be NULL.")));
}

clv_model *
clv_fit_sample(const clv_sample *sample, const char *name, const Jsonb *json)
{
	fit_options options;
	int			kind = check_request(name, json, &options);
	clv_model  *model = clv_model_make(kind);
	const lifetime_model *process = clv_model_process(model);
	sample_extent extent;

	if (!sample->ordered)
		sample = clv_sample_ordered(sample);
	clv_sample_extent(sample, &extent);
	model->unit_days = options.units.unit_days;
	model->step_months = options.units.step_months;
	model->step_days = options.units.step_days;
	model->left_out = (double) sample->left_out;
	if (sample->kind == SAMPLE_DAYS || sample->kind == SAMPLE_STEPS)
	{
		model->has_as_of = 1;
		model->as_of = sample->as_of;
	}

	if (process)
	{
		history_set set;
		history_group *groups = allocate(sizeof(history_group) * extent.history_groups);
		history_row *rows = allocate(sizeof(history_row) * extent.histories);
		double	   *times = allocate(sizeof(double) * (2 * extent.histories + 1));
		int64	   *words = allocate(sizeof(int64) * sample_scratch_words(&extent));
		double	   *scratch;
		clv_request request = {options.has_start ? options.start : NULL, options.has_fixed ? options.fixed : NULL};

		check_sample(sample, process, &options);
		if (sample->kind == SAMPLE_STEPS)
		{
			model->step_months = sample->step_months;
			model->step_days = sample->step_days;
		}
		/* an RFM table is in the model's own unit already */
		clv_sample_histories(sample, &extent, sample->kind == SAMPLE_DAYS ? model->unit_days : 1,
							 groups, rows, times, words, &clv_pause, &set);
		pfree(words);
		scratch = allocate(sizeof(double) * process->scratch_size(&set));
		clv_fit_process(&model->process, process, &set, &request, scratch, &clv_pause);
		pfree(scratch);
		pfree(times);
		pfree(rows);
		pfree(groups);
		warn_of(model, &model->process, "model");
	}

	if (options.spend)
	{
		spend_set	set;
		spend_group *groups = allocate(sizeof(spend_group) * extent.spend_groups);
		spend_row  *rows = allocate(sizeof(spend_row) * extent.spends);

		clv_sample_spends(sample, &extent, groups, rows, &set);
		clv_fit_spend(&model->spend, &set, &clv_pause);
		model->has_correlation = clv_spend_correlation(&set, &model->correlation);
		if (!model->has_correlation)
			model->correlation = 0;
		pfree(rows);
		pfree(groups);
		/* where nobody bought twice one warning will do, and a table without spends asks for none */
		if (!process || (model->process.state != CLV_FAILED && model->spend.reason != CLV_NO_SPEND))
			warn_of(model, &model->spend, "spend model");
		if (clv_half_answers(&model->spend) && model->spend.estimate[1] <= 1)
			ereport(WARNING,
					(errmsg("the population has no mean spend"),
					 errdetail("Parameter q of the spend model is %g, and the mean exists above 1.", model->spend.estimate[1]),
					 errhint("The order value of those who bought once will be NULL.")));
	}
	return model;
}

/* ---------- SQL ---------- */

PG_FUNCTION_INFO_V1(clv_fit_from_sample);
Datum
clv_fit_from_sample(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("model must not be null")));
	PG_RETURN_POINTER(clv_fit_sample(clv_sample_open(PG_GETARG_DATUM(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)),
									 PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2)));
}

/*
 * The state of a clv_fit, with the request of this row, which begins at
 * argument `at` where there are so many: model, options.
 */
static clv_sample *
requested_state(FunctionCallInfo fcinfo, int at, const char *fallback, clv_step *step)
{
	clv_sample *sample = PG_ARGISNULL(0) ? NULL : clv_sample_state(fcinfo);
	text	   *model;
	Jsonb	   *json = NULL;
	fit_options options;

	if (PG_NARGS() > at && PG_ARGISNULL(at))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("model must not be null")));
	model = PG_NARGS() > at ? PG_GETARG_TEXT_PP(at) : cstring_to_text(fallback);
	if (PG_NARGS() > at + 1 && !PG_ARGISNULL(at + 1))
		json = PG_GETARG_JSONB_P(at + 1);

	if (sample && !clv_sample_has_request(sample, model, json))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model and options must be the same for all rows of a group")));
	if (!sample)
	{
		check_request(text_to_cstring(model), json, &options);
		sample = clv_sample_set_request(clv_sample_make(0, 1), model, json);
		/* the step is read off the options once, and kept in the head */
		sample->step_months = options.units.step_months;
		sample->step_days = options.units.step_days;
	}
	step->months = sample->step_months;
	step->days = sample->step_days;
	return sample;
}

/* (state, p, as_of [, model [, options]]) */
PG_FUNCTION_INFO_V1(clv_fit_accum);
Datum
clv_fit_accum(PG_FUNCTION_ARGS)
{
	clv_sample *sample;
	clv_step	step;

	if (PG_ARGISNULL(1))
		return flat_state_unchanged(fcinfo);
	sample = requested_state(fcinfo, 3, CLV_DEFAULT_MODEL, &step);
	PG_RETURN_DATUM(clv_sample_result(fcinfo, clv_sample_append_digest(fcinfo, sample, step)));
}

/* (state, x, t_x, tenure, mean_spend, weight, model [, options]) */
PG_FUNCTION_INFO_V1(clv_fit_accum_numbers);
Datum
clv_fit_accum_numbers(PG_FUNCTION_ARGS)
{
	clv_sample *sample;
	clv_step	step;

	if (PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(3))
		return flat_state_unchanged(fcinfo);
	sample = requested_state(fcinfo, 6, CLV_DEFAULT_MODEL, &step);
	PG_RETURN_DATUM(clv_sample_result(fcinfo, clv_sample_append_numbers(fcinfo, sample)));
}

/* (state, periods, ended [, weight]) */
PG_FUNCTION_INFO_V1(clv_fit_accum_sbg);
Datum
clv_fit_accum_sbg(PG_FUNCTION_ARGS)
{
	clv_step	none = {0, 0};
	clv_sample *sample;
	sample_entry entry = {0};
	int32		periods;

	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
		return flat_state_unchanged(fcinfo);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("periods and ended must be known together"),
				 errdetail("Of these, %s is null.", PG_ARGISNULL(1) ? "periods" : "ended")));
	periods = PG_GETARG_INT32(1);
	if (periods < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("periods must be at least 1"),
				 errdetail("The value is %d.", periods),
				 errhint("Leave out contracts that have not come to their first renewal: nothing is known of them yet.")));
	entry.tenure = periods;
	entry.x = entry.t_x = periods - (PG_GETARG_BOOL(2) ? 1 : 0);
	entry.weight = PG_NARGS() > 3 && !PG_ARGISNULL(3) ? PG_GETARG_FLOAT8(3) : 1;
	if (!(entry.weight > 0) || entry.weight > SAMPLE_MOST_WEIGHT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight must be a number above zero, and at most 1e15"),
				 errdetail("The value is %g.", entry.weight)));
	if (PG_ARGISNULL(0))
		sample = clv_sample_set_request(clv_sample_make(0, 1), cstring_to_text("sbg"), NULL);
	else
		sample = clv_sample_state(fcinfo);
	clv_sample_be(sample, SAMPLE_NUMBERS, 0, none);
	PG_RETURN_DATUM(clv_sample_result(fcinfo, clv_sample_append(sample, &entry)));
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(clv_fit_final);
Datum
clv_fit_final(PG_FUNCTION_ARGS)
{
	const clv_sample *sample = (const clv_sample *) PG_GETARG_VARLENA_P(0);
	char	   *model;
	Jsonb	   *options;

	if (!clv_sample_get_request(sample, &model, &options))
	{
		model = CLV_DEFAULT_MODEL;
		options = NULL;
	}
	PG_RETURN_POINTER(clv_fit_sample(sample, model, options));
}
