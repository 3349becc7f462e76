/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts, in the table: what a check is counted as, and with its site. */
#pragma once

#include "bpf/emit.bpf.h"

#define RING_LEFT 8192

/* A count leaves its CPU. While its bank is in use its key is in the table. */
inlined void slot_empty(struct count_slot *slot)
{
	struct count_value *v;

	if (!slot->count)
		return;
	v = bpf_map_lookup_elem(&counts, &slot->key);
	if (v) {
		__sync_fetch_and_add(&v->count, slot->count);
		v->last = slot->last;
	} else {
		__sync_fetch_and_add(&this_cpu()->tally[TALLY_COUNT_LOST], slot->count);
	}
}

/* As good as: without its event nobody would know what a site is, and then the next of its kind is the first. */
inlined bool ring_is_full(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + RING_LEFT > 4ULL * ring_wake_at;
}

#define by_site (counting && with_site)

/*
 * Counts what is not in its slot, or has none. COUNT_SENT: it is to be sent, as the first of its kind, or for want of room.
 * What is sent has a count of none, which the next one of its kind finds. COUNT_OPEN: counted, and no call of its kind is
 * known to have worked, or it was refused. Of what rules are silent about also the first one is counted.
 */
enum { COUNT_SENT, COUNT_DONE, COUNT_OPEN };

static __noinline int count_in_table(const struct count_key *key, struct count_slot *slot, const bool silent)
{
	struct count_value *v = bpf_map_lookup_elem(&counts, key);

	if (!v) {
		__u64 now;

		if (by_site && !silent && ring_is_full())
			return COUNT_SENT;
		now = bpf_ktime_get_ns();
		struct count_value fresh = { .first = now, .last = now };

		if (!bpf_map_update_elem(&counts, key, &fresh, BPF_NOEXIST)) {
			__sync_fetch_and_add(&count_keys[key->flags & COUNT_BANK ? 1 : 0], 1);
			if (!silent)
				return COUNT_SENT;
		}
		v = bpf_map_lookup_elem(&counts, key);
		if (!v) {
			tally(TALLY_COUNT_FULL);
			return COUNT_SENT;
		}
	}
	if (!slot || (by_site && !silent && may_await(key->flags, key->syscall) && !v->met)) {
		__sync_fetch_and_add(&v->count, 1);
		v->last = count_time;
		return v->met && !(key->flags & CHECK_DENIED) ? COUNT_DONE : COUNT_OPEN;
	}
	slot_empty(slot);
	slot->key = *key;
	slot->count = 1;
	slot->last = count_time;
	return COUNT_DONE;
}

inlined bool key_of(struct count_key *key, const struct asked *a, const struct subject *s, const bool typed)
{
	key->program = program_id(s, typed);
	key->tgid = tgid_of(s, typed);
	key->cap = a->cap;
	key->flags = a->flags | (a->ret ? CHECK_DENIED : 0) | syscall_of(s->task, typed, &key->syscall) |
		     (count_bank & 1 ? COUNT_BANK : 0);
	key->site = 0;
	return key->program;
}

/* With whose credentials, and how it was granted: what only a count of a site has. */
inlined __u32 site_flags(const struct asked *a, const struct subject *s, const bool typed)
{
	struct cpu_state *cpu = this_cpu();

	return cred_flags(s, a->cred) | grant_flags(a, typed, &cpu->room[0], &cpu->room[1]);
}

/*
 * What else an event would say that a profile asks for: the user namespace of who asked, its user, and whether what was
 * refused is held back in the permitted set.
 */
inlined __u64 whose_count(const struct asked *a, const struct subject *s, const bool typed_task, const bool typed)
{
	const struct user_namespace *asker = a->asker;
	const struct cred *cred = a->cred, *own = s->own;
	__u64 inum = READ(typed, asker, ns.inum), users = READ(typed_task, own, uid.val);

	users = users << 32 | READ(typed_task, own, euid.val);
	return mix(users, inum | (a->ret ? READ_SET(typed, cred, cap_permitted) >> (a->cap & 63) << 63 : 0));
}

