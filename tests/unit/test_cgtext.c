// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/cgtext.h"

static void hierarchies_with_names(void **state)
{
	static const struct {
		const char *text;
		uint32_t hierarchy;
	} rows[] = {
		{ "", 0 },
		{ "0::/user.slice\n", 0 },
		{ "12:pids:/\n9:name=systemd:/\n4:memory:/x\n0::/\n", 9 },
		{ "12:pids:/\n4:memory:/x\n", 4 },
		{ "12:pids:/a\n4:memory:/x\n", 12 },
		{ "4:memory:/\n12:pids:/\n", 12 },
		{ "7:cpu,cpuacct:/docker/x", 7 },
		{ "7:cpu,cpuacct:\n8:net_cls:/a\n99999999999:pids:/a\nx:pids:/a\n3:pids\n:pids:/a\n", 0 },
		{ "3:name=other:/a\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cgtext_hierarchy(rows[i].text), rows[i].hierarchy);
}

static void paths(void **state)
{
	static const struct {
		const char *text;
		uint32_t hierarchy;
		const char *path;
	} rows[] = {
		{ "0::/a b\n", 0, "/a b" },
		{ "9:name=systemd:/one\n0::/two:x\n", 9, "/two:x" },
		{ "9:name=systemd:/one\n0::/\n", 9, "/one" },
		{ "9:name=systemd:/one\n0::/\n", 0, "/" },
		{ "9:name=systemd:/\n0::/\n", 9, "/" },
		{ "9:name=systemd:/one\n", 9, "/one" },
		{ "9:name=systemd:/one\n", 0, "" },
		{ "9:name=systemd:/\n", 9, "" },
		{ "", 9, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgtext_path p = cgtext_path(rows[i].text, rows[i].hierarchy);

		assert_int_equal(p.len, strlen(rows[i].path));
		assert_memory_equal(p.len ? p.at : "", rows[i].path, p.len);
	}
}

static void a_path_is_found_in_any_hierarchy(void **state)
{
	static const char text[] = "5:cpu,cpuacct:/a.slice\nodd\n0::/system.slice/x.service\n";

	(void)state;
	assert_true(cgtext_has(text, "/a.slice"));
	assert_true(cgtext_has(text, "/system.slice/x.service"));
	assert_false(cgtext_has(text, "/system.slice/x"));
	assert_false(cgtext_has(text, "/system.slice/x.service/y"));
	assert_false(cgtext_has(text, "/"));
	assert_true(cgtext_has("0::/\n", "/"));
	assert_false(cgtext_has("", "/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_found_in_any_hierarchy),
		cmocka_unit_test(hierarchies_with_names),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
