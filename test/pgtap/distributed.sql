-- Every aggregate is computed in pieces elsewhere: their states in progress travel as text or binary, as a distributed
-- database sends them, and the result has the bits of a single query.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SELECT setseed(0.5);
SET LOCAL extra_float_digits = 1;
SET LOCAL client_min_messages = error;

CREATE TEMP TABLE tap_order AS
SELECT n, customer, n % 7 AS piece, date '2024-01-01' + customer + (random() * 30 * (1 + customer % 19))::int AS day, (random() * 100 - 5)::numeric(12, 2) AS amount
FROM generate_series(1, 3000) n, LATERAL (SELECT (150 * random() ^ 2)::int + n * 0 AS customer) c;
CREATE TEMP TABLE tap_digest AS
SELECT customer, customer % 7 AS piece, CASE WHEN customer % 9 > 0 THEN purchase_digest(day, amount) END AS p FROM tap_order WHERE n < 900 GROUP BY customer;
-- numbers beside the digests, and parts to roll up
CREATE TEMP TABLE tap_part AS
SELECT customer, piece, p, frequency(p, '2025-06-30') AS x, recency(p, '2025-06-30') / 7.0 AS t_x, tenure(p, '2025-06-30') / 7.0 AS t, 10 + customer / 3.0 AS spend,
	1 + random() AS weight, (ARRAY[1, 1, 1, 1, 2, 2, 3, 5, 8])[1 + customer % 9] AS periods, customer % 9 < 8 AS ended, model, c, s, f
FROM tap_digest JOIN (SELECT customer, model, value_concentration(total_spend(p)) AS c, clv_sample(p, '2025-06-30') AS s, clv_forecast(p, model, '2025-06-30', '1 year') AS f
	FROM tap_digest, (SELECT clv_fit(p, '2025-06-30') AS model FROM tap_digest) m GROUP BY customer, model) d USING (customer);

CREATE TEMP TABLE tap_call (aggregate regprocedure, source text, arguments text);
INSERT INTO tap_call VALUES
	('purchase_digest(date, numeric)', 'tap_order', 'day, amount'),
	('purchase_digest(date, float8)', 'tap_order', 'day, amount::float8'),
	('purchase_digest(timestamp, numeric)', 'tap_order', 'day + time ''12:00'', amount'),
	('purchase_digest(timestamp, float8)', 'tap_order', 'day + time ''12:00'', amount::float8'),
	('purchase_digest(timestamptz, numeric, text)', 'tap_order', '(day + time ''23:00'') AT TIME ZONE ''UTC'', amount, ''Asia/Tokyo'''),
	('purchase_digest(timestamptz, float8, text)', 'tap_order', '(day + time ''23:00'') AT TIME ZONE ''UTC'', amount::float8, ''Asia/Tokyo'''),
	('rollup(purchase_digest)', 'tap_part', 'p'),
	('value_concentration(numeric)', 'tap_order', 'amount'),
	('value_concentration(float8)', 'tap_order', 'amount::float8 / 3'),
	('rollup(value_concentration)', 'tap_part', 'c'),
	('clv_sample(purchase_digest, date)', 'tap_part', 'p, ''2025-06-30'''),
	('clv_sample(purchase_digest, date, interval)', 'tap_part', 'p, ''2025-06-30'', ''1 month'''),
	('clv_sample(float8, float8, float8, float8, float8)', 'tap_part', 'x, t_x, t, spend, weight'),
	('rollup(clv_sample)', 'tap_part', 's'),
	('clv_fit(purchase_digest, date)', 'tap_part', 'p, ''2025-06-30'''),
	('clv_fit(purchase_digest, date, text)', 'tap_part', 'p, ''2025-06-30'', ''bg_nbd'''),
	('clv_fit(purchase_digest, date, text, jsonb)', 'tap_part', 'p, ''2025-06-30'', ''bg_bb'', ''{"step": "1 month", "spend": false}'''),
	('clv_fit(purchase_digest, date, text, jsonb)', 'tap_part', 'p, ''2025-06-30'', ''mbg_nbd'', NULL'),
	('clv_fit(float8, float8, float8, float8, float8, text)', 'tap_part', 'x, t_x, t, spend, weight, ''mbg_nbd'''),
	('clv_fit(float8, float8, float8, float8, float8, text, jsonb)', 'tap_part', 'x, t_x, t, NULL, weight, ''bg_nbd'', ''{"unit_days": 7, "spend": false}'''),
	('fit_sbg(integer, boolean)', 'tap_part', 'periods, ended'),
	('fit_sbg(integer, boolean, float8)', 'tap_part', 'periods, ended, weight'),
	('clv_forecast(purchase_digest, clv_model, date, interval)', 'tap_part', 'p, model, ''2025-06-30'', ''1 year'''),
	('clv_forecast(purchase_digest, clv_model, date, interval, float8)', 'tap_part', 'p, model, ''2025-06-30'', ''1 year'', 0.1'),
	('rollup(clv_forecast)', 'tap_part', 'f'),
	('backtest(purchase_digest, date, date)', 'tap_part', 'p, ''2024-12-31'', ''2025-06-30'''),
	('backtest(purchase_digest, date, date, text)', 'tap_part', 'p, ''2024-12-31'', ''2025-06-30'', ''bg_nbd'''),
	('backtest(purchase_digest, date, date, text, jsonb)', 'tap_part', 'p, ''2024-12-31'', ''2025-06-30'', ''mbg_nbd'', ''{"spend": false}''');

