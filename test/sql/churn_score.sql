-- The customer's own rhythm, and scores of a silence against it.
\set VERBOSITY default
SET datestyle = 'ISO';

-- Golden: a purchase every week, ten gaps over 70 days; silent for 7 days, for 21.
CREATE TEMP TABLE weekly AS SELECT purchase_digest(date '2024-01-01' + 7 * g, 10.0) AS p FROM generate_series(0, 10) g;
SELECT frequency(p), recency(p), round(churn_score(p, last_purchase(p) + 7)::numeric, 4) AS after_7, round(churn_score(p, last_purchase(p) + 21)::numeric, 4) AS after_21 FROM weekly;

-- n = 3, S = 90, t = 30.
SELECT round(churn_score(p, last_purchase(p) + 30)::numeric, 4) FROM (SELECT purchase_digest(d, 1.0) FROM unnest('{2024-01-01,2024-01-02,2024-03-01,2024-03-31}'::date[]) d) t(p);

-- A one-time buyer: unknown is not alive; with a prior of one gap of 30 days, 60 days of silence score 0.6667.
SELECT churn_score(p, '2024-03-01') AS without, round(churn_score(p, '2024-03-01', 30, 1)::numeric, 4) AS with_prior, round(churn_score(p, '2024-03-01', prior_gap => 30)::numeric, 4) AS default_weight
FROM (SELECT purchase_digest(date '2024-01-01', 1.0)) t(p);

-- On the day of the last purchase nothing speaks for leaving.
SELECT churn_score(p, last_purchase(p)), churn_probability(p, last_purchase(p), 7) > 0 AS yet_the_prior_does FROM weekly;

-- Asked as of an earlier day, the days after it are not known yet.
SELECT churn_score(p, '2024-02-04') = churn_score(slice(p, daterange(NULL, '2024-02-04', '[]')), '2024-02-04') AS same, churn_score(p, '2023-12-31') AS before_the_first FROM weekly;

-- churn_probability: o/(o + (S/(S+t))^n), o = a/(b+x).
SELECT round(churn_probability(p, last_purchase(p) + 21, 7)::numeric, 10) =
	round((1.0/12 / (1.0/12 + (77.0/98)^11))::numeric, 10) AS defaults,
	round(churn_probability(p, last_purchase(p) + 21, 10, 2, 0.5, 3)::numeric, 10) =
	round((0.5/13 / (0.5/13 + (90.0/111)^12))::numeric, 10) AS all_given FROM weekly;
SELECT round(churn_probability(p, '2024-03-01', 30)::numeric, 4) AS one_time_buyer FROM (SELECT purchase_digest(date '2024-01-01', 1.0)) t(p);

-- A millennium of silence is certainty, not an overflow.
SELECT churn_score(p, '3024-01-01') AS score, churn_probability(p, '5024-01-01', 7, 1000) AS probability FROM weekly;

-- The gaps.
SELECT round(average_gap(p)::numeric, 4) AS average_gap, gap_quantile(p, 0.5) AS median, gap_quantile(p, 0.75) AS upper, next_purchase(p) FROM (SELECT purchase_digest(d, 1.0) FROM unnest('{2024-01-01,2024-01-11,2024-02-10,2024-02-14}'::date[]) d) t(p);
SELECT average_gap(p, '2024-01-11'), gap_quantile(p, 0.5, '2024-01-11') AS median, next_purchase(p, '2024-01-11') FROM (SELECT purchase_digest(d, 1.0) FROM unnest('{2024-01-01,2024-01-11,2024-02-10}'::date[]) d) t(p);

-- next_purchase rounds half a day up: gaps of 1 and 2 days.
SELECT next_purchase(p) FROM (SELECT purchase_digest(d, 1.0) FROM unnest('{2024-01-01,2024-01-02,2024-01-04}'::date[]) d) t(p);

-- A single purchase has no gap.
SELECT average_gap(p), gap_quantile(p, 0.5), next_purchase(p), has_dried_up(p, '2025-01-01') FROM (SELECT purchase_digest(date '2024-01-01', 1.0)) t(p);

-- Lone returns make no gap.
SELECT average_gap(p), gap_quantile(p, 1) FROM (VALUES (purchase_digest '{2024-01-01 5, 2024-01-04 -5 x0, 2024-01-11 5}')) v(p);

-- has_dried_up: above the threshold, which may be given.
SELECT has_dried_up(p, last_purchase(p) + 21) AS at_095, has_dried_up(p, last_purchase(p) + 21, 0.9) AS at_090, has_dried_up(p, last_purchase(p) + 60) AS later FROM weekly;

-- Bad arguments.
SELECT churn_score(p, 'infinity') FROM weekly;
SELECT churn_score(p, '2024-06-01', 0) FROM weekly;
SELECT churn_score(p, '2024-06-01', 30, -1) FROM weekly;
SELECT churn_score(p, '2024-06-01', 'NaN'::float8) FROM weekly;
SELECT churn_probability(p, '2024-06-01', 30, 1, 0) FROM weekly;
SELECT churn_probability(p, '2024-06-01', 30, 1, 1, 'Infinity') FROM weekly;
SELECT has_dried_up(p, '2024-06-01', 1.5) FROM weekly;
SELECT gap_quantile(p, -0.1) FROM weekly;
SELECT gap_quantile(p, 'NaN') FROM weekly;

-- NULL in, NULL out.
SELECT churn_score(p, NULL), churn_score(p, '2024-06-01', NULL::float8), churn_probability(p, '2024-06-01', 30, NULL), has_dried_up(p, '2024-06-01', NULL), gap_quantile(p, NULL) FROM weekly;
