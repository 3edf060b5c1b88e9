/*
 * clv_fit.h
 *		What may be asked of a fit.
 */
#ifndef LOYALTY_CLV_FIT_H
#define LOYALTY_CLV_FIT_H

#include "compat.h"
#include "utils/jsonb.h"

#include "clv_sample.h"

/* the model of those who name none */
#define CLV_DEFAULT_MODEL	"mbg_nbd"

/* what is wrong with a model's name and the options of a fit, or NULL; options may be NULL */
extern const char *clv_request_fault(const char *model, const Jsonb *options);

/* fits a model to a sample, which is not changed; never fails for what the data are, but warns */
extern struct clv_model *clv_fit_sample(const clv_sample *sample, const char *model, const Jsonb *options);

#endif							/* LOYALTY_CLV_FIT_H */
