/*
 * exact.c
 *		Numeric's own arithmetic under short names, and checks of numeric
 *		arguments.
 */
#include "exact.h"

#include "utils/builtins.h"

#include "report.h"

Numeric
exact_add(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
exact_subtract(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_sub, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
exact_multiply(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
exact_divide(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_div, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
exact_quotient(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_div_trunc, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
exact_round(Numeric a, int decimals)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, NumericGetDatum(a), Int32GetDatum(decimals)));
}

Numeric
exact_trim(Numeric a)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(a)));
}

int
exact_compare(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b)));
}

int
exact_decimals(Numeric a)
{
	return DatumGetInt32(DirectFunctionCall1(numeric_scale, NumericGetDatum(a)));
}

Numeric
exact_from_text(const char *text)
{
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

char *
exact_text(Numeric a)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(a)));
}

const char *
exact_shown(Numeric a)
{
	return shortened(exact_text(a));
}

void
exact_check_finite(Numeric a, const char *argument)
{
	if (unlikely(numeric_is_nan(a) || numeric_is_inf(a)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number", argument),
				 errdetail("The value is %s.", exact_shown(a))));
}

void
exact_check_at_least_zero(Numeric a, const char *argument)
{
	exact_check_finite(a, argument);
	if (unlikely(exact_compare(a, int64_to_numeric(0)) < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", argument),
				 errdetail("The value is %s.", exact_shown(a))));
}

void
exact_check_above_zero(Numeric a, const char *argument)
{
	exact_check_finite(a, argument);
	if (unlikely(exact_compare(a, int64_to_numeric(0)) <= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above zero", argument),
				 errdetail("The value is %s.", exact_shown(a))));
}

void
exact_check_fraction(Numeric a, const char *argument, const char *hint)
{
	exact_check_at_least_zero(a, argument);
	if (unlikely(exact_compare(a, int64_to_numeric(1)) > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 1", argument),
				 errdetail("The value is %s.", exact_shown(a)),
				 errhint("%s", hint)));
}

void
exact_check_count(int64 count, const char *argument)
{
	if (unlikely(count < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", argument),
				 errdetail("The value is %lld.", (long long) count)));
}
