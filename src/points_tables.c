/*
 * points_tables.c
 *		The tables of points ledgers, as sessions know them: names, policies,
 *		statements.
 *
 * All is written through SPI, with the rights of the current user: triggers,
 * row security and constraints of the tables apply.
 */
#include "points_tables.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------- statements ---------- */

#define LOT_COLUMNS \
	"id, origin, earned_at, from_at, until_at, amount, remaining, held, spent, expired, reversed, moved, regranted, " \
	"open, grace_lots, claw_number, claw_owed, claw_payments, payment_lot, payment_points"
#define LOT_FOUND	"ttzzznnnnnnnnbTNNNTN"
#define LOT_TYPES	"t" LOT_FOUND
#define ENTRY_COLUMNS \
	"account, seq, kind, key, at, points, ref, from_at, until_at, effective_at, reason, actor, counterpart, " \
	"available, pending, held, arrears, issued, redeemed, expired, reversed, moved, owed, lot, lot_points"
#define ENTRY_TYPES	"tnttzntzzzttt" "nnnnnnnnnn" "TN"
/* all of an account but its name, in the order of the table */
#define ACCOUNT_COLUMNS \
	"entries, book_time, available, pending, held, arrears, earned, spent, expired, reversed, moved, " \
	"lots, claws, lots_elsewhere, pending_elsewhere, change_elsewhere, front, lot_id, lot_origin, lot_earned_at, lot_from_at, lot_until_at, lot_points, " \
	"hold_key, hold_until_at, hold_parts, part_lot, part_points, debt_number, debt_lot, debt_points"
#define ACCOUNT_TYPES	"tnznnnnnnnnn" "nnnnzi" "TTZZZN" "TZNTNNTN"
#define PARAMETERS_TO_15(p)	p "2, " p "3, " p "4, " p "5, " p "6, " p "7, " p "8, " p "9, " p "10, " p "11, " p "12, " p "13, " p "14, " p "15"
#define PARAMETERS_TO_32(p)	PARAMETERS_TO_15(p) ", " p "16, " p "17, " p "18, " p "19, " p "20, " p "21, " p "22, " p "23, " \
	p "24, " p "25, " p "26, " p "27, " p "28, " p "29, " p "30, " p "31, " p "32"

/*
 * {account}, {entry}, {lot}: the tables; {order}, {after}: the columns of the spend order, and their parameters.
 * {rows}: the one parameter is an array of records, called r, of columns c1, c2, ...
 */
