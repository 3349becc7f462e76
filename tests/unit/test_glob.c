/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

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

static void what_is_covered_and_what_is_apart(void **state)
{
	static const struct {
		const char *a, *b;
		bool covers, apart;
	} rows[] = {
		{ "*", "", true, false },
		{ "*", "a?[b]*", true, false },
		{ "a*", "ab*", true, false },
		{ "ab*", "a*", false, false },
		{ "a*", "a", true, false },
		{ "*.service", "ng*.service", true, false },
		{ "ng*.service", "*.service", false, false },
		{ "ng*.service", "*x.service", false, false },
		{ "*a*", "*ba*", true, false },
		{ "a*c", "ab*bc", true, false },
		{ "a*c", "a*", false, false },
		{ "??*", "???", true, false },
		{ "?", "*", false, false },
		{ "?", "[a-z]", true, false },
		{ "[a-z]", "?", false, false },
		{ "[a-z]*", "x[!a]", true, false },
		{ "[!a-c]", "[a-z]", false, false },
		{ "[!a-c]", "[d-z]", true, false },
		{ "[!a-c]", "[a-c]", false, true },
		{ "\\a\\*", "a\\*", true, false },
		{ "a\\*", "a*", false, false },
		{ "a\\*", "ab", false, true },
		{ "/usr/*", "/opt/*", false, true },
		{ "/usr/*", "/usr*", false, false },
		{ "*.timer", "*.service", false, true },
		{ "*.service", "a*vice", false, false },
		{ "a", "ab", false, true },
		{ "a*", "", false, true },
		{ "a*", "b", false, true },
		{ "*a", "b*", false, false },
		{ "a", "a[", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (glob_covers(rows[i].a, rows[i].b) != rows[i].covers)
			fail_msg("'%s' covers '%s'", rows[i].a, rows[i].b);
		if (glob_is_apart(rows[i].a, rows[i].b) != rows[i].apart || glob_is_apart(rows[i].b, rows[i].a) != rows[i].apart)
			fail_msg("'%s' is apart from '%s'", rows[i].a, rows[i].b);
	}
}

/* All globs of up to four of these places, against all names of up to five letters. */
static void what_is_said_of_two_globs_holds_for_names(void **state)
{
	static const char *const places[] = { "", "a", "b", "*", "?", "[!a]", "\\a" };
	enum { PLACES = sizeof(places) / sizeof(places[0]), GLOBS = PLACES * PLACES * PLACES, NAMES = 364 };
	static char globs[GLOBS][32], names[NAMES][6];
	static bool hits[GLOBS][NAMES];
	size_t count = 1, covered = 0, apart = 0;

	(void)state;
	for (size_t i = 0; count < NAMES; i++)
		for (char c = 'a'; c < 'd' && count < NAMES; c++)
			snprintf(names[count++], sizeof(names[0]), "%.4s%c", names[i], c);
	for (size_t g = 0; g < GLOBS; g++) {
		snprintf(globs[g], sizeof(globs[g]), "%s%s%s", places[g % PLACES], places[g / PLACES % PLACES],
			 places[g / PLACES / PLACES]);
		for (size_t i = 0; i < NAMES; i++)
			hits[g][i] = glob_match(globs[g], names[i], strlen(names[i]));
	}
	for (size_t a = 0; a < GLOBS; a++)
		for (size_t b = 0; b < GLOBS; b++) {
			bool all = true, any = false;

			for (size_t i = 0; i < NAMES; i++) {
				all = all && (hits[a][i] || !hits[b][i]);
				any = any || (hits[a][i] && hits[b][i]);
			}
			covered += glob_covers(globs[a], globs[b]);
			apart += glob_is_apart(globs[a], globs[b]);
			if ((glob_covers(globs[a], globs[b]) && !all) || (glob_is_apart(globs[a], globs[b]) && any))
				fail_msg("'%s' and '%s'", globs[a], globs[b]);
		}
	assert_true(covered > GLOBS && apart > GLOBS);
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
		cmocka_unit_test(what_is_covered_and_what_is_apart),
		cmocka_unit_test(what_is_said_of_two_globs_holds_for_names),
		cmocka_unit_test(what_stands_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
