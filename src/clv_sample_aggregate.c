/*
 * clv_sample_aggregate.c
 *		How a clv_sample comes about: from digests, from an RFM table, from
 *		other samples.
 *
 * The transition state is the sample itself, handled as
 * purchase_digest_aggregate.c handles its own: changed in place within an
 * aggregate while an entry fits, copied to a larger size in the current memory
 * context when it does not, never changed in place outside an aggregate.
 */
#include "clv_sample.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "flat_state.h"
#include "report.h"

/* Below this size a full state is doubled without first trying to join entries: sorting would cost more. */
#define JOIN_FROM	((Size) 256 * 1024 * 1024)

static void
check_interrupts(void *context)
{
	CHECK_FOR_INTERRUPTS();
}

const history_pause clv_pause = {check_interrupts, NULL};

static uint64
capacity_of(const clv_sample *sample)
{
	return (VARSIZE(sample) - sample_size(sample->request, 0)) / sizeof(sample_entry);
}

clv_sample *
clv_sample_make(Size request, uint64 entries)
{
	Size		size = flat_state_size(sample_size(request, entries), "clv_sample");
	clv_sample *sample = palloc(size);

	SET_VARSIZE(sample, size);
	clv_sample_init(sample);
	sample->request = (uint32) request;
	memset(sample->data, 0, sample_request_room(request));
	return sample;
}

/* a copy with room for so many entries and a request of another size, which is left to be filled */
static clv_sample *
copy_sample(const clv_sample *sample, Size request, uint64 entries)
{
	clv_sample *copy = clv_sample_make(request, entries);

	copy->kind = sample->kind;
	copy->ordered = sample->ordered;
	copy->spend = sample->spend;
	copy->as_of = sample->as_of;
	copy->step_months = sample->step_months;
	copy->step_days = sample->step_days;
	copy->left_out = sample->left_out;
	copy->count = sample->count;
	memcpy(sample_entries(copy), sample_entries(sample), (Size) sample->count * sizeof(sample_entry));
	return copy;
}

/* a larger copy, the old sample stays as it is */
static clv_sample *
with_room(const clv_sample *sample, uint64 entries)
{
	clv_sample *copy = copy_sample(sample, sample->request, entries);

	memcpy(copy->data, sample->data, sample->request);
	return copy;
}

/* puts a sample in order that has room enough */
static void
order_sample(clv_sample *sample)
{
	Size		entries = clv_sample_split_count(sample);
	int64	   *scratch = palloc_extended(sizeof(int64) * SAMPLE_ORDER_WORDS * entries + 1, MCXT_ALLOC_HUGE);

	if (clv_sample_order(sample, scratch, &clv_pause) != LOYALTY_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many customers of one history in a clv_sample"),
				 errdetail("Their weights add up to more than %g.", SAMPLE_MOST_WEIGHT)));
	pfree(scratch);
}

clv_sample *
clv_sample_ordered(const clv_sample *sample)
{
	clv_sample *copy = with_room(sample, sample->ordered ? (uint64) sample->count : clv_sample_split_count(sample));

	if (!copy->ordered)
		order_sample(copy);
	SET_VARSIZE(copy, sample_size(copy->request, (Size) copy->count));
	return copy;
}

clv_sample *
clv_sample_open(Datum value)
{
	clv_sample *sample = (clv_sample *) PG_DETOAST_DATUM(value);

	return sample->ordered ? sample : clv_sample_ordered(sample);
}

clv_sample *
clv_sample_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return clv_sample_make(0, 1);
	return flat_state_fetch(fcinfo, PG_GETARG_VARLENA_P(0));
}

Datum
clv_sample_result(FunctionCallInfo fcinfo, clv_sample *sample)
{
	/* one made by hand may be stored: without the room to spare */
	if (unlikely(!AggCheckCallContext(fcinfo, NULL)))
		SET_VARSIZE(sample, sample_size(sample->request, (Size) sample->count));
	return PointerGetDatum(sample);
}

