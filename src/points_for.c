/*
 * points_for.c
 *		What a purchase earns: points for an amount, free items for visits.
 *
 * Points are f(amount) = rounded(amount x rate), f rising: so the points of a
 * return are f(net before) - f(net after), those of an order line f(total to
 * here) - f(total before), and however an order is taken apart, the parts
 * add up to what the whole earned or still earns.  That is why a negative
 * amount is refused: its points would be rounded alone.
 */
#include "compat.h"

#include "utils/builtins.h"

#include "exact.h"

typedef enum rounding
{
	FLOOR, HALF_UP, HALF_EVEN, CEIL, ROUNDINGS
} rounding;

static const char *const rounding_names[ROUNDINGS] = {"floor", "half_up", "half_even", "ceil"};

static rounding
rounding_of(text *mode)
{
	char	   *name = text_to_cstring(mode);

	for (int i = 0; i < ROUNDINGS; i++)
		if (strcmp(name, rounding_names[i]) == 0)
			return (rounding) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown mode \"%s\"", name),
			 errhint("Valid modes are \"%s\", \"%s\", \"%s\" and \"%s\".",
					 rounding_names[FLOOR], rounding_names[HALF_UP], rounding_names[HALF_EVEN],
					 rounding_names[CEIL])));
}

/* a number that is not negative, to a whole one */
static Numeric
rounded(Numeric exact, rounding mode)
{
	Numeric		one = int64_to_numeric(1);
	Numeric		two = int64_to_numeric(2);
	Numeric		whole = exact_quotient(exact, one);
	Numeric		rest = exact_subtract(exact, whole);
	int			half = exact_compare(exact_multiply(rest, two), one);
	bool		up = false;

	switch (mode)
	{
		case FLOOR:
		case ROUNDINGS:
			break;
		case HALF_UP:
			up = half >= 0;
			break;
		case HALF_EVEN:
			up = half > 0 ||
				(half == 0 && exact_compare(exact_multiply(exact_quotient(whole, two), two), whole) != 0);
			break;
		case CEIL:
			up = exact_compare(rest, int64_to_numeric(0)) > 0;
			break;
	}
	return up ? exact_add(whole, one) : whole;
}

/* not strict: step NULL means that every part of the amount counts */
PG_FUNCTION_INFO_V1(points_for);
Datum
points_for(PG_FUNCTION_ARGS)
{
	Numeric		amount,
				rate,
				points;
	rounding	mode;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	amount = PG_GETARG_NUMERIC(0);
	rate = PG_GETARG_NUMERIC(1);
	mode = rounding_of(PG_GETARG_TEXT_PP(2));

	exact_check_finite(amount, "amount");
	if (exact_compare(amount, int64_to_numeric(0)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", "amount"),
				 errdetail("The value is %s.", exact_shown(amount)),
				 errhint("A return takes points_for(net before it) - points_for(net after it).")));
	exact_check_at_least_zero(rate, "rate");
	if (!PG_ARGISNULL(3))
	{
		Numeric		step = PG_GETARG_NUMERIC(3);

		exact_check_above_zero(step, "step");
		amount = exact_multiply(exact_quotient(amount, step), step);
	}

	points = rounded(exact_multiply(amount, rate), mode);
	if (exact_compare(points, int64_to_numeric(PG_INT64_MAX)) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points are out of range"),
				 errdetail("The value is %s, and an account can have 9223372036854775807.", exact_shown(points))));
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_int8, NumericGetDatum(points)));
}

static int64
check_every(int64 every)
{
	if (unlikely(every < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("every must be at least 1"),
				 errdetail("The value is %lld.", (long long) every),
				 errhint("Every tenth free is 10.")));
	return every;
}

PG_FUNCTION_INFO_V1(points_for_stamps_earned);
Datum
points_for_stamps_earned(PG_FUNCTION_ARGS)
{
	int64		visits = PG_GETARG_INT64(0);
	int64		every = check_every(PG_GETARG_INT64(1));

	exact_check_count(visits, "visits");
	PG_RETURN_INT64(visits / every);
}

PG_FUNCTION_INFO_V1(points_for_stamps_to_next);
Datum
points_for_stamps_to_next(PG_FUNCTION_ARGS)
{
	int64		visits = PG_GETARG_INT64(0);
	int64		every = check_every(PG_GETARG_INT64(1));

	exact_check_count(visits, "visits");
	PG_RETURN_INT64(every - visits % every);
}
