-- Where a customer stands, in one word: the first that matches.
\set VERBOSITY default

-- A one-time buyer: new, at risk after half the lapse, lapsed after it.
SELECT to_char(d, 'YYYY-MM-DD') AS as_of, lifecycle_state('{2024-01-10 5}', d::date, '6 months')
FROM unnest('{2024-01-09,2024-01-10,2024-04-10,2024-04-11,2024-07-10,2024-07-11}'::date[]) d;

-- A weekly buyer: active; at risk once the silence scores 0.9; lapsed.
SELECT to_char(d, 'YYYY-MM-DD') AS as_of, round(churn_score(p, d::date)::numeric, 3) AS score, lifecycle_state(p, d::date, '90 days')
FROM (SELECT purchase_digest(date '2024-01-01' + 7 * g, 10.0) FROM generate_series(0, 10) g) t(p),
	unnest('{2024-03-11,2024-03-29,2024-03-30,2024-06-09,2024-06-10}'::date[]) d;

-- Back after longer than the lapse: reactivated until the next purchase.
SELECT to_char(d, 'YYYY-MM-DD') AS as_of, lifecycle_state(p, d::date, '90 days')
FROM (VALUES (purchase_digest '{2024-01-01 5, 2024-01-20 5, 2024-06-01 5, 2024-06-10 5}')) v(p), unnest('{2024-06-01,2024-06-09,2024-06-10}'::date[]) d;

-- A lapse of a month is a calendar month: last + lapse itself is still in time.
SELECT lifecycle_state('{2024-01-31 5}', '2024-02-29', '1 month') AS last_day, lifecycle_state('{2024-01-31 5}', '2024-03-01', '1 month') AS next_day;

-- Hours count: last + 36 hours is noon of the day after next.
SELECT lifecycle_state('{2024-01-01 5}', '2024-01-02', '36 hours'), lifecycle_state('{2024-01-01 5}', '2024-01-03', '36 hours');

-- No purchase yet, or only returns: NULL.
SELECT lifecycle_state('{2024-01-10 5}', '2024-01-09', '1 year'), lifecycle_state('{2024-01-10 -5 x0}', '2024-02-01', '1 year'), lifecycle_state('{}', '2024-02-01', '1 year'), lifecycle_state('{2024-01-10 5}', '2024-02-01', NULL);

-- Bad arguments.
SELECT lifecycle_state('{2024-01-10 5}', '2024-02-01', '0 days');
SELECT lifecycle_state('{2024-01-10 5}', '2024-02-01', '-1 month');
SELECT lifecycle_state('{2024-01-10 5}', 'infinity', '1 month');
