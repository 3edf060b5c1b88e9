/*
 * points_tables_ddl.c
 *		create_points_ledger(): the tables, views and functions of a ledger, made
 *		on request, owned by the caller.
 *
 * The tables use built-in types only and the views are plain SQL, so that
 * pg_dump takes them whole and they stay readable when the extension is gone.
 * The functions are PL/pgSQL around those of points_posting.c, run with the
 * rights of the ledger's owner and are for nobody until they are granted.
 */
#include "points_tables.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "report.h"

#define MOST_NAME	40			/* bytes: what is put behind must fit into a name */
#define MOST_SCALE	6

/* what a function or procedure is for, and for whom: nobody, until it is granted */
#define SAYS(routine, comment) \
"COMMENT ON ROUTINE " routine " IS '" comment "';" \
"REVOKE ALL ON ROUTINE " routine " FROM PUBLIC;"

/*
 * A fifth of the accounts' pages stays free, for their rows are updated again
 * and again: with more, PostgreSQL would tidy up a page at almost every visit;
 * with less, most rows would have to move.  What is indexed of open lots ends
 * with their name, so there is never anything to be deduplicated.
 *
 * Plans are kept while tables grow, and one that was made for an empty table
 * finds all indexes equally good.  So each statement of points_tables.c has
 * one index that knows all it asks for, and no other does: hence the order of
 * the journal's key, and the condition that holds for every entry, which the
 * statements that read a journal in its order repeat.
 */
static const char table_ddl[] =
"CREATE TABLE {settings} ("
"	time_zone text NOT NULL, scale integer NOT NULL, grace interval NOT NULL, spend_order text NOT NULL, clawback text NOT NULL);"
"CREATE UNIQUE INDEX {settings_one} ON {settings} ((true));"
"INSERT INTO {settings} VALUES ({time_zone'}, {scale'}, {grace'}, {spend_order'}, {clawback'});"
"COMMENT ON TABLE {settings} IS 'the one row of what was decided when the ledger was made; it does not change, for the journal is folded by it';"

"CREATE TABLE {account} ("
"	account text COLLATE \"C\" PRIMARY KEY,"
"	entries bigint NOT NULL DEFAULT 0,"
"	book_time timestamptz,"
"	available bigint NOT NULL DEFAULT 0, pending bigint NOT NULL DEFAULT 0, held bigint NOT NULL DEFAULT 0, arrears bigint NOT NULL DEFAULT 0,"
"	earned bigint NOT NULL DEFAULT 0, spent bigint NOT NULL DEFAULT 0, expired bigint NOT NULL DEFAULT 0, reversed bigint NOT NULL DEFAULT 0, moved bigint NOT NULL DEFAULT 0,"
"	lots bigint NOT NULL DEFAULT 0, claws bigint NOT NULL DEFAULT 0, lots_elsewhere bigint NOT NULL DEFAULT 0, pending_elsewhere bigint NOT NULL DEFAULT 0, change_elsewhere timestamptz,"
"	front integer NOT NULL DEFAULT 0,"
"	lot_id text[], lot_origin text[], lot_earned_at timestamptz[], lot_from_at timestamptz[], lot_until_at timestamptz[], lot_points bigint[],"
"	hold_key text[], hold_until_at timestamptz[], hold_parts bigint[], part_lot text[], part_points bigint[],"
"	debt_number bigint[], debt_lot text[], debt_points bigint[]"
") WITH (fillfactor = 80, toast_tuple_target = 8160);"
"COMMENT ON TABLE {account} IS 'state of each account after its last entry: totals, the lots that come next, open holds, open arrears';"
"COMMENT ON COLUMN {account}.front IS 'so many of the lots come next in spend order; the others come later, are pending or held, or have nothing left';"
"COMMENT ON COLUMN {account}.lot_from_at IS 'NULL where all are as lot_earned_at';"
"COMMENT ON COLUMN {account}.lot_until_at IS 'NULL where all are infinity';"
"COMMENT ON COLUMN {account}.lot_points IS 'for each lot: amount, remaining; and where the rest of any lot is not just spent: held, spent, expired, reversed, moved, and what of the moved went into lots with a grace period';"

"CREATE TABLE {lot} ("
"	account text COLLATE \"C\" NOT NULL, id text COLLATE \"C\" NOT NULL, origin text,"
"	earned_at timestamptz NOT NULL, from_at timestamptz NOT NULL, until_at timestamptz NOT NULL,"
"	amount bigint NOT NULL, remaining bigint NOT NULL, held bigint NOT NULL, spent bigint NOT NULL,"
"	expired bigint NOT NULL, reversed bigint NOT NULL, moved bigint NOT NULL, regranted bigint NOT NULL,"
"	open boolean NOT NULL, grace_lots text[],"
"	claw_number bigint[], claw_owed bigint[], claw_payments bigint[], payment_lot text[], payment_points bigint[],"
"	PRIMARY KEY (account, id));"
"CREATE INDEX {lot_open} ON {lot} (account, {order}) WITH (deduplicate_items = off) WHERE open;"
"{index_ending}"
"CREATE INDEX {lot_pending} ON {lot} (account, from_at) WHERE open AND from_at > earned_at;"
"COMMENT ON TABLE {lot} IS 'the lots that are not in the row of their account: open ones that come later, and those with nothing left';"

