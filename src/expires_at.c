/*
 * expires_at.c
 *		When points expire: so long after they were earned, then on to the end
 *		of the day, month, year … of the shop's own time zone.
 *
 * Months and days are added by the local calendar, hours by the clock, as
 * PostgreSQL adds an interval to a timestamp with time zone.  The end of a
 * unit is the moment from which the local clock never again shows it: where
 * clocks go forward over midnight that is the moment they do; where midnight
 * comes twice it is the first one, unless the clocks go back into the unit.
 *
 * The zone is an argument, by its full name: the session's TimeZone and
 * timezone_abbreviations have no say.  What remains is the time zone
 * database, as for PostgreSQL's own timezone(text, timestamptz), which is
 * IMMUTABLE too.
 */
#include "compat.h"

#include "common/int.h"
#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "report.h"

/* from PostgreSQL's epoch to Unix's, in seconds */
#define EPOCHS_APART	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

typedef struct expiry_unit
{
	const char *name;
	int32		months;
	int32		days;
} expiry_unit;

static const expiry_unit units[] = {
	{"none", 0, 0},
	{"day", 0, 1},
	{"week", 0, 7},
	{"month", 1, 0},
	{"quarter", 3, 0},
	{"year", 12, 0}
};

static bool
is_unit(const expiry_unit *unit)
{
	return unit->months != 0 || unit->days != 0;
}

static const expiry_unit *
unit_of(text *snap)
{
	char	   *name = text_to_cstring(snap);

	for (int i = 0; i < lengthof(units); i++)
		if (strcmp(name, units[i].name) == 0)
			return &units[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown snap \"%s\"", name),
			 errhint("Valid are \"none\", \"day\", \"week\", \"month\", \"quarter\" and \"year\".")));
}

pg_noreturn static void refuse_range(void);

static void
refuse_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("expiry is out of range"),
			 errdetail("It would be after the last timestamp, in the year 294276.")));
}

/* what the clocks of the zone show */
static Timestamp
local_time(TimestampTz at, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			west;
	Timestamp	local;

	if (timestamp2tm(at, &west, &tm, &fraction, NULL, zone) != 0 ||
		tm2timestamp(&tm, fraction, NULL, &local) != 0)
		refuse_range();
	return local;
}

/* PostgreSQL's choice where the clocks show a time twice or never */
static TimestampTz
moment(Timestamp local, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			west;
	TimestampTz at;

	if (timestamp2tm(local, NULL, &tm, &fraction, NULL, NULL) != 0)
		refuse_range();
	west = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fraction, &west, &at) != 0)
		refuse_range();
	return at;
}

/*
 * The moment from which the clocks show `local`, a full second, or later for
 * good.  Clocks differ from universal time by less than a day, so that only
 * the days around matter; between two changes of the clocks they run evenly.
 */
static TimestampTz
moment_for_good(Timestamp local, pg_tz *zone)
{
	pg_time_t	wanted = local / USECS_PER_SEC + EPOCHS_APART;
	pg_time_t	from = wanted - SECS_PER_DAY;
	pg_time_t	last = from;
	TimestampTz result;

	for (;;)
	{
		pg_time_t	change,
					reached;
		long int	offset,
					next_offset;
		int			is_dst,
					next_is_dst;
		int			more = pg_next_dst_boundary(&from, &offset, &is_dst, &change, &next_offset, &next_is_dst, zone);

		if (more < 0)
			refuse_range();
		reached = wanted - offset;
		if (more > 0 && change <= wanted + SECS_PER_DAY)
		{
			if (reached > from)
				last = Min(reached, change);
			from = change;
			continue;
		}
		if (reached > from)
			last = reached;
		break;
	}
	result = (last - EPOCHS_APART) * USECS_PER_SEC;
	if (!IS_VALID_TIMESTAMP(result))
		refuse_range();
	return result;
}

static Timestamp
add_calendar(Timestamp local, int32 months, int32 days)
{
	Interval	span = {.time = 0, .day = days, .month = months};

	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(local),
												 IntervalPGetDatum(&span)));
}

static TimestampTz
expires_at_of(TimestampTz earned, const Interval *validity, const expiry_unit *unit, pg_tz *zone)
{
	bool		calendar = validity->month != 0 || validity->day != 0;
	bool		clock = validity->time != 0;
	bool		snap = is_unit(unit);
	TimestampTz at = earned;
	Timestamp	local = 0;

	if (calendar || snap)
		local = local_time(earned, zone);
	if (calendar)
	{
		local = add_calendar(local, validity->month, validity->day);
		if (clock || !snap)
			at = moment(local, zone);
	}
	if (clock)
	{
		if (pg_add_s64_overflow(at, validity->time, &at) || !IS_VALID_TIMESTAMP(at))
			refuse_range();
		if (snap)
			local = local_time(at, zone);
	}
	if (!snap)
		return at;
	local = DatumGetTimestamp(DirectFunctionCall2(timestamp_trunc, CStringGetTextDatum(unit->name),
												  TimestampGetDatum(local)));
	return moment_for_good(add_calendar(local, unit->months, unit->days), zone);
}

static void
check_validity(Interval *validity)
{
	Interval	zero = {0};
	bool		negative = DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(validity),
															IntervalPGetDatum(&zero)));

	if (negative || LOYALTY_INTERVAL_NOT_FINITE(validity))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(negative ? "validity must not be negative" : "validity must be finite"),
				 errdetail("The value is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(validity)))),
				 negative ? 0 : errhint("Points that never expire have no expiry: NULL.")));
}

/* not strict: validity NULL adds nothing */
PG_FUNCTION_INFO_V1(expires_at);
Datum
expires_at(PG_FUNCTION_ARGS)
{
	Interval	nothing = {0};
	Interval   *validity = &nothing;
	TimestampTz earned;
	const expiry_unit *unit;
	pg_tz	   *zone;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	earned = PG_GETARG_TIMESTAMPTZ(0);
	unit = unit_of(PG_GETARG_TEXT_PP(2));
	zone = check_time_zone(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	if (TIMESTAMP_NOT_FINITE(earned))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("earned must be a finite timestamp"),
				 errdetail("The value is %s.", TIMESTAMP_IS_NOBEGIN(earned) ? "-infinity" : "infinity")));
	if (!PG_ARGISNULL(1))
	{
		validity = PG_GETARG_INTERVAL_P(1);
		check_validity(validity);
	}
	else if (!is_unit(unit))
		PG_RETURN_NULL();		/* nothing sets an end */
	PG_RETURN_TIMESTAMPTZ(expires_at_of(earned, validity, unit, zone));
}
