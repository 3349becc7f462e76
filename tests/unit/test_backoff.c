/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/sender/backoff.h"

#define SECOND 1000000000ULL

static const uint64_t randoms[] = { 0, 1, 499999999, 500000000, 77777777777, 1ULL << 40, UINT64_MAX - 1, UINT64_MAX };
enum { RANDOMS = sizeof(randoms) / sizeof(randoms[0]) };

static void each_time_twice_as_long_and_up_to_half_more(void **state)
{
	static const uint64_t least[] = { 1, 2, 4, 8, 16, 32, 64, 128, 200, 200, 200 };

	(void)state;
	for (unsigned f = 0; f < sizeof(least) / sizeof(least[0]); f++) {
		for (size_t i = 0; i < RANDOMS; i++) {
			const uint64_t ns = backoff_ns(f, 0, randoms[i]);

			assert_true(ns >= least[f] * SECOND);
			assert_true(ns <= least[f] * SECOND * 3 / 2);
		}
		assert_int_equal(backoff_ns(f, 0, 0), least[f] * SECOND);
		assert_int_equal(backoff_ns(f, 0, least[f] * SECOND / 2), least[f] * SECOND * 3 / 2);
	}
}

/* A receiver that is away for a month is tried every five minutes, by no two senders at the same moment. */
static void never_more_than_five_minutes_and_never_the_same(void **state)
{
	uint64_t low = UINT64_MAX, high = 0;

	(void)state;
	for (unsigned f = 8; f < 10000; f += 7) {
		const uint64_t ns = backoff_ns(f, 0, f * 0x9e3779b97f4a7c15ULL);

		assert_true(ns >= 200 * SECOND && ns <= BACKOFF_MAX_NS);
		low = ns < low ? ns : low;
		high = ns > high ? ns : high;
	}
	assert_true(high - low > 90 * SECOND);
	assert_int_equal(backoff_ns(UINT32_MAX, 0, 0), 200 * SECOND);
}

static void what_a_receiver_asks_for_is_waited_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < RANDOMS; i++) {
		assert_int_equal(backoff_ns(0, 120 * SECOND, randoms[i]), 120 * SECOND);
		assert_int_equal(backoff_ns(20, 301 * SECOND, randoms[i]), 301 * SECOND);
		assert_int_equal(backoff_ns(3, 86400 * SECOND, randoms[i]), 3600 * SECOND);
		assert_int_equal(backoff_ns(3, UINT64_MAX, randoms[i]), 3600 * SECOND);
	}
	/* Sooner than we would come by ourselves is no reason to. */
	assert_int_equal(backoff_ns(5, 2 * SECOND, 0), 32 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_time_twice_as_long_and_up_to_half_more),
		cmocka_unit_test(never_more_than_five_minutes_and_never_the_same),
		cmocka_unit_test(what_a_receiver_asks_for_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
