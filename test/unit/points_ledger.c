/*
 * points_ledger.c
 *		Kernel tests of points accounts: the rules one by one, limits, long
 *		chains, bytes and text.  Random journals against the executable model
 *		are in points_ledger_model.c.
 */
#include "points_account.h"

#include <time.h>

#include "instant.h"
#include "points_journal.h"

static points_text
text(const char *string)
{
	points_text result = {string, string ? (uint32_t) strlen(string) : 0};

	return result;
}

/* the account of a journal in text; aborts where that is none, unless `status` is asked for */
static points_ledger *
fold(const char *journal, loyalty_status *status)
{
	points_ledger *ledger = malloc(sizeof(*ledger));
	size_t		len = strlen(journal);
	char	   *strings = malloc(len + 1);
	char	   *to = strings;
	size_t		at = 0;
	points_policy policy;
	loyalty_status got = points_journal_policy_from_text(journal, len, &at, &policy);

	if (got != LOYALTY_OK || journal[at++] != '{')
		abort();
	account_init(ledger, policy);
	while (got == LOYALTY_OK && at < len && journal[at] != '}')
	{
		points_event event;

		got = points_journal_event_from_text(journal, len, &at, &event, &to);
		if (got == LOYALTY_OK)
			got = points_ledger_apply(ledger, &event);
		if (got == LOYALTY_OK && journal[at] == ',')
			at++;
	}
	if (status)
		*status = got;
	else if (got != LOYALTY_OK)
	{
		printf("# status %d at %s\n", (int) got, journal + at);
		abort();
	}
	free(strings);
	return ledger;
}

/* what an account has: available pending held arrears; expired spent reversed moved */
static void
is(const char *journal, const char *expected, const char *what)
{
	points_ledger *ledger = fold(journal, NULL);
	const points_head *head = &ledger->head;
	char		got[256];

	snprintf(got, sizeof(got), "%lld %lld %lld %lld; %lld %lld %lld %lld", (long long) head->available,
			 (long long) head->pending, (long long) head->gone[POINTS_HELD], (long long) head->arrears,
			 (long long) head->gone[POINTS_EXPIRED], (long long) head->gone[POINTS_SPENT],
			 (long long) head->gone[POINTS_REVERSED], (long long) head->gone[POINTS_MOVED]);
	ok(strcmp(got, expected) == 0, "%s", what);
	if (strcmp(got, expected) != 0)
		printf("# got %s, expected %s\n", got, expected);
	account_release(ledger);
	free(ledger);
}

static void
refused(const char *journal, loyalty_status expected, const char *what)
{
	loyalty_status got;
	points_ledger *ledger = fold(journal, &got);

	ok(got == expected, "%s", what);
	if (got != expected)
		printf("# got status %d, expected %d\n", (int) got, (int) expected);
	account_release(ledger);
	free(ledger);
}

#define D(day) "2026-01-" day "T00:00:00Z"

