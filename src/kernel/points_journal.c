/*
 * points_journal.c
 *		Bytes and text of points journals.
 */
#include "points_journal.h"

#include <stdio.h>
#include <string.h>

#include "flat_form.h"
#include "instant.h"
#include "list_text.h"
#include "packed_column.h"

#define GIVEN_REF		32
#define GIVEN_FROM		64
#define GIVEN_UNTIL		128
#define KIND_MASK		31

/* ---------- bytes ---------- */

uint8_t *
points_journal_write_policy(uint8_t *to, points_policy policy)
{
	*to++ = FLAT_FORM_PACKED;
	*to++ = (uint8_t) (policy.order | policy.clawback << 4);
	return varint_write(to, (uint64_t) policy.grace);
}

const uint8_t *
points_journal_read_policy(const uint8_t *from, const uint8_t *end, points_policy *policy)
{
	uint64_t	grace;

	if (end - from < 3 || from[0] != FLAT_FORM_PACKED || (from[1] & 15) > POINTS_FIFO || from[1] >> 4 > POINTS_REFUSE)
		return NULL;
	policy->order = from[1] & 15;
	policy->clawback = from[1] >> 4;
	from = varint_read(from + 2, end, &grace);
	if (from == NULL || grace > INT64_MAX)
		return NULL;
	policy->grace = (int64_t) grace;
	return from;
}

size_t
points_journal_event_size(const points_event *event)
{
	size_t		size = 1 + varint_size(event->key.size) + event->key.size + varint_size(zigzag(event->at));

	if (event->has_points)
		size += varint_size(zigzag(event->points));
	if (event->ref.bytes != NULL)
		size += varint_size(event->ref.size) + event->ref.size;
	if (event->from_at != POINTS_UNSET)
		size += varint_size(zigzag(event->from_at));
	if (event->until_at != POINTS_UNSET)
		size += varint_size(zigzag(event->until_at));
	return size;
}

static uint8_t *
write_string(uint8_t *to, points_text text)
{
	to = varint_write(to, text.size);
	memcpy(to, text.bytes, text.size);
	return to + text.size;
}

uint8_t *
points_journal_write_event(uint8_t *to, const points_event *event)
{
	*to++ = (uint8_t) (event->kind |
					   (event->ref.bytes != NULL ? GIVEN_REF : 0) |
					   (event->from_at != POINTS_UNSET ? GIVEN_FROM : 0) |
					   (event->until_at != POINTS_UNSET ? GIVEN_UNTIL : 0));
	to = write_string(to, event->key);
	to = varint_write(to, zigzag(event->at));
	if (event->has_points)
		to = varint_write(to, zigzag(event->points));
	if (event->ref.bytes != NULL)
		to = write_string(to, event->ref);
	if (event->from_at != POINTS_UNSET)
		to = varint_write(to, zigzag(event->from_at));
	if (event->until_at != POINTS_UNSET)
		to = varint_write(to, zigzag(event->until_at));
	return to;
}

static const uint8_t *
read_number(const uint8_t *from, const uint8_t *end, int64_t *number)
{
	uint64_t	coded;

	from = varint_read(from, end, &coded);
	if (from != NULL)
		*number = unzigzag(coded);
	return from;
}

/* an instant of PostgreSQL's, or infinity */
static const uint8_t *
read_instant(const uint8_t *from, const uint8_t *end, int64_t *instant)
{
	from = read_number(from, end, instant);
	if (from == NULL || (*instant != POINTS_NEVER && (*instant < INSTANT_FIRST || *instant >= INSTANT_END)))
		return NULL;
	return from;
}

static const uint8_t *
read_string(const uint8_t *from, const uint8_t *end, points_text *text)
{
	uint64_t	size;

	from = varint_read(from, end, &size);
	if (from == NULL || size > POINTS_KEY_SIZE || size > (uint64_t) (end - from))
		return NULL;
	text->bytes = (const char *) from;
	text->size = (uint32_t) size;
	return from + size;
}

