/*
 * points_log.h
 *		A points_ledger while it grows: the events as they came, not folded yet.
 *		The transition state of the aggregate (see "Aggregate states" in
 *		CONTRIBUTING.md).
 */
#ifndef LOYALTY_POINTS_LOG_H
#define LOYALTY_POINTS_LOG_H

#include "flat_state.h"
#include "kernel/points_journal.h"

typedef struct points_log
{
	int32		length_word;
	uint8		form;			/* FLAT_FORM_LOG */
	uint8		reserved[3];
	points_policy policy;
	uint32		used;			/* bytes of events */
	uint32		reserved_too;
	uint8		events[FLEXIBLE_ARRAY_MEMBER];
} points_log;

/* The stored value of a log: its events, folded. */
extern struct varlena *points_ledger_from_log(const points_log *log);

#endif							/* LOYALTY_POINTS_LOG_H */
