/*
 * clv_fit: fitting a customer lifetime model, in one step or from a sample.
 * Reference: doc/clv_fit.md
 */

CREATE FUNCTION fit_clv(s clv_sample, model text DEFAULT 'mbg_nbd', options jsonb DEFAULT NULL) RETURNS clv_model
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000
	AS 'MODULE_PATHNAME', 'clv_fit_from_sample';
COMMENT ON FUNCTION fit_clv(s clv_sample, model text, options jsonb) IS
	'fits a customer lifetime model to a sample';

/*
 * Aggregates.  The state is a clv_sample that carries the model and the options
 * asked for.
 */

CREATE FUNCTION clv_fit_final(clv_sample) RETURNS clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000
	AS 'MODULE_PATHNAME', 'clv_fit_final';
COMMENT ON FUNCTION clv_fit_final(clv_sample) IS
	'final function of the clv_fit aggregates';

CREATE FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum';
COMMENT ON FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date) IS
	'transition function of clv_fit';

CREATE AGGREGATE clv_fit(p purchase_digest, as_of date) (
	SFUNC = clv_fit_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_fit(purchase_digest, date) IS
	'fits model mbg_nbd, with its spend, to customers as known at the end of day as_of';

CREATE FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date, model text) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum';
COMMENT ON FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date, model text) IS
	'transition function of clv_fit';

CREATE AGGREGATE clv_fit(p purchase_digest, as_of date, model text) (
	SFUNC = clv_fit_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_fit(purchase_digest, date, text) IS
	'fits a model, with its spend, to customers as known at the end of day as_of';

CREATE FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date, model text, options jsonb) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum';
COMMENT ON FUNCTION clv_fit_accum(state clv_sample, p purchase_digest, as_of date, model text, options jsonb) IS
	'transition function of clv_fit';

CREATE AGGREGATE clv_fit(p purchase_digest, as_of date, model text, options jsonb) (
	SFUNC = clv_fit_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_fit(purchase_digest, date, text, jsonb) IS
	'likewise with options';

CREATE FUNCTION clv_fit_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum_numbers';
COMMENT ON FUNCTION clv_fit_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text) IS
	'transition function of clv_fit';

CREATE AGGREGATE clv_fit(x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text) (
	SFUNC = clv_fit_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_fit(float8, float8, float8, float8, float8, text) IS
	'fits a model to an existing table of frequency, recency, tenure and mean spend, each row with how many customers it stands for';

CREATE FUNCTION clv_fit_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text, options jsonb) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum_numbers';
COMMENT ON FUNCTION clv_fit_accum(state clv_sample, x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text, options jsonb) IS
	'transition function of clv_fit';

CREATE AGGREGATE clv_fit(x float8, t_x float8, tenure float8, mean_spend float8, weight float8, model text, options jsonb) (
	SFUNC = clv_fit_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv_fit(float8, float8, float8, float8, float8, text, jsonb) IS
	'likewise with options';

CREATE FUNCTION fit_sbg_accum(state clv_sample, periods integer, ended boolean) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum_sbg';
COMMENT ON FUNCTION fit_sbg_accum(state clv_sample, periods integer, ended boolean) IS
	'transition function of fit_sbg';

CREATE AGGREGATE fit_sbg(periods integer, ended boolean) (
	SFUNC = fit_sbg_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_sbg(integer, boolean) IS
	'fits model sbg to contracts: periods observed, and whether the contract ended with the last of them';

CREATE FUNCTION fit_sbg_accum(state clv_sample, periods integer, ended boolean, weight float8) RETURNS clv_sample
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'clv_fit_accum_sbg';
COMMENT ON FUNCTION fit_sbg_accum(state clv_sample, periods integer, ended boolean, weight float8) IS
	'transition function of fit_sbg';

CREATE AGGREGATE fit_sbg(periods integer, ended boolean, weight float8) (
	SFUNC = fit_sbg_accum,
	STYPE = clv_sample,
	SSPACE = 4000,
	FINALFUNC = clv_fit_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = clv_sample_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_sbg(integer, boolean, float8) IS
	'likewise, each row with how many contracts it stands for';
