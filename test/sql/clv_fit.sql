-- clv_fit, fit_clv, fit_sbg: fitting a customer lifetime model.
-- Figures are rounded to what every machine agrees on.

-- 400 customers who buy and leave at rates of their own; their chances come from md5, so they are the same everywhere.
CREATE FUNCTION chance(c int, k int) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$SELECT (('x' || substr(md5(c || '/' || k), 1, 8))::bit(32)::bigint + 0.5) / 4294967296$$;
CREATE TABLE digests AS
SELECT c, purchase_digest(date '2024-01-01' + c % 60 + ceil(coalesce(since, 0))::int, round(25 * (0.5 + chance(c, -3)) * (0.8 + 0.4 * chance(c, 2000 + k)))::int::numeric) AS p
FROM (SELECT c, k, sum(-ln(chance(c, k)) * 30 / -ln(chance(c, -1))) FILTER (WHERE k > 0) OVER (PARTITION BY c ORDER BY k) AS since,
		min(CASE WHEN k > 0 THEN chance(c, 1000 + k - 1) ELSE 1 END) OVER (PARTITION BY c ORDER BY k) AS least
	FROM generate_series(1, 400) c, generate_series(0, 60) k) g
WHERE (k = 0 OR least > 1 - sqrt(sqrt(chance(c, -2)))) AND (since IS NULL OR since < 300) GROUP BY c;
CREATE FUNCTION shown(m clv_model) RETURNS TABLE (name text, estimate numeric, std_error numeric, lower numeric, upper numeric) LANGUAGE sql AS
$$SELECT name, CASE WHEN estimate < 1e5 THEN round(estimate::numeric, 4) END, round(std_error::numeric, 4), round(lower::numeric, 3), round(upper::numeric, 3) FROM parameters(m)$$;

-- Every model, in one step; the default is mbg_nbd with its spend. At a limit the numbers have no meaning of their own.
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31') FROM digests));
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"spend": false}') FROM digests));
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31', 'pareto_nbd', '{"unit_days": 7}') FROM digests));
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31', 'bg_bb', '{"step": "1 month", "spend": false}') FROM digests));
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31', 'gamma_gamma') FROM digests));
SELECT * FROM shown((SELECT fit_sbg(least(t, 7), t < 8, n) FROM unnest('{400,180,90,50,30,25,20,205}'::float8[]) WITH ORDINALITY v(n, o), LATERAL (SELECT o::int) p(t)));

-- In two steps, with several models from one sample; the better one has the smaller criterion.
SELECT model, state(m), round(log_likelihood(m)::numeric, 3) AS log_likelihood, round(aic(m)::numeric, 3) AS aic
FROM (SELECT clv_sample(p, '2024-12-31') AS s FROM digests) q, unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) model, fit_clv(s, model) m ORDER BY aic;
SELECT fit_clv(s) = fit_clv(s, 'mbg_nbd') AND fit_clv(s) = fit_clv(s, 'mbg_nbd', NULL) AND fit_clv(s) = fit_clv(s, 'mbg_nbd', '{}') AS defaults FROM (SELECT clv_sample(p, '2024-12-31') AS s FROM digests) q;
SELECT fit_clv(NULL) IS NULL AS of_nothing;

-- As of a day: who came later is left out, and counted.
SELECT customer_count(m), left_out(m), as_of(m) FROM (SELECT clv_fit(p, '2024-02-10') AS m FROM digests) q;

-- What cannot be fitted says why, warns, and answers NULL; the query goes on.
SELECT state(m), converged(m), log_likelihood(m), spend_state(m), p_alive(p, m, '2024-12-31'), ltv(p, m, '2024-12-31', '1 year')
FROM (SELECT clv_fit(p, '2024-12-31') AS m FROM digests WHERE frequency(p) = 0) q, digests WHERE c = 1;
SELECT state(m), customer_count(m) FROM (SELECT clv_fit(p, '2024-12-31') AS m FROM digests WHERE c = 1) q;
SELECT state(m), left_out(m) FROM (SELECT clv_fit(p, '2023-12-31') AS m FROM digests) q;
SELECT * FROM parameters((SELECT clv_fit(p, '2023-12-31') FROM digests));
SELECT clv_fit(p, '2024-12-31') FROM digests WHERE false;
SELECT m::text::clv_model = m AS same FROM (SELECT clv_fit(p, '2023-12-31') AS m FROM digests) q;

