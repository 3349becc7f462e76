/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

struct row {
	const char *in;
	size_t n;
	const char *out;
};

static void check_rows(const struct row *rows, size_t count)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		buf_clear(&b);
		text_escape(&b, rows[i].in, rows[i].n);
		assert_string_equal(buf_str(&b), rows[i].out);
		assert_int_equal(strlen(rows[i].out), b.len);
	}
	buf_done(&b);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void passes_what_is_printable(void **state)
{
	static const struct row rows[] = {
		{ BYTES(""), "" },
		{ BYTES("nginx: worker"), "nginx: worker" },
		{ BYTES("~ !\"#$%&'()"), "~ !\"#$%&'()" },
		{ BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
		{ BYTES("\xe6\x9d\xb1\xe4\xba\xac"), "\xe6\x9d\xb1\xe4\xba\xac" },
		{ BYTES("\xf0\x9f\x90\xb3"), "\xf0\x9f\x90\xb3" },
		{ BYTES("\xef\xbf\xbd"), "\xef\xbf\xbd" },
		{ BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
	};

	(void)state;
	CHECK(rows);
}

static void escapes_control_bytes(void **state)
{
	static const struct row rows[] = {
		{ BYTES("a\0b"), "a\\x00b" },
		{ BYTES("\x1b[31mred"), "\\x1b[31mred" },
		{ BYTES("two\nlines\ttab\r"), "two\\x0alines\\x09tab\\x0d" },
		{ BYTES("\x1f\x7f"), "\\x1f\\x7f" },
		{ BYTES("\xc2\x9b" "31m"), "\\xc2\\x9b31m" },	/* CSI as a C1 control */
		{ BYTES("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
		{ BYTES("back\\slash"), "back\\\\slash" },
		{ BYTES("\\x41"), "\\\\x41" },
	};

	(void)state;
	CHECK(rows);
}

static void keeps_a_message_as_it_is(void **state)
{
	struct buf b = BUF_INIT;
	static const char text[] = "\\x1b of a name\nsecond \x1b[31m line \xc2\x9b";

	(void)state;
	text_safe(&b, text, sizeof(text) - 1);
	assert_string_equal(buf_str(&b), "\\x1b of a name\nsecond \\x1b[31m line \\xc2\\x9b");
	buf_done(&b);
}

static void escapes_what_is_not_seen(void **state)
{
	static const struct row rows[] = {
		{ BYTES("a\xe2\x80\xaetxt.exe"), "a\\xe2\\x80\\xaetxt.exe" },	/* U+202E */
		{ BYTES("\xe2\x80\xaa"), "\\xe2\\x80\\xaa" },			/* U+202A */
		{ BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" }, /* U+2066 U+2069 */
		{ BYTES("\xe2\x80\x8b\xe2\x80\x8f"), "\\xe2\\x80\\x8b\\xe2\\x80\\x8f" }, /* U+200B U+200F */
		{ BYTES("\xe2\x80\x8a\xe2\x80\x90"), "\xe2\x80\x8a\xe2\x80\x90" },	/* their neighbours */
		{ BYTES("\xef\xbb\xbf"), "\\xef\\xbb\\xbf" },			/* U+FEFF */
		{ BYTES("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81" },		/* a tag, U+E0041 */
	};

	(void)state;
	CHECK(rows);
}

static void escapes_what_is_not_utf8(void **state)
{
	static const struct row rows[] = {
		{ BYTES("\xff"), "\\xff" },
		{ BYTES("\x80" "a"), "\\x80a" },				/* stray continuation */
		{ BYTES("\xc3"), "\\xc3" },					/* cut short */
		{ BYTES("\xe6\x9d"), "\\xe6\\x9d" },
		{ BYTES("\xf0\x9f\x90"), "\\xf0\\x9f\\x90" },
		{ BYTES("\xc3(" ), "\\xc3(" },
		{ BYTES("\xe6\x9d\xc3\xbc"), "\\xe6\\x9d\xc3\xbc" },
		{ BYTES("\xc0\x80\xc1\xbf"), "\\xc0\\x80\\xc1\\xbf" },		/* overlong */
		{ BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf" },
		{ BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf" },
		{ BYTES("\xed\xa0\x80\xed\xbf\xbf"), "\\xed\\xa0\\x80\\xed\\xbf\\xbf" }, /* surrogates */
		{ BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },		/* beyond U+10FFFF */
		{ BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80" },
	};

	(void)state;
	CHECK(rows);
}

/* A comm of the kernel fills its field without a NUL; what lies behind must not be read. */
static void takes_a_field_without_nul(void **state)
{
	struct {
		char comm[16];
		char behind[8];
	} field;
	struct buf b = BUF_INIT;

	(void)state;
	memcpy(field.comm, "sixteen-bytes!!\xc3", 16);
	memcpy(field.behind, "\xbcSECRET", 8);
	text_escape(&b, field.comm, strnlen(field.comm, sizeof(field.comm)));
	assert_string_equal(buf_str(&b), "sixteen-bytes!!\\xc3");
	buf_done(&b);
}

/* Whatever two, three or four bytes come in: the result is valid UTF-8 without a control byte. */
static void makes_any_bytes_safe(void **state)
{
	static const unsigned char edges[] = {
		0x00, 0x1b, 0x20, 0x41, 0x5c, 0x7e, 0x7f, 0x80, 0x8f, 0x90, 0x9b, 0x9f, 0xa0, 0xae, 0xbb,
		0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff,
	};
	const size_t count = sizeof(edges);
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < count * count * count * count; i++) {
		char in[4];

		for (size_t at = 0, rest = i; at < sizeof(in); at++, rest /= count)
			in[at] = (char)edges[rest % count];
		buf_clear(&b);
		text_escape(&b, in, sizeof(in));
		if (!text_utf8_ok(b.data, b.len) || b.len < 4)
			fail_msg("%zu: not UTF-8", i);
		for (size_t at = 0; at < b.len; at++) {
			if ((unsigned char)b.data[at] < 0x20 || b.data[at] == 0x7f)
				fail_msg("%zu: control byte", i);
		}
	}
	buf_done(&b);
}

static void decodes_code_points(void **state)
{
	uint32_t code = 7;

	(void)state;
	assert_int_equal(text_decode("", 0, &code), 0);
	assert_int_equal(text_decode("\xc3", 1, &code), 0);
	assert_int_equal(code, 7);
	assert_int_equal(text_decode("A", 1, &code), 1);
	assert_int_equal(code, 'A');
	assert_int_equal(text_decode(BYTES("\xc2\x80"), &code), 2);
	assert_int_equal(code, 0x80);
	assert_int_equal(text_decode(BYTES("\xe0\xa0\x80"), &code), 3);
	assert_int_equal(code, 0x800);
	assert_int_equal(text_decode(BYTES("\xf4\x8f\xbf\xbf"), &code), 4);
	assert_int_equal(code, 0x10ffff);
}

static void tells_utf8(void **state)
{
	(void)state;
	assert_true(text_utf8_ok("", 0));
	assert_true(text_utf8_ok(BYTES("a\0\xc3\xbc\xf0\x9f\x90\xb3")));
	assert_false(text_utf8_ok(BYTES("a\xc3")));
	assert_false(text_utf8_ok(BYTES("\xed\xa0\x80")));
	assert_true(text_utf8_ok("a\xc3\xbc", 3));
	assert_false(text_utf8_ok("a\xc3\xbc", 2));
}

static void counts_columns(void **state)
{
	(void)state;
	assert_int_equal(text_width("", 0), 0);
	assert_int_equal(text_width(BYTES("nginx")), 5);
	assert_int_equal(text_width(BYTES("gr\xc3\xbc\xc3\x9f")), 4);
	assert_int_equal(text_width(BYTES("\xe6\x9d\xb1\xe4\xba\xac")), 4);
	assert_int_equal(text_width(BYTES("\xf0\x9f\x90\xb3")), 2);
	assert_int_equal(text_width(BYTES("e\xcc\x81")), 1);
	assert_int_equal(text_width(BYTES("\xff\xff")), 2);
}

static void quotes(void **state)
{
	static const struct {
		const char *in;
		size_t most;
		const char *out;
	} rows[] = {
		{ "", 4, "''" },
		{ "abcd", 4, "'abcd'" },
		{ "abcde", 4, "'abcd...'" },
		{ "a\x1b" "cde", 4, "'a\\x1bcd...'" },
		{ "abc\xc3\xa9", 4, "'abc...'" },
		{ "a\xf0\x9f\x98\x80", 4, "'a...'" },
		{ "\x80\x80\x80\x80\x80\x80", 5, "'\\x80...'" },
		{ "\x80\x80", 1, "'...'" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		text_quote(&b, rows[i].in, strlen(rows[i].in), rows[i].most);
		assert_string_equal(buf_str(&b), rows[i].out);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_is_printable),
		cmocka_unit_test(escapes_control_bytes),
		cmocka_unit_test(keeps_a_message_as_it_is),
		cmocka_unit_test(escapes_what_is_not_seen),
		cmocka_unit_test(escapes_what_is_not_utf8),
		cmocka_unit_test(takes_a_field_without_nul),
		cmocka_unit_test(makes_any_bytes_safe),
		cmocka_unit_test(decodes_code_points),
		cmocka_unit_test(tells_utf8),
		cmocka_unit_test(counts_columns),
		cmocka_unit_test(quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
