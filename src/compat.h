/*
 * compat.h
 *		Every difference between the supported PostgreSQL versions, 15 to 19,
 *		with its reason; the only file that knows PG_VERSION_NUM.
 */
#ifndef LOYALTY_COMPAT_H
#define LOYALTY_COMPAT_H

#include "postgres.h"
#include "fmgr.h"

#if PG_VERSION_NUM < 150000
#error "loyalty needs PostgreSQL 15 or later"
#endif

/* 16 moved the varlena macros out of postgres.h, and brought soft errors */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#include "nodes/miscnodes.h"
#define loyalty_input(function, text, context, result) \
	DirectInputFunctionCallSafe((function), (text), InvalidOid, -1, (context), (result))
#define LOYALTY_SOFT_CONTEXT	((struct Node *) &(ErrorSaveContext) {.type = T_ErrorSaveContext})
#else
#define errsave(context, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); } while (0)
#define ereturn(context, value, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); return value; } while (0)
#define loyalty_input(function, text, context, result) \
	((void) (context), *(result) = DirectFunctionCall3((function), CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)), true)
#define LOYALTY_SOFT_CONTEXT	NULL
#endif

/* 17 dropped the choice to count the length itself in the length */
#if PG_VERSION_NUM >= 170000
#define loyalty_sendcountedtext(buf, text, length)	pq_sendcountedtext((buf), (text), (length))
#else
#define loyalty_sendcountedtext(buf, text, length)	pq_sendcountedtext((buf), (text), (length), false)
#endif

/* 18 renamed it, and put it before the declaration, where C11 wants it */
#ifndef pg_noreturn
#define pg_noreturn	pg_attribute_noreturn()
#endif

/* 18 lets a module say its name and version */
#ifdef PG_MODULE_MAGIC_EXT
#define LOYALTY_MODULE_MAGIC	PG_MODULE_MAGIC_EXT(.name = "loyalty", .version = LOYALTY_VERSION)
#else
#define LOYALTY_MODULE_MAGIC	PG_MODULE_MAGIC
#endif

/* 17 brought infinite intervals */
#if PG_VERSION_NUM >= 170000
#define LOYALTY_INTERVAL_NOT_FINITE(interval)	INTERVAL_NOT_FINITE(interval)
#else
#define LOYALTY_INTERVAL_NOT_FINITE(interval)	((void) (interval), false)
#endif

/* 16 has one function for all kinds of objects */
#if PG_VERSION_NUM >= 160000
#define loyalty_owns_relation(relation, role)	object_ownercheck(RelationRelationId, (relation), (role))
#else
#define loyalty_owns_relation(relation, role)	pg_class_ownercheck((relation), (role))
#endif

/* 19 knows IGNORE NULLS: a window function for which it has no meaning refuses it */
#if PG_VERSION_NUM >= 190000
#define LOYALTY_REFUSE_NULL_TREATMENT(winobj, fcinfo) \
	WinCheckAndInitializeNullTreatment((winobj), false, (fcinfo))
#else
#define LOYALTY_REFUSE_NULL_TREATMENT(winobj, fcinfo)	((void) (winobj), (void) (fcinfo))
#endif

/* 19 wants to be told when the type of a row is complete */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(tupdesc)	((void) (tupdesc))
#endif

/* 19 has eight bytes in every Datum, and may not say so any more */
#ifndef FLOAT8PASSBYVAL
#define FLOAT8PASSBYVAL	true
#endif

#endif							/* LOYALTY_COMPAT_H */
