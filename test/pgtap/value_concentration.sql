-- value_concentration: contracts, properties against plain SQL, every way to aggregate, hostile binary.
BEGIN;
SELECT no_plan();

SELECT is(top_share(value_concentration(v), 0.2), 0.8::float8, 'R9: 20 x 400 + 80 x 25, double precision')
FROM (SELECT CASE WHEN i <= 20 THEN 400 ELSE 25 END AS v FROM generate_series(1, 100) i) s;
SELECT is(top_share(value_concentration(v::numeric), 0.2), 0.8::float8, 'R9: 20 x 400 + 80 x 25, numeric')
FROM (SELECT CASE WHEN i <= 20 THEN 400 ELSE 25 END AS v FROM generate_series(1, 100) i) s;

-- ---------- against plain SQL ----------

SELECT setseed(0.17);
CREATE TABLE tap_member (grp int, piece int, n numeric, f float8) PARTITION BY HASH (grp);
CREATE TABLE tap_member_0 PARTITION OF tap_member FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tap_member_1 PARTITION OF tap_member FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE tap_member_0 SET (parallel_workers = 2);
ALTER TABLE tap_member_1 SET (parallel_workers = 2);
INSERT INTO tap_member
SELECT i % 50, (random() * 6)::int,
	CASE WHEN random() < 0.05 THEN NULL ELSE round((random() * 2000 - 200)::numeric, (random() * 3)::int) END,
	CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.3 THEN round(random() * 20) ELSE exp(random() * 20 - 5) - 5 END
FROM generate_series(1, 20000) i;
ANALYZE tap_member;

CREATE TEMP TABLE tap_serial AS
SELECT grp, value_concentration(n) AS n, value_concentration(f) AS f FROM tap_member GROUP BY grp;

SELECT is_empty($$
	SELECT grp FROM tap_serial JOIN (
		SELECT grp, count(n) AS members, sum(n) AS total, sum(n) FILTER (WHERE n < 0) AS negative,
			sum(n) FILTER (WHERE n > 0) AS positive, count(f) AS f_members FROM tap_member GROUP BY grp) p USING (grp)
	WHERE member_count(tap_serial.n) <> members OR total_value(tap_serial.n) <> total OR member_count(tap_serial.f) <> f_members
		OR negative_total(tap_serial.n) <> coalesce(negative, 0) OR positive_total(tap_serial.n) <> positive$$,
	'counts and numeric totals equal count() and sum() to the last digit');

SELECT is_empty($$
	SELECT grp FROM tap_serial JOIN (SELECT grp, sum(f) AS total FROM tap_member GROUP BY grp) p USING (grp)
	WHERE abs(total_value(f) - total::numeric) > 1e-9 * abs(total)::numeric$$,
	'double precision totals equal sum() to rounding');

CREATE TEMP TABLE tap_rank AS
SELECT grp, kind, rank, members, value,
	sum(greatest(value, 0)) OVER (PARTITION BY grp, kind ORDER BY rank) / sum(greatest(value, 0)) OVER (PARTITION BY grp, kind) AS share,
	sum((members + 1 - 2 * rank) * greatest(value, 0)) OVER (PARTITION BY grp, kind) /
		(members * sum(greatest(value, 0)) OVER (PARTITION BY grp, kind)) AS gini
FROM (SELECT grp, kind, value, row_number() OVER w AS rank, count(*) OVER (PARTITION BY grp, kind) AS members
	FROM (SELECT grp, 'n' AS kind, n AS value FROM tap_member UNION ALL SELECT grp, 'f', f::numeric FROM tap_member) v
	WHERE value IS NOT NULL WINDOW w AS (PARTITION BY grp, kind ORDER BY value DESC)) r;
CREATE TEMP TABLE tap_both AS
SELECT grp, 'n' AS kind, n AS c FROM tap_serial UNION ALL SELECT grp, 'f', f FROM tap_serial;

SELECT is_empty($$
	SELECT * FROM tap_both JOIN tap_rank USING (grp, kind)
	WHERE abs(top_share(c, rank::float8 / members) - share) > 1e-9$$,
	'top_share of k members is the sum of the k largest values over the sum of the positive ones');
SELECT is_empty($$
	SELECT * FROM (SELECT *, lag(share) OVER (PARTITION BY grp, kind ORDER BY rank) AS before FROM tap_both JOIN tap_rank USING (grp, kind)) s
	WHERE abs(top_share(c, (rank - 0.5) / members) - (share + before) / 2) > 1e-9$$,
	'between two members the share is interpolated');
