/*
 * clv_model.c
 *		Fitting the two halves of a model, and what a model from outside must
 *		keep.
 */
#include "clv_model.h"

#include <math.h>
#include <string.h>

#include "calendar.h"
#include "gamma_gamma.h"

const char *
clv_kind_name(int kind)
{
	return kind == CLV_KIND_GAMMA_GAMMA ? "gamma_gamma" : lifetime_models[kind]->name;
}

int
clv_kind_named(const char *name)
{
	if (strcmp(name, "gamma_gamma") == 0)
		return CLV_KIND_GAMMA_GAMMA;
	for (int i = 0; lifetime_models[i]; i++)
		if (strcmp(lifetime_models[i]->name, name) == 0)
			return i;
	return -1;
}

const lifetime_model *
clv_model_process(const clv_model *model)
{
	return model->kind == CLV_KIND_GAMMA_GAMMA ? NULL : lifetime_models[model->kind];
}

void
clv_model_init(clv_model *model, int kind)
{
	int32_t		length_word = model->length_word;

	memset(model, 0, sizeof(clv_model));
	model->length_word = length_word;
	model->version = CLV_MODEL_VERSION;
	model->kind = (uint8_t) kind;
	model->unit_days = 1;
}

/* ---------- check ---------- */

#define MOST_COUNTED	9007199254740992.0	/* 2^53: a double counts to there */

/*
 * Could this be a covariance?  A combination of the parameters may have no
 * variance, never less than none: by Cholesky's method on the correlations,
 * with room for the rounding of a fit that hardly tells its parameters apart.
 */
static bool
is_covariance(const clv_half *half, int parameters)
{
	double		root[CLV_PARAMETERS][CLV_PARAMETERS] = {{0}};

	for (int i = 0; i < parameters; i++)
		for (int j = 0; j <= i; j++)
		{
			double		scale = sqrt(half->covariance[i][i]) * sqrt(half->covariance[j][j]);
			double		rest = scale > 0 ? half->covariance[i][j] / scale : 0;

			for (int k = 0; k < j; k++)
				rest -= root[i][k] * root[j][k];
			if (j < i)
				root[i][j] = root[j][j] > 0 ? rest / root[j][j] : 0;
			else if (rest < -1e-6)
				return false;
			else
				root[i][i] = rest > 1e-12 ? sqrt(rest) : 0;
		}
	return true;
}

static const char *
check_half(const clv_half *half, int parameters)
{
	static const clv_half nothing;
	bool		answers = clv_half_answers(half);
	bool		fitted = half->state == CLV_CONVERGED || half->state == CLV_BOUNDARY;

	if (half->state < CLV_ABSENT || half->state > CLV_FAILED)
		return "state is unknown";
	if (half->state == CLV_ABSENT)
		return memcmp(half, &nothing, sizeof(nothing)) == 0 ? NULL : "absent half is not empty";
	if (half->parameters != parameters)
		return "number of parameters is not the model's";
	if ((half->state == CLV_FAILED) != (half->reason != CLV_NO_REASON) ||
		half->reason < CLV_NO_REASON || half->reason > CLV_NO_SPEND)
		return "only a failed fit has a reason";
	if (half->evaluations < 0 || (half->evaluations > 0 && half->state == CLV_GIVEN) || half->reserved != 0)
		return "number of evaluations is negative, or of a model that was not fitted";
	if (!isfinite(half->log_likelihood) || (!fitted && half->log_likelihood != 0))
		return "log-likelihood is not finite, or of a model that was not fitted";
	if (!(half->customers >= 0 && isfinite(half->customers)) ||
		!(half->distinct >= 0 && half->distinct <= MOST_COUNTED && half->distinct == floor(half->distinct)) ||
		(half->state == CLV_GIVEN && (half->customers != 0 || half->distinct != 0)) ||
		(fitted && !(half->customers > 0)))
		return "number of customers is out of range";
	if (half->has_covariance != 0 && half->has_covariance != 1)
		return "covariance is inconsistent";
	if (half->has_covariance && half->state != CLV_CONVERGED && half->state != CLV_GIVEN)
		return "only a converged or given model has a covariance";

	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		bool		used = i < parameters && answers;

		if (used ? !lifetime_parameter_valid(half->estimate[i]) : half->estimate[i] != 0)
			return "a parameter is out of range";
		if (half->direction[i] < -1 || half->direction[i] > 1 ||
			(half->direction[i] != 0 && (half->state != CLV_BOUNDARY || !used)))
			return "only a fit at a boundary has a direction";
		if (half->fixed[i] != 0 && (half->fixed[i] != 1 || !used || half->state == CLV_GIVEN))
			return "only a fit can have a fixed parameter";
		if ((half->has_lower[i] | half->has_upper[i]) & ~1 ||
			((half->has_lower[i] || half->has_upper[i]) && (!used || half->state == CLV_BOUNDARY)))
			return "an interval is inconsistent";
		if (half->has_lower[i] ? !(half->lower[i] >= 0 && half->lower[i] <= half->estimate[i]) : half->lower[i] != 0)
			return "the lower end of an interval is above the estimate";
		if (half->has_upper[i] ? !(half->upper[i] >= half->estimate[i]) : half->upper[i] != 0)
			return "the upper end of an interval is below the estimate";
		for (int j = 0; j < CLV_PARAMETERS; j++)
		{
			double		c = half->covariance[i][j];

			if (!isfinite(c) || c != half->covariance[j][i] ||
				(c != 0 && !(half->has_covariance && i < parameters && j < parameters)) ||
				c * c > half->covariance[i][i] * half->covariance[j][j] * (1 + 1e-9))
				return "covariance is not that of as many parameters";
		}
		if (half->covariance[i][i] < 0)
			return "a variance is negative";
	}
	if (!is_covariance(half, parameters))
		return "covariance gives some combination of the parameters a negative variance";
	return NULL;
}

