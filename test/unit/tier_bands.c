/*
 * tier_bands.c
 *		Kernel tests: canonical text, limits, comparing decimals, finding bands.
 */
#include "tap.h"

#include <string.h>

#include "tier_bands.h"

/* in memory of exactly the size promised, so that the sanitizer sees every byte beyond */
static loyalty_status
canonical(const char *text, size_t len, char *result, size_t *where)
{
	char	   *copy = malloc(len + 1);
	char	   *out = malloc(tier_bands_room(len) + 1);
	size_t		out_len = 0;
	loyalty_status status;

	memcpy(copy, text, len);
	copy = realloc(copy, len > 0 ? len : 1);
	out = realloc(out, len > 0 ? tier_bands_room(len) : 1);
	status = tier_bands_canonical(copy, len, out, &out_len, where);
	if (status == LOYALTY_OK)
		memcpy(result, out, out_len);
	result[status == LOYALTY_OK ? out_len : 0] = '\0';
	free(copy);
	free(out);
	return status;
}

static void
becomes(const char *text, const char *expected)
{
	char		result[4096];
	size_t		where;
	loyalty_status status = canonical(text, strlen(text), result, &where);

	ok(status == LOYALTY_OK && strcmp(result, expected) == 0, "\"%s\" is \"%s\"", text, expected);
}

static void
refused(const char *text, loyalty_status expected, size_t expected_where)
{
	char		result[4096];
	size_t		where = 0;
	loyalty_status status = canonical(text, strlen(text), result, &where);

	ok(status == expected && where == expected_where, "\"%.40s\" is refused at byte %zu", text, expected_where);
	if (status != expected || where != expected_where)
		printf("# status %d at %zu\n", (int) status, where);
}

static void
test_text(void)
{
	becomes("0:bronze,1000:silver,5000:gold", "0:bronze,1000:silver,5000:gold");
	becomes(" 0 :\tbronze , 1000.00:VIP gold  ", "0:bronze,1000:VIP gold");
	becomes("-100.50:a,-0.0:b,00.5:c,007:d,10.10:e", "-100.5:a,0:b,0.5:c,7:d,10.1:e");
	becomes("0:0,1000:2%,5000:05.00  %", "0:0,1000:2 %,5000:5 %");
	becomes("0:1.50,1:0.0,2:2%x,3:%,4:-2 %,5:1.,6:1.2.3", "0:1.5,1:0,2:2%x,3:%,4:-2 %,5:1.,6:1.2.3");
}

static void
test_refusals(void)
{
	char		text[30000];
	char		result[60000];
	size_t		where;
	size_t		len = 0;

	refused("", LOYALTY_SYNTAX, 0);
	refused("  ", LOYALTY_SYNTAX, 2);
	refused("bronze", LOYALTY_SYNTAX, 0);
	refused("0:bronze,", LOYALTY_SYNTAX, 9);
	refused(",0:bronze", LOYALTY_SYNTAX, 0);
	refused("0:", LOYALTY_SYNTAX, 2);
	refused("0: ,1:a", LOYALTY_SYNTAX, 3);
	refused("0:a:b", LOYALTY_SYNTAX, 2);
	refused("x:a", LOYALTY_SYNTAX, 0);
	refused("-:a", LOYALTY_SYNTAX, 0);
	refused("1e3:a", LOYALTY_SYNTAX, 0);
	refused(".5:a", LOYALTY_SYNTAX, 0);
	refused("5.:a", LOYALTY_SYNTAX, 0);
	refused("NaN:a", LOYALTY_SYNTAX, 0);
	refused("0:a, 0.0:b", LOYALTY_CORRUPT, 5);
	refused("10:a,9:b", LOYALTY_CORRUPT, 5);
	refused("-1:a,-2:b", LOYALTY_CORRUPT, 5);

	for (int i = 0; i < TIER_BANDS_MOST; i++)
		len += (size_t) sprintf(text + len, "%s%d:tier%d", i > 0 ? "," : "", i, i);
	ok(canonical(text, len, result, &where) == LOYALTY_OK, "%d bands are possible", TIER_BANDS_MOST);
	len += (size_t) sprintf(text + len, ",%d:x", TIER_BANDS_MOST);
	ok(canonical(text, len, result, &where) == LOYALTY_FULL, "one more is too many");

	memset(text, '9', 300);
	memcpy(text + TIER_BANDS_DIGITS, ":a", 3);
	ok(canonical(text, strlen(text), result, &where) == LOYALTY_OK, "a threshold of %d digits is possible", TIER_BANDS_DIGITS);
	memset(text, '9', 300);
	memcpy(text + TIER_BANDS_DIGITS + 1, ":a", 3);
	ok(canonical(text, strlen(text), result, &where) == LOYALTY_FULL, "one more digit is too many");
	memset(text, 'x', 300);
	memcpy(text, "0:", 2);
	ok(canonical(text, TIER_BANDS_LABEL + 2, result, &where) == LOYALTY_OK, "a label of %d bytes is possible", TIER_BANDS_LABEL);
	ok(canonical(text, TIER_BANDS_LABEL + 3, result, &where) == LOYALTY_FULL, "one more byte is too many");
	memset(text + 2, '1', 200);
	ok(canonical(text, TIER_BANDS_DIGITS + 3, result, &where) == LOYALTY_FULL, "so is a rate of more digits than a number has");
}

