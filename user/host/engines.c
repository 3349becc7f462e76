/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/engines.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/unitfile.h"
#include "user/host/byapi.h"
#include "user/host/byid.h"
#include "user/host/byminder.h"
#include "user/host/candidate.h"
#include "user/host/engines_state.h"
#include "user/host/minder.h"
#include "user/host/proc.h"
#include "user/host/stores.h"
#include "user/host/units.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

/* The daemons are looked for so often at most, in pieces: each time all processes are looked at. */
#define LOOK_AGAIN_NS 500000000ULL

static void take_dockerd(struct engines *c, const struct minder *k)
{
	const char *data = minder_value(k, "--data-root") ?: minder_value(k, "-g"), *exec = minder_value(k, "--exec-root");
	char dir[PATH_MAX];

	if (data)
		stores_add(c, PLACE_DOCKER, ENGINE_DOCKER, data);
	if (exec && snprintf(dir, sizeof(dir), "%s/containerd/daemon/io.containerd.runtime.v2.task/moby", exec) <
			    (int)sizeof(dir))
		stores_add(c, PLACE_BUNDLES, ENGINE_DOCKER, dir);
}

static void look_at_process(struct engines *c, pid_t pid)
{
	struct proc_stat p;
	struct minder *k;

	if (proc_stat(c->proc, pid, &p) || strcmp(p.comm, "dockerd"))
		return;
	k = malloc(sizeof(*k));
	if (k && !minder_read(c, pid, k) && !k->owner && minder_shares_files(c, pid))
		take_dockerd(c, k);
	free(k);
}

/* A daemon may have started since they were looked for last: then somebody is to go and see. */
static void want_daemons(struct engines *c)
{
	if (!c->walk && (!c->looked || clock_ns(CLOCK_MONOTONIC) - c->looked >= LOOK_AGAIN_NS))
		c->wanted = true;
}

static void end_walk(struct engines *c)
{
	if (c->walk)
		closedir(c->walk);
	c->walk = NULL;
	c->wanted = false;
	c->looked = clock_ns(CLOCK_MONOTONIC);
}

static void begin_walk(struct engines *c)
{
	stores_add_usual(c);
	c->wanted = false;
	c->walk = opendir(c->proc);
	if (!c->walk)
		end_walk(c);
}

bool engines_go_on(struct engines *c, uint64_t until_ns)
{
	bool over;

	if (!engines_has_more(c))
		return false;
	if (!c->walk)
		begin_walk(c);
	over = !c->walk;
	/* One at least: to begin may have taken all of the time. */
	while (!over) {
		const struct dirent *e = readdir(c->walk);

		over = !e;
		if (e && *e->d_name >= '1' && *e->d_name <= '9')
			look_at_process(c, (pid_t)strtol(e->d_name, NULL, 10));
		if (clock_ns(CLOCK_MONOTONIC) >= until_ns)
			break;
	}
	if (over)
		end_walk(c);
	return over;
}

bool engines_has_more(const struct engines *c)
{
	return c->walk || c->wanted;
}

void engines_use_api(struct engines *c, struct engineapi *api)
{
	c->api = api;
}

struct granting {
	struct engines *c;
	struct workload *to;
};

static int take_unit(void *ctx, const struct units_unit *u)
{
	const struct granting *g = ctx;
	struct unitfile_grant is = unitfile_granted(u->says, g->c->all, true);

	g->to->granted = (struct workload_granted){
		.source = GRANTED_UNIT,
		.bounding = is.bounding,
		.effective = is.effective,
		.permitted = is.effective,
		.ambient = is.ambient,
	};
	if (*is.filter)
		snprintf(g->to->granted.filter, sizeof(g->to->granted.filter), "SystemCallFilter=%s", is.filter);
	return 0;
}

static void bad_unit(void *ctx, const char *path, int err)
{
	const struct granting *g = ctx;

	if (err != -ENOENT && err != -ENOTDIR && err != -E2BIG)
		stores_complain(g->c, path, err);
}

/* What its files say that it is started with. A user's own systemd has nothing to grant that is in a file. */
static void grant_unit(struct engines *c, struct workload *w)
{
	struct granting g = { c, w };
	const struct units_config config = {
		.root = "/", .ctx = &g, .unit = take_unit, .trouble = bad_unit, .only = w->text[WORKLOAD_UNIT_NAME],
	};

	if (w->kind == WORKLOAD_UNIT && config.only)
		units_each(&config);
}

static void search(struct search *s)
{
	byminder_find(s);
	if (!candidate_is_done(s))
		byid_find(s);
	byid_last_name(s);
	if (candidate_is_done(s) || !s->parsed.levels)
		return;
	want_daemons(s->c);
	byapi_find(s);
}

/* Docker and podman know every container of theirs by a name, and a daemon that does may yet be found. */
static bool may_be_found(const struct engines *c, const struct workload *w)
{
	if (w->text[WORKLOAD_NAME] && w->text[WORKLOAD_IMAGE])
		return false;
	return byapi_may_know(w->engine) && (w->engine != ENGINE_NONE || engines_has_more(c));
}

int engines_find(struct engines *c, const char *path, uint64_t cgroup_id, pid_t pid, pid_t ppid,
		 struct workload **ret)
{
	struct search s = { .c = c, .path = path, .pid = pid, .ppid = ppid };
	struct workload *w;

	cgpath_parse(path, &s.parsed);
	if (!s.parsed.truncated)
		search(&s);
	w = s.best ?: s.plain;
	if (s.best)
		workload_unref(s.plain);
	if (!w)
		w = cgpath_workload(path, cgroup_id, CGPATH_LEVELS);
	if (!w)
		return -ENOMEM;
	w->cgroup_id = cgroup_id;
	grant_unit(c, w);
	if (!workload_is_container(w))
		w->flags |= WORKLOAD_RESOLVED;
	else if (may_be_found(c, w))
		w->flags &= ~(uint32_t)WORKLOAD_RESOLVED;
	*ret = w;
	return 0;
}

void engines_complaint(struct engines *c, struct buf *ret)
{
	buf_put(ret, c->complaint.data, c->complaint.len);
	buf_clear(&c->complaint);
}

struct engines *engines_new(const char *proc, uint32_t hierarchy, uint64_t all)
{
	struct engines *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->proc = proc;
	c->hierarchy = hierarchy;
	c->all = all;
	want_daemons(c);
	return c;
}

void engines_free(struct engines *c)
{
	if (!c)
		return;
	for (int kind = 0; kind < PLACE_KINDS; kind++)
		for (size_t i = 0; i < c->count[kind]; i++)
			free(c->places[kind][i].dir);
	if (c->walk)
		closedir(c->walk);
	buf_done(&c->complaint);
	free(c);
}
