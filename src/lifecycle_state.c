/*
 * lifecycle_state.c
 *		One word for where a customer stands: new, active, at_risk, lapsed,
 *		reactivated.
 *
 * Date arithmetic is PostgreSQL's, so that a lapse of one month means what an
 * analyst's own "last_purchase + interval '1 month'" means.
 */
#include "purchase_digest.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "kernel/churn_score.h"
#include "report.h"

#define AT_RISK_SCORE	0.9

/* day > start + lapse */
static bool
is_after(DateADT day, DateADT start, Interval *lapse)
{
	int64		days = (int64) lapse->month * 31 + lapse->day + lapse->time / USECS_PER_DAY + 1;

	/* where start + lapse would leave the calendar, months of 31 days will do */
	if (start + days > CALENDAR_LAST_DAY)
		return day > start + days;
	return DatumGetBool(DirectFunctionCall2(date_gt_timestamp, DateADTGetDatum(day),
											DirectFunctionCall2(timestamp_pl_interval,
																DirectFunctionCall1(date_timestamp, DateADTGetDatum(start)),
																IntervalPGetDatum(lapse))));
}

static const char *
lifecycle_state(const purchase_timing *timing, DateADT as_of, Interval *lapse)
{
	int64		repeats = timing->purchase_days - 1;

	if (is_after(as_of, timing->last, lapse))
		return "lapsed";
	if (repeats > 0)
	{
		if (churn_score((double) repeats, (double) (timing->last - timing->first),
						(double) (as_of - timing->last)) >= AT_RISK_SCORE)
			return "at_risk";
	}
	else
	{
		Interval   *half = DatumGetIntervalP(DirectFunctionCall2(interval_div, IntervalPGetDatum(lapse),
																 Float8GetDatum(2.0)));

		return is_after(as_of, timing->last, half) ? "at_risk" : "new";
	}
	return is_after(timing->last, timing->previous, lapse) ? "reactivated" : "active";
}

PG_FUNCTION_INFO_V1(purchase_digest_lifecycle_state);
Datum
purchase_digest_lifecycle_state(PG_FUNCTION_ARGS)
{
	DateADT		as_of = check_date(PG_GETARG_DATEADT(1), "as_of");
	Interval   *lapse = PG_GETARG_INTERVAL_P(2);
	Interval	zero = {0};
	purchase_timing timing;

	if (!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(lapse), IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lapse must be an interval above zero"),
				 errdetail("The value is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(lapse))))));
	if (!purchase_digest_timing_of(fcinfo, as_of, &timing))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(lifecycle_state(&timing, as_of, lapse)));
}
