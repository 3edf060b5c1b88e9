# demo.awk: reads a shop's CSV file for demo.sh and checks every line of it.
#
#	DEMO_FILE=NAME DEMO_NOTES=FILE [DEMO_CUSTOMER=COL] [DEMO_DATE=COL] [DEMO_AMOUNT=COL] awk -f demo.awk <CSV >ROWS
#
# ROWS is PostgreSQL's COPY text format: customer, time, amount.  The notes are
# what the reader of the report should know.  The first thing wrong goes to
# standard error as one line that says where and what to do; exit status 1.
# (Parameters come by environment: awk -v would interpret backslashes.)
#
# POSIX awk in the C locale; no interval expressions (mawk has none).

function fail(message)
{
	print "demo: " message | "cat >&2"
	close("cat >&2")
	failed = 1
	exit 1
}

function wrong(line, message)
{
	fail(name ", line " line ": " message)
}

function shown(value)
{
	if (length(value) > 40)
		value = substr(value, 1, 37) "..."
	gsub(/[\001-\037]/, " ", value)
	return "\"" value "\""
}

function trim(value)
{
	sub(/^[ \t]+/, "", value)
	sub(/[ \t\r]+$/, "", value)
	return value
}

# As COPY wants a text
function escaped(value,		at, result)
{
	result = ""
	while ((at = match(value, /[\\\t\n\r]/)) > 0)
	{
		result = result substr(value, 1, at - 1) code[substr(value, at, 1)]
		value = substr(value, at + 1)
	}
	return result value
}

# Splits a record into field[1..n]; a quoted field may hold delimiters, doubled
# quotes and line ends.
function read_record(text,		n, at, value, line, more)
{
	line = NR
	sub(/\r$/, "", text)
	if (index(text, "\"") == 0)
		return split(text, field, delimiter == "|" ? "[|]" : delimiter)
	n = 0
	for (;;)
	{
		if (text ~ /^[ \t]*"/)
		{
			text = substr(text, index(text, "\"") + 1)
			value = ""
			for (;;)
			{
				at = index(text, "\"")
				if (at == 0)
				{
					if (NR - line > 1000 || (getline more) <= 0)
						wrong(line, "a quote is opened and never closed. Close it, or double a quote that is part of the text (\"\"), and run this again.")
					sub(/\r$/, "", more)
					value = value text "\n"
					text = more
				}
				else if (substr(text, at + 1, 1) == "\"")
				{
					value = value substr(text, 1, at)
					text = substr(text, at + 2)
				}
				else
					break
			}
			value = value substr(text, 1, at - 1)
			text = substr(text, at + 1)
			at = index(text, delimiter)
		}
		else
		{
			at = index(text, delimiter)
			value = at ? substr(text, 1, at - 1) : text
		}
		field[++n] = value
		if (at == 0)
			return n
		text = substr(text, at + 1)
	}
}

# The delimiter that the header uses most, its quoted names aside
function find_delimiter(header,		candidates, i, most, count, copy)
{
	gsub(/"[^"]*"/, "", header)
	split(", ; \t |", candidates, " ")
	candidates[3] = "\t"
	candidates[4] = "|"
	delimiter = ","
	most = 0
	for (i = 1; i <= 4; i++)
	{
		copy = header
		count = gsub(i == 4 ? "[|]" : candidates[i], "", copy)
		if (count > most)
		{
			most = count
			delimiter = candidates[i]
		}
	}
}

function is_number(value)
{
	return value ~ /^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$/
}

# "12,50" where the comma does not separate columns
function is_decimal_comma(value)
{
	return delimiter != "," && value ~ /^[-+]?[0-9]+,[0-9]+$/
}

# The time as PostgreSQL reads it, or "" if it is none.  A zone is dropped: the
# day is the one that the file's clock showed.
function iso_time(value,	day, time, year, month, dom, last, part)
{
	if (value ~ /^[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]$/)
		value = substr(value, 1, 4) "-" substr(value, 5, 2) "-" substr(value, 7)
	if (value !~ /^[0-9][0-9][0-9][0-9][-\/.][0-9][0-9]?[-\/.][0-9][0-9]?([T ]|$)/)
		return ""
	split(value, part, /[T ]/)
	day = part[1]
	time = substr(value, length(day) + 2)
	split(day, part, /[-\/.]/)
	year = part[1] + 0
	month = part[2] + 0
	dom = part[3] + 0
	last = month == 2 ? 28 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) : 30 + (month % 2 == (month < 8))
	if (year < 1900 || year > 2199 || month < 1 || month > 12 || dom < 1 || dom > last)
		return ""
	day = sprintf("%04d-%02d-%02d", year, month, dom)
	time = trim(time)
	if (time == "")
		return day
	sub(/ ?(Z|UTC|[-+][0-9][0-9]:?([0-9][0-9])?)$/, "", time)
	if (time !~ /^[0-9][0-9]?:[0-9][0-9](:[0-9][0-9]([.,][0-9]*)?)?$/)
		return ""
	split(time, part, ":")
	if (part[1] > 23 || part[2] > 59 || part[3] + 0 >= 60)
		return ""
	sub(/[.,].*/, "", time)
	return day " " time
}

function squeezed(title)
{
	title = tolower(title)
	gsub(/[^a-z0-9]/, "", title)
	return title
}

# The column that the user named
function named(wanted, option,		i)
{
	for (i = 1; i <= columns; i++)
		if (title[i] == wanted)
			return i
	for (i = 1; i <= columns; i++)
		if (tolower(title[i]) == tolower(wanted))
			return i
	fail(name " has no column " shown(wanted) " (--" option "). Its columns are: " titles "." )
}

