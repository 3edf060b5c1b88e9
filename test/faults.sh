# faults.sh: tests of the tests: faults planted one by one, each of which must be caught; run by check.sh in the source copy.
#
# Each is a mistake that somebody could make in the code of points, or that others have made.  One that cannot be planted,
# for the code has moved on, is a failure too.
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi; }
build() { make -s with_llvm=no PG_CONFIG="$PG_CONFIG" "$@"; }

# what catches it: a unit test of the kernel; a regression test of what SQL sees
unit() { build "build/unit/$1" && { timeout 120 "build/unit/$1" >"$WORK/fault.log" 2>&1; test $? -ne 0; }; }
sql() {
	build install >"$WORK/fault.log" 2>&1 && { build installcheck TAP_TESTS= ISOLATION= REGRESS="$1" >"$WORK/fault.log" 2>&1; test $? -ne 0; }
	caught=$?
	rm -rf regression.diffs regression.out results
	return $caught
}

# fault WHAT FILE SED CATCHER TEST
fault() {
	cp "$2" "$WORK/sound"
	sed -i "$3" "$2"
	if cmp -s "$2" "$WORK/sound"; then
		ok 1 "$1: could not be planted in $2"
	else
		"$4" "$5"
		ok $? "$1: caught by $5"
	fi
	cp "$WORK/sound" "$2"
}

ledger=src/kernel/points_ledger.c lots=src/kernel/points_lots.c

fault "a refund takes the oldest allocation first" $ledger \
	's/for (p = first + redemption->count - redemption->parts_passed - 1; p >= first \&\& left > 0; p--)/for (p = first; p < first + redemption->count \&\& left > 0; p++)/' unit points_ledger
fault "expiry is ignored" $lots \
	's/points_lots_take(ledger, i, POINTS_EXPIRED, lot->remaining);/;/' unit points_ledger
fault "a lot can be spent at the instant it ends" $lots \
	's/least(lot->from_at, lot->until_at) : lot->until_at;/least(lot->from_at, lot->until_at) : lot->until_at + (lot->until_at < POINTS_NEVER);/' unit points_ledger
fault "a key that was used is not noticed" $ledger \
	's/if (points_name_at(store, name)->entry >= 0)/if (points_name_at(store, name)->entry > INT32_MAX - 1)/' unit points_ledger
fault "other arguments under the same key are not noticed" $ledger \
	's/first->points != event->points ||/false ||/' unit points_ledger
fault "a hold is lost at its time-out" $lots \
	's/status = points_lots_give_back(ledger, part.lot, part.points, NULL);/continue;/' unit points_ledger
fault "a capture does not release the rest" $ledger \
	's/if (captured < part.points)/if (captured > part.points)/' unit points_ledger
fault "a reversal forgets what was spent: points for nothing" $ledger \
	's/status = points_lots_claw(ledger, i, taken, ledger->policy.clawback == POINTS_FORGIVE);/status = LOYALTY_OK;/' unit points_ledger
fault "arrears are not settled from new points" $lots \
	's/while (head->arrears > 0 \&\& head->available > 0)/while (head->arrears > head->available \&\& head->available > 0)/' unit points_ledger
fault "a refund does not cancel the claw of its lot" $lots \
	's/points_lot_at(store, task.lot)->clawed > 0)/points_lot_at(store, task.lot)->clawed > INT64_MAX - 1)/' unit points_ledger
fault "a refund can be more than the redemption" $ledger \
	's/ledger->left = redemption->points - redemption->refunded;/ledger->left = redemption->points;/' unit points_ledger
fault "a rejected event leaves its traces" $ledger \
	's/points_store_undo(&ledger->store);/;/' unit points_ledger_fuzz
fault "a transfer launders expiry" $ledger \
	's/return make_lot(ledger, name, event->from_at, event->from_at, until_of(event), event->points);/return make_lot(ledger, name, event->from_at, event->from_at, POINTS_NEVER, event->points);/' unit points_ledger
fault "parts of an order are rounded alone" src/points_for.c \
	's/if (exact_compare(amount, int64_to_numeric(0)) < 0)/if (false)/' sql points_for
fault "points are rounded up" src/points_for.c \
	's/up = half >= 0;/up = half > 0;/' sql points_for
echo "1..$n"
