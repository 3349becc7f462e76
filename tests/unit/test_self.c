/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/host/self.h"

#define BIT(cap) (1ULL << (cap))

/* Runs fn, which changes its process for good, in a child; gives the number of the line that failed, or 0. */
static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn() & 0xff);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define MUST(cond)                       \
	do {                             \
		if (!(cond))             \
			return __LINE__; \
	} while (0)

static uint64_t status_line(const char *name)
{
	char line[256];
	uint64_t value = 0;
	FILE *file = fopen("/proc/self/status", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)))
			value = strtoull(line + strlen(name), NULL, 16);
	}
	fclose(file);
	return value;
}

static void reads_what_the_kernel_says(void **state)
{
	struct self me;

	(void)state;
	assert_int_equal(self_read(&me), 0);
	assert_int_equal(me.uid, getuid());
	assert_int_equal(me.euid, geteuid());
	assert_int_equal(me.gid, getgid());
	assert_int_equal(me.egid, getegid());
	assert_int_equal(me.caps.effective, status_line("CapEff:"));
	assert_int_equal(me.caps.permitted, status_line("CapPrm:"));
	assert_int_equal(me.caps.inheritable, status_line("CapInh:"));
	assert_int_equal(me.caps.bounding, status_line("CapBnd:"));
	assert_int_equal(me.caps.ambient, status_line("CapAmb:"));
	assert_int_equal(me.no_new_privs, status_line("NoNewPrivs:"));
	assert_false(me.secure);
	assert_int_equal(self_missing(me.caps.effective), 0);
	assert_int_equal(self_missing(0), 0);
	assert_int_equal(self_missing(BIT(63) | me.caps.effective), BIT(63));
}

static int drop_all_but_two(void)
{
	const uint64_t keep = BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH);
	struct self left;

	MUST(self_drop_except(keep, false, &left) == 0);
	MUST(left.caps.effective == keep);
	MUST(left.caps.permitted == keep);
	MUST(left.caps.inheritable == 0);
	MUST(left.caps.ambient == 0);
	MUST(left.caps.bounding == keep);
	MUST(!left.no_new_privs);
	MUST(status_line("CapEff:") == keep);
	MUST(status_line("CapBnd:") == keep);
	MUST(self_missing(keep | BIT(CAP_KILL)) == BIT(CAP_KILL));

	/* A second time, now without CAP_SETPCAP: the bounding set has to stay. */
	MUST(self_drop_except(BIT(CAP_SYS_PTRACE), true, &left) == 0);
	MUST(left.caps.permitted == BIT(CAP_SYS_PTRACE));
	MUST(left.caps.bounding == keep);
	MUST(left.no_new_privs);
	MUST(self_drop_except(0, true, NULL) == 0);
	MUST(status_line("CapPrm:") == 0);
	return 0;
}

/* Never gives what was not there: here in effect, and kept permitted. */
static int keep_what_was_lowered(void)
{
	cap_t caps = cap_get_proc();
	const cap_value_t kill = CAP_KILL;
	struct self left;

	MUST(caps && !cap_clear_flag(caps, CAP_EFFECTIVE));
	MUST(!cap_set_flag(caps, CAP_INHERITABLE, 1, &kill, CAP_SET) && !cap_set_proc(caps));
	MUST(!cap_set_ambient(kill, CAP_SET));
	cap_free(caps);
	MUST(self_drop_except(BIT(CAP_KILL) | BIT(CAP_SYSLOG), false, &left) == 0);
	MUST(left.caps.effective == 0);
	MUST(left.caps.permitted == (BIT(CAP_KILL) | BIT(CAP_SYSLOG)));
	MUST(left.caps.inheritable == BIT(CAP_KILL));
	MUST(left.caps.ambient == BIT(CAP_KILL));
	MUST(left.caps.bounding == (BIT(CAP_KILL) | BIT(CAP_SYSLOG)));
	MUST(self_drop_except(BIT(CAP_SYSLOG), false, &left) == 0);
	MUST(left.caps.ambient == 0);
	return 0;
}

static void drops_all_but_what_is_kept(void **state)
{
	(void)state;
	if (self_missing(BIT(CAP_SETPCAP) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL) |
			 BIT(CAP_SYSLOG))) {
		print_message("needs to be root\n");
		skip();
	}
	assert_int_equal(in_child(drop_all_but_two), 0);
	assert_int_equal(in_child(keep_what_was_lowered), 0);
}

static int drop_as_nobody(void)
{
	struct self left;

	MUST(getuid() || !setresuid(65534, 65534, 65534));
	MUST(self_drop_except(0, true, &left) == 0);
	MUST(left.caps.permitted == 0);
	MUST(left.no_new_privs);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static void drops_nothing_where_there_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop_as_nobody), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_kernel_says),
		cmocka_unit_test(drops_all_but_what_is_kept),
		cmocka_unit_test(drops_nothing_where_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
