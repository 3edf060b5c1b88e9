/*
 * points_ledger.c
 *		The SQL type points_ledger: the state of one account of points, as the
 *		fold of its journal.
 *
 * Input and output, comparison, and what changes one.  What is read from it is
 * in points_ledger_read.c, how one comes about from rows in
 * points_ledger_aggregate.c; the rules are in kernel/points_ledger.h, the
 * bytes in kernel/points_journal.h.
 */
#include "points_ledger.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "kernel/flat_form.h"
#include "kernel/instant.h"
#include "kernel/list_text.h"
#include "points_log.h"
#include "report.h"

#define WIRE_VERSION	1
#define INTERRUPT_MASK	0x3FF	/* events between two looks */

/* ---------- memory ---------- */

static void *
resize(void *context, void *block, size_t size)
{
	return block ? repalloc_huge(block, size) : MemoryContextAllocHuge(context, size);
}

/* an event that is broken off leaves its account behind in that memory, where nobody looks at it again */
static void
pause_for_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

points_memory
points_ledger_memory(void)
{
	points_memory memory = {resize, CurrentMemoryContext, pause_for_interrupts};

	return memory;
}

points_ledger *
points_ledger_make(points_policy policy)
{
	points_ledger *ledger = palloc(sizeof(points_ledger));

	points_ledger_init(ledger, policy, points_ledger_memory());
	return ledger;
}

/* ---------- folding ---------- */

/*
 * Applies events up to the first that is refused, which is left in *refused.
 * *canonical: the bytes are what the ledger's own entries would be written as.
 */
static loyalty_status
apply_events(points_ledger *ledger, const uint8 *from, const uint8 *end, points_event *refused, bool *canonical)
{
	*canonical = true;
	for (uint32 n = 0; from < end; n++)
	{
		loyalty_status status;

		if ((n & INTERRUPT_MASK) == INTERRUPT_MASK)
			CHECK_FOR_INTERRUPTS();
		from = points_journal_read_event(from, end, refused);
		if (unlikely(from == NULL))
			return LOYALTY_CORRUPT;
		status = points_ledger_apply(ledger, refused);
		if (unlikely(status != LOYALTY_OK))
			return status;
		if (ledger->repeated || refused->at != ledger->head.now || (refused->kind == POINTS_TRANSFER_IN && refused->ref.bytes))
			*canonical = false;
	}
	return LOYALTY_OK;
}

/*
 * The same, and an error where one is refused.  Those of a stored value have
 * been accepted once: `stored` says that a refusal means damage.
 */
static bool
fold_events(points_ledger *ledger, const uint8 *from, const uint8 *end, bool stored)
{
	points_event event;
	bool		canonical;
	loyalty_status status = apply_events(ledger, from, end, &event, &canonical);

	if (status == LOYALTY_OK)
		return canonical;
	if (stored || status == LOYALTY_CORRUPT)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored points_ledger is damaged or of an unknown version")));
	points_event_failure(status, &event, ledger);
}

/* a stored value with room for so many bytes of events, which begin at *events */
static struct varlena *
make_value(points_policy policy, Size room, uint8 **events)
{
	uint8		head[POINTS_POLICY_SIZE];
	Size		head_size = points_journal_write_policy(head, policy) - head;
	Size		size = VARHDRSZ + head_size + room;
	struct varlena *value;

	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s is too large", "points_ledger"),
				 errdetail("Its entries would take %zu bytes, and a value can have %zu.",
						   size, (size_t) MaxAllocSize)));
	value = palloc(size);
	SET_VARSIZE(value, size);
	memcpy(VARDATA(value), head, head_size);
	*events = (uint8 *) VARDATA(value) + head_size;
	return value;
}

