/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"

#define UNTOUCHED 12345

/* Two sources that know nothing of each other: our table and the system's libcap. */
static void agrees_with_libcap(void **state)
{
	char buf[CAPABILITY_NAME_MAX];

	(void)state;
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		char *theirs = cap_to_name((cap_value_t)nr);

		assert_non_null(theirs);
		if (!isdigit((unsigned char)theirs[0]))
			assert_int_equal(strcasecmp(theirs, capability_name(nr, buf)), 0);
		cap_free(theirs);
	}
}

static void names_every_number(void **state)
{
	char buf[CAPABILITY_NAME_MAX];

	(void)state;
	assert_string_equal(capability_name(0, buf), "CAP_CHOWN");
	assert_string_equal(capability_name(21, buf), "CAP_SYS_ADMIN");
	assert_string_equal(capability_name(40, buf), "CAP_CHECKPOINT_RESTORE");
	assert_string_equal(capability_name(41, buf), "CAP_41");
	assert_string_equal(capability_name(63, buf), "CAP_63");
	assert_string_equal(capability_name(64, buf), "CAP_64");
	assert_string_equal(capability_name(UINT32_MAX, buf), "CAP_4294967295");
}

static void assert_number(const char *text, int err, unsigned expect)
{
	unsigned nr = UNTOUCHED;

	if (capability_parse(text, strlen(text), &nr) != err || nr != (err ? UNTOUCHED : expect))
		fail_msg("\"%s\": %u", text, nr);
}

static void reads_its_own_names_back(void **state)
{
	char buf[CAPABILITY_NAME_MAX], lower[CAPABILITY_NAME_MAX];

	(void)state;
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		const char *name = capability_name(nr, buf);

		for (size_t i = 0; i <= strlen(name); i++)
			lower[i] = (char)tolower((unsigned char)name[i]);
		assert_number(name, 0, nr);
		assert_number(name + 4, 0, nr);
		assert_number(lower, 0, nr);
		assert_number(lower + 4, 0, nr);
	}
}

static void takes_any_usual_spelling(void **state)
{
	(void)state;
	assert_number("Sys_Admin", 0, 21);
	assert_number("sys-admin", 0, 21);
	assert_number("CAP-SYS-ADMIN", 0, 21);
	assert_number("21", 0, 21);
	assert_number("0", 0, 0);
	assert_number("cap_21", 0, 21);
	assert_number("41", 0, 41);
	assert_number("CAP_63", 0, 63);
}

static void refuses_the_rest(void **state)
{
	unsigned nr = UNTOUCHED;

	(void)state;
	assert_number("", -ENOENT, 0);
	assert_number("64", -ENOENT, 0);
	assert_number("CAP_64", -ENOENT, 0);
	assert_number("-1", -ENOENT, 0);
	assert_number("021", -ENOENT, 0);
	assert_number("0x15", -ENOENT, 0);
	assert_number("2 ", -ENOENT, 0);
	assert_number("CAP_", -ENOENT, 0);
	assert_number("cap", -ENOENT, 0);
	assert_number("CAP_CAP_KILL", -ENOENT, 0);
	assert_number("sysadmin", -ENOENT, 0);
	assert_number("chow", -ENOENT, 0);
	assert_number("chownx", -ENOENT, 0);
	assert_number("all", -ENOENT, 0);
	assert_int_equal(capability_parse("kill\0", 5, &nr), -ENOENT);
	assert_int_equal(capability_parse("killer", 4, &nr), 0);
	assert_int_equal(nr, 5);
}

static void reads_lists(void **state)
{
	static const struct {
		const char *text;
		uint64_t mask;
	} rows[] = {
		{ "chown", 1 << 0 },
		{ "CAP_CHOWN,kill", 1 << 0 | 1 << 5 },
		{ "chown kill\tsys_admin\n", 1 << 0 | 1 << 5 | 1 << 21 },
		{ " chown , kill ", 1 << 0 | 1 << 5 },
		{ "kill,kill,5,cap_kill", 1 << 5 },
		{ "bpf,63", 1ULL << 39 | 1ULL << 63 },
		{ "all", CAPABILITY_ALL },
		{ "ALL", CAPABILITY_ALL },
		{ "chown,all,kill", CAPABILITY_ALL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capability_error error;
		uint64_t mask = 0;

		if (capability_parse_list(rows[i].text, &mask, &error) || mask != rows[i].mask)
			fail_msg("\"%s\": %llx", rows[i].text, (unsigned long long)mask);
	}
}

static void says_which_word_is_bad(void **state)
{
	static const struct {
		const char *text, *word;
		size_t column;
		const char *nearest;
	} rows[] = {
		{ "chwon", "chwon", 1, "CAP_CHOWN" },
		{ "chown, sys_admn,kill", "sys_admn", 8, "CAP_SYS_ADMIN" },
		{ "kill CAP_NETRAW", "CAP_NETRAW", 6, "CAP_NET_RAW" },
		{ "sysadmin", "sysadmin", 1, "CAP_SYS_ADMIN" },
		{ "cpa_kill", "cpa_kill", 1, NULL },
		{ "al", "al", 1, "all" },
		{ "64", "64", 1, NULL },
		{ "kill,!chown", "!chown", 6, "CAP_CHOWN" },
		{ "kill,\x1b[31m", "\x1b[31m", 6, NULL },
		{ "kill;chown", "kill;chown", 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capability_error error;
		uint64_t mask = UNTOUCHED;

		assert_int_equal(capability_parse_list(rows[i].text, &mask, &error), -ENOENT);
		assert_int_equal(mask, UNTOUCHED);
		assert_int_equal(error.len, strlen(rows[i].word));
		assert_memory_equal(error.word, rows[i].word, error.len);
		assert_int_equal(error.column, rows[i].column);
		if (rows[i].nearest)
			assert_string_equal(error.nearest, rows[i].nearest);
		else
			assert_null(error.nearest);
	}
}

static void wants_at_least_one_word(void **state)
{
	static const char *const rows[] = { "", " ", ",", " ,, \t" };
	struct capability_error error;
	uint64_t mask = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(capability_parse_list(rows[i], &mask, &error), -EINVAL);
		assert_int_equal(error.len, 0);
		assert_int_equal(error.column, strlen(rows[i]) + 1);
		assert_null(error.nearest);
	}
	assert_int_equal(mask, UNTOUCHED);
}

static void writes_lists_that_read_back(void **state)
{
	static const uint64_t masks[] = {
		1, 1 << 5 | 1 << 21, 1ULL << 40, 1ULL << 63 | 1ULL << 41 | 1, UINT64_MAX,
	};
	struct capability_error error;
	struct buf b = BUF_INIT;
	uint64_t back;

	(void)state;
	capability_mask_names(&b, 0);
	assert_string_equal(buf_str(&b), "");
	capability_mask_names(&b, 1 << 0 | 1 << 5 | 1ULL << 63);
	assert_string_equal(buf_str(&b), "CAP_CHOWN,CAP_KILL,CAP_63");
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		buf_clear(&b);
		capability_mask_names(&b, masks[i]);
		assert_int_equal(capability_parse_list(buf_str(&b), &back, &error), 0);
		assert_true(back == masks[i]);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libcap),
		cmocka_unit_test(names_every_number),
		cmocka_unit_test(reads_its_own_names_back),
		cmocka_unit_test(takes_any_usual_spelling),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(says_which_word_is_bad),
		cmocka_unit_test(wants_at_least_one_word),
		cmocka_unit_test(writes_lists_that_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
