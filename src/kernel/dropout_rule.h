/*
 * dropout_rule.h
 *		Expectations over a dropout probability p that varies from customer to
 *		customer as a Beta(a, b): a sum of weights at a few hundred points.
 *
 * In y = logit(p) the density is proportional to p^a (1-p)^b: smooth, with one
 * maximum, and analytic up to |Im y| = pi, so that the plain trapezoidal sum
 * converges exponentially (Trefethen & Weideman 2014, SIAM Review 56(3)).  Steps
 * follow the width of the maximum, so a = 1e6 costs no more than a = 1.  Where
 * a or b is tiny and the density leaks away without end towards 0 or 1, the
 * rest of the sum is geometric: it becomes the weight of a point at p = 0 or
 * p = 1 itself.  Everything is positive; nothing is subtracted; no gamma
 * function is needed, since the weights are divided by their own sum.
 */
#ifndef LOYALTY_KERNEL_DROPOUT_RULE_H
#define LOYALTY_KERNEL_DROPOUT_RULE_H

#define DROPOUT_POINTS	768

typedef struct dropout_rule
{
	int			count;
	double		p[DROPOUT_POINTS];
	double		weight[DROPOUT_POINTS];	/* sum to 1 */
} dropout_rule;

/*
 * For functions g > 0 that fall with p and on which p acts as scale * p:
 * g(0) / g(p) <= 1 + scale * p to the power of `order`, 1 or 2, times `gain`.
 */
extern void dropout_rule_make(double a, double b, double scale, int order, double gain, dropout_rule *rule);

/* E[(1 + p c)^-r]; keeps its relative precision however small it is */
extern double dropout_rule_survival(double a, double b, double r, double c);

#endif							/* LOYALTY_KERNEL_DROPOUT_RULE_H */
