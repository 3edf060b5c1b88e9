/*
 * points_liability.c
 *		The books: what points that are out owe, and when the revenue behind
 *		them is earned.
 *
 * IFRS 15 (B39 to B43, Example 52) and ASC 606 are alike here: points that
 * give a material right are a sale of their own.  The price is shared out by
 * stand-alone values, the points' part is deferred, and it becomes revenue in
 * the proportion of points redeemed to points expected to be redeemed.
 *
 * What is booked is rounded once, half away from zero, to the decimals that
 * the money argument shows: 100000 gives whole units, 100000.00 cents.
 * Recognition is cumulative: the booking of a period is the difference of two
 * cumulative amounts, so that roundings never add up.  A valuation (liability,
 * breakage) is an exact product, to be rounded where it is reported.
 */
#include "compat.h"

#include "exact.h"

/* money has no more decimals than this */
#define MOST_DECIMALS	20

/* part x money / whole, rounded once; all at least zero, whole above */
static Numeric
share_of(Numeric money, Numeric part, Numeric whole)
{
	int			decimals = Min(exact_decimals(money), MOST_DECIMALS);
	Numeric		unit = exact_from_text(psprintf("1e-%d", decimals));
	Numeric		units = exact_trim(exact_multiply(money, exact_from_text(psprintf("1e%d", decimals))));
	Numeric		two = int64_to_numeric(2);
	Numeric		dividend = exact_add(exact_multiply(two, exact_multiply(units, part)), whole);

	/* floor(units x part / whole + 1/2); the smallest number would not outlive a multiplication by `unit` */
	return exact_multiply(exact_quotient(dividend, exact_multiply(two, whole)), unit);
}

PG_FUNCTION_INFO_V1(points_liability_deferred_revenue);
Datum
points_liability_deferred_revenue(PG_FUNCTION_ARGS)
{
	Numeric		price = PG_GETARG_NUMERIC(0);
	Numeric		goods_value = PG_GETARG_NUMERIC(1);
	Numeric		points_value = PG_GETARG_NUMERIC(2);
	Numeric		whole;

	exact_check_at_least_zero(price, "price");
	exact_check_at_least_zero(goods_value, "goods_value");
	exact_check_at_least_zero(points_value, "points_value");
	whole = exact_add(goods_value, points_value);
	if (exact_compare(whole, int64_to_numeric(0)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("goods_value and points_value must not both be zero"),
				 errdetail("The price is shared out in their proportion.")));
	PG_RETURN_NUMERIC(share_of(price, points_value, whole));
}

PG_FUNCTION_INFO_V1(points_liability_recognized_revenue);
Datum
points_liability_recognized_revenue(PG_FUNCTION_ARGS)
{
	Numeric		deferred = PG_GETARG_NUMERIC(0);
	Numeric		redeemed = PG_GETARG_NUMERIC(1);
	Numeric		expected = PG_GETARG_NUMERIC(2);

	exact_check_at_least_zero(deferred, "deferred");
	exact_check_at_least_zero(redeemed, "redeemed");
	exact_check_above_zero(expected, "expected");
	/* more cannot be earned than was deferred, however far off the estimate was */
	if (exact_compare(redeemed, expected) > 0)
		redeemed = expected;
	PG_RETURN_NUMERIC(share_of(deferred, redeemed, expected));
}

/* points x unit_value, of which `rate` */
static Numeric
value_of_points(FunctionCallInfo fcinfo, bool redeemed)
{
	int64		points = PG_GETARG_INT64(0);
	Numeric		unit_value = PG_GETARG_NUMERIC(1);
	Numeric		rate = PG_GETARG_NUMERIC(2);

	exact_check_count(points, "points");
	exact_check_at_least_zero(unit_value, "unit_value");
	exact_check_fraction(rate, "redemption_rate", "95 % is 0.95.");
	if (!redeemed)
		rate = exact_subtract(int64_to_numeric(1), rate);
	return exact_trim(exact_multiply(exact_multiply(int64_to_numeric(points), unit_value), rate));
}

PG_FUNCTION_INFO_V1(points_liability);
Datum
points_liability(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(value_of_points(fcinfo, true));
}

PG_FUNCTION_INFO_V1(points_liability_breakage);
Datum
points_liability_breakage(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(value_of_points(fcinfo, false));
}
