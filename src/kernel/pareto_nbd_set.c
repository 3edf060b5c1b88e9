/*
 * pareto_nbd_set.c
 *		The Pareto/NBD log-likelihood of many histories, with gradient and
 *		Hessian in the logarithms of the parameters.
 *
 * The likelihood of a history is a mixture over the moment y at which the
 * customer left: with weight p he is still alive at T, else y is distributed
 * over (t_x, T) like f (see pareto_nbd.h).  The derivatives of the logarithm of
 * a mixture are averages over it:
 *
 *		gradient = E[l'],  Hessian = E[l''] + Cov(l'),
 *
 * l the logarithm at a given y, whose derivatives need only
 *		a = ln(1 + y/alpha), b = ln(1 + y/beta), p = y/(alpha + y), q = y/(beta + y)
 * and their products.  So a row asks for fifteen integrals over (t_x, T):
 * those of f and of f times these four and their ten products.
 *
 * Where many rows share an x, each integral is a difference of two tail sums
 * over the cells between consecutive times, one sweep per x for all its rows;
 * what a node contributes but for f is the same for every x, and f goes from x
 * to x + 1 by a multiplication.  The difference does not cancel: beside the
 * weight of being alive at T, the tail beyond T weighs
 * s/(beta+T) int_T (..) dy <= 1, so that what is lost is below a unit in the
 * last place of the mixture.  Where few rows share an x, or f spans too many
 * orders of magnitude, each row is integrated by itself.
 */
#include "pareto_nbd.h"

#include <math.h>
#include <string.h>

#include "compensated_sum.h"
#include "special_functions.h"

enum
{
	R, ALPHA, S, BETA
};

/* the integrals of f times ... */
enum
{
	ONE, A, B, P, Q, AA, AB, AP, AQ, BB, BP, BQ, PP, PQ, QQ,
	MOMENTS = 16				/* one idle, for the sake of vectors */
};

/* A node of the sweep. */
typedef struct sweep_node
{
	double		f;				/* at the x of the last sweep, relative to the first time of the sweep */
	double		step;			/* from f at x to f at x + 1 */
	double		first;			/* 1: the first of its cell */
	double		idle;
	double		moment[MOMENTS];
} sweep_node;

/* What depends on a time alone. */
typedef struct time_point
{
	double		a;
	double		b;
	double		p;
	double		q;
} time_point;

typedef struct tail_sum
{
	double		moment[MOMENTS];
} tail_sum;

/* row by row the upper triangle of a symmetric matrix */
#define PAIRS	10

typedef struct set_sums
{
	compensated_sum value;
	compensated_sum gradient[4];
	compensated_sum hessian[PAIRS];
} set_sums;

/* Everything one evaluation carries about. */
typedef struct evaluation
{
	const history_set *set;
	const history_pause *pause;
	double		parameters[4];
	double		r;
	double		alpha;
	double		s;
	double		beta;
	set_sums	sums;

	/* the sweep: nodes between times[low] and times[high], good up to x_most */
	time_point *points;
	tail_sum   *tails;			/* per time: integral from there to times[high] */
	sweep_node *nodes;
	size_t		node_capacity;
	size_t		node_count;
	size_t		low;
	size_t		high;
	double		x_most;
	double		x;				/* of f in the nodes ... */
	double		steps;			/* ... and how many multiplications old it is */
} evaluation;

/*
 * Beyond so many times there is no sweep.  Nodes per time: daily data need
 * four in a cell; the constant is for a few wide cells.
 */
#define SWEEP_TIMES		8192
#define SWEEP_NODES(times)	(6 * (times) + 512)

/* so many nodes of a sweep cost as much as one row integrated by itself */
#define NODES_PER_ROW	200

/* f may span exp(600): double goes from exp(-708) to exp(709) */
#define SWEEP_SPAN		600.0

/* after so many multiplications f is made afresh */
#define SWEEP_STEPS		32

/* far below a millisecond's work of either kind */
#define ROWS_PER_PAUSE	32
#define TIMES_PER_PAUSE	4096

size_t
pareto_nbd_scratch_size(const history_set *set)
{
	size_t		size = set->time_count * sizeof(time_point);

	if (set->time_count <= SWEEP_TIMES)
		size += set->time_count * sizeof(tail_sum) + SWEEP_NODES(set->time_count) * sizeof(sweep_node);
	return size / sizeof(double);
}

