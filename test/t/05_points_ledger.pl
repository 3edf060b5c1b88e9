# A points ledger in tables under load: many clients at once, killed servers,
# dump and restore, a standby, no extension, row security by user.
#
# LOYALTY_SECONDS (default 10) is how long the mixed load lasts, LOYALTY_CRASHES
# (default 5) how often the server is killed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{LOYALTY_SECONDS} // 10;
my $crashes = $ENV{LOYALTY_CRASHES} // 5;
my $seed = $ENV{LOYALTY_SEED} // 20261121;
srand($seed);
diag("LOYALTY_SEED=$seed");

my $node = PostgreSQL::Test::Cluster->new('ledger');
$node->init(allows_streaming => 1, extra => [ '--no-locale', '-E', 'UTF8' ]);
$node->append_conf('postgresql.conf', "max_connections = 100\nfsync = on\nlog_min_messages = error");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION loyalty;
	CALL create_points_ledger('public', 'club', grace => '1 hour');
});
my $temp = PostgreSQL::Test::Utils::tempdir;
sub script { my ($name, $sql) = @_; open my $f, '>', "$temp/$name" or die $!; print {$f} $sql; close $f; return "$temp/$name"; }
sub pgbench { my (@args) = @_; return run_log([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, @args, 'postgres' ]); }
sub well
{
	my ($when) = @_;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM club_verify()'), '0', "every account equals the fold of its journal: $when");
	is($node->safe_psql('postgres', 'SELECT sum(points) FROM club_trial_balance'), '0', "the books add up to 0: $when");
}

# ---- of k concurrent redemptions of c against B exactly B/c succeed ----
for my $level ('read committed', 'repeatable read', 'serializable')
{
	my $account = $level =~ s/ /-/r;
	$node->safe_psql('postgres', "SELECT club_earn('$account', 'start', 1000)");
	my $redeem = script('redeem.sql', "\\set k random(1, 9000000000000000)\nSELECT club_redeem('$account', 'gift ' || :k::bigint, 30);\n");
	local $ENV{PGOPTIONS} = "-c default_transaction_isolation=" . ($level =~ s/ /\\ /r);
	# who finds too little gives up, as a shop would; who meets another one under a snapshot tries again
	pgbench('-c', '50', '-j', '2', '-t', '40', '--max-tries=1000', '-f', $redeem);
	is($node->safe_psql('postgres', "SELECT count(*) FILTER (WHERE kind = 'redeem'), min(available) FROM club_entry WHERE account = '$account'"), '33|10',
		"$level: fifty clients redeem 30 of 1000 points: thirty-three times");
}
well('after fifty clients on one account');

