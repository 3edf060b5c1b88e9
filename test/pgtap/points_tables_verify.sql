-- Points ledgers in tables: every difference between what is stored and what the journal says is told, and what is derived is mended.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

CREATE FUNCTION day(n int) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2026-01-01Z'::timestamptz + n * interval '1 day';
CALL create_points_ledger('public', 'club', grace => '9 days');
-- more lots than a row holds, open holds, one of them on a lot elsewhere; a transfer
SELECT club_earn('rich', 'lot ' || n, 10, until_at => day(100 + n), at => day(n)) FROM generate_series(1, 25) n \g /dev/null
SELECT club_hold('rich', 'basket', 15, day(60), at => day(26)), club_hold('rich', 'room', 3, at => day(26)), club_redeem('rich', 'gift', 12, at => day(27)),
	club_transfer('rich', 'friend', 'present', 7, at => day(28)) \g /dev/null
-- arrears, of which one lot has paid a part; a lot with nothing left; one that came to nothing and goes on with grace
SELECT club_earn('poor', 'a', 10, until_at => day(40), at => day(1)), club_earn('poor', 'b', 4, at => day(1)), club_redeem('poor', 'gift', 14, at => day(2)),
	club_reverse('poor', 'return', 'a', 5, at => day(3)), club_earn('poor', 'c', 3, at => day(4)), club_adjust('poor', 'fee', -6, 'a fee', true, at => day(5)) \g /dev/null
SELECT club_earn('late', 'a', 10, until_at => day(5), at => day(1)), club_redeem('late', 'gift', 10, at => day(2)), club_refund('late', 'back', 'gift', 6, at => day(6)) \g /dev/null
SELECT is_empty('SELECT * FROM club_verify()', 'all is well to begin with');
SELECT cmp_ok((SELECT lots_elsewhere FROM club_account WHERE account = 'rich'), '>', 0::bigint, 'there are lots elsewhere');
SELECT isnt((SELECT grace_lots FROM club_lot WHERE account = 'late' AND id = 'a'), NULL, 'there are lots that go on with grace');
SELECT isnt((SELECT payment_lot FROM club_lot WHERE account = 'poor' AND id = 'a'), NULL, 'and arrears that are paid in part');

-- what is told after a change, and what is still told after a rebuild; then all is as before
CREATE FUNCTION planted(change text, OUT told text[], OUT still text[]) LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE club_entry DISABLE TRIGGER append_only;
	EXECUTE change;
	ALTER TABLE club_entry ENABLE TRIGGER append_only;
	told := ARRAY(SELECT account || ': ' || what FROM club_verify() ORDER BY 1);
	BEGIN
		CALL club_rebuild();
		still := ARRAY(SELECT account || ': ' || what FROM club_verify() ORDER BY 1);
	EXCEPTION WHEN SQLSTATE '23514' OR SQLSTATE 'XX001' THEN still := ARRAY[SQLERRM];
	END;
	RAISE EXCEPTION SQLSTATE 'U0001';
EXCEPTION WHEN SQLSTATE 'U0001' THEN RETURN;
END $$;

-- each column of each row that is derived, made a little different; says is how that is told
CREATE TABLE damage AS
SELECT c.table_name || '.' || c.column_name || ' of ' || r.condition AS what,
	format('UPDATE %I SET %I = %s WHERE %s', c.table_name, c.column_name, format(CASE
		WHEN c.table_name = 'club_account' AND c.column_name = 'lot_points' THEN '%s[:cardinality(lot_id) - 1] || array_fill(77::bigint, ARRAY[1, coalesce(array_length(lot_points, 2), 8)])'
		ELSE CASE c.udt_name WHEN 'bool' THEN 'NOT %s' WHEN 'text' THEN 'coalesce(%s, '''') || ''x'''
			WHEN 'timestamptz' THEN 'CASE WHEN isfinite(%1$s) THEN %1$s + interval ''400 days'' ELSE ''2000-01-01'' END'
			WHEN '_int8' THEN '%1$s[:cardinality(%1$s) - 1] || coalesce(%1$s[cardinality(%1$s)] + 1, 1)' WHEN '_text' THEN '%1$s[:cardinality(%1$s) - 1] || ''x''::text'
			WHEN '_timestamptz' THEN '%1$s[:cardinality(%1$s) - 1] || ''2000-01-01''::timestamptz' ELSE '%s + 1' END END, quote_ident(c.column_name)), r.condition) AS change,
	CASE WHEN c.table_name = 'club_account' AND c.column_name LIKE 'lot\_%' THEN '%: lot %' WHEN c.column_name = 'id' THEN '%: lot %' ELSE r.says || c.column_name END AS says
