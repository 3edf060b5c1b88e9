/*
 * bg_bb_set.c
 *		The log-likelihood of many BG/BB customers with its derivatives, and
 *		where its maximisation starts and may end.
 *
 * With g and h of bg_bb.c, and Q(t) = sum of g(s) h(s) over s >= t up to the
 * longest tenure among those of the same x,
 *
 *	L(x, t, n) = Q(t) + g(n) - Q(n).
 *
 * Q(n) is never more than g(n), so nothing is lost by the subtraction; and
 * Q, g and their derivatives by t are one walk for all customers of an x:
 * forth for ln g, back for q(t) = Q(t)/g(t) = h(t) + g(t+1)/g(t) q(t+1), which
 * lies between 0 and 1.  Each row then costs the same few operations however
 * long its silence.
 *
 * Derivatives are by the logarithms of the parameters, and are kept of the
 * logarithms of what they belong to: those of a product add.
 */
#include "bg_bb.h"

#include <math.h>

#include "compensated_sum.h"

#define PARAMETERS		BG_BB_PARAMETERS
#define HESSIAN			(PARAMETERS * (PARAMETERS + 1) / 2)	/* upper triangle, row by row */
#define PAUSE_EVERY		4096	/* steps or rows */

/* derivatives of the logarithm of something positive */
typedef struct slopes
{
	double		first[PARAMETERS];
	double		second[HESSIAN];
} slopes;

/* a sum of such somethings with signs, and its own first and second derivatives */
typedef struct mixture
{
	double		sum;
	double		first[PARAMETERS];
	double		second[HESSIAN];
} mixture;

/* what is known of one t, for a given x */
typedef struct moment
{
	double		log_g;
	slopes		g;
	double		q;
	slopes		q_slopes;
} moment;

static void
slopes_add(slopes *to, const slopes *by)
{
	for (int i = 0; i < PARAMETERS; i++)
		to->first[i] += by->first[i];
	for (int i = 0; i < HESSIAN; i++)
		to->second[i] += by->second[i];
}

static slopes
slopes_difference(const slopes *a, const slopes *b)
{
	slopes		result;

	for (int i = 0; i < PARAMETERS; i++)
		result.first[i] = a->first[i] - b->first[i];
	for (int i = 0; i < HESSIAN; i++)
		result.second[i] = a->second[i] - b->second[i];
	return result;
}

/* adds weight * f, where f = exp(...) is 1 here and has these slopes */
static inline void
mixture_add(mixture *to, double weight, const slopes *of)
{
	int			at = 0;

	to->sum += weight;
	for (int i = 0; i < PARAMETERS; i++)
	{
		double		first = weight * of->first[i];

		to->first[i] += first;
		for (int j = i; j < PARAMETERS; j++, at++)
			to->second[at] += first * of->first[j] + weight * of->second[at];
	}
}

static inline slopes
mixture_slopes(const mixture *of)
{
	slopes		result;
	double		inverse = 1 / of->sum;
	int			at = 0;

	for (int i = 0; i < PARAMETERS; i++)
		result.first[i] = of->first[i] * inverse;
	for (int i = 0; i < PARAMETERS; i++)
		for (int j = i; j < PARAMETERS; j++, at++)
			result.second[at] = of->second[at] * inverse - result.first[i] * result.first[j];
	return result;
}

/*
 * A chance that is Beta(a, b) to stay, and its opposite, after `stayed` stays
 * and `others` opposites: the next stays with (a+stayed)/(a+b+stayed+others).
 * Adds ln of that, with slopes, a and b being parameters number i and i + 1 or
 * the other way round (hence the three places of the Hessian).
 */
static double
step_slopes(double a, double b, double stayed, double others,
			double *by_a, double *by_b, double *by_aa, double *by_ab, double *by_bb)
{
	double		whole = 1 / (a + b + stayed + others);
	double		own = 1 / (a + stayed);
	double		share_a = a * whole;
	double		share_b = b * whole;
	double		rest = (b + others) * whole;

	*by_a += a * own * rest;
	*by_b -= share_b;
	*by_aa += a * own * (stayed * own) - share_a * (1 - share_a);
	*by_ab += share_a * share_b;
	*by_bb -= share_b * (1 - share_b);
	return (a + stayed) * whole;
}

/* places of the Hessian */
enum
{
	AA = 0, AB = 1, BB = 4, CC = 7, CD = 8, DD = 9
};

