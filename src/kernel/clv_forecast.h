/*
 * clv_forecast.h
 *		What a group of customers will bring within a horizon, and how sure
 *		that is.
 *
 * The total of a group is uncertain for two reasons.  Each customer is a draw
 * from the model: those variances add.  And the model's parameters are
 * estimates that all customers share: their errors push every customer's
 * expectation the same way, so what adds is not a variance but the gradient
 * g of the expectations by the parameters, and the variance of the total is
 *
 *		sum V_i + g' C g,	C the covariance of the parameters
 *
 * (the delta method, in the logarithms of the parameters).  The purchases and
 * the spend are fitted apart, so C has one block for each.
 *
 * With D the discounted number of a customer's purchases and nu the rate of
 * their amounts (gamma_gamma.h), which the models take to be independent, the
 * value S = sum of d_j Z_j of a customer has
 *
 *		E[S] = E[D] E[p/nu],
 *		Var[S] = E[sum d_j^2] E[p/nu^2] + E[D^2] E[(p/nu)^2] - E[S]^2,
 *
 * the first term for what purchases differ among themselves, the rest for how
 * many they are and how large on average (the law of total variance, given D
 * and nu).
 *
 * All sums are exact, so a forecast is the same bytes however it was added up.
 */
#ifndef LOYALTY_KERNEL_CLV_FORECAST_H
#define LOYALTY_KERNEL_CLV_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "clv_model.h"
#include "exact_sum.h"
#include "status.h"

#define CLV_FORECAST_VERSION	1
#define CLV_FORECAST_MOST		INT64_C(9007199254740992)	/* customers: what a double counts */

/*
 * One flat struct, which is the SQL value and the state of the aggregates.
 * Without a model of spend the unit is purchases, with it money.
 */
typedef struct clv_forecast
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		version;		/* CLV_FORECAST_VERSION */
	uint8_t		reserved[3];	/* zero */
	int32_t		as_of;			/* day: what is known at its end */
	int32_t		until;			/* day: the end of the horizon, not before as_of */
	double		discount;		/* effective annual rate */
	int64_t		customers;		/* at as_of */
	int64_t		left_out;		/* digests of those who were not customers yet */
	int64_t		unanswered;		/* customers of whom the model expects nothing it can name */
	int64_t		unbounded;		/* answered customers whose value has no finite variance */
	exact_sum	total;			/* of the expectations, of those answered */
	exact_sum	variance;		/* of the customers' own variances, where finite */
	exact_sum	process_gradient[CLV_PARAMETERS];	/* of the total, by the logarithms of the parameters: */
	exact_sum	spend_gradient[CLV_PARAMETERS]; /* 0 of a half without a covariance and where fixed */
	clv_model	model;
} clv_forecast;

/* What one customer adds. */
typedef struct customer_forecast
{
	double		value;			/* expectation */
	double		variance;		/* may be INFINITY */
	double		process_gradient[CLV_PARAMETERS];
	double		spend_gradient[CLV_PARAMETERS];
} customer_forecast;

/*
 * The forecast of one customer, whose history, horizon and discount rate are
 * in the model's own unit, and whose purchase days after the first number
 * `repeats` with a mean spend of `mean` >= 0.  False where the model does not
 * answer: a half of it failed, or the spend has no mean.
 */
extern bool clv_forecast_customer(const clv_model *model, const lifetime_history *history,
								  double repeats, double mean, double horizon, double rate,
								  customer_forecast *customer);

/* an empty forecast of a model; length_word is left alone */
extern void clv_forecast_init(clv_forecast *forecast, const clv_model *model, int32_t as_of, int32_t until, double discount);

/* Adding.  A fault (a number out of range) leaves the forecast as it is. */
extern loyalty_status clv_forecast_add(clv_forecast *forecast, const customer_forecast *customer);
extern loyalty_status clv_forecast_add_unanswered(clv_forecast *forecast);
extern loyalty_status clv_forecast_add_left_out(clv_forecast *forecast);
extern loyalty_status clv_forecast_join(clv_forecast *forecast, const clv_forecast *other);

/* what may be merged: the same model, days and discount */
extern bool clv_forecast_alike(const clv_forecast *a, const clv_forecast *b);

/* every invariant that a forecast from outside must keep; what is wrong, or NULL */
extern const char *clv_forecast_check(const clv_forecast *forecast);

/* ---------- what is asked of it; false where it is not known ---------- */

extern bool clv_forecast_mean(const clv_forecast *forecast, double *total);

/* of what customers do, of the parameters, of both */
extern bool clv_forecast_customer_variance(const clv_forecast *forecast, double *variance);
extern bool clv_forecast_parameter_variance(const clv_forecast *forecast, double *variance);
extern bool clv_forecast_variance(const clv_forecast *forecast, double *variance);

/*
 * The interval that holds the total with probability `level`, 0 < level < 1,
 * as much of the rest on either side: that of the gamma distribution with the
 * total's mean T and variance V, whose cube root is nearly normal:
 *
 *		T (1 - h -+ z sqrt(h))^3,	h = V / (9 T^2)
 *
 * (Wilson & Hilferty 1931, PNAS 17), and not below 0.
 */
extern bool clv_forecast_range(const clv_forecast *forecast, double level, double *lower, double *upper);

#endif							/* LOYALTY_KERNEL_CLV_FORECAST_H */
