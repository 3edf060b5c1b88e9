-- rfm_segment: contracts; the whole map is in expected/rfm_segment.out.
BEGIN;
SELECT no_plan();

SELECT function_returns('rfm_segment', ARRAY['integer', 'integer', 'integer', 'text'], 'text');
SELECT volatility_is('rfm_segment', ARRAY['integer', 'integer', 'integer', 'text'], 'immutable');
SELECT is_strict('rfm_segment', ARRAY['integer', 'integer', 'integer', 'text']);

CREATE TEMP TABLE tap_cell AS
SELECT r, f, m, rfm_segment(r, f, m) AS classic, rfm_segment(r, f, m, 'shopify') AS shopify
FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m;
SELECT is((SELECT count(*) FROM tap_cell WHERE classic <> '' AND shopify <> ''), 125::bigint, 'every cell has a name in both schemes');
SELECT is_empty('SELECT r, f + m FROM tap_cell GROUP BY 1, 2 HAVING count(DISTINCT classic) > 1 OR count(DISTINCT shopify) > 1',
	'a segment depends on r and f + m only');
SELECT is_empty('SELECT classic FROM tap_cell GROUP BY 1 HAVING count(DISTINCT shopify) > 1', 'the schemes have the same borders');
SELECT is(rfm_segment(5, 5, 5), 'Champions', 'the best');
SELECT is(rfm_segment(1, 1, 1), 'Lost', 'the lost');
SELECT is(rfm_segment(1, 5, 5), 'Can''t Lose Them', 'the best who are leaving');

SELECT throws_ok('SELECT rfm_segment(0, 1, 1)', '22023', 'r must be between 1 and 5');
SELECT throws_ok('SELECT rfm_segment(1, 6, 1)', '22023', 'f must be between 1 and 5');
SELECT throws_ok('SELECT rfm_segment(1, 1, 9)', '22023', 'm must be between 1 and 5');
SELECT throws_ok($$SELECT rfm_segment(1, 1, 1, 'modern')$$, '22023', 'unknown scheme "modern"');

-- migration between two dates, from digests sliced to what was known then
SELECT results_eq($$
	WITH digest(customer, p) AS (VALUES
		(1, '{2026-01-05 50, 2026-02-05 50, 2026-05-20 50, 2026-06-20 50}'::purchase_digest),
		(2, '{2026-01-10 80, 2026-02-10 80, 2026-03-10 80}')),
	scored AS (SELECT customer, as_of,
			CASE WHEN days_since_last(p, as_of) <= 30 THEN 5 WHEN days_since_last(p, as_of) <= 60 THEN 3 ELSE 1 END AS r,
			least(order_count(p, as_of), 5)::int AS f, 3 AS m
		FROM digest, (VALUES ('2026-03-31'::date), ('2026-06-30')) d(as_of))
	SELECT b.customer, rfm_segment(b.r, b.f, b.m), rfm_segment(a.r, a.f, a.m)
	FROM scored b JOIN scored a USING (customer) WHERE b.as_of < a.as_of ORDER BY 1$$,
	$$VALUES (1, 'About to Sleep'::text, 'Champions'::text), (2, 'Potential Loyalist', 'At Risk')$$,
	'R11: segment migration between two dates');

SELECT * FROM finish();
ROLLBACK;
