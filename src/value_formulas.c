/*
 * value_formulas.c
 *		Back-of-the-envelope value of a customer: what one is worth over a
 *		lifetime, what losing some costs.
 *
 * Numeric in, numeric out, and nothing but numeric's own arithmetic between.
 *
 * ltv is the sum of margin q^t over t = 0 .. n-1 with q = retention /
 * (1 + discount), in closed form: margin (1 - q^n) / (1 - q).  Written with
 * D = 1 + discount it is margin D (1 - q^n) / (D - retention), where D,
 * D - retention and the products are exact; only q^n is rounded.  How far it
 * must be carried follows from the arguments: the nearer q is to 1, the more
 * leading digits 1 - q^n cancels, and the larger q^n grows, the more digits
 * it has to the left.
 */
#include "compat.h"

#include <math.h>

#include "utils/builtins.h"

#include "exact.h"

/* what the answer shows at least, as decimals or, below 1, as significant digits */
#define SHOWN_DIGITS		20

/* carried beyond what cancels and grows: those shown, those that 2^31 multiplications lose, and more */
#define GUARD_DIGITS		60
#define LOST_DIGITS			12

/* numeric divides to no more decimals than this */
#define MOST_DECIMALS		1000

/* q this near to 1 (10^-n) without being 1 is beyond that */
#define NEAREST_TO_ONE		400

/* the powers that are carried */
#define MOST_GROWTH			900

/* the power of ten of the leading digit: 2 for 123.4, -3 for 0.00123; false for zero */
static bool
magnitude(Numeric a, int *power)
{
	char	   *text = exact_text(a);
	const char *point = strchr(text, '.');
	const char *digit = text + strcspn(text, "123456789");
	bool		found = *digit != '\0';

	if (point == NULL)
		point = text + strlen(text);
	*power = (int) (digit < point ? point - digit - 1 : point - digit);
	pfree(text);
	return found;
}

static void
refuse_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("lifetime value is out of range"),
			 errdetail("(retention / (1 + discount)) ^ periods has more than %d digits.", MOST_GROWTH)));
}

/* q^n, n > 0, by squaring; `digits` of it are kept, log10_q says where they begin */
static Numeric
power(Numeric q, int32 n, int digits, double log10_q)
{
	Numeric		result = q;
	int32		exponent = 1;

	for (int bit = 30 - __builtin_clz((unsigned int) n); bit >= 0; bit--)
	{
		Numeric		square = exact_multiply(result, result);

		exponent *= 2;
		if (n >> bit & 1)
		{
			square = exact_multiply(square, q);
			exponent++;
		}
		result = exact_round(square, digits - (log10_q > 0 ? (int) (exponent * log10_q) : 0));
	}
	return result;
}

/* periods < 0: for ever */
static Numeric
ltv(Numeric margin, Numeric retention, Numeric discount, int32 periods)
{
	Numeric		zero = int64_to_numeric(0);
	Numeric		one = int64_to_numeric(1);
	Numeric		divisor = exact_add(one, discount);
	Numeric		difference = exact_subtract(divisor, retention);
	int			order = exact_compare(difference, zero);
	int			nearness,
				size,
				carried,
				decimals;
	Numeric		sum;

	if (periods == 0 || exact_compare(margin, zero) == 0)
		return zero;
	if (periods == 1)
		return exact_trim(margin);
	if (periods < 0 && order <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lifetime value without an end diverges"),
				 errdetail("The retention %s is not below 1 + discount, which is %s.",
						   exact_shown(retention), exact_shown(divisor)),
				 errhint("Give a number of periods.")));
	if (order == 0)
		return exact_trim(exact_multiply(margin, int64_to_numeric(periods)));

	/* 1 - q to a few digits, for how much is to be carried */
	{
		Numeric		rough = exact_divide(exact_round(difference, MOST_DECIMALS), divisor);
		double		growth = 0;
		double		log10_q = log1p(-DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
																		NumericGetDatum(rough)))) / M_LN10;

		if (!magnitude(rough, &nearness) || nearness < -NEAREST_TO_ONE)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("retention is too near to 1 + discount"),
					 errdetail("They differ, but by less than 10^-%d of it.", NEAREST_TO_ONE)));
		nearness = Max(-nearness, 0);
		if (periods > 0 && order < 0)
			growth = periods * log10_q;
		if (!(growth <= MOST_GROWTH))
			refuse_large();
		carried = Min(2 * nearness + GUARD_DIGITS + (int) growth, MOST_DECIMALS);

		sum = exact_multiply(margin, divisor);
		if (periods > 0)
		{
			Numeric		q = exact_divide(exact_round(retention, carried), divisor);

			sum = exact_multiply(sum, exact_subtract(one, power(q, periods, carried, log10_q)));
		}
	}

	if (!magnitude(sum, &size))
		size = 0;
	decimals = Max(GUARD_DIGITS, GUARD_DIGITS - size);
	sum = exact_divide(exact_round(sum, Min(decimals + nearness, MOST_DECIMALS)), difference);

	if (!magnitude(sum, &size))
		size = 0;
	decimals = Max(SHOWN_DIGITS, SHOWN_DIGITS - 1 - size);
	if (periods > 0)
		decimals = Min(decimals, carried - LOST_DIGITS - nearness - size);
	return exact_trim(exact_round(sum, decimals));
}

/* not strict: periods NULL means for ever */
PG_FUNCTION_INFO_V1(value_formulas_ltv);
Datum
value_formulas_ltv(PG_FUNCTION_ARGS)
{
	Numeric		margin,
				retention,
				discount;
	int32		periods = PG_ARGISNULL(3) ? -1 : PG_GETARG_INT32(3);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	margin = PG_GETARG_NUMERIC(0);
	retention = PG_GETARG_NUMERIC(1);
	discount = PG_GETARG_NUMERIC(2);

	exact_check_finite(margin, "margin");
	exact_check_at_least_zero(retention, "retention");
	exact_check_finite(discount, "discount");
	if (exact_compare(discount, int64_to_numeric(-1)) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount must be above -1"),
				 errdetail("The value is %s.", exact_shown(discount))));
	if (periods < 0 && !PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("periods must not be negative"),
				 errdetail("The value is %d.", periods),
				 errhint("NULL means for ever.")));
	PG_RETURN_NUMERIC(ltv(margin, retention, discount, periods));
}

PG_FUNCTION_INFO_V1(value_formulas_attrition_cost);
Datum
value_formulas_attrition_cost(PG_FUNCTION_ARGS)
{
	int64		customers = PG_GETARG_INT64(0);
	Numeric		churn_rate = PG_GETARG_NUMERIC(1);
	Numeric		value = PG_GETARG_NUMERIC(2);

	exact_check_count(customers, "customers");
	exact_check_fraction(churn_rate, "churn_rate", "20 % is 0.20.");
	exact_check_finite(value, "value");
	PG_RETURN_NUMERIC(exact_trim(exact_multiply(exact_multiply(int64_to_numeric(customers), churn_rate), value)));
}
