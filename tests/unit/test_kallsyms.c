/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/host/kallsyms.h"

static const char text[] = "0000000000000000 A fixed_percpu_data\n"
			   "ffffffff81000000 T _text\n"
			   "ffffffff81000000 T also_here\n"
			   "ffffffff81000100 t second\n"
			   "ffffffff81000180 D some_data\n"
			   "ffffffff81000200 W third\n"
			   "ffffffffc0201000 t later\t[mod]\n"
			   "ffffffffc0200000 t early\t[mod]\n"
			   "ffffffffc0300000 t alone\t[other]\n";

static void expect(const struct kallsyms_table *t, uint64_t address, const char *name, const char *module)
{
	struct kallsyms_name found;

	assert_true(kallsyms_table_find(t, address, &found));
	assert_string_equal(found.name, name);
	assert_string_equal(found.module, module);
}

static void finds_the_function_around_an_address(void **state)
{
	struct kallsyms_table t;

	(void)state;
	assert_int_equal(kallsyms_parse(text, strlen(text), &t), 0);
	assert_false(t.hidden);
	expect(&t, 0xffffffff81000000, "_text", "");
	expect(&t, 0xffffffff810000ff, "_text", "");
	expect(&t, 0xffffffff81000100, "second", "");
	expect(&t, 0xffffffff81000199, "second", "");
	expect(&t, 0xffffffff81000200, "third", "");
	expect(&t, 0xffffffffc0200fff, "early", "mod");
	expect(&t, 0xffffffffc0201010, "later", "mod");
	kallsyms_table_done(&t);
}

/* A call that does not return may be the last of its function, and returns to what is before the next one. */
static void keeps_no_names_of_padding(void **state)
{
	static const char padded[] = "ffffffff810000f0 t __pfx_first\nffffffff81000100 T first\nffffffff810001f0 t __pfx_second\n"
				     "ffffffff81000200 T second\nffffffff81000300 T __pfx_\n";
	struct kallsyms_table t;

	(void)state;
	assert_int_equal(kallsyms_parse(padded, strlen(padded), &t), 0);
	assert_int_equal(t.symbols.len / sizeof(struct kallsyms_symbol), 3);
	expect(&t, 0xffffffff810001f0, "first", "");
	expect(&t, 0xffffffff81000200, "second", "");
	expect(&t, 0xffffffff81000301, "__pfx_", "");
	kallsyms_table_done(&t);
}

/* Behind the last function of a module another one may have been loaded since. */
static void is_not_sure_of_more_than_it_is_told(void **state)
{
	struct kallsyms_name found;
	struct kallsyms_table t;

	(void)state;
	assert_int_equal(kallsyms_parse(text, strlen(text), &t), 0);
	assert_false(kallsyms_table_find(&t, 0, &found));
	assert_false(kallsyms_table_find(&t, 0xffffffff80ffffff, &found));
	assert_false(kallsyms_table_find(&t, 0xffffffff81001200, &found));
	assert_false(kallsyms_table_find(&t, 0xffffffffc0202000, &found));
	expect(&t, 0xffffffffc0300fff, "alone", "other");
	assert_false(kallsyms_table_find(&t, 0xffffffffc0301000, &found));
	kallsyms_table_done(&t);
}

static void knows_hidden_addresses(void **state)
{
	static const char hidden[] = "0000000000000000 T _text\n0000000000000000 t second\n";
	struct kallsyms_name found;
	struct kallsyms_table t;

	(void)state;
	assert_int_equal(kallsyms_parse(hidden, strlen(hidden), &t), 0);
	assert_true(t.hidden);
	assert_false(kallsyms_table_find(&t, 0xffffffff81000000, &found));
	kallsyms_table_done(&t);
	assert_int_equal(kallsyms_parse("", 0, &t), 0);
	assert_false(t.hidden);
	kallsyms_table_done(&t);
}

static void passes_over_what_is_no_line(void **state)
{
	static const char odd[] = "fffffffffffffffff T too_long\nxyz T f\n12 T\n\n12  \n1 T\n10 T good\tx\n20 T better\t[open\n"
				  "30 t best\t[a b]\n40 T last";
	struct kallsyms_table t;

	(void)state;
	assert_int_equal(kallsyms_parse(odd, strlen(odd), &t), 0);
	assert_int_equal(t.symbols.len / sizeof(struct kallsyms_symbol), 4);
	expect(&t, 0x1f, "good", "");
	expect(&t, 0x20, "better", "");
	expect(&t, 0x35, "best", "");
	expect(&t, 0x41, "last", "");
	kallsyms_table_done(&t);
}

/* A folder with such a file, as --proc names one. */
static void write_file(const char *dir, const char *what)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/kallsyms", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(what, f);
	fclose(f);
}

static void reads_a_file_when_it_is_asked(void **state)
{
	char dir[] = "/tmp/test_kallsyms.XXXXXX", path[64];
	struct kallsyms_name found;
	struct kallsyms *k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(kallsyms_open(dir, &k), -ENOENT);
	write_file(dir, text);
	assert_int_equal(kallsyms_open(dir, &k), 0);
	assert_int_equal(kallsyms_shown(k), 0);
	assert_true(kallsyms_find(k, 0xffffffff81000123, &found));
	assert_string_equal(found.name, "second");
	assert_false(kallsyms_find(k, 0x1000, &found));
	/* Its memory is given back, and it is read again, as it is by then. */
	kallsyms_rest(k, 3600000000000);
	write_file(dir, "ffffffff81000100 t other\n");
	assert_true(kallsyms_find(k, 0xffffffff81000123, &found));
	assert_string_equal(found.name, "second");
	kallsyms_rest(k, 0);
	assert_true(kallsyms_find(k, 0xffffffff81000123, &found));
	assert_string_equal(found.name, "other");
	kallsyms_close(k);

	write_file(dir, "0000000000000000 T _text\n");
	assert_int_equal(kallsyms_open(dir, &k), 0);
	assert_int_equal(kallsyms_shown(k), -EPERM);
	assert_false(kallsyms_find(k, 0xffffffff81000123, &found));
	kallsyms_close(k);
	write_file(dir, "");
	assert_int_equal(kallsyms_open(dir, &k), 0);
	assert_int_equal(kallsyms_shown(k), -ENODATA);
	kallsyms_close(k);
	snprintf(path, sizeof(path), "%s/kallsyms", dir);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_function_around_an_address),
		cmocka_unit_test(keeps_no_names_of_padding),
		cmocka_unit_test(is_not_sure_of_more_than_it_is_told),
		cmocka_unit_test(knows_hidden_addresses),
		cmocka_unit_test(passes_over_what_is_no_line),
		cmocka_unit_test(reads_a_file_when_it_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
