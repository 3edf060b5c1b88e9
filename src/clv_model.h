/*
 * clv_model.h
 *		The SQL type clv_model: how the faces of the nouns that fit one, or
 *		score with it, get at it.
 */
#ifndef LOYALTY_CLV_MODEL_FACE_H
#define LOYALTY_CLV_MODEL_FACE_H

#include "compat.h"
#include "utils/jsonb.h"

#include "clv_history.h"
#include "kernel/clv_model.h"

/* an argument, aligned and of a known version; may lie in a table: read only */
extern const clv_model *clv_model_open(Datum model);

/* its text and binary form, for values that have a model as a part */
extern PGDLLEXPORT Datum clv_model_in(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum clv_model_out(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum clv_model_recv(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum clv_model_send(PG_FUNCTION_ARGS);

/* an empty model of a kind, palloc'ed */
extern clv_model *clv_model_make(int kind);

/* the kind of a name, or an error that lists the names */
extern int	clv_kind_of(const char *name);

/* the state of a half in words; palloc'ed */
extern char *clv_state_text(const clv_model *model, const clv_half *half);

/* the model's step; none for continuous time */
static inline clv_step
clv_step_of(const clv_model *model)
{
	clv_step	step = {model->step_months, model->step_days};

	return step;
}

/* ---------- options and parameters, from JSON ---------- */

/* parameters from the fields of an object that have their names, all of them or those there are; what is wrong, or NULL */
extern const char *clv_parameters_from_json(const JsonbContainer *object, const char *const *names, int count,
											bool all, double *values);

/* "unit_days" and "step"; what is wrong with them, or NULL */
extern const char *clv_units_from_json(const JsonbContainer *object, clv_model *model);

#endif							/* LOYALTY_CLV_MODEL_FACE_H */
