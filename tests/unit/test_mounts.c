/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "user/host/mounts.h"

static bool is(const struct mount_text *text, const char *want)
{
	char copy[256];

	assert_true(text->len < sizeof(copy));
	mount_text_copy(text, copy);
	return !strcmp(copy, want);
}

static void a_line_has_its_parts(void **state)
{
	static const char line[] = "41 27 0:31 /sub\\040dir /mnt/a\\011b rw,relatime shared:1 - overlay none "
				   "rw,lowerdir=/a\\054b:/c,upperdir=/u";
	struct mount m;

	(void)state;
	assert_true(mount_parse(line, strlen(line), &m));
	assert_int_equal(m.id, 41);
	assert_true(is(&m.root, "/sub dir"));
	assert_true(is(&m.point, "/mnt/a\tb"));
	assert_true(is(&m.type, "overlay"));
	assert_true(is(&m.options, "rw,lowerdir=/a,b:/c,upperdir=/u"));
}

static void other_lines_are_none(void **state)
{
	static const char *const lines[] = { "", " ", "1 2", "1 2 3 4 5 6 7", "1 2 3 4 5 6 -", "- - -" };
	struct mount m;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(mount_parse(lines[i], strlen(lines[i]), &m));
}

static int count(void *ctx, const struct mount *m)
{
	(void)m;
	++*(int *)ctx;
	return 0;
}

static void this_machine_has_some(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(mounts_each("/proc", count, &n), 0);
	assert_true(n > 0);
	assert_true(mounts_each("/nowhere", count, &n) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_parts),
		cmocka_unit_test(other_lines_are_none),
		cmocka_unit_test(this_machine_has_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
