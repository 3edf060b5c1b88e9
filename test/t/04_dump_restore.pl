# A dump and restore of stored digests, and of a materialized view over them, is
# identical; so is what a standby answers, and what is there after a crash.
use strict;
use warnings;
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1, extra => [ '--no-locale', '-E', 'UTF8' ]);
$node->start;

$node->safe_psql('postgres', q{
	CREATE SCHEMA "Odd ""name";
	CREATE EXTENSION loyalty SCHEMA "Odd ""name";
	SET search_path = "Odd ""name", public;
	CREATE TABLE public.orders AS
	SELECT g % 300 AS customer, date '2023-01-01' + (g * 7919) % 700 AS day, ((g * 104729) % 100000 - 4000) / 100.0 AS amount FROM generate_series(1, 6000) g;
	CREATE TABLE public.digests AS SELECT customer, purchase_digest(day, amount) AS p FROM public.orders GROUP BY customer;
	INSERT INTO public.digests VALUES (-1, '{}'), (-2, NULL), (-3, '{-4713-11-24 -0.000001 x0, 294276-12-31 123456789012}');
	-- one too large for a page
	INSERT INTO public.digests SELECT -4, purchase_digest(date '1990-01-01' + g, g * 1234567.89) FROM generate_series(1, 9000) g;
	ALTER TABLE public.digests ADD PRIMARY KEY (customer);
	CREATE INDEX by_digest ON public.digests USING hash (p);
	CREATE MATERIALIZED VIEW public.scores AS
	SELECT customer, p, frequency(p), total_spend(p), churn_score(p, '2025-01-01'), slice(p, daterange('2023-06-01', '2024-01-01')) AS half FROM public.digests;
});

my $facts = q{SELECT md5(string_agg(t::text, E'\n' ORDER BY t::text)) FROM %s t};
my %before = map { $_ => $node->safe_psql('postgres', sprintf($facts, $_)) } qw(digests scores);

for my $format (qw(plain custom))
{
	my $dump = $node->backup_dir . "/dump.$format";
	mkdir $node->backup_dir;
	$node->command_ok([ 'pg_dump', '-F', substr($format, 0, 1), '-f', $dump, 'postgres' ], "pg_dump, $format");
	$node->safe_psql('postgres', "CREATE DATABASE r_$format TEMPLATE template0");
	$node->command_ok($format eq 'plain' ? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', "r_$format", '-f', $dump ] : [ 'pg_restore', '-e', '-d', "r_$format", $dump ], "restore, $format");
	is($node->safe_psql("r_$format", sprintf($facts, $_)), $before{$_}, "$_ is identical, $format") for qw(digests scores);
	$node->safe_psql("r_$format", 'REFRESH MATERIALIZED VIEW scores');
	is($node->safe_psql("r_$format", sprintf($facts, 'scores')), $before{scores}, "and after a refresh, $format");
}

# binary COPY to a file and back
my $file = $node->data_dir . '/digests.bin';
$file = getcwd() . "/$file" unless $file =~ m{^/};
$node->safe_psql('postgres', qq{COPY digests TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE digests); COPY copied FROM '$file' (FORMAT binary)});
is($node->safe_psql('postgres', 'SELECT count(*) FROM digests d JOIN copied c USING (customer) WHERE d.p::text IS DISTINCT FROM c.p::text'), '0', 'binary COPY is identical');

# a standby answers the same
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', sprintf($facts, $_)), $before{$_}, "$_ is identical on a standby") for qw(digests scores);
is($standby->safe_psql('postgres', q{SET search_path = "Odd ""name", public; SELECT total_spend(rollup(p)) = (SELECT sum(total_spend(p)) FROM digests WHERE customer >= -2) FROM digests WHERE customer >= -2}), 't', 'and it aggregates there');
$standby->stop;

# kill -9
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', sprintf($facts, 'digests')), $before{digests}, 'after a crash');

# the extension goes, with what depends on it; the orders stay
$node->safe_psql('postgres', 'DROP EXTENSION loyalty CASCADE');
is($node->safe_psql('postgres', 'SELECT count(*) FROM orders'), '6000', 'DROP EXTENSION CASCADE leaves the tables of the business alone');

# a database owner who is no superuser can install it: the extension is trusted
$node->safe_psql('postgres', q{CREATE ROLE loyalty_shopkeeper LOGIN; CREATE DATABASE shop OWNER loyalty_shopkeeper});
is($node->safe_psql('shop', q{CREATE EXTENSION loyalty; SELECT frequency('{2024-01-05 1, 2024-01-06 1}')}, extra_params => [ '-U', 'loyalty_shopkeeper' ]), '1', 'a database owner installs and uses it');
$node->safe_psql('shop', q{CREATE SCHEMA analytics; ALTER EXTENSION loyalty SET SCHEMA analytics});
is($node->safe_psql('shop', q{SELECT analytics.frequency('{2024-01-05 1, 2024-01-06 1}')}), '1', 'and a superuser moves it to another schema');

$node->stop;
done_testing();
