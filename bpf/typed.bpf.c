// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fexit on cap_capable: options and verdict in one program, on kernels with BTF and ftrace direct calls. Its context
 * lies on the live kernel stack, so the caller's return address is at a fixed distance from it.
 */
#include "bpf/check.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/* Such a program has the kernel's own BTF; only the helper may be missing (before 5.11). */
inlined bool has_typed_task(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

/*
 * Where the two probes differ. The arguments are read when they are wanted, and not all of them at once as BPF_PROG
 * would: most checks are refused before.
 */
inlined int cap_of(const __u64 *ctx, enum event_probe probe)
{
	return ctx[probe == PROBE_FEXIT ? 2 : 3];
}

inlined struct asked asked_of(__u64 *ctx, enum event_probe probe)
{
	struct asked a = {
		.ctx = ctx,
		.base = (__u64)ctx,
		.cred = (void *)ctx[0],
		.target = (void *)ctx[1],
		.cap = cap_of(ctx, probe),
		.ret = ctx[4],
		.flags = probe == PROBE_FEXIT ? opts_flags(ctx[3]) : 0,
		.probe = probe,
	};

	return a;
}

inlined int heard(__u64 *ctx, enum event_probe probe, struct task_struct *task, __u32 tgid, const bool typed)
{
	struct subject s;
	struct asked a;

	if (is_for(probe) ? refused_as_stranger(tgid) : tgid != own_tgid)
		return 0;
	if (tgid == own_tgid)
		return own_check(probe, ctx, (__u64)ctx, cap_of(ctx, probe));
	if (!first_look(&s, tgid, cap_of(ctx, probe), ctx[4]))
		return 0;
	a = asked_of(ctx, probe);
	s.task = task;
	return check_typed(&a, &s, typed);
}

inlined int heard_typed(__u64 *ctx, enum event_probe probe)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return heard(ctx, probe, task, task->tgid, true);
}

/* Two ways that share nothing: a jump over what is not there would stay in the program. */
SEC("?fexit/cap_capable")
int fexit_check(__u64 *ctx)
{
	if (!has_typed_task())
		return heard(ctx, PROBE_FEXIT, bare_task(), bpf_get_current_pid_tgid() >> 32, false);
	return heard_typed(ctx, PROBE_FEXIT);
}

/*
 * The tracepoint capability:cap_capable (6.14, d48da4d5ed7b), typed. It has no options, and its capable_ns is the
 * asker's namespace also for denials: how a grant came about is recomputed. Every kernel that has it has typed tasks;
 * what is not in a program needs not be taken out of it by the verifier, which is most of what a start costs.
 */
SEC("?tp_btf/cap_capable")
int tp_btf_check(__u64 *ctx)
{
	return heard_typed(ctx, PROBE_TP_BTF);
}
