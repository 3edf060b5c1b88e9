/*
 * points_ledger.c
 *		The events of an account of points, and their rules.
 */
#include "points_ledger.h"

#include <string.h>

#include "instant.h"
#include "points_agenda.h"
#include "points_lots.h"

/* ---------- kinds and their fields ---------- */

#define NEEDS_POINTS	0x01
#define NEEDS_REF		0x02
#define NEEDS_FROM		0x04
#define TAKES_FROM		0x08
#define TAKES_UNTIL		0x10
#define SIGNED_POINTS	0x20

static const struct
{
	const char *name;
	int			fields;
}			kinds[POINTS_KINDS] = {
	[POINTS_EARN] = {"earn", NEEDS_POINTS | TAKES_FROM | TAKES_UNTIL},
	[POINTS_CONFIRM] = {"confirm", NEEDS_REF},
	[POINTS_HOLD] = {"hold", NEEDS_POINTS | TAKES_UNTIL},
	[POINTS_CAPTURE] = {"capture", NEEDS_POINTS | NEEDS_REF},
	[POINTS_VOID] = {"void", NEEDS_REF},
	[POINTS_REDEEM] = {"redeem", NEEDS_POINTS},
	[POINTS_REFUND] = {"refund", NEEDS_POINTS | NEEDS_REF},
	[POINTS_REVERSE] = {"reverse", NEEDS_POINTS | NEEDS_REF},
	[POINTS_TRANSFER_OUT] = {"transfer_out", NEEDS_POINTS},
	[POINTS_TRANSFER_IN] = {"transfer_in", NEEDS_POINTS | NEEDS_FROM | TAKES_UNTIL},
	[POINTS_ADJUST] = {"adjust", NEEDS_POINTS | SIGNED_POINTS},
	[POINTS_MERGE_OUT] = {"merge_out", NEEDS_POINTS},
	[POINTS_MERGE_IN] = {"merge_in", NEEDS_POINTS | NEEDS_REF | NEEDS_FROM | TAKES_UNTIL},
};

static const char allow_arrears[] = "allow_arrears";

const char *
points_kind_name(int kind)
{
	return kind >= POINTS_EARN && kind < POINTS_KINDS ? kinds[kind].name : NULL;
}

int
points_kind_from_name(points_text name)
{
	for (int kind = POINTS_EARN; kind < POINTS_KINDS; kind++)
		if (strlen(kinds[kind].name) == name.size && memcmp(kinds[kind].name, name.bytes, name.size) == 0)
			return kind;
	return 0;
}

static bool
is_allow_arrears(points_text ref)
{
	return ref.size == strlen(allow_arrears) && memcmp(ref.bytes, allow_arrears, ref.size) == 0;
}

const char *
points_event_wrong_field(const points_event *event, bool *missing)
{
	int			fields = kinds[event->kind].fields;
	bool		from = event->from_at != POINTS_UNSET;

	*missing = true;
	if (event->key.bytes == NULL)
		return "key";
	if (!event->has_points && (fields & NEEDS_POINTS))
		return "points";
	if (event->ref.bytes == NULL && (fields & NEEDS_REF))
		return "ref";
	if (!from && (fields & NEEDS_FROM))
		return "from_at";
	*missing = false;
	if (event->has_points && !(fields & NEEDS_POINTS))
		return "points";
	if (from && !(fields & (NEEDS_FROM | TAKES_FROM)))
		return "from_at";
	if (event->until_at != POINTS_UNSET && !(fields & TAKES_UNTIL))
		return "until_at";
	return NULL;
}

