/*
 * The customer's own rhythm, and scores of a silence against it, without a
 * fitted model.
 * Reference: doc/churn_score.md
 */

CREATE FUNCTION average_gap(p purchase_digest) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_average_gap';
COMMENT ON FUNCTION average_gap(p purchase_digest) IS
	'mean number of days between consecutive purchase days';

CREATE FUNCTION average_gap(p purchase_digest, as_of date) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_average_gap';
COMMENT ON FUNCTION average_gap(p purchase_digest, as_of date) IS
	'mean number of days between consecutive purchase days, as known at the end of day as_of';

CREATE FUNCTION gap_quantile(p purchase_digest, q double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_gap_quantile';
COMMENT ON FUNCTION gap_quantile(p purchase_digest, q double precision) IS
	'q-quantile of the days between consecutive purchase days';

CREATE FUNCTION gap_quantile(p purchase_digest, q double precision, as_of date) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'purchase_digest_gap_quantile';
COMMENT ON FUNCTION gap_quantile(p purchase_digest, q double precision, as_of date) IS
	'q-quantile of the days between consecutive purchase days, as known at the end of day as_of';

CREATE FUNCTION next_purchase(p purchase_digest) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_next_purchase';
COMMENT ON FUNCTION next_purchase(p purchase_digest) IS
	'last purchase plus the average gap: when the next one is due';

CREATE FUNCTION next_purchase(p purchase_digest, as_of date) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'purchase_digest_next_purchase';
COMMENT ON FUNCTION next_purchase(p purchase_digest, as_of date) IS
	'last purchase plus the average gap: when the next one is due, as known at the end of day as_of';

CREATE FUNCTION churn_score(p purchase_digest, as_of date) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 3
	AS 'MODULE_PATHNAME', 'purchase_digest_churn_score';
COMMENT ON FUNCTION churn_score(p purchase_digest, as_of date) IS
	'chance that a customer of this rhythm would have bought again by as_of; NULL for a one-time buyer';

CREATE FUNCTION churn_score(p purchase_digest, as_of date, prior_gap double precision, prior_weight double precision DEFAULT 1) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 3
	AS 'MODULE_PATHNAME', 'purchase_digest_churn_score';
COMMENT ON FUNCTION churn_score(p purchase_digest, as_of date, prior_gap double precision, prior_weight double precision) IS
	'churn_score with prior_weight gaps of prior_gap days added to the customers own';

CREATE FUNCTION churn_probability(p purchase_digest, as_of date, prior_gap double precision, prior_weight double precision DEFAULT 1, a double precision DEFAULT 1, b double precision DEFAULT 2) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 3
	AS 'MODULE_PATHNAME', 'purchase_digest_churn_probability';
COMMENT ON FUNCTION churn_probability(p purchase_digest, as_of date, prior_gap double precision, prior_weight double precision, a double precision, b double precision) IS
	'probability that the customer has left, from priors instead of a fitted model';

CREATE FUNCTION has_dried_up(p purchase_digest, as_of date, threshold double precision DEFAULT 0.95) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 3
	AS 'MODULE_PATHNAME', 'purchase_digest_has_dried_up';
COMMENT ON FUNCTION has_dried_up(p purchase_digest, as_of date, threshold double precision) IS
	'whether churn_score is above the threshold';
