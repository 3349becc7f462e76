// SPDX-License-Identifier: BSD-2-Clause
/* Which numbers the kernel side is told to look at. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/source/lives.h"

static struct life_calls calls;

static void numbers_of_this_machine(void **state)
{
	(void)state;
#if defined(__x86_64__)
	assert_int_equal(calls.own[59], LIFE_EXEC);
	assert_int_equal(calls.own[520], LIFE_EXEC);	/* x32 */
	assert_int_equal(calls.own[126], LIFE_CAPSET);
	assert_int_equal(calls.own[117], LIFE_SETRESUID);
	assert_int_equal(calls.own[157], LIFE_CALL_PRCTL);
	assert_int_equal(calls.own[164], 0);		/* settimeofday, but setresuid of 32-bit programs */
	assert_int_equal(calls.of_32[164], LIFE_SETRESUID | LIFE_CALL_16BIT);
	assert_int_equal(calls.of_32[208], LIFE_SETRESUID);
	assert_int_equal(calls.of_32[81], LIFE_SETGROUPS | LIFE_CALL_16BIT);
	assert_int_equal(calls.of_32[11], LIFE_EXEC);
	assert_int_equal(calls.of_32[185], LIFE_CAPSET);
#elif defined(__aarch64__)
	assert_int_equal(calls.own[221], LIFE_EXEC);
	assert_int_equal(calls.own[91], LIFE_CAPSET);
	assert_int_equal(calls.own[147], LIFE_SETRESUID);
	assert_int_equal(calls.own[167], LIFE_CALL_PRCTL);
	assert_int_equal(calls.of_32[164], LIFE_SETRESUID | LIFE_CALL_16BIT);
	assert_int_equal(calls.of_32[208], LIFE_SETRESUID);
#endif
	assert_int_equal(calls.own[435], LIFE_CALL_CLONE3);
	assert_int_equal(calls.of_32[435], LIFE_CALL_CLONE3);
}

/* A call that is told is looked at, and no other. */
static void one_look_tells_them_all(void **state)
{
	unsigned int many = 0;

	(void)state;
	for (int i = 0; i < LIFE_CALLS; i++) {
		assert_int_equal(!calls.any[i], !calls.own[i] && !calls.of_32[i]);
		many += calls.any[i];
	}
	assert_in_range(many, 19, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_this_machine),
		cmocka_unit_test(one_look_tells_them_all),
	};

	if (lives_calls(&calls))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
