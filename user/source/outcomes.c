/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/outcomes.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "outcome.skel.h"
#include "user/source/attach.h"

struct outcomes {
	struct outcome_bpf *skel;
	struct bpf_link *link;
	uint64_t event_id;
	bool by_work;		/* task work was loaded; else every end of a call */
	bool at_exit;		/* what is attached */
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

/* Marks what serves that probe. */
static void want(struct outcome_bpf *s, enum event_probe probe, bool by_work)
{
	struct bpf_program *asker = by_work ? asker_of(s, probe) : NULL;

	if (probe != PROBE_NONE)
		bpf_program__set_autoload(asker ? asker : s->progs.at_exit, true);
}

static int load(struct outcomes *o, const struct outcomes_config *c, bool by_work)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = c->btf);
	struct outcome_bpf *s = outcome_bpf__open_opts(&opts);
	int err;

	if (!s)
		return -errno;
	want(s, c->probe, by_work);
	want(s, c->standby, by_work);
	bpf_map__set_autocreate(s->maps.works, by_work);
	err = bpf_map__reuse_fd(s->maps.ring, c->ring);
	err = err ?: bpf_map__reuse_fd(s->maps.outcomes, c->outcomes);
	err = err ?: outcome_bpf__load(s);
	if (err) {
		outcome_bpf__destroy(s);
		return err;
	}
	o->skel = s;
	o->by_work = by_work;
	return 0;
}

int outcomes_open(const struct outcomes_config *config, struct outcomes **ret)
{
	struct outcomes *o = calloc(1, sizeof(*o));
	int err = -ENOTSUP;

	if (!o)
		return -ENOMEM;
	o->event_id = config->event_id;
	if (config->probe != PROBE_KPROBE)
		err = load(o, config, true);
	if (err)
		err = load(o, config, false);
	if (err)
		free(o);
	else
		*ret = o;
	return err;
}

void outcomes_free(struct outcomes *o)
{
	if (!o)
		return;
	bpf_link__destroy(o->link);
	outcome_bpf__destroy(o->skel);
	free(o);
}

bool outcomes_first(const struct outcomes *o, enum event_probe probe)
{
	return o->by_work && probe == PROBE_FEXIT;
}

int outcomes_attach(struct outcomes *o, enum event_probe probe)
{
	struct bpf_program *asker = o->by_work ? asker_of(o->skel, probe) : NULL;

	bpf_link__destroy(o->link);
	o->at_exit = !asker;
	if (!asker)
		o->link = bpf_program__attach(o->skel->progs.at_exit);
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
