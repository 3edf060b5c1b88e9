# Every single-byte change of 1,000 valid binary values either is refused or
# gives a value that every function of the type can work with: sent to the
# live server through COPY BINARY, by a client that speaks just enough of the
# protocol.  LOYALTY_SEED repeats a run.
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
);
# a type with fewer functions than most, and functions that answer only some values, with an error of their own for others
my %fewest = (tier_bands => 8);
my %choosy = map { $_ => 1 } qw(to_keep volume_reward graduated_reward);
# one value for each type of argument that an accessor may want beside the value itself
my %argument = (
	date => q{date '2021-06-01'}, timestamptz => q{timestamptz '294276-12-31 23:59:59.999999Z'}, float8 => '0.5', int4 => '3', numeric => '0.5', interval => q{interval '90 days'},
	daterange => q{daterange('2020-06-01', '2021-06-01')}, text => q{'x'}, int8 => '3');

must('CREATE EXTENSION loyalty');
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
	cmp_ok(scalar @calls, '>=', $fewest{$type} // 11, "$type: " . @calls . ' functions to try');

	my ($refused, $accepted, @unclear) = (0, 0);
	my @bytes = map { my $hex = $_->[0]; $hex =~ s/^\\x//; pack('H*', $hex) } must(sprintf($values{$type}, 1000));
	is(scalar @bytes, 1000, "$type: 1,000 valid values");
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
				. "BEGIN PERFORM $call; EXCEPTION WHEN invalid_parameter_value THEN NULL; END; END LOOP; END \$\$"
			: "SELECT count($call) FROM accepted_$type");
		is($error, undef, "$type: $call works on every accepted value");
	}
	my ($error, @rows) = query("SELECT count(*) FROM accepted_$type WHERE v::text::${type}::text <> v::text OR v::text::$type <> v");
	is($error // $rows[0][0], 0, "$type: every accepted value goes through text and back");
}
$socket->close;
system('dropdb', $db);
done_testing();
