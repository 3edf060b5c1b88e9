/*
 * points_account.c
 *		An account of points from its rows to the kernel's state.
 *
 * The usual entry costs no statement: the account's row is found and locked,
 * the entry is inserted, the row is updated (points_row.c).  The row holds the account's totals,
 * its open holds and arrears, and the lots that come next in spend order
 * ("the front": no available lot elsewhere sorts before its last one).  Further
 * open lots, and lots with nothing left, are rows of the table of lots; they
 * are fetched when an entry asks for them, so that what an entry costs does
 * not depend on how long the account's history is.
 */
#include "points_tables.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* A column that is an array, taken apart; NULL has no elements. */
typedef struct list
{
	Datum	   *items;
	bool	   *nulls;
	int			count;
} list;

/* lists of one record must fit together, or somebody has written into the tables */
static void
check_that(const points_account *account, bool whole)
{
	if (likely(whole))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("account of the points ledger is damaged"),
			 errdetail("The account is \"%s\".", TextDatumGetCString(account->account)),
			 errhint("Restore it from its journal: the ledger has a procedure for that, whose name ends in _rebuild.")));
}

/* a lot that does not add up might never come to an end */
static void
check_lot(const points_account *account, const points_lot *lot)
{
	int64		left = lot->amount - lot->remaining;

	check_that(account, lot->remaining >= 0 && left >= 0);
	for (int way = 0; way < POINTS_WAYS; way++)
	{
		check_that(account, lot->gone[way] >= 0 && lot->gone[way] <= left);
		left -= lot->gone[way];
	}
	check_that(account, left == 0);
}

static void
check_list(const points_account *account, const list *list, int count)
{
	check_that(account, list->count == count);
}

/* type: t, z, n as in points_tables.c; T is a list of texts that may be missing */
static list
take_apart(const points_account *account, Datum array, bool isnull, char type)
{
	list		result = {0};

	if (isnull)
		return result;
	if (type == 't' || type == 'T')
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &result.items, &result.nulls, &result.count);
	else
		deconstruct_array(DatumGetArrayTypeP(array), type == 'n' ? INT8OID : TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
						  &result.items, &result.nulls, &result.count);
	if (type != 'T' && array_contains_nulls(DatumGetArrayTypeP(array)))
		check_that(account, false);
	return result;
}

static list
read_list(const points_account *account, uint64 row, int column, char type)
{
	bool		isnull;
	Datum		array = points_column(row, column, &isnull);

	return take_apart(account, array, isnull, type);
}

points_whereabouts *
points_account_lot(points_account *account, int32 lot)
{
	if ((uint32) lot >= account->lot_room)
	{
		uint32		room = Max(2 * account->lot_room, (uint32) lot + 32);

		account->lots = account->lots == NULL ? palloc(room * sizeof(points_whereabouts)) :
			repalloc(account->lots, room * sizeof(points_whereabouts));
		memset(account->lots + account->lot_room, 0, (room - account->lot_room) * sizeof(points_whereabouts));
		account->lot_room = room;
	}
	return &account->lots[lot];
}

/* ---------- lots from rows of their table ---------- */

static int32
lot_at_hand(const points_account *account, points_text key)
{
	int32		name = points_store_find(&account->ledger->store, key);

	return name < 0 ? -1 : points_name_at(&account->ledger->store, name)->lot;
}

