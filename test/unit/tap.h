/*
 * tap.h
 *		The least a kernel unit test needs to speak TAP.
 */
#ifndef LOYALTY_TEST_TAP_H
#define LOYALTY_TEST_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int	tap_count = 0;
static int	tap_failed = 0;

static void __attribute__((format(printf, 2, 3)))
ok(bool passed, const char *what, ...)
{
	va_list		args;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	printf("\n");
	if (!passed)
		tap_failed++;
}

/* equal to a relative tolerance (absolute below 1) */
__attribute__((unused)) static void
near(double got, double expected, double tolerance, const char *what)
{
	double		size = fabs(expected) > 1 ? fabs(expected) : 1;
	bool		passed = fabs(got - expected) <= tolerance * size;

	ok(passed, "%s", what);
	if (!passed)
		printf("# got %.17g, expected %.17g\n", got, expected);
}

/* Random tests take their seed from LOYALTY_SEED, print it, and repeat with it. */
static uint64_t tap_state;

__attribute__((unused)) static void
tap_seed(void)
{
	const char *given = getenv("LOYALTY_SEED");

	tap_state = given ? strtoull(given, NULL, 10) : UINT64_C(20261121);
	printf("# LOYALTY_SEED=%llu\n", (unsigned long long) tap_state);
}

/* splitmix64 */
__attribute__((unused)) static uint64_t
tap_random(void)
{
	uint64_t	z = (tap_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

__attribute__((unused)) static int64_t
tap_between(int64_t low, int64_t high)
{
	return low + (int64_t) (tap_random() % (uint64_t) (high - low + 1));
}

static int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif							/* LOYALTY_TEST_TAP_H */
