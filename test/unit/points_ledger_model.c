/*
 * points_ledger_model.c
 *		The kernel against the executable model of the ledger's rules: random
 *		journals with every kind of rejection, the whole state compared after
 *		each event, each lot at the end.
 *
 * The model is not part of this repository: without it (LOYALTY_SHARED, or
 * ../shared beside the checkout) and python3 the test is skipped.
 * LOYALTY_JOURNALS says how many (default 300), LOYALTY_SEED which.
 */
#include "tap.h"

#include <string.h>
#include <unistd.h>

#include "points_ledger.h"

static void *
resize(void *context, void *block, size_t size)
{
	void	   *moved = realloc(block, size);

	(void) context;
	if (moved == NULL)
		abort();
	return moved;
}

static void
release(points_ledger *ledger)
{
	for (int i = 0; i < POINTS_ARRAYS; i++)
		free(ledger->store.arrays[i].at);
	free(ledger->store.text);
	free(ledger->store.old);
	free(ledger->store.buckets);
}

/* everything that is the state, as one sequence of bytes */
typedef struct image
{
	size_t		size;
	char		bytes[1 << 20];
} image;

static void
image_add(image *image, const void *bytes, size_t size)
{
	if (size > sizeof(image->bytes) - image->size)
		abort();
	if (size > 0)
		memcpy(image->bytes + image->size, bytes, size);
	image->size += size;
}

static void
image_take(image *image, const points_ledger *ledger)
{
	static const size_t sizes[] = {
		[POINTS_NAMES] = sizeof(points_name), [POINTS_LOTS] = sizeof(points_lot), [POINTS_PARTS] = sizeof(points_part),
		[POINTS_HOLDS] = sizeof(points_hold), [POINTS_REDEMPTIONS] = sizeof(points_redemption),
		[POINTS_CLAWS] = sizeof(points_claw), [POINTS_PAYMENTS] = sizeof(points_payment),
		[POINTS_ENTRIES] = sizeof(points_entry), [POINTS_TURNS] = sizeof(points_turn)
	};

	image->size = 0;
	image_add(image, &ledger->head, sizeof(ledger->head));
	for (int i = 0; i < POINTS_STATE_ARRAYS; i++)
	{
		size_t		from = image->size;

		image_add(image, ledger->store.arrays[i].at, ledger->store.arrays[i].count * sizes[i]);
		/* how names are chained is a matter of the size of their table */
		for (uint32_t n = 0; i == POINTS_NAMES && n < ledger->store.arrays[i].count; n++)
			((points_name *) (void *) (image->bytes + from))[n].chain = 0;
	}
	image_add(image, ledger->store.text, ledger->store.text_size);
}

static points_text
text_of(const char *field)
{
	points_text text = {NULL, 0};

	if (strcmp(field, "-") != 0)
	{
		text.bytes = field;
		text.size = (uint32_t) strlen(field);
	}
	return text;
}

static int64_t
instant_of(const char *field)
{
	return strcmp(field, "-") == 0 ? POINTS_UNSET : strcmp(field, "infinity") == 0 ? POINTS_NEVER : strtoll(field, NULL, 10);
}

static bool
same_view(const points_ledger *ledger, char *const *field)
{
	const points_head *head = &ledger->head;

	return head->available == strtoll(field[0], NULL, 10) && head->pending == strtoll(field[1], NULL, 10) &&
		head->gone[POINTS_HELD] == strtoll(field[2], NULL, 10) && head->arrears == strtoll(field[3], NULL, 10) &&
		head->gone[POINTS_EXPIRED] == strtoll(field[4], NULL, 10) && head->gone[POINTS_SPENT] == strtoll(field[5], NULL, 10) &&
		head->gone[POINTS_REVERSED] == strtoll(field[6], NULL, 10) && head->gone[POINTS_MOVED] == strtoll(field[7], NULL, 10);
}

