// SPDX-License-Identifier: BSD-2-Clause
/* Acts on the machine as a whole: its name, clock, log, modules and security modules. */
#include "tests/trip/caps.h"
#include "tests/trip/trip.h"
#include "tests/trip/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int open_write(struct trip *t, const char *path)
{
	t->fd = open(path, O_WRONLY | O_CLOEXEC);
	return t->fd < 0 ? -errno : 0;
}

static int have_modules(struct trip *t)
{
	if (syscall(SYS_delete_module, NULL, 0) && errno == ENOSYS)
		return trip_cannot(t, "the kernel is built without modules");
	return 0;
}

static long do_delete_module(struct trip *t)
{
	return trip_ret(syscall(SYS_delete_module, "trip-no-such-module", O_NONBLOCK));
}

static int udp_socket(struct trip *t)
{
	t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return t->fd < 0 ? -errno : 0;
}

static long do_netdev_load(struct trip *t)
{
	struct ifreq nobody = {.ifr_name = "trip-no-such"};
	return trip_ret(ioctl(t->fd, SIOCGIFFLAGS, &nobody));
}

#ifdef SYS_iopl
static int have_iopl(struct trip *t)
{
	if (syscall(SYS_iopl, 0) && errno == ENOSYS)
		return trip_cannot(t, "the kernel is built without iopl");
	return 0;
}

static long do_iopl(struct trip *t)
{
	return trip_ret(syscall(SYS_iopl, 3));
}
#else
static int have_iopl(struct trip *t)
{
	return trip_cannot(t, "this architecture has no iopl");
}

static long do_iopl(struct trip *t)
{
	return -ENOSYS;
}
#endif

static long do_chroot(struct trip *t)
{
	return trip_ret(chroot("/"));
}

static long do_acct(struct trip *t)
{
	return trip_ret(syscall(SYS_acct, (void *)1));
}

static int have_acct(struct trip *t)
{
	if (do_acct(t) == -ENOSYS)
		return trip_cannot(t, "the kernel is built without process accounting");
	return 0;
}

static long do_sethostname(struct trip *t)
{
	return trip_ret(syscall(SYS_sethostname, NULL, -1));
}

/* The magic is wrong: EINVAL, after the check. */
static long do_reboot(struct trip *t)
{
	return trip_ret(syscall(SYS_reboot, 0, 0, 0, NULL));
}

/* Farther west than a day goes: EINVAL, after the check. */
static long do_settimeofday(struct trip *t)
{
	struct timezone west = {.tz_minuteswest = 16 * 60};

	return trip_ret(syscall(SYS_settimeofday, NULL, &west));
}

/* SYSLOG_ACTION_OPEN, which has been doing nothing for a long time. */
static long do_syslog(struct trip *t)
{
	return trip_ret(klogctl(1, NULL, 0));
}

static long do_alarm_timer(struct trip *t)
{
	return trip_ret(timerfd_create(CLOCK_REALTIME_ALARM, TFD_CLOEXEC));
}

static int epoll_with_suspend(struct trip *t)
{
	t->target = eventfd(0, EFD_CLOEXEC);
	t->fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->fd < 0 || t->target < 0)
		return -errno;
	/* /sys/power/state comes with CONFIG_PM_SLEEP, and so does the check. */
	if (access("/sys/power/wakeup_count", F_OK))
		return trip_cannot(t, "the kernel is built without suspend");
	return 0;
}

static long do_epoll_wakeup(struct trip *t)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLWAKEUP};
	return trip_ret(epoll_ctl(t->fd, EPOLL_CTL_ADD, t->target, &event));
}

static bool lost_wakeup(struct trip *t, long ret)
{
	char path[64], text[512], *events;
	unsigned int bits;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", t->fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (ret < 0 || length < 0)
		return true;
	text[length] = '\0';
	events = strstr(text, "events:");
	return !events || sscanf(events, "events: %x", &bits) != 1 || !(bits & EPOLLWAKEUP);
}

static int perf_restricted(struct trip *t)
{
	long paranoid;
	int err = world_read_number("/proc/sys/kernel/perf_event_paranoid", &paranoid);

	if (err == -ENOENT)
		return trip_cannot(t, "the kernel is built without perf events");
	if (!err && paranoid < 1)
		return trip_cannot(t, "kernel.perf_event_paranoid asks nobody");
	/* Debian's own level: without sys_admin, perfmon is not asked any more. */
	if (!err && paranoid > 2)
		return trip_cannot(t, "kernel.perf_event_paranoid asks for sys_admin before perfmon");
	return err;
}

