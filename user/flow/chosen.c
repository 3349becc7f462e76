/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/chosen.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/enrich/places.h"
#include "user/flow/near.h"
#include "user/host/cgroups.h"
#include "user/host/proc.h"
#include "user/host/terminal.h"
#include "user/host/users.h"
#include "user/model/filter.h"
#include "user/model/origins.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"

#define KEY(key) (1U << (key))

enum { ANCESTORS_MAX = 64, ARGS_MAX = 4096, PROCESSES_MAX = 65536, IMAGES = 4 };

/* What was read of one program at first sight; NULL: it was not. */
struct image {
	uint64_t program;
	char *cmdline, *tty;
};

/* What is remembered of a process for keys that its checks do not answer. */
struct process {
	uint32_t tgid, ppid;
	char *exe, *comm;	/* NULL: unknown */
	struct image images[IMAGES];	/* the one that it runs now, and those before it: checks of them may still wait */
	UT_hash_handle hh;
};

struct chosen {
	struct chosen_config config;
	uint32_t keys;
	struct places *places;
	struct process *processes;
	uint64_t undecided;
};

/* ---- processes -------------------------------------------------------------------------------------------------- */

static struct process *process_of(const struct chosen *c, uint32_t tgid)
{
	struct process *p;

	HASH_FIND(hh, c->processes, &tgid, sizeof(tgid), p);
	return p;
}

static void forget_image(struct image *i)
{
	free(i->cmdline);
	free(i->tty);
	*i = (struct image){ 0 };
}

static void forget_names(struct process *p)
{
	free(p->exe);
	free(p->comm);
	p->exe = p->comm = NULL;
}

static void free_process(struct process *p)
{
	forget_names(p);
	for (int i = 0; i < IMAGES; i++)
		forget_image(&p->images[i]);
	free(p);
}

static const struct image *image_of(const struct process *p, uint64_t program)
{
	for (int i = 0; p && i < IMAGES; i++)
		if (p->images[i].program == program)
			return &p->images[i];
	return NULL;
}

static struct image *new_image(struct process *p, uint64_t program)
{
	forget_image(&p->images[IMAGES - 1]);
	memmove(&p->images[1], &p->images[0], (IMAGES - 1) * sizeof(p->images[0]));
	p->images[0] = (struct image){ .program = program };
	return &p->images[0];
}

/* NULL: there is no room for another. */
static struct process *make_process(struct chosen *c, uint32_t tgid)
{
	struct process *p = process_of(c, tgid);

	if (p || HASH_COUNT(c->processes) >= PROCESSES_MAX)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->tgid = tgid;
	HASH_ADD(hh, c->processes, tgid, sizeof(p->tgid), p);
	if (p->hh.tbl)
		return p;
	free(p);
	return NULL;
}

