/*
 * clv_backtest: how well a customer lifetime model would have done.
 * Reference: doc/clv_backtest.md
 */

CREATE TYPE clv_backtest;

CREATE FUNCTION clv_backtest_in(cstring) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_backtest_in(cstring) IS 'text input of clv_backtest';

CREATE FUNCTION clv_backtest_out(clv_backtest) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_backtest_out(clv_backtest) IS 'text output of clv_backtest';

CREATE FUNCTION clv_backtest_recv(internal) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_backtest_recv(internal) IS 'binary input of clv_backtest';

CREATE FUNCTION clv_backtest_send(clv_backtest) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_backtest_send(clv_backtest) IS 'binary output of clv_backtest';

CREATE TYPE clv_backtest (
	INPUT = clv_backtest_in,
	OUTPUT = clv_backtest_out,
	RECEIVE = clv_backtest_recv,
	SEND = clv_backtest_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clv_backtest IS
	'how well a customer lifetime model would have done: fitted on what was known at a cutoff, held against what happened until a later day';

-- comparison: by size, then byte by byte: an order for sorting and joining, without a meaning

CREATE FUNCTION clv_backtest_eq(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_eq';
COMMENT ON FUNCTION clv_backtest_eq(clv_backtest, clv_backtest) IS
	'implementation of = operator';

CREATE FUNCTION clv_backtest_ne(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_ne';
COMMENT ON FUNCTION clv_backtest_ne(clv_backtest, clv_backtest) IS
	'implementation of <> operator';

CREATE FUNCTION clv_backtest_lt(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_lt';
COMMENT ON FUNCTION clv_backtest_lt(clv_backtest, clv_backtest) IS
	'implementation of < operator';

CREATE FUNCTION clv_backtest_le(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_le';
COMMENT ON FUNCTION clv_backtest_le(clv_backtest, clv_backtest) IS
	'implementation of <= operator';

CREATE FUNCTION clv_backtest_gt(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_gt';
COMMENT ON FUNCTION clv_backtest_gt(clv_backtest, clv_backtest) IS
	'implementation of > operator';

CREATE FUNCTION clv_backtest_ge(clv_backtest, clv_backtest) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_ge';
COMMENT ON FUNCTION clv_backtest_ge(clv_backtest, clv_backtest) IS
	'implementation of >= operator';

CREATE FUNCTION clv_backtest_cmp(clv_backtest, clv_backtest) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_cmp';
COMMENT ON FUNCTION clv_backtest_cmp(clv_backtest, clv_backtest) IS
	'btree comparison of clv_backtest';

CREATE FUNCTION clv_backtest_hash(clv_backtest) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_hash';
COMMENT ON FUNCTION clv_backtest_hash(clv_backtest) IS
	'hash of clv_backtest';

CREATE FUNCTION clv_backtest_hash_extended(clv_backtest, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_backtest_hash_extended';
COMMENT ON FUNCTION clv_backtest_hash_extended(clv_backtest, bigint) IS
	'seeded hash of clv_backtest';

CREATE OPERATOR = (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (clv_backtest, clv_backtest) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (clv_backtest, clv_backtest) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (clv_backtest, clv_backtest) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (clv_backtest, clv_backtest) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (clv_backtest, clv_backtest) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = clv_backtest, RIGHTARG = clv_backtest, FUNCTION = clv_backtest_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (clv_backtest, clv_backtest) IS 'greater than or equal';

CREATE OPERATOR FAMILY clv_backtest_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY clv_backtest_btree_ops USING btree IS 'btree operators of clv_backtest';
CREATE OPERATOR CLASS clv_backtest_btree_ops
	DEFAULT FOR TYPE clv_backtest USING btree FAMILY clv_backtest_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 clv_backtest_cmp(clv_backtest, clv_backtest);
COMMENT ON OPERATOR CLASS clv_backtest_btree_ops USING btree IS 'btree operators of clv_backtest';

CREATE OPERATOR FAMILY clv_backtest_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY clv_backtest_hash_ops USING hash IS 'hash operators of clv_backtest';
CREATE OPERATOR CLASS clv_backtest_hash_ops
	DEFAULT FOR TYPE clv_backtest USING hash FAMILY clv_backtest_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 clv_backtest_hash(clv_backtest),
	FUNCTION 2 clv_backtest_hash_extended(clv_backtest, bigint);
COMMENT ON OPERATOR CLASS clv_backtest_hash_ops USING hash IS 'hash operators of clv_backtest';

/*
 * Aggregates.  The state is a clv_backtest that still gathers; SSPACE is what a
 * hundred customers take.
 */

CREATE FUNCTION clv_backtest_combine(clv_backtest, clv_backtest) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_backtest_combine';
COMMENT ON FUNCTION clv_backtest_combine(clv_backtest, clv_backtest) IS
	'combine function of the backtest aggregates';

CREATE FUNCTION clv_backtest_final(clv_backtest) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000
	AS 'MODULE_PATHNAME', 'clv_backtest_final';
COMMENT ON FUNCTION clv_backtest_final(clv_backtest) IS
	'final function of the backtest aggregates';

CREATE FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_accum';
COMMENT ON FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date) IS
	'transition function of backtest';

CREATE AGGREGATE backtest(p purchase_digest, cutoff date, through date) (
	SFUNC = clv_backtest_accum,
	STYPE = clv_backtest,
	SSPACE = 5000,
	FINALFUNC = clv_backtest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_backtest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE backtest(purchase_digest, date, date) IS
	'fits model mbg_nbd to what was known at the end of day cutoff, and compares what it expects until the end of day through with what happened';

CREATE FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date, model text) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_accum';
COMMENT ON FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date, model text) IS
	'transition function of backtest';

CREATE AGGREGATE backtest(p purchase_digest, cutoff date, through date, model text) (
	SFUNC = clv_backtest_accum,
	STYPE = clv_backtest,
	SSPACE = 5000,
	FINALFUNC = clv_backtest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_backtest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE backtest(purchase_digest, date, date, text) IS
	'likewise with a model of that name';

CREATE FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date, model text, options jsonb) RETURNS clv_backtest
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_accum';
COMMENT ON FUNCTION clv_backtest_accum(state clv_backtest, p purchase_digest, cutoff date, through date, model text, options jsonb) IS
	'transition function of backtest';

CREATE AGGREGATE backtest(p purchase_digest, cutoff date, through date, model text, options jsonb) (
	SFUNC = clv_backtest_accum,
	STYPE = clv_backtest,
	SSPACE = 5000,
	FINALFUNC = clv_backtest_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_backtest_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE backtest(purchase_digest, date, date, text, jsonb) IS
	'likewise with options of the fit';

-- what can be read off

CREATE FUNCTION summary(b clv_backtest,
		OUT customers bigint, OUT left_out bigint,
		OUT actual_purchases bigint, OUT expected_purchases float8, OUT naive_purchases float8,
		OUT relative_error float8, OUT naive_relative_error float8,
		OUT mae float8, OUT rmse float8, OUT correlation float8,
		OUT naive_mae float8, OUT naive_rmse float8, OUT naive_correlation float8,
		OUT actual_spend numeric, OUT expected_spend float8, OUT naive_spend float8,
		OUT spend_relative_error float8, OUT naive_spend_relative_error float8,
		OUT spend_mae float8, OUT spend_rmse float8, OUT spend_correlation float8,
		OUT naive_spend_mae float8, OUT naive_spend_rmse float8, OUT naive_spend_correlation float8) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_summary';
COMMENT ON FUNCTION summary(b clv_backtest) IS
	'purchases and spend of the holdout: what happened, what the model and the naive forecast expected, and their errors per customer';

CREATE FUNCTION by_frequency(b clv_backtest,
		OUT frequency text, OUT customers bigint, OUT actual float8, OUT expected float8, OUT naive float8) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 8
	AS 'MODULE_PATHNAME', 'clv_backtest_by_frequency';
COMMENT ON FUNCTION by_frequency(b clv_backtest) IS
	'mean purchases per customer in the holdout, by frequency at the cutoff';

CREATE FUNCTION tracking(b clv_backtest,
		OUT period integer, OUT period_end date, OUT holdout boolean, OUT actual bigint, OUT expected float8,
		OUT cumulative_actual bigint, OUT cumulative_expected float8) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 104
	AS 'MODULE_PATHNAME', 'clv_backtest_tracking';
COMMENT ON FUNCTION tracking(b clv_backtest) IS
	'repeat purchases week by week, or opportunity by opportunity, before and after the cutoff, beside those expected';

CREATE FUNCTION model(b clv_backtest) RETURNS clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_model';
COMMENT ON FUNCTION model(b clv_backtest) IS
	'the model that was fitted to what was known at the cutoff';

CREATE FUNCTION state(b clv_backtest) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_backtest_state';
COMMENT ON FUNCTION state(b clv_backtest) IS
	'how the fit went, in words';
