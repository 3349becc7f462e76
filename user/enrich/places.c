/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/enrich/places.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/caps/capset.h"
#include "user/caps/unitfile.h"
#include "user/host/container.h"
#include "user/host/containers.h"
#include "user/host/units.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

enum { PLACES_MAX = 16384 };

struct place {
	char *cgroup;
	struct workload *is;
	UT_hash_handle hh;
};

/* What a unit would be granted, by its files. */
struct unit {
	char *name;
	struct unitfile_grant is;
	UT_hash_handle hh;
};

struct named {
	struct container is;
	UT_hash_handle hh;	/* by .is.id */
};

struct places {
	char *proc;
	struct place *places;
	struct named *containers;
	struct unit *units;
	bool units_read;
	enum places_how how;
	bool looked;
};

struct places *places_new(const char *proc, enum places_how how)
{
	struct places *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->how = how;
	p->proc = strdup(proc ? proc : "");
	if (!p->proc) {
		free(p);
		return NULL;
	}
	return p;
}

static void forget_places(struct places *p)
{
	struct place *place, *next;

	HASH_ITER(hh, p->places, place, next) {
		HASH_DEL(p->places, place);
		workload_unref(place->is);
		free(place->cgroup);
		free(place);
	}
}

static void forget_containers(struct places *p)
{
	struct named *n, *next;

	HASH_ITER(hh, p->containers, n, next) {
		HASH_DEL(p->containers, n);
		container_done(&n->is);
		free(n);
	}
}

static void forget_units(struct places *p)
{
	struct unit *u, *next;

	HASH_ITER(hh, p->units, u, next) {
		HASH_DEL(p->units, u);
		free(u->name);
		free(u);
	}
}

void places_free(struct places *p)
{
	if (!p)
		return;
	forget_places(p);
	forget_containers(p);
	forget_units(p);
	free(p->proc);
	free(p);
}

/* What does not fit into memory stays without its name. */
static int keep(void *ctx, const struct container *c)
{
	struct named *n = calloc(1, sizeof(*n));
	struct places *p = ctx;

	if (n && container_copy(c, &n->is)) {
		free(n);
		n = NULL;
	}
	if (!n)
		return 0;
	HASH_ADD_KEYPTR(hh, p->containers, n->is.id, strlen(n->is.id), n);
	if (!n->hh.tbl) {
		container_done(&n->is);
		free(n);
	}
	return 0;
}

/* All of them are read once, when the first is asked for. */
static const struct container *container_of(struct places *p, const char *id)
{
	const struct containers_config config = {
		.root = "/",
		.proc = p->proc,
		.all = capset_all(),
		.ctx = p,
		.container = keep,
	};
	struct named *n;

	if (!p->looked)
		containers_each(&config);
	p->looked = true;
	HASH_FIND_STR(p->containers, id, n);
	return n ? &n->is : NULL;
}

/* Is a cgroup the one that the first so many bytes of another one's path name, or one below it? */
static bool is_in(const char *cgroup, const char *path, size_t end)
{
	return cgroup && end > 1 && !strncmp(cgroup, path, end) && (!cgroup[end] || cgroup[end] == '/');
}

/* Does its bundle name this very cgroup, or is its first process there? What a user's engine says is no proof. */
static bool is_confirmed(const struct container *c, const char *path, size_t end)
{
	char *told = NULL;
	bool is = is_in(c->seen, path, end);

	if (c->of_user)
		return false;
	if (!is && c->cgroup && !cgpath_of_runtime(c->cgroup, &told))
		is = told && strlen(told) == end && is_in(told, path, end);
	free(told);
	return is;
}

static void complete(struct workload *w, const struct container *c)
{
	const struct {
		enum workload_text which;
		const char *text;
	} rows[] = {
		{ WORKLOAD_NAME, c->name },		    { WORKLOAD_IMAGE, c->image },
		{ WORKLOAD_IMAGE_ID, c->image_id },	    { WORKLOAD_PROJECT, c->project },
		{ WORKLOAD_SERVICE, c->service },	    { WORKLOAD_POD_NAMESPACE, c->pod_namespace },
		{ WORKLOAD_POD_NAME, c->pod },		    { WORKLOAD_POD_UID, c->pod_uid },
		{ WORKLOAD_POD_CONTAINER, c->pod_container },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].text)
			workload_set(w, rows[i].which, rows[i].text, strlen(rows[i].text));
	if (w->engine == ENGINE_NONE)
		w->engine = c->engine;
	if (c->pod && w->kind == WORKLOAD_CONTAINER)
		w->kind = WORKLOAD_POD;
	if (c->sandbox)
		w->flags |= WORKLOAD_SANDBOX;
	if (c->privileged_known)
		w->flags |= WORKLOAD_PRIVILEGED_KNOWN | (c->privileged ? WORKLOAD_PRIVILEGED : 0);
	w->granted = c->granted;
}

/* ---- units ------------------------------------------------------------------------------------------------------ */

