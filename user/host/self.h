/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this process itself may do, and giving it up. A set is a mask with bit n for capability n.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct self_caps {
	uint64_t effective, permitted, inheritable, bounding, ambient;
};

struct self {
	uid_t uid, euid;
	gid_t gid, egid;
	struct self_caps caps;
	bool secure;		/* AT_SECURE: a setuid bit, file capabilities or an LSM changed what we are */
	bool no_new_privs;
};

/* Reads the calling thread's credentials; 0 or negative errno. */
int self_read(struct self *ret);

/* What of `need` is not in the effective set; all of it where that cannot be read. */
uint64_t self_missing(uint64_t need);

/*
 * Empties the bounding set, where CAP_SETPCAP is there: before another user is become, which takes that away. 0, -EPERM where
 * something stays in it, or other negative errno.
 */
int self_drop_bounding(void);

/*
 * Takes everything but `keep` out of all five sets, and with no_new_privs makes sure that no exec brings
 * anything back. What is kept stays where it was: nothing is raised. The bounding set can only be lowered
 * by who has CAP_SETPCAP; without it the set stays, which matters to an exec only. The kernel does this per
 * thread: call it before the first thread is started.
 *
 * 0 once reading back shows that effective, permitted, inheritable and ambient are inside `keep`; *ret_left
 * (may be NULL) is what is left. -EPERM where something would not go, else negative errno.
 */
int self_drop_except(uint64_t keep, bool no_new_privs, struct self *ret_left);

/* What fn returns where nothing but `keep` is in effect; then it is as before. Negative errno where that cannot be done. */
int self_try(uint64_t keep, int (*fn)(void *ctx), void *ctx);

/*
 * For a process that is .secure: gives back what the capabilities of its own file gave, which is all that is
 * permitted and not ambient; with keep_permitted only takes it out of effect. Root keeps what it has. 0 or
 * negative errno.
 */
int self_disown(bool keep_permitted);