/* the chance to be there at t+1 of one who is there at t, with slopes */
static double
stay_step(const double *p, double t, slopes *to)
{
	return step_slopes(p[BG_BB_DELTA], p[BG_BB_GAMMA], t, 0,
					   &to->first[BG_BB_DELTA], &to->first[BG_BB_GAMMA],
					   &to->second[DD], &to->second[CD], &to->second[CC]);
}

/* g(t+1)/g(t) for this x */
static double
silent_step(const double *p, double x, double t, slopes *to)
{
	*to = (slopes) {{0}, {0}};
	return stay_step(p, t, to) *
		step_slopes(p[BG_BB_BETA], p[BG_BB_ALPHA], t - x, x,
					&to->first[BG_BB_BETA], &to->first[BG_BB_ALPHA],
					&to->second[BB], &to->second[AB], &to->second[AA]);
}

/* the chance of another purchase, at t+1, of one who has bought at each of x = t opportunities */
static double
buying_step(const double *p, double t, slopes *to)
{
	*to = (slopes) {{0}, {0}};
	return stay_step(p, t, to) *
		step_slopes(p[BG_BB_ALPHA], p[BG_BB_BETA], t, 0,
					&to->first[BG_BB_ALPHA], &to->first[BG_BB_BETA],
					&to->second[AA], &to->second[AB], &to->second[BB]);
}

/* h(t) */
static double
leave_slopes(const double *p, double t, slopes *to)
{
	*to = (slopes) {{0}, {0}};
	return step_slopes(p[BG_BB_GAMMA], p[BG_BB_DELTA], 0, t,
					   &to->first[BG_BB_GAMMA], &to->first[BG_BB_DELTA],
					   &to->second[CC], &to->second[CD], &to->second[DD]);
}

/* fills moments[0 .. last-x], of t = x .. last; the first has its log_g and g */
static void
walk(const double *p, double x, size_t steps, moment *moments, const history_pause *pause)
{
	moment	   *end = &moments[steps];

	for (size_t i = 0; i < steps; i++)
	{
		slopes		step;

		moments[i + 1].log_g = moments[i].log_g + log(silent_step(p, x, x + (double) i, &step));
		moments[i + 1].g = moments[i].g;
		slopes_add(&moments[i + 1].g, &step);
		if (i % PAUSE_EVERY == PAUSE_EVERY - 1)
			history_pause_now(pause);
	}

	end->q = 0;
	end->q_slopes = (slopes) {{0}, {0}};
	for (size_t i = steps; i-- > 0;)
	{
		mixture		left = {0, {0}, {0}};
		slopes		step;
		double		weight;

		weight = leave_slopes(p, x + (double) i, &step);
		mixture_add(&left, weight, &step);
		weight = silent_step(p, x, x + (double) i, &step);
		slopes_add(&step, &moments[i + 1].q_slopes);
		mixture_add(&left, weight * moments[i + 1].q, &step);
		moments[i].q = left.sum;
		moments[i].q_slopes = mixture_slopes(&left);
		if (i % PAUSE_EVERY == PAUSE_EVERY - 1)
			history_pause_now(pause);
	}
}

/* ln of L/g(t) of a customer silent from t to n, with slopes */
static double
silence(const moment *t, const moment *n, slopes *result)
{
	mixture		either = {0, {0}, {0}};
	slopes		stayed = slopes_difference(&n->g, &t->g);
	double		weight = exp(n->log_g - t->log_g);

	mixture_add(&either, t->q, &t->q_slopes);
	mixture_add(&either, weight, &stayed);
	slopes_add(&stayed, &n->q_slopes);
	mixture_add(&either, -weight * n->q, &stayed);
	*result = mixture_slopes(&either);
	return log(either.sum);
}

static void
add_slopes(compensated_sum *sums, double weight, const slopes *by)
{
	for (int i = 0; i < PARAMETERS; i++)
		compensated_add(&sums[1 + i], weight * by->first[i]);
	for (int i = 0; i < HESSIAN; i++)
		compensated_add(&sums[1 + PARAMETERS + i], weight * by->second[i]);
}

