-- clv_backtest: against plain SQL, every way to aggregate, real data with published parameters, hostile binary.
BEGIN;
SELECT no_plan();

\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0);

-- 3,000 customers of two shops who begin within sixteen months, buy at rates of their own and leave at times of their own
CREATE TABLE tap_digest (shop int, customer int, p purchase_digest) PARTITION BY HASH (shop);
CREATE TABLE tap_digest_0 PARTITION OF tap_digest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tap_digest_1 PARTITION OF tap_digest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE tap_digest_0 SET (parallel_workers = 2);
ALTER TABLE tap_digest_1 SET (parallel_workers = 2);
INSERT INTO tap_digest
SELECT customer % 2, customer, purchase_digest(day, round((random() * 90 - 2)::numeric, (customer % 3)))
FROM (SELECT c AS customer, date '2023-01-01' + (random() * 480)::int AS birth, 8 + (random() * 120)::int AS gap, (random() ^ 2 * 900)::int AS life
	FROM generate_series(1, 3000) c) c,
	LATERAL (SELECT birth AS day UNION ALL SELECT birth + (gap * (k + random()))::int FROM generate_series(0, life / gap) k) d
WHERE day <= date '2024-12-31' GROUP BY customer;
INSERT INTO tap_digest SELECT 0, -n, NULL FROM generate_series(1, 50) n;
ANALYZE tap_digest;

CREATE TEMP TABLE tap_model (model text, options jsonb);
INSERT INTO tap_model VALUES ('bg_nbd', '{"unit_days": 7}'), ('mbg_nbd', NULL), ('pareto_nbd', '{"unit_days": 30.4375}'), ('bg_bb', '{"step": "1 month"}');

SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE tap_serial AS
SELECT shop, model, options, b
FROM tap_model, LATERAL (SELECT shop, backtest(p, '2024-02-29', '2024-12-31', model, options) AS b FROM tap_digest GROUP BY shop) s;

-- ---------- against plain SQL ----------

CREATE TEMP TABLE tap_customer AS
SELECT s.shop, s.model, e.*, CASE WHEN tenure > 0 THEN x * 306.0 / tenure ELSE 0 END AS naive
FROM tap_serial s JOIN tap_digest d USING (shop), LATERAL (
	SELECT expected_purchases(p, model(b), '2024-02-29', '306 days') AS expected, ltv(p, model(b), '2024-02-29', '306 days') AS expected_spend,
		(frequency(p, '2024-12-31') - frequency(p, '2024-02-29'))::int AS actual, total_spend(p, '2024-12-31') - total_spend(p, '2024-02-29') AS spend,
		frequency(p, '2024-02-29') AS x, tenure(p, '2024-02-29') AS tenure, greatest(coalesce(monetary_value(p, '2024-02-29'), 0), 0) AS mean) e
WHERE s.model <> 'bg_bb' AND first_purchase(p) <= '2024-02-29';

SELECT is_empty($$
	SELECT shop, model, customers, actual_purchases, actual_spend FROM tap_serial, summary(b) WHERE model <> 'bg_bb'
	EXCEPT SELECT shop, model, count(*), sum(actual), sum(spend) FROM tap_customer GROUP BY 1, 2$$,
	'customers, purchases and spend are those of the digests, to the last digit');
SELECT is_empty($$
	SELECT shop, model, left_out FROM tap_serial, summary(b)
	EXCEPT SELECT shop, model, count(*) FROM tap_model, tap_digest WHERE first_purchase(p) > '2024-02-29' GROUP BY 1, 2$$,
	'left out are those who came after the cutoff');

