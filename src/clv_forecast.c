/*
 * clv_forecast.c
 *		The SQL type clv_forecast: what a group of customers will bring, and how
 *		sure that is.
 *
 * A forecast has one form of one size, which is stored and is the state of the
 * aggregates alike; it is changed in place within an aggregate and never
 * elsewhere.  The arithmetic is in kernel/clv_forecast.c.
 */
#include "compat.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "clv_history.h"
#include "clv_model.h"
#include "clv_score.h"
#include "flat_state.h"
#include "json_value.h"
#include "kernel/calendar.h"
#include "kernel/clv_forecast.h"
#include "report.h"

#define WIRE_VERSION	1

/* ---------- access ---------- */

static const clv_forecast *
check_form(const clv_forecast *forecast)
{
	if (VARSIZE(forecast) != sizeof(clv_forecast) || forecast->version != CLV_FORECAST_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored clv_forecast is damaged or of an unknown version")));
	return forecast;
}

/* an argument to read */
static const clv_forecast *
forecast_open(Datum value)
{
	return check_form((const clv_forecast *) PG_DETOAST_DATUM(value));
}

#define PG_GETARG_FORECAST(n)	forecast_open(PG_GETARG_DATUM(n))

/* argument 0 to write to: itself, where it is the executor's own state; else a copy */
static clv_forecast *
forecast_state(FunctionCallInfo fcinfo)
{
	clv_forecast *state = flat_state_fetch(fcinfo, PG_GETARG_VARLENA_P(0));

	check_form(state);
	return state;
}

static clv_forecast *
forecast_make(const clv_model *model, DateADT as_of, DateADT until, double discount)
{
	clv_forecast *forecast = palloc(sizeof(clv_forecast));

	SET_VARSIZE(forecast, sizeof(clv_forecast));
	clv_forecast_init(forecast, model, as_of, until, discount);
	return forecast;
}

static void
report_unless_added(loyalty_status status)
{
	if (likely(status == LOYALTY_OK))
		return;
	if (status == LOYALTY_COUNT_OVERFLOW)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many customers in one clv_forecast")));
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("expected value of a customer is out of range"),
			 errdetail("It, its variance, or a derivative of it, is beyond %g.", EXACT_SUM_ADDEND)));
}

static void
refuse_unlike(const clv_forecast *a, const clv_forecast *b)
{
	char		days[4][CALENDAR_TEXT_SIZE];

	calendar_to_text(a->as_of, days[0]);
	calendar_to_text(a->until, days[1]);
	calendar_to_text(b->as_of, days[2]);
	calendar_to_text(b->until, days[3]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a forecast cannot hold customers forecast in different ways"),
			 a->as_of == b->as_of && a->until == b->until && a->discount == b->discount ?
			 errdetail("Some were forecast by one model, others by another.") :
			 errdetail("Some were forecast from %s to %s at discount %g, others from %s to %s at discount %g.",
					   days[0], days[1], a->discount, days[2], days[3], b->discount),
			 errhint("model, as_of, horizon and discount must be the same for all rows of a group and for all forecasts rolled up.")));
}

/* ---------- rows ---------- */

static void
refuse_null(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", argument)));
}

static void
add_digest(clv_forecast *forecast, const purchase_view *view)
{
	const clv_model *model = &forecast->model;
	DateADT		as_of = forecast->as_of;
	customer_forecast customer;
	lifetime_history history;

	if (!clv_model_history(model, view, as_of, &history))
		report_unless_added(clv_forecast_add_left_out(forecast));
	else if (clv_forecast_customer(model, &history,
								   history.x, Max(clv_mean_spend(view, as_of, clv_step_of(model)), 0),
								   clv_model_span(model, as_of, forecast->until),
								   clv_model_discount(model, forecast->discount), &customer))
		report_unless_added(clv_forecast_add(forecast, &customer));
	else
		report_unless_added(clv_forecast_add_unanswered(forecast));
}