static void
test_rules(void)
{
	is("{}", "0 0 0 0; 0 0 0 0", "an account without an entry has nothing");
	is("{earn \"a\" " D("01") " 70 until " D("10") ", earn \"b\" " D("02") " 70, redeem \"r\" " D("03") " 70, confirm \"t\" " D("20") " ref \"b\"}",
	   "70 0 0 0; 0 70 0 0", "what expires first is spent first: nothing is lost, and no old debit makes a balance negative");
	is("{earn \"a\" " D("01") " 70, earn \"b\" " D("02") " 70 until " D("10") ", redeem \"r\" " D("03") " 70, confirm \"t\" " D("20") " ref \"b\"}",
	   "70 0 0 0; 0 70 0 0", "also where it was earned later");
	is("fifo {earn \"a\" " D("01") " 70, earn \"b\" " D("02") " 70 until " D("10") ", redeem \"r\" " D("03") " 70, confirm \"t\" " D("20") " ref \"b\"}",
	   "0 0 0 0; 70 70 0 0", "first in, first out loses the lot that ends");
	refused("{earn \"a\" " D("01") " 70 until " D("10") ", redeem \"r\" " D("10") " 1}", LOYALTY_INSUFFICIENT,
			"nothing can be spent from until_at on, though no job has run");
	is("{earn \"a\" " D("01") " 70 until " D("10") ", redeem \"r\" 2026-01-09T23:59:59.999999Z 70}", "0 0 0 0; 0 70 0 0",
	   "it can a microsecond before");
	is("{earn \"a\" " D("01") " 10 from " D("05") ", earn \"b\" " D("02") " 1 from infinity}", "0 11 0 0; 0 0 0 0", "points are pending before from_at");
	is("{earn \"a\" " D("01") " 10 from infinity, confirm \"c\" " D("02") " ref \"a\", confirm \"d\" " D("03") " ref \"a\"}",
	   "10 0 0 0; 0 0 0 0", "confirmed, they are available; confirming again changes nothing");
	is("{earn \"a\" " D("01") " 10 from " D("05") " until " D("04") ", earn \"b\" " D("06") " 1}", "1 0 0 0; 10 0 0 0",
	   "a lot that ends before it begins expires without ever being spendable");
	is("{earn \"a\" " D("05") " 10 until " D("01") "}", "0 0 0 0; 10 0 0 0", "so does one that has ended already");

	is("{earn \"a\" " D("01") " 10 until " D("05") ", hold \"h\" " D("02") " 6 until " D("09") ", earn \"b\" " D("08") " 1}",
	   "1 0 6 0; 4 0 0 0", "held points do not expire while they are held");
	is("{earn \"a\" " D("01") " 10 until " D("05") ", hold \"h\" " D("02") " 6 until " D("09") ", earn \"b\" " D("09") " 1}",
	   "1 0 0 0; 10 0 0 0", "a hold that times out gives back what has ended meanwhile: expired at once");
	is("{earn \"a\" " D("01") " 10, hold \"h\" " D("02") " 6, capture \"c\" " D("03") " 4 ref \"h\"}",
	   "6 0 0 0; 0 4 0 0", "a capture of a part releases the rest");
	refused("{earn \"a\" " D("01") " 10, hold \"h\" " D("02") " 6 until " D("03") ", capture \"c\" " D("03") " 4 ref \"h\"}", LOYALTY_NO_HOLD,
			"what has timed out cannot be captured");
	refused("{earn \"a\" " D("01") " 10, hold \"h\" " D("02") " 6, capture \"c\" " D("03") " 4 ref \"h\", capture \"d\" " D("03") " 1 ref \"h\"}", LOYALTY_NO_HOLD,
			"nor anything twice");

	is("{earn \"a\" " D("01") " 5 until " D("10") ", earn \"b\" " D("01") " 5 until " D("20") ", redeem \"r\" " D("02") " 8, refund \"f\" " D("11") " 4 ref \"r\"}",
	   "5 0 0 0; 1 4 0 0", "golden: a part of a refund takes the newest allocation first, so 3 return to b and 1 to a, which has ended");
	is("grace 86400s {earn \"a\" " D("01") " 5 until " D("10") ", redeem \"r\" " D("02") " 5, refund \"f\" " D("11") " 5 ref \"r\"}",
	   "5 0 0 0; 0 0 0 5", "with a grace period a refund into an ended lot is a new lot");
	is("grace 86400s {earn \"a\" " D("01") " 5 until " D("10") ", redeem \"r\" " D("02") " 5, refund \"f\" " D("11") " 5 ref \"r\", reverse \"v\" " D("11") " 5 ref \"a\"}",
	   "0 0 0 0; 0 0 5 5", "which remains part of its origin for a reversal");
	refused("{earn \"a\" " D("01") " 5, redeem \"r\" " D("02") " 5, refund \"f\" " D("03") " 3 ref \"r\", refund \"g\" " D("03") " 3 ref \"r\"}", LOYALTY_EXCEEDS_REDEMPTION,
			"no more is refunded than was redeemed, cancelled and refunded though it be");

	is("{earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 10, reverse \"v\" " D("03") " 10 ref \"a\"}", "0 0 0 10; 0 10 0 0",
	   "spent points that are reversed are owed: no loop of free points");
	is("{earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 10, reverse \"v\" " D("03") " 10 ref \"a\", earn \"b\" " D("04") " 25}", "15 0 0 0; 0 20 0 0",
	   "the next points settle that");
	is("{earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 10, reverse \"v\" " D("03") " 10 ref \"a\", earn \"b\" " D("04") " 25, refund \"f\" " D("05") " 10 ref \"r\"}",
	   "25 0 0 0; 0 0 10 0", "undone altogether, they have them back");
	is("forgive {earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 8, reverse \"v\" " D("03") " 10 ref \"a\"}", "0 0 0 0; 0 8 2 0",
	   "a programme may forgive what was spent");
	is("forgive {earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 8, reverse \"v\" " D("03") " 10 ref \"a\", refund \"f\" " D("04") " 8 ref \"r\"}", "0 0 0 0; 0 0 10 0",
	   "a refund of it finds it reversed all the same");
	refused("forgive {earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 8, reverse \"v\" " D("03") " 10 ref \"a\", reverse \"w\" " D("03") " 1 ref \"a\"}", LOYALTY_EXCEEDS_LOT,
			"no more is reversed than was earned, forgiven or not");
	refused("refuse {earn \"a\" " D("01") " 10, redeem \"r\" " D("02") " 8, reverse \"v\" " D("03") " 3 ref \"a\"}", LOYALTY_ALREADY_SPENT,
			"or refuse to reverse what was spent");
	is("{earn \"a\" " D("01") " 10, transfer_out \"t\" " D("02") " 10, reverse \"v\" " D("03") " 10 ref \"a\"}", "0 0 0 10; 0 0 0 10",
	   "transferred points are reversible, into arrears");
	is("{transfer_in \"t/a\" " D("02") " 10 from " D("01") " until " D("09") ", transfer_in \"t/b\" " D("02") " 5 from " D("01") ", redeem \"r\" " D("08") " 3, confirm \"s\" " D("09") " ref \"t/b\"}",
	   "5 0 0 0; 7 3 0 0", "what arrives ends when it would have ended: no transfer launders an expiry");
	is("{adjust \"a\" " D("01") " 5, adjust \"b\" " D("02") " -8 ref \"allow_arrears\", earn \"c\" " D("03") " 1}", "0 0 0 2; 0 6 0 0",
	   "an adjustment goes below zero only where that is allowed");
	refused("{adjust \"a\" " D("01") " 5, adjust \"b\" " D("02") " -8}", LOYALTY_INSUFFICIENT, "and is refused where it is not");

	refused("{earn \"a\" " D("01") " 5, hold \"h\" " D("02") " 1, merge_out \"m\" " D("03") " 4}", LOYALTY_NOT_CLEAR, "an account with open holds cannot be merged");
	refused("{earn \"a\" " D("01") " 5, earn \"b\" " D("01") " 5 from " D("09") ", merge_out \"m\" " D("03") " 5}", LOYALTY_NOT_ALL, "a merge leaves nothing behind, the pending included");
	is("{merge_in \"m/b\" " D("03") " 5 ref \"" D("01") "\" from " D("09") "}", "0 5 0 0; 0 0 0 0", "what was pending arrives pending");

	is("{earn \"a\" " D("05") " 10, earn \"a\" " D("06") " 10, earn \"b\" " D("01") " 1 until " D("05") "}", "10 0 0 0; 1 0 0 0",
	   "a repetition changes nothing, and book time does not run backwards");
	refused("{earn \"a\" " D("05") " 10, earn \"a\" " D("06") " 11}", LOYALTY_KEY_CONFLICT, "the same key for something else is an error of its own");
	refused("{earn \"a\" " D("05") " 10, redeem \"a\" " D("06") " 10}", LOYALTY_KEY_CONFLICT, "of whatever kind");
	refused("{transfer_in \"a/b\" " D("05") " 10 from " D("01") ", earn \"a/b\" " D("06") " 10}", LOYALTY_KEY_CONFLICT, "nor may a lot be called like another");
}

