/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The second step of a check's path: the state of its task. What describes a process is announced once for each of
 * its execs (or at first sight), before its first check that is reported, so that what lived 2 ms is named too.
 */
#pragma once

#include "bpf/read.bpf.h"
#include "bpf/submit.bpf.h"

#define PF_KTHREAD 0x00200000
#define PF_IO_WORKER 0x00000010 /* 5.12; a plain kernel thread before */

enum { PATH_DEPTH = 24, CGROUP_DEPTH = 16, HIERARCHIES = 16 };

/* A mount's struct mount, which it is a part of, and the other way round. */
inlined __u64 mount_of(__u64 mnt)
{
	return mnt - bpf_core_field_offset(struct mount, mnt);
}

inlined bool is_root(__u64 dentry, __u64 mnt)
{
	return dentry == LAST(struct vfsmount, mnt, mnt_root);
}

/*
 * The steps of a path from its end to the root, which is climbed by hand since bpf_d_path is refused in these programs.
 * Each step crosses a mount or goes up by a name. Global functions, as what they decide would double the ways through
 * each turn of the loop below.
 */

/* The mount after the step; 0: there is none above. */
__weak __noinline __u64 step_mount(__u64 dentry, __u64 mnt)
{
	__u64 above;

	if (!is_root(dentry, mnt))
		return mnt;
	above = LAST(struct mount, mount_of(mnt), mnt_parent);
	return above && above != mount_of(mnt) ? above + bpf_core_field_offset(struct mount, mnt) : 0;
}

/* Where the step leads; 0: nowhere. */
__weak __noinline __u64 step_dentry(__u64 dentry, __u64 mnt)
{
	__u64 parent;

	if (is_root(dentry, mnt))
		return LAST(struct mount, mount_of(mnt), mnt_mountpoint);
	parent = LAST(struct dentry, dentry, d_parent);
	/* Its own parent and yet no root: in no directory, such as a memfd. The name is all there is. */
	return parent == dentry ? LAST(struct vfsmount, mnt, mnt_root) : parent;
}

/* The name that the step goes up by; 0: it crosses a mount. */
__weak __noinline __u64 step_name(__u64 dentry, __u64 mnt)
{
	return is_root(dentry, mnt) ? 0 : LAST(struct dentry, dentry, d_name.name);
}

/* The bytes that reading a name gave: none where there is no name, negative where it could not be read. */
__weak __noinline __s64 name_size(__s64 read, __u64 name)
{
	if (!name)
		return 0;
	return read > 1 ? read : -1;
}

/*
 * Appends a name, if there is one, to the *len bytes that there are; negative where there is no room, or no reading it.
 * The length lives in the event and is read back each time, as a number of which the verifier knows nothing: were it kept
 * in a register, every turn of the loops below would be another case to verify.
 */
inlined __s64 name_append(__u8 *to, volatile __u32 *len, __u64 name)
{
	__u32 at = *len;
	__s64 n;

	if (at > EVENT_PATH - EVENT_NAME)
		return -1;
	n = name_size(bpf_probe_read_kernel_str(to + at, EVENT_NAME, (void *)name), name);
	if (n >= 0)
		*len = at + (__u32)n;
	return n;
}

#ifdef WITH_LOOPS
/* How far the path of an executable has been climbed. */
struct climb {
	struct event_program *e;
	__u64 dentry, mnt;
	__u32 flags;
};

/* One step; is that all of it? */
static __noinline long climb_step(__u32 step, struct climb *c)
{
	__u64 next = step_dentry(c->dentry, c->mnt), above = step_mount(c->dentry, c->mnt);

	if (!next || !above) {
		c->flags = PROGRAM_EXE_KNOWN;
		return 1;
	}
	if (name_append(c->e->exe, &c->e->exe_len, step_name(c->dentry, c->mnt)) < 0)
		return 1;
	c->dentry = next;
	c->mnt = above;
	return 0;
}

