-- pareto_segment, is_top, quantile_score: the definitions in plain SQL, on random data.
BEGIN;
SELECT no_plan();

SELECT setseed(0.8);
CREATE TEMP TABLE tap_value AS
SELECT i, i % 7 AS grp,
	CASE WHEN random() < 0.05 THEN NULL ELSE
		CASE i % 7 WHEN 0 THEN round((random() * 10)::numeric) WHEN 1 THEN round((random() * 1000 - 300)::numeric, 2)
			WHEN 2 THEN round(exp(random() * 15)::numeric, 2) WHEN 3 THEN -round((random() * 10)::numeric, 1)
			WHEN 4 THEN 12345678901234567890 + round(random()::numeric, 1) WHEN 5 THEN 1 ELSE round(random()::numeric, 12) END END AS n
FROM generate_series(1, 5000) i;

CREATE TEMP TABLE tap_defined AS
SELECT i, grp, n, cuts,
	CASE WHEN coalesce(n, 0) <= 0 THEN cardinality(cuts) + 1
		ELSE (SELECT coalesce(min(k), cardinality(cuts) + 1) FROM generate_subscripts(cuts, 1) k
			WHERE above < (cuts[k]::numeric - 1e-12) * total) END AS class
FROM tap_value t
JOIN (SELECT DISTINCT ON (grp, n) grp, n,
		sum(greatest(n, 0)) OVER (PARTITION BY grp ORDER BY n DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above_or_null,
		sum(greatest(n, 0)) OVER (PARTITION BY grp) AS total FROM tap_value WHERE n IS NOT NULL) s USING (grp, n)
CROSS JOIN LATERAL (SELECT coalesce(above_or_null, 0) AS above) a
CROSS JOIN (VALUES ('{0.8,0.95}'::float8[]), ('{0.2,0.4,0.6,0.8,1}'), ('{0.01}')) c(cuts);

CREATE FUNCTION pg_temp.answered(typ text, ordered text, cuts text) RETURNS TABLE (i int, segment text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT i, pareto_segment(n::%s, %L) OVER (PARTITION BY grp) FROM (SELECT * FROM tap_value ORDER BY %s) s', typ, cuts, ordered);
END $$;

SELECT is_empty(format($$
	SELECT * FROM tap_defined JOIN pg_temp.answered(%L, %L, %L) USING (i)
	WHERE cuts = %3$L AND segment <> chr(64 + class) AND (%1$L = 'numeric' OR grp <> 4)$$, typ, ordered, cuts),
	format('as defined: %s, rows ordered by %s, cuts %s', typ, ordered, cuts))
FROM unnest('{numeric,float8}'::text[]) typ, unnest('{i,md5(i::text),n DESC}'::text[]) ordered,
	unnest('{"{0.8,0.95}","{0.2,0.4,0.6,0.8,1}","{0.01}"}'::text[]) cuts;

SELECT is_empty($$
	SELECT grp FROM (SELECT grp, n, pareto_segment(n) OVER (PARTITION BY grp) AS segment FROM tap_value) s
	GROUP BY grp HAVING max(n) > 0 AND NOT bool_or(segment = 'A')$$,
	'where anyone has anything, A is not empty');
SELECT is_empty($$
	SELECT grp, n FROM (SELECT grp, n, pareto_segment(n) OVER (PARTITION BY grp) AS segment, is_top(n, 0.3) OVER (PARTITION BY grp) AS top,
		quantile_score(5) OVER (PARTITION BY grp ORDER BY n) AS score FROM tap_value) s
	GROUP BY grp, n HAVING count(DISTINCT segment) > 1 OR count(DISTINCT top) > 1 OR count(DISTINCT score) > 1$$,
	'ties never split');

SELECT is_empty(format($$
	SELECT * FROM (SELECT grp, n, is_top(n, %1$s) OVER (PARTITION BY grp) AS answered,
		CASE WHEN n IS NOT NULL THEN n > 0 AND rank() OVER (PARTITION BY grp ORDER BY n DESC NULLS LAST) - 1 < %1$s::numeric * count(n) OVER (PARTITION BY grp) END AS defined
		FROM tap_value) s WHERE answered IS DISTINCT FROM defined$$, fraction), 'is_top as defined: ' || fraction)
FROM unnest('{0, 0.01, 0.07, 0.1, 0.2, 0.5, 1}'::numeric[]) fraction;

SELECT is_empty(format($$
	SELECT * FROM (SELECT quantile_score(%1$s) OVER (PARTITION BY grp ORDER BY n NULLS FIRST) AS answered,
		1 + floor(%1$s::numeric * (rank() OVER (PARTITION BY grp ORDER BY n NULLS FIRST) - 1) / count(*) OVER (PARTITION BY grp)) AS defined
		FROM tap_value) s WHERE answered <> defined$$, buckets), 'quantile_score as defined: ' || buckets)
FROM unnest('{1, 2, 5, 10, 2147483647}'::int[]) buckets;

SELECT is_empty($$
	SELECT i FROM (SELECT i, quantile_score(7) OVER (ORDER BY i) AS score, ntile(7) OVER (ORDER BY i) AS tile FROM generate_series(1, 700) i) s WHERE score <> tile$$,
	'without ties and with equal buckets it is ntile');

-- a parameter is constant too
PREPARE tap_top(float8) AS SELECT count(*) FILTER (WHERE t) FROM (SELECT is_top(i, $1) OVER () AS t FROM generate_series(1, 50) i) s;
SELECT results_eq('EXECUTE tap_top(0.1)', 'SELECT 5::bigint', 'options can be parameters');

SELECT throws_ok('SELECT quantile_score(0) OVER ()', '22014', NULL, 'buckets of 0 are refused as ntile refuses them');
SELECT throws_ok($$SELECT pareto_segment(1.0, '{0.9,0.8}') OVER ()$$, '22023', NULL, 'cuts must ascend');
SELECT throws_ok($$SELECT pareto_segment(v) OVER () FROM unnest('{1,NaN}'::float8[]) v$$, '22023', NULL, 'values must be finite');
SELECT throws_ok('SELECT is_top(1.0, i / 10.0) OVER () FROM generate_series(1, 2) i', '22023', NULL, 'a fraction must be constant');

-- NULL values have a meaning of their own here; 19 would let a query ask to pass over them
SELECT CASE WHEN current_setting('server_version_num')::int >= 190000
	THEN throws_ok('SELECT ' || f || ' IGNORE NULLS OVER (ORDER BY v) FROM (VALUES (1.0), (NULL), (3)) s(v)', '0A000', NULL, f || ' refuses IGNORE NULLS')
	ELSE skip('IGNORE NULLS came with 19', 1) END
FROM unnest('{pareto_segment(v),"is_top(v, 0.5)",quantile_score(3)}'::text[]) f;

SELECT * FROM finish();
ROLLBACK;
