/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/host/inodes.h"

static void each_is_new_once(void **state)
{
	struct inodes set = INODES_INIT;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint64_t dev = 1; dev < 5; dev++)
			for (uint64_t ino = 0; ino < 20000; ino++)
				assert_int_equal(inodes_put(&set, dev, ino << 20), !round);
	assert_int_equal(set.count, 4 * 20000);
	inodes_done(&set);
	assert_int_equal(inodes_put(&set, 0, 7), 1);
	assert_int_equal(inodes_put(&set, 7, 0), 1);
	assert_int_equal(inodes_put(&set, 0, 7), 0);
	inodes_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_new_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
