/* SPDX-License-Identifier: BSD-2-Clause */
/* How the running kernel was built, where it or its package says so. */
#pragma once

#include <stdbool.h>

enum kconfig_option {
	KCONFIG_KPROBES,
	KCONFIG_DIRECT_CALLS,
	KCONFIG_PREEMPT_NONE,
	KCONFIG_PREEMPT_VOLUNTARY,
	KCONFIG_PREEMPT,
	KCONFIG_PREEMPT_LAZY,
	KCONFIG_PREEMPT_RT,
	KCONFIG_COUNT
};

struct kconfig {
	bool known;		/* a configuration was found */
	bool on[KCONFIG_COUNT];	/* "=y", where known */
	char why[96];		/* why it is not known */
};

/*
 * Reads PROC/config.gz, or else BOOT/config-RELEASE. Does not fail: what cannot be read leaves it unknown,
 * also where only a part of it can. Reads on after the first option of enough (bit per enum kconfig_option) that is on
 * only where enough is 0: what is left to know is elsewhere then.
 */
void kconfig_read(const char *proc, const char *boot, const char *release, unsigned int enough, struct kconfig *ret);
