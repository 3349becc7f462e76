/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where in the kernel a check was made, and with which arguments of its system call: only where somebody asked for the
 * classes of checks (with_site), behind each event_check that goes out. The frames are unwound, a microsecond or so; a
 * kprobe takes them at the entry, where the way back still stands on the stack.
 */
#pragma once

#include "bpf/read.bpf.h"

struct frames {
	__u64 at[SITE_FRAMES];
};

/* The entry that they were taken at, as in struct open_check. */
struct frames_key {
	__u64 thread, sp;
};

/* Made only where classes are wanted and a kprobe hears. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FRAMES_MAX);
	__type(key, struct frames_key);
	__type(value, struct frames);
} open_frames SEC(".maps") __weak;

/* Room for a check in the ring, with its site where that is wanted. */
inlined struct event_check *reserve_check(void)
{
	if (with_site)
		return bpf_ringbuf_reserve(&ring, sizeof(struct event_check_site), 0);
	return bpf_ringbuf_reserve(&ring, sizeof(struct event_check), 0);
}

inlined void keep_frames(void *ctx, __u64 sp)
{
	struct frames_key key = { bpf_get_current_pid_tgid(), sp };
	struct frames f = {};

	bpf_get_stack(ctx, f.at, sizeof(f.at), 0);
	bpf_map_update_elem(&open_frames, &key, &f, BPF_ANY);
}

inlined const __u64 *kept_frames(__u64 sp)
{
	struct frames_key key = { bpf_get_current_pid_tgid(), sp };
	struct frames *f = bpf_map_lookup_elem(&open_frames, &key);

	return f ? f->at : 0;
}

inlined void drop_frames(__u64 sp)
{
	struct frames_key key = { bpf_get_current_pid_tgid(), sp };

	bpf_map_delete_elem(&open_frames, &key);
}

/* The registers of a system call that is under way; what they hold is not looked at here. typed: of bpf_task_pt_regs. */
inlined void put_args(__u32 *arg, struct pt_regs *regs, __u32 flags, const bool typed)
{
#if defined(__TARGET_ARCH_x86)
	bool of_32 = flags & CHECK_ABI_32;

	arg[0] = of_32 ? READ(typed, regs, bx) : READ(typed, regs, di);
	arg[1] = of_32 ? READ(typed, regs, cx) : READ(typed, regs, si);
	arg[2] = READ(typed, regs, dx);
	arg[3] = of_32 ? READ(typed, regs, si) : READ(typed, regs, r10);
#elif defined(__TARGET_ARCH_arm64)
	const struct user_pt_regs *user = (void *)regs;

	for (int i = 0; i < SITE_ARGS; i++)
		arg[i] = BPF_CORE_READ(user, regs[i]);
#endif
}

/* e begins a struct event_check_site, and is filled already. kept: of its entry, NULL: unwind now. */
inlined void put_site(struct event_check *e, void *ctx, bool unwind, const __u64 *kept, struct pt_regs *regs, __u64 id)
{
	struct event_site *site = &((struct event_check_site *)e)->site;

	e->head.size = sizeof(struct event_check_site);
	e->head.flags |= CHECK_SITE;
	__builtin_memset(site, 0, sizeof(*site));
	site->id = id;
	if (regs && e->head.flags & CHECK_SYSCALL_KNOWN)
		put_args(site->arg, regs, e->head.flags, false);
	if (unwind)
		bpf_get_stack(ctx, site->frame, sizeof(site->frame), 0);
	else if (kept)
		__builtin_memcpy(site->frame, kept, sizeof(site->frame));
}
