-- Fits against maximum-likelihood values of 34-digit arithmetic, and what must hold of every fit.
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

\getenv shared LOYALTY_SHARED
\if :{?shared}
\else
\set shared /nonexistent
\endif
\set cdnow :shared '/data/cdnow_master.csv'
\set summary :shared '/reference/cdnow_sample_summary.csv'
\set donations :shared '/data/donations_rf.csv'
\set reference :shared '/reference/'
SELECT (pg_stat_file(:'cdnow', true)).size IS NOT NULL AS have_cdnow \gset
\if :have_cdnow
CREATE TEMP TABLE cdnow (customer_id int, ts date, amount numeric, n_cds int);
COPY cdnow FROM :'cdnow' (FORMAT csv, HEADER);
CREATE TEMP TABLE digests AS SELECT customer_id, purchase_digest(ts, amount) AS p FROM cdnow GROUP BY 1;
CREATE TEMP TABLE summary (customer_id int, master_id int, first_date date, x int, t_x_days int, T_days int, t_x_weeks float8, T_weeks float8, mean_repeat_spend float8, holdout_x_39w int);
COPY summary FROM :'summary' (FORMAT csv, HEADER);
CREATE TEMP TABLE sample AS SELECT d.customer_id, p FROM digests d JOIN summary s ON d.customer_id = s.master_id;

-- name of the reference file, the fit, the half of it that the file is about
CREATE TEMP TABLE fits (file text, model text, m clv_model, log_likelihood float8, prefix text);
INSERT INTO fits SELECT 'mle_cdnow_' || data || '_' || replace(model, 'pareto_nbd', 'pnbd') || '.json', model, m, log_likelihood(m), ''
FROM (SELECT 'master' AS data, model, clv_fit(p, '1997-09-30', model, '{"unit_days": 7, "spend": false}') AS m FROM digests, unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) model GROUP BY model
	UNION ALL SELECT 'sample', model, clv_fit(p, '1997-09-30', model, '{"unit_days": 7, "spend": false}') FROM sample, unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) model GROUP BY model) f;
UPDATE fits SET file = replace(file, 'g_nbd', 'gnbd');
INSERT INTO fits SELECT 'mle_cdnow_master_gg.json', 'gamma_gamma', m, spend_log_likelihood(m), 'spend_' FROM (SELECT clv_fit(p, '1997-09-30') AS m FROM digests) f;
INSERT INTO fits SELECT 'mle_cdnow_sample_gg.json', 'gamma_gamma', m, spend_log_likelihood(m), 'spend_' FROM (SELECT clv_fit(p, '1997-09-30') AS m FROM sample) f;
CREATE TEMP TABLE donations (x int, t_x int, n int, customers int);
COPY donations FROM :'donations' (FORMAT csv, HEADER);
INSERT INTO fits SELECT 'mle_donations_bgbb.json', 'bg_bb', m, log_likelihood(m), '' FROM (SELECT clv_fit(x, t_x, n, NULL, customers, 'bg_bb', '{"spend": false}') AS m FROM donations) f;
INSERT INTO fits
SELECT file, 'sbg', m, log_likelihood(m), ''
FROM (SELECT file, fit_sbg(least(t, 7)::int, t < 8, CASE WHEN t = 8 THEN survivors[8] ELSE survivors[t] - survivors[t + 1] END) AS m
	FROM (SELECT file, ARRAY(SELECT e::float8 FROM jsonb_array_elements_text(pg_read_file(:'reference' || file)::jsonb -> 'survivors') WITH ORDINALITY a(e, o) ORDER BY o) AS survivors
		FROM unnest('{mle_sbg_high_end.json,mle_sbg_regular.json}'::text[]) file) s, generate_series(1, 8) t GROUP BY file) f;
CREATE TEMP VIEW against AS SELECT fits.*, pg_read_file(:'reference' || file)::jsonb AS want FROM fits;

