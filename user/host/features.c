/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/host/kconfig.h"
#include "user/host/mounts.h"
#include "user/host/preempt.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Numbers that every kernel gives to the first namespace of a kind (include/linux/proc_ns.h). */
#define PIDNS_INITIAL  0xEFFFFFFCU
#define USERNS_INITIAL 0xEFFFFFFDU

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static const struct {
	const char *name, *path;
} sysctls[] = {
	[SYSCTL_UNPRIVILEGED_BPF] = { "kernel.unprivileged_bpf_disabled",
				      "kernel/unprivileged_bpf_disabled" },
	[SYSCTL_KPTR_RESTRICT] = { "kernel.kptr_restrict", "kernel/kptr_restrict" },
	[SYSCTL_PERF_PARANOID] = { "kernel.perf_event_paranoid", "kernel/perf_event_paranoid" },
	[SYSCTL_MMAP_MIN_ADDR] = { "vm.mmap_min_addr", "vm/mmap_min_addr" },
	[SYSCTL_OVERCOMMIT] = { "vm.overcommit_memory", "vm/overcommit_memory" },
	[SYSCTL_FTRACE] = { "kernel.ftrace_enabled", "kernel/ftrace_enabled" },
};
_Static_assert(COUNT(sysctls) == SYSCTL_COUNT, "a row for each setting");

const char *features_sysctl_name(enum features_sysctl sysctl)
{
	return (unsigned)sysctl < SYSCTL_COUNT ? sysctls[sysctl].name : NULL;
}

void features_sysctl(const char *proc, enum features_sysctl sysctl, struct feature_number *ret)
{
	char path[PATH_MAX], text[64], *end;

	*ret = (struct feature_number){ .known = false };
	feature_path(path, "%s/sys/%s", proc, sysctls[sysctl].path);
	if (feature_line(AT_FDCWD, path, text, sizeof(text)))
		return;
	ret->value = strtoll(text, &end, 10);
	ret->known = end != text;
}

static void read_sysctls(const struct features_roots *at, struct features *f)
{
	for (size_t i = 0; i < SYSCTL_COUNT; i++)
		features_sysctl(at->proc, (enum features_sysctl)i, &f->sysctls[i]);
}

static void read_btf(const struct features_roots *at, struct features *f)
{
	char path[PATH_MAX], dir[PATH_MAX];
	struct stat st;

	feature_path(path, "%s/kernel/btf/vmlinux", at->sys);
	if (stat(path, &st)) {
		bool sysfs = exists(feature_path(dir, "%s/kernel", at->sys));

		feature_set(&f->btf, sysfs ? FEATURE_NO : FEATURE_UNKNOWN,
			    "there is no %s (CONFIG_DEBUG_INFO_BTF)", path);
		return;
	}
	f->btf_bytes = st.st_size;
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		feature_set(&f->btf, FEATURE_NO, "%s: %s", path, strerror(errno));
	else
		f->btf.state = FEATURE_YES;
}

/* The perf PMU is there exactly where kprobe events are built in (4.17). */
static void read_kprobes(const struct features_roots *at, const struct kconfig *config, struct features *f)
{
	char path[PATH_MAX];

	if (exists(feature_path(path, "%s/bus/event_source/devices/kprobe/type", at->sys)))
		f->kprobes.state = FEATURE_YES;
	else if (config->known && !config->on[KCONFIG_KPROBES])
		feature_set(&f->kprobes, FEATURE_NO,
			    "this kernel was built without kprobes (CONFIG_KPROBES)");
	else if (exists(feature_path(path, "%s/bus/event_source/devices", at->sys)))
		feature_set(&f->kprobes, FEATURE_NO,
			    "this kernel has no kprobe events (CONFIG_KPROBE_EVENTS)");
	else
		feature_set(&f->kprobes, FEATURE_UNKNOWN, "there is no %s", path);
}

