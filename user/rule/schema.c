/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/schema.h"

#include <ctype.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/capability.h"
#include "user/model/decision.h"
#include "user/model/where.h"
#include "user/rule/config.h"
#include "user/rule/fields.h"
#include "user/rule/rules.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void word(struct json *j, const char *key, const char *value)
{
	json_key_str(j, key, strlen(key));
	json_cstr(j, value);
}

static void number(struct json *j, const char *key, uint64_t value)
{
	json_key_str(j, key, strlen(key));
	json_u64(j, value);
}

static void put_open(struct json *j, const char *key)
{
	json_key_str(j, key, strlen(key));
	json_object(j);
}

static void raw(struct json *j, const char *key, const char *json)
{
	json_key_str(j, key, strlen(key));
	json_raw(j, json, strlen(json));
}

static void words(struct json *j, const char *key, const char *const *list, size_t count)
{
	json_key_str(j, key, strlen(key));
	json_array(j);
	for (size_t i = 0; i < count; i++)
		json_cstr(j, list[i]);
	json_array_end(j);
}

/*
 * ---- capabilities
 * -----------------------------------------------------------------------------------------------
 */

static void lower_name(unsigned nr, char ret[static CAPABILITY_NAME_MAX])
{
	char room[CAPABILITY_NAME_MAX];
	const char *name = capability_name(nr, room) + strlen("CAP_");
	size_t i = 0;

	for (; name[i]; i++)
		ret[i] = (char)tolower((unsigned char)name[i]);
	ret[i] = '\0';
}

/* The name in any case, with _ or -. */
static void put_any_spelling(struct buf *b, const char *name)
{
	for (; *name; name++)
		if (*name == '_')
			buf_puts(b, "[_-]");
		else
			buf_printf(b, "[%c%c]", *name, toupper((unsigned char)*name));
}

static void put_pattern(struct buf *b)
{
	struct buf one = BUF_INIT;
	char name[CAPABILITY_NAME_MAX];

	buf_puts(&one, "(?:\\$[^ ]+|[aA][lL][lL]|(?:[cC][aA][pP][_-])?(?:[0-9]{1,2}");
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		lower_name(nr, name);
		buf_putc(&one, '|');
		put_any_spelling(&one, name);
	}
	buf_puts(&one, "))");
	buf_printf(b, "^[ ,]*%s(?:[ ,]+%s)*[ ,]*$", buf_str(&one), buf_str(&one));
	buf_done(&one);
}

#define NUMBERS "{\"type\":\"integer\",\"minimum\":0,\"maximum\":63}"

static void define_capability(struct json *j)
{
	struct buf pattern = BUF_INIT;
	char name[CAPABILITY_NAME_MAX];

	json_key(j, "anyOf");
	json_array(j);
	json_object(j);
	json_key(j, "enum");
	json_array(j);
	json_cstr(j, "all");
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		lower_name(nr, name);
		json_cstr(j, name);
	}
	json_array_end(j);
	json_object_end(j);
	json_object(j);
	word(j, "type", "string");
	put_pattern(&pattern);
	word(j, "pattern", buf_str(&pattern));
	json_object_end(j);
	json_raw(j, NUMBERS, strlen(NUMBERS));
	json_array_end(j);
	buf_done(&pattern);
}

/*
 * ---- shapes
 * -----------------------------------------------------------------------------------------------------
 */

#define WORD	 "{\"type\":[\"string\",\"integer\",\"number\",\"boolean\"],\"not\":{\"const\":\"\"}}"
#define MANY(of) "{\"anyOf\":[" of ",{\"type\":\"array\",\"minItems\":1,\"items\":" of "}]}"
#define ABSOLUTE "{\"type\":\"string\",\"pattern\":\"^/\"}"

/*
 * Places, as the parser has them (tests/unit/places.table). What is in brackets may be no IPv6 address. No `$`: for some that
 * is before a last newline too.
 */
#define PORT_OF_5 "[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
#define PORT	  "(0{0,5}[1-9]|0{0,4}[1-9][0-9]|0{0,3}[1-9][0-9]{2}|0{0,2}[1-9][0-9]{3}|0?(" PORT_OF_5 "))"
#define END	  "(?![\\\\s\\\\S])"
#define URL	  "^https?://([^/?#]*@)?((?!\\\\[)[!-\\\\x22$-.0-9;->A-~]+|\\\\[[!-\\\\x22$-.0->A-\\\\\\\\^-~]{2,}\\\\])(:" PORT ")?(?![^/?#])"
#define ADDRESS	  "^(/|(udp|tcp)://((?!\\\\[)[!-9;-~]+|\\\\[[!-\\\\\\\\^-~]{2,}\\\\]):" PORT END ")"
#define OCTET	  "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4	  OCTET "(\\\\." OCTET "){3}"
#define IPV6	  "[0-9a-fA-F]*:[0-9a-fA-F:.]*"
#define LISTEN	  "^(localhost|" IPV4 "|" IPV6 "|\\\\[(" IPV4 "|" IPV6 ")\\\\]):0*" PORT END

