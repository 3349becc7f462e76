// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"

/* Of each kind what a sentence about it calls it, and what is said where it should have been another. */
static void what_stands_there_is_told(void **state)
{
	static const struct {
		const char *json, *told;
	} rows[] = {
		{ "{}", "an object" },	   { "[1]", "a list" },	 { "12", "12" },       { "-7", "-7" },
		{ "0.5", "0.5" },	   { "true", "true" },	 { "false", "false" }, { "null", "null" },
		{ "\"word\"", "'word'" }, { "\"\\u001b[1m\"", "'\\x1b[1m'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text = BUF_INIT, why = BUF_INIT, told = BUF_INIT;
		struct jsonin root, value;
		int64_t number;
		bool truth;

		buf_printf(&text, "{\"a\": %s}", rows[i].json);
		assert_int_equal(jsonin_open("f", buf_str(&text), text.len, &why, &root), 0);
		assert_int_equal(jsonin_member(&root, "a", &value), 0);
		jsonin_describe(&told, &value);
		assert_string_equal(buf_str(&told), rows[i].told);
		/* Nothing is two of these. */
		if (jsonin_i64(&value, &number)) {
			assert_non_null(strstr(buf_str(&why), rows[i].told));
			assert_int_equal(strncmp(buf_str(&why), "f: a: ", 6), 0);
		} else {
			buf_clear(&why);
			assert_int_equal(jsonin_bool(&value, &truth), -EINVAL);
			assert_non_null(strstr(buf_str(&why), rows[i].told));
		}
		assert_int_equal(jsonin_is_null(&value), !strcmp(rows[i].told, "null"));
		jsonin_close(&root);
		buf_done(&text);
		buf_done(&why);
		buf_done(&told);
	}
}

static void a_mistake_has_its_place(void **state)
{
	static const char text[] = "{\"a\": {\"b\": [1, \"x\"]}}", broken[] = "{\"a\": 1,\n  }";
	struct jsonin root, a, b, item;
	struct buf why = BUF_INIT;
	size_t count = 0;
	int64_t number;

	(void)state;
	assert_int_equal(jsonin_open("f", text, strlen(text), &why, &root), 0);
	assert_true(jsonin_has(&root, "a"));
	assert_false(jsonin_has(&root, "b"));
	assert_int_equal(jsonin_member(&root, "a", &a), 0);
	assert_int_equal(jsonin_member(&a, "b", &b), 0);
	assert_int_equal(jsonin_count(&b, &count), 0);
	assert_int_equal(count, 2);
	jsonin_item(&b, 0, &item);
	assert_int_equal(jsonin_i64(&item, &number), 0);
	assert_int_equal(number, 1);
	jsonin_item(&b, 1, &item);
	assert_int_equal(jsonin_i64(&item, &number), -EINVAL);
	assert_int_equal(strncmp(buf_str(&why), "f: a.b[1]: ", 11), 0);
	buf_clear(&why);
	assert_int_equal(jsonin_member(&a, "c", &item), -EINVAL);
	assert_non_null(strstr(buf_str(&why), "c"));
	jsonin_close(&root);

	buf_clear(&why);
	assert_int_equal(jsonin_open("f", broken, strlen(broken), &why, &root), -EINVAL);
	assert_int_equal(strncmp(buf_str(&why), "f:2:", 4), 0);
	buf_done(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_there_is_told),
		cmocka_unit_test(a_mistake_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
