/*
 * points_posting.c
 *		The write path of points ledgers in tables: entries, one or many, and
 *		transfers.
 *
 * Every function locks the rows of the accounts it works on, in the order of
 * their names, and nothing else: two that meet wait for each other and never
 * deadlock.  They run with the rights of the current user; the functions that
 * create_points_ledger() makes around them run with those of the ledger's owner.
 */
#include "points_tables.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "kernel/instant.h"
#include "report.h"

/* What an entry tells beside its event: columns that are never folded; 0 is NULL. */
typedef struct entry_notes
{
	Datum		effective_at;
	Datum		reason;
	Datum		actor;
	Datum		counterpart;	/* the other account of a transfer */
} entry_notes;

/* ---------- one entry ---------- */

/* of many accounts in one call the message must say which */
static void
name_account(void *account)
{
	errcontext("points account \"%s\"", TextDatumGetCString(PointerGetDatum(account)));
}

static ErrorContextCallback
account_context(Datum account)
{
	return (ErrorContextCallback) {.previous = error_context_stack, .callback = name_account, .arg = DatumGetPointer(account)};
}

static bool
same_text(bool isnull, Datum stored, points_text given)
{
	if (isnull || given.bytes == NULL)
		return isnull && given.bytes == NULL;
	return points_text_compare(points_datum_text(stored), given) == 0;
}

static bool
same_instant(bool isnull, Datum stored, int64 given)
{
	return isnull ? given == POINTS_UNSET : DatumGetTimestampTz(stored) == given;
}

/*
 * An entry that was found with the key of an event, in a row whose first seven
 * columns are those of POINTS_FIND_ENTRY: it is the same one, and what became
 * of it is the answer again; or the key has been used for something else.
 */
static int64
repeated_balance(uint64 row, const points_event *event, const entry_notes *notes)
{
	points_text kind = {points_kind_name(event->kind), (uint32_t) strlen(points_kind_name(event->kind))};
	Datum		value[7];
	bool		isnull[7];

	for (int i = 1; i <= 6; i++)
		value[i] = points_column(row, i, &isnull[i]);
	if (!same_text(isnull[1], value[1], kind) ||
		isnull[2] != !event->has_points || (event->has_points && DatumGetInt64(value[2]) != event->points) ||
		!same_text(isnull[3], value[3], event->ref) ||
		!same_instant(isnull[4], value[4], event->from_at) || !same_instant(isnull[5], value[5], event->until_at) ||
		!same_text(isnull[6], value[6], notes->counterpart ? points_datum_text(notes->counterpart) : (points_text) {NULL, 0}))
		points_event_failure(LOYALTY_KEY_CONFLICT, event, NULL);
	return points_number(row, 7);
}

/* is there an entry with this key? */
static bool
earlier_entry(const points_account *account, const points_event *event, const entry_notes *notes, int64 *balance)
{
	Datum		key[2] = {account->account, points_text_datum(event->key)};

	if (points_tables_run(account->tables, POINTS_FIND_ENTRY, key, NULL, false) == 0)
		return false;
	*balance = repeated_balance(0, event, notes);
	return true;
}

/* the kinds whose parts are an allocation; of others, the lots that changed are told */
static bool
allocates(const points_event *event)
{
	switch ((points_kind) event->kind)
	{
		case POINTS_HOLD:
		case POINTS_CAPTURE:
		case POINTS_REDEEM:
		case POINTS_TRANSFER_OUT:
		case POINTS_MERGE_OUT:
			return true;
		case POINTS_ADJUST:
			return event->points < 0;
		default:
			return false;
	}
}

/* lots whose remaining points an entry has changed, in the order of their ids: which of them were at hand first does not tell */
static int
compare_lots(const void *a, const void *b, void *store)
{
	return points_text_compare(points_name_text(store, points_lot_at(store, *(const int32 *) a)->name),
							   points_name_text(store, points_lot_at(store, *(const int32 *) b)->name));
}

