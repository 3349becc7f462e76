/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/filter.h"
#include "user/model/lifecycle.h"
#include "user/model/pattern.h"
#include "user/model/program.h"
#include "user/model/record.h"

#define INITIAL_USERNS 0xEFFFFFFDU /* PROC_USER_INIT_INO, the same on every kernel */

/* Bits of what tree a process is in. */
enum { WANTED = 1, UNWANTED = 2 };

/* Users or groups: those of the filter that are numbers, and what the recording calls as the others. */
struct named {
	const struct filter_ids *of;
	struct filter_ids ids;
	bool *met;		/* an entry of .of has a number */
};

struct process {
	uint32_t tgid, ppid;
	uint64_t program;
	unsigned int in;
	UT_hash_handle hh;
};

struct match {
	const struct filter *filter;
	struct named uids, gids;
	struct process *processes;	/* only where there are trees */
	bool wants_tree;
	struct pattern comms[FILTER_GLOBS_MAX];	/* of .filter->comms */
};

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* A name keeps its place as nobody's number: a list that wants somebody goes on wanting. */
static int named_init(struct named *n, const struct filter_ids *of)
{
	int err = 0;

	n->of = of;
	n->met = calloc(of->count + 1, sizeof(*n->met));
	if (!n->met)
		return -ENOMEM;
	for (size_t i = 0; i < of->count && !err; i++) {
		n->met[i] = !of->at[i].name;
		err = filter_add_id(&n->ids, n->met[i] ? of->at[i].id : FILTER_ID_NONE, of->at[i].not);
	}
	return err;
}

static void named_done(struct named *n)
{
	free(n->ids.at);
	free(n->met);
}

static bool has_id(const struct filter_ids *ids, uint32_t id, bool not)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->at[i].id == id && ids->at[i].not == not)
			return true;
	return false;
}

/* Every block of a recording tells its names again. */
static int named_meet(struct named *n, uint32_t id, const char *text)
{
	int err = 0;

	for (size_t i = 0; text && i < n->of->count && !err; i++) {
		const struct filter_id *f = &n->of->at[i];

		if (!f->name || strcmp(f->name, text))
			continue;
		n->met[i] = true;
		if (!has_id(&n->ids, id, f->not))
			err = filter_add_id(&n->ids, id, f->not);
	}
	return err;
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
	const struct filter_ids *trees = &m->filter->trees;
	const struct process *p = process_of(m, tgid);
	unsigned int in = p ? p->in : 0;

	for (size_t i = 0; i < trees->count; i++)
		if (trees->at[i].id == tgid)
			in |= trees->at[i].not ? UNWANTED : WANTED;
	return in;
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

	if (!m->filter->trees.count)
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
	unsigned int in = m->filter->trees.count ? tree_of(m, tgid) : 0;

	return !(in & UNWANTED) && (!m->wants_tree || in & WANTED);
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

/* What a word is held against, and where its pattern is. */
struct compared {
	const struct match *match;
	const struct record *record;
};

static bool comm_matches(const char *word, const void *what)
{
	const struct compared *c = what;
	const struct filter_words *comms = &c->match->filter->comms;
	size_t i = 0;

	while (comms->at[i].text != word)
		i++;
	return pattern_match(&c->match->comms[i], c->record->check.comm, record_comm_len(c->record));
}

/* Is it the cgroup, or below it? "/" is above all. */
static bool cgroup_matches(const char *word, const void *what)
{
	const struct compared *c = what;
	const char *cgroup = c->record->program ? c->record->program->cgroup : NULL;
	size_t n = strlen(word);

	while (n && word[n - 1] == '/')
		n--;
	return cgroup && !strncmp(cgroup, word, n) && (!cgroup[n] || cgroup[n] == '/');
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

static bool ids_pass(const struct match *m, uint32_t uid, uint32_t gid)
{
	return filter_ids_pass(&m->uids.ids, uid) && filter_ids_pass(&m->gids.ids, gid);
}

static bool process_passes(const struct match *m, const struct record *r)
{
	const struct compared both = { m, r };

	if (!filter_ids_pass(&m->filter->pids, r->check.tgid) || !tree_passes(m, r->check.tgid))
		return false;
	return filter_words_pass(&m->filter->comms, comm_matches, &both) &&
	       filter_words_pass(&m->filter->cgroups, cgroup_matches, &both);
}

bool match_check(const struct match *m, const struct record *r)
{
	const struct event_check *c = &r->check;

	if (!cap_passes(m->filter, c) || !userns_passes(m->filter, c->userns_asker))
		return false;
	return ids_pass(m, c->uid, c->gid) && process_passes(m, r);
}

bool match_meets(const struct match *m, const struct program *p)
{
	struct record r = { .check = { .tgid = p->tgid, .tid = p->tgid }, .program = p };

	memcpy(r.check.comm, p->comm, EVENT_COMM);
	return userns_passes(m->filter, p->userns) && ids_pass(m, p->uid, p->gid) && process_passes(m, &r);
}

static bool creds_pass(const struct match *m, const struct event_creds *c)
{
	return userns_passes(m->filter, c->userns) && ids_pass(m, c->uid, c->gid);
}

bool match_lifecycle(const struct match *m, const struct record *r)
{
	const struct event_lifecycle *e = &r->life->event;
	bool before = e->head.flags & LIFE_BEFORE_KNOWN && creds_pass(m, &e->before);
	bool after = e->head.flags & LIFE_AFTER_KNOWN && creds_pass(m, &e->after);

	return (before || after) && process_passes(m, r);
}

int match_user(struct match *m, uint32_t uid, const char *text)
{
	return named_meet(&m->uids, uid, text);
}

int match_group(struct match *m, uint32_t gid, const char *text)
{
	return named_meet(&m->gids, gid, text);
}

const char *match_unmet(const struct match *m, unsigned int n)
{
	const struct named *const lists[] = { &m->uids, &m->gids };

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

static bool wants_any(const struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->at[i].not)
			return true;
	return false;
}

int match_new(const struct filter *filter, struct match **ret)
{
	struct match *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->filter = filter;
	m->wants_tree = wants_any(&filter->trees);
	err = named_init(&m->uids, &filter->uids);
	err = err ?: named_init(&m->gids, &filter->gids);
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
	named_done(&m->uids);
	named_done(&m->gids);
	free(m);
}
