// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What became of a call, at the end of every call of the machine. */
#include "bpf/outcome.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

inlined __s32 call_of(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, orig_ax);
#else
	return BPF_CORE_READ((struct pt_regs___saved *)regs, syscallno);
#endif
}

SEC("?raw_tp/sys_exit")
int at_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 address = bpf_get_current_task();
	struct outcome_open *o = bpf_map_lookup_elem(&outcomes, &address);
	__s64 ret;

	if (!o)
		return 0;
	ret = result(o, ctx->args[1]);
	if (same_thread(o))
		end_call(o, ret, same_call(o, call_of((struct pt_regs *)ctx->args[0]), ret) ? OUTCOME_SEEN : 0);
	bpf_map_delete_elem(&outcomes, &address);
	return 0;
}
