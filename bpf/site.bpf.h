/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call site of a check: the caller's return address. Where it lies on the stack is learned at start from our own
 * checks (user/source/trial.c) and is then one bounded read; an address that is not the known one is somebody else.
 */
#pragma once

#include "bpf/read.bpf.h"

/*
 * Is this the call site at `place`? One word of the stack says yes for nearly all. Where it says something else, the
 * stack may have become another one - a second listener on the tracepoint adds a frame -, so that the whole of it is
 * asked: the address is found in it only if the call came from there.
 */
static __noinline int site_is(void *ctx, __u64 base, const struct site_place *place)
{
	__u64 frame[LEARN_FRAMES] = {};
	__u64 site = 0;

	if (place->near && base) {
		bpf_probe_read_kernel(&site, sizeof(site), (void *)(base + place->distance));
		if (site == place->overcommit)
			return 1;
	}
	if (bpf_get_stack(ctx, frame, sizeof(frame), 0) <= 0)
		return 0;
	for (int i = 0; i < LEARN_FRAMES; i++) {
		if (frame[i] != place->overcommit)
			continue;
		if (place->near)
			tally(TALLY_UNWOUND);
		return 1;
	}
	return 0;
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