const uint8_t *
points_journal_read_event(const uint8_t *from, const uint8_t *end, points_event *event)
{
	int			given;

	if (from == end)
		return NULL;
	memset(event, 0, sizeof(*event));
	given = *from++;
	event->kind = given & KIND_MASK;
	event->from_at = event->until_at = POINTS_UNSET;
	if (points_kind_name(event->kind) == NULL)
		return NULL;
	event->has_points = event->kind != POINTS_CONFIRM && event->kind != POINTS_VOID;
	from = read_string(from, end, &event->key);
	if (from != NULL)
		from = read_instant(from, end, &event->at);
	if (from != NULL && event->has_points)
		from = read_number(from, end, &event->points);
	if (from != NULL && (given & GIVEN_REF))
		from = read_string(from, end, &event->ref);
	if (from != NULL && (given & GIVEN_FROM))
		from = read_instant(from, end, &event->from_at);
	if (from != NULL && (given & GIVEN_UNTIL))
		from = read_instant(from, end, &event->until_at);
	return from;
}

/* ---------- text ---------- */

size_t
points_journal_event_text_size(const points_event *event)
{
	return POINTS_EVENT_TEXT_SIZE + 2 * (size_t) event->key.size + 2 * (size_t) event->ref.size;
}

static size_t
string_to_text(points_text text, char *to)
{
	size_t		len = 0;

	to[len++] = '"';
	for (uint32_t i = 0; i < text.size; i++)
	{
		if (text.bytes[i] == '"' || text.bytes[i] == '\\')
			to[len++] = '\\';
		to[len++] = text.bytes[i];
	}
	to[len++] = '"';
	return len;
}

size_t
points_journal_event_to_text(const points_event *event, char *to)
{
	size_t		len = (size_t) sprintf(to, "%s ", points_kind_name(event->kind));

	len += string_to_text(event->key, to + len);
	to[len++] = ' ';
	len += instant_to_text(event->at, to + len);
	if (event->has_points)
		len += (size_t) sprintf(to + len, " %lld", (long long) event->points);
	if (event->ref.bytes != NULL)
	{
		len += (size_t) sprintf(to + len, " ref ");
		len += string_to_text(event->ref, to + len);
	}
	if (event->from_at != POINTS_UNSET)
	{
		len += (size_t) sprintf(to + len, " from ");
		len += instant_to_text(event->from_at, to + len);
	}
	if (event->until_at != POINTS_UNSET)
	{
		len += (size_t) sprintf(to + len, " until ");
		len += instant_to_text(event->until_at, to + len);
	}
	return len;
}

size_t
points_journal_policy_to_text(points_policy policy, char *to)
{
	size_t		len = 0;

	if (policy.grace > 0)
	{
		len += (size_t) sprintf(to, "grace %lld", (long long) (policy.grace / 1000000));
		if (policy.grace % 1000000 != 0)
		{
			len += (size_t) sprintf(to + len, ".%06d", (int) (policy.grace % 1000000));
			while (to[len - 1] == '0')
				len--;
		}
		len += (size_t) sprintf(to + len, "s ");
	}
	if (policy.order == POINTS_FIFO)
		len += (size_t) sprintf(to + len, "fifo ");
	if (policy.clawback != POINTS_ARREARS)
		len += (size_t) sprintf(to + len, policy.clawback == POINTS_FORGIVE ? "forgive " : "refuse ");
	to[len] = '\0';
	return len;
}

/* a word of small letters and underscores */
static points_text
word_at(const char *text, size_t len, size_t at)
{
	points_text word = {text + at, 0};

	while (at + word.size < len && ((word.bytes[word.size] >= 'a' && word.bytes[word.size] <= 'z') || word.bytes[word.size] == '_'))
		word.size++;
	return word;
}

static bool
is_word(points_text word, const char *expected)
{
	return word.size == strlen(expected) && memcmp(word.bytes, expected, word.size) == 0;
}

/* moves past a word, if it is the one expected, and the space behind it */
static bool
skip_word(const char *text, size_t len, size_t *at, const char *expected)
{
	points_text word = word_at(text, len, *at);

	if (!is_word(word, expected))
		return false;
	*at = skip_space(text, len, *at + word.size);
	return true;
}