static const struct
{
	const char *sql;
	const char *types;			/* t text, n bigint, z timestamptz, b boolean, i integer, v interval; capitals: arrays */
	const char *found;			/* those of the columns that it returns; NULL: none, or an account's row, see points_tables_check_account() */
}			statements[POINTS_STATEMENTS] = {
	/* as a whole: for a row this wide, naming columns takes the executor longer than finding it; cast, or it might be a column called a */
	[POINTS_LOCK_ACCOUNT] = {"SELECT a.*::{account} FROM {account} a WHERE account = $1 FOR UPDATE", "t"},
	[POINTS_READ_ACCOUNT] = {"SELECT a.*::{account} FROM {account} a WHERE account = $1", "t"},
	[POINTS_NEW_ACCOUNT] = {"INSERT INTO {account} (account) VALUES ($1) ON CONFLICT DO NOTHING", "t"},
	[POINTS_WRITE_ACCOUNT] = {"UPDATE {account} SET (" ACCOUNT_COLUMNS ") = (" PARAMETERS_TO_32("$") ") WHERE account = $1", ACCOUNT_TYPES},
	[POINTS_WRITE_ACCOUNTS] = {"UPDATE {account} a SET (" ACCOUNT_COLUMNS ") = (" PARAMETERS_TO_32("r.c") ") FROM {rows} WHERE a.account = r.c1", ACCOUNT_TYPES},
	[POINTS_NEW_ENTRY] = {"INSERT INTO {entry} (" ENTRY_COLUMNS ") VALUES ($1, " PARAMETERS_TO_15("$") ", "
		"$16, $17, $18, $19, $20, $21, $22, $23, $24, $25) "
	"ON CONFLICT (account, key) DO NOTHING", ENTRY_TYPES},
	/* of keys that POINTS_FIND_ENTRIES has not found */
	[POINTS_NEW_ENTRIES] = {"INSERT INTO {entry} (" ENTRY_COLUMNS ") SELECT * FROM {rows}", ENTRY_TYPES},
	[POINTS_FIND_ENTRY] = {"SELECT kind, points, ref, from_at, until_at, counterpart, available - arrears, lot, lot_points "
	"FROM {entry} WHERE account = $1 AND key = $2", "tt", "tntzztnTN"},
	/* LIMIT keeps it from becoming a join that reads the journal from end to end */
	[POINTS_FIND_ENTRIES] = {"SELECT e.*, r.c3 FROM {rows}, LATERAL (SELECT kind, points, ref, from_at, until_at, counterpart, available - arrears "
	"FROM {entry} WHERE account = r.c1 AND key = r.c2 LIMIT 1) e", "ttn", "tntzztnn"},
	[POINTS_FIND_REFUNDED] = {"SELECT sum(points)::bigint FROM {entry} WHERE account = $1 AND ref = $2 AND kind = 'refund'", "tt", "n"},
	[POINTS_FIND_LOT] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND id = $2", "tt", LOT_FOUND},
	/* those that are pending come when they are due: an account may have thousands */
	[POINTS_NEXT_LOTS] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open AND ({order}) > ({after}) AND from_at <= $5 ORDER BY {order} LIMIT {next}", "tzztz", LOT_FOUND},
	[POINTS_OPEN_LOTS] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open ORDER BY {order}", "t", LOT_FOUND},
	/* those that end, and those that begin: that they have an end, or a beginning after they were earned, is said for the indexes of such lots */
	[POINTS_DUE_LOTS] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open AND until_at < 'infinity' AND until_at <= $3 UNION ALL "
		"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open AND from_at > earned_at AND from_at > $2 AND from_at <= $3 AND until_at > $3", "tzz", LOT_FOUND},
	[POINTS_NEXT_CHANGE] = {"SELECT least((SELECT until_at FROM {lot} WHERE account = $1 AND open AND until_at < 'infinity' AND until_at > $2 ORDER BY until_at LIMIT 1), "
	"(SELECT from_at FROM {lot} WHERE account = $1 AND open AND from_at > earned_at AND from_at > $2 ORDER BY from_at LIMIT 1))", "tz", "z"},
	[POINTS_NEW_LOTS] = {"INSERT INTO {lot} (account, " LOT_COLUMNS ") SELECT * FROM {rows}", LOT_TYPES},
	[POINTS_WRITE_LOT] = {"UPDATE {lot} SET (" LOT_COLUMNS ") = (" PARAMETERS_TO_15("$") ", $16, $17, $18, $19, $20, $21) "
	"WHERE account = $1 AND id = $2", LOT_TYPES},
	/* one by one: a plan for a list of them, made while the table is small, reads all lots of the account for ever */
	[POINTS_DELETE_LOT] = {"DELETE FROM {lot} WHERE account = $1 AND id = $2", "tt"},
	[POINTS_READ_JOURNAL] = {"SELECT kind, key, at, points, ref, from_at, until_at, seq FROM {entry} WHERE account = $1 AND seq > 0 ORDER BY seq", "t", "ttzntzzn"},
};

static HTAB *known_ledgers = NULL;

char *
points_tables_expand(const char *template, const points_name_pair *names)
{
	StringInfoData result;

	initStringInfo(&result);
	while (*template)
	{
		const points_name_pair *pair = names;

		while (pair->token != NULL && strncmp(template, pair->token, strlen(pair->token)) != 0)
			pair++;
		if (pair->token != NULL)
		{
			appendStringInfoString(&result, pair->name);
			template += strlen(pair->token);
		}
		else
			appendStringInfoChar(&result, *template++);
	}
	return result.data;
}

char *
points_tables_name(const char *schema, const char *base, const char *what)
{
	return psprintf("%s.%s", quote_identifier(schema), quote_identifier(psprintf("%s_%s", base, what)));
}

