// SPDX-License-Identifier: BSD-2-Clause
/*
 * Too much of something.
 *
 *   many crowd N        N processes at once, each of which makes one check; prints how many there are, and ends them where
 *                       standard input ends
 *   many rename SECONDS gives itself another name again and again, and makes a check under each tenth; prints
 *                       {"renames":N,"checks":N}
 *   many bomb SECONDS   every process forks for so long, each time with a check: for a cgroup with a limit; prints {"refused":N}
 *                       where forks were refused
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PER_CHECK = 10 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CAP_SYS_ADMIN is asked for before anything else is looked at. */
static void check(void)
{
	if (!syscall(SYS_sethostname, NULL, 1 << 20))
		abort();
}

static int crowd(long count)
{
	char byte;
	long made = 0;

	signal(SIGCHLD, SIG_IGN);
	while (made < count) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			check();
			for (;;)
				pause();
		}
		made++;
	}
	printf("%ld\n", made);
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) < 0)
		return 1;
	kill(0, SIGKILL);
	return 0;
}

static int renames(double seconds)
{
	double end = now() + seconds;
	uint64_t n = 0, checks = 0;
	char name[16];

	while (n % 1024 || now() < end) {
		snprintf(name, sizeof(name), "name-%08llx", (unsigned long long)n);
		prctl(PR_SET_NAME, name);
		if (n++ % PER_CHECK)
			continue;
		check();
		checks++;
	}
	printf("{\"renames\":%llu,\"checks\":%llu}\n", (unsigned long long)n, (unsigned long long)checks);
	return 0;
}

static int bomb(double seconds)
{
	uint64_t *refused = mmap(NULL, sizeof(*refused), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double end = now() + seconds;
	pid_t first = getpid();

	if (refused == MAP_FAILED)
		return 1;
	signal(SIGCHLD, SIG_IGN);
	while (now() < end) {
		if (fork() < 0)
			__atomic_fetch_add(refused, 1, __ATOMIC_RELAXED);
		check();
	}
	if (getpid() != first)
		_exit(0);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	printf("{\"refused\":%llu}\n", (unsigned long long)*refused);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "crowd"))
		return crowd(atol(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "rename"))
		return renames(atof(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "bomb"))
		return bomb(atof(argv[2]));
	fprintf(stderr, "usage: many crowd N | rename SECONDS | bomb SECONDS\n");
	return 2;
}
