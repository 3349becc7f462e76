/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions on who somebody is: `key=glob`, `key!=glob`. The same key again is OR, different keys are AND, what is
 * unwanted is AND NOT. One language for --where, for the options that are called like a key, and for `where` in rules.
 *
 * The answer may be that it cannot be told (yet): a container without its name. NO and YES are final, whatever will
 * become known.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/model/baseline.h"

struct buf;
struct record;
struct workload;

enum where_key {
	WHERE_EXE,		/* path of the executable */
	WHERE_COMM,		/* name of the thread */
	WHERE_CMDLINE,
	WHERE_USER,		/* real user, by name or number */
	WHERE_GROUP,
	WHERE_UNIT,		/* without a suffix .service is meant */
	WHERE_SLICE,		/* without a suffix .slice is meant */
	WHERE_CONTAINER,	/* name, id, or twelve or more digits that the id begins with */
	WHERE_IMAGE,
	WHERE_ENGINE,
	WHERE_POD,
	WHERE_K8S_NAMESPACE,
	WHERE_CGROUP,		/* path in the hierarchy, and what is below it */
	WHERE_USERNS,		/* host, own, other, or the inode number; of the credentials that are asked */
	WHERE_ANCESTOR,		/* path of an ancestor's executable; a glob without a slash: its thread's name as well */
	WHERE_TTY,		/* pts/0 */
	WHERE_KEYS		/* how many there are */
};

/* All keys that a cgroup answers: they are the same for everybody in it. */
#define WHERE_OF_CGROUP                                                                                                \
	(1U << WHERE_UNIT | 1U << WHERE_SLICE | 1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_ENGINE |       \
	 1U << WHERE_POD | 1U << WHERE_K8S_NAMESPACE | 1U << WHERE_CGROUP)

/* In this order: AND is the least of two, OR the greatest. */
enum where_answer { WHERE_NO, WHERE_UNKNOWN, WHERE_YES };

struct where_term {
	enum where_key key;
	bool not;
	char *glob;		/* owned; without what says not, with the suffix that is meant */
};

enum { WHERE_TERMS_MAX = 4096 };

/* Starts zeroed: everybody. */
struct where {
	struct where_term *at;	/* owned */
	size_t count;
	uint32_t keys;		/* 1 << enum where_key: those that are asked for */
};

/* Names of one thing: any of them will do. Both NULL: there is none. */
struct where_names {
	const char *name;
	const char *also;	/* a number, an id */
};

struct where_ancestor {
	const char *exe;	/* NULL: unknown */
	const char *comm;
};

/* Somebody, of whom conditions are asked. Strings are borrowed. */
struct where_subject {
	uint32_t known;		/* 1 << enum where_key; of the others nothing is known, not even that there is none */
	uint32_t unsure;	/* 1 << enum where_key: known, but made by whom it is about: see where_match */
	struct where_names is[WHERE_KEYS];
	const struct where_ancestor *ancestors;	/* of WHERE_ANCESTOR, which has no names; need not be in any order */
	size_t ancestor_count;
	struct baseline learned[BASELINE_BYS];	/* none that it could have made up */
	char numbers[3][12];	/* room for what where_subject_of takes from numbers, */
	char comm[EVENT_COMM + 1];	/* and from a name without an end */
};

/* "exe", "k8s_namespace". */
const char *where_key_name(enum where_key key);

/* 0; -ENOENT, and then in *ret the key that may be meant, or WHERE_KEYS. Case counts, - and _ are the same. */
int where_key_find(const char *word, size_t n, enum where_key *ret);

/* Adds one condition. -EINVAL: no glob (glob_check), or an empty one; -E2BIG; -ENOMEM. */
int where_put(struct where *w, enum where_key key, bool not, const char *glob);

/* The same for a value in which a leading `!` says not, as in rules and options. */
int where_add(struct where *w, enum where_key key, const char *value);

/* What is wrong with an expression, and where: at[0..n), in it. */
struct where_mistake {
	enum where_error {
		WHERE_EMPTY,		/* nothing is asked */
		WHERE_NO_KEY,		/* .nearest may be meant */
		WHERE_NO_OPERATOR,	/* neither = nor != behind a word */
		WHERE_NO_GLOB,		/* a bracket that is not closed, a backslash at the end */
		WHERE_NO_VALUE,		/* nothing behind the = */
	} error;
	const char *at;
	size_t n;
	enum where_key nearest;		/* WHERE_KEYS: none is near */
};

/*
 * Adds the conditions of an expression, which stand apart by blanks; a blank in a glob is written `\ `. 0; -EINVAL and
 * *ret; -E2BIG; -ENOMEM. After an error w holds some of them.
 */
int where_parse(const char *text, struct where *w, struct where_mistake *ret);

/* A sentence about a mistake, its word escaped. */
void where_mistake_print(struct buf *b, const struct where_mistake *m);

void where_done(struct where *w);

/*
 * Is it so? What is unsure says yes to nothing, neither to `is` nor to `is not`: then the answer is WHERE_UNKNOWN. That it is
 * not what is asked for it may say. ret_by, where not NULL: the term that decided, NULL where none did (YES: all did).
 */
enum where_answer where_match(const struct where *w, const struct where_subject *s, const struct where_term **ret_by);

/*
 * What a record says of whom it is about. Names of users and groups are not in a record: .is[WHERE_USER] and [WHERE_GROUP]
 * have the number as .also, and the caller sets .name. The subject may not be copied, for it points into itself.
 */
void where_subject_of(const struct record *r, struct where_subject *ret);

/* What a workload says, added to a subject: all of WHERE_OF_CGROUP, and nothing else. */
void where_subject_of_workload(const struct workload *w, struct where_subject *s);