SELECT cmp_ok(abs(log_likelihood::numeric - (want ->> 'll')::numeric), '<', 1e-8, file || ': the maximum of the likelihood') FROM against ORDER BY file;
SELECT cmp_ok(max(abs(estimate::numeric / (want -> 'params' ->> ltrim(substr(p.name, 1 + length(prefix))))::numeric - 1)), '<', 5e-9, file || ': parameters to 8 digits')
FROM against, parameters(m) p WHERE p.name LIKE prefix || '%' GROUP BY file, want ORDER BY file;
SELECT cmp_ok(max(abs(std_error::numeric / (want -> 'se' ->> substr(p.name, 1 + length(prefix)))::numeric - 1)), '<', 5e-7, file || ': standard errors to 6 digits')
FROM against, parameters(m) p WHERE p.name LIKE prefix || '%' GROUP BY file, want ORDER BY file;
SELECT ok(bool_and(lower < estimate AND estimate < upper), file || ': each interval holds its estimate') FROM against, parameters(m) p GROUP BY file ORDER BY file;

-- published values, to the printed digits
SELECT is(array_agg(round(estimate::numeric, 3) ORDER BY o), ARRAY[0.243, 4.414, 0.793, 2.426], 'BG/NBD of the CDNOW sample as published') FROM fits, parameters(m) WITH ORDINALITY p(name, estimate, a, b, c, o) WHERE file = 'mle_cdnow_sample_bgnbd.json';
SELECT is(round(log_likelihood::numeric, 1), -9582.4, '... and its likelihood') FROM fits WHERE file = 'mle_cdnow_sample_bgnbd.json';
SELECT is(array_agg(round(estimate::numeric, 3) ORDER BY o), ARRAY[0.553, 10.578, 0.606, 11.669], 'Pareto/NBD of the CDNOW sample as published') FROM fits, parameters(m) WITH ORDINALITY p(name, estimate, a, b, c, o) WHERE file = 'mle_cdnow_sample_pnbd.json';
SELECT is(round(log_likelihood::numeric, 1), -9595.0, '... and its likelihood') FROM fits WHERE file = 'mle_cdnow_sample_pnbd.json';
SELECT is(array_agg(round(estimate::numeric, 2) ORDER BY o), ARRAY[6.25, 3.74, 15.44], 'Gamma-Gamma of the CDNOW sample as published') FROM fits, parameters(m) WITH ORDINALITY p(name, estimate, a, b, c, o) WHERE file = 'mle_cdnow_sample_gg.json' AND o > 4;
SELECT is(array_agg(trunc(estimate::numeric + 0.0005, 3) ORDER BY o), ARRAY[1.204, 0.750, 0.657, 2.783], 'BG/BB of the donations as published') FROM fits, parameters(m) WITH ORDINALITY p(name, estimate, a, b, c, o) WHERE file = 'mle_donations_bgbb.json';
SELECT is(array_agg(round(estimate::numeric, 3) ORDER BY file, o), ARRAY[0.668, 3.806, 0.704, 1.182], 'sBG of both segments as published') FROM fits, parameters(m) WITH ORDINALITY p(name, estimate, a, b, c, o) WHERE model = 'sbg';

-- predictions for each customer at the reference parameters
\set predictions :reference 'pred_cdnow_sample_pnbd.csv'
CREATE TEMP TABLE predictions (customer_id int, x int, t_x_days int, t_days int, p_alive float8, cet float8, ll float8, dert float8);
COPY predictions FROM :'predictions' (FORMAT csv, HEADER);
SELECT cmp_ok(max(greatest(abs(p_alive(x, t_x_days / 7.0, t_days / 7.0, m) / p_alive - 1), abs(expected_purchases(x, t_x_days / 7.0, t_days / 7.0, m, 39) / cet - 1),
		abs(dert(x, t_x_days / 7.0, t_days / 7.0, m, 'infinity', ln(1.15::float8) / 52) / dert - 1))), '<', 1e-8::float8, 'Pareto/NBD: predictions for every customer of the sample')
FROM predictions, (SELECT m FROM fits WHERE file = 'mle_cdnow_sample_pnbd.json') f;

-- digests and raw numbers are one road
SELECT cmp_ok(max(abs(p_alive(p, m, '1997-09-30') - p_alive(frequency(p, '1997-09-30'), recency(p, '1997-09-30') / 7.0, tenure(p, '1997-09-30') / 7.0, m))), '=', 0::float8, 'a digest scores as its numbers do')
FROM sample, (SELECT m FROM fits WHERE file = 'mle_cdnow_sample_pnbd.json') f;
SELECT cmp_ok(max(abs(ltv(p, m, '1997-09-30', '273 days') / (expected_purchases(p, m, '1997-09-30', '273 days') * expected_order_value(p, m, '1997-09-30')) - 1)), '<', 1e-12::float8, 'ltv is purchases times value')
FROM sample, (SELECT clv_fit(p, '1997-09-30') AS m FROM sample) f;