struct varlena *
points_ledger_from_log(const points_log *log)
{
	points_ledger *ledger = points_ledger_make(log->policy);
	struct varlena *value;
	uint8	   *to;

	if (!fold_events(ledger, log->events, log->events + log->used, false))
		return points_ledger_value(ledger);
	value = make_value(log->policy, log->used, &to);
	memcpy(to, log->events, log->used);
	return value;
}

points_ledger *
points_ledger_open(Datum value)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);
	const uint8 *from = (const uint8 *) VARDATA_ANY(bytes);
	const uint8 *end = from + VARSIZE_ANY_EXHDR(bytes);
	points_policy policy;
	points_ledger *ledger;

	if (flat_value_is_log(bytes))
	{
		points_log *log = flat_state_fetch(NULL, bytes);

		ledger = points_ledger_make(log->policy);
		fold_events(ledger, log->events, log->events + log->used, false);
		return ledger;
	}
	from = points_journal_read_policy(from, end, &policy);
	if (from == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored points_ledger is damaged or of an unknown version")));
	ledger = points_ledger_make(policy);
	fold_events(ledger, from, end, true);
	return ledger;
}

struct varlena *
points_ledger_value(const points_ledger *ledger)
{
	uint32		count = ledger->store.arrays[POINTS_ENTRIES].count;
	Size		room = 0;
	struct varlena *value;
	uint8	   *to;

	for (uint32 i = 0; i < count; i++)
	{
		points_event event = points_ledger_entry(ledger, i);

		room += points_journal_event_size(&event);
	}
	value = make_value(ledger->policy, room, &to);
	for (uint32 i = 0; i < count; i++)
	{
		points_event event = points_ledger_entry(ledger, i);

		to = points_journal_write_event(to, &event);
	}
	return value;
}

/* ---------- faults ---------- */

/* what a refused event wanted, as a sentence */
static const char *
describe(loyalty_status status, const points_event *event, points_ledger *ledger)
{
	const char *key = shortened(pnstrdup(event->key.bytes ? event->key.bytes : "", event->key.size));
	const char *ref = shortened(pnstrdup(event->ref.bytes ? event->ref.bytes : "", event->ref.size));
	const char *kind = points_kind_name(event->kind);
	points_head then;
	const char *field;
	bool		missing;

	switch (status)
	{
		case LOYALTY_EVENT_FIELD:
			field = points_event_wrong_field(event, &missing);
			/* the one word that an adjustment may have there */
			if (field == NULL)
				return psprintf("Entry \"%s\" (%s) has ref \"%s\", which can only be \"allow_arrears\".", key, kind, ref);
			return missing ? psprintf("Entry \"%s\" (%s) has no %s.", key, kind, field) :
				psprintf("Entry \"%s\" (%s) has %s, and its kind has none.", key, kind, field);
		case LOYALTY_INSUFFICIENT:
			/* how many there were at that time: the event itself has left no trace */
			if (ledger != NULL && points_ledger_foresee(ledger, event->at, &then) == LOYALTY_OK)
				return psprintf("Entry \"%s\" (%s) needs %lld points, and %lld are available.", key, kind,
								(long long) (event->points < 0 ? -event->points : event->points),
								(long long) then.available);
			break;
		case LOYALTY_NO_LOT:
		case LOYALTY_NO_HOLD:
		case LOYALTY_NO_REDEMPTION:
			return psprintf("Entry \"%s\" (%s) refers to \"%s\".", key, kind, ref);
		case LOYALTY_EXCEEDS_HOLD:
		case LOYALTY_EXCEEDS_REDEMPTION:
		case LOYALTY_EXCEEDS_LOT:
		case LOYALTY_ALREADY_SPENT:
			if (ledger != NULL && status != LOYALTY_ALREADY_SPENT)
				return psprintf("Entry \"%s\" (%s) wants %lld points of \"%s\", and %lld are left.", key, kind,
								(long long) event->points, ref, (long long) ledger->left);
			return psprintf("Entry \"%s\" (%s) wants %lld points of \"%s\".", key, kind, (long long) event->points, ref);
		case LOYALTY_POINTS_RANGE:
		case LOYALTY_POINTS_OVERFLOW:
		case LOYALTY_NOT_ALL:
			return psprintf("Entry \"%s\" (%s) has %lld points.", key, kind, (long long) event->points);
		case LOYALTY_EVENT_KEY:
			return psprintf("The key is \"%s\"; keys have 1 to %d bytes, those made of several included.", key, POINTS_KEY_SIZE);
		default:
			break;
	}
	return psprintf("The entry is \"%s\" (%s).", key, kind ? kind : "of no known kind");
}

