-- Points ledgers in tables: names of every kind are quoted and never executed; a refresh makes everything as new.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

-- ---------- every function, procedure and view of a ledger, called once ----------

CREATE FUNCTION exercise(s text, l text, start int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	-- $1 is the time, n makes keys that are new
	calls text[] := '{
		"earn|SELECT %s(''ann'', ''lot N'', 10, at => $1)", "earn|SELECT %s(''ann'', ''later N'', 5, ''infinity'', at => $1)", "confirm|SELECT %s(''ann'', ''now N'', ''later N'', at => $1)",
		"hold|SELECT %s(''ann'', ''basket N'', 4, at => $1)", "capture|SELECT %s(''ann'', ''order N'', ''basket N'', 3, at => $1)", "hold|SELECT %s(''ann'', ''room N'', 4, at => $1)", "void|SELECT %s(''ann'', ''left N'', ''room N'', at => $1)",
		"redeem|SELECT %s(''ann'', ''gift N'', 2, at => $1)", "refund|SELECT %s(''ann'', ''back N'', ''gift N'', 1, at => $1)", "reverse|SELECT %s(''ann'', ''return N'', ''lot N'', 1, at => $1)",
		"adjust|SELECT %s(''ann'', ''kind N'', 1, ''a present'', at => $1)", "transfer|SELECT %s(''ann'', ''ben'', ''present N'', 2, at => $1)", "merge|SELECT %s(''ben'', ''cay'', ''one N'', at => $1)",
		"post|SELECT %s(''{dan}'', ''{earn}'', ''{a N}'', ARRAY[$1], ''{1}'')", "earn_many|SELECT %s(''{dan}'', ''{b N}'', ''{1}'', at => $1)",
		"ledger|SELECT available(%s(''ann''), $1)", "balance|SELECT %s(''ann'', $1)", "expires_at|SELECT %s($1, ''1 day'')",
		"balance|SELECT balance FROM %s", "lots|SELECT id FROM %s", "expiring|SELECT points FROM %s", "allocation|SELECT lot FROM %s", "history|SELECT change FROM %s", "trial_balance|SELECT account FROM %s",
		"verify|SELECT what FROM %s()", "rebuild|CALL %s()", "refresh|CALL %s()", "keep|UPDATE %1$I.%3$I SET points = 1"}';
	call text; routine text; at timestamptz := '2026-01-01Z'::timestamptz + start * interval '1 day'; known text[] := '{account,lot,entry,settings}';
BEGIN
	FOREACH call IN ARRAY calls LOOP
		routine := split_part(call, '|', 1);
		call := replace(split_part(call, '|', 2), ' N', ' ' || start);
		known := known || routine;
		BEGIN
			EXECUTE format(replace(call, '%s', '%1$I.%2$I'), s, l || '_' || routine, l || '_entry') USING at;
			IF routine = 'keep' THEN RETURN NEXT 'the journal is open'; END IF;
		EXCEPTION WHEN OTHERS THEN
			IF routine <> 'keep' OR SQLSTATE <> '42501' THEN RETURN NEXT format('%s: %s', routine, SQLERRM); END IF;
		END;
	END LOOP;
	RETURN QUERY EXECUTE format('SELECT %L || account || what FROM %I.%I()', 'verify told ', s, l || '_verify');
	RETURN QUERY SELECT 'not called: ' || o.name FROM (SELECT proname AS name FROM pg_proc WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = s)
		UNION SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = s)) o
		WHERE s <> 'public' AND starts_with(o.name, l || '_') AND o.name <> ALL (SELECT l || '_' || k FROM unnest(known) k);
END $$;

