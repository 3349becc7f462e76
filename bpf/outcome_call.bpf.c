// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What became of a call, at the return of its own function. These are never attached: user space loads a copy for each
 * system call, with that one's numbers in it.
 */
#include "bpf/outcome.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define X32_BIT 0x40000000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct outcome_marks);
} outcome_marks SEC(".maps");

/* An immediate in one insn of its own, as user space looks for it. */
#define NUMBER(stands_for)                                                                                   \
	({                                                                                                   \
		__s64 number;                                                                                \
                                                                                                             \
		asm volatile("%0 = %1" : "=r"(number) : "i"(stands_for));                                    \
		number;                                                                                      \
	})

/* The count of those that lead to where this task does; NULL: none is there, which is how nearly every call ends. */
inlined __u64 *mark_of(__u64 address)
{
	__u32 none = 0;
	struct outcome_marks *marks = bpf_map_lookup_elem(&outcome_marks, &none);
	__u64 *at;

	if (!marks)
		return 0;
	at = &marks->at[OUTCOME_MARK(address)];
	return *at ? at : 0;
}

inlined void forget(__u64 address, __u64 *mark)
{
	if (!bpf_map_delete_elem(&outcomes, &address))
		__sync_fetch_and_add(mark, -1);
}

/* Of this very call, and not of one whose return was not heard? */
inlined bool is_this_call(const struct outcome_open *o)
{
	__s64 nr = o->abi_32 ? NUMBER(RETURN_NR_32) : NUMBER(RETURN_OWN_NR);

	return (o->syscall & ~X32_BIT) == nr;
}

/* What is open of the current task; NULL: nothing. */
inlined struct outcome_open *open_of(__u64 address, __u64 **ret_mark)
{
	*ret_mark = mark_of(address);
	return *ret_mark ? bpf_map_lookup_elem(&outcomes, &address) : NULL;
}

inlined int returned(__s64 ret)
{
	__u64 address = bpf_get_current_task(), *mark;
	struct outcome_open *o = open_of(address, &mark);

	if (!o)
		return 0;
	ret = result(o, ret);
	if (same_thread(o))
		end_call(o, ret, is_this_call(o) ? OUTCOME_SEEN : 0);
	forget(address, mark);
	return 0;
}

/* To be loaded as fexit: its arguments are the saved registers, and the result. */
SEC("?raw_tp/returned")
int return_typed(__u64 *ctx)
{
	return returned(ctx[1]);
}

SEC("?kprobe")
int return_probed(struct pt_regs *ctx)
{
	return returned(PT_REGS_RC(ctx));
}

/* A return probe may miss one, where too many threads are in the call at once: what is open now is of that. */
SEC("?kprobe")
int enter_probed(struct pt_regs *ctx)
{
	__u64 address = bpf_get_current_task(), *mark;
	struct outcome_open *o = open_of(address, &mark);

	if (!o)
		return 0;
	if (same_thread(o))
		end_call(o, 0, 0);
	forget(address, mark);
	return 0;
}