-- A limit has a name and answers, without standard errors.
SELECT state(clv_fit(3, 100, 300, 25, 500, 'mbg_nbd', '{"spend": false}'));
SELECT count(*) FILTER (WHERE estimate > 0), count(std_error), count(lower), count(upper) FROM parameters((SELECT clv_fit(3, 100, 300, 25, 500, 'mbg_nbd', '{"spend": false}')));
SELECT state(m), round(p_alive(2, 80, 100, m)::numeric, 6) AS p_alive FROM (SELECT clv_fit(x, 100, 100, NULL, NULL, 'pareto_nbd', '{"spend": false}') AS m FROM unnest('{1,2,3,4,9}'::float8[]) x) q;
SELECT state(fit_sbg(3, false, 10));
SELECT state(fit_sbg(1, true, 10));

-- One model a group; a group that has none does not disturb the others.
SELECT c % 4 AS "group", state(clv_fit(p, '2024-12-31', 'mbg_nbd', '{"spend": false}')) FROM digests WHERE c % 4 > 0 OR frequency(p) = 0 GROUP BY 1 ORDER BY 1;

-- A fit may start elsewhere, and hold parameters.
SELECT round(log_likelihood(a)::numeric - log_likelihood(b)::numeric, 8) AS difference
FROM (SELECT clv_fit(p, '2024-12-31', 'mbg_nbd', '{"start": {"r": 30, "alpha": 1, "a": 9, "b": 0.1}}') AS a, clv_fit(p, '2024-12-31') AS b FROM digests) q;
SELECT * FROM shown((SELECT clv_fit(p, '2024-12-31', 'mbg_nbd', '{"fixed": {"r": 1, "a": 0.5}, "spend": false}') FROM digests));

-- A window goes on with the state.
SELECT c, customer_count(clv_fit(p, '2024-12-31', 'bg_nbd', '{"spend": false}') OVER (ORDER BY c)) FROM digests WHERE c < 5;

-- What is refused.
SELECT clv_fit(p, '2024-12-31', 'fortune') FROM digests;
SELECT clv_fit(p, '2024-12-31', NULL) FROM digests;
SELECT clv_fit(p, NULL, 'bg_nbd') FROM digests;
SELECT clv_fit(p, '2024-12-31', CASE c WHEN 1 THEN 'bg_nbd' ELSE 'mbg_nbd' END ORDER BY c) FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"unit": 7}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"unit_days": -7}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"spend": "yes"}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"step": "1 year"}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"fixed": {"s": 1}}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '{"start": {"r": 1}}') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_nbd', '7') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'bg_bb') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'sbg') FROM digests;
SELECT clv_fit(p, '2024-12-31', 'gamma_gamma', '{"spend": false}') FROM digests;
SELECT fit_clv(s, 'bg_nbd') FROM (SELECT clv_sample(p, '2024-12-31', '1 month') AS s FROM digests) q;
SELECT fit_clv(s, 'bg_bb', '{"step": "1 year"}') FROM (SELECT clv_sample(p, '2024-12-31', '1 month') AS s FROM digests) q;
SELECT clv_fit(2, NULL, 10, NULL, NULL, 'bg_nbd');
SELECT clv_fit(2, 11, 10, NULL, NULL, 'bg_nbd');
SELECT clv_fit(2, 1, 10, NULL, -1, 'bg_nbd');
SELECT clv_fit(3, 2.5, 10, NULL, NULL, 'bg_bb', '{"spend": false}');
SELECT clv_fit(3, 2, 10, NULL, NULL, 'bg_bb', '{"spend": false}');
SELECT fit_sbg(0, true);
SELECT fit_sbg(1, NULL);
SELECT fit_sbg(1, true, 0);
DROP TABLE digests;
DROP FUNCTION shown, chance;
