/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bpf/config.h"
#include "bpf/pattern.h"
#include "capsieve.skel.h"
#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/site.h"
#include "user/caps/syscalls.h"
#include "user/host/cgroup.h"
#include "user/host/fdinfo.h"
#include "user/host/features.h"
#include "user/host/proc.h"
#include "user/host/kconfig.h"
#include "user/host/preempt.h"
#include "user/host/self.h"
#include "user/model/filter.h"
#include "user/model/record.h"
#include "user/source/aside.h"
#include "user/source/attach.h"
#include "user/source/backlog.h"
#include "user/source/counts.h"
#include "user/source/derived.h"
#include "user/source/fit.h"
#include "user/source/freecalls.h"
#include "user/source/gate.h"
#include "user/source/ladder.h"
#include "user/source/lives.h"
#include "user/source/needs.h"
#include "user/source/outcomes.h"
#include "user/source/sending.h"
#include "user/source/steps.h"
#include "user/source/survey.h"
#include "user/source/tallies.h"
#include "user/source/typed.h"

enum {
	LINKS_MAX = 8,
	SAMPLE_QUIET = 8,	/* looks at a sample that nobody took until another CPU may */
	RING_FILLING = 4,	/* where more than this part of it is in use, the ring is emptied before anything is looked at */
};
#define EXEC_EVENT "sched_process_exec"

struct live {
	struct live_config config;
	struct live_facts facts;
	struct capsieve_bpf *skel;
	struct ring_buffer *ring;
	struct outcomes *outcome;		/* NULL: not wanted, or not to be had */
	struct lives *lives;			/* NULL: not wanted */
	struct bpf_link *check_link[2];		/* of the probe that reports */
	struct derived derived;			/* what hears beside it */
	struct bpf_link *link[LINKS_MAX];	/* everything else */
	int links;
	uint64_t unwound;			/* of TALLY_UNWOUND, at the last look */
	uint64_t leftovers;			/* checks that live_leftovers gave */
	struct counts counts;
	struct steps *steps;			/* NULL: no sites are counted, or none are read */
	unsigned int sample_quiet[SAMPLES], sample_cpu;
	struct tallies tallies;
	int cpus;
	live_event_fn fn;			/* NULL: what is read waits in .backlog */
	void *fn_ctx;
	struct backlog backlog;
	const uint64_t *consumed, *produced;	/* a page each: bytes of the ring; NULL: not to be had */
	struct buf *why;			/* while opening */
	struct typed_hooks typed;		/* while a skeleton is open and not loaded */
	struct aside exec;			/* on_exec, likewise */
	int exec_fd, exec_link;			/* on_exec, where it was loaded aside, and its link; -1: none */
	struct fit fit;				/* the programs, fitted; none: libbpf does that */
	bool sending;				/* .fit is that of user/source/sending.h */
	pthread_t maker;			/* of the dear maps, while .making */
	bool making;
	uint32_t followed_else;			/* who was followed before anybody was adopted */
	int ring_map, followed_map, bss_map;	/* -1: libbpf makes it */
	bool casts;				/* programs may make pointers loose */
	bool preempts;				/* one task may interrupt another inside the kernel */
	int refused;			/* negative errno: our caller's words, no probe would help */
};

/* The programs of each rung, in the order in which they are attached. */
struct rung_programs {
	struct bpf_program *prog[2];
};

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

static struct rung_programs programs_of(struct capsieve_bpf *s, enum event_probe probe)
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

/* libbpf's print function has no context, so the listener of the run that loads is kept here for its duration. */
static __thread const struct live_config *listener;

/*
 * Warnings, and the verifier's log, line by line; never the relocations that it tells of at its debug level, nor that the
 * lines are missing which user/source/fit.c took away.
 */
__attribute__((format(printf, 2, 0))) static int on_libbpf(enum libbpf_print_level level, const char *format,
							    va_list args)
{
	char *text, *line, *rest;

	if (level == LIBBPF_DEBUG || !listener || !listener->debug || strstr(format, "line info") ||
	    vasprintf(&text, format, args) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		listener->debug(listener->debug_ctx, line);
	free(text);
	return 0;
}

static const struct probe_fact *fact_of(const struct survey *s, enum event_probe probe)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (s->fact[i].probe == probe)
			return &s->fact[i];
	return NULL;
}

/* Can one task interrupt another inside the kernel? Where that is not known, yes. */
static bool preemptible(const char *proc)
{
	const unsigned int models = 1U << KCONFIG_PREEMPT_NONE | 1U << KCONFIG_PREEMPT_VOLUNTARY |
				    1U << KCONFIG_PREEMPT | 1U << KCONFIG_PREEMPT_LAZY;
	struct feature_word model = {};
	struct kconfig config;
	struct utsname u;

	if (uname(&u))
		return true;
	kconfig_read(proc, "/boot", u.release, models, &config);
	preempt_read(proc, "/sys", u.version, &config, &model);
	return !model.word || strcmp(model.word, "none");
}

/*
 * The probe to change to where `rung` begins to miss: the first usable one that is not guarded. To load it costs as much
 * as the first one did, so not where no task can be preempted inside a program.
 */
static const struct probe_rung *standby_for(const struct live *l, const struct probe_rung *rung)
{
	if (l->config.attach != PROBE_NONE || !rung->guarded || !l->preempts)
		return NULL;
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (!probes_ladder[i].guarded && l->facts.survey.fact[i].usable)
			return &probes_ladder[i];
	return NULL;
}

static void size_map(struct bpf_map *map, size_t entries)
{
	bpf_map__set_max_entries(map, entries ? entries : 1);
}

static uint32_t count_max(const struct live *l)
{
	return l->config.count_max ?: COUNT_MAX;
}

/* Is anything counted in the kernel? */
static bool counts(const struct live *l)
{
	return l->config.count || l->config.silence;
}

/* Are sites counted, and of checks that are alike few unwound for that? */
static bool counts_few(const struct live *l)
{
	return l->config.count && l->config.sites && l->config.sites_of_few && l->config.site_way != SITE_WAY_VERIFY;
}

