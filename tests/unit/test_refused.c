/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <fcntl.h>
#include <unistd.h>

#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/model/record.h"
#include "user/sink/refused.h"
#include "user/sink/sink.h"

static void heard(struct sink *s, int cap, int call, uint32_t flags)
{
	struct record r = { .parts = RECORD_CHECK, .kind = EVENT_CHECK, .check = made_check() };

	r.check.cap = cap;
	r.check.syscall = call;
	r.check.head.flags = flags;
	assert_int_equal(s->ops->check(s, &r), 0);
}

static void tells_once_at_the_end(void **state)
{
	struct syscalls *syscalls = syscalls_new();
	const uint32_t denied = CHECK_DENIED | CHECK_SYSCALL_KNOWN;
	char text[512] = "";
	struct out out;
	struct sink *s;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	out_init(&out, ends[1], true);
	assert_int_equal(refused_new(&out, syscalls, "x: ", &s), 0);
	heard(s, 13, 999999, denied);
	heard(s, 0, 999998, denied);
	heard(s, 13, 999999, CHECK_SYSCALL_KNOWN);
	heard(s, 0, 999998, denied);
	heard(s, 0, 0, CHECK_DENIED | CHECK_SYSCALL_NONE);
	heard(s, 0, 0, CHECK_DENIED);
	heard(s, -1, 0, denied);
	heard(s, 64, 0, denied);
	for (int call = 0; call < 8; call++)
		heard(s, 63, 900000 + call, denied);
	assert_int_equal(s->ops->stop(s, 0, NULL), 0);
	s->ops->free(s);
	assert_int_equal(out_close(&out), 0);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	syscalls_free(syscalls);
	assert_string_equal(text, "x: refused CAP_CHOWN 4 times: in syscall_999998 2 times, no system call once, "
				  "an unknown call once\n"
				  "x: refused CAP_NET_RAW once: in syscall_999999\n"
				  "x: refused CAP_63 8 times: in syscall_900000 once, syscall_900001 once, "
				  "syscall_900002 once, syscall_900003 once, syscall_900004 once, "
				  "syscall_900005 once, elsewhere 2 times\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_once_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
