// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * kprobe and kretprobe on cap_capable, paired per thread. There are two pairs of them: one that keeps what was entered in
 * task storage or a hash, and one that does so only where the place of a task in a small table is taken, which is hardly
 * ever, and costs a third of the former. What is entered is kept with its stack pointer: a return
 * belongs to the entry with the same one, so nesting is told from a return that was never seen. The return probe is
 * attached first, or the return address on the stack would be the trampoline's.
 */
#include "bpf/usual.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#if defined(__TARGET_ARCH_x86)
#define SP_OF(regs) ((regs)->sp)
#else
#define SP_OF(regs) PT_REGS_SP(regs)
#endif

/* A return sees the stack pointer of its entry, or (x86-64) that plus the return address that was popped. */
enum { SP_SLACK = 16 };

inlined struct thread_state *stored_state(void)
{
	if (!task_is_typed() || !has_task_storage)
		return 0;
	return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

inlined struct thread_state *hashed_state(bool create)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread_state empty = {};
	struct thread_state *t = bpf_map_lookup_elem(&threads_hash, &key);

	if (t || !create)
		return t;
	bpf_map_update_elem(&threads_hash, &key, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads_hash, &key);
}

/* The caller's return address at the entry of a function. */
inlined __u64 caller_of(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	__u64 site = 0;

	bpf_probe_read_kernel(&site, sizeof(site), (void *)SP_OF(regs));
	return site;
#else
	return PT_REGS_RET(regs);
#endif
}

/* What was entered while no check was reported is nobody's loss. */
inlined void tally_lost(const struct open_check *o)
{
	if (o->opts & OPEN_COUNTED)
		tally(TALLY_RETURN_MISSED);
}

/* Once it is to end, no entry is taken down any more. */
inlined int unpaired(enum tally_what why)
{
	if (is_for(PROBE_KPROBE) && probe_ours == PROBE_KPROBE)
		tally(why);
	return 0;
}

/* Where the task leads to: both are aligned to 64 bytes. A pointer does not become a number but by taking another from it. */
inlined struct open_slot *open_slot_of(struct task_struct *task)
{
	__u64 table = (__u64)open_slots, at;

	barrier_var(table);
	at = (__u64)task - table;
	barrier_var(at);
	return (void *)(table + (at & (OPEN_SLOTS - 1) * sizeof(struct open_slot)));
}

/* An entry went into task storage, or out of it. */
inlined void stored(int more)
{
	if (has_task_storage)
		__sync_fetch_and_add(&open_slot_of(bpf_get_current_task_btf())->stored, more);
}

inlined int enter(struct thread_state *t, struct open_check *now)
{
	/* What was entered at or below this frame is gone: its return was missed. */
	for (int i = 0; i < OPEN_MAX; i++) {
		__u32 top = t->depth - 1;

		if (!t->depth || t->open[top & (OPEN_MAX - 1)].sp > now->sp)
			break;
		t->depth = top;
		stored(-1);
		tally_lost(&t->open[top & (OPEN_MAX - 1)]);
	}
	/* Its return will find no entry. */
	if (t->depth >= OPEN_MAX)
		return 0;
	if (is_for(PROBE_KPROBE)) {
		now->opts |= OPEN_COUNTED;
		tally(TALLY_ENTERED);
	}
	t->open[t->depth & (OPEN_MAX - 1)] = *now;
	t->depth++;
	stored(1);
	return 0;
}

/*
 * Who asks for CAP_SYS_ADMIN. Another listener's return probe may have put an address of its own there, which the unwound
 * stack does not show.
 */
static __noinline __u64 site_of(struct pt_regs *ctx)
{
	const struct site_place *place = &sites[PROBE_KPROBE];
	__u64 site = caller_of(ctx);

	if (!is_for(PROBE_KPROBE) || !place->overcommit || site == place->overcommit || site_is_other(site) ||
	    gate_stranger(bpf_get_current_pid_tgid() >> 32))
		return site;
	return site_in_stack(ctx, place, site) ? place->overcommit : site;
}

/* Not of whom nobody watches, and not of a check that is hidden. */
inlined bool wants_frames(const struct open_check *o)
{
	if (!is_for(PROBE_KPROBE) || gate_stranger(bpf_get_current_pid_tgid() >> 32))
		return false;
	return show_overcommit || !o->site || o->site != sites[PROBE_KPROBE].overcommit;
}

