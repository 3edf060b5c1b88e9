/*
 * points_tables.h
 *		An account of points that lies in tables: what the files of the write
 *		path share.  The tables are those of create_points_ledger().
 */
#ifndef LOYALTY_POINTS_TABLES_H
#define LOYALTY_POINTS_TABLES_H

#include "compat.h"

#include "access/htup.h"
#include "executor/spi.h"

#include "points_ledger.h"

/* the lots that an account row holds, beside those that are on hold; so many are fetched when it runs out of them */
#define POINTS_ROW_LOTS		8
#define POINTS_NEXT_FETCHED	4

typedef enum points_statement
{
	POINTS_LOCK_ACCOUNT,
	POINTS_READ_ACCOUNT,
	POINTS_NEW_ACCOUNT,
	POINTS_WRITE_ACCOUNT,
	POINTS_WRITE_ACCOUNTS,
	POINTS_NEW_ENTRY,
	POINTS_NEW_ENTRIES,
	POINTS_FIND_ENTRY,
	POINTS_FIND_ENTRIES,
	POINTS_FIND_REFUNDED,
	POINTS_FIND_LOT,
	POINTS_NEXT_LOTS,
	POINTS_OPEN_LOTS,
	POINTS_DUE_LOTS,
	POINTS_NEXT_CHANGE,
	POINTS_NEW_LOTS,
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
	char	   *entry;			/* names of its journal and of its lots */
	char	   *lot;
	points_policy policy;
	SPIPlanPtr	plans[POINTS_STATEMENTS];	/* made when first needed */
} points_tables;

/* the columns of an account's row, in their order */
enum
{
	A_ACCOUNT, A_ENTRIES, A_BOOK_TIME, A_AVAILABLE, A_PENDING, A_HELD, A_ARREARS,
	A_EARNED, A_SPENT, A_EXPIRED, A_REVERSED, A_MOVED, A_LOTS, A_CLAWS, A_LOTS_ELSEWHERE, A_PENDING_ELSEWHERE, A_CHANGE_ELSEWHERE, A_FRONT,
	A_LOT_ID, A_LOT_ORIGIN, A_LOT_EARNED_AT, A_LOT_FROM_AT, A_LOT_UNTIL_AT, A_LOT_POINTS,
	A_HOLD_KEY, A_HOLD_UNTIL_AT, A_HOLD_PARTS, A_PART_LOT, A_PART_POINTS, A_DEBT_NUMBER, A_DEBT_LOT, A_DEBT_POINTS,
	A_COLUMNS
};

/* those of an entry */
#define POINTS_ENTRY_COLUMNS	(13 + POINTS_OUTCOME_COLUMNS)

/* Numbers of a lot in A_LOT_POINTS: these two; where a lot of the row has others, all, and the ways begin here. */
#define POINTS_LOT_FEW		2
#define POINTS_LOT_ALL		(3 + POINTS_WAYS)

/* Rows for a statement that takes many, in a memory context that outlives the accounts they are of. */
typedef struct points_rows
{
	points_tables *tables;
	points_statement statement;
	MemoryContext memory;
	bool		by_statement;	/* not to be written without it */
	HeapTuple  *rows;			/* t_self: where the row lies that one updates */
	int			count;
	int			room;
} points_rows;

#define POINTS_MOST_ROWS	1000	/* at once */

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
	bool		pending;		/* open, and counted as pending when its account was read */
	int64		was_remaining;	/* when it was put here, or before the latest entry that changed it */
	Datum		origin;			/* text, or 0 */
	Datum		grace_lots;		/* text[], or 0 */
} points_whereabouts;

/* The row of an account as it was found. */
typedef struct points_account_row
{
	Datum		row;			/* composite; 0: none */
	ItemPointerData tid;		/* where it lies, if points_row_lock() has found it; else invalid */
} points_account_row;

