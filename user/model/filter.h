/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person wants to see. The same option again is OR, different options are AND, a leading ! in a value
 * is AND NOT. A filter is plain data: it is applied by the kernel side (live) or by user/model/match.h (replay).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/where.h"

enum { FILTER_IDS_MAX = 4096, FILTER_GLOBS_MAX = 8, FILTER_CGROUPS_MAX = 8, FILTER_WHERES_MAX = 16 };

struct buf;

struct filter_id {
	uint32_t id;	/* what this machine calls .name; FILTER_ID_NONE where nobody is called so here */
	bool not;
	char *name;	/* owned; as it was given, NULL: a number */
};

#define FILTER_ID_NONE UINT32_MAX

struct filter_ids {
	struct filter_id *at;	/* owned */
	size_t count;
};

struct filter_word {
	char *text;		/* owned */
	bool not;
};

struct filter_words {
	struct filter_word at[FILTER_CGROUPS_MAX];
	size_t count;
};

enum filter_userns {
	FILTER_USERNS_ANY,
	FILTER_USERNS_HOST,	/* the initial one */
	FILTER_USERNS_OWN,	/* any other than the initial one */
	FILTER_USERNS_INODE,	/* .userns_inode */
};

struct filter {
	struct filter_ids pids;		/* processes, by thread group */
	struct filter_ids trees;	/* processes with their descendants */
	struct filter_ids uids, gids;	/* of the task's own real ids */
	struct filter_words comms;	/* globs over the 15 bytes of a thread's name */
	struct filter_words cgroups;	/* directories of the v2 hierarchy, or for replay paths in it; and what is below */
	struct where names;		/* of the options that are called like a key: --unit, --container, --exe, ... */
	struct where wheres[FILTER_WHERES_MAX];	/* of --where, each time */
	size_t where_count;
	uint32_t wheres_not;		/* bit i: the whole of .wheres[i] is unwanted */
	uint64_t caps;			/* mask over 0..63; all bits where -C was not given */
	bool allowed, denied;		/* neither: both */
	enum filter_userns userns;	/* of the credentials that are asked */
	bool userns_not;
	uint32_t userns_inode;
	uint32_t classes;		/* bit per enum site_class (user/caps/site.h), for user space; 0: not asked for */
};

/* Sets f to let everything pass. */
void filter_init(struct filter *f);

/* Frees what f owns. */
void filter_done(struct filter *f);

/* Adds an id; -E2BIG beyond FILTER_IDS_MAX, -ENOMEM. */
int filter_add_id(struct filter_ids *ids, uint32_t id, bool not);

/* The same with the name that was given. */
int filter_add_name(struct filter_ids *ids, uint32_t id, bool not, const char *name);

/* Adds a copy of text; -E2BIG beyond FILTER_GLOBS_MAX, -ENOMEM. */
int filter_add_word(struct filter_words *words, const char *text, bool not);

/*
 * Does an id pass? It is none of the unwanted ones, and one of the wanted where there are any.
 */
bool filter_ids_pass(const struct filter_ids *ids, uint32_t id);

/* The same with words, of which `matches` says whether one means what is looked at. */
bool filter_words_pass(const struct filter_words *words, bool (*matches)(const char *word, const void *what),
		       const void *what);

/* Does somebody pass .names and .wheres? UNKNOWN: that cannot be told (yet). */
enum where_answer filter_who(const struct filter *f, const struct where_subject *s);

/* 1 << enum where_key: all that is asked for by .names and .wheres. */
uint32_t filter_keys(const struct filter *f);

/* The first that .names and .wheres want, of these keys (1 << enum where_key); NULL: none. */
const struct where_term *filter_wanted(const struct filter *f, uint32_t keys);

/*
 * Appends who is asked for by .names and .wheres, as far as these keys go (1 << enum where_key): "a unit named 'web.service'".
 * False, and nothing, where nobody is.
 */
bool filter_put_wanted(const struct filter *f, uint32_t keys, struct buf *b);

/* Does any part of f leave something out? */
bool filter_is_set(const struct filter *f);
