-- expires_at: the vectors of the rules, and the end of a unit in every zone there is.
BEGIN;
SELECT no_plan();

SELECT function_returns('expires_at', ARRAY['timestamp with time zone', 'interval', 'text', 'text'], 'timestamp with time zone');
SELECT volatility_is('expires_at', ARRAY['timestamp with time zone', 'interval', 'text', 'text'], 'immutable');

SELECT is(expires_at(earned::timestamp AT TIME ZONE tz, validity::interval, snap, tz), expires::timestamptz, earned || ' ' || tz)
FROM (VALUES
	('2020-07-06', '12 months', 'month', 'America/Los_Angeles', '2021-08-01 07:00Z'),
	('2026-07-31', NULL, 'day', 'Europe/London', '2026-07-31 23:00Z'),
	('2026-01-31', NULL, 'day', 'Europe/London', '2026-02-01 00:00Z'),
	('2024-02-29', '1 year', 'none', 'UTC', '2025-02-28 00:00Z'),
	('2018-11-03', NULL, 'day', 'America/Sao_Paulo', '2018-11-04 03:00Z')) v(earned, validity, snap, tz, expires);

-- every zone, hours of every kind of day: those of clock changes among them
SELECT setseed(0.53);
CREATE TEMP TABLE tap_zone AS
SELECT name AS tz FROM pg_timezone_names WHERE name ~ '^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/';
CREATE TEMP TABLE tap_case AS
SELECT tz, snap, at, CASE WHEN random() < 0.3 THEN NULL ELSE make_interval(months => (random() * 14)::int, days => (random() * 40)::int, hours => (random() * 30)::int) END AS validity
FROM tap_zone, unnest('{day, week, month, quarter, year}'::text[]) snap,
	LATERAL (SELECT timestamptz '1900-01-01Z' + random() * interval '140 years' AS at FROM generate_series(1, 6) WHERE tz IS NOT NULL AND snap IS NOT NULL) s;
-- and the days on which clocks were changed
INSERT INTO tap_case
SELECT tz, 'day', day - interval '10 hours', NULL FROM tap_zone, generate_series(timestamptz '1985-01-01Z', '2025-01-01Z', interval '1 day') day
WHERE tz IN ('America/Sao_Paulo', 'America/Havana', 'America/St_Johns', 'Pacific/Apia', 'Asia/Gaza', 'Asia/Amman', 'Africa/Cairo', 'America/Scoresbysund', 'Asia/Tehran')
	AND (day AT TIME ZONE tz)::time <> ((day + interval '1 day') AT TIME ZONE tz)::time;
SELECT cmp_ok(count(*), '>', 1000::bigint, 'there is something to test') FROM tap_case;

CREATE TEMP TABLE tap_result AS
SELECT *, date_trunc(snap, local) + CASE snap WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || snap)::interval END AS unit_end, expires_at(at, validity, snap, tz) AS result
FROM (SELECT *, expires_at(at, coalesce(validity, '0'), 'none', tz) AT TIME ZONE tz AS local FROM tap_case) s
WHERE validity IS NULL OR extract(hour FROM validity) > 0;
SELECT is_empty($$SELECT * FROM tap_result WHERE ((result - interval '1 microsecond') AT TIME ZONE tz) >= unit_end$$,
	'until the end the clocks show the unit');
SELECT is_empty($$SELECT * FROM tap_result, generate_series(0, 36 * 4) q WHERE ((result + q * interval '15 minutes') AT TIME ZONE tz) < unit_end$$,
	'from then on never again');
SELECT isnt_empty($$SELECT * FROM tap_result WHERE result <> unit_end AT TIME ZONE tz$$, 'AT TIME ZONE alone does not say so');

SELECT is_empty($$SELECT * FROM (SELECT *, at AT TIME ZONE tz AS local FROM tap_case WHERE validity IS NOT NULL) s
	WHERE expires_at(at, validity, 'none', tz) <> (local + make_interval(months => extract(year FROM validity)::int * 12 + extract(month FROM validity)::int,
		days => extract(day FROM validity)::int)) AT TIME ZONE tz + make_interval(hours => extract(hour FROM validity)::int)
	AND (extract(epoch FROM date_trunc('day', validity)) > 0)$$,
	'months and days by the local calendar, then hours by the clock');

-- the session has no say
CREATE TEMP TABLE tap_session AS SELECT tz, snap, at, validity, expires_at(at, validity, snap, tz) AS result FROM tap_case;
SET LOCAL timezone = 'Pacific/Auckland';
SET LOCAL timezone_abbreviations = 'India';
SET LOCAL intervalstyle = 'iso_8601';
SELECT is_empty('SELECT * FROM tap_session WHERE result <> expires_at(at, validity, snap, tz)', 'no setting of the session changes an answer');

CREATE TEMP TABLE tap_generated (earned timestamptz, until_at timestamptz GENERATED ALWAYS AS (expires_at(earned, '1 year', 'month', 'Europe/Athens')) STORED);
INSERT INTO tap_generated VALUES ('2026-03-05 10:00Z');
SELECT is(until_at, '2027-03-31 21:00Z', 'a generated column can hold it') FROM tap_generated;

SELECT throws_ok($$SELECT expires_at('infinity', '1 year', 'day', 'UTC')$$, '22008', 'earned must be a finite timestamp');
SELECT throws_ok($$SELECT expires_at('2026-01-01', '-1 second', 'day', 'UTC')$$, '22023', 'validity must not be negative');
SELECT throws_ok($$SELECT expires_at('2026-01-01', '1 day', 'hour', 'UTC')$$, '22023', 'unknown snap "hour"');
SELECT throws_ok($$SELECT expires_at('2026-01-01', '1 day', 'day', 'Nowhere/Land')$$, '22023', 'time zone "Nowhere/Land" not recognized');
SELECT throws_ok($$SELECT expires_at('294276-12-31 12:00Z', '1 day', 'none', 'UTC')$$, '22008', NULL, 'the calendar has an end');
SELECT throws_ok($$SELECT expires_at('294276-12-31 12:00Z', NULL, 'day', 'America/Los_Angeles')$$, '22008', NULL, 'for units too');
SELECT throws_ok($$SELECT expires_at('2026-01-01', '178000000 years', 'none', 'UTC')$$, '22008', NULL, 'however far');
SELECT CASE WHEN current_setting('server_version_num')::int < 170000 THEN pass('infinite intervals came later')
	ELSE throws_ok($$SELECT expires_at('2026-01-01', 'infinity', 'day', 'UTC')$$, '22023', 'validity must be finite') END;

SELECT * FROM finish();
ROLLBACK;
