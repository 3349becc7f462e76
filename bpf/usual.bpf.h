/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The usual check, in as few instructions as can be: one that the first filter refuses; one whose count is at hand on this
 * CPU; one of a thread whose check was the last one on this CPU, about its own credentials and wanted in its own user
 * namespace. What else there is about a check, and all that is learned about a thread, is bpf/check.bpf.h's.
 */
#pragma once

#include "bpf/check.bpf.h"

/*
 * Is all that its program depends on as it was at this CPU's last check? Where it is is told by the set of cgroups that it
 * is in, whatever version they are of: one that it left may be at the same address again only after it was freed.
 */
inlined bool is_recent(const struct recent *r, struct task_struct *task)
{
	const struct task_struct *from = loose(task, loose_task);
	__u64 parent, cgroups;

	parent = (__u64)from->real_parent;
	barrier_var(parent);
	if (r->parent != parent || r->start != task->start_boottime || r->exec_id != task->self_exec_id)
		return false;
	if (seldom(!bpf_core_field_exists(task->loginuid)) ? r->login_uid != 0 : r->login_uid != task->loginuid.val)
		return false;
	cgroups = (__u64)from->cgroups;
	barrier_var(cgroups);
	return r->cgroups == cgroups && r->generation == names_wanted;
}

/*
 * Room for a usual check in system call nr: of the thread whose check was the last one here (who calls has seen that), of
 * its own credentials, and wanted in its own user namespace. What has to be asked of helpers is asked before there is an
 * event, so that little is to be kept meanwhile. False: it is not a usual one, and all is still to be done. *ret_event is
 * NULL where the ring is full, which is counted.
 */
inlined bool take_usual(struct cpu_state *cpu, struct task_struct *task, __u64 nr, struct event_check **ret_event)
{
	struct event_check *e;
	__u64 now;

	if (nr >= CALLS_END || !is_recent(&cpu->recent, task))
		return false;
	now = bpf_ktime_get_ns();
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	*ret_event = e;
	if (!e) {
		cpu->tally[TALLY_RING_FULL]++;
		return true;
	}
	/* And .lsm_ret: the number has 32 bits at most. */
	*(__u64 *)&e->syscall = nr;
	e->head.time = now;
	return true;
}

