/*
 * bg_histories.c
 *		The likelihood of BG/NBD and MBG/NBD histories, one and many.
 *
 * With m chances to leave (m = x in the BG/NBD, x + 1 in the MBG/NBD), a
 * history (x, t_x, T) is that of a customer who
 *
 *		is there:	(r)_x alpha^r / (alpha+T)^(r+x)    (b)_m / (a+b)_m
 *		has left:	(r)_x alpha^r / (alpha+t_x)^(r+x)  (b)_(m-1) a / (a+b)_m	(m > 0)
 *
 * and its likelihood is the sum (Fader, Hardie & Lee 2005, Marketing Science
 * 24(2), eq. 6; Batislam, Denizel & Filiztekin 2007, IJRM 24(3)).  The odds of
 * having left are exp(D),
 *
 *		D = ln(a / (b+m-1)) + (r+x) ln((alpha+T) / (alpha+t_x)).
 *
 * Neither half is ever computed from the difference of two larger ones, so
 * digits survive where alpha and r are huge.
 */
#include "bg_histories.h"

#include <math.h>
#include <string.h>

#include "rising_series.h"
#include "special_functions.h"

#define SELDOM	0.25

/* logarithm of the odds of having left; -INFINITY where nobody had a chance to */
static double
log_odds_left(const double *parameters, const lifetime_history *history, int first_chance)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		b = parameters[3];
	double		others = history->x + first_chance - 1;	/* m - 1 */

	if (others < 0)
		return -INFINITY;
	return log(a / (b + others)) +
		(r + history->x) * log1p((history->tenure - history->t_x) / (alpha + history->t_x));
}

lifetime_standing
bg_histories_standing(const double *parameters, const lifetime_history *history, int first_chance)
{
	double		odds = log_odds_left(parameters, history, first_chance);
	double		unlikely = exp(-fabs(odds));	/* odds of the unlikelier half */
	double		likelier = 1 / (1 + unlikely);
	double		unlikelier = unlikely * likelier;
	lifetime_standing standing = {odds > 0 ? unlikelier : likelier, odds > 0 ? likelier : unlikelier};

	return standing;
}

void
bg_histories_posterior(const double *parameters, const lifetime_history *history,
					   int first_chance, double *updated)
{
	updated[0] = parameters[0] + history->x;
	updated[1] = parameters[1] + history->tenure;
	updated[2] = parameters[2];
	updated[3] = parameters[3] + (history->x + first_chance);
}

double
bg_histories_log_likelihood(const double *parameters, const lifetime_history *history, int first_chance)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		b = parameters[3];
	double		chances = history->x + first_chance;
	double		odds = log_odds_left(parameters, history, first_chance);
	double		until = odds > 0 ? history->t_x : history->tenure;	/* of the likelier half */
	double		result;

	if (history->x == 0)
	{
		/* the chance to come back: of 1 less a small one the logarithm keeps its digits only by the chance itself */
		double		coming = (chances > 0 ? b / (a + b) : 1) * -expm1(-r * log1p(history->tenure / alpha));

		if (coming < SELDOM)
			return log1p(0 - coming);	/* of 0: 0, not -0 */
	}
	result = rising_series_log_ratio(b, a, chances) -
		r * log1p(until / alpha) + log1p(exp(-fabs(odds)));
	if (history->x > 0)
		result += log_rising(r, history->x) - history->x * log(alpha + until);
	if (odds > 0)
		result += log(a / (b + (chances - 1)));
	return result;
}

/* ---------- a set ---------- */

#define SUM_BLOCK		1024	/* rows added plainly; blocks are added with compensation */
#define STEP_UP_TO		24		/* a gap between x's wider than this is jumped */
#define POWER_STEP		4		/* likewise, by the powers of all times */
#define POWER_STEPS		32		/* after so many multiplications powers are made afresh */
#define POWER_SPAN		300.0	/* beyond exp(this) they and their quotients would leave a double's range */
#define ROWS_PER_POWER	0.25	/* fewer rows than this for each time: an exponential each is less work */

