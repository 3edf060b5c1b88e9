/*
 * pareto_nbd.c
 *		The Pareto/NBD model: one history, and the population it is drawn from.
 *
 * Schmittlein, Morrison & Colombo, "Counting your customers", Management
 * Science 33(1), 1987; Fader & Hardie, "A note on deriving the Pareto/NBD
 * model", 2005 (brucehardie.com/notes/009); discounting: Fader, Hardie & Lee,
 * Journal of Marketing Research 42(4), 2005.  The closed forms there are
 * differences of hypergeometric functions that cancel and overflow; here every
 * quantity is an integral of a positive function, taken in the logarithm of
 * time (see pareto_nbd.h), or a closed form free of cancellation.
 */
#include "pareto_nbd.h"

#include <math.h>

#include "negative_binomial.h"
#include "special_functions.h"

enum
{
	R, ALPHA, S, BETA
};

/* a tail below this share of the sum is left out */
#define NEGLIGIBLE	1e-18

/* of a discount below zero: exp(this) leaves double precision far behind */
#define MOST_GAIN	1500.0

/* ---------- Gauss-Legendre rules ---------- */

static const double node_2[] = {0.57735026918962576451};
static const double weight_2[] = {1.0};
static const double node_4[] = {0.33998104358485626480, 0.86113631159405257522};
static const double weight_4[] = {0.65214515486254614263, 0.34785484513745385737};
static const double node_6[] = {0.23861918608319690863, 0.66120938646626451366, 0.93246951420315202781};
static const double weight_6[] = {0.46791393457269104739, 0.36076157304813860757, 0.17132449237917034504};
static const double node_8[] = {0.18343464249564980494, 0.52553240991632898582,
	0.79666647741362673959, 0.96028985649753623168};
static const double weight_8[] = {0.36268378337836198297, 0.31370664587788728734,
	0.22238103445337447054, 0.10122853629037625915};
static const double node_10[] = {0.14887433898163121088, 0.43339539412924719080, 0.67940956829902440623,
	0.86506336668898451073, 0.97390652851717172008};
static const double weight_10[] = {0.29552422471475287017, 0.26926671930999635509, 0.21908636251598204400,
	0.14945134915058059315, 0.066671344308688137594};
static const double node_12[] = {0.12523340851146891547, 0.36783149899818019375, 0.58731795428661744730,
	0.76990267419430468704, 0.90411725637047485668, 0.98156063424671925069};
static const double weight_12[] = {0.24914704581340278500, 0.23349253653835480876, 0.20316742672306592175,
	0.16007832854334622633, 0.10693932599531843096, 0.047175336386511827195};

/*
 * For exp(c u) on a panel the error of n nodes falls like (c/4)^(2n)/(2n)!:
 * that bounds the variation.  A singularity at distance pi bounds the width.
 * The limits are where the error of (near + y)^-a (far + y)^-b, measured over
 * all a, b and near/far, stays below 1e-14.
 */
static const gauss_rule rules[] = {
	{0.0009, 0.01, 1, node_2, weight_2},
	{0.24, 0.1, 2, node_4, weight_4},
	{1.3, 0.4, 3, node_6, weight_6},
	{3.4, 0.7, 4, node_8, weight_8},
	{2.4, 1.0, 4, node_8, weight_8},
	{6.5, 1.0, 5, node_10, weight_10},
	{5.0, 1.5, 5, node_10, weight_10},
	{11.0, 1.5, 6, node_12, weight_12},
	{7.0, 2.0, 6, node_12, weight_12},
	{PARETO_NBD_VARIATION, PARETO_NBD_WIDTH, 8, gauss_node, gauss_weight}
};

const gauss_rule *
pareto_nbd_rule(double variation, double width)
{
	const gauss_rule *rule = rules;

	while (rule->half < 8 && (variation > rule->variation || width > rule->width))
		rule++;
	return rule;
}

/* The i-th of a rule's nodes, from -1 to 1 ascending, mapped to [0, width], with its weight. */
static inline double
rule_node(const gauss_rule *rule, int i, double width, double *weight)
{
	int			k = i < rule->half ? rule->half - 1 - i : i - rule->half;
	double		node = i < rule->half ? -rule->node[k] : rule->node[k];

	*weight = 0.5 * width * rule->weight[k];
	return 0.5 * width * (1.0 + node);
}

/* ---------- the moment of leaving ---------- */

