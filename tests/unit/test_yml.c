/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "user/base/yml.h"

static struct yml *parse(const char *text)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct yml *y = NULL;

	if (yml_parse(text, strlen(text), &report, &y))
		fail_msg("%s", buf_str(&report.text));
	buf_done(&report.text);
	return y;
}

static void refuses_bytes(const char *text, size_t n, const char *words)
{
	struct yml_report report = { .file = "a\nb", .text = BUF_INIT };
	struct yml *y = (void *)-1;

	assert_int_equal(yml_parse(text, n, &report, &y), -EINVAL);
	assert_ptr_equal(y, (void *)-1);
	assert_int_equal(report.count, 1);
	if (!strstr(buf_str(&report.text), words))
		fail_msg("'%s' is not in '%s'", words, buf_str(&report.text));
	assert_int_equal(strncmp(buf_str(&report.text), "a\\x0ab:", 7), 0);
	buf_done(&report.text);
}

static void refuses(const char *text, const char *words)
{
	refuses_bytes(text, strlen(text), words);
}

/* Whether or not an editor has put one there, and a mistake behind it has its place all the same. */
static void a_byte_order_mark_is_no_indentation(void **state)
{
	struct yml *y = parse("\xef\xbb\xbf" "a: b\nc: d\n");

	(void)state;
	assert_string_equal(yml_root(y)->first->text, "a");
	assert_string_equal(yml_root(y)->first->next->next->text, "c");
	assert_int_equal(yml_root(y)->first->column, 1);
	yml_free(y);
	refuses("\xef\xbb\xbf" "a: b\nc: *x\n", ":2:");
	refuses("a: b\n\xef\xbb\xbf" "c: d\n", ":2:");
}

/* Up to where it is none; of what is open there nothing is said. */
static void what_stands_before_a_mistake_is_there(void **state)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	const char text[] = "a: [x]\nb:\n  - {k: v}\n  - l: [w\n", scalar[] = "a\n- b: &c\n";
	const struct yml_node *a, *b, *last;
	struct yml *y;

	(void)state;
	assert_int_equal(yml_parse_partly(text, strlen(text), &report, &y), -EINVAL);
	assert_int_equal(report.count, 1);
	a = yml_root(y)->first;
	b = a->next->next->next;
	last = b->first->next;
	assert_false(a->next->cut);
	assert_false(b->first->cut);
	assert_true(yml_root(y)->cut && b->cut && last->cut && last->first->next->cut);
	assert_string_equal(last->first->next->first->text, "w");
	assert_int_equal(yml_say(&report, last, "it has no end"), -EINVAL);
	assert_int_equal(report.count, 1);
	yml_free(y);
	assert_int_equal(yml_parse_partly(scalar, strlen(scalar), &report, &y), -EINVAL);
	assert_null(y);
	buf_done(&report.text);
}

/* The keys of a map, or the first key of each map of a list, with their places; '~' where nothing is said of one. */
static void shows_entries(const struct yml_node *in, struct buf *b)
{
	for (const struct yml_node *n = in->first; n; n = in->kind == YML_MAP ? n->next->next : n->next) {
		const struct yml_node *word = n->kind == YML_MAP ? n->first->next : n;

		buf_printf(b, "%s%s%s@%u:%u", b->len ? " " : "", n->cut ? "~" : "", word->text, n->line, n->column);
		if (in->kind == YML_MAP && !n->next)
			break;
	}
}

/* What is told of the text, and what is read of the root and of the value of its last key. */
static void reads_on(const char *text, const char *told, const char *root, const char *last)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct buf keys = BUF_INIT, entries = BUF_INIT;
	struct yml *y = NULL;
	const struct yml_node *end;

	assert_int_equal(yml_parse_partly(text, strlen(text), &report, &y), -EINVAL);
	assert_string_equal(buf_str(&report.text), told);
	assert_non_null(y);
	shows_entries(yml_root(y), &keys);
	assert_string_equal(buf_str(&keys), root);
	for (end = yml_root(y)->first; end->next;)
		end = end->next;
	shows_entries(end, &entries);
	assert_string_equal(buf_str(&entries), last);
	buf_done(&report.text);
	buf_done(&keys);
	buf_done(&entries);
	yml_free(y);
}

