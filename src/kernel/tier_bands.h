/*
 * tier_bands.h
 *		Bands of a number, each with a label: "0:bronze,1000:silver,5000:gold".
 *
 * A band goes from its threshold, which belongs to it, up to the next one;
 * below the first threshold there is no band.  Thresholds are decimals of up
 * to TIER_BANDS_DIGITS digits and ascend strictly.  A label is any text
 * without comma and colon; one that is an unsigned number, with or without a
 * percent sign behind, is a rate.
 *
 * The stored form is a version byte and the canonical text: no white space
 * around separators, numbers without needless zeros, a rate in percent with
 * one space before the sign.  So equal bands are equal bytes, and a number is
 * compared with thresholds digit by digit, whatever its size.
 */
#ifndef LOYALTY_KERNEL_TIER_BANDS_H
#define LOYALTY_KERNEL_TIER_BANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#define TIER_BANDS_VERSION	1

#define TIER_BANDS_MOST		1000	/* bands */
#define TIER_BANDS_DIGITS	100 /* of a threshold or a rate, bytes with sign and point */
#define TIER_BANDS_LABEL	250 /* bytes of a label */

/* One band of a canonical text; points into it. */
typedef struct tier_band
{
	const char *threshold;
	size_t		threshold_len;
	const char *label;
	size_t		label_len;
	size_t		rate_len;		/* bytes of the label that are the number of its rate; 0: it is none */
	bool		percent;		/* of that number */
} tier_band;

/* enough for the canonical text of so many bytes */
static inline size_t
tier_bands_room(size_t len)
{
	return 2 * len;
}

/*
 * The canonical text of `text`, which may have white space around its parts.
 * LOYALTY_SYNTAX where it does not follow the format, LOYALTY_CORRUPT where
 * thresholds do not ascend, LOYALTY_FULL where a limit is passed; *where is
 * the byte at which the fault was seen.
 */
extern loyalty_status tier_bands_canonical(const char *text, size_t len,
										   char *out, size_t *out_len, size_t *where);

/* Takes the next band from *at of a canonical text; false at its end. */
extern bool tier_bands_next(const char **at, const char *end, tier_band *band);

/*
 * The band that holds a number, and the one above; each is false where there
 * is none.  The number is a decimal as numeric prints it.
 */
typedef struct tier_position
{
	bool		has_band;
	bool		has_next;
	tier_band	band;
	tier_band	next;
} tier_position;

extern tier_position tier_bands_find(const char *text, size_t len, const char *number, size_t number_len);

/*
 * Two decimals "[-]digits[.digits]" without leading zeros, none of them a
 * negative zero: -1, 0, 1.  Zeros at the end do not count.
 */
extern int	tier_bands_compare_decimals(const char *a, size_t a_len, const char *b, size_t b_len);

#endif							/* LOYALTY_KERNEL_TIER_BANDS_H */
