/*
 * likelihood_fit.h
 *		Maximum likelihood for a handful of positive parameters, and how sure
 *		the data are of each.
 *
 * Everything happens in the logarithms of the parameters, where the
 * likelihoods of this field are close to quadratic and no bound is needed.
 *
 * The maximum: Newton's method with the exact Hessian, each eigenvalue taken
 * by its magnitude (so that a saddle repels), damped after a step that did not
 * raise the likelihood (Levenberg), no step longer than 2.  A worse point is
 * never accepted.
 *
 * A likelihood may have no maximum: it rises for ever, ever more slowly, along
 * some direction (all customers alike: r and alpha grow together).  Then the
 * steps stay long while what they gain vanishes.  Below a gain of 1e-8 that is
 * reported as a boundary with its direction; the parameters are those of the
 * limit for every purpose but their own size, and have no standard errors.
 *
 * Intervals are those of the profile likelihood: the values of one parameter
 * for which the likelihood, maximised over the others, is within
 * chi^2_1(0.95)/2 of its maximum.  Each end solves a system of equations by
 * Newton's method: Venzon & Moolgavkar (1988), Applied Statistics 37(1).
 */
#ifndef LOYALTY_KERNEL_LIKELIHOOD_FIT_H
#define LOYALTY_KERNEL_LIKELIHOOD_FIT_H

#define FIT_PARAMETERS	4		/* the most there can be */

/* What is to be maximised. */
typedef struct likelihood
{
	int			parameters;
	void	   *data;

	/* value, gradient and Hessian (FIT_PARAMETERS columns) in the logarithms */
	double		(*evaluate) (void *data, const double *parameters, double *gradient, double *hessian);
} likelihood;

typedef enum fit_state
{
	FIT_CONVERGED,				/* a maximum, with curvature in every direction */
	FIT_BOUNDARY,				/* a limit; see direction */
	FIT_FAILED					/* neither was reached within the cap */
} fit_state;

typedef struct likelihood_fit
{
	fit_state	state;
	int			evaluations;
	double		log_likelihood;
	double		estimate[FIT_PARAMETERS];
	double		gradient[FIT_PARAMETERS];	/* in the logarithms, at the estimate */
	double		log_covariance[FIT_PARAMETERS][FIT_PARAMETERS]; /* of the logarithms; only where converged */
	double		lower[FIT_PARAMETERS];	/* 95 % profile-likelihood; 0 where nothing bounds it */
	double		upper[FIT_PARAMETERS];	/* INFINITY likewise; NaN: not found */
	int			direction[FIT_PARAMETERS];	/* boundary: which parameters still grow (1) or fall (-1) */
} likelihood_fit;

/* from a start; fills all but the intervals */
extern void likelihood_maximise(const likelihood *l, const double *start, likelihood_fit *fit);

/* fills lower and upper of a converged fit */
extern void likelihood_intervals(const likelihood *l, likelihood_fit *fit);

#endif							/* LOYALTY_KERNEL_LIKELIHOOD_FIT_H */
