// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tasks do to their credentials and lives. An object of its own, loaded only where that is asked for: it shares the
 * maps of the programs that hear checks, and has the words that are no maps for itself (user/source/lives.c fills them).
 *
 * Both ends of every system call of the machine are looked at, as long as this runs: one byte tells whether a call is one
 * of these at its entry, and one whether a thread that runs with such an address is in one at its end.
 */
#define GLOBALS_ARE_HERE
#include "bpf/gate.bpf.h"
#include "bpf/program.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#define TS_COMPAT 2
#define X32_BIT 0x40000000
#define ARM64_TIF_32BIT (1UL << 22)
#define SIGNAL_GROUP_EXIT 4
#define PFA_NO_NEW_PRIVS 1

enum { CLONE_THREAD = 0x10000, CLONE_NEWUSER = 0x10000000 };
enum { CAPSET_VERSION_1 = 0x19980330 };
enum { EPERM = 1, ERESTARTSYS = 512, ERESTART_RESTARTBLOCK = 516 };

/* The options of prctl, and of PR_CAP_AMBIENT. */
enum {
	PR_SET_KEEPCAPS = 8, PR_CAPBSET_DROP = 24, PR_SET_SECUREBITS = 28, PR_SET_NO_NEW_PRIVS = 38,
	PR_CAP_AMBIENT = 47, AMBIENT_RAISE = 2, AMBIENT_LOWER = 3, AMBIENT_CLEAR_ALL = 4,
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LIFE_OPEN_MAX);
	__type(key, __u64);
	__type(value, struct life_open);
} life_open SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LIFE_ENDED_MAX);
	__type(key, struct life_ended);
	__type(value, __u32);
} life_ended SEC(".maps");

const volatile struct life_calls life_calls = {};

__u32 life_on = 0;
__u32 life_marks[LIFE_MARKS] = {};	/* how many open ones have such an address */
__u64 life_tally[LIFE_TALLY_COUNT] = {};

inlined void count_life(enum life_tally what)
{
	__sync_fetch_and_add(&life_tally[what], 1);
}

inlined __u32 mark_of(__u64 address)
{
	return (address >> 6 ^ address >> 18) % LIFE_MARKS;
}

/* ---- credentials ----------------------------------------------------------------------------------------------- */

static __noinline int fill_creds(struct event_creds *to, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, real_cred);

	to->inheritable = READ_SET(false, cred, cap_inheritable);
	to->permitted = READ_SET(false, cred, cap_permitted);
	to->effective = READ_SET(false, cred, cap_effective);
	to->bounding = READ_SET(false, cred, cap_bset);
	to->ambient = READ_SET(false, cred, cap_ambient);
	to->uid = BPF_CORE_READ(cred, uid.val);
	to->euid = BPF_CORE_READ(cred, euid.val);
	to->suid = BPF_CORE_READ(cred, suid.val);
	to->fsuid = BPF_CORE_READ(cred, fsuid.val);
	to->gid = BPF_CORE_READ(cred, gid.val);
	to->egid = BPF_CORE_READ(cred, egid.val);
	to->sgid = BPF_CORE_READ(cred, sgid.val);
	to->fsgid = BPF_CORE_READ(cred, fsgid.val);
	to->groups = BPF_CORE_READ(cred, group_info, ngroups);
	to->securebits = BPF_CORE_READ(cred, securebits);
	to->userns = BPF_CORE_READ(cred, user_ns, ns.inum);
	to->no_new_privs = BPF_CORE_READ(task, atomic_flags) & PFA_NO_NEW_PRIVS;
	return 0;
}

inlined bool creds_pass(const struct event_creds *c)
{
	return (!gate.uids || gate_uid(c->uid)) && (!gate.gids || gate_gid(c->gid)) && gate_userns(c->userns);
}

/* ---- programs -------------------------------------------------------------------------------------------------- */

