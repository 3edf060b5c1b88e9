/*
 * The purchase digest: growing, packing, reading, and bytes from hostile
 * hands.  Buffers are exactly as large as needed, so that the sanitizers see
 * every step beyond them.
 */
#include "list_text.h"
#include "order_value_trend.h"
#include "purchase_digest.h"
#include "tap.h"

static purchase_log *
make_log(uint32_t capacity, bool wide)
{
	purchase_log *log = malloc(purchase_log_size(capacity < 2 ? 2 : capacity, wide));

	purchase_log_init(log, wide);
	return log;
}

static purchase_log *
add(purchase_log *log, uint32_t *capacity, int32_t day, int64_t units, int scale)
{
	decimal_amount amount = {units, scale, scale, units < 0};
	loyalty_status status;

	while ((status = purchase_log_add(log, *capacity, day, amount)) == LOYALTY_FULL || status == LOYALTY_WIDE)
	{
		purchase_log *larger;

		*capacity = *capacity * 2 + 1;
		larger = make_log(*capacity, log->wide || status == LOYALTY_WIDE);
		purchase_log_move(log, larger);
		free(log);
		log = larger;
	}
	if (status != LOYALTY_OK)
		abort();
	return log;
}

static uint8_t *
pack(purchase_log **log, size_t *size)
{
	purchase_packing plan;
	uint8_t    *bytes;

	if (purchase_log_order(*log) == LOYALTY_WIDE)
	{
		purchase_log *wide = make_log((*log)->count, true);

		purchase_log_move(*log, wide);
		free(*log);
		*log = wide;
		purchase_log_order(wide);
	}
	purchase_digest_plan(*log, &plan);
	bytes = malloc(plan.size);
	purchase_digest_pack(*log, &plan, bytes);
	*size = plan.size;
	return bytes;
}

/* uses every reader on a view; what they return matters to the sanitizers alone */
static double
read_all(const purchase_view *view)
{
	int32_t    *gaps = malloc(sizeof(int32_t) * (view->count + 1));
	order_month months[4];
	char	   *text = malloc(purchase_digest_text_size(view));
	double		sum = 0;

	for (int i = 0; i < 5; i++)
	{
		int32_t		as_of = i == 0 ? CALENDAR_FIRST_DAY : i == 1 ? CALENDAR_LAST_DAY - 1 :
			(int32_t) (view->first + (int64_t) i * 100);
		purchase_timing timing;
		purchase_money money;

		if (!calendar_day_is_valid(as_of))
			continue;
		timing = purchase_digest_timing(view, as_of);
		money = purchase_digest_money(view, as_of);
		sum += (double) timing.purchase_days + (double) money.spend + (double) purchase_digest_gaps(view, as_of, gaps);
		order_value_months(view, order_value_last_month(as_of), 4, months);
		sum += order_value_falling(months, 4);
	}
	sum += (double) purchase_digest_to_text(view, text) + purchase_digest_compare(view, view);
	free(gaps);
	free(text);
	return sum;
}