/*
 * log1p and expm1 take three times as long as log and exp.  Where powers are
 * low they are called only if log would lose more than four bits.
 */
#define LOW_POWERS		64.0
#define CANCELS_BELOW	0.0625

static inline double
log_one_plus(double z, bool low_powers)
{
	return low_powers && z > CANCELS_BELOW ? log(1.0 + z) : log1p(z);
}

void
pareto_nbd_walk_start(pareto_nbd_walk *walk, const double *parameters, const lifetime_history *history)
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	double		t_x = history->t_x;
	double		silence = history->tenure - t_x;
	double		alpha_power = parameters[R] + history->x;
	double		beta_power = parameters[S] + 1.0;
	bool		low_powers = alpha_power + beta_power < LOW_POWERS;
	double		alpha_span = log_one_plus(silence / (alpha + t_x), low_powers);
	double		beta_span = log_one_plus(silence / (beta + t_x), low_powers);

	walk->low_powers = low_powers;
	walk->alpha_near = alpha <= beta;
	walk->near = walk->alpha_near ? alpha : beta;
	walk->near_power = walk->alpha_near ? alpha_power : beta_power;
	walk->near_rest = walk->alpha_near ? alpha_span : beta_span;
	walk->far = walk->alpha_near ? beta : alpha;
	walk->far_power = walk->alpha_near ? beta_power : alpha_power;
	walk->far_rest = walk->alpha_near ? beta_span : alpha_span;

	walk->still = alpha_power * alpha_span + parameters[S] * beta_span;
	walk->left_scale = parameters[S] * ((walk->near + t_x) / (beta + t_x));
	walk->y = t_x;
	walk->near_log = walk->far_log = 0;
	walk->height = 0;
	walk->sum = 0;
}

bool
pareto_nbd_walk_next(pareto_nbd_walk *walk, pareto_nbd_panel *panel)
{
	double		near_y = walk->near + walk->y;
	double		ratio = near_y / (walk->far + walk->y);
	double		near_slope = 1.0 - walk->near_power;
	double		width = walk->near_rest;
	double		far_width = walk->far_rest;
	double		growth[PARETO_NBD_NODES];
	double		variation;
	bool		coarse;
	const gauss_rule *rule;

	if (!(width > 0))
		return false;

	variation = fabs(near_slope) * width + walk->far_power * far_width;
	if (variation > PARETO_NBD_VARIATION || width > PARETO_NBD_WIDTH)
	{
		/* half of what is allowed for the one factor, what is left for the other */
		width = fmin(width, PARETO_NBD_WIDTH);
		width = fmin(width, 0.5 * PARETO_NBD_VARIATION / fabs(near_slope));
		variation = PARETO_NBD_VARIATION - fabs(near_slope) * width;
		width = fmin(width, log1p(expm1(variation / walk->far_power) / ratio));
		far_width = log1p(ratio * expm1(width));
		variation = fabs(near_slope) * width + walk->far_power * far_width;
	}
	rule = pareto_nbd_rule(variation, width);

	panel->count = 2 * rule->half;
	coarse = walk->low_powers && width > CANCELS_BELOW;
	if (coarse)
	{
		double		middle = exp(0.5 * width);

		/* one exponential serves two nodes */
		for (int k = 0; k < rule->half; k++)
		{
			double		aside = exp(0.5 * width * rule->node[k]);

			growth[rule->half - 1 - k] = middle / aside - 1.0;
			growth[rule->half + k] = middle * aside - 1.0;
		}
	}
	for (int i = 0; i < panel->count; i++)
	{
		double		weight;
		double		u = rule_node(rule, i, width, &weight);
		double		grown = coarse ? growth[i] : expm1(u);
		double		v = coarse ? log(1.0 + ratio * grown) : log1p(ratio * grown);

		panel->y[i] = walk->y + near_y * grown;
		panel->alpha_log[i] = walk->alpha_near ? walk->near_log + u : walk->far_log + v;
		panel->beta_log[i] = walk->alpha_near ? walk->far_log + v : walk->near_log + u;
		weight *= exp(walk->height + near_slope * u - walk->far_power * v);
		panel->weight[i] = weight;
		walk->sum += weight;
	}

	if (width >= walk->near_rest)
		walk->near_rest = 0;
	else
	{
		double		fall;

		walk->y += near_y * expm1(width);
		walk->near_log += width;
		walk->far_log += far_width;
		walk->near_rest -= width;
		walk->far_rest -= far_width;
		walk->height += near_slope * width - walk->far_power * far_width;

		/* log-concave: once it falls, it falls at least as fast ever after */
		fall = walk->far_power * ((walk->near + walk->y) / (walk->far + walk->y)) - near_slope;
		if (fall > 0 && exp(walk->height) < NEGLIGIBLE * fall * walk->sum)
			walk->near_rest = 0;
	}
	return true;
}

