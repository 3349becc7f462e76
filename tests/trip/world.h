/* SPDX-License-Identifier: BSD-2-Clause */
/* What acts are performed on, made with full privilege and gone when the process is. */
#pragma once

#include <sys/types.h>

struct trip;

/* Moves into an empty tmpfs in a mount namespace of our own; negative errno. */
int world_enter(struct trip *t);

/* world_enter(), then creates `name` there with this owner and mode; a read-only descriptor, or negative
 * errno. */
int world_file(struct trip *t, const char *name, uid_t owner, gid_t group, mode_t mode);

/*
 * Starts a child that runs setup(t), if there is one, and then sleeps until its parent is gone. Returns its
 * pid once setup has returned 0, else negative errno.
 */
pid_t world_child(struct trip *t, int (*setup)(struct trip *t));

/* A world_child that runs as t->stranger, without capabilities. */
pid_t world_stranger(struct trip *t);

/* Makes uid and gid, real, effective and saved, of the calling thread `id`, without other groups; negative
 * errno. */
int world_become(uid_t id);

/* Reads the number that starts the file; negative errno, -EINVAL where there is none. */
int world_read_number(const char *path, long *ret_number);
