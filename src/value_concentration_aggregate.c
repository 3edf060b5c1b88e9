/*
 * value_concentration_aggregate.c
 *		How a value_concentration comes about: from rows, from others.
 *
 * The transition state is a value_concentration in its growing form, a
 * value_log (kernel/value_log.h), handled as purchase_digest_aggregate.c
 * handles its own: changed in place within an aggregate while a row fits,
 * copied to a larger size in the current memory context when it does not,
 * never changed in place outside an aggregate.  A state may come packed.
 */
#include "value_concentration.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "amount.h"
#include "flat_state.h"
#include "report.h"

#define INTERRUPT_MASK	0xFFFF	/* entries between two looks */

/* exact and approximate values do not mix: neither's promise would hold */
static void
check_kind(const value_log *log, int kind)
{
	if (unlikely(log->kind != kind && log->count > 0))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot mix values of types numeric and double precision in one value_concentration"),
				 errdetail("One was gathered from numeric values, the other from double precision ones; integers count as the latter."),
				 errhint("Cast the values to one of the two before they are gathered.")));
}

/* a copy with twice the room; the old one stays as it is */
static value_log *
grow(const value_log *log)
{
	value_log  *larger = value_log_make((uint64) value_log_capacity(log) + 1);
	int32		length_word = larger->length_word;

	CHECK_FOR_INTERRUPTS();
	memcpy(larger, log, value_log_size(log->count));
	larger->length_word = length_word;
	return larger;
}

static value_log *
add_entry(value_log *log, int kind, value_entry entry, int scale, int display)
{
	loyalty_status status;

	check_kind(log, kind);
	status = value_log_add(log, value_log_capacity(log), kind, entry, scale, display);
	if (unlikely(status == LOYALTY_FULL))
	{
		/* joining must free a quarter, or sorting would eat every gain */
		value_log_order(log);
		if (log->count >= value_log_capacity(log) - value_log_capacity(log) / 4)
			log = grow(log);
		status = value_log_add(log, value_log_capacity(log), kind, entry, scale, display);
	}
	report_unless_ok(status);
	return log;
}

static value_log *
add_concentration(value_log *log, const value_view *view)
{
	value_cursor cursor = value_start(view);
	value_entry entry;

	while (value_next(&cursor, &entry))
	{
		if ((cursor.next & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		log = add_entry(log, view->kind, entry, view->scale, view->display_scale);
	}
	return log;
}

/* The state to write to: argument 0 itself, where that is allowed and it is a log; else a copy. */
static value_log *
writable_state(FunctionCallInfo fcinfo)
{
	struct varlena *value;
	value_view	view;

	if (PG_ARGISNULL(0))
		return value_log_make(1);
	value = PG_GETARG_VARLENA_PP(0);
	if (flat_value_is_log(value))
		return flat_state_fetch(fcinfo, value);
	value_concentration_open(PointerGetDatum(value), &view);
	return add_concentration(value_log_make((uint64) view.count + 1), &view);
}

/* A state as a result: one made by hand may be stored, and goes without its room to spare. */
static inline Datum
state_result(FunctionCallInfo fcinfo, value_log *log)
{
	if (unlikely(!AggCheckCallContext(fcinfo, NULL)))
		SET_VARSIZE(log, value_log_size(log->count));
	return PointerGetDatum(log);
}

/* ---------- transition functions ---------- */

/* A NULL row is skipped, with the state's own pointer. */
static bool
skip_row(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1);
}

PG_FUNCTION_INFO_V1(value_concentration_accum_numeric);
Datum
value_concentration_accum_numeric(PG_FUNCTION_ARGS)
{
	decimal_amount amount;
	value_entry entry;

	if (skip_row(fcinfo))
		return flat_state_unchanged(fcinfo);
	amount = amount_from_numeric(PG_GETARG_DATUM(1));
	entry.key = amount.units;
	entry.members = 1;
	PG_RETURN_DATUM(state_result(fcinfo, add_entry(writable_state(fcinfo), VALUE_KIND_DECIMAL, entry,
												   amount.scale, amount.display)));
}

PG_FUNCTION_INFO_V1(value_concentration_accum_float8);
Datum
value_concentration_accum_float8(PG_FUNCTION_ARGS)
{
	float8		value;
	value_entry entry;

	if (skip_row(fcinfo))
		return flat_state_unchanged(fcinfo);
	value = PG_GETARG_FLOAT8(1);
	if (unlikely(!isfinite(value)))
		report_failure(isnan(value) ? LOYALTY_NOT_A_NUMBER : LOYALTY_NOT_FINITE,
					   isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
	entry.key = double_key(value);
	entry.members = 1;
	PG_RETURN_DATUM(state_result(fcinfo, add_entry(writable_state(fcinfo), VALUE_KIND_FLOAT, entry, 0, 0)));
}

/* combine function, and the transition function of rollup() */
PG_FUNCTION_INFO_V1(value_concentration_combine);
Datum
value_concentration_combine(PG_FUNCTION_ARGS)
{
	value_log  *log = writable_state(fcinfo);
	value_view	view;

	PG_GETARG_VALUE_VIEW(1, &view);
	PG_RETURN_DATUM(state_result(fcinfo, add_concentration(log, &view)));
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(value_concentration_final);
Datum
value_concentration_final(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	value_log  *log;

	if (!flat_value_is_log(value))
		PG_RETURN_POINTER(value);
	log = flat_state_fetch(fcinfo, value);
	if ((struct varlena *) log == value && !log->ordered)
		log = flat_state_fetch(NULL, value);
	PG_RETURN_POINTER(value_concentration_from_log(log));
}

PG_FUNCTION_INFO_V1(value_concentration_merge);
Datum
value_concentration_merge(PG_FUNCTION_ARGS)
{
	value_log  *log;

	/* NULL is nothing, not unknown: merging it changes nothing */
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	log = value_log_make(1);
	for (int i = 0; i < 2; i++)
		if (!PG_ARGISNULL(i))
		{
			value_view	view;

			PG_GETARG_VALUE_VIEW(i, &view);
			log = add_concentration(log, &view);
		}
	PG_RETURN_POINTER(value_concentration_from_log(log));
}
