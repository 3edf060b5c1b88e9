/*
 * exact_sum.c
 *		Adding doubles as whole numbers of 448 bits.
 */
#include "exact_sum.h"

#include <math.h>

#define UNIT			(-192)	/* the power of two that a sum counts */
#define MANTISSA		53
#define LARGEST			0x1p254
#define SPARE_BITS		2		/* above the range: no single addition reaches the sign */

bool
exact_sum_negative(const exact_sum *sum)
{
	return sum->word[EXACT_SUM_WORDS - 1] >> 63;
}

bool
exact_sum_valid(const exact_sum *sum)
{
	uint64_t	top = sum->word[EXACT_SUM_WORDS - 1] >> (64 - SPARE_BITS);

	return top == 0 || top == (1 << SPARE_BITS) - 1;
}

/* to + other, modulo 2^448 */
static void
add_words(exact_sum *to, const exact_sum *other)
{
	uint64_t	carry = 0;

	for (int i = 0; i < EXACT_SUM_WORDS; i++)
	{
		uint64_t	sum = to->word[i] + carry;

		carry = sum < carry;
		sum += other->word[i];
		carry += sum < other->word[i];
		to->word[i] = sum;
	}
}

static void
negate(exact_sum *sum)
{
	uint64_t	carry = 1;

	for (int i = 0; i < EXACT_SUM_WORDS; i++)
	{
		sum->word[i] = ~sum->word[i] + carry;
		carry = carry && sum->word[i] == 0;
	}
}

loyalty_status
exact_sum_merge(exact_sum *to, const exact_sum *other)
{
	exact_sum	sum = *to;

	add_words(&sum, other);
	if (!exact_sum_valid(&sum))
		return LOYALTY_AMOUNT_OVERFLOW;
	*to = sum;
	return LOYALTY_OK;
}

loyalty_status
exact_sum_add(exact_sum *to, double addend)
{
	exact_sum	other = {{0}};
	int			exponent;
	uint64_t	mantissa;
	int			at;				/* the unit that the mantissa's lowest bit counts */

	if (isnan(addend))
		return LOYALTY_NOT_A_NUMBER;
	if (isinf(addend))
		return LOYALTY_NOT_FINITE;
	if (fabs(addend) > LARGEST)
		return LOYALTY_AMOUNT_OVERFLOW;

	mantissa = (uint64_t) ldexp(frexp(fabs(addend), &exponent), MANTISSA);
	at = exponent - MANTISSA - UNIT;
	if (at < 0)
	{
		mantissa = at > -MANTISSA ? mantissa >> -at : 0;
		at = 0;
	}
	other.word[at / 64] = mantissa << at % 64;
	if (at % 64 > 64 - MANTISSA)
		other.word[at / 64 + 1] = mantissa >> (64 - at % 64);
	if (addend < 0)
		negate(&other);
	return exact_sum_merge(to, &other);
}

/*
 * The leading 64 bits of a sum's magnitude, the first of them 1, and the power
 * of two that the last of them counts; `more`: whether there are others below.
 * False for zero.
 */
static bool
leading_bits(const exact_sum *sum, uint64_t *bits, int *power, bool *more)
{
	exact_sum	magnitude = *sum;
	int			top = EXACT_SUM_WORDS - 1;
	int			shift = 0;

	if (exact_sum_negative(sum))
		negate(&magnitude);
	while (magnitude.word[top] == 0)
		if (top-- == 0)
			return false;
	*bits = magnitude.word[top];
	while (!(*bits >> 63))
	{
		*bits <<= 1;
		shift++;
	}
	*power = 64 * top - shift + UNIT;
	*more = false;
	if (top > 0)
	{
		if (shift > 0)
			*bits |= magnitude.word[top - 1] >> (64 - shift);
		*more = magnitude.word[top - 1] << shift != 0;
		for (int i = 0; i < top - 1; i++)
			*more = *more || magnitude.word[i] != 0;
	}
	return true;
}

double
exact_sum_value(const exact_sum *sum)
{
	uint64_t	bits;
	int			power;
	bool		more;
	double		value;

	if (!leading_bits(sum, &bits, &power, &more))
		return 0;
	/* what lies below may break a tie: it must be seen where the rounding looks */
	value = ldexp((double) (bits | more), power);
	return exact_sum_negative(sum) ? -value : value;
}

int
exact_sum_parts(const exact_sum *sum, double *parts)
{
	exact_sum	rest = *sum;
	bool		negative = exact_sum_negative(sum);
	uint64_t	bits;
	int			power;
	bool		more;
	int			n = 0;

	while (leading_bits(&rest, &bits, &power, &more))
	{
		double		part = ldexp((double) (bits >> (64 - MANTISSA)), power + (64 - MANTISSA));

		parts[n] = negative ? -part : part;
		exact_sum_add(&rest, -parts[n]);
		n++;
	}
	return n;
}
