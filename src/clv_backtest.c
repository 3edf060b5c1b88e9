/*
 * clv_backtest.c
 *		The SQL type clv_backtest: how well a model would have done.
 *
 * Input and output of both forms, and comparison.  How one comes about is in
 * clv_backtest_aggregate.c, what can be read off in clv_backtest_facts.c; the
 * forms are described in kernel/clv_backtest.h.  The sample of a log and the
 * model of a result go in and out as values of their own types do.
 */
#include "clv_backtest.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "clv_model.h"
#include "clv_sample.h"
#include "flat_state.h"
#include "json_value.h"
#include "kernel/calendar.h"
#include "kernel/sbg.h"
#include "report.h"

#define WIRE_VERSION		1
#define CUSTOMER_BYTES		(5 * sizeof(int32) + sizeof(float8) + sizeof(int64))
#define RESULT_BYTES		((4 * BACKTEST_CLASSES + 6 * BACKTEST_FORECASTS + 4) * (int) sizeof(float8))
#define CUSTOMER_NUMBERS	5		/* of its text, before the spend */
#define WHOLE_UP_TO			9007199254740992.0

extern Datum clv_model_in(PG_FUNCTION_ARGS);
extern Datum clv_model_out(PG_FUNCTION_ARGS);
extern Datum clv_model_recv(PG_FUNCTION_ARGS);
extern Datum clv_model_send(PG_FUNCTION_ARGS);
extern Datum clv_sample_in(PG_FUNCTION_ARGS);
extern Datum clv_sample_out(PG_FUNCTION_ARGS);
extern Datum clv_sample_recv(PG_FUNCTION_ARGS);
extern Datum clv_sample_send(PG_FUNCTION_ARGS);

/* ---------- access ---------- */

const clv_backtest *
clv_backtest_open(Datum value)
{
	const clv_backtest *backtest = (const clv_backtest *) PG_DETOAST_DATUM(value);

	if (VARSIZE(backtest) < sizeof(clv_backtest) ||
		(backtest->form != FLAT_FORM_LOG && backtest->form != FLAT_FORM_PACKED))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored clv_backtest is damaged or of an unknown version")));
	/* a log without room to spare is one that was stored, or made for this */
	if (backtest->form == FLAT_FORM_LOG && !(backtest->ordered &&
											 VARSIZE(backtest) == backtest_log_size(backtest_sample(backtest)->request, backtest->periods,
																					(size_t) backtest->customers)))
		return clv_backtest_ordered(backtest);
	return backtest;
}

backtest_span
clv_backtest_span(const clv_backtest *backtest)
{
	backtest_span span;

	if (backtest->form == FLAT_FORM_LOG)
	{
		const clv_sample *sample = backtest_sample(backtest);

		report_unless_ok(backtest_span_init(&span, sample->as_of, backtest->through,
											sample->step_months, sample->step_days));
	}
	else
	{
		const clv_model *model = &backtest_result_of(backtest)->model;

		report_unless_ok(backtest_span_init(&span, model->as_of, backtest->through,
											model->step_months, model->step_days));
	}
	return span;
}

/* ---------- what all inputs check ---------- */

static const char *
check_span(int32 cutoff, int32 through, clv_step step, int32 periods, backtest_span *span)
{
	/* the dates of a value are ends of steps already */
	if (backtest_span_init(span, cutoff, through, step.months, step.days) != LOYALTY_OK ||
		span->cutoff != cutoff || span->through != through || span->horizon <= 0)
		return "Its dates are out of range.";
	if (periods > BACKTEST_PERIODS || periods < backtest_holdout_periods(span))
		return "Its number of periods is out of range.";
	return NULL;
}

/* what is wrong with the sample of a log, or NULL */
static const char *
check_sample(const clv_sample *sample, int32 through, int32 periods, backtest_span *span)
{
	clv_step	known = {sample->step_months, sample->step_days};
	clv_step	step;
	char	   *model;
	Jsonb	   *options;
	const char *fault;

	if (sample->count > 0 || sample->left_out > WHOLE_UP_TO || (sample->kind != SAMPLE_DAYS && sample->kind != SAMPLE_STEPS) ||
		!clv_sample_get_request(sample, &model, &options))
		return "Its sample is not one with a request and without entries.";
	fault = clv_backtest_request_fault(model, options, &step);
	if (!fault && (step.months != known.months || step.days != known.days))
		fault = "The step of its sample is not the one of the options.";
	return fault ? fault : check_span(sample->as_of, through, known, periods, span);
}

