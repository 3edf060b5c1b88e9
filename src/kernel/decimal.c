/*
 * decimal.c
 *		Exact conversion between outside numbers and whole units of 10^-scale.
 */
#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int64_t decimal_power10[19] = {
	INT64_C(1), INT64_C(10), INT64_C(100), INT64_C(1000), INT64_C(10000),
	INT64_C(100000), INT64_C(1000000), INT64_C(10000000), INT64_C(100000000),
	INT64_C(1000000000), INT64_C(10000000000), INT64_C(100000000000),
	INT64_C(1000000000000), INT64_C(10000000000000), INT64_C(100000000000000),
	INT64_C(1000000000000000), INT64_C(10000000000000000),
	INT64_C(100000000000000000), INT64_C(1000000000000000000)
};

/* decimal zeros at the end of a nonzero number */
static int
trailing_zeros(int64_t value)
{
	int			zeros = 0;

	while (value % 10 == 0)
	{
		value /= 10;
		zeros++;
	}
	return zeros;
}

loyalty_status
decimal_from_base10000(bool negative, const int16_t *digits, int ndigits,
					   int weight, int dscale, decimal_amount *out)
{
	int			display = dscale < DECIMAL_MAX_SCALE ? dscale : DECIMAL_MAX_SCALE;
	int			decimals = 4 * (ndigits - 1 - weight);	/* with the last digit's zeros */
	int			scale = 0;
	int64_t		units = 0;
	int			exponent;		/* of the digit at hand, in units */
	int			i;

	/* 29.330000 needs two decimals, however many it shows */
	if (ndigits > 0 && decimals > 0)
	{
		scale = decimals;
		if (digits[ndigits - 1] != 0)
			scale -= trailing_zeros(digits[ndigits - 1]);
		if (scale > display)
			scale = display;
	}
	exponent = 4 * weight + scale;

	for (i = 0; i < ndigits && exponent >= 0; i++, exponent -= 4)
	{
		if (__builtin_mul_overflow(units, 10000, &units) ||
			__builtin_add_overflow(units, digits[i], &units))
			return LOYALTY_AMOUNT_OVERFLOW;
	}

	if (i == ndigits)
	{
		/* trailing zero digits are not stored: the next one's exponent says how many */
		if (units != 0)
		{
			exponent += 4;
			if (exponent > 18 ||
				__builtin_mul_overflow(units, decimal_power10[exponent], &units))
				return LOYALTY_AMOUNT_OVERFLOW;
		}
	}
	else if (exponent > -4)
	{
		/* the digit that straddles the last unit: its upper part counts */
		int64_t		divisor = decimal_power10[-exponent];
		int64_t		upper = digits[i] / divisor;
		int64_t		lower = digits[i] % divisor;

		if (2 * lower >= divisor)
			upper++;
		if (__builtin_mul_overflow(units, decimal_power10[4 + exponent], &units) ||
			__builtin_add_overflow(units, upper, &units))
			return LOYALTY_AMOUNT_OVERFLOW;
	}
	else if (exponent == -4)
	{
		/* the first digit below the last unit decides the rounding */
		if (digits[i] >= 5000 && __builtin_add_overflow(units, 1, &units))
			return LOYALTY_AMOUNT_OVERFLOW;
	}

	out->units = negative ? -units : units;
	out->scale = scale;
	out->display = display;
	out->negative = negative && ndigits > 0;
	return LOYALTY_OK;
}

/*
 * Reads "[-]digits[.digits]", rounding half away from zero beyond
 * DECIMAL_MAX_SCALE decimals; `strict` refuses those instead.
 */
static loyalty_status
read_plain_decimal(const char *text, size_t len, bool strict, decimal_amount *out)
{
	bool		negative = len > 0 && text[0] == '-';
	bool		nonzero = false;
	int64_t		units = 0;
	int			whole = 0;		/* digits before the point */
	int			scale = 0;		/* decimals up to the last one that is not 0 */
	int			display = 0;	/* decimals seen, those beyond the last kept ones left out */
	bool		point = false;
	bool		dropped = false;
	char		last = '\0';

	for (size_t i = negative ? 1 : 0; i < len; last = text[i++])
	{
		int			digit = text[i] - '0';

		if (text[i] == '.')
		{
			if (point || whole == 0)
				return LOYALTY_SYNTAX;
			point = true;
			continue;
		}
		if (digit < 0 || digit > 9)
			return LOYALTY_SYNTAX;
		nonzero |= digit != 0;
		if (!point)
		{
			whole++;
			if (__builtin_mul_overflow(units, 10, &units) ||
				__builtin_add_overflow(units, digit, &units))
				return LOYALTY_AMOUNT_OVERFLOW;
			continue;
		}
		if (display == DECIMAL_MAX_SCALE)
		{
			if (strict)
				return LOYALTY_SYNTAX;
			if (dropped || digit < 5)
			{
				dropped = true;
				continue;
			}
			dropped = true;
			digit = 1;			/* one more of the last decimal kept */
		}
		else
			display++;
		if (digit == 0)
			continue;
		/* the zeros since the last decimal count only now */
		if (__builtin_mul_overflow(units, decimal_power10[display - scale], &units) ||
			__builtin_add_overflow(units, digit, &units))
			return LOYALTY_AMOUNT_OVERFLOW;
		scale = display;
	}
	if (last < '0')
		return LOYALTY_SYNTAX;	/* nothing, or nothing after the point */

	out->units = negative ? -units : units;
	out->scale = scale;
	out->display = display;
	out->negative = negative && nonzero;
	return LOYALTY_OK;
}

