-- Points ledgers in tables: who may do what, and who cannot take more than was granted.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

-- an owner who is no superuser; a till that may earn; a report that may read; somebody who was granted nothing
CREATE ROLE tap_owner;
CREATE ROLE tap_till;
CREATE ROLE tap_report;
CREATE ROLE tap_nobody;
CREATE SCHEMA shop AUTHORIZATION tap_owner;
GRANT USAGE ON SCHEMA shop TO tap_till, tap_report, tap_nobody;
SET LOCAL ROLE tap_owner;
CALL create_points_ledger('shop', 'club', grace => '1 day');
SELECT shop.club_earn('ann', 'order', 10, until_at => '2026-03-01Z', at => '2026-01-01Z'), shop.club_redeem('ann', 'gift', 4, at => '2026-01-02Z') \g /dev/null
GRANT EXECUTE ON FUNCTION shop.club_earn TO tap_till;
GRANT SELECT ON shop.club_balance, shop.club_history TO tap_report;
RESET ROLE;
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'shop'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')$$, 'no function or procedure is for everybody');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'shop'::regnamespace AND prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (proconfig)$$, 'what runs with the rights of its owner has a search_path of its own');

SET LOCAL ROLE tap_till;
SELECT is(shop.club_earn('ann', 'order 2', 5, at => '2026-01-03Z'), 11::bigint, 'a role may be limited to earning');
SELECT throws_ok($$SELECT shop.club_redeem('ann', 'theft', 5)$$, '42501', NULL, 'it cannot redeem');
SELECT throws_ok($$SELECT shop.club_post('{ann}', '{redeem}', '{theft}', '{2026-01-04}', '{5}')$$, '42501', NULL, 'nor in a batch');
SELECT throws_ok($$SELECT post_points_entry('shop.club_account', 'ann', 'redeem', 'theft', now(), 5, NULL, NULL, NULL, NULL, NULL, NULL)$$, '42501', NULL, 'nor by the functions beneath');
SELECT throws_ok($$SELECT transfer_points('shop.club_account', 'ann', 'till', 'theft', now(), 5, NULL, NULL, NULL)$$, '42501', NULL, 'nor by a transfer');
SELECT throws_ok($$SELECT rebuild_points_account('shop.club_account', 'ann')$$, '42501', NULL, 'nor rebuild');
SELECT throws_ok($$SELECT * FROM replay_points_lots('shop.club_account', 'ann')$$, '42501', NULL, 'nor replay');
SELECT throws_ok($$SELECT points_balance('shop.club_account', 'ann', now())$$, '42501', NULL, 'nor ask for the balance');
SELECT throws_ok($$SELECT * FROM shop.club_verify()$$, '42501', NULL, 'what is not granted is for nobody');
SELECT throws_ok($$CALL shop.club_refresh()$$, '42501', NULL, 'a refresh');
SELECT throws_ok($$CALL refresh_points_ledger('shop', 'club')$$, '42501', NULL, 'by whatever name');

SET LOCAL ROLE tap_report;
SELECT results_eq('SELECT balance FROM shop.club_balance', 'VALUES (11::bigint)', 'a role may be limited to reports');
SELECT throws_ok($$SELECT * FROM shop.club_account$$, '42501', NULL, 'which are all it sees');

SET LOCAL ROLE tap_nobody;
SELECT throws_ok(format(statement, t), '42501', NULL, format(statement, t))
FROM unnest('{club_account, club_lot, club_entry, club_settings}'::text[]) t, unnest('{SELECT * FROM shop.%s, DELETE FROM shop.%s, TRUNCATE shop.%s, LOCK TABLE shop.%s, ALTER TABLE shop.%s ADD x int, INSERT INTO shop.%s DEFAULT VALUES}'::text[]) statement;
SELECT throws_ok($$CALL create_points_ledger('shop', 'mine')$$, '42501', NULL, 'who may make nothing in a schema makes no ledger in it');

-- ---------- the owner ----------

SET LOCAL ROLE tap_owner;
SELECT throws_ok(format(statement, t), '42501', NULL, 'not even the owner: ' || format(statement, t))
FROM unnest('{club_entry, club_settings}'::text[]) t, unnest('{DELETE FROM shop.%s, TRUNCATE shop.%s}'::text[]) statement;
SELECT throws_ok($$UPDATE shop.club_entry SET points = 1000$$, '42501', NULL, 'not even the owner changes the journal');
RESET ROLE;
ALTER TABLE shop.club_entry DISABLE TRIGGER append_only;
UPDATE shop.club_entry SET lot = '{other}' WHERE key = 'gift';
ALTER TABLE shop.club_entry ENABLE TRIGGER append_only;
SET LOCAL ROLE tap_owner;
SELECT results_eq('SELECT what FROM shop.club_verify()', $$VALUES ('entry gift lot')$$, 'the owner verifies');
CALL shop.club_rebuild();
SELECT is_empty('SELECT * FROM shop.club_verify()', 'and rebuilds, what entries tell included');
SELECT throws_ok($$UPDATE shop.club_entry SET points = 1000$$, '42501', 'permission denied for table club_entry', 'after which the journal is closed as before');
RESET ROLE;

