-- Amounts: what is read from numeric's digits and from doubles is what PostgreSQL prints.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0)::text;

CREATE FUNCTION through(amount numeric) RETURNS text LANGUAGE sql RETURN total_spend(purchase_digest(date '2024-01-01', amount))::text;
CREATE FUNCTION through(amount float8) RETURNS numeric LANGUAGE sql RETURN total_spend(purchase_digest(date '2024-01-01', amount));

-- every shape of digits: 0 to 18 of them, 0 to 6 decimals, trailing zeros before and after the point, both signs
CREATE TEMP TABLE shapes AS
SELECT CASE WHEN random() < 0.3 THEN -1 ELSE 1 END * round(random()::numeric * 10.0 ^ (random() * 12)::int, d) * CASE WHEN random() < 0.2 THEN ('1' || repeat('0', (random() * 2)::int))::numeric ELSE 1 END AS v
FROM (SELECT (random() * 6)::int AS d FROM generate_series(1, 50000)) g;
SELECT is_empty($$SELECT v FROM shapes WHERE scale(v) <= 6 AND through(v) <> v::text$$, '50,000 numerics of up to six decimals come out as numeric_out prints them');
SELECT is_empty($$SELECT v FROM (SELECT (v / 7)::numeric AS v FROM shapes WHERE abs(v) < 1e12) s WHERE through(v)::numeric <> round(v, 6)$$, 'longer ones are rounded as round() does');
SELECT is_empty($$SELECT v FROM (SELECT round(v, 1 + (random() * 8)::int) AS v FROM (SELECT v / 1000003 AS v FROM shapes) a) s WHERE through(v)::numeric <> round(v, 6)$$, 'whatever their scale');

-- short and long headers of numeric, packed and unpacked: as stored in a table, and as computed
CREATE TEMP TABLE stored (v numeric);
INSERT INTO stored SELECT v FROM shapes LIMIT 5000;
SELECT is((SELECT total_spend(purchase_digest(date '2024-01-01', v)) FROM stored WHERE abs(v) < 1e8), (SELECT sum(v) FROM stored WHERE abs(v) < 1e8), 'stored in a table');
SELECT is(through(('5' || repeat('0', 64))::numeric / ('1' || repeat('0', 60))::numeric)::numeric, 50000::numeric, 'with a scale beyond the short header');
SELECT is(through((1e-100)::numeric), '0.000000', 'far below the last decimal');
SELECT throws_ok($$SELECT through(1e100::numeric)$$, '22003', NULL, 'far above: an error');
SELECT throws_ok($$SELECT through(9223372036854.775808)$$, '22003', NULL, 'one above the largest with six decimals: an error');
SELECT is(through(9223372036854.775807), '9223372036854.775807', 'the largest with six decimals');
SELECT throws_ok($$SELECT through('NaN'::numeric)$$, '22023', 'amount must not be NaN', 'NaN');
SELECT throws_ok($$SELECT through('-Infinity'::numeric)$$, '22023', 'amount must be finite', '-Infinity');
SELECT throws_ok($$SELECT through('Infinity'::float8)$$, '22023', 'amount must be finite', 'Infinity in double precision');
SELECT throws_ok($$SELECT through(1e16::float8)$$, '22003', NULL, 'a double beyond 2^53');

-- doubles, by the shortest decimal that reads back: what float8out prints
CREATE TEMP TABLE doubles AS SELECT ((random() - 0.3) * 10 ^ (random() * 15)::int)::float8 AS v FROM generate_series(1, 50000);
SELECT is_empty($$SELECT v FROM doubles WHERE through(v) <> round(v::text::numeric, 6)$$, '50,000 doubles come out as float8out prints them, rounded to six decimals');
SELECT is_empty($$SELECT v FROM (SELECT round(v::numeric, (random() * 6)::int)::float8 AS v FROM doubles) d WHERE through(v) <> round(v::text::numeric, 6)$$, 'and those that are money');

SELECT * FROM finish();
ROLLBACK;