-- from random starts to the same maximum
SELECT cmp_ok(max(abs(log_likelihood(m)::numeric - (want ->> 'll')::numeric)), '<', 1e-8, model || ': the maximum from 25 random starts')
FROM (SELECT model, want, fit_clv(s, model, jsonb_build_object('unit_days', 7, 'spend', false, 'start',
			(SELECT jsonb_object_agg(name, exp(4 * random() - 2 + g * 0) * CASE WHEN name IN ('alpha', 'beta') AND model <> 'bg_bb' THEN 10 ELSE 1 END) FROM parameters(a.m)))) AS m
	FROM against a, (SELECT clv_sample(p, '1997-09-30') AS s FROM sample) c, generate_series(1, 25) g WHERE file LIKE 'mle_cdnow_sample_%' AND model <> 'gamma_gamma') f
GROUP BY model ORDER BY model;
\else
SELECT skip('the real data are not here', 1);
\endif

-- customers of our own: the same bits however a fit runs
CREATE TEMP TABLE shop AS
SELECT c AS customer_id, purchase_digest(first + (1 + 300 * random() ^ 2)::int * (g > 0)::int * g, (5 + 50 * random())::numeric(8, 2)) AS p
FROM (SELECT c, date '2024-01-01' + (random() * 200)::int AS first, (random() ^ 4 * 12)::int AS n FROM generate_series(1, 4000) c) s, generate_series(0, n) g GROUP BY c;
CREATE TABLE pg_temp.one AS SELECT clv_fit(p, '2025-06-30') AS m FROM shop;
SELECT ok(converged(m), 'a fit of 4,000 random customers converges') FROM pg_temp.one;
SELECT is((SELECT clv_fit(p, '2025-06-30' ORDER BY md5(customer_id::text)) FROM shop), m, 'in any order of rows') FROM pg_temp.one;
SELECT is((SELECT fit_clv(clv_sample(p, '2025-06-30')) FROM shop), m, 'in two steps') FROM pg_temp.one;
SELECT is((SELECT fit_clv(rollup(s)) FROM (SELECT clv_sample(p, '2025-06-30') AS s FROM shop GROUP BY customer_id % 7) q), m, 'rolled up from pieces') FROM pg_temp.one;
SELECT is((SELECT fit_clv(merge(a.s, b.s)) FROM (SELECT clv_sample(p, '2025-06-30') FILTER (WHERE customer_id % 2 = 0) AS s FROM shop) a,
	(SELECT clv_sample(p, '2025-06-30') FILTER (WHERE customer_id % 2 = 1) AS s FROM shop) b), m, 'merged of two') FROM pg_temp.one;
CREATE TABLE parallel_shop AS SELECT * FROM shop;
ALTER TABLE parallel_shop SET (parallel_workers = 3);
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
-- one price for all: however many customers, amounts that do not vary at all have no maximum
SELECT is(state(m), 'boundary: p to infinity, q to infinity: every purchase is of the same amount', format('%s customers, every purchase is of %s', n, price))
	FROM (SELECT n, price, clv_fit(3, 5, 30, price, 1, 'gamma_gamma') AS m
		FROM unnest('{10, 30, 100, 5000}'::int[]) n, unnest('{3.333, 10, 19.99}'::float8[]) price, generate_series(1, n) GROUP BY n, price) f ORDER BY n, price;

CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS
$$DECLARE line text; plan text := ''; BEGIN FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP; RETURN plan; END$$;
SELECT matches(pg_temp.plan($$SELECT clv_fit(p, '2025-06-30') FROM parallel_shop$$), 'Partial Aggregate', 'the collection is parallel');
SELECT is((SELECT clv_fit(p, '2025-06-30') FROM parallel_shop), m, 'bit-identical in parallel') FROM pg_temp.one;
SELECT is((SELECT clv_fit(p, '2025-06-30') FILTER (WHERE customer_id < 0) FROM parallel_shop), NULL, 'a FILTER that leaves nobody, in parallel: NULL');
RESET max_parallel_workers_per_gather;
CREATE TEMP TABLE halves (customer_id int, p purchase_digest) PARTITION BY HASH (customer_id);
CREATE TEMP TABLE halves0 PARTITION OF halves FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE halves1 PARTITION OF halves FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO halves SELECT * FROM shop;
SET LOCAL enable_partitionwise_aggregate = on;
SELECT is((SELECT clv_fit(p, '2025-06-30') FROM halves), m, 'partition-wise') FROM pg_temp.one;
-- weights stand for customers: whole ones join, fractional ones are added in one order
SELECT is((SELECT clv_fit(frequency(p, '2025-06-30'), recency(p, '2025-06-30'), tenure(p, '2025-06-30'), greatest(monetary_value(p, '2025-06-30'), 0), 1, 'mbg_nbd') FROM shop)::text::jsonb - 'as_of',
	m::text::jsonb - 'as_of', 'an RFM table in days gives the same fit') FROM pg_temp.one;
