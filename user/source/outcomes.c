/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/outcomes.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "outcome.skel.h"
#include "outcome_exit.skel.h"
#include "user/source/attach.h"

struct outcomes {
	struct outcome_bpf *work;	/* NULL: by every end of a call alone */
	struct outcome_exit_bpf *exit;	/* NULL: task work serves all probes of this run */
	struct bpf_link *link;
	uint64_t event_id;
	bool at_exit;			/* what is attached */
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
static int share(const struct outcomes_config *c, struct bpf_map *ring, struct bpf_map *outcomes)
{
	int err = bpf_map__reuse_fd(ring, c->ring);

	return err ?: bpf_map__reuse_fd(outcomes, c->outcomes);
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
	err = share(c, s->maps.ring, s->maps.outcomes);
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
	err = share(c, s->maps.ring, s->maps.outcomes);
	err = err ?: outcome_exit_bpf__load(s);
	if (err)
		outcome_exit_bpf__destroy(s);
	else
		o->exit = s;
	return err;
}

int outcomes_open(const struct outcomes_config *config, struct outcomes **ret)
{
	struct outcomes *o = calloc(1, sizeof(*o));
	int err = -ENOTSUP;

	if (!o)
		return -ENOMEM;
	o->event_id = config->event_id;
	if (config->probe != PROBE_KPROBE)
		err = load_work(o, config);
	if (config->work_only)
		;
	else if (err)
		err = load_exit(o, config);
	else if (config->standby == PROBE_KPROBE)
		load_exit(o, config);
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
	outcome_bpf__destroy(o->work);
	outcome_exit_bpf__destroy(o->exit);
	free(o);
}

bool outcomes_first(const struct outcomes *o, enum event_probe probe)
{
	return o->work && probe == PROBE_FEXIT;
}

int outcomes_attach(struct outcomes *o, enum event_probe probe)
{
	struct bpf_program *asker = o->work ? asker_of(o->work, probe) : NULL;

	bpf_link__destroy(o->link);
	o->at_exit = !asker;
	o->link = NULL;
	if (!asker && !o->exit)
		return -ENOTSUP;
	if (!asker)
		o->link = bpf_program__attach(o->exit->progs.at_exit);
	else if (probe == PROBE_TP)
		o->link = attach_event(asker, o->event_id);
	else
		o->link = bpf_program__attach(asker);
	return o->link ? 0 : -errno;
}

bool outcomes_at_exit(const struct outcomes *o)
{
	return o->at_exit;
}
