/*
 * Has the customer's average order value fallen, month by month?
 * Reference: doc/order_value_trend.md
 */

CREATE FUNCTION order_value_trend(p purchase_digest, as_of date, months integer DEFAULT 3) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_order_value_trend';
COMMENT ON FUNCTION order_value_trend(p purchase_digest, as_of date, months integer) IS
	'slope of the monthly average order value over the last complete months, in money per month';

CREATE FUNCTION is_falling(p purchase_digest, as_of date, months integer DEFAULT 3) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_is_falling';
COMMENT ON FUNCTION is_falling(p purchase_digest, as_of date, months integer) IS
	'whether the average order value fell in each of the last complete months';
