/*
 * What a customer is worth, and what losing some costs, by formula.
 * Reference: doc/value_formulas.md
 */

-- not strict: periods NULL means for ever
CREATE FUNCTION ltv(margin numeric, retention numeric DEFAULT 1, discount numeric DEFAULT 0, periods integer DEFAULT NULL) RETURNS numeric
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'value_formulas_ltv';
COMMENT ON FUNCTION ltv(margin numeric, retention numeric, discount numeric, periods integer) IS
	'lifetime value: margin per period, kept with a retention rate, discounted; periods NULL: for ever';

CREATE FUNCTION attrition_cost(customers bigint, churn_rate numeric, value numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'value_formulas_attrition_cost';
COMMENT ON FUNCTION attrition_cost(customers bigint, churn_rate numeric, value numeric) IS
	'what a rate of loss costs: customers times churn_rate times value of each';
