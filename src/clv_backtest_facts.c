/*
 * clv_backtest_facts.c
 *		What a clv_backtest says: totals and errors, by frequency, over time,
 *		and of the model itself.
 */
#include "clv_backtest.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "amount.h"
#include "clv_model.h"

/* one row, filled from the left */
#define MOST_COLUMNS	24

typedef struct row
{
	Datum		values[MOST_COLUMNS];
	bool		nulls[MOST_COLUMNS];
	int			columns;
} row;

static void
put(row *to, Datum value)
{
	to->values[to->columns] = value;
	to->nulls[to->columns++] = false;
}

/* what is not known, or does not exist, is NULL */
static void
put_number(row *to, double number)
{
	to->values[to->columns] = Float8GetDatum(number);
	to->nulls[to->columns++] = !isfinite(number);
}

static void
put_accuracy(row *to, const backtest_accuracy *accuracy)
{
	put_number(to, accuracy->mae);
	put_number(to, accuracy->rmse);
	put_number(to, accuracy->correlation);
}

/* of a forecast, against what was; none where there is nothing to compare with */
static double
relative_error(double forecast, double actual)
{
	return actual > 0 ? forecast / actual - 1 : NAN;
}

PG_FUNCTION_INFO_V1(clv_backtest_summary);
Datum
clv_backtest_summary(PG_FUNCTION_ARGS)
{
	const clv_backtest *backtest = clv_backtest_result(PG_GETARG_DATUM(0));
	const backtest_result *result = backtest_result_of(backtest);
	double		spend = decimal_to_double(result->spend, backtest->display);
	backtest_class total = {0, 0, 0, 0};
	TupleDesc	desc;
	row			row = {.columns = 0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		total.actual += result->classes[i].actual;
		total.expected += result->classes[i].expected;
		total.naive += result->classes[i].naive;
	}
	put(&row, Int64GetDatum(backtest->customers));
	put(&row, Int64GetDatum((int64) result->model.left_out));

	put(&row, Int64GetDatum(total.actual));
	put_number(&row, total.expected);
	put_number(&row, total.naive);
	put_number(&row, relative_error(total.expected, (double) total.actual));
	put_number(&row, relative_error(total.naive, (double) total.actual));
	put_accuracy(&row, &result->purchases[BACKTEST_MODEL]);
	put_accuracy(&row, &result->purchases[BACKTEST_NAIVE]);

	put(&row, NumericGetDatum(amount_to_numeric(result->spend, backtest->display, backtest->display)));
	put_number(&row, result->expected_spend);
	put_number(&row, result->naive_spend);
	put_number(&row, relative_error(result->expected_spend, spend));
	put_number(&row, relative_error(result->naive_spend, spend));
	put_accuracy(&row, &result->spends[BACKTEST_MODEL]);
	put_accuracy(&row, &result->spends[BACKTEST_NAIVE]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), row.values, row.nulls)));
}

PG_FUNCTION_INFO_V1(clv_backtest_by_frequency);
Datum
clv_backtest_by_frequency(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const backtest_result *result = backtest_result_of(clv_backtest_result(PG_GETARG_DATUM(0)));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < BACKTEST_CLASSES; i++)
	{
		const backtest_class *class = &result->classes[i];
		row			row = {.columns = 0};
		/* nobody has no mean: not a number, and so NULL */
		double		customers = (double) class->customers;

		put(&row, CStringGetTextDatum(psprintf("%d%s", i, i == BACKTEST_CLASSES - 1 ? "+" : "")));
		put(&row, Int64GetDatum(class->customers));
		put_number(&row, (double) class->actual / customers);
		put_number(&row, class->expected / customers);
		put_number(&row, class->naive / customers);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clv_backtest_tracking);
Datum
clv_backtest_tracking(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const clv_backtest *backtest = clv_backtest_result(PG_GETARG_DATUM(0));
	const backtest_period *track = backtest_result_of(backtest)->track;
	backtest_span span = clv_backtest_span(backtest);
	backtest_period before = {0, 0};

	InitMaterializedSRF(fcinfo, 0);
	for (int32 i = 0; i < backtest->periods; i++)
	{
		row			row = {.columns = 0};

		put(&row, Int32GetDatum(i + 1));
		put(&row, DateADTGetDatum(backtest_period_day(&span, backtest->periods, i)));
		put(&row, BoolGetDatum(backtest_period_end(&span, backtest->periods, i) > 0));
		put(&row, Int64GetDatum(track[i].actual - before.actual));
		put_number(&row, track[i].expected - before.expected);
		put(&row, Int64GetDatum(track[i].actual));
		put_number(&row, track[i].expected);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		before = track[i];
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clv_backtest_model);
Datum
clv_backtest_model(PG_FUNCTION_ARGS)
{
	clv_model  *model = palloc(sizeof(clv_model));

	*model = backtest_result_of(clv_backtest_result(PG_GETARG_DATUM(0)))->model;
	PG_RETURN_POINTER(model);
}

PG_FUNCTION_INFO_V1(clv_backtest_state);
Datum
clv_backtest_state(PG_FUNCTION_ARGS)
{
	const clv_model *model = &backtest_result_of(clv_backtest_result(PG_GETARG_DATUM(0)))->model;

	PG_RETURN_TEXT_P(cstring_to_text(clv_state_text(model, &model->process)));
}