/* nearer to 1 the fraction takes more steps than the walk takes nodes */
#define FRACTION_UP_TO	0.95
/* below this too much of the difference would cancel, and the walk takes few nodes */
#define FRACTION_FROM	0.25

/*
 * The walk's sum in one go.  With p and q the exponents of near and far,
 * c = p + q - 1 and w = (far - near)/(far + y), which falls from w0 at t_x to w1
 * at T, it is an incomplete beta function of w (A&S 6.6.8, 15.3.3):
 *
 *		sum = (F(w0) - g F(w1)) / c,	F(w) = 2F1(q, 1; c+1; w),
 *		g = ((near+t_x)/(near+T))^(p-1) ((far+t_x)/(far+T))^q.
 *
 * Gauss's continued fraction (DLMF 15.7.5) for both F at once, for they share
 * its coefficients.  False where that does not pay.
 */
static bool
left_fraction(pareto_nbd_walk *walk, const lifetime_history *history)
{
	double		q = walk->far_power;
	double		c = walk->near_power + q - 1.0;
	double		w0 = (walk->far - walk->near) / (walk->far + history->t_x);
	double		w1 = (walk->far - walk->near) / (walk->far + history->tenure);
	double		exponent = walk->alpha_near ? walk->still + (walk->far_rest - walk->near_rest) : walk->still;	/* -ln g */
	double		top0 = 1.0,
				bottom0 = 1.0,
				above0 = 0,		/* the convergent before */
				below0 = 1.0,
				top1 = 1.0,
				bottom1 = 1.0,
				above1 = 0,
				below1 = 1.0;
	double		apart = 1.0;	/* top0 below0 - above0 bottom0: the two convergents differ by it over both bottoms */

	if (!(w0 <= FRACTION_UP_TO && exponent >= FRACTION_FROM))
		return false;
	for (double m = 0;; m += 1.0)
	{
		double		d = c + 2.0 * m;
		double		odd = (q + m) * (c + m) / (d * (d + 1.0));
		double		even = (m + 1.0) * (c - q + m + 1.0) / ((d + 1.0) * (d + 2.0));

		above0 = top0 - odd * w0 * above0;
		below0 = bottom0 - odd * w0 * below0;
		top0 = above0 - even * w0 * top0;
		bottom0 = below0 - even * w0 * bottom0;
		above1 = top1 - odd * w1 * above1;
		below1 = bottom1 - odd * w1 * below1;
		top1 = above1 - even * w1 * top1;
		bottom1 = below1 - even * w1 * bottom1;
		/* of the two w0 is the slower */
		apart *= odd * w0 * even * w0;
		if (apart <= NEGLIGIBLE * top0 * below0)
			break;
	}
	walk->sum = (top0 / bottom0 - exp(-exponent) * (top1 / bottom1)) / c;
	return true;
}

/* the weight of having left, beside exp(-still) for being alive */
static double
left_weight(pareto_nbd_walk *walk, const double *parameters, const lifetime_history *history)
{
	pareto_nbd_panel panel;

	pareto_nbd_walk_start(walk, parameters, history);
	if (!left_fraction(walk, history))
		while (pareto_nbd_walk_next(walk, &panel))
			;
	return walk->left_scale * walk->sum;
}

/*
 * The chance to come back at all: r/alpha times the integral, over the tenure,
 * of (1+y/alpha)^(-r-1) (1+y/beta)^-s.  That is the weight of having left, had
 * buying and leaving changed places.
 */
static double
comes_back(const double *parameters, const lifetime_history *history)
{
	const double swapped[] = {parameters[S], parameters[BETA], parameters[R], parameters[ALPHA]};
	pareto_nbd_walk walk;

	return left_weight(&walk, swapped, history);
}

/* a sum of probabilities above this is 1 less the rest, whose digits it has lost */
#define NEARLY_CERTAIN	0.75