const char *
clv_model_check(const clv_model *model)
{
	const lifetime_model *process;
	const char *wrong;
	int			kinds = 0;

	while (lifetime_models[kinds])
		kinds++;
	if (model->version != CLV_MODEL_VERSION)
		return "version is unknown";
	if (model->kind >= kinds && model->kind != CLV_KIND_GAMMA_GAMMA)
		return "model is unknown";
	process = clv_model_process(model);
	wrong = check_half(&model->process, process ? process->parameters : 0);
	if (!wrong)
		wrong = check_half(&model->spend, 3);
	if (wrong)
		return wrong;
	if (process == &sbg && model->spend.state != CLV_ABSENT)
		return "contracts have no spend";
	if (process ? model->process.state == CLV_ABSENT : model->process.state != CLV_ABSENT || model->spend.state == CLV_ABSENT)
		return "a half is missing";
	if (!(model->unit_days >= CLV_LEAST_UNIT && model->unit_days <= CLV_MOST_UNIT))
		return "time unit is out of range";
	if ((model->step_months != 0 || model->step_days != 0) &&
		!(process && process->discrete && process != &sbg && calendar_step_is_valid(model->step_months, model->step_days)))
		return "step is not a whole number of months or of days of bg_bb";
	if (process && process->discrete && model->unit_days != 1)
		return "a discrete model has no time unit";
	if (model->has_as_of > 1 || (model->has_as_of ? !calendar_day_is_valid(model->as_of) : model->as_of != 0))
		return "as_of is inconsistent";
	if (!(model->left_out >= 0 && model->left_out <= MOST_COUNTED && model->left_out == floor(model->left_out)))
		return "number of digests left out is out of range";
	if (model->has_correlation > 1 || !(model->correlation >= -1 && model->correlation <= 1) ||
		(!model->has_correlation && model->correlation != 0))
		return "correlation is out of range";
	if (model->reserved != 0)
		return "reserved bytes are in use";
	return NULL;
}

/* ---------- fitting ---------- */

/*
 * A likelihood of which only some parameters are free, as the optimiser sees
 * it: free ones first to last, the others at their values.
 */
typedef struct partly_fixed
{
	int			parameters;		/* of the model */
	int			free_count;
	int			free[CLV_PARAMETERS];
	double		values[CLV_PARAMETERS];
	double		scale[CLV_PARAMETERS];	/* a usual size of each */

	/* one of the two */
	const lifetime_model *process;
	const history_set *histories;
	const spend_set *spends;
	double	   *scratch;
	const history_pause *pause;
} partly_fixed;

static double
evaluate(void *data, const double *parameters, double *gradient, double *hessian)
{
	partly_fixed *l = data;
	double		all_gradient[CLV_PARAMETERS] = {0};
	double		all_hessian[CLV_PARAMETERS * CLV_PARAMETERS] = {0};
	double		value;

	/* few customers take no time, and never pause by themselves, but there may be many evaluations */
	history_pause_now(l->pause);
	for (int i = 0; i < l->free_count; i++)
		l->values[l->free[i]] = parameters[i];
	if (l->process)
		value = l->process->set_log_likelihood(l->values, l->histories, all_gradient, all_hessian, l->scratch, l->pause);
	else
	{
		double		spend_hessian[SPEND_PARAMETERS * SPEND_PARAMETERS];

		value = gamma_gamma_set_log_likelihood(l->values, l->spends, all_gradient, spend_hessian, l->pause);
		for (int i = 0; i < SPEND_PARAMETERS; i++)
			for (int j = 0; j < SPEND_PARAMETERS; j++)
				all_hessian[i * CLV_PARAMETERS + j] = spend_hessian[i * SPEND_PARAMETERS + j];
	}
	for (int i = 0; i < l->free_count; i++)
	{
		gradient[i] = all_gradient[l->free[i]];
		for (int j = 0; j < l->free_count; j++)
			hessian[i * FIT_PARAMETERS + j] = all_hessian[l->free[i] * CLV_PARAMETERS + l->free[j]];
	}
	return value;
}