"CREATE TABLE {entry} ("
"	account text COLLATE \"C\" NOT NULL, seq bigint NOT NULL, kind text NOT NULL, key text COLLATE \"C\" NOT NULL,"
"	at timestamptz NOT NULL, points bigint, ref text COLLATE \"C\", from_at timestamptz, until_at timestamptz,"
"	effective_at timestamptz, reason text, actor text, counterpart text,"
"	available bigint NOT NULL, pending bigint NOT NULL, held bigint NOT NULL, arrears bigint NOT NULL,"
"	issued bigint NOT NULL, redeemed bigint NOT NULL, expired bigint NOT NULL, reversed bigint NOT NULL, moved bigint NOT NULL, owed bigint NOT NULL,"
"	lot text[], lot_points bigint[],"
"	PRIMARY KEY (key, account));"
"CREATE UNIQUE INDEX {entry_seq} ON {entry} (account, seq) WHERE seq > 0;"
"CREATE INDEX {entry_refund} ON {entry} (account, ref) WHERE kind = 'refund';"
"COMMENT ON TABLE {entry} IS 'the journal, append-only: what happened, the balances after it, what it changed, and the lots it took from';"
"COMMENT ON COLUMN {entry}.lot IS 'the lots it took from; of an entry that made a lot NULL where it changed no other, and {} where not even this one: see the view of allocations';"

"CREATE FUNCTION {keep}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$ "
"BEGIN "
"	RAISE EXCEPTION 'the journal of a points ledger is append-only' USING ERRCODE = 'insufficient_privilege',"
"		DETAIL = format('The table is %I.%I.', TG_TABLE_SCHEMA, TG_TABLE_NAME), HINT = 'Post an entry that undoes the other one.'; "
"END $f$;"
SAYS("{keep}()", "refuses to change what is written")
"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {entry} FOR EACH STATEMENT EXECUTE FUNCTION {keep}();"
"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {settings} FOR EACH STATEMENT EXECUTE FUNCTION {keep}();"
"REVOKE UPDATE, DELETE, TRUNCATE ON {entry}, {settings} FROM PUBLIC, CURRENT_USER;";

/* the lots of an entry, and their points: of one that only made a lot of its own these are not repeated in the journal, which takes a third of its bytes */
#define MADE_LOT		"CASE WHEN lot IS NULL AND (kind = 'earn' OR (kind = 'adjust' AND points > 0)) THEN "
#define ENTRY_LOTS		MADE_LOT "ARRAY[key COLLATE \"default\"] ELSE nullif(lot, '{}') END"
#define ENTRY_POINTS	MADE_LOT "ARRAY[points] ELSE nullif(lot_points, '{}') END"

static const char view_ddl[] =
"CREATE OR REPLACE VIEW {balance} AS"
"	SELECT a.account, a.book_time, a.available, a.pending, a.held, a.arrears, a.available - a.arrears AS balance,"
"		round((a.available - a.arrears) / 10::numeric ^ s.scale, s.scale) AS amount"
"	FROM {account} a, {settings} s;"
"COMMENT ON VIEW {balance} IS 'what each account has after its last entry; amount in whole units of the programme';"

"CREATE OR REPLACE VIEW {lots} AS"
"	SELECT account, lot_id[n.i] AS id, lot_earned_at[n.i] AS earned_at, coalesce(lot_from_at[n.i], lot_earned_at[n.i]) AS from_at, coalesce(lot_until_at[n.i], 'infinity') AS until_at,"
"		lot_points[n.i][1] AS amount, lot_points[n.i][2] AS remaining, coalesce(lot_points[n.i][3], 0) AS held, coalesce(lot_points[n.i][4], lot_points[n.i][1] - lot_points[n.i][2]) AS spent,"
"		coalesce(lot_points[n.i][5], 0) AS expired, coalesce(lot_points[n.i][6], 0) AS reversed, coalesce(lot_points[n.i][7], 0) AS moved, lot_origin[n.i] AS origin"
"	FROM {account}, generate_subscripts(lot_id, 1) AS n(i)"
"	UNION ALL"
"	SELECT account, id, earned_at, from_at, until_at, amount, remaining, held, spent, expired, reversed, moved, origin FROM {lot};"
"COMMENT ON VIEW {lots} IS 'all lots of all accounts after their last entry, wherever they lie';"

"CREATE OR REPLACE VIEW {expiring} AS"
"	SELECT account, until_at, sum(remaining)::bigint AS points FROM {lots} WHERE remaining > 0 AND until_at < 'infinity' GROUP BY account, until_at;"
"COMMENT ON VIEW {expiring} IS 'which points end when, if nobody spends them before';"

"CREATE OR REPLACE VIEW {allocation} AS"
"	SELECT e.account, e.seq, e.key, e.kind, p.lot, p.points FROM {entry} e,"
"		LATERAL (SELECT " ENTRY_LOTS " AS lots, " ENTRY_POINTS " AS points) q, unnest(q.lots, q.points) AS p(lot, points) WHERE e.seq > 0;"
"COMMENT ON VIEW {allocation} IS 'the lots that each entry took from, in that order; of other entries, by how much lots changed';"

"CREATE OR REPLACE VIEW {history} AS"
"	SELECT account, seq, at, effective_at, kind, key, ref, points, available - arrears"
"		- coalesce(lag(available - arrears) OVER (PARTITION BY account ORDER BY seq), 0) AS change,"
"		available - arrears AS balance, pending, held, expired, " ENTRY_LOTS " AS lots, " ENTRY_POINTS " AS lot_points, counterpart, reason, actor"
"	FROM {entry} WHERE seq > 0;"
"COMMENT ON VIEW {history} IS 'why a balance changed: each entry with its change, the balance after it, what expired with it or since the one before, and the lots it touched';"

