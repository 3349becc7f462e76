/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks that wait in lsm_open for what the whole of security_capable answers, and their way out. */
#pragma once

#include "bpf/frames.bpf.h"
#include "bpf/submit.bpf.h"

/* Sends a check that waited for its LSM verdict; the flags are what is known of that. */
inlined void send_held(const struct lsm_pending *p, int ret, __u32 flags)
{
	struct event_check *e = reserve_check();

	if (!e) {
		tally(TALLY_RING_FULL);
		return;
	}
	__builtin_memcpy(e, &p->check, sizeof(*e));
	if (with_site)
		__builtin_memcpy(&((struct event_check_site *)e)->site, &p->site, sizeof(p->site));
	e->lsm_ret = ret;
	e->head.flags |= flags;
	submit(e);
	tally(TALLY_SENT);
}
