/*
 * pareto_segment.c
 *		Window functions that mark rows by value: pareto_segment, is_top,
 *		quantile_score.
 *
 * The first call in a partition reads all values, sorts the positive ones and
 * keeps nothing but the lowest value of each class, in partition-local memory;
 * from then on a row costs a comparison.  So neither the order of rows nor
 * the window's ORDER BY or frame has a say, and equal values cannot part.
 *
 * Numeric values are sorted by their doubles first; runs of equal doubles are
 * then put in order by numeric's own comparison, which also decides ties and
 * classes.  Doubles serve as weights in sums of a share only, where their
 * error is far below PARETO_SLACK.
 */
#include "compat.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "windowapi.h"

#include "kernel/key_sort.h"
#include "kernel/pareto_segment.h"
#include "report.h"

#define INTERRUPT_MASK	0xFFF	/* rows between two looks */

/* ---------- the values of a partition ---------- */

/*
 * The positive values, ascending.  `words` holds the bits of their doubles,
 * which sort as integers since they are positive; for numeric each is
 * followed by the Numeric itself, and `weights` has the doubles alone.
 */
typedef struct partition_values
{
	int64		members;		/* rows whose value is not NULL */
	size_t		positive;
	int64	   *words;
	double	   *weights;
	MemoryContext copies;		/* of the Numerics; NULL for float8 */
} partition_values;

/*
 * An argument in any row of the partition, evaluated in a context of its own
 * that is emptied at the next row: the executor empties its own only after a
 * row of output, and what an expression leaves behind (a document detoasted to
 * find its value) would add up over the partition.
 */
typedef struct row_reader
{
	WindowObject winobj;
	int			argument;
	MemoryContext temporary;
	MemoryContext before;
} row_reader;

static void
row_reader_begin(row_reader *reader, WindowObject winobj, int argument)
{
	reader->winobj = winobj;
	reader->argument = argument;
	reader->before = CurrentMemoryContext;
	reader->temporary = AllocSetContextCreate(CurrentMemoryContext, "pareto_segment row",
											  ALLOCSET_DEFAULT_SIZES);
}

/* the value, valid until the next call; leaves the temporary context current */
static inline Datum
row_reader_get(row_reader *reader, int64 row, bool *is_null)
{
	bool		is_out;

	if ((row & INTERRUPT_MASK) == 0)
		CHECK_FOR_INTERRUPTS();
	MemoryContextReset(reader->temporary);
	MemoryContextSwitchTo(reader->temporary);
	return WinGetFuncArgInPartition(reader->winobj, reader->argument, (int) row, WINDOW_SEEK_HEAD,
									false, is_null, &is_out);
}

static void
row_reader_end(row_reader *reader)
{
	MemoryContextSwitchTo(reader->before);
	MemoryContextDelete(reader->temporary);
}

static void *
allocate(Size count, Size size)
{
	return palloc_extended(Max(count, 1) * size, MCXT_ALLOC_HUGE);
}

static void
refuse_special(const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("value must be a finite number"),
			 errdetail("The value is %s.", value)));
}

static inline double
check_finite(double value)
{
	if (unlikely(!isfinite(value)))
		refuse_special(isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
	return value;
}

static bool
is_positive(Numeric value)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(value),
											 NumericGetDatum(int64_to_numeric(0)))) > 0;
}

/* the nearest double to a finite numeric; 0 where it is too small for one */
static double
double_of(Numeric value)
{
	double		result;

	if (unlikely(numeric_is_nan(value)))
		refuse_special("NaN");
	if (unlikely(numeric_is_inf(value)))
		refuse_special(is_positive(value) ? "Infinity" : "-Infinity");
	result = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value)));
	if (unlikely(isinf(result)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value is out of range"),
				 errdetail("Values up to 1.79E+308 can be compared by share.")));
	return result;
}

static int
compare_numeric_elements(const void *a, const void *b, void *arg)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp,
											 (Datum) ((const int64 *) a)[1],
											 (Datum) ((const int64 *) b)[1]));
}

static inline bool
same_numeric(const int64 *a, const int64 *b)
{
	return a[0] == b[0] && compare_numeric_elements(a, b, NULL) == 0;
}

/* runs of equal doubles that are not equal numerics */
static void
order_within_doubles(int64 *words, size_t n)
{
	for (size_t from = 0, until; from < n; from = until)
	{
		bool		equal = true;

		for (until = from + 1; until < n && words[2 * until] == words[2 * from]; until++)
		{
			if ((until & INTERRUPT_MASK) == 0)
				CHECK_FOR_INTERRUPTS();
			equal = equal && same_numeric(&words[2 * until], &words[2 * from]);
		}
		if (!equal)
			qsort_interruptible(&words[2 * from], until - from, 2 * sizeof(int64), compare_numeric_elements, NULL);
	}
}

