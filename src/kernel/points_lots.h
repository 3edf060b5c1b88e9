/*
 * points_lots.h
 *		Lots under way: what time, spending and giving back do to them.  For
 *		points_ledger.c alone.
 */
#ifndef LOYALTY_KERNEL_POINTS_LOTS_H
#define LOYALTY_KERNEL_POINTS_LOTS_H

#include "points_ledger.h"

/* a new lot, free to be spent when its time comes; its key must not be one of a lot */
extern loyalty_status points_lots_make(points_ledger *ledger, int32_t name, int64_t earned_at, int64_t from_at,
									   int64_t until_at, int64_t amount, int32_t origin, int32_t *made);

/* a lot with something remaining takes its place in spend order */
extern void points_lots_link(points_ledger *ledger, int32_t lot);

/* points that remain in a lot go some way */
extern void points_lots_take(points_ledger *ledger, int32_t lot, points_way way, int64_t points);

/* points gone one way are counted differently: more, or (negative) less */
extern void points_lots_count(points_ledger *ledger, int32_t lot, points_way way, int64_t points);

/* the next lot after `previous` (-1: the first) in spend order that can be spent now; -1: none */
extern loyalty_status points_lots_spendable(points_ledger *ledger, int32_t previous, int32_t *lot);

/* So many points along the spend order go this way; the parts are the ledger's first_part and part_count. */
extern loyalty_status points_lots_allocate(points_ledger *ledger, int64_t points, points_way way);

/*
 * Points of a lot that were gone are free again; the field they were counted in
 * has been reduced.  `event` names grace lots; NULL where there is no grace.
 */
extern loyalty_status points_lots_give_back(points_ledger *ledger, int32_t lot, int64_t points, const points_text *event);

/* a claw against a lot, or -1; `forgiven` where nobody has to pay */
extern loyalty_status points_lots_claw(points_ledger *ledger, int32_t lot, int64_t points, bool forgiven);

/* the next of a lot and those that continue it, after `lot`; -1: that was the last */
extern int32_t points_lots_family(const points_ledger *ledger, int32_t root, int32_t lot);

/* an open hold ends, and is forgotten */
extern loyalty_status points_lots_release(points_ledger *ledger, int32_t hold);
extern void points_lots_close_hold(points_ledger *ledger, int32_t hold);

/* what is due up to an instant, in the order of time; book time stays where it is later */
extern loyalty_status points_lots_tick(points_ledger *ledger, int64_t at);

/* a lot to be changed in nothing that is kept with it: how lots hang together, and whose turn is next */
static inline points_lot *
points_lots_note(points_ledger *ledger, int32_t i)
{
	return points_store_touch(&ledger->store, POINTS_LOTS, i);
}

static inline points_lot *
points_lots_touch(points_ledger *ledger, int32_t i)
{
	points_lot *lot = points_lots_note(ledger, i);

	lot->touched = true;
	return lot;
}

#endif							/* LOYALTY_KERNEL_POINTS_LOTS_H */
