/*
 * purchase_log.h
 *		A purchase_digest while it grows: a plain array of days with room to
 *		spare, appended to in any order and put in order now and then.
 *
 * It is the transition state of the aggregates, so it is one flat piece of
 * memory (see "Aggregate states" in CONTRIBUTING.md).  Rows mostly arrive in
 * the order of time, so an append looks at the last day.  A row out of order is
 * looked up; one whose day is new goes to the end and clears `ordered`, and
 * the array is sorted and its equal days joined when it is full or read.
 *
 * What a hash aggregate over many customers costs is mostly waiting for
 * memory, so a day takes 8 bytes as long as every day of the customer fits:
 *
 *		bits 48..63		day - base_day + 32768		(89 years either way)
 *		bits 40..47		orders						(up to 255)
 *		bits  0..39		net amount, two's complement (5.4 billion with cents)
 *
 * The first day that does not fit makes the log wide: 16 bytes a day.
 */
#ifndef LOYALTY_KERNEL_PURCHASE_LOG_H
#define LOYALTY_KERNEL_PURCHASE_LOG_H

#include <string.h>

#include "calendar.h"
#include "decimal.h"
#include "flat_form.h"
#include "status.h"

typedef struct purchase_day
{
	int32_t		day;			/* days since 2000-01-01 */
	int32_t		orders;			/* rows with an amount >= 0; 0: returns only */
	int64_t		amount;			/* net of that day, in units of 10^-scale */
} purchase_day;

typedef struct purchase_log
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		form;			/* FLAT_FORM_LOG */
	uint8_t		scale;			/* of every amount: the most decimals any of them needs */
	uint8_t		display;		/* the most decimals any of them shows */
	bool		ordered:1;		/* days strictly ascending */
	bool		wide:1;			/* 16 bytes a day instead of 8 */
	uint32_t	count;			/* days in use */
	int32_t		base_day;		/* of the narrow form: the first row's day */
	int32_t		last_day;		/* of the last day in use: an append need not fetch it */
	uint32_t	reserved;		/* 0; keeps the days aligned to 8 */
	union
	{
		uint64_t	narrow[1];
		purchase_day wide[1];
	}			days;			/* as many as there is room for */
} purchase_log;

#define PURCHASE_LOG_HEADER		offsetof(purchase_log, days)

static inline size_t
purchase_log_size(uint64_t days, bool wide)
{
	return PURCHASE_LOG_HEADER + days * (wide ? sizeof(purchase_day) : sizeof(uint64_t));
}

static inline uint32_t
purchase_log_room(size_t size, bool wide)
{
	return (uint32_t) ((size - PURCHASE_LOG_HEADER) / (wide ? sizeof(purchase_day) : sizeof(uint64_t)));
}

static inline purchase_day
purchase_log_narrow_day(int32_t base_day, uint64_t word)
{
	purchase_day day;

	day.day = base_day + (int32_t) (word >> 48) - 32768;
	day.orders = (int32_t) ((word >> 40) & 0xFF);
	day.amount = (int64_t) (word << 24) >> 24;
	return day;
}

static inline purchase_day
purchase_log_day(const purchase_log *log, uint32_t i)
{
	return log->wide ? log->days.wide[i] : purchase_log_narrow_day(log->base_day, log->days.narrow[i]);
}

/* an empty log; length_word is left alone */
extern void purchase_log_init(purchase_log *log, bool wide);

/*
 * One row, into a log with room for `capacity` days of its width.  Nothing
 * was added and the log means the same as before if the answer is
 *	LOYALTY_FULL	a further day needs a larger buffer: move to it, try again
 *	LOYALTY_WIDE	the row needs the wide form: likewise
 */
extern loyalty_status purchase_log_add(purchase_log *log, uint32_t capacity,
									   int32_t day, decimal_amount amount);

/* A whole day with its amount at `scale`, shown with `display` decimals; the same promise. */
extern loyalty_status purchase_log_add_day(purchase_log *log, uint32_t capacity,
										   purchase_day day, int scale, int display);

/* The days of one log into an empty, larger one; `to` may be the wide one. */
extern void purchase_log_move(const purchase_log *from, purchase_log *to);

/* Sorts by day and joins equal days; LOYALTY_WIDE as above. */
extern loyalty_status purchase_log_order(purchase_log *log);

#endif							/* LOYALTY_KERNEL_PURCHASE_LOG_H */
