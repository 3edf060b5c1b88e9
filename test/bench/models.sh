#!/bin/sh
# models.sh: how fast models are fitted and customers scored, beside lifetimes (Python) on the same data in the same run.
#
#   sh test/bench/models.sh [SUITE...]     fit score rate
#
# CUSTOMERS (default 1000000): how many are simulated, 7.4 orders each in two years (simulate.c). `fit`
# also takes CDNOW's 23,570 customers from $LOYALTY_SHARED/data, ../shared when unset; where there are none,
# so many simulated ones. ROUNDS (default 3): how often each is timed; lifetimes' fits of many customers, once,
# and its Pareto/NBD of CDNOW only: of a million it takes half an hour.
# LIFETIMES_PYTHON: a Python that has lifetimes; otherwise it is installed by pip into a temporary
# directory, and where that fails the figures stand alone.
#
# Printed: medians of one warm session on one core, the whole query each time, and the figure to be reached.
# In parentheses how much of it was computing: on a busy machine time passes for others too.
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
shared=$(cd "${LOYALTY_SHARED:-$ROOT/../shared}" 2>/dev/null && pwd)
. "$ROOT/test/bench/measure.sh"

customers=${CUSTOMERS:-1000000} rounds=${ROUNDS:-3} seed=1
cdnow_customers=23570 as_of="'2023-12-31'"
[ $# -gt 0 ] || set -- fit score rate

# room for the digests; a log of orders passes through, as it does on a server with more to do
measure_start "shared_buffers = 256MB"

# Sets $python, empty where there is no lifetimes.
find_lifetimes() {
	python=${LIFETIMES_PYTHON:-$WORK/python/bin/python}
	[ -n "${LIFETIMES_PYTHON:-}" ] ||
		{ python3 -m venv "$WORK/python" && "$python" -m pip install -q lifetimes==0.11.3; } >"$WORK/pip.log" 2>&1
	if versions=$("$python" -W ignore -c "
import platform, numpy, pandas, scipy, importlib.metadata as m
import lifetimes
print('lifetimes', m.version('lifetimes'), 'with Python', platform.python_version() + ',', 'numpy', numpy.__version__ + ',', 'pandas', pandas.__version__ + ',', 'scipy', scipy.__version__)" 2>>"$WORK/pip.log"); then
		say "beside: $versions"
	else
		python=
		say "without lifetimes, which could not be installed: $(tail -1 "$WORK/pip.log")"
	fi
}
peer() { "$python" -W ignore "$ROOT/test/bench/lifetimes_peer.py" "$@"; }

# make_orders TABLE CUSTOMERS: an order log in the order of time
make_orders() {
	quiet -c "CREATE UNLOGGED TABLE raw (customer_id int, day int, amount numeric(10, 2))" \
		-c "\\copy raw FROM PROGRAM '$WORK/simulate $2 $seed'" \
		-c "CREATE UNLOGGED TABLE $1 AS SELECT customer_id, date '2022-01-01' + day AS day, amount FROM raw ORDER BY day" \
		-c "DROP TABLE raw" -c "VACUUM ANALYZE $1"
}
make_digests() {
	quiet -c "CREATE UNLOGGED TABLE $2 AS SELECT customer_id, purchase_digest(day, amount) AS p FROM $1 GROUP BY 1" -c "VACUUM ANALYZE $2"
}
# the simulated customers and their digests, made when first asked for
many_customers() {
	[ -z "${made:-}" ] || return 0
	make_orders orders "$customers"
	make_digests orders digests
	made=yes
	say "$(psql -XAtc "SELECT count(*) FROM digests") simulated customers with $(psql -XAtc "SELECT count(*) FROM orders") orders"
}

# figure NUMBER-OF-QUERY: the median milliseconds of that query in $WORK/times, which `explained` printed; computed: those computing
figure() { awk -v n="$1" '$1 == n { print $2 }' "$WORK/times" | median; }
computed() { awk -v n="$1" '$1 == n { print $4 }' "$WORK/times" | median; }
# both NUMBER-OF-QUERY: "milliseconds (computing)"
both() { printf '%.1f ms (%.1f)' "$(figure "$1")" "$(computed "$1")"; }

# fits TABLE DAY NAME PEER-ROUNDS PEER-MODELS BAR-BG BAR-MBG BAR-PARETO
fits() {
	table=$1 day=$2
	quiet -c "CREATE UNLOGGED TABLE ${table}_sample AS SELECT clv_sample(p, $day) AS s FROM $table"
	say "-- $3: $(psql -XAtc "SELECT format('%s customers, %s distinct histories', customer_count(s), history_count(s)) FROM ${table}_sample")"
	explained "SELECT count(p) FROM $table" "SELECT clv_sample(p, $day) FROM $table" >"$WORK/times"
	printf '%-12s %s   counting the digests alone %s\n' clv_sample "$(both 2)" "$(both 1)"
	[ -z "$python" ] || {
		psql -Xq -c "\\copy (SELECT frequency(p, $day) AS x, recency(p, $day) AS t_x, tenure(p, $day) AS tenure FROM $table WHERE first_purchase(p, $day) IS NOT NULL) TO '$WORK/histories.csv' (FORMAT csv, HEADER)"
		peer fit "$WORK/histories.csv" "$4" $5 >"$WORK/peer"
	}
	for model in bg_nbd mbg_nbd pareto_nbd; do
		explained "SELECT clv_fit(p, $day, '$model', '{\"spend\": false}') FROM $table" "SELECT clv_fit(p, $day, '$model') FROM $table" \
			"SELECT fit_clv(s, '$model', '{\"spend\": false}') FROM ${table}_sample" >"$WORK/times"
		printf '%-12s %s, bar %s   with spend %s   from the sample %s' $model "$(both 1)" "$6" "$(both 2)" "$(both 3)"
		[ -z "$python" ] || awk -v model=$model -v ours="$(figure 1)" -v computed="$(computed 1)" '$1 == model {
			printf "   lifetimes %.0f ms (%.0f), %.1f x", $2, $3, $2 / ours
			if (computed) printf " (%.1f x)", $3 / computed }' "$WORK/peer"
		printf '   %s evaluations\n' "$(psql -XAtc "SELECT evaluations(fit_clv(s, '$model', '{\"spend\": false}')) FROM ${table}_sample" 2>/dev/null)"
		shift
	done
}

# One session from raw orders to scores, with so much work_mem: prints "digest|fit|score milliseconds computing", then "peak_kb"
# and "shared_kb" of the backend, and sums of the scores.
score_ours() {
	for step in "digest CREATE UNLOGGED TABLE own_digests AS SELECT customer_id, purchase_digest(day, amount) AS p FROM orders GROUP BY 1" \
		"fit CREATE UNLOGGED TABLE own_fit AS SELECT clv_fit(p, $as_of, 'bg_nbd') AS m FROM own_digests" \
		"score CREATE UNLOGGED TABLE own_scores AS SELECT customer_id, p_alive(p, m, $as_of) AS p_alive, ltv(p, m, $as_of, '365 days') AS ltv FROM own_digests, own_fit"; do
		printf "SELECT 'CPU ' || %s;\n\\\\timing on\n%s;\n\\\\timing off\nSELECT 'CPU ' || %s || ' %s';\n" "$cpu_sql" "${step#* }" "$cpu_sql" "${step%% *}"
	done >"$WORK/queries"
	cat >>"$WORK/queries" <<-'EOF'
		SELECT name || '_kb ' || substring(pg_read_file('/proc/self/status', 0, 10000, true) FROM field || ':\s*(\d+)') FROM (VALUES ('peak', 'VmHWM'), ('shared', 'RssShmem')) f(name, field);
		SELECT 'sum_p_alive ' || sum(p_alive) || E'\nsum_ltv ' || sum(ltv) FROM own_scores;
		DROP TABLE own_digests, own_fit, own_scores;
	EOF
	psql -XqAt -v ON_ERROR_STOP=1 -c "SET work_mem = '$1'" -f "$WORK/queries" | awk '
		/^Time: / { ms = $2; next }
		/^CPU / { if (NF == 3) print $3, ms, ($2 - cpu) / 1000000; cpu = $2; next }
		{ print }'
}
# of FILE NAME [COLUMN]: the median figure of that name
of() { awk -v name="$2" -v column="${3:-2}" '$1 == name { print $column }' "$1" | median; }
# sum_of FILE COLUMN NAME...
sum_of() { file=$1 column=$2; shift 2; for name; do of "$file" "$name" "$column"; done | awk '{ s += $1 } END { print s }'; }
megabytes() { of "$1" "$2" | awk '{ printf "%.0f MB", $1 / 1024 }'; }
# phases FILE NAME...: "total ms (computing): name ms (computing), ..."
phases() {
	file=$1; shift
	printf '%.0f ms (%.0f)' "$(sum_of "$file" 2 "$@")" "$(sum_of "$file" 3 "$@")"
	separator=': '
	for name; do
		printf '%s%s %.0f (%.0f)' "$separator" "$name" "$(of "$file" "$name")" "$(of "$file" "$name" 3)"
		separator=', '
	done
}

# rates MODEL WORKERS: customers a second of each question, the scan and the sum included
rates() {
	settings="SET max_parallel_workers_per_gather = $2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"
	m="(SELECT m FROM fitted WHERE model = '$1')"
	explained "SELECT count(p) FROM digests" "SELECT sum(p_alive(p, $m, $as_of)) FROM digests" \
		"SELECT sum(ltv(p, $m, $as_of, '1 year')) FROM digests" "SELECT sum(ltv(p, $m, $as_of, '1 year', 0.1)) FROM digests" >"$WORK/times"
	settings=
}

gcc -std=c11 -O2 -o "$WORK/simulate" "$ROOT/test/bench/simulate.c" -lm || die "cannot compile simulate.c"
say "PostgreSQL $(psql -XAtc 'SHOW server_version'), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg); medians of $rounds rounds"
python=
case " $* " in *" fit "* | *" score "*) find_lifetimes ;; esac
for suite; do
	say ""
	say "== $suite"
	case $suite in
	fit)
		if [ -f "$shared/data/cdnow_master.csv" ]; then
			quiet -c "CREATE UNLOGGED TABLE cdnow_orders (customer_id int, day date, amount numeric, n_cds int)" \
				-c "\\copy cdnow_orders FROM '$shared/data/cdnow_master.csv' (FORMAT csv, HEADER)"
			make_digests cdnow_orders cdnow
			fits cdnow "'1997-09-30'" CDNOW "$rounds" "bg_nbd mbg_nbd pareto_nbd" 15 15 60
		else
			make_orders cdnow_orders $cdnow_customers
			make_digests cdnow_orders cdnow
			fits cdnow "$as_of" "a stand-in for CDNOW" "$rounds" "bg_nbd mbg_nbd pareto_nbd" - - -
		fi
		many_customers
		fits digests "$as_of" simulated 1 "bg_nbd mbg_nbd" "1000 for a million" "1000 for a million" "8000 for a million"
		;;
	score)
		many_customers
		[ -z "$python" ] || quiet -c "\\copy orders TO '$WORK/orders.csv' (FORMAT csv, HEADER)"
		: >"$WORK/ours"
		: >"$WORK/theirs"
		for round in $(seq "$rounds"); do
			# PostgreSQL's own work_mem: partitions that spill are small enough for the processor's caches
			score_ours 4MB >>"$WORK/ours"
			[ -z "$python" ] || peer score "$WORK/orders.csv" "$(echo "$as_of" | tr -d "'")" >>"$WORK/theirs"
		done
		printf 'bg_nbd, p_alive and ltv over 365 days of each customer, from raw orders: %s; peak memory of the backend %s, %s of them shared buffers\n' \
			"$(phases "$WORK/ours" digest fit score)" "$(megabytes "$WORK/ours" peak_kb)" "$(megabytes "$WORK/ours" shared_kb)"
		[ -s "$WORK/theirs" ] || continue
		printf 'lifetimes, from a data frame: %s; peak memory %s, %s before the first step; to load the frame is not timed\n' \
			"$(phases "$WORK/theirs" summary fit score)" "$(megabytes "$WORK/theirs" peak_kb)" "$(megabytes "$WORK/theirs" loaded_kb)"
		for column in 2 3; do
			awk -v what="$([ $column = 2 ] && echo faster || echo "less computing")" -v kb="$(of "$WORK/ours" peak_kb)" -v shared="$(of "$WORK/ours" shared_kb)" -v their_kb="$(of "$WORK/theirs" peak_kb)" \
				-v raw="$(sum_of "$WORK/ours" $column digest fit score)" -v stored="$(sum_of "$WORK/ours" $column fit score)" \
				-v theirs="$(sum_of "$WORK/theirs" $column summary fit score)" -v summarized="$(sum_of "$WORK/theirs" $column fit score)" 'BEGIN {
					if (raw && stored) printf "%s: from raw orders %.1f x (bar 3) in %.2f of the memory (bar 0.5), %.2f not counting shared buffers; from stored digests %.1f x (bar 10), and %.1f x where lifetimes starts from its summary\n", \
						what, theirs / raw, kb / their_kb, (kb - shared) / their_kb, theirs / stored, summarized / stored }'
		done
		for sum in sum_p_alive sum_ltv; do
			printf '%s: %.2f and %.2f\n' $sum "$(of "$WORK/ours" $sum)" "$(of "$WORK/theirs" $sum)"
		done
		;;
	rate)
		many_customers
		quiet -c "CREATE UNLOGGED TABLE fitted AS SELECT model, clv_fit(p, $as_of, model) AS m FROM digests, unnest('{bg_nbd,mbg_nbd,pareto_nbd}'::text[]) model GROUP BY 1"
		n=$(psql -XAtc "SELECT count(*) FROM digests")
		for model in bg_nbd mbg_nbd pareto_nbd; do
			rates $model 0
			one="$(figure 1) $(figure 2) $(figure 3) $(figure 4) $(computed 1) $(computed 2) $(computed 3) $(computed 4)"
			rates $model 2
			echo "$n $one $(figure 1) $(figure 2) $(figure 3) $(figure 4)" | awk -v model=$model '{
				split("counting the digests alone|p_alive (bar 2)|ltv over a year (bar 0.3)|ltv discounted", what, "|")
				for (i = 2; i <= 5; i++) {
					printf "%-12s %-27s %6.2f million a second", model, what[i - 1], $1 / $i / 1000
					if ($(i + 4)) printf " (%.2f)", $1 / $(i + 4) / 1000
					printf ", with 2 workers %.1f x\n", $i / $(i + 8)
				} }'
		done
		;;
	*) die "no suite $suite" ;;
	esac
done
