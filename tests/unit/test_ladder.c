/* SPDX-License-Identifier: BSD-2-Clause */
/* Which probe auto stays with, on kernels that were made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "user/source/ladder.h"

enum { ALL = (1 << TRIAL_COUNT) - 2 };
enum { NO_INLINED = ALL & ~(1 << TRIAL_OVERCOMMIT | 1 << TRIAL_OVERCOMMIT_AGAIN | 1 << TRIAL_CAPSET) };

/* What each rung does when it is opened: an error, or what it hears of the trial. */
struct kernel {
	struct survey survey;
	struct {
		int error;
		unsigned int heard;	/* bit per act */
		unsigned int burst;	/* of 100 */
	} rung[PROBES_RUNGS];
	int opened[PROBES_RUNGS];
	int open;	/* index of the rung that is open; -1 */
};

static int fake_open(void *ctx, const struct probe_rung *rung, struct trial *ret)
{
	struct kernel *k = ctx;
	int i = (int)(rung - probes_ladder);

	assert_int_equal(k->open, -1);
	k->opened[i]++;
	memset(ret, 0, sizeof(*ret));
	if (k->rung[i].error)
		return k->rung[i].error;
	for (int act = 0; act < TRIAL_COUNT; act++)
		ret->heard[act] = k->rung[i].heard >> act & 1;
	ret->burst_made = 100;
	ret->burst_heard = k->rung[i].burst;
	k->open = i;
	return 0;
}

static void fake_close(void *ctx)
{
	struct kernel *k = ctx;

	assert_int_not_equal(k->open, -1);
	k->open = -1;
}

/* The index of the rung that stays open, or the error. */
static int climb(struct kernel *k, char words[PROBES_RUNGS][LADDER_WORDS])
{
	const struct ladder_hooks hooks = { .open = fake_open, .close = fake_close, .ctx = k };
	int err;

	memset(words, 0, PROBES_RUNGS * LADDER_WORDS);
	memset(k->opened, 0, sizeof(k->opened));
	k->open = -1;
	err = ladder_climb(&k->survey, &hooks, words);
	return err ? err : k->open;
}

static void usable(struct kernel *k, int rung, unsigned int heard, unsigned int burst)
{
	k->survey.fact[rung].usable = true;
	k->rung[rung].heard = heard;
	k->rung[rung].burst = burst;
}

enum { FEXIT, TP_BTF, TP, KPROBE };

static void test_first_that_hears_all(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	for (int i = 0; i < PROBES_RUNGS; i++)
		usable(&k, i, ALL, 100);
	assert_int_equal(climb(&k, words), FEXIT);
	assert_int_equal(k.opened[FEXIT], 1);
	assert_int_equal(k.opened[TP_BTF] + k.opened[TP] + k.opened[KPROBE], 0);
}

/* Linux 6.1: what the function does not hear, the kprobe does not either: no second load. */
static void test_inlined_everywhere(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, FEXIT, NO_INLINED, 100);
	usable(&k, KPROBE, NO_INLINED, 100);
	assert_int_equal(climb(&k, words), FEXIT);
	assert_int_equal(k.opened[FEXIT], 1);
	assert_int_equal(k.opened[KPROBE], 0);
	assert_string_equal(words[FEXIT], "");
}

/* A tracepoint that was inlined with the function still fires. */
static void test_tracepoint_hears_more(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, FEXIT, NO_INLINED, 100);
	usable(&k, TP_BTF, ALL, 100);
	assert_int_equal(climb(&k, words), TP_BTF);
	assert_string_equal(words[FEXIT], "another probe hears more");
}

static void test_misses_under_preemption(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, FEXIT, ALL, 40);
	usable(&k, TP_BTF, ALL, 60);
	usable(&k, TP, ALL, 100);
	usable(&k, KPROBE, ALL, 100);
	assert_int_equal(climb(&k, words), TP);
	assert_string_equal(words[FEXIT], "heard 40 of 100 checks from four threads on one CPU");
	assert_string_equal(words[TP_BTF], "heard 60 of 100 checks from four threads on one CPU");
	assert_int_equal(k.opened[KPROBE], 0);
}

static void test_deaf_and_refused(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, FEXIT, 0, 0);
	usable(&k, TP_BTF, ALL, 100);
	k.rung[TP_BTF].error = -EPERM;
	usable(&k, KPROBE, NO_INLINED, 100);
	assert_int_equal(climb(&k, words), KPROBE);
	assert_string_equal(words[FEXIT], "attached, but heard nothing of our own check");
	assert_string_equal(words[TP_BTF], "cannot be loaded or attached: Operation not permitted");
}

/* The best was not the last one tried: it is opened again. */
static void test_back_to_the_best(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, FEXIT, ALL, 90);
	usable(&k, KPROBE, 0, 0);
	assert_int_equal(climb(&k, words), FEXIT);
	assert_int_equal(k.opened[FEXIT], 2);
	assert_int_equal(k.opened[KPROBE], 1);
}

static void test_nothing(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	assert_int_equal(climb(&k, words), -ENOTSUP);
	usable(&k, TP, ALL, 100);
	k.rung[TP].error = -EACCES;
	assert_int_equal(climb(&k, words), -EACCES);
}

static void test_wrong_words_end_it(void **state)
{
	char words[PROBES_RUNGS][LADDER_WORDS];
	struct kernel k = {};

	(void)state;
	usable(&k, TP_BTF, ALL, 100);
	usable(&k, TP, ALL, 100);
	k.rung[TP_BTF].error = -ECANCELED;
	assert_int_equal(climb(&k, words), -ECANCELED);
	assert_int_equal(k.opened[TP], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_that_hears_all),
		cmocka_unit_test(test_inlined_everywhere),
		cmocka_unit_test(test_tracepoint_hears_more),
		cmocka_unit_test(test_misses_under_preemption),
		cmocka_unit_test(test_deaf_and_refused),
		cmocka_unit_test(test_back_to_the_best),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_wrong_words_end_it),
	};

	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
