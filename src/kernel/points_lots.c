/*
 * points_lots.c
 *		Lots under way: spend order, the passing of time, giving back, arrears.
 */
#include "points_lots.h"

#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "points_agenda.h"

static inline int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---------- spend order ---------- */

bool
points_ledger_before(const points_ledger *ledger, int32_t a, int32_t b)
{
	const points_lot *x = points_lot_at(&ledger->store, a);
	const points_lot *y = points_lot_at(&ledger->store, b);

	if (ledger->policy.order == POINTS_FEFO && x->until_at != y->until_at)
		return x->until_at < y->until_at;
	if (x->earned_at != y->earned_at)
		return x->earned_at < y->earned_at;
	return points_text_compare(points_name_text(&ledger->store, x->name),
							   points_name_text(&ledger->store, y->name)) < 0;
}

/* One lot in so many, by its name, is a milestone: an account may have a hundred thousand. */
#define MILESTONES	128

static bool
is_milestone(const points_ledger *ledger, const points_lot *lot)
{
	return points_name_at(&ledger->store, lot->name)->hash % MILESTONES == 0;
}

/* a lot with something remaining becomes available or ends next */
static void
note_change(points_ledger *ledger, int32_t i)
{
	const points_lot *lot = points_lot_at(&ledger->store, i);
	int64_t		next = lot->pending ? least(lot->from_at, lot->until_at) : lot->until_at;

	if (lot->turn <= next)
		return;
	points_lots_note(ledger, i)->turn = next;
	points_agenda_note(&ledger->store, &ledger->head, next, POINTS_LOTS, i);
}

/* Lots mostly come in the order in which they will be spent: looks from the end, first from milestone to milestone. */
void
points_lots_link(points_ledger *ledger, int32_t i)
{
	points_head *head = &ledger->head;
	int32_t		stone_before = head->last_stone;
	int32_t		stone_after = -1;
	int32_t		before;
	int32_t		after;
	points_lot *lot;

	while (stone_before >= 0 && points_ledger_before(ledger, i, stone_before))
	{
		stone_after = stone_before;
		stone_before = points_lot_at(&ledger->store, stone_before)->stone_before;
	}
	after = stone_after;
	before = after >= 0 ? points_lot_at(&ledger->store, after)->before : head->last_lot;
	while (before >= 0 && points_ledger_before(ledger, i, before))
	{
		after = before;
		before = points_lot_at(&ledger->store, before)->before;
	}
	if (before >= 0)
		points_lots_note(ledger, before)->after = i;
	else
		head->first_lot = i;
	if (after >= 0)
		points_lots_note(ledger, after)->before = i;
	else
		head->last_lot = i;
	lot = points_lots_note(ledger, i);
	lot->before = before;
	lot->after = after;
	if (is_milestone(ledger, lot))
	{
		lot->stone_before = stone_before;
		lot->stone_after = stone_after;
		if (stone_before >= 0)
			points_lots_note(ledger, stone_before)->stone_after = i;
		if (stone_after >= 0)
			points_lots_note(ledger, stone_after)->stone_before = i;
		else
			head->last_stone = i;
	}
	note_change(ledger, i);
}

static void
unlink_lot(points_ledger *ledger, const points_lot *lot)
{
	if (lot->before >= 0)
		points_lots_note(ledger, lot->before)->after = lot->after;
	else
		ledger->head.first_lot = lot->after;
	if (lot->after >= 0)
		points_lots_note(ledger, lot->after)->before = lot->before;
	else
		ledger->head.last_lot = lot->before;
	if (is_milestone(ledger, lot))
	{
		if (lot->stone_before >= 0)
			points_lots_note(ledger, lot->stone_before)->stone_after = lot->stone_after;
		if (lot->stone_after >= 0)
			points_lots_note(ledger, lot->stone_after)->stone_before = lot->stone_before;
		else
			ledger->head.last_stone = lot->stone_before;
	}
}

