/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path of a check, the same for every probe: gate -> state of its task -> count or emit. A probe whose arguments
 * are typed pointers takes a first look and calls check; one to which they are mere numbers calls check_bare.
 */
#pragma once

#include "bpf/gate.bpf.h"
#include "bpf/held.bpf.h"
#include "bpf/program.bpf.h"
#include "bpf/silence.bpf.h"
#include "bpf/site.bpf.h"
#include "bpf/whence.bpf.h"
#include "bpf/who.bpf.h"

#define CAP_SYS_ADMIN 21
#define NS_DEPTH 33 /* user namespaces nest at most 32 deep */
#define TS_COMPAT 2
#define X32_BIT 0x40000000
#define NO_CALL (~0ULL)
#define CALLS_END X32_BIT	/* no number of another call is smaller */
#define RING_LEFT 8192
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

inlined void put_comm(struct event_check *e, struct task_struct *task, const bool typed)
{
	if (typed) {
		/* By the word: by the byte, as C would have it, it costs eight times as much. */
		((__u64 *)e->comm)[0] = *(const __u64 *)&task->comm[0];
		((__u64 *)e->comm)[1] = *(const __u64 *)&task->comm[8];
	} else {
		bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	}
}

/* And what nobody uses yet behind it. */
inlined void put_probe(struct event_check *e, __u32 probe)
{
	*(__u64 *)&e->probe = 0;
	e->probe = probe;
}

inlined void put_ids(struct event_check *e, const struct subject *s, const bool typed)
{
	struct task_struct *task = s->task;
	const struct cred *own = s->own;

	e->uid = READ(typed, own, uid.val);
	e->euid = READ(typed, own, euid.val);
	e->gid = READ(typed, own, gid.val);
	e->tgid = tgid_of(s, typed);
	e->tid = READ(typed, task, pid);
	put_comm(e, task, typed);
}

/* How it came to be granted; room: as for number_of. */
inlined __u32 grant_flags(const struct asked *a, const bool typed, __u64 *room, __u64 *more)
{
	const struct user_namespace *target = a->target, *asker = a->asker;
	const struct cred *cred = a->cred;

	if (a->ret)
		return CHECK_DENIED;
	if (asker == target)
		return CHECK_VIA_KNOWN;
	return via_of(number_of(target, room), number_of(asker, more), READ(typed, cred, euid.val));
}

inlined void put_asked(struct event_check *e, const struct asked *a, const bool typed)
{
	const struct user_namespace *target = a->target, *asker = a->asker;
	const struct cred *cred = a->cred;

	e->cap = a->cap;
	e->lsm_ret = 0;
	put_probe(e, a->probe);
	e->userns_asker = READ(typed, asker, ns.inum);
	e->userns_target = asker == target ? e->userns_asker : READ(typed, target, ns.inum);
	e->head.flags |= grant_flags(a, typed, &e->effective, &e->permitted);
	e->effective = READ_SET(typed, cred, cap_effective);
	e->permitted = READ_SET(typed, cred, cap_permitted);
}

inlined void fill_check(struct event_check *e, const struct asked *a, const struct subject *s, __u64 program,
			const bool typed_task, const bool typed_args)
{
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_CHECK;
	e->head.flags = a->flags | cred_flags(s, a->cred) | syscall_of(s->task, typed_task, &e->syscall);
	e->head.time = bpf_ktime_get_ns();
	e->program = program;
	put_ids(e, s, typed_task);
	put_asked(e, a, typed_args);
}

/* Is the stack still to be unwound? That of a kprobe was at its entry. */
inlined bool unwinds(const struct asked *a)
{
	return a->probe != PROBE_KPROBE || a->flags & CHECK_DERIVED;
}

inlined bool asks_for_ids(int cap)
{
	_Static_assert((CAP_SETGID | 1) == CAP_SETUID, "one comparison serves both");

	return (cap | 1) == CAP_SETUID;
}

inlined void fill_site(struct event_check *e, const struct asked *a, const struct subject *s, __u64 site, const bool typed)
{
	struct pt_regs *regs;

	if (!with_site)
		return;
	regs = saved_registers(s->task, typed);
	if (asks_for_ids(a->cap) && keeps_ids(s->own, regs, e->head.flags, e->syscall, a->cap))
		e->head.flags |= CHECK_SAME_IDS;
	put_site(e, a->ctx, unwinds(a), a->frames, regs, site);
}

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

/*
 * What rules are silent about is at hand without its system call and options, which would cost an eighth of such a check:
 * the one that takes the place says them, and those after it do not.
 */
enum { SILENT_FLAGS = COUNT_FLAGS & (CHECK_DENIED | CHECK_OVERCOMMIT | CHECK_KTHREAD | CHECK_DERIVED) };

inlined __u32 silent_index(int cap, __u64 start)
{
	return ((__u32)cap + (__u32)start) % COUNT_SLOTS;
}

inlined struct count_slot *silent_place(struct count_slots *slots, int cap, __u64 start)
{
	struct count_slot *slot = &slots->at[silent_index(cap, start)];

	barrier_var(slot);
	return slot;
}

