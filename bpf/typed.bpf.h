/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes whose arguments are typed pointers: fexit, which has options and verdict in one program, on kernels with BTF
 * and ftrace direct calls, and the typed tracepoint. Their context lies on the live kernel stack, so the caller's return
 * address is at a fixed distance from it.
 */
#pragma once

#define WITH_LOOSE
#include "bpf/usual.bpf.h"

/*
 * Where the two probes differ. The arguments are read when they are wanted, and not all of them at once as BPF_PROG
 * would: most checks are refused before.
 */
inlined int cap_of(const __u64 *ctx, enum event_probe probe)
{
	return ctx[probe == PROBE_FEXIT ? 2 : 3];
}

inlined struct asked asked_of(__u64 *ctx, enum event_probe probe)
{
	struct asked a = {
		.ctx = ctx,
		.place = (__u64)ctx,
		.cred = (void *)ctx[0],
		.target = (void *)ctx[1],
		.cap = cap_of(ctx, probe),
		.ret = ctx[4],
		.flags = probe == PROBE_FEXIT ? opts_flags(ctx[3]) : 0,
		.opts = probe == PROBE_FEXIT ? ctx[3] : 0,
		.probe = probe,
	};

	return a;
}

inlined bool is_ours(struct task_struct *task)
{
	return (__u32)task->tgid == own_tgid;
}

/* Without typed tasks all is done in one way, but that a check of our own is not like any other. */
inlined int heard_bare(__u64 *ctx, enum event_probe probe)
{
	struct subject s = { .task = bare_task() };
	struct asked a;

	if (is_own())
		return own_check(probe, ctx, (__u64)ctx, cap_of(ctx, probe));
	if (!is_for(probe))
		return 0;
	a = asked_of(ctx, probe);
	s.task = bare_task();
	set_cpu(&s);
	return check_plainly(&a, &s, false, true);
}

/* What is not usual. A function of its own: what it keeps is not kept for the usual ones. */
inlined int rest_of(__u64 *ctx, enum event_probe probe, struct task_struct *task, const struct cred *own,
		    const struct user_namespace *asker, __u32 flags)
{
	struct asked a = asked_of(ctx, probe);
	struct subject s = { .task = task, .own = own };

	a.asker = asker;
	a.flags |= flags;
	set_cpu(&s);
	return check_rest(&a, &s, true, true);
}

typedef int rest_fn(__u64 *ctx, struct task_struct *task, const struct cred *own,
		    const struct user_namespace *asker, __u32 flags);

/* Of ourselves. */
static __noinline int ours(__u64 *ctx, enum event_probe probe, int cap)
{
	return own_check(probe, ctx, (__u64)ctx, cap);
}

inlined __u32 opts_of(const __u64 *ctx, enum event_probe probe)
{
	return probe == PROBE_FEXIT ? ctx[3] : 0;
}

inlined __u32 flags_of(const __u64 *ctx, enum event_probe probe, const bool plain)
{
	if (probe != PROBE_FEXIT)
		return 0;
	return plain ? opts_flags_now(ctx[3]) : opts_flags(ctx[3]);
}

/* Filters beyond the first look. */
inlined bool is_refused(struct subject *s, const struct user_namespace *asker)
{
	struct asked a = { .asker = asker };

	return is_outside(&a, s, true, true);
}

#ifndef ONLY_SENDS
/*
 * The slot in which a check is counted with its site, of what was granted: by its own credentials, which are what they were -
 * others may lie at the same address later, but in the namespace in which they are granted something there is still who has
 * it -, with the same arguments, from the same place. NULL: it is not at hand. Only of what was granted a slot has a site.
 */
