/*
 * clv_model.c
 *		The SQL type clv_model: a fitted or published model as a value.
 *
 * Its text is a JSON object of which the constructor's argument is a part:
 * parameters by name, and for a fitted model what is known of the fit.  Numbers
 * are written with the fewest digits that read back as the same number.
 */
#include "clv_model.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "flat_state.h"
#include "json_value.h"
#include "kernel/calendar.h"
#include "kernel/gamma_gamma.h"
#include "report.h"

#define WIRE_VERSION	1

/* ---------- access ---------- */

const clv_model *
clv_model_open(Datum value)
{
	const clv_model *model = (const clv_model *) PG_DETOAST_DATUM(value);

	if (VARSIZE(model) != sizeof(clv_model) || model->version != CLV_MODEL_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored clv_model is damaged or of an unknown version")));
	return model;
}

clv_model *
clv_model_make(int kind)
{
	clv_model  *model = palloc(sizeof(clv_model));

	SET_VARSIZE(model, sizeof(clv_model));
	clv_model_init(model, kind);
	return model;
}

int
clv_kind_of(const char *name)
{
	int			kind = clv_kind_named(name);
	StringInfoData names;

	if (kind >= 0)
		return kind;
	initStringInfo(&names);
	for (int i = 0; lifetime_models[i]; i++)
		appendStringInfo(&names, "%s, ", lifetime_models[i]->name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown model \"%s\"", shortened(name)),
			 errhint("The models are %sgamma_gamma.", names.data)));
}

/* ---------- state in words ---------- */

static const char *const state_names[] = {"absent", "given", "converged", "boundary", "failed", NULL};

static const char *const reasons[] = {
	"", "no customers", "a single customer", "nobody bought twice", "the optimiser found no maximum",
	"no spend of repeat buyers is known", NULL
};

static const char *const *
parameter_names(const clv_model *model, const clv_half *half)
{
	return half == &model->spend ? gamma_gamma_parameter_names : clv_model_process(model)->parameter_names;
}

char *
clv_state_text(const clv_model *model, const clv_half *half)
{
	StringInfoData buf;
	const char *limit = NULL;
	int			direction[CLV_PARAMETERS];

	initStringInfo(&buf);
	appendStringInfoString(&buf, state_names[half->state]);
	if (half->state == CLV_FAILED)
		appendStringInfo(&buf, ": %s", reasons[half->reason]);
	if (half->state == CLV_BOUNDARY)
	{
		const char *separator = ": ";

		for (int i = 0; i < half->parameters; i++)
		{
			direction[i] = half->direction[i];
			if (direction[i] == 0)
				continue;
			appendStringInfo(&buf, "%s%s to %s", separator, parameter_names(model, half)[i],
							 direction[i] > 0 ? "infinity" : "0");
			separator = ", ";
		}
		limit = half == &model->spend ? gamma_gamma_limit(direction) : clv_model_process(model)->limit(direction);
		if (limit)
			appendStringInfo(&buf, ": %s", limit);
	}
	return buf.data;
}

/* ---------- text ---------- */

static void
append_named_numbers(StringInfo buf, const char *key, const clv_model *model, const clv_half *half,
					 const double *numbers, const int8_t *present)
{
	const char *separator = "";

	appendStringInfo(buf, ", \"%s\": {", key);
	for (int i = 0; i < half->parameters; i++)
		if (present[i])
		{
			appendStringInfo(buf, "%s\"%s\": ", separator, parameter_names(model, half)[i]);
			json_append_number(buf, numbers[i]);
			separator = ", ";
		}
	appendStringInfoChar(buf, '}');
}

static bool
any(const int8_t *present)
{
	for (int i = 0; i < CLV_PARAMETERS; i++)
		if (present[i])
			return true;
	return false;
}