FROM (VALUES ('club_account', 'account = ''rich''', 'rich: '), ('club_account', 'account = ''poor''', 'poor: '), ('club_account', 'account = ''late''', 'late: '), ('club_account', 'account = ''friend''', 'friend: '),
		('club_lot', 'account = ''rich'' AND id = ''lot 24''', 'rich: lot lot 24 '), ('club_lot', 'account = ''poor'' AND id = ''a''', 'poor: lot a '), ('club_lot', 'account = ''late'' AND id = ''a''', 'late: lot a '),
		('club_entry', 'key = ''gift'' AND account = ''rich''', 'rich: entry gift '), ('club_entry', 'key = ''return''', 'poor: entry return '), ('club_entry', 'key = ''back''', 'late: entry back ')) r(table_name, condition, says)
JOIN information_schema.columns c USING (table_name)
WHERE c.column_name <> 'account' AND (c.table_name <> 'club_entry' OR c.column_name NOT IN ('seq', 'kind', 'key', 'at', 'points', 'ref', 'from_at', 'until_at', 'effective_at', 'reason', 'actor', 'counterpart'));
CREATE TABLE found AS SELECT d.*, p.* FROM damage d, planted(change) p;
SELECT is((SELECT count(*) FROM found)::int, 4 * 31 + 3 * (20 + 12), 'every derived column of an account, a lot and an entry is damaged in turn');
SELECT is_empty('SELECT what, told FROM found WHERE NOT EXISTS (SELECT FROM unnest(told) t WHERE t LIKE says)', 'each time it is told, by its name');
SELECT is_empty($$SELECT what, still FROM found WHERE still <> CASE WHEN what LIKE 'club_account.entries %' THEN '{journal of the account is incomplete}' ELSE '{}' END::text[]$$, 'and mended, but where the journal may be what is wrong');
SELECT is_empty('SELECT * FROM club_verify()', 'without a trace');

-- rows that are missing, or one too many
CREATE FUNCTION tells(change text, expected text[], description text) RETURNS text LANGUAGE sql AS $$
	SELECT is((told, still), (expected, '{}'::text[]), description) FROM planted(change);
$$;
SELECT tells($$DELETE FROM club_account WHERE account = 'friend'$$, '{friend: account,friend: lot present/lot 4}', 'an account that is missing');
SELECT tells($$INSERT INTO club_account (account, available) VALUES ('nobody', 5)$$, '{nobody: available}', 'an account that nobody has posted to');
SELECT tells($$DELETE FROM club_lot WHERE id = 'lot 24'$$, '{rich: lot lot 24,rich: lots_elsewhere}', 'a lot that is missing');
SELECT tells($$INSERT INTO club_lot SELECT (jsonb_populate_record(l, '{"id": "gift"}')).* FROM club_lot l WHERE id = 'lot 24'$$, '{rich: lot gift,rich: lots_elsewhere}', 'a lot that nobody has earned');
SELECT tells($$INSERT INTO club_lot SELECT (jsonb_populate_record(l, '{"account": "nobody"}')).* FROM club_lot l WHERE id = 'lot 24'$$, '{nobody: lot lot 24}', 'a lot without an account');
SELECT tells($$INSERT INTO club_lot SELECT 'rich', (v).id, (v).origin, (v).earned_at, (v).from_at, (v).until_at, 10, 0, 0, 10, 0, 0, 0, 0, false FROM club_lots v WHERE id = 'lot 3'$$, '{rich: lot lot 3 rows,rich: lot lot 3 rows}', 'a lot in two places');

-- a journal that somebody has written into
CREATE FUNCTION betrays(change text, expected text, description text) RETURNS text LANGUAGE sql AS $$
	SELECT ok(expected = ANY (told), format('%s (%s)', description, array_to_string(told, ', '))) FROM planted(change);
