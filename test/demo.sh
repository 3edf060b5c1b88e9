#!/bin/sh
#
# demo.sh: loyalty on a shop's orders, from nothing to a report on the customers.
#
# It installs what is missing (a PostgreSQL server with its headers, a compiler),
# builds the extension, starts a private server in a temporary directory, loads
# the orders, prints the report of test/demo.sql, and removes it all again.

usage() {
	cat <<'EOT'
usage: sh test/demo.sh [OPTION...] [ORDERS.csv]

Prints a report on a shop's customers: who carries the revenue, who is leaving,
whom to call this week.  Without a file: on a sample shop.

The file has one line for each order and a first line that names the columns, in
any order.  Three of them are needed; others are ignored.

  customer   any text or number
  date       2025-12-31, or with a time 2025-12-31 18:05
  amount     1234.56; a return is negative

Usual names (customer_id, order_date, total ...) are recognised; otherwise:

  --customer COL   --date COL   --amount COL     name the column
  --help                                         this text

The file is only read, nothing leaves this machine, and nothing stays on it but
the packages that were missing.
EOT
}

ROOT=$(cd "$(dirname "$0")/.." && pwd) || exit 1
SCRATCH=

fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

clean_up() {
	status=$?
	[ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
	[ -z "${SERVER:-}" ] || { (exit $status); server_stop; }
	exit $status
}

# Which file, and which columns

FILE=
DEMO_CUSTOMER= DEMO_DATE= DEMO_AMOUNT=
given=0
while [ $# -gt 0 ]; do
	case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--customer=*) DEMO_CUSTOMER=${1#*=} ;;
		--date=*) DEMO_DATE=${1#*=} ;;
		--amount=*) DEMO_AMOUNT=${1#*=} ;;
		--customer | --date | --amount)
			[ $# -ge 2 ] || fail "$1 needs the name of a column. See --help."
			case $1 in
				--customer) DEMO_CUSTOMER=$2 ;;
				--date) DEMO_DATE=$2 ;;
				--amount) DEMO_AMOUNT=$2 ;;
			esac
			shift
			;;
		--)
			shift
			[ $# -le $((1 - given)) ] || fail "one file at a time. See --help."
			[ $# = 0 ] || { FILE=$1 given=1; }
			break
			;;
		-?*) fail "no option $1. See --help." ;;
		*)
			[ $given = 0 ] || fail "one file at a time ($FILE, $1). See --help."
			FILE=$1 given=1
			;;
	esac
	shift
done
[ $given = 1 ] || [ -z "$DEMO_CUSTOMER$DEMO_DATE$DEMO_AMOUNT" ] || fail "a column is named, but no file. See --help."

# A wrong file is told apart before anything slow happens.  What is right with it
# is left in $SCRATCH/rows, ready for COPY.

# The kinds of file that are taken for CSV most often
refuse_binary() {
	case $(od -An -tx1 -N4 "$1" | tr -d ' \n') in
		504b0304) fail "$FILE is an Excel workbook or a zip archive. Open it, save the sheet as CSV, and run this on that file." ;;
		d0cf11e0) fail "$FILE is an old Excel workbook. Open it, save the sheet as CSV, and run this on that file." ;;
		1f8b*) fail "$FILE is compressed with gzip. Unpack it first: gunzip -c $FILE > orders.csv" ;;
		25504446) fail "$FILE is a PDF document. This needs the orders as CSV." ;;
		fffe* | feff*) fail "$FILE is UTF-16 text. Save it as CSV in UTF-8, and run this on that file." ;;
	esac
	[ "$(tr -dc '\000-\010\016-\032\034-\037' <"$1" | head -c 1 | wc -c)" -eq 0 ] ||
		fail "$FILE is no text file. This needs the orders as CSV."
}

read_orders() {
	if [ "$FILE" = - ]; then
		FILE="standard input"
		input=$SCRATCH/input
		cat >"$input" || fail "cannot read standard input."
	else
		[ -n "$FILE" ] || fail "the name of the file is empty. See --help."
		[ -e "$FILE" ] || fail "there is no file $FILE. Check the name, or run without one to see the sample."
		[ ! -d "$FILE" ] || fail "$FILE is a directory. Name the CSV file in it."
		[ -r "$FILE" ] || fail "$FILE may not be read by $(id -un). Change its permissions, or run this as a user who may."
		case $FILE in
			/*) input=$FILE ;;
			*) input=./$FILE ;;
		esac
		if [ ! -f "$FILE" ]; then
			cat "$input" >"$SCRATCH/input" || fail "cannot read $FILE."
			input=$SCRATCH/input
		fi
	fi
	[ -s "$input" ] || fail "$FILE is empty. It needs a line with the names of its columns and a line for each order."
	(
		LC_ALL=C
		export LC_ALL
		refuse_binary "$input"
		DEMO_FILE=$FILE DEMO_NOTES=$SCRATCH/notes
		export DEMO_FILE DEMO_NOTES DEMO_CUSTOMER DEMO_DATE DEMO_AMOUNT
		awk -f "$ROOT/test/demo.awk" <"$input" >"$SCRATCH/rows"
	) || exit 1
	# names that are not UTF-8 come from an older Windows program
	encoding=UTF8
	if command -v iconv >/dev/null && ! iconv -f UTF-8 -t UTF-8 "$SCRATCH/rows" >/dev/null 2>&1; then
		encoding=LATIN1
	fi
}

trap clean_up EXIT
trap 'exit 130' INT TERM HUP PIPE
if [ $given = 1 ]; then
	mask=$(umask)
	umask 077
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/loyalty-demo.XXXXXX") || fail "cannot make a temporary directory."
	read_orders
	umask "$mask"
fi

# The server

. "$ROOT/test/server.sh"
server_packages gcc libc6-dev make pg:server pg:server-dev
say "Building loyalty and starting a private server, which is removed at the end ..."
server_stage
SERVER=1
trap clean_up EXIT
server_build -j2
server_start

# The orders and the report

run_psql() {
	PAGER= PSQL_PAGER= psql -X -q -v ON_ERROR_STOP=1 "$@"
}

if [ $given = 1 ]; then
	run_psql -c "CREATE TABLE orders (customer_id text, ordered_at timestamp, amount numeric)" &&
		PGCLIENTENCODING=$encoding run_psql -c "COPY orders FROM STDIN" <"$SCRATCH/rows" ||
		fail "the orders of $FILE could not be loaded."
	say "Orders: $FILE"
	cat "$SCRATCH/notes"
else
	run_psql -f "$ROOT/test/sample.sql" || fail "the sample could not be loaded."
	say "Orders: a sample shop. On your own: sh test/demo.sh ORDERS.csv (--help says more)"
fi
PGCLIENTENCODING=UTF8 run_psql -f "$ROOT/test/demo.sql"
status=$?
# 141: whoever reads this has seen enough (sh test/demo.sh | head)
[ $status = 0 ] || [ $status = 141 ] || fail "the report could not be made."
