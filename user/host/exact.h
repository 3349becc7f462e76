/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command that starts with exactly what was asked for: user, groups, all five sets, securebits,
 * no_new_privs, root directory. Decided and explained by exact_plan, done by exact_now, read back by
 * exact_verify. Whether the file that will be executed leaves it so is for fits.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/caps/transition.h"
#include "user/host/become.h"

struct buf;

/* Masks may be CAPABILITY_ALL: all that there is to give. */
struct exact_wish {
	const char *user;	/* "USER[:GROUP]", names or numbers; NULL: who capsieve is started by */
	const char *groups;	/* exactly these, separated by commas, "none"; NULL: the user's, or as they are */
	uint64_t permitted;	/* and effective */
	uint64_t inheritable;
	uint64_t ambient;	/* within the two above */
	uint64_t bounding;	/* what stays of it */
	bool root_as_bounding;	/* root may get all of .bounding at the exec: that is what was asked for */
	bool setid;		/* so are the ids that a setuid or setgid file brings, and what root gets by them */
	bool securebits_given;
	uint32_t securebits;
	bool no_new_privs;
	const char *root;	/* becomes the root directory, and the current one; NULL: none */
};

struct exact {
	struct become who;	/* .change: groups, group and user are to be set */
	bool environment;	/* HOME and so on are to be the user's */
	bool keep_caps;		/* a change of the user would empty the sets */
	bool root_as_bounding, setid;
	struct credentials to;	/* .groups is not used: who.groups */
	const char *root;	/* borrowed of the wish */
};

/*
 * 0 and *ret, for exact_done. Otherwise a sentence in *why and -EINVAL where the words are wrong (no such
 * user, capabilities that this kernel does not have), -EPERM where it cannot work with what we are, or
 * another negative errno.
 */
int exact_plan(const struct exact_wish *wish, struct exact *ret, struct buf *why);
void exact_done(struct exact *x);

/*
 * Does it, for good and for the calling thread. 0, or negative errno and the step that failed; the process
 * is then in between and must not go on.
 */
int exact_now(const struct exact *x, enum become_step *ret_step);

/* Reads everything back. 0; -EPERM and a sentence that says what is not as it was to be; negative errno. */
int exact_verify(const struct exact *x, struct buf *why);
