-- clv_forecast: against plain SQL sums of ltv(), every way to aggregate, both sources of uncertainty.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = error;

\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0)::text;

-- Customers of 60 groups who buy, spend and leave as the Pareto/NBD and Gamma-Gamma models say: rates are gamma variables.
CREATE TABLE tap_customer (grp int, id int, p purchase_digest) PARTITION BY HASH (grp);
CREATE TABLE tap_customer_0 PARTITION OF tap_customer FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tap_customer_1 PARTITION OF tap_customer FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE tap_customer_0 SET (parallel_workers = 2);
ALTER TABLE tap_customer_1 SET (parallel_workers = 2);
CREATE FUNCTION pg_temp.gamma(shape int) RETURNS float8 LANGUAGE sql VOLATILE AS
$$SELECT -sum(ln(1 - random())) FROM generate_series(1, shape)$$;
CREATE TEMP TABLE habit AS
SELECT id, id % 60 AS grp, date '2024-01-01' + (random() * 400)::int AS first, pg_temp.gamma(2) / 90 AS rate,
	-ln(1 - random()) / (pg_temp.gamma(1) / 250) AS life, 60 / pg_temp.gamma(5) AS worth
FROM generate_series(1, 1500) id;
INSERT INTO tap_customer
SELECT grp, id, purchase_digest(day, amount) FROM (
	SELECT grp, id, first AS day, 20.0 AS amount FROM habit
	UNION ALL
	SELECT grp, id, first + ceil(after)::int, amount FROM (
		SELECT grp, id, first, life, worth * (-ln(1 - random()) - ln(1 - random())) AS amount, sum(-ln(1 - random()) / rate) OVER (PARTITION BY id ORDER BY n) AS after
		FROM habit, generate_series(1, 60) n) o
	WHERE after < life AND after < 800) o
GROUP BY grp, id;
ANALYZE tap_customer;

CREATE TEMP TABLE model AS
SELECT name, clv_fit(p, '2025-02-28', name, CASE name WHEN 'bg_bb' THEN '{"step": "1 month"}' ELSE '{"unit_days": 7}' END::jsonb) AS m
FROM tap_customer, unnest('{bg_nbd,mbg_nbd,pareto_nbd,bg_bb}'::text[]) name GROUP BY name;
SELECT ok(bool_and(converged(m) AND spend_state(m) = 'converged' AND covariance(m) IS NOT NULL AND spend_covariance(m) IS NOT NULL), 'every model was fitted, with its spend') FROM model;

-- ---------- against plain SQL ----------

CREATE TEMP TABLE each AS
SELECT name, grp, id, ltv(p, m, '2025-02-28', '1 year', 0.1) AS value, clv_forecast(p, m, '2025-02-28', '1 year', 0.1) AS f
FROM tap_customer, model GROUP BY name, m, grp, id, p;
CREATE TEMP TABLE whole AS SELECT name, rollup(f) AS f FROM each GROUP BY name;

SELECT ok(abs(total(f) / sum - 1) < 1e-12, name || ': the total is the sum of ltv()')
FROM whole JOIN (SELECT name, sum(value) FROM each GROUP BY name) s USING (name) ORDER BY name;
SELECT is(customer_count(f), count, name || ': of the customers there are') FROM whole JOIN (SELECT name, count(value) FROM each GROUP BY name) s USING (name) ORDER BY name;
SELECT is(customer_count(f) + left_out(f), (SELECT count(*) FROM tap_customer), name || ': the others are left out') FROM whole ORDER BY name;
SELECT cmp_ok(max(abs(total(f) - value) / value), '<', 1e-13::float8, name || ': of one customer it is ltv()') FROM each WHERE value > 0 GROUP BY name ORDER BY name;
SELECT ok(abs(customer_std_error(f) ^ 2 / sum - 1) < 1e-12, name || ': the customers'' own variances add')
FROM whole JOIN (SELECT name, sum(customer_std_error(f) ^ 2) FROM each GROUP BY name) s USING (name) ORDER BY name;
SELECT ok(abs(std_error(f) ^ 2 / (customer_std_error(f) ^ 2 + parameter_std_error(f) ^ 2) - 1) < 1e-12, name || ': and so do both sources') FROM whole ORDER BY name;
SELECT cmp_ok(parameter_std_error(f), '>', 5 * quadrature, name || ': the errors of shared parameters do not add in quadrature')
FROM whole JOIN (SELECT name, sqrt(sum(parameter_std_error(f) ^ 2)) AS quadrature FROM each GROUP BY name) s USING (name) ORDER BY name;