inlined __u32 put_exe(struct event_program *e, __u64 task)
{
	__u64 mm = FAR(struct task_struct, task, mm), exe = mm ? FAR(struct mm_struct, mm, exe_file) : 0;
	struct climb c = { .e = e, .flags = PROGRAM_EXE_KNOWN | PROGRAM_EXE_TRUNCATED };

	if (!exe)
		return 0;
	c.dentry = FAR(struct file, exe, f_path.dentry);
	c.mnt = FAR(struct file, exe, f_path.mnt);
	bpf_loop(PATH_DEPTH, climb_step, &c, 0);
	return c.flags;
}
#else
inlined __u32 put_exe(struct event_program *e, __u64 task)
{
	__u64 mm = FAR(struct task_struct, task, mm), exe = mm ? FAR(struct mm_struct, mm, exe_file) : 0;
	__u64 dentry, mnt;

	if (!exe)
		return 0;
	dentry = FAR(struct file, exe, f_path.dentry);
	mnt = FAR(struct file, exe, f_path.mnt);
	for (int i = 0; i < PATH_DEPTH; i++) {
		__u64 next = step_dentry(dentry, mnt), above = step_mount(dentry, mnt);

		if (!next || !above)
			return PROGRAM_EXE_KNOWN;
		if (name_append(e->exe, &e->exe_len, step_name(dentry, mnt)) < 0)
			break;
		dentry = next;
		mnt = above;
	}
	return PROGRAM_EXE_KNOWN | PROGRAM_EXE_TRUNCATED;
}
#endif

inlined __u64 kernfs_parent(__u64 kn)
{
	if (bpf_core_field_exists(struct kernfs_node___rcu_parent, __parent))
		return FAR(struct kernfs_node___rcu_parent, kn, __parent);
	return FAR(struct kernfs_node, kn, parent);
}

/* In which hierarchy a css_set is by this link. */
inlined __u32 hierarchy_of(__u64 link)
{
	__u64 root = LAST(struct cgroup, LAST(struct cgrp_cset_link, link, cgrp), root);

	return LAST(struct cgroup_root, root, hierarchy_id);
}

inlined __u64 last_kernfs_parent(__u64 kn)
{
	if (bpf_core_field_exists(struct kernfs_node___rcu_parent, __parent))
		return LAST(struct kernfs_node___rcu_parent, kn, __parent);
	return LAST(struct kernfs_node, kn, parent);
}

/* The node of the task's cgroup in the hierarchy of version 1 that has the names; 0 where that is its root. */
#ifdef WITH_LOOPS
/* How far the links of all cgroups that a task is in have been followed. */
struct links {
	__u64 at;
	__u64 kn;
};

/* Is it this one? Its node then, or 0 where that is the root. */
static __noinline long link_step(__u32 step, struct links *l)
{
	__u64 link = l->at - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link), kn;

	if (hierarchy_of(link) == cgroup1_hierarchy) {
		kn = LAST(struct cgroup, LAST(struct cgrp_cset_link, link, cgrp), kn);
		l->kn = last_kernfs_parent(kn) ? kn : 0;
		return 1;
	}
	l->at = LAST(struct list_head, l->at, next);
	return 0;
}

__weak __noinline __u64 cgroup1_node(__u64 set)
{
	struct links l = { .at = LAST(struct css_set, set, cgrp_links.next) };

	bpf_loop(HIERARCHIES, link_step, &l, 0);
	return l.kn;
}
#else
__weak __noinline __u64 cgroup1_node(__u64 set)
{
	__u64 at = LAST(struct css_set, set, cgrp_links.next);

	for (int i = 0; i < HIERARCHIES; i++) {
		__u64 link = at - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link), kn;

		if (hierarchy_of(link) == cgroup1_hierarchy) {
			kn = LAST(struct cgroup, LAST(struct cgrp_cset_link, link, cgrp), kn);
			return last_kernfs_parent(kn) ? kn : 0;
		}
		at = LAST(struct list_head, at, next);
	}
	return 0;
}
#endif

/* Where it is in the hierarchy of version 2; where that says nothing, for it is at the root, in one of version 1. */
inlined __u64 cgroup_node(__u64 task, __u32 *flags)
{
	__u64 set = FAR(struct task_struct, task, cgroups), group = FAR(struct css_set, set, dfl_cgrp);
	__u64 kn = FAR(struct cgroup, group, kn), older;

	if (!cgroup1_hierarchy || kernfs_parent(kn))
		return kn;
	older = cgroup1_node(set);
	if (!older)
		return kn;
	*flags |= PROGRAM_CGROUP_V1;
	return older;
}

