-- Every object of the extension: commented, and declared as carefully as it is written.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
BEGIN;
SELECT no_plan();

CREATE TEMP VIEW members AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
WHERE e.extname = 'loyalty';
CREATE TEMP VIEW functions AS
SELECT p.oid::regprocedure::text AS function, p.*, l.lanname
FROM members m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid JOIN pg_language l ON l.oid = p.prolang;

SELECT isnt_empty('SELECT * FROM members', 'the extension has objects');
SELECT is_empty($$SELECT object FROM members WHERE obj_description(objid, classid::regclass::name) IS NULL
	AND NOT (classid = 'pg_type'::regclass AND object LIKE 'type %[]')$$, 'every object has a comment');

-- An exception is written here, with its reason.
CREATE TEMP TABLE not_parallel_safe (function text, reason text);
-- the write path of points ledgers: procedures that make tables, functions that post to them
CREATE TEMP TABLE writes (name text);
INSERT INTO writes VALUES ('create_points_ledger'), ('refresh_points_ledger'), ('post_points_entry'), ('post_points_entries'),
	('transfer_points'), ('merge_points'), ('rebuild_points_account');
INSERT INTO not_parallel_safe SELECT function, 'it writes' FROM functions WHERE proname IN (SELECT name FROM writes);
SELECT is_empty($$SELECT function FROM functions WHERE prokind <> 'a' AND lanname = 'c' AND proparallel <> 's' AND function NOT IN (SELECT function FROM not_parallel_safe WHERE reason <> '')$$,
	'every C function is PARALLEL SAFE, or says why not');
SELECT is_empty($$SELECT function FROM functions WHERE prokind = 'a' AND proparallel <> 's'$$, 'every aggregate is PARALLEL SAFE');
-- A journal is folded in its order: two parts of it cannot be put together without the one before.
CREATE TEMP TABLE not_combinable (aggregate text);
INSERT INTO not_combinable VALUES ('points_ledger');
SELECT is_empty($$SELECT function FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid WHERE a.aggcombinefn = 0 AND proname NOT IN (SELECT aggregate FROM not_combinable)$$,
	'every aggregate has a combine function, or says why not');
SELECT is_empty($$SELECT function FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid WHERE a.aggtranstype = 'internal'::regtype$$, 'no aggregate has an internal state: all can be distributed');
SELECT is_empty($$SELECT function FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid WHERE a.aggfinalfn <> 0 AND a.aggfinalmodify <> 'r'$$, 'every final function leaves the state alone');
SELECT is_empty($$SELECT function FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid WHERE a.aggtransspace = 0$$, 'every aggregate says how much memory its state takes');

SELECT is_empty($$SELECT function FROM functions WHERE prosecdef$$, 'nothing is SECURITY DEFINER');
SELECT is_empty($$SELECT function FROM functions WHERE lanname NOT IN ('c', 'sql', 'internal')$$, 'no procedural language is needed');
SELECT is_empty($$SELECT function FROM functions WHERE lanname = 'sql' AND prosqlbody IS NULL$$, 'SQL functions are bound when created, not when called');
SELECT is_empty($$SELECT function FROM functions WHERE provolatile = 'v' AND proname NOT IN (SELECT name FROM writes)$$, 'nothing is volatile but what writes: time is an argument');
SELECT is_empty($$SELECT function FROM functions WHERE proretset AND prorows = 1000$$, 'functions that return sets say how many rows to expect');

-- a table called like a type would not be creatable beside it
SELECT is_empty($$SELECT t.typname FROM members m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND m.objid = t.oid WHERE t.typname NOT LIKE '%\_%'$$, 'types carry compound names');
SELECT is_empty($$SELECT object FROM members WHERE classid = 'pg_class'::regclass$$, 'no table, no view, no sequence');

-- types with equality have both kinds of operator class, hash with the seeded function
SELECT is_empty($$
	SELECT t.typname FROM members m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND m.objid = t.oid AND t.typtype = 'b' AND t.typcategory <> 'A'
	WHERE (SELECT count(DISTINCT am.amname) FROM pg_opclass c JOIN pg_am am ON am.oid = c.opcmethod WHERE c.opcintype = t.oid AND c.opcdefault) < 2
		OR NOT EXISTS (SELECT FROM pg_amproc p JOIN pg_opfamily f ON f.oid = p.amprocfamily JOIN pg_am am ON am.oid = f.opfmethod WHERE am.amname = 'hash' AND p.amproclefttype = t.oid AND p.amprocnum = 2)
		OR t.typreceive = 0 OR t.typsend = 0$$, 'every type has btree and hash operator classes, seeded hashing, binary input and output');

SELECT * FROM finish();
ROLLBACK;
