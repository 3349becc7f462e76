/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of capabilities in the words of what will grant it: options, a part of a configuration, a command. How each
 * spells a set was checked against its own source or by running it, since many take a wrong spelling for nothing
 * without a word.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What is to be granted. Strings are not owned. */
struct recipe_need {
	uint64_t caps;		/* permitted and effective, and ambient for a user that is not root */
	uint64_t bounding;	/* has all of .caps */
	const char *user;	/* "USER" or "USER:GROUP", names or numbers; NULL: root, or whoever starts it */
	bool no_new_privs;
	bool verified;		/* it ran with exactly this */
	bool incomplete;	/* capabilities may be missing */
	bool start_unseen;	/* it ran already when it was watched */
	uint64_t conditional;	/* of .caps: needed only past a limit, or in a state */
	uint64_t locked_out;	/* not in .caps because of .no_new_privs */
	uint64_t unneeded;	/* asked for, and not needed */
	uint64_t kept;		/* most programs go on without them */
	uint64_t drops;		/* asked for just to give up privilege at the start */
};

enum recipe_format {
	RECIPE_DOCKER,
	RECIPE_PODMAN,
	RECIPE_COMPOSE,
	RECIPE_KUBERNETES,
	RECIPE_QUADLET,
	RECIPE_OCI,
	RECIPE_ECS,
	RECIPE_SYSTEMD,
	RECIPE_SETCAP,
	RECIPE_CAPSH,
	RECIPE_SETPRIV,
	RECIPE_BWRAP,
	RECIPE_FIREJAIL,
	RECIPE_UWSGI,
	RECIPE_PAM,
	RECIPE_APPARMOR,
	RECIPE_SELINUX,
	RECIPE_IAB,
	RECIPE_TEXT,
	RECIPE_MASK,
	RECIPE_COUNT
};

struct recipe {
	enum recipe_format format;
	const char *name;	/* what --format takes: "kubernetes" */
	const char *is;		/* what comes out: "a securityContext of Kubernetes" */
	const char *comment;	/* what a line of comment begins with there; NULL: there is no comment */
	void (*write)(struct buf *b, const struct recipe_need *n);
};

/* Every format, in the order in which they are listed. */
extern const struct recipe recipes[];
extern const size_t recipe_count;

/* NULL where there is no such format; then *ret_nearest is the one that may have been meant, or NULL. */
const struct recipe *recipe_find(const char *name, const char **ret_nearest);

/*
 * Can this user's name be written everywhere as it is? Letters, digits and ._-, a $ at the end, one colon between
 * two of them; what is longer than 64 bytes, or begins with a dash, is none.
 */
bool recipe_user_ok(const char *user);

/*
 * The lines that are to be pasted. Where the reader's own word belongs stands one in capitals: COMMAND, IMAGE, UNIT.
 * .user has passed recipe_user_ok().
 */
void recipe_write(struct buf *b, const struct recipe *r, const struct recipe_need *n);

/*
 * What must be known before it is pasted: the traps of that target which this set meets, and what is wrong with the
 * set itself. One sentence, or a few, a line.
 */
void recipe_remarks(struct buf *b, const struct recipe *r, const struct recipe_need *n);