inlined struct count_slot *slot_of_granted(const __u64 *ctx, enum event_probe probe, struct task_struct *task)
{
	struct count_slots *slots;
	struct count_slot *slot;
	const struct cred *cred;
	__u64 nr;

	if (ctx[4])
		return 0;
	slots = slots_of(bpf_get_smp_processor_id());
	if (!slots)
		return 0;
	nr = count_call(task);
	slot = slot_of(slots, task, nr, cap_of(ctx, probe));
	cred = (const struct cred *)ctx[0];
	if (!slot || slot->raw.cap != (__u32)cap_of(ctx, probe) ||
	    (probe == PROBE_FEXIT && slot->raw.flags != opts_of(ctx, probe)) || slot->site.cred != (__u64)cred || !same_address(cred, task->real_cred) || slot->site.target != ctx[1] ||
	    slot->site.uid != cred->uid.val || slot->site.euid != cred->euid.val ||
	    (slot->site.has_args && args_now(task, slot->raw.nr) != slot->site.args) ||
	    !site_is_at(&slot->site, (__u64)ctx))
		return 0;
	return slot;
}

/* Counted, with its site, by what is at hand. */
inlined bool is_site_at_hand(__u64 *ctx, enum event_probe probe, struct task_struct *task)
{
	struct count_slot *slot;

	if (site_way == SITE_WAY_UNWIND)
		return false;
	slot = slot_of_granted(ctx, probe, task);
	if (!slot)
		return false;
	if (site_way == SITE_WAY_VERIFY)
		this_cpu()->chain.expected = slot->key.site;
	else
		slot_add(slot);
	return site_way != SITE_WAY_VERIFY;
}

/* Functions of their own: what they keep is not kept for all that comes after, which has none of 512 bytes left. */
static __noinline int at_hand_fexit(__u64 *ctx, struct task_struct *task)
{
	return is_site_at_hand(ctx, PROBE_FEXIT, task);
}

static __noinline int at_hand_tp_btf(__u64 *ctx, struct task_struct *task)
{
	return is_site_at_hand(ctx, PROBE_TP_BTF, task);
}

inlined int at_hand(__u64 *ctx, enum event_probe probe, struct task_struct *task)
{
	return probe == PROBE_FEXIT ? at_hand_fexit(ctx, task) : at_hand_tp_btf(ctx, task);
}
#else
inlined int at_hand(__u64 *ctx, enum event_probe probe, struct task_struct *task)
{
	return false;
}
#endif

/*
 * Of whom the first filter did not refuse. Ourselves we are told by our process id, which is read only where what all
 * others are spared is not enough to tell. Whose credentials it is about is read at once, before there are several ways
 * on, each of which the verifier would follow them on; but where it is only to be counted, not before that was tried. What
 * the context has is read again rather than kept.
 */
inlined int listened(__u64 *ctx, enum event_probe probe, struct task_struct *task, rest_fn *rest, const bool more)
{
	const struct way way = way_of(more);
	const struct user_namespace *asker;
	struct subject s = { .task = task };
	struct event_check *e;
	__u32 overcommit = 0;
	__u64 nr;

	if (way.any && is_ours(task))
		return ours(ctx, probe, cap_of(ctx, probe));
	set_cpu(&s);
	if (way.any && !first_look(&s, task->tgid, cap_of(ctx, probe), ctx[4]))
		return 0;
	if (is_overcommit(probe, cap_of(ctx, probe), ctx, (__u64)ctx, task, &nr)) {
		if (is_ours(task))
			return ours(ctx, probe, cap_of(ctx, probe));
		if (!way.more && is_hidden(s.cpu))
			return 0;
		overcommit = CHECK_OVERCOMMIT;
	}
	if (way.counts && !way.more && !overcommit &&
	    count_at_hand(task, bpf_get_smp_processor_id(), cap_of(ctx, probe), ctx[4], opts_of(ctx, probe)))
		return 0;
	set_own(&s, true);
	asker = asker_of((const struct cred *)ctx[0], true);
	if (way.more) {
		if (is_refused(&s, asker) || (overcommit && is_hidden(s.cpu)))
			return 0;
		if (way.counts && !overcommit &&
		    count_at_hand(task, bpf_get_smp_processor_id(), cap_of(ctx, probe), ctx[4], opts_of(ctx, probe)))
			return 0;
	}
	if (more && way.sites && at_hand(ctx, probe, task))
		return 0;
	if (way.silent && !overcommit &&
	    silent_at_hand(task, cap_of(ctx, probe), ctx[4], ctx))
		return 0;
	if (way.sends && s.cpu->recent.task == (__u64)task && same_address(s.own, (void *)ctx[0]) &&
	    same_address(asker, (void *)ctx[1])) {
		nr = usual_call(task);
		if (take_usual(s.cpu, task, nr, &e)) {
			if (e)
				send_usual(e, s.cpu, task, s.own, asker, probe, cap_of(ctx, probe), ctx[4],
					   flags_of(ctx, probe, false) | overcommit);
			return 0;
		}
	}
	if (is_ours(task))
		return ours(ctx, probe, cap_of(ctx, probe));
	return rest(ctx, task, s.own, asker, overcommit);
}