static long do_perf_open(struct trip *t)
{
	struct perf_event_attr clock = {
		.size = sizeof(clock),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1,
	};

	return trip_ret(syscall(SYS_perf_event_open, &clock, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
}

/* Before 5.11 (bdb7b79b4ce8) programs count as locked memory, of which a user has little. */
static int unlimited_memory(struct trip *t)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
	return 0;
}

/* A tracing program with nowhere to read its instruction from: EFAULT, after the checks. */
static long do_prog_load(struct trip *t)
{
	union bpf_attr probe;

	memset(&probe, 0, sizeof(probe));
	probe.prog_type = BPF_PROG_TYPE_KPROBE;
	probe.insn_cnt = 1;
	probe.license = (uintptr_t) "";
	return trip_ret(syscall(SYS_bpf, BPF_PROG_LOAD, &probe, sizeof(probe)));
}

/* Type information of no length: EINVAL, after the check. */
static long do_btf_load(struct trip *t)
{
	union bpf_attr none;

	memset(&none, 0, sizeof(none));
	return trip_ret(syscall(SYS_bpf, BPF_BTF_LOAD, &none, sizeof(none)));
}

static int have_apparmor(struct trip *t)
{
	char enabled = 'N';
	int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 && read(fd, &enabled, 1) == 1;

	close(fd);
	return known && enabled == 'Y' ? 0 : trip_cannot(t, "AppArmor is not active");
}

static int apparmor_mode(struct trip *t)
{
	int err = have_apparmor(t);
	return err ? err : open_write(t, "/sys/module/apparmor/parameters/mode");
}

/* There is no such mode: EINVAL, after the check. */
static long do_apparmor_mode(struct trip *t)
{
	return trip_ret(write(t->fd, "trip", 4));
}

static int apparmor_restricts(struct trip *t)
{
	long on = 0;
	int err = have_apparmor(t);

	if (err)
		return err;
	if (world_read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_unconfined", &on) || !on)
		return trip_cannot(t, "kernel.apparmor_restrict_unprivileged_unconfined is not 1");
	return open_write(t, "/proc/self/attr/apparmor/current");
}

static long do_apparmor_change(struct trip *t)
{
	static const char order[] = "changeprofile unconfined";
	return trip_ret(write(t->fd, order, sizeof(order) - 1));
}

const struct act acts_kernel[] = {
	{
		.name = "delmodule",
		.cap = CAP_SYS_MODULE,
		.syscall = "delete_module",
		.note = "needs modules",
		.prepare = have_modules,
		.perform = do_delete_module,
	},
	{
		.name = "netdev-load",
		.cap = CAP_SYS_MODULE,
		.syscall = "ioctl",
		.answer = ANSWER_NONE,
		.note = "asks for net_admin first; granted, the kernel runs modprobe",
		.prepare = udp_socket,
		.perform = do_netdev_load,
	},
	{
		.name = "iopl",
		.cap = CAP_SYS_RAWIO,
		.syscall = "iopl",
		.note = "x86 only",
		.prepare = have_iopl,
		.perform = do_iopl,
	},
	{
		.name = "chroot",
		.cap = CAP_SYS_CHROOT,
		.syscall = "chroot",
		.perform = do_chroot,
	},
	{
		.name = "acct",
		.cap = CAP_SYS_PACCT,
		.syscall = "acct",
		.prepare = have_acct,
		.perform = do_acct,
	},
	{
		.name = "sethostname",
		.cap = CAP_SYS_ADMIN,
		.syscall = "sethostname",
		.perform = do_sethostname,
	},
	{
		.name = "reboot",
		.cap = CAP_SYS_BOOT,
		.syscall = "reboot",
		.perform = do_reboot,
	},
	{
		.name = "settimeofday",
		.cap = CAP_SYS_TIME,
		.syscall = "settimeofday",
		.perform = do_settimeofday,
	},
	{
		.name = "aa-change",
		.cap = CAP_MAC_OVERRIDE,
		.syscall = "write",
		.answer = ANSWER_NONE,
		.since = "6.7",
		.note = "needs AppArmor and kernel.apparmor_restrict_unprivileged_unconfined=1; not audited",
		.prepare = apparmor_restricts,
		.perform = do_apparmor_change,
	},
	{
		.name = "aa-mode",
		.cap = CAP_MAC_ADMIN,
		.syscall = "write",
		.note = "needs AppArmor",
		.prepare = apparmor_mode,
		.perform = do_apparmor_mode,
	},
	{
		.name = "syslog",
		.cap = CAP_SYSLOG,
		.also = CAPS_BIT(CAP_SYS_ADMIN),
		.syscall = "syslog",
		.note = "sys_admin does as well only before 6.12",
		.perform = do_syslog,
	},
	{
		.name = "alarm",
		.cap = CAP_WAKE_ALARM,
		.syscall = "timerfd_create",
		.perform = do_alarm_timer,
	},
	{
		.name = "wakeup",
		.cap = CAP_BLOCK_SUSPEND,
		.syscall = "epoll_ctl",
		.answer = ANSWER_EFFECT,
		.note = "needs suspend; the refused call succeeds without EPOLLWAKEUP",
		.prepare = epoll_with_suspend,
		.perform = do_epoll_wakeup,
		.refused = lost_wakeup,
	},
	{
		.name = "prog-load",
		.cap = CAP_PERFMON,
		.also = CAPS_BIT(CAP_SYS_ADMIN),
		.syscall = "bpf",
		.note = "asks for bpf first",
		.prepare = unlimited_memory,
		.perform = do_prog_load,
	},
	{
		.name = "perf",
		.cap = CAP_PERFMON,
		.also = CAPS_BIT(CAP_SYS_ADMIN),
		.syscall = "perf_event_open",
		.note = "needs kernel.perf_event_paranoid 1 or 2",
		.prepare = perf_restricted,
		.perform = do_perf_open,
	},
	{
		.name = "btf-load",
		.cap = CAP_BPF,
		.also = CAPS_BIT(CAP_SYS_ADMIN),
		.syscall = "bpf",
		.perform = do_btf_load,
	},
	{0},
};
