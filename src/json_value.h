/*
 * json_value.h
 *		Values whose text is a JSON object: reading the object's fields, and
 *		writing numbers that read back to the last bit.
 */
#ifndef LOYALTY_JSON_VALUE_H
#define LOYALTY_JSON_VALUE_H

#include "compat.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* a text that is to be a JSON object; NULL after a soft error that names the type */
extern Jsonb *json_object_in(char *text, struct Node *escontext, const char *type);

/* the soft error of a value that is JSON, but not this type's; fault says why */
extern void json_refuse(struct Node *escontext, const char *type, const char *fault);

/* a field of an object; false where there is none or it is null */
extern bool json_field(const JsonbContainer *object, const char *key, JsonbValue *value);

/* a number, or the text "Infinity"; false for anything else, and for numbers beyond double precision */
extern bool json_number(const JsonbValue *value, double *number);

/* a number that is whole and fits */
extern bool json_int64(const JsonbValue *value, int64 *number);

/* a text's copy, or NULL */
extern char *json_text(const JsonbValue *value);

/* true, with the container, where the value is an array (an object) */
extern bool json_as_array(const JsonbValue *value, JsonbContainer **array);
extern bool json_as_object(const JsonbValue *value, JsonbContainer **object);

/* all numbers of an array into numbers[]; how many there are, or -1 where one is none or there are more than `most` */
extern int	json_numbers(const JsonbContainer *array, double *numbers, int most);

/* the first key that is not in the NULL-terminated list, or NULL */
extern const char *json_unknown_key(JsonbContainer *object, const char *const *known);

/* the shortest digits that read back as the same number; infinity as a text */
extern void json_append_number(StringInfo buf, double number);

#endif							/* LOYALTY_JSON_VALUE_H */
