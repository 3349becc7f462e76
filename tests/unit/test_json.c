/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/text.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static struct json fresh(struct buf *b)
{
	struct json j;

	buf_clear(b);
	json_init(&j, b);
	return j;
}

static void nests_and_puts_commas(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	json_object(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "effective");
	json_array(&j);
	json_cstr(&j, "CAP_CHOWN");
	json_cstr(&j, "CAP_KILL");
	json_array(&j);
	json_array_end(&j);
	json_object(&j);
	json_object_end(&j);
	json_array_end(&j);
	json_key_str(&j, BYTES("a\"b"));
	json_null(&j);
	json_key(&j, "raw");
	json_raw(&j, BYTES("{\"x\":1}"));
	json_key(&j, "yes");
	json_bool(&j, true);
	json_key(&j, "no");
	json_bool(&j, false);
	json_object_end(&j);
	assert_string_equal(buf_str(&b),
			    "{\"v\":1,\"effective\":[\"CAP_CHOWN\",\"CAP_KILL\",[],{}],\"a\\\"b\":null,"
			    "\"raw\":{\"x\":1},\"yes\":true,\"no\":false}");
	buf_done(&b);
}

static void writes_one_text_after_another(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	for (int i = 0; i < 2; i++) {
		json_init(&j, &b);
		json_object(&j);
		json_object_end(&j);
		buf_putc(&b, '\n');
	}
	assert_string_equal(buf_str(&b), "{}\n{}\n");
	buf_done(&b);
}

static void writes_integers_in_full(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	json_array(&j);
	json_u64(&j, 0);
	json_u64(&j, 1795309346516123457);
	json_u64(&j, UINT64_MAX);
	json_i64(&j, 0);
	json_i64(&j, -1);
	json_i64(&j, INT64_MAX);
	json_i64(&j, INT64_MIN);
	json_array_end(&j);
	assert_string_equal(buf_str(&b), "[0,1795309346516123457,18446744073709551615,0,-1,"
					 "9223372036854775807,-9223372036854775808]");
	buf_done(&b);
}

struct row {
	const char *in;
	size_t n;
	const char *out;
};

static const struct row strings[] = {
	{ BYTES(""), "\"\"" },
	{ BYTES("nginx"), "\"nginx\"" },
	{ BYTES("a long plain string, more than one word"), "\"a long plain string, more than one word\"" },
	{ BYTES("12345678\"12345678\\"), "\"12345678\\\"12345678\\\\\"" },
	{ BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
	{ BYTES("a\0b"), "\"a\\u0000b\"" },
	{ BYTES("\x1b[31m\x1f\x7f"), "\"\\u001b[31m\\u001f\\u007f\"" },
	{ BYTES("\xc2\x9b"), "\"\\u009b\"" },
	{ BYTES("\xe2\x80\xae"), "\"\\u202e\"" },
	{ BYTES("\xf3\xa0\x81\x81"), "\"\\udb40\\udc41\"" },
	{ BYTES("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb3"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb3\"" },
	{ BYTES("\xef\xbf\xbd"), "\"\xef\xbf\xbd\"" },
	{ BYTES("\xff" "a\xc3"), "\"\\ufffda\\ufffd\"" },
	{ BYTES("\xc0\x80"), "\"\\ufffd\\ufffd\"" },
	{ BYTES("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
	{ BYTES("/path"), "\"/path\"" },
};

static void escapes_strings(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct json j = fresh(&b);

		json_str(&j, strings[i].in, strings[i].n);
		assert_string_equal(buf_str(&b), strings[i].out);
		j = fresh(&b);
		json_key_str(&j, strings[i].in, strings[i].n);
		assert_memory_equal(buf_str(&b), strings[i].out, strlen(strings[i].out));
		assert_int_equal(b.data[b.len - 1], ':');
	}
	buf_done(&b);
}

/* The fast path looks at eight bytes at once: each byte value at each place among plain ones. */
static void sees_every_byte_at_every_place(void **state)
{
	const char *plain_text = "xxxxxxxxxxxxxxxxxxx";
	struct buf b = BUF_INIT;
	char in[19];

	(void)state;
	for (int value = 0; value < 256; value++) {
		bool plain = value >= 0x20 && value < 0x7f && value != '"' && value != '\\';

		for (size_t at = 0; at < sizeof(in); at++) {
			size_t behind = sizeof(in) - at - 1;
			struct json j = fresh(&b);

			memset(in, 'x', sizeof(in));
			in[at] = (char)value;
			json_str(&j, in, sizeof(in));
			assert_int_equal(b.len == sizeof(in) + 2, plain);
			assert_true(text_utf8_ok(b.data, b.len));
			assert_memory_equal(b.data + 1, plain_text, at);
			assert_memory_equal(b.data + b.len - 1 - behind, plain_text, behind);
		}
	}
	buf_done(&b);
}

static void takes_a_field_without_nul(void **state)
{
	struct {
		char comm[16];
		char behind[8];
	} field;
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	memcpy(field.comm, "sixteen-bytes!!\xc3", 16);
	memcpy(field.behind, "\xbcSECRET", 8);
	json_str(&j, field.comm, strnlen(field.comm, sizeof(field.comm)));
	assert_string_equal(buf_str(&b), "\"sixteen-bytes!!\\ufffd\"");
	buf_done(&b);
}

static void writes_null_for_no_string(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	json_array(&j);
	json_cstr(&j, NULL);
	json_cstr(&j, "");
	json_array_end(&j);
	assert_string_equal(buf_str(&b), "[null,\"\"]");
	buf_done(&b);
}

static void nests_as_deep_as_it_says(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		if (i % 2) {
			json_key(&j, "k");
			json_array(&j);
		} else {
			json_object(&j);
		}
	}
	for (int i = JSON_DEPTH_MAX; i-- > 0;) {
		if (i % 2)
			json_array_end(&j);
		else
			json_object_end(&j);
	}
	assert_int_equal(j.depth, 0);
	assert_int_equal(b.len, JSON_DEPTH_MAX * 2 + JSON_DEPTH_MAX / 2 * strlen("\"k\":"));
	buf_done(&b);
}

static void leaves_errors_in_the_buf(void **state)
{
	struct buf b = BUF_INIT;
	struct json j = fresh(&b);

	(void)state;
	json_object(&j);
	assert_int_equal(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	json_key(&j, "k");
	json_str(&j, BYTES("\x01text"));
	json_u64(&j, 1);
	json_object_end(&j);
	assert_int_equal(b.error, -ENOMEM);
	assert_string_equal(buf_str(&b), "{");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests_and_puts_commas),
		cmocka_unit_test(writes_one_text_after_another),
		cmocka_unit_test(writes_integers_in_full),
		cmocka_unit_test(escapes_strings),
		cmocka_unit_test(sees_every_byte_at_every_place),
		cmocka_unit_test(takes_a_field_without_nul),
		cmocka_unit_test(writes_null_for_no_string),
		cmocka_unit_test(nests_as_deep_as_it_says),
		cmocka_unit_test(leaves_errors_in_the_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
