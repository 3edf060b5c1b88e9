#!/usr/bin/perl
#
# 01_doc.pl: the documentation is executed.
#
#	perl test/t/01_doc.pl [FILE...]				compare
#	perl test/t/01_doc.pl --update [FILE...]	rewrite the printed answers in place
#
# Without FILE: README.md and doc/*.md.  A running server is found as psql finds
# it (PGHOST, PGPORT, PGUSER); loyalty must be installed in it.
#
# Conventions of the documents:
#	```sql			is executed.
#	```				without a language, directly after it (blank lines between), is
#					what psql -X prints for it: compared line by line, trailing
#					blanks ignored.  To write a new one leave it empty and --update.
#	no such block	the statements must succeed; results are not looked at.
#	```sh ```console ```text	are not executed.  No other fence is allowed, so
#					that nothing is skipped by a misspelling.
# The blocks of a file are one session in a fresh database that has the extension
# and the sample shop of test/sample.sql.  An expected error is written down like
# any other output.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp;
use IPC::Run;
use Test::More;

my $root = abs_path(dirname(abs_path($0)) . '/../..');
my $update = @ARGV && $ARGV[0] eq '--update' ? shift @ARGV : 0;
my @files = @ARGV ? @ARGV : grep { -e } ("$root/README.md", sort glob("$root/doc/*.md"));

my $template = "loyalty_doc_template_$$";
my @databases;

# everything that colours output and is not the documents' subject
delete @ENV{qw(PGDATABASE PGSERVICE PGTZ PGDATESTYLE PSQLRC PSQL_PAGER)};
$ENV{PAGER} = '';
$ENV{LC_ALL} = 'C';
$ENV{PGCLIENTENCODING} = 'UTF8';
$ENV{PGOPTIONS} = join ' ', map { "-c $_" }
	qw(datestyle=ISO timezone=UTC intervalstyle=postgres extra_float_digits=1 lc_messages=C lc_monetary=C lc_numeric=C statement_timeout=60s);

# Runs psql on a script.  Standard error joins standard output in the order a
# terminal would show.
sub psql
{
	my ($database, $script, @options) = @_;
	my $output = '';
	my $ok = IPC::Run::run([ 'psql', '-X', @options, '-d', $database ], '<', \$script, '>&', \$output);
	return ($ok, $output);
}

sub psql_or_bail
{
	my ($database, $script) = @_;
	my ($ok, $output) = psql($database, $script, '-q', '-v', 'ON_ERROR_STOP=1');
	BAIL_OUT("cannot prepare the databases of the documentation test:\n$output") unless $ok;
	return;
}

sub create_template
{
	my $made = "CREATE DATABASE $template TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'";
	psql_or_bail('postgres', $made);
	push @databases, $template;
	psql_or_bail($template, "CREATE EXTENSION loyalty;\n" . slurp("$root/test/sample.sql"));
	return;
}

sub create_database
{
	create_template() unless @databases;
	my $database = "loyalty_doc_${$}_" . scalar @databases;
	psql_or_bail('postgres', "CREATE DATABASE $database TEMPLATE $template");
	push @databases, $database;
	return $database;
}

END
{
	my $status = $?;
	psql('postgres', join('', map { "DROP DATABASE IF EXISTS $_ WITH (FORCE);\n" } @databases), '-q') if @databases;
	$? = $status;
}

sub slurp
{
	my ($path) = @_;
	open my $in, '<', $path or BAIL_OUT("cannot read $path: $!");
	local $/ = undef;
	my $text = <$in>;
	close $in;
	return $text;
}

# The lines of an output, without what does not count: trailing blanks, and blank
# lines at either end.
sub comparable
{
	my @lines = @_;
	s/\s+$// for @lines;
	shift @lines while @lines && $lines[0] eq '';
	pop @lines while @lines && $lines[-1] eq '';
	return @lines;
}