$$;
SELECT betrays($$UPDATE club_entry SET points = points + 1 WHERE key = 'back'$$, 'late: entry back available', 'an entry of other points');
SELECT betrays($$UPDATE club_entry SET points = 1 WHERE key = 'a' AND account = 'late'$$, 'late: journal', 'an entry that makes a later one impossible');
SELECT betrays($$UPDATE club_entry SET key = 'lot 26' WHERE key = 'lot 25'$$, 'rich: lot lot 26', 'an entry of another key');
SELECT betrays($$UPDATE club_entry SET kind = 'earn', ref = NULL WHERE key = 'back'$$, 'late: entry back redeemed', 'an entry of another kind');
SELECT betrays($$UPDATE club_entry SET at = day(1) WHERE key = 'gift' AND account = 'rich'$$, 'rich: entry gift at', 'an entry of another time');
SELECT betrays($$UPDATE club_entry SET until_at = day(999) WHERE key = 'lot 25'$$, 'rich: lot lot 25 until_at', 'an entry that ends at another time');
SELECT betrays($$UPDATE club_entry SET seq = seq + 10 WHERE account = 'rich' AND seq > 20$$, 'rich: entry basket seq', 'a gap in the numbers of entries');
SELECT betrays($$UPDATE club_entry SET seq = 0 WHERE account = 'rich' AND key = 'room'$$, 'rich: entry room', 'an entry without a number');
SELECT betrays($$DELETE FROM club_entry WHERE key = 'room'$$, 'rich: entry present seq', 'an entry that is missing');
SELECT betrays($$DELETE FROM club_entry WHERE key = 'back'$$, 'late: journal', 'the last one');
SELECT is(still, '{journal of the account is incomplete}', 'which is not forgotten') FROM planted($$DELETE FROM club_entry WHERE key = 'back'$$);
SELECT is(still, '{}', 'unless the row of the account is gone, too') FROM planted($$DELETE FROM club_entry WHERE key = 'back'; DELETE FROM club_account WHERE account = 'late'$$);
SELECT betrays($$INSERT INTO club_entry SELECT (jsonb_populate_record(e, '{"key": "more", "seq": 4}')).* FROM club_entry e WHERE account = 'late' AND seq = 1$$, 'late: lot more', 'one that nobody has posted');
SELECT betrays($$DELETE FROM club_entry WHERE account = 'friend'$$, 'rich: transfers to friend', 'a transfer that never arrives');

-- an account whose journal cannot be replayed does not hide what is wrong with another one
SELECT is(told, '{late: journal,poor: available}', 'every account is looked at') FROM planted($$UPDATE club_entry SET points = 1 WHERE key = 'a' AND account = 'late'; UPDATE club_account SET available = 5 WHERE account = 'poor'$$);
UPDATE club_account SET available = 0;
CALL club_rebuild('rich');
SELECT is((SELECT array_agg(DISTINCT account) FROM club_verify() WHERE what = 'available'), '{friend,late}', 'a rebuild may be one of one account');
SELECT lives_ok($$SELECT club_earn('rich', 'next', 1, at => day(70))$$, 'which can be posted to again');
CALL club_rebuild();

