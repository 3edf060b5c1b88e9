/*
 * points_tables.c
 *		The tables of points ledgers, as sessions know them: names, policies,
 *		statements.
 *
 * All goes through SPI, with the rights of the current user: triggers, row
 * security and constraints of the tables apply.
 */
#include "points_tables.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------- statements ---------- */

#define LOT_COLUMNS \
	"id, origin, earned_at, from_at, until_at, amount, remaining, held, spent, expired, reversed, moved, regranted, " \
	"open, grace_lots, claw_number, claw_owed, claw_payments, payment_lot, payment_points"
/* of the usual entry, which moves points of lots in the row and leaves holds, arrears and other lots alone */
#define USUAL_COLUMNS \
	"entries, book_time, available, pending, earned, spent, expired, lots, front, " \
	"lot_id, lot_earned_at, lot_from_at, lot_until_at, lot_points"
#define OTHER_COLUMNS \
	"held, arrears, reversed, moved, claws, lots_elsewhere, change_elsewhere, lot_origin, " \
	"hold_key, hold_until_at, hold_parts, part_lot, part_points, debt_number, debt_lot, debt_points"

/* {account}, {entry}, {lot}: the tables; {order}, {after}: the columns of the spend order, and their parameters */
static const struct
{
	const char *sql;
	const char *types;			/* t text, n bigint, z timestamptz, b boolean, i integer; capitals: arrays */
}			statements[POINTS_STATEMENTS] = {
	/* as a whole: for a row this wide, naming columns takes the executor longer than finding it */
	[POINTS_LOCK_ACCOUNT] = {"SELECT a FROM {account} a WHERE account = $1 FOR UPDATE", "t"},
	[POINTS_READ_ACCOUNT] = {"SELECT a FROM {account} a WHERE account = $1", "t"},
	[POINTS_COUNT_ACCOUNTS] = {"SELECT count(*) FROM {account} WHERE account = ANY ($1)", "T"},
	[POINTS_LOCK_ACCOUNTS] = {"SELECT a FROM {account} a WHERE account = ANY ($1) ORDER BY account FOR UPDATE", "T"},
	[POINTS_NEW_ACCOUNT] = {"INSERT INTO {account} (account) VALUES ($1) ON CONFLICT DO NOTHING", "t"},
	[POINTS_WRITE_USUAL] = {"UPDATE {account} SET (" USUAL_COLUMNS ") = "
	"($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) WHERE account = $1", "tnznnnnnniTZZZN"},
	[POINTS_WRITE_ACCOUNT] = {"UPDATE {account} SET (" USUAL_COLUMNS ", " OTHER_COLUMNS ") = "
		"($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31) "
	"WHERE account = $1", "tnznnnnnniTZZZN" "nnnnnnzTTZNTNNTN"},
	[POINTS_NEW_ENTRY] = {"INSERT INTO {entry} (account, seq, kind, key, at, points, ref, from_at, until_at, "
		"effective_at, reason, actor, counterpart, available, pending, held, arrears, "
		"issued, redeemed, expired, reversed, moved, owed, lot, lot_points) VALUES "
		"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) "
	"ON CONFLICT (account, key) DO NOTHING", "tnttzntzzzttt" "nnnnnnnnnn" "TN"},
	[POINTS_FIND_ENTRY] = {"SELECT kind, points, ref, from_at, until_at, counterpart, available - arrears, lot, lot_points "
	"FROM {entry} WHERE account = $1 AND key = $2", "tt"},
	[POINTS_FIND_REFUNDED] = {"SELECT sum(points)::bigint FROM {entry} WHERE account = $1 AND ref = $2 AND kind = 'refund'", "tt"},
	[POINTS_FIND_LOT] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND id = $2", "tt"},
	[POINTS_NEXT_LOTS] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open AND ({order}) > ({after}) ORDER BY {order} LIMIT 16", "tzzt"},
	[POINTS_DUE_LOTS] = {"SELECT " LOT_COLUMNS " FROM {lot} WHERE account = $1 AND open "
	"AND (until_at <= $3 OR (from_at > $2 AND from_at <= $3)) ORDER BY {order}", "tzz"},
	[POINTS_NEXT_CHANGE] = {"SELECT min(change) FROM (SELECT CASE WHEN from_at > $2 THEN least(from_at, until_at) ELSE until_at END AS change "
	"FROM {lot} WHERE account = $1 AND open AND until_at > $2 ORDER BY {order}) s", "tz"},
	[POINTS_NEW_LOT] = {"INSERT INTO {lot} (account, " LOT_COLUMNS ") VALUES "
	"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", "tttzzznnnnnnnnbTNNNTN"},
	[POINTS_WRITE_LOT] = {"UPDATE {lot} SET (" LOT_COLUMNS ") = "
		"($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) "
	"WHERE account = $1 AND id = $2", "tttzzznnnnnnnnbTNNNTN"},
	[POINTS_DELETE_LOT] = {"DELETE FROM {lot} WHERE account = $1 AND id = $2", "tt"},
	[POINTS_READ_JOURNAL] = {"SELECT kind, key, at, points, ref, from_at, until_at, seq FROM {entry} WHERE account = $1 AND seq > 0 ORDER BY seq", "t"},
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
	tables->policy = policy;
	return tables;
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
		case 'T':
			return TEXTARRAYOID;
		case 'N':
			return INT8ARRAYOID;
		default:
			return TIMESTAMPTZARRAYOID;
	}
}

static SPIPlanPtr
make_plan(points_tables *tables, points_statement statement)
{
	char	   *base = base_name(tables->name);
	bool		fifo = tables->policy.order == POINTS_FIFO;
	points_name_pair names[] = {
		{"{account}", points_tables_name(tables->schema, base, "account")},
		{"{entry}", points_tables_name(tables->schema, base, "entry")},
		{"{lot}", points_tables_name(tables->schema, base, "lot")},
		{"{order}", fifo ? "earned_at, id" : "until_at, earned_at, id"},
		{"{after}", fifo ? "$3, $4" : "$2, $3, $4"},
		{NULL, NULL}
	};
	const char *types = statements[statement].types;
	Oid			oids[32];
	int			count = (int) strlen(types);
	SPIPlanPtr	plan;

	for (int i = 0; i < count; i++)
		oids[i] = type_of(types[i]);
	plan = SPI_prepare(points_tables_expand(statements[statement].sql, names), count, oids);
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
	return SPI_processed;
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
