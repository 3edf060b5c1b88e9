-- purchase_digest: one customer's purchases, by day.
-- Each statement: a sentence, then the query that shows it.
\set VERBOSITY default
SET timezone = 'America/New_York';
SET datestyle = 'SQL, DMY';		-- neither may matter

-- From rows to a digest: a day's orders are joined, days ascend whatever the order of rows.
SELECT purchase_digest(day, amount)
FROM (VALUES (date '2024-03-02', 20.00), ('2024-01-05', 10.50), ('2024-01-05', 4.50), ('2024-02-10', 7.25)) t(day, amount);

-- A NULL day or amount is a row that is not there; no rows at all give NULL.
SELECT purchase_digest(day, amount) FROM (VALUES (date '2024-01-05', NULL), (NULL, 3.00), ('2024-01-06', 1.00)) t(day, amount);
SELECT purchase_digest(day, amount) IS NULL AS nothing FROM (VALUES (date '2024-01-05', NULL::numeric), (NULL, 3.00)) t(day, amount);
SELECT purchase_digest(day, amount) IS NULL AS nothing FROM (VALUES (date '2024-01-05', 1.0)) t(day, amount) WHERE false;

-- The facts.
CREATE TEMP TABLE c AS
SELECT purchase_digest(day, amount) AS p
FROM (VALUES (date '2024-01-05', 10.50), ('2024-01-05', 4.50), ('2024-02-10', 7.25), ('2024-03-02', 20.00), ('2024-03-02', -5.00)) t(day, amount);
SELECT frequency(p), recency(p), tenure(p, '2024-04-01'), days_since_last(p, '2024-04-01'),
	first_purchase(p) = '2024-01-05' AS first_ok, last_purchase(p) = '2024-03-02' AS last_ok FROM c;
SELECT order_count(p), total_spend(p), ltv(p), round(average_order_value(p), 4) AS average_order_value, monetary_value(p) FROM c;
SELECT to_char(day, 'YYYY-MM-DD') AS day, orders, amount FROM c, purchase_days(p);

-- As known at an earlier day: purchases after as_of do not count, as_of itself does.
SELECT frequency(p, '2024-02-10'), recency(p, '2024-02-10'), tenure(p, '2024-02-10'), days_since_last(p, '2024-02-10'),
	order_count(p, '2024-02-10'), total_spend(p, '2024-02-10'), ltv(p, '2024-02-10'), round(average_order_value(p, '2024-02-10'), 4) AS average_order_value,
	monetary_value(p, '2024-02-10'), to_char(last_purchase(p, '2024-02-10'), 'YYYY-MM-DD') AS last, to_char(first_purchase(p, '2024-02-10'), 'YYYY-MM-DD') AS first
FROM c;

-- Before the first purchase there is no customer: 0 orders, 0 spend, all else NULL.
SELECT frequency(p, '2024-01-04'), recency(p, '2024-01-04'), tenure(p, '2024-01-04'), days_since_last(p, '2024-01-04'),
	order_count(p, '2024-01-04'), total_spend(p, '2024-01-04'), average_order_value(p, '2024-01-04'),
	monetary_value(p, '2024-01-04'), last_purchase(p, '2024-01-04'), first_purchase(p, '2024-01-04')
FROM c;

-- One purchase: a frequency of 0, no mean of repeat spend.
SELECT frequency(p), recency(p), monetary_value(p), average_order_value(p)
FROM (SELECT purchase_digest('2024-01-05'::date, 12.00::numeric)) t(p);

-- An amount of 0 is an order.
SELECT p, order_count(p), frequency(p), monetary_value(p)
FROM (SELECT purchase_digest(d, a) FROM (VALUES (date '2024-01-05', 5.00), ('2024-01-06', 0)) v(d, a)) t(p);

-- A day with only returns is no purchase day, yet lowers the total; first, last and tenure pass it by.
SELECT p, frequency(p), recency(p), order_count(p), total_spend(p), monetary_value(p), to_char(first_purchase(p), 'YYYY-MM-DD') AS first,
	days_since_last(p, '2024-03-01') AS silent
FROM (SELECT purchase_digest(d, a) FROM (VALUES (date '2024-01-01', -3.00), ('2024-01-05', 5.00), ('2024-01-09', 8.00), ('2024-02-01', -2.00)) v(d, a)) t(p);

-- A customer with only returns: no orders, a negative total, no days.
SELECT p, frequency(p), recency(p), tenure(p, '2024-03-01'), order_count(p), total_spend(p), average_order_value(p), first_purchase(p)
FROM (SELECT purchase_digest(date '2024-01-05', -5.00::numeric)) t(p);

-- Totals are exact and show the decimals sum() shows; beyond six decimals each row is rounded, half away from zero.
SELECT total_spend(purchase_digest(date '2024-01-01' + g % 7, 0.1::numeric)) AS total FROM generate_series(1, 1000) g;
SELECT total_spend(purchase_digest(d, a)), sum(a) FROM (VALUES (date '2024-01-01', 1.5), ('2024-01-02', 2.25), ('2024-01-02', 3.000001)) v(d, a);
SELECT total_spend(purchase_digest(d, a)) FROM (VALUES (date '2024-01-01', 0.0000005), ('2024-01-01', 0.00000049), ('2024-01-01', -0.0000015)) v(d, a);
SELECT total_spend(purchase_digest(date '2024-01-01', 90071992547409.91::numeric)), total_spend(purchase_digest(date '2024-01-01', 9223372036854775807::numeric));

