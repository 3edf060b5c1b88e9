/*
 * demo.sql: a report on a shop's customers, for psql.
 *
 * It needs a table orders(customer_id, ordered_at, amount) and the extension,
 * and makes the tables digests, customers and model from it.  What is worth
 * copying are those three statements and the queries; the rest is layout.
 */

\pset pager off
\pset footer off
\pset null unknown
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS loyalty;

-- The last day in the data is the day on which the report stands.
SELECT max(ordered_at)::date AS as_of FROM orders \gset

-- One row for each customer: all that follows is read off the digest.
CREATE TABLE digests AS
SELECT customer_id, purchase_digest(ordered_at, amount) AS p
FROM orders
GROUP BY customer_id;

-- What is known of each customer on that day.
CREATE TABLE customers AS
SELECT customer_id, p,
	total_spend(p) AS value,
	total_spend(slice(p, daterange((date :'as_of' - interval '1 year')::date, :'as_of', '(]'))) AS value_12_months,
	order_count(p) AS orders,
	last_purchase(p) AS last_purchase,
	days_since_last(p, :'as_of') AS silent_days,
	average_gap(p) AS average_gap,
	next_purchase(p) AS due,
	churn_score(p, :'as_of') AS churn_score,
	lifecycle_state(p, :'as_of', '6 months') AS state,
	pareto_segment(total_spend(p)) OVER () AS class,
	rfm_segment(
		quantile_score(5) OVER (ORDER BY days_since_last(p, :'as_of') DESC NULLS FIRST),
		quantile_score(5) OVER (ORDER BY order_count(p) NULLS FIRST),
		quantile_score(5) OVER (ORDER BY total_spend(p) NULLS FIRST)) AS segment
FROM digests;


\echo
\echo 'THE SHOP'
\echo
\pset format unaligned
\pset tuples_only on

SELECT format('Customers: %s. Orders: %s, from %s to %s.',
		to_char(count(DISTINCT customer_id), 'FM999,999,999,990'),
		to_char(count(*) FILTER (WHERE amount >= 0), 'FM999,999,999,990'),
		to_char(min(ordered_at), 'FMDD FMMonth YYYY'), to_char(max(ordered_at), 'FMDD FMMonth YYYY'))
	|| E'\n' || format('Revenue: %s, after returns (%s) of %s.',
		to_char(sum(amount), 'FM999,999,999,990.00'),
		to_char(count(*) FILTER (WHERE amount < 0), 'FM999,999,999,990'),
		to_char(- coalesce(sum(amount) FILTER (WHERE amount < 0), 0), 'FM999,999,999,990.00'))
	|| E'\n' || format('An average order is %s.', to_char(avg(amount) FILTER (WHERE amount >= 0), 'FM999,999,999,990.00'))
FROM orders;

SELECT format('Bought on one day only: %s (%s %%).',
		to_char(count(*) FILTER (WHERE average_gap IS NULL), 'FM999,999,999,990'),
		round(100.0 * count(*) FILTER (WHERE average_gap IS NULL) / count(*)))
	|| coalesce(E'\n' || format('Half of the others come back every %s days or sooner.',
		round(percentile_cont(0.5) WITHIN GROUP (ORDER BY average_gap)::numeric)), '')
FROM customers;

SELECT format('The report stands at the end of %s, the last day in the data.', to_char(date :'as_of', 'FMDD FMMonth YYYY'))
	|| CASE WHEN :'as_of' > current_date THEN E'\nThat day is in the future: is there a mistyped date?' ELSE '' END;


\echo
\echo 'WHO CARRIES THE REVENUE'
\echo

SELECT CASE WHEN gini(c) IS NULL THEN 'No customer has brought revenue yet.' ELSE
	format('The best 20 %% of the customers bring %s %% of the revenue.', round(100 * top_share(c, 0.2)::numeric))
	|| E'\n' || format('80 %% of the revenue comes from %s customers (%s %% of all).',
		to_char(members_for(c, 0.8), 'FM999,999,999,990'), round(100.0 * members_for(c, 0.8) / n))
	|| E'\n' || format('Gini coefficient %s: %s.', round(gini(c)::numeric, 2),
		CASE WHEN gini(c) < 0.3 THEN 'customers are worth much the same'
			 WHEN gini(c) < 0.6 THEN 'some customers are worth clearly more than others'
			 WHEN gini(c) < 0.8 THEN 'few customers carry the shop, look after them'
			 ELSE 'the shop hangs on very few customers' END) END
FROM (SELECT value_concentration(value) AS c, count(*) AS n FROM customers) AS everybody;

\pset format aligned
\pset tuples_only off
\echo