static int
changed_lots(points_account *account, int32 *lots)
{
	const points_store *store = &account->ledger->store;
	uint32		count = store->arrays[POINTS_LOTS].count;
	uint32		cursor = store->arrays[POINTS_UNDOS].count;
	int			n = 0;
	int			kept = 0;
	int32		lot;
	points_lot	before;

	while (points_store_change(store, &cursor, &lot, &before))
	{
		/* the last time a lot comes, it comes as it was */
		account->lots[lot].was_remaining = before.remaining;
		lots[n++] = lot;
	}
	for (uint32 i = store->saved_counts[POINTS_LOTS]; i < count; i++)
		lots[n++] = (int32) i;
	qsort_arg(lots, n, sizeof(int32), compare_lots, (void *) store);
	for (int i = 0; i < n; i++)
		if ((i == 0 || lots[i] != lots[i - 1]) && points_lot_at(store, lots[i])->remaining != account->lots[lots[i]].was_remaining)
			lots[kept++] = lots[i];
	return kept;
}

/* Most entries that bring points put them into a lot of their own and change no other: NULL says so, and an empty list that nothing remains even in this one. */
static bool
brings_lot(const points_event *event)
{
	return event->kind == POINTS_EARN || (event->kind == POINTS_ADJUST && event->points > 0);
}

static bool
is_whole_own_lot(const points_store *store, const points_event *event, const points_lot *lot)
{
	return brings_lot(event) && lot->remaining == event->points && points_text_compare(points_name_text(store, lot->name), event->key) == 0;
}

