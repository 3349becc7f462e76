/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is asked and who asks, as a probe has it: the options, how a grant came about, the saved registers and the system call
 * under way.
 */
#pragma once

#include "bpf/program.bpf.h"

#define NS_DEPTH 33 /* user namespaces nest at most 32 deep */
#define TS_COMPAT 2
#define X32_BIT 0x40000000
#define NO_CALL (~0ULL)
#define CALLS_END X32_BIT	/* no number of another call is smaller */
#define ARM64_TIF_32BIT (1UL << 22)

enum { OPT_NOAUDIT = 2, OPT_INSETID = 4 };

/* Its pointers are copied to locals before READ, which would relocate a field of our own too. */
struct asked {
	void *ctx;
	__u64 place;	/* address on the stack from which the site's distance counts, 0: none; a kprobe: the site */
	const struct cred *cred;
	const struct user_namespace *asker;	/* of cred; set by set_asker */
	const struct user_namespace *target;
	const __u64 *frames;	/* with_site, at a return: those of its entry, NULL: none were kept */
	int cap;
	__u32 flags;	/* what the probe knows: CHECK_OPTS_KNOWN, ... */
	__u32 opts;	/* the options as the probe has them */
	__s16 ret;
	__u8 probe;	/* enum event_probe */
};

/*
 * Whose check it is. The pointers are read once, at the start: to follow one through the kernel's types costs the
 * verifier up to a millisecond a time (a search by name through all of BTF), and start-up is made of those.
 */
struct subject {
	struct cpu_state *cpu;		/* NULL: of a program that does not run alone on it */
	struct task_struct *task;
	const struct cred *own;		/* its objective credentials; set by set_own */
};

inlined __u32 tgid_of(const struct subject *s, const bool typed)
{
	return typed ? (__u32)s->task->tgid : bpf_get_current_pid_tgid() >> 32;
}

/* An equality that the compiler cannot turn into a substitution: the typed pointer must stay the one that is used. */
inlined bool same_address(const void *typed, const void *bare)
{
	__u64 address = (__u64)typed;

	barrier_var(address);
	return address == (__u64)bare;
}

/* The options' flags as they are since 5.1. */
inlined __u32 opts_flags_now(__u32 opts)
{
	_Static_assert(CHECK_NOAUDIT == OPT_NOAUDIT << 3 && CHECK_INSETID == OPT_INSETID << 3, "one shift serves both");

	return CHECK_OPTS_KNOWN | ((opts & (OPT_NOAUDIT | OPT_INSETID)) << 3);
}

/* cap_capable's fourth argument: flags, or before 5.1 (c1a85a00ea66) `audit`, told apart by the parameter's name. */
inlined __u32 opts_flags(__u32 opts)
{
	if (opts_is_audit)
		return CHECK_OPTS_KNOWN | (opts ? 0 : CHECK_NOAUDIT);
	return opts_flags_now(opts);
}

/*
 * How a grant came about, by the walk of cap_capable itself: held in the effective set where the walk from the
 * target's namespace ends at the asker's, owner where its child on that way belongs to the asker.
 */
#ifdef WITH_LOOPS
/* How far the walk from the target's namespace to the asker's has come. */
struct walk {
	__u64 ns, asker;
	__u32 euid;
	__u32 flags;	/* what it found */
};

static __noinline long walk_step(__u32 step, struct walk *w)
{
	__u64 parent;

	w->flags = CHECK_VIA_KNOWN;
	if (w->ns == w->asker)
		return 1;
	parent = FAR(struct user_namespace, w->ns, parent);
	if (parent == w->asker && (__u32)FAR(struct user_namespace, w->ns, owner) == w->euid)
		w->flags |= CHECK_VIA_OWNER;
	if (!parent)
		w->flags = 0;
	if (!parent || parent == w->asker)
		return 1;
	w->ns = parent;
	w->flags = 0;
	return 0;
}

__weak __noinline __u32 via_of(__u64 ns, __u64 asker, __u32 euid)
{
	struct walk w = { .ns = ns, .asker = asker, .euid = euid };

	bpf_loop(NS_DEPTH, walk_step, &w, 0);
	return w.flags;
}
#else
__weak __noinline __u32 via_of(__u64 ns, __u64 asker, __u32 euid)
{
	__u64 parent = 0;

	for (int i = 0; i < NS_DEPTH; i++) {
		if (ns == asker)
			return CHECK_VIA_KNOWN;
		parent = FAR(struct user_namespace, ns, parent);
		if (!parent)
			return 0;
		if (parent == asker)
			return CHECK_VIA_KNOWN |
			       ((__u32)FAR(struct user_namespace, ns, owner) == euid ? CHECK_VIA_OWNER : 0);
		ns = parent;
	}
	return 0;
}
#endif

