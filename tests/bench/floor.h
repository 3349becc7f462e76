/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What floor.bpf.c and floor.c agree on. */
#pragma once

enum { FLOOR_SEEN, FLOOR_LOST, FLOOR_COUNTERS };

#define FLOOR_NO_CAP 255

struct floor_record {
	unsigned long long time;	/* CLOCK_MONOTONIC, ns */
	unsigned int tid;
	unsigned char cap, denied;
	unsigned short unused;
};
