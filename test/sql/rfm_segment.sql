-- rfm_segment: a name for each combination of recency, frequency and monetary score.
-- Each test is a sentence and the query that shows it.

-- All 125 cells in both schemes.
SELECT r, f, m, rfm_segment(r, f, m) AS classic, rfm_segment(r, f, m, 'shopify') AS shopify
FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m ORDER BY r, f, m;

-- Classic is the scheme unless another is named.
SELECT rfm_segment(5, 5, 5) = rfm_segment(5, 5, 5, 'classic') AS same;

-- NULL is unknown.
SELECT rfm_segment(NULL, 1, 1) IS NULL AND rfm_segment(1, 1, 1, NULL) IS NULL AS unknown;

-- Scores are 1 to 5, schemes are two.
SELECT rfm_segment(0, 1, 1);
SELECT rfm_segment(1, 6, 1);
SELECT rfm_segment(1, 1, -1);
SELECT rfm_segment(1, 1, 1, 'Classic');
