/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/source/attach.h"
#include "user/source/live.h"
#include "user/source/live_state.h"
#include "user/source/rungs.h"

int hooks_probe(struct live *l, const struct probe_rung *rung)
{
	struct rung_programs p = rungs_programs(l->skel, rung->probe);

	for (int i = 0; i < 2 && p.prog[i]; i++) {
		if (rung->probe == PROBE_TP)
			l->check_link[i] = attach_event(p.prog[i], l->facts.survey.event_id);
		else if (rung->probe == PROBE_FEXIT || rung->probe == PROBE_TP_BTF)
			l->check_link[i] = bpf_program__attach_trace(p.prog[i]);
		else
			l->check_link[i] = bpf_program__attach(p.prog[i]);
		if (!l->check_link[i])
			return -errno;
	}
	l->skel->bss->probe_ours = rung->probe;
	l->facts.rung = rung;
	return 0;
}

void hooks_report(struct live *l)
{
	live_set_count_time(l, clock_ns(CLOCK_MONOTONIC));
	__atomic_store_n(&l->skel->bss->probe_now, l->facts.rung->probe, __ATOMIC_SEQ_CST);
}

void hooks_detach(struct bpf_link *link[2])
{
	/* In the order of attaching, so that no entry is left without its return. */
	for (int i = 1; i >= 0; i--) {
		bpf_link__destroy(link[i]);
		link[i] = NULL;
	}
}

static int attach_other(struct live *l, struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach(prog);

	if (!link)
		return -errno;
	l->link[l->links++] = link;
	return 0;
}

static int attach_exec(struct live *l)
{
	struct bpf_program *newer = l->skel->progs.on_exec_newer;
	struct bpf_program *wanted = bpf_program__autoload(newer) ? newer : l->skel->progs.on_exec;
	int fd = l->exec_fd >= 0 ? l->exec_fd : bpf_program__fd(wanted);

	l->exec_link = bpf_raw_tracepoint_open(EXEC_EVENT, fd);
	return l->exec_link < 0 ? -errno : 0;
}

int hooks_lives(struct live *l)
{
	struct rung_programs lsm = rungs_lsm(l, l->facts.rung);
	int err = attach_exec(l);

	if (!err && rungs_follow(l))
		err = attach_other(l, l->skel->progs.on_fork);
	if (!err && rungs_free(l))
		err = attach_other(l, l->skel->progs.on_free);
	for (int i = 0; i < 2 && l->config.lsm_verdict && !err; i++)
		err = attach_other(l, lsm.prog[i]);
	return err;
}
