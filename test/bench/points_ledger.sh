#!/bin/sh
# points_ledger.sh: entries of a points ledger against a floor measured in the same run.
#
#   sh test/bench/points_ledger.sh [SUITE...]     post batch history fold size memory
#
# The floor is what anybody would write: a PL/pgSQL function that does one UPDATE
# of the account's row and one INSERT into the same journal with the same
# indexes.  ACCOUNTS (default 10000), SECONDS_EACH (default 8) and ROUNDS
# (default 3) of each, in turn; printed are medians, and medians of the ratios
# of neighbours, which a noisy machine moves least.  The floor of a batch locks
# its accounts in order, then is one UPDATE and one INSERT of a hundred rows.
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/test/server.sh"

accounts=${ACCOUNTS:-10000} seconds=${SECONDS_EACH:-8} rounds=${ROUNDS:-3} clients=${CLIENTS:-2}
[ $# -gt 0 ] || set -- post batch history fold size memory

server_packages gcc libc6-dev make pg:server pg:server-dev
server_stage
server_build
server_start "shared_buffers = 1GB" "max_wal_size = 20GB" "synchronous_commit = off" "autovacuum = off" "fsync = on" "checkpoint_timeout = 1h"
run() { PGOPTIONS="-c client_min_messages=warning" psql -XqAt -v ON_ERROR_STOP=1 "$@" || die "benchmark failed"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# What was posted before must not tell: a journal that has outgrown shared_buffers makes batches wait for what single
# entries hardly notice.
fresh() {
	run <<-SQL >/dev/null
		DROP SCHEMA public CASCADE;
		CREATE SCHEMA public;
		CREATE EXTENSION loyalty;
		CALL create_points_ledger('public', 'ours');
		CALL create_points_ledger('public', 'floor');
		CREATE FUNCTION floor_post(acc text, k text, p bigint, what text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS \$\$
		DECLARE b bigint; n bigint;
		BEGIN
			UPDATE public.floor_account SET available = available + p, entries = entries + 1, book_time = now() WHERE account = acc RETURNING available, entries INTO b, n;
			INSERT INTO public.floor_entry (account, seq, kind, key, at, points, available, pending, held, arrears, issued, redeemed, expired, reversed, moved, owed, actor)
			VALUES (acc, n, what, k, now(), p, b, 0, 0, 0, p, 0, 0, 0, 0, 0, session_user);
			RETURN b;
		END \$\$;
		CREATE FUNCTION floor_post_many(accs text[], ks text[], p bigint, what text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS \$\$
		BEGIN
			PERFORM FROM public.floor_account WHERE account = ANY (accs) ORDER BY account FOR UPDATE;
			UPDATE public.floor_account SET available = available + p, entries = entries + 1, book_time = now() WHERE account = ANY (accs);
			INSERT INTO public.floor_entry (account, seq, kind, key, at, points, available, pending, held, arrears, issued, redeemed, expired, reversed, moved, owed, actor)
			SELECT account, f.entries, what, k, now(), p, f.available, 0, 0, 0, p, 0, 0, 0, 0, 0, session_user FROM unnest(accs, ks) AS u(a, k) JOIN public.floor_account f ON account = a;
		END \$\$;
		SELECT ours_earn_many(array_agg('account ' || g), array_agg('start'::text), array_agg(1000000::bigint)) FROM generate_series(1, $accounts) g;
		INSERT INTO floor_account (account, available) SELECT 'account ' || g, 1000000 FROM generate_series(1, $accounts) g;
		VACUUM ANALYZE;
	SQL
}
cat >"$WORK/earn.sql" <<-SQL
	\set a random(1, $accounts)
	\set k random(1, 9000000000000000)
	SELECT ours_earn('account ' || :a, 'order ' || :k, 10, until_at => '2099-01-01');
SQL
cat >"$WORK/redeem.sql" <<-SQL
	\set a random(1, $accounts)
	\set k random(1, 9000000000000000)
	SELECT ours_redeem('account ' || :a, 'gift ' || :k, 7);
SQL
cat >"$WORK/floor.sql" <<-SQL
	\set a random(1, $accounts)
	\set k random(1, 9000000000000000)
	SELECT floor_post('account ' || :a, 'order ' || :k, 10, 'earn');
SQL
cat >"$WORK/batch.sql" <<-SQL
	\set k random(1, 9000000000000)
	SELECT ours_earn_many(array_agg('account ' || (:k::bigint + 97 * g) % $accounts + 1), array_agg('order ' || :k::bigint || '-' || g), array_agg(10::bigint)) FROM generate_series(1, 100) g;
SQL
cat >"$WORK/floor_batch.sql" <<-SQL
	\set k random(1, 9000000000000)
	SELECT floor_post_many(array_agg('account ' || (:k::bigint + 97 * g) % $accounts + 1), array_agg('order ' || :k::bigint || '-' || g), 10, 'earn') FROM generate_series(1, 100) g;
SQL
tps() { pgbench -n -M prepared -c "$clients" -j "$clients" -T "$seconds" -f "$WORK/$1.sql" 2>>"$WORK/pgbench.log" | awk '/^tps/ { print $3 }'; }

fresh
say "$accounts accounts, $clients clients; $(run -c 'SHOW server_version'); medians of $rounds rounds of ${seconds}s"
for suite; do
	say ""
	say "== $suite"
	case $suite in
	post | batch)
		for commit in off on; do
			fresh
			run -c "ALTER SYSTEM SET synchronous_commit = $commit" -c "SELECT pg_reload_conf()" >/dev/null
			: >"$WORK/rates"
			for round in $(seq "$rounds"); do
				if [ "$suite" = post ]; then
					echo "$(tps floor) $(tps earn) $(tps floor) $(tps redeem)"
				else
					echo "$(tps earn) $(tps batch) $(tps floor_batch)"
				fi
			done >"$WORK/rates"
			col() { awk -v c="$1" '{ print $c }' "$WORK/rates" | median; }
			ratio() { awk -v a="$1" -v b="$2" '{ print $a / $b }' "$WORK/rates" | median; }
			if [ "$suite" = post ]; then
				awk -v c=$commit -v f="$(col 1)" -v e="$(col 2)" -v r="$(col 4)" -v x="$(ratio 2 1)" -v y="$(ratio 4 3)" \
					'BEGIN { printf "synchronous_commit %-3s  floor %6.0f/s   earn %6.0f/s, %.2f of it   redeem %6.0f/s, %.2f of it\n", c, f, e, x, r, y }'
			else
				awk -v c=$commit -v e="$(col 1)" -v b="$(col 2)" -v x="$(ratio 2 1)" \
					-v f="$(col 3)" -v y="$(ratio 2 3)" \
					'BEGIN { printf "synchronous_commit %-3s  one by one %6.0f entries/s   batches of 100 %6.0f entries/s, %.1f x   their floor %6.0f entries/s, %.2f of it\n", c, e, 100 * b, 100 * x, 100 * f, y }'
			fi
		done
		run -c "ALTER SYSTEM SET synchronous_commit = off" -c "SELECT pg_reload_conf()" >/dev/null
		;;
	history)
		# accounts with 10 and with 100,000 past entries, each lot spent at once; one with 20,000 open lots; and one with 20,000 that are pending, and would be spent first
		run <<-SQL >/dev/null
			SELECT count(*) FROM (
				SELECT ours_post(array_agg(a), array_agg(CASE WHEN g % 2 = 0 AND a <> 'wide' THEN 'redeem' ELSE 'earn' END), array_agg('k' || g), array_agg('2020-01-01Z'::timestamptz + g * interval '10 minutes'), array_agg(10::bigint))
				FROM (SELECT a, g FROM (VALUES ('short', 4), ('long', 99994), ('wide', 20000)) v(a, c), generate_series(1, c) g ORDER BY a, g) e GROUP BY a) s;
			SELECT cardinality(ours_earn_many(array_agg('waiting'::text), array_agg('k' || g), array_agg(10::bigint), from_at => array_agg('2097-01-01Z'::timestamptz), until_at => array_agg('2098-01-01Z'::timestamptz), at => '2020-01-01Z')) FROM generate_series(1, 20000) g;
			-- the last ones one by one, as in daily life: some spent lots still lie in the row of each account
			SELECT ours_earn(a, 'last ' || g, 10), ours_redeem(a, 'spent ' || g, 10) FROM unnest('{short,long,wide,waiting}'::text[]) a, generate_series(1, 3) g;
			VACUUM ANALYZE;
		SQL
		for a in short long wide waiting; do
			cat >"$WORK/history_$a.sql" <<-SQL
				\set k random(1, 9000000000000000)
				BEGIN;
				SELECT ours_earn('$a', 'order ' || :k, 10, until_at => '2099-01-01');
				SELECT ours_redeem('$a', 'gift ' || :k, 10);
				ROLLBACK;
			SQL
		done
		for round in $(seq "$rounds"); do
			for a in short long wide waiting; do
				pgbench -n -M prepared -c 1 -T "$seconds" -f "$WORK/history_$a.sql" 2>>"$WORK/pgbench.log" | awk '/^tps/ { printf "%s ", $3 }'
				run -c "VACUUM ours_account, ours_lot, ours_entry" >/dev/null
			done
			echo
		done >"$WORK/rates"
		awk -v s="$(awk '{ print $1 }' "$WORK/rates" | median)" -v l="$(awk '{ print $2 }' "$WORK/rates" | median)" -v x="$(awk '{ print $1 / $2 }' "$WORK/rates" | median)" \
			-v w="$(awk '{ print $3 }' "$WORK/rates" | median)" -v y="$(awk '{ print $1 / $3 }' "$WORK/rates" | median)" \
			-v p="$(awk '{ print $4 }' "$WORK/rates" | median)" -v z="$(awk '{ print $1 / $4 }' "$WORK/rates" | median)" \
			'BEGIN { printf "an earn and a redeem: %.0f us after 10 entries, %.0f us after 100,000: %.2f x; %.0f us with 20,000 open lots: %.2f x; %.0f us with 20,000 pending ones: %.2f x\n", 1e6 / s, 1e6 / l, x, 1e6 / w, y, 1e6 / p, z }'
		;;
	fold)
		run <<-SQL >/dev/null
			CREATE UNLOGGED TABLE journal AS
			SELECT a, s AS seq, CASE WHEN s % 4 = 0 THEN 'redeem' ELSE 'earn' END AS kind, 'order ' || a || '-' || s AS key, '2026-01-01Z'::timestamptz + s * interval '1 day' AS at,
				CASE WHEN s % 4 = 0 THEN 150 ELSE 100 END::bigint AS points, NULL::text AS ref, NULL::timestamptz AS from_at, CASE WHEN s % 4 > 0 THEN '2027-01-01Z'::timestamptz END + s * interval '1 day' AS until_at
			FROM generate_series(1, 100000) a, generate_series(1, 20) s;
			CREATE INDEX ON journal (a, seq);
			VACUUM ANALYZE journal;
		SQL
		for round in $(seq "$rounds"); do
			run -c "SET max_parallel_workers_per_gather = 0" -c "SET jit = off" -c "SET work_mem = '1GB'" -c "EXPLAIN (ANALYZE, TIMING OFF) SELECT a, points_ledger(kind, key, at, points, ref, from_at, until_at ORDER BY seq) FROM journal GROUP BY a" |
				awk '/Execution Time/ { print 2000000 / $3 / 1000 }'
		done | median | awk '{ printf "fold of 100,000 accounts x 20 entries: %.2f million entries a second\n", $1 }'
		;;
	size)
		run -c "SELECT format('bytes per entry: journal %s, its indexes %s; account %s, lot %s', pg_relation_size('ours_entry') / n, pg_indexes_size('ours_entry') / n,
			pg_relation_size('ours_account') / (SELECT count(*) FROM ours_account), pg_relation_size('ours_lot') / greatest(1, (SELECT count(*) FROM ours_lot))) FROM (SELECT greatest(1, count(*)) AS n FROM ours_entry) s"
		;;
	memory)
		fresh
		run -c "DO 'BEGIN PERFORM ours_earn_many(array_agg(''account '' || g), array_agg(''bulk '' || g), array_agg(10::bigint)) FROM generate_series(1, 100000) g; END'" \
			-c "SELECT 'one batch of 100,000 entries for 100,000 accounts: peak memory of the process, with the shared buffers that it touched, ' || substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+ kB)')"
		;;
	*) die "no suite $suite" ;;
	esac
done
run -c "SELECT format('accounts that do not equal the fold of their journal: %s', count(DISTINCT account)) FROM ours_verify()"
