/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks whose outcome is to be told: what their system call returned (bpf/outcome.bpf.c). */
#pragma once

#include "bpf/asked.bpf.h"

/* enum call_return of the system call. */
inlined __u32 call_return(__u32 flags, __s32 syscall)
{
	__u32 nr = (__u32)syscall & ~X32_BIT;

	if (nr >= RETURN_CALLS)
		return CALL_RETURN_NEVER;
	return flags & CHECK_ABI_32 ? call_returns.of_32[nr] : call_returns.own[nr];
}

/* Is what its system call returns to be told? What is derived is heard where nobody asks for task work. */
inlined bool awaits_outcome(__u32 flags, __s32 syscall)
{
	if (!join_outcome || !(flags & CHECK_SYSCALL_KNOWN))
		return false;
	switch (outcomes_now) {
	case OUTCOMES_SURE:
		return true;
	case OUTCOMES_BY_WORK:
		return !(flags & CHECK_DERIVED);
	case OUTCOMES_BY_CALL:
		return call_return(flags, syscall) == CALL_RETURN_HEARD;
	default:
		return false;
	}
}

/* ... or may it come to be, and is not to be counted at hand until then? */
inlined bool may_await(__u32 flags, __s32 syscall)
{
	if (outcomes_now == OUTCOMES_BY_CALL)
		return join_outcome && flags & CHECK_SYSCALL_KNOWN && call_return(flags, syscall) != CALL_RETURN_NEVER;
	return awaits_outcome(flags, syscall);
}

/* fresh: this task had nothing open. */
inlined void mark_outcome(__u64 task, bool fresh)
{
	__u32 none = 0;
	struct outcome_marks *marks = bpf_map_lookup_elem(&outcome_marks, &none);

	if (!marks)
		return;
	if (outcomes_now != OUTCOMES_BY_CALL)
		marks->at[OUTCOME_MARK(task)] = task;
	else if (fresh)
		__sync_fetch_and_add(&marks->at[OUTCOME_MARK(task)], 1);
}

/* That a check of this kind was made in o's call: counted, or sent. */
inlined void add_kind(struct outcome_open *o, const struct count_key *key, __u32 counted)
{
	for (int i = 0; i < OUTCOME_KINDS; i++) {
		struct outcome_kind *k = &o->kind[i];

		if ((__u32)i == o->kinds) {
			k->site = key->site;
			k->flags = key->flags;
			k->cap = key->cap;
			k->times = counted;
			o->kinds = i + 1;
			return;
		}
		if (k->site == key->site && k->flags == key->flags && k->cap == key->cap) {
			k->times += counted;
			return;
		}
	}
}

/*
 * Keeps that such a check was made in the system call that this thread is in, for bpf/outcome.bpf.c; key.site is 0 where it
 * is of no kind that is counted. Past the end of the call there is nothing to wait for.
 */
static __noinline void open_outcome(const struct count_key *key, __u64 since, __u32 counted)
{
	__u64 task = bpf_get_current_task();
	struct outcome_open *o = bpf_map_lookup_elem(&outcomes, &task);
	__u32 tid = bpf_get_current_pid_tgid();
	bool is_new = !o;

	if (!o || !o->asked || o->tid != tid || o->syscall != key->syscall) {
		struct outcome_open fresh = {
			.since = since,
			.tgid = key->tgid,
			.tid = tid,
			.syscall = key->syscall,
			.asked = outcomes_now != OUTCOMES_BY_WORK,
			.abi_32 = key->flags & CHECK_ABI_32,
			.program = key->program,
		};

		bpf_map_update_elem(&outcomes, &task, &fresh, BPF_ANY);
		o = bpf_map_lookup_elem(&outcomes, &task);
		if (!o)
			return;
	}
	if (!counted)
		o->checks++;
	if (key->site)
		add_kind(o, key, counted);
	mark_outcome(task, is_new);
}
