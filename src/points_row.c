/*
 * points_row.c
 *		Rows without a statement.
 *
 * To get a statement ready takes the executor longer than to find or write one
 * row, and every entry does so three times: its account is found and locked,
 * the entry is inserted, the account updated.  Of many rows the statement would
 * look for each account once more.  So they go the way that logical
 * replication applies changes.  What a statement would see to beyond that is
 * asked for here: rights, policies, triggers, rules, the kind of table, somebody
 * else who changes the row.  Where anything is not as usual the answer is no,
 * and the statement does it, or says why not.
 */
#include "points_tables.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* A table as it was made: the statement that takes many of its rows, and its primary key. */
typedef struct made_table
{
	points_statement rows;
	int			keys;
	AttrNumber	key[2];
} made_table;

static const made_table accounts = {POINTS_WRITE_ACCOUNTS, 1, {1}};
static const made_table journal = {POINTS_NEW_ENTRIES, 2, {4, 1}};
static const made_table lots = {POINTS_NEW_LOTS, 2, {1, 2}};

/* has a table the columns that it was made with, in their order, and no others? */
static bool
has_columns(TupleDesc table, TupleDesc made)
{
	bool		same = table->natts == made->natts;

	for (int i = 0; same && i < made->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(table, i);

		same = column->atttypid == TupleDescAttr(made, i)->atttypid && column->atttypmod == -1 &&
			column->attgenerated == '\0' && column->attidentity == '\0' &&
			strcmp(NameStr(column->attname), NameStr(TupleDescAttr(made, i)->attname)) == 0;
	}
	return same;
}

/* and its primary key, in the same order */
static bool
has_key(Relation table, const made_table *made)
{
	Relation	index;
	bool		same;

	list_free(RelationGetIndexList(table));
	if (!OidIsValid(table->rd_pkindex))
		return false;
	index = index_open(table->rd_pkindex, AccessShareLock);
	same = index->rd_index->indnkeyatts == made->keys;
	for (int i = 0; same && i < made->keys; i++)
		same = index->rd_index->indkey.values[i] == made->key[i] && index->rd_indcollation[i] == C_COLLATION_OID;
	index_close(index, NoLock);
	return same;
}

/*
 * Does somebody have to hear of a TRUNCATE, for the rows are elsewhere?  Citus
 * leaves of the tables that it manages a shell, empty or with rows out of date,
 * that looks like any other table but for this trigger.
 */
static bool
may_be_a_shell(Relation table)
{
	return table->trigdesc != NULL && table->trigdesc->trig_truncate_after_statement;
}

/* opens a table, if it is there and its rows may be treated like that */
static Relation
open_table(Oid oid, LOCKMODE lock, AclMode rights, const made_table *made)
{
	Relation	table = try_table_open(oid, lock);

	if (table == NULL)
		return NULL;
	/* somebody who hears of the rights that statements need has to hear of all */
	if (!XactReadOnly && ExecutorCheckPerms_hook == NULL && table->rd_rel->relkind == RELKIND_RELATION && !table->rd_rel->relhassubclass && !table->rd_rel->relispartition &&
		!table->rd_rel->relrowsecurity && table->rd_rules == NULL && !may_be_a_shell(table) &&
		has_columns(RelationGetDescr(table), points_tables_row_type(made->rows)) && has_key(table, made) &&
		pg_class_aclmask(oid, GetUserId(), rights, ACLMASK_ALL) == rights)
		return table;
	table_close(table, NoLock);
	return NULL;
}

/* what is so now: a snapshot from before we waited for a row would not know what the other one has done */
static void
look_anew(void)
{
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();
}

/* the row in a table that has these values in its primary key; to be looked at anew */
static SysScanDesc
begin_scan(Relation table, const made_table *made, const Datum *values)
{
	ScanKeyData keys[2];

	for (int i = 0; i < made->keys; i++)
		ScanKeyInit(&keys[i], made->key[i], BTEqualStrategyNumber, F_TEXTEQ, values[made->key[i] - 1]);
	return systable_beginscan(table, table->rd_pkindex, true, GetActiveSnapshot(), made->keys, keys);
}

static bool
has_name(TupleTableSlot *slot, Datum account)
{
	bool		isnull;
	Datum		name = slot_getattr(slot, 1, &isnull);

	return !isnull && points_text_compare(points_datum_text(name), points_datum_text(account)) == 0;
}

/* locks a row of the table of accounts */
static bool
lock_row(Relation table, TupleTableSlot *slot, Datum account, points_account_row *found)
{
	SysScanDesc scan = begin_scan(table, &accounts, &account);
	HeapTuple	row = systable_getnext(scan);
	TM_FailureData changed;
	bool		locked;

	/* who has waited for somebody else takes the row as that one left it, but not one that has another name now */
	locked = row != NULL &&
		table_tuple_lock(table, &row->t_self, GetActiveSnapshot(), slot, GetCurrentCommandId(true), LockTupleExclusive, LockWaitBlock,
						 IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &changed) == TM_Ok &&
		(!changed.traversed || has_name(slot, account));
	systable_endscan(scan);
	if (locked)
		*found = (points_account_row) {ExecFetchSlotHeapTupleDatum(slot), slot->tts_tid};
	return locked;
}

