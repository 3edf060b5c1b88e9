/*
 * points_tables.h
 *		An account of points that lies in tables: what the files of the write
 *		path share.  The tables are those of create_points_ledger().
 */
#ifndef LOYALTY_POINTS_TABLES_H
#define LOYALTY_POINTS_TABLES_H

#include "compat.h"

#include "executor/spi.h"

#include "points_ledger.h"

/* the lots that an account row holds, beside those that are on hold */
#define POINTS_ROW_LOTS		16

typedef enum points_statement
{
	POINTS_LOCK_ACCOUNT,
	POINTS_READ_ACCOUNT,
	POINTS_COUNT_ACCOUNTS,
	POINTS_LOCK_ACCOUNTS,
	POINTS_NEW_ACCOUNT,
	POINTS_WRITE_USUAL,
	POINTS_WRITE_ACCOUNT,
	POINTS_NEW_ENTRY,
	POINTS_FIND_ENTRY,
	POINTS_FIND_REFUNDED,
	POINTS_FIND_LOT,
	POINTS_NEXT_LOTS,
	POINTS_DUE_LOTS,
	POINTS_NEXT_CHANGE,
	POINTS_NEW_LOT,
	POINTS_WRITE_LOT,
	POINTS_DELETE_LOT,
	POINTS_READ_JOURNAL,
	POINTS_STATEMENTS
} points_statement;

/* One ledger's tables, as this session knows them. */
typedef struct points_tables
{
	Oid			accounts;		/* hash key: the table of accounts */
	char	   *schema;			/* its names when the plans were made, quoted */
	char	   *name;
	points_policy policy;
	SPIPlanPtr	plans[POINTS_STATEMENTS];	/* made when first needed */
} points_tables;

/* Where a lot lies. */
typedef enum points_place
{
	POINTS_IN_MEMORY,			/* made just now */
	POINTS_IN_ROW,				/* the account's */
	POINTS_IN_TABLE
} points_place;

typedef struct points_whereabouts
{
	points_place place;
	bool		open;			/* as its row in the table says */
	int64		was_remaining;	/* when it was put here, or before the latest entry that changed it */
	Datum		origin;			/* text, or 0 */
	Datum		grace_lots;		/* text[], or 0 */
} points_whereabouts;

/* One account at hand, as far as it is. */
typedef struct points_account
{
	points_tables *tables;
	Datum		account;		/* text */
	bool		read_only;
	points_ledger *ledger;
	points_source source;
	int64		entries;		/* number of the latest */
	int64		lots_elsewhere;	/* open ones in the table of lots */
	points_head was;			/* as the row had it */
	int64		had_lots_elsewhere;
	bool		had_others;			/* the row had holds, debts, or lots with an origin */
	points_whereabouts *lots;	/* by index */
	uint32		lot_room;
} points_account;

/* A template's tokens and what stands for them; ends with NULL. */
typedef struct points_name_pair
{
	const char *token;
	const char *name;
} points_name_pair;

extern char *points_tables_expand(const char *template, const points_name_pair *names);

/* schema.base_what, quoted as far as needed */
extern char *points_tables_name(const char *schema, const char *base, const char *what);

/* The ledger whose accounts are in this table; an error where it is none. */
extern points_tables *points_tables_find(Oid accounts);

/*
 * An account, locked, made where it does not exist yet.  Within SPI.  With
 * read_only it is not locked; NULL where it does not exist.
 */
extern points_account *points_account_open(points_tables *tables, Datum account, bool read_only);

/* the same from a row of POINTS_LOCK_ACCOUNTS */
extern points_account *points_account_take(points_tables *tables, Datum account, Datum row);

/* an account that has just been folded from its journal, with nothing in tables yet */
extern points_account *points_account_from(points_tables *tables, Datum account, points_ledger *ledger, int64 entries);

/* Writes down what has changed. */
extern void points_account_write(points_account *account);

/*
 * What is written down, column by column: of a lot (from id to payment_points),
 * of the open holds (hold_key to part_points), of the arrears (debt_number to
 * debt_points), and of what the latest entry brought about (available to
 * lot_points).
 */
#define POINTS_LOT_COLUMNS		20
#define POINTS_HOLD_COLUMNS		5
#define POINTS_DEBT_COLUMNS		3
#define POINTS_OUTCOME_COLUMNS	12
extern void points_account_lot_columns(const points_account *account, int32 lot, Datum *values, bool *nulls);
extern void points_account_hold_columns(const points_account *account, Datum *values, bool *nulls);
extern void points_account_debt_columns(const points_account *account, Datum *values, bool *nulls);
extern void points_entry_outcome_columns(points_account *account, const points_event *event, Datum *values, bool *nulls);

extern points_whereabouts *points_account_lot(points_account *account, int32 lot);

/* runs a statement; the rows are SPI's */
extern uint64 points_tables_run(points_tables *tables, points_statement statement, const Datum *values, const bool *nulls, bool read_only);

/* from a row of SPI's */
extern Datum points_column(uint64 row, int column, bool *isnull);
extern int64 points_number(uint64 row, int column);	/* 0 for NULL */

extern Datum points_text_datum(points_text text);
extern points_text points_datum_text(Datum text);

#endif							/* LOYALTY_POINTS_TABLES_H */
