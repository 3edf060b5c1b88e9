/*
 * clv_forecast: what a group of customers will bring, and how sure that is.
 * Reference: doc/clv_forecast.md
 */

CREATE TYPE clv_forecast;

CREATE FUNCTION clv_forecast_in(cstring) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_forecast_in(cstring) IS 'text input of clv_forecast';

CREATE FUNCTION clv_forecast_out(clv_forecast) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_forecast_out(clv_forecast) IS 'text output of clv_forecast';

CREATE FUNCTION clv_forecast_recv(internal) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_forecast_recv(internal) IS 'binary input of clv_forecast';

CREATE FUNCTION clv_forecast_send(clv_forecast) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION clv_forecast_send(clv_forecast) IS 'binary output of clv_forecast';

CREATE TYPE clv_forecast (
	INPUT = clv_forecast_in,
	OUTPUT = clv_forecast_out,
	RECEIVE = clv_forecast_recv,
	SEND = clv_forecast_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clv_forecast IS
	'what a group of customers will bring within a horizon by a model, and how sure that is';

-- comparison: byte by byte: an order for sorting and joining, without a meaning

CREATE FUNCTION clv_forecast_eq(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_eq';
COMMENT ON FUNCTION clv_forecast_eq(clv_forecast, clv_forecast) IS
	'implementation of = operator';

CREATE FUNCTION clv_forecast_ne(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_ne';
COMMENT ON FUNCTION clv_forecast_ne(clv_forecast, clv_forecast) IS
	'implementation of <> operator';

CREATE FUNCTION clv_forecast_lt(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_lt';
COMMENT ON FUNCTION clv_forecast_lt(clv_forecast, clv_forecast) IS
	'implementation of < operator';

CREATE FUNCTION clv_forecast_le(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_le';
COMMENT ON FUNCTION clv_forecast_le(clv_forecast, clv_forecast) IS
	'implementation of <= operator';

CREATE FUNCTION clv_forecast_gt(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_gt';
COMMENT ON FUNCTION clv_forecast_gt(clv_forecast, clv_forecast) IS
	'implementation of > operator';

CREATE FUNCTION clv_forecast_ge(clv_forecast, clv_forecast) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_ge';
COMMENT ON FUNCTION clv_forecast_ge(clv_forecast, clv_forecast) IS
	'implementation of >= operator';

CREATE FUNCTION clv_forecast_cmp(clv_forecast, clv_forecast) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_cmp';
COMMENT ON FUNCTION clv_forecast_cmp(clv_forecast, clv_forecast) IS
	'btree comparison of clv_forecast';

CREATE FUNCTION clv_forecast_hash(clv_forecast) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_hash';
COMMENT ON FUNCTION clv_forecast_hash(clv_forecast) IS
	'hash of clv_forecast';

CREATE FUNCTION clv_forecast_hash_extended(clv_forecast, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_hash_extended';
COMMENT ON FUNCTION clv_forecast_hash_extended(clv_forecast, bigint) IS
	'seeded hash of clv_forecast';

CREATE OPERATOR = (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (clv_forecast, clv_forecast) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (clv_forecast, clv_forecast) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (clv_forecast, clv_forecast) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (clv_forecast, clv_forecast) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (clv_forecast, clv_forecast) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = clv_forecast, RIGHTARG = clv_forecast, FUNCTION = clv_forecast_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (clv_forecast, clv_forecast) IS 'greater than or equal';

CREATE OPERATOR FAMILY clv_forecast_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY clv_forecast_btree_ops USING btree IS 'btree operators of clv_forecast';
CREATE OPERATOR CLASS clv_forecast_btree_ops
	DEFAULT FOR TYPE clv_forecast USING btree FAMILY clv_forecast_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 clv_forecast_cmp(clv_forecast, clv_forecast);
COMMENT ON OPERATOR CLASS clv_forecast_btree_ops USING btree IS 'btree operators of clv_forecast';

CREATE OPERATOR FAMILY clv_forecast_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY clv_forecast_hash_ops USING hash IS 'hash operators of clv_forecast';
CREATE OPERATOR CLASS clv_forecast_hash_ops
	DEFAULT FOR TYPE clv_forecast USING hash FAMILY clv_forecast_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 clv_forecast_hash(clv_forecast),
	FUNCTION 2 clv_forecast_hash_extended(clv_forecast, bigint);
COMMENT ON OPERATOR CLASS clv_forecast_hash_ops USING hash IS 'hash operators of clv_forecast';

/*
 * Aggregates.  The state is a clv_forecast and the result at once: it has no
 * other form, so there is no final function.  SSPACE is its size.
 */

CREATE FUNCTION clv_forecast_combine(clv_forecast, clv_forecast) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_combine';
COMMENT ON FUNCTION clv_forecast_combine(clv_forecast, clv_forecast) IS
	'combine function of the clv_forecast aggregates';

CREATE FUNCTION clv_forecast_accum(state clv_forecast, p purchase_digest, model clv_model, as_of date, horizon interval) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000
	AS 'MODULE_PATHNAME', 'clv_forecast_accum';
COMMENT ON FUNCTION clv_forecast_accum(state clv_forecast, p purchase_digest, model clv_model, as_of date, horizon interval) IS
	'transition function of clv_forecast';

CREATE AGGREGATE clv_forecast(p purchase_digest, model clv_model, as_of date, horizon interval) (
	SFUNC = clv_forecast_accum,
	STYPE = clv_forecast,
	SSPACE = 1240,
	COMBINEFUNC = clv_forecast_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_forecast(purchase_digest, clv_model, date, interval) IS
	'what the customers will bring within the horizon after as_of, by a model that is the same for all; NULL digests are none';

CREATE FUNCTION clv_forecast_accum(state clv_forecast, p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000
	AS 'MODULE_PATHNAME', 'clv_forecast_accum';
COMMENT ON FUNCTION clv_forecast_accum(state clv_forecast, p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) IS
	'transition function of clv_forecast';

CREATE AGGREGATE clv_forecast(p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) (
	SFUNC = clv_forecast_accum,
	STYPE = clv_forecast,
	SSPACE = 1240,
	COMBINEFUNC = clv_forecast_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_forecast(purchase_digest, clv_model, date, interval, float8) IS
	'likewise, discounted at an effective annual rate';

CREATE AGGREGATE rollup(f clv_forecast) (
	SFUNC = clv_forecast_combine,
	STYPE = clv_forecast,
	SSPACE = 1240,
	COMBINEFUNC = clv_forecast_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(clv_forecast) IS
	'the forecast of the customers of all those given, which must be of one model, as_of, horizon and discount';

CREATE FUNCTION merge(f clv_forecast, g clv_forecast) RETURNS clv_forecast
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_merge';
COMMENT ON FUNCTION merge(f clv_forecast, g clv_forecast) IS
	'the forecast of the customers of both; NULL counts as nobody';

-- how much

CREATE FUNCTION total(f clv_forecast) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_total';
COMMENT ON FUNCTION total(f clv_forecast) IS
	'expected value of the customers together, or number of purchases where the model has no spend; NULL where the model does not answer for each';

CREATE FUNCTION forecast_interval(f clv_forecast, level float8,
		OUT lower float8, OUT upper float8) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_forecast_interval';
COMMENT ON FUNCTION forecast_interval(f clv_forecast, level float8) IS
	'interval that holds the total with a probability of level; NULL where there is no std_error';

-- how sure

CREATE FUNCTION std_error(f clv_forecast) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_std_error';
COMMENT ON FUNCTION std_error(f clv_forecast) IS
	'standard error of the total, from both sources together; NULL where either is not known';

CREATE FUNCTION customer_std_error(f clv_forecast) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_customer_std_error';
COMMENT ON FUNCTION customer_std_error(f clv_forecast) IS
	'standard error of the total that comes from what each customer happens to do; NULL where a variance is infinite';

CREATE FUNCTION parameter_std_error(f clv_forecast) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_parameter_std_error';
COMMENT ON FUNCTION parameter_std_error(f clv_forecast) IS
	'standard error of the total that comes from the parameters, which are estimates that all customers share; NULL where the model has no covariance';

-- of how many

CREATE FUNCTION customer_count(f clv_forecast) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_customer_count';
COMMENT ON FUNCTION customer_count(f clv_forecast) IS
	'number of customers at as_of, those included for whom the model does not answer';

CREATE FUNCTION left_out(f clv_forecast) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_left_out';
COMMENT ON FUNCTION left_out(f clv_forecast) IS
	'number of digests left out, because their first purchase is after as_of';

CREATE FUNCTION unanswered_count(f clv_forecast) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_unanswered_count';
COMMENT ON FUNCTION unanswered_count(f clv_forecast) IS
	'number of customers for whom the model does not answer: it failed, or their spend has no mean';

CREATE FUNCTION unbounded_count(f clv_forecast) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_forecast_unbounded_count';
COMMENT ON FUNCTION unbounded_count(f clv_forecast) IS
	'number of customers whose value has no finite variance';