static void
append_half(StringInfo buf, const clv_model *model, const clv_half *half)
{
	if (clv_half_answers(half))
		for (int i = 0; i < half->parameters; i++)
		{
			appendStringInfo(buf, "\"%s\": ", parameter_names(model, half)[i]);
			json_append_number(buf, half->estimate[i]);
			appendStringInfoString(buf, ", ");
		}
	appendStringInfo(buf, "\"state\": \"%s\"", state_names[half->state]);
	if (half->state == CLV_FAILED)
		appendStringInfo(buf, ", \"reason\": \"%s\"", reasons[half->reason]);
	if (half->state == CLV_BOUNDARY)
	{
		double		direction[CLV_PARAMETERS];

		for (int i = 0; i < CLV_PARAMETERS; i++)
			direction[i] = half->direction[i];
		append_named_numbers(buf, "direction", model, half, direction, half->direction);
	}
	if (any(half->fixed))
	{
		double		ones[CLV_PARAMETERS] = {1, 1, 1, 1};

		append_named_numbers(buf, "fixed", model, half, ones, half->fixed);
	}
	if (half->state == CLV_CONVERGED || half->state == CLV_BOUNDARY)
	{
		appendStringInfoString(buf, ", \"log_likelihood\": ");
		json_append_number(buf, half->log_likelihood);
	}
	if (half->state != CLV_GIVEN)
	{
		appendStringInfoString(buf, ", \"customers\": ");
		json_append_number(buf, half->customers);
		appendStringInfoString(buf, ", \"distinct\": ");
		json_append_number(buf, half->distinct);
		appendStringInfo(buf, ", \"evaluations\": %d", half->evaluations);
	}
	if (any(half->has_lower))
		append_named_numbers(buf, "lower", model, half, half->lower, half->has_lower);
	if (any(half->has_upper))
		append_named_numbers(buf, "upper", model, half, half->upper, half->has_upper);
	if (half->has_covariance)
	{
		appendStringInfoString(buf, ", \"covariance\": [");
		for (int i = 0; i < half->parameters; i++)
		{
			appendStringInfoString(buf, i == 0 ? "[" : ", [");
			for (int j = 0; j < half->parameters; j++)
			{
				appendStringInfoString(buf, j == 0 ? "" : ", ");
				json_append_number(buf, half->covariance[i][j]);
			}
			appendStringInfoChar(buf, ']');
		}
		appendStringInfoChar(buf, ']');
	}
}

PG_FUNCTION_INFO_V1(clv_model_out);
Datum
clv_model_out(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"model\": \"%s\", ", clv_kind_name(model->kind));
	if (model->unit_days != 1)
	{
		appendStringInfoString(&buf, "\"unit_days\": ");
		json_append_number(&buf, model->unit_days);
		appendStringInfoString(&buf, ", ");
	}
	if (model->step_months || model->step_days)
		appendStringInfo(&buf, "\"step\": \"%s\", ", clv_step_to_text(clv_step_of(model)));
	if (model->kind == CLV_KIND_GAMMA_GAMMA)
		append_half(&buf, model, &model->spend);
	else
	{
		append_half(&buf, model, &model->process);
		if (model->spend.state != CLV_ABSENT)
		{
			appendStringInfoString(&buf, ", \"spend\": {");
			append_half(&buf, model, &model->spend);
			appendStringInfoChar(&buf, '}');
		}
	}
	if (model->has_as_of)
	{
		char		day[CALENDAR_TEXT_SIZE];

		calendar_to_text(model->as_of, day);
		appendStringInfo(&buf, ", \"as_of\": \"%s\"", day);
	}
	if (model->left_out > 0)
	{
		appendStringInfoString(&buf, ", \"left_out\": ");
		json_append_number(&buf, model->left_out);
	}
	if (model->has_correlation)
	{
		appendStringInfoString(&buf, ", \"correlation\": ");
		json_append_number(&buf, model->correlation);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

const char *
clv_parameters_from_json(const JsonbContainer *object, const char *const *names, int count, bool all, double *values)
{
	for (int i = 0; i < count; i++)
	{
		JsonbValue	value;

		if (!json_field(object, names[i], &value))
		{
			if (all)
				return psprintf("Parameter \"%s\" is missing.", names[i]);
			continue;
		}
		if (!json_number(&value, &values[i]) || !lifetime_parameter_valid(values[i]))
			return psprintf("Parameter \"%s\" is not a number from %g to %g.", names[i], LIFETIME_LEAST, LIFETIME_MOST);
	}
	return NULL;
}

const char *
clv_units_from_json(const JsonbContainer *object, clv_model *model)
{
	JsonbValue	value;
	const lifetime_model *process = clv_model_process(model);
	bool		discrete = process && process->discrete;

	if (json_field(object, "unit_days", &value))
	{
		if (!json_number(&value, &model->unit_days) ||
			!(model->unit_days >= CLV_LEAST_UNIT && model->unit_days <= CLV_MOST_UNIT))
			return psprintf("\"unit_days\" is not a number from %g to %g.", CLV_LEAST_UNIT, CLV_MOST_UNIT);
		if (discrete && model->unit_days != 1)
			return psprintf("Model %s counts opportunities and has no \"unit_days\".", process->name);
	}
	if (json_field(object, "step", &value))
	{
		char	   *text = json_text(&value);
		Datum		interval;
		clv_step	step;

		if (!discrete || process == &sbg)
			return "Only model bg_bb has a \"step\".";
		if (!text || !loyalty_input(interval_in, text, LOYALTY_SOFT_CONTEXT, &interval) ||
			!clv_step_of_interval(DatumGetIntervalP(interval), &step))
			return "\"step\" is not a whole number of months or of days, like \"1 year\" or \"7 days\".";
		model->step_months = step.months;
		model->step_days = step.days;
	}
	return NULL;
}

/* one flag a parameter, from an object that names those that are set */
static const char *
flags_from_json(const JsonbContainer *object, const char *key, const char *const *names, int count,
				double *numbers, int8_t *present)
{
	JsonbValue	value;
	JsonbContainer *fields;

	if (!json_field(object, key, &value))
		return NULL;
	if (!json_as_object(&value, &fields))
		return psprintf("\"%s\" is not an object.", key);
	for (int i = 0; i < count; i++)
		if (json_field(fields, names[i], &value))
		{
			if (!json_number(&value, &numbers[i]))
				return psprintf("\"%s\" of \"%s\" is not a number.", key, names[i]);
			present[i] = 1;
		}
	return NULL;
}

static const char *
number_from_json(const JsonbContainer *object, const char *key, double *number)
{
	JsonbValue	value;

	if (json_field(object, key, &value) && (!json_number(&value, number) || isinf(*number)))
		return psprintf("\"%s\" is not a finite number.", key);
	return NULL;
}

static int
index_of(const char *const *list, const char *text)
{
	for (int i = 0; text && list[i]; i++)
		if (strcmp(list[i], text) == 0)
			return i;
	return -1;
}

static const char *
covariance_from_json(const JsonbContainer *object, clv_half *half)
{
	JsonbValue	value;
	JsonbContainer *rows;
	JsonbIterator *it;
	int			n = 0;

	if (!json_field(object, "covariance", &value))
		return NULL;
	half->has_covariance = 1;
	if (!json_as_array(&value, &rows))
		return "\"covariance\" is not an array.";
	it = JsonbIteratorInit(rows);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		JsonbContainer *row;

		if (n == half->parameters || !json_as_array(&value, &row) ||
			json_numbers(row, half->covariance[n++], half->parameters) != half->parameters)
			return "\"covariance\" is not one row of numbers for each parameter.";
	}
	return n == half->parameters ? NULL : "\"covariance\" is not one row of numbers for each parameter.";
}

