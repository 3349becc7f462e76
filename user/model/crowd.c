/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/crowd.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/index.h"
#include "user/model/workload.h"

enum { CAPS = 64, SERIALS_MAX = 8192 };

struct figures {
	uint64_t of[CAPS][CROWD_WHATS];
};

struct one {
	char *key;
	uint64_t window;	/* checks in this window */
	uint64_t heard_ns;	/* at the end of which window it was last heard */
	struct figures *own;	/* NULL: it is one of the others */
	UT_hash_handle hh;
};

struct crowd {
	struct one *all;
	size_t most, members;
	struct figures other;
	uint64_t turned_ns;
	struct index serials;	/* of workloads, so that names are not made again and again: */
	struct buf ones;	/* struct one * for each; NULL: one of the others for good */
};

struct crowd *crowd_new(void)
{
	struct crowd *c = calloc(1, sizeof(*c));

	if (c)
		index_init(&c->serials, sizeof(uint64_t));
	return c;
}

static void forget_serials(struct crowd *c)
{
	index_clear(&c->serials);
	buf_clear(&c->ones);
}

static void leave(struct crowd *c, struct one *o)
{
	c->members -= o->own != NULL;
	free(o->own);
	o->own = NULL;
}

static void drop(struct crowd *c, struct one *o)
{
	HASH_DEL(c->all, o);
	leave(c, o);
	free(o->key);
	free(o);
}

void crowd_free(struct crowd *c)
{
	if (!c)
		return;
	while (c->all)
		drop(c, c->all);
	index_done(&c->serials);
	buf_done(&c->ones);
	free(c);
}

/* ---- who ------------------------------------------------------------------------------------------------------- */

/* Has it a name that few others will have after it, and that somebody gave it on purpose? */
static bool has_name(const struct workload *w)
{
	if (workload_is_container(w))
		return w->text[WORKLOAD_NAME] || (w->kind == WORKLOAD_POD && w->text[WORKLOAD_POD_NAME]);
	return w->kind == WORKLOAD_UNIT || w->kind == WORKLOAD_USER_UNIT;
}

static struct one *add_one(struct crowd *c, const char *key)
{
	struct one *o;

	HASH_FIND_STR(c->all, key, o);
	if (o || HASH_COUNT(c->all) >= CROWD_KNOWN_MAX)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->key = strdup(key);
	if (o->key)
		HASH_ADD_KEYPTR(hh, c->all, o->key, strlen(o->key), o);
	if (o->hh.tbl)
		return o;
	free(o->key);
	free(o);
	return NULL;
}

static struct one *look(struct crowd *c, const struct workload *w)
{
	struct buf key = BUF_INIT;
	struct one *o = NULL;

	if (!has_name(w))
		return NULL;
	workload_put_key(&key, w);
	if (!key.error && key.len && key.len < CROWD_KEY_MAX)
		o = add_one(c, buf_str(&key));
	buf_done(&key);
	return o;
}

static struct one *find(struct crowd *c, const struct workload *w)
{
	uint32_t at;
	struct one *o;

	if (!w || !w->serial)
		return w ? look(c, w) : NULL;
	at = index_find(&c->serials, &w->serial);
	if (at != INDEX_NONE)
		return ((struct one **)c->ones.data)[at];
	if (c->serials.count == SERIALS_MAX)
		forget_serials(c);
	o = look(c, w);
	if (!buf_reserve(&c->ones, sizeof(o)) && index_put(&c->serials, &w->serial) != INDEX_NONE)
		buf_put(&c->ones, &o, sizeof(o));
	return o;
}

/* ---- who has figures of his own -------------------------------------------------------------------------------- */

static void join(struct crowd *c, struct one *o)
{
	o->own = calloc(1, sizeof(*o->own));
	c->members += o->own != NULL;
}

/* NULL: there is none. */
static struct one *least_busy(const struct crowd *c)
{
	struct one *least = NULL;

	for (struct one *o = c->all; o; o = o->hh.next)
		if (o->own && (!least || o->window < least->window))
			least = o;
	return least;
}

static struct one *busiest_other(const struct crowd *c)
{
	struct one *most = NULL;

	for (struct one *o = c->all; o; o = o->hh.next)
		if (!o->own && o->window && (!most || o->window > most->window))
			most = o;
	return most;
}

void crowd_set_most(struct crowd *c, size_t most)
{
	c->most = most < CROWD_MOST_MAX ? most : CROWD_MOST_MAX;
	for (struct one *o; c->members > c->most && (o = least_busy(c));)
		leave(c, o);
}

/* Each that joins has more checks than who joins after him: it ends. */
static void choose(struct crowd *c)
{
	for (struct one *o; c->most && (o = busiest_other(c));) {
		struct one *least = c->members < c->most ? NULL : least_busy(c);

		if (least && o->window / 2 <= least->window)
			return;
		if (least)
			leave(c, least);
		join(c, o);
		if (!o->own)
			return;
	}
}

void crowd_turn(struct crowd *c, uint64_t now_ns)
{
	struct one *o, *next;

	if (!c->turned_ns)
		c->turned_ns = now_ns;
	if (now_ns - c->turned_ns < CROWD_WINDOW_NS)
		return;
	c->turned_ns = now_ns;
	choose(c);
	for (o = c->all; o; o = next) {
		next = o->hh.next;
		if (o->window || !o->heard_ns)
			o->heard_ns = now_ns;
		o->window = 0;
		if (!o->own && now_ns - o->heard_ns >= CROWD_KEPT_NS)
			drop(c, o);
	}
	forget_serials(c);
}

/* ---- figures --------------------------------------------------------------------------------------------------- */

void crowd_add(struct crowd *c, const struct workload *w, unsigned int cap, enum crowd_what what, uint64_t n)
{
	struct one *o = find(c, w);

	if (cap >= CAPS)
		return;
	if (o && what != CROWD_OUTSIDE)
		o->window += n;
	if (o && !o->own && c->members < c->most)
		join(c, o);
	(o && o->own ? o->own : &c->other)->of[cap][what] += n;
}

size_t crowd_known(const struct crowd *c)
{
	size_t n = 0;

	for (const struct one *o = c->all; o; o = o->hh.next)
		n += o->window || !o->heard_ns || c->turned_ns - o->heard_ns < CROWD_KEPT_NS;
	return n;
}

static void tell(const struct crowd *c, const char *key, const struct figures *f, crowd_fn fn, void *ctx)
{
	for (unsigned int cap = 0; cap < CAPS; cap++)
		for (int what = c->most ? 0 : CROWD_OUTSIDE; what < CROWD_WHATS; what++)
			if (f->of[cap][what])
				fn(ctx, key, cap, (enum crowd_what)what, f->of[cap][what]);
}

void crowd_each(const struct crowd *c, crowd_fn fn, void *ctx)
{
	tell(c, CROWD_OTHER, &c->other, fn, ctx);
	for (const struct one *o = c->all; o; o = o->hh.next)
		if (o->own)
			tell(c, o->key, o->own, fn, ctx);
}