SELECT is_empty($$
	SELECT * FROM tap_both JOIN tap_rank USING (grp, kind)
	WHERE abs(gini(c) - gini) > 1e-9$$,
	'gini is that of the sorted values');
SELECT is_empty($$
	SELECT * FROM tap_both JOIN tap_rank USING (grp, kind)
	WHERE kind = 'n' AND cutoff(c, rank::float8 / members) <> value$$,
	'cutoff is the k-th largest value');
SELECT is_empty($$
	SELECT grp FROM tap_both JOIN (SELECT grp, kind, min(rank) AS needed FROM tap_rank WHERE share >= 0.8 GROUP BY 1, 2) s USING (grp, kind)
	WHERE members_for(c, 0.8) <> needed$$,
	'members_for is the smallest number that reaches the share');
SELECT is_empty($$
	SELECT * FROM tap_both, lorenz_curve(c, 20) l
	WHERE abs(l.value_share - 1 + top_share(c, 1 - l.population_share)) > 1e-9$$,
	'the Lorenz curve is top_share from below');

-- ---------- the same however it runs ----------

CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP lines := lines || line || E'\n'; END LOOP;
	RETURN lines;
END $$;

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_partitionwise_aggregate = off;
SELECT matches(pg_temp.plan('SELECT grp, value_concentration(n), value_concentration(f) FROM tap_member GROUP BY grp'),
	'Partial (Hash|Group)?Aggregate', 'runs as a partial aggregate');
SELECT results_eq(
	'SELECT grp, value_concentration(n)::text, value_concentration(f)::text FROM tap_member GROUP BY grp ORDER BY grp',
	'SELECT grp, n::text, f::text FROM tap_serial ORDER BY grp', 'parallel = serial');
SELECT results_eq(
	'SELECT grp, value_concentration(n) FILTER (WHERE grp < 3)::text FROM tap_member GROUP BY grp ORDER BY grp',
	'SELECT grp, CASE WHEN grp < 3 THEN n::text END FROM tap_serial ORDER BY grp', 'a FILTER that empties groups, in parallel');
SELECT is((SELECT value_concentration(n) FILTER (WHERE false) FROM tap_member), NULL, 'a FILTER that empties everything, in parallel');
SELECT is((SELECT value_concentration(NULL::numeric) FROM tap_member), NULL, 'all NULL, in parallel');
SELECT is((SELECT value_concentration(n) FROM tap_member WHERE grp < 0), NULL, 'no rows, in parallel');
SELECT results_eq(
	'SELECT value_concentration(n)::text FROM tap_member', 'SELECT rollup(n)::text FROM tap_serial', 'plain, in parallel = rollup of groups');

SET LOCAL enable_partitionwise_aggregate = on;
SELECT results_eq(
	'SELECT grp, value_concentration(n)::text, value_concentration(f)::text FROM tap_member GROUP BY grp ORDER BY grp',
	'SELECT grp, n::text, f::text FROM tap_serial ORDER BY grp', 'partition-wise = serial');

