/*
 * points_ledger: points, stamps and cash back as the fold of a journal.
 * Reference: doc/points_ledger.md
 */

CREATE TYPE points_ledger;

CREATE FUNCTION points_ledger_in(cstring) RETURNS points_ledger
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION points_ledger_in(cstring) IS 'text input of points_ledger';

CREATE FUNCTION points_ledger_out(points_ledger) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION points_ledger_out(points_ledger) IS 'text output of points_ledger';

CREATE FUNCTION points_ledger_recv(internal) RETURNS points_ledger
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION points_ledger_recv(internal) IS 'binary input of points_ledger';

CREATE FUNCTION points_ledger_send(points_ledger) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION points_ledger_send(points_ledger) IS 'binary output of points_ledger';

CREATE TYPE points_ledger (
	INPUT = points_ledger_in,
	OUTPUT = points_ledger_out,
	RECEIVE = points_ledger_recv,
	SEND = points_ledger_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE points_ledger IS
	'the state of one account of points: its policies and the accepted entries of its journal, whose fold it is';

-- comparison: of the stored bytes, which are the same for the same journal and policies

CREATE FUNCTION points_ledger_eq(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_eq';
COMMENT ON FUNCTION points_ledger_eq(points_ledger, points_ledger) IS
	'implementation of = operator';

CREATE FUNCTION points_ledger_ne(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_ne';
COMMENT ON FUNCTION points_ledger_ne(points_ledger, points_ledger) IS
	'implementation of <> operator';

CREATE FUNCTION points_ledger_lt(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_lt';
COMMENT ON FUNCTION points_ledger_lt(points_ledger, points_ledger) IS
	'implementation of < operator';

CREATE FUNCTION points_ledger_le(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_le';
COMMENT ON FUNCTION points_ledger_le(points_ledger, points_ledger) IS
	'implementation of <= operator';

CREATE FUNCTION points_ledger_gt(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_gt';
COMMENT ON FUNCTION points_ledger_gt(points_ledger, points_ledger) IS
	'implementation of > operator';

CREATE FUNCTION points_ledger_ge(points_ledger, points_ledger) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_ge';
COMMENT ON FUNCTION points_ledger_ge(points_ledger, points_ledger) IS
	'implementation of >= operator';

CREATE FUNCTION points_ledger_cmp(points_ledger, points_ledger) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_cmp';
COMMENT ON FUNCTION points_ledger_cmp(points_ledger, points_ledger) IS
	'btree comparison of points_ledger';

CREATE FUNCTION points_ledger_hash(points_ledger) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_hash';
COMMENT ON FUNCTION points_ledger_hash(points_ledger) IS
	'hash of points_ledger';

CREATE FUNCTION points_ledger_hash_extended(points_ledger, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'points_ledger_hash_extended';
COMMENT ON FUNCTION points_ledger_hash_extended(points_ledger, bigint) IS
	'seeded hash of points_ledger';

CREATE OPERATOR = (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (points_ledger, points_ledger) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (points_ledger, points_ledger) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (points_ledger, points_ledger) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (points_ledger, points_ledger) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (points_ledger, points_ledger) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = points_ledger, RIGHTARG = points_ledger, FUNCTION = points_ledger_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (points_ledger, points_ledger) IS 'greater than or equal';

CREATE OPERATOR FAMILY points_ledger_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY points_ledger_btree_ops USING btree IS 'btree operators of points_ledger';
CREATE OPERATOR CLASS points_ledger_btree_ops
	DEFAULT FOR TYPE points_ledger USING btree FAMILY points_ledger_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 points_ledger_cmp(points_ledger, points_ledger);
COMMENT ON OPERATOR CLASS points_ledger_btree_ops USING btree IS 'btree operators of points_ledger';

CREATE OPERATOR FAMILY points_ledger_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY points_ledger_hash_ops USING hash IS 'hash operators of points_ledger';
CREATE OPERATOR CLASS points_ledger_hash_ops
	DEFAULT FOR TYPE points_ledger USING hash FAMILY points_ledger_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 points_ledger_hash(points_ledger),
	FUNCTION 2 points_ledger_hash_extended(points_ledger, bigint);
COMMENT ON OPERATOR CLASS points_ledger_hash_ops USING hash IS 'hash operators of points_ledger';

/*
 * The aggregate.  Its state gathers the entries as they come; SSPACE is what
 * twenty of them take.  Their order matters: ORDER BY goes into the call, and
 * there is no combine function.
 */

CREATE FUNCTION points_ledger_final(points_ledger) RETURNS points_ledger
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_final';
COMMENT ON FUNCTION points_ledger_final(points_ledger) IS
	'final function of the points_ledger aggregates';

CREATE FUNCTION points_ledger_accum(state points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) RETURNS points_ledger
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'points_ledger_accum';
COMMENT ON FUNCTION points_ledger_accum(state points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) IS
	'transition function of points_ledger';

CREATE AGGREGATE points_ledger(kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) (
	SFUNC = points_ledger_accum,
	STYPE = points_ledger,
	SSPACE = 1024,
	FINALFUNC = points_ledger_final,
	FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE points_ledger(text, text, timestamptz, bigint, text, timestamptz, timestamptz) IS
	'folds the journal of one account, in the order of its ORDER BY, under the default policies; rows without a kind are none';

CREATE FUNCTION points_ledger_accum(state points_ledger, l points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) RETURNS points_ledger
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'points_ledger_accum_from';
COMMENT ON FUNCTION points_ledger_accum(state points_ledger, l points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) IS
	'transition function of points_ledger';

CREATE AGGREGATE points_ledger(l points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) (
	SFUNC = points_ledger_accum,
	STYPE = points_ledger,
	SSPACE = 1024,
	FINALFUNC = points_ledger_final,
	FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE points_ledger(points_ledger, text, text, timestamptz, bigint, text, timestamptz, timestamptz) IS
	'folds further entries onto a ledger, which may be an empty one with policies of its own';

-- an account, and an entry

CREATE FUNCTION empty_points_ledger(grace interval DEFAULT '0', spend_order text DEFAULT 'fefo', clawback text DEFAULT 'arrears') RETURNS points_ledger
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'points_ledger_empty';
COMMENT ON FUNCTION empty_points_ledger(grace interval, spend_order text, clawback text) IS
	'an account without an entry, with its policies: how long a refund into an ended lot stays good, what is spent first (fefo, fifo), what becomes of spent points that are reversed (arrears, forgive, refuse)';

CREATE FUNCTION apply_entry(l points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) RETURNS points_ledger
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_apply_entry';
COMMENT ON FUNCTION apply_entry(l points_ledger, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz) IS
	'the account after one more entry, or an error and nothing changed; NULL is an account without an entry';

-- two accounts

CREATE FUNCTION transfer(source points_ledger, target points_ledger, key text, at timestamptz, points bigint,
		OUT source_after points_ledger, OUT target_after points_ledger) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200
	AS 'MODULE_PATHNAME', 'points_ledger_transfer';
COMMENT ON FUNCTION transfer(source points_ledger, target points_ledger, key text, at timestamptz, points bigint) IS
	'both accounts after points went from one to the other, lot by lot, each keeping its earned_at and until_at';

CREATE FUNCTION merge(source points_ledger, target points_ledger, key text, at timestamptz,
		OUT source_after points_ledger, OUT target_after points_ledger) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200
	AS 'MODULE_PATHNAME', 'points_ledger_merge';
COMMENT ON FUNCTION merge(source points_ledger, target points_ledger, key text, at timestamptz) IS
	'both accounts after everything free or pending of the one went to the other';

-- what an account has at an instant, not before its last entry

CREATE FUNCTION available(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_available';
COMMENT ON FUNCTION available(l points_ledger, at timestamptz) IS
	'points that can be spent';

CREATE FUNCTION pending(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_pending';
COMMENT ON FUNCTION pending(l points_ledger, at timestamptz) IS
	'points that are not available yet';

CREATE FUNCTION held(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_held';
COMMENT ON FUNCTION held(l points_ledger, at timestamptz) IS
	'points that open holds keep aside';

CREATE FUNCTION arrears(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_arrears';
COMMENT ON FUNCTION arrears(l points_ledger, at timestamptz) IS
	'points clawed back after they were gone, and not settled yet';

CREATE FUNCTION balance(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_balance';
COMMENT ON FUNCTION balance(l points_ledger, at timestamptz) IS
	'available points less arrears';

CREATE FUNCTION total_earned(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_total_earned';
COMMENT ON FUNCTION total_earned(l points_ledger, at timestamptz) IS
	'amounts of all lots ever made, those that came by transfer or with a grace period included';

CREATE FUNCTION total_spent(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_total_spent';
COMMENT ON FUNCTION total_spent(l points_ledger, at timestamptz) IS
	'points redeemed, captured or paid for arrears, less refunds';

CREATE FUNCTION total_expired(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_total_expired';
COMMENT ON FUNCTION total_expired(l points_ledger, at timestamptz) IS
	'points whose lot ended before they were spent';

CREATE FUNCTION total_reversed(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_total_reversed';
COMMENT ON FUNCTION total_reversed(l points_ledger, at timestamptz) IS
	'points taken back because what earned them was undone';

CREATE FUNCTION total_moved(l points_ledger, at timestamptz) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_total_moved';
COMMENT ON FUNCTION total_moved(l points_ledger, at timestamptz) IS
	'points that went to other accounts or into lots with a grace period';

CREATE FUNCTION book_time(l points_ledger) RETURNS timestamptz
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'points_ledger_book_time';
COMMENT ON FUNCTION book_time(l points_ledger) IS
	'time of the last entry; NULL where there is none';

-- lots, holds, entries

CREATE TYPE points_lot AS (
	id text,
	earned_at timestamptz,
	from_at timestamptz,
	until_at timestamptz,
	amount bigint,
	remaining bigint,
	held bigint,
	spent bigint,
	expired bigint,
	reversed bigint,
	moved bigint,
	origin text
);
COMMENT ON TYPE points_lot IS
	'points that were earned together: amount = remaining + held + spent + expired + reversed + moved';

CREATE FUNCTION lots(l points_ledger) RETURNS SETOF points_lot
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10
	AS 'MODULE_PATHNAME', 'points_ledger_lots';
COMMENT ON FUNCTION lots(l points_ledger) IS
	'all lots as of the last entry, in the order of their making';

CREATE FUNCTION lots(l points_ledger, at timestamptz) RETURNS SETOF points_lot
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10
	AS 'MODULE_PATHNAME', 'points_ledger_lots_at';
COMMENT ON FUNCTION lots(l points_ledger, at timestamptz) IS
	'all lots at an instant, in the order of their making';

CREATE FUNCTION expiring(l points_ledger, before timestamptz) RETURNS SETOF points_lot
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5
	AS 'MODULE_PATHNAME', 'points_ledger_expiring';
COMMENT ON FUNCTION expiring(l points_ledger, before timestamptz) IS
	'lots with something remaining after the last entry that end by an instant, in spend order';

CREATE FUNCTION holds(l points_ledger, at timestamptz, OUT key text, OUT points bigint, OUT until_at timestamptz) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 2
	AS 'MODULE_PATHNAME', 'points_ledger_holds';
COMMENT ON FUNCTION holds(l points_ledger, at timestamptz) IS
	'open holds at an instant, in the order of their entry';

CREATE FUNCTION entries(l points_ledger, OUT kind text, OUT key text, OUT at timestamptz, OUT points bigint, OUT ref text, OUT from_at timestamptz, OUT until_at timestamptz) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20
	AS 'MODULE_PATHNAME', 'points_ledger_entries';
COMMENT ON FUNCTION entries(l points_ledger) IS
	'the accepted entries, at book time';
