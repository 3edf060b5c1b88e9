/*
 * exact_sum.c
 *		Kernel tests: sums that do not depend on the order, compared with
 *		schoolbook arithmetic on single bits.
 */
#include "tap.h"

#include <string.h>

#include "exact_sum.h"

#define BITS	(64 * EXACT_SUM_WORDS)
#define LOWEST	(-192)
#define SPARE_TOP_BITS	2

/* ---------- the same by other means: a sum as signed counts of single bits ---------- */

typedef struct bit_sum
{
	int64_t		count[BITS];	/* of 2^(LOWEST + i) */
} bit_sum;

static void
bit_add(bit_sum *to, double addend)
{
	double		rest = fabs(addend);
	int			sign = addend < 0 ? -1 : 1;

	for (int i = BITS - 1; i >= 0 && rest > 0; i--)
	{
		double		bit = ldexp(1, LOWEST + i);

		if (rest >= bit)
		{
			to->count[i] += sign;
			rest -= bit;
		}
	}
}

/* carries through; two's complement bits as words */
static void
bit_words(const bit_sum *sum, uint64_t *words)
{
	int64_t		carry = 0;

	memset(words, 0, sizeof(uint64_t) * EXACT_SUM_WORDS);
	for (int i = 0; i < BITS; i++)
	{
		int64_t		here = sum->count[i] + carry;
		int64_t		bit = ((here % 2) + 2) % 2;

		carry = (here - bit) / 2;
		words[i / 64] |= (uint64_t) bit << i % 64;
	}
}

/* ---------- random doubles over the whole range ---------- */

static double
any_double(int lowest, int highest)
{
	double		mantissa = (double) (tap_random() >> 11);
	double		value;

	if (tap_between(0, 3) == 0)
		mantissa = (double) tap_between(0, 100);
	value = ldexp(mantissa, (int) tap_between(lowest, highest));
	return tap_between(0, 1) ? value : -value;
}

static void
shuffle(double *values, int n)
{
	for (int i = n - 1; i > 0; i--)
	{
		int			j = (int) tap_between(0, i);
		double		value = values[i];

		values[i] = values[j];
		values[j] = value;
	}
}

#define MOST	200

static void
test_random(void)
{
	bool		right = true;
	bool		any_order = true;
	bool		any_pieces = true;
	bool		nearest = true;
	bool		parts_exact = true;
	bool		parts_one_sign = true;

	for (int round = 0; round < 500; round++)
	{
		double		values[MOST];
		int			n = (int) tap_between(1, MOST);
		int			low = round % 3 == 0 ? -300 : -60;
		int			high = round % 3 == 2 ? 0 : 130;
		exact_sum	sum = {{0}};
		exact_sum	again = {{0}};
		exact_sum	pieces[2] = {{{0}}};
		exact_sum	rest;
		bit_sum		bits = {{0}};
		uint64_t	words[EXACT_SUM_WORDS];
		double		parts[EXACT_SUM_PARTS];
		int			count;
		double		value;
		double		error[3];

		for (int i = 0; i < n; i++)
		{
			values[i] = any_double(low, high);
			right = right && exact_sum_add(&sum, values[i]) == LOYALTY_OK;
			bit_add(&bits, values[i]);
		}
		bit_words(&bits, words);
		right = right && memcmp(words, sum.word, sizeof(words)) == 0;

		shuffle(values, n);
		for (int i = 0; i < n; i++)
		{
			exact_sum_add(&again, values[i]);
			exact_sum_add(&pieces[tap_between(0, 1)], values[i]);
		}
		any_order = any_order && memcmp(&sum, &again, sizeof(sum)) == 0;
		exact_sum_merge(&pieces[0], &pieces[1]);
		any_pieces = any_pieces && memcmp(&sum, &pieces[0], sizeof(sum)) == 0;

		/* no double is nearer than the value: the neighbours' errors are not smaller */
		value = exact_sum_value(&sum);
		for (int i = 0; i < 3; i++)
		{
			double		near = i == 0 ? value : nextafter(value, i == 1 ? INFINITY : -INFINITY);
			exact_sum	off = sum;

			exact_sum_add(&off, -near);
			error[i] = fabs(exact_sum_value(&off));
		}
		nearest = nearest && error[0] <= error[1] && error[0] <= error[2];

		count = exact_sum_parts(&sum, parts);
		rest = (exact_sum) {{0}};
		for (int i = 0; i < count; i++)
		{
			exact_sum_add(&rest, parts[count - 1 - i]);
			parts_one_sign = parts_one_sign && (parts[i] < 0) == exact_sum_negative(&sum) && parts[i] != 0;
		}
		parts_exact = parts_exact && memcmp(&sum, &rest, sizeof(sum)) == 0;
	}
	ok(right, "sums of random doubles are those of their bits");
	ok(any_order, "in another order they are the same bytes");
	ok(any_pieces, "and so they are from pieces");
	ok(nearest, "the value is the nearest double");
	ok(parts_exact, "the parts add up to the sum");
	ok(parts_one_sign, "and all have its sign");
}