/* log1p takes three times as long as log and is called where log would lose more than four bits */
static inline double
log_one_plus(double z)
{
	return z > 0.0625 ? log(1.0 + z) : log1p(z);
}

static inline time_point
point_at(const evaluation *e, double y)
{
	return (time_point)
	{
		log_one_plus(y / e->alpha), log_one_plus(y / e->beta), y / (e->alpha + y), y / (e->beta + y)
	};
}

static inline void
moments_of(double weight, double a, double b, double p, double q, double *moment)
{
	double		wa = weight * a;
	double		wb = weight * b;
	double		wp = weight * p;

	moment[ONE] = weight;
	moment[A] = wa;
	moment[B] = wb;
	moment[P] = wp;
	moment[Q] = weight * q;
	moment[AA] = wa * a;
	moment[AB] = wa * b;
	moment[AP] = wa * p;
	moment[AQ] = wa * q;
	moment[BB] = wb * b;
	moment[BP] = wb * p;
	moment[BQ] = wb * q;
	moment[PP] = wp * p;
	moment[PQ] = wp * q;
	moment[QQ] = weight * q * q;
	moment[MOMENTS - 1] = 0;
}

/* ---------- from averages to gradient and Hessian ---------- */

/*
 * The part of l' that varies with y is
 *		v = (-r a, (r+x) p, i - s b, (s+i) q - i),  i = 1 if he left, 0 if not,
 * and so are the covariances those of v less its value at any one time, the
 * centre: moments are taken about there, where they are small.  The centre
 * enters v_beta of those who left by i (q_centre - 1).
 */

/* of those alive at T: T's distance from the centre, times their weight */
static void
add_alive(evaluation *e, double x, const time_point *centre, const time_point *t, double weight)
{
	double		rx = e->r + x;
	double		v[4] = {-e->r * (t->a - centre->a), rx * (t->p - centre->p),
	-e->s * (t->b - centre->b), e->s * (t->q - centre->q)};
	double		h[PAIRS];
	int			k = 0;

	for (int i = 0; i < 4; i++)
		for (int j = i; j < 4; j++)
			h[k++] = v[i] * v[j];
	h[0] -= e->r * t->a;
	h[1] += e->r * t->p;
	h[4] -= rx * t->p * (1.0 - t->p);
	h[7] -= e->s * t->b;
	h[8] += e->s * t->q;
	h[9] -= e->s * t->q * (1.0 - t->q);

	for (int i = 0; i < 4; i++)
		compensated_add(&e->sums.gradient[i], weight * v[i]);
	for (k = 0; k < PAIRS; k++)
		compensated_add(&e->sums.hessian[k], weight * h[k]);
}

/* of those who left: the sum of their weighted moments about the centre */
static void
add_left(evaluation *e, double x, const time_point *centre, const double *m)
{
	double		r = e->r;
	double		s = e->s;
	double		rx = r + x;
	double		i = centre->q - 1.0;
	double		v[4] = {-r * m[A], rx * m[P], m[ONE] - s * m[B], (s + 1.0) * m[Q] + i * m[ONE]};
	double		h[PAIRS] = {
		r * r * m[AA],
		-r * rx * m[AP],
		-r * (m[A] - s * m[AB]),
		-r * ((s + 1.0) * m[AQ] + i * m[A]),
		rx * rx * m[PP],
		rx * (m[P] - s * m[BP]),
		rx * ((s + 1.0) * m[PQ] + i * m[P]),
		m[ONE] - 2.0 * s * m[B] + s * s * m[BB],
		(s + 1.0) * m[Q] + i * m[ONE] - s * ((s + 1.0) * m[BQ] + i * m[B]),
		(s + 1.0) * (s + 1.0) * m[QQ] + 2.0 * i * (s + 1.0) * m[Q] + i * i * m[ONE]
	};

	/* E[l''] */
	h[0] -= r * (centre->a * m[ONE] + m[A]);
	h[1] += r * (centre->p * m[ONE] + m[P]);
	h[4] -= rx * (centre->p * (1.0 - centre->p) * m[ONE] + (1.0 - 2.0 * centre->p) * m[P] - m[PP]);
	h[7] -= s * (centre->b * m[ONE] + m[B]);
	h[8] += s * (centre->q * m[ONE] + m[Q]);
	h[9] -= (s + 1.0) * (centre->q * (1.0 - centre->q) * m[ONE] + (1.0 - 2.0 * centre->q) * m[Q] - m[QQ]);

	for (int k = 0; k < 4; k++)
		compensated_add(&e->sums.gradient[k], v[k]);
	for (int k = 0; k < PAIRS; k++)
		compensated_add(&e->sums.hessian[k], h[k]);
}