static double
pareto_nbd_log_likelihood(const double *parameters, const lifetime_history *history)
{
	double		x = history->x;
	double		t_x = history->t_x;
	pareto_nbd_walk walk;
	double		left = left_weight(&walk, parameters, history);

	if (x == 0 && exp(-walk.still) + left > NEARLY_CERTAIN)
		return log1p(0 - comes_back(parameters, history));	/* of 0: 0, not -0 */

	return log_rising(parameters[R], x) - x * log(parameters[ALPHA] + t_x)
		- parameters[R] * log1p(t_x / parameters[ALPHA])
		- parameters[S] * log1p(t_x / parameters[BETA])
		+ log(exp(-walk.still) + left);
}

static lifetime_standing
pareto_nbd_standing(const double *parameters, const lifetime_history *history)
{
	pareto_nbd_walk walk;
	double		left = left_weight(&walk, parameters, history);
	double		alive = exp(-walk.still);
	lifetime_standing standing = {alive / (alive + left), left / (alive + left)};

	return standing;
}

static void
pareto_nbd_posterior(const double *parameters, const lifetime_history *history, double *updated)
{
	updated[R] = parameters[R] + history->x;
	updated[ALPHA] = parameters[ALPHA] + history->tenure;
	updated[S] = parameters[S];
	updated[BETA] = parameters[BETA] + history->tenure;
}

/* ---------- what a living population does ---------- */

static double
pareto_nbd_survival(const double *updated, double time)
{
	return exp(-updated[S] * log1p(time / updated[BETA]));
}

/* the time a member is there during (0, horizon], undiscounted, on average */
static double
mean_lifetime(const double *updated, double horizon)
{
	double		c = updated[S] - 1.0;

	if (isinf(horizon))
		return c > 0 ? updated[BETA] / c : INFINITY;
	return c == 0 ? updated[BETA] * log1p(horizon / updated[BETA])
		: updated[BETA] * (-expm1(-c * log1p(horizon / updated[BETA])) / c);
}

/*
 * With S(y) the survival and d the discount: the integrals over (0, horizon]
 * of exp(-d y) S, exp(-2 d y) S and exp(-d y) S (1 - exp(-d y))/d, the last two
 * only where variances are asked for.  The integrands are entire functions of
 * u = ln(beta + y).  A negative discount is welcome where the horizon is finite.
 */
static void
discounted_lifetime(const double *updated, double horizon, double discount, bool variances, double *integral)
{
	double		s = updated[S];
	double		rest = log1p(horizon / updated[BETA]);
	double		y = 0;
	double		beta_y = updated[BETA];
	double		height = 0;		/* ln of exp(-d y) S at y */
	double		steepest = fabs(variances ? 2.0 * discount : discount);
	double		slope = fabs(1.0 - s) + (variances ? 2.0 : 0);	/* the last one has y as a factor too */

	integral[0] = integral[1] = integral[2] = 0;
	while (rest > 0 && isfinite(integral[0]))
	{
		double		width = fmin(fmin(rest, PARETO_NBD_WIDTH), 0.5 * PARETO_NBD_VARIATION / slope);
		double		variation = PARETO_NBD_VARIATION - slope * width;
		const gauss_rule *rule;
		double		growth,
					value,
					fall;

		width = fmin(width, log1p(variation / (steepest * beta_y)));
		growth = expm1(width);
		rule = pareto_nbd_rule(slope * width + steepest * beta_y * growth, width);

		for (int i = 0; i < 2 * rule->half; i++)
		{
			double		weight;
			double		u = rule_node(rule, i, width, &weight);
			double		step = beta_y * expm1(u);

			weight *= beta_y * exp(height + (1.0 - s) * u - discount * step);
			integral[0] += weight;
			if (variances)
			{
				integral[1] += weight * exp(-discount * (y + step));
				integral[2] += weight * (y + step) * mean_decay(discount * (y + step));
			}
		}

		rest -= width;
		y += beta_y * growth;
		height -= s * width + discount * beta_y * growth;
		beta_y = updated[BETA] + y;

		/* with a discount the integrands are log-concave in u, and the last one falls slowest */
		value = beta_y * exp(height);
		fall = s - 1.0 + discount * beta_y;
		if (discount >= 0 && fall > 0 && value < NEGLIGIBLE * fall * integral[0] &&
			(!variances || (fall > 1 && value * y < NEGLIGIBLE * (fall - 1.0) * integral[2])))
			break;
	}
}