/* Its place is task storage; refused as long as another task has it open that was interrupted on this CPU. */
inlined int enter_storage(struct open_check *now)
{
	struct thread_state *t = stored_state();

	if (!t)
		t = hashed_state(true);
	if (t)
		return enter(t, now);
	return unpaired(TALLY_STATE_REFUSED);
}

/* Is the stack of an entry to be left as it is, for it will be taken to be as the last one was that is like it? */
static __noinline int is_left(__u64 cred, __u64 cap_opts)
{
	__u64 alike;
	struct alike *is;

	if (asks_for_ids(cap_opts))
		return 0;
	alike = alike_entered(cred, cap_opts);
	is = alike_of(alike);
	return is && is_one_of_many(is) && (last_site(is, alike) || last_site(is, alike | ALIKE_DENIED));
}

SEC("?kprobe/cap_capable")
int BPF_KPROBE(kprobe_enter, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts)
{
	struct open_check now = { .sp = SP_OF(ctx), .cred = (__u64)cred, .target = (__u64)target, .cap = cap };

	if (is_own())
		return own_check(PROBE_KPROBE, ctx, now.sp, cap);
	if (probe_ours != PROBE_KPROBE)
		return 0;
	now.opts = opts & ~OPEN_COUNTED;
	now.site = cap == CAP_SYS_ADMIN ? site_of(ctx) : 0;
	if (with_site && wants_frames(&now) && !(unwinds_few && is_left((__u64)cred, cap_and_opts(cap, now.opts))))
		keep_frames(ctx, now.sp);
	return enter_storage(&now);
}

/* The site is wanted for memory overcommit alone. */
inlined __u64 site_wanted(struct pt_regs *ctx, int cap)
{
	return cap == CAP_SYS_ADMIN && sites[PROBE_KPROBE].overcommit ? site_of(ctx) : 0;
}

/* The table has no place for it. */
static __noinline int open_stored(struct pt_regs *ctx)
{
	struct open_check now = {
		.sp = SP_OF(ctx),
		.cred = PT_REGS_PARM1(ctx),
		.target = PT_REGS_PARM2(ctx),
		.cap = PT_REGS_PARM3(ctx),
		.opts = PT_REGS_PARM4(ctx) & ~OPEN_COUNTED,
	};

	now.site = site_wanted(ctx, now.cap);
	return enter_storage(&now);
}

static __noinline int open_own(struct pt_regs *ctx)
{
	return own_check(PROBE_KPROBE, ctx, SP_OF(ctx), PT_REGS_PARM3(ctx));
}

/* What waits in the table for a return that will not come. */
static __noinline int slot_lost(const struct open_slot *slot)
{
	if (slot->probe == PROBE_KPROBE) {
		tally(TALLY_ENTERED);
		tally(TALLY_RETURN_MISSED);
	}
	return 0;
}

/* Of a task whose place is not free: may it be taken? Only by itself, for what was entered at or below this frame is gone. */
inlined bool slot_again(struct open_slot *slot, struct task_struct *task, __u64 sp)
{
	if (slot->task != (__u64)task || slot->check.sp > sp)
		return false;
	slot_lost(slot);
	return true;
}

inlined bool is_ours(struct task_struct *task)
{
	return (__u32)task->tgid == own_tgid;
}

/* Where tracing programs have task storage, which came with the exchange that takes the place (5.12). */
SEC("?kprobe/cap_capable")
int kprobe_open(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot;

	if (is_ours(task))
		return open_own(ctx);
	if (probe_ours != PROBE_KPROBE)
		return 0;
	slot = open_slot_of(task);
	if (slot->stored)
		return open_stored(ctx);
	if (__sync_val_compare_and_swap(&slot->task, 0, (__u64)task) && !slot_again(slot, task, SP_OF(ctx)))
		return open_stored(ctx);
	slot->check.sp = SP_OF(ctx);
	slot->check.cred = PT_REGS_PARM1(ctx);
	slot->check.target = PT_REGS_PARM2(ctx);
	slot->check.cap = PT_REGS_PARM3(ctx);
	slot->check.opts = PT_REGS_PARM4(ctx);
	slot->probe = probe_now;
	slot->check.site = site_wanted(ctx, slot->check.cap);
	return 0;
}

/* The open check that returns with this stack pointer, taken away. */
inlined struct open_check *leave(struct thread_state *t, __u64 sp)
{
	for (int i = 0; i < OPEN_MAX; i++) {
		if (!t->depth)
			break;
		struct open_check *top = &t->open[(t->depth - 1) & (OPEN_MAX - 1)];

		if (top->sp > sp)
			break;
		t->depth--;
		stored(-1);
		if (top->sp + SP_SLACK >= sp)
			return top;
		tally_lost(top);
	}
	return 0;
}

