-- points_tables: a ledger in tables, made on request.
-- Each test is a sentence and the query that shows it.
SET timezone = 'UTC';
SET datestyle = ISO;

-- One call makes tables, views and functions, named after the ledger.
CALL create_points_ledger('public', 'coffee', 'Europe/Athens');
SELECT relname, relkind FROM pg_class WHERE relname LIKE 'coffee%' AND relkind IN ('r', 'v') ORDER BY relname COLLATE "C";
SELECT proname, prosecdef AS with_rights_of_owner, has_function_privilege('public', oid, 'EXECUTE') AS for_everybody
FROM pg_proc WHERE proname LIKE 'coffee%' ORDER BY proname COLLATE "C";

-- Earning and redeeming return the balance.
SELECT coffee_earn('ann', 'visit 1', 1, until_at => '2027-01-10', at => '2026-01-10');
SELECT coffee_earn('ann', 'visit 2', 9, until_at => '2027-02-10', at => '2026-02-10', actor => 'till 1');
SELECT coffee_redeem('ann', 'free coffee', 4, at => '2026-02-11', reason => 'every tenth is free', actor => 'till 1');

-- A repetition returns what the first one did, and is not written again.
SELECT coffee_redeem('ann', 'free coffee', 4, at => '2026-03-11');
SELECT count(*) FROM coffee_entry;

-- A refused entry leaves nothing.
SELECT coffee_redeem('ann', 'two free coffees', 20, at => '2026-02-12');
SELECT coffee_redeem('nobody', 'free coffee', 1, at => '2026-02-12');
SELECT account FROM coffee_account;

-- Why did my balance change? Each entry with the balance after it, and the lots it touched.
SELECT seq, at::date, kind, key, change, balance, lots, lot_points, reason, actor = 'till 1' AS at_till_1 FROM coffee_history ORDER BY seq;
SELECT * FROM coffee_allocation ORDER BY seq, lot;

-- What ends when.
SELECT * FROM coffee_expiring ORDER BY until_at;

-- The balance at any time: past, present, and to come if nothing else happens.
SELECT coffee_balance('ann', '2026-01-31'), coffee_balance('ann', '2026-02-12'), coffee_balance('ann', '2027-02-10'), coffee_balance('nobody', '2026-01-01');

-- The books: what was issued is with the members, redeemed, or gone.
SELECT * FROM coffee_trial_balance;

-- The whole account is a value.
SELECT coffee_ledger('ann');

-- The state is what the journal folds to.
SELECT * FROM coffee_verify();

-- It can be made anew.
UPDATE coffee_account SET available = 1000;
SELECT * FROM coffee_verify();
CALL coffee_rebuild();
SELECT * FROM coffee_verify();
SELECT * FROM coffee_balance;

-- The journal is append-only.
DELETE FROM coffee_entry;
TRUNCATE coffee_entry;

-- Points may be counted in cents.
CALL create_points_ledger('public', 'cash', scale => 2, clawback => 'refuse');
SELECT cash_earn('ann', 'order', 1250, at => '2026-01-01');
SELECT account, balance, amount FROM cash_balance;

-- Without the extension journal, balances and history stay, and nothing of them is lost.
CREATE TABLE before AS SELECT * FROM coffee_history;
DROP EXTENSION loyalty CASCADE;
SELECT account, available, balance FROM coffee_balance;
SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM coffee_history) s;
SELECT * FROM coffee_lots ORDER BY id;

-- It can come back.
CREATE EXTENSION loyalty;
CALL refresh_points_ledger('public', 'coffee');
SELECT coffee_redeem('ann', 'another one', 4, at => '2026-02-12');
SELECT * FROM coffee_verify();
