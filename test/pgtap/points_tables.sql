-- Points ledgers in tables: the same answers as the fold of the journal, on random entries.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

-- Seeded: LOYALTY_SEED repeats another run, LOYALTY_ACCOUNTS says how many accounts each of the three ledgers has.
\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
\getenv accounts LOYALTY_ACCOUNTS
\if :{?accounts}
\else
\set accounts 12
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0)::text;

-- ---------- random entries, to tables and to a value ----------

CREATE SCHEMA "Odd ""name";
CALL create_points_ledger('Odd "name', 'fefo', 'Europe/Athens', 0, '9 days');
CALL create_points_ledger('Odd "name', 'Fi"fo', grace => '1 day', spend_order => 'fifo');
CALL create_points_ledger('Odd "name', 'for''give; DROP', clawback => 'forgive');
SELECT has_table('Odd "name', t::name, 'ledgers live side by side under names that need quoting: ' || t) FROM unnest('{fefo_entry, "Fi\"fo_entry", "for''give; DROP_entry"}'::text[]) t;

CREATE FUNCTION day(n int) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2026-01-01Z'::timestamptz + n * interval '1 day';
CREATE FUNCTION pick(VARIADIC items text[]) RETURNS text LANGUAGE sql RETURN items[1 + floor(random() * cardinality(items))::int];
CREATE TABLE outcome (ledger text, account text, n int, kind text, fault text, value_fault text);
CREATE TABLE stored AS SELECT ''::text AS ledger, ''::text AS account, NULL::points_ledger AS l WHERE false;
CREATE PROCEDURE random_entries(ledger text, account text, size int, many_lots bool, policy points_ledger) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	tables regclass := format('%I.%I', 'Odd "name', ledger || '_account')::regclass;
	l points_ledger := policy; after points_ledger; kind text; key text; ref text; at timestamptz; points bigint; from_at timestamptz; until_at timestamptz; clock int := 0; fault text; value_fault text;
BEGIN
	FOR n IN 1 .. size LOOP
		clock := clock + floor(random() * random() * CASE WHEN many_lots THEN 3 ELSE 9 END)::int;
		kind := CASE WHEN many_lots AND random() < 0.5 THEN 'earn' ELSE pick('earn', 'earn', 'earn', 'confirm', 'hold', 'capture', 'void', 'redeem', 'redeem', 'refund', 'refund', 'reverse', 'reverse', 'adjust') END;
		key := n::text;
		at := day(clock);
		points := CASE WHEN kind NOT IN ('confirm', 'void') THEN 1 + floor(random() * CASE WHEN kind = 'redeem' AND random() < 0.2 THEN 200 ELSE 20 END) END;
		ref := CASE WHEN kind IN ('confirm', 'capture', 'void', 'refund', 'reverse') THEN (
			SELECT id FROM (
				SELECT e.key AS id FROM entries(l) e WHERE e.kind = ANY (CASE kind WHEN 'capture' THEN '{hold}' WHEN 'void' THEN '{hold}' WHEN 'refund' THEN '{redeem,capture,adjust}' ELSE '{earn}' END::text[])
				UNION ALL SELECT id FROM lots(l) WHERE origin IS NOT NULL AND kind = 'reverse') s ORDER BY random() LIMIT 1) END;
		IF kind = 'adjust' THEN points := points * pick('1', '-1')::int; ref := pick('allow_arrears', NULL); END IF;
		from_at := CASE kind WHEN 'earn' THEN pick(NULL, NULL, day(clock + 5)::text, 'infinity')::timestamptz END;
		until_at := CASE WHEN kind IN ('earn', 'hold') THEN pick(NULL, day(clock - 1 + floor(random() * CASE WHEN many_lots THEN 60 ELSE 25 END)::int)::text)::timestamptz END;
		IF random() < 0.1 THEN		-- the same again, or nearly
			SELECT e.kind, e.key, e.points, e.ref, e.from_at, e.until_at INTO kind, key, points, ref, from_at, until_at FROM entries(l) e ORDER BY random() LIMIT 1;
			CONTINUE WHEN NOT FOUND;
			points := points + floor(random() * 1.5)::int;
		END IF;
		fault := NULL; value_fault := NULL;
		BEGIN
			after := apply_entry(l, kind, key, at, points, ref, from_at, until_at);
		EXCEPTION WHEN OTHERS THEN value_fault := SQLSTATE || ' ' || SQLERRM;
		END;
		BEGIN
			PERFORM post_points_entry(tables, account, kind, key, at, points, ref, from_at, until_at, NULL, 'why', NULL);
		EXCEPTION WHEN OTHERS THEN fault := SQLSTATE || ' ' || SQLERRM;
		END;
		INSERT INTO outcome VALUES (ledger, account, n, kind, fault, value_fault);
		IF value_fault IS NULL THEN l := after; END IF;
	END LOOP;
	INSERT INTO stored VALUES (ledger, account, l);