/* A map that this run does not use takes the room of one entry, or is not made at all. */
static void size_maps(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct capsieve_bpf *s = l->skel;
	bool storage = l->facts.survey.task_storage;

	bpf_map__set_max_entries(s->maps.ring, l->config.ring_bytes);
	size_map(s->maps.gate_pids, f->pids.count);
	size_map(s->maps.gate_uids, f->uids.count);
	size_map(s->maps.gate_gids, f->gids.count);
	size_map(s->maps.gate_comms, f->comms.count);
	size_map(s->maps.gate_cgroups, f->cgroups.count);
	size_map(s->maps.followed, f->trees.count || l->config.follow ? FOLLOW_MAX : 1);
	if (!l->config.lsm_verdict)
		size_map(s->maps.lsm_open, 1);
	size_map(s->maps.counts, counts(l) ? count_max(l) : 1);
	size_map(s->maps.alikes, counts_few(l) ? ALIKES_MAX : 1);
	size_map(s->maps.count_slots, counts(l) ? (size_t)l->cpus * COUNT_BANKS : 1);
	if (storage)
		size_map(s->maps.processes_hash, 1);
	bpf_map__set_autocreate(s->maps.silences, l->config.silence);
	bpf_map__set_autocreate(s->maps.outcomes, l->config.outcomes);
	bpf_map__set_autocreate(s->maps.outcome_marks, l->config.outcomes);
	bpf_map__set_autocreate(s->maps.open_frames, l->config.sites);
	bpf_map__set_autocreate(s->maps.processes, storage);
	bpf_map__set_autocreate(s->maps.threads, storage);
}

/* Only the first of a kind is an event: also of what rules are not silent about, where sites tell one kind from another. */
static bool counts_kinds(const struct live *l)
{
	return l->config.count || (l->config.silence && l->config.repeats && l->config.sites);
}

static enum run_plan silent_plan(const struct capsieve_bpf__rodata *c)
{
	return c->runs_alone && c->kernel_has_btf && !c->gate.any && !c->show_overcommit ? PLAN_SILENT : PLAN_OTHER;
}

static void set_constants(struct live *l)
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
	c->counting = counts_kinds(l);
	c->silencing = l->config.silence;
	c->join_lsm = l->config.lsm_verdict;
	c->join_outcome = l->config.outcomes;
	c->cgroup1_hierarchy = cgroup_hierarchy(l->config.proc);
	c->with_site = l->config.sites;
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

/*
 * The pair of programs on security_capable; fexit where it works, for it is the cheaper one, but not beside kprobes: those
 * were chosen because nothing interrupts them.
 */
static struct rung_programs lsm_programs(struct live *l, const struct probe_rung *rung)
{
	struct capsieve_bpf *s = l->skel;
	bool kprobes = rung->probe == PROBE_KPROBE && fact_of(&l->facts.survey, PROBE_KPROBE)->usable;

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

static bool follows(const struct live *l)
{
	return l->config.follow || l->config.filter->trees.count;
}

/* Does anything have to be forgotten with its task? */
static bool frees(const struct live *l)
{
	return follows(l) || l->config.lsm_verdict;
}

/* Marks what this run needs; everything else stays out of the kernel. */
static void want_programs(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby)
{
	struct capsieve_bpf *s = l->skel;

	want(programs_of(s, rung->probe));
	want_derived(l, rung->probe);
	if (standby)
		want(programs_of(s, standby->probe));
	if (l->config.lsm_verdict)
		want(lsm_programs(l, rung));
	bpf_program__set_autoload(s->progs.own_id, true);
	bpf_program__set_autoload(s->progs.on_exec, true);
	bpf_program__set_autoload(s->progs.on_fork, follows(l));
	bpf_program__set_autoload(s->progs.on_free, frees(l));
}

/* What the skeleton's own function does, of the copy that was fitted. */
static struct capsieve_bpf *open_fitted(struct fit *fit, bool sending)
{
	struct capsieve_bpf *s = calloc(1, sizeof(*s));
	int err = s ? capsieve_bpf__create_skeleton(s) : -ENOMEM;

	if (!err && sending)
		err = sending_narrow(s->skeleton);
	if (!err) {
		s->skeleton->data = fit->elf;
		s->skeleton->data_sz = fit->size;
		err = bpf_object__open_skeleton(s->skeleton, NULL);
	}
	if (!err)
		return s;
	capsieve_bpf__destroy(s);
	errno = -err;
	return NULL;
}

static void untell(struct live *l)
{
	aside_done(&l->exec);
	typed_untell(&l->typed);
}

static bool is_for_sending(const struct live *l, const struct probe_rung *rung)
{
	const struct live_config *c = &l->config;

	return rung && rung->probe == PROBE_TP_BTF && !standby_for(l, rung) && c->attach == PROBE_NONE && !c->count &&
	       !c->lsm_verdict && !c->outcomes && !c->sites;
}

static int copy_programs(struct live *l)
{
	size_t size;
	const void *elf;

	if (l->sending)
		return sending_copy(&l->fit);
	elf = capsieve_bpf__elf_bytes(&size);
	return fit_copy(&l->fit, elf, size);
}

/* Another probe than the first one wants what is not among the few. */
static int fit_again(struct live *l)
{
	int err;

	fit_done(&l->fit);
	l->sending = false;
	err = copy_programs(l);
	if (!err && survey_fit(l->config.btf, &l->fit))
		fit_done(&l->fit);
	return err;
}

static int open_skeleton(struct live *l, const struct probe_rung *rung)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = l->config.btf);
	int err = l->sending && !is_for_sending(l, rung) ? fit_again(l) : 0;

	if (err)
		return err;
	typed_tell(&l->typed);
	aside_tell(&l->exec, "raw_tp/" EXEC_EVENT, BPF_PROG_TYPE_RAW_TRACEPOINT);
	l->skel = l->fit.elf ? open_fitted(&l->fit, l->sending) : capsieve_bpf__open_opts(&opts);
	if (l->skel)
		return 0;
	err = -errno;
	untell(l);
	return err;
}

static int on_event(void *ctx, void *data, size_t size)
{
	struct live *l = ctx;

	int err;

	if (l->fn)
		return l->fn(l->fn_ctx, data, size);
	/* What it answers to with an error is taken from the ring all the same. */
	err = backlog_put(&l->backlog, data, size);
	return err ?: backlog_is_full(&l->backlog) ? -EAGAIN : 0;
}

