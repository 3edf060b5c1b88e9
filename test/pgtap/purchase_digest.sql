-- purchase_digest: the same answer however it runs, and the answer of plain SQL.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();

SET LOCAL timezone = 'UTC';
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;

-- Seeded: SET seed in PGOPTIONS repeats another run.
\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0)::text;

-- a few customers with many orders: plans aggregate partially; ten months, returns, several decimals
CREATE TABLE log (customer int, day date, amount numeric);
INSERT INTO log
SELECT (random() * 20)::int, date '2024-01-01' + (random() * 300)::int,
	CASE WHEN random() < 0.05 THEN -1 ELSE 1 END * round((random() * 1000)::numeric, (random() * 4)::int)
FROM generate_series(1, 20000);
INSERT INTO log SELECT 100, NULL, 5 FROM generate_series(1, 10);
INSERT INTO log SELECT 101, date '2024-01-01', NULL FROM generate_series(1, 10);
ANALYZE log;

CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
-- what is stored, to the byte: the wire form carries everything, the size says how it is packed
CREATE FUNCTION bytes(p purchase_digest) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN md5(purchase_digest_send(p)) || '/' || pg_column_size(p);

SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT customer, bytes(purchase_digest(day, amount)) AS p FROM log GROUP BY customer;
SET LOCAL max_parallel_workers_per_gather = 2;

SELECT is((SELECT count(*) FROM serial WHERE p IS NULL)::int, 2, 'customers with NULL rows only have no digest');
SELECT matches(plan_of('SELECT customer, purchase_digest(day, amount) FROM log GROUP BY customer'), 'Partial (Hash|Group)Aggregate', 'the plan aggregates partially');
SELECT is_empty($$SELECT customer, bytes(purchase_digest(day, amount)) FROM log GROUP BY customer EXCEPT SELECT * FROM serial$$, 'parallel equals serial, to the byte');
SET LOCAL enable_hashagg = off;
SELECT is_empty($$SELECT customer, bytes(purchase_digest(day, amount)) FROM log GROUP BY customer EXCEPT SELECT * FROM serial$$, 'by sorting too');
SET LOCAL enable_hashagg = on;

CREATE TABLE parts (LIKE log) PARTITION BY HASH (customer);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM log;
CREATE TABLE months (LIKE log) PARTITION BY RANGE (day);
CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM ('2024-01-01') TO ('2024-05-01');
CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM ('2024-05-01') TO ('2025-01-01');
INSERT INTO months SELECT * FROM log WHERE day IS NOT NULL;
ANALYZE parts, months;
SET LOCAL enable_partitionwise_aggregate = on;
SELECT is_empty($$SELECT customer, bytes(purchase_digest(day, amount)) FROM parts GROUP BY customer EXCEPT SELECT * FROM serial$$, 'partition-wise equals serial');
SELECT matches(plan_of('SELECT customer, purchase_digest(day, amount) FROM months GROUP BY customer'), 'Partial (Hash|Group)Aggregate', 'a table partitioned by time aggregates partially per partition');
SELECT is_empty($$SELECT customer, bytes(purchase_digest(day, amount)) FROM months GROUP BY customer EXCEPT SELECT * FROM serial$$, 'and equals serial');

-- rollup: of months, of arbitrary pieces, in any order, serial and parallel
CREATE TABLE monthly AS SELECT customer, date_trunc('month', day) AS month, purchase_digest(day, amount) AS p FROM log GROUP BY 1, 2;
ANALYZE monthly;
SELECT is_empty($$SELECT customer, bytes(rollup(p)) FROM monthly GROUP BY customer EXCEPT SELECT * FROM serial$$, 'rollup of months equals one aggregate, parallel');
SELECT is_empty($$SELECT customer, bytes(rollup(p ORDER BY month DESC)) FROM monthly GROUP BY customer EXCEPT SELECT * FROM serial$$, 'backwards');
SELECT is_empty($$SELECT customer, bytes(rollup(p ORDER BY md5(month::text))) FROM monthly GROUP BY customer EXCEPT SELECT * FROM serial$$, 'shuffled');
SELECT is_empty($$SELECT customer, bytes(rollup(p)) FROM (SELECT customer, purchase_digest(day, amount) p FROM log GROUP BY customer, (hashfloat8(amount::float8) % 7)) s GROUP BY customer EXCEPT SELECT * FROM serial$$, 'rollup of arbitrary pieces that share days');
SELECT matches(plan_of('SELECT customer, rollup(p) FROM monthly GROUP BY customer'), 'Partial (Hash|Group)Aggregate', 'rollup aggregates partially');
SELECT is((SELECT bytes(rollup(p)) FROM monthly), (SELECT bytes(purchase_digest(day, amount)) FROM log), 'everything in one digest');
SELECT is((SELECT bytes(rollup(p::text::purchase_digest)) FROM monthly), (SELECT bytes(purchase_digest(day, amount)) FROM log), 'through text, as a distributed query sends it');

