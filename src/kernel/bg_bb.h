/*
 * bg_bb.h
 *		What the two files of the BG/BB model share: bg_bb.c answers for one
 *		customer, bg_bb_set.c fits many.
 */
#ifndef LOYALTY_KERNEL_BG_BB_H
#define LOYALTY_KERNEL_BG_BB_H

#include "lifetime_model.h"

enum
{
	BG_BB_ALPHA, BG_BB_BETA, BG_BB_GAMMA, BG_BB_DELTA, BG_BB_PARAMETERS
};

/* members of lifetime_model, described there */
extern double bg_bb_set_log_likelihood(const double *parameters, const history_set *set,
									   double *gradient, double *hessian,
									   double *scratch, const history_pause *pause);
extern size_t bg_bb_scratch_size(const history_set *set);
extern void bg_bb_start(const history_set *set, double *parameters);
extern const char *bg_bb_limit(const int *direction);

#endif							/* LOYALTY_KERNEL_BG_BB_H */
