# Every single-byte change of up to 1,000 valid binary values of each type either is refused or
# gives a value that every function of the type can work with: sent to the
# live server through COPY BINARY, by a client that speaks just enough of the
# protocol.  So with their text, where PostgreSQL 16 and later ask softly: the
# answer is what the cast says, and never an error.  LOYALTY_SEED repeats a run.
use strict;
use warnings;
use IO::Socket::UNIX;
use Test::More;

plan skip_all => 'needs the server of check.sh (PGHOST, PGPORT, PGUSER)' unless $ENV{PGHOST} && $ENV{PGPORT} && $ENV{PGUSER};

my $seed = $ENV{LOYALTY_SEED} // 20261121;
srand($seed);
diag("LOYALTY_SEED=$seed");
my $db = "hostile_$$";
system('createdb', $db) == 0 or die "createdb failed";

# ---- the protocol: startup, simple query, COPY IN ----
my $socket = IO::Socket::UNIX->new(Peer => "$ENV{PGHOST}/.s.PGSQL.$ENV{PGPORT}") or die "cannot connect: $!";
binmode $socket;
{
	my $startup = pack('N', 196608) . join('', map { "$_\0" } user => $ENV{PGUSER}, database => $db) . "\0";
	print {$socket} pack('N', 4 + length $startup) . $startup;
	$socket->flush;
	until_ready();
}

sub receive
{
	read($socket, my $head, 5) == 5 or return;
	my ($type, $len) = unpack('a N', $head);
	my $body = '';
	$len > 4 and (read($socket, $body, $len - 4) == $len - 4 or return);
	return ($type, $body);
}

