/*
 * histories.h
 *		Sets of histories for the unit tests of the models, and what must hold
 *		of any model's set_log_likelihood.
 */
#ifndef LOYALTY_TEST_HISTORIES_H
#define LOYALTY_TEST_HISTORIES_H

#include <string.h>

#include "lifetime_model.h"
#include "reference.h"

typedef struct weighted_history
{
	lifetime_history history;
	double		weight;
} weighted_history;

typedef struct histories
{
	history_set set;
	weighted_history *members;	/* the same, one by one, in the order of the rows */
	size_t		count;
} histories;

static int
compare_histories(const void *a, const void *b)
{
	const lifetime_history *x = &((const weighted_history *) a)->history;
	const lifetime_history *y = &((const weighted_history *) b)->history;

	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	if (x->tenure != y->tenure)
		return x->tenure < y->tenure ? -1 : 1;
	return (x->t_x > y->t_x) - (x->t_x < y->t_x);
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static uint32_t
time_index(const double *times, size_t count, double time)
{
	const double *found = bsearch(&time, times, count, sizeof(double), compare_doubles);

	return (uint32_t) (found - times);
}

/* takes the members over; equal ones stay rows of their own */
__attribute__((unused)) static histories
make_histories(weighted_history *members, size_t count)
{
	histories	made = {.members = members, .count = count};
	double	   *times = malloc((2 * count + 1) * sizeof(double));
	history_row *rows = malloc(count * sizeof(history_row));
	history_group *groups = malloc(count * sizeof(history_group));
	size_t		kept = 1;

	qsort(members, count, sizeof(weighted_history), compare_histories);
	times[0] = 0;
	for (size_t i = 0; i < count; i++)
	{
		times[1 + 2 * i] = members[i].history.t_x;
		times[2 + 2 * i] = members[i].history.tenure;
	}
	qsort(times, 2 * count + 1, sizeof(double), compare_doubles);
	for (size_t i = 1; i < 2 * count + 1; i++)
		if (times[i] != times[kept - 1])
			times[kept++] = times[i];

	for (size_t i = 0; i < count; i++)
	{
		const lifetime_history *history = &members[i].history;
		double		weight = members[i].weight;
		history_group *group;

		rows[i] = (history_row) {time_index(times, kept, history->t_x),
			time_index(times, kept, history->tenure), weight};
		if (i == 0 || history->x != groups[made.set.group_count - 1].x)
			groups[made.set.group_count++] = (history_group) {history->x, 0, i, i};
		group = &groups[made.set.group_count - 1];
		group->to = i + 1;
		group->weight += weight;
		made.set.customers += weight;
		made.set.repeaters += history->x > 0 ? weight : 0;
		made.set.purchases += weight * history->x;
		made.set.total_tenure += weight * history->tenure;
	}
	made.set.groups = groups;
	made.set.rows = rows;
	made.set.row_count = count;
	made.set.times = times;
	made.set.time_count = kept;
	return made;
}

__attribute__((unused)) static void
free_histories(histories *made)
{
	free((void *) made->set.groups);
	free((void *) made->set.rows);
	free((void *) made->set.times);
	free(made->members);
}

/* one evaluation, in a room of exactly the size asked for */
__attribute__((unused)) static double
set_value(const lifetime_model *model, const double *parameters, const history_set *set,
		  double *gradient, double *hessian)
{
	size_t		size = model->scratch_size(set);
	double	   *scratch = malloc(size * sizeof(double) + 1);
	double		value;

	memset(scratch, 0xff, size * sizeof(double));
	value = model->set_log_likelihood(parameters, set, gradient, hessian, scratch, NULL);
	free(scratch);
	return value;
}

/* notes how far a set's value is from the sum of its members', and its derivatives from central differences */
__attribute__((unused)) static void
check_set(const lifetime_model *model, const double *parameters, const histories *of,
		  closeness *value, closeness *gradient, closeness *hessian)
{
	const double step = 1e-5;
	double		first[LIFETIME_PARAMETERS];
	double		second[LIFETIME_PARAMETERS * LIFETIME_PARAMETERS];
	double		log_likelihood = set_value(model, parameters, &of->set, first, second);
	long double sum = 0;

	for (size_t i = 0; i < of->count; i++)
		sum += (long double) of->members[i].weight * model->log_likelihood(parameters, &of->members[i].history);
	close_log(value, log_likelihood, (double) sum);

	for (int i = 0; i < model->parameters; i++)
	{
		double		moved[LIFETIME_PARAMETERS];
		double		up[LIFETIME_PARAMETERS];
		double		down[LIFETIME_PARAMETERS];
		double		unused[LIFETIME_PARAMETERS * LIFETIME_PARAMETERS];
		double		above,
					below;

		memcpy(moved, parameters, sizeof(double) * (size_t) model->parameters);
		moved[i] = parameters[i] * exp(step);
		above = set_value(model, moved, &of->set, up, unused);
		moved[i] = parameters[i] * exp(-step);
		below = set_value(model, moved, &of->set, down, unused);

		/* a difference is as exact as the value allows */
		close_note(gradient, fabs((above - below) / (2 * step) - first[i]) / (1 + fabs(log_likelihood)),
				   first[i], (above - below) / (2 * step));
		for (int j = 0; j < model->parameters; j++)
		{
			double		difference = (up[j] - down[j]) / (2 * step);
			double		got = second[i * LIFETIME_PARAMETERS + j];

			close_note(hessian, fabs(difference - got) / (1 + fabs(log_likelihood)), got, difference);
		}
	}
}

/*
 * At the parameters of a reference fit: its log-likelihood, no slope, and its
 * standard errors of the logarithms (se / parameter).
 */
__attribute__((unused)) static void
check_fit(const lifetime_model *model, const history_set *set, const char *fit)
{
	int			k = model->parameters;
	double		parameters[LIFETIME_PARAMETERS] = {0};
	double		gradient[LIFETIME_PARAMETERS];
	double		hessian[LIFETIME_PARAMETERS * LIFETIME_PARAMETERS];
	double		wide[LIFETIME_PARAMETERS][2 * LIFETIME_PARAMETERS] = {{0}};
	closeness	errors = {0};
	double		steepest = 0;
	double		value;

	for (int i = 0; i < k; i++)
		parameters[i] = reference_field(fit, "params", model->parameter_names[i]);
	value = set_value(model, parameters, set, gradient, hessian);
	near(value, reference_field(fit, NULL, "ll"), 1e-13, fit);

	/* the inverse of the Hessian, negated, by Gauss and Jordan */
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j < k; j++)
			wide[i][j] = -hessian[i * LIFETIME_PARAMETERS + j];
		wide[i][k + i] = 1;
	}
	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++)
		{
			double		factor = j == i ? 1 - 1 / wide[i][i] : wide[j][i] / wide[i][i];

			for (int c = 0; c < 2 * k; c++)
				wide[j][c] -= factor * wide[i][c];
		}
	for (int i = 0; i < k; i++)
	{
		double		error = sqrt(wide[i][k + i]);

		steepest = fmax(steepest, fabs(gradient[i]) * error);
		close_to(&errors, error * parameters[i], reference_field(fit, "se", model->parameter_names[i]));
	}
	ok(steepest < 1e-9, "there the slope is nothing beside the standard errors");
	close_ok(&errors, 1e-9, "which are those of the reference");
}

#endif							/* LOYALTY_TEST_HISTORIES_H */
