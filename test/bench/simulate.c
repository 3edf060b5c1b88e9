/*
 * simulate.c
 *		An order log with a known truth, for the benchmarks of the models.
 *
 *		simulate CUSTOMERS SEED
 *
 * Prints customer, day (from 0) and amount, separated by tabs, customer by customer, for two years of a
 * shop whose customers all came in its first year.  Each buys at a rate of
 * its own and leaves at a rate of its own (both gamma-distributed: the assumptions of
 * Pareto/NBD; Schmittlein, Morrison and Colombo 1987), and pays gamma-distributed
 * amounts around a mean of its own (Fader and Hardie 2013).  The shapes are
 * close to those of CDNOW; purchases come three times as often, about 7.4 a customer.
 * The same arguments give the same log.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define YEAR		365
#define DAYS		730

/* per customer: purchases a day, departures a day, and the rate of the gamma distribution of amounts */
#define RATE_SHAPE		0.6
#define RATE_SCALE		23.8	/* days */
#define DROPOUT_SHAPE	0.6
#define DROPOUT_SCALE	80.0	/* days */
#define AMOUNT_SHAPE	6.25
#define SPREAD_SHAPE	3.74
#define SPREAD_SCALE	15.44	/* money */

static uint64_t state;

/* above 0 and below 1: splitmix64 */
static double
uniform(void)
{
	uint64_t	z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	return ((double) (z >> 12) + 0.5) / 4503599627370496.0;
}

static double
normal(void)
{
	double		radius = sqrt(-2 * log(uniform()));

	return radius * cos(6.283185307179586 * uniform());
}

/* of scale 1; Marsaglia and Tsang 2000, below shape 1 by their boost */
static double
gamma_variate(double shape)
{
	double		d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
	double		c = 1 / sqrt(9 * d);
	double		x;
	double		v;

	do
	{
		x = normal();
		v = (1 + c * x) * (1 + c * x) * (1 + c * x);
	} while (v <= 0 || log(uniform()) > x * x / 2 + d - d * v + d * log(v));
	return d * v * (shape < 1 ? pow(uniform(), 1 / shape) : 1);
}

static double
exponential(double rate)
{
	return -log(uniform()) / rate;
}

int
main(int argc, char **argv)
{
	long		customers;

	if (argc != 3)
	{
		fprintf(stderr, "usage: simulate CUSTOMERS SEED\n");
		return 2;
	}
	customers = strtol(argv[1], NULL, 10);
	state = strtoull(argv[2], NULL, 10);
	for (long customer = 1; customer <= customers; customer++)
	{
		double		rate = gamma_variate(RATE_SHAPE) / RATE_SCALE;
		double		amount_rate = gamma_variate(SPREAD_SHAPE) / SPREAD_SCALE;
		double		day = uniform() * YEAR;
		double		end = fmin(day + exponential(gamma_variate(DROPOUT_SHAPE) / DROPOUT_SCALE), DAYS);

		do
		{
			printf("%ld\t%d\t%.2f\n", customer, (int) day, gamma_variate(AMOUNT_SHAPE) / amount_rate);
			day += exponential(rate);
		} while (day < end);
	}
	return 0;
}