# ---- everything at once ----
$node->safe_psql('postgres', q{SELECT club_earn('account ' || g, 'start', 1000) FROM generate_series(0, 19) g});
my $mixed = script('mixed.sql', <<'SQL');
\set a random(0, 19)
\set b (:a + random(1, 19)) % 20
\set k random(1, 9000000000000000)
\set what random(1, 7)
\if :what = 1
SELECT club_earn('account ' || :a, 'earn ' || :k::bigint, 50, until_at => now() + random() * interval '5 seconds');
\elif :what = 2
SELECT club_redeem('account ' || :a, 'redeem ' || :k::bigint, 20) FROM club_account WHERE account = 'account ' || :a AND available > 200;
\elif :what = 3
SELECT club_transfer('account ' || :a, 'account ' || :b, 'move ' || :k::bigint, 10) FROM club_account WHERE account = 'account ' || :a AND available > 200;
\elif :what = 4
SELECT club_hold('account ' || :a, 'hold ' || :k::bigint, 15, until_at => now() + random() * interval '2 seconds') FROM club_account WHERE account = 'account ' || :a AND available > 200;
\elif :what = 5
SELECT club_refund(account, 'refund ' || :k::bigint, key, 1) FROM (SELECT account, key FROM club_entry WHERE account = 'account ' || :a AND kind = 'redeem' ORDER BY seq DESC LIMIT 1) e;
\elif :what = 6
SELECT club_reverse(account, 'reverse ' || :k::bigint, key, 1) FROM (SELECT account, key FROM club_entry WHERE account = 'account ' || :a AND kind = 'earn' ORDER BY seq DESC LIMIT 1) e;
\else
SELECT club_earn_many(ARRAY['account ' || :a, 'account ' || :b], ARRAY['one ' || :k::bigint, 'two ' || :k::bigint], '{40,40}');
\endif
SQL
my ($out, $err) = ('', '');
IPC::Run::run([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', '16', '-j', '2', '-T', $seconds, '-f', $mixed, 'postgres' ], '>', \$out, '2>', \$err);
unlike($err, qr/deadlock/i, 'no deadlock reaches a client');
my @errors = grep { /ERROR/ && !/insufficient points|points exceed what is left/ } split /\n/, $err;
is_deeply(\@errors, [], 'nor anything else but what the rules refuse');
cmp_ok($node->safe_psql('postgres', q{SELECT count(DISTINCT kind) FROM club_entry WHERE account LIKE 'account %'}), '>=', 7, 'every kind of entry was there');
well("after $seconds seconds of everything at once");

# ---- kill -9: what was acknowledged is there, and nothing half ----
$node->safe_psql('postgres', q{SELECT club_earn('crash ' || g, 'start', 1000000) FROM generate_series(0, 9) g});
my $lost = 0;
my $acknowledged = 0;
for my $crash (1 .. $crashes)
{
	# a client that writes down what was acknowledged
	my $log = "$temp/acknowledged.$crash";
	my $sql = join '', map { my $a = int rand 10; my $k = "c$crash-$_"; $_ % 3 ? "SELECT club_redeem('crash $a', '$k', 1);\n\\echo crash $a|$k\n"
		: "SELECT club_transfer('crash $a', 'crash " . ($a + 1) % 10 . "', '$k', 2);\n\\echo crash $a|$k\n" } 1 .. 20000;
	my $file = script("crash.$crash.sql", $sql);
	my $client = IPC::Run::start([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-d', 'postgres', '-f', $file ], '>', $log, '2>', '/dev/null');
	select undef, undef, undef, 0.2 + rand 0.5;
	my @children = split /\n/, qx{pgrep -P $node->{_pid}};
	$node->kill9;
	kill 9, @children;
	$client->finish;
	# what is left of it goes within moments
	for (1 .. 100)
	{
		last unless kill 0, @children;
		select undef, undef, undef, 0.1;
	}
	$node->start;
	my @known = grep { /\|c$crash-/ } split /\n/, slurp_file($log);
	$acknowledged += @known;
	my %there = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', "SELECT account || '|' || key FROM club_entry WHERE key LIKE 'c$crash-%'");
	$lost += grep { !$there{$_} } @known;
}
cmp_ok($acknowledged, '>', 10 * $crashes, "$acknowledged entries were acknowledged before $crashes crashes");
is($lost, 0, 'every one is there');
well("after $crashes crashes");

# ---- a standby answers ----
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', q{SELECT club_earn('crash 0', 'after the backup', 5)});
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
my $facts = q{SELECT md5(string_agg(account || ' ' || club_balance(account, '2100-01-01') || ' ' || club_ledger(account), E'\n' ORDER BY account)) FROM club_account};
my $before = $node->safe_psql('postgres', $facts);
is($standby->safe_psql('postgres', $facts), $before, 'a standby gives the same balances and ledgers');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM club_verify()'), '0', 'and verifies');
my ($code, undef, $refusal) = $standby->psql('postgres', q{SELECT club_earn('crash 0', 'on a standby', 5)});
like($refusal, qr/read-only transaction|during recovery/, 'but posts nothing');
$standby->stop;

# ---- dump and restore ----
for my $format (qw(plain custom))
{
	my $dump = "$temp/dump.$format";
	$node->command_ok([ 'pg_dump', '-F', substr($format, 0, 1), '-f', $dump, 'postgres' ], "pg_dump, $format");
	$node->safe_psql('postgres', "CREATE DATABASE r_$format TEMPLATE template0");
	$node->command_ok($format eq 'plain' ? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', "r_$format", '-f', $dump ] : [ 'pg_restore', '-e', '-d', "r_$format", $dump ], "restore, $format");
	is($node->safe_psql("r_$format", $facts), $before, "identical, $format");
	is($node->safe_psql("r_$format", 'SELECT count(*) FROM club_verify()'), '0', "verified, $format");
	is($node->safe_psql("r_$format", q{SELECT club_earn('crash 1', 'after the restore', 5) IS NOT NULL}), 't', "life goes on, $format");
}

# ---- without the extension: every table and view answers as before ----
my @views = qw(balance lots expiring allocation history trial_balance account lot entry settings);
sub everything { my ($database) = @_; return join "\n", map { "$_ " . $node->safe_psql($database, "SELECT count(*), md5(string_agg(t::text, E'\n' ORDER BY t::text)) FROM club_$_ t") } @views; }
$before = everything('r_plain');
$node->safe_psql('r_plain', 'DROP EXTENSION loyalty CASCADE');
is(everything('r_plain'), $before, 'DROP EXTENSION CASCADE leaves every table and view');
like(($node->psql('r_plain', 'CALL club_refresh()'))[2], qr/extension "loyalty" is not installed/, 'a refresh says what it misses');
$node->safe_psql('r_plain', 'CREATE EXTENSION loyalty; CALL club_refresh()');
is($node->safe_psql('r_plain', 'SELECT count(*) FROM club_verify()'), '0', 'and it can come back');
$before = everything('postgres');
my $bare = slurp_file("$temp/dump.plain") =~ s/^(?:CREATE|COMMENT ON) EXTENSION .*loyalty.*\n//mgr;
$node->safe_psql('postgres', 'CREATE DATABASE bare TEMPLATE template0');
run_log([ 'psql', '-Xq', '-h', $node->host, '-p', $node->port, '-d', 'bare', '-f', script('dump.bare', $bare) ]);
is(everything('bare'), $before, 'a dump restored where the extension is not there has everything');
is($node->safe_psql('bare', q{SELECT count(*) FROM pg_proc WHERE proname LIKE 'club\_%'}), 19, 'and all functions but the one that returns its type');
$node->safe_psql('bare', 'CREATE EXTENSION loyalty; CALL refresh_points_ledger(current_schema(), $$club$$)');
is($node->safe_psql('bare', 'SELECT count(*) FROM club_verify()'), '0', 'which comes with it');

# ---- row security: a user of one account, through functions that run as the owner ----
$node->safe_psql('postgres', q{
	CREATE ROLE ledger_owner; CREATE ROLE ann LOGIN; CREATE ROLE ben LOGIN;
	CREATE SCHEMA own AUTHORIZATION ledger_owner;
	SET ROLE ledger_owner;
	CALL create_points_ledger('own', 'club');
	ALTER TABLE own.club_account ENABLE ROW LEVEL SECURITY; ALTER TABLE own.club_account FORCE ROW LEVEL SECURITY;
	ALTER TABLE own.club_entry ENABLE ROW LEVEL SECURITY; ALTER TABLE own.club_entry FORCE ROW LEVEL SECURITY;
	ALTER TABLE own.club_lot ENABLE ROW LEVEL SECURITY; ALTER TABLE own.club_lot FORCE ROW LEVEL SECURITY;
	CREATE POLICY own_account ON own.club_account USING (account = session_user);
	CREATE POLICY own_account ON own.club_entry USING (account = session_user);
	CREATE POLICY own_account ON own.club_lot USING (account = session_user);
	GRANT USAGE ON SCHEMA own TO ann, ben;
	GRANT SELECT ON own.club_history TO ann, ben;
	GRANT EXECUTE ON FUNCTION own.club_earn, own.club_redeem, own.club_balance(text, timestamptz) TO ann, ben;
});
sub as { my ($user, $sql) = @_; my ($code, $stdout, $stderr) = $node->psql('postgres', $sql, extra_params => [ '-U', $user ]); return $code == 0 ? $stdout : $stderr; }
is(as('ann', q{SELECT own.club_earn('ann', 'order', 10)}), '10', 'a user works with the account of the same name');
like(as('ben', q{SELECT own.club_redeem('ann', 'theft', 10)}), qr/row-level security|cannot be seen/, 'and with no other');
is(as('ben', q{SELECT own.club_balance('ann')}), '0', 'nor sees what is there');
is(as('ben', q{SELECT count(*) FROM own.club_history}), '0', 'in its history either');
is(as('ann', q{SELECT balance FROM own.club_history}), '10', 'its owner does');

$node->stop;
done_testing();
