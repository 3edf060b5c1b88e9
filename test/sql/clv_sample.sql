-- clv_sample: what a fit needs to know of many customers.
-- Numbers of tests are few and whole, so that their text does not depend on last digits.
CREATE TABLE shop (customer text, day date, amount numeric);
INSERT INTO shop VALUES
	('ann', '2024-01-01', 10), ('ann', '2024-01-11', 20), ('ann', '2024-02-10', 30),
	('bob', '2024-01-01', 15),
	('cid', '2024-01-01', 99),
	('dan', '2024-01-05', 10), ('dan', '2024-01-06', -3), ('dan', '2024-01-08', 20),
	('eve', '2024-06-01', 10);
CREATE VIEW digests AS SELECT customer, purchase_digest(day, amount) AS p FROM shop GROUP BY customer;

-- Histories are x, t_x, tenure and how many customers; spends are x, mean, how many. Who came later is left out, and counted.
SELECT clv_sample(p, '2024-03-01') FROM digests;
SELECT customer_count(s), history_count(s), left_out(s) FROM (SELECT clv_sample(p, '2024-03-01') AS s FROM digests) q;

-- In opportunities: steps of the calendar that were over by as_of.
SELECT clv_sample(p, '2024-03-31', '1 month') FROM digests;
SELECT clv_sample(p, '2024-03-30', '1 month') FROM digests;
SELECT clv_sample(p, '2024-03-31', '7 days') FROM digests;
SELECT clv_sample(p, '2024-03-31', '1 year') FROM digests;

-- From an existing table: equal rows with whole weights join, others stay, in one order.
SELECT clv_sample(x, t_x, n, m, w) FROM (VALUES (2, 3.5, 10, 7.25, 2), (0, 0, 10, NULL, NULL), (2, 3.5, 10, 7.25, 1), (0, NULL, 10, 5, 0.5), (0, 0, 10, NULL, 0.25), (1, 2, 4, -3, 1)) v(x, t_x, n, m, w);
SELECT clv_sample(x, t_x, n, m, w ORDER BY w DESC) FROM (VALUES (2, 3.5, 10, 7.25, 2), (0, 0, 10, NULL, NULL), (2, 3.5, 10, 7.25, 1), (0, NULL, 10, 5, 0.5), (0, 0, 10, NULL, 0.25), (1, 2, 4, -3, 1)) v(x, t_x, n, m, w);

-- No rows and NULL rows.
SELECT clv_sample(p, '2024-03-01') FROM digests WHERE false;
SELECT clv_sample(NULL::purchase_digest, '2024-03-01');
SELECT clv_sample(x, NULL, NULL, NULL, NULL) FROM (VALUES (NULL::float8)) v(x);
SELECT clv_sample(p, '2023-01-01') FROM digests;

-- Pieces add up.
SELECT merge(a, b) = ab AS merged, merge(NULL, a) = a AS with_null, merge(NULL::clv_sample, NULL) IS NULL AS of_nothing
FROM (SELECT clv_sample(p, '2024-03-01') FILTER (WHERE customer < 'c') AS a, clv_sample(p, '2024-03-01') FILTER (WHERE customer > 'c') AS b,
	clv_sample(p, '2024-03-01') AS ab FROM digests) q;
SELECT rollup(s) = (SELECT clv_sample(p, '2024-03-01') FROM digests) AS rolled FROM (SELECT clv_sample(p, '2024-03-01') AS s FROM digests GROUP BY customer) q;

-- Text and binary come back as they were.
SELECT s::text::clv_sample = s AS same FROM (SELECT clv_sample(p, '2024-03-01') AS s FROM digests UNION ALL SELECT clv_sample(p, '2024-03-31', '3 months') FROM digests
	UNION ALL SELECT clv_sample(1, 0.1::float8, 1e17, 1e-300, 0.3)) q;
CREATE TABLE kept (s clv_sample);
INSERT INTO kept SELECT clv_sample(p, '2024-03-01') FROM digests;
SELECT count(DISTINCT s) FROM (SELECT s FROM kept UNION ALL SELECT merge(s, NULL) FROM kept) q;

-- A state of a fit without spend is the same value after it was sent as text.
SELECT bool_and(state = state::text::clv_sample) AS same FROM digests, clv_fit_accum(NULL, p, '2024-03-01', 'mbg_nbd', '{"spend": false}') AS state;

-- What is refused.
SELECT clv_sample(p, CASE customer WHEN 'ann' THEN date '2024-03-01' ELSE '2024-03-02' END ORDER BY customer) FROM digests;
SELECT clv_sample(p, NULL) FROM digests;
SELECT clv_sample(p, 'infinity') FROM digests;
SELECT clv_sample(p, '2024-03-01', '1 month 1 day') FROM digests;
SELECT clv_sample(p, '2024-03-01', '-1 days') FROM digests;
SELECT clv_sample(p, '2024-03-01', '12 hours') FROM digests;
SELECT clv_sample(2, NULL, 10, NULL, NULL);
SELECT clv_sample(NULL, 1, 10, NULL, NULL);
SELECT clv_sample(2, 0, 10, NULL, NULL);
SELECT clv_sample(0, 1, 10, NULL, NULL);
SELECT clv_sample(2, 11, 10, NULL, NULL);
SELECT clv_sample(-1, 0, 10, NULL, NULL);
SELECT clv_sample(1.5, 1, 10, NULL, NULL);
SELECT clv_sample(2, 1, 'NaN', NULL, NULL);
SELECT clv_sample(2, 1, 'infinity', NULL, NULL);
SELECT clv_sample(2, 1, 10, 'infinity', NULL);
SELECT clv_sample(2, 1, 10, NULL, 0);
SELECT clv_sample(2, 1, 10, NULL, 'infinity');
-- No history stands for more customers than one that is written down could.
SELECT clv_sample(2, 1, 10, NULL, 1e15) FROM generate_series(1, 2);
SELECT merge(a, b) FROM (SELECT clv_sample(p, '2024-03-01') AS a, clv_sample(p, '2024-03-01', '1 month') AS b FROM digests) q;
SELECT '[]'::clv_sample;
SELECT '{"observed": "days"}'::clv_sample;
SELECT '{"observed": "numbers", "histories": [[1, 2, 1, 1]], "spends": []}'::clv_sample;
SELECT '{"observed": "numbers", "histories": [[1, 1, 1]], "spends": []}'::clv_sample;
SELECT '{"observed": "numbers", "histories": [], "spends": [[0, 5, 1]]}'::clv_sample;
SELECT '{"observed": "numbers", "histories": [], "spends": [], "weather": "fine"}'::clv_sample;
SELECT '{"observed": "steps", "step": "1 day", "as_of": "2024-01-01", "histories": [], "spends": []}'::clv_sample;
SELECT '{"observed": "numbers", "model": "fortune", "histories": [], "spends": []}'::clv_sample;
DROP VIEW digests;
DROP TABLE shop, kept;