/* Announces it where that was not done. An exec that the gate of execs did not let pass was announced by nobody. */
inlined __u64 program_at(struct task_struct *task, const bool typed, __u32 what)
{
	struct process_state *state = process_state(task, typed, false);
	bool same = state && state->program && state->exec_id == READ(typed, task, self_exec_id), said;

	/* Without its memory it has no executable any more. */
	if (what == LIFE_EXIT && same)
		return state->program;
	return program_of(task, typed, what == LIFE_EXEC && !same, &said);
}

/* Global, so that the verifier looks at it once; 0 may be a program that could not be kept. */
__weak __noinline __u64 program_here(__u32 what)
{
	if (task_is_typed())
		return program_at(bpf_get_current_task_btf(), true, what);
	return program_at(bare_task(), false, what);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* May this process be spoken of? Its credentials are looked at later. */
inlined bool process_passes(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	return life_on && tgid != own_tgid && !gate_stranger(tgid) && gate_process(tgid) && gate_words();
}

inlined struct event_lifecycle *new_event(struct task_struct *task, __u64 program, __u32 what)
{
	struct event_lifecycle *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e) {
		count_life(LIFE_TALLY_RING_FULL);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_LIFECYCLE;
	e->head.time = bpf_ktime_get_ns();
	e->program = program;
	e->tgid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	e->what = what;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	return e;
}

inlined void put_before(struct event_lifecycle *e, const struct life_open *o)
{
	e->head.flags |= o->flags | LIFE_BEFORE_KNOWN;
	e->before = o->before;
	e->asked[0] = o->asked[0];
	e->asked[1] = o->asked[1];
	e->asked[2] = o->asked[2];
	e->syscall = o->syscall;
}

inlined void put_path(struct event_lifecycle *e, long n)
{
	if (n <= 0)
		return;
	e->head.flags |= LIFE_PATH_KNOWN;
	if (n == sizeof(e->path))
		e->head.flags |= LIFE_PATH_TRUNCATED;
}

inlined void send_life(struct event_lifecycle *e)
{
	bool before = e->head.flags & LIFE_BEFORE_KNOWN && creds_pass(&e->before);

	if (!before && !(e->head.flags & LIFE_AFTER_KNOWN && creds_pass(&e->after))) {
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
		return;
	}
	submit(e);
	count_life(LIFE_TALLY_SENT);
}

/* ---- system calls ---------------------------------------------------------------------------------------------- */

inlined __u32 abi_of(struct task_struct *task, __u64 nr)
{
#if defined(__TARGET_ARCH_x86)
	const struct thread_info___x86 *info = (void *)&task->thread_info;

	if (BPF_CORE_READ(info, status) & TS_COMPAT)
		return LIFE_ABI_32;
	return nr & X32_BIT ? LIFE_ABI_X32 : 0;
#else
	return BPF_CORE_READ(task, thread_info.flags) & ARM64_TIF_32BIT ? LIFE_ABI_32 : 0;
#endif
}

inlined void read_arguments(struct pt_regs *regs, __u32 abi, __u64 to[3])
{
#if defined(__TARGET_ARCH_x86)
	to[0] = abi == LIFE_ABI_32 ? BPF_CORE_READ(regs, bx) : BPF_CORE_READ(regs, di);
	to[1] = abi == LIFE_ABI_32 ? BPF_CORE_READ(regs, cx) : BPF_CORE_READ(regs, si);
	to[2] = BPF_CORE_READ(regs, dx);
#else
	const struct user_pt_regs *arm = (void *)regs;

	to[0] = BPF_CORE_READ(arm, regs[0]);
	to[1] = BPF_CORE_READ(arm, regs[1]);
	to[2] = BPF_CORE_READ(arm, regs[2]);
#endif
	for (int i = 0; abi == LIFE_ABI_32 && i < 3; i++)
		to[i] = (__u32)to[i];
}

/* One set of three as capset is given it, in one or two parts of 32 bits. */
inlined void read_capset(struct life_open *o)
{
	__u32 head[2] = {}, data[6] = {};
	const void *at = (void *)o->asked[1];
	long err = bpf_probe_read_user(head, sizeof(head), (void *)o->asked[0]);

	if (head[0] == CAPSET_VERSION_1)
		err = err ?: bpf_probe_read_user(data, sizeof(data) / 2, at);
	else
		err = err ?: bpf_probe_read_user(data, sizeof(data), at);
	o->asked[0] = data[0] | (__u64)data[3] << 32;
	o->asked[1] = data[1] | (__u64)data[4] << 32;
	o->asked[2] = data[2] | (__u64)data[5] << 32;
	if (err)
		o->flags &= ~LIFE_ASKED_KNOWN;
}

inlined __u32 ambient_of(struct life_open *o)
{
	__u64 operation = o->asked[1];

	o->asked[0] = operation == AMBIENT_CLEAR_ALL ? 0 : o->asked[2];
	o->asked[1] = o->asked[2] = 0;
	if (operation == AMBIENT_RAISE)
		return LIFE_AMBIENT_RAISE;
	if (operation == AMBIENT_LOWER)
		return LIFE_AMBIENT_LOWER;
	return operation == AMBIENT_CLEAR_ALL ? LIFE_AMBIENT_CLEAR : 0;
}

inlined __u32 prctl_of(struct life_open *o)
{
	__u64 option = o->asked[0];

	if (option == PR_CAP_AMBIENT)
		return ambient_of(o);
	o->asked[0] = o->asked[1];
	o->asked[1] = o->asked[2] = 0;
	if (option == PR_SET_KEEPCAPS)
		return LIFE_KEEP_CAPS;
	if (option == PR_CAPBSET_DROP)
		return LIFE_BOUNDING_DROP;
	if (option == PR_SET_SECUREBITS)
		return LIFE_SECUREBITS;
	return option == PR_SET_NO_NEW_PRIVS ? LIFE_NO_NEW_PRIVS : 0;
}

/* The flags of a new process; threads are none. */
inlined __u32 clone_of(struct life_open *o, __u32 call)
{
	__u64 flags = o->asked[0];

	if (call == LIFE_CALL_CLONE3 && bpf_probe_read_user(&flags, sizeof(flags), (void *)o->asked[0]))
		flags = 0;
	else if (call == LIFE_FORK)
		flags = 0;
	o->asked[0] = o->asked[2] = 0;
	o->asked[1] = flags;
	return flags & CLONE_THREAD ? 0 : LIFE_FORK;
}

inlined __u32 ids_of(struct life_open *o, __u32 call, bool short_ids)
{
	int n = call == LIFE_SETRESUID || call == LIFE_SETRESGID ? 3 : call == LIFE_SETREUID || call == LIFE_SETREGID ? 2 : 1;

	for (int i = 0; i < 3; i++) {
		__u32 id = o->asked[i];

		if (short_ids)
			id = (id & 0xffff) == 0xffff && call != LIFE_SETGROUPS ? (__u32)-1 : id & 0xffff;
		o->asked[i] = i < n ? id : 0;
	}
	return call;
}

inlined __u32 namespace_of(struct life_open *o, __u32 call)
{
	__u64 flags = call == LIFE_UNSHARE ? o->asked[0] : (__u32)o->asked[1];
	bool may_be = flags & CLONE_NEWUSER || (call == LIFE_SETNS && !flags);

	o->asked[0] = flags;
	o->asked[1] = o->asked[2] = 0;
	return may_be ? call : 0;
}

inlined __u32 exec_of(struct life_open *o, __u32 call)
{
	o->path = call == LIFE_EXEC ? o->asked[0] : o->asked[1];
	o->asked[0] = o->asked[1] = o->asked[2] = 0;
	return LIFE_EXEC;
}

/* What a call is about to do, its arguments in .asked; 0: nothing that is told. */
inlined __u32 what_of(struct life_open *o, __u8 row)
{
	__u32 call = row & ~LIFE_CALL_16BIT;

	o->flags |= LIFE_ASKED_KNOWN;
	switch (call) {
	case LIFE_CALL_PRCTL:
		return prctl_of(o);
	case LIFE_FORK:
	case LIFE_CALL_CLONE:
	case LIFE_CALL_CLONE3:
		return clone_of(o, call);
	case LIFE_UNSHARE:
	case LIFE_SETNS:
		return namespace_of(o, call);
	case LIFE_EXEC:
	case LIFE_CALL_EXECVEAT:
		return exec_of(o, call);
	case LIFE_CAPSET:
		read_capset(o);
		return call;
	default:
		return ids_of(o, call, row & LIFE_CALL_16BIT);
	}
}

static __noinline int entered(struct pt_regs *regs, __u64 nr)
{
	struct task_struct *task = bare_task();
	__u64 key = (__u64)task;
	struct life_open o = {};
	__u32 tgid = BPF_CORE_READ(task, tgid), low = nr;
	__u8 row;

	o.flags = LIFE_SYSCALL_KNOWN | abi_of(task, nr);
	if (o.flags & LIFE_ABI_X32)
		low &= ~X32_BIT;
	if (!life_on || low >= LIFE_CALLS || tgid == own_tgid)
		return 0;
	/* The compiler may have looked at a copy of it, of which the verifier does not know that it is one. */
	barrier_var(low);
	low %= LIFE_CALLS;
	row = o.flags & LIFE_ABI_32 ? life_calls.of_32[low] : life_calls.own[low];
	if (!row)
		return 0;
	read_arguments(regs, o.flags & LIFE_ABI_32, o.asked);
	o.what = what_of(&o, row);
	if (!o.what)
		return 0;
	o.syscall = (__u32)nr;
	fill_creds(&o.before, task);
	/* The end of its call before was not heard. */
	if (!bpf_map_update_elem(&life_open, &key, &o, BPF_EXIST)) {
		count_life(LIFE_TALLY_MISSED);
		return 0;
	}
	__sync_fetch_and_add(&life_marks[mark_of(key)], 1);
	if (bpf_map_update_elem(&life_open, &key, &o, BPF_ANY)) {
		__sync_fetch_and_add(&life_marks[mark_of(key)], -1);
		count_life(LIFE_TALLY_OPEN_FULL);
	}
	return 0;
}

SEC("?raw_tp/sys_enter")
int life_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 nr = ctx->args[1];

	if (!life_calls.any[nr % LIFE_CALLS])
		return 0;
	return entered((struct pt_regs *)ctx->args[0], nr);
}

