-- clv_backtest: how well would the model have done?
-- Each test is a sentence and the query that shows it.

-- A shop of 240 customers who begin in the first quarter of 2024: some stay, some leave, some buy once.
CREATE TEMP TABLE digest AS
SELECT c AS customer, purchase_digest(day, 10 + c % 40 + 0.50) AS p
FROM generate_series(1, 240) c,
	LATERAL (SELECT date '2024-01-01' + c % 90 + k * (5 + c % 23) AS day
		FROM generate_series(0, CASE c % 4 WHEN 0 THEN 0 WHEN 1 THEN 3 WHEN 2 THEN 9 ELSE 60 END) k) d
WHERE day <= date '2025-06-30'
GROUP BY c;

-- Fitted to what was known at the end of 2024, for the half year after it.
CREATE TEMP TABLE tested AS SELECT backtest(p, '2024-12-31', '2025-06-30') AS b FROM digest;

-- What happened is counted, and equals what the digests say.
SELECT customers, left_out, actual_purchases, actual_spend FROM tested, summary(b);
SELECT count(*) AS customers, sum(frequency(p, '2025-06-30') - frequency(p, '2024-12-31')) AS actual_purchases,
	sum(total_spend(p, '2025-06-30') - total_spend(p, '2024-12-31')) AS actual_spend FROM digest;

-- What the model expects equals the sum of what it expects of each customer.
SELECT abs(expected_purchases - purchases) < 1e-9 * purchases AS purchases, abs(expected_spend - spend) < 1e-9 * spend AS spend,
	abs(mae - error) < 1e-9 AS mae, abs(rmse - root) < 1e-9 AS rmse, abs(s.correlation - c.correlation) < 1e-9 AS correlation
FROM tested, summary(b) s, LATERAL (
	SELECT sum(e) AS purchases, sum(v) AS spend, avg(abs(e - a)) AS error, sqrt(avg((e - a) ^ 2)) AS root, corr(e, a) AS correlation
	FROM (SELECT expected_purchases(p, model(b), '2024-12-31', interval '181 days') AS e, ltv(p, model(b), '2024-12-31', interval '181 days') AS v,
		frequency(p, '2025-06-30') - frequency(p, '2024-12-31') AS a FROM digest) e) c;

-- The naive forecast is each one's own past rate, going on for the 181 days.
SELECT abs(naive_purchases - sum(naive)) < 1e-9 * sum(naive) AS purchases, abs(naive_spend - sum(naive * spend)) < 1e-9 * naive_spend AS spend
FROM tested, summary(b), (
	SELECT coalesce(frequency(p, '2024-12-31') / nullif(tenure(p, '2024-12-31'), 0)::float8, 0) * 181 AS naive,
		coalesce(monetary_value(p, '2024-12-31'), 0) AS spend FROM digest) n
GROUP BY naive_purchases, naive_spend;

-- By frequency: means per customer, of those who had bought so often.
SELECT frequency, f.customers, round(f.actual::numeric, 6) AS actual, round(f.naive::numeric, 6) AS naive, f.expected > 0 AS expects
FROM tested, by_frequency(b) f;

-- Tracking: weeks that end on the day of the cutoff, then the holdout; the last week is shorter where they do not fit.
SELECT count(*) AS weeks, min(period_end) AS first_end, max(period_end) FILTER (WHERE NOT holdout) AS cutoff, max(period_end) AS last_end,
	sum(actual) AS purchases, sum(actual) FILTER (WHERE holdout) AS of_holdout, max(cumulative_actual) AS cumulated,
	bool_and(expected >= 0) AS never_falls
FROM tested, tracking(b);
SELECT period, period_end, holdout, actual, cumulative_actual FROM tested, tracking(b) WHERE period <= 3 OR period_end >= '2025-06-24';

