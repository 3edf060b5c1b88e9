/*
 * clv_sample: what a fit needs to know of many customers.
 * Reference: doc/clv_sample.md
 */

CREATE TYPE clv_sample;

CREATE FUNCTION clv_sample_in(cstring) RETURNS clv_sample
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_sample_in(cstring) IS 'text input of clv_sample';

CREATE FUNCTION clv_sample_out(clv_sample) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_sample_out(clv_sample) IS 'text output of clv_sample';

CREATE FUNCTION clv_sample_recv(internal) RETURNS clv_sample
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_sample_recv(internal) IS 'binary input of clv_sample';

CREATE FUNCTION clv_sample_send(clv_sample) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_sample_send(clv_sample) IS 'binary output of clv_sample';

CREATE TYPE clv_sample (
	INPUT = clv_sample_in,
	OUTPUT = clv_sample_out,
	RECEIVE = clv_sample_recv,
	SEND = clv_sample_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clv_sample IS
	'what a fit of a customer lifetime model needs to know: each distinct history (x, t_x, tenure) and each pair of frequency and mean spend, with how many customers have it';

-- comparison: by size, then byte by byte: an order for sorting and joining, without a meaning

CREATE FUNCTION clv_sample_eq(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_eq';
COMMENT ON FUNCTION clv_sample_eq(clv_sample, clv_sample) IS
	'implementation of = operator';

CREATE FUNCTION clv_sample_ne(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_ne';
COMMENT ON FUNCTION clv_sample_ne(clv_sample, clv_sample) IS
	'implementation of <> operator';

CREATE FUNCTION clv_sample_lt(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_lt';
COMMENT ON FUNCTION clv_sample_lt(clv_sample, clv_sample) IS
	'implementation of < operator';

CREATE FUNCTION clv_sample_le(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_le';
COMMENT ON FUNCTION clv_sample_le(clv_sample, clv_sample) IS
	'implementation of <= operator';

CREATE FUNCTION clv_sample_gt(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_gt';
COMMENT ON FUNCTION clv_sample_gt(clv_sample, clv_sample) IS
	'implementation of > operator';

CREATE FUNCTION clv_sample_ge(clv_sample, clv_sample) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_ge';
COMMENT ON FUNCTION clv_sample_ge(clv_sample, clv_sample) IS
	'implementation of >= operator';

CREATE FUNCTION clv_sample_cmp(clv_sample, clv_sample) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_cmp';
COMMENT ON FUNCTION clv_sample_cmp(clv_sample, clv_sample) IS
	'btree comparison of clv_sample';

CREATE FUNCTION clv_sample_hash(clv_sample) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_hash';
COMMENT ON FUNCTION clv_sample_hash(clv_sample) IS
	'hash of clv_sample';

CREATE FUNCTION clv_sample_hash_extended(clv_sample, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_sample_hash_extended';
COMMENT ON FUNCTION clv_sample_hash_extended(clv_sample, bigint) IS
	'seeded hash of clv_sample';

CREATE OPERATOR = (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (clv_sample, clv_sample) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (clv_sample, clv_sample) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (clv_sample, clv_sample) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (clv_sample, clv_sample) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (clv_sample, clv_sample) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = clv_sample, RIGHTARG = clv_sample, FUNCTION = clv_sample_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (clv_sample, clv_sample) IS 'greater than or equal';

CREATE OPERATOR FAMILY clv_sample_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY clv_sample_btree_ops USING btree IS 'btree operators of clv_sample';
CREATE OPERATOR CLASS clv_sample_btree_ops
	DEFAULT FOR TYPE clv_sample USING btree FAMILY clv_sample_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 clv_sample_cmp(clv_sample, clv_sample);
COMMENT ON OPERATOR CLASS clv_sample_btree_ops USING btree IS 'btree operators of clv_sample';

CREATE OPERATOR FAMILY clv_sample_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY clv_sample_hash_ops USING hash IS 'hash operators of clv_sample';
CREATE OPERATOR CLASS clv_sample_hash_ops
	DEFAULT FOR TYPE clv_sample USING hash FAMILY clv_sample_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 clv_sample_hash(clv_sample),
	FUNCTION 2 clv_sample_hash_extended(clv_sample, bigint);
COMMENT ON OPERATOR CLASS clv_sample_hash_ops USING hash IS 'hash operators of clv_sample';

/*
 * Aggregates.  The state is a clv_sample with room to spare; SSPACE is what a
 * hundred customers take.
 */

CREATE FUNCTION clv_sample_combine(clv_sample, clv_sample) RETURNS clv_sample
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_sample_combine';
COMMENT ON FUNCTION clv_sample_combine(clv_sample, clv_sample) IS
	'combine function of the clv_sample aggregates';

CREATE FUNCTION clv_sample_final(clv_sample) RETURNS clv_sample
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_sample_final';
COMMENT ON FUNCTION clv_sample_final(clv_sample) IS
	'final function of the clv_sample aggregates';

CREATE FUNCTION clv_sample_accum(state clv_sample, p purchase_digest, as_of date) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_sample_accum';
COMMENT ON FUNCTION clv_sample_accum(state clv_sample, p purchase_digest, as_of date) IS
	'transition function of clv_sample';

CREATE AGGREGATE clv_sample(p purchase_digest, as_of date) (
	SFUNC = clv_sample_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_sample_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_sample(purchase_digest, date) IS
	'the histories of customers as known at the end of day as_of, in days';

CREATE FUNCTION clv_sample_accum(state clv_sample, p purchase_digest, as_of date, step interval) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_sample_accum';
COMMENT ON FUNCTION clv_sample_accum(state clv_sample, p purchase_digest, as_of date, step interval) IS
	'transition function of clv_sample';

CREATE AGGREGATE clv_sample(p purchase_digest, as_of date, step interval) (
	SFUNC = clv_sample_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_sample_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_sample(purchase_digest, date, interval) IS
	'likewise in opportunities: steps of the calendar that were over by as_of';

CREATE FUNCTION clv_sample_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_sample_accum_numbers';
COMMENT ON FUNCTION clv_sample_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8) IS
	'transition function of clv_sample';

CREATE AGGREGATE clv_sample(x float8, t_x float8, tenure float8, mean_spend float8, weight float8) (
	SFUNC = clv_sample_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_sample_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_sample(float8, float8, float8, float8, float8) IS
	'the histories of an existing table of frequency, recency, tenure and mean spend, each with how many customers have it';

CREATE AGGREGATE rollup(s clv_sample) (
	SFUNC = clv_sample_combine,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_sample_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(clv_sample) IS
	'the customers of all samples together';

CREATE FUNCTION merge(s clv_sample, t clv_sample) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_sample_merge';
COMMENT ON FUNCTION merge(s clv_sample, t clv_sample) IS
	'the customers of both samples together; NULL counts as none';

-- what can be read off

CREATE FUNCTION customer_count(s clv_sample) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_sample_customer_count';
COMMENT ON FUNCTION customer_count(s clv_sample) IS
	'weight of the customers in the sample';

CREATE FUNCTION history_count(s clv_sample) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_sample_history_count';
COMMENT ON FUNCTION history_count(s clv_sample) IS
	'number of distinct histories in the sample';

CREATE FUNCTION left_out(s clv_sample) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_sample_left_out';
COMMENT ON FUNCTION left_out(s clv_sample) IS
	'number of digests that were left out, because their first purchase is after as_of';
