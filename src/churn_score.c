/*
 * churn_score.c
 *		The customer's own rhythm, and scores of a silence against it, without
 *		a fitted model.
 */
#include "purchase_digest.h"

#include "kernel/churn_score.h"
#include "report.h"

PG_FUNCTION_INFO_V1(purchase_digest_average_gap);
Datum
purchase_digest_average_gap(PG_FUNCTION_ARGS)
{
	purchase_timing timing;

	if (!purchase_digest_timing_of(fcinfo, purchase_digest_as_of(fcinfo, 1), &timing) || timing.purchase_days < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (timing.last - timing.first) / (double) (timing.purchase_days - 1));
}

PG_FUNCTION_INFO_V1(purchase_digest_gap_quantile);
Datum
purchase_digest_gap_quantile(PG_FUNCTION_ARGS)
{
	double		q = check_fraction(PG_GETARG_FLOAT8(1), "q");
	DateADT		as_of = purchase_digest_as_of(fcinfo, 2);
	purchase_view view;
	int32	   *gaps;
	uint32		n;

	PG_GETARG_PURCHASE_VIEW(0, &view);
	gaps = palloc(sizeof(int32) * (Size) Max(view.count, 1));
	n = purchase_digest_gaps(&view, as_of, gaps);
	if (n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(gap_quantile(gaps, n, q));
}

PG_FUNCTION_INFO_V1(purchase_digest_next_purchase);
Datum
purchase_digest_next_purchase(PG_FUNCTION_ARGS)
{
	purchase_timing timing;
	int64		span,
				gaps,
				next;

	if (!purchase_digest_timing_of(fcinfo, purchase_digest_as_of(fcinfo, 1), &timing) || timing.purchase_days < 2)
		PG_RETURN_NULL();
	/* the average gap rounded half up, in whole numbers */
	span = (int64) timing.last - timing.first;
	gaps = timing.purchase_days - 1;
	next = timing.last + (2 * span + gaps) / (2 * gaps);
	PG_RETURN_DATEADT((DateADT) next);
}

/*
 * (p, as_of) or (p, as_of, prior_gap, prior_weight): the score; false where
 * there is no rhythm to hold the silence against.
 */
static bool
score_args(FunctionCallInfo fcinfo, bool with_prior, double *score)
{
	DateADT		as_of = check_date(PG_GETARG_DATEADT(1), "as_of");
	double		prior_gap = with_prior ? check_positive(PG_GETARG_FLOAT8(2), "prior_gap") : 0;
	double		prior_weight = with_prior ? check_positive(PG_GETARG_FLOAT8(3), "prior_weight") : 0;
	purchase_timing timing;
	double		gaps,
				span;

	if (!purchase_digest_timing_of(fcinfo, as_of, &timing))
		return false;
	gaps = (double) (timing.purchase_days - 1) + prior_weight;
	span = (double) (timing.last - timing.first) + prior_weight * prior_gap;
	if (gaps <= 0)
		return false;
	*score = churn_score(gaps, check_positive(span, "prior_gap times prior_weight"),
						 (double) (as_of - timing.last));
	return true;
}

PG_FUNCTION_INFO_V1(purchase_digest_churn_score);
Datum
purchase_digest_churn_score(PG_FUNCTION_ARGS)
{
	double		score;

	if (!score_args(fcinfo, PG_NARGS() > 2, &score))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(score);
}

PG_FUNCTION_INFO_V1(purchase_digest_has_dried_up);
Datum
purchase_digest_has_dried_up(PG_FUNCTION_ARGS)
{
	double		threshold = check_fraction(PG_GETARG_FLOAT8(2), "threshold");
	double		score;

	if (!score_args(fcinfo, false, &score))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(score > threshold);
}

PG_FUNCTION_INFO_V1(purchase_digest_churn_probability);
Datum
purchase_digest_churn_probability(PG_FUNCTION_ARGS)
{
	DateADT		as_of = check_date(PG_GETARG_DATEADT(1), "as_of");
	double		prior_gap = check_positive(PG_GETARG_FLOAT8(2), "prior_gap");
	double		prior_weight = check_positive(PG_GETARG_FLOAT8(3), "prior_weight");
	double		a = check_positive(PG_GETARG_FLOAT8(4), "a");
	double		b = check_positive(PG_GETARG_FLOAT8(5), "b");
	purchase_timing timing;
	double		repeats;

	if (!purchase_digest_timing_of(fcinfo, as_of, &timing))
		PG_RETURN_NULL();
	repeats = (double) (timing.purchase_days - 1);
	PG_RETURN_FLOAT8(churn_probability(repeats + prior_weight,
									   check_positive((double) (timing.last - timing.first) +
													  prior_weight * prior_gap,
													  "prior_gap times prior_weight"),
									   (double) (as_of - timing.last),
									   a, b + repeats));
}
