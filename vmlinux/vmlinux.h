/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that capsieve touches, and of them only the fields that it reads, trimmed by hand. Offsets come
 * from the running kernel's BTF (preserve_access_index), so order and completeness do not matter, names and kinds do.
 * A shape that changed between kernels has a flavour, struct x___flavour, with the commit that changed it.
 *
 * One header serves x86-64 and arm64; what differs (saved registers, thread_info) has a flavour for each.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false = 0, true = 1 };

/* UAPI numbers, the same on every kernel that has the thing. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_F_NO_PREALLOC = 1 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Asked whether a helper exists: bpf_core_enum_value_exists. */
enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,	/* 5.11, 3ca1032ab7ab */
	BPF_FUNC_task_pt_regs = 175,		/* 5.15, dd6e10fbd9fb */
	BPF_FUNC_cgrp_storage_get = 210,	/* 6.2, c4bcfb38a95e */
};

typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;
typedef struct {
	int counter;
} atomic_t;

/* A u64 since 6.3 (f122a08b197d), an array of two u32 before: always read as eight bytes from its start. */
typedef struct kernel_cap_struct {
	__u64 val;
} kernel_cap_t;

struct ns_common {
	unsigned int inum;
};

struct uid_gid_extent {
	unsigned int first;
	unsigned int lower_first;
	unsigned int count;
};

struct uid_gid_map {
	unsigned int nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	struct user_namespace *parent;
	int level;
	kuid_t owner;
	struct ns_common ns;
};

struct group_info {
	int ngroups;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_bset;
	kernel_cap_t cap_ambient;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
};

struct kernfs_node {
	const char *name;
	struct kernfs_node *parent;
	__u64 id;
};

/* parent became __parent in 6.15 (633488947ef6). */
struct kernfs_node___rcu_parent {
	struct kernfs_node *__parent;
};

struct list_head {
	struct list_head *next;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
	struct list_head cgrp_links;
};

/* One for each hierarchy that a css_set is in. */
struct cgrp_cset_link {
	struct cgroup *cgrp;
	struct list_head cgrp_link;
};

struct pid_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct thread_info {
	unsigned long flags;
};

/* x86 keeps TS_COMPAT here. */
struct thread_info___x86 {
	__u32 status;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int pid;
	int tgid;
	__u64 start_boottime;
	__u64 self_exec_id;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *real_cred;
	const struct cred *cred;
	char comm[16];
	struct mm_struct *mm;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	kuid_t loginuid;
	unsigned long atomic_flags;
	int exit_code;
	struct signal_struct *signal;
};

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
};

struct linux_binprm {
	const char *filename;
	const char *interp;
};

/* Saved registers: named as bpf_tracing.h expects them of a kernel header. */
struct pt_regs {
	unsigned long bx;
	unsigned long r10;
	unsigned long r8;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long bp;
	unsigned long ax;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long sp;
};

struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

/* Not called ___arm64, as bpf_tracing.h has one of that name for other fields. */
struct pt_regs___saved {
	__u64 pc;
	__s32 syscallno;
};

/* Events of the classic tracepoint capability:cap_capable (6.14, d48da4d5ed7b): the layout of its format file. */
struct trace_entry {
	unsigned short type;
};

struct trace_event_raw_cap_capable {
	struct trace_entry ent;
	const struct cred *cred;
	struct user_namespace *target_ns;
	const struct user_namespace *capable_ns;
	int cap;
	int ret;
};

/* What the iterator of tasks is called with (5.8, eaaacd23910f). */
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* A context and not a kernel object: its layout is UAPI and is never relocated. */
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#endif
