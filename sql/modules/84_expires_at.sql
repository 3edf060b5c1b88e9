/*
 * When points expire.
 * Reference: doc/expires_at.md
 */

-- not strict: validity NULL adds nothing
CREATE FUNCTION expires_at(earned timestamptz, validity interval, snap text, tz text) RETURNS timestamptz
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'expires_at';
COMMENT ON FUNCTION expires_at(earned timestamptz, validity interval, snap text, tz text) IS
	'when points expire: validity after they were earned, then at the end of the day, week, month, quarter or year in a time zone';
