/*
 * value_concentration.c
 *		The SQL type value_concentration: how a total is spread over those who
 *		make it up.
 *
 * Input and output, comparison, and what is asked of it.  How one comes about
 * is in value_concentration_aggregate.c; the format and the arithmetic are
 * described in kernel/value_concentration.h.
 */
#include "value_concentration.h"

#include <math.h>

#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "amount.h"
#include "flat_state.h"
#include "kernel/key_sort.h"
#include "kernel/list_text.h"
#include "report.h"

#define WIRE_VERSION	1
#define MOST_POINTS		10000
#define INTERRUPT_MASK	0xFFFF	/* entries between two looks */

/* ---------- access ---------- */

uint32
value_log_capacity(const value_log *log)
{
	return (uint32) ((VARSIZE(log) - sizeof(value_log)) / sizeof(value_entry));
}

value_log *
value_log_make(uint64 entries)
{
	Size		size = flat_state_size(value_log_size(entries), "value_concentration");
	value_log  *log = palloc(size);

	SET_VARSIZE(log, size);
	value_log_init(log);
	return log;
}

void
value_log_order(value_log *log)
{
	key_sort	sort;
	int64	   *scratch = NULL;

	if (log->ordered)
		return;
	if (log->count > KEY_SORT_SMALL)
		scratch = palloc(sizeof(value_entry) * (Size) log->count);
	key_sort_begin(&sort, (int64 *) log->entries, scratch, log->count, 2);
	while (key_sort_step(&sort))
		CHECK_FOR_INTERRUPTS();
	if (scratch)
		pfree(scratch);
	report_unless_ok(value_log_join(log));
}

struct varlena *
value_concentration_from_log(value_log *log)
{
	value_packing plan;
	struct varlena *result;

	value_log_order(log);
	report_unless_ok(value_concentration_plan(log, &plan));
	result = palloc(VARHDRSZ + plan.size);
	SET_VARSIZE(result, VARHDRSZ + plan.size);
	value_concentration_pack(log, &plan, (uint8 *) VARDATA(result));
	return result;
}

void
value_concentration_open(Datum concentration, value_view *view)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(concentration);

	/* a transition state that somebody stored or sent: packed on the way in */
	if (flat_value_is_log(value))
		value = value_concentration_from_log(flat_state_fetch(NULL, value));
	if (value_view_open((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), view) != LOYALTY_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value_concentration is damaged or of an unknown version")));
}

/* ---------- text and binary ---------- */

PG_FUNCTION_INFO_V1(value_concentration_in);
Datum
value_concentration_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		len = strlen(text);
	value_log  *log = value_log_make(list_elements(text, len));
	value_packing plan;
	size_t		where;
	loyalty_status status = value_concentration_from_text(text, len, log, value_log_capacity(log), &where);

	if (status == LOYALTY_OK)
		status = value_concentration_plan(log, &plan);
	if (status == LOYALTY_SYNTAX || status == LOYALTY_CORRUPT)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "value_concentration", text),
				 status == LOYALTY_CORRUPT ?
				 errdetail("At character %zu: values must ascend, and each must have at least one member.", where + 1) :
				 errdetail("At character %zu: expected {VALUE[ xMEMBERS], ...} with at most six decimals, or float8 {VALUE[ xMEMBERS], ...}.", where + 1)));
	if (status != LOYALTY_OK)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(report_sqlstate(status)),
				 errmsg("invalid input for type %s: %s", "value_concentration", report_message(status)),
				 errdetail("At character %zu of \"%s\".", where + 1, text)));
	PG_RETURN_POINTER(value_concentration_from_log(log));
}