/* Where they could not be made, libbpf tries it too, and says why. */
static void *make_maps(void *arg)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	struct live *l = arg;

	l->ring_map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, (__u32)l->config.ring_bytes, NULL);
	if (l->ring_map >= 0)
		l->ring = ring_buffer__new(l->ring_map, on_event, l, NULL);
	if (follows(l))
		l->followed_map = bpf_map_create(BPF_MAP_TYPE_HASH, "followed", sizeof(__u32), sizeof(struct follow),
						 FOLLOW_MAX, NULL);
	l->bss_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "capsieve.bss", sizeof(__u32), sizeof(struct capsieve_bpf__bss), 1,
				    &mapped);
	return NULL;
}

/*
 * The ring's pages are the dearest of all: they are cleared and mapped while the kernel's types are read. Of its globals, which
 * are nothing but zeros, libbpf would give the kernel each page to copy.
 */
static void begin_maps(struct live *l)
{
	l->making = !pthread_create(&l->maker, NULL, make_maps, l);
}

static void await_maps(struct live *l)
{
	if (l->making)
		pthread_join(l->maker, NULL);
	l->making = false;
}

static void use_maps(struct live *l)
{
	await_maps(l);
	if (l->ring_map >= 0)
		bpf_map__reuse_fd(l->skel->maps.ring, l->ring_map);
	if (l->followed_map >= 0)
		bpf_map__reuse_fd(l->skel->maps.followed, l->followed_map);
	/* Of the next attempt they begin as zeros, too. */
	if (l->bss_map >= 0) {
		bpf_map__reuse_fd(l->skel->maps.bss, l->bss_map);
		close(l->bss_map);
		l->bss_map = -1;
	}
}

static void close_skeleton(struct live *l)
{
	untell(l);
	capsieve_bpf__destroy(l->skel);
	l->skel = NULL;
}

