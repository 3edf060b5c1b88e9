/*
 * Window functions that mark rows by value: Pareto classes, the top ones,
 * scores by quantile.
 * Reference: doc/pareto_segment.md
 */

CREATE FUNCTION pareto_segment(value numeric, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'pareto_segment_numeric';
COMMENT ON FUNCTION pareto_segment(value numeric, cuts float8[]) IS
	'A, B, C, ... by cumulative share of the value; ties share a class';

CREATE FUNCTION pareto_segment(value float8, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'pareto_segment_float8';
COMMENT ON FUNCTION pareto_segment(value float8, cuts float8[]) IS
	'A, B, C, ... by cumulative share of the value; ties share a class';

CREATE FUNCTION is_top(value numeric, fraction float8) RETURNS boolean
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'is_top_numeric';
COMMENT ON FUNCTION is_top(value numeric, fraction float8) IS
	'whether the row is among the top fraction of the rows by value; ties are all in or all out';

CREATE FUNCTION is_top(value float8, fraction float8) RETURNS boolean
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'is_top_float8';
COMMENT ON FUNCTION is_top(value float8, fraction float8) IS
	'whether the row is among the top fraction of the rows by value; ties are all in or all out';

CREATE FUNCTION quantile_score(buckets integer) RETURNS integer
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'quantile_score';
COMMENT ON FUNCTION quantile_score(buckets integer) IS
	'1 to buckets by position in the window''s order, like ntile, but peers never split';
