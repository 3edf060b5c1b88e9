/*
 * clv_model_facts.c
 *		What a clv_model says of itself: parameters and how sure they are, how
 *		well it fits, how the fit went; and the comparison of two fits.
 */
#include "clv_model.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "kernel/gamma_gamma.h"
#include "report.h"

/* what the model is about: its process, or for gamma_gamma the spend */
static const clv_half *
main_half(const clv_model *model)
{
	return model->kind == CLV_KIND_GAMMA_GAMMA ? &model->spend : &model->process;
}

static bool
was_fitted(const clv_half *half)
{
	return half->state == CLV_CONVERGED || half->state == CLV_BOUNDARY;
}

/* ---------- parameters ---------- */

static void
put_parameters(ReturnSetInfo *rsinfo, const clv_half *half, const char *const *names, const char *prefix)
{
	for (int i = 0; i < half->parameters; i++)
	{
		Datum		values[5] = {0};
		bool		nulls[5] = {false, true, true, true, true};

		values[0] = CStringGetTextDatum(psprintf("%s%s", prefix, names[i]));
		if (clv_half_answers(half))
		{
			values[1] = Float8GetDatum(half->estimate[i]);
			nulls[1] = false;
		}
		if (half->has_covariance && !half->fixed[i])
		{
			values[2] = Float8GetDatum(sqrt(half->covariance[i][i]));
			nulls[2] = false;
		}
		if (half->has_lower[i])
		{
			values[3] = Float8GetDatum(half->lower[i]);
			nulls[3] = false;
		}
		if (half->has_upper[i])
		{
			values[4] = Float8GetDatum(half->upper[i]);
			nulls[4] = false;
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(clv_model_parameters);
Datum
clv_model_parameters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	const lifetime_model *process = clv_model_process(model);

	InitMaterializedSRF(fcinfo, 0);
	if (process)
		put_parameters(rsinfo, &model->process, process->parameter_names, "");
	if (model->spend.state != CLV_ABSENT)
		put_parameters(rsinfo, &model->spend, gamma_gamma_parameter_names, process ? "spend_" : "");
	return (Datum) 0;
}

static Datum
covariance_datum(FunctionCallInfo fcinfo, const clv_half *half)
{
	Datum		elements[CLV_PARAMETERS * CLV_PARAMETERS];
	int			n = half->parameters;
	int			sizes[2] = {n, n};
	int			bounds[2] = {1, 1};

	if (!half->has_covariance)
		PG_RETURN_NULL();
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			elements[i * n + j] = Float8GetDatum(half->covariance[i][j]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(elements, NULL, 2, sizes, bounds,
											 FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(clv_model_covariance);
Datum
clv_model_covariance(PG_FUNCTION_ARGS)
{
	return covariance_datum(fcinfo, main_half(clv_model_open(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(clv_model_spend_covariance);
Datum
clv_model_spend_covariance(PG_FUNCTION_ARGS)
{
	return covariance_datum(fcinfo, &clv_model_open(PG_GETARG_DATUM(0))->spend);
}

/* ---------- how well it fits ---------- */

PG_FUNCTION_INFO_V1(clv_model_log_likelihood);
Datum
clv_model_log_likelihood(PG_FUNCTION_ARGS)
{
	const clv_half *half = main_half(clv_model_open(PG_GETARG_DATUM(0)));

	if (!was_fitted(half))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(half->log_likelihood);
}

PG_FUNCTION_INFO_V1(clv_model_spend_log_likelihood);
Datum
clv_model_spend_log_likelihood(PG_FUNCTION_ARGS)
{
	const clv_half *half = &clv_model_open(PG_GETARG_DATUM(0))->spend;

	if (!was_fitted(half))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(half->log_likelihood);
}

PG_FUNCTION_INFO_V1(clv_model_aic);
Datum
clv_model_aic(PG_FUNCTION_ARGS)
{
	const clv_half *half = main_half(clv_model_open(PG_GETARG_DATUM(0)));

	if (!was_fitted(half))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(2.0 * clv_free_parameters(half) - 2 * half->log_likelihood);
}

PG_FUNCTION_INFO_V1(clv_model_bic);
Datum
clv_model_bic(PG_FUNCTION_ARGS)
{
	const clv_half *half = main_half(clv_model_open(PG_GETARG_DATUM(0)));

	if (!was_fitted(half))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clv_free_parameters(half) * log(half->customers) - 2 * half->log_likelihood);
}

/* ---------- how the fit went ---------- */

PG_FUNCTION_INFO_V1(clv_model_converged);
Datum
clv_model_converged(PG_FUNCTION_ARGS)
{
	const clv_half *half = main_half(clv_model_open(PG_GETARG_DATUM(0)));

	if (half->state == CLV_GIVEN)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(half->state == CLV_CONVERGED);
}

PG_FUNCTION_INFO_V1(clv_model_state);
Datum
clv_model_state(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));

	PG_RETURN_TEXT_P(cstring_to_text(clv_state_text(model, main_half(model))));
}

PG_FUNCTION_INFO_V1(clv_model_spend_state);
Datum
clv_model_spend_state(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));
	const clv_half *half = &model->spend;
	char	   *state = clv_state_text(model, half);

	if (half->state == CLV_ABSENT)
		PG_RETURN_NULL();
	if (clv_half_answers(half) && half->estimate[1] <= 1)
		state = psprintf("%s; q <= 1: no mean spend of those who bought once", state);
	PG_RETURN_TEXT_P(cstring_to_text(state));
}

PG_FUNCTION_INFO_V1(clv_model_name);
Datum
clv_model_name(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(clv_kind_name(clv_model_open(PG_GETARG_DATUM(0))->kind)));
}

PG_FUNCTION_INFO_V1(clv_model_as_of);
Datum
clv_model_as_of(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));

	if (!model->has_as_of)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(model->as_of);
}

/* numbers of a fit, which a model that was given has not */
#define FIT_NUMBER(name, type, half, field) \
PG_FUNCTION_INFO_V1(clv_model_##name); \
Datum \
clv_model_##name(PG_FUNCTION_ARGS) \
{ \
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0)); \
	if ((half)->state == CLV_GIVEN || (half)->state == CLV_ABSENT) \
		PG_RETURN_NULL(); \
	PG_RETURN_##type(field); \
} \
extern int	no_such_symbol