static void close_loaded(struct live *l)
{
	if (l->exec_link >= 0)
		close(l->exec_link);
	if (l->exec_fd >= 0)
		close(l->exec_fd);
	l->exec_link = l->exec_fd = -1;
	close_skeleton(l);
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

/* Two checks that mean something else are no two of a kind; and which calls set ids. */
static int set_telling(struct live *l)
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

/* Can the site of what this probe counts be read from the stack, at distances that are learned? */
static bool reads_sites(const struct live *l, const struct probe_rung *rung)
{
#if defined(__x86_64__)
	return rung->probe != PROBE_KPROBE && l->facts.survey.task_storage && l->cpus <= CPUS_MAX;
#else
	(void)l;
	(void)rung;
	return false;
#endif
}

static int load_once(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby)
{
	int err = l->skel ? 0 : open_skeleton(l, rung);

	if (err)
		return err;
	l->facts.sites_read = reads_sites(l, rung) && l->config.site_way != SITE_WAY_UNWIND;
	typed_number(&l->typed, &l->facts.survey, l->casts);
	size_maps(l);
	use_maps(l);
	set_constants(l);
	err = set_telling(l);
	if (err)
		return err;
	want_programs(l, rung, standby);
	if (rung->probe != PROBE_KPROBE && !(standby && standby->probe == PROBE_KPROBE))
		size_map(l->skel->maps.threads_hash, 1);
	err = capsieve_bpf__load(l->skel);
	l->exec_fd = aside_await(&l->exec);
	if (!err && l->exec_fd < 0 && l->exec_fd != -ENOENT)
		err = l->exec_fd;
	if (err)
		close_loaded(l);
	else
		untell(l);
	return err;
}

/* Where what went aside is refused, libbpf does all, and says why. */
static int load(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby)
{
	int err = load_once(l, rung, standby);

	if (!err || l->exec.off)
		return err;
	l->exec.off = true;
	return load_once(l, rung, standby);
}

static int attach_probe(struct live *l, const struct probe_rung *rung)
{
	struct rung_programs p = programs_of(l->skel, rung->probe);

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

/* From now on the probe that was attached and tried last reports what it hears. */
static void report(struct live *l)
{
	live_set_count_time(l, clock_ns(CLOCK_MONOTONIC));
	__atomic_store_n(&l->skel->bss->probe_now, l->facts.rung->probe, __ATOMIC_SEQ_CST);
}

static void detach_probe(struct bpf_link *link[2])
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
	int fd = l->exec_fd >= 0 ? l->exec_fd : bpf_program__fd(l->skel->progs.on_exec);

	l->exec_link = bpf_raw_tracepoint_open(EXEC_EVENT, fd);
	return l->exec_link < 0 ? -errno : 0;
}

/* What tells of tasks' lives, before anything that speaks of tasks. */
static int attach_lives(struct live *l)
{
	struct rung_programs lsm = lsm_programs(l, l->facts.rung);
	int err = attach_exec(l);

	if (!err && follows(l))
		err = attach_other(l, l->skel->progs.on_fork);
	if (!err && frees(l))
		err = attach_other(l, l->skel->progs.on_free);
	for (int i = 0; i < 2 && l->config.lsm_verdict && !err; i++)
		err = attach_other(l, lsm.prog[i]);
	return err;
}

/* Runs own_id in our own context: the only way to learn our id in the initial pid namespace from inside another. */
static int learn_own_id(struct live *l)
{
	__u64 args[2] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	return bpf_prog_test_run_opts(bpf_program__fd(l->skel->progs.own_id), &opts);
}

/* Never unmarked, not even for a moment, is whom the filter wants. */
static void mark_again(const struct filter_ids *ids, struct id_marks *marks)
{
	struct id_marks now = {};

	gate_mark(ids, &now);
	memcpy(marks, &now, sizeof(now));
}

static void mark_users(struct live *l)
{
	mark_again(&l->config.filter->uids, &l->skel->bss->uid_marks);
	mark_again(&l->config.filter->gids, &l->skel->bss->gid_marks);
}

/* A first filter by user or group refuses us like anybody: while a trial is to be heard nobody is refused by it. */
static void let_us_pass(struct live *l)
{
	const __u8 first = l->skel->rodata->gate.first;

	if (first == GATE_FIRST_UIDS)
		memset(&l->skel->bss->uid_marks, 1, sizeof(l->skel->bss->uid_marks));
	else if (first == GATE_FIRST_GIDS)
		memset(&l->skel->bss->gid_marks, 1, sizeof(l->skel->bss->gid_marks));
}

static void mark_ids(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct capsieve_bpf__bss *b = l->skel->bss;

	gate_mark(&f->pids, &b->pid_marks);
	mark_users(l);
	freecalls_mark(&b->free_calls);
	for (int cap = 0; cap < CAP_MARKS; cap++)
		b->cap_marks.at[cap] = f->caps >> cap & 1;
	b->pid_marks.at[b->own_tgid % ID_MARKS] = 1;
	b->follow_count[b->own_tgid % FOLLOW_COUNTS] = 1;
}

/* Before a probe is attached, or what a ! leaves out would pass until then. */
static int fill_gate(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct gate_maps maps = {
		.pids = bpf_map__fd(l->skel->maps.gate_pids),
		.uids = bpf_map__fd(l->skel->maps.gate_uids),
		.gids = bpf_map__fd(l->skel->maps.gate_gids),
		.comms = bpf_map__fd(l->skel->maps.gate_comms),
		.cgroups = bpf_map__fd(l->skel->maps.gate_cgroups),
	};
	int err = 0;

	/* Every probe sees the initial pid namespace's numbers, and nobody can translate into them from below. */
	if ((f->pids.count || f->trees.count) && proc_self(l->config.proc) != (pid_t)l->skel->bss->own_tgid) {
		buf_puts(l->why, "-p and --tree: the process ids of this pid namespace are not the host's: start "
				 "capsieve on the host, or give the host's with --proc DIR");
		err = -EINVAL;
	}
	mark_ids(l);
	err = err ?: gate_fill(f, &maps, l->why);
	l->refused = err;
	return err;
}

static struct trial_shared trial_shared(struct live *l)
{
	return (struct trial_shared){
		.act = &l->skel->bss->trial_now,
		.cap = &l->skel->data->trial_cap,
		.learned = l->skel->bss->learned,
	};
}

static void read_settings(struct live *l)
{
	struct feature_number lowest;

	features_sysctl(l->config.proc, SYSCTL_MMAP_MIN_ADDR, &lowest);
	__atomic_store_n(&l->skel->bss->mmap_min_addr, lowest.known ? (__u64)lowest.value : 0, __ATOMIC_RELAXED);
}

static void run_trial(struct live *l)
{
	struct trial_shared shared = trial_shared(l);

	let_us_pass(l);
	trial_run(&shared, l->preempts || l->config.thorough, &l->facts.trial);
	mark_users(l);
	l->skel->bss->sites[l->facts.rung->probe] = l->facts.trial.place;
}

/* What the probe does not hear is heard beside it, and goes on to be where another one takes its place. */
static void derive(struct live *l)
{
	struct trial_shared shared = trial_shared(l);

	read_settings(l);
	derived_attach(&l->derived, l->skel->obj, &l->facts.survey, l->facts.rung->probe, &l->facts.trial, &shared,
		       l->facts.derived);
}

/* After something on the hook came or went. The site's address is the same for good; only the way to it changes. */
static void learn_again(struct live *l)
{
	struct trial_shared shared = trial_shared(l);
	struct site_place place;

	let_us_pass(l);
	trial_learn(&shared, &place);
	mark_users(l);
	if (place.overcommit == l->skel->bss->sites[l->facts.rung->probe].overcommit)
		l->skel->bss->sites[l->facts.rung->probe] = place;
}

/* A file of types is somebody's word: do they show us as we are? */
static int check_types(struct live *l)
{
	const struct trial *t = &l->facts.trial;

	if (!l->config.btf || (t->heard[TRIAL_PLAIN] && !t->misfit))
		return 0;
	buf_printf(l->why, "--btf '%s': the types of another kernel: with them %s", l->config.btf,
		   t->misfit ? "capsieve does not find itself" : "nothing is heard");
	l->refused = -EINVAL;
	return l->refused;
}

/* Everything that one attempt left behind. */
static void unload(struct live *l)
{
	detach_probe(l->check_link);
	derived_detach(&l->derived);
	while (l->links > 0)
		bpf_link__destroy(l->link[--l->links]);
	close_loaded(l);
}

/* Loads and attaches for one rung, and tries it. 0 or negative errno, nothing left behind. */
static int attempt(struct live *l, const struct probe_rung *rung)
{
	const struct probe_rung *standby = standby_for(l, rung);
	int err = load(l, rung, standby);

	/* Which takes a kernel that also compiles its programs. */
	if (err && l->casts) {
		l->casts = false;
		err = load(l, rung, standby);
	}
	if (err && standby) {
		standby = NULL;
		err = load(l, rung, NULL);
	}
	if (err)
		return err;
	l->facts.standby = standby;
	err = learn_own_id(l);
	err = err ?: fill_gate(l);
	err = err ?: attach_probe(l, rung);
	if (err) {
		unload(l);
		return err;
	}
	run_trial(l);
	derive(l);
	err = check_types(l);
	if (err)
		unload(l);
	return err;
}

static int climb_open(void *ctx, const struct probe_rung *rung, struct trial *ret)
{
	struct live *l = ctx;
	int err = attempt(l, rung);

	*ret = l->facts.trial;
	return l->refused ? -ECANCELED : err;
}

static void climb_close(void *ctx)
{
	unload(ctx);
}

static int open_best(struct live *l)
{
	const struct ladder_hooks hooks = { .open = climb_open, .close = climb_close, .ctx = l };

	return ladder_climb(&l->facts.survey, &hooks, l->facts.passed_over);
}

/* With another kernel's types a program may be refused before it could be tried. */
static void ask_about_types(const struct live *l, struct buf *why)
{
	if (l->config.btf)
		buf_printf(why, "; does '%s' describe this kernel?", l->config.btf);
}

static int open_forced(struct live *l, struct buf *why)
{
	const struct probe_fact *f = fact_of(&l->facts.survey, l->config.attach);
	const char *word = record_probe(l->config.attach);
	int err;

	if (!f->usable) {
		buf_printf(why, "--attach %s: %s%s%s", word, f->reason, f->advice ? "; try: " : "",
			   f->advice ? f->advice : "");
		return f->error;
	}
	err = attempt(l, probes_rung(l->config.attach));
	if (err && !l->refused) {
		buf_printf(why, "--attach %s: cannot be loaded or attached: %s", word, strerror(-err));
		ask_about_types(l, why);
		buf_puts(why, " (-vv shows more)");
	}
	return err;
}

/* Before 5.11 maps counted as locked memory, whose limit libbpf lifts where it may. */
static bool may_lack_memory(int err)
{
	struct rlimit locked;

	return err == -EPERM && self_missing(1ULL << CAP_SYS_RESOURCE) && !getrlimit(RLIMIT_MEMLOCK, &locked) &&
	       locked.rlim_cur != RLIM_INFINITY;
}

/* One sentence when no rung of the ladder holds. */
static void say_none(const struct live *l, int err, struct buf *why)
{
	const struct survey *s = &l->facts.survey;

	if (s->error) {
		buf_puts(why, s->reason);
		return;
	}
	buf_puts(why, "no probe can be used on this kernel:");
	for (int i = 0; i < PROBES_RUNGS; i++)
		buf_printf(why, "%s %s: %s", i ? ";" : "", record_probe(s->fact[i].probe),
			   s->fact[i].usable ? strerror(-err) : s->fact[i].reason);
	ask_about_types(l, why);
	if (!s->kernel_btf && !l->config.btf)
		buf_puts(why, "; --btf FILE gives capsieve the types that the kernel does not bring: enough for tp and kprobe");
	if (may_lack_memory(err))
		buf_puts(why, "; where the kernel is older than 5.11, `ulimit -l unlimited` or CAP_SYS_RESOURCE may help");
	buf_puts(why, " (`capsieve doctor` says more)");
}

static const struct probe_rung *first_usable(const struct survey *s)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (s->fact[i].usable)
			return &probes_ladder[i];
	return NULL;
}

