/*
 * purchase_digest.c
 *		The SQL type purchase_digest: one customer's purchases by day.
 *
 * Input and output, comparison, and the facts that are read off directly.
 * How a digest comes about is in purchase_digest_aggregate.c; the format is
 * described in kernel/purchase_digest.h.
 */
#include "purchase_digest.h"

#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "amount.h"
#include "kernel/list_text.h"
#include "report.h"

#define WIRE_VERSION	1

/* ---------- access ---------- */

void
purchase_digest_open(Datum digest, purchase_view *view)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(digest);

	/* a transition state that somebody stored or sent: packed on the way in */
	if (flat_value_is_log(value))
		value = purchase_digest_from_log(flat_state_fetch(NULL, value));
	if (purchase_view_open((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), view) != LOYALTY_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored purchase_digest is damaged or of an unknown version")));
}

DateADT
purchase_digest_as_of(FunctionCallInfo fcinfo, int n)
{
	return PG_NARGS() > n ? check_date(PG_GETARG_DATEADT(n), "as_of") : CALENDAR_LAST_DAY;
}

/* ---------- text and binary ---------- */

PG_FUNCTION_INFO_V1(purchase_digest_in);
Datum
purchase_digest_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		len = strlen(text);
	purchase_log *log = purchase_log_make(list_elements(text, len), true);
	size_t		where;
	loyalty_status status = purchase_digest_from_text(text, len, log, purchase_log_capacity(log), &where);

	if (status == LOYALTY_SYNTAX || status == LOYALTY_CORRUPT)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "purchase_digest", text),
				 status == LOYALTY_CORRUPT ?
				 errdetail("At character %zu: days must ascend, and a day without orders (x0) holds returns, so its amount is not above zero.", where + 1) :
				 errdetail("At character %zu: expected {YYYY-MM-DD amount[ xORDERS], ...} with at most six decimals.", where + 1)));
	if (status != LOYALTY_OK)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(report_sqlstate(status)),
				 errmsg("invalid input for type %s: %s", "purchase_digest", report_message(status)),
				 errdetail("At character %zu of \"%s\".", where + 1, text)));
	PG_RETURN_POINTER(purchase_digest_from_log(log));
}

PG_FUNCTION_INFO_V1(purchase_digest_out);
Datum
purchase_digest_out(PG_FUNCTION_ARGS)
{
	purchase_view view;
	char	   *text;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	text = palloc(purchase_digest_text_size(&view));
	purchase_digest_to_text(&view, text);
	PG_RETURN_CSTRING(text);
}

/* version, display scale, scale, number of days; then day, orders, amount of each */
PG_FUNCTION_INFO_V1(purchase_digest_recv);
Datum
purchase_digest_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	int			display = pq_getmsgbyte(buf);
	int			scale = pq_getmsgbyte(buf);
	uint32		count = pq_getmsgint(buf, 4);
	int32		before = PG_INT32_MIN;
	purchase_log *log;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "purchase_digest")));
	if (display > DECIMAL_MAX_SCALE || scale > display || (count == 0 && display != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid scale in binary %s", "purchase_digest"),
				 errdetail("It announces amounts of %d decimals, shown with %d.", scale, display)));
	if (count > (uint32) (buf->len - buf->cursor) / sizeof(purchase_day))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s is shorter than its count of days", "purchase_digest"),
				 errdetail("It announces %u days.", count)));

	log = purchase_log_make(count, true);
	log->scale = (uint8) scale;
	log->display = (uint8) display;
	for (uint32 i = 0; i < count; i++)
	{
		purchase_day *day = &log->days.wide[i];

		day->day = (int32) pq_getmsgint(buf, 4);
		day->orders = (int32) pq_getmsgint(buf, 4);
		day->amount = pq_getmsgint64(buf);
		if (purchase_day_check(day) != LOYALTY_OK || day->day <= before)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid day in binary %s", "purchase_digest"),
					 errdetail("Day %u: day number %d, %d orders.", i + 1, day->day, day->orders)));
		before = day->day;
	}
	log->count = count;
	log->last_day = before;
	PG_RETURN_POINTER(purchase_digest_from_log(log));
}

PG_FUNCTION_INFO_V1(purchase_digest_send);
Datum
purchase_digest_send(PG_FUNCTION_ARGS)
{
	purchase_view view;
	purchase_cursor cursor;
	purchase_day day;
	StringInfoData buf;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendbyte(&buf, view.display_scale);
	pq_sendbyte(&buf, view.scale);
	pq_sendint32(&buf, view.count);
	cursor = purchase_start(&view);
	while (purchase_next(&cursor, &day))
	{
		pq_sendint32(&buf, day.day);
		pq_sendint32(&buf, day.orders);
		pq_sendint64(&buf, day.amount);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ---------- comparison ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	purchase_view a,
				b;

	PG_GETARG_PURCHASE_VIEW(0, &a);
	PG_GETARG_PURCHASE_VIEW(1, &b);
	return purchase_digest_compare(&a, &b);
}

FLAT_COMPARISONS(purchase_digest, compare_args);

/* The format is canonical but for the display scale, which equality ignores. */
static uint64
hash_digest(Datum digest, uint64 seed)
{
	purchase_view view;
	uint64		hash;

	purchase_digest_open(digest, &view);
	if (view.count == 0)
		return hash_bytes_uint32_extended(0, seed);
	hash = hash_bytes_extended(view.bits, (int) (view.end - view.bits), seed);
	hash = hash_combine64(hash, (uint64) view.count << 8 | (uint64) view.scale);
	hash = hash_combine64(hash, (uint64) view.first << 32 | (uint32) view.last);
	hash = hash_combine64(hash, (uint64) view.gap_base << 32 | (uint64) view.orders_base);
	return hash_combine64(hash, (uint64) view.amount_base);
}

PG_FUNCTION_INFO_V1(purchase_digest_hash);
Datum
purchase_digest_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) hash_digest(PG_GETARG_DATUM(0), 0));
}