loyalty_status
points_lots_make(points_ledger *ledger, int32_t name, int64_t earned_at, int64_t from_at,
				 int64_t until_at, int64_t amount, int32_t origin, int32_t *made)
{
	points_store *store = &ledger->store;
	int32_t		i = (int32_t) store->arrays[POINTS_LOTS].count;
	points_lot *lot;

	/* keys that were made of others may be those of lots which are not at hand */
	if (points_name_at(store, name)->lot < 0 && ledger->source != NULL)
	{
		points_text key = points_name_text(store, name);

		if (memchr(key.bytes, '/', key.size) != NULL)
		{
			loyalty_status status = ledger->source->lot(ledger->source->context, ledger, key);

			if (status != LOYALTY_OK)
				return status;
			i = (int32_t) store->arrays[POINTS_LOTS].count;
		}
	}
	if (points_name_at(store, name)->lot >= 0)
		return LOYALTY_KEY_CONFLICT;
	if (__builtin_add_overflow(ledger->head.earned, amount, &ledger->head.earned))
		return LOYALTY_POINTS_OVERFLOW;
	lot = points_store_add(store, POINTS_LOTS);
	lot->earned_at = earned_at;
	lot->from_at = from_at;
	lot->until_at = until_at;
	lot->amount = lot->remaining = amount;
	lot->name = name;
	lot->touched = true;
	lot->turn = POINTS_NEVER;
	lot->origin = lot->first_grace = lot->last_grace = lot->next_grace = lot->claw = -1;
	lot->pending = from_at > ledger->head.now;
	((points_name *) points_store_touch(store, POINTS_NAMES, name))->lot = i;
	if (origin >= 0)
		points_ledger_put_grace(ledger, origin, i);
	ledger->head.lot_count++;
	if (points_lot_at(store, i)->pending)
		ledger->head.pending += amount;
	else
		ledger->head.available += amount;
	points_lots_link(ledger, i);
	*made = i;
	return LOYALTY_OK;
}

/* ---------- what remains ---------- */

void
points_lots_count(points_ledger *ledger, int32_t i, points_way way, int64_t points)
{
	points_lots_touch(ledger, i)->gone[way] += points;
	ledger->head.gone[way] += points;
}

void
points_lots_take(points_ledger *ledger, int32_t i, points_way way, int64_t points)
{
	points_lot *lot = points_lots_touch(ledger, i);

	lot->remaining -= points;
	if (lot->pending)
		ledger->head.pending -= points;
	else
		ledger->head.available -= points;
	if (lot->remaining == 0)
		unlink_lot(ledger, lot);
	points_lots_count(ledger, i, way, points);
}

static void
put_back(points_ledger *ledger, int32_t i, int64_t points)
{
	points_lot *lot = points_lots_touch(ledger, i);
	bool		linked = lot->remaining > 0;

	if (!linked)
		lot->pending = lot->from_at > ledger->head.now;
	lot->remaining += points;
	if (lot->pending)
		ledger->head.pending += points;
	else
		ledger->head.available += points;
	if (!linked)
		points_lots_link(ledger, i);
}

loyalty_status
points_lots_spendable(points_ledger *ledger, int32_t previous, int32_t *found)
{
	for (;;)
	{
		int32_t		i = previous < 0 ? ledger->head.first_lot : points_lot_at(&ledger->store, previous)->after;
		const points_lot *lot;

		if (!ledger->head.complete &&
			(i < 0 || ledger->head.frontier < 0 || points_ledger_before(ledger, ledger->head.frontier, i)))
		{
			loyalty_status status = ledger->source->next(ledger->source->context, ledger);

			if (status != LOYALTY_OK)
				return status;
			continue;
		}
		*found = i;
		if (i < 0)
			return LOYALTY_OK;
		lot = points_lot_at(&ledger->store, i);
		if (!lot->pending && lot->until_at > ledger->head.now)
			return LOYALTY_OK;
		previous = i;
	}
}