/* what is wrong with a log that was read, of which the sample was checked, or NULL; puts it in order */
static const char *
check_log(clv_backtest **log, const backtest_span *span)
{
	const char *fault = clv_backtest_check_log(*log, span);

	if (fault)
		return fault;
	(*log)->ordered = (*log)->customers <= 1;
	*log = clv_backtest_ordered(*log);
	return NULL;
}

/* what is wrong with the model of a result, or NULL */
static const char *
check_model(const clv_model *model, int32 through, int32 periods, backtest_span *span)
{
	const lifetime_model *process = clv_model_process(model);
	clv_step	step = clv_step_of(model);

	if (!process || process == &sbg || !model->has_as_of ||
		process->discrete != (step.months || step.days) ||
		model->left_out < 0 || model->left_out != floor(model->left_out) || model->left_out > WHOLE_UP_TO)
		return "Its model is not one that can be backtested.";
	return check_span(model->as_of, through, step, periods, span);
}

/* an empty result for a model that was checked */
static clv_backtest *
make_result(const clv_model *model, int32 through, int32 periods)
{
	Size		size = backtest_result_size(periods);
	clv_backtest *backtest = palloc0(size);

	SET_VARSIZE(backtest, size);
	backtest->form = FLAT_FORM_PACKED;
	backtest->ordered = true;
	backtest->through = through;
	backtest->periods = periods;
	backtest_result_of(backtest)->model = *model;
	return backtest;
}

/* ---------- text ---------- */

/* "key": [...], numbers a stride of bytes apart; nothing where they are not known */
static void
append_numbers(StringInfo buf, const char *key, const double *numbers, Size stride, int64 n)
{
	if (n > 0 && isnan(*numbers))
		return;
	appendStringInfo(buf, ", \"%s\": [", key);
	for (int64 i = 0; i < n; i++)
	{
		appendStringInfoString(buf, i == 0 ? "" : ", ");
		json_append_number(buf, *(const double *) ((const char *) numbers + (Size) i * stride));
	}
	appendStringInfoChar(buf, ']');
}

static void
append_counts(StringInfo buf, const char *key, const int64 *counts, Size stride, int64 n)
{
	appendStringInfo(buf, "\"%s\": [", key);
	for (int64 i = 0; i < n; i++)
		appendStringInfo(buf, "%s" INT64_FORMAT, i == 0 ? "" : ", ",
						 *(const int64 *) ((const char *) counts + (Size) i * stride));
	appendStringInfoChar(buf, ']');
}

static void
append_number(StringInfo buf, const char *key, double number)
{
	if (isnan(number))
		return;
	appendStringInfo(buf, ", \"%s\": ", key);
	json_append_number(buf, number);
}

static const char *const accuracy_keys[BACKTEST_FORECASTS][3] = {
	{"mae", "rmse", "correlation"}, {"naive_mae", "naive_rmse", "naive_correlation"}
};

static void
append_accuracy(StringInfo buf, const backtest_accuracy *accuracy)
{
	for (int i = 0; i < BACKTEST_FORECASTS; i++)
	{
		append_number(buf, accuracy_keys[i][0], accuracy[i].mae);
		append_number(buf, accuracy_keys[i][1], accuracy[i].rmse);
		append_number(buf, accuracy_keys[i][2], accuracy[i].correlation);
	}
}

static void
append_log(StringInfo buf, const clv_backtest *log)
{
	const backtest_customer *customers = backtest_customers(log);
	char		spend[DECIMAL_TEXT_SIZE];

	appendStringInfo(buf, ", \"sample\": %s, \"periods\": [",
					 DatumGetCString(DirectFunctionCall1(clv_sample_out, PointerGetDatum(backtest_sample(log)))));
	for (int32 i = log->periods - 1; i >= 0; i--)
		appendStringInfo(buf, INT64_FORMAT "%s", backtest_tally(log)[i], i > 0 ? ", " : "");
	appendStringInfoString(buf, "], \"customers\": [");
	for (int64 i = 0; i < log->customers; i++)
	{
		const backtest_customer *customer = &customers[i];

		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		appendStringInfo(buf, "%s[%d, %d, %d, %d, ", i == 0 ? "" : ", ",
						 customer->x, customer->t_x, customer->tenure, customer->purchases);
		json_append_number(buf, customer->mean);
		decimal_to_text(customer->spend, customer->scale, spend);
		appendStringInfo(buf, ", %s]", spend);
	}
	appendStringInfoChar(buf, ']');
}