-- somebody with more rights refreshes: nothing runs with those
DROP FUNCTION shop.club_ledger, shop.club_redeem;
DROP VIEW shop.club_expiring;
CALL shop.club_refresh();
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'shop'::regnamespace AND proowner <> 'tap_owner'::regrole
	UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'v') AND relowner <> 'tap_owner'::regrole$$, 'what a superuser refreshes belongs to the owner of the ledger');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'shop'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')$$, 'and is for nobody else');
SELECT is(current_user, session_user, 'whoever called it is again who it was');

-- ---------- attacks by search_path ----------

-- functions, operators and tables that stand in for those of a ledger, wherever somebody may make them; nobody has used this ledger in this session
SET LOCAL ROLE tap_owner;
CALL create_points_ledger('shop', 'bank', grace => '1 day');
RESET ROLE;
CREATE SCHEMA evil AUTHORIZATION tap_till;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO tap_till;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA shop TO tap_till;
SET LOCAL ROLE tap_till;
CREATE FUNCTION evil.no(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION evil.nothing(numeric, integer) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0';
CREATE FUNCTION evil.less(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1000000::bigint';
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.no);
CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.no);
CREATE OPERATOR evil.* (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = evil.nothing);
CREATE OPERATOR evil.- (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.less);
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT 'infinity'::timestamptz$$;
CREATE FUNCTION evil.array_position(text[], text) RETURNS int LANGUAGE sql AS 'SELECT 3';
CREATE FUNCTION evil.post_points_entry(regclass, text, text, text, timestamptz, bigint, text, timestamptz, timestamptz, timestamptz, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1000000::bigint';
CREATE TEMP TABLE bank_settings AS SELECT 'UTC'::text AS time_zone, 0 AS scale, interval '100 years' AS grace, 'fifo'::text AS spend_order, 'forgive'::text AS clawback;
CREATE TEMP TABLE bank_account AS SELECT * FROM shop.bank_account;
CREATE TEMP TABLE bank_entry AS SELECT * FROM shop.bank_entry;
SET LOCAL search_path = evil, pg_temp, pg_catalog;
SELECT points_balance IS NULL FROM public.points_balance('shop.bank_account', 'ann', '2026-01-05Z') \g /dev/null
SELECT shop.bank_earn('ann', 'order', 10, until_at => '2026-03-01Z', at => '2026-01-01Z'), shop.bank_redeem('ann', 'gift', 4, at => '2026-01-02Z') \g /dev/null
SELECT shop.bank_refund('ann', 'back', 'gift', 4, at => '2026-04-01Z') AS refunded \gset
SELECT shop.bank_earn('ann', 'order 3', 1, at => '2026-04-01 12:00Z') AS earned \gset
SELECT shop.bank_balance('ann', '2026-04-03Z') AS later \gset
SELECT count(*) AS differences FROM shop.bank_verify() \gset
RESET ROLE;
SET LOCAL search_path = public;
SELECT is(ARRAY[:refunded, :earned, :later], '{4,5,1}', 'the session of an attacker posts and reads as any other');
SELECT is(:differences, 0, 'and verifies');
SELECT is_empty('SELECT * FROM shop.bank_verify()', 'the ledger is as it should be');
SELECT is((SELECT until_at FROM shop.bank_lots WHERE origin = 'order'), '2026-04-02Z'::timestamptz, 'under its own policies');

-- ---------- row security ----------

SELECT lives_ok($$ALTER TABLE shop.club_account ENABLE ROW LEVEL SECURITY; ALTER TABLE shop.club_account FORCE ROW LEVEL SECURITY; CREATE POLICY mine ON shop.club_account USING (account = session_user)$$, 'accounts are hidden from their owner');
SET LOCAL ROLE tap_owner;
SELECT throws_ok('SELECT * FROM shop.club_verify()', '42501', 'query would be affected by row-level security policy for table "club_account"', 'verify does not call well what it cannot see');
SELECT throws_ok('CALL shop.club_rebuild()', '42501', 'query would be affected by row-level security policy for table "club_account"', 'nor does rebuild delete what it cannot see');
RESET ROLE;
SELECT is_empty('SELECT * FROM shop.club_verify()', 'a superuser sees everything');
ALTER TABLE shop.club_account DISABLE ROW LEVEL SECURITY;

-- ---------- a ledger is given away ----------

CREATE ROLE tap_heir;
GRANT CREATE, USAGE ON SCHEMA shop TO tap_heir;
REASSIGN OWNED BY tap_owner TO tap_heir;
SET LOCAL ROLE tap_till;
SELECT is(shop.club_earn('ben', 'order', 5), 5::bigint, 'with REASSIGN OWNED: grants stay');
SET LOCAL ROLE tap_heir;
CALL shop.club_refresh();
SELECT is_empty('SELECT * FROM shop.club_verify()', 'and the new owner verifies');
SELECT throws_ok('DELETE FROM shop.club_entry', '42501', NULL, 'and keeps the journal as it is');
RESET ROLE;

-- ---------- functions of somebody's beside the extension's, called alike ----------

-- each argument in turn of a type that a constant without one would rather be
SELECT set_config('tap.home', extnamespace::regnamespace::text, true) FROM pg_extension WHERE extname = 'loyalty' \g /dev/null
DO $$
DECLARE f record; i int; arguments text;
BEGIN
	FOR f IN SELECT proname, prokind, string_to_array(oidvectortypes(proargtypes), ', ') AS types FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
		WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'loyalty')
			AND proname IN ('post_points_entry', 'post_points_entries', 'transfer_points', 'merge_points', 'points_balance', 'rebuild_points_account', 'replay_points_account',
				'replay_points_lots', 'replay_points_entries', 'refresh_points_ledger', 'expires_at', 'points_ledger', 'empty_points_ledger', 'balance')
	LOOP
		FOR i IN 0 .. cardinality(f.types) LOOP
			CONTINUE WHEN f.types[i] IN ('text', 'text[]');
			arguments := (SELECT string_agg(CASE WHEN n = i OR (i = 0 AND t NOT LIKE 'text%') THEN CASE WHEN t LIKE '%[]' THEN 'text[]' ELSE 'text' END ELSE t END, ', ' ORDER BY n) FROM unnest(f.types) WITH ORDINALITY AS u(t, n));
			CONTINUE WHEN to_regprocedure(format('%s.%I(%s)', current_setting('tap.home'), f.proname, arguments)) IS NOT NULL;
			EXECUTE format('CREATE %s %s.%I(%s) %s LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''taken over''''; END''', CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
				current_setting('tap.home'), f.proname, arguments, CASE f.prokind WHEN 'p' THEN '' ELSE 'RETURNS text' END);
		END LOOP;
	END LOOP;