CREATE FUNCTION pg_temp.near(a float8, b float8) RETURNS bool LANGUAGE sql RETURN abs(a - b) <= 1e-9 * greatest(abs(b), 1);
SELECT is_empty($$
	SELECT shop, model FROM tap_serial JOIN (
		SELECT shop, model, sum(expected) AS expected, sum(naive) AS naive, avg(abs(expected - actual)) AS mae, sqrt(avg((expected - actual) ^ 2)) AS rmse,
			corr(expected, actual) AS correlation, avg(abs(naive - actual)) AS naive_mae, sqrt(avg((naive - actual) ^ 2)) AS naive_rmse, corr(naive, actual) AS naive_correlation
		FROM tap_customer GROUP BY 1, 2) p USING (shop, model), summary(b) s
	WHERE (pg_temp.near(expected_purchases, expected) AND pg_temp.near(naive_purchases, naive) AND pg_temp.near(s.mae, p.mae) AND pg_temp.near(s.rmse, p.rmse)
		AND pg_temp.near(s.correlation, p.correlation) AND pg_temp.near(s.naive_mae, p.naive_mae) AND pg_temp.near(s.naive_rmse, p.naive_rmse)
		AND pg_temp.near(s.naive_correlation, p.naive_correlation) AND pg_temp.near(relative_error, expected / actual_purchases - 1)) IS NOT TRUE$$,
	'purchases expected, and their errors, are those of expected_purchases()');
SELECT is_empty($$
	SELECT shop, model FROM tap_serial JOIN (
		SELECT shop, model, sum(expected_spend) AS expected, sum(naive * mean) AS naive, avg(abs(expected_spend - spend)) AS mae, sqrt(avg((expected_spend - spend) ^ 2)) AS rmse,
			corr(expected_spend, spend) AS correlation, avg(abs(naive * mean - spend)) AS naive_mae
		FROM tap_customer GROUP BY 1, 2) p USING (shop, model), summary(b) s
	WHERE (pg_temp.near(s.expected_spend, expected) AND pg_temp.near(naive_spend, naive) AND pg_temp.near(spend_mae, p.mae) AND pg_temp.near(spend_rmse, p.rmse)
		AND pg_temp.near(spend_correlation, p.correlation) AND pg_temp.near(naive_spend_mae, p.naive_mae)) IS NOT TRUE$$,
	'spend expected, and its errors, are those of ltv()');
SELECT is_empty($$
	SELECT * FROM (SELECT shop, model, f.* FROM tap_serial, by_frequency(b) f WHERE model <> 'bg_bb' AND f.customers > 0) f FULL JOIN (
		SELECT shop, model, CASE WHEN x < 7 THEN x::text ELSE '7+' END AS frequency, count(*) AS customers, avg(actual) AS actual, avg(expected) AS expected, avg(naive) AS naive
		FROM tap_customer GROUP BY 1, 2, 3) p USING (shop, model, frequency)
	WHERE (f.customers = p.customers AND pg_temp.near(f.actual, p.actual) AND pg_temp.near(f.expected, p.expected) AND pg_temp.near(f.naive, p.naive)) IS NOT TRUE$$,
	'classes of frequency are means over their customers');
CREATE TEMP TABLE tap_repeat AS
SELECT shop, day, count(*) AS purchases FROM tap_digest, purchase_days(p)
WHERE first_purchase(p) <= '2024-02-29' AND orders > 0 AND day > first_purchase(p) GROUP BY 1, 2;
SELECT is_empty($$
	SELECT * FROM (SELECT shop, model, actual, lag(period_end, 1, '-infinity') OVER (PARTITION BY shop, model ORDER BY period) AS before, period_end
		FROM tap_serial, tracking(b) WHERE model <> 'bg_bb') t
	WHERE actual IS DISTINCT FROM (SELECT coalesce(sum(purchases), 0) FROM tap_repeat r WHERE r.shop = t.shop AND day > before AND day <= period_end)$$,
	'each week has its repeat purchases');
