// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checks that are asked in unusual circumstances, for what a tracer says of the task that asks. Most ask for
 * CAP_SYS_CHROOT, with chroot("/").
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 }; /* as automake and bats know it */

static const char usage[] =
	"usage: odd HOW [WORD]\n"
	"  name NAME      a thread of this name asks\n"
	"  setuid UID     asks, becomes this user for good, asks again\n"
	"  vfork          a child asks that was started with vfork and has not executed anything\n"
	"  orphan         a thread asks whose leader has exited\n"
	"  thread-exec F  a thread that is not the leader asks, and executes F\n"
	"  memfd F        executes a copy of F that has no file system\n"
	"  many F         200 processes, one after the other, each a link to F that is gone when it is: prints\n"
	"                 {\"PID\":\"pN\",...}; the links are pN, in the current directory\n"
	"  worker FILE    opens FILE through a worker of io_uring\n"
	"  stack          lets its stack grow: memory overcommit, asked in a page fault\n"
	"  int80          asks for CAP_SYS_ADMIN by the 32-bit way into the kernel, from a 64-bit program\n"
	"Prints {\"pid\":N,\"tid\":N} of who asks (last), if not said otherwise; exit 77 where this kernel or machine cannot.\n";

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "odd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void skip(const char *why)
{
	fprintf(stderr, "odd: %s\n", why);
	exit(SKIPPED);
}

static void ask(void)
{
	if (chroot("/") && errno != EPERM)
		fail("chroot");
}

static void say(pid_t pid, pid_t tid)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "{\"pid\":%d,\"tid\":%d}\n", pid, tid);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		fail("write");
}

static void by_name(char *name)
{
	prctl(PR_SET_NAME, name);
	ask();
	say(getpid(), gettid());
}

static void by_setuid(char *word)
{
	uid_t uid = (uid_t)strtoul(word, NULL, 10);

	ask();
	if (setresuid(uid, uid, uid))
		fail("setresuid");
	ask();
	say(getpid(), gettid());
}

static void by_vfork(char *unused)
{
	pid_t pid = vfork();

	if (!pid) {
		ask();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		fail("vfork");
	say(pid, pid);
}

static void wait_for_zombie(pid_t tid)
{
	char path[64], line[256], *end;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (;;) {
		FILE *f = fopen(path, "r");

		if (!f || !fgets(line, sizeof(line), f))
			fail(path);
		fclose(f);
		end = strrchr(line, ')');
		if (end && end[2] == 'Z')
			return;
		usleep(1000);
	}
}

static void *orphan(void *unused)
{
	wait_for_zombie(getpid());
	ask();
	say(getpid(), gettid());
	exit(0);
}

static void start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run, arg);
	if (errno)
		fail("pthread_create");
}

static void by_orphan(char *unused)
{
	start(orphan, NULL);
	syscall(SYS_exit, 0);
}

static void *execute(void *file)
{
	char *const argv[] = {file, "-q", NULL}, *const envp[] = {NULL};

	ask();
	say(getpid(), gettid());
	execve(file, argv, envp);
	fail(file);
}

static void by_thread_exec(char *file)
{
	ask();
	start(execute, file);
	for (;;)
		pause();
}

static void by_memfd(char *file)
{
	char *const argv[] = {file, "-q", NULL}, *const envp[] = {NULL};
	int from = open(file, O_RDONLY | O_CLOEXEC), to = memfd_create("in memory", MFD_CLOEXEC);
	struct stat st;

	if (from < 0 || to < 0 || fstat(from, &st))
		fail(file);
	void *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, from, 0);
	if (text == MAP_FAILED || write(to, text, (size_t)st.st_size) != st.st_size)
		fail("memfd");
	say(getpid(), gettid());
	syscall(SYS_execveat, to, "", argv, envp, AT_EMPTY_PATH);
	fail("execveat");
}

static void *map_ring(int ring, uint64_t offset, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, (off_t)offset);

	if (at == MAP_FAILED)
		fail("io_uring's mmap");
	return at;
}

static pid_t run_once(const char *file, char *link_name)
{
	char *const argv[] = {link_name, "-q", NULL}, *const envp[] = {NULL};
	pid_t pid;

	if (link(file, link_name))
		fail(link_name);
	pid = vfork();
	if (!pid) {
		execve(link_name, argv, envp);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) < 0 || unlink(link_name))
		fail(link_name);
	return pid;
}

static void by_many(char *file)
{
	char name[16];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		printf("%c\"%d\":\"%s\"", i ? ',' : '{', run_once(file, name), name);
	}
	puts("}");
}

/* IOSQE_ASYNC: by a worker thread from the start. */
static void by_worker(char *file)
{
	struct io_uring_params p = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 1, &p);

	if (ring < 0)
		skip("io_uring is not to be had");
	char *sq = map_ring(ring, IORING_OFF_SQ_RING, p.sq_off.array + p.sq_entries * sizeof(uint32_t));
	struct io_uring_sqe *sqe = map_ring(ring, IORING_OFF_SQES, sizeof(*sqe));

	sqe->opcode = IORING_OP_OPENAT;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)file;
	sqe->open_flags = O_RDONLY;
	*(uint32_t *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		fail("io_uring_enter");
	say(getpid(), getpid());
}

static __attribute__((noinline)) void touch_deep(void)
{
	volatile char deep[1 << 20];

	for (size_t i = sizeof(deep); i > 0; i -= 4096)
		deep[i - 1] = 0;
}

static void by_stack(char *unused)
{
	touch_deep();
	say(getpid(), gettid());
}

#if defined(__x86_64__)
static void by_int80(char *unused)
{
	long ret;

	/* sethostname(NULL, -1), as 32-bit programs number it */
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(74), "b"(0), "c"(-1) : "memory", "r8", "r9", "r10", "r11");
	if (ret == -ENOSYS)
		skip("this kernel has no 32-bit system calls");
	say(getpid(), gettid());
}
#else
static void by_int80(char *unused)
{
	skip("only x86 has it");
}
#endif

static const struct way {
	const char *name;
	void (*run)(char *word);
	int words;
} ways[] = {
	{"name", by_name, 1},     {"setuid", by_setuid, 1}, {"vfork", by_vfork, 0},
	{"orphan", by_orphan, 0}, {"thread-exec", by_thread_exec, 1}, {"memfd", by_memfd, 1},
	{"worker", by_worker, 1}, {"stack", by_stack, 0},   {"int80", by_int80, 0},
	{"many", by_many, 1},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) || argc != 2 + ways[i].words)
			continue;
		ways[i].run(argv[2]);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