END $$;
SELECT format('CALL random_entries(%L, %L, %s, %s, %L)', ledger, 'a' || n, CASE WHEN n % 3 = 0 THEN 150 ELSE 50 END, (n % 3 = 0)::text, policy)
FROM (VALUES ('fefo', empty_points_ledger('9 days')), ('Fi"fo', empty_points_ledger('1 day', 'fifo')), ('for''give; DROP', empty_points_ledger(clawback => 'forgive'))) p(ledger, policy), generate_series(1, :accounts) n
\gexec
SELECT diag(format('%s entries, %s rejected', count(*), count(fault))) FROM outcome;
SELECT is_empty($$SELECT * FROM outcome WHERE fault IS DISTINCT FROM value_fault$$, 'tables accept and reject what the value accepts and rejects, with the same words');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'each stored account is what its journal folds to: fefo');
SELECT is_empty($$SELECT * FROM "Odd ""name"."Fi""fo_verify"()$$, 'fifo');
SELECT is_empty($$SELECT * FROM "Odd ""name"."for'give; DROP_verify"()$$, 'forgive');
SELECT is_empty($$SELECT * FROM stored WHERE l <> CASE ledger WHEN 'fefo' THEN "Odd ""name".fefo_ledger(account) WHEN 'Fi"fo' THEN "Odd ""name"."Fi""fo_ledger"(account) ELSE "Odd ""name"."for'give; DROP_ledger"(account) END$$,
	'the ledger of an account in tables is the value, byte for byte');
SELECT is((SELECT sum(points) FROM "Odd ""name".fefo_trial_balance), 0::numeric, '14: members and system accounts add up to 0');
SELECT cmp_ok((SELECT max(lots_elsewhere) FROM "Odd ""name".fefo_account), '>', 16::bigint, 'some accounts have more lots than their row holds');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_account WHERE front > 8$$, 'which is eight of those that come next');
SELECT is_empty($$SELECT * FROM stored, LATERAL (SELECT book_time(l) + d * interval '1 day' AS t FROM unnest('{0, 3, 17, 400}'::int[]) d) s
	WHERE ledger = 'fefo' AND t IS NOT NULL AND "Odd ""name".fefo_balance(account, t) <> balance(l, t)$$, 'the balance at a time to come is that of the value');
SELECT is_empty($$SELECT * FROM stored, entries(l) e
	WHERE ledger = 'fefo' AND account IN ('a1', 'a3') AND "Odd ""name".fefo_balance(account, e.at) <> balance("Odd ""name".fefo_ledger(account, e.at), e.at)$$, 'at a time gone by it is that of the entries until then');

-- what is derived can be lost
CREATE TABLE before AS SELECT * FROM "Odd ""name".fefo_lots;
UPDATE "Odd ""name".fefo_account SET available = available + 1 WHERE account = 'a1';
DELETE FROM "Odd ""name".fefo_lot WHERE account = 'a2';
SELECT isnt_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'damage is told');
CALL "Odd ""name".fefo_rebuild();
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'and mended from the journal');
SELECT is_empty($$(TABLE before EXCEPT TABLE "Odd ""name".fefo_lots) UNION ALL (TABLE "Odd ""name".fefo_lots EXCEPT TABLE before)$$, 'with all lots as they were');
SELECT is((SELECT count(*) FROM outcome WHERE fault IS NULL AND ledger = 'fefo') > (SELECT count(*) FROM "Odd ""name".fefo_entry), true, 'repetitions are not in the journal');
SELECT lives_ok(format('CALL random_entries(%L, %L, 60, true, %L)', 'fefo', 'b1', empty_points_ledger('9 days')), 'life goes on after that');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'and is verified');

-- ---------- the same journal in batches ----------

