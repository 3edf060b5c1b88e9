# Points ledgers in SQL against the executable model of their rules: random
# journals with every kind of rejection, given entry by entry to a value and to
# tables, both compared with the model after each of them; at the end each lot,
# and the fold of the journal by the aggregate.
#
# The model is not part of this repository: without it ($LOYALTY_SHARED) and
# python3 the test is skipped.  LOYALTY_JOURNALS says how many (default 200),
# LOYALTY_SEED which.
use strict;
use warnings;
use IPC::Run;
use Test::More;

plan skip_all => 'needs the server of check.sh (PGHOST, PGPORT, PGUSER)' unless $ENV{PGHOST} && $ENV{PGPORT} && $ENV{PGUSER};
my $model = ($ENV{LOYALTY_SHARED} // '../shared') . '/reference/points_ledger_model.py';
plan skip_all => 'needs python3 and the model' unless -r $model && system("python3 -c '' 2>/dev/null") == 0;

my $journals = $ENV{LOYALTY_JOURNALS} // 200;
my $seed = $ENV{LOYALTY_SEED} // 20261128;
diag("LOYALTY_SEED=$seed");
my $db = "points_model_$$";
system('createdb', $db) == 0 or die "createdb failed";
sub psql
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $db ], '<', \$sql, '>', \$out, '2>', \$err) or die "psql: $err";
	chomp $out;
	return $out;
}

