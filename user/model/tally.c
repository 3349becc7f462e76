// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/tally.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"

/* One for all rows of a program. */
struct described {
	struct program program;
	struct {
		uint64_t program;
		uint32_t tgid, reserved;
	} key;
	UT_hash_handle hh;
};

struct row {
	struct count_key key;
	struct record record;	/* .count, .first_ns and .wall_ns (the last one) are kept up to date */
	UT_hash_handle hh;
};

struct tally {
	struct row *rows;
	struct described *programs;
	size_t max;
	uint64_t rest;
};

struct tally *tally_new(size_t max_rows)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t)
		t->max = max_rows;
	return t;
}

void tally_clear(struct tally *t)
{
	struct described *d, *next_d;
	struct row *r, *next;

	HASH_ITER(hh, t->rows, r, next) {
		HASH_DEL(t->rows, r);
		free(r);
	}
	HASH_ITER(hh, t->programs, d, next_d) {
		HASH_DEL(t->programs, d);
		program_done(&d->program);
		free(d);
	}
	t->rest = 0;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	tally_clear(t);
	free(t);
}

/* Our own copy of a program as it was when its first row was made; NULL with -ENOMEM in *ret_error. */
static const struct program *describe(struct tally *t, const struct program *p, int *ret_error)
{
	struct described *d, fresh = { .key = { .program = p->id, .tgid = p->tgid } };

	HASH_FIND(hh, t->programs, &fresh.key, sizeof(fresh.key), d);
	if (d)
		return &d->program;
	d = malloc(sizeof(*d));
	if (!d || program_copy(p, &fresh.program)) {
		free(d);
		*ret_error = -ENOMEM;
		return NULL;
	}
	*d = fresh;
	d->program.serial = 0;	/* its text is nobody's to keep */
	HASH_ADD(hh, t->programs, key, sizeof(d->key), d);
	if (d->hh.tbl)
		return &d->program;
	program_done(&d->program);
	free(d);
	*ret_error = -ENOMEM;
	return NULL;
}

/* What could not be said of the program at first; nothing is lost where it cannot be now. */
static void describe_row(struct tally *t, struct row *row, const struct program *p)
{
	int ignored;

	row->record.program = describe(t, p, &ignored);
	if (row->record.program)
		row->record.parts |= RECORD_PROGRAM;
}

static struct row *find(struct tally *t, const struct count_key *key)
{
	struct row *row;

	HASH_FIND(hh, t->rows, key, sizeof(*key), row);
	return row;
}

static void merge(struct record *to, uint64_t count, uint64_t first_ns, uint64_t last_ns)
{
	to->count += count;
	if (first_ns && first_ns < to->first_ns)
		to->first_ns = first_ns;
	if (last_ns > to->wall_ns)
		to->wall_ns = last_ns;
}

/* A new row of nothing yet; NULL where there is no room (*ret_error 0) or no memory. */
static struct row *add_row(struct tally *t, const struct count_key *key, const struct record *as,
			   const struct program *program, int *ret_error)
{
	struct row *row;

	*ret_error = 0;
	if (HASH_COUNT(t->rows) >= t->max)
		return NULL;
	row = calloc(1, sizeof(*row));
	if (!row) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	row->key = *key;
	row->record = *as;
	row->record.parts = RECORD_CHECK | RECORD_WALL | RECORD_COUNT;
	row->record.count = 0;
	row->record.first_ns = UINT64_MAX;
	row->record.wall_ns = 0;
	row->record.program = program ? describe(t, program, ret_error) : NULL;
	if (row->record.program)
		row->record.parts |= RECORD_PROGRAM;
	if (!*ret_error)
		HASH_ADD(hh, t->rows, key, sizeof(row->key), row);
	if (!*ret_error && row->hh.tbl)
		return row;
	*ret_error = -ENOMEM;
	free(row);
	return NULL;
}

static int add(struct tally *t, const struct count_key *key, const struct record *as, uint64_t count,
	       uint64_t first_ns, uint64_t last_ns)
{
	struct row *row = find(t, key);
	int err = 0;

	if (!row)
		row = add_row(t, key, as, as->program, &err);
	if (row && !row->record.program && as->program)
		describe_row(t, row, as->program);
	if (row)
		merge(&row->record, count, first_ns, last_ns);
	else if (!err)
		t->rest += count;
	return err;
}

int tally_add(struct tally *t, const struct record *r)
{
	const struct event_check *c = &r->check;
	struct count_key key = {
		.program = c->program,
		.tgid = c->tgid,
		.cap = c->cap,
		.syscall = c->syscall,
		.flags = c->head.flags & COUNT_FLAGS,
	};

	return add(t, &key, r, 1, r->wall_ns, r->wall_ns);
}

/* What is known of a check whose like never came alone. */
static void make_record(const struct tally_count *c, struct record *ret)
{
	*ret = (struct record){
		.kind = EVENT_CHECK,
		.check = {
			.head = { .size = sizeof(ret->check), .kind = EVENT_CHECK,
				  .flags = c->key.flags | CHECK_IDS_UNKNOWN },
			.program = c->key.program,
			.tgid = c->key.tgid,
			.tid = c->key.tgid,
			.cap = c->key.cap,
			.syscall = c->key.syscall,
		},
		.program = c->program,
	};
	if (c->program)
		memcpy(ret->check.comm, c->program->comm, EVENT_COMM);
}

int tally_add_count(struct tally *t, const struct tally_count *c)
{
	struct record r;

	make_record(c, &r);
	return add(t, &c->key, &r, c->count, c->first_ns, c->last_ns);
}

uint64_t tally_rest(const struct tally *t)
{
	return t->rest;
}

size_t tally_rows(const struct tally *t)
{
	return HASH_COUNT(t->rows);
}

static int compare(const struct row *a, const struct row *b)
{
	if (a->record.count != b->record.count)
		return a->record.count > b->record.count ? -1 : 1;
	if (a->record.first_ns != b->record.first_ns)
		return a->record.first_ns < b->record.first_ns ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* The two times are of two clocks, one of them slow. */
static void settle(struct record *r)
{
	if (r->first_ns == UINT64_MAX)
		r->first_ns = r->wall_ns;
	if (r->wall_ns < r->first_ns)
		r->wall_ns = r->first_ns;
}

int tally_each(struct tally *t, tally_fn fn, void *ctx)
{
	int err = 0;

	for (struct row *row = t->rows; row; row = row->hh.next)
		settle(&row->record);
	HASH_SORT(t->rows, compare);
	for (struct row *row = t->rows; row && !err; row = row->hh.next)
		err = fn(ctx, &row->record);
	return err;
}

static bool is_of(const struct program *p, const struct workload *w)
{
	const char *path = w->text[WORKLOAD_PATH];

	return p->workload && p->cgroup && path && p->cgroup_id == w->cgroup_id && !strcmp(p->cgroup, path);
}

int tally_resolved(struct tally *t, const struct workload *w)
{
	struct workload *ours = workload_copy(w);
	struct described *d, *next;

	if (!ours)
		return -ENOMEM;
	HASH_ITER(hh, t->programs, d, next) {
		if (!is_of(&d->program, w))
			continue;
		workload_unref(d->program.workload);
		d->program.workload = workload_ref(ours);
	}
	workload_unref(ours);
	return 0;
}