-- where entries are missing there is no answer, and nothing to make an account from: points that were there would be gone without a word
CREATE TABLE archive AS SELECT * FROM club_entry WHERE account = 'rich' AND seq < 5;
ALTER TABLE club_entry DISABLE TRIGGER append_only;
DELETE FROM club_entry WHERE account = 'rich' AND seq < 5;
ALTER TABLE club_entry ENABLE TRIGGER append_only;
SELECT throws_ok('CALL club_rebuild()', 'XX001', 'journal of the account is incomplete', 'no rebuild of an account whose journal is not whole');
SELECT throws_ok($$CALL club_rebuild('rich')$$, 'XX001', 'journal of the account is incomplete', 'nor of this one alone');
SELECT lives_ok($$CALL club_rebuild('poor')$$, 'another one is not concerned');
SELECT throws_ok($$SELECT club_ledger('rich')$$, 'XX001', 'journal of the account is incomplete', 'it is not shown as a ledger');
SELECT is(club_ledger('rich', NULL), NULL, 'of no time there is no ledger');
SELECT throws_ok($$SELECT club_balance('rich', day(20))$$, 'XX001', 'journal of the account is incomplete', 'nor told what it had');
SELECT is(club_balance('rich', day(70)), (SELECT balance FROM club_balance WHERE account = 'rich'), 'but what it has');
SELECT throws_ok($$SELECT club_balance('rich', day(3))$$, 'XX001', 'journal of the account is incomplete', 'where none of them is left, either');
ALTER TABLE club_entry DISABLE TRIGGER append_only;
INSERT INTO archive SELECT * FROM club_entry WHERE account = 'rich';
DELETE FROM club_entry WHERE account = 'rich';
ALTER TABLE club_entry ENABLE TRIGGER append_only;
SELECT results_eq($$SELECT stored, expected FROM club_verify() WHERE (account, what) = ('rich', 'journal')$$, $$SELECT '0 entries', entries::text FROM club_account WHERE account = 'rich'$$, 'where all of them are missing, a verification says so');
SELECT throws_ok('CALL club_rebuild()', 'XX001', 'journal of the account is incomplete', 'and what they made is not thrown away');
SELECT throws_ok($$CALL club_rebuild('rich')$$, 'XX001', 'journal of the account is incomplete', 'of one account, either');
ALTER TABLE club_entry DISABLE TRIGGER append_only;
INSERT INTO club_entry SELECT * FROM archive;
ALTER TABLE club_entry ENABLE TRIGGER append_only;
SELECT is_empty('SELECT * FROM club_verify()', 'all is well when they are back');
-- what somebody has added to the rows of accounts, or lets refer to them, outlives a rebuild
CREATE TABLE member (account text REFERENCES club_account ON DELETE CASCADE);
INSERT INTO member VALUES ('rich');
ALTER TABLE club_account ADD note text;
UPDATE club_account SET note = 'a friend of the house' WHERE account = 'rich';
CALL club_rebuild();
SELECT results_eq('SELECT account, note FROM member JOIN club_account USING (account)', $$VALUES ('rich', 'a friend of the house')$$, 'rows of accounts stay where they are');
SELECT throws_ok($$UPDATE club_entry SET available = 0$$, '42501', 'the journal of a points ledger is append-only', 'and the journal is closed as before');

-- numbers that do not add up are an error, and no endless task
SELECT club_earn('less', 'k', 10, at => day(1)), club_hold('less', 'h', 3, day(5), at => day(1)) \g /dev/null
SELECT throws_ok(format('DO $do$ BEGIN UPDATE club_account SET %s WHERE account = ''less''; PERFORM club_balance(''less''); END $do$', change), 'XX001', 'account of the points ledger is damaged', change)
FROM unnest('{lot_points[1][2]=-20, lot_points[1][1]=-20, lot_points[1][3]=-3, "part_points=''{-3}''", "debt_number=''{1}'', debt_lot=''{NULL}'', debt_points=''{-1}''"}'::text[]) change;

-- neither has to do with each entry for each of the others; nor has time that goes by, lot after lot
SELECT club_earn_many(array_fill('busy'::text, '{6000}'), array_agg('n ' || n), array_fill(1::bigint, '{6000}'), until_at => array_agg(day(80) + n * interval '1 minute'), at => day(70)) FROM generate_series(1, 6000) n \g /dev/null
SELECT performs_ok($$SELECT club_earn('busy', 'later', 1, at => day(80) + interval '5990 minutes')$$, 10000, 'thousands of lots end one after the other');
SELECT is(balance, 11::bigint, 'and no other') FROM club_balance WHERE account = 'busy';
SELECT performs_ok('CALL club_rebuild()', 10000, 'a rebuild replays an account once or twice, however many entries it has');
UPDATE club_account SET available = 7 WHERE account = 'busy';
ALTER TABLE club_entry DISABLE TRIGGER append_only;
UPDATE club_entry SET issued = 2, lot = '{}' WHERE account = 'busy';
ALTER TABLE club_entry ENABLE TRIGGER append_only;
SELECT performs_ok($$CALL club_rebuild('busy')$$, 10000, 'where all of them are wrong, too');
SELECT performs_ok('SELECT count(*) FROM club_verify()', 10000, 'as does a verification');
SELECT is_empty($$SELECT * FROM club_verify() WHERE account = 'busy'$$, 'and all is well');

SELECT * FROM finish();
ROLLBACK;