psql(<<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION loyalty;
CREATE TABLE line (n bigint GENERATED ALWAYS AS IDENTITY, f text[]);
-- what was accepted, as it was given
CREATE TABLE given (account text, seq bigint GENERATED ALWAYS AS IDENTITY, kind text, key text, at timestamptz, points bigint, ref text, from_at timestamptz, until_at timestamptz);
CREATE INDEX ON given (account);
CREATE TABLE difference (n bigint, what text, model text, ours text);
CREATE TABLE tally (journals bigint, events bigint, rejections bigint, lots bigint);
SELECT format('CALL create_points_ledger(%L, %L, grace => %L, spend_order => %L)', 'public', o || g, make_interval(hours => g), o)
FROM unnest('{fefo,fifo}'::text[]) o, unnest('{0,1,5,20}'::int[]) g
\gexec

-- the model counts time and - says that there is nothing
CREATE FUNCTION instant(t text) RETURNS timestamptz IMMUTABLE LANGUAGE sql
	RETURN CASE WHEN t = 'infinity' THEN 'infinity' WHEN t <> '-' THEN '2026-01-01Z'::timestamptz + t::int * interval '1 hour' END;
CREATE FUNCTION totals(l points_ledger) RETURNS text STABLE LANGUAGE sql
	RETURN (SELECT concat_ws(' ', available(l, t), pending(l, t), held(l, t), arrears(l, t), total_expired(l, t), total_spent(l, t), total_reversed(l, t), total_moved(l, t))
		FROM (SELECT coalesce(book_time(l), '2026-01-01Z') AS t) s);
-- without a cast that somebody's locale would decide
CREATE FUNCTION totals(ledger text, account text) RETURNS text STABLE LANGUAGE plpgsql AS $$
DECLARE result text := '0 0 0 0 0 0 0 0';
BEGIN
	EXECUTE format('SELECT concat_ws('' '', available, pending, held, arrears, expired, spent, reversed, moved) FROM %I WHERE account = $1', ledger || '_account') INTO result USING account;
	RETURN coalesce(result, '0 0 0 0 0 0 0 0');
END $$;

CREATE PROCEDURE replay() LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	r record; f text[]; ledger text; tables regclass; policy points_ledger; l points_ledger[]; journal int := 0; number int; which int; event text[];
	account text; value_accepted bool; tables_accepted bool; a points_ledger; b points_ledger; events int := 0; rejections int := 0; lots int := 0; answers int[];
	lot text;
BEGIN
	FOR r IN SELECT n, line.f FROM line ORDER BY n LOOP
		f := r.f;
		CASE f[1]
		WHEN 'J' THEN
			journal := journal + 1;
			ledger := f[3] || f[2];
			tables := (ledger || '_account')::regclass;
			policy := empty_points_ledger(make_interval(hours => f[2]::int), f[3]);
			l := ARRAY[policy, policy];
		WHEN 'E', 'T' THEN
			events := events + 1;
			value_accepted := true; tables_accepted := true;
			IF f[1] = 'T' THEN
				answers := '{1,2}';
				BEGIN
					SELECT source_after, target_after INTO a, b FROM transfer(l[1], l[2], f[2], instant(f[3]), f[4]::bigint);
					INSERT INTO given (account, kind, key, at, points, ref, from_at, until_at)
					SELECT journal || '-' || i, e.kind, e.key, e.at, e.points, e.ref, e.from_at, e.until_at
					FROM (SELECT 0 AS i, * FROM entries(a) UNION ALL SELECT 1, * FROM entries(b)) e
					WHERE (e.kind = 'transfer_out' AND e.key = f[2]) OR (e.kind = 'transfer_in' AND starts_with(e.key, f[2] || '/'));
					l := ARRAY[a, b];
				EXCEPTION WHEN OTHERS THEN value_accepted := false;
				END;
				BEGIN
					PERFORM transfer_points(tables, journal || '-0', journal || '-1', f[2], instant(f[3]), f[4]::bigint, NULL, NULL, NULL);
				EXCEPTION WHEN OTHERS THEN tables_accepted := false;
				END;
			ELSE
				which := f[2]::int + 1;
				account := journal || '-' || f[2];
				answers := ARRAY[which];
				BEGIN
					l[which] := apply_entry(l[which], f[3], f[4], instant(f[5]), nullif(f[6], '-')::bigint, nullif(f[7], '-'), instant(f[8]), instant(f[9]));
					INSERT INTO given (account, kind, key, at, points, ref, from_at, until_at)
					VALUES (account, f[3], f[4], instant(f[5]), nullif(f[6], '-')::bigint, nullif(f[7], '-'), instant(f[8]), instant(f[9]));
				EXCEPTION WHEN OTHERS THEN value_accepted := false;
				END;
				BEGIN
					PERFORM post_points_entry(tables, account, f[3], f[4], instant(f[5]), nullif(f[6], '-')::bigint, nullif(f[7], '-'), instant(f[8]), instant(f[9]), NULL, 'why', NULL);
				EXCEPTION WHEN OTHERS THEN tables_accepted := false;
				END;
			END IF;
			event := f;
			IF NOT value_accepted THEN rejections := rejections + 1; END IF;
			number := 0;
		WHEN 'A' THEN
			number := number + 1;
			which := answers[number];
			account := journal || '-' || which - 1;
			INSERT INTO difference SELECT r.n, what || ': ' || array_to_string(event, ' '), model, ours
			FROM (VALUES ('value', concat_ws(' ', f[2] = 'ok', array_to_string(f[3:], ' ')), concat_ws(' ', value_accepted, totals(l[which]))),
				('tables', concat_ws(' ', f[2] = 'ok', array_to_string(f[3:], ' ')), concat_ws(' ', tables_accepted, totals(ledger, account)))) s(what, model, ours)
			WHERE model <> ours;
		WHEN 'L' THEN
			lots := lots + 1;
			which := f[2]::int + 1;
			account := journal || '-' || f[2];
			SELECT concat_ws(' ', x.earned_at, x.from_at, x.until_at, x.amount, x.remaining, x.held, x.spent, x.expired, x.reversed, x.moved) INTO lot FROM lots(l[which]) x WHERE x.id = f[3];
			INSERT INTO difference SELECT r.n, 'lot of value ' || f[3], s.model, lot
			FROM (SELECT concat_ws(' ', instant(f[4]), instant(f[5]), instant(f[6]), array_to_string(f[7:], ' ')) AS model) s WHERE s.model IS DISTINCT FROM lot;
			EXECUTE format('SELECT concat_ws('' '', earned_at, from_at, until_at, amount, remaining, held, spent, expired, reversed, moved) FROM %I WHERE account = $1 AND id = $2', ledger || '_lots') INTO lot USING account, f[3];
			INSERT INTO difference SELECT r.n, 'lot of tables ' || f[3], s.model, lot
			FROM (SELECT concat_ws(' ', instant(f[4]), instant(f[5]), instant(f[6]), array_to_string(f[7:], ' ')) AS model) s WHERE s.model IS DISTINCT FROM lot;
		WHEN 'Z' THEN
			-- the end of a journal: the fold of what was given, and the tables' own, are the value
			FOR which IN 1 .. 2 LOOP
				account := journal || '-' || which - 1;
				SELECT points_ledger(policy, g.kind, g.key, g.at, g.points, g.ref, g.from_at, g.until_at ORDER BY g.seq) INTO a FROM given g WHERE g.account = account;
				EXECUTE format('SELECT %I($1)', ledger || '_ledger') INTO b USING account;
				INSERT INTO difference SELECT r.n, what, l[which]::text, ours::text FROM (VALUES ('fold', coalesce(a, policy)), ('ledger of tables', coalesce(b, policy))) s(what, ours)
				WHERE points_ledger_send(ours) <> points_ledger_send(l[which]);
			END LOOP;
			DELETE FROM given;
			COMMIT;
		END CASE;
	END LOOP;
	INSERT INTO tally VALUES (journal, events, rejections, lots);
END $$;
SQL

my $piece = 1000;
my $differences = '';
for (my $done = 0; $done < $journals && $differences eq ''; $done += $piece)
{
	my $size = $journals - $done < $piece ? $journals - $done : $piece;
	IPC::Run::run([ 'python3', 'test/model/points_ledger.py', $model, $size, $seed + $done ], '>', \my $answers) or die 'the model failed';
	# a journal ends where the next one begins
	$answers =~ s/^(?=J)/Z\n/mg;
	$answers =~ s/\AZ\n//;
	my $lines = '';
	for my $line (split /\n/, $answers . "Z\n")
	{
		$lines .= '{' . join(',', map { s/(["\\])/\\$1/gr =~ s/(.*)/"$1"/r } split /\t/, $line) . "}\n";
	}
	my $load = "TRUNCATE line RESTART IDENTITY;\nCOPY line (f) FROM STDIN (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02');\n$lines\\.\nANALYZE line;\nCALL replay();\nVACUUM ANALYZE given;\n";
	# accounts of an earlier piece have the names of those of this one
	$load = join('', map { my $o = $_; map { "SELECT set_config('session_replication_role', 'replica', false);\nTRUNCATE $o$_" . "_account, $o$_" . "_lot, $o$_" . "_entry;\n" } 0, 1, 5, 20 } qw(fefo fifo)) . $load if $done > 0;
	psql($load);
	$differences = psql("SELECT format('%s %s: model %s, ours %s', n, what, model, ours) FROM difference ORDER BY n LIMIT 5");
}
is($differences, '', 'the value, its aggregate and the tables accept and reject what the model does, and are what it is after each entry');
my ($played, $events, $rejections, $lots) = split /\|/, psql('SELECT sum(journals), sum(events), sum(rejections), sum(lots) FROM tally');
is($played, $journals, "$journals journals, $events entries, $rejections of them rejected, $lots lots at the end");
cmp_ok($rejections, '>', $events / 20, 'many are rejected');
is(psql(join ' UNION ALL ', map { my $o = $_; map { "SELECT '$o$_' FROM $o$_" . '_verify()' } 0, 1, 5, 20 } qw(fefo fifo)), '', 'the tables verify');
system('dropdb', $db);
done_testing();
