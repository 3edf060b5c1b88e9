/*
 * purchase_log.c
 *		Growing a purchase_digest, row by row or day by day.
 */
#include "purchase_log.h"

#include <stdlib.h>

#define INSERTION_SORT_LIMIT	24

void
purchase_log_init(purchase_log *log, bool wide)
{
	log->form = FLAT_FORM_LOG;
	log->scale = 0;
	log->display = 0;
	log->ordered = true;
	log->wide = wide;
	log->count = 0;
	log->base_day = 0;
	log->last_day = 0;
	log->reserved = 0;
}

/* false where the day needs the wide form */
static inline bool
narrow_word(int32_t base_day, purchase_day day, uint64_t *word)
{
	int64_t		offset = (int64_t) day.day - base_day + 32768;

	if (offset < 0 || offset > 65535 || (uint32_t) day.orders > 255 ||
		day.amount < -(INT64_C(1) << 39) || day.amount >= (INT64_C(1) << 39))
		return false;
	*word = (uint64_t) offset << 48 | (uint64_t) day.orders << 40 |
		((uint64_t) day.amount & ((UINT64_C(1) << 40) - 1));
	return true;
}

static inline loyalty_status
put_day(purchase_log *log, uint32_t i, purchase_day day)
{
	if (log->wide)
		log->days.wide[i] = day;
	else if (!narrow_word(log->base_day, day, &log->days.narrow[i]))
		return LOYALTY_WIDE;
	return LOYALTY_OK;
}

static loyalty_status
raise_scale(purchase_log *log, int scale)
{
	int64_t		factor = decimal_power10[scale - log->scale];

	/* all or nothing: look before anything is changed */
	for (uint32_t i = 0; i < log->count; i++)
	{
		purchase_day day = purchase_log_day(log, i);
		uint64_t	word;

		if (__builtin_mul_overflow(day.amount, factor, &day.amount))
			return LOYALTY_AMOUNT_OVERFLOW;
		if (!log->wide && !narrow_word(log->base_day, day, &word))
			return LOYALTY_WIDE;
	}
	for (uint32_t i = 0; i < log->count; i++)
	{
		purchase_day day = purchase_log_day(log, i);

		day.amount *= factor;
		put_day(log, i, day);
	}
	log->scale = (uint8_t) scale;
	return LOYALTY_OK;
}

static inline loyalty_status
join_days(purchase_day *to, purchase_day from)
{
	/* the smallest 64-bit number has no counterpart: text could not bring it back */
	if (__builtin_add_overflow(to->amount, from.amount, &to->amount) || to->amount == INT64_MIN)
		return LOYALTY_AMOUNT_OVERFLOW;
	if (__builtin_add_overflow(to->orders, from.orders, &to->orders))
		return LOYALTY_COUNT_OVERFLOW;
	return LOYALTY_OK;
}

/* joins a day to the one at index i, which has the same date */
static loyalty_status
join_at(purchase_log *log, uint32_t i, purchase_day day)
{
	purchase_day joined = purchase_log_day(log, i);
	loyalty_status status = join_days(&joined, day);

	return status == LOYALTY_OK ? put_day(log, i, joined) : status;
}

/* the index of a date in a log that is in order; count where it is not there */
static uint32_t
find_day(const purchase_log *log, int32_t day)
{
	uint32_t	low = 0,
				high = log->count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		int32_t		here = purchase_log_day(log, middle).day;

		if (here == day)
			return middle;
		if (here < day)
			low = middle + 1;
		else
			high = middle;
	}
	return log->count;
}

/* the day's amount is at the log's scale already */
static loyalty_status
add_scaled_day(purchase_log *log, uint32_t capacity, purchase_day day)
{
	uint32_t	n = log->count;
	loyalty_status status;

	if (n == 0)
		log->base_day = day.day;
	else
	{
		if (day.day == log->last_day)
			return join_at(log, n - 1, day);
		if (day.day < log->last_day && log->ordered)
		{
			/* among many rows a day most often is one that is there */
			uint32_t	i = find_day(log, day.day);

			if (i < n)
				return join_at(log, i, day);
		}
		if (n == capacity && !log->ordered)
		{
			status = purchase_log_order(log);
			if (status != LOYALTY_OK)
				return status;
			/* joining must have freed a quarter, or sorting would eat every gain */
			if (log->count > capacity - capacity / 4)
				return LOYALTY_FULL;
			return add_scaled_day(log, capacity, day);
		}
	}
	if (n == capacity)
		return LOYALTY_FULL;
	status = put_day(log, n, day);
	if (status != LOYALTY_OK)
		return status;
	if (n > 0 && day.day < log->last_day)
		log->ordered = false;
	log->count = n + 1;
	log->last_day = day.day;
	return LOYALTY_OK;
}