/* v of a row on average, given the share alive and the moments of the rest */
static inline void
mean_v(const evaluation *e, double x, const time_point *centre, const time_point *t, double alive, const double *m, double *v)
{
	v[R] = -e->r * (alive * (t->a - centre->a) + m[A]);
	v[ALPHA] = (e->r + x) * (alive * (t->p - centre->p) + m[P]);
	v[S] = m[ONE] - e->s * (alive * (t->b - centre->b) + m[B]);
	v[BETA] = e->s * (alive * (t->q - centre->q) + m[Q]) + m[Q] + (centre->q - 1.0) * m[ONE];
}

/* the value and what v has at the centre, for customers of the weight given */
static void
add_centre(evaluation *e, double x, const time_point *centre, double time, double weight)
{
	double		ln = x * log(e->alpha + time) + e->r * centre->a + e->s * centre->b;

	compensated_add(&e->sums.value, -weight * ln);
	compensated_add(&e->sums.gradient[R], -weight * e->r * centre->a);
	compensated_add(&e->sums.gradient[ALPHA], weight * (e->r + x) * centre->p);
	compensated_add(&e->sums.gradient[S], -weight * e->s * centre->b);
	compensated_add(&e->sums.gradient[BETA], weight * e->s * centre->q);
}

/* ---------- row by row ---------- */

/* centred at t_x, from where f falls */
static void
add_row(evaluation *e, double x, const history_row *row)
{
	const double *times = e->set->times;
	lifetime_history history = {x, times[row->t_x], times[row->tenure]};
	const time_point *centre = &e->points[row->t_x];
	const time_point *t = &e->points[row->tenure];
	double		sum[MOMENTS] = {0};
	double		v[4];
	double		alive,
				scale,
				total;
	pareto_nbd_walk walk;
	pareto_nbd_panel panel;
	int			k = 0;

	pareto_nbd_walk_start(&walk, e->parameters, &history);
	while (pareto_nbd_walk_next(&walk, &panel))
		for (int i = 0; i < panel.count; i++)
		{
			double		moment[MOMENTS];
			double		after = panel.y[i] - history.t_x;

			moments_of(panel.weight[i], panel.alpha_log[i], panel.beta_log[i],
					   after / (e->alpha + panel.y[i]) * (1.0 - centre->p),
					   after / (e->beta + panel.y[i]) * (1.0 - centre->q), moment);
			for (int j = 0; j < MOMENTS; j++)
				sum[j] += moment[j];
		}

	alive = exp(-walk.still);
	total = alive + walk.left_scale * sum[ONE];
	alive /= total;
	scale = walk.left_scale / total;
	for (int i = 0; i < MOMENTS; i++)
		sum[i] *= scale;

	compensated_add(&e->sums.value, row->weight * log(total));
	add_centre(e, x, centre, history.t_x, row->weight);
	mean_v(e, x, centre, t, alive, sum, v);
	for (int i = 0; i < 4; i++)
		for (int j = i; j < 4; j++)
			compensated_add(&e->sums.hessian[k++], -row->weight * v[i] * v[j]);
	for (int i = 0; i < MOMENTS; i++)
		sum[i] *= row->weight;
	if (alive > 0)
		add_alive(e, x, centre, t, row->weight * alive);
	add_left(e, x, centre, sum);
}

/* ---------- by sweeps ---------- */

/*
 * Nodes for the cells from times[low] to times[high], good for every x up to
 * x_most; false where they do not fit or f would span too much.
 */
