/*
 * points_store.h
 *		Where the state of an account lies while events are applied to it:
 *		growing arrays that refer to each other by index, the names of things
 *		by hash, and an undo log.
 *
 * Memory comes from the caller through points_memory.  Whatever exists before
 * an event is only changed after points_touch_...() has noted how it was, and
 * what an event adds goes to the ends of the arrays: so points_store_undo()
 * leaves everything as it was before the event, byte for byte.
 */
#ifndef LOYALTY_KERNEL_POINTS_STORE_H
#define LOYALTY_KERNEL_POINTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define POINTS_NEVER	INT64_MAX	/* an instant that does not come: PostgreSQL's infinity */
#define POINTS_UNSET	INT64_MIN	/* no instant given; before any event: PostgreSQL's -infinity */

#define POINTS_KEY_SIZE		2000	/* bytes of a key; two of them fit into an index entry */

typedef struct points_memory
{
	/* like realloc, but never returns NULL: without memory it does not return at all */
	void	   *(*resize) (void *context, void *block, size_t size);
	void	   *context;
	/* called now and then where much is to be done; need not return either.  May be NULL. */
	void		(*pause) (void);
} points_memory;

typedef struct points_text
{
	const char *bytes;			/* NULL: not given */
	uint32_t	size;
} points_text;

/* What a key stands for; -1 where it is no such thing. */
typedef struct points_name
{
	uint64_t	at;				/* offset of its bytes */
	uint32_t	size;
	uint32_t	hash;
	int32_t		chain;			/* the next one in the same bucket */
	int32_t		entry;			/* the event that had this key */
	int32_t		lot;
	int32_t		hold;			/* while it is open */
	int32_t		redemption;
} points_name;

/* Where points are that do not remain in their lot. */
typedef enum points_way
{
	POINTS_HELD,
	POINTS_SPENT,
	POINTS_EXPIRED,
	POINTS_REVERSED,
	POINTS_MOVED,				/* to another account, or into a grace lot */
	POINTS_WAYS
} points_way;

typedef struct points_lot
{
	int64_t		earned_at;		/* instants in microseconds, as PostgreSQL counts them */
	int64_t		from_at;
	int64_t		until_at;
	int64_t		amount;			/* = remaining + all that is gone */
	int64_t		remaining;
	int64_t		gone[POINTS_WAYS];
	int64_t		regranted;		/* that part of the moved which went into grace lots */
	int64_t		turn;			/* when the agenda looks at it, while something remains: not after its next change; POINTS_NEVER: not */
	int64_t		clawed;			/* reversed although gone, and not given back since: arrears, paid or not */
	int32_t		name;
	int32_t		origin;			/* of a grace lot, the lot it continues; else -1 */
	int32_t		first_grace;	/* lots that continue this one, in the order of their making */
	int32_t		last_grace;
	int32_t		next_grace;		/* the next one of the same origin */
	int32_t		before;			/* in spend order, while something remains */
	int32_t		after;
	int32_t		stone_before;	/* likewise among milestones, of one that is a milestone */
	int32_t		stone_after;
	int32_t		claw;			/* the latest against this lot, -1: none */
	bool		pending;		/* remaining counts as pending, not as available */
	bool		touched;		/* changed since it was put here */
} points_lot;

/* So many points of one lot. */
typedef struct points_part
{
	int64_t		points;
	int32_t		lot;
	int32_t		reserved;
} points_part;

typedef struct points_hold
{
	int64_t		until_at;
	int64_t		points;
	int32_t		name;
	int32_t		first;			/* parts, in the order of allocation */
	int32_t		count;
	int32_t		before;			/* open holds, in the order of their entry */
	int32_t		after;
	bool		open;
} points_hold;

typedef struct points_redemption
{
	int64_t		points;
	int64_t		refunded;		/* from the end of the allocation */
	int64_t		passed;			/* that of it which was in so many parts at the end, all refunded: */
	int32_t		parts_passed;
	int32_t		name;
	int32_t		first;
	int32_t		count;
} points_redemption;

/* Points clawed back that were gone: owed until lots that become available pay. */
typedef struct points_claw
{
	int64_t		number;			/* in the order of their making */
	int64_t		owed;
	int32_t		lot;			/* -1: an adjustment that went below zero */
	int32_t		older;			/* against the same lot */
	int32_t		next;			/* in the order of numbers */
	int32_t		payment;		/* the latest; -1: none */
} points_claw;

#define POINTS_FORGIVEN		(-1)	/* who pays where the policy is to forgive: nobody */

typedef struct points_payment
{
	int64_t		points;
	int32_t		lot;			/* whose points paid, or POINTS_FORGIVEN */
	int32_t		older;			/* towards the same claw */
} points_payment;

/* An accepted event as the caller gave it: what a repetition is compared with, and what is stored. */
typedef struct points_entry
{
	int64_t		at;				/* book time */
	int64_t		points;
	int64_t		from_at;
	int64_t		until_at;
	int32_t		key;			/* names */
	int32_t		ref;			/* -1: not given */
	uint8_t		kind;
	bool		has_points;
} points_entry;

