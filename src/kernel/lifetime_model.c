/*
 * lifetime_model.c
 *		Which models there are, and what follows from any of them for one
 *		customer.
 */
#include "lifetime_model.h"

#include <math.h>
#include <string.h>

#include "special_functions.h"

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

/* panels of the discount integral: each spans about this much of exp(-discount t) */
#define PANEL_DISCOUNT	2.0

/* (1 - e^-x)/x, the mean of e^-y over 0 < y < x */
static double
earlier_weight(double x)
{
	return x != 0 ? -expm1(-x) / x : 1;
}

/*
 * A negative discount, under which later purchases are worth more, by parts
 * from the undiscounted moments M(t) = E[X(t)] and V(t) = E[X(t) (X(t)-1)],
 * which have no term that could overflow early:
 *
 *		E[sum e^(-dt_i)] = e^(-dH) M(H) + d integral of e^(-dt) M(t)
 *
 * and likewise for pairs of purchases, of which the earlier is uniformly
 * spread before the later: their weight is w(t) = e^(-dt) (1-e^(-dt))/(dt).
 */
static void
appreciated_future(const lifetime_model *model, const double *updated, double horizon, double discount,
				   bool variances, lifetime_future *future)
{
	int			panels = 1 + (int) fmin(1000, -discount * horizon / PANEL_DISCOUNT);
	double		width = horizon / panels;
	lifetime_future end;

	model->future(updated, horizon, 0, variances, &end);
	future->mean = exp(-discount * horizon) * end.mean;
	future->squares = variances ? exp(-2 * discount * horizon) * end.mean : 0;
	future->second = variances ?
		(end.second - end.mean) * exp(-discount * horizon) * earlier_weight(discount * horizon) : 0;
	for (int p = 0; p < panels; p++)
		for (int i = 0; i < 16; i++)
		{
			double		node = i < 8 ? -gauss_node[7 - i] : gauss_node[i - 8];
			double		weight = 0.5 * width * gauss_weight[i < 8 ? 7 - i : i - 8];
			double		t = width * (p + 0.5 + 0.5 * node);
			double		e = exp(-discount * t);

			model->future(updated, t, 0, variances, &end);
			future->mean += weight * discount * e * end.mean;
			if (variances)
			{
				double		g = earlier_weight(discount * t);
				/* of minus the derivative of w, d e^-dt (2 g - (1-g)/dt), what is lost where dt is small does not count */
				double		rest = discount * t != 0 ? (1 - g) / (discount * t) : 0.5;

				future->squares += weight * 2 * discount * e * e * end.mean;
				future->second += weight * discount * e * (2 * g - rest) * (end.second - end.mean);
			}
		}
	future->second += future->squares;
}

void
lifetime_future_if_there(const lifetime_model *model, const double *parameters,
						 const lifetime_history *history, double horizon, double discount,
						 bool variances, lifetime_future *future)
{
	double		updated[LIFETIME_PARAMETERS];

	model->posterior(parameters, history, updated);
	if (discount < 0 && !model->discrete && horizon > 0)
		appreciated_future(model, updated, horizon, discount, variances, future);
	else
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
