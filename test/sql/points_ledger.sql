-- points_ledger: points, stamps and cash back as the fold of a journal.
-- Each test is a sentence and the query that shows it.
SET timezone = 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;

-- A journal is anybody's table; the aggregate folds it, in the order it is told.
CREATE TEMP TABLE journal (seq int, account text, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz);
INSERT INTO journal VALUES
	(1, 'ann', 'earn', 'order 1', '2026-01-05 10:00Z', 100, NULL, NULL, '2027-01-05'),
	(2, 'ann', 'earn', 'order 2', '2026-02-10 12:00Z', 50, NULL, '2026-02-24', '2026-12-31'),
	(3, 'ann', 'redeem', 'gift 1', '2026-03-01 09:00Z', 70, NULL, NULL, NULL),
	(4, 'ben', 'earn', 'order 3', '2026-03-02 09:00Z', 20, NULL, 'infinity', NULL);
SELECT account, points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq) AS l FROM journal GROUP BY account ORDER BY account;

-- What there is at an instant is a question of that instant: no job expires anything.
CREATE TEMP VIEW ledger AS
SELECT account, points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq) AS l FROM journal GROUP BY account;
SELECT account, at::date, available(l, at), pending(l, at), held(l, at), arrears(l, at), balance(l, at), total_earned(l, at), total_spent(l, at), total_expired(l, at)
FROM ledger, unnest('{2026-03-02 09:00Z, 2027-01-04Z, 2027-01-05Z}'::timestamptz[]) at ORDER BY account, at;

-- The lots tell where the points are: what ends first was spent first.
SELECT (lots(l)).* FROM ledger WHERE account = 'ann';

-- What will end by a given day, if nobody spends it.
SELECT id, until_at, remaining FROM ledger, expiring(l, '2027-01-31') WHERE account = 'ann';

-- The instant at which a lot ends it is gone, a microsecond before it is not.
SELECT available(l, '2027-01-05 00:00:00Z'::timestamptz - interval '1 microsecond'), available(l, '2027-01-05 00:00:00Z') FROM ledger WHERE account = 'ann';

-- One entry at a time gives the same value as the fold.
SELECT apply_entry(apply_entry(apply_entry(NULL, 'earn', 'order 1', '2026-01-05 10:00Z', 100, NULL, NULL, '2027-01-05'),
		'earn', 'order 2', '2026-02-10 12:00Z', 50, NULL, '2026-02-24', '2026-12-31'),
	'redeem', 'gift 1', '2026-03-01 09:00Z', 70, NULL, NULL, NULL) = l AS same
FROM ledger WHERE account = 'ann';

-- A hold keeps points aside; a capture spends a part of it and releases the rest.
SELECT held(h, '2026-03-05'), available(h, '2026-03-05'), available(c, '2026-03-05'), total_spent(c, '2026-03-05')
FROM ledger, apply_entry(l, 'hold', 'basket', '2026-03-04', 60, NULL, NULL, '2026-03-04 00:30Z') h0,
	apply_entry(l, 'hold', 'basket', '2026-03-04', 60, NULL, NULL, '2026-03-06') h,
	apply_entry(h, 'capture', 'order 9', '2026-03-04 00:10Z', 45, 'basket', NULL, NULL) c
WHERE account = 'ann';
SELECT h.* FROM ledger, apply_entry(l, 'hold', 'basket', '2026-03-04', 60, NULL, NULL, '2026-03-06') x, holds(x, '2026-03-05') h WHERE account = 'ann';

-- The time-out needs no job either.
SELECT held(h, '2026-03-05'), held(h, '2026-03-06'), available(h, '2026-03-06')
FROM ledger, apply_entry(l, 'hold', 'basket', '2026-03-04', 60, NULL, NULL, '2026-03-06') h WHERE account = 'ann';

-- A refund goes back into the lots that paid, the newest part first.
SELECT id, remaining, spent FROM ledger, apply_entry(l, 'refund', 'gift 1 back', '2026-03-05', 30, 'gift 1', NULL, NULL) r, lots(r) WHERE account = 'ann';

-- Goods that are returned take their points along, also if they were spent: what is missing is owed, and settled by the next points.
SELECT balance(a, '2026-04-01'), arrears(a, '2026-04-01'), available(b, '2026-04-01'), arrears(b, '2026-04-01')
FROM (VALUES ('{earn "order" 2026-01-01T00:00:00Z 100, redeem "gift" 2026-01-02T00:00:00Z 80, reverse "return" 2026-01-03T00:00:00Z 100 ref "order"}'::points_ledger)) s(a),
	apply_entry(a, 'earn', 'order 2', '2026-02-01', 90, NULL, NULL, NULL) b;

