// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fnmatch.h>

#include "user/model/pattern.h"

static bool matches(const char *glob, const char *name)
{
	struct pattern p;

	assert_int_equal(pattern_compile(glob, &p), 0);
	return pattern_match(&p, name, strlen(name));
}

static void by_hand(void **state)
{
	static const struct {
		const char *glob, *name;
		bool match;
	} rows[] = {
		{ "nginx", "nginx", true },
		{ "nginx", "nginx2", false },
		{ "nginx", "ngin", false },
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "anything at all", true },
		{ "**", "x", true },
		{ "ngin*", "nginx", true },
		{ "ngin*", "ngin", true },
		{ "*x", "nginx", true },
		{ "*x", "nginxy", false },
		{ "*gi*", "nginx", true },
		{ "a*b*c", "abbbc", true },
		{ "a*b*c", "acb", false },
		{ "?????", "nginx", true },
		{ "????", "nginx", false },
		{ "kworker/*", "kworker/0:1H", true },
		{ "[a-c]x", "bx", true },
		{ "[a-c]x", "dx", false },
		{ "[!a-c]x", "dx", true },
		{ "[!a-c]x", "ax", false },
		{ "[]a]", "]", true },
		{ "[!]a]", "]", false },
		{ "[a-]", "-", true },
		{ "[\\]]", "]", true },
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "[*]", "*", true },
		{ "a\\?", "a?", true },
		{ "(sd-pam)", "(sd-pam)", true },
		{ "??", "\xc3\xa9", true },
		{ "[\x80-\xff][\x80-\xff]", "\xc3\xa9", true },
		{ "123456789012345", "123456789012345", true },
		{ "*1*2*3*4*5*6*7*8*9*0*1*2*3*4*5*", "123456789012345", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (matches(rows[i].glob, rows[i].name) != rows[i].match)
			fail_msg("%s against %s", rows[i].glob, rows[i].name);
}

static void mistakes(void **state)
{
	static const struct {
		const char *glob;
		int err;
	} rows[] = {
		{ "[", -EINVAL },	 { "[a", -EINVAL },	{ "a[!", -EINVAL },    { "[]", -EINVAL },
		{ "[z-a]", -EINVAL },	 { "\\", -EINVAL },	{ "[\\", -EINVAL },    { "[a-\\", -EINVAL },
		{ "[a\\", -EINVAL },	 { "abc[", -EINVAL },	{ "1234567890123456", -ENAMETOOLONG },
		{ "*1234567890123456*", -ENAMETOOLONG },	{ "systemd-timesyncd", -ENAMETOOLONG },
	};
	struct pattern p = { .last = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pattern_compile(rows[i].glob, &p), rows[i].err);
		assert_int_equal(p.last, 77);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Few letters and many stars, so that matches are common. */
static void random_text(uint32_t *seed, const char *letters, size_t max, char *ret)
{
	size_t n = next_random(seed) % (max + 1);

	for (size_t i = 0; i < n; i++)
		ret[i] = letters[next_random(seed) % strlen(letters)];
	ret[n] = '\0';
}

/* What fnmatch takes as ordinary characters, and we refuse. */
static bool refused(const char *glob)
{
	struct pattern p;

	return pattern_compile(glob, &p) != 0;
}

static void as_fnmatch_says(void **state)
{
	static const char *const globs[] = { "ab*", "abc*?", "ab*?[]!-\\", "a[]-b" };
	static const char *const names[] = { "ab", "abc", "ab]-![\\*", "a-b]" };
	uint32_t seed = 20261122, pairs = 0, matched = 0;

	(void)state;
	while (pairs < 400000) {
		size_t kind = next_random(&seed) % 4;
		char glob[20], name[20];

		random_text(&seed, globs[kind], 12, glob);
		random_text(&seed, names[kind], 8, name);
		if (refused(glob))
			continue;
		pairs++;
		matched += matches(glob, name);
		if (matches(glob, name) != (fnmatch(glob, name, 0) == 0))
			fail_msg("fnmatch differs: '%s' against '%s'", glob, name);
	}
	assert_true(matched > pairs / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(as_fnmatch_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