SELECT class,
	to_char(count(*), '999,999,990') AS customers,
	to_char(sum(value), '999,999,999,990.00') AS revenue,
	to_char(100 * sum(value) / nullif(sum(sum(value)) OVER (), 0), '990.0') AS "share, %",
	CASE class WHEN 'A' THEN 'carry the first 80 %' WHEN 'B' THEN 'the next 15 %' ELSE 'the last 5 %' END AS "who they are"
FROM customers
GROUP BY class
ORDER BY class;


\echo 'THE TEN MOST VALUABLE CUSTOMERS'
\echo
\echo 'Churn score: the chance that a customer of this rhythm would have bought again by now.'
\echo 'Near 1 means that the silence is unusual for this customer.'
\echo

SELECT left(customer_id::text, 20) AS customer,
	to_char(value, '999,999,990.00') AS value,
	orders,
	last_purchase AS "last purchase",
	to_char(churn_score, '0.00') AS churn,
	class,
	segment
FROM customers
ORDER BY value DESC, customer_id
LIMIT 10;


\echo 'WHAT THEY WILL BRING'
\echo
\echo 'A model of how customers buy, leave and spend (mbg_nbd), fitted to all of them.'
\echo

-- What a fit cannot find is said in its state; the warning would say it twice.
SET client_min_messages = error;

CREATE TABLE model AS
SELECT clv_fit(p, :'as_of') AS m
FROM digests;

\pset format unaligned
\pset tuples_only on

SELECT CASE WHEN total(f) IS NULL THEN format(E'No forecast.\nThe model of purchases: %s.\nThe model of spend: %s.', replace(state(m), ': ', E':\n  '), replace(spend_state(m), ': ', E':\n  ')) ELSE
	format('Expected revenue of the next 12 months: %s.', to_char(total(f), 'FM999,999,999,990'))
	-- of those who bought once the model may not know how much their spend varies
	|| CASE WHEN std_error(r) IS NULL THEN E'\nHow sure that is, the data do not tell.' ELSE
		E'\n' || format(E'From those who bought on several days: %s; between %s and %s\n(in 95 of 100 such years, if they go on as the model believes).', to_char(total(r), 'FM999,999,999,990'),
			to_char((forecast_interval(r, 0.95)).lower, 'FM999,999,999,990'), to_char((forecast_interval(r, 0.95)).upper, 'FM999,999,999,990')) END
	|| E'\n' || format('Customers still there: about %s of %s.', to_char(alive, 'FM999,999,999,990'), to_char(customers, 'FM999,999,999,990')) END
FROM model, LATERAL (SELECT clv_forecast(p, m, :'as_of', '1 year') AS f, clv_forecast(p, m, :'as_of', '1 year') FILTER (WHERE frequency(p) > 0) AS r,
	sum(p_alive(p, m, :'as_of')) AS alive, count(*) AS customers FROM digests) AS everybody;

-- The same, asked a year ago: fitted to what was known then, held against what came.
SELECT CASE WHEN expected_spend IS NULL OR spend_relative_error IS NULL THEN 'How well this would have done last year cannot be told: too little was known then.' ELSE
	format(E'A year ago it would have foretold %s from the customers of that day;\nthey brought %s (the forecast was off by %s %%).',
		to_char(expected_spend, 'FM999,999,999,990'), to_char(actual_spend, 'FM999,999,999,990'), to_char(100 * spend_relative_error, 'FMSG990'))
	|| E'\n' || format('The past rate of each one, carried on, would have said %s (off by %s %%).', to_char(naive_spend, 'FM999,999,999,990'), to_char(100 * naive_spend_relative_error, 'FMSG999990')) END
FROM (SELECT backtest(p, (date :'as_of' - interval '1 year')::date, :'as_of') AS b FROM digests) AS last_year, summary(b);

\pset format aligned
\pset tuples_only off
\echo
\echo 'The ten from whom most is to come: the chance that they are still there, what they will'
\echo 'bring within a year, and the range within which that lies in 19 cases of 20.'
\echo

SELECT left(customer_id::text, 20) AS customer,
	to_char(p_alive(p, m, :'as_of'), '0.00') AS "P(alive)",
	to_char(total(f), '999,999,990.00') AS "next 12 months",
	coalesce(to_char(lower, 'FM999,999,990') || ' to ' || to_char(upper, 'FM999,999,990'), 'unknown') AS "95 % range",
	last_purchase AS "last purchase"
FROM (SELECT customer_id, p, m, c.last_purchase, clv_forecast(p, m, :'as_of', '1 year') AS f
	FROM model, LATERAL (SELECT * FROM customers ORDER BY ltv(p, m, :'as_of', '1 year') DESC NULLS LAST, customer_id LIMIT 10) AS c
	GROUP BY customer_id, p, m, c.last_purchase) AS best,
	forecast_interval(f, 0.95)
