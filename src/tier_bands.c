/*
 * tier_bands.c
 *		The SQL type tier_bands: tiers, rebates and other bands of a number.
 *
 * The format and the search are described in kernel/tier_bands.h.  Numbers
 * are numeric from end to end: a tier is reached at its threshold exactly.
 */
#include "compat.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "exact.h"
#include "flat_state.h"
#include "kernel/tier_bands.h"

#define WIRE_VERSION	1

/* ---------- access ---------- */

/* The canonical text of a value, without a closing NUL. */
typedef struct bands_text
{
	const char *at;
	size_t		len;
} bands_text;

static bands_text
open_bands(Datum bands)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(bands);
	const char *bytes = VARDATA_ANY(value);
	bands_text	text;

	if (VARSIZE_ANY_EXHDR(value) < 1 || bytes[0] != TIER_BANDS_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored tier_bands is damaged or of an unknown version")));
	text.at = bytes + 1;
	text.len = VARSIZE_ANY_EXHDR(value) - 1;
	return text;
}

/* the value of a text, or NULL and what is wrong with it */
static struct varlena *
bands_from_text(const char *text, size_t len, loyalty_status *status, size_t *where)
{
	struct varlena *value = palloc(VARHDRSZ + 1 + tier_bands_room(len));
	char	   *bytes = VARDATA(value);
	size_t		written;

	*status = tier_bands_canonical(text, len, bytes + 1, &written, where);
	if (*status != LOYALTY_OK)
		return NULL;
	bytes[0] = TIER_BANDS_VERSION;
	SET_VARSIZE(value, VARHDRSZ + 1 + written);
	return value;
}

static Numeric
number_of(const char *text, size_t len)
{
	return exact_from_text(pnstrdup(text, len));
}

/* ---------- text and binary ---------- */

PG_FUNCTION_INFO_V1(tier_bands_in);
Datum
tier_bands_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	loyalty_status status;
	size_t		where;
	struct varlena *value = bands_from_text(text, strlen(text), &status, &where);

	if (status == LOYALTY_FULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s is too large", "tier_bands"),
				 errdetail("At byte %zu: there can be %d bands, numbers of %d digits and labels of %d bytes.",
						   where + 1, TIER_BANDS_MOST, TIER_BANDS_DIGITS, TIER_BANDS_LABEL)));
	if (status != LOYALTY_OK)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "tier_bands", text),
				 status == LOYALTY_CORRUPT ?
				 errdetail("At byte %zu: thresholds must ascend.", where + 1) :
				 errdetail("At byte %zu: expected THRESHOLD:LABEL,... with decimal thresholds and labels without comma and colon.",
						   where + 1)));
	PG_RETURN_POINTER(value);
}

PG_FUNCTION_INFO_V1(tier_bands_out);
Datum
tier_bands_out(PG_FUNCTION_ARGS)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(pnstrdup(list.at, list.len));
}

/* a text closed by a NUL, in the server's encoding */
static const char *
receive_text(StringInfo buf)
{
	if (memchr(buf->data + buf->cursor, '\0', (size_t) (buf->len - buf->cursor)) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s is shorter than its number of bands", "tier_bands")));
	return pq_getmsgstring(buf);
}

/* version, number of bands; then threshold and label of each, closed by a NUL */
PG_FUNCTION_INFO_V1(tier_bands_recv);
Datum
tier_bands_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	uint32		count = pq_getmsgint(buf, 4);
	StringInfoData text;
	loyalty_status status;
	size_t		where;
	struct varlena *value;
	bands_text	canonical;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "tier_bands")));
	if (count < 1 || count > TIER_BANDS_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid number of bands in binary %s", "tier_bands"),
				 errdetail("It announces %u, and there can be 1 to %d.", count, TIER_BANDS_MOST)));
	initStringInfo(&text);
	for (uint32 i = 0; i < count; i++)
	{
		const char *threshold = receive_text(buf);
		const char *label = receive_text(buf);

		/* a separator within would shift what is a threshold and what a label */
		if (strpbrk(threshold, ",:") != NULL || strpbrk(label, ",:") != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("comma or colon within band %u of binary %s", i + 1, "tier_bands")));
		appendStringInfo(&text, "%s%s:%s", i > 0 ? "," : "", threshold, label);
	}
	value = bands_from_text(text.data, (size_t) text.len, &status, &where);
	if (status != LOYALTY_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid band in binary %s", "tier_bands"),
				 errdetail("Byte %zu of \"%s\" breaks a rule of the type.", where + 1, text.data)));
	canonical = open_bands(PointerGetDatum(value));
	if (canonical.len != (size_t) text.len || memcmp(canonical.at, text.data, canonical.len) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s is not in canonical form", "tier_bands"),
				 errdetail("The value is \"%s\".", text.data)));
	PG_RETURN_POINTER(value);
}