static const char *
describe_kind(sample_kind kind, DateADT as_of, clv_step step)
{
	char		day[CALENDAR_TEXT_SIZE];

	if (kind == SAMPLE_NUMBERS)
		return "numbers";
	calendar_to_text(as_of, day);
	return kind == SAMPLE_DAYS ? psprintf("days to %s", day) :
		psprintf("steps of %s to %s", clv_step_to_text(step), day);
}

void
clv_sample_be(clv_sample *sample, sample_kind kind, DateADT as_of, clv_step step)
{
	if (likely(sample->kind == kind && sample->as_of == as_of &&
			   sample->step_months == step.months && sample->step_days == step.days))
		return;
	if (sample->kind != SAMPLE_NONE)
	{
		clv_step	known = {sample->step_months, sample->step_days};

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a sample cannot hold customers observed in different ways"),
				 errdetail("Some were observed in %s, others in %s.",
						   describe_kind(sample->kind, sample->as_of, known), describe_kind(kind, as_of, step)),
				 errhint("as_of and step must be the same for all rows of a group and for all samples rolled up.")));
	}
	sample->kind = (uint8) kind;
	sample->as_of = as_of;
	sample->step_months = step.months;
	sample->step_days = step.days;
}

/* with room for one more entry: the sample itself, or a larger copy to go on with */
static clv_sample *
reserve(clv_sample *sample)
{
	uint64		capacity = capacity_of(sample);
	const clv_sample *joined = sample;

	if (likely((uint64) sample->count < capacity))
		return sample;
	CHECK_FOR_INTERRUPTS();
	/* joining must free a quarter, or sorting would eat every gain */
	if (VARSIZE(sample) >= JOIN_FROM && !sample->ordered)
		joined = clv_sample_ordered(sample);
	if ((uint64) joined->count < capacity - capacity / 4)
		return with_room(joined, capacity);
	return with_room(joined, Max((uint64) joined->count, capacity) + 1);
}

clv_sample *
clv_sample_append(clv_sample *sample, const sample_entry *entry)
{
	sample = reserve(sample);
	clv_sample_add(sample, entry);
	return sample;
}

/* ---------- rows ---------- */

clv_sample *
clv_sample_append_digest(FunctionCallInfo fcinfo, clv_sample *sample, clv_step step)
{
	DateADT		as_of;
	purchase_view view;
	lifetime_history history;
	sample_entry entry;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of must not be null")));
	as_of = check_date(PG_GETARG_DATEADT(2), "as_of");
	clv_sample_be(sample, step.months || step.days ? SAMPLE_STEPS : SAMPLE_DAYS, as_of, step);
	PG_GETARG_PURCHASE_VIEW(1, &view);
	if (!clv_history_of(&view, as_of, step, &history))
	{
		sample->left_out++;
		return sample;
	}
	entry.x = history.x;
	entry.t_x = history.t_x;
	entry.tenure = history.tenure;
	entry.mean = history.x > 0 && sample->spend != SAMPLE_SPEND_UNUSED ? Max(clv_mean_spend(&view, as_of, step), 0) : 0;
	entry.weight = 1;
	return clv_sample_append(sample, &entry);
}

static void
refuse_row(const char *message, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", message),
			 errdetail("%s", detail)));
}

clv_sample *
clv_sample_append_numbers(FunctionCallInfo fcinfo, clv_sample *sample)
{
	clv_step	none = {0, 0};
	sample_entry entry;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(3) || (PG_ARGISNULL(2) && PG_GETARG_FLOAT8(1) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("x, t_x and tenure must be known together"),
				 errdetail("Of these, %s is null.", PG_ARGISNULL(1) ? "x" : PG_ARGISNULL(3) ? "tenure" : "t_x")));
	/* adding 0 turns -0 into 0 */
	entry.x = PG_GETARG_FLOAT8(1) + 0.0;
	entry.t_x = (PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2)) + 0.0;
	entry.tenure = PG_GETARG_FLOAT8(3) + 0.0;
	entry.mean = 0;
	entry.weight = PG_ARGISNULL(5) ? 1 : PG_GETARG_FLOAT8(5);
	clv_check_history(entry.x, entry.t_x, entry.tenure);
	if (!(entry.weight > 0) || entry.weight > SAMPLE_MOST_WEIGHT)
		refuse_row("weight must be a number above zero, and at most 1e15", psprintf("The value is %g.", entry.weight));
	if (!PG_ARGISNULL(4))
	{
		double		mean = PG_GETARG_FLOAT8(4);

		if (!(fabs(mean) <= SAMPLE_MOST_SPEND))
			refuse_row("mean_spend must be a number from -1e100 to 1e100", psprintf("The value is %g.", mean));
		if (entry.x > 0 && mean > 0 && sample->spend != SAMPLE_SPEND_UNUSED)
			entry.mean = mean;
	}
	clv_sample_be(sample, SAMPLE_NUMBERS, 0, none);
	return clv_sample_append(sample, &entry);
}

