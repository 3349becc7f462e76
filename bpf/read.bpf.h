/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading the kernel's memory, and the tallies.
 *
 * Arguments of fexit and tp_btf programs, and the current task on a kernel with BTF, are typed pointers that the
 * verifier lets us follow with plain loads (1 ns). Anything else takes bpf_probe_read_kernel (8 ns). Shared code says
 * which it has through a constant `typed`, and the compiler keeps one of the two.
 */
#pragma once

#include "bpf/maps.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define inlined static __always_inline

#define READ(typed, p, field) ((typed) ? (p)->field : BPF_CORE_READ(p, field))

/*
 * The same pointer, which the verifier does not trust any more. For each pointer that is loaded through one that it trusts
 * it searches the names of all types four times (since 6.4, 6fcd486b3a0a), a millisecond in all, and none through this one.
 * What is loaded can be read, and not be given to helpers. `type` is 0 where the kernel cannot do that (before 6.2). Only
 * in the files whose programs typed.c prepares.
 */
#ifdef WITH_LOOSE
static void *(*rdonly_cast)(const void *pointer, __u32 type) = (void *)CALL_LOOSE;
/* What it needs: known before a constant is read. */
inlined bool may_loose(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_cgrp_storage_get);
}

#define loose(pointer, type)                                                                                 \
	({                                                                                                   \
		typeof(pointer) loose_ = (pointer);                                                          \
		if (may_loose()) {                                                                           \
			const __u32 id_ = (type);                                                            \
			if (id_)                                                                             \
				loose_ = rdonly_cast(loose_, id_);                                           \
		}                                                                                            \
		loose_;                                                                                      \
	})
#else
#define loose(pointer, type) (pointer)
#endif

/* A capability set is eight bytes on every kernel, whatever its type looks like. */
#define READ_SET(typed, p, set)                                                                              \
	({                                                                                                   \
		__u64 set_ = 0;                                                                              \
		if (typed)                                                                                   \
			set_ = *(const __u64 *)&(p)->set;                                                    \
		else                                                                                         \
			bpf_core_read(&set_, sizeof(set_), &(p)->set);                                       \
		set_;                                                                                        \
	})

/*
 * A condition that the verifier knows. Where two ways of a program lead to the same place it leaves the jump between them
 * in the program, though nobody goes one of them; here that one begins at a place of its own, and goes with the jump.
 */
#define seldom(condition)                                                                                    \
	({                                                                                                   \
		bool seldom_ = (condition);                                                                  \
		if (seldom_)                                                                                 \
			asm volatile("r0 = r0");                                                             \
		seldom_;                                                                                     \
	})

/*
 * For what is read seldom, and much at once: a function of its own is followed by the verifier once for all of its calls,
 * which is most of what it costs to load such code. The word at an address, 0 where nothing can be read; of a number of 32
 * bits it is the lower half.
 */
__weak __noinline __u64 far_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return word;
}
#define FAR(type, address, field) far_word((address) + bpf_core_field_offset(type, field))

/* The same without another frame, each of which takes 32 bytes of 512: at the end of long chains of calls. */
inlined __u64 last_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return word;
}
#define LAST(type, address, field) last_word((address) + bpf_core_field_offset(type, field))

#ifdef WITH_LOOSE
/* As if a task, whose type is `id`, were there: it begins with the flags of its thread_info, a word. One load. */
inlined __u64 loose_word(__u64 at, __u32 id)
{
	return *(const __u64 *)rdonly_cast((void *)at, id);
}
#endif

/* A word of a stack. */
inlined __u64 stack_word(__u64 at)
{
#ifdef WITH_LOOSE
	if (may_loose()) {
		const __u32 id = loose_task;

		if (id)
			return loose_word(at, id);
	}
#endif
	return last_word(at);
}

/*
 * Of a plain loop the verifier goes through each turn, and of bpf_loop (5.17) through a few. But 5.10 refuses a program that
 * only mentions a callback, and of a weak function there is one: files whose programs are all for newer kernels have
 * WITH_LOOPS, and weak functions of their own.
 */
#ifdef WITH_LOOPS
#define announce announce_newer
#define cgroup1_node cgroup1_node_newer
#define program_now program_newer
#define via_of via_of_newer
#endif

inlined struct cpu_state *this_cpu(void)
{
	return &cpus[bpf_get_smp_processor_id() % CPUS_MAX];
}

/* Atomic, for on a preemptible kernel another program of ours may count on this CPU in the middle. */
inlined void tally(enum tally_what what)
{
	__sync_fetch_and_add(&this_cpu()->tally[what], 1);
}

/*
 * For what only the programs that hear checks count: they need no atomic addition (6 ns) where they run alone. Those that
 * run beside them have no place of their CPU's, and one of their own (cpu is NULL).
 */
inlined void tally_check(struct cpu_state *cpu, enum tally_what what)
{
	if (!cpu)
		__sync_fetch_and_add(&cpus[CPUS_MAX].tally[what], 1);
	else if (runs_alone)
		cpu->tally[what]++;
	else
		__sync_fetch_and_add(&cpu->tally[what], 1);
}

/* May the current task be had as a typed pointer? Needs the kernel's own BTF, and a helper of 5.11. */
inlined bool task_is_typed(void)
{
	return kernel_has_btf && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

inlined struct task_struct *bare_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}
