// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --lsm-verdict: what the whole of security_capable answered, of which cap_capable is the first part. Its entry opens
 * a place for the check that follows, its exit completes and sends that check.
 */
#include "bpf/check.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/* A check that still waits here is one whose exit was missed: it goes out without the verdict. */
inlined int lsm_enter(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct lsm_pending empty = {};
	struct lsm_pending *p;

	if (probe_now == PROBE_NONE || is_own())
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

/*
 * The entry and the check of this call may both have been missed, with an earlier call's check still waiting: where the
 * capability tells (cap is not negative), that one goes out without this answer.
 */
inlined int lsm_leave(int ret, int cap)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct lsm_pending *p;

	if (probe_now == PROBE_NONE)
		return 0;
	p = bpf_map_lookup_elem(&lsm_open, &key);
	if (!p)
		return 0;
	if (p->filled) {
		bool same = cap < 0 || (int)p->check.cap == cap;

		send_held(p, same ? ret : 0, same ? CHECK_LSM_KNOWN : 0);
	}
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
	return lsm_leave(ret, cap);
}

SEC("?kprobe/security_capable")
int BPF_KPROBE(lsm_kprobe)
{
	return lsm_enter();
}

SEC("?kretprobe/security_capable")
int BPF_KRETPROBE(lsm_kretprobe, int ret)
{
	return lsm_leave(ret, -1);
}