"CREATE OR REPLACE VIEW {trial_balance} AS"
"	SELECT s.account, s.points FROM"
"		(SELECT sum(available + pending + held - arrears) AS members FROM {account}) a,"
"		(SELECT sum(issued) AS issued, sum(redeemed) AS redeemed, sum(expired) AS expired, sum(reversed) AS reversed, sum(moved) AS moved, sum(owed) AS owed FROM {entry}) e,"
"		LATERAL (VALUES (1, 'members'::text, coalesce(members, 0)), (2, 'issued', -coalesce(issued, 0)), (3, 'redeemed', coalesce(redeemed, 0)), (4, 'expired', coalesce(expired, 0)),"
"			(5, 'reversed', coalesce(reversed, 0)), (6, 'moved', coalesce(moved, 0)), (7, 'arrears', coalesce(owed, 0))) AS s(line, account, points) ORDER BY s.line;"
"COMMENT ON VIEW {trial_balance} IS 'members against what was issued, redeemed, expired, reversed, moved and is owed: the points add up to 0';";

/*
 * For all functions that work through points_posting.c: no plan made for a
 * small table may read a large one from end to end.  Where there is no other
 * way to read a table, as those of somebody's policies and triggers, what such
 * a scan is said to cost would have it compiled, each time.
 */
#define SETTINGS	"SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off"

/*
 * Whatever is handed to a function of the extension is of that function's very
 * types: a constant of no type may be taken for text, and so go to a function
 * that somebody else has put beside ours.
 */
#define NO_TEXT		"NULL::text"
#define NO_TIME		"NULL::timestamptz"
#define NO_POINTS	"NULL::bigint"
#define NOTES	"at timestamptz DEFAULT now(), effective_at timestamptz DEFAULT NULL, reason text DEFAULT NULL, actor text DEFAULT session_user"
#define NOTE_TYPES	"timestamptz, timestamptz, text, text"
#define WRITER	" RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER " SETTINGS " AS $f$ "
#define ENTRY	"BEGIN RETURN {extension}.post_points_entry({account'}::regclass, "
#define END_ENTRY	"); END $f$;"

/* the entries of accounts, how many are there and how many there have been, where that is not the same */
#define INCOMPLETE(which) \
	"(SELECT coalesce(y.account, e.account) AS account, coalesce(e.there, 0) AS there, greatest(e.numbered, y.entries) AS numbered" \
	" FROM (SELECT z.account, z.entries FROM {account} z WHERE " which ") y" \
	" FULL JOIN (SELECT z.account, count(*) AS there, max(z.seq) AS numbered FROM {entry} z WHERE z.seq > 0 AND " which " GROUP BY z.account) e ON e.account = y.account" \
	" WHERE coalesce(e.there, 0) < greatest(e.numbered, y.entries)) c"

/* an account without some of its entries is another account: that is no answer, nor what state may be made from */
#define IF_INCOMPLETE(account) \
"	IF there < numbered THEN " \
"		RAISE EXCEPTION 'journal of the account is incomplete' USING ERRCODE = 'data_corrupted'," \
"			DETAIL = format('Of the first %s entries of account \"%s\" %s are there.', numbered, " account ", there)," \
"			HINT = 'Bring them back, from an archive or a backup. Where it is the row of the account that is wrong, delete that.'; " \
"	END IF;"

