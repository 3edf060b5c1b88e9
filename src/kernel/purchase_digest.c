/*
 * purchase_digest.c
 *		Packing, opening and reading one customer's purchases.
 */
#include "purchase_digest.h"

#include <stdio.h>

#include "list_text.h"

void
purchase_digest_plan(const purchase_log *log, purchase_packing *plan)
{
	uint32_t	n = log->count;
	purchase_day day;
	int32_t		first,
				before;
	int64_t		divisor = 1;
	int64_t		low,
				high;
	uint64_t	gap_high = 0;
	int32_t		orders_high;
	size_t		bits;

	memset(plan, 0, sizeof(*plan));
	if (n == 0)
	{
		plan->size = 2 + varint_size(0);
		return;
	}

	/* trailing zeros that all amounts share are not stored */
	plan->scale = log->scale;
	while (plan->scale > 0)
	{
		uint32_t	i = 0;

		while (i < n && purchase_log_day(log, i).amount % (divisor * 10) == 0)
			i++;
		if (i < n)
			break;
		divisor *= 10;
		plan->scale--;
	}

	day = purchase_log_day(log, 0);
	first = before = day.day;
	low = high = day.amount;
	plan->orders_base = (uint64_t) day.orders;
	orders_high = day.orders;
	plan->gap_base = UINT64_MAX;
	for (uint32_t i = 1; i < n; i++)
	{
		uint64_t	gap;

		day = purchase_log_day(log, i);
		gap = (uint64_t) ((int64_t) day.day - before);
		before = day.day;
		if (gap < plan->gap_base)
			plan->gap_base = gap;
		if (gap > gap_high)
			gap_high = gap;
		if (day.orders < (int32_t) plan->orders_base)
			plan->orders_base = (uint64_t) day.orders;
		if (day.orders > orders_high)
			orders_high = day.orders;
		if (day.amount < low)
			low = day.amount;
		if (day.amount > high)
			high = day.amount;
	}
	plan->amount_base = low / divisor;
	plan->amount_width = bit_width((uint64_t) (high / divisor) - (uint64_t) (low / divisor));
	plan->orders_width = bit_width((uint64_t) orders_high - plan->orders_base);

	plan->size = 2 + varint_size(n) + varint_size(zigzag(first)) +
		varint_size(plan->orders_base) + 1 + varint_size(zigzag(plan->amount_base)) + 1;
	bits = (size_t) n * (size_t) (plan->orders_width + plan->amount_width);
	if (n > 1)
	{
		plan->gap_width = bit_width(gap_high - plan->gap_base);
		plan->size += varint_size((uint64_t) ((int64_t) before - first)) +
			varint_size(plan->gap_base) + 1;
		bits += (size_t) (n - 1) * (size_t) plan->gap_width;
	}
	plan->size += (bits + 7) / 8;
}

void
purchase_digest_pack(const purchase_log *log, const purchase_packing *plan, uint8_t *to)
{
	uint32_t	n = log->count;
	int64_t		divisor = decimal_power10[log->scale - plan->scale];
	uint8_t    *start = to;
	purchase_day day;
	int32_t		before;
	uint64_t	gap_at = 0,
				orders_at,
				amount_at;

	*to++ = FLAT_FORM_PACKED;
	if (n == 0)
	{
		*to++ = 0;
		varint_write(to, 0);
		return;
	}
	day = purchase_log_day(log, 0);
	*to++ = (uint8_t) (log->display << 4 | plan->scale);
	to = varint_write(to, n);
	to = varint_write(to, zigzag(day.day));
	if (n > 1)
	{
		to = varint_write(to, (uint64_t) ((int64_t) purchase_log_day(log, n - 1).day - day.day));
		to = varint_write(to, plan->gap_base);
		*to++ = (uint8_t) plan->gap_width;
	}
	to = varint_write(to, plan->orders_base);
	*to++ = (uint8_t) plan->orders_width;
	to = varint_write(to, zigzag(plan->amount_base));
	*to++ = (uint8_t) plan->amount_width;

	memset(to, 0, plan->size - (size_t) (to - start));
	orders_at = (uint64_t) (n - 1) * (uint64_t) plan->gap_width;
	amount_at = orders_at + (uint64_t) n * (uint64_t) plan->orders_width;
	before = day.day;
	for (uint32_t i = 0; i < n; i++)
	{
		day = purchase_log_day(log, i);
		if (i > 0)
		{
			bits_put(to, gap_at, plan->gap_width,
					 (uint64_t) ((int64_t) day.day - before) - plan->gap_base);
			gap_at += (uint64_t) plan->gap_width;
		}
		before = day.day;
		bits_put(to, orders_at, plan->orders_width, (uint64_t) day.orders - plan->orders_base);
		orders_at += (uint64_t) plan->orders_width;
		bits_put(to, amount_at, plan->amount_width,
				 (uint64_t) (day.amount / divisor) - (uint64_t) plan->amount_base);
		amount_at += (uint64_t) plan->amount_width;
	}
}

