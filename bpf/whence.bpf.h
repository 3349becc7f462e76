/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a check was made, as one number by which it is counted: only where sites are told apart (with_site). */
#pragma once

#include "bpf/frames.bpf.h"

#define CALLS_OF_X32 0x40000000
#define CAP_SETGID 6
#define CAP_SETUID 7
#define ID_STAYS (~0U)
#define NO_ID (~0ULL)

enum { ID_RANGES = 5 };	/* of a user namespace, more of which stand elsewhere */

/* Which arguments of a call decide what is asked in it, as struct call_args has it. */
inlined __u32 telling_of(__u32 flags, __s32 nr)
{
	__u32 call = nr & ~CALLS_OF_X32;

	if (!(flags & CHECK_SYSCALL_KNOWN) || call >= ARGS_CALLS)
		return 0;
	return flags & CHECK_ABI_32 ? call_args.of_32[call] : call_args.own[call];
}

/* Those, as one number. typed: as for put_args. */
inlined __u64 telling_args(struct pt_regs *regs, __u32 flags, __s32 nr, const bool typed)
{
	__u32 arg[SITE_ARGS], which = regs ? telling_of(flags, nr) : 0;

	if (!which)
		return 0;
	put_args(arg, regs, flags, typed);
	return (which >> 4 ? (__u64)arg[((which >> 4) - 1) & (SITE_ARGS - 1)] << 32 : 0) |
	       arg[((which & 15) - 1) & (SITE_ARGS - 1)];
}

/* What the kernel calls an id of a namespace that has this map; NO_ID: nothing, or its ranges are too many to look at. */
__weak __noinline __u64 id_below(__u64 map, __u32 id)
{
	__u32 ranges = LAST(struct uid_gid_map, map, nr_extents);
	__u64 at = map + bpf_core_field_offset(struct uid_gid_map, extent);

	if (ranges > ID_RANGES)
		return NO_ID;
	for (int i = 0; i < ID_RANGES; i++, at += sizeof(struct uid_gid_extent)) {
		__u64 from = last_word(at);

		if ((__u32)i < ranges && id - (__u32)from < (__u32)LAST(struct uid_gid_extent, at, count))
			return (from >> 32) + (id - (__u32)from);
	}
	return NO_ID;
}

/*
 * Are the ids that setuid and its kin are to set such that who lacks the capability gets the same? So it is where setuid has the
 * real and the saved id, which is then all that any of them can be; setresuid, which asks first up to 6.2 (659c0ce1cb9e), says
 * where each goes.
 */
static __noinline int keeps_ids(const struct cred *own, struct pt_regs *regs, __u32 flags, __s32 nr, int cap)
{
	__u32 which = telling_of(flags, nr), arg[SITE_ARGS];
	__u64 map = (__u64)BPF_CORE_READ(own, user_ns), real, saved, effective;

	if (!regs || !(which & ARGS_IDS))
		return 0;
	put_args(arg, regs, flags, false);
	if (cap == CAP_SETGID) {
		map += bpf_core_field_offset(struct user_namespace, gid_map);
		real = BPF_CORE_READ(own, gid.val);
		saved = BPF_CORE_READ(own, sgid.val);
		effective = BPF_CORE_READ(own, egid.val);
	} else {
		map += bpf_core_field_offset(struct user_namespace, uid_map);
		real = BPF_CORE_READ(own, uid.val);
		saved = BPF_CORE_READ(own, suid.val);
		effective = BPF_CORE_READ(own, euid.val);
	}
	if (!(which >> 4))
		return real == saved && id_below(map, arg[0]) == real;
	for (int i = 0; i < 3; i++) {
		__u64 id = arg[i] == ID_STAYS ? real : id_below(map, arg[i]);

		if (id != real && id != saved && id != effective)
			return 0;
	}
	return 1;
}

inlined __u64 mix(__u64 id, __u64 with)
{
	id = (id ^ with) * 0x9e3779b97f4a7c15ULL;
	return id ^ id >> 32;
}

inlined __u64 chain_id(const __u64 *word, __u64 args)
{
	__u64 id = args;

	for (int i = 0; i < SITE_DEPTH; i++)
		id = mix(id, word[i]);
	return id ?: 1;
}