loyalty_status
points_lots_allocate(points_ledger *ledger, int64_t points, points_way way)
{
	points_store *store = &ledger->store;
	int32_t		previous = -1;

	if (points <= 0)
		return LOYALTY_POINTS_RANGE;
	if (points > ledger->head.available)
		return LOYALTY_INSUFFICIENT;
	ledger->first_part = (int32_t) store->arrays[POINTS_PARTS].count;
	ledger->part_count = 0;
	while (points > 0)
	{
		int32_t		i = -1;
		int64_t		taken;
		loyalty_status status = points_lots_spendable(ledger, previous, &i);

		if (status != LOYALTY_OK)
			return status;
		if (i < 0)
			return LOYALTY_CORRUPT;		/* tables that were tampered with */
		taken = least(points_lot_at(store, i)->remaining, points);
		points_lots_take(ledger, i, way, taken);
		points_ledger_put_part(ledger, &ledger->first_part, &ledger->part_count, i, taken);
		points -= taken;
		if (points_lot_at(store, i)->remaining > 0)
			previous = i;
	}
	return LOYALTY_OK;
}

/* ---------- giving back ---------- */

static void
push_task(points_ledger *ledger, int32_t lot, int64_t points, bool visited)
{
	points_task *task = points_store_add(&ledger->store, POINTS_TASKS);

	task->lot = lot;
	task->points = points;
	task->visited = visited;
}

/*
 * Cancels claws against a lot with points that came back to it: what is owed
 * vanishes, what was paid goes back to who paid.  What is left over, and the
 * lots that get something back, become tasks, to be done in that order last
 * to first.
 */
static void
cancel_claws(points_ledger *ledger, int32_t i, int64_t points)
{
	points_store *store = &ledger->store;
	points_array *tasks = &store->arrays[POINTS_TASKS];
	uint32_t	own = tasks->count;
	int64_t		left = points;
	points_task *task;

	push_task(ledger, i, 0, true);
	for (int32_t c; left > 0 && (c = points_lot_at(store, i)->claw) >= 0;)
	{
		int64_t		cancelled = least(left, points_claw_at(store, c)->owed);

		if (cancelled > 0)
		{
			((points_claw *) points_store_touch(store, POINTS_CLAWS, c))->owed -= cancelled;
			ledger->head.arrears -= cancelled;
			left -= cancelled;
		}
		for (int32_t p; left > 0 && (p = points_claw_at(store, c)->payment) >= 0;)
		{
			int32_t		payer = points_payment_at(store, p)->lot;
			int64_t		returned = least(left, points_payment_at(store, p)->points);

			((points_payment *) points_store_touch(store, POINTS_PAYMENTS, p))->points -= returned;
			left -= returned;
			/* the latest go first: those that have come to nothing need not be passed again */
			if (points_payment_at(store, p)->points == 0)
				((points_claw *) points_store_touch(store, POINTS_CLAWS, c))->payment = points_payment_at(store, p)->older;
			if (payer == POINTS_FORGIVEN || returned == 0)
				continue;
			points_lots_count(ledger, payer, POINTS_SPENT, -returned);
			push_task(ledger, payer, returned, false);
		}
		if (points_claw_at(store, c)->owed <= 0 && points_claw_at(store, c)->payment < 0)
			points_lots_touch(ledger, i)->claw = points_claw_at(store, c)->older;
	}
	points_lots_touch(ledger, i)->clawed -= points - left;
	points_lots_count(ledger, i, POINTS_REVERSED, points - left);

	task = tasks->at;
	task[own].points = left;
	for (uint32_t a = own + 1, b = tasks->count - 1; a < b; a++, b--)
	{
		points_task swap = task[a];

		task[a] = task[b];
		task[b] = swap;
	}
}

