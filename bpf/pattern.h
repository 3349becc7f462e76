/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A glob over the 15 bytes of a thread's name, as both sides run it. Bit i of the state is set while the
 * first i characters of the glob (stars apart) have been matched; it starts as 1, and for each byte c becomes
 *     ((state & step[c]) << 1) | (state & stay)
 * The name matches where the state after its last byte has a bit of `last`.
 */
#pragma once

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum pattern_flag {
	PATTERN_NOT = 1 << 0,	/* written with a leading !: names that match are left out */
};

struct pattern {
	__u32 step[256];	/* the places that this byte leads on from */
	__u32 stay;		/* the places that any byte may be spent in: where a star stands */
	__u32 last;		/* the place that ends the glob */
	__u32 flags;		/* enum pattern_flag; for whoever combines several */
};

_Static_assert(sizeof(struct pattern) == 259 * sizeof(__u32), "no padding: it is copied into the kernel as it is");
