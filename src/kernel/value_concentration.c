/*
 * value_concentration.c
 *		Packing, opening and comparing value_concentrations, and their text.
 *		What is read from them is in value_shares.c.
 */
#include "value_concentration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "list_text.h"

static const char float_mark[] = "float8";

/* ---------- packing ---------- */

loyalty_status
value_concentration_plan(const value_log *log, value_packing *plan)
{
	const value_entry *entries = log->entries;
	uint32_t	n = log->count;
	int64_t		divisor = 1;
	uint64_t	gap_high = 0;
	int64_t		members = 0;
	uint64_t	members_high = 0;
	size_t		bits;

	memset(plan, 0, sizeof(*plan));
	if (n == 0)
	{
		plan->size = 3 + varint_size(0);
		return LOYALTY_OK;
	}

	/* trailing zeros that all values share are not stored */
	plan->scale = log->scale;
	while (plan->scale > 0)
	{
		uint32_t	i = 0;

		while (i < n && entries[i].key % (divisor * 10) == 0)
			i++;
		if (i < n)
			break;
		divisor *= 10;
		plan->scale--;
	}

	plan->gap_base = plan->members_base = UINT64_MAX;
	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t	here = (uint64_t) entries[i].members;

		if (__builtin_add_overflow(members, entries[i].members, &members))
			return LOYALTY_COUNT_OVERFLOW;
		if (here < plan->members_base)
			plan->members_base = here;
		if (here > members_high)
			members_high = here;
		if (i > 0)
		{
			uint64_t	gap = (uint64_t) (entries[i].key / divisor) - (uint64_t) (entries[i - 1].key / divisor);

			if (gap < plan->gap_base)
				plan->gap_base = gap;
			if (gap > gap_high)
				gap_high = gap;
		}
	}
	plan->members_width = bit_width(members_high - plan->members_base);

	plan->size = 3 + varint_size(n) + varint_size(zigzag(entries[0].key / divisor)) +
		varint_size(plan->members_base) + 1;
	bits = (size_t) n * (size_t) plan->members_width;
	if (n > 1)
	{
		plan->gap_width = bit_width(gap_high - plan->gap_base);
		plan->size += varint_size(plan->gap_base) + 1;
		bits += (size_t) (n - 1) * (size_t) plan->gap_width;
	}
	plan->size += (bits + 7) / 8;
	return LOYALTY_OK;
}

void
value_concentration_pack(const value_log *log, const value_packing *plan, uint8_t *to)
{
	const value_entry *entries = log->entries;
	uint32_t	n = log->count;
	int64_t		divisor = decimal_power10[log->scale - plan->scale];
	uint8_t    *start = to;
	uint64_t	at = 0;

	*to++ = FLAT_FORM_PACKED;
	if (n == 0)
	{
		memset(to, 0, 3);
		return;
	}
	*to++ = log->kind;
	*to++ = (uint8_t) (log->display << 4 | plan->scale);
	to = varint_write(to, n);
	to = varint_write(to, zigzag(entries[0].key / divisor));
	if (n > 1)
	{
		to = varint_write(to, plan->gap_base);
		*to++ = (uint8_t) plan->gap_width;
	}
	to = varint_write(to, plan->members_base);
	*to++ = (uint8_t) plan->members_width;

	memset(to, 0, plan->size - (size_t) (to - start));
	for (uint32_t i = 1; i < n; i++, at += (uint64_t) plan->gap_width)
		bits_put(to, at, plan->gap_width,
				 (uint64_t) (entries[i].key / divisor) - (uint64_t) (entries[i - 1].key / divisor) -
				 plan->gap_base);
	for (uint32_t i = 0; i < n; i++, at += (uint64_t) plan->members_width)
		bits_put(to, at, plan->members_width, (uint64_t) entries[i].members - plan->members_base);
}

loyalty_status
value_view_open(const uint8_t *bytes, size_t len, value_view *view)
{
	const uint8_t *at = bytes + 3;
	const uint8_t *end = bytes + len;
	uint64_t	count,
				first,
				members_base,
				bits;

	if (len < 4 || bytes[0] != FLAT_FORM_PACKED || bytes[1] > VALUE_KIND_FLOAT)
		return LOYALTY_CORRUPT;
	memset(view, 0, sizeof(*view));
	view->kind = bytes[1];
	view->display_scale = bytes[2] >> 4;
	view->scale = bytes[2] & 15;
	view->end = end;
	if (view->display_scale > DECIMAL_MAX_SCALE || view->scale > view->display_scale ||
		(view->kind == VALUE_KIND_FLOAT && view->display_scale > 0))
		return LOYALTY_CORRUPT;
	if ((at = varint_read(at, end, &count)) == NULL || count > UINT32_MAX)
		return LOYALTY_CORRUPT;
	view->count = (uint32_t) count;
	view->bits = at;
	if (count == 0)
		return at == end && bytes[1] == 0 && bytes[2] == 0 ? LOYALTY_OK : LOYALTY_CORRUPT;

	if ((at = varint_read(at, end, &first)) == NULL)
		return LOYALTY_CORRUPT;
	if (count > 1)
	{
		if ((at = varint_read(at, end, &view->gap_base)) == NULL || at == end)
			return LOYALTY_CORRUPT;
		view->gap_width = *at++;
	}
	if ((at = varint_read(at, end, &members_base)) == NULL || at == end)
		return LOYALTY_CORRUPT;
	view->members_width = *at++;
	if (view->gap_width > 64 || view->members_width > 63 ||
		members_base < 1 || members_base > INT64_MAX)
		return LOYALTY_CORRUPT;

	view->first = unzigzag(first);
	view->members_base = (int64_t) members_base;
	view->bits = at;
	view->members_at = (count - 1) * (uint64_t) view->gap_width;
	bits = view->members_at + count * (uint64_t) view->members_width;
	return (bits + 7) / 8 == (uint64_t) (end - at) ? LOYALTY_OK : LOYALTY_CORRUPT;
}

