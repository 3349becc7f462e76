/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "user/rule/limits.h"
#include "user/rule/rules.h"

#define S 1000000000ULL

static const struct rule once = { .once_per_ns = 600 * S };
static const struct rule more = { .more_than = 20, .window_ns = 60 * S };
static const struct rule both = { .more_than = 2, .window_ns = 60 * S, .once_per_ns = 600 * S };

static enum decision_held pass(struct limits *l, const struct rule *r, const char *workload, int cap, bool denied,
			       uint64_t now)
{
	struct limits_about about = { 3, workload, strlen(workload), cap, denied, now };

	return limits_pass(l, r, &about, now, 1, NULL);
}

static void once_is_by_workload_capability_and_verdict(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);

	(void)state;
	assert_int_equal(pass(l, &once, "unit:a", 1, false, 1000 * S), HELD_NOT);
	assert_int_equal(pass(l, &once, "unit:a", 1, false, 1000 * S), HELD_ONCE);
	assert_int_equal(pass(l, &once, "unit:a", 1, false, 1599 * S), HELD_ONCE);
	assert_int_equal(pass(l, &once, "unit:a", 1, true, 1599 * S), HELD_NOT);
	assert_int_equal(pass(l, &once, "unit:a", 2, false, 1599 * S), HELD_NOT);
	assert_int_equal(pass(l, &once, "unit:b", 1, false, 1599 * S), HELD_NOT);
	assert_int_equal(pass(l, &once, "unit:a", 1, false, 1600 * S), HELD_NOT);
	assert_int_equal(pass(l, &once, "unit:a", 1, false, 1601 * S), HELD_ONCE);
	assert_int_equal(limits_forgotten(l), 0);
	limits_free(l);
}

static void more_than_is_by_workload(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(pass(l, &more, "w", i, true, (1000 + (uint64_t)i) * S), HELD_BELOW);
	assert_int_equal(pass(l, &more, "v", 1, true, 1020 * S), HELD_BELOW);
	assert_int_equal(pass(l, &more, "w", 1, true, 1020 * S), HELD_NOT);
	/* Counting begins anew. */
	assert_int_equal(pass(l, &more, "w", 1, true, 1021 * S), HELD_BELOW);
	limits_free(l);
}

/* One every 4 seconds is 15 in a minute, for ever; one every 2 seconds is 30. */
static void what_is_older_than_the_window_is_not_counted(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);
	unsigned told = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(pass(l, &more, "slow", 1, true, i * 4 * S), HELD_BELOW);
	for (uint64_t i = 0; i < 1000; i++)
		told += pass(l, &more, "fast", 1, true, 5000 * S + i * 2 * S) == HELD_NOT;
	assert_int_equal(told, 47);
	/* Twenty, a pause, and another twenty a minute and a second later. */
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(pass(l, &more, "burst", 1, true, 9000 * S), HELD_BELOW);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(pass(l, &more, "burst", 1, true, 9061 * S), HELD_BELOW);
	assert_int_equal(pass(l, &more, "burst", 1, true, 9061 * S), HELD_NOT);
	limits_free(l);
}

static void many_at_once_are_many(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);
	struct limits_about about = { 0, "w", 1, 1, true, 0 };
	uint64_t times = 0;

	(void)state;
	assert_int_equal(limits_pass(l, &more, &about, S, 20, NULL), HELD_BELOW);
	assert_int_equal(limits_pass(l, &more, &about, S, 1, NULL), HELD_NOT);
	assert_int_equal(limits_pass(l, &more, &about, S, 1000000, &times), HELD_NOT);
	assert_int_equal(times, 1000000);
	limits_free(l);
}

/* Whoever is told, is told of all that was not. */
static void what_was_held_is_counted(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);
	struct limits_about about = { 0, "w", 1, 1, true, 0 };
	uint64_t times = 0;

	(void)state;
	assert_int_equal(limits_pass(l, &once, &about, S, 1, &times), HELD_NOT);
	assert_int_equal(times, 1);
	assert_int_equal(limits_pass(l, &once, &about, 2 * S, 41, &times), HELD_ONCE);
	assert_int_equal(times, 1);
	assert_int_equal(limits_pass(l, &once, &about, 700 * S, 1, &times), HELD_NOT);
	assert_int_equal(times, 42);
	assert_int_equal(limits_pass(l, &once, &about, 1400 * S, 1, &times), HELD_NOT);
	assert_int_equal(times, 1);
	limits_free(l);
}

