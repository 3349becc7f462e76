/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody was granted while he was learned. */
#pragma once

#include <stdint.h>

/* Who is one and the same: a workload, by the name that it keeps, or all containers of an image. */
enum baseline_by { BASELINE_NAME, BASELINE_IMAGE, BASELINE_BYS };

extern const char *const baseline_words[BASELINE_BYS];

struct baseline {
	uint64_t since_ns, until_ns;	/* CLOCK_REALTIME; .until_ns 0: nothing is learned (yet) */
	uint64_t caps;			/* a mask */
};
