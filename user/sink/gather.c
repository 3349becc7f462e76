/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/gather.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/model/origins.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/sink/call.h"
#include "user/sink/sink.h"

struct gather {
	struct sink sink;
	struct asked *into;
	struct syscalls *syscalls;
	struct origins *origins;
	uint64_t started_ns;	/* CLOCK_REALTIME */
};

static int on_start(struct sink *s, const struct sink_start *start)
{
	struct gather *g = (struct gather *)s;

	g->started_ns = start->wall_ns;
	origins_start(g->origins, start->run, start->host_mntns);
	return asked_kernel(g->into, start->kernel);
}

/* In a user namespace that was made on the way: there it has every capability for nothing. */
static bool in_made_userns(const struct gather *g, const struct record *r)
{
	const uint32_t began = r->program ? origins_userns(g->origins, r->program) : 0;

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
static int add_mapped_root(struct gather *g, const struct asked_check *writes, uint32_t euid)
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
	return asked_add(g->into, &check);
}

static int on_check(struct sink *s, const struct record *r)
{
	struct gather *g = (struct gather *)s;
	const bool denied = r->check.head.flags & CHECK_DENIED, known = denied && r->parts & RECORD_OUTCOME;
	const bool made_userns = !denied && in_made_userns(g, r);
	char made[CALL_NAME_MAX];
	const char *call = call_name(g->syscalls, r, made);
	const struct asked_check check = {
		.cap = r->check.cap,
		.site = r->site,
		.call = call ? call : "",
		.denied = denied,
		.no_need = record_is_no_need(r) || made_userns,
		.withheld = denied && r->check.cap >= 0 && r->check.cap < CAPABILITY_MAX &&
			    r->check.permitted & ~r->check.effective & 1ULL << r->check.cap,
		.setup = r->program && origins_of(g->origins, r->program) & ORIGIN_SETUP,
		.failed = known && r->outcome == OUTCOME_FAILED,
		.worked = known && r->outcome == OUTCOME_WORKED,
		.error = r->error,
		.times = r->parts & RECORD_COUNT ? r->count : 1,
		.wall_ns = r->wall_ns,
		.pid = r->check.tgid,
		.comm = (const char *)r->check.comm,
		.comm_len = record_comm_len(r),
		.exe = r->program ? r->program->exe : NULL,
	};

	return (made_userns ? add_mapped_root(g, &check, r->check.euid) : 0) ?: asked_add(g->into, &check);
}

static int on_program(struct sink *s, const struct program *p)
{
	struct gather *g = (struct gather *)s;
	int err = origins_program(g->origins, p);

	/* What started it holds and executes more. */
	if (err || origins_of(g->origins, p) & ORIGIN_SETUP)
		return err;
	return asked_program(g->into, p->permitted, p->exe);
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
	struct gather *g = (struct gather *)s;

	(void)account;
	if (wall_ns > g->started_ns)
		asked_watched(g->into, wall_ns - g->started_ns);
	return 0;
}

static void on_free(struct sink *s)
{
	origins_free(((struct gather *)s)->origins);
	free(s);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
	.program = on_program,
};

int gather_new(struct out *out, struct asked *into, struct syscalls *syscalls, struct sink **ret)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*g = (struct gather){ .sink = { &ops, out }, .into = into, .syscalls = syscalls, .origins = origins_new() };
	if (!g->origins) {
		free(g);
		return -ENOMEM;
	}
	*ret = &g->sink;
	return 0;
}
