/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/subjects.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/asked.h"
#include "user/host/cgroups.h"
#include "user/model/granted.h"
#include "user/model/origins.h"
#include "user/model/program.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"

enum { PROCESSES_MAX = 4096, LOOKS = 2 };

/* A cgroup in which somebody was when it began. */
struct place {
	uint64_t id;
	char *path;		/* of who may be meant; NULL: nobody is */
	uint64_t gone_ns;	/* CLOCK_BOOTTIME when it was found empty; 0: it was not */
	UT_hash_handle hh;
};

/* A cgroup of which something was taken. */
struct cgroup {
	char *key;		/* its id and path; "": unknown */
	const char *path;	/* in .key; NULL: unknown */
	struct workload *workload;
	struct asked *asked;	/* owned with .grouped, else that of all */
	uint64_t checks, since_ns;
	bool old;		/* somebody was in it before */
	bool met;		/* something was taken of it */
	UT_hash_handle hh;
};

/* A process that was started, where programs and not workloads are what starts. */
struct process {
	pid_t tgid;
	UT_hash_handle hh;
};

/* Who was there already, by cgroup. */
struct present {
	char *cgroup;
	struct workload *workload;	/* NULL: unknown */
	uint64_t permitted;
	UT_hash_handle hh;
};

struct subjects {
	struct subjects_options options;
	struct origins *origins;
	struct place *places;
	struct cgroup *cgroups;
	struct present *present;
	struct process *processes;
	struct cgroup *last;		/* of .last_serial */
	uint64_t last_serial, held_serial;
	struct asked *all;		/* without .grouped */
	char *kernel;
	uint32_t host_mntns;
	uint64_t listened_ns, started_ns, first_ns;	/* .first_ns: of the first who started; 0: nobody did */
	uint64_t checks;
	bool placed, here, stale, over;	/* .stale: somebody was met who ran before */
	unsigned int quiet;		/* looks in a row at which nobody was there */
};

struct subjects *subjects_new(const struct subjects_options *options)
{
	struct subjects *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	s->origins = origins_new();
	s->all = asked_new();
	if (s->origins && s->all)
		return s;
	subjects_free(s);
	return NULL;
}

static void free_cgroup(struct subjects *s, struct cgroup *c)
{
	if (c->asked != s->all)
		asked_free(c->asked);
	workload_unref(c->workload);
	free(c->key);
	free(c);
}

static void drop_place(struct subjects *s, struct place *p)
{
	HASH_DEL(s->places, p);
	free(p->path);
	free(p);
}

static void drop_present(struct subjects *s, struct present *p)
{
	HASH_DEL(s->present, p);
	workload_unref(p->workload);
	free(p->cgroup);
	free(p);
}

void subjects_free(struct subjects *s)
{
	struct present *who, *next_who;
	struct cgroup *c, *next;
	struct place *p, *next_place;
	struct process *q, *next_process;

	if (!s)
		return;
	HASH_ITER(hh, s->cgroups, c, next) {
		HASH_DEL(s->cgroups, c);
		free_cgroup(s, c);
	}
	HASH_ITER(hh, s->places, p, next_place)
		drop_place(s, p);
	HASH_ITER(hh, s->present, who, next_who)
		drop_present(s, who);
	HASH_ITER(hh, s->processes, q, next_process) {
		HASH_DEL(s->processes, q);
		free(q);
	}
	origins_free(s->origins);
	asked_free(s->all);
	free(s->kernel);
	free(s);
}

int subjects_start(struct subjects *s, const struct sink_start *start)
{
	origins_start(s->origins, start->run, start->host_mntns);
	s->host_mntns = start->host_mntns;
	s->started_ns = start->wall_ns;
	s->kernel = strdup(start->kernel ? start->kernel : "");
	return s->kernel ? asked_kernel(s->all, s->kernel) : -ENOMEM;
}

/* ---- who was there before ------------------------------------------------------------------------------------------ */