/* A pointer as a number, which is what it becomes in memory: a function that the verifier follows once takes no other. */
inlined __u64 number_of(const void *pointer, volatile __u64 *room)
{
	*room = (__u64)pointer;
	return *room;
}

inlined bool has_registers_helper(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
}

/*
 * The registers that the task saved when it entered the kernel; NULL: not known where. Before the helper (5.15), and
 * without the kernel's own types, they are found near the top of its stack, where our own trial found them.
 */
inlined struct pt_regs *saved_registers(struct task_struct *task, const bool typed)
{
	if (typed && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(task);
	return registers_at ? READ(typed, task, stack) + registers_at : 0;
}

/* The system call under way. Registers that never were a user's say nothing. */
inlined __u32 syscall_of(struct task_struct *task, const bool typed, __s32 *ret_nr)
{
	__u32 pf = READ(typed, task, flags);
	struct pt_regs *regs;

	*ret_nr = 0;
	if (pf & PF_KTHREAD)
		return CHECK_KTHREAD;
	if (pf & PF_IO_WORKER)
		return 0;
	regs = saved_registers(task, typed);
	if (!regs)
		return 0;
#if defined(__TARGET_ARCH_x86)
	const struct thread_info___x86 *info = (void *)&task->thread_info;
	const bool helper = typed && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
	long nr = READ(helper, regs, orig_ax);

	if (!(READ(helper, regs, cs) & 3))
		return 0;
	if (nr < 0)
		return nr == -1 ? CHECK_SYSCALL_NONE : 0;
	*ret_nr = nr;
	if (READ(typed, info, status) & TS_COMPAT)
		return CHECK_SYSCALL_KNOWN | CHECK_ABI_32;
	return CHECK_SYSCALL_KNOWN | (nr & X32_BIT ? CHECK_ABI_X32 : 0);
#elif defined(__TARGET_ARCH_arm64)
	const struct pt_regs___saved *arm = (void *)regs;
	__s32 nr = BPF_CORE_READ(arm, syscallno);

	if (!BPF_CORE_READ(arm, pc))
		return 0;
	if (nr < 0)
		return CHECK_SYSCALL_NONE;
	*ret_nr = nr;
	return CHECK_SYSCALL_KNOWN |
	       (READ(typed, task, thread_info.flags) & ARM64_TIF_32BIT ? CHECK_ABI_32 : 0);
#else
#error "saved registers of this architecture are not known here"
#endif
}

/* Of a task that is typed, in one load. */
#if defined(__TARGET_ARCH_x86)
inlined __u32 is_compat(struct task_struct *task)
{
	return ((struct task_struct___x86 *)task)->thread_info.status & TS_COMPAT;
}
#endif

/* For the usual check: a task of which usual_call tells all that there is to tell. */
inlined bool has_user_registers(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	struct pt_regs *regs = saved_registers(task, true);
	__u64 cs = bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs) ? regs->cs
											: BPF_CORE_READ(regs, cs);

	return !(task->flags & (PF_KTHREAD | PF_IO_WORKER)) && cs & 3;
#else
	return true;
#endif
}

#if defined(__TARGET_ARCH_x86)
/* As its saved registers have it. Read where our own trial found them: a helper costs more than that, where returns are dear. */
inlined __u64 call_number(struct task_struct *task)
{
	struct pt_regs *regs;
#ifdef WITH_LOOSE
	if (may_loose()) {
		const __u32 id = loose_task, at = registers_at;

		if (id && at)
			return loose_word((__u64)task->stack + at + bpf_core_field_offset(struct pt_regs, orig_ax), id);
	}
#endif
	regs = saved_registers(task, true);
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return regs->orig_ax;
	return BPF_CORE_READ(regs, orig_ax);
}
#endif

/* Of such a task the number, where it is plainly that of a system call of the kernel's own ABI; else one beyond all. */
inlined __u64 usual_call(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return is_compat(task) ? CALLS_END : call_number(task);
#else
	__s32 nr;

	return syscall_of(task, true, &nr) == CHECK_SYSCALL_KNOWN ? (__u64)nr : CALLS_END;
#endif
}

inlined __u32 cred_flags(const struct subject *s, const struct cred *asked)
{
	struct task_struct *task = s->task;

	if (same_address(asked, s->own))
		return 0;
	return (__u64)asked == (__u64)BPF_CORE_READ(task, cred) ? CHECK_CRED_OVERRIDDEN : CHECK_CRED_OTHER;
}