static int
compare(const char *a, const char *b)
{
	return tier_bands_compare_decimals(a, strlen(a), b, strlen(b));
}

static void
test_compare(void)
{
	bool		right = true;

	ok(compare("1000", "999.999999999999999999999") == 1, "a hair below is below");
	ok(compare("1000", "1000.000") == 0 && compare("1000.0", "1000") == 0, "zeros at the end do not count");
	ok(compare("-1", "1") == -1 && compare("-10", "-9") == -1 && compare("-0.5", "-0.25") == -1, "signs count");
	for (int i = 0; i < 20000; i++)
	{
		int64_t		x = tap_between(-200000, 200000);
		int64_t		y = i % 4 == 0 ? x + tap_between(-3, 3) : tap_between(-2000, 2000);
		char		a[32];
		char		b[32];

		snprintf(a, sizeof(a), "%s%lld.%02lld", x < 0 ? "-" : "", (long long) llabs(x) / 100, (long long) llabs(x) % 100);
		snprintf(b, sizeof(b), "%s%lld.%02lld0", y < 0 ? "-" : "", (long long) llabs(y) / 100, (long long) llabs(y) % 100);
		right = right && compare(a, b) == (x > y) - (x < y);
	}
	ok(right, "20,000 random decimals compare as their integers do");
}

static bool
is_in(const char *number, const char *band, const char *next)
{
	static const char bands[] = "-10:low,0:bronze,1000:silver,5000:5 %";
	tier_position position = tier_bands_find(bands, strlen(bands), number, strlen(number));

	if (position.has_band != (band != NULL) || position.has_next != (next != NULL))
		return false;
	if (band && (position.band.label_len != strlen(band) || memcmp(position.band.label, band, strlen(band)) != 0))
		return false;
	return !next || (position.next.threshold_len == strlen(next) && memcmp(position.next.threshold, next, strlen(next)) == 0);
}

static void
test_find(void)
{
	static const char bands[] = "0:0,10:2.5 %";
	const char *at = bands;
	tier_band	band;

	ok(is_in("-10.01", NULL, "-10"), "below the first threshold there is no band");
	ok(is_in("-10", "low", "0") && is_in("0", "bronze", "1000") && is_in("1000.00", "silver", "5000"), "at least the threshold");
	ok(is_in("999.99", "bronze", "1000"), "not yet");
	ok(is_in("5000", "5 %", NULL) && is_in("123456789012345678901234567890", "5 %", NULL), "the highest has no end");

	ok(tier_bands_next(&at, bands + strlen(bands), &band) && band.rate_len == 1 && !band.percent, "a number is a rate");
	ok(tier_bands_next(&at, bands + strlen(bands), &band) && band.rate_len == 3 && band.percent, "a percentage too");
	ok(!tier_bands_next(&at, bands + strlen(bands), &band), "and that was all");
}

/* any bytes are either refused or have a canonical form, which is its own canonical form */
static void
test_random(void)
{
	static const char alphabet[] = "0123456789999::,,.-% ab\t";
	bool		stable = true;
	int			accepted = 0;

	for (int round = 0; round < 200000; round++)
	{
		char		text[64];
		char		once[256];
		char		twice[256];
		size_t		len = (size_t) tap_between(0, 24);
		size_t		where;

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[tap_random() % (sizeof(alphabet) - 1)];
		if (canonical(text, len, once, &where) != LOYALTY_OK)
		{
			stable = stable && where <= len;
			continue;
		}
		accepted++;
		stable = stable && canonical(once, strlen(once), twice, &where) == LOYALTY_OK && strcmp(once, twice) == 0;
	}
	ok(stable, "a canonical text is its own canonical text");
	ok(accepted > 1000, "%d of 200,000 random texts were accepted", accepted);
}

int
main(void)
{
	tap_seed();
	test_text();
	test_refusals();
	test_compare();
	test_find();
	test_random();
	return done();
}