loyalty_status
points_event_check(const points_event *event)
{
	int			fields;
	bool		missing;

	if (points_kind_name(event->kind) == NULL)
		return LOYALTY_EVENT_KIND;
	fields = kinds[event->kind].fields;
	if (points_event_wrong_field(event, &missing) != NULL)
		return LOYALTY_EVENT_FIELD;
	if (event->key.size == 0 || event->key.size > POINTS_KEY_SIZE ||
		(event->ref.bytes != NULL && event->ref.size > POINTS_KEY_SIZE))
		return LOYALTY_EVENT_KEY;
	if (event->kind == POINTS_ADJUST && event->ref.bytes != NULL && !is_allow_arrears(event->ref))
		return LOYALTY_EVENT_FIELD;
	if (event->at == POINTS_UNSET || event->at == POINTS_NEVER ||
		(event->kind == POINTS_TRANSFER_IN && event->from_at == POINTS_NEVER))
		return LOYALTY_EVENT_TIME;
	if (event->has_points && event->points <= 0 && !(fields & SIGNED_POINTS && event->points < 0))
		return LOYALTY_POINTS_RANGE;
	return LOYALTY_OK;
}

static inline int64_t
until_of(const points_event *event)
{
	return event->until_at == POINTS_UNSET ? POINTS_NEVER : event->until_at;
}

/* ---------- looking up ---------- */

loyalty_status
points_ledger_lot(points_ledger *ledger, points_text key, int32_t *lot)
{
	int32_t		name = points_store_find(&ledger->store, key);

	if ((name < 0 || points_name_at(&ledger->store, name)->lot < 0) && ledger->source != NULL)
	{
		loyalty_status status = ledger->source->lot(ledger->source->context, ledger, key);

		if (status != LOYALTY_OK)
			return status;
		name = points_store_find(&ledger->store, key);
	}
	*lot = name < 0 ? -1 : points_name_at(&ledger->store, name)->lot;
	return *lot < 0 ? LOYALTY_NO_LOT : LOYALTY_OK;
}

static loyalty_status
find_redemption(points_ledger *ledger, points_text key, int32_t *redemption)
{
	int32_t		name = points_store_find(&ledger->store, key);

	if (ledger->source != NULL)
	{
		loyalty_status status = ledger->source->redemption(ledger->source->context, ledger, key);

		if (status != LOYALTY_OK)
			return status;
		name = points_store_find(&ledger->store, key);
	}
	*redemption = name < 0 ? -1 : points_name_at(&ledger->store, name)->redemption;
	return *redemption < 0 ? LOYALTY_NO_REDEMPTION : LOYALTY_OK;
}

static loyalty_status
find_hold(points_ledger *ledger, points_text key, int32_t *hold)
{
	int32_t		name = points_store_find(&ledger->store, key);

	*hold = name < 0 ? -1 : points_name_at(&ledger->store, name)->hold;
	return *hold < 0 ? LOYALTY_NO_HOLD : LOYALTY_OK;
}

/* ---------- putting in ---------- */

void
points_ledger_put_part(points_ledger *ledger, int32_t *first, int32_t *count, int32_t lot, int64_t points)
{
	points_part *part;

	if (*count == 0)
		*first = (int32_t) ledger->store.arrays[POINTS_PARTS].count;
	part = points_store_add(&ledger->store, POINTS_PARTS);
	part->lot = lot;
	part->points = points;
	++*count;
}

static int32_t
put_redemption(points_ledger *ledger, int32_t name, int64_t refunded)
{
	points_store *store = &ledger->store;
	int32_t		i = (int32_t) store->arrays[POINTS_REDEMPTIONS].count;
	points_redemption *redemption = points_store_add(store, POINTS_REDEMPTIONS);

	redemption->name = name;
	redemption->refunded = refunded;
	((points_name *) points_store_touch(store, POINTS_NAMES, name))->redemption = i;
	return i;
}

int32_t
points_ledger_put_redemption(points_ledger *ledger, points_text key, int64_t refunded)
{
	return put_redemption(ledger, points_store_enter(&ledger->store, key), refunded);
}