int subjects_place(struct subjects *s, const char *path, uint64_t id, bool meant)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	s->placed = true;
	s->here |= meant;
	p->id = id;
	p->path = meant ? strdup(path) : NULL;
	if (!meant || p->path)
		HASH_ADD(hh, s->places, id, sizeof(p->id), p);
	if (p->hh.tbl)
		return 0;
	free(p->path);
	free(p);
	return -ENOMEM;
}

static struct present *present_in(struct subjects *s, const struct subject_present *who)
{
	struct present *p;

	HASH_FIND_STR(s->present, who->cgroup, p);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->cgroup = strdup(who->cgroup);
	p->workload = who->workload ? workload_copy(who->workload) : NULL;
	if (p->cgroup && (p->workload || !who->workload))
		HASH_ADD_KEYPTR(hh, s->present, p->cgroup, strlen(p->cgroup), p);
	if (p->hh.tbl)
		return p;
	workload_unref(p->workload);
	free(p->cgroup);
	free(p);
	return NULL;
}

int subjects_present(struct subjects *s, const struct subject_present *who)
{
	struct present *p = who->cgroup && HASH_COUNT(s->present) < SUBJECTS_MAX ? present_in(s, who) : NULL;

	if (p)
		p->permitted |= who->permitted;
	else if (who->cgroup && HASH_COUNT(s->present) < SUBJECTS_MAX)
		return -ENOMEM;
	if (s->options.grouped)
		return 0;
	s->stale = true;
	return asked_program(s->all, who->permitted, who->exe);
}

/* In a hierarchy of version 1, and where nobody looked, it cannot be told. */
static bool was_there(const struct subjects *s, const struct program *p)
{
	struct place *place;

	if (!s->placed || !p || !p->cgroup || p->flags & PROGRAM_CGROUP_V1)
		return true;
	HASH_FIND(hh, s->places, &p->cgroup_id, sizeof(p->cgroup_id), place);
	return place && (!place->gone_ns || p->id <= place->gone_ns);
}

/* Who is gone makes room for a start in the same cgroup. What was executed before that may be read only now. */
static void look_at_places(struct subjects *s)
{
	uint64_t now = clock_ns(CLOCK_BOOTTIME);

	for (struct place *p = s->places; p; p = p->hh.next)
		if (p->path && !p->gone_ns && cgroups_populated(s->options.proc, p->path) == 0)
			p->gone_ns = now;
}

/* ---- who is there now ---------------------------------------------------------------------------------------------- */

static const char *key_of(const struct program *p, struct buf *b)
{
	if (p && p->cgroup)
		buf_printf(b, "%llu%s", (unsigned long long)p->cgroup_id, p->cgroup);
	return buf_str(b);
}

static struct asked *asked_for(struct subjects *s)
{
	struct asked *a = s->options.grouped ? asked_new() : s->all;

	if (!a || a == s->all)
		return a;
	if (!asked_kernel(a, s->kernel ? s->kernel : ""))
		return a;
	asked_free(a);
	return NULL;
}

static struct cgroup *add(struct subjects *s, const struct program *p, const char *key)
{
	struct cgroup *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->key = strdup(key);
	c->path = c->key ? strchr(c->key, '/') : NULL;
	c->asked = asked_for(s);
	c->workload = p && p->workload ? workload_ref(p->workload) : NULL;
	c->old = was_there(s, p);
	if (c->key && c->asked)
		HASH_ADD_KEYPTR(hh, s->cgroups, c->key, strlen(c->key), c);
	if (c->hh.tbl)
		return c;
	free_cgroup(s, c);
	return NULL;
}

/* NULL: out of memory. */
static struct cgroup *cgroup_of(struct subjects *s, const struct program *p)
{
	struct buf key = BUF_INIT;
	struct cgroup *c;

	if (s->last && p && p->serial && p->serial == s->last_serial)
		return s->last;
	key_of(HASH_COUNT(s->cgroups) < SUBJECTS_MAX ? p : NULL, &key);
	HASH_FIND_STR(s->cgroups, buf_str(&key), c);
	if (!c && !key.error)
		c = add(s, p, buf_str(&key));
	buf_done(&key);
	s->last = c;
	s->last_serial = p ? p->serial : 0;
	return c;
}