/* what depends on a time alone */
typedef struct time_terms
{
	double		growth;			/* ln(1 + t/alpha) */
	double		done;			/* z = t/(alpha+t), minus its derivative by ln alpha */
	double		spread;			/* z (1-z), minus that of z */
	double		power;			/* (1 + t/alpha)^(r+x), where it is known for the x at hand */
} time_terms;

/*
 * What depends on x alone, carried from x to the next: the logarithm of
 * (r)_x/alpha^x (b)_m/(a+b)_m, and the first and second derivatives of those
 * rising factorials' logarithms.
 */
typedef struct count_terms
{
	double		x;
	double		log;
	rising_factorial rate;		/* (r)_x; here and below without its logarithm */
	rising_factorial stay;		/* (b)_m */
	rising_factorial chance;	/* (a+b)_m */
} count_terms;

/* Sums over rows, weighed; left = probability of having left. */
typedef struct row_sums
{
	double		value;
	double		growth;			/* of terms at T */
	double		done;
	double		spread;
	double		left;			/* left, and times the differences between T and t_x */
	double		left_growth;
	double		left_done;
	double		left_spread;
	double		doubt;			/* left (1-left), times products of the differences */
	double		doubt_growth;
	double		doubt_done;
	double		doubt_growth_growth;
	double		doubt_growth_done;
	double		doubt_done_done;
} row_sums;

/* Neumaier (1974): 1 + 4 + 10 totals, each with what rounding took from it */
#define TOTALS			15

typedef struct totals
{
	double		sum[TOTALS];
	double		lost[TOTALS];
} totals;

static void
totals_add(totals *totals, int i, double term)
{
	double		before = totals->sum[i];
	double		after = before + term;

	totals->lost[i] += fabs(before) >= fabs(term) ? (before - after) + term : (term - after) + before;
	totals->sum[i] = after;
}

static void
step(rising_factorial *of, double factor)
{
	double		inverse = 1 / factor;

	of->d1 += inverse;
	of->d2 -= inverse * inverse;
}

static void
count_terms_move(count_terms *terms, const double *parameters, double x, int first_chance)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		b = parameters[3];

	if (x - terms->x > STEP_UP_TO || x == 0)
	{
		double		chances = x + first_chance;

		terms->x = x;
		terms->rate = rising(r, x);
		terms->stay = rising(b, chances);
		terms->chance = rising(a + b, chances);
		terms->log = terms->rate.log - x * log(alpha) + rising_series_log_ratio(b, a, chances);
		return;
	}
	for (; terms->x < x; terms->x += 1)
	{
		double		chances = terms->x + first_chance;

		terms->log += log((r + terms->x) / alpha * ((b + chances) / (a + b + chances)));
		step(&terms->rate, r + terms->x);
		step(&terms->stay, b + chances);
		step(&terms->chance, a + b + chances);
	}
}

/* one row more, given the probabilities of having left and of being there */
static inline void
row_sums_add(row_sums *sums, const time_terms *end, const time_terms *last, double weight, double left, double there)
{
	double		growth = end->growth - last->growth;
	double		done = end->done - last->done;
	double		doubt;

	left *= weight;
	doubt = left * there;
	sums->growth += weight * end->growth;
	sums->done += weight * end->done;
	sums->spread += weight * end->spread;
	sums->left += left;
	sums->left_growth += left * growth;
	sums->left_done += left * done;
	sums->left_spread += left * (end->spread - last->spread);
	sums->doubt += doubt;
	sums->doubt_growth += doubt * growth;
	sums->doubt_done += doubt * done;
	sums->doubt_growth_growth += doubt * growth * growth;
	sums->doubt_growth_done += doubt * growth * done;
	sums->doubt_done_done += doubt * done * done;
}

