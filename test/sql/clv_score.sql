-- What a model says of a customer: of a digest, of raw numbers, of a new customer, of a contract.
CREATE FUNCTION r(v float8) RETURNS numeric LANGUAGE sql AS $$SELECT round(v::numeric, 6)$$;
CREATE TABLE model AS SELECT name, clv_model(name, parameters::jsonb) AS m FROM (VALUES
	('bg_nbd', '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "unit_days": 7, "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44}}'),
	('mbg_nbd', '{"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614, "unit_days": 7, "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44}}'),
	('pareto_nbd', '{"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669, "unit_days": 7, "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44}}'),
	('bg_bb', '{"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783, "step": "1 month", "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44}}')) v(name, parameters);
CREATE TABLE customer AS SELECT name, purchase_digest(day, amount) AS p FROM (VALUES
	('regular', date '1997-01-01', 20.00), ('regular', '1997-03-01', 30), ('regular', '1997-05-10', 25.50), ('regular', '1997-08-02', 40),
	('once', '1997-01-01', 20), ('gone', '1997-01-01', 15), ('gone', '1997-01-13', 11.77), ('later', '1997-12-24', 99),
	('refunded', '1997-01-01', 15), ('refunded', '1997-02-13', 10), ('refunded', '1997-02-13', -12)) v(name, day, amount) GROUP BY name;

-- Of a digest, as known at the end of a day: NULL for who came later.
SELECT c.name, m.name AS model, r(p_alive(p, m, '1997-09-30')) AS p_alive, r(churn_score(p, m, '1997-09-30')) AS churn_score, r(p_alive(p, m, '1997-09-30', '1 year')) AS in_a_year,
	r(expected_purchases(p, m, '1997-09-30', '39 weeks')) AS purchases, r(purchases_pmf(p, m, '1997-09-30', '39 weeks', 0)) AS none, r(purchases_pmf(p, m, '1997-09-30', '39 weeks', 2)) AS two
FROM customer c, model m ORDER BY c.name, m.name;
SELECT c.name, m.name AS model, round(expected_order_value(p, m)::numeric, 4) AS order_value, round(ltv(p, m, '1997-09-30', '1 year')::numeric, 4) AS ltv, round(ltv(p, m, '1997-09-30', '1 year', 0.15)::numeric, 4) AS discounted,
	round(residual_ltv(p, m, '1997-09-30', 0.15)::numeric, 4) AS for_ever, round(value_at_risk(p, m, '1997-09-30', '1 year')::numeric, 4) AS at_risk, round(value_at_risk(p, m, '1997-09-30', '1 year', 0.15)::numeric, 4) AS at_risk_discounted
FROM customer c, model m ORDER BY c.name, m.name;
-- Who bought daily for years and then not for twenty surely left: all that would have come is lost, not nothing.
SELECT m.name AS model, p_alive(p, m, '2020-01-01') < 1e-300 AS surely_left, round(value_at_risk(p, m, '2020-01-01', '1 year')::numeric, 4) AS at_risk
FROM model m, (SELECT purchase_digest(date '2000-01-01' + g, 10) AS p FROM generate_series(0, 900) g) d WHERE m.name <> 'bg_bb' ORDER BY m.name;

-- A mean below zero counts as 0; who bought once is worth what the population is worth.
SELECT name, round(expected_order_value(p, m, '1997-09-30')::numeric, 4) AS value, monetary_value(p, '1997-09-30') FROM customer, (SELECT m FROM model WHERE name = 'mbg_nbd') q ORDER BY name;
SELECT round(expected_order_value(0, NULL, m)::numeric, 4) AS once, round(expected_order_value(0, 1e9, m)::numeric, 4) AS ignored, expected_order_value(3, NULL, m) AS unknown,
	round(expected_order_value(3, -5, m)::numeric, 4) AS negative, round(expected_order_value(3, 0, m)::numeric, 4) AS zero FROM model WHERE name = 'mbg_nbd';