static const char suffix[] = "_account";

static char *
base_name(const char *name)
{
	return pnstrdup(name, strlen(name) - strlen(suffix));
}

static Oid
type_of(char letter)
{
	switch (letter)
	{
		case 't':
			return TEXTOID;
		case 'n':
			return INT8OID;
		case 'z':
			return TIMESTAMPTZOID;
		case 'b':
			return BOOLOID;
		case 'i':
			return INT4OID;
		case 'v':
			return INTERVALOID;
		case 'T':
			return TEXTARRAYOID;
		case 'N':
			return INT8ARRAYOID;
		default:
			return TIMESTAMPTZARRAYOID;
	}
}

/*
 * Values are taken from rows as they lie there, so they must be of the types
 * that the tables were made with, or of others of the same bytes: tables have
 * the names that somebody has given them.
 */
static void
check_columns(TupleDesc tupdesc, const char *types)
{
	for (int i = 0; types[i]; i++)
	{
		Form_pg_attribute column = i < tupdesc->natts ? TupleDescAttr(tupdesc, i) : NULL;

		if (likely(column != NULL && (column->atttypid == type_of(types[i]) || IsBinaryCoercible(column->atttypid, type_of(types[i])))))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tables are not those of a points ledger"),
				 column == NULL ? errdetail("There are %d columns instead of %d.", tupdesc->natts, (int) strlen(types)) :
				 errdetail("Column \"%s\" is of type %s instead of %s.", NameStr(column->attname),
						   OidIsValid(column->atttypid) ? format_type_be(column->atttypid) : "none", format_type_be(type_of(types[i])))));
	}
}

void
points_tables_check_account(TupleDesc tupdesc)
{
	check_columns(tupdesc, ACCOUNT_TYPES);
}

/*
 * The policies, from the one row of the ledger's settings.  They are kept for
 * the session, so no operator or function that somebody's search_path may
 * offer has a say.
 */
static points_policy
read_policy(const char *schema, const char *name)
{
	char	   *settings = points_tables_name(schema, base_name(name), "settings");
	char	   *sql = psprintf("SELECT grace, spend_order, clawback FROM %s", settings);
	LOCAL_FCINFO(call, 3);

	if (SPI_execute(sql, true, 2) != SPI_OK_SELECT || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("settings of the points ledger cannot be read"),
				 errdetail("There are %llu rows in %s.", (unsigned long long) SPI_processed, settings)));
	check_columns(SPI_tuptable->tupdesc, "vtt");
	InitFunctionCallInfoData(*call, NULL, 3, InvalidOid, NULL, NULL);
	for (int i = 0; i < 3; i++)
		call->args[i].value = points_column(0, i + 1, &call->args[i].isnull);
	return points_policy_args(call, 0);
}

/* what has the names of its tables from before they were renamed is of no use */
static void
forget_plans(points_tables *tables)
{
	for (int i = 0; i < POINTS_STATEMENTS; i++)
		if (tables->plans[i] != NULL)
			SPI_freeplan(tables->plans[i]);
	memset(tables->plans, 0, sizeof(tables->plans));
}

points_tables *
points_tables_find(Oid accounts)
{
	char	   *schema = get_namespace_name(get_rel_namespace(accounts));
	char	   *name = get_rel_name(accounts);
	points_tables *tables;
	points_policy policy;

	if (known_ledgers == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(Oid), .entrysize = sizeof(points_tables)};

		known_ledgers = hash_create("points ledgers", 8, &ctl, HASH_ELEM | HASH_BLOBS);
	}
	tables = hash_search(known_ledgers, &accounts, HASH_FIND, NULL);
	if (tables != NULL && schema != NULL && name != NULL && strcmp(tables->schema, schema) == 0 && strcmp(tables->name, name) == 0)
		return tables;
	if (schema == NULL || name == NULL || strlen(name) <= strlen(suffix) ||
		strcmp(name + strlen(name) - strlen(suffix), suffix) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table does not hold the accounts of a points ledger"),
				 errdetail("The table is %s.", schema && name ? quote_qualified_identifier(schema, name) : "unknown"),
				 errhint("Give the table that create_points_ledger() made, whose name ends in _account.")));
	policy = read_policy(schema, name);
	if (tables == NULL)
	{
		tables = hash_search(known_ledgers, &accounts, HASH_ENTER, NULL);
		memset(tables->plans, 0, sizeof(tables->plans));
	}
	else
		forget_plans(tables);
	tables->schema = MemoryContextStrdup(TopMemoryContext, schema);
	tables->name = MemoryContextStrdup(TopMemoryContext, name);
	tables->entry = MemoryContextStrdup(TopMemoryContext, psprintf("%s_entry", base_name(name)));
	tables->lot = MemoryContextStrdup(TopMemoryContext, psprintf("%s_lot", base_name(name)));
	tables->policy = policy;
	return tables;
}