static void
test_limits(void)
{
	char		key[POINTS_KEY_SIZE + 2];
	points_event event = {.kind = POINTS_EARN, .at = 5, .has_points = true, .points = INT64_MAX, .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};
	points_policy policy = {0, 0, 0};
	points_ledger ledger;
	points_head before;

	account_init(&ledger, policy);
	event.key = text("a");
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_OK, "an account holds 2^63-1 points");
	before = ledger.head;
	event.key = text("b");
	event.points = 1;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_POINTS_OVERFLOW, "one more is an overflow");
	ok(memcmp(&before, &ledger.head, sizeof(before)) == 0 && points_store_find(&ledger.store, text("b")) < 0, "which leaves no trace");
	event.kind = POINTS_ADJUST;
	event.points = INT64_MIN;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_POINTS_OVERFLOW, "the smallest number has no counterpart");
	event.points = -INT64_MAX;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_OK, "all can go at once");
	event.key = text("c");
	event.ref = text("allow_arrears");
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_OK && ledger.head.arrears == INT64_MAX, "and as much again be owed");
	event.key = text("d");
	event.points = -1;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_POINTS_OVERFLOW, "but no more");
	memset(key, 'k', sizeof(key));
	event.key.bytes = key;
	event.key.size = sizeof(key);
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_EVENT_KEY, "a key has a limit");
	event.key.size = 0;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_EVENT_KEY, "and is not empty");
	event.key = text("e");
	event.at = POINTS_NEVER;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_EVENT_TIME, "an event has a finite time");
	event.at = 9;
	event.has_points = false;
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_EVENT_FIELD, "and the fields of its kind");
	account_release(&ledger);

	refused("grace 9223372036854s {earn \"a\" " D("01") " 1 until " D("03") ", redeem \"r\" " D("02") " 1, refund \"f\" " D("04") " 1 ref \"r\"}",
			LOYALTY_EVENT_TIME, "a grace period that would end after the end of time is an error");
}

