/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/grantee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/facts.h"

void grantee_done(struct grantee *g)
{
	free(g->name);
	free(g->id);
	free(g->image);
	free(g->user);
	free(g->owner);
	free(g->slice);
	free(g->from);
	buf_done(&g->names);
	*g = (struct grantee){ .kind = g->kind };
}

const char *grantee_risk_name(enum grantee_risk risk)
{
	static const char *const names[] = { "none", "low", "moderate", "unknown", "high", "root", "privileged" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == GRANTEE_RISKS, "a word for each");
	return names[risk];
}

const char *grantee_kind_name(enum grantee_kind kind)
{
	static const char *const names[] = { "unit", "user_unit", "container" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == GRANTEE_KINDS, "a word for each");
	return names[kind];
}

const char *grantee_state_name(enum grantee_state state)
{
	static const char *const names[] = { NULL, "stopped", "running" };

	return names[state];
}

static enum grantee_risk risk_of_set(uint64_t set)
{
	static const enum grantee_risk risks[FACT_LEVELS] = {
		[FACT_LOW] = GRANTEE_LOW,
		[FACT_MODERATE] = GRANTEE_MODERATE,
		[FACT_HIGH] = GRANTEE_HIGH,
		[FACT_ROOT] = GRANTEE_ROOT,
	};
	enum grantee_risk most = GRANTEE_NONE;

	for (unsigned nr = 0; set; nr++, set >>= 1) {
		const struct fact *fact = fact_of(nr);
		/* What has no name yet is not known to be harmless. */
		enum grantee_risk risk = fact ? risks[fact->level] : GRANTEE_HIGH;

		if (set & 1 && risk > most)
			most = risk;
	}
	return most;
}

/* In a user namespace of its own it has nothing over the host, but reaches more of the kernel. */
enum grantee_risk grantee_risk(const struct grantee *g)
{
	enum grantee_risk risk;

	if (!g->known)
		return GRANTEE_UNKNOWN;
	risk = g->privileged ? GRANTEE_PRIVILEGED : risk_of_set(g->effective);
	return g->own_userns && risk > GRANTEE_MODERATE ? GRANTEE_MODERATE : risk;
}

int grantees_put(struct grantees *list, struct grantee *g)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct grantee *at = reallocarray(list->at, room, sizeof(*at));

		if (!at) {
			grantee_done(g);
			return -ENOMEM;
		}
		list->at = at;
		list->room = room;
	}
	list->at[list->count++] = *g;
	return 0;
}

void grantees_done(struct grantees *list)
{
	for (size_t i = 0; i < list->count; i++)
		grantee_done(&list->at[i]);
	free(list->at);
	*list = (struct grantees){ NULL, 0, 0 };
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int by_image(const void *a, const void *b)
{
	const struct grantee *x = a, *y = b;
	int order = (int)x->kind - (int)y->kind;

	order = order ? order : compare_text(x->engine, y->engine);
	order = order ? order : compare_text(x->image, y->image);
	return order ? order : compare_text(x->name, y->name);
}

/* Containers whose image is not known are no two of the same. */
static bool is_same_image(const struct grantee *a, const struct grantee *b)
{
	return a->kind == GRANTEE_CONTAINER && b->kind == GRANTEE_CONTAINER && a->image && b->image &&
	       !strcmp(a->image, b->image) && !compare_text(a->engine, b->engine);
}

/* Of an image the riskiest container gives the name, and what only one can give. */
static void name_after(struct grantee *a, struct grantee *b)
{
	char *name = a->name, *id = a->id, *user = a->user;

	a->name = b->name;
	a->id = b->id;
	a->user = b->user;
	b->name = name;
	b->id = id;
	b->user = user;
}

/* The most that any of them has; b's memory goes. */
static void join(struct grantee *a, struct grantee *b)
{
	if (grantee_risk(b) > grantee_risk(a))
		name_after(a, b);
	if (b->known && a->known)
		a->differs |= a->effective != b->effective || a->bounding != b->bounding ||
			      a->privileged != b->privileged || a->own_userns != b->own_userns;
	else
		a->differs |= a->known != b->known;
	a->effective |= b->effective;
	a->bounding |= b->bounding;
	a->ambient |= b->ambient;
	/* An unknown one has no say in what only all of them make true. */
	a->own_userns = a->known ? a->own_userns && (!b->known || b->own_userns) : b->own_userns;
	a->no_new_privs = a->known ? a->no_new_privs && (!b->known || b->no_new_privs) : b->no_new_privs;
	a->privileged |= b->privileged;
	a->known |= b->known;
	a->count += b->count;
	a->running += b->running;
	if (b->state > a->state)
		a->state = b->state;
	buf_put(&a->names, b->names.data, b->names.len);
	grantee_done(b);
}

int grantees_join_images(struct grantees *list)
{
	size_t kept = 0;
	int err = 0;

	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), by_image);
	for (size_t i = 0; i < list->count; i++) {
		struct grantee *last = kept ? &list->at[kept - 1] : NULL;

		if (last && is_same_image(last, &list->at[i])) {
			join(last, &list->at[i]);
			err = last->names.error ? last->names.error : err;
		} else {
			list->at[kept++] = list->at[i];
		}
	}
	list->count = kept;
	return err;
}

static int by_risk(const void *a, const void *b)
{
	const struct grantee *x = a, *y = b;
	int order = (int)grantee_risk(y) - (int)grantee_risk(x);

	order = order ? order : __builtin_popcountll(y->effective) - __builtin_popcountll(x->effective);
	order = order ? order : (int)y->kind - (int)x->kind;
	order = order ? order : compare_text(x->name, y->name);
	return order ? order : compare_text(x->image, y->image);
}

void grantees_sort(struct grantees *list)
{
	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), by_risk);
}