CREATE TABLE y (precious text);
INSERT INTO y VALUES ('still there');
CREATE TABLE names AS SELECT row_number() OVER () AS n, * FROM (VALUES
	('public', 'x''); DROP TABLE y; --'), ('public', 'x"; DROP TABLE y; --'), ('public', 'x$f$; DROP TABLE y; --'), ('public', '$f$ff$$$'), ('public', '$ff'), ('public', 'f$'), ('public', '{account}'), ('public', '{name''}'),
	('public', '%I %s %1$s'), ('public', '\'), ('public', E'\\''\n\t"'), ('public', 'select'), ('public', 'Order'), ('public', 'order'), ('public', ' '), ('public', '$1'), ('public', 'a'), ('public', 'a_earn'),
	('public', repeat('n', 40)), ('public', repeat('é', 20)), (repeat('s', 63), 'x'), (repeat('ü', 31) || 's', repeat('日', 13)), ('s''; DROP TABLE y; --', 'x'), ('s$f$; DROP TABLE y; --"', 'x$ff$'), ('$f$', 'account')) v(s, l);
SELECT format('CREATE SCHEMA %I', s) FROM names WHERE s <> 'public'
\gexec
SELECT format('CALL create_points_ledger(%L, %L, grace => %L)', s, l, '1 day') FROM names ORDER BY n
\gexec
SELECT is_empty(format('SELECT * FROM exercise(%L, %L, 1)', s, l), format('a ledger called %s in %s', quote_ident(l), quote_ident(s))) FROM names ORDER BY n;
SELECT results_eq('SELECT precious FROM y', $$VALUES ('still there')$$, 'names are never executed');
SELECT is((SELECT count(DISTINCT obj_description(oid, 'pg_class'))::int FROM pg_class WHERE relname IN ('select_account', 'order_account', 'Order_account')), 1, 'ledgers side by side keep apart');
SELECT is((SELECT sum(balance) FROM order_balance), (SELECT sum(balance) FROM "Order_balance"), 'and each has its own points');

-- ---------- a schema of the extension that needs quoting, too ----------

SELECT nspname AS home FROM pg_extension x JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'loyalty' \gset
CREATE SCHEMA "$f$'; DROP TABLE y; --""";
ALTER EXTENSION loyalty SET SCHEMA "$f$'; DROP TABLE y; --""";
SET LOCAL search_path = public, "$f$'; DROP TABLE y; --""";
CALL "Order_refresh"();
CALL "x$f$; DROP TABLE y; --_refresh"();
SELECT is_empty($$SELECT * FROM exercise('public', 'Order', 2)$$, 'an extension in a schema of such a name');
SELECT is_empty($$SELECT * FROM exercise('public', 'x$f$; DROP TABLE y; --', 2)$$, 'with a ledger of such a name');
ALTER EXTENSION loyalty SET SCHEMA :"home";
SET LOCAL search_path = public;
CALL "Order_refresh"();
SELECT results_eq('SELECT precious FROM y', $$VALUES ('still there')$$, 'names are never executed');

-- ---------- a refresh makes everything as new ----------

-- what is generated: definitions, comments, owners, rights
CREATE FUNCTION generated(s text, l text) RETURNS TABLE (name text, definition text) LANGUAGE sql AS $$
	SELECT p.oid::regprocedure::text, concat_ws(E'\n', pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'), proowner::regrole, proacl::text) FROM pg_proc p WHERE pronamespace = s::regnamespace AND proname LIKE l || '\_%'
	UNION ALL SELECT c.oid::regclass::text, concat_ws(E'\n', pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class'), relowner::regrole, relacl::text) FROM pg_class c WHERE relnamespace = s::regnamespace AND relkind = 'v' AND relname LIKE l || '\_%';
$$;
CALL create_points_ledger('public', 'tea');
SELECT tea_earn('ann', 'lot', 10, at => '2026-01-01Z') \g /dev/null
CREATE TABLE fresh AS SELECT * FROM generated('public', 'tea');
SELECT cmp_ok((SELECT count(*) FROM fresh), '=', 26::bigint, 'there are functions and views to look at');
SELECT is_empty($$SELECT name FROM fresh WHERE name ~ '\(' AND has_function_privilege('public', name, 'EXECUTE')$$, 'nothing is for everybody');
-- as an earlier version, or somebody, may have left it
CREATE OR REPLACE FUNCTION tea_earn(account text, key text, points bigint, from_at timestamptz DEFAULT NULL, until_at timestamptz DEFAULT NULL, at timestamptz DEFAULT now(),
	effective_at timestamptz DEFAULT NULL, reason text DEFAULT NULL, actor text DEFAULT session_user) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
COMMENT ON FUNCTION tea_earn(text, text, bigint, timestamptz, timestamptz, timestamptz, timestamptz, text, text) IS 'an old one';
CREATE OR REPLACE VIEW tea_balance AS SELECT account, book_time, available, pending, held, arrears, 0::bigint AS balance, 0::numeric AS amount FROM tea_account;
DROP FUNCTION tea_redeem, tea_verify, tea_ledger, tea_expires_at;
DROP PROCEDURE tea_rebuild;
DROP VIEW tea_history, tea_trial_balance;
GRANT EXECUTE ON FUNCTION tea_refund TO PUBLIC;
SELECT isnt_empty($$SELECT * FROM fresh f FULL JOIN generated('public', 'tea') g USING (name, definition) WHERE g.name IS NULL OR f.name IS NULL$$, 'a ledger that has aged');
CREATE FUNCTION tea_earn(account text, points int) RETURNS bigint LANGUAGE sql AS 'SELECT tea_earn($1, gen_random_uuid()::text, $2)';
CREATE ROLE tap_bar;
GRANT EXECUTE ON FUNCTION tea_hold TO tap_bar;
CALL tea_refresh();
SELECT is_empty($$SELECT name, f.definition, g.definition FROM fresh f FULL JOIN generated('public', 'tea') g USING (name) WHERE f.definition IS DISTINCT FROM g.definition AND name NOT IN ('tea_earn(text,integer)', 'tea_hold(text,text,bigint,timestamp with time zone,timestamp with time zone,timestamp with time zone,text,text)')$$,
	'is as new, whatever was done to it');
SELECT ok(has_function_privilege('tap_bar', 'tea_hold(text,text,bigint,timestamptz,timestamptz,timestamptz,text,text)', 'EXECUTE'), 'what was granted to a role stays');
SELECT is(tea_earn('ann', 5), 15::bigint, 'and so does what somebody has added');
SELECT is_empty('SELECT * FROM tea_verify()', 'all is well');
SELECT throws_ok($$CALL refresh_points_ledger('public', 'no such ledger')$$, '42P01', NULL, 'what is not there cannot be refreshed');

-- ---------- renamed schemas, maintenance ----------

CREATE SCHEMA first;
CALL create_points_ledger('first', 'x');
SELECT first.x_earn('ann', 'a', 5) \g /dev/null
ALTER SCHEMA first RENAME TO second;
CALL refresh_points_ledger('second', 'x');
SELECT is(second.x_earn('ann', 'b', 5), 10::bigint, 'a schema may be renamed; the ledger follows when it is told');
SELECT is_empty($$SELECT * FROM exercise('second', 'x', 999)$$, 'as a whole');
REINDEX TABLE tea_entry;
REINDEX TABLE tea_account;
CLUSTER tea_lot USING tea_lot_pkey;
ANALYZE tea_account, tea_entry, tea_lot;
SELECT is_empty($$SELECT * FROM exercise('public', 'tea', 998)$$, 'maintenance disturbs nobody');

SELECT * FROM finish();
ROLLBACK;
