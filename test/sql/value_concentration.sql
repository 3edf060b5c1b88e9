-- value_concentration: who carries the revenue.
-- Each test is a sentence and the query that shows it.

-- Eighty customers of 25 and twenty of 400: the top fifth has four fifths.
CREATE TEMP TABLE customer AS
SELECT i AS id, CASE WHEN i <= 20 THEN 400 ELSE 25 END::numeric AS value FROM generate_series(1, 100) i;
SELECT top_share(value_concentration(value), 0.2) FROM customer;

-- The value shows who there is: each distinct value with its number of members.
SELECT value_concentration(value) FROM customer;

-- What can be asked of it.
SELECT member_count(c), total_value(c), members_for(c, 0.8), round(gini(c)::numeric, 6) AS gini,
	cutoff(c, 0.2) AS cutoff_20, cutoff(c, 0.21) AS cutoff_21
FROM (SELECT value_concentration(value) AS c FROM customer) s;

-- Within a member the share grows evenly.
SELECT round(top_share('{1, 2, 3}', f)::numeric, 6) AS share, f AS fraction
FROM unnest('{0, 0.1, 0.3333333333333333, 0.5, 0.6666666666666666, 0.9, 1}'::float8[]) f;

-- 0.07 of 100 members is 7 of them, although 0.07 * 100 is not 7 in floating point.
SELECT 0.07::float8 * 100 = 7 AS whole, cutoff('{1 x93, 1000 x7}', 0.07) AS cutoff,
	top_share('{1 x93, 1000 x7}', 0.07) = 7000.0::float8 / 7093 AS share_of_seven;

-- The Lorenz curve goes from nobody to everybody, the poorest first.
SELECT population_share, round(value_share::numeric, 6) AS value_share
FROM lorenz_curve('{25 x80, 400 x20}', 5);

-- Everybody equal: no concentration at all.
SELECT top_share('{7.50 x12}', 0.25), members_for('{7.50 x12}', 0.5), gini('{7.50 x12}');

-- One has everything.
SELECT top_share('{0 x9, 100}', 0.1), members_for('{0 x9, 100}', 1), round(gini('{0 x9, 100}')::numeric, 6) AS gini;

-- A negative value counts as nothing in shares, is a member, and is told apart.
SELECT c, member_count(c), top_share(c, 0.5), negative_total(c), positive_total(c), total_value(c), cutoff(c, 1)
FROM (SELECT value_concentration(v) AS c FROM (VALUES (-30.5), (10.25), (30), (-9.50)) s(v)) s;

-- NULL rows are no members; no rows, no value.
SELECT value_concentration(v) FROM (VALUES (1.5), (NULL), (2)) s(v);
SELECT value_concentration(v) IS NULL AS no_rows FROM (SELECT 1.5 AS v WHERE false) s;
SELECT value_concentration(v) IS NULL AS only_nulls FROM (VALUES (NULL::numeric), (NULL)) s(v);

-- Where nobody has anything there are no shares.
SELECT top_share(c, 0.2), members_for(c, 0.8), gini(c), cutoff(c, 0.5), total_value(c) FROM (VALUES ('{-5, 0 x3}'::value_concentration)) s(c);
SELECT * FROM lorenz_curve('{-5, 0 x3}', 2);

-- Nobody at all is a value too.
SELECT member_count('{}'), total_value('{}'), top_share('{}', 0.2), cutoff('{}', 0.2);

-- Amounts are exact: no floating point on the way to a total.
SELECT total_value(c), negative_total(c), cutoff(c, 0.5)
FROM (SELECT value_concentration(v) AS c FROM (VALUES (9007199254740993.01), (-0.10), (-0.20), (0.3)) s(v)) s;

-- Double precision values are kept as they are; so are whole numbers of integer types.
SELECT value_concentration(v), cutoff(value_concentration(v), 0.1) FROM unnest('{0.1, 1e25, -2.5, 0, -0, 0.1}'::float8[]) v;
SELECT value_concentration(v) FROM generate_series(1, 3) v;

-- The two kinds do not mix.
SELECT merge('{1}'::value_concentration, 'float8 {1}');

-- rollup and merge put parts together; NULL is nothing.
SELECT rollup(part), rollup(part) = (SELECT value_concentration(value) FROM customer) AS same
FROM (SELECT value_concentration(value) AS part FROM customer GROUP BY id % 7) s;
SELECT merge('{1, 2 x3}'::value_concentration, '{2, 5.50}'), merge(NULL::value_concentration, '{1}'), merge(NULL::value_concentration, NULL) IS NULL AS nothing;

-- Text goes in as it comes out, spaces and all.
SELECT ' { -1.50 x2 ,0, 2.25 x3 } '::value_concentration, 'float8{1e5,2.5e5 x2}'::value_concentration, 'float8 {}'::value_concentration;

-- Equality is of values, whatever decimals they show.
SELECT '{1.00, 2}'::value_concentration = '{1, 2}' AS equal, '{1}'::value_concentration < '{1, 2}' AS shorter_first,
	'{1}'::value_concentration <> 'float8 {1}' AS kinds_differ;
SELECT count(DISTINCT c) FROM (VALUES ('{1.00}'::value_concentration), ('{1}'), ('{1 x2}')) s(c);
SET enable_sort = off;
SELECT count(*) FROM (SELECT c FROM (VALUES ('{1.00}'::value_concentration), ('{1}'), ('{1 x2}')) s(c) GROUP BY c) s;
RESET enable_sort;

-- Faulty text says where.
SELECT '{2, 1}'::value_concentration;
SELECT '{1, 1.0}'::value_concentration;
SELECT '{1 x0}'::value_concentration;
SELECT '{1.1234567}'::value_concentration;
SELECT '{1e5}'::value_concentration;
SELECT 'float8 {1e999}'::value_concentration;
SELECT 'float8 {NaN}'::value_concentration;
SELECT '{1 x9223372036854775808}'::value_concentration;
SELECT '{1 x9223372036854775807, 2}'::value_concentration;
SELECT '{1, 2'::value_concentration;

-- Values that are no amounts are refused.
SELECT value_concentration('NaN'::numeric);
SELECT value_concentration('Infinity'::numeric);
SELECT value_concentration('NaN'::float8);
SELECT value_concentration('-Infinity'::float8);
SELECT value_concentration(1e30::numeric);

-- So are arguments outside their range.
SELECT top_share('{1}', 1.5);
SELECT top_share('{1}', 'NaN');
SELECT members_for('{1}', -0.1);
SELECT cutoff('{1}', 20);
SELECT lorenz_curve('{1}', 0);
SELECT lorenz_curve('{1}', 10001);

-- A running concentration, as a window function.
SELECT v, value_concentration(v) OVER (ORDER BY v DESC), value_concentration(v) OVER (ORDER BY v ROWS 1 PRECEDING)
FROM (VALUES (3.0), (1), (2)) s(v) ORDER BY v DESC;

-- The transition function, called by hand, changes nothing in place.
SELECT value_concentration_accum(c, 5.0), c FROM (VALUES ('{1}'::value_concentration)) s(c);

DROP TABLE customer;