CALL create_points_ledger('Odd "name', 'batch', 'Europe/Athens', 0, '9 days');
CREATE FUNCTION in_batches(size int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 0..(SELECT count(*) / size FROM "Odd ""name".fefo_entry) LOOP
		RETURN QUERY SELECT format('%s of %s', i, size) FROM
			(SELECT "Odd ""name".batch_post(array_agg(account), array_agg(kind), array_agg(key), array_agg(at), array_agg(points), array_agg(ref), array_agg(from_at), array_agg(until_at), array_agg(effective_at), array_agg(reason)) AS answer, array_agg(available - arrears) AS balance
			FROM (SELECT * FROM "Odd ""name".fefo_entry ORDER BY seq, account OFFSET i * size LIMIT size) e) s
			WHERE answer <> balance;
	END LOOP;
END $$;
SELECT is_empty('SELECT in_batches(37)', 'in batches the same balances come out');
SELECT is_empty('SELECT in_batches(100000)', 'and again when everything is repeated at once');
SELECT is_empty($$SELECT account FROM "Odd ""name".fefo_account WHERE "Odd ""name".fefo_ledger(account) <> "Odd ""name".batch_ledger(account)$$, 'and the same journals');
SELECT is_empty($$SELECT * FROM "Odd ""name".batch_verify()$$, 'and what they fold to');
DO $$ BEGIN EXECUTE 'ALTER TABLE "Odd ""name".batch_entry DISABLE TRIGGER append_only; GRANT TRUNCATE ON "Odd ""name".batch_entry TO CURRENT_USER; TRUNCATE "Odd ""name".batch_entry, "Odd ""name".batch_account, "Odd ""name".batch_lot'; END $$;
SELECT is_empty('SELECT in_batches(100000)', 'likewise in one batch');
SELECT is_empty($$SELECT account FROM "Odd ""name".fefo_account WHERE "Odd ""name".fefo_ledger(account) <> "Odd ""name".batch_ledger(account)$$, 'which gives the same journals');
SELECT is((SELECT sum(b) FROM (SELECT unnest("Odd ""name".batch_earn_many(array_agg('many ' || n % 7), array_agg('e' || n), array_agg(1::bigint), at => day(2000))) AS b FROM generate_series(0, 2799) n) s),
	7 * 400 * 401 / 2::numeric, 'more entries than are written at once');
SELECT is_empty($$SELECT * FROM "Odd ""name".batch_verify()$$, 'and what they all fold to');

-- ---------- transfers, merges, batches ----------

SELECT lives_ok($$
	SELECT "Odd ""name".fefo_transfer(a, b, 'move ' || n, greatest(balance, 1), at => day(2000 + n::int)) FROM
		(SELECT row_number() OVER (ORDER BY account) AS n, account AS a, lead(account) OVER (ORDER BY account) AS b, "Odd ""name".fefo_balance(account, day(2000)) AS balance FROM "Odd ""name".fefo_account) s
	WHERE balance > 0 AND b IS NOT NULL$$, 'points move from account to account');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'and all is well');
SELECT "Odd ""name".fefo_earn('m1', 'o1', 30, until_at => day(3000), at => day(2100)) AS x, "Odd ""name".fefo_earn('m1', 'o2', 10, from_at => day(2200), at => day(2100)), "Odd ""name".fefo_earn('m2', 'o1', 7, at => day(2100)) \g /dev/null
SELECT is("Odd ""name".fefo_merge('m1', 'm2', 'same person', at => day(2101)), 0::bigint, 'a merge leaves nothing behind');
SELECT is("Odd ""name".fefo_merge('m1', 'm2', 'same person', at => day(2109)), 0::bigint, 'again it does nothing');
SELECT results_eq($$SELECT available, pending FROM "Odd ""name".fefo_account WHERE account = 'm2'$$, 'VALUES (37::bigint, 10::bigint)', 'and takes along what is pending');
SELECT throws_ok($$SELECT "Odd ""name".fefo_merge('m1', 'm3', 'same person')$$, '23505', NULL, 'into one account only');
SELECT "Odd ""name".fefo_earn('n1', 'k', 5, until_at => day(2110), at => day(2100)), "Odd ""name".fefo_hold('n1', 'h', 5, day(2120), at => day(2101)) \g /dev/null
SELECT throws_ok($$SELECT "Odd ""name".fefo_merge('n1', 'm2', 'm', at => day(2119))$$, '23514', NULL, 'points on hold stand in the way');
SELECT is("Odd ""name".fefo_merge('n1', 'm2', 'm', at => day(2120)), 0::bigint, 'until the hold has lapsed, even if nothing is left');
SELECT "Odd ""name".fefo_earn('n3', '1', 10, at => day(10)), "Odd ""name".fefo_earn('n4', '1', 10, at => day(20)), "Odd ""name".fefo_transfer('n3', 'n4', 't', 3, at => day(15)), "Odd ""name".fefo_merge('n3', 'n4', 'm', at => day(5), effective_at => day(4)) \g /dev/null
SELECT results_eq($$SELECT account COLLATE "default", kind, at, effective_at FROM "Odd ""name".fefo_entry WHERE account IN ('n3', 'n4') AND key <> '1' ORDER BY account COLLATE "C", seq$$,
	$$VALUES ('n3', 'transfer_out', day(20), day(15)), ('n3', 'merge_out', day(20), day(4)), ('n4', 'transfer_in', day(20), day(15)), ('n4', 'merge_in', day(20), day(4))$$, 'what was moved before the book time of one of the two keeps its date');
