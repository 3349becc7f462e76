/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/near.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/glob.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/enrich/places.h"
#include "user/host/cgroups.h"
#include "user/host/container.h"
#include "user/host/containers.h"
#include "user/host/units.h"
#include "user/model/where.h"

enum { NAMES_MAX = 16384, FULL = 1 };

struct names {
	const struct where_term *term;
	struct places *places;
	char **at;
	size_t count;
	bool exact;		/* one is the name that is asked for */
};

/* FULL where there is no more room, or no need. */
static int add(struct names *n, const char *name)
{
	if (!name || !*name)
		return 0;
	if (!strcmp(name, n->term->glob))
		n->exact = true;
	if (n->exact || n->count == NAMES_MAX)
		return FULL;
	n->at[n->count] = strdup(name);
	return n->at[n->count] ? (n->count++, 0) : FULL;
}

static int take_place(void *ctx, const char *path, uint64_t id)
{
	struct names *n = ctx;
	const struct workload *w = places_of(n->places, path);
	struct where_subject s = { .known = 0 };

	(void)id;
	if (!w)
		return 0;
	where_subject_of_workload(w, &s);
	return add(n, s.is[n->term->key].name);
}

static int take_unit(void *ctx, const struct units_unit *u)
{
	return add(ctx, u->of_users ? NULL : u->name);
}

static int take_container(void *ctx, const struct container *c)
{
	struct names *n = ctx;

	return add(n, n->term->key == WHERE_IMAGE ? c->image : c->name);
}

/* What cannot be read has no names for us. */
static void pass_over(void *ctx, const char *path, int error)
{
	(void)ctx;
	(void)path;
	(void)error;
}

static void collect(const char *proc, struct names *n)
{
	const struct units_config units = { .root = "/", .ctx = n, .unit = take_unit, .trouble = pass_over };
	const struct containers_config containers = {
		.root = "/", .proc = proc, .ctx = n, .container = take_container, .trouble = pass_over,
	};

	n->places = places_new(proc, PLACES_ONCE);
	if (n->places)
		cgroups_each(proc, take_place, n);
	places_free(n->places);
	if (n->term->key == WHERE_UNIT && !n->exact)
		units_each(&units);
	if ((n->term->key == WHERE_CONTAINER || n->term->key == WHERE_IMAGE) && !n->exact)
		containers_each(&containers);
}

void near_suggest(const char *proc, const struct where_term *term, struct buf *b)
{
	struct names n = { .term = term, .at = calloc(NAMES_MAX, sizeof(*n.at)) };
	size_t nearest;

	if (n.at && glob_is_plain(term->glob))
		collect(proc, &n);
	if (n.at && !n.exact && word_nearest(term->glob, strlen(term->glob), (const char *const *)n.at, n.count, &nearest)) {
		buf_puts(b, "; did you mean '");
		text_escape(b, n.at[nearest], strlen(n.at[nearest]));
		buf_puts(b, "'?");
	}
	for (size_t i = 0; i < n.count; i++)
		free(n.at[i]);
	free(n.at);
}