CREATE TEMP TABLE rfm AS SELECT customer_id AS o, frequency(p, '2025-06-30') AS x, recency(p, '2025-06-30') AS t, tenure(p, '2025-06-30') AS n, 0.1 * (1 + customer_id % 30) AS w FROM shop;
SELECT is((SELECT clv_fit(x, t, n, NULL, w, 'bg_nbd', '{"spend": false}' ORDER BY o) FROM rfm), (SELECT clv_fit(x, t, n, NULL, w, 'bg_nbd', '{"spend": false}' ORDER BY -o) FROM rfm), 'fractional weights in any order');

-- the unit is a unit: only times change
SELECT is(round(((SELECT estimate FROM parameters(d) WHERE name = 'alpha') / (SELECT estimate FROM parameters(w) WHERE name = 'alpha'))::numeric, 9), 7.0, 'alpha in days is 7 times alpha in weeks')
FROM (SELECT clv_fit(p, '2025-06-30', 'mbg_nbd') AS d, clv_fit(p, '2025-06-30', 'mbg_nbd', '{"unit_days": 7}') AS w FROM shop) f;
SELECT cmp_ok(max(abs(ltv(p, d, '2025-06-30', '1 year', 0.1) / ltv(p, w, '2025-06-30', '1 year', 0.1) - 1)), '<', 1e-9::float8, 'and no prediction does')
FROM shop, (SELECT clv_fit(p, '2025-06-30', 'mbg_nbd') AS d, clv_fit(p, '2025-06-30', 'mbg_nbd', '{"unit_days": 7}') AS w FROM shop) f;

-- held parameters, and the test against free ones
CREATE TEMP TABLE nested AS
SELECT fit_clv(s, 'mbg_nbd') AS f, fit_clv(s, 'mbg_nbd', '{"fixed": {"b": 1}}') AS r FROM (SELECT clv_sample(p, '2025-06-30') AS s FROM shop) q;
SELECT is((SELECT array_agg(std_error IS NULL ORDER BY name) FROM parameters(r) WHERE name NOT LIKE 'spend%'), '{f,f,t,f}', 'a fixed parameter has no standard error') FROM nested;
SELECT cmp_ok(log_likelihood(r), '<', log_likelihood(f), 'and costs likelihood') FROM nested;
SELECT is((SELECT degrees_of_freedom FROM likelihood_ratio(r, f)), 1, 'one degree of freedom') FROM nested;
SELECT cmp_ok(abs((SELECT statistic FROM likelihood_ratio(r, f)) - 2 * (log_likelihood(f) - log_likelihood(r))), '<', 1e-9::float8, 'twice the difference of the log-likelihoods') FROM nested;
SELECT cmp_ok((SELECT p_value FROM likelihood_ratio(r, f)), '<', 1::float8, 'and a p-value') FROM nested;

-- hundreds of small groups: each has an answer or says why not, none aborts the query
CREATE TEMP TABLE small AS SELECT clv_fit(p, '2025-06-30') AS m FROM shop GROUP BY customer_id % 400;
SELECT is((SELECT count(*) FROM small WHERE m IS NULL OR state(m) IS NULL), 0::bigint, '400 groups of ten customers: all have a model');
SELECT is((SELECT count(*) FROM small, parameters(m) WHERE estimate IN ('NaN', 'Infinity') OR std_error IN ('NaN', 'Infinity') OR lower = 'NaN' OR upper = 'NaN'), 0::bigint, 'without a NaN in any');
SELECT is((SELECT count(*) FROM small WHERE state(m) LIKE 'failed%' AND (SELECT p_alive(p, m, '2025-06-30') FROM shop LIMIT 1) IS NOT NULL), 0::bigint, 'and those that failed answer NULL');

SELECT * FROM finish();
ROLLBACK;
