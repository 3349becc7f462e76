/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rules are silent about: user space decides once for each program, as it was described and with the credentials that it
 * has, and puts its decision into a table. Who is not there, or is another by now, was not decided about, and is reported.
 */
#pragma once

#include "bpf/who.bpf.h"

/* What the parent's process was last announced as; NULL: it was not, or not as what it is. */
inlined const struct process_state *announced_parent(struct task_struct *parent)
{
	__u32 tgid = BPF_CORE_READ(parent, tgid);
	const struct process_state *state;

	if (task_is_typed() && has_task_storage) {
		state = bpf_task_storage_get(&processes, bpf_get_current_task_btf()->real_parent->group_leader, 0, 0);
	} else {
		state = bpf_map_lookup_elem(&processes_hash, &tgid);
		if (state && state->start != BPF_CORE_READ(parent, group_leader, start_boottime))
			return 0;
	}
	if (!state || !state->program || state->exec_id != BPF_CORE_READ(parent, self_exec_id))
		return 0;
	return state;
}

/*
 * Is it a fork of its parent, and as it was? Both have the same open file for the image then, which nobody gets but by a
 * fork; and nothing by which rules tell them apart.
 */
inlined bool is_forked(struct task_struct *task, struct task_struct *parent)
{
	__u64 exe = (__u64)BPF_CORE_READ(task, mm, exe_file);

	return exe && exe == (__u64)BPF_CORE_READ(parent, mm, exe_file) &&
	       BPF_CORE_READ(task, self_exec_id) == BPF_CORE_READ(parent, self_exec_id) &&
	       BPF_CORE_READ(task, real_cred, user_ns) == BPF_CORE_READ(parent, real_cred, user_ns);
}

/* The decision about whoever it says; NULL: there is none. */
inlined const struct silence *silence_by(const struct silence_stamp *stamp)
{
	return bpf_map_lookup_elem(&silences, stamp);
}

/*
 * Of a process that never executed anything: its parent's decision becomes its own. The stamp is the parent's for a while, as
 * there is no room for two of them.
 */
inlined const struct silence *inherited(struct silence_stamp *stamp, const struct process_state *state)
{
	struct task_struct *task = bare_task(), *parent = BPF_CORE_READ(task, real_parent);
	const struct process_state *above = announced_parent(parent);
	const struct silence *silence;
	__u64 told = stamp->told;

	if (!above || above->cgroup_id != state->cgroup_id || above->cgroups != state->cgroups || !is_forked(task, parent))
		return 0;
	stamp->program = above->program;
	stamp->told = above->told;
	stamp->tgid = BPF_CORE_READ(parent, tgid);
	silence = silence_by(stamp);
	if (!silence)
		return 0;
	stamp->program = state->program;
	stamp->told = told;
	stamp->tgid = bpf_get_current_pid_tgid() >> 32;
	bpf_map_update_elem(&silences, stamp, silence, BPF_ANY);
	return silence;
}

/*
 * Was it decided that the rules are silent about such a check of the current process, which was announced as this program?
 * The number of the decision, or 0. users: the task's own real user, and group; wanted: its capability, and 64 if it was
 * denied. What is described while we look is not what was decided about. Who it is found to be is left in the CPU's room.
 */
static __noinline __u64 silence_of(__u64 program, __u64 users, __u32 userns, __u32 wanted)
{
	struct task_struct *task = bare_task();
	const struct process_state *state = announced(task);
	struct count_stamp *who = &this_cpu()->stamp;
	const struct silence *silence;
	struct silence_stamp stamp;

	if (!state || state->program != program)
		return 0;
	stamp.program = program;
	stamp.told = state->told;
	stamp.tgid = bpf_get_current_pid_tgid() >> 32;
	stamp.uid = users >> 32;
	stamp.gid = users;
	stamp.userns = userns;
	stamp.rules = rules_now;
	stamp.reserved = 0;
	barrier();
	if (runs_alone) {
		who->uid = stamp.uid;
		who->gid = stamp.gid;
		who->userns = userns;
		who->rules = stamp.rules;
		who->ask = rules_ask;
		who->cgroup_id = state->cgroup_id;
		who->cgroups = state->cgroups;
	}
	if (!is_as_announced(state, task))
		return 0;
	barrier();
	if (*(const volatile __u64 *)&state->told != stamp.told)
		return 0;
	silence = silence_by(&stamp);
	if (!silence)
		silence = inherited(&stamp, state);
	return silence && silence->silent[wanted >> 6 & 1] >> (wanted & 63) & 1 ? silence->id : 0;
}
