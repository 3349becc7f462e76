// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a system call returned in which a check was denied. An object of its own, loaded only where that is asked for,
 * that shares two maps with the programs that hear checks: they keep in `outcomes` in which call a thread had a denial.
 *
 * Two ways. Where the kernel has task work for programs (6.18), one that runs on the same hook after the probe asks for
 * a call when its thread leaves the kernel: whoever has no denial that is watched pays one look-up for a denied check,
 * and nothing else. Elsewhere the end of every system call is looked at, of the whole machine, as long as this runs.
 */
#include "vmlinux/vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/config.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define inlined static __always_inline
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

/* The one of bpf/maps.bpf.h, as the next. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, OUTCOMES_MAX);
	__type(key, __u64);
	__type(value, struct outcome_open);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OUTCOMES_MAX);
	__type(key, __u64);
	__type(value, struct work);
} works SEC(".maps");

/* Nobody waits for an outcome: it is read with the next check, or at the end. */
inlined void send(const struct outcome_open *o, __s64 ret, __u32 flags)
{
	struct event_outcome *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e)
		return;
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_OUTCOME;
	e->head.flags = flags;
	e->head.time = bpf_ktime_get_ns();
	e->since = o->since;
	e->tgid = o->tgid;
	e->tid = o->tid;
	e->ret = ret;
	e->syscall = o->syscall;
	e->checks = o->checks;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

/* 32-bit programs' results are numbers of 32 bits. */
inlined __s64 result(const struct outcome_open *o, __s64 ret)
{
	return o->abi_32 ? (__s32)ret : ret;
}

/*
 * Is the call that ends the one that was entered? A good exec leaves the number of the plain execve of what the
 * process has become, whichever call it was.
 */
inlined bool same_call(const struct outcome_open *o, __s32 now, __s64 ret)
{
	if (now == o->syscall)
		return true;
#if defined(__TARGET_ARCH_x86)
	enum { EXECVE = 59, EXECVEAT = 322, EXECVE_32 = 11, EXECVEAT_32 = 358, X32 = 0x40000000 };
	enum { EXECVE_X32 = X32 + 520, EXECVEAT_X32 = X32 + 545 };
	__s32 was = o->syscall;

	if (ret || (now != EXECVE && now != EXECVE_32 && now != EXECVE_X32))
		return false;
	if (o->abi_32)
		return was == EXECVE_32 || was == EXECVEAT_32;
	return was == EXECVE || was == EXECVEAT || was == EXECVE_X32 || was == EXECVEAT_X32;
#else
	return false;
#endif
}

/* The same thread? One that executes takes the id of its group's leader; an address may be another task's later. */
inlined bool same_thread(const struct outcome_open *o)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, tid = id;

	return tgid == o->tgid && (tid == o->tid || tid == tgid);
}

/* ---- by task work ---- */

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
			send(o, 0, OUTCOME_EXITED);
		else
			send(o, ret, same_thread(o) && same_call(o, call, ret) ? OUTCOME_SEEN : 0);
	}
	bpf_map_delete_elem(&outcomes, &address);
	bpf_map_delete_elem(&works, &address);
	return 0;
}

/* What cannot be asked for stays unasked, and the next denial of this thread begins anew. */
inlined int ask(int denied)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = (__u64)task;
	struct outcome_open *o;
	struct work *w, empty = {};

	o = denied ? bpf_map_lookup_elem(&outcomes, &address) : 0;
	if (!o || o->asked)
		return 0;
	bpf_map_update_elem(&works, &address, &empty, BPF_NOEXIST);
	w = bpf_map_lookup_elem(&works, &address);
	if (!w)
		return 0;
	if (bpf_task_work_schedule_resume_impl(task, &w->work, &works, on_resume, 0))
		bpf_map_delete_elem(&works, &address);
	else
		o->asked = 1;
	return 0;
}

SEC("?fexit/cap_capable")
int ask_fexit(__u64 *ctx)
{
	return ask((int)ctx[4]);
}

SEC("?tp_btf/cap_capable")
int ask_tp_btf(__u64 *ctx)
{
	return ask((int)ctx[4]);
}

SEC("?tracepoint/capability/cap_capable")
int ask_tp(struct trace_event_raw_cap_capable *ctx)
{
	return ask(ctx->ret);
}

/* ---- at the end of every system call ---- */

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
		send(o, ret, same_call(o, call_of((struct pt_regs *)ctx->args[0]), ret) ? OUTCOME_SEEN : 0);
	bpf_map_delete_elem(&outcomes, &address);
	return 0;
}