-- Expected in a week is what new customers do that long after their first purchase.
SELECT count(*) AS weeks, bool_and(abs(cumulative_expected - expected) <= 1e-9 * expected) AS equal
FROM (SELECT t.cumulative_expected, sum(expected_purchases(model(b), t.period_end - first_purchase(p))) FILTER (WHERE t.period_end > first_purchase(p)) AS expected
	FROM tested, digest, tracking(b) t GROUP BY t.period, t.cumulative_expected) s;

-- The model is a model like any other.
SELECT model_name(model(b)), as_of(model(b)), state(b), model(b) = (SELECT clv_fit(p, '2024-12-31') FROM digest) AS same_as_clv_fit FROM tested;

-- Other models, with the options of a fit.
SELECT m, state(b), (summary(b)).actual_purchases
FROM (SELECT m, backtest(p, '2024-12-31', '2025-06-30', m, '{"unit_days": 7, "spend": false}') AS b FROM digest, unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) m GROUP BY m) s ORDER BY m;

-- Without a model of spend there is what happened, and the naive forecast.
SELECT actual_spend, naive_spend > 0 AS naive, expected_spend, spend_mae, naive_spend_mae > 0 AS naive_mae
FROM (SELECT backtest(p, '2024-12-31', '2025-06-30', 'mbg_nbd', '{"spend": false}') AS b FROM digest) s, summary(b);

-- A discrete model: opportunities; dates within one are taken back to the end of the last that was over.
SELECT as_of(model(b)) AS cutoff, period, period_end, holdout, actual, cumulative_actual
FROM (SELECT backtest(p, '2024-10-20', '2025-04-02', 'bg_bb', '{"step": "1 month"}') AS b FROM digest) s, tracking(b) WHERE period > 6;
SELECT actual_purchases, abs(expected_purchases - expected) < 1e-9 * expected AS expected
FROM (SELECT backtest(p, '2024-10-20', '2025-04-02', 'bg_bb', '{"step": "1 month"}') AS b FROM digest) s, summary(b),
	LATERAL (SELECT sum(expected_purchases(p, model(b), '2024-09-30', '182 days')) AS expected FROM digest) e;

-- Who came after the cutoff is left out and counted, as is who never bought.
SELECT customers, left_out FROM (
	SELECT backtest(p, '2024-02-10', '2025-06-30') AS b FROM (SELECT p FROM digest UNION ALL SELECT slice(p, 'empty') FROM digest WHERE customer = 1) s) s, summary(b);

-- Both dates are inclusive.
SELECT actual_purchases, actual_spend, naive_purchases FROM (
	SELECT backtest(p, '2025-01-10', '2025-01-20') AS b
	FROM (VALUES ('{2024-12-31 5.00, 2025-01-10 6.00, 2025-01-11 7.00, 2025-01-20 8.00, 2025-01-21 9.00}'::purchase_digest)) s(p)) s, summary(b);

-- Spend is net of returns.
SELECT actual_purchases, actual_spend FROM (
	SELECT backtest(p, '2025-01-10', '2025-01-20') AS b
	FROM (VALUES ('{2025-01-01 5.00, 2025-01-12 7.25, 2025-01-13 -10.000 x0}'::purchase_digest)) s(p)) s, summary(b);

-- A model that could not be fitted says so; what happened, and the naive forecast, are there.
SELECT state(b), customers, actual_purchases, expected_purchases, naive_purchases, relative_error, mae, round(naive_mae::numeric, 6) AS naive_mae, actual_spend
FROM (SELECT backtest(p, '2024-01-31', '2024-02-29') AS b FROM (VALUES ('{2024-01-05 3, 2024-02-05 4}'::purchase_digest), ('{2024-01-15 3}')) s(p)) s, summary(b);
SELECT frequency, customers, actual, expected, naive
FROM (SELECT backtest(p, '2024-01-31', '2024-02-29') AS b FROM (VALUES ('{2024-01-05 3, 2024-02-05 4}'::purchase_digest), ('{2024-01-15 3}')) s(p)) s, by_frequency(b)
WHERE customers > 0;

