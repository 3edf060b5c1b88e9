-- pareto_segment, is_top, quantile_score: marking rows by value.
-- Each test is a sentence and the query that shows it.

-- Twenty customers of 400 carry 80 % of the total with eighty of 25: they are A.
SELECT value, pareto_segment, count(*)
FROM (SELECT value, pareto_segment(value) OVER ()
	FROM (SELECT CASE WHEN i <= 20 THEN 400 ELSE 25 END::numeric AS value FROM generate_series(1, 100) i) s) s
GROUP BY 1, 2 ORDER BY 1 DESC;

-- The one who crosses the boundary is still above it: A is never empty.
SELECT v, pareto_segment(v) OVER () FROM (VALUES (1000.0), (30), (20), (10)) s(v) ORDER BY v DESC;

-- Ties share a class.
SELECT v, pareto_segment(v, '{0.5}') OVER () FROM (VALUES (40.0), (20), (20), (20)) s(v) ORDER BY v DESC;
SELECT v, pareto_segment(v, '{0.2}') OVER () FROM (VALUES (20.0), (20), (20), (20)) s(v) ORDER BY v DESC;

-- Zero, less than zero and NULL are in the last class, and so is everyone where nobody has anything.
SELECT v, pareto_segment(v) OVER () FROM (VALUES (5.0), (0), (-3), (NULL)) s(v) ORDER BY v DESC NULLS LAST;
SELECT v, pareto_segment(v) OVER () FROM (VALUES (0.0), (-3), (NULL)) s(v) ORDER BY v DESC NULLS LAST;

-- Cuts give as many classes and one.
SELECT v, pareto_segment(v, '{0.5, 0.75, 0.9, 1}') OVER () AS up_to_one, pareto_segment(v, '{0.5, 0.75, 0.9}') OVER () AS up_to_ninety
FROM generate_series(1, 10) v ORDER BY v DESC;

-- Where values come to a cut exactly, the last bit of a sum does not decide: after 0.4 and 0.3 the cut of 0.7 is reached.
SELECT v, pareto_segment(v, '{0.7}') OVER () FROM unnest('{0.3, 0.1, 0.2, 0.4}'::float8[]) v ORDER BY v DESC;

-- Integers, double precision and numeric agree.
SELECT count(*) FROM (SELECT pareto_segment(i) OVER () AS a, pareto_segment(i::float8) OVER () AS b, pareto_segment(i::numeric) OVER () AS c
	FROM generate_series(1, 1000) i) s WHERE a <> b OR b <> c;

-- Numeric values that differ beyond double precision are no ties.
SELECT v, pareto_segment(v, '{0.4}') OVER () AS pareto, is_top(v, 0.5) OVER () AS is_top
FROM (VALUES (10000000000000000.01), (10000000000000000.02)) s(v) ORDER BY v;

-- Each partition is by itself; the window's order and frame have no say.
SELECT p, v, pareto_segment(v) OVER (PARTITION BY p ORDER BY v ROWS 1 PRECEDING)
FROM (VALUES (1, 100.0), (1, 1), (2, 1), (2, 1)) s(p, v) ORDER BY p, v DESC;

-- The top 20 % of ten are two.
SELECT v, is_top(v, 0.2) OVER () FROM generate_series(1, 10) v ORDER BY v DESC LIMIT 3;

-- Ties with the last of them are all in.
SELECT v, is_top(v, 0.2) OVER () FROM unnest('{9, 8, 8, 8, 1, 1, 1, 1, 1, 1}'::numeric[]) v ORDER BY v DESC LIMIT 5;

-- NULL is unknown and not counted; zero and less is never top.
SELECT v, is_top(v, 1) OVER () FROM (VALUES (3.0), (0), (-1), (NULL)) s(v) ORDER BY v DESC NULLS LAST;
SELECT count(*) FILTER (WHERE t) FROM (SELECT is_top(CASE WHEN i <= 10 THEN i END, 0.5) OVER () AS t FROM generate_series(1, 20) i) s;