/* Words, blanks between them; only while it still is that program. */
static char *read_cmdline(const struct chosen *c, const struct program *p)
{
	char words[ARGS_MAX];
	size_t n;

	if (proc_cmdline_of(c->config.proc, (pid_t)p->tgid, p->comm, p->id, words, sizeof(words), &n))
		return NULL;
	while (n && !words[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		words[i] = words[i] ? words[i] : ' ';
	return strndup(words, n);
}

static void learn(struct chosen *c, const struct program *g)
{
	const uint32_t wants = KEY(WHERE_ANCESTOR) | KEY(WHERE_CMDLINE) | KEY(WHERE_TTY);
	struct process *p = c->keys & wants ? make_process(c, g->tgid) : NULL;
	struct image *now;

	if (!p)
		return;
	p->ppid = g->ppid;
	if (p->images[0].program == g->id)
		return;
	forget_names(p);
	now = new_image(p, g->id);
	p->exe = g->exe && !(g->flags & PROGRAM_EXE_TRUNCATED) ? strdup(g->exe) : NULL;
	p->comm = strdup(g->comm);
	if (!c->config.proc)
		return;
	if (c->keys & KEY(WHERE_CMDLINE))
		now->cmdline = read_cmdline(c, g);
	if (c->keys & KEY(WHERE_TTY))
		terminal_of(c->config.proc, (pid_t)g->tgid, &now->tty);
}

/* Of whom nothing was heard, procfs may know. */
static struct process *look_up(struct chosen *c, uint32_t tgid)
{
	struct process *p = process_of(c, tgid);
	struct proc_stat stat;

	if (p || !c->config.proc || proc_stat(c->config.proc, (pid_t)tgid, &stat))
		return p;
	p = make_process(c, tgid);
	if (!p)
		return NULL;
	p->ppid = (uint32_t)stat.ppid;
	p->comm = strdup(stat.comm);
	if (proc_exe(c->config.proc, (pid_t)tgid, &p->exe))
		p->exe = NULL;
	return p;
}

/* Up to the one that has no parent; where the way there is not known, somebody stands in it who is not known. */
static size_t ancestors_of(struct chosen *c, uint32_t ppid, struct where_ancestor ret[static ANCESTORS_MAX])
{
	size_t n = 0;

	while (ppid && n < ANCESTORS_MAX) {
		const struct process *p = look_up(c, ppid);

		ret[n++] = p ? (struct where_ancestor){ p->exe, p->comm } : (struct where_ancestor){ NULL, NULL };
		if (!p || p->ppid == ppid)
			break;
		ppid = p->ppid;
	}
	return n;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void take_place(struct chosen *c, const struct program *p, struct where_subject *s)
{
	const struct workload *w;

	if (!p->cgroup || p->flags & PROGRAM_CGROUP_TRUNCATED || (p->workload && p->workload->flags & WORKLOAD_RESOLVED))
		return;
	w = places_of(c->places, p->cgroup);
	if (w)
		where_subject_of_workload(w, s);
}

static void take_process(struct chosen *c, const struct program *g, struct where_ancestor *above, struct where_subject *s)
{
	const struct image *i = image_of(process_of(c, g->tgid), g->id);

	if (c->keys & KEY(WHERE_ANCESTOR)) {
		s->ancestors = above;
		s->ancestor_count = ancestors_of(c, g->ppid, above);
		s->known |= KEY(WHERE_ANCESTOR);
	}
	if (i && i->cmdline) {
		s->is[WHERE_CMDLINE].name = i->cmdline;
		s->known |= KEY(WHERE_CMDLINE);
	}
	if (i && i->tty) {
		s->is[WHERE_TTY].name = *i->tty ? i->tty : NULL;
		s->known |= KEY(WHERE_TTY);
	}
}

enum { USER_NAME = 64 };

/* A name is good until the next one is asked for. */
static void name_them(struct chosen *c, const struct record *r, char user[static USER_NAME], struct where_subject *s)
{
	const char *name = NULL;

	if (!c->config.users)
		return;
	if (c->keys & KEY(WHERE_USER) && s->known & KEY(WHERE_USER))
		name = users_name(c->config.users, r->check.uid);
	if (name) {
		snprintf(user, USER_NAME, "%s", name);
		s->is[WHERE_USER].name = user;
	}
	if (c->keys & KEY(WHERE_GROUP) && s->known & KEY(WHERE_GROUP))
		s->is[WHERE_GROUP].name = users_group(c->config.users, r->check.gid);
}

static enum where_answer ask(struct chosen *c, const struct record *r)
{
	struct where_ancestor above[ANCESTORS_MAX];
	struct where_subject s;
	char user[USER_NAME];

	where_subject_of(r, &s);
	name_them(c, r, user, &s);
	if (r->program) {
		take_place(c, r->program, &s);
		take_process(c, r->program, above, &s);
	}
	return filter_who(c->config.filter, &s);
}

/* Whatever else may be asked of somebody there, can the answer still be yes? */
static enum where_answer ask_place(struct chosen *c, const struct program *p)
{
	struct where_subject s = { .known = 0 };

	if (p->workload)
		where_subject_of_workload(p->workload, &s);
	take_place(c, p, &s);
	return filter_who(c->config.filter, &s);
}

enum where_answer chosen_program(struct chosen *c, const struct program *p)
{
	learn(c, p);
	return c->keys & WHERE_OF_CGROUP ? ask_place(c, p) : WHERE_UNKNOWN;
}

enum where_answer chosen_record(struct chosen *c, const struct record *r)
{
	return c ? ask(c, r) : WHERE_YES;
}

enum where_answer chosen_meets(struct chosen *c, const struct program *p)
{
	struct record r = {
		.parts = RECORD_CHECK | RECORD_PROGRAM,
		.check = { .tgid = p->tgid, .tid = p->tgid, .uid = p->uid, .gid = p->gid, .userns_asker = p->userns },
		.program = p,
	};

	memcpy(r.check.comm, p->comm, EVENT_COMM);
	return chosen_record(c, &r);
}

bool chosen_may_meet(const struct chosen *c)
{
	return c->keys & ~WHERE_OF_CGROUP;
}

void chosen_untold(struct chosen *c, const struct program *p)
{
	if (!c->config.payload || !p || !origins_is_launcher(p))
		c->undecided++;
}

uint64_t chosen_needs(const struct chosen *c)
{
	return c && c->keys & (KEY(WHERE_ANCESTOR) | KEY(WHERE_CMDLINE)) ? 1ULL << CAP_SYS_PTRACE : 0;
}

bool chosen_asks_engines(const struct chosen *c)
{
	const uint32_t theirs = KEY(WHERE_CONTAINER) | KEY(WHERE_IMAGE) | KEY(WHERE_ENGINE) | KEY(WHERE_POD) |
				KEY(WHERE_K8S_NAMESPACE);

	return c && c->keys & theirs;
}

uint64_t chosen_needs_first(const struct chosen *c)
{
	return chosen_asks_engines(c) ? 1ULL << CAP_DAC_READ_SEARCH : 0;
}

uint64_t chosen_undecided(const struct chosen *c)
{
	return c ? c->undecided : 0;
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

/* A place where somebody may be meant: .names and .wheres asked of nothing but it. */
static int look_at_place(void *ctx, const char *path, uint64_t id)
{
	struct chosen *c = ctx;
	const struct program p = { .flags = PROGRAM_CGROUP_KNOWN, .cgroup = (char *)path, .cgroup_id = id };

	return ask_place(c, &p) != WHERE_NO;
}

struct tour {
	struct chosen *chosen;
	const char *proc;
	chosen_place_fn *fn;
	void *ctx;
};

static int show_place(void *ctx, const char *path, uint64_t id)
{
	const struct tour *t = ctx;
	const bool told = t->chosen && t->chosen->keys & WHERE_OF_CGROUP;

	if (cgroups_populated(t->proc, path) == 0)
		return 0;
	return t->fn(t->ctx, path, id, !t->chosen || (told && look_at_place(t->chosen, path, id)));
}

int chosen_places(struct chosen *c, const char *proc, chosen_place_fn *fn, void *ctx)
{
	struct places *live = c ? c->places : NULL;
	struct tour t = { c, proc, fn, ctx };
	int err;

	if (c)
		c->places = places_new(proc, PLACES_ONCE);
	err = c && !c->places ? -ENOMEM : cgroups_each(proc, show_place, &t);
	if (c) {
		places_free(c->places);
		c->places = live;
	}
	return err;
}

bool chosen_waits(struct chosen *c, struct buf *ret)
{
	const bool asked = filter_put_wanted(c->config.filter, WHERE_OF_CGROUP, ret);
	struct places *live = c->places;
	bool somebody = true;

	/* Of who is there now all is known that there is to know. */
	c->places = asked ? places_new(c->config.proc, PLACES_ONCE) : NULL;
	if (c->places)
		somebody = cgroups_each(c->config.proc, look_at_place, c) != 0;
	places_free(c->places);
	c->places = live;
	if (somebody)
		buf_clear(ret);
	else
		near_suggest(c->config.proc, filter_wanted(c->config.filter, WHERE_OF_CGROUP), ret);
	return !somebody;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

int chosen_new(const struct chosen_config *config, struct chosen **ret)
{
	uint32_t keys = filter_keys(config->filter);
	struct chosen *c;

	if (!keys) {
		*ret = NULL;
		return 0;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->keys = keys;
	c->places = places_new(config->proc, PLACES_PATHS);
	if (!c->places) {
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

void chosen_free(struct chosen *c)
{
	struct process *p, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->processes, p, next) {
		HASH_DEL(c->processes, p);
		free_process(p);
	}
	places_free(c->places);
	free(c);
}