SELECT throws_ok($$SELECT "Odd ""name".fefo_merge('m1 ', 'm2', 'misspelt')$$, 'P0002', 'there is no such account to be merged', 'a name that was misspelt is no account that is empty');
SELECT "Odd ""name".fefo_earn('n1', 'c', 10, at => day(2100)) AS x, "Odd ""name".fefo_earn('n1', 'b/c', 10, at => day(2100)) \g /dev/null
SELECT is("Odd ""name".fefo_transfer('n1', 'n2', 'a', 10, at => day(2101)), 10::bigint, 'points arrive as lot a/b/c');
SELECT throws_ok($$SELECT "Odd ""name".fefo_transfer('n1', 'n2', 'a/b', 10, at => day(2101))$$, '23505', NULL, 'others that would be called so are not taken for the same');
SELECT is("Odd ""name".fefo_transfer('n1', 'n2', 'x', 10, at => day(2101)), 0::bigint, 'and go under a key of their own');
SELECT throws_ok($$SELECT "Odd ""name".fefo_transfer('m2', 'm2', 'x', 1)$$, '22023', NULL, 'no account moves points to itself');
SELECT is("Odd ""name".fefo_earn_many('{c2,c1,c2}', '{1,1,2}', '{5,6,7}', at => day(2100)), '{5,6,12}'::bigint[], 'a batch answers in its own order');
SELECT is("Odd ""name".fefo_earn_many('{c2,c1,c2,c2}', '{1,1,2,2}', '{5,6,7,7}', at => day(2101)), '{5,6,12,12}'::bigint[], 'and again');
SELECT is("Odd ""name".fefo_earn_many('{c3,c3,c3}', '{1,1,2}', '{5,5,6}', at => day(2100)), '{5,5,11}'::bigint[], 'an entry that comes twice in a batch counts once');
SELECT throws_ok($$SELECT "Odd ""name".fefo_earn_many('{c3,c3}', '{3,3}', '{5,6}', at => day(2100))$$, '23505', NULL, 'unless it is another one');
SELECT throws_ok($$SELECT "Odd ""name".fefo_earn_many('{c3,c4}', '{2,1}', '{5,6}', at => day(2100))$$, '23505', NULL, 'as for one of an earlier batch');
SELECT throws_ok($$SELECT "Odd ""name".fefo_post('{d1,d2}', '{earn,redeem}', '{1,1}', ARRAY[day(1), day(1)], '{5,6}')$$, '23514', 'insufficient points', 'one bad entry');
SELECT is_empty($$SELECT FROM "Odd ""name".fefo_account WHERE account LIKE 'd%'$$, 'spoils the batch');
SELECT throws_ok($$SELECT "Odd ""name".fefo_post('{d1}', '{transfer_in}', '{1}', ARRAY[day(1)], '{5}', NULL, ARRAY[day(1)])$$, '22023', NULL, 'no half of a transfer');
SELECT throws_ok($$SELECT "Odd ""name".fefo_post('{d1,d2}', '{earn}', '{1,1}', ARRAY[day(1), day(1)], '{5,6}')$$, '2202E', NULL, 'arrays must fit');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'all is well');

-- ---------- the journal ----------

-- an entry that only made a lot of its own does not repeat it; the views tell it all the same
SELECT "Odd ""name".fefo_earn('lots', 'e1', 100, at => day(3000)), "Odd ""name".fefo_redeem('lots', 'r1', 90, at => day(3001)), "Odd ""name".fefo_reverse('lots', 'v1', 'e1', 100, at => day(3002)),
	"Odd ""name".fefo_earn('lots', 'pays', 40, at => day(3003)), "Odd ""name".fefo_earn('lots', 'pays too', 60, at => day(3004)), "Odd ""name".fefo_earn('lots', 'past', 5, until_at => day(1), at => day(3005)),
	"Odd ""name".fefo_adjust('lots', 'up', 7, 'gift', at => day(3006)), "Odd ""name".fefo_adjust('lots', 'down', -3, 'error', at => day(3007)), "Odd ""name".fefo_earn('lots', 'wait', 9, from_at => 'infinity', at => day(3008)),
	"Odd ""name".fefo_confirm('lots', 'ok', 'wait', at => day(3009)), "Odd ""name".fefo_transfer('lots', 'lots too', 't', 5, at => day(3010)) \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', seq, key, lots, lot_points), '; ' ORDER BY account, seq) FROM "Odd ""name".fefo_history WHERE account LIKE 'lots%'),
	'1 e1 {e1} {100}; 2 r1 {e1} {90}; 3 v1 {e1} {-10}; 4 pays; 5 pays too {"pays too"} {10}; 6 past; 7 up {up} {7}; 8 down {"pays too"} {3}; 9 wait {wait} {9}; 10 ok; 11 t {"pays too"} {5}; 1 t/pays too {"t/pays too"} {5}',
	'the history tells the lots of each entry');
SELECT results_eq($$SELECT account, seq, key, kind, lot, points FROM "Odd ""name".fefo_allocation WHERE account LIKE 'lots%' ORDER BY account, seq$$,
	$$SELECT account, seq, key, kind, lots[1], lot_points[1] FROM "Odd ""name".fefo_history WHERE account LIKE 'lots%' AND lots IS NOT NULL ORDER BY account, seq$$, 'as do the allocations');
