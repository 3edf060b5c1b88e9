-- value_formulas: contracts, and the closed form against the sum it stands for.
BEGIN;
SELECT no_plan();

SELECT is(ltv(1000, 1, 0, 240)::text, '240000', 'R1: 1,000 a month for 20 years');
SELECT is(ltv(300, 0.8)::text, '1500', 'a steady loss of 20 %');
SELECT is(attrition_cost(700, 0.20, 300)::text, '42000', 'R2: 20 % of 700 customers at 300');
SELECT function_returns('ltv', ARRAY['numeric', 'numeric', 'numeric', 'integer'], 'numeric');
SELECT function_returns('attrition_cost', ARRAY['bigint', 'numeric', 'numeric'], 'numeric');
SELECT volatility_is('ltv', ARRAY['numeric', 'numeric', 'numeric', 'integer'], 'immutable');

-- the sum, term by term, with a hundred decimals
CREATE FUNCTION pg_temp.naive_ltv(margin numeric, retention numeric, discount numeric, periods int)
RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	q numeric := round(retention, 200) / (1 + discount);
	term numeric := margin;
	total numeric := 0;
BEGIN
	FOR t IN 1 .. periods LOOP
		total := total + term;
		term := round(term * q, 200);
	END LOOP;
	RETURN total;
END $$;

SELECT setseed(0.42);
CREATE TEMP TABLE formula_case AS
SELECT round((random() * 1000)::numeric, (random() * 6)::int) + 0.01 AS margin,
	CASE WHEN i % 4 = 0 THEN 1 + (random() - 0.5)::numeric / 10::numeric ^ (1 + (random() * 30)::int)
		ELSE round((random() * 1.3)::numeric, 1 + (random() * 12)::int) END AS retention,
	round((random() * 0.5 - 0.1)::numeric, (random() * 5)::int) AS discount,
	(random() * 150)::int AS periods
FROM generate_series(1, 800) i;

SELECT is_empty($$
	SELECT * FROM (SELECT *, ltv(margin, retention, discount, periods) AS closed,
						pg_temp.naive_ltv(margin, retention, discount, periods) AS summed FROM formula_case) c
	WHERE abs(closed - summed) > 1e-19 + 1e-20 * abs(summed)$$,
	'800 random cases agree with the sum to 20 significant digits');

SELECT is_empty($$
	SELECT * FROM formula_case
	WHERE periods > 0 AND abs(ltv(margin, retention, discount, periods) -
		margin - ltv(margin, retention, discount, periods - 1) * (retention / (1 + discount)))
		> 1e-12 * (1 + ltv(margin, retention, discount, periods))$$,
	'a longer horizon is the first margin and the shorter horizon, kept and discounted');

SELECT is_empty($$
	SELECT * FROM formula_case
	WHERE retention < 0.98 * (1 + discount) AND
		abs(ltv(margin, retention, discount) - ltv(margin, retention, discount, 100000)) > 1e-18$$,
	'a horizon long enough is for ever');

SELECT throws_ok('SELECT ltv(1000)', '22023', 'lifetime value without an end diverges');
SELECT throws_ok('SELECT ltv(1, -0.1)', '22023', 'retention must not be negative');
SELECT throws_ok('SELECT ltv(1, 0.5, -1)', '22023', 'discount must be above -1');
SELECT throws_ok('SELECT ltv(1, 0.5, 0, -1)', '22023', 'periods must not be negative');
SELECT throws_ok('SELECT ltv(1, 2, 0, 2147483647)', '22003', 'lifetime value is out of range');
SELECT throws_ok('SELECT attrition_cost(1, 1.5, 1)', '22023', 'churn_rate must be between 0 and 1');
SELECT throws_ok('SELECT attrition_cost(-1, 0.5, 1)', '22023', 'customers must not be negative');

SELECT * FROM finish();
ROLLBACK;
