/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability names and sets by raw syscalls: a test helper shares nothing with what it tests. */
#pragma once

#include <stdint.h>

#define CAPS_COUNT   41
#define CAPS_ALL     ((UINT64_C(1) << CAPS_COUNT) - 1)
#define CAPS_BIT(nr) (UINT64_C(1) << (nr))

/* Indexed by number: "chown" ... "checkpoint_restore". */
extern const char *const caps_names[CAPS_COUNT];

/* Parses "chown,cap_setuid,all" into a set; 0, or -EINVAL with *ret_bad at the word that is no capability. */
int caps_parse(const char *list, uint64_t *ret_set, const char **ret_bad);

/* The calling thread's effective set. */
uint64_t caps_effective(void);

/* Takes `set` from all sets of the calling thread, the bounding one included; negative errno. */
int caps_drop(uint64_t set);

/* Sets the calling thread's sets to what they are: the check that every capset makes, and no change. */
int caps_rewrite(void);
