/*
 * points_store.c
 *		Arrays, names and undo for the state of an account.
 */
#include "points_store.h"

#include <string.h>

#define SMALLEST_ROOM	8		/* elements */

static const uint32_t element_size[POINTS_ARRAYS] = {
	[POINTS_NAMES] = sizeof(points_name),
	[POINTS_LOTS] = sizeof(points_lot),
	[POINTS_PARTS] = sizeof(points_part),
	[POINTS_HOLDS] = sizeof(points_hold),
	[POINTS_REDEMPTIONS] = sizeof(points_redemption),
	[POINTS_CLAWS] = sizeof(points_claw),
	[POINTS_PAYMENTS] = sizeof(points_payment),
	[POINTS_ENTRIES] = sizeof(points_entry),
	[POINTS_TURNS] = sizeof(points_turn),
	[POINTS_TASKS] = sizeof(points_task),
	[POINTS_UNDOS] = sizeof(points_undo),
};

void
points_store_init(points_store *store, points_memory memory)
{
	memset(store, 0, sizeof(*store));
	store->memory = memory;
}

/* room for `needed` bytes in a block of *room */
static char *
grow_bytes(points_store *store, char *block, uint64_t needed, uint64_t *room)
{
	uint64_t	larger = *room < 256 ? 256 : *room;

	if (needed <= *room)
		return block;
	while (larger < needed)
		larger *= 2;
	*room = larger;
	return store->memory.resize(store->memory.context, block, larger);
}

static inline char *
element(const points_store *store, int array, uint32_t index)
{
	return (char *) store->arrays[array].at + (size_t) index * element_size[array];
}

void *
points_store_add(points_store *store, int which)
{
	points_array *array = &store->arrays[which];
	void	   *added;

	if (array->count == array->room)
	{
		array->room = array->room == 0 ? SMALLEST_ROOM : array->room * 2;
		array->at = store->memory.resize(store->memory.context, array->at,
										 (size_t) array->room * element_size[which]);
	}
	added = element(store, which, array->count++);
	memset(added, 0, element_size[which]);
	return added;
}

void *
points_store_touch(points_store *store, int array, int32_t index)
{
	char	   *here = element(store, array, (uint32_t) index);

	/* what the event itself has added goes away as a whole */
	if ((uint32_t) index < store->saved_counts[array])
	{
		points_undo *undo = points_store_add(store, POINTS_UNDOS);
		uint32_t	size = element_size[array];

		undo->offset = store->old_size;
		undo->index = (uint32_t) index;
		undo->array = (uint8_t) array;
		store->old = grow_bytes(store, store->old, store->old_size + size, &store->old_room);
		memcpy(store->old + store->old_size, here, size);
		store->old_size += size;
	}
	return here;
}

/* ---------- names ---------- */

int
points_text_compare(points_text a, points_text b)
{
	int			order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* FNV-1a, folded */
static uint32_t
hash_text(points_text key)
{
	uint64_t	hash = UINT64_C(14695981039346656037);

	for (uint32_t i = 0; i < key.size; i++)
		hash = (hash ^ (uint8_t) key.bytes[i]) * UINT64_C(1099511628211);
	return (uint32_t) (hash ^ hash >> 32);
}

static int32_t
find_hashed(const points_store *store, points_text key, uint32_t hash)
{
	int32_t		i = store->bucket_count == 0 ? -1 : store->buckets[hash & (store->bucket_count - 1)];

	while (i >= 0)
	{
		const points_name *name = points_name_at(store, i);

		if (name->hash == hash && name->size == key.size &&
			memcmp(store->text + name->at, key.bytes, key.size) == 0)
			break;
		i = name->chain;
	}
	return i;
}

int32_t
points_store_find(const points_store *store, points_text key)
{
	return find_hashed(store, key, hash_text(key));
}

static void
rehash(points_store *store)
{
	store->bucket_count = store->bucket_count == 0 ? 2 * SMALLEST_ROOM : store->bucket_count * 2;
	store->buckets = store->memory.resize(store->memory.context, store->buckets,
										  store->bucket_count * sizeof(int32_t));
	memset(store->buckets, 0xFF, store->bucket_count * sizeof(int32_t));
	/* in ascending order, so that the latest is the first of its chain: undo takes it off there */
	for (uint32_t i = 0; i < store->arrays[POINTS_NAMES].count; i++)
	{
		points_name *name = (points_name *) element(store, POINTS_NAMES, i);
		int32_t    *bucket = &store->buckets[name->hash & (store->bucket_count - 1)];

		name->chain = *bucket;
		*bucket = (int32_t) i;
	}
}

int32_t
points_store_enter(points_store *store, points_text key)
{
	uint32_t	hash = hash_text(key);
	int32_t		i = find_hashed(store, key, hash);
	points_name *name;
	int32_t    *bucket;

	if (i >= 0)
		return i;
	if (store->arrays[POINTS_NAMES].count >= store->bucket_count)
		rehash(store);
	i = (int32_t) store->arrays[POINTS_NAMES].count;
	name = points_store_add(store, POINTS_NAMES);
	store->text = grow_bytes(store, store->text, store->text_size + key.size, &store->text_room);
	memcpy(store->text + store->text_size, key.bytes, key.size);
	name->at = store->text_size;
	store->text_size += key.size;
	name->size = key.size;
	name->hash = hash;
	name->entry = name->lot = name->hold = name->redemption = -1;
	bucket = &store->buckets[hash & (store->bucket_count - 1)];
	name->chain = *bucket;
	*bucket = i;
	return i;
}

/* ---------- undo ---------- */

void
points_store_mark(points_store *store)
{
	for (int i = 0; i < POINTS_STATE_ARRAYS; i++)
		store->saved_counts[i] = store->arrays[i].count;
	store->saved_text_size = store->text_size;
	store->arrays[POINTS_UNDOS].count = 0;
	store->old_size = 0;
}

void
points_store_undo(points_store *store)
{
	points_array *undos = &store->arrays[POINTS_UNDOS];

	/* chains are as rehashing left them, which is not a matter of content */
	for (uint32_t i = store->arrays[POINTS_NAMES].count; i-- > store->saved_counts[POINTS_NAMES];)
	{
		const points_name *name = points_name_at(store, (int32_t) i);

		store->buckets[name->hash & (store->bucket_count - 1)] = name->chain;
	}
	while (undos->count > 0)
	{
		const points_undo *undo = POINTS_GET(store, points_undo, POINTS_UNDOS, --undos->count);
		char	   *here = element(store, undo->array, undo->index);
		int32_t		chain = undo->array == POINTS_NAMES ? ((points_name *) here)->chain : 0;

		memcpy(here, store->old + undo->offset, element_size[undo->array]);
		if (undo->array == POINTS_NAMES)
			((points_name *) here)->chain = chain;
	}
	for (int i = 0; i < POINTS_STATE_ARRAYS; i++)
		store->arrays[i].count = store->saved_counts[i];
	store->text_size = store->saved_text_size;
	store->old_size = 0;
}

bool
points_store_change(const points_store *store, uint32_t *cursor, int32_t *lot, points_lot *before)
{
	while (*cursor > 0)
	{
		const points_undo *undo = POINTS_GET(store, points_undo, POINTS_UNDOS, --*cursor);

		if (undo->array != POINTS_LOTS)
			continue;
		*lot = (int32_t) undo->index;
		memcpy(before, store->old + undo->offset, sizeof(*before));
		return true;
	}
	return false;
}