static void what_stands_below_a_mistake_is_there(void **state)
{
	(void)state;
	reads_on("v: 1\nr:\n  - n: a\n   - n: b\n  - n: c\n  - n: d\n", "f:4:4: did not find expected '-' indicator\n",
		 "v@1:1 r@2:1", "~a@3:5 c@5:5 d@6:5");
	reads_on("r:\n- n: a\n  b: \"x\n- n: c\n  d: [e\n- n: f\n",
		 "f:3:6: the quotes that begin here do not end\n"
		 "f:6:1: did not find expected ',' or ']'; the '[' of line 5 is not closed\n", "r@1:1", "~a@2:3 ~c@4:3 f@6:3");
	reads_on("v 1\nd: x\nl:\n  a: {b: c\n  d: e\n  f: *g\n",
		 "f:2:2: mapping values are not allowed in this context\n"
		 "f:5:4: did not find expected ',' or '}'; the '{' of line 4 is not closed\n", "d@2:1 l@3:1", "a@4:3");
	reads_on("l:\n  a: b: c\n  d: e\n  f: *g\nr: !x [y]\nz: &a {k: v}\n",
		 "f:2:7: mapping values are not allowed in this context\n"
		 "f:4:6: aliases ('*') are not taken here; quote the word\n"
		 "f:5:4: tags ('!') are not taken here; quote the word\n"
		 "f:6:4: anchors ('&') are not taken here\n", "l@1:1 r@5:1 z@6:1", "k@6:8");
	reads_on("r:\n  - n: x\n  - [x]: y\n  - n: z\no:\n  a: b\n c\n  d:\n    - f\n  - e\n  g:\n",
		 "f:3:5: a key is a word, and not a list or a mapping\n"
		 "f:7:2: did not find expected key\n"
		 "f:10:3: did not find expected key\n", "r@1:1 o@5:1", "a@6:3 d@8:3 g@11:3");
}

/* Brackets that go on in the next line begin nothing there, and a line that was told is not told again. */
static void what_is_broken_off_is_not_told_twice(void **state)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct buf text = BUF_INIT;
	struct yml *y;

	(void)state;
	reads_on("a: 'x' y\nb: {c: d,\ne: f,\ng: h}\ni: [\n- x: ]\nk: l: m\nn: o\n",
		 "f:1:8: did not find expected key\n"
		 "f:6:1: did not find expected node content; the '[' of line 5 is not closed\n"
		 "f:7:5: mapping values are not allowed in this context\n", "a@1:1 b@2:1 i@5:1 k@7:1 n@8:1", "");
	for (int i = 0; i < 50000; i++)
		buf_puts(&text, "a: b: c\n");
	assert_int_equal(yml_parse_partly(buf_str(&text), text.len, &report, &y), -EINVAL);
	assert_int_equal(report.count, YML_MISTAKES_MAX);
	yml_free(y);
	buf_done(&text);
	buf_done(&report.text);
}

static void nodes_know_their_place(void **state)
{
	struct yml *y = parse("a: 1\nlist:\n  - x\n  - {k: 'v'}\n");
	const struct yml_node *root = yml_root(y), *list, *map;

	(void)state;
	assert_int_equal(root->kind, YML_MAP);
	assert_string_equal(root->first->text, "a");
	assert_string_equal(root->first->next->text, "1");
	assert_false(root->first->next->quoted);
	list = root->first->next->next->next;
	assert_int_equal(list->kind, YML_LIST);
	assert_int_equal(list->line, 3);
	assert_string_equal(list->first->text, "x");
	map = list->first->next;
	assert_int_equal(map->line, 4);
	assert_int_equal(map->column, 5);
	assert_true(map->first->next->quoted);
	assert_null(map->next);
	yml_free(y);
	y = parse("# nothing\n");
	assert_int_equal(yml_root(y)->kind, YML_MAP);
	assert_null(yml_root(y)->first);
	yml_free(y);
	yml_free(NULL);
}

static void what_is_not_taken_is_told_with_its_place(void **state)
{
	(void)state;
	refuses("a: &x 1\n", ":1:4: anchors");
	refuses("a: *x\n", ":1:4: aliases");
	refuses("a: !!str x\n", ":1:4: tags");
	refuses("a: 1\n---\nb: 2\n", ":2:1: a second document");
	refuses("[a]: 1\n", "a key is a word");
	refuses("a: [1\nb: 2\n", ":2:");
	refuses("a: \"x\\0y\"\n", "a NUL stands in this word");
	refuses("a: 1\nb: \xff\n", ":2:4: the byte 0xff is not UTF-8");
	refuses_bytes("a: 1\0", 5, ":1:5: the byte 0x00");
}

static void hostile_files_end_at_once(void **state)
{
	size_t n = 200000;
	char *text = malloc(YML_BYTES_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '[', n);
	refuses_bytes(text, n, "nested too deep");
	for (size_t i = 0; i < n; i++)
		memcpy(text + 2 * i, "- ", 2);
	refuses_bytes(text, 2 * n, "nested too deep");
	for (size_t i = 0; i < n; i++)
		memcpy(text + 2 * i, "-\n", 2);
	refuses_bytes(text, 2 * n, "too many nodes");
	memset(text, ' ', YML_BYTES_MAX + 1);
	refuses_bytes(text, YML_BYTES_MAX + 1, "larger than 1 MiB");
	free(text);
}

