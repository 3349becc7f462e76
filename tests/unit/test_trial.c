/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a caller's return address lies, learned from stacks that were made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/source/trial.h"

enum { SITE = 0x1111, OTHER = 0x2222, INNER = 0xaaaa, OUTER = 0xbbbb };

/* A check whose caller returns to `site`, which stands in word `at` of the raw stack. */
static struct learned check_from(uint64_t site, int at)
{
	struct learned l = { .heard = 1, .frames = 3, .frame = { INNER, site, OUTER + site } };

	for (int i = 0; i < LEARN_WORDS; i++)
		l.word[i] = 0x9000 + (uint64_t)i;
	if (at >= 0)
		l.word[at] = site;
	return l;
}

static void place_of(const struct learned *site, const struct learned *again, const struct learned *other,
		     struct site_place *ret)
{
	const struct trial_stacks stacks = { .other = *other, .site = *site, .site_again = *again, .other_again = *other };

	trial_place(&stacks, ret);
}

static void test_near(void **state)
{
	struct learned site = check_from(SITE, 7), again = check_from(SITE, 7), other = check_from(OTHER, 7);
	struct site_place place;

	(void)state;
	place_of(&site, &again, &other, &place);
	assert_int_equal(place.overcommit, SITE);
	assert_int_equal(place.near, 1);
	assert_int_equal(place.distance, 7 * 8);
	assert_int_equal(place.before, INNER);
}

/* Where the frames before the two callers are not the same, no caller is known by it. */
static void test_no_frame_before(void **state)
{
	struct learned site = check_from(SITE, 7), again = site, other = check_from(OTHER, 7);
	struct site_place place;

	(void)state;
	site.frame[0] = again.frame[0] = 5;
	place_of(&site, &again, &other, &place);
	assert_int_equal(place.before, 0);
}

/* The same value lies on the stack by chance, further in: only where the other check agrees is it the place. */
static void test_stale_word(void **state)
{
	struct learned site = check_from(SITE, 9), again = check_from(SITE, 9), other = check_from(OTHER, 9);
	struct site_place place;

	(void)state;
	site.word[3] = SITE;
	place_of(&site, &again, &other, &place);
	assert_int_equal(place.distance, 9 * 8);
}

static void test_unwind_where_no_word_is(void **state)
{
	struct learned site = check_from(SITE, -1), again = check_from(SITE, -1), other = check_from(OTHER, -1);
	struct site_place place;

	(void)state;
	place_of(&site, &again, &other, &place);
	assert_int_equal(place.overcommit, SITE);
	assert_int_equal(place.near, 0);
	assert_int_equal(place.frame, 1);
}

/* Somebody else's probe came or went between the two checks: what differs is not who asked. */
static void test_other_probes(void **state)
{
	const struct learned plain = { .heard = 1, .frames = 4, .frame = { 1, INNER, OTHER, OUTER } };
	const struct learned added = { .heard = 1, .frames = 5, .frame = { 1, 2, INNER, SITE, OUTER } };
	const struct learned replaced = { .heard = 1, .frames = 4, .frame = { 3, INNER, SITE, OUTER } };
	const struct site_place none = {};
	struct site_place place;

	(void)state;
	place_of(&added, &added, &plain, &place);
	assert_memory_equal(&place, &none, sizeof(place));
	place_of(&plain, &plain, &added, &place);
	assert_memory_equal(&place, &none, sizeof(place));
	place_of(&replaced, &replaced, &plain, &place);
	assert_memory_equal(&place, &none, sizeof(place));
}

/* A trampoline without a frame of the function behind it was replaced between the first two: the callers differ too. */
static void test_trampoline_replaced(void **state)
{
	const struct learned other = { .heard = 1, .frames = 4, .frame = { 1, 2, OTHER, OUTER } };
	const struct learned site = { .heard = 1, .frames = 4, .frame = { 1, 3, SITE, OUTER + 1 } };
	const struct learned later = { .heard = 1, .frames = 4, .frame = { 1, 3, OTHER, OUTER } };
	struct trial_stacks stacks = { .other = other, .site = site, .site_again = site, .other_again = later };
	const struct site_place none = {};
	struct site_place place;

	(void)state;
	trial_place(&stacks, &place);
	assert_memory_equal(&place, &none, sizeof(place));
	stacks.other = later;
	trial_place(&stacks, &place);
	assert_int_equal(place.overcommit, SITE);
	assert_int_equal(place.before, 3);
	stacks.site_again.frame[1] = 4;
	trial_place(&stacks, &place);
	assert_memory_equal(&place, &none, sizeof(place));
}

/* The second check of the kind came from elsewhere: then nothing is known. */
static void test_disagreement(void **state)
{
	struct learned site = check_from(SITE, 7), again = check_from(0x3333, 7), other = check_from(OTHER, 7);
	struct site_place place, none = {};

	(void)state;
	place_of(&site, &again, &other, &place);
	assert_memory_equal(&place, &none, sizeof(place));
}

static void test_unheard(void **state)
{
	struct learned site = {}, again = {}, other = check_from(OTHER, 7);
	struct site_place place, none = {};

	(void)state;
	place_of(&site, &again, &other, &place);
	assert_memory_equal(&place, &none, sizeof(place));
	site = check_from(SITE, 7);
	other.heard = 0;
	place_of(&site, &again, &other, &place);
	assert_memory_equal(&place, &none, sizeof(place));
}

/* Stacks that do not differ, or that have no frames, tell nothing. */
static void test_same_stacks(void **state)
{
	struct learned site = check_from(SITE, 7), again = site, other = site;
	struct site_place place, none = {};

	(void)state;
	place_of(&site, &again, &other, &place);
	assert_memory_equal(&place, &none, sizeof(place));
	site.frames = other.frames = 0;
	other.frame[1] = OTHER;
	place_of(&site, &again, &other, &place);
	assert_memory_equal(&place, &none, sizeof(place));
}

static void test_words(void **state)
{
	(void)state;
	assert_null(trial_words(TRIAL_NONE));
	assert_null(trial_words(TRIAL_COUNT));
	for (int act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++)
		if (act != TRIAL_OVERCOMMIT_AGAIN)
			assert_non_null(trial_words(act));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near), cmocka_unit_test(test_no_frame_before),
		cmocka_unit_test(test_stale_word),
		cmocka_unit_test(test_unwind_where_no_word_is),
		cmocka_unit_test(test_other_probes),
		cmocka_unit_test(test_trampoline_replaced),
		cmocka_unit_test(test_disagreement),
		cmocka_unit_test(test_unheard),
		cmocka_unit_test(test_same_stacks),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
