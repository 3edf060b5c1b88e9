/*
 * clv_sample.c
 *		The SQL type clv_sample: what a fit needs to know of many customers.
 *
 * Input and output, comparison, and what can be read off.  How one comes
 * about is in clv_sample_aggregate.c; the form is described in
 * kernel/clv_sample.h.
 */
#include "clv_sample.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "clv_fit.h"
#include "flat_state.h"
#include "json_value.h"
#include "kernel/calendar.h"
#include "report.h"

#define WIRE_VERSION	1
#define ENTRY_BYTES		(5 * sizeof(float8))

/* ---------- the request ---------- */

/* model, a zero byte, the options as jsonb keeps them */
clv_sample *
clv_sample_set_request(clv_sample *sample, const text *model, const Jsonb *options)
{
	Size		model_size = VARSIZE_ANY_EXHDR(model);
	Size		size = model_size + 1 + (options ? VARSIZE_ANY(options) : 0);
	clv_sample *requested = clv_sample_make(size, 1);
	JsonbValue	spend;

	/* here, so that a state that was stored or sent knows it too */
	if (options && JB_ROOT_IS_OBJECT(options) && json_field(&options->root, "spend", &spend) &&
		spend.type == jbvBool && !spend.val.boolean)
		requested->spend = SAMPLE_SPEND_UNUSED;

	memcpy(requested->data, VARDATA_ANY(model), model_size);
	requested->data[model_size] = '\0';
	if (options)
		memcpy(requested->data + model_size + 1, options, VARSIZE_ANY(options));
	return requested;
}

bool
clv_sample_has_request(const clv_sample *sample, const text *model, const Jsonb *options)
{
	Size		model_size = VARSIZE_ANY_EXHDR(model);
	Size		size = model_size + 1 + (options ? VARSIZE_ANY(options) : 0);

	return sample->request == size &&
		memcmp(sample->data, VARDATA_ANY(model), model_size) == 0 &&
		sample->data[model_size] == '\0' &&
		(!options || memcmp(sample->data + model_size + 1, options, VARSIZE_ANY(options)) == 0);
}

bool
clv_sample_get_request(const clv_sample *sample, char **model, Jsonb **options)
{
	Size		model_size;

	if (sample->request == 0)
		return false;
	*model = pstrdup(sample->data);
	model_size = strlen(*model);
	*options = NULL;
	if (sample->request > model_size + 1)
	{
		/* jsonb is read in words */
		*options = palloc(sample->request - model_size - 1);
		memcpy(*options, sample->data + model_size + 1, sample->request - model_size - 1);
	}
	return true;
}

/* ---------- what all inputs check ---------- */

/* appends an entry that somebody wrote; what is wrong with it, or NULL */
static const char *
append_checked(clv_sample **sample, sample_entry entry)
{
	/* adding 0 turns -0 into 0 */
	entry.x += 0.0;
	entry.t_x += 0.0;
	entry.tenure += 0.0;
	if ((*sample)->kind == SAMPLE_NONE || !sample_entry_valid(&entry, (*sample)->kind) ||
		(entry.tenure >= 0 && entry.mean != 0))
		return psprintf("Entry %lld is out of range.", (long long) (*sample)->count + 1);
	entry.mean += 0.0;
	*sample = clv_sample_append(*sample, &entry);
	return NULL;
}

/* what is wrong with the head, or NULL */
static const char *
check_head(const clv_sample *sample)
{
	bool		digests = sample->kind == SAMPLE_DAYS || sample->kind == SAMPLE_STEPS;

	if (sample->kind > SAMPLE_NUMBERS)
		return "Its kind is unknown.";
	if (digests ? !calendar_day_is_valid(sample->as_of) : sample->as_of != 0 || sample->left_out != 0)
		return "Only digests have an as_of, within the range of dates, and are left out.";
	if (sample->kind == SAMPLE_STEPS ?
		!calendar_step_is_valid(sample->step_months, sample->step_days) :
		sample->step_months != 0 || sample->step_days != 0)
		return "A step is a number of months or of days, and belongs to steps.";
	if (sample->left_out < 0 || sample->left_out > INT64CONST(9007199254740992))
		return "The number left out is negative, or beyond what a double counts to.";
	return NULL;
}

/* ---------- text ---------- */