static int32_t
put_hold(points_ledger *ledger, int32_t name, int64_t until_at)
{
	points_store *store = &ledger->store;
	points_head *head = &ledger->head;
	int32_t		i = (int32_t) store->arrays[POINTS_HOLDS].count;
	points_hold *hold = points_store_add(store, POINTS_HOLDS);

	hold->until_at = until_at;
	hold->name = name;
	hold->before = head->last_hold;
	hold->after = -1;
	hold->open = true;
	if (head->last_hold >= 0)
		((points_hold *) points_store_touch(store, POINTS_HOLDS, head->last_hold))->after = i;
	else
		head->first_hold = i;
	head->last_hold = i;
	if (until_at != POINTS_NEVER)
		points_agenda_note(store, head, until_at, POINTS_HOLDS, i);
	((points_name *) points_store_touch(store, POINTS_NAMES, name))->hold = i;
	return i;
}

int32_t
points_ledger_put_hold(points_ledger *ledger, points_text key, int64_t until_at)
{
	return put_hold(ledger, points_store_enter(&ledger->store, key), until_at);
}

int32_t
points_ledger_put_claw(points_ledger *ledger, int32_t lot, int64_t number, int64_t owed)
{
	points_store *store = &ledger->store;
	points_head *head = &ledger->head;
	int32_t		i = (int32_t) store->arrays[POINTS_CLAWS].count;
	points_claw *claw = points_store_add(store, POINTS_CLAWS);
	int32_t		before = -1;

	claw->number = number;
	claw->owed = owed;
	claw->lot = lot;
	claw->older = -1;
	claw->payment = -1;
	if (lot >= 0)
	{
		points_lot *owner = points_lots_touch(ledger, lot);

		claw->older = owner->claw;
		owner->claw = i;
	}
	/* a new one is the last; those a source puts in come as they are found */
	if (head->last_claw >= 0 && points_claw_at(store, head->last_claw)->number < number)
		before = head->last_claw;
	else
		for (int32_t c = head->first_claw; c >= 0 && points_claw_at(store, c)->number < number; c = points_claw_at(store, c)->next)
			before = c;
	claw = (points_claw *) points_claw_at(store, i);
	if (before >= 0)
	{
		claw->next = points_claw_at(store, before)->next;
		((points_claw *) points_store_touch(store, POINTS_CLAWS, before))->next = i;
	}
	else
		claw->next = head->first_claw;
	if (before < 0 || head->first_claw < 0)
		head->first_claw = i;
	if (claw->next < 0)
		head->last_claw = i;
	return i;
}

void
points_ledger_put_payment(points_ledger *ledger, int32_t claw, int32_t lot, int64_t points)
{
	points_store *store = &ledger->store;
	int32_t		i = (int32_t) store->arrays[POINTS_PAYMENTS].count;
	points_payment *payment = points_store_add(store, POINTS_PAYMENTS);
	points_claw *to = points_store_touch(store, POINTS_CLAWS, claw);

	payment->points = points;
	payment->lot = lot;
	payment->older = to->payment;
	to->payment = i;
}

/* ---------- events ---------- */

static loyalty_status
make_lot(points_ledger *ledger, int32_t name, int64_t earned_at, int64_t from_at, int64_t until_at, int64_t points)
{
	int32_t		made;

	return points_lots_make(ledger, name, earned_at, from_at, until_at, points, -1, &made);
}

static loyalty_status
confirm(points_ledger *ledger, points_text ref)
{
	points_head *head = &ledger->head;
	int32_t		i;
	loyalty_status status = points_ledger_lot(ledger, ref, &i);
	points_lot *lot;

	if (status != LOYALTY_OK || points_lot_at(&ledger->store, i)->from_at <= head->now)
		return status;
	lot = points_lots_touch(ledger, i);
	lot->from_at = head->now;
	if (lot->remaining > 0)
	{
		lot->pending = false;
		head->pending -= lot->remaining;
		head->available += lot->remaining;
	}
	return LOYALTY_OK;
}

static loyalty_status
hold(points_ledger *ledger, int32_t name, int64_t points, int64_t until_at)
{
	loyalty_status status = points_lots_allocate(ledger, points, POINTS_HELD);
	points_hold *made;

	if (status != LOYALTY_OK)
		return status;
	made = (points_hold *) points_hold_at(&ledger->store, put_hold(ledger, name, until_at));
	made->points = points;
	made->first = ledger->first_part;
	made->count = ledger->part_count;
	return LOYALTY_OK;
}

