# measure.sh: a server to measure on, and how a query is timed; sourced by run.sh and models.sh, not run.
#
#   measure_start [SETTING]   builds the extension, starts the server; shared_buffers = 2GB unless the setting says otherwise
#   quiet ARGS...             psql without a word
#   explained QUERY...        times queries in turn, in one session
#   median                    of the first column of its input
#   pair WHAT QUERY BASELINE-NAME BASELINE
#
# $rounds: how often each query is timed, after a round to warm up.  $settings: SQL run first in the session.
. "$ROOT/test/server.sh"

measure_start() {
	server_packages gcc libc6-dev make pg:server pg:server-dev
	server_stage
	server_build
	server_start "shared_buffers = 2GB" "max_wal_size = 20GB" "synchronous_commit = off" "autovacuum = off" "$@"
	quiet -c "CREATE EXTENSION loyalty" -c "ALTER SYSTEM SET jit = off" -c "ALTER SYSTEM SET work_mem = '8GB'" \
		-c "ALTER SYSTEM SET max_parallel_workers_per_gather = 0" -c "SELECT pg_reload_conf()"
}

quiet() { PGOPTIONS="-c client_min_messages=warning" psql -Xq -v ON_ERROR_STOP=1 "$@" >/dev/null || die "benchmark query failed"; }

# What the backend has computed so far, in nanoseconds; 0 where the system does not tell.  On a busy machine it
# says more than the time that passed.  Parallel workers are not in it.
cpu_sql="coalesce(split_part(pg_read_file('/proc/self/schedstat', 0, 100, true), ' ', 1), '0')"

# explained QUERY...: runs each in turn, in one session, a round to warm up and then $rounds more; prints
# "query-number milliseconds kilobytes cpu-milliseconds": time and memory as EXPLAIN ANALYZE tells them, the memory being that
# of all hash tables and sorts
explained() {
	for i in $(seq 0 "$rounds"); do
		for sql; do
			echo "SELECT 'CPU ' || $cpu_sql;"
			echo "EXPLAIN (ANALYZE, TIMING OFF) $sql;"
		done
	done >"$WORK/queries"
	echo "SELECT 'CPU ' || $cpu_sql;" >>"$WORK/queries"
	psql -XqAt ${settings:+-c "$settings"} -f "$WORK/queries" | awk -v n=$# '
		/Memory Usage: / { sub(/.*Memory Usage: /, ""); sub(/kB.*/, ""); kb += $0; next }
		/Sort Method: .* Memory: / { sub(/.*Memory: /, ""); sub(/kB.*/, ""); kb += $0; next }
		/Execution Time/ { ms = $3 }
		/^CPU / { if (ms != "" && seen++ >= n) print (seen - 1) % n + 1, ms, kb + 0, ($2 - cpu) / 1000000; ms = ""; kb = 0; cpu = $2 }'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# pair WHAT QUERY BASELINE-NAME BASELINE
pair() {
	explained "$2" "$4" | paste -d' ' - - >"$WORK/pair"
	awk -v what="$1" -v base="$3" -v a="$(awk '{ print $2 }' "$WORK/pair" | median)" -v b="$(awk '{ print $6 }' "$WORK/pair" | median)" \
		-v r="$(awk '{ print $2 / $6 }' "$WORK/pair" | median)" \
		'{ am = $3; bm = $7 }
		END { printf "%-34s %8.0f ms   %-34s %8.0f ms   ratio %.2f", what, a, base, b, r
			if (am && bm) printf "   memory %.0f / %.0f kB, ratio %.2f", am, bm, am / bm
			printf "\n" }' "$WORK/pair"
}
