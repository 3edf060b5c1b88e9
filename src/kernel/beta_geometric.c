/*
 * beta_geometric.c
 *		Lifetimes of customers with a Beta(churn, stay) chance to leave.
 *
 * The share still there for the k-th coming opportunity, k = 1, 2, ..., is
 * s(k-1) = (stay)_(k-1) / (churn+stay)_(k-1).  With v = exp(-discount):
 *
 *	mean    = E[p]   sum v^k s(k-1)
 *	squares = E[p]   sum v^2k s(k-1)
 *	second  = squares + 2 E[p^2] sum v^k s(k-1) (v + ... + v^(k-1))
 *
 * for purchases at the j-th and the k-th opportunity, j < k, both need that
 * one is still there for the k-th.  Without discount and for ever the sums are
 * E[1/theta] and E[(1-theta)/theta^2] for theta ~ Beta(churn, stay).
 * Fader & Hardie 2007, J. of Interactive Marketing 21(1); Fader, Hardie &
 * Shang 2010, Marketing Science 29(6).
 */
#include "beta_geometric.h"

#include <math.h>

#include "rising_series.h"

double
beta_geometric_log_survival(double churn, double stay, double times)
{
	return rising_series_log_ratio(stay, churn, times);
}

void
beta_geometric_future(double churn, double stay, double buys, double buys_twice,
					  double horizon, double discount, bool variances, lifetime_future *future)
{
	rising_series series = {{stay, 1}, {churn, 0}, discount, false};
	double		v = exp(-discount);
	double		opportunities = floor(horizon);
	double		pairs;

	if (isinf(horizon) && discount <= 0)
	{
		double		whole = churn + stay - 1;

		future->mean = discount == 0 && churn > 1 ? buys * (whole / (churn - 1)) : INFINITY;
		pairs = discount == 0 && churn > 2 ? stay / (churn - 1) * (whole / (churn - 2)) : INFINITY;
		future->squares = future->mean;
		future->second = future->mean + 2 * buys_twice * pairs;
		return;
	}

	future->mean = buys * v * rising_series_sum(&series, opportunities);
	if (!variances)
		return;
	series.annuity = true;
	pairs = v * v * rising_series_sum(&series, opportunities);
	series.annuity = false;
	series.decay = 2 * discount;
	future->squares = discount != 0 ? buys * v * v * rising_series_sum(&series, opportunities) : future->mean;
	future->second = future->squares + 2 * buys_twice * pairs;
}
