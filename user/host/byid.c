/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/byid.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/host/candidate.h"
#include "user/host/confirm.h"
#include "user/host/container.h"
#include "user/host/engines_state.h"
#include "user/host/naming.h"
#include "user/host/stores.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

static void try_bundles(struct search *s, const char *id)
{
	struct engines *c = s->c;
	char dir[PATH_MAX];

	for (size_t i = 0; i < c->count[PLACE_BUNDLES]; i++)
		if (snprintf(dir, sizeof(dir), "%s/%s", c->places[PLACE_BUNDLES][i].dir, id) < (int)sizeof(dir))
			candidate_bundle(s, dir, id, c->places[PLACE_BUNDLES][i].engine, 0, NULL);
	for (size_t i = 0; i < c->count[PLACE_STORAGE]; i++) {
		const char *storage = c->places[PLACE_STORAGE][i].dir;

		if (snprintf(dir, sizeof(dir), "%s/%s/userdata", storage, id) < (int)sizeof(dir))
			candidate_bundle(s, dir, id, ENGINE_PODMAN, 0, storage);
	}
}

/* Of one that was started by hand and left alone the runtime knows where its bundle is. */
static void try_runtimes(struct search *s, const char *id)
{
	struct engines *c = s->c;
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;

	for (size_t i = 0; i < c->count[PLACE_RUNTIMES]; i++) {
		struct container found = { 0 };
		int err = -ENAMETOOLONG;

		if (snprintf(path, sizeof(path), "%s/%s/state.json", c->places[PLACE_RUNTIMES][i].dir, id) < (int)sizeof(path))
			err = stores_read_state(c, path, &text, &owner);
		if (!err && !owner) {
			err = container_read_runc(text.data, text.len, &found);
			if (err)
				stores_complain(c, path, err);
			if (!err && found.id && found.bundle && !strcmp(found.id, id))
				candidate_bundle(s, found.bundle, id, ENGINE_RUNC, 0, NULL);
		}
		container_done(&found);
	}
	buf_done(&text);
}

void byid_last_name(struct search *s)
{
	const char *slash = strrchr(s->path, '/');

	if (!s->best && !s->parsed.levels && slash && naming_is_file(slash + 1))
		try_runtimes(s, slash + 1);
}

/* Docker's state outlives the bundle; its first process may confirm it. */
static void try_docker(struct search *s, const struct cgpath_level *level)
{
	struct workload *w = candidate_new(s, level->id, ENGINE_DOCKER);
	pid_t pid = 0;
	size_t end;

	if (!w)
		return;
	naming_from_docker(s, w, &pid);
	if (pid && confirm_process(s, pid, &end) && end >= level->end && !(s->best && s->end <= level->end))
		candidate_accept(s, w, level->end);
	else
		workload_unref(w);
}

void byid_find(struct search *s)
{
	for (size_t i = 0; i < s->parsed.levels; i++) {
		const struct cgpath_level *level = &s->parsed.level[i];

		if (s->best && s->end <= level->end)
			break;
		if (!naming_is_file(level->id))
			continue;
		try_bundles(s, level->id);
		try_runtimes(s, level->id);
		if (!s->best && (level->engine == ENGINE_DOCKER || level->engine == ENGINE_NONE))
			try_docker(s, level);
	}
}