# rows and the first error, or dies if the server went away
sub until_ready
{
	my (@rows, $error);
	while (1)
	{
		my ($type, $body) = receive();
		die "the server closed the connection" unless defined $type;
		return ($error, @rows) if $type eq 'Z';
		if ($type eq 'E') { my %f = map { substr($_, 0, 1) => substr($_, 1) } grep { length } split /\0/, $body; $error //= "$f{C} $f{M}"; }
		if ($type eq 'D')
		{
			my ($n, $at, @row) = (unpack('n', $body), 2);
			for (1 .. $n)
			{
				my $len = unpack('N!', substr($body, $at, 4));
				push @row, $len < 0 ? undef : substr($body, $at + 4, $len);
				$at += 4 + ($len < 0 ? 0 : $len);
			}
			push @rows, \@row;
		}
		return ('copy') if $type eq 'G';
	}
}

sub query
{
	my ($sql) = @_;
	print {$socket} 'Q' . pack('N', 5 + length $sql) . "$sql\0";
	$socket->flush;
	return until_ready();
}

sub copy_value
{
	my ($table, $bytes) = @_;
	my ($got) = query("COPY $table FROM STDIN (FORMAT binary)");
	die "no COPY: $got" unless $got eq 'copy';
	my $data = "PGCOPY\n\377\r\n\0" . pack('N N', 0, 0) . pack('n N', 1, length $bytes) . $bytes . pack('n', 65535);
	print {$socket} 'd' . pack('N', 4 + length $data) . $data . 'c' . pack('N', 4);
	$socket->flush;
	my ($error) = until_ready();
	return $error;
}

sub must { my ($sql) = @_; my ($error, @rows) = query($sql); die "$sql: $error" if $error; return @rows; }

# ---- every type with its valid values ----
my %values = (
	purchase_digest => q{
		SELECT purchase_digest_send(purchase_digest(date '2020-01-01' + (random() * 1500)::int, (random() * 10 ^ (g %% 5) - 2)::numeric(12, 2)))
		FROM generate_series(1, %d) g, generate_series(1, 1 + g %% 6) n GROUP BY g},
	value_concentration => q{
		SELECT value_concentration_send(CASE WHEN g %% 2 = 0 THEN value_concentration((random() * 10 ^ (g %% 5) - 2)::numeric(12, 2))
			ELSE value_concentration((random() * 10 ^ (g %% 5) - 2)::float8) END)
		FROM generate_series(1, %d) g, generate_series(1, 1 + g %% 6) n GROUP BY g},
	# an account with a lot, a redemption that is partly refunded, a hold, arrears, an adjustment
	points_ledger => q{
		SELECT points_ledger_send(points_ledger(empty_points_ledger(CASE WHEN g %% 3 = 0 THEN interval '9 days' END, CASE WHEN g %% 2 = 0 THEN 'fifo' END, NULL),
			kind, 'k' || n, '2026-01-01Z'::timestamptz + n * (g %% 7) * interval '1 day', points, ref, NULL, CASE WHEN kind IN ('earn', 'hold') AND g %% 5 > 0 THEN '2026-01-20Z'::timestamptz END ORDER BY n))
		FROM generate_series(1, %d) g, (VALUES (1, 'earn', 100, NULL), (2, 'redeem', 30, NULL), (3, 'hold', 50, NULL), (4, 'refund', 10, 'k2'), (5, 'reverse', 60, 'k1'), (6, 'adjust', 3, NULL)) j(n, kind, points, ref)
		WHERE n <= 1 + g %% 4 OR (n IN (5, 6) AND g %% 7 < 3) GROUP BY g},
	tier_bands => q{
		SELECT tier_bands_send((SELECT string_agg(t || ':' || (random() * 9)::int || CASE WHEN g %% 3 = 0 THEN '' ELSE ' %%' END, ',' ORDER BY t)
			FROM (SELECT DISTINCT round((random() * 10 ^ (g %% 5) - 1)::numeric, g %% 3) AS t FROM generate_series(1, 1 + g %% 6)) b)::tier_bands)
		FROM generate_series(1, %d) g},
	clv_sample => q{
		SELECT clv_sample_send(CASE WHEN g %% 3 = 0 THEN clv_sample(x, x + t, x + t + random() * 50, exp(random()), CASE WHEN g %% 2 = 0 THEN 1 ELSE random() + 0.1 END)
			WHEN g %% 3 = 1 THEN clv_sample(p, '2021-01-01') ELSE clv_sample(p, '2021-01-01', '1 month') END)
		FROM generate_series(1, %d) g, LATERAL (SELECT (random() * 3)::int + 1 AS x, random() * 10 AS t, purchase_digest(date '2020-01-01' + (random() * 500)::int, 5) AS p
			FROM generate_series(1, 1 + g %% 5) n, generate_series(1, 4) k GROUP BY n) h GROUP BY g},
	clv_model => q{
		SELECT clv_model_send(CASE g %% 8 WHEN 0 THEN clv_model('sbg', '{"alpha": 0.7, "beta": 1.2, "covariance": [[0.01, 0.005], [0.005, 0.04]]}')
			WHEN 1 THEN clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.7, "gamma": 0.6, "delta": 2.8, "step": "1 month"}')
			WHEN 2 THEN clv_model('gamma_gamma', '{"p": 6.25, "q": 3.74, "gamma": 15.44}')
			WHEN 3 THEN clv_fit(3, 100, 300, 25, 500, 'pareto_nbd')
			ELSE clv_fit(x, x * 7.0, 40 + x * 7, 20 + x * (g %% 5), 9 - x, (ARRAY['mbg_nbd', 'bg_nbd', 'pareto_nbd', 'gamma_gamma'])[g %% 4 + 1]) END)
		FROM generate_series(1, %d) g, generate_series(0, 6) x GROUP BY g},
	clv_forecast => q{
		SELECT clv_forecast_send(clv_forecast(format('{2020-01-0%%s 5, 2020-0%%s-11 %%s}', n, 1 + n, g)::purchase_digest, CASE g %% 4
			WHEN 0 THEN clv_model('bg_bb', '{"alpha": 1.2, "beta": 0.7, "gamma": 0.6, "delta": 2.8, "step": "1 month"}')
			WHEN 1 THEN clv_model('pareto_nbd', '{"r": 0.5, "alpha": 70, "s": 0.6, "beta": 80, "spend": {"p": 0.5, "q": 0.4, "gamma": 15}}')
			WHEN 2 THEN clv_model('mbg_nbd', '{"r": 0.5, "alpha": 45, "a": 0.9, "b": 1.6, "covariance": [[0.01, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0.04, 0], [0, 0, 0, 0.09]]}')
			ELSE clv_model('bg_nbd', '{"r": 0.2, "alpha": 40, "a": 0.8, "b": 2.4, "covariance": [[0.01, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0.04, 0.01], [0, 0, 0.01, 0.09]],
				"spend": {"p": 6, "q": 1.5, "gamma": 15, "covariance": [[0.1, 0, 0], [0, 0.01, 0], [0, 0, 1]]}}') END,
			'2020-04-30', '1 year', 0.1 * (g %% 3)))
		FROM generate_series(1, %d) g, generate_series(1, 4 + g %% 5) n GROUP BY g},
	# results, and states in progress
	clv_backtest => q{
		SELECT clv_backtest_send(CASE WHEN g %% 2 = 0 THEN s ELSE clv_backtest_final(s) END)
		FROM (SELECT g, gather(p, '2020-06-30', '2020-08-31', CASE WHEN g %% 4 < 2 THEN 'mbg_nbd' ELSE 'bg_bb' END,
				CASE WHEN g %% 4 < 2 THEN '{}' ELSE '{"step": "1 month"}' END::jsonb) AS s
			FROM (SELECT g, purchase_digest(date '2020-03-01' + (random() * 200)::int, (random() * 10 ^ (g %% 5))::numeric(12, 2)) AS p
				FROM generate_series(1, %d) g, generate_series(1, 8) c, generate_series(1, 1 + c %% 4) n GROUP BY g, c) d GROUP BY g) d},
);
# large values: fewer of them, for each byte of each is tried
my %how_many = (clv_forecast => 40, clv_model => 60, clv_sample => 200, clv_backtest => 24);
# calls in which the value is not the first argument
my %more = (
	clv_model => [ map { s/\bp\b/purchase_digest '{2021-01-01 5, 2021-02-01 7, 2021-05-01 9}'/r }
		"p_alive(p, v, '2021-06-01')", "p_alive(p, v, '2021-06-01', '1 year')", "expected_purchases(p, v, '2021-06-01', '1 year')",
		"purchases_pmf(p, v, '2021-06-01', '1 year', 2)", "ltv(p, v, '2021-06-01', '1 year', 0.1)", "residual_ltv(p, v, '2021-06-01', 0.1)",
		"p_alive(3, 20, 30, v)", "log_likelihood(3, 20, 30, v)", "dert(3, 20, 30, v, 'infinity', 0.01)", "expected_order_value(3, 20, v)",
		"clv_forecast_accum(NULL, p, v, '2021-06-01', '1 year', 0.1)" ],
);
# a type with fewer functions than most, and functions that answer only some values, with an error of their own for others
my %fewest = (tier_bands => 8, clv_sample => 5, clv_backtest => 9);
my %choosy = map { $_ => 1 } qw(to_keep volume_reward graduated_reward fit_clv clv_fit_final p_alive expected_purchases purchases_pmf ltv residual_ltv
	log_likelihood dert retention_rate survival residual_tenure clv_forecast_accum);
