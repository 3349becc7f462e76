/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users and groups, by name and by number, as this machine's databases know them (NSS: a lookup may ask the
 * network). Names come first, as everywhere: a user may be called "1000".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
	bool listed;		/* has an entry; else only .uid is known and the strings are NULL */
	char *name, *home, *shell;
};

/*
 * The user that `word` names, a number being a user also without an entry. 0 and *ret (users_user_done
 * frees it); -ENOENT no such user, other negative errno where the databases could not be asked.
 */
int users_find(const char *word, struct user *ret);
void users_user_done(struct user *u);

/* The group that `word` names. 0, -ENOENT, other negative errno. */
int users_find_group(const char *word, gid_t *ret);

/* The name of a group, to be freed. 0, -ENOENT, other negative errno. */
int users_group_name(gid_t gid, char **ret);

/*
 * All groups of a user with an entry when `gid` is its first one. 0, *ret (to be freed) and *ret_count; the
 * count is 1 or more. Negative errno.
 */
int users_groups(const char *name, gid_t gid, gid_t **ret, size_t *ret_count);

/* A bounded memory of names, for columns. */
struct users;
struct users *users_new(void);	/* NULL: out of memory */
void users_free(struct users *users);

/* The name of uid or gid, NULL where it has none; good until the next call on `users`. */
const char *users_name(struct users *users, uid_t uid);
const char *users_group(struct users *users, gid_t gid);

/*
 * Users of another machine: only what users_tell says, NULL being known to have no name; the databases here are never
 * asked. At most USERS_TOLD_MAX; what is told beyond is forgotten. 0 or -ENOMEM.
 */
#define USERS_TOLD_MAX 65536
struct users *users_new_told(void);
int users_tell(struct users *users, uid_t uid, const char *name);
int users_tell_group(struct users *users, gid_t gid, const char *name);