static void add_process(struct subjects *s, pid_t tgid)
{
	struct process *q;

	HASH_FIND(hh, s->processes, &tgid, sizeof(tgid), q);
	if (q || HASH_COUNT(s->processes) >= PROCESSES_MAX)
		return;
	q = calloc(1, sizeof(*q));
	if (!q)
		return;
	q->tgid = tgid;
	HASH_ADD(hh, s->processes, tgid, sizeof(q->tgid), q);
	if (!q->hh.tbl)
		free(q);
}

/* Was its start heard? */
static bool is_new(struct subjects *s, struct cgroup *c, const struct program *p, uint32_t origin)
{
	if (s->options.ours)
		return true;
	if (s->options.by_exec)
		return p && origin & ORIGIN_FRESH;
	/* The first process of a container's own is its start, whatever was in that cgroup. */
	if (origin & ORIGIN_INIT)
		c->old = false;
	if (c->old && s->options.wait && !was_there(s, p))
		c->old = false;
	return !c->old;
}

/* Is anything to be taken of it? */
static bool take(struct subjects *s, struct cgroup *c, const struct program *p, uint32_t origin, uint64_t wall_ns)
{
	bool new = is_new(s, c, p, origin);

	if (!new && s->options.wait)
		return false;
	s->stale |= !new;
	if (!c->met)
		c->since_ns = wall_ns;
	c->met = true;
	if (new && !s->first_ns)
		s->first_ns = wall_ns;
	if (new)
		asked_starts(c->asked, wall_ns);
	if (new && s->options.by_exec && p)
		add_process(s, (pid_t)p->tgid);
	return true;
}

/* A container's files are not to be found by their paths. */
static bool is_ours(const struct subjects *s, const struct program *p)
{
	return !p->workload || !workload_is_container(p->workload) || p->mntns == s->host_mntns;
}

bool subjects_finds(const struct subjects *s, const struct program *p)
{
	return p && is_ours(s, p);
}

/* Its file; NULL: not known, or nobody executed it here. Of those whom we started each exec is heard, and before the first it is us. */
static const char *executed_by(const struct subjects *s, const struct program *p)
{
	return is_ours(s, p) && (!s->options.ours || p->flags & PROGRAM_EXEC) ? p->exe : NULL;
}

static uint64_t now(const struct subjects *s)
{
	return s->options.proc ? clock_ns(CLOCK_REALTIME) : s->started_ns;
}

int subjects_program(struct subjects *s, const struct program *p)
{
	int err = origins_program(s->origins, p);
	uint32_t origin = origins_of(s->origins, p);
	struct cgroup *c = err ? NULL : cgroup_of(s, p);

	if (!c)
		return err ?: -ENOMEM;
	/* What started it holds and executes more. When it was, its checks tell. */
	if (origin & ORIGIN_SETUP || !take(s, c, p, origin, now(s)))
		return 0;
	return asked_program(c->asked, p->permitted, executed_by(s, p));
}

struct asked *subjects_of(struct subjects *s, const struct program *p, uint64_t wall_ns, uint64_t times,
			 bool *ret_setup, int *ret_error)
{
	uint32_t origin = p ? origins_of(s->origins, p) : 0;
	struct cgroup *c = cgroup_of(s, p);

	*ret_setup = origin & ORIGIN_SETUP;
	*ret_error = c ? 0 : -ENOMEM;
	if (!c || !take(s, c, p, origin, wall_ns))
		return NULL;
	c->checks += times;
	s->checks += times;
	if (p && !*ret_setup && p->serial != s->held_serial)
		*ret_error = asked_program(c->asked, p->permitted, executed_by(s, p));
	s->held_serial = p ? p->serial : s->held_serial;
	return *ret_error ? NULL : c->asked;
}

uint32_t subjects_userns(const struct subjects *s, const struct program *p)
{
	return origins_userns(s->origins, p);
}