/* The place, if it is this thread's, and of this capability. */
inlined struct count_slot *silent_slot(struct count_slots *slots, struct task_struct *task, int cap)
{
	__u64 start = task->start_boottime;
	struct count_slot *slot = silent_place(slots, cap, start);

	if (slot->raw.task != (__u64)task || slot->raw.start != start || slot->raw.exec_id != task->self_exec_id ||
	    slot->raw.cap != (__u32)cap)
		return 0;
	return slot;
}

/* The current task's in version 2, as the helper has it, which takes longer than these loads where returns are dear. */
inlined __u64 cgroup_id_of(const struct task_struct *task)
{
#ifdef WITH_LOOSE
	if (may_loose() && loose_task)
		return task->cgroups->dfl_cgrp->kn->id;
#endif
	return bpf_get_current_cgroup_id();
}

/*
 * Is it still who it was, as far as rules ask for more than what struct count_raw has? cgroup_id: the task's; cred: where those
 * that are asked are to be read, 0: they are known to be what they were. What rules do not ask for is not looked at.
 */
inlined bool is_stamped(const struct count_stamp *stamp, struct task_struct *task, __u64 cgroup_id, const __u64 *cred)
{
	const struct cred *own;
	__u32 ask;
	__u64 cgroups;

	if (stamp->rules != rules_now || stamp->cgroup_id != cgroup_id)
		return false;
	ask = stamp->ask;
	/* Kept: the compiler would read it twice. */
	barrier_var(ask);
	if (!ask)
		return true;
	own = loose(task, loose_task)->real_cred;
	barrier_var(own);
	if (stamp->uid != own->uid.val)
		return false;
	if (ask == RULES_ASK_USER)
		return true;
	if (stamp->gid != own->gid.val || (cred && stamp->userns != ((const struct cred *)*cred)->user_ns->ns.inum))
		return false;
	if (!cgroup1_hierarchy)
		return true;
	cgroups = (__u64)loose(task, loose_task)->cgroups;
	barrier_var(cgroups);
	return stamp->cgroups == cgroups;
}

/* Rules are silent about it, and its count is at hand. cred: as for is_stamped. */
inlined bool silent_at_hand(struct task_struct *task, int cap, int ret, const __u64 *cred)
{
	struct count_slots *slots = slots_of(bpf_get_smp_processor_id());
	__u64 cgroup_id = cgroup_id_of(task);
	struct count_slot *slot = slots ? silent_slot(slots, task, cap) : 0;

	if (!slot || slot->raw.ret != ret || !is_stamped(&slot->stamp, task, cgroup_id, cred))
		return false;
	slot_add(slot);
	return true;
}

/* From now on the like of this one is at hand. */
inlined void keep_silent(const struct asked *a, const struct subject *s, struct count_key *key)
{
	struct count_slots *slots = slots_of(bpf_get_smp_processor_id());
	struct count_slot *slot;

	if (!slots)
		return;
	slot = silent_place(slots, a->cap, s->task->start_boottime);
	key->syscall = 0;
	key->flags &= SILENT_FLAGS | COUNT_BANK;
	if (count_in_table(key, slot, true) == COUNT_SENT)
		return;
	slot->count = 0;
	keep_raw(&slot->raw, a, s, 0);
	slot->site.cred = (__u64)a->cred;
	slot->site.target = (__u64)a->target;
	slot->stamp = s->cpu->stamp;
}

/* Counts what rules are silent about; key has who it was and by which decision. False: there is no room. */
inlined int count_silent(const struct asked *a, const struct subject *s, struct count_key *key, const bool typed)
{
	key->cap = a->cap;
	key->flags = a->flags | (a->ret ? CHECK_DENIED : 0) | syscall_of(s->task, typed, &key->syscall) |
		     (count_bank & 1 ? COUNT_BANK : 0);
	if (count_in_table(key, 0, true) == COUNT_SENT)
		return false;
	if (typed && s->cpu && runs_alone && !(a->flags & CHECK_OVERCOMMIT))
		keep_silent(a, s, key);
	return true;
}

/* Functions of their own for the room of what they keep. */
static __noinline int count_silent_typed(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return count_silent(a, s, key, true);
}

static __noinline int count_silent_bare(const struct asked *a, const struct subject *s, struct count_key *key)
{
	return count_silent(a, s, key, false);
}

/* Are the rules silent about it? Then it is counted. */
inlined bool hushed(const struct asked *a, const struct subject *s, const bool typed, const bool typed_args)
{
	const struct user_namespace *asker = a->asker;
	const struct cred *own = s->own;
	struct count_key key = {};
	__u64 users;

	if ((__u32)a->cap >= CAP_MARKS)
		return false;
	key.program = program_id(s, typed);
	if (!key.program)
		return false;
	users = READ(typed, own, uid.val);
	users = users << 32 | READ(typed, own, gid.val);
	key.tgid = tgid_of(s, typed);
	key.site = silence_of(key.program, users, READ(typed_args, asker, ns.inum),
			      (__u32)a->cap | (a->ret ? CAP_MARKS : 0));
	return key.site && (typed ? count_silent_typed(a, s, &key) : count_silent_bare(a, s, &key));
}

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
