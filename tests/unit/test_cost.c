/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process has used, from files as procfs has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/host/cost.h"

static char proc[32];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
	static const char *const dirs[] = { "7", "self", "self/fdinfo" };
	char path[128];

	(void)state;
	snprintf(proc, sizeof(proc), "/tmp/test_cost.XXXXXX");
	assert_non_null(mkdtemp(proc));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", proc, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	return 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", proc);
	return system(command);
}

static void a_name_may_be_anything(void **state)
{
	const uint64_t tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK), page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct cost c;

	(void)state;
	put("7/stat", "7 (a) R 1 2 3) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1000 200 1844\n");
	put("7/statm", "5000 300 100 20 0 400 0\n");
	assert_int_equal(cost_read(proc, 7, &c), 0);
	assert_int_equal(c.cpu_ns, 300 * tick);
	assert_int_equal(c.resident_bytes, 300 * page);
	assert_int_equal(c.private_bytes, 200 * page);
}

static void what_cannot_be_read_changes_nothing(void **state)
{
	struct cost c = { 1, 2, 3 };

	(void)state;
	assert_int_equal(cost_read(proc, 7, &c), -ENOENT);
	put("7/stat", "7 (a\n");
	put("7/statm", "5000 300 100\n");
	assert_int_equal(cost_read(proc, 7, &c), -EBADMSG);
	put("7/stat", "7 (a) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0\n");
	put("7/statm", "5000\n");
	assert_int_equal(cost_read(proc, 7, &c), -EBADMSG);
	put("7/statm", "");
	assert_int_equal(cost_read(proc, 7, &c), -EIO);
	assert_int_equal(c.cpu_ns + c.resident_bytes + c.private_bytes, 6);
}

static void programs_in_the_kernel_add_up(void **state)
{
	struct cost_bpf c;

	(void)state;
	put("self/fdinfo/0", "pos:\t0\nflags:\t02\n");
	put("self/fdinfo/5", "pos:\t0\nprog_type:\t26\nrun_time_ns:\t1000\nrun_cnt:\t10\n");
	put("self/fdinfo/6", "prog_type:\t26\nrun_time_ns:\t18446744073709\nrun_cnt:\t1\nrecursion_misses:\t4\n");
	assert_int_equal(cost_read_bpf(proc, &c), 0);
	assert_int_equal(c.runs, 11);
	assert_int_equal(c.ns, 18446744074709);
	assert_int_equal(cost_read_bpf("/nonexistent", &c), -ENOENT);
}

static void this_process_costs_something(void **state)
{
	struct cost c;

	(void)state;
	assert_int_equal(cost_read("/proc", getpid(), &c), 0);
	assert_in_range(c.private_bytes, 1, c.resident_bytes);
	assert_true(c.resident_bytes < 1ULL << 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_name_may_be_anything),
		TEST(what_cannot_be_read_changes_nothing),
		TEST(programs_in_the_kernel_add_up),
		TEST(this_process_costs_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
