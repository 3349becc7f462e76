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

struct walk {
	struct dentry *dentry;
	struct vfsmount *mnt;
};

/*
 * One step towards the root: 1 with *ret_name set, 0 where only a mount was crossed, -1 at the end. bpf_d_path is
 * refused in these programs, so the tree is climbed by hand. (BPF_CORE_READ takes locals: a field of our own struct in
 * its first argument would be relocated too.)
 */
inlined int path_step(struct walk *w, const unsigned char **ret_name)
{
	struct dentry *dentry = w->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct vfsmount *mnt = w->mnt;

	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = BPF_CORE_READ(m, mnt_parent);

		if (above == m || !above)
			return -1;
		w->dentry = BPF_CORE_READ(m, mnt_mountpoint);
		w->mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	if (!parent)
		return -1;
	*ret_name = BPF_CORE_READ(dentry, d_name.name);
	/* Its own parent and yet no root: in no directory, such as a memfd. The name is all there is. */
	w->dentry = parent == dentry ? BPF_CORE_READ(mnt, mnt_root) : parent;
	return 1;
}

/*
 * Appends a name to the *len bytes that there are; false where there is no room or no name. The length lives in the
 * event and is read back each time, as a number of which the verifier knows nothing: were it kept in a register, every
 * turn of the loops below would be another case to verify (over 1,000,000 instructions on 6.1).
 */
inlined bool name_append(__u8 *to, volatile __u32 *len, const void *name)
{
	__u32 at = *len;
	long n;

	if (at > EVENT_PATH - EVENT_NAME)
		return false;
	n = bpf_probe_read_kernel_str(to + at, EVENT_NAME, name);
	if (n <= 1)
		return false;
	*len = at + (__u32)n;
	return true;
}

/* A loop and not bpf_loop: 5.10 refuses a program that only mentions a callback. */
inlined __u32 put_exe(struct event_program *e, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct file *exe = mm ? BPF_CORE_READ(mm, exe_file) : 0;
	struct walk w;

	if (!exe)
		return 0;
	w.dentry = BPF_CORE_READ(exe, f_path.dentry);
	w.mnt = BPF_CORE_READ(exe, f_path.mnt);
	for (int i = 0; i < PATH_DEPTH; i++) {
		const unsigned char *name;
		int step = path_step(&w, &name);

		if (step < 0)
			return PROGRAM_EXE_KNOWN;
		if (step > 0 && !name_append(e->exe, &e->exe_len, name))
			break;
	}
	return PROGRAM_EXE_KNOWN | PROGRAM_EXE_TRUNCATED;
}

inlined struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___rcu_parent *now = (void *)kn;

	if (bpf_core_field_exists(now->__parent))
		return BPF_CORE_READ(now, __parent);
	return BPF_CORE_READ(kn, parent);
}

/* The node of the task's cgroup in the hierarchy of version 1 that has the names; 0 where that is its root. */
inlined struct kernfs_node *cgroup1_node(struct css_set *set)
{
	struct list_head *at = BPF_CORE_READ(set, cgrp_links.next);

	for (int i = 0; i < HIERARCHIES; i++) {
		struct cgrp_cset_link *link = (void *)at - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link);
		struct cgroup *cgroup = BPF_CORE_READ(link, cgrp);

		if ((__u32)BPF_CORE_READ(cgroup, root, hierarchy_id) == cgroup1_hierarchy) {
			struct kernfs_node *kn = BPF_CORE_READ(cgroup, kn);

			return kernfs_parent(kn) ? kn : 0;
		}
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

/* Where it is in the hierarchy of version 2; where that says nothing, for it is at the root, in one of version 1. */
inlined struct kernfs_node *cgroup_node(struct task_struct *task, __u32 *flags)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct kernfs_node *kn = BPF_CORE_READ(set, dfl_cgrp, kn), *older;

	if (!cgroup1_hierarchy || kernfs_parent(kn))
		return kn;
	older = cgroup1_node(set);
	if (!older)
		return kn;
	*flags |= PROGRAM_CGROUP_V1;
	return older;
}