/* puts in what a row says of a lot itself; what it says of claws and grace lots comes after */
static int32
put_lot_row(points_account *account, uint64 row)
{
	bool		isnull;
	Datum		id = points_column(row, 1, &isnull);
	bool		unnamed = isnull;
	points_lot	lot = {
		.earned_at = DatumGetTimestampTz(points_column(row, 3, &isnull)),
		.from_at = DatumGetTimestampTz(points_column(row, 4, &isnull)),
		.until_at = DatumGetTimestampTz(points_column(row, 5, &isnull)),
		.amount = points_number(row, 6),
		.remaining = points_number(row, 7),
		.regranted = points_number(row, 13)
	};
	points_whereabouts *where;
	int32		i;
	Datum		value;

	check_that(account, !unnamed);
	i = lot_at_hand(account, points_datum_text(id));
	if (i >= 0)
		return i;
	for (int way = 0; way < POINTS_WAYS; way++)
		lot.gone[way] = points_number(row, 8 + way);
	check_lot(account, &lot);
	i = points_ledger_put_lot(account->ledger, points_datum_text(id), &lot);
	where = points_account_lot(account, i);
	where->place = POINTS_IN_TABLE;
	where->was_remaining = lot.remaining;
	where->open = DatumGetBool(points_column(row, 14, &isnull));
	where->pending = where->open && lot.from_at > account->book_time;
	value = points_column(row, 2, &isnull);
	where->origin = isnull ? (Datum) 0 : PointerGetDatum(DatumGetTextPCopy(value));
	value = points_column(row, 15, &isnull);
	where->grace_lots = isnull ? (Datum) 0 : PointerGetDatum(DatumGetArrayTypePCopy(value));
	return i;
}

/* What a row says of its claws, kept until all lots they speak of are at hand. */
typedef struct claw_row
{
	int32		lot;
	list		number;
	list		owed;
	list		payments;
	list		payment_lot;
	list		payment_points;
	list		grace_lots;
	struct claw_row *next;
} claw_row;

typedef struct wanted_lot
{
	Datum		id;
	struct wanted_lot *next;
} wanted_lot;

static void
want(wanted_lot **wanted, const list *ids)
{
	for (int i = 0; i < ids->count; i++)
		if (!ids->nulls[i])
		{
			wanted_lot *more = palloc(sizeof(wanted_lot));

			more->id = ids->items[i];
			more->next = *wanted;
			*wanted = more;
		}
}

static int32
lot_of(points_account *account, Datum id)
{
	int32		i = lot_at_hand(account, points_datum_text(id));

	if (i < 0)
		check_that(account, false);
	return i;
}

static void
put_claws(points_account *account, const claw_row *row)
{
	points_ledger *ledger = account->ledger;
	int			payment = 0;

	check_list(account, &row->owed, row->number.count);
	check_list(account, &row->payments, row->number.count);
	check_list(account, &row->payment_points, row->payment_lot.count);
	for (int i = 0; i < row->number.count; i++)
	{
		int32		claw = points_ledger_put_claw(ledger, row->lot, DatumGetInt64(row->number.items[i]), DatumGetInt64(row->owed.items[i]));
		int64		clawed = DatumGetInt64(row->owed.items[i]);

		check_that(account, clawed >= 0);
		for (int64 n = DatumGetInt64(row->payments.items[i]); n > 0; n--, payment++)
		{
			int64		points;

			if (payment >= row->payment_lot.count)
				check_that(account, false);
			points = DatumGetInt64(row->payment_points.items[payment]);
			check_that(account, points >= 0);
			points_ledger_put_payment(ledger, claw, row->payment_lot.nulls[payment] ? POINTS_FORGIVEN :
									  lot_of(account, row->payment_lot.items[payment]), points);
			clawed += points;
		}
		((points_lot *) points_lot_at(&ledger->store, row->lot))->clawed += clawed;
	}
	for (int i = 0; i < row->grace_lots.count; i++)
	{
		int32		grace = lot_of(account, row->grace_lots.items[i]);

		/* a family that goes in a circle would be followed for ever */
		for (int32 older = row->lot; older >= 0; older = points_lot_at(&ledger->store, older)->origin)
			check_that(account, older != grace);
		if (points_lot_at(&ledger->store, grace)->origin < 0)
			points_ledger_put_grace(ledger, row->lot, grace);
	}
	/* reading is no change */
	((points_lot *) points_lot_at(&ledger->store, row->lot))->touched = false;
}

