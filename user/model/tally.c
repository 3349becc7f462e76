// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/tally.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/kept.h"
#include "user/model/program.h"
#include "user/model/record.h"

struct row {
	struct count_key key;
	struct record record;	/* .count, .first_ns and .wall_ns (the last one) are kept up to date */
	UT_hash_handle hh;
};

struct tally {
	struct row *rows;
	struct kept *programs;
	size_t max;
	uint64_t rest;
};

struct tally *tally_new(size_t max_rows)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max_rows;
	t->programs = kept_new();
	if (t->programs)
		return t;
	free(t);
	return NULL;
}

void tally_clear(struct tally *t)
{
	struct row *r, *next;

	HASH_ITER(hh, t->rows, r, next) {
		HASH_DEL(t->rows, r);
		free(r);
	}
	kept_clear(t->programs);
	t->rest = 0;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	tally_clear(t);
	kept_free(t->programs);
	free(t);
}

/* What could not be said of the program at first; nothing is lost where it cannot be now. */
static void describe_row(struct tally *t, struct row *row, const struct program *p)
{
	row->record.program = kept_get(t->programs, p);
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
	row->record.stack = NULL;	/* good until the next record only */
	row->record.site = NULL;
	row->record.life = NULL;
	row->record.count = 0;
	row->record.first_ns = UINT64_MAX;
	row->record.wall_ns = 0;
	if (program)
		describe_row(t, row, program);
	if (!program || row->record.program)
		HASH_ADD(hh, t->rows, key, sizeof(row->key), row);
	if (row->hh.tbl)
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

void tally_record(const struct tally_count *c, struct record *ret)
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

	tally_record(c, &r);
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

int tally_resolved(struct tally *t, const struct workload *w)
{
	return kept_resolved(t->programs, w);
}