/* ---------- comparing ---------- */

int
value_concentration_compare(const value_view *a, const value_view *b)
{
	value_cursor i = value_start(a);
	value_cursor j = value_start(b);
	value_entry x = {0};	/* newer compilers cannot see that next() set them */
	value_entry y = {0};

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	for (;;)
	{
		bool		more_a = value_next(&i, &x);
		bool		more_b = value_next(&j, &y);
		int			order;

		if (!more_a || !more_b)
			return (int) more_a - (int) more_b;
		order = decimal_compare(x.key, a->scale, y.key, b->scale);
		if (order != 0)
			return order;
		if (x.members != y.members)
			return x.members < y.members ? -1 : 1;
	}
}

/* ---------- text ---------- */

size_t
value_double_to_text(double value, char *out)
{
	size_t		len = 0;

	for (int precision = 15; precision <= 17; precision++)
	{
		len = (size_t) sprintf(out, "%.*g", precision, value);
		if (strtod(out, NULL) == value)
			break;
	}
	for (size_t i = 0; i < len; i++)
		if (out[i] == ',')
			out[i] = '.';		/* whatever the locale's decimal point is */
	return len;
}

size_t
value_entry_to_text(const value_view *view, const value_entry *entry, char *out)
{
	size_t		len = view->kind == VALUE_KIND_FLOAT ?
		value_double_to_text(double_of_key(entry->key), out) :
		decimal_to_text((decimal_wide) entry->key * decimal_power10[view->display_scale - view->scale],
						view->display_scale, out);

	if (entry->members != 1)
		len += (size_t) sprintf(out + len, " x%lld", (long long) entry->members);
	return len;
}

static bool
is_number_byte(char c, int kind)
{
	if ((c >= '0' && c <= '9') || c == '-' || c == '.')
		return true;
	return kind == VALUE_KIND_FLOAT && (c == '+' || c == 'e' || c == 'E');
}

static loyalty_status
double_from_text(const char *text, size_t len, double *value)
{
	char		copy[64];
	char	   *end;

	if (len == 0 || len >= sizeof(copy))
		return LOYALTY_SYNTAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*value = strtod(copy, &end);
	if (*end != '\0')
		return LOYALTY_SYNTAX;
	return isfinite(*value) ? LOYALTY_OK : LOYALTY_NOT_FINITE;
}

/* one "value[ xN]" at *at */
static loyalty_status
entry_from_text(const char *text, size_t len, size_t *at, int kind,
				value_entry *entry, decimal_amount *amount)
{
	size_t		from = *at;
	size_t		i = from;
	loyalty_status status;

	while (i < len && is_number_byte(text[i], kind))
		i++;
	if (kind == VALUE_KIND_FLOAT)
	{
		double		value = 0;

		status = double_from_text(text + from, i - from, &value);
		entry->key = double_key(value);
	}
	else
	{
		status = decimal_from_text(text + from, i - from, amount);
		entry->key = amount->units;
	}
	if (status != LOYALTY_OK)
		return status;
	*at = skip_space(text, len, i);
	status = list_times(text, len, at, INT64_MAX, &entry->members);
	if (status == LOYALTY_OK && entry->members == 0)
		status = LOYALTY_CORRUPT;
	return status;
}

loyalty_status
value_concentration_from_text(const char *text, size_t len,
							  value_log *log, uint32_t capacity, size_t *where)
{
	size_t		i = skip_space(text, len, 0);
	int			kind = VALUE_KIND_DECIMAL;

	value_log_init(log);
	if (len - i >= sizeof(float_mark) - 1 && memcmp(text + i, float_mark, sizeof(float_mark) - 1) == 0)
	{
		kind = VALUE_KIND_FLOAT;
		i = skip_space(text, len, i + sizeof(float_mark) - 1);
	}
	*where = i;
	if (i >= len || text[i] != '{')
		return LOYALTY_SYNTAX;
	i = skip_space(text, len, i + 1);
	if (i >= len || text[i] != '}')
		for (;;)
		{
			uint32_t	before = log->count;
			value_entry entry;
			decimal_amount amount = {0, 0, 0, false};
			loyalty_status status;

			*where = i;
			status = entry_from_text(text, len, where, kind, &entry, &amount);
			if (status == LOYALTY_OK)
				status = value_log_add(log, capacity, kind, entry, amount.scale, amount.display);
			if (status == LOYALTY_OK && (!log->ordered || log->count == before))
			{
				*where = i;
				status = LOYALTY_CORRUPT;
			}
			if (status != LOYALTY_OK)
				return status;
			i = *where;
			if (i < len && text[i] == '}')
				break;
			if (i >= len || text[i] != ',')
				return LOYALTY_SYNTAX;
			i = skip_space(text, len, i + 1);
		}
	*where = i = skip_space(text, len, i + 1);
	return i == len ? LOYALTY_OK : LOYALTY_SYNTAX;
}