/* a lot, those that continue it, those that paid its claws, and so on */
static void
fetch_lot(points_account *account, points_text key)
{
	wanted_lot *wanted = palloc(sizeof(wanted_lot));
	claw_row   *rows = NULL;

	wanted->id = points_text_datum(key);
	wanted->next = NULL;
	while (wanted != NULL)
	{
		Datum		values[2] = {account->account, wanted->id};
		bool		at_hand = lot_at_hand(account, points_datum_text(wanted->id)) >= 0;

		CHECK_FOR_INTERRUPTS();
		wanted = wanted->next;
		if (at_hand || points_tables_run(account->tables, POINTS_FIND_LOT, values, NULL, account->read_only) == 0)
			continue;
		else
		{
			claw_row   *row = palloc(sizeof(claw_row));

			row->lot = put_lot_row(account, 0);
			row->grace_lots = read_list(account, 0, 15, 't');
			row->number = read_list(account, 0, 16, 'n');
			row->owed = read_list(account, 0, 17, 'n');
			row->payments = read_list(account, 0, 18, 'n');
			row->payment_lot = read_list(account, 0, 19, 'T');
			row->payment_points = read_list(account, 0, 20, 'n');
			row->next = rows;
			rows = row;
			want(&wanted, &row->grace_lots);
			want(&wanted, &row->payment_lot);
		}
	}
	for (; rows != NULL; rows = rows->next)
		put_claws(account, rows);
}

/* ---------- what the kernel asks for ---------- */

static loyalty_status
source_lot(void *context, points_ledger *ledger, points_text key)
{
	char	   *copy = pnstrdup(key.bytes, key.size);	/* its bytes may move when something is put in */

	fetch_lot(context, (points_text) {copy, key.size});
	return LOYALTY_OK;
}

static loyalty_status
source_redemption(void *context, points_ledger *ledger, points_text key)
{
	points_account *account = context;
	points_text copy = {pnstrdup(key.bytes, key.size), key.size};
	Datum		values[2] = {account->account, points_text_datum(copy)};
	int32		name = points_store_find(&ledger->store, copy);
	points_text kind = {"", 0};
	Datum		value;
	list		lots,
				points;
	int64		refunded;
	int64		total = 0;
	int32		first = 0,
				count = 0;
	points_redemption *redemption;
	bool		isnull;

	/* one that is at hand already knows of every refund since */
	if ((name >= 0 && points_name_at(&ledger->store, name)->redemption >= 0) ||
		points_tables_run(account->tables, POINTS_FIND_ENTRY, values, NULL, account->read_only) == 0)
		return LOYALTY_OK;
	value = points_column(0, 1, &isnull);
	if (!isnull)
		kind = points_datum_text(value);
	switch (points_kind_from_name(kind))
	{
		case POINTS_REDEEM:
		case POINTS_CAPTURE:
			break;
		case POINTS_ADJUST:
			if (points_number(0, 2) < 0)
				break;
			return LOYALTY_OK;
		default:
			return LOYALTY_OK;
	}
	lots = read_list(account, 0, 8, 't');
	points = read_list(account, 0, 9, 'n');
	check_list(account, &points, lots.count);
	if (lots.count == 0)
		return LOYALTY_OK;		/* an adjustment that found nothing to take */
	(void) points_tables_run(account->tables, POINTS_FIND_REFUNDED, values, NULL, account->read_only);
	refunded = points_number(0, 1);
	for (int i = 0; i < lots.count; i++)
	{
		int32		lot;

		if (points_ledger_lot(ledger, points_datum_text(lots.items[i]), &lot) != LOYALTY_OK)
			check_that(account, false);
	}
	for (int i = 0; i < lots.count; i++)
	{
		points_ledger_put_part(ledger, &first, &count, lot_of(account, lots.items[i]), DatumGetInt64(points.items[i]));
		total += DatumGetInt64(points.items[i]);
	}
	redemption = (points_redemption *) points_redemption_at(&ledger->store, points_ledger_put_redemption(ledger, copy, refunded));
	redemption->points = total;
	redemption->first = first;
	redemption->count = count;
	return LOYALTY_OK;
}

