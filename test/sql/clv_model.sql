-- clv_model: a fitted or published model as a value.

-- Published parameters make a model; its text is JSON, and comes back as it was.
SELECT clv_model('pareto_nbd', '{"r":0.553,"alpha":10.578,"s":0.606,"beta":11.669,"unit_days":7,"spend":{"p":6.25,"q":3.74,"gamma":15.44}}');
CREATE TABLE model (name text, m clv_model);
INSERT INTO model VALUES
	('bg_nbd', clv_model('bg_nbd', '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "unit_days": 7}')),
	('mbg_nbd', clv_model('mbg_nbd', '{"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614, "unit_days": 7}')),
	('pareto_nbd', clv_model('pareto_nbd', '{"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669, "unit_days": 7}')),
	('bg_bb', clv_model('bg_bb', '{"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783, "step": "1 year"}')),
	('sbg', clv_model('sbg', '{"alpha": 0.668, "beta": 3.806}')),
	('gamma_gamma', clv_model('gamma_gamma', '{"p": 6.25, "q": 3.74, "gamma": 15.44}')),
	('exotic', clv_model('bg_nbd', '{"r": 1e-20, "alpha": 1e20, "a": 0.1, "b": 1.0000000000000002}'));
SELECT name, m, m::text::clv_model = m AS same FROM model;

-- Its parameters, in order; those of the spend follow.
SELECT * FROM parameters(clv_model('mbg_nbd', '{"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614, "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44}}'));
SELECT name, estimate FROM parameters(clv_model('gamma_gamma', '{"p": 6.25, "q": 3.74, "gamma": 15.44}'));

-- What was given was not fitted: no likelihood, neither converged nor not.
SELECT name, model_name(m), state(m), spend_state(m), converged(m), log_likelihood(m), aic(m), bic(m), customer_count(m), covariance(m), as_of(m) FROM model;

-- A covariance may be given too, and shows as standard errors.
SELECT name, estimate, round(std_error::numeric, 3) AS std_error, lower, upper FROM parameters(clv_model('sbg', '{"alpha": 0.668, "beta": 3.806, "covariance": [[0.01, 0.05], [0.05, 0.64]]}'));
SELECT covariance(clv_model('sbg', '{"alpha": 0.668, "beta": 3.806, "covariance": [[0.01, 0.05], [0.05, 0.64]]}'));

-- A fitted model keeps what is known of the fit.
SELECT state(m), converged(m), round(log_likelihood(m)::numeric, 4) AS log_likelihood, round(aic(m)::numeric, 4) AS aic, round(bic(m)::numeric, 4) AS bic,
	customer_count(m), history_count(m), left_out(m), m::text::clv_model = m AS same
FROM (SELECT fit_sbg(least(t, 7), t < 8, n) AS m FROM unnest('{400,180,90,50,30,25,20,205}'::float8[]) WITH ORDINALITY v(n, o), LATERAL (SELECT o::int) p(t)) q;

-- Equality is that of all there is; sorting and hashing follow.
SELECT count(DISTINCT m), count(*) FROM (SELECT m FROM model UNION ALL SELECT m FROM model) q;
SELECT a.name FROM model a JOIN model b USING (m) ORDER BY 1;

-- Two fits of which one holds a parameter are compared by their likelihoods.
CREATE TABLE fit AS
SELECT clv_fit(x, t, n, NULL, w, 'bg_bb', '{"spend": false}') AS free, clv_fit(x, t, n, NULL, w, 'bg_bb', '{"spend": false, "fixed": {"gamma": 1, "delta": 4}}') AS held
FROM (VALUES (0, 0, 6, 30), (1, 1, 6, 11), (1, 3, 6, 5), (2, 4, 6, 6), (3, 6, 6, 7), (5, 6, 6, 9), (6, 6, 6, 12)) v(x, t, n, w);
SELECT round(statistic::numeric, 4) AS statistic, degrees_of_freedom, round(p_value::numeric, 4) AS p_value FROM fit, likelihood_ratio(held, free);
SELECT name, estimate = CASE name WHEN 'gamma' THEN 1 WHEN 'delta' THEN 4 END AS held, std_error IS NULL AS no_error FROM fit, parameters(held);

-- What is refused.
SELECT clv_model('fortune', '{}');
SELECT clv_model('bg_nbd', '{"r": 0.2, "alpha": 4, "a": 0.8}');
SELECT clv_model('bg_nbd', '{"r": 0, "alpha": 4, "a": 0.8, "b": 2}');
SELECT clv_model('bg_nbd', '{"r": "many", "alpha": 4, "a": 0.8, "b": 2}');
SELECT clv_model('bg_nbd', '{"r": "Infinity", "alpha": 4, "a": 0.8, "b": 2}');
SELECT clv_model('bg_nbd', '{"r": 1e999, "alpha": 4, "a": 0.8, "b": 2}');
SELECT clv_model('bg_nbd', '{"r": 1, "alpha": 4, "a": 0.8, "b": 2, "s": 1}');
SELECT clv_model('bg_nbd', '{"r": 1, "alpha": 4, "a": 0.8, "b": 2, "unit_days": 0}');
SELECT clv_model('bg_nbd', '{"r": 1, "alpha": 4, "a": 0.8, "b": 2, "step": "1 year"}');
SELECT clv_model('bg_nbd', '{"r": 1, "alpha": 4, "a": 0.8, "b": 2, "spend": {"p": 1}}');
SELECT clv_model('bg_nbd', '{"r": 1, "alpha": 4, "a": 0.8, "b": 2, "log_likelihood": -5}');
SELECT clv_model('bg_bb', '{"alpha": 1, "beta": 1, "gamma": 1, "delta": 1, "unit_days": 7}');
SELECT clv_model('bg_bb', '{"alpha": 1, "beta": 1, "gamma": 1, "delta": 1, "step": "1 hour"}');
SELECT clv_model('gamma_gamma', '{"p": 1, "q": 2, "gamma": 3, "spend": {"p": 1, "q": 2, "gamma": 3}}');
SELECT clv_model('sbg', '[1, 2]');
SELECT clv_model('sbg', '{"alpha": 1, "beta": 1, "covariance": [[1, 2], [2, 1]]}');
SELECT clv_model('sbg', '{"alpha": 1, "beta": 1, "covariance": [[1, 0]]}');
SELECT '{"alpha": 1, "beta": 1}'::clv_model;
SELECT '{"model": "sbg", "alpha": 1, "beta": 1, "state": "excellent"}'::clv_model;
SELECT '{"model": "sbg", "state": "failed"}'::clv_model;
SELECT '{"model": "sbg", "alpha": 1, "beta": 1, "state": "converged", "lower": {"alpha": 2}}'::clv_model;
SELECT likelihood_ratio(free, held) FROM fit;
SELECT likelihood_ratio(free, free) FROM fit;
SELECT likelihood_ratio(m, free) FROM fit, (SELECT fit_sbg(1, true)) q(m);
DROP TABLE model, fit;