int subjects_resolved(struct subjects *s, const struct workload *w)
{
	const char *path = w->text[WORKLOAD_PATH];
	struct workload *ours;

	for (struct cgroup *c = s->cgroups; c && path; c = c->hh.next) {
		if (!c->path || strcmp(c->path, path) || strtoull(c->key, NULL, 10) != w->cgroup_id)
			continue;
		ours = workload_copy(w);
		if (!ours)
			return -ENOMEM;
		workload_unref(c->workload);
		c->workload = ours;
	}
	return 0;
}

/* ---- who has ended ------------------------------------------------------------------------------------------------- */

static bool any_cgroup(const struct subjects *s)
{
	for (const struct cgroup *c = s->cgroups; c; c = c->hh.next)
		if (!c->old && c->met && c->path && cgroups_populated(s->options.proc, c->path) > 0)
			return true;
	return false;
}

static bool any_process(struct subjects *s)
{
	struct process *q, *next;

	HASH_ITER(hh, s->processes, q, next) {
		if (!kill(q->tgid, 0) || errno != ESRCH)
			return true;
		HASH_DEL(s->processes, q);
		free(q);
	}
	return false;
}

/* Twice in a row, for one may just be making room for the next. */
void subjects_look(struct subjects *s)
{
	if (!s->options.wait || !s->options.proc || s->over)
		return;
	look_at_places(s);
	if (!s->first_ns)
		return;
	if (s->options.by_exec ? any_process(s) : any_cgroup(s))
		s->quiet = 0;
	else
		s->over = ++s->quiet >= LOOKS;
}

/* ---- the end ------------------------------------------------------------------------------------------------------- */

/* Of whom it is known when he started, that is when he was watched from. */
static uint64_t since(const struct subjects *s, uint64_t at, bool from_start)
{
	return from_start && at > s->started_ns ? at : s->started_ns;
}

/* Were all who are meant heard from their start? */
static bool are_new(const struct subjects *s)
{
	if (s->options.ours)
		return true;
	return s->first_ns && !s->stale && (s->options.wait || !(s->options.by_exec || s->here));
}

static void watched(struct asked *a, uint64_t from, uint64_t to)
{
	if (to > from)
		asked_watched(a, to - from);
	asked_ends(a, to);
}

void subjects_stop(struct subjects *s, uint64_t wall_ns)
{
	s->listened_ns = wall_ns > s->started_ns ? wall_ns - s->started_ns : 0;
	if (!s->options.grouped)
		watched(s->all, since(s, s->first_ns, are_new(s)), wall_ns);
	for (struct cgroup *c = s->cgroups; c && s->options.grouped; c = c->hh.next)
		watched(c->asked, since(s, c->since_ns, !c->old), wall_ns);
}

void subjects_state(const struct subjects *s, struct subjects_state *ret)
{
	uint64_t caps;

	*ret = (struct subjects_state){
		.met = s->first_ns || s->stale,
		.here = s->here,
		.over = s->over,
		.since_ns = since(s, s->first_ns, s->options.wait),
		.listened_ns = s->listened_ns,
		.checks = s->checks,
	};
	caps = asked_caps(s->all);
	for (const struct cgroup *c = s->cgroups; c && s->options.grouped; c = c->hh.next)
		caps |= asked_caps(c->asked);
	ret->capabilities = (unsigned int)__builtin_popcountll(caps);
}

static const char *name_of(const struct cgroup *c, struct buf *b)
{
	buf_clear(b);
	if (c->workload)
		workload_put_key(b, c->workload);
	else if (c->path)
		buf_puts(b, c->path);
	return buf_str(b);
}

static int put_name(struct subject *to)
{
	struct buf b = BUF_INIT;

	if (to->workload)
		workload_put_name(&b, to->workload);
	else if (to->cgroup)
		buf_puts(&b, to->cgroup);
	to->name = b.len ? strdup(buf_str(&b)) : NULL;
	buf_done(&b);
	return b.len && !to->name ? -ENOMEM : 0;
}

/* Nobody asked for anything: it is about who was there. */
static void take_present(const struct subjects *s, struct subject *all)
{
	const struct present *p = s->present;

	if (!p || HASH_COUNT(s->present) > 1)
		return;
	all->workload = p->workload;
	all->cgroup = p->cgroup;
}