/* lots and points of an entry: its allocation, or by how much what remains in a lot has changed */
static void
list_lots(points_account *account, const points_event *event, Datum *values, bool *nulls)
{
	const points_ledger *ledger = account->ledger;
	const points_store *store = &ledger->store;
	uint32		count = store->arrays[POINTS_LOTS].count;
	bool		parts = allocates(event);
	uint32		room = parts ? (uint32) ledger->part_count :
		store->arrays[POINTS_UNDOS].count + count - store->saved_counts[POINTS_LOTS];
	Datum	   *lots = palloc((room + 1) * sizeof(Datum));
	Datum	   *points = palloc((room + 1) * sizeof(Datum));
	int			n = 0;

	(void) points_account_lot(account, (int32) count);
	if (parts)
		for (; n < ledger->part_count; n++)
		{
			const points_part *part = points_part_at(store, ledger->first_part + n);

			lots[n] = points_text_datum(points_name_text(store, points_lot_at(store, part->lot)->name));
			points[n] = Int64GetDatum(part->points);
		}
	else
	{
		int32	   *changed = palloc((room + 1) * sizeof(int32));
		int			changes = changed_lots(account, changed);

		nulls[0] = nulls[1] = changes == 1 && is_whole_own_lot(store, event, points_lot_at(store, changed[0]));
		if (nulls[0])
			return;
		for (; n < changes; n++)
		{
			const points_lot *lot = points_lot_at(store, changed[n]);

			lots[n] = points_text_datum(points_name_text(store, lot->name));
			points[n] = Int64GetDatum(lot->remaining - account->lots[changed[n]].was_remaining);
		}
	}
	nulls[0] = nulls[1] = n == 0 && !brings_lot(event);
	if (!nulls[0])
	{
		values[0] = PointerGetDatum(construct_array(lots, n, TEXTOID, -1, false, TYPALIGN_INT));
		values[1] = PointerGetDatum(construct_array(points, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	}
}

/* what the event just applied brought about */
void
points_entry_outcome_columns(points_account *account, const points_event *event, Datum *values, bool *nulls)
{
	const points_head *head = &account->ledger->head;
	const points_head *before = &account->ledger->saved;
	int			n = 0;

	memset(nulls, false, POINTS_OUTCOME_COLUMNS);
	values[n++] = Int64GetDatum(head->available);
	values[n++] = Int64GetDatum(head->pending);
	values[n++] = Int64GetDatum(head->gone[POINTS_HELD]);
	values[n++] = Int64GetDatum(head->arrears);
	values[n++] = Int64GetDatum(head->earned - before->earned);
	for (int way = POINTS_SPENT; way < POINTS_WAYS; way++)
		values[n++] = Int64GetDatum(head->gone[way] - before->gone[way]);
	values[n++] = Int64GetDatum(head->arrears - before->arrears);
	list_lots(account, event, values + n, nulls + n);
}

/* the entry of the event just applied, as a row of the journal */
static void
entry_row(points_account *account, const points_event *event, const entry_notes *notes, Datum *values, bool *nulls)
{
	TimestampTz effective_at;
	int			n = 0;

	memset(nulls, 0, POINTS_ENTRY_COLUMNS * sizeof(bool));

	values[n++] = account->account;
	values[n++] = Int64GetDatum(account->entries + 1);
	values[n++] = CStringGetTextDatum(points_kind_name(event->kind));
	values[n++] = points_text_datum(event->key);
	values[n++] = TimestampTzGetDatum(account->ledger->head.now);
	nulls[n] = !event->has_points;
	values[n++] = Int64GetDatum(event->points);
	nulls[n] = event->ref.bytes == NULL;
	values[n] = nulls[n] ? (Datum) 0 : points_text_datum(event->ref);
	n++;
	nulls[n] = event->from_at == POINTS_UNSET;
	values[n++] = TimestampTzGetDatum(event->from_at);
	nulls[n] = event->until_at == POINTS_UNSET;
	values[n++] = TimestampTzGetDatum(event->until_at);
	/* dated before the account's book time: when it really happened would be lost */
	effective_at = notes->effective_at ? *(TimestampTz *) DatumGetPointer(notes->effective_at) : event->at;
	nulls[n] = notes->effective_at == (Datum) 0 && event->at >= account->ledger->head.now;
	values[n++] = TimestampTzGetDatum(effective_at);
	nulls[n] = notes->reason == (Datum) 0;
	values[n++] = notes->reason;
	nulls[n] = notes->actor == (Datum) 0;
	values[n++] = notes->actor;
	nulls[n] = notes->counterpart == (Datum) 0;
	values[n++] = notes->counterpart;
	points_entry_outcome_columns(account, event, values + n, nulls + n);
}

static int64
balance_now(const points_account *account)
{
	return account->ledger->head.available - account->ledger->head.arrears;
}

static void
refuse(loyalty_status status, const points_event *event, points_account *account)
{
	ErrorContextCallback context = account_context(account->account);

	error_context_stack = &context;
	points_event_failure(status, event, account->ledger);
}

/*
 * Posts an event; says whether it is new.  `look` says that an earlier entry
 * with its key is to be looked for first, for the account at hand has to be
 * right afterwards; else it is found when the new one is written, which spares
 * the usual event a look-up, and the account at hand is of no use then.
 */
static bool
post(points_account *account, const points_event *event, const entry_notes *notes, bool look, int64 *balance)
{
	Datum		values[POINTS_ENTRY_COLUMNS];
	bool		nulls[POINTS_ENTRY_COLUMNS];
	loyalty_status status;

	if (look && earlier_entry(account, event, notes, balance))
		return false;
	status = points_ledger_apply(account->ledger, event);
	if (status != LOYALTY_OK && !look && earlier_entry(account, event, notes, balance))
		return false;
	if (status != LOYALTY_OK)
		refuse(status, event, account);
	entry_row(account, event, notes, values, nulls);
	if (!points_row_insert_new(account->tables, values, nulls) &&
		points_tables_run(account->tables, POINTS_NEW_ENTRY, values, nulls, false) == 0)
	{
		if (!earlier_entry(account, event, notes, balance))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("entry of the points ledger cannot be seen"),
					 errdetail("Its key is \"%s\".", TextDatumGetCString(points_text_datum(event->key)))));
		return false;
	}
	account->entries++;
	*balance = balance_now(account);
	return true;
}

static Datum
text_or_none(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? (Datum) 0 : PG_GETARG_DATUM(arg);
}

static const char *
shown_key(const points_event *event)
{
	return shortened(pnstrdup(event->key.bytes, event->key.size));
}

static void
check_notes(const points_event *event, const entry_notes *notes)
{
	if (notes->effective_at != (Datum) 0 && TIMESTAMP_NOT_FINITE(*(TimestampTz *) DatumGetPointer(notes->effective_at)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("effective_at must be finite"),
				 errdetail("The entry is \"%s\".", shown_key(event))));
	if (event->kind == POINTS_ADJUST && (notes->reason == (Datum) 0 || points_datum_text(notes->reason).size == 0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an adjustment needs a reason"),
				 errdetail("The entry is \"%s\".", shown_key(event))));
}