void
points_event_failure(loyalty_status status, const points_event *event, points_ledger *ledger)
{
	if (status == LOYALTY_CORRUPT)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("lots of the account do not add up to its available points")));
	ereport(ERROR,
			(errcode(report_sqlstate(status)),
			 status == LOYALTY_POINTS_RANGE && event->kind == POINTS_ADJUST ?
			 errmsg("points must not be zero") : errmsg("%s", report_message(status)),
			 errdetail_internal("%s", describe(status, event, ledger)),
			 status == LOYALTY_KEY_CONFLICT ?
			 errhint("An entry may be sent again with the same arguments; another one needs a key of its own.") :
			 status == LOYALTY_NOT_CLEAR ?
			 errhint("Capture or void the holds, and let the arrears be settled, before accounts are merged.") : 0));
}

void
points_ledger_post(points_ledger *ledger, const points_event *event)
{
	loyalty_status status = points_ledger_apply(ledger, event);

	if (status != LOYALTY_OK)
		points_event_failure(status, event, ledger);
}

/* ---------- arguments ---------- */

int64
points_instant(Datum timestamptz, const char *argument)
{
	TimestampTz instant = DatumGetTimestampTz(timestamptz);

	if (TIMESTAMP_IS_NOBEGIN(instant))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must not be -infinity", argument)));
	return instant;
}

static points_text
text_arg(FunctionCallInfo fcinfo, int arg)
{
	points_text result = {NULL, 0};

	if (!PG_ARGISNULL(arg))
	{
		text	   *value = PG_GETARG_TEXT_PP(arg);

		result.bytes = VARDATA_ANY(value);
		result.size = VARSIZE_ANY_EXHDR(value);
	}
	return result;
}

points_event
points_event_args(FunctionCallInfo fcinfo, int arg)
{
	points_event event = {0};
	points_text kind = text_arg(fcinfo, arg);
	loyalty_status status;

	event.kind = kind.bytes ? points_kind_from_name(kind) : 0;
	if (event.kind == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown kind of ledger entry"),
				 kind.bytes ? errdetail("The kind is \"%s\".", shortened(pnstrdup(kind.bytes, kind.size))) : errdetail("The kind is NULL."),
				 errhint("Kinds are earn, confirm, hold, capture, void, redeem, refund, reverse, transfer_out, transfer_in, adjust, merge_out and merge_in.")));
	if (PG_ARGISNULL(arg + 1) || PG_ARGISNULL(arg + 2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of ledger entry must not be null", PG_ARGISNULL(arg + 1) ? "key" : "time"),
				 errdetail("The entry is of kind %s.", points_kind_name(event.kind))));
	event.key = text_arg(fcinfo, arg + 1);
	event.at = points_instant(PG_GETARG_DATUM(arg + 2), "time of ledger entry");
	event.has_points = !PG_ARGISNULL(arg + 3);
	if (event.has_points)
		event.points = PG_GETARG_INT64(arg + 3);
	event.ref = text_arg(fcinfo, arg + 4);
	event.from_at = PG_ARGISNULL(arg + 5) ? POINTS_UNSET : points_instant(PG_GETARG_DATUM(arg + 5), "from_at");
	event.until_at = PG_ARGISNULL(arg + 6) ? POINTS_UNSET : points_instant(PG_GETARG_DATUM(arg + 6), "until_at");
	status = points_event_check(&event);
	if (status != LOYALTY_OK)
		points_event_failure(status, &event, NULL);
	return event;
}

