/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/config.h"
#include "user/source/aside.h"
#include "user/source/fit.h"
#include "user/source/live.h"
#include "user/source/live_state.h"
#include "user/source/ring.h"
#include "user/source/rungs.h"
#include "user/source/sending.h"
#include "user/source/shape.h"
#include "user/source/survey.h"
#include "user/source/typed.h"

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

	return rung && rung->probe == PROBE_TP_BTF && !rungs_standby(l, rung) && c->attach == PROBE_NONE && !c->count &&
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

/* Where they could not be made, libbpf tries it too, and says why. */
static void *make_maps(void *arg)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	struct live *l = arg;

	l->ring_map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, (__u32)l->config.ring_bytes, NULL);
	if (l->ring_map >= 0)
		l->ring = ring_buffer__new(l->ring_map, ring_on_event, l, NULL);
	if (rungs_follow(l))
		l->followed_map = bpf_map_create(BPF_MAP_TYPE_HASH, "followed", sizeof(__u32), sizeof(struct follow),
						 FOLLOW_MAX, NULL);
	l->bss_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "capsieve.bss", sizeof(__u32), sizeof(struct capsieve_bpf__bss), 1,
				    &mapped);
	return NULL;
}

void load_begin(struct live *l)
{
	l->making = !pthread_create(&l->maker, NULL, make_maps, l);
}

void load_await(struct live *l)
{
	if (l->making)
		pthread_join(l->maker, NULL);
	l->making = false;
}

/* 0 or negative errno: then the programs would have others, which nobody reads. */
static int use_maps(struct live *l)
{
	int err = 0;

	load_await(l);
	if (l->ring_map >= 0)
		err = bpf_map__reuse_fd(l->skel->maps.ring, l->ring_map);
	if (l->followed_map >= 0)
		err = err ?: bpf_map__reuse_fd(l->skel->maps.followed, l->followed_map);
	/* Of the next attempt they begin as zeros, too. */
	if (l->bss_map >= 0) {
		err = err ?: bpf_map__reuse_fd(l->skel->maps.bss, l->bss_map);
		close(l->bss_map);
		l->bss_map = -1;
	}
	return err;
}

static void close_skeleton(struct live *l)
{
	untell(l);
	capsieve_bpf__destroy(l->skel);
	l->skel = NULL;
}

void load_undo(struct live *l)
{
	if (l->exec_link >= 0)
		close(l->exec_link);
	if (l->exec_fd >= 0)
		close(l->exec_fd);
	l->exec_link = l->exec_fd = -1;
	close_skeleton(l);
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
	shape_maps(l);
	err = use_maps(l);
	if (err) {
		load_undo(l);
		return err;
	}
	shape_constants(l);
	l->facts.sites_sent = shape_counts(l) && l->config.sites && !l->skel->rodata->runs_alone && rung->probe != PROBE_TP &&
			      rung->probe != PROBE_KPROBE;
	err = shape_telling(l);
	if (err)
		return err;
	rungs_want(l, rung, standby);
	if (rung->probe != PROBE_KPROBE && !(standby && standby->probe == PROBE_KPROBE))
		shape_map(l->skel->maps.threads_hash, 1);
	err = capsieve_bpf__load(l->skel);
	/* libbpf maps globals only where it found that it may, for which it asks the kernel for a map. */
	if (!err && (!l->skel->bss || !l->skel->data))
		err = -ENOTSUP;
	l->exec_fd = aside_await(&l->exec);
	if (!err && l->exec_fd < 0 && l->exec_fd != -ENOENT)
		err = l->exec_fd;
	if (err)
		load_undo(l);
	else
		untell(l);
	return err;
}

int load_rung(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby)
{
	int err = load_once(l, rung, standby);

	if (!err || l->exec.off)
		return err;
	l->exec.off = true;
	return load_once(l, rung, standby);
}

static const struct probe_rung *first_usable(const struct survey *s)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (s->fact[i].usable)
			return &probes_ladder[i];
	return NULL;
}

int load_pick(void *ctx)
{
	struct live *l = ctx;

	l->sending = is_for_sending(l, first_usable(&l->facts.survey));
	return copy_programs(l);
}
