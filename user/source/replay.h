/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other source: a recording, read from its front to its end. Whatever is damaged is passed over, and counted; the
 * blocks before and behind it are read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/model/recording.h"
#include "user/model/unpack.h"

struct buf;
struct replay;

/* The head stands again behind the first block; what is behind so much is not looked for. */
enum { REPLAY_SEARCH = RECORDING_HEAD + RECORDING_FACTS_MAX + RECORDING_BLOCK + RECORDING_PACKED_MAX };

/*
 * path "-" is standard input; pipes will do. 0 and *ret; negative errno with a sentence in why, which begins with the path:
 * -EBADMSG and -ENOTSUP for what is no recording that this version can read. Where its beginning is damaged, up to REPLAY_SEARCH bytes are
 * read, and kept, in search of what tells the same.
 */
int replay_open(const char *path, struct replay **ret, struct buf *why);
void replay_free(struct replay *r);

const struct recording_facts *replay_facts(const struct replay *r);

/* Who takes what is read. Each returns 0 to go on, or a negative number that replay_read gives back; read on where it ended. */
struct replay_taker {
	int (*check)(void *ctx, struct record *r);
	int (*other)(void *ctx, const struct unpack_item *item);	/* all that is no check */
	int (*missing)(void *ctx, uint64_t checks);			/* so many would have come here */
	void *ctx;
};

/* Reads what is left of a block, or the next one. 1; 0 at the end; negative: a taker's number, -ENOMEM, or of reading. */
int replay_read(struct replay *r, const struct replay_taker *to);

/* What was wrong with it, as far as it was read. */
struct replay_damage {
	unsigned int places;	/* where something was passed over */
	uint64_t missing;	/* checks that are known to be missing */
	bool head;		/* its head: what stood there was read from where it stands again */
	bool cut_off;		/* it has no end */
	bool closed;		/* although it was closed in order */
	bool behind;		/* more stands behind its end, which was not looked at */
};
void replay_damage(const struct replay *r, struct replay_damage *ret);