/* what a start is multiplied with where it led to no maximum: elsewhere there may be one */
static const double other_starts[][CLV_PARAMETERS] = {
	{4, 4, 0.25, 0.25}, {0.25, 0.25, 4, 4}, {0.2, 3, 0.2, 3}
};

/*
 * Where a parameter runs to at a limit.  Its size beside what is usual says it
 * best; one that is not far away yet is on its way if it came so far and still
 * goes on.
 */
#define FAR_AWAY		1e5
#define ON_ITS_WAY		7.0		/* times the start */

static int
direction_of(double estimate, double start, double scale, int uphill)
{
	if (estimate > FAR_AWAY * scale)
		return 1;
	if (estimate < scale / FAR_AWAY)
		return -1;
	return (uphill > 0 && estimate > ON_ITS_WAY * start) || (uphill < 0 && estimate < start / ON_ITS_WAY) ? uphill : 0;
}

static void
fit_half(clv_half *half, partly_fixed *l, const double *start)
{
	likelihood	likelihood = {l->free_count, l, evaluate};
	likelihood_fit best;
	int			evaluations;

	memcpy(l->values, start, sizeof(l->values));
	if (l->free_count == 0)
	{
		memset(&best, 0, sizeof(best));
		best.log_likelihood = evaluate(l, start, best.gradient, best.log_covariance[0]);
		best.state = isfinite(best.log_likelihood) ? FIT_CONVERGED : FIT_FAILED;
		best.evaluations = 1;
		memset(best.log_covariance, 0, sizeof(best.log_covariance));
	}
	else
	{
		double		from[CLV_PARAMETERS];

		for (int i = 0; i < l->free_count; i++)
			from[i] = start[l->free[i]];
		likelihood_maximise(&likelihood, from, &best);
		evaluations = best.evaluations;
		for (size_t k = 0; best.state != FIT_CONVERGED && k < sizeof(other_starts) / sizeof(other_starts[0]); k++)
		{
			likelihood_fit other;

			for (int i = 0; i < l->free_count; i++)
				from[i] = start[l->free[i]] * other_starts[k][l->free[i]];
			likelihood_maximise(&likelihood, from, &other);
			evaluations += other.evaluations;
			/* of two limits of the same height, the first */
			if (other.state != FIT_FAILED &&
				(best.state == FIT_FAILED || other.log_likelihood > best.log_likelihood + 1e-6))
				best = other;
		}
		best.evaluations = evaluations;
		if (best.state == FIT_CONVERGED)
			likelihood_intervals(&likelihood, &best);
	}

	half->evaluations = best.evaluations;
	if (best.state == FIT_FAILED)
	{
		half->state = CLV_FAILED;
		half->reason = CLV_NOT_REACHED;
		return;
	}
	half->state = best.state == FIT_CONVERGED ? CLV_CONVERGED : CLV_BOUNDARY;
	half->log_likelihood = best.log_likelihood;
	half->has_covariance = best.state == FIT_CONVERGED;
	for (int i = 0; i < l->parameters; i++)
	{
		half->estimate[i] = l->values[i];
		half->fixed[i] = 1;
	}
	for (int i = 0; i < l->free_count; i++)
	{
		int			k = l->free[i];

		half->fixed[k] = 0;
		half->estimate[k] = best.estimate[i];
		if (half->state == CLV_BOUNDARY)
			half->direction[k] = (int8_t) direction_of(best.estimate[i], start[k], l->scale[k], best.direction[i]);
		else
		{
			half->has_lower[k] = best.lower[i] >= 0 && best.lower[i] <= best.estimate[i];
			half->lower[k] = half->has_lower[k] ? best.lower[i] : 0;
			half->has_upper[k] = best.upper[i] >= best.estimate[i];
			half->upper[k] = half->has_upper[k] ? best.upper[i] : 0;
			for (int j = 0; j < l->free_count; j++)
				half->covariance[k][l->free[j]] =
					best.estimate[i] * best.estimate[j] * 0.5 * (best.log_covariance[i][j] + best.log_covariance[j][i]);
		}
	}
}