/* ---------- text and binary ---------- */

PG_FUNCTION_INFO_V1(points_ledger_in);
Datum
points_ledger_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		len = strlen(text);
	char	   *strings = palloc(len + 1);
	size_t		at = 0;
	size_t		from = 0;
	points_policy policy;
	points_ledger *ledger;
	loyalty_status status = points_journal_policy_from_text(text, len, &at, &policy);

	if (status == LOYALTY_OK && (at >= len || text[at] != '{'))
		status = LOYALTY_SYNTAX;
	if (status != LOYALTY_OK)
		goto invalid;
	ledger = points_ledger_make(policy);
	at = skip_space(text, len, at + 1);
	if (at < len && text[at] == '}')
		at++;
	else
		for (char last = ','; last == ',';)
		{
			points_event event;

			CHECK_FOR_INTERRUPTS();
			from = at;
			status = points_journal_event_from_text(text, len, &at, &event, &strings);
			if (status == LOYALTY_OK && (at >= len || (text[at] != ',' && text[at] != '}')))
				status = LOYALTY_SYNTAX;
			if (status == LOYALTY_OK)
			{
				last = text[at++];
				status = points_ledger_apply(ledger, &event);
				if (status != LOYALTY_OK)
					at = from;
			}
			if (status != LOYALTY_OK)
				goto invalid;
		}
	if (skip_space(text, len, at) == len)
		PG_RETURN_POINTER(points_ledger_value(ledger));
	status = LOYALTY_SYNTAX;

invalid:
	if (status == LOYALTY_SYNTAX || status == LOYALTY_EVENT_KIND)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "points_ledger", shortened(text)),
				 errdetail("At character %zu: expected {KIND \"KEY\" TIME [POINTS] [ref \"REF\"] [from TIME] [until TIME], ...}, times as 2026-01-31T12:00:00Z.", at + 1)));
	ereturn(fcinfo->context, (Datum) 0,
			(errcode(report_sqlstate(status)),
			 errmsg("invalid input for type %s: %s", "points_ledger", report_message(status)),
			 errdetail("At character %zu of \"%s\".", at + 1, shortened(text))));
}

static void
begin_text(StringInfo buf, points_policy policy)
{
	initStringInfo(buf);
	enlargeStringInfo(buf, POINTS_EVENT_TEXT_SIZE);
	buf->len += (int) points_journal_policy_to_text(policy, buf->data);
	appendStringInfoChar(buf, '{');
}

static void
append_event(StringInfo buf, const points_event *event)
{
	if (buf->data[buf->len - 1] != '{')
		appendStringInfoString(buf, ", ");
	enlargeStringInfo(buf, (int) points_journal_event_text_size(event));
	buf->len += (int) points_journal_event_to_text(event, buf->data + buf->len);
	buf->data[buf->len] = '\0';
}

/*
 * A state in progress may hold events that its fold would refuse, and somebody
 * may have stored it.  It is printed as it came, for a dump must not fail on
 * it; what is refused is refused where the text is read.
 */
