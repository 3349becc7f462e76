// SPDX-License-Identifier: BSD-2-Clause
/* Acts on tasks, their ids, their limits, their memory and what they share. */
#include "tests/trip/caps.h"
#include "tests/trip/trip.h"
#include "tests/trip/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_SUCH_CAP 200

static int target_stranger(struct trip *t)
{
	t->target = world_stranger(t);
	return t->target < 0 ? t->target : 0;
}

static long do_kill(struct trip *t)
{
	return trip_ret(kill(t->target, 0));
}

static long do_robust_list(struct trip *t)
{
	void *head;
	size_t length;
	return trip_ret(syscall(SYS_get_robust_list, t->target, &head, &length));
}

/* More groups than there can be: EINVAL, after the check. */
static long do_setgroups(struct trip *t)
{
	return trip_ret(syscall(SYS_setgroups, 1 << 20, NULL));
}

static long do_setresuid(struct trip *t)
{
	return trip_ret(syscall(SYS_setresuid, -1, t->stranger, -1));
}

static long do_capbset(struct trip *t)
{
	return trip_ret(prctl(PR_CAPBSET_DROP, NO_SUCH_CAP));
}

static int limit(int resource, rlim_t value)
{
	struct rlimit both = {.rlim_cur = value, .rlim_max = value};
	return setrlimit(resource, &both) ? -errno : 0;
}

static int no_locked_memory(struct trip *t)
{
	t->page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->page == MAP_FAILED)
		return -errno;
	return limit(RLIMIT_MEMLOCK, 0);
}

/* Of no length: past the first check nothing is over the limit, so nothing more is asked. */
static long do_mlock(struct trip *t)
{
	return trip_ret(mlock(t->page, 0));
}

/* Without any permission bit even the owner has to ask. */
static int closed_queue(struct trip *t)
{
	if (unshare(CLONE_NEWIPC))
		return -errno;
	t->fd = msgget(IPC_PRIVATE, 0);
	return t->fd < 0 ? -errno : 0;
}

static long do_msgctl(struct trip *t)
{
	struct msqid_ds status;
	return trip_ret(msgctl(t->fd, IPC_STAT, &status));
}

static int be_nice(struct trip *t)
{
	int err = limit(RLIMIT_NICE, 0);

	if (err)
		return err;
	return setpriority(PRIO_PROCESS, 0, 19) ? -errno : 0;
}

static long do_setpriority(struct trip *t)
{
	return trip_ret(setpriority(PRIO_PROCESS, 0, 18));
}

static int no_core(struct trip *t)
{
	return limit(RLIMIT_CORE, 0);
}

static long do_raise_limit(struct trip *t)
{
	return limit(RLIMIT_CORE, 1);
}

/* vhangup() would hang up on whoever started us. */
static int leave_terminal(struct trip *t)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0)
		return 0;
	if (getsid(0) == getpid())
		return trip_cannot(t, "it would hang up the terminal that it leads");

	int err = ioctl(tty, TIOCNOTTY) ? -errno : 0;
	close(tty);
	return err;
}

static long do_vhangup(struct trip *t)
{
	return trip_ret(vhangup());
}

/* Pid 1 is always taken: EEXIST, after the check. */
static long do_clone_as_pid_1(struct trip *t)
{
	pid_t one = 1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&one,
		.set_tid_size = 1,
	};
	long ret = syscall(SYS_clone3, &args, sizeof(args));

	if (!ret)
		_exit(0);
	return trip_ret(ret);
}

const struct act acts_task[] = {
	{
		.name = "kill",
		.cap = CAP_KILL,
		.syscall = "kill",
		.prepare = target_stranger,
		.perform = do_kill,
	},
	{
		.name = "setgroups",
		.cap = CAP_SETGID,
		.syscall = "setgroups",
		.perform = do_setgroups,
	},
	{
		.name = "setresuid",
		.cap = CAP_SETUID,
		.syscall = "setresuid",
		.perform = do_setresuid,
	},
	{
		.name = "capbset",
		.cap = CAP_SETPCAP,
		.syscall = "prctl",
		.perform = do_capbset,
	},
	{
		.name = "mlock",
		.cap = CAP_IPC_LOCK,
		.syscall = "mlock",
		.prepare = no_locked_memory,
		.perform = do_mlock,
	},
	{
		.name = "msgctl",
		.cap = CAP_IPC_OWNER,
		.syscall = "msgctl",
		.prepare = closed_queue,
		.perform = do_msgctl,
	},
	{
		.name = "robust-list",
		.cap = CAP_SYS_PTRACE,
		.syscall = "get_robust_list",
		.prepare = target_stranger,
		.perform = do_robust_list,
	},
	{
		.name = "setpriority",
		.cap = CAP_SYS_NICE,
		.syscall = "setpriority",
		.prepare = be_nice,
		.perform = do_setpriority,
	},
	{
		.name = "prlimit",
		.cap = CAP_SYS_RESOURCE,
		.syscall = "prlimit64",
		.prepare = no_core,
		.perform = do_raise_limit,
	},
	{
		.name = "vhangup",
		.cap = CAP_SYS_TTY_CONFIG,
		.syscall = "vhangup",
		.note = "not as the leader of a terminal's session",
		.prepare = leave_terminal,
		.perform = do_vhangup,
	},
	{
		.name = "set-tid",
		.cap = CAP_CHECKPOINT_RESTORE,
		.also = CAPS_BIT(CAP_SYS_ADMIN),
		.syscall = "clone3",
		.perform = do_clone_as_pid_1,
	},
	{0},
};
