/*
 * order_value_trend.c
 *		Has the customer's average order value fallen, month by month?
 */
#include "purchase_digest.h"

#include "kernel/order_value_trend.h"
#include "report.h"

#define MOST_MONTHS		1200	/* a century */

/*
 * (p, as_of, months): the last complete months, and `before` months ahead of
 * them; returns how many.
 */
static int
month_args(FunctionCallInfo fcinfo, int before, purchase_view *view, order_month **months)
{
	DateADT		as_of = check_date(PG_GETARG_DATEADT(1), "as_of");
	int32		n = PG_GETARG_INT32(2);

	if (n < 1 || n > MOST_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months must be between 1 and %d", MOST_MONTHS),
				 errdetail("The value is %d.", n)));
	n += before;
	PG_GETARG_PURCHASE_VIEW(0, view);
	*months = palloc(sizeof(order_month) * (Size) n);
	order_value_months(view, order_value_last_month(as_of), n, *months);
	return n;
}

PG_FUNCTION_INFO_V1(purchase_digest_order_value_trend);
Datum
purchase_digest_order_value_trend(PG_FUNCTION_ARGS)
{
	purchase_view view;
	order_month *months;
	int			n = month_args(fcinfo, 0, &view, &months);
	double		slope;

	if (!order_value_slope(months, n, view.scale, &slope))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(slope);
}

PG_FUNCTION_INFO_V1(purchase_digest_is_falling);
Datum
purchase_digest_is_falling(PG_FUNCTION_ARGS)
{
	purchase_view view;
	order_month *months;
	int			n = month_args(fcinfo, 1, &view, &months);
	int			falling = order_value_falling(months, n);

	if (falling < 0)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(falling);
}
