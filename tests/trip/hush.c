// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that ask for what rules allow, and for what they do not, while it is being decided about them:
 *
 *   hush short N         N programs, each three times SYS_ADMIN and once SYS_CHROOT
 *   hush exec N FILE     N programs that ask a few times for SYS_ADMIN, then execute FILE, which asks once
 *   hush thread N FILE   the same from another thread than the first
 *   hush user            asks for long, becomes user 1 with all capabilities, asks five times more
 *   hush move DIR        asks for long, moves to that cgroup, asks five times more
 *   hush fork N          asks for long, then N forks: each three times SYS_ADMIN and once SYS_CHROOT
 *   hush signal          asks for long, stops itself, and when it goes on asks five times more
 *   hush own FILE        in a mount namespace of its own, where FILE is another one: executes that, which asks once
 *
 * SYS_ADMIN is asked for by giving the machine the name that it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 1000, ROUND_US = 1000, MORE = 5 };

static char name[HOST_NAME_MAX + 1];
static const char *self;

static int fail(const char *what)
{
	fprintf(stderr, "hush: %s: %s\n", what, strerror(errno));
	return 1;
}

static int admin(int times)
{
	while (times-- > 0)
		if (sethostname(name, strlen(name)))
			return fail("sethostname");
	return 0;
}

static int admin_for_long(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (admin(1))
			return 1;
		usleep(ROUND_US);
	}
	return 0;
}

static int both(void)
{
	if (admin(3))
		return 1;
	return chroot("/") ? fail("chroot") : 0;
}

static int await(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return fail("waitpid");
	return status != 0;
}

static int programs(int n, char *const *words)
{
	for (int i = 0; i < n; i++) {
		char nth[16];
		char *const argv[] = { (char *)self, words[0], words[1], words[2], nth, NULL };
		pid_t pid;

		snprintf(nth, sizeof(nth), "%d", i % 7);
		if (posix_spawn(&pid, self, NULL, NULL, argv, NULL))
			return fail("posix_spawn");
		if (await(pid))
			return 1;
	}
	return 0;
}

static void *execute(void *path)
{
	execl(path, path, "once", NULL);
	exit(fail(path));
}

/* how FILE times */
static int step(char **words)
{
	pthread_t thread;

	if (admin(atoi(words[2])))
		return 1;
	if (!strcmp(words[0], "exec"))
		execute(words[1]);
	if (pthread_create(&thread, NULL, execute, words[1]))
		return fail("pthread_create");
	for (;;)
		pause();
}

static int become_other(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(1, 1, 1) || syscall(SYS_capget, &head, data))
		return fail("setresuid");
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &head, data) ? fail("capset") : 0;
}

static int user(void)
{
	return admin_for_long() || become_other() || admin(MORE);
}

static int move(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if (admin_for_long())
		return 1;
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		return fail(path);
	return admin(MORE);
}

static int forks(int n)
{
	if (admin_for_long())
		return 1;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(both());
		if (pid < 0 || await(pid))
			return fail("fork");
	}
	return 0;
}

/* Stopped: whoever waits for that may change something meanwhile. */
static int stopped(void)
{
	return admin_for_long() || raise(SIGSTOP) || admin(MORE);
}

static int copy(const char *to)
{
	int from = open("/proc/self/exe", O_RDONLY), fd = open(to, O_WRONLY | O_CREAT, 0755);
	struct stat stat;

	if (from < 0 || fd < 0 || fstat(from, &stat) || sendfile(fd, from, NULL, (size_t)stat.st_size) != stat.st_size)
		return fail(to);
	return close(fd) || close(from);
}

static int own(char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("own", dir, "tmpfs", 0, "mode=755"))
		return fail(dir);
	if (copy(path))
		return 1;
	execute(path);
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	self = argv[0];
	if (gethostname(name, sizeof(name) - 1))
		return fail("gethostname");
	if (!strcmp(what, "once"))
		return admin(1);
	if (!strcmp(what, "both"))
		return both();
	if (!strcmp(what, "step") && argc == 5)
		return step(argv + 2);
	if (!strcmp(what, "short") && argc == 3)
		return programs(n, (char *[]){ "both", "-", "-" });
	if ((!strcmp(what, "exec") || !strcmp(what, "thread")) && argc == 4)
		return programs(n, (char *[]){ "step", (char *)what, argv[3] });
	if (!strcmp(what, "user"))
		return user();
	if (!strcmp(what, "move") && argc == 3)
		return move(argv[2]);
	if (!strcmp(what, "fork") && argc == 3)
		return forks(n);
	if (!strcmp(what, "signal"))
		return stopped();
	if (!strcmp(what, "own") && argc == 3 && strchr(argv[2], '/'))
		return own(argv[2]);
	fputs("usage: hush short N | exec N FILE | thread N FILE | user | move DIR | fork N | signal | own FILE\n", stderr);
	return 2;
}