static char *
log_text(const points_log *log)
{
	const uint8 *end = log->events + log->used;
	points_event event;
	bool		canonical;
	StringInfoData buf;

	if (apply_events(points_ledger_make(log->policy), log->events, end, &event, &canonical) == LOYALTY_OK)
		return NULL;
	begin_text(&buf, log->policy);
	for (const uint8 *at = log->events; at < end;)
	{
		CHECK_FOR_INTERRUPTS();
		at = points_journal_read_event(at, end, &event);
		if (at == NULL)
			return NULL;
		append_event(&buf, &event);
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

PG_FUNCTION_INFO_V1(points_ledger_out);
Datum
points_ledger_out(PG_FUNCTION_ARGS)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	char	   *as_it_came = flat_value_is_log(bytes) ? log_text(flat_state_fetch(NULL, bytes)) : NULL;
	points_ledger *ledger;
	StringInfoData buf;

	if (as_it_came)
		PG_RETURN_CSTRING(as_it_came);
	ledger = points_ledger_open(PointerGetDatum(bytes));
	begin_text(&buf, ledger->policy);
	for (uint32 i = 0; i < ledger->store.arrays[POINTS_ENTRIES].count; i++)
	{
		points_event event = points_ledger_entry(ledger, i);

		if ((i & INTERRUPT_MASK) == INTERRUPT_MASK)
			CHECK_FOR_INTERRUPTS();
		append_event(&buf, &event);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/*
 * The wire form is a version byte, the number of entries, and the stored form,
 * which has no byte order.
 * What comes in is folded: no journal that breaks a rule is accepted, and none
 * that is not in its canonical form.
 */
PG_FUNCTION_INFO_V1(points_ledger_recv);
Datum
points_ledger_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	uint32		count = pq_getmsgint(buf, 4);
	const uint8 *from = (const uint8 *) buf->data + buf->cursor;
	const uint8 *end = (const uint8 *) buf->data + buf->len;
	const uint8 *at;
	points_policy policy;
	points_ledger *ledger;
	struct varlena *value;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported version %d of binary %s", version, "points_ledger")));
	at = points_journal_read_policy(from, end, &policy);
	if (at == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid policies in binary %s", "points_ledger")));
	ledger = points_ledger_make(policy);
	while (at < end)
	{
		points_event event;
		loyalty_status status;

		CHECK_FOR_INTERRUPTS();
		at = points_journal_read_event(at, end, &event);
		if (at == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid entry in binary %s", "points_ledger"),
					 errdetail("It is entry %u.", ledger->store.arrays[POINTS_ENTRIES].count + 1)));
		pg_verifymbstr(event.key.bytes, (int) event.key.size, false);
		if (event.ref.bytes != NULL)
			pg_verifymbstr(event.ref.bytes, (int) event.ref.size, false);
		status = points_ledger_apply(ledger, &event);
		if (status != LOYALTY_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid entry in binary %s: %s", "points_ledger", report_message(status)),
					 errdetail("It is entry %u.", ledger->store.arrays[POINTS_ENTRIES].count + 1)));
	}
	if (ledger->store.arrays[POINTS_ENTRIES].count != count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s does not have as many entries as it announces", "points_ledger"),
				 errdetail("It announces %u and has %u.", count, ledger->store.arrays[POINTS_ENTRIES].count)));
	value = points_ledger_value(ledger);
	if (VARSIZE(value) - VARHDRSZ != (Size) (end - from) || memcmp(VARDATA(value), from, end - from) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("binary %s is not in its canonical form", "points_ledger"),
				 errdetail("An entry is repeated, or has a time before the one that precedes it.")));
	buf->cursor = buf->len;
	PG_RETURN_POINTER(value);
}

/* the stored form of an argument, whichever form it has */
static struct varlena *
stored_arg(Datum value)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

	return flat_value_is_log(bytes) ? points_ledger_from_log(flat_state_fetch(NULL, bytes)) : bytes;
}

