/*
 * clv_model: a fitted or published customer lifetime model as a value.
 * Reference: doc/clv_model.md
 */

CREATE TYPE clv_model;

CREATE FUNCTION clv_model_in(cstring) RETURNS clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_model_in(cstring) IS 'text input of clv_model';

CREATE FUNCTION clv_model_out(clv_model) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_model_out(clv_model) IS 'text output of clv_model';

CREATE FUNCTION clv_model_recv(internal) RETURNS clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_model_recv(internal) IS 'binary input of clv_model';

CREATE FUNCTION clv_model_send(clv_model) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_model_send(clv_model) IS 'binary output of clv_model';

CREATE TYPE clv_model (
	INPUT = clv_model_in,
	OUTPUT = clv_model_out,
	RECEIVE = clv_model_recv,
	SEND = clv_model_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clv_model IS
	'a fitted or published customer lifetime model: parameters, how sure they are, what they were fitted on and how that went';

-- comparison: byte by byte: an order for sorting and joining, without a meaning

CREATE FUNCTION clv_model_eq(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_eq';
COMMENT ON FUNCTION clv_model_eq(clv_model, clv_model) IS
	'implementation of = operator';

CREATE FUNCTION clv_model_ne(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_ne';
COMMENT ON FUNCTION clv_model_ne(clv_model, clv_model) IS
	'implementation of <> operator';

CREATE FUNCTION clv_model_lt(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_lt';
COMMENT ON FUNCTION clv_model_lt(clv_model, clv_model) IS
	'implementation of < operator';

CREATE FUNCTION clv_model_le(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_le';
COMMENT ON FUNCTION clv_model_le(clv_model, clv_model) IS
	'implementation of <= operator';

CREATE FUNCTION clv_model_gt(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_gt';
COMMENT ON FUNCTION clv_model_gt(clv_model, clv_model) IS
	'implementation of > operator';

CREATE FUNCTION clv_model_ge(clv_model, clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_ge';
COMMENT ON FUNCTION clv_model_ge(clv_model, clv_model) IS
	'implementation of >= operator';

CREATE FUNCTION clv_model_cmp(clv_model, clv_model) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_cmp';
COMMENT ON FUNCTION clv_model_cmp(clv_model, clv_model) IS
	'btree comparison of clv_model';

CREATE FUNCTION clv_model_hash(clv_model) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_hash';
COMMENT ON FUNCTION clv_model_hash(clv_model) IS
	'hash of clv_model';

CREATE FUNCTION clv_model_hash_extended(clv_model, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_hash_extended';
COMMENT ON FUNCTION clv_model_hash_extended(clv_model, bigint) IS
	'seeded hash of clv_model';

CREATE OPERATOR = (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (clv_model, clv_model) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (clv_model, clv_model) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (clv_model, clv_model) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (clv_model, clv_model) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (clv_model, clv_model) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = clv_model, RIGHTARG = clv_model, FUNCTION = clv_model_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (clv_model, clv_model) IS 'greater than or equal';

CREATE OPERATOR FAMILY clv_model_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY clv_model_btree_ops USING btree IS 'btree operators of clv_model';
CREATE OPERATOR CLASS clv_model_btree_ops
	DEFAULT FOR TYPE clv_model USING btree FAMILY clv_model_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 clv_model_cmp(clv_model, clv_model);
COMMENT ON OPERATOR CLASS clv_model_btree_ops USING btree IS 'btree operators of clv_model';

CREATE OPERATOR FAMILY clv_model_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY clv_model_hash_ops USING hash IS 'hash operators of clv_model';
CREATE OPERATOR CLASS clv_model_hash_ops
	DEFAULT FOR TYPE clv_model USING hash FAMILY clv_model_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 clv_model_hash(clv_model),
	FUNCTION 2 clv_model_hash_extended(clv_model, bigint);
COMMENT ON OPERATOR CLASS clv_model_hash_ops USING hash IS 'hash operators of clv_model';

CREATE FUNCTION clv_model(model text, parameters jsonb) RETURNS clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_model_construct';
COMMENT ON FUNCTION clv_model(model text, parameters jsonb) IS
	'a model from published parameters';

-- parameters

CREATE FUNCTION parameters(model clv_model,
		OUT name text, OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 7
	AS 'MODULE_PATHNAME', 'clv_model_parameters';
COMMENT ON FUNCTION parameters(model clv_model) IS
	'each parameter with its standard error and 95 % profile-likelihood interval';

CREATE FUNCTION covariance(model clv_model) RETURNS float8[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_model_covariance';
COMMENT ON FUNCTION covariance(model clv_model) IS
	'covariance matrix of the parameters; NULL where none is known';

CREATE FUNCTION spend_covariance(model clv_model) RETURNS float8[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_model_spend_covariance';
COMMENT ON FUNCTION spend_covariance(model clv_model) IS
	'covariance matrix of the parameters of the spend model; NULL where none is known';

-- how well it fits

CREATE FUNCTION log_likelihood(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_log_likelihood';
COMMENT ON FUNCTION log_likelihood(model clv_model) IS
	'log-likelihood at the parameters; NULL of a model that was not fitted';

CREATE FUNCTION spend_log_likelihood(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_spend_log_likelihood';
COMMENT ON FUNCTION spend_log_likelihood(model clv_model) IS
	'log-likelihood of the spend model; NULL where there is none that was fitted';

CREATE FUNCTION aic(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_aic';
COMMENT ON FUNCTION aic(model clv_model) IS
	'Akaike''s information criterion: smaller is better';

CREATE FUNCTION bic(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_bic';
COMMENT ON FUNCTION bic(model clv_model) IS
	'Bayesian information criterion: smaller is better';

CREATE FUNCTION likelihood_ratio(restricted clv_model, "full" clv_model,
		OUT statistic float8, OUT degrees_of_freedom integer, OUT p_value float8) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_model_likelihood_ratio';
COMMENT ON FUNCTION likelihood_ratio(restricted clv_model, "full" clv_model) IS
	'likelihood-ratio test of a fit with fixed parameters against one where they are free';

-- how the fit went

CREATE FUNCTION converged(model clv_model) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_converged';
COMMENT ON FUNCTION converged(model clv_model) IS
	'whether the fit found a maximum; NULL of a model that was not fitted';

CREATE FUNCTION state(model clv_model) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_model_state';
COMMENT ON FUNCTION state(model clv_model) IS
	'how the fit went, in words';

CREATE FUNCTION spend_state(model clv_model) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_model_spend_state';
COMMENT ON FUNCTION spend_state(model clv_model) IS
	'how the fit of the spend model went, in words; NULL where there is none';

CREATE FUNCTION model_name(model clv_model) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_name';
COMMENT ON FUNCTION model_name(model clv_model) IS
	'which model it is';

CREATE FUNCTION as_of(model clv_model) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_as_of';
COMMENT ON FUNCTION as_of(model clv_model) IS
	'the end of observation of the digests it was fitted on';

CREATE FUNCTION customer_count(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_customer_count';
COMMENT ON FUNCTION customer_count(model clv_model) IS
	'weight of the customers it was fitted on';

CREATE FUNCTION history_count(model clv_model) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_history_count';
COMMENT ON FUNCTION history_count(model clv_model) IS
	'number of distinct histories it was fitted on';

CREATE FUNCTION left_out(model clv_model) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_left_out';
COMMENT ON FUNCTION left_out(model clv_model) IS
	'number of digests left out, because their first purchase is after as_of';

CREATE FUNCTION evaluations(model clv_model) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_evaluations';
COMMENT ON FUNCTION evaluations(model clv_model) IS
	'number of times the fit evaluated the likelihood';

CREATE FUNCTION spend_correlation(model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_model_spend_correlation';
COMMENT ON FUNCTION spend_correlation(model clv_model) IS
	'correlation of frequency and mean spend among repeat buyers: the spend model assumes none';
