/*
 * points_ledger_fuzz.c
 *		A fuzzer of points accounts: any bytes, read as a stored journal.
 *
 * What it asks of every input: the kernel reads it or refuses it, and touches
 * nothing beyond it; each event is accepted or leaves no trace; after each, sums,
 * signs and conservation hold, whatever rules the bytes tried to break; what was
 * accepted is written as it was read, as bytes and as text, and folds again to
 * the same totals.
 *
 * `make unit` runs it on journals made at random and then damaged (LOYALTY_FUZZ
 * says how many, default 4000; LOYALTY_SEED which); `make fuzz` gives it to
 * clang's libFuzzer, which looks for inputs that reach new code, for FUZZ_SECONDS.
 */
#include "points_account.h"

#include "points_journal.h"

#define MOST_BYTES	4096		/* of an input: each event is followed by a look at everything */

static void
insist(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "points_ledger_fuzz: %s\n", what);
	abort();
}

/* the accepted events of an account, written as they are stored */
static size_t
write_events(const points_ledger *ledger, uint8_t *bytes)
{
	uint8_t    *to = points_journal_write_policy(bytes, ledger->policy);

	for (uint32_t i = 0; i < ledger->store.arrays[POINTS_ENTRIES].count; i++)
	{
		points_event event = points_ledger_entry(ledger, (int32_t) i);

		to = points_journal_write_event(to, &event);
	}
	return (size_t) (to - bytes);
}

static size_t
event_sizes(const points_ledger *ledger)
{
	size_t		size = POINTS_POLICY_SIZE;

	for (uint32_t i = 0; i < ledger->store.arrays[POINTS_ENTRIES].count; i++)
	{
		points_event event = points_ledger_entry(ledger, (int32_t) i);

		size += points_journal_event_size(&event);
	}
	return size;
}

static bool
same_totals(const points_head *a, const points_head *b)
{
	return a->now == b->now && a->available == b->available && a->pending == b->pending && a->arrears == b->arrears &&
		a->earned == b->earned && memcmp(a->gone, b->gone, sizeof(a->gone)) == 0 && a->lot_count == b->lot_count;
}

/* an event goes out as text and comes back as it was */
static void
check_text(const points_event *event)
{
	char	   *text = malloc(points_journal_event_text_size(event));
	size_t		len = points_journal_event_to_text(event, text);
	char	   *strings = malloc(len + 1);
	char	   *to = strings;
	size_t		at = 0;
	points_event again;
	size_t		size = points_journal_event_size(event);
	uint8_t    *bytes = malloc(2 * size);

	insist(points_journal_event_from_text(text, len, &at, &again, &to) == LOYALTY_OK && at == len, "the text of an event cannot be read");
	insist(points_journal_event_size(&again) == size, "an event that was text is another one");
	points_journal_write_event(bytes, event);
	points_journal_write_event(bytes + size, &again);
	insist(memcmp(bytes, bytes + size, size) == 0, "an event that was text is another one");
	free(bytes);
	free(strings);
	free(text);
}

static long accepted,
			rejected;

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static account_image before,
				after;
	const uint8_t *end = data + (size < MOST_BYTES ? size : MOST_BYTES);
	points_policy policy;
	points_ledger ledger,
				again;
	points_head then;
	size_t		room;
	uint8_t    *bytes;
	const uint8_t *from = points_journal_read_policy(data, end, &policy);

	if (from == NULL)
		return 0;
	account_init(&ledger, policy);
	while (from < end)
	{
		points_event event;
		loyalty_status status;

		from = points_journal_read_event(from, end, &event);
		if (from == NULL)
			break;
		account_image_take(&before, &ledger);
		status = points_ledger_apply(&ledger, &event);
		account_image_take(&after, &ledger);
		if (status != LOYALTY_OK || ledger.repeated)
			insist(account_image_same(&before, &after), "a rejected or repeated event left a trace");
		else
		{
			points_event kept = points_ledger_entry(&ledger, (int32_t) ledger.store.arrays[POINTS_ENTRIES].count - 1);

			insist(kept.at >= event.at, "book time ran backwards");
			check_text(&kept);
		}
		insist(account_is_sound(&ledger), "sums, signs or conservation are broken");
		*(status == LOYALTY_OK ? &accepted : &rejected) += 1;
	}

	/* what it will be is what it comes to be */
	if (ledger.head.now != POINTS_UNSET && ledger.head.now < POINTS_NEVER - 1000000000)
	{
		points_head saved = ledger.head;
		int64_t		later = ledger.head.now + 1000000000;

		insist(points_ledger_foresee(&ledger, later, &then) == LOYALTY_OK, "time to come cannot be foreseen");
		insist(same_totals(&saved, &ledger.head), "a look ahead left a trace");
	}
	room = event_sizes(&ledger);
	bytes = malloc(room);
	size = write_events(&ledger, bytes);
	insist(size <= room, "a journal is longer than it said");
	from = points_journal_read_policy(bytes, bytes + size, &policy);
	insist(from != NULL, "a policy that was written cannot be read");
	account_init(&again, policy);
	while (from < bytes + size)
	{
		points_event event;

		from = points_journal_read_event(from, bytes + size, &event);
		insist(from != NULL, "an event that was written cannot be read");
		insist(points_ledger_apply(&again, &event) == LOYALTY_OK && !again.repeated, "an event that was accepted is not accepted again");
	}
	insist(same_totals(&ledger.head, &again.head), "a journal folds to something else than it came from");
	if (ledger.head.now != POINTS_UNSET && ledger.head.now < POINTS_NEVER - 1000000000)
	{
		insist(points_ledger_sweep(&again, ledger.head.now + 1000000000) == LOYALTY_OK, "time does not pass");
		insist(same_totals(&again.head, &then), "what was foreseen is not what came");
	}
	account_release(&again);
	account_release(&ledger);
	free(bytes);
	return 0;
}

