/*
 * sbg.h
 *		The shifted-beta-geometric model of contracts renewed period by period
 *		(Fader & Hardie 2007, J. of Interactive Marketing 21(1)).
 *
 * At the end of each period a customer leaves with a chance theta of his own;
 * theta ~ Beta(alpha, beta) across customers.  A history tells the periods
 * observed (tenure) and the renewals (x = t_x): x = tenure is a customer still,
 * x = tenure - 1 one who left at the end of the last period.
 *
 * Beside what every lifetime model answers (`sbg`, in lifetime_model.h) there
 * are three curves.
 */
#ifndef LOYALTY_KERNEL_SBG_H
#define LOYALTY_KERNEL_SBG_H

/* share of the customers in their `period`-th period, 1 or later, who renew: (beta+period-1)/(alpha+beta+period-1) */
extern double sbg_retention_rate(const double *parameters, double period);

/* share of new customers who renew at least `period` times */
extern double sbg_survival(const double *parameters, double period);

/*
 * Expected renewals of a customer in the `period`-th period, whose renewal at
 * its end is still to come, each worth exp(-discount i) where it is i periods
 * after the next: DERL of Fader & Hardie (2010, Marketing Science 29(1)),
 * (beta+n-1)/(alpha+beta+n-1) 2F1(1, beta+n; alpha+beta+n; exp(-discount)).
 * Period 0 is a new customer who pays now: 2F1(1, beta; alpha+beta; ...), DEL.
 * discount >= 0; INFINITY where discount = 0 and alpha <= 1.
 */
extern double sbg_residual_tenure(const double *parameters, double period, double discount);

#endif							/* LOYALTY_KERNEL_SBG_H */