PG_FUNCTION_INFO_V1(points_ledger_send);
Datum
points_ledger_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_arg(PG_GETARG_DATUM(0));
	const uint8 *end = (const uint8 *) VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value);
	points_policy policy;
	points_event event;
	uint32		count = 0;
	StringInfoData buf;

	for (const uint8 *at = points_journal_read_policy((const uint8 *) VARDATA_ANY(value), end, &policy);
		 at != NULL && at < end; count++)
		at = points_journal_read_event(at, end, &event);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendint32(&buf, count);
	pq_sendbytes(&buf, VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ---------- comparison: of the stored bytes, which are canonical ---------- */

static int
compare_args(FunctionCallInfo fcinfo)
{
	struct varlena *a = stored_arg(PG_GETARG_DATUM(0));
	struct varlena *b = stored_arg(PG_GETARG_DATUM(1));
	points_text x = {VARDATA_ANY(a), (uint32_t) VARSIZE_ANY_EXHDR(a)};
	points_text y = {VARDATA_ANY(b), (uint32_t) VARSIZE_ANY_EXHDR(b)};

	return points_text_compare(x, y);
}

FLAT_COMPARISONS(points_ledger, compare_args);

PG_FUNCTION_INFO_V1(points_ledger_hash);
Datum
points_ledger_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_arg(PG_GETARG_DATUM(0));

	return hash_any((const unsigned char *) VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
}

PG_FUNCTION_INFO_V1(points_ledger_hash_extended);
Datum
points_ledger_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_arg(PG_GETARG_DATUM(0));

	return hash_any_extended((const unsigned char *) VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value),
							 (uint64) PG_GETARG_INT64(1));
}

/* ---------- an account, and an event ---------- */

/* a text argument that is one of a few words: which, or an error; NULL is the first */
static int
word_arg(FunctionCallInfo fcinfo, int arg, const char *argument, const char *const *words, int count)
{
	points_text word = text_arg(fcinfo, arg);

	if (word.bytes == NULL)
		return 0;
	for (int i = 0; i < count; i++)
		if (strlen(words[i]) == word.size && memcmp(words[i], word.bytes, word.size) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s", argument),
			 errdetail("The value is \"%s\".", shortened(pnstrdup(word.bytes, word.size))),
			 count == 2 ? errhint("It is %s or %s.", words[0], words[1]) :
			 errhint("It is %s, %s or %s.", words[0], words[1], words[2])));
}

/* a grace period in microseconds */
static int64
fixed_length(Datum interval)
{
	const Interval *grace = DatumGetIntervalP(interval);
	int64		length;

	if (grace->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grace must be a fixed length"),
				 errdetail("It is %s, and months are not all equally long.",
						   DatumGetCString(DirectFunctionCall1(interval_out, interval))),
				 errhint("Give it in days or hours.")));
	if (pg_mul_s64_overflow(grace->day, USECS_PER_DAY, &length) ||
		pg_add_s64_overflow(length, grace->time, &length) || length < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grace must be a length of time from zero up"),
				 errdetail("The value is %s.", DatumGetCString(DirectFunctionCall1(interval_out, interval)))));
	return length;
}

points_policy
points_policy_args(FunctionCallInfo fcinfo, int arg)
{
	static const char *const orders[] = {"fefo", "fifo"};
	static const char *const clawbacks[] = {"arrears", "forgive", "refuse"};
	points_policy policy = {0};

	if (!PG_ARGISNULL(arg))
		policy.grace = fixed_length(PG_GETARG_DATUM(arg));
	policy.order = (uint8) word_arg(fcinfo, arg + 1, "spend_order", orders, lengthof(orders));
	policy.clawback = (uint8) word_arg(fcinfo, arg + 2, "clawback", clawbacks, lengthof(clawbacks));
	return policy;
}

PG_FUNCTION_INFO_V1(points_ledger_empty);
Datum
points_ledger_empty(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(points_ledger_value(points_ledger_make(points_policy_args(fcinfo, 0))));
}

PG_FUNCTION_INFO_V1(points_ledger_apply_entry);
Datum
points_ledger_apply_entry(PG_FUNCTION_ARGS)
{
	points_policy none = {0};
	points_event event = points_event_args(fcinfo, 1);
	points_ledger *ledger = PG_ARGISNULL(0) ? points_ledger_make(none) : points_ledger_open(PG_GETARG_DATUM(0));

	points_ledger_post(ledger, &event);
	PG_RETURN_POINTER(points_ledger_value(ledger));
}

/* ---------- two accounts ---------- */