static void
gather(WindowObject winobj, bool numeric, partition_values *values)
{
	int64		rows = WinGetPartitionRowCount(winobj);
	int			stride = numeric ? 2 : 1;
	size_t		n = 0;
	int64	   *words;
	key_sort	sort;
	int64	   *scratch = NULL;
	row_reader	reader;

	if (rows > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("partition is too large"),
				 errdetail("It has %lld rows; values of at most %d can be compared.", (long long) rows, PG_INT32_MAX)));
	words = allocate((Size) rows, (Size) stride * sizeof(int64));
	values->members = 0;
	values->copies = numeric ? AllocSetContextCreate(CurrentMemoryContext, "pareto_segment values",
													 ALLOCSET_DEFAULT_SIZES) : NULL;
	row_reader_begin(&reader, winobj, 0);
	for (int64 row = 0; row < rows; row++)
	{
		bool		is_null;
		Datum		value = row_reader_get(&reader, row, &is_null);

		if (is_null)
			continue;
		values->members++;
		if (numeric)
		{
			MemoryContext before = MemoryContextSwitchTo(values->copies);
			Numeric		copy = (Numeric) PG_DETOAST_DATUM_COPY(value);
			double		weight;

			MemoryContextSwitchTo(before);
			weight = double_of(copy);
			if (weight > 0 || (weight == 0 && is_positive(copy)))
			{
				memcpy(&words[2 * n], &weight, sizeof(double));
				words[2 * n++ + 1] = (int64) NumericGetDatum(copy);
			}
			else
				pfree(copy);
		}
		else
		{
			double		plain = check_finite(DatumGetFloat8(value));

			if (plain > 0)
				memcpy(&words[n++], &plain, sizeof(double));
		}
	}
	row_reader_end(&reader);

	if (n > KEY_SORT_SMALL)
		scratch = allocate(n, (Size) stride * sizeof(int64));
	key_sort_begin(&sort, words, scratch, n, stride);
	while (key_sort_step(&sort))
		CHECK_FOR_INTERRUPTS();
	if (numeric)
	{
		order_within_doubles(words, n);
		values->weights = scratch ? (double *) scratch : allocate(n, sizeof(double));
		for (size_t i = 0; i < n; i++)
			memcpy(&values->weights[i], &words[2 * i], sizeof(double));
	}
	else
	{
		values->weights = (double *) words;
		if (scratch)
			pfree(scratch);
	}
	values->words = words;
	values->positive = n;
}

static void
release(partition_values *values)
{
	if (values->copies)
	{
		MemoryContextDelete(values->copies);
		pfree(values->weights);
	}
	pfree(values->words);
}

/* the number of values equal to the one at index `last`, itself included, downwards */
static size_t
peers_below(const partition_values *values, size_t last)
{
	size_t		first = last;

	if (values->copies)
		while (first > 0 && same_numeric(&values->words[2 * (first - 1)], &values->words[2 * last]))
			first--;
	else
		while (first > 0 && values->words[first - 1] == values->words[last])
			first--;
	return last - first + 1;
}

/* ---------- the lowest values of classes ---------- */

/* What the partition keeps: a row belongs to the first class whose floor it reaches. */
typedef struct class_floors
{
	bool		ready;
	bool		unknown;		/* the option is NULL: so is every answer */
	int			nfloors;		/* classes but for the last, which has no floor */
	bool		exists[PARETO_MOST_CUTS];
	double		floors[PARETO_MOST_CUTS];
	Numeric		numeric_floors[PARETO_MOST_CUTS];
} class_floors;

static void
set_floor(class_floors *floors, int class, const partition_values *values, size_t i)
{
	floors->exists[class] = true;
	floors->floors[class] = values->weights[i];
	if (values->copies)
	{
		MemoryContext before = MemoryContextSwitchTo(GetMemoryChunkContext(floors));
		Numeric		old = floors->numeric_floors[class];

		floors->numeric_floors[class] = (Numeric) PG_DETOAST_DATUM_COPY((Datum) values->words[2 * i + 1]);
		if (old)
			pfree(old);
		MemoryContextSwitchTo(before);
	}
}

