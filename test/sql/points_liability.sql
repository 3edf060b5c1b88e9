-- points_liability: the books of a points programme.
-- Each test is a sentence and the query that shows it.

-- IFRS 15, IE52: goods for 100,000 with points worth 9,500 on their own.
SELECT deferred_revenue(100000, 100000, 9500) AS points, 100000 - deferred_revenue(100000, 100000, 9500) AS goods;

-- Its first year: 4,500 of 9,500 expected points are redeemed. Its second: 8,500 by now, of 9,700.
SELECT recognized_revenue(8676, 4500, 9500) AS first_year,
	recognized_revenue(8676, 8500, 9700) - recognized_revenue(8676, 4500, 9500) AS second_year,
	8676 - recognized_revenue(8676, 8500, 9700) AS left_over;

-- In cents where the money has cents.
SELECT deferred_revenue(100000.00, 100000, 9500), recognized_revenue(8675.80, 4500, 9500), recognized_revenue(8675.80, 9500, 9500);

-- Rounded half away from zero, once: 0.5 is 1, a hair below is 0.
SELECT deferred_revenue(1, 1, 1), deferred_revenue(1, 1.000000000000000000000000000001, 1), deferred_revenue(0.03, 3, 3), deferred_revenue(3, 1, 1);

-- Points without a value of their own defer nothing; points without goods everything.
SELECT deferred_revenue(100.00, 100, 0), deferred_revenue(100.00, 0, 5), deferred_revenue(0, 100, 5);

-- What is expected last decides: with nothing more to come all is earned, and never more than that.
SELECT recognized_revenue(8676, 0, 9500), recognized_revenue(8676, 9700, 9700), recognized_revenue(8676, 9900, 9700);

-- A lower estimate makes revenue faster, a higher one can take some back.
SELECT recognized_revenue(8676, 4500, 9000) AS lower, recognized_revenue(8676, 4500, 9500) AS as_before, recognized_revenue(8676, 4500, 10000) AS higher;

-- 1,000 points at 1 cent, 95 % of which will come: 9.50 owed, 0.50 breakage.
SELECT points_liability(1000, 0.01, 0.95), points_breakage(1000, 0.01, 0.95);

-- Exactly: customer by customer or in one sum.
SELECT sum(points_liability(p, 0.0033, 0.917)) = points_liability(sum(p)::bigint, 0.0033, 0.917) AS same FROM generate_series(1, 1000) p;
SELECT points_liability(9223372036854775807, 1, 1), points_liability(0, 1, 1), points_breakage(7, 1, 0);

-- NULL is unknown.
SELECT deferred_revenue(NULL, 1, 1) IS NULL AND recognized_revenue(1, NULL, 1) IS NULL AND points_liability(1, 1, NULL) IS NULL
	AND points_breakage(NULL, 1, 1) IS NULL AS unknown;

-- Arguments outside their range say so.
SELECT deferred_revenue(-1, 1, 1);
SELECT deferred_revenue(1, 'NaN', 1);
SELECT deferred_revenue(1, 1, 'Infinity');
SELECT deferred_revenue(1, 0, 0);
SELECT recognized_revenue(-1, 1, 1);
SELECT recognized_revenue(1, -1, 1);
SELECT recognized_revenue(1, 1, 0);
SELECT points_liability(-1, 1, 1);
SELECT points_liability(1, -1, 1);
SELECT points_liability(1, 1, 95);
SELECT points_breakage(1, 1, -0.1);
