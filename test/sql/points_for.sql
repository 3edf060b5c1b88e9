-- points_for: what a purchase earns.
-- Each test is a sentence and the query that shows it.

-- One point for each full unit of money.
SELECT points_for(10.50, 1), pg_typeof(points_for(10.50, 1));

-- Four ways to make the rest whole.
SELECT x AS amount, points_for(x, 1) AS floor, points_for(x, 1, 'half_up') AS half_up,
	points_for(x, 1, 'half_even') AS half_even, points_for(x, 1, 'ceil') AS ceil
FROM (VALUES (0), (0.000001), (0.5), (1), (1.49), (1.5), (2.5), (2.500001), (3)) v(x);

-- Rates are decimals: 2 % cash back in cents, triple points.
SELECT points_for(57.80, 0.02 * 100) AS cents_back, points_for(57.80, 3) AS triple, points_for(57.80, 0) AS nothing;

-- No floating point: 0.29 at 100 points is 29, and a whole product is not pushed over it.
SELECT points_for(0.29, 100), points_for(0.29, 100, 'ceil'), points_for(1e-20, 1e20), points_for(33333333.333333333333, 3);

-- Whole groups only: 5 points for every full 10 spent, that is half a point a unit.
SELECT x AS amount, points_for(x, 0.5, step => 10) FROM (VALUES (9.99), (10), (19.99), (20), (57.80)) v(x);

-- A step need not be whole, and is a matter of the amount: the mode still rounds the points.
SELECT points_for(1, 1, 'floor', 0.3), points_for(1, 1, 'ceil', 0.3), points_for(99.99, 0.15, 'half_up', 10);

-- Without a step every part of the amount counts.
SELECT points_for(57.80, 0.5, 'floor', NULL);

-- A return takes what the net before it earned and the net after it does not: 10.50, of which 0.60 and then the rest comes back.
SELECT points_for(10.50, 1) - points_for(9.90, 1) AS first_return, points_for(9.90, 1) - points_for(0, 1) AS second_return;

-- Order lines: each takes the points to its end less those to its beginning.
SELECT line, amount, points_for(sum(amount) OVER w, 1) - points_for(sum(amount) OVER w - amount, 1) AS points
FROM (VALUES (1, 3.50), (2, 3.50), (3, 3.50)) v(line, amount) WINDOW w AS (ORDER BY line) ORDER BY line;

-- NULL is unknown.
SELECT points_for(NULL, 1) IS NULL AND points_for(1, NULL) IS NULL AND points_for(1, 1, NULL) IS NULL AS unknown;

-- As many points as an account can have, and not one more.
SELECT points_for(9223372036854775807, 1);
SELECT points_for(9223372036854775807.5, 1, 'half_up');
SELECT points_for(1e1000, 1);

-- Arguments outside their range say so.
SELECT points_for(-0.60, 1);
SELECT points_for('NaN', 1);
SELECT points_for('Infinity', 1);
SELECT points_for(1, -1);
SELECT points_for(1, 'NaN');
SELECT points_for(1, 1, 'round');
SELECT points_for(1, 1, 'floor', 0);
SELECT points_for(1, 1, 'floor', 'Infinity');

-- Every tenth coffee is free.
SELECT visits, stamps_earned(visits, 10), stamps_to_next(visits, 10) FROM unnest('{0, 1, 9, 10, 11, 19, 20}'::int[]) visits;
SELECT stamps_earned(7, 1), stamps_to_next(7, 1), stamps_earned(9223372036854775807, 9223372036854775807), stamps_to_next(0, 9223372036854775807);
SELECT stamps_earned(NULL, 10) IS NULL AND stamps_to_next(9, NULL) IS NULL AS unknown;
SELECT stamps_earned(-1, 10);
SELECT stamps_to_next(-1, 10);
SELECT stamps_earned(1, 0);
SELECT stamps_to_next(1, -10);
