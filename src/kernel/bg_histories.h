/*
 * bg_histories.h
 *		What the histories of BG/NBD and MBG/NBD customers say: how likely they
 *		are, who is still there, and which parameters fit them.
 *
 * The two models differ by one chance to leave: in the BG/NBD one may leave
 * after each purchase but the first, x chances in all; in the MBG/NBD after
 * the first too, x + 1.  That number is what the functions here take as
 * `first_chance`, 0 or 1.  Everything else is said once.
 */
#ifndef LOYALTY_KERNEL_BG_HISTORIES_H
#define LOYALTY_KERNEL_BG_HISTORIES_H

#include "lifetime_model.h"

extern double bg_histories_log_likelihood(const double *parameters, const lifetime_history *history,
										  int first_chance);
extern lifetime_standing bg_histories_standing(const double *parameters, const lifetime_history *history,
											   int first_chance);
extern void bg_histories_posterior(const double *parameters, const lifetime_history *history,
								   int first_chance, double *updated);

extern double bg_histories_set_log_likelihood(const double *parameters, const history_set *set,
											  int first_chance, double *gradient, double *hessian,
											  double *scratch, const history_pause *pause);
extern size_t bg_histories_scratch_size(const history_set *set);
extern void bg_histories_start(const history_set *set, double *parameters);
extern const char *bg_histories_limit(const int *direction, int first_chance);

#endif							/* LOYALTY_KERNEL_BG_HISTORIES_H */
