/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this kernel and this machine's setting give, read from files and never derived from a version.
 * Unknown is an answer of its own, with its reason; nothing is guessed.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "user/host/feature.h"
#include "user/host/security.h"

/* Settings below /proc/sys, named as sysctl(8) names them. */
enum features_sysctl {
	SYSCTL_UNPRIVILEGED_BPF,
	SYSCTL_KPTR_RESTRICT,
	SYSCTL_PERF_PARANOID,
	SYSCTL_MMAP_MIN_ADDR,
	SYSCTL_OVERCOMMIT,
	SYSCTL_FTRACE,
	SYSCTL_COUNT
};

struct features {
	char release[sizeof(((struct utsname *)0)->release)];
	char machine[sizeof(((struct utsname *)0)->machine)];
	struct feature btf;		/* the kernel's own types can be read */
	uint64_t btf_bytes;		/* 0: not there */
	struct feature kprobes;
	struct feature ftrace;		/* functions can be hooked: fentry, fexit */
	struct feature direct_calls;	/* ftrace can call programs directly: what arm64 lacked for long */
	struct feature tracefs;		/* mounted, and ours to read */
	char tracefs_at[PATH_MAX];	/* "": not mounted */
	struct security security;
	struct feature_word cgroups;	/* "v1" "v2" "hybrid" "none" */
	char cgroup2_at[PATH_MAX];	/* "": not mounted */
	struct feature_number sysctls[SYSCTL_COUNT];
	struct feature initial_pidns, initial_userns;	/* are we in them? */
	struct feature_word preempt;	/* as preempt_read says it */
};

/* Where to look: for tests, and for the host's /proc inside a container. */
struct features_roots {
	const char *proc, *sys, *boot;	/* "/proc" "/sys" "/boot" */
	bool live;			/* these are the real ones: system calls may fill gaps */
};

/* Fills *ret; proc is where procfs is mounted. Cannot fail: what cannot be read is unknown. */
void features_read(const char *proc, struct features *ret);
void features_read_at(const struct features_roots *at, struct features *ret);

/* One of the settings alone, as it is now. */
void features_sysctl(const char *proc, enum features_sysctl sysctl, struct feature_number *ret);

/* "kernel.kptr_restrict" */
const char *features_sysctl_name(enum features_sysctl sysctl);
