/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/view/html.h"

/* What is written of a text, in an element and in an attribute alike. */
static const struct {
	const char *text, *written;
} rows[] = {
	{ NULL, "" },
	{ "", "" },
	{ "nginx.service", "nginx.service" },
	{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "\" onload=\"x", "&quot; onload=&quot;x" },
	{ "' onload='x", "&#39; onload=&#39;x" },
	{ "a&amp;b&#60;", "a&amp;amp;b&amp;#60;" },
	{ "</style><!--", "&lt;/style&gt;&lt;!--" },
	{ "]]>", "]]&gt;" },
	{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
	{ "\033[31mred", "\\x1b[31mred" },
	{ "back\\slash", "back\\\\slash" },
	{ "evil\xe2\x80\xaegpj.exe", "evil\\xe2\\x80\\xaegpj.exe" },
	{ "\xe2\x81\xa6isolate\xe2\x81\xa9", "\\xe2\\x81\\xa6isolate\\xe2\\x81\\xa9" },
	{ "zero\xe2\x80\x8bwidth", "zero\\xe2\\x80\\x8bwidth" },
	{ "not\xff\xfeutf8", "not\\xff\\xfeutf8" },
	{ "over\xc0\xbclong", "over\\xc0\\xbclong" },
	{ "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d" },
	{ "javascript:alert(1)", "javascript:alert(1)" },
};

static void text_cannot_become_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;

		html_text(&b, rows[i].text);
		assert_string_equal(buf_str(&b), rows[i].written);
		buf_done(&b);
	}
}

/* Whatever a name is made of, nothing of what is written could begin or end anything. */
static void no_byte_is_left_that_means_something(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		const char text[] = { (char)byte, '\0' };

		buf_clear(&b);
		html_text(&b, text);
		assert_null(strpbrk(buf_str(&b), "<>\"'"));
		for (size_t i = 0; i < b.len; i++)
			assert_true((unsigned char)b.data[i] >= ' ' && (unsigned char)b.data[i] < 0x7f);
		assert_true(byte == '&' || buf_str(&b)[0] != '&' || strchr(buf_str(&b), ';'));
	}
	buf_done(&b);
}

static void lines_stay_lines(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	html_lines(&b, "# a & b\n\tx: <y>\\x2d\n");
	assert_string_equal(buf_str(&b), "# a &amp; b\n\\x09x: &lt;y&gt;\\x2d\n");
	buf_done(&b);
}

static void a_long_name_is_cut(void **state)
{
	char name[4097];
	struct buf b = BUF_INIT;

	(void)state;
	memset(name, 'A', 4096);
	name[4096] = '\0';
	html_name(&b, name, 8);
	assert_string_equal(buf_str(&b), "<bdi>AAAAAAAA\xe2\x80\xa6 (4096 bytes)</bdi>");
	buf_clear(&b);
	html_name(&b, "abcdefgh", 8);
	assert_string_equal(buf_str(&b), "<bdi>abcdefgh</bdi>");
	buf_done(&b);
}

/* A character that would be cut in two is left out; what is none is a byte. */
static void characters_are_cut_whole(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	html_name(&b, "ab\xe2\x82\xac" "cd", 4);
	assert_string_equal(buf_str(&b), "<bdi>ab\xe2\x80\xa6 (7 bytes)</bdi>");
	buf_clear(&b);
	html_name(&b, "\xff\xff\xff\xff", 2);
	assert_string_equal(buf_str(&b), "<bdi>\\xff\\xff\xe2\x80\xa6 (4 bytes)</bdi>");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_cannot_become_markup),
		cmocka_unit_test(no_byte_is_left_that_means_something),
		cmocka_unit_test(lines_stay_lines),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(characters_are_cut_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