static void
pareto_nbd_future(const double *updated, double horizon, double discount, bool variances,
				  lifetime_future *future)
{
	double		rate = updated[R] / updated[ALPHA];
	double		rate_square = rate * (updated[R] + 1.0) / updated[ALPHA];
	double		integral[3];

	if (-discount * horizon > MOST_GAIN)
	{
		future->mean = future->squares = future->second = INFINITY;
		return;
	}
	if (discount == 0 && (isinf(horizon) || !variances))
	{
		/* the second moment of an unbounded lifetime is 2 beta^2 / ((s-1)(s-2)) */
		future->mean = future->squares = rate * mean_lifetime(updated, horizon);
		future->second = updated[S] > 2.0 ?
			future->mean + rate_square * 2.0 * (updated[BETA] / (updated[S] - 1.0)) * (updated[BETA] / (updated[S] - 2.0))
			: INFINITY;
		return;
	}

	/*
	 * Rate and lifetime are independent.  Given both, purchases are a Poisson
	 * process: E[D^2] = E[rate] E[int exp(-2 d t)] + E[rate^2] E[(int exp(-d t))^2].
	 */
	discounted_lifetime(updated, horizon, discount, variances, integral);
	future->mean = rate * integral[0];
	future->squares = rate * integral[1];
	future->second = future->squares + rate_square * 2.0 * integral[2];
}

/* ---------- the probability of n purchases ---------- */

typedef struct count_integrand
{
	negative_binomial count;
	double		alpha;
	double		s;
	double		beta;
	double		near;			/* the smaller of alpha and beta */
} count_integrand;

/* ln of P(n purchases by y | alive until y) S(y) */
static double
count_log(const count_integrand *c, double y)
{
	return negative_binomial_log(&c->count, y / c->alpha) - c->s * log1p(y / c->beta);
}

/* ln of the density of leaving at y having bought n times, by u = ln(1 + y/near) */
static double
leaving_log(const count_integrand *c, double u)
{
	double		y = c->near * expm1(u);

	return count_log(c, y) + log(c->s * ((c->near + y) / (c->beta + y)));
}

/* its derivative, which falls from left to right */
static double
leaving_slope(const count_integrand *c, double u)
{
	double		y = c->near * expm1(u);

	return 1.0 + (c->near + y) * ((c->count.n > 0 ? c->count.n * c->alpha / y - c->count.r : -c->count.r) / (c->alpha + y)
								  - (c->s + 1.0) / (c->beta + y));
}

/* by how much the logarithm may move over a panel: half a bell is harder than an exponential */
#define LEAVING_VARIATION	12.0

#define MOST_PANELS			10000

/* up to here y^n is a polynomial that any panel takes, down to y = 0 */
#define FEW_PURCHASES		4

/* the integral, over exp(top), from the mode to one end */
static double
leaving_side(const count_integrand *c, double mode, double end, double top)
{
	const gauss_rule *rule = pareto_nbd_rule(PARETO_NBD_VARIATION, PARETO_NBD_WIDTH);
	double		direction = end > mode ? 1 : -1;
	double		rest = fabs(end - mode);
	double		width = PARETO_NBD_WIDTH;
	double		u = mode;
	double		here = top;
	double		sum = 0;
	count_integrand but_polynomial = *c;

	if (c->count.n <= FEW_PURCHASES)
		but_polynomial.count = negative_binomial_of(0, c->count.r + c->count.n);
	for (int panels = 0; rest > 0; panels++)
	{
		double		from = leaving_log(&but_polynomial, u);
		double		there;

		/* parameters for which one logarithm has no digit left behind the point */
		if (panels == MOST_PANELS)
			return NAN;
		width = fmin(width, rest);
		while (!(fabs(from - leaving_log(&but_polynomial, u + direction * width)) < LEAVING_VARIATION) &&
			   width > 1e-15 * u)
			width *= 0.5;
		there = leaving_log(c, u + direction * width);
		for (int i = 0; i < 2 * rule->half; i++)
		{
			double		weight;
			double		at = u + direction * rule_node(rule, i, width, &weight);

			sum += weight * exp(leaving_log(c, at) - top);
		}
		/* log-concave: beyond, it falls at least as fast */
		if (there < here && exp(there - top) * width < NEGLIGIBLE * (here - there) * sum)
			break;
		u += direction * width;
		rest -= width;
		here = there;
		width = fmin(2.0 * width, PARETO_NBD_WIDTH);
	}
	return sum;
}