/* The entry that returns with this stack pointer; NULL: its entry was not seen, or is counted elsewhere. */
static __noinline struct open_check *returned(__u64 sp)
{
	struct thread_state *t, *other;
	struct open_check *o = 0;

	t = stored_state();
	if (t)
		o = leave(t, sp);
	if (!o) {
		other = hashed_state(false);
		if (other)
			o = leave(other, sp);
	}
	/* With the storage refused just now its entry may wait there, and is counted for that. */
	if (!o && (t || !has_task_storage))
		unpaired(TALLY_ENTRY_MISSED);
	else if (o && o->opts & OPEN_COUNTED)
		tally(TALLY_PAIRED);
	return o;
}

SEC("?kretprobe/cap_capable")
int BPF_KRETPROBE(kprobe_return, int ret)
{
	struct asked a = { .ctx = ctx, .ret = ret, .probe = PROBE_KPROBE };
	struct open_check *o;
	__u64 sp;

	if (is_own())
		return 0;
	o = returned(SP_OF(ctx));
	if (!o || !is_for(PROBE_KPROBE))
		return 0;
	a.cred = (void *)o->cred;
	a.target = (void *)o->target;
	a.place = o->site;
	a.cap = o->cap;
	a.flags = opts_flags(o->opts);
	a.opts = o->opts & ~OPEN_COUNTED;
	if (!with_site)
		return check_bare_in(&a, &a);
	sp = o->sp;
	a.frames = kept_frames(sp);
	check_bare_in(&a, &a);
	drop_frames(sp);
	return 0;
}

/* Only after all that was there has been read. */
inlined void slot_free(struct open_slot *slot)
{
#if defined(__TARGET_ARCH_x86)
	barrier();
	slot->task = 0;
#else
	__sync_lock_test_and_set(&slot->task, 0);
#endif
}

/* Is it this return that the task's entry in the table waits for? */
inlined bool is_closed_by(const struct open_slot *slot, struct task_struct *task, __u64 sp)
{
	return slot->task == (__u64)task && sp - slot->check.sp <= SP_SLACK;
}

/* The entry is not in the table, or not the one that is there; that one may be gone. NULL: there is none to be reported. */
static __noinline struct open_check *close_stored(struct pt_regs *ctx, struct open_slot *slot)
{
	struct open_check *o;

	if (is_own())
		return 0;
	if (slot->task == (__u64)bare_task() && slot->check.sp + SP_SLACK < SP_OF(ctx)) {
		slot_lost(slot);
		slot_free(slot);
	}
	if (!slot->stored) {
		unpaired(TALLY_ENTRY_MISSED);
		return 0;
	}
	o = returned(SP_OF(ctx));
	return o && is_for(PROBE_KPROBE) ? o : 0;
}

inlined void asked_by(struct asked *a, void *ctx, const struct open_check *o, int ret)
{
	a->ctx = ctx;
	a->place = o->site;
	a->cred = (void *)o->cred;
	a->target = (void *)o->target;
	a->frames = 0;
	a->cap = o->cap;
	a->flags = opts_flags(o->opts);
	a->opts = o->opts & ~OPEN_COUNTED;
	a->ret = ret;
	a->probe = PROBE_KPROBE;
}

SEC("?kretprobe/cap_capable")
int kprobe_close(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot = open_slot_of(task);
	struct unusual unusual;
	struct open_check *o;
	struct asked a;

	if (is_closed_by(slot, task, SP_OF(ctx))) {
		if (!is_for(PROBE_KPROBE)) {
			slot_free(slot);
			return 0;
		}
		if (gate.any && gate_refuses(gate.first, task, slot->check.cap, PT_REGS_RC(ctx))) {
			tally_check(this_cpu(), TALLY_OUTSIDE);
			slot_free(slot);
			return 0;
		}
		asked_by(&a, ctx, &slot->check, PT_REGS_RC(ctx));
		slot_free(slot);
	} else {
		o = close_stored(ctx, slot);
		if (!o)
			return 0;
		asked_by(&a, ctx, o, PT_REGS_RC(ctx));
	}
	unusual = check_task(&a, task);
	return unusual.own ? rest_bare(&a, task, unusual.own, unusual.ns) : 0;
}

inlined bool is_site_overcommit(const struct open_check *o)
{
	__u64 call;

	return o->site && is_overcommit(PROBE_KPROBE, o->cap, 0, o->site, 0, &call);
}

