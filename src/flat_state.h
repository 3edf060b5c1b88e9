/*
 * flat_state.h
 *		What the growing states of all aggregates have in common: one flat
 *		varlena each, of the noun's own type (see "Aggregate states" in
 *		CONTRIBUTING.md).
 */
#ifndef LOYALTY_FLAT_STATE_H
#define LOYALTY_FLAT_STATE_H

#include "compat.h"

#include "kernel/flat_form.h"

/* value is not extended but for a short header */
static inline bool
flat_value_is_log(const struct varlena *value)
{
	return *(const uint8 *) VARDATA_ANY(value) == FLAT_FORM_LOG;
}

/*
 * The size of a log that is to hold `needed` bytes: a power of two, as the
 * allocator's chunks are, so that no growth leaves a part of its chunk unused.
 * An error that names the type where that is more than a value can have.
 */
extern Size flat_state_size(uint64 needed, const char *type);

/*
 * A log to look into, aligned: the value itself where it is the executor's
 * own state, else a copy in the current memory context.  What it returns may
 * be changed in place if the value is argument 0 of a transition function.
 * fcinfo NULL always copies.
 */
extern void *flat_state_fetch(FunctionCallInfo fcinfo, struct varlena *value);

/* A row that does not count leaves the state as it is: what is returned must be its own pointer. */
static inline Datum
flat_state_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

/*
 * Values of which equal ones are equal bytes: the shorter first, then the
 * lesser.
 */
extern int	flat_compare(const struct varlena *a, const struct varlena *b);
extern uint64 flat_hash(const struct varlena *value, uint64 seed);

/*
 * The boolean comparison functions of a type, from one static function
 * `int compare(FunctionCallInfo)`, and its btree support function.
 */
#define FLAT_COMPARISON(name, type, expression) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_##type(expression); \
} \
extern int	no_such_symbol

#define FLAT_COMPARISONS(type, compare) \
FLAT_COMPARISON(type##_eq, BOOL, compare(fcinfo) == 0); \
FLAT_COMPARISON(type##_ne, BOOL, compare(fcinfo) != 0); \
FLAT_COMPARISON(type##_lt, BOOL, compare(fcinfo) < 0); \
FLAT_COMPARISON(type##_le, BOOL, compare(fcinfo) <= 0); \
FLAT_COMPARISON(type##_gt, BOOL, compare(fcinfo) > 0); \
FLAT_COMPARISON(type##_ge, BOOL, compare(fcinfo) >= 0); \
FLAT_COMPARISON(type##_cmp, INT32, compare(fcinfo))

#endif							/* LOYALTY_FLAT_STATE_H */
