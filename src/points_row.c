/*
 * points_row.c
 *		One row at a time, without a statement.
 *
 * To get a statement ready takes the executor longer than to find or write one
 * row, and every entry does so three times: its account is found and locked,
 * the entry is inserted, the account updated.  So these go the way that logical
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

/* has a table the columns that it was made with, and no others? */
static bool
has_columns(TupleDesc table, TupleDesc made)
{
	bool		same = table->natts == made->natts;

	for (int i = 0; same && i < made->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(table, i);

		same = column->atttypid == TupleDescAttr(made, i)->atttypid && column->atttypmod == -1 && column->attgenerated == '\0';
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
	if (!XactReadOnly && table->rd_rel->relkind == RELKIND_RELATION && !table->rd_rel->relhassubclass &&
		!table->rd_rel->relrowsecurity && table->rd_rules == NULL && !may_be_a_shell(table) &&
		has_columns(RelationGetDescr(table), points_tables_row_type(made->rows)) && has_key(table, made) &&
		pg_class_aclmask(oid, GetUserId(), rights, ACLMASK_ALL) == rights)
		return table;
	table_close(table, NoLock);
	return NULL;
}

/* the row in a table that has these values in its primary key */
static SysScanDesc
begin_scan(Relation table, const made_table *made, const Datum *values)
{
	ScanKeyData keys[2];

	for (int i = 0; i < made->keys; i++)
		ScanKeyInit(&keys[i], made->key[i], BTEqualStrategyNumber, F_TEXTEQ, values[made->key[i] - 1]);
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();
	return systable_beginscan(table, table->rd_pkindex, true, GetActiveSnapshot(), made->keys, keys);
}

static void
end_scan(SysScanDesc scan)
{
	systable_endscan(scan);
	PopActiveSnapshot();
}

HeapTuple
points_row_lock(const points_tables *tables, Datum account, TupleDesc *tupdesc)
{
	Relation	table = open_table(tables->accounts, RowShareLock, ACL_SELECT | ACL_UPDATE, &accounts);
	SysScanDesc scan;
	HeapTuple	row;

	if (table == NULL)
		return NULL;
	scan = begin_scan(table, &accounts, &account);
	row = systable_getnext(scan);
	if (row != NULL)
	{
		TupleTableSlot *slot = table_slot_create(table, NULL);
		TM_FailureData changed;

		if (table_tuple_lock(table, &row->t_self, GetActiveSnapshot(), slot, GetCurrentCommandId(true),
							 LockTupleExclusive, LockWaitBlock, 0, &changed) == TM_Ok)
			row = ExecCopySlotHeapTuple(slot);
		else
			row = NULL;
		ExecDropSingleTupleTableSlot(slot);
		*tupdesc = RelationGetDescr(table);
	}
	end_scan(scan);
	table_close(table, NoLock);
	return row;
}

static bool
has_insert_trigger(const TriggerDesc *triggers)
{
	return triggers->trig_insert_before_row || triggers->trig_insert_after_row || triggers->trig_insert_before_statement ||
		triggers->trig_insert_after_statement || triggers->trig_insert_new_table;
}

/* What writing takes. */
typedef struct row_writer
{
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slot;		/* the row to be */
} row_writer;

static row_writer
begin_writing(Relation table, const Datum *values, const bool *nulls)
{
	int			columns = RelationGetNumberOfAttributes(table);
	row_writer	writer = {.estate = CreateExecutorState(), .result = makeNode(ResultRelInfo)};

	InitResultRelInfo(writer.result, table, 0, NULL, 0);
	ExecOpenIndices(writer.result, false);
	writer.estate->es_output_cid = GetCurrentCommandId(true);
	writer.slot = ExecInitExtraTupleSlot(writer.estate, RelationGetDescr(table), &TTSOpsVirtual);
	memcpy(writer.slot->tts_values, values, columns * sizeof(Datum));
	memcpy(writer.slot->tts_isnull, nulls, columns * sizeof(bool));
	ExecStoreVirtualTuple(writer.slot);
	return writer;
}

static void
end_writing(row_writer *writer)
{
	ExecCloseIndices(writer->result);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	CommandCounterIncrement();
}

bool
points_row_update(const points_tables *tables, const ItemPointerData *tid, const Datum *values, const bool *nulls)
{
	Relation	table = tid == NULL ? NULL : open_table(tables->accounts, RowExclusiveLock, ACL_SELECT | ACL_UPDATE, &accounts);
	bool		usual = table != NULL && table->trigdesc == NULL;

	if (usual)
	{
		row_writer	writer = begin_writing(table, values, nulls);
		TupleTableSlot found = {.type = T_TupleTableSlot, .tts_tid = *tid};

		ExecSimpleRelationUpdate(writer.result, writer.estate, NULL, &found, writer.slot);
		end_writing(&writer);
	}
	if (table != NULL)
		table_close(table, NoLock);
	return usual;
}

bool
points_row_insert(const points_tables *tables, const Datum *values, const bool *nulls)
{
	Oid			oid = get_relname_relid(tables->entry, get_rel_namespace(tables->accounts));
	Relation	table = OidIsValid(oid) ? open_table(oid, RowExclusiveLock, ACL_SELECT | ACL_INSERT, &journal) : NULL;
	/* while it was not locked yet another one may have taken its name */
	bool		usual = table != NULL && strcmp(RelationGetRelationName(table), tables->entry) == 0 &&
		(table->trigdesc == NULL || !has_insert_trigger(table->trigdesc));

	if (usual)
	{
		SysScanDesc scan = begin_scan(table, &journal, values);

		usual = systable_getnext(scan) == NULL;
		end_scan(scan);
	}
	if (usual)
	{
		row_writer	writer = begin_writing(table, values, nulls);

		ExecSimpleRelationInsert(writer.result, writer.estate, writer.slot);
		end_writing(&writer);
	}
	if (table != NULL)
		table_close(table, NoLock);
	return usual;
}
