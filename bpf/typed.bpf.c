// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fexit on cap_capable: options and verdict in one program, on kernels with BTF and ftrace direct calls. Its context
 * lies on the live kernel stack, so the caller's return address is at a fixed distance from it.
 */
#include "bpf/check.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

SEC("?fexit/cap_capable")
int BPF_PROG(fexit_check, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts, int ret)
{
	struct asked a = {
		.ctx = ctx,
		.base = (__u64)ctx,
		.cred = cred,
		.target = target,
		.cap = cap,
		.ret = ret,
		.flags = opts_flags(opts),
		.probe = PROBE_FEXIT,
	};

	return check_typed(&a);
}

/*
 * The tracepoint capability:cap_capable (6.14, d48da4d5ed7b), typed. It has no options, and its capable_ns is the
 * asker's namespace also for denials: how a grant came about is recomputed.
 */
SEC("?tp_btf/cap_capable")
int BPF_PROG(tp_btf_check, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable_ns, int cap, int ret)
{
	struct asked a = {
		.ctx = ctx,
		.base = (__u64)ctx,
		.cred = cred,
		.target = target,
		.cap = cap,
		.ret = ret,
		.probe = PROBE_TP_BTF,
	};

	return check_typed(&a);
}
