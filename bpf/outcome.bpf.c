// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What became of a call, by task work of its own thread. */
#include "bpf/outcome.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PF_EXITING 4

/* Known to the kernel by this name and size as a member of a map's value. */
struct bpf_task_work {
	__u64 opaque;
} __attribute__((aligned(8)));

/* Only pointed to; a mere declaration would not be the kernel's type. */
struct bpf_map {
	__u32 id;
};

struct work {
	struct bpf_task_work work;
};

extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *work, void *map,
					      int (*callback)(struct bpf_map *map, void *key, void *value),
					      void *aux) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OUTCOMES_MAX);
	__type(key, __u64);
	__type(value, struct work);
} works SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct outcome_marks);
} outcome_marks SEC(".maps");

inlined __s64 saved_result(struct pt_regs *regs, __s32 *ret_call)
{
#if defined(__TARGET_ARCH_x86)
	*ret_call = regs->orig_ax;
	return regs->ax;
#elif defined(__TARGET_ARCH_arm64)
	*ret_call = BPF_CORE_READ((struct pt_regs___saved *)regs, syscallno);
	return PT_REGS_RC_CORE(regs);
#else
#error "saved registers of this architecture are not known here"
#endif
}

/* In the thread itself, on its way out of the kernel. */
static int on_resume(struct bpf_map *map, void *key, void *value)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = *(__u64 *)key;
	struct outcome_open *o = bpf_map_lookup_elem(&outcomes, &address);
	__s32 call = 0;
	__s64 ret;

	if (o) {
		ret = result(o, saved_result((struct pt_regs *)bpf_task_pt_regs(task), &call));
		if (task->flags & PF_EXITING)
			end_call(o, 0, OUTCOME_EXITED);
		else
			end_call(o, ret, same_thread(o) && same_call(o, call, ret) ? OUTCOME_SEEN : 0);
	}
	bpf_map_delete_elem(&outcomes, &address);
	bpf_map_delete_elem(&works, &address);
	return 0;
}

/* Marked by the probe just before? Only once. */
inlined bool is_marked(__u64 address)
{
	__u32 none = 0;
	struct outcome_marks *marks = bpf_map_lookup_elem(&outcome_marks, &none);
	__u64 *at;

	if (!marks)
		return false;
	at = &marks->at[OUTCOME_MARK(address)];
	if (*at != address)
		return false;
	*at = 0;
	return true;
}

/* What cannot be asked for stays unasked, and the next such check of this thread begins anew. */
inlined int ask(void)
{
	__u64 address = bpf_get_current_task();
	struct outcome_open *o;
	struct work *w, empty = {};

	if (!is_marked(address))
		return 0;
	o = bpf_map_lookup_elem(&outcomes, &address);
	if (!o || o->asked)
		return 0;
	bpf_map_update_elem(&works, &address, &empty, BPF_NOEXIST);
	w = bpf_map_lookup_elem(&works, &address);
	if (!w)
		return 0;
	if (bpf_task_work_schedule_resume_impl(bpf_get_current_task_btf(), &w->work, &works, on_resume, 0))
		bpf_map_delete_elem(&works, &address);
	else
		o->asked = 1;
	return 0;
}

SEC("?fexit/cap_capable")
int ask_fexit(__u64 *ctx)
{
	return ask();
}

SEC("?tp_btf/cap_capable")
int ask_tp_btf(__u64 *ctx)
{
	return ask();
}

SEC("?tracepoint/capability/cap_capable")
int ask_tp(struct trace_event_raw_cap_capable *ctx)
{
	return ask();
}