ORDER BY total(f) DESC NULLS LAST, customer_id;

SET client_min_messages = warning;


\echo 'CALL THESE CUSTOMERS THIS WEEK'
\echo
\echo 'Valuable (class A or B), overdue by their own rhythm, and not lost yet.'
\echo 'The most to lose comes first: spent in the last 12 months x churn score.'
\echo

CREATE VIEW call_list AS
SELECT *, value_12_months * churn_score AS at_stake
FROM customers
WHERE class IN ('A', 'B')
	AND frequency(p) >= 3			-- fewer make no rhythm
	AND due < :'as_of'
	AND churn_score BETWEEN 0.8 AND 0.99
	AND state <> 'lapsed';

SELECT left(customer_id::text, 20) AS customer,
	to_char(value_12_months, '999,999,990.00') AS "last 12 months",
	to_char(churn_score, '0.00') AS churn,
	format('buys every %s days, silent for %s; was due %s', round(average_gap::numeric), silent_days, due) AS why
FROM call_list
ORDER BY at_stake DESC, customer_id
LIMIT 15;

\pset format unaligned
\pset tuples_only on

SELECT CASE count(*) WHEN 0 THEN 'Nobody: no valuable customer is overdue in this way.'
	ELSE format('On the whole list: %s. They spent %s in the last 12 months.',
		to_char(count(*), 'FM999,999,990'), to_char(sum(value_12_months), 'FM999,999,999,990.00')) END
FROM call_list;

SELECT format('Still buying, but for less: %s. Their average order fell three months running.', to_char(count(*), 'FM999,999,990'))
FROM customers
WHERE is_falling(p, :'as_of') AND churn_score < 0.8
HAVING count(*) > 0;

\pset format aligned
\pset tuples_only off


\echo
\echo 'WHERE THE CUSTOMERS STAND'
\echo

SELECT stage.state,
	to_char(count(customers), '999,999,990') AS customers,
	to_char(coalesce(sum(value_12_months), 0), '999,999,999,990.00') AS "last 12 months",
	stage.meaning
FROM (VALUES
	(1, 'new', 'one purchase so far, not long ago'),
	(2, 'active', 'buy in their rhythm'),
	(3, 'reactivated', 'came back after more than 6 months'),
	(4, 'at_risk', 'silent for longer than usual'),
	(5, 'lapsed', 'no purchase for more than 6 months')) AS stage (nr, state, meaning)
LEFT JOIN customers USING (state)
GROUP BY stage.nr, stage.state, stage.meaning
ORDER BY stage.nr;


\echo 'A COFFEE CARD'
\echo
\echo 'Every tenth coffee is free; stamps are good for a year. No job expires them: time does.'
\echo

SELECT to_char(at AT TIME ZONE 'UTC', 'FMDD Mon YYYY') AS day, what,
	available(points_ledger(kind, key, at, points, ref, NULL, until_at) OVER (ORDER BY at), at) AS stamps
FROM (VALUES
	(timestamptz '2026-01-10 09:00Z', 'nine coffees for the office', 'earn', 'receipt 1', 9, NULL, timestamptz '2027-01-10Z'),
	('2026-02-03 09:00Z', 'three more', 'earn', 'receipt 2', 3, NULL, '2027-02-03Z'),
	('2026-02-03 09:05Z', 'a free one for nine stamps', 'redeem', 'receipt 3', 9, NULL, NULL),
	('2026-02-03 09:06Z', 'the till sends that again: it counts once', 'redeem', 'receipt 3', 9, NULL, NULL),
	('2026-02-03 09:20Z', 'it was cold: refunded', 'refund', 'complaint 1', 9, 'receipt 3', NULL),
	('2027-01-09 23:59Z', 'a year later, a minute before midnight', NULL, NULL, NULL, NULL, NULL),
	('2027-01-10 00:00Z', 'and at midnight: nine have expired', NULL, NULL, NULL, NULL, NULL)
) AS card (at, what, kind, key, points, ref, until_at)
ORDER BY at;


\echo 'WHERE TO GO NEXT'
\echo
\echo 'All of this comes from one aggregate and what is read off it. On your own table:'
\echo
\echo '    SELECT customer_id, total_spend(p), churn_score(p, current_date - 1), next_purchase(p)'
\echo '    FROM (SELECT customer_id, purchase_digest(ordered_at, amount) AS p'
\echo '          FROM orders GROUP BY customer_id) AS customers;'
\echo
\echo 'README.md        installing loyalty in your own database'
\echo 'doc/recipes.md   the monthly review, categories that stopped, a nightly update'
\echo 'doc/loyalty.md   which question, which function'
\echo 'test/demo.sql    this report, to copy from'
