/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call site of a check: the caller's return address. Where it lies on the stack is learned at start from our own
 * checks (user/source/trial.c) and is then one bounded read; an address that is not the known one is somebody else.
 */
#pragma once

#include "bpf/read.bpf.h"

/*
 * Is it a caller that is known to be another? By itself only of a word that is the return address for certain, as a
 * kprobe's is: at a distance that was learned, a stack that became another one may have a caller of an earlier check, left
 * over.
 */
inlined bool site_is_other(__u64 site)
{
	return site && site == other_sites[site / 4 % OTHER_SITES];
}

/* The word that the probe has at the distance of the site, or 0. */
inlined __u64 site_near(__u64 base, const struct site_place *place)
{
	return place->near && base ? stack_word(base + place->distance) : 0;
}

/*
 * Does the unwound stack have the call site at `place`? It is found there only if the call came from there. That takes ten
 * times as long as all the rest, so that another caller is remembered: `site` (0: none) is one where the stack has it right
 * behind the function that asks, and not where somebody put an address of his own in its place. Inlined: each function of
 * ours is a frame more, and LEARN_FRAMES are few.
 */
inlined int site_in_stack(void *ctx, const struct site_place *place, __u64 site)
{
	__u64 frame[LEARN_FRAMES] = {};

	if (bpf_get_stack(ctx, frame, sizeof(frame), 0) <= 0)
		return 0;
	for (int i = 0; i < LEARN_FRAMES; i++) {
		if (frame[i] != place->overcommit)
			continue;
		if (place->near)
			tally(TALLY_UNWOUND);
		return 1;
	}
	if (!site || !place->before)
		return 0;
	/* Unrolled: 6.1 refuses a loop that begins behind what is no jump, where the compiler may put it. */
#pragma unroll
	for (int i = 1; i < LEARN_FRAMES; i++) {
		__u64 here = frame[i];

		/* Else it compares all before it jumps, and each would double the verifier's ways. */
		barrier_var(here);
		if (here == site && frame[i - 1] == place->before) {
			other_sites[site / 4 % OTHER_SITES] = site;
			break;
		}
	}
	return 0;
}

/*
 * The word there is no site of memory overcommit, but the stack may have become another one - a second listener on the
 * tracepoint adds a frame -, so that the whole of it is asked.
 */
static __noinline int site_is(void *ctx, __u64 site, const struct site_place *place)
{
	return site_in_stack(ctx, place, site);
}

/*
 * Do the types that we were fitted to show the task that runs? Asked of helpers, which need none: a file of types can
 * be another kernel's.
 */
inlined void look_at_self(struct learned *l)
{
	struct task_struct *task = bare_task();
	__u64 name[2] = {}, shown[2] = {};

	/* What stands behind a shorter name in the task is an older one's rest. */
	bpf_get_current_comm(name, sizeof(name));
	bpf_probe_read_kernel_str(shown, sizeof(shown), task->comm);
	l->misfit = (__u64)(__u32)BPF_CORE_READ(task, tgid) << 32 != (bpf_get_current_pid_tgid() >> 32 << 32) ||
		    (__u32)BPF_CORE_READ(task, pid) != (__u32)bpf_get_current_pid_tgid() ||
		    BPF_CORE_READ(task, real_cred, uid.val) != (__u32)bpf_get_current_uid_gid() ||
		    name[0] != shown[0] || name[1] != shown[1];
	l->userns = BPF_CORE_READ(task, real_cred, user_ns, ns.inum);
}

#if defined(__TARGET_ARCH_x86)
#define TRIAL_SYSCALL 170	/* sethostname */
#else
#define TRIAL_SYSCALL 161
#endif

/* The number of the system call in saved registers; -1 where these are none. */
inlined long syscall_in(const void *at)
{
#if defined(__TARGET_ARCH_x86)
	const struct pt_regs *regs = at;

	return BPF_CORE_READ(regs, cs) & 3 ? (long)BPF_CORE_READ(regs, orig_ax) : -1;
#else
	const struct pt_regs___saved *regs = at;

	return BPF_CORE_READ(regs, pc) ? BPF_CORE_READ(regs, syscallno) : -1;
#endif
}

/*
 * Where in a stack of this size the registers lie; `known` where they do not. A global function, which the verifier follows once:
 * in the loop below it went through each turn, on each way that leads to the next.
 */
__weak __noinline __u32 registers_in(__u64 stack, __u32 size, __u32 known)
{
	for (__u32 above = 0; above <= 16; above += 16) {
		__u32 at = size - above - bpf_core_type_size(struct pt_regs);

		if (syscall_in((const void *)(stack + at)) == TRIAL_SYSCALL)
			return at;
	}
	return known;
}

/*
 * Where on a stack the registers lie: its size depends on the kernel's configuration (KASAN, the size of pages), and
 * so does what lies above them (16 bytes with FRED).
 */
inlined void learn_registers(void)
{
	__u64 stack = (__u64)BPF_CORE_READ(bare_task(), stack);
	__u32 at = registers_at;

	for (__u32 size = 8192; size <= 65536; size *= 2)
		at = registers_in(stack, size, at);
	registers_at = at;
}

/* Global, too: it is called on two ways, and followed once. */
__weak __noinline int learn_self(void)
{
	look_at_self(&learned[TRIAL_PLAIN]);
	learn_registers();
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
	if (act == TRIAL_PLAIN)
		learn_self();
	if (base && act != TRIAL_BURST)
		bpf_probe_read_kernel(l->word, sizeof(l->word), (void *)base);
	return 0;
}