-- float8 amounts, and integers, which resolve to it, are made decimal first.
SELECT purchase_digest(date '2024-01-01', 29.33::float8), purchase_digest(date '2024-01-01', 5), purchase_digest(date '2024-01-01', 9007199254740991);
SELECT total_spend(purchase_digest(date '2024-01-01' + g, 0.1::float8)) AS total FROM generate_series(1, 1000) g;

-- Times: a timestamp belongs to its day, a timestamptz to its day in the zone given, whatever the session's.
SELECT purchase_digest(t, 1.00::numeric) FROM (VALUES (timestamp '2024-01-05 23:59:59.999999'), ('2024-01-06 00:00:00'), ('1999-12-31 12:00')) v(t);
SELECT purchase_digest(t, 1.00::numeric, z), purchase_digest(t, 1::float8, z)
FROM (VALUES (timestamptz '2024-01-05 23:30+00', 'Europe/Athens'), ('2024-01-05 23:30+00', 'America/Los_Angeles')) v(t, z);
SELECT purchase_digest(timestamptz '2024-01-05 23:30+00', 1.00::numeric, NULL) IS NULL AS skipped;

-- rollup adds digests, merge adds two; NULL is nothing. Doing it twice doubles.
SELECT rollup(p) FROM (VALUES (purchase_digest '{2024-01-05 1.00}'), (NULL), ('{2024-01-03 1.00, 2024-01-05 2.5}')) v(p);
SELECT rollup(p) FROM (VALUES (purchase_digest '{2024-01-03 1.00, 2024-01-05 2.5}'), (NULL), ('{}'), ('{2024-01-05 1.00}')) v(p);
SELECT merge(p, p), merge(p, NULL), merge(NULL, p), merge(NULL, NULL::purchase_digest) FROM (VALUES (purchase_digest '{2024-01-05 1.00}')) v(p);
SELECT rollup(p) IS NULL AS nothing FROM (VALUES (NULL::purchase_digest)) v(p);

-- slice keeps the days within a range; all sliced away is an empty digest, not NULL.
SELECT slice(p, daterange(NULL, '2024-02-10', '[]')) AS until, slice(p, daterange('2024-02-10', NULL)) AS since,
	slice(p, daterange('2024-01-06', '2024-02-10')) AS nothing, slice(p, 'empty') AS empty FROM c;
SELECT slice(p, daterange('-infinity', 'infinity')) = p AS everything FROM c;
SELECT order_count(e), total_spend(e), frequency(e), first_purchase(e) FROM (VALUES (purchase_digest '{}')) v(e);

-- Every question as of a day is the question of the slice to that day.
SELECT bool_and((frequency(p, d), recency(p, d), order_count(p, d), total_spend(p, d), monetary_value(p, d), last_purchase(p, d))
	IS NOT DISTINCT FROM (frequency(s), recency(s), order_count(s), total_spend(s), monetary_value(s), last_purchase(s))) AS same
FROM c, generate_series(date '2024-01-01', '2024-03-05', '1 day') g, LATERAL (SELECT g::date, slice(p, daterange(NULL, g::date, '[]'))) t(d, s);

-- The rerun-safe nightly update: replacing the days from the cutoff on, once or twice, is the same.
SELECT once, merge(slice(once, daterange(NULL, '2024-03-01')), new) = once AS rerun_safe
FROM c, (VALUES (purchase_digest '{2024-03-02 15.00 x1, 2024-03-03 9.00}')) n(new),
	LATERAL (SELECT merge(slice(p, daterange(NULL, '2024-03-01')), new)) o(once);

-- Equality is that of days, orders and amounts, not of how many decimals are shown; hashing agrees.
SELECT p = q AS eq, purchase_digest_hash(p) = purchase_digest_hash(q) AS hash,
	purchase_digest_hash_extended(p, 42) = purchase_digest_hash_extended(q, 42) AS extended
FROM (VALUES (purchase_digest '{2024-01-05 1.5}', purchase_digest '{2024-01-05 1.50}')) v(p, q);
SELECT count(*) FROM (SELECT DISTINCT p FROM (VALUES (purchase_digest '{2024-01-05 1.5}'), ('{2024-01-05 1.50}'), ('{2024-01-05 1.50 x2}'), ('{}'), ('{}')) v(p)) d;
SELECT array_agg(p ORDER BY p) FROM (VALUES (purchase_digest '{2024-01-06 1}'), ('{2024-01-05 2}'), ('{2024-01-05 1, 2024-01-07 1}'), ('{2024-01-05 1}'), ('{}'), ('{2024-01-05 1 x2}')) v(p);
SELECT p < q, p <= q, p > q, p >= q, p <> q FROM (VALUES (purchase_digest '{2024-01-05 1}', purchase_digest '{2024-01-05 2}')) v(p, q);