loyalty_status
purchase_view_open(const uint8_t *bytes, size_t len, purchase_view *view)
{
	const uint8_t *at = bytes + 2;
	const uint8_t *end = bytes + len;
	uint64_t	count,
				first,
				span = 0,
				gap_base = 0,
				orders_base,
				amount_base,
				bits;

	if (len < 3 || bytes[0] != FLAT_FORM_PACKED)
		return LOYALTY_CORRUPT;
	if ((at = varint_read(at, end, &count)) == NULL || count > UINT32_MAX)
		return LOYALTY_CORRUPT;
	if (count == 0)
	{
		memset(view, 0, sizeof(*view));
		view->bits = view->end = end;
		return at == end && bytes[1] == 0 ? LOYALTY_OK : LOYALTY_CORRUPT;
	}
	view->count = (uint32_t) count;
	view->display_scale = bytes[1] >> 4;
	view->scale = bytes[1] & 15;
	view->end = end;
	if (view->display_scale > DECIMAL_MAX_SCALE || view->scale > view->display_scale)
		return LOYALTY_CORRUPT;

	view->gap_width = 0;
	if ((at = varint_read(at, end, &first)) == NULL)
		return LOYALTY_CORRUPT;
	if (count > 1)
	{
		if ((at = varint_read(at, end, &span)) == NULL ||
			(at = varint_read(at, end, &gap_base)) == NULL || at == end)
			return LOYALTY_CORRUPT;
		view->gap_width = *at++;
	}
	if ((at = varint_read(at, end, &orders_base)) == NULL || at == end)
		return LOYALTY_CORRUPT;
	view->orders_width = *at++;
	if ((at = varint_read(at, end, &amount_base)) == NULL || at == end)
		return LOYALTY_CORRUPT;
	view->amount_width = *at++;

	if (view->gap_width > 32 || view->orders_width > 31 || view->amount_width > 64 ||
		gap_base > UINT32_MAX || orders_base > INT32_MAX || span > UINT32_MAX)
		return LOYALTY_CORRUPT;
	if (unzigzag(first) < CALENDAR_FIRST_DAY || unzigzag(first) > CALENDAR_LAST_DAY - (int64_t) span)
		return LOYALTY_CORRUPT;
	view->first = (int32_t) unzigzag(first);
	view->last = (int32_t) (unzigzag(first) + (int64_t) span);
	view->gap_base = (int64_t) gap_base;
	view->orders_base = (int64_t) orders_base;
	view->amount_base = unzigzag(amount_base);
	view->bits = at;
	view->orders_at = (count - 1) * (uint64_t) view->gap_width;
	view->amounts_at = view->orders_at + count * (uint64_t) view->orders_width;
	bits = view->amounts_at + count * (uint64_t) view->amount_width;
	return (bits + 7) / 8 == (uint64_t) (end - at) ? LOYALTY_OK : LOYALTY_CORRUPT;
}

purchase_timing
purchase_digest_timing(const purchase_view *view, int32_t as_of)
{
	purchase_timing timing = {0, 0, 0, 0};
	int32_t		day = view->first;

	if (view->count == 0 || day > as_of)
		return timing;

	if (view->last <= as_of && view->orders_base > 0)
	{
		timing.purchase_days = view->count;
		timing.first = view->first;
		timing.last = view->last;
		timing.previous = view->count > 1 ?
			purchase_day_minus(view->last, purchase_gap(view, view->count - 2)) : view->last;
		return timing;
	}

	for (uint32_t i = 0; i < view->count; i++)
	{
		if (i > 0)
			day = purchase_day_plus(day, purchase_gap(view, i - 1));
		if (day > as_of)
			break;
		if (view->orders_base == 0 && purchase_orders(view, i) == 0)
			continue;
		if (timing.purchase_days++ == 0)
			timing.first = timing.previous = day;
		else
			timing.previous = timing.last;
		timing.last = day;
	}
	return timing;
}

purchase_money
purchase_digest_money(const purchase_view *view, int32_t as_of)
{
	purchase_money money = {0, 0, 0, 0};
	purchase_cursor cursor;
	purchase_day day;

	/* the usual question needs no days: all of them count, and each has an order */
	if (view->count > 0 && view->last <= as_of && view->orders_base > 0)
	{
		for (uint32_t i = 0; i < view->count; i++)
		{
			int64_t		amount = purchase_amount(view, i);

			money.spend += amount;
			money.orders += purchase_orders(view, i);
			if (i > 0)
				money.repeat_spend += amount;
		}
		money.repeat_days = (int64_t) view->count - 1;
		return money;
	}

	cursor = purchase_start(view);
	while (purchase_next(&cursor, &day) && day.day <= as_of)
	{
		money.spend += day.amount;
		if (day.orders == 0)
			continue;
		if (money.orders > 0)
		{
			money.repeat_days++;
			money.repeat_spend += day.amount;
		}
		money.orders += day.orders;
	}
	return money;
}

