// SPDX-License-Identifier: BSD-2-Clause
/* Processes that are there to be looked at, until standard input ends. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
	"usage: holds HOW [WORD]\n"
	"  thread MASK   one thread with exactly these permitted and effective, named \"other\", and one like\n"
	"                the process\n"
	"  name NAME     a process of this name\n"
	"  leader        a process whose first thread has ended, and another has not\n"
	"  zombie        a child that has ended, and is not waited for\n"
	"  many N        N children\n"
	"  churn         children that end at once, one after the other\n"
	"Prints {\"pid\":N,\"tid\":N} of what is to be looked at.\n";

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "holds: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ready(int pid, int tid)
{
	printf("{\"pid\":%d,\"tid\":%d}\n", pid, tid);
	fflush(stdout);
}

static void until_end(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* The C library would do it for this thread alone too, and says nothing of it. */
static void keep(uint64_t mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)mask, .permitted = (uint32_t)mask },
		{ .effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32) },
	};

	if (syscall(SYS_capset, &head, data))
		fail("capset");
}

static void *other(void *arg)
{
	keep(*(uint64_t *)arg);
	prctl(PR_SET_NAME, "other");
	ready(getpid(), (int)syscall(SYS_gettid));
	until_end();
	exit(0);
}

static void *like_all(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

static void start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, fn, arg);
	if (errno)
		fail("pthread_create");
}

static void do_thread(const char *word)
{
	uint64_t mask = strtoull(word, NULL, 0);

	start(like_all, NULL);
	start(other, &mask);
	pause();
}

static void do_name(const char *word)
{
	prctl(PR_SET_NAME, word);
	ready(getpid(), getpid());
	until_end();
}

static void *alone(void *arg)
{
	(void)arg;
	usleep(100000);
	ready(getpid(), (int)syscall(SYS_gettid));
	until_end();
	exit(0);
}

static void do_leader(const char *word)
{
	(void)word;
	start(alone, NULL);
	syscall(SYS_exit, 0);
}

static int child(void)
{
	int pid = fork();

	if (pid < 0)
		fail("fork");
	return pid;
}

static void do_zombie(const char *word)
{
	siginfo_t info;
	int pid = child();

	(void)word;
	if (!pid)
		_exit(0);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		fail("waitid");
	ready(pid, pid);
	until_end();
}

static void do_many(const char *word)
{
	int n = atoi(word), *pids = calloc((size_t)n + 1, sizeof(*pids));

	if (!pids)
		fail("calloc");
	for (int i = 0; i < n; i++) {
		pids[i] = child();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	ready(getpid(), getpid());
	until_end();
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

static void do_churn(const char *word)
{
	(void)word;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ready(getpid(), getpid());
	for (;;) {
		int pid = child();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static const struct how {
	const char *name;
	void (*fn)(const char *word);
	int takes_word;
} hows[] = {
	{ "thread", do_thread, 1 }, { "name", do_name, 1 },   { "leader", do_leader, 0 },
	{ "zombie", do_zombie, 0 }, { "many", do_many, 1 },   { "churn", do_churn, 0 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		if (argc != 2 + hows[i].takes_word || strcmp(argv[1], hows[i].name))
			continue;
		hows[i].fn(argv[2]);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
