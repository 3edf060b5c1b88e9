/*
 * bg_population.h
 *		What a living population does whose members buy at a rate drawn from
 *		Gamma(r, alpha) and after each purchase leave with a probability drawn
 *		from Beta(a, b).
 *
 * BG/NBD and MBG/NBD differ in what happens at the first purchase only; from
 * then on both are this.  Fader, Hardie & Lee (2005), Marketing Science 24(2);
 * Batislam, Denizel & Filiztekin (2007), IJRM 24(3).  Parameters are r, alpha,
 * a, b; the functions promise what lifetime_model.h says of them.
 */
#ifndef LOYALTY_KERNEL_BG_POPULATION_H
#define LOYALTY_KERNEL_BG_POPULATION_H

#include "lifetime_model.h"

extern double bg_population_survival(const double *updated, double time);

extern void bg_population_future(const double *updated, double horizon, double discount,
								 bool variances, lifetime_future *future);

extern double bg_population_pmf(const double *updated, double horizon, double n);

#endif							/* LOYALTY_KERNEL_BG_POPULATION_H */
