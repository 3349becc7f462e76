/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/holder.h"
#include "user/host/snapshot.h"

/* A folder that looks like /proc, below the current one. */
static char folder[] = "test_snapshot.XXXXXX";

static void path_of(char path[static 256], const char *name)
{
	snprintf(path, 256, "%s/%s", folder, name);
}

static void make_dir(const char *name)
{
	char path[256];

	path_of(path, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_status(const char *file, const char *name, int tgid, int tid, int threads,
		       const char *effective)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "Name:\t%s\nState:\tS "
		 "(sleeping)\nTgid:\t%d\nPid:\t%d\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
		 "VmSize:\t1 "
		 "kB\nThreads:\t%d\nCapInh:\t0\nCapPrm:\t%s\nCapEff:\t%s\nCapBnd:\tff\nCapAmb:\t0\n",
		 name, tgid, tid, threads, effective, effective);
	put(file, text);
}

static int begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	make_dir("self");
	put("self/mountinfo", "31 1 0:1 / /cg rw - cgroup2 cgroup2 rw\n");
	make_dir("1");
	put_status("1/status", "init", 1, 1, 1, "ff");
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static bool always(void *ctx, const struct holder *h)
{
	(void)ctx, (void)h;
	return true;
}

static bool never(void *ctx, const struct holder *h)
{
	(void)ctx, (void)h;
	return false;
}

static void take(bool (*closer)(void *ctx, const struct holder *h), struct holders *ret,
		 struct snapshot_counts *counts)
{
	const struct snapshot_config config = { .proc = folder, .closer = closer };

	assert_int_equal(snapshot_take(&config, ret, counts), 0);
}

static void threads_that_differ_are_told(void **state)
{
	struct snapshot_counts counts;
	struct holders list;

	(void)state;
	make_dir("50");
	make_dir("50/task");
	make_dir("50/task/50");
	make_dir("50/task/51");
	make_dir("50/task/52");
	make_dir("50/task/53");
	put_status("50/status", "server", 50, 50, 4, "3");
	put_status("50/task/50/status", "server", 50, 50, 4, "3");
	put_status("50/task/51/status", "server", 50, 51, 4, "3");
	put_status("50/task/52/status", "server", 50, 52, 4, "7");
	put_status("50/task/53/status", "helper", 50, 53, 4, "3");
	take(never, &list, &counts);
	assert_true(counts.processes == 2 && counts.threads == 3 && !counts.unreadable &&
		    !counts.others_hidden);
	assert_int_equal(list.count, 4);
	assert_true(list.at[1].tid == 50 && !list.at[1].differs);
	assert_true(list.at[2].tid == 52 && list.at[2].differs == (HOLDER_EFFECTIVE | HOLDER_PERMITTED));
	assert_true(list.at[3].tid == 53 && !list.at[3].differs);
	assert_false(list.at[3].looked_closer);
	holders_done(&list);
}

static void looks_closer_where_it_is_asked_to(void **state)
{
	struct snapshot_counts counts;
	struct holders list;
	char path[256];

	(void)state;
	put("1/cgroup", "3:cpu:/other\n0::/init.scope\n");
	path_of(path, "1/exe");
	assert_int_equal(symlink("/bin/sh", path), 0);
	take(always, &list, &counts);
	assert_int_equal(list.count, 1);
	assert_true(list.at[0].looked_closer && list.at[0].file_known && !list.at[0].userns);
	assert_string_equal(list.at[0].exe, "/bin/sh");
	assert_string_equal(list.at[0].cgroup, "/init.scope");
	assert_int_equal(list.at[0].file_has_caps, PRIVFILE_CAPS_NONE);
	holders_done(&list);

	/* where nobody uses that hierarchy, all are at its root, which says nothing */
	put("self/mountinfo", "");
	take(always, &list, &counts);
	assert_null(list.at[0].cgroup);
	holders_done(&list);
}

/* What is gone is nothing; what makes no sense is counted; names that are no numbers are no processes. */
static void what_cannot_be_read(void **state)
{
	struct snapshot_counts counts;
	struct holders list;

	(void)state;
	make_dir("60");
	make_dir("61");
	put("61/status", "Name:\thalf a");
	make_dir("62x");
	make_dir("99999999999999999999");
	make_dir("-5");
	put("63", "a file");
	take(always, &list, &counts);
	assert_true(list.count == 1 && counts.processes == 1 && counts.unreadable == 1);
	holders_done(&list);
}

static void who_hides_the_first_hides_others(void **state)
{
	struct snapshot_counts counts;
	struct holders list;
	char from[256], to[256];

	(void)state;
	path_of(from, "1");
	path_of(to, "70");
	assert_int_equal(rename(from, to), 0);
	take(always, &list, &counts);
	assert_true(list.count == 1 && counts.others_hidden);
	holders_done(&list);
}

static void no_such_place(void **state)
{
	const struct snapshot_config config = { .proc = "/nonexistent", .closer = never };
	struct snapshot_counts counts;
	struct holders list;

	(void)state;
	assert_int_equal(snapshot_take(&config, &list, &counts), -ENOENT);
}

/* The kernel's own: this process is there, with its own securebits, and its file. */
static void sees_ourselves(void **state)
{
	const struct snapshot_config config = { .proc = "/proc", .closer = always };
	struct snapshot_counts counts;
	const struct holder *me;
	struct holders list;

	(void)state;
	assert_int_equal(snapshot_take(&config, &list, &counts), 0);
	me = holders_find(&list, getpid());
	assert_non_null(me);
	assert_true(me->is.uid == getuid() && me->ppid == getppid() && me->threads == 1 && !me->kernel);
	assert_true(me->securebits_known && me->file_known && me->userns);
	assert_non_null(strstr(me->exe, "test_snapshot"));
	holders_done(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_that_differ_are_told),
		TEST(looks_closer_where_it_is_asked_to),
		TEST(what_cannot_be_read),
		TEST(who_hides_the_first_hides_others),
		TEST(no_such_place),
		TEST(sees_ourselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
