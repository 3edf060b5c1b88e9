/*
 * stirling.c
 *		What Stirling's formula leaves over: the asymptotic series
 *		(Abramowitz & Stegun 6.1.41, 6.3.18, 6.4.12) from z = 10 on; below, z is
 *		moved up by the recurrences, each of whose terms has the sign of the whole.
 */
#include "stirling.h"

#include <math.h>

#define SERIES_FROM		10.0	/* the series are exact to a double from here */

static double
series_log_gamma(double z)
{
	double		w = 1 / (z * z);

	return (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 -
			w * (691.0 / 360360 - w * (1.0 / 156 - w * (3617.0 / 122400)))))))) / z;
}

double
stirling_rest_log_gamma(double z)
{
	double		moved = 0;

	for (; z < SERIES_FROM; z += 1)
		moved += (z + 0.5) * log1p(1 / z) - 1;
	return moved + series_log_gamma(z);
}

stirling_rest
stirling_rest_at(double z)
{
	stirling_rest rest = {0, 0, 0};
	double		w;

	for (; z < SERIES_FROM; z += 1)
	{
		double		inverse = 1 / z;
		double		growth = log1p(inverse);

		rest.log_gamma += (z + 0.5) * growth - 1;
		rest.digamma += growth - inverse;
		rest.trigamma += inverse * inverse / (z + 1);
	}
	w = 1 / (z * z);
	rest.log_gamma += series_log_gamma(z);
	rest.digamma -= 0.5 / z + w * (1.0 / 12 - w * (1.0 / 120 - w * (1.0 / 252 - w * (1.0 / 240 -
					w * (1.0 / 132 - w * (691.0 / 32760 - w * (1.0 / 12)))))));
	rest.trigamma += w * (0.5 + (1.0 / 6 - w * (1.0 / 30 - w * (1.0 / 42 - w * (1.0 / 30 -
					w * (5.0 / 66 - w * (691.0 / 2730 - w * (7.0 / 6 - w * (3617.0 / 510)))))))) / z);
	return rest;
}
