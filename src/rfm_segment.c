/*
 * rfm_segment.c
 *		A customer's segment by recency, frequency and monetary score.
 */
#include "compat.h"

#include "utils/builtins.h"

#include "kernel/rfm_segment.h"

static int
check_score(int32 score, const char *argument)
{
	if (unlikely(score < RFM_LOWEST || score > RFM_HIGHEST))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %d and %d", argument, RFM_LOWEST, RFM_HIGHEST),
				 errdetail("The value is %d.", score),
				 errhint("quantile_score(%d) gives such scores.", RFM_HIGHEST)));
	return score;
}

PG_FUNCTION_INFO_V1(rfm_segment_text);
Datum
rfm_segment_text(PG_FUNCTION_ARGS)
{
	int			r = check_score(PG_GETARG_INT32(0), "r");
	int			f = check_score(PG_GETARG_INT32(1), "f");
	int			m = check_score(PG_GETARG_INT32(2), "m");
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(3));
	rfm_scheme	scheme = rfm_scheme_of(name);

	if (scheme == RFM_SCHEMES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown scheme \"%s\"", name),
				 errhint("Valid schemes are \"%s\" and \"%s\".",
						 rfm_scheme_names[RFM_CLASSIC], rfm_scheme_names[RFM_SHOPIFY])));
	PG_RETURN_TEXT_P(cstring_to_text(rfm_segment(r, f, m, scheme)));
}
