/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/crowd.h"
#include "user/model/workload.h"

enum { MADE = 6000 };

static struct crowd *crowd;
static struct workload made[MADE];
static char names[MADE][32];
static uint64_t serial;

/* A unit of that number. */
static const struct workload *unit(unsigned int i)
{
	struct workload *w = &made[i];

	if (w->serial)
		return w;
	snprintf(names[i], sizeof(names[i]), "s%u.service", i);
	w->serial = ++serial;
	w->kind = WORKLOAD_UNIT;
	w->text[WORKLOAD_UNIT_NAME] = names[i];
	return w;
}

struct asked {
	const char *workload;
	unsigned int cap;
	enum crowd_what what;
	uint64_t n, sum;
	size_t figures, names;
	const char *last;
};

static void look(void *ctx, const char *workload, unsigned int cap, enum crowd_what what, uint64_t n)
{
	struct asked *a = ctx;

	if (!strcmp(workload, a->workload) && cap == a->cap && what == a->what)
		a->n = n;
	a->sum += what == CROWD_OUTSIDE ? 0 : n;
	a->figures++;
	a->names += !a->last || strcmp(a->last, workload);
	a->last = workload;
}

static uint64_t figure(const char *workload, unsigned int cap, enum crowd_what what)
{
	struct asked a = { .workload = workload, .cap = cap, .what = what };

	crowd_each(crowd, look, &a);
	return a.n;
}

static struct asked all(void)
{
	struct asked a = { .workload = "" };

	crowd_each(crowd, look, &a);
	return a;
}

static int begin(void **state)
{
	(void)state;
	crowd = crowd_new();
	crowd_turn(crowd, 1);
	return crowd ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	crowd_free(crowd);
	return 0;
}

static void nobody_has_figures_until_that_is_asked_for(void **state)
{
	(void)state;
	crowd_add(crowd, unit(1), 21, CROWD_ALLOWED, 5);
	crowd_add(crowd, unit(1), 21, CROWD_OUTSIDE, 2);
	assert_int_equal(all().figures, 1);
	assert_int_equal(figure("other", 21, CROWD_OUTSIDE), 2);
	crowd_set_most(crowd, 2);
	crowd_add(crowd, unit(1), 21, CROWD_DENIED, 1);
	assert_int_equal(figure("other", 21, CROWD_ALLOWED), 5);
	assert_int_equal(figure("unit:s1.service", 21, CROWD_DENIED), 1);
}

static void those_beyond_are_the_others(void **state)
{
	(void)state;
	crowd_set_most(crowd, 2);
	for (unsigned int i = 0; i < 5; i++)
		crowd_add(crowd, unit(i), 7, CROWD_ALLOWED, 10 + i);
	assert_int_equal(figure("unit:s0.service", 7, CROWD_ALLOWED), 10);
	assert_int_equal(figure("unit:s1.service", 7, CROWD_ALLOWED), 11);
	assert_int_equal(figure("unit:s2.service", 7, CROWD_ALLOWED), 0);
	assert_int_equal(figure("other", 7, CROWD_ALLOWED), 12 + 13 + 14);
	assert_int_equal(crowd_known(crowd), 5);
}

static void what_has_no_name_that_stays_is_of_the_others(void **state)
{
	struct workload path = { .serial = 1000001, .kind = WORKLOAD_CGROUP, .text[WORKLOAD_PATH] = (char *)"/x" };
	struct workload session = { .serial = 1000002, .kind = WORKLOAD_SESSION, .text[WORKLOAD_SESSION_ID] = (char *)"3",
				    .text[WORKLOAD_UNIT_NAME] = (char *)"session-3.scope" };
	struct workload nameless = { .serial = 1000003, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER,
				     .text[WORKLOAD_ID] = (char *)"0123456789abcdef" };
	char longest[CROWD_KEY_MAX];
	struct workload wide = { .serial = 1000004, .kind = WORKLOAD_UNIT, .text[WORKLOAD_UNIT_NAME] = longest };

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	crowd_set_most(crowd, 10);
	crowd_add(crowd, &path, 1, CROWD_ALLOWED, 1);
	crowd_add(crowd, &session, 1, CROWD_ALLOWED, 1);
	crowd_add(crowd, &nameless, 1, CROWD_ALLOWED, 1);
	crowd_add(crowd, &wide, 1, CROWD_ALLOWED, 1);
	crowd_add(crowd, NULL, 1, CROWD_ALLOWED, 1);
	crowd_add(crowd, NULL, 64, CROWD_ALLOWED, 1);
	assert_int_equal(figure("other", 1, CROWD_ALLOWED), 5);
	assert_int_equal(all().figures, 1);
	assert_int_equal(crowd_known(crowd), 0);
}