/* (state, p, model, as_of, horizon [, discount]) */
PG_FUNCTION_INFO_V1(clv_forecast_accum);
Datum
clv_forecast_accum(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"state", "p", "model", "as_of", "horizon", "discount"};
	clv_forecast *forecast;
	clv_forecast *asked;		/* what this row asks for, and nobody in it */
	const clv_model *model;
	DateADT		as_of;
	double		discount;
	purchase_view view;

	/* no digest is no customer */
	if (PG_ARGISNULL(1))
		return flat_state_unchanged(fcinfo);
	for (int i = 2; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			refuse_null(arguments[i]);

	model = clv_model_open(PG_GETARG_DATUM(2));
	as_of = PG_GETARG_DATEADT(3);
	discount = (PG_NARGS() > 5 ? PG_GETARG_FLOAT8(5) : 0) + 0.0;	/* -0 is 0 */
	(void) clv_process_of(model);
	(void) clv_model_discount(model, discount);
	asked = forecast_make(model, as_of, clv_horizon_end(as_of, PG_GETARG_INTERVAL_P(4)), discount);
	forecast = PG_ARGISNULL(0) ? asked : forecast_state(fcinfo);
	if (unlikely(!clv_forecast_alike(forecast, asked)))
		refuse_unlike(forecast, asked);
	PG_GETARG_PURCHASE_VIEW(1, &view);
	add_digest(forecast, &view);
	PG_RETURN_POINTER(forecast);
}

static void
merge_into(clv_forecast *forecast, const clv_forecast *other)
{
	if (unlikely(!clv_forecast_alike(forecast, other)))
		refuse_unlike(forecast, other);
	report_unless_added(clv_forecast_join(forecast, other));
}

/* combine function, and the transition function of rollup() */
PG_FUNCTION_INFO_V1(clv_forecast_combine);
Datum
clv_forecast_combine(PG_FUNCTION_ARGS)
{
	clv_forecast *forecast = forecast_state(fcinfo);

	merge_into(forecast, PG_GETARG_FORECAST(1));
	PG_RETURN_POINTER(forecast);
}

PG_FUNCTION_INFO_V1(clv_forecast_merge);
Datum
clv_forecast_merge(PG_FUNCTION_ARGS)
{
	clv_forecast *forecast;

	/* NULL is nothing, not unknown: merging it changes nothing */
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
	forecast = flat_state_fetch(NULL, PG_GETARG_VARLENA_P(0));
	check_form(forecast);
	merge_into(forecast, PG_GETARG_FORECAST(1));
	PG_RETURN_POINTER(forecast);
}

/* ---------- answers ---------- */

PG_FUNCTION_INFO_V1(clv_forecast_customer_count);
Datum
clv_forecast_customer_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_FORECAST(0)->customers);
}

PG_FUNCTION_INFO_V1(clv_forecast_left_out);
Datum
clv_forecast_left_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_FORECAST(0)->left_out);
}

PG_FUNCTION_INFO_V1(clv_forecast_unanswered_count);
Datum
clv_forecast_unanswered_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_FORECAST(0)->unanswered);
}

PG_FUNCTION_INFO_V1(clv_forecast_unbounded_count);
Datum
clv_forecast_unbounded_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_FORECAST(0)->unbounded);
}

PG_FUNCTION_INFO_V1(clv_forecast_total);
Datum
clv_forecast_total(PG_FUNCTION_ARGS)
{
	double		total;

	if (!clv_forecast_mean(PG_GETARG_FORECAST(0), &total))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(total);
}

static Datum
error_of(FunctionCallInfo fcinfo, bool (*variance_of) (const clv_forecast *, double *))
{
	double		variance;

	if (!variance_of(PG_GETARG_FORECAST(0), &variance))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sqrt(variance));
}

PG_FUNCTION_INFO_V1(clv_forecast_std_error);
Datum
clv_forecast_std_error(PG_FUNCTION_ARGS)
{
	return error_of(fcinfo, clv_forecast_variance);
}

PG_FUNCTION_INFO_V1(clv_forecast_customer_std_error);
Datum
clv_forecast_customer_std_error(PG_FUNCTION_ARGS)
{
	return error_of(fcinfo, clv_forecast_customer_variance);
}

