/*
 * instant.h
 *		Instants as PostgreSQL's timestamptz counts them (microseconds since
 *		2000-01-01 in UTC, infinity) and their ISO 8601 text in UTC, which no
 *		setting of a session changes.
 */
#ifndef LOYALTY_KERNEL_INSTANT_H
#define LOYALTY_KERNEL_INSTANT_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define INSTANT_PER_DAY		INT64_C(86400000000)
#define INSTANT_INFINITY	INT64_MAX
/* PostgreSQL's range: 4714-11-24 BC to before 294277-01-01 */
#define INSTANT_FIRST		INT64_C(-211813488000000000)
#define INSTANT_END			INT64_C(9223371331200000000)

/* "YYYY-MM-DDTHH:MM:SS[.ffffff]Z" or "infinity", and a NUL; returns the length */
#define INSTANT_TEXT_SIZE	40
extern size_t instant_to_text(int64_t instant, char *out);

/* reads that from the start of text; *used is the number of bytes read */
extern loyalty_status instant_from_text(const char *text, size_t len, int64_t *instant, size_t *used);

#endif							/* LOYALTY_KERNEL_INSTANT_H */