inlined __u32 put_cgroup(struct event_program *e, struct task_struct *task)
{
	__u32 flags = PROGRAM_CGROUP_KNOWN;
	struct kernfs_node *kn = cgroup_node(task, &flags);

	e->cgroup_id = BPF_CORE_READ(kn, id);
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(kn);

		if (!parent)
			return flags;
		if (!name_append(e->cgroup, &e->cgroup_len, BPF_CORE_READ(kn, name)))
			break;
		kn = parent;
	}
	return flags | PROGRAM_CGROUP_TRUNCATED;
}

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

inlined void put_cred(struct event_program *e, const struct cred *cred)
{
	e->uid = BPF_CORE_READ(cred, uid.val);
	e->euid = BPF_CORE_READ(cred, euid.val);
	e->gid = BPF_CORE_READ(cred, gid.val);
	e->egid = BPF_CORE_READ(cred, egid.val);
	e->userns = BPF_CORE_READ(cred, user_ns, ns.inum);
	e->inheritable = READ_SET(false, cred, cap_inheritable);
	e->permitted = READ_SET(false, cred, cap_permitted);
	e->effective = READ_SET(false, cred, cap_effective);
	e->bounding = READ_SET(false, cred, cap_bset);
	e->ambient = READ_SET(false, cred, cap_ambient);
}

/* The process id inside its own pid namespace, and that namespace. */
inlined __u32 put_ns_pid(struct event_program *e, struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct upid *at;

	e->ns_pid = 0;
	e->pidns = 0;
	if (!pid)
		return 0;
	at = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	     BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);
	e->ns_pid = BPF_CORE_READ(at, nr);
	e->pidns = BPF_CORE_READ(at, ns, ns.inum);
	return PROGRAM_NSPID_KNOWN;
}

/*
 * Sends what describes the current process; 0 where the ring has no room. A global function with plain numbers for
 * arguments, so that the verifier looks at it once and not at each of its calls.
 */
__weak __noinline int announce(__u64 program, __u64 ppid_login, __u32 flags)
{
	struct task_struct *task = bare_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct event_program *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	struct nsproxy *ns = BPF_CORE_READ(task, nsproxy);

	if (!e) {
		tally(TALLY_PROGRAM_FULL);
		return 0;
	}
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_PROGRAM;
	e->head.time = bpf_ktime_get_ns();
	e->program = program;
	e->tgid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	e->ppid = ppid_login;
	e->login_uid = ppid_login >> 32;
	e->cgroup_id = 0;
	e->reserved = 0;
	put_cred(e, BPF_CORE_READ(task, real_cred));
	e->mntns = ns ? BPF_CORE_READ(ns, mnt_ns, ns.inum) : 0;
	e->netns = ns ? BPF_CORE_READ(ns, net_ns, ns.inum) : 0;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), leader->comm);
	if (bpf_core_field_exists(task->loginuid))
		flags |= PROGRAM_LOGIN_KNOWN;
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		flags |= PROGRAM_KTHREAD;
	e->exe_len = 0;
	e->cgroup_len = 0;
	flags |= put_ns_pid(e, leader);
	flags |= put_exe(e, task);
	flags |= put_cgroup(e, task);
	e->head.flags = flags;
	submit(e);
	tally(TALLY_PROGRAM_SENT);
	return 1;
}

