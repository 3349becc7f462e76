/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a started command runs as. First decided and explained by the parent, then done by the child, in two
 * calls.
 *
 * Without --as it is capsieve's caller. Under sudo that is root with its full sets. For any other user,
 * whatever capsieve holds beyond its ambient set came from the setuid bit or the file capabilities of its
 * own file, so it is withheld from the command and cannot be granted to it; the ambient set is left as it
 * is. (An exec of a file with capabilities empties the ambient set before capsieve runs, and no one can
 * tell afterwards what was in it.)
 *
 * With --as it is that user and that user's groups, with exactly the granted capabilities - in the
 * effective, permitted, inheritable and ambient set - and no others; root has what root has. HOME, USER,
 * LOGNAME and SHELL are the user's, as systemd does it for User=; the rest of the environment and the
 * directory stay.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "user/host/users.h"

struct buf;

struct become {
	bool caller_only;	/* the caller is not root: take back what our file gave */
	bool change;		/* become .user */
	bool set_caps;		/* .grant, exactly; else as the change of the user leaves them */
	struct user user;
	gid_t gid;
	gid_t *groups;		/* owned */
	size_t group_count;
	uint64_t grant;
};

enum become_step {
	BECOME_CALLER,
	BECOME_ROOT,
	BECOME_BOUNDING,
	BECOME_GROUPS,
	BECOME_GID,
	BECOME_UID,
	BECOME_CAPS,
	BECOME_AMBIENT,
	BECOME_SECUREBITS,
	BECOME_ENV,
	BECOME_STEP_COUNT
};

/*
 * Decides. who: "USER[:GROUP]", each a name or a number, or NULL for the caller; a number without an entry
 * in the user database needs a group. A grant of every capability that the kernel knows (CAPABILITY_ALL)
 * means all that the caller holds and can pass on. 0 and *ret, to be freed with become_done. Otherwise a
 * sentence in *why and -EINVAL where the words are wrong (no such user, a grant to nobody or to root),
 * -EPERM where we may not, or another negative errno.
 */
int become_plan(const char *who, uint64_t grant, struct become *ret, struct buf *why);
void become_done(struct become *b);

/*
 * Does it, for good and for the calling thread: only in a child, before its exec. 0, or negative errno and
 * the step that failed; the process is then in between and must not go on.
 */
int become_now(const struct become *b, enum become_step *ret_step);

/* What the step was about, e.g. "set the groups". */
const char *become_step_words(enum become_step step);

/* ---- the pieces, for who plans the rest differently (exact.c) ---- */

/* Fills .user, .gid and .groups of a zeroed b from "USER[:GROUP]"; as become_plan otherwise. */
int become_who(const char *who, struct become *b, struct buf *why);

/*
 * Sets groups, group and user. Capabilities survive the change of the user only in the permitted set, and
 * only with keep_caps; the bit that does it (securebit keep_caps) stays set.
 */
int become_user(const struct become *b, bool keep_caps, enum become_step *ret_step);

/* HOME, USER, LOGNAME and SHELL as the user's. */
int become_env(const struct user *u);
