// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The same tracepoint through perf and tracefs. It runs with preemption off and so never misses a check of a task
 * that is scheduled in the middle of another's; its context is a copy, in front of which perf keeps the saved registers.
 */
#include "bpf/usual.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/* perf_trace_run_bpf_submit puts a pointer to the caller's registers into the first word of the record. */
inlined __u64 record_sp(void *ctx)
{
	struct pt_regs *regs = 0;

	bpf_probe_read_kernel(&regs, sizeof(regs), ctx);
#if defined(__TARGET_ARCH_x86)
	return regs ? BPF_CORE_READ(regs, sp) : 0;
#else
	return 0;
#endif
}

SEC("?tracepoint/capability/cap_capable")
int tp_check(struct trace_event_raw_cap_capable *ctx)
{
	struct asked a = {
		.ctx = ctx,
		.cred = ctx->cred,
		.target = ctx->target_ns,
		.cap = ctx->cap,
		.ret = ctx->ret,
		.probe = PROBE_TP,
	};

	if (is_own())
		return own_check(PROBE_TP, ctx, record_sp(ctx), a.cap);
	if (!is_for(PROBE_TP))
		return 0;
	if (a.cap == CAP_SYS_ADMIN || (with_site && counting))
		a.place = record_sp(ctx);
	return check_bare(&a);
}