static void
refuse(clv_half *half, clv_reason reason)
{
	half->state = CLV_FAILED;
	half->reason = reason;
}

void
clv_fit_process(clv_half *half, const lifetime_model *process, const history_set *set,
				const clv_request *request, double *scratch, const history_pause *pause)
{
	partly_fixed l = {0};
	double		start[CLV_PARAMETERS] = {1, 1, 1, 1};

	memset(half, 0, sizeof(*half));
	half->parameters = process->parameters;
	half->customers = set->customers;
	half->distinct = (double) set->row_count;
	if (set->row_count == 0)
	{
		refuse(half, CLV_NO_CUSTOMERS);
		return;
	}
	if (set->row_count == 1 && set->customers < 2)
	{
		refuse(half, CLV_ONE_CUSTOMER);
		return;
	}
	if (set->repeaters == 0 && process != &sbg)
	{
		refuse(half, CLV_NO_REPEATERS);
		return;
	}

	l.parameters = process->parameters;
	l.process = process;
	l.histories = set;
	l.scratch = scratch;
	l.pause = pause;
	process->start(set, start);
	for (int i = 0; i < l.parameters; i++)
	{
		l.scale[i] = process->is_time[i] ? set->total_tenure / set->customers : 1;
		if (request->start)
			start[i] = request->start[i];
		if (request->fixed && !isnan(request->fixed[i]))
			start[i] = request->fixed[i];
		else
			l.free[l.free_count++] = i;
	}
	fit_half(half, &l, start);
}

void
clv_fit_spend(clv_half *half, const spend_set *set, const history_pause *pause)
{
	partly_fixed l = {0};
	double		start[CLV_PARAMETERS] = {1, 1, 1, 1};

	memset(half, 0, sizeof(*half));
	half->parameters = 3;
	half->customers = set->customers;
	half->distinct = (double) set->row_count;
	if (set->row_count == 0)
	{
		refuse(half, CLV_NO_SPEND);
		return;
	}
	if (set->row_count == 1 && set->customers < 2)
	{
		refuse(half, CLV_ONE_CUSTOMER);
		return;
	}
	l.parameters = 3;
	l.spends = set;
	l.pause = pause;
	l.free_count = 3;
	for (int i = 0; i < 3; i++)
	{
		l.free[i] = i;
		l.scale[i] = i == SPEND_GAMMA ? set->total / set->purchases : 1;
	}
	gamma_gamma_start(set, start);
	fit_half(half, &l, start);
}

bool
clv_spend_correlation(const spend_set *set, double *correlation)
{
	double		mean_x;
	double		mean_m = 0;
	double		xx = 0;
	double		xm = 0;
	double		mm = 0;

	if (set->row_count == 0)
		return false;
	mean_x = set->purchases / set->customers;
	for (size_t i = 0; i < set->row_count; i++)
		mean_m += set->rows[i].weight * (set->rows[i].mean / set->customers);
	for (size_t g = 0; g < set->group_count; g++)
		for (size_t i = set->groups[g].from; i < set->groups[g].to; i++)
		{
			double		dx = set->groups[g].x - mean_x;
			double		dm = set->rows[i].mean - mean_m;

			xx += set->rows[i].weight * dx * dx;
			xm += set->rows[i].weight * dx * dm;
			mm += set->rows[i].weight * dm * dm;
		}
	if (!(xx > 0 && mm > 0))
		return false;
	*correlation = fmax(-1, fmin(1, xm / sqrt(xx) / sqrt(mm)));
	return isfinite(*correlation);
}

/* ---------- comparison of fits ---------- */

int
clv_free_parameters(const clv_half *half)
{
	int			count = half->parameters;

	for (int i = 0; i < CLV_PARAMETERS; i++)
		count -= half->fixed[i];
	return count;
}

/* upper tail of chi-square with 1 to 4 degrees of freedom */
static double
chi_square_tail(double statistic, int degrees)
{
	double		half = 0.5 * statistic;

	switch (degrees)
	{
		case 1:
			return erfc(sqrt(half));
		case 2:
			return exp(-half);
		case 3:
			return erfc(sqrt(half)) + 2 * sqrt(half / M_PI) * exp(-half);
		default:
			return exp(-half) * (1 + half);
	}
}

clv_likelihood_ratio
clv_compare(const clv_half *restricted, const clv_half *full)
{
	clv_likelihood_ratio ratio;

	ratio.statistic = fmax(0, 2 * (full->log_likelihood - restricted->log_likelihood));
	ratio.degrees = clv_free_parameters(full) - clv_free_parameters(restricted);
	ratio.p_value = chi_square_tail(ratio.statistic, ratio.degrees);
	return ratio;
}
