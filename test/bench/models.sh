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
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
shared=$(cd "${LOYALTY_SHARED:-$ROOT/../shared}" 2>/dev/null && pwd)
. "$ROOT/test/bench/measure.sh"

customers=${CUSTOMERS:-1000000} rounds=${ROUNDS:-3} seed=1
cdnow_customers=23570 as_of="'2023-12-31'"
[ $# -gt 0 ] || set -- fit score rate

measure_start python3

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

# figure NUMBER-OF-QUERY: the median milliseconds of that query in $WORK/times, which `explained` printed
figure() { awk -v n="$1" '$1 == n { print $2 }' "$WORK/times" | median; }

# fits TABLE DAY NAME PEER-ROUNDS PEER-MODELS BAR-BG BAR-MBG BAR-PARETO
fits() {
	table=$1 day=$2
	quiet -c "CREATE UNLOGGED TABLE ${table}_sample AS SELECT clv_sample(p, $day) AS s FROM $table"
	say "-- $3: $(psql -XAtc "SELECT format('%s customers, %s distinct histories', customer_count(s), history_count(s)) FROM ${table}_sample")"
	explained "SELECT count(p) FROM $table" "SELECT clv_sample(p, $day) FROM $table" >"$WORK/times"
	printf '%-12s %9.1f ms   counting the digests alone %.1f ms\n' clv_sample "$(figure 2)" "$(figure 1)"
	[ -z "$python" ] || {
		psql -Xq -c "\\copy (SELECT frequency(p, $day) AS x, recency(p, $day) AS t_x, tenure(p, $day) AS tenure FROM $table WHERE first_purchase(p, $day) IS NOT NULL) TO '$WORK/histories.csv' (FORMAT csv, HEADER)"
		peer fit "$WORK/histories.csv" "$4" $5 >"$WORK/peer"
	}
	for model in bg_nbd mbg_nbd pareto_nbd; do
		explained "SELECT clv_fit(p, $day, '$model', '{\"spend\": false}') FROM $table" "SELECT clv_fit(p, $day, '$model') FROM $table" \
			"SELECT fit_clv(s, '$model', '{\"spend\": false}') FROM ${table}_sample" >"$WORK/times"
		printf '%-12s %9.1f ms (bar %s)   with spend %.1f ms   from the sample %.1f ms' $model "$(figure 1)" "$6" "$(figure 2)" "$(figure 3)"
		[ -z "$python" ] || awk -v model=$model -v ours="$(figure 1)" '$1 == model { printf "   lifetimes %.0f ms, %.1f x", $2, $2 / ours }' "$WORK/peer"
		printf '   %s evaluations\n' "$(psql -XAtc "SELECT evaluations(fit_clv(s, '$model', '{\"spend\": false}')) FROM ${table}_sample" 2>/dev/null)"
		shift
	done
}

# One session from raw orders to scores: prints "digest|fit|score milliseconds", then "peak_kb" and "shared_kb", of the backend.
score_ours() {
	for step in "digest CREATE UNLOGGED TABLE own_digests AS SELECT customer_id, purchase_digest(day, amount) AS p FROM orders GROUP BY 1" \
		"fit CREATE UNLOGGED TABLE own_fit AS SELECT clv_fit(p, $as_of, 'bg_nbd') AS m FROM own_digests" \
		"score CREATE UNLOGGED TABLE own_scores AS SELECT customer_id, p_alive(p, m, $as_of) AS p_alive, ltv(p, m, $as_of, '365 days') AS ltv FROM own_digests, own_fit"; do
		printf '\\echo %s\n\\timing on\n%s;\n\\timing off\n' "${step%% *}" "${step#* }"
	done >"$WORK/queries"
	cat >>"$WORK/queries" <<-'EOF'
		SELECT name || '_kb ' || substring(pg_read_file('/proc/self/status') FROM field || ':\s*(\d+)') FROM (VALUES ('peak', 'VmHWM'), ('shared', 'RssShmem')) f(name, field);
		SELECT 'sum_p_alive ' || sum(p_alive) || E'\nsum_ltv ' || sum(ltv) FROM own_scores;
		DROP TABLE own_digests, own_fit, own_scores;
	EOF
	psql -XqAt -v ON_ERROR_STOP=1 -c "SET work_mem = '$1'" -f "$WORK/queries" | awk '/^Time: / { $0 = step " " $2 } NF == 1 { step = $1; next } { print }'
}
# of FILE NAME: the figure of that name
of() { awk -v name="$2" '$1 == name { print $2 }' "$1" | median; }
sum_of() { file=$1; shift; for name; do of "$file" "$name"; done | awk '{ s += $1 } END { print s }'; }

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
			score_ours 256MB >>"$WORK/ours"
			[ -z "$python" ] || peer score "$WORK/orders.csv" "$(echo "$as_of" | tr -d "'")" >>"$WORK/theirs"
		done
		raw=$(sum_of "$WORK/ours" digest fit score) stored=$(sum_of "$WORK/ours" fit score)
		printf 'bg_nbd: p_alive and ltv over 365 days of each customer, from raw orders %.0f ms: digests %.0f, fit %.0f, scores %.0f; peak memory of the backend %.0f MB, %.0f of them shared buffers\n' \
			"$raw" "$(of "$WORK/ours" digest)" "$(of "$WORK/ours" fit)" "$(of "$WORK/ours" score)" \
			"$(of "$WORK/ours" peak_kb | awk '{ print $1 / 1024 }')" "$(of "$WORK/ours" shared_kb | awk '{ print $1 / 1024 }')"
		[ -s "$WORK/theirs" ] || continue
		their_raw=$(sum_of "$WORK/theirs" summary fit score)
		printf 'lifetimes: from a data frame %.0f ms: summary %.0f, fit %.0f, scores %.0f; peak memory %.0f MB, %.0f of them when the orders were loaded, which is not timed\n' \
			"$their_raw" "$(of "$WORK/theirs" summary)" "$(of "$WORK/theirs" fit)" "$(of "$WORK/theirs" score)" \
			"$(of "$WORK/theirs" peak_kb | awk '{ print $1 / 1024 }')" "$(of "$WORK/theirs" loaded_kb | awk '{ print $1 / 1024 }')"
		awk -v raw="$raw" -v stored="$stored" -v theirs="$their_raw" -v summarized="$(sum_of "$WORK/theirs" fit score)" \
			-v kb="$(of "$WORK/ours" peak_kb)" -v their_kb="$(of "$WORK/theirs" peak_kb)" 'BEGIN {
				printf "faster from raw orders %.1f x (bar 3) in %.2f of the memory (bar 0.5); from stored digests %.1f x (bar 10), %.1f x where lifetimes starts from its summary too\n", \
					theirs / raw, kb / their_kb, theirs / stored, summarized / stored }'
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
			one="$(figure 1) $(figure 2) $(figure 3) $(figure 4)"
			rates $model 2
			echo "$n $one $(figure 1) $(figure 2) $(figure 3) $(figure 4)" | awk -v model=$model '{
				printf "%-12s", model
				printf " p_alive %.2f million a second (bar 2), with 2 workers %.1f x;", $1 / $3 / 1000, $3 / $7
				printf " ltv over a year %.2f (bar 0.3), %.1f x;", $1 / $4 / 1000, $4 / $8
				printf " discounted %.2f, %.1f x;", $1 / $5 / 1000, $5 / $9
				printf " counting the digests alone %.1f, %.1f x\n", $1 / $2 / 1000, $2 / $6 }'
		done
		;;
	*) die "no suite $suite" ;;
	esac
done
