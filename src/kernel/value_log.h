/*
 * value_log.h
 *		A value_concentration while it grows: a plain array of values with
 *		room to spare, appended to in any order.
 *
 * It is the transition state of the aggregates, so it is one flat piece of
 * memory: 16 bytes, then 16 bytes a value.  When it is full its owner sorts
 * it (key_sort.h), joins equal values, and gives it more room if that freed
 * little.
 *
 * A log holds values of one kind.  Decimal ones are whole units of 10^-scale.
 * Double precision ones are kept as they are, mapped to integers of the same
 * order, so that one sort and one format serve both.
 */
#ifndef LOYALTY_KERNEL_VALUE_LOG_H
#define LOYALTY_KERNEL_VALUE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "decimal.h"
#include "flat_form.h"
#include "key_sort.h"
#include "status.h"

#define VALUE_KIND_DECIMAL	0	/* also where there is no value */
#define VALUE_KIND_FLOAT	1

typedef struct value_entry
{
	int64_t		key;			/* units of 10^-scale, or double_key() of a double */
	int64_t		members;		/* how many have this value, above 0 */
} value_entry;

typedef struct value_log
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		form;			/* FLAT_FORM_LOG */
	uint8_t		kind;
	uint8_t		scale;			/* of every value: the most decimals any of them needs; 0 for doubles */
	uint8_t		display;		/* the most decimals any of them shows; 0 for doubles */
	uint32_t	count;			/* entries in use */
	bool		ordered;		/* keys strictly ascending */
	uint8_t		reserved[3];	/* 0 */
	value_entry entries[];
} value_log;

static inline size_t
value_log_size(size_t capacity)
{
	return sizeof(value_log) + capacity * sizeof(value_entry);
}

/* an empty log; length_word is left alone */
extern void value_log_init(value_log *log);

/*
 * `members` more of a value at `scale`, shown with `display` decimals, of the
 * log's kind (an empty log takes either).  LOYALTY_FULL: there is no room for
 * a further entry; nothing was added.
 */
extern loyalty_status value_log_add(value_log *log, uint32_t capacity,
									int kind, value_entry entry, int scale, int display);

/* Joins equal values of a log whose keys were sorted. */
extern loyalty_status value_log_join(value_log *log);

#endif							/* LOYALTY_KERNEL_VALUE_LOG_H */
