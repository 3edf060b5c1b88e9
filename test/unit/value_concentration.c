/*
 * value_concentration.c
 *		Kernel tests: sorting keys, growing, packing, reading, text, damage.
 */
#include "tap.h"

#include <string.h>

#include "key_sort.h"
#include "list_text.h"
#include "value_concentration.h"

#define MOST	3000

static value_log *
make_log(size_t capacity)
{
	value_log  *log = malloc(value_log_size(capacity));

	value_log_init(log);
	return log;
}

static void
order(value_log *log)
{
	key_sort	sort;
	int64_t    *scratch = malloc(sizeof(value_entry) * ((size_t) log->count + 1));

	key_sort_begin(&sort, (int64_t *) log->entries, scratch, log->count, 2);
	while (key_sort_step(&sort))
		;
	free(scratch);
	if (value_log_join(log) != LOYALTY_OK)
		abort();
}

/* packs into memory of exactly the size planned, so that the sanitizer sees every byte beyond */
static uint8_t *
pack(value_log *log, size_t *size)
{
	value_packing plan;
	uint8_t    *bytes;

	order(log);
	if (value_concentration_plan(log, &plan) != LOYALTY_OK)
		abort();
	bytes = malloc(plan.size);
	value_concentration_pack(log, &plan, bytes);
	*size = plan.size;
	return bytes;
}

static int
compare_int64(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* ---------- sorting ---------- */

static void
test_sort(void)
{
	static const size_t sizes[] = {0, 1, 2, 24, 25, 256, 257, 1000, MOST};
	static int64_t keys[MOST],
				wanted[MOST],
				pairs[2 * MOST],
				scratch[2 * MOST];
	bool		single = true;
	bool		paired = true;

	for (int round = 0; round < 6 * 9; round++)
	{
		size_t		n = sizes[round % 9];
		key_sort	sort;

		for (size_t i = 0; i < n; i++)
		{
			int64_t		key = (int64_t) tap_random();

			if (round / 9 == 1)
				key %= 50;
			if (round / 9 == 2)
				key = 77;
			if (round / 9 == 3)
				key = (int64_t) i - 1000;
			if (round / 9 == 4)
				key = double_key((double) key / 1e15);
			keys[i] = wanted[i] = pairs[2 * i] = key;
			pairs[2 * i + 1] = ~key;
		}
		qsort(wanted, n, sizeof(int64_t), compare_int64);
		key_sort_begin(&sort, keys, scratch, n, 1);
		while (key_sort_step(&sort))
			;
		key_sort_begin(&sort, pairs, scratch, n, 2);
		while (key_sort_step(&sort))
			;
		for (size_t i = 0; i < n; i++)
		{
			single = single && keys[i] == wanted[i];
			paired = paired && pairs[2 * i] == wanted[i] && pairs[2 * i + 1] == ~wanted[i];
		}
	}
	ok(single, "keys of any pattern and number are sorted");
	ok(paired, "what lies beside a key stays beside it");
}

/* ---------- doubles as keys ---------- */

static void
test_keys(void)
{
	bool		order_kept = true;
	bool		exact = true;

	for (int i = 0; i < 100000; i++)
	{
		int64_t		x = (int64_t) tap_random();
		int64_t		y = (int64_t) tap_random();
		double		a,
					b;

		memcpy(&a, &x, sizeof(a));
		memcpy(&b, &y, sizeof(b));
		if (!isfinite(a) || !isfinite(b))
			continue;
		order_kept = order_kept && (a < b) == (double_key(a) < double_key(b));
		exact = exact && double_of_key(double_key(a)) == a;
	}
	ok(order_kept, "keys are in the order of their doubles");
	ok(exact, "and give them back");
	ok(double_key(-0.0) == 0 && double_key(0.0) == 0, "minus zero is zero");
}

/* ---------- against plain arrays ---------- */

static double plain[MOST];
static int	plain_count;

static int
descending(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x < y) - (x > y);
}

static double
held_by_top(int members)
{
	double		sum = 0;

	for (int i = 0; i < members; i++)
		sum += plain[i] > 0 ? plain[i] : 0;
	return sum;
}

