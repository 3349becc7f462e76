/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path of a check, the same for every probe: gate -> state of its task -> count or emit. A probe whose arguments
 * are typed pointers takes a first look and calls check; one to which they are mere numbers calls check_bare.
 */
#pragma once

#include "bpf/gate.bpf.h"
#include "bpf/hush.bpf.h"

#define CAP_SYS_ADMIN 21

/*
 * Where rules decide on counts too: what else they go by of who asks. 0: he is not, or no longer, who was announced, and what he
 * asks is sent.
 */
static __noinline __u64 mix_decider(__u64 args)
{
	struct task_struct *task = bare_task();
	const struct process_state *state = announced(task);
	__u64 name[2] = {};

	if (!state || !is_as_announced(state, task))
		return 0;
	bpf_get_current_comm(name, sizeof(name));
	args = mix(args, state->told);
	args = mix(args, name[0]);
	args = mix(args, name[1]);
	return mix(args, (__u64)rules_now << 32 | BPF_CORE_READ(task, real_cred, gid.val)) ?: 1;
}

/* Counted, where it is not at hand? Else it is to be sent. What it is known by is read again: there is little room. */
inlined bool count(const struct asked *a, const struct subject *s, struct count_key *key, const bool typed,
		   const bool typed_args)
{
	struct count_slot *slot = 0;
	__u64 nr = NO_CALL, args;
	int how;

	if (!key_of(key, a, s, typed))
		return false;
	if (with_site) {
		if (typed)
			args = typed_args ? site_args_typed(a, s, key) : site_args_task(a, s, key);
		else
			args = site_args(a, s, key, typed, typed_args);
		if (silencing)
			args = mix_decider(args);
		key->site = !silencing || args ? count_site(a, key, args) : 0;
		if (!key->site)
			return false;
	}
	/* With rules the places at hand are for what they are silent about. */
	if (typed && s->cpu && runs_alone && !silencing && !(a->flags & CHECK_OVERCOMMIT)) {
		if (!with_site)
			nr = count_call(s->task);
		else if (typed_args)
			slot = slot_of_site(a, s);
	}
	if (nr != NO_CALL)
		slot = slot_for(bpf_get_smp_processor_id(), a->cap, nr, s->task->start_boottime);
	how = count_in_table(key, slot, false);
	if (how == COUNT_SENT)
		return false;
	if (with_site && how == COUNT_OPEN && awaits_outcome(key->flags, key->syscall))
		open_outcome(key, bpf_ktime_get_ns(), 1);
	if (!slot || how == COUNT_OPEN)
		return true;
	if (!with_site)
		keep_raw(&slot->raw, a, s, nr);
	else if (typed)
		keep_site(slot, a, s);
	return true;
}

/* The filters that are left after the first look. */
inlined bool gate_check(const struct asked *a, const struct subject *s, const bool typed_task,
			const bool typed_args)
{
	const struct user_namespace *asker = a->asker;
	const struct cred *own = s->own;

	if (gate.uids && !gate_uid(READ(typed_task, own, uid.val)))
		return false;
	if (gate.gids && !gate_gid(READ(typed_task, own, gid.val)))
		return false;
	if (gate.userns_mode && !gate_userns(READ(typed_args, asker, ns.inum)))
		return false;
	return gate_words() && (!gate.who || who_passes(READ(typed_args, asker, ns.inum)));
}

/*
 * Is the task in a system call that charges no memory? What such a call asks is somebody's wish, but for a page that is
 * missing just then. *ret_call is its number then, and else left alone.
 */
inlined bool charges_nothing(struct task_struct *task, __u64 *ret_call)
{
	__u64 nr = usual_call(task);

	if (nr >= FREE_CALLS || !free_calls.at[nr])
		return false;
	*ret_call = nr;
	return true;
}

/*
 * Is it the memory-overcommit check? It asks for SYS_ADMIN, and its caller's return address is known from our own: the
 * site where the probe has it, or else to be found from there. One that is another caller's is believed to be that where
 * the system call says the same, and nothing is unwound. (at: as .place in struct asked. task: typed, or NULL.)
 * *ret_call is the system call, where it was asked for and said so: to ask for it again is dear.
 */
inlined bool is_overcommit(enum event_probe probe, int cap, void *ctx, __u64 at, struct task_struct *task, __u64 *ret_call)
{
	const struct site_place *place = &sites[probe];
	__u64 site;

	if (cap != CAP_SYS_ADMIN || !place->overcommit)
		return false;
	if (probe == PROBE_KPROBE)
		return at == place->overcommit;
	site = site_near(at, place);
	if (site == place->overcommit)
		return true;
	if (task && site_is_other(site) && charges_nothing(task, ret_call))
		return false;
	return site_is(ctx, site, place);
}

/* The pointer is read here and now: the compiler would read it where it is used, once for each way that leads there. */
inlined void set_own(struct subject *s, const bool typed)
{
	struct task_struct *task = typed ? loose(s->task, loose_task) : s->task;
	const struct cred *own = READ(typed, task, real_cred);

	barrier_var(own);
	s->own = own;
}

inlined const struct user_namespace *asker_of(const struct cred *cred, const bool typed)
{
	const struct cred *from = typed ? loose(cred, loose_cred) : cred;
	const struct user_namespace *asker = READ(typed, from, user_ns);

	barrier_var(asker);
	return asker;
}

inlined void set_asker(struct asked *a, const bool typed)
{
	a->asker = asker_of(a->cred, typed);
}

/* Memory overcommit is over here, but where all is shown. */
inlined bool is_hidden(struct cpu_state *cpu)
{
	if (show_overcommit)
		return false;
	tally_check(cpu, TALLY_HIDDEN);
	return true;
}

/* Do the programs of `probe` report what they hear? Not while another probe does, or while none was tried. */
inlined bool is_for(__u32 probe)
{
	return probe_now == probe;
}

inlined bool is_own(void)
{
	return bpf_get_current_pid_tgid() >> 32 == own_tgid;
}

/* A check of ours: counted, and where we try something a lesson. */
inlined int own_check(__u32 probe, void *ctx, __u64 base, int cap)
{
	if (probe_ours != probe)
		return 0;
	tally(TALLY_OWN);
	return learn(ctx, base, cap);
}
