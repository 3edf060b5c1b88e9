/*
 * rising_series.c
 *		Sums of ratios of rising factorials, against plain sums in extended
 *		precision, and what Stirling's formula leaves over.
 */
#include "rising_series.h"

#include "reference.h"
#include "stirling.h"
#include "tap.h"

/* the definition, term by term */
static double
plain_sum(const rising_series *series, double terms)
{
	long double sum = 0;
	long double term = 1;
	long double annuity = 0;
	long double discount = expl(-(long double) series->decay);

	for (double k = 0; k < terms; k += 1)
	{
		sum += series->annuity ? term * annuity : term;
		annuity = annuity * discount + 1;
		term *= discount;
		for (int i = 0; i < 2; i++)
			if (series->b[i] > 0)
				term *= ((long double) series->a[i] + k) / ((long double) series->a[i] + series->b[i] + k);
	}
	return (double) sum;
}

static double
random_log(double low, double high)
{
	return low * pow(high / low, (double) (tap_random() >> 11) / 0x1p53);
}

static void
test_sums(void)
{
	closeness	fixed = {0};
	closeness	endless = {0};

	for (int round = 0; round < 300; round++)
	{
		rising_series series = {
			{random_log(1e-8, 1e5), random_log(1e-8, 1e5)},
			{random_log(1e-8, 1e4), round % 3 ? 0 : random_log(1e-8, 1e4)},
			round % 5 == 0 ? 0 : random_log(1e-6, 1) * (round % 7 ? 1 : -0.01),
			round % 2
		};
		double		terms = floor(random_log(1, 3e4));

		close_to(&fixed, rising_series_sum(&series, terms), plain_sum(&series, terms));
		if (series.decay < 0.003)
			continue;
		close_to(&endless, rising_series_sum(&series, INFINITY), plain_sum(&series, 60 / series.decay));
	}
	close_ok(&fixed, 1e-12, "a sum is that of its terms, however many");
	close_ok(&endless, 1e-12, "and without end");
}

static void
test_log_ratio(void)
{
	/* b so small that hardly anything is lost to it; the logarithms in 80 digits */
	static const struct
	{
		double		a;
		double		b;
		double		k;
		double		log_ratio;
	}			tiny_losses[] = {
		{0.036191986673508945, 1.9092256960138088e-10, 500, -6.5607320274277019e-9},
		{243.3, 2.32e-15, 500, -2.5941964825280247e-15},
		{11798.1, 1.6e-16, 500, -6.6412800655912344e-18},
		{1078.8, 2.77e-15, 5, -1.2814603731690185e-17},
		{3, 1e-20, 1, -3.3333333333333332e-21},
		{0.139, 6.02e-16, 50, -6.9038967806944018e-15},
		{5, 2.9e-05, 3, -1.4776153394128643e-5},
		{5, 3.1e-05, 3, -1.5795195722047792e-5},
		{1e18, 1e-8, 40, -4e-25},
		{12.5, 1e-12, 1e5, -9.0278498065000162e-12},
		{1e-9, 1e-5, 1e5, -9.2105612682555524}
	};
	closeness	ratios = {0};
	closeness	large = {0};
	closeness	tiny = {0};

	for (size_t i = 0; i < sizeof(tiny_losses) / sizeof(tiny_losses[0]); i++)
		close_to(&tiny, rising_series_log_ratio(tiny_losses[i].a, tiny_losses[i].b, tiny_losses[i].k),
				 tiny_losses[i].log_ratio);
	close_ok(&tiny, 1e-12, "a logarithm near 0 keeps its digits");

	for (int round = 0; round < 300; round++)
	{
		double		a = random_log(1e-8, 1e6);
		double		b = random_log(1e-8, 1e6);
		int			k = (int) tap_between(1, 2000);
		long double product = 0;

		for (int i = 0; i < k; i++)
			product -= log1pl((long double) b / ((long double) a + i));
		close_log(&ratios, rising_series_log_ratio(a, b, k), (double) product);
	}
	close_ok(&ratios, 1e-14, "the logarithm of a ratio is the sum of its factors'");

	/* k ln(1 - p) where a and b are so large that nothing is learnt from k rounds */
	for (double size = 1e12; size < 1e21; size *= 1e2)
		close_to(&large, rising_series_log_ratio(3 * size, size, 1000), 1000 * log(0.75));
	close_ok(&large, 1e-8, "and stays one along the ridge of both without bound");
	ok(rising_series_log_ratio(2, 0, 5) == 0 && rising_series_log_ratio(2, 3, 0) == 0, "no factor, no logarithm");
}

static void
test_stirling(void)
{
	static const struct
	{
		double		z;
		double		log_gamma;
		double		digamma;
		double		trigamma;
	}			known[] = {
		{1e-8, 8.2914020272061609, -9.9999982156534902e+7, 9.9999999000000012e+15},
		{0.001, 2.5422704679670945, -9.9366781665282814e+2, 9.9900164253319583e+5},
		{0.3, 2.3606490074821559e-1, -2.2985514178741971, 8.9120312127743978},
		{1, 8.1061466795327258e-2, -5.7721566490153286e-1, 6.4493406684822644e-1},
		{2.5, 3.3162873519936287e-2, -2.1313409122891188e-1, 9.0357756100234865e-2},
		{9.99, 8.3388967977343301e-3, -5.088421982926105e-2, 5.1768500481416864e-3},
		{10, 8.3305634333628713e-3, -5.0832503927324576e-2, 5.1663356816857461e-3},
		{17.3, 4.8164197078983005e-3, -2.9180077963866241e-2, 1.7027882281981926e-3},
		{1000, 8.3333330555556349e-5, -5.00083333325e-4, 5.0016666663333336e-7},
		{1e9, 8.3333333333333333e-11, -5.0000000008333333e-10, 5.0000000016666667e-19},
	};
	closeness	gamma = {0};
	closeness	first = {0};
	closeness	second = {0};

	for (int i = 0; i < (int) (sizeof(known) / sizeof(known[0])); i++)
	{
		stirling_rest rest = stirling_rest_at(known[i].z);

		close_log(&gamma, rest.log_gamma, known[i].log_gamma);
		close_log(&gamma, stirling_rest_log_gamma(known[i].z), known[i].log_gamma);
		close_to(&first, rest.digamma, known[i].digamma);
		close_to(&second, rest.trigamma, known[i].trigamma);
	}
	close_ok(&gamma, 1e-14, "what Stirling's formula leaves of ln gamma");
	close_ok(&first, 1e-14, "of digamma");
	close_ok(&second, 1e-14, "of trigamma");
}

int
main(void)
{
	tap_seed();
	test_sums();
	test_log_ratio();
	test_stirling();
	return done();
}