/* Each lot pays the arrears of the one before, and is reversed: one refund unties them all, without recursion. */
static void
test_chain(void)
{
	enum {LENGTH = 20000};
	points_policy policy = {0, 0, 0};
	points_ledger ledger;
	bool		accepted = true;
	points_event event = {.has_points = true, .points = 7, .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};

	account_init(&ledger, policy);
	for (int i = 0; i < LENGTH; i++)
	{
		char		lot[32],
					key[32];

		sprintf(lot, "lot %d", i);
		event.at = i;
		event.kind = POINTS_EARN;
		event.key = text(lot);
		event.ref = text(NULL);
		accepted = accepted && points_ledger_apply(&ledger, &event) == LOYALTY_OK;
		if (i == 0)
		{
			event.kind = POINTS_REDEEM;
			event.key = text("gift");
			accepted = accepted && points_ledger_apply(&ledger, &event) == LOYALTY_OK;
		}
		sprintf(key, "return %d", i);
		event.kind = POINTS_REVERSE;
		event.key = text(key);
		event.ref = text(lot);
		accepted = accepted && points_ledger_apply(&ledger, &event) == LOYALTY_OK;
	}
	ok(accepted && ledger.head.arrears == 7, "a chain of %d lots, each paying for the one before: 7 points are owed", (int) LENGTH);
	event.kind = POINTS_REFUND;
	event.key = text("gift back");
	event.ref = text("gift");
	ok(points_ledger_apply(&ledger, &event) == LOYALTY_OK && ledger.head.arrears == 0 && ledger.head.available == 0 &&
	   ledger.head.gone[POINTS_SPENT] == 0 && ledger.head.gone[POINTS_REVERSED] == (int64_t) 7 * LENGTH,
	   "one refund unties them all");
	account_release(&ledger);
}

