/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that a recording is, as bytes in memory. All numbers are little-endian.
 *
 *   head    16 bytes: signature, byte order, version, length of the facts; 4: state; 4: CRC-32 of all but the state;
 *           then the facts, each a tag and a length of 2 bytes and its bytes. A tag that is not known is skipped.
 *   block   48 bytes: what it is, how long, how many checks came before it, CRC-32 of its payload and of itself; then
 *           the payload, one zstd frame, which is read without any other block: user/model/pack.h has what is in it
 *   again   behind the first of them: the head once more, for where the file's beginning is damaged
 *   ...
 *   end     the last block: the account of the run. Where it is missing, the recording was not closed or is cut off.
 *
 * Blocks name their recording (the CRC of its head) and their number, so that after damage the next one is found,
 * and what is missing between two is known to the check.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
	RECORDING_VERSION = 1,
	RECORDING_HEAD = 24,		/* bytes before the facts */
	RECORDING_STATE_AT = 16,	/* where in the file the state stands */
	RECORDING_FACTS_MAX = 4096,
	RECORDING_BLOCK = 48,		/* bytes of a block before its payload */
	RECORDING_PACKED_MAX = 33 << 20,	/* bytes of a payload in the file, and when it is unpacked */
	RECORDING_RAW_MAX = 32 << 20,
	RECORDING_CHECKS_MAX = 1 << 18,	/* in one block */
};

/* Written last, in place: until then the file says of itself that it is incomplete. */
#define RECORDING_OPEN	 0x6e65706fU	/* "open" */
#define RECORDING_CLOSED 0x656e6f64U	/* "done" */

/* What was asked for when it was recorded, and so can be asked of it. */
enum recording_has {
	RECORDING_OVERCOMMIT	= 1 << 0,	/* --all */
	RECORDING_LSM		= 1 << 1,	/* --lsm-verdict */
	RECORDING_ARGS		= 1 << 2,	/* --args */
	RECORDING_ANCESTORS	= 1 << 7,	/* --ancestors */
	RECORDING_SITES		= 1 << 5,	/* --class, or a column that needs call sites */
	RECORDING_OUTCOMES	= 1 << 6,	/* what calls returned */
	RECORDING_FILTERED	= 1 << 3,	/* a filter left something out, or a command was watched */
	RECORDING_LIFECYCLE	= 1 << 4,	/* --lifecycle */
	RECORDING_COMMAND	= 1 << 8,	/* of nobody but a command that was started for it, and what that started */
};

/* Who recorded what, when. A text that is empty is unknown; each is cut where it is longer than its place. */
struct recording_facts {
	char host[65], kernel[65], machine[65];	/* as uname has them */
	char host_id[40], boot_id[40];
	char probe[16];			/* the word of --attach that was picked */
	char writer[32];		/* version of capsieve */
	uint64_t wall_ns, mono_ns;	/* one moment, the start, by both clocks */
	uint64_t run;			/* as in struct sink_start */
	uint32_t has;			/* enum recording_has */
	uint32_t host_mntns;		/* as in struct sink_start */
};

/* Appends a head with its state open. *ret_name is what blocks call their recording by. */
void recording_put_head(struct buf *b, const struct recording_facts *facts, uint32_t *ret_name);

struct recording_head {
	struct recording_facts facts;
	size_t size;		/* where the first block is */
	uint32_t name;
	bool closed;
};

/*
 * Reads a head; len bytes of the file are there, all of it or RECORDING_HEAD + RECORDING_FACTS_MAX. 0; negative errno with a
 * sentence in why that goes on after the file's name: -EBADMSG for what is no recording or a damaged head, -ENOTSUP
 * for a newer version.
 */
int recording_read_head(const void *data, size_t len, struct recording_head *ret, struct buf *why);

enum recording_kind {
	RECORDING_CHECKS = 1,	/* checks, and what belongs to them */
	RECORDING_END = 2,	/* the account */
	RECORDING_AGAIN = 3,	/* the head's bytes once more */
};

struct recording_block {
	uint32_t kind;		/* enum recording_kind, or one that this version does not know */
	uint32_t packed, raw;	/* bytes of the payload in the file, and unpacked */
	uint32_t checks;	/* in this block */
	uint32_t name;		/* of the recording */
	uint64_t number;	/* of this block, from 0 */
	uint64_t before;	/* checks in the blocks before it */
	const void *payload;	/* borrowed */
};

/* Appends a block. .payload has .packed bytes. */
void recording_put_block(struct buf *b, const struct recording_block *block);

enum recording_look {
	RECORDING_WHOLE,	/* a block that is whole */
	RECORDING_SHORT,	/* one may begin here; RECORDING_BLOCK + ret->packed bytes are needed to tell (packed may be 0) */
	RECORDING_NONE,		/* none begins here, or a damaged one */
};

/* What begins at data? *ret is filled unless nothing does. */
enum recording_look recording_look(const void *data, size_t len, struct recording_block *ret);

/* How many bytes, one or more, no block can begin at: where to look again. */
size_t recording_skip(const void *data, size_t len);
