-- points_ledger: what must hold of every journal, on random ones with every kind of rejection.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();
SET LOCAL timezone = 'UTC';

-- Seeded: SET seed in PGOPTIONS repeats another run.
\getenv seed LOYALTY_SEED
\if :{?seed}
\else
\set seed 20261121
\endif
SELECT diag('LOYALTY_SEED=' || :'seed');
SELECT setseed((:seed % 1000000) / 1000000.0)::text;

-- Random entries, one account after the other; each is tried, and what became of it is written down.
CREATE TABLE journal (seq int GENERATED ALWAYS AS IDENTITY, account int, kind text, key text, at timestamptz, points bigint, ref text,
	from_at timestamptz, until_at timestamptz, accepted bool, fault text);
CREATE TABLE account (account int PRIMARY KEY, policy points_ledger, l points_ledger);
CREATE FUNCTION day(n int) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2026-01-01Z'::timestamptz + n * interval '1 day';
CREATE FUNCTION pick(VARIADIC items text[]) RETURNS text LANGUAGE sql RETURN items[1 + floor(random() * cardinality(items))::int];
DO $$
#variable_conflict use_variable
DECLARE
	policy points_ledger; l points_ledger; after points_ledger; kind text; key text; ref text; at timestamptz; points bigint; from_at timestamptz; until_at timestamptz; clock int; fault text;
BEGIN
	FOR a IN 1 .. 150 LOOP
		policy := empty_points_ledger(CASE WHEN random() < 0.4 THEN '9 days'::interval END, pick('fefo', 'fifo'), pick('arrears', 'arrears', 'forgive', 'refuse'));
		l := policy;
		clock := 0;
		FOR n IN 1 .. 40 LOOP
			clock := clock + floor(random() * random() * 12)::int;
			kind := pick('earn', 'earn', 'earn', 'confirm', 'hold', 'capture', 'void', 'redeem', 'redeem', 'refund', 'refund', 'reverse', 'reverse', 'adjust', 'transfer_out', 'transfer_in');
			key := n::text;
			at := day(clock);
			points := CASE WHEN kind NOT IN ('confirm', 'void') THEN 1 + floor(random() * 30) END;
			ref := CASE WHEN kind IN ('confirm', 'capture', 'void', 'refund', 'reverse') THEN (SELECT e.key FROM entries(l) e
				WHERE e.kind = ANY (CASE kind WHEN 'capture' THEN '{hold}' WHEN 'void' THEN '{hold}' WHEN 'refund' THEN '{redeem,capture,adjust}' ELSE '{earn,transfer_in}' END::text[]) ORDER BY random() LIMIT 1) END;
			IF kind = 'adjust' THEN points := points * pick('1', '-1')::int; ref := pick('allow_arrears', NULL); END IF;
			from_at := CASE kind WHEN 'earn' THEN pick(NULL, NULL, day(clock + 5)::text, 'infinity')::timestamptz WHEN 'transfer_in' THEN day(clock - 9) END;
			until_at := CASE WHEN kind IN ('earn', 'hold', 'transfer_in') THEN pick(NULL, day(clock - 1 + floor(random() * 25)::int)::text)::timestamptz END;
			IF random() < 0.1 THEN		-- the same again, or nearly
				SELECT e.kind, e.key, e.points, e.ref, e.from_at, e.until_at INTO kind, key, points, ref, from_at, until_at FROM entries(l) e ORDER BY random() LIMIT 1;
				CONTINUE WHEN NOT FOUND;
				points := points + floor(random() * 2)::int;
			END IF;
			fault := NULL;
			BEGIN
				after := apply_entry(l, kind, key, at, points, ref, from_at, until_at);
			EXCEPTION WHEN OTHERS THEN fault := SQLSTATE;
			END;
			INSERT INTO journal (account, kind, key, at, points, ref, from_at, until_at, accepted, fault) VALUES (a, kind, key, at, points, ref, from_at, until_at, fault IS NULL, fault);
			IF fault IS NULL THEN l := after; END IF;
		END LOOP;
		INSERT INTO account VALUES (a, policy, l);
	END LOOP;
END $$;
SELECT diag(format('%s entries, rejected: %s', count(*), (SELECT string_agg(fault || ' ' || n, ', ') FROM (SELECT fault, count(*) AS n FROM journal WHERE NOT accepted GROUP BY 1 ORDER BY 1) f))) FROM journal;
SELECT is((SELECT array_agg(DISTINCT fault ORDER BY fault) FROM journal WHERE NOT accepted), '{22023,23505,23514,P0002}', 'rejections are errors of their kinds, none a breakdown');