-- a FILTER that empties groups, under a parallel plan
SELECT is_empty($$SELECT customer, bytes(purchase_digest(day, amount) FILTER (WHERE customer % 2 = 0)) FROM log GROUP BY customer
	EXCEPT SELECT customer, CASE WHEN customer % 2 = 0 THEN p END FROM serial$$, 'a FILTER that empties a group');
SELECT is_empty($$SELECT customer, bytes(rollup(p) FILTER (WHERE customer % 2 = 0)) FROM monthly GROUP BY customer
	EXCEPT SELECT customer, CASE WHEN customer % 2 = 0 THEN p END FROM serial$$, 'likewise for rollup');
SELECT is((SELECT purchase_digest(day, amount) FILTER (WHERE false) FROM log), NULL, 'no row passes: NULL');
SELECT is((SELECT rollup(p) FROM monthly WHERE false), NULL, 'rollup of no rows: NULL');
SELECT is((SELECT rollup(NULL::purchase_digest) FROM monthly), NULL, 'rollup of NULLs: NULL');

-- moving windows, where the state goes on after each reading
SELECT is_empty($$
	SELECT g, purchase_digest_send(purchase_digest(d, 1.5) OVER (ORDER BY o)) FROM (SELECT g, date '2024-01-01' + (g * 7919) % 97 AS d, g AS o FROM generate_series(1, 300) g) s
	EXCEPT
	SELECT g, purchase_digest_send((SELECT purchase_digest(date '2024-01-01' + (h * 7919) % 97, 1.5) FROM generate_series(1, g) h)) FROM generate_series(1, 300) g$$,
	'a running digest equals the digest of the rows so far');
SELECT is_empty($$
	SELECT g, purchase_digest_send(rollup(p) OVER (ORDER BY g)) FROM (SELECT g, purchase_digest(date '2024-01-01' + (g * 7919) % 97, 1.5) AS p FROM generate_series(1, 100) g GROUP BY g) s
	EXCEPT
	SELECT g, purchase_digest_send((SELECT purchase_digest(date '2024-01-01' + (h * 7919) % 97, 1.5) FROM generate_series(1, g) h)) FROM generate_series(1, 100) g$$,
	'likewise for rollup');

-- states sent as they are: what a worker of a distributed query would ship in the midst of aggregation
SELECT is_empty($$
	WITH RECURSIVE grown AS (
		SELECT 0 AS n, NULL::purchase_digest AS s
		UNION ALL
		SELECT n + 1, purchase_digest_accum(s, date '2024-01-01' + (n * 31) % 53, (n * 7 % 100)::numeric / 4) FROM grown WHERE n < 120)
	SELECT n FROM grown WHERE n > 0 AND (bytes(s::text::purchase_digest) <> bytes(purchase_digest_final(s))
		OR purchase_digest_send(s) <> purchase_digest_send(purchase_digest_final(s)) OR total_spend(s) <> total_spend(purchase_digest_final(s)))$$,
	'a state in progress is read, sent and printed like its final value');

