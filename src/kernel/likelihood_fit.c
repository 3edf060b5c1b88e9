/*
 * likelihood_fit.c
 *		Maximum likelihood for a handful of positive parameters.
 */
#include "likelihood_fit.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define P	FIT_PARAMETERS

#define MAX_EVALUATIONS		300
#define LONGEST_STEP		2.0		/* in a logarithm */
#define LONG_STEP			0.05	/* a step this long that gains nothing: a boundary */
#define CONVERGED_STEP		1e-7	/* the next one would be its square */
#define NO_GAIN				1e-8	/* in the log-likelihood */
#define NO_SLOPE			1e-11	/* likewise, for a logarithm's */
#define FLAT				1e-8	/* curvature that is none: a standard error of 10^4 in a logarithm */
#define FAR					46.0	/* logarithms beyond which nothing is meant any more: 1e20 */

#define HALF_CHI_SQUARE		1.9207294103470620	/* chi^2_1(0.95) / 2 */
#define INTERVAL_STEPS		40		/* evaluations for one end */
#define INTERVAL_STEP		1.5		/* the longest, in a logarithm */
#define INTERVAL_FAR		25.0	/* an end this many logarithms away is none */
#define OTHERS_DONE			1e-2	/* of the other parameters' standard errors */
#define HALVINGS			60		/* of a double there are no more */
#define NO_DIGITS			1e-4	/* rounding errors, in what the likelihood falls by */
#define INTERVAL_DONE		1e-4	/* of the half width: the step after it would be its square */

/* One evaluation: where, and what the likelihood is like there. */
typedef struct point
{
	double		at[P];			/* logarithms of the parameters */
	double		value;
	double		gradient[P];
	double		hessian[P * P];
} point;

static bool
evaluate(const likelihood *l, point *p)
{
	double		parameters[P];
	bool		finite;

	for (int i = 0; i < l->parameters; i++)
		parameters[i] = exp(p->at[i]);
	p->value = l->evaluate(l->data, parameters, p->gradient, p->hessian);
	finite = isfinite(p->value);
	for (int i = 0; i < l->parameters; i++)
	{
		finite = finite && isfinite(p->gradient[i]);
		for (int j = 0; j < l->parameters; j++)
			finite = finite && isfinite(p->hessian[i * P + j]);
	}
	return finite;
}

/* Eigenvalues and -vectors (columns) of a symmetric matrix, by Jacobi rotations. */
static void
eigen(int n, const double *matrix, double *values, double vectors[P][P])
{
	double		a[P][P];

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
		{
			a[i][j] = matrix[i * P + j];
			vectors[i][j] = i == j;
		}
	for (int sweep = 0; sweep < 50; sweep++)
	{
		bool		rotated = false;

		for (int p = 0; p < n; p++)
			for (int q = p + 1; q < n; q++)
			{
				double		theta;
				double		t;
				double		c;
				double		s;

				if (fabs(a[p][q]) <= 1e-18 * sqrt(fabs(a[p][p] * a[q][q])) || a[p][q] == 0)
					continue;
				rotated = true;
				theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
				t = (theta >= 0 ? 1 : -1) / (fabs(theta) + hypot(theta, 1));
				c = 1 / hypot(t, 1);
				s = t * c;
				for (int k = 0; k < n; k++)
				{
					double		kp = a[k][p];
					double		kq = a[k][q];

					a[k][p] = c * kp - s * kq;
					a[k][q] = s * kp + c * kq;
				}
				for (int k = 0; k < n; k++)
				{
					double		pk = a[p][k];
					double		qk = a[q][k];
					double		kp = vectors[k][p];
					double		kq = vectors[k][q];

					a[p][k] = c * pk - s * qk;
					a[q][k] = s * pk + c * qk;
					vectors[k][p] = c * kp - s * kq;
					vectors[k][q] = s * kp + c * kq;
				}
				a[p][q] = a[q][p] = 0;
			}
		if (!rotated)
			break;
	}
	for (int i = 0; i < n; i++)
		values[i] = a[i][i];
}