-- Text: what comes out goes in again; far days and lone returns too.
SELECT p::text::purchase_digest = p AND p::text = p::text::purchase_digest::text AS round_trip, p
FROM (VALUES (purchase_digest ' { 2024-01-05   1.50 , 2024-02-01 -2.00 x0,2024-03-01 -1.00 x3 } '),
	('{-4713-11-24 1, 294276-12-31 2}'), ('{}'), ('{2024-02-29 0.000001}'), ('{2024-01-01 9223372036854775807}')) v(p);

-- What is not a digest is refused, with the place.
SELECT purchase_digest '2024-01-05 1';
SELECT purchase_digest '{2024-01-05}';
SELECT purchase_digest '{2024-01-05 1';
SELECT purchase_digest '{2024-01-05 1} x';
SELECT purchase_digest '{2024-01-05 1,}';
SELECT purchase_digest '{2024-01-05 1.1234567}';
SELECT purchase_digest '{2024-02-30 1}';
SELECT purchase_digest '{2024-01-05 1 x-1}';
SELECT purchase_digest '{2024-01-05 1 x2147483648}';
SELECT purchase_digest '{2024-01-05 99999999999999999999}';
SELECT purchase_digest '{2024-01-05 1, 2024-01-05 2}';
SELECT purchase_digest '{2024-01-06 1, 2024-01-05 2}';
SELECT purchase_digest '{2024-01-05 1 x0}';
SELECT purchase_digest '{2024-01-05 NaN}';

-- Bad input is a clear error.
SELECT purchase_digest('infinity'::date, 1.0);
SELECT purchase_digest('294277-01-01'::date, 1.0);
SELECT purchase_digest('-infinity'::timestamp, 1.0);
SELECT purchase_digest('infinity'::timestamptz, 1.0, 'UTC');
SELECT purchase_digest(timestamptz '2024-01-05 12:00+00', 1.0, 'Europe/Atlantis');
SELECT purchase_digest(date '2024-01-05', 'NaN'::numeric);
SELECT purchase_digest(date '2024-01-05', '-Infinity'::numeric);
SELECT purchase_digest(date '2024-01-05', 'NaN'::float8);
SELECT purchase_digest(date '2024-01-05', 'Infinity'::float8);
SELECT purchase_digest(date '2024-01-05', 9007199254740993);
SELECT purchase_digest(date '2024-01-05', 9223372036854775808::numeric);
SELECT purchase_digest(date '2024-01-05', 1e1000::numeric);
SELECT merge('{2024-01-05 1 x2147483647}', '{2024-01-05 1}'::purchase_digest);
SELECT purchase_digest(d, a) FROM (VALUES (date '2024-01-05', 9223372036854775807), (date '2024-01-05', 1::numeric)) v(d, a);
SELECT purchase_digest(d, a) FROM (VALUES (date '2024-01-05', 9223372036854775807), (date '2024-01-06', 0.01)) v(d, a);
SELECT frequency(p, 'infinity') FROM c;
SELECT tenure(p, '-infinity') FROM c;
-- A timestamptz wants its zone (the wording of hints is PostgreSQL's).
\set VERBOSITY terse
SELECT purchase_digest(timestamptz '2024-01-05 12:00+00', 1.0);
\set VERBOSITY default

-- NULL in, NULL out.
SELECT frequency(NULL::purchase_digest), tenure(p, NULL), slice(p, NULL), total_spend(p, NULL), p = NULL AS eq FROM c;
SELECT count(*) FROM purchase_days(NULL);

-- Over a window, the digest so far.
SELECT to_char(d, 'MM-DD') AS day, purchase_digest(d, a) OVER (ORDER BY d DESC) AS since
FROM (VALUES (date '2024-01-01', 1.0), ('2024-01-02', 2.0), ('2024-01-03', 3.0)) v(d, a);

-- The transition function called by hand changes nothing in place.
CREATE TEMP TABLE states AS SELECT purchase_digest_accum(NULL, date '2024-01-05', 1.00::numeric) AS s;
SELECT purchase_digest_accum(s, date '2024-01-04', 2.00::numeric), purchase_digest_combine(s, s) FROM states;
SELECT s, frequency(s), total_spend(s), s = '{2024-01-05 1.00}' AS same FROM states;

-- A state made by hand can be stored, and is as large as its days.
CREATE TEMP TABLE stored AS
SELECT purchase_digest_accum(purchase_digest_accum(NULL, date '2024-01-05', 1.00::numeric), date '2024-01-04', 2.00::numeric) AS s, value_concentration_accum(value_concentration_accum(NULL, 2.5), 1.5) AS v;
SELECT pg_column_size(s) AS digest, pg_column_size(v) AS concentration FROM stored;
SELECT purchase_digest_combine(s, s), purchase_digest_accum(s, date '2024-01-06', 3::numeric), value_concentration_combine(v, v), value_concentration_accum(v, 3.5) FROM stored;