-- Without a mean of the population (q <= 1) those who bought once have no value, others do.
SELECT expected_order_value(0, NULL, m) AS once, round(expected_order_value(3, 20, m)::numeric, 4) AS thrice, spend_state(m) FROM clv_model('gamma_gamma', '{"p": 2, "q": 0.9, "gamma": 10}') m;
-- Without a model of spend there is no money.
SELECT ltv(p, m, '1997-09-30', '1 year') AS ltv, expected_order_value(p, m) AS value, r(p_alive(p, m, '1997-09-30')) AS p_alive
FROM customer, clv_model('mbg_nbd', '{"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}') m WHERE name = 'regular';

-- Of raw numbers, in the model's own unit.
SELECT name, r(p_alive(2, 30, 38, m)) AS p_alive, r(expected_purchases(2, 30, 38, m, 39)) AS purchases, r(purchases_pmf(2, 30, 38, m, 39, 1)) AS one, r(dert(2, 30, 38, m, 52, 0.0027)) AS year,
	r(dert(2, 30, 38, m, 'infinity', 0.0027)) AS for_ever, r(dert(2, 30, 38, m, 52, -0.0027)) AS appreciated, r(log_likelihood(2, 30, 38, m)) AS log_likelihood FROM model ORDER BY name;

-- Of a new customer: the curve of purchases, and how many buy how often.
SELECT name, r(expected_purchases(m, 0)) AS at_0, r(expected_purchases(m, 13)) AS at_13, r(expected_purchases(m, 26)) AS at_26, r(expected_purchases(m, 52)) AS at_52, r(purchases_pmf(m, 52, 0)) AS none, r(purchases_pmf(m, 52, 3)) AS three FROM model ORDER BY name;

-- Of contracts.
SELECT n AS period, r(retention_rate(m, n)) AS retention, r(survival(m, n)) AS survival, r(residual_tenure(m, n, ln(1.1::float8))) AS residual_tenure
FROM clv_model('sbg', '{"alpha": 0.668, "beta": 3.806}') m, generate_series(1, 8) n;
SELECT r(survival(m, 0)) AS all, r(residual_tenure(m, 0, ln(1.1::float8))) AS new, p_alive(5, 5, 5, m) AS still, p_alive(4, 4, 5, m) AS left, r(expected_purchases(5, 5, 5, m, 3)) AS renewals,
	r(purchases_pmf(5, 5, 5, m, 3, 3)) AS all_three, r(purchases_pmf(5, 5, 5, m, 3, 4)) AS four, expected_purchases(4, 4, 5, m, 3) AS none, r(dert(5, 5, 5, m, 'infinity', 0.1)) AS for_ever
FROM clv_model('sbg', '{"alpha": 0.668, "beta": 3.806}') m;

-- Opportunities of a discrete model are steps of the calendar: one under way is still to come.
SELECT day, r(p_alive(p, m, day)) AS p_alive, r(expected_purchases(p, m, day, '3 months')) AS purchases
FROM customer c, model m, unnest('{1997-09-29, 1997-09-30, 1997-10-01}'::date[]) day WHERE c.name = 'regular' AND m.name = 'bg_bb' ORDER BY day;

-- Edges: no horizon, no purchases.
SELECT name, expected_purchases(2, 30, 38, m, 0) AS none, purchases_pmf(2, 30, 38, m, 0, 0) AS surely_none, purchases_pmf(2, 30, 38, m, 0, 1) AS never, dert(2, 30, 38, m, 0, 0.1) AS nothing FROM model ORDER BY name;
SELECT p_alive(p, NULL, '1997-09-30') IS NULL AND p_alive(NULL, m, '1997-09-30') IS NULL AND ltv(p, m, '1997-09-30', NULL) IS NULL AS nulls FROM customer c, model m WHERE c.name = 'once' AND m.name = 'bg_nbd';