/* the class of the current row; nfloors for values that reach none, and for NULL */
static int
class_of_row(const class_floors *floors, Datum value, bool is_null, bool numeric)
{
	int			class = 0;

	if (is_null)
		return floors->nfloors;
	if (numeric)
		while (class < floors->nfloors &&
			   !(floors->exists[class] &&
				 DatumGetBool(DirectFunctionCall2(numeric_ge, value,
												  NumericGetDatum(floors->numeric_floors[class])))))
			class++;
	else
		while (class < floors->nfloors &&
			   !(floors->exists[class] && DatumGetFloat8(value) >= floors->floors[class]))
			class++;
	return class;
}

static void
refuse_changing(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be constant over the partition", argument),
			 errdetail("Two rows of one partition give different values.")));
}

/* ---------- pareto_segment ---------- */

/* 1 to 25 cuts, checked; false where the array itself is NULL */
static bool
cuts_of(Datum datum, bool is_null, double *cuts, int *ncuts)
{
	ArrayType  *array;

	if (is_null)
		return false;
	array = DatumGetArrayTypeP(datum);
	if (ARR_NDIM(array) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("cuts must be a one-dimensional array with at least one element"),
				 errdetail("It has %d dimensions.", ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("cuts must not contain NULL")));
	*ncuts = ARR_DIMS(array)[0];
	if (*ncuts > PARETO_MOST_CUTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("too many cuts"),
				 errdetail("There are %d, and at most %d can be told apart by letters.", *ncuts, PARETO_MOST_CUTS)));
	memcpy(cuts, ARR_DATA_PTR(array), sizeof(double) * (Size) *ncuts);
	if (!pareto_cuts_are_valid(cuts, *ncuts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cuts must ascend, above 0 and up to 1"),
				 errdetail("They are %s.", OidOutputFunctionCall(F_ARRAY_OUT, datum))));
	return true;
}

/* cuts of the partition's first row; an error where another row's differ */
static bool
cuts_of_partition(FunctionCallInfo fcinfo, double *cuts, int *ncuts)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	bool		is_null,
				is_out,
				known;
	Datum		datum = WinGetFuncArgInPartition(winobj, 1, 0, WINDOW_SEEK_HEAD, false, &is_null, &is_out);
	row_reader	reader;
	int64		rows;

	known = cuts_of(datum, is_null, cuts, ncuts);
	if (get_fn_expr_arg_stable(fcinfo->flinfo, 1))
		return known;
	rows = WinGetPartitionRowCount(winobj);
	row_reader_begin(&reader, winobj, 1);
	for (int64 row = 1; row < rows; row++)
	{
		double		others[PARETO_MOST_CUTS];
		int			nothers = 0;

		datum = row_reader_get(&reader, row, &is_null);
		if (cuts_of(datum, is_null, others, &nothers) != known ||
			(known && (nothers != *ncuts || memcmp(others, cuts, sizeof(double) * (Size) nothers) != 0)))
			refuse_changing("cuts");
	}
	row_reader_end(&reader);
	return known;
}

static Datum
pareto_segment(FunctionCallInfo fcinfo, bool numeric)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	class_floors *floors = WinGetPartitionLocalMemory(winobj, sizeof(class_floors));
	Datum		value;
	bool		is_null;
	char		letter;

	LOYALTY_REFUSE_NULL_TREATMENT(winobj, fcinfo);
	if (!floors->ready)
	{
		double		cuts[PARETO_MOST_CUTS];
		int			ncuts;

		floors->unknown = !cuts_of_partition(fcinfo, cuts, &ncuts);
		if (!floors->unknown)
		{
			partition_values values;
			pareto_scan scan;

			gather(winobj, numeric, &values);
			CHECK_FOR_INTERRUPTS();
			floors->nfloors = ncuts;
			pareto_begin(&scan, cuts, ncuts, values.weights, values.positive);
			for (size_t left = values.positive; left > 0;)
			{
				size_t		peers = peers_below(&values, left - 1);
				int			class = pareto_next(&scan, values.weights[left - 1], peers);

				if (class == ncuts)
					break;
				set_floor(floors, class, &values, left - 1);
				left -= peers;
				if ((left & INTERRUPT_MASK) == 0)
					CHECK_FOR_INTERRUPTS();
			}
			release(&values);
		}
		floors->ready = true;
	}
	if (floors->unknown)
		PG_RETURN_NULL();
	value = WinGetFuncArgCurrent(winobj, 0, &is_null);
	letter = (char) ('A' + class_of_row(floors, value, is_null, numeric));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(&letter, 1));
}

PG_FUNCTION_INFO_V1(pareto_segment_numeric);
Datum
pareto_segment_numeric(PG_FUNCTION_ARGS)
{
	return pareto_segment(fcinfo, true);
}

