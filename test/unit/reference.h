/*
 * reference.h
 *		Comparing with reference values: the worst of many, and the tables of
 *		LOYALTY_SHARED, where that is set.
 */
#ifndef LOYALTY_TEST_REFERENCE_H
#define LOYALTY_TEST_REFERENCE_H

#include <string.h>

#include "tap.h"

/* ---------- the worst of many comparisons ---------- */

typedef struct closeness
{
	double		worst;
	double		got;
	double		expected;
	int			at;				/* which one it was */
	int			count;
} closeness;

static void
close_note(closeness *of, double error, double got, double expected)
{
	/* a NaN is worse than anything */
	if (!(error <= of->worst))
	{
		of->worst = isnan(error) ? INFINITY : error;
		of->got = got;
		of->expected = expected;
		of->at = of->count;
	}
	of->count++;
}

/* relative; infinities and zeros must be met exactly */
__attribute__((unused)) static void
close_to(closeness *of, double got, double expected)
{
	close_note(of, got == expected ? 0 : fabs(got - expected) / fabs(expected), got, expected);
}

/* relative, absolute where the value is below 1: for logarithms */
__attribute__((unused)) static void
close_log(closeness *of, double got, double expected)
{
	close_note(of, got == expected ? 0 : fabs(got - expected) / fmax(1, fabs(expected)), got, expected);
}

__attribute__((unused)) static void
close_ok(const closeness *of, double tolerance, const char *what)
{
	ok(of->count > 0 && of->worst <= tolerance, "%s (%d)", what, of->count);
	if (of->worst > tolerance)
		printf("# number %d off by %.2g: got %.17g, expected %.17g\n", of->at, of->worst, of->got, of->expected);
}

/* ---------- tables of numbers in comma-separated columns ---------- */

#define REFERENCE_COLUMNS	24

typedef struct reference
{
	FILE	   *file;
	int			columns;
	char		names[REFERENCE_COLUMNS][64];
	char		label[64];		/* first cell of the row last read */
	double		values[REFERENCE_COLUMNS];	/* of that row; NaN where it is no number */
} reference;

static char *
reference_split(char **rest)
{
	char	   *cell = strsep(rest, ",\r\n");
	size_t		length;

	if (cell == NULL || *cell != '"')
		return cell;
	cell++;
	length = strlen(cell);
	if (length > 0)
		cell[length - 1] = '\0';
	return cell;
}

/* "reference/oracle_sbg.csv"; false, having said so, where there is none */
__attribute__((unused)) static bool
reference_open(reference *table, const char *name)
{
	const char *shared = getenv("LOYALTY_SHARED");
	char		path[1024];
	char		line[4096];
	char	   *rest = line;
	char	   *cell;

	snprintf(path, sizeof(path), "%s/%s", shared ? shared : "", name);
	table->file = shared ? fopen(path, "r") : NULL;
	if (table->file == NULL || fgets(line, sizeof(line), table->file) == NULL)
	{
		ok(true, "%s # SKIP not there (LOYALTY_SHARED)", name);
		return false;
	}
	table->columns = 0;
	while ((cell = reference_split(&rest)) != NULL && *cell != '\0' && table->columns < REFERENCE_COLUMNS)
		snprintf(table->names[table->columns++], sizeof(table->names[0]), "%s", cell);
	return true;
}

/* closes the table at its end */
__attribute__((unused)) static bool
reference_next(reference *table)
{
	char		line[4096];
	char	   *rest = line;

	if (fgets(line, sizeof(line), table->file) == NULL)
	{
		fclose(table->file);
		return false;
	}
	for (int i = 0; i < table->columns; i++)
	{
		char	   *cell = reference_split(&rest);
		char	   *end = cell;

		if (i == 0)
			snprintf(table->label, sizeof(table->label), "%s", cell ? cell : "");
		table->values[i] = cell ? strtod(cell, &end) : NAN;
		if (end == cell)
			table->values[i] = NAN;
	}
	return true;
}

__attribute__((unused)) static double
reference_value(const reference *table, const char *name)
{
	for (int i = 0; i < table->columns; i++)
		if (strcmp(table->names[i], name) == 0)
			return table->values[i];
	printf("# no column %s\n", name);
	return NAN;
}

/* ---------- fits in JSON ---------- */

/* the number of `key` after the first `section` (NULL: anywhere); NaN where there is none */
__attribute__((unused)) static double
reference_field(const char *name, const char *section, const char *key)
{
	const char *shared = getenv("LOYALTY_SHARED");
	char		path[1024];
	char		text[8192];
	char		quoted[64];
	char	   *at = text;
	FILE	   *file;
	size_t		length;

	snprintf(path, sizeof(path), "%s/%s", shared ? shared : "", name);
	file = shared ? fopen(path, "r") : NULL;
	if (file == NULL)
		return NAN;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);

	if (section)
	{
		snprintf(quoted, sizeof(quoted), "\"%s\"", section);
		if ((at = strstr(text, quoted)) == NULL)
			return NAN;
	}
	snprintf(quoted, sizeof(quoted), "\"%s\": \"", key);
	at = strstr(at, quoted);
	return at ? strtod(at + strlen(quoted), NULL) : NAN;
}

#endif							/* LOYALTY_TEST_REFERENCE_H */
