/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that stand for a namespace, such as /proc/PID/ns/user or what is bind-mounted from there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The number of the user namespace that path stands for, as the kernel side reports it. 0; -ENOTTY: it
 * stands for no namespace; -EINVAL: for one of another kind; other negative errno where it cannot be
 * opened: /proc/PID/ns of another user's process needs CAP_SYS_PTRACE.
 */
int nsfile_user(const char *path, uint32_t *ret_inode);

/* The number of our own user namespace; 0 or negative errno, as above. */
int nsfile_user_own(uint32_t *ret_inode);

/*
 * stat of a file PID/ns/NAME below the open directory dir: 0; -EACCES where it may not be seen, which 5.10 answers with
 * another file's inode and no error; other negative errno.
 */
struct stat;
int nsfile_stat(int dir, const char *path, struct stat *ret);

/* The mount namespace whose paths somebody means who writes some: the host's, or, where that cannot be told, our own. */
uint32_t nsfile_meant_mnt(const char *proc);

/* Are we in a user namespace below the initial one? false where that cannot be told. */
bool nsfile_user_nested(void);
