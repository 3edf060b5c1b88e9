/*
 * tier_bands.c
 *		Reading, writing and searching the text of tier bands.
 */
#include "tier_bands.h"

#include <string.h>

#include "list_text.h"

/* A stretch of text without white space at its ends. */
typedef struct span
{
	const char *at;
	size_t		len;
} span;

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static span
trimmed(const char *text, size_t from, size_t to)
{
	span		result;

	from = skip_space(text, to, from);
	while (to > from && is_space(text[to - 1]))
		to--;
	result.at = text + from;
	result.len = to - from;
	return result;
}

static size_t
skip_digits(const char *text, size_t len, size_t i)
{
	while (i < len && is_digit(text[i]))
		i++;
	return i;
}

/* digits[.digits] */
static bool
is_number(const char *text, size_t len)
{
	size_t		point = skip_digits(text, len, 0);

	if (point == 0 || point == len)
		return point > 0;
	return text[point] == '.' && point + 1 < len && skip_digits(text, len, point + 1) == len;
}

/* the bytes of a label that are the number of its rate, 0 where it is none */
static size_t
rate_of(const char *label, size_t len, bool *percent)
{
	*percent = len > 0 && label[len - 1] == '%';
	if (*percent)
		len = trimmed(label, 0, len - 1).len;
	return is_number(label, len) ? len : 0;
}

/* digits[.digits] without needless zeros; returns the length */
static size_t
write_number(const char *number, size_t len, char *out)
{
	if (memchr(number, '.', len) != NULL)
	{
		while (number[len - 1] == '0')
			len--;
		if (number[len - 1] == '.')
			len--;
	}
	while (len > 1 && number[0] == '0' && number[1] != '.')
	{
		number++;
		len--;
	}
	memcpy(out, number, len);
	return len;
}

static loyalty_status
write_threshold(span text, char *out, size_t *len)
{
	bool		negative = text.len > 0 && text.at[0] == '-';
	size_t		sign = negative ? 1 : 0;

	if (!is_number(text.at + sign, text.len - sign))
		return LOYALTY_SYNTAX;
	if (text.len > TIER_BANDS_DIGITS)
		return LOYALTY_FULL;
	*len = write_number(text.at + sign, text.len - sign, out + sign);
	if (negative && *len == 1 && out[1] == '0')
		out[0] = '0';
	else if (negative)
	{
		out[0] = '-';
		*len += 1;
	}
	return LOYALTY_OK;
}

static loyalty_status
write_label(span text, char *out, size_t *len)
{
	bool		percent;
	size_t		rate = rate_of(text.at, text.len, &percent);

	if (text.len == 0 || memchr(text.at, ':', text.len) != NULL)
		return LOYALTY_SYNTAX;
	if (text.len > TIER_BANDS_LABEL || rate > TIER_BANDS_DIGITS)
		return LOYALTY_FULL;
	if (rate == 0)
	{
		memcpy(out, text.at, text.len);
		*len = text.len;
		return LOYALTY_OK;
	}
	*len = write_number(text.at, rate, out);
	if (percent)
	{
		out[(*len)++] = ' ';
		out[(*len)++] = '%';
	}
	return LOYALTY_OK;
}

loyalty_status
tier_bands_canonical(const char *text, size_t len, char *out, size_t *out_len, size_t *where)
{
	const char *threshold = NULL;	/* the one before, in out */
	size_t		threshold_len = 0;
	size_t		from = 0;
	size_t		to = 0;

	for (int bands = 1;; bands++)
	{
		const char *comma = memchr(text + from, ',', len - from);
		size_t		end = comma ? (size_t) (comma - text) : len;
		const char *colon = memchr(text + from, ':', end - from);
		size_t		written;
		span		part;
		loyalty_status status;

		*where = skip_space(text, end, from);
		if (colon == NULL)
			return LOYALTY_SYNTAX;
		if (bands > TIER_BANDS_MOST)
			return LOYALTY_FULL;
		part = trimmed(text, from, (size_t) (colon - text));
		status = write_threshold(part, out + to, &written);
		if (status != LOYALTY_OK)
			return status;
		if (threshold && tier_bands_compare_decimals(threshold, threshold_len, out + to, written) >= 0)
			return LOYALTY_CORRUPT;
		threshold = out + to;
		threshold_len = written;
		to += written;
		out[to++] = ':';

		part = trimmed(text, (size_t) (colon - text) + 1, end);
		*where = (size_t) (part.at - text);
		status = write_label(part, out + to, &written);
		if (status != LOYALTY_OK)
			return status;
		to += written;
		if (comma == NULL)
			break;
		out[to++] = ',';
		from = end + 1;
	}
	*out_len = to;
	return LOYALTY_OK;
}

bool
tier_bands_next(const char **at, const char *end, tier_band *band)
{
	const char *stop,
			   *colon;

	if (*at >= end)
		return false;
	stop = memchr(*at, ',', (size_t) (end - *at));
	if (stop == NULL)
		stop = end;
	colon = memchr(*at, ':', (size_t) (stop - *at));
	if (colon == NULL)
		return false;
	band->threshold = *at;
	band->threshold_len = (size_t) (colon - *at);
	band->label = colon + 1;
	band->label_len = (size_t) (stop - band->label);
	band->rate_len = rate_of(band->label, band->label_len, &band->percent);
	*at = stop < end ? stop + 1 : end;
	return true;
}

tier_position
tier_bands_find(const char *text, size_t len, const char *number, size_t number_len)
{
	const char *at = text;
	tier_position position;

	memset(&position, 0, sizeof(position));
	while (tier_bands_next(&at, text + len, &position.next))
	{
		if (tier_bands_compare_decimals(position.next.threshold, position.next.threshold_len,
										number, number_len) > 0)
		{
			position.has_next = true;
			break;
		}
		position.band = position.next;
		position.has_band = true;
	}
	return position;
}

int
tier_bands_compare_decimals(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool		a_negative = a_len > 0 && a[0] == '-';
	bool		b_negative = b_len > 0 && b[0] == '-';
	int			larger = a_negative ? -1 : 1;	/* the answer where a is the longer one */
	size_t		a_at = a_negative ? 1 : 0;
	size_t		b_at = b_negative ? 1 : 0;
	const char *point;
	size_t		a_whole,
				b_whole;

	if (a_negative != b_negative)
		return larger;
	point = memchr(a, '.', a_len);
	a_whole = (point ? (size_t) (point - a) : a_len) - a_at;
	point = memchr(b, '.', b_len);
	b_whole = (point ? (size_t) (point - b) : b_len) - b_at;
	if (a_whole != b_whole)
		return a_whole > b_whole ? larger : -larger;

	/* points are at the same place: what one has not, is zero */
	while (a_at < a_len || b_at < b_len)
	{
		char		x = a_at < a_len && a[a_at] != '.' ? a[a_at] : '0';
		char		y = b_at < b_len && b[b_at] != '.' ? b[b_at] : '0';

		if (x != y)
			return x > y ? larger : -larger;
		a_at++;
		b_at++;
	}
	return 0;
}