loyalty_status
decimal_from_text(const char *text, size_t len, decimal_amount *out)
{
	return read_plain_decimal(text, len, true, out);
}

loyalty_status
decimal_from_double(double value, decimal_amount *out)
{
	char		text[64];
	int			precision;

	if (isnan(value))
		return LOYALTY_NOT_A_NUMBER;
	if (isinf(value))
		return LOYALTY_NOT_FINITE;
	/* 2^53 itself may have been 2^53 + 1 before it was a double */
	if (fabs(value) >= 9007199254740992.0)
		return LOYALTY_FLOAT_TOO_LARGE;

	/*
	 * Nearly all money: up to 15 significant digits and 6 decimals.  Two
	 * decimals of at most 15 digits never share a double, so the one found is
	 * the shortest.  Whole numbers need no such care.
	 */
	for (int scale = 0; scale <= DECIMAL_MAX_SCALE; scale++)
	{
		double		units = rint(value * (double) decimal_power10[scale]);

		if (scale > 0 && fabs(units) >= 1e15)
			break;
		if (units / (double) decimal_power10[scale] == value)
		{
			out->units = (int64_t) units;
			out->scale = out->display = scale;
			out->negative = value < 0;
			return LOYALTY_OK;
		}
	}

	/* the rest: more decimals than are kept, or 16 and 17 digits */
	if (fabs(value) < 1e-7)
	{
		out->units = 0;
		out->scale = 0;
		out->display = DECIMAL_MAX_SCALE;
		out->negative = value < 0;
		return LOYALTY_OK;
	}
	for (precision = 15; precision < 17; precision++)
	{
		snprintf(text, sizeof(text), "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}

	/*
	 * The same digits without an exponent: the magnitude gives the number of
	 * digits before the point.
	 */
	snprintf(text, sizeof(text), "%.*e", precision - 1, value);
	{
		char		plain[64];
		const char *p = text;
		char	   *q = plain;
		char	   *e = strchr(text, 'e');
		int			exponent = (int) strtol(e + 1, NULL, 10);

		if (*p == '-')
			*q++ = *p++;
		if (exponent < 0)
		{
			*q++ = '0';
			*q++ = '.';
			for (int zeros = -exponent - 1; zeros > 0; zeros--)
				*q++ = '0';
		}
		for (int position = 0; p < e; p++)
		{
			if (*p < '0' || *p > '9')
				continue;		/* the decimal point, whatever the locale's is */
			*q++ = *p;
			if (position == exponent && exponent >= 0)
				*q++ = '.';
			position++;
		}
		/* trailing zeros say nothing about a double; nor does a bare point */
		while (q[-1] == '0')
			q--;
		if (q[-1] == '.')
			q--;
		return read_plain_decimal(plain, (size_t) (q - plain), false, out);
	}
}

loyalty_status
decimal_rescale(int64_t units, int from, int to, int64_t *out)
{
	if (to >= from)
		return __builtin_mul_overflow(units, decimal_power10[to - from], out) ?
			LOYALTY_AMOUNT_OVERFLOW : LOYALTY_OK;
	*out = units / decimal_power10[from - to];
	return LOYALTY_OK;
}

int
decimal_compare(int64_t a, int a_scale, int64_t b, int b_scale)
{
	decimal_wide x = (decimal_wide) a * decimal_power10[DECIMAL_MAX_SCALE - a_scale];
	decimal_wide y = (decimal_wide) b * decimal_power10[DECIMAL_MAX_SCALE - b_scale];

	return (x > y) - (x < y);
}

size_t
decimal_to_text(decimal_wide units, int scale, char *out)
{
	char		reversed[DECIMAL_TEXT_SIZE];
	unsigned __int128 rest = units < 0 ? -(unsigned __int128) units : (unsigned __int128) units;
	size_t		n = 0;
	size_t		len = 0;

	for (int position = 0; rest != 0 || position <= scale; position++)
	{
		if (position == scale && scale > 0)
			reversed[n++] = '.';
		reversed[n++] = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	}
	if (units < 0)
		out[len++] = '-';
	while (n > 0)
		out[len++] = reversed[--n];
	out[len] = '\0';
	return len;
}

loyalty_status
decimal_wide_from_text(const char *text, int scale, decimal_wide *units)
{
	bool		negative = *text == '-';
	bool		point = false;
	int			digits = 0;
	int			decimals = 0;

	*units = 0;
	for (text += negative; *text; text++)
	{
		int			digit = *text - '0';

		if (*text == '.' && !point && digits > 0)
		{
			point = true;
			continue;
		}
		if (digit < 0 || digit > 9 || (point && ++decimals > scale))
			return LOYALTY_SYNTAX;
		digits++;
		if (__builtin_mul_overflow(*units, 10, units) ||
			__builtin_sub_overflow(*units, digit, units))
			return LOYALTY_AMOUNT_OVERFLOW;
	}
	if (digits == 0 || (point && decimals == 0))
		return LOYALTY_SYNTAX;
	/* it was gathered below zero, where there is one number more */
	if (__builtin_mul_overflow(*units, decimal_power10[scale - decimals], units) ||
		(!negative && __builtin_sub_overflow((decimal_wide) 0, *units, units)))
		return LOYALTY_AMOUNT_OVERFLOW;
	return LOYALTY_OK;
}

double
decimal_to_double(decimal_wide units, int scale)
{
	return (double) units / (double) decimal_power10[scale];
}
