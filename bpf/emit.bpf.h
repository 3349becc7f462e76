/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A check is sent. */
#pragma once

#include "bpf/await.bpf.h"
#include "bpf/fill.bpf.h"
#include "bpf/held.bpf.h"

/*
 * With --lsm-verdict a check that security_capable makes waits for that function's answer, in lsm_open; one that is
 * made past it goes out at once, its LSM verdict unknown. So does one that still waits when the next one comes: the
 * exit that belongs to it, and the entry of this one, were missed.
 */
inlined bool hold_for_lsm(const struct asked *a, const struct subject *s, __u64 program, const bool typed_task,
			  const bool typed_args)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct lsm_pending *p = bpf_map_lookup_elem(&lsm_open, &key);

	if (!p)
		return false;
	if (p->filled)
		send_held(p, 0, 0);
	fill_check(&p->check, a, s, program, typed_task, typed_args);
	fill_site(&p->check, a, s, 0, typed_task);
	p->filled = 1;
	return true;
}

inlined __u64 program_id(const struct subject *s, const bool typed)
{
	bool said;

	if (typed && s->cpu)
		return program_now(has_user_registers(s->task));
	return program_of(s->task, typed, false, &said);
}

/* counted_as: its key where it is the first that is counted of its kind; .site 0: it is none. */
inlined void emit(const struct asked *a, const struct subject *s, struct count_key *counted_as, const bool typed_task,
		  const bool typed_args)
{
	__u64 program = program_id(s, typed_task);
	struct event_check *e;

	if (join_lsm && hold_for_lsm(a, s, program, typed_task, typed_args))
		return;
	e = reserve_check();
	if (!e) {
		tally_check(s->cpu, TALLY_RING_FULL);
		return;
	}
	fill_check(e, a, s, program, typed_task, typed_args);
	fill_site(e, a, s, counted_as->site, typed_task);
	if (awaits_outcome(e->head.flags, e->syscall)) {
		e->head.flags |= CHECK_OUTCOME;
		if (!counted_as->site) {
			counted_as->program = program;
			counted_as->tgid = e->tgid;
			counted_as->syscall = e->syscall;
			counted_as->flags = e->head.flags;
		}
		open_outcome(counted_as, e->head.time, 0);
	}
	submit(e);
	tally_check(s->cpu, TALLY_SENT);
}