/*
 * The step that Newton's method would take if every direction curved down,
 * with `damping` added to each curvature; returns the gain it foresees.
 */
static double
newton_step(int n, const point *p, double damping, double *step)
{
	double		values[P];
	double		vectors[P][P];
	double		gain = 0;
	double		longest = 0;

	eigen(n, p->hessian, values, vectors);
	memset(step, 0, sizeof(double) * P);
	for (int k = 0; k < n; k++)
	{
		double		slope = 0;
		double		along;

		for (int i = 0; i < n; i++)
			slope += vectors[i][k] * p->gradient[i];
		/* a slope of rounding errors leads nowhere, however flat it is */
		if (fabs(slope) < NO_SLOPE + DBL_EPSILON * fabs(p->value))
			continue;
		along = slope / (fabs(values[k]) + damping + 1e-13);
		gain += slope * along - 0.5 * fabs(values[k]) * along * along;
		for (int i = 0; i < n; i++)
			step[i] += vectors[i][k] * along;
	}
	for (int i = 0; i < n; i++)
		longest = fmax(longest, fabs(step[i]));
	if (longest > LONGEST_STEP)
		for (int i = 0; i < n; i++)
			step[i] *= LONGEST_STEP / longest;
	return gain;
}

static double
longest_of(int n, const double *step)
{
	double		longest = 0;

	for (int i = 0; i < n; i++)
		longest = fmax(longest, fabs(step[i]));
	return longest;
}

/* which logarithms take part in a direction, and with which sign */
static void
signs_of(int n, const double *direction, int *signs)
{
	double		longest = longest_of(n, direction);

	for (int i = 0; i < n; i++)
		signs[i] = fabs(direction[i]) < 0.05 * longest ? 0 : direction[i] > 0 ? 1 : -1;
}

/*
 * The inverse of minus the Hessian; false where it does not curve down
 * everywhere, with the direction: uphill, or where nothing slopes any more
 * that in which the search went.
 */
