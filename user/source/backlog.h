/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events that were taken out of the ring and have not been looked at. A check takes the kernel a third of what it takes to
 * show it: at full blast the ring is full in a moment, and what it has no room for is lost. To copy an event out of it takes
 * a few nanoseconds. First in, first out; only used while more comes than can be looked at.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct backlog_chunk;

/* Empty when zeroed. */
struct backlog {
	struct backlog_chunk *first, *last, *spare;
	size_t chunks;	/* of first to last */
};

enum {
	BACKLOG_CHUNK = 1 << 20,	/* bytes */
	BACKLOG_CHUNKS = 48,		/* at most */
	BACKLOG_MOST = 1 << 16,		/* bytes of an event that there is room for where it is not full */
};

bool backlog_is_empty(const struct backlog *b);

/* Is there no room that is certain for one of BACKLOG_MOST bytes? */
bool backlog_is_full(const struct backlog *b);

/* A copy goes in. 0; -ENOBUFS: there is no room, -ENOMEM or -E2BIG (more than a chunk holds): nothing was done. */
int backlog_put(struct backlog *b, const void *data, size_t size);

/*
 * Each goes to fn, the oldest first, and is gone then, whatever fn returns; its data is aligned to eight bytes, and valid for
 * that call. Ends where nothing is left (0) or fn returned a negative number, which is the answer.
 */
int backlog_take(struct backlog *b, int (*fn)(void *ctx, const void *data, size_t size), void *ctx);

/* Its memory is given back; safe when zeroed. */
void backlog_done(struct backlog *b);
