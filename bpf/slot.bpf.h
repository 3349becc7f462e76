/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts at hand: each CPU has places for what was asked last, in which the like of it is found in a few reads. */
#pragma once

#include "bpf/count.bpf.h"

/*
 * What tells the system call, in the fewest reads; -1: a count is not to be kept at hand. For a thread of the kernel,
 * or one without a user's registers, it is whatever they hold: what else a count's key follows from is the same for all
 * checks of one program of one thread.
 */
inlined __u64 count_call(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return call_number(task) ^ (__u64)is_compat(task) << 32;
#else
	__s32 nr;
	__u32 flags = syscall_of(task, true, &nr);

	return flags & CHECK_SYSCALL_KNOWN && !(flags & CHECK_ABI_32) ? (__u64)nr : NO_CALL;
#endif
}

inlined struct count_slots *slots_of(__u32 at)
{
	__u32 place = at * COUNT_BANKS + count_bank;

	return bpf_map_lookup_elem(&count_slots, &place);
}

inlined struct count_slot *slot_place(struct count_slots *slots, int cap, __u64 nr, __u64 start)
{
	struct count_slot *slot = &slots->at[((__u32)cap + (__u32)nr + (__u32)start) % COUNT_SLOTS];

	barrier_var(slot);
	return slot;
}

/* Where its count is kept on this CPU, if it is. */
inlined struct count_slot *slot_for(__u32 at, int cap, __u64 nr, __u64 start)
{
	struct count_slots *slots = slots_of(at);

	return slots ? slot_place(slots, cap, nr, start) : 0;
}

/*
 * The slot in which this thread counts such a call's checks; NULL: there is none. What was asked is for the caller to
 * compare. No slot has NO_CALL. nr: count_call(task), for which the caller asks when he has the slots, and before he reads
 * the capability: what is kept while a helper is called costs more than to read it then, and takes room on the stack.
 */
inlined struct count_slot *slot_of(struct count_slots *slots, struct task_struct *task, __u64 nr, int cap)
{
	__u64 start = task->start_boottime;
	struct count_slot *slot = slot_place(slots, cap, nr, start);

	if (slot->raw.task != (__u64)task || slot->raw.start != start || slot->raw.nr != nr ||
	    slot->raw.exec_id != task->self_exec_id)
		return 0;
	return slot;
}

inlined bool slot_is(const struct count_slot *slot, int cap, int ret, __u32 flags)
{
	return slot->raw.cap == (__u32)cap && slot->raw.flags == flags && slot->raw.ret == ret;
}

enum { SLICE_BYTES = 128 };

/* Are the addresses those that lie there? Unrolled: most of what such a check costs is this. `at_` is where one lies. */
#define SITE_IS_AT(site, at_, word_)                                                                         \
	({                                                                                                   \
		bool is_ = true;                                                                             \
                                                                                                             \
		_Pragma("unroll") for (int i = 0; i < SITE_DEPTH; i++)                                       \
		{                                                                                            \
			__u32 at_ = (site)->at[i];                                                           \
                                                                                                             \
			if (i >= SITE_LEAST && !at_)                                                         \
				break;                                                                       \
			if ((word_) != (site)->word[i]) {                                                    \
				is_ = false;                                                                 \
				break;                                                                       \
			}                                                                                    \
		}                                                                                            \
		is_;                                                                                         \
	})

/* Without loose pointers: all that lies between the first address and the last one in one read. */
inlined bool slice_is_at(const struct count_site *site, struct cpu_state *cpu, __u64 base)
{
	const char *from = (const char *)&cpu->room[2];
	__u32 bytes = site->bytes;

	barrier_var(bytes);
	if (bytes > SLICE_BYTES || bpf_probe_read_kernel(&cpu->room[2], bytes, (void *)(base + site->first)))
		return false;
	return SITE_IS_AT(site, at, *(const __u64 *)(from + (at & (SLICE_BYTES - sizeof(__u64)))));
}