/* one random customer against a plain table of days */
static bool
random_customer(void)
{
	enum
	{
		SPAN = 400
	};
	static int64_t net[SPAN];
	static int32_t orders[SPAN];
	static bool seen[SPAN];
	uint32_t	capacity = 2;
	purchase_log *log = make_log(capacity, false);
	int			rows = (int) tap_between(0, 60);
	int			style = (int) tap_between(0, 4);
	int			scale_shown = 0;
	int32_t		base = (int32_t) tap_between(-1000, 10000);
	size_t		size;
	uint8_t    *bytes;
	purchase_view view;
	purchase_cursor cursor;
	purchase_day day;
	int			expected = 0,
				met = 0;
	bool		good = true;

	memset(net, 0, sizeof(net));
	memset(orders, 0, sizeof(orders));
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < rows; i++)
	{
		int			at = style == 0 ? i * 3 : (int) tap_between(0, style == 1 ? 5 : SPAN - 1);
		int			scale = (int) tap_between(0, style == 2 ? 6 : 2);
		int64_t		units = style == 3 ? tap_between(-INT64_C(4000000000000), INT64_C(4000000000000)) :
			tap_between(-2000, 100000);

		log = add(log, &capacity, base + at, units, scale);
		seen[at] = true;
		net[at] += units * decimal_power10[6 - scale];
		orders[at] += units >= 0;
		if (scale > scale_shown)
			scale_shown = scale;
	}
	bytes = pack(&log, &size);
	if (purchase_view_open(bytes, size, &view) != LOYALTY_OK || view.display_scale != scale_shown)
		good = false;
	for (int i = 0; i < SPAN; i++)
		expected += seen[i];
	cursor = purchase_start(&view);
	while (purchase_next(&cursor, &day))
	{
		int			at = day.day - base;

		met++;
		if (at < 0 || at >= SPAN || !seen[at] || orders[at] != day.orders ||
			day.amount * decimal_power10[6 - view.scale] != net[at])
			good = false;
	}
	if (met != expected)
		good = false;

	/* text and back gives the same bytes */
	{
		size_t		where,
					again;
		char	   *text = malloc(purchase_digest_text_size(&view));
		size_t		len = purchase_digest_to_text(&view, text);
		uint32_t	days = (uint32_t) list_elements(text, len);
		purchase_log *read = make_log(days, true);
		uint8_t    *back;

		if (len + 1 > purchase_digest_text_size(&view) ||
			purchase_digest_from_text(text, len, read, days, &where) != LOYALTY_OK)
			good = false;
		else
		{
			back = pack(&read, &again);
			if (again != size || memcmp(back, bytes, size) != 0)
				good = false;
			free(back);
		}
		free(text);
		free(read);
	}
	read_all(&view);
	free(bytes);
	free(log);
	return good;
}

/* timing against the definition, with returns and every as_of */
static bool
random_timing(void)
{
	uint32_t	capacity = 4;
	purchase_log *log = make_log(capacity, false);
	int32_t		days[30];
	bool		is_order[30];
	int			n = (int) tap_between(1, 30);
	int32_t		day = 0;
	size_t		size;
	uint8_t    *bytes;
	purchase_view view;
	bool		good = true;

	for (int i = 0; i < n; i++)
	{
		day += (int32_t) tap_between(1, 9);
		days[i] = day;
		is_order[i] = tap_between(0, 3) > 0;
		log = add(log, &capacity, day, is_order[i] ? 5 : -5, 0);
	}
	bytes = pack(&log, &size);
	purchase_view_open(bytes, size, &view);
	for (int32_t as_of = 0; as_of <= day + 3; as_of++)
	{
		purchase_timing timing = purchase_digest_timing(&view, as_of);
		int64_t		count = 0;
		int32_t		first = 0,
					last = 0,
					previous = 0;

		for (int i = 0; i < n && days[i] <= as_of; i++)
			if (is_order[i])
			{
				if (count++ == 0)
					first = last = days[i];
				previous = last;
				last = days[i];
			}
		if (timing.purchase_days != count ||
			(count > 0 && (timing.first != first || timing.last != last || timing.previous != previous)))
			good = false;
	}
	free(bytes);
	free(log);
	return good;
}