static bool
takes_rows(points_statement statement)
{
	return strstr(statements[statement].sql, "{rows}") != NULL;
}

/* what a statement on rows calls them: unnest($1) AS r(c1 bigint, c2 text, ...) */
static char *
rows_of(const char *types)
{
	StringInfoData result;

	initStringInfo(&result);
	appendStringInfoString(&result, "unnest($1) AS r(");
	for (int i = 0; types[i]; i++)
		appendStringInfo(&result, "%sc%d %s", i > 0 ? ", " : "", i + 1, format_type_be(type_of(types[i])));
	appendStringInfoChar(&result, ')');
	return result.data;
}

static SPIPlanPtr
make_plan(points_tables *tables, points_statement statement)
{
	char	   *base = base_name(tables->name);
	bool		fifo = tables->policy.order == POINTS_FIFO;
	const char *types = statements[statement].types;
	points_name_pair names[] = {
		{"{account}", points_tables_name(tables->schema, base, "account")},
		{"{entry}", points_tables_name(tables->schema, base, "entry")},
		{"{lot}", points_tables_name(tables->schema, base, "lot")},
		{"{order}", fifo ? "earned_at, id" : "until_at, earned_at, id"},
		{"{after}", fifo ? "$3, $4" : "$2, $3, $4"},
		{"{next}", psprintf("%d", POINTS_NEXT_FETCHED)},
		{"{rows}", rows_of(types)},
		{NULL, NULL}
	};
	Oid			oids[32] = {RECORDARRAYOID};
	int			count = 1;
	SPIPlanPtr	plan;

	if (!takes_rows(statement))
		for (count = 0; types[count]; count++)
			oids[count] = type_of(types[count]);
	/* they find rows by keys, whatever these are: not worth a plan of their own */
	plan = SPI_prepare_cursor(points_tables_expand(statements[statement].sql, names), count, oids, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "statement %d of points ledger cannot be prepared: %s", (int) statement, SPI_result_code_string(SPI_result));
	return plan;
}

uint64
points_tables_run(points_tables *tables, points_statement statement, const Datum *values, const bool *nulls, bool read_only)
{
	char		marks[32];
	int			count = (int) strlen(statements[statement].types);

	if (tables->plans[statement] == NULL)
		tables->plans[statement] = make_plan(tables, statement);
	for (int i = 0; i < count; i++)
		marks[i] = nulls != NULL && nulls[i] ? 'n' : ' ';
	if (SPI_execute_plan(tables->plans[statement], (Datum *) values, nulls ? marks : NULL, read_only, 0) < 0)
		elog(ERROR, "statement %d of points ledger failed: %s", (int) statement, SPI_result_code_string(SPI_result));
	if (statements[statement].found != NULL)
		check_columns(SPI_tuptable->tupdesc, statements[statement].found);
	return SPI_processed;
}

/* what a trigger or a policy of the tables keeps from being written must not go unnoticed */
static void
check_written(uint64 written, uint64 rows)
{
	if (written != rows)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("points ledger cannot be written"),
				 errdetail("Of %llu rows %llu were written.", (unsigned long long) rows, (unsigned long long) written),
				 errhint("Look for triggers and policies of its tables that leave out rows.")));
}

