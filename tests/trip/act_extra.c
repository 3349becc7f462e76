// SPDX-License-Identifier: BSD-2-Clause
/*
 * Acts that are about the way a check is made and not about its capability: alternatives, namespaces,
 * overridden credentials, threads, options of the check, and the checks that compilers inline into
 * security/commoncap.c.
 */
#include "tests/trip/caps.h"
#include "tests/trip/trip.h"
#include "tests/trip/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int foreign_file(struct trip *t)
{
	t->fd = world_file(t, "file", t->stranger, t->stranger, 0600);
	return t->fd < 0 ? t->fd : 0;
}

static long do_open_read(struct trip *t)
{
	return trip_ret(open("file", O_RDONLY | O_CLOEXEC));
}

/* access(2) asks for the real user, who may hold less than the task or, being root, more. */
static int foreign_file_by_real_user(struct trip *t)
{
	if (t->uid)
		return trip_cannot(t, "only root can have another real user");

	int err = foreign_file(t);
	if (err)
		return err;
	if (syscall(SYS_setresuid, t->deny ? t->stranger + 1 : 0, t->deny ? 0 : t->stranger + 1, 0))
		return -errno;
	return 0;
}

static long do_access(struct trip *t)
{
	return trip_ret(syscall(SYS_faccessat, AT_FDCWD, "file", W_OK));
}

/* Denied, the namespace is somebody else's. */
static int setup_user_namespace(struct trip *t)
{
	uid_t owner = t->deny ? t->stranger : t->uid;
	int err = owner ? world_become(owner) : 0;

	if (err)
		return err;
	return unshare(CLONE_NEWUSER) ? -errno : 0;
}

static int own_a_namespace(struct trip *t)
{
	char path[64];

	t->target = world_child(t, setup_user_namespace);
	if (t->target < 0)
		return t->target;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", t->target);
	t->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	return t->uid ? 0 : caps_drop(CAPS_ALL);
}

static long do_setns(struct trip *t)
{
	return trip_ret(setns(t->fd, CLONE_NEWUSER));
}

/* Root of a new user namespace; denied, the host name is still the host's. */
static long do_userns(struct trip *t)
{
	if (unshare(CLONE_NEWUSER | (t->deny ? 0 : CLONE_NEWUTS)))
		return -errno;
	return trip_ret(syscall(SYS_sethostname, NULL, -1));
}

#define THREAD_STACK (256 << 10)

static int thread_stack(struct trip *t)
{
	t->page = mmap(NULL, THREAD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return t->page == MAP_FAILED ? -errno : 0;
}

static void *thread_main(void *arg)
{
	struct trip *t = arg;

	t->tid = gettid();
	return (void *)trip_ret(syscall(SYS_sethostname, NULL, -1));
}

static long do_thread(struct trip *t)
{
	pthread_t thread;
	pthread_attr_t attr;
	void *ret;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, t->page, THREAD_STACK);
	err = pthread_create(&thread, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	if (err)
		return -err;
	pthread_join(thread, &ret);
	return (long)ret;
}

/* A filter without instructions to read: EINVAL, after the check. */
static long do_seccomp(struct trip *t)
{
	struct sock_fprog nowhere = {.len = 1};

	return trip_ret(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &nowhere));
}

static long do_setuid_same(struct trip *t)
{
	return trip_ret(syscall(SYS_setuid, t->uid));
}

static long do_mmap_writable(struct trip *t)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -errno : 0;
}

static long do_capset(struct trip *t)
{
	return caps_rewrite();
}

static long do_securebits(struct trip *t)
{
	return trip_ret(prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS)));
}

static int have_min_addr(struct trip *t)
{
	long min;
	int err = world_read_number("/proc/sys/vm/mmap_min_addr", &min);

	if (!err && !min)
		return trip_cannot(t, "vm.mmap_min_addr is 0");
	return err;
}

static long do_mmap_low(struct trip *t)
{
	void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return page == MAP_FAILED ? -errno : 0;
}

static char short_path[PATH_MAX];

static int find_short(struct trip *t)
{
	ssize_t length = readlink("/proc/self/exe", short_path, sizeof(short_path) - sizeof("short"));
	if (length < 0)
		return -errno;

	short_path[length] = '\0';
	strcpy(strrchr(short_path, '/') + 1, "short");
	if (access(short_path, X_OK))
		return trip_cannot(t, "no program named short beside trip");
	strcpy(t->comm, "short");
	return 0;
}

static long do_vfork_exec(struct trip *t)
{
	char *const argv[] = {"short", "-q", NULL}, *const envp[] = {NULL};
	int status;

	pid_t pid = vfork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		execve(short_path, argv, envp);
		_exit(ENOEXEC);
	}
	t->pid = t->tid = pid;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

const struct act acts_extra[] = {
	{
		.name = "open-read",
		.cap = CAP_DAC_READ_SEARCH,
		.also = CAPS_BIT(CAP_DAC_OVERRIDE),
		.syscall = "openat",
		.prepare = foreign_file,
		.perform = do_open_read,
	},
	{
		.name = "access-override",
		.cap = CAP_DAC_OVERRIDE,
		.syscall = "faccessat",
		.arranged = true,
		.note = "overridden credentials: what the real user would hold; root only",
		.prepare = foreign_file_by_real_user,
		.perform = do_access,
	},
	{
		.name = "owner-ns",
		.cap = CAP_SYS_ADMIN,
		.syscall = "setns",
		.arranged = true,
		.note = "holds nothing; granted as owner of the target namespace, denied when not",
		.prepare = own_a_namespace,
		.perform = do_setns,
	},
	{
		.name = "userns",
		.cap = CAP_SYS_ADMIN,
		.syscall = "sethostname",
		.arranged = true,
		.note = "held in a new user namespace, the target too; denied, the host is the target",
		.perform = do_userns,
	},
	{
		.name = "thread",
		.cap = CAP_SYS_ADMIN,
		.syscall = "sethostname",
		.note = "in a second thread",
		.prepare = thread_stack,
		.perform = do_thread,
	},
	{
		.name = "noaudit",
		.cap = CAP_SYS_ADMIN,
		.syscall = "seccomp",
		.note = "not audited, but needed",
		.perform = do_seccomp,
	},
	{
		.name = "insetid",
		.cap = CAP_SETUID,
		.syscall = "setuid",
		.answer = ANSWER_NONE,
		.note = "with the insetid option; nothing is changed",
		.perform = do_setuid_same,
	},
	{
		.name = "overcommit",
		.cap = CAP_SYS_ADMIN,
		.syscall = "mmap",
		.answer = ANSWER_NONE,
		.note = "inlined by some compilers; not audited",
		.perform = do_mmap_writable,
	},
	{
		.name = "capset",
		.cap = CAP_SETPCAP,
		.syscall = "capset",
		.answer = ANSWER_NONE,
		.note = "inlined by some compilers",
		.perform = do_capset,
	},
	{
		.name = "securebits",
		.cap = CAP_SETPCAP,
		.syscall = "prctl",
		.note = "inlined by some compilers",
		.perform = do_securebits,
	},
	{
		.name = "mmap-min-addr",
		.cap = CAP_SYS_RAWIO,
		.syscall = "mmap",
		.note = "inlined by some compilers",
		.prepare = have_min_addr,
		.perform = do_mmap_low,
	},
	{
		.name = "vfork-exec",
		.cap = CAP_SYS_CHROOT,
		.syscall = "chroot",
		.note = "by the program short, started with vfork",
		.prepare = find_short,
		.perform = do_vfork_exec,
	},
	{0},
};
