/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/rungs.h"

#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "user/model/filter.h"
#include "user/source/derived.h"
#include "user/source/live_state.h"

static struct bpf_program *fexit_of(struct capsieve_bpf *s)
{
	switch (s->rodata->run_plan) {
	case PLAN_SEND:
		return s->progs.fexit_send;
	case PLAN_COUNT:
		return s->progs.fexit_count;
	case PLAN_SILENT:
		return s->progs.fexit_silent;
	case PLAN_SITES:
		return s->progs.fexit_sites;
	default:
		/* Task storage came after typed tasks, which are what the other one cannot do without. */
		return s->rodata->has_task_storage ? s->progs.fexit_check : s->progs.fexit_bare;
	}
}

static bool only_sends(const struct capsieve_bpf__rodata *c)
{
	return !c->counting && !c->silencing && !c->join_lsm && !c->join_outcome && !c->with_site;
}

static struct bpf_program *tp_btf_of(struct capsieve_bpf *s)
{
	if (s->rodata->run_plan == PLAN_OTHER && only_sends(s->rodata))
		return s->rodata->gate.more ? s->progs.tp_btf_more : s->progs.tp_btf_only;
	switch (s->rodata->run_plan) {
	case PLAN_SEND:
		return s->progs.tp_btf_send;
	case PLAN_COUNT:
		return s->progs.tp_btf_count;
	case PLAN_SILENT:
		return s->progs.tp_btf_silent;
	case PLAN_SITES:
		return s->progs.tp_btf_sites;
	default:
		return s->progs.tp_btf_check;
	}
}

/* The quicker pairs do not keep call stacks, or only of what is not at hand. */
static struct rung_programs kprobes_of(struct capsieve_bpf *s)
{
	if (s->rodata->run_plan == PLAN_SILENT)
		return (struct rung_programs){ { s->progs.kprobe_close_silent, s->progs.kprobe_open_silent } };
	if (!s->rodata->has_task_storage || s->rodata->with_site)
		return (struct rung_programs){ { s->progs.kprobe_return, s->progs.kprobe_enter } };
	switch (s->rodata->run_plan) {
	case PLAN_SEND:
		return (struct rung_programs){ { s->progs.kprobe_close_send, s->progs.kprobe_open } };
	case PLAN_COUNT:
		return (struct rung_programs){ { s->progs.kprobe_close_count, s->progs.kprobe_open } };
	default:
		return (struct rung_programs){ { s->progs.kprobe_close, s->progs.kprobe_open } };
	}
}

struct rung_programs rungs_programs(struct capsieve_bpf *s, enum event_probe probe)
{
	switch (probe) {
	case PROBE_FEXIT:
		return (struct rung_programs){ { fexit_of(s) } };
	case PROBE_TP_BTF:
		return (struct rung_programs){ { tp_btf_of(s) } };
	case PROBE_TP:
		return (struct rung_programs){ { s->progs.tp_check } };
	case PROBE_KPROBE:
		return kprobes_of(s);
	default:
		return (struct rung_programs){ { NULL } };
	}
}

const struct probe_rung *rungs_standby(const struct live *l, const struct probe_rung *rung)
{
	if (l->config.attach != PROBE_NONE || !rung->guarded || !l->preempts)
		return NULL;
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (!probes_ladder[i].guarded && l->facts.survey.fact[i].usable)
			return &probes_ladder[i];
	return NULL;
}

struct rung_programs rungs_lsm(struct live *l, const struct probe_rung *rung)
{
	struct capsieve_bpf *s = l->skel;
	bool kprobes = rung->probe == PROBE_KPROBE && probes_fact(&l->facts.survey, PROBE_KPROBE)->usable;

	if (l->facts.survey.security_exit && !kprobes)
		return (struct rung_programs){ { s->progs.lsm_fexit, s->progs.lsm_fentry } };
	return (struct rung_programs){ { s->progs.lsm_kretprobe, s->progs.lsm_kprobe } };
}

/*
 * What hears beside a probe what the compiler inlined. Where the kernel has the tracepoint, which is inlined as well,
 * nobody needs it but who insists on another probe.
 */
static void want_derived(const struct live *l, enum event_probe probe)
{
	if (!l->facts.survey.tracepoint_id || l->config.attach != PROBE_NONE)
		derived_want(l->skel->obj, &l->facts.survey, probe, l->config.filter->caps, l->config.show_overcommit);
}

static void want(struct rung_programs p)
{
	for (int i = 0; i < 2; i++)
		if (p.prog[i])
			bpf_program__set_autoload(p.prog[i], true);
}

bool rungs_follow(const struct live *l)
{
	return l->config.follow || l->config.filter->trees.count;
}

bool rungs_free(const struct live *l)
{
	return rungs_follow(l) || l->config.lsm_verdict;
}

void rungs_want(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby)
{
	struct capsieve_bpf *s = l->skel;

	want(rungs_programs(s, rung->probe));
	want_derived(l, rung->probe);
	if (standby)
		want(rungs_programs(s, standby->probe));
	if (l->config.lsm_verdict)
		want(rungs_lsm(l, rung));
	bpf_program__set_autoload(s->progs.own_id, true);
	bpf_program__set_autoload(rung->probe == PROBE_TP_BTF ? s->progs.on_exec_newer : s->progs.on_exec, true);
	bpf_program__set_autoload(s->progs.on_fork, rungs_follow(l));
	bpf_program__set_autoload(s->progs.on_free, rungs_free(l));
}
