/*
 * packed_column.c
 *		Variable-length integers and fixed-width bit columns.
 */
#include "packed_column.h"

size_t
varint_size(uint64_t value)
{
	return value == 0 ? 1 : (size_t) (bit_width(value) + 6) / 7;
}

uint8_t *
varint_write(uint8_t *to, uint64_t value)
{
	while (value >= 0x80)
	{
		*to++ = (uint8_t) (value | 0x80);
		value >>= 7;
	}
	*to++ = (uint8_t) value;
	return to;
}

const uint8_t *
varint_read_long(const uint8_t *from, const uint8_t *end, uint64_t *value)
{
	uint64_t	result = 0;

	for (int shift = 0; shift < 70; shift += 7)
	{
		uint8_t		byte;

		if (from >= end)
			return NULL;
		byte = *from++;
		if (shift == 63 && byte > 1)
			return NULL;
		result |= (uint64_t) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			if (byte == 0 && shift > 0)
				return NULL;	/* a longer form of a shorter number */
			*value = result;
			return from;
		}
	}
	return NULL;
}

void
bits_put(uint8_t *bytes, uint64_t at, int width, uint64_t value)
{
	uint8_t    *to = bytes + (at >> 3);
	int			shift = (int) (at & 7);

	if (width == 0)
		return;
	*to++ |= (uint8_t) (value << shift);
	for (int done = 8 - shift; done < width; done += 8)
		*to++ |= (uint8_t) (value >> done);
}
