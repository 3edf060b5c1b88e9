-- points_liability: the published example to the unit, and rounding against whole numbers.
BEGIN;
SELECT no_plan();

SELECT is(deferred_revenue(100000, 100000, 9500)::text, '8676', 'R35: deferred');
SELECT is(recognized_revenue(8676, 4500, 9500)::text, '4110', 'R35: recognised in the first year');
SELECT is((recognized_revenue(8676, 8500, 9700) - recognized_revenue(8676, 4500, 9500))::text, '3493', 'R35: in the second year');
SELECT is((8676 - recognized_revenue(8676, 8500, 9700))::text, '1073', 'R35: left');
SELECT is(round(recognized_revenue(deferred_revenue(100000.000000, 100000, 9500), 8500, 9700)), 7603::numeric, 'R35: the same without rounding between');

SELECT setseed(0.71);
CREATE TEMP TABLE tap_sale AS
SELECT i, round((random() * 1000)::numeric, i % 4) AS price, round((random() * 1000)::numeric, (random() * 4)::int) AS goods,
	round((random() * 90)::numeric, (random() * 4)::int) + 0.0001 AS points
FROM generate_series(1, 3000) i;

SELECT is_empty($$SELECT * FROM (SELECT *, deferred_revenue(price, goods, points) AS got FROM tap_sale) s
	WHERE abs(got * (goods + points) - price * points) > (goods + points) * 0.5 * 10::numeric ^ -scale(price) OR scale(got) <> scale(price) OR got > price$$,
	'3,000 random sales: not off by more than half a unit, in the decimals of the price');
-- halves: one part in two of an odd number of units
SELECT is_empty($$SELECT u, d FROM generate_series(1, 99, 2) u, generate_series(0, 6) d
	WHERE deferred_revenue(round(u * 10::numeric ^ -d, d), 3.7, 3.7) <> (u + 1) / 2 * 10::numeric ^ -d$$, 'half a unit goes up');

-- periods add up to the whole
SELECT is_empty($$
	SELECT i FROM (
		SELECT i, price, recognized_revenue(price, redeemed, 500) - lag(recognized_revenue(price, redeemed, 500), 1, 0.0) OVER (PARTITION BY i ORDER BY redeemed) AS booked
		FROM tap_sale, generate_series(0, 500, 50) redeemed WHERE i <= 200) s
	GROUP BY i, price HAVING sum(booked) <> price OR min(booked) < 0$$, 'the bookings of all periods add up to what was deferred');
SELECT is_empty($$SELECT * FROM tap_sale WHERE points_liability(i, price, 0.83) + points_breakage(i, price, 0.83) <> i * price$$,
	'liability and breakage are all there is');

SELECT is(deferred_revenue(1.00, 1e-16383, 1e-16383)::text, '0.50', 'values may be as small as numbers get');
SELECT throws_ok('SELECT deferred_revenue(1, 0, 0)', '22023', 'goods_value and points_value must not both be zero');
SELECT throws_ok('SELECT recognized_revenue(1, 1, 0)', '22023', 'expected must be above zero');
SELECT throws_ok('SELECT points_liability(1, 1, 1.01)', '22023', 'redemption_rate must be between 0 and 1');

SELECT * FROM finish();
ROLLBACK;
