/*
 * decimal.h
 *		Amounts of money as whole units of 10^-scale, scale 0 to 6.
 *
 * Money never passes through floating point on its way to a total: an input
 * becomes a 64-bit count of units once, at the door, and is added as an
 * integer from then on.  Six decimals hold every currency's minor unit and
 * unit prices; finer input is rounded there, half away from zero.
 */
#ifndef LOYALTY_KERNEL_DECIMAL_H
#define LOYALTY_KERNEL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define DECIMAL_MAX_SCALE	6

/*
 * Sums of units: 2^63 amounts cannot overflow it.  Aligned as allocators align
 * (palloc to 8 bytes); the type's own 16 would let the compiler fault there.
 */
typedef __int128 decimal_wide __attribute__((aligned(8)));

typedef struct decimal_amount
{
	int64_t		units;			/* value * 10^scale */
	int			scale;			/* decimal places the value needs, 0..DECIMAL_MAX_SCALE */
	int			display;		/* decimal places it is shown with, >= scale: 2 of 5.00 */
	bool		negative;		/* below zero before rounding: a return */
} decimal_amount;

/* 10^n for n in 0..18 */
extern const int64_t decimal_power10[19];

/*
 * From base-10000 digits, most significant first, digits[0] weighing
 * 10000^weight: the layout of PostgreSQL's numeric.  dscale is the number of
 * decimals the input shows, kept up to DECIMAL_MAX_SCALE.
 */
extern loyalty_status decimal_from_base10000(bool negative, const int16_t *digits,
											 int ndigits, int weight, int dscale,
											 decimal_amount *out);

/*
 * From a double, by its shortest decimal that reads back as the same double:
 * 0.1 is one tenth, not 0.1000000000000000055.
 */
extern loyalty_status decimal_from_double(double value, decimal_amount *out);

/*
 * From text "[-]digits[.digits]" of exactly len bytes; more than
 * DECIMAL_MAX_SCALE decimals are a syntax error, for stored text never has them.
 */
extern loyalty_status decimal_from_text(const char *text, size_t len, decimal_amount *out);

/* which of two numbers of units at two scales is the larger: -1, 0, 1 */
extern int	decimal_compare(int64_t a, int a_scale, int64_t b, int b_scale);

/* units at scale from, as units at scale to; lowering must be exact (asserted by callers) */
extern loyalty_status decimal_rescale(int64_t units, int from, int to, int64_t *out);

/*
 * Writes units / 10^scale with exactly `scale` decimals and a closing NUL;
 * returns the length.  DECIMAL_TEXT_SIZE bytes are always enough.
 */
#define DECIMAL_TEXT_SIZE	48
extern size_t decimal_to_text(decimal_wide units, int scale, char *out);

/* reads that form, with at most `scale` decimals, as units at that scale */
extern loyalty_status decimal_wide_from_text(const char *text, int scale, decimal_wide *units);

/* units / 10^scale as the nearest double (for statistics, never for totals) */
extern double decimal_to_double(decimal_wide units, int scale);

#endif							/* LOYALTY_KERNEL_DECIMAL_H */