static bool
sweep_plan(evaluation *e)
{
	const double *times = e->set->times;
	bool		alpha_near = e->alpha <= e->beta;
	double		near = alpha_near ? e->alpha : e->beta;
	double		far = alpha_near ? e->beta : e->alpha;
	double		near_power = alpha_near ? e->r + e->x_most : e->s + 1.0;
	double		far_power = alpha_near ? e->s + 1.0 : e->r + e->x_most;
	double		low = times[e->low];
	const time_point *centre = &e->points[e->low];
	size_t		count = 0;

	if ((e->r + e->x_most) * (e->points[e->high].a - centre->a) +
		(e->s + 1.0) * (e->points[e->high].b - centre->b) > SWEEP_SPAN)
		return false;

	for (size_t c = e->low; c < e->high; c++)
	{
		double		y = times[c];
		double		width = log_one_plus((times[c + 1] - y) / (near + y));
		double		far_width = log_one_plus((times[c + 1] - y) / (far + y));
		double		variation = fabs(1.0 - near_power) * width + far_power * far_width;
		double		panels = ceil(fmax(variation / PARETO_NBD_VARIATION, width / PARETO_NBD_WIDTH));
		const gauss_rule *rule = pareto_nbd_rule(variation / panels, width / panels);

		if (panels * 2 * rule->half > (double) (e->node_capacity - count))
			return false;
		width /= panels;
		for (double k = 0; k < panels; k++)
			for (int i = -rule->half; i < rule->half; i++)
			{
				sweep_node *node = &e->nodes[count++];
				int			j = i < 0 ? -i - 1 : i;
				double		u = width * (k + 0.5 + (i < 0 ? -0.5 : 0.5) * rule->node[j]);
				double		after = (y - low) + (near + y) * expm1(u);
				double		at = low + after;

				node->first = k == 0 && i == -rule->half;
				node->step = (e->alpha + low) / (e->alpha + at);
				node->idle = 0;
				node->f = 0;
				moments_of(0.5 * width * rule->weight[j] * (near + at),
						   log_one_plus(after / (e->alpha + low)), log_one_plus(after / (e->beta + low)),
						   after / (e->alpha + at) * (1.0 - centre->p),
						   after / (e->beta + at) * (1.0 - centre->q), node->moment);
			}
	}
	e->node_count = count;
	e->x = -1;
	return true;
}

/* the tails of every time, for this x */
static void
sweep(evaluation *e, double x)
{
	double		steps = x - e->x;
	double		sum[MOMENTS] = {0};
	tail_sum   *tail = &e->tails[e->high];
	bool		afresh = e->x < 0 || steps > 4 || e->steps + steps > SWEEP_STEPS;

	memset(tail, 0, sizeof(*tail));
	for (sweep_node *node = e->nodes + e->node_count; node-- > e->nodes;)
	{
		double		f = node->f;

		if (afresh)
			f = exp(-((e->r + x) * node->moment[A] + (e->s + 1.0) * node->moment[B]) / node->moment[ONE]);
		else
			for (double k = 0; k < steps; k++)
				f *= node->step;
		node->f = f;
		for (int i = 0; i < MOMENTS; i++)
			sum[i] += f * node->moment[i];
		if (node->first != 0)
			memcpy((--tail)->moment, sum, sizeof(sum));
	}
	e->steps = afresh ? 0 : e->steps + steps;
	e->x = x;
}

/* the rows of one x, after their sweep */
static void
add_group(evaluation *e, const history_group *group)
{
	const history_row *rows = e->set->rows;
	const time_point *centre = &e->points[e->low];
	double		left[MOMENTS] = {0};
	double		square[PAIRS] = {0};
	double		x = group->x;

	for (size_t from = group->from, to; from < group->to; from = to)
	{
		uint32_t	tenure = rows[from].tenure;
		const time_point *t = &e->points[tenure];
		const double *beyond = e->tails[tenure].moment;
		double		alive_weight = 0;
		double		value = 0;
		double		still = (e->r + x) * (t->a - centre->a) + e->s * (t->b - centre->b);

		/* what weighs f against being alive at T */
		double		scale = e->s / (e->beta + e->set->times[e->low]) * exp(still);

		for (to = from; to < group->to && rows[to].tenure == tenure; to++)
		{
			const double *until = e->tails[rows[to].t_x].moment;
			double		weight = rows[to].weight;
			double		odds = scale * (until[ONE] - beyond[ONE]);
			double		alive = 1.0 / (1.0 + odds);
			double		share = scale * alive;
			double		m[MOMENTS];
			double		v[4];
			double		wv[4];

			for (int i = 0; i < MOMENTS; i++)
			{
				m[i] = share * (until[i] - beyond[i]);
				left[i] += weight * m[i];
			}
			alive_weight += weight * alive;
			value += weight * (log(1.0 + odds) - still);
			mean_v(e, x, centre, t, alive, m, v);
			for (int i = 0; i < 4; i++)
				wv[i] = weight * v[i];
			square[0] += wv[0] * v[0];
			square[1] += wv[0] * v[1];
			square[2] += wv[0] * v[2];
			square[3] += wv[0] * v[3];
			square[4] += wv[1] * v[1];
			square[5] += wv[1] * v[2];
			square[6] += wv[1] * v[3];
			square[7] += wv[2] * v[2];
			square[8] += wv[2] * v[3];
			square[9] += wv[3] * v[3];
		}
		compensated_add(&e->sums.value, value);
		add_alive(e, x, centre, t, alive_weight);
		history_pause_now(e->pause);
	}
	add_centre(e, x, centre, e->set->times[e->low], group->weight);
	for (int k = 0; k < PAIRS; k++)
		compensated_add(&e->sums.hessian[k], -square[k]);
	add_left(e, x, centre, left);
}