static void
make_redemption(points_ledger *ledger, int32_t name, int64_t points)
{
	points_redemption *made = (points_redemption *)
		points_redemption_at(&ledger->store, put_redemption(ledger, name, 0));

	made->points = points;
	made->first = ledger->first_part;
	made->count = ledger->part_count;
}

static loyalty_status
redeem(points_ledger *ledger, int32_t name, int64_t points)
{
	loyalty_status status = points_lots_allocate(ledger, points, POINTS_SPENT);

	if (status == LOYALTY_OK)
		make_redemption(ledger, name, points);
	return status;
}

static loyalty_status
capture(points_ledger *ledger, int32_t name, points_text ref, int64_t points)
{
	points_store *store = &ledger->store;
	int32_t		h;
	loyalty_status status = find_hold(ledger, ref, &h);
	int64_t		left = points;
	int32_t		first,
				count,
				p;

	if (status != LOYALTY_OK)
		return status;
	ledger->left = points_hold_at(store, h)->points;
	if (points > ledger->left)
		return LOYALTY_EXCEEDS_HOLD;
	points_lots_close_hold(ledger, h);
	first = points_hold_at(store, h)->first;
	count = points_hold_at(store, h)->count;
	for (p = first; p < first + count; p++)
	{
		points_part part = *points_part_at(store, p);
		int64_t		captured = part.points < left ? part.points : left;

		left -= captured;
		points_lots_count(ledger, part.lot, POINTS_HELD, -part.points);
		points_lots_count(ledger, part.lot, POINTS_SPENT, captured);
		if (captured > 0)
			points_ledger_put_part(ledger, &ledger->first_part, &ledger->part_count, part.lot, captured);
		if (captured < part.points)
			status = points_lots_give_back(ledger, part.lot, part.points - captured, NULL);
		if (status != LOYALTY_OK)
			return status;
	}
	make_redemption(ledger, name, points);
	return LOYALTY_OK;
}

static loyalty_status
refund(points_ledger *ledger, const points_event *event)
{
	points_store *store = &ledger->store;
	points_redemption *redemption;
	int32_t		r,
				first,
				p;
	int64_t		left = event->points;
	int64_t		skip;
	loyalty_status status = find_redemption(ledger, event->ref, &r);

	if (status != LOYALTY_OK)
		return status;
	redemption = points_store_touch(store, POINTS_REDEMPTIONS, r);
	ledger->left = redemption->points - redemption->refunded;
	if (left > ledger->left)
		return LOYALTY_EXCEEDS_REDEMPTION;
	skip = redemption->refunded - redemption->passed;
	redemption->refunded += left;
	first = redemption->first;
	for (p = first + redemption->count - redemption->parts_passed - 1; p >= first && left > 0; p--)
	{
		points_part part = *points_part_at(store, p);
		int64_t		before = part.points < skip ? part.points : skip;
		int64_t		back = part.points - before < left ? part.points - before : left;

		skip -= before;
		left -= back;
		if (before + back == part.points)
		{
			redemption = (points_redemption *) points_redemption_at(store, r);
			redemption->passed += part.points;
			redemption->parts_passed++;
		}
		if (back == 0)
			continue;
		points_lots_count(ledger, part.lot, POINTS_SPENT, -back);
		status = points_lots_give_back(ledger, part.lot, back, &event->key);
		if (status != LOYALTY_OK)
			return status;
	}
	return LOYALTY_OK;
}

/* what can still be reversed of a lot: neither reversed nor clawed back yet, nor in a grace lot */
static inline int64_t
reversible(const points_lot *lot)
{
	return lot->amount - lot->gone[POINTS_REVERSED] - lot->regranted - lot->clawed;
}

