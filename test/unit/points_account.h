/*
 * points_account.h
 *		What tests of the points kernel share: memory, and what must be so
 *		after every event, whatever it was.
 */
#ifndef LOYALTY_TEST_POINTS_ACCOUNT_H
#define LOYALTY_TEST_POINTS_ACCOUNT_H

#include <string.h>

#include "tap.h"

#include "points_ledger.h"

static void *
account_resize(void *context, void *block, size_t size)
{
	void	   *moved = realloc(block, size);

	(void) context;
	if (moved == NULL)
		abort();
	return moved;
}

static void
account_init(points_ledger *ledger, points_policy policy)
{
	points_memory memory = {account_resize, NULL, NULL};

	points_ledger_init(ledger, policy, memory);
}

static void
account_release(points_ledger *ledger)
{
	for (int i = 0; i < POINTS_ARRAYS; i++)
		free(ledger->store.arrays[i].at);
	free(ledger->store.text);
	free(ledger->store.old);
	free(ledger->store.buckets);
}

/* everything that is the state, as one sequence of bytes */
typedef struct account_image
{
	size_t		size;
	size_t		room;
	char	   *bytes;
} account_image;

static inline void
account_image_add(account_image *image, const void *bytes, size_t size)
{
	if (size > image->room - image->size)
	{
		image->room = 2 * (image->size + size);
		image->bytes = account_resize(NULL, image->bytes, image->room);
	}
	if (size > 0)
		memcpy(image->bytes + image->size, bytes, size);
	image->size += size;
}

static inline void
account_image_take(account_image *image, const points_ledger *ledger)
{
	static const size_t sizes[] = {
		[POINTS_NAMES] = sizeof(points_name), [POINTS_LOTS] = sizeof(points_lot), [POINTS_PARTS] = sizeof(points_part),
		[POINTS_HOLDS] = sizeof(points_hold), [POINTS_REDEMPTIONS] = sizeof(points_redemption),
		[POINTS_CLAWS] = sizeof(points_claw), [POINTS_PAYMENTS] = sizeof(points_payment),
		[POINTS_ENTRIES] = sizeof(points_entry), [POINTS_TURNS] = sizeof(points_turn)
	};

	image->size = 0;
	account_image_add(image, &ledger->head, sizeof(ledger->head));
	for (int i = 0; i < POINTS_STATE_ARRAYS; i++)
	{
		size_t		from = image->size;

		account_image_add(image, ledger->store.arrays[i].at, ledger->store.arrays[i].count * sizes[i]);
		/* how names are chained is a matter of the size of their table */
		for (uint32_t n = 0; i == POINTS_NAMES && n < ledger->store.arrays[i].count; n++)
			((points_name *) (void *) (image->bytes + from))[n].chain = 0;
	}
	account_image_add(image, ledger->store.text, ledger->store.text_size);
}

static inline bool
account_image_same(const account_image *a, const account_image *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* what can be seen without knowing the history: sums, signs, conservation, ends */
static inline bool
account_is_sound(const points_ledger *ledger)
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

#endif							/* LOYALTY_TEST_POINTS_ACCOUNT_H */