loyalty_status
purchase_log_add_day(purchase_log *log, uint32_t capacity, purchase_day day, int scale, int display)
{
	loyalty_status status = LOYALTY_OK;

	if (scale > log->scale)
		status = raise_scale(log, scale);
	else if (scale < log->scale)
		status = decimal_rescale(day.amount, scale, log->scale, &day.amount);
	if (status == LOYALTY_OK)
		status = add_scaled_day(log, capacity, day);
	if (status == LOYALTY_OK && display > log->display)
		log->display = (uint8_t) display;
	return status;
}

loyalty_status
purchase_log_add(purchase_log *log, uint32_t capacity, int32_t day, decimal_amount amount)
{
	purchase_day row = {day, amount.negative ? 0 : 1, amount.units};

	if (!calendar_day_is_valid(day))
		return LOYALTY_DATE_RANGE;
	return purchase_log_add_day(log, capacity, row, amount.scale, amount.display);
}

void
purchase_log_move(const purchase_log *from, purchase_log *to)
{
	to->scale = from->scale;
	to->display = from->display;
	to->ordered = from->ordered;
	to->base_day = from->base_day;
	to->last_day = from->last_day;
	to->count = from->count;
	if (from->wide == to->wide)
		memcpy(&to->days, &from->days, purchase_log_size(from->count, from->wide) - PURCHASE_LOG_HEADER);
	else
		for (uint32_t i = 0; i < from->count; i++)
			to->days.wide[i] = purchase_log_day(from, i);
}

static int
compare_wide(const void *a, const void *b)
{
	int32_t		x = ((const purchase_day *) a)->day;
	int32_t		y = ((const purchase_day *) b)->day;

	return (x > y) - (x < y);
}

static int
compare_narrow(const void *a, const void *b)
{
	uint64_t	x = *(const uint64_t *) a;
	uint64_t	y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

static void
sort_days(purchase_log *log)
{
	uint64_t   *words = log->days.narrow;

	if (log->wide)
		qsort(log->days.wide, log->count, sizeof(purchase_day), compare_wide);
	else if (log->count > INSERTION_SORT_LIMIT)
		qsort(words, log->count, sizeof(uint64_t), compare_narrow);
	else
		for (uint32_t i = 1; i < log->count; i++)
		{
			uint64_t	word = words[i];
			uint32_t	j = i;

			for (; j > 0 && words[j - 1] > word; j--)
				words[j] = words[j - 1];
			words[j] = word;
		}
}

loyalty_status
purchase_log_order(purchase_log *log)
{
	purchase_day last;
	uint32_t	kept = 0;

	if (log->ordered)
		return LOYALTY_OK;
	sort_days(log);

	/* the days of one date to one; where that fails, what is left still holds every row */
	last = purchase_log_day(log, 0);
	for (uint32_t i = 1; i < log->count; i++)
	{
		purchase_day day = purchase_log_day(log, i);
		loyalty_status status = LOYALTY_OK;

		if (day.day == last.day)
		{
			purchase_day joined = last;

			status = join_days(&joined, day);
			if (status == LOYALTY_OK)
				status = put_day(log, kept, joined);
			if (status == LOYALTY_OK)
				last = joined;
		}
		else
		{
			put_day(log, ++kept, day);
			last = day;
		}
		if (status != LOYALTY_OK)
		{
			for (kept++; i < log->count; i++)
				put_day(log, kept++, purchase_log_day(log, i));
			log->count = kept;
			log->last_day = purchase_log_day(log, kept - 1).day;
			return status;
		}
	}
	log->count = kept + 1;
	log->last_day = last.day;
	log->ordered = true;
	return LOYALTY_OK;
}