static const char function_ddl[] =
"CREATE OR REPLACE FUNCTION {earn}(account text, key text, points bigint, from_at timestamptz DEFAULT NULL, until_at timestamptz DEFAULT NULL, " NOTES ")" WRITER
ENTRY "$1, 'earn'::text, $2, $6, $3, " NO_TEXT ", $4, $5, $7, $8, $9" END_ENTRY
SAYS("{earn}(text, text, bigint, timestamptz, timestamptz, " NOTE_TYPES ")", "a new lot of points; returns the balance, as do all that post")
"CREATE OR REPLACE FUNCTION {confirm}(account text, key text, ref text, " NOTES ")" WRITER
ENTRY "$1, 'confirm'::text, $2, $4, " NO_POINTS ", $3, " NO_TIME ", " NO_TIME ", $5, $6, $7" END_ENTRY
SAYS("{confirm}(text, text, text, " NOTE_TYPES ")", "a pending lot becomes available")
"CREATE OR REPLACE FUNCTION {hold}(account text, key text, points bigint, until_at timestamptz DEFAULT NULL, " NOTES ")" WRITER
ENTRY "$1, 'hold'::text, $2, $5, $3, " NO_TEXT ", " NO_TIME ", $4, $6, $7, $8" END_ENTRY
SAYS("{hold}(text, text, bigint, timestamptz, " NOTE_TYPES ")", "keeps points aside until they are captured, given up, or time is out")
"CREATE OR REPLACE FUNCTION {capture}(account text, key text, ref text, points bigint, " NOTES ")" WRITER
ENTRY "$1, 'capture'::text, $2, $5, $4, $3, " NO_TIME ", " NO_TIME ", $6, $7, $8" END_ENTRY
SAYS("{capture}(text, text, text, bigint, " NOTE_TYPES ")", "spends points of a hold and releases the rest")
"CREATE OR REPLACE FUNCTION {void}(account text, key text, ref text, " NOTES ")" WRITER
ENTRY "$1, 'void'::text, $2, $4, " NO_POINTS ", $3, " NO_TIME ", " NO_TIME ", $5, $6, $7" END_ENTRY
SAYS("{void}(text, text, text, " NOTE_TYPES ")", "gives up a hold")
"CREATE OR REPLACE FUNCTION {redeem}(account text, key text, points bigint, " NOTES ")" WRITER
ENTRY "$1, 'redeem'::text, $2, $4, $3, " NO_TEXT ", " NO_TIME ", " NO_TIME ", $5, $6, $7" END_ENTRY
SAYS("{redeem}(text, text, bigint, " NOTE_TYPES ")", "spends points")
"CREATE OR REPLACE FUNCTION {refund}(account text, key text, ref text, points bigint, " NOTES ")" WRITER
ENTRY "$1, 'refund'::text, $2, $5, $4, $3, " NO_TIME ", " NO_TIME ", $6, $7, $8" END_ENTRY
SAYS("{refund}(text, text, text, bigint, " NOTE_TYPES ")", "undoes a redemption, or a part of it")
"CREATE OR REPLACE FUNCTION {reverse}(account text, key text, ref text, points bigint, " NOTES ")" WRITER
ENTRY "$1, 'reverse'::text, $2, $5, $4, $3, " NO_TIME ", " NO_TIME ", $6, $7, $8" END_ENTRY
SAYS("{reverse}(text, text, text, bigint, " NOTE_TYPES ")", "takes back points of a lot, for what earned them was undone")
"CREATE OR REPLACE FUNCTION {adjust}(account text, key text, points bigint, reason text, allow_arrears boolean DEFAULT false,"
"	at timestamptz DEFAULT now(), effective_at timestamptz DEFAULT NULL, actor text DEFAULT session_user)" WRITER
ENTRY "$1, 'adjust'::text, $2, $6, $3, CASE WHEN $5 THEN 'allow_arrears'::text END, " NO_TIME ", " NO_TIME ", $7, $4, $8" END_ENTRY
SAYS("{adjust}(text, text, bigint, text, boolean, timestamptz, timestamptz, text)", "points up or down by hand, with a reason")
"CREATE OR REPLACE FUNCTION {transfer}(source text, target text, key text, points bigint, " NOTES ")" WRITER
"BEGIN RETURN {extension}.transfer_points({account'}::regclass, $1, $2, $3, $5, $4, $6, $7, $8); END $f$;"
SAYS("{transfer}(text, text, text, bigint, " NOTE_TYPES ")", "points go from one account to another and keep their dates; returns the balance of the source")
"CREATE OR REPLACE FUNCTION {merge}(source text, target text, key text, " NOTES ")" WRITER
"BEGIN RETURN {extension}.merge_points({account'}::regclass, $1, $2, $3, $4, $5, $6, $7); END $f$;"
SAYS("{merge}(text, text, text, " NOTE_TYPES ")", "everything free or pending goes to another account")
"CREATE OR REPLACE FUNCTION {post}(account text[], kind text[], key text[], at timestamptz[], points bigint[], ref text[] DEFAULT NULL,"
"	from_at timestamptz[] DEFAULT NULL, until_at timestamptz[] DEFAULT NULL, effective_at timestamptz[] DEFAULT NULL, reason text[] DEFAULT NULL, actor text DEFAULT session_user)"
"	RETURNS bigint[] LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER " SETTINGS " AS $f$ "
"BEGIN RETURN {extension}.post_points_entries({account'}::regclass, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11); END $f$;"
SAYS("{post}(text[], text[], text[], timestamptz[], bigint[], text[], timestamptz[], timestamptz[], timestamptz[], text[], text)", "many entries, all or none; returns their balances")
"CREATE OR REPLACE FUNCTION {earn_many}(account text[], key text[], points bigint[], from_at timestamptz[] DEFAULT NULL, until_at timestamptz[] DEFAULT NULL,"
"	at timestamptz DEFAULT now(), actor text DEFAULT session_user)"
"	RETURNS bigint[] LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER " SETTINGS " AS $f$ "
"BEGIN RETURN {extension}.post_points_entries({account'}::regclass, $1, CASE WHEN $1 IS NOT NULL THEN array_fill('earn'::text, ARRAY[cardinality($1)]) END, $2,"
"	CASE WHEN $1 IS NOT NULL THEN array_fill($6, ARRAY[cardinality($1)]) END, $3, NULL::text[], $4, $5, NULL::timestamptz[], NULL::text[], $7); END $f$;"
SAYS("{earn_many}(text[], text[], bigint[], timestamptz[], timestamptz[], timestamptz, text)", "many lots, all or none")

"CREATE OR REPLACE FUNCTION {expires_at}(earned timestamptz, validity interval, snap text DEFAULT 'none') RETURNS timestamptz"
"	LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$ "
"BEGIN RETURN {extension}.expires_at($1, $2, $3, (SELECT time_zone FROM {settings})); END $f$;"
SAYS("{expires_at}(timestamptz, interval, text)", "when points expire, by the calendar and the clocks of the ledger''s time zone")

