/* Days to dates and back. */
#include "calendar.h"
#include "tap.h"

#include <string.h>

static void
is_date(int32_t day, const char *expected)
{
	char		text[CALENDAR_TEXT_SIZE];
	int32_t		back;
	size_t		used;

	calendar_to_text(day, text);
	ok(strcmp(text, expected) == 0, "day %d is %s", day, expected);
	ok(calendar_from_text(expected, strlen(expected), &back, &used) == LOYALTY_OK && back == day &&
	   used == strlen(expected), "%s is day %d", expected, day);
}

int
main(void)
{
	int32_t		day;
	size_t		used;
	int			wrong = 0;

	is_date(0, "2000-01-01");
	is_date(59, "2000-02-29");
	is_date(60, "2000-03-01");
	is_date(-1, "1999-12-31");
	is_date(8825, "2024-02-29");
	is_date(36584, "2100-03-01");	/* 2100 has no 29 February */
	is_date(CALENDAR_FIRST_DAY, "-4713-11-24");
	is_date(CALENDAR_LAST_DAY, "294276-12-31");
	is_date(-730426, "0000-02-29");

	for (int i = 0; i < 11; i++)
	{
		static const char *const bad[] = {"", "2024", "2024-1-05", "2024-01", "2024-13-01", "2023-02-29",
			"2024-04-31", "2024-00-10", "99999999-01-01", "24-01-05", "294277-01-01"};

		ok(calendar_from_text(bad[i], strlen(bad[i]), &day, &used) != LOYALTY_OK, "\"%s\" is refused", bad[i]);
	}

	/* consecutive days give consecutive dates, over four centuries and a bit */
	for (int32_t d = -150000; d < 150000; d++)
	{
		char		text[CALENDAR_TEXT_SIZE];

		calendar_to_text(d, text);
		if (calendar_from_text(text, strlen(text), &day, &used) != LOYALTY_OK || day != d)
			wrong++;
	}
	ok(wrong == 0, "300,000 consecutive days round-trip");

	ok(calendar_month(0) == 0 && calendar_month(30) == 0 && calendar_month(31) == 1 && calendar_month(-1) == -1,
	   "months are counted from January 2000");
	return done();
}
