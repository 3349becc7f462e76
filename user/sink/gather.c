/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/gather.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/host/users.h"
#include "user/model/drops.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/sink/call.h"
#include "user/sink/kinds.h"
#include "user/sink/sink.h"
#include "user/sink/subjects.h"

enum { KINDS_MAX = 1 << 18 };	/* then those of programs are not kept any more */

/* Of a kind: where an event of it was added; .row NULL: there was no room. */
struct kept {
	struct asked *into;
	struct asked_row *row;
	uint64_t settled, drops;	/* as in struct asked_check */
};

struct gather {
	struct sink sink;
	struct gather_options options;
	struct kinds kinds;	/* struct kept of each */
	/* Of the command that we started: its process before its first exec was heard, whose checks are added there ... */
	uint32_t child;
	struct asked *its;	/* NULL: none were met */
	char *command;		/* ... and what it executed then; NULL: it did not yet */
};

static struct gather *of(struct sink *s)
{
	return (struct gather *)s;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	return subjects_start(of(s)->options.subjects, start);
}

static int on_place(struct sink *s, const char *path, uint64_t id, bool meant)
{
	return subjects_place(of(s)->options.subjects, path, id, meant);
}

/* In a user namespace that was made on the way: there it has every capability for nothing. */
static bool in_made_userns(const struct subjects *s, const struct record *r)
{
	const uint32_t began = r->program ? subjects_userns(s, r->program) : 0;

	return began && r->check.userns_asker && r->check.userns_asker != began;
}

static bool writes_map(const struct asked_check *c)
{
	const struct site_row *row = c->site ? c->site->row : NULL;

	return c->cap == CAP_SYS_ADMIN && row && !strcmp(row->file, "kernel/user_namespace.c") && strstr(c->call, "write");
}

/*
 * Who maps root into a namespace of its own has to have had SETFCAP when that was made (Linux 5.12). It is remembered
 * there, and not asked for; what is seen is that root, in there already, writes the map.
 */
static int add_mapped_root(struct asked *into, const struct asked_check *writes, uint32_t euid)
{
	const struct site_query q = { .cap = CAP_SETFCAP, .stack = "verify_root_map", .call = writes->call };
	struct asked_check check = *writes;
	struct site site;

	if (euid || !writes_map(writes))
		return 0;
	site_find(&q, &site);
	check.cap = q.cap;
	check.site = &site;
	check.no_need = false;
	return asked_add(into, &check, NULL);
}

/* It was executed as somebody else. */
static bool has_changed_user(const struct record *r)
{
	return r->program && !(r->check.head.flags & CHECK_IDS_UNKNOWN) && r->check.euid != r->program->euid;
}

/* Is privilege given up, and to whom? */
static bool is_drop(struct asked *into, const struct record *r, const char *call)
{
	uint32_t user;
	bool drops = drops_privilege(r, call, &user);

	if (drops && into && user != DROPS_NOBODY && !(r->check.head.flags & CHECK_DENIED))
		asked_drop_to(into, user);
	return drops;
}

/* What its program is. Of our child, which has not executed anything yet, what it executes then, as far as that is known. */
static const char *exe_of(struct gather *g, const struct record *r, struct asked *into, const char *call)
{
	const struct program *p = r->program;

	if (!p || !g->options.ours || p->flags & PROGRAM_EXEC || strncmp(call, "execve", strlen("execve")) != 0)
		return p ? p->exe : NULL;
	if (g->command)
		return p->tgid == g->child ? g->command : p->exe;
	g->child = p->tgid;
	g->its = into;
	return p->exe;
}

/* Checks may come before the exec that they were made in is heard, or, where their call's end is waited for, behind it. */
static int become(struct gather *g, const struct program *p)
{
	if (!g->options.ours || g->command || !(p->flags & PROGRAM_EXEC) || !p->exe)
		return 0;
	g->command = strdup(p->exe);
	if (!g->command)
		return -ENOMEM;
	if (g->its && g->child == p->tgid)
		return asked_becomes(g->its, p->tgid, p->exe);
	g->child = p->tgid;
	return 0;
}

static int on_check(struct sink *s, const struct record *r)
{
	const struct gather_options *o = &of(s)->options;
	bool setup;
	int err;
	struct asked_row *row = NULL;
	struct asked *into = subjects_of(o->subjects, r->program, r->wall_ns, 1, &setup, &err);
	const bool denied = r->check.head.flags & CHECK_DENIED, ids = !(r->check.head.flags & CHECK_IDS_UNKNOWN);
	const uint64_t times = r->parts & RECORD_COUNT ? r->count : 1;
	const bool made_userns = !denied && in_made_userns(o->subjects, r);
	char made[CALL_NAME_MAX];
	const char *call = call_name(o->syscalls, r, made);
	const bool drops = is_drop(into, r, call ? call : "");
	const struct asked_check check = {
		.cap = r->check.cap,
		.site = r->site,
		.call = call ? call : "",
		.denied = denied,
		.no_need = record_is_no_need(r) || made_userns,
		.withheld = denied && r->check.cap >= 0 && r->check.cap < CAPABILITY_MAX &&
			    r->check.permitted & ~r->check.effective & 1ULL << r->check.cap,
		.setup = setup,
		.settled = has_changed_user(r) && !drops,
		.drops = drops,
		.failed = record_ending(r) == OUTCOME_FAILED ? times : 0,
		.worked = record_ending(r) == OUTCOME_WORKED ? times : 0,
		.error = r->error,
		.times = times,
		.wall_ns = r->wall_ns,
		.pid = r->check.tgid,
		.ids_known = ids,
		.uid = r->check.uid,
		.euid = r->check.euid,
		.user = ids ? users_name(o->users, r->check.uid) : NULL,
		.argument_known = r->stack || r->check.head.flags & CHECK_SITE,
		.argument = r->argument,
		.comm = (const char *)r->check.comm,
		.comm_len = record_comm_len(r),
		.exe = into ? exe_of(of(s), r, into, call ? call : "") : NULL,
	};

	if (!into)
		return err;
	err = made_userns ? add_mapped_root(into, &check, r->check.euid) : 0;
	err = err ?: asked_add(into, &check, &row);
	return err ?: kinds_put(&of(s)->kinds, r, &(struct kept){ into, row, check.settled, check.drops });
}