/* Points that no claw has taken: free again, or their lot has ended meanwhile. */
static loyalty_status
give_back_rest(points_ledger *ledger, int32_t i, int64_t points, const points_text *event)
{
	points_store *store = &ledger->store;
	const points_lot *lot = points_lot_at(store, i);
	int64_t		now = ledger->head.now;
	int64_t		until;
	char		key[2 * POINTS_KEY_SIZE + 32];
	points_text origin;
	int			size;

	if (lot->until_at > now)
	{
		put_back(ledger, i, points);
		return LOYALTY_OK;
	}
	if (event == NULL || ledger->policy.grace == 0)
	{
		points_lots_count(ledger, i, POINTS_EXPIRED, points);
		return LOYALTY_OK;
	}
	if (__builtin_add_overflow(now, ledger->policy.grace, &until) || until >= INSTANT_END)
		return LOYALTY_EVENT_TIME;
	origin = points_name_text(store, lot->name);
	size = snprintf(key, sizeof(key), "%.*s/%.*s/%lld", (int) event->size, event->bytes,
					(int) origin.size, origin.bytes, (long long) ledger->head.lot_count);
	if (size > POINTS_KEY_SIZE)
		return LOYALTY_EVENT_KEY;
	points_lots_touch(ledger, i)->regranted += points;
	points_lots_count(ledger, i, POINTS_MOVED, points);
	return points_lots_make(ledger, points_store_enter(store, (points_text) {key, (uint32_t) size}),
							points_lot_at(store, i)->earned_at, now, until, points, i, &i);
}

loyalty_status
points_lots_give_back(points_ledger *ledger, int32_t i, int64_t points, const points_text *event)
{
	points_store *store = &ledger->store;
	points_array *tasks = &store->arrays[POINTS_TASKS];
	loyalty_status status = LOYALTY_OK;

	tasks->count = 0;
	push_task(ledger, i, points, false);
	while (tasks->count > 0 && status == LOYALTY_OK)
	{
		points_task task = *POINTS_GET(store, points_task, POINTS_TASKS, --tasks->count);

		if (task.points == 0)
			continue;
		if (!task.visited && points_lot_at(store, task.lot)->clawed > 0)
			cancel_claws(ledger, task.lot, task.points);
		else
			status = give_back_rest(ledger, task.lot, task.points, event);
	}
	return status;
}

/* ---------- arrears ---------- */

loyalty_status
points_lots_claw(points_ledger *ledger, int32_t i, int64_t points, bool forgiven)
{
	int64_t		owed = forgiven ? 0 : points;
	int32_t		c;

	if (__builtin_add_overflow(ledger->head.arrears, owed, &ledger->head.arrears))
		return LOYALTY_POINTS_OVERFLOW;
	c = points_ledger_put_claw(ledger, i, ledger->head.claw_count++, owed);
	if (i >= 0)
		points_lots_touch(ledger, i)->clawed += points;
	if (forgiven)
		points_ledger_put_payment(ledger, c, POINTS_FORGIVEN, points);
	return LOYALTY_OK;
}

/* Available points pay what is owed, in spend order, the oldest claw first. */
static loyalty_status
settle(points_ledger *ledger)
{
	points_store *store = &ledger->store;
	points_head *head = &ledger->head;
	int32_t		previous = -1;

	while (head->arrears > 0 && head->available > 0)
	{
		int32_t		i = -1;
		loyalty_status status = points_lots_spendable(ledger, previous, &i);

		if (status != LOYALTY_OK)
			return status;
		if (i < 0)
			return LOYALTY_CORRUPT;
		for (int32_t c = head->first_claw; c >= 0 && points_lot_at(store, i)->remaining > 0; c = points_claw_at(store, c)->next)
		{
			int64_t		paid = least(points_lot_at(store, i)->remaining, points_claw_at(store, c)->owed);

			if (paid == 0)
				continue;
			points_lots_take(ledger, i, POINTS_SPENT, paid);
			((points_claw *) points_store_touch(store, POINTS_CLAWS, c))->owed -= paid;
			if (points_claw_at(store, c)->lot >= 0)
				points_lots_touch(ledger, points_claw_at(store, c)->lot);
			points_ledger_put_payment(ledger, c, i, paid);
			head->arrears -= paid;
		}
		while (head->first_claw >= 0 && points_claw_at(store, head->first_claw)->owed == 0)
			head->first_claw = points_claw_at(store, head->first_claw)->next;
		if (points_lot_at(store, i)->remaining > 0)
			previous = i;
	}
	return LOYALTY_OK;
}