static void
append_result(StringInfo buf, const clv_backtest *backtest)
{
	const backtest_result *result = backtest_result_of(backtest);
	const backtest_class *classes = result->classes;
	char		spend[DECIMAL_TEXT_SIZE];

	appendStringInfo(buf, ", \"model\": %s, \"by_frequency\": {",
					 DatumGetCString(DirectFunctionCall1(clv_model_out, PointerGetDatum(&result->model))));
	append_counts(buf, "customers", &classes->customers, sizeof(*classes), BACKTEST_CLASSES);
	appendStringInfoString(buf, ", ");
	append_counts(buf, "actual", &classes->actual, sizeof(*classes), BACKTEST_CLASSES);
	append_numbers(buf, "expected", &classes->expected, sizeof(*classes), BACKTEST_CLASSES);
	append_numbers(buf, "naive", &classes->naive, sizeof(*classes), BACKTEST_CLASSES);
	decimal_to_text(result->spend, backtest->display, spend);
	appendStringInfo(buf, "}, \"spend\": {\"actual\": %s", spend);
	append_number(buf, "expected", result->expected_spend);
	append_number(buf, "naive", result->naive_spend);
	append_accuracy(buf, result->spends);
	appendStringInfoChar(buf, '}');
	append_accuracy(buf, result->purchases);
	appendStringInfoString(buf, ", \"tracking\": {");
	append_counts(buf, "actual", &result->track->actual, sizeof(*result->track), backtest->periods);
	append_numbers(buf, "expected", &result->track->expected, sizeof(*result->track), backtest->periods);
	appendStringInfoChar(buf, '}');
}

PG_FUNCTION_INFO_V1(clv_backtest_out);
Datum
clv_backtest_out(PG_FUNCTION_ARGS)
{
	const clv_backtest *backtest = clv_backtest_open(PG_GETARG_DATUM(0));
	char		day[CALENDAR_TEXT_SIZE];
	StringInfoData buf;

	initStringInfo(&buf);
	calendar_to_text(backtest->through, day);
	appendStringInfo(&buf, "{\"through\": \"%s\", \"decimals\": %d", day, backtest->display);
	if (backtest->form == FLAT_FORM_LOG)
		append_log(&buf, backtest);
	else
		append_result(&buf, backtest);
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

static bool
array_field(const JsonbContainer *object, const char *key, JsonbContainer **array)
{
	JsonbValue	value;

	return json_field(object, key, &value) && json_as_array(&value, array);
}

static bool
object_field(const JsonbContainer *object, const char *key, JsonbContainer **field)
{
	JsonbValue	value;

	return json_field(object, key, &value) && json_as_object(&value, field);
}

/* whole numbers up to 2^53, all of them >= 0; how many, or -1 */
static int
counts_field(const JsonbContainer *object, const char *key, int64 *counts, int most)
{
	JsonbContainer *array;
	double	   *numbers = palloc(sizeof(double) * (Size) most);
	int			n = array_field(object, key, &array) ? json_numbers(array, numbers, most) : -1;

	for (int i = 0; i < n; i++)
	{
		if (!(numbers[i] >= 0 && numbers[i] <= WHOLE_UP_TO) || numbers[i] != floor(numbers[i]))
			return -1;
		counts[i] = (int64) numbers[i];
	}
	return n;
}

/* so many numbers, or none of them known */
static bool
numbers_field(const JsonbContainer *object, const char *key, double *numbers, int n)
{
	JsonbContainer *array;
	JsonbValue	value;

	for (int i = 0; i < n; i++)
		numbers[i] = NAN;
	if (!json_field(object, key, &value))
		return true;
	return json_as_array(&value, &array) && json_numbers(array, numbers, n) == n;
}

static bool
number_field(const JsonbContainer *object, const char *key, double *number)
{
	JsonbValue	value;

	*number = NAN;
	if (!json_field(object, key, &value))
		return true;
	if (!json_number(&value, number))
		return false;
	*number += 0.0;
	return true;
}

/* an exact number of at most so many decimals */
static bool
decimal_value(const JsonbValue *value, int scale, decimal_wide *units)
{
	return value->type == jbvNumeric &&
		decimal_wide_from_text(DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric))),
							   scale, units) == LOYALTY_OK;
}

