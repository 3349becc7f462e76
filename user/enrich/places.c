/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/enrich/places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/caps/capset.h"
#include "user/host/container.h"
#include "user/host/containers.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

struct place {
	char *cgroup;
	struct workload *is;
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
	bool looked;
};

struct places *places_new(const char *proc)
{
	struct places *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->proc = strdup(proc);
	if (!p->proc) {
		free(p);
		return NULL;
	}
	return p;
}

void places_free(struct places *p)
{
	struct place *place, *next;
	struct named *n, *next_named;

	if (!p)
		return;
	HASH_ITER(hh, p->places, place, next) {
		HASH_DEL(p->places, place);
		workload_unref(place->is);
		free(place->cgroup);
		free(place);
	}
	HASH_ITER(hh, p->containers, n, next_named) {
		HASH_DEL(p->containers, n);
		container_done(&n->is);
		free(n);
	}
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

static const struct container *container_of(struct places *p, const char *id)
{
	const struct containers_config config = {
		.root = "/", .proc = p->proc, .all = capset_all(), .ctx = p, .container = keep,
	};
	struct named *n;

	if (!p->looked)
		containers_each(&config);
	p->looked = true;
	HASH_FIND_STR(p->containers, id, n);
	return n ? &n->is : NULL;
}

/* Is this the cgroup that the engine's own process is in, or one below it? */
static bool is_confirmed(const struct container *c, const char *cgroup)
{
	size_t n = c->seen ? strlen(c->seen) : 0;

	return n > 1 && !c->of_user && !strncmp(c->seen, cgroup, n) && (!cgroup[n] || cgroup[n] == '/');
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

/* The last name of a path may be a container's id, though no engine writes it so: of ctr, and of runc by itself. */
static const struct container *find(struct places *p, const struct workload *w, const char *cgroup)
{
	const struct container *c;

	if (w->text[WORKLOAD_ID])
		return container_of(p, w->text[WORKLOAD_ID]);
	if (w->kind != WORKLOAD_CGROUP || !strcmp(cgroup, "/"))
		return NULL;
	c = container_of(p, strrchr(cgroup, '/') + 1);
	return c && is_confirmed(c, cgroup) ? c : NULL;
}

static void resolve(struct places *p, struct workload *w, const char *cgroup)
{
	const struct container *c = strchr(cgroup, '/') ? find(p, w, cgroup) : NULL;

	w->flags |= WORKLOAD_RESOLVED;
	if (!c)
		return;
	if (w->kind == WORKLOAD_CGROUP) {
		w->kind = WORKLOAD_CONTAINER;
		workload_set(w, WORKLOAD_ID, c->id, strlen(c->id));
	}
	complete(w, c);
	if (is_confirmed(c, cgroup))
		w->flags |= WORKLOAD_VERIFIED;
}

const struct workload *places_of(struct places *p, const char *cgroup)
{
	struct place *place;

	HASH_FIND_STR(p->places, cgroup, place);
	if (place)
		return place->is;
	place = calloc(1, sizeof(*place));
	if (!place)
		return NULL;
	place->cgroup = strdup(cgroup);
	place->is = place->cgroup ? cgpath_workload(cgroup, 0, CGPATH_LEVELS) : NULL;
	if (place->is) {
		resolve(p, place->is, cgroup);
		HASH_ADD_KEYPTR(hh, p->places, place->cgroup, strlen(place->cgroup), place);
	}
	if (!place->is || !place->hh.tbl) {
		workload_unref(place->is);
		free(place->cgroup);
		free(place);
		return NULL;
	}
	return place->is;
}