/* Only those that will do are fitted. */
static int pick_programs(void *ctx)
{
	struct live *l = ctx;

	l->sending = is_for_sending(l, first_usable(&l->facts.survey));
	return copy_programs(l);
}

static int look_around(struct live *l, struct buf *why)
{
	const struct survey_fitting fitting = { &l->fit, pick_programs, l };
	int err;

	l->preempts = preemptible(l->config.proc);
	err = survey_look(l->config.btf, &fitting, &l->facts.survey, why);
	l->casts = l->facts.survey.call_id[0] && !l->config.btf;
	if (err == -EINVAL)
		l->refused = err;
	if (err != -ENODATA)
		return err;
	/* libbpf will look for the types by itself. */
	fit_done(&l->fit);
	return 0;
}

/* --lsm-verdict stands on security_capable, which only fexit and kprobes reach. */
static int check_lsm(const struct live *l, struct buf *why)
{
	const struct survey *s = &l->facts.survey;

	if (!l->config.lsm_verdict || s->error || s->security_exit || fact_of(s, PROBE_KPROBE)->usable)
		return 0;
	buf_puts(why, "--lsm-verdict needs fexit or kprobes, and this kernel has neither");
	return -ENOTSUP;
}

static void weigh_maps(struct live *l)
{
	struct bpf_map *map;

	l->facts.ring_bytes = l->config.ring_bytes;
	bpf_object__for_each_map(map, l->skel->obj)
	{
		if (map != l->skel->maps.ring && bpf_map__fd(map) >= 0)
			l->facts.map_bytes += fdinfo_memlock(bpf_map__fd(map));
	}
	l->facts.map_bytes += l->lives ? lives_bytes(l->lives) : 0;
}

static void attach_outcomes(struct live *l)
{
	static const struct {
		enum outcomes_now now;
		enum live_outcomes fact;
	} ways[] = {
		[OUTCOMES_WAY_NONE] = { OUTCOMES_NOT, LIVE_OUTCOMES_NONE },
		[OUTCOMES_WAY_WORK] = { OUTCOMES_BY_WORK, LIVE_OUTCOMES_BY_WORK },
		[OUTCOMES_WAY_CALL] = { OUTCOMES_BY_CALL, LIVE_OUTCOMES_BY_CALL },
		[OUTCOMES_WAY_EXIT] = { OUTCOMES_SURE, LIVE_OUTCOMES_AT_EXIT },
	};
	int err = outcomes_attach(l->outcome, l->facts.rung->probe);
	enum outcomes_way way = err ? OUTCOMES_WAY_NONE : outcomes_way(l->outcome);

	l->skel->bss->outcomes_now = ways[way].now;
	l->facts.outcomes = ways[way].fact;
	l->facts.outcomes_cost = outcomes_cost(l->outcome);
	l->facts.outcomes_calls = outcomes_calls(l->outcome);
}

/* The probe gives way for a moment where it has to come after them: nobody is listened to yet. */
static int open_outcomes(struct live *l)
{
	struct outcomes_config config = {
		.ring = bpf_map__fd(l->skel->maps.ring),
		.outcomes = bpf_map__fd(l->skel->maps.outcomes),
		.marks = bpf_map__fd(l->skel->maps.outcome_marks),
		.counts = bpf_map__fd(l->skel->maps.counts),
		.probe = l->facts.rung->probe,
		.standby = l->facts.standby ? l->facts.standby->probe : PROBE_NONE,
		.event_id = l->facts.survey.event_id,
		.btf = l->config.btf,
		.of_few = l->config.outcomes_of_few,
		.fexit = l->facts.survey.function_id > 0 && !l->config.outcomes_probed,
		.no_work = l->config.outcomes_probed,
		.calls = &l->skel->bss->call_returns,
	};
	int err = 0;
	bool first;

	/* What a call returned is an extra: without it all else is as it would be. */
	if (outcomes_open(&config, &l->outcome))
		return 0;
	first = outcomes_first(l->outcome, config.probe);
	if (first)
		detach_probe(l->check_link);
	attach_outcomes(l);
	if (first)
		err = attach_probe(l, l->facts.rung);
	if (!err)
		learn_again(l);
	return err;
}

