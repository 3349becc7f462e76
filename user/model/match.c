/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/filter.h"
#include "user/model/pattern.h"
#include "user/model/program.h"
#include "user/model/record.h"

#define INITIAL_USERNS 0xEFFFFFFDU /* PROC_USER_INIT_INO, the same on every kernel */

enum { WANTED = 1, UNWANTED = 2 };

/* An id that is in a list, plain or with !, or both: leaving out wins. */
struct entry {
	uint32_t id;
	unsigned int in;
	UT_hash_handle hh;
};

struct list {
	const struct filter_ids *of;
	struct entry *ids;
	unsigned int kinds;	/* of its entries, all together */
	bool *met;		/* an entry's name was */
};

struct process {
	uint32_t tgid, ppid;
	uint64_t program;
	unsigned int in;
	UT_hash_handle hh;
};

struct match {
	const struct filter *filter;
	struct list pids, trees, uids, gids;
	struct process *processes;	/* only where there are trees */
	struct pattern comms[FILTER_GLOBS_MAX];
};

/* ---- lists of ids ---------------------------------------------------------------------------------------------- */

static int list_add(struct list *l, uint32_t id, bool not)
{
	struct entry *e;

	HASH_FIND(hh, l->ids, &id, sizeof(id), e);
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return -ENOMEM;
		e->id = id;
		HASH_ADD(hh, l->ids, id, sizeof(id), e);
		if (!e->hh.tbl) {
			free(e);
			return -ENOMEM;
		}
	}
	e->in |= not ? UNWANTED : WANTED;
	return 0;
}

/* Names wait for what the recording calls so. */
static int list_init(struct list *l, const struct filter_ids *of)
{
	int err = 0;

	l->of = of;
	l->met = calloc(of->count + 1, sizeof(*l->met));
	if (!l->met)
		return -ENOMEM;
	for (size_t i = 0; i < of->count && !err; i++) {
		l->kinds |= of->at[i].not ? UNWANTED : WANTED;
		l->met[i] = !of->at[i].name;
		if (!of->at[i].name)
			err = list_add(l, of->at[i].id, of->at[i].not);
	}
	return err;
}

static void list_done(struct list *l)
{
	struct entry *e, *next;

	HASH_ITER(hh, l->ids, e, next) {
		HASH_DEL(l->ids, e);
		free(e);
	}
	free(l->met);
}

static int list_name(struct list *l, uint32_t id, const char *text)
{
	int err = 0;

	for (size_t i = 0; text && i < l->of->count && !err; i++) {
		const struct filter_id *f = &l->of->at[i];

		if (!f->name || strcmp(f->name, text))
			continue;
		l->met[i] = true;
		err = list_add(l, id, f->not);
	}
	return err;
}

static unsigned int list_has(const struct list *l, uint32_t id)
{
	struct entry *e;

	HASH_FIND(hh, l->ids, &id, sizeof(id), e);
	return e ? e->in : 0;
}

static bool passes(unsigned int kinds, unsigned int in)
{
	return !(in & UNWANTED) && (!(kinds & WANTED) || in & WANTED);
}

static bool id_passes(const struct list *l, uint32_t id)
{
	return !l->kinds || passes(l->kinds, list_has(l, id));
}

/* ---- trees ----------------------------------------------------------------------------------------------------- */

static struct process *process_of(const struct match *m, uint32_t tgid)
{
	struct process *p;

	HASH_FIND(hh, m->processes, &tgid, sizeof(tgid), p);
	return p;
}

static unsigned int tree_of(const struct match *m, uint32_t tgid)
{
	const struct process *p = process_of(m, tgid);

	return (p ? p->in : 0) | list_has(&m->trees, tgid);
}

/* A process keeps its place when its parent ends. A pid that is used again has another program, and another parent. */
static bool is_same(const struct process *was, const struct program *now)
{
	return was->program == now->id || (now->flags & PROGRAM_EXEC && was->ppid == now->ppid);
}

int match_program(struct match *m, const struct program *g)
{
	struct process *p;
	unsigned int in;

	if (!m->trees.kinds)
		return 0;
	p = process_of(m, g->tgid);
	in = tree_of(m, g->ppid) | (p && is_same(p, g) ? p->in : 0);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->tgid = g->tgid;
		HASH_ADD(hh, m->processes, tgid, sizeof(p->tgid), p);
		if (!p->hh.tbl) {
			free(p);
			return -ENOMEM;
		}
	}
	p->ppid = g->ppid;
	p->program = g->id;
	p->in = in;
	return 0;
}

