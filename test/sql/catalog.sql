-- The contract: every function with its volatility, strictness, parallel safety, cost and rows.
SELECT regexp_replace(p.oid::regprocedure::text, '^public\.', '') AS function, pg_get_function_result(p.oid) AS result,
	CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' WHEN 'p' THEN 'procedure' ELSE '' END AS kind,
	CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
	CASE WHEN p.proisstrict THEN 'strict' ELSE '' END AS strict,
	CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel,
	p.procost AS cost, nullif(p.prorows, 0) AS rows
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
	JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE e.extname = 'loyalty'
ORDER BY p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C";