points_event
points_ledger_arrival(const points_ledger *source, const points_event *out, const points_part *part)
{
	const points_lot *lot = points_lot_at(&source->store, part->lot);
	points_text origin = points_name_text(&source->store, lot->name);
	points_event in = *out;
	char	   *key = psprintf("%.*s/%.*s", (int) out->key.size, out->key.bytes, (int) origin.size, origin.bytes);

	in.key.bytes = key;
	in.key.size = (uint32_t) strlen(key);
	in.points = part->points;
	in.until_at = lot->until_at == POINTS_NEVER ? POINTS_UNSET : lot->until_at;
	if (out->kind == POINTS_TRANSFER_OUT)
	{
		in.kind = POINTS_TRANSFER_IN;
		in.from_at = lot->earned_at;
		in.ref.bytes = NULL;
	}
	else
	{
		char	   *earned_at = palloc(INSTANT_TEXT_SIZE);

		in.kind = POINTS_MERGE_IN;
		in.from_at = lot->from_at;
		in.ref.size = (uint32_t) instant_to_text(lot->earned_at, earned_at);
		in.ref.bytes = earned_at;
	}
	return in;
}

static void
receive_parts(points_ledger *target, const points_ledger *source, const points_event *out)
{
	for (int32 p = source->first_part; p < source->first_part + source->part_count; p++)
	{
		points_event in = points_ledger_arrival(source, out, points_part_at(&source->store, p));

		points_ledger_post(target, &in);
		/* what has just left the one cannot have arrived in the other before: that was another lot of the same name */
		if (target->repeated)
			points_event_failure(LOYALTY_KEY_CONFLICT, &in, target);
	}
}

/* transfer and merge: at one instant for both, the latest of their book times and `at` */
static Datum
move_points(FunctionCallInfo fcinfo, int kind)
{
	points_ledger *source = points_ledger_open(PG_GETARG_DATUM(0));
	points_ledger *target = points_ledger_open(PG_GETARG_DATUM(1));
	points_event out = {.kind = kind, .from_at = POINTS_UNSET, .until_at = POINTS_UNSET};
	points_head then = source->head;
	TupleDesc	tupdesc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	out.key = text_arg(fcinfo, 2);
	out.at = Max(points_instant(PG_GETARG_DATUM(3), "time"), Max(source->head.now, target->head.now));
	out.has_points = true;
	if (kind == POINTS_TRANSFER_OUT)
		out.points = PG_GETARG_INT64(4);
	else
	{
		int32		name = points_store_find(&source->store, out.key);
		int32		first = name < 0 ? -1 : points_name_at(&source->store, name)->entry;

		if (out.at != POINTS_NEVER)
			(void) points_ledger_foresee(source, out.at, &then);
		/* a merge takes what there is; repeated, what there was */
		out.points = first < 0 ? then.available + then.pending : points_entry_at(&source->store, first)->points;
	}
	if (out.points == 0 && kind == POINTS_MERGE_OUT && (then.arrears > 0 || then.gone[POINTS_HELD] > 0))
		points_event_failure(LOYALTY_NOT_CLEAR, &out, source);
	if (out.points != 0 || kind != POINTS_MERGE_OUT)
	{
		points_ledger_post(source, &out);
		if (!source->repeated)
			receive_parts(target, source, &out);
	}
	values[0] = PointerGetDatum(points_ledger_value(source));
	values[1] = PointerGetDatum(points_ledger_value(target));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

PG_FUNCTION_INFO_V1(points_ledger_transfer);
Datum
points_ledger_transfer(PG_FUNCTION_ARGS)
{
	return move_points(fcinfo, POINTS_TRANSFER_OUT);
}

PG_FUNCTION_INFO_V1(points_ledger_merge);
Datum
points_ledger_merge(PG_FUNCTION_ARGS)
{
	return move_points(fcinfo, POINTS_MERGE_OUT);
}