uint32_t
purchase_digest_gaps(const purchase_view *view, int32_t as_of, int32_t *gaps)
{
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;
	bool		any = false;
	int32_t		last = 0;
	uint32_t	n = 0;

	while (purchase_next(&cursor, &day) && day.day <= as_of)
	{
		if (day.orders == 0)
			continue;
		if (any)
			gaps[n++] = purchase_day_minus(day.day, last);
		any = true;
		last = day.day;
	}
	return n;
}

int
purchase_digest_compare(const purchase_view *a, const purchase_view *b)
{
	purchase_cursor i = purchase_start(a);
	purchase_cursor j = purchase_start(b);
	purchase_day x = {0};	/* newer compilers cannot see that next() set them */
	purchase_day y = {0};

	for (;;)
	{
		bool		more_a = purchase_next(&i, &x);
		bool		more_b = purchase_next(&j, &y);
		int			order;

		if (!more_a || !more_b)
			return (int) more_a - (int) more_b;
		if (x.day != y.day)
			return x.day < y.day ? -1 : 1;
		if (x.orders != y.orders)
			return x.orders < y.orders ? -1 : 1;
		order = decimal_compare(x.amount, a->scale, y.amount, b->scale);
		if (order != 0)
			return order;
	}
}

/* ", " and the longest date, amount and " x2147483647" */
#define DAY_TEXT_SIZE	(2 + CALENDAR_TEXT_SIZE + 1 + DECIMAL_TEXT_SIZE + 12)

size_t
purchase_digest_text_size(const purchase_view *view)
{
	/* typical days are a third of the longest; measured by writing each one */
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;
	size_t		size = 3;

	while (purchase_next(&cursor, &day))
	{
		char		one[DAY_TEXT_SIZE];

		size += 2 + calendar_to_text(day.day, one);
		size += 1 + decimal_to_text((decimal_wide) day.amount *
									decimal_power10[view->display_scale - view->scale],
									view->display_scale, one);
		if (day.orders != 1)
			size += (size_t) snprintf(one, sizeof(one), " x%d", day.orders);
	}
	return size;
}

size_t
purchase_digest_to_text(const purchase_view *view, char *out)
{
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;
	char	   *to = out;

	*to++ = '{';
	while (purchase_next(&cursor, &day))
	{
		if (cursor.next > 1)
		{
			*to++ = ',';
			*to++ = ' ';
		}
		to += calendar_to_text(day.day, to);
		*to++ = ' ';
		to += decimal_to_text((decimal_wide) day.amount *
							  decimal_power10[view->display_scale - view->scale],
							  view->display_scale, to);
		if (day.orders != 1)
			to += sprintf(to, " x%d", day.orders);
	}
	*to++ = '}';
	*to = '\0';
	return (size_t) (to - out);
}

loyalty_status
purchase_day_check(const purchase_day *day)
{
	if (!calendar_day_is_valid(day->day))
		return LOYALTY_DATE_RANGE;
	if (day->orders < 0 || (day->orders == 0 && day->amount > 0) || day->amount == INT64_MIN)
		return LOYALTY_CORRUPT;
	return LOYALTY_OK;
}

/* one "YYYY-MM-DD amount[ xN]" at *at */
static loyalty_status
day_from_text(const char *text, size_t len, size_t *at, purchase_day *day, decimal_amount *amount)
{
	size_t		i = *at;
	size_t		used,
				from;
	int64_t		orders;
	loyalty_status status;

	status = calendar_from_text(text + i, len - i, &day->day, &used);
	if (status != LOYALTY_OK)
		return status;
	*at = i += used;
	from = skip_space(text, len, i);
	if (from == i)
		return LOYALTY_SYNTAX;
	*at = i = from;
	while (i < len && (text[i] == '-' || text[i] == '.' || (text[i] >= '0' && text[i] <= '9')))
		i++;
	status = decimal_from_text(text + from, i - from, amount);
	if (status != LOYALTY_OK)
		return status;
	day->amount = amount->units;
	*at = skip_space(text, len, i);

	status = list_times(text, len, at, INT32_MAX, &orders);
	if (status != LOYALTY_OK)
		return status;
	day->orders = (int32_t) orders;
	return purchase_day_check(day);
}

loyalty_status
purchase_digest_from_text(const char *text, size_t len,
						  purchase_log *log, uint32_t capacity, size_t *where)
{
	size_t		i = skip_space(text, len, 0);

	purchase_log_init(log, true);
	*where = i;
	if (i >= len || text[i] != '{')
		return LOYALTY_SYNTAX;
	i = skip_space(text, len, i + 1);
	if (i >= len || text[i] != '}')
		for (;;)
		{
			purchase_day day;
			decimal_amount amount;
			loyalty_status status;

			*where = i;
			status = day_from_text(text, len, where, &day, &amount);
			if (status == LOYALTY_OK && log->count > 0 && day.day <= purchase_log_day(log, log->count - 1).day)
			{
				*where = i;
				status = LOYALTY_CORRUPT;
			}
			if (status == LOYALTY_OK)
				status = purchase_log_add_day(log, capacity, day, amount.scale, amount.display);
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