/* what is wrong, or NULL; clv_model_check is still to be asked */
static const char *
half_from_json(const JsonbContainer *object, const char *const *names, int count, clv_half *half)
{
	JsonbValue	value;
	double		direction[CLV_PARAMETERS] = {0};
	double		fixed[CLV_PARAMETERS] = {0};
	int8_t		directed[CLV_PARAMETERS] = {0};
	int64		evaluations = 0;
	const char *fault;

	half->parameters = count;
	half->state = CLV_GIVEN;
	if (json_field(object, "state", &value))
	{
		half->state = index_of(state_names, json_text(&value));
		if (half->state <= CLV_ABSENT)
			return "\"state\" is unknown.";
	}
	if (json_field(object, "reason", &value))
	{
		half->reason = index_of(reasons, json_text(&value));
		if (half->reason < 0)
			return "\"reason\" is unknown.";
	}
	fault = clv_parameters_from_json(object, names, count, half->state != CLV_FAILED, half->estimate);
	if (!fault)
		fault = flags_from_json(object, "direction", names, count, direction, directed);
	for (int i = 0; i < count; i++)
		half->direction[i] = direction[i] == 1 ? 1 : direction[i] == -1 ? -1 : direction[i] == 0 ? 0 : 2;
	if (!fault)
		fault = flags_from_json(object, "fixed", names, count, fixed, half->fixed);
	if (!fault)
		fault = flags_from_json(object, "lower", names, count, half->lower, half->has_lower);
	if (!fault)
		fault = flags_from_json(object, "upper", names, count, half->upper, half->has_upper);
	if (!fault)
		fault = number_from_json(object, "log_likelihood", &half->log_likelihood);
	if (!fault)
		fault = number_from_json(object, "customers", &half->customers);
	if (!fault)
		fault = number_from_json(object, "distinct", &half->distinct);
	if (!fault)
		fault = covariance_from_json(object, half);
	if (!fault && json_field(object, "evaluations", &value) &&
		(!json_int64(&value, &evaluations) || evaluations > PG_INT32_MAX || evaluations < 0))
		return "\"evaluations\" is not a whole number.";
	half->evaluations = (int32) evaluations;
	return fault;
}