SELECT is_empty($$
	SELECT shop, model, period FROM (
		SELECT shop, model, t.period, t.cumulative_expected,
			(SELECT sum(n * expected_purchases(m, (t.period_end - first) / unit)) FROM (
				SELECT first_purchase(p) AS first, count(*) AS n FROM tap_digest d WHERE d.shop = s.shop AND first_purchase(p) <= '2024-02-29' GROUP BY 1) f
				WHERE first < t.period_end) AS expected
		FROM (SELECT shop, model, b, model(b) AS m, coalesce((options ->> 'unit_days')::float8, 1) AS unit FROM tap_serial WHERE model <> 'bg_bb') s, tracking(b) t) e
	WHERE (pg_temp.near(cumulative_expected, coalesce(expected, 0))) IS NOT TRUE$$,
	'expected in each week is what new customers do, from the day of each one''s first purchase');
SELECT is_empty($$
	SELECT shop, model FROM tap_serial s, tracking(b) t, summary(b) u
	GROUP BY shop, model, u.actual_purchases
	HAVING sum(t.actual) FILTER (WHERE holdout) <> u.actual_purchases OR max(t.cumulative_actual) <> sum(t.actual) OR min(t.expected) < 0$$,
	'the tracking of the holdout adds up to its purchases');
SELECT is_empty($$
	SELECT shop FROM tap_serial s, summary(b) u, LATERAL (
		SELECT sum(expected_purchases(p, model(b), '2024-02-29', '306 days')) AS expected FROM tap_digest d WHERE d.shop = s.shop) e
	WHERE model = 'bg_bb' AND NOT pg_temp.near(expected_purchases, expected)$$,
	'opportunities expected are those of expected_purchases()');
SELECT is_empty($$
	SELECT shop, model FROM tap_serial s WHERE model(b) IS DISTINCT FROM (
		SELECT clv_fit(p, '2024-02-29', s.model, s.options) FROM tap_digest d WHERE d.shop = s.shop)$$,
	'the model is that of clv_fit, to the bit');

-- ---------- the same however it runs ----------

CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP lines := lines || line || E'\n'; END LOOP;
	RETURN lines;
END $$;

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_partitionwise_aggregate = off;
SELECT matches(pg_temp.plan('SELECT shop, backtest(p, ''2024-02-29'', ''2024-12-31'') FROM tap_digest GROUP BY shop'),
	'Partial (Hash|Group)?Aggregate', 'runs as a partial aggregate');
SELECT results_eq(
	$$SELECT shop, backtest(p, '2024-02-29', '2024-12-31') FROM tap_digest GROUP BY shop ORDER BY shop$$,
	$$SELECT shop, b FROM tap_serial WHERE model = 'mbg_nbd' ORDER BY shop$$, 'parallel = serial, to the bit');
SELECT results_eq(
	$$SELECT shop, backtest(p, '2024-02-29', '2024-12-31', 'bg_bb', '{"step": "1 month"}') FROM tap_digest GROUP BY shop ORDER BY shop$$,
	$$SELECT shop, b FROM tap_serial WHERE model = 'bg_bb' ORDER BY shop$$, 'of opportunities too');
SELECT results_eq(
	$$SELECT shop, backtest(p, '2024-02-29', '2024-12-31') FILTER (WHERE shop = 0) FROM tap_digest GROUP BY shop ORDER BY shop$$,
	$$SELECT shop, CASE WHEN shop = 0 THEN b END FROM tap_serial WHERE model = 'mbg_nbd' ORDER BY shop$$, 'a FILTER that empties a group, in parallel');
SELECT is((SELECT backtest(p, '2024-02-29', '2024-12-31') FROM tap_digest WHERE customer < 0), NULL, 'all NULL, in parallel');
SELECT is((SELECT backtest(p, '2024-02-29', '2024-12-31') FROM tap_digest WHERE customer = 0), NULL, 'no rows, in parallel');
SET LOCAL enable_partitionwise_aggregate = on;
SELECT results_eq(
	$$SELECT shop, backtest(p, '2024-02-29', '2024-12-31') FROM tap_digest GROUP BY shop ORDER BY shop$$,
	$$SELECT shop, b FROM tap_serial WHERE model = 'mbg_nbd' ORDER BY shop$$, 'partition-wise = serial');