PG_FUNCTION_INFO_V1(value_concentration_out);
Datum
value_concentration_out(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_cursor cursor;
	value_entry entry;
	StringInfoData buf;

	PG_GETARG_VALUE_VIEW(0, &view);
	initStringInfo(&buf);
	appendStringInfoString(&buf, view.kind == VALUE_KIND_FLOAT ? "float8 {" : "{");
	cursor = value_start(&view);
	while (value_next(&cursor, &entry))
	{
		char		text[VALUE_ENTRY_TEXT_SIZE];

		if ((cursor.next & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (cursor.next > 1)
			appendStringInfoString(&buf, ", ");
		appendBinaryStringInfo(&buf, text, (int) value_entry_to_text(&view, &entry, text));
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/* version, kind, display scale, scale, number of values; then value and members of each */
PG_FUNCTION_INFO_V1(value_concentration_recv);
Datum
value_concentration_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	int			kind = pq_getmsgbyte(buf);
	int			display = pq_getmsgbyte(buf);
	int			scale = pq_getmsgbyte(buf);
	uint32		count = pq_getmsgint(buf, 4);
	value_log  *log;
	value_packing plan;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "value_concentration")));
	if (kind != VALUE_KIND_DECIMAL && kind != VALUE_KIND_FLOAT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid kind %d in binary %s", kind, "value_concentration")));
	if (display > DECIMAL_MAX_SCALE || scale > display ||
		((count == 0 || kind == VALUE_KIND_FLOAT) && display != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid scale in binary %s", "value_concentration"),
				 errdetail("It announces values of %d decimals, shown with %d.", scale, display)));
	if (count > (uint32) (buf->len - buf->cursor) / sizeof(value_entry))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s is shorter than its count of values", "value_concentration"),
				 errdetail("It announces %u values.", count)));

	log = value_log_make(count);
	if (count > 0)
	{
		log->kind = (uint8) kind;
		log->scale = (uint8) scale;
		log->display = (uint8) display;
	}
	for (uint32 i = 0; i < count; i++)
	{
		value_entry *entry = &log->entries[i];
		bool		valid = true;

		if ((i & INTERRUPT_MASK) == INTERRUPT_MASK)
			CHECK_FOR_INTERRUPTS();
		if (kind == VALUE_KIND_FLOAT)
		{
			float8		value = pq_getmsgfloat8(buf);

			valid = isfinite(value);
			entry->key = valid ? double_key(value) : 0;
		}
		else
		{
			entry->key = pq_getmsgint64(buf);
			valid = entry->key != PG_INT64_MIN;	/* no amount is: text could not hold it */
		}
		entry->members = pq_getmsgint64(buf);
		if (!valid || entry->members < 1 || (i > 0 && entry->key <= entry[-1].key))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid value in binary %s", "value_concentration"),
					 errdetail("Value %u with %lld members is out of range, out of order, or nobody's.",
							   i + 1, (long long) entry->members)));
	}
	log->count = count;
	if (value_concentration_plan(log, &plan) != LOYALTY_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("too many members in binary %s", "value_concentration")));
	PG_RETURN_POINTER(value_concentration_from_log(log));
}

PG_FUNCTION_INFO_V1(value_concentration_send);
Datum
value_concentration_send(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_cursor cursor;
	value_entry entry;
	StringInfoData buf;

	PG_GETARG_VALUE_VIEW(0, &view);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendbyte(&buf, view.kind);
	pq_sendbyte(&buf, view.display_scale);
	pq_sendbyte(&buf, view.scale);
	pq_sendint32(&buf, view.count);
	cursor = value_start(&view);
	while (value_next(&cursor, &entry))
	{
		if ((cursor.next & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (view.kind == VALUE_KIND_FLOAT)
			pq_sendfloat8(&buf, double_of_key(entry.key));
		else
			pq_sendint64(&buf, entry.key);
		pq_sendint64(&buf, entry.members);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	value_view	a,
				b;

	PG_GETARG_VALUE_VIEW(0, &a);
	PG_GETARG_VALUE_VIEW(1, &b);
	return value_concentration_compare(&a, &b);
}

FLAT_COMPARISONS(value_concentration, compare_args);

/* The format is canonical but for the display scale, which equality ignores. */
static uint64
hash_concentration(Datum concentration, uint64 seed)
{
	value_view	view;
	uint64		hash;

	value_concentration_open(concentration, &view);
	if (view.count == 0)
		return hash_bytes_uint32_extended(0, seed);
	hash = hash_bytes_extended(view.bits, (int) (view.end - view.bits), seed);
	hash = hash_combine64(hash, (uint64) view.count << 8 | (uint64) view.scale << 1 | (uint64) view.kind);
	hash = hash_combine64(hash, (uint64) view.first);
	hash = hash_combine64(hash, view.gap_base);
	return hash_combine64(hash, (uint64) view.members_base);
}

PG_FUNCTION_INFO_V1(value_concentration_hash);
Datum
value_concentration_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) hash_concentration(PG_GETARG_DATUM(0), 0));
}

PG_FUNCTION_INFO_V1(value_concentration_hash_extended);
Datum
value_concentration_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) hash_concentration(PG_GETARG_DATUM(0), (uint64) PG_GETARG_INT64(1)));
}

/* ---------- how many, how much ---------- */

