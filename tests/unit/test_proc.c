/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/host/proc.h"
#include "user/host/users.h"

#define REST " S 7 42 42 0 -1 4194560 120 0 0 0 1 2 0 0 20 0 1 0 98765 2490368 210 18446744073709551615\n"

static int parse(const char *text, struct proc_stat *ret)
{
	return proc_stat_parse(text, strlen(text), ret);
}

static void reads_names_that_lie(void **state)
{
	static const struct {
		const char *text, *comm;
	} rows[] = {
		{ "42 (cat)" REST, "cat" },
		{ "42 ()" REST, "" },
		{ "42 (a) b)" REST, "a) b" },
		{ "42 () R 1 1 1 0 -1)" REST, ") R 1 1 1 0 -1" },
		{ "42 (((()" REST, "(((" },
		{ "42 (x\n43 (y) Z 1)" REST, "x\n43 (y) Z 1" },
		{ "42 (\xff\x1b[2J)" REST, "\xff\x1b[2J" },
		{ "42 (kworker/u8:3-events_unbound)" REST, "kworker/u8:3-events_unbound" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proc_stat p;

		assert_int_equal(parse(rows[i].text, &p), 0);
		assert_string_equal(p.comm, rows[i].comm);
		assert_int_equal(p.pid, 42);
		assert_int_equal(p.ppid, 7);
		assert_int_equal(p.state, 'S');
		assert_int_equal(p.start, 98765);
	}
}

static void cuts_names_that_are_too_long(void **state)
{
	char text[512], name[200];
	struct proc_stat p;

	(void)state;
	memset(name, ')', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "42 (%s)" REST, name);
	assert_int_equal(parse(text, &p), 0);
	assert_int_equal(strlen(p.comm), PROC_COMM - 1);
	assert_int_equal(p.ppid, 7);
}

static void refuses_what_is_no_stat(void **state)
{
	static const char *const wrong[] = {
		"", "42", "42 (cat", "42 cat)", "42 )cat(" REST, "42 (cat)", "42 (cat) S",
		"42 (cat) S 7 1 1 1",
		"x (cat)" REST, "42 (cat) S x 42 42 0 -1 0 1 0 0 0 1 2 0 0 20 0 1 0 98765 1", "(cat)" REST,
	};
	struct proc_stat p = { .pid = 5 };
	char *big = malloc(100000);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(wrong[i], &p), -EBADMSG);
	assert_int_equal(proc_stat_parse("42 (c\0t)" REST, 100, &p), -EBADMSG);
	memset(big, ' ', 100000);
	assert_int_equal(proc_stat_parse(big, 100000, &p), -EBADMSG);
	assert_int_equal(p.pid, 5);
	free(big);
}

struct seen {
	pid_t self, child;
	size_t count;
	bool has_self, has_child;
};

static int see(void *ctx, const struct proc_stat *p)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->has_self |= p->pid == seen->self;
	seen->has_child |= p->pid == seen->child && p->ppid == seen->self && !strcmp(p->comm, "a) S 1 (b\n");
	return 0;
}

static int stop(void *ctx, const struct proc_stat *p)
{
	(void)p;
	++*(int *)ctx;
	return 77;
}

static pid_t start_child(const char *name)
{
	int ends[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!write(ends[1], "", 1);
		pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void walks_over_all_processes(void **state)
{
	struct seen seen = { .self = getpid(), .child = start_child("a) S 1 (b\n") };
	int calls = 0;

	(void)state;
	assert_int_equal(proc_each("/proc", see, &seen), 0);
	assert_true(seen.count >= 2);
	assert_true(seen.has_self);
	assert_true(seen.has_child);
	assert_int_equal(proc_each("/proc", stop, &calls), 77);
	assert_int_equal(calls, 1);
	assert_int_equal(proc_each("/no/such", stop, &calls), -ENOENT);
	end_child(seen.child);
}

static void reads_a_process(void **state)
{
	char words[4096], *exe, link[4096] = "";
	pid_t child = start_child("x");
	struct proc_stat p;
	size_t n;

	(void)state;
	assert_int_equal(proc_stat("/proc", child, &p), 0);
	assert_int_equal(p.ppid, getpid());
	assert_true(p.start > 0);
	assert_int_equal(proc_tgid("/proc", child), child);
	assert_int_equal(proc_cmdline("/proc", child, words, sizeof(words), &n), 0);
	assert_true(n > 5);
	assert_int_equal(words[n - 1], '\0');
	assert_non_null(strstr(words, "proc"));
	assert_int_equal(proc_cmdline("/proc", child, words, 3, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(proc_exe("/proc", child, &exe), 0);
	assert_true(readlink("/proc/self/exe", link, sizeof(link) - 1) > 0);
	assert_string_equal(exe, link);
	free(exe);
	end_child(child);
	assert_int_equal(proc_stat("/proc", child, &p), -ENOENT);
	assert_int_equal(proc_cmdline("/proc", child, words, sizeof(words), &n), -ENOENT);
	assert_int_equal(proc_exe("/proc", child, &exe), -ENOENT);
	assert_int_equal(proc_tgid("/proc", child), -ENOENT);
}

static void command_lines_of_the_same_program_only(void **state)
{
	uint64_t tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK), since;
	pid_t child = start_child("a) S 1 (b\n");
	char words[4096];
	struct proc_stat p;
	size_t n = 7;

	(void)state;
	assert_int_equal(proc_stat("/proc", child, &p), 0);
	since = p.start * tick;
	assert_int_equal(proc_cmdline_of("/proc", child, "x", since, words, sizeof(words), &n), -ESRCH);
	assert_int_equal(proc_cmdline_of("/proc", child, "a) S 1 (b\n", since - 1, words, sizeof(words), &n),
			 -ESRCH);
	assert_int_equal(n, 7);
	assert_int_equal(proc_cmdline_of("/proc", child, "a) S 1 (b\n", since, words, sizeof(words), &n), 0);
	assert_true(n > 5);
	assert_non_null(strstr(words, "proc"));
	end_child(child);
	assert_int_equal(proc_cmdline_of("/proc", child, "a) S 1 (b\n", since, words, sizeof(words), &n),
			 -ENOENT);
}

struct thread {
	pthread_barrier_t barrier;
	pid_t tid;
};

static void *run_thread(void *arg)
{
	struct thread *t = arg;

	t->tid = syscall(SYS_gettid);
	pthread_barrier_wait(&t->barrier);
	pthread_barrier_wait(&t->barrier);
	return NULL;
}

static void knows_whose_thread_it_is(void **state)
{
	struct thread t;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&t.barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, run_thread, &t), 0);
	pthread_barrier_wait(&t.barrier);
	assert_int_not_equal(t.tid, getpid());
	assert_int_equal(proc_tgid("/proc", t.tid), getpid());
	assert_int_equal(proc_tgid("/proc", getpid()), getpid());
	pthread_barrier_wait(&t.barrier);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&t.barrier);
}

