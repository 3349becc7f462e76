/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A check as an event. */
#pragma once

#include "bpf/asked.bpf.h"
#include "bpf/site.bpf.h"
#include "bpf/whence.bpf.h"

inlined void put_comm(struct event_check *e, struct task_struct *task, const bool typed)
{
	if (typed) {
		/* By the word: by the byte, as C would have it, it costs eight times as much. */
		((__u64 *)e->comm)[0] = *(const __u64 *)&task->comm[0];
		((__u64 *)e->comm)[1] = *(const __u64 *)&task->comm[8];
	} else {
		bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	}
}

/* And what nobody uses yet behind it. */
inlined void put_probe(struct event_check *e, __u32 probe)
{
	*(__u64 *)&e->probe = 0;
	e->probe = probe;
}

inlined void put_ids(struct event_check *e, const struct subject *s, const bool typed)
{
	struct task_struct *task = s->task;
	const struct cred *own = s->own;

	e->uid = READ(typed, own, uid.val);
	e->euid = READ(typed, own, euid.val);
	e->gid = READ(typed, own, gid.val);
	e->tgid = tgid_of(s, typed);
	e->tid = READ(typed, task, pid);
	put_comm(e, task, typed);
}

/* How it came to be granted; room: as for number_of. */
inlined __u32 grant_flags(const struct asked *a, const bool typed, __u64 *room, __u64 *more)
{
	const struct user_namespace *target = a->target, *asker = a->asker;
	const struct cred *cred = a->cred;

	if (a->ret)
		return CHECK_DENIED;
	if (asker == target)
		return CHECK_VIA_KNOWN;
	return via_of(number_of(target, room), number_of(asker, more), READ(typed, cred, euid.val));
}

inlined void put_asked(struct event_check *e, const struct asked *a, const bool typed)
{
	const struct user_namespace *target = a->target, *asker = a->asker;
	const struct cred *cred = a->cred;

	e->cap = a->cap;
	e->lsm_ret = 0;
	put_probe(e, a->probe);
	e->userns_asker = READ(typed, asker, ns.inum);
	e->userns_target = asker == target ? e->userns_asker : READ(typed, target, ns.inum);
	e->head.flags |= grant_flags(a, typed, &e->effective, &e->permitted);
	e->effective = READ_SET(typed, cred, cap_effective);
	e->permitted = READ_SET(typed, cred, cap_permitted);
}

inlined void fill_check(struct event_check *e, const struct asked *a, const struct subject *s, __u64 program,
			const bool typed_task, const bool typed_args)
{
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_CHECK;
	e->head.flags = a->flags | cred_flags(s, a->cred) | syscall_of(s->task, typed_task, &e->syscall);
	e->head.time = bpf_ktime_get_ns();
	e->program = program;
	put_ids(e, s, typed_task);
	put_asked(e, a, typed_args);
}

/* Is the stack still to be unwound? That of a kprobe was at its entry. */
inlined bool unwinds(const struct asked *a)
{
	return a->probe != PROBE_KPROBE || a->flags & CHECK_DERIVED;
}

inlined bool asks_for_ids(int cap)
{
	_Static_assert((CAP_SETGID | 1) == CAP_SETUID, "one comparison serves both");

	return (cap | 1) == CAP_SETUID;
}

inlined void fill_site(struct event_check *e, const struct asked *a, const struct subject *s, __u64 site, const bool typed)
{
	struct pt_regs *regs;

	if (!with_site)
		return;
	regs = saved_registers(s->task, typed);
	if (asks_for_ids(a->cap) && keeps_ids(s->own, regs, e->head.flags, e->syscall, a->cap))
		e->head.flags |= CHECK_SAME_IDS;
	put_site(e, a->ctx, unwinds(a), a->frames, regs, site);
}