static bool
accuracy_fields(const JsonbContainer *object, backtest_accuracy *accuracy)
{
	for (int i = 0; i < BACKTEST_FORECASTS; i++)
		if (!number_field(object, accuracy_keys[i][0], &accuracy[i].mae) ||
			!number_field(object, accuracy_keys[i][1], &accuracy[i].rmse) ||
			!number_field(object, accuracy_keys[i][2], &accuracy[i].correlation))
			return false;
	return true;
}

/* [x, t_x, tenure, purchases, mean, spend] */
static bool
customer_from_json(JsonbContainer *array, int display, backtest_customer *customer)
{
	int32	   *counts[CUSTOMER_NUMBERS - 1] = {
		&customer->x, &customer->t_x, &customer->tenure, &customer->purchases
	};
	JsonbIterator *it = JsonbIteratorInit(array);
	JsonbValue	value;
	decimal_wide spend;

	memset(customer, 0, sizeof(*customer));
	(void) JsonbIteratorNext(&it, &value, true);
	for (int i = 0; i < CUSTOMER_NUMBERS; i++)
	{
		double		number;

		if (JsonbIteratorNext(&it, &value, true) != WJB_ELEM || !json_number(&value, &number))
			return false;
		if (i == CUSTOMER_NUMBERS - 1)
			customer->mean = number + 0.0;
		else if (!(number >= 0 && number <= PG_INT32_MAX) || number != floor(number))
			return false;
		else
			*counts[i] = (int32) number;
	}
	return JsonbIteratorNext(&it, &value, true) == WJB_ELEM && decimal_value(&value, display, &spend) &&
		backtest_customer_spend(customer, spend, display) == LOYALTY_OK &&
		JsonbIteratorNext(&it, &value, true) == WJB_END_ARRAY;
}

/* a field that is a value of its own type; NULL after a soft error */
static void *
value_field(const JsonbContainer *object, const char *key, PGFunction input, struct Node *escontext)
{
	JsonbContainer *field;
	Datum		value;

	if (!object_field(object, key, &field))
	{
		json_refuse(escontext, "clv_backtest", psprintf("\"%s\" is not an object.", key));
		return NULL;
	}
	if (!loyalty_input(input, JsonbToCString(NULL, field, 0), escontext, &value))
		return NULL;
	return DatumGetPointer(value);
}

static const char *
log_from_json(const JsonbContainer *root, const clv_sample *sample, int32 through, int display, clv_backtest **result)
{
	int64	   *tally = palloc(sizeof(int64) * BACKTEST_PERIODS);
	int			periods = counts_field(root, "periods", tally, BACKTEST_PERIODS);
	JsonbContainer *array;
	JsonbContainer *element;
	JsonbIterator *it;
	JsonbValue	value;
	backtest_span span;
	clv_backtest *log;
	const char *fault;

	if (periods < 0 || !array_field(root, "customers", &array))
		return "\"periods\" is not an array of counts, or \"customers\" not an array.";
	fault = check_sample(sample, through, periods, &span);
	if (fault)
		return fault;
	*result = log = clv_backtest_make(sample, through, periods, JsonContainerSize(array));
	log->display = (uint8) display;
	for (int i = 0; i < periods; i++)
		backtest_tally(log)[i] = tally[periods - 1 - i];
	it = JsonbIteratorInit(array);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		CHECK_FOR_INTERRUPTS();
		if (!json_as_array(&value, &element) ||
			!customer_from_json(element, display, &backtest_customers(log)[log->customers]))
			return "An element of \"customers\" is not x, t_x, tenure, purchases, mean and spend.";
		log->customers++;
	}
	return check_log(result, &span);
}