static void
check_kind(const points_event *event)
{
	switch ((points_kind) event->kind)
	{
		case POINTS_TRANSFER_OUT:
		case POINTS_TRANSFER_IN:
		case POINTS_MERGE_OUT:
		case POINTS_MERGE_IN:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a transfer is posted to both accounts at once"),
					 errdetail("The entry is of kind %s.", points_kind_name(event->kind)),
					 errhint("Use transfer_points() or merge_points().")));
		default:
			break;
	}
}

static void
check_account(bool isnull, Datum account)
{
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("account must not be null")));
	if (points_datum_text(account).size == 0 || points_datum_text(account).size > 500)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("account must have 1 to 500 bytes"),
				 errdetail("It is \"%s\".", shortened(TextDatumGetCString(account)))));
}

static void
connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* accounts regclass, account, then the seven of an event, effective_at, reason, actor */
PG_FUNCTION_INFO_V1(points_post_entry);
Datum
points_post_entry(PG_FUNCTION_ARGS)
{
	points_event event;
	TimestampTz effective_at = PG_ARGISNULL(9) ? 0 : PG_GETARG_TIMESTAMPTZ(9);
	entry_notes notes = {
		.effective_at = PG_ARGISNULL(9) ? (Datum) 0 : PointerGetDatum(&effective_at),
		.reason = text_or_none(fcinfo, 10),
		.actor = text_or_none(fcinfo, 11)
	};
	points_account *account;
	int64		balance = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	check_account(PG_ARGISNULL(1), PG_GETARG_DATUM(1));
	event = points_event_args(fcinfo, 2);
	check_kind(&event);
	check_notes(&event, &notes);
	connect();
	account = points_account_open(points_tables_find(PG_GETARG_OID(0)), PG_GETARG_DATUM(1));
	if (post(account, &event, &notes, false, &balance))
		points_account_write(account);
	SPI_finish();
	PG_RETURN_INT64(balance);
}

/* ---------- many entries ---------- */

typedef struct batch_row
{
	int			position;
	Datum		name;			/* of the account */
	points_event event;
	entry_notes notes;
	bool		known;			/* there is an entry with its key already */
	int64		balance;
} batch_row;

static int
compare_rows(const void *a, const void *b)
{
	const batch_row *x = a;
	const batch_row *y = b;
	int			order = points_text_compare(points_datum_text(x->name), points_datum_text(y->name));

	return order != 0 ? order : x->position - y->position;
}

/* an array argument, taken apart; as long as the others, or NULL where that is allowed */
static Datum *
array_arg(FunctionCallInfo fcinfo, int arg, Oid type, bool optional, int *count, bool **nulls)
{
	ArrayType  *array;
	Datum	   *items;
	int			n;

	if (PG_ARGISNULL(arg))
	{
		if (!optional || *count < 0)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("accounts, kinds, keys, times and points must not be null")));
		*nulls = palloc(*count + 1);
		memset(*nulls, true, *count + 1);
		return palloc0((*count + 1) * sizeof(Datum));
	}
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (type == TEXTOID)
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, nulls, &n);
	else
		deconstruct_array(array, type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &items, nulls, &n);
	if (*count >= 0 && n != *count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays of entries must be equally long"),
				 errdetail("One has %d elements, another one %d.", *count, n)));
	*count = n;
	return items;
}

/* the first row after those that are of the same account as row `first` */
static int
next_account(const batch_row *rows, int first, int count)
{
	int			next = first + 1;

	while (next < count && points_text_compare(points_datum_text(rows[next].name), points_datum_text(rows[first].name)) == 0)
		next++;
	return next;
}

/* locks the accounts of a batch in the order of their names; their rows, likewise */
static points_account_row *
lock_accounts(points_tables *tables, const batch_row *rows, int count)
{
	Datum	   *names = palloc((count + 1) * sizeof(Datum));
	points_account_row *locked = palloc((count + 1) * sizeof(points_account_row));
	int			accounts = 0;

	for (int first = 0; first < count; first = next_account(rows, first, count))
		names[accounts++] = rows[first].name;
	points_account_lock(tables, names, accounts, locked);
	pfree(names);
	return locked;
}