# The first of the usual names that a column has
function usual(names,		list, count, i, k)
{
	count = split(names, list, " ")
	for (k = 1; k <= count; k++)
		for (i = 1; i <= columns; i++)
			if (squeezed(title[i]) == list[k] && !taken[i])
				return i
	return 0
}

function unknown(what, option)
{
	fail("cannot tell which column of " name " is the " what ". Its columns are: " titles ". Name it: --" option " COL.")
}

BEGIN {
	name = ENVIRON["DEMO_FILE"]
	notes = ENVIRON["DEMO_NOTES"]
	customer = ENVIRON["DEMO_CUSTOMER"]
	date = ENVIRON["DEMO_DATE"]
	amount = ENVIRON["DEMO_AMOUNT"]
	delimiter = ","
	code["\\"] = "\\\\"
	code["\t"] = "\\t"
	code["\n"] = "\\n"
	code["\r"] = "\\r"
}

# the header
columns == 0 {
	sub(/^\357\273\277/, "")
	if (trim($0) == "")
		next
	find_delimiter($0)
	header_line = NR
	columns = read_record($0)
	titles = ""
	for (i = 1; i <= columns; i++)
	{
		title[i] = trim(field[i])
		if (i <= 12)
			titles = titles (i > 1 ? ", " : "") substr(title[i], 1, 30)
		else if (i == 13)
			titles = titles ", ..."
		if (iso_time(title[i]) != "" || (is_number(title[i]) && title[i] != ""))
			wrong(NR, "there is data where the names of the columns belong. Put a first line such as customer_id,ordered_at,amount above it and run this again.")
	}
	next
}

/^[ \t\r]*$/ { next }

{
	line = NR
	n = read_record($0)
}

# the first row of data decides what the names left open
!recognised {
	recognised = 1
	c = customer != "" ? named(customer, "customer") : 0
	d = date != "" ? named(date, "date") : 0
	a = amount != "" ? named(amount, "amount") : 0
	taken[c] = taken[d] = taken[a] = 1
	taken[0] = 0
	if (!c && (c = usual("customerid customer customerno customernumber custid cust clientid client buyerid buyer memberid member userid user accountid account cardid card customeremail email customername")))
		taken[c] = 1
	if (!d && (d = usual("orderedat orderdate orderts ordertime purchasedate purchasedat purchasets invoicedate transactiondate transactiontime saledate saledat createdat ts timestamp datetime date day time paidat processedat")))
		taken[d] = 1
	if (!a && (a = usual("amount netamount orderamount ordertotal orderchargedamount totalamount totalprice total nettotal grandtotal revenue sales sale netsales spend value ordervalue transactionamount subtotal price sum")))
		taken[a] = 1
	if (!c)
		unknown("customer", "customer")
	if (!d)
	{
		for (i = 1; i <= columns; i++)
			if (!taken[i] && iso_time(trim(field[i])) != "")
			{
				d = d ? -1 : i
				if (d < 0)
					break
			}
		if (d <= 0)
			unknown("date", "date")
		taken[d] = 1
	}
	if (!a)
		unknown("amount", "amount")
	# a price is not what the customer paid where there is a quantity beside it
	if (amount == "" && squeezed(title[a]) == "price" && usual("quantity qty units pieces count items"))
		fail(name " has a price and a quantity, and no amount. Add a column with their product, or say that the price is the amount: --amount " title[a] ".")
	needed = c > d ? c : d
	needed = a > needed ? a : needed
	print "Customer is its column " shown(title[c]) ", date " shown(title[d]) ", amount " shown(title[a]) "." >notes
}

{
	if (n < needed)
		wrong(line, "has " n " fields, and the header has " columns ". Correct the line and run this again.")
	for (i = columns + 1; i <= n; i++)
		if (trim(field[i]) != "")
			wrong(line, "has " n " fields, and the header has " columns ". Put quotes around text that holds " (delimiter == "\t" ? "a tab" : shown(delimiter)) " and run this again.")

	at = iso_time(trim(field[d]))
	if (at == "")
		wrong(line, (trim(field[d]) == "" ? "the date is empty" : shown(trim(field[d])) " is no date") " (column " shown(title[d]) "). Write it as 2025-12-31 or 2025-12-31 18:05 and run this again.")

	value = trim(field[a])
	if (is_decimal_comma(value))
		sub(/,/, ".", value)
	if (!is_number(value))
		wrong(line, (value == "" ? "the amount is empty" : shown(value) " is no amount") " (column " shown(title[a]) "). Write it as a plain number such as 1234.56 and run this again.")
	whole = value
	sub(/[.].*/, "", whole)
	if (length(whole) > 13)
		wrong(line, "the amount " shown(value) " is too large to be one order (column " shown(title[a]) "). Correct it and run this again.")

	who = trim(field[c])
	if (who == "")
	{
		anonymous++
		next
	}
	print escaped(who) "\t" at "\t" value
	rows++
	if (value !~ /^-/)
		orders++
}

END {
	if (failed)
		exit 1
	if (columns == 0)
		fail(name " is empty. It needs a line with the names of its columns and a line for each order.")
	if (!recognised)
		fail(name " has a header and no orders below it. It needs a line for each order.")
	if (!rows)
		fail(name ": the customer (column " shown(title[c]) ") is empty in every line. Name another column: --customer COL.")
	if (!orders)
		fail(name ": every amount (column " shown(title[a]) ") is negative, so there are only returns. Name another column: --amount COL.")
	if (anonymous)
		print "Lines without a customer, left out: " anonymous "." >notes
}
