/*
 * points_account_write.c
 *		An account of points from the kernel's state back to its rows.
 *
 * Which lots the account's row holds is decided anew each time: those that
 * come next, and those on hold.  Lots that come later, are pending, or have nothing left,
 * stay as long as there is room, and leave together.
 */
#include "points_tables.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static Datum
write_list(const Datum *items, const bool *nulls, int count, char type, bool *isnull)
{
	int			lower = 1;

	*isnull = count == 0;
	if (count == 0)
		return (Datum) 0;
	if (type == 't')
		return PointerGetDatum(construct_md_array((Datum *) items, (bool *) nulls, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	return PointerGetDatum(construct_md_array((Datum *) items, (bool *) nulls, 1, &count, &lower,
											  type == 'n' ? INT8OID : TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* has the lot more to tell than fits into an account's row? */
static bool
needs_table(const points_account *account, int32 i)
{
	const points_lot *lot = points_lot_at(&account->ledger->store, i);

	return lot->clawed > 0 || lot->first_grace >= 0 || account->lots[i].grace_lots != (Datum) 0;
}

/* may it be among the lots that come next: is every available lot that sorts before it at hand? */
static bool
is_known_next(const points_ledger *ledger, int32 i)
{
	return ledger->head.complete || (ledger->head.frontier >= 0 && !points_ledger_before(ledger, ledger->head.frontier, i));
}

static Datum
lot_id(const points_account *account, int32 i)
{
	return points_text_datum(points_name_text(&account->ledger->store, points_lot_at(&account->ledger->store, i)->name));
}

static Datum
lot_origin(const points_account *account, int32 i)
{
	int32		origin = points_lot_at(&account->ledger->store, i)->origin;

	return origin >= 0 ? lot_id(account, origin) : account->lots[i].origin;
}

/* claws against a lot, oldest first, without those that have come to nothing */
static void
write_claws(const points_account *account, int32 i, Datum *values, bool *nulls)
{
	const points_store *store = &account->ledger->store;
	int			claws = 0,
				payments = 0;
	Datum	   *number,
			   *owed,
			   *counts,
			   *lots,
			   *points;
	bool	   *forgiven;
	int			c_at,
				p_at;

	for (int32 c = points_lot_at(store, i)->claw; c >= 0; c = points_claw_at(store, c)->older)
	{
		claws++;
		for (int32 p = points_claw_at(store, c)->payment; p >= 0; p = points_payment_at(store, p)->older)
			payments++;
	}
	number = palloc((claws + 1) * sizeof(Datum));
	owed = palloc((claws + 1) * sizeof(Datum));
	counts = palloc((claws + 1) * sizeof(Datum));
	lots = palloc((payments + 1) * sizeof(Datum));
	points = palloc((payments + 1) * sizeof(Datum));
	forgiven = palloc((payments + 1) * sizeof(bool));
	/* the chains go from the latest back */
	c_at = claws;
	p_at = payments;
	for (int32 c = points_lot_at(store, i)->claw; c >= 0; c = points_claw_at(store, c)->older)
	{
		const points_claw *claw = points_claw_at(store, c);
		int			before = p_at;

		for (int32 p = claw->payment; p >= 0; p = points_payment_at(store, p)->older)
		{
			const points_payment *payment = points_payment_at(store, p);

			if (payment->points == 0)
				continue;
			p_at--;
			forgiven[p_at] = payment->lot == POINTS_FORGIVEN;
			lots[p_at] = forgiven[p_at] ? (Datum) 0 : lot_id(account, payment->lot);
			points[p_at] = Int64GetDatum(payment->points);
		}
		if (claw->owed == 0 && p_at == before)
			continue;
		c_at--;
		number[c_at] = Int64GetDatum(claw->number);
		owed[c_at] = Int64GetDatum(claw->owed);
		counts[c_at] = Int64GetDatum(before - p_at);
	}
	values[0] = write_list(number + c_at, NULL, claws - c_at, 'n', &nulls[0]);
	values[1] = write_list(owed + c_at, NULL, claws - c_at, 'n', &nulls[1]);
	values[2] = write_list(counts + c_at, NULL, claws - c_at, 'n', &nulls[2]);
	values[3] = write_list(lots + p_at, forgiven + p_at, payments - p_at, 't', &nulls[3]);
	values[4] = write_list(points + p_at, NULL, payments - p_at, 'n', &nulls[4]);
}

static Datum
write_grace_lots(const points_account *account, int32 i, bool *isnull)
{
	const points_store *store = &account->ledger->store;
	int			count = 0;
	Datum	   *ids;

	/* where the family is not at hand it has not changed */
	if (points_lot_at(store, i)->first_grace < 0)
	{
		*isnull = account->lots[i].grace_lots == (Datum) 0;
		return account->lots[i].grace_lots;
	}
	for (int32 g = points_lot_at(store, i)->first_grace; g >= 0; g = points_lot_at(store, g)->next_grace)
		count++;
	ids = palloc(count * sizeof(Datum));
	count = 0;
	for (int32 g = points_lot_at(store, i)->first_grace; g >= 0; g = points_lot_at(store, g)->next_grace)
		ids[count++] = lot_id(account, g);
	return write_list(ids, NULL, count, 't', isnull);
}

void
points_account_lot_columns(const points_account *account, int32 i, Datum *values, bool *nulls)
{
	const points_lot *lot = points_lot_at(&account->ledger->store, i);
	int			n = 0;

	memset(nulls, false, POINTS_LOT_COLUMNS);
	values[n++] = lot_id(account, i);
	values[n] = lot_origin(account, i);
	nulls[n] = values[n] == (Datum) 0;
	n++;
	values[n++] = TimestampTzGetDatum(lot->earned_at);
	values[n++] = TimestampTzGetDatum(lot->from_at);
	values[n++] = TimestampTzGetDatum(lot->until_at);
	values[n++] = Int64GetDatum(lot->amount);
	values[n++] = Int64GetDatum(lot->remaining);
	for (int way = 0; way < POINTS_WAYS; way++)
		values[n++] = Int64GetDatum(lot->gone[way]);
	values[n++] = Int64GetDatum(lot->regranted);
	values[n++] = BoolGetDatum(lot->remaining > 0);
	values[n] = write_grace_lots(account, i, &nulls[n]);
	n++;
	write_claws(account, i, values + n, nulls + n);
}

/* The lot lies, or stays, in the table of lots. */
static void
write_to_table(points_account *account, int32 i, points_rows *new_lots)
{
	points_ledger *ledger = account->ledger;
	const points_lot *lot = points_lot_at(&ledger->store, i);
	points_whereabouts *where = &account->lots[i];
	bool		open = lot->remaining > 0;
	Datum		values[1 + POINTS_LOT_COLUMNS] = {account->account};
	bool		nulls[1 + POINTS_LOT_COLUMNS] = {false};

	if (where->place != POINTS_IN_TABLE || lot->touched)
	{
		points_account_lot_columns(account, i, values + 1, nulls + 1);
		if (where->place != POINTS_IN_TABLE)
			points_rows_add(new_lots, values, nulls, NULL);
		else
			points_tables_write(account->tables, POINTS_WRITE_LOT, values, nulls);
	}
	account->lots_elsewhere += (open ? 1 : 0) - (where->open ? 1 : 0);
	account->pending_elsewhere += (open && lot->pending ? 1 : 0) - (where->pending ? 1 : 0);
	if (open)
		ledger->head.change_elsewhere = Min(ledger->head.change_elsewhere, lot->from_at > ledger->head.now ? Min(lot->from_at, lot->until_at) : lot->until_at);
}

/* the lots of the row, those that come next before the others */
typedef struct row_lots
{
	int32	   *lots;
	int			count;
	int			front;
} row_lots;

/* may it stay in the row beside those that come next, as it has no row of its own yet? */
static bool
may_wait(const points_account *account, int32 i)
{
	return account->lots[i].place != POINTS_IN_TABLE && !needs_table(account, i);
}

/*
 * A row that is full is left half full, so that many lots go to their table
 * by one statement, and most entries write none.
 */
static row_lots
choose_row_lots(points_account *account)
{
	points_ledger *ledger = account->ledger;
	const points_store *store = &ledger->store;
	uint32		count = store->arrays[POINTS_LOTS].count;
	row_lots	row = {palloc((count + 1) * sizeof(int32)), 0, 0};
	bool	   *chosen = palloc0(count + 1);
	int			waiting = 0;
	bool		full;

	for (int32 i = ledger->head.first_lot; i >= 0 && row.count < POINTS_ROW_LOTS && is_known_next(ledger, i); i = points_lot_at(store, i)->after)
	{
		if (points_lot_at(store, i)->pending)
			continue;
		if (needs_table(account, i))
			break;
		row.lots[row.count++] = i;
		chosen[i] = true;
	}
	for (uint32 i = 0; i < count; i++)
		waiting += !chosen[i] && may_wait(account, i) && points_lot_at(store, i)->gone[POINTS_HELD] == 0;
	full = row.count + waiting > POINTS_ROW_LOTS;
	while (full && row.count > POINTS_ROW_LOTS / 2)
		chosen[row.lots[--row.count]] = false;
	row.front = row.count;
	for (uint32 i = 0; i < count; i++)
		if (!chosen[i] && (points_lot_at(store, i)->gone[POINTS_HELD] > 0 ? !needs_table(account, i) : !full && may_wait(account, i)))
			row.lots[row.count++] = i;
	return row;
}

/* a lot of which nothing needs to be told but amount and remaining, for the rest is spent */
static bool
is_plain(const points_lot *lot)
{
	return lot->remaining + lot->gone[POINTS_SPENT] == lot->amount && lot->regranted == 0;
}

/* What most lots of the row have in common is left out: it is what the view of lots takes for NULL. */
static void
write_row_lots(points_account *account, const row_lots *row, Datum *values, bool *nulls)
{
	const points_store *store = &account->ledger->store;
	Datum	   *items = palloc((row->count * POINTS_LOT_ALL + 1) * sizeof(Datum));
	bool	   *missing = palloc(row->count + 1);
	bool		any_origin = false,
				any_from = false,
				any_until = false;
	int			dims[2] = {row->count, POINTS_LOT_FEW};
	int			lower[2] = {1, 1};

	for (int i = 0; i < row->count; i++)
	{
		const points_lot *lot = points_lot_at(store, row->lots[i]);

		any_from = any_from || lot->from_at != lot->earned_at;
		any_until = any_until || lot->until_at != POINTS_NEVER;
		if (!is_plain(lot))
			dims[1] = POINTS_LOT_ALL;
		items[i] = lot_id(account, row->lots[i]);
	}
	values[A_LOT_ID] = write_list(items, NULL, row->count, 't', &nulls[A_LOT_ID]);
	for (int i = 0; i < row->count; i++)
	{
		items[i] = lot_origin(account, row->lots[i]);
		missing[i] = items[i] == (Datum) 0;
		any_origin = any_origin || !missing[i];
	}
	values[A_LOT_ORIGIN] = write_list(items, missing, any_origin ? row->count : 0, 't', &nulls[A_LOT_ORIGIN]);
	for (int i = 0; i < row->count; i++)
		items[i] = TimestampTzGetDatum(points_lot_at(store, row->lots[i])->earned_at);
	values[A_LOT_EARNED_AT] = write_list(items, NULL, row->count, 'z', &nulls[A_LOT_EARNED_AT]);
	for (int i = 0; i < row->count; i++)
		items[i] = TimestampTzGetDatum(points_lot_at(store, row->lots[i])->from_at);
	values[A_LOT_FROM_AT] = write_list(items, NULL, any_from ? row->count : 0, 'z', &nulls[A_LOT_FROM_AT]);
	for (int i = 0; i < row->count; i++)
		items[i] = TimestampTzGetDatum(points_lot_at(store, row->lots[i])->until_at);
	values[A_LOT_UNTIL_AT] = write_list(items, NULL, any_until ? row->count : 0, 'z', &nulls[A_LOT_UNTIL_AT]);
	for (int i = 0; i < row->count; i++)
	{
		const points_lot *lot = points_lot_at(store, row->lots[i]);
		Datum	   *number = items + i * dims[1];

		number[0] = Int64GetDatum(lot->amount);
		number[1] = Int64GetDatum(lot->remaining);
		if (dims[1] == POINTS_LOT_FEW)
			continue;
		for (int way = 0; way < POINTS_WAYS; way++)
			number[POINTS_LOT_FEW + way] = Int64GetDatum(lot->gone[way]);
		number[POINTS_LOT_FEW + POINTS_WAYS] = Int64GetDatum(lot->regranted);
	}
	nulls[A_LOT_POINTS] = row->count == 0;
	values[A_LOT_POINTS] = nulls[A_LOT_POINTS] ? (Datum) 0 :
		PointerGetDatum(construct_md_array(items, NULL, 2, dims, lower, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

void
points_account_hold_columns(const points_account *account, Datum *values, bool *nulls)
{
	const points_ledger *ledger = account->ledger;
	const points_store *store = &ledger->store;
	int			holds = 0,
				parts = 0;
	Datum	   *keys,
			   *until_at,
			   *counts,
			   *lots,
			   *points;

	for (int32 h = ledger->head.first_hold; h >= 0; h = points_hold_at(store, h)->after)
	{
		holds++;
		parts += points_hold_at(store, h)->count;
	}
	keys = palloc((holds + 1) * sizeof(Datum));
	until_at = palloc((holds + 1) * sizeof(Datum));
	counts = palloc((holds + 1) * sizeof(Datum));
	lots = palloc((parts + 1) * sizeof(Datum));
	points = palloc((parts + 1) * sizeof(Datum));
	holds = parts = 0;
	for (int32 h = ledger->head.first_hold; h >= 0; h = points_hold_at(store, h)->after)
	{
		const points_hold *hold = points_hold_at(store, h);

		keys[holds] = points_text_datum(points_name_text(store, hold->name));
		until_at[holds] = TimestampTzGetDatum(hold->until_at);
		counts[holds++] = Int64GetDatum(hold->count);
		for (int32 p = hold->first; p < hold->first + hold->count; p++)
		{
			lots[parts] = lot_id(account, points_part_at(store, p)->lot);
			points[parts++] = Int64GetDatum(points_part_at(store, p)->points);
		}
	}
	values[0] = write_list(keys, NULL, holds, 't', &nulls[0]);
	values[1] = write_list(until_at, NULL, holds, 'z', &nulls[1]);
	values[2] = write_list(counts, NULL, holds, 'n', &nulls[2]);
	values[3] = write_list(lots, NULL, parts, 't', &nulls[3]);
	values[4] = write_list(points, NULL, parts, 'n', &nulls[4]);
}

void
points_account_debt_columns(const points_account *account, Datum *values, bool *nulls)
{
	const points_ledger *ledger = account->ledger;
	const points_store *store = &ledger->store;
	int			count = 0;
	Datum	   *number,
			   *lots,
			   *owed;
	bool	   *missing;

	for (int32 c = ledger->head.first_claw; c >= 0; c = points_claw_at(store, c)->next)
		count++;
	number = palloc((count + 1) * sizeof(Datum));
	lots = palloc((count + 1) * sizeof(Datum));
	owed = palloc((count + 1) * sizeof(Datum));
	missing = palloc(count + 1);
	count = 0;
	for (int32 c = ledger->head.first_claw; c >= 0; c = points_claw_at(store, c)->next)
	{
		const points_claw *claw = points_claw_at(store, c);

		if (claw->owed == 0)
			continue;
		missing[count] = claw->lot < 0;
		lots[count] = missing[count] ? (Datum) 0 : lot_id(account, claw->lot);
		number[count] = Int64GetDatum(claw->number);
		owed[count++] = Int64GetDatum(claw->owed);
	}
	values[0] = write_list(number, NULL, count, 'n', &nulls[0]);
	values[1] = write_list(lots, missing, count, 't', &nulls[1]);
	values[2] = write_list(owed, NULL, count, 'n', &nulls[2]);
}

void
points_account_total_columns(const points_account *account, Datum *values, bool *nulls)
{
	const points_head *head = &account->ledger->head;
	int			n = 0;

	memset(nulls, false, POINTS_TOTAL_COLUMNS);
	values[n++] = Int64GetDatum(account->entries);
	nulls[n] = head->now == POINTS_UNSET;
	values[n++] = TimestampTzGetDatum(head->now);
	values[n++] = Int64GetDatum(head->available);
	values[n++] = Int64GetDatum(head->pending);
	values[n++] = Int64GetDatum(head->gone[POINTS_HELD]);
	values[n++] = Int64GetDatum(head->arrears);
	values[n++] = Int64GetDatum(head->earned);
	for (int way = POINTS_SPENT; way < POINTS_WAYS; way++)
		values[n++] = Int64GetDatum(head->gone[way]);
	values[n++] = Int64GetDatum(head->lot_count);
	values[n++] = Int64GetDatum(head->claw_count);
}

/* an event may have fetched every available lot of the table without having been told that there are no more */
static void
see_whether_complete(points_account *account)
{
	int64		at_hand = 0;

	for (uint32 i = 0; i < account->ledger->store.arrays[POINTS_LOTS].count; i++)
		at_hand += account->lots[i].open && !account->lots[i].pending;
	if (at_hand == account->lots_elsewhere - account->pending_elsewhere)
		account->ledger->head.complete = true;
}

/* Moves lots between the account's row and their table, and says what is to be in the row. */
static void
make_row(points_account *account, points_rows *new_lots, Datum *values, bool *nulls)
{
	points_ledger *ledger = account->ledger;
	const points_head *head = &ledger->head;
	uint32		count = ledger->store.arrays[POINTS_LOTS].count;
	row_lots	row;
	bool	   *in_row;

	(void) points_account_lot(account, (int32) count);
	see_whether_complete(account);
	row = choose_row_lots(account);
	in_row = palloc0(count + 1);
	for (int i = 0; i < row.count; i++)
	{
		points_whereabouts *where = &account->lots[row.lots[i]];

		in_row[row.lots[i]] = true;
		if (where->place == POINTS_IN_TABLE)
		{
			Datum		key[2] = {account->account, lot_id(account, row.lots[i])};

			(void) points_tables_run(account->tables, POINTS_DELETE_LOT, key, NULL, false);
			account->lots_elsewhere -= where->open ? 1 : 0;
			account->pending_elsewhere -= where->pending ? 1 : 0;
		}
	}
	for (uint32 i = 0; i < count; i++)
		if (!in_row[i])
			write_to_table(account, (int32) i, new_lots);
	if (account->lots_elsewhere == 0)
		ledger->head.change_elsewhere = POINTS_NEVER;

	memset(nulls, 0, A_COLUMNS * sizeof(bool));
	values[A_ACCOUNT] = account->account;
	points_account_total_columns(account, values + A_ENTRIES, nulls + A_ENTRIES);
	values[A_LOTS_ELSEWHERE] = Int64GetDatum(account->lots_elsewhere);
	values[A_PENDING_ELSEWHERE] = Int64GetDatum(account->pending_elsewhere);
	nulls[A_CHANGE_ELSEWHERE] = head->change_elsewhere == POINTS_NEVER;
	values[A_CHANGE_ELSEWHERE] = TimestampTzGetDatum(head->change_elsewhere);
	values[A_FRONT] = Int32GetDatum(row.front);
	write_row_lots(account, &row, values, nulls);
	points_account_hold_columns(account, values + A_HOLD_KEY, nulls + A_HOLD_KEY);
	points_account_debt_columns(account, values + A_DEBT_NUMBER, nulls + A_DEBT_NUMBER);
}

void
points_account_write(points_account *account)
{
	points_rows new_lots = points_rows_make(account->tables, POINTS_NEW_LOTS);
	points_rows row = points_rows_make(account->tables, POINTS_WRITE_ACCOUNTS);
	Datum		values[A_COLUMNS];
	bool		nulls[A_COLUMNS];

	make_row(account, &new_lots, values, nulls);
	points_rows_write(&new_lots);
	points_rows_add(&row, values, nulls, &account->tid);
	if (!points_row_write(&row))
		points_tables_write(account->tables, POINTS_WRITE_ACCOUNT, values, nulls);
}

void
points_account_gather(points_account *account, points_rows *accounts, points_rows *new_lots)
{
	Datum		values[A_COLUMNS];
	bool		nulls[A_COLUMNS];

	make_row(account, new_lots, values, nulls);
	points_rows_add(accounts, values, nulls, &account->tid);
}