-- against plain SQL: 200 rounds of random customers
CREATE FUNCTION against_plain_sql(rounds int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE wrong record; r int;
BEGIN
	FOR r IN 1 .. rounds LOOP
		DROP TABLE IF EXISTS one;
		CREATE TEMP TABLE one AS
		SELECT date '2023-01-01' + (random() * random() * (10 + r * 4))::int AS day,
			round(((random() - 0.08) * 10 ^ (r % 5))::numeric, r % 7) AS amount
		FROM generate_series(1, 1 + (random() * r)::int);
		FOR wrong IN
			WITH digest AS (SELECT purchase_digest(day, amount) AS p FROM one),
			as_ofs AS (SELECT date '2022-12-31' + g * (2 + r / 3) AS as_of FROM generate_series(0, 8) g),
			plain AS (
				SELECT as_of, d.*, s.*
				FROM as_ofs,
				LATERAL (
					SELECT count(*) - 1 AS x, max(day) - min(day) AS t_x, as_of - min(day) AS t, as_of - max(day) AS silent,
						avg(net) FILTER (WHERE nth > 1) AS monetary, min(day) AS first, max(day) AS last,
						round(avg(gap), 8) AS average_gap,
						percentile_cont(0.3) WITHIN GROUP (ORDER BY gap) AS gap_30
					FROM (
						SELECT day, sum(amount) AS net, row_number() OVER (ORDER BY day) AS nth, day - lag(day) OVER (ORDER BY day) AS gap
						FROM (SELECT o.day, o.amount, count(*) FILTER (WHERE o.amount >= 0) OVER (PARTITION BY o.day) AS orders FROM one o) q
						WHERE orders > 0 AND day <= as_of GROUP BY day) days
				) d,
				LATERAL (SELECT count(*) FILTER (WHERE amount >= 0) AS orders, coalesce(sum(amount), 0) AS spend FROM one WHERE day <= as_of) s)
			SELECT plain.*, p FROM plain, digest
			WHERE order_count(p, as_of) <> orders OR total_spend(p, as_of) <> spend OR ltv(p, as_of) <> spend
				OR (orders = 0 AND frequency(p, as_of) IS NOT NULL)
				OR (orders > 0 AND (
					(frequency(p, as_of), recency(p, as_of), tenure(p, as_of), days_since_last(p, as_of), first_purchase(p, as_of), last_purchase(p, as_of))
						IS DISTINCT FROM (x, t_x, t, silent, first, last)
					OR round(monetary_value(p, as_of)::numeric, 6) IS DISTINCT FROM round(monetary::numeric, 6) AND abs(monetary_value(p, as_of)::numeric - monetary) > 0.000002
					OR average_order_value(p, as_of) <> spend / orders
					OR round(average_gap(p, as_of)::numeric, 8) IS DISTINCT FROM average_gap
					OR gap_quantile(p, 0.3, as_of) IS DISTINCT FROM gap_30
					OR churn_score(p, as_of) IS DISTINCT FROM CASE WHEN x > 0 THEN churn_score(slice(p, daterange(NULL, as_of, '[]')), as_of) END
					OR abs(churn_score(p, as_of) - CASE WHEN x > 0 THEN (1 - (t_x::numeric / t) ^ x)::float8 END) > 1e-12
					OR next_purchase(p, as_of) IS DISTINCT FROM CASE WHEN x > 0 THEN last + floor(t_x::numeric / x + 0.5)::int END))
		LOOP
			RETURN NEXT format('round %s: %s', r, wrong);
		END LOOP;
		IF (SELECT count(*) FROM (SELECT * FROM purchase_days((SELECT purchase_digest(day, amount) FROM one))
			EXCEPT SELECT day, count(*) FILTER (WHERE amount >= 0), sum(amount) FROM one GROUP BY day) e) > 0 THEN
			RETURN NEXT format('round %s: purchase_days', r);
		END IF;
		IF (SELECT purchase_digest(day, amount) <> purchase_digest(day, amount::float8) OR purchase_digest(day, amount) <> purchase_digest(day + time '23:59', amount)
			OR purchase_digest(day, amount) <> purchase_digest(day + time '12:00' AT TIME ZONE 'Asia/Tokyo', amount, 'Asia/Tokyo') FROM one) THEN
			RETURN NEXT format('round %s: overloads disagree', r);
		END IF;
	END LOOP;
END $$;
SELECT is_empty('SELECT * FROM against_plain_sql(200)', '200 rounds of random customers: every fact is that of plain SQL, at nine as_of each');

-- order value against plain SQL
SELECT is_empty($$
	WITH c AS (SELECT customer, purchase_digest(day, amount) AS p FROM log WHERE day IS NOT NULL AND amount IS NOT NULL GROUP BY 1),
	as_ofs(as_of, months) AS (VALUES (date '2024-06-30', 3), ('2024-06-29', 3), ('2024-10-31', 6), ('2024-02-15', 2)),
	monthly AS (
		SELECT customer, as_of, months, date_trunc('month', day) AS month,
			(extract(year FROM day) * 12 + extract(month FROM day))::float8 AS m, sum(amount) AS net, count(*) FILTER (WHERE amount >= 0) AS orders
		FROM log, as_ofs
		WHERE amount IS NOT NULL AND day >= date_trunc('month', as_of + 1) - make_interval(months => months) AND day < date_trunc('month', as_of + 1)
		GROUP BY 1, 2, 3, 4, 5),
	weighted AS (
		SELECT customer, as_of, months, sum(orders * m) / sum(orders) AS mm, sum(net)::float8 / sum(orders) AS vv, count(*) AS n FROM monthly WHERE orders > 0 GROUP BY 1, 2, 3),
	slopes AS (
		SELECT customer, as_of, months, sum(orders * (m - mm) * (net::float8 / orders - vv)) / nullif(sum(orders * (m - mm) ^ 2), 0) AS slope
		FROM monthly JOIN weighted USING (customer, as_of, months) WHERE orders > 0 GROUP BY 1, 2, 3)
	SELECT * FROM c JOIN slopes USING (customer) WHERE abs(order_value_trend(p, as_of, months) - slope) > 1e-8 * (1 + abs(slope))
		OR (order_value_trend(p, as_of, months) IS NULL) <> (slope IS NULL)$$, 'order_value_trend is the weighted regression of plain SQL');

-- R7: one range stops while the customer is active, in one query
CREATE TEMP TABLE ranges AS
SELECT 1 AS customer, 'coffee' AS range, date '2024-01-01' + 7 * g AS day, 5.0 AS amount FROM generate_series(0, 25) g
UNION ALL SELECT 1, 'tea', date '2024-01-03' + 7 * g, 4.0 FROM generate_series(0, 12) g
UNION ALL SELECT 2, 'coffee', date '2024-01-05' + 10 * g, 5.0 FROM generate_series(0, 17) g;
SELECT results_eq($$
	SELECT r.customer, r.range
	FROM (SELECT customer, range, grouping(range) AS whole, purchase_digest(day, amount) AS p FROM ranges GROUP BY GROUPING SETS ((customer), (customer, range))) r
	JOIN (SELECT customer, purchase_digest(day, amount) AS p FROM ranges GROUP BY customer) c USING (customer)
	WHERE r.whole = 0 AND has_dried_up(r.p, '2024-06-28') AND NOT has_dried_up(c.p, '2024-06-28')$$,
	$$VALUES (1, 'tea')$$, 'a range that stopped is found while its customer is active');

-- stored: compact
SELECT cmp_ok((SELECT pg_column_size(purchase_digest(date '2022-01-05' + 113 * g + (g * g * 7) % 41, (random() * 1000)::numeric(10, 2))) FROM generate_series(0, 9) g), '<=', 64,
	'ten purchase days over three years take at most 64 bytes');

-- the real log, where it is at hand
\getenv shared LOYALTY_SHARED
\if :{?shared}
\else
\set shared /nonexistent
\endif
\set cdnow :shared '/data/cdnow_sample.csv'
\set summary :shared '/reference/cdnow_sample_summary.csv'
SELECT (pg_stat_file(:'summary', true)).size IS NOT NULL AS have_cdnow \gset
\if :have_cdnow
CREATE TEMP TABLE cdnow (customer_id int, ts date, amount numeric, n_cds int, master_id int);
COPY cdnow FROM :'cdnow' (FORMAT csv, HEADER);
CREATE TEMP TABLE summary (customer_id int, master_id int, first_date date, x int, t_x_days int, T_days int, t_x_weeks float8, T_weeks float8, mean_repeat_spend float8, holdout_x_39w int);
COPY summary FROM :'summary' (FORMAT csv, HEADER);
CREATE TEMP TABLE cd AS SELECT customer_id, purchase_digest(ts, amount) AS p FROM cdnow GROUP BY customer_id;
SELECT is((SELECT count(*) FROM cd JOIN summary USING (customer_id))::int, 2357, 'CDNOW: 2,357 customers');
SELECT is_empty($$
	SELECT * FROM cd JOIN summary USING (customer_id)
	WHERE (frequency(p, '1997-09-30'), recency(p, '1997-09-30'), tenure(p, '1997-09-30'), first_purchase(p)) IS DISTINCT FROM (x, t_x_days, t_days, first_date)
		OR abs(coalesce(monetary_value(p, '1997-09-30'), 0) - mean_repeat_spend) > 1e-12 * (1 + mean_repeat_spend)
		OR (SELECT count(*) FROM purchase_days(slice(p, daterange('1997-10-01', '1998-07-01')))) <> holdout_x_39w$$,
	'CDNOW: x, t_x, T, mean repeat spend and the holdout are those of the reference');
SELECT is((SELECT sum(total_spend(p)) FROM cd), (SELECT sum(amount) FROM cdnow), 'CDNOW: the total to the last digit');
\else
SELECT skip('the CDNOW log is not at hand', 3);
\endif

-- an infinite interval, of 17, never lapses
SELECT CASE WHEN current_setting('server_version_num')::int >= 170000
	THEN is((SELECT string_agg(lifecycle_state(p, '5874897-12-31', 'infinity'::text::interval), ' ') FROM unnest('{"{2024-01-01 1}","{2024-01-01 1, 2024-01-03 1}"}'::purchase_digest[]) p), 'new at_risk', 'an infinite lapse never lapses')
	ELSE skip('infinite intervals came with 17', 1) END;

SELECT * FROM finish();
ROLLBACK;
