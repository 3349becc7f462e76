// SPDX-License-Identifier: BSD-2-Clause
/* Changes of credentials and lives, each by one system call: in a fixed order, those that work and those that fail. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, NOBODY = 65534 };

static const char usage[] =
	"usage: lives HOW\n"
	"  calls   as root: one of each, to its end by SIGTERM\n"
	"  int80   some by the 32-bit way into the kernel, from a 64-bit program; exit 77 where there is none\n"
	"  x32     some with the numbers of x32, which most kernels refuse\n";

struct sets {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[2];
};

static void get(struct sets *s)
{
	s->head = (struct __user_cap_header_struct){ _LINUX_CAPABILITY_VERSION_3, 0 };
	syscall(SYS_capget, &s->head, s->data);
}

static void set(struct sets *s)
{
	s->head.pid = 0;
	syscall(SYS_capset, &s->head, s->data);
}

static void change_sets(void)
{
	struct sets s;

	get(&s);
	s.data[0].effective &= ~(1U << CAP_CHOWN);
	set(&s);
	s.data[0].permitted &= ~(1U << CAP_KILL);
	s.data[0].effective &= ~(1U << CAP_KILL);
	set(&s);
	s.data[0].permitted |= 1U << CAP_KILL;
	set(&s);
	s.data[0].permitted &= ~(1U << CAP_KILL);
	s.data[0].inheritable |= 1U << CAP_NET_RAW;
	set(&s);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_RAW, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	prctl(PR_CAPBSET_DROP, CAP_MKNOD, 0, 0, 0);
	prctl(PR_CAPBSET_DROP, 63, 0, 0, 0);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_SET_SECUREBITS, 1, 0, 0, 0);
	prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
}

static void change_ids(void)
{
	const gid_t groups[] = { 5, 6, 7 };

	syscall(SYS_setgroups, 3, groups);
	syscall(SYS_setregid, -1, 7);
	syscall(SYS_setgid, 8);
	syscall(SYS_setresgid, 7, -1, 9);
	syscall(SYS_setfsgid, 10);
	syscall(SYS_setreuid, 11, -1);
	syscall(SYS_setfsuid, 12);
	syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY);
	syscall(SYS_setuid, 0);
	syscall(SYS_setresuid, -1, 0, -1);
	syscall(SYS_setfsuid, 0);
	syscall(SYS_setgroups, 0, NULL);
}

static void change_lives(void)
{
	pid_t child;

	syscall(SYS_setns, -1, CLONE_NEWUSER);
	syscall(SYS_setns, -1, CLONE_NEWNET);
	execl("/does/not/exist", "it", NULL);
	child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (!child)
		_exit(7);
	if (child > 0)
		waitpid(child, NULL, 0);
	unshare(CLONE_NEWNET | CLONE_FS);
	unshare(CLONE_NEWUSER);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

#if defined(__x86_64__)
static long by_int80(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void no_such_way(int sig)
{
	(void)sig;
	_exit(SKIPPED);
}

static void all_by_int80(void)
{
	enum { CAPSET = 185, SETRESUID = 164, SETRESUID32 = 208, PRCTL = 172, SETGROUPS = 81, SETUID32 = 213 };
	struct sets *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	signal(SIGSEGV, no_such_way);
	if (s == MAP_FAILED || by_int80(SETGROUPS, 0, 0, 0) == -ENOSYS)
		exit(SKIPPED);
	get(s);
	s->data[0].effective &= ~(1U << CAP_CHOWN);
	by_int80(CAPSET, (long)&s->head, (long)s->data, 0);
	by_int80(PRCTL, PR_CAPBSET_DROP, CAP_MKNOD, 0);
	by_int80(SETRESUID, 0xffff, 300, 0xffff);
	by_int80(SETRESUID32, -1, 100000, -1);
	by_int80(SETUID32, 7, 0, 0);
}

static void all_by_x32(void)
{
	enum { X32 = 0x40000000 };

	syscall(X32 + SYS_prctl, PR_SET_KEEPCAPS, 1);
	syscall(X32 + SYS_setuid, 12);
	syscall(X32 + 520, "/does/not/exist", NULL, NULL);
}
#else
static void all_by_int80(void)
{
	exit(SKIPPED);
}

static void all_by_x32(void)
{
	exit(SKIPPED);
}
#endif

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "calls")) {
		change_sets();
		change_ids();
		change_lives();
		kill(getpid(), SIGTERM);
	} else if (argc == 2 && !strcmp(argv[1], "int80")) {
		all_by_int80();
	} else if (argc == 2 && !strcmp(argv[1], "x32")) {
		all_by_x32();
	} else {
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}