PG_FUNCTION_INFO_V1(pareto_segment_float8);
Datum
pareto_segment_float8(PG_FUNCTION_ARGS)
{
	return pareto_segment(fcinfo, false);
}

/* ---------- is_top ---------- */

/* the fraction of the partition's first row; an error where another row's differs */
static bool
fraction_of_partition(FunctionCallInfo fcinfo, double *fraction)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	bool		is_null,
				other_null,
				is_out;
	Datum		datum = WinGetFuncArgInPartition(winobj, 1, 0, WINDOW_SEEK_HEAD, false, &is_null, &is_out);
	row_reader	reader;
	int64		rows;

	*fraction = is_null ? 0 : check_fraction(DatumGetFloat8(datum), "fraction");
	if (get_fn_expr_arg_stable(fcinfo->flinfo, 1))
		return !is_null;
	rows = WinGetPartitionRowCount(winobj);
	row_reader_begin(&reader, winobj, 1);
	for (int64 row = 1; row < rows; row++)
	{
		datum = row_reader_get(&reader, row, &other_null);
		if (other_null != is_null ||
			(!is_null && check_fraction(DatumGetFloat8(datum), "fraction") != *fraction))
			refuse_changing("fraction");
	}
	row_reader_end(&reader);
	return !is_null;
}

static Datum
is_top(FunctionCallInfo fcinfo, bool numeric)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	class_floors *floors = WinGetPartitionLocalMemory(winobj, sizeof(class_floors));
	Datum		value;
	bool		is_null;

	LOYALTY_REFUSE_NULL_TREATMENT(winobj, fcinfo);
	if (!floors->ready)
	{
		double		fraction;

		floors->unknown = !fraction_of_partition(fcinfo, &fraction);
		if (!floors->unknown)
		{
			partition_values values;
			size_t		left;

			gather(winobj, numeric, &values);
			floors->nfloors = 1;
			left = values.positive;
			while (left > 0 && is_within_top(fraction, values.members, (int64) (values.positive - left)))
			{
				size_t		peers = peers_below(&values, left - 1);

				if ((left & INTERRUPT_MASK) == 0)
					CHECK_FOR_INTERRUPTS();
				left -= peers;
			}
			/* the last group that was still within */
			if (left < values.positive)
				set_floor(floors, 0, &values, left);
			release(&values);
		}
		floors->ready = true;
	}
	value = WinGetFuncArgCurrent(winobj, 0, &is_null);
	if (floors->unknown || is_null)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(class_of_row(floors, value, false, numeric) == 0);
}

PG_FUNCTION_INFO_V1(is_top_numeric);
Datum
is_top_numeric(PG_FUNCTION_ARGS)
{
	return is_top(fcinfo, true);
}

PG_FUNCTION_INFO_V1(is_top_float8);
Datum
is_top_float8(PG_FUNCTION_ARGS)
{
	return is_top(fcinfo, false);
}

/* ---------- quantile_score ---------- */

typedef struct quantile_place
{
	bool		ready;
	bool		unknown;		/* buckets is NULL */
	int32		buckets;
	int64		rows;
	int64		before;			/* rows before the peers of the current row */
} quantile_place;

PG_FUNCTION_INFO_V1(quantile_score);
Datum
quantile_score(PG_FUNCTION_ARGS)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	quantile_place *place = WinGetPartitionLocalMemory(winobj, sizeof(quantile_place));
	int64		position = WinGetCurrentPosition(winobj);

	LOYALTY_REFUSE_NULL_TREATMENT(winobj, fcinfo);
	if (!place->ready || !get_fn_expr_arg_stable(fcinfo->flinfo, 0))
	{
		bool		is_null;
		int32		buckets = DatumGetInt32(WinGetFuncArgCurrent(winobj, 0, &is_null));

		if (!is_null && buckets <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_ARGUMENT_FOR_NTILE),
					 errmsg("buckets must be above zero"),
					 errdetail("The value is %d.", buckets)));
		if (place->ready && (is_null != place->unknown || (!is_null && buckets != place->buckets)))
			refuse_changing("buckets");
		place->unknown = is_null;
		place->buckets = buckets;
	}
	if (!place->ready)
	{
		place->ready = true;
		place->rows = WinGetPartitionRowCount(winobj);
		place->before = position;
	}
	else if (!WinRowsArePeers(winobj, position - 1, position))
		place->before = position;
	WinSetMarkPosition(winobj, position);
	if (place->unknown)
		PG_RETURN_NULL();
	PG_RETURN_INT32(quantile_bucket(place->buckets, place->before, place->rows));
}
