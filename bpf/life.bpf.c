// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The lives of tasks: who is followed, and what a process became at its exec. */
#include "bpf/exec.bpf.h"
#include "bpf/held.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/* Run once by user space, to learn its process id as the initial pid namespace has it. */
SEC("?raw_tp/sched_process_fork")
int own_id(void *ctx)
{
	own_tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}

inlined void follow_add(__u32 tgid, __u64 start, __u32 list)
{
	struct follow f = { .start = start, .list = list };

	if (!bpf_map_update_elem(&followed, &tgid, &f, BPF_EXIST))
		return;
	/* Counted before it is there: who looks in between finds nothing in the table, and not that it need not look. */
	__sync_fetch_and_add(&follow_count[tgid % FOLLOW_COUNTS], 1);
	if (!bpf_map_update_elem(&followed, &tgid, &f, BPF_NOEXIST))
		return;
	__sync_fetch_and_add(&follow_count[tgid % FOLLOW_COUNTS], -1);
	/* Full; or user space put it there in between. */
	if (bpf_map_update_elem(&followed, &tgid, &f, BPF_EXIST))
		tally(TALLY_FOLLOW_FULL);
}

inlined void follow_delete(__u32 tgid)
{
	if (!bpf_map_delete_elem(&followed, &tgid))
		__sync_fetch_and_add(&follow_count[tgid % FOLLOW_COUNTS], -1);
}

/* A new process inherits its parent's place in a followed tree; a pid that is used again loses its former one. */
SEC("?raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid), to = BPF_CORE_READ(child, tgid);
	struct follow *f;

	if (from == to)
		return 0;
	f = bpf_map_lookup_elem(&followed, &from);
	if (f)
		follow_add(to, BPF_CORE_READ(child, start_boottime), f->list);
	else if (from == own_tgid && adopt_children)
		follow_add(to, BPF_CORE_READ(child, start_boottime), GATE_WANTED);
	else
		follow_delete(to);
	return 0;
}

/* The exit that its last check waited for was missed. */
inlined void forget_held(__u64 thread)
{
	struct lsm_pending *p = bpf_map_lookup_elem(&lsm_open, &thread);

	if (!p)
		return;
	if (p->filled)
		send_held(p, 0, 0);
	bpf_map_delete_elem(&lsm_open, &thread);
}

/* Only when a task is freed are its last checks over. */
SEC("?raw_tp/sched_process_free")
int on_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid), tid = BPF_CORE_READ(task, pid);
	__u64 thread = (__u64)tgid << 32 | tid;
	struct follow *f;

	if (join_lsm)
		forget_held(thread);
	if (tid != tgid)
		return 0;
	f = bpf_map_lookup_elem(&followed, &tgid);
	if (f && (!f->start || f->start == BPF_CORE_READ(task, start_boottime)))
		follow_delete(tgid);
	return 0;
}

SEC("?raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	if (task_is_typed())
		return execed(bpf_get_current_task_btf(), true);
	return execed(bare_task(), false);
}