SELECT is_empty($$
	SELECT account FROM account JOIN (SELECT account, points_ledger(policy, kind, key, at, points, ref, from_at, until_at ORDER BY seq) AS f FROM journal JOIN account USING (account) WHERE accepted GROUP BY account) s USING (account)
	WHERE points_ledger_send(f) <> points_ledger_send(l)$$, 'the fold of the journal is the state entry by entry, byte for byte');
SELECT is_empty($$
	SELECT account FROM account WHERE l::text::points_ledger::text <> l::text OR points_ledger_send(l::text::points_ledger) <> points_ledger_send(l)$$, 'text goes out and in');
SELECT is_empty($$
	SELECT account FROM account JOIN (SELECT account, (SELECT points_ledger(policy, kind, key, at, points, ref, from_at, until_at) FROM entries(l)) AS f FROM account) s USING (account) WHERE f <> l$$,
	'the entries of a ledger fold to it');

-- ---------- what must hold at any time ----------

CREATE TABLE moment AS
SELECT account, l, t, available(l, t), pending(l, t), held(l, t), arrears(l, t), balance(l, t), total_earned(l, t), total_spent(l, t), total_expired(l, t), total_reversed(l, t), total_moved(l, t)
FROM account, LATERAL (SELECT book_time(l) + d * interval '1 day' AS t FROM unnest('{0, 1, 5, 20, 400}'::int[]) d) s WHERE book_time(l) IS NOT NULL;
CREATE TABLE lot AS SELECT account, t, x.* FROM moment, lots(l, t) x;
SELECT is_empty('SELECT * FROM lot WHERE amount <> remaining + held + spent + expired + reversed + moved OR least(remaining, held, spent, expired, reversed, moved) < 0',
	'1, 2: a lot is the sum of its components, each from zero up');
SELECT is_empty('SELECT * FROM moment WHERE available > 0 AND arrears > 0', '3: never available points and arrears together');
SELECT is_empty('SELECT * FROM moment WHERE balance <> available - arrears', 'balance is what is available less what is owed');
SELECT is_empty('SELECT * FROM lot WHERE until_at <= t AND remaining > 0', '6: nothing remains from until_at on');
SELECT is_empty($$
	SELECT * FROM moment JOIN (SELECT account, t, sum(remaining) FILTER (WHERE from_at <= t) AS a, sum(remaining) FILTER (WHERE from_at > t) AS p, sum(held) AS h, sum(amount) AS e, sum(spent) AS s, sum(expired) AS x, sum(reversed) AS r, sum(moved) AS m
		FROM lot GROUP BY account, t) s USING (account, t)
	WHERE (available, pending, held, total_earned, total_spent, total_expired, total_reversed, total_moved) IS DISTINCT FROM (coalesce(a, 0), coalesce(p, 0), h, e, s, x, r, m)$$,
	'totals are sums over the lots');
SELECT is_empty($$SELECT * FROM moment WHERE held <> coalesce((SELECT sum(points) FROM holds(l, t)), 0)$$, '15: what is held is the sum of the open holds');
-- a sweep is an entry that changes nothing but the clock: confirming what is confirmed
SELECT is_empty($$
	SELECT m.account FROM moment m, LATERAL (SELECT apply_entry(l, 'confirm', 'sweep', t, NULL, id, NULL, NULL) AS swept FROM lots(l) WHERE from_at <= book_time(l) LIMIT 1) s
	WHERE (available(swept, day(3000)), pending(swept, day(3000)), held(swept, day(3000)), arrears(swept, day(3000)), total_expired(swept, day(3000)))
		<> (available(l, day(3000)), pending(l, day(3000)), held(l, day(3000)), arrears(l, day(3000)), total_expired(l, day(3000)))$$, '7: a sweep changes no answer');

-- ---------- undoing ----------

SELECT is_empty($$
	SELECT account FROM moment, apply_entry(l, 'redeem', 'x', t, greatest(available, 1), NULL, NULL, NULL) a,
		apply_entry(a, 'refund', 'y', t, (1 + available) / 2, 'x', NULL, NULL) b, LATERAL (SELECT CASE WHEN available > 1 THEN apply_entry(b, 'refund', 'z', t, available / 2, 'x', NULL, NULL) ELSE b END AS c) s
	WHERE available > 0 AND (SELECT array_agg((id, remaining, spent)::text ORDER BY id) FROM lots(c, t)) <> (SELECT array_agg((id, remaining, spent)::text ORDER BY id) FROM lots(l, t))$$,
	'8: a refund undoes a redemption, in parts too');