/* worth a sweep of so many nodes? */
static inline bool
is_dense(const history_group *group, size_t nodes)
{
	return (group->to - group->from) * NODES_PER_ROW >= nodes;
}

/* a sweep for the group at `from` and those after it whose x is near */
static bool
sweep_groups(evaluation *e, size_t from)
{
	const history_set *set = e->set;
	size_t		cheap = 4 * set->time_count;

	e->x_most = floor(1.5 * set->groups[from].x) + 4.0;
	e->low = set->time_count - 1;
	e->high = 0;
	for (size_t g = from; g < set->group_count && set->groups[g].x <= e->x_most; g++)
	{
		const history_group *group = &set->groups[g];

		if (!is_dense(group, cheap))
			continue;
		for (size_t i = group->from; i < group->to; i++)
			if (set->rows[i].t_x < e->low)
				e->low = set->rows[i].t_x;
		if (set->rows[group->to - 1].tenure > e->high)
			e->high = set->rows[group->to - 1].tenure;
	}
	return sweep_plan(e);
}

double
pareto_nbd_set_log_likelihood(const double *parameters, const history_set *set,
							  double *gradient, double *hessian,
							  double *scratch, const history_pause *pause)
{
	evaluation	e = {
		.set = set,
		.pause = pause,
		.parameters = {parameters[R], parameters[ALPHA], parameters[S], parameters[BETA]},
		.r = parameters[R],
		.alpha = parameters[ALPHA],
		.s = parameters[S],
		.beta = parameters[BETA],
		.points = (time_point *) scratch,
		.x_most = -1
	};
	bool		planned = false;
	int			k = 0;

	if (set->time_count <= SWEEP_TIMES)
	{
		e.tails = (tail_sum *) (e.points + set->time_count);
		e.nodes = (sweep_node *) (e.tails + set->time_count);
		e.node_capacity = SWEEP_NODES(set->time_count);
	}
	for (size_t i = 0; i < set->time_count; i++)
	{
		e.points[i] = point_at(&e, set->times[i]);
		if (i % TIMES_PER_PAUSE == 0)
			history_pause_now(pause);
	}

	for (size_t g = 0; g < set->group_count; g++)
	{
		const history_group *group = &set->groups[g];
		rising_factorial counts = rising(e.r, group->x);

		compensated_add(&e.sums.value, group->weight * counts.log);
		compensated_add(&e.sums.gradient[R], group->weight * e.r * counts.d1);
		compensated_add(&e.sums.gradient[ALPHA], -group->weight * group->x);
		compensated_add(&e.sums.hessian[0], group->weight * e.r * (counts.d1 + e.r * counts.d2));

		if (e.nodes && group->x > e.x_most && is_dense(group, 4 * set->time_count))
			planned = sweep_groups(&e, g);
		if (planned && group->x <= e.x_most &&
			is_dense(group, 4 * set->time_count) && is_dense(group, e.node_count))
		{
			sweep(&e, group->x);
			add_group(&e, group);
		}
		else
			for (size_t i = group->from; i < group->to; i++)
			{
				add_row(&e, group->x, &set->rows[i]);
				if (i % ROWS_PER_PAUSE == 0)
					history_pause_now(pause);
			}
	}

	for (int i = 0; i < 4; i++)
	{
		gradient[i] = compensated_value(&e.sums.gradient[i]);
		for (int j = i; j < 4; j++, k++)
			hessian[i * LIFETIME_PARAMETERS + j] = hessian[j * LIFETIME_PARAMETERS + i] =
				compensated_value(&e.sums.hessian[k]);
	}
	return compensated_value(&e.sums.value);
}