/* what can be seen without knowing the model: sums, signs, conservation */
static bool
is_sound(const points_ledger *ledger)
{
	int64_t		remaining = 0,
				pending = 0,
				gone[POINTS_WAYS] = {0},
				owed = 0,
				on_hold = 0;
	const points_head *head = &ledger->head;

	for (uint32_t i = 0; i < ledger->store.arrays[POINTS_LOTS].count; i++)
	{
		const points_lot *lot = points_lot_at(&ledger->store, (int32_t) i);
		int64_t		sum = lot->remaining;

		remaining += lot->remaining;
		if (lot->remaining < 0 || lot->clawed < 0 || lot->regranted < 0 || (lot->remaining > 0 && lot->clawed > 0))
			return false;
		if (lot->remaining > 0 && lot->pending)
			pending += lot->remaining;
		if (lot->remaining > 0 && (lot->until_at <= head->now || lot->pending != (lot->from_at > head->now)))
			return false;
		for (int way = 0; way < POINTS_WAYS; way++)
		{
			if (lot->gone[way] < 0)
				return false;
			sum += lot->gone[way];
			gone[way] += lot->gone[way];
		}
		if (sum != lot->amount)
			return false;
	}
	for (uint32_t i = 0; i < ledger->store.arrays[POINTS_CLAWS].count; i++)
		owed += points_claw_at(&ledger->store, (int32_t) i)->owed;
	for (int32_t h = head->first_hold; h >= 0; h = points_hold_at(&ledger->store, h)->after)
		on_hold += points_hold_at(&ledger->store, h)->points;
	return remaining == head->available + head->pending && pending == head->pending && owed == head->arrears &&
		on_hold == head->gone[POINTS_HELD] && memcmp(gone, head->gone, sizeof(gone)) == 0 &&
		!(head->available > 0 && head->arrears > 0);
}

static int
split(char *line, char **fields)
{
	int			count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *at = line; at != NULL && count < 16;)
	{
		fields[count++] = at;
		at = strchr(at, '\t');
		if (at != NULL)
			*at++ = '\0';
	}
	return count;
}

static points_ledger accounts[2];
static image before,
			after;
static long events,
			rejections,
			repetitions;

/* applies; says whether it was accepted */
static bool
apply(points_ledger *ledger, const points_event *event, bool *sound)
{
	loyalty_status status;

	image_take(&before, ledger);
	status = points_ledger_apply(ledger, event);
	image_take(&after, ledger);
	events++;
	if (status != LOYALTY_OK)
		rejections++;
	else if (ledger->repeated)
		repetitions++;
	if ((status != LOYALTY_OK || ledger->repeated) &&
		(before.size != after.size || memcmp(before.bytes, after.bytes, before.size) != 0))
	{
		printf("# a rejected or repeated event left a trace, status %d\n", (int) status);
		*sound = false;
	}
	*sound = *sound && is_sound(ledger);
	return status == LOYALTY_OK;
}

/* out of account 0 and lot by lot into account 1 */
static bool
transfer(const char *key, int64_t at, int64_t points, bool *sound)
{
	points_ledger *from = &accounts[0];
	points_event out = {.kind = POINTS_TRANSFER_OUT, .key = text_of(key), .at = at, .has_points = true, .points = points,
	.from_at = POINTS_UNSET, .until_at = POINTS_UNSET};

	if (!apply(from, &out, sound))
		return false;
	for (int32_t p = from->first_part; p < from->first_part + from->part_count; p++)
	{
		const points_part *part = points_part_at(&from->store, p);
		const points_lot *lot = points_lot_at(&from->store, part->lot);
		points_event in = {.kind = POINTS_TRANSFER_IN, .key = text_of(key), .ref = points_name_text(&from->store, lot->name),
			.at = at, .has_points = true, .points = part->points, .from_at = lot->earned_at, .until_at = lot->until_at};

		if (!apply(&accounts[1], &in, sound))
			return false;
	}
	return true;
}