/* What a plan leaves over. */
inlined int close_rest(struct asked *a, struct task_struct *task)
{
	struct subject s = { .task = task };

	set_own(&s, true);
	return rest_bare(a, task, s.own, asker_of(s.own, true));
}

/* The same for an entry that is in task storage. */
inlined int close_stored_rest(struct pt_regs *ctx, struct open_slot *slot, struct task_struct *task, struct asked *a)
{
	struct open_check *o = close_stored(ctx, slot);

	if (!o)
		return 0;
	if (is_site_overcommit(o)) {
		this_cpu()->tally[TALLY_HIDDEN]++;
		return 0;
	}
	asked_by(a, ctx, o, PT_REGS_RC(ctx));
	return close_rest(a, task);
}

/* PLAN_SEND and PLAN_COUNT, as in bpf/typed.bpf.c. */
SEC("?kretprobe/cap_capable")
int kprobe_close_send(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot = open_slot_of(task);
	const struct user_namespace *ns;
	struct subject s = { .task = task };
	struct event_check *e;
	struct asked a;
	__u64 nr;

	if (!is_closed_by(slot, task, SP_OF(ctx)))
		return close_stored_rest(ctx, slot, task, &a);
	if (!is_for(PROBE_KPROBE))
		goto out;
	set_cpu(&s);
	if (is_site_overcommit(&slot->check)) {
		s.cpu->tally[TALLY_HIDDEN]++;
		goto out;
	}
	if (s.cpu->recent.task == (__u64)task) {
		nr = usual_call(task);
		set_own(&s, true);
		ns = asker_of(s.own, true);
		if (same_address(s.own, (void *)slot->check.cred) && same_address(ns, (void *)slot->check.target) &&
		    take_usual(s.cpu, task, nr, &e)) {
			if (e)
				send_usual(e, s.cpu, task, s.own, ns, PROBE_KPROBE, slot->check.cap, PT_REGS_RC(ctx),
					   opts_flags_now(slot->check.opts));
			goto out;
		}
	}
	asked_by(&a, ctx, &slot->check, PT_REGS_RC(ctx));
	slot_free(slot);
	return close_rest(&a, task);
out:
	slot_free(slot);
	return 0;
}

SEC("?kretprobe/cap_capable")
int kprobe_close_count(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot = open_slot_of(task);
	struct count_slots *slots;
	struct count_slot *count;
	struct asked a;
	__u64 nr;

	if (!is_closed_by(slot, task, SP_OF(ctx)))
		return close_stored_rest(ctx, slot, task, &a);
	if (!is_for(PROBE_KPROBE))
		goto out;
	if (is_site_overcommit(&slot->check)) {
		this_cpu()->tally[TALLY_HIDDEN]++;
		goto out;
	}
	slots = slots_of(bpf_get_smp_processor_id());
	nr = slots ? count_call(task) : NO_CALL;
	count = slots ? slot_of(slots, task, nr, slot->check.cap) : 0;
	if (!count || !slot_is(count, slot->check.cap, PT_REGS_RC(ctx), slot->check.opts)) {
		asked_by(&a, ctx, &slot->check, PT_REGS_RC(ctx));
		slot_free(slot);
		return close_rest(&a, task);
	}
	slot_add(count);
out:
	slot_free(slot);
	return 0;
}

/*
 * PLAN_SILENT: the count is looked for at the entry, as the call stack is to be kept there of what will be reported, and
 * that costs five times as much as all the rest. That it is the same credentials and namespace as then means the same
 * verdict; where it is another one all the same, nobody knows the site.
 */
inlined __u32 silent_entry(struct pt_regs *ctx, struct task_struct *task)
{
	__u32 cpu = bpf_get_smp_processor_id(), bank = count_bank;
	__u32 place = cpu * COUNT_BANKS + bank;
	struct count_slots *slots = bpf_map_lookup_elem(&count_slots, &place);
	__u64 cgroup_id = bpf_get_current_cgroup_id();
	struct count_slot *slot = slots ? silent_slot(slots, task, PT_REGS_PARM3(ctx)) : 0;

	if (!slot || slot->site.cred != PT_REGS_PARM1(ctx) || slot->site.target != PT_REGS_PARM2(ctx) ||
	    !is_stamped(&slot->stamp, task, cgroup_id, 0))
		return 0;
	return place * COUNT_SLOTS + silent_index(PT_REGS_PARM3(ctx), slot->raw.start) + 1;
}

