/* Variable-length integers and bit columns. */
#include "packed_column.h"
#include "tap.h"

int
main(void)
{
	int			wrong = 0;

	tap_seed();
	for (int i = 0; i < 100000; i++)
	{
		uint64_t	value = tap_random() >> tap_between(0, 63);
		uint64_t	back = 0;
		uint8_t		bytes[VARINT_MAX_BYTES];
		size_t		size = (size_t) (varint_write(bytes, value) - bytes);

		if (size != varint_size(value) || varint_read(bytes, bytes + size, &back) != bytes + size || back != value)
			wrong++;
		if (varint_read(bytes, bytes + size - 1, &back) != NULL)
			wrong++;			/* cut short */
		if (unzigzag(zigzag((int64_t) value)) != (int64_t) value)
			wrong++;
	}
	ok(wrong == 0, "100,000 variable-length integers round-trip, and none is read when cut short");
	{
		static const uint8_t longer[] = {0x80, 0x00};
		static const uint8_t beyond[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02};
		uint64_t	value;

		ok(varint_read(longer, longer + 2, &value) == NULL, "a longer form of a shorter number is refused");
		ok(varint_read(beyond, beyond + 10, &value) == NULL, "a number beyond 64 bits is refused");
	}

	for (int width = 0; width <= 64; width++)
	{
		uint64_t	values[100];
		/* exactly as many bytes as needed, so that the sanitizer sees any over-read */
		size_t		size = ((size_t) width * 100 + 7) / 8;
		uint8_t    *bytes = calloc(1, size > 0 ? size : 1);

		wrong = 0;
		for (int i = 0; i < 100; i++)
		{
			values[i] = width == 0 ? 0 : tap_random() >> (64 - width);
			bits_put(bytes, (uint64_t) i * (uint64_t) width, width, values[i]);
		}
		for (int i = 0; i < 100; i++)
			if (bits_get(bytes, bytes + size, (uint64_t) i * (uint64_t) width, width) != values[i])
				wrong++;
		free(bytes);
		ok(wrong == 0, "a column of width %d", width);
	}
	return done();
}
