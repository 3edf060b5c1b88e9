/*
 * purchase_digest: one customer's purchases, by day.
 * Reference: doc/purchase_digest.md
 */

CREATE TYPE purchase_digest;

CREATE FUNCTION purchase_digest_in(cstring) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION purchase_digest_in(cstring) IS 'text input of purchase_digest';

CREATE FUNCTION purchase_digest_out(purchase_digest) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION purchase_digest_out(purchase_digest) IS 'text output of purchase_digest';

CREATE FUNCTION purchase_digest_recv(internal) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION purchase_digest_recv(internal) IS 'binary input of purchase_digest';

CREATE FUNCTION purchase_digest_send(purchase_digest) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION purchase_digest_send(purchase_digest) IS 'binary output of purchase_digest';

CREATE TYPE purchase_digest (
	INPUT = purchase_digest_in,
	OUTPUT = purchase_digest_out,
	RECEIVE = purchase_digest_recv,
	SEND = purchase_digest_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE purchase_digest IS
	'one customer''s purchases by day: each distinct day with its number of orders and net amount';

-- comparison: by day, orders, amount; then the shorter first

CREATE FUNCTION purchase_digest_eq(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_eq';
COMMENT ON FUNCTION purchase_digest_eq(purchase_digest, purchase_digest) IS
	'implementation of = operator';

CREATE FUNCTION purchase_digest_ne(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_ne';
COMMENT ON FUNCTION purchase_digest_ne(purchase_digest, purchase_digest) IS
	'implementation of <> operator';

CREATE FUNCTION purchase_digest_lt(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_lt';
COMMENT ON FUNCTION purchase_digest_lt(purchase_digest, purchase_digest) IS
	'implementation of < operator';

CREATE FUNCTION purchase_digest_le(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_le';
COMMENT ON FUNCTION purchase_digest_le(purchase_digest, purchase_digest) IS
	'implementation of <= operator';

CREATE FUNCTION purchase_digest_gt(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_gt';
COMMENT ON FUNCTION purchase_digest_gt(purchase_digest, purchase_digest) IS
	'implementation of > operator';

CREATE FUNCTION purchase_digest_ge(purchase_digest, purchase_digest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_ge';
COMMENT ON FUNCTION purchase_digest_ge(purchase_digest, purchase_digest) IS
	'implementation of >= operator';

CREATE FUNCTION purchase_digest_cmp(purchase_digest, purchase_digest) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_cmp';
COMMENT ON FUNCTION purchase_digest_cmp(purchase_digest, purchase_digest) IS
	'btree comparison of purchase_digest';

CREATE FUNCTION purchase_digest_hash(purchase_digest) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_hash';
COMMENT ON FUNCTION purchase_digest_hash(purchase_digest) IS
	'hash of purchase_digest';

CREATE FUNCTION purchase_digest_hash_extended(purchase_digest, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'purchase_digest_hash_extended';
COMMENT ON FUNCTION purchase_digest_hash_extended(purchase_digest, bigint) IS
	'seeded hash of purchase_digest';

CREATE OPERATOR = (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (purchase_digest, purchase_digest) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (purchase_digest, purchase_digest) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (purchase_digest, purchase_digest) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (purchase_digest, purchase_digest) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (purchase_digest, purchase_digest) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = purchase_digest, RIGHTARG = purchase_digest, FUNCTION = purchase_digest_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (purchase_digest, purchase_digest) IS 'greater than or equal';

CREATE OPERATOR FAMILY purchase_digest_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY purchase_digest_btree_ops USING btree IS 'btree operators of purchase_digest';
CREATE OPERATOR CLASS purchase_digest_btree_ops
	DEFAULT FOR TYPE purchase_digest USING btree FAMILY purchase_digest_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 purchase_digest_cmp(purchase_digest, purchase_digest);
COMMENT ON OPERATOR CLASS purchase_digest_btree_ops USING btree IS 'btree operators of purchase_digest';

CREATE OPERATOR FAMILY purchase_digest_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY purchase_digest_hash_ops USING hash IS 'hash operators of purchase_digest';
CREATE OPERATOR CLASS purchase_digest_hash_ops
	DEFAULT FOR TYPE purchase_digest USING hash FAMILY purchase_digest_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 purchase_digest_hash(purchase_digest),
	FUNCTION 2 purchase_digest_hash_extended(purchase_digest, bigint);
COMMENT ON OPERATOR CLASS purchase_digest_hash_ops USING hash IS 'hash operators of purchase_digest';

/*
 * Aggregates.  The state is a purchase_digest in its growing form; SSPACE is
 * what ten orders take.
 */

CREATE FUNCTION purchase_digest_combine(purchase_digest, purchase_digest) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_combine';
COMMENT ON FUNCTION purchase_digest_combine(purchase_digest, purchase_digest) IS
	'combine function of the purchase_digest aggregates';

CREATE FUNCTION purchase_digest_final(purchase_digest) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_final';
COMMENT ON FUNCTION purchase_digest_final(purchase_digest) IS
	'final function of the purchase_digest aggregates';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, day date, amount numeric) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_date_numeric';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, day date, amount numeric) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(day date, amount numeric) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(date, numeric) IS
	'a customer''s purchases by day, from rows of day and amount; a negative amount is a return';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, day date, amount float8) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_date_float8';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, day date, amount float8) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(day date, amount float8) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(date, float8) IS
	'a customer''s purchases by day, from rows of day and amount; a negative amount is a return';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, at timestamp, amount numeric) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_timestamp_numeric';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, at timestamp, amount numeric) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(at timestamp, amount numeric) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(timestamp, numeric) IS
	'a customer''s purchases by day, from rows of time and amount; a negative amount is a return';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, at timestamp, amount float8) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_timestamp_float8';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, at timestamp, amount float8) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(at timestamp, amount float8) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(timestamp, float8) IS
	'a customer''s purchases by day, from rows of time and amount; a negative amount is a return';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, at timestamptz, amount numeric, zone text) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_timestamptz_numeric';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, at timestamptz, amount numeric, zone text) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(at timestamptz, amount numeric, zone text) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(timestamptz, numeric, text) IS
	'a customer''s purchases by day, from rows of time in a zone and amount; a negative amount is a return';

CREATE FUNCTION purchase_digest_accum(state purchase_digest, at timestamptz, amount float8, zone text) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_accum_timestamptz_float8';
COMMENT ON FUNCTION purchase_digest_accum(state purchase_digest, at timestamptz, amount float8, zone text) IS
	'transition function of purchase_digest';

CREATE AGGREGATE purchase_digest(at timestamptz, amount float8, zone text) (
	SFUNC = purchase_digest_accum,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE purchase_digest(timestamptz, float8, text) IS
	'a customer''s purchases by day, from rows of time in a zone and amount; a negative amount is a return';

CREATE AGGREGATE rollup(p purchase_digest) (
	SFUNC = purchase_digest_combine,
	STYPE = purchase_digest,
	SSPACE = 184,
	FINALFUNC = purchase_digest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = purchase_digest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(purchase_digest) IS
	'the digest of all purchases in the digests given';

CREATE FUNCTION merge(p purchase_digest, q purchase_digest) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_merge';
COMMENT ON FUNCTION merge(p purchase_digest, q purchase_digest) IS
	'the purchases of both digests together; NULL counts as none';

CREATE FUNCTION slice(p purchase_digest, days daterange) RETURNS purchase_digest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_slice';
COMMENT ON FUNCTION slice(p purchase_digest, days daterange) IS
	'the purchases on the days within the range';

-- facts

CREATE FUNCTION frequency(p purchase_digest) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_frequency';
COMMENT ON FUNCTION frequency(p purchase_digest) IS
	'x: number of purchase days after the first';

CREATE FUNCTION frequency(p purchase_digest, as_of date) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_frequency';
COMMENT ON FUNCTION frequency(p purchase_digest, as_of date) IS
	'x: number of purchase days after the first, as known at the end of day as_of';

CREATE FUNCTION recency(p purchase_digest) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_recency';
COMMENT ON FUNCTION recency(p purchase_digest) IS
	't_x: days from the first purchase to the last';

CREATE FUNCTION recency(p purchase_digest, as_of date) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_recency';
COMMENT ON FUNCTION recency(p purchase_digest, as_of date) IS
	't_x: days from the first purchase to the last, as known at the end of day as_of';

CREATE FUNCTION tenure(p purchase_digest, as_of date) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_tenure';
COMMENT ON FUNCTION tenure(p purchase_digest, as_of date) IS
	'T: days from the first purchase to as_of';

CREATE FUNCTION days_since_last(p purchase_digest, as_of date) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_days_since_last';
COMMENT ON FUNCTION days_since_last(p purchase_digest, as_of date) IS
	'days from the last purchase to as_of: the R of RFM';

CREATE FUNCTION first_purchase(p purchase_digest) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_first_purchase';
COMMENT ON FUNCTION first_purchase(p purchase_digest) IS
	'day of the first purchase';

CREATE FUNCTION first_purchase(p purchase_digest, as_of date) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_first_purchase';
COMMENT ON FUNCTION first_purchase(p purchase_digest, as_of date) IS
	'day of the first purchase, as known at the end of day as_of';

CREATE FUNCTION last_purchase(p purchase_digest) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_last_purchase';
COMMENT ON FUNCTION last_purchase(p purchase_digest) IS
	'day of the last purchase';

CREATE FUNCTION last_purchase(p purchase_digest, as_of date) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_last_purchase';
COMMENT ON FUNCTION last_purchase(p purchase_digest, as_of date) IS
	'day of the last purchase, as known at the end of day as_of';

CREATE FUNCTION monetary_value(p purchase_digest) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_monetary_value';
COMMENT ON FUNCTION monetary_value(p purchase_digest) IS
	'mean net amount of the purchase days after the first';

CREATE FUNCTION monetary_value(p purchase_digest, as_of date) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_monetary_value';
COMMENT ON FUNCTION monetary_value(p purchase_digest, as_of date) IS
	'mean net amount of the purchase days after the first, as known at the end of day as_of';

CREATE FUNCTION order_count(p purchase_digest) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_order_count';
COMMENT ON FUNCTION order_count(p purchase_digest) IS
	'number of orders';

CREATE FUNCTION order_count(p purchase_digest, as_of date) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_order_count';
COMMENT ON FUNCTION order_count(p purchase_digest, as_of date) IS
	'number of orders, as known at the end of day as_of';

CREATE FUNCTION total_spend(p purchase_digest) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_total_spend';
COMMENT ON FUNCTION total_spend(p purchase_digest) IS
	'net amount of all orders and returns';

CREATE FUNCTION total_spend(p purchase_digest, as_of date) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_total_spend';
COMMENT ON FUNCTION total_spend(p purchase_digest, as_of date) IS
	'net amount of all orders and returns, as known at the end of day as_of';

CREATE FUNCTION average_order_value(p purchase_digest) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 6
	AS 'MODULE_PATHNAME', 'purchase_digest_average_order_value';
COMMENT ON FUNCTION average_order_value(p purchase_digest) IS
	'total_spend divided by order_count';

CREATE FUNCTION average_order_value(p purchase_digest, as_of date) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 6
	AS 'MODULE_PATHNAME', 'purchase_digest_average_order_value';
COMMENT ON FUNCTION average_order_value(p purchase_digest, as_of date) IS
	'total_spend divided by order_count, as known at the end of day as_of';

CREATE FUNCTION ltv(p purchase_digest) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_total_spend';
COMMENT ON FUNCTION ltv(p purchase_digest) IS
	'historic lifetime value: total_spend';

CREATE FUNCTION ltv(p purchase_digest, as_of date) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'purchase_digest_total_spend';
COMMENT ON FUNCTION ltv(p purchase_digest, as_of date) IS
	'historic lifetime value: total_spend, as known at the end of day as_of';

CREATE FUNCTION purchase_days(p purchase_digest,
		OUT day date, OUT orders bigint, OUT amount numeric) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 10
	AS 'MODULE_PATHNAME', 'purchase_digest_purchase_days';
COMMENT ON FUNCTION purchase_days(purchase_digest) IS
	'the days of a digest, each with its number of orders and net amount; 0 orders: returns only';
