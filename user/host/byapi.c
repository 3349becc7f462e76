/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/byapi.h"

#include <errno.h>

#include "user/host/candidate.h"
#include "user/host/confirm.h"
#include "user/host/container.h"
#include "user/host/engineapi.h"
#include "user/host/engines.h"
#include "user/host/engines_state.h"
#include "user/host/naming.h"
#include "user/host/stores.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

bool byapi_may_know(uint32_t engine)
{
	return engine == ENGINE_DOCKER || engine == ENGINE_PODMAN || engine == ENGINE_NONE;
}

static int ask_api(struct engines *c, const char *id, struct container *ret)
{
	int err = engineapi_ask(c->api, id, c->all, ret);

	if (err && err != -ENOENT && err != -EAGAIN)
		stores_complain(c, engineapi_path(c->api), err);
	return err;
}

/* Podman grants other capabilities than docker where nothing is asked for, and there only the bundle tells. */
static void take_answer(struct workload *w, struct container *found)
{
	const struct workload_granted granted = w->granted;

	if (w->engine == ENGINE_PODMAN)
		found->granted.source = GRANTED_UNKNOWN;
	found->engine = w->engine == ENGINE_NONE ? ENGINE_DOCKER : ENGINE_NONE;
	naming_take(w, found);
	if (granted.source)
		w->granted = granted;
}

/* Who was found by its bundle has no name yet. */
static void name_from_api(struct search *s)
{
	struct container found = { 0 };

	if (byapi_may_know(s->best->engine) && !engineapi_owner(s->c->api) &&
	    !ask_api(s->c, s->best->text[WORKLOAD_ID], &found))
		take_answer(s->best, &found);
	container_done(&found);
}

/* Takes w. As of a bundle: root's engine confirms it by its first process, any other user's is told and no proof. */
static void accept_answer(struct search *s, const struct cgpath_level *level, struct workload *w, pid_t pid)
{
	uid_t owner = engineapi_owner(s->c->api);
	size_t end;

	if (!pid || !confirm_process(s, pid, &end) || end < level->end || (owner && !confirm_user(s, owner)))
		workload_unref(w);
	else if (owner)
		candidate_accept_others(s, w, owner, level->end);
	else
		candidate_accept(s, w, level->end);
}

static void find_by_api(struct search *s)
{
	for (size_t i = 0; i < s->parsed.levels && !s->best && !s->plain; i++) {
		const struct cgpath_level *level = &s->parsed.level[i];
		struct container found = { 0 };
		struct workload *w = NULL;

		if (byapi_may_know(level->engine) && !ask_api(s->c, level->id, &found))
			w = candidate_new(s, level->id, level->engine);
		if (w) {
			take_answer(w, &found);
			accept_answer(s, level, w, found.pid);
		}
		container_done(&found);
	}
}

void byapi_find(struct search *s)
{
	if (!s->c->api || candidate_is_done(s) || engines_has_more(s->c))
		return;
	if (s->best)
		name_from_api(s);
	else
		find_by_api(s);
}
