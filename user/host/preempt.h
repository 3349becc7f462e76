/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How readily this kernel lets one task interrupt another inside the kernel: it decides which probes lose
 * checks.
 */
#pragma once

#include "user/host/feature.h"

struct kconfig;

/*
 * "none" "voluntary" "lazy" "full" "rt": what debugfs says, else what the kernel was booted with, else how
 * it was built. version: the one of uname(2). A change while running shows in debugfs only.
 */
void preempt_read(const char *proc, const char *sys, const char *version, const struct kconfig *config,
		  struct feature_word *ret);
