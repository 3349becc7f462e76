// SPDX-License-Identifier: BSD-2-Clause
#include "user/enrich/programs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/enrich/workloads.h"
#include "user/model/cgpath.h"
#include "user/model/program.h"
#include "user/model/workload.h"

enum { EARLIER_MOST = 32 };	/* images of one process */

struct entry {
	struct program program;
	struct entry *earlier;	/* what it ran before, the youngest first; owned */
	size_t bytes;		/* of memory, about, without the earlier ones */
	bool used;		/* found since the last time that room was looked for */
	UT_hash_handle hh;	/* by program.tgid; also a list, the oldest first */
};

struct programs {
	struct entry *all;
	struct entry *last;	/* found last: checks come in runs */
	size_t max, max_bytes, bytes;
	uint64_t serial, dropped;
	bool roots_mean_nothing;
	bool keeps_earlier;
	struct workloads *workloads;	/* NULL: none are told */
};

struct programs *programs_new(size_t max, size_t max_bytes)
{
	struct programs *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max;
	t->max_bytes = max_bytes;
	return t;
}

void programs_distrust_root(struct programs *t)
{
	t->roots_mean_nothing = true;
}

void programs_keep_earlier(struct programs *t)
{
	t->keeps_earlier = true;
}

void programs_use_workloads(struct programs *t, struct workloads *workloads)
{
	t->workloads = workloads;
}

static void free_entry(struct entry *e)
{
	program_done(&e->program);
	free(e);
}

/* e, which is in no table, and what it ran before. */
static void let_go(struct programs *t, struct entry *e)
{
	while (e) {
		struct entry *earlier = e->earlier;

		t->bytes -= e->bytes;
		free_entry(e);
		e = earlier;
	}
}

static void take_out(struct programs *t, struct entry *e)
{
	HASH_DEL(t->all, e);
	if (t->last == e)
		t->last = NULL;
}

static void drop(struct programs *t, struct entry *e)
{
	take_out(t, e);
	let_go(t, e);
}

void programs_free(struct programs *t)
{
	if (!t)
		return;
	while (t->all)
		drop(t, t->all);
	free(t);
}

/* An allocation costs about 16 bytes more than was asked for. */
static size_t string_bytes(const char *s)
{
	return s ? strlen(s) + 1 + 16 : 0;
}

static size_t entry_bytes(const struct entry *e)
{
	const struct program *p = &e->program;

	return sizeof(*e) + 16 + string_bytes(p->exe) + string_bytes(p->cgroup) + string_bytes(p->unit) +
	       string_bytes(p->slice) + string_bytes(p->session) + string_bytes(p->args) + string_bytes(p->ancestors);
}

static int copy_name(struct cgpath_name name, char **ret)
{
	if (!name.len)
		return 0;
	*ret = strndup(name.at, name.len);
	return *ret ? 0 : -ENOMEM;
}

static int name_units(struct program *p)
{
	struct cgpath path;
	int err;

	if (!p->cgroup)
		return 0;
	cgpath_parse(p->cgroup, &path);
	err = copy_name(cgpath_unit(&path), &p->unit);
	err = err ?: copy_name(path.slice, &p->slice);
	return err ?: copy_name(path.session, &p->session);
}

/* In a hierarchy that nobody uses every process is at the root: that says nothing of where it is. */
static void forget_root(struct program *p)
{
	if (!p->cgroup || strcmp(p->cgroup, "/"))
		return;
	free(p->cgroup);
	p->cgroup = NULL;
	p->cgroup_id = 0;
	p->flags &= ~(uint32_t)PROGRAM_CGROUP_KNOWN;
}

static int new_entry(const struct programs *t, const void *event, size_t size, struct entry **ret)
{
	struct entry *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	err = program_decode(event, size, &e->program);
	if (!err && t->roots_mean_nothing)
		forget_root(&e->program);
	if (!err)
		err = name_units(&e->program);
	if (!err && t->workloads && e->program.cgroup)
		e->program.workload = workloads_get(t->workloads, e->program.cgroup, e->program.cgroup_id,
						    (pid_t)e->program.tgid, (pid_t)e->program.ppid,
						    clock_ns(CLOCK_MONOTONIC_COARSE));
	if (err) {
		free_entry(e);
		return err;
	}
	*ret = e;
	return 0;
}

static struct entry *find(struct programs *t, uint32_t tgid)
{
	struct entry *e = t->last;

	if (e && e->program.tgid == tgid)
		return e;
	HASH_FIND(hh, t->all, &tgid, sizeof(tgid), e);
	if (e)
		t->last = e;
	return e;
}

/* Adds e as the youngest. Fails only where the table itself cannot grow; e is then not in it. */
static int add(struct programs *t, struct entry *e)
{
	HASH_ADD(hh, t->all, program.tgid, sizeof(e->program.tgid), e);
	return e->hh.tbl ? 0 : -ENOMEM;
}

