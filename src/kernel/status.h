/*
 * status.h
 *		What a kernel function reports instead of raising an error.
 *
 * The kernel is plain C11: it never includes postgres.h, never allocates
 * through palloc, never longjmps.  It works on its caller's buffers and says
 * how it went; the face turns a status into a SQLSTATE and a message
 * (src/report.c).
 */
#ifndef LOYALTY_KERNEL_STATUS_H
#define LOYALTY_KERNEL_STATUS_H

typedef enum loyalty_status
{
	LOYALTY_OK = 0,
	LOYALTY_FULL,				/* the caller's buffer is too small: grow, retry */
	LOYALTY_WIDE,				/* the buffer's entries are too narrow: widen, retry */
	LOYALTY_SYNTAX,				/* the text does not follow the format */
	LOYALTY_CORRUPT,			/* the bytes break an invariant of the format */
	LOYALTY_NOT_A_NUMBER,
	LOYALTY_NOT_FINITE,
	LOYALTY_FLOAT_TOO_LARGE,	/* a double from 2^53 on cannot count units */
	LOYALTY_AMOUNT_OVERFLOW,	/* an amount or a day's net leaves 64 bits */
	LOYALTY_COUNT_OVERFLOW,		/* a counter leaves its type */
	LOYALTY_DATE_RANGE,			/* not a day of the calendar, or beyond its ends */
	/* what an account of points refuses */
	LOYALTY_EVENT_KIND,			/* no kind of event */
	LOYALTY_EVENT_FIELD,		/* a field that the kind needs is missing, or one is there that it does not have */
	LOYALTY_EVENT_KEY,			/* a key that is empty or too long */
	LOYALTY_EVENT_TIME,			/* an instant that is not finite where it must be */
	LOYALTY_POINTS_RANGE,		/* points that are not above zero */
	LOYALTY_POINTS_OVERFLOW,	/* a total leaves 64 bits */
	LOYALTY_KEY_CONFLICT,		/* the key belongs to another event */
	LOYALTY_INSUFFICIENT,		/* fewer points are available */
	LOYALTY_NO_LOT,
	LOYALTY_NO_HOLD,
	LOYALTY_NO_REDEMPTION,
	LOYALTY_EXCEEDS_HOLD,
	LOYALTY_EXCEEDS_REDEMPTION,
	LOYALTY_EXCEEDS_LOT,
	LOYALTY_ALREADY_SPENT,		/* the policy is to refuse a reversal then */
	LOYALTY_NOT_CLEAR,			/* a merge with open holds or arrears */
	LOYALTY_NOT_ALL				/* a merge that would leave points behind */
} loyalty_status;

#endif							/* LOYALTY_KERNEL_STATUS_H */
