// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * kprobe and kretprobe on cap_capable, paired per thread. What is entered is kept with its stack pointer: a return
 * belongs to the entry with the same one, so nesting is told from a return that was never seen. The return probe is
 * attached first, or the return address on the stack would be the trampoline's.
 */
#include "bpf/usual.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#if defined(__TARGET_ARCH_x86)
#define SP_OF(regs) ((regs)->sp)
#else
#define SP_OF(regs) PT_REGS_SP(regs)
#endif

/* A return sees the stack pointer of its entry, or (x86-64) that plus the return address that was popped. */
enum { SP_SLACK = 16 };

inlined struct thread_state *stored_state(void)
{
	if (!task_is_typed() || !has_task_storage)
		return 0;
	return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

inlined struct thread_state *hashed_state(bool create)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread_state empty = {};
	struct thread_state *t = bpf_map_lookup_elem(&threads_hash, &key);

	if (t || !create)
		return t;
	bpf_map_update_elem(&threads_hash, &key, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads_hash, &key);
}

/* The caller's return address at the entry of a function. */
inlined __u64 caller_of(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	__u64 site = 0;

	bpf_probe_read_kernel(&site, sizeof(site), (void *)SP_OF(regs));
	return site;
#else
	return PT_REGS_RET(regs);
#endif
}

/* What was entered while no check was reported is nobody's loss. */
inlined void tally_lost(const struct open_check *o)
{
	if (o->opts & OPEN_COUNTED)
		tally(TALLY_RETURN_MISSED);
}

/* Once it is to end, no entry is taken down any more. */
inlined int unpaired(enum tally_what why)
{
	if (is_for(PROBE_KPROBE) && probe_ours == PROBE_KPROBE)
		tally(why);
	return 0;
}

inlined int enter(struct thread_state *t, struct open_check *now)
{
	/* What was entered at or below this frame is gone: its return was missed. */
	for (int i = 0; i < OPEN_MAX; i++) {
		__u32 top = t->depth - 1;

		if (!t->depth || t->open[top & (OPEN_MAX - 1)].sp > now->sp)
			break;
		t->depth = top;
		tally_lost(&t->open[top & (OPEN_MAX - 1)]);
	}
	/* Its return will find no entry. */
	if (t->depth >= OPEN_MAX)
		return 0;
	if (is_for(PROBE_KPROBE)) {
		now->opts |= OPEN_COUNTED;
		tally(TALLY_ENTERED);
	}
	t->open[t->depth & (OPEN_MAX - 1)] = *now;
	t->depth++;
	return 0;
}

/*
 * Who asks for CAP_SYS_ADMIN. Another listener's return probe may have put an address of its own there, which the unwound
 * stack does not show.
 */
static __noinline __u64 site_of(struct pt_regs *ctx)
{
	const struct site_place *place = &sites[PROBE_KPROBE];
	__u64 site = caller_of(ctx);

	if (!is_for(PROBE_KPROBE) || !place->overcommit || site == place->overcommit || site_is_other(site) ||
	    gate_stranger(bpf_get_current_pid_tgid() >> 32))
		return site;
	return site_in_stack(ctx, place, site) ? place->overcommit : site;
}

/* Not of whom nobody watches, and not of a check that is hidden. */
inlined bool wants_frames(const struct open_check *o)
{
	if (!is_for(PROBE_KPROBE) || gate_stranger(bpf_get_current_pid_tgid() >> 32))
		return false;
	return show_overcommit || !o->site || o->site != sites[PROBE_KPROBE].overcommit;
}

SEC("?kprobe/cap_capable")
int BPF_KPROBE(kprobe_enter, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts)
{
	struct open_check now = { .sp = SP_OF(ctx), .cred = (__u64)cred, .target = (__u64)target, .cap = cap };
	struct thread_state *t;

	if (is_own())
		return own_check(PROBE_KPROBE, ctx, now.sp, cap);
	if (probe_ours != PROBE_KPROBE)
		return 0;
	now.opts = opts & ~OPEN_COUNTED;
	now.site = cap == CAP_SYS_ADMIN ? site_of(ctx) : 0;
	if (with_site && wants_frames(&now))
		keep_frames(ctx, now.sp);
	/* The storage is refused as long as another task has it open that was interrupted on this CPU. */
	t = stored_state();
	if (!t)
		t = hashed_state(true);
	if (t)
		return enter(t, &now);
	return unpaired(TALLY_STATE_REFUSED);
}

/* The open check that returns with this stack pointer, taken away. */
inlined struct open_check *leave(struct thread_state *t, __u64 sp)
{
	for (int i = 0; i < OPEN_MAX; i++) {
		if (!t->depth)
			break;
		struct open_check *top = &t->open[(t->depth - 1) & (OPEN_MAX - 1)];

		if (top->sp > sp)
			break;
		t->depth--;
		if (top->sp + SP_SLACK >= sp)
			return top;
		tally_lost(top);
	}
	return 0;
}

/* The entry that returns with this stack pointer; NULL: its entry was not seen, or is counted elsewhere. */
static __noinline struct open_check *returned(__u64 sp)
{
	struct thread_state *t, *other;
	struct open_check *o = 0;

	t = stored_state();
	if (t)
		o = leave(t, sp);
	if (!o) {
		other = hashed_state(false);
		if (other)
			o = leave(other, sp);
	}
	/* With the storage refused just now its entry may wait there, and is counted for that. */
	if (!o && (t || !has_task_storage))
		unpaired(TALLY_ENTRY_MISSED);
	else if (o && o->opts & OPEN_COUNTED)
		tally(TALLY_PAIRED);
	return o;
}

SEC("?kretprobe/cap_capable")
int BPF_KRETPROBE(kprobe_return, int ret)
{
	struct asked a = { .ctx = ctx, .ret = ret, .probe = PROBE_KPROBE };
	struct open_check *o;
	__u64 sp;

	if (is_own())
		return 0;
	o = returned(SP_OF(ctx));
	if (!o || !is_for(PROBE_KPROBE))
		return 0;
	a.cred = (void *)o->cred;
	a.target = (void *)o->target;
	a.place = o->site;
	a.cap = o->cap;
	a.flags = opts_flags(o->opts);
	a.opts = o->opts & ~OPEN_COUNTED;
	if (!with_site)
		return check_bare(&a);
	sp = o->sp;
	a.frames = kept_frames(sp);
	check_bare(&a);
	drop_frames(sp);
	return 0;
}