/*
 * The chain of return addresses, read from step to step (struct site_step). Each stands where the one before says, and is
 * one that was learned: nothing that an earlier call left on the stack is taken for a caller. top: the saved registers.
 */
static __noinline int walk_site(struct cpu_state *cpu, __u64 base, __u64 top, __u32 at)
{
	struct site_chain *c = &cpu->chain;

	c->count = 0;
	__builtin_memset(c->word, 0, sizeof(c->word));
	if (!at || !top)
		return 0;
	for (int i = 0; i < SITE_DEPTH; i++) {
		__u64 word = stack_word(base + at);
		__u32 place = SITE_STEP_AT(word), bytes;
		const struct site_step *step = &site_steps[place];

		if (step->address != word)
			step = &site_steps[place ^ 1];
		bytes = step->bytes;
		if (!word || step->address != word || bytes == SITE_STEP_NONE)
			return 0;
		c->at[i] = at;
		c->word[i] = word;
		if (bytes == SITE_STEP_LAST) {
			word = step->last;
			if (stack_word(top - sizeof(word)) != word)
				return 0;
			if (i + 1 < SITE_DEPTH)
				c->word[i + 1] = word;
			c->count = i + 1;
			return 0;
		}
		at += bytes;
	}
	c->count = SITE_DEPTH;
	return 0;
}

/*
 * The same chain, unwound: from the frame of the first of its addresses on, and that is the answer; or where that is not known,
 * from our caller's on, which gives the same place another number.
 */
static __noinline int unwind_site(void *ctx, struct cpu_state *cpu, __u64 first)
{
	__u64 *frame = &cpu->room[2];
	__u32 from = 2;
	int found = 0;

	__builtin_memset(frame, 0, sizeof(cpu->room) - 2 * sizeof(*frame));
	bpf_get_stack(ctx, frame, sizeof(cpu->room) - 2 * sizeof(*frame), 0);
	for (int i = 0; first && i <= SITE_UNWOUND - SITE_DEPTH; i++) {
		if (frame[i] == first) {
			from = i;
			found = 1;
			break;
		}
	}
	barrier_var(from);
	if (from > SITE_UNWOUND - SITE_DEPTH)
		return 0;
	for (int i = 0; i < SITE_DEPTH; i++)
		cpu->chain.word[i] = frame[from + i];
	return found;
}

/* What is known of those that are like a check; NULL: nothing yet. In its key ALIKE_DENIED is always set. */
inlined struct alike *alike_of(__u64 alike)
{
	alike |= ALIKE_DENIED;
	return bpf_map_lookup_elem(&alikes, &alike);
}

/* Where the last one of its kind and verdict was, whose count is in the table; 0: not known. */
inlined __u64 last_site(const struct alike *is, __u64 alike)
{
	__u32 turn = count_turn, denied = alike & ALIKE_DENIED;

	return !(turn & 1) && is->turn[denied] == turn ? is->site[denied] : 0;
}

/* That one was unwound, and found to be there. */
static __noinline int keep_alike(__u64 alike, __u64 site)
{
	struct alike *is = alike_of(alike), fresh = {};
	__u32 denied = alike & ALIKE_DENIED, one = 1;

	if (!is) {
		alike |= ALIKE_DENIED;
		/* Known to the compiler it would be a section of constants: a map, which not everybody who may load us is given. */
		barrier_var(one);
		fresh.seen = one;
		bpf_map_update_elem(&alikes, &alike, &fresh, BPF_ANY);
		is = alike_of(alike);
		if (!is)
			return 0;
	}
	is->turn[denied] = count_turn;
	is->site[denied] = site;
	return 0;
}

/* Two at once may be taken for one. */
inlined bool is_one_of_many(struct alike *is)
{
	__u32 seen = is->seen++;

	return seen >= ALIKE_AFTER && seen % ALIKE_EVERY;
}

/* Does user space ask this CPU for a stack to learn from? */
inlined bool sample_is_wanted(__u32 at)
{
	for (int i = 0; i < SAMPLES; i++)
		if (!site_samples[i].ready && site_samples[i].cpu == at)
			return site_way == SITE_WAY_READ;
	return false;
}