static row_sums
sum_rows(const history_row *rows, size_t count, const time_terms *times, double events, double log_odds)
{
	row_sums	sums;

	memset(&sums, 0, sizeof(sums));
	for (size_t i = 0; i < count; i++)
	{
		const time_terms *end = &times[rows[i].tenure];
		const time_terms *last = &times[rows[i].t_x];
		double		odds = log_odds + events * (end->growth - last->growth);
		double		unlikely = exp(-fabs(odds));	/* odds of the unlikelier half */
		double		likely = 1 / (1 + unlikely);

		sums.value += rows[i].weight * (log(1 + unlikely) +
										(odds > 0 ? log_odds - events * last->growth : -events * end->growth));
		row_sums_add(&sums, end, last, rows[i].weight,
					 odds > 0 ? likely : unlikely * likely, odds > 0 ? unlikely * likely : likely);
	}
	return sums;
}

/*
 * The same with the times' powers: no exponential, and one logarithm for many
 * rows, of the product of the likelier halves' probabilities.
 */
static row_sums
sum_rows_by_powers(const history_row *rows, size_t count, const time_terms *times, double events, double log_odds)
{
	double		scale = exp(log_odds);
	double		product = 1;
	row_sums	sums;

	memset(&sums, 0, sizeof(sums));
	for (size_t i = 0; i < count; i++)
	{
		const time_terms *end = &times[rows[i].tenure];
		const time_terms *last = &times[rows[i].t_x];
		double		weight = rows[i].weight;
		double		left = scale * end->power;
		double		there = last->power;
		double		inverse = 1 / (left + there);
		double		likely;

		left *= inverse;
		there *= inverse;
		likely = left > there ? left : there;
		sums.value += weight * (left > there ? log_odds - events * last->growth : -events * end->growth);
		if (weight == 1)
			product *= likely;
		else
			sums.value -= weight * log(likely);
		if (product < 1e-200)
		{
			sums.value -= log(product);
			product = 1;
		}
		row_sums_add(&sums, end, last, weight, left, there);
	}
	sums.value -= log(product);
	return sums;
}

/* Powers of all times, carried from x to x. */
typedef struct time_powers
{
	double		x;				/* negative: of none yet */
	int			steps;			/* since they were made */
} time_powers;

static void
time_powers_move(time_powers *powers, const double *parameters, const history_set *set, time_terms *times, double x)
{
	double		inverse = 1 / parameters[1];

	if (powers->x < 0 || x - powers->x > POWER_STEP || powers->steps + (x - powers->x) > POWER_STEPS)
	{
		for (size_t i = 0; i < set->time_count; i++)
			times[i].power = exp((parameters[0] + x) * times[i].growth);
		powers->steps = 0;
		powers->x = x;
	}
	for (; powers->x < x; powers->x += 1, powers->steps++)
		for (size_t i = 0; i < set->time_count; i++)
			times[i].power *= 1 + set->times[i] * inverse;
}

/*
 * Adds some customers of one x to the totals: the value, the gradient, the
 * upper triangle of the Hessian row by row.  `last` is b/(b+m-1), the part of
 * D's slope in ln b.
 */
static void
totals_add_rows(totals *totals, const double *parameters, const count_terms *terms,
				double customers, const row_sums *s, double last)
{
	double		r = parameters[0];
	double		a = parameters[2];
	double		b = parameters[3];
	double		events = r + terms->x;
	double		by_r = r * (customers * terms->rate.d1 - s->growth + s->left_growth);
	double		by_a = -a * terms->chance.d1 * customers;
	double		by_b = b * (terms->stay.d1 - terms->chance.d1) * customers;
	int			i = 0;

	totals_add(totals, i++, customers * terms->log + s->value);

	totals_add(totals, i++, by_r);
	totals_add(totals, i++, events * s->done - customers * terms->x - events * s->left_done);
	totals_add(totals, i++, by_a + s->left);
	totals_add(totals, i++, by_b - last * s->left);

	totals_add(totals, i++, by_r + r * r * (customers * terms->rate.d2 + s->doubt_growth_growth));
	totals_add(totals, i++, r * (s->done - s->left_done - events * s->doubt_growth_done));
	totals_add(totals, i++, r * s->doubt_growth);
	totals_add(totals, i++, -r * last * s->doubt_growth);

	totals_add(totals, i++, events * (s->left_spread - s->spread + events * s->doubt_done_done));
	totals_add(totals, i++, -events * s->doubt_done);
	totals_add(totals, i++, events * last * s->doubt_done);

	totals_add(totals, i++, by_a - a * a * terms->chance.d2 * customers + s->doubt);
	totals_add(totals, i++, -a * b * terms->chance.d2 * customers - last * s->doubt);

	totals_add(totals, i++, by_b + b * b * (terms->stay.d2 - terms->chance.d2) * customers -
			   last * (1 - last) * s->left + last * last * s->doubt);
}