int
main(void)
{
	const char *shared = getenv("LOYALTY_SHARED");
	const char *journals = getenv("LOYALTY_JOURNALS");
	char		model[4096];
	char		command[8192];
	char		line[8192];
	char	   *field[16];
	FILE	   *answers;
	long		lines = 0,
				wrong = 0,
				lots = 0;
	bool		sound = true;

	snprintf(model, sizeof(model), "%s/reference/points_ledger_model.py", shared ? shared : "../shared");
	if (access(model, R_OK) != 0 || system("python3 -c '' 2>/dev/null") != 0)
	{
		printf("1..0 # SKIP needs python3 and the model\n");
		return 0;
	}
	tap_seed();
	snprintf(command, sizeof(command), "python3 test/model/points_ledger.py '%s' %ld %lu", model,
			 journals ? atol(journals) : 300, (unsigned long) (tap_state % 1000000007));
	answers = popen(command, "r");
	if (answers == NULL)
		abort();
	while (fgets(line, sizeof(line), answers) != NULL && wrong < 5)
	{
		char		said[sizeof(line)];
		bool		accepted;

		lines++;
		memcpy(said, line, sizeof(line));
		split(line, field);
		if (line[0] == 'J')
		{
			points_policy policy = {strtoll(field[1], NULL, 10), strcmp(field[2], "fifo") == 0 ? POINTS_FIFO : POINTS_FEFO, POINTS_ARREARS};
			points_memory memory = {resize, NULL, NULL};

			for (int i = 0; i < 2; i++)
			{
				release(&accounts[i]);
				points_ledger_init(&accounts[i], policy, memory);
			}
		}
		else if (line[0] == 'E' || line[0] == 'T')
		{
			char		expected[sizeof(line)];
			char	   *view[16];
			int			first = 0,
						last = 1;

			if (line[0] == 'T')
				accepted = transfer(field[1], strtoll(field[2], NULL, 10), strtoll(field[3], NULL, 10), &sound);
			else
			{
				points_event event = {
					.kind = points_kind_from_name(text_of(field[2])), .key = text_of(field[3]), .at = strtoll(field[4], NULL, 10),
					.has_points = strcmp(field[5], "-") != 0, .ref = text_of(field[6]),
					.from_at = instant_of(field[7]), .until_at = instant_of(field[8])};

				if (event.has_points)
					event.points = strtoll(field[5], NULL, 10);
				first = last = atoi(field[1]);
				accepted = apply(&accounts[first], &event, &sound);
			}
			for (int i = first; i <= last; i++)
			{
				if (fgets(expected, sizeof(expected), answers) == NULL)
					abort();
				split(expected, view);
				if (accepted == (strcmp(view[1], "ok") == 0) && same_view(&accounts[i], view + 2))
					continue;
				wrong++;
				printf("# line %ld: %s# model: %s", lines, said, view[1]);
				for (int v = 2; v < 10; v++)
					printf(" %s", view[v]);
				printf(", kernel: %s %lld %lld %lld %lld\n", accepted ? "ok" : "no", (long long) accounts[i].head.available,
					   (long long) accounts[i].head.pending, (long long) accounts[i].head.gone[POINTS_HELD], (long long) accounts[i].head.arrears);
			}
		}
		else if (line[0] == 'L')
		{
			const points_store *store = &accounts[atoi(field[1])].store;
			int32_t		name = points_store_find(store, text_of(field[2]));
			const points_lot *lot = name < 0 || points_name_at(store, name)->lot < 0 ? NULL : points_lot_at(store, points_name_at(store, name)->lot);

			lots++;
			if (lot == NULL || lot->earned_at != instant_of(field[3]) || lot->from_at != instant_of(field[4]) ||
				lot->until_at != instant_of(field[5]) || lot->amount != instant_of(field[6]) || lot->remaining != instant_of(field[7]) ||
				lot->gone[POINTS_HELD] != instant_of(field[8]) || lot->gone[POINTS_SPENT] != instant_of(field[9]) ||
				lot->gone[POINTS_EXPIRED] != instant_of(field[10]) || lot->gone[POINTS_REVERSED] != instant_of(field[11]) ||
				lot->gone[POINTS_MOVED] != instant_of(field[12]))
			{
				wrong++;
				printf("# line %ld: lot %s", lines, said);
			}
		}
	}
	ok(pclose(answers) == 0 || wrong > 0, "the model ran");
	ok(events > 1000 && rejections > events / 20 && repetitions > 0 && lots > 0,
	   "%ld events, %ld of them rejected, %ld repeated; %ld lots at the end", events, rejections, repetitions, lots);
	ok(wrong == 0, "the state is the model's after each event");
	ok(sound, "sums, signs and conservation hold; what is rejected or repeated leaves no trace");
	for (int i = 0; i < 2; i++)
		release(&accounts[i]);
	return done();
}