static int open_lives(struct live *l, struct buf *why)
{
	struct lives_config config = {
		.beside = l->skel->obj,
		.own_tgid = l->skel->bss->own_tgid,
		.ring_wake_at = l->config.ring_bytes / 4,
		.kernel_btf = l->facts.survey.kernel_btf,
		.task_storage = l->facts.survey.task_storage,
		.btf = l->config.btf,
	};
	int err;

	gate_compile(l->config.filter, l->config.follow, &config.gate);
	err = lives_open(&config, &l->lives);
	if (err)
		buf_printf(why, "--lifecycle: what listens for that cannot be loaded or attached: %s (-vv shows more)",
			   strerror(-err));
	return err;
}

static void open_steps(struct live *l)
{
	if (!l->config.sites || !counts_kinds(l) || l->config.site_way == SITE_WAY_UNWIND)
		return;
	/* Without memory for it nothing is learned, and all is unwound. */
	l->steps = steps_new();
	for (int i = 0; i < SAMPLES; i++)
		l->skel->bss->site_samples[i].cpu = i % l->cpus;
	l->sample_cpu = SAMPLES - 1;
}

static int open_counts(struct live *l)
{
	open_steps(l);
	l->counts = (struct counts){
		.table = bpf_map__fd(l->skel->maps.counts),
		.slots = bpf_map__fd(l->skel->maps.count_slots),
		.cpus = l->cpus,
		.turn = &l->skel->bss->count_turn,
		.bank = &l->skel->bss->count_bank,
		.keys = l->skel->bss->count_keys,
		.max = count_max(l),
	};
	return counts_open(&l->counts);
}

static void open_tallies(struct live *l)
{
	struct tallies *t = &l->tallies;

	t->cpu = l->skel->bss->cpus;
	t->cpus = l->cpus;
	t->open = l->skel->bss->open_slots;
	t->entry = bpf_program__fd(programs_of(l->skel, PROBE_KPROBE).prog[1]);
	for (int i = 0; i < PROBES_RUNGS; i++)
		t->single[i] = probes_ladder[i].probe == PROBE_KPROBE ? -1 :
			       bpf_program__fd(programs_of(l->skel, probes_ladder[i].probe).prog[0]);
	derived_programs(l->skel->obj, t->derived);
	tallies_begin(t);
}

static const uint64_t *map_position(int ring, off_t at)
{
	void *page = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, ring, at);

	return page == MAP_FAILED ? NULL : page;
}

/* Where reader and writers are stands in its first two pages. */
static void map_positions(struct live *l)
{
	int ring = bpf_map__fd(l->skel->maps.ring);

	l->consumed = map_position(ring, 0);
	l->produced = l->consumed ? map_position(ring, sysconf(_SC_PAGESIZE)) : NULL;
}

static void unmap_positions(struct live *l)
{
	if (l->consumed)
		munmap((void *)l->consumed, sizeof(*l->consumed));
	if (l->produced)
		munmap((void *)l->produced, sizeof(*l->produced));
}

/* After a probe is attached: the lives of tasks, those that live already, the ring. */
static int finish(struct live *l, struct buf *why)
{
	int err = l->config.outcomes ? open_outcomes(l) : 0;

	err = err ?: attach_lives(l);
	if (err) {
		buf_printf(why, "the hooks on exec and fork cannot be attached: %s", strerror(-err));
		return err;
	}
	if (l->config.filter->trees.count) {
		err = gate_follow(l->config.filter, l->config.proc, bpf_map__fd(l->skel->maps.followed),
				  l->skel->bss->follow_count, why);
		if (err)
			return err;
	}
	/* After those, so that an exec is announced before it is told. */
	err = l->config.lifecycle ? open_lives(l, why) : 0;
	if (err)
		return err;
	if (!l->ring)
		l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.ring), on_event, l, NULL);
	if (!l->ring) {
		buf_printf(why, "the ring buffer cannot be mapped: %s", strerror(errno));
		return -errno;
	}
	map_positions(l);
	if (l->config.thorough)
		weigh_maps(l);
	err = counts(l) ? open_counts(l) : 0;
	if (err) {
		buf_printf(why, "what counting takes cannot be made: %s", strerror(-err));
		return err;
	}
	open_tallies(l);
	fit_done(&l->fit);
	report(l);
	if (l->lives)
		lives_report(l->lives, true);
	return 0;
}

static int open_probe(struct live *l, struct buf *why)
{
	int err = look_around(l, why);

	err = err ?: check_lsm(l, why);
	if (err)
		return err;
	if (l->config.attach != PROBE_NONE && !l->facts.survey.error)
		return open_forced(l, why);
	err = l->facts.survey.error ?: open_best(l);
	if (err && !l->refused)
		say_none(l, err, why);
	return err;
}

/* Without their number nothing that is counted per CPU can be read. */
static int count_cpus(struct live *l, struct buf *why)
{
	l->cpus = libbpf_num_possible_cpus();
	if (l->cpus <= 0) {
		buf_printf(why, "the number of CPUs cannot be read from /sys/devices/system/cpu/possible: %s; "
			   "is /sys mounted?", strerror(-l->cpus));
		return l->cpus ? l->cpus : -ENODATA;
	}
	return 0;
}

int live_open(const struct live_config *config, struct live **ret, struct buf *why)
{
	struct live *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->config = *config;
	l->why = why;
	l->ring_map = l->followed_map = l->bss_map = l->exec_fd = l->exec_link = -1;
	listener = &l->config;
	libbpf_set_print(on_libbpf);
	begin_maps(l);
	err = count_cpus(l, why);
	err = err ?: open_probe(l, why);
	err = err ?: finish(l, why);
	listener = NULL;
	if (err) {
		/* -EINVAL says that our caller's words are wrong; the kernel's own is about a program of ours. */
		err = l->refused ?: (err == -EINVAL ? -ENOTSUP : err);
		live_free(l);
		return err;
	}
	*ret = l;
	return 0;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	await_maps(l);
	ring_buffer__free(l->ring);
	unmap_positions(l);
	backlog_done(&l->backlog);
	outcomes_free(l->outcome);
	lives_free(l->lives);
	steps_free(l->steps);
	unload(l);
	fit_done(&l->fit);
	if (l->ring_map >= 0)
		close(l->ring_map);
	if (l->followed_map >= 0)
		close(l->followed_map);
	if (l->bss_map >= 0)
		close(l->bss_map);
	counts_close(&l->counts);
	free(l);
}