/* looks for entries that have the keys of a batch already */
static void
find_known(points_tables *tables, batch_row *rows, int count)
{
	points_rows keys = points_rows_make(tables, POINTS_FIND_ENTRIES);
	bool		nulls[3] = {false};

	for (int r = 0; r < count; r++)
	{
		Datum		values[3] = {rows[r].name, points_text_datum(rows[r].event.key), Int64GetDatum(r)};

		points_rows_add(&keys, values, nulls, NULL);
		if (keys.count < POINTS_MOST_ROWS && r < count - 1)
			continue;
		for (uint64 found = points_rows_run(&keys); found-- > 0;)
		{
			batch_row  *row = &rows[points_number(found, 8)];
			ErrorContextCallback context = account_context(row->name);

			error_context_stack = &context;
			row->known = true;
			row->balance = repeated_balance(found, &row->event, &row->notes);
			error_context_stack = context.previous;
		}
	}
}

/* what a batch writes */
typedef struct batch_output
{
	points_rows entries;
	points_rows lots;
	points_rows accounts;
} batch_output;

/* one row of a batch; `first` is the first one of its account */
static void
post_row(points_account *account, batch_row *rows, int first, int r, points_rows *entries)
{
	const points_event *event = &rows[r].event;
	Datum		values[POINTS_ENTRY_COLUMNS];
	bool		nulls[POINTS_ENTRY_COLUMNS];
	loyalty_status status = points_ledger_apply(account->ledger, event);

	if (status != LOYALTY_OK)
		refuse(status, event, account);
	if (account->ledger->repeated)
	{
		while (points_text_compare(rows[first].event.key, event->key) != 0)
			first++;
		rows[r].balance = rows[first].balance;
		return;
	}
	entry_row(account, event, &rows[r].notes, values, nulls);
	points_rows_add(entries, values, nulls, NULL);
	account->entries++;
	rows[r].balance = balance_now(account);
}

/* the rows of one account that are not known yet, from `first` up to `next` */
static void
post_rows(points_tables *tables, const points_account_row *locked, batch_row *rows, int first, int next, batch_output *output)
{
	points_account *account = NULL;

	for (int r = first; r < next; r++)
	{
		CHECK_FOR_INTERRUPTS();
		if (rows[r].known)
			continue;
		if (account == NULL)
			account = points_account_read(tables, rows[first].name, locked, false);
		post_row(account, rows, first, r, &output->entries);
	}
	if (account != NULL)
		points_account_gather(account, &output->accounts, &output->lots);
}

/* of no rows array_agg() makes NULL, for each array alike */
static bool
is_empty_batch(FunctionCallInfo fcinfo)
{
	for (int i = 1; i <= 10; i++)
		if (!PG_ARGISNULL(i))
			return false;
	return true;
}