PG_FUNCTION_INFO_V1(purchase_digest_hash_extended);
Datum
purchase_digest_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) hash_digest(PG_GETARG_DATUM(0), (uint64) PG_GETARG_INT64(1)));
}

/* ---------- facts: when ---------- */

bool
purchase_digest_timing_of(FunctionCallInfo fcinfo, DateADT as_of, purchase_timing *timing)
{
	purchase_view view;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	*timing = purchase_digest_timing(&view, as_of);
	return timing->purchase_days > 0;
}

/* up to the optional as_of */
static bool
timing_args(FunctionCallInfo fcinfo, purchase_timing *timing)
{
	return purchase_digest_timing_of(fcinfo, purchase_digest_as_of(fcinfo, 1), timing);
}

PG_FUNCTION_INFO_V1(purchase_digest_frequency);
Datum
purchase_digest_frequency(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_INT64(timing.purchase_days - 1);
}

PG_FUNCTION_INFO_V1(purchase_digest_recency);
Datum
purchase_digest_recency(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_INT32(timing.last - timing.first);
}

PG_FUNCTION_INFO_V1(purchase_digest_first_purchase);
Datum
purchase_digest_first_purchase(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(timing.first);
}

PG_FUNCTION_INFO_V1(purchase_digest_last_purchase);
Datum
purchase_digest_last_purchase(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(timing.last);
}

PG_FUNCTION_INFO_V1(purchase_digest_tenure);
Datum
purchase_digest_tenure(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_INT32(PG_GETARG_DATEADT(1) - timing.first);
}

PG_FUNCTION_INFO_V1(purchase_digest_days_since_last);
Datum
purchase_digest_days_since_last(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!timing_args(fcinfo, &timing))
		PG_RETURN_NULL();
	PG_RETURN_INT32(PG_GETARG_DATEADT(1) - timing.last);
}

/* ---------- facts: how much ---------- */

static purchase_money
money_args(FunctionCallInfo fcinfo, purchase_view *view)
{
	PG_GETARG_PURCHASE_VIEW(0, view);
	return purchase_digest_money(view, purchase_digest_as_of(fcinfo, 1));
}

PG_FUNCTION_INFO_V1(purchase_digest_order_count);
Datum
purchase_digest_order_count(PG_FUNCTION_ARGS)
{
	purchase_view view;

	PG_RETURN_INT64(money_args(fcinfo, &view).orders);
}

PG_FUNCTION_INFO_V1(purchase_digest_total_spend);
Datum
purchase_digest_total_spend(PG_FUNCTION_ARGS)
{
	purchase_view view;
	purchase_money money = money_args(fcinfo, &view);

	PG_RETURN_NUMERIC(amount_to_numeric(money.spend, view.scale, view.display_scale));
}

PG_FUNCTION_INFO_V1(purchase_digest_average_order_value);
Datum
purchase_digest_average_order_value(PG_FUNCTION_ARGS)
{
	purchase_view view;
	purchase_money money = money_args(fcinfo, &view);

	if (money.orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_div,
										NumericGetDatum(amount_to_numeric(money.spend, view.scale, view.display_scale)),
										NumericGetDatum(int64_to_numeric(money.orders))));
}

PG_FUNCTION_INFO_V1(purchase_digest_monetary_value);
Datum
purchase_digest_monetary_value(PG_FUNCTION_ARGS)
{
	purchase_view view;
	purchase_money money = money_args(fcinfo, &view);

	if (money.repeat_days == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(decimal_to_double(money.repeat_spend, view.scale) / (double) money.repeat_days);
}

PG_FUNCTION_INFO_V1(purchase_digest_purchase_days);
Datum
purchase_digest_purchase_days(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	purchase_view view;
	purchase_cursor cursor;
	purchase_day day;

	InitMaterializedSRF(fcinfo, 0);
	PG_GETARG_PURCHASE_VIEW(0, &view);
	cursor = purchase_start(&view);
	while (purchase_next(&cursor, &day))
	{
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		CHECK_FOR_INTERRUPTS();
		values[0] = DateADTGetDatum(day.day);
		values[1] = Int64GetDatum(day.orders);
		values[2] = NumericGetDatum(amount_to_numeric(day.amount, view.scale, view.display_scale));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