const struct live_facts *live_facts(const struct live *l)
{
	return &l->facts;
}

static uint32_t count_followed(const struct live *l)
{
	const uint32_t *count = l->skel->bss->follow_count;
	uint32_t sum = 0;

	for (int i = 0; i < FOLLOW_COUNTS; i++)
		sum += __atomic_load_n(&count[i], __ATOMIC_RELAXED);
	return sum;
}

bool live_follows_any(const struct live *l)
{
	return count_followed(l) > l->followed_else;
}

bool live_follows_zombies(const struct live *l)
{
	const char *proc = l->config.proc;

	return proc_self(proc) == (pid_t)l->skel->bss->own_tgid && gate_none_alive(proc, bpf_map__fd(l->skel->maps.followed));
}

void live_adopt(struct live *l, bool on)
{
	if (on)
		l->followed_else = count_followed(l);
	__atomic_store_n(&l->skel->bss->adopt_children, on, __ATOMIC_SEQ_CST);
}

void live_hold(struct live *l, bool on)
{
	__atomic_store_n(&l->skel->bss->hold_followed, on, __ATOMIC_SEQ_CST);
	if (l->lives)
		lives_hold(l->lives, on);
}

void live_ask_names(struct live *l)
{
	__atomic_add_fetch(&l->skel->bss->names_wanted, 1, __ATOMIC_SEQ_CST);
	if (l->lives)
		lives_ask_names(l->lives);
}

void live_place(struct live *l, uint64_t cgroup_id, bool root, bool outside)
{
	if (!root || !l->skel->rodata->cgroup1_hierarchy)
		gate_place(&l->skel->bss->places_outside, cgroup_id, outside);
}

void live_leave_out(struct live *l, const struct record *r)
{
	const struct gate_config *gate = (const struct gate_config *)&l->skel->rodata->gate;
	struct who who;

	if (gate_who(gate, r, &who))
		gate_place(&l->skel->bss->who_outside, who_mark(&who, gate->who_seed), true);
}

int live_silence(struct live *l, const struct live_stamp *who, const struct live_silence *what)
{
	const struct silence_stamp stamp = {
		.program = who->program,
		.told = who->told,
		.tgid = who->tgid,
		.uid = who->uid,
		.gid = who->gid,
		.userns = who->userns,
		.rules = l->skel->bss->rules_now,
	};
	const struct silence silence = { .silent = { what->silent[0], what->silent[1] }, .id = what->id };

	return bpf_map_update_elem(bpf_map__fd(l->skel->maps.silences), &stamp, &silence, BPF_ANY) ? -errno : 0;
}

