// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The typed tracepoint, for a run that only sends checks: programs in which nothing is of counts, call sites, outcomes and
 * verdicts of other modules, and in one of them nothing of filters by more than verdict, capability and process. What is
 * not in a program needs not be taken out of it by the verifier, piece by piece, which is a good part of what a start costs.
 */
#define ONLY_SENDS
#define WITH_LOOPS
#include "bpf/typed.bpf.h"

#include "bpf/exec.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

static __noinline int rest_sent(__u64 *ctx, struct task_struct *task, const struct cred *own,
				const struct user_namespace *asker, __u32 flags)
{
	return rest_of(ctx, PROBE_TP_BTF, task, own, asker, flags);
}

static __noinline int listened_sent(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_TP_BTF, task, rest_sent, false);
}

static __noinline int listened_more(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_TP_BTF, task, rest_sent, true);
}

static __noinline int planned_sent(__u64 *ctx, struct task_struct *task)
{
	return planned_rest(ctx, PROBE_TP_BTF, task, rest_sent);
}

SEC("?tp_btf/cap_capable")
int tp_btf_only(__u64 *ctx)
{
	heard_typed(ctx, PROBE_TP_BTF, listened_sent);
	return 0;
}

SEC("?tp_btf/cap_capable")
int tp_btf_more(__u64 *ctx)
{
	heard_typed(ctx, PROBE_TP_BTF, listened_more);
	return 0;
}

SEC("?tp_btf/cap_capable")
int tp_btf_send(__u64 *ctx)
{
	planned_send(ctx, PROBE_TP_BTF, planned_sent);
	return 0;
}

/* As on_exec of bpf/life.bpf.c. Where the typed tracepoint is, the kernel has loops, and tasks are typed. */
SEC("?raw_tp/sched_process_exec")
int on_exec_newer(void *ctx)
{
	return execed(bpf_get_current_task_btf(), true);
}
