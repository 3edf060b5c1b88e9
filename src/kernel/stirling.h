/*
 * stirling.h
 *		What Stirling's formula leaves over.
 *
 * Sums of gamma functions that nearly cancel are written with their leading
 * parts cancelled on paper; what remains of each is one of these, small where
 * z is large.
 */
#ifndef LOYALTY_KERNEL_STIRLING_H
#define LOYALTY_KERNEL_STIRLING_H

#include <math.h>

#define LOG_TWO_PI	1.8378770664093454836

typedef struct stirling_rest
{
	double		log_gamma;		/* ln Gamma(z) - ((z - 1/2) ln z - z + ln(2 pi)/2), positive */
	double		digamma;		/* psi(z) - ln z, negative */
	double		trigamma;		/* psi'(z) - 1/z, positive */
} stirling_rest;

/* z > 0 */
extern stirling_rest stirling_rest_at(double z);

/* its log_gamma alone */
extern double stirling_rest_log_gamma(double z);

#define LOG1P_SERIES_UP_TO	0.1 /* below, by its series */

/* ln(1+y) - y <= 0, given growth = ln(1+y): how far a quotient 1+y lies from 1 */
static inline double
log1p_excess(double y, double growth)
{
	double		r,
				s;

	if (fabs(y) > LOG1P_SERIES_UP_TO)
		return growth - y;
	/* with r = y/(2+y): ln(1+y) = 2 (r + r^3/3 + r^5/5 + ...), and y - 2 r = y r */
	r = y / (2 + y);
	s = r * r;
	return 2 * r * s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11 + s * (1.0 / 13)))))) - y * r;
}

#endif							/* LOYALTY_KERNEL_STIRLING_H */
