-- clv_forecast: what a group of customers will bring, and how sure that is.
-- Each test is a sentence and the query that shows it.

-- Three customers, a model somebody published with its covariance, a forecast of half a year.
CREATE TEMP TABLE customer (id int, p purchase_digest);
INSERT INTO customer
SELECT id, purchase_digest(day, amount) FROM (VALUES
	(1, date '2025-01-10', 20.00), (1, '2025-03-01', 30.00), (1, '2025-05-20', 25.00),
	(2, '2025-02-01', 60.00),
	(3, '2025-04-15', 10.00), (3, '2025-06-10', 12.00)) o(id, day, amount) GROUP BY id ORDER BY id;
CREATE TEMP TABLE model AS SELECT clv_model('pareto_nbd', '{
	"r": 0.55, "alpha": 74, "s": 0.6, "beta": 82, "covariance": [
		[0.0025, 0.3, 0, 0], [0.3, 60, 0, 0], [0, 0, 0.035, 6], [0, 0, 6, 1400]],
	"spend": {"p": 6, "q": 4, "gamma": 15, "covariance": [[0.16, 0, 0], [0, 0.04, 0], [0, 0, 1.8]]}}') AS m;
CREATE TEMP TABLE forecast AS SELECT clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer, model;
SELECT round(total(f)::numeric, 4) AS total, customer_count(f), left_out(f), unanswered_count(f), unbounded_count(f) FROM forecast;

-- The total is the sum of what ltv says of each.
SELECT abs(total(f) - (SELECT sum(ltv(p, m, '2025-06-30', '6 months')) FROM customer, model)) < 1e-9 AS same FROM forecast;
SELECT abs(total(clv_forecast(p, m, '2025-06-30', '6 months', 0.1)) - sum(ltv(p, m, '2025-06-30', '6 months', 0.1))) < 1e-9 AS discounted FROM customer, model;

-- It is uncertain for two reasons, whose variances add.
SELECT round(std_error(f)::numeric, 4) AS std_error, round(customer_std_error(f)::numeric, 4) AS customers,
	round(parameter_std_error(f)::numeric, 4) AS parameters,
	abs(std_error(f) ^ 2 - customer_std_error(f) ^ 2 - parameter_std_error(f) ^ 2) < 1e-8 AS add
FROM forecast;

-- What customers do evens out in a large group; the error of the parameters does not: all share it.
SELECT n AS copies, round((customer_std_error(f) / total(f))::numeric, 5) AS customers, round((parameter_std_error(f) / total(f))::numeric, 5) AS parameters
FROM (SELECT n, clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer, model, unnest('{1,100}'::int[]) n, generate_series(1, n) GROUP BY n) s ORDER BY n;

-- An interval lies around the total, the wider the surer.
SELECT level, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper
FROM forecast, unnest('{0.5,0.8,0.95,0.99}'::float8[]) level, forecast_interval(f, level);

-- Those who first buy after as_of are left out, and counted; NULL is no customer.
SELECT customer_count(f), left_out(f) FROM (
	SELECT clv_forecast(p, m, '2025-03-31', '1 year') AS f FROM (SELECT p FROM customer UNION ALL SELECT NULL) s, model) s;
SELECT customer_count(f), left_out(f), total(f), std_error(f), forecast_interval(f, 0.9) FROM (
	SELECT clv_forecast(p, m, '2024-12-31', '1 year') AS f FROM customer, model) s;
SELECT clv_forecast(NULL, m, '2025-06-30', '1 year') IS NULL AS nobody FROM model;
SELECT clv_forecast(p, m, '2025-06-30', '1 year') IS NULL AS no_rows FROM customer, model WHERE false;

-- No time, no money, and no doubt.
SELECT total(f), std_error(f), forecast_interval(f, 0.95) FROM (SELECT clv_forecast(p, m, '2025-06-30', '0') AS f FROM customer, model) s;

