/*
 * The books: what points that are out owe, and when the revenue behind them is earned.
 * Reference: doc/points_liability.md
 */

CREATE FUNCTION deferred_revenue(price numeric, goods_value numeric, points_value numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'points_liability_deferred_revenue';
COMMENT ON FUNCTION deferred_revenue(price numeric, goods_value numeric, points_value numeric) IS
	'the part of a price that belongs to the points given with it, by stand-alone values, in the decimals of price';

CREATE FUNCTION recognized_revenue(deferred numeric, redeemed numeric, expected numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'points_liability_recognized_revenue';
COMMENT ON FUNCTION recognized_revenue(deferred numeric, redeemed numeric, expected numeric) IS
	'how much of the deferred revenue is earned so far: redeemed of the points expected to be, in the decimals of deferred';

CREATE FUNCTION points_liability(points bigint, unit_value numeric, redemption_rate numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'points_liability';
COMMENT ON FUNCTION points_liability(points bigint, unit_value numeric, redemption_rate numeric) IS
	'value of the outstanding points that are expected to be redeemed';

CREATE FUNCTION points_breakage(points bigint, unit_value numeric, redemption_rate numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'points_liability_breakage';
COMMENT ON FUNCTION points_breakage(points bigint, unit_value numeric, redemption_rate numeric) IS
	'value of the outstanding points that are expected never to be redeemed';