static loyalty_status
source_next(void *context, points_ledger *ledger)
{
	points_account *account = context;
	Datum		values[5] = {account->account, TimestampTzGetDatum(DT_NOBEGIN), TimestampTzGetDatum(DT_NOBEGIN),
	points_text_datum((points_text) {"", 0}), TimestampTzGetDatum(ledger->head.now)};
	uint64		count;

	if (ledger->head.frontier >= 0)
	{
		const points_lot *lot = points_lot_at(&ledger->store, ledger->head.frontier);

		values[1] = TimestampTzGetDatum(lot->until_at);
		values[2] = TimestampTzGetDatum(lot->earned_at);
		values[3] = points_text_datum(points_name_text(&ledger->store, lot->name));
	}
	count = points_tables_run(account->tables, POINTS_NEXT_LOTS, values, NULL, account->read_only);
	for (uint64 row = 0; row < count; row++)
		ledger->head.frontier = put_lot_row(account, row);
	if (count < POINTS_NEXT_FETCHED)
		ledger->head.complete = true;
	return LOYALTY_OK;
}

static loyalty_status
source_rest(void *context, points_ledger *ledger)
{
	points_account *account = context;
	uint64		count = points_tables_run(account->tables, POINTS_OPEN_LOTS, &account->account, NULL, account->read_only);

	for (uint64 row = 0; row < count; row++)
		(void) put_lot_row(account, row);
	ledger->head.complete = true;
	return LOYALTY_OK;
}

static loyalty_status
source_due(void *context, points_ledger *ledger, int64_t at)
{
	points_account *account = context;
	Datum		values[3] = {account->account, TimestampTzGetDatum(ledger->head.now), TimestampTzGetDatum(at)};
	uint64		count = points_tables_run(account->tables, POINTS_DUE_LOTS, values, NULL, account->read_only);
	bool		isnull;
	Datum		next;

	for (uint64 row = 0; row < count; row++)
		(void) put_lot_row(account, row);
	values[1] = values[2];
	(void) points_tables_run(account->tables, POINTS_NEXT_CHANGE, values, NULL, account->read_only);
	next = points_column(0, 1, &isnull);
	ledger->head.change_elsewhere = isnull ? POINTS_NEVER : DatumGetTimestampTz(next);
	return LOYALTY_OK;
}

/* ---------- an account from its row ---------- */

points_account *
points_account_from(points_tables *tables, Datum account, points_ledger *ledger)
{
	points_account *made = palloc0(sizeof(points_account));

	made->tables = tables;
	made->account = account;
	made->ledger = ledger;
	made->source = (points_source) {made, source_lot, source_redemption, source_next, source_rest, source_due};
	return made;
}

typedef struct account_columns
{
	Datum		values[A_COLUMNS];
	bool		nulls[A_COLUMNS];
} account_columns;

static void
read_columns(account_columns *row, Datum composite)
{
	HeapTupleHeader whole = DatumGetHeapTupleHeader(composite);
	TupleDesc	tupdesc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(whole), HeapTupleHeaderGetTypMod(whole));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(whole), .t_data = whole};
	Datum	   *values = palloc(tupdesc->natts * sizeof(Datum));
	bool	   *nulls = palloc(tupdesc->natts);

	points_tables_check_account(tupdesc);
	heap_deform_tuple(&tuple, tupdesc, values, nulls);
	memcpy(row->values, values, sizeof(row->values));
	memcpy(row->nulls, nulls, sizeof(row->nulls));
	ReleaseTupleDesc(tupdesc);
}

static list
account_list(const points_account *account, const account_columns *row, int column, char type)
{
	return take_apart(account, row->values[column], row->nulls[column], type);
}

