/*
 * What a purchase earns: points for an amount, free items for visits.
 * Reference: doc/points_for.md
 */

-- not strict: step NULL means that every part of the amount counts
CREATE FUNCTION points_for(amount numeric, rate numeric, mode text DEFAULT 'floor', step numeric DEFAULT NULL) RETURNS bigint
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'points_for';
COMMENT ON FUNCTION points_for(amount numeric, rate numeric, mode text, step numeric) IS
	'points earned by an amount: rate times amount, made whole by mode; step: only whole groups of the amount count';

CREATE FUNCTION stamps_earned(visits bigint, every bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'points_for_stamps_earned';
COMMENT ON FUNCTION stamps_earned(visits bigint, every bigint) IS
	'free items earned so far where one visit in so many earns one';

CREATE FUNCTION stamps_to_next(visits bigint, every bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1
	AS 'MODULE_PATHNAME', 'points_for_stamps_to_next';
COMMENT ON FUNCTION stamps_to_next(visits bigint, every bigint) IS
	'visits until the next free item: 1 to every';