#ifdef WITH_LOOPS
/* How far the path of a cgroup has been written. */
struct rise {
	struct event_program *e;
	__u64 kn;
	__u32 cut;
};

static __noinline long rise_step(__u32 step, struct rise *r)
{
	__u64 parent = kernfs_parent(r->kn);

	if (!parent) {
		r->cut = 0;
		return 1;
	}
	if (name_append(r->e->cgroup, &r->e->cgroup_len, FAR(struct kernfs_node, r->kn, name)) < 0)
		return 1;
	r->kn = parent;
	return 0;
}

inlined __u32 put_cgroup(struct event_program *e, __u64 task)
{
	__u32 flags = PROGRAM_CGROUP_KNOWN;
	struct rise r = { .e = e, .kn = cgroup_node(task, &flags), .cut = PROGRAM_CGROUP_TRUNCATED };

	e->cgroup_id = FAR(struct kernfs_node, r.kn, id);
	bpf_loop(CGROUP_DEPTH, rise_step, &r, 0);
	return flags | r.cut;
}
#else
inlined __u32 put_cgroup(struct event_program *e, __u64 task)
{
	__u32 flags = PROGRAM_CGROUP_KNOWN;
	__u64 kn = cgroup_node(task, &flags), parent;

	e->cgroup_id = FAR(struct kernfs_node, kn, id);
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		parent = kernfs_parent(kn);
		if (!parent)
			return flags;
		if (name_append(e->cgroup, &e->cgroup_len, FAR(struct kernfs_node, kn, name)) < 0)
			break;
		kn = parent;
	}
	return flags | PROGRAM_CGROUP_TRUNCATED;
}
#endif

/*
 * What is another when the task is in another cgroup of version 1: the address of all that it is in. (It may be used again;
 * the id of version 2 is looked at too.) 0 where that version does not matter: whoever asks has read the constant once.
 */
inlined __u64 cgroups_of(struct task_struct *task, const bool typed, __u32 hierarchy)
{
	return hierarchy ? (__u64)READ(typed, task, cgroups) : 0;
}

inlined __u32 login_uid_of(struct task_struct *task, const bool typed)
{
	if (!bpf_core_field_exists(task->loginuid))
		return 0;
	return READ(typed, task, loginuid.val);
}

inlined void put_cred(struct event_program *e, __u64 cred)
{
	__u64 userns = FAR(struct cred, cred, user_ns);

	e->uid = FAR(struct cred, cred, uid);
	e->euid = FAR(struct cred, cred, euid);
	e->gid = FAR(struct cred, cred, gid);
	e->egid = FAR(struct cred, cred, egid);
	e->userns = FAR(struct user_namespace, userns, ns.inum);
	e->inheritable = FAR(struct cred, cred, cap_inheritable);
	e->permitted = FAR(struct cred, cred, cap_permitted);
	e->effective = FAR(struct cred, cred, cap_effective);
	e->bounding = FAR(struct cred, cred, cap_bset);
	e->ambient = FAR(struct cred, cred, cap_ambient);
}

/* The process id inside its own pid namespace, and that namespace. */
inlined __u32 put_ns_pid(struct event_program *e, __u64 leader)
{
	__u64 pid = FAR(struct task_struct, leader, thread_pid), at, ns;

	e->ns_pid = 0;
	e->pidns = 0;
	if (!pid)
		return 0;
	at = pid + bpf_core_field_offset(struct pid, numbers) +
	     /* NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result): a level is below 33 */
	     (__u32)FAR(struct pid, pid, level) * bpf_core_type_size(struct upid);
	ns = FAR(struct upid, at, ns);
	e->ns_pid = FAR(struct upid, at, nr);
	e->pidns = FAR(struct pid_namespace, ns, ns.inum);
	return PROGRAM_NSPID_KNOWN;
}

inlined void put_namespaces(struct event_program *e, __u64 task)
{
	__u64 ns = FAR(struct task_struct, task, nsproxy);
	__u64 mnt = ns ? FAR(struct nsproxy, ns, mnt_ns) : 0, net = ns ? FAR(struct nsproxy, ns, net_ns) : 0;

	e->mntns = ns ? FAR(struct mnt_namespace, mnt, ns.inum) : 0;
	e->netns = ns ? FAR(struct net, net, ns.inum) : 0;
}