static void
append_entry(StringInfo buf, const sample_entry *entry)
{
	appendStringInfoChar(buf, '[');
	json_append_number(buf, entry->x);
	if (entry->tenure >= 0)
	{
		appendStringInfoString(buf, ", ");
		json_append_number(buf, entry->t_x);
		appendStringInfoString(buf, ", ");
		json_append_number(buf, entry->tenure);
	}
	else
	{
		appendStringInfoString(buf, ", ");
		json_append_number(buf, entry->mean);
	}
	appendStringInfoString(buf, ", ");
	json_append_number(buf, entry->weight);
	appendStringInfoChar(buf, ']');
}

static const char *const kind_names[] = {"nothing", "days", "steps", "numbers", NULL};

PG_FUNCTION_INFO_V1(clv_sample_out);
Datum
clv_sample_out(PG_FUNCTION_ARGS)
{
	clv_sample *sample = clv_sample_open(PG_GETARG_DATUM(0));
	const sample_entry *entries = sample_entries(sample);
	char	   *model;
	Jsonb	   *options;
	int64		i = 0;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"observed\": \"%s\"", kind_names[sample->kind]);
	if (sample->kind == SAMPLE_STEPS)
	{
		clv_step	step = {sample->step_months, sample->step_days};

		appendStringInfo(&buf, ", \"step\": \"%s\"", clv_step_to_text(step));
	}
	if (sample->kind == SAMPLE_DAYS || sample->kind == SAMPLE_STEPS)
	{
		char		day[CALENDAR_TEXT_SIZE];

		calendar_to_text(sample->as_of, day);
		appendStringInfo(&buf, ", \"as_of\": \"%s\", \"left_out\": " INT64_FORMAT, day, sample->left_out);
	}
	if (clv_sample_get_request(sample, &model, &options))
	{
		appendStringInfoString(&buf, ", \"model\": ");
		escape_json(&buf, model);
		if (options)
			appendStringInfo(&buf, ", \"options\": %s", JsonbToCString(NULL, &options->root, VARSIZE(options)));
	}
	appendStringInfoString(&buf, ", \"histories\": [");
	for (; i < sample->count && entries[i].tenure >= 0; i++)
	{
		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&buf, i == 0 ? "" : ", ");
		append_entry(&buf, &entries[i]);
	}
	appendStringInfoString(&buf, "], \"spends\": [");
	for (int64 first = i; i < sample->count; i++)
	{
		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&buf, i == first ? "" : ", ");
		append_entry(&buf, &entries[i]);
	}
	appendStringInfoString(&buf, "]}");
	PG_RETURN_CSTRING(buf.data);
}

/* "histories" or "spends" into the sample; what is wrong, or NULL */
static const char *
entries_from_json(const JsonbContainer *root, const char *key, clv_sample **sample)
{
	JsonbValue	value;
	JsonbContainer *array;
	JsonbIterator *it;
	JsonbIteratorToken token;
	bool		spends = key[0] == 's';
	const char *fault = NULL;

	if (!json_field(root, key, &value) || !json_as_array(&value, &array))
		return psprintf("\"%s\" is not an array.", key);
	it = JsonbIteratorInit(array);
	(void) JsonbIteratorNext(&it, &value, true);
	while (!fault && (token = JsonbIteratorNext(&it, &value, true)) == WJB_ELEM)
	{
		JsonbContainer *numbers;
		double		n[4];
		sample_entry entry;

		CHECK_FOR_INTERRUPTS();
		if (!json_as_array(&value, &numbers) || json_numbers(numbers, n, 4) != (spends ? 3 : 4))
			return psprintf("An element of \"%s\" is not an array of %d numbers.", key, spends ? 3 : 4);
		entry.x = n[0];
		entry.t_x = spends ? 0 : n[1];
		entry.tenure = spends ? -1 : n[2];
		entry.mean = spends ? n[1] : 0;
		entry.weight = n[spends ? 2 : 3];
		if (!spends && entry.tenure < 0)
			return "A tenure is negative.";
		fault = append_checked(sample, entry);
	}
	return fault;
}