SELECT is((SELECT string_agg(concat_ws(' ', key, lot), ', ' ORDER BY seq) FROM "Odd ""name".fefo_entry WHERE account = 'lots' AND lot IS DISTINCT FROM NULL AND kind IN ('earn', 'adjust')),
	'pays {}, pays too {"pays too"}, past {}, down {"pays too"}', 'while the journal repeats none that is a matter of course');
SELECT throws_ok($$DELETE FROM "Odd ""name".fefo_entry$$, '42501', NULL, 'the journal is append-only');
SELECT throws_ok($$UPDATE "Odd ""name".fefo_entry SET points = 1$$, '42501', NULL, 'for its owner too');
SELECT throws_ok($$UPDATE "Odd ""name".fefo_settings SET clawback = 'refuse'$$, '42501', NULL, 'policies do not change: the journal is folded by them');
SELECT throws_ok($$SELECT "Odd ""name".fefo_adjust('c1', 'why', 5, NULL)$$, '22004', NULL, 'an adjustment needs a reason');
SELECT "Odd ""name".fefo_adjust('c1', 'why', -20, 'counted twice', true, at => day(2102)) \g /dev/null
SELECT is((SELECT format('%s to %s: %s, by %s', change, balance, reason, actor) FROM "Odd ""name".fefo_history WHERE account = 'c1' ORDER BY seq DESC LIMIT 1),
	'-20 to -14: counted twice, by ' || session_user, 'the history tells what changed a balance, why and by whom');
SELECT is_empty($$SELECT FROM information_schema.columns WHERE table_schema = 'Odd "name' AND table_name ~ '_(account|lot|entry|settings)$' AND udt_schema <> 'pg_catalog'$$, 'tables are made of built-in types only');

-- ---------- tables that are not as they were made ----------

ALTER TABLE "Odd ""name".batch_entry ADD CONSTRAINT most CHECK (points < 1000);
SELECT throws_ok($$SELECT "Odd ""name".batch_earn('odd', '1', 1000, at => day(2100))$$, '23514', NULL, 'constraints of yours hold');
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE context text;
BEGIN EXECUTE statement; RETURN NULL; EXCEPTION WHEN check_violation THEN GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT; RETURN context; END $$;
SELECT unalike(refused($$SELECT "Odd ""name".batch_earn('odd', '1', 1000, at => day(2100))$$), '%SQL statement "INSERT%', 'no statement is needed');
CREATE FUNCTION elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER elsewhere AFTER TRUNCATE ON "Odd ""name".batch_entry FOR EACH STATEMENT EXECUTE FUNCTION elsewhere();
SELECT alike(refused($$SELECT "Odd ""name".batch_earn('odd', '1', 1000, at => day(2100))$$), '%SQL statement "INSERT%',
	'but where rows may be kept elsewhere, as by Citus, whose sign is a trigger after TRUNCATE');
DROP TRIGGER elsewhere ON "Odd ""name".batch_entry;
ALTER TABLE "Odd ""name".batch_entry DROP CONSTRAINT batch_entry_pkey, ADD PRIMARY KEY (account, key);
SELECT is(ARRAY["Odd ""name".batch_earn('odd', '0', 4, at => day(2100)), "Odd ""name".batch_redeem('odd', '0 spent', 4, at => day(2100)), "Odd ""name".batch_earn('odd', '0', 4, at => day(2100))],
	'{4,0,4}', 'the key of the journal may have its columns the other way round');