-- What is refused.
\set bg 'clv_model(''bg_nbd'', ''{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}'')'
\set bb 'clv_model(''bg_bb'', ''{"alpha": 1, "beta": 1, "gamma": 1, "delta": 1}'')'
\set sbg 'clv_model(''sbg'', ''{"alpha": 0.668, "beta": 3.806}'')'
\set gg 'clv_model(''gamma_gamma'', ''{"p": 2, "q": 3, "gamma": 10}'')'
SELECT p_alive(2, 0, 10, :bg);
SELECT p_alive(0, 1, 10, :bg);
SELECT p_alive(2, 11, 10, :bg);
SELECT p_alive(-1, 1, 10, :bg);
SELECT p_alive(1.5, 1, 10, :bg);
SELECT p_alive('NaN', 1, 10, :bg);
SELECT p_alive(1, 1, 'infinity', :bg);
SELECT expected_purchases(2, 1, 10, :bg, -1);
SELECT expected_purchases(2, 1, 10, :bg, 'NaN');
SELECT purchases_pmf(2, 1, 10, :bg, 5, -1);
SELECT purchases_pmf(2, 1, 10, :bg, 'infinity', 1);
-- What would take a walk through every opportunity ends before one that nobody could wait for.
SELECT purchases_pmf(1, 1, 5, clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78}'), 1e18, 0);
SELECT dert(1, 1, 5, clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78}'), 1e18, -0.04);
SELECT dert(1, 1, 5, clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78}'), 1e5, -0.04);
SELECT dert(2, 1, 10, :bg, 'infinity', 0);
SELECT dert(2, 1, 10, :bg, 'infinity', -0.1);
SELECT dert(2, 1, 10, :bg, 5, 'NaN');
SELECT dert(2, 1, 10, :bg, 1e6, -10);
SELECT r(dert(2, 1, 10, clv_model('pareto_nbd', '{"r": 1, "alpha": 5, "s": 2, "beta": 9}'), 'infinity', 0)) AS exists;
SELECT p_alive(2, 1.5, 10, :bb);
SELECT p_alive(3, 2, 10, :bb);
SELECT expected_purchases(2, 3, 10, :bb, 1.5);
SELECT p_alive(2, 2, 5, :sbg);
SELECT p_alive(2, 1, 5, :gg);
SELECT expected_purchases(:gg, 5);
SELECT retention_rate(:bg, 1);
SELECT retention_rate(:sbg, 0);
SELECT survival(:sbg, -1);
SELECT residual_tenure(:sbg, 1, 0);
SELECT residual_tenure(:sbg, 1, -0.1);
SELECT p_alive(p, :bb, '1997-09-30') FROM customer;
SELECT p_alive(p, :bg, 'infinity') FROM customer;
SELECT ltv(p, m.m, '1997-09-30', '-1 day') FROM customer, model m;
SELECT ltv(p, m.m, '1997-09-30', '1 year', -1) FROM customer, model m;
SELECT ltv(p, m.m, '1997-09-30', '1 year', 'NaN') FROM customer, model m;
SELECT residual_ltv(p, m.m, '1997-09-30', 0) FROM customer c, model m WHERE m.name = 'bg_nbd' AND c.name = 'once';
SELECT residual_ltv(p, m.m, '1997-09-30', -0.5) FROM customer c, model m WHERE m.name = 'bg_nbd' AND c.name = 'once';
-- likewise of a model that knows no spend, for which the value of what exists is NULL
SELECT residual_ltv(p, clv_model('bg_nbd', '{"r":0.25,"alpha":4,"a":0.8,"b":2.4}'), '1997-09-30', 0) FROM customer c WHERE c.name = 'once';
SELECT residual_ltv(p, clv_model('bg_nbd', '{"r":0.25,"alpha":4,"a":0.8,"b":2.4}'), '1997-09-30', 0.1) IS NULL AS not_known FROM customer c WHERE c.name = 'once';
SELECT ltv(p, m.m, '1997-09-30', '10000000 years') FROM customer c, model m WHERE m.name = 'bg_nbd' AND c.name = 'once';
SELECT expected_order_value(-1, 5, :gg);
SELECT expected_order_value(1, 'NaN', :gg);
DROP TABLE model, customer;
DROP FUNCTION r;