/* Is it counted there? Not where there is none, this is another CPU by now, or another bank is in use. */
inlined bool silent_return(struct pt_regs *ctx, const struct open_slot *open, struct task_struct *task)
{
	__u32 place = bpf_get_smp_processor_id() * COUNT_BANKS + count_bank, at = open->silent - 1;
	struct count_slots *slots;
	struct count_slot *slot;

	if (at / COUNT_SLOTS != place)
		return false;
	slots = bpf_map_lookup_elem(&count_slots, &place);
	if (!slots)
		return false;
	slot = &slots->at[at % COUNT_SLOTS];
	barrier_var(slot);
	if (slot->raw.task != (__u64)task || slot->raw.cap != (__u32)open->check.cap || slot->raw.ret != (__s32)PT_REGS_RC(ctx))
		return false;
	slot_add(slot);
	return true;
}

/* Memory overcommit is asked without an audit: what is not needs no look at who asks. */
inlined __u64 silent_site(struct pt_regs *ctx)
{
	if ((int)PT_REGS_PARM3(ctx) != CAP_SYS_ADMIN || !sites[PROBE_KPROBE].overcommit ||
	    !(opts_flags(PT_REGS_PARM4(ctx)) & CHECK_NOAUDIT))
		return 0;
	return site_of(ctx);
}

/* What will be reported. */
static __noinline int open_loud(struct pt_regs *ctx, __u64 site)
{
	if (with_site && is_for(PROBE_KPROBE) && (!site || site != sites[PROBE_KPROBE].overcommit))
		keep_frames(ctx, SP_OF(ctx));
	return 0;
}

static __noinline int open_stored_loud(struct pt_regs *ctx)
{
	open_loud(ctx, silent_site(ctx));
	return open_stored(ctx);
}

SEC("?kprobe/cap_capable")
int kprobe_open_silent(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot;

	if (is_ours(task))
		return open_own(ctx);
	if (probe_ours != PROBE_KPROBE)
		return 0;
	slot = open_slot_of(task);
	if (slot->stored)
		return open_stored_loud(ctx);
	if (__sync_val_compare_and_swap(&slot->task, 0, (__u64)task) && !slot_again(slot, task, SP_OF(ctx)))
		return open_stored_loud(ctx);
	slot->check.sp = SP_OF(ctx);
	slot->check.cred = PT_REGS_PARM1(ctx);
	slot->check.target = PT_REGS_PARM2(ctx);
	slot->check.cap = PT_REGS_PARM3(ctx);
	slot->check.opts = PT_REGS_PARM4(ctx);
	slot->probe = probe_now;
	slot->silent = 0;
	slot->check.site = silent_site(ctx);
	if (slot->check.site && slot->check.site == sites[PROBE_KPROBE].overcommit)
		return 0;
	slot->silent = silent_entry(ctx, task);
	return slot->silent ? 0 : open_loud(ctx, 0);
}

/* It is reported, with the call stack of its entry. */
static __noinline int close_loud(struct asked *a, struct task_struct *task, __u64 sp)
{
	if (!with_site)
		return close_rest(a, task);
	a->frames = kept_frames(sp);
	close_rest(a, task);
	drop_frames(sp);
	return 0;
}

static __noinline int close_stored_loud(struct pt_regs *ctx, struct open_slot *slot, struct task_struct *task)
{
	struct open_check *o = close_stored(ctx, slot);
	struct asked a;

	if (!o)
		return 0;
	if (is_site_overcommit(o)) {
		this_cpu()->tally[TALLY_HIDDEN]++;
		return 0;
	}
	asked_by(&a, ctx, o, PT_REGS_RC(ctx));
	return close_loud(&a, task, o->sp);
}

SEC("?kretprobe/cap_capable")
int kprobe_close_silent(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct open_slot *slot = open_slot_of(task);
	struct asked a;
	__u64 sp;

	if (!is_closed_by(slot, task, SP_OF(ctx)))
		return close_stored_loud(ctx, slot, task);
	if (!is_for(PROBE_KPROBE) || silent_return(ctx, slot, task))
		goto out;
	if (is_site_overcommit(&slot->check)) {
		this_cpu()->tally[TALLY_HIDDEN]++;
		goto out;
	}
	asked_by(&a, ctx, &slot->check, PT_REGS_RC(ctx));
	sp = slot->check.sp;
	slot_free(slot);
	return close_loud(&a, task, sp);
out:
	slot_free(slot);
	return 0;
}