CALL create_points_ledger('Odd "name', 'swap');
ALTER TABLE "Odd ""name".swap_entry RENAME pending TO was; ALTER TABLE "Odd ""name".swap_entry RENAME held TO pending; ALTER TABLE "Odd ""name".swap_entry RENAME was TO held;
SELECT "Odd ""name".swap_earn('order', '1', 5, at => day(2100)), "Odd ""name".swap_hold('order', '2', 5, at => day(2100)) \g /dev/null
SELECT results_eq($$SELECT pending, held FROM "Odd ""name".swap_entry WHERE account = 'order' AND key = '2'$$, 'VALUES (0::bigint, 5::bigint)', 'columns may lie in another order');
SELECT is_empty($$SELECT * FROM "Odd ""name".swap_verify()$$, 'they are known by their names');
ALTER TABLE "Odd ""name".batch_entry ADD shop text DEFAULT 'main';
SELECT is("Odd ""name".batch_earn('odd', '1', 5, at => day(2100)), 5::bigint, 'a table of the ledger may have more columns');
SELECT is((SELECT shop FROM "Odd ""name".batch_entry WHERE account = 'odd' AND key = '1'), 'main', 'which get their defaults');
CREATE TABLE heard (what text);
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.heard VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN CASE WHEN NEW.account = 'even' AND NEW.entries = 1 THEN NULL ELSE NEW END; END $$;
CREATE TRIGGER hear BEFORE UPDATE ON "Odd ""name".batch_account FOR EACH ROW EXECUTE FUNCTION hear();
SELECT is("Odd ""name".batch_redeem('odd', '2', 2, at => day(2100)), 3::bigint, 'triggers of yours');
SELECT results_eq('TABLE heard', $$VALUES ('batch_account UPDATE')$$, 'are heard');
SELECT throws_ok($$SELECT "Odd ""name".batch_earn('even', '1', 5, at => day(2100))$$, '42501', 'points ledger cannot be written', 'but cannot keep the state from being written');
DROP TRIGGER hear ON "Odd ""name".batch_account;
-- the fefo ledger's journal and accounts are as they were made, its lots are not
ALTER TABLE "Odd ""name".fefo_lot ADD note text DEFAULT 'seen';
SELECT is(("Odd ""name".fefo_earn_many(array_agg('wide ' || n % 2), array_agg('e' || n), array_agg(1::bigint), at => day(2100)))[39:40], '{20,20}'::bigint[], 'the table of lots may have more columns, too') FROM generate_series(1, 40) n;
SELECT is((SELECT DISTINCT note FROM "Odd ""name".fefo_lot WHERE account LIKE 'wide%'), 'seen', 'with defaults of their own');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE "Odd ""name".fefo_account SET lots = lots WHERE account = NEW.account; RETURN NULL; END $$;
CREATE TRIGGER touch AFTER INSERT ON "Odd ""name".fefo_lot FOR EACH ROW EXECUTE FUNCTION touch();
SELECT is("Odd ""name".fefo_earn_many(array_agg('wide ' || n % 2), array_agg('f' || n), array_agg(1::bigint), at => day(2100)), (SELECT array_agg(20 + (n + 1) / 2::bigint ORDER BY n) FROM generate_series(1, 40) n), 'a trigger of the lots may write into the rows of accounts') FROM generate_series(1, 40) n;
SELECT is("Odd ""name".fefo_earn('wide 0', 'g' || n, 1, at => day(2100)), 40 + n::bigint, 'entry by entry as well') FROM generate_series(1, 10) n;
CREATE TRIGGER touch AFTER INSERT ON "Odd ""name".fefo_entry FOR EACH ROW EXECUTE FUNCTION touch();
SELECT is("Odd ""name".fefo_earn_many('{wide 0,wide 1,wide 0}', '{h,h,i}', '{1,1,1}', at => day(2100)), '{51,41,52}'::bigint[], 'so may one of the journal, though nothing else is unusual');
SELECT is("Odd ""name".fefo_redeem('wide 0', 'j', 2, at => day(2100)), 50::bigint, 'for one entry, too');
DROP TRIGGER touch ON "Odd ""name".fefo_lot; DROP TRIGGER touch ON "Odd ""name".fefo_entry;
CREATE FUNCTION touch_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE "Odd ""name".fefo_account SET lots = lots WHERE account LIKE 'wide%'; RETURN NULL; END $$;
CREATE TRIGGER touch_old AFTER UPDATE OR DELETE OR INSERT ON "Odd ""name".fefo_lot FOR EACH ROW EXECUTE FUNCTION touch_old();
SELECT is("Odd ""name".fefo_redeem('wide 0', 'k', 30, at => day(2100)), 20::bigint, 'or one that hears of lots that change and go');
SELECT is("Odd ""name".fefo_reverse('wide 1', 'k', 'e1', 1, at => day(2100)), 40::bigint, 'of an entry');
SELECT is("Odd ""name".fefo_post('{wide 0,wide 1}', '{reverse,redeem}', '{l,l}', ARRAY[day(2100), day(2100)], '{1,15}', '{f40,NULL}'), '{19,25}', 'of a batch');
SELECT is("Odd ""name".fefo_transfer('wide 1', 'wide 0', 'm', 12, at => day(2100)), 13::bigint, 'of a transfer, in which both accounts are at hand');
DROP TRIGGER touch_old ON "Odd ""name".fefo_lot;
ALTER TABLE "Odd ""name".fefo_lot DROP note;
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify() WHERE account LIKE 'wide%'$$, 'and all is well');
ALTER TABLE "Odd ""name".batch_account ADD latest text;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE "Odd ""name".batch_account SET latest = NEW.key WHERE account = NEW.account; RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON "Odd ""name".batch_entry FOR EACH ROW EXECUTE FUNCTION note();
SELECT is("Odd ""name".batch_redeem('odd', '3', 1, at => day(2100)), 2::bigint, 'a trigger of the journal may write into the row of the account');
SELECT is("Odd ""name".batch_post('{odd,even}', '{redeem,earn}', '{4,1}', ARRAY[day(2100), day(2100)], '{1,5}'), '{1,5}', 'in a batch, too');
SELECT results_eq($$SELECT account, available, latest FROM "Odd ""name".batch_account WHERE account IN ('odd', 'even') ORDER BY account$$, $$VALUES ('even' COLLATE "C", 5::bigint, '1'), ('odd', 1, '4')$$, 'and both are kept');
SELECT is_empty($$SELECT * FROM "Odd ""name".batch_verify()$$, 'and all is well');