#ifndef LOYALTY_LIBFUZZER

/* a journal in which many an event makes sense */
static size_t
random_journal(uint8_t *bytes)
{
	static const char keys[] = "abcdefghijklmnopqrstuvwx";
	points_policy policy = {
		tap_between(0, 2) == 0 ? tap_between(1, 30) : 0, (uint8_t) tap_between(0, 1),
		(uint8_t) (tap_between(0, 2) == 0 ? tap_between(0, 2) : 0)
	};
	uint8_t    *to = points_journal_write_policy(bytes, policy);
	int64_t		now = 0;

	for (int64_t n = tap_between(1, 40); n > 0; n--)
	{
		points_event event = {
			.kind = tap_between(0, 2) == 0 ? POINTS_EARN : (int) tap_between(POINTS_EARN, POINTS_KINDS - 1),
			.key = {keys + tap_between(0, 23), 1}, .at = now += tap_between(0, 6),
			.points = tap_between(0, 60) == 0 ? INT64_MAX - tap_between(0, 2) : tap_between(1, 20),
			.from_at = POINTS_UNSET, .until_at = POINTS_UNSET
		};
		points_text ref = {keys + tap_between(0, 23), 1};

		event.has_points = event.kind != POINTS_CONFIRM && event.kind != POINTS_VOID;
		switch (event.kind)
		{
			case POINTS_EARN:
			case POINTS_HOLD:
			case POINTS_TRANSFER_IN:
			case POINTS_MERGE_IN:
				event.until_at = tap_between(0, 3) == 0 ? POINTS_UNSET : now + tap_between(-2, 25);
				if (event.kind == POINTS_TRANSFER_IN || event.kind == POINTS_MERGE_IN)
					event.ref = ref;
				if (event.kind != POINTS_HOLD)
					event.from_at = event.kind == POINTS_EARN && tap_between(0, 1) == 0 ? POINTS_UNSET : now + tap_between(-9, 9);
				break;
			case POINTS_ADJUST:
				event.points *= tap_between(0, 1) == 0 ? 1 : -1;
				if (tap_between(0, 1) == 0)
					event.ref = (points_text) {"allow_arrears", 13};
				break;
			case POINTS_CONFIRM:
			case POINTS_CAPTURE:
			case POINTS_VOID:
			case POINTS_REFUND:
			case POINTS_REVERSE:
				event.ref = ref;
				break;
			default:
				break;
		}
		to = points_journal_write_event(to, &event);
	}
	return (size_t) (to - bytes);
}

int
main(void)
{
	const char *inputs = getenv("LOYALTY_FUZZ");
	long		count = inputs ? atol(inputs) : 4000;

	tap_seed();
	for (long i = 0; i < count; i++)
	{
		uint8_t		bytes[MOST_BYTES];
		size_t		size = random_journal(bytes);
		uint8_t    *input;

		/* every other one is damaged: bits flipped, or cut short */
		if (i % 2)
			for (int64_t n = tap_between(1, 3); n > 0; n--)
				bytes[tap_between(0, (int64_t) size - 1)] ^= (uint8_t) (1 << tap_between(0, 7));
		if (i % 8 == 1)
			size = (size_t) tap_between(0, (int64_t) size);
		/* where the sanitizer sees its end */
		input = malloc(size + 1);
		memcpy(input, bytes, size);
		input = realloc(input, size > 0 ? size : 1);
		(void) LLVMFuzzerTestOneInput(input, size);
		free(input);
	}
	ok(accepted > count && rejected > count, "%ld inputs: %ld events accepted, %ld rejected, and everything held", count, accepted, rejected);
	return done();
}

#endif							/* LOYALTY_LIBFUZZER */