/* The site that the check under way is taken to have; 0: it is to be unwound. */
static __noinline __u64 site_of_many(const struct cpu_state *cpu, __u32 at)
{
	struct alike *is = alike_of(cpu->alike);
	__u64 site;

	if (!is || !is_one_of_many(is) || sample_is_wanted(at))
		return 0;
	site = last_site(is, cpu->alike);
	if (site)
		tally(TALLY_SITE_TAKEN);
	return site;
}

/* For user space to learn from, where it asked this CPU for one. A stack that is not wholly seen teaches nothing. */
static __noinline int take_sample(void *ctx, __u64 base, __u64 top, __u32 at, __u32 probe)
{
	__u64 size = top - base;
	long n;

	if (!top || !base)
		return 0;
	for (int i = 0; i < SAMPLES; i++) {
		struct site_sample *s = &site_samples[i];

		if (s->ready || s->cpu != at)
			continue;
		n = bpf_get_stack(ctx, s->frame, sizeof(s->frame), 0);
		barrier_var(size);
		if (n <= 0 || size > sizeof(s->word) || bpf_probe_read_kernel(s->word, size, (void *)base))
			return 0;
		s->frames = n / sizeof(__u64);
		s->words = size / sizeof(__u64);
		s->probe = probe;
		barrier();
		s->ready = 1;
		return 0;
	}
	return 0;
}

/*
 * What was found at hand, or read, must be what is unwound. found: that begins at the first address; while another listener
 * comes or goes it is not known, and what was at hand has no number that it could be compared with.
 */
inlined void verify_site(struct cpu_state *cpu, __u64 args, __u64 was, int found)
{
	__u64 is = chain_id(cpu->chain.word, args), expected = found ? cpu->chain.expected : 0;

	cpu->chain.expected = 0;
	if ((was && was != is) || (expected && expected != is))
		tally(TALLY_SITE_DIFFERS);
}

/*
 * One number for a whole chain of callers, and what else tells one site from another. It is the same whether the chain was
 * read or unwound.
 */
static __noinline __u64 site_id(void *ctx, struct cpu_state *cpu, __u64 args, __u32 at, __u32 probe)
{
	__u64 base = cpu->room[0], top = cpu->room[1], id = 0;
	__u32 first = site_first[probe % SITE_FIRSTS];
	int found;

	if (site_way != SITE_WAY_UNWIND)
		walk_site(cpu, base, top, first);
	if (site_way != SITE_WAY_UNWIND && cpu->chain.count) {
		tally(TALLY_SITE_READ);
		id = chain_id(cpu->chain.word, args);
		if (site_way == SITE_WAY_READ)
			return id;
	} else {
		if (unwinds_few) {
			id = site_of_many(cpu, at);
			if (id)
				return id;
		}
		tally(TALLY_SITE_UNWOUND);
		if (site_way != SITE_WAY_UNWIND)
			take_sample(ctx, base, top, at, probe);
	}
	found = unwind_site(ctx, cpu, first && base ? stack_word(base + first) : 0);
	if (site_way == SITE_WAY_VERIFY)
		verify_site(cpu, args, id, found);
	id = chain_id(cpu->chain.word, args);
	if (unwinds_few)
		keep_alike(cpu->alike, id);
	return id;
}

/* Of a stack that was kept since its entry; 0: none was. */
static __noinline __u64 kept_site_id(const __u64 *frame, __u64 args)
{
	__u64 id = args;

	if (!frame)
		return 0;
	for (int i = 0; i < SITE_FRAMES; i++)
		id = mix(id, frame[i]);
	return id ?: 1;
}

/* The same where few are kept; where the last one was is not known, it is the site of a stack that nobody saw. */
static __noinline __u64 kept_or_taken(__u64 alike, __u64 kept, __u64 args)
{
	__u64 none[SITE_FRAMES] = {};
	struct alike *is;
	__u64 site;

	if (kept) {
		keep_alike(alike, kept);
		return kept;
	}
	tally(TALLY_SITE_TAKEN);
	is = alike_of(alike);
	site = is ? last_site(is, alike) : 0;
	return site ?: kept_site_id(none, args);
}