/* One point at a time, again and again: what is done with does not stand in the way. */
static void
test_bit_by_bit(int claws, int payers)
{
	enum {POINTS = 30000};
	points_policy policy = {0, 0, 0};
	points_ledger ledger;
	bool		accepted = true;
	clock_t		began = clock();

	account_init(&ledger, policy);
	for (int step = 0; step < 5; step++)
	{
		int			times = step == 0 ? 1 : step == 1 ? 1 : step == 2 ? claws : step == 3 ? payers : POINTS;

		for (int n = 0; n < times; n++)
		{
			static const int kind[] = {POINTS_EARN, POINTS_REDEEM, POINTS_REVERSE, POINTS_EARN, POINTS_REFUND};
			static const char *const ref[] = {NULL, NULL, "0-0", NULL, "1-0"};
			char		key[32];
			points_event event = {.kind = kind[step], .at = step, .has_points = true, .points = POINTS / times,
				.ref = text(ref[step]), .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};

			sprintf(key, "%d-%d", step, n);
			event.key = text(key);
			accepted = accepted && points_ledger_apply(&ledger, &event) == LOYALTY_OK;
		}
	}
	ok(accepted && ledger.head.available == POINTS && ledger.head.arrears == 0 && ledger.head.gone[POINTS_SPENT] == 0 &&
	   ledger.head.gone[POINTS_REVERSED] == POINTS, "%d reversals, paid by %d lots, are given back bit by bit", claws, payers);
	ok((double) (clock() - began) / CLOCKS_PER_SEC < 5, "in no time to speak of");
	account_release(&ledger);
}

/* ---------- bytes and text ---------- */

static void
test_journal(void)
{
	static const char *const journals[] = {
		"earn \"o-1\" 2026-01-05T10:00:00Z 100 from 2026-01-19T00:00:00Z until 2027-01-05T00:00:00Z",
		"confirm \"c\" 0001-01-01T00:00:00Z ref \"quote \\\" and \\\\\"",
		"adjust \"x\" 2026-01-05T10:00:00.000001Z -9223372036854775808 ref \"allow_arrears\"",
		"hold \"h\" -4713-11-24T00:00:00Z 9223372036854775807 until infinity",
		"merge_in \"m/a\" 294276-12-31T23:59:59.999999Z 1 ref \"2026-01-05T10:00:00Z\" from infinity",
	};
	bool		texts = true,
				bytes = true,
				cut = true;

	for (size_t i = 0; i < sizeof(journals) / sizeof(*journals); i++)
	{
		char		strings[256];
		char	   *to = strings;
		char		out[1024];
		size_t		at = 0;
		points_event event = {0},
					back = {0};
		uint8_t    *packed;
		size_t		size,
					len;

		texts = texts && points_journal_event_from_text(journals[i], strlen(journals[i]), &at, &event, &to) == LOYALTY_OK &&
			at == strlen(journals[i]);
		len = points_journal_event_to_text(&event, out);
		out[len] = '\0';
		if (strcmp(out, journals[i]) != 0 || len > points_journal_event_text_size(&event))
		{
			printf("# %s\n# %s\n", out, journals[i]);
			texts = false;
		}
		size = points_journal_event_size(&event);
		packed = malloc(size);
		bytes = bytes && points_journal_write_event(packed, &event) == packed + size &&
			points_journal_read_event(packed, packed + size, &back) == packed + size &&
			points_journal_event_to_text(&back, out) == len && memcmp(out, journals[i], len) == 0;
		/* in memory of exactly that size, so that the sanitizer sees every byte beyond */
		for (size_t less = 0; less < size; less++)
		{
			uint8_t    *part = malloc(less + 1);

			memcpy(part, packed, less);
			cut = cut && points_journal_read_event(part, part + less, &back) == NULL;
			free(part);
		}
		free(packed);
	}
	ok(texts, "events go through text");
	ok(bytes, "and through bytes");
	ok(cut, "bytes that end early are no event");
}

