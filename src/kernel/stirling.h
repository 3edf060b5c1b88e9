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

#endif							/* LOYALTY_KERNEL_STIRLING_H */
