/*
 * list_text.c
 *		Parts of the texts of digests.
 */
#include "list_text.h"

size_t
list_elements(const char *text, size_t len)
{
	size_t		elements = 1;

	for (size_t i = 0; i < len; i++)
		if (text[i] == ',')
			elements++;
	return elements;
}

loyalty_status
list_times(const char *text, size_t len, size_t *at, int64_t most, int64_t *times)
{
	size_t		i = *at;
	size_t		from;
	int64_t		number = 0;

	*times = 1;
	if (i >= len || text[i] != 'x')
		return LOYALTY_OK;
	for (from = ++i; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, text[i] - '0', &number) || number > most)
			return LOYALTY_COUNT_OVERFLOW;
	if (i == from)
		return LOYALTY_SYNTAX;
	*times = number;
	*at = skip_space(text, len, i);
	return LOYALTY_OK;
}
