/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/candidate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/host/confirm.h"
#include "user/host/container.h"
#include "user/host/engines_state.h"
#include "user/host/naming.h"
#include "user/host/stores.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

/* One that works for another engine, mostly: that is the one to be told. */
static bool is_runtime(uint32_t engine)
{
	return engine == ENGINE_NONE || engine == ENGINE_RUNC || engine == ENGINE_CRUN;
}

struct workload *candidate_new(const struct search *s, const char *id, enum workload_engine engine)
{
	struct workload *w = cgpath_workload(s->path, 0, CGPATH_LEVELS);
	const struct cgpath_level *level = confirm_level(s, id);

	if (!w)
		return NULL;
	w->kind = level ? level->kind : WORKLOAD_CONTAINER;
	w->engine = engine;
	if (level && level->engine && is_runtime(engine))
		w->engine = level->engine;
	w->flags &= ~(uint32_t)WORKLOAD_OWNER_KNOWN;
	workload_set(w, WORKLOAD_POD_UID, NULL, 0);
	if (level && level->pod_uid.len) {
		workload_set(w, WORKLOAD_POD_UID, level->pod_uid.at, level->pod_uid.len);
		for (char *at = w->text[WORKLOAD_POD_UID]; at && *at; at++)
			*at = *at == '_' ? '-' : *at;
	}
	if (workload_set(w, WORKLOAD_ID, id, strlen(id)) || workload_set(w, WORKLOAD_INNER, NULL, 0)) {
		workload_unref(w);
		return NULL;
	}
	return w;
}

bool candidate_is_done(const struct search *s)
{
	return s->best && s->best->text[WORKLOAD_NAME] && s->best->text[WORKLOAD_IMAGE];
}

void candidate_accept(struct search *s, struct workload *w, size_t end)
{
	if (s->path[end])
		workload_set(w, WORKLOAD_INNER, s->path + end, strlen(s->path + end));
	w->flags |= WORKLOAD_VERIFIED | WORKLOAD_RESOLVED;
	workload_unref(s->best);
	s->best = w;
	s->end = end;
}

void candidate_accept_others(struct search *s, struct workload *w, uid_t owner, size_t end)
{
	if (s->path[end])
		workload_set(w, WORKLOAD_INNER, s->path + end, strlen(s->path + end));
	w->owner = owner;
	w->flags |= WORKLOAD_OWNER_KNOWN | WORKLOAD_RESOLVED;
	workload_unref(s->plain);
	s->plain = w;
}

/* Takes w. */
static void name_and_accept(struct search *s, struct workload *w, uid_t owner, size_t end, const char *storage)
{
	if (storage)
		naming_from_storage(s, w, storage, owner);
	if (!w->text[WORKLOAD_NAME] || !w->text[WORKLOAD_IMAGE])
		naming_of(s, w, owner);
	if (owner)
		candidate_accept_others(s, w, owner, end);
	else
		candidate_accept(s, w, end);
}

bool candidate_bundle(struct search *s, const char *dir, const char *id, enum workload_engine engine, uid_t owner,
		       const char *storage)
{
	struct container found = { 0 };
	struct buf text = BUF_INIT;
	char path[PATH_MAX], *cgroup = NULL;
	struct workload *w = NULL;
	bool fits = false;
	uid_t whose;
	size_t end;
	int err;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	err = stores_read_state(s->c, path, &text, &whose);
	if (!err && whose == owner) {
		err = container_read_oci(text.data, text.len, s->c->all, &found);
		if (err)
			stores_complain(s->c, path, err);
		if (!err && found.cgroup)
			err = cgpath_of_runtime(found.cgroup, &cgroup);
		fits = !err && confirm_bundle(s, dir, cgroup, id, owner, &end) && confirm_better(s, end);
	}
	if (fits)
		w = candidate_new(s, id, engine);
	fits = w && !naming_take(w, &found);
	if (fits)
		name_and_accept(s, w, owner, end, storage);
	else
		workload_unref(w);
	free(cgroup);
	container_done(&found);
	buf_done(&text);
	return fits;
}
