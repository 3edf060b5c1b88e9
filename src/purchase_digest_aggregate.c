/*
 * purchase_digest_aggregate.c
 *		How a purchase_digest comes about: from rows, from other digests, from
 *		a part of one.
 *
 * The transition state is a purchase_digest in its growing form, a
 * purchase_log (kernel/purchase_log.h).  Within an aggregate it is changed in
 * place while a row fits; when it is full, a copy twice the size is returned,
 * made in the current memory context, and the executor takes it over.  Outside
 * one (somebody calls the transition function by hand) nothing is ever changed
 * in place, for the value may lie on a shared page.  A state may come packed:
 * as the first value of rollup(), or by the text of a distributed query.
 */
#include "purchase_digest.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "report.h"

/* All days of a digest in either form, for merging. */
static void
unpack(const purchase_view *view, int32 from, int32 until, purchase_log *log)
{
	report_unless_ok(purchase_digest_unpack(view, from, until, log, purchase_log_capacity(log)));
}

/* The state to write to: argument 0 itself, where that is allowed and it is a log; else a copy. */
static purchase_log *
writable_state(FunctionCallInfo fcinfo)
{
	struct varlena *value;
	purchase_view view;
	purchase_log *log;

	if (PG_ARGISNULL(0))
		return purchase_log_make(1);

	value = (struct varlena *) PG_GETARG_POINTER(0);
	if (VARATT_IS_4B_U(value) &&
		((purchase_log *) value)->form == PURCHASE_FORM_LOG &&
		AggCheckCallContext(fcinfo, NULL))
		return (purchase_log *) value;

	purchase_digest_open(PointerGetDatum(value), &view);
	log = purchase_log_make((uint64) view.count + 1);
	unpack(&view, CALENDAR_FIRST_DAY, CALENDAR_LAST_DAY, log);
	return log;
}

/* a copy with twice the room; the old one stays as it is */
static purchase_log *
grow(const purchase_log *log)
{
	purchase_log *larger = purchase_log_make((uint64) purchase_log_capacity(log) + 1);
	int32		length_word = larger->length_word;

	CHECK_FOR_INTERRUPTS();
	memcpy(larger, log, purchase_log_size(log->count));
	larger->length_word = length_word;
	return larger;
}

static purchase_log *
add_row(purchase_log *log, DateADT day, decimal_amount amount)
{
	loyalty_status status = purchase_log_add(log, purchase_log_capacity(log), day, amount);

	if (unlikely(status == LOYALTY_FULL))
	{
		log = grow(log);
		status = purchase_log_add(log, purchase_log_capacity(log), day, amount);
	}
	report_unless_ok(status);
	return log;
}

static purchase_log *
add_digest(purchase_log *log, Datum digest)
{
	purchase_view view;
	purchase_cursor cursor;
	purchase_day day;

	purchase_digest_open(digest, &view);
	cursor = purchase_start(&view);
	while (purchase_next(&cursor, &day))
	{
		loyalty_status status;

		day.amount *= decimal_power10[view.display_scale - view.scale];
		status = purchase_log_add_day(log, purchase_log_capacity(log), &day, view.display_scale);
		if (status == LOYALTY_FULL)
		{
			log = grow(log);
			status = purchase_log_add_day(log, purchase_log_capacity(log), &day, view.display_scale);
		}
		report_unless_ok(status);
	}
	return log;
}

/* ---------- days ---------- */

static DateADT
day_of_timestamp(Timestamp at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		check_date(TIMESTAMP_IS_NOBEGIN(at) ? DATEVAL_NOBEGIN : DATEVAL_NOEND, "purchase day");
	/* floor, for days before 2000 too */
	return (DateADT) (at / USECS_PER_DAY - (at % USECS_PER_DAY < 0 ? 1 : 0));
}

static DateADT
day_of_date(DateADT day)
{
	return check_date(day, "purchase day");
}

/* in the zone given, never in the session's */
static DateADT
day_of_timestamptz(Datum at, Datum zone)
{
	return day_of_timestamp(DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, zone, at)));
}

/* ---------- transition functions ---------- */

/*
 * A row with a NULL in it is skipped.  The state is fetched first: what is
 * returned must be its pointer whenever it was changed in place.
 */
