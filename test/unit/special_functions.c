/*
 * special_functions.c
 *		Against 20-digit values of an arbitrary-precision library, and against
 *		their own recurrences.
 */
#include "special_functions.h"

#include "tap.h"

int
main(void)
{
	double		worst = 0;
	double		sum = 0;

	near(digamma(1), -0.57721566490153286061, 1e-15, "psi(1) is minus Euler's constant");
	near(trigamma(1), 1.6449340668482264365, 1e-15, "psi'(1) is pi^2/6");
	near(trigamma(0.5), 4.9348022005446793094, 1e-15, "psi'(1/2) is pi^2/2");
	near(log_beta(0.5, 0.5), 1.1447298858494001741, 1e-15, "ln B(1/2, 1/2) is ln pi");
	near(scaled_exponential_integral(1, 1), 0.59634736232319407434, 1e-14, "e E_1(1), Gompertz's constant");
	near(scaled_exponential_integral(1, 0.5), 0.92291063248373046656, 1e-14, "e^(1/2) E_1(1/2)");
	ok(scaled_exponential_integral(3, 0) == 0.5 && scaled_exponential_integral(2, INFINITY) == 0, "and at its ends");

	tap_seed();
	for (int i = 0; i < 2000; i++)
	{
		double		a = exp((double) tap_between(-20000, 20000) / 1000);
		double		n = i % 2 ? (double) tap_between(0, 200) : exp((double) tap_between(-8000, 8000) / 1000);
		rising_factorial whole = rising(a, n);
		rising_factorial left = rising(a, n / 3);
		rising_factorial right = rising(a + n / 3, n - n / 3);
		double		scale = fabs(left.log) + fabs(right.log) + 1;

		worst = fmax(worst, fabs(whole.log - left.log - right.log) / scale);
		worst = fmax(worst, fabs(whole.log - log_rising(a, n)) / scale);
		worst = fmax(worst, fabs(whole.d1 - left.d1 - right.d1) / (fabs(whole.d1) + 1e-300));
		worst = fmax(worst, fabs(whole.d2 - left.d2 - right.d2) / (fabs(whole.d2) + 1e-300));
	}
	ok(worst < 1e-10, "the rising factorial multiplies, with its derivatives, for small and huge a (worst %.2g)", worst);

	/* psi(a + n) - psi(a) for a huge a and a small n */
	near(rising(1e9, 1e-3).d1, 1.0000000005e-12, 1e-24, "no cancellation: the derivative at a = 1e9");

	worst = 0;
	for (int i = 0; i < 2000; i++)
	{
		double		s = exp((double) tap_between(-6000, 6000) / 1000);
		double		z = exp((double) tap_between(-12000, 6000) / 1000);
		double		e = scaled_exponential_integral(s, z);

		/* z E_s = 1 - s E_{s+1}, all of them scaled */
		worst = fmax(worst, fabs(z * e + s * scaled_exponential_integral(s + 1, z) - 1));
	}
	ok(worst < 1e-13, "the exponential integral keeps its recurrence, across its two ways (worst %.2g)", worst);

	for (int i = 0; i < 8; i++)
		sum += 2 * gauss_weight[i] * pow(gauss_node[i], 30);
	near(sum, 2.0 / 31, 1e-15, "the Gauss rule is exact for x^30");
	return done();
}