static bool
covariance_of(int n, const point *p, const double *start, double covariance[P][P], int *direction)
{
	double		values[P];
	double		vectors[P][P];
	double		flat[P] = {0};
	bool		curved = true;

	eigen(n, p->hessian, values, vectors);
	for (int k = 0; k < n; k++)
	{
		double		uphill = 0;
		double		onwards = 0;

		if (values[k] <= -FLAT)
			continue;
		for (int i = 0; i < n; i++)
		{
			uphill += vectors[i][k] * p->gradient[i];
			onwards += vectors[i][k] * (p->at[i] - log(start[i]));
		}
		if (fabs(uphill) < NO_SLOPE)
			uphill = onwards;
		for (int i = 0; i < n; i++)
			flat[i] += uphill >= 0 ? vectors[i][k] : -vectors[i][k];
		curved = false;
	}
	if (!curved)
	{
		signs_of(n, flat, direction);
		return false;
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
		{
			covariance[i][j] = 0;
			for (int k = 0; k < n; k++)
				covariance[i][j] -= vectors[i][k] * vectors[j][k] / values[k];
		}
	return true;
}

void
likelihood_maximise(const likelihood *l, const double *start, likelihood_fit *fit)
{
	int			n = l->parameters;
	point		here;
	point		next;
	double		step[P] = {0};
	double		damping = 0;
	int			idle = 0;		/* long steps in a row that gain nothing */

	memset(fit, 0, sizeof(*fit));
	memset(&here, 0, sizeof(here));
	fit->state = FIT_FAILED;
	for (int i = 0; i < n; i++)
		here.at[i] = log(start[i]);
	fit->evaluations = 1;
	if (!evaluate(l, &here))
		here.value = -INFINITY;

	while (here.value > -INFINITY && fit->evaluations < MAX_EVALUATIONS)
	{
		double		gain = newton_step(n, &here, damping, step);
		double		longest = longest_of(n, step);
		bool		far = false;

		next = here;
		for (int i = 0; i < n; i++)
		{
			next.at[i] += step[i];
			far = far || fabs(next.at[i]) > FAR;
		}

		if (gain < NO_GAIN && longest > LONG_STEP)
			idle++;
		else if (longest <= LONG_STEP)
			idle = 0;
		if (idle > 1 || far)
		{
			fit->state = FIT_BOUNDARY;
			signs_of(n, step, fit->direction);
			break;
		}

		fit->evaluations++;
		if (!evaluate(l, &next) || next.value < here.value - 1e-13 * fabs(here.value))
		{
			/* nothing is left to gain but rounding errors */
			if (longest < CONVERGED_STEP)
			{
				fit->state = FIT_CONVERGED;
				break;
			}
			damping = fmax(damping * 8, 1e-3 * fmax(1, fabs(here.hessian[0])));
			continue;
		}
		here = next;
		damping = damping < 1e-3 ? 0 : damping / 16;
		if (longest < CONVERGED_STEP)
		{
			fit->state = FIT_CONVERGED;
			break;
		}
	}

	/*
	 * Far out on a ridge steps get short by damping alone, for rounding errors
	 * let none of them gain.  What Newton's own step would be tells it from a
	 * maximum.
	 */
	if (fit->state == FIT_CONVERGED && damping > 0)
	{
		newton_step(n, &here, 0, step);
		if (longest_of(n, step) > LONG_STEP)
		{
			fit->state = FIT_BOUNDARY;
			signs_of(n, step, fit->direction);
		}
	}
	if (fit->state == FIT_CONVERGED && !covariance_of(n, &here, start, fit->log_covariance, fit->direction))
		fit->state = FIT_BOUNDARY;
	fit->log_likelihood = here.value;
	for (int i = 0; i < n; i++)
	{
		fit->estimate[i] = exp(here.at[i]);
		fit->gradient[i] = here.gradient[i];
	}
}

/* ---------- intervals ---------- */

/*
 * Solves the equations of one end for the step from p: all other gradients
 * vanish and the value is `target`.  To second order the other parameters
 * follow parameter k as offset + along * t, and the value is a quadratic in t,
 * of which the root on the side of `sign` is wanted.  Where there is no root
 * the likelihood does not fall enough as far as p knows: a long step.
 */
static bool
end_step(int n, const point *p, int k, int sign, double target, double *step)
{
	double		matrix[P][P + 2];
	int			others[P];
	int			m = 0;
	double		offset[P] = {0};
	double		along[P] = {0};
	double		a = 0;
	double		b = 0;
	double		c = p->value - target;
	double		root;
	double		t;

	for (int i = 0; i < n; i++)
		if (i != k)
			others[m++] = i;

	/* (others' Hessian) [offset along] = -[gradient, column k] */
	for (int i = 0; i < m; i++)
	{
		for (int j = 0; j < m; j++)
			matrix[i][j] = p->hessian[others[i] * P + others[j]];
		matrix[i][m] = -p->gradient[others[i]];
		matrix[i][m + 1] = -p->hessian[others[i] * P + k];
	}
	for (int i = 0; i < m; i++)
	{
		/* not curving down: no maximum over the others near here */
		if (!(matrix[i][i] < -FLAT))
			return false;
		for (int r = 0; r < m; r++)
			if (r != i)
			{
				double		f = matrix[r][i] / matrix[i][i];

				for (int j = i; j < m + 2; j++)
					matrix[r][j] -= f * matrix[i][j];
			}
	}
	for (int i = 0; i < m; i++)
	{
		offset[others[i]] = matrix[i][m] / matrix[i][i];
		along[others[i]] = matrix[i][m + 1] / matrix[i][i];
	}
	along[k] = 1;

	/* value(t) = target: a t^2 + b t + c = 0 */
	for (int i = 0; i < n; i++)
	{
		c += p->gradient[i] * offset[i];
		b += p->gradient[i] * along[i];
		for (int j = 0; j < n; j++)
		{
			double		h = p->hessian[i * P + j];

			c += 0.5 * h * offset[i] * offset[j];
			b += 0.5 * h * (offset[i] * along[j] + along[i] * offset[j]);
			a += 0.5 * h * along[i] * along[j];
		}
	}
	root = b * b - 4 * a * c;
	if (a < 0 && root >= 0)
	{
		/* the outer of the two crossings: where the value falls outwards */
		double		q = -0.5 * (b + (b >= 0 ? 1 : -1) * sqrt(root));
		double		t1 = q / a;
		double		t2 = q != 0 ? c / q : 0;

		t = sign > 0 ? fmax(t1, t2) : fmin(t1, t2);
	}
	else if (b * sign < 0)
		t = -c / b;				/* falls, ever more slowly: the tangent */
	else
		t = sign * INTERVAL_STEP;
	if (!isfinite(t))
		return false;
	if (fabs(t) > INTERVAL_STEP)
		t = t > 0 ? INTERVAL_STEP : -INTERVAL_STEP;
	for (int i = 0; i < n; i++)
	{
		step[i] = offset[i] + t * along[i];
		if (fabs(step[i]) > LONGEST_STEP)
			step[i] = step[i] > 0 ? LONGEST_STEP : -LONGEST_STEP;
	}
	return true;
}

/*
 * Where to begin.  Without another end known: where a quadratic likelihood
 * would have it.  With the one on the other side known: to third order the two
 * half widths lie alike about the quadratic one, and by how much the other
 * parameters leave the straight line is alike on both sides.
 */
static void
end_start(int n, const likelihood_fit *fit, int k, int sign, const double *other, double *at)
{
	double		error = sqrt(fit->log_covariance[k][k]);
	double		quadratic = sqrt(2 * HALF_CHI_SQUARE) * error;
	double		reach = fmin(quadratic, INTERVAL_STEP);
	double		across = 0;		/* half width on the other side */

	if (other)
		across = fabs(other[k] - log(fit->estimate[k]));
	if (across > 0.5 * quadratic && across < 1.5 * quadratic && quadratic < INTERVAL_STEP)
		reach = 2 * quadratic - across;
	else
		other = NULL;
	for (int i = 0; i < n; i++)
	{
		double		straight = fit->log_covariance[i][k] / (error * error);

		at[i] = log(fit->estimate[i]) + sign * reach * straight;
		if (other)
			at[i] += (other[i] - log(fit->estimate[i]) + sign * across * straight) * (reach / across) * (reach / across);
	}
}

/*
 * Is this the last step?  Of parameter k little is left to go.  What the others
 * still miss costs the likelihood its square only, and the step has it already.
 */
static bool
end_is_near(int n, const likelihood_fit *fit, int k, const double *step, double reach)
{
	for (int i = 0; i < n; i++)
		if (fabs(step[i]) >= (i == k ? INTERVAL_DONE * fmin(1, reach) : OTHERS_DONE * sqrt(fit->log_covariance[i][i])))
			return false;
	return true;
}

/*
 * One end by these equations, as a logarithm; infinite where there is none, NaN
 * where they did not lead to it.  end is where it was found, and beforehand
 * what was found on the other side, or NaN.
 */
static double
end_by_equations(const likelihood *l, likelihood_fit *fit, int k, int sign, double *end)
{
	int			n = l->parameters;
	double		target = fit->log_likelihood - HALF_CHI_SQUARE;
	double		centre = log(fit->estimate[k]);
	point		here;
	double		step[P];

	memset(&here, 0, sizeof(here));
	end_start(n, fit, k, sign, isnan(end[0]) ? NULL : end, here.at);
	end[0] = NAN;
	for (int i = 0; i < INTERVAL_STEPS; i++)
	{
		double		reach;

		fit->evaluations++;
		if (!evaluate(l, &here) || !end_step(n, &here, k, sign, target, step))
			return NAN;
		for (int j = 0; j < n; j++)
			here.at[j] += step[j];
		reach = (here.at[k] - centre) * sign;
		if (reach > INTERVAL_FAR)
			return sign * INFINITY;
		if (reach > 0 && end_is_near(n, fit, k, step, reach))
		{
			memcpy(end, here.at, sizeof(here.at));
			return here.at[k];
		}
	}
	return NAN;
}

/* The likelihood with one parameter held. */
typedef struct held
{
	const likelihood *whole;
	int			k;
	double		value;			/* of parameter k */
	double		others[P];		/* where the last maximum over the others was, in order without k */
} held;

static double
evaluate_held(void *data, const double *parameters, double *gradient, double *hessian)
{
	const held *h = data;
	double		all[P] = {0};
	double		all_gradient[P];
	double		all_hessian[P * P];
	double		value;
	int			n = h->whole->parameters;
	int			m = 0;

	for (int i = 0; i < n; i++)
		all[i] = i == h->k ? h->value : parameters[m++];
	value = h->whole->evaluate(h->whole->data, all, all_gradient, all_hessian);
	for (int i = 0, r = 0; i < n; i++)
	{
		if (i == h->k)
			continue;
		gradient[r] = all_gradient[i];
		for (int j = 0, c = 0; j < n; j++)
			if (j != h->k)
				hessian[r * P + c++] = all_hessian[i * P + j];
		r++;
	}
	return value;
}

/* how far the profile of parameter k lies above the target where that is exp(at); NaN where it is not known */
static double
profile_above(held *h, likelihood_fit *fit, double at, double target)
{
	likelihood	others = {h->whole->parameters - 1, h, evaluate_held};
	likelihood_fit best;
	double		value;

	h->value = exp(at);
	if (others.parameters == 0)
	{
		double		gradient[P];
		double		hessian[P * P];

		fit->evaluations++;
		return evaluate_held(h, NULL, gradient, hessian) - target;
	}
	likelihood_maximise(&others, h->others, &best);
	fit->evaluations += best.evaluations;
	if (best.state == FIT_FAILED)
		return NAN;
	value = best.log_likelihood;
	/* a limit is no place to start the next search from */
	if (best.state == FIT_CONVERGED)
		memcpy(h->others, best.estimate, sizeof(h->others));
	return value - target;
}

/*
 * One end by its definition, where the equations led nowhere (far from
 * quadratic likelihoods, with other parameters at limits of their own): steps
 * outwards that double until the profile has fallen enough, then halving.
 */
static double
end_by_search(const likelihood *l, likelihood_fit *fit, int k, int sign)
{
	double		target = fit->log_likelihood - HALF_CHI_SQUARE;
	double		inside = log(fit->estimate[k]);
	double		outside = inside;
	double		centre = inside;
	held		h = {l, k, 0, {0}};

	for (int i = 0, m = 0; i < l->parameters; i++)
		if (i != k)
			h.others[m++] = fit->estimate[i];
	/* where a likelihood of so many customers has no digits left for its own fall, nothing can be told */
	if (DBL_EPSILON * fabs(fit->log_likelihood) > NO_DIGITS * HALF_CHI_SQUARE)
		return NAN;
	for (double step = fmin(1, sqrt(fit->log_covariance[k][k]));; step *= 2)
	{
		double		above;

		outside = inside + sign * step;
		if (fabs(outside - centre) > INTERVAL_FAR)
			return sign * INFINITY;
		above = profile_above(&h, fit, outside, target);
		if (isnan(above))
			return NAN;
		if (above < 0)
			break;
		inside = outside;
	}
	for (int i = 0; i < HALVINGS && fabs(outside - inside) > INTERVAL_DONE * fmin(1, fabs(outside - centre)); i++)
	{
		double		middle = 0.5 * (inside + outside);
		double		above = profile_above(&h, fit, middle, target);

		if (isnan(above))
			return NAN;
		if (above < 0)
			outside = middle;
		else
			inside = middle;
	}
	return 0.5 * (inside + outside);
}

static double
interval_end(const likelihood *l, likelihood_fit *fit, int k, int sign, double *place)
{
	double		end = end_by_equations(l, fit, k, sign, place);

	return isnan(end) ? end_by_search(l, fit, k, sign) : end;
}

void
likelihood_intervals(const likelihood *l, likelihood_fit *fit)
{
	for (int k = 0; k < l->parameters; k++)
	{
		double		place[P] = {NAN};

		fit->lower[k] = exp(interval_end(l, fit, k, -1, place));
		fit->upper[k] = exp(interval_end(l, fit, k, 1, place));
	}
}