PG_FUNCTION_INFO_V1(clv_forecast_parameter_std_error);
Datum
clv_forecast_parameter_std_error(PG_FUNCTION_ARGS)
{
	return error_of(fcinfo, clv_forecast_parameter_variance);
}

PG_FUNCTION_INFO_V1(clv_forecast_interval);
Datum
clv_forecast_interval(PG_FUNCTION_ARGS)
{
	double		level = PG_GETARG_FLOAT8(1);
	TupleDesc	desc;
	Datum		values[2] = {0};
	bool		nulls[2] = {true, true};
	double		lower;
	double		upper;

	if (unlikely(!(level > 0 && level < 1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level must be above 0 and below 1"),
				 errdetail("The value is %g.", level)));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (clv_forecast_range(PG_GETARG_FORECAST(0), level, &lower, &upper))
	{
		values[0] = Float8GetDatum(lower);
		values[1] = Float8GetDatum(upper);
		nulls[0] = nulls[1] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---------- text: a JSON object ---------- */

static void
append_sum(StringInfo buf, const exact_sum *sum)
{
	double		parts[EXACT_SUM_PARTS];
	int			n = exact_sum_parts(sum, parts);

	appendStringInfoChar(buf, '[');
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(buf, i == 0 ? "" : ", ");
		json_append_number(buf, parts[i]);
	}
	appendStringInfoChar(buf, ']');
}

static void
append_gradient(StringInfo buf, const char *key, const clv_half *half, const exact_sum *gradient)
{
	if (!half->has_covariance)
		return;
	appendStringInfo(buf, ", \"%s\": [", key);
	for (int i = 0; i < half->parameters; i++)
	{
		appendStringInfoString(buf, i == 0 ? "" : ", ");
		append_sum(buf, &gradient[i]);
	}
	appendStringInfoChar(buf, ']');
}

static void
append_count(StringInfo buf, const char *key, int64 count)
{
	if (count > 0)
		appendStringInfo(buf, ", \"%s\": " INT64_FORMAT, key, count);
}

PG_FUNCTION_INFO_V1(clv_forecast_out);
Datum
clv_forecast_out(PG_FUNCTION_ARGS)
{
	const clv_forecast *forecast = PG_GETARG_FORECAST(0);
	char		as_of[CALENDAR_TEXT_SIZE];
	char		until[CALENDAR_TEXT_SIZE];
	StringInfoData buf;

	calendar_to_text(forecast->as_of, as_of);
	calendar_to_text(forecast->until, until);
	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"as_of\": \"%s\", \"until\": \"%s\", \"discount\": ", as_of, until);
	json_append_number(&buf, forecast->discount);
	appendStringInfo(&buf, ", \"customers\": " INT64_FORMAT, forecast->customers);
	append_count(&buf, "left_out", forecast->left_out);
	append_count(&buf, "unanswered", forecast->unanswered);
	append_count(&buf, "unbounded", forecast->unbounded);
	appendStringInfoString(&buf, ", \"total\": ");
	append_sum(&buf, &forecast->total);
	appendStringInfoString(&buf, ", \"variance\": ");
	append_sum(&buf, &forecast->variance);
	append_gradient(&buf, "gradient", &forecast->model.process, forecast->process_gradient);
	append_gradient(&buf, "spend_gradient", &forecast->model.spend, forecast->spend_gradient);
	appendStringInfo(&buf, ", \"model\": %s}",
					 DatumGetCString(DirectFunctionCall1(clv_model_out, PointerGetDatum(&forecast->model))));
	PG_RETURN_CSTRING(buf.data);
}

/* Each of these returns what is wrong with a field, or NULL. */

static const char *
read_sum(const JsonbContainer *array, exact_sum *sum)
{
	double		parts[EXACT_SUM_PARTS];
	int			n = json_numbers(array, parts, EXACT_SUM_PARTS);

	if (n < 0)
		return "A sum is not an array of numbers, or one of too many.";
	for (int i = 0; i < n; i++)
		if (exact_sum_add(sum, parts[i]) != LOYALTY_OK)
			return "A sum is out of range.";
	return NULL;
}

static const char *
read_sum_field(const JsonbContainer *object, const char *key, exact_sum *sum)
{
	JsonbValue	value;
	JsonbContainer *array;

	if (!json_field(object, key, &value) || !json_as_array(&value, &array))
		return psprintf("\"%s\" is missing or not an array of numbers.", key);
	return read_sum(array, sum);
}

static const char *
read_gradient_field(const JsonbContainer *object, const char *key, const clv_half *half, exact_sum *gradient)
{
	JsonbValue	value;
	JsonbContainer *sums;
	JsonbIterator *it;
	int			n = 0;

	if (!json_field(object, key, &value))
		return half->has_covariance ? psprintf("\"%s\" is missing.", key) : NULL;
	if (!half->has_covariance || !json_as_array(&value, &sums))
		return psprintf("\"%s\" is not an array, or its model has no covariance.", key);
	it = JsonbIteratorInit(sums);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		JsonbContainer *array;
		const char *fault;

		if (n == half->parameters || !json_as_array(&value, &array))
			return psprintf("\"%s\" is not one sum for each parameter.", key);
		fault = read_sum(array, &gradient[n++]);
		if (fault)
			return fault;
	}
	return n == half->parameters ? NULL : psprintf("\"%s\" is not one sum for each parameter.", key);
}