static Numeric
numeric_from_double(double value)
{
	char		text[64];

	text[value_double_to_text(value, text)] = '\0';
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static Numeric
numeric_from_sum(const value_view *view, const value_summary *summary, const value_sum *sum)
{
	if (view->kind == VALUE_KIND_FLOAT)
	{
		double		value = value_sum_double(summary, sum);
		Datum		scaled,
					power;

		if (isfinite(value))
			return numeric_from_double(value);
		/* beyond double precision, not beyond numeric */
		scaled = NumericGetDatum(numeric_from_double(sum->sum + sum->compensation));
		power = DirectFunctionCall2(numeric_power, NumericGetDatum(int64_to_numeric(2)),
									NumericGetDatum(int64_to_numeric(summary->exponent)));
		return DatumGetNumeric(DirectFunctionCall2(numeric_mul, scaled, power));
	}
	return amount_to_numeric(sum->units, view->scale, view->display_scale);
}

static value_summary
summary_args(FunctionCallInfo fcinfo, value_view *view)
{
	PG_GETARG_VALUE_VIEW(0, view);
	return value_concentration_summary(view);
}

PG_FUNCTION_INFO_V1(value_concentration_member_count);
Datum
value_concentration_member_count(PG_FUNCTION_ARGS)
{
	value_view	view;

	PG_RETURN_INT64(summary_args(fcinfo, &view).members);
}

PG_FUNCTION_INFO_V1(value_concentration_positive_total);
Datum
value_concentration_positive_total(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);

	PG_RETURN_NUMERIC(numeric_from_sum(&view, &summary, &summary.positive));
}

PG_FUNCTION_INFO_V1(value_concentration_negative_total);
Datum
value_concentration_negative_total(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);

	PG_RETURN_NUMERIC(numeric_from_sum(&view, &summary, &summary.negative));
}

PG_FUNCTION_INFO_V1(value_concentration_total_value);
Datum
value_concentration_total_value(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);
	value_sum	sum = summary.positive;

	sum.units += summary.negative.units;
	sum.sum = (summary.positive.sum + summary.negative.sum) +
		(summary.positive.compensation + summary.negative.compensation);
	sum.compensation = 0;
	PG_RETURN_NUMERIC(numeric_from_sum(&view, &summary, &sum));
}

/* ---------- shares ---------- */

PG_FUNCTION_INFO_V1(value_concentration_top_share);
Datum
value_concentration_top_share(PG_FUNCTION_ARGS)
{
	double		fraction = check_fraction(PG_GETARG_FLOAT8(1), "fraction");
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);

	if (summary.positive_members == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value_top_share(&view, &summary, fraction));
}

PG_FUNCTION_INFO_V1(value_concentration_members_for);
Datum
value_concentration_members_for(PG_FUNCTION_ARGS)
{
	double		share = check_fraction(PG_GETARG_FLOAT8(1), "share");
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);

	if (summary.positive_members == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value_members_for(&view, &summary, share));
}

PG_FUNCTION_INFO_V1(value_concentration_gini);
Datum
value_concentration_gini(PG_FUNCTION_ARGS)
{
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);

	if (summary.positive_members == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value_gini(&view, &summary));
}

PG_FUNCTION_INFO_V1(value_concentration_cutoff);
Datum
value_concentration_cutoff(PG_FUNCTION_ARGS)
{
	double		fraction = check_fraction(PG_GETARG_FLOAT8(1), "fraction");
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);
	int64_t		key;

	if (!value_cutoff(&view, &summary, fraction, &key))
		PG_RETURN_NULL();
	if (view.kind == VALUE_KIND_FLOAT)
		PG_RETURN_NUMERIC(numeric_from_double(double_of_key(key)));
	PG_RETURN_NUMERIC(amount_to_numeric(key, view.scale, view.display_scale));
}

PG_FUNCTION_INFO_V1(value_concentration_lorenz_curve);
Datum
value_concentration_lorenz_curve(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32		points = PG_GETARG_INT32(1);
	value_view	view;
	value_summary summary = summary_args(fcinfo, &view);
	double	   *shares;

	if (points < 1 || points > MOST_POINTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points must be between 1 and %d", MOST_POINTS),
				 errdetail("The value is %d.", points)));
	InitMaterializedSRF(fcinfo, 0);
	shares = palloc0(sizeof(double) * (Size) (points + 1));
	if (summary.positive_members > 0)
		value_lorenz_curve(&view, &summary, points, shares);
	for (int i = 0; i <= points; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false, summary.positive_members == 0};

		values[0] = Float8GetDatum((double) i / points);
		values[1] = Float8GetDatum(shares[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