int32_t
points_lots_family(const points_ledger *ledger, int32_t root, int32_t i)
{
	const points_lot *lot = points_lot_at(&ledger->store, i);

	if (lot->first_grace >= 0)
		return lot->first_grace;
	while (i != root && lot->next_grace < 0)
	{
		i = lot->origin;
		lot = points_lot_at(&ledger->store, i);
	}
	return i == root ? -1 : lot->next_grace;
}

/* ---------- holds ---------- */

void
points_lots_close_hold(points_ledger *ledger, int32_t h)
{
	points_store *store = &ledger->store;
	points_hold *hold = points_store_touch(store, POINTS_HOLDS, h);
	int32_t		before = hold->before;
	int32_t		after = hold->after;

	hold->open = false;
	((points_name *) points_store_touch(store, POINTS_NAMES, hold->name))->hold = -1;
	if (before >= 0)
		((points_hold *) points_store_touch(store, POINTS_HOLDS, before))->after = after;
	else
		ledger->head.first_hold = after;
	if (after >= 0)
		((points_hold *) points_store_touch(store, POINTS_HOLDS, after))->before = before;
	else
		ledger->head.last_hold = before;
}

loyalty_status
points_lots_release(points_ledger *ledger, int32_t h)
{
	const points_hold *hold = points_hold_at(&ledger->store, h);
	int32_t		first = hold->first;
	int32_t		count = hold->count;
	loyalty_status status = LOYALTY_OK;

	points_lots_close_hold(ledger, h);
	for (int32_t p = first; p < first + count && status == LOYALTY_OK; p++)
	{
		points_part part = *points_part_at(&ledger->store, p);

		points_lots_count(ledger, part.lot, POINTS_HELD, -part.points);
		status = points_lots_give_back(ledger, part.lot, part.points, NULL);
	}
	return status;
}

/* ---------- time ---------- */

/* A lot has its turn: it begins, or ends, or whatever was noted has come to nothing. */
static void
change_lot(points_ledger *ledger, int32_t i)
{
	points_head *head = &ledger->head;
	points_lot *lot = points_lots_note(ledger, i);

	lot->turn = POINTS_NEVER;
	if (lot->remaining == 0)
		return;
	if (lot->until_at <= head->now)
	{
		points_lots_take(ledger, i, POINTS_EXPIRED, lot->remaining);
		return;
	}
	if (lot->pending && lot->from_at <= head->now)
	{
		head->pending -= lot->remaining;
		head->available += lot->remaining;
		lot->pending = false;
	}
	note_change(ledger, i);
}

/* What happens at one instant: holds lapse, lots begin and end, arrears are paid. */
static loyalty_status
advance(points_ledger *ledger, int64_t at)
{
	points_store *store = &ledger->store;
	points_head *head = &ledger->head;
	loyalty_status status = LOYALTY_OK;

	head->now = at;
	while (status == LOYALTY_OK && head->agenda > 0 && points_agenda_next(store, head) <= at)
	{
		points_turn turn = points_agenda_take(store, head);

		if (turn.array == POINTS_LOTS)
			change_lot(ledger, turn.index);
		else if (points_hold_at(store, turn.index)->open)
			status = points_lots_release(ledger, turn.index);
	}
	return status == LOYALTY_OK ? settle(ledger) : status;
}

#define STOPS_TO_A_PAUSE	1024

/* from instant to instant at which something happens */
loyalty_status
points_lots_tick(points_ledger *ledger, int64_t at)
{
	points_head *head = &ledger->head;
	loyalty_status status;

	if (at < head->now)
		at = head->now;
	/* what lies elsewhere comes once and for all: there may be thousands of instants on the way */
	if (head->change_elsewhere <= at)
	{
		status = ledger->source->due(ledger->source->context, ledger, at);
		if (status != LOYALTY_OK)
			return status;
	}
	for (int stops = 1;; stops++)
	{
		int64_t		stop = least(at, points_agenda_next(&ledger->store, head));

		if (stop < head->now)
			stop = head->now;
		status = advance(ledger, stop);
		if (status != LOYALTY_OK || stop == at)
			return status;
		if (stops % STOPS_TO_A_PAUSE == 0 && ledger->store.memory.pause != NULL)
			ledger->store.memory.pause();
	}
}