static double
pareto_nbd_pmf(const double *updated, double horizon, double n)
{
	count_integrand c = {negative_binomial_of(n, updated[R]), updated[ALPHA], updated[S], updated[BETA],
	fmin(updated[ALPHA], updated[BETA])};
	double		end = log1p(horizon / c.near);
	double		low = 0;
	double		high = end;
	double		mode,
				top;

	if (horizon == 0)
		return n == 0 ? 1 : 0;

	if (leaving_slope(&c, high) >= 0)
		mode = high;
	else if (n == 0 && leaving_slope(&c, low) <= 0)
		mode = low;
	else
	{
		for (int i = 0; i < 60; i++)
		{
			mode = 0.5 * (low + high);
			if (leaving_slope(&c, mode) > 0)
				low = mode;
			else
				high = mode;
		}
		mode = 0.5 * (low + high);
	}

	top = leaving_log(&c, mode);
	return exp(count_log(&c, horizon)) +
		exp(top) * (leaving_side(&c, mode, 0, top) + leaving_side(&c, mode, end, top));
}

/* ---------- where a fit starts, and where it may end ---------- */

/*
 * The shape r from mean and variance of the counts as if all had been watched
 * equally long; half of the customers gone after an average tenure.
 */
static void
pareto_nbd_start(const history_set *set, double *parameters)
{
	double		tenure = set->customers > 0 && set->total_tenure > 0 ? set->total_tenure / set->customers : 1.0;
	double		mean = set->customers > 0 && set->purchases > 0 ? set->purchases / set->customers : 0.5;
	double		squares = 0;
	double		excess;

	for (size_t g = 0; g < set->group_count; g++)
		squares += set->groups[g].weight * set->groups[g].x * set->groups[g].x;
	excess = set->customers > 0 ? squares / set->customers - mean * mean - mean : 0;

	parameters[R] = excess > 0 ? fmin(fmax(mean * mean / excess, 0.1), 10.0) : 10.0;
	/* alive for beta ln(1 + tenure/beta) of the tenure */
	parameters[ALPHA] = parameters[R] * M_LN2 * tenure / mean;
	parameters[S] = 1.0;
	parameters[BETA] = tenure;
}

static const char *
pareto_nbd_limit(const int *direction)
{
	bool		rates_settled = direction[R] == 0 && direction[ALPHA] == 0;
	bool		lifetimes_settled = direction[S] == 0 && direction[BETA] == 0;
	bool		one_rate = direction[R] > 0 && direction[ALPHA] > 0;
	bool		none_leaves = direction[S] <= 0 && direction[BETA] >= 0 && !lifetimes_settled;

	if (one_rate && lifetimes_settled)
		return "all customers buy at the same rate";
	if (one_rate && none_leaves)
		return "all customers buy at the same rate, and none ever leaves";
	if (one_rate && direction[S] > 0 && direction[BETA] > 0)
		return "all customers buy at the same rate, and leave at the same rate";
	if (!rates_settled)
		return direction[R] < 0 && lifetimes_settled ? "some customers never buy again, and the rates of the others have no common scale" : NULL;
	if (none_leaves)
		return "no customer ever leaves";
	if (direction[S] > 0 && direction[BETA] > 0)
		return "all customers leave at the same rate";
	if (direction[S] < 0 && direction[BETA] < 0)
		return "some customers leave at once, the others never";
	if (direction[S] >= 0 && direction[BETA] <= 0 && !lifetimes_settled)
		return "every customer leaves at once";
	return NULL;
}

const lifetime_model pareto_nbd = {
	.name = "pareto_nbd",
	.parameters = 4,
	.parameter_names = {"r", "alpha", "s", "beta"},
	.is_time = {false, true, false, true},
	.discrete = false,
	.log_likelihood = pareto_nbd_log_likelihood,
	.standing = pareto_nbd_standing,
	.posterior = pareto_nbd_posterior,
	.survival = pareto_nbd_survival,
	.future = pareto_nbd_future,
	.pmf = pareto_nbd_pmf,
	.set_log_likelihood = pareto_nbd_set_log_likelihood,
	.scratch_size = pareto_nbd_scratch_size,
	.start = pareto_nbd_start,
	.limit = pareto_nbd_limit
};
