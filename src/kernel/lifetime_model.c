/*
 * lifetime_model.c
 *		Which models there are, and what follows from any of them for one
 *		customer.
 */
#include "lifetime_model.h"

#include <math.h>
#include <string.h>

const lifetime_model *const lifetime_models[] = {
	&bg_nbd, &mbg_nbd, &pareto_nbd, &bg_bb, &sbg, NULL
};

const lifetime_model *
lifetime_model_named(const char *name)
{
	for (int i = 0; lifetime_models[i]; i++)
		if (strcmp(lifetime_models[i]->name, name) == 0)
			return lifetime_models[i];
	return NULL;
}

double
lifetime_pmf(const lifetime_model *model, const double *parameters,
			 const lifetime_history *history, double horizon, double n)
{
	lifetime_standing standing = model->standing(parameters, history);
	double		updated[LIFETIME_PARAMETERS];
	double		living;

	model->posterior(parameters, history, updated);
	living = standing.alive * model->pmf(updated, horizon, n);
	return n == 0 ? fmin(1, standing.left + living) : living;
}

void
lifetime_future_if_there(const lifetime_model *model, const double *parameters,
						 const lifetime_history *history, double horizon, double discount,
						 bool variances, lifetime_future *future)
{
	double		updated[LIFETIME_PARAMETERS];

	model->posterior(parameters, history, updated);
	model->future(updated, horizon, discount, variances, future);
}

lifetime_standing
lifetime_forecast(const lifetime_model *model, const double *parameters,
				  const lifetime_history *history, double horizon, double discount,
				  bool variances, lifetime_future *future)
{
	lifetime_standing standing = model->standing(parameters, history);

	lifetime_future_if_there(model, parameters, history, horizon, discount, variances, future);
	future->mean *= standing.alive;
	future->squares *= standing.alive;
	future->second *= standing.alive;
	return standing;
}
