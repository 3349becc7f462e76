/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/holding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/holder.h"
#include "user/model/filter.h"
#include "user/model/pattern.h"

static bool comm_matches(const char *word, const void *what)
{
	const struct holder *h = what;
	struct pattern p;
	size_t n = strnlen(h->comm, PATTERN_MAX);

	return !pattern_compile(word, &p) && pattern_match(&p, h->comm, n);
}

static bool cgroup_matches(const char *word, const void *what)
{
	const struct holder *h = what;
	size_t n = strlen(word);

	if (!h->cgroup)
		return false;
	if (!strcmp(word, "/"))
		return true;
	return !strncmp(word, h->cgroup, n) && (!h->cgroup[n] || h->cgroup[n] == '/');
}

static bool userns_passes(const struct filter *f, const struct holder *h)
{
	bool initial = h->userns == HOLDER_USERNS_INITIAL;

	switch (f->userns) {
	case FILTER_USERNS_HOST:
		return initial != f->userns_not;
	case FILTER_USERNS_OWN:
		return initial == f->userns_not;
	case FILTER_USERNS_INODE:
		return (h->userns == f->userns_inode) != f->userns_not;
	default:
		return true;
	}
}

static bool caps_pass(const struct holding *what, const struct holder *h)
{
	uint64_t set = holder_set(h);

	return (!what->wanted || set & what->wanted) && !(set & what->unwanted);
}

static bool names_some(const struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->at[i].not)
			return true;
	return false;
}

/* Who is named by his number is shown whatever he holds. */
static bool counts(const struct holding *what, const struct holder *h)
{
	return what->all || names_some(&what->filter->pids) ||
	       (holder_set(h) && !h->kernel && !holder_is_dead(h));
}

static bool status_passes(const struct holding *what, const struct holder *h)
{
	const struct filter *f = what->filter;

	return filter_ids_pass(&f->pids, (uint32_t)h->pid) && filter_ids_pass(&f->uids, h->is.uid) &&
	       filter_ids_pass(&f->gids, h->is.gid) && filter_words_pass(&f->comms, comm_matches, h) &&
	       caps_pass(what, h);
}

bool holding_may(const struct holding *what, const struct holder *h)
{
	return counts(what, h) && status_passes(what, h);
}

static bool is_undecided(const struct filter *f, const struct holder *h)
{
	return (f->cgroups.count && !h->cgroup) || (f->userns != FILTER_USERNS_ANY && !h->userns);
}

static bool rest_passes(const struct filter *f, const struct holder *h)
{
	return filter_words_pass(&f->cgroups, cgroup_matches, h) && userns_passes(f, h);
}

/* ---- who it is, for conditions ---------------------------------------------------------------------------------- */

enum { ANCESTORS_MAX = 256 };

/* What is asked, with the room for what it points to. */
struct question {
	struct where_subject is;
	struct where_ancestor ancestors[ANCESTORS_MAX];
	char uid[12], gid[12], userns[12];
};

static void know(struct where_subject *s, enum where_key key, const char *name, const char *also)
{
	s->known |= 1U << key;
	s->is[key] = (struct where_names){ name, also };
}

static void take_ids(struct question *q, const struct holder *h)
{
	snprintf(q->uid, sizeof(q->uid), "%u", h->is.uid);
	snprintf(q->gid, sizeof(q->gid), "%u", h->is.gid);
	know(&q->is, WHERE_USER, h->user, q->uid);
	know(&q->is, WHERE_GROUP, h->group, q->gid);
	if (!h->userns)
		return;
	snprintf(q->userns, sizeof(q->userns), "%u", h->userns);
	know(&q->is, WHERE_USERNS, h->userns == HOLDER_USERNS_INITIAL ? "host" : "own", q->userns);
}

/* A thread of the kernel has no executable, no command line and no terminal, which is known. */
static void take_program(struct question *q, const struct holder *h)
{
	bool none = h->kernel || holder_is_dead(h);

	know(&q->is, WHERE_COMM, h->comm, NULL);
	if (h->exe || none)
		know(&q->is, WHERE_EXE, h->exe, NULL);
	if (h->cmdline || none)
		know(&q->is, WHERE_CMDLINE, h->cmdline, NULL);
	if (h->tty || none)
		know(&q->is, WHERE_TTY, h->tty && *h->tty ? h->tty : NULL, NULL);
}

static void take_place(struct question *q, const struct holder *h)
{
	if (h->workload)
		where_subject_of_workload(h->workload, &q->is);
	if (!h->cgroup || q->is.known & 1U << WHERE_CGROUP)
		return;
	know(&q->is, WHERE_CGROUP, h->cgroup, NULL);
	know(&q->is, WHERE_UNIT, h->unit, NULL);
	know(&q->is, WHERE_SLICE, h->slice, NULL);
}