/* What is said of one workload is not said of several. */
static int take_all(struct subjects *s, struct subject *to)
{
	struct subject all = { .asked = s->all, .checks = s->checks };
	struct buf first = BUF_INIT, name = BUF_INIT;
	bool several = false;

	for (struct cgroup *c = s->cgroups; c; c = c->hh.next) {
		if (!c->met || (!c->checks && s->checks))
			continue;
		if (!all.cgroup) {
			name_of(c, &first);
			all.workload = c->workload;
			all.cgroup = c->path;
		} else if (strcmp(buf_str(&first), name_of(c, &name))) {
			several = true;
		}
	}
	if (several) {
		all.workload = NULL;
		all.cgroup = NULL;
	} else if (!all.cgroup) {
		take_present(s, &all);
	}
	buf_done(&first);
	buf_done(&name);
	all.start_seen = are_new(s);
	*to = all;
	return put_name(to);
}

/* Who is called so already, or a new one at the end. */
static struct subject *find(struct subject *list, char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(names[i], name))
		i++;
	return &list[i];
}

static int take_one(struct cgroup *c, struct subject *to, bool fresh)
{
	if (fresh) {
		*to = (struct subject){ .asked = c->asked, .start_seen = true };
	} else {
		int err = asked_merge(to->asked, c->asked);

		if (err)
			return err;
	}
	to->workload = c->workload;
	to->cgroup = c->path;
	to->checks += c->checks;
	to->start_seen &= !c->old;
	return 0;
}

static int take_each(struct subjects *s, struct subject *list, size_t *ret_count)
{
	char **names = calloc(HASH_COUNT(s->cgroups) + 1, sizeof(*names));
	struct buf b = BUF_INIT;
	size_t count = 0;
	int err = names ? 0 : -ENOMEM;

	for (struct cgroup *c = s->cgroups; c && !err; c = c->hh.next) {
		const char *name = name_of(c, &b);
		struct subject *to = c->met ? find(list, names, count, name) : NULL;

		if (!to)
			continue;
		err = take_one(c, to, to == &list[count]);
		if (to == &list[count] && !err)
			err = (names[count++] = strdup(name)) ? 0 : -ENOMEM;
	}
	for (size_t i = 0; names && i < count; i++)
		free(names[i]);
	free(names);
	buf_done(&b);
	*ret_count = count;
	return err;
}

/* Of a command it is only what we ourselves were started with. */
static void put_granted(struct subjects *s)
{
	for (struct cgroup *c = s->cgroups; c && !s->options.ours; c = c->hh.next)
		if (c->met && c->workload && c->workload->granted.source)
			asked_granted(c->asked, granted_to(c->workload));
	for (struct present *p = s->present; p && !s->options.grouped; p = p->hh.next)
		if (p->workload && p->workload->granted.source)
			asked_granted(s->all, granted_to(p->workload));
}

/* Who asks for nothing is of a workload of which others do. */
static void put_held(struct subjects *s)
{
	struct present *p;

	for (struct cgroup *c = s->cgroups; c && s->options.grouped; c = c->hh.next) {
		p = NULL;
		if (c->met && c->path)
			HASH_FIND_STR(s->present, c->path, p);
		if (p)
			asked_holds(c->asked, p->permitted);
	}
}

int subjects_take(struct subjects *s, struct subject **ret, size_t *ret_count)
{
	struct subject *list = calloc(HASH_COUNT(s->cgroups) + 1, sizeof(*list));
	size_t count = 1;
	int err;

	if (!list)
		return -ENOMEM;
	put_granted(s);
	put_held(s);
	err = s->options.grouped ? take_each(s, list, &count) : take_all(s, list);
	for (size_t i = 0; s->options.grouped && i < count && !err; i++)
		err = put_name(&list[i]);
	if (err) {
		subjects_give_back(list, count);
		return err;
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

void subjects_give_back(struct subject *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++)
		free(list[i].name);
	free(list);
}
