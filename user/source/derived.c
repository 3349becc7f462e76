/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/derived.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/source/probes.h"
#include "user/source/trial.h"

const struct derived_site derived_sites[DERIVED_SITES] = {
	{ TRIAL_OVERCOMMIT, CAP_SYS_ADMIN, "cap_vm_enough_memory" },
	{ TRIAL_CAPSET, CAP_SETPCAP, "cap_capset" },
	{ TRIAL_SECUREBITS, CAP_SETPCAP, "cap_task_prctl" },
	{ TRIAL_MMAP_MIN_ADDR, CAP_SYS_RAWIO, "cap_mmap_addr" },
};

const struct derived_fact *derived_of(const struct derived_fact facts[DERIVED_SITES], enum trial_act act,
				      const struct derived_site **ret_site)
{
	for (int i = 0; i < DERIVED_SITES; i++) {
		if (derived_sites[i].act != act)
			continue;
		*ret_site = &derived_sites[i];
		return &facts[i];
	}
	return NULL;
}

/* NULL: this probe hears what is inlined too, or what it is made of is not derived at all. */
static struct bpf_program *program_of(const struct bpf_object *obj, enum event_probe probe, int site)
{
	const char *kind = probe == PROBE_FEXIT ? "fentry" : probe == PROBE_KPROBE ? "kprobe" : NULL;
	char name[64];

	if (!kind)
		return NULL;
	snprintf(name, sizeof(name), "%s_%s", kind, derived_sites[site].function);
	return bpf_object__find_program_by_name(obj, name);
}

static bool can_load(const struct survey *s, enum event_probe probe, int site)
{
	return probe != PROBE_FEXIT || s->derived_id[site] > 0;
}

void derived_want(const struct bpf_object *obj, const struct survey *s, enum event_probe probe, uint64_t caps,
		  bool overcommit)
{
	for (int i = 0; i < DERIVED_SITES; i++) {
		struct bpf_program *prog = program_of(obj, probe, i);
		bool asked = caps >> derived_sites[i].cap & 1 &&
			     (overcommit || derived_sites[i].act != TRIAL_OVERCOMMIT);

		if (prog && asked && can_load(s, probe, i))
			bpf_program__set_autoload(prog, true);
	}
}

static struct bpf_link *attach(struct bpf_program *prog, enum event_probe probe)
{
	return probe == PROBE_FEXIT ? bpf_program__attach_trace(prog) : bpf_program__attach(prog);
}

static struct derived_fact try_one(struct derived *d, struct bpf_program *prog, enum event_probe probe, int site,
			       const struct trial_shared *shared)
{
	if (!bpf_program__autoload(prog))
		return (struct derived_fact){ DERIVED_SPARED, 0 };
	d->link[site] = attach(prog, probe);
	if (!d->link[site])
		return (struct derived_fact){ DERIVED_REFUSED, -errno };
	if (trial_hears(shared, derived_sites[site].act))
		return (struct derived_fact){ DERIVED_HEARD, 0 };
	bpf_link__destroy(d->link[site]);
	d->link[site] = NULL;
	return (struct derived_fact){ DERIVED_SILENT, 0 };
}

void derived_attach(struct derived *d, const struct bpf_object *obj, const struct survey *s, enum event_probe probe,
		    const struct trial *trial, const struct trial_shared *shared,
		    struct derived_fact ret_facts[DERIVED_SITES])
{
	for (int i = 0; i < DERIVED_SITES; i++) {
		struct bpf_program *prog = program_of(obj, probe, i);

		ret_facts[i] = (struct derived_fact){ DERIVED_NONE, 0 };
		if (!prog || trial->heard[derived_sites[i].act])
			continue;
		if (!can_load(s, probe, i))
			ret_facts[i] = (struct derived_fact){ DERIVED_REFUSED, -ENOENT };
		else
			ret_facts[i] = try_one(d, prog, probe, i, shared);
	}
}

void derived_detach(struct derived *d)
{
	for (int i = 0; i < DERIVED_SITES; i++) {
		bpf_link__destroy(d->link[i]);
		d->link[i] = NULL;
	}
}

void derived_programs(const struct bpf_object *obj, int ret[static DERIVED_PROGRAMS])
{
	for (int i = 0; i < DERIVED_PROGRAMS; i++) {
		struct bpf_program *prog = program_of(obj, i < DERIVED_SITES ? PROBE_FEXIT : PROBE_KPROBE,
						      i % DERIVED_SITES);

		ret[i] = prog ? bpf_program__fd(prog) : -1;
	}
}

void derived_print(struct buf *b, const struct derived_site *site, const struct derived_fact *fact)
{
	switch (fact->state) {
	case DERIVED_NONE:
		break;
	case DERIVED_HEARD:
		buf_printf(b, "heard at %s", site->function);
		break;
	case DERIVED_SPARED:
		buf_puts(b, "not listened to, for nobody asked for it");
		break;
	case DERIVED_REFUSED:
		if (fact->error == -ENOENT)
			buf_printf(b, "there is no function %s to hook", site->function);
		else
			buf_printf(b, "%s cannot be hooked: %s", site->function, strerror(-fact->error));
		break;
	case DERIVED_SILENT:
		buf_printf(b, "nothing arrives at %s either", site->function);
		break;
	}
}
