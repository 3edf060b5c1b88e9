/*
 * report.c
 *		Error reports shared by all nouns.
 */
#include "report.h"

#include <math.h>

int
report_sqlstate(loyalty_status status)
{
	switch (status)
	{
		case LOYALTY_OK:
			break;
		case LOYALTY_FULL:
		case LOYALTY_WIDE:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		case LOYALTY_SYNTAX:
		case LOYALTY_CORRUPT:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
		case LOYALTY_NOT_A_NUMBER:
		case LOYALTY_NOT_FINITE:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case LOYALTY_FLOAT_TOO_LARGE:
		case LOYALTY_AMOUNT_OVERFLOW:
		case LOYALTY_COUNT_OVERFLOW:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case LOYALTY_DATE_RANGE:
		case LOYALTY_EVENT_TIME:
			return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
		case LOYALTY_EVENT_KIND:
		case LOYALTY_EVENT_FIELD:
		case LOYALTY_EVENT_KEY:
		case LOYALTY_POINTS_RANGE:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case LOYALTY_POINTS_OVERFLOW:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case LOYALTY_KEY_CONFLICT:
			return ERRCODE_UNIQUE_VIOLATION;
		case LOYALTY_NO_LOT:
		case LOYALTY_NO_HOLD:
		case LOYALTY_NO_REDEMPTION:
			return ERRCODE_NO_DATA_FOUND;
		case LOYALTY_INSUFFICIENT:
		case LOYALTY_EXCEEDS_HOLD:
		case LOYALTY_EXCEEDS_REDEMPTION:
		case LOYALTY_EXCEEDS_LOT:
		case LOYALTY_ALREADY_SPENT:
		case LOYALTY_NOT_CLEAR:
		case LOYALTY_NOT_ALL:
			return ERRCODE_CHECK_VIOLATION;
	}
	return ERRCODE_INTERNAL_ERROR;
}

const char *
report_message(loyalty_status status)
{
	switch (status)
	{
		case LOYALTY_OK:
			break;
		case LOYALTY_FULL:
		case LOYALTY_WIDE:
			return "value is too large";
		case LOYALTY_SYNTAX:
			return "invalid syntax";
		case LOYALTY_CORRUPT:
			return "inconsistent value";
		case LOYALTY_NOT_A_NUMBER:
			return "amount must not be NaN";
		case LOYALTY_NOT_FINITE:
			return "amount must be finite";
		case LOYALTY_FLOAT_TOO_LARGE:
			return "amount of type double precision is out of range";
		case LOYALTY_AMOUNT_OVERFLOW:
			return "amount is out of range";
		case LOYALTY_COUNT_OVERFLOW:
			return "count is out of range";
		case LOYALTY_DATE_RANGE:
			return "date is out of range";
		case LOYALTY_EVENT_KIND:
			return "unknown kind of ledger entry";
		case LOYALTY_EVENT_FIELD:
			return "ledger entry does not have the fields of its kind";
		case LOYALTY_EVENT_KEY:
			return "key of ledger entry is empty or too long";
		case LOYALTY_EVENT_TIME:
			return "time of ledger entry is out of range";
		case LOYALTY_POINTS_RANGE:
			return "points must be above zero";
		case LOYALTY_POINTS_OVERFLOW:
			return "points are out of range";
		case LOYALTY_KEY_CONFLICT:
			return "key of ledger entry has been used for another one";
		case LOYALTY_INSUFFICIENT:
			return "insufficient points";
		case LOYALTY_NO_LOT:
			return "there is no such lot";
		case LOYALTY_NO_HOLD:
			return "there is no such open hold";
		case LOYALTY_NO_REDEMPTION:
			return "there is no such redemption";
		case LOYALTY_EXCEEDS_HOLD:
			return "points exceed the hold";
		case LOYALTY_EXCEEDS_REDEMPTION:
			return "points exceed what is left of the redemption";
		case LOYALTY_EXCEEDS_LOT:
			return "points exceed what is left of the lot";
		case LOYALTY_ALREADY_SPENT:
			return "points have been spent already";
		case LOYALTY_NOT_CLEAR:
			return "account has open holds or arrears";
		case LOYALTY_NOT_ALL:
			return "points are not all that the account has";
	}
	return "unrecognized status";
}

/* what may be said where no single value is at fault, or all that is known of it is that it is too large */
static const char *
limit_of(loyalty_status status)
{
	switch (status)
	{
		case LOYALTY_AMOUNT_OVERFLOW:
			return "Amounts are kept as 64-bit counts of the smallest decimal any of them needs, at most six.";
		case LOYALTY_COUNT_OVERFLOW:
			return "A day has at most 2147483647 orders, a concentration at most 9223372036854775807 members.";
		case LOYALTY_DATE_RANGE:
			return "Days from 4714-11-24 BC to 294276-12-31 can be kept.";
		default:
			return NULL;
	}
}

const char *
shortened(const char *number)
{
	return strlen(number) > 64 ? psprintf("%.64s...", number) : number;
}

void
report_failure(loyalty_status status, const char *what)
{
	ereport(ERROR,
			(errcode(report_sqlstate(status)),
			 errmsg("%s", report_message(status)),
			 what ? errdetail("The value is %s.", shortened(what)) :
			 limit_of(status) ? errdetail_internal("%s", limit_of(status)) : 0,
			 status == LOYALTY_FLOAT_TOO_LARGE ?
			 errhint("From 2^53 on double precision does not hold every whole number; use numeric.") : 0));
}

DateADT
check_date(DateADT day, const char *argument)
{
	if (unlikely(DATE_NOT_FINITE(day)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite date", argument),
				 errdetail("The value is %s.", DATE_IS_NOBEGIN(day) ? "-infinity" : "infinity")));
	return day;
}

double
check_positive(double value, const char *argument)
{
	if (unlikely(!(value > 0) || isinf(value)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number above zero", argument),
				 errdetail("The value is %g.", value)));
	return value;
}

double
check_fraction(double value, const char *argument)
{
	if (unlikely(!(value >= 0 && value <= 1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 1", argument),
				 errdetail("The value is %g.", value)));
	return value;
}

pg_tz *
check_time_zone(const char *name)
{
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL || !pg_tz_acceptable(zone))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name),
				 errhint("Give a full name of pg_timezone_names, as Europe/Athens.")));
	return zone;
}
