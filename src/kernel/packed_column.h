/*
 * packed_column.h
 *		Whole numbers in as few bits as their spread needs ("frame of
 *		reference"): the smallest one as base, then for each the excess over it
 *		in a fixed number of bits.
 *
 * Digests store their days, counts and amounts so.  Gaps of a few weeks take
 * 5 to 9 bits and prices of a shop 12 to 17, against 64 each: it is what puts
 * ten purchase days into about fifty bytes.  A column in which all values are
 * equal takes no bits at all.  A fixed width, unlike variable-length bytes,
 * reads without a branch per value.
 *
 * Layout is the caller's: a column's head (base, width) and its bits may lie
 * apart.  Bits are numbered from the least significant of byte 0 upwards.
 */
#ifndef LOYALTY_KERNEL_PACKED_COLUMN_H
#define LOYALTY_KERNEL_PACKED_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VARINT_MAX_BYTES	10

/* 7 bits a byte, least significant first, high bit set on all but the last */
extern size_t varint_size(uint64_t value);
extern uint8_t *varint_write(uint8_t *to, uint64_t value);

/* NULL where the bytes end early or the number leaves 64 bits or is not the shortest form */
extern const uint8_t *varint_read_long(const uint8_t *from, const uint8_t *end, uint64_t *value);

static inline const uint8_t *
varint_read(const uint8_t *from, const uint8_t *end, uint64_t *value)
{
	/* heads of digests are read for every row of every query: mostly single bytes */
	if (from < end && *from < 0x80)
	{
		*value = *from;
		return from + 1;
	}
	return varint_read_long(from, end, value);
}

/* small magnitudes of either sign as small unsigned numbers: 0, -1, 1, -2, … */
static inline uint64_t
zigzag(int64_t value)
{
	return ((uint64_t) value << 1) ^ (uint64_t) (value >> 63);
}

static inline int64_t
unzigzag(uint64_t value)
{
	return (int64_t) (value >> 1) ^ -(int64_t) (value & 1);
}

/* bits that hold 0..value */
static inline int
bit_width(uint64_t value)
{
	return value == 0 ? 0 : 64 - __builtin_clzll(value);
}

/*
 * The number of `width` bits at bit position `at`; reads only bytes below end.
 * The caller has checked that the bits lie within.
 */
static inline uint64_t
bits_get(const uint8_t *bytes, const uint8_t *end, uint64_t at, int width)
{
	const uint8_t *from = bytes + (at >> 3);
	int			shift = (int) (at & 7);
	uint64_t	word = 0;

	if (width == 0)
		return 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (end - from >= 8)
		memcpy(&word, from, 8);
	else if (end - bytes >= 8)
	{
		/* near the end of the column: its last 8 bytes, without those before */
		memcpy(&word, end - 8, 8);
		word >>= 8 * (8 - (end - from));
	}
	else
#endif
		for (int i = 0; i < 8 && from + i < end; i++)
			word |= (uint64_t) from[i] << (8 * i);
	word >>= shift;
	if (width + shift > 64)
		word |= (uint64_t) from[8] << (64 - shift);
	return width == 64 ? word : word & ((UINT64_C(1) << width) - 1);
}

/* writes into bytes that were zeroed */
extern void bits_put(uint8_t *bytes, uint64_t at, int width, uint64_t value);

#endif							/* LOYALTY_KERNEL_PACKED_COLUMN_H */
