/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filters by name that user space decides: whoever it found not to be meant is refused here from then on. Who is not
 * described yet, or is another by now than was described, passes, and is decided there.
 */
#pragma once

#include "bpf/gate.bpf.h"
#include "bpf/program.bpf.h"

/* What the current task's process was last announced as; NULL: it was not, or not as what it is. */
inlined const struct process_state *announced(struct task_struct *task)
{
	const struct process_state *state;
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (task_is_typed() && has_task_storage) {
		state = bpf_task_storage_get(&processes, bpf_get_current_task_btf()->group_leader, 0, 0);
	} else {
		state = bpf_map_lookup_elem(&processes_hash, &tgid);
		if (state && state->start != BPF_CORE_READ(task, group_leader, start_boottime))
			return 0;
	}
	if (!state || !state->program || state->exec_id != BPF_CORE_READ(task, self_exec_id))
		return 0;
	return state;
}

/* Not even its parent or its cgroup are others by now: else it is announced anew, as part of what names it. */
inlined bool is_as_announced(const struct process_state *state, struct task_struct *task)
{
	return state->cgroup_id == bpf_get_current_cgroup_id() &&
	       state->ppid == (__u32)BPF_CORE_READ(task, real_parent, tgid) &&
	       (!cgroup1_hierarchy || state->cgroups == cgroups_of(task, false, cgroup1_hierarchy));
}

/* userns: of the credentials that are asked. */
static __noinline bool who_passes(__u32 userns)
{
	struct task_struct *task = bare_task();
	const struct process_state *state = announced(task);
	struct who who = {};

	if (!state || !is_as_announced(state, task))
		return true;
	who.program = state->program;
	who.told = state->told;
	who.tgid = bpf_get_current_pid_tgid() >> 32;
	if (gate.who & WHO_UID)
		who.uid = BPF_CORE_READ(task, real_cred, uid.val);
	if (gate.who & WHO_GID)
		who.gid = BPF_CORE_READ(task, real_cred, gid.val);
	if (gate.who & WHO_USERNS)
		who.userns = userns;
	if (gate.who & WHO_COMM)
		bpf_probe_read_kernel(who.comm, sizeof(who.comm), task->comm);
	return !is_noted(&who_outside, who_mark(&who, gate.who_seed));
}