-- Coming and going keep conservation: amount = remaining + held + spent + expired + reversed + moved.
SELECT bool_and(amount = remaining + held + spent + expired + reversed + moved) FROM ledger, lots(l, '2026-12-31');

-- A repetition is no second event, whenever it arrives; the same key for something else is an error.
SELECT apply_entry(l, 'redeem', 'gift 1', '2026-05-05', 70, NULL, NULL, NULL) = l AS unchanged FROM ledger WHERE account = 'ann';
SELECT apply_entry(l, 'redeem', 'gift 1', '2026-05-05', 71, NULL, NULL, NULL) FROM ledger WHERE account = 'ann';

-- What is recorded late is posted now: book time does not run backwards.
SELECT book_time(l), book_time(apply_entry(l, 'earn', 'late', '2026-01-01', 5, NULL, NULL, NULL)), book_time(empty_points_ledger()) FROM ledger WHERE account = 'ann';
SELECT kind, key, at, points, until_at FROM ledger, entries(apply_entry(l, 'earn', 'late', '2026-01-01', 5, NULL, NULL, NULL)) WHERE account = 'ann';

-- An account is asked about the time after its last entry; for earlier ones fold up to then.
SELECT available(l, '2026-01-06') FROM ledger WHERE account = 'ann';
SELECT available(points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq), '2026-01-06') FROM journal WHERE account = 'ann' AND at <= '2026-01-06';

-- Policies: how long a refund into an ended lot stays good, what is spent first, what becomes of spent points that are reversed.
SELECT empty_points_ledger(), empty_points_ledger('30 days 12:00', 'fifo', 'forgive'), empty_points_ledger(clawback => 'refuse'), empty_points_ledger(NULL, NULL, NULL);
SELECT points_ledger(empty_points_ledger(spend_order => 'fifo'), kind, key, at, points, ref, from_at, until_at ORDER BY seq) FROM journal WHERE account = 'ann';
SELECT id, from_at, until_at, remaining, origin FROM lots('grace 86400s {earn "a" 2026-01-01T00:00:00Z 5 until 2026-02-01T00:00:00Z, redeem "r" 2026-01-02T00:00:00Z 5, refund "f" 2026-03-01T00:00:00Z 4 ref "r"}');

-- A ledger goes on from a stored one.
SELECT points_ledger(l, 'earn', 'order 4', '2026-06-01', 1, NULL, NULL, NULL) FROM ledger WHERE account = 'ben' GROUP BY l;

-- A transfer moves lots with their dates: nothing is made younger. Repeated, it does nothing.
SELECT source_after, target_after FROM ledger a, ledger b, transfer(a.l, b.l, 'present', '2026-03-03', 60) WHERE a.account = 'ann' AND b.account = 'ben';
SELECT t2.source_after = t1.source_after AND t2.target_after = t1.target_after AS unchanged
FROM ledger a, ledger b, transfer(a.l, b.l, 'present', '2026-03-03', 60) t1, transfer(t1.source_after, t1.target_after, 'present', '2026-03-09', 60) t2
WHERE a.account = 'ann' AND b.account = 'ben';

-- What two customers give a third under one key, of lots of one name, is not the same twice: none of it is lost.
SELECT transfer('{earn "welcome" 2026-01-01T00:00:00Z 10}', target_after, 'present', '2026-02-01', 10) FROM transfer('{earn "welcome" 2026-01-01T00:00:00Z 10}', '{}', 'present', '2026-02-01', 10);

-- Two accounts of one customer become one: what is pending stays pending, and nothing is doubled.
SELECT available(source_after, '2026-04-01'), pending(source_after, '2026-04-01'), available(target_after, '2026-04-01'), pending(target_after, '2026-04-01')
FROM ledger a, ledger b, merge(b.l, a.l, 'ben is ann', '2026-03-03') WHERE a.account = 'ann' AND b.account = 'ben';
SELECT id, earned_at, from_at, remaining FROM ledger a, ledger b, merge(b.l, a.l, 'ben is ann', '2026-03-03') m, lots(m.target_after) WHERE a.account = 'ann' AND b.account = 'ben' AND id LIKE 'ben%';
SELECT merge('{}', '{}', 'nothing', '2026-01-01');
SELECT merge('{earn "a" 2026-01-01T00:00:00Z 5, hold "h" 2026-01-01T00:00:00Z 5}', '{}', 'm', '2026-01-01');