static int take_word(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return yml_text(value, "a word", report, ctx);
}

static int take_choice(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char *const words[] = { "exact", "any" };
	size_t at;

	(void)ctx;
	return yml_word(value, words, 2, report, &at);
}

static const struct yml_key keys[] = {
	{ "version", take_word, true },
	{ "choice", take_choice, false },
};

static void a_map_is_held_against_its_keys(void **state)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct yml *y = parse("version: 1\nchoice: any\n");
	const char *word;

	(void)state;
	assert_int_equal(yml_map(yml_root(y), keys, 2, &word, &report), 0);
	assert_string_equal(word, "1");
	yml_free(y);
	y = parse("choice: anny\nchoice: any\nverson: [1]\n");
	assert_int_equal(yml_map(yml_root(y), keys, 2, &word, &report), -EINVAL);
	assert_string_equal(buf_str(&report.text),
			    "f:1:9: unknown word 'anny'; did you mean 'any'?\n"
			    "f:2:1: 'choice' stands here twice; first in line 1\n"
			    "f:3:1: unknown key 'verson'; did you mean 'version'?\n"
			    "f:1:1: 'version' is missing\n");
	yml_free(y);
	buf_clear(&report.text);
	y = parse("- 1\n");
	assert_int_equal(yml_map(yml_root(y), keys, 2, &word, &report), -EINVAL);
	assert_string_equal(buf_str(&report.text), "f:1:1: a mapping is needed here: lines of 'key: value'\n");
	yml_free(y);
	buf_done(&report.text);
}

/* The bytes of a report with the line that each mistake is about. */
static void shows(const char *text, size_t n, unsigned line, unsigned column, const char *want)
{
	struct yml_report report = { .file = "f", .source = text, .n = n, .text = BUF_INIT };

	yml_say_at(&report, line, column, "wrong");
	assert_string_equal(buf_str(&report.text), want);
	buf_done(&report.text);
}

#define SHOWS(text, line, column, want) shows(text, sizeof(text) - 1, line, column, want)

static void a_mistake_shows_its_line(void **state)
{
	char long_line[400];
	struct buf want = BUF_INIT;

	(void)state;
	SHOWS("a: 1\nb: 2\n", 2, 4, "f:2:4: wrong\n     2 | b: 2\n       |    ^\n");
	SHOWS("a: 1\r\nb: 2", 1, 1, "f:1:1: wrong\n     1 | a: 1\n       | ^\n");
	SHOWS("a: 1\n", 1, 9, "f:1:9: wrong\n     1 | a: 1\n       |     ^\n");
	SHOWS("a: 1\n", 2, 1, "f:2:1: wrong\n     2 | \n       | ^\n");
	SHOWS("", 1, 1, "f:1:1: wrong\n     1 | \n       | ^\n");
	SHOWS("a: 1\n", 7, 1, "f:7:1: wrong\n");
	SHOWS("\te: x", 1, 2, "f:1:2: wrong\n     1 | \\x09e: x\n       |     ^\n");
	SHOWS("\xc3\xa9\xe6\xbc\xa2: x", 1, 3, "f:1:3: wrong\n     1 | \xc3\xa9\xe6\xbc\xa2: x\n       |    ^\n");
	SHOWS("a\xff: x\033[2J", 1, 3, "f:1:3: wrong\n     1 | a\\xff: x\\x1b[2J\n       |      ^\n");
	memset(long_line, 'x', sizeof(long_line));
	long_line[200] = 'B';
	buf_printf(&want, "f:1:201: wrong\n     1 | %.60sB%.99s\n       | %61s\n", long_line, long_line, "^");
	shows(long_line, sizeof(long_line), 1, 201, buf_str(&want));
	buf_done(&want);
}

static void no_file_makes_endless_mistakes(void **state)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	unsigned lines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		yml_say_at(&report, 1, 1, "wrong");
	for (const char *c = buf_str(&report.text); *c; c++)
		lines += *c == '\n';
	assert_int_equal(report.count, 1000);
	assert_int_equal(lines, YML_MISTAKES_MAX);
	buf_done(&report.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_order_mark_is_no_indentation),
		cmocka_unit_test(what_stands_before_a_mistake_is_there),
		cmocka_unit_test(what_stands_below_a_mistake_is_there),
		cmocka_unit_test(what_is_broken_off_is_not_told_twice),
		cmocka_unit_test(nodes_know_their_place),
		cmocka_unit_test(what_is_not_taken_is_told_with_its_place),
		cmocka_unit_test(hostile_files_end_at_once),
		cmocka_unit_test(a_map_is_held_against_its_keys),
		cmocka_unit_test(a_mistake_shows_its_line),
		cmocka_unit_test(no_file_makes_endless_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
