-- expires_at: when points expire.
-- Each test is a sentence and the query that shows it.
SET datestyle = ISO;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';

-- A year, then to the end of the month, where the shop is.
SELECT expires_at('2020-07-06 12:00-07', '12 months', 'month', 'America/Los_Angeles');

-- Without a validity, the end of the day, in summer and in winter.
SELECT expires_at('2026-07-31 12:00+01', NULL, 'day', 'Europe/London'), expires_at('2026-01-31 12:00+00', NULL, 'day', 'Europe/London');

-- A year after a leap day.
SELECT expires_at('2024-02-29 00:00+00', '1 year', 'none', 'UTC');

-- A night without a midnight: the day ends when the clocks go forward.
SELECT expires_at('2018-11-03 12:00-03', NULL, 'day', 'America/Sao_Paulo');

-- The day that is left at 23:30 for 00:30 ends then, and a day that is skipped is over at once.
SELECT expires_at('1919-03-30 12:00-05', NULL, 'day', 'America/Toronto'), expires_at('2011-12-29 12:00-10', NULL, 'day', 'Pacific/Apia');

-- Midnight comes twice. The clocks go back from 01:00 to 00:00: the day before is over at the first one.
SELECT expires_at('2025-11-01 12:00-04', NULL, 'day', 'America/Havana');

-- They go back from 00:00 to 23:00, and from 00:01 to 23:01: the day before has an hour more.
SELECT expires_at('2018-02-17 12:00-02', NULL, 'day', 'America/Sao_Paulo'), expires_at('2010-11-06 12:00-02:30', NULL, 'day', 'America/St_Johns');

-- Every unit; weeks begin on Monday.
SELECT snap, expires_at('2026-11-18 15:30:45.123456+02', '10 days', snap, 'Europe/Athens') AT TIME ZONE 'Europe/Athens' AS local
FROM unnest('{none, day, week, month, quarter, year}'::text[]) snap;

-- What begins a unit does not end the one before: it is always the next.
SELECT expires_at('2026-01-01 00:00+00', NULL, snap, 'UTC') FROM unnest('{day, month, quarter, year}'::text[]) snap;

-- The end of January plus a month is the end of February.
SELECT expires_at('2026-01-31 10:00+00', '1 month', 'none', 'UTC'), expires_at('2026-01-31 10:00+00', '1 month', 'month', 'UTC');

-- Days are days of the calendar, hours are hours of the clock: the night of 2026-03-29 has 23 of them in Athens.
SELECT expires_at('2026-03-28 12:00+02', '1 day', 'none', 'Europe/Athens') AS a_day, expires_at('2026-03-28 12:00+02', '24 hours', 'none', 'Europe/Athens') AS hours_24;

-- Hours alone never look at the calendar: 01:30 comes twice in New York, and each one keeps its own.
SELECT expires_at('2025-11-02 01:30-04', '0', 'none', 'America/New_York'), expires_at('2025-11-02 01:30-04', '1 hour', 'none', 'America/New_York');

-- The session's time zone has no say, nor have its abbreviations.
SET timezone = 'Asia/Tokyo';
SELECT expires_at('2026-07-31 12:00+01', NULL, 'day', 'Europe/London') = '2026-07-31 23:00+00' AS same;
SET timezone = 'UTC';
SELECT expires_at('2026-07-31 12:00+01', NULL, 'day', 'BST');

-- Neither a validity nor a unit: nothing sets an end.
SELECT expires_at('2026-01-31', NULL, 'none', 'UTC') IS NULL AS never;

-- Another NULL is unknown.
SELECT expires_at(NULL, '1 year', 'day', 'UTC') IS NULL AND expires_at('2026-01-31', '1 year', NULL, 'UTC') IS NULL
	AND expires_at('2026-01-31', '1 year', 'day', NULL) IS NULL AS unknown;

-- Long ago, far ahead.
SELECT expires_at('0044-03-15 12:00+00 BC', '100 years', 'year', 'Europe/Rome') AT TIME ZONE 'Europe/Rome' AS local;
SELECT expires_at('2026-01-31', '10000 years', 'month', 'America/Sao_Paulo') AT TIME ZONE 'America/Sao_Paulo' AS local;

-- Arguments outside their range say so.
SELECT expires_at('infinity', '1 year', 'day', 'UTC');
SELECT expires_at('-infinity', '1 year', 'day', 'UTC');
SELECT expires_at('2026-01-31', '-1 day', 'day', 'UTC');
SELECT expires_at('2026-01-31', '1 year', 'decade', 'UTC');
SELECT expires_at('2026-01-31', '1 year', 'day', 'Middle/Earth');
SELECT expires_at('2026-01-31', '1 year', 'day', '');
SELECT expires_at('294276-12-31 12:00+00', '12 hours', 'none', 'UTC');