static void
test_damage(void)
{
	bool		survived = true;
	long		accepted = 0;

	for (int round = 0; round < 20000; round++)
	{
		uint8_t		bytes[64];
		size_t		size = (size_t) tap_between(0, 64);
		uint8_t    *exact = malloc(size + 1);
		const uint8_t *at;
		points_policy policy;
		points_ledger ledger;

		for (size_t i = 0; i < size; i++)
			bytes[i] = tap_random() % 3 ? (uint8_t) tap_between(0, 20) : (uint8_t) tap_random();
		bytes[0] = 1;
		memcpy(exact, bytes, size);
		at = points_journal_read_policy(exact, exact + size, &policy);
		if (at != NULL)
		{
			account_init(&ledger, policy);
			while (at != NULL && at < exact + size)
			{
				points_event event;

				at = points_journal_read_event(at, exact + size, &event);
				if (at != NULL && points_ledger_apply(&ledger, &event) == LOYALTY_OK)
					accepted++;
			}
			survived = survived && ledger.head.available >= 0 && ledger.head.arrears >= 0;
			account_release(&ledger);
		}
		free(exact);
	}
	ok(survived && accepted > 20, "bytes at random do no harm; %ld of their events were accepted", accepted);
}

static void
test_instants(void)
{
	bool		same = true;
	int64_t		instant;
	size_t		used;

	for (int i = 0; i < 20000; i++)
	{
		int64_t		given = tap_between(0, 1) ? tap_between(INSTANT_FIRST, 0) + tap_between(0, INSTANT_END - 1) : tap_between(-1000000, 1000000) * 1000000;
		char		out[INSTANT_TEXT_SIZE];
		size_t		len = instant_to_text(given, out);

		same = same && len < INSTANT_TEXT_SIZE && instant_from_text(out, len, &instant, &used) == LOYALTY_OK && used == len && instant == given;
	}
	ok(same, "instants go through text");
	ok(instant_from_text("2000-01-01T00:00:01.5Z", 22, &instant, &used) == LOYALTY_OK && instant == 1500000, "they count microseconds from 2000");
	ok(instant_from_text("2000-01-01T24:00:00Z", 20, &instant, &used) == LOYALTY_SYNTAX &&
	   instant_from_text("2000-01-01T00:00:00", 19, &instant, &used) == LOYALTY_SYNTAX &&
	   instant_from_text("2000-01-01", 10, &instant, &used) == LOYALTY_SYNTAX &&
	   instant_from_text("2000-01-01T00:00:00.Z", 21, &instant, &used) == LOYALTY_SYNTAX, "what is no instant is refused");
}

/* Thousands of lots under way, in any order: more than one milestone of the spend order, events refused between. */
static void
test_many_lots(int order)
{
	points_ledger ledger;
	points_policy policy = {0, order, 0};
	bool		in_order = true;
	bool		complete = true;

	account_init(&ledger, policy);
	for (int n = 0; n < 8000; n++)
	{
		char		key[24];
		bool		earn = n < 2000 || tap_between(0, 2) > 0;
		points_event event = {.kind = earn ? POINTS_EARN : POINTS_REDEEM, .at = (int64_t) n * 100, .has_points = true,
			.points = tap_between(1, earn ? 5 : 20), .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};

		snprintf(key, sizeof(key), "%d", n);
		event.key = text(key);
		if (earn && tap_between(0, 3) == 0)
			event.from_at = event.at + tap_between(0, 100000);
		if (earn && tap_between(0, 3) > 0)
			event.until_at = event.at + tap_between(0, 1000000);
		(void) points_ledger_apply(&ledger, &event);
		if (n % 50 == 0)
		{
			int64_t		points = 0;
			int32_t		last = -1;

			for (int32_t i = ledger.head.first_lot; i >= 0; last = i, i = points_lot_at(&ledger.store, i)->after)
			{
				in_order = in_order && (last < 0 || points_ledger_before(&ledger, last, i)) && points_lot_at(&ledger.store, i)->before == last;
				points += points_lot_at(&ledger.store, i)->remaining;
				complete = complete && points_lot_at(&ledger.store, i)->until_at > ledger.head.now;
			}
			complete = complete && last == ledger.head.last_lot && points == ledger.head.available + ledger.head.pending;
		}
	}
	ok(in_order, "thousands of lots lie in spend order, %s", order == POINTS_FEFO ? "soonest to end first" : "oldest first");
	ok(complete && ledger.head.gone[POINTS_EXPIRED] > 0, "all that remain, and none that has ended");
	account_release(&ledger);
}

