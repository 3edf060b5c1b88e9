/*
 * exact.h
 *		Numeric's own arithmetic under short names, and the checks of numeric
 *		arguments that many formulas share.
 */
#ifndef LOYALTY_EXACT_H
#define LOYALTY_EXACT_H

#include "compat.h"
#include "utils/numeric.h"

extern Numeric exact_add(Numeric a, Numeric b);
extern Numeric exact_subtract(Numeric a, Numeric b);
extern Numeric exact_multiply(Numeric a, Numeric b);
extern int	exact_compare(Numeric a, Numeric b);

/* to as many digits as numeric finds fit: the only one here that rounds unasked */
extern Numeric exact_divide(Numeric a, Numeric b);

/* the whole part of a / b, towards zero */
extern Numeric exact_quotient(Numeric a, Numeric b);

/* to so many decimals, zeros appended where there are fewer; negative: places left of the point */
extern Numeric exact_round(Numeric a, int decimals);

/* without trailing zeros */
extern Numeric exact_trim(Numeric a);

/* the decimals it is shown with */
extern int	exact_decimals(Numeric a);

extern Numeric exact_from_text(const char *text);
extern char *exact_text(Numeric a);

/* for a message */
extern const char *exact_shown(Numeric a);

/* Errors that name the argument. */
extern void exact_check_finite(Numeric a, const char *argument);
extern void exact_check_at_least_zero(Numeric a, const char *argument);
extern void exact_check_above_zero(Numeric a, const char *argument);
extern void exact_check_fraction(Numeric a, const char *argument, const char *hint);
extern void exact_check_count(int64 count, const char *argument);

#endif							/* LOYALTY_EXACT_H */
