/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "user/cmd/moment.h"

#define SECOND 1000000000ULL
#define START (1763778000ULL * SECOND)	/* 2025-11-22T02:20:00Z */

static const struct {
	const char *text;
	uint64_t after;		/* seconds after START */
} rows[] = {
	{ "0", 0 }, { "90", 90 }, { "10m", 600 }, { "1h30m", 5400 },
	{ "02:20", 0 }, { "02:50", 1800 }, { "02:50:01", 1801 }, { "02:19:59", 86399 }, { "00:00", 78000 },
	{ "2025-11-22T02:50:00Z", 1800 },
};

static void a_moment_is_one_of_three(void **state)
{
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(moment_parse(rows[i].text, START, true, &ns), 0);
		assert_int_equal(ns, START + rows[i].after * SECOND);
	}
}

static void other_words_are_none(void **state)
{
	static const char *const words[] = { "", "x", "25:00", "02:60", "2:50", "02:50:60", "02-50", "yesterday", "-10m", "2025-11-22" };
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(moment_parse(words[i], START, true, &ns), -EINVAL);
	assert_int_equal(ns, 7);
}

static void a_zone_counts(void **state)
{
	uint64_t ns;

	(void)state;
	setenv("TZ", "XXX-2", 1);
	tzset();
	assert_int_equal(moment_parse("04:50", START, false, &ns), 0);
	assert_int_equal(ns, START + 1800 * SECOND);
}

static void what_was_is_before_now(void **state)
{
	static const struct {
		const char *text;
		uint64_t before;	/* seconds before START */
	} past[] = {
		{ "0", 0 }, { "90", 90 }, { "10m", 600 }, { "7d", 604800 }, { "02:20", 0 }, { "02:50", 84600 }, { "02:19:59", 1 },
		{ "00:00", 8400 }, { "2025-11-22T02:10:00Z", 600 },
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
		assert_int_equal(moment_past(past[i].text, START, true, &ns), 0);
		assert_int_equal(ns, START - past[i].before * SECOND);
	}
	assert_int_equal(moment_past("7d", 5, true, &ns), 0);
	assert_int_equal(ns, 0);
	assert_int_equal(moment_past("yesterday", START, true, &ns), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_is_before_now),
		cmocka_unit_test(a_moment_is_one_of_three),
		cmocka_unit_test(other_words_are_none),
		cmocka_unit_test(a_zone_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
