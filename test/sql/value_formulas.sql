-- value_formulas: what a customer is worth, and what losing some costs.
-- Each test is a sentence and the query that shows it.

-- $1,000 a month for 20 years is 240,000, exactly.
SELECT ltv(1000, 1, 0, 240);
SELECT ltv(1000, periods => 240);

-- An integer literal does not slip into floating point.
SELECT pg_typeof(ltv(1000, 1, 0, 240)), pg_typeof(ltv(300, 0.8));

-- 300 a year with 80 of 100 customers staying is worth 1,500, for ever.
SELECT ltv(300, 0.8);

-- Discounted at 10 %.
SELECT ltv(300, 0.8, 0.1);

-- The first period is undiscounted and certain, the second neither.
SELECT ltv(100, 0.5, 0.25, 1), ltv(100, 0.5, 0.25, 2);

-- No periods, no value; no retention, the first margin only.
SELECT ltv(100, 0.9, 0.1, 0) AS no_periods, ltv(100, 0) AS no_retention, ltv(100, 0, 0, 12);

-- A customer base that grows without end has a value over a number of periods.
SELECT ltv(1, 2, 0, 100), ltv(100, 1.1, 0, 10);

-- Retention that just makes up for the discount counts every period in full.
SELECT ltv(12.50, 1.05, 0.05, 2000000000);

-- A margin below zero is a loss; a margin of zero is nothing, even for ever.
SELECT ltv(-10, 0.5), ltv(0, 1);

-- Very near to that point no digit is lost.
SELECT ltv(100, 0.99999999999999999999, 0, 10);

-- Twenty decimals, or twenty significant digits where there is nothing before them.
SELECT ltv(100, 0.9, 0.1, 10), ltv(0.0000000000000000000000000001, 0.3, 0.07, 7);

-- The longest horizon answers like any other.
SELECT ltv(1000, 0.95, 0.01, 2147483647), ltv(1000, 0.95, 0.01);

-- Only periods may be NULL; another NULL makes the answer NULL.
SELECT ltv(NULL::numeric) IS NULL AND ltv(1, NULL) IS NULL AND ltv(1, 0.5, NULL) IS NULL AS unknown;

-- Without an end a customer who never leaves is worth more than any number.
SELECT ltv(1000);
SELECT ltv(1000, 1.1, 0.1);

-- Arguments outside their range say so.
SELECT ltv('NaN'::numeric);
SELECT ltv('-Infinity'::numeric);
SELECT ltv(1, 'NaN');
SELECT ltv(1, 'Infinity');
SELECT ltv(1, -0.1);
SELECT ltv(1, 0.5, 'NaN');
SELECT ltv(1, 0.5, 'Infinity');
SELECT ltv(1, 0.5, -1);
SELECT ltv(1, 0.5, 0, -1);

-- So does a value with more digits than anybody could mean.
SELECT ltv(1, 2, 0, 2147483647);
SELECT ltv(1, 1 - 1e-500, 0, 10);

-- Average firms lose 20 % of their customers a year: of 700, at $300 each, $42,000.
SELECT attrition_cost(700, 0.20, 300);
SELECT pg_typeof(attrition_cost(700, 0.20, 300));

-- No digit is dropped and no zero appended.
SELECT attrition_cost(3, 0.333, 19.99), attrition_cost(0, 1, 300), attrition_cost(9223372036854775807, 1, 1);

-- NULL is unknown.
SELECT attrition_cost(700, NULL, 300) IS NULL AS unknown;

SELECT attrition_cost(-1, 0.2, 300);
SELECT attrition_cost(700, 20, 300);
SELECT attrition_cost(700, -0.2, 300);
SELECT attrition_cost(700, 'NaN', 300);
SELECT attrition_cost(700, 0.2, 'Infinity');