SET LOCAL max_parallel_workers_per_gather = 0;

-- states of pieces, combined in any order, also through text as a distributed query sends them
CREATE AGGREGATE pg_temp.gather(p purchase_digest, cutoff date, through date) (SFUNC = clv_backtest_accum, STYPE = clv_backtest);
CREATE AGGREGATE pg_temp.combine(clv_backtest) (SFUNC = clv_backtest_combine, STYPE = clv_backtest, FINALFUNC = clv_backtest_final);
CREATE TEMP TABLE tap_piece AS
SELECT shop, customer % 7 AS piece, pg_temp.gather(p, '2024-02-29', '2024-12-31') AS b FROM tap_digest GROUP BY 1, 2;
SELECT results_eq(format($$SELECT shop, pg_temp.combine(b ORDER BY %s) FROM tap_piece GROUP BY shop ORDER BY shop$$, o),
	$$SELECT shop, b FROM tap_serial WHERE model = 'mbg_nbd' ORDER BY shop$$, 'states of pieces combined, ORDER BY ' || o)
FROM unnest('{piece, piece DESC, md5(piece::text), b}'::text[]) o;
SELECT results_eq($$SELECT shop, pg_temp.combine(b::text::clv_backtest) FROM tap_piece GROUP BY shop ORDER BY shop$$,
	$$SELECT shop, b FROM tap_serial WHERE model = 'mbg_nbd' ORDER BY shop$$, 'and through text');
SELECT is_empty($$SELECT * FROM tap_piece WHERE b::text::clv_backtest <> b OR b::text::clv_backtest::text <> b::text$$, 'a state in progress goes through text and back');
SELECT results_eq($$SELECT summary(b)::text, summary(b::text::clv_backtest)::text, state(b) FROM tap_piece WHERE (shop, piece) = (0, 1)$$,
	$$SELECT summary(r)::text, summary(r)::text, state(r) FROM (SELECT backtest(p, '2024-02-29', '2024-12-31') AS r FROM tap_digest WHERE shop = 0 AND customer % 7 = 1) s$$,
	'a state in progress can be asked');
-- a single customer is none to fit to: a warning
SET LOCAL client_min_messages = error;
SELECT results_eq($$SELECT (summary(backtest(p, '2024-02-29', '2024-12-31', 'mbg_nbd', '{"spend": false}') OVER (ORDER BY customer))).customers FROM tap_digest WHERE customer BETWEEN 20 AND 40 ORDER BY customer$$,
	$$SELECT count(*) FILTER (WHERE first_purchase(p) <= '2024-02-29') OVER (ORDER BY customer) FROM tap_digest WHERE customer BETWEEN 20 AND 40 ORDER BY customer$$, 'as a window aggregate');
RESET client_min_messages;
SELECT is_empty($$SELECT * FROM tap_serial WHERE b::text::clv_backtest <> b OR b::text::clv_backtest::text <> b::text$$, 'a result goes through text and back');
SELECT is_empty($$SELECT * FROM tap_serial a JOIN tap_serial c ON a.b = c.b WHERE clv_backtest_hash(a.b) <> clv_backtest_hash(c.b)
	OR clv_backtest_hash_extended(a.b, 7) <> clv_backtest_hash_extended(c.b, 7) OR (a.shop, a.model) <> (c.shop, c.model)$$, 'equal values hash alike, unlike ones differ');

-- ---------- errors ----------

