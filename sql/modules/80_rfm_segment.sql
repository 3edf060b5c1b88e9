/*
 * A name for each combination of recency, frequency and monetary score.
 * Reference: doc/rfm_segment.md
 */

CREATE FUNCTION rfm_segment(r integer, f integer, m integer, scheme text DEFAULT 'classic') RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2
	AS 'MODULE_PATHNAME', 'rfm_segment_text';
COMMENT ON FUNCTION rfm_segment(r integer, f integer, m integer, scheme text) IS
	'the segment of a customer with scores 1 to 5 for recency, frequency and money; schemes classic and shopify';