static int	pauses;

static void
count_pause(void)
{
	pauses++;
}

/* What happens at tens of thousands of instants takes no more than each of them does, and can be broken off on the way. */
static void
test_many_instants(int order)
{
	enum {COUNT = 30000};
	points_ledger ledger;
	points_policy policy = {0, order, 0};
	points_memory memory = {account_resize, NULL, count_pause};
	points_head then;
	points_head before;
	bool		accepted = true;
	clock_t		began = clock();

	points_ledger_init(&ledger, policy, memory);
	for (int n = 0; n < 3 * COUNT; n++)
	{
		char		key[24];
		points_event event = {.kind = POINTS_EARN, .at = 0, .has_points = true, .points = 1, .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};

		snprintf(key, sizeof(key), "%d", n);
		event.key = text(key);
		if (n == 0)
			event.points = COUNT;	/* for the holds; it never ends */
		else if (n < COUNT)
			event.until_at = 1000 + n;
		else if (n < 2 * COUNT)
		{
			event.kind = POINTS_HOLD;
			event.until_at = 1000 + tap_between(0, COUNT);
		}
		else
			event.from_at = n == 2 * COUNT ? POINTS_NEVER : 1000 + tap_between(0, COUNT);
		accepted = accepted && points_ledger_apply(&ledger, &event) == LOYALTY_OK;
	}
	ok(accepted && ledger.head.gone[POINTS_HELD] == COUNT, "holds, lots to come and lots to end, all at instants of their own");
	before = ledger.head;
	pauses = 0;
	ok(points_ledger_foresee(&ledger, 1000 + 2 * COUNT, &then) == LOYALTY_OK && then.gone[POINTS_HELD] == 0 && then.pending == 1 &&
	   then.available + then.gone[POINTS_EXPIRED] == 3 * COUNT - 2, "one step leads past all of them");
	ok(pauses > COUNT / 2048, "with pauses on the way");
	ok(memcmp(&before, &ledger.head, sizeof(before)) == 0, "and back");
	for (int n = 0; n < COUNT && accepted; n++)
		accepted = points_ledger_sweep(&ledger, 1000 + n) == LOYALTY_OK;
	(void) points_ledger_sweep(&ledger, 1000 + 2 * COUNT);
	ok(accepted && ledger.head.available == then.available && ledger.head.gone[POINTS_EXPIRED] == then.gone[POINTS_EXPIRED], "as many steps lead to the same place");
	ok((double) (clock() - began) / CLOCKS_PER_SEC < 10, "in no time to speak of");
	account_release(&ledger);
}

int
main(void)
{
	tap_seed();
	test_rules();
	test_limits();
	test_chain();
	test_bit_by_bit(30000, 1);
	test_bit_by_bit(1, 30000);
	test_journal();
	test_damage();
	test_instants();
	test_many_lots(POINTS_FEFO);
	test_many_lots(POINTS_FIFO);
	test_many_instants(POINTS_FEFO);
	test_many_instants(POINTS_FIFO);
	return done();
}
