/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/repeats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/base/index.h"
#include "user/model/record.h"

enum { KINDS_MAX = 16384 };	/* of one turn */

/* What a count has in common with the event of its kind. No padding. */
struct kind {
	uint64_t site, program;
	int32_t cap, syscall;
	uint32_t flags, tgid;
};

/* The options follow from the site, and are told of an event where the probe has none. */
#define KIND_FLAGS ((COUNT_FLAGS | COUNT_SITE_FLAGS) & ~(CHECK_OPTS_KNOWN | CHECK_NOAUDIT | CHECK_INSETID))

struct turn {
	struct index kinds;
	struct buf events;	/* a struct event_check_site of each */
};

struct repeats {
	struct turn now, before;
};

static void turn_init(struct turn *t)
{
	index_init(&t->kinds, sizeof(struct kind));
	t->events = (struct buf)BUF_INIT;
}

static void turn_done(struct turn *t)
{
	index_done(&t->kinds);
	buf_done(&t->events);
}

struct repeats *repeats_new(void)
{
	struct repeats *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	turn_init(&p->now);
	turn_init(&p->before);
	return p;
}

void repeats_free(struct repeats *p)
{
	if (!p)
		return;
	turn_done(&p->now);
	turn_done(&p->before);
	free(p);
}

void repeats_put(struct repeats *p, const struct record *r, const void *data, size_t size)
{
	const struct event_check *c = &r->check;
	const struct kind kind = { r->site_id, c->program, c->cap, c->syscall, c->head.flags & KIND_FLAGS, c->tgid };
	struct turn *t = &p->now;
	const uint32_t had = t->kinds.count;
	uint32_t at;

	if (!r->site_id || size != sizeof(struct event_check_site) || had >= KINDS_MAX || t->events.error)
		return;
	at = index_put(&t->kinds, &kind);
	if (at == had)
		buf_put(&t->events, data, size);
	else if (at != INDEX_NONE)
		memcpy(t->events.data + at * size, data, size);
}

static const void *find(const struct turn *t, const struct kind *kind)
{
	const uint32_t at = index_find(&t->kinds, kind);
	const size_t size = sizeof(struct event_check_site);

	return at == INDEX_NONE || (at + 1) * size > t->events.len ? NULL : t->events.data + at * size;
}

const void *repeats_find(const struct repeats *p, const struct count_key *key, size_t *ret_size)
{
	const struct kind kind = { key->site, key->program, key->cap, key->syscall, key->flags & KIND_FLAGS, key->tgid };

	*ret_size = sizeof(struct event_check_site);
	return find(&p->now, &kind) ?: find(&p->before, &kind);
}

void repeats_turn(struct repeats *p)
{
	const struct turn old = p->before;

	p->before = p->now;
	p->now = old;
	index_clear(&p->now.kinds);
	buf_clear(&p->now.events);
}
