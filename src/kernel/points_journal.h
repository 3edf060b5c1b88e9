/*
 * points_journal.h
 *		The journal of an account as bytes and as text.
 *
 * A points_ledger value is its account's policies and the events that were
 * accepted, in order: no state that is complete is smaller, for a repetition
 * must be told from a new event and a refund must find its redemption.  What
 * an account looks like is found by folding; that also checks every rule of
 * points_ledger.h, whoever wrote the bytes.
 *
 * Bytes of the stored form (they follow PostgreSQL's length word):
 *
 *	0	FLAT_FORM_PACKED
 *	1	order | clawback << 4
 *	2	grace in microseconds, varint
 *		events to the end:
 *			kind | 32 if ref | 64 if from_at | 128 if until_at are given
 *			size of the key, varint; the key
 *			at, zigzag varint
 *			points, zigzag varint		where the kind has points
 *			size of ref, varint; ref	each where it is given
 *			from_at, zigzag varint
 *			until_at, zigzag varint
 *
 * It is canonical: same policies and same accepted events, same bytes.  `at` is
 * book time, so it never descends; nothing that was repeated is in it.
 *
 * Text: [grace SECONDSs ][fifo ][forgive |refuse ]{event, ...}, an event being
 *	kind "key" at [points] [ref "ref"] [from instant] [until instant]
 * with \ before " and \ in strings, and instants as in instant.h.
 */
#ifndef LOYALTY_KERNEL_POINTS_JOURNAL_H
#define LOYALTY_KERNEL_POINTS_JOURNAL_H

#include "points_ledger.h"

#define POINTS_POLICY_SIZE	(2 + 10)	/* bytes, at most, before the first event */

/* writes the head; returns what follows it */
extern uint8_t *points_journal_write_policy(uint8_t *to, points_policy policy);
/* reads it; NULL where it is none */
extern const uint8_t *points_journal_read_policy(const uint8_t *from, const uint8_t *end, points_policy *policy);

extern size_t points_journal_event_size(const points_event *event);
extern uint8_t *points_journal_write_event(uint8_t *to, const points_event *event);
/* reads an event, whose strings point into the bytes; NULL where it is none */
extern const uint8_t *points_journal_read_event(const uint8_t *from, const uint8_t *end, points_event *event);

/* room for any text of an event but its strings, and for that of a policy */
#define POINTS_EVENT_TEXT_SIZE	256
/* bytes that the text of an event takes at most */
extern size_t points_journal_event_text_size(const points_event *event);
extern size_t points_journal_event_to_text(const points_event *event, char *to);
extern size_t points_journal_policy_to_text(points_policy policy, char *to);

/*
 * Read from *at and move it on; white space before and after is skipped.  The
 * strings of an event go to `strings`, which has room for the whole text, and
 * *strings is moved on.
 */
extern loyalty_status points_journal_policy_from_text(const char *text, size_t len, size_t *at, points_policy *policy);
extern loyalty_status points_journal_event_from_text(const char *text, size_t len, size_t *at,
													 points_event *event, char **strings);

#endif							/* LOYALTY_KERNEL_POINTS_JOURNAL_H */