-- the error of the parameters by the book: how the sum of ltv() moves with each, and their covariance
CREATE FUNCTION pg_temp.moved(model text, m clv_model, name text, by float8) RETURNS clv_model LANGUAGE sql IMMUTABLE AS
$$SELECT clv_model(model, jsonb_set(json, path, to_jsonb((json #>> path)::float8 * (1 + by))))
FROM (SELECT m::text::jsonb - '{model,state,log_likelihood,customers,distinct,evaluations,lower,upper,covariance,as_of,left_out,correlation}'::text[]
		|| CASE WHEN m::text::jsonb ? 'spend' THEN jsonb_build_object('spend', (m::text::jsonb -> 'spend') - '{state,log_likelihood,customers,distinct,evaluations,lower,upper,covariance}'::text[]) ELSE '{}' END AS json,
	CASE WHEN name LIKE 'spend\_%' THEN ARRAY['spend', substr(name, 7)] ELSE ARRAY[name] END AS path) s$$;
CREATE TEMP TABLE beside AS
SELECT model.name AS model, q.name, q.nr, q.estimate, pg_temp.moved(model.name, m, q.name, 1e-4) AS above, pg_temp.moved(model.name, m, q.name, -1e-4) AS below
FROM model, LATERAL (SELECT name, estimate, row_number() OVER () AS nr FROM parameters(m)) q;
CREATE TEMP TABLE slope AS
SELECT model, name, nr, (sum(ltv(p, above, '2025-02-28', '1 year', 0.1)) - sum(ltv(p, below, '2025-02-28', '1 year', 0.1))) / (2e-4 * estimate) AS slope
FROM beside, tap_customer WHERE grp = 7 GROUP BY model, name, nr, estimate;
SELECT ok(abs(parameter_std_error(f) ^ 2 / variance - 1) < 1e-5, model || ': the error of the parameters is that of the sum''s slopes')
FROM (SELECT name AS model, rollup(f) AS f FROM each WHERE grp = 7 GROUP BY name) r JOIN (
	SELECT a.model, sum(a.slope * b.slope * CASE
		WHEN a.name LIKE 'spend%' AND b.name LIKE 'spend%' THEN (spend_covariance(m))[a.nr - n][b.nr - n]
		WHEN a.name LIKE 'spend%' OR b.name LIKE 'spend%' THEN 0 ELSE (covariance(m))[a.nr][b.nr] END) AS variance
	FROM slope a JOIN slope b USING (model) JOIN model ON model.name = model, LATERAL (SELECT count(*)::int AS n FROM parameters(m) WHERE name NOT LIKE 'spend%') c
	GROUP BY a.model) v USING (model) ORDER BY model;

-- intervals
SELECT is_empty($$SELECT name FROM whole, forecast_interval(f, 0.95) i, forecast_interval(f, 0.8) j
	WHERE NOT (0 < i.lower AND i.lower < j.lower AND j.lower < total(f) AND total(f) < j.upper AND j.upper < i.upper)$$, 'the surer an interval, the wider');
SELECT is_empty($$SELECT name FROM whole, forecast_interval(f, 0.95) i
	WHERE abs((i.upper - i.lower) / (2 * 1.959964 * std_error(f)) - 1) > 0.02$$, 'of a large group it is about 1.96 standard errors to either side');

-- a parameter that was held fixed is no source of error
SELECT cmp_ok(parameter_std_error(fixed), '<', parameter_std_error(free), 'with a parameter held fixed less is uncertain')
FROM (SELECT clv_forecast(p, m, '2025-02-28', '1 year') AS fixed, clv_forecast(p, n, '2025-02-28', '1 year') AS free FROM tap_customer,
	(SELECT clv_fit(p, '2025-02-28', 'pareto_nbd', '{"fixed": {"s": 0.6}, "spend": false}') AS m, clv_fit(p, '2025-02-28', 'pareto_nbd', '{"spend": false}') AS n FROM tap_customer) m) s;

-- a fit at a boundary has no covariance: everyone bought every tenth day and is still there
SELECT is(total(f) IS NOT NULL AND parameter_std_error(f) IS NULL AND std_error(f) IS NULL AND (forecast_interval(f, 0.9)).lower IS NULL, true, 'a fit at a boundary gives a total, and no standard error: ' || state)
FROM (SELECT state(m), clv_forecast(p, m, '2024-06-30', '1 month') AS f FROM (
		SELECT p, clv_fit(p, '2024-06-30', 'mbg_nbd', '{"spend": false}') OVER () AS m FROM (
			SELECT purchase_digest(date '2024-01-01' + i % 7 + 10 * n, 10.0) AS p FROM generate_series(1, 50) i, generate_series(0, 17) n GROUP BY i) c) c
	GROUP BY m) s WHERE state LIKE 'boundary%';

-- ---------- the same however it runs ----------

CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP lines := lines || line || E'\n'; END LOOP;
	RETURN lines;
END $$;
CREATE TEMP TABLE serial AS
SELECT grp, clv_forecast(p, m, '2025-02-28', '26 weeks', 0.05) AS f FROM tap_customer, (SELECT m FROM model WHERE name = 'mbg_nbd') m GROUP BY grp;
-- a parallel plan reads no temporary table: the model comes as a literal
SELECT format('SELECT grp, clv_forecast(p, %L::clv_model, ''2025-02-28'', ''26 weeks'', 0.05)', m) AS grouped,
	format('clv_forecast(p, %L::clv_model, ''2025-02-28'', ''26 weeks'', 0.05)', m) AS call FROM model WHERE name = 'mbg_nbd' \gset

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_partitionwise_aggregate = off;
SELECT matches(pg_temp.plan(:'grouped' || ' FROM tap_customer GROUP BY grp'), 'Partial (Hash|Group)?Aggregate', 'runs as a partial aggregate');
SELECT results_eq(:'grouped' || '::text FROM tap_customer GROUP BY grp ORDER BY grp', 'SELECT grp, f::text FROM serial ORDER BY grp', 'parallel = serial');
SELECT results_eq('SELECT grp, ' || :'call' || ' FILTER (WHERE grp < 3)::text FROM tap_customer GROUP BY grp ORDER BY grp',
	'SELECT grp, CASE WHEN grp < 3 THEN f::text END FROM serial ORDER BY grp', 'a FILTER that empties groups, in parallel');
SELECT is_empty('SELECT 1 FROM (SELECT ' || :'call' || ' FILTER (WHERE false) AS f FROM tap_customer) s WHERE f IS NOT NULL', 'a FILTER that empties everything, in parallel');
SELECT is_empty('SELECT 1 FROM (SELECT ' || replace(:'call', '(p,', '(NULL,') || ' AS f FROM tap_customer) s WHERE f IS NOT NULL', 'all NULL, in parallel');
SELECT is_empty('SELECT 1 FROM (SELECT ' || :'call' || ' AS f FROM tap_customer WHERE grp < 0) s WHERE f IS NOT NULL', 'no rows, in parallel');
SELECT results_eq('SELECT ' || :'call' || '::text FROM tap_customer', 'SELECT rollup(f)::text FROM serial', 'plain, in parallel = rollup of groups');
SET LOCAL enable_partitionwise_aggregate = on;
SELECT results_eq(:'grouped' || '::text FROM tap_customer GROUP BY grp ORDER BY grp', 'SELECT grp, f::text FROM serial ORDER BY grp', 'partition-wise = serial');

SET LOCAL max_parallel_workers_per_gather = 0;
SELECT is(rollup(f ORDER BY grp)::text, rollup(f ORDER BY md5(grp::text))::text, 'rollup in any order') FROM serial;
SELECT results_eq('SELECT merge(rollup(f) FILTER (WHERE grp < 20), rollup(f) FILTER (WHERE grp >= 20))::text FROM serial', 'SELECT rollup(f)::text FROM serial', 'merge of two halves');
SELECT results_eq('SELECT id, customer_count(f) + left_out(f), total(f) FROM (SELECT id, ' || :'call' || ' OVER (ORDER BY id) AS f FROM tap_customer WHERE grp = 5) s ORDER BY id',
	'SELECT c.id, (SELECT count(*) FROM tap_customer d WHERE grp = 5 AND d.id <= c.id), (SELECT total(' || :'call' || ') FROM tap_customer d WHERE grp = 5 AND d.id <= c.id)
	FROM tap_customer c WHERE grp = 5 ORDER BY id', 'as a window aggregate');
SELECT results_eq('SELECT id, customer_count(f) + left_out(f) FROM (SELECT id, ' || :'call' || ' OVER (ORDER BY id ROWS 2 PRECEDING) AS f FROM tap_customer WHERE grp = 5) s ORDER BY id',
	'SELECT id, least(row_number() OVER (ORDER BY id), 3) FROM tap_customer WHERE grp = 5 ORDER BY id', 'and over a moving frame');

-- a state is a value, and a value a state
SELECT is(clv_forecast_accum(f, NULL, NULL, NULL, NULL), f, 'a NULL digest leaves a state as it is') FROM whole WHERE name = 'bg_nbd';
SELECT is(customer_count(clv_forecast_combine(f::text::clv_forecast, f)), 2 * customer_count(f), 'a state that went through text goes on') FROM whole WHERE name = 'bg_nbd';

-- ---------- text, binary, equality, hash ----------

SELECT is_empty('SELECT name FROM each WHERE grp < 3 AND f::text::clv_forecast <> f', 'text goes out and in');
SELECT is_empty('SELECT 1 FROM serial a JOIN serial b ON a.f = b.f WHERE a.grp <> b.grp OR clv_forecast_hash(a.f) <> clv_forecast_hash(b.f)', 'equal values hash alike, unlike ones differ');

-- A value goes out by its send function and comes in by COPY; lo_export writes the file for it.
CREATE TEMP TABLE tap_binary (f clv_forecast);
CREATE FUNCTION pg_temp.receive(sent bytea, OUT state text, OUT f clv_forecast) LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/tap_clv_forecast.bin';
	lob oid := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea ||
		int4send(length(sent)) || sent || '\xffff'::bytea);
BEGIN
	PERFORM lo_export(lob, path);
	PERFORM lo_unlink(lob);
	TRUNCATE tap_binary;
	EXECUTE format('COPY tap_binary FROM %L (FORMAT binary)', path);
	SELECT tap_binary.f INTO receive.f FROM tap_binary;
	state := '00000';
EXCEPTION WHEN OTHERS THEN
	state := SQLSTATE;
	f := NULL;
END $$;
SELECT is((pg_temp.receive(clv_forecast_send(f))).f, f, 'binary goes out and in: ' || name) FROM whole ORDER BY name;
-- (changed bytes: test/t/03_hostile_bytes.pl)
SELECT is((pg_temp.receive('\x02'::bytea || substr(clv_forecast_send(f), 2))).state, '22P03', 'an unknown version is refused') FROM whole WHERE name = 'bg_nbd';

-- ---------- CDNOW, whose customers' expectations are known to 17 digits ----------

\getenv shared LOYALTY_SHARED
\if :{?shared}
\else
\set shared /nonexistent
\endif
\set cdnow :shared '/data/cdnow_sample.csv'
\set reference :shared '/reference/pred_cdnow_sample_'
\set bg :reference 'bgnbd.csv'
\set mbg :reference 'mbgnbd.csv'
\set gg :reference 'gg.csv'
SELECT (pg_stat_file(:'cdnow', true)).size IS NOT NULL AS have_cdnow \gset
\if :have_cdnow
CREATE TEMP TABLE cdnow (customer_id int, ts date, amount numeric, n_cds int, master_id int);
COPY cdnow FROM :'cdnow' (FORMAT csv, HEADER);
CREATE TEMP TABLE bg (customer_id int, x int, t_x_days int, T_days int, p_alive float8, expected float8, ll float8);
CREATE TEMP TABLE mbg (LIKE bg);
CREATE TEMP TABLE gg (customer_id int, x int, mean float8, expected float8);
COPY bg FROM :'bg' (FORMAT csv, HEADER);
COPY mbg FROM :'mbg' (FORMAT csv, HEADER);
COPY gg FROM :'gg' (FORMAT csv, HEADER);
CREATE TEMP TABLE cdnow_digest AS SELECT customer_id, purchase_digest(ts, amount) AS p FROM cdnow GROUP BY 1;
CREATE TEMP TABLE cdnow_forecast AS
SELECT name, clv_forecast(p, m, '1997-09-30', '39 weeks') AS money, clv_forecast(p, n, '1997-09-30', '39 weeks') AS purchases
FROM cdnow_digest, (SELECT name, clv_fit(p, '1997-09-30', name, '{"unit_days": 7}') AS m, clv_fit(p, '1997-09-30', name, '{"unit_days": 7, "spend": false}') AS n
	FROM cdnow_digest, unnest('{bg_nbd,mbg_nbd}'::text[]) name GROUP BY name) m GROUP BY name;
SELECT ok(abs(total(purchases) / sum - 1) < 1e-8, 'CDNOW: purchases in 39 weeks, ' || name)
FROM cdnow_forecast JOIN (SELECT 'bg_nbd' AS name, sum(expected) FROM bg UNION ALL SELECT 'mbg_nbd', sum(expected) FROM mbg) s USING (name);
SELECT ok(abs(total(money) / sum - 1) < 1e-7, 'CDNOW: their value, ' || name)
FROM cdnow_forecast JOIN (SELECT 'bg_nbd' AS name, sum(bg.expected * gg.expected) FROM bg JOIN gg USING (customer_id)
	UNION ALL SELECT 'mbg_nbd', sum(mbg.expected * gg.expected) FROM mbg JOIN gg USING (customer_id)) s USING (name);
\else
SELECT skip('no CDNOW data', 4);
\endif

SELECT * FROM finish();
ROLLBACK;
