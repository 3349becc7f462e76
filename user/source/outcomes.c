/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/outcomes.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "outcome.skel.h"
#include "outcome_exit.skel.h"
#include "user/base/clock.h"
#include "user/source/attach.h"
#include "user/source/returns.h"

struct outcomes {
	struct outcome_bpf *work;	/* NULL: this kernel has no task work for programs */
	struct outcome_exit_bpf *exit;	/* of this and the next, NULL: task work serves all probes of this run, or it is the other */
	struct returns *returns;
	struct bpf_link *link;
	uint64_t event_id;
	enum outcomes_way way;		/* what is attached */
	bool began;			/* to listen to returns, which goes on with any probe */
	uint64_t before_ns, cost_ns;	/* of a call: without it; what it adds */
};

/* The program that asks for task work after that probe; NULL: on that hook the order cannot be had. */
static struct bpf_program *asker_of(const struct outcome_bpf *s, enum event_probe probe)
{
	switch (probe) {
	case PROBE_FEXIT:
		return s->progs.ask_fexit;
	case PROBE_TP_BTF:
		return s->progs.ask_tp_btf;
	case PROBE_TP:
		return s->progs.ask_tp;
	default:
		return NULL;
	}
}

/* The maps that both sides know; they are the probe's. */
static int share(const struct outcomes_config *c, struct bpf_map *ring, struct bpf_map *outcomes, struct bpf_map *counts)
{
	int err = bpf_map__reuse_fd(ring, c->ring);

	err = err ?: bpf_map__reuse_fd(outcomes, c->outcomes);
	return err ?: bpf_map__reuse_fd(counts, c->counts);
}

static void want(struct outcome_bpf *s, enum event_probe probe)
{
	struct bpf_program *asker = asker_of(s, probe);

	if (asker)
		bpf_program__set_autoload(asker, true);
}

static int load_work(struct outcomes *o, const struct outcomes_config *c)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = c->btf);
	struct outcome_bpf *s = outcome_bpf__open_opts(&opts);
	int err;

	if (!s)
		return -errno;
	want(s, c->probe);
	want(s, c->standby);
	err = share(c, s->maps.ring, s->maps.outcomes, s->maps.counts);
	err = err ?: bpf_map__reuse_fd(s->maps.outcome_marks, c->marks);
	err = err ?: outcome_bpf__load(s);
	if (err)
		outcome_bpf__destroy(s);
	else
		o->work = s;
	return err;
}

static int load_exit(struct outcomes *o, const struct outcomes_config *c)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = c->btf);
	struct outcome_exit_bpf *s = outcome_exit_bpf__open_opts(&opts);
	int err;

	if (!s)
		return -errno;
	bpf_program__set_autoload(s->progs.at_exit, true);
	err = share(c, s->maps.ring, s->maps.outcomes, s->maps.counts);
	err = err ?: outcome_exit_bpf__load(s);
	if (err)
		outcome_exit_bpf__destroy(s);
	else
		o->exit = s;
	return err;
}

static int load_returns(struct outcomes *o, const struct outcomes_config *c)
{
	const struct returns_config config = {
		.ring = c->ring,
		.outcomes = c->outcomes,
		.marks = c->marks,
		.counts = c->counts,
		.calls = c->calls,
		.typed = c->fexit,
	};

	return returns_open(&config, &o->returns);
}

/* Where task work is not to be had, or not for every probe that may come. */
static int load_other(struct outcomes *o, const struct outcomes_config *c)
{
	return c->of_few ? load_returns(o, c) : load_exit(o, c);
}

enum { COST_ROUNDS = 12, COST_CALLS = 250 };

/* The cheapest system call, at its best: what else this machine does only adds to it. */
static uint64_t call_ns(void)
{
	uint64_t best = UINT64_MAX, began, took;

	for (int i = 0; i < COST_ROUNDS; i++) {
		began = clock_ns(CLOCK_MONOTONIC);
		for (int n = 0; n < COST_CALLS; n++)
			syscall(SYS_getppid);
		took = clock_ns(CLOCK_MONOTONIC) - began;
		best = took < best ? took : best;
	}
	return best / COST_CALLS;
}

static int attach_exit(struct outcomes *o)
{
	uint64_t now;

	if (!o->before_ns)
		o->before_ns = call_ns();
	o->link = bpf_program__attach(o->exit->progs.at_exit);
	if (!o->link)
		return -errno;
	now = call_ns();
	o->cost_ns = now > o->before_ns ? now - o->before_ns : 0;
	return 0;
}

int outcomes_open(const struct outcomes_config *config, struct outcomes **ret)
{
	struct outcomes *o = calloc(1, sizeof(*o));
	int err = -ENOTSUP;

	if (!o)
		return -ENOMEM;
	o->event_id = config->event_id;
	if (config->probe != PROBE_KPROBE && !config->no_work)
		err = load_work(o, config);
	if (err)
		err = load_other(o, config);
	else if (config->standby == PROBE_KPROBE)
		load_other(o, config);
	if (err)
		outcomes_free(o);
	else
		*ret = o;
	return err;
}

void outcomes_free(struct outcomes *o)
{
	if (!o)
		return;
	bpf_link__destroy(o->link);
	returns_free(o->returns);
	outcome_bpf__destroy(o->work);
	outcome_exit_bpf__destroy(o->exit);
	free(o);
}

bool outcomes_first(const struct outcomes *o, enum event_probe probe)
{
	return o->work && probe == PROBE_FEXIT;
}

static int attach_returns(struct outcomes *o)
{
	int err = o->began ? 0 : returns_begin(o->returns);

	o->began = !err;
	return err;
}

static int attach_work(struct outcomes *o, struct bpf_program *asker, enum event_probe probe)
{
	o->link = probe == PROBE_TP ? attach_event(asker, o->event_id) : bpf_program__attach(asker);
	return o->link ? 0 : -errno;
}

int outcomes_attach(struct outcomes *o, enum event_probe probe)
{
	struct bpf_program *asker = o->work ? asker_of(o->work, probe) : NULL;
	int err = -ENOTSUP;

	bpf_link__destroy(o->link);
	o->link = NULL;
	o->way = asker ? OUTCOMES_WAY_WORK : o->returns ? OUTCOMES_WAY_CALL : o->exit ? OUTCOMES_WAY_EXIT : OUTCOMES_WAY_NONE;
	if (o->way == OUTCOMES_WAY_WORK)
		err = attach_work(o, asker, probe);
	else if (o->way == OUTCOMES_WAY_CALL)
		err = attach_returns(o);
	else if (o->way == OUTCOMES_WAY_EXIT)
		err = attach_exit(o);
	if (err)
		o->way = OUTCOMES_WAY_NONE;
	return err;
}

enum outcomes_way outcomes_way(const struct outcomes *o)
{
	return o->way;
}

int outcomes_add(struct outcomes *o, bool of_32, unsigned int nr)
{
	return o->way == OUTCOMES_WAY_CALL ? returns_add(o->returns, of_32, nr) : 0;
}

unsigned int outcomes_calls(const struct outcomes *o)
{
	return o->way == OUTCOMES_WAY_CALL ? returns_count(o->returns) : 0;
}

unsigned outcomes_cost(const struct outcomes *o)
{
	return (unsigned)o->cost_ns;
}
