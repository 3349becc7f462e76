// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * kprobe and kretprobe on cap_capable, paired per thread. What is entered is kept with its stack pointer: a return
 * belongs to the entry with the same one, so nesting is told from a return that was never seen. The return probe is
 * attached first, or the return address on the stack would be the trampoline's.
 */
#include "bpf/check.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#if defined(__TARGET_ARCH_x86)
#define SP_OF(regs) ((regs)->sp)
#else
#define SP_OF(regs) PT_REGS_SP(regs)
#endif

/* A return sees the stack pointer of its entry, or (x86-64) that plus the return address that was popped. */
enum { SP_SLACK = 16 };

inlined struct thread_state *thread_state(void)
{
	struct thread_state empty = {};
	__u64 key;

	if (task_is_typed() && has_task_storage)
		return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	key = bpf_get_current_pid_tgid();
	struct thread_state *t = bpf_map_lookup_elem(&threads_hash, &key);

	if (t)
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

SEC("?kprobe/cap_capable")
int BPF_KPROBE(kprobe_enter, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts)
{
	struct thread_state *t;
	struct open_check *o;
	__u64 sp = SP_OF(ctx);

	if (!is_for(PROBE_KPROBE))
		return 0;
	if (is_own()) {
		tally(TALLY_OWN);
		return learn(ctx, sp, cap);
	}
	t = thread_state();
	if (!t) {
		tally(TALLY_STATE_REFUSED);
		return 0;
	}
	/* What was entered at or below this frame is gone: its return was missed. */
	for (int i = 0; i < OPEN_MAX; i++) {
		__u32 top = t->depth - 1;

		if (!t->depth || t->open[top & (OPEN_MAX - 1)].sp > sp)
			break;
		t->depth = top;
		tally(TALLY_RETURN_MISSED);
	}
	if (t->depth >= OPEN_MAX) {
		tally(TALLY_RETURN_MISSED);
		return 0;
	}
	o = &t->open[t->depth & (OPEN_MAX - 1)];
	o->sp = sp;
	o->cred = (__u64)cred;
	o->target = (__u64)target;
	o->site = cap == CAP_SYS_ADMIN ? caller_of(ctx) : 0;
	o->cap = cap;
	o->opts = opts;
	t->depth++;
	return 0;
}

SEC("?kretprobe/cap_capable")
int BPF_KRETPROBE(kprobe_return, int ret)
{
	struct asked a = { .ctx = ctx, .ret = ret, .probe = PROBE_KPROBE };
	struct open_check *o = 0;
	struct thread_state *t;
	__u64 sp = SP_OF(ctx);

	if (!is_for(PROBE_KPROBE) || is_own())
		return 0;
	t = thread_state();
	if (!t) {
		tally(TALLY_STATE_REFUSED);
		return 0;
	}
	for (int i = 0; i < OPEN_MAX; i++) {
		if (!t->depth)
			break;
		struct open_check *top = &t->open[(t->depth - 1) & (OPEN_MAX - 1)];

		if (top->sp > sp)
			break;
		t->depth--;
		if (top->sp + SP_SLACK >= sp) {
			o = top;
			break;
		}
		tally(TALLY_RETURN_MISSED);
	}
	if (!o) {
		tally(TALLY_ENTRY_MISSED);
		return 0;
	}
	a.cred = (void *)o->cred;
	a.target = (void *)o->target;
	a.site = o->site;
	a.cap = o->cap;
	a.flags = opts_flags(o->opts);
	return check_bare(&a);
}