static inline int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static loyalty_status
reverse(points_ledger *ledger, points_text ref, int64_t points)
{
	points_store *store = &ledger->store;
	int32_t		root,
				i;
	loyalty_status status = points_ledger_lot(ledger, ref, &root);

	if (status != LOYALTY_OK)
		return status;
	ledger->left = 0;
	for (i = root; i >= 0; i = points_lots_family(ledger, root, i))
		ledger->left += reversible(points_lot_at(store, i));
	if (points > ledger->left)
		return LOYALTY_EXCEEDS_LOT;
	/* first what remains, the lot before those that continue it ... */
	for (i = root; i >= 0 && points > 0; i = points_lots_family(ledger, root, i))
	{
		int64_t		taken = smaller(points, points_lot_at(store, i)->remaining);

		if (taken > 0)
			points_lots_take(ledger, i, POINTS_REVERSED, taken);
		points -= taken;
	}
	/* ... then what has expired ... */
	for (i = root; i >= 0 && points > 0; i = points_lots_family(ledger, root, i))
	{
		int64_t		taken = smaller(points, points_lot_at(store, i)->gone[POINTS_EXPIRED]);

		if (taken > 0)
		{
			points_lots_count(ledger, i, POINTS_EXPIRED, -taken);
			points_lots_count(ledger, i, POINTS_REVERSED, taken);
		}
		points -= taken;
	}
	/* ... then what was spent, is held, or has moved away */
	if (points > 0 && ledger->policy.clawback == POINTS_REFUSE)
		return LOYALTY_ALREADY_SPENT;
	for (i = root; i >= 0 && points > 0; i = points_lots_family(ledger, root, i))
	{
		int64_t		taken = smaller(points, reversible(points_lot_at(store, i)));

		if (taken > 0)
			status = points_lots_claw(ledger, i, taken, ledger->policy.clawback == POINTS_FORGIVE);
		if (status != LOYALTY_OK)
			return status;
		points -= taken;
	}
	return LOYALTY_OK;
}

static loyalty_status
adjust(points_ledger *ledger, int32_t name, int64_t points, bool may_owe)
{
	int64_t		now = ledger->head.now;
	int64_t		available = ledger->head.available;
	loyalty_status status = LOYALTY_OK;

	if (points > 0)
		return make_lot(ledger, name, now, now, POINTS_NEVER, points);
	if (points == INT64_MIN)
		return LOYALTY_POINTS_OVERFLOW;
	if (-points > available && !may_owe)
		return LOYALTY_INSUFFICIENT;
	if (available > 0)
		status = redeem(ledger, name, smaller(available, -points));
	if (status == LOYALTY_OK && -points > available)
		status = points_lots_claw(ledger, -1, -points - available, false);
	return status;
}

/* Everything free and pending leaves: the account becomes one with another. */
static loyalty_status
merge_out(points_ledger *ledger, int64_t points)
{
	points_store *store = &ledger->store;
	points_head *head = &ledger->head;
	loyalty_status status;
	int32_t		i;

	if (head->first_hold >= 0 || head->arrears > 0)
		return LOYALTY_NOT_CLEAR;
	if (points != head->available + head->pending)
		return LOYALTY_NOT_ALL;
	if (ledger->source != NULL)
	{
		status = ledger->source->rest(ledger->source->context, ledger);
		if (status != LOYALTY_OK)
			return status;
	}
	while ((i = head->first_lot) >= 0)
	{
		int64_t		taken = points_lot_at(store, i)->remaining;

		points_lots_take(ledger, i, POINTS_MOVED, taken);
		points_ledger_put_part(ledger, &ledger->first_part, &ledger->part_count, i, taken);
	}
	return LOYALTY_OK;
}

/* A lot of a merged account keeps its earned_at, told by ref, and may still be pending. */
static loyalty_status
merge_in(points_ledger *ledger, int32_t name, const points_event *event)
{
	int64_t		earned_at;
	size_t		used;

	if (instant_from_text(event->ref.bytes, event->ref.size, &earned_at, &used) != LOYALTY_OK || used != event->ref.size)
		return LOYALTY_EVENT_FIELD;
	return make_lot(ledger, name, earned_at, event->from_at, until_of(event), event->points);
}