"CREATE OR REPLACE FUNCTION {ledger}(account text, through timestamptz DEFAULT 'infinity') RETURNS {extension}.points_ledger"
"	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$ "
"DECLARE whole {extension}.points_ledger; there bigint; numbered bigint; "
"BEGIN "
"	SELECT {extension}.points_ledger({extension}.empty_points_ledger(s.grace, s.spend_order, s.clawback),"
"		e.kind, e.key, e.at, e.points, e.ref, e.from_at, e.until_at ORDER BY e.seq) FILTER (WHERE e.at <= $2),"
"		count(*) FILTER (WHERE e.at <= $2), coalesce(min(e.seq) FILTER (WHERE e.at > $2) - 1, greatest(max(e.seq), (SELECT a.entries FROM {account} a WHERE a.account = $1))) INTO whole, there, numbered"
"	FROM {entry} e, {settings} s WHERE e.account = $1 AND e.seq > 0;"
	IF_INCOMPLETE("$1")
"	RETURN whole; "
"END $f$;"
SAYS("{ledger}(text, timestamptz)", "the whole account, folded from its journal, as of its last entry up to a time")
"CREATE OR REPLACE FUNCTION {balance}(account text, at timestamptz DEFAULT NULL) RETURNS bigint"
"	LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER " SETTINGS " AS $f$ "
"BEGIN RETURN coalesce({extension}.points_balance({account'}::regclass, $1, $2), CASE WHEN $2 IS NOT NULL THEN {extension}.balance({ledger}($1, $2), $2) END, 0); END $f$;"
SAYS("{balance}(text, timestamptz)", "available points less arrears now, or at any time, past or to come if nothing else happens");

/*
 * What is stored against what follows from the journal, row by row: a line for
 * each column that differs, or one for a row that is missing or one too many.
 * The owner may have added columns of any name to the tables, so variables and
 * aliases are always said to be such.
 */
#define COMPARE(what, id, stored, expected) \
"		RETURN QUERY SELECT this.a, concat_ws(' ', " what ", d.k), d.stored, d.expected FROM " stored " s FULL JOIN " expected " x ON x." id " COLLATE \"C\" = s." id "," \
"			LATERAL (SELECT k, to_jsonb(s) ->> k, to_jsonb(x) ->> k FROM jsonb_object_keys(to_jsonb(x)) k WHERE s." id " IS NOT NULL AND to_jsonb(s) -> k IS DISTINCT FROM to_jsonb(x) -> k" \
"				UNION ALL SELECT NULL, s::text, x::text WHERE s." id " IS NULL OR x." id " IS NULL) d(k, stored, expected)" \
"			WHERE (s *= x) IS NOT TRUE;"

/* a number of a lot in the row of its account, where it is left out if there is nothing to tell of any lot */
#define NUMBER(which, otherwise)	"CASE WHEN array_length(lot_points, 2) = 2 THEN " otherwise " ELSE lot_points[n.i][" which "] END"

/* what an entry tells beside what was posted */
#define OUTCOME(of) \
	of "available, " of "pending, " of "held, " of "arrears, " of "issued, " of "redeemed, " of "expired, " \
	of "reversed, " of "moved, " of "owed, " of "lot, " of "lot_points"

/* entries of an account that tell something else than its replay, as they should be; a full join never compares each with each */
#define WRONG_ENTRIES \
	"(SELECT x.* FROM (SELECT * FROM {entry} y WHERE y.account = this.a AND y.seq > 0) e" \
	" FULL JOIN {extension}.replay_points_entries({account'}::regclass, this.a) x ON x.key COLLATE \"C\" = e.key" \
	" WHERE (" OUTCOME("e.") ") IS DISTINCT FROM (" OUTCOME("x.") "))"

/* a row must not hide where row security hides it: then these two are an error; what is done account by account is not worth compiling */
#define UNFILTERED	"SET search_path = pg_catalog, pg_temp SET row_security = off SET jit = off"