# one value for each type of argument that an accessor may want beside the value itself
my %argument = (
	date => q{date '2021-06-01'}, timestamptz => q{timestamptz '294276-12-31 23:59:59.999999Z'}, float8 => '0.5', int4 => '3', numeric => '0.5', interval => q{interval '90 days'},
	daterange => q{daterange('2020-06-01', '2021-06-01')}, text => q{'bg_nbd'}, int8 => '3', jsonb => q{'{}'});

must('CREATE EXTENSION loyalty');
must('SET client_min_messages = error');
must('CREATE AGGREGATE gather(purchase_digest, date, date, text, jsonb) (SFUNC = clv_backtest_accum, STYPE = clv_backtest)');
# what a cast says of a text: nothing, or its error
must(q{CREATE FUNCTION fault(type text, input text) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN EXECUTE format('SELECT %L::%s', input, type); RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END $$});
my $soft = must(q{SELECT 1 FROM pg_proc WHERE proname = 'pg_input_error_info'});
must('SELECT setseed(' . ($seed % 1000000) / 1000000 . ')');
for my $type (sort keys %values)
{
	next unless must("SELECT 1 FROM pg_type WHERE typname = '$type'");
	must("CREATE TABLE accepted_$type (v $type)");

	# all functions whose first argument is the value and whose others we can make up
	my @calls;
	for my $row (must(qq{
		SELECT p.proname, array_to_string(ARRAY(SELECT typname FROM unnest(p.proargtypes) WITH ORDINALITY a(t, o) JOIN pg_type ON pg_type.oid = a.t ORDER BY o), ' '), p.proretset::int
		FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		WHERE p.prokind = 'f' AND p.proargtypes[0] = '$type'::regtype AND p.proname !~ '^apply_entry\$|_(send|accum)\$'}))
	{
		my ($name, $args, $set) = @$row;
		my @others = split ' ', $args;
		shift @others;
		next if grep { !exists $argument{$_} } @others;
		my $call = "$name(" . join(', ', 'v', map { $argument{$_} } @others) . ')';
		push @calls, $set ? "(SELECT count(*) FROM $call)" : $call;
	}
	push @calls, @{ $more{$type} // [] };
	cmp_ok(scalar @calls, '>=', $fewest{$type} // 11, "$type: " . @calls . ' functions to try');

	my ($refused, $accepted, @unclear) = (0, 0);
	my @bytes = map { my $hex = $_->[0]; $hex =~ s/^\\x//; pack('H*', $hex) } must(sprintf($values{$type}, $how_many{$type} // 1000));
	is(scalar @bytes, $how_many{$type} // 1000, "$type: " . @bytes . ' valid values');
	is(copy_value("accepted_$type", $bytes[0]), undef, "$type: a valid value is accepted");
	must('BEGIN');
	for my $bytes (@bytes)
	{
		for my $at (0 .. length($bytes) - 1)
		{
			my $bad = $bytes;
			substr($bad, $at, 1) = chr(ord(substr($bad, $at, 1)) ^ (1 + int(rand(255))));
			must('SAVEPOINT s');
			my $error = copy_value("accepted_$type", $bad);
			if ($error)
			{
				$refused++;
				push @unclear, $error unless $error =~ /^(22|54)/;
				must('ROLLBACK TO s');
			}
			else { $accepted++; }
			must('RELEASE s');
		}
		# cut short, and with a byte too many
		for my $bad (substr($bytes, 0, -1), "$bytes\0", substr($bytes, 0, int(rand(length $bytes))))
		{
			must('SAVEPOINT s');
			my $error = copy_value("accepted_$type", $bad);
			push @unclear, 'accepted: ' . unpack('H*', $bad) unless $error;
			must('ROLLBACK TO s');
			must('RELEASE s');
		}
	}
	must('COMMIT');
	cmp_ok($refused, '>', 0, "$type: $refused changes refused, $accepted accepted");
	is_deeply(\@unclear, [], "$type: each refusal is an error of data, none a breakdown; no value of a wrong length is accepted");

	for my $call (@calls)
	{
		my ($name) = $call =~ /^\(?(\w+)/;
		my ($error) = query($choosy{$name}
			? "DO \$\$ DECLARE v $type; BEGIN FOR v IN SELECT a.v FROM accepted_$type a LOOP "
				. "BEGIN PERFORM $call; EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN NULL; END; END LOOP; END \$\$"
			: "SELECT count($call) FROM accepted_$type");
		is($error, undef, "$type: $call works on every accepted value");
	}
	my ($error, @rows) = query("SELECT count(*) FROM accepted_$type WHERE v::text::${type}::text <> v::text OR v::text::$type <> v");
	is($error // $rows[0][0], 0, "$type: every accepted value goes through text and back");

	# one character more, less or another, two parts exchanged, an end cut off
	must(qq{CREATE TABLE texts AS SELECT overlay(t PLACING (ARRAY['', '{', '}', '[', ']', ',', ':', '"', '-', '.', ' ', '0', '9', '99999999999999999999', 'e', 'E400', 'é', '\\', 'null', 'NaN', '"b":', '%'])[1 + (random() * 21.9)::int % 22]
			FROM 1 + (random() * length(t))::int FOR (random() * 3)::int) AS t
		FROM (SELECT v::text AS t FROM accepted_$type ORDER BY length(v::text), v::text LIMIT 400) a, generate_series(1, 40)});
	must(qq{INSERT INTO texts SELECT left(t, (random() * length(t))::int) || right(t, (random() * length(t) * round(random()))::int) FROM texts});
	must("INSERT INTO texts VALUES (''), ('{'), ('{}'), ('[]'), ('null'), ('0'), ('\"\"'), (repeat('[', 100000)), (repeat('{\"a\":', 10000)), (repeat('9', 100000))");
	must("CREATE TABLE faults AS SELECT t, fault('$type', t) AS fault FROM texts");
	my ($texts, $bad) = @{ (must('SELECT count(*), count(fault) FROM faults'))[0] };
	cmp_ok($bad, '>', $texts / 10, "$type: of $texts texts $bad are refused");
	# a ledger's entries have to keep its rules, too
	my $data = $type eq 'points_ledger' ? '^(22|54|23505|23514|P0002)' : '^(22|54)';
	is_deeply([ must("SELECT DISTINCT fault FROM faults WHERE fault !~ '$data'") ], [], "$type: each refusal is an error of data");
	SKIP:
	{
		skip 'soft errors came later', 2 unless $soft;
		($error, @rows) = query("SELECT t FROM faults WHERE pg_input_is_valid(t, '$type') <> (fault IS NULL) LIMIT 3");
		is_deeply([ $error, @rows ], [undef], "$type: a text is valid where its cast succeeds, and to ask raises no error");
		($error, @rows) = query("SELECT t, fault, i.sql_error_code, i.message FROM faults, pg_input_error_info(t, '$type') i WHERE fault IS DISTINCT FROM i.sql_error_code || ' ' || i.message LIMIT 3");
		is_deeply([ $error, @rows ], [undef], "$type: what would be wrong is told as the cast tells it");
	}
	must('DROP TABLE texts, faults');
}
$socket->close;
system('dropdb', $db);
done_testing();
