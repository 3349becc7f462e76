// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --lsm-verdict: what the whole of security_capable answered, of which cap_capable is the first part. Its entry opens
 * a place for the check that follows, its exit completes and sends that check.
 */
#include "bpf/check.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/* Sends a check that waited; the flags are what is known of its LSM verdict. */
inlined void send_held(const struct lsm_pending *p, int ret, __u32 flags)
{
	struct event_check *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e) {
		tally(TALLY_RING_FULL);
		return;
	}
	__builtin_memcpy(e, &p->check, sizeof(*e));
	e->lsm_ret = ret;
	e->head.flags |= flags;
	submit(e);
	tally(TALLY_SENT);
}

/* A check that still waits here is one whose exit was missed: it goes out without the verdict. */
inlined int lsm_enter(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct lsm_pending empty = {};
	struct lsm_pending *p;

	if (is_own())
		return 0;
	p = bpf_map_lookup_elem(&lsm_open, &key);
	if (p && p->filled)
		send_held(p, 0, 0);
	if (p)
		p->filled = 0;
	else if (bpf_map_update_elem(&lsm_open, &key, &empty, BPF_ANY))
		tally(TALLY_LSM_FULL);
	return 0;
}

inlined int lsm_leave(int ret)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct lsm_pending *p = bpf_map_lookup_elem(&lsm_open, &key);

	if (!p)
		return 0;
	if (p->filled)
		send_held(p, ret, CHECK_LSM_KNOWN);
	bpf_map_delete_elem(&lsm_open, &key);
	return 0;
}

SEC("?fentry/security_capable")
int BPF_PROG(lsm_fentry)
{
	return lsm_enter();
}

SEC("?fexit/security_capable")
int BPF_PROG(lsm_fexit, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts, int ret)
{
	return lsm_leave(ret);
}

SEC("?kprobe/security_capable")
int BPF_KPROBE(lsm_kprobe)
{
	return lsm_enter();
}

SEC("?kretprobe/security_capable")
int BPF_KRETPROBE(lsm_kretprobe, int ret)
{
	return lsm_leave(ret);
}