/* A made tree under a directory of this test: DIR/PID/NAME. */
static void make_file(const char *dir, pid_t pid, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d", dir, (int)pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/%s", dir, (int)pid, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void reads_the_v2_cgroup_of_another_mount(void **state)
{
	char dir[] = "/tmp/capsieve-test-proc-XXXXXX", command[64];
	char *path = NULL, *line = malloc(9000);

	(void)state;
	assert_non_null(mkdtemp(dir));
	make_file(dir, 1, "cgroup", "9:name=systemd:/init.scope\n0::/init.scope\n");
	make_file(dir, 2, "cgroup", "4:memory:/x\n1:cpu:/0::/y\n");
	memset(line, 'x', 8999);
	memcpy(line, "0::/", 4);
	line[8999] = '\0';
	make_file(dir, 3, "cgroup", line);
	assert_int_equal(proc_cgroup(dir, 1, &path), 0);
	assert_string_equal(path, "/init.scope");
	free(path);
	path = NULL;
	assert_int_equal(proc_cgroup(dir, 2, &path), -ENODATA);
	assert_int_equal(proc_cgroup(dir, 4, &path), -ENOENT);
	assert_null(path);
	assert_int_equal(proc_cgroup(dir, 3, &path), 0);
	assert_string_equal(path, line + 3);
	free(path);
	free(line);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void names_users(void **state)
{
	struct users *users = users_new();
	struct user root, number = { 0 };
	gid_t gid = 9;

	(void)state;
	assert_int_equal(users_find("root", &root), 0);
	assert_true(root.listed);
	assert_int_equal(root.uid, 0);
	assert_string_equal(root.name, "root");
	users_user_done(&root);
	assert_int_equal(users_find("0", &root), 0);
	assert_string_equal(root.name, "root");
	users_user_done(&root);
	assert_int_equal(users_find("54321", &number), 0);
	assert_false(number.listed);
	assert_int_equal(number.uid, 54321);
	users_user_done(&number);
	assert_int_equal(users_find("-1", &number), -ENOENT);
	assert_int_equal(users_find("4294967295", &number), -ENOENT);
	assert_int_equal(users_find("99999999999999999999", &number), -ENOENT);
	assert_int_equal(users_find_group("root", &gid), 0);
	assert_int_equal(gid, 0);
	assert_int_equal(users_find_group("77777", &gid), 0);
	assert_int_equal(gid, 77777);
	assert_int_equal(users_find_group("no-such-group", &gid), -ENOENT);
	assert_int_equal(gid, 77777);

	assert_non_null(users);
	for (int round = 0; round < 2; round++) {
		assert_string_equal(users_name(users, 0), "root");
		assert_null(users_name(users, 54321));
		assert_null(users_name(users, 256 * 200));
		assert_string_equal(users_name(users, 0), "root");
	}
	users_free(users);
	users_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names_that_lie),
		cmocka_unit_test(cuts_names_that_are_too_long),
		cmocka_unit_test(refuses_what_is_no_stat),
		cmocka_unit_test(walks_over_all_processes),
		cmocka_unit_test(reads_a_process),
		cmocka_unit_test(command_lines_of_the_same_program_only),
		cmocka_unit_test(knows_whose_thread_it_is),
		cmocka_unit_test(reads_the_v2_cgroup_of_another_mount),
		cmocka_unit_test(names_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