# Finds the fences of a document.  Returns its sql blocks, each
#	{ line, sql => [lines], indent, expected => [lines], from, to }
# (the last three only where an output block follows: its content is lines
# from..to, counted from 0, to exclusive), and what is wrong with its fences.
sub parse
{
	my ($name, @lines) = @_;
	my (@blocks, @faults);
	my $awaiting;    # sql block whose output may come next
	my $nr = 0;

	while ($nr < @lines)
	{
		my $line = $lines[ $nr++ ];
		if ($line !~ /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/)
		{
			$awaiting = undef if $line =~ /\S/;
			next;
		}
		my ($indent, $fence, $language) = ($1, $2, $3);
		my $opened = $nr;    # the fence's line number, from 1
		my @content;
		my $closed = 0;
		while ($nr < @lines)
		{
			my $inner = $lines[ $nr++ ];
			if ($inner =~ /^\s*\Q$fence\E\s*$/) { $closed = 1; last; }
			$inner =~ s/^\Q$indent\E//;
			push @content, $inner;
		}
		push @faults, "$name:$opened: this fence is never closed" unless $closed;

		if ($fence eq '```' && $language eq 'sql')
		{
			$awaiting = { line => $opened, sql => \@content, indent => $indent };
			push @blocks, $awaiting;
			next;
		}
		if ($fence eq '```' && $language eq '')
		{
			if ($awaiting)
			{
				@$awaiting{qw(expected from to indent)} = (\@content, $opened, $opened + @content, $indent);
			}
			else
			{
				push @faults, "$name:$opened: a fence without a language is the output of the sql block directly before it, and there is none; plain text is \`\`\`text";
			}
		}
		elsif ($fence ne '```' || $language !~ /^(?:sh|console|text)$/)
		{
			push @faults, "$name:$opened: fence '$fence$language' is none of \`\`\`sql \`\`\`sh \`\`\`console \`\`\`text";
		}
		$awaiting = undef;
	}
	return (\@blocks, \@faults);
}

