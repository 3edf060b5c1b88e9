/*
 * pareto_nbd.h
 *		What the two rooms of the Pareto/NBD model share: the integral over the
 *		moment at which a customer may have left.
 *
 * While alive a customer buys at a rate drawn from a gamma distribution (shape
 * r, rate alpha) and leaves at a rate drawn from another (shape s, rate beta):
 * Schmittlein, Morrison & Colombo, Management Science 33(1), 1987.  For a
 * customer last seen at t_x and watched until T everything turns on
 *
 *		f(y) = (alpha + y)^-(r + x) (beta + y)^-(s + 1),   t_x <= y <= T.
 *
 * With m the smaller of alpha and beta and u = ln(m + y) the integrand f du is
 * log-concave and, as a function of a complex u, has no singularity nearer
 * than pi, so that a Gauss-Legendre rule on panels of bounded variation
 * converges fast whatever the parameters are.  Nothing is a difference, so
 * nothing cancels, however close t_x is to T or alpha to beta.
 */
#ifndef LOYALTY_KERNEL_PARETO_NBD_H
#define LOYALTY_KERNEL_PARETO_NBD_H

#include "lifetime_model.h"

/* A Gauss-Legendre rule of 2 * half nodes on [-1, 1]: the positive nodes, ascending, and their weights. */
typedef struct gauss_rule
{
	double		variation;		/* it integrates to 14 digits what moves by so much in its logarithm ... */
	double		width;			/* ... over so wide a panel in u */
	int			half;
	const double *node;
	const double *weight;
} gauss_rule;

/* what the largest rule can do */
#define PARETO_NBD_VARIATION	20.0
#define PARETO_NBD_WIDTH		2.5
#define PARETO_NBD_NODES		16

/* the smallest rule that will do */
extern const gauss_rule *pareto_nbd_rule(double variation, double width);

/* The walk of y from t_x to T, panel by panel. */
typedef struct pareto_nbd_walk
{
	double		near;			/* the smaller of alpha and beta, and its exponent in f */
	double		near_power;
	double		far;			/* the larger */
	double		far_power;
	bool		alpha_near;		/* alpha is the smaller */
	bool		low_powers;		/* exponents so low that logarithms need only be right in absolute terms */

	/*
	 * Relative to (alpha + t_x)^-(r+x) (beta + t_x)^-s: that the customer is
	 * alive at T weighs exp(-still), that he has left before T weighs
	 * left_scale times the sum of the panels' weights.
	 */
	double		still;
	double		left_scale;

	double		y;				/* where the next panel begins */
	double		near_log;		/* ln((near + y)/(near + t_x)) */
	double		far_log;
	double		near_rest;		/* from there to T; 0: the walk is over */
	double		far_rest;
	double		height;			/* ln of the integrand at y, 0 at t_x */
	double		sum;			/* of the weights so far */
} pareto_nbd_walk;

typedef struct pareto_nbd_panel
{
	int			count;
	double		y[PARETO_NBD_NODES];
	double		alpha_log[PARETO_NBD_NODES];	/* ln((alpha + y)/(alpha + t_x)) */
	double		beta_log[PARETO_NBD_NODES];
	double		weight[PARETO_NBD_NODES];
} pareto_nbd_panel;

extern void pareto_nbd_walk_start(pareto_nbd_walk *walk, const double *parameters,
								  const lifetime_history *history);

/* false: there are no more panels that matter */
extern bool pareto_nbd_walk_next(pareto_nbd_walk *walk, pareto_nbd_panel *panel);

/* the likelihood of a set, pareto_nbd_set.c */
extern double pareto_nbd_set_log_likelihood(const double *parameters, const history_set *set,
											double *gradient, double *hessian,
											double *scratch, const history_pause *pause);
extern size_t pareto_nbd_scratch_size(const history_set *set);

#endif							/* LOYALTY_KERNEL_PARETO_NBD_H */