#define HALF_KEYS \
	"state", "reason", "direction", "fixed", "lower", "upper", "log_likelihood", "customers", "distinct", \
	"covariance", "evaluations"

/* the first field that is none of a half with these parameters, nor in the list */
static const char *
unknown_field(JsonbContainer *object, const char *const *names, int count, const char *const *others)
{
	static const char *const half_keys[] = {HALF_KEYS, NULL};
	const char *known[64];
	int			n = 0;

	for (int i = 0; i < count; i++)
		known[n++] = names[i];
	for (int i = 0; half_keys[i]; i++)
		known[n++] = half_keys[i];
	for (int i = 0; others[i]; i++)
		known[n++] = others[i];
	known[n] = NULL;
	return json_unknown_key(object, known);
}

/* fills a model of a known kind from an object; what is wrong, or NULL */
static const char *
model_from_json(JsonbContainer *root, clv_model *model)
{
	static const char *const top_keys[] = {
		"model", "unit_days", "step", "spend", "as_of", "left_out", "correlation", NULL
	};
	static const char *const no_keys[] = {NULL};
	const lifetime_model *process = clv_model_process(model);
	const char *const *names = process ? process->parameter_names : gamma_gamma_parameter_names;
	int			count = process ? process->parameters : 3;
	JsonbValue	value;
	JsonbContainer *spend;
	const char *unknown = unknown_field(root, names, count, top_keys);
	const char *fault;

	if (unknown)
		return psprintf("Model %s has no field \"%s\".", clv_kind_name(model->kind), shortened(unknown));
	if (json_field(root, "model", &value) &&
		(!json_text(&value) || strcmp(json_text(&value), clv_kind_name(model->kind)) != 0))
		return "\"model\" is another one.";
	fault = half_from_json(root, names, count, process ? &model->process : &model->spend);
	if (!fault)
		fault = clv_units_from_json(root, model);
	if (!fault && json_field(root, "spend", &value))
	{
		if (!process)
			return "Model gamma_gamma is a model of spend and has no other.";
		if (!json_as_object(&value, &spend))
			return "\"spend\" is not an object.";
		unknown = unknown_field(spend, gamma_gamma_parameter_names, 3, no_keys);
		if (unknown)
			return psprintf("The model of spend has no field \"%s\".", shortened(unknown));
		fault = half_from_json(spend, gamma_gamma_parameter_names, 3, &model->spend);
	}
	if (!fault)
		fault = number_from_json(root, "left_out", &model->left_out);
	if (!fault && json_field(root, "correlation", &value))
	{
		model->has_correlation = 1;
		fault = number_from_json(root, "correlation", &model->correlation);
	}
	if (!fault && json_field(root, "as_of", &value))
	{
		char	   *text = json_text(&value);
		size_t		used;

		model->has_as_of = 1;
		if (!text || calendar_from_text(text, strlen(text), &model->as_of, &used) != LOYALTY_OK || text[used] != '\0')
			return "\"as_of\" is not a date.";
	}
	if (!fault)
	{
		fault = clv_model_check(model);
		if (fault)
			fault = psprintf("It is inconsistent: %s.", fault);
	}
	return fault;
}

PG_FUNCTION_INFO_V1(clv_model_in);
Datum
clv_model_in(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = json_object_in(PG_GETARG_CSTRING(0), fcinfo->context, "clv_model");
	JsonbValue	value;
	clv_model  *model;
	const char *fault;
	char	   *name;
	int			kind;

	if (!json)
		PG_RETURN_NULL();
	name = json_field(&json->root, "model", &value) ? json_text(&value) : NULL;
	kind = name ? clv_kind_named(name) : -1;
	if (kind < 0)
	{
		json_refuse(fcinfo->context, "clv_model", "\"model\" is missing or unknown.");
		PG_RETURN_NULL();
	}
	model = clv_model_make(kind);
	fault = model_from_json(&json->root, model);
	if (fault)
	{
		json_refuse(fcinfo->context, "clv_model", fault);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(model);
}

/* clv_model(model, parameters): published parameters as a model */
PG_FUNCTION_INFO_V1(clv_model_construct);
Datum
clv_model_construct(PG_FUNCTION_ARGS)
{
	clv_model  *model = clv_model_make(clv_kind_of(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	Jsonb	   *json = PG_GETARG_JSONB_P(1);
	const char *fault = JB_ROOT_IS_OBJECT(json) ? model_from_json(&json->root, model) :
		"They are not a JSON object.";

	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid parameters of model %s", clv_kind_name(model->kind)),
				 errdetail("%s", fault)));
	PG_RETURN_POINTER(model);
}

/* ---------- binary: version, then every field in the order of the struct ---------- */

static void
send_half(StringInfo buf, const clv_half *half)
{
	pq_sendbyte(buf, half->state);
	pq_sendbyte(buf, half->reason);
	pq_sendbyte(buf, half->has_covariance);
	pq_sendbyte(buf, half->parameters);
	pq_sendint32(buf, half->evaluations);
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		pq_sendbyte(buf, half->direction[i]);
		pq_sendbyte(buf, half->fixed[i]);
		pq_sendbyte(buf, half->has_lower[i]);
		pq_sendbyte(buf, half->has_upper[i]);
		pq_sendfloat8(buf, half->estimate[i]);
		pq_sendfloat8(buf, half->lower[i]);
		pq_sendfloat8(buf, half->upper[i]);
		for (int j = 0; j < CLV_PARAMETERS; j++)
			pq_sendfloat8(buf, half->covariance[i][j]);
	}
	pq_sendfloat8(buf, half->log_likelihood);
	pq_sendfloat8(buf, half->customers);
	pq_sendfloat8(buf, half->distinct);
}