inlined void close_life(__u64 key)
{
	if (!bpf_map_delete_elem(&life_open, &key))
		__sync_fetch_and_add(&life_marks[mark_of(key)], -1);
}

/* Is there anything to tell of a call that has ended? What a signal interrupted begins anew. */
inlined bool is_told(const struct life_open *o, __s64 ret)
{
	return !o->said && !(ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

/* A file descriptor of another kind of namespace changes nothing here. */
inlined bool is_idle(const struct event_lifecycle *e)
{
	return e->what == LIFE_SETNS && e->ret >= 0 && e->before.userns == e->after.userns;
}

inlined void tell(const struct life_open *o, struct task_struct *task, __s64 ret)
{
	struct event_lifecycle *e = new_event(task, program_here(o->what), o->what);

	if (!e)
		return;
	put_before(e, o);
	fill_creds(&e->after, task);
	e->ret = ret;
	e->head.flags |= LIFE_RESULT_KNOWN | LIFE_AFTER_KNOWN;
	if (o->what == LIFE_EXEC)
		put_path(e, bpf_probe_read_user_str(e->path, sizeof(e->path), (void *)o->path));
	if (is_idle(e))
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
	else
		send_life(e);
}

static __noinline int left(__u64 key, __s64 ret)
{
	struct life_open *o = bpf_map_lookup_elem(&life_open, &key);
	struct task_struct *task = bare_task();

	if (!o)
		return 0;
	if (o->flags & LIFE_ABI_32)
		ret = (__s32)ret;
	if (is_told(o, ret) && process_passes(task))
		tell(o, task, ret);
	close_life(key);
	return 0;
}

SEC("?raw_tp/sys_exit")
int life_leave(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 key = bpf_get_current_task();

	if (!life_marks[mark_of(key)])
		return 0;
	return left(key, ctx->args[1]);
}

/* ---- lives ----------------------------------------------------------------------------------------------------- */

SEC("?raw_tp/sched_process_fork")
int life_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid), to = BPF_CORE_READ(child, tgid);
	__u64 key = (__u64)parent;
	struct event_lifecycle *e;
	struct life_open *o;

	if (from == to || BPF_CORE_READ(parent, flags) & PF_KTHREAD || !process_passes(parent))
		return 0;
	e = new_event(parent, program_here(LIFE_FORK), LIFE_FORK);
	if (!e)
		return 0;
	o = bpf_map_lookup_elem(&life_open, &key);
	if (o) {
		put_before(e, o);
		o->said = 1;
	} else {
		fill_creds(&e->before, parent);
	}
	fill_creds(&e->after, child);
	e->asked[0] = to;
	e->ret = to;
	e->head.flags |= LIFE_RESULT_KNOWN | LIFE_BEFORE_KNOWN | LIFE_AFTER_KNOWN;
	send_life(e);
	return 0;
}

