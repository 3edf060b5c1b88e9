/*
 * points_ledger_aggregate.c
 *		How a points_ledger comes about from the rows of a journal.
 *
 * The transition state gathers the events as bytes, in place while they fit;
 * the final function folds them.  Order matters, so there is no combine
 * function: ORDER BY belongs into the call.
 */
#include "points_ledger.h"

#include "utils/builtins.h"

#include "points_log.h"

/* an empty log with room for so many bytes of events */
static points_log *
log_make(points_policy policy, uint64 room)
{
	Size		size = flat_state_size(offsetof(points_log, events) + room, "points_ledger");
	points_log *log = palloc(size);

	memset(log, 0, offsetof(points_log, events));
	SET_VARSIZE(log, size);
	log->form = FLAT_FORM_LOG;
	log->policy = policy;
	return log;
}

/* the log to write to: argument 0 itself where it is the executor's own */
static points_log *
writable_log(FunctionCallInfo fcinfo, struct varlena *state)
{
	points_log *log;
	points_policy policy = {0};
	const uint8 *from;
	const uint8 *end;

	if (state == NULL)
		return log_make(policy, 1);
	if (flat_value_is_log(state))
		return flat_state_fetch(fcinfo, state);
	from = (const uint8 *) VARDATA_ANY(state);
	end = from + VARSIZE_ANY_EXHDR(state);
	from = points_journal_read_policy(from, end, &policy);
	if (from == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored points_ledger is damaged or of an unknown version")));
	log = log_make(policy, end - from);
	memcpy(log->events, from, end - from);
	log->used = (uint32) (end - from);
	return log;
}

static Datum
append_event(FunctionCallInfo fcinfo, points_log *log, int arg)
{
	points_event event = points_event_args(fcinfo, arg);
	uint64		needed = (uint64) log->used + points_journal_event_size(&event);

	if (offsetof(points_log, events) + needed > VARSIZE(log))
	{
		points_log *larger = log_make(log->policy, needed);

		memcpy(larger->events, log->events, log->used);
		larger->used = log->used;
		log = larger;
	}
	points_journal_write_event(log->events + log->used, &event);
	log->used = (uint32) needed;
	/* one made by hand may be stored: without the room to spare */
	if (!AggCheckCallContext(fcinfo, NULL))
		SET_VARSIZE(log, offsetof(points_log, events) + log->used);
	return PointerGetDatum(log);
}

/* a row without a kind is no event */
PG_FUNCTION_INFO_V1(points_ledger_accum);
Datum
points_ledger_accum(PG_FUNCTION_ARGS)
{
	struct varlena *state = PG_ARGISNULL(0) ? NULL : PG_GETARG_VARLENA_PP(0);

	if (!PG_ARGISNULL(1))
		return append_event(fcinfo, writable_log(fcinfo, state), 1);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* the same from a ledger on, which each row of the group names */
PG_FUNCTION_INFO_V1(points_ledger_accum_from);
Datum
points_ledger_accum_from(PG_FUNCTION_ARGS)
{
	points_log *log;

	if (!PG_ARGISNULL(0))
		log = writable_log(fcinfo, PG_GETARG_VARLENA_PP(0));
	else
		log = writable_log(NULL, PG_ARGISNULL(1) ? NULL : PG_GETARG_VARLENA_PP(1));
	if (!PG_ARGISNULL(2))
		return append_event(fcinfo, log, 2);
	PG_RETURN_POINTER(log);
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(points_ledger_final);
Datum
points_ledger_final(PG_FUNCTION_ARGS)
{
	struct varlena *state = PG_GETARG_VARLENA_PP(0);

	if (!flat_value_is_log(state))
		PG_RETURN_POINTER(state);
	PG_RETURN_POINTER(points_ledger_from_log(flat_state_fetch(fcinfo, state)));
}