-- what is wrong in a batch is told with its account; what array_agg() makes of no rows is a batch of none
CREATE FUNCTION context_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE context text;
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RETURN SQLSTATE || ' ' || substring(context FROM 'points account "[^"]*"');
END $$;
SELECT is(context_of($$SELECT "Odd ""name".batch_earn_many('{d1,d2,d3}', '{k,k,k}', '{5,0,5}')$$), '22023 points account "d2"', 'of a row that makes no sense');
SELECT is(context_of($$SELECT "Odd ""name".batch_post('{d1,d2}', '{earn,redeem}', '{k,k}', ARRAY[day(1), day(1)], '{5,6}')$$), '23514 points account "d2"', 'of one that is refused');
SELECT "Odd ""name".batch_earn_many('{d1,d2}', '{k,k}', '{5,6}') \g /dev/null
SELECT "Odd ""name".batch_adjust('d3', 'owed', -5, 'a fee', true) \g /dev/null
SELECT is(context_of($$SELECT "Odd ""name".batch_merge('d3', 'd1', 'm')$$), '23514 points account "d3"', 'of an account in the way of a merge');
SELECT is(context_of($$SELECT "Odd ""name".batch_earn_many('{d1,d2}', '{k,k}', '{5,7}')$$), '23505 points account "d2"', 'of one whose key has been used');
SELECT is("Odd ""name".batch_earn_many(array_agg(k), array_agg(k), array_agg(p)), NULL::bigint[], 'no rows are no error') FROM (VALUES ('k', 5::bigint)) AS none(k, p) WHERE false;
SELECT is("Odd ""name".batch_post(NULL, NULL, NULL, NULL, NULL), NULL::bigint[], 'of any kind');
SELECT throws_ok($$SELECT "Odd ""name".batch_post(NULL, '{earn}', NULL, ARRAY[day(1)], '{5}')$$, '22004', NULL, 'some of a row are');
SELECT throws_ok($$SELECT "Odd ""name".batch_earn_many('{d1}', NULL, '{5}')$$, '22004', NULL, 'an array that is left out is');
SELECT throws_ok($$SELECT "Odd ""name".batch_earn_many(NULL, '{k}', '{5}')$$, '22004', NULL, 'whichever');

-- ---------- pending lots ----------

-- a spending does not look at what is not there yet, nor write it again
SELECT "Odd ""name".fefo_earn_many(array_fill('p1'::text, '{300}'), array_agg('p' || n), array_fill(2::bigint, '{300}'), from_at => array_agg(CASE WHEN n % 3 = 0 THEN 'infinity' ELSE day(100 + n) END), until_at => array_agg(day(500 + n)), at => day(1)) FROM generate_series(1, 300) n \g /dev/null
SELECT "Odd ""name".fefo_earn('p1', 'free', 1000, at => day(1)), "Odd ""name".fefo_redeem('p1', 'r0', 1, at => day(2)) \g /dev/null
CREATE TABLE lying AS SELECT id, ctid AS place FROM "Odd ""name".fefo_lot WHERE account = 'p1';
SELECT cmp_ok((SELECT count(*) FROM lying), '>', 280::bigint, 'there are many in the table of lots');
SELECT "Odd ""name".fefo_redeem('p1', 'r1', 1, at => day(3)), "Odd ""name".fefo_refund('p1', 'f1', 'r1', 1, at => day(3)) \g /dev/null
SELECT is_empty($$SELECT id FROM lying FULL JOIN "Odd ""name".fefo_lot l USING (id) WHERE (l.account = 'p1' OR l.account IS NULL) AND l.ctid IS DISTINCT FROM place$$, 'none of them is written by a redemption');
SELECT is("Odd ""name".fefo_redeem('p1', 'r2', 3, at => day(102)), 1000::bigint, 'those that have begun');
SELECT results_eq($$SELECT lot, points FROM "Odd ""name".fefo_allocation WHERE account = 'p1' AND key = 'r2' ORDER BY lot$$, $$VALUES ('p1', 2::bigint), ('p2', 1)$$, 'are spent in their turn');
SELECT "Odd ""name".fefo_confirm('p1', 'c', 'p6', at => day(103)), "Odd ""name".fefo_redeem('p1', 'r3', 4, at => day(103)) \g /dev/null
SELECT results_eq($$SELECT lot, points FROM "Odd ""name".fefo_allocation WHERE account = 'p1' AND key = 'r3' ORDER BY lot$$, $$VALUES ('free', 1::bigint), ('p2', 1), ('p6', 2)$$, 'one that was confirmed, too');
SELECT is("Odd ""name".fefo_merge('p1', 'p2', 'all', at => day(150)), 0::bigint, 'a merge takes all of them');
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify() WHERE account LIKE 'p_'$$, 'and all is well');

-- ---------- what is kept beside what is folded ----------