/*
 * What tells one site from another besides the way to it, and the flags that only a count of a site has; where the way is
 * to be looked for is put into the CPU's room, as there is little left on the stack.
 */
inlined __u64 site_args(const struct asked *a, const struct subject *s, struct count_key *key, const bool typed,
			const bool typed_args)
{
	struct pt_regs *regs = saved_registers(s->task, typed);
	struct cpu_state *cpu = this_cpu();
	__u64 whose;

	key->flags |= site_flags(a, s, typed_args);
	whose = whose_count(a, s, typed, typed_args);
	if (asks_for_ids(a->cap) && keeps_ids(s->own, regs, key->flags, key->syscall, a->cap))
		key->flags |= CHECK_SAME_IDS;
	cpu->room[0] = a->flags & CHECK_DERIVED ? 0 : a->place;
	cpu->room[1] = (__u64)regs;
	return mix(whose, telling_args(regs, key->flags, key->syscall, typed && has_registers_helper()));
}

/* Functions of their own for the room of what they keep. */
static __noinline __u64 site_args_typed(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return site_args(a, s, key, true, true);
}

static __noinline __u64 site_args_task(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return site_args(a, s, key, true, false);
}

/* As struct cpu_state has it: of what is counted; args: whose it is, too. The bank says nothing of it. */
inlined __u64 alike_counted(const struct count_key *key, __u64 args)
{
	__u64 alike = mix(args, key->program);

	alike = mix(alike, (__u64)(key->flags & ~COUNT_BANK) << 32 | (__u32)key->cap);
	alike = mix(alike, key->syscall);
	return (alike & ~(__u64)ALIKE_DENIED) | (key->flags & CHECK_DENIED ? ALIKE_DENIED : 0);
}

/* The same before its verdict is known; of what is not counted yet. */
inlined __u64 alike_of_entry(struct task_struct *task, const bool typed, __u64 credential, __u64 cap_opts)
{
	const struct cred *cred = (const struct cred *)credential;
	struct pt_regs *regs = saved_registers(task, typed);
	__u64 alike = READ(typed, task, start_boottime);
	__u32 flags;
	__s32 nr;

	flags = syscall_of(task, typed, &nr);
	alike = mix(alike, READ(typed, task, self_exec_id));
	alike = mix(alike, cap_opts);
	alike = mix(alike, (__u64)flags << 32 | (__u32)nr);
	alike = mix(alike, telling_args(regs, flags, nr, false));
	alike = mix(alike, (__u64)BPF_CORE_READ(cred, uid.val) << 32 | BPF_CORE_READ(cred, euid.val));
	return mix(alike, (__u64)BPF_CORE_READ(cred, user_ns)) & ~(__u64)ALIKE_DENIED;
}

static __noinline __u64 alike_entered(__u64 cred, __u64 cap_opts)
{
	return task_is_typed() ? alike_of_entry(bpf_get_current_task_btf(), true, cred, cap_opts)
			       : alike_of_entry(bare_task(), false, cred, cap_opts);
}

inlined __u64 cap_and_opts(int cap, __u32 opts)
{
	return (__u64)opts << 32 | (__u32)cap;
}

inlined __u64 kept_site(const struct asked *a, __u64 args)
{
	__u64 kept = kept_site_id(a->frames, args);

	if (kept)
		tally(TALLY_SITE_UNWOUND);
	if (!unwinds_few || asks_for_ids(a->cap))
		return kept;
	return kept_or_taken(alike_entered((__u64)a->cred, cap_and_opts(a->cap, a->opts)) | (a->ret ? ALIKE_DENIED : 0), kept,
			     args);
}

/*
 * The site that is counted; 0: it cannot be said without another program of ours that might come in between on this CPU, or
 * without a stack.
 */
inlined __u64 count_site(const struct asked *a, const struct count_key *key, __u64 args)
{
	__u32 at = bpf_get_smp_processor_id();

	if (!unwinds(a))
		return kept_site(a, args);
	if ((!runs_alone && a->probe != PROBE_TP) || at >= CPUS_MAX)
		return 0;
	if (unwinds_few)
		cpus[at].alike = alike_counted(key, args);
	return site_id(a->ctx, &cpus[at], args, at, a->probe);
}