static const char check_ddl[] =
"CREATE OR REPLACE FUNCTION {verify}() RETURNS TABLE (account text, what text, stored text, expected text)"
"	LANGUAGE plpgsql STABLE " UNFILTERED " AS $f$\n#variable_conflict use_column\n"
"<<this>> DECLARE a text; detail text; "
"BEGIN "
"	FOR a IN SELECT y.account FROM {account} y UNION SELECT y.account FROM {lot} y UNION SELECT y.account FROM {entry} y ORDER BY 1 LOOP BEGIN "
COMPARE("CASE WHEN d.k IS NULL THEN 'account' END", "account",
"(SELECT y.account, y.entries, y.book_time, y.available, y.pending, y.held, y.arrears, y.earned, y.spent, y.expired, y.reversed, y.moved, y.lots, y.claws,"
"				y.hold_key, y.hold_until_at, y.hold_parts, y.part_lot, y.part_points, y.debt_number, y.debt_lot, y.debt_points FROM {account} y WHERE y.account = this.a)",
"(SELECT this.a AS account, y.* FROM {extension}.replay_points_account({account'}::regclass, this.a) y WHERE y.entries > 0 OR EXISTS (SELECT FROM {account} z WHERE z.account = this.a))")
COMPARE("'lot ' || coalesce(s.id, x.id)", "id",
"(SELECT y.*, count(*) OVER (PARTITION BY y.id) AS rows FROM"
"				(SELECT lot_id[n.i] COLLATE \"C\" AS id, lot_origin[n.i] AS origin, lot_earned_at[n.i] AS earned_at,"
"					CASE WHEN lot_from_at IS NULL THEN lot_earned_at[n.i] ELSE lot_from_at[n.i] END AS from_at,"
"					CASE WHEN lot_until_at IS NULL THEN 'infinity' ELSE lot_until_at[n.i] END AS until_at,"
"					lot_points[n.i][1] AS amount, lot_points[n.i][2] AS remaining, " NUMBER("3", "0") " AS held, " NUMBER("4", "lot_points[n.i][1] - lot_points[n.i][2]") " AS spent, "
						NUMBER("5", "0") " AS expired, " NUMBER("6", "0") " AS reversed, " NUMBER("7", "0") " AS moved, " NUMBER("8", "0") " AS regranted,"
"					lot_points[n.i][2] > 0 AS open, NULL::text[] AS grace_lots,"
"					NULL::bigint[] AS claw_number, NULL::bigint[] AS claw_owed, NULL::bigint[] AS claw_payments, NULL::text[] AS payment_lot, NULL::bigint[] AS payment_points"
"				FROM {account} z, generate_series(1, greatest(cardinality(lot_id), cardinality(lot_origin), cardinality(lot_earned_at), cardinality(lot_from_at),"
"					cardinality(lot_until_at), array_length(lot_points, 1))) AS n(i) WHERE z.account = this.a"
"				UNION ALL SELECT id, origin, earned_at, from_at, until_at, amount, remaining, held, spent, expired, reversed, moved, regranted, open, grace_lots,"
"					claw_number, claw_owed, claw_payments, payment_lot, payment_points FROM {lot} z WHERE z.account = this.a) y)",
"(SELECT y.*, 1::bigint AS rows FROM {extension}.replay_points_lots({account'}::regclass, this.a) y)")
COMPARE("'entry ' || coalesce(s.key, x.key)", "key",
"(SELECT y.key, y.seq, y.at, " OUTCOME("y.") " FROM {entry} y WHERE y.account = this.a AND y.seq > 0)",
"{extension}.replay_points_entries({account'}::regclass, this.a)")
/*
 * Where lots lie: no available lot elsewhere comes before those at the front of the account's row, where all available ones are
 * if none is elsewhere; and the row tells of the others.
 */
"		RETURN QUERY SELECT this.a, q.what, q.stored, q.expected FROM {account} y, {settings} p,"
"			LATERAL (SELECT count(*) AS number, count(*) FILTER (WHERE z.from_at > y.book_time) AS pending, coalesce(min(CASE WHEN z.from_at > y.book_time THEN least(z.from_at, z.until_at) ELSE z.until_at END), 'infinity') AS change"
"				FROM {lot} z WHERE z.account = this.a AND z.open) e,"
"			LATERAL (SELECT count(*) AS front FROM generate_subscripts(y.lot_id, 1) AS n(i) WHERE y.lot_points[n.i][2] > 0 AND coalesce(y.lot_from_at[n.i], y.lot_earned_at[n.i]) <= y.book_time AND (n.i <= y.front OR (e.number = e.pending AND coalesce(y.lot_points[n.i][3], 0) = 0))"
"				AND NOT EXISTS (SELECT FROM {lot} z WHERE z.account = this.a AND z.open AND z.from_at <= y.book_time AND (CASE p.spend_order WHEN 'fefo' THEN z.until_at ELSE '-infinity' END, z.earned_at, z.id)"
"					< (CASE p.spend_order WHEN 'fefo' THEN coalesce(y.lot_until_at[n.i], 'infinity') ELSE '-infinity' END, y.lot_earned_at[n.i], y.lot_id[n.i] COLLATE \"C\"))) f,"
"			LATERAL (VALUES ('lots_elsewhere', y.lots_elsewhere::text, e.number::text, y.lots_elsewhere = e.number),"
"				('pending_elsewhere', y.pending_elsewhere::text, e.pending::text, y.pending_elsewhere = e.pending),"
"				('change_elsewhere', y.change_elsewhere::text, nullif(e.change, 'infinity')::text,"
"					coalesce(y.change_elsewhere, 'infinity') <= e.change AND (e.number > 0 OR y.change_elsewhere IS NULL)),"
"				('front', y.front::text, f.front::text, y.front = f.front)) AS q(what, stored, expected, well)"
"			WHERE y.account = this.a AND NOT q.well;"
/* a journal that cannot be replayed must not keep other accounts from being looked at; who may not look at it is told so */
"	EXCEPTION WHEN insufficient_privilege OR undefined_function THEN RAISE; WHEN OTHERS THEN "
"		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;"
"		RETURN QUERY VALUES (this.a, 'journal', concat_ws(': ', SQLERRM, nullif(this.detail, '')), NULL::text);"
"	END; END LOOP;"
"	RETURN QUERY SELECT y.account, 'entry ' || y.key, y::text, NULL::text FROM {entry} y WHERE y.seq <= 0;"
"	RETURN QUERY SELECT c.account, 'journal', c.there || ' entries', c.numbered::text FROM " INCOMPLETE("true") " ORDER BY 1;"
"	RETURN QUERY SELECT s.source, 'transfers to ' || s.target, s.arrived::text, s.gone::text FROM"
"		(SELECT CASE WHEN kind LIKE '%out' THEN y.account ELSE counterpart END AS source, CASE WHEN kind LIKE '%out' THEN counterpart ELSE y.account END AS target,"
"			coalesce(sum(points) FILTER (WHERE kind LIKE '%in'), 0) AS arrived, coalesce(sum(points) FILTER (WHERE kind LIKE '%out'), 0) AS gone"
"		FROM {entry} y WHERE kind IN ('transfer_out', 'transfer_in', 'merge_out', 'merge_in') GROUP BY 1, 2) s WHERE s.arrived <> s.gone; "
"END $f$;"
SAYS("{verify}()", "replays every account and returns what is stored differently: nothing, if all is well")