int
main(void)
{
	int			wrong;

	tap_seed();

	wrong = 0;
	for (int i = 0; i < 20000; i++)
		wrong += !random_customer();
	ok(wrong == 0, "20,000 random customers: every day, order and amount comes back, through text too");

	wrong = 0;
	for (int i = 0; i < 5000; i++)
		wrong += !random_timing();
	ok(wrong == 0, "5,000 random customers with returns: first, last, previous at every as_of");

	{
		uint32_t	capacity = 2;
		purchase_log *log = make_log(capacity, false);
		size_t		size;
		uint8_t    *bytes;

		for (int i = 0; i < 10; i++)
			log = add(log, &capacity, 9000 + i * 110 + (i * i) % 37, 2933 + i * 9999, 2);
		bytes = pack(&log, &size);
		ok(size + 4 <= 64, "ten purchase days over three years, prices to 1,000.00: %zu bytes", size + 4);
		free(bytes);
		free(log);
	}

	/* an order of events that must not matter */
	wrong = 0;
	for (int round = 0; round < 2000; round++)
	{
		struct
		{
			int32_t		day;
			int64_t		units;
			int			scale;
		}			rows[40];
		int			n = (int) tap_between(1, 40);
		uint8_t    *first = NULL;
		size_t		first_size = 0;

		for (int i = 0; i < n; i++)
		{
			rows[i].day = (int32_t) tap_between(0, 60);
			rows[i].units = tap_between(-500, 5000) * (round % 3 ? 1 : INT64_C(100000000));
			rows[i].scale = (int) tap_between(0, 4);
		}
		for (int order = 0; order < 3; order++)
		{
			uint32_t	capacity = 2;
			purchase_log *log = make_log(capacity, false);
			size_t		size;
			uint8_t    *bytes;

			for (int i = n - 1; i > 0 && order > 0; i--)
			{
				int			j = (int) tap_between(0, i);
				__typeof__(rows[0]) swap = rows[i];

				rows[i] = rows[j];
				rows[j] = swap;
			}
			for (int i = 0; i < n; i++)
				log = add(log, &capacity, rows[i].day, rows[i].units, rows[i].scale);
			bytes = pack(&log, &size);
			if (order == 0)
			{
				first = bytes;
				first_size = size;
			}
			else
			{
				if (size != first_size || memcmp(bytes, first, size) != 0)
					wrong++;
				free(bytes);
			}
			free(log);
		}
		free(first);
	}
	ok(wrong == 0, "2,000 customers: the same bytes whatever the order of rows");

	/* limits */
	{
		uint32_t	capacity = 2;
		purchase_log *log = make_log(capacity, false);
		decimal_amount most = {INT64_MAX, 0, 0, false};
		decimal_amount one = {1, 0, 0, false};
		decimal_amount cents = {1, 2, 2, false};
		uint8_t		before[64];

		log = add(log, &capacity, 5, INT64_MAX, 0);
		memcpy(before, log, 40);
		ok(purchase_log_add(log, capacity, 5, one) == LOYALTY_AMOUNT_OVERFLOW, "a day's net beyond 64 bits is refused");
		ok(purchase_log_add(log, capacity, 6, cents) == LOYALTY_AMOUNT_OVERFLOW, "so is a scale that no longer fits");
		ok(memcmp(before, log, 40) == 0, "and the log is left as it was");
		ok(purchase_log_add(log, capacity, CALENDAR_LAST_DAY + 1, most) == LOYALTY_DATE_RANGE, "no day beyond the calendar");
		ok(purchase_log_add(log, capacity, INT32_MIN, most) == LOYALTY_DATE_RANGE, "no infinite day");
		free(log);
	}
	{
		uint32_t	capacity = 2;
		purchase_log *log = make_log(capacity, false);
		size_t		size;
		uint8_t    *bytes;
		purchase_view view;

		log = add(log, &capacity, CALENDAR_LAST_DAY, INT64_MAX, 0);
		log = add(log, &capacity, CALENDAR_FIRST_DAY, INT64_MIN + 1, 0);
		bytes = pack(&log, &size);
		ok(purchase_view_open(bytes, size, &view) == LOYALTY_OK && view.first == CALENDAR_FIRST_DAY &&
		   view.last == CALENDAR_LAST_DAY && purchase_digest_money(&view, CALENDAR_LAST_DAY).spend == 0,
		   "the widest span of days and amounts");
		free(bytes);
		free(log);
	}
	{
		uint32_t	capacity = 2;
		purchase_log *log = make_log(capacity, false);

		for (int i = 0; i < 300; i++)
			log = add(log, &capacity, 5, 1, 0);
		ok(log->wide && purchase_log_day(log, 0).orders == 300, "the 256th order of a day makes the log wide");
		free(log);
	}

	/* every single-byte change of 1,000 values: refused, or readable */
	{
		double		sum = 0;
		long		refused = 0,
					accepted = 0;

		for (int round = 0; round < 1000; round++)
		{
			uint32_t	capacity = 2;
			purchase_log *log = make_log(capacity, false);
			int			n = (int) tap_between(0, 12);
			size_t		size;
			uint8_t    *bytes;

			for (int i = 0; i < n; i++)
				log = add(log, &capacity, (int32_t) tap_between(8000, 9000), tap_between(-100, 90000), 2);
			bytes = pack(&log, &size);
			for (size_t at = 0; at < size; at++)
				for (int flip = 0; flip < 8; flip++)
				{
					uint8_t    *bad = malloc(size);
					purchase_view view;

					memcpy(bad, bytes, size);
					bad[at] = flip < 7 ? bad[at] ^ (uint8_t) (1 << flip) : (uint8_t) tap_random();
					if (purchase_view_open(bad, size, &view) == LOYALTY_OK)
					{
						/* damage on disk may mean anything, but must not make a reader step out of bounds */
						purchase_cursor cursor = purchase_start(&view);
						purchase_day day;
						int32_t    *gaps = malloc(sizeof(int32_t) * ((size_t) view.count + 1));

						while (purchase_next(&cursor, &day))
							sum += (double) day.orders;
						sum += (double) purchase_digest_timing(&view, CALENDAR_LAST_DAY).purchase_days;
						sum += (double) purchase_digest_gaps(&view, CALENDAR_LAST_DAY, gaps);
						free(gaps);
						accepted++;
					}
					else
						refused++;
					free(bad);
				}
			free(bytes);
			free(log);
		}
		ok(refused > 0 && accepted > 0 && sum >= 0, "damaged bytes: %ld refused, %ld read within bounds", refused, accepted);
	}

	/* gaps that lead out of the calendar and out of 32 bits: first day 2000-01-01, 3 days, gap base 2^31 - 1 */
	{
		const uint8_t bad[] = {FLAT_FORM_PACKED, 0, 3, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x07, 0, 1, 0, 0, 0};
		const uint8_t late[] = {FLAT_FORM_PACKED, 0, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0};
		purchase_view view;
		purchase_cursor cursor;
		purchase_day day;
		int32_t		gaps[3];

		ok(purchase_view_open(bad, sizeof(bad), &view) == LOYALTY_OK && view.count == 3, "damaged gaps are opened");
		cursor = purchase_start(&view);
		while (purchase_next(&cursor, &day))
			;
		ok(purchase_digest_timing(&view, -1).purchase_days == 0 && purchase_digest_timing(&view, CALENDAR_LAST_DAY).purchase_days == 3 &&
		   purchase_digest_gaps(&view, INT32_MAX, gaps) <= 2, "and read without overflow");
		ok(purchase_view_open(late, sizeof(late), &view) == LOYALTY_CORRUPT, "a first day outside the calendar is not opened");
	}

	/* text from hostile hands */
	wrong = 0;
	for (int i = 0; i < 100000; i++)
	{
		static const char alphabet[] = "{}0123456789-., x2024-01-05 29.33";
		char		text[48];
		size_t		len = (size_t) tap_between(0, 48);
		uint32_t	days;
		purchase_log *log;
		size_t		where = 0;

		for (size_t j = 0; j < len; j++)
			text[j] = alphabet[tap_between(0, sizeof(alphabet) - 2)];
		if (len > 0 && tap_between(0, 3))
			text[0] = '{';
		days = (uint32_t) list_elements(text, len);
		log = make_log(days, true);
		purchase_digest_from_text(text, len, log, days, &where);
		if (where > len)
			wrong++;
		free(log);
	}
	ok(wrong == 0, "100,000 random texts: each refused or read, the fault within the text");

	/* the monthly review */
	{
		order_month falling[] = {{.net = 9000,.orders = 3}, {.net = 5000,.orders = 2}, {.net = 2000,.orders = 1}};
		order_month level[] = {{.net = 9000,.orders = 3}, {.net = 6000,.orders = 2}, {.net = 2000,.orders = 1}};
		order_month empty[] = {{.net = 9000,.orders = 3}, {.net = 0,.orders = 0}, {.net = 2000,.orders = 1}};
		double		slope;

		ok(order_value_falling(falling, 3) == 1, "30, 25, 20 falls");
		ok(order_value_falling(level, 3) == 0, "30, 30, 20 does not");
		ok(order_value_falling(empty, 3) == -1, "a month without orders: unknown");
		/* weights 3, 2, 1 at 0, 1, 2: mean month 2/3, mean value 80/3 */
		ok(order_value_slope(falling, 3, 2, &slope), "a slope exists");
		near(slope, -5.0, 1e-13, "30, 25, 20 falls by 5 a month");
		ok(order_value_slope(empty, 3, 2, &slope) && fabs(slope + 5.0) < 1e-13, "an empty month is skipped");
		ok(!order_value_slope(empty, 2, 2, &slope), "one month has no slope");
	}
	return done();
}