/* Of those that are always the same. The others are made from tables. */
static const char *const fixed[FIELD_SHAPES] = {
	[FIELD_VERSION] = "{\"enum\":[1,\"1\"]}",
	[FIELD_TEXT] = WORD,
	[FIELD_CAPS] = MANY("{\"$ref\":\"#/definitions/capability\"}"),
	[FIELD_EXCEPT] = MANY("{\"$ref\":\"#/definitions/where\"}"),
	[FIELD_SPAN] = "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},{\"type\":\"string\",\"pattern\":"
		       "\"^([0-9]+(w|d|h|m|s|ms|us|ns))+$|^[0-9]+$\"}]}",
	[FIELD_RATE] = "{\"type\":\"string\",\"pattern\":\"^[1-9][0-9]* in ([0-9]+(w|d|h|m|s|ms|us|ns))+$\"}",
	[FIELD_LEARN] = "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},{\"type\":\"string\",\"pattern\":"
			"\"^(([0-9]+(w|d|h|m|s|ms|us|ns))+|[0-9]+)( by (name|image))?$\"}]}",
	[FIELD_WORDS] = MANY(WORD),
	[FIELD_LISTS] = "{\"type\":\"object\",\"additionalProperties\":" MANY(WORD) "}",
	[FIELD_RULES] = "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/rule\"}}]}",
	[FIELD_VERDICT] = "{\"enum\":[\"allowed\",\"denied\",\"any\"]}",
	[FIELD_DEFAULT] = "{\"enum\":[\"log\",\"alert\",\"ignore\"]}",
	[FIELD_OUTPUTS] = "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[A-Za-z0-9_-]+$\"},"
			  "\"additionalProperties\":{\"$ref\":\"#/definitions/output\"}}",
	[FIELD_METRICS] = "{\"$ref\":\"#/definitions/metrics\"}",
	[FIELD_HISTORY] = "{\"$ref\":\"#/definitions/history\"}",
	[FIELD_SPOOL] = "{\"$ref\":\"#/definitions/spool\"}",
	[FIELD_ALERTS] = "{\"$ref\":\"#/definitions/alerts\"}",
	[FIELD_ADDRESS] = "{\"type\":\"string\",\"pattern\":\"" ADDRESS "\"}",
	[FIELD_COMMAND] = "{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^/[^ ]*$\"},{\"type\":\"array\",\"minItems\":1,"
			  "\"items\":" WORD "}]}",
	[FIELD_URL] = "{\"type\":\"string\",\"pattern\":\"" URL "\"}",
	[FIELD_LISTEN] = "{\"type\":\"string\",\"pattern\":\"" LISTEN "\"}",
	[FIELD_PATH] = ABSOLUTE,
	[FIELD_SIZE] = "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":65536},{\"type\":\"string\",\"pattern\":"
		       "\"^[0-9]+([BKMGT](iB)?)?$\"}]}",
	[FIELD_NUMBER] = "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000}",
	[FIELD_WORKLOADS] = "{\"type\":\"integer\",\"minimum\":1,\"maximum\":200}",
};

static const struct {
	enum field_shape shape;
	const char *const *words;
	size_t count;
	bool list;
} of_words[] = {
	{ FIELD_ACTION, decision_actions, DECISION_ACTIONS, false },
	{ FIELD_SEVERITY, decision_severities, SEVERITIES, false },
	{ FIELD_CLASSES, rule_class_words, SITE_CLASS_COUNT, true },
	{ FIELD_OUTPUT_TYPE, config_output_types, OUTPUT_TYPES, false },
	{ FIELD_FORMAT, config_formats, FORMATS, false },
};

/* One of these words; of a list all of them, and `all`. */
static void put_enum(struct json *j, const char *const *list, size_t count, bool all)
{
	json_object(j);
	json_key(j, "enum");
	json_array(j);
	for (size_t i = 0; i < count; i++)
		json_cstr(j, list[i]);
	if (all)
		json_cstr(j, "all");
	json_array_end(j);
	json_object_end(j);
}

static void put_words(struct json *j, const char *const *list, size_t count, bool many)
{
	if (!many) {
		put_enum(j, list, count, false);
		return;
	}
	json_object(j);
	json_key(j, "anyOf");
	json_array(j);
	put_enum(j, list, count, true);
	json_object(j);
	word(j, "type", "array");
	number(j, "minItems", 1);
	json_key(j, "items");
	put_enum(j, list, count, true);
	json_object_end(j);
	json_array_end(j);
	json_object_end(j);
}

static void put_shape(struct json *j, enum field_shape shape)
{
	if (fixed[shape]) {
		json_raw(j, fixed[shape], strlen(fixed[shape]));
		return;
	}
	for (size_t i = 0; i < COUNT(of_words); i++)
		if (of_words[i].shape == shape) {
			put_words(j, of_words[i].words, of_words[i].count, of_words[i].list);
			return;
		}
	if (shape == FIELD_FACILITY)
		put_words(j, config_facilities, config_facility_count, false);
	else if (shape == FIELD_ATTACH)
		put_words(j, config_probes, config_probe_count, false);
	else
		json_raw(j, "{\"$ref\":\"#/definitions/where\"}", strlen("{\"$ref\":\"#/definitions/where\"}"));
}