SEC("?raw_tp/sched_process_exec")
int life_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];
	struct task_struct *task = bare_task();
	__u64 key = (__u64)task;
	struct life_open *o = bpf_map_lookup_elem(&life_open, &key);
	struct event_lifecycle *e;

	if (o)
		o->said = 1;
	if (!process_passes(task))
		return 0;
	e = new_event(task, program_here(LIFE_EXEC), LIFE_EXEC);
	if (!e)
		return 0;
	/* The same thread, whatever its id was. */
	o = bpf_map_lookup_elem(&life_open, &key);
	if (o)
		put_before(e, o);
	fill_creds(&e->after, task);
	e->head.flags |= LIFE_RESULT_KNOWN | LIFE_AFTER_KNOWN;
	put_path(e, bpf_probe_read_kernel_str(e->path, sizeof(e->path), BPF_CORE_READ(bprm, filename)));
	send_life(e);
	return 0;
}

/* As wait(2) has it. */
inlined __s64 status_of(struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);

	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

inlined bool is_last(struct task_struct *task)
{
	struct life_ended ended = {
		.start = BPF_CORE_READ(task, group_leader, start_boottime),
		.tgid = BPF_CORE_READ(task, tgid),
	};
	__u32 yes = 1;

	return !BPF_CORE_READ(task, signal, live.counter) &&
	       !bpf_map_update_elem(&life_ended, &ended, &yes, BPF_NOEXIST);
}

