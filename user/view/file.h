/* SPDX-License-Identifier: BSD-2-Clause */
/* What files carry, for people and as JSON. All text is safe for a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct drift;
struct privfile;
struct privfiles;

/* What a walk could not see, for JSON. */
struct file_extent {
	uint64_t files, dirs, unreadable, vanished;
};

/* One file at length: a line as getcap's, and below it what that means. */
void file_text(struct buf *b, const struct privfile *f);

/* A table with a line per file; nothing for none. */
void file_table(struct buf *b, const struct privfiles *list, bool header);

/* A line per flaw, "PATH: setuid root: everyone can write to it". */
void file_flaws(struct buf *b, const struct privfile *f);

/* A line per difference, "changed  /usr/bin/ping: cap_net_raw=ep -> nothing". */
void file_drift(struct buf *b, const struct drift *d);

/* {"v":1,"type":TYPE,"files":[...]}, and what was gone through where extent is there. */
void file_list_json(struct buf *b, const char *type, const struct privfiles *list,
		    const struct file_extent *extent);

void file_drift_json(struct buf *b, const struct drift *d, const struct file_extent *extent);

/* One change of capabilities that was wanted. Strings may hold any byte. */
struct file_change {
	const char *path;
	const struct privfile *before;	/* NULL: it could not be looked at */
	const struct privfile *after;	/* as wanted, with the flaws that it has or would have; or NULL */
	const char *state; /* "set", "removed", "same", "would set", "would remove", "refused", ... */
	const char *error;		/* a sentence, or NULL */
};

void file_change_text(struct buf *b, const struct file_change *c);

struct json;
void file_change_json(struct json *j, const struct file_change *c);