static void
test_shares(void)
{
	bool		kept = true,
				same_bytes = true,
				top = true,
				reached = true,
				gini = true,
				lorenz = true,
				cut = true;

	for (int round = 0; round < 300; round++)
	{
		bool		floats = round % 2;
		int			n = (int) tap_between(1, round < 200 ? 60 : MOST);
		int			spread = (int) tap_between(1, 2000);
		value_log  *log = make_log(MOST);
		value_log  *backwards = make_log(MOST);
		size_t		size,
					size2;
		uint8_t    *bytes,
				   *bytes2;
		value_view	view;
		value_summary summary;
		value_cursor cursor;
		value_entry entry;
		double		total,
					area = 0;
		int			seen = 0;
		double		shares[8];

		plain_count = n;
		for (int i = 0; i < n; i++)
			plain[i] = floats ? (double) tap_between(-spread, 5 * spread) / 7 :
				(double) tap_between(-spread, 5 * spread) / 100;
		plain[0] = spread;		/* somebody has something */
		for (int i = 0; i < n; i++)
		{
			value_entry one = {floats ? double_key(plain[i]) : (int64_t) rint(plain[i] * 100), 1};
			value_entry other = {floats ? double_key(plain[n - 1 - i]) : (int64_t) rint(plain[n - 1 - i] * 100), 1};

			if (value_log_add(log, MOST, floats, one, floats ? 0 : 2, floats ? 0 : 2) != LOYALTY_OK ||
				value_log_add(backwards, MOST, floats, other, floats ? 0 : 2, floats ? 0 : 2) != LOYALTY_OK)
				abort();
		}
		bytes = pack(log, &size);
		bytes2 = pack(backwards, &size2);
		same_bytes = same_bytes && size == size2 && memcmp(bytes, bytes2, size) == 0;
		if (value_view_open(bytes, size, &view) != LOYALTY_OK)
			abort();

		qsort(plain, (size_t) n, sizeof(double), descending);
		for (cursor = value_start(&view); value_next(&cursor, &entry);)
			for (int64_t i = 0; i < entry.members; i++, seen++)
			{
				double		value = floats ? double_of_key(entry.key) :
					decimal_to_double((decimal_wide) entry.key, view.scale);

				kept = kept && seen < n && fabs(value - plain[n - 1 - seen]) < 1e-9;
			}
		kept = kept && seen == n;

		summary = value_concentration_summary(&view);
		total = held_by_top(n);
		kept = kept && summary.members == n;
		for (int k = 0; k <= n; k++)
		{
			double		share = held_by_top(k) / total;
			int64_t		needed;

			top = top && fabs(value_top_share(&view, &summary, (double) k / n) - share) < 1e-9;
			if (k < n)
			{
				double		between = (share + held_by_top(k + 1) / total) / 2;

				top = top && fabs(value_top_share(&view, &summary, (k + 0.5) / n) - between) < 1e-9;
			}
			if (n > 60)
				k += n / 20;
			if (share >= 1)
				continue;
			needed = value_members_for(&view, &summary, share);
			reached = reached && held_by_top((int) needed) / total > share - 1e-9 &&
				(needed == 0 || held_by_top((int) needed - 1) / total < share + 1e-9);
		}
		for (int k = 1; k <= n; k++)
		{
			int64_t		key;

			cut = cut && value_cutoff(&view, &summary, (double) k / n, &key) &&
				fabs((floats ? double_of_key(key) : decimal_to_double(key, view.scale)) - plain[k - 1]) < 1e-9;
		}
		for (int i = 0; i < n; i++)
			area += (double) (n - 1 - 2 * i) * (plain[i] > 0 ? plain[i] : 0);
		gini = gini && fabs(value_gini(&view, &summary) - area / (n * total)) < 1e-9;
		value_lorenz_curve(&view, &summary, 7, shares);
		for (int i = 0; i <= 7; i++)
			lorenz = lorenz && fabs(shares[i] - 1 + value_top_share(&view, &summary, 1 - i / 7.0)) < 1e-9;
		free(log);
		free(backwards);
		free(bytes);
		free(bytes2);
	}
	ok(kept, "packing keeps every value and member");
	ok(same_bytes, "the order of arrival leaves no trace");
	ok(top, "top_share is that of a plain sorted array, parts of a member interpolated");
	ok(reached, "members_for is the smallest number that reaches the share");
	ok(cut, "cutoff is the k-th largest value");
	ok(gini, "gini is that of a plain sorted array");
	ok(lorenz, "the Lorenz curve is top_share from below");
}