static const char *
result_from_json(const JsonbContainer *root, const clv_model *model, int32 through, int display, clv_backtest **result)
{
	int64	   *actual = palloc(sizeof(int64) * BACKTEST_PERIODS);
	double	   *expected = palloc(sizeof(double) * BACKTEST_PERIODS);
	int64		counts[2][BACKTEST_CLASSES];
	double		numbers[2][BACKTEST_CLASSES];
	JsonbContainer *object;
	JsonbValue	value;
	backtest_span span;
	backtest_result *figures;
	const char *fault;
	int			periods;

	if (!object_field(root, "tracking", &object) ||
		(periods = counts_field(object, "actual", actual, BACKTEST_PERIODS)) < 0 ||
		!numbers_field(object, "expected", expected, periods))
		return "\"tracking\" is not an object with counts and numbers.";
	fault = check_model(model, through, periods, &span);
	if (fault)
		return fault;
	*result = make_result(model, through, periods);
	(*result)->display = (uint8) display;
	figures = backtest_result_of(*result);
	for (int i = 0; i < periods; i++)
	{
		figures->track[i].actual = actual[i];
		figures->track[i].expected = expected[i] + 0.0;
	}

	if (!object_field(root, "by_frequency", &object) ||
		counts_field(object, "customers", counts[0], BACKTEST_CLASSES) != BACKTEST_CLASSES ||
		counts_field(object, "actual", counts[1], BACKTEST_CLASSES) != BACKTEST_CLASSES ||
		!numbers_field(object, "expected", numbers[0], BACKTEST_CLASSES) ||
		!numbers_field(object, "naive", numbers[1], BACKTEST_CLASSES))
		return "\"by_frequency\" is not an object with eight counts and numbers each.";
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		backtest_class class = {counts[0][i], counts[1][i], numbers[0][i] + 0.0, numbers[1][i] + 0.0};

		figures->classes[i] = class;
		(*result)->customers += class.customers;
	}

	if (!object_field(root, "spend", &object) ||
		!json_field(object, "actual", &value) || !decimal_value(&value, display, &figures->spend) ||
		!number_field(object, "expected", &figures->expected_spend) ||
		!number_field(object, "naive", &figures->naive_spend) ||
		!accuracy_fields(object, figures->spends) || !accuracy_fields(root, figures->purchases))
		return "\"spend\" or an error is not a number.";
	return clv_backtest_check_result(*result, &span);
}

PG_FUNCTION_INFO_V1(clv_backtest_in);
Datum
clv_backtest_in(PG_FUNCTION_ARGS)
{
	static const char *const log_keys[] = {"through", "decimals", "sample", "periods", "customers", NULL};
	static const char *const result_keys[] = {
		"through", "decimals", "model", "by_frequency", "spend", "tracking",
		"mae", "rmse", "correlation", "naive_mae", "naive_rmse", "naive_correlation", NULL
	};
	Jsonb	   *json = json_object_in(PG_GETARG_CSTRING(0), fcinfo->context, "clv_backtest");
	clv_backtest *backtest = NULL;
	const char *fault = NULL;
	const char *unknown;
	JsonbValue	value;
	bool		is_log;
	void	   *part;
	char	   *text;
	int32		through;
	int64		decimals;
	size_t		used;

	if (!json)
		PG_RETURN_NULL();
	is_log = json_field(&json->root, "sample", &value);
	unknown = json_unknown_key(&json->root, is_log ? log_keys : result_keys);
	if (unknown)
		fault = psprintf("\"%s\" is not a field of a backtest.", shortened(unknown));
	else if (!json_field(&json->root, "through", &value) || !(text = json_text(&value)) ||
			 calendar_from_text(text, strlen(text), &through, &used) != LOYALTY_OK || text[used] != '\0')
		fault = "\"through\" is not a date.";
	else if (!json_field(&json->root, "decimals", &value) || !json_int64(&value, &decimals) ||
			 decimals < 0 || decimals > DECIMAL_MAX_SCALE)
		fault = "\"decimals\" is not a number from 0 to 6.";
	else
	{
		part = is_log ? value_field(&json->root, "sample", clv_sample_in, fcinfo->context) :
			value_field(&json->root, "model", clv_model_in, fcinfo->context);
		if (!part)
			PG_RETURN_NULL();
		fault = is_log ? log_from_json(&json->root, part, through, (int) decimals, &backtest) :
			result_from_json(&json->root, part, through, (int) decimals, &backtest);
	}
	if (fault)
	{
		json_refuse(fcinfo->context, "clv_backtest", fault);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(backtest);
}

/* ---------- binary ---------- */

/* a value of another type, which knows its own end */
static void
send_value(StringInfo buf, PGFunction send, const void *value)
{
	bytea	   *bytes = DatumGetByteaPP(DirectFunctionCall1(send, PointerGetDatum(value)));

	pq_sendbytes(buf, VARDATA_ANY(bytes), (int) VARSIZE_ANY_EXHDR(bytes));
}

static void
send_accuracy(StringInfo buf, const backtest_accuracy *accuracy)
{
	for (int i = 0; i < BACKTEST_FORECASTS; i++)
	{
		pq_sendfloat8(buf, accuracy[i].mae);
		pq_sendfloat8(buf, accuracy[i].rmse);
		pq_sendfloat8(buf, accuracy[i].correlation);
	}
}

/* each period, the last first; number of customers; x, t_x, tenure, repeat days, purchases, scale, mean, spend of each */
static void
send_log(StringInfo buf, const clv_backtest *log)
{
	for (int32 i = 0; i < log->periods; i++)
		pq_sendint64(buf, backtest_tally(log)[i]);
	pq_sendint64(buf, log->customers);
	for (int64 i = 0; i < log->customers; i++)
	{
		const backtest_customer *customer = &backtest_customers(log)[i];

		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		pq_sendint32(buf, customer->x);
		pq_sendint32(buf, customer->t_x);
		pq_sendint32(buf, customer->tenure);
		pq_sendint32(buf, customer->purchases);
		pq_sendint32(buf, customer->scale);
		pq_sendfloat8(buf, customer->mean);
		pq_sendint64(buf, customer->spend);
	}
}

/* customers, actual, expected, naive of each class; errors; spend; actual and expected of each period */
static void
send_result(StringInfo buf, const clv_backtest *backtest)
{
	const backtest_result *result = backtest_result_of(backtest);

	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		pq_sendint64(buf, result->classes[i].customers);
		pq_sendint64(buf, result->classes[i].actual);
		pq_sendfloat8(buf, result->classes[i].expected);
		pq_sendfloat8(buf, result->classes[i].naive);
	}
	send_accuracy(buf, result->purchases);
	send_accuracy(buf, result->spends);
	pq_sendint64(buf, (int64) (result->spend >> 64));
	pq_sendint64(buf, (uint64) result->spend);
	pq_sendfloat8(buf, result->expected_spend);
	pq_sendfloat8(buf, result->naive_spend);
	for (int32 i = 0; i < backtest->periods; i++)
	{
		pq_sendint64(buf, result->track[i].actual);
		pq_sendfloat8(buf, result->track[i].expected);
	}
}

