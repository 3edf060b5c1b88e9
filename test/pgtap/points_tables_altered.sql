-- Points ledgers in tables that are not as they were made: what the owner has added is honoured, what does not fit is an error, and never more than that.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

CREATE FUNCTION day(n int) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2026-01-01Z'::timestamptz + n * interval '1 day';
CALL create_points_ledger('public', 'club', grace => '9 days');
-- more lots than a row holds, open holds; arrears that are paid in part; a lot that goes on with grace
SELECT club_earn('rich', 'lot ' || n, 10, until_at => day(100 + n), at => day(n)) FROM generate_series(1, 25) n \g /dev/null
SELECT club_hold('rich', 'basket', 15, day(60), at => day(26)), club_hold('rich', 'room', 3, at => day(26)), club_redeem('rich', 'gift', 12, at => day(27)) \g /dev/null
SELECT club_earn('poor', 'a', 10, until_at => day(40), at => day(1)), club_earn('poor', 'b', 4, at => day(1)), club_redeem('poor', 'gift', 14, at => day(2)),
	club_reverse('poor', 'return', 'a', 5, at => day(3)), club_earn('poor', 'c', 3, at => day(4)), club_adjust('poor', 'fee', -6, 'a fee', true, at => day(5)) \g /dev/null
SELECT club_earn('late', 'a', 10, until_at => day(5), at => day(1)), club_redeem('late', 'gift', 10, at => day(2)), club_refund('late', 'back', 'gift', 6, at => day(6)) \g /dev/null

ALTER TABLE club_entry DISABLE TRIGGER append_only;
ALTER TABLE club_settings DISABLE TRIGGER append_only;

