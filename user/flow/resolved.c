/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/resolved.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/capset.h"
#include "user/enrich/programs.h"
#include "user/enrich/workloads.h"
#include "user/flow/meant.h"
#include "user/flow/notes.h"
#include "user/flow/pending.h"
#include "user/host/cgroup.h"
#include "user/host/engineapi.h"
#include "user/host/self.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"

/* What the thread that looks at engines' files may do, beside what anybody may; and nobody else keeps that. */
#define LOOKING (1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH)

enum { LAST_ANSWERS_MS = 100 };

static void on_answer(void *ctx, const struct workload *was, struct workload *now)
{
	struct flow *f = ctx;
	const struct pending_item i = { .kind = PENDING_RESOLVED, .workload = now, .wall_ns = clock_ns(CLOCK_REALTIME) };

	programs_put_workload(f->programs, was, now);
	if (f->pending && !meant_enough(f))
		meant_waited(f, pending_resolved(f->pending, now, clock_ns(CLOCK_MONOTONIC)));
	if (f->config->sink->ops->resolved && !f->result->output_error)
		meant_offer(f, &i);
}

void resolved_take(struct flow *f)
{
	struct buf complaint = BUF_INIT;

	workloads_take(f->workloads, on_answer, f);
	workloads_complaint(f->workloads, &complaint);
	if (complaint.len)
		note(f, FLOW_WARNING, "a container's name may be missing: %s", buf_str(&complaint));
	buf_done(&complaint);
}

void resolved_expire(struct flow *f)
{
	if (f->pending && pending_waits(f->pending))
		meant_waited(f, pending_expire(f->pending, clock_ns(CLOCK_MONOTONIC)));
}

void resolved_settle(struct flow *f)
{
	const uint64_t until = clock_ns(CLOCK_MONOTONIC) + MEANT_PATIENCE_NS;
	struct pollfd p = { .fd = workloads_fd(f->workloads), .events = POLLIN };

	workloads_hurry(f->workloads);
	workloads_wait(f->workloads, LAST_ANSWERS_MS);
	resolved_take(f);
	while (f->pending && pending_waits(f->pending) && !meant_enough(f) && clock_ns(CLOCK_MONOTONIC) < until) {
		poll(&p, 1, LAST_ANSWERS_MS);
		resolved_take(f);
		resolved_expire(f);
	}
	while (f->pending && pending_any(f->pending) && !meant_enough(f))
		if (meant_waited(f, pending_end(f->pending, clock_ns(CLOCK_MONOTONIC))))
			break;
}

int resolved_open(struct flow *f)
{
	const char *path = f->config->kernel.engine_socket;
	struct buf why = BUF_INIT;
	int err = path ? engineapi_open(path, &f->engine, &why) : 0;

	if (err)
		note(f, FLOW_ERROR, "%s: %s", path, buf_str(&why));
	buf_done(&why);
	return err;
}

int resolved_start(struct flow *f)
{
	uint32_t hierarchy = cgroup_hierarchy(f->config->kernel.proc);
	int err;

	f->workloads = workloads_new(WORKLOADS_MAX, WORKLOADS_BYTES);
	if (!f->workloads)
		return -ENOMEM;
	f->looking = LOOKING & ~self_missing(LOOKING);
	workloads_use_api(f->workloads, f->engine);
	err = workloads_start(f->workloads, f->config->kernel.proc, hierarchy, capset_all(), LOOKING);
	if (err)
		note(f, FLOW_WARNING, "containers are not looked for: %s", strerror(-err));
	return 0;
}
