/*
 * Where a customer stands, in one word.
 * Reference: doc/lifecycle_state.md
 */

CREATE FUNCTION lifecycle_state(p purchase_digest, as_of date, lapse interval) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_lifecycle_state';
COMMENT ON FUNCTION lifecycle_state(p purchase_digest, as_of date, lapse interval) IS
	'new, active, at_risk, lapsed or reactivated';