static const char *
sample_from_json(const Jsonb *json, clv_sample **result)
{
	static const char *const keys[] = {
		"observed", "step", "as_of", "left_out", "model", "options", "histories", "spends", NULL
	};
	JsonbContainer *root = unconstify(JsonbContainer *, &json->root);
	JsonbValue	value;
	clv_sample *sample = clv_sample_make(0, 1);
	const char *fault;
	char	   *text;
	size_t		used;

	if (json_unknown_key(root, keys))
		return psprintf("\"%s\" is not a field of a sample.", json_unknown_key(root, keys));
	if (json_field(root, "model", &value))
	{
		char	   *model = json_text(&value);
		Jsonb	   *options = NULL;

		if (!model)
			return "\"model\" is not a text.";
		if (json_field(root, "options", &value))
			options = JsonbValueToJsonb(&value);
		fault = clv_request_fault(model, options);
		if (fault)
			return fault;
		sample = clv_sample_set_request(sample, cstring_to_text(model), options);
	}
	if (!json_field(root, "observed", &value) || !(text = json_text(&value)))
		return "\"observed\" is missing.";
	while (kind_names[sample->kind] && strcmp(kind_names[sample->kind], text) != 0)
		sample->kind++;
	if (json_field(root, "step", &value))
	{
		int			length = 0;

		text = json_text(&value);
		if (!text ||
			(sscanf(text, "%9d mons%n", &sample->step_months, &length) != 1 || text[length] != '\0' || length == 0))
		{
			sample->step_months = 0;
			if (!text || sscanf(text, "%9d days%n", &sample->step_days, &length) != 1 || text[length] != '\0' || length == 0)
				return "\"step\" is not a number of mons or of days.";
		}
	}
	if (json_field(root, "as_of", &value))
	{
		text = json_text(&value);
		if (!text || calendar_from_text(text, strlen(text), &sample->as_of, &used) != LOYALTY_OK || text[used] != '\0')
			return "\"as_of\" is not a date.";
	}
	else if (sample->kind == SAMPLE_DAYS || sample->kind == SAMPLE_STEPS)
		return "\"as_of\" is missing.";
	if (json_field(root, "left_out", &value) && !json_int64(&value, &sample->left_out))
		return "\"left_out\" is not a whole number.";
	fault = check_head(sample);
	if (!fault)
		fault = entries_from_json(root, "histories", &sample);
	if (!fault)
		fault = entries_from_json(root, "spends", &sample);
	*result = sample;
	return fault;
}