/* Something has its turn at an instant: see points_agenda.h. */
typedef struct points_turn
{
	int64_t		at;
	int32_t		array;			/* POINTS_HOLDS or POINTS_LOTS */
	int32_t		index;
} points_turn;

typedef struct points_task		/* see points_give_back() */
{
	int64_t		points;
	int32_t		lot;
	bool		visited;
} points_task;

typedef struct points_undo
{
	uint64_t	offset;			/* into the old elements */
	uint32_t	index;
	uint8_t		array;
} points_undo;

/* One growing array. */
typedef struct points_array
{
	void	   *at;
	uint32_t	count;
	uint32_t	room;
} points_array;

enum
{
	POINTS_NAMES,
	POINTS_LOTS,
	POINTS_PARTS,
	POINTS_HOLDS,
	POINTS_REDEMPTIONS,
	POINTS_CLAWS,
	POINTS_PAYMENTS,
	POINTS_ENTRIES,
	POINTS_TURNS,
	POINTS_STATE_ARRAYS,		/* those before are the state, those after are working space */
	POINTS_TASKS = POINTS_STATE_ARRAYS,
	POINTS_UNDOS,
	POINTS_ARRAYS
};

/* Everything that is one of a kind: saved as a whole before an event. */
typedef struct points_head
{
	int64_t		now;			/* book time */
	int64_t		available;
	int64_t		pending;
	int64_t		arrears;
	int64_t		earned;			/* sum of the amounts of all lots */
	int64_t		gone[POINTS_WAYS];	/* sums over all lots */
	int64_t		lot_count;		/* ever made */
	int64_t		claw_count;
	int32_t		agenda;			/* so many turns are to come */
	int32_t		first_lot;		/* spend order */
	int32_t		last_lot;
	int32_t		last_stone;		/* milestone */
	int32_t		first_hold;		/* open ones, in the order of entry */
	int32_t		last_hold;
	int32_t		first_claw;		/* those before owe nothing */
	int32_t		last_claw;
	/* of an account that is not at hand as a whole */
	int64_t		change_elsewhere;	/* not after the first instant at which a lot elsewhere becomes available or ends */
	int32_t		frontier;		/* up to this lot, in spend order, none with something available lies elsewhere; -1: not known */
	bool		complete;		/* nor after it */
} points_head;

typedef struct points_store
{
	points_memory memory;
	points_array arrays[POINTS_ARRAYS];
	char	   *text;			/* bytes of the names */
	uint64_t	text_size;
	uint64_t	text_room;
	char	   *old;			/* elements as they were, for undo */
	uint64_t	old_size;
	uint64_t	old_room;
	int32_t    *buckets;
	uint32_t	bucket_count;	/* a power of two, or 0 */
	uint32_t	saved_counts[POINTS_STATE_ARRAYS];
	uint64_t	saved_text_size;
} points_store;

/* an element, to be read */
#define POINTS_GET(store, type, array, index) \
	(&((const type *) (store)->arrays[array].at)[index])

static inline const points_name *
points_name_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_name, POINTS_NAMES, i);
}

static inline points_text
points_name_text(const points_store *store, int32_t i)
{
	const points_name *name = points_name_at(store, i);
	points_text text = {store->text + name->at, name->size};

	return text;
}

static inline const points_lot *
points_lot_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_lot, POINTS_LOTS, i);
}

static inline const points_part *
points_part_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_part, POINTS_PARTS, i);
}

static inline const points_hold *
points_hold_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_hold, POINTS_HOLDS, i);
}

static inline const points_redemption *
points_redemption_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_redemption, POINTS_REDEMPTIONS, i);
}

static inline const points_claw *
points_claw_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_claw, POINTS_CLAWS, i);
}

static inline const points_payment *
points_payment_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_payment, POINTS_PAYMENTS, i);
}

static inline const points_entry *
points_entry_at(const points_store *store, int32_t i)
{
	return POINTS_GET(store, points_entry, POINTS_ENTRIES, i);
}

extern void points_store_init(points_store *store, points_memory memory);

/* an element, to be changed; notes how it was.  Valid until the next element is added to its array. */
extern void *points_store_touch(points_store *store, int array, int32_t index);

/* a further element, zeroed; its index is the count before.  Valid likewise. */
extern void *points_store_add(points_store *store, int array);

/* the index of a key, -1 where it is unknown; `enter` makes it known */
extern int32_t points_store_find(const points_store *store, points_text key);
extern int32_t points_store_enter(points_store *store, points_text key);

/* from here on everything can be undone */
extern void points_store_mark(points_store *store);
extern void points_store_undo(points_store *store);

/*
 * What has happened since the mark to lots that were there before, latest
 * change first: `while (points_store_change(store, &cursor, &lot, &before))`,
 * cursor beginning at the count of the undo array.  A lot may come several
 * times; the last is how it was at the mark.
 */
extern bool points_store_change(const points_store *store, uint32_t *cursor, int32_t *lot, points_lot *before);

/* bytes in ascending order, as memcmp has it, the shorter first */
extern int	points_text_compare(points_text a, points_text b);

#endif							/* LOYALTY_KERNEL_POINTS_STORE_H */
