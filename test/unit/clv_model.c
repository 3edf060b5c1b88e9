/*
 * clv_model.c
 *		Fitting through the model struct: degenerate data, fixed parameters,
 *		what a model from outside must keep.
 */
#include "clv_model.h"

#include <string.h>

#include "histories.h"
#include "tap.h"

static clv_half
fit(const lifetime_model *process, const weighted_history *given, size_t count, const clv_request *request)
{
	clv_request nothing = {NULL, NULL};
	weighted_history *members = malloc(count * sizeof(*members));
	histories	h;
	double	   *scratch;
	clv_half	half;

	memcpy(members, given, count * sizeof(*members));
	h = make_histories(members, count);
	scratch = malloc(sizeof(double) * (process->scratch_size(&h.set) + 1));
	clv_fit_process(&half, process, &h.set, request ? request : &nothing, scratch, NULL);
	free(scratch);
	free_histories(&h);
	return half;
}

static bool
no_nan(const clv_half *half)
{
	bool		fine = isfinite(half->log_likelihood);

	for (int i = 0; i < CLV_PARAMETERS; i++)
	{
		fine = fine && isfinite(half->estimate[i]) && !isnan(half->lower[i]) && !isnan(half->upper[i]);
		for (int j = 0; j < CLV_PARAMETERS; j++)
			fine = fine && isfinite(half->covariance[i][j]);
	}
	return fine;
}

static const char *
check(const lifetime_model *process, const clv_half *half)
{
	clv_model	model;

	clv_model_init(&model, clv_kind_named(process->name));
	model.process = *half;
	return clv_model_check(&model);
}