# Whether the session would wait for the rest of the last statement
sub is_unfinished
{
	my @lines = grep { !/^\s*(?:--.*)?$/ } @_;
	return 1 unless @lines;
	(my $last = $lines[-1]) =~ s/\s*--[^';]*$//;
	return $last !~ /;\s*$/ && $last !~ /\\[a-z?!]/;
}

# Runs the blocks in one session; stores in each its output, undef where the
# session did not reach its end.
sub execute
{
	my ($database, $blocks) = @_;
	my $mark = "documentation-test-$$-" . time();
	my $script = '';
	for my $i (0 .. $#$blocks)
	{
		# Without an expected output the results go nowhere, and what still
		# appears is a message.
		my ($before, $after) = $blocks->[$i]{expected} ? ('', '') : ("\\set QUIET on\n\\o /dev/null\n", "\\o\n\\set QUIET off\n");
		# what an unfinished statement left behind must not run with the next block
		$after = "\\set QUIET on\n\\r\n\\set QUIET off\n$after" if is_unfinished(@{ $blocks->[$i]{sql} });
		$script .= join "\n", "\\echo $mark $i begin", $before . join("\n", @{ $blocks->[$i]{sql} }), "$after\\echo $mark $i end", '';
	}
	my (undef, $output) = psql($database, $script);
	for my $i (0 .. $#$blocks)
	{
		$blocks->[$i]{output} = $output =~ /^$mark $i begin\n(.*?)^$mark $i end\n/ms ? [ split /\n/, $1, -1 ] : undef;
		$blocks->[$i]{tail} = $output =~ /^$mark $i begin\n(.*)/ms ? $1 : '';
	}
	return;
}

# Messages in the output of a block whose results were thrown away, other than
# notices and warnings with the lines that belong to them
sub complaints
{
	my @complaints;
	my $harmless = 0;
	for my $line (@_)
	{
		next if $line eq '';
		if ($line =~ /^(?:DEBUG|LOG|INFO|NOTICE|WARNING):  /) { $harmless = 1; next; }
		next if $harmless && $line =~ /^(?:DETAIL|HINT|CONTEXT|LINE \d+|\s)/;
		$harmless = 0;
		push @complaints, $line;
	}
	return @complaints;
}

sub difference
{
	my ($expected, $actual, $title) = @_;
	my @temporary = map {
		my $file = File::Temp->new;
		binmode $file;
		print $file map { "$_\n" } @$_;
		close $file;
		$file
	} ($expected, $actual);
	my $output = '';
	IPC::Run::run([ 'diff', '-u', '--label', "$title (documented)", '--label', "$title (actual)", map { $_->filename } @temporary ],
		'>', \$output);
	return $output;
}

# One test per block
sub check
{
	my ($name, $block) = @_;
	my $title = "$name:$block->{line}";
	my $problem;

	if (is_unfinished(@{ $block->{sql} }))
	{
		$problem = "$title: the block does not end with a complete statement";
	}
	elsif (!defined $block->{output})
	{
		my $tail = join "\n", grep { defined } (split /\n/, $block->{tail})[ 0 .. 19 ];
		$problem = "$title: the session did not come to the end of this block\n$tail";
	}
	elsif ($block->{expected})
	{
		my @expected = comparable(@{ $block->{expected} });
		my @actual = comparable(@{ $block->{output} });
		$problem = "$title: prints something else than line $block->{from} on says\n" . difference(\@expected, \@actual, $title)
			if join("\n", @expected) ne join("\n", @actual);
	}
	elsif (my @complaints = complaints(@{ $block->{output} }))
	{
		$problem = "$title: fails\n" . join "\n", @complaints;
	}
	ok(!$problem, $title) or diag($problem);
	return;
}

# Puts the actual outputs into the document.  An error is never written where
# none was before.
sub rewrite
{
	my ($path, $name, $lines, $blocks) = @_;
	my $changed = 0;
	for my $block (reverse @$blocks)
	{
		my $title = "$name:$block->{line}";
		if (is_unfinished(@{ $block->{sql} }) || !defined $block->{output})
		{
			fail($title);
			diag("$title: not a complete block, nothing written");
			next;
		}
		my @actual = comparable(@{ $block->{output} });
		if (!$block->{expected})
		{
			my @complaints = complaints(@actual);
			ok(!@complaints, $title) or diag(join "\n", "$title: fails", @complaints);
			next;
		}
		my $had_error = grep { /^ERROR:  / } @{ $block->{expected} };
		my ($error) = grep { /^ERROR:  / } @actual;
		if ($error && !$had_error)
		{
			fail($title);
			diag("$title: fails, nothing written (to document an error, begin the output block with its ERROR: line)\n$error");
			next;
		}
		pass($title);
		next if join("\n", @actual) eq join("\n", @{ $block->{expected} });
		splice @$lines, $block->{from}, $block->{to} - $block->{from}, map { $_ eq '' ? '' : "$block->{indent}$_" } @actual;
		$changed++;
	}
	return unless $changed;
	open my $out, '>', $path or BAIL_OUT("cannot write $path: $!");
	print $out map { "$_\n" } @$lines;
	close $out or BAIL_OUT("cannot write $path: $!");
	diag("$name: $changed output blocks rewritten");
	return;
}

for my $path (@files)
{
	(my $name = $path) =~ s{^\Q$root\E/}{};
	my @lines = split /\n/, slurp($path), -1;
	pop @lines if @lines && $lines[-1] eq '';
	my ($blocks, $faults) = parse($name, @lines);
	ok(!@$faults, "$name: fences") or diag(join "\n", @$faults);
	next unless @$blocks;
	execute(create_database(), $blocks);
	if ($update)
	{
		rewrite($path, $name, \@lines, $blocks);
	}
	else
	{
		check($name, $_) for @$blocks;
	}
}
done_testing();
