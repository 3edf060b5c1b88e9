/*
 * special_functions.c
 *		The few functions beyond libm that the models share.
 *
 * Differences of gamma functions at nearby arguments are the bread of these
 * models, and lgamma(a+n) - lgamma(a) loses every digit when a is large.  So
 * the difference itself is expanded: a is moved up by the recurrence until
 * Stirling's series holds to the last digit, and the series is differenced
 * term by term.
 * Formulas: Abramowitz & Stegun 5.1.4, 6.1.40, 6.3.18, 6.4.12.
 */
#include "special_functions.h"

#include <math.h>

#define STIRLING_FROM	16.0	/* the series below are exact to a double from here */
#define PRODUCT_UP_TO	24.0	/* whole n up to here: the product itself */

/* 16-point Gauss-Legendre */
const double gauss_node[8] = {
	0.095012509837637440185, 0.28160355077925891323,
	0.45801677765722738634, 0.61787624440264374845,
	0.7554044083550030339, 0.86563120238783174388,
	0.94457502307323257608, 0.9894009349916499326
};
const double gauss_weight[8] = {
	0.18945061045506849629, 0.18260341504492358887,
	0.16915651939500253819, 0.14959598881657673208,
	0.12462897125553387205, 0.09515851168249278481,
	0.062253523938647892863, 0.027152459411754094852
};

double
log_gamma(double a)
{
	int			sign;

	return lgamma_r(a, &sign);
}

double
digamma(double a)
{
	double		below = 0;
	double		w;

	for (; a < STIRLING_FROM; a += 1)
		below += 1 / a;
	w = 1 / (a * a);
	return log(a) - 0.5 / a
		- w * (1.0 / 12 - w * (1.0 / 120 - w * (1.0 / 252 - w * (1.0 / 240 - w * (1.0 / 132 - w * (691.0 / 32760))))))
		- below;
}

double
trigamma(double a)
{
	double		below = 0;
	double		w;

	for (; a < STIRLING_FROM; a += 1)
		below += 1 / (a * a);
	w = 1 / (a * a);
	return below + 1 / a + 0.5 * w
		+ w / a * (1.0 / 6 - w * (1.0 / 30 - w * (1.0 / 42 - w * (1.0 / 30 - w * (5.0 / 66 - w * (691.0 / 2730 - w * (7.0 / 6)))))));
}

/* coefficients of z^-(2k+1) in ln Gamma(z) - (z - 1/2) ln z + z - ln(2 pi)/2 */
static const double stirling[] = {
	1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
};

#define STIRLING_TERMS	((int) (sizeof(stirling) / sizeof(stirling[0])))

rising_factorial
rising(double a, double n)
{
	rising_factorial result = {0, 0, 0};
	double		growth;
	double		power;
	double		inverse;

	if (n == 0)
		return result;

	if (n <= PRODUCT_UP_TO && n == floor(n))
	{
		double		product = 1;

		for (int j = 0; j < (int) n; j++)
		{
			double		f = 1 / (a + j);

			/* a beyond 1e12: the product of 24 would leave the range */
			if (a > 1e12)
				result.log += log(a + j);
			else
				product *= a + j;
			result.d1 += f;
			result.d2 -= f * f;
		}
		if (a <= 1e12)
			result.log = log(product);
		return result;
	}

	for (; a < STIRLING_FROM; a += 1)
	{
		double		f = 1 / a;
		double		g = 1 / (a + n);

		result.log -= log1p(n * f);
		result.d1 += n * f * g;
		result.d2 -= n * f * g * (f + g);
	}

	growth = log1p(n / a);
	result.log += (a - 0.5) * growth + n * (log(a + n) - 1);
	/* psi = ln z - 1/(2z) - sum of (2k+1) c_k z^-(2k+2), and so on */
	result.d1 += growth + 0.5 * n / (a * (a + n));
	result.d2 += -n / (a * (a + n)) * (1 + 0.5 * (1 / a + 1 / (a + n)));
	inverse = 1 / (a * a);
	power = 1 / a;
	for (int k = 0; k < STIRLING_TERMS; k++)
	{
		int			m = 2 * k + 1;

		result.log += stirling[k] * power * expm1(-m * growth);
		result.d1 -= m * stirling[k] * power / a * expm1(-(m + 1) * growth);
		result.d2 += m * (m + 1) * stirling[k] * power * inverse * expm1(-(m + 2) * growth);
		power *= inverse;
	}
	return result;
}

double
log_rising(double a, double n)
{
	double		result = 0;
	double		growth;
	double		power;
	double		inverse;

	if (n <= PRODUCT_UP_TO && n == floor(n) && a <= 1e12)
	{
		double		product = 1;

		for (int j = 0; j < (int) n; j++)
			product *= a + j;
		return log(product);
	}
	for (; a < STIRLING_FROM; a += 1)
		result -= log1p(n / a);
	growth = log1p(n / a);
	result += (a - 0.5) * growth + n * (log(a + n) - 1);
	inverse = 1 / (a * a);
	power = 1 / a;
	for (int k = 0; k < STIRLING_TERMS; k++)
	{
		result += stirling[k] * power * expm1(-(2 * k + 1) * growth);
		power *= inverse;
	}
	return result;
}

double
log_beta(double a, double b)
{
	double		small = a < b ? a : b;
	double		large = a < b ? b : a;

	return log_gamma(small) - log_rising(large, small);
}

double
mean_decay(double x)
{
	return x != 0 ? -expm1(-x) / x : 1;
}

/* z or s from here on: the continued fraction is the shorter way */
#define FRACTION_FROM_Z	1.0
#define FRACTION_FROM_S	16.0
#define NEGLIGIBLE_LOG	42.0	/* exp(-42) is nothing beside 1 */
#define FRACTION_STEPS	1000

double
scaled_exponential_integral(double s, double z)
{
	double		rate = z + s - 1;
	double		width;
	double		sum = 0;

	if (isinf(z))
		return 0;

	if (z >= FRACTION_FROM_Z || s >= FRACTION_FROM_S)
	{
		/* A&S 5.1.22 contracted, by the modified Lentz method */
		double		b = z + s;
		double		c = 1e300;
		double		d = 1 / b;
		double		h = d;

		for (int i = 1; i <= FRACTION_STEPS; i++)
		{
			double		an = -i * (s + i - 1);
			double		step;

			b += 2;
			d = 1 / (an * d + b);
			c = b + an / c;
			step = c * d;
			h *= step;
			if (fabs(step - 1) < 1e-16)
				break;
		}
		return h;
	}

	/*
	 * With u = ln(1+t): the integral of exp(-z (e^u - 1) - (s-1) u), which
	 * falls at least as fast as exp(-rate u) where rate is positive.
	 */
	if (z == 0)
		return 1 / (s - 1);
	width = rate > 4 ? 4 / rate : 1;
	for (double from = 0;; from += width)
	{
		double		middle = from + 0.5 * width;

		for (int i = 0; i < 8; i++)
		{
			double		u1 = middle - 0.5 * width * gauss_node[i];
			double		u2 = middle + 0.5 * width * gauss_node[i];

			sum += 0.5 * width * gauss_weight[i] *
				(exp(-z * expm1(u1) - (s - 1) * u1) + exp(-z * expm1(u2) - (s - 1) * u2));
		}
		if (z * expm1(from + width) + (s - 1) * (from + width) > NEGLIGIBLE_LOG)
			return sum;
	}
}