int
main(void)
{
	static const lifetime_model *const continuous[] = {&bg_nbd, &mbg_nbd, &pareto_nbd};
	const weighted_history once[] = {{{0, 0, 10}, 30}, {{0, 0, 20}, 20}};
	const weighted_history single[] = {{{3, 20, 30}, 1}};
	const weighted_history identical[] = {{{3, 100, 300}, 500}};
	const weighted_history loyal[] = {{{1, 100, 100}, 9}, {{2, 100, 100}, 9}, {{5, 100, 100}, 9}, {{14, 100, 100}, 9}};
	const weighted_history daily[] = {{{2000, 2100, 2100}, 5}, {{3000, 3300, 3300}, 6}, {{1500, 1600, 3000}, 4}, {{900, 1000, 2500}, 5}};
	const weighted_history tiny[] = {{{0, 0, 3e-7}, 12}, {{1, 1e-8, 3e-7}, 5}, {{2, 1e-7, 2e-7}, 4}, {{7, 1.7e-7, 2e-7}, 3}};
	const weighted_history usual[] = {
		{{0, 0, 38}, 140}, {{1, 2, 38}, 20}, {{1, 20, 30}, 15}, {{2, 30, 38}, 20}, {{3, 10, 35}, 8}, {{4, 33, 36}, 9}, {{7, 35, 36}, 6}, {{12, 30, 38}, 3}
	};

	for (int m = 0; m < 3; m++)
	{
		const lifetime_model *model = continuous[m];
		clv_half	half = fit(model, once, 2, NULL);
		clv_half	free_fit,
					held_fit;
		clv_likelihood_ratio ratio;
		clv_request request = {NULL, (double[CLV_PARAMETERS]) {NAN, NAN, 1, NAN}};

		ok(half.state == CLV_FAILED && half.reason == CLV_NO_REPEATERS && !check(model, &half), "%s: nobody bought twice", model->name);
		half = fit(model, single, 1, NULL);
		ok(half.state == CLV_FAILED && half.reason == CLV_ONE_CUSTOMER && !check(model, &half), "a single customer");
		half = fit(model, single, 0, NULL);
		ok(half.state == CLV_FAILED && half.reason == CLV_NO_CUSTOMERS && !check(model, &half), "no customers");
		half = fit(model, identical, 1, NULL);
		ok(half.state == CLV_BOUNDARY && half.direction[0] == 1 && half.direction[1] == 1 && !half.has_covariance && no_nan(&half) && !check(model, &half),
		   "all customers identical: one rate for all, and no standard error");
		half = fit(model, loyal, 4, NULL);
		ok(half.state == CLV_BOUNDARY && half.direction[2] == -1 && no_nan(&half) && !check(model, &half), "nobody leaves: that limit");
		half = fit(model, daily, 4, NULL);
		ok((half.state == CLV_BOUNDARY || half.state == CLV_CONVERGED) && no_nan(&half) && !check(model, &half), "daily buyers");
		half = fit(model, tiny, 4, NULL);
		ok((half.state == CLV_BOUNDARY || half.state == CLV_CONVERGED) && no_nan(&half) && !check(model, &half), "an odd unit of time");

		free_fit = fit(model, usual, sizeof(usual) / sizeof(usual[0]), NULL);
		held_fit = fit(model, usual, sizeof(usual) / sizeof(usual[0]), &request);
		ok(free_fit.state == CLV_CONVERGED && held_fit.state == CLV_CONVERGED && no_nan(&free_fit) && !check(model, &free_fit) && !check(model, &held_fit), "usual customers converge, with a parameter held too");
		ok(held_fit.estimate[2] == 1 && held_fit.fixed[2] && held_fit.covariance[2][2] == 0 && held_fit.log_likelihood <= free_fit.log_likelihood, "which is as it was given");
		ratio = clv_compare(&held_fit, &free_fit);
		ok(ratio.degrees == 1 && ratio.statistic >= 0, "one degree of freedom");
		near(ratio.p_value, erfc(sqrt(ratio.statistic / 2)), 1e-15, "the p-value is the tail of chi-square");
	}

	{
		/* tails of chi-square from tables: 95 % points */
		const double points[] = {3.841458820694124, 5.991464547107979, 7.814727903251179, 9.487729036781154};

		for (int k = 1; k <= 4; k++)
		{
			clv_half	restricted = {.parameters = 4},
						full = {.parameters = 4, .log_likelihood = points[k - 1] / 2};

			for (int i = 0; i < k; i++)
				restricted.fixed[i] = 1;
			near(clv_compare(&restricted, &full).p_value, 0.05, 1e-12, "chi-square's 5 % point");
		}
	}

	{
		clv_model	model;
		const char *broken = NULL;

		clv_model_init(&model, 0);
		ok(clv_model_check(&model) != NULL, "a model without its process is refused");
		model.process.state = CLV_GIVEN;
		model.process.parameters = 4;
		for (int i = 0; i < 4; i++)
			model.process.estimate[i] = 1;
		ok(clv_model_check(&model) == NULL, "a given one is accepted");
#define REFUSED(change) do { clv_model bad = model; change; if (!clv_model_check(&bad)) broken = #change; } while (0)
		REFUSED(bad.version = 2);
		REFUSED(bad.kind = 77);
		REFUSED(bad.process.estimate[3] = NAN);
		REFUSED(bad.process.estimate[3] = 0);
		REFUSED(bad.process.estimate[3] = 1e21);
		REFUSED(bad.process.covariance[0][0] = 1);
		REFUSED(bad.process.has_covariance = 1; bad.process.covariance[0][1] = 1);
		REFUSED(bad.process.has_covariance = 1; bad.process.covariance[0][0] = -1);
		REFUSED(bad.process.has_covariance = 1;
				for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) bad.process.covariance[i][j] = i == j ? 1 : -0.6);
		REFUSED(bad.process.log_likelihood = -5);
		REFUSED(bad.process.reason = CLV_NO_CUSTOMERS);
		REFUSED(bad.process.direction[0] = 1);
		REFUSED(bad.process.has_upper[0] = 1; bad.process.upper[0] = 0.5);
		REFUSED(bad.process.has_lower[0] = 1; bad.process.lower[0] = NAN);
		REFUSED(bad.unit_days = 0);
		REFUSED(bad.step_months = 1);
		REFUSED(bad.correlation = 0.5);
		REFUSED(bad.as_of = 5);
		REFUSED(bad.left_out = -1);
		REFUSED(bad.spend.state = CLV_GIVEN);
		ok(!broken, "everything else wrong is refused%s%s", broken ? ", but not " : "", broken ? broken : "");
	}
	return done();
}
