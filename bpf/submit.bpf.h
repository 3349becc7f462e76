/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handing an event to the reader. A wake-up costs several times the event, so it is sent only to a reader that asked
 * for one: it arms before it sleeps, for the next event or, napping between two batches, for a fuller ring.
 */
#pragma once

#include "bpf/read.bpf.h"

inlined void submit(void *event)
{
	__u32 armed = ring_armed;
	__u64 flags = BPF_RB_NO_WAKEUP;

	if (armed == 1 || (armed == 2 && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= ring_wake_at)) {
		ring_armed = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(event, flags);
}
