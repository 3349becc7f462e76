// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* fexit and the typed tracepoint, for any run. */
#include "bpf/typed.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

static __noinline int rest_fexit(__u64 *ctx, struct task_struct *task, const struct cred *own,
				 const struct user_namespace *asker, __u32 flags)
{
	return rest_of(ctx, PROBE_FEXIT, task, own, asker, flags);
}

static __noinline int rest_tp_btf(__u64 *ctx, struct task_struct *task, const struct cred *own,
				  const struct user_namespace *asker, __u32 flags)
{
	return rest_of(ctx, PROBE_TP_BTF, task, own, asker, flags);
}

/* Functions of their own, so that who is refused at once does not pay for the room that they take. */
static __noinline int listened_fexit(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_FEXIT, task, rest_fexit, true);
}

static __noinline int listened_tp_btf(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_TP_BTF, task, rest_tp_btf, true);
}

/* For PLAN_SITES, whose stacks are unwound from here on: each function of ours is a frame more. */
inlined int rest_here_fexit(__u64 *ctx, struct task_struct *task, const struct cred *own,
			    const struct user_namespace *asker, __u32 flags)
{
	return rest_of(ctx, PROBE_FEXIT, task, own, asker, flags);
}

static __noinline int sites_fexit(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_FEXIT, task, rest_here_fexit, false);
}

inlined int rest_here_tp_btf(__u64 *ctx, struct task_struct *task, const struct cred *own,
			     const struct user_namespace *asker, __u32 flags)
{
	return rest_of(ctx, PROBE_TP_BTF, task, own, asker, flags);
}

static __noinline int sites_tp_btf(__u64 *ctx, struct task_struct *task)
{
	return listened(ctx, PROBE_TP_BTF, task, rest_here_tp_btf, false);
}

static __noinline int planned_fexit(__u64 *ctx, struct task_struct *task)
{
	return planned_rest(ctx, PROBE_FEXIT, task, rest_fexit);
}

static __noinline int planned_tp_btf(__u64 *ctx, struct task_struct *task)
{
	return planned_rest(ctx, PROBE_TP_BTF, task, rest_tp_btf);
}

/* For kernels without typed tasks (before 5.11): a program of its own, as the verifier spends time on what it takes out. */
SEC("?fexit/cap_capable")
int fexit_bare(__u64 *ctx)
{
	return heard_bare(ctx, PROBE_FEXIT);
}

SEC("?fexit/cap_capable")
int fexit_check(__u64 *ctx)
{
	heard_typed(ctx, PROBE_FEXIT, listened_fexit);
	return 0;
}

SEC("?fexit/cap_capable")
int fexit_send(__u64 *ctx)
{
	planned_send(ctx, PROBE_FEXIT, planned_fexit);
	return 0;
}

SEC("?fexit/cap_capable")
int fexit_sites(__u64 *ctx)
{
	planned_sites(ctx, PROBE_FEXIT, sites_fexit);
	return 0;
}

SEC("?fexit/cap_capable")
int fexit_silent(__u64 *ctx)
{
	planned_silent(ctx, PROBE_FEXIT, planned_fexit);
	return 0;
}

SEC("?fexit/cap_capable")
int fexit_count(__u64 *ctx)
{
	planned_count(ctx, PROBE_FEXIT, planned_fexit);
	return 0;
}

/*
 * The tracepoint capability:cap_capable (6.14, d48da4d5ed7b), typed. It has no options, and its capable_ns is the
 * asker's namespace also for denials: how a grant came about is recomputed. Every kernel that has it has typed tasks;
 * what is not in a program needs not be taken out of it by the verifier, which is most of what a start costs.
 */
SEC("?tp_btf/cap_capable")
int tp_btf_check(__u64 *ctx)
{
	heard_typed(ctx, PROBE_TP_BTF, listened_tp_btf);
	return 0;
}

SEC("?tp_btf/cap_capable")
int tp_btf_silent(__u64 *ctx)
{
	planned_silent(ctx, PROBE_TP_BTF, planned_tp_btf);
	return 0;
}

SEC("?tp_btf/cap_capable")
int tp_btf_count(__u64 *ctx)
{
	planned_count(ctx, PROBE_TP_BTF, planned_tp_btf);
	return 0;
}

SEC("?tp_btf/cap_capable")
int tp_btf_sites(__u64 *ctx)
{
	planned_sites(ctx, PROBE_TP_BTF, sites_tp_btf);
	return 0;
}
