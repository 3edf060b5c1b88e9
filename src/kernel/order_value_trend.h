/*
 * order_value_trend.h
 *		The average order value of one customer, calendar month by calendar
 *		month, and whether it falls.
 */
#ifndef LOYALTY_KERNEL_ORDER_VALUE_TREND_H
#define LOYALTY_KERNEL_ORDER_VALUE_TREND_H

#include "purchase_digest.h"

typedef struct order_month
{
	decimal_wide net;			/* all amounts of the month, returns included */
	int64_t		orders;
} order_month;

/* the last calendar month that is over at the end of day as_of, as calendar_month counts */
extern int32_t order_value_last_month(int32_t as_of);

/*
 * Sums the `n` months that end with `last` into months[0..n-1], oldest first.
 */
extern void order_value_months(const purchase_view *view, int32_t last, int n, order_month *months);

/*
 * The order-weighted least-squares slope of net/orders over the months that
 * have orders, in money per month; false where fewer than two have.
 */
extern bool order_value_slope(const order_month *months, int n, int scale, double *slope);

/*
 * 1: each month's average strictly below the one before it; 0: not so;
 * -1: a month has no order, so nothing can be said.
 */
extern int	order_value_falling(const order_month *months, int n);

#endif							/* LOYALTY_KERNEL_ORDER_VALUE_TREND_H */
