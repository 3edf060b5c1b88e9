/*
 * calendar.h
 *		Days as PostgreSQL counts them (0 = 2000-01-01, proleptic Gregorian),
 *		their ISO 8601 text, and calendar months.
 */
#ifndef LOYALTY_KERNEL_CALENDAR_H
#define LOYALTY_KERNEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/*
 * The days of PostgreSQL's timestamp, 4714-11-24 BC to 294276-12-31.  Its date
 * type goes on to the year 5874897, where a day plus a gap leaves the type.
 */
#define CALENDAR_FIRST_DAY	(-2451545)
#define CALENDAR_LAST_DAY	106751982

static inline bool
calendar_day_is_valid(int32_t day)
{
	return day >= CALENDAR_FIRST_DAY && day <= CALENDAR_LAST_DAY;
}

/* year (astronomical: 0 is 1 BC), month 1..12, day of month 1..31 */
extern void calendar_split(int32_t day, int *year, int *month, int *mday);

/* months since January 2000, negative before */
extern int32_t calendar_month(int32_t day);

/*
 * Which step of the calendar a day lies in: whole months counted from January
 * 2000 (so 12 are years, 3 are quarters), or whole days counted from a Monday
 * (so 7 are weeks).  One of the two is above 0.
 */
extern int32_t calendar_step(int32_t day, int32_t months, int32_t days);

/* a thousand years: no shop's calendar has longer steps, and no product of theirs overflows */
#define CALENDAR_LONGEST_MONTHS	(12 * 1000)
#define CALENDAR_LONGEST_DAYS	(366 * 1000)

/* is it a step: so many months or so many days? */
static inline bool
calendar_step_is_valid(int32_t months, int32_t days)
{
	return (months > 0) != (days > 0) && months >= 0 && days >= 0 &&
		months <= CALENDAR_LONGEST_MONTHS && days <= CALENDAR_LONGEST_DAYS;
}

/* the first day of such a step; of one at an end of the calendar it may lie beyond */
extern int64_t calendar_step_first(int32_t step, int32_t months, int32_t days);

/*
 * Writes "YYYY-MM-DD" (more digits or a leading '-' for far years) and a NUL;
 * returns the length.  CALENDAR_TEXT_SIZE bytes are always enough.
 */
#define CALENDAR_TEXT_SIZE	16
extern size_t calendar_to_text(int32_t day, char *out);

/*
 * Reads that form from the start of text; *used is the number of bytes read.
 */
extern loyalty_status calendar_from_text(const char *text, size_t len, int32_t *day, size_t *used);

#endif							/* LOYALTY_KERNEL_CALENDAR_H */
