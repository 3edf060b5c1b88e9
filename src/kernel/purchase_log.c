/*
 * purchase_log.c
 *		Growing a purchase_digest, row by row or day by day.
 */
#include "purchase_log.h"

#include <stdlib.h>
#include <string.h>

#define INSERTION_SORT_LIMIT	24

void
purchase_log_init(purchase_log *log)
{
	log->form = PURCHASE_FORM_LOG;
	log->scale = 0;
	log->ordered = true;
	log->reserved = 0;
	log->count = 0;
	log->reserved2 = 0;
}

/* all or nothing: the largest magnitude decides before anything is changed */
static loyalty_status
raise_scale(purchase_log *log, int scale)
{
	int64_t		factor = decimal_power10[scale - log->scale];
	int64_t		ignored;

	for (uint32_t i = 0; i < log->count; i++)
		if (__builtin_mul_overflow(log->days[i].amount, factor, &ignored))
			return LOYALTY_AMOUNT_OVERFLOW;
	for (uint32_t i = 0; i < log->count; i++)
		log->days[i].amount *= factor;
	log->scale = (uint8_t) scale;
	return LOYALTY_OK;
}

static loyalty_status
add_to_day(purchase_day *to, const purchase_day *from)
{
	int64_t		amount;
	int32_t		orders;

	if (__builtin_add_overflow(to->amount, from->amount, &amount))
		return LOYALTY_AMOUNT_OVERFLOW;
	if (__builtin_add_overflow(to->orders, from->orders, &orders))
		return LOYALTY_COUNT_OVERFLOW;
	to->amount = amount;
	to->orders = orders;
	return LOYALTY_OK;
}

loyalty_status
purchase_log_add_day(purchase_log *log, uint32_t capacity,
					 const purchase_day *day, int scale)
{
	purchase_day row = *day;
	loyalty_status status;

	if (scale != log->scale)
	{
		if (scale > log->scale)
			status = raise_scale(log, scale);
		else
			status = decimal_rescale(row.amount, scale, log->scale, &row.amount);
		if (status != LOYALTY_OK)
			return status;
	}

	if (log->count > 0)
	{
		purchase_day *last = &log->days[log->count - 1];

		if (row.day == last->day)
			return add_to_day(last, &row);
		if (log->count == capacity)
		{
			/* joining must free a quarter, or sorting would eat every gain */
			if (log->ordered)
				return LOYALTY_FULL;
			status = purchase_log_order(log);
			if (status != LOYALTY_OK)
				return status;
			if (log->count > capacity - capacity / 4)
				return LOYALTY_FULL;
			return purchase_log_add_day(log, capacity, &row, log->scale);
		}
		if (row.day < last->day)
			log->ordered = false;
	}
	else if (capacity == 0)
		return LOYALTY_FULL;
	log->days[log->count++] = row;
	return LOYALTY_OK;
}

loyalty_status
purchase_log_add(purchase_log *log, uint32_t capacity, int32_t day, decimal_amount amount)
{
	purchase_day row = {day, amount.negative ? 0 : 1, amount.units};

	if (!calendar_day_is_valid(day))
		return LOYALTY_DATE_RANGE;
	return purchase_log_add_day(log, capacity, &row, amount.scale);
}

static int
compare_days(const void *a, const void *b)
{
	int32_t		x = ((const purchase_day *) a)->day;
	int32_t		y = ((const purchase_day *) b)->day;

	return (x > y) - (x < y);
}

loyalty_status
purchase_log_order(purchase_log *log)
{
	purchase_day *days = log->days;
	uint32_t	n = log->count;
	uint32_t	kept = 0;

	if (log->ordered)
		return LOYALTY_OK;

	if (n <= INSERTION_SORT_LIMIT)
		for (uint32_t i = 1; i < n; i++)
		{
			purchase_day row = days[i];
			uint32_t	j = i;

			for (; j > 0 && days[j - 1].day > row.day; j--)
				days[j] = days[j - 1];
			days[j] = row;
		}
	else
		qsort(days, n, sizeof(purchase_day), compare_days);

	for (uint32_t i = 1; i < n; i++)
	{
		if (days[i].day == days[kept].day)
		{
			loyalty_status status = add_to_day(&days[kept], &days[i]);

			if (status != LOYALTY_OK)
				return status;
		}
		else
			days[++kept] = days[i];
	}
	log->count = n == 0 ? 0 : kept + 1;
	log->ordered = true;
	return LOYALTY_OK;
}
