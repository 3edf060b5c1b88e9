/*
 * points_agenda.c
 *		A heap of the instants at which something happens in an account.
 *
 * Elements are only changed after points_store_touch() has noted how they
 * were.  Those that are taken off stay where they are, beyond head->agenda:
 * so undo finds them.
 */
#include "points_agenda.h"

static inline const points_turn *
turn_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_turn, POINTS_TURNS, i);
}

static bool
before(const points_turn *a, const points_turn *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	if (a->array != b->array)
		return a->array == POINTS_HOLDS;
	return a->index < b->index;
}

static void
put(points_store *store, int32_t i, points_turn turn)
{
	*(points_turn *) points_store_touch(store, POINTS_TURNS, i) = turn;
}

void
points_agenda_note(points_store *store, points_head *head, int64_t at, int array, int32_t index)
{
	/* what is late has its turn now */
	points_turn turn = {at < head->now ? head->now : at, array, index};
	int32_t		i = head->agenda++;

	if ((uint32_t) i == store->arrays[POINTS_TURNS].count)
		(void) points_store_add(store, POINTS_TURNS);
	while (i > 0 && before(&turn, turn_at(store, (i - 1) / 2)))
	{
		put(store, i, *turn_at(store, (i - 1) / 2));
		i = (i - 1) / 2;
	}
	put(store, i, turn);
}

points_turn
points_agenda_take(points_store *store, points_head *head)
{
	points_turn first = *turn_at(store, 0);
	int32_t		count = --head->agenda;
	points_turn last = *turn_at(store, count);
	int32_t		i = 0;

	for (;;)
	{
		int32_t		child = 2 * i + 1;

		if (child + 1 < count && before(turn_at(store, child + 1), turn_at(store, child)))
			child++;
		if (child >= count || !before(turn_at(store, child), &last))
			break;
		put(store, i, *turn_at(store, child));
		i = child;
	}
	if (count > 0)
		put(store, i, last);
	return first;
}
