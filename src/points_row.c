/*
 * points_row.c
 *		One row by its primary key, without a statement.
 *
 * To get a statement ready takes the executor several times as long as to find
 * one row, and every entry needs two: that of its account, and none with its
 * key.  What a statement would see to is asked for here: rights, policies, the
 * kind of table, somebody else who changes the row.  Where anything is not as
 * usual the answer is no, and the statement says what is to be said.
 */
#include "points_tables.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* opens a table if its rows may be found like that; its primary key must be of text */
static Relation
open_table(Oid oid, LOCKMODE lock, AclMode rights)
{
	Relation	table = table_open(oid, lock);

	if (!XactReadOnly && table->rd_rel->relkind == RELKIND_RELATION && !table->rd_rel->relrowsecurity &&
		pg_class_aclcheck(oid, GetUserId(), rights) == ACLCHECK_OK)
	{
		list_free(RelationGetIndexList(table));
		if (OidIsValid(table->rd_pkindex))
			return table;
	}
	table_close(table, NoLock);
	return NULL;
}

/* the row in a table of which so many columns, with these numbers and values, are the primary key */
static SysScanDesc
begin_scan(Relation table, int count, const AttrNumber *columns, const Datum *values)
{
	ScanKeyData keys[2];

	for (int i = 0; i < count; i++)
		ScanKeyInit(&keys[i], columns[i], BTEqualStrategyNumber, F_TEXTEQ, values[i]);
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();
	return systable_beginscan(table, table->rd_pkindex, true, GetActiveSnapshot(), count, keys);
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
	static const AttrNumber column = 1;
	Relation	table = open_table(tables->accounts, RowShareLock, ACL_SELECT | ACL_UPDATE);
	SysScanDesc scan;
	HeapTuple	row;

	if (table == NULL)
		return NULL;
	scan = begin_scan(table, 1, &column, &account);
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

bool
points_row_absent(const points_tables *tables, Datum account, Datum key)
{
	static const AttrNumber columns[] = {4, 1};
	Oid			journal = get_relname_relid(tables->entry, get_rel_namespace(tables->accounts));
	Relation	table = OidIsValid(journal) ? open_table(journal, AccessShareLock, ACL_SELECT) : NULL;
	Datum		values[2] = {key, account};
	SysScanDesc scan;
	bool		absent;

	if (table == NULL)
		return false;
	scan = begin_scan(table, 2, columns, values);
	absent = systable_getnext(scan) == NULL;
	end_scan(scan);
	table_close(table, NoLock);
	return absent;
}