int
points_row_lock(const points_tables *tables, const Datum *names, int count, points_account_row *found)
{
	Relation	table = open_table(tables->accounts, RowShareLock, ACL_SELECT | ACL_UPDATE, &accounts);
	TupleTableSlot *slot;
	int			locked = 0;

	if (table == NULL)
		return 0;
	look_anew();
	slot = table_slot_create(table, NULL);
	while (locked < count && lock_row(table, slot, names[locked], &found[locked]))
	{
		CHECK_FOR_INTERRUPTS();
		locked++;
	}
	ExecDropSingleTupleTableSlot(slot);
	PopActiveSnapshot();
	table_close(table, NoLock);
	return locked;
}

static bool
has_insert_trigger(const TriggerDesc *triggers)
{
	return triggers->trig_insert_before_row || triggers->trig_insert_after_row || triggers->trig_insert_before_statement ||
		triggers->trig_insert_after_statement || triggers->trig_insert_new_table;
}

/* Opens a table to write rows into, if no more than that is to be done; NULL else. */
static Relation
open_to_write(const points_tables *tables, points_statement rows)
{
	Relation	table;
	const char *name;

	if (rows == POINTS_WRITE_ACCOUNTS)
	{
		table = open_table(tables->accounts, RowExclusiveLock, ACL_SELECT | ACL_UPDATE, &accounts);
		if (table == NULL || table->trigdesc == NULL)
			return table;
	}
	else
	{
		bool		is_lot = rows == POINTS_NEW_LOTS;
		Oid			oid;

		name = is_lot ? tables->lot : tables->entry;
		oid = get_relname_relid(name, get_rel_namespace(tables->accounts));
		table = OidIsValid(oid) ? open_table(oid, RowExclusiveLock, ACL_SELECT | ACL_INSERT, is_lot ? &lots : &journal) : NULL;
		/* while it was not locked yet another one may have taken its name */
		if (table == NULL || (strcmp(RelationGetRelationName(table), name) == 0 &&
							  (table->trigdesc == NULL || !has_insert_trigger(table->trigdesc))))
			return table;
	}
	table_close(table, NoLock);
	return NULL;
}

static bool
updates(const points_rows *rows)
{
	return rows->statement == POINTS_WRITE_ACCOUNTS;
}

/* are the rows where they were, though triggers may have changed them meanwhile? */
static bool
are_there(Relation table, const points_rows *rows)
{
	TupleTableSlot *slot = table_slot_create(table, NULL);
	bool		there = true;

	for (int i = 0; there && i < rows->count; i++)
		there = table_tuple_fetch_row_version(table, &rows->rows[i]->t_self, GetActiveSnapshot(), slot);
	ExecDropSingleTupleTableSlot(slot);
	return there;
}

/* rows into a table that was opened for it */
static void
write_rows(Relation table, const points_rows *rows)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);
	TupleTableSlot *slot = ExecInitExtraTupleSlot(estate, RelationGetDescr(table), &TTSOpsHeapTuple);

	InitResultRelInfo(result, table, 0, NULL, 0);
	ExecOpenIndices(result, false);
	estate->es_output_cid = GetCurrentCommandId(true);
	for (int i = 0; i < rows->count; i++)
	{
		TupleTableSlot found = {.type = T_TupleTableSlot, .tts_tid = rows->rows[i]->t_self};

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(estate);
		ExecStoreHeapTuple(rows->rows[i], slot, true);
		if (updates(rows))
			ExecSimpleRelationUpdate(result, estate, NULL, &found, slot);
		else
			ExecSimpleRelationInsert(result, estate, slot);
	}
	ExecCloseIndices(result);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	CommandCounterIncrement();
}

bool
points_row_write(const points_rows *rows)
{
	Relation	table = rows->by_statement ? NULL : open_to_write(rows->tables, rows->statement);
	bool		usual;

	if (table == NULL)
		return false;
	look_anew();
	usual = !updates(rows) || are_there(table, rows);
	if (usual)
		write_rows(table, rows);
	PopActiveSnapshot();
	table_close(table, NoLock);
	return usual;
}

bool
points_row_insert_new(points_tables *tables, const Datum *values, const bool *nulls)
{
	Relation	table = open_to_write(tables, POINTS_NEW_ENTRIES);
	points_rows entry = points_rows_make(tables, POINTS_NEW_ENTRIES);
	SysScanDesc scan;
	bool		is_new;

	if (table == NULL)
		return false;
	look_anew();
	scan = begin_scan(table, &journal, values);
	is_new = systable_getnext(scan) == NULL;
	systable_endscan(scan);
	if (is_new)
	{
		points_rows_add(&entry, values, nulls, NULL);
		write_rows(table, &entry);
	}
	PopActiveSnapshot();
	table_close(table, NoLock);
	return is_new;
}
