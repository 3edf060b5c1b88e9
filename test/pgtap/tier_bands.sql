-- tier_bands: contracts, properties against plain SQL, input and output.
BEGIN;
SELECT no_plan();

SELECT is(volume_reward('0:0,1000:2 %,5000:5 %', 6000)::text, '300', 'R27: volume');
SELECT is(graduated_reward('0:0,1000:2 %,5000:5 %', 6000)::text, '130', 'R27: graduated');
SELECT function_returns('band', ARRAY['tier_bands', 'numeric'], 'text');
SELECT function_returns('to_next', ARRAY['tier_bands', 'numeric'], 'numeric');
SELECT function_returns('to_keep', ARRAY['tier_bands', 'numeric', 'text'], 'numeric');

-- random scales of up to six bands, as rows and as values
SELECT setseed(0.61);
CREATE TEMP TABLE tap_band AS
SELECT scale, threshold, round((random() * 12)::numeric, (random() * 2)::int) AS percent
FROM (SELECT DISTINCT scale, round((random() * 5000 - CASE WHEN scale % 5 = 0 THEN 1000 ELSE 0 END)::numeric, (random() * 3)::int) AS threshold
	FROM generate_series(1, 300) scale, generate_series(1, 1 + scale % 6)) s;
CREATE TEMP TABLE tap_scale AS
SELECT scale, string_agg(threshold || ':' || percent || '%', ',' ORDER BY threshold)::tier_bands AS b FROM tap_band GROUP BY scale;
CREATE TEMP TABLE tap_x AS
SELECT scale, b, x FROM tap_scale, LATERAL (
	SELECT round((random() * 7000 - 500)::numeric, (random() * 4)::int) AS x FROM generate_series(1, 20) WHERE scale > 0
	UNION SELECT threshold FROM tap_band t WHERE t.scale = tap_scale.scale
	UNION SELECT threshold - 1e-12 FROM tap_band t WHERE t.scale = tap_scale.scale) s;

SELECT is_empty($$SELECT * FROM tap_x x WHERE band(b, x.x) IS DISTINCT FROM
	(SELECT trim_scale(percent) || ' %' FROM tap_band t WHERE t.scale = x.scale AND t.threshold <= x.x ORDER BY threshold DESC LIMIT 1)$$,
	'the band is the one of the highest threshold that is reached');
SELECT is_empty($$SELECT * FROM tap_x x WHERE to_next(b, x.x) IS DISTINCT FROM
	(SELECT min(threshold) - x.x FROM tap_band t WHERE t.scale = x.scale AND t.threshold > x.x)$$,
	'to_next is the distance to the lowest threshold that is not');
SELECT is_empty($$SELECT * FROM tap_x x WHERE volume_reward(b, x.x) <> coalesce(
	(SELECT percent * 0.01 * x.x FROM tap_band t WHERE t.scale = x.scale AND t.threshold <= x.x AND x.x > 0 ORDER BY threshold DESC LIMIT 1), 0)$$,
	'volume_reward is everything at the rate of its band');
SELECT is_empty($$SELECT * FROM tap_x x WHERE graduated_reward(b, x.x) <> coalesce(
	(SELECT sum(percent * 0.01 * greatest(least(x.x, upper) - greatest(threshold, 0), 0))
	FROM (SELECT *, coalesce(lead(threshold) OVER (ORDER BY threshold), 'infinity') AS upper FROM tap_band t WHERE t.scale = x.scale) t), 0)$$,
	'graduated_reward is each part at the rate of its own');
SELECT is_empty($$SELECT * FROM tap_x WHERE band(b, x) IS NOT NULL AND to_keep(b, x, band(b, x)) <> 0$$, 'who is in a band keeps it');
SELECT is_empty($$SELECT * FROM tap_x x JOIN tap_band t USING (scale)
	WHERE to_keep(b, x.x, trim_scale(percent) || ' %') <> greatest((SELECT min(threshold) FROM tap_band u WHERE u.scale = x.scale AND u.percent = t.percent) - x.x, 0)$$,
	'to_keep is the distance to the lowest band of the label');

-- ---------- text, equality, binary ----------

SELECT is_empty('SELECT * FROM tap_scale WHERE b::text::tier_bands <> b OR b::text::tier_bands::text <> b::text', 'text goes out and in');
SELECT is_empty('SELECT * FROM tap_scale a, tap_scale b WHERE (a.b = b.b) <> (a.b::text = b.b::text) OR (a.b = b.b AND tier_bands_hash_extended(a.b, 9) <> tier_bands_hash_extended(b.b, 9))',
	'equal is what prints alike, and hashes alike');
SELECT is(encode(tier_bands_send('0:a,10:2%'), 'hex'), '0100000002' || encode('0', 'hex') || '00' || encode('a', 'hex') || '00' || encode('10', 'hex') || '00' || encode('2 %', 'hex') || '00', 'the binary form');

CREATE TEMP TABLE tap_stored AS SELECT i, (SELECT string_agg(t || ':tier number ' || t, ',' ORDER BY t) FROM generate_series(1, i) t)::tier_bands AS b FROM generate_series(1, 1000, 37) i;
SELECT is_empty($$SELECT i FROM tap_stored WHERE band(b, i) <> 'tier number ' || i OR to_next(b, 0.5) <> 0.5$$, 'stored, long and compressed');
CREATE INDEX ON tap_stored USING hash (b);
CREATE UNIQUE INDEX ON tap_stored (tier_bands_hash_extended(b, 0));
SELECT is(max(i), 1000, 'and sorted') FROM (SELECT i FROM tap_stored ORDER BY b) s;

SELECT throws_ok($$SELECT '0:a,0:b'::tier_bands$$, '22P02', NULL, 'thresholds ascend');
SELECT throws_ok($$SELECT ('0:' || repeat('x', 1000))::tier_bands$$, '54000', NULL, 'labels have an end');
SELECT throws_ok($$SELECT band('0:a', 'NaN')$$, '22023', 'x must be a finite number');
SELECT throws_ok($$SELECT to_keep('0:a', 1, 'b')$$, '22023', 'no band is called "b"');
SELECT throws_ok($$SELECT volume_reward('0:a', 1)$$, '22023', 'band "a" has no rate');

SELECT * FROM finish();
ROLLBACK;