double
bg_bb_set_log_likelihood(const double *parameters, const history_set *set,
						 double *gradient, double *hessian, double *scratch, const history_pause *pause)
{
	moment	   *moments = (moment *) scratch;
	compensated_sum sums[1 + PARAMETERS + HESSIAN] = {{0, 0}};
	moment		first = {0, {{0}, {0}}, 0, {{0}, {0}}};	/* of t = x */
	double		x = 0;
	int			at = 1 + PARAMETERS;

	for (size_t i = 0; i < set->group_count; i++)
	{
		const history_group *group = &set->groups[i];
		const history_row *rows = set->rows;
		size_t		last;

		if (group->from == group->to)
			continue;
		last = (size_t) (set->times[rows[group->to - 1].tenure] - group->x);

		for (; x < group->x; x += 1)
		{
			slopes		step;

			first.log_g += log(buying_step(parameters, x, &step));
			slopes_add(&first.g, &step);
		}
		moments[0] = first;
		walk(parameters, x, last, moments, pause);

		for (size_t r = group->from; r < group->to; r++)
		{
			const moment *t = &moments[(size_t) (set->times[rows[r].t_x] - x)];
			const moment *n = &moments[(size_t) (set->times[rows[r].tenure] - x)];

			compensated_add(&sums[0], rows[r].weight * t->log_g);
			add_slopes(sums, rows[r].weight, &t->g);
			if (n > t)
			{
				slopes		quiet;

				compensated_add(&sums[0], rows[r].weight * silence(t, n, &quiet));
				add_slopes(sums, rows[r].weight, &quiet);
			}
			if (r % PAUSE_EVERY == 0)
				history_pause_now(pause);
		}
		history_pause_now(pause);
	}

	for (int i = 0; i < PARAMETERS; i++)
	{
		gradient[i] = compensated_value(&sums[1 + i]);
		for (int j = i; j < PARAMETERS; j++, at++)
			hessian[i * LIFETIME_PARAMETERS + j] = hessian[j * LIFETIME_PARAMETERS + i] = compensated_value(&sums[at]);
	}
	return compensated_value(&sums[0]);
}

/* a moment for each opportunity, and the one before the first */
size_t
bg_bb_scratch_size(const history_set *set)
{
	return ((size_t) set->times[set->time_count - 1] + 1) * (sizeof(moment) / sizeof(double));
}

/*
 * Purchases per opportunity before the last purchase tell p; how far the last
 * purchase lies before the end, theta.  Both are spread widely.
 */
void
bg_bb_start(const history_set *set, double *parameters)
{
	double		active = 0;		/* opportunities up to the last purchase */
	double		buys;
	double		silent;
	double		leaves;

	for (size_t i = 0; i < set->row_count; i++)
		active += set->rows[i].weight * set->times[set->rows[i].t_x];
	buys = (set->purchases - set->repeaters + 1) / (active - set->repeaters + 2);
	silent = (set->total_tenure - active + 1) / (active + 1);
	leaves = silent / (silent + set->total_tenure / set->customers + 1);

	parameters[BG_BB_ALPHA] = 2 * buys;
	parameters[BG_BB_BETA] = 2 * (1 - buys);
	parameters[BG_BB_GAMMA] = 0.5;
	parameters[BG_BB_DELTA] = 0.5 * (1 - leaves) / leaves;
}

/* the shape that a pair of a beta distribution runs to */
typedef enum shape
{
	STAYS, ALIKE, APART, NEVER, ALWAYS
} shape;

static shape
shape_of(int more, int less)
{
	if (more == 0 && less == 0)
		return STAYS;
	if (more > 0 && less > 0)
		return ALIKE;
	if (more < 0 && less < 0)
		return APART;
	return more > 0 || less < 0 ? ALWAYS : NEVER;
}

const char *
bg_bb_limit(const int *direction)
{
	static const char *const buying[] = {
		[STAYS] = NULL,
		[ALIKE] = "all customers buy at the same rate",
		[APART] = "a customer buys at every opportunity or at none",
		[NEVER] = "no customer ever buys",
		[ALWAYS] = "every customer who is there buys at every opportunity"
	};
	static const char *const leaving[] = {
		[STAYS] = NULL,
		[ALIKE] = "all customers leave at the same rate",
		[APART] = "a customer leaves before the first opportunity or never",
		[NEVER] = "no customer ever leaves",
		[ALWAYS] = "every customer leaves before the first opportunity"
	};
	shape		buys = shape_of(direction[BG_BB_ALPHA], direction[BG_BB_BETA]);
	shape		leaves = shape_of(direction[BG_BB_GAMMA], direction[BG_BB_DELTA]);

	if (leaves == STAYS)
		return buying[buys];
	if (buys == STAYS)
		return leaving[leaves];
	if (buys == ALIKE && leaves == ALIKE)
		return "all customers buy at the same rate and leave at the same rate";
	if (buys == ALIKE && leaves == NEVER)
		return "all customers buy at the same rate and none ever leaves";
	if (buys == ALWAYS && leaves == NEVER)
		return "every customer buys at every opportunity";
	return NULL;
}