FIT_NUMBER(customer_count, FLOAT8, main_half(model), main_half(model)->customers);
FIT_NUMBER(history_count, INT64, main_half(model), (int64) main_half(model)->distinct);
FIT_NUMBER(left_out, INT64, main_half(model), (int64) model->left_out);
FIT_NUMBER(evaluations, INT64, main_half(model), main_half(model)->evaluations);

PG_FUNCTION_INFO_V1(clv_model_spend_correlation);
Datum
clv_model_spend_correlation(PG_FUNCTION_ARGS)
{
	const clv_model *model = clv_model_open(PG_GETARG_DATUM(0));

	if (!model->has_correlation)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(model->correlation);
}

/* ---------- comparison of fits ---------- */

static void
refuse_comparison(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the two fits are not nested"),
			 errdetail("%s", detail),
			 errhint("Fit the same model to the same customers twice, once with the option \"fixed\". Different models are compared by aic() or bic().")));
}

PG_FUNCTION_INFO_V1(clv_model_likelihood_ratio);
Datum
clv_model_likelihood_ratio(PG_FUNCTION_ARGS)
{
	const clv_model *restricted = clv_model_open(PG_GETARG_DATUM(0));
	const clv_model *full = clv_model_open(PG_GETARG_DATUM(1));
	const clv_half *a = main_half(restricted);
	const clv_half *b = main_half(full);
	clv_likelihood_ratio ratio;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!was_fitted(a) || !was_fitted(b))
		PG_RETURN_NULL();
	if (restricted->kind != full->kind)
		refuse_comparison(psprintf("One is of model %s, the other of model %s.",
								   clv_kind_name(restricted->kind), clv_kind_name(full->kind)));
	if (a->customers != b->customers || a->distinct != b->distinct || restricted->unit_days != full->unit_days ||
		restricted->as_of != full->as_of)
		refuse_comparison("They were fitted to different customers, or in different units of time.");
	if (clv_free_parameters(b) <= clv_free_parameters(a))
		refuse_comparison(psprintf("The first has %d free parameters, the second %d: the first must have fewer.",
								   clv_free_parameters(a), clv_free_parameters(b)));
	for (int i = 0; i < b->parameters; i++)
		if (b->fixed[i] && (!a->fixed[i] || a->estimate[i] != b->estimate[i]))
			refuse_comparison("A parameter that is fixed in the second is not fixed at the same value in the first.");

	ratio = clv_compare(a, b);
	values[0] = Float8GetDatum(ratio.statistic);
	values[1] = Int32GetDatum(ratio.degrees);
	values[2] = Float8GetDatum(ratio.p_value);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