#define ACCUMULATE(name, nargs, day, amount) \
PG_FUNCTION_INFO_V1(purchase_digest_accum_##name); \
Datum \
purchase_digest_accum_##name(PG_FUNCTION_ARGS) \
{ \
	for (int i = 1; i < (nargs); i++) \
		if (PG_ARGISNULL(i)) \
		{ \
			if (PG_ARGISNULL(0)) \
				PG_RETURN_NULL(); \
			PG_RETURN_DATUM(PG_GETARG_DATUM(0)); \
		} \
	PG_RETURN_POINTER(add_row(writable_state(fcinfo), (day), (amount))); \
} \
extern int	no_such_symbol	/* swallows the semicolon */

ACCUMULATE(date_numeric, 3,
		   day_of_date(PG_GETARG_DATEADT(1)), amount_from_numeric(PG_GETARG_DATUM(2)));
ACCUMULATE(date_float8, 3,
		   day_of_date(PG_GETARG_DATEADT(1)), amount_from_float8(PG_GETARG_FLOAT8(2)));
ACCUMULATE(timestamp_numeric, 3,
		   day_of_timestamp(PG_GETARG_TIMESTAMP(1)), amount_from_numeric(PG_GETARG_DATUM(2)));
ACCUMULATE(timestamp_float8, 3,
		   day_of_timestamp(PG_GETARG_TIMESTAMP(1)), amount_from_float8(PG_GETARG_FLOAT8(2)));
ACCUMULATE(timestamptz_numeric, 4,
		   day_of_timestamptz(PG_GETARG_DATUM(1), PG_GETARG_DATUM(3)), amount_from_numeric(PG_GETARG_DATUM(2)));
ACCUMULATE(timestamptz_float8, 4,
		   day_of_timestamptz(PG_GETARG_DATUM(1), PG_GETARG_DATUM(3)), amount_from_float8(PG_GETARG_FLOAT8(2)));

/* combine function, and the transition function of rollup() */
PG_FUNCTION_INFO_V1(purchase_digest_combine);
Datum
purchase_digest_combine(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(add_digest(writable_state(fcinfo), PG_GETARG_DATUM(1)));
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(purchase_digest_final);
Datum
purchase_digest_final(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	purchase_log *log = (purchase_log *) value;
	purchase_log *copy;

	if (*(uint8 *) VARDATA_ANY(value) == PURCHASE_FORM_PACKED)
		PG_RETURN_POINTER(value);
	if (AggCheckCallContext(fcinfo, NULL) && log->ordered)
		PG_RETURN_POINTER(purchase_digest_from_log(log));
	copy = palloc(VARSIZE_ANY_EXHDR(value) + VARHDRSZ);
	memcpy((char *) copy + VARHDRSZ, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	SET_VARSIZE(copy, VARSIZE_ANY_EXHDR(value) + VARHDRSZ);
	PG_RETURN_POINTER(purchase_digest_from_log(copy));
}

/* ---------- merge and slice ---------- */

PG_FUNCTION_INFO_V1(purchase_digest_merge);
Datum
purchase_digest_merge(PG_FUNCTION_ARGS)
{
	purchase_log *log;

	/* NULL is nothing, not unknown: merging it changes nothing */
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	log = purchase_log_make(1);
	for (int i = 0; i < 2; i++)
		if (!PG_ARGISNULL(i))
			log = add_digest(log, PG_GETARG_DATUM(i));
	PG_RETURN_POINTER(purchase_digest_from_log(log));
}

PG_FUNCTION_INFO_V1(purchase_digest_slice);
Datum
purchase_digest_slice(PG_FUNCTION_ARGS)
{
	RangeType  *range = PG_GETARG_RANGE_P(1);
	TypeCacheEntry *typcache = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	RangeBound	lower,
				upper;
	bool		empty;
	purchase_view view;
	purchase_log *log;
	int64		from = CALENDAR_FIRST_DAY;
	int64		until = CALENDAR_LAST_DAY;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	range_deserialize(typcache, range, &lower, &upper, &empty);
	if (!lower.infinite)
		from = (int64) DatumGetDateADT(lower.val) + (lower.inclusive ? 0 : 1);
	if (!upper.infinite)
		until = (int64) DatumGetDateADT(upper.val) - (upper.inclusive ? 0 : 1);

	log = purchase_log_make(view.count);
	if (!empty && from <= until)
		unpack(&view, (int32) Max(from, CALENDAR_FIRST_DAY), (int32) Min(until, CALENDAR_LAST_DAY), log);
	PG_RETURN_POINTER(purchase_digest_from_log(log));
}