-- the SQLSTATEs of a change and of whatever may be done after it; then all is as before
CREATE FUNCTION outcomes(change text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	said text[] := '{}'; call text;
BEGIN
	BEGIN
		EXECUTE change;
	EXCEPTION WHEN OTHERS THEN RETURN ARRAY[SQLSTATE || ' at once'];
	END;
	FOREACH call IN ARRAY ARRAY[
		$c$SELECT points_balance('club_account', a, day(200)) FROM unnest('{rich,poor,late}'::text[]) a$c$,
		$c$SELECT club_earn('rich', 'more', 500, at => day(30))$c$, $c$SELECT club_redeem('rich', 'all', 200, at => day(30))$c$, $c$SELECT club_capture('rich', 'paid', 'basket', 2, at => day(30))$c$,
		$c$SELECT club_refund('rich', 'back', 'gift', 12, at => day(30))$c$, $c$SELECT club_reverse('rich', 'return', 'lot 2', 10, at => day(30))$c$, $c$SELECT club_confirm('rich', 'now', 'lot 24', at => day(30))$c$,
		$c$SELECT club_transfer('rich', 'poor', 'present', 30, at => day(31))$c$, $c$SELECT club_merge('late', 'rich', 'one', at => day(31))$c$,
		$c$SELECT club_refund('poor', 'back', 'gift', 14, at => day(31))$c$, $c$SELECT club_reverse('late', 'return', 'a', 10, at => day(31))$c$, $c$SELECT club_reverse('poor', 'return 2', 'a', 1, at => day(31))$c$,
		$c$SELECT club_post('{rich,poor,late,new}', '{earn,earn,redeem,earn}', '{m,m,m,m}', array_fill(day(32), '{4}'), '{1,2,1,1}')$c$, $c$SELECT club_earn('rich', 'lot 1', 10, until_at => day(101), at => day(33))$c$,
		$c$SELECT club_redeem('rich', 'years later', 1, at => day(150))$c$, $c$SELECT club_balance('rich', day(10)), club_ledger('poor')$c$] LOOP
		BEGIN
			EXECUTE call;
		EXCEPTION WHEN OTHERS THEN said := said || SQLSTATE::text;
		END;
	END LOOP;
	RAISE EXCEPTION SQLSTATE 'U0001';
EXCEPTION WHEN SQLSTATE 'U0001' THEN RETURN ARRAY(SELECT DISTINCT unnest(said) ORDER BY 1);
END $$;
SELECT is(outcomes('SELECT'), '{23514}', 'all of it is possible, but to spend what is not there');

-- ---------- columns of the owner's own ----------

-- by any name, those that statements and functions use themselves included
SELECT is_empty($$SELECT name, told FROM unnest('{a,c1,detail,e,i,n,r,s,this,what,x,y,z}'::text[]) AS name,
	outcomes(format('ALTER TABLE club_account ADD %1$I text DEFAULT ''mine''; ALTER TABLE club_lot ADD %1$I text DEFAULT ''mine''; ALTER TABLE club_entry ADD %1$I text DEFAULT ''mine''; CALL club_refresh()', name)) AS told
	WHERE told <> '{23514}'$$, 'columns may be added, whatever they are called');
ALTER TABLE club_account ADD i int, ADD a int;
ALTER TABLE club_lot ADD i int, ADD a int;
SELECT is_empty('SELECT * FROM club_verify()', 'and all is well');
UPDATE club_account SET available = 0;
SELECT is((SELECT count(*) FROM club_verify())::int, 2, 'or told if it is not');
CALL club_rebuild();
SELECT is_empty('SELECT * FROM club_verify()', 'and mended');
ALTER TABLE club_account DROP i, DROP a;
ALTER TABLE club_lot DROP i, DROP a;

-- ---------- columns of another type ----------

CREATE TABLE retyped AS
SELECT c.table_name || '.' || c.column_name || ' ' || t.type AS what, outcomes(format('DROP VIEW club_balance, club_lots, club_expiring, club_allocation, club_history, club_trial_balance; '
	'DROP INDEX club_lot_open; ALTER TABLE %1$I ALTER %2$I DROP DEFAULT, ALTER %2$I TYPE %3$s USING NULL::%3$s', c.table_name, c.column_name, t.type)) AS told
FROM information_schema.columns c, unnest(CASE WHEN c.udt_name IN ('text', '_text') THEN '{bigint,bigint[]}' ELSE '{text,text[]}' END::text[]) AS t(type)
WHERE c.table_schema = 'public' AND c.table_name IN ('club_account', 'club_lot', 'club_entry', 'club_settings') AND c.is_nullable = 'YES';
SELECT cmp_ok((SELECT count(*) FROM retyped WHERE told <> '{23514}'), '>', 60::bigint, 'a column of another type is an error');
SELECT is_empty($$SELECT what, told FROM retyped WHERE told && '{XX000,U0001}'$$, 'that is said in words');
-- tables that were never those of a ledger, but for their names
CREATE SCHEMA other;
CREATE TABLE other.x_settings AS SELECT '0'::text AS grace, 1 AS spend_order, 2 AS clawback;
CREATE TABLE other.x_account AS SELECT 'ann' AS account, 4711 AS available;
SELECT throws_ok($$SELECT points_balance('other.x_account', 'ann', now())$$, '42809', 'tables are not those of a points ledger', 'settings of other types');
DROP TABLE other.x_settings;
CREATE TABLE other.x_settings AS SELECT grace, spend_order, clawback FROM club_settings;
SELECT throws_ok($$SELECT points_balance('other.x_account', 'ann', now())$$, '42809', 'tables are not those of a points ledger', 'an account of fewer columns');
SELECT throws_ok($$SELECT post_points_entry('other.x_account', 'ann', 'earn', 'a', now(), 5, NULL, NULL, NULL, NULL, NULL, NULL)$$, '42809', NULL, 'which cannot be posted to');
-- a type of the same bytes is none of ours to refuse
SELECT is(outcomes('DROP VIEW club_balance, club_lots, club_expiring, club_allocation, club_history, club_trial_balance; CREATE DOMAIN name_of_mine AS text; ALTER TABLE club_account ALTER account TYPE name_of_mine COLLATE "C"; ALTER TABLE club_entry ALTER reason TYPE varchar(99)'),
	'{23514}', 'a domain is as good as its type');

-- ---------- values that nobody has posted ----------

-- lists with gaps, too short, too long, empty; a family that is its own; numbers below zero
CREATE TABLE written AS
SELECT format('%s.%s = %s', c.table_name, c.column_name, v.value) AS what, outcomes(format('UPDATE %I SET %I = %s', c.table_name, c.column_name, v.value)) AS told
FROM information_schema.columns c
JOIN (VALUES ('_text', '''{NULL}'''), ('_text', '''{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}'''), ('_text', '''{a}'''), ('_text', '''{{a,lot 24},{lot 25,a}}'''),
		('_int8', '''{NULL}'''), ('_int8', '''{-5}'''), ('_int8', '''{1,2}'''), ('_int8', '''{{1,9223372036854775807}}'''), ('_int8', 'array_fill(-1::bigint, ''{16}'')'),
		('_timestamptz', '''{NULL}'''), ('_timestamptz', 'array_fill(''-infinity''::timestamptz, ''{8}'')'), ('_timestamptz', '''{infinity,infinity}'''),
		('int8', '-1'), ('int8', '9223372036854775807'), ('int4', '2147483647'), ('timestamptz', '''infinity'''), ('timestamptz', '''-infinity'''), ('bool', 'NOT open')) v(type, value) ON v.type = c.udt_name
WHERE c.table_schema = 'public' AND (c.table_name IN ('club_account', 'club_lot') OR (c.table_name = 'club_entry' AND c.column_name IN ('kind', 'points', 'ref', 'counterpart', 'lot', 'lot_points')));
SELECT is_empty($$SELECT what, told FROM written WHERE told && '{XX000,U0001}'$$, 'what does not fit together is told in words');
SELECT ok('XX001' = ANY (told), what) FROM written WHERE what IN ('club_account.lot_id = ''{NULL}''', 'club_account.lot_origin = ''{a}''', 'club_account.hold_key = ''{NULL}''', 'club_account.part_lot = ''{NULL}''', 'club_lot.grace_lots = ''{a}''', 'club_entry.lot = ''{NULL}''');

SELECT * FROM finish();
ROLLBACK;