-- rollup and merge put groups together; NULL is nobody.
SELECT rollup(part) = (SELECT f FROM forecast) AS same FROM (SELECT clv_forecast(p, m, '2025-06-30', '6 months') AS part FROM customer, model GROUP BY id) s;
SELECT customer_count(merge(f, f)), abs(total(merge(f, f)) - 2 * total(f)) < 1e-9 AS twice, merge(f, NULL) = f AS alone, merge(NULL, f) = f AS alone2,
	merge(NULL::clv_forecast, NULL) IS NULL AS nothing FROM forecast;

-- A model without spend counts purchases.
SELECT round(total(f)::numeric, 6) AS purchases, round(std_error(f)::numeric, 6) AS std_error,
	abs(total(f) - (SELECT sum(expected_purchases(p, m, '2025-06-30', '6 months')) FROM customer)) < 1e-12 AS same
FROM (SELECT m, clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer, (SELECT clv_model('pareto_nbd', '{
	"r": 0.55, "alpha": 74, "s": 0.6, "beta": 82, "covariance": [[0.0025, 0.3, 0, 0], [0.3, 60, 0, 0], [0, 0, 0.035, 6], [0, 0, 6, 1400]]}') AS m) s GROUP BY m) s;

-- Opportunities of a discrete model: the step says how long one is.
SELECT round(total(f)::numeric, 6) AS donations, abs(total(f) - (SELECT sum(expected_purchases(p, m, '2025-06-30', '6 months')) FROM customer)) < 1e-12 AS same
FROM (SELECT m, clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer,
	(SELECT clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.8, "step": "1 month"}') AS m) s GROUP BY m) s;

-- Parameters without a covariance: a total, but nobody knows how sure it is.
CREATE TEMP TABLE published AS SELECT clv_model('pareto_nbd', '{"r": 0.55, "alpha": 74, "s": 0.6, "beta": 82, "spend": {"p": 6, "q": 4, "gamma": 15}}') AS m;
SELECT round(total(f)::numeric, 4) AS total, std_error(f), parameter_std_error(f), round(customer_std_error(f)::numeric, 4) AS customers, i.*
FROM (SELECT clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer, published) s, forecast_interval(f, 0.95) i;

-- A spend whose variance is infinite (q up to 2, for the one who bought once): a total without a standard error.
SELECT round(total(f)::numeric, 4) AS total, unbounded_count(f), std_error(f), customer_std_error(f), parameter_std_error(f) > 0 AS parameters, i.*
FROM (SELECT clv_forecast(p, clv_model('pareto_nbd', jsonb_set(m::text::jsonb - 'model', '{spend,q}', '1.8')), '2025-06-30', '6 months') AS f FROM customer, model) s,
	forecast_interval(f, 0.95) i;

-- Without a mean (q up to 1) there is no answer for that one, and so none for the group.
SELECT total(f), customer_count(f), unanswered_count(f), std_error(f), customer_std_error(f), parameter_std_error(f), i.*
FROM (SELECT clv_forecast(p, clv_model('pareto_nbd', jsonb_set(m::text::jsonb - 'model', '{spend,q}', '0.9')), '2025-06-30', '6 months') AS f FROM customer, model) s,
	forecast_interval(f, 0.95) i;

-- Nor where the model could not be fitted.
SET client_min_messages = error;
SELECT total(f), customer_count(f), unanswered_count(f), left_out(f), std_error(f)
FROM (SELECT clv_forecast(p, m, '2025-06-30', '6 months') AS f FROM customer, (SELECT clv_fit(p, '2025-06-30') AS m FROM customer WHERE id = 2) s) s;
RESET client_min_messages;

-- The value is a JSON object, sums as numbers that add up to them, and reads back as it is.
SELECT f FROM (SELECT clv_forecast(p, clv_model('bg_bb', '{"alpha": 1, "beta": 1, "gamma": 1, "delta": 1, "step": "1 year"}'), '2025-12-31', '1 year') AS f FROM customer WHERE id = 2) s;
SELECT f::text::clv_forecast = f AS same FROM forecast;

-- Equality is of everything; it has the usual operators, and hashes.
SELECT f = f AS equal, f <> merge(f, f) AS not_equal, (f < merge(f, f)) <> (f > merge(f, f)) AS one_of_both FROM forecast;
SELECT count(DISTINCT f) FROM (SELECT f FROM forecast UNION ALL SELECT f FROM forecast UNION ALL SELECT merge(f, f) FROM forecast) s;

-- Faulty text says why.
SELECT '17'::clv_forecast;
SELECT '{}'::clv_forecast;
SELECT '{"model": {"model": "pareto_nbd", "r": 1, "alpha": 1, "s": 1, "beta": -1, "state": "given"}}'::clv_forecast;
SELECT replace(f::text, '"customers": 3', '"customers": 3, "unanswered": 4')::clv_forecast FROM forecast;
SELECT replace(f::text, '"until": "2025-12-30"', '"until": "2025-06-29"')::clv_forecast FROM forecast;
SELECT replace(f::text, '"discount": 0', '"discount": -1')::clv_forecast FROM forecast;
SELECT replace(f::text, '"total": [', '"total": [-1e9, ')::clv_forecast FROM forecast;
SELECT replace(f::text, '"total": [', '"total": [1e300, ')::clv_forecast FROM forecast;
SELECT replace(f::text, '"gradient": [', '"gradient": [[1], ')::clv_forecast FROM forecast;
SELECT replace(f::text, '"customers": 3', '"customers": 3, "mood": "good"')::clv_forecast FROM forecast;
SELECT replace(f::text, '"as_of": "2025-06-30", "until"', '"as_of": "30.6.2025", "until"')::clv_forecast FROM forecast;

-- The same question for all rows of a group, and for all that is put together.
SELECT clv_forecast(p, m, '2025-06-30', interval '1 month' * id) FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '1 month', 0.1 * id) FROM customer, model;
SELECT clv_forecast(p, m, date '2025-06-30' + id, '1 month') FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '1 month') FROM customer, (SELECT m FROM model UNION ALL SELECT m FROM published) s;
SELECT merge(f, (SELECT clv_forecast(p, m, '2025-06-30', '7 months') FROM customer, model)) FROM forecast;

-- Arguments that cannot be.
SELECT clv_forecast(p, NULL, '2025-06-30', '1 month') FROM customer;
SELECT clv_forecast(p, m, NULL, '1 month') FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', NULL) FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '1 month', NULL) FROM customer, model;
SELECT clv_forecast(p, m, 'infinity', '1 month') FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '-1 month') FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '1 month', -1) FROM customer, model;
SELECT clv_forecast(p, m, '2025-06-30', '1 month', 'NaN') FROM customer, model;
SELECT clv_forecast(p, clv_model('gamma_gamma', '{"p": 6, "q": 4, "gamma": 15}'), '2025-06-30', '1 month') FROM customer;
SELECT clv_forecast(p, clv_model('pareto_nbd', '{"r": 0.55, "alpha": 74, "s": 0.6, "beta": 82, "spend": {"p": 1e20, "q": 4, "gamma": 1e20}}'), '2025-06-30', '1 month') FROM customer;
SELECT forecast_interval(f, 0) FROM forecast;
SELECT forecast_interval(f, 1) FROM forecast;
SELECT forecast_interval(f, 'NaN') FROM forecast;

-- A running forecast, as a window function.
SELECT id, customer_count(f), round(total(f)::numeric, 4) AS total FROM (
	SELECT id, clv_forecast(p, m, '2025-06-30', '6 months') OVER (ORDER BY id) AS f FROM customer, model) s ORDER BY id;

-- The transition function, called by hand, changes nothing in place.
SELECT customer_count(clv_forecast_accum(f, p, m, '2025-06-30', '6 months')), customer_count(f) FROM forecast, model, customer WHERE id = 1;

DROP TABLE customer, model, forecast, published;