/* version, form, decimals, through, number of periods, the sample of a log or the model of a result */
PG_FUNCTION_INFO_V1(clv_backtest_send);
Datum
clv_backtest_send(PG_FUNCTION_ARGS)
{
	const clv_backtest *backtest = clv_backtest_open(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendbyte(&buf, backtest->form);
	pq_sendbyte(&buf, backtest->display);
	pq_sendint32(&buf, backtest->through);
	pq_sendint32(&buf, backtest->periods);
	if (backtest->form == FLAT_FORM_LOG)
	{
		send_value(&buf, clv_sample_send, backtest_sample(backtest));
		send_log(&buf, backtest);
	}
	else
	{
		send_value(&buf, clv_model_send, &backtest_result_of(backtest)->model);
		send_result(&buf, backtest);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
refuse_binary(const char *fault)
{
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary %s", "clv_backtest"),
				 errdetail("%s", fault)));
}

/* every number that is none is the same one; -0 would be another value that looks the same */
static double
get_double(StringInfo buf)
{
	double		value = pq_getmsgfloat8(buf);

	return isnan(value) ? NAN : value + 0.0;
}

static void
receive_accuracy(StringInfo buf, backtest_accuracy *accuracy)
{
	for (int i = 0; i < BACKTEST_FORECASTS; i++)
	{
		accuracy[i].mae = get_double(buf);
		accuracy[i].rmse = get_double(buf);
		accuracy[i].correlation = get_double(buf);
	}
}

static clv_backtest *
receive_log(StringInfo buf, int display, int32 through, int32 periods)
{
	const clv_sample *sample = (clv_sample *) DatumGetPointer(DirectFunctionCall1(clv_sample_recv, PointerGetDatum(buf)));
	backtest_span span;
	clv_backtest *log;
	int64		count;
	StringInfoData periods_at;

	refuse_binary(check_sample(sample, through, periods, &span));
	if (buf->len - buf->cursor < (periods + 1) * (int) sizeof(int64))
		refuse_binary("It is shorter than its number of periods.");
	periods_at = *buf;
	(void) pq_getmsgbytes(buf, periods * (int) sizeof(int64));
	count = pq_getmsgint64(buf);
	if (count < 0 || count > (buf->len - buf->cursor) / (int64) CUSTOMER_BYTES)
		refuse_binary("It is shorter than its number of customers.");
	log = clv_backtest_make(sample, through, periods, (uint64) count);
	log->display = (uint8) display;
	for (int32 i = 0; i < periods; i++)
		backtest_tally(log)[i] = pq_getmsgint64(&periods_at);
	for (log->customers = 0; log->customers < count; log->customers++)
	{
		backtest_customer *customer = &backtest_customers(log)[log->customers];

		if ((log->customers & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		memset(customer, 0, sizeof(*customer));
		customer->x = (int32) pq_getmsgint(buf, 4);
		customer->t_x = (int32) pq_getmsgint(buf, 4);
		customer->tenure = (int32) pq_getmsgint(buf, 4);
		customer->purchases = (int32) pq_getmsgint(buf, 4);
		customer->scale = (int32) pq_getmsgint(buf, 4);
		customer->mean = get_double(buf);
		customer->spend = pq_getmsgint64(buf);
	}
	refuse_binary(check_log(&log, &span));
	return log;
}

static clv_backtest *
receive_result(StringInfo buf, int display, int32 through, int32 periods)
{
	const clv_model *model = (clv_model *) DatumGetPointer(DirectFunctionCall1(clv_model_recv, PointerGetDatum(buf)));
	backtest_span span;
	clv_backtest *backtest;
	backtest_result *result;
	uint64		high;

	refuse_binary(check_model(model, through, periods, &span));
	if (buf->len - buf->cursor != RESULT_BYTES + periods * (int) (sizeof(int64) + sizeof(float8)))
		refuse_binary("It is not as long as its number of periods.");
	backtest = make_result(model, through, periods);
	backtest->display = (uint8) display;
	result = backtest_result_of(backtest);
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		backtest_class *class = &result->classes[i];

		class->customers = pq_getmsgint64(buf);
		class->actual = pq_getmsgint64(buf);
		class->expected = get_double(buf);
		class->naive = get_double(buf);
		if (class->customers < 0 || class->customers > WHOLE_UP_TO || class->actual > WHOLE_UP_TO)
			refuse_binary("A frequency class is out of range.");
		backtest->customers += class->customers;
	}
	receive_accuracy(buf, result->purchases);
	receive_accuracy(buf, result->spends);
	high = (uint64) pq_getmsgint64(buf);
	result->spend = (decimal_wide) ((unsigned __int128) high << 64 | (uint64) pq_getmsgint64(buf));
	result->expected_spend = get_double(buf);
	result->naive_spend = get_double(buf);
	for (int32 i = 0; i < periods; i++)
	{
		result->track[i].actual = pq_getmsgint64(buf);
		result->track[i].expected = get_double(buf);
	}
	refuse_binary(clv_backtest_check_result(backtest, &span));
	return backtest;
}

PG_FUNCTION_INFO_V1(clv_backtest_recv);
Datum
clv_backtest_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	int			form = pq_getmsgbyte(buf);
	int			display = pq_getmsgbyte(buf);
	int32		through = (int32) pq_getmsgint(buf, 4);
	int32		periods = (int32) pq_getmsgint(buf, 4);

	if (version != WIRE_VERSION)
		refuse_binary(psprintf("Its version is %d.", version));
	if (form != FLAT_FORM_LOG && form != FLAT_FORM_PACKED)
		refuse_binary("Its form is unknown.");
	if (display > DECIMAL_MAX_SCALE)
		refuse_binary("Its money has too many decimals.");
	PG_RETURN_POINTER(form == FLAT_FORM_LOG ? receive_log(buf, display, through, periods) :
					  receive_result(buf, display, through, periods));
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	return flat_compare((const struct varlena *) clv_backtest_open(PG_GETARG_DATUM(0)),
						(const struct varlena *) clv_backtest_open(PG_GETARG_DATUM(1)));
}

FLAT_COMPARISONS(clv_backtest, compare_args);

PG_FUNCTION_INFO_V1(clv_backtest_hash);
Datum
clv_backtest_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) flat_hash((const struct varlena *) clv_backtest_open(PG_GETARG_DATUM(0)), 0));
}

PG_FUNCTION_INFO_V1(clv_backtest_hash_extended);
Datum
clv_backtest_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) flat_hash((const struct varlena *) clv_backtest_open(PG_GETARG_DATUM(0)),
									  (uint64) PG_GETARG_INT64(1)));
}
