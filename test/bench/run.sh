#!/bin/sh
# run.sh: how fast and how small, each figure beside a baseline of the same run.
#
#   sh test/bench/run.sh [SUITE...]     digest plain size score window rollup growth
#
# The models have a file of their own, models.sh.
#
# ORDERS (default 5000000) sets the number of orders, a tenth of that the number
# of customers; ROUNDS (default 5) how often each pair of queries is run in turn.
# Printed: the median of each, and the median of the ratios of neighbours, which
# a noisy machine moves least.  `growth` goes to ten times ORDERS: it wants 15 GB
# of memory and 5 GB of disk.
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/test/bench/measure.sh"

orders=${ORDERS:-5000000} rounds=${ROUNDS:-5}
[ $# -gt 0 ] || set -- digest plain size score window rollup growth

measure_start

# An order log in the order of time, amounts log-normal with two decimals, three years.
# The number of orders of a customer is random, 10 on average.
make_orders() {
	quiet -c "SELECT setseed(0.42)" -c "CREATE UNLOGGED TABLE $1 AS
		SELECT (random() * $2 / 10)::int AS customer_id, date '2022-01-01' + (g::float8 * 1096 / $2)::int AS day,
			round(exp(3 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(6.283185307 * random()))::numeric, 2) AS amount
		FROM generate_series(1, $2) g" -c "VACUUM ANALYZE $1"
}

count_sql="SELECT customer_id, count(*) FROM orders GROUP BY 1"
base_sql="SELECT customer_id, count(*), sum(amount), min(day), max(day) FROM orders GROUP BY 1"
digest_sql="SELECT customer_id, purchase_digest(day, amount) FROM orders GROUP BY 1"
# The same facts without a digest: first and last day, distinct days, orders, spend, repeat spend and first-day spend.
# Two levels of hash aggregation and no sort; of several ways to write it, the fastest found.
plain_sql="SELECT customer_id, count(*) - 1 AS x, max(day) - min(day) AS t_x, min(day) AS first, sum(n) AS orders, sum(net) AS spend,
	(sum(net) - sum(net) FILTER (WHERE day = first_day)) / nullif(count(*) - 1, 0) AS monetary
	FROM (SELECT customer_id, day, sum(amount) AS net, count(*) AS n FROM orders GROUP BY 1, 2) AS days
	JOIN (SELECT customer_id, min(day) AS first_day FROM orders GROUP BY 1) AS firsts USING (customer_id) GROUP BY 1"

make_orders orders "$orders"
say "$orders orders; $(psql -XAtc 'SHOW server_version'); medians of $rounds rounds"
for suite; do
	say ""
	say "== $suite"
	case $suite in
	digest)
		for workers in 0 2; do
			settings="SET max_parallel_workers_per_gather = $workers; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"
			say "-- $workers workers"
			pair "purchase_digest" "$digest_sql" "count, sum, min, max" "$base_sql"
			pair "purchase_digest" "$digest_sql" "count(*)" "$count_sql"
		done
		settings="SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"
		say "-- 100 groups, aggregated partially by 2 workers"
		quiet -c "CREATE STATISTICS groups ON (customer_id % 100) FROM orders" -c "ANALYZE orders"
		pair "purchase_digest" "SELECT customer_id % 100, purchase_digest(day, amount) FROM orders GROUP BY 1" \
			"count, sum, min, max" "SELECT customer_id % 100, count(*), sum(amount), min(day), max(day) FROM orders GROUP BY 1"
		settings=
		;;
	plain)
		pair "purchase_digest" "$digest_sql" "the same facts in plain SQL" "$plain_sql"
		;;
	size)
		psql -XAt -F' ' -c "
			SELECT format('%s purchase days: %s bytes in memory, %s in a table', n, pg_column_size(p), pg_column_size(p) - CASE WHEN pg_column_size(p) < 130 THEN 3 ELSE 0 END)
			FROM unnest('{1,10,100,1000}'::int[]) n, LATERAL (SELECT purchase_digest(date '2022-01-01' + (g * 1096.0 / n)::int, (9 + (g * 7919) % 49000 / 100.0)::numeric(10, 2)) FROM generate_series(0, n - 1) g) d(p)"
		quiet -c "CREATE UNLOGGED TABLE IF NOT EXISTS digests AS SELECT customer_id, purchase_digest(day, amount) AS p FROM orders GROUP BY 1" -c "VACUUM ANALYZE digests"
		psql -XAt -c "SELECT format('stored digests of exactly 10 purchase days: %s of them, %s bytes on average, %s at most', count(*), round(avg(pg_column_size(p)), 1), max(pg_column_size(p))) FROM digests WHERE frequency(p) = 9"
		;;
	score)
		quiet -c "CREATE UNLOGGED TABLE IF NOT EXISTS digests AS SELECT customer_id, purchase_digest(day, amount) AS p FROM orders GROUP BY 1" -c "VACUUM ANALYZE digests"
		pair "sum(churn_score(p, day))" "SELECT sum(churn_score(p, '2025-01-01')) FROM digests" "count(p)" "SELECT count(p) FROM digests"
		awk '{ print $2 }' "$WORK/pair" | median |
			awk -v n="$(psql -XAtc 'SELECT count(*) FROM digests')" '{ printf "churn_score: %.1f million customers a second, scan and sum included\n", n / $1 / 1000 }'
		;;
	window)
		quiet -c "CREATE UNLOGGED TABLE IF NOT EXISTS spend AS SELECT customer_id, sum(amount)::float8 AS v FROM orders GROUP BY 1" -c "VACUUM ANALYZE spend"
		pair "pareto_segment(v) OVER ()" "SELECT pareto_segment(v) OVER () FROM spend" \
			"sum(v) OVER (ORDER BY v DESC) / …" "SELECT sum(v) OVER (ORDER BY v DESC) / sum(v) OVER () FROM spend"
		pair "is_top(v, 0.2) OVER ()" "SELECT is_top(v, 0.2) OVER () FROM spend" \
			"rank() OVER (ORDER BY v DESC)" "SELECT rank() OVER (ORDER BY v DESC) <= 0.2 * count(*) OVER () FROM spend"
		;;
	rollup)
		quiet -c "CREATE UNLOGGED TABLE IF NOT EXISTS monthly AS SELECT customer_id, date_trunc('month', day) AS month, purchase_digest(day, amount) AS p FROM orders GROUP BY 1, 2" -c "VACUUM ANALYZE monthly"
		pair "rollup of monthly digests" "SELECT customer_id, rollup(p) FROM monthly GROUP BY 1" "purchase_digest over everything" "$digest_sql"
		quiet -c "CREATE UNLOGGED TABLE IF NOT EXISTS digests AS SELECT customer_id, purchase_digest(day, amount) AS p FROM orders GROUP BY 1" -c "CREATE UNLOGGED TABLE rolled AS SELECT customer_id, rollup(p) AS p FROM monthly GROUP BY 1"
		psql -XAt -c "SELECT format('%s of %s customers differ from one aggregate in any byte', count(*) FILTER (WHERE purchase_digest_send(d.p) IS DISTINCT FROM purchase_digest_send(r.p) OR pg_column_size(d.p) <> pg_column_size(r.p)), count(*))
			FROM digests d FULL JOIN rolled r USING (customer_id)"
		;;
	growth)
		make_orders small $((orders / 10))
		make_orders large $((orders * 10))
		for table in small orders large; do
			explained "SELECT customer_id, count(*) FROM $table GROUP BY 1" "SELECT customer_id, purchase_digest(day, amount) FROM $table GROUP BY 1" |
				paste -d' ' - - | sed "s/^/$table /"
		done >"$WORK/growth"
		for table in small orders large; do
			c=$(awk -v t=$table '$1 == t { print $3 }' "$WORK/growth" | median)
			d=$(awk -v t=$table '$1 == t { print $7 }' "$WORK/growth" | median)
			echo "$table $c $d"
		done | awk -v n="$orders" '{ rows = $1 == "small" ? n / 10 : $1 == "orders" ? n : n * 10
				printf "%9d orders: count(*) %7.0f ms, purchase_digest %7.0f ms", rows, $2, $3
				if (NR > 1) printf "; grew %.2f x and %.2f x: ratio %.2f", $2 / c, $3 / d, ($3 / d) / ($2 / c)
				printf "\n"; c = $2; d = $3 }'
		quiet -c "DROP TABLE small, large"
		;;
	*) die "no suite $suite" ;;
	esac
done