SELECT throws_ok($$SELECT backtest(p, '2024-02-29', '2024-02-29') FROM tap_digest$$, '22023', NULL, 'cutoff must be before through');
SELECT throws_ok($$SELECT backtest(p, '2024-02-29', NULL) FROM tap_digest$$, '22004', NULL, 'through must be known');
SELECT throws_ok($$SELECT backtest(p, '-infinity', '2024-02-29') FROM tap_digest$$, '22008', NULL, 'dates are finite');
SELECT throws_ok($$SELECT backtest(p, '2024-02-29', '5000000-01-01') FROM tap_digest$$, '22008', NULL, 'and within the calendar');
SELECT throws_ok($$SELECT backtest(p, '2024-02-29', '2024-12-31', 'sbg') FROM tap_digest$$, '22023', NULL, 'sbg is refused');
SELECT throws_ok($$SELECT backtest(p, '2024-02-29', '2024-12-31', 'gamma_gamma') FROM tap_digest$$, '22023', NULL, 'gamma_gamma is refused');
SELECT throws_ok($$SELECT backtest(p, '2024-02-29', '2024-12-31', 'bg_bb') FROM tap_digest$$, '22023', NULL, 'bg_bb wants a step');
SELECT throws_ok($$SELECT backtest('{0001-01-01 5}', '2024-02-29', '2024-12-31')$$, '54000', NULL, 'a span of thousands of years is refused');
SELECT throws_ok($$SELECT backtest(p, date '2024-02-29' + shop, '2024-12-31') FROM tap_digest$$, '22023', NULL, 'dates are constant over a group');
SELECT throws_ok($$SELECT pg_temp.combine(b) FROM (SELECT b FROM tap_piece WHERE piece < 2 UNION ALL
	SELECT pg_temp.gather(p, '2024-02-28', '2024-12-31') FROM tap_digest) s$$, '22023', NULL, 'states of different dates are not combined');

-- ---------- binary ----------

-- A value goes out by its send function and comes in by COPY; lo_export writes the file for it.
CREATE TEMP TABLE tap_binary (b clv_backtest);
CREATE FUNCTION pg_temp.receive(sent bytea, OUT state text, OUT b clv_backtest) LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/tap_clv_backtest.bin';
	lob oid := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea ||
		int4send(length(sent)) || sent || '\xffff'::bytea);
BEGIN
	PERFORM lo_export(lob, path);
	PERFORM lo_unlink(lob);
	TRUNCATE tap_binary;
	EXECUTE format('COPY tap_binary FROM %L (FORMAT binary)', path);
	SELECT tap_binary.b INTO receive.b FROM tap_binary;
	state := '00000';
EXCEPTION WHEN OTHERS THEN
	state := SQLSTATE;
	b := NULL;
END $$;
SELECT ok((pg_temp.receive(clv_backtest_send(b))).b = b, 'binary of a result goes out and in: ' || model) FROM tap_serial WHERE shop = 0;
SELECT ok((pg_temp.receive(clv_backtest_send(b))).b = b, 'of a state in progress too') FROM tap_piece WHERE (shop, piece) = (0, 1);
SELECT is((pg_temp.receive(set_byte(clv_backtest_send(b), 0, 9))).state, '22P03', 'another version is refused') FROM tap_serial WHERE (shop, model) = (0, 'mbg_nbd');
SELECT is((pg_temp.receive(set_byte(clv_backtest_send(b), 1, 9))).state, '22P03', 'another form is refused') FROM tap_serial WHERE (shop, model) = (0, 'mbg_nbd');
SELECT is((pg_temp.receive(substr(clv_backtest_send(b), 1, length(clv_backtest_send(b)) - 1))).state, '22P03', 'what is cut short is refused') FROM tap_serial WHERE (shop, model) = (0, 'mbg_nbd');

-- ---------- real data: CDNOW, 39 weeks and 39 weeks, parameters and predictions to 17 digits ----------

