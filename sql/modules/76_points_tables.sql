/*
 * Points ledgers in tables: made on request, owned by whoever asks.
 * Reference: doc/points_tables.md
 */

CREATE PROCEDURE create_points_ledger(schema text, name text, time_zone text DEFAULT 'UTC', scale integer DEFAULT 0,
		grace interval DEFAULT '0', spend_order text DEFAULT 'fefo', clawback text DEFAULT 'arrears')
	LANGUAGE C
	AS 'MODULE_PATHNAME', 'points_tables_create';
COMMENT ON PROCEDURE create_points_ledger(text, text, text, integer, interval, text, text) IS
	'makes the tables, views and functions of a points ledger in a schema, named after it';

CREATE PROCEDURE refresh_points_ledger(schema text, name text)
	LANGUAGE C
	AS 'MODULE_PATHNAME', 'points_tables_refresh';
COMMENT ON PROCEDURE refresh_points_ledger(text, text) IS
	'makes the views and functions of a points ledger anew; its tables stay as they are';

CREATE FUNCTION post_points_entry(accounts regclass, account text, kind text, key text, at timestamptz, points bigint, ref text,
		from_at timestamptz, until_at timestamptz, effective_at timestamptz, reason text, actor text) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000
	AS 'MODULE_PATHNAME', 'points_post_entry';
COMMENT ON FUNCTION post_points_entry(regclass, text, text, text, timestamptz, bigint, text, timestamptz, timestamptz, timestamptz, text, text) IS
	'posts one entry to a ledger in tables; returns the balance after it';

CREATE FUNCTION post_points_entries(accounts regclass, account text[], kind text[], key text[], at timestamptz[], points bigint[], ref text[],
		from_at timestamptz[], until_at timestamptz[], effective_at timestamptz[], reason text[], actor text) RETURNS bigint[]
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000
	AS 'MODULE_PATHNAME', 'points_post_entries';
COMMENT ON FUNCTION post_points_entries(regclass, text[], text[], text[], timestamptz[], bigint[], text[], timestamptz[], timestamptz[], timestamptz[], text[], text) IS
	'posts many entries to a ledger in tables, all or none; returns the balances after them';

CREATE FUNCTION transfer_points(accounts regclass, source text, target text, key text, at timestamptz, points bigint,
		effective_at timestamptz, reason text, actor text) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 2000
	AS 'MODULE_PATHNAME', 'points_transfer_entries';
COMMENT ON FUNCTION transfer_points(regclass, text, text, text, timestamptz, bigint, timestamptz, text, text) IS
	'posts a transfer to both accounts of a ledger in tables; returns the balance of the source';

CREATE FUNCTION merge_points(accounts regclass, source text, target text, key text, at timestamptz,
		effective_at timestamptz, reason text, actor text) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 2000
	AS 'MODULE_PATHNAME', 'points_merge_entries';
COMMENT ON FUNCTION merge_points(regclass, text, text, text, timestamptz, timestamptz, text, text) IS
	'posts a merge to both accounts of a ledger in tables; returns the balance of the source';

CREATE FUNCTION points_balance(accounts regclass, account text, at timestamptz) RETURNS bigint
	LANGUAGE C STABLE PARALLEL SAFE COST 500
	AS 'MODULE_PATHNAME', 'points_account_balance';
COMMENT ON FUNCTION points_balance(regclass, text, timestamptz) IS
	'balance of an account of a ledger in tables now, or at a time from its last entry on; NULL for a time before, or without an entry';

CREATE FUNCTION rebuild_points_account(accounts regclass, account text) RETURNS bigint
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000
	AS 'MODULE_PATHNAME', 'points_account_rebuild';
COMMENT ON FUNCTION rebuild_points_account(regclass, text) IS
	'writes the state of an account anew from its journal; its lots must have been deleted';

-- what the tables should say, from the journal alone

CREATE FUNCTION replay_points_account(accounts regclass, account text, OUT entries bigint, OUT book_time timestamptz,
		OUT available bigint, OUT pending bigint, OUT held bigint, OUT arrears bigint,
		OUT earned bigint, OUT spent bigint, OUT expired bigint, OUT reversed bigint, OUT moved bigint, OUT lots bigint, OUT claws bigint,
		OUT hold_key text[], OUT hold_until_at timestamptz[], OUT hold_parts bigint[], OUT part_lot text[], OUT part_points bigint[],
		OUT debt_number bigint[], OUT debt_lot text[], OUT debt_points bigint[]) RETURNS SETOF record
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 1
	AS 'MODULE_PATHNAME', 'points_replay_account';
COMMENT ON FUNCTION replay_points_account(regclass, text) IS
	'what the row of an account in a ledger in tables should say, from its journal alone';

CREATE FUNCTION replay_points_lots(accounts regclass, account text, OUT id text, OUT origin text,
		OUT earned_at timestamptz, OUT from_at timestamptz, OUT until_at timestamptz, OUT amount bigint, OUT remaining bigint, OUT held bigint,
		OUT spent bigint, OUT expired bigint, OUT reversed bigint, OUT moved bigint, OUT regranted bigint, OUT open boolean, OUT grace_lots text[],
		OUT claw_number bigint[], OUT claw_owed bigint[], OUT claw_payments bigint[], OUT payment_lot text[], OUT payment_points bigint[]) RETURNS SETOF record
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20
	AS 'MODULE_PATHNAME', 'points_replay_lots';
COMMENT ON FUNCTION replay_points_lots(regclass, text) IS
	'what the lots of an account in a ledger in tables should be, from its journal alone';

CREATE FUNCTION replay_points_entries(accounts regclass, account text, OUT key text, OUT seq bigint, OUT at timestamptz,
		OUT available bigint, OUT pending bigint, OUT held bigint, OUT arrears bigint,
		OUT issued bigint, OUT redeemed bigint, OUT expired bigint, OUT reversed bigint, OUT moved bigint, OUT owed bigint,
		OUT lot text[], OUT lot_points bigint[]) RETURNS SETOF record
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20
	AS 'MODULE_PATHNAME', 'points_replay_entries';
COMMENT ON FUNCTION replay_points_entries(regclass, text) IS
	'what the entries of an account in a ledger in tables should tell beside what was posted: their number and book time, the balances after them, what they changed, their lots';