/* accounts regclass, then ten arrays: account, the seven of an event, effective_at, reason; actor.  All or nothing. */
PG_FUNCTION_INFO_V1(points_post_entries);
Datum
points_post_entries(PG_FUNCTION_ARGS)
{
	static const Oid types[10] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID};
	Datum	   *items[10];
	bool	   *nulls[10];
	int			count = -1;
	points_tables *tables;
	points_account_row *locked;
	batch_output output;
	batch_row  *rows;
	Datum	   *balances;
	Datum		result;
	MemoryContext caller = CurrentMemoryContext;

	if (PG_ARGISNULL(0) || is_empty_batch(fcinfo))
		PG_RETURN_NULL();
	for (int i = 0; i < 10; i++)
		items[i] = array_arg(fcinfo, i + 1, types[i], i >= 4, &count, &nulls[i]);
	rows = palloc0((count + 1) * sizeof(batch_row));
	balances = palloc((count + 1) * sizeof(Datum));
	for (int r = 0; r < count; r++)
	{
		ErrorContextCallback context = account_context(items[0][r]);
		LOCAL_FCINFO(call, 8);

		/* one row as the arguments of a single entry, so that it is checked alike */
		InitFunctionCallInfoData(*call, NULL, 8, InvalidOid, NULL, NULL);
		for (int i = 0; i < 8; i++)
		{
			call->args[i].value = items[i][r];
			call->args[i].isnull = nulls[i][r];
		}
		check_account(nulls[0][r], items[0][r]);
		error_context_stack = &context;
		rows[r].position = r;
		rows[r].name = items[0][r];
		rows[r].event = points_event_args(call, 1);
		rows[r].notes = (entry_notes) {
			.effective_at = nulls[8][r] ? (Datum) 0 : PointerGetDatum(&items[8][r]),
			.reason = nulls[9][r] ? (Datum) 0 : items[9][r],
			.actor = text_or_none(fcinfo, 11)
		};
		check_kind(&rows[r].event);
		check_notes(&rows[r].event, &rows[r].notes);
		error_context_stack = context.previous;
	}
	qsort(rows, count, sizeof(batch_row), compare_rows);
	connect();
	tables = points_tables_find(PG_GETARG_OID(0));
	output = (batch_output) {
		.entries = points_rows_make(tables, POINTS_NEW_ENTRIES),
		.lots = points_rows_make(tables, POINTS_NEW_LOTS),
		.accounts = points_rows_make(tables, POINTS_WRITE_ACCOUNTS)
	};
	locked = lock_accounts(tables, rows, count);
	find_known(tables, rows, count);
	for (int first = 0, next; first < count; first = next, locked++)
	{
		next = next_account(rows, first, count);
		/* each account on its own, so that what it took of memory is gone before the next one comes */
		connect();
		post_rows(tables, locked, rows, first, next, &output);
		SPI_finish();
	}
	points_rows_write(&output.entries);
	points_rows_write(&output.lots);
	points_rows_write(&output.accounts);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	for (int r = 0; r < count; r++)
		balances[rows[r].position] = Int64GetDatum(rows[r].balance);
	result = PointerGetDatum(construct_array(balances, count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	PG_RETURN_DATUM(result);
}

/* ---------- two accounts ---------- */

/* each part of what left `source` arrives in `target` as a lot of its own */
static void
receive_parts(points_account *target, points_account *source, const points_event *out, entry_notes *notes)
{
	const points_store *store = &source->ledger->store;

	for (int32 p = source->ledger->first_part; p < source->ledger->first_part + source->ledger->part_count; p++)
	{
		points_event in = points_ledger_arrival(source->ledger, out, points_part_at(store, p));
		int64		balance;

		/* what has just left the one cannot have arrived in the other before: that was another lot of the same name */
		if (!post(target, &in, notes, true, &balance))
			refuse(LOYALTY_KEY_CONFLICT, &in, target);
	}
}

/* an account as it will be at an instant */
static points_head
foresee(points_account *account, int64 at)
{
	points_ledger *ledger = account->ledger;
	uint32		count = ledger->store.arrays[POINTS_LOTS].count;
	points_head then;

	if (points_ledger_foresee(ledger, at, &then) != LOYALTY_OK)
		points_event_failure(LOYALTY_CORRUPT, NULL, NULL);
	/* lots that were fetched for that are not at hand any more */
	if (account->lot_room > count)
		memset(account->lots + count, 0, (account->lot_room - count) * sizeof(points_whereabouts));
	return then;
}

/* accounts regclass, source, target, key, at, points (transfers only), effective_at, reason, actor */
static Datum
move_points(FunctionCallInfo fcinfo, int kind)
{
	int			arg = kind == POINTS_TRANSFER_OUT ? 6 : 5;
	points_event out = {.kind = kind, .has_points = true, .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};
	TimestampTz effective_at = PG_ARGISNULL(arg) ? 0 : PG_GETARG_TIMESTAMPTZ(arg);
	entry_notes notes = {
		.effective_at = PG_ARGISNULL(arg) ? (Datum) 0 : PointerGetDatum(&effective_at),
		.reason = text_or_none(fcinfo, arg + 1),
		.actor = text_or_none(fcinfo, arg + 2)
	};
	points_tables *tables;
	points_account *accounts[2];
	points_account *source;
	points_account *target;
	points_head then;
	Datum		names[2];
	int			order;
	int64		balance = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	for (int i = 0; i < 2; i++)
	{
		check_account(PG_ARGISNULL(1 + i), PG_GETARG_DATUM(1 + i));
		names[i] = PG_GETARG_DATUM(1 + i);
	}
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4) || (kind == POINTS_TRANSFER_OUT && PG_ARGISNULL(5)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("key, time and points of a transfer must not be null")));
	out.key = points_datum_text(PG_GETARG_DATUM(3));
	out.at = points_instant(PG_GETARG_DATUM(4), "time of ledger entry");
	check_notes(&out, &notes);
	order = points_text_compare(points_datum_text(names[0]), points_datum_text(names[1]));
	if (order == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points cannot be moved from an account to itself"),
				 errdetail("The account is \"%s\".", TextDatumGetCString(names[0]))));
	connect();
	tables = points_tables_find(PG_GETARG_OID(0));
	/* whoever moves points between the same two the other way takes the locks in the same order */
	accounts[0] = points_account_open(tables, names[order < 0 ? 0 : 1]);
	accounts[1] = points_account_open(tables, names[order < 0 ? 1 : 0]);
	source = accounts[order < 0 ? 0 : 1];
	target = accounts[order < 0 ? 1 : 0];
	/* a name that was misspelt must not look like a merge that is done */
	if (kind == POINTS_MERGE_OUT && source->entries == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no such account to be merged"),
				 errdetail("Account \"%s\" has no entry.", TextDatumGetCString(source->account))));
	if (out.at != POINTS_NEVER)
	{
		/* dated before the book time of one of them: when it really happened would be lost */
		if (notes.effective_at == (Datum) 0 && out.at < Max(source->ledger->head.now, target->ledger->head.now))
		{
			effective_at = out.at;
			notes.effective_at = PointerGetDatum(&effective_at);
		}
		out.at = Max(out.at, Max(source->ledger->head.now, target->ledger->head.now));
	}
	notes.counterpart = target->account;
	then = source->ledger->head;
	if (kind == POINTS_TRANSFER_OUT)
		out.points = PG_GETARG_INT64(5);
	else
	{
		Datum		key[2] = {source->account, PG_GETARG_DATUM(3)};

		/* a merge takes what there is; repeated, what there was */
		if (points_tables_run(tables, POINTS_FIND_ENTRY, key, NULL, false) > 0)
			out.points = points_number(0, 2);
		else if (out.at != POINTS_NEVER)
		{
			then = foresee(source, out.at);
			out.points = then.available + then.pending;
		}
	}
	if (kind == POINTS_MERGE_OUT && out.points == 0)
	{
		/* nothing to move, which is an error only where something is tied up */
		if (then.arrears > 0 || then.gone[POINTS_HELD] > 0)
			refuse(LOYALTY_NOT_CLEAR, &out, source);
	}
	else if (post(source, &out, &notes, true, &balance))
	{
		notes.counterpart = source->account;
		receive_parts(target, source, &out, &notes);
		points_account_write(accounts[0]);
		points_account_write(accounts[1]);
	}
	SPI_finish();
	PG_RETURN_INT64(balance);
}