/* ---------- SQL ---------- */

PG_FUNCTION_INFO_V1(clv_sample_accum);
Datum
clv_sample_accum(PG_FUNCTION_ARGS)
{
	clv_step	step = {0, 0};

	if (PG_ARGISNULL(1))
		return flat_state_unchanged(fcinfo);
	if (PG_NARGS() > 3)
	{
		if (PG_ARGISNULL(3))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("step must not be null")));
		step = clv_step_from_interval(PG_GETARG_INTERVAL_P(3));
	}
	PG_RETURN_DATUM(clv_sample_result(fcinfo, clv_sample_append_digest(fcinfo, clv_sample_state(fcinfo), step)));
}

PG_FUNCTION_INFO_V1(clv_sample_accum_numbers);
Datum
clv_sample_accum_numbers(PG_FUNCTION_ARGS)
{
	/* a customer of whom nothing is known is none */
	if (PG_ARGISNULL(1) && PG_ARGISNULL(2) && PG_ARGISNULL(3))
		return flat_state_unchanged(fcinfo);
	PG_RETURN_DATUM(clv_sample_result(fcinfo, clv_sample_append_numbers(fcinfo, clv_sample_state(fcinfo))));
}

static clv_sample *
append_sample(clv_sample *sample, const clv_sample *other)
{
	const sample_entry *entries = sample_entries(other);

	if (other->request != sample->request || memcmp(other->data, sample->data, other->request) != 0)
	{
		if (sample->kind != SAMPLE_NONE || sample->count > 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("model and options must be the same for all rows of a group")));
		sample = copy_sample(sample, other->request, (uint64) other->count);
		memcpy(sample->data, other->data, other->request);
	}
	if (other->kind != SAMPLE_NONE)
	{
		clv_step	step = {other->step_months, other->step_days};

		clv_sample_be(sample, other->kind, other->as_of, step);
	}
	sample->left_out += other->left_out;
	for (int64 i = 0; i < other->count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		sample = clv_sample_append(sample, &entries[i]);
	}
	return sample;
}

/* combine function, and the transition function of rollup() */
PG_FUNCTION_INFO_V1(clv_sample_combine);
Datum
clv_sample_combine(PG_FUNCTION_ARGS)
{
	clv_sample *sample = clv_sample_state(fcinfo);

	PG_RETURN_DATUM(clv_sample_result(fcinfo, append_sample(sample, (clv_sample *) PG_GETARG_VARLENA_P(1))));
}

/* leaves the state alone: a window frame goes on with it */
PG_FUNCTION_INFO_V1(clv_sample_final);
Datum
clv_sample_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(clv_sample_ordered((clv_sample *) PG_GETARG_VARLENA_P(0)));
}

PG_FUNCTION_INFO_V1(clv_sample_merge);
Datum
clv_sample_merge(PG_FUNCTION_ARGS)
{
	clv_sample *sample;

	/* NULL is nothing, not unknown: merging it changes nothing */
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	sample = clv_sample_make(0, 1);
	for (int i = 0; i < 2; i++)
		if (!PG_ARGISNULL(i))
			sample = append_sample(sample, (clv_sample *) PG_GETARG_VARLENA_P(i));
	PG_RETURN_POINTER(clv_sample_ordered(sample));
}
