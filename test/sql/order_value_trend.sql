-- Has the customer's average order value fallen, month by month?
\set VERBOSITY default

-- Averages of 40, 30, 20, 10 in January to April: falling by 10 a month.
CREATE TEMP TABLE falling AS SELECT purchase_digest '{2024-01-10 40.00, 2024-02-05 60.00 x2, 2024-03-20 20.00, 2024-04-02 10.00}' AS p;
SELECT order_value_trend(p, '2024-04-30'), is_falling(p, '2024-04-30') FROM falling;

-- A month counts once it is over: on its last day, not on the day before.
SELECT order_value_trend(p, '2024-04-29') AS day_before, is_falling(p, '2024-04-29') AS unknown, is_falling(p, '2024-04-29', 2) AS falling FROM falling;
SELECT is_falling(p, '2024-04-29', 1) AS february_to_march, is_falling(p, '2024-05-31', 1) AS may_is_empty FROM falling;

-- The slope weighs each month by its orders: 30 (three orders), 30, 0 over months 0, 1, 2.
SELECT round(order_value_trend(p, '2024-03-31')::numeric, 10) AS trend FROM (VALUES (purchase_digest '{2024-01-10 90.00 x3, 2024-02-10 30.00, 2024-03-10 0.00}')) v(p);

-- A month without orders is skipped by the trend, and makes is_falling unknown; its returns do not make it a month with orders.
SELECT order_value_trend(p, '2024-03-31'), is_falling(p, '2024-03-31', 2) FROM (VALUES (purchase_digest '{2024-01-10 30.00, 2024-02-10 -5.00 x0, 2024-03-10 10.00}')) v(p);

-- A return lowers its month's average.
SELECT is_falling(p, '2024-02-29', 1), order_value_trend(p, '2024-02-29', 2) FROM (VALUES (purchase_digest '{2024-01-10 30.00, 2024-02-10 30.00, 2024-02-20 -5.00 x0}')) v(p);

-- Strictly below: a level month is no fall, compared in whole numbers (3 orders of 33.33 against 1 of 33.33).
SELECT is_falling(p, '2024-02-29', 1) FROM (VALUES (purchase_digest '{2024-01-10 99.99 x3, 2024-02-10 33.33}')) v(p);

-- Fewer than two months with orders: no trend.
SELECT order_value_trend(p, '2024-12-31'), order_value_trend(p, '2024-04-30', 1), order_value_trend('{}', '2024-04-30') FROM falling;

-- Longer reviews, and days before 2000.
SELECT round(order_value_trend(p, '1999-12-31', 120)::numeric, 4) FROM (SELECT purchase_digest((date '1990-01-15' + make_interval(months => g))::date, 1000.0 - 2 * g) FROM generate_series(0, 119) g) t(p);

-- Bad arguments; NULL in, NULL out.
SELECT order_value_trend(p, '2024-04-30', 0) FROM falling;
SELECT is_falling(p, '2024-04-30', 100000) FROM falling;
SELECT is_falling(p, 'infinity') FROM falling;
SELECT order_value_trend(p, NULL), is_falling(p, '2024-04-30', NULL) FROM falling;
