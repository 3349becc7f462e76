/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/model/granted.h"
#include "user/model/workload.h"

static void by_what(void **state)
{
	const struct workload w = { .granted = { .source = GRANTED_BUNDLE, .bounding = 0xff, .effective = 0x0f, .permitted = 0x0f } };
	const struct granted_task t = { .permitted = 0x1f6, .bounding = 0xff, .file = 0x31 };
	struct granted g;

	(void)state;
	granted_of(&w, &t, &g);
	assert_int_equal(g.by[GRANTED_BY_WORKLOAD], 0x06);
	assert_int_equal(g.by[GRANTED_BY_FILE], 0x30);
	assert_int_equal(g.by[GRANTED_BY_PARENT], 0x1c0);
	assert_int_equal(g.withheld, 0x09);
	assert_int_equal(g.beyond, 0x100);
	assert_int_equal(granted_unused(&g, 0x1f0), 0x0f);
	assert_int_equal(g.by[0] | g.by[1] | g.by[2], t.permitted);
}

static void nothing_is_known_of_the_workload(void **state)
{
	const struct workload w = { .granted = { .effective = 0x0f } };
	const struct granted_task t = { .permitted = 3, .file = 1 };
	const struct workload *const both[] = { NULL, &w };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct granted g;

		granted_of(both[i], &t, &g);
		assert_int_equal(g.by[GRANTED_BY_WORKLOAD], 0);
		assert_int_equal(g.by[GRANTED_BY_FILE], 1);
		assert_int_equal(g.by[GRANTED_BY_PARENT], 2);
		assert_int_equal(g.withheld | g.beyond, 0);
		assert_null(granted_source_name(g.source));
	}
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(granted_source_name(GRANTED_BUNDLE), "bundle");
	assert_string_equal(granted_source_name(GRANTED_UNIT), "unit");
	assert_string_equal(granted_source_name(GRANTED_ENGINE), "engine");
	assert_null(granted_source_name(99));
	assert_string_equal(granted_by_name(GRANTED_BY_FILE), "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_what),
		cmocka_unit_test(nothing_is_known_of_the_workload),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
