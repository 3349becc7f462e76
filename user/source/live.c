/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/config.h"
#include "user/base/buf.h"
#include "user/host/fdinfo.h"
#include "user/host/proc.h"
#include "user/model/filter.h"
#include "user/model/record.h"
#include "user/source/backlog.h"
#include "user/source/beside.h"
#include "user/source/climb.h"
#include "user/source/counts.h"
#include "user/source/derived.h"
#include "user/source/fit.h"
#include "user/source/gate.h"
#include "user/source/hearing.h"
#include "user/source/hooks.h"
#include "user/source/live_state.h"
#include "user/source/lives.h"
#include "user/source/load.h"
#include "user/source/needs.h"
#include "user/source/outcomes.h"
#include "user/source/ring.h"
#include "user/source/rungs.h"
#include "user/source/shape.h"
#include "user/source/steps.h"
#include "user/source/tallies.h"

enum { SAMPLE_QUIET = 8 };	/* looks at a sample that nobody took until another CPU may */

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

static void open_steps(struct live *l)
{
	if (!l->config.sites || !shape_counts_kinds(l) || l->config.site_way == SITE_WAY_UNWIND)
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
		.max = shape_count_max(l),
	};
	return counts_open(&l->counts);
}

static void open_tallies(struct live *l)
{
	struct tallies *t = &l->tallies;

	t->cpu = l->skel->bss->cpus;
	t->cpus = l->cpus;
	t->open = l->skel->bss->open_slots;
	t->entry = bpf_program__fd(rungs_programs(l->skel, PROBE_KPROBE).prog[1]);
	for (int i = 0; i < PROBES_RUNGS; i++)
		t->single[i] = probes_ladder[i].probe == PROBE_KPROBE ? -1 :
			       bpf_program__fd(rungs_programs(l->skel, probes_ladder[i].probe).prog[0]);
	derived_programs(l->skel->obj, t->derived);
	tallies_begin(t);
}

/* After a probe is attached: the lives of tasks, those that live already, the ring. */
static int finish(struct live *l, struct buf *why)
{
	int err = l->config.outcomes ? beside_outcomes(l) : 0;

	err = err ?: hooks_lives(l);
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
	err = l->config.lifecycle ? beside_lives(l, why) : 0;
	if (err)
		return err;
	if (l->config.refusals && !l->config.lifecycle)
		beside_refusals(l);
	if (!l->ring)
		l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.ring), ring_on_event, l, NULL);
	if (!l->ring) {
		buf_printf(why, "the ring buffer cannot be mapped: %s", strerror(errno));
		return -errno;
	}
	ring_map(l);
	if (l->config.thorough)
		weigh_maps(l);
	err = shape_counts(l) ? open_counts(l) : 0;
	if (err) {
		buf_printf(why, "what counting takes cannot be made: %s", strerror(-err));
		return err;
	}
	open_tallies(l);
	fit_done(&l->fit);
	hooks_report(l);
	if (l->lives)
		lives_report(l->lives, true);
	return 0;
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
	load_begin(l);
	err = count_cpus(l, why);
	err = err ?: climb_probe(l, why);
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
	load_await(l);
	ring_buffer__free(l->ring);
	ring_unmap(l);
	backlog_done(&l->backlog);
	outcomes_free(l->outcome);
	lives_free(l->lives);
	steps_free(l->steps);
	climb_undo(l);
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

/* What more than can be looked at would push out of the ring waits elsewhere, and is older than all that is in the ring. */
int live_read(struct live *l, live_event_fn fn, void *ctx)
{
	int err = 0;

	if (!backlog_is_empty(&l->backlog) || ring_is_filling(l)) {
		if (!backlog_is_full(&l->backlog))
			ring_read(l, NULL, NULL);
		err = backlog_take(&l->backlog, fn, ctx);
	}
	return err ?: ring_read(l, fn, ctx);
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

bool live_hears(struct live *l)
{
	return hearing_lasts(l);
}

void live_relearn(struct live *l)
{
	uint64_t n[TALLY_COUNT];

	hearing_settings(l);
	tallies_read(&l->tallies, n);
	if (n[TALLY_UNWOUND] == l->unwound)
		return;
	l->unwound = n[TALLY_UNWOUND];
	hearing_again(l);
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
	err = hooks_probe(l, rung);
	if (err) {
		hooks_detach(l->check_link);
		memcpy(l->check_link, old, sizeof(old));
		buf_printf(why, "%s cannot be attached: %s", record_probe(rung->probe), strerror(-err));
		return err;
	}
	/* The old one reports until all is known of the new one. */
	hearing_try(l);
	hooks_report(l);
	hooks_detach(old);
	if (!l->outcome)
		return 0;
	beside_attach(l);
	hearing_again(l);
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
