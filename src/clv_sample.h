/*
 * clv_sample.h
 *		The SQL type clv_sample: how the faces of the nouns that gather or fit
 *		one get at it.
 */
#ifndef LOYALTY_CLV_SAMPLE_FACE_H
#define LOYALTY_CLV_SAMPLE_FACE_H

#include "compat.h"
#include "utils/jsonb.h"

#include "clv_history.h"
#include "kernel/clv_sample.h"

/* ---------- access ---------- */

/* an argument in canonical order, aligned; may be the argument itself: read only */
extern clv_sample *clv_sample_open(Datum sample);

/* a canonical copy, without room to spare */
extern clv_sample *clv_sample_ordered(const clv_sample *sample);

/* ---------- growing ---------- */

/* an empty sample with room for a request and so many entries */
extern clv_sample *clv_sample_make(Size request, uint64 entries);

/* The state to write to: argument 0 itself where it is the executor's own; else a copy. */
extern clv_sample *clv_sample_state(FunctionCallInfo fcinfo);

/* a state as a result */
extern Datum clv_sample_result(FunctionCallInfo fcinfo, clv_sample *sample);

/* makes the sample one of this kind, or raises an error where it is of another */
extern void clv_sample_be(clv_sample *sample, sample_kind kind, DateADT as_of, clv_step step);

/* adds an entry, growing as needed; returns the sample to go on with */
extern clv_sample *clv_sample_append(clv_sample *sample, const sample_entry *entry);

/* the customer of argument 1, a digest, as of argument 2; returns the sample to go on with */
extern clv_sample *clv_sample_append_digest(FunctionCallInfo fcinfo, clv_sample *sample, clv_step step);

/* the row of an RFM table in arguments 1 to 5; likewise */
extern clv_sample *clv_sample_append_numbers(FunctionCallInfo fcinfo, clv_sample *sample);

/* for long loops of the kernel */
extern const history_pause clv_pause;

/* ---------- what a clv_fit under way asks for, kept in its state ---------- */

/* options may be NULL */
extern clv_sample *clv_sample_set_request(clv_sample *sample, const text *model, const Jsonb *options);
extern bool clv_sample_has_request(const clv_sample *sample, const text *model, const Jsonb *options);

/* palloc'ed; options NULL where there are none; false without a request */
extern bool clv_sample_get_request(const clv_sample *sample, char **model, Jsonb **options);

#endif							/* LOYALTY_CLV_SAMPLE_FACE_H */