/* The setting is there exactly where the function tracer is built in. */
static void read_ftrace(const struct features_roots *at, const struct kconfig *config, struct features *f)
{
	const struct feature_number *enabled = &f->sysctls[SYSCTL_FTRACE];
	char path[PATH_MAX];

	if (enabled->known && enabled->value)
		f->ftrace.state = FEATURE_YES;
	else if (enabled->known)
		feature_set(&f->ftrace, FEATURE_NO,
			    "it is switched off: sysctl %s=0", sysctls[SYSCTL_FTRACE].name);
	else if (exists(feature_path(path, "%s/sys/kernel", at->proc)))
		feature_set(&f->ftrace, FEATURE_NO,
			    "this kernel was built without it (CONFIG_FUNCTION_TRACER)");
	else
		feature_set(&f->ftrace, FEATURE_UNKNOWN, "there is no %s", path);

	if (!config->known)
		feature_set(&f->direct_calls, FEATURE_UNKNOWN, "%s", config->why);
	else if (config->on[KCONFIG_DIRECT_CALLS])
		f->direct_calls.state = FEATURE_YES;
	else
		feature_set(&f->direct_calls, FEATURE_NO,
		    "this kernel was built without them (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)");
}

static void read_tracefs(const struct mounts *mounts, struct features *f)
{
	snprintf(f->tracefs_at, sizeof(f->tracefs_at), "%s", mounts->tracefs);
	if (mounts->error)
		feature_set(&f->tracefs, FEATURE_UNKNOWN, "the list of mounts: %s", strerror(-mounts->error));
	else if (!*f->tracefs_at)
		feature_set(&f->tracefs, FEATURE_NO, "it is not mounted");
	else if (faccessat(AT_FDCWD, f->tracefs_at, R_OK | X_OK, AT_EACCESS))
		feature_set(&f->tracefs, FEATURE_NO, "it is root's to read: needs CAP_DAC_READ_SEARCH");
	else
		f->tracefs.state = FEATURE_YES;
}

static void read_cgroups(const struct mounts *mounts, struct features *f)
{
	static const char *const layouts[2][2] = { { "none", "v2" }, { "v1", "hybrid" } };

	snprintf(f->cgroup2_at, sizeof(f->cgroup2_at), "%s", mounts->cgroup2);
	if (mounts->error)
		feature_unknown(&f->cgroups, "the list of mounts: %s", strerror(-mounts->error));
	else
		f->cgroups.word = layouts[mounts->cgroup1][*mounts->cgroup2 != '\0'];
}

static void read_namespace(const struct features_roots *at, const char *kind, uint32_t initial,
			   struct feature *f)
{
	char path[PATH_MAX];
	struct stat st;

	if (stat(feature_path(path, "%s/self/ns/%s", at->proc, kind), &st))
		feature_set(f, FEATURE_UNKNOWN, "%s: %s", path, strerror(errno));
	else
		f->state = st.st_ino == initial ? FEATURE_YES : FEATURE_NO;
}

void features_read_at(const struct features_roots *at, struct features *ret)
{
	struct mounts mounts;
	struct kconfig config;
	struct utsname uts = { 0 };

	*ret = (struct features){ 0 };
	uname(&uts);
	memcpy(ret->release, uts.release, sizeof(ret->release));
	memcpy(ret->machine, uts.machine, sizeof(ret->machine));
	kconfig_read(at->proc, at->boot, uts.release, 0, &config);
	mounts_read(at->proc, &mounts);
	read_sysctls(at, ret);
	read_btf(at, ret);
	read_kprobes(at, &config, ret);
	read_ftrace(at, &config, ret);
	read_tracefs(&mounts, ret);
	read_cgroups(&mounts, ret);
	security_read(at->sys, at->live, &ret->security);
	read_namespace(at, "pid", PIDNS_INITIAL, &ret->initial_pidns);
	read_namespace(at, "user", USERNS_INITIAL, &ret->initial_userns);
	preempt_read(at->proc, at->sys, uts.version, &config, &ret->preempt);
}

void features_read(const char *proc, struct features *ret)
{
	const struct features_roots at = { .proc = proc, .sys = "/sys", .boot = "/boot", .live = true };

	features_read_at(&at, ret);
}
