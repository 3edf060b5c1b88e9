/*
 * json_value.c
 *		Values whose text is a JSON object.
 */
#include "json_value.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* the deepest of our values has less */
#define DEEPEST_NESTING	16

/*
 * PostgreSQL's reader goes down with every bracket, and where the stack ends it
 * raises its error even for those who only asked whether a text is valid.
 */
static bool
is_nested_too_deeply(const char *text)
{
	int			depth = 0;
	bool		quoted = false;

	for (; *text; text++)
	{
		if (quoted)
		{
			if (*text == '\\' && text[1] != '\0')
				text++;
			else if (*text == '"')
				quoted = false;
		}
		else if (*text == '"')
			quoted = true;
		else if ((*text == '{' || *text == '[') && ++depth > DEEPEST_NESTING)
			return true;
		else if (*text == '}' || *text == ']')
			depth--;
	}
	return false;
}

Jsonb *
json_object_in(char *text, struct Node *escontext, const char *type)
{
	Datum		json;

	if (is_nested_too_deeply(text))
	{
		json_refuse(escontext, type, "It is nested too deeply.");
		return NULL;
	}
	if (!loyalty_input(jsonb_in, text, escontext, &json))
		return NULL;
	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(json)))
	{
		json_refuse(escontext, type, "It is not a JSON object.");
		return NULL;
	}
	return DatumGetJsonbP(json);
}

void
json_refuse(struct Node *escontext, const char *type, const char *fault)
{
	errsave(escontext,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input for type %s", type),
			 errdetail("%s", fault)));
}

bool
json_field(const JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(unconstify(JsonbContainer *, object), key, (int) strlen(key), value) != NULL &&
		value->type != jbvNull;
}

bool
json_number(const JsonbValue *value, double *number)
{
	if (value->type == jbvString)
	{
		*number = INFINITY;
		return value->val.string.len == 8 && memcmp(value->val.string.val, "Infinity", 8) == 0;
	}
	if (value->type != jbvNumeric)
		return false;
	*number = strtod(DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric))), NULL);
	return isfinite(*number);
}

bool
json_int64(const JsonbValue *value, int64 *number)
{
	double		n;

	if (value->type != jbvNumeric || !json_number(value, &n) || n != floor(n) || fabs(n) > 9007199254740992.0)
		return false;
	*number = (int64) n;
	return true;
}

char *
json_text(const JsonbValue *value)
{
	return value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

bool
json_as_array(const JsonbValue *value, JsonbContainer **array)
{
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return false;
	*array = value->val.binary.data;
	return true;
}

bool
json_as_object(const JsonbValue *value, JsonbContainer **object)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return false;
	*object = value->val.binary.data;
	return true;
}

int
json_numbers(const JsonbContainer *array, double *numbers, int most)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, array));
	JsonbIteratorToken token;
	JsonbValue	value;
	int			n = 0;

	token = JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_ELEM)
		if (n == most || !json_number(&value, &numbers[n++]))
			return -1;
	return token == WJB_END_ARRAY ? n : -1;
}

const char *
json_unknown_key(JsonbContainer *object, const char *const *known)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		if (token == WJB_KEY)
		{
			const char *const *name = known;

			while (*name && (strlen(*name) != value.val.string.len ||
							 memcmp(*name, value.val.string.val, value.val.string.len) != 0))
				name++;
			if (!*name)
				return pnstrdup(value.val.string.val, value.val.string.len);
		}
	return NULL;
}

void
json_append_number(StringInfo buf, double number)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isinf(number))
	{
		appendStringInfoString(buf, "\"Infinity\"");
		return;
	}
	double_to_shortest_decimal_buf(number, text);
	appendStringInfoString(buf, text);
}
