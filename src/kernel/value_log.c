/*
 * value_log.c
 *		Growing a value_concentration, value by value.
 */
#include "value_log.h"

void
value_log_init(value_log *log)
{
	log->form = FLAT_FORM_LOG;
	log->kind = VALUE_KIND_DECIMAL;
	log->scale = 0;
	log->display = 0;
	log->count = 0;
	log->ordered = true;
	memset(log->reserved, 0, sizeof(log->reserved));
}

/* all or nothing: every product is tried before anything is changed */
static loyalty_status
raise_scale(value_log *log, int scale)
{
	int64_t		factor = decimal_power10[scale - log->scale];
	int64_t		ignored;

	for (uint32_t i = 0; i < log->count; i++)
		if (__builtin_mul_overflow(log->entries[i].key, factor, &ignored))
			return LOYALTY_AMOUNT_OVERFLOW;
	for (uint32_t i = 0; i < log->count; i++)
		log->entries[i].key *= factor;
	log->scale = (uint8_t) scale;
	return LOYALTY_OK;
}

static loyalty_status
add_members(value_entry *to, const value_entry *from)
{
	int64_t		members;

	if (__builtin_add_overflow(to->members, from->members, &members))
		return LOYALTY_COUNT_OVERFLOW;
	to->members = members;
	return LOYALTY_OK;
}

loyalty_status
value_log_add(value_log *log, uint32_t capacity, int kind, value_entry entry, int scale, int display)
{
	if (scale != log->scale)
	{
		loyalty_status status = scale > log->scale ?
			raise_scale(log, scale) :
			decimal_rescale(entry.key, scale, log->scale, &entry.key);

		if (status != LOYALTY_OK)
			return status;
	}
	if (log->count > 0)
	{
		value_entry *last = &log->entries[log->count - 1];

		if (entry.key == last->key)
		{
			loyalty_status status = add_members(last, &entry);

			if (status == LOYALTY_OK && display > log->display)
				log->display = (uint8_t) display;
			return status;
		}
		if (log->count == capacity)
			return LOYALTY_FULL;
		if (entry.key < last->key)
			log->ordered = false;
	}
	else if (capacity == 0)
		return LOYALTY_FULL;
	log->kind = (uint8_t) kind;
	if (display > log->display)
		log->display = (uint8_t) display;
	log->entries[log->count++] = entry;
	return LOYALTY_OK;
}

loyalty_status
value_log_join(value_log *log)
{
	value_entry *entries = log->entries;
	uint32_t	kept = 0;

	for (uint32_t i = 1; i < log->count; i++)
	{
		if (entries[i].key != entries[kept].key)
			entries[++kept] = entries[i];
		else if (add_members(&entries[kept], &entries[i]) != LOYALTY_OK)
			return LOYALTY_COUNT_OVERFLOW;
	}
	if (log->count > 0)
		log->count = kept + 1;
	log->ordered = true;
	return LOYALTY_OK;
}