SELECT is_empty($$
	SELECT account FROM lot JOIN moment USING (account, t),
		apply_entry(l, 'reverse', 'x', t, amount - reversed, id, NULL, NULL) a,
		apply_entry(l, 'reverse', 'x', t, (amount - reversed) / 2, id, NULL, NULL) b0,
		apply_entry(b0, 'reverse', 'y', t, (amount - reversed) - (amount - reversed) / 2, id, NULL, NULL) b
	WHERE origin IS NULL AND amount - reversed > 1 AND amount = remaining + expired + reversed
		AND (available(a, t), arrears(a, t), total_reversed(a, t)) <> (available(b, t), arrears(b, t), total_reversed(b, t))$$,
	'10: reversing in two parts is reversing at once');
SELECT is_empty($$
	SELECT account FROM (SELECT account, points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq) AS fefo, points_ledger(empty_points_ledger(spend_order => 'fifo'), kind, key, at, points, ref, from_at, until_at ORDER BY seq) AS fifo
		FROM (SELECT a AS account, n AS seq, CASE WHEN n % 3 > 0 THEN 'earn' ELSE 'redeem' END AS kind, n::text AS key, day(n) AS at, CASE WHEN n % 3 > 0 THEN 10 + n * a % 7 ELSE 4 END::bigint AS points, NULL::text AS ref, NULL::timestamptz AS from_at, CASE WHEN n % 3 > 0 THEN day(n + 4 + n * 37 * a % 29) END AS until_at FROM generate_series(1, 100) a, generate_series(1, 30) n WHERE n > 6 OR n % 3 > 0) j GROUP BY account) s
	WHERE total_expired(fefo, day(900)) > total_expired(fifo, day(900))$$, '11: soonest first never lets more expire than first in, first out');

-- ---------- two accounts ----------

CREATE TABLE moved AS
SELECT a.account AS a, b.account AS b, a.l AS source, b.l AS target, a.t, x.* FROM moment a JOIN moment b ON b.account = a.account + 1 AND b.t <= a.t, transfer(a.l, b.l, 'move', greatest(a.t, b.t), a.available) x
WHERE a.available > 0 AND b.t = (SELECT max(t) FROM moment c WHERE c.account = b.account AND c.t <= a.t);
SELECT isnt_empty('SELECT * FROM moved', 'there are transfers to look at');
SELECT is_empty($$SELECT * FROM moved WHERE available(source, t) + balance(target, t) <> available(source_after, t) + balance(target_after, t)$$, '12: a transfer conserves points');
SELECT is_empty($$
	SELECT * FROM moved WHERE
		(SELECT array_agg((until_at, earned_at, n)::text ORDER BY until_at, earned_at) FROM (SELECT s.until_at, s.earned_at, sum(s.moved - coalesce(o.moved, 0)) AS n FROM lots(source_after, t) s LEFT JOIN lots(source, t) o USING (id) WHERE s.moved > coalesce(o.moved, 0) GROUP BY 1, 2) q)
		IS DISTINCT FROM (SELECT array_agg((until_at, earned_at, n)::text ORDER BY until_at, earned_at) FROM (SELECT until_at, earned_at, sum(amount) AS n FROM lots(target_after) WHERE id LIKE 'move/%' GROUP BY 1, 2) q)$$,
	'12: lots keep earned_at and until_at: no expiry is laundered');

-- ---------- mistakes others made, one by one ----------

