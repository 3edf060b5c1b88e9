/*
 * clv_score: what a model says of a customer.
 * Reference: doc/clv_score.md
 */

-- of a digest, as known at the end of day as_of

CREATE FUNCTION p_alive(p purchase_digest, model clv_model, as_of date) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_p_alive';
COMMENT ON FUNCTION p_alive(p purchase_digest, model clv_model, as_of date) IS
	'probability that the customer is still there';

CREATE FUNCTION p_alive(p purchase_digest, model clv_model, as_of date, ahead interval) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40
	AS 'MODULE_PATHNAME', 'clv_score_p_alive_ahead';
COMMENT ON FUNCTION p_alive(p purchase_digest, model clv_model, as_of date, ahead interval) IS
	'probability that the customer will still be there so long after as_of';

CREATE FUNCTION churn_score(p purchase_digest, model clv_model, as_of date) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_churn_score';
COMMENT ON FUNCTION churn_score(p purchase_digest, model clv_model, as_of date) IS
	'probability that the customer has left: 1 - p_alive';

CREATE FUNCTION expected_purchases(p purchase_digest, model clv_model, as_of date, horizon interval) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_expected_purchases';
COMMENT ON FUNCTION expected_purchases(p purchase_digest, model clv_model, as_of date, horizon interval) IS
	'expected number of purchase days within the horizon after as_of';

CREATE FUNCTION purchases_pmf(p purchase_digest, model clv_model, as_of date, horizon interval, n integer) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_purchases_pmf';
COMMENT ON FUNCTION purchases_pmf(p purchase_digest, model clv_model, as_of date, horizon interval, n integer) IS
	'probability of exactly n purchase days within the horizon after as_of';

CREATE FUNCTION expected_order_value(p purchase_digest, model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_expected_order_value';
COMMENT ON FUNCTION expected_order_value(p purchase_digest, model clv_model) IS
	'expected value of a purchase day of the customer';

CREATE FUNCTION expected_order_value(p purchase_digest, model clv_model, as_of date) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_expected_order_value';
COMMENT ON FUNCTION expected_order_value(p purchase_digest, model clv_model, as_of date) IS
	'expected value of a purchase day of the customer, as known at the end of day as_of';

CREATE FUNCTION ltv(p purchase_digest, model clv_model, as_of date, horizon interval) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 120
	AS 'MODULE_PATHNAME', 'clv_score_ltv';
COMMENT ON FUNCTION ltv(p purchase_digest, model clv_model, as_of date, horizon interval) IS
	'expected revenue from the customer within the horizon after as_of';

CREATE FUNCTION ltv(p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300
	AS 'MODULE_PATHNAME', 'clv_score_ltv';
COMMENT ON FUNCTION ltv(p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) IS
	'likewise, discounted at an effective annual rate';

CREATE FUNCTION residual_ltv(p purchase_digest, model clv_model, as_of date, discount float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000
	AS 'MODULE_PATHNAME', 'clv_score_residual_ltv';
COMMENT ON FUNCTION residual_ltv(p purchase_digest, model clv_model, as_of date, discount float8) IS
	'expected revenue from the customer for ever, discounted at an effective annual rate';

CREATE FUNCTION value_at_risk(p purchase_digest, model clv_model, as_of date, horizon interval) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 120
	AS 'MODULE_PATHNAME', 'clv_score_value_at_risk';
COMMENT ON FUNCTION value_at_risk(p purchase_digest, model clv_model, as_of date, horizon interval) IS
	'what the customer would be worth within the horizon if still there, times the probability of having left: the ranking for a call list';

CREATE FUNCTION value_at_risk(p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300
	AS 'MODULE_PATHNAME', 'clv_score_value_at_risk';
COMMENT ON FUNCTION value_at_risk(p purchase_digest, model clv_model, as_of date, horizon interval, discount float8) IS
	'likewise, discounted at an effective annual rate';

-- of raw numbers, in the model's own time unit

CREATE FUNCTION p_alive(x float8, t_x float8, tenure float8, model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_numbers_p_alive';
COMMENT ON FUNCTION p_alive(x float8, t_x float8, tenure float8, model clv_model) IS
	'probability that the customer is still there';

CREATE FUNCTION log_likelihood(x float8, t_x float8, tenure float8, model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_numbers_log_likelihood';
COMMENT ON FUNCTION log_likelihood(x float8, t_x float8, tenure float8, model clv_model) IS
	'log-likelihood of one history';

CREATE FUNCTION expected_purchases(x float8, t_x float8, tenure float8, model clv_model, horizon float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_numbers_expected_purchases';
COMMENT ON FUNCTION expected_purchases(x float8, t_x float8, tenure float8, model clv_model, horizon float8) IS
	'expected number of purchases within the horizon';

CREATE FUNCTION purchases_pmf(x float8, t_x float8, tenure float8, model clv_model, horizon float8, n integer) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_numbers_purchases_pmf';
COMMENT ON FUNCTION purchases_pmf(x float8, t_x float8, tenure float8, model clv_model, horizon float8, n integer) IS
	'probability of exactly n purchases within the horizon';

CREATE FUNCTION dert(x float8, t_x float8, tenure float8, model clv_model, horizon float8, discount float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300
	AS 'MODULE_PATHNAME', 'clv_score_numbers_dert';
COMMENT ON FUNCTION dert(x float8, t_x float8, tenure float8, model clv_model, horizon float8, discount float8) IS
	'discounted expected (residual) transactions within the horizon; discount is a continuous rate per time unit';

CREATE FUNCTION expected_order_value(x float8, mean_spend float8, model clv_model) RETURNS float8
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_numbers_expected_order_value';
COMMENT ON FUNCTION expected_order_value(x float8, mean_spend float8, model clv_model) IS
	'expected value of a purchase of a customer with this mean over x purchases';

-- of a new customer

CREATE FUNCTION expected_purchases(model clv_model, horizon float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_new_expected_purchases';
COMMENT ON FUNCTION expected_purchases(model clv_model, horizon float8) IS
	'expected number of purchases of a new customer within the horizon after the first';

CREATE FUNCTION purchases_pmf(model clv_model, horizon float8, n integer) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'clv_score_new_purchases_pmf';
COMMENT ON FUNCTION purchases_pmf(model clv_model, horizon float8, n integer) IS
	'probability that a new customer makes exactly n purchases within the horizon after the first';

-- of contracts

CREATE FUNCTION retention_rate(model clv_model, period integer) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'clv_score_retention_rate';
COMMENT ON FUNCTION retention_rate(model clv_model, period integer) IS
	'share of the customers in that period who renew at its end';

CREATE FUNCTION survival(model clv_model, period integer) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'clv_score_survival';
COMMENT ON FUNCTION survival(model clv_model, period integer) IS
	'share of new customers who renew at least so many times';

CREATE FUNCTION residual_tenure(model clv_model, period integer, discount float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200
	AS 'MODULE_PATHNAME', 'clv_score_residual_tenure';
COMMENT ON FUNCTION residual_tenure(model clv_model, period integer, discount float8) IS
	'discounted expected residual tenure of a customer in that period; 0: of a new one';
