/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/byminder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/host/candidate.h"
#include "user/host/engines_state.h"
#include "user/host/minder.h"
#include "user/host/naming.h"
#include "user/host/proc.h"
#include "user/host/stores.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

enum { ANCESTORS = 12 };

static void parent_of(const char *dir, unsigned int up, char to[PATH_MAX])
{
	snprintf(to, PATH_MAX, "%s", dir);
	while (up--) {
		char *slash = strrchr(to, '/');

		if (slash && slash != to)
			*slash = '\0';
	}
}

/* containerd-shim-runc-v2 -namespace NS -id ID; in the bundle, or beside it where one serves a whole pod. */
static void try_shim(struct search *s, const struct minder *k)
{
	const char *space = minder_value(k, "-namespace"), *id = minder_value(k, "-id");
	enum workload_engine engine = ENGINE_CONTAINERD;
	char dir[PATH_MAX], above[PATH_MAX], beside[PATH_MAX];
	bool fits = false;

	if (!id || !naming_is_file(id) || !minder_link(s->c, k->pid, "cwd", dir))
		return;
	if (space && !strcmp(space, "moby"))
		engine = ENGINE_DOCKER;
	parent_of(dir, 1, above);
	for (size_t i = 0; i < s->parsed.levels; i++) {
		const char *other = s->parsed.level[i].id;

		if (strcmp(other, id) && naming_is_file(other) &&
		    snprintf(beside, sizeof(beside), "%s/%s", above, other) < (int)sizeof(beside))
			fits |= candidate_bundle(s, beside, other, engine, k->owner, NULL);
	}
	fits |= candidate_bundle(s, dir, id, engine, k->owner, NULL);
	/* Only what was right once: a command line is anybody's to write. */
	if (fits && !k->owner)
		stores_add(s->c, PLACE_BUNDLES, engine, above);
}

/* conmon -c ID -b BUNDLE -n NAME; podman's bundle is STORAGE/ID/userdata. */
static void try_conmon(struct search *s, const struct minder *k)
{
	const char *id = minder_value(k, "-c"), *dir = minder_value(k, "-b"), *root = minder_passed_on(k, "--runroot");
	char storage[PATH_MAX];

	if (!id || !dir || *dir != '/' || !naming_is_file(id))
		return;
	parent_of(dir, 2, storage);
	if (!candidate_bundle(s, dir, id, ENGINE_PODMAN, k->owner, storage) || k->owner)
		return;
	stores_add(s->c, PLACE_STORAGE, ENGINE_PODMAN, storage);
	if (root)
		stores_add_storage(s->c, root);
	/* What --rm leaves of it stands below the other root. */
	if (s->best && !s->best->text[WORKLOAD_NAME])
		naming_of(s, s->best, 0);
	if (s->best && !s->best->text[WORKLOAD_NAME])
		naming_put(s->best, WORKLOAD_NAME, minder_value(k, "-n"));
}

/* runc [--root DIR] run|create [-b BUNDLE] ID */
static void try_runtime(struct search *s, const struct minder *k, enum workload_engine engine)
{
	const char *dir = minder_value(k, "-b") ?: minder_value(k, "--bundle"), *id = NULL;
	const char *root = minder_value(k, "--root");
	char cwd[PATH_MAX];
	bool starts = false;

	for (const char *w = k->words; w; w = minder_next(k, w)) {
		starts |= !strcmp(w, "run") || !strcmp(w, "create");
		id = w;
	}
	if (!starts || !id || !naming_is_file(id))
		return;
	if (!dir && !minder_link(s->c, k->pid, "cwd", cwd))
		return;
	if (candidate_bundle(s, dir ?: cwd, id, engine, k->owner, NULL) && !k->owner && root && engine == ENGINE_RUNC)
		stores_add(s->c, PLACE_RUNTIMES, engine, root);
}

static void try_keeper(struct search *s, struct minder *k)
{
	const char *name = minder_program(k);
	bool shim = !strncmp(name, "containerd-shim", strlen("containerd-shim"));
	bool conmon = !strcmp(name, "conmon"), runc = !strcmp(name, "runc"), crun = !strcmp(name, "crun");

	if (!shim && !conmon && !runc && !crun)
		return;
	/* Root of a container is root too: it does not get its word in here, and nobody's files are taken for another's. */
	if (!k->owner && !minder_shares_files(s->c, k->pid))
		return;
	if (shim)
		try_shim(s, k);
	else if (conmon)
		try_conmon(s, k);
	else
		try_runtime(s, k, runc ? ENGINE_RUNC : ENGINE_CRUN);
}

/*
 * By its thread's name, which costs nothing: the words of a command line are the process's own memory, and reading that can
 * take as long as the process likes.
 */
static bool may_be_keeper(const struct proc_stat *p)
{
	static const char *const names[] = { "containerd-shim", "conmon", "runc", "crun" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(p->comm, names[i], strlen(names[i])))
			return true;
	return false;
}

void byminder_find(struct search *s)
{
	struct minder *k = malloc(sizeof(*k));
	pid_t pid = s->pid;

	for (int i = 0; k && i < ANCESTORS && pid > 1; i++) {
		struct proc_stat p;

		if (proc_stat(s->c->proc, pid, &p)) {
			pid = i ? 0 : s->ppid;
			continue;
		}
		if (may_be_keeper(&p) && !minder_read(s->c, pid, k))
			try_keeper(s, k);
		pid = p.ppid;
	}
	free(k);
}
