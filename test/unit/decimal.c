/* Amounts: numeric's digits, doubles and text to exact units and back. */
#include "decimal.h"
#include "tap.h"

#include <string.h>

static void
from_double(double value, int64_t units, int scale)
{
	decimal_amount amount;
	loyalty_status status = decimal_from_double(value, &amount);

	ok(status == LOYALTY_OK && amount.units * decimal_power10[scale - amount.scale] == units && amount.display == scale,
	   "%.17g is %lld at scale %d", value, (long long) units, scale);
}

static void
from_base(bool negative, int ndigits, const int16_t *digits, int weight, int dscale,
		  int64_t units, int scale, const char *what)
{
	decimal_amount amount;
	loyalty_status status = decimal_from_base10000(negative, digits, ndigits, weight, dscale, &amount);

	ok(status == LOYALTY_OK && amount.units * decimal_power10[scale - amount.scale] == units && amount.display == scale, "%s", what);
}

int
main(void)
{
	decimal_amount amount;
	char		text[DECIMAL_TEXT_SIZE];

	from_double(0, 0, 0);
	from_double(-0.0, 0, 0);
	from_double(29.33, 2933, 2);
	from_double(0.1, 1, 1);
	from_double(0.1 + 0.2, 300000, 6);	/* 0.30000000000000004: six decimals kept */
	from_double(-12.5, -125, 1);
	from_double(1e-7, 0, 6);
	from_double(5e-7, 1, 6);	/* half away from zero, by the decimal one reads */
	from_double(-5e-7, -1, 6);
	from_double(4.9e-7, 0, 6);
	from_double(1.0000005, 1000001, 6);
	from_double(123456.1234565, INT64_C(123456123457), 6);
	from_double(9007199254740991.0, INT64_C(9007199254740991), 0);
	from_double(1234567890123456.5, INT64_C(12345678901234565), 1);
	from_double(1234567890123.4568, INT64_C(12345678901234568), 4);
	ok(decimal_from_double(9007199254740994.0, &amount) == LOYALTY_FLOAT_TOO_LARGE, "beyond 2^53 is refused");
	ok(decimal_from_double(-9007199254740992.0, &amount) == LOYALTY_FLOAT_TOO_LARGE, "so is 2^53, which 2^53 + 1 rounds to");
	ok(decimal_from_double(NAN, &amount) == LOYALTY_NOT_A_NUMBER, "NaN is refused");
	ok(decimal_from_double(-INFINITY, &amount) == LOYALTY_NOT_FINITE, "infinity is refused");
	ok(decimal_from_double(-1e-9, &amount) == LOYALTY_OK && amount.units == 0 && amount.negative,
	   "what rounds to nothing is still a return");

	from_base(false, 0, NULL, 0, 2, 0, 2, "0.00");
	from_base(false, 2, (int16_t[]) {29, 3300}, 0, 2, 2933, 2, "29.33");
	from_base(true, 2, (int16_t[]) {29, 3300}, 0, 2, -2933, 2, "-29.33");
	from_base(false, 1, (int16_t[]) {1}, 1, 0, 10000, 0, "10000, trailing digits not stored");
	from_base(false, 1, (int16_t[]) {5000}, -1, 1, 5, 1, "0.5");
	from_base(false, 1, (int16_t[]) {50}, -2, 7, 1, 6, "0.0000005 shown with 7 decimals rounds up to 0.000001");
	from_base(false, 1, (int16_t[]) {49}, -2, 8, 0, 6, "0.00000049 rounds to nothing");
	from_base(false, 1, (int16_t[]) {50}, -2, 8, 1, 6, "0.00000050 rounds away from zero");
	from_base(true, 2, (int16_t[]) {9999, 9950}, -1, 8, -1000000, 6, "-0.99999950 rounds to -1");
	from_base(false, 1, (int16_t[]) {4999}, -3, 12, 0, 6, "far below the last unit");
	from_base(false, 1, (int16_t[]) {9999}, -9, 36, 0, 6, "very far below");
	from_base(false, 5, (int16_t[]) {922, 3372, 368, 5477, 5807}, 4, 0, INT64_MAX, 0, "the largest");
	ok(decimal_from_base10000(false, (int16_t[]) {922, 3372, 368, 5477, 5808}, 5, 4, 0, &amount) ==
	   LOYALTY_AMOUNT_OVERFLOW, "one more is refused");
	ok(decimal_from_base10000(false, (int16_t[]) {1}, 1, 5, 0, &amount) == LOYALTY_AMOUNT_OVERFLOW,
	   "10^20 is refused");
	ok(decimal_from_base10000(false, (int16_t[]) {1}, 1, 32767, 0, &amount) == LOYALTY_AMOUNT_OVERFLOW,
	   "10^131068 is refused");
	ok(decimal_from_base10000(true, (int16_t[]) {1}, 1, -3, 12, &amount) == LOYALTY_OK &&
	   amount.units == 0 && amount.negative, "a return below a millionth is still a return");

	ok(decimal_from_text("-0.50", 5, &amount) == LOYALTY_OK && amount.units == -5 && amount.scale == 1 && amount.display == 2,
	   "text keeps its decimals");
	ok(decimal_from_text("1.1234567", 9, &amount) == LOYALTY_SYNTAX, "seven decimals are refused");
	for (int i = 0; i < 9; i++)
	{
		static const char *const bad[] = {"", "-", ".", "1.", ".5", "1.2.3", "1e5", "+1", " 1"};

		ok(decimal_from_text(bad[i], strlen(bad[i]), &amount) == LOYALTY_SYNTAX, "\"%s\" is refused", bad[i]);
	}

	tap_seed();
	{
		int			wrong = 0;

		for (int i = 0; i < 200000; i++)
		{
			int			scale = (int) tap_between(0, 6);
			int64_t		units = tap_between(0, 62) < 50 ? tap_between(-99999999, 99999999) :
				(int64_t) (tap_random() >> tap_between(1, 40)) * (tap_between(0, 1) * 2 - 1);
			double		value;

			decimal_to_text(units, scale, text);
			if (decimal_from_text(text, strlen(text), &amount) != LOYALTY_OK ||
				amount.units * decimal_power10[scale - amount.scale] != units || amount.display != scale)
				wrong++;
			/* up to 15 digits a double says the same */
			if (units > -INT64_C(999999999999999) && units < INT64_C(999999999999999))
			{
				value = strtod(text, NULL);
				if (decimal_from_double(value, &amount) != LOYALTY_OK ||
					amount.units * decimal_power10[scale - amount.scale] != units)
					wrong++;
			}
		}
		ok(wrong == 0, "200,000 random amounts survive text and double (%d did not)", wrong);
	}
	return done();
}