PG_FUNCTION_INFO_V1(tier_bands_send);
Datum
tier_bands_send(PG_FUNCTION_ARGS)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));
	const char *at = list.at;
	uint32		count = 0;
	tier_band	band;
	StringInfoData buf;

	while (tier_bands_next(&at, list.at + list.len, &band))
		count++;
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendint32(&buf, count);
	at = list.at;
	while (tier_bands_next(&at, list.at + list.len, &band))
	{
		pq_sendstring(&buf, pnstrdup(band.threshold, band.threshold_len));
		pq_sendstring(&buf, pnstrdup(band.label, band.label_len));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ---------- comparison: byte by byte, then the shorter first ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	bands_text	a = open_bands(PG_GETARG_DATUM(0));
	bands_text	b = open_bands(PG_GETARG_DATUM(1));
	int			order = memcmp(a.at, b.at, Min(a.len, b.len));

	if (order != 0)
		return order < 0 ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

FLAT_COMPARISONS(tier_bands, compare_args);

PG_FUNCTION_INFO_V1(tier_bands_hash);
Datum
tier_bands_hash(PG_FUNCTION_ARGS)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));

	PG_RETURN_INT32((int32) hash_bytes((const unsigned char *) list.at, (int) list.len));
}

PG_FUNCTION_INFO_V1(tier_bands_hash_extended);
Datum
tier_bands_hash_extended(PG_FUNCTION_ARGS)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));

	PG_RETURN_INT64((int64) hash_bytes_extended((const unsigned char *) list.at, (int) list.len,
												(uint64) PG_GETARG_INT64(1)));
}

/* ---------- where a number stands ---------- */

/* the band of argument 1 in the bands of argument 0 */
static tier_position
find_args(FunctionCallInfo fcinfo)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));
	Numeric		x = PG_GETARG_NUMERIC(1);
	char	   *number;

	exact_check_finite(x, "x");
	number = exact_text(x);
	return tier_bands_find(list.at, list.len, number, strlen(number));
}

PG_FUNCTION_INFO_V1(tier_bands_band);
Datum
tier_bands_band(PG_FUNCTION_ARGS)
{
	tier_position position = find_args(fcinfo);

	if (!position.has_band)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(position.band.label, (int) position.band.label_len));
}

PG_FUNCTION_INFO_V1(tier_bands_to_next);
Datum
tier_bands_to_next(PG_FUNCTION_ARGS)
{
	tier_position position = find_args(fcinfo);

	if (!position.has_next)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(exact_trim(exact_subtract(number_of(position.next.threshold, position.next.threshold_len),
												PG_GETARG_NUMERIC(1))));
}

PG_FUNCTION_INFO_V1(tier_bands_to_keep);
Datum
tier_bands_to_keep(PG_FUNCTION_ARGS)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));
	Numeric		x = PG_GETARG_NUMERIC(1);
	text	   *current = PG_GETARG_TEXT_PP(2);
	const char *at = list.at;
	Numeric		zero = int64_to_numeric(0);
	tier_band	band;

	exact_check_finite(x, "x");
	while (tier_bands_next(&at, list.at + list.len, &band))
	{
		if (band.label_len == VARSIZE_ANY_EXHDR(current) &&
			memcmp(band.label, VARDATA_ANY(current), band.label_len) == 0)
		{
			Numeric		missing = exact_subtract(number_of(band.threshold, band.threshold_len), x);

			PG_RETURN_NUMERIC(exact_compare(missing, zero) > 0 ? exact_trim(missing) : zero);
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no band is called \"%s\"", text_to_cstring(current)),
			 errdetail("The bands are \"%s\".", pnstrdup(list.at, list.len))));
}

/* ---------- rewards ---------- */

static Numeric
rate_of_band(const tier_band *band)
{
	Numeric		rate;

	if (band->rate_len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("band \"%s\" has no rate", pnstrdup(band->label, band->label_len)),
				 errhint("A rate is written as 2 %% or 0.02.")));
	rate = number_of(band->label, band->rate_len);
	return band->percent ? exact_multiply(rate, exact_from_text("0.01")) : rate;
}

/*
 * The sum of each rate times what of its band is below x, nothing below
 * zero counting; or, for `whole`, all of x at the rate of the band it is in.
 * That every band has a rate is seen to first: it must not depend on x.
 */
static Numeric
reward(FunctionCallInfo fcinfo, bool whole)
{
	bands_text	list = open_bands(PG_GETARG_DATUM(0));
	Numeric		x = PG_GETARG_NUMERIC(1);
	Numeric		zero = int64_to_numeric(0);
	Numeric		total = zero;
	Numeric		rate = zero;	/* of the band at hand */
	Numeric		from = zero;	/* where it begins */
	const char *at = list.at;
	bool		reached = true;
	tier_band	band;

	exact_check_finite(x, "x");
	while (tier_bands_next(&at, list.at + list.len, &band))
	{
		Numeric		next_rate = rate_of_band(&band);
		Numeric		next = number_of(band.threshold, band.threshold_len);

		if (exact_compare(next, zero) < 0)
			next = zero;
		reached = reached && exact_compare(next, x) <= 0;
		if (!reached)
			continue;
		total = exact_add(total, exact_multiply(rate, exact_subtract(next, from)));
		rate = next_rate;
		from = next;
	}
	if (exact_compare(x, zero) <= 0)
		return zero;
	if (whole)
		return exact_trim(exact_multiply(rate, x));
	return exact_trim(exact_add(total, exact_multiply(rate, exact_subtract(x, from))));
}

PG_FUNCTION_INFO_V1(tier_bands_volume_reward);
Datum
tier_bands_volume_reward(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(reward(fcinfo, true));
}

PG_FUNCTION_INFO_V1(tier_bands_graduated_reward);
Datum
tier_bands_graduated_reward(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(reward(fcinfo, false));
}
