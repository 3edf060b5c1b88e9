-- tier_bands: tiers, rebates and other bands of a number.
-- Each test is a sentence and the query that shows it.

-- A tier is reached at its threshold.
SELECT x, band('0:bronze,1000:silver,5000:gold', x), to_next('0:bronze,1000:silver,5000:gold', x)
FROM (VALUES (0), (999.99), (999.999999999999999999), (1000), (1000.00), (4999), (5000), (1e30)) v(x);

-- Below the first band there is none.
SELECT band('100:member', 99.99) IS NULL AS none, to_next('100:member', 99.99), to_next('100:member', -5);

-- What is missing to keep the tier of last year.
SELECT x, to_keep('0:bronze,1000:silver,5000:gold', x, 'gold') AS gold, to_keep('0:bronze,1000:silver,5000:gold', x, 'silver') AS silver
FROM (VALUES (800), (1200.50), (5000), (7000)) v(x);

-- 6,000 bought: at 5 % for all of it 300, at the rate of each band 130.
SELECT volume_reward('0:0,1000:2 %,5000:5 %', 6000), graduated_reward('0:0,1000:2 %,5000:5 %', 6000);

-- Rewards are exact, along the way too.
SELECT x, volume_reward('0:0,1000:2 %,5000:5 %', x), graduated_reward('0:0,1000:2 %,5000:5 %', x)
FROM (VALUES (0), (999.99), (1000), (1000.01), (4999.99), (5000), (5000.01)) v(x);

-- Below the first band nothing is earned; nor is by a negative amount.
SELECT graduated_reward('100:10 %', 50), graduated_reward('100:10 %', 150), volume_reward('100:10 %', 50), volume_reward('100:10 %', 150),
	volume_reward('-10:10 %', -5), graduated_reward('-10:10 %', -5), graduated_reward('-10:10 %', 50);

-- A rate without a percent sign is a factor: points times one, one and a half, two.
SELECT volume_reward('0:1,1000:1.5,5000:2', 1200);

-- Bands of any number: promoters.
SELECT s, band('0:detractor,7:passive,9:promoter', s) FROM generate_series(5, 10) s;

-- Text goes in with any spacing, and comes out one way.
SELECT ' 0 : bronze , 1000.00:  VIP gold '::tier_bands, '-1.50:a,-0.0:b,007:2%,8:02.50  %'::tier_bands;

-- So equal is equal.
SELECT '0:a,10.0:2%'::tier_bands = '0:a, 10 : 2 %'::tier_bands AS equal, '0:a'::tier_bands < '0:b' AS less, '0:a'::tier_bands <> '0:A' AS case_counts,
	tier_bands_hash('0:a') = tier_bands_hash(' 0.0:a') AS same_hash;
SELECT count(DISTINCT b) FROM (VALUES ('0:a,1:b'::tier_bands), ('0:a, 1.0:b'), ('0:a')) v(b);
SELECT b, count(*) FROM (VALUES ('0:b'::tier_bands), ('0:a'), ('0:a,1:b'), ('0:a')) v(b) GROUP BY b ORDER BY b;

-- NULL is unknown.
SELECT band(NULL, 1) IS NULL AND band('0:a', NULL) IS NULL AND to_keep('0:a', 1, NULL) IS NULL AS unknown;

-- Faulty text says where.
SELECT ''::tier_bands;
SELECT 'bronze'::tier_bands;
SELECT '0:bronze,'::tier_bands;
SELECT '0:bronze,1000'::tier_bands;
SELECT '0:,1000:silver'::tier_bands;
SELECT '0:a:b'::tier_bands;
SELECT '1e3:silver'::tier_bands;
SELECT 'NaN:silver'::tier_bands;
SELECT '1000:silver,0:bronze'::tier_bands;
SELECT '0:bronze,0.00:silver'::tier_bands;
SELECT ('0:' || repeat('x', 251))::tier_bands;
SELECT (repeat('9', 101) || ':x')::tier_bands;
SELECT string_agg(i || ':x', ',' ORDER BY i)::tier_bands FROM generate_series(1, 1001) i;

-- Arguments outside their range say so.
SELECT band('0:bronze', 'NaN');
SELECT to_next('0:bronze', 'Infinity');
SELECT volume_reward('0:2 %', '-Infinity');
SELECT to_keep('0:bronze,1000:silver', 1, 'platinum');

-- A reward needs a rate in every band, whichever the number is in.
SELECT volume_reward('0:2 %,1000:silver', 1);
SELECT graduated_reward('0:bronze,1000:2 %', 5000);
