/*
 * purchase_digest_aggregate.c
 *		How a purchase_digest comes about: from rows, from other digests, from
 *		a part of one.
 *
 * The transition state is a purchase_digest in its growing form, a
 * purchase_log (kernel/purchase_log.h).  Within an aggregate it is changed in
 * place while a row fits; when it is full, a larger copy is returned, made in
 * the current memory context, and the executor takes it over.  Outside
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

/* ---------- the state ---------- */

/* the days of a digest within [from, until], appended to a log */
static purchase_log *
append_days(purchase_log *log, Datum digest, int64 from, int64 until)
{
	purchase_view view;
	purchase_cursor cursor;
	purchase_day day;

	purchase_digest_open(digest, &view);
	cursor = purchase_start(&view);
	while (purchase_next(&cursor, &day) && day.day <= until)
	{
		if (day.day < from)
			continue;
		log = purchase_log_append(log, day, view.scale, view.display_scale);
	}
	return log;
}

static purchase_log *
append_digest(purchase_log *log, Datum digest)
{
	return append_days(log, digest, CALENDAR_FIRST_DAY, CALENDAR_LAST_DAY);
}

/*
 * The state to write to: argument 0 itself where it is the executor's own and
 * a log; else a copy of it.
 */
static purchase_log *
writable_state(FunctionCallInfo fcinfo)
{
	struct varlena *value;

	if (PG_ARGISNULL(0))
		return purchase_log_make(1, false);
	value = PG_GETARG_VARLENA_PP(0);
	if (flat_value_is_log(value))
		return flat_state_fetch(fcinfo, value);
	return append_digest(purchase_log_make(1, false), PointerGetDatum(value));
}

/*
 * A state as a result.  One made by hand may be stored: without the room to
 * spare, which holds whatever lay in memory there before.
 */
static inline Datum
state_result(FunctionCallInfo fcinfo, purchase_log *log)
{
	if (unlikely(!AggCheckCallContext(fcinfo, NULL)))
		SET_VARSIZE(log, purchase_log_size(log->count, log->wide));
	return PointerGetDatum(log);
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

static purchase_log *
append_row(purchase_log *log, DateADT day, decimal_amount amount)
{
	loyalty_status status;

	while (asks_to_grow(status = purchase_log_add(log, purchase_log_capacity(log), day, amount)))
		log = purchase_log_grow(log, status);
	report_unless_ok(status);
	return log;
}

/* A row with a NULL in it is skipped. */
#define ACCUMULATE(name, nargs, day, amount) \
PG_FUNCTION_INFO_V1(purchase_digest_accum_##name); \
Datum \
purchase_digest_accum_##name(PG_FUNCTION_ARGS) \
{ \
	for (int i = 1; i < (nargs); i++) \
		if (PG_ARGISNULL(i)) \
			return flat_state_unchanged(fcinfo); \
	PG_RETURN_DATUM(state_result(fcinfo, append_row(writable_state(fcinfo), (day), (amount)))); \
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
	purchase_log *log = writable_state(fcinfo);
	struct varlena *value = PG_GETARG_VARLENA_PP(1);

	if (flat_value_is_log(value))
	{
		/* a partial state of a parallel plan: day by day, without packing it first */
		purchase_log *other = flat_state_fetch(NULL, value);

		for (uint32 i = 0; i < other->count; i++)
			log = purchase_log_append(log, purchase_log_day(other, i), other->scale, other->display);
	}
	else
		log = append_digest(log, PointerGetDatum(value));
	PG_RETURN_DATUM(state_result(fcinfo, log));
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(purchase_digest_final);
Datum
purchase_digest_final(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	purchase_log *log;

	if (!flat_value_is_log(value))
		PG_RETURN_POINTER(value);
	log = flat_state_fetch(fcinfo, value);
	if ((struct varlena *) log == value && !log->ordered)
		log = flat_state_fetch(NULL, value);
	PG_RETURN_POINTER(purchase_digest_from_log(log));
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
	log = purchase_log_make(1, false);
	for (int i = 0; i < 2; i++)
		if (!PG_ARGISNULL(i))
			log = append_digest(log, PG_GETARG_DATUM(i));
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
	int64		from = CALENDAR_FIRST_DAY;
	int64		until = CALENDAR_LAST_DAY;

	range_deserialize(typcache, range, &lower, &upper, &empty);
	if (!lower.infinite)
		from = (int64) DatumGetDateADT(lower.val) + (lower.inclusive ? 0 : 1);
	if (!upper.infinite)
		until = (int64) DatumGetDateADT(upper.val) - (upper.inclusive ? 0 : 1);
	if (empty)
		until = from - 1;
	PG_RETURN_POINTER(purchase_digest_from_log(append_days(purchase_log_make(1, false),
														   PG_GETARG_DATUM(0), from, until)));
}
