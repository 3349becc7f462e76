/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first step of a check's path: do the filters of this run let it pass? Nothing is copied before they do. */
#pragma once

#include "bpf/read.bpf.h"

/* An id list: `how` is what the list has, `found` what it says of this id. */
inlined bool list_passes(__u8 how, __u32 found)
{
	if (found & GATE_UNWANTED)
		return false;
	return !(how & GATE_WANTED) || (found & GATE_WANTED);
}

inlined bool id_passes(__u8 how, void *map, __u32 id)
{
	__u32 *found = bpf_map_lookup_elem(map, &id);

	return list_passes(how, found ? *found : 0);
}

/* Without a mark an id is in no list, which spares nearly everybody a look into a hash table. */
inlined bool is_marked(const struct id_marks *marks, __u32 id)
{
	return marks->at[id % ID_MARKS];
}

/*
 * Global, so that the verifier follows it once: each way through it would be another one to all that comes after, and
 * to read a pointer there is dear (see program_now).
 */
__weak __noinline int tree_passes(__u32 tgid)
{
	struct follow *f;

	if (hold_followed)
		return false;
	f = bpf_map_lookup_elem(&followed, &tgid);
	return list_passes(gate.trees, f ? f->list : 0);
}

/* Is the process in none of the lists, and one that must be in one? */
inlined bool gate_stranger(__u32 tgid)
{
	if (gate.pids & GATE_WANTED && !is_marked(&pid_marks, tgid))
		return true;
	return gate.trees & GATE_WANTED && !follow_count[tgid % FOLLOW_COUNTS];
}

/* Runs the bit-parallel automaton of one compiled glob (user/model/pattern.h) over a thread's name. */
inlined bool pattern_matches(const struct pattern *p, const __u8 *comm)
{
	__u32 state = 1;

	for (int i = 0; i < EVENT_COMM; i++) {
		__u8 c = comm[i];

		if (!c)
			break;
		state = ((state & p->step[c]) << 1) | (state & p->stay);
	}
	return state & p->last;
}

static __noinline bool comm_passes(void)
{
	__u8 comm[EVENT_COMM] = {};
	bool wanted = false, matched = false;

	bpf_get_current_comm(comm, sizeof(comm));
	for (__u32 i = 0; i < GATE_COMMS; i++) {
		__u32 key = i;

		if (i >= gate.comms)
			break;
		struct pattern *p = bpf_map_lookup_elem(&gate_comms, &key);
		bool unwanted = gate.comms_unwanted & (1 << i);
		bool hit = p && pattern_matches(p, comm);

		if (unwanted && hit)
			return false;
		wanted |= !unwanted;
		matched |= !unwanted && hit;
	}
	return matched || !wanted;
}

/* A cgroup with all that is below it; v2 hierarchy only (bpf_current_task_under_cgroup). */
static __noinline bool cgroup_passes(void)
{
	bool wanted = false, matched = false;

	for (__u32 i = 0; i < GATE_CGROUPS; i++) {
		if (i >= gate.cgroups)
			break;
		bool unwanted = gate.cgroups_unwanted & (1 << i);
		bool hit = bpf_current_task_under_cgroup(&gate_cgroups, i) == 1;

		if (unwanted && hit)
			return false;
		wanted |= !unwanted;
		matched |= !unwanted && hit;
	}
	return matched || !wanted;
}

inlined bool is_noted(const struct places_outside *outside, __u64 id)
{
	const __u64 *bucket = outside->at[PLACE_BUCKET(id) & (PLACE_BUCKETS - 1)];

	for (int i = 0; i < PLACE_WAYS; i++)
		if (bucket[i] == id)
			return true;
	return false;
}

/* Not yet decided is inside. */
inlined bool place_passes(void)
{
	return !is_noted(&places_outside, bpf_get_current_cgroup_id());
}

/* Of who is no stranger. */
inlined bool gate_process(__u32 tgid)
{
	if (gate.pids && is_marked(&pid_marks, tgid) && !id_passes(gate.pids, &gate_pids, tgid))
		return false;
	return !gate.trees || !follow_count[tgid % FOLLOW_COUNTS] || tree_passes(tgid);
}

inlined bool gate_uid(__u32 uid)
{
	return is_marked(&uid_marks, uid) ? id_passes(gate.uids, &gate_uids, uid) : !(gate.uids & GATE_WANTED);
}

inlined bool gate_gid(__u32 gid)
{
	return is_marked(&gid_marks, gid) ? id_passes(gate.gids, &gate_gids, gid) : !(gate.gids & GATE_WANTED);
}

inlined bool gate_words(void)
{
	if (gate.comms && !comm_passes())
		return false;
	if (gate.places && !place_passes())
		return false;
	return !gate.cgroups || cgroup_passes();
}

/* The parts that a task answers before anything is asked of it: the gate of an exec. */
inlined bool gate_task(__u32 tgid, __u32 uid, __u32 gid)
{
	if (gate_stranger(tgid) || !gate_process(tgid))
		return false;
	return (!gate.uids || gate_uid(uid)) && (!gate.gids || gate_gid(gid)) && gate_words();
}

inlined bool gate_has_cap(int cap)
{
	return (__u32)cap < 64 && (gate.caps & (1ULL << cap));
}

inlined bool gate_cap(int cap, bool denied)
{
	if (gate.one_verdict && (denied ? !gate.denied : !gate.allowed))
		return false;
	return gate.caps == ~0ULL || gate_has_cap(cap);
}

inlined bool gate_userns(__u32 asker)
{
	if (gate.userns_mode == GATE_USERNS_ANY)
		return true;
	return (asker == gate.userns) == (gate.userns_mode == GATE_USERNS_IS);
}

/*
 * Does the first filter refuse at once? Nothing is copied for it, and no table asked: what is not refused here is still to
 * be asked in full. For a task that can be typed pointed at; capsieve itself may be refused too.
 */
inlined bool gate_refuses(enum gate_first first, struct task_struct *task, int cap, int ret)
{
	if (first == GATE_FIRST_PIDS)
		return !is_marked(&pid_marks, task->tgid);
	if (first == GATE_FIRST_TREES)
		return !follow_count[(__u32)task->tgid % FOLLOW_COUNTS];
	if (first == GATE_FIRST_CAPS)
		return !cap_marks.at[(__u32)cap % CAP_MARKS];
	if (first == GATE_FIRST_VERDICT)
		return ret ? !gate.denied : !gate.allowed;
	if (first == GATE_FIRST_UIDS)
		return !is_marked(&uid_marks, task->real_cred->uid.val);
	if (first == GATE_FIRST_GIDS)
		return !is_marked(&gid_marks, task->real_cred->gid.val);
	return false;
}