/*
 * Its command line, from its own memory: right after an exec all of it is there. Where it is not, as of what was swapped out,
 * it stays unknown here.
 */
inlined void put_words(struct event_program_args *e, __u64 task)
{
	__u64 mm = FAR(struct task_struct, task, mm), start = mm ? FAR(struct mm_struct, mm, arg_start) : 0;
	__u64 size = start ? FAR(struct mm_struct, mm, arg_end) - start : 0;
	__u32 n = size < EVENT_ARGS ? size : EVENT_ARGS;

	e->size = 0;
	e->len = 0;
	if (!n || n > EVENT_ARGS || bpf_probe_read_user(e->args, n, (void *)start))
		return;
	e->size = size;
	e->len = n;
}

/*
 * Sends what describes the current process; 0 where the ring has no room. A global function with plain numbers for
 * arguments, so that the verifier looks at it once and not at each of its calls.
 */
__weak __noinline int announce(__u64 program, __u64 ppid_login, __u32 flags, __u64 now)
{
	__u64 task = bpf_get_current_task(), leader = FAR(struct task_struct, task, group_leader);
	const __u32 size = with_args ? sizeof(struct event_program_args) : sizeof(struct event_program);
	struct event_program *e = bpf_ringbuf_reserve(&ring, size, 0);

	if (!e) {
		tally(TALLY_PROGRAM_FULL);
		return 0;
	}
	e->head.size = size;
	e->head.kind = EVENT_PROGRAM;
	e->head.time = now;
	e->program = program;
	e->tgid = FAR(struct task_struct, task, tgid);
	e->tid = FAR(struct task_struct, task, pid);
	e->ppid = ppid_login;
	e->login_uid = ppid_login >> 32;
	e->cgroup_id = 0;
	e->reserved = 0;
	put_cred(e, FAR(struct task_struct, task, real_cred));
	put_namespaces(e, task);
	bpf_probe_read_kernel(e->comm, sizeof(e->comm),
			      (void *)leader + bpf_core_field_offset(struct task_struct, comm));
	if (bpf_core_field_exists(struct task_struct, loginuid))
		flags |= PROGRAM_LOGIN_KNOWN;
	if ((__u32)FAR(struct task_struct, task, flags) & PF_KTHREAD)
		flags |= PROGRAM_KTHREAD;
	e->exe_len = 0;
	e->cgroup_len = 0;
	flags |= put_ns_pid(e, leader);
	flags |= put_exe(e, task);
	flags |= put_cgroup(e, task);
	e->head.flags = flags;
	if (with_args)
		put_words((struct event_program_args *)e, task);
	submit(e);
	tally(TALLY_PROGRAM_SENT);
	return 1;
}

/* Of a kernel whose tracing programs have no task storage. A function of its own: all have a stack of 512 bytes together. */
static __noinline struct process_state *hashed_process(struct task_struct *task)
{
	struct process_state empty = { .start = BPF_CORE_READ(task, group_leader, start_boottime) };
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct process_state *state = bpf_map_lookup_elem(&processes_hash, &tgid);

	if (state && state->start == empty.start)
		return state;
	bpf_map_update_elem(&processes_hash, &tgid, &empty, BPF_ANY);
	return bpf_map_lookup_elem(&processes_hash, &tgid);
}

#ifdef WITH_LOOSE
static struct task_struct *(*find_task)(__s32 pid) = (void *)CALL_FIND_TASK;
static void (*put_task)(struct task_struct *task) = (void *)CALL_PUT_TASK;