static loyalty_status
number_from_text(const char *text, size_t len, size_t *at, int64_t *number)
{
	size_t		i = *at;
	bool		negative = i < len && text[i] == '-';
	size_t		from = i += negative ? 1 : 0;
	int64_t		value = 0;

	/* downwards: there is one more below zero than above */
	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, text[i] - '0', &value))
			return LOYALTY_POINTS_OVERFLOW;
	if (i == from)
		return LOYALTY_SYNTAX;
	if (!negative && value == INT64_MIN)
		return LOYALTY_POINTS_OVERFLOW;
	*number = negative ? value : -value;
	*at = i;
	return LOYALTY_OK;
}

loyalty_status
points_journal_policy_from_text(const char *text, size_t len, size_t *at, points_policy *policy)
{
	points_policy read = {0, POINTS_FEFO, POINTS_ARREARS};

	*at = skip_space(text, len, *at);
	if (skip_word(text, len, at, "grace"))
	{
		int64_t		unit = 100000;
		loyalty_status status = number_from_text(text, len, at, &read.grace);

		if (status != LOYALTY_OK)
			return status;
		if (read.grace < 0 || __builtin_mul_overflow(read.grace, 1000000, &read.grace))
			return LOYALTY_POINTS_OVERFLOW;
		if (*at < len && text[*at] == '.')
			for (++*at; *at < len && text[*at] >= '0' && text[*at] <= '9' && unit > 0; ++*at, unit /= 10)
				if (__builtin_add_overflow(read.grace, (text[*at] - '0') * unit, &read.grace))
					return LOYALTY_POINTS_OVERFLOW;
		if (!skip_word(text, len, at, "s"))
			return LOYALTY_SYNTAX;
	}
	if (skip_word(text, len, at, "fifo"))
		read.order = POINTS_FIFO;
	if (skip_word(text, len, at, "forgive"))
		read.clawback = POINTS_FORGIVE;
	else if (skip_word(text, len, at, "refuse"))
		read.clawback = POINTS_REFUSE;
	*policy = read;
	return LOYALTY_OK;
}

static loyalty_status
string_from_text(const char *text, size_t len, size_t *at, points_text *string, char **strings)
{
	size_t		i = *at;
	char	   *to = *strings;

	if (i >= len || text[i] != '"')
		return LOYALTY_SYNTAX;
	for (i++; i < len && text[i] != '"'; i++)
	{
		if (text[i] == '\\' && ++i == len)
			return LOYALTY_SYNTAX;
		*to++ = text[i];
	}
	if (i >= len)
		return LOYALTY_SYNTAX;
	if (to - *strings > POINTS_KEY_SIZE)
		return LOYALTY_EVENT_KEY;
	string->bytes = *strings;
	string->size = (uint32_t) (to - *strings);
	*strings = to;
	*at = skip_space(text, len, i + 1);
	return LOYALTY_OK;
}

static loyalty_status
moment_from_text(const char *text, size_t len, size_t *at, int64_t *instant)
{
	size_t		used;
	loyalty_status status = instant_from_text(text + *at, len - *at, instant, &used);

	*at = skip_space(text, len, *at + used);
	return status;
}

loyalty_status
points_journal_event_from_text(const char *text, size_t len, size_t *at, points_event *event, char **strings)
{
	points_text kind;
	loyalty_status status;

	memset(event, 0, sizeof(*event));
	event->from_at = event->until_at = POINTS_UNSET;
	*at = skip_space(text, len, *at);
	kind = word_at(text, len, *at);
	event->kind = points_kind_from_name(kind);
	if (event->kind == 0)
		return LOYALTY_EVENT_KIND;
	*at = skip_space(text, len, *at + kind.size);
	status = string_from_text(text, len, at, &event->key, strings);
	if (status == LOYALTY_OK)
		status = moment_from_text(text, len, at, &event->at);
	if (status == LOYALTY_OK && *at < len && (text[*at] == '-' || (text[*at] >= '0' && text[*at] <= '9')))
	{
		event->has_points = true;
		status = number_from_text(text, len, at, &event->points);
		*at = skip_space(text, len, *at);
	}
	if (status == LOYALTY_OK && skip_word(text, len, at, "ref"))
		status = string_from_text(text, len, at, &event->ref, strings);
	if (status == LOYALTY_OK && skip_word(text, len, at, "from"))
		status = moment_from_text(text, len, at, &event->from_at);
	if (status == LOYALTY_OK && skip_word(text, len, at, "until"))
		status = moment_from_text(text, len, at, &event->until_at);
	return status;
}