\getenv shared LOYALTY_SHARED
\if :{?shared}
CREATE TEMP TABLE tap_order (customer int, day date, amount numeric, cds int, master int);
\set file :shared /data/cdnow_sample.csv
COPY tap_order FROM :'file' (FORMAT csv, HEADER);
CREATE TEMP TABLE tap_actual (customer int, master int, first date, x int, t_x int, tenure int, t_x_weeks float8, tenure_weeks float8, mean float8, holdout int);
\set file :shared /reference/cdnow_sample_summary.csv
COPY tap_actual FROM :'file' (FORMAT csv, HEADER);
CREATE TEMP TABLE tap_predicted (model text, customer int, x int, t_x int, tenure int, p_alive float8, expected float8, ll float8, dert float8);
ALTER TABLE tap_predicted ALTER model SET DEFAULT 'bg_nbd';
\set file :shared /reference/pred_cdnow_sample_bgnbd.csv
COPY tap_predicted (customer, x, t_x, tenure, p_alive, expected, ll) FROM :'file' (FORMAT csv, HEADER);
ALTER TABLE tap_predicted ALTER model SET DEFAULT 'mbg_nbd';
\set file :shared /reference/pred_cdnow_sample_mbgnbd.csv
COPY tap_predicted (customer, x, t_x, tenure, p_alive, expected, ll) FROM :'file' (FORMAT csv, HEADER);
ALTER TABLE tap_predicted ALTER model SET DEFAULT 'pareto_nbd';
\set file :shared /reference/pred_cdnow_sample_pnbd.csv
COPY tap_predicted (customer, x, t_x, tenure, p_alive, expected, ll, dert) FROM :'file' (FORMAT csv, HEADER);
CREATE TEMP TABLE tap_cdnow AS
SELECT m, b, s.* FROM unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) m,
	LATERAL (SELECT backtest(p, '1997-09-30', '1998-06-30', m, '{"unit_days": 7}') AS b FROM (SELECT purchase_digest(day, amount) AS p FROM tap_order GROUP BY customer) d) t, summary(b) s;

SELECT is(customers || ' ' || actual_purchases, '2357 ' || (SELECT sum(holdout) FROM tap_actual), 'CDNOW, ' || m || ': purchases of the holdout') FROM tap_cdnow;
SELECT ok(abs(expected_purchases - p.expected) < 1e-6, format('CDNOW, %s: expected %s, reference %s', m, expected_purchases, p.expected))
FROM tap_cdnow, LATERAL (SELECT sum(expected) AS expected FROM tap_predicted WHERE model = m) p;
SELECT ok(abs(mae - p.error) < 1e-9 AND abs(rmse - p.root) < 1e-9, 'CDNOW, ' || m || ': errors per customer')
FROM tap_cdnow, LATERAL (SELECT avg(abs(expected - holdout)) AS error, sqrt(avg((expected - holdout) ^ 2)) AS root
	FROM tap_predicted JOIN tap_actual USING (customer) WHERE model = m) p;
SELECT is_empty($$
	SELECT * FROM (SELECT m AS model, f.* FROM tap_cdnow, by_frequency(b) f) f FULL JOIN (
		SELECT model, CASE WHEN a.x < 7 THEN a.x::text ELSE '7+' END AS frequency, count(*) AS customers, avg(holdout) AS actual, avg(expected) AS expected,
			avg(a.x * 273.0 / a.tenure) AS naive
		FROM tap_predicted JOIN tap_actual a USING (customer) GROUP BY 1, 2) p USING (model, frequency)
	WHERE (f.customers = p.customers AND pg_temp.near(f.actual, p.actual) AND abs(f.expected - p.expected) < 1e-6 AND pg_temp.near(f.naive, p.naive)) IS NOT TRUE$$,
	'CDNOW: by frequency');
SELECT is((SELECT string_agg(count || ' ' || cutoff || ' ' || through, ', ') FROM (
	SELECT count(*), max(period_end) FILTER (WHERE NOT holdout) AS cutoff, max(period_end) AS through FROM tap_cdnow, tracking(b) GROUP BY m) s),
	'78 1997-09-30 1998-06-30, 78 1997-09-30 1998-06-30, 78 1997-09-30 1998-06-30', 'CDNOW: 39 weeks and 39 weeks');
\else
SELECT skip('CDNOW data not there', 1);
\endif

SELECT * FROM finish();
ROLLBACK;
