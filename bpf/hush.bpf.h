/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What rules are silent about, counted at hand. */
#pragma once

#include "bpf/silence.bpf.h"
#include "bpf/slot.bpf.h"

/*
 * What rules are silent about is at hand without its system call and options, which would cost an eighth of such a check:
 * the one that takes the place says them, and those after it do not.
 */
enum { SILENT_FLAGS = COUNT_FLAGS & (CHECK_DENIED | CHECK_OVERCOMMIT | CHECK_KTHREAD | CHECK_DERIVED) };

inlined __u32 silent_index(int cap, __u64 start)
{
	return ((__u32)cap + (__u32)start) % COUNT_SLOTS;
}

inlined struct count_slot *silent_place(struct count_slots *slots, int cap, __u64 start)
{
	struct count_slot *slot = &slots->at[silent_index(cap, start)];

	barrier_var(slot);
	return slot;
}

/* The place, if it is this thread's, and of this capability. */
inlined struct count_slot *silent_slot(struct count_slots *slots, struct task_struct *task, int cap)
{
	__u64 start = task->start_boottime;
	struct count_slot *slot = silent_place(slots, cap, start);

	if (slot->raw.task != (__u64)task || slot->raw.start != start || slot->raw.exec_id != task->self_exec_id ||
	    slot->raw.cap != (__u32)cap)
		return 0;
	return slot;
}

/* The current task's in version 2, as the helper has it, which takes longer than these loads where returns are dear. */
inlined __u64 cgroup_id_of(const struct task_struct *task)
{
#ifdef WITH_LOOSE
	if (may_loose() && loose_task)
		return task->cgroups->dfl_cgrp->kn->id;
#endif
	return bpf_get_current_cgroup_id();
}

/*
 * Is it still who it was, as far as rules ask for more than what struct count_raw has? cgroup_id: the task's; cred: where those
 * that are asked are to be read, 0: they are known to be what they were. What rules do not ask for is not looked at.
 */
inlined bool is_stamped(const struct count_stamp *stamp, struct task_struct *task, __u64 cgroup_id, const __u64 *cred)
{
	const struct cred *own;
	__u32 ask;
	__u64 cgroups;

	if (stamp->rules != rules_now || stamp->cgroup_id != cgroup_id)
		return false;
	ask = stamp->ask;
	/* Kept: the compiler would read it twice. */
	barrier_var(ask);
	if (!ask)
		return true;
	own = loose(task, loose_task)->real_cred;
	barrier_var(own);
	if (stamp->uid != own->uid.val)
		return false;
	if (ask == RULES_ASK_USER)
		return true;
	if (stamp->gid != own->gid.val || (cred && stamp->userns != ((const struct cred *)*cred)->user_ns->ns.inum))
		return false;
	if (!cgroup1_hierarchy)
		return true;
	cgroups = (__u64)loose(task, loose_task)->cgroups;
	barrier_var(cgroups);
	return stamp->cgroups == cgroups;
}

/* Rules are silent about it, and its count is at hand. cred: as for is_stamped. */
inlined bool silent_at_hand(struct task_struct *task, int cap, int ret, const __u64 *cred)
{
	struct count_slots *slots = slots_of(bpf_get_smp_processor_id());
	__u64 cgroup_id = cgroup_id_of(task);
	struct count_slot *slot = slots ? silent_slot(slots, task, cap) : 0;

	if (!slot || slot->raw.ret != ret || !is_stamped(&slot->stamp, task, cgroup_id, cred))
		return false;
	slot_add(slot);
	return true;
}

/* From now on the like of this one is at hand. */
inlined void keep_silent(const struct asked *a, const struct subject *s, struct count_key *key)
{
	struct count_slots *slots = slots_of(bpf_get_smp_processor_id());
	struct count_slot *slot;

	if (!slots)
		return;
	slot = silent_place(slots, a->cap, s->task->start_boottime);
	key->syscall = 0;
	key->flags &= SILENT_FLAGS | COUNT_BANK;
	if (count_in_table(key, slot, true) == COUNT_SENT)
		return;
	slot->count = 0;
	keep_raw(&slot->raw, a, s, 0);
	slot->site.cred = (__u64)a->cred;
	slot->site.target = (__u64)a->target;
	slot->stamp = s->cpu->stamp;
}

/* Counts what rules are silent about; key has who it was and by which decision. False: there is no room. */
inlined int count_silent(const struct asked *a, const struct subject *s, struct count_key *key, const bool typed)
{
	key->cap = a->cap;
	key->flags = a->flags | (a->ret ? CHECK_DENIED : 0) | syscall_of(s->task, typed, &key->syscall) |
		     (count_bank & 1 ? COUNT_BANK : 0);
	if (count_in_table(key, 0, true) == COUNT_SENT)
		return false;
	if (typed && s->cpu && runs_alone && !(a->flags & CHECK_OVERCOMMIT))
		keep_silent(a, s, key);
	return true;
}

/* Functions of their own for the room of what they keep. */
static __noinline int count_silent_typed(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return count_silent(a, s, key, true);
}

static __noinline int count_silent_bare(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return count_silent(a, s, key, false);
}

/* Are the rules silent about it? Then it is counted. */
inlined bool hushed(const struct asked *a, const struct subject *s, const bool typed, const bool typed_args)
{
	const struct user_namespace *asker = a->asker;
	const struct cred *own = s->own;
	struct count_key key = {};
	__u64 users;

	if ((__u32)a->cap >= CAP_MARKS)
		return false;
	key.program = program_id(s, typed);
	if (!key.program)
		return false;
	users = READ(typed, own, uid.val);
	users = users << 32 | READ(typed, own, gid.val);
	key.tgid = tgid_of(s, typed);
	key.site = silence_of(key.program, users, READ(typed_args, asker, ns.inum),
			      (__u32)a->cap | (a->ret ? CAP_MARKS : 0));
	return key.site && (typed ? count_silent_typed(a, s, &key) : count_silent_bare(a, s, &key));
}
