/*
 * calendar.c
 *		Proleptic Gregorian calendar by eras of 400 years (146,097 days), the
 *		year beginning in March so that the leap day comes last.
 */
#include "calendar.h"

#include <stdio.h>

#define DAYS_PER_ERA		146097
#define MARCH_0000_TO_2000	730425	/* 0000-03-01 to 2000-01-01 */

static int64_t
days_from_civil(int64_t year, int month, int mday)
{
	int64_t		y = month <= 2 ? year - 1 : year;
	int64_t		era = (y >= 0 ? y : y - 399) / 400;
	int64_t		year_of_era = y - era * 400;
	int64_t		day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
		day_of_year - MARCH_0000_TO_2000;
}

void
calendar_split(int32_t day, int *year, int *month, int *mday)
{
	int64_t		z = (int64_t) day + MARCH_0000_TO_2000;
	int64_t		era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t		day_of_era = z - era * DAYS_PER_ERA;
	int64_t		year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
							   day_of_era / 146096) / 365;
	int64_t		day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t		mp = (5 * day_of_year + 2) / 153;

	*mday = (int) (day_of_year - (153 * mp + 2) / 5 + 1);
	*month = (int) (mp < 10 ? mp + 3 : mp - 9);
	*year = (int) (year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

int32_t
calendar_month(int32_t day)
{
	int			year,
				month,
				mday;

	calendar_split(day, &year, &month, &mday);
	return (year - 2000) * 12 + month - 1;
}

#define FIRST_MONDAY	2		/* 2000-01-03 */

static int32_t
floor_quotient(int64_t dividend, int32_t divisor)
{
	return (int32_t) ((dividend - ((dividend % divisor) + divisor) % divisor) / divisor);
}

int32_t
calendar_step(int32_t day, int32_t months, int32_t days)
{
	return months > 0 ?
		floor_quotient(calendar_month(day), months) :
		floor_quotient((int64_t) day - FIRST_MONDAY, days);
}

int64_t
calendar_step_first(int32_t step, int32_t months, int32_t days)
{
	int64_t		month = (int64_t) step * months;
	int32_t		year = floor_quotient(month, 12);

	return months > 0 ?
		days_from_civil(2000 + (int64_t) year, (int) (month - (int64_t) year * 12) + 1, 1) :
		(int64_t) step * days + FIRST_MONDAY;
}

size_t
calendar_to_text(int32_t day, char *out)
{
	int			year,
				month,
				mday;

	calendar_split(day, &year, &month, &mday);
	return (size_t) snprintf(out, CALENDAR_TEXT_SIZE, "%s%04d-%02d-%02d",
							 year < 0 ? "-" : "", year < 0 ? -year : year, month, mday);
}

static int
digit_run(const char *text, size_t len, size_t from, size_t most, int64_t *value)
{
	size_t		i = from;

	*value = 0;
	while (i < len && i - from < most && text[i] >= '0' && text[i] <= '9')
		*value = *value * 10 + (text[i++] - '0');
	return (int) (i - from);
}

loyalty_status
calendar_from_text(const char *text, size_t len, int32_t *day, size_t *used)
{
	int64_t		year,
				month,
				mday,
				result;
	int			back_year,
				back_month,
				back_mday;
	size_t		i = 0;
	bool		negative = false;
	int			digits;

	if (len > 0 && text[0] == '-')
	{
		negative = true;
		i++;
	}
	digits = digit_run(text, len, i, 7, &year);
	if (digits < 4)
		return LOYALTY_SYNTAX;
	i += (size_t) digits;
	if (i >= len || text[i++] != '-')
		return LOYALTY_SYNTAX;
	if (digit_run(text, len, i, 2, &month) != 2)
		return LOYALTY_SYNTAX;
	i += 2;
	if (i >= len || text[i++] != '-')
		return LOYALTY_SYNTAX;
	if (digit_run(text, len, i, 2, &mday) != 2)
		return LOYALTY_SYNTAX;
	i += 2;

	if (month < 1 || month > 12 || mday < 1 || mday > 31)
		return LOYALTY_DATE_RANGE;
	result = days_from_civil(negative ? -year : year, (int) month, (int) mday);
	if (result < CALENDAR_FIRST_DAY || result > CALENDAR_LAST_DAY)
		return LOYALTY_DATE_RANGE;
	/* 31 April: reads back as another day */
	calendar_split((int32_t) result, &back_year, &back_month, &back_mday);
	if (back_month != month || back_mday != mday)
		return LOYALTY_DATE_RANGE;
	*day = (int32_t) result;
	*used = i;
	return LOYALTY_OK;
}
