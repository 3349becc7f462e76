/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/backlog.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Mapped, so that the kernel has it back at once. */
struct backlog_chunk {
	struct backlog_chunk *next;
	size_t put, taken;	/* offsets into room */
	uint64_t room[BACKLOG_CHUNK / sizeof(uint64_t)];	/* of each its size, and it */
};

static size_t words_of(size_t size)
{
	return 1 + (size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

static bool has_room(const struct backlog_chunk *c, size_t words)
{
	return c && words <= BACKLOG_CHUNK / sizeof(uint64_t) - c->put;
}

static struct backlog_chunk *new_chunk(struct backlog *b)
{
	struct backlog_chunk *c = b->spare;

	b->spare = NULL;
	if (!c) {
		c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (c == MAP_FAILED)
			return NULL;
	}
	c->next = NULL;
	c->put = c->taken = 0;
	return c;
}

static int add_chunk(struct backlog *b)
{
	struct backlog_chunk *c;

	if (b->chunks == BACKLOG_CHUNKS)
		return -ENOBUFS;
	c = new_chunk(b);
	if (!c)
		return -ENOMEM;
	if (b->last)
		b->last->next = c;
	else
		b->first = c;
	b->last = c;
	b->chunks++;
	return 0;
}

static void free_chunk(struct backlog_chunk *c)
{
	if (c)
		munmap(c, sizeof(*c));
}

static void drop_first(struct backlog *b)
{
	struct backlog_chunk *c = b->first;

	b->first = c->next;
	if (!b->first)
		b->last = NULL;
	b->chunks--;
	if (b->spare || !b->first)
		free_chunk(c);
	else
		b->spare = c;
}

bool backlog_is_empty(const struct backlog *b)
{
	return !b->first;
}

bool backlog_is_full(const struct backlog *b)
{
	return b->chunks == BACKLOG_CHUNKS && !has_room(b->last, words_of(BACKLOG_MOST));
}

int backlog_put(struct backlog *b, const void *data, size_t size)
{
	size_t words = words_of(size);
	struct backlog_chunk *c;
	int err;

	if (size > BACKLOG_CHUNK / 2)
		return -E2BIG;
	err = has_room(b->last, words) ? 0 : add_chunk(b);
	if (err)
		return err;
	c = b->last;
	c->room[c->put] = size;
	memcpy(&c->room[c->put + 1], data, size);
	c->put += words;
	return 0;
}

int backlog_take(struct backlog *b, int (*fn)(void *ctx, const void *data, size_t size), void *ctx)
{
	int err = 0;

	while (b->first && err >= 0) {
		struct backlog_chunk *c = b->first;
		size_t at = c->taken, size = c->room[at];

		c->taken += words_of(size);
		err = fn(ctx, &c->room[at + 1], size);
		if (c->taken == c->put)
			drop_first(b);
	}
	if (!b->first)
		backlog_done(b);
	return err < 0 ? err : 0;
}

void backlog_done(struct backlog *b)
{
	while (b->first)
		drop_first(b);
	free_chunk(b->spare);
	b->spare = NULL;
}