static void
test_exact(void)
{
	value_log  *log = make_log(4);
	value_entry poor = {25, 80};
	value_entry rich = {400, 20};
	size_t		size;
	uint8_t    *bytes;
	value_view	view;
	value_summary summary;

	value_log_add(log, 4, VALUE_KIND_DECIMAL, rich, 0, 0);
	value_log_add(log, 4, VALUE_KIND_DECIMAL, poor, 0, 0);
	bytes = pack(log, &size);
	value_view_open(bytes, size, &view);
	summary = value_concentration_summary(&view);
	ok(value_top_share(&view, &summary, 0.2) == 0.8, "20 x 400 + 80 x 25: the top fifth has 0.8");
	ok(value_members_for(&view, &summary, 0.8) == 20, "and 20 members are needed for 0.8");
	near(value_gini(&view, &summary), 0.6, 1e-15, "gini 0.6");
	free(bytes);

	/* 0.07 * 100 is 7.000000000000001 */
	value_log_init(log);
	for (int i = 1; i <= 2; i++)
	{
		value_entry few = {i == 1 ? 1 : 1000, i == 1 ? 93 : 7};

		value_log_add(log, 4, VALUE_KIND_DECIMAL, few, 0, 0);
	}
	bytes = pack(log, &size);
	value_view_open(bytes, size, &view);
	summary = value_concentration_summary(&view);
	{
		int64_t		key;

		ok(value_cutoff(&view, &summary, 0.07, &key) && key == 1000, "seven hundredths of 100 are 7, not 8");
		ok(value_top_share(&view, &summary, 0.07) == 7000.0 / 7093, "and hold what 7 hold");
	}
	free(bytes);

	/* doubles near the end of their range */
	value_log_init(log);
	{
		value_entry huge = {double_key(1.7e308), 1000};
		value_entry half = {double_key(0.85e308), 2000};

		value_log_add(log, 4, VALUE_KIND_FLOAT, huge, 0, 0);
		value_log_add(log, 4, VALUE_KIND_FLOAT, half, 0, 0);
	}
	bytes = pack(log, &size);
	value_view_open(bytes, size, &view);
	summary = value_concentration_summary(&view);
	near(value_top_share(&view, &summary, 1.0 / 3), 0.5, 1e-15, "shares of sums beyond double precision");
	ok(isinf(value_sum_double(&summary, &summary.positive)), "whose sum is infinite");
	free(bytes);
	free(log);
}

/* ---------- limits ---------- */

static void
test_limits(void)
{
	value_log  *log = make_log(4);
	value_entry largest = {INT64_MAX, 1};
	value_entry smallest = {INT64_MIN, 1};
	value_entry many = {1, INT64_MAX};
	value_entry one = {1, 1};
	value_entry cent = {1, 1};
	value_packing plan;
	size_t		size;
	uint8_t    *bytes;
	value_view	view;
	value_summary summary;

	value_log_add(log, 4, VALUE_KIND_DECIMAL, largest, 0, 0);
	ok(value_log_add(log, 4, VALUE_KIND_DECIMAL, cent, 2, 2) == LOYALTY_AMOUNT_OVERFLOW &&
	   log->count == 1 && log->entries[0].key == INT64_MAX && log->scale == 0,
	   "decimals that leave 64 bits are refused, and nothing is changed");
	value_log_add(log, 4, VALUE_KIND_DECIMAL, smallest, 0, 0);
	bytes = pack(log, &size);
	ok(value_view_open(bytes, size, &view) == LOYALTY_OK, "the widest gap is packed");
	summary = value_concentration_summary(&view);
	ok(summary.highest == INT64_MAX && summary.positive.units == INT64_MAX &&
	   summary.negative.units == INT64_MIN, "and read");
	free(bytes);

	value_log_init(log);
	value_log_add(log, 4, VALUE_KIND_DECIMAL, many, 0, 0);
	ok(value_log_add(log, 4, VALUE_KIND_DECIMAL, one, 0, 0) == LOYALTY_COUNT_OVERFLOW,
	   "members of one value beyond 2^63 are refused");
	one.key = 2;
	value_log_add(log, 4, VALUE_KIND_DECIMAL, one, 0, 0);
	ok(value_concentration_plan(log, &plan) == LOYALTY_COUNT_OVERFLOW, "and of all values together");

	value_log_init(log);
	bytes = pack(log, &size);
	ok(value_view_open(bytes, size, &view) == LOYALTY_OK && view.count == 0, "nobody is packed too");
	summary = value_concentration_summary(&view);
	ok(summary.members == 0, "and has no members");
	free(bytes);
	free(log);
}

