/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/shape.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/random.h>

#include "bpf/config.h"
#include "user/caps/site.h"
#include "user/caps/syscalls.h"
#include "user/host/cgroup.h"
#include "user/model/filter.h"
#include "user/source/gate.h"
#include "user/source/live_state.h"

void shape_map(struct bpf_map *map, size_t entries)
{
	bpf_map__set_max_entries(map, entries ? entries : 1);
}

uint32_t shape_count_max(const struct live *l)
{
	return l->config.count_max ?: COUNT_MAX;
}

bool shape_counts(const struct live *l)
{
	return l->config.count || l->config.silence;
}

/* Are sites counted, and of checks that are alike few unwound for that? */
static bool counts_few(const struct live *l)
{
	return l->config.count && l->config.sites && l->config.sites_of_few && l->config.site_way != SITE_WAY_VERIFY;
}

void shape_maps(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct capsieve_bpf *s = l->skel;
	bool storage = l->facts.survey.task_storage;

	bpf_map__set_max_entries(s->maps.ring, l->config.ring_bytes);
	shape_map(s->maps.gate_pids, f->pids.count);
	shape_map(s->maps.gate_uids, f->uids.count);
	shape_map(s->maps.gate_gids, f->gids.count);
	shape_map(s->maps.gate_comms, f->comms.count);
	shape_map(s->maps.gate_cgroups, f->cgroups.count);
	shape_map(s->maps.followed, f->trees.count || l->config.follow ? FOLLOW_MAX : 1);
	if (!l->config.lsm_verdict)
		shape_map(s->maps.lsm_open, 1);
	shape_map(s->maps.counts, shape_counts(l) ? shape_count_max(l) : 1);
	shape_map(s->maps.alikes, counts_few(l) ? ALIKES_MAX : 1);
	shape_map(s->maps.count_slots, shape_counts(l) ? (size_t)l->cpus * COUNT_BANKS : 1);
	if (storage)
		shape_map(s->maps.processes_hash, 1);
	bpf_map__set_autocreate(s->maps.silences, l->config.silence);
	bpf_map__set_autocreate(s->maps.outcomes, l->config.outcomes);
	bpf_map__set_autocreate(s->maps.outcome_marks, l->config.outcomes);
	bpf_map__set_autocreate(s->maps.open_frames, l->config.sites);
	bpf_map__set_autocreate(s->maps.processes, storage);
	bpf_map__set_autocreate(s->maps.threads, storage);
}

bool shape_counts_kinds(const struct live *l)
{
	return l->config.count || (l->config.silence && l->config.repeats && l->config.sites);
}

static enum run_plan silent_plan(const struct capsieve_bpf__rodata *c)
{
	return c->runs_alone && c->kernel_has_btf && !c->gate.any && !c->show_overcommit ? PLAN_SILENT : PLAN_OTHER;
}

void shape_constants(struct live *l)
{
	struct capsieve_bpf__rodata *c = l->skel->rodata;

	gate_compile(l->config.filter, l->config.follow, (struct gate_config *)&c->gate);
	/* Where its cgroup alone counts, and version 2 tells that, there is a table of these. */
	if (!(filter_keys(l->config.filter) & ~WHERE_OF_CGROUP) && !cgroup_hierarchy(l->config.proc))
		c->gate.who = 0;
	/* Without one nothing is known to be outside by a mark that somebody could aim at: nothing is lost by that either. */
	if (getrandom((void *)&c->gate.who_seed, sizeof(c->gate.who_seed), GRND_NONBLOCK) < 0)
		c->gate.who = 0;
	c->kernel_has_btf = l->facts.survey.kernel_btf;
	c->has_task_storage = l->facts.survey.task_storage;
	/* The guard against a second run on the same CPU is of the same release (5.12, ca06f55b9002). */
	c->runs_alone = l->facts.survey.task_storage && l->cpus <= CPUS_MAX && !l->config.lsm_verdict;
	/* It counts in a way that takes for granted what this says. */
	if (!c->runs_alone)
		((struct gate_config *)&c->gate)->first = GATE_FIRST_NONE;
	c->loose_task = l->casts ? l->facts.survey.task_id : 0;
	c->loose_cred = l->casts ? l->facts.survey.cred_id : 0;
	c->finds_tasks = l->casts && l->facts.survey.call_id[CALL_FIND_TASK - CALL_LOOSE] &&
			 l->facts.survey.call_id[CALL_PUT_TASK - CALL_LOOSE];
	c->opts_is_audit = l->facts.survey.opts_is_audit;
	c->show_overcommit = l->config.show_overcommit;
	c->counting = shape_counts_kinds(l);
	c->silencing = l->config.silence;
	c->join_lsm = l->config.lsm_verdict;
	c->join_outcome = l->config.outcomes;
	c->cgroup1_hierarchy = cgroup_hierarchy(l->config.proc);
	c->with_site = l->config.sites;
	c->with_args = l->config.args;
	c->site_way = l->config.site_way;
	c->unwinds_few = counts_few(l);
	c->loose_memory = l->casts && c->counting && c->with_site && probes_cast_memory(&l->facts.survey);
	c->ring_wake_at = l->config.ring_bytes / 4;
	if (c->runs_alone && c->kernel_has_btf && !c->gate.any && !c->show_overcommit && !c->join_outcome &&
	    !c->opts_is_audit && !c->with_site)
		c->run_plan = c->counting ? PLAN_COUNT : PLAN_SEND;
	if (c->silencing)
		c->run_plan = silent_plan(c);
	if (c->runs_alone && c->kernel_has_btf && c->counting && c->with_site && !c->gate.more && !c->silencing &&
	    c->site_way != SITE_WAY_VERIFY)
		c->run_plan = PLAN_SITES;
}

static void put_telling(struct syscalls *t, enum syscall_abi abi, __u8 *table)
{
	int high, low;
	bool ids;

	for (unsigned nr = 0; nr < ARGS_CALLS; nr++) {
		const char *name = syscalls_name(t, abi, nr);

		if (name && site_telling(name, &high, &low, &ids))
			table[nr] = CALL_ARGS(high + 1, low + 1) | (ids ? ARGS_IDS : 0);
	}
}

int shape_telling(struct live *l)
{
	struct call_args *args = (struct call_args *)&l->skel->rodata->call_args;
	const struct syscalls_machine *machine;
	struct syscalls *t;

	if (!l->config.sites)
		return 0;
	t = syscalls_new();
	if (!t)
		return -ENOMEM;
	machine = syscalls_machine(t);
	put_telling(t, machine->own, args->own);
	if (machine->own == SYSCALL_ABI_X86_64)
		put_telling(t, SYSCALL_ABI_X32, args->own);
	put_telling(t, machine->of_32, args->of_32);
	syscalls_free(t);
	return 0;
}
