#!/usr/bin/perl
#
# 02_demo.pl: test/demo.sh as a shop owner uses it.
#
# On the sample and on good files it prints a report; on a wrong file it prints
# one short message on standard error that says what, where and what to do, and
# nothing else.  It starts its own servers; PG_CONFIG chooses the PostgreSQL.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp;
use IPC::Run;
use Test::More;

my $root = abs_path(dirname(abs_path($0)) . '/../..');
my $demo = "$root/test/demo.sh";
my $directory = File::Temp->newdir;

# where the demo keeps what it makes; another user, who runs its server when this
# one is root, must reach it
my $temporary = "$directory/tmp";
mkdir $temporary or die "cannot make $temporary: $!";
chmod 0755, $directory, $temporary;
$ENV{TMPDIR} = $temporary;

sub demo
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');
	my $input = ref $arguments[-1] ? pop @arguments : \'';
	IPC::Run::run([ 'sh', $demo, @arguments ], '<', $input, '>', \$out, '2>', \$err, IPC::Run::timeout(300));
	return ($? >> 8, $out, $err);
}

sub file
{
	my ($name, $content) = @_;
	my $path = "$directory/$name";
	open my $file, '>:raw', $path or die "cannot write $path: $!";
	print $file $content;
	close $file;
	return $path;
}

