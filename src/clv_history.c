/*
 * clv_history.c
 *		From a digest to what a model knows of a customer.
 */
#include "clv_history.h"

#include <math.h>

#include "utils/builtins.h"

#include "kernel/calendar.h"
#include "report.h"

bool
clv_step_of_interval(const Interval *interval, clv_step *step)
{
	step->months = interval->month;
	step->days = interval->day;
	return interval->time == 0 && calendar_step_is_valid(step->months, step->days);
}

clv_step
clv_step_from_interval(const Interval *interval)
{
	clv_step	step;

	if (!clv_step_of_interval(interval, &step))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be a whole number of months or of days"),
				 errdetail("The value is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out, PointerGetDatum(interval)))),
				 errhint("Use '1 year', '1 month', '7 days' and the like.")));
	return step;
}

char *
clv_step_to_text(clv_step step)
{
	return step.months > 0 ? psprintf("%d mons", step.months) : psprintf("%d days", step.days);
}

static bool
is_days(clv_step step)
{
	return step.months == 0 && step.days == 0;
}

/* What a digest is in steps of the calendar, of those that were over by as_of. */
typedef struct stepped
{
	int32		first;			/* step of the first purchase */
	int32		last;			/* of the last */
	int32		last_over;
	int64		repeats;		/* steps after the first with a purchase */
	decimal_wide spend;			/* net amount of their purchase days */
} stepped;

static stepped
steps_of(const purchase_view *view, int32 first_day, DateADT as_of, clv_step step)
{
	stepped		steps = {0};
	purchase_cursor cursor = purchase_start(view);
	purchase_day day;

	steps.first = steps.last = calendar_step(first_day, step.months, step.days);
	steps.last_over = calendar_step(as_of + 1, step.months, step.days) - 1;
	while (purchase_next(&cursor, &day) && day.day <= as_of)
	{
		int32		at;

		if (day.orders == 0)
			continue;
		at = calendar_step(day.day, step.months, step.days);
		if (at > steps.last_over)
			break;
		if (at > steps.last)
			steps.repeats++;
		steps.last = at;
		if (at > steps.first)
			steps.spend += day.amount;
	}
	return steps;
}

bool
clv_history_of(const purchase_view *view, DateADT as_of, clv_step step, lifetime_history *history)
{
	purchase_timing timing = purchase_digest_timing(view, as_of);
	stepped		steps;

	if (timing.purchase_days == 0)
		return false;
	if (is_days(step))
	{
		history->x = (double) (timing.purchase_days - 1);
		history->t_x = (double) timing.last - timing.first;
		history->tenure = (double) as_of - timing.first;
		return true;
	}
	steps = steps_of(view, timing.first, as_of, step);
	history->x = (double) steps.repeats;
	history->t_x = (double) steps.last - steps.first;
	history->tenure = (double) Max(steps.last_over - steps.first, 0);
	return true;
}

double
clv_mean_spend(const purchase_view *view, DateADT as_of, clv_step step)
{
	purchase_timing timing;
	stepped		steps;

	if (is_days(step))
	{
		purchase_money money = purchase_digest_money(view, as_of);

		return money.repeat_days == 0 ? 0 :
			decimal_to_double(money.repeat_spend, view->scale) / (double) money.repeat_days;
	}
	timing = purchase_digest_timing(view, as_of);
	if (timing.purchase_days == 0)
		return 0;
	steps = steps_of(view, timing.first, as_of, step);
	return steps.repeats == 0 ? 0 : decimal_to_double(steps.spend, view->scale) / (double) steps.repeats;
}

static void
refuse_history(const char *message, const char *name, double value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", message),
			 errdetail("The value of %s is %g.", name, value)));
}

void
clv_check_history(double x, double t_x, double tenure)
{
	if (unlikely(!(x >= 0) || x != floor(x) || x > LIFETIME_MOST_PURCHASES))
		refuse_history("x must be a whole number from 0 to 1e9", "x", x);
	if (unlikely(!(t_x >= 0) || t_x > LIFETIME_MOST_TIME))
		refuse_history("t_x must be a number from 0 to 1e18", "t_x", t_x);
	if (unlikely(!(tenure >= 0) || tenure > LIFETIME_MOST_TIME))
		refuse_history("tenure must be a number from 0 to 1e18", "tenure", tenure);
	if (unlikely(t_x > tenure))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("t_x must not be above tenure"),
				 errdetail("The values are %g and %g.", t_x, tenure)));
	if (unlikely((x > 0) != (t_x > 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("x and t_x must be above zero together"),
				 errdetail("The values are %g and %g.", x, t_x),
				 errhint("x counts the purchases after the first, t_x is the time from the first to the last.")));
}

void
clv_check_opportunities(const lifetime_model *process, const lifetime_history *history)
{
	bool		whole = history->t_x == floor(history->t_x) && history->tenure == floor(history->tenure);

	if (unlikely(!whole || history->x > history->t_x || history->tenure > CLV_MOST_OPPORTUNITIES))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("x, t_x and tenure must count opportunities for model %s", process->name),
				 errdetail("The values are %g, %g and %g.", history->x, history->t_x, history->tenure),
				 errhint("All three are whole numbers, x is not above t_x, and tenure not above %d.", CLV_MOST_OPPORTUNITIES)));
	if (unlikely(process == &sbg &&
				 (history->t_x != history->x ||
				  (history->x != history->tenure && history->x != history->tenure - 1))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("x, t_x and tenure are not those of a contract"),
				 errdetail("The values are %g, %g and %g.", history->x, history->t_x, history->tenure),
				 errhint("x = t_x counts the renewals: tenure of a customer still, tenure - 1 of one who left.")));
}

DateADT
clv_horizon_end(DateADT as_of, Interval *horizon)
{
	Datum		from;
	Timestamp	until;
	DateADT		day;

	/* plain days need no calendar */
	if (horizon->month == 0 && horizon->time == 0 && horizon->day >= 0 &&
		check_date(as_of, "as_of") <= CALENDAR_LAST_DAY - horizon->day)
		return as_of + horizon->day;
	from = DirectFunctionCall1(date_timestamp, DateADTGetDatum(check_date(as_of, "as_of")));
	until = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, from, IntervalPGetDatum(horizon)));
	if (TIMESTAMP_NOT_FINITE(until))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be finite"),
				 errhint("For ever is what residual_ltv answers.")));
	day = DatumGetDateADT(DirectFunctionCall1(timestamp_date, TimestampGetDatum(until)));
	if (day < as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must not be negative"),
				 errdetail("The value is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(horizon))))));
	return day;
}
