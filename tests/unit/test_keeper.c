/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/inherited.h"
#include "user/host/keeper.h"

enum { ASK_ECHO, ASK_MUCH, ASK_NOTHING, ASK_WAIT, ASK_DIE };

struct ask {
	int what, value;
};

static int run(void *ctx, const void *order, size_t size, struct buf *result)
{
	const struct ask *a = order;

	assert_int_equal(size, sizeof(*a));
	if (a->what == ASK_ECHO)
		buf_printf(result, "%s %d", (const char *)ctx, a->value);
	for (int i = 0; a->what == ASK_MUCH && i < a->value; i++)
		buf_put(result, &i, sizeof(i));
	if (a->what == ASK_WAIT)
		sigwaitinfo(&(sigset_t){ 0 }, NULL);
	if (a->what == ASK_DIE)
		kill(getpid(), SIGKILL);
	return a->value & 0x7f;
}

static const char *const commands[] = { "exit 3", "read line || exit 4", NULL, "exec sleep 1000" };

static const struct keeper_plan plan = { run, "hello", commands, 4 };

static struct keeper *started(void)
{
	struct keeper *k;

	assert_int_equal(keeper_start(&plan, &k), 0);
	return k;
}

static int end_of(struct keeper *k, enum keeper_what what)
{
	struct keeper_event e = { KEEPER_NOTHING, 0 };

	for (int i = 0; i < 600 && e.what != what; i++)
		assert_int_equal(keeper_wait(k, -1, 100, &e), 0);
	assert_int_equal(e.what, what);
	return e.status;
}

static int asked(struct keeper *k, int what, int value)
{
	const struct ask a = { what, value };

	assert_int_equal(keeper_run(k, &a, sizeof(a)), 0);
	return end_of(k, KEEPER_RUN_ENDED);
}

static void runs_as_often_as_asked(void **state)
{
	struct keeper *k = started();
	const char *text;
	char expected[32];
	size_t size;

	(void)state;
	for (int i = 1; i < 4; i++) {
		assert_int_equal(asked(k, ASK_ECHO, i), i << 8);
		text = keeper_result(k, &size);
		snprintf(expected, sizeof(expected), "hello %d", i);
		assert_int_equal(size, strlen(expected));
		assert_memory_equal(text, expected, size);
	}
	keeper_free(k);
}

/* Far more than a pipe holds. */
static void a_large_result_comes_whole(void **state)
{
	enum { MANY = 1 << 20 };
	struct keeper *k = started();
	size_t size;
	const int *at;

	(void)state;
	asked(k, ASK_MUCH, MANY);
	at = keeper_result(k, &size);
	assert_int_equal(size, MANY * sizeof(*at));
	for (int i = 0; i < MANY; i += 4099) {
		int value;

		memcpy(&value, at + i, sizeof(value));
		assert_int_equal(value, i);
	}
	asked(k, ASK_NOTHING, 0);
	assert_non_null(keeper_result(k, &size));
	assert_int_equal(size, 0);
	keeper_free(k);
}

static void a_run_that_dies_says_nothing(void **state)
{
	struct keeper *k = started();
	size_t size;
	int status = asked(k, ASK_DIE, 0);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_null(keeper_result(k, &size));
	assert_int_equal(asked(k, ASK_ECHO, 7), 7 << 8);
	assert_non_null(keeper_result(k, &size));
	keeper_free(k);
}

static void commands_have_a_status_and_nothing_to_read(void **state)
{
	struct keeper *k = started();

	(void)state;
	assert_int_equal(keeper_command(k, 0), 0);
	assert_int_equal(end_of(k, KEEPER_COMMAND_ENDED), 3 << 8);
	assert_int_equal(keeper_command(k, 1), 0);
	assert_int_equal(end_of(k, KEEPER_COMMAND_ENDED), 4 << 8);
	keeper_free(k);
}

static void what_was_not_given_is_not_started(void **state)
{
	struct keeper *k = started();

	(void)state;
	assert_int_equal(keeper_command(k, 2), 0);
	assert_int_equal(end_of(k, KEEPER_COMMAND_ENDED), 125 << 8);
	assert_int_equal(keeper_command(k, 99), 0);
	assert_int_equal(end_of(k, KEEPER_COMMAND_ENDED), 125 << 8);
	assert_int_equal(keeper_run(k, NULL, KEEPER_ORDER_MAX + 1), -E2BIG);
	keeper_free(k);
}

static void signals_reach_run_and_command(void **state)
{
	const struct ask wait = { ASK_WAIT, 0 };
	struct keeper *k = started();
	int status;

	(void)state;
	assert_int_equal(keeper_run(k, &wait, sizeof(wait)), 0);
	assert_int_equal(keeper_command(k, 3), 0);
	assert_int_equal(keeper_signal_command(k, SIGTERM), 0);
	status = end_of(k, KEEPER_COMMAND_ENDED);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(keeper_signal_run(k, SIGKILL), 0);
	status = end_of(k, KEEPER_RUN_ENDED);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Gone already: nothing happens. */
	assert_int_equal(keeper_signal_run(k, SIGKILL), 0);
	assert_int_equal(asked(k, ASK_ECHO, 1), 1 << 8);
	keeper_free(k);
}

static void nothing_outlives_who_asked(void **state)
{
	struct keeper *k = started();
	struct keeper_event e;

	(void)state;
	assert_int_equal(keeper_command(k, 3), 0);
	assert_int_equal(keeper_wait(k, -1, 50, &e), 0);
	assert_int_equal(e.what, KEEPER_NOTHING);
	keeper_free(k);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	keeper_free(NULL);
}

static void other_descriptors_wake_it(void **state)
{
	struct keeper *k = started();
	struct keeper_event e;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(keeper_wait(k, ends[0], 600000, &e), 0);
	assert_int_equal(e.what, KEEPER_NOTHING);
	close(ends[0]);
	close(ends[1]);
	keeper_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_as_often_as_asked),
		cmocka_unit_test(a_large_result_comes_whole),
		cmocka_unit_test(a_run_that_dies_says_nothing),
		cmocka_unit_test(commands_have_a_status_and_nothing_to_read),
		cmocka_unit_test(what_was_not_given_is_not_started),
		cmocka_unit_test(signals_reach_run_and_command),
		cmocka_unit_test(nothing_outlives_who_asked),
		cmocka_unit_test(other_descriptors_wake_it),
	};

	inherited_remember();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