static void
read_lots(points_account *account, const account_columns *row)
{
	points_ledger *ledger = account->ledger;
	int			front = DatumGetInt32(row->values[A_FRONT]);
	list		id = account_list(account, row, A_LOT_ID, 't');
	list		origin = account_list(account, row, A_LOT_ORIGIN, 'T');
	list		earned_at = account_list(account, row, A_LOT_EARNED_AT, 'z');
	list		from_at = account_list(account, row, A_LOT_FROM_AT, 'z');
	list		until_at = account_list(account, row, A_LOT_UNTIL_AT, 'z');
	list		points = account_list(account, row, A_LOT_POINTS, 'n');
	int			each = points.count == id.count * POINTS_LOT_FEW ? POINTS_LOT_FEW : POINTS_LOT_ALL;

	check_list(account, &origin, origin.count > 0 ? id.count : 0);
	check_list(account, &earned_at, id.count);
	check_list(account, &from_at, from_at.count > 0 ? id.count : 0);
	check_list(account, &until_at, until_at.count > 0 ? id.count : 0);
	check_list(account, &points, id.count * each);
	for (int i = 0; i < id.count; i++)
	{
		const Datum *number = points.items + i * each;
		points_lot	lot = {
			.earned_at = DatumGetTimestampTz(earned_at.items[i]),
			.from_at = DatumGetTimestampTz((from_at.count > 0 ? from_at : earned_at).items[i]),
			.until_at = until_at.count > 0 ? DatumGetTimestampTz(until_at.items[i]) : POINTS_NEVER,
			.amount = DatumGetInt64(number[0]),
			.remaining = DatumGetInt64(number[1])
		};
		int32		put;
		points_whereabouts *where;

		if (each == POINTS_LOT_FEW)
			lot.gone[POINTS_SPENT] = lot.amount - lot.remaining;
		else
		{
			for (int way = 0; way < POINTS_WAYS; way++)
				lot.gone[way] = DatumGetInt64(number[POINTS_LOT_FEW + way]);
			lot.regranted = DatumGetInt64(number[POINTS_LOT_FEW + POINTS_WAYS]);
		}
		check_lot(account, &lot);
		put = points_ledger_put_lot(ledger, points_datum_text(id.items[i]), &lot);
		where = points_account_lot(account, put);
		where->place = POINTS_IN_ROW;
		where->was_remaining = lot.remaining;
		if (origin.count > 0 && !origin.nulls[i])
			where->origin = origin.items[i];
		if (i == front - 1)
			ledger->head.frontier = put;
	}
}

static void
read_holds_and_debts(points_account *account, const account_columns *row)
{
	points_ledger *ledger = account->ledger;
	list		key = account_list(account, row, A_HOLD_KEY, 't');
	list		until_at = account_list(account, row, A_HOLD_UNTIL_AT, 'z');
	list		parts = account_list(account, row, A_HOLD_PARTS, 'n');
	list		lot = account_list(account, row, A_PART_LOT, 't');
	list		points = account_list(account, row, A_PART_POINTS, 'n');
	list		number = account_list(account, row, A_DEBT_NUMBER, 'n');
	list		debtor = account_list(account, row, A_DEBT_LOT, 'T');
	list		owed = account_list(account, row, A_DEBT_POINTS, 'n');
	int			part = 0;

	check_list(account, &until_at, key.count);
	check_list(account, &parts, key.count);
	check_list(account, &points, lot.count);
	check_list(account, &debtor, number.count);
	check_list(account, &owed, number.count);
	for (int i = 0; i < lot.count; i++)
		if (lot_at_hand(account, points_datum_text(lot.items[i])) < 0)
			fetch_lot(account, points_datum_text(lot.items[i]));
	for (int i = 0; i < key.count; i++)
	{
		int32		h = points_ledger_put_hold(ledger, points_datum_text(key.items[i]), DatumGetTimestampTz(until_at.items[i]));
		points_hold hold = *points_hold_at(&ledger->store, h);

		for (int64 n = DatumGetInt64(parts.items[i]); n > 0; n--, part++)
		{
			if (part >= lot.count || DatumGetInt64(points.items[part]) < 0)
				check_that(account, false);
			points_ledger_put_part(ledger, &hold.first, &hold.count, lot_of(account, lot.items[part]), DatumGetInt64(points.items[part]));
			hold.points += DatumGetInt64(points.items[part]);
		}
		*(points_hold *) points_hold_at(&ledger->store, h) = hold;
	}
	for (int i = 0; i < number.count; i++)
	{
		check_that(account, DatumGetInt64(owed.items[i]) >= 0);
		if (debtor.nulls[i])
			(void) points_ledger_put_claw(ledger, -1, DatumGetInt64(number.items[i]), DatumGetInt64(owed.items[i]));
		else if (lot_at_hand(account, points_datum_text(debtor.items[i])) < 0)
			fetch_lot(account, points_datum_text(debtor.items[i]));
	}
}