void
points_tables_write(points_tables *tables, points_statement statement, const Datum *values, const bool *nulls)
{
	check_written(points_tables_run(tables, statement, values, nulls, false), 1);
}

/* the columns that the rows of a statement are written to, by name; NULL: to none */
static const char *
columns_of(points_statement statement)
{
	switch (statement)
	{
		case POINTS_WRITE_ACCOUNTS:
			return "account, " ACCOUNT_COLUMNS;
		case POINTS_NEW_ENTRIES:
			return ENTRY_COLUMNS;
		case POINTS_NEW_LOTS:
			return "account, " LOT_COLUMNS;
		default:
			return NULL;
	}
}

TupleDesc
points_tables_row_type(points_statement statement)
{
	static TupleDesc known[POINTS_STATEMENTS];
	const char *types = statements[statement].types;
	const char *columns = columns_of(statement);

	if (known[statement] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc	made = CreateTemplateTupleDesc((int) strlen(types));

		for (int i = 0; types[i]; i++)
		{
			int			length = columns ? (int) strcspn(columns, ",") : 0;

			TupleDescInitEntry(made, (AttrNumber) (i + 1), columns ? pnstrdup(columns, length) : NULL, type_of(types[i]), -1, 0);
			if (columns)
				columns += columns[length] ? length + 2 : length;
		}
		TupleDescFinalize(made);
		known[statement] = BlessTupleDesc(made);
		MemoryContextSwitchTo(caller);
	}
	return known[statement];
}

points_rows
points_rows_make(points_tables *tables, points_statement statement)
{
	return (points_rows) {.tables = tables, .statement = statement, .memory = CurrentMemoryContext};
}

void
points_rows_add(points_rows *rows, const Datum *values, const bool *nulls, const ItemPointerData *tid)
{
	MemoryContext caller = MemoryContextSwitchTo(rows->memory);
	HeapTuple	row = heap_form_tuple(points_tables_row_type(rows->statement), (Datum *) values, (bool *) nulls);

	if (rows->count == POINTS_MOST_ROWS)
		points_rows_write(rows);
	if (rows->count == rows->room)
	{
		rows->room = rows->room == 0 ? 8 : 2 * rows->room;
		rows->rows = rows->rows == NULL ? palloc(rows->room * sizeof(HeapTuple)) : repalloc(rows->rows, rows->room * sizeof(HeapTuple));
	}
	if (tid == NULL || !ItemPointerIsValid(tid))
		rows->by_statement = rows->by_statement || rows->statement == POINTS_WRITE_ACCOUNTS;
	else
		row->t_self = *tid;
	rows->rows[rows->count++] = row;
	MemoryContextSwitchTo(caller);
}

uint64
points_rows_run(points_rows *rows)
{
	Datum	   *records = palloc(rows->count * sizeof(Datum));
	Datum		array;
	uint64		result;

	for (int i = 0; i < rows->count; i++)
		records[i] = HeapTupleGetDatum(rows->rows[i]);
	array = PointerGetDatum(construct_array(records, rows->count, RECORDOID, -1, false, TYPALIGN_DOUBLE));
	for (int i = 0; i < rows->count; i++)
		heap_freetuple(rows->rows[i]);
	rows->count = 0;
	result = points_tables_run(rows->tables, rows->statement, &array, NULL, false);
	pfree(DatumGetPointer(array));
	pfree(records);
	return result;
}

void
points_rows_write(points_rows *rows)
{
	uint64		count = rows->count;

	if (count == 0)
		return;
	if (points_row_write(rows))
		rows->count = 0;
	else
	{
		rows->by_statement = true;
		check_written(points_rows_run(rows), count);
	}
}

/* ---------- rows ---------- */

Datum
points_column(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

int64
points_number(uint64 row, int column)
{
	bool		isnull;
	Datum		value = points_column(row, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

Datum
points_text_datum(points_text text)
{
	return PointerGetDatum(cstring_to_text_with_len(text.bytes, (int) text.size));
}

points_text
points_datum_text(Datum datum)
{
	text	   *value = DatumGetTextPP(datum);
	points_text result = {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

	return result;
}