/* A record of which only what makes it a check of its call is filled. */
static const char *call_of_count(struct syscalls *t, const struct count_key *key, char made[static CALL_NAME_MAX])
{
	const struct record r = { .check = { .head.flags = key->flags, .syscall = key->syscall } };
	const char *call = call_name(t, &r, made);

	return call ? call : "";
}

/*
 * What is counted of a kind that was told: in its row, or in one like that of who it is counted of now. Whose event was lost
 * is of an unknown place, and the account says that checks were.
 */
static int on_counted(struct sink *s, const struct tally_count *c)
{
	const struct gather_options *o = &of(s)->options;
	const struct kept *kept = kinds_find(&of(s)->kinds, &c->key);
	bool setup;
	int err;
	struct asked *into = subjects_of(o->subjects, c->program, c->last_ns, c->count, &setup, &err);
	char made[CALL_NAME_MAX];
	const struct asked_check check = {
		.settled = kept && kept->settled,
		.drops = kept && kept->drops,
		.cap = c->key.cap,
		.call = call_of_count(o->syscalls, &c->key, made),
		.denied = c->key.flags & CHECK_DENIED,
		.setup = setup,
		.no_need = c->key.flags & (CHECK_VIA_OWNER | CHECK_CRED_OVERRIDDEN | CHECK_CRED_OTHER),
		.times = c->count,
		.failed = c->failed,
		.worked = c->worked,
		.error = c->error,
		.wall_ns = c->last_ns,
		.pid = c->key.tgid,
		.comm = c->program ? c->program->comm : "",
		.comm_len = c->program ? strlen(c->program->comm) : 0,
		.exe = c->program ? c->program->exe : NULL,
	};

	if (!into)
		return err;
	if (!kept)
		return asked_add(into, &check, NULL);
	if (kept->into == into || !kept->row) {
		asked_more(into, kept->into == into ? kept->row : NULL, &check);
		return 0;
	}
	return asked_like(into, kept->row, &check);
}

/* An exec that failed, for its file brings what the bounding set lacks: all else of lives is not told here. */
static int on_lifecycle(struct sink *s, const struct record *r)
{
	const struct gather_options *o = &of(s)->options;
	const struct event_lifecycle *e = &r->life->event;
	const struct asked_refusal refusal = {
		.bounding = e->before.bounding,
		.elsewhere = !subjects_finds(o->subjects, r->program) || e->head.flags & LIFE_PATH_TRUNCATED,
	};
	struct asked *into;
	bool setup;
	int err;

	if (e->what != LIFE_EXEC || e->ret != -EPERM || !(e->head.flags & LIFE_PATH_KNOWN))
		return 0;
	into = subjects_of(o->subjects, r->program, r->wall_ns, 0, &setup, &err);
	return into ? asked_refused(into, (const char *)e->path, &refusal) : err;
}

static int on_program(struct sink *s, const struct program *p)
{
	return subjects_program(of(s)->options.subjects, p) ?: become(of(s), p);
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	(void)wall_ns;
	return subjects_resolved(of(s)->options.subjects, w);
}

static int on_turn(struct sink *s)
{
	const struct gather_options *o = &of(s)->options;

	subjects_look(o->subjects);
	return o->turn ? o->turn(o->ctx) : 0;
}

/* What the account says is said at the end. */
static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	(void)s;
	(void)wall_ns;
	(void)grown;
	return 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)account;
	subjects_stop(of(s)->options.subjects, wall_ns);
	return 0;
}

static void on_free(struct sink *s)
{
	struct gather *g = (struct gather *)s;

	kinds_done(&g->kinds);
	free(g->command);
	free(g);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
	.program = on_program,
	.lifecycle = on_lifecycle,
	.resolved = on_resolved,
	.place = on_place,
	.turn = on_turn,
	.counted = on_counted,
};

int gather_new(struct out *out, const struct gather_options *options, struct sink **ret)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*g = (struct gather){ .sink = { &ops, out }, .options = *options };
	kinds_init(&g->kinds, sizeof(struct kept), KINDS_MAX);
	*ret = &g->sink;
	return 0;
}