-- Text goes in as it comes out, spaces and all; keys are quoted.
SELECT '  grace 1.5s  fifo { earn  "say \"hi\" \\ e"   2026-01-01T00:00:00.25Z  7 , redeem "r" 2026-01-02T00:00:00Z 2 }  '::points_ledger;

-- The same journal is the same value.
SELECT a = a AS equal, a = b AS different, a < b OR b < a AS ordered FROM (VALUES
	('{earn "a" 2026-01-01T00:00:00Z 7}'::points_ledger, '{earn "a" 2026-01-01T00:00:00Z 8}'::points_ledger)) s(a, b);
SELECT count(DISTINCT l) FROM (SELECT l FROM ledger UNION ALL SELECT l FROM ledger) s;

-- NULL rows are no entries; no entries, no value.
SELECT points_ledger(kind, key, at, points, ref, from_at, until_at) IS NULL AS nothing FROM journal WHERE false;
SELECT points_ledger(NULL, NULL, NULL, NULL, NULL, NULL, NULL) IS NULL AS nothing FROM journal;
SELECT available(NULL, '2026-01-01') IS NULL AS nothing;

-- Rejections say what was wanted and what there was, and leave nothing behind.
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5 until 2026-02-01T00:00:00Z}', 'redeem', 'r', '2026-02-01', 1, NULL, NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'redeem', 'r', '2026-02-01', 0, NULL, NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'reverse', 'r', '2026-02-01', 6, 'a', NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'reverse', 'r', '2026-02-01', 6, 'b', NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'capture', 'c', '2026-02-01', 6, 'a', NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'refund', 'f', '2026-02-01', 6, 'a', NULL, NULL);
SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5}', 'earn', 'b', '2026-02-01', 9223372036854775807, NULL, NULL, NULL);
SELECT points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq DESC) FROM journal WHERE account = 'ann';

-- So does what cannot be an entry.
SELECT apply_entry(NULL, 'spend', 'r', '2026-02-01', 1, NULL, NULL, NULL);
SELECT apply_entry(NULL, 'redeem', NULL, '2026-02-01', 1, NULL, NULL, NULL);
SELECT apply_entry(NULL, 'redeem', '', '2026-02-01', 1, NULL, NULL, NULL);
SELECT apply_entry(NULL, 'redeem', repeat('k', 2001), '2026-02-01', 1, NULL, NULL, NULL);
SELECT apply_entry(NULL, 'earn', 'r', 'infinity', 1, NULL, NULL, NULL);
SELECT apply_entry(NULL, 'earn', 'r', '2026-02-01', 1, NULL, '-infinity', NULL);
SELECT apply_entry(NULL, 'redeem', 'r', '2026-02-01', 1, NULL, NULL, '2026-03-01');
SELECT apply_entry(NULL, 'refund', 'r', '2026-02-01', 1, NULL, NULL, NULL);
SELECT empty_points_ledger('1 month');
SELECT empty_points_ledger('-1 day');
SELECT empty_points_ledger(spend_order => 'lifo');
SELECT available('{}', 'infinity');

-- Faulty text says where; an entry that the rules refuse is refused there too.
SELECT '{earn "a" 2026-01-01 5}'::points_ledger;
SELECT '{earn "a" 2026-01-01T00:00:00Z 5, }'::points_ledger;
SELECT '{earn "a" 2026-01-01T00:00:00Z 5'::points_ledger;
SELECT 'lifo {}'::points_ledger;
SELECT '{earn "a" 2026-01-01T00:00:00Z 5} x'::points_ledger;
SELECT '{earn "a" 2026-01-01T00:00:00Z 5, redeem "b" 2026-01-01T00:00:00Z 6}'::points_ledger;

-- The transition function, called by hand, changes nothing in place, and its result is a value.
SELECT points_ledger_accum(l, 'earn', 'b', '2026-01-02', 1, NULL, NULL, NULL), l FROM (VALUES ('{earn "a" 2026-01-01T00:00:00Z 5}'::points_ledger)) s(l);

-- A running balance: the ledger as a window function.
SELECT key, available(points_ledger(kind, key, at, points, ref, from_at, until_at) OVER (ORDER BY seq), at) FROM journal WHERE account = 'ann' ORDER BY seq;

DROP VIEW ledger;
DROP TABLE journal;