/*
 * Second chance: the oldest goes, unless it was found since it was last looked at. Then it becomes the
 * youngest, which needs no memory as long as the table is not empty.
 */
static void drop_oldest(struct programs *t)
{
	struct entry *e = t->all;

	while (e->used && HASH_COUNT(t->all) > 1) {
		e->used = false;
		HASH_DEL(t->all, e);
		if (add(t, e)) {
			t->last = NULL;
			let_go(t, e);
			t->dropped++;
			return;
		}
		e = t->all;
	}
	drop(t, e);
	t->dropped++;
}

static void make_room(struct programs *t, size_t bytes)
{
	while (t->all && (HASH_COUNT(t->all) >= t->max || t->bytes + bytes > t->max_bytes))
		drop_oldest(t);
}

/* e takes the place of old, its process's; what was counted of old may not have been read yet. */
static void replace(struct programs *t, struct entry *old, struct entry *e)
{
	struct entry *last = e;

	take_out(t, old);
	if (old->program.id == e->program.id) {
		e->program.args = old->program.args;
		old->program.args = NULL;
		e->earlier = old->earlier;
		old->earlier = NULL;
	} else if (t->keeps_earlier) {
		e->earlier = old;
		for (int i = 0; last && i < EARLIER_MOST; i++)
			last = last->earlier;
		if (last) {
			let_go(t, last->earlier);
			last->earlier = NULL;
		}
		return;
	}
	let_go(t, old);
}

int programs_put(struct programs *t, const void *event, size_t size)
{
	struct entry *e, *old;
	int err = new_entry(t, event, size, &e);

	if (err)
		return err;
	old = find(t, e->program.tgid);
	if (old)
		replace(t, old, e);
	e->bytes = entry_bytes(e);
	make_room(t, e->bytes);
	t->bytes += e->bytes;
	err = add(t, e);
	if (err) {
		let_go(t, e);
		return err;
	}
	e->program.serial = ++t->serial;
	return 0;
}

const struct program *programs_find(struct programs *t, uint32_t tgid, uint64_t id)
{
	struct entry *e = find(t, tgid), *is = e;

	while (is && is->program.id != id)
		is = is->earlier;
	if (!is)
		return NULL;
	e->used = true;
	return &is->program;
}

const struct program *programs_of(struct programs *t, uint32_t tgid)
{
	struct entry *e = find(t, tgid);

	return e ? &e->program : NULL;
}

int programs_put_ancestors(struct programs *t, uint32_t tgid, uint64_t id, const char *text)
{
	struct entry *e = find(t, tgid);
	char *copy;

	if (!e || e->program.id != id || !*text)
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	t->bytes += string_bytes(copy) - string_bytes(e->program.ancestors);
	e->bytes += string_bytes(copy) - string_bytes(e->program.ancestors);
	free(e->program.ancestors);
	e->program.ancestors = copy;
	e->program.serial = ++t->serial;
	return 0;
}

static int join_words(const char *words, size_t n, bool cut, char **ret)
{
	struct buf b = BUF_INIT;

	while (n) {
		size_t len = strnlen(words, n), step = len < n ? len + 1 : len;

		if (b.len)
			buf_putc(&b, ' ');
		text_escape(&b, words, len);
		words += step;
		n -= step;
	}
	if (cut)
		buf_puts(&b, "...");
	buf_putc(&b, '\0');
	if (b.error) {
		buf_done(&b);
		return -ENOMEM;
	}
	*ret = b.data;
	return 0;
}

int programs_put_args(struct programs *t, uint32_t tgid, uint64_t id, const char *words, size_t n, bool cut)
{
	struct entry *e = find(t, tgid);
	char *args;
	int err;

	if (!e || e->program.id != id || !n)
		return 0;
	err = join_words(words, n, cut, &args);
	if (err)
		return err;
	t->bytes += string_bytes(args) - string_bytes(e->program.args);
	e->bytes += string_bytes(args) - string_bytes(e->program.args);
	free(e->program.args);
	e->program.args = args;
	e->program.serial = ++t->serial;
	return 0;
}

void programs_put_workload(struct programs *t, const struct workload *was, struct workload *now)
{
	for (struct entry *all = t->all; all; all = all->hh.next)
		for (struct entry *e = all; e; e = e->earlier) {
			if (e->program.workload != was)
				continue;
			workload_unref(e->program.workload);
			e->program.workload = workload_ref(now);
			e->program.serial = ++t->serial;
		}
}

size_t programs_count(const struct programs *t)
{
	return HASH_COUNT(t->all);
}

uint64_t programs_dropped(const struct programs *t)
{
	return t->dropped;
}