/* One account at hand, as far as it is. */
typedef struct points_account
{
	points_tables *tables;
	Datum		account;		/* text */
	ItemPointerData tid;		/* of its row, as there */
	bool		read_only;
	points_ledger *ledger;
	points_source source;
	int64		entries;		/* number of the latest */
	int64		lots_elsewhere;	/* open ones in the table of lots */
	int64		pending_elsewhere;	/* those of them that are pending */
	int64		book_time;		/* when the account was read */
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

/* Locks the rows of accounts one after the other, and makes those that do not exist yet.  Within SPI, as all that follows. */
extern void points_account_lock(points_tables *tables, const Datum *accounts, int count, points_account_row *rows);

/* the account of a row, in the memory context of the moment; and of one row, locked */
extern points_account *points_account_read(points_tables *tables, Datum account, const points_account_row *row, bool read_only);
extern points_account *points_account_open(points_tables *tables, Datum account);

/* an account that is not locked, only looked at; NULL where it does not exist */
extern points_account *points_account_look(points_tables *tables, Datum account);

/* an account that is folded from its journal; what lots it has in tables is not known */
extern points_account *points_account_from(points_tables *tables, Datum account, points_ledger *ledger);

/* Writes down what has changed. */
extern void points_account_write(points_account *account);

/* The same, together with other accounts: written by points_rows_write(). */
extern void points_account_gather(points_account *account, points_rows *accounts, points_rows *lots);

/*
 * What is written down, column by column: of an account (from entries to
 * claws), of its open holds (hold_key to part_points), of its arrears
 * (debt_number to debt_points), of a lot (id to payment_points), and of what
 * the latest entry brought about (available to lot_points).
 */
#define POINTS_TOTAL_COLUMNS	(A_LOTS_ELSEWHERE - A_ENTRIES)
#define POINTS_HOLD_COLUMNS		(A_DEBT_NUMBER - A_HOLD_KEY)
#define POINTS_DEBT_COLUMNS		(A_COLUMNS - A_DEBT_NUMBER)
#define POINTS_LOT_COLUMNS		20
#define POINTS_OUTCOME_COLUMNS	12
extern void points_account_total_columns(const points_account *account, Datum *values, bool *nulls);
extern void points_account_hold_columns(const points_account *account, Datum *values, bool *nulls);
extern void points_account_debt_columns(const points_account *account, Datum *values, bool *nulls);
extern void points_account_lot_columns(const points_account *account, int32 lot, Datum *values, bool *nulls);
extern void points_entry_outcome_columns(points_account *account, const points_event *event, Datum *values, bool *nulls);

extern points_whereabouts *points_account_lot(points_account *account, int32 lot);

/* runs a statement; the rows are SPI's */
extern uint64 points_tables_run(points_tables *tables, points_statement statement, const Datum *values, const bool *nulls, bool read_only);

/* the same for one that has to write a row */
extern void points_tables_write(points_tables *tables, points_statement statement, const Datum *values, const bool *nulls);

/* the type of the rows that a statement takes, known to the session from the first one on */
extern TupleDesc points_tables_row_type(points_statement statement);

/* none yet, to be gathered in the memory context of the moment */
extern points_rows points_rows_make(points_tables *tables, points_statement statement);

/* gathers a row, with as many values as the statement has and the place of the one it updates, or NULL; writes those before when they are POINTS_MOST_ROWS */
extern void points_rows_add(points_rows *rows, const Datum *values, const bool *nulls, const ItemPointerData *tid);

/* runs the statement on what is gathered; and one that has to write all of it */
extern uint64 points_rows_run(points_rows *rows);
extern void points_rows_write(points_rows *rows);

/* Locks the rows of accounts one after the other, up to the first for which POINTS_LOCK_ACCOUNT has to be asked; says how many. */
extern int points_row_lock(const points_tables *tables, const Datum *accounts, int count, points_account_row *rows);

/*
 * Writes rows: new ones, or in the places of those they update, if all are
 * there still.  Says whether it did, and they are used up: else it is up to
 * the statement.
 */
extern bool points_row_write(const points_rows *rows);

/* The same for one entry, if its key is new. */
extern bool points_row_insert_new(points_tables *tables, const Datum *values, const bool *nulls);

/* an error where the rows are not those of a table of accounts */
extern void points_tables_check_account(TupleDesc tupdesc);

/* from a row of SPI's */
extern Datum points_column(uint64 row, int column, bool *isnull);
extern int64 points_number(uint64 row, int column);	/* 0 for NULL */

extern Datum points_text_datum(points_text text);
extern points_text points_datum_text(Datum text);

#endif							/* LOYALTY_POINTS_TABLES_H */