/*
 * Are the addresses on the stack those that were found there? Of three ways the kernel has one. Memory of which nothing is
 * known can be read at any place of it; as a task, at the place of one field alone.
 */
inlined bool site_is_at(const struct count_site *site, __u64 base)
{
#ifdef WITH_LOOSE
	if (loose_memory) {
		const char *from = rdonly_cast((void *)(base + site->first), 0);

		return SITE_IS_AT(site, at, *(const __u64 *)(from + at));
	}
	const __u32 id = loose_task;

	if (id) {
		const __u64 from = base + site->first;

		return SITE_IS_AT(site, at, loose_word(from + at, id));
	}
#endif
	return slice_is_at(site, this_cpu(), base);
}

/* Of a typed task in a call of the kernel's own ABI. A function of its own for the room of what it keeps. */
static __noinline __u64 args_now(struct task_struct *task, __u64 nr)
{
	return telling_args(saved_registers(task, true), CHECK_SYSCALL_KNOWN, nr, has_registers_helper());
}

inlined void slot_add(struct count_slot *slot)
{
	slot->count++;
	slot->last = count_time;
}

/* Counted, if its count is at hand. */
inlined bool count_at_hand(struct task_struct *task, __u32 at, int cap, int ret, __u32 flags)
{
	struct count_slots *slots = slots_of(at);
	struct count_slot *slot = slots ? slot_of(slots, task, count_call(task), cap) : 0;

	if (!slot || !slot_is(slot, cap, ret, flags))
		return false;
	slot_add(slot);
	return true;
}

/*
 * The slot for such a check, if another one like it can be told by what would be at hand; else NULL. This and the next one
 * are functions of their own for the room of what they keep.
 */
static __noinline struct count_slot *slot_of_site(const struct asked *a, const struct subject *s)
{
	__u64 nr = count_call(s->task);

	if (a->ret || !unwinds(a) || site_way == SITE_WAY_UNWIND || s->cpu->chain.count < 2 || !same_address(s->own, a->cred) ||
	    a->asker != a->target || nr >= CALLS_END || asks_for_ids(a->cap))
		return 0;
	return slot_for(bpf_get_smp_processor_id(), a->cap, nr, s->task->start_boottime);
}

inlined void keep_raw(struct count_raw *raw, const struct asked *a, const struct subject *s, __u64 nr)
{
	struct task_struct *task = s->task;

	raw->task = (__u64)task;
	raw->start = task->start_boottime;
	raw->exec_id = task->self_exec_id;
	raw->nr = nr;
	raw->cap = a->cap;
	raw->flags = a->opts;
	raw->ret = a->ret;
}

/* A function that is called where a system call is dispatched is called nowhere else: what called that is not asked. */
inlined void keep_words(struct count_site *site, const struct site_chain *c)
{
	__u32 words = c->count < SITE_DEPTH ? c->count - 1 : SITE_DEPTH;

	site->first = c->at[0];
	for (int i = 0; i < SITE_DEPTH; i++) {
		bool is_one = (__u32)i < words;

		site->at[i] = is_one ? c->at[i] - c->at[0] : 0;
		site->word[i] = is_one ? c->word[i] : c->word[0];
		if (is_one)
			site->bytes = site->at[i] + sizeof(__u64);
	}
}

static __noinline int keep_site(struct count_slot *slot, const struct asked *a, const struct subject *s)
{
	struct count_site *site = &slot->site;
	__u64 nr = count_call(s->task);
	const struct cred *own = s->own;

	keep_raw(&slot->raw, a, s, nr);
	site->cred = (__u64)a->cred;
	site->target = (__u64)a->target;
	site->uid = own->uid.val;
	site->euid = own->euid.val;
	site->has_args = nr < ARGS_CALLS && call_args.own[nr];
	site->args = args_now(s->task, nr);
	keep_words(site, &s->cpu->chain);
	return 0;
}