/* ---------- text ---------- */

static loyalty_status
read_text(const char *text, value_log *log, size_t *where)
{
	return value_concentration_from_text(text, strlen(text), log, (uint32_t) list_elements(text, strlen(text)), where);
}

static void
test_text(void)
{
	value_log  *log = make_log(16);
	size_t		where;
	bool		exact = true;

	ok(read_text("{25 x80, 400 x20}", log, &where) == LOYALTY_OK && log->count == 2 &&
	   log->entries[0].members == 80, "text is read");
	ok(read_text(" float8 { -1.5e-3 , 0, 2 x3 } ", log, &where) == LOYALTY_OK && log->count == 3 &&
	   log->kind == VALUE_KIND_FLOAT, "of doubles too");
	ok(read_text("{}", log, &where) == LOYALTY_OK && log->count == 0, "and of nobody");
	ok(read_text("{2, 1}", log, &where) == LOYALTY_CORRUPT && where == 4, "values must ascend");
	ok(read_text("{1, 1}", log, &where) == LOYALTY_CORRUPT, "and differ");
	ok(read_text("{1.0, 1.00}", log, &where) == LOYALTY_CORRUPT, "in value, not in looks");
	ok(read_text("{1 x0}", log, &where) == LOYALTY_CORRUPT, "a value is somebody's");
	ok(read_text("{1 x9223372036854775808}", log, &where) == LOYALTY_COUNT_OVERFLOW, "of at most 2^63-1");
	ok(read_text("{1 x}", log, &where) == LOYALTY_SYNTAX, "x wants a number");
	ok(read_text("{1e5}", log, &where) == LOYALTY_SYNTAX, "exponents are for doubles");
	ok(read_text("float8 {1e999}", log, &where) == LOYALTY_NOT_FINITE, "which are finite");
	ok(read_text("{1", log, &where) == LOYALTY_SYNTAX && read_text("{1,", log, &where) == LOYALTY_SYNTAX &&
	   read_text("", log, &where) == LOYALTY_SYNTAX && read_text("{1} x", log, &where) == LOYALTY_SYNTAX &&
	   read_text("float8", log, &where) == LOYALTY_SYNTAX, "incomplete text is refused");

	for (int i = 0; i < 100000; i++)
	{
		int64_t		bits = (int64_t) tap_random();
		double		value;
		char		text[64];

		memcpy(&value, &bits, sizeof(value));
		if (i % 2)
			value = (double) (bits >> 40) / 100;
		if (!isfinite(value))
			continue;
		value_double_to_text(value, text);
		exact = exact && strtod(text, NULL) == value;
	}
	ok(exact, "the text of a double reads back as the same double");
	free(log);
}

/* ---------- damage ---------- */

static void
test_damage(void)
{
	long		opened = 0;
	long		refused = 0;

	for (int round = 0; round < 200; round++)
	{
		value_log  *log = make_log(64);
		size_t		size;
		uint8_t    *bytes;

		for (int i = (int) tap_between(0, 40); i > 0; i--)
		{
			value_entry entry = {tap_between(-100000, 100000), tap_between(1, 9)};

			value_log_add(log, 64, round % 2, entry, 0, 0);
		}
		bytes = pack(log, &size);
		for (size_t at = 0; at < size; at++)
			for (int change = 1; change < 256; change++)
			{
				value_view	view;
				value_cursor cursor;
				value_entry entry;

				bytes[at] ^= (uint8_t) change;
				if (value_view_open(bytes, size, &view) == LOYALTY_OK)
				{
					cursor = value_start(&view);
					for (int i = 0; i < 100 && value_next(&cursor, &entry); i++)
						;
					opened++;
				}
				else
					refused++;
				bytes[at] ^= (uint8_t) change;
			}
		for (size_t shorter = 0; shorter < size; shorter++)
		{
			uint8_t    *cut = malloc(shorter + 1);
			value_view	view;

			memcpy(cut, bytes, shorter);
			if (value_view_open(cut, shorter, &view) == LOYALTY_OK)
				opened++;
			free(cut);
		}
		free(bytes);
		free(log);
	}
	ok(opened > 0 && refused > 0, "damaged bytes are refused or read within bounds");
}

int
main(void)
{
	tap_seed();
	test_sort();
	test_keys();
	test_shares();
	test_exact();
	test_limits();
	test_text();
	test_damage();
	return done();
}
