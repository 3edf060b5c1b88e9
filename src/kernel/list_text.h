/*
 * list_text.h
 *		What the texts of digests have in common: {element[ xN], ...}, N how
 *		many times, 1 left out.
 */
#ifndef LOYALTY_KERNEL_LIST_TEXT_H
#define LOYALTY_KERNEL_LIST_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* the first byte from i on that is no white space */
static inline size_t
skip_space(const char *text, size_t len, size_t i)
{
	while (i < len && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
		i++;
	return i;
}

/* not fewer than the text has elements, for allocating */
extern size_t list_elements(const char *text, size_t len);

/* "xN" at *at, or nothing, which is 1; N up to `most`.  Moves *at past it and the space behind. */
extern loyalty_status list_times(const char *text, size_t len, size_t *at, int64_t most, int64_t *times);

#endif							/* LOYALTY_KERNEL_LIST_TEXT_H */