static int keep_unit(void *ctx, const struct units_unit *from)
{
	struct unit *u = from->of_users ? NULL : calloc(1, sizeof(*u));
	struct places *p = ctx;

	if (!u)
		return 0;
	u->name = strdup(from->name);
	u->is = unitfile_granted(from->says, capset_all(), true);
	if (u->name)
		HASH_ADD_KEYPTR(hh, p->units, u->name, strlen(u->name), u);
	if (!u->name || !u->hh.tbl) {
		free(u->name);
		free(u);
	}
	return 0;
}

/* getty@.service of getty@tty1.service, where that has no file of its own. */
static const struct unit *unit_of(struct places *p, const char *name)
{
	const struct units_config config = { .root = "/", .ctx = p, .unit = keep_unit };
	const char *at = strchr(name, '@'), *type = strrchr(name, '.');
	char template[256];
	struct unit *u;

	if (!p->units_read)
		units_each(&config);
	p->units_read = true;
	HASH_FIND_STR(p->units, name, u);
	if (u || !at || !type || type < at)
		return u;
	snprintf(template, sizeof(template), "%.*s%s", (int)(at + 1 - name), name, type);
	HASH_FIND_STR(p->units, template, u);
	return u;
}

static void grant_unit(struct places *p, struct workload *w)
{
	const struct unit *u = w->kind == WORKLOAD_UNIT && w->text[WORKLOAD_UNIT_NAME]
				       ? unit_of(p, w->text[WORKLOAD_UNIT_NAME]) : NULL;

	if (!u)
		return;
	w->granted = (struct workload_granted){
		.source = GRANTED_UNIT,
		.bounding = u->is.bounding,
		.effective = u->is.effective,
		.permitted = u->is.effective,
		.ambient = u->is.ambient,
	};
	if (*u->is.filter)
		snprintf(w->granted.filter, sizeof(w->granted.filter), "SystemCallFilter=%s", u->is.filter);
}

/* The last name of a path may be a container's id, though no engine writes it so: of ctr, and of runc by itself. */
static const struct container *by_last_name(struct places *p, struct workload *w, const char *cgroup)
{
	const char *slash = strrchr(cgroup, '/');
	const struct container *c = w->kind == WORKLOAD_CGROUP && slash && slash[1] ? container_of(p, slash + 1) : NULL;

	if (!c || !is_confirmed(c, cgroup, strlen(cgroup)) || workload_set(w, WORKLOAD_ID, c->id, strlen(c->id)))
		return NULL;
	w->kind = WORKLOAD_CONTAINER;
	return c;
}

/* The outermost container of a path that is confirmed, and *w is what is said of that one. NULL: none is. */
static const struct container *outermost(struct places *p, const char *cgroup, struct workload **w)
{
	const struct container *c;
	struct cgpath path;

	cgpath_parse(cgroup, &path);
	for (size_t i = 0; i < path.levels; i++) {
		c = container_of(p, path.level[i].id);
		if (!c || !is_confirmed(c, cgroup, path.level[i].end))
			continue;

		struct workload *is = cgpath_workload(cgroup, 0, i);

		if (!is)
			return NULL;
		workload_unref(*w);
		*w = is;
		return c;
	}
	return NULL;
}

/* One whose engine a user runs, and whose first process is there: told, and no proof. */
static const struct container *of_user(struct places *p, const char *cgroup)
{
	const struct container *c;
	struct cgpath path;

	cgpath_parse(cgroup, &path);
	c = path.levels ? container_of(p, path.level[path.levels - 1].id) : NULL;
	return c && c->of_user && is_in(c->seen, cgroup, path.level[path.levels - 1].end) ? c : NULL;
}

/* Whose container is not confirmed keeps its id, and does not get another one's name. */
static void resolve(struct places *p, struct place *place)
{
	const char *cgroup = place->cgroup;
	const struct container *c = *cgroup == '/' ? outermost(p, cgroup, &place->is) : NULL;

	if (!c && *cgroup == '/')
		c = by_last_name(p, place->is, cgroup);
	if (c)
		place->is->flags |= WORKLOAD_VERIFIED;
	else if (*cgroup == '/')
		c = of_user(p, cgroup);
	if (c)
		complete(place->is, c);
	else
		grant_unit(p, place->is);
	place->is->flags |= WORKLOAD_RESOLVED;
}

static struct place *make(struct places *p, const char *cgroup)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->cgroup = strdup(cgroup);
	place->is = place->cgroup ? cgpath_workload(cgroup, 0, CGPATH_LEVELS) : NULL;
	if (place->is)
		HASH_ADD_KEYPTR(hh, p->places, place->cgroup, strlen(place->cgroup), place);
	if (place->is && place->hh.tbl)
		return place;
	workload_unref(place->is);
	free(place->cgroup);
	free(place);
	return NULL;
}

const struct workload *places_of(struct places *p, const char *cgroup)
{
	struct place *place;

	HASH_FIND_STR(p->places, cgroup, place);
	/* Cgroups come and go: what is still there is met again. */
	if (!place && p->how == PLACES_PATHS && HASH_COUNT(p->places) >= PLACES_MAX)
		forget_places(p);
	if (!place)
		place = make(p, cgroup);
	if (place && p->how == PLACES_ONCE && !(place->is->flags & WORKLOAD_RESOLVED))
		resolve(p, place);
	return place ? place->is : NULL;
}