# A report appears, with nothing on standard error, and says what it should
sub reports
{
	my ($arguments, $title, @patterns) = @_;
	my ($status, $out, $err) = demo(@$arguments);
	subtest $title => sub {
		is($status, 0, 'exit status');
		is($err, '', 'no complaint');
		like($out, $_, "says $_") for qr/^WHO CARRIES THE REVENUE$/m, qr/^CALL THESE CUSTOMERS THIS WEEK$/m, qr/^A COFFEE CARD$/m, @patterns;
		unlike($out, qr/ERROR|WARNING|\#\#\#/, 'nothing went wrong inside');
		is(scalar(grep { length > 100 } split /\n/, $out), 0, 'fits into 100 columns');
		is_deeply([ glob "$temporary/*" ], [], 'leaves nothing behind');
	};
	return;
}

# Exactly one message, and nothing was begun
sub refuses
{
	my ($arguments, $title, $pattern) = @_;
	my ($status, $out, $err) = demo(@$arguments);
	subtest $title => sub {
		isnt($status, 0, 'exit status');
		like($err, $pattern, 'says what is wrong');
		like($err, qr/\Ademo: [^\n]{1,400}\n\z/, 'in one line');
		is($out, '', 'before anything was begun');
		is_deeply([ glob "$temporary/*" ], [], 'leaves nothing behind');
	};
	return;
}

# help

{
	my ($status, $out, $err) = demo('--help');
	is($status, 0, '--help: exit status');
	like($out, qr/^usage: sh test\/demo\.sh/, '--help: says how to call it');
	is($err, '', '--help: no complaint');
}

# wrong calls and wrong files

my $head = "customer_id,ordered_at,amount\n";
my $rows = "1,2024-01-01,10\n2,2024-01-02,20\n";

refuses(['--colour'], 'unknown option', qr/no option --colour/);
refuses([ 'a.csv', 'b.csv' ], 'two files', qr/one file/);
refuses(['--customer'], 'option without its value', qr/--customer needs/);
refuses([ '--customer', 'x' ], 'column without a file', qr/no file/);
refuses(["$directory/none.csv"], 'missing file', qr/no file .*none\.csv/);
refuses([''], 'empty name', qr/name of the file is empty/);
refuses(["$directory"], 'directory', qr/is a directory/);
refuses([ file('empty.csv', '') ], 'empty file', qr/empty\.csv is empty/);
refuses([ file('blank.csv', "\n\r\n \n") ], 'blank lines only', qr/blank\.csv is empty/);
refuses(['/dev/null'], 'device without content', qr{/dev/null is empty});
refuses([ '-', \'' ], 'empty standard input', qr/standard input is empty/);
refuses([ file('header.csv', $head) ], 'header only', qr/header and no orders/);
refuses([ file('junk.csv', join '', map { chr($_ * 37 % 256) } 1 .. 5000) ], 'binary junk', qr/no text file/);
refuses([ file('nul.csv', "$head$rows\0") ], 'a NUL byte far in', qr/no text file/);
refuses([ file('book.xlsx', "PK\x03\x04abc\0\0") ], 'Excel workbook', qr/Excel.*save.*CSV/);
refuses([ file('orders.csv.gz', "\x1f\x8b\x08\0abc") ], 'gzip', qr/gunzip/);
refuses([ file('utf16.csv', "\xff\xfec\0u\0s\0t\0") ], 'UTF-16', qr/UTF-16/);
refuses([ file('names.csv', "a,b,c\nx,y,z\n") ], 'no column with a known name', qr/which column .* is the customer.*a, b, c.*--customer COL/);
refuses([ file('noamount.csv', "customer_id,ordered_at,what\n1,2024-01-01,tea\n") ], 'no amount', qr/is the amount.*--amount COL/);
refuses([ file('unitprice.csv', "CustomerID,InvoiceDate,Quantity,UnitPrice\n1,2024-01-01,6,2.55\n") ], 'a unit price is no amount', qr/is the amount/);
refuses([ file('price.csv', "customer,date,qty,price\n1,2024-01-01,6,2.55\n") ], 'price and quantity', qr/a price and a quantity.*--amount price/);
refuses([ file('nodate.csv', "customer_id,amount,when\n1,5,yesterday\n") ], 'no date', qr/is the date.*--date COL/);
refuses([ file('twodates.csv', "customer_id,amount,x,y\n1,5,2024-01-01,2024-01-02\n") ], 'two possible dates', qr/is the date/);
refuses([ '--amount', 'gross', file('noname.csv', "$head$rows") ], 'no such column', qr/no column "gross" \(--amount\).*customer_id, ordered_at, amount/);
refuses([ file('nohead.csv', $rows) ], 'no header', qr/line 1: .*first line/);
refuses([ file('amount.csv', "$head${rows}3,2024-01-03,abc\n") ], 'bad amount', qr/amount\.csv, line 4: "abc" is no amount \(column "amount"\)/);
refuses([ file('noamt.csv', "$head${rows}3,2024-01-03,\n") ], 'empty amount', qr/line 4: the amount is empty/);
refuses([ file('comma.csv', "$head${rows}3,2024-01-03,\"12,50\"\n") ], 'decimal comma between commas', qr/line 4: "12,50" is no amount/);
refuses([ file('nan.csv', "$head${rows}3,2024-01-03,NaN\n") ], 'not a number', qr/line 4: "NaN"/);
refuses([ file('huge.csv', "$head${rows}3,2024-01-03,99999999999999999999\n") ], 'huge amount', qr/line 4: .* too large/);
refuses([ file('date.csv', "$head${rows}3,03\/01\/2024,5\n") ], 'bad date', qr/date\.csv, line 4: "03\/01\/2024" is no date \(column "ordered_at"\)/);
refuses([ file('leap.csv', "$head${rows}3,2023-02-29,5\n") ], 'no such day', qr/line 4: "2023-02-29" is no date/);
refuses([ file('hour.csv', "$head${rows}3,2024-02-29 25:00,5\n") ], 'no such hour', qr/line 4: "2024-02-29 25:00" is no date/);
refuses([ file('quoted.csv', qq{$head"a\nb",2024-01-01,1\n3,x,5\n}) ], 'line number after a quoted line end', qr/line 4: "x" is no date/);
refuses([ file('quote.csv', qq{$head"3,2024-01-01,5\n$rows}) ], 'quote never closed', qr/line 2: a quote is opened/);
refuses([ file('short.csv', "$head${rows}3,2024-01-03\n") ], 'too few fields', qr/line 4: has 2 fields/);
refuses([ file('long.csv', "$head${rows}3,2024-01-03,1,234.50\n") ], 'too many fields', qr/line 4: has 4 fields/);
refuses([ file('nobody.csv', "$head,2024-01-03,1\n") ], 'no customer anywhere', qr/customer .* is empty in every line/);
refuses([ file('returns.csv', "${head}1,2024-01-03,-1\n") ], 'only returns', qr/only returns/);

SKIP:
{
	my $path = file('secret.csv', "$head$rows");
	chmod 0, $path;
	skip 'this user may read everything', 1 if -r $path;
	refuses([$path], 'unreadable file', qr/may not be read/);
}

# good ones

reports([], 'the sample', qr/^Customers: 5,000\. Orders: 46,639, from 1 January 2023 to 31 December 2025\.$/m,
	qr/^Revenue: 1,647,709\.38, after returns \(1,428\) of 42,475\.07\.$/m, qr/buys every \d+ days, silent for \d+/);

my $shop = qq{\xef\xbb\xbf"Order Total",note,Customer ID,"Order Date"\r\n}
	. qq{10.50,"first, of ""two""\r\nlines",ann\@example.com,2024-01-05 10:00\r\n}
	. qq{"20",,ann\@example.com,2024-02-05T11:30:00Z\r\n}
	. qq{-5.25,"back",ann\@example.com,2024-02-09\r\n}
	. qq{\r\n}
	. qq{7,x,"O'Neill \\ Sons",2024-02-10\r\n}
	. qq{7,guest,,2024-02-10\r\n};
# readable to nobody but the one who runs the demo
mkdir "$directory/private", 0700;
chmod 0600, file('private/shop.csv', $shop);
reports(["$directory/private/shop.csv"], 'shuffled columns, quotes, CRLF, BOM, in a private file',
	qr/^Customers: 2\. Orders: 3, from 5 January 2024 to 10 February 2024\.$/m,
	qr/^Revenue: 32\.25, after returns \(1\) of 5\.25\.$/m,
	qr/^ ann\@example\.com +\| +25\.25 +\| +2 \|/m,
	qr/^ O'Neill \\ Sons +\|/m,
	qr/^Lines without a customer, left out: 1\.$/m);

reports([ '--customer=Kunde', '--date', 'Tag', '--amount', 'betrag', '-', \"Kunde;Betrag;Tag\nM\xfcller;1234,50;2024-03-01\nM\xfcller;5;20240401\n" ],
	'semicolons, decimal commas, Latin-1, named columns, standard input',
	qr/^Revenue: 1,239\.50/m, qr/^ M\xc3\xbcller +\| +1,239\.50/m);

reports([ file('one.csv', "client,day,total\n7,2024-01-01,1\n") ], 'a single order', qr/^Customers: 1\. Orders: 1,/m);

reports([ file('free.csv', "client,day,total\n7,2024-01-01,0\n8,2024-01-02,0\n") ], 'orders without value',
	qr/^Revenue: 0\.00/m, qr/^No customer has brought revenue yet\.$/m);

done_testing();
