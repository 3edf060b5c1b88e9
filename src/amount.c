/*
 * amount.c
 *		Money at the door.
 *
 * This is the one place that reads numeric's digits directly, because a
 * conversion through numeric's own functions would cost more than all the
 * rest of a digest's transition.  The layout has been PostgreSQL's on-disk
 * format since 9.1; test/pgtap/amount.sql holds it against numeric_out on
 * random values on every version the tests run on.
 */
#include "amount.h"

#include "utils/builtins.h"

#include "report.h"

/* numeric's on-disk header: 16 bits, in the short form carrying everything */
#define HEADER_SIGN_MASK		0xC000
#define HEADER_NEGATIVE			0x4000
#define HEADER_SHORT			0x8000
#define HEADER_SPECIAL			0xC000
#define HEADER_SPECIAL_MASK		0xF000
#define HEADER_NAN				0xC000
#define HEADER_MINUS_INFINITY	0xF000
#define LONG_DSCALE_MASK		0x3FFF
#define SHORT_NEGATIVE			0x2000
#define SHORT_DSCALE_MASK		0x1F80
#define SHORT_DSCALE_SHIFT		7
#define SHORT_WEIGHT_SIGN		0x0040
#define SHORT_WEIGHT_MASK		0x003F

/* digits beyond these do not reach 64 bits, whatever their weight: 2^63 has five, the decimals two, rounding one */
#define MOST_DIGITS				12

decimal_amount
amount_from_numeric(Datum numeric)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(numeric);
	const char *bytes = VARDATA_ANY(value);
	Size		len = VARSIZE_ANY_EXHDR(value);
	int16		digits[MOST_DIGITS];
	uint16		header;
	bool		negative;
	int			ndigits,
				weight,
				dscale;
	decimal_amount amount;
	loyalty_status status;

	/* a short varlena's digits need not be aligned: hence the copies */
	memcpy(&header, bytes, sizeof(uint16));
	if ((header & HEADER_SIGN_MASK) == HEADER_SHORT)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		dscale = (header & SHORT_DSCALE_MASK) >> SHORT_DSCALE_SHIFT;
		weight = (header & SHORT_WEIGHT_MASK) |
			((header & SHORT_WEIGHT_SIGN) ? ~SHORT_WEIGHT_MASK : 0);
		bytes += sizeof(uint16);
		len -= sizeof(uint16);
	}
	else if ((header & HEADER_SIGN_MASK) == HEADER_SPECIAL)
	{
		header &= HEADER_SPECIAL_MASK;
		if (header == HEADER_NAN)
			report_failure(LOYALTY_NOT_A_NUMBER, "NaN");
		report_failure(LOYALTY_NOT_FINITE, header == HEADER_MINUS_INFINITY ? "-Infinity" : "Infinity");
	}
	else
	{
		int16		stored_weight;

		negative = (header & HEADER_SIGN_MASK) == HEADER_NEGATIVE;
		dscale = header & LONG_DSCALE_MASK;
		memcpy(&stored_weight, bytes + sizeof(uint16), sizeof(int16));
		weight = stored_weight;
		bytes += 2 * sizeof(uint16);
		len -= 2 * sizeof(uint16);
	}
	ndigits = (int) Min(len / sizeof(int16), MOST_DIGITS);
	memcpy(digits, bytes, (size_t) ndigits * sizeof(int16));

	status = decimal_from_base10000(negative, digits, ndigits, weight, dscale, &amount);
	if (unlikely(status != LOYALTY_OK))
		report_failure(status, DatumGetCString(DirectFunctionCall1(numeric_out, numeric)));
	if ((Pointer) value != DatumGetPointer(numeric))
		pfree(value);
	return amount;
}

decimal_amount
amount_from_float8(float8 value)
{
	decimal_amount amount;
	loyalty_status status = decimal_from_double(value, &amount);

	if (unlikely(status != LOYALTY_OK))
		report_failure(status, psprintf("%.17g", value));
	return amount;
}

Numeric
amount_to_numeric(decimal_wide units, int scale, int display)
{
	decimal_wide shown;
	char		text[DECIMAL_TEXT_SIZE];
	Datum		number;

	if (!__builtin_mul_overflow(units, decimal_power10[display - scale], &shown) &&
		shown >= PG_INT64_MIN && shown <= PG_INT64_MAX)
		return int64_div_fast_to_numeric((int64) shown, display);

	decimal_to_text(units, scale, text);
	number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
								 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, number, Int32GetDatum(display)));
}
