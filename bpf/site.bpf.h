/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call site of a check: the caller's return address. Where it lies on the stack is learned at start from our own
 * checks (user/source/trial.c) and is then one bounded read; an address that is not the known one is somebody else.
 */
#pragma once

#include "bpf/read.bpf.h"

/* The return address at the learned place; 0 where it is not known or could not be read. */
inlined __u64 site_read(void *ctx, __u64 base, const struct site_place *place)
{
	__u64 site = 0;

	if (place->near) {
		bpf_probe_read_kernel(&site, sizeof(site), (void *)(base + place->distance));
	} else if (place->unwind) {
		__u64 frame[LEARN_FRAMES] = {};
		__u32 i = place->frame;

		if (bpf_get_stack(ctx, frame, sizeof(frame), 0) > 0 && i < LEARN_FRAMES)
			site = frame[i];
	}
	return site;
}

/* During our own trial: counts the act, and keeps the stack of its last check for user space to look at. */
static __noinline int learn(void *ctx, __u64 base, int cap)
{
	__u32 act = trial_now;
	long n;

	if (act == TRIAL_NONE || act >= TRIAL_COUNT || cap != trial_cap)
		return 0;
	struct learned *l = &learned[act];

	__sync_fetch_and_add(&l->heard, 1);
	/* In the burst too, where nobody looks at it: a program that takes its time is preempted more often. */
	n = bpf_get_stack(ctx, l->frame, sizeof(l->frame), 0);
	l->frames = n > 0 ? n / sizeof(__u64) : 0;
	if (base && act != TRIAL_BURST)
		bpf_probe_read_kernel(l->word, sizeof(l->word), (void *)base);
	return 0;
}