PG_FUNCTION_INFO_V1(points_transfer_entries);
Datum
points_transfer_entries(PG_FUNCTION_ARGS)
{
	return move_points(fcinfo, POINTS_TRANSFER_OUT);
}

PG_FUNCTION_INFO_V1(points_merge_entries);
Datum
points_merge_entries(PG_FUNCTION_ARGS)
{
	return move_points(fcinfo, POINTS_MERGE_OUT);
}

/* ---------- reading ---------- */

/* the balance at an instant from the account's row, NULL: now, or at its last entry if that is later; NULL where it is before that entry, or there is none */
PG_FUNCTION_INFO_V1(points_account_balance);
Datum
points_account_balance(PG_FUNCTION_ARGS)
{
	int64		at = PG_ARGISNULL(2) ? GetCurrentTransactionStartTimestamp() : points_instant(PG_GETARG_DATUM(2), "time");
	points_account *account;
	int64		balance = 0;
	bool		known;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	connect();
	account = points_account_look(points_tables_find(PG_GETARG_OID(0)), PG_GETARG_DATUM(1));
	if (account != NULL && PG_ARGISNULL(2))
		at = Max(at, account->ledger->head.now);
	known = account != NULL && at != POINTS_NEVER && at >= account->ledger->head.now;
	if (known)
	{
		if (points_ledger_sweep(account->ledger, at) != LOYALTY_OK)
			points_event_failure(LOYALTY_CORRUPT, NULL, NULL);
		balance = balance_now(account);
	}
	SPI_finish();
	if (!known)
		PG_RETURN_NULL();
	PG_RETURN_INT64(balance);
}