/* A few more bytes in the ring wake who naps as well: that it has so many is not asked at each event of a CPU. */
inlined void submit_usual(void *event, const struct cpu_state *cpu)
{
	__u32 armed = ring_armed;

	if (armed == 1 || (armed && !(cpu->tally[TALLY_SENT] % 16)))
		submit(event);
	else
		bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* own and ns: its task's credentials, and their namespace. */
inlined void send_usual(struct event_check *e, struct cpu_state *cpu, struct task_struct *task, const struct cred *own,
			const struct user_namespace *ns, __u32 probe, int cap, int ret, __u32 flags)
{
	const struct recent *r = &cpu->recent;

	e->head.size = sizeof(*e);
	e->head.kind = EVENT_CHECK;
	e->head.flags = flags | CHECK_SYSCALL_KNOWN | (ret ? CHECK_DENIED : CHECK_VIA_KNOWN);
	e->program = r->program;
	*(__u64 *)&e->tgid = *(const __u64 *)&r->tgid;
	e->cap = cap;
	put_probe(e, probe);
	e->uid = own->uid.val;
	e->euid = own->euid.val;
	e->gid = own->gid.val;
	e->effective = READ_SET(true, own, cap_effective);
	e->permitted = READ_SET(true, own, cap_permitted);
	e->userns_asker = e->userns_target = ns->ns.inum;
	put_comm(e, task, true);
	submit_usual(e, cpu);
	cpu->tally[TALLY_SENT]++;
}

/* What is left to do for any other: of which rules are not silent. */
inlined int count_or_emit(const struct asked *a, const struct subject *s, const bool typed_task, const bool typed_args)
{
	struct count_key key = {};

	if (!counting || !count(a, s, &key, typed_task, typed_args))
		emit(a, s, &key, typed_task, typed_args);
	return 0;
}

inlined int check_rest(const struct asked *a, const struct subject *s, const bool typed_task, const bool typed_args)
{
	return silencing && hushed(a, s, typed_task, typed_args) ? 0 : count_or_emit(a, s, typed_task, typed_args);
}

inlined bool is_outside(struct asked *a, struct subject *s, const bool typed_task, const bool typed_args)
{
	if (gate_check(a, s, typed_task, typed_args))
		return false;
	tally_check(s->cpu, TALLY_OUTSIDE);
	return true;
}

/* The first look, before anything is read that another check would not need. Where it returns false, it is over. */
inlined bool first_look(struct subject *s, __u32 tgid, int cap, int ret)
{
	if (!gate_stranger(tgid) && gate_cap(cap, ret != 0) && gate_process(tgid))
		return true;
	tally_check(s->cpu, TALLY_OUTSIDE);
	return false;
}

inlined void set_cpu(struct subject *s)
{
	struct cpu_state *cpu;

	cpu = &cpus[bpf_get_smp_processor_id() % CPUS_MAX];
	barrier_var(cpu);
	s->cpu = cpu;
}

/* How a run goes about it. `more` false: a program that is not for runs with more filters. */
struct way {
	bool any, more;		/* as in struct gate_config */
	bool counts;		/* at hand, where it can */
	bool sites;		/* by site, at hand, where it can */
	bool silent;		/* what rules are silent about, at hand, where it can */
	bool sends;		/* usual ones */
};

inlined struct way way_of(const bool more)
{
	return (struct way){
		.any = gate.any,
		.more = more && gate.more,
		.counts = counting && runs_alone && !with_site,
		.sites = counting && runs_alone && with_site && !silencing,
		.silent = silencing && runs_alone,
		.sends = !counting && !silencing && runs_alone && !join_outcome && !with_site,
	};
}

/*
 * Of a check that is nothing usual, where only the task is typed. Credentials are nearly always the current task's own:
 * then the typed pointers to the same things serve.
 */
static __noinline int report_bare(struct asked *a, struct task_struct *task, const struct cred *own,
				  const struct user_namespace *ns)
{
	struct subject s = { .task = task, .own = own };

	set_cpu(&s);
	if (!s.cpu)
		__builtin_unreachable();
	if (same_address(own, a->cred) && same_address(ns, a->target)) {
		a->cred = own;
		a->asker = ns;
		a->target = ns;
		return count_or_emit(a, &s, true, true);
	}
	set_asker(a, false);
	return count_or_emit(a, &s, true, false);
}

/* The same before: are the rules silent about it? A function of its own for the room of what it keeps. */
static __noinline int hushed_bare(struct asked *a, struct task_struct *task, const struct cred *own,
				  const struct user_namespace *ns)
{
	struct subject s = { .task = task, .own = own };

	set_cpu(&s);
	if (!s.cpu)
		__builtin_unreachable();
	if (same_address(own, a->cred)) {
		a->asker = ns;
		return hushed(a, &s, true, true);
	}
	set_asker(a, false);
	return hushed(a, &s, true, false);
}

inlined int rest_bare(struct asked *a, struct task_struct *task, const struct cred *own, const struct user_namespace *ns)
{
	return silencing && hushed_bare(a, task, own, ns) ? 0 : report_bare(a, task, own, ns);
}

/* Of somebody else, where the task is typed: its credentials and their namespace, if it is for rest_bare; else it is over. */
struct unusual {
	const struct cred *own;		/* NULL: it is over */
	const struct user_namespace *ns;
};

inlined struct unusual check_task(struct asked *a, struct task_struct *task)
{
	const struct unusual over = {};
	const struct way way = way_of(true);
	const struct user_namespace *ns;
	struct subject s = { .task = task };
	struct event_check *e;
	bool at_hand = way.counts;
	__u64 nr;

	set_cpu(&s);
	if (way.any && gate_refuses(gate.first, task, a->cap, a->ret)) {
		tally_check(s.cpu, TALLY_OUTSIDE);
		return over;
	}
	if (way.any && !first_look(&s, task->tgid, a->cap, a->ret))
		return over;
	if (is_overcommit(a->probe, a->cap, a->ctx, a->place, task, &nr)) {
		if (!way.more && is_hidden(s.cpu))
			return over;
		a->flags |= CHECK_OVERCOMMIT;
		at_hand = false;
	}
	if (!way.more && at_hand && count_at_hand(task, bpf_get_smp_processor_id(), a->cap, a->ret, a->opts))
		return over;
	set_own(&s, true);
	ns = asker_of(s.own, true);
	if (way.more) {
		set_asker(a, false);
		if (is_outside(a, &s, true, false) || (a->flags & CHECK_OVERCOMMIT && is_hidden(s.cpu)))
			return over;
		if (at_hand && count_at_hand(task, bpf_get_smp_processor_id(), a->cap, a->ret, a->opts))
			return over;
	}
	if (way.silent && !(a->flags & CHECK_OVERCOMMIT) && same_address(s.own, a->cred) &&
	    silent_at_hand(task, a->cap, a->ret, (const __u64 *)&s.own))
		return over;
	if (way.sends && s.cpu->recent.task == (__u64)task && same_address(s.own, a->cred) && same_address(ns, a->target)) {
		nr = usual_call(task);
		if (take_usual(s.cpu, task, nr, &e)) {
			if (e)
				send_usual(e, s.cpu, task, s.own, ns, a->probe, a->cap, a->ret, a->flags);
			return over;
		}
	}
	return (struct unusual){ s.own, ns };
}

/* All in one way: without typed tasks, or beside a program that is on this CPU already. All of s but .own is set. */
inlined int check_plainly(struct asked *a, struct subject *s, const bool typed_task, const bool typed_args)
{
	__u64 call;

	if (gate.any && !first_look(s, tgid_of(s, typed_task), a->cap, a->ret))
		return 0;
	set_own(s, typed_task);
	set_asker(a, typed_args);
	if (gate.more && is_outside(a, s, typed_task, typed_args))
		return 0;
	if (!(a->flags & CHECK_DERIVED) &&
	    is_overcommit(a->probe, a->cap, a->ctx, a->place, typed_task ? s->task : 0, &call))
		a->flags |= CHECK_OVERCOMMIT;
	if (a->flags & CHECK_OVERCOMMIT && is_hidden(s->cpu))
		return 0;
	return check_rest(a, s, typed_task, typed_args);
}

static __noinline int check_untyped(struct asked *a)
{
	struct subject s = { .task = bare_task() };

	set_cpu(&s);
	return check_plainly(a, &s, false, false);
}

/*
 * For a check of somebody else, of which only numbers are known. What is to be pointed to is a copy, made only then; `to` is a
 * where there is no room for one.
 */
inlined int check_bare_in(struct asked *a, struct asked *to)
{
	struct task_struct *task;
	struct unusual unusual;

	if (!task_is_typed()) {
		if (to != a)
			*to = *a;
		return check_untyped(to);
	}
	task = bpf_get_current_task_btf();
	unusual = check_task(a, task);
	if (!unusual.own)
		return 0;
	if (to != a)
		*to = *a;
	return rest_bare(to, task, unusual.own, unusual.ns);
}

inlined int check_bare(struct asked *a)
{
	struct asked copy;

	return check_bare_in(a, &copy);
}
