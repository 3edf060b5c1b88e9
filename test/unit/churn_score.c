/* Scores of a silence. */
#include "churn_score.h"
#include "tap.h"

int
main(void)
{
	near(churn_score(10, 70, 7), 1 - pow(70.0 / 77, 10), 1e-14, "n=10, S=70, t=7");
	near(churn_score(10, 70, 7), 0.6145, 5e-5, "golden 0.6145");
	near(churn_score(10, 70, 21), 0.9275, 5e-5, "golden 0.9275");
	near(churn_score(3, 90, 30), 0.5781, 5e-5, "golden 0.5781");
	near(churn_score(1, 30, 60), 0.6667, 5e-5, "golden 0.6667");
	ok(churn_score(5, 100, 0) == 0, "no silence, no score");
	ok(churn_score(1000000, 1, 2e9) == 1, "the longest silence of the most regular is 1, not above");
	near(churn_score(1, 1e9, 1) * 1e9, 1, 1e-8, "a short silence keeps its digits");

	near(churn_probability(1, 30, 60, 1, 2), 0.5 / (0.5 + 1.0 / 3), 1e-14, "o / (o + tail)");
	ok(churn_probability(1e6, 1, 1e6, 1, 1000) == 1, "an underflowing tail is certainty, not NaN");
	near(churn_probability(4, 100, 0, 1, 4), 0.2, 1e-14, "no silence leaves the prior odds");
	ok(churn_probability(1000, 7000, 1e6, 1e-300, 1e300) == 1, "odds below any double, a tail far below them");
	ok(churn_probability(1000, 7000, 0, 1e-300, 1e300) == 0, "odds below any double, and no silence");
	ok(churn_probability(1000, 7000, 0, 1e300, 1e-300) == 1, "odds above any double");

	ok(gap_quantile((int32_t[]) {7}, 1, 0.5) == 7, "the median of one gap");
	ok(gap_quantile((int32_t[]) {30, 10, 20}, 3, 0.5) == 20, "the median of three, in any order");
	ok(gap_quantile((int32_t[]) {10, 20}, 2, 0.25) == 12.5, "interpolated");
	ok(gap_quantile((int32_t[]) {10, 20}, 2, 0) == 10 && gap_quantile((int32_t[]) {10, 20}, 2, 1) == 20, "both ends");
	return done();
}