static loyalty_status
perform(points_ledger *ledger, int32_t name, const points_event *event)
{
	int64_t		now = ledger->head.now;
	int32_t		h;
	loyalty_status status;

	switch ((points_kind) event->kind)
	{
		case POINTS_EARN:
			return make_lot(ledger, name, now, event->from_at == POINTS_UNSET ? now : event->from_at,
							until_of(event), event->points);
		case POINTS_CONFIRM:
			return confirm(ledger, event->ref);
		case POINTS_HOLD:
			return hold(ledger, name, event->points, until_of(event));
		case POINTS_CAPTURE:
			return capture(ledger, name, event->ref, event->points);
		case POINTS_VOID:
			status = find_hold(ledger, event->ref, &h);
			return status == LOYALTY_OK ? points_lots_release(ledger, h) : status;
		case POINTS_REDEEM:
			return redeem(ledger, name, event->points);
		case POINTS_REFUND:
			return refund(ledger, event);
		case POINTS_REVERSE:
			return reverse(ledger, event->ref, event->points);
		case POINTS_TRANSFER_OUT:
			return points_lots_allocate(ledger, event->points, POINTS_MOVED);
		case POINTS_TRANSFER_IN:
			return make_lot(ledger, name, event->from_at, event->from_at, until_of(event), event->points);
		case POINTS_ADJUST:
			return adjust(ledger, name, event->points, event->ref.bytes != NULL);
		case POINTS_MERGE_OUT:
			return merge_out(ledger, event->points);
		case POINTS_MERGE_IN:
			return merge_in(ledger, name, event);
		case POINTS_KINDS:
			break;
	}
	return LOYALTY_EVENT_KIND;
}

/* ---------- the whole ---------- */

void
points_ledger_init(points_ledger *ledger, points_policy policy, points_memory memory)
{
	points_head *head = &ledger->head;

	memset(ledger, 0, sizeof(*ledger));
	points_store_init(&ledger->store, memory);
	ledger->policy = policy;
	ledger->head.complete = true;
	ledger->head.frontier = -1;
	ledger->head.change_elsewhere = POINTS_NEVER;
	head->now = POINTS_UNSET;
	head->first_lot = head->last_lot = head->last_stone = head->first_hold = head->last_hold = -1;
	head->first_claw = head->last_claw = -1;
}

int32_t
points_ledger_put_lot(points_ledger *ledger, points_text key, const points_lot *found)
{
	points_store *store = &ledger->store;
	int32_t		name = points_store_enter(store, key);
	int32_t		i = (int32_t) store->arrays[POINTS_LOTS].count;
	points_lot *lot = points_store_add(store, POINTS_LOTS);

	*lot = *found;
	lot->name = name;
	lot->origin = lot->first_grace = lot->last_grace = lot->next_grace = lot->before = lot->after = lot->claw = -1;
	lot->turn = POINTS_NEVER;
	lot->pending = lot->from_at > ledger->head.now;
	((points_name *) points_store_touch(store, POINTS_NAMES, name))->lot = i;
	if (lot->remaining > 0)
		points_lots_link(ledger, i);
	return i;
}

void
points_ledger_put_grace(points_ledger *ledger, int32_t origin, int32_t lot)
{
	points_lot *root = points_lots_touch(ledger, origin);

	if (root->last_grace >= 0)
		points_lots_note(ledger, root->last_grace)->next_grace = lot;
	else
		root->first_grace = lot;
	root->last_grace = lot;
	points_lots_note(ledger, lot)->origin = origin;
}

static loyalty_status
attempt(points_ledger *ledger, loyalty_status (*what) (points_ledger *, int32_t, const points_event *),
		int32_t name, const points_event *event)
{
	loyalty_status status = points_lots_tick(ledger, event->at);

	if (status == LOYALTY_OK && what != NULL)
		status = what(ledger, name, event);
	if (status == LOYALTY_OK)
		status = points_lots_tick(ledger, ledger->head.now);
	if (status != LOYALTY_OK)
	{
		points_store_undo(&ledger->store);
		ledger->head = ledger->saved;
	}
	return status;
}

