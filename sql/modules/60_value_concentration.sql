/*
 * value_concentration: how a total is spread over those who make it up.
 * Reference: doc/value_concentration.md
 */

CREATE TYPE value_concentration;

CREATE FUNCTION value_concentration_in(cstring) RETURNS value_concentration
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION value_concentration_in(cstring) IS 'text input of value_concentration';

CREATE FUNCTION value_concentration_out(value_concentration) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION value_concentration_out(value_concentration) IS 'text output of value_concentration';

CREATE FUNCTION value_concentration_recv(internal) RETURNS value_concentration
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION value_concentration_recv(internal) IS 'binary input of value_concentration';

CREATE FUNCTION value_concentration_send(value_concentration) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION value_concentration_send(value_concentration) IS 'binary output of value_concentration';

CREATE TYPE value_concentration (
	INPUT = value_concentration_in,
	OUTPUT = value_concentration_out,
	RECEIVE = value_concentration_recv,
	SEND = value_concentration_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE value_concentration IS
	'how a total is spread over those who make it up: each distinct value with its number of members';

-- comparison: by kind, value, number of members; then the shorter first

CREATE FUNCTION value_concentration_eq(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_eq';
COMMENT ON FUNCTION value_concentration_eq(value_concentration, value_concentration) IS
	'implementation of = operator';

CREATE FUNCTION value_concentration_ne(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_ne';
COMMENT ON FUNCTION value_concentration_ne(value_concentration, value_concentration) IS
	'implementation of <> operator';

CREATE FUNCTION value_concentration_lt(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_lt';
COMMENT ON FUNCTION value_concentration_lt(value_concentration, value_concentration) IS
	'implementation of < operator';

CREATE FUNCTION value_concentration_le(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_le';
COMMENT ON FUNCTION value_concentration_le(value_concentration, value_concentration) IS
	'implementation of <= operator';

CREATE FUNCTION value_concentration_gt(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_gt';
COMMENT ON FUNCTION value_concentration_gt(value_concentration, value_concentration) IS
	'implementation of > operator';

CREATE FUNCTION value_concentration_ge(value_concentration, value_concentration) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_ge';
COMMENT ON FUNCTION value_concentration_ge(value_concentration, value_concentration) IS
	'implementation of >= operator';

CREATE FUNCTION value_concentration_cmp(value_concentration, value_concentration) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_cmp';
COMMENT ON FUNCTION value_concentration_cmp(value_concentration, value_concentration) IS
	'btree comparison of value_concentration';

CREATE FUNCTION value_concentration_hash(value_concentration) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_hash';
COMMENT ON FUNCTION value_concentration_hash(value_concentration) IS
	'hash of value_concentration';

CREATE FUNCTION value_concentration_hash_extended(value_concentration, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'value_concentration_hash_extended';
COMMENT ON FUNCTION value_concentration_hash_extended(value_concentration, bigint) IS
	'seeded hash of value_concentration';

CREATE OPERATOR = (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (value_concentration, value_concentration) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (value_concentration, value_concentration) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (value_concentration, value_concentration) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (value_concentration, value_concentration) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (value_concentration, value_concentration) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = value_concentration, RIGHTARG = value_concentration, FUNCTION = value_concentration_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (value_concentration, value_concentration) IS 'greater than or equal';

CREATE OPERATOR FAMILY value_concentration_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY value_concentration_btree_ops USING btree IS 'btree operators of value_concentration';
CREATE OPERATOR CLASS value_concentration_btree_ops
	DEFAULT FOR TYPE value_concentration USING btree FAMILY value_concentration_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 value_concentration_cmp(value_concentration, value_concentration);
COMMENT ON OPERATOR CLASS value_concentration_btree_ops USING btree IS 'btree operators of value_concentration';

CREATE OPERATOR FAMILY value_concentration_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY value_concentration_hash_ops USING hash IS 'hash operators of value_concentration';
CREATE OPERATOR CLASS value_concentration_hash_ops
	DEFAULT FOR TYPE value_concentration USING hash FAMILY value_concentration_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 value_concentration_hash(value_concentration),
	FUNCTION 2 value_concentration_hash_extended(value_concentration, bigint);
COMMENT ON OPERATOR CLASS value_concentration_hash_ops USING hash IS 'hash operators of value_concentration';

/*
 * Aggregates.  The state is a value_concentration in its growing form; SSPACE
 * is what ten members take.
 */

CREATE FUNCTION value_concentration_combine(value_concentration, value_concentration) RETURNS value_concentration
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'value_concentration_combine';
COMMENT ON FUNCTION value_concentration_combine(value_concentration, value_concentration) IS
	'combine function of the value_concentration aggregates';

CREATE FUNCTION value_concentration_final(value_concentration) RETURNS value_concentration
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'value_concentration_final';
COMMENT ON FUNCTION value_concentration_final(value_concentration) IS
	'final function of the value_concentration aggregates';

CREATE FUNCTION value_concentration_accum(state value_concentration, value numeric) RETURNS value_concentration
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'value_concentration_accum_numeric';
COMMENT ON FUNCTION value_concentration_accum(state value_concentration, value numeric) IS
	'transition function of value_concentration';

CREATE AGGREGATE value_concentration(value numeric) (
	SFUNC = value_concentration_accum,
	STYPE = value_concentration,
	SSPACE = 272,
	FINALFUNC = value_concentration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = value_concentration_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE value_concentration(numeric) IS
	'how the total of the values is spread over the rows, each a member; NULL rows are none';

CREATE FUNCTION value_concentration_accum(state value_concentration, value float8) RETURNS value_concentration
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'value_concentration_accum_float8';
COMMENT ON FUNCTION value_concentration_accum(state value_concentration, value float8) IS
	'transition function of value_concentration';

CREATE AGGREGATE value_concentration(value float8) (
	SFUNC = value_concentration_accum,
	STYPE = value_concentration,
	SSPACE = 272,
	FINALFUNC = value_concentration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = value_concentration_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE value_concentration(float8) IS
	'how the total of the values is spread over the rows, each a member; NULL rows are none';

CREATE AGGREGATE rollup(c value_concentration) (
	SFUNC = value_concentration_combine,
	STYPE = value_concentration,
	SSPACE = 272,
	FINALFUNC = value_concentration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = value_concentration_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(value_concentration) IS
	'the concentration over all members of those given';

CREATE FUNCTION merge(c value_concentration, d value_concentration) RETURNS value_concentration
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'value_concentration_merge';
COMMENT ON FUNCTION merge(c value_concentration, d value_concentration) IS
	'the members of both together; NULL counts as none';

-- how many, how much

CREATE FUNCTION member_count(c value_concentration) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_member_count';
COMMENT ON FUNCTION member_count(c value_concentration) IS
	'number of members: rows whose value was not NULL';

CREATE FUNCTION total_value(c value_concentration) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_total_value';
COMMENT ON FUNCTION total_value(c value_concentration) IS
	'sum of all values';

CREATE FUNCTION positive_total(c value_concentration) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_positive_total';
COMMENT ON FUNCTION positive_total(c value_concentration) IS
	'sum of the values above zero: what shares are of';

CREATE FUNCTION negative_total(c value_concentration) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_negative_total';
COMMENT ON FUNCTION negative_total(c value_concentration) IS
	'sum of the values below zero, which count as nothing in shares';

-- shares

CREATE FUNCTION top_share(c value_concentration, fraction float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_top_share';
COMMENT ON FUNCTION top_share(c value_concentration, fraction float8) IS
	'share of the value that the top fraction of the members holds; NULL without a positive value';

CREATE FUNCTION members_for(c value_concentration, share float8) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_members_for';
COMMENT ON FUNCTION members_for(c value_concentration, share float8) IS
	'smallest number of members whose share reaches the one given; NULL without a positive value';

CREATE FUNCTION gini(c value_concentration) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_gini';
COMMENT ON FUNCTION gini(c value_concentration) IS
	'Gini coefficient: 0 where all have the same, towards 1 where one has everything';

CREATE FUNCTION cutoff(c value_concentration, fraction float8) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'value_concentration_cutoff';
COMMENT ON FUNCTION cutoff(c value_concentration, fraction float8) IS
	'smallest value among the top fraction of the members';

CREATE FUNCTION lorenz_curve(c value_concentration, points integer,
		OUT population_share float8, OUT value_share float8) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 11
	AS 'MODULE_PATHNAME', 'value_concentration_lorenz_curve';
COMMENT ON FUNCTION lorenz_curve(c value_concentration, points integer) IS
	'the Lorenz curve: share of the value that the bottom share of the members holds, at 0 and so many equal steps';
