/* SPDX-License-Identifier: BSD-2-Clause */
/* Which privileges are still needed after attaching: found out by a thread that gives up its own, and tries. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"

struct needs {
	bool events;	/* with CAP_PERFMON alone the events of the probe in reserve can be opened */
	bool maps;	/* with none at all, maps that are open answer */
};

/*
 * Can perf events of PROBE_TP (whose event_id is told) or PROBE_KPROBE be opened now, by this thread? Some distributions want
 * CAP_SYS_ADMIN where others want CAP_PERFMON: Debian above 2 in kernel.perf_event_paranoid.
 */
bool needs_events(enum event_probe probe, uint64_t event_id);

/* standby: PROBE_NONE or PROBE_TP (whose event_id is told) or PROBE_KPROBE; map: any hash of ids, open. */
void needs_ask(enum event_probe standby, uint64_t event_id, int map, struct needs *ret);
