/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a check was made, as one number by which it is counted: only where sites are told apart (with_site). */
#pragma once

#include "bpf/frames.bpf.h"

#define CALLS_OF_X32 0x40000000

/* Of the arguments of a call those that decide what is asked in it, as one number. */
inlined __u64 telling_args(struct pt_regs *regs, __u32 flags, __s32 nr)
{
	__u32 call = nr & ~CALLS_OF_X32, arg[SITE_ARGS], which;

	if (!regs || !(flags & CHECK_SYSCALL_KNOWN) || call >= ARGS_CALLS)
		return 0;
	which = flags & CHECK_ABI_32 ? call_args.of_32[call] : call_args.own[call];
	if (!which)
		return 0;
	put_args(arg, regs, flags);
	return (which >> 4 ? (__u64)arg[((which >> 4) - 1) & (SITE_ARGS - 1)] << 32 : 0) |
	       arg[((which & 15) - 1) & (SITE_ARGS - 1)];
}

inlined __u64 mix(__u64 id, __u64 with)
{
	id = (id ^ with) * 0x9e3779b97f4a7c15ULL;
	return id ^ id >> 32;
}

/*
 * One number for a whole stack, and what else tells one site from another. Frames of our own are among them: the same check
 * by another way through this program may have another number. `frame` has room for SITE_FRAMES, and nobody else's use of
 * it may come in between.
 */
static __noinline __u64 site_id(void *ctx, struct cpu_state *cpu, __u64 args)
{
	__u64 *frame = &cpu->room[2], id = args;

	__builtin_memset(frame, 0, sizeof(cpu->room) - 2 * sizeof(*frame));
	bpf_get_stack(ctx, frame, sizeof(cpu->room) - 2 * sizeof(*frame), 2);
	for (int i = 0; i < SITE_FRAMES; i++)
		id = mix(id, frame[i]);
	return id ?: 1;
}

/* Of a stack that was kept since its entry; 0: none was. */
static __noinline __u64 kept_site_id(const __u64 *frame, __u64 args)
{
	__u64 id = args;

	if (!frame)
		return 0;
	for (int i = 0; i < SITE_FRAMES; i++)
		id = mix(id, frame[i]);
	return id ?: 1;
}
