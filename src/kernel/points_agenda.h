/*
 * points_agenda.h
 *		What comes next in an account: instants at which holds lapse and lots
 *		become available or end, soonest first.
 *
 * It is a heap in the store, so that a hundred thousand of them take no more
 * than their logarithm each.  What has been noted stays until its time comes:
 * whether there is anything to do is looked at then.  At one instant holds
 * come before lots, and each kind in the order of its making.
 */
#ifndef LOYALTY_KERNEL_POINTS_AGENDA_H
#define LOYALTY_KERNEL_POINTS_AGENDA_H

#include "points_store.h"

/* A hold (array POINTS_HOLDS) or a lot (POINTS_LOTS) has its turn at an instant. */
extern void points_agenda_note(points_store *store, points_head *head, int64_t at, int array, int32_t index);

/* the instant of what comes next; POINTS_NEVER: nothing */
static inline int64_t
points_agenda_next(const points_store *store, const points_head *head)
{
	return head->agenda == 0 ? POINTS_NEVER : POINTS_GET(store, points_turn, POINTS_TURNS, 0)->at;
}

/* takes that off, where there is something */
extern points_turn points_agenda_take(points_store *store, points_head *head);

#endif							/* LOYALTY_KERNEL_POINTS_AGENDA_H */
