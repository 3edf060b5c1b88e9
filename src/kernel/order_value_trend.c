/*
 * order_value_trend.c
 *		Monthly average order values and their direction.
 */
#include "order_value_trend.h"

int32_t
order_value_last_month(int32_t as_of)
{
	/* on its last day a month is over */
	return calendar_month(as_of + 1) - 1;
}

void
order_value_months(const purchase_view *view, int32_t last, int n, order_month *months)
{
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;

	memset(months, 0, sizeof(order_month) * (size_t) n);
	while (purchase_next(&cursor, &day))
	{
		int64_t		at = (int64_t) calendar_month(day.day) - ((int64_t) last - n + 1);

		if (at < 0)
			continue;
		if (at >= n)
			break;
		months[at].net += day.amount;
		months[at].orders += day.orders;
	}
}

bool
order_value_slope(const order_month *months, int n, int scale, double *slope)
{
	double		weight = 0,
				mean_month = 0,
				mean_value = 0,
				spread = 0,
				common = 0;
	int			used = 0;

	for (int i = 0; i < n; i++)
	{
		if (months[i].orders == 0)
			continue;
		used++;
		weight += (double) months[i].orders;
		mean_month += (double) months[i].orders * i;
		mean_value += decimal_to_double(months[i].net, scale);
	}
	if (used < 2)
		return false;
	mean_month /= weight;
	mean_value /= weight;

	/* about the means, so that a long level history does not cancel */
	for (int i = 0; i < n; i++)
	{
		double		orders = (double) months[i].orders;
		double		away = (double) i - mean_month;

		if (months[i].orders == 0)
			continue;
		spread += orders * away * away;
		common += away * (decimal_to_double(months[i].net, scale) - orders * mean_value);
	}
	*slope = common / spread;
	return true;
}

int
order_value_falling(const order_month *months, int n)
{
	int			falling = 1;

	for (int i = 0; i < n; i++)
	{
		if (months[i].orders == 0)
			return -1;
		/* net_i/orders_i < net_{i-1}/orders_{i-1}, in whole numbers */
		if (i > 0 &&
			months[i].net * months[i - 1].orders >= months[i - 1].net * months[i].orders)
			falling = 0;
	}
	return falling;
}