/*
 * What an entry tells beside what was posted is derived too.  It is written
 * where it is wrong, and nowhere else: the journal is append-only.
 */
"CREATE OR REPLACE PROCEDURE {rebuild}(account text DEFAULT NULL) LANGUAGE plpgsql " UNFILTERED " AS $f$\n#variable_conflict use_column\n"
"<<this>> DECLARE a text; kept text[]; wrong text[] := '{}'; there bigint; numbered bigint; "
"BEGIN "
"	IF $1 IS NULL THEN LOCK TABLE {account}, {lot} IN EXCLUSIVE MODE; ELSE PERFORM FROM {account} WHERE account = $1 FOR UPDATE; END IF;"
"	SELECT c.account, c.there, c.numbered INTO a, there, numbered FROM " INCOMPLETE("($1 IS NULL OR z.account = $1)") " LIMIT 1;"
	IF_INCOMPLETE("a")
"	DELETE FROM {account} y WHERE ($1 IS NULL OR account = $1) AND NOT EXISTS (SELECT FROM {entry} e WHERE e.account = y.account AND e.seq > 0);"
"	DELETE FROM {lot} WHERE $1 IS NULL OR account = $1;"
"	IF $1 IS NULL THEN kept := ARRAY(SELECT DISTINCT account FROM {entry} WHERE seq > 0);"
"	ELSE kept := ARRAY(SELECT $1 WHERE EXISTS (SELECT FROM {entry} e WHERE e.account = $1 AND e.seq > 0)); END IF;"
"	FOREACH a IN ARRAY kept LOOP "
"		IF EXISTS " WRONG_ENTRIES " THEN wrong := wrong || this.a; END IF;"
"	END LOOP;"
"	IF wrong <> '{}' THEN "
"		ALTER TABLE {entry} DISABLE TRIGGER append_only;"
"		GRANT UPDATE ON {entry} TO CURRENT_USER;"
"		FOREACH a IN ARRAY wrong LOOP "
"			UPDATE {entry} e SET (" OUTCOME("") ") = (" OUTCOME("x.") ") FROM " WRONG_ENTRIES " x WHERE e.account = this.a AND e.key = x.key COLLATE \"C\";"
"		END LOOP;"
"		REVOKE UPDATE ON {entry} FROM CURRENT_USER;"
"		ALTER TABLE {entry} ENABLE TRIGGER append_only;"
"	END IF;"
"	PERFORM {extension}.rebuild_points_account({account'}::regclass, y) FROM unnest(this.kept) AS y; "
"END $f$;"
SAYS("{rebuild}(text)", "restores the state of all accounts, or of one, from what was posted alone")

"CREATE OR REPLACE PROCEDURE {refresh}() LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$ "
"DECLARE home name := (SELECT n.nspname FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname = 'loyalty'); "
"BEGIN "
"	IF home IS NULL THEN RAISE EXCEPTION 'extension \"loyalty\" is not installed' USING ERRCODE = 'undefined_object', HINT = 'First CREATE EXTENSION loyalty.'; END IF;"
"	EXECUTE format('CALL %I.refresh_points_ledger(%L::text, %L::text)', home, {schema'}, {name'}); "
"END $f$;"
SAYS("{refresh}()", "brings views and functions up to date after ALTER EXTENSION loyalty UPDATE or SET SCHEMA");

/* ---------- running them ---------- */

typedef struct ledger_names
{
	points_name_pair pairs[64];
	int			count;
} ledger_names;

static void
stands_for(ledger_names *names, const char *token, const char *name)
{
	names->pairs[names->count].token = psprintf("{%s}", token);
	names->pairs[names->count++].name = name;
	names->pairs[names->count].token = NULL;
}

static ledger_names *
names_of(const char *schema, const char *base, Oid function)
{
	static const char *const objects[] = {
		"settings", "account", "lot", "entry", "keep", "balance", "lots", "expiring", "allocation", "history", "trial_balance",
		"earn", "earn_many", "expires_at", "confirm", "hold", "capture", "void", "redeem", "refund", "reverse", "adjust", "transfer", "merge", "post",
		"ledger", "verify", "rebuild", "refresh"
	};
	const char *extension = get_namespace_name(get_func_namespace(function));
	const char *quote = "$f$";
	ledger_names *names = palloc0(sizeof(ledger_names));

	for (size_t i = 0; i < lengthof(objects); i++)
		stands_for(names, objects[i], points_tables_name(schema, base, objects[i]));
	stands_for(names, "account'", quote_literal_cstr(points_tables_name(schema, base, "account")));
	/* an index lies in the schema of its table */
	stands_for(names, "lot_pending", quote_identifier(psprintf("%s_lot_pending", base)));
	stands_for(names, "lot_open", quote_identifier(psprintf("%s_lot_open", base)));
	stands_for(names, "settings_one", quote_identifier(psprintf("%s_settings_one", base)));
	stands_for(names, "entry_seq", quote_identifier(psprintf("%s_entry_seq", base)));
	stands_for(names, "entry_refund", quote_identifier(psprintf("%s_entry_refund", base)));
	stands_for(names, "schema'", quote_literal_cstr(schema));
	stands_for(names, "name'", quote_literal_cstr(base));
	stands_for(names, "extension", quote_identifier(extension));
	/* a name must not end the body that it is part of */
	while (strstr(schema, quote) != NULL || strstr(base, quote) != NULL || strstr(extension, quote) != NULL)
		quote = psprintf("$f%s", quote + 1);
	names->pairs[names->count++] = (points_name_pair) {"$f$", quote};
	return names;
}