SEC("?raw_tp/sched_process_exit")
int life_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bare_task();
	struct event_lifecycle *e;

	close_life((__u64)task);
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD || !process_passes(task) || !is_last(task))
		return 0;
	e = new_event(task, program_here(LIFE_EXIT), LIFE_EXIT);
	if (!e)
		return 0;
	fill_creds(&e->before, task);
	e->ret = status_of(task);
	e->head.flags |= LIFE_RESULT_KNOWN | LIFE_BEFORE_KNOWN;
	send_life(e);
	return 0;
}

/* ---- what is not executed -------------------------------------------------------------------------------------- */

/*
 * A file that would be effective with more than the bounding set has is not executed, and no check tells. Heard by itself where
 * system calls are not listened to. Of a script the file is its interpreter.
 */
SEC("?fexit/cap_bprm_creds_from_file")
int life_refused(__u64 *ctx)
{
	struct linux_binprm *bprm = (void *)ctx[0];
	struct task_struct *task = bare_task();
	struct event_lifecycle *e;

	if ((__s32)ctx[2] != -EPERM || !process_passes(task))
		return 0;
	e = new_event(task, program_here(0), LIFE_EXEC);
	if (!e)
		return 0;
	fill_creds(&e->before, task);
	e->ret = -EPERM;
	e->head.flags |= LIFE_RESULT_KNOWN | LIFE_BEFORE_KNOWN;
	put_path(e, bpf_probe_read_kernel_str(e->path, sizeof(e->path), BPF_CORE_READ(bprm, interp)));
	send_life(e);
	return 0;
}
