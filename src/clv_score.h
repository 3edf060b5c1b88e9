/*
 * clv_score.h
 *		From a model's parameters and a customer's history to an answer, with
 *		the checks that all answers share.
 */
#ifndef LOYALTY_CLV_SCORE_H
#define LOYALTY_CLV_SCORE_H

#include "compat.h"

#include "clv_model.h"

/* the process of a model; an error where the model is of spend alone, NULL where it failed to be fitted */
extern const lifetime_model *clv_process_of(const clv_model *model);

/* a customer's history in the model's own unit; false where there is no customer yet */
extern bool clv_model_history(const clv_model *model, const purchase_view *view, DateADT as_of,
							  lifetime_history *history);

/* from as_of to a later day, in the model's own unit */
extern double clv_model_span(const clv_model *model, DateADT as_of, DateADT until);

/* an effective annual rate as a continuous one per unit of the model; an error at -1 and below */
extern double clv_model_discount(const clv_model *model, double annual);

/* a horizon in the model's own unit, may be infinite; or an error */
extern double clv_check_horizon(const lifetime_model *process, double horizon);

/*
 * What purchases of a customer with a mean spend over x purchases are worth.
 * False where the model does not say: no spend model, or no mean (q <= 1).
 */
extern bool clv_model_spend(const clv_model *model, double x, double mean, struct spend_expectation *spend);

#endif							/* LOYALTY_CLV_SCORE_H */
