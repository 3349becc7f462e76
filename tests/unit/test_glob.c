/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "user/base/glob.h"

static void names_that_match_and_names_that_do_not(void **state)
{
	static const struct {
		const char *glob, *name;
		bool hit;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "a", "a", true },
		{ "a", "ab", false },
		{ "*", "", true },
		{ "*", "/usr/bin/x", true },
		{ "**", "x", true },
		{ "/usr/*", "/usr/bin/x", true },
		{ "/usr/*", "/usr", false },
		{ "*/x", "/usr/bin/x", true },
		{ "*/x", "/usr/bin/xx", false },
		{ "*.service", "a.service.service", true },
		{ "a*b*c", "aXbXbXc", true },
		{ "a*b*c", "aXbXbX", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "??", "\xc3\xa4", true },
		{ "[a-c]x", "bx", true },
		{ "[a-c]x", "dx", false },
		{ "[!a-c]x", "dx", true },
		{ "[^a-c]x", "ax", false },
		{ "[]]", "]", true },
		{ "[]a]*", "a-b", true },
		{ "[\\]]", "]", true },
		{ "[a-]", "-", true },
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "\\\\x2d", "\\x2d", true },
		{ "*[", "[", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (glob_match(rows[i].glob, rows[i].name, strlen(rows[i].name)) != rows[i].hit)
			fail_msg("'%s' and '%s'", rows[i].glob, rows[i].name);
}

static void only_as_many_bytes_as_are_given(void **state)
{
	(void)state;
	assert_true(glob_match("ab", "abc", 2));
	assert_false(glob_match("ab", "abc", 1));
	assert_true(glob_match("a*", "a\0b", 3));
}

static void what_is_no_glob(void **state)
{
	static const char *const bad[] = { "[", "[a", "[a-", "[!", "[]", "a\\", "[b-a]", "*[", "[\\" };
	static const char *const good[] = { "", "a", "*", "[a]", "[]]", "\\[", "a]", "[a-]", "-" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(glob_check(bad[i]), -EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(glob_check(good[i]), 0);
}

static void a_hostile_pair_ends_soon(void **state)
{
	char name[4096], glob[4096];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(glob) - 2; i += 2)
		memcpy(glob + i, "*a", 2);
	strcpy(glob + sizeof(glob) - 2, "b");
	assert_false(glob_match(glob, name, sizeof(name)));
}

static void what_stands_for_itself(void **state)
{
	(void)state;
	assert_true(glob_is_plain("nginx.service"));
	assert_false(glob_is_plain("nginx*"));
	assert_false(glob_is_plain("a\\b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_match_and_names_that_do_not),
		cmocka_unit_test(only_as_many_bytes_as_are_given),
		cmocka_unit_test(what_is_no_glob),
		cmocka_unit_test(a_hostile_pair_ends_soon),
		cmocka_unit_test(what_stands_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
