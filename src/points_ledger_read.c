/*
 * points_ledger_read.c
 *		What is asked of a points_ledger.
 *
 * Each question about an instant lets the time until then go by in the folded
 * account, and reads its totals or its lots.
 */
#include "points_ledger.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

/* the account at an instant, which must not be before its latest entry */
static points_ledger *
ledger_at(FunctionCallInfo fcinfo)
{
	points_ledger *ledger = points_ledger_open(PG_GETARG_DATUM(0));
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time must be finite"),
				 errdetail("The value is %s.", TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity")));
	if (at < ledger->head.now)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("points_ledger cannot be asked about a time before its last entry"),
				 errdetail("The time is %s, the last entry is of %s.",
						   timestamptz_to_str(at), pstrdup(timestamptz_to_str(ledger->head.now))),
				 errhint("Fold the entries up to that time only.")));
	if (points_ledger_sweep(ledger, at) != LOYALTY_OK)
		elog(ERROR, "time does not pass in points_ledger");
	return ledger;
}

#define TOTAL(name, expression) \
PG_FUNCTION_INFO_V1(points_ledger_##name); \
Datum \
points_ledger_##name(PG_FUNCTION_ARGS) \
{ \
	const points_head *head = &ledger_at(fcinfo)->head; \
	PG_RETURN_INT64(expression); \
} \
extern int	no_such_symbol	/* swallows the semicolon */

TOTAL(available, head->available);
TOTAL(pending, head->pending);
TOTAL(held, head->gone[POINTS_HELD]);
TOTAL(arrears, head->arrears);
TOTAL(balance, head->available - head->arrears);
TOTAL(total_earned, head->earned);
TOTAL(total_spent, head->gone[POINTS_SPENT]);
TOTAL(total_expired, head->gone[POINTS_EXPIRED]);
TOTAL(total_reversed, head->gone[POINTS_REVERSED]);
TOTAL(total_moved, head->gone[POINTS_MOVED]);

PG_FUNCTION_INFO_V1(points_ledger_book_time);
Datum
points_ledger_book_time(PG_FUNCTION_ARGS)
{
	points_ledger *ledger = points_ledger_open(PG_GETARG_DATUM(0));

	if (ledger->head.now == POINTS_UNSET)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(ledger->head.now);
}

/* ---------- lots ---------- */

static Datum
text_datum(points_text text)
{
	return PointerGetDatum(cstring_to_text_with_len(text.bytes, (int) text.size));
}

static void
put_lot(ReturnSetInfo *rsinfo, const points_ledger *ledger, int32 i)
{
	const points_lot *lot = points_lot_at(&ledger->store, i);
	Datum		values[12];
	bool		nulls[12] = {false};
	int			n = 0;

	values[n++] = text_datum(points_name_text(&ledger->store, lot->name));
	values[n++] = TimestampTzGetDatum(lot->earned_at);
	values[n++] = TimestampTzGetDatum(lot->from_at);
	values[n++] = TimestampTzGetDatum(lot->until_at);
	values[n++] = Int64GetDatum(lot->amount);
	values[n++] = Int64GetDatum(lot->remaining);
	for (int way = 0; way < POINTS_WAYS; way++)
		values[n++] = Int64GetDatum(lot->gone[way]);
	nulls[n] = lot->origin < 0;
	values[n] = nulls[n] ? (Datum) 0 :
		text_datum(points_name_text(&ledger->store, points_lot_at(&ledger->store, lot->origin)->name));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static Datum
put_lots(FunctionCallInfo fcinfo, const points_ledger *ledger)
{
	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < ledger->store.arrays[POINTS_LOTS].count; i++)
		put_lot((ReturnSetInfo *) fcinfo->resultinfo, ledger, i);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(points_ledger_lots);
Datum
points_ledger_lots(PG_FUNCTION_ARGS)
{
	return put_lots(fcinfo, points_ledger_open(PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(points_ledger_lots_at);
Datum
points_ledger_lots_at(PG_FUNCTION_ARGS)
{
	return put_lots(fcinfo, ledger_at(fcinfo));
}

/* in spend order, as of book time */
PG_FUNCTION_INFO_V1(points_ledger_expiring);
Datum
points_ledger_expiring(PG_FUNCTION_ARGS)
{
	points_ledger *ledger = points_ledger_open(PG_GETARG_DATUM(0));
	TimestampTz before = PG_GETARG_TIMESTAMPTZ(1);

	InitMaterializedSRF(fcinfo, 0);
	for (int32 i = ledger->head.first_lot; i >= 0; i = points_lot_at(&ledger->store, i)->after)
		if (points_lot_at(&ledger->store, i)->until_at != POINTS_NEVER && points_lot_at(&ledger->store, i)->until_at <= before)
			put_lot((ReturnSetInfo *) fcinfo->resultinfo, ledger, i);
	return (Datum) 0;
}

/* ---------- holds, entries ---------- */

PG_FUNCTION_INFO_V1(points_ledger_holds);
Datum
points_ledger_holds(PG_FUNCTION_ARGS)
{
	points_ledger *ledger = ledger_at(fcinfo);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int32 h = ledger->head.first_hold; h >= 0; h = points_hold_at(&ledger->store, h)->after)
	{
		const points_hold *hold = points_hold_at(&ledger->store, h);
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = text_datum(points_name_text(&ledger->store, hold->name));
		values[1] = Int64GetDatum(hold->points);
		values[2] = TimestampTzGetDatum(hold->until_at);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(points_ledger_entries);
Datum
points_ledger_entries(PG_FUNCTION_ARGS)
{
	points_ledger *ledger = points_ledger_open(PG_GETARG_DATUM(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < ledger->store.arrays[POINTS_ENTRIES].count; i++)
	{
		points_event event = points_ledger_entry(ledger, (int32) i);
		Datum		values[7] = {0};
		bool		nulls[7] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(points_kind_name(event.kind));
		values[1] = text_datum(event.key);
		values[2] = TimestampTzGetDatum(event.at);
		nulls[3] = !event.has_points;
		values[3] = Int64GetDatum(event.points);
		nulls[4] = event.ref.bytes == NULL;
		if (!nulls[4])
			values[4] = text_datum(event.ref);
		nulls[5] = event.from_at == POINTS_UNSET;
		values[5] = TimestampTzGetDatum(event.from_at);
		nulls[6] = event.until_at == POINTS_UNSET;
		values[6] = TimestampTzGetDatum(event.until_at);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
