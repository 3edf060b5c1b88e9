/*
 * points_replay.c
 *		What follows from the journal of an account alone, in the columns in
 *		which a ledger's tables hold it; and an account restored from that.
 *
 * The functions that create_points_ledger() makes compare it with what is
 * stored.
 */
#include "points_tables.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

static void
name_account(void *account)
{
	errcontext("replay of account \"%s\" of the points ledger", TextDatumGetCString(PointerGetDatum(account)));
}

/* folds the journal of an account; with a set to fill, a row for each entry */
static points_account *
replay(Oid accounts, Datum name, ReturnSetInfo *entries)
{
	points_tables *tables = points_tables_find(accounts);
	points_ledger *ledger = points_ledger_make(tables->policy);
	points_account *account = points_account_from(tables, name, ledger);
	uint64		count = points_tables_run(tables, POINTS_READ_JOURNAL, &name, NULL, true);
	ErrorContextCallback context = {error_context_stack, name_account, DatumGetPointer(name)};

	error_context_stack = &context;
	for (uint64 row = 0; row < count; row++)
	{
		LOCAL_FCINFO(call, 7);
		points_event event;

		CHECK_FOR_INTERRUPTS();
		InitFunctionCallInfoData(*call, NULL, 7, InvalidOid, NULL, NULL);
		for (int i = 0; i < 7; i++)
			call->args[i].value = points_column(row, i + 1, &call->args[i].isnull);
		event = points_event_args(call, 0);
		points_ledger_post(ledger, &event);
		/* where entries are missing the next one still needs a number of its own */
		account->entries = points_number(row, 8);
		if (entries != NULL)
		{
			Datum		values[3 + POINTS_OUTCOME_COLUMNS];
			bool		nulls[3 + POINTS_OUTCOME_COLUMNS] = {false};

			values[0] = points_text_datum(event.key);
			values[1] = Int64GetDatum((int64) row + 1);
			values[2] = TimestampTzGetDatum(ledger->head.now);
			points_entry_outcome_columns(account, &event, values + 3, nulls + 3);
			tuplestore_putvalues(entries->setResult, entries->setDesc, values, nulls);
		}
	}
	error_context_stack = context.previous;
	(void) points_account_lot(account, (int32) ledger->store.arrays[POINTS_LOTS].count);
	return account;
}

static ReturnSetInfo *
begin_set(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	return (ReturnSetInfo *) fcinfo->resultinfo;
}

/* the entries: what each brought about */
PG_FUNCTION_INFO_V1(points_replay_entries);
Datum
points_replay_entries(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = begin_set(fcinfo);

	(void) replay(PG_GETARG_OID(0), PG_GETARG_DATUM(1), rsinfo);
	SPI_finish();
	return (Datum) 0;
}

/* the lots */
PG_FUNCTION_INFO_V1(points_replay_lots);
Datum
points_replay_lots(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = begin_set(fcinfo);
	points_account *account = replay(PG_GETARG_OID(0), PG_GETARG_DATUM(1), NULL);

	for (uint32 i = 0; i < account->ledger->store.arrays[POINTS_LOTS].count; i++)
	{
		Datum		values[POINTS_LOT_COLUMNS];
		bool		nulls[POINTS_LOT_COLUMNS];

		points_account_lot_columns(account, (int32) i, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/* the account itself */
PG_FUNCTION_INFO_V1(points_replay_account);
Datum
points_replay_account(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = begin_set(fcinfo);
	points_account *account = replay(PG_GETARG_OID(0), PG_GETARG_DATUM(1), NULL);
	Datum		values[POINTS_TOTAL_COLUMNS + POINTS_HOLD_COLUMNS + POINTS_DEBT_COLUMNS];
	bool		nulls[POINTS_TOTAL_COLUMNS + POINTS_HOLD_COLUMNS + POINTS_DEBT_COLUMNS];
	int			n = POINTS_TOTAL_COLUMNS;

	points_account_total_columns(account, values, nulls);
	points_account_hold_columns(account, values + n, nulls + n);
	n += POINTS_HOLD_COLUMNS;
	points_account_debt_columns(account, values + n, nulls + n);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	SPI_finish();
	return (Datum) 0;
}

/* writes an account anew whose lots are gone; its row stays where there is one, for others may refer to it */
PG_FUNCTION_INFO_V1(points_account_rebuild);
Datum
points_account_rebuild(PG_FUNCTION_ARGS)
{
	Datum		name = PG_GETARG_DATUM(1);
	points_account *account;
	int64		entries;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	(void) points_tables_run(points_tables_find(PG_GETARG_OID(0)), POINTS_NEW_ACCOUNT, &name, NULL, false);
	account = replay(PG_GETARG_OID(0), name, NULL);
	points_account_write(account);
	entries = account->entries;
	SPI_finish();
	PG_RETURN_INT64(entries);
}