static const char *
read_count_field(const JsonbContainer *object, const char *key, int64 *count)
{
	JsonbValue	value;

	if (json_field(object, key, &value) && !json_int64(&value, count))
		return psprintf("\"%s\" is not a whole number.", key);
	return NULL;
}

static const char *
read_day_field(const JsonbContainer *object, const char *key, int32 *day)
{
	JsonbValue	value;
	char	   *text = json_field(object, key, &value) ? json_text(&value) : NULL;
	size_t		used;

	if (!text || calendar_from_text(text, strlen(text), day, &used) != LOYALTY_OK || text[used] != '\0')
		return psprintf("\"%s\" is missing or not a date.", key);
	return NULL;
}

static const char *
read_forecast(JsonbContainer *root, clv_forecast *forecast)
{
	static const char *const keys[] = {
		"as_of", "until", "discount", "customers", "left_out", "unanswered", "unbounded",
		"total", "variance", "gradient", "spend_gradient", "model", NULL
	};
	const char *unknown = json_unknown_key(root, keys);
	JsonbValue	value;
	const char *fault;

	if (unknown)
		return psprintf("There is no field \"%s\".", shortened(unknown));
	if (!json_field(root, "discount", &value) || !json_number(&value, &forecast->discount))
		return "\"discount\" is missing or not a number.";
	forecast->discount += 0.0;	/* -0 is 0 */
	fault = read_day_field(root, "as_of", &forecast->as_of);
	if (!fault)
		fault = read_day_field(root, "until", &forecast->until);
	if (!fault)
		fault = read_count_field(root, "customers", &forecast->customers);
	if (!fault)
		fault = read_count_field(root, "left_out", &forecast->left_out);
	if (!fault)
		fault = read_count_field(root, "unanswered", &forecast->unanswered);
	if (!fault)
		fault = read_count_field(root, "unbounded", &forecast->unbounded);
	if (!fault)
		fault = read_sum_field(root, "total", &forecast->total);
	if (!fault)
		fault = read_sum_field(root, "variance", &forecast->variance);
	if (!fault)
		fault = read_gradient_field(root, "gradient", &forecast->model.process, forecast->process_gradient);
	if (!fault)
		fault = read_gradient_field(root, "spend_gradient", &forecast->model.spend, forecast->spend_gradient);
	if (!fault)
	{
		fault = clv_forecast_check(forecast);
		if (fault)
			fault = psprintf("Its %s.", fault);
	}
	return fault;
}

