/*
 * report.h
 *		From what a kernel says to what a user reads: one SQLSTATE and one
 *		message per fault, and the argument checks that many functions share.
 */
#ifndef LOYALTY_REPORT_H
#define LOYALTY_REPORT_H

#include "compat.h"
#include "pgtime.h"
#include "utils/date.h"

#include "kernel/status.h"

extern int	report_sqlstate(loyalty_status status);
extern const char *report_message(loyalty_status status);

/* raises the error of a status that is not LOYALTY_OK; `what` names the value at fault in the detail, or is NULL */
pg_noreturn extern void report_failure(loyalty_status status, const char *what);

/* a number for a message: one of a hundred thousand digits says no more than its first ones */
extern const char *shortened(const char *number);

static inline void
report_unless_ok(loyalty_status status)
{
	if (unlikely(status != LOYALTY_OK))
		report_failure(status, NULL);
}

/* a finite date, or an error that names the argument */
extern DateADT check_date(DateADT day, const char *argument);

/* a finite number above zero */
extern double check_positive(double value, const char *argument);

/* a number from 0 to 1 */
extern double check_fraction(double value, const char *argument);

/* a time zone by its full name: the session's abbreviations have no say */
extern pg_tz *check_time_zone(const char *name);

#endif							/* LOYALTY_REPORT_H */
