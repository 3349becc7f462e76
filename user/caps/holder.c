/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/holder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

void holder_done(struct holder *h)
{
	free(h->exe);
	free(h->cgroup);
	free(h->user);
	free(h->group);
	free(h->cmdline);
	free(h->tty);
	free(h->unit);
	free(h->slice);
	free(h->session);
	h->exe = h->cgroup = h->user = h->group = h->unit = h->slice = h->session = NULL;
	h->cmdline = h->tty = NULL;
}

uint64_t holder_set(const struct holder *h)
{
	return h->is.effective | h->is.permitted | h->is.inheritable | h->is.ambient;
}

bool holder_is_dead(const struct holder *h)
{
	return (h->state == 'Z' || h->state == 'X') && (h->threads <= 1 || h->tid != h->pid);
}

const char *holder_difference_name(unsigned bit)
{
	static const char *const names[] = { "effective", "permitted", "inheritable", "bounding",
					     "ambient",	  "ids",       "no_new_privs" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == HOLDER_DIFFERENCES, "a word for each");
	return names[bit];
}

const char *holder_workload(const struct holder *h)
{
	return h->unit ? h->unit : h->cgroup;
}

static bool other_ids(const struct credentials *a, const struct credentials *b)
{
	return a->uid != b->uid || a->euid != b->euid || a->suid != b->suid || a->gid != b->gid ||
	       a->egid != b->egid || a->sgid != b->sgid;
}

unsigned holder_compare(const struct holder *a, const struct holder *b)
{
	const struct credentials *x = &a->is, *y = &b->is;

	return (x->effective != y->effective ? HOLDER_EFFECTIVE : 0) |
	       (x->permitted != y->permitted ? HOLDER_PERMITTED : 0) |
	       (x->inheritable != y->inheritable ? HOLDER_INHERITABLE : 0) |
	       (x->bounding != y->bounding ? HOLDER_BOUNDING : 0) |
	       (x->ambient != y->ambient ? HOLDER_AMBIENT : 0) | (other_ids(x, y) ? HOLDER_IDS : 0) |
	       (x->no_new_privs != y->no_new_privs ? HOLDER_NO_NEW_PRIVS : 0);
}

int holders_put(struct holders *list, struct holder *h)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct holder *at = reallocarray(list->at, room, sizeof(*at));

		if (!at) {
			holder_done(h);
			return -ENOMEM;
		}
		list->at = at;
		list->room = room;
	}
	list->at[list->count++] = *h;
	return 0;
}

void holders_done(struct holders *list)
{
	for (size_t i = 0; i < list->count; i++)
		holder_done(&list->at[i]);
	free(list->at);
	*list = (struct holders){ NULL, 0, 0 };
}

static int by_task(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if ((x->tid == x->pid) != (y->tid == y->pid))
		return x->tid == x->pid ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

void holders_sort(struct holders *list)
{
	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), by_task);
}

const struct holder *holders_find(const struct holders *list, int pid)
{
	const struct holder key = { .pid = pid, .tid = pid };

	return list->count ? bsearch(&key, list->at, list->count, sizeof(key), by_task) : NULL;
}

/* Links by index in the sorted list, NONE being none. */
struct kinship {
	size_t parent, child, sibling;
	bool seen;
};

static size_t parent_of(const struct holders *list, size_t i)
{
	const struct holder *h = &list->at[i];
	bool thread = h->tid != h->pid;
	const struct holder *parent = holders_find(list, thread ? h->pid : h->ppid);

	return parent && parent != h ? (size_t)(parent - list->at) : NONE;
}

/* From the last to the first, so that the youngest child is linked first and is the last in its family. */
static void link_families(const struct holders *list, struct kinship *k)
{
	for (size_t i = 0; i < list->count; i++)
		k[i] = (struct kinship){ NONE, NONE, NONE, false };
	for (unsigned threads = 0; threads <= 1; threads++)
		for (size_t i = list->count; i-- > 0;) {
			const struct holder *h = &list->at[i];
			size_t parent = parent_of(list, i);

			if ((h->tid != h->pid) != threads || parent == NONE)
				continue;
			k[i].parent = parent;
			k[i].sibling = k[parent].child;
			k[parent].child = i;
		}
}

/* Where to go from i: down, else aside, else up until there is an aside; never above `top`. */
static size_t next_of(const struct kinship *k, size_t i, size_t top)
{
	size_t next = k[i].child;

	while (next != NONE && k[next].seen)
		next = k[next].sibling;
	while (next == NONE && i != top) {
		next = k[i].sibling;
		while (next != NONE && k[next].seen)
			next = k[next].sibling;
		i = k[i].parent;
	}
	return next;
}

struct walk {
	const struct holders *list;
	struct kinship *k;
	size_t *place; /* of each entry, in nodes */
	struct holder_node *nodes;
	size_t count;
};

static void walk_family(struct walk *w, size_t top)
{
	for (size_t i = top; i != NONE; i = next_of(w->k, i, top)) {
		size_t parent = i == top ? NONE : w->place[w->k[i].parent];

		w->k[i].seen = true;
		w->place[i] = w->count;
		w->nodes[w->count++] = (struct holder_node){
			&w->list->at[i], parent, parent == NONE ? 0 : w->nodes[parent].depth + 1
		};
	}
}

/* A pid that was used again between two looks can make a circle of them, which has no top: any is as good. */
int holders_tree(const struct holders *list, struct holder_node **ret)
{
	size_t n = list->count ? list->count : 1;
	struct walk w = {
		list, calloc(n, sizeof(*w.k)), calloc(n, sizeof(*w.place)), calloc(n, sizeof(*w.nodes)), 0,
	};
	int err = -ENOMEM;

	if (w.k && w.place && w.nodes) {
		link_families(list, w.k);
		for (size_t i = 0; i < list->count; i++)
			if (w.k[i].parent == NONE)
				walk_family(&w, i);
		for (size_t i = 0; i < list->count; i++)
			if (!w.k[i].seen)
				walk_family(&w, i);
		*ret = w.nodes;
		w.nodes = NULL;
		err = 0;
	}
	free(w.k);
	free(w.place);
	free(w.nodes);
	return err;
}