PG_FUNCTION_INFO_V1(clv_forecast_in);
Datum
clv_forecast_in(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = json_object_in(PG_GETARG_CSTRING(0), fcinfo->context, "clv_forecast");
	JsonbValue	value;
	JsonbContainer *object;
	Datum		model;
	clv_forecast *forecast;
	const char *fault;

	if (!json)
		PG_RETURN_NULL();
	if (!json_field(&json->root, "model", &value) || !json_as_object(&value, &object))
	{
		json_refuse(fcinfo->context, "clv_forecast", "\"model\" is missing or not an object.");
		PG_RETURN_NULL();
	}
	if (!loyalty_input(clv_model_in, JsonbToCString(NULL, object, value.val.binary.len), fcinfo->context, &model))
		PG_RETURN_NULL();
	forecast = forecast_make(clv_model_open(model), 0, 0, 0);
	fault = read_forecast(&json->root, forecast);
	if (fault)
	{
		json_refuse(fcinfo->context, "clv_forecast", fault);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(forecast);
}

/* ---------- binary: version, then every field in the order of the struct ---------- */

static void
send_sum(StringInfo buf, const exact_sum *sum)
{
	for (int i = 0; i < EXACT_SUM_WORDS; i++)
		pq_sendint64(buf, (int64) sum->word[i]);
}

static void
receive_sum(StringInfo buf, exact_sum *sum)
{
	for (int i = 0; i < EXACT_SUM_WORDS; i++)
		sum->word[i] = (uint64) pq_getmsgint64(buf);
}

PG_FUNCTION_INFO_V1(clv_forecast_send);
Datum
clv_forecast_send(PG_FUNCTION_ARGS)
{
	const clv_forecast *forecast = PG_GETARG_FORECAST(0);
	bytea	   *model = DatumGetByteaPP(DirectFunctionCall1(clv_model_send, PointerGetDatum(&forecast->model)));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendint32(&buf, forecast->as_of);
	pq_sendint32(&buf, forecast->until);
	pq_sendfloat8(&buf, forecast->discount);
	pq_sendint64(&buf, forecast->customers);
	pq_sendint64(&buf, forecast->left_out);
	pq_sendint64(&buf, forecast->unanswered);
	pq_sendint64(&buf, forecast->unbounded);
	send_sum(&buf, &forecast->total);
	send_sum(&buf, &forecast->variance);
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		send_sum(&buf, &forecast->process_gradient[i]);
		send_sum(&buf, &forecast->spend_gradient[i]);
	}
	pq_sendbytes(&buf, VARDATA_ANY(model), (int) VARSIZE_ANY_EXHDR(model));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(clv_forecast_recv);
Datum
clv_forecast_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	clv_forecast *forecast;
	const char *fault;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "clv_forecast")));
	forecast = palloc0(sizeof(clv_forecast));
	SET_VARSIZE(forecast, sizeof(clv_forecast));
	forecast->version = CLV_FORECAST_VERSION;
	forecast->as_of = (int32) pq_getmsgint(buf, 4);
	forecast->until = (int32) pq_getmsgint(buf, 4);
	forecast->discount = pq_getmsgfloat8(buf) + 0.0;	/* -0 is 0 */
	forecast->customers = pq_getmsgint64(buf);
	forecast->left_out = pq_getmsgint64(buf);
	forecast->unanswered = pq_getmsgint64(buf);
	forecast->unbounded = pq_getmsgint64(buf);
	receive_sum(buf, &forecast->total);
	receive_sum(buf, &forecast->variance);
	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		receive_sum(buf, &forecast->process_gradient[i]);
		receive_sum(buf, &forecast->spend_gradient[i]);
	}
	forecast->model = *clv_model_open(DirectFunctionCall1(clv_model_recv, PointerGetDatum(buf)));
	fault = clv_forecast_check(forecast);
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary %s", "clv_forecast"),
				 errdetail("Its %s.", fault)));
	PG_RETURN_POINTER(forecast);
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	return flat_compare((const struct varlena *) PG_GETARG_FORECAST(0),
						(const struct varlena *) PG_GETARG_FORECAST(1));
}

FLAT_COMPARISONS(clv_forecast, compare_args);

PG_FUNCTION_INFO_V1(clv_forecast_hash);
Datum
clv_forecast_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) flat_hash((const struct varlena *) PG_GETARG_FORECAST(0), 0));
}

PG_FUNCTION_INFO_V1(clv_forecast_hash_extended);
Datum
clv_forecast_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) flat_hash((const struct varlena *) PG_GETARG_FORECAST(0),
									  (uint64) PG_GETARG_INT64(1)));
}