SELECT "Odd ""name".fefo_post('{g1,g1}', '{earn,adjust}', '{1,2}', ARRAY[day(1), day(2)], '{5,-1}', effective_at => ARRAY[day(0), NULL], reason => '{NULL,a fee}', actor => 'import') \g /dev/null
SELECT results_eq($$SELECT kind, effective_at, reason, actor FROM "Odd ""name".fefo_entry WHERE account = 'g1' ORDER BY seq$$, $$VALUES ('earn', day(0), NULL, 'import'), ('adjust', NULL, 'a fee', 'import')$$,
	'a batch says for each entry when it really happened, and why');
SELECT throws_ok($$SELECT "Odd ""name".fefo_post('{g1}', '{adjust}', '{3}', ARRAY[day(2)], '{5}')$$, '22004', 'an adjustment needs a reason', 'in a batch, too');
SELECT throws_ok($$SELECT "Odd ""name".fefo_earn('g1', '3', 5, effective_at => 'infinity')$$, '22008', 'effective_at must be finite', 'what happened at no time has not happened');
SELECT throws_ok($$SELECT "Odd ""name".fefo_transfer('g1', 'g2', '3', 1, effective_at => '-infinity')$$, '22008', 'effective_at must be finite', 'nor was it moved');
SELECT "Odd ""name".fefo_earn('g1', 'late', 1, at => day(1)) \g /dev/null
SELECT results_eq($$SELECT at, effective_at FROM "Odd ""name".fefo_entry WHERE (account, key) = ('g1', 'late')$$, $$VALUES (day(2), day(1))$$, 'an entry dated before book time keeps its date');

-- ---------- expiry in the ledger's own time zone ----------

SET LOCAL timezone = 'Pacific/Auckland';
SELECT is("Odd ""name".fefo_expires_at('2026-07-31 12:00Z', NULL, 'day'), '2026-07-31 21:00Z', 'points expire by the clocks of the ledger, not of the session: Athens');
SELECT is("Odd ""name"."Fi""fo_expires_at"('2026-07-31 12:00Z', NULL, 'day'), '2026-08-01Z', 'UTC');
SELECT is("Odd ""name".fefo_expires_at('2026-01-31 12:00Z', '1 month'), '2026-02-28 12:00Z', 'without a snap at the hour');
SELECT is("Odd ""name".fefo_expires_at('2026-01-31 12:00Z', NULL), NULL, 'or never');
SET LOCAL timezone = 'UTC';

-- ---------- names and arguments ----------

SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'fefo')$$, '42P07', NULL, 'a ledger is made once');
CREATE FUNCTION "Odd ""name".mine_balance(account text, at timestamptz DEFAULT now()) RETURNS bigint LANGUAGE sql RETURN 42;
CREATE VIEW "Odd ""name".its_expiring AS SELECT 'ann' AS account, now() AS until_at, 42::bigint AS points;
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'mine')$$, '42723', NULL, 'without taking the place of a function that is called like one of its own');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'its')$$, '42P07', NULL, 'or of a view');
SELECT throws_ok($$CALL create_points_ledger('no such schema', 'x')$$, '3F000', NULL, 'in a schema that exists');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', '')$$, '42602', NULL, 'under a name');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', repeat('n', 41))$$, '42602', NULL, 'that leaves room for more');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'x', 'Europe/Atlantis')$$, '22023', NULL, 'in a time zone that exists');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'x', 'EEST')$$, '22023', NULL, 'and is not just an abbreviation, by which nothing could expire later');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'x', scale => 7)$$, '22023', NULL, 'with at most six decimals');
SELECT throws_ok($$CALL create_points_ledger('Odd "name', 'x', grace => '1 month')$$, '22023', NULL, 'and a grace period of fixed length');
SELECT throws_ok($$SELECT post_points_entry('pg_class', 'e1', 'redeem', '2', now(), 5, NULL, NULL, NULL, NULL, NULL, NULL)$$, '42809', NULL, 'not every table holds accounts');

-- ---------- an extension that moves ----------

CREATE SCHEMA elsewhere;
CREATE FUNCTION pg_temp.home() RETURNS text LANGUAGE sql RETURN (SELECT nspname FROM pg_extension x JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'loyalty');
SELECT pg_temp.home() AS home \gset
ALTER EXTENSION loyalty SET SCHEMA elsewhere;
SELECT throws_ok($$SELECT "Odd ""name".fefo_earn('e1', '9', 5)$$, '42883', NULL, 'when the extension moves to another schema, ledgers do not follow by themselves');
CALL "Odd ""name".fefo_refresh();
SELECT lives_ok($$SELECT "Odd ""name".fefo_earn('e1', '9', 5)$$, 'they do when they are told');
ALTER EXTENSION loyalty SET SCHEMA :"home";
CALL "Odd ""name".fefo_refresh();
SELECT is_empty($$SELECT * FROM "Odd ""name".fefo_verify()$$, 'and all is well');

SELECT * FROM finish();
ROLLBACK;