/*
 * ---- objects
 * ----------------------------------------------------------------------------------------------------
 */

static void put_required(struct json *j, const struct field *fields, size_t count)
{
	json_key(j, "required");
	json_array(j);
	for (size_t i = 0; i < count; i++)
		if (fields[i].required)
			json_cstr(j, fields[i].name);
	json_array_end(j);
}

/* What a mapping with these keys is. */
static void put_fields(struct json *j, const struct field *fields, size_t count)
{
	word(j, "type", "object");
	json_key(j, "additionalProperties");
	json_bool(j, false);
	put_required(j, fields, count);
	put_open(j, "properties");
	for (size_t i = 0; i < count; i++) {
		put_open(j, fields[i].name);
		word(j, "description", fields[i].about);
		json_key(j, "allOf");
		json_array(j);
		put_shape(j, fields[i].shape);
		json_array_end(j);
		json_object_end(j);
	}
	json_object_end(j);
}

static void define_where(struct json *j)
{
	put_open(j, "where");
	word(j, "type", "object");
	json_key(j, "additionalProperties");
	json_bool(j, false);
	number(j, "minProperties", 1);
	put_open(j, "properties");
	for (unsigned key = 0; key < WHERE_KEYS; key++)
		raw(j, where_key_name((enum where_key)key), MANY(WORD));
	json_object_end(j);
	json_object_end(j);
}

/* A rule decides something. */
static void define_rule(struct json *j)
{
	static const char *const deciding[] = { "allow", "alert", "log", "ignore", "otherwise", "allow_profile" };

	put_open(j, "rule");
	put_fields(j, rule_fields, rule_field_count);
	json_key(j, "anyOf");
	json_array(j);
	for (size_t i = 0; i < COUNT(deciding); i++) {
		json_object(j);
		words(j, "required", &deciding[i], 1);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void put_keys(struct json *j, const char *key, enum config_output_type type,
		     bool (*fits)(const char *key, enum config_output_type type))
{
	json_key_str(j, key, strlen(key));
	json_array(j);
	for (size_t i = 0; i < output_field_count; i++)
		if (fits(output_fields[i].name, type))
			json_cstr(j, output_fields[i].name);
	json_array_end(j);
}

/* Which keys an output of this type has, and must have. */
static void put_type(struct json *j, enum config_output_type type)
{
	bool webhook = type == OUTPUT_WEBHOOK;

	put_keys(j, "required", type, config_output_needs);
	put_open(j, "propertyNames");
	put_keys(j, "enum", type, config_output_has);
	json_object_end(j);
	if (!config_output_has("format", type))
		return;
	put_open(j, "properties");
	json_key(j, "format");
	put_enum(j, config_formats + (webhook ? FORMAT_GENERIC : 0), webhook ? FORMATS - FORMAT_GENERIC : FORMAT_GENERIC,
		 false);
	json_object_end(j);
}

static void put_types(struct json *j)
{
	json_key(j, "allOf");
	json_array(j);
	for (int type = 0; type < OUTPUT_TYPES; type++) {
		json_object(j);
		put_open(j, "if");
		put_open(j, "properties");
		put_open(j, "type");
		word(j, "const", config_output_types[type]);
		json_object_end(j);
		json_object_end(j);
		json_object_end(j);
		put_open(j, "then");
		put_type(j, (enum config_output_type)type);
		json_object_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void begin(struct json *j, struct buf *b, const char *title)
{
	json_init(j, b);
	json_object(j);
	word(j, "$schema", "http://json-schema.org/draft-07/schema#");
	word(j, "title", title);
}

void schema_rules(struct buf *b)
{
	struct json j;

	begin(&j, b, "Rules of capsieve: capsieve-rules(5)");
	put_fields(&j, rules_fields, rules_field_count);
	put_open(&j, "definitions");
	put_open(&j, "capability");
	define_capability(&j);
	json_object_end(&j);
	define_where(&j);
	define_rule(&j);
	json_object_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}

void schema_config(struct buf *b)
{
	static const struct {
		const char *name;
		const struct field *fields;
		const size_t *count;
	} parts[] = {
		{ "metrics", metrics_fields, &metrics_field_count },
		{ "history", history_fields, &history_field_count },
		{ "spool", spool_fields, &spool_field_count },
		{ "alerts", alerts_fields, &alerts_field_count },
	};
	struct json j;

	begin(&j, b, "Configuration of capsieve: capsieve-rules(5)");
	put_fields(&j, config_fields, config_field_count);
	put_open(&j, "definitions");
	put_open(&j, "output");
	put_fields(&j, output_fields, output_field_count);
	put_types(&j);
	json_object_end(&j);
	for (size_t i = 0; i < COUNT(parts); i++) {
		put_open(&j, parts[i].name);
		put_fields(&j, parts[i].fields, *parts[i].count);
		json_object_end(&j);
	}
	json_object_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}