SET LOCAL max_parallel_workers_per_gather = 0;
SELECT results_eq(format(
	'SELECT grp, rollup(pn ORDER BY %1$s)::text, rollup(pf ORDER BY %1$s)::text
	FROM (SELECT grp, piece, value_concentration(n) AS pn, value_concentration(f) AS pf FROM tap_member GROUP BY grp, piece) s
	GROUP BY grp ORDER BY grp', o),
	'SELECT grp, n::text, f::text FROM tap_serial ORDER BY grp', 'rollup of pieces, ORDER BY ' || o)
FROM unnest('{piece, piece DESC, md5(piece::text), pf}'::text[]) o;
SELECT is(top_share(a, 0.2), top_share(b, 0.2), 'not one bit differs: top_share') FROM (
	SELECT rollup(f ORDER BY grp) AS a, rollup(f ORDER BY md5(grp::text)) AS b FROM tap_serial) s;
SELECT results_eq(
	'SELECT merge(rollup(n) FILTER (WHERE grp < 20), rollup(n) FILTER (WHERE grp >= 20))::text FROM tap_serial',
	'SELECT rollup(n)::text FROM tap_serial', 'merge of two halves');
SELECT results_eq(
	'SELECT grp, member_count(value_concentration(f) OVER (ORDER BY grp)) FROM tap_member WHERE piece = 3 AND f IS NOT NULL ORDER BY grp',
	'SELECT grp, count(*) OVER (ORDER BY grp) FROM tap_member WHERE piece = 3 AND f IS NOT NULL ORDER BY grp', 'as a window aggregate');

-- an in-progress state survives text
SELECT is((value_concentration_accum(value_concentration_accum(NULL, 3.5), 1.0)::text::value_concentration)::text, '{1.0, 3.5}',
	'a state in progress reads as a value');
CREATE TEMP TABLE tap_state AS SELECT value_concentration_accum(value_concentration_accum(NULL, 3.5), 1.0) AS c;
SELECT is(top_share(c, 0.5), 3.5 / 4.5::float8, 'and can be stored and asked') FROM tap_state;
SELECT is(rollup(c)::text, '{1.0, 3.5}', 'and rolled up') FROM tap_state;
SELECT is(rollup(c)::text, '{1.0 x2, 3.5 x2}', 'with others') FROM (SELECT c FROM tap_state UNION ALL SELECT c FROM tap_state) s;
SELECT is(merge(c, c)::text, '{1.0 x2, 3.5 x2}', 'and merged') FROM tap_state;
SELECT is(value_concentration_accum(c, 2.0)::text, '{1.0, 2.0, 3.5}', 'and gone on with') FROM tap_state;
SELECT is(c::text, '{1.0, 3.5}', 'without being changed where it lies') FROM tap_state;

-- ---------- text, equality, hash ----------

SELECT is_empty('SELECT * FROM tap_both WHERE c::text::value_concentration::text <> c::text', 'text goes out and in');
SELECT is_empty('SELECT * FROM tap_both a JOIN tap_both b ON a.c = b.c WHERE value_concentration_hash(a.c) <> value_concentration_hash(b.c) OR (a.grp, a.kind) <> (b.grp, b.kind)',
	'equal values hash alike, unlike ones differ');
SELECT is(value_concentration_hash_extended('{1.00, 2.50}', 7), value_concentration_hash_extended('{1, 2.5}', 7), 'shown decimals do not count');
SELECT throws_ok($$SELECT merge('{1}'::value_concentration, 'float8 {1}')$$, '42804', NULL, 'the kinds do not mix');
SELECT lives_ok($$SELECT merge('{}'::value_concentration, 'float8 {1}')$$, 'nobody goes with both');
SELECT throws_ok($$SELECT value_concentration('NaN'::float8)$$, '22023', NULL, 'NaN is refused');
SELECT throws_ok($$SELECT top_share('{1}', 2)$$, '22023', NULL, 'fractions are up to 1');

-- ---------- binary ----------

-- A value goes out by its send function and comes in by COPY; lo_export writes the file for it.
CREATE TEMP TABLE tap_binary (c value_concentration);
CREATE FUNCTION pg_temp.receive(sent bytea, OUT state text, OUT c value_concentration) LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/tap_value_concentration.bin';
	lob oid := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea ||
		int4send(length(sent)) || sent || '\xffff'::bytea);
BEGIN
	PERFORM lo_export(lob, path);
	PERFORM lo_unlink(lob);
	TRUNCATE tap_binary;
	EXECUTE format('COPY tap_binary FROM %L (FORMAT binary)', path);
	SELECT tap_binary.c INTO receive.c FROM tap_binary;
	PERFORM top_share(receive.c, 0.3), members_for(receive.c, 0.8), gini(receive.c), cutoff(receive.c, 0.3),
		total_value(receive.c), member_count(receive.c), value_concentration_hash(receive.c),
		receive.c::text::value_concentration = receive.c, (SELECT count(*) FROM lorenz_curve(receive.c, 7));
	state := '00000';
EXCEPTION WHEN OTHERS THEN
	state := SQLSTATE;
	c := NULL;
END $$;

SELECT is((pg_temp.receive(value_concentration_send(c))).c::text, c::text, 'binary goes out and in: ' || left(c::text, 40))
FROM unnest('{"{}","{-1.50 x2, 0.00, 2.25 x3}","float8 {-1e+300, 0 x2, 0.1}","{-9223372036854775807, 9223372036854775807 x9223372036854775806}"}'::value_concentration[]) c;
SELECT is((pg_temp.receive(value_concentration_send(c))).c::text, c::text, 'of a random one too') FROM tap_both WHERE grp < 2;

-- (changed bytes: test/t/03_hostile_bytes.pl)
SELECT is((pg_temp.receive('\x01000000ffffffff'::bytea)).state, '22P03', 'a count beyond the message allocates nothing');

SELECT * FROM finish();
ROLLBACK;
