/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/model/record.h"
#include "user/sink/refused.h"
#include "user/sink/sink.h"

enum { SEEN = OUTCOME_SEEN, DENIED = CHECK_DENIED | CHECK_SYSCALL_KNOWN };

struct told {
	struct syscalls *syscalls;
	struct sink *s;
	struct out out;
	int ends[2];
	char text[4096];
};

static void begin(struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->syscalls = syscalls_new();
	assert_int_equal(pipe(t->ends), 0);
	out_init(&t->out, t->ends[1], true);
	assert_int_equal(refused_new(&t->out, t->syscalls, "x: ", &t->s), 0);
}

static const char *end(struct told *t)
{
	assert_int_equal(t->s->ops->stop(t->s, 0, NULL), 0);
	t->s->ops->free(t->s);
	assert_int_equal(out_close(&t->out), 0);
	assert_true(read(t->ends[0], t->text, sizeof(t->text) - 1) >= 0);
	close(t->ends[0]);
	syscalls_free(t->syscalls);
	return t->text;
}

static void heard_of(struct told *t, uint32_t tid, uint64_t time, int cap, int call, uint32_t flags)
{
	struct record r = { .parts = RECORD_CHECK, .kind = EVENT_CHECK, .check = made_check() };

	r.check.cap = cap;
	r.check.syscall = call;
	r.check.tid = tid;
	r.check.head.time = time;
	r.check.head.flags = flags;
	assert_int_equal(t->s->ops->check(t->s, &r), 0);
}

static void heard(struct told *t, int cap, int call, uint32_t flags)
{
	heard_of(t, 1, 1, cap, call, flags);
}

static void ended(struct told *t, uint32_t tid, uint64_t since, uint32_t flags, int64_t ret)
{
	const struct event_outcome e = {
		.head = { sizeof(e), EVENT_OUTCOME, flags, since + 1 }, .since = since, .tid = tid, .ret = ret,
	};

	assert_int_equal(t->s->ops->outcome(t->s, &e), 0);
}

static void tells_once_at_the_end(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	heard(&t, 13, 999999, DENIED);
	heard(&t, 0, 999998, DENIED);
	heard(&t, 13, 999999, CHECK_SYSCALL_KNOWN);
	heard(&t, 0, 999998, DENIED);
	heard(&t, 0, 0, CHECK_DENIED | CHECK_SYSCALL_NONE);
	heard(&t, 0, 0, CHECK_DENIED);
	heard(&t, -1, 0, DENIED);
	heard(&t, 64, 0, DENIED);
	for (int call = 0; call < 10; call++)
		heard(&t, 63, 900000 + call, DENIED);
	assert_string_equal(end(&t),
		"x: refused CAP_CHOWN: outside any system call, once; an unknown call outcome unknown, once; "
		"syscall_999998 outcome unknown, 2 times\n"
		"x: refused CAP_NET_RAW: syscall_999999 outcome unknown, once\n"
		"x: refused CAP_63: syscall_900000 outcome unknown, once; syscall_900001 outcome unknown, once; "
		"syscall_900002 outcome unknown, once; syscall_900003 outcome unknown, once; "
		"syscall_900004 outcome unknown, once; syscall_900005 outcome unknown, once; "
		"syscall_900006 outcome unknown, once; syscall_900007 outcome unknown, once; elsewhere 2 times\n");
}

static void joins_each_outcome_to_its_checks(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	/* two checks of one call, and another thread's in between */
	heard_of(&t, 1, 10, 12, 900001, DENIED);
	heard_of(&t, 2, 11, 12, 900001, DENIED);
	heard_of(&t, 1, 12, 13, 900001, DENIED);
	ended(&t, 1, 10, SEEN, -EPERM);
	ended(&t, 2, 11, SEEN, 0);
	/* the end of an earlier call of the thread was not told */
	heard_of(&t, 1, 20, 12, 900002, DENIED);
	heard_of(&t, 1, 30, 12, 900001, DENIED);
	ended(&t, 1, 30, SEEN, -EPERM);
	/* nobody waits for these */
	ended(&t, 1, 30, SEEN, -EACCES);
	ended(&t, 3, 1, SEEN, 0);
	assert_string_equal(end(&t),
		"x: refused CAP_NET_ADMIN: syscall_900001 failed with EPERM, 2 times; "
		"syscall_900001 succeeded all the same, once; syscall_900002 outcome unknown, once\n"
		"x: refused CAP_NET_RAW: syscall_900001 failed with EPERM, once\n");
}

static void has_words_for_each_outcome(void **state)
{
	static const struct {
		uint32_t flags;
		int64_t ret;
		const char *words;
	} rows[] = {
		{ SEEN, -EACCES, "failed with EACCES" },
		{ SEEN, -524, "failed with error 524" },
		{ SEEN, -4095, "failed with error 4095" },
		{ SEEN, -4096, "succeeded all the same" },
		{ SEEN, 7, "succeeded all the same" },
		{ SEEN, INT64_MIN, "succeeded all the same" },
		{ SEEN, -512, "interrupted by a signal, outcome unknown" },
		{ SEEN, -513, "interrupted by a signal, outcome unknown" },
		{ SEEN, -514, "interrupted by a signal, outcome unknown" },
		{ SEEN, -516, "interrupted by a signal, outcome unknown" },
		{ OUTCOME_EXITED, 0, "the thread ended in it, outcome unknown" },
		{ 0, -EPERM, "outcome unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[128];
		struct told t;

		begin(&t);
		heard(&t, 63, 900000, DENIED);
		ended(&t, 1, 1, rows[i].flags, rows[i].ret);
		snprintf(want, sizeof(want), "x: refused CAP_63: syscall_900000 %s, once\n", rows[i].words);
		assert_string_equal(end(&t), want);
	}
}

static void more_wait_than_are_kept(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	for (uint32_t tid = 0; tid < 3000; tid++)
		heard_of(&t, tid, tid, 63, 900000, DENIED);
	for (uint32_t tid = 0; tid < 3000; tid++)
		ended(&t, tid, tid, SEEN, -EPERM);
	assert_string_equal(end(&t), "x: refused CAP_63: syscall_900000 outcome unknown, 1976 times; "
				     "syscall_900000 failed with EPERM, 1024 times\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_once_at_the_end),
		cmocka_unit_test(joins_each_outcome_to_its_checks),
		cmocka_unit_test(has_words_for_each_outcome),
		cmocka_unit_test(more_wait_than_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