static void
mark(points_ledger *ledger)
{
	points_store_mark(&ledger->store);
	ledger->saved = ledger->head;
	ledger->first_part = 0;
	ledger->part_count = 0;
	ledger->repeated = false;
}

loyalty_status
points_ledger_sweep(points_ledger *ledger, int64_t at)
{
	points_event event = {.at = at};

	mark(ledger);
	return attempt(ledger, NULL, -1, &event);
}

loyalty_status
points_ledger_foresee(points_ledger *ledger, int64_t at, points_head *then)
{
	loyalty_status status = points_ledger_sweep(ledger, at);

	*then = ledger->head;
	if (status == LOYALTY_OK)
	{
		points_store_undo(&ledger->store);
		ledger->head = ledger->saved;
	}
	return status;
}

static bool
same_text(const points_ledger *ledger, int32_t name, points_text text)
{
	if (name < 0 || text.bytes == NULL)
		return name < 0 && text.bytes == NULL;
	return points_text_compare(points_name_text(&ledger->store, name), text) == 0;
}

/* A lot that comes from elsewhere is called key/origin; both may come apart, the origin as ref. */
static loyalty_status
apply_derived(points_ledger *ledger, const points_event *event)
{
	char		key[2 * POINTS_KEY_SIZE + 2];
	points_event derived = *event;

	derived.key.bytes = key;
	derived.key.size = event->key.size + 1 + event->ref.size;
	derived.ref.bytes = NULL;
	memcpy(key, event->key.bytes, event->key.size);
	key[event->key.size] = '/';
	memcpy(key + event->key.size + 1, event->ref.bytes, event->ref.size);
	return points_ledger_apply(ledger, &derived);
}

loyalty_status
points_ledger_apply(points_ledger *ledger, const points_event *event)
{
	points_store *store = &ledger->store;
	loyalty_status status = points_event_check(event);
	points_entry *entry;
	int32_t		name,
				ref;

	if (status != LOYALTY_OK)
		return status;
	if (event->kind == POINTS_TRANSFER_IN && event->ref.bytes != NULL)
		return apply_derived(ledger, event);
	mark(ledger);
	name = points_store_enter(store, event->key);
	if (points_name_at(store, name)->entry >= 0)
	{
		const points_entry *first = points_entry_at(store, points_name_at(store, name)->entry);

		if (first->kind != event->kind || first->has_points != event->has_points || first->points != event->points ||
			first->from_at != event->from_at || first->until_at != event->until_at ||
			!same_text(ledger, first->ref, event->ref))
			return LOYALTY_KEY_CONFLICT;
		ledger->repeated = true;
		return LOYALTY_OK;
	}
	status = attempt(ledger, perform, name, event);
	if (status != LOYALTY_OK)
		return status;

	ref = event->ref.bytes == NULL ? -1 : points_store_enter(store, event->ref);
	((points_name *) points_store_touch(store, POINTS_NAMES, name))->entry = (int32_t) store->arrays[POINTS_ENTRIES].count;
	entry = points_store_add(store, POINTS_ENTRIES);
	entry->at = ledger->head.now;
	entry->points = event->points;
	entry->from_at = event->from_at;
	entry->until_at = event->until_at;
	entry->key = name;
	entry->ref = ref;
	entry->kind = (uint8_t) event->kind;
	entry->has_points = event->has_points;
	return LOYALTY_OK;
}

points_event
points_ledger_entry(const points_ledger *ledger, int32_t i)
{
	const points_entry *entry = points_entry_at(&ledger->store, i);
	points_event event = {
		.kind = entry->kind,
		.key = points_name_text(&ledger->store, entry->key),
		.at = entry->at,
		.has_points = entry->has_points,
		.points = entry->points,
		.from_at = entry->from_at,
		.until_at = entry->until_at
	};

	if (entry->ref >= 0)
		event.ref = points_name_text(&ledger->store, entry->ref);
	return event;
}
