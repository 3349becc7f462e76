/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/hash.h"
#include "user/model/kept.h"
#include "user/model/program.h"

#define SECOND_NS 1000000000ULL

struct key {
	struct count_key count;
	const void *row;		/* NULL: none, or not known */
	uint64_t site;			/* of its name, where there is no row */
};

struct item {
	struct key key;
	struct board_item shown;
	uint64_t fresh;			/* since the last turn, */
	uint64_t failed, worked;	/* and of these */
	unsigned int quiet;		/* turns without a check */
	UT_hash_handle hh;
};

struct board {
	struct item *items;
	struct kept *programs;
	size_t max;
	uint64_t rest;
	struct board_sums sums;		/* .past holds whole seconds, */
	double part;			/* and this the checks of the one under way, */
	uint64_t part_ns;		/* of which so much is over */
};

struct board *board_new(size_t max_items)
{
	struct board *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->max = max_items;
	b->programs = kept_new();
	if (b->programs)
		return b;
	free(b);
	return NULL;
}

static void remove_item(struct board *b, struct item *i)
{
	HASH_DEL(b->items, i);
	kept_put(b->programs, i->shown.record.program);
	free(i);
}

void board_free(struct board *b)
{
	struct item *i, *next;

	if (!b)
		return;
	HASH_ITER(hh, b->items, i, next)
		remove_item(b, i);
	kept_free(b->programs);
	free(b);
}

static void make_key(const struct record *r, const struct board_note *n, struct key *ret)
{
	const struct event_check *c = &r->check;

	memset(ret, 0, sizeof(*ret));
	ret->count = (struct count_key){ c->program, c->tgid, c->cap, c->syscall, c->head.flags & COUNT_FLAGS, 0 };
	ret->row = n->row;
	/* Unknown sites with equal numbers are one item, which at worst hides that two functions asked. */
	if (!n->row && n->site)
		ret->site = hash_text(n->site, n->site_len);
}

static void copy_text(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void fill(struct board_item *i, const struct record *r, const struct board_note *n)
{
	i->record = *r;
	i->record.stack = NULL;
	i->record.site = NULL;
	i->record.life = NULL;
	i->record.program = NULL;
	i->record.parts &= RECORD_CHECK;
	if (n->user)
		copy_text(i->user, sizeof(i->user), n->user, strlen(n->user));
	if (n->call)
		copy_text(i->call, sizeof(i->call), n->call, strlen(n->call));
	i->site_known = n->site_known;
	i->class = n->class;
	i->operation = n->operation;
	if (n->site)
		copy_text(i->site, sizeof(i->site), n->site, n->site_len);
}

static void remove_quiet(struct board *b, unsigned int turns)
{
	struct item *i, *next;

	HASH_ITER(hh, b->items, i, next) {
		if (i->quiet < turns)
			continue;
		b->sums.gone += i->shown.total;
		remove_item(b, i);
	}
}

/* The quietest make room. */
static void make_room(struct board *b)
{
	for (unsigned int turns = BOARD_PAST; turns && HASH_COUNT(b->items) >= b->max - b->max / 4; turns /= 2)
		remove_quiet(b, turns);
}

/* NULL: no room (*ret_error 0), or no memory. */
static struct item *add_item(struct board *b, const struct key *key, const struct record *r, const struct board_note *note,
			     int *ret_error)
{
	struct item *i;

	*ret_error = 0;
	if (HASH_COUNT(b->items) >= b->max)
		return NULL;
	i = calloc(1, sizeof(*i));
	if (!i) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	i->key = *key;
	fill(&i->shown, r, note);
	HASH_ADD(hh, b->items, key, sizeof(i->key), i);
	if (i->hh.tbl)
		return i;
	free(i);
	*ret_error = -ENOMEM;
	return NULL;
}

static int describe(struct board *b, struct item *i, const struct program *p)
{
	if (!p || i->shown.record.program)
		return 0;
	i->shown.record.program = kept_get(b->programs, p);
	i->shown.record.parts |= RECORD_PROGRAM;
	return i->shown.record.program ? 0 : -ENOMEM;
}

int board_add(struct board *b, const struct record *r, const struct board_note *note)
{
	uint64_t count = r->parts & RECORD_COUNT ? r->count : 1;
	struct item *i;
	struct key key;
	int err = 0;

	make_key(r, note, &key);
	HASH_FIND(hh, b->items, &key, sizeof(key), i);
	if (!i)
		i = add_item(b, &key, r, note, &err);
	if (!i) {
		b->rest += err ? 0 : count;
		return err;
	}
	i->fresh += count;
	i->failed += note->failed;
	i->worked += note->worked;
	if (note->failed)
		i->shown.error = note->error;
	if (r->parts & RECORD_WALL && r->wall_ns > i->shown.last_ns)
		i->shown.last_ns = r->wall_ns;
	return describe(b, i, r->program);
}

int board_resolved(struct board *b, const struct workload *w)
{
	return kept_resolved(b->programs, w);
}

static void end_second(struct board *b)
{
	struct board_sums *s = &b->sums;

	memmove(s->past, s->past + 1, sizeof(s->past) - sizeof(*s->past));
	s->past[BOARD_PAST - 1] = b->part;
	if (s->pasts < BOARD_PAST)
		s->pasts++;
	b->part = 0;
	b->part_ns = 0;
}

/* An interval is as long as it likes: in its seconds there were as many checks in each. */
static void remember(struct board *b, uint64_t took_ns)
{
	uint64_t left = took_ns < (BOARD_PAST + 1) * SECOND_NS ? took_ns : (BOARD_PAST + 1) * SECOND_NS;

	while (left) {
		uint64_t some = SECOND_NS - b->part_ns < left ? SECOND_NS - b->part_ns : left;

		b->part += (double)b->sums.now * ((double)some / (double)took_ns);
		b->part_ns += some;
		left -= some;
		if (b->part_ns == SECOND_NS)
			end_second(b);
	}
}

void board_turn(struct board *b, uint64_t took_ns)
{
	struct item *i, *next;

	b->sums.now = 0;
	HASH_ITER(hh, b->items, i, next) {
		i->quiet = i->fresh ? 0 : i->quiet + 1;
		i->shown.now = i->fresh;
		i->shown.total += i->fresh;
		i->shown.failed += i->failed;
		i->shown.worked += i->worked;
		b->sums.now += i->fresh;
		i->fresh = i->failed = i->worked = 0;
	}
	make_room(b);
	b->sums.total += b->sums.now;
	b->sums.took_ns = took_ns;
	remember(b, took_ns);
}

/* The second under way is the newest, as far as it got. */
static void add_part(const struct board *b, struct board_sums *s)
{
	if (!b->part_ns)
		return;
	memmove(s->past, s->past + 1, sizeof(s->past) - sizeof(*s->past));
	s->past[BOARD_PAST - 1] = b->part * (double)SECOND_NS / (double)b->part_ns;
	if (s->pasts < BOARD_PAST)
		s->pasts++;
}

void board_sums(const struct board *b, struct board_sums *ret)
{
	*ret = b->sums;
	add_part(b, ret);
	ret->rest = b->rest;
	ret->items = HASH_COUNT(b->items);
}

void board_each(const struct board *b, board_fn fn, void *ctx)
{
	for (const struct item *i = b->items; i; i = i->hh.next)
		if (i->shown.total)
			fn(ctx, &i->shown);
}