SELECT is_empty($$SELECT aggfnoid::regprocedure FROM pg_aggregate a JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = a.aggfnoid AND d.deptype = 'e'
		JOIN pg_extension e ON e.oid = d.refobjid
	WHERE extname = 'loyalty' AND aggcombinefn <> 0 AND aggfnoid NOT IN (SELECT aggregate FROM tap_call)$$, 'every aggregate that can be combined is tried here');

-- what a call gives in one piece, and in seven: there and back as text, or as binary, which comes in by COPY from a file
CREATE FUNCTION pg_temp.compare(call tap_call, OUT whole text, OUT by_text text, OUT by_binary text) LANGUAGE plpgsql AS $$
DECLARE
	a pg_aggregate;
	gather text;
	combine text;
	path text := current_setting('data_directory') || '/tap_state.bin';
BEGIN
	SELECT * INTO a FROM pg_aggregate WHERE aggfnoid = call.aggregate;
	gather := format('pg_temp.gather(%s)', pg_get_function_identity_arguments(call.aggregate));
	combine := format('pg_temp.combine(%s)', a.aggtranstype::regtype);
	EXECUTE format('CREATE AGGREGATE %s (SFUNC = %s, STYPE = %s)', gather, a.aggtransfn, a.aggtranstype::regtype);
	EXECUTE format('CREATE AGGREGATE %s (SFUNC = %s, STYPE = %s', combine, a.aggcombinefn, a.aggtranstype::regtype) ||
		CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn ELSE '' END || ')';
	EXECUTE format('SELECT %s(%s)::text FROM %s', (SELECT proname FROM pg_proc WHERE oid = call.aggregate), call.arguments, call.source) INTO whole;
	EXECUTE format('CREATE TEMP TABLE tap_state ON COMMIT DROP AS SELECT pg_temp.gather(%s) AS state FROM %s GROUP BY piece', call.arguments, call.source);
	EXECUTE format('SELECT pg_temp.combine(state::text::%s ORDER BY md5(state::text))::text FROM tap_state', a.aggtranstype::regtype) INTO by_text;
	EXECUTE format('COPY tap_state TO %L (FORMAT binary)', path);
	DELETE FROM tap_state;
	EXECUTE format('COPY tap_state FROM %L (FORMAT binary)', path);
	SELECT pg_temp.combine(state)::text INTO by_binary FROM tap_state;
	DROP TABLE tap_state;
	EXECUTE format('DROP AGGREGATE %s, %s', gather, combine);
END $$;
SELECT is(by_text, whole, format('%s(%s): the states travel as text', aggregate::regproc, arguments)) || E'\n' || is(by_binary, whole, 'and as binary')
FROM tap_call c, pg_temp.compare(c);
SELECT isnt_empty($$SELECT FROM tap_call c, pg_temp.compare(c) WHERE aggregate::text ~ '^(clv_fit|fit_sbg)' AND converged(whole::clv_model)$$, 'among them are fits that converge');

SELECT * FROM finish();
ROLLBACK;