PG_FUNCTION_INFO_V1(clv_sample_in);
Datum
clv_sample_in(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = json_object_in(PG_GETARG_CSTRING(0), fcinfo->context, "clv_sample");
	clv_sample *sample = NULL;
	const char *fault;

	if (!json)
		PG_RETURN_NULL();
	fault = sample_from_json(json, &sample);
	if (fault)
	{
		json_refuse(fcinfo->context, "clv_sample", fault);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(clv_sample_ordered(sample));
}

/* ---------- binary ---------- */

/* version, kind, as_of, step, left out; model and options; number of entries; x, t_x, tenure, mean, weight of each */
PG_FUNCTION_INFO_V1(clv_sample_send);
Datum
clv_sample_send(PG_FUNCTION_ARGS)
{
	clv_sample *sample = clv_sample_open(PG_GETARG_DATUM(0));
	const sample_entry *entries = sample_entries(sample);
	char	   *model = NULL;
	Jsonb	   *options = NULL;
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendbyte(&buf, sample->kind);
	pq_sendint32(&buf, sample->as_of);
	pq_sendint32(&buf, sample->step_months);
	pq_sendint32(&buf, sample->step_days);
	pq_sendint64(&buf, sample->left_out);
	clv_sample_get_request(sample, &model, &options);
	pq_sendbyte(&buf, (model != NULL) + (options != NULL));
	if (model)
		loyalty_sendcountedtext(&buf, model, strlen(model));
	if (options)
	{
		char	   *text = JsonbToCString(NULL, &options->root, VARSIZE(options));

		loyalty_sendcountedtext(&buf, text, strlen(text));
	}
	pq_sendint64(&buf, sample->count);
	for (int64 i = 0; i < sample->count; i++)
	{
		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		pq_sendfloat8(&buf, entries[i].x);
		pq_sendfloat8(&buf, entries[i].t_x);
		pq_sendfloat8(&buf, entries[i].tenure);
		pq_sendfloat8(&buf, entries[i].mean);
		pq_sendfloat8(&buf, entries[i].weight);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
refuse_binary(const char *fault)
{
	if (fault)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary %s", "clv_sample"),
				 errdetail("%s", fault)));
}

/* a text with its length before it */
static char *
get_counted_text(StringInfo buf)
{
	uint32		length = pq_getmsgint(buf, 4);
	int			converted;

	if (length > (uint32) (buf->len - buf->cursor))
		refuse_binary("A text is longer than the message.");
	return pq_getmsgtext(buf, (int) length, &converted);
}

PG_FUNCTION_INFO_V1(clv_sample_recv);
Datum
clv_sample_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	clv_sample	head = {0};
	clv_sample *sample;
	int			requested;
	int64		count;

	if (version != WIRE_VERSION)
		refuse_binary(psprintf("Its version is %d.", version));
	head.kind = (uint8) pq_getmsgbyte(buf);
	head.as_of = (int32) pq_getmsgint(buf, 4);
	head.step_months = (int32) pq_getmsgint(buf, 4);
	head.step_days = (int32) pq_getmsgint(buf, 4);
	head.left_out = pq_getmsgint64(buf);
	refuse_binary(check_head(&head));

	sample = clv_sample_make(0, 1);
	requested = pq_getmsgbyte(buf);
	if (requested > 2)
		refuse_binary("Its request is unknown.");
	if (requested > 0)
	{
		char	   *model = get_counted_text(buf);
		Jsonb	   *options = NULL;

		if (requested > 1)
			options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(get_counted_text(buf))));
		refuse_binary(clv_request_fault(model, options));
		sample = clv_sample_set_request(sample, cstring_to_text(model), options);
	}
	sample->kind = head.kind;
	sample->as_of = head.as_of;
	sample->step_months = head.step_months;
	sample->step_days = head.step_days;
	sample->left_out = head.left_out;

	count = pq_getmsgint64(buf);
	if (count < 0 || count > (buf->len - buf->cursor) / (int64) ENTRY_BYTES)
		refuse_binary("It is shorter than its number of entries.");
	for (int64 i = 0; i < count; i++)
	{
		sample_entry entry;

		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		entry.x = pq_getmsgfloat8(buf);
		entry.t_x = pq_getmsgfloat8(buf);
		entry.tenure = pq_getmsgfloat8(buf);
		entry.mean = pq_getmsgfloat8(buf);
		entry.weight = pq_getmsgfloat8(buf);
		refuse_binary(append_checked(&sample, entry));
	}
	PG_RETURN_POINTER(clv_sample_ordered(sample));
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	return flat_compare((struct varlena *) clv_sample_open(PG_GETARG_DATUM(0)),
						(struct varlena *) clv_sample_open(PG_GETARG_DATUM(1)));
}

FLAT_COMPARISONS(clv_sample, compare_args);

PG_FUNCTION_INFO_V1(clv_sample_hash);
Datum
clv_sample_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) flat_hash((struct varlena *) clv_sample_open(PG_GETARG_DATUM(0)), 0));
}

PG_FUNCTION_INFO_V1(clv_sample_hash_extended);
Datum
clv_sample_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) flat_hash((struct varlena *) clv_sample_open(PG_GETARG_DATUM(0)),
									  (uint64) PG_GETARG_INT64(1)));
}

/* ---------- what can be read off ---------- */

/* weight of the customers in it */
PG_FUNCTION_INFO_V1(clv_sample_customer_count);
Datum
clv_sample_customer_count(PG_FUNCTION_ARGS)
{
	clv_sample *sample = clv_sample_open(PG_GETARG_DATUM(0));
	const sample_entry *entries = sample_entries(sample);
	double		customers = 0;

	for (int64 i = 0; i < sample->count && entries[i].tenure >= 0; i++)
		customers += entries[i].weight;
	PG_RETURN_FLOAT8(customers);
}

PG_FUNCTION_INFO_V1(clv_sample_history_count);
Datum
clv_sample_history_count(PG_FUNCTION_ARGS)
{
	clv_sample *sample = clv_sample_open(PG_GETARG_DATUM(0));
	const sample_entry *entries = sample_entries(sample);
	int64		n = 0;

	while (n < sample->count && entries[n].tenure >= 0)
		n++;
	PG_RETURN_INT64(n);
}

PG_FUNCTION_INFO_V1(clv_sample_left_out);
Datum
clv_sample_left_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(clv_sample_open(PG_GETARG_DATUM(0))->left_out);
}
