/*
 * clv_model.h
 *		A fitted model as a value: parameters, how sure they are, what they
 *		were fitted on, and how that went.
 *
 * One flat struct, which is the SQL value.  It has two halves: the process (how
 * often customers buy and when they leave) and the spend (how much at a time);
 * either may be absent.  What a half does not know is 0, so that equal models
 * are equal bytes.
 */
#ifndef LOYALTY_KERNEL_CLV_MODEL_H
#define LOYALTY_KERNEL_CLV_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "clv_sample.h"
#include "gamma_gamma.h"
#include "lifetime_model.h"
#include "likelihood_fit.h"

#define CLV_PARAMETERS		FIT_PARAMETERS
#define CLV_MODEL_VERSION	1

/* of the time unit, in days: from a nanosecond to longer than any calendar */
#define CLV_LEAST_UNIT		1e-14
#define CLV_MOST_UNIT		1e9

typedef enum clv_state
{
	CLV_ABSENT = 0,				/* there is no such half */
	CLV_GIVEN,					/* parameters that somebody published or chose */
	CLV_CONVERGED,				/* the maximum of the likelihood */
	CLV_BOUNDARY,				/* the likelihood has its supremum at a limit; see direction */
	CLV_FAILED					/* no parameters; see reason */
} clv_state;

typedef enum clv_reason
{
	CLV_NO_REASON = 0,
	CLV_NO_CUSTOMERS,
	CLV_ONE_CUSTOMER,
	CLV_NO_REPEATERS,
	CLV_NOT_REACHED,			/* the optimiser met its cap */
	CLV_NO_SPEND				/* no repeat buyer with a spend above zero */
} clv_reason;

/* One half: parameters, how sure they are, what they were fitted on. */
typedef struct clv_half
{
	int32_t		state;			/* clv_state */
	int32_t		reason;			/* clv_reason */
	int32_t		evaluations;	/* of the likelihood, intervals included */
	int32_t		parameters;		/* how many the model has */
	int8_t		direction[CLV_PARAMETERS];	/* boundary: which grow (1), which fall (-1) */
	int8_t		fixed[CLV_PARAMETERS];	/* 1: held at a value that was given */
	double		estimate[CLV_PARAMETERS];
	double		lower[CLV_PARAMETERS];	/* 95 % profile-likelihood interval; only where has_lower, has_upper */
	double		upper[CLV_PARAMETERS];	/* may be INFINITY */
	int8_t		has_lower[CLV_PARAMETERS];
	int8_t		has_upper[CLV_PARAMETERS];
	double		covariance[CLV_PARAMETERS][CLV_PARAMETERS]; /* only where has_covariance */
	int32_t		has_covariance;
	int32_t		reserved;
	double		log_likelihood; /* fitted halves only */
	double		customers;		/* weight of those it was fitted on */
	double		distinct;		/* distinct histories, or pairs of frequency and mean spend */
} clv_half;

/* clv_model.kind: an index into lifetime_models, or this */
#define CLV_KIND_GAMMA_GAMMA	255

typedef struct clv_model
{
	int32_t		length_word;	/* the caller's; not read here */
	uint8_t		version;		/* CLV_MODEL_VERSION */
	uint8_t		kind;
	uint8_t		has_as_of;
	uint8_t		has_correlation;
	int32_t		as_of;			/* day: the end of observation */
	int32_t		step_months;	/* discrete models: what an opportunity is, for digests; */
	int32_t		step_days;		/* both 0: only raw numbers can be scored */
	int32_t		reserved;
	double		unit_days;		/* the time unit, in days */
	double		left_out;		/* digests of those who were not customers yet */
	double		correlation;	/* of frequency and mean spend, among repeat buyers */
	clv_half	process;
	clv_half	spend;
} clv_model;

/* NULL for gamma_gamma alone */
extern const lifetime_model *clv_model_process(const clv_model *model);

/* the model's name in SQL, and the kind of a name; -1 for an unknown one */
extern const char *clv_kind_name(int kind);
extern int	clv_kind_named(const char *name);

/* an empty model of a kind: both halves absent */
extern void clv_model_init(clv_model *model, int kind);

/* can scores be computed from this half? */
static inline bool
clv_half_answers(const clv_half *half)
{
	return half->state == CLV_GIVEN || half->state == CLV_CONVERGED || half->state == CLV_BOUNDARY;
}

/* every invariant that a model from outside must keep; what is wrong, or NULL */
extern const char *clv_model_check(const clv_model *model);

/* ---------- fitting ---------- */

typedef struct clv_request
{
	const double *start;		/* CLV_PARAMETERS of them, or NULL: the model's own guess */
	const double *fixed;		/* likewise, NaN where a parameter is free; NULL: all are */
} clv_request;

/* fills a half; scratch is for the model (lifetime_model.scratch_size) */
extern void clv_fit_process(clv_half *half, const lifetime_model *process, const history_set *set,
							const clv_request *request, double *scratch, const history_pause *pause);
extern void clv_fit_spend(clv_half *half, const spend_set *set, const history_pause *pause);

/* correlation of x and mean spend; false where either does not vary */
extern bool clv_spend_correlation(const spend_set *set, double *correlation);

/* ---------- comparing two fits ---------- */

typedef struct clv_likelihood_ratio
{
	double		statistic;		/* 2 (ln L(full) - ln L(restricted)), not below 0 */
	int			degrees;
	double		p_value;
} clv_likelihood_ratio;

/* free parameters of a half */
extern int	clv_free_parameters(const clv_half *half);

extern clv_likelihood_ratio clv_compare(const clv_half *restricted, const clv_half *full);

#endif							/* LOYALTY_KERNEL_CLV_MODEL_H */