-- 7 % of 100 are 7, although 0.07 * 100 is above that in floating point.
SELECT count(*) FILTER (WHERE t) FROM (SELECT is_top(i, 0.07) OVER () AS t FROM generate_series(1, 100) i) s;

-- None of them is nobody.
SELECT bool_or(t) FROM (SELECT is_top(i, 0) OVER () AS t FROM generate_series(1, 10) i) s;

-- Scores are like ntile's where there are no ties ...
SELECT i, quantile_score(5) OVER (ORDER BY i), ntile(5) OVER (ORDER BY i) FROM generate_series(1, 10) i ORDER BY i;

-- ... and do not split ties where there are.
SELECT v, quantile_score(4) OVER (ORDER BY v), ntile(4) OVER (ORDER BY v) FROM unnest('{1, 1, 1, 2, 3, 3, 4, 5}'::int[]) v ORDER BY v;

-- With fewer rows than buckets the scores spread.
SELECT i, quantile_score(5) OVER (ORDER BY i) FROM generate_series(1, 3) i ORDER BY i;

-- NULLS FIRST scores those without a value lowest.
SELECT v, quantile_score(2) OVER (ORDER BY v NULLS FIRST) FROM (VALUES (1), (2), (NULL), (NULL)) s(v) ORDER BY v NULLS FIRST;

-- Without an order all rows are peers.
SELECT DISTINCT quantile_score(5) OVER () FROM generate_series(1, 10) i;

-- No rows, no answer; a NULL option, NULL.
SELECT pareto_segment(1.0) OVER (), is_top(1.0, 0.1) OVER (), quantile_score(3) OVER () FROM generate_series(1, 0);
SELECT pareto_segment(1.0, NULL) OVER () IS NULL AND is_top(1.0, NULL) OVER () IS NULL AND quantile_score(NULL) OVER () IS NULL AS unknown;

-- Values must be finite.
SELECT pareto_segment(v) OVER () FROM unnest('{1, NaN}'::float8[]) v;
SELECT pareto_segment(v) OVER () FROM unnest('{1, Infinity}'::numeric[]) v;
SELECT is_top(v, 0.1) OVER () FROM unnest('{1, -Infinity}'::float8[]) v;
SELECT is_top(v, 0.1) OVER () FROM unnest('{1, NaN}'::numeric[]) v;
SELECT is_top(v, 0.1) OVER () FROM unnest('{1, 1e309}'::numeric[]) v;

-- Options must make sense ...
SELECT pareto_segment(1.0, '{}') OVER ();
SELECT pareto_segment(1.0, '{{0.5},{0.8}}') OVER ();
SELECT pareto_segment(1.0, '{0.5, NULL}') OVER ();
SELECT pareto_segment(1.0, '{0.5, 0.5}') OVER ();
SELECT pareto_segment(1.0, '{0, 0.5}') OVER ();
SELECT pareto_segment(1.0, '{0.5, 1.1}') OVER ();
SELECT pareto_segment(1.0, '{NaN}') OVER ();
SELECT pareto_segment(1.0, (SELECT array_agg(i / 26.0::float8) FROM generate_series(1, 26) i)) OVER ();
SELECT is_top(1.0, 1.1) OVER ();
SELECT is_top(1.0, 'NaN') OVER ();
SELECT quantile_score(0) OVER ();
SELECT quantile_score(-5) OVER ();

-- ... and be the same for all rows of a partition.
SELECT pareto_segment(1.0, ARRAY[i / 10.0]::float8[]) OVER () FROM generate_series(1, 2) i;
SELECT is_top(1.0, i / 10.0) OVER () FROM generate_series(1, 2) i;
SELECT quantile_score(i) OVER (ORDER BY i) FROM generate_series(1, 2) i;
SELECT p, v, pareto_segment(v, ARRAY[p / 10.0]::float8[]) OVER (PARTITION BY p) AS segment, is_top(v, p / 10.0) OVER (PARTITION BY p) AS top,
	quantile_score(p) OVER (PARTITION BY p ORDER BY v) AS score
FROM generate_series(4, 6, 2) p, generate_series(1, 3) v ORDER BY p, v;
