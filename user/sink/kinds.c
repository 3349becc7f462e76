/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/kinds.h"

#include <errno.h>
#include <string.h>

#include "user/model/record.h"

/*
 * What counts have in common with the event that said what they are; of no program: the last that any had. No padding.
 */
struct kind {
	uint64_t site, program;
	int32_t cap, syscall;
	uint32_t flags, tgid;
};

/* The options follow from the site, and are told of an event where the probe has none. */
#define KIND_FLAGS ((COUNT_FLAGS | COUNT_SITE_FLAGS) & ~(CHECK_OPTS_KNOWN | CHECK_NOAUDIT | CHECK_INSETID))

void kinds_init(struct kinds *k, size_t size, uint32_t max)
{
	*k = (struct kinds){ .values = BUF_INIT, .size = size, .max = max };
	index_init(&k->index, sizeof(struct kind));
}

void kinds_done(struct kinds *k)
{
	index_done(&k->index);
	buf_done(&k->values);
}

void kinds_clear(struct kinds *k)
{
	index_clear(&k->index);
	buf_clear(&k->values);
}

static struct kind kind_of(const struct count_key *key)
{
	return (struct kind){ key->site, key->program, key->cap, key->syscall, key->flags & KIND_FLAGS, key->tgid };
}

static struct kind of_any(struct kind kind)
{
	kind.program = 0;
	kind.tgid = 0;
	return kind;
}

static int put(struct kinds *k, const struct kind *kind, const void *value)
{
	const uint32_t had = k->index.count, at = index_put(&k->index, kind);

	if (at == INDEX_NONE)
		return -ENOMEM;
	if (at == had)
		buf_put(&k->values, value, k->size);
	else
		memcpy(k->values.data + at * k->size, value, k->size);
	return k->values.error;
}

int kinds_put(struct kinds *k, const struct record *r, const void *value)
{
	const struct event_check *c = &r->check;
	const struct count_key key = { c->program, c->tgid, c->cap, c->syscall, c->head.flags, r->site_id };
	const struct kind kind = kind_of(&key), any = of_any(kind);
	int err;

	if (!r->site_id)
		return 0;
	err = put(k, &any, value);
	return err || k->index.count >= k->max ? err : put(k, &kind, value);
}

const void *kinds_find(const struct kinds *k, const struct count_key *key)
{
	const struct kind kind = kind_of(key), any = of_any(kind);
	uint32_t at = index_find(&k->index, &kind);

	if (at == INDEX_NONE)
		at = index_find(&k->index, &any);
	return at == INDEX_NONE ? NULL : k->values.data + at * k->size;
}