/* .. and of when the first of these was. */
static void the_first_of_what_was_held_is_known(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);
	struct limits_about about = { 0, "w", 1, 1, true, 10 };

	(void)state;
	assert_int_equal(limits_pass(l, &once, &about, S, 1, NULL), HELD_NOT);
	assert_int_equal(about.first_ns, 10);
	about.first_ns = 20;
	assert_int_equal(limits_pass(l, &once, &about, 2 * S, 1, NULL), HELD_ONCE);
	about.first_ns = 30;
	assert_int_equal(limits_pass(l, &once, &about, 3 * S, 1, NULL), HELD_ONCE);
	about.first_ns = 700;
	assert_int_equal(limits_pass(l, &once, &about, 700 * S, 1, NULL), HELD_NOT);
	assert_int_equal(about.first_ns, 20);
	about.first_ns = 1400;
	assert_int_equal(limits_pass(l, &once, &about, 1400 * S, 1, NULL), HELD_NOT);
	assert_int_equal(about.first_ns, 1400);
	/* Of more_than: the first that is still in the window. */
	for (uint64_t at = 2000; at < 2060; at += 3) {
		about.first_ns = at;
		assert_int_equal(limits_pass(l, &more, &about, at * S, 1, NULL), HELD_BELOW);
	}
	about.first_ns = 2064;
	assert_int_equal(limits_pass(l, &more, &about, 2064 * S, 10, NULL), HELD_NOT);
	assert_in_range(about.first_ns, 2003, 2006);
	limits_free(l);
}

static void both_hold_back(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);
	enum decision_held want[] = { HELD_BELOW, HELD_BELOW, HELD_NOT, HELD_BELOW, HELD_BELOW, HELD_ONCE, HELD_BELOW };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(pass(l, &both, "w", 1, true, (i + 1) * S), want[i]);
	limits_free(l);
}

/* The clock of checks on several processors goes back a little. */
static void a_clock_that_goes_back_is_no_harm(void **state)
{
	struct limits *l = limits_new(LIMITS_MAX);

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(pass(l, &more, "w", 1, true, (100 - (uint64_t)i) * S), HELD_BELOW);
	assert_int_equal(pass(l, &more, "w", 1, true, 50 * S), HELD_NOT);
	limits_free(l);
}

static void a_crowd_has_bounded_memory(void **state)
{
	struct limits *l = limits_new(8);
	char name[300];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%0250d", i);
		assert_int_equal(pass(l, &once, name, 1, false, S), HELD_NOT);
		assert_int_equal(pass(l, &once, name, 1, false, S), HELD_ONCE);
	}
	assert_int_equal(limits_forgotten(l), 92);
	snprintf(name, sizeof(name), "%0250d", 0);
	assert_int_equal(pass(l, &once, name, 1, false, S), HELD_NOT);
	limits_free(l);
}

static void what_is_known_goes_over_by_its_rule(void **state)
{
	const size_t gone[] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX }, moved[] = { 0, 1, 2, 7 }, back[8] = { [7] = 3 };
	struct limits *a = limits_new(LIMITS_MAX), *b = limits_new(LIMITS_MAX), *c = limits_new(LIMITS_MAX);
	uint64_t untold[5] = { 0 };

	(void)state;
	assert_int_equal(pass(a, &once, "w", 1, false, S), HELD_NOT);
	for (int i = 0; i < 20; i++)
		assert_int_equal(pass(a, &more, "w", 1, false, S), HELD_BELOW);
	limits_hand_over(a, b, moved);
	assert_int_equal(pass(a, &once, "w", 1, false, S), HELD_NOT);
	/* As rule 7 it is no business of rule 3. */
	assert_int_equal(pass(b, &once, "v", 1, false, S), HELD_NOT);
	limits_hand_over(b, c, back);
	assert_int_equal(pass(c, &once, "w", 1, false, S), HELD_ONCE);
	assert_int_equal(pass(c, &more, "w", 1, false, S), HELD_NOT);
	limits_hand_over(c, b, gone);
	assert_int_equal(pass(b, &once, "w", 1, false, S), HELD_NOT);
	/* What was held back of it stays where it was, to be told. */
	limits_untold(c, untold, 4);
	assert_int_equal(untold[0] + untold[1] + untold[2] + untold[3], 1);
	limits_untold(b, untold, 4);
	assert_int_equal(untold[0] + untold[1] + untold[2] + untold[3] + untold[4], 1);
	limits_free(a);
	limits_free(b);
	limits_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_is_by_workload_capability_and_verdict),
		cmocka_unit_test(more_than_is_by_workload),
		cmocka_unit_test(what_is_older_than_the_window_is_not_counted),
		cmocka_unit_test(many_at_once_are_many),
		cmocka_unit_test(what_was_held_is_counted),
		cmocka_unit_test(the_first_of_what_was_held_is_known),
		cmocka_unit_test(both_hold_back),
		cmocka_unit_test(a_clock_that_goes_back_is_no_harm),
		cmocka_unit_test(a_crowd_has_bounded_memory),
		cmocka_unit_test(what_is_known_goes_over_by_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
