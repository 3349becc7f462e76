/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/model/pace.h"

#define MS 1000000ULL
#define START (1700000000000 * MS)

static struct pace pace;

static uint64_t all(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pace.used; i++)
		sum += pace_granted(&pace, i) + pace_denied(&pace, i);
	return sum;
}

static void a_check_stands_in_the_slot_of_its_time(void **state)
{
	(void)state;
	pace_start(&pace, START);
	pace_add(&pace, START, 7, false, 1);
	pace_add(&pace, START + 25 * MS, 7, true, 2);
	pace_add(&pace, START - 5000 * MS, 8, false, 4);
	assert_int_equal(pace.used, 3);
	assert_int_equal(pace.granted[7][0], 1);
	assert_int_equal(pace.denied[7][2], 2);
	assert_int_equal(pace_granted(&pace, 0), 5);
	assert_int_equal(pace_denied(&pace, 2), 2);
	assert_int_equal(pace_peak(&pace), 5);
	assert_int_equal(pace_caps(&pace), 1 << 7 | 1 << 8);
}

/* Slots become longer, and nothing is forgotten. */
static void a_year_fits(void **state)
{
	const uint64_t day = 86400 * 1000 * MS;

	(void)state;
	pace_start(&pace, START);
	for (uint64_t i = 0; i < 365; i++)
		pace_add(&pace, START + i * day, 21, i % 7 == 0, 1);
	pace_lose(&pace, START + 364 * day, 9);
	assert_int_equal(all(), 365);
	assert_true(pace.used > PACE_SLOTS / 2 && pace.used <= PACE_SLOTS);
	assert_true(pace.width_ns * PACE_SLOTS > 364 * day);
	assert_int_equal(pace.lost[pace.used - 1], 9);
}

static void the_last_moment_is_there(void **state)
{
	(void)state;
	pace_start(&pace, START);
	pace_add(&pace, START, 0, false, 1);
	pace_reach(&pace, START + UINT64_MAX / 4);
	assert_int_equal(pace_granted(&pace, 0), 1);
	assert_true(pace.used > 1 && pace.used <= PACE_SLOTS);
}

static void what_has_no_place_is_none(void **state)
{
	static struct pace none;

	(void)state;
	pace_add(&none, START, 3, false, 1);
	pace_lose(&none, START, 1);
	pace_reach(&none, START);
	assert_int_equal(none.used, 0);
	pace_start(&pace, START);
	pace_add(&pace, START, -1, false, 1);
	pace_add(&pace, START, PACE_CAPS, true, 1);
	assert_int_equal(pace.used, 0);
	assert_int_equal(pace_caps(&pace), 0);
	assert_int_equal(pace_peak(&pace), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_stands_in_the_slot_of_its_time),
		cmocka_unit_test(a_year_fits),
		cmocka_unit_test(the_last_moment_is_there),
		cmocka_unit_test(what_has_no_place_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
