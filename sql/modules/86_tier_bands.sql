/*
 * tier_bands: tiers, rebates and other bands of a number.
 * Reference: doc/tier_bands.md
 */

CREATE TYPE tier_bands;

CREATE FUNCTION tier_bands_in(cstring) RETURNS tier_bands
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION tier_bands_in(cstring) IS 'text input of tier_bands';

CREATE FUNCTION tier_bands_out(tier_bands) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION tier_bands_out(tier_bands) IS 'text output of tier_bands';

CREATE FUNCTION tier_bands_recv(internal) RETURNS tier_bands
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION tier_bands_recv(internal) IS 'binary input of tier_bands';

CREATE FUNCTION tier_bands_send(tier_bands) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION tier_bands_send(tier_bands) IS 'binary output of tier_bands';

CREATE TYPE tier_bands (
	INPUT = tier_bands_in,
	OUTPUT = tier_bands_out,
	RECEIVE = tier_bands_recv,
	SEND = tier_bands_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE tier_bands IS
	'bands of a number, each from its threshold on, with a label or a rate: tiers, rebates';

-- comparison: byte by byte, then the shorter first

CREATE FUNCTION tier_bands_eq(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_eq';
COMMENT ON FUNCTION tier_bands_eq(tier_bands, tier_bands) IS
	'implementation of = operator';

CREATE FUNCTION tier_bands_ne(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_ne';
COMMENT ON FUNCTION tier_bands_ne(tier_bands, tier_bands) IS
	'implementation of <> operator';

CREATE FUNCTION tier_bands_lt(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_lt';
COMMENT ON FUNCTION tier_bands_lt(tier_bands, tier_bands) IS
	'implementation of < operator';

CREATE FUNCTION tier_bands_le(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_le';
COMMENT ON FUNCTION tier_bands_le(tier_bands, tier_bands) IS
	'implementation of <= operator';

CREATE FUNCTION tier_bands_gt(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_gt';
COMMENT ON FUNCTION tier_bands_gt(tier_bands, tier_bands) IS
	'implementation of > operator';

CREATE FUNCTION tier_bands_ge(tier_bands, tier_bands) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_ge';
COMMENT ON FUNCTION tier_bands_ge(tier_bands, tier_bands) IS
	'implementation of >= operator';

CREATE FUNCTION tier_bands_cmp(tier_bands, tier_bands) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_cmp';
COMMENT ON FUNCTION tier_bands_cmp(tier_bands, tier_bands) IS
	'btree comparison of tier_bands';

CREATE FUNCTION tier_bands_hash(tier_bands) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_hash';
COMMENT ON FUNCTION tier_bands_hash(tier_bands) IS
	'hash of tier_bands';

CREATE FUNCTION tier_bands_hash_extended(tier_bands, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4
	AS 'MODULE_PATHNAME', 'tier_bands_hash_extended';
COMMENT ON FUNCTION tier_bands_hash_extended(tier_bands, bigint) IS
	'seeded hash of tier_bands';

CREATE OPERATOR = (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (tier_bands, tier_bands) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (tier_bands, tier_bands) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (tier_bands, tier_bands) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (tier_bands, tier_bands) IS 'less than or equal';

CREATE OPERATOR > (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (tier_bands, tier_bands) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = tier_bands, RIGHTARG = tier_bands, FUNCTION = tier_bands_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (tier_bands, tier_bands) IS 'greater than or equal';

CREATE OPERATOR FAMILY tier_bands_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY tier_bands_btree_ops USING btree IS 'btree operators of tier_bands';
CREATE OPERATOR CLASS tier_bands_btree_ops
	DEFAULT FOR TYPE tier_bands USING btree FAMILY tier_bands_btree_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 tier_bands_cmp(tier_bands, tier_bands);
COMMENT ON OPERATOR CLASS tier_bands_btree_ops USING btree IS 'btree operators of tier_bands';

CREATE OPERATOR FAMILY tier_bands_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY tier_bands_hash_ops USING hash IS 'hash operators of tier_bands';
CREATE OPERATOR CLASS tier_bands_hash_ops
	DEFAULT FOR TYPE tier_bands USING hash FAMILY tier_bands_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 tier_bands_hash(tier_bands),
	FUNCTION 2 tier_bands_hash_extended(tier_bands, bigint);
COMMENT ON OPERATOR CLASS tier_bands_hash_ops USING hash IS 'hash operators of tier_bands';

-- where a number stands

CREATE FUNCTION band(b tier_bands, x numeric) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'tier_bands_band';
COMMENT ON FUNCTION band(b tier_bands, x numeric) IS
	'label of the band that a number is in: at least its threshold; NULL below the first';

CREATE FUNCTION to_next(b tier_bands, x numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'tier_bands_to_next';
COMMENT ON FUNCTION to_next(b tier_bands, x numeric) IS
	'what is missing to the next band; NULL in the highest';

CREATE FUNCTION to_keep(b tier_bands, x numeric, current text) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5
	AS 'MODULE_PATHNAME', 'tier_bands_to_keep';
COMMENT ON FUNCTION to_keep(b tier_bands, x numeric, current text) IS
	'what is missing to the threshold of the current band; 0 where it is reached';

-- rewards

CREATE FUNCTION volume_reward(b tier_bands, x numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'tier_bands_volume_reward';
COMMENT ON FUNCTION volume_reward(b tier_bands, x numeric) IS
	'reward on a volume: all of it at the rate of the band it is in';

CREATE FUNCTION graduated_reward(b tier_bands, x numeric) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
	AS 'MODULE_PATHNAME', 'tier_bands_graduated_reward';
COMMENT ON FUNCTION graduated_reward(b tier_bands, x numeric) IS
	'reward on a volume: each part of it at the rate of the band that part is in';
