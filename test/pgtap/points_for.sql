-- points_for: contracts, and what makes returns and order lines add up.
BEGIN;
SELECT no_plan();

SELECT function_returns('points_for', ARRAY['numeric', 'numeric', 'text', 'numeric'], 'bigint');
SELECT volatility_is('points_for', ARRAY['numeric', 'numeric', 'text', 'numeric'], 'immutable');
SELECT is(stamps_earned(v, 10), e::bigint, 'R26: ' || v || ' visits') FROM (VALUES (9, 0), (10, 1), (19, 1), (20, 2)) s(v, e);
SELECT is_empty($$SELECT v, e FROM generate_series(0, 200) v, generate_series(1, 13) e
	WHERE stamps_earned(v, e) <> floor(v::numeric / e) OR stamps_earned(v + stamps_to_next(v, e), e) <> stamps_earned(v, e) + 1
		OR (stamps_to_next(v, e) > 1 AND stamps_earned(v + stamps_to_next(v, e) - 1, e) <> stamps_earned(v, e))$$,
	'so many visits later, and not one before, there is one more free item');

SELECT setseed(0.29);
CREATE TEMP TABLE tap_order AS
SELECT i, round((random() * 300)::numeric, (random() * 4)::int) AS amount, round((random() * 3)::numeric, (random() * 3)::int) AS rate,
	(ARRAY['floor', 'half_up', 'half_even', 'ceil'])[1 + i % 4] AS mode, CASE WHEN i % 3 = 0 THEN round((random() * 20)::numeric, 1) + 0.1 END AS step
FROM generate_series(1, 4000) i;

SELECT is_empty($$SELECT * FROM (SELECT *, points_for(amount, rate, mode, step) AS got,
		CASE WHEN step IS NULL THEN amount ELSE div(amount, step) * step END * rate AS exact FROM tap_order) s
	WHERE got <> CASE mode WHEN 'floor' THEN floor(exact) WHEN 'ceil' THEN ceil(exact) WHEN 'half_up' THEN floor(exact + 0.5)
		ELSE CASE WHEN exact - floor(exact) = 0.5 THEN 2 * round(exact / 2) ELSE round(exact) END END$$,
	'4,000 random amounts are made whole as the formulas say');

-- a random split of each order into returns, in any order, and into lines
CREATE TEMP TABLE tap_return AS
SELECT i, amount, rate, mode, step, part,
	amount - coalesce(sum(returned) OVER (PARTITION BY i ORDER BY part ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS net_before, returned
FROM (SELECT *, round(amount * (random() / 4)::numeric, 2) AS returned FROM tap_order, generate_series(1, 4) part) s
WHERE amount > 1;
SELECT is_empty($$SELECT i FROM tap_return GROUP BY i, amount, rate, mode, step
	HAVING sum(points_for(net_before, rate, mode, step) - points_for(net_before - returned, rate, mode, step))
		<> points_for(amount, rate, mode, step) - points_for(amount - sum(returned), rate, mode, step)$$,
	'however an order is returned in parts, what is left earned is what the rest earns');
SELECT is_empty($$SELECT * FROM tap_return WHERE points_for(net_before, rate, mode, step) < points_for(net_before - returned, rate, mode, step)$$,
	'a return never adds points');
SELECT isnt_empty($$SELECT i FROM tap_return GROUP BY i, amount, rate, mode, step
	HAVING sum(points_for(returned, rate, mode, step)) <> points_for(amount, rate, mode, step) - points_for(amount - sum(returned), rate, mode, step)$$,
	'rounding each part alone would drift');

SELECT throws_ok('SELECT points_for(-1, 1)', '22023', 'amount must not be negative');
SELECT throws_ok('SELECT points_for(1e19, 1)', '22003', 'points are out of range');
SELECT throws_ok($$SELECT points_for(1, 1, 'up')$$, '22023', 'unknown mode "up"');
SELECT throws_ok('SELECT stamps_earned(1, 0)', '22023', 'every must be at least 1');

SELECT * FROM finish();
ROLLBACK;