END $$;
SELECT throws_ok($$SELECT post_points_entry('shop.club_account', 'ann', 'redeem', 'k', now(), 1, NULL, NULL, NULL, NULL, NULL, NULL)$$, '42725', NULL, 'who does not say the types does not reach ours');
CALL create_points_ledger('shop'::text, 'stamp'::text);
SELECT lives_ok(statement, 'a ledger is not: ' || statement) FROM unnest(ARRAY[
	$$SELECT shop.stamp_earn('a', '1', 50), shop.stamp_earn('a', '2', 5, from_at => 'infinity'), shop.stamp_confirm('a', '3', '2'), shop.stamp_hold('a', '4', 5), shop.stamp_hold('a', '5', 5)$$,
	$$SELECT shop.stamp_capture('a', '6', '4', 5), shop.stamp_void('a', '7', '5'), shop.stamp_redeem('a', '8', 3), shop.stamp_refund('a', '9', '8', 3), shop.stamp_reverse('a', '10', '2', 5)$$,
	$$SELECT shop.stamp_adjust('a', '11', 1, 'why'), shop.stamp_adjust('a', '12', -1, 'why', true), shop.stamp_transfer('a', 'b', '13', 5), shop.stamp_merge('b', 'c', '14')$$,
	$$SELECT shop.stamp_earn_many('{d}', '{1}', '{1}'), shop.stamp_post('{d}', '{earn}', '{2}', '{2999-01-01}', '{1}')$$,
	$$SELECT shop.stamp_expires_at('2026-01-01', NULL), shop.stamp_balance('a'), shop.stamp_balance('d', '2027-01-01'), shop.stamp_ledger('a')$$,
	$$CALL shop.stamp_rebuild()$$, $$CALL shop.stamp_rebuild('a')$$, $$CALL shop.stamp_refresh()$$]) AS statement;
SELECT is_empty('SELECT * FROM shop.stamp_verify()', 'nor is who verifies it');

SELECT * FROM finish();
ROLLBACK;
