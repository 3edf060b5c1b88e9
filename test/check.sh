#!/bin/sh
# check.sh: runs every test, on a private server that leaves no trace.
#
#   sh test/check.sh            everything
#   sh test/check.sh SUITE...   some of: unit build regress isolation pgtap tap assert faults
#
# Works as root (the server then runs as an ordinary user) and as an ordinary
# user; installs what is missing on Debian and Ubuntu.  PG_CONFIG chooses
# another PostgreSQL.  Ends with "N passed, N failed".
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/test/server.sh"

for suite; do
	case " unit build regress isolation pgtap tap assert faults " in
	*" $suite "*) ;;
	*) die "no suite $suite; there are: unit build regress isolation pgtap tap assert faults" ;;
	esac
done
server_packages gcc make libc6-dev pg:server pg:server-dev pg:pgtap \
	perl libtap-parser-sourcehandler-pgtap-perl libipc-run-perl
server_stage
cd src || exit 1
[ -d "$ROOT/../shared/reference" ] && cp -r "$ROOT/../shared" "$WORK/shared"
[ "$(id -u)" != 0 ] || chown -R "$SERVER_USER" "$WORK"
LOYALTY_SHARED=$WORK/shared
PG_REGRESS=$(dirname "$($PG_CONFIG --pgxs)")/../test/regress/pg_regress
export LOYALTY_SHARED PG_REGRESS
unset MAKEFLAGS MAKELEVEL

passed=0 failed=0 suites=$*

# suite NAME COMMAND...: runs it, counts its tests from its output (TAP or
# pg_regress), and shows the output where something failed.
suite() {
	name=$1
	shift
	log=$WORK/$name.log
	began=$(date +%s)
	(cd "$WORK/src" && server_as_user "$@") >"$log" 2>&1
	status=$?
	good=$(grep -cE '^(ok |test .* \.\.\. +ok )' "$log")
	bad=$(grep -cE '^(not ok |test .* \.\.\. +FAILED)' "$log")
	# a suite that broke off, or that ran no test, has failed
	if [ $status -ne 0 ] && [ "$bad" = 0 ]; then bad=1; fi
	if [ $status -eq 0 ] && [ "$good" = 0 ]; then bad=1; fi
	passed=$((passed + good)) failed=$((failed + bad))
	printf '%-12s %5d passed %3d failed  %3ds\n' "$name" "$good" "$bad" $(($(date +%s) - began))
	if [ "$bad" != 0 ]; then
		grep -vE '^(ok |test .* \.\.\. +ok )' "$log" | tail -60
		for f in "$WORK"/src/regression.diffs "$WORK"/src/output_iso/regression.diffs "$WORK"/src/tmp_check/log/regress_log_*; do
			[ -f "$f" ] && echo "--- ${f##*/}" && tail -150 "$f"
		done
		# what one suite left must not be shown for another
		rm -rf "$WORK"/src/regression.diffs "$WORK"/src/output_iso "$WORK"/src/tmp_check
	fi
}

wanted() {
	[ -z "$suites" ] && return 0
	case " $suites " in *" $1 "*) return 0 ;; esac
	return 1
}

warnings=
[ "${CI:-}" = true ] && warnings="-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare"


wanted unit && suite unit make -s PG_CONFIG="$PG_CONFIG" unit PROVE_FLAGS=-v

server_build COPT="$warnings"
server_start

wanted build && suite build sh test/build.sh
wanted regress && suite regress make -s with_llvm=no PG_CONFIG="$PG_CONFIG" installcheck TAP_TESTS= ISOLATION=
wanted isolation && suite isolation make -s with_llvm=no PG_CONFIG="$PG_CONFIG" installcheck TAP_TESTS= REGRESS=
if wanted pgtap; then
	server_as_user createdb pgtap
	server_as_user psql -Xqd pgtap -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION loyalty'
	suite pgtap pg_prove -v -d pgtap test/pgtap/*.sql
fi
wanted tap && suite tap prove -v -I "$(dirname "$($PG_CONFIG --pgxs)")/../test/perl" test/t/*.pl
if wanted assert; then
	# once more with the assertions of PostgreSQL's macros and ours
	server_as_user make -s -C "$WORK/src" with_llvm=no PG_CONFIG="$PG_CONFIG" clean >/dev/null
	server_build COPT="$warnings -DUSE_ASSERT_CHECKING"
	suite assert make -s with_llvm=no PG_CONFIG="$PG_CONFIG" installcheck TAP_TESTS= ISOLATION=
fi
# last, for it leaves what it has built from faulty sources
wanted faults && suite faults sh test/faults.sh

say ""
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