/*
 * Who is in a list of processes is marked there, and so are we: whom such a list refuses is somebody else. Of users and
 * groups all are marked while we try something, and else whom they refuse may be us: to read who it is costs as much as the
 * whole list. `first` is a constant, and each has a way of its own to the end, so that nothing is left of the others.
 */
inlined void heard_by(__u64 *ctx, enum event_probe probe, struct task_struct *task, const enum gate_first first,
		      int (*listened)(__u64 *, struct task_struct *))
{
	const bool asks = first == GATE_FIRST_CAPS || first == GATE_FIRST_VERDICT;
	struct subject s;

	if (!gate_refuses(first, task, cap_of(ctx, probe), ctx[4]) || (asks && is_ours(task))) {
		listened(ctx, task);
		return;
	}
	set_cpu(&s);
	s.cpu->tally[TALLY_OUTSIDE]++;
}

/* By a probe that is not the chosen one: on trial it hears us, and nobody else. */
inlined void only_ours(__u64 *ctx, enum event_probe probe, struct task_struct *task)
{
	if (is_ours(task))
		ours(ctx, probe, cap_of(ctx, probe));
}

inlined void heard_typed(__u64 *ctx, enum event_probe probe, int (*listened)(__u64 *, struct task_struct *))
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 first = gate.first;

	if (!is_for(probe)) {
		only_ours(ctx, probe, task);
		return;
	}
#define HEARD_BY(which)                                                                                      \
	barrier_var(first);                                                                                  \
	if (first == which) {                                                                                \
		heard_by(ctx, probe, task, which, listened);                                                 \
		return;                                                                                      \
	}
	HEARD_BY(GATE_FIRST_VERDICT)
	HEARD_BY(GATE_FIRST_CAPS)
	HEARD_BY(GATE_FIRST_PIDS)
	HEARD_BY(GATE_FIRST_TREES)
	HEARD_BY(GATE_FIRST_GIDS)
	HEARD_BY(GATE_FIRST_UIDS)
#undef HEARD_BY
	listened(ctx, task);
}

/* Where a plan has come to its end with one that is not like most. */
inlined int planned_rest(__u64 *ctx, enum event_probe probe, struct task_struct *task, rest_fn *rest)
{
	const struct user_namespace *asker;
	struct subject s = { .task = task };

	if (is_ours(task))
		return ours(ctx, probe, cap_of(ctx, probe));
	set_own(&s, true);
	asker = asker_of((const struct cred *)ctx[0], true);
	return rest(ctx, task, s.own, asker, 0);
}

/*
 * Nobody's business that it is beyond: our own, which may be on trial, and memory overcommit. That is asked without an audit,
 * in all kernels: what is not needs no look at its call site. *ret_call: as of is_overcommit.
 */
inlined bool is_beyond_plan(__u64 *ctx, enum event_probe probe, struct task_struct *task, __u64 *ret_call)
{
	if (probe == PROBE_FEXIT && !(ctx[3] & OPT_NOAUDIT))
		return false;
	if (!is_overcommit(probe, cap_of(ctx, probe), ctx, (__u64)ctx, task, ret_call))
		return false;
	if (is_ours(task))
		ours(ctx, probe, cap_of(ctx, probe));
	else
		this_cpu()->tally[TALLY_HIDDEN]++;
	return true;
}