/* no object of the caller's search_path may stand in for one of PostgreSQL's */
static void
run_ddl(const char *template, const ledger_names *names)
{
	if (SPI_execute(points_tables_expand(template, names->pairs), false, 0) < 0)
		elog(ERROR, "a points ledger cannot be made: %s", SPI_result_code_string(SPI_result));
}

static char *
name_arg(FunctionCallInfo fcinfo, int arg, const char *argument, int most)
{
	char	   *name = PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));

	if (name == NULL || *name == '\0' || strlen(name) > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("%s must have 1 to %d bytes", argument, most),
				 name ? errdetail("It is \"%s\".", shortened(name)) : errdetail("It is NULL.")));
	return name;
}

static int
begin_ddl(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	return level;
}

static void
end_ddl(int level)
{
	SPI_finish();
	AtEOXact_GUC(true, level);
}

/* schema, name, time_zone, scale, grace, spend_order, clawback */
PG_FUNCTION_INFO_V1(points_tables_create);
Datum
points_tables_create(PG_FUNCTION_ARGS)
{
	char	   *schema = name_arg(fcinfo, 0, "schema", NAMEDATALEN - 1);
	char	   *base = name_arg(fcinfo, 1, "name of a points ledger", MOST_NAME);
	char	   *zone = name_arg(fcinfo, 2, "time_zone", TZ_STRLEN_MAX);
	ledger_names *names = names_of(schema, base, fcinfo->flinfo->fn_oid);
	points_policy policy = points_policy_args(fcinfo, 4);
	int			level;

	if (PG_ARGISNULL(3) || PG_GETARG_INT32(3) < 0 || PG_GETARG_INT32(3) > MOST_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale must be between 0 and %d", MOST_SCALE),
				 PG_ARGISNULL(3) ? errdetail("It is NULL.") : errdetail("The value is %d.", PG_GETARG_INT32(3))));
	/* an unknown zone is an error here, not years later */
	(void) check_time_zone(zone);
	(void) get_namespace_oid(schema, false);
	if (OidIsValid(RangeVarGetRelid(makeRangeVar(schema, psprintf("%s_account", base), -1), NoLock, true)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("points ledger \"%s\" already exists", base),
				 errdetail("There is a table %s.", points_tables_name(schema, base, "account"))));
	stands_for(names, "time_zone'", quote_literal_cstr(zone));
	stands_for(names, "scale'", psprintf("%d", PG_GETARG_INT32(3)));
	stands_for(names, "grace'", psprintf("interval '" INT64_FORMAT " microseconds'", policy.grace));
	stands_for(names, "spend_order'", policy.order == POINTS_FIFO ? "'fifo'" : "'fefo'");
	stands_for(names, "clawback'", policy.clawback == POINTS_FORGIVE ? "'forgive'" : policy.clawback == POINTS_REFUSE ? "'refuse'" : "'arrears'");
	/* soonest first, the spend order says what ends next, too */
	stands_for(names, "index_ending", policy.order != POINTS_FIFO ? "" : psprintf("CREATE INDEX %s ON %s (account, until_at) WHERE open AND until_at < 'infinity';",
																				quote_identifier(psprintf("%s_lot_ending", base)), points_tables_name(schema, base, "lot")));
	stands_for(names, "order", policy.order == POINTS_FIFO ? "earned_at, id" : "until_at, earned_at, id");
	/* nor are functions and views of somebody's that are called so to be replaced */
	names->pairs[names->count++] = (points_name_pair) {"CREATE OR REPLACE ", "CREATE "};
	level = begin_ddl();
	run_ddl(table_ddl, names);
	run_ddl(view_ddl, names);
	run_ddl(function_ddl, names);
	run_ddl(check_ddl, names);
	end_ddl(level);
	PG_RETURN_VOID();
}

static Oid
owner_of(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Whoever calls this, what is made belongs to the owner of the ledger: its
 * functions run with the rights of their owner.
 */
PG_FUNCTION_INFO_V1(points_tables_refresh);
Datum
points_tables_refresh(PG_FUNCTION_ARGS)
{
	char	   *schema = name_arg(fcinfo, 0, "schema", NAMEDATALEN - 1);
	char	   *base = name_arg(fcinfo, 1, "name of a points ledger", MOST_NAME);
	ledger_names *names = names_of(schema, base, fcinfo->flinfo->fn_oid);
	Oid			accounts = RangeVarGetRelid(makeRangeVar(schema, psprintf("%s_account", base), -1), AccessShareLock, false);
	Oid			user;
	int			context;
	int			level;

	if (!loyalty_owns_relation(accounts, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(accounts));
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner_of(accounts), context | SECURITY_LOCAL_USERID_CHANGE);
	level = begin_ddl();
	run_ddl(view_ddl, names);
	run_ddl(function_ddl, names);
	run_ddl(check_ddl, names);
	end_ddl(level);
	SetUserIdAndSecContext(user, context);
	PG_RETURN_VOID();
}
