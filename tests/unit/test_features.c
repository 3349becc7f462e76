/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "user/host/features.h"
#include "user/host/kconfig.h"
#include "user/host/mounts.h"
#include "user/host/preempt.h"

/* A machine that is made of files: DIR/proc, DIR/sys, DIR/boot. */
struct made {
	char dir[64], proc[80], sys[80], boot[80];
	struct features_roots roots;
};

static void shell(const char *command, const char *arg)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %s", command, arg);
	assert_int_equal(system(text), 0);
}

static int make_machine(void **state)
{
	struct made *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	*state = m;
	snprintf(m->dir, sizeof(m->dir), "/tmp/capsieve-test-features-XXXXXX");
	if (!mkdtemp(m->dir))
		return -1;
	snprintf(m->proc, sizeof(m->proc), "%s/proc", m->dir);
	snprintf(m->sys, sizeof(m->sys), "%s/sys", m->dir);
	snprintf(m->boot, sizeof(m->boot), "%s/boot", m->dir);
	m->roots = (struct features_roots){ .proc = m->proc, .sys = m->sys, .boot = m->boot };
	return 0;
}

static int remove_machine(void **state)
{
	struct made *m = *state;

	shell("rm -rf", m->dir);
	free(m);
	return 0;
}

/* A file with this text, and the directories to it. */
static void make(const struct made *m, const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", m->dir, path);
	*strrchr(full, '/') = '\0';
	shell("mkdir -p", full);
	snprintf(full, sizeof(full), "%s/%s", m->dir, path);
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_gz(const struct made *m, const char *path, const char *text)
{
	char full[256];
	gzFile file;

	make(m, path, "");
	snprintf(full, sizeof(full), "%s/%s", m->dir, path);
	file = gzopen(full, "wb");
	assert_non_null(file);
	gzputs(file, text);
	gzclose(file);
}

static void says_unknown_where_there_is_nothing(void **state)
{
	const struct made *m = *state;
	struct features f;

	features_read_at(&m->roots, &f);
	assert_true(*f.release && *f.machine);
	assert_int_equal(f.btf.state, FEATURE_UNKNOWN);
	assert_int_equal(f.btf_bytes, 0);
	assert_int_equal(f.kprobes.state, FEATURE_UNKNOWN);
	assert_int_equal(f.ftrace.state, FEATURE_UNKNOWN);
	assert_int_equal(f.direct_calls.state, FEATURE_UNKNOWN);
	assert_int_equal(f.tracefs.state, FEATURE_UNKNOWN);
	assert_int_equal(f.initial_pidns.state, FEATURE_UNKNOWN);
	assert_int_equal(f.initial_userns.state, FEATURE_UNKNOWN);
	assert_true(*f.btf.why && *f.kprobes.why && *f.ftrace.why && *f.direct_calls.why && *f.tracefs.why);
	assert_true(*f.initial_pidns.why && *f.initial_userns.why);
	assert_null(f.cgroups.word);
	assert_null(f.security.lockdown.word);
	assert_true(*f.cgroups.why && *f.security.lockdown.why && *f.security.lsms_why);
	assert_string_equal(f.security.lsms, "");
	assert_string_equal(f.tracefs_at, "");
	for (int i = 0; i < SYSCTL_COUNT; i++)
		assert_false(f.sysctls[i].known);
}

static void reads_a_machine_that_has_all(void **state)
{
	const struct made *m = *state;
	struct features f;
	char line[256];

	make(m, "sys/kernel/btf/vmlinux", "12345");
	make(m, "sys/bus/event_source/devices/kprobe/type", "8\n");
	make(m, "sys/kernel/security/lsm", "lockdown,capability,yama,bpf");
	make(m, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	make(m, "sys/kernel/debug/sched/preempt", "none voluntary full (lazy)\n");
	make(m, "proc/sys/kernel/kptr_restrict", "1\n");
	make(m, "proc/sys/kernel/perf_event_paranoid", "-1\n");
	make(m, "proc/sys/kernel/ftrace_enabled", "1\n");
	make(m, "proc/sys/kernel/unprivileged_bpf_disabled", "\n");
	make(m, "proc/sys/vm/mmap_min_addr", "65536\n");
	make_gz(m, "proc/config.gz", "CONFIG_KPROBES=y\nCONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y\n");
	make(m, "tracing/README", "");
	snprintf(line, sizeof(line),
		 "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 none rw\n"
		 "2 1 0:2 / %s/tracing rw shared:3 - tracefs t rw\n",
		 m->dir);
	make(m, "proc/self/mountinfo", line);
	features_read_at(&m->roots, &f);
	assert_int_equal(f.btf.state, FEATURE_YES);
	assert_int_equal(f.btf_bytes, 5);
	assert_int_equal(f.kprobes.state, FEATURE_YES);
	assert_int_equal(f.ftrace.state, FEATURE_YES);
	assert_int_equal(f.direct_calls.state, FEATURE_YES);
	assert_int_equal(f.tracefs.state, FEATURE_YES);
	snprintf(line, sizeof(line), "%s/tracing", m->dir);
	assert_string_equal(f.tracefs_at, line);
	assert_string_equal(f.security.lsms, "lockdown,capability,yama,bpf");
	assert_string_equal(f.security.lockdown.word, "integrity");
	assert_string_equal(f.cgroups.word, "v2");
	assert_string_equal(f.cgroup2_at, "/sys/fs/cgroup");
	assert_string_equal(f.preempt.word, "lazy");
	assert_true(f.sysctls[SYSCTL_KPTR_RESTRICT].known);
	assert_int_equal(f.sysctls[SYSCTL_KPTR_RESTRICT].value, 1);
	assert_int_equal(f.sysctls[SYSCTL_PERF_PARANOID].value, -1);
	assert_int_equal(f.sysctls[SYSCTL_MMAP_MIN_ADDR].value, 65536);
	assert_false(f.sysctls[SYSCTL_UNPRIVILEGED_BPF].known);
	assert_false(f.sysctls[SYSCTL_OVERCOMMIT].known);
	assert_string_equal(features_sysctl_name(SYSCTL_KPTR_RESTRICT), "kernel.kptr_restrict");
	assert_null(features_sysctl_name(SYSCTL_COUNT));
}

static void says_why_not(void **state)
{
	const struct made *m = *state;
	struct features f;

	make(m, "sys/kernel/notes", "");
	make(m, "sys/bus/event_source/devices/cpu/type", "4\n");
	make(m, "sys/kernel/security/lsm", "capability,landlock");
	make(m, "proc/sys/kernel/ostype", "Linux\n");
	make(m, "proc/self/mountinfo", "1 0 0:1 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
	make_gz(m, "proc/config.gz", "# CONFIG_KPROBES is not set\nCONFIG_X=y\n");
	features_read_at(&m->roots, &f);
	assert_int_equal(f.btf.state, FEATURE_NO);
	assert_int_equal(f.kprobes.state, FEATURE_NO);
	assert_non_null(strstr(f.kprobes.why, "CONFIG_KPROBES"));
	assert_int_equal(f.ftrace.state, FEATURE_NO);
	assert_non_null(strstr(f.ftrace.why, "CONFIG_FUNCTION_TRACER"));
	assert_int_equal(f.direct_calls.state, FEATURE_NO);
	assert_int_equal(f.tracefs.state, FEATURE_NO);
	assert_string_equal(f.tracefs.why, "it is not mounted");
	assert_string_equal(f.security.lockdown.word, "none");
	assert_string_equal(f.cgroups.word, "v1");

	make(m, "proc/sys/kernel/ftrace_enabled", "0\n");
	make(m, "sys/kernel/security/lsm", "lockdown,capability");
	make(m, "sys/kernel/security/lockdown", "what is this\n");
	make_gz(m, "proc/config.gz", "CONFIG_KPROBES=y\n");
	features_read_at(&m->roots, &f);
	assert_int_equal(f.ftrace.state, FEATURE_NO);
	assert_non_null(strstr(f.ftrace.why, "kernel.ftrace_enabled=0"));
	assert_null(f.security.lockdown.word);
	assert_int_equal(f.kprobes.state, FEATURE_NO);
	assert_non_null(strstr(f.kprobes.why, "CONFIG_KPROBE_EVENTS"));
}

static void reads_the_configuration_of_the_package(void **state)
{
	const struct made *m = *state;
	struct kconfig c;
	char path[128];

	make(m, "boot/config-6.1.0-test",
	     "#\nCONFIG_PREEMPT_VOLUNTARY=y\nCONFIG_KPROBES=y\nCONFIG_PREEMPT_RT=yes\n");
	kconfig_read(m->proc, m->boot, "6.1.0-test", 0, &c);
	assert_true(c.known);
	assert_true(c.on[KCONFIG_KPROBES]);
	assert_true(c.on[KCONFIG_PREEMPT_VOLUNTARY]);
	assert_false(c.on[KCONFIG_PREEMPT_RT]);
	assert_false(c.on[KCONFIG_DIRECT_CALLS]);
	kconfig_read(m->proc, m->boot, "6.2", 0, &c);
	assert_false(c.known);
	assert_true(*c.why);

	/* A half of a file is none, and what is no configuration is none. */
	make_gz(m, "proc/config.gz", "CONFIG_PREEMPT_LAZY=y\nCONFIG_KPROBES=y\n");
	kconfig_read(m->proc, m->boot, "6.2", 0, &c);
	assert_true(c.known);
	assert_true(c.on[KCONFIG_PREEMPT_LAZY]);
	snprintf(path, sizeof(path), "%s/config.gz", m->proc);
	assert_int_equal(truncate(path, 30), 0);
	kconfig_read(m->proc, m->boot, "6.2", 0, &c);
	assert_false(c.known);
	make(m, "proc/config.gz", "nothing of that kind\n");
	kconfig_read(m->proc, m->boot, "6.2", 0, &c);
	assert_false(c.known);
}

static void take(struct mounts *m, const char *line)
{
	mounts_take_line(m, line, strlen(line));
}

static void reads_mounts(void **state)
{
	struct mounts m = { 0 };
	char *big = malloc(3 * PATH_MAX);

	(void)state;
	take(&m, "");
	take(&m, "38 31 0:35 / /sys rw");
	take(&m, "38 31 0:35 / /sys rw -");
	take(&m, "- - - - - - -");
	take(&m, "38 31 0:35 / /x rw - ext4 cgroup2 rw");
	take(&m, "38 31 0:35 / /- - cgroup");
	assert_false(m.cgroup1);
	assert_string_equal(m.cgroup2, "");
	take(&m, "38 31 0:35 /part /one\\040two\\134 rw,relatime shared:9 master:1 - cgroup2 - rw");
	assert_string_equal(m.cgroup2, "/one two\\");
	take(&m, "38 31 0:35 /other /else rw - cgroup2 cgroup2 rw");
	assert_string_equal(m.cgroup2, "/one two\\");
	take(&m, "38 31 0:35 / /whole rw - cgroup2 cgroup2 rw");
	take(&m, "38 31 0:35 / /second rw - cgroup2 cgroup2 rw");
	assert_string_equal(m.cgroup2, "/whole");
	take(&m, "38 31 0:35 / /t rw - tracefs tracefs rw");
	take(&m, "38 31 0:35 / /u rw - tracefs tracefs rw");
	assert_string_equal(m.tracefs, "/t");
	assert_false(m.cgroup1);
	take(&m, "38 31 0:35 / /v rw - cgroup cgroup rw,cpu");
	assert_true(m.cgroup1);

	m = (struct mounts){ 0 };
	memset(big, 'x', 2 * PATH_MAX);
	memcpy(big, "38 31 0:35 / /", 14);
	strcpy(big + 2 * PATH_MAX, " rw - cgroup2 c rw");
	take(&m, big);
	assert_string_equal(m.cgroup2, "");
	take(&m, "38 31 0:35 / /\\04 rw - tracefs t rw");
	assert_string_equal(m.tracefs, "/\\04");
	free(big);
}

static const char *preempt(const struct made *m, const char *version, enum kconfig_option built)
{
	struct kconfig config = { .known = true };
	struct feature_word word;

	config.on[built] = true;
	preempt_read(m->proc, m->sys, version, &config, &word);
	return word.word;
}

static void tells_how_the_kernel_preempts(void **state)
{
	const struct made *m = *state;
	const struct kconfig none = { .why = "no file" };
	struct feature_word word;

	assert_string_equal(preempt(m, "#1 SMP PREEMPT_DYNAMIC x", KCONFIG_PREEMPT_VOLUNTARY), "voluntary");
	assert_string_equal(preempt(m, "#1 SMP", KCONFIG_PREEMPT_NONE), "none");
	assert_string_equal(preempt(m, "#1 SMP PREEMPT", KCONFIG_PREEMPT_LAZY), "lazy");
	assert_string_equal(preempt(m, "#1 SMP PREEMPT", KCONFIG_PREEMPT), "full");
	assert_string_equal(preempt(m, "#1 SMP PREEMPT_RT", KCONFIG_PREEMPT_LAZY), "rt");
	assert_null(preempt(m, "#1 SMP", KCONFIG_KPROBES));
	preempt_read(m->proc, m->sys, "#1 SMP PREEMPT_DYNAMIC", &none, &word);
	assert_null(word.word);
	assert_string_equal(word.why, "no file");

	make(m, "proc/cmdline", "quiet preempt=none xpreempt=lazy preempt=full ro\n");
	assert_string_equal(preempt(m, "#1 SMP PREEMPT_DYNAMIC x", KCONFIG_PREEMPT_NONE), "full");
	assert_string_equal(preempt(m, "#1 SMP", KCONFIG_PREEMPT_NONE), "none");
	make(m, "sys/kernel/debug/sched/preempt", "none (voluntary) full\n");
	assert_string_equal(preempt(m, "#1 SMP PREEMPT_DYNAMIC x", KCONFIG_PREEMPT_NONE), "voluntary");
}

static void reads_this_machine(void **state)
{
	struct features f;
	struct stat st;

	(void)state;
	features_read("/proc", &f);
	assert_int_equal(stat("/sys/kernel/btf/vmlinux", &st) == 0, f.btf_bytes > 0);
	assert_int_not_equal(f.ftrace.state, FEATURE_UNKNOWN);
	assert_int_not_equal(f.initial_pidns.state, FEATURE_UNKNOWN);
	assert_int_not_equal(f.initial_userns.state, FEATURE_UNKNOWN);
	assert_non_null(f.cgroups.word);
	assert_true(*f.security.lsms || *f.security.lsms_why);
	assert_true(f.security.lockdown.word || *f.security.lockdown.why);
	assert_true(f.sysctls[SYSCTL_OVERCOMMIT].known);
	assert_true(f.sysctls[SYSCTL_MMAP_MIN_ADDR].known);
}

#define ON_A_MADE_MACHINE(test) cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_MADE_MACHINE(says_unknown_where_there_is_nothing),
		ON_A_MADE_MACHINE(reads_a_machine_that_has_all),
		ON_A_MADE_MACHINE(says_why_not),
		ON_A_MADE_MACHINE(reads_the_configuration_of_the_package),
		ON_A_MADE_MACHINE(tells_how_the_kernel_preempts),
		cmocka_unit_test(reads_mounts),
		cmocka_unit_test(reads_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
