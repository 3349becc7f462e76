// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/loss.h"

static void every_cause_has_its_own_words(void **state)
{
	(void)state;
	for (int i = 0; i < LOSS_COUNT; i++) {
		assert_true(strlen(loss_name(i)) > 3);
		assert_true(strlen(loss_words(i)) > strlen(loss_name(i)));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(loss_name(i), loss_name(k));
	}
	assert_string_equal(loss_name(LOSS_RING_FULL), "ring_full");
	assert_string_equal(loss_name(LOSS_PROGRAM_BUSY), "program_busy");
}

static void sums_and_growth(void **state)
{
	struct loss before = { { 1, 2, 3, 4, 5, 6 } }, now = { { 1, 3, 3, 9, 5, 0 } }, grown;

	(void)state;
	assert_int_equal(loss_total(&before), 21);
	loss_since(&before, &now, &grown);
	assert_int_equal(grown.by_cause[1], 1);
	assert_int_equal(grown.by_cause[3], 5);
	assert_int_equal(loss_total(&grown), 6);
	loss_since(&before, &now, &now);
	assert_memory_equal(&now, &grown, sizeof(now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_its_own_words),
		cmocka_unit_test(sums_and_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
