/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/refused.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/out.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/caps/syscalls.h"
#include "user/model/outcome.h"
#include "user/model/record.h"
#include "user/sink/call.h"
#include "user/sink/sink.h"

enum { WAYS_MAX = 8 };	/* that are told of one capability; the others are "elsewhere" */
enum { WAITING_MAX = 1024 };	/* checks whose call has not ended yet; an older one's outcome stays unknown */

/* One way in which a capability was refused. */
struct way {
	char call[CALL_NAME_MAX];	/* empty: in no system call */
	enum outcome outcome;
	int error;
	uint64_t count;
};

struct refusals {
	uint64_t elsewhere;
	struct way way[WAYS_MAX];
	size_t ways;
};

/* A check whose call has not ended yet. */
struct waiting {
	uint64_t time;
	uint32_t tid;
	unsigned cap;
	char call[CALL_NAME_MAX];
};

struct refused {
	struct sink base;
	struct syscalls *syscalls;
	const char *prefix;
	struct refusals by_cap[CAPABILITY_MAX];
	struct waiting waiting[WAITING_MAX];	/* oldest first */
	size_t waits;
};

static bool same_way(const struct way *a, const struct way *b)
{
	return a->outcome == b->outcome && a->error == b->error && !strcmp(a->call, b->call);
}

static void count_way(struct refusals *t, const struct way *w)
{
	for (size_t i = 0; i < t->ways; i++) {
		if (!same_way(&t->way[i], w))
			continue;
		t->way[i].count++;
		return;
	}
	if (t->ways == WAYS_MAX)
		t->elsewhere++;
	else
		t->way[t->ways++] = *w;
}

static void settle(struct refused *s, const struct waiting *c, enum outcome outcome, int error)
{
	struct way w = { .outcome = outcome, .error = error, .count = 1 };

	memcpy(w.call, c->call, sizeof(w.call));
	count_way(&s->by_cap[c->cap], &w);
}

/* Those that are settled are taken out, the others keep their order. */
static void drop_settled(struct refused *s, size_t n)
{
	memmove(s->waiting, s->waiting + n, (s->waits - n) * sizeof(s->waiting[0]));
	s->waits -= n;
}

static int on_check(struct sink *sink, const struct record *r)
{
	struct refused *s = (struct refused *)sink;
	struct waiting c = { .time = r->check.head.time, .tid = r->check.tid, .cap = (unsigned)r->check.cap };
	char made[CALL_NAME_MAX];
	const char *name = call_name(s->syscalls, r, made);

	if (!(r->check.head.flags & CHECK_DENIED) || r->check.cap < 0 || r->check.cap >= CAPABILITY_MAX)
		return 0;
	if (!name && !call_is_none(r))
		name = "an unknown call";
	snprintf(c.call, sizeof(c.call), "%s", name ? name : "");
	if (!(r->check.head.flags & CHECK_SYSCALL_KNOWN)) {
		settle(s, &c, OUTCOME_UNKNOWN, 0);
		return 0;
	}
	if (s->waits == WAITING_MAX) {
		settle(s, &s->waiting[0], OUTCOME_UNKNOWN, 0);
		drop_settled(s, 1);
	}
	s->waiting[s->waits++] = c;
	return 0;
}

/* An older check of the thread was made in an earlier call, whose end was not told. */
static int on_outcome(struct sink *sink, const struct event_outcome *e)
{
	struct refused *s = (struct refused *)sink;
	size_t left = 0;
	int error;
	enum outcome outcome = outcome_of(e, &error);

	for (size_t i = 0; i < s->waits; i++) {
		const struct waiting *c = &s->waiting[i];

		if (c->tid != e->tid)
			s->waiting[left++] = *c;
		else if (c->time < e->since)
			settle(s, c, OUTCOME_UNKNOWN, 0);
		else
			settle(s, c, outcome, error);
	}
	s->waits = left;
	return 0;
}

static void put_times(struct buf *b, uint64_t n)
{
	if (n == 1)
		buf_puts(b, "once");
	else
		buf_printf(b, "%llu times", (unsigned long long)n);
}

static void put_outcome(struct buf *b, const struct way *w)
{
	static const char *const words[] = {
		[OUTCOME_UNKNOWN] = "outcome unknown",
		[OUTCOME_FAILED] = "failed with ",
		[OUTCOME_WORKED] = "succeeded all the same",
		[OUTCOME_INTERRUPTED] = "interrupted by a signal, outcome unknown",
		[OUTCOME_ENDED] = "the thread ended in it, outcome unknown",
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == OUTCOME_COUNT, "words for each outcome");
	const char *name = strerrorname_np(w->error);

	buf_puts(b, words[w->outcome]);
	if (w->outcome != OUTCOME_FAILED)
		return;
	if (name)
		buf_puts(b, name);
	else
		buf_printf(b, "error %d", w->error);
}

static void put_way(struct buf *b, unsigned cap, const struct way *w)
{
	const char *words = site_operation((int)cap, w->call);

	if (!*w->call) {
		buf_puts(b, "outside any system call, ");
		put_times(b, w->count);
		return;
	}
	buf_puts(b, w->call);
	if (words)
		buf_printf(b, " (%s)", words);
	buf_putc(b, ' ');
	put_outcome(b, w);
	buf_puts(b, ", ");
	put_times(b, w->count);
}

static void put_line(const struct refused *s, unsigned cap, const struct refusals *t)
{
	struct buf *b = &s->base.out->buf;
	char name[CAPABILITY_NAME_MAX];

	buf_printf(b, "%srefused %s: ", s->prefix, capability_name(cap, name));
	for (size_t i = 0; i < t->ways; i++) {
		if (i)
			buf_puts(b, "; ");
		put_way(b, cap, &t->way[i]);
	}
	if (t->elsewhere) {
		buf_puts(b, "; elsewhere ");
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
	struct refused *s = (struct refused *)sink;

	(void)wall_ns;
	(void)account;
	for (size_t i = 0; i < s->waits; i++)
		settle(s, &s->waiting[i], OUTCOME_UNKNOWN, 0);
	s->waits = 0;
	for (unsigned cap = 0; cap < CAPABILITY_MAX; cap++)
		if (s->by_cap[cap].ways)
			put_line(s, cap, &s->by_cap[cap]);
	return out_commit(sink->out);
}

static void on_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops ops = {
	.start = on_start, .check = on_check, .lost = on_lost, .stop = on_stop, .free = on_free, .outcome = on_outcome,
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
