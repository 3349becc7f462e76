// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks that no probe on cap_capable hears, since the compiler put that function into its caller: heard where the caller
 * begins, and told from what it is about to do. Of these four functions it can be told without doubt: whether they ask
 * follows from their arguments and the credentials, and so does the answer, which is a bit of the effective set. That is
 * said with CHECK_DERIVED. A program is attached only where our own trial showed that its check is not heard.
 */
#include "bpf/usual.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

enum { CAP_SETPCAP = 8, CAP_SYS_RAWIO = 17 };
enum { PR_SET_SECUREBITS = 28 };
/* Those that were there before the tracepoint was, beside which nothing is derived. */
enum { SECURE_ALL_BITS = 0x55, SECURE_ALL_LOCKS = 0xaa };
enum { EPERM = 1 };

inlined const struct cred *subjective_cred(void)
{
	struct task_struct *task = bare_task();

	return BPF_CORE_READ(task, cred);
}

/* The initial namespace: the only one without a parent. */
static __noinline __u64 initial_of(__u64 ns_arg)
{
	const struct user_namespace *ns = (void *)ns_arg;

	for (int i = 0; i < NS_DEPTH; i++) {
		const struct user_namespace *parent = BPF_CORE_READ(ns, parent);

		if (!parent)
			break;
		ns = parent;
	}
	return (__u64)ns;
}

/*
 * The rest of the path of a check, which is long. What is asked seldom is sent also where all else is counted, and counted
 * by who reads it: that makes half of what the verifier has to follow.
 */
inlined int go_on(struct asked *a, struct subject *s, const bool typed_task, const bool seldom)
{
	struct count_key none = {};

	if (!seldom)
		return check_plainly(a, s, typed_task, false);
	if (gate.any && !first_look(s, tgid_of(s, typed_task), a->cap, a->ret))
		return 0;
	set_own(s, typed_task);
	set_asker(a, false);
	if (!gate.more || !is_outside(a, s, typed_task, false))
		emit(a, s, &none, typed_task, false);
	return 0;
}

inlined int report(void *ctx, __u64 cred, __u64 target, __u32 flags, __u32 what, const bool seldom)
{
	struct asked a = {
		.ctx = ctx,
		.cred = (void *)cred,
		.target = (void *)target,
		.cap = what & 0xff,
		.ret = flags & CHECK_DENIED ? -EPERM : 0,
		.flags = flags | CHECK_DERIVED,
		.probe = what >> 8,
	};
	struct subject s = { };

	if (task_is_typed()) {
		s.task = bpf_get_current_task_btf();
		return go_on(&a, &s, true, seldom);
	}
	s.task = bare_task();
	return go_on(&a, &s, false, seldom);
}

/* Called: there are eight programs. `what`: the probe and the capability, for there is room for five arguments. */
static __noinline int report_seldom(void *ctx, __u64 cred, __u64 target, __u32 flags, __u32 what)
{
	return report(ctx, cred, target, flags, what, true);
}

static __noinline int report_often(void *ctx, __u64 cred, __u64 target, __u32 flags, __u32 what)
{
	return report(ctx, cred, target, flags, what, false);
}

/* They stand beside both probes on the function: what began beside one goes on beside the other. */
inlined bool is_beside(__u32 probe)
{
	return probe == PROBE_FEXIT || probe == PROBE_KPROBE;
}

/*
 * What cap_capable answers: in the namespace of the credentials their effective set decides, and in one above it, which
 * the initial one is to all others, there is nothing that anybody could hold.
 */
inlined int ask(void *ctx, enum event_probe probe, const struct cred *cred, int cap, bool of_host, __u32 flags)
{
	const __u32 what = probe << 8 | cap;
	const struct user_namespace *ns;
	__u64 target;

	if (is_own())
		return is_beside(probe_ours) ? own_check(probe_ours, ctx, 0, cap) : 0;
	if (!is_beside(probe_now))
		return 0;
	ns = BPF_CORE_READ(cred, user_ns);
	target = of_host ? initial_of((__u64)ns) : (__u64)ns;
	if (target != (__u64)ns || !(READ_SET(false, cred, cap_effective) >> cap & 1))
		flags |= CHECK_DENIED;
	flags |= CHECK_OPTS_KNOWN;
	return flags & CHECK_OVERCOMMIT ? report_often(ctx, (__u64)cred, target, flags, what) :
					  report_seldom(ctx, (__u64)cred, target, flags, what);
}

/* __vm_enough_memory's reserve for root: asked at each call. */
inlined int overcommit(void *ctx, enum event_probe probe)
{
	return ask(ctx, probe, subjective_cred(), CAP_SYS_ADMIN, true, CHECK_NOAUDIT | CHECK_OVERCOMMIT);
}

/* capset(2): asked at each call, before anything else (cap_inh_is_capped). */
inlined int capset(void *ctx, enum event_probe probe)
{
	return ask(ctx, probe, subjective_cred(), CAP_SETPCAP, false, 0);
}

/* prctl(PR_SET_SECUREBITS): asked last, where nothing that is locked is to change, and there are such bits. */
inlined int securebits(void *ctx, enum event_probe probe, int option, unsigned long bits)
{
	const struct cred *cred;
	unsigned long now, locks;

	if (option != PR_SET_SECUREBITS)
		return 0;
	cred = subjective_cred();
	now = BPF_CORE_READ(cred, securebits);
	locks = now & SECURE_ALL_LOCKS;
	if (locks >> 1 & (now ^ bits) || locks & ~bits || bits & ~(unsigned long)(SECURE_ALL_LOCKS | SECURE_ALL_BITS))
		return 0;
	return ask(ctx, probe, cred, CAP_SETPCAP, false, 0);
}

/* A mapping below vm.mmap_min_addr, whose value user space keeps. */
inlined int low_address(void *ctx, enum event_probe probe, unsigned long address)
{
	return address < mmap_min_addr ? ask(ctx, probe, subjective_cred(), CAP_SYS_RAWIO, true, 0) : 0;
}

SEC("?fentry/cap_vm_enough_memory")
int fentry_cap_vm_enough_memory(__u64 *ctx)
{
	return overcommit(ctx, PROBE_FEXIT);
}

SEC("?fentry/cap_capset")
int fentry_cap_capset(__u64 *ctx)
{
	return capset(ctx, PROBE_FEXIT);
}

SEC("?fentry/cap_task_prctl")
int fentry_cap_task_prctl(__u64 *ctx)
{
	return securebits(ctx, PROBE_FEXIT, ctx[0], ctx[1]);
}

SEC("?fentry/cap_mmap_addr")
int fentry_cap_mmap_addr(__u64 *ctx)
{
	return low_address(ctx, PROBE_FEXIT, ctx[0]);
}

SEC("?kprobe/cap_vm_enough_memory")
int BPF_KPROBE(kprobe_cap_vm_enough_memory)
{
	return overcommit(ctx, PROBE_KPROBE);
}

SEC("?kprobe/cap_capset")
int BPF_KPROBE(kprobe_cap_capset)
{
	return capset(ctx, PROBE_KPROBE);
}

SEC("?kprobe/cap_task_prctl")
int BPF_KPROBE(kprobe_cap_task_prctl, int option, unsigned long bits)
{
	return securebits(ctx, PROBE_KPROBE, option, bits);
}

SEC("?kprobe/cap_mmap_addr")
int BPF_KPROBE(kprobe_cap_mmap_addr, unsigned long address)
{
	return low_address(ctx, PROBE_KPROBE, address);
}
