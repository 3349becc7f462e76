// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All tasks of the machine and their credentials, in one go: also securebits, which procfs has of nobody. */
#include "vmlinux/vmlinux.h"

#include "bpf/event.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { NO_NEW_PRIVS = 0 };	/* PFA_NO_NEW_PRIVS: the bit of atomic_flags */

/* A capability set is eight bytes on every kernel, whatever its type looks like. */
static __always_inline __u64 set_at(const void *at)
{
	__u64 set = 0;

	bpf_probe_read_kernel(&set, sizeof(set), at);
	return set;
}

#define SET(cred, set) set_at((const char *)(cred) + bpf_core_field_offset(struct cred, set))

static __always_inline void take_ids(struct event_creds *e, const struct cred *cred)
{
	e->uid = BPF_CORE_READ(cred, uid.val);
	e->euid = BPF_CORE_READ(cred, euid.val);
	e->suid = BPF_CORE_READ(cred, suid.val);
	e->gid = BPF_CORE_READ(cred, gid.val);
	e->egid = BPF_CORE_READ(cred, egid.val);
	e->sgid = BPF_CORE_READ(cred, sgid.val);
	e->securebits = BPF_CORE_READ(cred, securebits);
	e->userns = BPF_CORE_READ(cred, user_ns, ns.inum);
}

static __always_inline void take_sets(struct event_creds *e, const struct cred *cred)
{
	e->effective = SET(cred, cap_effective);
	e->permitted = SET(cred, cap_permitted);
	e->inheritable = SET(cred, cap_inheritable);
	e->bounding = SET(cred, cap_bset);
	e->ambient = SET(cred, cap_ambient);
}

SEC("?iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct event_task e = {};
	const struct cred *cred;

	if (!task)
		return 0;
	cred = BPF_CORE_READ(task, real_cred);
	e.tgid = BPF_CORE_READ(task, tgid);
	e.tid = BPF_CORE_READ(task, pid);
	e.creds.no_new_privs = BPF_CORE_READ(task, atomic_flags) >> NO_NEW_PRIVS & 1;
	take_ids(&e.creds, cred);
	take_sets(&e.creds, cred);
	bpf_seq_write(seq, &e, sizeof(e));
	return 0;
}