/* Those of a thread are its process's. What stands above the list - another pid namespace - is nobody's to see. */
static void take_ancestors(struct question *q, const struct holder_node *node, const struct holder_node *nodes)
{
	const struct holder *h = node->holder;
	size_t n = 0;

	for (size_t i = node->parent; i != SIZE_MAX && n < ANCESTORS_MAX; i = nodes[i].parent) {
		const struct holder *above = nodes[i].holder;

		if (above->pid != h->pid)
			q->ancestors[n++] = (struct where_ancestor){ above->exe, above->comm };
	}
	q->is.ancestors = q->ancestors;
	q->is.ancestor_count = n;
	q->is.known |= 1U << WHERE_ANCESTOR;
}

static enum where_answer who_passes(const struct filter *f, const struct holder_node *node, const struct holder_node *nodes)
{
	struct question q;

	if (!filter_keys(f))
		return WHERE_YES;
	q.is = (struct where_subject){ .known = 0 };
	take_ids(&q, node->holder);
	take_program(&q, node->holder);
	take_place(&q, node->holder);
	if (filter_keys(f) & 1U << WHERE_ANCESTOR)
		take_ancestors(&q, node, nodes);
	return filter_who(f, &q.is);
}

enum { IN_WANTED = 1, IN_UNWANTED = 2 };

/* Of each node, in which trees it stands: its parent's, and its own where it is the root of one. */
static void mark_trees(const struct filter_ids *trees, const struct holder_node *nodes, size_t count,
		       unsigned char *marks)
{
	for (size_t i = 0; i < count; i++) {
		marks[i] = nodes[i].parent == SIZE_MAX ? 0 : marks[nodes[i].parent];
		for (size_t k = 0; k < trees->count; k++)
			if (trees->at[k].id == (uint32_t)nodes[i].holder->pid)
				marks[i] |= trees->at[k].not ? IN_UNWANTED : IN_WANTED;
	}
}

static bool tree_passes(const struct filter_ids *trees, unsigned char mark)
{
	return !(mark & IN_UNWANTED) && (mark & IN_WANTED || !names_some(trees));
}

static void count_left_out(const struct holding *what, const struct holder *h, struct holding_choice *choice)
{
	const struct filter *f = what->filter;

	if (!holder_set(h) || !status_passes(what, h))
		return;
	/* They are not looked at closer, so it is not known whether they are meant. */
	if (filter_keys(f) || f->cgroups.count || f->userns != FILTER_USERNS_ANY)
		return;
	choice->kernel += h->kernel;
	choice->dead += holder_is_dead(h);
}

/* A thread that holds the same as its process is told by that, where that is chosen. */
static bool adds_nothing(const struct holder *h, const struct holder_node *node,
			 const struct holder_node *nodes, const struct holders *list, const bool *chosen)
{
	return h->tid != h->pid && !h->differs && node->parent != SIZE_MAX &&
	       chosen[nodes[node->parent].holder - list->at];
}

static bool choose(const struct holding *what, const struct holder_node *node, const struct holder_node *nodes,
		   unsigned char mark, struct holding_choice *choice)
{
	const struct holder *h = node->holder;
	enum where_answer who;

	if (!tree_passes(&what->filter->trees, mark))
		return false;
	if (!holding_may(what, h)) {
		count_left_out(what, h, choice);
		return false;
	}
	if (is_undecided(what->filter, h)) {
		choice->undecided++;
		return false;
	}
	if (!rest_passes(what->filter, h))
		return false;
	who = who_passes(what->filter, node, nodes);
	choice->undecided += who == WHERE_UNKNOWN;
	return who == WHERE_YES;
}

int holding_choose(const struct holding *what, const struct holders *list, const struct holder_node *nodes,
		   struct holding_choice *ret)
{
	size_t n = list->count ? list->count : 1;
	struct holding_choice choice = { .chosen = calloc(n, sizeof(*choice.chosen)) };
	unsigned char *marks = calloc(n, 1);

	if (!choice.chosen || !marks) {
		free(choice.chosen);
		free(marks);
		return -ENOMEM;
	}
	mark_trees(&what->filter->trees, nodes, list->count, marks);
	for (size_t i = 0; i < list->count; i++) {
		const struct holder *h = nodes[i].holder;

		choice.chosen[h - list->at] = !adds_nothing(h, &nodes[i], nodes, list, choice.chosen) &&
					      choose(what, &nodes[i], nodes, marks[i], &choice);
	}
	free(marks);
	*ret = choice;
	return 0;
}
