/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/refused.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/out.h"
#include "user/caps/capability.h"
#include "user/caps/syscalls.h"
#include "user/model/record.h"
#include "user/sink/call.h"
#include "user/sink/sink.h"

enum { CALLS_MAX = 6 };	/* that are named of one capability; the others are "elsewhere" */

struct call_count {
	char name[CALL_NAME_MAX];
	uint64_t count;
};

struct refusals {
	uint64_t count, elsewhere;
	struct call_count calls[CALLS_MAX];
	size_t named;
};

struct refused {
	struct sink base;
	struct syscalls *syscalls;
	const char *prefix;
	struct refusals by_cap[CAPABILITY_MAX];
};

static void count_call(struct refused *s, struct refusals *t, const struct record *r)
{
	char made[CALL_NAME_MAX];
	const char *name = call_name(s->syscalls, r, made);

	if (!name)
		name = call_is_none(r) ? "no system call" : "an unknown call";
	for (size_t i = 0; i < t->named; i++) {
		if (strcmp(t->calls[i].name, name))
			continue;
		t->calls[i].count++;
		return;
	}
	if (t->named == CALLS_MAX) {
		t->elsewhere++;
		return;
	}
	snprintf(t->calls[t->named].name, CALL_NAME_MAX, "%s", name);
	t->calls[t->named++].count = 1;
}

static int on_check(struct sink *sink, const struct record *r)
{
	struct refused *s = (struct refused *)sink;

	if (!(r->check.head.flags & CHECK_DENIED) || r->check.cap < 0 || r->check.cap >= CAPABILITY_MAX)
		return 0;
	s->by_cap[r->check.cap].count++;
	count_call(s, &s->by_cap[r->check.cap], r);
	return 0;
}

static void put_times(struct buf *b, uint64_t n)
{
	if (n == 1)
		buf_puts(b, "once");
	else
		buf_printf(b, "%llu times", (unsigned long long)n);
}

static void put_line(const struct refused *s, unsigned cap, const struct refusals *t)
{
	struct buf *b = &s->base.out->buf;
	char name[CAPABILITY_NAME_MAX];

	buf_printf(b, "%srefused %s ", s->prefix, capability_name(cap, name));
	put_times(b, t->count);
	for (size_t i = 0; i < t->named; i++) {
		buf_printf(b, "%s%s", i ? ", " : ": in ", t->calls[i].name);
		if (t->named > 1 || t->elsewhere) {
			buf_putc(b, ' ');
			put_times(b, t->calls[i].count);
		}
	}
	if (t->elsewhere) {
		buf_puts(b, ", elsewhere ");
		put_times(b, t->elsewhere);
	}
	buf_putc(b, '\n');
}

static int on_start(struct sink *sink, const struct sink_start *start)
{
	(void)sink;
	(void)start;
	return 0;
}

static int on_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	(void)sink;
	(void)wall_ns;
	(void)grown;
	return 0;
}

static int on_stop(struct sink *sink, uint64_t wall_ns, const struct account *account)
{
	const struct refused *s = (const struct refused *)sink;

	(void)wall_ns;
	(void)account;
	for (unsigned cap = 0; cap < CAPABILITY_MAX; cap++)
		if (s->by_cap[cap].count)
			put_line(s, cap, &s->by_cap[cap]);
	return out_commit(sink->out);
}

static void on_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops ops = {
	.start = on_start, .check = on_check, .lost = on_lost, .stop = on_stop, .free = on_free,
};

int refused_new(struct out *out, struct syscalls *syscalls, const char *prefix, struct sink **ret)
{
	struct refused *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base = (struct sink){ .ops = &ops, .out = out };
	s->syscalls = syscalls;
	s->prefix = prefix;
	*ret = &s->base;
	return 0;
}