static void
test_rounding(void)
{
	static const struct
	{
		double		addends[4];
		double		value;
		const char *what;
	}			cases[] = {
		{{0.1, 0.2, -0.3}, 0x1p-55, "0.1 + 0.2 - 0.3 is rounded once, not twice"},
		{{1, 0x1p-53}, 1, "a tie goes to the even double below"},
		{{0x1.0000000000001p0, 0x1p-53}, 0x1.0000000000002p0, "and to the even one above"},
		{{1, 0x1p-53, 0x1p-190}, 0x1.0000000000001p0, "a bit far below breaks the tie"},
		{{-1, -0x1p-53, -0x1p-190}, -0x1.0000000000001p0, "likewise below zero"},
		{{1e50, 1, -1e50}, 1, "nothing is lost beside a large addend"},
		{{0x1p-192, 0x1p-192}, 0x1p-191, "the smallest unit counts"},
		{{0x1p-193, 0x1p-193}, 0, "what is below it does not"},
		{{0x1.8p-192}, 0x1p-192, "and is cut off"},
		{{-0x1.8p-192}, -0x1p-192, "towards zero"},
		{{0x1p-1074}, 0, "however small it is"},
		{{1e300, -1}, -1, "an addend that was refused leaves the sum as it is"},
		{{-0.0}, 0, "there is no negative zero"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		exact_sum	sum = {{0}};

		for (int j = 0; j < 4; j++)
			exact_sum_add(&sum, cases[i].addends[j]);
		ok(exact_sum_value(&sum) == cases[i].value && !(signbit(exact_sum_value(&sum)) && cases[i].value == 0),
		   "%s", cases[i].what);
	}
}

static void
test_range(void)
{
	exact_sum	sum = {{0}};
	exact_sum	below = {{0}};
	exact_sum	copy;
	double		parts[EXACT_SUM_PARTS];

	ok(exact_sum_parts(&sum, parts) == 0 && exact_sum_value(&sum) == 0 && !exact_sum_negative(&sum),
	   "nothing added is zero and has no parts");
	ok(exact_sum_add(&sum, NAN) == LOYALTY_NOT_A_NUMBER && exact_sum_add(&sum, -INFINITY) == LOYALTY_NOT_FINITE,
	   "what is not a finite number is refused");
	ok(exact_sum_add(&sum, 0x1p254) == LOYALTY_AMOUNT_OVERFLOW && exact_sum_add(&sum, 0x1.fffffffffffffp253) == LOYALTY_OK,
	   "a sum is below 2^254");
	copy = sum;
	ok(exact_sum_add(&sum, 0x1p201) == LOYALTY_AMOUNT_OVERFLOW && memcmp(&sum, &copy, sizeof(sum)) == 0,
	   "one that would reach it is refused");
	ok(exact_sum_merge(&sum, &copy) == LOYALTY_AMOUNT_OVERFLOW && memcmp(&sum, &copy, sizeof(sum)) == 0,
	   "also where it would come from two");
	ok(exact_sum_add(&below, -0x1p254) == LOYALTY_OK && exact_sum_value(&below) == -0x1p254 && exact_sum_valid(&below),
	   "-2^254 can be held");
	ok(exact_sum_parts(&below, parts) == 1 && parts[0] == -0x1p254, "and told");
	ok(exact_sum_add(&below, -0x1p-192) == LOYALTY_AMOUNT_OVERFLOW, "but nothing below it");
	below.word[EXACT_SUM_WORDS - 1] ^= UINT64_C(1) << 63;
	ok(!exact_sum_valid(&below), "bytes out of range are found");
	memset(&below, 0xFF, sizeof(below));
	below.word[EXACT_SUM_WORDS - 1] >>= SPARE_TOP_BITS;
	ok(exact_sum_valid(&below) && exact_sum_value(&below) == 0x1p254 &&
	   exact_sum_parts(&below, parts) == EXACT_SUM_PARTS && parts[0] < 0x1p254,
	   "the largest sum rounds to 2^254, and its parts do not");
}

int
main(void)
{
	tap_seed();
	test_random();
	test_rounding();
	test_range();
	return done();
}