points_account *
points_account_read(points_tables *tables, Datum id, const points_account_row *found, bool read_only)
{
	points_ledger *ledger = points_ledger_make(tables->policy);
	points_account *account = points_account_from(tables, id, ledger);
	points_head *head = &ledger->head;
	account_columns row;

	account->read_only = read_only;
	account->tid = found->tid;
	read_columns(&row, found->row);
	account->entries = DatumGetInt64(row.values[A_ENTRIES]);
	head->now = account->book_time = row.nulls[A_BOOK_TIME] ? POINTS_UNSET : DatumGetTimestampTz(row.values[A_BOOK_TIME]);
	head->available = DatumGetInt64(row.values[A_AVAILABLE]);
	head->pending = DatumGetInt64(row.values[A_PENDING]);
	head->arrears = DatumGetInt64(row.values[A_ARREARS]);
	head->earned = DatumGetInt64(row.values[A_EARNED]);
	head->gone[POINTS_HELD] = DatumGetInt64(row.values[A_HELD]);
	head->gone[POINTS_SPENT] = DatumGetInt64(row.values[A_SPENT]);
	head->gone[POINTS_EXPIRED] = DatumGetInt64(row.values[A_EXPIRED]);
	head->gone[POINTS_REVERSED] = DatumGetInt64(row.values[A_REVERSED]);
	head->gone[POINTS_MOVED] = DatumGetInt64(row.values[A_MOVED]);
	head->lot_count = DatumGetInt64(row.values[A_LOTS]);
	head->claw_count = DatumGetInt64(row.values[A_CLAWS]);
	account->lots_elsewhere = DatumGetInt64(row.values[A_LOTS_ELSEWHERE]);
	account->pending_elsewhere = DatumGetInt64(row.values[A_PENDING_ELSEWHERE]);
	head->change_elsewhere = row.nulls[A_CHANGE_ELSEWHERE] ? POINTS_NEVER : DatumGetTimestampTz(row.values[A_CHANGE_ELSEWHERE]);
	head->complete = account->lots_elsewhere == account->pending_elsewhere;
	ledger->source = &account->source;
	read_lots(account, &row);
	read_holds_and_debts(account, &row);
	return account;
}

/* the row that a statement has found */
static points_account_row
run_for_row(points_tables *tables, points_statement statement, Datum id, bool read_only)
{
	points_account_row found = {0};
	bool		isnull;

	if (points_tables_run(tables, statement, &id, NULL, read_only) > 0)
		found.row = datumCopy(points_column(0, 1, &isnull), false, -1);
	SPI_freetuptable(SPI_tuptable);
	return found;
}

/* what is not as usual: an account that does not exist yet is locked by making it, in its turn */
static points_account_row
lock_by_statement(points_tables *tables, Datum id)
{
	points_account_row found = run_for_row(tables, POINTS_LOCK_ACCOUNT, id, false);

	if (found.row == (Datum) 0)
	{
		(void) points_tables_run(tables, POINTS_NEW_ACCOUNT, &id, NULL, false);
		if (points_row_lock(tables, &id, 1, &found) == 0)
			found = run_for_row(tables, POINTS_LOCK_ACCOUNT, id, false);
	}
	if (found.row == (Datum) 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("account of the points ledger cannot be seen"),
				 errdetail("The account is \"%s\".", TextDatumGetCString(id))));
	return found;
}

void
points_account_lock(points_tables *tables, const Datum *accounts, int count, points_account_row *rows)
{
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		i += points_row_lock(tables, accounts + i, count - i, rows + i);
		if (i < count)
			rows[i] = lock_by_statement(tables, accounts[i]);
	}
}

points_account *
points_account_open(points_tables *tables, Datum id)
{
	points_account_row row;

	points_account_lock(tables, &id, 1, &row);
	return points_account_read(tables, id, &row, false);
}

points_account *
points_account_look(points_tables *tables, Datum id)
{
	points_account_row row = run_for_row(tables, POINTS_READ_ACCOUNT, id, true);

	return row.row == (Datum) 0 ? NULL : points_account_read(tables, id, &row, true);
}
