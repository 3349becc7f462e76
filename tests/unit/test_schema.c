// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/model/where.h"
#include "user/rule/config.h"
#include "user/rule/fields.h"
#include "user/rule/rules.h"
#include "user/rule/schema.h"

static json_t *made(void (*make)(struct buf *b))
{
	struct buf b = BUF_INIT;
	json_t *schema;

	make(&b);
	assert_int_equal(b.data[b.len - 1], '\n');
	schema = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	buf_done(&b);
	assert_non_null(schema);
	assert_string_equal(json_string_value(json_object_get(schema, "$schema")), "http://json-schema.org/draft-07/schema#");
	return schema;
}

/* "a/b/c", of objects in each other. */
static json_t *at(json_t *from, const char *path)
{
	char word[64];

	while (*path) {
		size_t n = strcspn(path, "/");

		assert_true(n < sizeof(word));
		memcpy(word, path, n);
		word[n] = '\0';
		path += n + (path[n] == '/');
		from = json_object_get(from, word);
		if (!from)
			fail_msg("there is no '%s'", word);
	}
	return from;
}

static bool has_word(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), word))
			return true;
	return false;
}

/* All that the parser knows, what it demands, and nothing else. */
static void assert_fields(json_t *is, const struct field *fields, size_t count)
{
	assert_string_equal(json_string_value(at(is, "type")), "object");
	assert_true(json_is_false(at(is, "additionalProperties")));
	assert_int_equal(json_object_size(at(is, "properties")), count);
	for (size_t i = 0; i < count; i++) {
		json_t *field = at(at(is, "properties"), fields[i].name);

		assert_string_equal(json_string_value(at(field, "description")), fields[i].about);
		assert_int_equal(json_array_size(at(field, "allOf")), 1);
		assert_int_equal(has_word(at(is, "required"), fields[i].name), fields[i].required);
	}
}

static void rules_are_described_by_what_reads_them(void **state)
{
	json_t *schema = made(schema_rules), *where;

	(void)state;
	assert_fields(schema, rules_fields, rules_field_count);
	assert_fields(at(schema, "definitions/rule"), rule_fields, rule_field_count);
	where = at(schema, "definitions/where/properties");
	assert_int_equal(json_object_size(where), WHERE_KEYS);
	for (unsigned key = 0; key < WHERE_KEYS; key++)
		assert_non_null(json_object_get(where, where_key_name((enum where_key)key)));
	json_decref(schema);
}

/* Without one of these it would say where, and not what. */
static void a_rule_decides_something(void **state)
{
	json_t *schema = made(schema_rules), *any = at(schema, "definitions/rule/anyOf");

	(void)state;
	assert_int_equal(json_array_size(any), 6);
	for (size_t i = 0; i < json_array_size(any); i++) {
		const json_t *word = json_array_get(json_object_get(json_array_get(any, i), "required"), 0);

		assert_non_null(json_object_get(at(schema, "definitions/rule/properties"), json_string_value(word)));
	}
	json_decref(schema);
}

static void every_capability_has_its_word(void **state)
{
	json_t *schema = made(schema_rules), *any = at(schema, "definitions/capability/anyOf");
	const json_t *words = json_object_get(json_array_get(any, 0), "enum");
	char room[CAPABILITY_NAME_MAX];

	(void)state;
	assert_int_equal(json_array_size(words), CAPABILITY_COUNT + 1);
	assert_true(has_word(words, "all"));
	for (size_t i = 1; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));
		unsigned nr = CAPABILITY_MAX;

		assert_int_equal(capability_parse(word, strlen(word), &nr), 0);
		assert_int_equal(nr, i - 1);
		assert_non_null(capability_name(nr, room));
	}
	json_decref(schema);
}

/* Which keys an output of a type has, and must have: as the parser says. */
static void an_output_has_the_keys_of_its_type(void **state)
{
	json_t *schema = made(schema_config), *types = at(schema, "definitions/output/allOf");

	(void)state;
	assert_fields(at(schema, "definitions/output"), output_fields, output_field_count);
	assert_int_equal(json_array_size(types), OUTPUT_TYPES);
	for (int type = 0; type < OUTPUT_TYPES; type++) {
		json_t *one = json_array_get(types, (size_t)type);

		assert_string_equal(json_string_value(at(one, "if/properties/type/const")), config_output_types[type]);
		for (size_t i = 0; i < output_field_count; i++) {
			const char *key = output_fields[i].name;

			assert_int_equal(has_word(at(one, "then/propertyNames/enum"), key),
					 config_output_has(key, (enum config_output_type)type));
			assert_int_equal(has_word(at(one, "then/required"), key),
					 config_output_needs(key, (enum config_output_type)type));
		}
	}
	json_decref(schema);
}

static void the_configuration_is_described_by_what_reads_it(void **state)
{
	json_t *schema = made(schema_config);

	(void)state;
	assert_fields(schema, config_fields, config_field_count);
	assert_fields(at(schema, "definitions/metrics"), metrics_fields, metrics_field_count);
	assert_fields(at(schema, "definitions/history"), history_fields, history_field_count);
	assert_fields(at(schema, "definitions/spool"), spool_fields, spool_field_count);
	assert_fields(at(schema, "definitions/alerts"), alerts_fields, alerts_field_count);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_described_by_what_reads_them),
		cmocka_unit_test(a_rule_decides_something),
		cmocka_unit_test(every_capability_has_its_word),
		cmocka_unit_test(an_output_has_the_keys_of_its_type),
		cmocka_unit_test(the_configuration_is_described_by_what_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
