/*
 * spend_set.h
 *		Many customers' mean spends as a fit of the spend wants them: equal
 *		ones once with a weight, in groups of equal x.
 */
#ifndef LOYALTY_KERNEL_SPEND_SET_H
#define LOYALTY_KERNEL_SPEND_SET_H

#include <stddef.h>

typedef struct spend_row
{
	double		mean;			/* spend per purchase day, > 0; ascending within a group */
	double		weight;			/* how many customers, > 0 */
} spend_row;

/* the rows of one x: rows[from .. to-1] */
typedef struct spend_group
{
	double		x;				/* purchases the mean is of, whole, > 0; ascending */
	double		weight;			/* sum of the rows' */
	size_t		from;
	size_t		to;
} spend_group;

typedef struct spend_set
{
	const spend_group *groups;
	size_t		group_count;
	const spend_row *rows;
	size_t		row_count;
	double		customers;		/* sum of weights */
	double		purchases;		/* sum of weight * x */
	double		total;			/* sum of weight * x * mean */
	double		log_means;		/* sum of weight * ln mean */
} spend_set;

#endif							/* LOYALTY_KERNEL_SPEND_SET_H */