-- Nobody at the cutoff; NULL is nobody at all.
SELECT state(b), s.* FROM (SELECT backtest(p, '2023-12-31', '2024-02-29') AS b FROM digest) t, summary(b) s;
SELECT backtest(NULL::purchase_digest, '2024-01-31', '2024-02-29') IS NULL AS null_only,
	(SELECT backtest(p, '2024-01-31', '2024-02-29') FROM digest WHERE false) IS NULL AS no_rows;

-- Text goes out and in, of a result and of a state in progress; so does equality.
SELECT b = b::text::clv_backtest AS same, b::text = b::text::clv_backtest::text AS same_text FROM tested;
SELECT clv_backtest_accum(clv_backtest_accum(NULL, '{2024-01-05 3.50, 2024-01-20 5, 2024-02-05 4.25}', '2024-01-31', '2024-02-13'), '{2024-01-15 3}', '2024-01-31', '2024-02-13');
SELECT s = s::text::clv_backtest AS same, clv_backtest_final(s) = clv_backtest_final(s::text::clv_backtest) AS same_result,
	clv_backtest_combine(s, s)::text
FROM (SELECT clv_backtest_accum(NULL, '{2024-01-05 3.50, 2024-01-20 5, 2024-02-05 4.25}', '2024-01-31', '2024-02-13', 'bg_nbd', '{"spend": false}') AS s) t;
SELECT count(DISTINCT b) FROM (SELECT b FROM tested UNION ALL SELECT backtest(p, '2024-12-31', '2025-06-30') FROM digest) s;

-- What cannot be asked.
SELECT backtest(p, '2024-12-31', '2024-12-31') FROM digest;
SELECT backtest(p, '2024-12-31', '2024-12-30') FROM digest;
SELECT backtest(p, NULL, '2024-12-31') FROM digest;
SELECT backtest(p, '2024-12-31', 'infinity') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , NULL) FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'nbd') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'sbg') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'gamma_gamma') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'bg_bb') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'bg_bb', '{"step": "1 year"}') FROM digest;
SELECT backtest(p, '2024-12-31', '2025-06-30' , 'bg_nbd', '{"units": 7}') FROM digest;
SELECT backtest(p, date '2024-12-01' + customer, '2025-06-30') FROM digest WHERE customer < 3;
SELECT backtest(p, '2024-12-31', date '2025-06-30' + customer) FROM digest WHERE customer < 3;
SELECT backtest(p, '2024-12-31', '2025-06-30', CASE customer WHEN 1 THEN 'bg_nbd' ELSE 'mbg_nbd' END) FROM digest WHERE customer < 3;
SELECT backtest('{0824-01-01 5}', '2024-12-31', '2025-06-30');
SELECT backtest(p, '2024-12-31', '4024-06-30') FROM digest;
SELECT clv_backtest_accum(b, '{2024-01-01 5}', '2024-12-31', '2025-06-30') FROM tested;
SELECT clv_backtest_combine(b, b) FROM tested;

-- Faulty text says what is wrong.
SELECT '[]'::clv_backtest;
SELECT '{"through": "2024-01-31"}'::clv_backtest;
SELECT '{"through": "2024-01-31", "decimals": 2, "sample": {"observed": "days", "as_of": "2023-12-31"}, "periods": [], "customers": []}'::clv_backtest;
SELECT '{"through": "2024-01-14", "decimals": 0, "sample": {"observed": "days", "as_of": "2023-12-31", "model": "bg_nbd", "histories": [], "spends": []}, "periods": [0, 1, 0], "customers": [[0, 0, 3, 0, 0, 0]]}'::clv_backtest;
SELECT replace(b::text, '"customers": [', '"customers": [1')::clv_backtest FROM tested;
SELECT replace(b::text, '"rmse"', '"rsme"')::clv_backtest FROM tested;

DROP TABLE digest, tested;
