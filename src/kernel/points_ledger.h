/*
 * points_ledger.h
 *		The state of one account of points, stamps or cash back, and the events
 *		that change it.
 *
 * A state is a pure fold of the account's journal: points_ledger_apply() event
 * by event.  An event that is rejected leaves it byte for byte as it was.
 *
 * Points come in lots (one for each earn), with an amount that is always
 * remaining + held + spent + expired + reversed + moved.  A lot is pending
 * before from_at, available in [from_at, until_at), expired from then on: a
 * function of time, so that no job has to run.  Spending takes from the lots
 * in spend order: soonest until_at first, then earned_at, then key (or, as an
 * option, earned_at and key alone).
 *
 * What is undone goes back where it came from.  A refund puts points back
 * into the lots that paid, newest part first.  A reversal takes a lot's
 * points away; what is gone already is clawed back: arrears, which the lots
 * that become available pay.  A later refund into a lot with such a claw
 * cancels it first, and gives back to those who paid (points_give_back()).
 *
 * Why that ends: a lot with something remaining has no claw against it, for
 * a reversal takes what remains first, and what comes back cancels claws
 * first.  So whoever pays a claw has none at that time; claws against it come
 * later.  Numbers of claws strictly ascend along "claw - lot that paid - claw
 * against that lot", and what comes back cannot run in circles.
 *
 * The same machine serves a whole account in memory (source NULL) and one
 * whose lots and redemptions lie in tables: what is not at hand is asked for
 * through points_source, and head holds the account's totals either way.
 */
#ifndef LOYALTY_KERNEL_POINTS_LEDGER_H
#define LOYALTY_KERNEL_POINTS_LEDGER_H

#include "points_store.h"

typedef enum points_kind
{
	POINTS_EARN = 1,
	POINTS_CONFIRM,
	POINTS_HOLD,
	POINTS_CAPTURE,
	POINTS_VOID,
	POINTS_REDEEM,
	POINTS_REFUND,
	POINTS_REVERSE,
	POINTS_TRANSFER_OUT,
	POINTS_TRANSFER_IN,
	POINTS_ADJUST,
	POINTS_MERGE_OUT,
	POINTS_MERGE_IN,
	POINTS_KINDS
} points_kind;

/* "earn", …; NULL for what is no kind */
extern const char *points_kind_name(int kind);
/* 0 for what is no name */
extern int	points_kind_from_name(points_text name);

typedef enum points_order
{
	POINTS_FEFO,				/* first to expire, first out */
	POINTS_FIFO					/* first in, first out */
} points_order;

typedef enum points_clawback
{
	POINTS_ARREARS,				/* what was spent of a reversed lot is owed */
	POINTS_FORGIVE,				/* it is not */
	POINTS_REFUSE				/* it cannot be reversed */
} points_clawback;

typedef struct points_policy
{
	int64_t		grace;			/* microseconds a refund into an ended lot stays good; 0: it expires at once */
	uint8_t		order;
	uint8_t		clawback;
} points_policy;

/* An event.  Fields that its kind does not have are not given. */
typedef struct points_event
{
	int			kind;
	points_text key;
	int64_t		at;
	bool		has_points;
	int64_t		points;
	points_text ref;
	int64_t		from_at;		/* POINTS_UNSET: not given */
	int64_t		until_at;		/* likewise */
} points_event;

/* of a known kind: the first field that it must have and has not (missing), or has and must not; NULL: none */
extern const char *points_event_wrong_field(const points_event *event, bool *missing);

/* what can be said of an event without an account: has it the fields of its kind, in their ranges? */
extern loyalty_status points_event_check(const points_event *event);

typedef struct points_ledger points_ledger;

/*
 * Where to find what is not at hand.  Each puts what it finds into the ledger
 * (points_ledger_put_...) and says LOYALTY_OK, also where there is nothing.
 */
typedef struct points_source
{
	void	   *context;
	/* the lot with this key, the lots that continue it, and the claws against them */
	loyalty_status (*lot) (void *context, points_ledger *ledger, points_text key);
	/* the redemption with this key */
	loyalty_status (*redemption) (void *context, points_ledger *ledger, points_text key);
	/* the next lots in spend order after the frontier with something available; moves the frontier or sets complete */
	loyalty_status (*next) (void *context, points_ledger *ledger);
	/* all lots with something remaining */
	loyalty_status (*rest) (void *context, points_ledger *ledger);
	/* all lots that become available or end up to an instant; sets change_elsewhere */
	loyalty_status (*due) (void *context, points_ledger *ledger, int64_t at);
} points_source;

struct points_ledger
{
	points_store store;
	points_head head;
	points_policy policy;

	const points_source *source;	/* of an account that is not at hand as a whole */

	/* the parts of the latest event that took from lots, in their order */
	int32_t		first_part;
	int32_t		part_count;
	bool		repeated;		/* it had been applied before: nothing happened */
	int64_t		left;			/* of LOYALTY_EXCEEDS_...: the most that it could have been */

	points_head saved;
};

/* an empty account */
extern void points_ledger_init(points_ledger *ledger, points_policy policy, points_memory memory);

/* One event; a repetition of one that was accepted does nothing. */
extern loyalty_status points_ledger_apply(points_ledger *ledger, const points_event *event);

/* Time goes by and nothing else happens. */
extern loyalty_status points_ledger_sweep(points_ledger *ledger, int64_t at);

/* What the totals would be at an instant; the account stays as it is. */
extern loyalty_status points_ledger_foresee(points_ledger *ledger, int64_t at, points_head *then);

/* The last accepted event of a whole account as the caller gave it, but at book time. */
extern points_event points_ledger_entry(const points_ledger *ledger, int32_t entry);

/*
 * For a source: puts in what was found.  Lots and holds in any order, parts of
 * one hold or redemption one after the other, claws of one lot by ascending
 * number, payments likewise.  They return an index.
 */
extern int32_t points_ledger_put_lot(points_ledger *ledger, points_text key, const points_lot *lot);
/* a lot continues another one, after those that do already */
extern void points_ledger_put_grace(points_ledger *ledger, int32_t origin, int32_t lot);
extern int32_t points_ledger_put_hold(points_ledger *ledger, points_text key, int64_t until_at);
extern int32_t points_ledger_put_redemption(points_ledger *ledger, points_text key, int64_t refunded);
extern int32_t points_ledger_put_claw(points_ledger *ledger, int32_t lot, int64_t number, int64_t owed);
extern void points_ledger_put_payment(points_ledger *ledger, int32_t claw, int32_t lot, int64_t points);
extern void points_ledger_put_part(points_ledger *ledger, int32_t *first, int32_t *count, int32_t lot, int64_t points);

/* the index of a lot, asking the source where it is not at hand; -1: there is none */
extern loyalty_status points_ledger_lot(points_ledger *ledger, points_text key, int32_t *lot);

/* a before b in spend order */
extern bool points_ledger_before(const points_ledger *ledger, int32_t a, int32_t b);

#endif							/* LOYALTY_KERNEL_POINTS_LEDGER_H */