static bool tree_passes(const struct match *m, uint32_t tgid)
{
	return !m->trees.kinds || passes(m->trees.kinds, tree_of(m, tgid));
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static bool words_pass(const struct filter_words *words, const bool hits[static FILTER_GLOBS_MAX])
{
	unsigned int kinds = 0, in = 0;

	for (size_t i = 0; i < words->count; i++) {
		unsigned int kind = words->at[i].not ? UNWANTED : WANTED;

		kinds |= kind;
		in |= hits[i] ? kind : 0;
	}
	return passes(kinds, in);
}

static bool comm_passes(const struct match *m, const struct record *r)
{
	const struct filter_words *comms = &m->filter->comms;
	bool hits[FILTER_GLOBS_MAX] = { false };

	for (size_t i = 0; i < comms->count; i++)
		hits[i] = pattern_match(&m->comms[i], r->check.comm, record_comm_len(r));
	return !comms->count || words_pass(comms, hits);
}

/* Is it the cgroup, or below it? "/" is above all. */
static bool is_under(const char *cgroup, const char *above)
{
	size_t n = strlen(above);

	while (n && above[n - 1] == '/')
		n--;
	return !strncmp(cgroup, above, n) && (!cgroup[n] || cgroup[n] == '/');
}

static bool cgroup_passes(const struct match *m, const struct record *r)
{
	const struct filter_words *cgroups = &m->filter->cgroups;
	bool hits[FILTER_GLOBS_MAX] = { false };

	for (size_t i = 0; i < cgroups->count; i++)
		hits[i] = r->program && r->program->cgroup && is_under(r->program->cgroup, cgroups->at[i].text);
	return !cgroups->count || words_pass(cgroups, hits);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

static bool cap_passes(const struct filter *f, const struct event_check *c)
{
	bool both = f->allowed == f->denied;

	if (!both && !(c->head.flags & CHECK_DENIED) != f->allowed)
		return false;
	if (f->caps == UINT64_MAX)
		return true;
	return (uint32_t)c->cap < 64 && f->caps >> c->cap & 1;
}

static bool userns_passes(const struct filter *f, uint32_t asker)
{
	uint32_t wanted = f->userns == FILTER_USERNS_INODE ? f->userns_inode : INITIAL_USERNS;
	bool not = f->userns_not ^ (f->userns == FILTER_USERNS_OWN);

	return f->userns == FILTER_USERNS_ANY || (asker == wanted) != not;
}

bool match_check(const struct match *m, const struct record *r)
{
	const struct event_check *c = &r->check;

	if (!cap_passes(m->filter, c) || !userns_passes(m->filter, c->userns_asker))
		return false;
	if (!id_passes(&m->pids, c->tgid) || !tree_passes(m, c->tgid))
		return false;
	if (!id_passes(&m->uids, c->uid) || !id_passes(&m->gids, c->gid))
		return false;
	return comm_passes(m, r) && cgroup_passes(m, r);
}

int match_user(struct match *m, uint32_t uid, const char *text)
{
	return list_name(&m->uids, uid, text);
}

int match_group(struct match *m, uint32_t gid, const char *text)
{
	return list_name(&m->gids, gid, text);
}

const char *match_unmet(const struct match *m, unsigned int n)
{
	const struct list *const lists[] = { &m->uids, &m->gids };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t k = 0; k < lists[i]->of->count; k++)
			if (!lists[i]->met[k] && n-- == 0)
				return lists[i]->of->at[k].name;
	return NULL;
}

static int compile_comms(struct match *m)
{
	int err = 0;

	for (size_t i = 0; i < m->filter->comms.count && !err; i++)
		err = pattern_compile(m->filter->comms.at[i].text, &m->comms[i]);
	return err;
}

int match_new(const struct filter *filter, struct match **ret)
{
	struct match *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->filter = filter;
	err = list_init(&m->pids, &filter->pids);
	err = err ?: list_init(&m->trees, &filter->trees);
	err = err ?: list_init(&m->uids, &filter->uids);
	err = err ?: list_init(&m->gids, &filter->gids);
	err = err ?: compile_comms(m);
	if (err) {
		match_free(m);
		return err;
	}
	*ret = m;
	return 0;
}

void match_free(struct match *m)
{
	struct process *p, *next;

	if (!m)
		return;
	HASH_ITER(hh, m->processes, p, next) {
		HASH_DEL(m->processes, p);
		free(p);
	}
	list_done(&m->pids);
	list_done(&m->trees);
	list_done(&m->uids);
	list_done(&m->gids);
	free(m);
}
