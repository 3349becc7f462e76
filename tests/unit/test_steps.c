/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the next return address stands, learned from whole stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/source/steps.h"

enum { FIRST = 0x1001, SECOND = 0x2002, THIRD = 0x3003, ENTRY = 0x4004, WORDS = 40 };

struct learner {
	struct steps *steps;
	struct site_step table[SITE_STEPS];
	uint32_t first[SITE_FIRSTS];
};

static int begin(void **state)
{
	static struct learner l;

	memset(&l, 0, sizeof(l));
	l.steps = steps_new();
	*state = &l;
	return !l.steps;
}

static int end(void **state)
{
	steps_free(((struct learner *)*state)->steps);
	return 0;
}

/* A stack: the probe's own frame, then FIRST at word 5, SECOND at 9, THIRD at `third`, ENTRY at the top. */
static struct site_sample stack(uint32_t third)
{
	struct site_sample s = { .probe = 1, .frames = 5, .words = WORDS,
				 .frame = { 0x99, FIRST, SECOND, THIRD, ENTRY } };

	s.word[5] = FIRST;
	s.word[9] = SECOND;
	s.word[third] = THIRD;
	s.word[WORDS - 1] = ENTRY;
	return s;
}

static void learn(struct learner *l, const struct site_sample *s)
{
	steps_learn(l->steps, s, l->table, l->first);
}

/* The bytes from an address to the next; SITE_STEP_NONE: not known. */
static uint32_t told(const struct learner *l, uint64_t address, uint64_t *ret_last)
{
	for (int i = 0; i < SITE_STEPS; i++) {
		if (l->table[i].address != address)
			continue;
		*ret_last = l->table[i].last;
		return l->table[i].bytes;
	}
	return SITE_STEP_NONE;
}

static void test_learns(void **state)
{
	struct learner *l = *state;
	struct site_sample s = stack(20);
	uint64_t last = 0;

	for (int i = 0; i < 2 * STEPS_SURE; i++) {
		s.word[WORDS - 3 - i] = 0x77 + i;
		learn(l, &s);
		if (i + 1 < STEPS_SURE)
			assert_int_equal(l->first[1], 0);
	}
	assert_int_equal(l->first[1], 5 * 8);
	assert_int_equal(told(l, FIRST, &last), 4 * 8);
	assert_int_equal(told(l, SECOND, &last), 11 * 8);
	assert_int_equal(told(l, THIRD, &last), SITE_STEP_LAST);
	assert_int_equal(last, ENTRY);
}

/* Something left over from an earlier call is not believed, as long as it is there each time, nor taken for the right one. */
static void test_left_over(void **state)
{
	struct learner *l = *state;
	struct site_sample s = stack(20);
	uint64_t last;

	s.word[15] = THIRD;
	for (int i = 0; i < 3 * STEPS_SURE; i++)
		learn(l, &s);
	assert_int_equal(told(l, SECOND, &last), SITE_STEP_NONE);
	s.word[15] = 0;
	learn(l, &s);
	assert_int_equal(told(l, SECOND, &last), 11 * 8);
}

/* A frame of no fixed size is never believed again. */
static void test_varies(void **state)
{
	struct learner *l = *state;
	struct site_sample one = stack(20), other = stack(22);
	uint64_t last;

	for (int i = 0; i < 3 * STEPS_SURE; i++)
		learn(l, &one);
	assert_int_equal(told(l, SECOND, &last), 11 * 8);
	learn(l, &other);
	assert_int_equal(told(l, SECOND, &last), SITE_STEP_NONE);
	for (int i = 0; i < 3 * STEPS_SURE; i++)
		learn(l, &one);
	assert_int_equal(told(l, SECOND, &last), SITE_STEP_NONE);
	assert_int_equal(told(l, FIRST, &last), 4 * 8);
}

/* With another listener on the hook the chain begins elsewhere: nothing is read until that is known. */
static void test_begins_elsewhere(void **state)
{
	struct learner *l = *state;
	struct site_sample s = stack(20);

	for (int i = 0; i < STEPS_SURE; i++)
		learn(l, &s);
	assert_int_equal(l->first[1], 5 * 8);
	memmove(&s.word[1], &s.word[0], (WORDS - 2) * sizeof(s.word[0]));
	s.word[WORDS - 1] = ENTRY;
	learn(l, &s);
	assert_int_equal(l->first[1], 0);
	for (int i = 0; i < STEPS_SURE; i++)
		learn(l, &s);
	assert_int_equal(l->first[1], 6 * 8);
}

static void test_nonsense(void **state)
{
	struct learner *l = *state;
	struct site_sample s = stack(20);

	s.words = SAMPLE_WORDS + 1;
	learn(l, &s);
	s.words = WORDS;
	s.frames = SAMPLE_FRAMES + 1;
	learn(l, &s);
	s.frames = 0;
	learn(l, &s);
	assert_int_equal(l->first[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learns, begin, end),
		cmocka_unit_test_setup_teardown(test_left_over, begin, end),
		cmocka_unit_test_setup_teardown(test_varies, begin, end),
		cmocka_unit_test_setup_teardown(test_begins_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(test_nonsense, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