size_t
bg_histories_scratch_size(const history_set *set)
{
	return set->time_count * (sizeof(time_terms) / sizeof(double));
}

double
bg_histories_set_log_likelihood(const double *parameters, const history_set *set,
								int first_chance, double *gradient, double *hessian,
								double *scratch, const history_pause *pause)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		b = parameters[3];
	time_terms *times = (time_terms *) scratch;
	time_powers powers = {-1, 0};
	double		longest;		/* growth */
	count_terms terms;
	totals		totals;
	int			total = 1;

	for (size_t i = 0; i < set->time_count; i++)
	{
		double		t = set->times[i];

		times[i].growth = log1p(t / alpha);
		times[i].done = t / (alpha + t);
		times[i].spread = times[i].done * (alpha / (alpha + t));
		if (i % SUM_BLOCK == 0)
			history_pause_now(pause);
	}

	longest = times[set->time_count - 1].growth;
	memset(&totals, 0, sizeof(totals));
	memset(&terms, 0, sizeof(terms));
	count_terms_move(&terms, parameters, 0, first_chance);
	for (size_t g = 0; g < set->group_count; g++)
	{
		const history_group *group = &set->groups[g];
		double		others = group->x + first_chance - 1;
		double		log_odds = others < 0 ? -INFINITY : log(a / (b + others));
		double		last = others < 0 ? 0 : b / (b + others);
		double		events = r + group->x;
		bool		by_powers = group->to - group->from >= ROWS_PER_POWER * (double) set->time_count &&
			events * longest + fabs(log_odds) < POWER_SPAN;

		count_terms_move(&terms, parameters, group->x, first_chance);
		if (by_powers)
			time_powers_move(&powers, parameters, set, times, group->x);
		for (size_t from = group->from; from < group->to; from += SUM_BLOCK)
		{
			size_t		count = group->to - from < SUM_BLOCK ? group->to - from : SUM_BLOCK;
			row_sums	sums = (by_powers ? sum_rows_by_powers : sum_rows) (set->rows + from, count, times, events, log_odds);
			double		customers = 0;

			for (size_t i = 0; i < count; i++)
				customers += set->rows[from + i].weight;
			totals_add_rows(&totals, parameters, &terms, customers, &sums, last);
			history_pause_now(pause);
		}
	}

	for (int i = 0; i < LIFETIME_PARAMETERS; i++)
		gradient[i] = totals.sum[total + i] + totals.lost[total + i];
	total += LIFETIME_PARAMETERS;
	for (int i = 0; i < LIFETIME_PARAMETERS; i++)
		for (int j = i; j < LIFETIME_PARAMETERS; j++, total++)
			hessian[i * LIFETIME_PARAMETERS + j] = hessian[j * LIFETIME_PARAMETERS + i] =
				totals.sum[total] + totals.lost[total];
	return totals.sum[0] + totals.lost[0];
}

/* ---------- where to begin, and where it may end ---------- */

/*
 * Purchases per customer scatter like a negative binomial with mean r T/alpha
 * and variance mean (1 + mean/r); one in so many purchases as the buyers make
 * on average is the last.
 */