/* By its number: to follow a pointer to it takes the verifier a millisecond (see program_now). */
inlined struct process_state *found_state(struct task_struct *task)
{
	struct task_struct *leader = find_task(task->tgid);
	struct process_state *state;

	if (!leader)
		return 0;
	state = bpf_task_storage_get(&processes, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	put_task(leader);
	return state;
}
#endif

/* Where the state of the task's process is kept; NULL where the kernel refuses. Who has just executed leads its group. */
inlined struct process_state *process_state(struct task_struct *task, const bool typed, const bool at_exec)
{
#ifdef WITH_LOOSE
	if (typed && !at_exec && has_task_storage && finds_tasks)
		return found_state(task);
#endif
	if (typed && has_task_storage)
		return bpf_task_storage_get(&processes, at_exec ? task : task->group_leader, 0,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	return hashed_process(task);
}

/*
 * Announces the task's process where that has not been done for this image, parent, login user and cgroup. Returns
 * the id of the program, 0 where there is no state to keep one in. *ret_said becomes true where all of it is in the
 * ring or was before.
 */
inlined __u64 program_of(struct task_struct *task, const bool typed, const bool at_exec, bool *ret_said)
{
	struct process_state *state = process_state(task, typed, at_exec);
	const __u32 hierarchy = cgroup1_hierarchy;
	__u64 exec_id, cgroup_id, cgroups, program, told;
	__u32 ppid, login_uid, generation;
	bool fresh;

	if (!state) {
		tally(TALLY_UNNAMED);
		return 0;
	}
	exec_id = READ(typed, task, self_exec_id);
	cgroup_id = bpf_get_current_cgroup_id();
	/* Not as a typed pointer, which is dear to load: this is not the way of most checks. */
	cgroups = cgroups_of(task, false, hierarchy);
	ppid = BPF_CORE_READ(task, real_parent, tgid);
	login_uid = login_uid_of(task, typed);
	generation = names_wanted;
	fresh = !state->program;
	if (!at_exec && !fresh && state->exec_id == exec_id && state->cgroup_id == cgroup_id &&
	    (!hierarchy || state->cgroups == cgroups) &&
	    state->ppid == ppid && state->login_uid == login_uid && state->generation == generation) {
		*ret_said = true;
		return state->program;
	}
	/*
	 * What an exec itself asks after its point of no return comes before the hook on it, and is the new program's. Where
	 * another thread than the leader executes, the state went with the former leader by then, but the start of the
	 * process did not change: the number of its execs does.
	 */
	if (fresh && !at_exec)
		program = BPF_CORE_READ(task, group_leader, start_boottime) + exec_id;
	else if (fresh || state->exec_id != exec_id)
		program = bpf_ktime_get_boot_ns();
	else
		program = state->program;
	/* Where it cannot be told it was not at that time: nobody will say anything of it. */
	state->told = told = bpf_ktime_get_ns();
	/* Another thread is not to take what is described now for what was. */
	state->cgroup_id = ~0ULL;
	if (announce(program, (__u64)login_uid << 32 | ppid, at_exec ? PROGRAM_EXEC : 0, told)) {
		state->program = program;
		state->exec_id = exec_id;
		state->cgroup_id = cgroup_id;
		state->cgroups = cgroups;
		state->ppid = ppid;
		state->login_uid = login_uid;
		state->generation = generation;
		*ret_said = true;
	}
	return program;
}

/*
 * The same for a check of the current task, which is typed, and keeps what it found for the next one of this thread on this
 * CPU (bpf/usual.bpf.h) where `users`: it has a user's registers. What that depends on is read before it is looked at more
 * closely, so that what changes in between is another next time. The parent is read as a number: a typed pointer takes the
 * verifier a millisecond, for since 6.4 (6fcd486b3a0a) it looks for names of its own among all types. The leader has to be
 * one: a global function, as the verifier would do so on each way that leads here.
 */
__weak __noinline __u64 program_now(__u32 users)
{
	struct task_struct *task;
	struct recent *r;
	bool said = false;

	if (!task_is_typed())
		return 0;
	task = bpf_get_current_task_btf();
	if (!runs_alone)
		return program_of(task, true, false, &said);
	r = &this_cpu()->recent;
	r->task = 0;
	r->start = task->start_boottime;
	r->exec_id = task->self_exec_id;
	r->parent = (__u64)BPF_CORE_READ(task, real_parent);
	r->cgroups = (__u64)BPF_CORE_READ(task, cgroups);
	r->login_uid = login_uid_of(task, true);
	r->generation = names_wanted;
	r->tgid = task->tgid;
	r->tid = task->pid;
	r->program = program_of(task, true, false, &said);
	if (said && users)
		r->task = (__u64)task;
	return r->program;
}
