/*
 * history_set.h
 *		Many customers' histories as a fit wants them: equal ones once with a
 *		weight, in groups of equal x, times as indexes into one ascending list.
 *
 * With that, whatever depends on a time alone (the logarithm of alpha + t) is
 * computed once per distinct time, and whatever depends on x alone (gamma
 * functions) once per group, instead of once per customer.
 */
#ifndef LOYALTY_KERNEL_HISTORY_SET_H
#define LOYALTY_KERNEL_HISTORY_SET_H

#include <stddef.h>
#include <stdint.h>

typedef struct history_row
{
	uint32_t	t_x;			/* index into times */
	uint32_t	tenure;			/* index into times, >= t_x */
	double		weight;			/* how many customers, > 0 */
} history_row;

/* the rows of one x: rows[from .. to-1], ordered by tenure, then t_x */
typedef struct history_group
{
	double		x;				/* whole, >= 0; ascending from group to group */
	double		weight;			/* sum of the rows' */
	size_t		from;
	size_t		to;
} history_group;

typedef struct history_set
{
	const history_group *groups;
	size_t		group_count;
	const history_row *rows;
	size_t		row_count;
	const double *times;		/* distinct, ascending, the first is 0; in the model's unit */
	size_t		time_count;
	double		customers;		/* sum of weights */
	double		repeaters;		/* weight of those with x > 0 */
	double		purchases;		/* sum of weight * x */
	double		total_tenure;	/* sum of weight * tenure */
} history_set;

/*
 * Called from long loops so that the caller can look for interrupts; it may
 * leave by a jump of its own, for a kernel function holds nothing that would
 * need to be given back.
 */
typedef struct history_pause
{
	void		(*call) (void *context);
	void	   *context;
} history_pause;

static inline void
history_pause_now(const history_pause *pause)
{
	if (pause && pause->call)
		pause->call(pause->context);
}

#endif							/* LOYALTY_KERNEL_HISTORY_SET_H */