SELECT is(balance(points_ledger(kind, key, day(d), points, NULL, NULL, day(u) ORDER BY d), day(40)), 70::bigint, 'expired credits leave the sum but old debits stay: 70 valid points are 70')
FROM (VALUES (1, 'earn', 'a', 100, 30), (2, 'redeem', 'r', 100, NULL), (20, 'earn', 'b', 70, 100)) j(d, kind, key, points, u);
SELECT throws_ok($$SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5 until 2026-02-01T00:00:00Z}', 'redeem', 'r', '2026-02-01Z', 5, NULL, NULL, NULL)$$, '23514', 'insufficient points', 'redeem ignores the expiry date until a nightly job ran: it counts at once');
SELECT throws_ok($$SELECT apply_entry('{earn "a" 2026-01-01T00:00:00Z 5, redeem "r" 2026-01-02T00:00:00Z 5, refund "f" 2026-01-03T00:00:00Z 5 ref "r"}', 'refund', 'cancel', '2026-01-04Z', 5, 'r', NULL, NULL)$$, '23514', NULL, 'cancel after refund double-counts: it is refused');
SELECT is(balance(points_ledger(kind, key, day(d), points, ref, NULL, NULL ORDER BY d), day(40)), -10::bigint, 'a refund never takes back the earned points, a loop of free points: they are owed')
FROM (VALUES (1, 'earn', 'order', 10, NULL), (2, 'redeem', 'gift', 10, NULL), (3, 'reverse', 'goods returned', 10, 'order')) j(d, kind, key, points, ref);
SELECT is(available(points_ledger('earn', 'order 17', day(n), 5, NULL, NULL, NULL ORDER BY n), day(9)), 5::bigint, 'the same order awards at each status change or retry: it awards once') FROM generate_series(1, 3) n;
-- twenty parallel redemptions of one balance all succeed: test/specs/points_ledger_concurrency.spec, test/t/05_points_ledger.pl
SELECT is(available('{earn "a" 2026-01-01T00:00:00Z 5, hold "h" 2026-01-02T00:00:00Z 5 until 2026-01-03T00:00:00Z}', '2026-01-03Z'), 5::bigint, 'reserved points are not returned when a payment lapses: they are, that instant');
SELECT is(available(target_after, '2026-01-05Z') + available(source_after, '2026-01-05Z'), 12::bigint, 'merged customers lose or double points: they keep the sum')
FROM merge('{earn "a" 2026-01-01T00:00:00Z 5}', '{earn "a" 2026-01-01T00:00:00Z 7}', 'm', '2026-01-04Z');
SET LOCAL timezone = 'America/Los_Angeles';
SELECT is(available(apply_entry(NULL, 'earn', 'a', '2026-01-01Z', 5, NULL, NULL, expires_at('2026-01-31 12:00Z', NULL, 'day', 'Pacific/Auckland')), '2026-02-02 00:00+13'::timestamptz + n * interval '1 microsecond'), points, 'expiry a day early in another time zone: it is where the shop is')
FROM (VALUES (-1, 5::bigint), (0, 0)) v(n, points);
SET LOCAL timezone = 'UTC';
SELECT is(array_agg(band('0:bronze,1000:silver', x) ORDER BY x), '{bronze,silver}', 'tiers ignore "at least": who reaches it has it') FROM unnest('{999.99, 1000}'::numeric[]) x;
SELECT is(points_for(100 - 30 * 0.5, 1), 85::bigint, 'points earned on the part paid with points: of 100, with 30 points of 0.50 paid, 85 earn');

-- ---------- binary ----------

SELECT is_empty($$SELECT account FROM account WHERE points_ledger_hash(l) <> points_ledger_hash(l::text::points_ledger) OR points_ledger_hash_extended(l, 7) <> points_ledger_hash_extended(l::text::points_ledger, 7)$$, 'equal values hash alike');
SELECT is((SELECT count(*) FROM account a JOIN account b ON a.l = b.l)::int, 150, 'unlike ones differ');

-- a state in progress can be printed, stored and asked
CREATE TABLE stored AS SELECT points_ledger_accum(points_ledger_accum(NULL, 'earn', 'a', '2026-01-05Z', 5, NULL, NULL, NULL), 'earn', 'a', '2026-01-06Z', 5, NULL, NULL, NULL) AS l;
SELECT is(l::text, '{earn "a" 2026-01-05T00:00:00Z 5}', 'a state in progress reads as a value') FROM stored;
SELECT is(available(l, '2026-02-01Z'), 5::bigint, 'and can be asked') FROM stored;
SELECT ok(l = l::text::points_ledger AND points_ledger_hash(l) = points_ledger_hash(l::text::points_ledger), 'and compared') FROM stored;
-- one that does not fold, stored by whom it may be, must not keep the database from being dumped
CREATE TABLE odd AS SELECT points_ledger_accum(points_ledger_accum(NULL, 'earn', 'a', '2026-01-05Z', 5, NULL, NULL, NULL), 'redeem', 'r', '2026-01-06Z', 6, NULL, NULL, NULL) AS l;
SELECT is(l::text, '{earn "a" 2026-01-05T00:00:00Z 5, redeem "r" 2026-01-06T00:00:00Z 6}', 'what will be refused can be printed') FROM odd;
SELECT throws_ok('SELECT l::text::points_ledger FROM odd', NULL, 'invalid input for type points_ledger: insufficient points', 'and is refused where it is read');
SELECT throws_ok($$SELECT available(l, '2026-02-01Z') FROM odd$$, '23514', 'insufficient points', 'or asked');

SELECT * FROM finish();
ROLLBACK;
