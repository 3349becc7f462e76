/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/status.h"

#define IDS  "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"
#define SETS "CapInh:\t0000000000000001\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000002\n"

static int parse(const char *text, struct status *ret)
{
	return status_parse(text, strlen(text), ret);
}

static void reads_every_line(void **state)
{
	struct status s;

	(void)state;
	assert_int_equal(
		parse("Name:\tweb\nState:\tS (sleeping)\nTgid:\t41\nPid:\t42\nPPid:\t7\nTracerPid:\t9\n" IDS
		      "Groups:\t4 24 \nKthread:\t0\nVmSize:\t1 kB\nThreads:\t3\n" SETS
		      "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000001\nNoNewPrivs:\t1\n"
		      "Seccomp:\t2\nSeccomp_filters:\t5\n",
		      &s),
		0);
	assert_string_equal(s.name, "web");
	assert_true(s.state == 'S' && s.tgid == 41 && s.pid == 42 && s.ppid == 7 && s.tracer == 9);
	assert_true(s.threads == 3 && s.seccomp == 2 && !s.kernel && s.is.no_new_privs);
	assert_true(s.is.uid == 1 && s.is.euid == 2 && s.is.suid == 3);
	assert_true(s.is.gid == 5 && s.is.egid == 6 && s.is.sgid == 7);
	assert_true(s.is.inheritable == 1 && s.is.permitted == 3 && s.is.effective == 2);
	assert_true(s.is.bounding == 0x1ffffffffff && s.is.ambient == 1);
	assert_memory_equal(s.groups, "4 24", 4);
	assert_true(!s.is.groups && !s.is.group_count);
}

static void names_are_as_they_are(void **state)
{
	struct status s;

	(void)state;
	assert_int_equal(parse("Name:\ta\\nUid:\\\\ b\n" IDS SETS, &s), 0);
	assert_string_equal(s.name, "a\nUid:\\ b");
	assert_int_equal(s.is.uid, 1);
	assert_int_equal(parse("Name:\t\n" IDS SETS, &s), 0);
	assert_string_equal(s.name, "");
	assert_int_equal(
		parse("Name:\t0123456789012345678901234567890123456789012345678901234567890123456789\n" IDS
			      SETS,
		      &s),
		0);
	assert_int_equal(strlen(s.name), STATUS_NAME - 1);
}

/* Since 6.9 a line says so; before, a kernel thread is what has no memory and is not dead. */
static void kernel_threads_are_told(void **state)
{
	struct status s;

	(void)state;
	assert_int_equal(parse("Name:\tk\nState:\tI (idle)\nKthread:\t1\n" IDS SETS, &s), 0);
	assert_true(s.kernel);
	assert_int_equal(parse("Name:\tk\nState:\tI (idle)\n" IDS SETS, &s), 0);
	assert_true(s.kernel);
	assert_int_equal(parse("Name:\tk\nState:\tS (sleeping)\nVmSize:\t1 kB\n" IDS SETS, &s), 0);
	assert_false(s.kernel);
	assert_int_equal(parse("Name:\tk\nState:\tZ (zombie)\n" IDS SETS, &s), 0);
	assert_false(s.kernel);
}

/* Nothing is taken from the next line, and the first of two lines counts. */
static void what_is_missing_is_not_made_up(void **state)
{
	struct status s;

	(void)state;
	assert_int_equal(parse("", &s), -EBADMSG);
	assert_int_equal(parse("Name:\ta\n" IDS "CapInh:\t1\nCapPrm:\t1\n", &s), -EBADMSG);
	assert_int_equal(parse("Name:\ta\n" SETS, &s), -EBADMSG);
	assert_int_equal(parse("Name:\ta\nTgid:\n123\n" IDS IDS SETS "CapEff:\tff\n", &s), 0);
	assert_true(s.tgid == 0 && s.is.effective == 2 && s.state == '?');
}

static void reads_files_of_any_length(void **state)
{
	char path[] = "/tmp/test_status.XXXXXX";
	struct buf text = BUF_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t n = 0; n < 3; n++) {
		static const size_t sizes[] = {0, 4096, 100000};

		assert_int_equal(ftruncate(fd, (off_t)sizes[n]), 0);
		assert_int_equal(status_read(AT_FDCWD, path, &text), 0);
		assert_int_equal(text.len, sizes[n]);
	}
	assert_int_equal(ftruncate(fd, (off_t)STATUS_MAX + 1), 0);
	assert_int_equal(status_read(AT_FDCWD, path, &text), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(status_read(AT_FDCWD, path, &text), -ENOENT);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_line),          cmocka_unit_test(names_are_as_they_are),
		cmocka_unit_test(kernel_threads_are_told),   cmocka_unit_test(what_is_missing_is_not_made_up),
		cmocka_unit_test(reads_files_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
