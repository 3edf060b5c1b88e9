/*
 * amount.h
 *		Money at the door: numeric and double precision to exact units, and
 *		exact units back to numeric.
 */
#ifndef LOYALTY_AMOUNT_H
#define LOYALTY_AMOUNT_H

#include "compat.h"
#include "utils/numeric.h"

#include "kernel/decimal.h"

/* a numeric argument's value; NaN, infinities and overflow are errors */
extern decimal_amount amount_from_numeric(Datum numeric);

/* likewise; beyond 2^53 is an error too */
extern decimal_amount amount_from_float8(float8 value);

/* units / 10^scale, shown with `display` >= scale decimals */
extern Numeric amount_to_numeric(decimal_wide units, int scale, int display);

#endif							/* LOYALTY_AMOUNT_H */