/* -0 would be another model that looks the same */
static double
get_double(StringInfo buf)
{
	return pq_getmsgfloat8(buf) + 0.0;
}

static void
receive_half(StringInfo buf, clv_half *half)
{
	half->state = pq_getmsgbyte(buf);
	half->reason = pq_getmsgbyte(buf);
	half->has_covariance = pq_getmsgbyte(buf);
	half->parameters = pq_getmsgbyte(buf);
	half->evaluations = (int32) pq_getmsgint(buf, 4);
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		half->direction[i] = (int8_t) pq_getmsgbyte(buf);
		half->fixed[i] = (int8_t) pq_getmsgbyte(buf);
		half->has_lower[i] = (int8_t) pq_getmsgbyte(buf);
		half->has_upper[i] = (int8_t) pq_getmsgbyte(buf);
		half->estimate[i] = get_double(buf);
		half->lower[i] = get_double(buf);
		half->upper[i] = get_double(buf);
		for (int j = 0; j < CLV_PARAMETERS; j++)
			half->covariance[i][j] = get_double(buf);
	}
	half->log_likelihood = get_double(buf);
	half->customers = get_double(buf);
	half->distinct = get_double(buf);
}

PG_FUNCTION_INFO_V1(clv_model_send);
Datum
clv_model_send(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendbyte(&buf, model->kind);
	pq_sendbyte(&buf, model->has_as_of);
	pq_sendbyte(&buf, model->has_correlation);
	pq_sendint32(&buf, model->as_of);
	pq_sendint32(&buf, model->step_months);
	pq_sendint32(&buf, model->step_days);
	pq_sendfloat8(&buf, model->unit_days);
	pq_sendfloat8(&buf, model->left_out);
	pq_sendfloat8(&buf, model->correlation);
	send_half(&buf, &model->process);
	send_half(&buf, &model->spend);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(clv_model_recv);
Datum
clv_model_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	clv_model  *model;
	const char *fault;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "clv_model")));
	model = clv_model_make(pq_getmsgbyte(buf));
	model->has_as_of = (uint8) pq_getmsgbyte(buf);
	model->has_correlation = (uint8) pq_getmsgbyte(buf);
	model->as_of = (int32) pq_getmsgint(buf, 4);
	model->step_months = (int32) pq_getmsgint(buf, 4);
	model->step_days = (int32) pq_getmsgint(buf, 4);
	model->unit_days = get_double(buf);
	model->left_out = get_double(buf);
	model->correlation = get_double(buf);
	receive_half(buf, &model->process);
	receive_half(buf, &model->spend);
	fault = clv_model_check(model);
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary %s", "clv_model"),
				 errdetail("It is inconsistent: %s.", fault)));
	PG_RETURN_POINTER(model);
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	return flat_compare((const struct varlena *) clv_model_open(PG_GETARG_DATUM(0)),
						(const struct varlena *) clv_model_open(PG_GETARG_DATUM(1)));
}

FLAT_COMPARISONS(clv_model, compare_args);

PG_FUNCTION_INFO_V1(clv_model_hash);
Datum
clv_model_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) flat_hash((const struct varlena *) clv_model_open(PG_GETARG_DATUM(0)), 0));
}

PG_FUNCTION_INFO_V1(clv_model_hash_extended);
Datum
clv_model_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) flat_hash((const struct varlena *) clv_model_open(PG_GETARG_DATUM(0)),
									  (uint64) PG_GETARG_INT64(1)));
}