void
bg_histories_start(const history_set *set, double *parameters)
{
	double		mean = set->purchases / set->customers;
	double		squares = 0;
	double		excess;
	double		r;
	double		stays;

	for (size_t g = 0; g < set->group_count; g++)
		squares += set->groups[g].weight * set->groups[g].x * set->groups[g].x;
	excess = squares / set->customers - mean * mean - mean;
	r = excess > 0 ? mean * mean / excess : 10;
	r = fmin(fmax(r, 0.1), 10);
	stays = set->repeaters > 0 ? set->purchases / set->repeaters : 1;

	parameters[0] = r;
	parameters[1] = mean > 0 && set->total_tenure > 0 ? r * (set->total_tenure / set->customers) / mean : 1;
	parameters[2] = 1;
	parameters[3] = 1 + stays;
}

/* What becomes of buying: r and alpha. */
typedef enum buying_limit
{
	BUYING_SETTLED,
	BUYING_ALIKE,				/* r and alpha to infinity: the rates no longer differ */
	BUYING_UNLIKE,				/* both to 0: they differ without limit */
	BUYING_NEVER,				/* alpha to infinity or r to 0: they vanish */
	BUYING_OTHER
} buying_limit;

/* What becomes of leaving: a and b. */
typedef enum leaving_limit
{
	LEAVING_SETTLED,
	LEAVING_ALIKE,				/* a and b to infinity: the probabilities no longer differ */
	LEAVING_UNLIKE,				/* both to 0: they are 0 or 1 */
	LEAVING_NEVER,				/* a to 0 or b to infinity */
	LEAVING_AT_ONCE				/* b to 0 or a to infinity */
} leaving_limit;

static buying_limit
limit_of_buying(int r, int alpha)
{
	if (r == 0 && alpha == 0)
		return BUYING_SETTLED;
	if (r == alpha)
		return r > 0 ? BUYING_ALIKE : BUYING_UNLIKE;
	return r <= 0 && alpha >= 0 ? BUYING_NEVER : BUYING_OTHER;
}

static leaving_limit
limit_of_leaving(int a, int b)
{
	if (a == 0 && b == 0)
		return LEAVING_SETTLED;
	if (a == b)
		return a > 0 ? LEAVING_ALIKE : LEAVING_UNLIKE;
	return a < b ? LEAVING_NEVER : LEAVING_AT_ONCE;
}

const char *
bg_histories_limit(const int *direction, int first_chance)
{
	leaving_limit leaving = limit_of_leaving(direction[2], direction[3]);

	switch (limit_of_buying(direction[0], direction[1]))
	{
		case BUYING_SETTLED:
			switch (leaving)
			{
				case LEAVING_SETTLED:
					return NULL;
				case LEAVING_ALIKE:
					return "after a purchase all customers are equally likely to leave";
				case LEAVING_UNLIKE:
					return first_chance ?
						"customers leave after the first purchase or never" :
						"customers leave after the first repeat purchase or never";
				case LEAVING_NEVER:
					return "no customer ever leaves";
				case LEAVING_AT_ONCE:
					return first_chance ?
						"every customer leaves after the first purchase" :
						"every customer leaves after the first repeat purchase";
			}
			return NULL;
		case BUYING_ALIKE:
			if (leaving == LEAVING_SETTLED)
				return "all customers buy at the same rate";
			if (leaving == LEAVING_NEVER)
				return "all customers buy at the same rate and none ever leaves";
			if (leaving == LEAVING_ALIKE)
				return "all customers buy at the same rate and after a purchase are equally likely to leave";
			return NULL;
		case BUYING_UNLIKE:
			return leaving == LEAVING_SETTLED ? "few customers buy again at all, and those at any rate" : NULL;
		case BUYING_NEVER:
			return "no customer ever buys again";
		case BUYING_OTHER:
			return NULL;
	}
	return NULL;
}