void live_change_rules(struct live *l, uint32_t keys)
{
	__u32 *ask = &l->skel->data->rules_ask, asks = keys & 1U << WHERE_USER ? RULES_ASK_USER : RULES_ASK_NOTHING;

	if (keys & (1U << WHERE_GROUP | 1U << WHERE_USERNS) || l->skel->rodata->cgroup1_hierarchy)
		asks = RULES_ASK_MORE;
	if (asks > *ask)
		__atomic_store_n(ask, asks, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&l->skel->bss->rules_now, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(ask, asks, __ATOMIC_SEQ_CST);
}

int live_fd(const struct live *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

void live_arm(struct live *l, unsigned int how)
{
	__atomic_store_n(&l->skel->bss->ring_armed, how, __ATOMIC_SEQ_CST);
	if (l->lives)
		lives_arm(l->lives, how);
}

static bool is_filling(const struct live *l)
{
	return l->produced && __atomic_load_n(l->produced, __ATOMIC_RELAXED) -
				      __atomic_load_n(l->consumed, __ATOMIC_RELAXED) > l->config.ring_bytes / RING_FILLING;
}

static int read_ring(struct live *l, live_event_fn fn, void *ctx)
{
	l->fn = fn;
	l->fn_ctx = ctx;
	return ring_buffer__consume(l->ring);
}

/* What more than can be looked at would push out of the ring waits elsewhere, and is older than all that is in the ring. */
int live_read(struct live *l, live_event_fn fn, void *ctx)
{
	int err = 0;

	if (!backlog_is_empty(&l->backlog) || is_filling(l)) {
		if (!backlog_is_full(&l->backlog))
			read_ring(l, NULL, NULL);
		err = backlog_take(&l->backlog, fn, ctx);
	}
	return err ?: read_ring(l, fn, ctx);
}

int live_leftovers(struct live *l, live_event_fn fn, void *ctx)
{
	int map = bpf_map__fd(l->skel->maps.lsm_open), n = 0;
	__u32 most = l->config.lsm_verdict ? bpf_map__max_entries(l->skel->maps.lsm_open) : 0;
	struct lsm_pending p;
	__u64 key;

	/* A program that was running when they were stopped may still take one away: then the next one is first. */
	for (__u32 i = 0; i < most && !bpf_map_get_next_key(map, NULL, &key); i++) {
		if (!bpf_map_lookup_elem(map, &key, &p) && p.filled) {
			fn(ctx, &p.check, p.check.head.size);
			n++;
		}
		bpf_map_delete_elem(map, &key);
	}
	l->leftovers += (uint64_t)n;
	return n;
}

struct counts *live_counts(struct live *l)
{
	return &l->counts;
}

void live_set_count_time(struct live *l, uint64_t now)
{
	__atomic_store_n(&l->skel->bss->count_time, now, __ATOMIC_RELAXED);
}

static struct lives_tally tally_of(const struct live *l)
{
	struct lives_tally t = { 0 };

	if (l->lives)
		lives_read(l->lives, &t);
	return t;
}

uint64_t live_skipped(const struct live *l)
{
	return tally_of(l).skipped;
}

uint32_t live_own_id(const struct live *l)
{
	return l->skel->bss->own_tgid;
}

void live_account(struct live *l, struct account *ret)
{
	tallies_account(&l->tallies, ret);
	ret->seen += l->leftovers;
	ret->counted = l->counts.taken;
	ret->loss_is_bound = filter_is_set(l->config.filter) || l->config.follow || tallies_is_bound(&l->tallies);
	ret->asked = ret->own + ret->outside + ret->hidden + ret->seen + ret->counted + loss_checks(&ret->loss);
	ret->loss.by_cause[LOSS_LIFECYCLE] = tally_of(l).lost;
}

uint64_t live_unnamed(struct live *l)
{
	uint64_t n[TALLY_COUNT];

	tallies_read(&l->tallies, n);
	return n[TALLY_UNNAMED] + n[TALLY_PROGRAM_FULL] + tally_of(l).unnamed;
}

uint64_t live_uncounted(struct live *l)
{
	uint64_t n[TALLY_COUNT];

	tallies_read(&l->tallies, n);
	return n[TALLY_COUNT_FULL];
}

/* The sample is for the next CPU, once it is certain that the one it was for is not at it. */
static void pass_on(struct live *l, struct site_sample *sample, unsigned int *quiet)
{
	if (l->cpus <= SAMPLES || ++*quiet < SAMPLE_QUIET)
		return;
	*quiet = 0;
	if (sample->cpu != SAMPLE_NO_CPU) {
		__atomic_store_n(&sample->cpu, SAMPLE_NO_CPU, __ATOMIC_RELAXED);
		return;
	}
	l->sample_cpu = (l->sample_cpu + 1) % (unsigned int)l->cpus;
	__atomic_store_n(&sample->cpu, l->sample_cpu, __ATOMIC_RELAXED);
}

void live_learn_sites(struct live *l)
{
	struct capsieve_bpf__bss *b = l->skel->bss;

	if (!l->steps)
		return;
	for (int i = 0; i < SAMPLES; i++) {
		struct site_sample *sample = &b->site_samples[i];

		if (!__atomic_load_n(&sample->ready, __ATOMIC_ACQUIRE)) {
			pass_on(l, sample, &l->sample_quiet[i]);
			continue;
		}
		steps_learn(l->steps, sample, b->site_steps, b->site_first);
		l->sample_quiet[i] = 0;
		__atomic_store_n(&sample->ready, 0, __ATOMIC_RELEASE);
	}
}

void live_sites(struct live *l, struct live_sites *ret)
{
	uint64_t n[TALLY_COUNT];

	tallies_read(&l->tallies, n);
	ret->unwound = n[TALLY_SITE_UNWOUND];
	ret->read = n[TALLY_SITE_READ];
	ret->taken = n[TALLY_SITE_TAKEN];
	ret->differ = n[TALLY_SITE_DIFFERS];
}

void live_relearn(struct live *l)
{
	uint64_t n[TALLY_COUNT];

	read_settings(l);
	tallies_read(&l->tallies, n);
	if (n[TALLY_UNWOUND] == l->unwound)
		return;
	l->unwound = n[TALLY_UNWOUND];
	learn_again(l);
}

int live_switch(struct live *l, struct buf *why)
{
	struct bpf_link *old[2] = { l->check_link[0], l->check_link[1] };
	const struct probe_rung *rung = l->facts.standby;
	int err;

	if (!rung)
		return -ENOTSUP;
	l->check_link[0] = l->check_link[1] = NULL;
	l->facts.standby = NULL;
	err = attach_probe(l, rung);
	if (err) {
		detach_probe(l->check_link);
		memcpy(l->check_link, old, sizeof(old));
		buf_printf(why, "%s cannot be attached: %s", record_probe(rung->probe), strerror(-err));
		return err;
	}
	/* The old one reports until all is known of the new one. */
	run_trial(l);
	report(l);
	detach_probe(old);
	if (!l->outcome)
		return 0;
	attach_outcomes(l);
	learn_again(l);
	return 0;
}

int live_ask_outcomes(struct live *l, const struct record *r)
{
	const uint32_t flags = r->check.head.flags;
	unsigned before = l->facts.outcomes_calls;
	int err;

	if (l->facts.outcomes != LIVE_OUTCOMES_BY_CALL || !(flags & CHECK_SYSCALL_KNOWN) || flags & CHECK_OUTCOME)
		return 0;
	err = outcomes_add(l->outcome, flags & CHECK_ABI_32, (unsigned int)r->check.syscall);
	l->facts.outcomes_calls = outcomes_calls(l->outcome);
	l->facts.outcomes_added += l->facts.outcomes_calls - before;
	if (err)
		l->facts.outcomes_refused++;
	return err;
}

uint64_t live_needs(struct live *l)
{
	struct live_facts *f = &l->facts;
	struct needs needs;

	/* Maps that are open answer to anyone since 5.19 (c8644cd0efe7); try, then decide. */
	needs_ask(f->standby ? f->standby->probe : PROBE_NONE, f->survey.event_id, bpf_map__fd(l->skel->maps.gate_pids),
		  &needs);
	if (f->standby && !needs.events) {
		f->standby = NULL;
		f->standby_refused = true;
	}
	if (f->outcomes == LIVE_OUTCOMES_BY_CALL)
		return 1ULL << CAP_PERFMON | 1ULL << CAP_BPF;
	return (f->standby ? 1ULL << CAP_PERFMON : 0) | (needs.maps ? 0 : 1ULL << CAP_BPF);
}

enum { STOP_LOOKS = 20, STOP_LOOK_NS = 1000000 };

void live_stop(struct live *l)
{
	struct capsieve_bpf__bss *b = l->skel->bss;

	/* No new entries; those that are open have a moment to return. */
	__atomic_store_n(&b->probe_ours, PROBE_NONE, __ATOMIC_SEQ_CST);
	if (l->lives)
		lives_report(l->lives, false);
	for (int i = 0; i < STOP_LOOKS && tallies_is_open(&l->tallies); i++)
		nanosleep(&(struct timespec){ .tv_nsec = STOP_LOOK_NS }, NULL);
	__atomic_store_n(&b->probe_now, PROBE_NONE, __ATOMIC_SEQ_CST);
	l->tallies.stopped = true;
}
