/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/learned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/history/learn.h"
#include "user/model/workload.h"

struct one {
	char *key;
	uint64_t until_ns, caps;
};

/* In the order of their keys. */
struct list {
	struct one *at;
	size_t count, room;
};

struct learned {
	struct list list;
};

static void done(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i].key);
	free(l->at);
	*l = (struct list){ .at = NULL };
}

struct learned *learned_new(void)
{
	return calloc(1, sizeof(struct learned));
}

void learned_free(struct learned *l)
{
	if (!l)
		return;
	done(&l->list);
	free(l);
}

static int take(void *ctx, const struct learn_baseline *b)
{
	struct list *l = ctx;
	const size_t room = l->room ? 2 * l->room : 64;
	struct one *at = l->count < l->room ? l->at : reallocarray(l->at, room, sizeof(*at));

	if (!at)
		return -ENOMEM;
	l->room = at == l->at && l->count < l->room ? l->room : room;
	l->at = at;
	at[l->count] = (struct one){ strdup(b->key), b->until_ns, b->caps };
	return at[l->count++].key ? 0 : -ENOMEM;
}

static bool differ(const struct list *a, const struct list *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i].key, b->at[i].key) || a->at[i].until_ns != b->at[i].until_ns || a->at[i].caps != b->at[i].caps)
			return true;
	return false;
}

int learned_look(struct learned *l, struct history *h, uint64_t span_ns, uint64_t now_ns, bool *ret_changed)
{
	struct list now = { .at = NULL };
	unsigned concluded;
	int err = span_ns ? learn_look(h, span_ns, now_ns, &concluded) : 0;

	err = err ? err : learn_each(h, take, &now);
	if (err) {
		done(&now);
		return err;
	}
	*ret_changed = differ(&l->list, &now);
	done(&l->list);
	l->list = now;
	return 0;
}

static int compare(const void *key, const void *at)
{
	return strcmp(key, ((const struct one *)at)->key);
}

bool learned_of(void *ctx, const struct workload *w, uint64_t *ret)
{
	const struct learned *l = ctx;
	struct buf key = BUF_INIT;
	const struct one *found = NULL;

	workload_put_key(&key, w);
	if (!key.error && l->list.count)
		found = bsearch(buf_str(&key), l->list.at, l->list.count, sizeof(*l->list.at), compare);
	buf_done(&key);
	if (!found || !found->until_ns)
		return false;
	*ret = found->caps;
	return true;
}

void learned_count(const struct learned *l, size_t *ret_done, size_t *ret_open)
{
	*ret_done = *ret_open = 0;
	for (size_t i = 0; i < l->list.count; i++)
		(*(l->list.at[i].until_ns ? ret_done : ret_open))++;
}