static void a_name_that_comes_later_counts_from_then_on(void **state)
{
	struct workload w = { .serial = 1000010, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .cgroup_id = 5,
			      .text[WORKLOAD_ID] = (char *)"0123456789abcdef" };

	(void)state;
	crowd_set_most(crowd, 10);
	crowd_add(crowd, &w, 1, CROWD_ALLOWED, 1);
	w.serial++;
	w.text[WORKLOAD_NAME] = (char *)"web";
	w.flags = WORKLOAD_VERIFIED;
	crowd_add(crowd, &w, 1, CROWD_ALLOWED, 2);
	assert_int_equal(figure("docker:web", 1, CROWD_ALLOWED), 2);
	assert_int_equal(figure("other", 1, CROWD_ALLOWED), 1);
}

/* Also where it is killed and started again: the key is the same. */
static void a_busier_one_takes_the_place_of_the_least_busy(void **state)
{
	(void)state;
	crowd_set_most(crowd, 2);
	crowd_add(crowd, unit(0), 7, CROWD_ALLOWED, 100);
	crowd_add(crowd, unit(1), 7, CROWD_ALLOWED, 10);
	crowd_add(crowd, unit(2), 7, CROWD_ALLOWED, 20);
	crowd_add(crowd, unit(3), 7, CROWD_ALLOWED, 23);
	crowd_turn(crowd, 1 + CROWD_WINDOW_NS - 1);
	assert_int_equal(figure("unit:s3.service", 7, CROWD_ALLOWED), 0);
	crowd_turn(crowd, 1 + CROWD_WINDOW_NS);
	assert_int_equal(figure("other", 7, CROWD_ALLOWED), 43);
	assert_int_equal(figure("unit:s1.service", 7, CROWD_ALLOWED), 0);
	crowd_add(crowd, unit(3), 7, CROWD_ALLOWED, 1);
	crowd_add(crowd, unit(1), 7, CROWD_ALLOWED, 1);
	assert_int_equal(figure("unit:s3.service", 7, CROWD_ALLOWED), 1);
	assert_int_equal(figure("unit:s0.service", 7, CROWD_ALLOWED), 100);
	assert_int_equal(figure("other", 7, CROWD_ALLOWED), 44);
	crowd_set_most(crowd, 1);
	assert_int_equal(all().names, 2);
}

/* Of a crowd that always changes no figure falls, and there are never more than those. */
static void figures_never_fall(void **state)
{
	uint64_t other = 0, now = 1;

	(void)state;
	srand(7);
	crowd_set_most(crowd, 5);
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 40; i++)
			crowd_add(crowd, unit((unsigned int)rand() % 50), 7, CROWD_ALLOWED, 1 + (uint64_t)rand() % 100);
		assert_true(figure("other", 7, CROWD_ALLOWED) >= other);
		other = figure("other", 7, CROWD_ALLOWED);
		assert_true(all().names <= 6);
		now += CROWD_WINDOW_NS / 7;
		crowd_turn(crowd, now);
	}
	assert_true(other > 0);
}

static void who_is_gone_is_forgotten_and_the_number_is_bounded(void **state)
{
	uint64_t now = 1;

	(void)state;
	for (unsigned int i = 0; i < MADE; i++)
		crowd_add(crowd, unit(i), 7, CROWD_DENIED, 1);
	assert_int_equal(crowd_known(crowd), CROWD_KNOWN_MAX);
	for (int i = 0; i < 8; i++)
		crowd_turn(crowd, now += CROWD_WINDOW_NS);
	assert_int_equal(crowd_known(crowd), 0);
	crowd_set_most(crowd, 1);
	crowd_add(crowd, unit(MADE - 1), 7, CROWD_DENIED, 3);
	assert_int_equal(figure("unit:s5999.service", 7, CROWD_DENIED), 3);
	assert_int_equal(figure("other", 7, CROWD_DENIED), MADE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(nobody_has_figures_until_that_is_asked_for),
		T(those_beyond_are_the_others),
		T(what_has_no_name_that_stays_is_of_the_others),
		T(a_name_that_comes_later_counts_from_then_on),
		T(a_busier_one_takes_the_place_of_the_least_busy),
		T(figures_never_fall),
		T(who_is_gone_is_forgotten_and_the_number_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