/* Where the state of the task's process is kept; NULL where the kernel refuses. */
inlined struct process_state *process_state(struct task_struct *task, const bool typed)
{
	struct process_state empty = {};
	__u32 tgid;

	if (typed && has_task_storage)
		return bpf_task_storage_get(&processes, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	tgid = READ(typed, task, tgid);
	empty.start = BPF_CORE_READ(task, group_leader, start_boottime);
	struct process_state *state = bpf_map_lookup_elem(&processes_hash, &tgid);

	if (state && state->start == empty.start)
		return state;
	bpf_map_update_elem(&processes_hash, &tgid, &empty, BPF_ANY);
	return bpf_map_lookup_elem(&processes_hash, &tgid);
}

/*
 * Announces the task's process where that has not been done for this image, parent, login user and cgroup. Returns
 * the id of the program, 0 where there is no state to keep one in. *ret_said becomes true where all of it is in the
 * ring or was before.
 */
inlined __u64 program_of(struct task_struct *task, const bool typed, const bool at_exec, bool *ret_said)
{
	struct process_state *state = process_state(task, typed);
	const __u32 hierarchy = cgroup1_hierarchy;
	struct process_state now;
	bool fresh;

	if (!state) {
		tally(TALLY_UNNAMED);
		return 0;
	}
	now.start = state->start;
	now.exec_id = READ(typed, task, self_exec_id);
	now.cgroup_id = bpf_get_current_cgroup_id();
	now.cgroups = cgroups_of(task, typed, hierarchy);
	now.ppid = BPF_CORE_READ(task, real_parent, tgid);
	now.login_uid = login_uid_of(task, typed);
	now.generation = names_wanted;
	now.reserved = 0;
	fresh = !state->program;
	if (!at_exec && !fresh && state->exec_id == now.exec_id && state->cgroup_id == now.cgroup_id &&
	    (!hierarchy || state->cgroups == now.cgroups) &&
	    state->ppid == now.ppid && state->login_uid == now.login_uid && state->generation == now.generation) {
		*ret_said = true;
		return state->program;
	}
	/* What an exec itself asks after its point of no return comes before the hook on it, and is the new program's. */
	if (fresh && !at_exec)
		now.program = BPF_CORE_READ(task, group_leader, start_boottime);
	else if (fresh || state->exec_id != now.exec_id)
		now.program = bpf_ktime_get_boot_ns();
	else
		now.program = state->program;
	if (announce(now.program, (__u64)now.login_uid << 32 | now.ppid, at_exec ? PROGRAM_EXEC : 0)) {
		*state = now;
		*ret_said = true;
	}
	return now.program;
}

/*
 * The same for a check: most are of the thread whose check was the last one on this CPU. (An address may be used again;
 * but for a wrong answer this thread must meet all of them again, as others, without having been heard in between.)
 * Few pointers are read, and each once: one takes the verifier some 3 ms, for since 6.4 (6fcd486b3a0a) it looks for names
 * of its own among all types. And they are read before what depends on them is looked at more closely, so that what
 * changes in between is another next time.
 */
inlined __u64 program_now(struct recent *r, struct task_struct *task)
{
	const __u32 hierarchy = cgroup1_hierarchy;
	__u64 cgroup_id, cgroups, parent, program;
	bool said = false;

	if (!runs_alone)
		return program_of(task, true, false, &said);
	cgroup_id = bpf_get_current_cgroup_id();
	parent = (__u64)task->real_parent;
	barrier_var(parent);
	cgroups = cgroups_of(task, true, hierarchy);
	barrier_var(cgroups);
	if (r->program && r->task == (__u64)task && r->start == task->start_boottime &&
	    r->exec_id == task->self_exec_id && r->parent == parent && r->cgroup_id == cgroup_id &&
	    (!hierarchy || r->cgroups == cgroups) &&
	    r->login_uid == login_uid_of(task, true) && r->generation == names_wanted)
		return r->program;
	r->program = 0;
	r->task = (__u64)task;
	r->start = task->start_boottime;
	r->exec_id = task->self_exec_id;
	r->parent = parent;
	r->cgroup_id = cgroup_id;
	if (hierarchy)
		r->cgroups = cgroups;
	r->login_uid = login_uid_of(task, true);
	r->generation = names_wanted;
	program = program_of(task, true, false, &said);
	if (said)
		r->program = program;
	return program;
}
