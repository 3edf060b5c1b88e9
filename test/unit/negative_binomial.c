/*
 * negative_binomial.c
 *		Counts of customers whose rates differ: against sums that must be 1,
 *		and, where counts are huge, against series and integrals in 60 digits of
 *		what the models make of them.
 */
#include "tap.h"

#include "lifetime_model.h"
#include "negative_binomial.h"

/* relative: what is small must be as right as what is not */
static void
right(double got, double expected, const char *what)
{
	near(got / expected, 1, 1e-12, what);
}

int
main(void)
{
	double		sum = 0;
	double		mean = 0;
	negative_binomial none = negative_binomial_of(0, 0.7);
	negative_binomial some = negative_binomial_of(3, 2);
	static const double bg_huge[][7] = {
		/* r, alpha, a, b, horizon, n; the probability */
		{1e5, 1e5, 1, 1e6, 1e5, 100000, 8.113777171520716912e-4},
		{1e6, 1e6, 1, 1e7, 1e6, 1000000, 2.5649110096510741167e-4},
		{1e3, 1, 0.5, 1e5, 1e3, 1000000, 3.8694936324890449023e-6}
	};
	static const double pareto_huge[][7] = {
		/* r, alpha, s, beta, horizon, n; the probability */
		{1e5, 1e5, 1, 1e6, 1e5, 100000, 8.1137651246205242613e-4},
		{1e6, 1e6, 0.5, 1e5, 1e6, 1000000, 8.5123322757710362985e-5},
		{5, 1, 1, 1e6, 1e5, 400000, 1.8702013495551005769e-6},
		{0.3, 0.01, 2, 50, 1e4, 1000000, 1.8214309328765631165e-11},
		{1000, 1, 0.5, 1e5, 1000, 1000000, 1.2548119477411156204e-5}
	};

	for (int n = 0; n < 2000; n++)
	{
		negative_binomial of = negative_binomial_of(n, 0.7);
		double		chance = exp(negative_binomial_log(&of, 12));

		sum += chance;
		mean += n * chance;
	}
	near(sum, 1, 1e-13, "probabilities add up to 1");
	near(mean, 0.7 * 12, 1e-12, "and their mean is r t/alpha");
	near(negative_binomial_log(&none, 0), 0, 0, "in no time there is no purchase, surely");
	ok(exp(negative_binomial_log(&some, 0)) == 0, "and nothing else");
	right(exp(negative_binomial_log(&some, 1)), 4.0 / 32, "4 (1/2)^3 (1/2)^2");
	some = negative_binomial_of(2, 1e-20);
	right(exp(negative_binomial_log(&some, 1e6)), 1e-20 / 2 * (1e6 / (1e6 + 1)) * (1e6 / (1e6 + 1)), "where hardly anybody buys it is r z^2/2");
	some = negative_binomial_of(2, 1e20);
	right(exp(negative_binomial_log(&some, 3e-20)), 4.5 * exp(-3), "where all buy at one rate it is Poisson's");

	for (size_t i = 0; i < sizeof(bg_huge) / sizeof(bg_huge[0]); i++)
		right(bg_nbd.pmf(bg_huge[i], bg_huge[i][4], bg_huge[i][5]), bg_huge[i][6], "BG/NBD, counts up to a million");
	for (size_t i = 0; i < sizeof(pareto_huge) / sizeof(pareto_huge[0]); i++)
		right(pareto_nbd.pmf(pareto_huge[i], pareto_huge[i][4], pareto_huge[i][5]), pareto_huge[i][6], "Pareto/NBD, counts up to a million");
	return done();
}
