/*
 * instant.c
 *		Text of instants.
 */
#include "instant.h"

#include <stdio.h>
#include <string.h>

#include "calendar.h"

static const char infinity[] = "infinity";

size_t
instant_to_text(int64_t instant, char *out)
{
	int64_t		day = instant / INSTANT_PER_DAY;
	int64_t		rest = instant % INSTANT_PER_DAY;
	int64_t		second,
				micros;
	size_t		len;

	if (instant == INSTANT_INFINITY)
	{
		memcpy(out, infinity, sizeof(infinity));
		return sizeof(infinity) - 1;
	}
	if (rest < 0)
	{
		rest += INSTANT_PER_DAY;
		day--;
	}
	second = rest / 1000000;
	micros = rest % 1000000;
	len = calendar_to_text((int32_t) day, out);
	len += (size_t) sprintf(out + len, "T%02d:%02d:%02d", (int) (second / 3600), (int) (second / 60 % 60), (int) (second % 60));
	if (micros > 0)
	{
		len += (size_t) sprintf(out + len, ".%06d", (int) micros);
		while (out[len - 1] == '0')
			len--;
	}
	out[len++] = 'Z';
	out[len] = '\0';
	return len;
}

/* two digits below `limit` after the character `mark`, or -1 */
static int
two_digits(const char *text, char mark, int limit)
{
	int			value;

	if (text[0] != mark || text[1] < '0' || text[1] > '9' || text[2] < '0' || text[2] > '9')
		return -1;
	value = (text[1] - '0') * 10 + text[2] - '0';
	return value < limit ? value : -1;
}

loyalty_status
instant_from_text(const char *text, size_t len, int64_t *instant, size_t *used)
{
	int32_t		day;
	int64_t		micros;
	size_t		at;
	int			hour,
				minute,
				second;
	loyalty_status status;

	*used = 0;
	if (len >= sizeof(infinity) - 1 && memcmp(text, infinity, sizeof(infinity) - 1) == 0)
	{
		*used = sizeof(infinity) - 1;
		*instant = INSTANT_INFINITY;
		return LOYALTY_OK;
	}
	status = calendar_from_text(text, len, &day, &at);
	if (status != LOYALTY_OK)
		return status;
	if (len - at < 10 ||
		(hour = two_digits(text + at, 'T', 24)) < 0 ||
		(minute = two_digits(text + at + 3, ':', 60)) < 0 ||
		(second = two_digits(text + at + 6, ':', 60)) < 0)
		return LOYALTY_SYNTAX;
	at += 9;
	micros = ((int64_t) hour * 3600 + minute * 60 + second) * 1000000;
	if (text[at] == '.')
	{
		int64_t		unit = 100000;
		size_t		from = ++at;

		for (; at < len && text[at] >= '0' && text[at] <= '9' && unit > 0; at++, unit /= 10)
			micros += (text[at] - '0') * unit;
		if (at == from)
			return LOYALTY_SYNTAX;
	}
	if (at >= len || text[at] != 'Z')
		return LOYALTY_SYNTAX;
	/* the days of the calendar are those of timestamps: a product of 64 bits holds them */
	*instant = (int64_t) day * INSTANT_PER_DAY + micros;
	*used = at + 1;
	return LOYALTY_OK;
}