/*
 * The two runs that are the most usual, each in a program of its own, in which nothing is asked that such a run has
 * decided. PLAN_SEND: the thread's last check was on this CPU, too. The credentials and namespace that the arguments name
 * are found to be the task's own, and then the arguments are used, which need not be kept.
 */
inlined void planned_send(__u64 *ctx, enum event_probe probe, int (*rest)(__u64 *, struct task_struct *))
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject s = { .task = task };
	struct event_check *e;
	__u64 nr = NO_CALL;

	if (!is_for(probe)) {
		only_ours(ctx, probe, task);
		return;
	}
	if (is_beyond_plan(ctx, probe, task, &nr))
		return;
	set_cpu(&s);
	if (s.cpu->recent.task == (__u64)task) {
		if (nr == NO_CALL)
			nr = usual_call(task);
		set_own(&s, true);
		if (same_address(s.own, (void *)ctx[0]) &&
		    same_address(asker_of((const struct cred *)ctx[0], true), (void *)ctx[1]) &&
		    take_usual(s.cpu, task, nr, &e)) {
			if (e)
				send_usual(e, s.cpu, task, (const struct cred *)ctx[0], (const struct user_namespace *)ctx[1],
					   probe, cap_of(ctx, probe), ctx[4], flags_of(ctx, probe, true));
			return;
		}
	}
	rest(ctx, task);
}

/*
 * PLAN_SILENT: rules are silent about it, and its count is at hand. What helpers tell is asked first, while there is little to
 * keep.
 */
inlined void planned_silent(__u64 *ctx, enum event_probe probe, int (*rest)(__u64 *, struct task_struct *))
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct count_slots *slots;
	struct count_slot *slot;
	__u64 cgroup_id, nr;

	if (!is_for(probe)) {
		only_ours(ctx, probe, task);
		return;
	}
	if (is_beyond_plan(ctx, probe, task, &nr))
		return;
	slots = slots_of(bpf_get_smp_processor_id());
	cgroup_id = cgroup_id_of(task);
	slot = slots ? silent_slot(slots, task, cap_of(ctx, probe)) : 0;
	if (slot && slot->raw.ret == (__s32)ctx[4] && is_stamped(&slot->stamp, task, cgroup_id, ctx))
		slot_add(slot);
	else
		rest(ctx, task);
}

/* PLAN_COUNT: its count is at hand. */
inlined void planned_count(__u64 *ctx, enum event_probe probe, int (*rest)(__u64 *, struct task_struct *))
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct count_slots *slots;
	struct count_slot *slot;
	__u64 nr = NO_CALL;

	if (!is_for(probe)) {
		only_ours(ctx, probe, task);
		return;
	}
	if (is_beyond_plan(ctx, probe, task, &nr))
		return;
	slots = slots_of(bpf_get_smp_processor_id());
	if (slots && nr == NO_CALL)
		nr = count_call(task);
	slot = slots ? slot_of(slots, task, nr, cap_of(ctx, probe)) : 0;
	if (slot && slot_is(slot, cap_of(ctx, probe), ctx[4], opts_of(ctx, probe)))
		slot_add(slot);
	else
		rest(ctx, task);
}

#ifndef ONLY_SENDS
/*
 * PLAN_SITES: what is at hand passed the filters, and does so again, for they ask nothing that may have become another since.
 * Where sites are only unwound nothing is ever at hand.
 */
inlined void planned_sites(__u64 *ctx, enum event_probe probe, int (*rest)(__u64 *, struct task_struct *))
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct count_slot *slot;

	if (!is_for(probe)) {
		only_ours(ctx, probe, task);
		return;
	}
	slot = slot_of_granted(ctx, probe, task);
	if (slot)
		slot_add(slot);
	else
		rest(ctx, task);
}
#endif
