/*
 * purchase_log.h
 *		A purchase_digest while it grows: a plain array of days with room to
 *		spare, appended to in any order and put in order now and then.
 *
 * It is the transition state of the aggregates, so it is one flat piece of
 * memory (see "Aggregate states" in CONTRIBUTING.md): 16 bytes, then 16 bytes
 * a day.  Rows mostly arrive in the order of time, so an append looks at the
 * last day only; a row that comes out of order just clears `ordered`, and the
 * array is sorted and its equal days joined when it is full or read.
 */
#ifndef LOYALTY_KERNEL_PURCHASE_LOG_H
#define LOYALTY_KERNEL_PURCHASE_LOG_H

#include "calendar.h"
#include "decimal.h"
#include "status.h"

typedef struct purchase_day
{
	int32_t		day;			/* days since 2000-01-01 */
	int32_t		orders;			/* rows with an amount >= 0; 0: returns only */
	int64_t		amount;			/* net of that day, in units of 10^-scale */
} purchase_day;

/* first byte after the length word: which of the two forms a value has */
#define PURCHASE_FORM_PACKED	1
#define PURCHASE_FORM_LOG		2

typedef struct purchase_log
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		form;			/* PURCHASE_FORM_LOG */
	uint8_t		scale;			/* of every amount, and of the total when shown */
	uint8_t		ordered;		/* days strictly ascending */
	uint8_t		reserved;		/* 0 */
	uint32_t	count;			/* days in use */
	uint32_t	reserved2;		/* 0 */
	purchase_day days[];
} purchase_log;

static inline size_t
purchase_log_size(size_t capacity)
{
	return sizeof(purchase_log) + capacity * sizeof(purchase_day);
}

/* an empty log; length_word is left alone */
extern void purchase_log_init(purchase_log *log);

/*
 * One row.  LOYALTY_FULL: the log is in order and has no room for a further
 * day; nothing was added.
 */
extern loyalty_status purchase_log_add(purchase_log *log, uint32_t capacity,
									   int32_t day, decimal_amount amount);

/* Whole days, already at `scale`; the same promise. */
extern loyalty_status purchase_log_add_day(purchase_log *log, uint32_t capacity,
										   const purchase_day *day, int scale);

/* Sorts by day and joins equal days. */
extern loyalty_status purchase_log_order(purchase_log *log);

#endif							/* LOYALTY_KERNEL_PURCHASE_LOG_H */
